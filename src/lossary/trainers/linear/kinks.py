"""Losses that are straight between kinks: where these are, and the slopes between them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lossary.formula.languages.python import compiled
from lossary.trainers.linear.problem import Problem
from lossary.trainers.scores.distance import KINK
from lossary.trainers.scores.pairs import Pair


def are_all(problem: Problem) -> bool:
    """Return whether the loss of a problem is convex, and straight between kinks."""
    return problem.scores.loss.properties.convex is True and problem.scores.formula(2).is_zero


class Kinks(NamedTuple):
    """The places of kinks in ascending order, and the slopes before, between and after them: a row each, a column a sample.

    Slopes are weighted. Where each of them has a kink of one width, samples of a small weight are as curved as others, but soon
    beside their kinks.
    """

    places: Any
    slopes: Any

    @classmethod
    def of(cls, problem: Problem, pair: Pair) -> Kinks:
        """Return those of the losses of a problem."""
        scores, target = problem.scores, problem.target
        assert pair.residual is not None
        residual = compiled(pair.residual, "numpy", (scores.score(scores.names[0]).name, "target"))
        centre = -np.asarray(residual(np.zeros(len(target)), target))
        half = pair.numbers.get(KINK.name, 0.0)
        places = np.stack([centre - half, centre + half] if half else [centre])
        far = 1.0 + np.abs(centre)
        between = [places[0] - far, *([centre] if half else []), places[-1] + far]
        slopes = np.stack([scores.slope(at, target) for at in between])
        problem.check_slopes(slopes)
        return cls(places, problem.share * slopes)

    @property
    def first(self) -> Any:
        """The slopes that a search begins with."""
        return (self.slopes[0] + self.slopes[-1]) / 2

    @property
    def steepness(self) -> float:
        """The sum of the steepest slopes."""
        return float(np.abs(self.slopes).max(axis=0).sum())

    @property
    def centre(self) -> Any:
        """The middle of the kinks of each sample."""
        return self.places.mean(axis=0)

    def value(self, at: Any) -> Any:
        """Return the loss at each score, less that at the first kink."""
        found = self.slopes[0] * np.minimum(at - self.places[0], 0.0)
        ends = [*(self.places[1:] - self.places[:-1]), np.inf]
        for place, slope, end in zip(self.places, self.slopes[1:], ends, strict=True):
            found += slope * np.clip(at - place, 0.0, end)
        return found

    def smoothed(self, at: Any, width: Any) -> tuple[Any, Any]:
        """Return the slope of the lowest value of ℓ(z) + (at - z)²/(2 width) over z, and its curvature, of 1/width.

        This is 1 if z is a kink, else 0.
        """
        slope, met = self.slopes[0], np.zeros(len(at), bool)
        for place, above in zip(self.places, self.slopes[1:], strict=True):
            rise = (at - place) / width
            met |= (rise > slope) & (rise < above)
            slope = np.clip(rise, slope, above)
        return slope, met
