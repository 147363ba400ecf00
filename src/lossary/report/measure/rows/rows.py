"""Turn a batch of a file into valid rows with their losses."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from lossary.engine.exact_sum import Scored
from lossary.engine.loss import Loss
from lossary.errors import ReportError, UsageError
from lossary.kernels import native
from lossary.report.measure.plan.plan import PRESENT, ColumnPlan
from lossary.report.measure.rows.lists import list_losses, problems_of, read_lists
from lossary.report.measure.rows.values import Problems, read_inputs, read_weight
from lossary.report.read.identity import Keys, scatter, siphash
from lossary.report.read.table import Batch, readable

ODDS_SHIFT = 44
ODDS_BINS = 64 << (52 - ODDS_SHIFT)
"""Bins of the smaller of p and 1 - p: 64 octaves of 256 steps, 0.2 to 0.4 % each."""
ODDS_LEAST = int(np.float64(2.0**-65).view(np.int64)) >> ODDS_SHIFT
BANDS = 10
"""Bands of the probability of the predicted class."""


@dataclass
class Rows:
    """The valid rows of positive weight of a batch; arrays have one entry for each row."""

    plan: ColumnPlan
    path: str
    batch: Batch
    problems: Problems
    inputs: dict[str, np.ndarray]
    """The predictions, and the target if there is one, in float64; two-dimensional if the loss takes several numbers."""
    weight: np.ndarray | None
    losses: np.ndarray
    """Unweighted, in float64."""
    stored: np.dtype
    """The dtype in which the file stores predictions."""
    scored: Scored | None = None
    """The exact sums, if they were computed with the losses."""
    clipped: int = 0
    """The number of rows with a probability that was moved."""
    options: dict[str, np.ndarray] = field(default_factory=dict)
    """Options of the loss with a row of numbers for each row: which members are present."""

    @property
    def prediction(self) -> np.ndarray:
        """The first prediction, and the only one of most losses."""
        return self.inputs[self.plan.loss.predictions[0]]

    @property
    def target(self) -> np.ndarray:
        """The target."""
        return self.inputs["target"]

    @cached_property
    def places(self) -> np.ndarray:
        """The index of each row in the batch."""
        out = self.problems.left_out
        return np.arange(self.batch.rows) if out is None else np.flatnonzero(~out)

    def pick(self, values: np.ndarray) -> np.ndarray:
        """Return the entries of these rows of an array over the batch."""
        out = self.problems.left_out
        return values if out is None else values[~out]

    @cached_property
    def weightless(self) -> int:
        """The number of rows of weight 0 in the batch."""
        mask = self.problems.weightless
        return 0 if mask is None else int(np.count_nonzero(mask))

    @cached_property
    def weighted(self) -> np.ndarray:
        """wℓ."""
        with np.errstate(over="ignore"):
            return self.losses if self.weight is None else self.weight * self.losses

    @cached_property
    def identities(self) -> np.ndarray:
        """A hash of the id of each row, or of its file and index if it has no id."""
        name = np.frombuffer(os.fsencode(self.path.rpartition("/")[2]), np.uint8)
        file = siphash(name, np.array([0, len(name)]), bytes(16))[0]
        places = scatter(scatter((self.places + self.batch.start).astype(np.uint64)) ^ file)
        if self.plan.id is None:
            return places
        keys = self.ids
        found = self.pick(keys.hashes())
        return found if keys.missing is None else np.where(self.pick(keys.missing), places, found)

    @cached_property
    def ids(self) -> Keys:
        """The ids of all rows of the batch."""
        name = str(self.plan.id)
        return self.batch.columns[name].keys(self.plan.families[name])

    @cached_property
    def cluster_hashes(self) -> np.ndarray:
        """A hash of the cluster of each row; rows without one form a cluster."""
        name = str(self.plan.cluster)
        return self.pick(self.batch.columns[name].keys(self.plan.families[name]).hashes())

    @property
    def units(self) -> np.ndarray:
        """The hashes of what makes rows dependent: those of clusters, or of the rows themselves."""
        return self.identities if self.plan.cluster is None else self.cluster_hashes

    @property
    def hashes(self) -> np.ndarray:
        """The hashes by which rows are resampled: those of runs, of clusters, or of the rows themselves."""
        if self.plan.run is None:
            return self.units
        return self.pick(self.batch.columns[self.plan.run].keys(self.plan.families[self.plan.run]).hashes())

    @cached_property
    def times(self) -> np.ndarray:
        """The time of each row, as an integer; see ``read/times.py``."""
        assert self.batch.times is not None
        return self.pick(self.batch.times)

    @cached_property
    def hard(self) -> np.ndarray:
        """A mask of the targets that are classes; binary targets may be probabilities."""
        return (self.target == 0) | (self.target == 1) if self.plan.is_binary else np.ones(len(self.target), bool)

    @cached_property
    def is_hard(self) -> bool:
        """True if every target is a class: 0 or 1, or an index."""
        if self.plan.has_named_labels:
            return True
        if self.target.ndim == 2 or (self.plan.shape != "classes" and not self.plan.is_binary):
            return False
        return self.target.dtype.kind != "f" or bool(((self.target == 0) | (self.target == 1)).all())

    @cached_property
    def weighted_residual(self) -> np.ndarray:
        """w·(prediction - target), where the prediction of an event is its probability."""
        with np.errstate(invalid="ignore", over="ignore"):
            residual: np.ndarray = (self.probability if self.plan.is_binary else self.prediction) - self.target
            return residual if self.weight is None else self.weight * residual

    @cached_property
    def event_probability(self) -> tuple[np.ndarray, np.ndarray]:
        """The probability p of the predicted event: whether p > 1/2, and the smaller of p and 1 - p.

        The event is that a binary target is 1, or that the predicted class is the target. The smaller one is exact near 0.
        """
        x, given = self.prediction, self.plan.given_as
        with np.errstate(all="ignore"):
            if x.ndim == 2:
                if given == "probabilities":
                    top = x.max(axis=1)
                    return top > 0.5, np.where(top > 0.5, 1 - top, top)
                e = np.exp(x - x.max(axis=1, keepdims=True))
                total = e.sum(axis=1)
                rest = total - 1
                return rest < 1, np.minimum(rest, 1) / total
            if given == "probabilities":
                return x > 0.5, np.where(x > 0.5, 1 - x, x)
            if given == "log_probabilities":
                above = x > -np.log(2)
                return above, np.where(above, -np.expm1(x), np.exp(x))
            return x > 0, 1 / (1 + np.exp(abs(x)))

    @cached_property
    def probability(self) -> np.ndarray:
        """The probability that a binary target is 1."""
        above, smaller = self.event_probability
        return np.where(above, 1 - smaller, smaller)

    @cached_property
    def bins(self) -> tuple[np.ndarray, np.ndarray]:
        """The bin of p of each row, the first half for p ≤ 1/2; and the band of confidence of each row."""
        # by the kernel however few rows there are, since its exp may round differently from NumPy's
        if self.prediction.ndim == 1 and native.available("calibration"):
            found = self._bins_by_kernel()
            if found is not None:
                return found
        above, smaller = self.event_probability
        # the bits of positive floats are ordered like their values; 2^-65 and below are one bin
        step = np.clip((np.ascontiguousarray(smaller).view(np.int64) >> ODDS_SHIFT) - ODDS_LEAST, 0, ODDS_BINS - 1)
        least = self.plan.least_confidence
        band = ((self.confidence - least) / (1 - least) * BANDS).astype(np.int64).clip(0, BANDS - 1)
        return np.where(above, step + ODDS_BINS, step), band

    def _bins_by_kernel(self) -> tuple[np.ndarray, np.ndarray] | None:
        from lossary.kernels import odds

        kernel = odds.binning(str(self.plan.given_as))
        if kernel is None:
            return None
        x = np.ascontiguousarray(self.prediction)
        index, band = np.empty(len(x), np.int64), np.empty(len(x), np.int64)
        addresses = [array.__array_interface__["data"][0] for array in (x, index, band)]
        kernel(*addresses, ODDS_LEAST, ODDS_BINS, BANDS, len(x))
        return index, band

    @cached_property
    def confidence(self) -> np.ndarray:
        """The probability of the predicted class."""
        above, smaller = self.event_probability
        return 1 - smaller if self.prediction.ndim == 1 else np.where(above, 1 - smaller, smaller)

    @cached_property
    def likeliest(self) -> np.ndarray:
        """The predicted class, the first of several equally probable ones: an index, or a mask of the rows where it is 1."""
        if self.plan.has_named_labels:
            return self.prediction.astype(np.int64)
        if self.prediction.ndim == 2:
            return self.prediction.argmax(axis=1)
        return self.bins[0] >= ODDS_BINS if self.plan.is_binary else self.prediction > 0

    @cached_property
    def is_right(self) -> np.ndarray:
        """A mask of the rows whose target is the predicted class."""
        named = self.prediction.ndim == 2 or self.plan.has_named_labels
        return self.likeliest == (self.target if named else self.target == 1)

    @property
    def mistakes(self) -> np.ndarray:
        """1 for each row whose target is not the predicted class, and 0 for the others; raises where a target is no class."""
        if not self.hard.all():
            raise ValueError(f"a label is 0 or 1; got {self.target[~self.hard][0]:g}; leave it out")
        return (~self.is_right).astype(np.float64)


def read_rows(batch: Batch, plan: ColumnPlan, path: str, *, squared: bool = True) -> Rows:
    """Return the valid rows of a batch with their losses and, without weights, the exact sums of losses and squares.

    Rows of weight 0 are left out, whatever else they hold.
    """
    if plan.is_listwise:
        return _read_lists(batch, plan, path)
    if plan.shape == "number" and plan.clip is None:
        found = _read_at_once(batch, plan, path, squared=squared)
        if found is not None:
            return found
    problems, inputs, weight = _read(batch, plan, path, nan=True)
    stored = inputs[plan.loss.predictions[0]].dtype
    with np.errstate(all="ignore"), _explained(plan):
        if problems.bad is None or not problems.bad.all():
            # in the stored dtype, which sets the tolerance of sums to 1
            for kind, mask in plan.loss.problems(*inputs.values(), **plan.options, **_present(plan, inputs)).items():
                problems.add(kind, mask)
        out = problems.left_out
        keep = slice(None) if out is None else ~out
        inputs |= {name: inputs[name].astype(np.float64, copy=False) for name in plan.loss.predictions}
        clipped = np.zeros(batch.rows, bool)
        if plan.clip is not None:
            name = str(plan.loss.formulas.linked)
            inputs[name], clipped = _clipped(inputs[name], plan)
        options = {name: x[keep] for name, x in _present(plan, inputs).items()}
        losses, _ = plan.loss.sample_losses(*(x[keep] for x in inputs.values()), check=False, **plan.options, **options)
    losses = losses.astype(np.float64, copy=False)
    if np.isnan(losses.sum()) and (nan := np.isnan(losses)).any():  # ∞ - ∞ is NaN, too
        mask = np.zeros(batch.rows, bool)
        mask[keep] = nan
        problems.add("NaN loss", mask)
        losses = losses[~nan]
    rows = Rows(plan, path, batch, problems, inputs, weight, losses, stored)
    rows.clipped = int(np.count_nonzero(rows.pick(clipped)))
    rows.inputs = {name: rows.pick(x) for name, x in inputs.items()}
    rows.options = _present(plan, rows.inputs)
    rows.weight = None if weight is None else rows.pick(weight)
    return rows


def _read_lists(batch: Batch, plan: ColumnPlan, path: str) -> Rows:
    """Return the valid lists with their losses."""
    with readable(path, "what its name says"):
        weight, weighing = read_weight(batch, plan)
        problems = Problems(batch.rows, weighing.weightless)
        inputs = read_lists(batch, plan, problems)
    for kind, mask in (*weighing.masks.items(), *problems_of(plan.loss, inputs, plan.options, batch.rows).items()):
        problems.add(kind, mask)
    rows = Rows(plan, path, batch, problems, inputs, weight, np.zeros(0), np.dtype(np.float64))
    rows.inputs = {name: rows.pick(x) for name, x in inputs.items()}
    rows.weight = None if weight is None else rows.pick(weight)
    with np.errstate(all="ignore"):
        rows.losses = losses_of(plan.loss, rows, plan.options)
    return rows


def losses_of(loss: Loss, rows: Rows, options: Mapping[str, Any]) -> np.ndarray:
    """Return what a loss finds of some rows."""
    if rows.plan.is_listwise:
        return list_losses(loss, rows.inputs, options)
    losses, _ = loss.sample_losses(*rows.inputs.values(), **options, **rows.options)
    return losses


def _present(plan: ColumnPlan, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return which members are present, as an option of the loss, where some are missing and may be."""
    present = ~np.isnan(inputs[plan.loss.predictions[0]]) if plan.partial else np.ones(0, bool)
    return {} if present.all() else {PRESENT: present}


@contextmanager
def _explained(plan: ColumnPlan) -> Iterator[None]:
    """Raise what array code refuses, such as too few members, as an error of how it is used."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if plan.loss.formulas.axes and not isinstance(error, ReportError):
            raise UsageError(str(error)) from error
        raise


def _clipped(x: np.ndarray, plan: ColumnPlan) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities that are at least ``plan.clip`` from 0, and binary ones from 1; and the rows that were changed."""
    assert plan.clip is not None
    low, high = plan.clip, 1.0 if x.ndim == 2 else 1 - plan.clip
    if plan.given_as == "log_probabilities":
        low, high = math.log(low), 0.0 if x.ndim == 2 else math.log1p(-plan.clip)
    moved = np.clip(x, low, high)
    changed: np.ndarray = moved != x
    return moved, np.asarray(changed.any(axis=1)) if x.ndim == 2 else changed


def _read(batch: Batch, plan: ColumnPlan, path: str, *, nan: bool) -> tuple[Problems, dict[str, np.ndarray], np.ndarray | None]:
    with readable(path, "what its name says"):  # e.g. text that is not UTF-8
        weight, weighing = read_weight(batch, plan)
        problems = Problems(batch.rows, weighing.weightless)
        if batch.broken:
            problems.add(batch.broken_as, np.isin(np.arange(batch.rows), list(batch.broken)))
        inputs = read_inputs(batch, plan, problems, nan=nan)
        if plan.time is not None:
            batch.times, *masks = plan.time.read(batch)
            for mask in masks:
                problems.add("time", mask)
    for kind, mask in weighing.masks.items():
        problems.add(kind, mask)
    return problems, inputs, weight


def _read_at_once(batch: Batch, plan: ColumnPlan, path: str, *, squared: bool) -> Rows | None:
    """Return the rows by one fused kernel, or None if there is none or a row is invalid."""
    problems, inputs, weight = _read(batch, plan, path, nan=False)
    if problems.bad is not None:
        return None
    stored = inputs[plan.loss.predictions[0]].dtype
    inputs |= {name: inputs[name].astype(np.float64, copy=False) for name in plan.loss.predictions}
    if problems.weightless is not None and weight is not None:
        keep = ~problems.weightless
        inputs, weight = {name: x[keep] for name, x in inputs.items()}, weight[keep]
    scored = plan.loss.exact_losses(tuple(inputs.values()), with_squares=squared, **plan.options)
    if scored is None:
        return None
    sums = scored if weight is None else None
    return Rows(plan, path, batch, problems, inputs, weight, scored.losses, stored, sums)
