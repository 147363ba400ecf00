"""Descent to a point where a cost has no slope."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

End = Literal["met", "unfinished", "stuck"]
"""Whether the slope is 0, the steps were too few, or no step lowers the cost although it has a slope, as at a kink."""
Cost = Callable[[Any], tuple[float, Any]]
"""What returns the cost at a point, and its slopes."""

_PAIRS = 20
"""Steps whose changes of slope are remembered."""
_TRIALS, _LATELY, _STALLED = 60, 20, 1e-12
"""Lengths that are tried; steps within which the cost must fall, and by how much of its size."""
_LESS, _FLATTER = 1e-4, 0.9
"""A step lowers the cost by this part of what its slope says, and leaves at most this part of the slope."""
_ROUNDING = 1e-15
"""The error of a cost, of its size."""
_UNSEEN = 1e-13
"""A fall of the cost, of its size, that is hardly seen beside its error; a slope g promises one of about g²/2."""
FLOOR = 1e-4
"""The part of the first slope that may be left where no step lowers the cost; its square is what is left of the cost."""


Steps = list[tuple[Any, Any, float]]
"""Steps, the changes of slope along them, and their products: what is known of the curvature."""


def descend(
    cost: Cost, z: Any, here: tuple[float, Any], least: float, floor: float, max_iter: int, steps: Steps
) -> tuple[Any, int, End]:
    """Return a point where no slope is above ``least``, the steps, and how the descent ended; by L-BFGS.

    The cost should be about as curved as |z|²/2, so that the first step is of the right length. Lengths are found by halving
    and doubling, which needs no smooth cost and bears infinite ones (Lewis and Overton, 2013). Where no step lowers the cost,
    in its last digits, slopes up to ``floor`` are taken for rounding. SciPy's L-BFGS-B takes 0.1 ms a step by itself, as
    long as the cost of 10,000 samples. ``here`` is the cost at z; ``steps`` are those of a cost alike, and get those of
    this one.
    """
    value, slope = here
    costs = [value]
    for done in range(max_iter):
        if np.abs(slope).max(initial=0.0) <= least:
            return z, done, "met"
        stalled = done >= _LATELY and costs[done - _LATELY] - value <= _STALLED * abs(value)
        found = None if stalled else along(cost, z, value, slope, _direction(slope, steps))
        if found is None and steps and not stalled:
            steps.clear()
            found = along(cost, z, value, slope, -slope)
        if found is None:
            left = float(np.abs(slope).max())
            return z, done, "met" if left <= floor or left**2 <= _UNSEEN * abs(value) else "stuck"
        there, value, new = found
        costs.append(value)
        moved, changed = there - z, new - slope
        if (product := float(moved @ changed)) > 1e-14 * float(changed @ changed):
            steps.append((moved, changed, product))
            del steps[:-_PAIRS]
        z, slope = there, new
    return z, max_iter, "met" if np.abs(slope).max(initial=0.0) <= least else "unfinished"


def _direction(slope: Any, steps: Steps) -> Any:
    """Return Newton's step by the curvature that the changes of the slope show (Nocedal, 1980)."""
    direction, along = -slope, []
    for moved, changed, product in reversed(steps):
        part = float(moved @ direction) / product
        along.append(part)
        direction = direction - part * changed
    if steps:
        _, changed, product = steps[-1]
        direction = direction * (product / float(changed @ changed))
    for (moved, changed, product), part in zip(steps, reversed(along), strict=True):
        direction = direction + (part - float(changed @ direction) / product) * moved
    return direction


def along(cost: Cost, z: Any, value: float, slope: Any, direction: Any) -> tuple[Any, float, Any] | None:
    """Return a point in this direction with less cost and slope, its cost and slopes, or None if rounding hides one."""
    fall = float(slope @ direction)
    if not fall < 0:
        return None
    low, high, length, enough = 0.0, math.inf, 1.0, value + _ROUNDING * abs(value)
    best = None
    for _ in range(_TRIALS):
        there = z + length * direction
        new, of_new = cost(there)
        if not new <= enough + _LESS * length * fall or not np.isfinite(of_new).all():
            high = length
        else:
            best = there, new, of_new
            if float(of_new @ direction) >= _FLATTER * fall:
                break
            low = length
        length = (low + high) / 2 if high < math.inf else 2 * low
        if (there == z).all():
            break
    return best
