"""Describe what is to be scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lossary.report.measure.plan.bins import with_edges
from lossary.report.measure.plan.plan import ColumnPlan, OtherLoss
from lossary.report.measure.statistics.intervals import NO_INTERVALS, IntervalOptions
from lossary.report.read.table import Part, Table

BATCH_NUMBERS = 1 << 17
"""Predictions that are processed at a time."""
_LISTS = 1 << 12
"""Lists that are processed at a time."""
Progress = Callable[[float, int], None]
"""A function that is called with the fraction of the work done, 0 to 1, and the number of rows read."""


@dataclass(frozen=True)
class Job:
    """The data to score and the options; it is pickled to other processes."""

    plan: ColumnPlan
    tables: tuple[Table, ...]
    size: int
    """Rows of a batch."""
    skip_invalid: bool
    also: tuple[OtherLoss, ...] = ()
    full: bool = True
    """True if more than the mean loss is measured."""
    interval: IntervalOptions = NO_INTERVALS
    worst: int = 10
    cost: tuple[float, float] | None = None
    """The costs of a false positive and of a false negative."""
    capacity: float | None = None
    """The largest share of the rows that can be called."""
    every: str | None = None
    """The length of periods of time: "day", "week" or "month"; None chooses one by how many there are."""
    summary_type: type[Any] | None = None
    """The class of what is measured, or None for a score."""

    @property
    def columns(self) -> list[str]:
        """The columns that are read."""
        return self.plan.columns

    def only(self, file: int, part: Part) -> Job:
        """Return the job with only the data that one part needs."""
        tables = list(self.tables)
        tables[file] = tables[file].only(part)
        return replace(self, tables=tuple(tables))


def with_width(job: Job) -> Job:
    """Return the job with the edges of bins, the length of list columns, and a batch size that fits it."""
    plan = replace(job.plan, bins=with_edges(job.plan.bins, job.tables))
    if plan.is_listwise:
        return replace(job, plan=plan, size=_LISTS)
    columns = [s.columns[0] for s in plan.inputs.values() if s.width == 0]
    batches = (batch for table in job.tables for batch in table.batches(columns, 1024)) if columns else ()
    for batch in batches:
        plan = plan.with_width(batch)
        if all(s.width != 0 for s in plan.inputs.values()):
            break
    return replace(
        job, plan=plan, size=max(256, job.size // sum(plan.inputs[name].width or 1 for name in plan.loss.predictions))
    )
