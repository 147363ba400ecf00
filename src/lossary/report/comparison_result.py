"""The result of a comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lossary.counted import counted
from lossary.report.findings import Finding
from lossary.report.measure.breakdown.over_time import OverTime
from lossary.report.measure.breakdown.runs import Runs
from lossary.report.measure.models.forecasts import forecast_metrics
from lossary.report.measure.models.murphy import Murphy
from lossary.report.measure.models.pairs import PairedBreakdown
from lossary.report.measure.one_model.forecast_sums import Forecast
from lossary.report.measure.one_model.worst import Row
from lossary.report.measure.statistics.intervals import ConfidenceInterval
from lossary.report.measure.statistics.turning import Turning
from lossary.report.show.document import Report


@dataclass(frozen=True)
class Side:
    """One of the two sets of predictions."""

    files: tuple[str, ...]
    mean: float
    """The mean loss over the rows that both have."""
    rows: int
    """The number of rows before the join."""
    infinite: int = 0
    """The number of rows of infinite loss, of those that both have."""
    root: float | None = None
    """The root of the mean of squared errors, or None for other losses."""


@dataclass(frozen=True, repr=False)
class Comparison(Report):
    """Two sets of predictions compared under one loss. Differences are loss of B - loss of A: below 0, B is better."""

    kind: ClassVar[str] = "comparison"
    loss: str
    parameters: Mapping[str, Any]
    unit: str | None
    a: Side
    b: Side
    given: str | None
    """The kind of predictions, such as "logits", or None if the loss has no choice."""
    columns: Mapping[str, Any]
    """The columns by role, of A where the two differ: target, prediction, prediction_b, weight, group, id, cluster."""
    classes: Mapping[str, str | None] | None
    """The column of A that predicts each class; see :class:`Score`."""
    clusters: int | None
    """The number of clusters by which the interval was made, or None if there are none."""
    id: str | None
    """The column that tells rows apart, or None if rows were compared place by place."""
    count: int
    """The number of rows that both have, including rows of weight 0."""
    weight: float
    only_a: int
    only_b: int
    difference: float
    """Σw(ℓ_B - ℓ_A) / Σw."""
    interval: ConfidenceInterval | None
    detectable: float | None
    """The smallest true difference that such rows show with 80 % power at the level of the interval, or None without one."""
    turning: Turning
    """Without how many rows the outcome would be another."""
    murphy: Murphy | None
    """A and B under every loss with the same best prediction, or None of losses that have none of these."""
    forecasts: Mapping[str, Forecast]
    """What is found of the forecasts of "A" and "B", such as coverage and width; empty of losses that judge no forecasts."""
    time: OverTime | None
    """The differences over time, or None without a column of times."""
    runs: Runs | None
    """The differences by run, or None without a column of runs."""
    wins: int
    """The number of rows where B has the smaller loss."""
    losses: int
    ties: int
    breakdowns: tuple[PairedBreakdown, ...]
    changed: Mapping[str, tuple[Row, ...]]
    """The rows with the largest differences, under "better" and "worse"."""
    histogram: tuple[Mapping[str, Any], ...]
    """The bins of the differences of rows: low, high and count."""
    findings: tuple[Finding, ...] = ()
    """What there is to remark, each with its code; ``warnings`` and ``notes`` are their sentences."""
    call: Mapping[str, Any] | None = field(default=None, compare=False)
    """The data, the options and the sizes of the files that it was made of, or None if these were arrays."""

    @property
    def relative(self) -> float | None:
        """The difference divided by the mean of A, or None unless that is positive and both are finite."""
        return self.difference / self.a.mean if 0 < self.a.mean < math.inf and math.isfinite(self.difference) else None

    @property
    def verdict(self) -> str:
        """ "better" or "worse" if the interval excludes 0 or the difference is infinite, else "undecided".

        "equal" if every row ties.
        """
        return "equal" if self.ties and not self.wins + self.losses else verdict_of(self.difference, self.interval)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        from lossary.report.show.text import verdict_sentence

        return verdict_sentence(self.to_dict())

    def metrics(self) -> dict[str, float]:
        """Return the numbers of the comparison by flat names, as loggers of experiments take them."""
        found = {f"{self.loss}_a": self.a.mean, f"{self.loss}_b": self.b.mean, f"{self.loss}_difference": self.difference}
        if self.interval is not None:
            found |= {f"{self.loss}_difference_{end}": getattr(self.interval, end) for end in ("low", "high")}
        found |= {"wins": float(self.wins), "losses": float(self.losses), "ties": float(self.ties)}
        return found | forecast_metrics({name.lower(): forecast for name, forecast in self.forecasts.items()})

    def _derived(self) -> dict[str, Any]:
        return {"relative": self.relative, "verdict": self.verdict}

    def __repr__(self) -> str:
        return f"<Comparison {self.loss}: {self.verdict}, difference {self.difference!r} over {counted(self.count, 'row')}>"


def verdict_of(difference: float, interval: ConfidenceInterval | None) -> str:
    """Return whether a difference is "better", "worse" or "undecided"."""
    if math.isinf(difference):  # certain without an interval: one row makes the mean infinite
        return "better" if difference < 0 else "worse"
    if interval is None:
        return "undecided"
    return "better" if interval.high < 0 else "worse" if interval.low > 0 else "undecided"
