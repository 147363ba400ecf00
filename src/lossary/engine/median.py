"""The weighted median, and other quantiles, of numbers that need not fit in memory."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from lossary.engine.exact_sum import ExactSums

SAMPLED = 1 << 20
"""Numbers that are held at a time."""
Pair = tuple[np.ndarray, np.ndarray | None]
"""Numbers and their weights, None if all are 1."""


class ThinnedSample:
    """A sample of numbers: every one, or every second, fourth, … once there are more than ``limit``."""

    def __init__(self, limit: int) -> None:
        self.limit, self.stride, self._phase = limit, 1, 0
        self._values: list[np.ndarray] = []
        self._weights: list[np.ndarray] = []
        self._size = 0

    def add(self, values: np.ndarray, weights: np.ndarray | None) -> None:
        """Add numbers."""
        taken = slice(-self._phase % self.stride, None, self.stride)
        self._phase += len(values)
        self._values.append(values[taken].copy())
        self._weights.append(np.ones(len(self._values[-1])) if weights is None else weights[taken].copy())
        self._size += len(self._values[-1])
        while self._size > self.limit:
            values, weights = self.arrays()
            self._values, self._weights = [values[::2].copy()], [weights[::2].copy()]
            self._size, self.stride = len(self._values[0]), self.stride * 2

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the values and weights of the sample."""
        if not self._values:
            return np.zeros(0), np.zeros(0)
        return np.concatenate(self._values), np.concatenate(self._weights)


def weighted_quantile(pairs: Iterable[Pair], total_weight: float, level: float = 0.5) -> float:
    """Return the exact weighted quantile, by default the median, in passes over the numbers; where an interval is, its middle.

    Each pass adds up the weights below a bracket and samples the values in it, until all of these fit in memory.
    """
    wanted = total_weight * level
    outer = (-math.inf, math.inf)
    low, high = outer
    while True:
        below, upto, sample = ExactSums(), ExactSums(), ThinnedSample(SAMPLED)
        for values, weights in pairs:
            weights = np.ones(len(values)) if weights is None else weights
            within = (values >= low) & (values <= high) & (weights > 0)
            below.add(weights[values < low])
            upto.add(weights[values <= high])
            sample.add(values[within], weights[within])
        under, reached = below.value(), upto.value()  # each rounded once, so that passes agree
        values, weights = sample.arrays()
        if under > wanted:
            low, high = outer[0], math.nextafter(low, -math.inf)
        elif reached < wanted:
            low, high = math.nextafter(high, math.inf), outer[1]
        elif low == high:
            return low
        elif sample.stride == 1:
            return _middle(values, weights, wanted - under)
        else:
            order = np.argsort(values)
            ranks = np.cumsum(weights[order]) / weights.sum()
            rank, margin = (wanted - under) / (reached - under), 4 / math.sqrt(len(values))
            ends = np.searchsorted(ranks, [rank - margin, rank + margin]).clip(0, len(values) - 1)
            outer = (low, high)
            low, high = (float(values[order[end]]) for end in ends)
            if (low, high) == outer:
                low = high = float(values[order[min(int(np.searchsorted(ranks, rank)), len(values) - 1)]])


def _middle(values: np.ndarray, weights: np.ndarray, rank: float) -> float:
    """Return the value at which cumulated weights reach the rank, or halfway to the next value if they equal the rank."""
    order = np.lexsort((weights, values))
    values, reached = values[order], np.cumsum(weights[order])
    place = min(int(np.searchsorted(reached, rank)), len(values) - 1)
    value = float(values[place])
    if reached[place] == rank and place + 1 < len(values) and math.isfinite(value) and math.isfinite(values[place + 1]):
        return value / 2 + float(values[place + 1]) / 2
    return value
