"""The rows of a batch that every one of several models can be scored on, with the losses of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossary.report.measure.plan.job import BATCH_NUMBERS, Job, with_width
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.rows.rows import Rows, read_rows
from lossary.report.measure.rows.values import Problems
from lossary.report.read.table import Batch

_NUMBERS = 2 * BATCH_NUMBERS
"""Predictions of all models that are processed at a time; fewer would make batches of many models too small."""


@dataclass(frozen=True)
class RankingJob(Job):
    """The data in which several models have columns; the plan of the job is that of the first model."""

    names: tuple[str, ...] = ()
    plans: tuple[ColumnPlan, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns that are read, of all models."""
        return list(dict.fromkeys(column for plan in self.plans for column in plan.columns))

    def scaled(self, scale: int) -> RankingJob:
        """Return the job with weights divided by 2**scale."""
        plans = tuple(replace(plan, scale=scale) for plan in self.plans)
        return replace(self, plan=plans[0], plans=plans)


def with_widths(job: RankingJob) -> RankingJob:
    """Return the job with the lengths of list columns, and a batch size that fits all models."""
    first = with_width(replace(job, plan=job.plans[0], size=BATCH_NUMBERS)).plan
    others = [replace(plan, bins=first.bins) for plan in job.plans[1:]]
    plans = (first, *(with_width(replace(job, plan=plan, size=BATCH_NUMBERS)).plan for plan in others))
    numbers = sum(plan.inputs[name].width or 1 for plan in plans for name in plan.loss.predictions)
    return replace(job, plan=plans[0], plans=plans, size=max(256, _NUMBERS // numbers))


@dataclass
class ModelRows:
    """Rows that all models can be scored on."""

    each: Sequence[Rows]
    """These rows as they are for each model."""
    problems: Sequence[Problems]
    """The reasons why rows of the batch cannot be scored, for each model."""

    @property
    def losses(self) -> list[np.ndarray]:
        """The losses of each model."""
        return [rows.losses for rows in self.each]

    @property
    def batch(self) -> Batch:
        """The batch that they are rows of."""
        return self.each[0].batch

    @property
    def path(self) -> str:
        """The name of the file that they are rows of."""
        return self.each[0].path

    @property
    def weight(self) -> np.ndarray | None:
        """The weight of each row."""
        return self.each[0].weight

    @property
    def hashes(self) -> np.ndarray:
        """The hashes by which rows are resampled."""
        return self.each[0].hashes

    @property
    def units(self) -> np.ndarray:
        """The hashes of what makes rows of different runs dependent."""
        return self.each[0].units

    @property
    def times(self) -> np.ndarray:
        """The time of each row."""
        return self.each[0].times

    def pick(self, values: np.ndarray) -> np.ndarray:
        """Return the entries of these rows of an array over the batch."""
        return self.each[0].pick(values)


def read_models(batch: Batch, plans: Sequence[ColumnPlan], path: str) -> ModelRows:
    """Return the rows that all models can be scored on."""
    each = [read_rows(batch, plan, path) for plan in plans]
    found = ModelRows(each, [rows.problems for rows in each])
    if any(problems.bad is not None for problems in found.problems):
        common = Problems(batch.rows, each[0].problems.weightless)
        for own in found.problems:
            common.add("of one model", own.bad)
        found.each = [_restricted(rows, common) for rows in each]
    return found


def _restricted(rows: Rows, problems: Problems) -> Rows:
    """Return the rows that have none of the problems."""
    out = problems.left_out
    assert out is not None
    keep = ~out[rows.places]
    weight = None if rows.weight is None else rows.weight[keep]
    inputs = {name: x[keep] for name, x in rows.inputs.items()}
    found = Rows(rows.plan, rows.path, rows.batch, problems, inputs, weight, rows.losses[keep], rows.stored)
    found.clipped = rows.clipped
    return found
