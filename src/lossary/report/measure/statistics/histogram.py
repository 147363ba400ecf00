"""Count numbers in logarithmic bins 0.4 % wide, for histograms, quantiles and shares that do not depend on order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from lossary.kernels import native

_SHIFT = 44
"""Bits of a float64 that are dropped. Sign, exponent and 8 bits of the mantissa are left: bins are 1/512 to 1/256 wide."""
_BINS = 1 << (64 - _SHIFT)
_ZERO = 0
_FEW = 1 << 16
"""Up to so many numbers, their bins are sorted when asked for, sooner than a table of all bins is made and gone through."""
_SMALLEST = 1024
"""Fewer numbers are counted by array operations, sooner than a kernel is loaded."""
_OWN_BIN = 512
"""Whole numbers below this size have bins of their own."""


class LogHistogram:
    """Counts of numbers in bins of relative width 0.2 to 0.4 %."""

    def __init__(self, *, whole: bool = True) -> None:
        self._few: list[np.ndarray] = []
        """The bin of each number, until there are many."""
        self._number = 0
        self._table: np.ndarray | None = None
        """The count of each bin, once there are many numbers."""
        self._used: tuple[np.ndarray, np.ndarray] | None = None
        self.whole = whole
        """True if all numbers are whole, unless nobody asks for that; up to 512 in size, each then has a bin of its own."""

    def add(self, values: np.ndarray) -> None:
        """Add numbers, none of which is NaN."""
        x = np.ascontiguousarray(values, np.float64).reshape(-1)
        self.whole = self.whole and bool((x == np.rint(x)).all())
        self._used = None
        if self._stay_few(x.size):
            self._few.append(_places(x))
            return
        kernel, table = None, self._counts()
        if x.size >= _SMALLEST and native.available("counts by size"):
            from lossary.kernels import histogram

            kernel = histogram.kernel()
        if kernel is not None:
            kernel(x.__array_interface__["data"][0], table.__array_interface__["data"][0], x.size)
        else:
            np.add.at(table, _places(x), 1)

    def merge(self, other: LogHistogram) -> None:
        """Add the counts of another."""
        self.whole &= other.whole
        self._put(*other._bins())

    def _put(self, places: np.ndarray, counts: np.ndarray) -> None:
        self._used = None
        if self._stay_few(int(counts.sum())):
            self._few.append(np.repeat(places, counts))
        else:
            self._counts()[places] += counts

    def _stay_few(self, more: int) -> bool:
        """Count so many more numbers; return False once there are many."""
        self._number += more
        return self._number <= _FEW

    def _counts(self) -> np.ndarray:
        """Return the table, and make it first from few numbers."""
        if self._table is None:
            self._table = np.zeros(_BINS, np.int64)
            for places in self._few:
                np.add.at(self._table, places, 1)
            self._few = []
        return self._table

    def _bins(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of the bins that are not empty, in rising order, and their counts; kept until numbers are added."""
        if self._used is None:
            if self._table is None:
                places, counts = np.unique(np.concatenate([np.empty(0, np.int32), *self._few]), return_counts=True)
            else:
                places = np.flatnonzero(self._table).astype(np.int32)
                counts = self._table[places]
            self._used = places, counts
        return self._used

    def __getstate__(self) -> tuple[np.ndarray, np.ndarray, bool]:
        return *self._bins(), self.whole

    def __setstate__(self, state: tuple[np.ndarray, np.ndarray, bool]) -> None:
        self.__init__(whole=state[2])  # type: ignore[misc]
        self._put(*state[:2])

    def bins(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the least value, the largest value and the count of each bin that is not empty, in rising order."""
        places, counts = self._bins()
        inner = (places.astype(np.uint64) << np.uint64(_SHIFT)).view(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            last = ((places.astype(np.uint64) << np.uint64(_SHIFT)) | np.uint64((1 << _SHIFT) - 1)).view(np.float64)
        last = np.where(np.isinf(inner) | (places == _ZERO), inner, last)  # bit patterns after infinity are NaN
        low, high = np.where(places < _BINS // 2, inner, last), np.where(places < _BINS // 2, last, inner)
        order = np.argsort(low, kind="stable")
        return low[order], high[order], counts[order]

    def quantiles(self, at: Iterable[float]) -> list[float]:
        """Return the quantiles at some fractions of the count, each right to 0.2 %, or exact for small whole numbers."""
        low, high, counts = self.bins()
        if not counts.size:
            return [float("nan") for _ in at]
        reached, middle = np.cumsum(counts), middles(low, high)
        if self.whole:
            inner = np.where(abs(low) < abs(high), low, high)
            middle = np.where(abs(inner) < _OWN_BIN, inner, np.rint(middle))
        return [float(middle[min(np.searchsorted(reached, q * reached[-1]), len(middle) - 1)]) for q in at]

    @property
    def is_exact(self) -> bool:
        """True if quantiles are exact: all numbers are whole, and small enough to have bins of their own."""
        low, high, _ = self.bins()
        return self.whole and bool((np.minimum(abs(low), abs(high)) < _OWN_BIN).all())

    def concentration(self, fractions: Iterable[float]) -> list[tuple[float, float]] | None:
        """Return the share of the sum that each fraction of the numbers carries, the largest numbers first.

        Return None if there are no numbers, a negative or an infinite one, or if their sum is 0.
        """
        low, high, counts = self.bins()
        if not counts.size or low[0] < 0 or np.isinf(high[-1]):
            return None
        numbers = np.concatenate([[0], np.cumsum(counts[::-1])])
        scale = high[-1] or 1.0
        sums = np.concatenate([[0.0], np.cumsum((counts * (middles(low, high) / scale))[::-1])])
        if not sums[-1] > 0:
            return None
        return [(q, float(np.interp(q * numbers[-1], numbers, sums) / sums[-1])) for q in fractions]

    def histogram(self, most: int = 32) -> list[dict[str, Any]]:
        """Return a few wide bins to draw, between powers of 2 or their roots, with one bin around 0 for rare small values."""
        low, high, counts = self.bins()
        finite = np.isfinite(low) & np.isfinite(high)
        low, high, counts = low[finite], high[finite], counts[finite]
        if not counts.size:
            return []
        sizes = np.maximum(abs(low), abs(high))
        order = np.argsort(sizes)
        reached = np.cumsum(counts[order])
        # the smallest thousandth of the numbers shares a bin with 0
        least = sizes[order][np.searchsorted(reached, max(1, reached[-1] // 1000))]
        bottom = max(np.frexp(least)[1] - 1, np.frexp(sizes.max())[1] - 40) if least else np.frexp(sizes.max())[1] - 10
        top = int(np.frexp(sizes.max())[1])
        sides = 1 + bool((low < 0).any())
        steps = next(s for s in (8, 4, 2, 1, 0.5, 0.25, 0.125, 0.0625) if (top - bottom) * s * sides <= most or s < 0.1)
        with np.errstate(over="ignore"):
            powers = 2.0 ** (bottom + np.arange(int(np.ceil((top - bottom) * steps)) + 1) / steps)
        powers = np.minimum(powers, np.finfo(np.float64).max)
        edges = np.concatenate([-powers[::-1] if sides == 2 else [0.0], powers])
        # a narrow bin belongs to the wide bin that holds its middle
        place = np.clip(np.searchsorted(edges, middles(low, high), side="right") - 1, 0, len(edges) - 2)
        found = np.bincount(place, counts, len(edges) - 1)
        used = np.flatnonzero(found)
        return [
            {"low": float(edges[i]), "high": float(edges[i + 1]), "count": int(found[i])}
            for i in range(int(used[0]), int(used[-1]) + 1)
        ]


def _places(x: np.ndarray) -> np.ndarray:
    """Return the bin of each number."""
    return ((x + 0.0).view(np.uint64) >> np.uint64(_SHIFT)).astype(np.int32)  # + 0.0: -0.0 is 0.0


def middles(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the middle of each bin."""
    return np.where(low == high, low, low / 2 + high / 2)
