"""Measure calibration: whether events of probability p happen with frequency p, and the share of the loss due to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.engine.exact_sum import ExactSums
from lossary.engine.loss import Loss
from lossary.kernels import native
from lossary.report.measure.rows.rows import ODDS_BINS, ODDS_LEAST, ODDS_SHIFT, Rows
from lossary.report.measure.rows.values import unscaled
from lossary.report.measure.statistics.intervals import ConfidenceInterval, wilson

SHOWN = 10
WIDE = 20
"""Bins of equal width."""
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Bin:
    """Rows of similar probability: the mean prediction, and the frequency of the event."""

    low: float
    high: float
    count: int
    weight: float
    predicted: float
    observed: float
    interval: ConfidenceInterval | None


@dataclass(frozen=True)
class Threshold:
    """What follows from calling the event where its probability is above a threshold, right to a bin of 0.4 %; by weight."""

    at: float
    share: float
    """The share of the rows that are called."""
    precision: float | None
    """The share of the called rows where the event happens, or None if none is called."""
    recall: float | None
    """The share of the events that are called, or None if there are none."""
    accuracy: float
    """The share of the rows that are called rightly, or rightly not called."""


@dataclass(frozen=True)
class Calibration:
    """The decomposition of a mean loss: miscalibration - discrimination + uncertainty (Dimitriadis, Gneiting and Jordan, 2021).

    Uncertainty is the loss of the best constant. Discrimination is the gain of the best increasing map of the predictions over
    that constant. Miscalibration is the gain of this map over the predictions themselves.
    """

    event: str
    bins: tuple[Bin, ...]
    """About ten, with about equal numbers of rows."""
    miscalibration: float
    discrimination: float
    uncertainty: float
    expected_calibration_error: float
    """Σ over the bins of their share of the weight times |predicted - observed|."""
    spread: tuple[Mapping[str, Any], ...] = ()
    """The number of rows by probability, in twenty bins of equal width: low, high and count."""
    thresholds: tuple[Threshold, ...] = ()
    """Precision and recall at some thresholds, of binary targets."""


class ReliabilityCounts:
    """Counts of rows and of events by predicted probability, in bins of 0.2 to 0.4 % of the smaller of p and 1 - p."""

    def __init__(self) -> None:
        self._whole = np.zeros((2 * ODDS_BINS, 2), np.int64)
        """Rows of weight 1 whose event did not happen (first column) or happened (second column)."""
        self._count = np.zeros(2 * ODDS_BINS, np.int64)
        """Other rows: weighted, or with fractional events."""
        self._weight, self._squares, self._happened = (ExactSums(2 * ODDS_BINS) for _ in range(3))

    def add(self, rows: Rows) -> None:
        """Add rows."""
        index, _ = rows.bins
        event = rows.target == 1 if rows.plan.is_binary else rows.is_right
        if rows.weight is None and (rows.is_hard or not rows.plan.is_binary):
            self._count_whole(index, event)
            return
        weight = np.ones(len(index)) if rows.weight is None else rows.weight
        self._count += np.bincount(index, minlength=2 * ODDS_BINS)
        self._weight.add(weight, index, squares=self._squares)
        self._happened.add(weight * (rows.target if rows.plan.is_binary else event), index)

    def _count_whole(self, index: np.ndarray, event: np.ndarray) -> None:
        kernel = None
        if native.available("calibration"):
            from lossary.kernels import odds

            kernel = odds.counting()
        if kernel is not None:
            arrays = (np.ascontiguousarray(index), np.ascontiguousarray(event).view(np.uint8), self._whole)
            kernel(*(array.__array_interface__["data"][0] for array in arrays), len(index))
        else:
            self._whole += np.bincount(2 * index + event, minlength=4 * ODDS_BINS).reshape(-1, 2)

    def merge(self, other: ReliabilityCounts) -> None:
        """Add the counts of another."""
        self._whole += other._whole
        self._count += other._count
        self._weight.merge(other._weight)
        self._squares.merge(other._squares)
        self._happened.merge(other._happened)

    @property
    def count(self) -> np.ndarray:
        """The rows of each bin: first by p for p ≤ 1/2, then by 1 - p."""
        found: np.ndarray = self._whole.sum(axis=1) + self._count
        return found

    def columns(self) -> tuple[np.ndarray, ...]:
        """Return probability, count, weight, weight of the events and Σw² of the bins that hold rows, by rising probability."""
        count = self.count
        order = np.concatenate([np.arange(ODDS_BINS), np.arange(2 * ODDS_BINS)[: ODDS_BINS - 1 : -1]])
        order = order[count[order] > 0]
        step = order % ODDS_BINS
        low = ((step + ODDS_LEAST) << ODDS_SHIFT).astype(np.int64).view(np.float64)
        high = ((step + ODDS_LEAST + 1) << ODDS_SHIFT).astype(np.int64).view(np.float64)
        smaller = np.where(step == 0, 0.0, np.minimum(low / 2 + high / 2, 0.5))
        whole = self._whole.sum(axis=1)
        weight, squares = whole + self._weight.values(), whole + self._squares.values()
        happened = self._whole[:, 1] + self._happened.values()
        return np.where(order < ODDS_BINS, smaller, 1 - smaller), count[order], weight[order], happened[order], squares[order]

    def below(self, bound: float) -> tuple[int, int]:
        """Return how many rows have a probability below the bound, and how many above 1 - bound."""
        last = max(0, (int(np.float64(bound).view(np.int64)) >> ODDS_SHIFT) - ODDS_LEAST)
        count = self.count
        return int(count[:last].sum()), int(count[ODDS_BINS : ODDS_BINS + last].sum())

    def calibration(
        self,
        loss: Loss,
        parameters: dict[str, Any],
        event: str,
        mean: float | None,
        level: float | None,
        scale: int,
        *,
        is_binary: bool,
    ) -> Calibration | None:
        """Return the calibration under a loss of the event's probability, with the mean loss if it is known already.

        Without a level the bins have no intervals.
        """
        columns = self.columns()
        probability, count, weight, happened, squares = (column[columns[2] > 0] for column in columns)
        total = math.fsum(weight)
        if not total > 0:
            return None

        def cost(p: np.ndarray) -> float:
            with np.errstate(all="ignore"):
                options: dict[str, Any] = {"given": "probabilities", "reduction": "none", "check": False, **parameters}
                ones, zeros = loss(p, np.ones(len(p)), **options), loss(p, np.zeros(len(p)), **options)
                parts = [np.where(w > 0, w * part, 0.0) for w, part in ((happened, ones), (weight - happened, zeros))]
            return math.fsum(np.concatenate(parts)) / total if np.isfinite(parts).all() else float(np.sum(parts)) / total

        share = math.fsum(happened) / total
        recalibrated = isotonic(happened / weight, weight).clip(0.0, 1.0)
        best = cost(recalibrated)
        uncertainty = cost(np.full(len(weight), share))
        mean = cost(probability) if mean is None else mean
        bins, error = _bins(probability, count, weight, happened, squares, level, scale)
        spread = _spread(probability, count)
        thresholds = tuple(_threshold(at, probability, weight, happened) for at in THRESHOLDS) if is_binary else ()
        return Calibration(event, bins, mean - best, uncertainty - best, uncertainty, error, spread, thresholds)


def _spread(probability: np.ndarray, count: np.ndarray) -> tuple[dict[str, Any], ...]:
    place = np.minimum((probability * WIDE).astype(int), WIDE - 1)
    rows = np.bincount(place, count, WIDE)
    return tuple({"low": k / WIDE, "high": (k + 1) / WIDE, "count": int(number)} for k, number in enumerate(rows))


def _threshold(at: float, probability: np.ndarray, weight: np.ndarray, happened: np.ndarray) -> Threshold:
    called = probability > at
    total, events = math.fsum(weight), math.fsum(happened)
    mass, right = math.fsum(weight[called]), math.fsum(happened[called])
    accuracy = (right + (total - mass) - (events - right)) / total
    return Threshold(at, mass / total, right / mass if mass else None, right / events if events else None, accuracy)


def isotonic(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the non-decreasing sequence nearest in weighted squares, by pooling adjacent violators (Ayer et al., 1955)."""
    means, masses, lengths = list[float](), list[float](), list[int]()
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, length = value, weight, 1
        while means and means[-1] >= mean:
            total = masses[-1] + mass
            mean = (means.pop() * masses[-1] + mean * mass) / total
            mass, length = masses.pop() + mass, lengths.pop() + length
        means.append(mean)
        masses.append(mass)
        lengths.append(length)
    return np.repeat(means, lengths)


def _bins(
    probability: np.ndarray,
    count: np.ndarray,
    weight: np.ndarray,
    happened: np.ndarray,
    squares: np.ndarray,
    level: float | None,
    scale: int,
) -> tuple[tuple[Bin, ...], float]:
    reached = np.cumsum(count)
    place = np.minimum(((reached - count / 2) * SHOWN / reached[-1]).astype(int), SHOWN - 1)
    bins, error = list[Bin](), 0.0
    for k in range(SHOWN):
        rows = place == k
        if not rows.any():
            continue
        mass, number = float(weight[rows].sum()), int(count[rows].sum())
        predicted, observed = float((probability * weight)[rows].sum()) / mass, float(happened[rows].sum()) / mass
        error += mass * abs(predicted - observed)
        low, high = float(probability[rows][0]), float(probability[rows][-1])
        # the effective sample size is (Σw)²/Σw² (Kish, 1965); squares of very small weights underflow
        square = float(squares[rows].sum())
        interval = None if level is None or square < 2.0**-960 else wilson(observed, mass**2 / square, level)
        bins.append(Bin(low, high, number, unscaled(mass, scale), predicted, observed, interval))
    return tuple(bins), error / float(weight.sum())
