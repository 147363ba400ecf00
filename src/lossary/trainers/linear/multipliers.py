"""Minimising the cost of a linear model of convex losses whose slopes jump, or change within a small part of their reach."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from lossary.trainers.linear.coordinates import features_of
from lossary.trainers.linear.curved import Curved
from lossary.trainers.linear.descent import End
from lossary.trainers.linear.kinks import Kinks, are_all
from lossary.trainers.linear.newton import is_direct, step_of
from lossary.trainers.linear.problem import Problem, Solution
from lossary.trainers.scores.pairs import Pair

_WIDEST, _NARROWER, _NARROWEST = 0.3, 0.3, 1e-8
"""The first width of kinks, of the scale of the residuals by that of the slopes, the factor by which it falls, and the last."""
_FAST, _NO_LONGER = 0.2, 0.9
"""The parts of the excess that are left where the width need not fall, and where rounding alone is left."""
_OF_COEFFICIENTS = 0.1
"""The width of an l1 kink, of the mean one of samples, times its slope."""
_NEAR, _LEAST_NEAR = 3e-3, 1e-13
"""The first and the last pull to where a search began, of the curvature of as many samples as there are coefficients."""
_ROUNDS, _STEPS, _LENGTHS = 100, 200, 40
"""The most widths, Newton steps at one, and lengths of a step that are tried."""
_FLATTER = 0.3
"""The part of its slope that a step leaves."""
_MET, _ROUNDING = 0.1, 1e-15
"""The part of ``tol`` that is enough of an excess, of the fall of the cost; and of one that is rounding, of the cost."""


class _Losses(Protocol):
    """Convex losses of scores, or penalties of coefficients."""

    @property
    def first(self) -> Any: ...
    @property
    def steepness(self) -> float: ...
    @property
    def centre(self) -> Any: ...
    def value(self, at: Any) -> Any: ...
    def smoothed(self, at: Any, width: Any) -> tuple[Any, Any]: ...


class _Part:
    """Scores, or coefficients with an l1 penalty: each with a loss and a multiplier, the slope that it has at the lowest point.

    A loss is smoothed by the least of ℓ(z) + (score + width·multiplier - z)²/(2 width) over z (Moreau, 1965).
    """

    def __init__(self, losses: _Losses, width: Any) -> None:
        self.losses, self._width = losses, width
        self.multipliers = losses.first

    def derivatives(self, at: Any, width: float) -> tuple[Any, Any]:
        """Return slopes and curvatures; these are 0 where a loss is straight."""
        own = width * self._width
        slope, part = self.losses.smoothed(at + own * self.multipliers, own)
        return slope, part / own

    def renew(self, at: Any, width: float) -> float:
        """Take the slopes as multipliers; return by how much the losses are above the lines of these slopes that touch them."""
        own = width * self._width
        shifted = at + own * self.multipliers
        self.multipliers, _ = self.losses.smoothed(shifted, own)
        z = shifted - own * self.multipliers
        return float(np.sum(self.losses.value(at) - self.losses.value(z) - self.multipliers * (at - z)))

    def value(self, at: Any) -> float:
        """Return the sum of the losses."""
        return float(np.sum(self.losses.value(at)))


class _Search(NamedTuple):
    """A search for the lowest point of a smoothed cost, plus near/2·|θ - begun|², to slopes of ``least``.

    Steps of more than ``size`` in directions in which no kink is met are shortened.
    """

    begun: Any
    width: float
    near: float
    least: float
    size: float


class _Cost:
    """The cost in coordinates in which features are of size 1, or uncorrelated; the last one is the intercept."""

    def __init__(self, problem: Problem, losses: _Losses) -> None:
        self.x, self.into, self.intercept = *features_of(problem), problem.intercept
        self.samples = _Part(losses, float(len(problem.target)))
        self.coefficients: _Part | None = None
        if self.into.ndim == 1:
            self._l2 = self._with_intercept(problem.l2 * self.into**2)
        else:
            self._l2 = np.pad(problem.l2 * self.into.T @ self.into, (0, int(self.intercept)))
        if problem.l1:
            self._l1 = slope = self._with_intercept(problem.l1 * self.into)
            width = _OF_COEFFICIENTS / np.where(slope > 0, slope, 1.0)
            self.coefficients = _Part(Kinks(np.zeros((1, len(slope))), np.stack([-slope, slope])), width)

    def _with_intercept(self, values: Any) -> Any:
        return np.append(values, 0.0) if self.intercept else values

    def begin(self, coefficients: Any, intercept: float) -> Any:
        """Return coefficients in these coordinates; what has no effect on scores is lost."""
        into = self.into
        found = coefficients / into if into.ndim == 1 else np.linalg.lstsq(into, coefficients, rcond=None)[0]
        return np.append(found, intercept) if self.intercept else found

    def end(self, at: Any) -> tuple[Any, float]:
        """Return coefficients and intercept at a point; those that lie at an l1 kink are 0."""
        if self.coefficients is not None:
            at = np.where((np.abs(self.coefficients.multipliers) < self._l1) & (self._l1 > 0), 0.0, at)
        inner = at[: self.into.shape[-1]]
        return self.into * inner if self.into.ndim == 1 else self.into @ inner, float(at[-1]) if self.intercept else 0.0

    def raw(self, at: Any) -> Any:
        """Return the scores."""
        return np.asarray(self.x @ at)

    def value(self, at: Any, raw: Any) -> float:
        """Return the cost, less what all points have in common."""
        l1 = 0.0 if self.coefficients is None else self.coefficients.value(at)
        return self.samples.value(raw) + float(at @ self._of_l2(at)) / 2 + l1

    def _of_l2(self, at: Any) -> Any:
        return self._l2 * at if self._l2.ndim == 1 else self._l2 @ at

    def lowest(self, at: Any, raw: Any, search: _Search, most: int) -> tuple[Any, int]:
        """Return the lowest point that is searched for, and the Newton steps that led there."""
        first = None
        for done in range(most):
            slope, curvature = self.samples.derivatives(raw, search.width)
            gradient = np.asarray(slope @ self.x) + self._of_l2(at) + search.near * (at - search.begun)
            bent = np.full(len(at), search.near)
            if self.coefficients is not None:
                of_l1, bent_by_l1 = self.coefficients.derivatives(at, search.width)
                gradient, bent = gradient + of_l1, bent + bent_by_l1
            largest = float(np.abs(gradient).max(initial=0.0))
            first = largest if first is None else first
            rounding = _ROUNDING * (np.linalg.norm(slope) + np.abs(raw).max() * np.linalg.norm(curvature))
            if largest <= max(min(0.1 * first, search.least), rounding):
                return at, done
            bent += largest / search.size
            step = step_of(self.x, curvature, self._l2 + bent if self._l2.ndim == 1 else self._l2 + np.diag(bent), gradient)
            along = self.raw(step)
            length = self._length(at, raw, step, along, search, float(gradient @ step))
            at, raw = at + length * step, raw + length * along
        return at, most

    def _length(self, at: Any, raw: Any, step: Any, along: Any, search: _Search, fall: float) -> float:
        """Return the length of a step, by Newton's method and halving on the slope along it, which is straight in parts.

        It needs no product with X.
        """
        of_penalty = self._of_l2(step) + search.near * step
        straight, bent = float(at @ of_penalty - search.near * search.begun @ step), float(step @ of_penalty)
        low, high, length = 0.0, np.inf, 1.0
        for _ in range(_LENGTHS):
            slopes, curvatures = self.samples.derivatives(raw + length * along, search.width)
            slope = float(slopes @ along) + straight + length * bent
            curvature = float(curvatures @ along**2) + bent
            if self.coefficients is not None:
                slopes, curvatures = self.coefficients.derivatives(at + length * step, search.width)
                slope, curvature = slope + float(slopes @ step), curvature + float(curvatures @ step**2)
            if abs(slope) <= _FLATTER * abs(fall):
                break
            low, high = (low, length) if slope > 0 else (length, high)
            length -= slope / curvature if curvature > 0 else np.inf
            if not low < length < high:
                length = (low + high) / 2 if high < np.inf else 2 * low
        return length

    def excess(self, at: Any, raw: Any, width: float, origin: Any) -> float:
        """Renew the multipliers; return by how much the cost is above the lowest at most.

        The cost is nowhere below the sum of the lines that these slopes make and the l2 penalty, whose slope g is all but 0. It
        falls by g²/(2 l2) at most, and by |g| times what is left to go, for which the way from ``origin`` stands.
        """
        found = self.samples.renew(raw, width)
        slope = np.asarray(self.samples.multipliers @ self.x) + self._of_l2(at)
        if self.coefficients is not None:
            found += self.coefficients.renew(at, width)
            slope = slope + self.coefficients.multipliers
        left = np.abs(slope * (at - origin))
        if self._l2.ndim == 1:
            left = np.minimum(left, slope**2 / (2 * np.maximum(self._l2, 1e-300)))
        return found + float(left.sum())


def solve(problem: Problem, pair: Pair, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by the proximal method of multipliers, with Newton steps (Rockafellar, 1976; Li, Sun and Toh, 2018).

    Where the multipliers are right, the smoothed cost has the lowest point of the cost itself, whatever the width. They are
    right after a few rounds where the losses are straight in parts, or nearly so. If they are, only samples that meet their
    kinks are curved, a few more than there are features, so a step takes little more than two products with X.
    """
    first, level = problem.begin(start)
    losses = Kinks.of(problem, pair) if are_all(problem) else Curved(problem, problem.raw(first, level))
    cost = _Cost(problem, losses)
    origin = at = cost.begin(first[0], float(level[0]))
    raw = cost.raw(at)
    size, steepness = problem.scale_of(raw - losses.centre), max(losses.steepness, 1e-300)
    unit = size / steepness
    highest, width, least = cost.value(at, raw), _WIDEST * unit, 1e-3 * steepness
    polish = are_all(problem) and is_direct(cost.x)  # to the vertex of the linear program
    done, before, met = 0, np.inf, False
    for k in range(_ROUNDS):
        near = max(_NEAR * 0.1**k / unit, _LEAST_NEAR / width) * min(1.0, len(at) / len(raw))
        most = min(_STEPS, max_iter - done)
        at, steps = cost.lowest(at, raw, _Search(at, width, near, least, size), most)
        raw, done = cost.raw(at), done + steps
        excess, value = cost.excess(at, raw, width, origin), cost.value(at, raw)
        rounding = 10 * _ROUNDING * (highest + value + steepness * size)
        met = excess <= max(_MET * tol * (highest - value), 10 * rounding)
        if excess <= rounding or done >= max_iter or (met and (excess > _NO_LONGER * before or not polish)):
            break
        if k == 0 or (excess > _FAST * before and steps < most):
            width = max(_NARROWER * width, _NARROWEST * unit)
        least, before = min(0.2 * least, excess / size), excess
    end: End = "met" if met else "unfinished" if done >= max_iter else "stuck"
    coefficients, intercept = cost.end(at)
    return problem.solution(coefficients[None], np.array([intercept]), "multipliers", done, end)
