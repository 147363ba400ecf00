"""Truths of the losses of binary outcomes."""

from tests.losses.rows import MP, Row


def logits(rng):
    return rng.normal(0, 4, 20), rng.integers(0, 2, 20).astype(float)


def probabilities(rng):
    return rng.uniform(0.001, 0.999, 20), rng.uniform(0, 1, 20)


def binary_cross_entropy(prediction, target, given="logits"):
    p = 1 / (1 + MP.exp(-prediction)) if given == "logits" else prediction
    return -target * MP.log(p) - (1 - target) * MP.log(1 - p)


def in_logits(loss):
    """The loss of a logit, of one of its probability and the other outcome's."""

    def truth(prediction, target, given="logits", **parameters):
        p = 1 / (1 + MP.exp(-prediction)) if given == "logits" else prediction
        return loss(p, target, **parameters)

    return truth


def focal_binary(p, target, gamma=2, balance=1):
    return -balance * target * (1 - p) ** gamma * MP.log(p) - (1 - target) * p**gamma * MP.log(1 - p)


def asymmetric(p, target, gamma_positive=1, gamma_negative=4, shift=0.05):
    shifted = max(0, p - MP.mpf(shift))
    return -target * (1 - p) ** gamma_positive * MP.log(p) - (1 - target) * shifted**gamma_negative * MP.log(1 - shifted)


def brier_binary(p, target):
    return target * (p - 1) ** 2 + (1 - target) * p**2 - target * (1 - target)


ROWS = [
    Row("binary_cross_entropy", binary_cross_entropy, logits),
    Row("binary_cross_entropy", binary_cross_entropy, probabilities, {"given": "probabilities"}, size=1),
    Row("focal_binary", in_logits(focal_binary), logits, bound=64),
    Row("focal_binary", in_logits(focal_binary), logits, {"gamma": 0.5, "balance": 3}, bound=64),
    *(Row("focal_binary", in_logits(focal_binary), logits, {"gamma": gamma}, bound=64) for gamma in (1.5, 2.25)),
    Row("focal_binary", in_logits(focal_binary), probabilities, {"given": "probabilities", "gamma": 1.5}, size=1),
    Row("asymmetric", in_logits(asymmetric), logits, size=1),
    Row("asymmetric", in_logits(asymmetric), logits, {"gamma_positive": 0, "gamma_negative": 2, "shift": 0}, bound=64),
    Row("asymmetric", in_logits(asymmetric), probabilities, {"given": "probabilities"}, size=1),
    Row("brier_binary", in_logits(brier_binary), logits),
    Row("brier_binary", in_logits(brier_binary), probabilities, {"given": "probabilities"}, size=1),
]
