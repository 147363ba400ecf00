"""Keep the targets and weights of all rows, from which the best constant prediction is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lossary.engine.median import SAMPLED, Pair, ThinnedSample

KEPT_ROWS = 1 << 20
"""Targets that are kept in memory; more are kept only as counts of few distinct values, or are read again."""
DISTINCT = 1 << 16


class RowTargets:
    """The targets of the valid rows and their weights, in memory while they are few, else read again by ``reread``."""

    def __init__(self, reread: Callable[[], Iterator[Pair]] | None = None) -> None:
        self.reread = reread
        self._kept: dict[Any, Pair] | None = {}
        self._rows = 0
        self._counted: tuple[np.ndarray, np.ndarray] | None = None

    def add(self, target: np.ndarray, weight: np.ndarray | None, place: Any = None) -> None:
        """Add rows; ``place`` orders the batches, which may come in any order."""
        if self._kept is None:
            return
        if weight is None and (counted := _count_whole(target)) is not None:
            self._count(*counted)
            return
        values = target.astype(np.float64)
        self._kept[len(self._kept) if place is None else place] = values, None if weight is None else weight.copy()
        self._rows += len(target)
        self._shrink()

    def merge(self, other: RowTargets) -> None:
        """Add the rows of another."""
        if self._kept is None or other._kept is None:
            self._kept = self._counted = None
            return
        if other._counted is not None:
            self._count(*other._counted)
        self._kept |= other._kept
        self._rows += other._rows
        self._shrink()

    def _shrink(self) -> None:
        if self._kept is None or self._rows <= KEPT_ROWS:
            return
        # unweighted targets with few distinct values are kept as counts
        pairs = list(self._kept.values())
        distinct, counts = np.zeros(0), np.zeros(0, np.int64)
        if all(weight is None for _, weight in pairs):
            distinct, counts = np.unique(np.concatenate([values for values, _ in pairs]), return_counts=True)
        if 0 < len(distinct) <= DISTINCT:
            self._kept, self._rows = {}, 0
            self._count(distinct, counts.astype(np.float64))
        else:
            self._kept = self._counted = None

    def _count(self, distinct: np.ndarray, counts: np.ndarray) -> None:
        if self._counted is not None:
            known, before = self._counted
            if len(known) == len(distinct) and (known == distinct).all():
                counts = counts + before
            else:
                merged, place = np.unique(np.concatenate([known, distinct]), return_inverse=True)
                distinct, counts = merged, np.bincount(place, np.concatenate([before, counts]))
        self._counted = (distinct, counts)
        if len(distinct) > DISTINCT:
            self._kept = self._counted = None

    @property
    def in_memory(self) -> bool:
        """True if all targets are in memory, so that no file is read again."""
        return self._kept is not None

    def __iter__(self) -> Iterator[Pair]:
        if self._kept is None:
            assert self.reread is not None
            yield from self.reread()
            return
        if self._counted is not None:
            yield from _by_powers(*self._counted)
        for place in sorted(self._kept):
            yield self._kept[place]

    def sample(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all targets and weights if they are in memory, else a sample of the whole data."""
        sample = ThinnedSample(SAMPLED // 4 if not self.in_memory else 1 << 62)
        for target, weight in self:
            sample.add(target, weight)
        return sample.arrays()


def _by_powers(distinct: np.ndarray, counts: np.ndarray) -> Iterator[Pair]:
    """Yield the values weighted by powers of 2, which multiply exactly: sums equal those of the rows one by one."""
    whole = counts.astype(np.int64)
    for k in range(int(whole.max()).bit_length()):
        used = (whole >> k) & 1 == 1
        if used.any():
            yield distinct[used], np.full(int(used.sum()), 2.0**k)


def _count_whole(values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the distinct values and their counts, or None unless all are whole numbers from 0 to 255."""
    if not values.size or not 0 <= values.min() <= values.max() <= 255:
        return None
    whole = values.astype(np.uint8)
    if values.dtype.kind == "f" and not (whole == values).all():
        return None
    counts = np.bincount(whole)
    distinct = np.flatnonzero(counts)
    return distinct.astype(np.float64), counts[distinct].astype(np.float64)
