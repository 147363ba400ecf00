"""The exact lowest point of a cost that is straight between kinks, from a point near it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from lossary.formula.languages.python import compiled
from lossary.trainers.curvature import KINK
from lossary.trainers.linear.normal_equations import gram, with_ones
from lossary.trainers.linear.problem import Problem
from lossary.trainers.pairs import Pair

_INSIDE = 0.02
"""How far inside the range between the slopes of both sides a smoothed slope is where the kink itself may be met."""
_ROUNDING = 1e-9


class Kinks:
    """Where the losses of a linear model have kinks, and their slopes on both sides.

    At the lowest point θ some samples lie at their kinks and some coefficients are 0. If these are known, θ and the slopes λ of
    those samples follow from equations: they lie there, and the slopes of all losses and penalties add up to 0. Where each
    λ lies between the slopes of both sides, each other sample on the side that was assumed and each l1 slope in its range,
    0 is a subgradient, and θ is the lowest point of a convex cost, to rounding.
    """

    def __init__(self, problem: Problem, pair: Pair, size: float) -> None:
        scores = problem.scores
        assert pair.residual is not None
        residual = compiled(pair.residual, "numpy", (scores.score(scores.names[0]).name, "target"))
        self._problem, self._centre = problem, -np.asarray(residual(np.zeros(len(problem.target)), problem.target))
        self._half = pair.numbers.get(KINK.name, 0.0)
        self._near = min(1e-3 * size, self._half / 2) if self._half else 1e-3 * size
        self._tie = _ROUNDING * size

    @staticmethod
    def serves(problem: Problem) -> bool:
        """Return whether a cost is convex and straight between kinks, but for an l2 penalty."""
        return problem.scores.loss.properties.convex is True and problem.scores.formula(2).is_zero

    def lowest(self, coefficients: Any, intercept: float, slope: Any, widths: Any) -> tuple[Any, float] | None:
        """Return the exact coefficients and intercept near others, or None if what lies at kinks was not guessed right.

        ``slope`` is the smoothed one of each sample, and coefficients below their ``widths`` may be 0.
        """
        problem = self._problem
        x, share = problem.features, problem.share
        raw = x @ coefficients + intercept
        place = self._centre + np.where(raw < self._centre, -self._half, self._half)
        low, high = (problem.scores.slope(place + d, problem.target) for d in (-self._near, self._near))
        inside = np.nan_to_num(np.minimum(slope - low, high - slope) / (high - low), nan=0.0, posinf=0.0, neginf=0.0)
        met, free = self._guess(np.where(share > 0, inside, 0.0), coefficients, widths)
        if len(met) > len(free) + 1:  # more than meet in a point, which the smoothing still hides
            return None
        columns = np.append(free, problem.intercept)
        count = int(columns.sum())
        assumed = np.where(raw < place, low, high)
        assumed[met] = 0.0
        sign = np.sign(coefficients) * free
        rest = share * assumed
        of_rest = np.append(np.asarray(rest @ x) + problem.l1 * sign, rest.sum())
        rows = x[met]
        rows = np.hstack([rows.toarray() if hasattr(rows, "toarray") else rows, np.ones((len(met), 1))])[:, columns]
        unit = np.append(problem.units, 1.0)[columns]
        rows, penalty = rows / unit, np.append(np.full(len(coefficients), problem.l2), 0.0)[columns] / unit**2
        whole = np.block([[np.diag(penalty), rows.T], [rows, np.zeros((len(met), len(met)))]])
        right = np.append(-of_rest[columns] / unit, place[met])
        size = np.sqrt(np.maximum((whole**2).sum(axis=1), 1e-300))
        found = np.linalg.lstsq(whole / size[:, None], right / size, rcond=1e-14)[0]
        if not (np.abs(whole @ found - right) <= _ROUNDING / 10 * (np.abs(whole) @ np.abs(found) + np.abs(right))).all():
            return None
        at = np.zeros(len(columns))
        at[columns] = found[:count] / unit
        return (at[:-1], float(at[-1])) if self._is_lowest(at, found[count:], met, assumed, sign, low, high) else None

    def _guess(self, inside: Any, coefficients: Any, widths: Any) -> tuple[Any, Any]:
        """Return the samples that lie at kinks, and which coefficients are not 0."""
        problem, width = self._problem, len(coefficients)
        at_0 = (1 - np.abs(coefficients) / np.hypot(coefficients, widths)) / 2 if problem.l1 else np.zeros(0)
        both = np.append(inside, at_0)
        if problem.l2:
            chosen = np.flatnonzero(both > _INSIDE)
        else:  # as many equations as unknowns
            chosen = np.argsort(-both)[: width + problem.intercept if problem.l1 else self._rank]
        free = np.ones(width, bool)
        free[chosen[chosen >= len(inside)] - len(inside)] = False
        return chosen[chosen < len(inside)], free

    @cached_property
    def _rank(self) -> int:
        """How many samples can lie at kinks: the rank of the features."""
        problem = self._problem
        x = problem.features
        if hasattr(x, "multiply"):
            x = x.multiply(1 / problem.units)
            return int(np.linalg.matrix_rank(gram(with_ones(x) if problem.intercept else x, 1 / x.shape[0]), hermitian=True))
        x = x / problem.units
        return int(np.linalg.matrix_rank(np.linalg.qr(with_ones(x) if problem.intercept else x, mode="r")))

    def _is_lowest(self, at: Any, weighted: Any, met: Any, assumed: Any, sign: Any, low: Any, high: Any) -> bool:
        """Return whether 0 is a subgradient, given the slopes of the samples that are met times their shares."""
        problem = self._problem
        x, share = problem.features, problem.share
        slack = _ROUNDING * (high - low)[met] + 1e-300
        slopes = weighted / share[met]
        if not ((slopes >= low[met] - slack) & (slopes <= high[met] + slack)).all():
            return False
        raw = x @ at[:-1] + at[-1]
        below, above = (problem.scores.slope(raw + d, problem.target) for d in (-self._tie, self._tie))
        others = share > 0
        others[met] = False
        slack = _ROUNDING * np.abs(high - low)
        if not ((assumed >= below - slack) & (assumed <= above + slack))[others].all():
            return False
        if not problem.l1:
            return True
        held = sign != 0
        total = share * assumed
        total[met] = weighted
        left = np.abs(np.asarray(total @ x) + problem.l2 * at[:-1])[~held]
        return bool((np.sign(at[:-1])[held] == sign[held]).all() and (left <= problem.l1 * (1 + _ROUNDING)).all())
