"""Finish the comparison of several models from the summary of their rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lossary.counted import counted
from lossary.report import findings
from lossary.report.findings import Finding
from lossary.report.measure.breakdown.dependence import level_of_periods, run_notes, time_notes
from lossary.report.measure.breakdown.over_time import OverTime
from lossary.report.measure.breakdown.runs import Runs
from lossary.report.measure.models.forecasts import forecast_remarks
from lossary.report.measure.models.murphy import Murphy, MurphySample
from lossary.report.measure.models.paired import PairedLosses
from lossary.report.measure.models.ranking import ModelsBreakdown, ModelsPeriod, ModelsRun, OfModels, PartOfModel
from lossary.report.measure.one_model.forecast_sums import Forecast, ForecastSums
from lossary.report.measure.one_model.recalibration import Recalibration
from lossary.report.measure.one_model.remarks import cluster_note, cluster_warning, clusters_of, few_rows_note
from lossary.report.measure.plan.figures import root_of
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.plan.ready import ready_made_score
from lossary.report.measure.rows.values import unscaled
from lossary.report.measure.statistics.confidence_set import confidence_set, holm
from lossary.report.measure.statistics.intervals import Estimate, IntervalOptions
from lossary.report.measure.statistics.margin import detectable
from lossary.report.measure.statistics.moments import Moments
from lossary.report.ranking_result import Model, Pair, Ranking
from lossary.report.show.document import unit_of


@dataclass
class Measured:
    """What a ranking is made of, however the rows of the models were brought together."""

    plan: ColumnPlan
    names: Sequence[str]
    sources: Sequence[Any]
    """What holds the predictions of each model."""
    files: Sequence[str]
    interval: IntervalOptions
    paired: PairedLosses
    groupings: Sequence[OfModels]
    rows: Sequence[int]
    """The number of rows of each model."""
    count: int
    left_out: int
    infinite: Sequence[int]
    warnings: Sequence[Finding]
    notes: Sequence[Finding] = ()
    murphy: MurphySample | None = None
    forecasts: Sequence[ForecastSums] = ()
    """What is found of the forecasts of each model, if they are such."""
    plans: Sequence[ColumnPlan] = ()
    """How the predictions of each model are read."""
    model_columns: Sequence[str] | None = None
    """The columns that name the model of a row, if rows are stacked."""


class FinishRanking:
    """Make a ranking of what was measured."""

    def __init__(self, measured: Measured, baseline: int | None, every: str | None = None) -> None:
        self.every = every
        self.measured, self.baseline = measured, baseline
        self.paired, self.interval, self.names = measured.paired, measured.interval, measured.names
        self.means = [self.paired.mean(k) for k in range(len(self.names))]
        self.order = sorted(range(len(self.names)), key=lambda k: (math.isnan(self.means[k]), self.means[k], k))
        self.reference = self.order[0] if baseline is None else baseline

    def ranking(self) -> Ranking:
        """Return the ranking."""
        measured, plan = self.measured, self.measured.plan
        columns = {role: held for role, held in plan.columns_by_role.items() if role != "prediction"}
        clusters = clusters_of(plan, self.paired.models[0])
        breakdowns = tuple(
            grouping.models_breakdown(self.order, self.names, self.reference, self.interval, plan.scale)
            for grouping in measured.groupings
            if grouping.moments.count.any()
        )
        known = self.paired.estimate(self.reference, self.interval)
        over_time, runs, forecasts = self._over_time(), self._by_run(known.freedom), self._forecasts()
        return Ranking(
            loss=plan.loss.__name__,
            parameters=plan.parameters,
            unit=unit_of(plan.loss.__name__),
            given=plan.given_as,
            files=tuple(measured.files),
            columns={**columns, "model": None if measured.model_columns is None else list(measured.model_columns)},
            classes=tuple(plan.class_names) if plan.is_binary or plan.shape == "classes" else None,
            clusters=clusters,
            count=measured.count,
            weight=unscaled(self.paired.models[0].weight(), plan.scale),
            left_out=measured.left_out,
            level=None if self.interval.method == "none" else self.interval.level,
            best=None if math.isnan(self.means[self.order[0]]) else self.names[self.order[0]],
            reference=self.names[self.reference],
            baseline=None if self.baseline is None else self.names[self.baseline],
            models=tuple(self._models()),
            pairs=tuple(self._pairs()),
            breakdowns=breakdowns,
            forecasts=forecasts,
            time=over_time,
            runs=runs,
            murphy=self._murphy(),
            calibration=self._calibration(),
            findings=(
                *measured.warnings,
                *forecast_remarks(forecasts),
                *cluster_warning(plan.cluster, clusters),
                *self._notes(breakdowns, clusters),
                *time_notes(over_time, known.interval, self.interval, int(self.paired.models[0].count[0])),
                *run_notes(runs, known.interval),
            ),
        )

    def _murphy(self) -> Murphy | None:
        measured = self.measured
        if measured.murphy is None:
            return None
        return measured.murphy.murphy(measured.plans, self.names, self.order, self.reference, self.interval)

    def _calibration(self) -> dict[str, Recalibration]:
        measured = self.measured
        found = None if measured.murphy is None else measured.murphy.calibrations(measured.plans)
        return {} if found is None else {self.names[k]: found[k] for k in self.order}

    def _forecasts(self) -> dict[str, Forecast]:
        held = self.measured.forecasts
        return {self.names[k]: held[k].forecast(self.interval) for k in self.order} if held else {}

    @cached_property
    def estimates(self) -> list[list[Estimate]]:
        """The estimate of ℓ_j - ℓ_i at [i][j]."""
        each = range(len(self.names))
        upper = {(i, j): self.paired.difference(i, j, self.interval) for i in each for j in each if i < j}
        return [[upper[i, j] if i < j else upper[j, i].negative if i > j else Estimate(0.0) for j in each] for i in each]

    @cached_property
    def adjusted(self) -> dict[tuple[int, int], float | None]:
        """The p-value of each pair, adjusted for the number of all pairs."""
        pairs = [(i, j) for place, i in enumerate(self.order) for j in self.order[place + 1 :]]
        found = dict(zip(pairs, holm([self.estimates[i][j].p_value for i, j in pairs]), strict=True))
        return found | {(j, i): p for (i, j), p in found.items()}

    @cached_property
    def belief(self) -> dict[int, float]:
        """The p-value of each model in the confidence set; empty beside a baseline, or if nothing can be told."""
        if self.baseline is not None:
            return {}
        # by rank, so that what is drawn does not depend on the order in which models were listed
        ordered = [[self.estimates[i][j] for j in self.order] for i in self.order]
        found = confidence_set([self.means[k] for k in self.order], ordered)
        return {} if found is None else dict(zip(self.order, found, strict=True))

    @cached_property
    def tested(self) -> dict[int, float | None]:
        """The p-value that decides about each model but the reference.

        One question has one test. Without a baseline it is which model may be the best, and the confidence set answers it.
        A baseline was chosen without looking, so each other model is tested against it, adjusted for their number.
        """
        others = [k for k in self.order if k != self.reference]
        if self.baseline is None:
            return {k: self.belief.get(k) for k in others}
        return dict(zip(others, holm([self.estimates[self.reference][k].p_value for k in others]), strict=True))

    def _models(self) -> Iterator[Model]:
        measured, level = self.measured, self.interval.level
        for k in self.order:
            own, difference = self.paired.estimate(k, self.interval), self.estimates[self.reference][k]
            root = root_of(measured.plan.loss.__name__, self.means[k], None)
            p, belief = self.tested.get(k), self.belief.get(k)
            yield Model(
                name=self.names[k],
                source=measured.sources[k],
                rank=1 + sum(mean < self.means[k] for mean in self.means),
                mean=self.means[k],
                interval=own.interval,
                difference=difference.value,
                difference_interval=difference.interval,
                detectable=None if k == self.reference else detectable(difference, level),
                turning=None if k == self.reference else self.paired.turning(self.reference, k, self.interval),
                p_value=p,
                verdict="reference" if k == self.reference else _verdict(difference.value, p, level),
                confidence=belief,
                in_set=None if belief is None else belief >= 1 - level,
                rows=measured.rows[k],
                infinite=measured.infinite[k],
                root=None if root is None else root.value,
            )

    def _over_time(self) -> OverTime | None:
        times = None if self.paired.dependence is None else self.paired.dependence.times
        level = level_of_periods(self.interval)

        def period(start: str, k: int, moments: Sequence[Moments]) -> ModelsPeriod:
            own = moments[self.reference]
            weight = unscaled(own.weight(k), self.measured.plan.scale)
            return ModelsPeriod(start, int(own.count[k]), weight, tuple(self._parts(k, moments, level)))

        return None if times is None else times.over_time(self.every, self.interval, period, loss=self.reference)

    def _by_run(self, freedom: int | None) -> Runs | None:
        runs = None if self.paired.dependence is None else self.paired.dependence.runs

        def run(name: str, k: int, moments: Sequence[Moments]) -> ModelsRun:
            own = moments[self.reference]
            weight = unscaled(own.weight(k), self.measured.plan.scale)
            return ModelsRun(name, int(own.count[k]), weight, tuple(self._parts(k, moments, None)))

        return None if runs is None else runs.runs(freedom, run, self.reference)

    def _parts(self, k: int, moments: Sequence[Moments], level: float | None) -> Iterator[PartOfModel]:
        """Yield each model in a period or a run, of which the moments of models and pairs are given."""
        for model in self.order:
            if model == self.reference:
                yield PartOfModel(moments[model].mean(k), 0.0, None)
                continue
            i, j = sorted((model, self.reference))
            found = moments[self.paired.place_of(i, j)]
            estimate = Estimate(found.mean(k)) if level is None else found.normal_estimate(level, k)
            estimate = estimate if j == model else estimate.negative
            yield PartOfModel(moments[model].mean(k), estimate.value, estimate.interval)

    def _pairs(self) -> Iterator[Pair]:
        scored = int(self.paired.models[0].count[0])
        for place, i in enumerate(self.order):
            for j in self.order[place + 1 :]:
                found, (wins, losses) = self.estimates[i][j], self.paired.outcomes(i, j)
                yield Pair(
                    a=self.names[i],
                    b=self.names[j],
                    difference=found.value,
                    interval=found.interval,
                    p_value=found.p_value,
                    adjusted=self.adjusted[i, j],
                    wins=wins,
                    losses=losses,
                    ties=scored - wins - losses,
                )

    def _notes(self, breakdowns: Sequence[ModelsBreakdown], clusters: int | None) -> Iterator[Finding]:
        measured, plan = self.measured, self.measured.plan
        yield from measured.notes
        if plan.loss is ready_made_score:
            yield findings.MORE_IS_BETTER.found(
                "more is better: a score counts as a loss of the opposite sign, so the highest score has the least loss"
            )
        if not self.paired.models[0].weight() > 0:
            yield findings.NO_WEIGHT.found("every row weighs 0, so there is no mean")
        if measured.left_out:
            yield findings.NOT_IN_ALL.found(
                f"{counted(measured.left_out, 'row was', 'rows were')} left out, as a model lacks them or cannot be scored on "
                "them: models are compared on the same rows",
                measured.left_out,
            )
        yield from cluster_note(plan.cluster, clusters)
        scored, first = int(self.paired.models[0].count[0]), self.estimates[self.order[0]][self.order[1]]
        yield from few_rows_note(scored, first)
        for grouping in measured.groupings:
            if grouping.paired.pairs is None:
                yield findings.MANY_GROUPS.found(f"the groups of {grouping.by!r} are too many for differences with intervals")
        for breakdown in breakdowns:
            yield from self._on_groups(breakdown)

    def _on_groups(self, breakdown: ModelsBreakdown) -> Iterator[Finding]:
        """Yield notes on the models that are better than the reference in some groups, those of most groups first."""
        reference, found = self.names[self.reference], list[tuple[str, list[str]]]()
        column = self.measured.plan.column_of(breakdown.by)
        for place, k in enumerate(self.order):
            parts = [(part.name, part.models[place].interval) for part in breakdown.parts]
            names = [name for name, interval in parts if interval is not None and interval.high < 0]
            if k != self.reference and names:
                found.append((self.names[k], names))
        found.sort(key=lambda one: -len(one[1]))
        for name, names in found[:_TOLD]:
            more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
            where = f"{column} is {', '.join(names[:_TOLD])}{more}"
            sentence = f"{name} is better than {reference} where {where}, judged by those rows alone"
            yield findings.OTHER_IN_GROUP.found(sentence, len(names))
        if others := len(found) - _TOLD if len(found) > _TOLD else 0:
            models = counted(others, "more model is", "more models are")
            yield findings.OTHER_IN_GROUP.found(f"{models} better than {reference} in some group of {column}", others)


_TOLD = 5
"""Models, and groups of each, that are named."""


def _verdict(difference: float, p_value: float | None, level: float) -> str:
    if math.isinf(difference):  # certain without an interval: one row makes the mean infinite
        return "better" if difference < 0 else "worse"
    if p_value is None or p_value >= 1 - level or not difference:
        return "undecided"
    return "better" if difference < 0 else "worse"
