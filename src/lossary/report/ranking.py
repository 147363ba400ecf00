"""Compare several models on the same rows: columns of one table, stacked rows, or several sets of predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lossary.counted import counted
from lossary.errors import BadDataError
from lossary.report import findings
from lossary.report.asked import Asked, Workers
from lossary.report.findings import Finding
from lossary.report.finish_ranking import FinishRanking, Measured
from lossary.report.measure.model_rows import RankingJob, with_widths
from lossary.report.measure.models import check_models, models_of, place_of, renamed
from lossary.report.measure.plan import Plan
from lossary.report.measure.ranking import RankingSummary
from lossary.report.measure.remarks import clip_warning
from lossary.report.measure.select import select
from lossary.report.measure.values import scale_of
from lossary.report.ranking_result import Ranking
from lossary.report.read.data import Data, tables_of
from lossary.report.run.run import run


def rank_columns(
    data: Data, asked: Asked, prediction: Any, names: Sequence[str] | None, baseline: str | None, workers: Workers
) -> Ranking:
    """Rank models that have columns in the same data, in one pass."""
    (opened,), id = asked.open([tables_of(data, asked.form)])
    table = opened.tables[0]
    keys = [name for name in (asked.weight, id, asked.cluster, *asked.groups) if name is not None]
    others = keys if opened.target is None else [*keys, *select(table, opened.target, "target", keys).columns]
    models = models_of(asked.loss, table, prediction, others)
    named = renamed(list(models), names)
    check_models(named)
    plans = [asked.plan(opened, one, asked.weight, asked.groups, id, asked.cluster) for one in models.values()]
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
    return FinishRanking(_measured(summary, sources), base).ranking()


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
        files=[table.path for table in job.tables],
        interval=job.interval,
        paired=summary.paired,
        groupings=summary.groupings,
        rows=[summary.rows - sum(invalid.values()) for invalid in summary.invalid],
        count=summary.count + summary.weightless,
        left_out=summary.skipped,
        infinite=summary.infinite,
        warnings=list(_warnings(summary)),
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


def plan_warnings(name: str, plan: Plan, clipped: int) -> Iterator[Finding]:
    """Yield the warnings on how a model was read."""
    if plan.clip is not None and clipped:
        yield clip_warning(f" of {name}", clipped, plan.clip)
    if plan.classes_by_place:
        advice = "name the columns after the classes, or list them in that order"
        yield findings.CLASSES_BY_PLACE.found(f"in {name} {plan.classes_by_place}; {advice}")
