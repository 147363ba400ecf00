"""Convex losses of any form: their slopes where each is smoothed by the lowest point beside a score."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.trainers.linear.problem import Problem
from lossary.trainers.scores.curvature import choose

_TRIALS = 100
"""The most points that are tried for a lowest one; Newton's method takes 5, halving an interval 60."""
_ROUNDING, _UNSEEN = 1e-15, 1e-100
"""The error of a score, of its size; and a curvature that has no effect, and may have no inverse."""


class Curved:
    """The losses of a problem, weighted, a number a sample."""

    def __init__(self, problem: Problem, start: Any) -> None:
        self._scores, self._target, self._share = problem.scores, problem.target, problem.share
        self._pair = choose(self._scores, "exact").pair
        self.centre = self._scores.centre(self._target) if self._scores.in_units_of_target else start
        """Scores at which slopes may jump, or change most."""
        self.first = self._slope(start)
        self.steepness = float(np.abs(self.first).sum())
        problem.check_slopes(self.first)
        self._before = self.centre

    def value(self, at: Any) -> Any:
        """Return the losses."""
        return self._share * self._scores.value(at, self._target)

    def _slope(self, at: Any) -> Any:
        return self._share * self._scores.slope(at, self._target)

    def smoothed(self, at: Any, width: Any) -> tuple[Any, Any]:
        """Return the slope of the lowest value of ℓ(z) + (at - z)²/(2 width) over z, and its curvature, of 1/width.

        At this z, z + width·ℓ'(z) = at. The left side rises, so z is found between bounds: by Newton's method, or halfway.
        """
        slope = self._slope(at)
        low, high = at - width * np.maximum(slope, 0.0), at - width * np.minimum(slope, 0.0)
        # slopes jump, or bend most, at the centre: z is there, or on one side, where Newton's method has a straight way
        below, above = np.nextafter(self.centre, -np.inf), np.nextafter(self.centre, np.inf)
        left, right = below + width * self._slope(below) - at, above + width * self._slope(above) - at
        high = np.where(left > 0, np.minimum(high, below), high)
        low = np.where(right < 0, np.maximum(low, above), low)
        done = (left <= 0) & (right >= 0)
        z = np.where(done, self.centre, np.clip(self._before, low, high))
        slope, part = np.where(done, (at - z) / width, 0.0), np.where(done, 1.0, 0.0)
        for _ in range(_TRIALS):
            here, second = self._pair(z, self._target, None)
            here, bent = self._share * here, width * self._share * second
            miss = z + width * here - at
            low, high = np.where(miss <= 0, z, low), np.where(miss >= 0, z, high)
            rounding = _ROUNDING * (np.abs(z) + np.abs(at))
            near = np.abs(miss) <= rounding * (1 + bent)
            # of a steep slope, z has more digits than the slope at z
            slope = np.where(done, slope, np.where(near & (bent < 1), here, (at - z) / width))
            part = np.where(done, part, np.where(near, bent / (1 + bent), 1.0))
            done |= near | (high - low <= rounding)
            if done.all():
                break
            there = z - miss / (1 + bent)
            z = np.where(done, z, np.where((there >= low) & (there <= high), there, (low + high) / 2))
        self._before = z
        return slope, np.where(part > _UNSEEN, part, 0.0)
