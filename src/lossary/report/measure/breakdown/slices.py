"""Search for slices of rows, said by one or two columns, whose mean loss is large."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lossary.report.measure.plan.bins import Bins, quantile_bins
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.rows.rows import Rows
from lossary.report.measure.statistics.confidence_set import holm
from lossary.report.measure.statistics.intervals import ConfidenceInterval, quantile_of_normal
from lossary.report.measure.statistics.sample import Sample, priorities
from lossary.report.read.identity import scatter, shown
from lossary.report.read.text import parse_number

TESTED = 10
"""Slices that are chosen on one half of the rows and tested on the other."""
_LEAST = 30
"""Rows of a slice in a half, and at least one in a hundred."""
_BINS = 4
_DISTINCT = 12
"""Numbers of so few distinct values are taken as they are; of more, in bins of about equally many rows."""
_VALUES = 50
"""Values of a column that are looked at, the most frequent ones."""
_CHOSEN = 3.0
"""Standard errors by which the mean of a slice must exceed that of the other rows to be chosen."""


@dataclass(frozen=True)
class Condition:
    """The rows in which a column has a value, or a number in a bin."""

    column: str
    value: str


@dataclass(frozen=True)
class Slice:
    """A slice of the rows, measured on the half that it was not chosen on."""

    conditions: tuple[Condition, ...]
    count: int
    share: float
    """Its share of the rows of this half, by weight."""
    mean: float
    rest: float
    """The mean loss of the other rows."""
    difference: float
    interval: ConfidenceInterval | None
    p_value: float
    """Of a difference as large or larger by chance, adjusted for the number of slices that were tested (Holm)."""


@dataclass(frozen=True)
class Slices:
    """The slices that lose more than the other rows, the largest part of the loss first."""

    columns: tuple[str, ...]
    rows: int
    """The rows that were searched, all or a sample; half to choose, half to test."""
    tried: int
    """The number of slices that were looked at."""
    tested: int
    """The number that were chosen, and tested."""
    found: tuple[Slice, ...]
    """Those that lose more beyond chance, at the level of the intervals."""


_Tried = tuple[tuple[Condition, ...], np.ndarray]
"""The conditions of a slice, and a mask of its rows."""


@dataclass(frozen=True)
class _Half:
    loss: np.ndarray
    weight: np.ndarray

    def compare(self, inside: np.ndarray) -> tuple[float, float, float, float]:
        """Return the mean loss inside and outside, the standard error of the difference, and the share inside."""
        found = []
        for mask in (inside, ~inside):
            w, x = self.weight[mask], self.loss[mask]
            total = w.sum()
            mean = float(w @ x / total)
            size = total**2 / (w**2).sum()
            found.append((mean, float(w @ (x - mean) ** 2 / total / max(size - 1, 1)), total))
        (mean, variance, total), (rest, other, remaining) = found
        return mean, rest, math.sqrt(variance + other), float(total / (total + remaining))


class SliceSample:
    """A sample of losses, weights, and of what the columns hold."""

    def __init__(self, plan: ColumnPlan) -> None:
        self.plan, self.sample = plan, Sample()

    def add(self, rows: Rows) -> None:
        """Add rows."""
        priority = priorities(rows.path, rows.batch.start, rows.batch.rows)[rows.places]
        wanted = self.sample.wanted(priority)
        weight = np.ones(len(wanted)) if rows.weight is None else rows.weight[wanted]
        arrays = {"loss": rows.losses[wanted], "weight": weight}
        for k, name in enumerate(self.plan.slices):
            arrays[f"column{k}"] = _values(rows, name, rows.places[wanted])
        self.sample.add(priority[wanted], arrays, len(priority))

    def merge(self, other: SliceSample) -> None:
        """Add the rows of another."""
        self.sample.merge(other.sample)

    def slices(self, level: float) -> Slices | None:
        """Return the slices, or None if a loss is not finite or the rows are too few."""
        priority, held = self.sample.priorities_and_arrays()
        if len(priority) < 2 * _LEAST or not np.isfinite(held["loss"]).all():
            return None
        first = (scatter(priority) & np.uint64(1)) == 0
        halves = [_Half(held["loss"][half], held["weight"][half]) for half in (first, ~first)]
        conditions = [
            (Condition(name, value), mask)
            for k, name in enumerate(self.plan.slices)
            for value, mask in _conditions(held[f"column{k}"])
        ]
        tried: list[_Tried] = [((condition,), mask) for condition, mask in conditions]
        pairs = combinations(conditions, 2)
        tried += [((a, b), one & other) for (a, one), (b, other) in pairs if a.column != b.column]
        tried = [(of, mask) for of, mask in tried if _is_large(mask[first]) and _is_large(mask[~first])]
        chosen = _chosen(tried, halves[0], first)
        measured = [halves[1].compare(mask[~first]) for _, mask in chosen]
        p_values = holm([_tail(mean - rest, error) for mean, rest, error, _ in measured])
        reach = quantile_of_normal(level)
        found = []
        for (of, mask), (mean, rest, error, share), p in zip(chosen, measured, p_values, strict=True):
            if p is not None and p <= 1 - level and mean > rest:
                difference = mean - rest
                interval = ConfidenceInterval(difference - reach * error, difference + reach * error, level, "normal")
                count = int(np.count_nonzero(mask[~first]))
                found.append(Slice(of, count, share, mean, rest, difference, interval, p))
        found.sort(key=lambda one: -one.share * one.difference)
        return Slices(self.plan.slices, len(priority), len(tried), len(chosen), tuple(found))


def _values(rows: Rows, name: str, places: np.ndarray) -> np.ndarray:
    """Return what a column holds in some rows of the batch: numbers with NaN for none, or names."""
    column = rows.batch.columns[name]
    if rows.plan.families[name] == "number":
        held = column.numbers()
        numbers = held.values.astype(np.float64)
        return (numbers if held.null is None else np.where(held.null, np.nan, numbers))[places]
    codes, values = column.distinct()
    family = rows.plan.families[name]
    names = np.array([*(shown(key, family) for key in values.keys(family).listed()), "null"], object)
    return names[codes[places]]


def _conditions(values: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the values of a column, or bins of its numbers, each with a mask of its rows."""
    if values.dtype.kind == "f":
        known = values[~np.isnan(values)]
        distinct = np.unique(known)
        if len(distinct) > _DISTINCT:
            bins = quantile_bins(Bins("", _BINS), known, bool((known == np.rint(known)).all()))
            place = bins.place(values)
            yield from ((name, (place == k) & ~np.isnan(values)) for k, name in enumerate(bins.names()))
        else:
            yield from ((f"{x:g}", values == x) for x in distinct.tolist())
        if len(known) < len(values):
            yield "null", np.isnan(values)
        return
    names, counts = np.unique(values.astype(str), return_counts=True)
    numbers = {name: math.nan if name == "null" else parse_number(name) for name in names.tolist()}
    if None not in numbers.values() and len(numbers) > 1:  # text that writes numbers, as all fields of CSV are
        yield from _conditions(np.array([numbers[name] for name in values.tolist()]))
        return
    for k in np.argsort(-counts, kind="stable")[:_VALUES].tolist():
        yield str(names[k]), values == names[k]


def _is_large(mask: np.ndarray) -> bool:
    count, least = np.count_nonzero(mask), max(_LEAST, len(mask) / 100)
    return bool(least <= count <= len(mask) - _LEAST)


def _chosen(tried: Sequence[_Tried], half: _Half, first: np.ndarray) -> list[_Tried]:
    """Return the slices that lose most beyond the other rows, without those that a larger slice explains."""
    scored = []
    for place, (of, mask) in enumerate(tried):
        mean, rest, error, share = half.compare(mask[first])
        z = (mean - rest) / error if error else 0.0
        if z >= _CHOSEN:
            scored.append((share * (mean - rest), place, of, mask, mean, error))
    alone = {of[0]: (mean, error) for _, _, of, _, mean, error in scored if len(of) == 1}
    kept = []
    for gain, place, of, mask, mean, error in scored:
        # a pair is worth two words only if it loses more than each of its conditions alone
        if len(of) == 2 and any(c in alone and mean - alone[c][0] < 2 * math.hypot(error, alone[c][1]) for c in of):
            continue
        kept.append((-gain, place, of, mask))
    return [(of, mask) for _, _, of, mask in sorted(kept, key=lambda one: one[:2])[:TESTED]]


def _tail(difference: float, error: float) -> float:
    """Return the probability that a normal number with this standard error exceeds the difference."""
    return math.erfc(difference / error / math.sqrt(2)) / 2 if error else float(difference <= 0)
