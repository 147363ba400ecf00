"""The score of files of predictions: one pass over the rows, exact sums, everything wrong with the data counted."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossary import losses
from lossary.loss import Loss
from lossary.reduction import Total
from lossary.report.baseline import Baseline, ClassShares, Pair, Targets, best_constant, best_distribution
from lossary.report.columns import Names, Plan, Problems, check_same, make_plan, read_prediction, read_target, read_weight
from lossary.report.errors import BadDataError, UnreadableError, UsageError, nearest
from lossary.report.offender import Offender, first_offender
from lossary.report.read import Batch, Table, open_table, readable

BATCH_NUMBERS = 1 << 17
"""How many predictions are worked on at a time."""

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Score:
    """How good predictions are under one loss. Losses are in the units of the loss: nats for the cross-entropies."""

    loss: str
    parameters: Mapping[str, float]
    """The loss's own parameters, defaults included."""
    files: tuple[str, ...]
    count: int
    """Rows scored."""
    weight: float
    """Σw; the number of rows if there are no weights."""
    sum: float
    """Σwℓ, rounded once, whatever the order of the rows."""
    mean: float
    """Σwℓ / Σw."""
    baseline: float | None
    """The mean loss of the best constant prediction; None if none was found."""
    constant: str
    """That constant, in words."""
    invalid: Mapping[str, int] = field(default_factory=dict)
    """Rows skipped, by what is wrong with them; each counts once."""
    entropy: float | None = None
    """Mean entropy of the targets in nats, for the cross-entropies; the mean loss is it plus the KL divergence."""
    notes: tuple[str, ...] = ()
    """What a person should know about this score."""
    warnings: tuple[str, ...] = ()
    """Signs that something else was meant."""

    @property
    def skill(self) -> float | None:
        """1 - mean / baseline: 1 is perfect, 0 no better than the best constant; None where the baseline is not above 0."""
        if self.baseline is None or not 0 < self.baseline < math.inf or self.mean != self.mean:
            return None
        return 1 - self.mean / self.baseline

    @property
    def divergence(self) -> float | None:
        """Mean KL divergence from target to prediction in nats, for the cross-entropies."""
        return None if self.entropy is None else self.mean - self.entropy

    def to_dict(self) -> dict[str, Any]:
        """The score as JSON has it: a number that is not finite is "Infinity", "-Infinity" or "NaN"."""
        return {
            "schema": 1,
            "loss": self.loss,
            "parameters": {name: _json_number(value) for name, value in self.parameters.items()},
            "count": self.count,
            "weight": _json_number(self.weight),
            "sum": _json_number(self.sum),
            "mean": _json_number(self.mean),
            "baseline": _json_number(self.baseline),
            "skill": _json_number(self.skill),
            "invalid": dict(self.invalid),
        }

    def __str__(self) -> str:
        from lossary.report.text import write

        return "\n".join([write(self), *(f"  warning: {warning}" for warning in self.warnings)])


def _json_number(x: float | None) -> float | str | None:
    if x is None or math.isfinite(x):
        return x
    return "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"


def score(
    paths: Paths,
    *,
    loss: Loss | str,
    target: Names,
    prediction: Names,
    weight: str | None = None,
    given: str | None = None,
    parameters: Mapping[str, float] | None = None,
    classes: Sequence[str] | str | None = None,
    skip_invalid: bool = False,
    progress: Progress | None = None,
) -> Score:
    r"""Score files of predictions: the mean loss :math:`\sum wℓ / \sum w` over all their rows, and what it means.

    ``paths`` are Parquet, CSV, Arrow IPC or ``.npz`` files with the same columns, read in batches with constant memory.
    ``loss`` is a loss, or the name of a built-in one; ``parameters`` and ``given`` are its own. ``target`` is a column;
    ``prediction`` a column, a glob (``"logit_*"``, in natural order), a list of these, or a list column; ``weight`` a column of
    weights. ``classes`` names the classes in order, so that labels may be text. ``skip_invalid`` leaves out rows that cannot be
    scored and counts them. ``progress`` is called with the part that is done, 0 to 1.

    The sum is exact: it does not depend on the order of files or rows. Losses are in their own units.

    Raises :class:`BadDataError` for rows that cannot be scored (null, NaN, labels out of range, probabilities outside [0, 1] or
    not summing to 1), :class:`UnreadableError` for files, :class:`UsageError` for the rest; all are :class:`ReportError`.

    >>> import lossary, numpy, tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp(), "predictions.npz")
    >>> numpy.savez(file, y=[1.0, 2.0, 6.0], p=[1.0, 3.0, 5.0])
    >>> found = lossary.report.score(file, loss="squared_error", target="y", prediction="p")
    >>> found.mean, found.baseline
    (0.6666666666666666, 4.666666666666667)
    """
    chosen = find_loss(loss)
    own = read_parameters(chosen, parameters or {})
    _check_options(chosen, own, given)
    names = [os.fspath(p) for p in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    if not names:
        raise UsageError("there is at least one file to score; got none")
    tables = [open_table(name) for name in names]
    listed = classes.split(",") if isinstance(classes, str) else classes
    plan = make_plan(tables[0], chosen, given, own, target, prediction, weight, listed)
    for table in tables[1:]:
        check_same(plan, tables[0], table, prediction, target)
    return _Scoring(plan, tables, skip_invalid, progress).run()


def find_loss(loss: Loss | str) -> Loss:
    """A built-in loss by its name."""
    if isinstance(loss, Loss):
        return loss
    if loss not in losses.__all__:
        raise UsageError(
            f"there is no loss {loss!r}{nearest(loss, losses.__all__, 'there are')}; "
            "a loss of your own is named as path/to/file.py:name or module:name"
        )
    found: Loss = getattr(losses, loss)
    return found


def read_parameters(loss: Loss, given: Mapping[str, float]) -> dict[str, float]:
    """All parameters of a loss, those given replacing the defaults."""
    for name in given:
        if name in loss.own_options:
            raise UsageError(f"{name} is an option of {loss.__name__} in Python, not of a score; leave it out")
        if name not in loss.parameters:
            has = nearest(name, loss.parameters, "it has")
            raise UsageError(f"{loss.__name__} has no parameter {name!r}{has}")
    return {**loss.parameters, **given}


def _check_options(loss: Loss, parameters: Mapping[str, float], given: str | None) -> None:
    """Refuse parameters out of range and a misspelt ``given`` before any file is opened."""
    if given is not None and not loss.properties.given:
        raise UsageError(f"{loss.__name__} takes its prediction as it is; leave out --given {given}")
    options: dict[str, Any] = {**parameters, **({"given": given} if given else {})}
    point, target = loss.properties.prediction.inner_point, loss.properties.target.inner_point
    try:
        if loss.kind == "softmax":
            loss.total(np.zeros((1, 2)), np.zeros(1, np.int64), check=False, **options)
        else:
            shape = (1, 1) if loss.kind == "composed" else (1,)
            loss.total(np.full(shape, point), np.full(shape, target), check=False, **options)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None


class _Scoring:
    """One score in the making."""

    def __init__(self, plan: Plan, tables: list[Table], skip_invalid: bool, progress: Progress | None) -> None:
        self.plan, self.tables, self.skip_invalid = plan, tables, skip_invalid
        self.progress = progress or (lambda done: None)
        self.total, self.entropy = Total(), Total()
        self.invalid: Counter[str] = Counter()
        self.rows = 0
        self.offender: Offender | None = None
        self.infinite, self.first_infinite = 0, ("", 0)
        self.skipped: dict[tuple[int, int], np.ndarray] = {}
        self.targets, self.shares = Targets(self._read_targets_again), ClassShares()
        self.looks_like_probabilities = "probabilities" in plan.loss.properties.given and plan.given in (None, "logits")
        self.splits = plan.loss in (losses.cross_entropy, losses.binary_cross_entropy)
        self.size = self._batch_size()

    def _batch_size(self) -> int:
        selection = self.plan.prediction
        if selection.width == 0:  # a list column: its first rows say how long the lists are
            first = next(self.tables[0].batches(selection.columns, 1024), None)
            width = first.columns[selection.columns[0]].width() if first else None
        else:
            width = selection.width
        return max(256, BATCH_NUMBERS // (width or 1))

    def run(self) -> Score:
        for i, table in enumerate(self.tables):
            start = 0
            for batch in table.batches(self.plan.columns, self.size):
                self._take(batch, i, start)
                start += batch.rows
                self.progress((i + batch.done) / len(self.tables))
            if not start:
                raise UnreadableError(f"{table.path} has no rows; leave it out, or write it again")
            self.progress((i + 1) / len(self.tables))
        self._refuse()
        baseline = self._baseline()
        return Score(
            loss=self.plan.loss.__name__,
            parameters=self.plan.parameters,
            files=tuple(table.path for table in self.tables),
            count=self.total.count,
            weight=self.total.weight,
            sum=self.total.sum,
            mean=self.total.mean,
            baseline=baseline.loss,
            constant=baseline.constant,
            invalid=dict(sorted(self.invalid.items())),
            entropy=self.entropy.sum / self.total.weight if self.splits and self.total.weight else None,
            notes=tuple(self._notes(baseline)),
            warnings=tuple(self._warnings()),
        )

    def _take(self, batch: Batch, file: int, start: int) -> None:
        self.rows += batch.rows
        self.plan = plan = self.plan.with_width(batch)
        problems = Problems(batch.rows)
        with readable(self.tables[file].path, "what its name says"):  # text that is not UTF-8, for one
            prediction, target = read_prediction(batch, plan, problems), read_target(batch, plan, problems)
            weight = read_weight(batch, plan, problems)
        if problems.bad is None or not problems.bad.all():
            with np.errstate(all="ignore"):
                # on the dtype as stored: rows of half precision sum to 1 less exactly
                for kind, mask in plan.loss.problems(prediction, target, **plan.options).items():
                    problems.add(kind, mask)
            prediction = prediction.astype(np.float64, copy=False)
            batch_total = self._total(prediction, target, weight, problems)
            if math.isinf(batch_total.sum):
                self._count_infinite(prediction, target, weight, problems, self.tables[file].path, start)
        else:
            batch_total = Total()
        if problems.bad is not None:
            self.invalid.update({kind: int(mask.sum()) for kind, mask in problems.masks.items()})
            self.skipped[file, start] = np.packbits(problems.bad)
            if self.offender is None:
                self.offender = first_offender(self.tables[file].path, batch, start, plan, problems)
            keep = ~problems.bad
            prediction, target = prediction[keep], target[keep]
            weight = None if weight is None else weight[keep]
        if self.offender is None or self.skip_invalid:
            self.total += batch_total
            self._collect(prediction, target, weight)

    def _count_infinite(
        self, prediction: np.ndarray, target: np.ndarray, weight: np.ndarray | None, problems: Problems, path: str, start: int
    ) -> None:
        losses = self.plan.loss(prediction, target, weight=weight, reduction="none", check=False, **self.plan.options)
        found = np.isinf(losses) & (True if problems.bad is None else ~problems.bad)
        if found.any() and not self.infinite:
            self.first_infinite = path, start + int(found.argmax())
        self.infinite += int(found.sum())

    def _total(self, prediction: np.ndarray, target: np.ndarray, weight: np.ndarray | None, problems: Problems) -> Total:
        plan = self.plan

        def total() -> Total:
            where = None if problems.bad is None else ~problems.bad
            return plan.loss.total(prediction, target, weight=weight, where=where, check=False, **plan.options)

        found = total()
        if math.isnan(found.sum):
            values = plan.loss(prediction, target, reduction="none", check=False, **plan.options)
            problems.add("NaN loss", np.isnan(values))
            found = total()
        return found

    def _collect(self, prediction: np.ndarray, target: np.ndarray, weight: np.ndarray | None) -> None:
        plan = self.plan
        if not len(target):
            return
        if plan.loss.kind == "softmax":
            self.shares.add(target, weight, plan.prediction.width or 0)
        elif plan.loss.kind == "pointwise":
            self.targets.add(target, weight)
        if self.splits and (target.ndim == 2 or (target.dtype.kind == "f" and ((target > 0) & (target < 1)).any())):
            # a hard target has no entropy
            self.entropy += plan.loss.total(target, target, weight=weight, given="probabilities", check=False)
        if self.looks_like_probabilities:
            inside = bool(prediction.min() >= 0) and bool(prediction.max() <= 1)
            self.looks_like_probabilities = inside and (
                prediction.ndim == 1 or bool((abs(prediction.sum(axis=1) - 1) <= 1e-3).all())
            )

    def _read_targets_again(self) -> Iterator[Pair]:
        plan = self.plan
        for i, table in enumerate(self.tables):
            start = 0
            for batch in table.batches(plan.target_columns, self.size):
                ignored = Problems(batch.rows)
                target, weight = read_target(batch, plan, ignored).astype(np.float64), read_weight(batch, plan, ignored)
                bad = self._skipped(i, start, batch.rows)
                start += batch.rows
                if bad is None:
                    yield target, weight
                else:
                    yield target[~bad], None if weight is None else weight[~bad]

    def _skipped(self, file: int, start: int, rows: int) -> np.ndarray | None:
        packed = self.skipped.get((file, start))
        return None if packed is None else np.unpackbits(packed, count=rows).astype(bool)

    def _refuse(self) -> None:
        if self.offender is None:
            return
        if self.skip_invalid and self.total.count:
            return
        raise BadDataError(self.offender.sentence(self.plan, self.invalid, self.rows, skip_invalid=self.skip_invalid))

    def _baseline(self) -> Baseline:
        plan = self.plan
        if plan.loss.kind == "softmax":
            return best_distribution(plan.loss, plan.parameters, self.shares.weights(), self.total.weight)
        return best_constant(plan.loss, plan.parameters, self.targets, self.total.weight)

    def _notes(self, baseline: Baseline) -> Iterator[str]:
        if baseline.note:
            yield baseline.note
        if not self.total.weight > 0:
            yield "every row weighs 0, so there is no mean"
        elif baseline.loss == 0:
            yield "the best constant has no loss, so there is no skill"
        if self.infinite:
            path, row = self.first_infinite
            rows = "row" if self.infinite == 1 else "rows"
            yield f"the loss of {self.infinite:,} {rows} is infinite, first in {path}, row {row + 1} (index {row})"

    def _warnings(self) -> Iterator[str]:
        if self.looks_like_probabilities and self.total.count:
            yield (
                f"every prediction lies in [0, 1]{' and each row sums to 1' if self.plan.prediction.width else ''}: these look "
                "like probabilities; pass --given probabilities (they were scored as logits)"
            )
