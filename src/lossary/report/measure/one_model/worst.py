"""Keep the rows of largest loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Row = dict[str, Any]


class Worst:
    """The ``size`` rows of largest key; ties are ordered by file and row."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.rows: list[tuple[tuple[float, str, int], Row]] = []

    def add(self, keys: np.ndarray, path: str, numbers: np.ndarray, describe: Callable[[int], Row]) -> None:
        """Add rows of a file by their keys and numbers; ``describe(i)`` describes the i-th of them."""
        if not self.size:
            return
        least = -self.rows[-1][0][0] if len(self.rows) == self.size else -math.inf
        found = np.flatnonzero(keys >= least)
        if len(found) > self.size:
            bound = np.partition(keys[found], -self.size)[-self.size]
            above = found[keys[found] > bound]
            equal, wanted = found[keys[found] == bound], self.size - len(above)
            if len(equal) > wanted and (np.diff(numbers[equal]) < 0).any():
                equal = equal[np.argpartition(numbers[equal], wanted)]
            found = np.concatenate([above, equal[:wanted]])
        if not len(found):
            return
        fresh = sorted(((-float(keys[i]), path, int(numbers[i])), int(i)) for i in found)
        last = self.rows[-1][0] if len(self.rows) == self.size else None
        self._keep([(key, describe(i)) for key, i in fresh if last is None or key < last])

    def merge(self, other: Worst) -> None:
        """Add the rows of another."""
        self._keep(other.rows)

    def _keep(self, rows: list[tuple[tuple[float, str, int], Row]]) -> None:
        self.rows = sorted([*self.rows, *rows], key=lambda pair: pair[0])[: self.size]
