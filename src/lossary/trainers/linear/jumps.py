"""Descent from a point where slopes of samples jump, so that L-BFGS finds no step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import lsq_linear

from lossary.trainers.linear.descent import Cost, End, along, descend
from lossary.trainers.linear.problem import Problem

Place = Callable[[Any], tuple[Any, Any]]
"""What returns the coefficients and the intercept at a point."""

_NEAR, _NEARER, _ROUNDS = 1e-3, 0.1, 6
"""How near samples first are to jumps of slopes, of the scale of residuals, the factor by which it falls, and how often."""
_JUMP = 1e-2
"""The part of a slope by which it changes within so small a way only where it jumps."""


class Samples(NamedTuple):
    """The samples of a problem, whose scores change with a point z."""

    problem: Problem
    place: Place
    effects: Callable[[Any], Any]
    """What returns the slopes of some samples' scores in z, a column each."""


def past_jumps(samples: Samples, cost: Cost, z: Any, least: float, floor: float, max_iter: int) -> tuple[Any, int, End]:
    """Return a point where a subgradient is at most ``floor``, the steps, and how the search ended.

    Near a point, each sample whose slope jumps has any slope between those on both sides. The least sum of such slopes points
    up, so a step goes against it (Goldstein, 1977; Burke, Lewis and Overton, 2005), and L-BFGS goes on from there. Where it is
    0, or no step is found, samples have to be nearer to their jumps.
    """
    problem = samples.problem
    residuals = problem.raw(*samples.place(z)) - problem.scores.centre(problem.target)
    near, done, largest = _NEAR * problem.scale_of(residuals), 0, np.inf
    for _ in range(_ROUNDS):
        while done < max_iter:
            value, slope = cost(z)
            up = _least_slope(samples, z, slope, near)
            largest = float(np.abs(up).max(initial=0.0))
            found = along(cost, z, value, up, -up) if largest > floor else None
            if found is None or not found[1] < value:
                break
            z, steps, end = descend(cost, found[0], found[1:], least, floor, max_iter - done, [])
            done += steps + 1
            if end == "met":
                return z, done, end
        near *= _NEARER
    return z, done, "met" if largest <= floor else "unfinished" if done >= max_iter else "stuck"


def _least_slope(samples: Samples, z: Any, slope: Any, near: float) -> Any:
    """Return the smallest sum of slopes that samples have so near to z."""
    problem = samples.problem
    raw = problem.raw(*samples.place(z))
    below, here, above = (problem.scores.slope(raw + d, problem.target) for d in (-near, 0.0, near))
    jumps = np.flatnonzero(np.abs(above - below) > _JUMP * np.maximum(np.abs(above), np.abs(below)))
    if not len(jumps):
        return slope
    effects = samples.effects(jumps) * problem.share[jumps]
    others = slope - effects @ here[jumps]
    ends = np.sort(np.stack([below[jumps], above[jumps]]), axis=0)
    return others + effects @ lsq_linear(effects, -others, ends, method="bvls").x
