"""The score of predictions: how good they are, where the loss comes from, how sure that is, and what is wrong with the data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary import losses
from lossary._version import __version__
from lossary.counted import counted
from lossary.engine.loss import Loss
from lossary.errors import BadDataError
from lossary.losses.find import find_loss
from lossary.names import explains_options
from lossary.printable import printable
from lossary.report.measure import checks, ids
from lossary.report.measure.baseline import Baseline, best_constant, best_distribution
from lossary.report.measure.breakdown import Breakdown, Split
from lossary.report.measure.calibration import Calibration
from lossary.report.measure.job import BATCH_NUMBERS, Job, Progress, with_width
from lossary.report.measure.moments import Interval, Moments
from lossary.report.measure.plan import check_same, make_plan, with_families
from lossary.report.measure.resample import BUCKETS
from lossary.report.measure.select import Names
from lossary.report.measure.summary import MOST_GROUPS, Summary
from lossary.report.measure.values import scale_of
from lossary.report.measure.worst import Row
from lossary.report.read.data import Data, tables_of
from lossary.report.read.open import TextFormat
from lossary.report.run.run import run

if TYPE_CHECKING:
    from lossary.engine.calls import Loss as AnyLoss

SCHEMA = 2
FRACTIONS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5)
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True)
class Other:
    """Another loss of the same rows."""

    loss: str
    parameters: Mapping[str, float]
    given: str | None
    """What the predictions are taken as, for a loss that has a choice."""
    mean: float
    interval: Interval | None
    baseline: float | None
    skill: float | None


@dataclass(frozen=True)
class Quantile:
    """A value with this share of the rows below."""

    at: float
    value: float


@dataclass(frozen=True)
class Residuals:
    """Of prediction - target: the mean, and quantiles over rows (not by weight), right to 0.2 %."""

    bias: float
    interval: Interval | None
    quantiles: tuple[Quantile, ...]


@dataclass(frozen=True, repr=False)
class Score:
    """How good predictions are under one loss. Losses are in the units of the loss: nats for the cross-entropies."""

    loss: str
    parameters: Mapping[str, float]
    """The loss's own parameters, defaults included."""
    given: str | None
    """What the predictions are, for a loss that has a choice."""
    columns: Mapping[str, Any]
    """Which columns are meant: target, prediction, weight, group, id, cluster; None for what there is not."""
    files: tuple[str, ...]
    count: int
    """Rows scored, those of weight 0 among them."""
    weight: float
    """Σw; the number of rows if there are no weights."""
    sum: float
    """Σwℓ, rounded once, whatever the order of the rows."""
    mean: float
    """Σwℓ / Σw."""
    variance: float | None = None
    """Σw(ℓ - mean)² / Σw."""
    interval: Interval | None = None
    """For the mean loss that rows like these have."""
    baseline: float | None = None
    """The mean loss of the best constant prediction; None if none was found."""
    constant: str = ""
    """That constant, in words."""
    entropy: float | None = None
    """Mean entropy of the targets in nats, for the cross-entropies; the mean loss is it plus the KL divergence."""
    accuracy: float | None = None
    """The share of rows, by weight, whose most probable class is the target."""
    weightless: int = 0
    """Rows of weight 0: nothing but ``count`` depends on them."""
    invalid: Mapping[str, int] = field(default_factory=dict)
    """Rows skipped, by what is wrong with them; each counts once."""
    infinite: int = 0
    """Rows whose loss is infinite."""
    also: tuple[Other, ...] = ()
    """Other losses of the same rows."""
    breakdowns: tuple[Breakdown, ...] = ()
    """Where the loss comes from."""
    concentration: tuple[tuple[float, float], ...] | None = None
    """Pairs of a share of the rows, the worst ones, and the share of the loss that they carry."""
    histogram: tuple[Mapping[str, Any], ...] = ()
    """Of the losses of rows: low, high and count."""
    worst: tuple[Row, ...] = ()
    """The rows that cost most."""
    calibration: Calibration | None = None
    residuals: Residuals | None = None
    notes: tuple[str, ...] = ()
    """What a person should know about this score."""
    warnings: tuple[str, ...] = ()
    """Signs that something is wrong, or that something else was meant."""

    @property
    def skill(self) -> float | None:
        """1 - mean / baseline: 1 is perfect, 0 no better than the best constant; None where the baseline is not above 0."""
        return _skill(self.mean, self.baseline)

    @property
    def divergence(self) -> float | None:
        """Mean KL divergence from target to prediction in nats, for the cross-entropies."""
        return None if self.entropy is None else self.mean - self.entropy

    @property
    def unit(self) -> str | None:
        """What a loss is measured in; None where that is not known."""
        return "nats" if self.loss in ("binary_cross_entropy", "cross_entropy") else None

    def to_dict(self) -> dict[str, Any]:
        """The score as JSON has it: a number that is not finite is "Infinity", "-Infinity" or "NaN". See docs/score.md."""
        own = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        extra = {"skill": self.skill, "divergence": self.divergence, "unit": self.unit}
        found = {"schema": SCHEMA, "kind": "score", "lossary": __version__, **own, **extra}
        if self.concentration is not None:
            found["concentration"] = [{"rows": rows, "loss": loss} for rows, loss in self.concentration]
        result: dict[str, Any] = as_json(found)
        if result["calibration"]:
            result["calibration"]["unit"] = "nats"
        return result

    def to_html(self) -> str:
        """The score as a page of its own."""
        from lossary.report.show.html import render

        return render(self.to_dict())

    def _repr_html_(self) -> str:
        return as_frame(self.to_html())

    def __repr__(self) -> str:
        return f"<Score {self.loss}: mean {self.mean!r} of {counted(self.count, 'row')}>"

    def __str__(self) -> str:
        from lossary.report.show.text import write

        return "\n".join([write(self), *(f"  warning: {printable(warning)}" for warning in self.warnings)])


def as_frame(page: str) -> str:
    """A page within a notebook's, whose styles do not touch one another."""
    from html import escape

    return f'<iframe srcdoc="{escape(page)}" style="width: 100%; height: 48rem; border: 0" title="Report"></iframe>'


def _skill(mean: float, baseline: float | None) -> float | None:
    if baseline is None or not 0 < baseline < math.inf or mean != mean:
        return None
    return 1 - mean / baseline


def as_json(value: Any) -> Any:
    """Plain dicts, lists, texts and numbers, those that are not finite being written as text."""
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, (float, np.floating)):
        x = float(value)
        return x if math.isfinite(x) else "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"
    if isinstance(value, np.integer):
        return int(value)
    if dataclasses.is_dataclass(value):
        return {item.name: as_json(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(part) for part in value]
    return str(value)  # a date, say


@explains_options
def score(
    data: Data,
    *,
    loss: AnyLoss | str,
    target: Names | Any,
    prediction: Names | Any,
    weight: str | Any = None,
    given: str | None = None,
    parameters: Mapping[str, float] | None = None,
    classes: Sequence[str] | str | None = None,
    group: str | Sequence[str] = (),
    id: str | None = None,
    cluster: str | None = None,
    also: str | AnyLoss | Sequence[str | AnyLoss] = (),
    interval: str = "normal",
    level: float = 0.95,
    worst: int = 10,
    skip_invalid: bool = False,
    details: bool = True,
    workers: int | None = None,
    engine: str | None = None,
    address: str | None = None,
    executor: Executor | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    progress: Progress | None = None,
) -> Score:
    r"""Score predictions: the mean loss :math:`\sum wℓ / \sum w` over all rows, what it means, and where it comes from.

    ``data`` are Parquet, CSV, Arrow IPC or ``.npz`` files with the same columns: paths, globs or URIs (``s3://…``), read in
    batches with constant memory; open files; or columns in memory: a pandas, Polars or Arrow table, a DuckDB relation, anything
    with ``__arrow_c_stream__``, a mapping of names to arrays; or a list of these. ``data=None`` takes arrays as prediction,
    target and weight.

    ``loss`` is a loss, or the name of a built-in one; ``parameters`` and ``given`` are its own. ``target`` is a column;
    ``prediction`` a column, a glob (``"logit_*"``, in natural order), a list of these, or a list column; ``weight`` a column of
    weights. ``classes`` names the classes in order, so that labels may be text. ``skip_invalid`` leaves out rows that cannot be
    scored and counts them.

    ``group`` names columns by whose values the loss is broken down, ``id`` the column that tells rows apart, ``cluster`` one
    whose values rows share that depend on one another. ``interval`` says how the confidence interval of ``level`` is made:
    ``"normal"``, ``"bootstrap"`` (Poisson bootstrap seeded by the rows' identity) or ``"none"``. ``also`` names other losses,
    as in ``"mae,huber:delta=2"``, or ``"bce:given=probabilities"`` if it takes them otherwise. ``details=False`` finds the mean
    and nothing else.

    ``workers`` of an ``engine`` (``"threads"``, the default; ``"processes"``; ``"ray"``, at an ``address``) or of any
    ``executor`` share the files and row groups. ``encoding`` and ``delimiter`` are those of CSV files; without them text is
    UTF-8, or what a byte order mark says, and the delimiter is found in the header. ``progress`` is called with the part that
    is done, 0 to 1, and the rows read.

    Sums are exact: they do not depend on the order of files or rows, nor on who adds them up. Losses are in their own units.

    Raises :class:`BadDataError` for rows that cannot be scored (null, NaN, labels out of range, probabilities outside [0, 1] or
    not summing to 1), :class:`UnreadableError` for files, :class:`UsageError` for the rest; all are :class:`ReportError`.

    >>> import lossary
    >>> columns = {"y": [1.0, 2.0, 6.0], "p": [1.0, 3.0, 5.0], "region": ["north", "south", "south"]}
    >>> found = lossary.report.score(columns, loss="squared_error", target="y", prediction="p", group="region")
    >>> found.mean, found.baseline
    (0.6666666666666666, 4.666666666666667)
    >>> [(part.name, part.share) for part in found.breakdowns[0].parts]
    [('south', 1.0), ('north', 0.0)]
    """
    chosen, own = checks.check_loss(loss, parameters, given)
    others = checks.other_losses(also, given, chosen)
    checks.check_interval(interval, level)
    checks.check_truth(skip_invalid, "skip_invalid")
    checks.check_truth(details, "details")
    checks.check_count(worst, "worst is how many rows are listed")
    if workers is not None:
        checks.check_count(workers, "workers are a whole number", 1)
    groups, listed = checks.columns(group, "group"), checks.classes(classes)
    id, cluster = checks.column(id, "id"), checks.column(cluster, "cluster")
    tables, target, prediction, weight = tables_of(data, target, prediction, weight, TextFormat(encoding, delimiter))
    weight = checks.column(weight, "weight")
    plan = make_plan(tables[0], chosen, given, own, target, prediction, weight, listed, groups, id, cluster)
    for table in tables[1:]:
        check_same(plan, tables[0], table, prediction, target)
    plan = with_families(plan, tables)
    job = Job(
        plan=plan,
        tables=tuple(tables),
        size=BATCH_NUMBERS if details else 2 * BATCH_NUMBERS,
        skip_invalid=skip_invalid,
        also=tuple(others),
        full=details,
        resampled=details and interval != "none" and (cluster is not None or interval == "bootstrap"),
        worst=worst,
    )
    job = with_width(job)

    def summarised(job: Job) -> Summary:
        return run(job, workers=workers, engine=engine, executor=executor, address=address, progress=progress)

    summary = summarised(job)
    if scale := scale_of(summary.largest_weight):  # once more, by weights whose squares are neither 0 nor infinite
        summary = summarised(dataclasses.replace(job, plan=dataclasses.replace(job.plan, scale=scale)))
    summary.targets.reread = summary.reread
    found = _Finish(summary, interval, level).score()
    summary.targets.reread = None  # a circle would hold the data, and the copy of a stream on disk, until it is collected
    return found


class _Finish:
    """From what was kept of the rows to the score."""

    def __init__(self, summary: Summary, method: str, level: float) -> None:
        self.summary, self.method, self.level = summary, method, level
        self.job, self.plan, self.total = summary.job, summary.job.plan, summary.total

    def score(self) -> Score:
        self._refuse()
        plan, total = self.plan, self.total
        bare = Score(
            loss=plan.loss.__name__,
            parameters=plan.parameters,
            given=plan.given_as,
            columns=plan.described,
            files=tuple(table.path for table in self.job.tables),
            count=total.count + self.summary.weightless,
            weightless=self.summary.weightless,
            weight=self._unscaled(total.weight),
            sum=self._unscaled(total.sum),
            mean=total.mean,
            variance=total.variance if self.job.full else None,
            invalid=dict(sorted(self.summary.invalid.items())),
        )
        if self.job.full:
            return self._with_details(bare)
        infinite = sum(count for kind, count in total.invalid.items() if kind != "NaN")
        return dataclasses.replace(bare, infinite=infinite, warnings=tuple(self._plain_warnings(infinite)))

    def _unscaled(self, x: float) -> float:
        """A sum of weights in the scale that they were given in; infinite where float64 cannot hold it."""
        with np.errstate(over="ignore", under="ignore"):
            return float(np.ldexp(x, self.plan.scale))

    def _with_details(self, bare: Score) -> Score:
        summary, plan, total = self.summary, self.plan, self.total
        baseline = self._baseline(plan.loss, plan.parameters)
        shares = (summary.contributions or summary.tally).concentration(FRACTIONS)
        judged = summary.judged.value()
        return dataclasses.replace(
            bare,
            interval=self._interval(summary.moments if plan.weight is not None else Moments.of(total), summary.buckets),
            baseline=baseline.loss,
            constant=baseline.constant,
            entropy=summary.entropy.sum / total.weight if summary.splits_entropy and total.weight else None,
            accuracy=summary.right.value() / judged if judged else None,
            infinite=summary.infinite,
            also=tuple(self._others()),
            breakdowns=tuple(self._breakdowns()),
            concentration=None if shares is None else tuple(shares),
            histogram=tuple(summary.tally.histogram()),
            worst=tuple(row for _, row in summary.worst.rows),
            calibration=self._unscaled_bins(self._calibration()),
            residuals=self._residuals(),
            notes=tuple(self._notes(baseline)),
            warnings=tuple(self._warnings()),
        )

    def _refuse(self) -> None:
        summary = self.summary
        if summary.offender is None or (self.job.skip_invalid and self.total.count + summary.weightless):
            return
        offender = summary.offender[1]
        raise BadDataError(*offender.lines(self.plan, summary.invalid, summary.rows, skip_invalid=self.job.skip_invalid))

    def _baseline(self, loss: Loss, parameters: Mapping[str, Any]) -> Baseline:
        if loss.kind == "softmax":
            return best_distribution(loss, parameters, self.summary.shares.weights(), self.total.weight, self.plan.class_names)
        return best_constant(loss, parameters, self.summary.targets, self.total.weight)

    def _interval(self, moments: Moments, buckets: Any, group: int = 0) -> Interval | None:
        if self.method == "none":
            return None
        if not self.job.resampled:
            return moments.interval(self.level, group)
        if buckets is None or group >= buckets.groups:
            return None
        found: Interval | None = buckets.interval(self.level, self.method, group)
        return found

    def _others(self) -> Iterator[Other]:
        for also, moments, buckets in zip(self.job.also, self.summary.also, self.summary.also_buckets, strict=True):
            baseline, mean = self._baseline(also.loss, also.parameters).loss, moments.mean()
            interval = self._interval(moments, buckets)
            yield Other(also.loss.__name__, also.parameters, also.given, mean, interval, baseline, _skill(mean, baseline))

    def _breakdowns(self) -> Iterator[Breakdown]:
        for split, buckets in zip(self.summary.splits, self.summary.group_buckets, strict=True):
            usable = buckets if split.known <= MOST_GROUPS else None

            def interval(split: Split, place: int, buckets: Any = usable) -> Interval | None:
                return self._interval(split.moments, buckets, place)

            found = split.finish(self.total.sum, self.total.weight, interval)
            if found is not None:
                parts = tuple(dataclasses.replace(part, weight=self._unscaled(part.weight)) for part in found.parts)
                yield dataclasses.replace(found, parts=parts)

    def _calibration(self) -> Calibration | None:
        summary, plan = self.summary, self.plan
        if summary.odds is None:
            return None
        level = self.level if self.method != "none" and plan.cluster is None else None  # Wilson's knows no clusters
        if plan.is_binary:
            if plan.loss.properties.minimizer != "mean":  # what is best to predict is not the probability
                return None
            return summary.odds.finish(plan.loss, dict(plan.parameters), "target is 1", self.total.mean, level)
        return summary.odds.finish(find_loss(losses.binary_cross_entropy), {}, "predicted class is right", None, level)

    def _unscaled_bins(self, found: Calibration | None) -> Calibration | None:
        if found is None:
            return None
        return dataclasses.replace(
            found, bins=tuple(dataclasses.replace(b, weight=self._unscaled(b.weight)) for b in found.bins)
        )

    def _residuals(self) -> Residuals | None:
        summary = self.summary
        if summary.residuals is None or summary.residual is None:
            return None
        values = summary.residuals.quantiles(QUANTILES)
        interval = None if self.job.resampled or self.method == "none" else summary.residual.interval(self.level)
        quantiles = tuple(Quantile(at, value) for at, value in zip(QUANTILES, values, strict=True))
        return Residuals(summary.residual.mean(), interval, quantiles)

    def _notes(self, baseline: Baseline) -> Iterator[str]:
        if baseline.note:
            yield baseline.note
        if not self.total.weight > 0:
            yield "every row weighs 0, so there is no mean"
        elif baseline.loss == 0:
            yield "the best constant has no loss, so there is no skill"
        if self.summary.infinite:
            assert self.summary.first_infinite is not None
            _, row, path = self.summary.first_infinite
            rows = counted(self.summary.infinite, "row")
            yield f"the loss of {rows} is infinite, first in {path}, row {row + 1} (index {row})"
        worst = dict((self.summary.contributions or self.summary.tally).concentration((0.01,)) or ()).get(0.01, 0.0)
        if worst > 0.5 and self.total.count >= 1000:
            yield (
                f"1 % of the rows carry {100 * worst:.0f} % of the loss, so the mean and its interval rest on few rows; "
                "a loss that grows more slowly may say more"
            )
        if self.plan.cluster is not None and self.summary.buckets is not None:
            clusters = self.summary.buckets.used()
            about = "some " if clusters > BUCKETS // 8 else ""  # then some share a bucket
            found = counted(clusters, "cluster") + ("; intervals from so few are rough" if clusters < 30 else "")
            yield f"intervals take rows with the same {self.plan.cluster!r} as dependent: {about}{found}"
        for split in self.summary.splits:
            if self.job.resampled and split.known > MOST_GROUPS:
                yield f"the groups of {split.by!r} are more than {MOST_GROUPS}, so they have no resampled intervals"

    def _warnings(self) -> Iterator[str]:
        summary, plan = self.summary, self.plan
        yield from self._plain_warnings(summary.infinite)
        if summary.odds is not None:
            yield from self._numeric_warnings()
        if plan.id is not None:
            twice, missing = ids.count_duplicates(summary)
            if twice:
                have = counted(twice, "row has", "rows have")
                yield f"{have} an id in column {plan.id!r} that an earlier row has; each was scored"
            if missing:
                yield f"{counted(missing, 'row has', 'rows have')} no id in column {plan.id!r}"

    def _plain_warnings(self, infinite: int) -> Iterator[str]:
        """Those that even a bare mean comes with."""
        summary, plan = self.summary, self.plan
        if infinite and plan.given_as not in (None, "logits"):
            yield (
                f"{counted(infinite, 'row gives', 'rows give')} probability 0 "
                "to what happened: one such row makes the mean infinite; "
                "predict no probability of exactly 0 or 1, or score logits"
            )
        if summary.looks_like_probabilities and self.total.count:
            yield (
                f"every prediction lies in [0, 1]{' and each row sums to 1' if plan.prediction.width else ''}: these look "
                "like probabilities; pass --given probabilities (they were scored as logits)"
            )

    def _numeric_warnings(self) -> Iterator[str]:
        summary, plan = self.summary, self.plan
        assert summary.odds is not None
        narrow = sorted(summary.stored & {"float16", "float32"})
        if plan.given_as == "probabilities" and narrow:
            digits = {"float16": 11, "float32": 24}[narrow[0]]
            _, near = summary.odds.below(2.0**-digits)
            if near:
                yield (
                    f"{counted(near, 'row has', 'rows have')} "
                    f"a probability that is 1 in {narrow[0]}, as these predictions are stored: "
                    f"what lies closer to 1 than {2.0**-digits:.1e} cannot be told apart; store logits or float64"
                )
        if plan.given_as == "logits":
            low, high = summary.odds.below(2.0**-53)
            if low + high:
                yield (
                    f"{counted(low + high, 'row has', 'rows have')} "
                    "saturated logits (beyond ±36.7): the probability rounds to 0 or 1 in "
                    "float64; check that predictions are scaled as they were trained"
                )
