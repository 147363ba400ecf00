"""Finish a score from the summary of all rows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

from lossary import losses
from lossary.counted import counted
from lossary.engine.loss import Loss
from lossary.errors import BadDataError
from lossary.losses.find import find_loss
from lossary.report import findings
from lossary.report.findings import Finding
from lossary.report.measure.breakdown.dependence import level_of_independent_rows, run_notes, time_notes
from lossary.report.measure.breakdown.grouping import RESAMPLED_GROUPS, Breakdown
from lossary.report.measure.one_model.baseline import Baseline, best_constant, best_distribution, commonest_class
from lossary.report.measure.one_model.best_forecast import best_forecast
from lossary.report.measure.one_model.calibration import Calibration
from lossary.report.measure.one_model.costs import Costs, costs_of
from lossary.report.measure.one_model.remarks import (
    DIGITS,
    clip_warning,
    cluster_note,
    cluster_warning,
    clusters_of,
    crossing_warning,
    few_digits_warning,
    id_warnings,
    missing_members_note,
    saturated_warning,
)
from lossary.report.measure.one_model.summary import Summary
from lossary.report.measure.plan.plan import predicts_label
from lossary.report.measure.rows import ids
from lossary.report.measure.rows.forecasts import form_of
from lossary.report.measure.rows.values import unscaled
from lossary.report.measure.statistics.moments import Moments
from lossary.report.results import FRACTIONS, QUANTILES, Clip, Other, Quantile, Residuals, Score, Term, skill_of


class Finish:
    """Make a score from a summary."""

    def __init__(self, summary: Summary) -> None:
        self.summary, self.interval = summary, summary.job.interval
        self.job, self.plan, self.total = summary.job, summary.job.plan, summary.total

    def score(self) -> Score:
        """Return the score."""
        self._refuse()
        plan, total = self.plan, self.total
        bare = Score(
            loss=plan.loss.__name__,
            parameters=plan.parameters,
            given=plan.given_as,
            columns=plan.columns_by_role,
            classes=plan.class_columns,
            files=tuple(file for table in self.job.tables for file in table.files),
            count=total.count + self.summary.weightless,
            weightless=self.summary.weightless,
            weight=unscaled(total.weight, self.plan.scale),
            sum=unscaled(total.sum, self.plan.scale),
            mean=total.mean,
            variance=total.variance if self.job.full else None,
            invalid=dict(sorted(self.summary.invalid.items())),
            clip=None if plan.clip is None else Clip(plan.clip, self.summary.clipped),
        )
        if self.job.full:
            return self._with_details(bare)
        infinite = sum(count for kind, count in total.invalid.items() if kind != "NaN")
        return dataclasses.replace(bare, infinite=infinite, findings=tuple(self._plain_warnings(infinite)))

    def _with_details(self, bare: Score) -> Score:
        summary, plan, total = self.summary, self.plan, self.total
        baseline = self._baseline(plan.loss, plan.parameters)
        moments = summary.moments if plan.weight is not None else Moments.of(total, summary.moments.buckets)
        dependence = summary.dependence
        estimate = dependence.estimate(moments, self.interval) or moments.estimate(self.interval)
        interval, over_time = estimate.interval, dependence.over_time(self.job.every, self.interval, plan.scale)
        runs = dependence.by_run(estimate.freedom, plan.scale)
        shares = (summary.weighted_histogram or summary.histogram).concentration(FRACTIONS)
        judged = summary.classified.value()
        return dataclasses.replace(
            bare,
            interval=interval,
            time=over_time,
            runs=runs,
            clusters=clusters_of(plan, summary.moments),
            baseline=baseline.loss,
            constant=baseline.constant,
            entropy=summary.entropy.sum / total.weight if summary.splits_entropy and total.weight else None,
            accuracy=summary.correct.value() / judged if judged else None,
            infinite=summary.infinite,
            also=tuple(self._others()),
            terms=tuple(self._terms()),
            breakdowns=tuple(self._breakdowns()),
            concentration=None if shares is None else tuple(shares),
            histogram=tuple(summary.histogram.histogram()),
            worst=tuple(row for _, row in summary.worst.rows),
            confusion=None if summary.confusion is None else summary.confusion.confusion(),
            calibration=self._calibration(),
            slices=None if summary.slices is None else summary.slices.slices(self.interval.level),
            class_calibration=None if summary.by_class is None else summary.by_class.calibration(),
            costs=self._costs(),
            recalibration=None if summary.row_sample is None else summary.row_sample.recalibration(plan),
            residuals=self._residuals(),
            forecast=None if summary.forecast is None else summary.forecast.forecast(self.interval),
            relevance=None if summary.relevance is None else summary.relevance.relevance(self.interval),
            findings=(
                *self._warnings(),
                *self._notes(baseline),
                *time_notes(over_time, interval, self.interval, total.count),
                *run_notes(runs, interval),
            ),
        )

    def _refuse(self) -> None:
        summary = self.summary
        if summary.offender is None or (self.job.skip_invalid and self.total.count + summary.weightless):
            if summary.rows and not self.total.count + summary.weightless:
                raise BadDataError(f"no row has a target: all {summary.rows:,} are unlabelled, so there is nothing to score")
            summary.form.refuse()
            return
        offender = summary.offender[1]
        raise BadDataError(*offender.lines(self.plan, summary.invalid, summary.rows, skip_invalid=self.job.skip_invalid))

    def _baseline(self, loss: Loss, parameters: Mapping[str, Any]) -> Baseline:
        if self.plan.is_listwise:
            return self._same_scores(loss, parameters)
        of_loss = dataclasses.replace(self.plan, loss=loss, parameters=parameters)
        form = form_of(of_loss)
        if form is not None and not of_loss.is_regression:
            return best_forecast(loss, parameters, form, self.summary.targets, self.total.weight)
        if not self.plan.is_single:
            return Baseline(None)
        if self.plan.shape == "classes" and predicts_label(loss):
            return commonest_class(self.summary.shares, self.total.weight)
        if self.plan.shape == "classes":
            return best_distribution(loss, parameters, self.summary.shares, self.total.weight, self.plan.class_names)
        classes = self.plan.class_names if self.plan.has_named_labels else ()
        return best_constant(loss, parameters, self.summary.targets, self.total.weight, classes)

    def _same_scores(self, loss: Loss, parameters: Mapping[str, Any]) -> Baseline:
        """Return the mean loss of lists whose items all have the same score."""
        if loss is find_loss(losses.lambda_rank):
            return Baseline(None, note="items of equal score keep their order under lambda_rank, so no constant is a baseline")
        asked = [(self.plan.loss, self.plan.parameters), *((also.loss, also.parameters) for also in self.job.also)]
        place = next(k for k, one in enumerate(asked) if one == (loss, parameters))
        weight = self.total.weight
        return Baseline(self.summary.level[place].value() / weight if weight else None, "the same score for every item")

    def _others(self) -> Iterator[Other]:
        for k, (also, moments) in enumerate(zip(self.job.also, self.summary.also, strict=True)):
            baseline, mean = self._baseline(also.loss, also.parameters).loss, moments.mean()
            dependent = self.summary.dependence.estimate(moments, self.interval, 1 + k)
            interval = (dependent or moments.estimate(self.interval)).interval
            yield Other(also.loss.__name__, also.parameters, also.given, mean, interval, baseline, skill_of(mean, baseline))

    def _terms(self) -> Iterator[Term]:
        total, weight = self.total.sum, self.total.weight
        for term, sums in zip(self.plan.terms, self.summary.terms, strict=True):
            found = sums.value()
            share = found / total if 0 < total < math.inf else None
            yield Term(term.loss.__name__, term.parameters, term.factor, found / weight if weight else math.nan, share)

    def _breakdowns(self) -> Iterator[Breakdown]:
        for grouping in self.summary.groupings:
            found = grouping.breakdown(self.total.sum, self.total.weight, self.plan.scale, self.interval)
            if found is not None:
                yield found

    @property
    def _level_of_independent_rows(self) -> float | None:
        """The level of intervals, or None if there are none or rows depend on one another."""
        return level_of_independent_rows(self.plan, self.interval)

    def _calibration(self) -> Calibration | None:
        summary, plan = self.summary, self.plan
        if summary.reliability is None:
            return None
        level = self._level_of_independent_rows  # Wilson's interval assumes them
        if not plan.is_binary:
            loss, event = find_loss(losses.binary_cross_entropy), "predicted class is right"
            return summary.reliability.calibration(loss, {}, event, None, level, plan.scale, is_binary=False)
        if plan.loss.formulas.minimizer(plan.parameters) != "mean":  # the best prediction is not the probability
            return None
        loss, mean = plan.loss, self.total.mean
        return summary.reliability.calibration(
            loss, dict(plan.parameters), "target is 1", mean, level, plan.scale, is_binary=True
        )

    def _costs(self) -> Costs | None:
        reliability, job = self.summary.reliability, self.job
        if reliability is None or (job.cost is None and job.capacity is None):
            return None
        return costs_of(reliability.columns(), job.cost, job.capacity, self._level_of_independent_rows)

    def _residuals(self) -> Residuals | None:
        summary = self.summary
        if summary.residual_histogram is None or summary.residual_moments is None:
            return None
        values = summary.residual_histogram.quantiles(QUANTILES)
        interval = summary.residual_moments.interval(self.interval)
        quantiles = tuple(Quantile(at, value) for at, value in zip(QUANTILES, values, strict=True))
        return Residuals(summary.residual_moments.mean(), interval, quantiles, summary.residual_histogram.is_exact)

    def _notes(self, baseline: Baseline) -> Iterator[Finding]:
        yield from self.plan.notes
        if baseline.note:
            yield findings.NO_BEST_CONSTANT.found(baseline.note)
        if not self.plan.is_single and self.summary.forecast is None and self.summary.relevance is None:
            loss = self.plan.loss
            yield findings.SEVERAL_PREDICTIONS.found(
                f"{loss.__name__} is a loss of {', '.join(loss.inputs)}; a best constant, calibration and residuals are of one "
                "prediction and a target, and left out"
            )
        if self.plan.partial and self.summary.forecast is not None:
            yield from missing_members_note(self.summary.forecast.lacking_rows, self.summary.forecast.lacking_members)
        if not self.total.weight > 0:
            yield findings.NO_WEIGHT.found("every row weighs 0, so there is no mean")
        elif baseline.loss == 0:
            yield findings.PERFECT_CONSTANT.found("the best constant has no loss, so there is no skill")
        if skipped := sum(self.summary.invalid.values()):
            were = "was" if skipped == 1 else "were"
            yield findings.SKIPPED.found(f"{counted(skipped, 'row')} could not be scored and {were} left out", skipped)
        worst = dict((self.summary.weighted_histogram or self.summary.histogram).concentration((0.01,)) or ()).get(0.01, 0.0)
        if worst > 0.5 and self.total.count >= 1000:
            yield findings.FEW_ROWS_CARRY.found(
                f"1 % of the rows carry {100 * worst:.0f} % of the loss, so the mean and its interval rest on few rows; "
                "a loss that grows more slowly may say more"
            )
        yield from cluster_note(self.plan.cluster, clusters_of(self.plan, self.summary.moments))
        for grouping in self.summary.groupings:
            if self.interval.resampled and grouping.group_count > RESAMPLED_GROUPS:
                sentence = (
                    f"the groups of {grouping.by!r} are more than {RESAMPLED_GROUPS}, so they have no resampled intervals"
                )
                yield findings.MANY_GROUPS.found(sentence, grouping.group_count)

    def _warnings(self) -> Iterator[Finding]:
        summary, plan = self.summary, self.plan
        yield from self._plain_warnings(summary.infinite)
        if summary.infinite:
            assert summary.first_infinite is not None
            _, row, path = summary.first_infinite
            rows = counted(summary.infinite, "row")
            where = f"the loss of {rows} is infinite, first in {path}, row {row + 1} (index {row})"
            yield findings.INFINITE.found(where, summary.infinite)
        if summary.reliability is not None:
            yield from self._numeric_warnings()
        if plan.id is not None:
            yield from id_warnings(plan.id, *ids.count_duplicates(self.job, summary.skipped))
        if summary.forecast is not None and summary.forecast.crossing:
            yield crossing_warning(summary.forecast.crossing)
        yield from cluster_warning(plan.cluster, clusters_of(plan, summary.moments))

    def _plain_warnings(self, infinite: int) -> Iterator[Finding]:
        """Yield the warnings that do not need details."""
        plan = self.plan
        if plan.classes_by_place:
            advice = "name the columns after the classes, or list them in the order of the classes"
            yield findings.CLASSES_BY_PLACE.found(f"{plan.classes_by_place}; {advice}")
        if infinite and plan.predicts_probabilities and plan.given_as != "logits":
            yield findings.ZERO_PROBABILITY.found(
                f"{counted(infinite, 'row gives', 'rows give')} probability 0 "
                "to what happened: one such row makes the mean infinite; "
                'predict no probability of exactly 0 or 1, score logits, or say clip="1e-15" to move them',
                infinite,
            )
        if plan.clip is not None and self.summary.clipped:
            yield clip_warning("", self.summary.clipped, plan.clip)

    def _numeric_warnings(self) -> Iterator[Finding]:
        summary, plan = self.summary, self.plan
        assert summary.reliability is not None
        narrow = sorted(summary.stored & {"float16", "float32"})
        if plan.given_as == "probabilities" and narrow:
            _, near = summary.reliability.below(2.0 ** -DIGITS[narrow[0]])
            if near:
                yield few_digits_warning("", near, narrow[0])
        if plan.given_as == "logits":
            low, high = summary.reliability.below(2.0**-53)
            if low + high:
                yield saturated_warning("", low + high)
