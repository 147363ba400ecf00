"""The result of a comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lossary.counted import counted
from lossary.report.measure.intervals import Interval
from lossary.report.measure.pairs import PairedBreakdown
from lossary.report.measure.worst import Row
from lossary.report.show.document import Report


@dataclass(frozen=True)
class Side:
    """One of the two sets of predictions."""

    files: tuple[str, ...]
    mean: float
    """Over the rows that both have."""
    rows: int
    """Before the join."""
    infinite: int = 0
    """Rows of infinite loss, of those that both have."""


@dataclass(frozen=True, repr=False)
class Comparison(Report):
    """Two sets of predictions under one loss, row by row; a difference is that of B less that of A, so below 0 B is better."""

    kind: ClassVar[str] = "comparison"
    loss: str
    parameters: Mapping[str, float]
    unit: str | None
    a: Side
    b: Side
    id: str
    count: int
    """Rows that both have, those of weight 0 among them."""
    weight: float
    only_a: int
    only_b: int
    difference: float
    """Σw(ℓ_B - ℓ_A) / Σw."""
    interval: Interval | None
    wins: int
    """Rows where B has the smaller loss."""
    losses: int
    ties: int
    breakdowns: tuple[PairedBreakdown, ...]
    changed: Mapping[str, tuple[Row, ...]]
    """The rows that became "better" and "worse" most."""
    histogram: tuple[Mapping[str, Any], ...]
    """Of the differences of rows."""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def relative(self) -> float | None:
        """The difference over the mean of A; None where that is not above 0, or either is not finite."""
        return self.difference / self.a.mean if 0 < self.a.mean < math.inf and math.isfinite(self.difference) else None

    @property
    def verdict(self) -> str:
        """Whether B is "better" or "worse": the interval excludes 0, or the difference is infinite; else "undecided".

        "equal" where every row ties.
        """
        return "equal" if self.ties and not self.wins + self.losses else verdict_of(self.difference, self.interval)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        from lossary.report.show.text import verdict_sentence

        return verdict_sentence(self.to_dict())

    def _derived(self) -> dict[str, Any]:
        return {"relative": self.relative, "verdict": self.verdict}

    def __repr__(self) -> str:
        return f"<Comparison {self.loss}: {self.verdict}, difference {self.difference!r} over {counted(self.count, 'row')}>"


def verdict_of(difference: float, interval: Interval | None) -> str:
    """Return whether a difference is "better", "worse" or "undecided"."""
    if math.isinf(difference):  # certain without an interval: of rows like these, one is enough for an infinite mean
        return "better" if difference < 0 else "worse"
    if interval is None:
        return "undecided"
    return "better" if interval.high < 0 else "worse" if interval.low > 0 else "undecided"
