"""Truths of the losses of real numbers."""

from tests.losses.rows import MP, Row


def reals(rng):
    prediction = rng.normal(0, 3, 20)
    return prediction, prediction + rng.choice([-1, 1], 20) * rng.uniform(0.01, 5, 20)


def huber(prediction, target, delta=1):
    r = abs(prediction - target)
    return r**2 / 2 if r <= delta else delta * (r - MP.mpf(delta) / 2)


ROWS = [
    Row("squared_error", lambda p, t: (p - t) ** 2, reals),
    Row("absolute_error", lambda p, t: abs(p - t), reals),
    Row("huber", huber, reals),
    Row("huber", huber, reals, {"delta": 0.375}),
]
