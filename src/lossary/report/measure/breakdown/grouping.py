"""Break the loss down by the values of a column, by class, or by the confidence of the prediction."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from lossary.engine.exact_sum import ExactSums
from lossary.errors import UsageError
from lossary.report.measure.breakdown.frame import frame_of
from lossary.report.measure.plan.bins import Bins, numbers_of
from lossary.report.measure.rows.rows import BANDS, Rows
from lossary.report.measure.rows.values import unscaled
from lossary.report.measure.statistics.intervals import ConfidenceInterval, IntervalOptions
from lossary.report.measure.statistics.moments import Moments
from lossary.report.read.identity import Key, shown
from lossary.report.read.text import parse_number

MOST_GROUPS = 1 << 16
RESAMPLED_GROUPS = 256
"""Groups that get an interval by resampling; more would take too much memory."""
GROUP_BUCKETS = 512
LISTED = 1000
"""Parts of a breakdown that a report lists, those with most of the loss."""


@dataclass(frozen=True)
class Part:
    """The rows of one group."""

    name: str
    count: int
    weight: float
    mean: float
    share: float | None
    """The share of the total loss, or None if that is 0 or not finite."""
    weight_share: float | None
    interval: ConfidenceInterval | None
    bias: float | None
    """The mean of prediction - target, or of probability - event; None for other losses."""


@dataclass(frozen=True)
class Breakdown:
    """The loss by group, the largest share first."""

    by: str
    kind: str
    """"group", "class" or "confidence"."""
    of: int
    """The number of groups, listed or not."""
    parts: tuple[Part, ...]
    order: str = "loss"
    """What the parts are ordered by: "loss", the largest share first; "number" or "date", where all names are such."""

    def frame(self) -> Any:
        """Return the listed parts as a pandas frame, one row each."""
        return frame_of(self.parts)


class Grouping(ABC):
    """Sums by group, to which rows are added."""

    kind: str

    def __init__(self, by: str, size: int, *, weighted: bool, biased: bool, resampled: bool) -> None:
        self.by, self.biased = by, biased
        buckets = GROUP_BUCKETS if resampled and size <= RESAMPLED_GROUPS else 0
        self.moments = Moments(size, weighted=weighted, buckets=buckets)
        self.residual = ExactSums(size if biased else 1)

    @abstractmethod
    def index(self, rows: Rows) -> np.ndarray | None:
        """Return the group of each row, negative for none, or None if no row has a group."""

    @abstractmethod
    def names(self) -> list[str]:
        """Return the names of the groups."""

    @property
    def group_count(self) -> int:
        """The number of groups; there may be room for more."""
        return self.moments.size

    def add(self, rows: Any) -> None:
        """Add rows: those of a batch, or joined pairs."""
        index = self.index(rows)
        if index is not None:
            self.add_at(rows, index)

    def add_at(self, rows: Any, index: np.ndarray) -> None:
        """Add rows to the groups of ``index``."""
        self.moments.add(rows.weighted, rows.weight, index, None if self.moments.buckets is None else rows.hashes)
        if self.biased:
            self.residual.add(rows.weighted_residual, index)

    def merge(self, other: Grouping) -> None:
        """Add the rows of another."""
        at = self.groups_of(other)
        self.moments.merge(other.moments, at)
        if self.biased:
            self.residual.merge(other.residual, at)

    def groups_of(self, other: Any) -> np.ndarray | None:
        """Return which group here each group of another is, or None if they are the same."""
        return None

    def breakdown(self, total: float, weight: float, scale: int, options: IntervalOptions) -> Breakdown | None:
        """Return the breakdown of a total loss and weight, or None if no group has rows."""
        used = np.flatnonzero(self.moments.count)
        if not used.size:
            return None
        names, sums = self.names(), self.moments.loss.values()
        order, listed = "loss", used.tolist()
        if self.kind != "confidence":  # bands keep their own order
            by_loss = sorted(used.tolist(), key=lambda k: (-sums[k], names[k]) if sums[k] == sums[k] else (0.0, names[k]))
            order, listed = in_own_order(by_loss, names) if self.kind == "group" else ("loss", by_loss[:LISTED])
        shared = 0 < total < float("inf")
        parts = []
        for k in listed:
            w = self.moments.weight(k)
            parts.append(
                Part(
                    name=names[k],
                    count=int(self.moments.count[k]),
                    weight=unscaled(w, scale),
                    mean=self.moments.mean(k),
                    share=float(sums[k]) / total if shared else None,
                    weight_share=w / weight if weight else None,
                    interval=self.moments.interval(options, k),
                    bias=self.residual.value(k) / w if self.biased and w else None,
                )
            )
        return Breakdown(self.by, self.kind, len(used), tuple(parts), order)


_DATE = re.compile(r"\d{4}-\d\d(-\d\d([ T].*)?)?")


def in_own_order(places: list[int], names: Sequence[str]) -> tuple[str, list[int]]:
    """Return an order, and places of names in it: of numbers or dates if all names are such, else the first as they come."""
    known = [names[k] for k in places if names[k] != "null"]
    if not known or len(places) > LISTED:
        return "loss", places[:LISTED]
    if all(_DATE.fullmatch(name) for name in known):
        return "date", sorted(places, key=lambda k: (names[k] == "null", names[k]))
    # a bin is named by its ends, "18 to 29"
    numbers = {name: number for name in known if (number := parse_number(name.partition(" to ")[0])) is not None}
    if len(numbers) == len(set(known)):
        return "number", sorted(places, key=lambda k: (names[k] == "null", numbers.get(names[k], 0.0)))
    return "loss", places


class ByColumn(Grouping):
    """Groups by the values of a column."""

    kind = "group"

    def __init__(
        self,
        by: str,
        family: str,
        *,
        weighted: bool,
        biased: bool,
        resampled: bool,
        column: str | None = None,
        bins: Bins | None = None,
    ) -> None:
        super().__init__(by, 1, weighted=weighted, biased=biased, resampled=resampled)
        self.family, self.column, self.bins = family, column or by, bins
        self.keys: dict[Key, int] = {}

    @property
    def group_count(self) -> int:
        """The number of values seen."""
        return len(self.keys)

    def index(self, rows: Any) -> np.ndarray:
        """Return the group of each row's value."""
        if self.bins is not None:
            return self._bin(rows)
        codes, values = rows.batch.columns[self.column].distinct()
        places = np.array([self._place(key) for key in values.keys(self.family).listed()] + [-1], np.int64)
        codes = rows.pick(codes)
        if len(codes) and codes.min() < 0:
            places[-1] = self._place(None)
        self.make_room()
        found: np.ndarray = places[codes]
        return found

    def _bin(self, rows: Any) -> np.ndarray:
        """Return the group of each row's bin."""
        assert self.bins is not None
        numbers, present = numbers_of(rows.batch, self.bins.column, rows.path)
        bins = rows.pick(np.where(present, self.bins.place(numbers), -1))
        places = np.zeros(len(self.bins.starts) + 1, np.int64)
        for k in np.unique(bins).tolist():
            places[k] = self._place(None if k < 0 else k)
        self.make_room()
        found: np.ndarray = places[bins]
        return found

    def _place(self, key: Key) -> int:
        return self.keys.setdefault(key, len(self.keys))

    def make_room(self) -> None:
        """Make room for every value seen."""
        if len(self.keys) > MOST_GROUPS:
            raise UsageError(
                f"a breakdown has at most {MOST_GROUPS:,} groups; column {self.by!r} has more values; group by a coarser column"
            )
        if len(self.keys) > self.moments.size:
            self._make_room(max(16, 1 << (len(self.keys) - 1).bit_length()))

    def _make_room(self, size: int) -> None:
        if len(self.keys) > RESAMPLED_GROUPS:
            self.moments.buckets = None
        self.moments.grow(size)
        if self.biased:
            self.residual.grow(size)

    def groups_of(self, other: ByColumn) -> np.ndarray:
        """Return which group here has each value of another."""
        at = [self._place(key) for key in other.keys]
        unused = other.moments.size - len(at)
        self.make_room()
        # the unused room of the other is mapped to places that are unused here, too
        free = np.arange(len(self.keys), len(self.keys) + unused)
        self._make_room(len(self.keys) + unused)
        return np.array([*at, *free], np.int64)

    def names(self) -> list[str]:
        """Return the values as text."""
        named = None if self.bins is None else self.bins.names()
        found = [shown(key, self.family) if named is None or not isinstance(key, int) else named[key] for key in self.keys]
        return found + [""] * (self.moments.size - len(found))


class ByClass(Grouping):
    """Groups by the target class."""

    kind = "class"

    def __init__(self, classes: Sequence[str], *, weighted: bool, resampled: bool) -> None:
        super().__init__("class", len(classes), weighted=weighted, biased=False, resampled=resampled)
        self.classes = list(classes)

    def index(self, rows: Rows) -> np.ndarray | None:
        """Return the target classes, negative where the target is fractional, or None if targets are distributions."""
        if rows.target.ndim == 2:
            return None
        index = rows.target.astype(np.int64, copy=False)
        return index if rows.is_hard else np.where(rows.hard, index, -1)

    def names(self) -> list[str]:
        """Return the classes."""
        return self.classes


class ByConfidence(Grouping):
    """Groups by the probability of the predicted class."""

    kind = "confidence"

    def __init__(self, least: float, *, weighted: bool, resampled: bool) -> None:
        super().__init__("confidence", BANDS, weighted=weighted, biased=False, resampled=resampled)
        self.least = least

    def index(self, rows: Rows) -> np.ndarray | None:
        """Return the band of each row."""
        return rows.bins[1]

    def names(self) -> list[str]:
        """Return the bands as text."""
        edges = [self.least + (1 - self.least) * k / BANDS for k in range(BANDS + 1)]
        return [f"{low:.2f} to {high:.2f}" for low, high in pairwise(edges)]
