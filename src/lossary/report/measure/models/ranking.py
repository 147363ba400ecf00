"""Summarise the losses of several models on the same rows, mergeable and independent of the order of rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.report.measure.breakdown.dependence import Dependence
from lossary.report.measure.breakdown.grouping import (
    GROUP_BUCKETS,
    LISTED,
    RESAMPLED_GROUPS,
    ByClass,
    ByColumn,
    Grouping,
    in_own_order,
)
from lossary.report.measure.models.murphy import MurphySample
from lossary.report.measure.models.paired import PairedLosses
from lossary.report.measure.one_model.forecast_sums import ForecastSums
from lossary.report.measure.one_model.remarks import DIGITS
from lossary.report.measure.plan.bins import Bins
from lossary.report.measure.plan.form import UnsaidForm
from lossary.report.measure.plan.functional import consistent_functional
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.rows.forecasts import StoredForecasts, form_of, unpacked
from lossary.report.measure.rows.model_rows import ModelRows, RankingJob, read_models
from lossary.report.measure.rows.offender import Offender, first_offender
from lossary.report.measure.rows.rows import Rows
from lossary.report.measure.rows.skipped import Skipped
from lossary.report.measure.rows.stack import GROUP, Stack
from lossary.report.measure.rows.values import scaled, unscaled
from lossary.report.measure.statistics.intervals import ConfidenceInterval, IntervalOptions
from lossary.report.measure.statistics.merge import merge_attributes
from lossary.report.measure.statistics.resample import BUCKETS
from lossary.report.measure.statistics.sample import priorities
from lossary.report.read.arrow_of import numpy_of
from lossary.report.read.table import Batch


@dataclass(frozen=True)
class PartOfModel:
    """A model in one group."""

    mean: float
    difference: float
    """The mean loss less that of the reference in this group."""
    interval: ConfidenceInterval | None
    """The interval of the difference."""


@dataclass(frozen=True)
class ModelsPart:
    """The rows of one group."""

    name: str
    count: int
    weight: float
    best: str
    """The model of the least mean loss in this group."""
    models: tuple[PartOfModel, ...]
    """In the order of the models of the report."""


@dataclass(frozen=True)
class ModelsPeriod:
    """The rows of one period of time."""

    start: str
    count: int
    weight: float
    models: tuple[PartOfModel, ...]
    """In the order of the models of the report; intervals take the rows of the period as independent."""


@dataclass(frozen=True)
class ModelsRun:
    """The rows of one run."""

    name: str
    count: int
    weight: float
    models: tuple[PartOfModel, ...]
    """In the order of the models of the report, without intervals."""


@dataclass(frozen=True)
class ModelsBreakdown:
    """The losses of the models by group."""

    by: str
    kind: str
    """"group" or "class"."""
    of: int
    """The number of groups, listed or not."""
    parts: tuple[ModelsPart, ...]
    order: str = "loss"
    """What the parts are ordered by; see :class:`Breakdown`."""


_SATURATED = 53 * math.log(2)
"""The logit of 1 - 2^-53, which is the largest number below 1."""


class OfModels(Grouping):
    """What groupings of several models share."""

    paired: PairedLosses

    def set_models(self, models: int, weighted: bool) -> None:
        """Measure the losses of so many models."""
        buckets = 0 if self.moments.buckets is None else GROUP_BUCKETS
        self.paired = PairedLosses(models, weighted=weighted, buckets=buckets, size=self.moments.size)
        self.moments = self.paired.models[0]

    def add_at(self, rows: ModelRows, index: np.ndarray) -> None:
        """Add rows to the groups of ``index``."""
        self.paired.add(rows.losses, rows.weight, index, None if self.moments.buckets is None else rows.hashes)

    def merge(self, other: Any) -> None:
        """Add the rows of another."""
        self.paired.merge(other.paired, self.groups_of(other))

    def models_breakdown(
        self, order: Sequence[int], names: Sequence[str], reference: int, options: IntervalOptions, scale: int
    ) -> ModelsBreakdown:
        """Return the groups, those where the reference loses most first; ``order`` is that of the models."""
        paired, groups = self.paired, self.names()
        used = np.flatnonzero(self.moments.count).tolist()
        sums = np.nan_to_num(paired.models[reference].loss.values(), nan=0.0)
        by_loss = sorted(used, key=lambda k: (-sums[k], groups[k]))
        own, listed = in_own_order(by_loss, groups) if self.kind == "group" else ("loss", by_loss[:LISTED])
        parts = []
        for k in listed:
            found = []
            for model in order:
                estimate = paired.difference(reference, model, options, k)
                found.append(PartOfModel(paired.mean(model, k), estimate.value, estimate.interval))
            known = [(part.mean, place) for place, part in enumerate(found) if part.mean == part.mean]
            best = names[order[min(known)[1]]] if known else ""
            weight = unscaled(self.moments.weight(k), scale)
            parts.append(ModelsPart(groups[k], int(self.moments.count[k]), weight, best, tuple(found)))
        return ModelsBreakdown(self.by, self.kind, len(used), tuple(parts), own)


class ModelsByColumn(OfModels, ByColumn):
    """The losses of several models by the values of a column."""

    def __init__(
        self,
        by: str,
        family: str,
        models: int,
        *,
        weighted: bool,
        resampled: bool,
        column: str | None = None,
        bins: Bins | None = None,
    ) -> None:
        super().__init__(by, family, weighted=weighted, biased=False, resampled=resampled, column=column, bins=bins)
        self.set_models(models, weighted)

    def _make_room(self, size: int) -> None:
        if len(self.keys) > RESAMPLED_GROUPS:
            for moments in self.paired.models:
                moments.buckets = None
        self.paired.grow(size)


class ModelsByClass(OfModels, ByClass):
    """The losses of several models by the target class."""

    def __init__(self, classes: Sequence[str], models: int, *, weighted: bool, resampled: bool) -> None:
        super().__init__(classes, weighted=weighted, resampled=resampled)
        self.set_models(models, weighted)

    def index(self, rows: Any) -> np.ndarray | None:
        """Return the target class of each row; see :meth:`ByClass.index`."""
        return super().index(rows.each[0])


class RankingSummary:
    """The summary of some of the rows, on all models."""

    def __init__(self, job: RankingJob) -> None:
        self.job = job
        plan, count = job.plan, len(job.plans)
        weighted, resampled = plan.weight is not None, job.interval.resampled
        dependence = Dependence(plan, count * (count + 1) // 2, weighted=weighted)
        buckets = BUCKETS if resampled else 0
        self.paired = PairedLosses(count, weighted=weighted, buckets=buckets, dependence=dependence or None, counted=True)
        options: dict[str, Any] = {"weighted": weighted, "resampled": resampled}
        self.groupings: list[OfModels] = [
            ModelsByColumn(name, plan.families[name], count, bins=plan.bins.get(name), **options) for name in plan.groups
        ]
        if (plan.is_binary or plan.shape == "classes" or plan.has_named_labels) and plan.class_names:
            self.groupings.append(ModelsByClass(plan.class_names, count, **options))
        self.murphy = None if consistent_functional(plan) is None else MurphySample(plan)
        self.forecasts = [ForecastSums(form, **options) for own in job.plans if (form := form_of(own)) is not None]
        """What is found of the forecasts of each model; empty if a loss judges no forecasts."""
        self.forms = [UnsaidForm(own) for own in job.plans]
        self.rows = self.weightless = self.left_out = 0
        self.skipped = Skipped()
        self.saturated, self.certain = [0] * count, [0] * count
        """Rows of saturated logits, and of probabilities that are 1 in the type in which they are stored, of each model."""
        self.stored: list[set[str]] = [set() for _ in job.plans]
        self.largest_weight = 0.0
        self.invalid = [Counter[str]() for _ in job.plans]
        self.offender: tuple[tuple[int, int, int], Offender] | None = None
        self.clipped, self.infinite = [0] * count, [0] * count
        self.first_infinite: list[tuple[int, int, str] | None] = [None] * count

    @property
    def count(self) -> int:
        """The number of rows that were scored and weigh something."""
        return int(self.paired.models[0].count[0])

    def add_batch(self, batch: Batch, file: int) -> None:
        """Add a batch of a file."""
        self.rows += batch.rows
        rows = read_models(batch, self.job.plans, self.job.tables[file].path)
        first = rows.each[0]
        self.weightless += first.weightless
        if first.problems.bad is not None:
            self.left_out += int(np.count_nonzero(first.problems.bad))
            self.skipped.add(file, batch.start, first.problems.bad)
            for k in range(len(rows.each)):
                self._note_invalid(rows, k, file)
        if len(first.losses) and (self.offender is None or self.job.skip_invalid):
            self._add(rows, file)

    def _note_invalid(self, rows: ModelRows, model: int, file: int) -> None:
        problems, own = rows.problems[model], rows.each[model]
        self.invalid[model].update({kind: int(mask.sum()) for kind, mask in problems.masks.items()})
        place, errors = (file, rows.batch.start, model), problems.errors()
        if errors is not None and (self.offender is None or place < self.offender[0]):
            self.offender = place, first_offender(own.path, rows.batch, rows.batch.start, own.plan, errors)

    def _add(self, rows: ModelRows, file: int) -> None:
        if rows.weight is not None:
            self.largest_weight = max(self.largest_weight, float(rows.weight.max()))
        hashes = rows.hashes if self.job.interval.resampled else None
        sums = [None if own.scored is None else (own.scored.sum, own.scored.squares) for own in rows.each]
        self.paired.add(rows.losses, rows.weight, hashes=hashes, rows=rows, sums=sums)
        for grouping in self.groupings:
            grouping.add(rows)
        if self.murphy is not None:
            first = rows.each[0]
            priority = priorities(first.path, rows.batch.start, rows.batch.rows)[first.places]
            self.murphy.add(priority, [own.prediction for own in rows.each], first.target, rows)
        for k, own in enumerate(rows.each):
            self.forms[k].add(own.inputs)
            if self.forecasts:
                self.forecasts[k].add(own)
            self.clipped[k] += own.clipped
            self._count_extremes(own, k)
            infinite = np.isinf(own.losses)
            if infinite.any():
                self.infinite[k] += int(infinite.sum())
                row = int(own.places[int(infinite.argmax())]) + rows.batch.start
                self.first_infinite[k] = _least(self.first_infinite[k], (file, row, own.path))

    def _count_extremes(self, rows: Rows, model: int) -> None:
        """Count predictions that are more certain than their type can say."""
        plan, stored = rows.plan, rows.stored.name
        if not plan.predicts_probabilities:
            return
        if plan.given_as == "logits" and plan.is_binary:
            self.saturated[model] += int(np.count_nonzero(abs(rows.prediction) > _SATURATED))
        elif plan.given_as == "probabilities" and stored in DIGITS:
            x = rows.prediction if rows.prediction.ndim == 1 else rows.prediction.max(axis=1)
            self.certain[model] += int(np.count_nonzero(x > 1 - 2.0 ** -DIGITS[stored]))
            self.stored[model].add(stored)

    def merge(self, other: RankingSummary) -> None:
        """Add the rows of another summary."""
        self.rows += other.rows
        self.weightless += other.weightless
        self.left_out += other.left_out
        self.largest_weight = max(self.largest_weight, other.largest_weight)
        offenders = [offender for offender in (self.offender, other.offender) if offender is not None]
        self.offender = min(offenders, key=lambda pair: pair[0], default=None)
        for k, theirs in enumerate(other.first_infinite):
            self.first_infinite[k] = _least(self.first_infinite[k], theirs)
            self.invalid[k].update(other.invalid[k])
            self.clipped[k] += other.clipped[k]
            self.infinite[k] += other.infinite[k]
            self.saturated[k] += other.saturated[k]
            self.certain[k] += other.certain[k]
            self.stored[k] |= other.stored[k]
        merge_attributes(self, other)


def _least(one: tuple[int, int, str] | None, other: tuple[int, int, str] | None) -> tuple[int, int, str] | None:
    return min((place for place in (one, other) if place is not None), default=None)


class JoinedRows:
    """A batch of rows that were brought together by id; see :class:`Stack`."""

    def __init__(self, record: Any, models: Sequence[int], scale: int) -> None:
        from lossary.report.read.arrow_column import ArrowColumn

        self.record, names = record, record.schema.names
        self.batch = Batch({name: ArrowColumn(record.column(name)) for name in names}, record.num_rows, 0, 1.0)
        self.losses = [self._numbers(f"loss{k}") for k in models]
        self.weight = scaled(self._numbers("weight"), -scale) if "weight" in names else None
        self.identities = self._numbers("hash")
        self.units = self._numbers("cluster") if "cluster" in names else self.identities
        self.hashes = self._numbers("run_hash") if "run_hash" in names else self.units
        self.times = self._numbers("time") if "time" in names else None
        held = "prediction0" in names
        self.predictions = [self._numbers(f"prediction{k}") for k in models] if held else []
        self.target = self._numbers("target") if held else None

    def _numbers(self, name: str) -> np.ndarray:
        return numpy_of(self.record.column(name))

    def pick(self, values: np.ndarray) -> np.ndarray:
        """Return the values: every joined row is valid."""
        return values


class JoinedSummary:
    """The losses of models that were brought together by id, summarised."""

    def __init__(self, stack: Stack, plan: ColumnPlan, interval: IntervalOptions) -> None:
        count = len(stack.names)
        options: dict[str, Any] = {"weighted": stack.weighted, "resampled": interval.resampled}
        dependence = Dependence(plan, count * (count + 1) // 2, weighted=stack.weighted, run_column="run")
        buckets = BUCKETS if interval.resampled else 0
        self.paired = PairedLosses(count, weighted=stack.weighted, buckets=buckets, dependence=dependence or None, counted=True)
        self.groupings: list[OfModels] = [
            ModelsByColumn(name, "text", count, column=f"{GROUP}{k}", **options) for k, name in enumerate(stack.groups)
        ]
        is_classified = plan.has_target and plan.target.width is None and (plan.is_binary or plan.labels is not None)
        if is_classified and plan.class_names:
            self.groupings.append(JoinedByClass(plan.class_names, count, **options))
        self.murphy = None if consistent_functional(plan) is None else MurphySample(plan)
        self.infinite = [0] * count
        self.first_infinite: list[Any] = [None] * count
        """The least id among rows of infinite loss, for each model."""
        for record in stack.joined():
            rows = JoinedRows(record, stack.order, stack.scale)
            self.paired.add(rows.losses, rows.weight, hashes=rows.hashes if interval.resampled else None, rows=rows)
            for grouping in self.groupings:
                grouping.add(rows)
            if self.murphy is not None and rows.target is not None:
                self.murphy.add(rows.identities, rows.predictions, rows.target, rows)
            for k, losses in enumerate(rows.losses):
                infinite = np.isinf(losses)
                if infinite.any():
                    self.infinite[k] += int(infinite.sum())
                    least = min(record.column("id").filter(infinite).to_pylist())
                    known = self.first_infinite[k]
                    self.first_infinite[k] = least if known is None else min(known, least)
        self.forecasts = self._forecasts(stack, **options)

    def _forecasts(self, stack: Stack, **options: Any) -> list[ForecastSums]:
        """Return what is found of the forecasts of each model; nothing if a loss judges no forecasts."""
        plans = [stack.jobs[0 if stack.model_columns else k].plan for k in stack.order]
        found = [ForecastSums(form, **options) for plan in plans if (form := form_of(plan)) is not None]
        for record in stack.forecasts() if found else ():
            model, target, hashes = (numpy_of(record.column(name)) for name in ("model", "target", "hash"))
            weight = scaled(numpy_of(record.column("weight")), -stack.scale) if stack.weighted else None
            for sums, plan, place in zip(found, plans, stack.order, strict=True):
                own = np.flatnonzero(model == place)
                inputs = unpacked(plan, record.column("forecast").take(own).to_pylist())
                rows = StoredForecasts(inputs, target[own], None if weight is None else weight[own], hashes[own])
                if len(own):
                    sums.add(rows)
        return found


class JoinedByClass(ModelsByClass):
    """The losses of models that were brought together, by the target class."""

    def index(self, rows: Any) -> np.ndarray:
        """Return the target class of each row, negative where the target is fractional."""
        target = rows.batch.columns["target"].numbers().values
        return np.where(target == np.floor(target), target, -1).astype(np.int64)
