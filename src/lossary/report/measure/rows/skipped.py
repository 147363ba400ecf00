"""Remember which rows were left out, so that a second reading leaves out the same."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

import numpy as np

from lossary.report.measure.rows.values import Problems


class Skipped:
    """The rows that were left out, of each file."""

    def __init__(self) -> None:
        self.batches: dict[tuple[int, int], tuple[int, np.ndarray]] = {}
        """By file and first row of a batch: its number of rows, and which were left out, as bits."""

    def add(self, file: int, start: int, bad: np.ndarray) -> None:
        """Add a batch of a file that begins at a row."""
        self.batches[file, start] = len(bad), np.packbits(bad)

    def merge(self, other: Skipped) -> None:
        """Add the batches of another."""
        self.batches |= other.batches

    def left_out(self, file: int, start: int, weighing: Problems) -> np.ndarray | None:
        """Return which of some rows were left out, invalid or of weight 0, or None if there are none."""
        if not self.batches:
            return weighing.weightless
        out = self._were(file, start, weighing.rows)
        return out if weighing.weightless is None else out | weighing.weightless

    @cached_property
    def _spans(self) -> dict[int, list[int]]:
        """For each file, the first rows of the batches with rows left out, in order; complete only after all rows are read."""
        found: dict[int, list[int]] = {}
        for file, first in sorted(self.batches):
            found.setdefault(file, []).append(first)
        return found

    def _were(self, file: int, start: int, rows: int) -> np.ndarray:
        """Return which of some rows were left out; the batches may differ from those of the first reading."""
        found = np.zeros(rows, bool)
        spans = self._spans.get(file, [])
        # spans do not overlap: the last one that begins at or before these rows is the first that can overlap them
        for first in spans[max(0, bisect_right(spans, start) - 1) :]:
            if first >= start + rows:
                break
            count, packed = self.batches[file, first]
            low, high = max(start, first), min(start + rows, first + count)
            if low < high:
                bad = np.unpackbits(packed, count=count).astype(bool)
                found[low - start : high - start] = bad[low - first : high - first]
        return found
