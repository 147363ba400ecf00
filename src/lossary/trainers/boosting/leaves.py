"""Leaves that hold the loss's own minimiser, as LightGBM finds for its own absolute error and quantiles only."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.trainers.boosting.objective import Objective

_HALVINGS = 30
"""The minimiser of a leaf is found to 2⁻³⁰ of the range of its residuals."""


def best_steps(own: Objective, raw: Any, target: Any, weight: Any, leaf: Any, steps: Any) -> Any:
    """Return for each leaf the step from its samples' scores to the lowest mean loss, or that of ``steps`` if it is lower.

    The slope of a leaf's cost changes its sign there: all leaves halve their intervals together. They begin with the range of
    the residuals, which holds the minimiser of every loss that is lowest where the residual is 0.
    """
    scores, at, count = own.scores, own.total(raw), len(steps)
    steps = steps * own.unit.size
    weight = np.ones(len(at)) if weight is None else weight
    distance = scores.centre(target) - at
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, leaf, distance)
    np.maximum.at(high, leaf, distance)
    low, high = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)  # a leaf without samples
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rises = np.bincount(leaf, weight * scores.slope(at + middle[leaf], target), count) > 0
        low, high = np.where(rises, low, middle), np.where(rises, middle, high)
    found = (low + high) / 2
    ours, theirs = (np.bincount(leaf, weight * scores.value(at + step[leaf], target), count) for step in (found, steps))
    return np.where(ours <= theirs, found, steps) / own.unit.size
