"""Slopes and curvatures of a thousand rows a call, as CatBoost asks for them: what calls have in common is prepared once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ascontiguousarray, float32, float64

from lossary.kernels.elementwise import BLOCK
from lossary.trainers.evaluate import Prepared, address_of
from lossary.trainers.pairs import WEIGHT, Pair

_DTYPES = {"raw_0": "float64", "target": "float32", WEIGHT.name: "float32"}
"""The dtypes that CatBoost has; others are converted."""


class Blocks:
    """The slopes and curvatures of a pair of one score at scores that begin at a start, weighted, times a factor."""

    def __init__(self, pair: Pair, start: float, factor: float) -> None:
        self.pair, self.start, self.factor = pair, start, factor
        self._prepared: dict[bool, tuple[Prepared | None, ...]] = {}

    def __call__(self, raw: Any, target: Any, weight: Any) -> Any:
        """Return two rows, of slopes and of curvatures, as float64."""
        weighted = weight is not None
        if weighted not in self._prepared:
            read = {name: dtype for name, dtype in _DTYPES.items() if weighted or name != WEIGHT.name}
            self._prepared[weighted] = self.pair.prepared(read, self.start, self.factor, "float64")
        pair, *sums = self._prepared[weighted]
        size = len(raw)
        found = np.empty((2, size))
        if pair is None or size > BLOCK:
            found[:] = self.pair.derivatives(raw, self.start, target, weight, float64, factor=self.factor)
            return found
        raw, target, curvature = ascontiguousarray(raw, float64), ascontiguousarray(target, float32), found[1]
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
