"""Truths of the losses of ordered classes."""

import numpy as np

from tests.losses.rows import MP, Row


def graded(rng):
    """Scores, 4 thresholds and classes."""
    return rng.normal(0, 2, 20), np.sort(rng.normal(0, 2, (20, 4)), -1), rng.integers(0, 5, 20)


def conditional(rng):
    """Logits of 4 steps and classes."""
    return rng.normal(0, 2, (20, 4)), rng.integers(0, 5, 20)


def sigmoid(x):
    return 1 / (1 + MP.exp(-x))


def ordinal(score, thresholds, target):
    below = [MP.mpf(0), *(sigmoid(threshold - score) for threshold in thresholds), MP.mpf(1)]
    return -MP.log(below[target + 1] - below[target])


def corn(row, target):
    reached = MP.mpf(1)
    for k in range(target):
        reached *= sigmoid(row[k])
    return -MP.log(reached * (1 - sigmoid(row[target]) if target < len(row) else 1))


ROWS = [Row("ordinal", ordinal, graded, size=4), Row("corn", corn, conditional, size=1)]
