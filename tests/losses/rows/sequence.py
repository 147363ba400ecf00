"""Truths of the losses of sequences, by all paths that there are."""

import itertools

import numpy as np

from tests.losses.rows import MP, Row


def few(rng):
    return rng.normal(0, 2, (8, 4, 3)), rng.integers(1, 3, (8, 2))


def some(rng):
    """Logarithms of probabilities of 3 classes at 5 times, of which the last is no label."""
    return np.log(rng.dirichlet([1, 1, 1], (6, 5))), rng.integers(0, 2, (6, 3))


def ctc(prediction, target, given="logits", blank=0):
    """-log of the sum over all paths of their probability."""
    if given == "logits":
        prediction = [[z - MP.log(MP.fsum(map(MP.exp, row))) for z in row] for row in prediction]
    found = []
    for path in itertools.product(range(len(prediction[0])), repeat=len(prediction)):
        read = [k for k, _ in itertools.groupby(path) if k != blank]
        if read == list(target):
            found.append(MP.exp(MP.fsum(row[k] for row, k in zip(prediction, path, strict=True))))
    return -MP.log(MP.fsum(found))


ROWS = [
    Row("ctc", ctc, few, size=4),
    Row("ctc", ctc, some, {"given": "log_probabilities", "blank": 2}, size=4),
]
