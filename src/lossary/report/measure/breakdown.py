"""Where the loss comes from: its parts by the values of a column, by class, by how confident the prediction is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from lossary.engine.exact_sum import ExactSums
from lossary.errors import UsageError
from lossary.report.measure.moments import Interval, Moments
from lossary.report.measure.rows import BANDS, Rows
from lossary.report.read.identity import Key, shown
from lossary.report.read.table import Batch

MOST_GROUPS = 1 << 16
LISTED = 50
"""Parts of a breakdown that a report lists: those that carry most of the loss."""


@dataclass(frozen=True)
class Part:
    """Rows that have something in common."""

    name: str
    count: int
    weight: float
    mean: float
    share: float | None
    """Of the total loss; None where that is 0 or not finite."""
    weight_share: float | None
    interval: Interval | None
    bias: float | None
    """The mean of prediction - target; None but for regression."""


@dataclass(frozen=True)
class Breakdown:
    """The loss by part, the largest share first."""

    by: str
    kind: str
    """"group", "class" or "confidence"."""
    of: int
    """How many parts there are."""
    parts: tuple[Part, ...]


class HasColumns(Protocol):
    """Rows, valid ones perhaps only, of a batch."""

    @property
    def batch(self) -> Batch: ...  # noqa: D102

    def pick(self, values: np.ndarray) -> np.ndarray: ...  # noqa: D102


class Split(ABC):
    """Rows sorted into parts, in the making."""

    kind: str

    def __init__(self, by: str, size: int, *, weighted: bool, biased: bool) -> None:
        self.by, self.biased = by, biased
        self.moments = Moments(size, weighted=weighted)
        self.residual = ExactSums(size if biased else 1)

    @abstractmethod
    def index(self, rows: Rows) -> np.ndarray | None:
        """The part of each row, negative for none; None if these rows have none."""

    @abstractmethod
    def names(self) -> list[str]:
        """What each part is called."""

    @property
    def known(self) -> int:
        """How many parts there are; there may be room for more."""
        return self.moments.size

    def add(self, rows: Rows) -> None:
        """Take in rows."""
        index = self.index(rows)
        if index is None:
            return
        self.moments.add(rows.weighted, rows.weight, index)
        if self.biased:
            self.residual.add(rows.weighted_residual, index)

    def merge(self, other: Split) -> None:
        """Take in what another has."""
        at = self.place_of(other)
        self.moments.merge(other.moments, at)
        if self.biased:
            self.residual.merge(other.residual, at)

    def place_of(self, other: Any) -> np.ndarray | None:
        """Where the parts of another are here; None for the same places."""
        return None

    def finish(self, total: float, weight: float, interval: Callable[[Split, int], Interval | None]) -> Breakdown | None:
        """The parts that hold anything; None where none does."""
        used = np.flatnonzero(self.moments.count)
        if not used.size:
            return None
        names, sums = self.names(), self.moments.loss.values()
        listed = used
        if self.kind != "confidence":  # whose bands have an order of their own
            listed = np.array(sorted(used, key=lambda k: (-sums[k], names[k]) if sums[k] == sums[k] else (0.0, names[k])))
            listed = listed[:LISTED]
        shared = 0 < total < float("inf")
        parts = []
        for k in listed.tolist():
            w = self.moments.weight(k)
            parts.append(
                Part(
                    name=names[k],
                    count=int(self.moments.count[k]),
                    weight=w,
                    mean=self.moments.mean(k),
                    share=float(sums[k]) / total if shared else None,
                    weight_share=w / weight if weight else None,
                    interval=interval(self, k),
                    bias=self.residual.value(k) / w if self.biased and w else None,
                )
            )
        return Breakdown(self.by, self.kind, len(used), tuple(parts))


class ByColumn(Split):
    """By the values of a column."""

    kind = "group"

    def __init__(self, column: str, family: str, *, weighted: bool, biased: bool) -> None:
        super().__init__(column, 1, weighted=weighted, biased=biased)
        self.family = family
        self.keys: dict[Key, int] = {}

    @property
    def known(self) -> int:
        """How many values have been seen."""
        return len(self.keys)

    def index(self, rows: HasColumns) -> np.ndarray:
        """The place of each row's value."""
        codes, values = rows.batch.columns[self.by].distinct()
        places = np.array([self._place(key) for key in values.keys(self.family).listed()] + [-1], np.int64)
        codes = rows.pick(codes)
        if len(codes) and codes.min() < 0:
            places[-1] = self._place(None)
        if len(self.keys) > self.moments.size:
            self._grow()
        found: np.ndarray = places[codes]
        return found

    def _place(self, key: Key) -> int:
        return self.keys.setdefault(key, len(self.keys))

    def _grow(self) -> None:
        if len(self.keys) > MOST_GROUPS:
            raise UsageError(
                f"a breakdown has at most {MOST_GROUPS:,} groups; column {self.by!r} has more values; group by a coarser column"
            )
        size = max(16, 1 << (len(self.keys) - 1).bit_length())
        self.moments.grow(size)
        if self.biased:
            self.residual.grow(size)

    def place_of(self, other: ByColumn) -> np.ndarray:
        """The groups of another by their values."""
        at = [self._place(key) for key in other.keys]
        unused = other.moments.size - len(at)
        self._grow()
        # what the other has room for and does not use lies on places that are not used here either
        free = np.arange(len(self.keys), len(self.keys) + unused)
        if unused:
            self.moments.grow(len(self.keys) + unused)
            if self.biased:
                self.residual.grow(len(self.keys) + unused)
        return np.array([*at, *free], np.int64)

    def names(self) -> list[str]:
        """The values as text."""
        found = [shown(key, self.family) for key in self.keys]
        return found + [""] * (self.moments.size - len(found))


class ByClass(Split):
    """By the class that is the target."""

    kind = "class"

    def __init__(self, classes: Sequence[str], *, weighted: bool) -> None:
        super().__init__("class", len(classes), weighted=weighted, biased=False)
        self.classes = list(classes)

    def index(self, rows: Rows) -> np.ndarray | None:
        """The target; negative where it is not a class, None where it is a distribution."""
        if rows.target.ndim == 2:
            return None
        index = rows.target.astype(np.int64, copy=False)
        return index if rows.is_hard else np.where(rows.hard, index, -1)

    def names(self) -> list[str]:
        """The classes."""
        return self.classes


class ByConfidence(Split):
    """By the probability that the predicted class was given."""

    kind = "confidence"

    def __init__(self, least: float, *, weighted: bool) -> None:
        super().__init__("confidence", BANDS, weighted=weighted, biased=False)
        self.least = least

    def index(self, rows: Rows) -> np.ndarray | None:
        """The band of each row."""
        return rows.bins[1]

    def names(self) -> list[str]:
        """The bands."""
        edges = [self.least + (1 - self.least) * k / BANDS for k in range(BANDS + 1)]
        return [f"{low:.2f} to {high:.2f}" for low, high in pairwise(edges)]
