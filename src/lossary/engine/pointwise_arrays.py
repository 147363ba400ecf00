"""Losses element by element as one function of NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lossary.engine.array_plan import Weights, as_array
from lossary.formula.branchless import branchless
from lossary.formula.expression import Expression, symbol
from lossary.formula.languages.buffered import buffered
from lossary.formula.languages.printer import Names


class PointwiseArrays:
    """Value, derivative and validity of a formula of ``prediction``, ``target`` and, if it has one, ``weight``."""

    def __init__(
        self,
        loss: Expression | None,
        slope: Expression | None,
        invalid: Expression | None,
        parameters: Mapping[str, Any],
        weighted: bool,
        dtype: np.dtype,
    ) -> None:
        asked = [branchless(formula) for formula in (loss, slope) if formula is not None]
        loss_is_exact, slope_is_exact = (formula is None or branchless(formula)[1] for formula in (loss, slope))
        self.needs_finite = not (loss_is_exact and slope_is_exact)
        self._slope_is_exact = slope_is_exact
        results = [formula for formula, _ in asked]
        self._share = Names(parameters).new("share")
        if slope is not None:
            results[-1] = _times(symbol(self._share), results[-1])
        arrays = ("prediction", "target", "weight") if weighted else ("prediction", "target")
        written = len(results)
        found = buffered((*results, *(() if invalid is None else (invalid,))), arrays, (*parameters, self._share), written)
        self.buffers = found.buffers + (loss is not None)
        self._function, self._values, self._parameters, self._dtype = found.function, found.values, parameters, dtype
        self._fresh = found.fresh
        self._with_loss, self._with_slope, self._checked = loss is not None, slope is not None, invalid is not None
        self._weighted = weighted
        self._bits = np.dtype(f"i{dtype.itemsize}")
        self._numbers: dict[float, list[np.ndarray]] = {}

    def read(self, target: np.ndarray, weights: Weights) -> tuple[np.ndarray, Weights, np.ndarray | None] | None:
        """Return target and weights, and the weights that a mean divides by, or None if each weighs 1."""
        weight, mask, _ = weights
        return target, weights, weight if mask is None or weight is None else np.where(mask, weight, 0)

    def compute(
        self,
        prediction: np.ndarray,
        target: np.ndarray,
        weights: Weights,
        share: float,
        buffers: Sequence[Any],
        losses: np.ndarray | None,
        slopes: np.ndarray | None,
    ) -> tuple[Any, Any] | None:
        """Return losses and slopes, or None if a value is invalid, or a slope infinite where its formula is not exact."""
        weight, mask, _ = weights
        numbers = self._numbers.get(share)
        if numbers is None:
            numbers = [np.array(value, self._dtype) for value in self._values({**self._parameters, self._share: share})]
            self._numbers = {share: numbers}
        if self._with_loss and losses is not None:
            buffers = [*buffers[:-1], losses]
        arrays = (prediction, target, weight) if self._weighted else (prediction, target)
        found = self._function(*arrays, *numbers, *buffers, *((slopes,) if self._with_slope else ()))
        if self._checked:
            found, refused = found[:-1], found[-1]
            if np.count_nonzero(refused if mask is None else refused & mask):
                return None
        if not self._fresh:
            found = tuple([as_array(prediction, x) for x in found])
        if mask is not None:
            # all bits where a sample counts, and none elsewhere: 0, whatever is there
            bits = np.negative(mask.view(np.int8), dtype=self._bits)
            found = tuple([np.bitwise_and(x.view(self._bits), bits).view(x.dtype) for x in found])
        if not self._slope_is_exact and not math.isfinite(np.vdot(found[-1], found[-1])):
            return None
        if not self._with_slope:
            return found[0], None
        slopes = np.add(found[-1], 0, out=slopes) if not self._fresh or mask is not None else found[-1]
        return found[0] if self._with_loss else None, slopes


def _times(share: Expression, slope: Expression) -> Expression:
    """Return share·slope, with one product if there is a number before the slope already."""
    if slope.head == "multiply" and slope.children[0].is_constant:
        return (share * slope.children[0]) * slope.children[1]
    return share * slope
