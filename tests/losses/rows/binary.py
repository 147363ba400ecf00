"""Truths of the losses of binary outcomes."""

from tests.losses.rows import MP, Row


def logits(rng):
    return rng.normal(0, 4, 20), rng.integers(0, 2, 20).astype(float)


def probabilities(rng):
    return rng.uniform(0.001, 0.999, 20), rng.uniform(0, 1, 20)


def binary_cross_entropy(prediction, target, given="logits"):
    p = 1 / (1 + MP.exp(-prediction)) if given == "logits" else prediction
    return -target * MP.log(p) - (1 - target) * MP.log(1 - p)


ROWS = [
    Row("binary_cross_entropy", binary_cross_entropy, logits),
    Row("binary_cross_entropy", binary_cross_entropy, probabilities, {"given": "probabilities"}, size=1),
]
