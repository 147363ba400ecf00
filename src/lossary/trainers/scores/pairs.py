"""Slopes and curvatures of many samples, by the formulas that were chosen for a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from lossary.formula.calls import abs, sqrt
from lossary.formula.expression import Expression, constant, symbol
from lossary.formula.rewrite import substitute
from lossary.trainers.scores.evaluate import Evaluation, Prepared

SLOPE_WIDTH, CURVATURE_WIDTH = symbol("slope_width"), symbol("curvature_width")
"""How widely slope and curvature of a loss with a kink are smoothed: the lengths s in √(r² + s²)."""
WEIGHT, FACTOR = symbol("weight"), symbol("factor")
LEAST = 1e-12
"""A curvature of 0 at a slope of 0 says nothing, and trainers divide by it."""
LEAST_IN_UNITS = 1e-30
"""The same of curvatures in a unit of the target, in none of which it may count: leaves need a sum of 1e-3 of the mean."""


class Pair:
    """The slope and the curvature of a loss in each of its scores, as formulas of scores and target.

    Where they name widths, these are ``widths`` times S = (mean √|r|)², a scale of the residuals that single large ones hardly
    move. Residuals count in S by ``steepness``, if there is such a formula. ``of_outcomes`` is right for targets of 0 and 1
    only, and takes less time: it serves where targets are integers.
    """

    def __init__(
        self,
        name: str,
        scores: Sequence[Expression],
        slopes: Sequence[Expression],
        curvatures: Sequence[Expression],
        numbers: Mapping[str, float],
        *,
        residual: Expression | None = None,
        widths: tuple[float, float] = (0.0, 0.0),
        steepness: Expression | None = None,
        of_outcomes: Pair | None = None,
    ) -> None:
        self.name, self.scores = name, tuple(scores)
        self.slopes, self.curvatures, self.numbers = tuple(slopes), tuple(curvatures), dict(numbers)
        self.residual, self.widths, self.steepness = residual, widths, steepness
        self.of_outcomes = of_outcomes

    def __call__(self, scores: Any, target: Any, weight: Any) -> tuple[Any, Any]:
        """Return slopes and curvatures as float64, not weighted: the weights are those of the scale S."""
        return self.derivatives(scores, np.zeros(len(self.scores)), target, weight, np.float64, weighted=False)

    def at_widths(self, scores: Any, target: Any, of_slope: float, of_curvature: float) -> tuple[Any, Any]:
        """Return slopes and curvatures as float64 that are smoothed so widely, whatever the residuals are."""
        widths = {SLOPE_WIDTH.name: of_slope, CURVATURE_WIDTH.name: of_curvature}
        return self.derivatives(scores, np.zeros(len(self.scores)), target, None, np.float64, weighted=False, widths=widths)

    def derivatives(
        self,
        raw: Any,
        start: Any,
        target: Any,
        weight: Any,
        dtype: Any = np.float32,
        *,
        weighted: bool = True,
        widths: Mapping[str, float] | None = None,
        factor: Any = 1.0,
    ) -> tuple[Any, Any]:
        """Return slopes and curvatures at the scores ``raw + start``, times the weights if asked for; columns lie together.

        Both are multiplied by ``factor``, of all scores or of each; without one, so that the weighted mean of each score's
        curvature is 1.
        """
        if self.of_outcomes is not None and target.dtype.kind in "biu":
            options: Any = {"weighted": weighted, "widths": widths, "factor": factor}
            return self.of_outcomes.derivatives(raw, start, target, weight, dtype, **options)
        if np.ndim(factor):
            found = self.derivatives(raw, start, target, weight, dtype, weighted=weighted, widths=widths)
            return found[0] * np.asarray(factor, dtype), found[1] * np.asarray(factor, dtype)
        count = len(self.scores)
        columns = [np.ascontiguousarray(raw)] if count == 1 else [np.ascontiguousarray(raw[:, k]) for k in range(count)]
        arrays = {f"raw_{k}": x for k, x in enumerate(columns)} | {"target": np.ascontiguousarray(target)}
        if weight is not None:
            arrays[WEIGHT.name] = np.ascontiguousarray(weight)
        numbers = self.numbers | {f"start_{k}": x for k, x in enumerate(np.ravel(start).tolist())}
        size = len(columns[0])
        numbers |= self._widths(size, arrays, numbers) if widths is None else widths
        scaled = factor is not None
        if factor is None and (constant := self._constant(numbers)) is not None:
            factor, scaled = constant, True
        slope, curvature = (np.empty(np.shape(raw), dtype, order="F") for _ in range(2))
        into = [x if count == 1 else x[:, k] for x in (slope, curvature) for k in range(count)]
        by_weight = weighted and weight is not None
        numbers[FACTOR.name] = factor if factor is not None else 1.0
        total: Any = (self._weighted if by_weight else self._plain)(size, arrays, numbers, into)
        if not scaled:
            if count > 1:
                total = curvature.sum(axis=0, dtype=np.float64)
            with np.errstate(divide="ignore", invalid="ignore"):
                found = np.divide(weight.sum(dtype=np.float64) if by_weight else float(size), total)
            if np.all(np.isfinite(found) & (found > 0)):
                found = found.astype(dtype)  # a float64 would have NumPy convert both arrays to and fro
                slope *= found
                curvature *= found
        return slope, curvature

    def by_formula(self, count: int) -> Pair | None:
        """Return the pair whose formulas are those of so many scores, or None if there are no formulas of them."""
        return self if count == len(self.scores) else None

    def prepared(self, arrays: Mapping[str, str], start: Any, factor: float, dtype: str) -> tuple[Prepared | None, ...]:
        """Return the kernels of calls alike: of slopes and curvatures, and, if there are widths, of the sums that these need.

        Each is None if kernels are unavailable, and so is the sum of weights that are all 1. ``arrays`` says which dtypes
        scores, target and weight have, ``dtype`` that of the results.
        """
        numbers = {**self.numbers, FACTOR.name: factor, SLOPE_WIDTH.name: 1.0, CURVATURE_WIDTH.name: 1.0}
        numbers |= {f"start_{k}": x for k, x in enumerate(np.ravel(start).tolist())}
        of_weight = WEIGHT.name in arrays
        into = [dtype] * 2 * len(self.scores)
        pair = (self._weighted if of_weight else self._plain).prepared(arrays, numbers, into)
        if self.residual is None:
            return (pair,)
        sums = self._scale if of_weight else self._plain_scale
        return pair, *(None if x is None else x.prepared(arrays, numbers, []) for x in sums)

    def _constant(self, numbers: Mapping[str, float]) -> float | None:
        """Return the factor by which the curvature is 1, if it is the same for all scores and targets, or None."""
        if len(self.curvatures) > 1 or not self.curvatures[0].symbols() <= self.numbers.keys():
            return None
        (found,) = Evaluation(self.name, self.curvatures).values(1, {}, numbers)
        return float(1 / found[0]) if found[0] > 0 else None

    def _of_raw(self, formula: Expression) -> Expression:
        """Return a formula of scores as one of the scores that a trainer holds, which begin at 0."""
        at = {score.name: symbol(f"raw_{k}") + symbol(f"start_{k}") for k, score in enumerate(self.scores)}
        return substitute(formula, at)

    @cached_property
    def _plain(self) -> Evaluation:
        return self._times(FACTOR)

    @cached_property
    def _weighted(self) -> Evaluation:
        return self._times(FACTOR * WEIGHT)

    def _times(self, factor: Expression) -> Evaluation:
        """Return the evaluation of slopes and curvatures times a factor, and of the sum of the curvature if there is one."""
        found = [factor * self._of_raw(x) for x in (*self.slopes, *self.curvatures)]
        return Evaluation(self.name, found, found[1] if len(found) == 2 else None)

    @cached_property
    def _scale(self) -> tuple[Evaluation, Evaluation | None]:
        """The weighted sum of √|r|, and that of the weights."""
        return self._sums(WEIGHT)

    @cached_property
    def _plain_scale(self) -> tuple[Evaluation, Evaluation | None]:
        """The same without weights; None is the number of samples."""
        return self._sums(constant(1.0))

    def _sums(self, weight: Expression) -> tuple[Evaluation, Evaluation | None]:
        assert self.residual is not None
        counts = weight if self.steepness is None else weight * self._of_raw(self.steepness)
        root = sqrt(abs(self._of_raw(self.residual)))
        return Evaluation(self.name, [], counts * root), Evaluation(self.name, [], counts) if counts.symbols() else None

    def _widths(self, size: int, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, float]) -> dict[str, float]:
        if self.residual is None:
            return {}
        sums = self._scale if WEIGHT.name in arrays and np.any(arrays[WEIGHT.name]) else self._plain_scale
        roots, counts = (float(size) if each is None else each(size, arrays, numbers, []) for each in sums)
        return self.widths_of(roots, counts)

    def widths_of(self, roots: float, counts: float) -> dict[str, float]:
        """Return the widths of samples with these sums of √|r| and of weights."""
        scale = (roots / counts) ** 2 if counts > 0 else 0.0
        scale = max(scale, 1e-100) if scale else 1.0  # any width will do for residuals that are all 0
        return {SLOPE_WIDTH.name: self.widths[0] * scale, CURVATURE_WIDTH.name: self.widths[1] * scale}


class Each(Pair):
    """Slopes and curvatures of predictions that are judged apart from one another, each by a pair of its own."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        scores, slopes, curvatures = ([x for of in every for x in of] for every in zip(*map(_parts, pairs), strict=True))
        super().__init__(pairs[0].name, scores, slopes, curvatures, pairs[0].numbers)
        self._pairs = tuple(pairs)

    def derivatives(self, raw: Any, start: Any, target: Any, weight: Any, dtype: Any = np.float32, **options: Any) -> Any:
        """Return slopes and curvatures at the scores ``raw + start``, a column for each prediction."""
        found = [
            pair.derivatives(raw[:, k], at, target, weight, dtype, **options)
            for k, (pair, at) in enumerate(zip(self._pairs, np.ravel(start).tolist(), strict=True))
        ]
        slopes, curvatures = (np.stack(of, axis=1) for of in zip(*found, strict=True))
        return np.asfortranarray(slopes), np.asfortranarray(curvatures)


def _parts(pair: Pair) -> tuple[Sequence[Expression], ...]:
    return pair.scores, pair.slopes, pair.curvatures
