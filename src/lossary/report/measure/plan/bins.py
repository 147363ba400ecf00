"""Group the numbers of a column in bins of about equally many rows, as ``age:5`` asks for."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lossary.errors import UsageError
from lossary.report.measure.statistics.sample import Sample, priorities
from lossary.report.read.table import Batch, Table

_ASKED = re.compile(r"(.+):(\d+)")
_MOST = 100
_BATCH = 1 << 17


@dataclass(frozen=True)
class Bins:
    """Bins of numbers: bin k holds those from ``starts[k]`` to, but without, ``starts[k + 1]``; the last those to ``end``."""

    column: str
    count: int
    """How many are asked for."""
    starts: tuple[float, ...] = ()
    """None until the column has been read."""
    end: float = 0.0
    whole: bool = True
    """True if all numbers are whole, so that a bin may be named by its least and largest number."""

    def place(self, numbers: np.ndarray) -> np.ndarray:
        """Return the bin of each number."""
        found: np.ndarray = np.searchsorted(self.starts, numbers, side="right") - 1
        return found.clip(0)

    def names(self) -> list[str]:
        """Return the bins as text."""
        if self.whole and abs(self.starts[0]) < 1e15 > abs(self.end):
            ends = [*(start - 1 for start in self.starts[1:]), self.end]
            pairs = list(zip(self.starts, ends, strict=True))
            return [f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}" for low, high in pairs]
        shown = _shortest([*self.starts, self.end])
        return [f"{low} to {'' if k == len(self.starts) - 1 else '<'}{high}" for k, (low, high) in enumerate(pairwise(shown))]


def _shortest(numbers: Sequence[float]) -> list[str]:
    """Return numbers with as few digits, three or more, as tell them apart."""
    for digits in range(3, 17):
        found = [f"{x:.{digits}g}" for x in numbers]
        if len(set(found)) == len(set(numbers)):
            return found
    return [repr(x) for x in numbers]


def column_of(name: str, held: Container[str]) -> tuple[str, int | None]:
    """Return the column that a group is made of, and the number of bins: those of ``age:5``, unless a column has that name."""
    asked = None if name in held else _ASKED.fullmatch(name)
    if asked is None:
        return name, None
    if not 2 <= int(asked[2]) <= _MOST:
        raise UsageError(f"a column is grouped in 2 to {_MOST} bins; got {name!r}")
    return asked[1], int(asked[2])


def with_edges(asked: Mapping[str, Bins], tables: Sequence[Table]) -> dict[str, Bins]:
    """Return bins with their edges, by a first reading of their columns alone.

    They are quantiles of the rows, or of a sample of 65,536 rows if there are more, right to about 0.2 % of the rows.
    """
    held = {bins.column: _ColumnNumbers() for bins in asked.values() if not bins.starts}
    for table in tables if held else ():
        for part in table.parts():
            for batch in table.batches(list(held), _BATCH, part):
                for name, numbers in held.items():
                    numbers.add(*numbers_of(batch, name, table.path), batch.start, table.path)
    return {name: bins if bins.starts else held[bins.column].bins(bins) for name, bins in asked.items()}


class _ColumnNumbers:
    """What is known of the numbers of a column."""

    def __init__(self) -> None:
        self.sample, self.whole, self.least, self.largest = Sample(), True, np.inf, -np.inf

    def add(self, numbers: np.ndarray, present: np.ndarray, start: int, path: str) -> None:
        """Add adjacent rows of a file, of which some have a number."""
        values = numbers[present]
        if values.size:
            self.whole = self.whole and bool((values == np.rint(values)).all())
            self.least, self.largest = min(self.least, values.min()), max(self.largest, values.max())
        priority = priorities(path, start, len(numbers))[present]
        wanted = self.sample.wanted(priority)
        self.sample.add(priority[wanted], {"numbers": values[wanted]}, len(values))

    def bins(self, asked: Bins) -> Bins:
        """Return the bins of about equally many numbers; equal numbers stay together, so there may be fewer bins."""
        values = self.sample.arrays().get("numbers", np.zeros(0))
        if not values.size:
            return replace(asked, starts=(0.0,))
        found = quantile_bins(asked, values, self.whole)
        return replace(found, starts=(float(self.least), *found.starts[1:]), end=float(self.largest))


def quantile_bins(asked: Bins, values: np.ndarray, whole: bool) -> Bins:
    """Return bins of about equally many of the values; equal values stay together, so there may be fewer bins."""
    values = np.sort(values)
    starts = np.unique(np.append(values[(np.arange(1, asked.count) * len(values)) // asked.count], values[0]))
    return replace(asked, starts=tuple(starts.tolist()), end=float(values[-1]), whole=whole)


def numbers_of(batch: Batch, name: str, path: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of a column in float64, and which rows have one; raise if a row holds something else."""
    column = batch.columns[name]
    found = column.numbers()
    values = found.values.astype(np.float64, copy=False)
    wrong = found.text if found.text is not None else np.zeros(batch.rows, bool)
    if values.ndim != 1 or wrong.any():
        row = int(wrong.argmax())
        raise UsageError(
            f"a column that is grouped in bins holds numbers; {path} has {column.at(row)!r} in column {name!r}, row "
            f"{batch.start + row}; group by the column itself, as in --group {name}"
        )
    present = ~np.isnan(values)
    return values, present if found.null is None else present & ~found.null
