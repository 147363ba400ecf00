"""From a batch of a file to rows with their losses, all that is wrong with them being found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lossary.report.columns import Plan, Problems, read_prediction, read_target, read_weight
from lossary.report.identity import hashes_of_bytes, hashes_of_numbers, scatter
from lossary.report.read import Batch, readable


@dataclass
class Rows:
    """The valid rows of a batch; arrays have one entry a row."""

    plan: Plan
    path: str
    batch: Batch
    problems: Problems
    prediction: np.ndarray
    """In float64; a row of numbers for each row if the loss takes several."""
    target: np.ndarray
    weight: np.ndarray | None
    losses: np.ndarray
    """Unweighted, in float64."""
    stored: np.dtype
    """The dtype that predictions are stored in."""

    @cached_property
    def places(self) -> np.ndarray:
        """Which rows of the batch these are."""
        bad = self.problems.bad
        return np.arange(self.batch.rows) if bad is None else np.flatnonzero(~bad)

    def pick(self, values: np.ndarray) -> np.ndarray:
        """Of an array over the batch, what belongs to these rows."""
        return values if self.problems.bad is None else values[~self.problems.bad]

    @cached_property
    def weighted(self) -> np.ndarray:
        """wℓ; weight 0 makes any loss count nothing."""
        if self.weight is None:
            return self.losses
        with np.errstate(invalid="ignore"):
            found: np.ndarray = np.where(self.weight == 0, 0.0, self.weight * self.losses)
            return found

    @cached_property
    def identities(self) -> np.ndarray:
        """A hash of the id of each row, or of its place in its file where there is no id."""
        if self.plan.id is not None:
            return self.pick(self.batch.columns[self.plan.id].hashes())
        name = np.frombuffer(self.path.rpartition("/")[2].encode(), np.uint8)
        file = hashes_of_bytes(name, np.array([0, len(name)]))
        return scatter(hashes_of_numbers(self.places + self.batch.start) ^ file)

    @cached_property
    def is_hard(self) -> bool:
        """Whether every target is a class: 0 or 1, or an index."""
        if self.target.ndim == 2 or (self.plan.loss.kind != "softmax" and not self.plan.is_binary):
            return False
        return self.target.dtype.kind != "f" or bool(((self.target == 0) | (self.target == 1)).all())

    @cached_property
    def weighted_residual(self) -> np.ndarray:
        """w·(prediction - target)."""
        with np.errstate(invalid="ignore", over="ignore"):
            residual = self.prediction - self.target
            found: np.ndarray = residual if self.weight is None else np.where(self.weight == 0, 0.0, self.weight * residual)
            return found

    @cached_property
    def odds(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the event that is predicted: whether its probability is above 1/2, and the smaller of that and its complement.

        The event is that a binary target is 1, or that the class predicted is the right one. Both are exact near 0 and 1.
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
    def confidence(self) -> np.ndarray:
        """The probability that the predicted class was given."""
        above, smaller = self.odds
        return 1 - smaller if self.prediction.ndim == 1 else np.where(above, 1 - smaller, smaller)

    @cached_property
    def is_right(self) -> np.ndarray:
        """Whether the predicted class, the first of the most probable, is the target."""
        if self.prediction.ndim == 2:
            return self.prediction.argmax(axis=1) == self.target
        return self.odds[0] == (self.target == 1)


def read_rows(batch: Batch, plan: Plan, path: str) -> Rows:
    """The valid rows of a batch, with their losses."""
    problems = Problems(batch.rows)
    with readable(path, "what its name says"):  # text that is not UTF-8, for one
        prediction, target = read_prediction(batch, plan, problems), read_target(batch, plan, problems)
        weight = read_weight(batch, plan, problems)
    stored = prediction.dtype
    losses = None
    if problems.bad is None and (stored == np.float64 or plan.loss.kind == "pointwise"):
        losses = _losses(plan, prediction, target, check=True)
    if losses is None:
        if problems.bad is None or not problems.bad.all():
            with np.errstate(all="ignore"):
                # on the dtype as stored: rows of half precision sum to 1 less exactly
                for kind, mask in plan.loss.problems(prediction, target, **plan.options).items():
                    problems.add(kind, mask)
        keep = slice(None) if problems.bad is None else ~problems.bad
        losses = _losses(plan, prediction[keep], target[keep], check=False)
        assert losses is not None
    if np.isnan(losses.sum()) and (nan := np.isnan(losses)).any():  # the sum of infinities of both signs is NaN too
        mask = np.zeros(batch.rows, bool)
        mask[slice(None) if problems.bad is None else ~problems.bad] = nan
        problems.add("NaN loss", mask)
        losses = losses[~nan]
    rows = Rows(plan, path, batch, problems, prediction, target, weight, losses, stored)
    rows.prediction, rows.target = rows.pick(prediction).astype(np.float64, copy=False), rows.pick(target)
    rows.weight = None if weight is None else rows.pick(weight)
    return rows


def _losses(plan: Plan, prediction: np.ndarray, target: np.ndarray, *, check: bool) -> np.ndarray | None:
    """The loss of each row; None where the check finds something."""
    options: dict[str, Any] = {**plan.options, "check": check}
    try:
        with np.errstate(all="ignore"):
            losses, _ = plan.loss.sample_losses(prediction.astype(np.float64, copy=False), target, **options)
    except ValueError:
        if check:
            return None
        raise
    return losses.astype(np.float64, copy=False)
