"""Sums of float64 numbers without rounding, one or many side by side: the same for any order and any grouping."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lossary.kernels import native
from lossary.kernels.sizes import LIMBS

_UNIT = -1074
"""The exponent of the smallest positive float64, of which every sum is a multiple."""
_LOW = 0xFFFF_FFFF
_CARRY_AFTER = 1 << 29
"""After so many numbers, each of which adds up to 33 bits to a limb of 64, the limbs are carried."""
_SLICE = 1 << 16
_AT_ONCE = 1 << 27
"""The most numbers that a kernel adds before it is checked whether the limbs have to be carried."""
_SMALLEST = 256
"""A kernel adds so many numbers or more; the result does not depend on it."""


class ExactSums:
    """Σx of float64 numbers, ``size`` of them side by side, never rounded until read.

    Each sum is a whole number of units of 2^-1074, in limbs of 32 bits (the upper half of each limb holds carries), and a count
    of NaN, +∞ and -∞. Memory that was never written costs nothing, so a sum takes some 40 bytes for numbers of like size.
    """

    __slots__ = ("_added", "_limbs", "_special", "size")

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self._limbs = np.zeros((LIMBS, size), np.int64)
        self._special = np.zeros((3, size), np.int64)
        self._added = 0

    # ---- adding

    def add(self, values: Any, index: np.ndarray | None = None, *, squares: ExactSums | None = None) -> None:
        """Add numbers; ``index`` says to which sum each goes (none where it is negative), ``squares`` takes their squares too.

        Without an index there is one sum. Squares are exact too, except for digits below the smallest subnormal number.
        """
        x = np.ascontiguousarray(values, dtype=np.float64).reshape(-1)
        if index is not None:
            index = np.ascontiguousarray(index, dtype=np.int64).reshape(-1)
            if index.size != x.size or (index.size and index.max() >= self.size):
                raise ValueError(f"there is one index below {self.size} for each of {x.size} numbers; got {index.size}")
        elif self.size != 1:
            raise ValueError(f"an index says to which of {self.size} sums each number goes; got none")
        if squares is not None and squares.size != self.size:
            raise ValueError(f"squares go to as many sums as numbers do, {self.size}; got {squares.size}")
        by_kernel = x.size >= _SMALLEST and _kernel(self.size, index is not None) is not None
        step, add = (_AT_ONCE, self._add_by_kernel) if by_kernel else (_SLICE, self._add_plainly)
        for start in range(0, x.size, step):
            part = slice(start, start + step)
            with np.errstate(over="ignore", under="ignore", invalid="ignore"):
                add(x[part], None if index is None else index[part], squares)
            for total in (self, squares):
                if total is not None:
                    total._count(2 * x[part].size)

    def _count(self, added: int) -> None:
        self._added += added
        if self._added > _CARRY_AFTER:
            self._carry()

    def _add_by_kernel(self, x: np.ndarray, index: np.ndarray | None, squares: ExactSums | None) -> None:
        kernel = _kernel(self.size, index is not None)
        assert kernel is not None
        other = squares or self
        held = (self._limbs, self._special, other._limbs, other._special)
        addresses = [array.__array_interface__["data"][0] for array in (x, *held)]
        if index is None:
            kernel(*addresses, squares is not None, x.size)
        else:
            addresses.insert(1, index.__array_interface__["data"][0])
            kernel(*addresses, squares is not None, x.size, self.size)

    def _add_plainly(self, x: np.ndarray, index: np.ndarray | None, squares: ExactSums | None) -> None:
        """Add numbers by array operations, as the kernels do."""
        if index is not None and index.size and index.min() < 0:
            x, index = x[index >= 0], index[index >= 0]
        self._deposit(x, index)
        if squares is not None:
            high = x * x
            # x = a + b with halves of 26 bits (Veltkamp), so that x² - high = (a² - high + 2ab) + b² exactly (Dekker, 1971)
            mantissa, exponent = np.frexp(x)
            shifted = mantissa * float(2**27 + 1)
            a = shifted - (shifted - mantissa)
            b = mantissa - a
            square = mantissa * mantissa
            error = np.ldexp(((a * a - square) + 2 * a * b) + b * b, 2 * exponent)
            squares._deposit(high, index)
            squares._deposit(np.where(np.isfinite(high), error, 0.0), index)

    def _deposit(self, x: np.ndarray, index: np.ndarray | None) -> None:
        finite = np.isfinite(x)
        if not finite.all():
            kinds = np.where(np.isnan(x), 0, np.where(x > 0, 1, 2))[~finite]
            np.add.at(self._special, (kinds, 0 if index is None else index[~finite]), 1)
            x, index = x[finite], None if index is None else index[finite]
        while x.size and (largest := max(float(x.max()), -float(x.min()))):
            # x = whole·2^scale + rest exactly, |whole| < 2^36: 2^16 of them have a sum below 2^52, exact in float64
            scale = max(math.frexp(largest)[1] - 36, _UNIT)
            half = -scale // 2  # 2^-scale alone may be too large a number
            whole = np.trunc(x * math.ldexp(1.0, half) * math.ldexp(1.0, -scale - half))
            x = x - whole * math.ldexp(1.0, scale)
            sums = whole.sum(keepdims=True) if index is None else np.bincount(index, whole, minlength=self.size)
            shifted, limb = sums.astype(np.int64), (scale - _UNIT) // 32
            shift = (scale - _UNIT) % 32
            low, high = (shifted & _LOW) << shift, (shifted >> 32) << shift
            self._limbs[limb] += low & _LOW
            self._limbs[limb + 1] += (low >> 32) + (high & _LOW)
            self._limbs[limb + 2] += high >> 32

    def add_count(self, count: int) -> None:
        """Add a whole number to the only sum."""
        whole, limb = count << -_UNIT % 32, -_UNIT // 32
        while whole:
            self._limbs[limb, 0] += whole & _LOW
            whole, limb = whole >> 32, limb + 1
        self._count(1)

    def add_counts(self, counts: np.ndarray) -> None:
        """Add a whole number below 2^53 to each sum."""
        self.add(counts, np.arange(self.size))

    def _carry(self) -> None:
        for low, high in zip(self._limbs, self._limbs[1:], strict=False):
            if low.any():
                high += low >> 32
                low &= _LOW
        self._added = 1

    def merge(self, other: ExactSums, at: np.ndarray | None = None) -> None:
        """Add other sums: each to the sum of the same place, or the k-th to sum ``at[k]``, to which several may go."""
        if at is None and other.size != self.size:
            raise ValueError(f"as many sums are merged as there are, {self.size}; got {other.size}")
        if at is None and self.size == 1:  # as often as there are batches
            self._limbs += other._limbs
            self._special += other._special
            self._count(other._added)
            return
        for mine, theirs in zip((*self._limbs, *self._special), (*other._limbs, *other._special), strict=True):
            if theirs.any() and at is not None:
                np.add.at(mine, at, theirs)
            elif theirs.any():
                mine += theirs
        self._count(other._added)

    def grow(self, size: int) -> None:
        """Make room for more sums."""
        if size > self.size:
            grown = ExactSums(size)
            for row, old in zip(grown._limbs, self._limbs, strict=True):
                if old.any():
                    row[: self.size] = old
            grown._special[:, : self.size] = self._special
            self.size, self._limbs, self._special = size, grown._limbs, grown._special

    # ---- reading

    def units(self, place: int = 0) -> int:
        """Return the sum of the finite numbers, as an integer number of units of 2^-1074."""
        return sum(int(limb) << (32 * j) for j, limb in enumerate(self._limbs[:, place].tolist()) if limb)

    def special(self, place: int = 0) -> tuple[int, int, int]:
        """Return how many NaN, +∞ and -∞ were added to one sum."""
        nan, positive, negative = self._special[:, place].tolist()
        return nan, positive, negative

    def value(self, place: int = 0) -> float:
        """One sum, rounded once; NaN if NaN was added, or infinities of both signs."""
        nan, positive, negative = self.special(place)
        if nan or (positive and negative):
            return math.nan
        if positive or negative:
            return math.inf if positive else -math.inf
        return rounded(self.units(place))

    def values(self) -> np.ndarray:
        """Every sum, rounded once."""
        found = np.zeros(self.size)
        for place in self.used(0, self.size):
            found[place] = self.value(place)
        return found

    def used(self, start: int, stop: int) -> list[int]:
        """Return the places, from ``start`` up to ``stop``, of the sums that are not 0, or hold NaN or infinities."""
        some = np.any(self._limbs[:, start:stop] != 0, axis=0) | np.any(self._special[:, start:stop] != 0, axis=0)
        return [start + place for place in np.flatnonzero(some).tolist()]

    # ---- keeping

    def __getstate__(self) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
        rows = np.flatnonzero([limb.any() for limb in self._limbs])
        self._carry()
        rows = np.flatnonzero([limb.any() for limb in self._limbs]) if rows.size else rows
        return self.size, rows, self._limbs[rows], self._special

    def __setstate__(self, state: tuple[int, np.ndarray, np.ndarray, np.ndarray]) -> None:
        size, rows, limbs, special = state
        self.__init__(size)  # type: ignore[misc]
        self._limbs[rows] = limbs
        self._special = special.copy()
        self._added = 1

    def state(self, place: int = 0) -> tuple[int, tuple[int, int, int]]:
        """Return all that one sum holds, from which ``from_state`` makes it again."""
        return self.units(place), self.special(place)

    @classmethod
    def from_state(cls, units: int, special: tuple[int, int, int]) -> ExactSums:
        """Return the one sum of which ``state`` returned this."""
        found = cls()
        sign, rest = (-1 if units < 0 else 1), abs(units)
        for limb in range(LIMBS):
            found._limbs[limb, 0] = sign * (rest & _LOW)
            rest >>= 32
        if rest:
            raise ValueError("a sum has at most 2240 bits")
        found._special[:, 0] = special
        found._added = 1
        return found


def _kernel(sums: int, indexed: bool) -> native.Native | None:
    from lossary.kernels import exact_sum

    if not native.available("exact sums"):
        return None
    return exact_sum.by_index(sums <= exact_sum.FEW) if indexed else exact_sum.all_together()


class Scored(NamedTuple):
    """Losses of samples, their sum and the sum of their squares."""

    losses: np.ndarray
    sum: ExactSums
    squares: ExactSums


_BLOCK = 1 << 16
"""How many losses are computed before they are added: as many as stay in a processor's cache."""


def scored(kernel: Any, arrays: Sequence[np.ndarray], numbers: Iterable[float], *, squared: bool) -> Scored | None:
    """Return the result of a kernel of ``kernels/exact_losses.py``, or None if a value is invalid or NaN."""
    held, numbers = [np.ascontiguousarray(x) for x in arrays], tuple(numbers)
    found, outside = Scored(np.empty(held[0].size), ExactSums(), ExactSums()), np.zeros(1, np.int64)
    for first in range(0, held[0].size, _BLOCK):
        *read, losses = (x[first : first + _BLOCK] for x in (*held, found.losses))
        kernel(*(x.__array_interface__["data"][0] for x in (*read, losses, outside)), losses.size, *numbers)
        found.sum.add(losses, squares=found.squares if squared else None)
    return None if outside[0] or found.sum._special[0, 0] else found


def rounded(units: int, divisor: int = 1 << -_UNIT) -> float:
    """Return a number of units of 2^-1074, or a quotient by another whole number, as the nearest float64."""
    try:
        return units / divisor  # division of integers rounds correctly
    except OverflowError:
        return math.inf if units > 0 else -math.inf
