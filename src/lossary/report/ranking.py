"""Compare several models on the same rows: columns of one table, stacked rows, or several sets of predictions."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lossary.counted import counted
from lossary.errors import BadDataError, UsageError
from lossary.report import findings
from lossary.report.asked import Asked, Workers
from lossary.report.findings import Finding
from lossary.report.finish_ranking import FinishRanking, Measured
from lossary.report.measure.models.ranking import JoinedSummary, RankingSummary
from lossary.report.measure.one_model.remarks import clip_warning, few_digits_warning, id_warnings, saturated_warning
from lossary.report.measure.plan.inputs import Predictions
from lossary.report.measure.plan.job import BATCH_NUMBERS, Job, with_width
from lossary.report.measure.plan.make_plan import with_families
from lossary.report.measure.plan.models import check_models, models_of, place_of, predictions_of_files, renamed, short_names
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.plan.select import select
from lossary.report.measure.rows import ids
from lossary.report.measure.rows.model_rows import RankingJob, with_widths
from lossary.report.measure.rows.stack import Stack
from lossary.report.measure.rows.values import scale_of
from lossary.report.ranking_result import Ranking
from lossary.report.read.data import Data, tables_of
from lossary.report.run.run import run


def rank_columns(
    data: Data, asked: Asked, prediction: Any, names: Sequence[str] | None, baseline: str | None, workers: Workers
) -> Ranking:
    """Rank models that have columns in the same data, in one pass."""
    (opened,), id = asked.open([tables_of(data, asked.form)])
    table = opened.tables[0]
    roles = (asked.weight, id, asked.cluster, asked.time, asked.run, *asked.groups)
    keys = [name for name in roles if name is not None]
    others = keys if opened.target is None else [*keys, *select(table, opened.target, "target", keys).columns]
    models = models_of(asked.loss, table, prediction, others)
    named = renamed(list(models), names)
    check_models(named)
    # times and runs are those of the rows, whichever model is read
    plans = [
        asked.plan(opened, one, asked.weight, asked.groups, id, asked.cluster, dated=not k)
        for k, one in enumerate(models.values())
    ]
    plans = [plans[0], *(plan.in_order_of(plans[0]) for plan in plans[1:])]
    sources = [plan.columns_by_role["prediction"] for plan in plans]
    base = None if baseline is None else place_of(baseline, named, sources)
    job = with_widths(
        RankingJob(
            plan=plans[0],
            tables=tuple(opened.tables),
            size=0,
            skip_invalid=asked.skip_invalid,
            interval=asked.interval,
            summary_type=RankingSummary,
            names=tuple(named),
            plans=tuple(plans),
        )
    )

    def summarised(job: RankingJob) -> RankingSummary:
        found: Any = run(
            job,
            workers=workers.count,
            engine=workers.engine,
            executor=workers.executor,
            address=workers.address,
            progress=asked.progress,
        )
        assert isinstance(found, RankingSummary)
        return found

    summary = summarised(job)
    _refuse(summary)
    if scale := scale_of(summary.largest_weight):  # as in a score
        summary = summarised(job.scaled(scale))
    return FinishRanking(_measured(summary, sources), base, asked.every).ranking()


def _refuse(summary: RankingSummary) -> None:
    job = summary.job
    kept = summary.count + summary.weightless
    if summary.offender is not None and not (job.skip_invalid and kept):
        (_, _, model), offender = summary.offender
        invalid = summary.invalid[model]
        raise BadDataError(*offender.lines(job.plans[model], invalid, summary.rows, skip_invalid=job.skip_invalid))
    if not kept:
        raise BadDataError(f"no row can be scored on every model: {counted(summary.rows, 'row')} came; correct the data")
    for form, name in zip(summary.forms, job.names, strict=True):
        form.refuse(f" of {name}")


def _measured(summary: RankingSummary, sources: Sequence[Any]) -> Measured:
    job, plan = summary.job, summary.job.plan
    return Measured(
        plan=plan,
        names=job.names,
        sources=sources,
        files=[file for table in job.tables for file in table.files],
        interval=job.interval,
        paired=summary.paired,
        groupings=summary.groupings,
        rows=[summary.rows - sum(invalid.values()) for invalid in summary.invalid],
        count=summary.count + summary.weightless,
        left_out=summary.left_out,
        infinite=summary.infinite,
        warnings=list(_warnings(summary)),
        murphy=summary.murphy,
        forecasts=summary.forecasts,
        plans=job.plans,
        notes=plan.notes,
    )


def _warnings(summary: RankingSummary) -> Iterator[Finding]:
    job = summary.job
    for k, (name, plan) in enumerate(zip(job.names, job.plans, strict=True)):
        yield from plan_warnings(name, plan, summary.clipped[k])
        first = summary.first_infinite[k]
        if first is not None:
            _, row, path = first
            rows = counted(summary.infinite[k], "row")
            sentence = f"the loss of {rows} of {name} is infinite, first in {path}, row {row + 1} (index {row})"
            yield findings.INFINITE.found(sentence, summary.infinite[k])
        if summary.certain[k]:
            yield few_digits_warning(f" of {name}", summary.certain[k], min(summary.stored[k]))
        if summary.saturated[k]:
            yield saturated_warning(f" of {name}", summary.saturated[k])
    if job.plan.id is not None:
        yield from id_warnings(job.plan.id, *ids.count_duplicates(job, summary.skipped))


def rank_stacked(
    data: Data, asked: Asked, prediction: Predictions, model: Sequence[str], names: Sequence[str] | None, baseline: str | None
) -> Ranking:
    """Rank models whose predictions are rows of the same data, brought together by id."""
    if not asked.id:
        raise UsageError('stacked rows are brought together by an id; name the column that tells rows apart, as in id="row"')
    asked = asked.joined_by_run()
    (opened,), id = asked.open([tables_of(data, asked.form)], model)
    for name in model:
        opened.tables[0].require(name, "model")
    plan = asked.plan(opened, prediction, asked.weight, list(dict.fromkeys([*asked.groups, *model])), id, asked.cluster)
    job = with_width(Job(plan, tuple(opened.tables), BATCH_NUMBERS // 2, asked.skip_invalid))
    with tempfile.TemporaryDirectory(prefix="lossary-", ignore_cleanup_errors=True) as folder:
        stack = Stack(Path(folder), [job], [], model, asked.groups, asked.progress)
        found = [stack.names[k] for k in stack.order]
        held = dataclasses.replace(job.plan, groups=tuple(asked.groups))
        return _joined(stack, held, asked, renamed(found, names), found, baseline)


def rank_files(
    data: Sequence[Data], asked: Asked, prediction: Predictions, names: Sequence[str] | None, baseline: str | None
) -> Ranking:
    """Rank models each of which has data of its own, brought together by id."""
    asked = asked.joined_by_run()
    opened, id = asked.open([tables_of(side, asked.form) for side in data])
    sources = [side.tables[0].path for side in opened]
    each = predictions_of_files(asked.loss, [side.tables[0] for side in opened], prediction)
    found = short_names(sources) if len(set(map(str, each))) < len(each) else [str(one) for one in each]
    named = renamed(found, names)
    check_models(named)
    held = [asked.weight is not None and asked.weight in side.tables[0].kinds for side in opened]
    if asked.weight is not None and not any(held):
        opened[0].tables[0].require(asked.weight, "weight")

    def plan_of(k: int) -> ColumnPlan:
        groups, cluster = ((), None) if k else (asked.groups, asked.cluster)
        return asked.plan(opened[k], each[k], asked.weight if held[k] else None, groups, id, cluster, dated=not k)

    def job(k: int, plan: ColumnPlan) -> Job:
        others = [table for other in opened if other is not opened[k] for table in other.tables]
        plan = with_families(plan, opened[k].tables, others)
        return with_width(Job(plan, tuple(opened[k].tables), BATCH_NUMBERS // 2, asked.skip_invalid))

    plans = [plan_of(k) for k in range(len(opened))]
    jobs = [job(k, plan) for k, plan in enumerate(plans)]
    plan = jobs[0].plan
    jobs = [jobs[0], *(dataclasses.replace(one, plan=one.plan.in_order_of(plan)) for one in jobs[1:])]
    for name, one in zip(named, jobs, strict=True):
        if one.plan.parameters != plan.parameters:
            raise UsageError(f"models are scored by the same loss; got {plan.parameters} and, of {name}, {one.plan.parameters}")
        if plan.has_target and (one.plan.target.width is None) != (plan.target.width is None):
            raise UsageError(f"the target has the same form for every model; in {one.tables[0].path} it has another")
    with tempfile.TemporaryDirectory(prefix="lossary-", ignore_cleanup_errors=True) as folder:
        stack = Stack(Path(folder), jobs, named, (), asked.groups, asked.progress)
        return _joined(stack, plan, asked, named, sources, baseline)


def _joined(
    stack: Stack, plan: ColumnPlan, asked: Asked, names: Sequence[str], sources: Sequence[str], baseline: str | None
) -> Ranking:
    """Return the ranking of models that were brought together."""
    check_models(names)
    base = None if baseline is None else place_of(baseline, names, sources)
    count = stack.count
    if not count:
        least = ", ".join(f"{id!r}" for id in stack.least_ids()[:4])
        raise BadDataError(
            f"the models have no id in common in column {plan.id!r}; the least of each are {least}; name a column that tells "
            "the same rows apart for every model, written the same way"
        )
    summary = JoinedSummary(stack, plan, asked.interval)
    rows = [stack.rows[k] - stack.invalid[k] for k in stack.order]
    measured = Measured(
        plan=dataclasses.replace(plan, scale=stack.scale),
        names=names,
        sources=sources,
        files=[file for job in stack.jobs for table in job.tables for file in table.files],
        interval=asked.interval,
        paired=summary.paired,
        groupings=summary.groupings,
        rows=rows,
        count=count,
        left_out=stack.ids - count,
        infinite=summary.infinite,
        warnings=list(_join_warnings(stack, summary, names, rows, count)),
        notes=list(_join_notes(stack)),
        model_columns=stack.model_columns or None,
        murphy=summary.murphy,
        forecasts=summary.forecasts,
        plans=[plan] * len(names),
    )
    return FinishRanking(measured, base, asked.every).ranking()


def _join_warnings(
    stack: Stack, summary: JoinedSummary, names: Sequence[str], rows: Sequence[int], count: int
) -> Iterator[Finding]:
    for k, job in enumerate(stack.jobs):
        yield from plan_warnings("all models" if stack.model_columns else names[k], job.plan, stack.clipped[k])
    for name, number, first in zip(names, summary.infinite, summary.first_infinite, strict=True):
        if number:
            where = stack.row(first) if stack.by_place else f"the row of the least id, {stack.id(first)!r}"
            yield findings.INFINITE.found(f"the loss of {counted(number, 'row')} of {name} is infinite, first {where}", number)
    if count < 0.5 * min(rows):
        column = stack.jobs[0].plan.id
        yield findings.FEW_IN_BOTH.found(
            f"only {counted(count, 'row is', 'rows are')} in all models, which have {min(rows):,} or more; check that "
            f"{column!r} means the same for each",
            count,
        )


def _join_notes(stack: Stack) -> Iterator[Finding]:
    for job in stack.jobs:
        yield from job.plan.notes
    if stack.by_place:
        checked = "the target agrees in each" if stack.jobs[0].plan.has_target else "the loss has no target to check that by"
        yield findings.BY_PLACE.found(f"rows are compared place by place, since no id was named; {checked}")


def plan_warnings(name: str, plan: ColumnPlan, clipped: int) -> Iterator[Finding]:
    """Yield the warnings on how a model was read."""
    if plan.clip is not None and clipped:
        yield clip_warning(f" of {name}", clipped, plan.clip)
    if plan.classes_by_place:
        advice = "name the columns after the classes, or list them in that order"
        yield findings.CLASSES_BY_PLACE.found(f"in {name} {plan.classes_by_place}; {advice}")
