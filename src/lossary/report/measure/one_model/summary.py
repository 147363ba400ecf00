"""Summarise rows: everything that a score is made of, mergeable, and independent of order and of the split into parts."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np

from lossary import losses
from lossary.engine.class_shares import ClassShares
from lossary.engine.exact_sum import ExactSums
from lossary.engine.median import Pair
from lossary.engine.reduction import Total
from lossary.errors import BadDataError, UnreadableError
from lossary.kernels.threads import get_num_threads
from lossary.report.measure.breakdown.dependence import Dependence
from lossary.report.measure.breakdown.grouping import ByClass, ByColumn, ByConfidence, Grouping
from lossary.report.measure.breakdown.slices import SliceSample
from lossary.report.measure.one_model.calibration import ReliabilityCounts
from lossary.report.measure.one_model.class_calibration import ClassSample, judges_classes
from lossary.report.measure.one_model.confusion import LARGEST_MATRIX, ConfusionCounts
from lossary.report.measure.one_model.forecast_sums import ForecastSums
from lossary.report.measure.one_model.recalibration import RowSample
from lossary.report.measure.one_model.relevance import RelevanceSums
from lossary.report.measure.one_model.targets import RowTargets
from lossary.report.measure.one_model.worst import Row, Worst
from lossary.report.measure.plan.form import UnsaidForm
from lossary.report.measure.plan.functional import functional_of
from lossary.report.measure.plan.job import Job
from lossary.report.measure.plan.plan import RELEVANCE, OtherLoss
from lossary.report.measure.rows.forecasts import form_of
from lossary.report.measure.rows.offender import Offender, first_offender
from lossary.report.measure.rows.rows import Rows, losses_of, read_rows
from lossary.report.measure.rows.skipped import Skipped
from lossary.report.measure.rows.values import Problems, read_target, read_weight, scaled
from lossary.report.measure.statistics.histogram import LogHistogram
from lossary.report.measure.statistics.merge import merge_attributes
from lossary.report.measure.statistics.moments import Moments
from lossary.report.measure.statistics.resample import BUCKETS
from lossary.report.read.table import Batch, Part

_LARGE = 1 << 22
"""Parts of so many rows or more are not read as a whole."""

Done = Callable[[float, int], None]
"""A function that is called with the fraction of a part done since the last call, and the rows read since."""


@dataclass
class Summary:
    """The summary of some of the rows."""

    job: Job
    total: Total = field(default_factory=Total)
    entropy: Total = field(default_factory=Total)
    rows: int = 0
    largest_weight: float = 0.0
    weightless: int = 0
    """The number of rows of weight 0, which nothing else depends on."""
    invalid: Counter[str] = field(default_factory=Counter)
    offender: tuple[tuple[int, int], Offender] | None = None
    clipped: int = 0
    infinite: int = 0
    first_infinite: tuple[int, int, str] | None = None
    skipped: Skipped = field(default_factory=Skipped)
    """The rows that were left out."""
    stored: set[str] = field(default_factory=set)
    """The dtypes in which files store predictions."""

    def __post_init__(self) -> None:
        plan, job = self.job.plan, self.job
        weighted = plan.weight is not None
        entropies: tuple[Any, ...] = (losses.cross_entropy, losses.binary_cross_entropy)
        self.splits_entropy = plan.loss in entropies and plan.loss.formulas.minimizer(plan.parameters) == "mean"
        self.terms = [ExactSums() for _ in plan.terms] if job.full else []
        self.form = UnsaidForm(plan)
        resampled = job.full and job.interval.resampled
        buckets = BUCKETS if resampled else 0
        self.moments = Moments(weighted=weighted, buckets=buckets)
        self.targets, self.shares = RowTargets(), ClassShares()
        if not job.full:
            return
        self.also = [Moments(weighted=weighted, buckets=buckets) for _ in job.also]
        self.dependence = Dependence(plan, 1 + len(job.also), weighted=weighted)
        classes = plan.class_names
        self.correct, self.classified = ExactSums(), ExactSums()
        options: dict[str, Any] = {"weighted": weighted, "resampled": resampled}
        self.groupings: list[Grouping] = [
            ByColumn(name, plan.families[name], biased=plan.has_bias, bins=plan.bins.get(name), **options)
            for name in plan.groups
        ]
        if plan.is_binary or plan.shape == "classes" or plan.has_named_labels:
            self.groupings += [ByClass(classes, **options)] if classes else []
        if plan.predicts_probabilities:
            self.groupings.append(ByConfidence(plan.least_confidence, **options))
        judged = plan.predicts_probabilities and (plan.is_binary or plan.labels is not None)
        self.reliability = ReliabilityCounts() if judged else None
        classified = (plan.is_binary or plan.labels is not None) and 2 <= len(classes) <= LARGEST_MATRIX
        self.confusion = ConfusionCounts(classes) if classified else None
        self.histogram, self.weighted_histogram = LogHistogram(), LogHistogram() if weighted else None
        self.residual_histogram = LogHistogram() if plan.is_regression else None
        self.residual_moments = Moments(weighted=weighted) if plan.is_regression else None
        exponential = plan.parameters.get("gain") != "linear"
        self.relevance = RelevanceSums(exponential=exponential, **options) if plan.is_listwise else None
        self.level = [ExactSums() for _ in (plan.loss, *job.also)] if plan.is_listwise else []
        """Of lists: Σwℓ of each loss if all items had the same score."""
        forecast = form_of(plan)
        self.forecast = None if forecast is None else ForecastSums(forecast, **options)
        self.row_sample = None if functional_of(plan) is None else RowSample()
        self.slices = SliceSample(plan) if plan.slices else None
        self.by_class = ClassSample(classes) if judges_classes(plan) else None
        self.worst = Worst(job.worst)

    # ---- adding rows

    def add_batch(self, batch: Batch, file: int) -> None:
        """Add a batch of a file."""
        plan, path = self.job.plan, self.job.tables[file].path
        self.rows += batch.rows
        rows = read_rows(batch, plan, path, squared=self.job.full)
        problems = rows.problems
        self.weightless += rows.weightless
        if problems.bad is not None:
            self.invalid.update({kind: int(mask.sum()) for kind, mask in problems.masks.items()})
            self.skipped.add(file, batch.start, problems.bad)
            place, errors = (file, batch.start), problems.errors()
            if errors is not None and (self.offender is None or place < self.offender[0]):
                self.offender = place, first_offender(path, batch, batch.start, plan, errors)
        if len(rows.losses) and (self.offender is None or self.job.skip_invalid):
            self._add(rows, file)

    def _add(self, rows: Rows, file: int) -> None:
        plan, weight, weighted = rows.plan, rows.weight, rows.weighted
        if weight is not None:
            self.largest_weight = max(self.largest_weight, float(weight.max()))
        if rows.scored is None:
            self.total.update(rows.losses, weight)
        else:
            self.total.add_sums(len(rows.losses), *rows.scored[1:])
        self.form.add(rows.inputs)
        self.clipped += rows.clipped
        if not self.job.full:
            return
        hashes = None if self.moments.buckets is None else rows.hashes
        if weight is not None:
            self.moments.add(weighted, weight, hashes=hashes)
        elif self.moments.buckets is not None:  # unweighted moments come from the total
            self.moments.buckets.add(weighted, None, rows.hashes)
        self._count_infinite(rows, file)
        if plan.shape == "classes":
            self.shares.add(rows.target, weight, plan.prediction.width or 0)
        elif (plan.shape == "number" and plan.is_single) or self.forecast is not None:
            self.targets.add(rows.target, weight, (file, rows.batch.start))
        self._add_entropy(rows)
        self.stored.add(rows.stored.name)
        others = [_weigh(also, rows) for also in self.job.also]
        for values, moments in zip(others, self.also, strict=True):
            moments.add(values, weight, hashes=hashes)
        self.dependence.add(rows, [weighted, *others])
        for term, total in zip(plan.terms, self.terms, strict=True):
            total.add(_weigh(term, rows))
        self._add_parts(rows)

    def _add_parts(self, rows: Rows) -> None:
        plan, weight = rows.plan, rows.weight
        for grouping in self.groupings:
            grouping.add(rows)
        if self.reliability is not None and (plan.is_binary or rows.target.ndim == 1):
            self.reliability.add(rows)
        if plan.is_binary or plan.labels is not None:
            self._add_correct(rows)
        if self.confusion is not None:
            self.confusion.add(rows)
        self.histogram.add(rows.losses)
        if self.weighted_histogram is not None:
            self.weighted_histogram.add(rows.weighted)
        if self.residual_histogram is not None and self.residual_moments is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                residual = rows.prediction - rows.target
            self.residual_histogram.add(residual[~np.isnan(residual)])
            self.residual_moments.add(rows.weighted_residual, weight)
        if self.forecast is not None:
            self.forecast.add(rows)
        if self.relevance is not None:
            self.relevance.add(rows)
            self._add_level(rows)
        if self.row_sample is not None:
            self.row_sample.add(rows)
        if self.slices is not None:
            self.slices.add(rows)
        if self.by_class is not None:
            self.by_class.add(rows)
        self.worst.add(rows.weighted, rows.path, rows.places + rows.batch.start, lambda i: _describe(rows, i))

    def _add_correct(self, rows: Rows) -> None:
        """Add up the weight of the rows whose target is a class, and of those that predict it."""
        right, weight = rows.is_right, rows.weight
        if weight is not None:
            self.correct.add(weight[right & rows.hard])
            self.classified.add(weight[rows.hard])
        else:
            self.correct.add_count(int(np.count_nonzero(right if rows.is_hard else right & rows.hard)))
            self.classified.add_count(len(right) if rows.is_hard else int(np.count_nonzero(rows.hard)))

    def _add_level(self, rows: Rows) -> None:
        """Add up what each loss of lists would be if all items had the same score."""
        plan = self.job.plan
        flat = np.empty(len(rows.losses), object)
        flat[:] = [np.zeros(len(scores)) for scores in rows.prediction]
        level = replace(rows, inputs={**rows.inputs, plan.loss.predictions[0]: flat})
        losses = [(plan.loss, plan.options), *((also.loss, also.options) for also in self.job.also)]
        for (loss, options), total in zip(losses, self.level, strict=True):
            found = losses_of(loss, level, options)
            total.add(found if rows.weight is None else rows.weight * found)

    def _count_infinite(self, rows: Rows, file: int) -> None:
        infinite = np.isinf(rows.losses)
        if infinite.any():
            first = int(rows.places[int(infinite.argmax())]) + rows.batch.start
            place = (file, first, rows.path)
            self.first_infinite = place if self.first_infinite is None else min(place, self.first_infinite)
            self.infinite += int(infinite.sum())

    def _add_entropy(self, rows: Rows) -> None:
        # the entropy of a class is 0
        if self.splits_entropy and not rows.is_hard:
            target = rows.target
            weight = rows.weight
            self.entropy += rows.plan.loss.total(target, target, weight=weight, given="probabilities", check=False)

    def merge(self, other: Summary) -> None:
        """Add the rows of another summary."""
        self.rows += other.rows
        self.weightless += other.weightless
        self.largest_weight = max(self.largest_weight, other.largest_weight)
        self.invalid.update(other.invalid)
        self.infinite += other.infinite
        self.clipped += other.clipped
        firsts = [first for first in (self.first_infinite, other.first_infinite) if first is not None]
        self.first_infinite = min(firsts, default=None)
        offenders = [offender for offender in (self.offender, other.offender) if offender is not None]
        self.offender = min(offenders, key=lambda pair: pair[0], default=None)
        self.stored |= other.stored
        merge_attributes(self, other)

    # ---- reading targets again

    def reread(self) -> Iterator[Pair]:
        """Yield targets and weights of the valid rows, read again in order, by several threads if parts are small."""
        works = [(file, part) for file, table in enumerate(self.job.tables) for part in table.parts()]
        count = get_num_threads()
        if any((self.job.tables[file].rows_of(part) or _LARGE) >= _LARGE for file, part in works):
            for work in works:
                yield from self._reread_part(*work)
            return
        with ThreadPoolExecutor(count, thread_name_prefix="lossary-reread") as pool:
            waiting = deque(pool.submit(list, self._reread_part(*work)) for work in works[: 2 * count])
            coming = iter(works[2 * count :])
            while waiting:
                yield from waiting.popleft().result()
                waiting.extend(pool.submit(list, self._reread_part(*work)) for work in islice(coming, 1))

    def _reread_part(self, file: int, part: Part) -> Iterator[Pair]:
        plan = self.job.plan
        for batch in self.job.tables[file].batches(plan.target_columns, self.job.size, part):
            weight, weighing = read_weight(batch, plan)
            target = read_target(batch, plan, Problems(batch.rows)).astype(np.float64)
            out = self.skipped.left_out(file, batch.start, weighing)
            if out is not None:
                target, weight = target[~out], None if weight is None else weight[~out]
            yield target, weight


def _weigh(also: OtherLoss, rows: Rows) -> np.ndarray:
    """Return wℓ of another loss."""
    try:
        with np.errstate(all="ignore"):
            found = rows.mistakes if also.of_decisions else losses_of(also.loss, rows, also.options)
            found = found if also.factor == 1 else also.factor * found
            return found if rows.weight is None else rows.weight * found
    except ValueError as error:
        raise BadDataError(f"{also.loss.__name__} cannot be scored on the same rows: {error}") from None


def _describe(rows: Rows, i: int) -> Row:
    plan, batch = rows.plan, rows.batch
    place = int(rows.places[i])

    def plain(x: np.ndarray) -> Any:
        return x.tolist()

    predictions = {name: plain(rows.inputs[name][i]) for name in plan.loss.predictions}
    known = "target" if plan.has_target else RELEVANCE if plan.is_listwise else None
    target = None if known is None else plain(rows.inputs[known][i])
    if target is not None and plan.labels is not None and plan.class_names:
        target = plan.class_names[int(target)]
    if plan.has_named_labels:
        predictions = {name: plan.class_names[int(label)] for name, label in predictions.items()}
    return {
        "file": rows.path,
        "row": place + batch.start,
        "id": None if plan.id is None else batch.columns[plan.id].at(place),
        "loss": float(rows.losses[i]),
        "weight": 1.0 if rows.weight is None else float(scaled(rows.weight[[i]], plan.scale)[0]),
        "prediction": predictions if len(predictions) > 1 else next(iter(predictions.values())),
        "target": target,
        "groups": {name: batch.columns[plan.column_of(name)].at(place) for name in plan.groups},
    }


def empty_summary(job: Job) -> Summary:
    """Return the summary of no rows."""
    found: Summary = (job.summary_type or Summary)(job)
    return found


def summarise(job: Job, parts: Iterable[tuple[int, Part]], done: Done | None = None) -> Summary:
    """Return the summary of some parts of the job's tables: the work of one thread, process or machine."""
    found = empty_summary(job)
    for file, part in parts:
        table = job.tables[file]
        rows, before = 0, 0.0
        for batch in table.batches(job.columns, job.size, part):
            found.add_batch(batch, file)
            rows += batch.rows
            if done is not None:
                done(batch.done - before, batch.rows)
                before = batch.done
        if part is None and not rows:
            raise UnreadableError(f"{table.path} has no rows; leave it out, or write it again")
        if done is not None:
            done(1.0 - before, 0)
    return found
