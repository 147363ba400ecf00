"""Truths of the losses of real numbers."""

from tests.losses.rows import MP, Row


def reals(rng):
    prediction = rng.normal(0, 3, 20)
    return prediction, prediction + rng.choice([-1, 1], 20) * rng.uniform(0.01, 5, 20)


def near(rng):
    """Residuals so small that a textbook form has no digits left."""
    target = rng.normal(0, 1e-6, 20)
    return target + rng.choice([-1, 1], 20) * 10.0 ** rng.uniform(-9, -5, 20), target


def huber(prediction, target, delta=1):
    r = abs(prediction - target)
    return r**2 / 2 if r <= delta else delta * (r - MP.mpf(delta) / 2)


def smooth_l1(prediction, target, beta=1):
    return huber(prediction, target, beta) / beta if beta else abs(prediction - target)


def pseudo_huber(prediction, target, delta=1):
    d = MP.mpf(delta)
    return d**2 * (MP.sqrt(1 + ((prediction - target) / d) ** 2) - 1)


def quantile(prediction, target, alpha=0.5):
    u = target - prediction
    return max(MP.mpf(alpha) * u, (MP.mpf(alpha) - 1) * u)


def side(prediction, target, alpha):
    return abs(MP.mpf(alpha) - (1 if target < prediction else 0))


def log_cosh(prediction, target):
    return MP.log(MP.cosh(prediction - target))


def insensitive(power):
    return lambda prediction, target, epsilon=0.1: max(MP.mpf(0), abs(prediction - target) - MP.mpf(epsilon)) ** power


def huber_quantile(prediction, target, alpha=0.5, delta=1):
    return side(prediction, target, alpha) * huber(prediction, target, delta)


def expectile(prediction, target, alpha=0.5):
    return side(prediction, target, alpha) * (prediction - target) ** 2


def power_error(prediction, target, exponent=1.5):
    return abs(prediction - target) ** MP.mpf(exponent)


ROWS = [
    Row("squared_error", lambda p, t: (p - t) ** 2, reals),
    Row("absolute_error", lambda p, t: abs(p - t), reals),
    Row("huber", huber, reals),
    Row("huber", huber, reals, {"delta": 0.375}),
    Row("smooth_l1", smooth_l1, reals),
    Row("smooth_l1", smooth_l1, reals, {"beta": 2.5}),
    Row("smooth_l1", smooth_l1, reals, {"beta": 0.0}),
    Row("pseudo_huber", pseudo_huber, reals),
    Row("pseudo_huber", pseudo_huber, near, {"delta": 0.375}),
    Row("log_cosh", log_cosh, reals),
    Row("log_cosh", log_cosh, near),
    Row("quantile", quantile, reals),
    Row("quantile", quantile, reals, {"alpha": 0.9375}),
    Row("huber_quantile", huber_quantile, reals),
    Row("huber_quantile", huber_quantile, reals, {"alpha": 0.125, "delta": 0.75}),
    Row("expectile", expectile, reals, {"alpha": 0.875}),
    Row("epsilon_insensitive", insensitive(1), reals, {"epsilon": 0.5}, size=5),
    Row("squared_epsilon_insensitive", insensitive(2), reals, {"epsilon": 0.5}, size=5),
    Row("power_error", power_error, reals),
    Row("power_error", power_error, reals, {"exponent": 2.75}),
]
