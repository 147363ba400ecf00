"""Split the mean loss of predicted means and quantiles into miscalibration, discrimination and uncertainty."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.report.measure.one_model.calibration import isotonic
from lossary.report.measure.plan.functional import functional_of
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.rows.rows import Rows
from lossary.report.measure.statistics.sample import Sample, priorities

ROWS = 1 << 14
"""Rows that are looked at: all of fewer, else a sample."""
SHOWN = 10
BAND = 0.8
"""The share of the targets between the ends of a band."""


@dataclass(frozen=True)
class Level:
    """Rows of similar predictions."""

    count: int
    predicted: float
    """The mean prediction."""
    observed: float
    """The mean, median or quantile of the targets, as the loss asks for."""
    low: float
    """A tenth of the targets lie below."""
    high: float
    """A tenth of the targets lie above."""


@dataclass(frozen=True)
class Recalibration:
    """The decomposition of a mean loss: miscalibration - discrimination + uncertainty (Dimitriadis, Gneiting and Jordan, 2021).

    Uncertainty is the loss of the best constant. Discrimination is the gain of the best increasing map of the predictions over
    that constant. Miscalibration is the gain of this map over the predictions themselves.
    """

    functional: str
    """What the loss asks for: "mean", "median" or "quantile"."""
    level: float | None
    """The level of the quantile."""
    rows: int
    """The number of rows that it was found on."""
    miscalibration: float
    discrimination: float
    uncertainty: float
    levels: tuple[Level, ...]
    """About ten, with about equal numbers of rows."""


class RowSample:
    """A sample of predictions, targets and weights."""

    def __init__(self) -> None:
        self.sample = Sample(ROWS)

    def add(self, rows: Rows) -> None:
        """Add rows."""
        priority = priorities(rows.path, rows.batch.start, rows.batch.rows)[rows.places]
        wanted = self.sample.wanted(priority)
        weight = np.ones(len(wanted)) if rows.weight is None else rows.weight[wanted]
        arrays = {"prediction": rows.prediction[wanted], "target": rows.target[wanted].astype(np.float64), "weight": weight}
        self.sample.add(priority[wanted], arrays, len(priority))

    def merge(self, other: RowSample) -> None:
        """Add the rows of another."""
        self.sample.merge(other.sample)

    def recalibration(self, plan: ColumnPlan) -> Recalibration | None:
        """Return the decomposition, or None if the loss asks for another functional, or a row is not finite."""
        functional, held = functional_of(plan), self.sample.arrays()
        if functional is None or not held or not np.isfinite(np.concatenate(list(held.values()))).all():
            return None
        return recalibrated(plan, functional, *(held[name] for name in ("prediction", "target", "weight")))


def recalibrated(
    plan: ColumnPlan, functional: tuple[str, float | None], prediction: np.ndarray, y: np.ndarray, w: np.ndarray
) -> Recalibration | None:
    """Return the decomposition of the mean loss of predictions, or None if a loss is not finite."""
    order = np.lexsort((w, y, prediction))  # rows in any order have the same sums
    raw, y, w = prediction[order], y[order], w[order]
    x = in_unit_of_target(plan, raw)
    _, first = np.unique(x, return_index=True)
    kind, level = functional
    if level is None:
        mass = np.add.reduceat(w, first)
        means = np.add.reduceat(w * y, first) / mass
        fitted = isotonic(means, mass)
        constant = math.fsum(w * y) / math.fsum(w)
    else:
        fitted = isotonic_quantile(y, w, first, level)
        constant = weighted_quantile(y, w, level)
    fit = np.repeat(fitted, np.diff(np.append(first, len(y))))
    given = "probabilities" if plan.is_binary else "mean"
    mean = _mean_loss(plan, raw, y, w, plan.given_as)
    best, uncertainty = (_mean_loss(plan, one, y, w, given) for one in (fit, np.full(len(y), constant)))
    if not np.isfinite([mean, best, uncertainty]).all():
        return None
    levels = tuple(_levels(x, y, w, functional_value(level)))
    return Recalibration(kind, level, len(y), mean - best, uncertainty - best, uncertainty, levels)


def in_unit_of_target(plan: ColumnPlan, x: np.ndarray) -> np.ndarray:
    """Return predictions in the unit of the target."""
    with np.errstate(over="ignore"):
        if plan.is_binary and plan.given_as == "logits":
            return 1 / (1 + np.exp(-x))
        return np.exp(x) if plan.given_as in ("log", "log_probabilities") else x


def _mean_loss(plan: ColumnPlan, x: np.ndarray, y: np.ndarray, w: np.ndarray, given: str | None) -> float:
    options: Mapping[str, Any] = {**plan.parameters, **({} if plan.given_as is None else {"given": given})}
    with np.errstate(all="ignore"):
        losses, _ = plan.loss.sample_losses(x, y, check=False, **options)
    return math.fsum(losses * w) / math.fsum(w) if np.isfinite(losses).all() else math.nan


def functional_value(level: float | None) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return the function of targets and weights that finds their mean, or their quantile of a level."""
    if level is None:
        return lambda y, w: math.fsum(y * w) / math.fsum(w)
    return lambda y, w: weighted_quantile(y, w, level)


def weighted_quantile(y: np.ndarray, w: np.ndarray, level: float) -> float:
    """Return the least number that at least this share of the weight is at or below."""
    order = np.argsort(y)
    reached = np.cumsum(w[order])
    return float(y[order][min(int(np.searchsorted(reached, level * reached[-1] * (1 - 1e-12))), len(y) - 1)])


def isotonic_quantile(y: np.ndarray, w: np.ndarray, first: np.ndarray, level: float) -> np.ndarray:
    """Return the non-decreasing sequence of least quantile loss, one number for each run of rows that begins at ``first``.

    The numbers are among the targets. The targets are halved again and again: of two that are next to one another, each run
    takes the lower or the higher one, and all that follow take the higher one too (Stout, 2013, partitioning).
    """
    values = np.unique(y)
    ends = np.append(first, len(y))
    found = np.empty(len(first))
    parts = [(0, len(first), 0, len(values))]  # runs, and the places of the values that they may take
    while parts:
        start, stop, low, high = parts.pop()
        if start == stop:
            continue
        if high - low == 1:
            found[start:stop] = values[low]
            continue
        middle = (low + high) // 2
        below, above = values[middle - 1], values[middle]
        rows = slice(ends[start], ends[stop])
        # pinball(above, y) - pinball(below, y), y being at or below the one, or at or above the other
        gain = (above - below) * w[rows] * np.where(y[rows] <= below, 1 - level, -level)
        cost = np.add.reduceat(gain, first[start:stop] - first[start])
        behind = np.append(np.cumsum(cost[::-1])[::-1], 0.0)  # of taking the higher one from a run on
        split = start + int(np.argmin(behind))
        parts += [(start, split, low, middle), (split, stop, middle, high)]
    return found


def _levels(x: np.ndarray, y: np.ndarray, w: np.ndarray, value: Callable[[np.ndarray, np.ndarray], float]) -> list[Level]:
    reached = np.searchsorted(x, x, side="left")  # equal predictions are in one level
    place = (reached * SHOWN) // len(x)
    found = []
    for k in np.unique(place):
        rows = place == k
        low, high = (weighted_quantile(y[rows], w[rows], at) for at in ((1 - BAND) / 2, (1 + BAND) / 2))
        predicted = math.fsum(x[rows] * w[rows]) / math.fsum(w[rows])
        found.append(Level(int(rows.sum()), predicted, value(y[rows], w[rows]), low, high))
    return found
