"""Is B better than A? Two sets of predictions of the same rows, joined by an id, whatever their order and size."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary._version import __version__
from lossary.counted import counted
from lossary.engine.exact_sum import ExactSums
from lossary.errors import BadDataError, UsageError
from lossary.names import explains_options
from lossary.printable import printable
from lossary.report.measure import checks
from lossary.report.measure.breakdown import LISTED, ByColumn
from lossary.report.measure.histogram import Tally
from lossary.report.measure.job import Job, Progress, with_width
from lossary.report.measure.join import ROWS, Join
from lossary.report.measure.moments import Interval, Moments
from lossary.report.measure.plan import Plan, check_same, make_plan, with_families
from lossary.report.measure.resample import Buckets
from lossary.report.measure.select import Names
from lossary.report.measure.summary import GROUP_BUCKETS, MOST_GROUPS
from lossary.report.measure.values import scaled
from lossary.report.measure.worst import Row, Worst
from lossary.report.read.data import Data, tables_of
from lossary.report.read.open import TextFormat
from lossary.report.read.table import Batch
from lossary.report.score import SCHEMA, as_frame, as_json

if TYPE_CHECKING:
    from lossary.engine.calls import Loss


@dataclass(frozen=True)
class Side:
    """One of the two sets of predictions."""

    files: tuple[str, ...]
    mean: float
    """Over the rows that both have."""
    rows: int
    """Before the join."""
    infinite: int = 0
    """Rows of infinite loss, of those that both have."""


@dataclass(frozen=True)
class Part:
    """Rows that have something in common."""

    name: str
    count: int
    weight: float
    mean_a: float
    mean_b: float
    difference: float
    interval: Interval | None
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True)
class Breakdown:
    """The difference by part, the one that contributes most first."""

    by: str
    kind: str
    of: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, repr=False)
class Comparison:
    """Two sets of predictions under one loss, row by row; a difference is that of B less that of A, so below 0 B is better."""

    loss: str
    parameters: Mapping[str, float]
    unit: str | None
    a: Side
    b: Side
    id: str
    count: int
    """Rows that both have, those of weight 0 among them."""
    weight: float
    only_a: int
    only_b: int
    difference: float
    """Σw(ℓ_B - ℓ_A) / Σw."""
    interval: Interval | None
    wins: int
    """Rows where B has the smaller loss."""
    losses: int
    ties: int
    breakdowns: tuple[Breakdown, ...]
    changed: Mapping[str, tuple[Row, ...]]
    """The rows that became "better" and "worse" most."""
    histogram: tuple[Mapping[str, Any], ...]
    """Of the differences of rows."""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def relative(self) -> float | None:
        """The difference over the mean of A; None where that is not above 0, or either is not finite."""
        return self.difference / self.a.mean if 0 < self.a.mean < math.inf and math.isfinite(self.difference) else None

    @property
    def verdict(self) -> str:
        """Whether B is "better" or "worse": the interval excludes 0, or the difference is infinite; else "undecided".

        "equal" where every row ties.
        """
        return "equal" if self.ties and not self.wins + self.losses else _verdict(self.difference, self.interval)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        if self.verdict == "equal":
            return "every row has the same loss under A and B"
        if math.isinf(self.difference):
            return f"B is {self.verdict} than A (the mean difference is infinite)"
        if math.isnan(self.difference) and self.a.infinite:
            return "undecided: A and B have infinite losses on different rows"
        if self.interval is None:
            return "undecided: there is no interval"
        if self.verdict == "undecided":
            return "neither is shown to be better: the interval contains 0"
        return f"B is {self.verdict} than A (the {100 * self.interval.level:g} % interval leaves out 0)"

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON has it. See docs/compare.md."""
        own = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        derived = {"relative": self.relative, "verdict": self.verdict}
        found: dict[str, Any] = as_json({"schema": SCHEMA, "kind": "comparison", "lossary": __version__, **own, **derived})
        return found

    def to_html(self) -> str:
        """The comparison as a page of its own."""
        from lossary.report.show.html import render

        return render(self.to_dict())

    def _repr_html_(self) -> str:
        return as_frame(self.to_html())

    def __repr__(self) -> str:
        return f"<Comparison {self.loss}: {self.verdict}, difference {self.difference!r} over {counted(self.count, 'row')}>"

    def __str__(self) -> str:
        from lossary.report.show.text import write

        return "\n".join([write(self), *(f"  warning: {printable(warning)}" for warning in self.warnings)])


@explains_options
def compare(
    a: Data,
    b: Data,
    *,
    id: str,
    loss: Loss | str,
    target: Names,
    prediction: Names,
    prediction_b: Names | None = None,
    weight: str | None = None,
    given: str | None = None,
    parameters: Mapping[str, float] | None = None,
    classes: Sequence[str] | str | None = None,
    group: str | Sequence[str] = (),
    cluster: str | None = None,
    interval: str = "normal",
    level: float = 0.95,
    changed: int = 10,
    skip_invalid: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    r"""Compare predictions B with predictions A of the same rows: the mean of :math:`ℓ_B - ℓ_A`, and how sure it is.

    ``a`` and ``b`` are data as :func:`score` takes them, in any order; ``id`` is the column that tells rows apart in both. They
    are joined on disk, so they may be larger than memory. Groups and clusters are those of A, weights those of the side that
    has them. Both have the target, which has to agree row by row, as have weights that both have. Classes are matched by name.
    ``prediction_b`` is B's prediction where it is named otherwise. The other options are those of :func:`score`; ``changed`` is
    how many rows are listed that became better and worse most.

    Rows of one alone are counted and left out. Differences are paired, so what makes a row hard for both cancels out of the
    interval. Raises what :func:`score` raises; ids that are missing or occur twice are bad data.

    >>> import lossary
    >>> a = {"row": [1, 2, 3, 4], "y": [0.0, 1.0, 2.0, 3.0], "p": [0.5, 1.5, 2.5, 3.5]}
    >>> b = {"row": [4, 3, 2, 1], "y": [3.0, 2.0, 1.0, 0.0], "p": [3.0, 2.25, 1.0, 0.0]}
    >>> found = lossary.report.compare(a, b, id="row", loss="squared_error", target="y", prediction="p")
    >>> found.difference, found.wins, found.verdict
    (-0.234375, 4, 'better')
    """
    chosen, own = checks.check_loss(loss, parameters, given)
    checks.check_interval(interval, level)
    checks.check_truth(skip_invalid, "skip_invalid")
    checks.check_count(changed, "changed is how many rows are listed")
    groups, listed = checks.columns(group, "group"), checks.classes(classes)
    cluster, weight = checks.column(cluster, "cluster"), checks.column(weight, "weight")
    if checks.column(id, "id") is None:
        raise UsageError("a comparison joins rows by an id; got None; name the column that tells rows apart")
    sides = []
    found = [tables_of(data, target, prediction, None, TextFormat(encoding, delimiter))[0] for data in (a, b)]
    holding = [weight is not None and weight in tables[0].kinds for tables in found]
    if weight is not None and not any(holding):
        found[0][0].require(weight, "weight")
    for tables, holds, wanted, extra in zip(
        found, holding, (prediction, prediction_b or prediction), ((groups, cluster), ([], None)), strict=True
    ):
        plan = make_plan(
            tables[0], chosen, given, own, target, wanted, weight if holds else None, listed, extra[0], id, extra[1]
        )
        for table in tables[1:]:
            check_same(plan, tables[0], table, wanted, target)
        sides.append(with_width(Job(plan, tuple(tables), ROWS, skip_invalid)))
    for k, side in enumerate(sides):
        plan = with_families(side.plan, side.tables, sides[1 - k].tables)
        sides[k] = dataclasses.replace(side, plan=plan if k == 0 else plan.in_order_of(sides[0].plan))
    with tempfile.TemporaryDirectory(prefix="lossary-", ignore_cleanup_errors=True) as folder:
        joined = Join(Path(folder), sides, progress)
        return _Comparing(joined, interval, level, changed).finish()


class _Pairs:
    """Joined rows, as a breakdown takes them: the weighted loss is that of the difference."""

    def __init__(self, record: Any, plan: Plan, scale: int) -> None:
        from lossary.report.read.arrow_column import ArrowColumn

        self.record, self.plan, self.scale = record, plan, scale
        names = record.schema.names
        self.batch: Batch = Batch({name: ArrowColumn(record.column(name)) for name in names}, record.num_rows, 0, 1.0)
        self.loss_a, self.loss_b = self._numbers("loss_a"), self._loss_of_b()
        self.weight = scaled(self._numbers("weight"), -scale) if "weight" in names else None
        self.identities = self._numbers("hash")
        self.hashes = self._numbers("cluster") if "cluster" in names else self.identities
        with np.errstate(invalid="ignore"):
            # the same infinite loss is no difference
            self.difference = np.where(self.loss_a == self.loss_b, 0.0, self.loss_b - self.loss_a)
            self.weighted = self.weigh(self.difference)

    def _numbers(self, name: str) -> np.ndarray:
        found: np.ndarray = self.record.column(name).to_numpy(zero_copy_only=False)
        return found

    def _target(self, side: str) -> np.ndarray:
        """The targets of a side: numbers, or rows of them."""
        target = self.record.column(f"target_{side}")
        if self.record.schema.field(f"target_{side}").type == "double":
            return self._numbers(f"target_{side}")
        return np.frombuffer(b"".join(target.to_pylist())).reshape(len(target), -1)

    def _loss_of_b(self) -> np.ndarray:
        """The losses of B; by A's target where B's is that rounded to fewer digits, or the reverse."""
        found, plan = self._numbers("loss_b"), self.plan
        if plan.loss.kind != "pointwise":
            return found
        one, other = self._target("a"), self._target("b")
        rounded = one != other
        if rounded.any():
            found = found.copy()
            with np.errstate(all="ignore"):
                prediction = self._numbers("prediction_b")[rounded]
                found[rounded], _ = plan.loss.sample_losses(prediction, one[rounded], check=False, **plan.options)
        return found

    def differing(self) -> np.ndarray:
        """Rows whose targets differ; one that is the other rounded to float32 or float16 does not."""
        one, other = self._target("a"), self._target("b")
        if one.ndim != other.ndim:  # classes on one side, distributions on the other
            classes = np.arange(len(self.plan.class_names))
            one, other = (x if x.ndim == 2 else x[:, None] == classes for x in (one, other))
        same = one == other
        with np.errstate(over="ignore"):
            for kind in (np.float32, np.float16):
                if not same.all():
                    same |= (one.astype(kind) == other) | (one == other.astype(kind))
        return ~(same.all(axis=1) if same.ndim == 2 else same)

    def of_classes(self) -> _Pairs:
        """Those whose target is a class."""
        target = self._numbers("target_a")
        hard = target == np.floor(target)
        return self if hard.all() else _Pairs(self.record.filter(hard), self.plan, self.scale)

    def weigh(self, values: np.ndarray) -> np.ndarray:
        """Times the weight."""
        with np.errstate(over="ignore"):
            return values if self.weight is None else self.weight * values

    def pick(self, values: np.ndarray) -> np.ndarray:
        """All of them."""
        return values


class _Parts:
    """The difference by the values of a column, in the making."""

    def __init__(self, column: str, by: str, kind: str, *, weighted: bool, resampled: bool) -> None:
        self.split = ByColumn(column, "number" if kind == "class" else "text", weighted=weighted, biased=False)
        self.by, self.kind = by, kind
        self.a, self.b = ExactSums(), ExactSums()
        self.outcomes = np.zeros((1, 3), np.int64)
        self.buckets = Buckets(GROUP_BUCKETS) if resampled else None

    def add(self, pairs: _Pairs) -> None:
        index = self.split.index(pairs)
        size = self.split.moments.size
        self.a.grow(size)
        self.b.grow(size)
        if size > len(self.outcomes):
            self.outcomes = np.concatenate([self.outcomes, np.zeros((size - len(self.outcomes), 3), np.int64)])
        self.split.moments.add(pairs.weighted, pairs.weight, index)
        self.a.add(pairs.weigh(pairs.loss_a), index)
        self.b.add(pairs.weigh(pairs.loss_b), index)
        self.outcomes += np.bincount(3 * index + _outcome(pairs.difference), minlength=3 * size).reshape(-1, 3)
        if self.buckets is not None and self.split.known <= MOST_GROUPS:
            self.buckets.grow(size)
            self.buckets.add(pairs.weighted, pairs.weight, pairs.hashes, index)

    def finish(self, interval: Any, classes: Sequence[str]) -> Breakdown:
        moments, names = self.split.moments, self.split.names()
        if self.kind == "class":
            names = [classes[int(name)] if name else "" for name in names]
        used = np.flatnonzero(moments.count).tolist()
        sums = np.nan_to_num(moments.loss.values(), nan=0.0)
        parts = []
        for k in sorted(used, key=lambda k: (-abs(sums[k]), names[k]))[:LISTED]:
            weight = moments.weight(k)
            mean_a, mean_b = ((s.value(k) / weight if weight else math.nan) for s in (self.a, self.b))
            counts = (int(moments.count[k]), weight)
            usable = self.buckets if self.split.known <= MOST_GROUPS else None
            wins, ties, losses = self.outcomes[k].tolist()
            parts.append(
                Part(names[k], *counts, mean_a, mean_b, moments.mean(k), interval(moments, usable, k), wins, losses, ties)
            )
        return Breakdown(self.by, self.kind, len(used), tuple(parts))


def _verdict(difference: float, interval: Interval | None) -> str:
    if math.isinf(difference):  # certain without an interval: of rows like these, one is enough for an infinite mean
        return "better" if difference < 0 else "worse"
    if interval is None:
        return "undecided"
    return "better" if interval.high < 0 else "worse" if interval.low > 0 else "undecided"


def _outcome(difference: np.ndarray) -> np.ndarray:
    """0 where B wins, 1 for a tie, 2 where A wins."""
    found: np.ndarray = np.sign(difference).astype(np.int64) + 1
    return found


class _Comparing:
    """One comparison in the making."""

    def __init__(self, join: Join, method: str, level: float, changed: int) -> None:
        self.join, self.method, self.level = join, method, level
        self.plan: Plan = join.sides[0].plan
        self.resampled = method != "none" and (self.plan.cluster is not None or method == "bootstrap")
        weighted = any(join.weighted)
        self.moments, self.a, self.b = (Moments(weighted=weighted) for _ in range(3))
        self.buckets = Buckets() if self.resampled else None
        options = {"weighted": weighted, "resampled": self.resampled}
        self.parts = [_Parts(column, name, "group", **options) for name, column in join.groups.items()]
        self.is_classified = self.plan.is_binary or self.plan.labels is not None
        if self.is_classified:
            self.parts.append(_Parts("target_a", "class", "class", **options))
        self.outcomes = np.zeros(3, np.int64)
        self.tally = Tally()
        self.better, self.worse = Worst(changed), Worst(changed)
        self.infinite = [0, 0]
        self.first_infinite: list[Any] = [None, None]
        """Of rows of infinite loss, the least id; by side."""
        self.differing = list[tuple[Any, Any, Any]]()
        """Of rows whose targets differ, the least id and its targets; empty if there are none."""
        for record in join.pairs():
            self._add(_Pairs(record, self.plan, join.scale))
        if self.differing:
            self._refuse(*self.differing[0])

    def _add(self, pairs: _Pairs) -> None:
        differs = pairs.differing()
        if differs.any() or self.differing:
            self._note_differing(pairs, differs)
            return
        self.moments.add(pairs.weighted, pairs.weight)
        self.a.add(pairs.weigh(pairs.loss_a), pairs.weight)
        self.b.add(pairs.weigh(pairs.loss_b), pairs.weight)
        self._count_infinite(pairs)
        self.outcomes += np.bincount(_outcome(pairs.difference), minlength=3)
        self.tally.add(pairs.difference)
        if self.buckets is not None:
            self.buckets.add(pairs.weighted, pairs.weight, pairs.hashes)
        for parts in self.parts:
            parts.add(pairs if parts.kind == "group" else pairs.of_classes())
        # what tells equals apart is the id, as rows come in any order
        numbers = pairs.identities.astype(np.int64)
        self.better.add(
            np.where(pairs.difference < 0, -pairs.weighted, -math.inf), "", numbers, lambda i: self._describe(pairs, i)
        )
        self.worse.add(
            np.where(pairs.difference > 0, pairs.weighted, -math.inf), "", numbers, lambda i: self._describe(pairs, i)
        )

    def _note_differing(self, pairs: _Pairs, differs: np.ndarray) -> None:
        for i in np.flatnonzero(differs).tolist():
            key, one, other = (pairs.batch.columns[name].at(i) for name in ("id", "target_a", "target_b"))
            self.differing = [min([*self.differing, (key, one, other)], key=lambda known: known[0])]

    def _count_infinite(self, pairs: _Pairs) -> None:
        from lossary.report.read.arrow_column import compute

        for side, losses in enumerate((pairs.loss_a, pairs.loss_b)):
            infinite = np.isinf(losses)
            if infinite.any():
                self.infinite[side] += int(infinite.sum())
                least, known = compute().min(pairs.record.column("id").filter(infinite)).as_py(), self.first_infinite[side]
                self.first_infinite[side] = least if known is None else min(known, least)

    def _refuse(self, key: Any, one: Any, other: Any) -> None:
        raise BadDataError(
            f"A and B hold predictions of the same rows, with the same target; the row of id {self.join.id(key)!r} has target "
            f"{self._told(one)} in A and {self._told(other)} in B; check that {self.plan.id!r} names the same rows in both"
        )

    def _told(self, target: Any) -> Any:
        """A target as a person knows it: a class by its name."""
        if isinstance(target, bytes):
            return np.frombuffer(target).tolist()
        return self.plan.class_names[int(target)] if self.is_classified and target == int(target) else target

    def _describe(self, pairs: _Pairs, i: int) -> Row:
        at = {name: column.at(i) for name, column in pairs.batch.columns.items()}
        classes, several = self.plan.class_names, self.plan.loss.kind == "softmax"
        shown = {name: classes[int(at[name])] if several else at[name] for name in ("prediction_a", "prediction_b")}
        return {
            "id": self.join.id(at["id"]),
            "loss_a": at["loss_a"],
            "loss_b": at["loss_b"],
            "difference": float(pairs.difference[i]),
            **shown,
            "target": self._told(at["target_a"]),
            "groups": {name: at[column] for name, column in self.join.groups.items()},
        }

    def _interval(self, moments: Moments, buckets: Buckets | None, place: int = 0) -> Interval | None:
        if self.method == "none":
            return None
        if not self.resampled:
            return moments.interval(self.level, place)
        return None if buckets is None or place >= buckets.groups else buckets.interval(self.level, self.method, place)

    def finish(self) -> Comparison:
        join = self.join
        own, count = join.counts()
        if not count:
            one, other = (
                join.id(join.ask(f"select min(id) from (select id from {n} union all select id from {n}0)")[0][0])  # noqa: S608
                for n in "ab"
            )
            raise BadDataError(
                f"A and B have no id in common in column {self.plan.id!r}, where A has {one!r} and B has {other!r}, the least "
                "of each; name a column that tells the same rows apart in both, written the same way"
            )
        scored = [join.ask(f"select count(*) from {name}")[0][0] for name in "ab"]  # noqa: S608
        rows = [number + nothing for number, nothing in zip(scored, join.weightless, strict=True)]
        sides = [
            Side(tuple(table.path for table in job.tables), moments.mean(), number, infinite)
            for job, moments, number, infinite in zip(join.sides, (self.a, self.b), rows, self.infinite, strict=True)
        ]
        wins, ties, losses = self.outcomes.tolist()
        difference, interval = self.moments.mean(), self._interval(self.moments, self.buckets)
        breakdowns = tuple(self._breakdown(parts) for parts in self.parts if parts.outcomes.any())
        return Comparison(
            loss=self.plan.loss.__name__,
            parameters=self.plan.parameters,
            unit="nats" if self.plan.loss.__name__ in ("binary_cross_entropy", "cross_entropy") else None,
            a=sides[0],
            b=sides[1],
            id=str(self.plan.id),
            count=count,
            weight=self._unscaled(self.moments.weight()),
            only_a=own[0] - count,
            only_b=own[1] - count,
            difference=difference,
            interval=interval,
            wins=wins,
            losses=losses,
            ties=ties,
            breakdowns=breakdowns,
            changed={
                name: tuple(row for key, row in w.rows if key[0] < 0)
                for name, w in (("better", self.better), ("worse", self.worse))
            },
            histogram=tuple(self.tally.histogram()),
            notes=tuple(self._notes(_verdict(difference, interval), breakdowns)),
            warnings=tuple(self._warnings(count, own)),
        )

    def _breakdown(self, parts: _Parts) -> Breakdown:
        found = parts.finish(self._interval, self.plan.class_names)
        own = tuple(dataclasses.replace(part, weight=self._unscaled(part.weight)) for part in found.parts)
        return dataclasses.replace(found, parts=own)

    def _unscaled(self, weight: float) -> float:
        with np.errstate(over="ignore", under="ignore"):
            return float(np.ldexp(weight, self.join.scale))

    def _notes(self, verdict: str, breakdowns: Sequence[Breakdown]) -> Iterator[str]:
        if self.join.skipped:
            were = "was" if self.join.skipped == 1 else "were"
            yield f"{counted(self.join.skipped, 'row')} of A and B together could not be scored and {were} left out"
        for breakdown in breakdowns:
            for other in ("better", "worse"):
                names = [part.name for part in breakdown.parts if _verdict(part.difference, part.interval) == other]
                if other != verdict and names:
                    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
                    yield f"B is {other} where {breakdown.by} is {', '.join(names[:5])}{more}, judged by those rows alone"

    def _warnings(self, count: int, rows: Sequence[int]) -> Iterator[str]:
        for side, number, first in zip("AB", self.infinite, self.first_infinite, strict=True):
            if number:
                yield (
                    f"the loss of {number:,} {'row' if number == 1 else 'rows'} of {side} is infinite, "
                    f"the least id among them is {self.join.id(first)!r}"
                )
        if count < 0.5 * min(rows):
            yield (
                f"only {counted(count, 'row is', 'rows are')} in both, of {rows[0]:,} and {rows[1]:,}; "
                f"check that {self.plan.id!r} means the same in both"
            )
