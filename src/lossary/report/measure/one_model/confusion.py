"""Count which class was predicted for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.report.measure.rows.rows import Rows

LARGEST_MATRIX = 30
"""Classes beyond which the table would be too large to read."""


@dataclass(frozen=True)
class Confusion:
    """The number of rows by target and by predicted class, the likeliest; weights play no part."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    """A row for each target, a column for each predicted class."""


class ConfusionCounts:
    """Counts of rows by target and by predicted class."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)
        self._counts = np.zeros(len(classes) ** 2, np.int64)

    def add(self, rows: Rows) -> None:
        """Add the rows whose target is a class."""
        was, said = rows.target, rows.likeliest
        if not rows.is_hard:
            was, said = was[rows.hard], said[rows.hard]
        if said.dtype == bool:  # counts of masks take a tenth of the time
            event = was == 1
            happened, called, both = (int(np.count_nonzero(mask)) for mask in (event, said, event & said))
            self._counts += [len(was) - happened - called + both, called - both, happened - both, both]
        else:
            place = was.astype(np.int64) * len(self.classes) + said
            self._counts += np.bincount(place, minlength=len(self._counts))

    def merge(self, other: ConfusionCounts) -> None:
        """Add the counts of another."""
        self._counts += other._counts

    def confusion(self) -> Confusion | None:
        """Return the counts, or None if no target was a class."""
        table = self._counts.reshape(len(self.classes), -1)
        return Confusion(self.classes, tuple(map(tuple, table.tolist()))) if table.any() else None
