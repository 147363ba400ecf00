"""Finish a comparison from the summary of the joined rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lossary.counted import counted
from lossary.errors import BadDataError
from lossary.report import findings
from lossary.report.comparison_result import Comparison, Side, verdict_of
from lossary.report.findings import Finding
from lossary.report.measure.breakdown.dependence import run_notes, time_notes
from lossary.report.measure.models.forecasts import forecast_remarks
from lossary.report.measure.models.murphy import Murphy
from lossary.report.measure.models.pairs import PairedBreakdown, PairedSummary
from lossary.report.measure.one_model.remarks import clip_warning, cluster_note, cluster_warning, clusters_of, few_rows_note
from lossary.report.measure.plan.figures import root_of
from lossary.report.measure.plan.ready import ready_made_score
from lossary.report.measure.rows.values import unscaled
from lossary.report.measure.statistics.margin import detectable
from lossary.report.show.document import unit_of


class FinishComparison:
    """Make a comparison from the summary of the joined rows."""

    def __init__(self, summary: PairedSummary, every: str | None = None) -> None:
        self.every = every
        self.summary, self.join, self.plan = summary, summary.join, summary.plan

    def comparison(self) -> Comparison:
        """Return the comparison."""
        summary, join = self.summary, self.join
        own, count = join.counts()
        if not count and join.by_place:
            raise BadDataError("no row could be scored in both A and B; correct the data")
        if not count:
            one, other = (
                join.id(join.query(f"select min(id) from (select id from {n} union all select id from {n}0)")[0][0])  # noqa: S608
                for n in "ab"
            )
            raise BadDataError(
                f"A and B have no id in common in column {self.plan.id!r}, where A has {one!r} and B has {other!r}, the least "
                "of each; name a column that tells the same rows apart in both, written the same way"
            )
        scored = [join.query(f"select count(*) from {name}")[0][0] for name in "ab"]  # noqa: S608
        rows = [number + nothing for number, nothing in zip(scored, join.weightless, strict=True)]
        sides = [
            Side(
                tuple(file for table in job.tables for file in table.files),
                moments.mean(),
                number,
                infinite,
                self._root(moments.mean()),
            )
            for job, moments, number, infinite in zip(join.sides, (summary.a, summary.b), rows, summary.infinite, strict=True)
        ]
        forecasts = {name: sums.forecast(summary.interval) for name, sums in zip("AB", summary.forecasts, strict=False)}
        wins, ties, losses = summary.outcomes.tolist()
        estimate = summary.estimate()
        difference, interval = summary.moments.mean(), estimate.interval
        over_time, runs = summary.over_time(self.every), summary.by_run(estimate.freedom)
        breakdowns = tuple(
            grouping.paired_breakdown(summary.interval, self.plan.class_names, join.scale)
            for grouping in summary.groupings
            if grouping.outcomes.any()
        )
        return Comparison(
            loss=self.plan.loss.__name__,
            parameters=self.plan.parameters,
            unit=unit_of(self.plan.loss.__name__),
            a=sides[0],
            b=sides[1],
            id=self.plan.id,
            columns={**self.plan.columns_by_role, "prediction_b": join.sides[1].plan.columns_by_role["prediction"]},
            given=self.plan.given_as,
            classes=self.plan.class_columns,
            clusters=clusters_of(self.plan, summary.moments),
            count=count,
            weight=unscaled(summary.moments.weight(), join.scale),
            only_a=own[0] - count,
            only_b=own[1] - count,
            difference=difference,
            interval=interval,
            detectable=detectable(estimate, summary.interval.level),
            turning=summary.turning(interval),
            time=over_time,
            runs=runs,
            murphy=self._murphy(),
            forecasts=forecasts,
            wins=wins,
            losses=losses,
            ties=ties,
            breakdowns=breakdowns,
            changed={
                name: tuple(row for key, row in w.rows if key[0] < 0)
                for name, w in (("better", summary.better), ("worse", summary.worse))
            },
            histogram=tuple(summary.histogram.histogram()),
            findings=(
                *self._warnings(count, own),
                *forecast_remarks(forecasts),
                *self._notes(verdict_of(difference, interval), breakdowns),
                *few_rows_note(int(summary.moments.count[0]), estimate),
                *time_notes(over_time, interval, summary.interval, int(summary.moments.count[0])),
                *run_notes(runs, interval),
            ),
        )

    def _murphy(self) -> Murphy | None:
        summary = self.summary
        if summary.murphy is None:
            return None
        return summary.murphy.murphy([job.plan for job in self.join.sides], ["A", "B"], (0, 1), 0, summary.interval)

    def _root(self, mean: float) -> float | None:
        found = root_of(self.plan.loss.__name__, mean, None)
        return None if found is None else found.value

    def _notes(self, verdict: str, breakdowns: Sequence[PairedBreakdown]) -> Iterator[Finding]:
        for side, job in zip("AB", self.join.sides, strict=True):
            yield from (replace(note, message=f"{side}: {note.message}") for note in job.plan.notes)
        if self.join.by_place:
            checked = "the target agrees in each" if self.plan.has_target else "the loss has no target to check that by"
            yield findings.BY_PLACE.found(f"rows are compared place by place, since no id was named; {checked}")
        if self.plan.loss is ready_made_score:
            yield findings.MORE_IS_BETTER.found(
                "more is better; in JSON and in Python scores are losses of the opposite sign: below 0, B has the higher score"
            )
        yield from cluster_note(self.plan.cluster, clusters_of(self.plan, self.summary.moments))
        yield from self._on_wins(verdict)
        if self.join.skipped:
            were = "was" if self.join.skipped == 1 else "were"
            rows = counted(self.join.skipped, "row")
            yield findings.SKIPPED.found(
                f"{rows} of A and B together could not be scored and {were} left out", self.join.skipped
            )
        for breakdown in breakdowns:
            column = self.plan.column_of(breakdown.by)
            for other in ("better", "worse"):
                names = [part.name for part in breakdown.parts if verdict_of(part.difference, part.interval) == other]
                if other != verdict and names:
                    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
                    sentence = f"B is {other} where {column} is {', '.join(names[:5])}{more}, judged by those rows alone"
                    yield findings.OTHER_IN_GROUP.found(sentence, len(names))

    def _on_wins(self, verdict: str) -> Iterator[Finding]:
        """Yield a note if the side that is better on more rows is worse on average."""
        wins, _, losses = self.summary.outcomes.tolist()
        gain, harm = self.summary.gain.value(), self.summary.harm.value()
        if (verdict, wins > losses) not in (("worse", True), ("better", False)) or wins == losses:
            return
        own, other, less, more = (wins, losses, gain, harm) if verdict == "worse" else (losses, wins, harm, gain)
        size = [f"{abs(total) / number:.3g}" for total, number in ((less, own), (more, other)) if number]
        yield findings.WINS_YET_WORSE.found(
            f"B has the {'smaller' if verdict == 'worse' else 'larger'} loss on {own:,} rows and the "
            f"{'larger' if verdict == 'worse' else 'smaller'} on {other:,}, yet is {verdict} on average: by {size[0]} on "
            f"average on the former, by {size[-1]} on the latter",
            own,
        )

    def _warnings(self, count: int, rows: Sequence[int]) -> Iterator[Finding]:
        yield from cluster_warning(self.plan.cluster, clusters_of(self.plan, self.summary.moments))
        for side, job, clipped in zip("AB", self.join.sides, self.join.clipped, strict=True):
            if job.plan.clip is not None and clipped:
                yield clip_warning(f" of {side}", clipped, job.plan.clip)
            if job.plan.classes_by_place:
                advice = "name the columns after the classes, or list them in that order"
                yield findings.CLASSES_BY_PLACE.found(f"in {side} {job.plan.classes_by_place}; {advice}")
        for side, number, first in zip("AB", self.summary.infinite, self.summary.first_infinite, strict=True):
            if number:
                where = self.join.row(first) if self.join.by_place else repr(self.join.id(first))
                yield findings.INFINITE.found(
                    f"the loss of {number:,} {'row' if number == 1 else 'rows'} of {side} is infinite, "
                    f"{'first' if self.join.by_place else 'the least id among them is'} {where}",
                    number,
                )
        if count < 0.5 * min(rows):
            yield findings.FEW_IN_BOTH.found(
                f"only {counted(count, 'row is', 'rows are')} in both, of {rows[0]:,} and {rows[1]:,}; "
                f"check that {self.plan.id!r} means the same in both",
                count,
            )
