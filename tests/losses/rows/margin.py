"""Truths of the losses of margins."""

import numpy as np

from tests.losses.rows import MP, Row


def scores(rng):
    return rng.normal(0, 2, 20), rng.integers(0, 2, 20).astype(float)


def expected(loss):
    """The expected loss of a score, of one of its margin."""
    return lambda score, target: target * loss(score) + (1 - target) * loss(-score)


def soft(rng):
    """Scores, and targets that are probabilities."""
    return rng.normal(0, 2, 20), rng.uniform(0, 1, 20)


MARGINS = {
    "hinge": lambda m: max(0, 1 - m),
    "squared_hinge": lambda m: max(0, 1 - m) ** 2,
    "modified_huber": lambda m: max(0, 1 - m) ** 2 if m >= -1 else -4 * m,
    "exponential": lambda m: MP.exp(-m),
    "perceptron": lambda m: max(0, -m),
}


def classes(rng):
    """Scores of 5 classes and labels."""
    return rng.normal(0, 2, (20, 5)), rng.integers(0, 5, 20)


def distributions(rng):
    """Scores of 4 classes and distributions."""
    return rng.normal(0, 1, (20, 4)), rng.dirichlet(np.ones(4), 20)


def crammer_singer(row, label, margin=1):
    return max(0, *(margin + x - row[label] for k, x in enumerate(row) if k != label))


def weston_watkins(row, label, margin=1):
    return MP.fsum(max(0, margin + x - row[label]) for k, x in enumerate(row) if k != label)


def sparsemax(row, target):
    """The Fenchel-Young loss of half the sum of squares, with the level found by bisection."""
    target = [int(k == target) for k in range(len(row))] if isinstance(target, int) else target
    low, high = min(row) - 1, max(row)
    for _ in range(250):
        level = (low + high) / 2
        low, high = (level, high) if MP.fsum(max(0, x - level) for x in row) > 1 else (low, level)
    p = [max(0, x - level) for x in row]
    dual = MP.fsum(x * y for x, y in zip(row, p, strict=True)) - MP.fsum(y**2 for y in p) / 2
    return dual + MP.fsum(t**2 for t in target) / 2 - MP.fsum(x * t for x, t in zip(row, target, strict=True))


ROWS = [Row(name, expected(loss), inputs, size=1) for name, loss in MARGINS.items() for inputs in (scores, soft)]
ROWS += [
    Row("crammer_singer", crammer_singer, classes, size=1),
    Row("crammer_singer", crammer_singer, classes, {"margin": 2.5}, size=1),
    Row("weston_watkins", weston_watkins, classes, size=1),
    Row("weston_watkins", weston_watkins, classes, {"margin": 0.5}, size=1),
    Row("sparsemax", sparsemax, classes, size=1),
    Row("sparsemax", sparsemax, distributions, size=1),
]
