"""Slopes and curvatures of a thousand rows a call, as CatBoost asks for them: what calls have in common is prepared once."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.trainers.evaluate import Prepared
from lossary.trainers.pairs import Pair


class Blocks:
    """The slopes and curvatures of a pair of one score at scores that begin at a start, weighted, times a factor."""

    def __init__(self, pair: Pair, start: float, factor: float) -> None:
        self.pair, self.start, self.factor = pair, start, factor
        self._prepared: dict[Any, tuple[Prepared | None, ...]] = {}

    def __call__(self, raw: Any, target: Any, weight: Any) -> Any:
        """Return two rows, of slopes and of curvatures, as float64."""
        found = np.empty((2, len(raw)))
        given = {"raw_0": raw, "target": target} if weight is None else {"raw_0": raw, "target": target, "weight": weight}
        if not all(x.flags.c_contiguous for x in given.values()):
            given = {name: np.ascontiguousarray(x) for name, x in given.items()}
        key = len(raw), *(x.dtype for x in given.values())
        if key not in self._prepared:
            self._prepared[key] = self.pair.prepared(given, self.start, self.factor, [*found])
        pair, *sums = self._prepared[key]
        if pair is None:
            found[:] = self.pair.derivatives(raw, self.start, target, weight, np.float64, factor=self.factor)
            return found
        addresses = {name: x.__array_interface__["data"][0] for name, x in given.items()}
        widths = None
        if sums:
            widths = self.pair.widths_of(*(float(len(raw)) if each is None else each(addresses, ()) for each in sums))
        at = found.__array_interface__["data"][0]
        pair(addresses, (at, at + found.strides[0]), widths)
        return found
