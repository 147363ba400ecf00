"""Choose a sample of rows that does not depend on who reads them, nor in which order."""

from __future__ import annotations

import os
from functools import cache

import numpy as np

from lossary.report.read.identity import siphash

SAMPLE_ROWS = 1 << 16
"""Rows of a sample; all rows, if there are no more."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 / φ: multiples of it, modulo 2^64, are spread evenly, so rows are chosen all over a file (Knuth, 1998, section 6.4)."""


def priorities(path: str, start: int, rows: int) -> np.ndarray:
    """Return a priority for each of some adjacent rows of a file; those of the least are sampled."""
    with np.errstate(over="ignore"):
        found: np.ndarray = (np.arange(start, start + rows, dtype=np.uint64) + np.uint64(1)) * _GOLDEN + np.uint64(
            _of_file(path)
        )
    return found


@cache
def _of_file(path: str) -> np.ndarray:
    """Return a hash of the name of a file."""
    name = np.frombuffer(os.fsencode(path.rpartition("/")[2]), np.uint8)
    return siphash(name, np.array([0, len(name)]), bytes(16))[0]


class Sample:
    """The rows of least priority: arrays of numbers, one entry a row, under names."""

    def __init__(self, rows: int = SAMPLE_ROWS) -> None:
        self.rows = rows
        self._priority = np.zeros(0, np.uint64)
        self._arrays = dict[str, np.ndarray]()
        self._least = np.uint64(np.iinfo(np.uint64).max)
        """Rows of larger priorities are not in the sample."""
        self.of = 0
        """The rows that it is chosen from."""

    @property
    def is_all(self) -> bool:
        """True if all rows are in it."""
        return len(self._priority) == self.of

    def wanted(self, priority: np.ndarray) -> np.ndarray:
        """Return the places of the rows that may be in the sample."""
        return np.flatnonzero(priority <= self._least)

    def add(self, priority: np.ndarray, arrays: dict[str, np.ndarray], of: int) -> None:
        """Add rows, chosen by ``wanted`` from ``of`` rows."""
        self.of += of
        self._priority = np.concatenate([self._priority, priority])
        self._arrays = {
            name: np.concatenate([self._arrays[name], x]) if name in self._arrays else x.copy() for name, x in arrays.items()
        } or self._arrays
        if len(self._priority) > 2 * self.rows:
            self._cut()

    def _cut(self) -> None:
        if len(self._priority) <= self.rows:
            return
        kept = np.argpartition(self._priority, self.rows - 1)[: self.rows]
        self._priority = self._priority[kept]
        self._arrays = {name: x[kept] for name, x in self._arrays.items()}
        self._least = self._priority.max()

    def merge(self, other: Sample) -> None:
        """Add the rows of another."""
        self.add(other._priority, other._arrays, other.of)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of the sample, in an order that depends on the rows alone."""
        return self.priorities_and_arrays()[1]

    def priorities_and_arrays(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the priorities of the rows of the sample, which rise, and the arrays."""
        self._cut()
        order = np.argsort(self._priority, kind="stable")
        if (np.diff(self._priority[order]) == 0).any():  # tables of the same name: then by what rows hold
            columns = [column for x in self._arrays.values() for column in x.reshape(len(x), -1).T]
            order = np.lexsort((*columns, self._priority))
        return self._priority[order], {name: x[order] for name, x in self._arrays.items()}
