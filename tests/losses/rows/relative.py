"""Truths of the losses relative to a size."""

import numpy as np

from tests.losses.rows import MP, Row
from tests.losses.rows.regression import reals


def above_minus_one(rng):
    target = np.expm1(rng.normal(0, 2, 20))
    return np.concatenate([target[:10] * (1 + rng.uniform(-1e-6, 1e-6, 10)), np.expm1(rng.normal(0, 2, 10))]), target


def percentage(prediction, target, floor=0):
    return abs(prediction - target) / max(abs(target), MP.mpf(floor))


ROWS = [
    Row("squared_log_error", lambda p, t: (MP.log(1 + p) - MP.log(1 + t)) ** 2, above_minus_one, bound=32),
    Row("absolute_percentage_error", percentage, reals, size=1),
    Row("absolute_percentage_error", percentage, reals, {"floor": 1.5}, size=1),
    Row("symmetric_percentage_error", lambda p, t: 2 * abs(p - t) / (abs(p) + abs(t)), reals, size=1),
]
