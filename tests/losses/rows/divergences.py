"""Truths of the divergences between distributions."""

import numpy as np

from tests.losses.rows import MP, Row
from tests.losses.rows.multiclass import logits, softmax


def soft(rng):
    """Logits of 4 classes, and distributions."""
    return rng.normal(0, 2, (20, 4)), rng.dirichlet([0.7] * 4, 20)


def distributions(rng):
    """Two distributions over 4 classes."""
    return rng.dirichlet([0.9] * 4, 20), rng.dirichlet([0.9] * 4, 20)


def log_distributions(rng):
    p, t = distributions(rng)
    return np.log(p), t


def as_distributions(prediction, target, given):
    """Both as probabilities."""
    p = {"logits": softmax, "probabilities": list, "log_probabilities": lambda q: [MP.exp(x) for x in q]}[given](prediction)
    return p, [MP.mpf(k == target) for k in range(len(p))] if isinstance(target, int) else target


def times_log(x, ratio):
    return MP.mpf(0) if x == 0 else x * MP.log(ratio)


def divergence(term):
    """The truth of a sum of terms of p and t over classes."""

    def truth(prediction, target, given="logits", **parameters):
        p, t = as_distributions(prediction, target, given)
        return MP.fsum(term(a, b, **parameters) for a, b in zip(p, t, strict=True))

    return truth


def shannon(p, t, beta=0.5, scaled=False):
    m = beta * t + (1 - beta) * p
    loss = beta * times_log(t, t / m) + (1 - beta) * times_log(p, p / m)
    return loss / (beta * (1 - beta)) if scaled else loss


def renyi(prediction, target, given="logits", order=0.5):
    p, t = as_distributions(prediction, target, given)
    if order == 1:
        return MP.fsum(times_log(b, b / a) for a, b in zip(p, t, strict=True))
    return MP.log(MP.fsum(b**order * a ** (1 - MP.mpf(order)) for a, b in zip(p, t, strict=True))) / (MP.mpf(order) - 1)


def counts(rng):
    return rng.gamma(2, 3, (20, 3)), rng.gamma(2, 3, (20, 3))


def in_order(of_difference):
    """The truth of a sum over the differences of two distribution functions."""

    def truth(prediction, target, given="logits"):
        p, t = as_distributions(prediction, target, given)
        return MP.fsum(of_difference(MP.fsum(p[:k]) - MP.fsum(t[:k])) for k in range(1, len(p)))

    return truth


kl = divergence(lambda p, t: times_log(t, t / p))
reverse = divergence(lambda p, t: p * MP.log(p / t))
hellinger = divergence(lambda p, t: (MP.sqrt(p) - MP.sqrt(t)) ** 2 / 2)
variation = divergence(lambda p, t: abs(p - t) / 2)
PROBABILITIES, LOGARITHMS = {"given": "probabilities"}, {"given": "log_probabilities"}

ROWS = [
    Row("kl_divergence", kl, soft, size=1),
    Row("kl_divergence", kl, logits, size=1),
    Row("kl_divergence", kl, distributions, PROBABILITIES, size=1),
    Row("kl_divergence", kl, log_distributions, LOGARITHMS, size=1),
    Row("reverse_kl", reverse, soft, size=1),
    Row("reverse_kl", reverse, distributions, PROBABILITIES, size=1),
    Row("jensen_shannon", divergence(shannon), soft, size=1),
    Row("jensen_shannon", divergence(shannon), logits, {"beta": 0.25}, size=1),
    Row("jensen_shannon", divergence(shannon), distributions, PROBABILITIES | {"beta": 0.875}, size=1),
    Row("jensen_shannon", divergence(shannon), soft, {"beta": 0.125, "scaled": True}, size=1),
    Row("jensen_shannon", divergence(shannon), distributions, PROBABILITIES | {"beta": 2.0**-20, "scaled": True}, size=1),
    Row("squared_hellinger", hellinger, soft, size=1),
    Row("squared_hellinger", hellinger, distributions, PROBABILITIES, size=1),
    Row("total_variation", variation, soft, size=1),
    Row("total_variation", variation, distributions, PROBABILITIES, size=1),
    *(Row("renyi", renyi, soft, {"order": order}, bound=32, size=1) for order in (0.5, 1.0, 3.0)),
    Row("renyi", renyi, distributions, PROBABILITIES | {"order": 0.25}, size=1),
    Row("renyi", renyi, log_distributions, LOGARITHMS | {"order": 1.5}, size=1),
    *(
        Row(name, in_order(of_difference), inputs, options, size=1)
        for name, of_difference in (("ranked_probability_score", lambda d: d**2), ("wasserstein_1", abs))
        for inputs, options in ((soft, {}), (logits, {}), (distributions, PROBABILITIES), (log_distributions, LOGARITHMS))
    ),
    Row("renyi", renyi, logits, {"order": 0.75}, size=1),
    Row("generalized_kl", lambda p, t: MP.fsum(b * MP.log(b / a) - b + a for a, b in zip(p, t, strict=True)), counts, size=1),
]
