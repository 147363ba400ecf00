"""Measure the differences of the rows that two sets of predictions have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.engine.exact_sum import ExactSums
from lossary.errors import BadDataError
from lossary.report.measure.breakdown.dependence import Dependence, level_of_periods
from lossary.report.measure.breakdown.frame import frame_of
from lossary.report.measure.breakdown.grouping import LISTED, ByColumn, in_own_order
from lossary.report.measure.breakdown.over_time import OverTime
from lossary.report.measure.breakdown.runs import Runs
from lossary.report.measure.models.murphy import MurphySample
from lossary.report.measure.one_model.forecast_sums import ForecastSums
from lossary.report.measure.one_model.worst import Row, Worst
from lossary.report.measure.plan.functional import consistent_functional
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.rows.forecasts import StoredForecasts, form_of, unpacked
from lossary.report.measure.rows.join import Join, stored_predictions
from lossary.report.measure.rows.values import scaled, unscaled
from lossary.report.measure.statistics.histogram import LogHistogram
from lossary.report.measure.statistics.intervals import ConfidenceInterval, Estimate, IntervalOptions
from lossary.report.measure.statistics.moments import Moments
from lossary.report.measure.statistics.resample import BUCKETS
from lossary.report.measure.statistics.turning import Turning, turning
from lossary.report.read.arrow_of import numpy_of
from lossary.report.read.table import Batch


@dataclass(frozen=True)
class PairedPart:
    """The joined rows of one group."""

    name: str
    count: int
    weight: float
    mean_a: float
    mean_b: float
    difference: float
    interval: ConfidenceInterval | None
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True)
class PairedPeriod:
    """The joined rows of one period of time, or of one run."""

    start: str
    count: int
    weight: float
    mean_a: float
    mean_b: float
    difference: float
    interval: ConfidenceInterval | None
    """By the rows of the period, taken as independent."""


@dataclass(frozen=True)
class PairedRun:
    """The joined rows of one run."""

    name: str
    count: int
    weight: float
    mean_a: float
    mean_b: float
    difference: float


@dataclass(frozen=True)
class PairedBreakdown:
    """The difference by group, the largest contribution first."""

    by: str
    kind: str
    of: int
    parts: tuple[PairedPart, ...]
    order: str = "loss"
    """What the parts are ordered by; see :class:`Breakdown`."""

    def frame(self) -> Any:
        """Return the listed parts as a pandas frame, one row each."""
        return frame_of(self.parts)


class Pairs:
    """A batch of joined rows; ``weighted`` is w(ℓ_B - ℓ_A)."""

    def __init__(self, record: Any, plan: ColumnPlan, scale: int) -> None:
        from lossary.report.read.arrow_column import ArrowColumn

        self.record, self.plan, self.scale = record, plan, scale
        names = record.schema.names
        self.batch: Batch = Batch({name: ArrowColumn(record.column(name)) for name in names}, record.num_rows, 0, 1.0)
        self.loss_a, self.loss_b = self._numbers("loss_a"), self._loss_of_b()
        self.weight = scaled(self._numbers("weight"), -scale) if "weight" in names else None
        self.identities = self._numbers("hash")
        self.units = self._numbers("cluster") if "cluster" in names else self.identities
        self.hashes = self._numbers("run_hash") if "run_hash" in names else self.units
        self.times = self._numbers("time") if "time" in names else None
        with np.errstate(invalid="ignore"):
            # two infinite losses have difference 0, not NaN
            self.difference = np.where(self.loss_a == self.loss_b, 0.0, self.loss_b - self.loss_a)
            self.weighted = self.weigh(self.difference)

    def _numbers(self, name: str) -> np.ndarray:
        return numpy_of(self.record.column(name))

    def predictions(self, side: str) -> dict[str, np.ndarray]:
        """Return the predictions of a side by name, as far as the join keeps them."""
        return {name: self._numbers(f"{column}_{side}") for name, column in stored_predictions(self.plan).items()}

    def targets(self, side: str) -> np.ndarray:
        """Return the targets of a side: numbers, or rows of numbers."""
        target = self.record.column(f"target_{side}")
        if self.record.schema.field(f"target_{side}").type == "double":
            return self._numbers(f"target_{side}")
        return np.frombuffer(b"".join(target.to_pylist())).reshape(len(target), -1)

    def _loss_of_b(self) -> np.ndarray:
        """Return the losses of B, for A's target where the two differ by rounding to float32 or float16."""
        found, plan = self._numbers("loss_b"), self.plan
        if plan.shape != "number" or not plan.has_target:
            return found
        one, other = self.targets("a"), self.targets("b")
        rounded = one != other
        if rounded.any():
            found = found.copy()
            with np.errstate(all="ignore"):
                predictions = [x[rounded] for x in self.predictions("b").values()]
                found[rounded], _ = plan.loss.sample_losses(*predictions, one[rounded], check=False, **plan.options)
        return found

    def differing(self) -> np.ndarray:
        """Return which rows have different targets; rounding to float32 or float16 is no difference."""
        if not self.plan.has_target:
            return np.zeros(len(self.loss_a), bool)
        one, other = self.targets("a"), self.targets("b")
        if one.ndim != other.ndim:  # classes on one side, distributions on the other
            classes = np.arange(len(self.plan.class_names))
            one, other = (x if x.ndim == 2 else x[:, None] == classes for x in (one, other))
        same = one == other
        with np.errstate(over="ignore"):
            for kind in (np.float32, np.float16):
                if not same.all():
                    same |= (one.astype(kind) == other) | (one == other.astype(kind))
        return ~(same.all(axis=1) if same.ndim == 2 else same)

    def of_classes(self) -> Pairs:
        """Return the rows whose target is a class."""
        target = self._numbers("target_a")
        hard = target == np.floor(target)
        return self if hard.all() else Pairs(self.record.filter(hard), self.plan, self.scale)

    def weigh(self, values: np.ndarray) -> np.ndarray:
        """Return the values times the weights."""
        with np.errstate(over="ignore"):
            return values if self.weight is None else self.weight * values

    def pick(self, values: np.ndarray) -> np.ndarray:
        """Return the values: every joined row is valid."""
        return values


class PairedGrouping(ByColumn):
    """Sums of losses and differences by the values of a column of joined rows."""

    def __init__(self, column: str, by: str, kind: str, **options: Any) -> None:
        super().__init__(by, "number" if kind == "class" else "text", biased=False, column=column, **options)
        self.kind = kind
        self.a, self.b = ExactSums(), ExactSums()
        self.outcomes = np.zeros((1, 3), np.int64)

    def add_at(self, rows: Pairs, index: np.ndarray) -> None:
        """Add rows to the groups of ``index``."""
        super().add_at(rows, index)
        size = self.moments.size
        self.a.grow(size)
        self.b.grow(size)
        if size > len(self.outcomes):
            self.outcomes = np.concatenate([self.outcomes, np.zeros((size - len(self.outcomes), 3), np.int64)])
        self.a.add(rows.weigh(rows.loss_a), index)
        self.b.add(rows.weigh(rows.loss_b), index)
        self.outcomes += np.bincount(3 * index + outcome(rows.difference), minlength=3 * size).reshape(-1, 3)

    def paired_breakdown(self, options: IntervalOptions, classes: Sequence[str], scale: int) -> PairedBreakdown:
        """Return the groups that contribute most to the difference."""
        moments, names = self.moments, self.names()
        if self.kind == "class":
            names = [classes[int(name)] if name else "" for name in names]
        used = np.flatnonzero(moments.count).tolist()
        sums = np.nan_to_num(moments.loss.values(), nan=0.0)
        parts = []
        listed = sorted(used, key=lambda k: (-abs(sums[k]), names[k]))
        order, listed = in_own_order(listed, names) if self.kind == "group" else ("loss", listed[:LISTED])
        for k in listed:
            weight = moments.weight(k)
            mean_a, mean_b = ((s.value(k) / weight if weight else math.nan) for s in (self.a, self.b))
            counts = (int(moments.count[k]), unscaled(weight, scale))
            wins, ties, losses = self.outcomes[k].tolist()
            parts.append(
                PairedPart(names[k], *counts, mean_a, mean_b, moments.mean(k), moments.interval(options, k), wins, losses, ties)
            )
        return PairedBreakdown(self.by, self.kind, len(used), tuple(parts), order)


class PairedSummary:
    """Everything that a comparison is made of, measured from the joined rows."""

    def __init__(self, join: Join, interval: IntervalOptions, changed: int) -> None:
        self.join, self.interval = join, interval
        self.plan: ColumnPlan = join.sides[0].plan
        weighted = any(join.weighted)
        self.moments = Moments(weighted=weighted, buckets=BUCKETS if interval.resampled else 0)
        self.a, self.b = (Moments(weighted=weighted) for _ in range(2))
        options: dict[str, Any] = {"weighted": weighted, "resampled": interval.resampled}
        self.groupings = [PairedGrouping(column, name, "group", **options) for name, column in join.groups.items()]
        self.is_classified = self.plan.is_binary or self.plan.labels is not None
        if self.is_classified:
            self.groupings.append(PairedGrouping("target_a", "class", "class", **options))
        self.outcomes = np.zeros(3, np.int64)
        self.gain, self.harm = ExactSums(), ExactSums()
        """Σw(ℓ_B - ℓ_A) over the rows where B is better, and where it is worse."""
        self.histogram, self.weighted_histogram = LogHistogram(), LogHistogram() if weighted else None
        self.dependence = Dependence(self.plan, 3, weighted=weighted, run_column="run")
        """Sums by time and by run, of the differences and of the losses of A and of B."""
        self.better, self.worse = Worst(changed), Worst(changed)
        self.murphy = None if consistent_functional(self.plan) is None else MurphySample(self.plan)
        self.infinite = [0, 0]
        self.first_infinite: list[Any] = [None, None]
        """The least id among rows of infinite loss, for each side."""
        self.differing = list[tuple[Any, Any, Any]]()
        """The least id among rows whose targets differ, with both targets; empty if there are none."""
        forms = [form_of(side.plan) for side in join.sides]
        self.forecasts = [ForecastSums(form, **options) for form in forms if form is not None]
        """What is found of the forecasts of A and of B; empty if a loss judges no forecasts."""
        for record in join.pairs():
            self._add(Pairs(record, self.plan, join.scale))
        if self.differing:
            self._refuse(*self.differing[0])

    def _add(self, pairs: Pairs) -> None:
        differs = pairs.differing()
        if differs.any() or self.differing:
            self._note_differing(pairs, differs)
            return
        self.moments.add(pairs.weighted, pairs.weight, hashes=pairs.hashes)
        losses = [pairs.weigh(pairs.loss_a), pairs.weigh(pairs.loss_b)]
        for moments, values in zip((self.a, self.b), losses, strict=True):
            moments.add(values, pairs.weight)
        self.dependence.add(pairs, [pairs.weighted, *losses])
        self._count_infinite(pairs)
        for name, side, sums in zip("ab", self.join.sides, self.forecasts or (None, None), strict=True):
            if sums is not None:
                inputs = unpacked(side.plan, pairs.record.column(f"forecast_{name}").to_pylist())
                sums.add(StoredForecasts(inputs, pairs.targets("a"), pairs.weight, pairs.hashes))
        if self.murphy is not None:
            each = [next(iter(pairs.predictions(side).values())) for side in "ab"]
            self.murphy.add(pairs.identities, each, pairs.targets("a"), pairs)
        self.outcomes += np.bincount(outcome(pairs.difference), minlength=3)
        self.gain.add(np.minimum(pairs.weighted, 0.0))
        self.harm.add(np.maximum(pairs.weighted, 0.0))
        self.histogram.add(pairs.difference)
        if self.weighted_histogram is not None:
            self.weighted_histogram.add(pairs.weighted)
        for grouping in self.groupings:
            grouping.add(pairs if grouping.kind == "group" else pairs.of_classes())
        # ties are ordered by id, since rows come in any order
        numbers = pairs.identities.astype(np.int64)
        self.better.add(
            np.where(pairs.difference < 0, -pairs.weighted, -math.inf), "", numbers, lambda i: self._describe(pairs, i)
        )
        self.worse.add(
            np.where(pairs.difference > 0, pairs.weighted, -math.inf), "", numbers, lambda i: self._describe(pairs, i)
        )

    def estimate(self) -> Estimate:
        """Return the mean difference with its interval."""
        return self.dependence.estimate(self.moments, self.interval) or self.moments.estimate(self.interval)

    def turning(self, interval: ConfidenceInterval | None) -> Turning:
        """Return how few rows decide."""
        # the interval of the rows left follows from sums where rows are independent and weigh the same
        plain = self.weighted_histogram is None and interval is not None and interval.method == "normal"
        squares = self.moments.squares() if plain and not self.interval.resampled else None
        total, weight = self.moments.loss.value(), self.moments.weight()
        return turning(self.weighted_histogram or self.histogram, total, weight, interval, squares=squares)

    def over_time(self, every: str | None) -> OverTime | None:
        """Return the differences over time, or None without times."""
        level, times = level_of_periods(self.interval), self.dependence.times

        def period(start: str, k: int, moments: Sequence[Moments]) -> PairedPeriod:
            difference, a, b = moments
            interval = None if level is None else difference.normal_estimate(level, k).interval
            weight = unscaled(difference.weight(k), self.join.scale)
            return PairedPeriod(start, int(a.count[k]), weight, a.mean(k), b.mean(k), difference.mean(k), interval)

        return None if times is None else times.over_time(every, self.interval, period)

    def by_run(self, freedom: int | None) -> Runs | None:
        """Return the differences by run, or None without runs."""
        runs = self.dependence.runs

        def run(name: str, k: int, moments: Sequence[Moments]) -> PairedRun:
            difference, a, b = moments
            weight = unscaled(difference.weight(k), self.join.scale)
            return PairedRun(name, int(a.count[k]), weight, a.mean(k), b.mean(k), difference.mean(k))

        return None if runs is None else runs.runs(freedom, run)

    def _note_differing(self, pairs: Pairs, differs: np.ndarray) -> None:
        for i in np.flatnonzero(differs).tolist():
            key, one, other = (pairs.batch.columns[name].at(i) for name in ("id", "target_a", "target_b"))
            self.differing = [min([*self.differing, (key, one, other)], key=lambda known: known[0])]

    def _count_infinite(self, pairs: Pairs) -> None:
        from lossary.report.read.arrow_column import compute

        for side, losses in enumerate((pairs.loss_a, pairs.loss_b)):
            infinite = np.isinf(losses)
            if infinite.any():
                self.infinite[side] += int(infinite.sum())
                least, known = compute().min(pairs.record.column("id").filter(infinite)).as_py(), self.first_infinite[side]
                self.first_infinite[side] = least if known is None else min(known, least)

    def _refuse(self, key: Any, one: Any, other: Any) -> None:
        remedy = f"check that {self.plan.id!r} names the same rows in both"
        if self.join.by_place:
            remedy = 'name the column that tells rows apart, as in id="row", if their order differs'
        raise BadDataError(
            f"A and B hold predictions of the same rows, with the same target; {self.join.row(key)} has target "
            f"{self._named_target(one)} in A and {self._named_target(other)} in B; {remedy}"
        )

    def _named_target(self, target: Any) -> Any:
        """Return a target as the file has it: a class by its name."""
        if isinstance(target, bytes):
            return np.frombuffer(target).tolist()
        return self.plan.class_names[int(target)] if self.is_classified and target == int(target) else target

    def _describe(self, pairs: Pairs, i: int) -> Row:
        at = {name: column.at(i) for name, column in pairs.batch.columns.items()}
        shown = {f"prediction_{side}": self._described(at, side) for side in "ab"}
        return {
            "id": self.join.id(at["id"]),
            "loss_a": at["loss_a"],
            "loss_b": at["loss_b"],
            "difference": float(pairs.difference[i]),
            **shown,
            "target": self._named_target(at["target_a"]) if self.plan.has_target else None,
            "groups": {name: at[column] for name, column in self.join.groups.items()},
        }

    def _described(self, at: Mapping[str, Any], side: str) -> Any:
        """Return the prediction of a side: a number, a class, several by name, or None where the join keeps none."""
        found = {name: at[f"{column}_{side}"] for name, column in stored_predictions(self.plan).items()}
        if len(self.plan.loss.predictions) > 1:
            return found or None
        value = next(iter(found.values()), None)
        is_class = self.plan.shape == "classes" or self.plan.has_named_labels
        return self.plan.class_names[int(value)] if is_class and value is not None else value


def outcome(difference: np.ndarray) -> np.ndarray:
    """Return 0 where B wins, 1 for a tie, 2 where A wins."""
    found: np.ndarray = np.sign(difference).astype(np.int64) + 1
    return found
