"""Slopes and curvatures of a thousand rows a call, or of one, as CatBoost asks for them: what calls share is prepared once."""

from __future__ import annotations

from ctypes import byref, c_double
from functools import cached_property
from typing import Any

import numpy as np
from numpy import ascontiguousarray, float32, float64

from lossary.kernels.elementwise import BLOCK
from lossary.trainers.scores.evaluate import Prepared, address_of
from lossary.trainers.scores.pairs import WEIGHT, Pair

_DTYPES = {"raw_0": "float64", "target": "float32", WEIGHT.name: "float32"}
"""The dtypes that CatBoost has; others are converted."""


class Blocks:
    """The slopes and curvatures of a pair of one score at scores that begin at a start, weighted, times a factor."""

    def __init__(self, pair: Pair, start: float, factor: float, unit: float = 1.0, origin: float = 0.0) -> None:
        self.pair, self.start, self.factor = pair, start, factor
        self.unit, self.origin = unit, origin
        """Targets of the pair are labels times ``unit`` plus ``origin``."""
        self._dtypes = _DTYPES if (unit, origin) == (1.0, 0.0) else {**_DTYPES, "target": "float64"}
        self._prepared: dict[bool, tuple[Prepared | None, ...]] = {}

    def __call__(self, raw: Any, target: Any, weight: Any) -> Any:
        """Return two rows, of slopes and of curvatures, as float64."""
        weighted = weight is not None
        if weighted not in self._prepared:
            read = {name: dtype for name, dtype in self._dtypes.items() if weighted or name != WEIGHT.name}
            self._prepared[weighted] = self.pair.prepared(read, self.start, self.factor, "float64")
        if self._dtypes["target"] == "float64":
            target = np.asarray(target, float64) * self.unit + self.origin
        pair, *sums = self._prepared[weighted]
        size = len(raw)
        found = np.empty((2, size))
        if pair is None or size > BLOCK:
            found[:] = self.pair.derivatives(raw, self.start, target, weight, float64, factor=self.factor)
            return found
        raw, target, curvature = ascontiguousarray(raw, float64), ascontiguousarray(target, self._dtypes["target"]), found[1]
        arrays = [address_of(raw), address_of(target)]
        if weighted:
            weight = ascontiguousarray(weight, float32)
            arrays.append(address_of(weight))
        widths = None
        if sums:
            roots, counts = (float(size) if each is None else each(size, arrays, ()) for each in sums)
            widths = self.pair.widths_of(roots, counts)
        pair(size, arrays, (address_of(found), address_of(curvature)), widths)
        return found


class Rows:
    """The slopes and curvatures of a pair of several scores that begin at a start, times a factor for each: a row a call."""

    def __init__(self, pair: Pair, start: Any, factors: Any, unit: float = 1.0, origin: float = 0.0) -> None:
        self.pair, self.start = pair, np.asarray(start)
        self.unit, self.origin = unit, origin
        self._count = count = len(self.start)
        self._factors = np.broadcast_to(factors, count).tolist()
        # scores and target, then slopes and curvatures lie in one array
        self._row, self._places = c_double * (3 * count + 1), [8 * k for k in range(3 * count + 1)]
        self._beside = [([0.0] * k, [0.0] * (count - 1 - k)) for k in range(count)]

    @cached_property
    def _prepared(self) -> Prepared | None:
        pair = self.pair.by_formula(self._count)
        if pair is None:
            return None
        read = dict.fromkeys((*(f"raw_{k}" for k in range(self._count)), "target"), "float64")
        return pair.prepared(read, self.start, 1.0, "float64")[0]

    def __call__(self, raw: Any, target: float, weight: float) -> tuple[list[float], list[list[float]]]:
        """Return the slope in each score, and the matrix that has curvatures on its diagonal."""
        count, kernel = self._count, self._prepared
        target = float(target) * self.unit + self.origin
        if kernel is None:
            at = np.asarray(raw, float64)[None, :], self.start, np.array([target])
            found = np.concatenate(self.pair.derivatives(*at, None, float64), axis=None).tolist()
        else:
            row = self._row(*raw.tolist(), target)
            arrays = [byref(row, place) for place in self._places]
            kernel(1, arrays[: count + 1], arrays[count + 1 :])
            found = row[count + 1 :]
        slopes = [weight * factor * x for factor, x in zip(self._factors, found, strict=False)]
        curvatures = [weight * factor * x for factor, x in zip(self._factors, found[count:], strict=True)]
        return slopes, [[*left, x, *right] for x, (left, right) in zip(curvatures, self._beside, strict=True)]
