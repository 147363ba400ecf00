"""Compare models under every loss with the same best prediction (Ehm, Gneiting, Jordan and Krüger, 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lossary.report.measure.models.thresholds import Sampled, kept, reach_of, sampled
from lossary.report.measure.one_model.recalibration import ROWS, Recalibration, in_unit_of_target, recalibrated
from lossary.report.measure.plan.functional import consistent_functional
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.statistics.intervals import IntervalOptions
from lossary.report.measure.statistics.sample import Sample

_THRESHOLDS = 99
_LARGEST = 1e75
"""Numbers from here on have squares of scores that overflow."""


@dataclass(frozen=True)
class ElementaryScores:
    """The elementary scores of a model at each threshold, and their differences from those of the reference."""

    name: str
    verdict: str
    """"reference"; "better", "worse" or "equal" at every threshold, so under every loss; or "depends"."""
    scores: tuple[float, ...]
    differences: tuple[float, ...]
    low: tuple[float, ...]
    """The lower end of the band that holds the differences at all thresholds at once; empty without one."""
    high: tuple[float, ...]
    shown_better: tuple[tuple[float, float], ...]
    """Ranges of thresholds where the band is below 0."""
    shown_worse: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Murphy:
    """Models under every loss whose best prediction is the same functional of the target."""

    functional: str
    """"mean" (of a binary target, its probability), "median" or "quantile"."""
    level: float | None
    """The level of the quantile."""
    rows: int
    """The number of rows that it was found on."""
    by: str
    """What the bands take as independent: "rows", "clusters", "times" (but for those near them) or "runs"."""
    thresholds: tuple[float, ...]
    models: tuple[ElementaryScores, ...]


class MurphySample:
    """A sample of the predictions of several models, their target and weight."""

    def __init__(self, plan: ColumnPlan) -> None:
        self.sample, self.plan = Sample(ROWS), plan

    def add(self, priority: np.ndarray, predictions: Sequence[np.ndarray], target: np.ndarray, rows: Any) -> None:
        """Add rows of some priorities; ``rows`` have their weights, and what makes them dependent."""
        wanted, weight = self.sample.wanted(priority), rows.weight
        arrays = {f"prediction{k}": x[wanted] for k, x in enumerate(predictions)}
        arrays |= {name: x[wanted] for name, x in kept(self.plan, rows).items()}
        arrays |= {
            "target": target[wanted].astype(np.float64),
            "weight": np.ones(len(wanted)) if weight is None else weight[wanted],
        }
        self.sample.add(priority[wanted], arrays, len(priority))

    def merge(self, other: MurphySample) -> None:
        """Add the rows of another."""
        self.sample.merge(other.sample)

    def murphy(
        self, plans: Sequence[ColumnPlan], names: Sequence[str], order: Sequence[int], reference: int, options: IntervalOptions
    ) -> Murphy | None:
        """Return the scores of the models in an order, or None if the loss has no such functional or a number is too large."""
        functional, held = consistent_functional(plans[0]), self.sample.arrays()
        if functional is None or not held or not len(held["target"]):
            return None
        predictions = [in_unit_of_target(plan, held[f"prediction{k}"]) for k, plan in enumerate(plans)]
        y, w = held["target"], held["weight"]
        if not all((abs(x) < _LARGEST).all() for x in (*predictions, y)):
            return None
        thresholds = _thresholds([*predictions, y], is_binary=plans[0].is_binary)
        if not thresholds.size:
            return None
        weight = w / w.sum()
        rows = sampled(self.plan, options, weight, held, whole=self.sample.is_all)
        each = [ThresholdScores(x, y, weight, thresholds, functional[1]) for x in predictions]
        scores = [one.mean() for one in each]
        differences = [score - scores[reference] for score in scores]
        reaches = [
            self._reach(rows, one, each[reference], mean, options) if k != reference else None
            for k, (one, mean) in enumerate(zip(each, differences, strict=True))
        ]
        return Murphy(
            *functional,
            rows=len(y),
            by=rows.kind,
            thresholds=tuple(thresholds.tolist()),
            models=tuple(_model(names[k], k == reference, thresholds, scores[k], differences[k], reaches[k]) for k in order),
        )

    def calibrations(self, plans: Sequence[ColumnPlan]) -> list[Recalibration] | None:
        """Return the decomposition of the mean loss of each model, or None if there is none, or a loss is not finite."""
        functional, held = consistent_functional(plans[0]), self.sample.arrays()
        if functional is None or not held or not len(held["target"]):
            return None
        y, w = held["target"], held["weight"]
        predictions = [held[f"prediction{k}"] for k in range(len(plans))]
        if not all(np.isfinite(x).all() for x in (*predictions, y)):
            return None
        found = [recalibrated(plan, functional, x, y, w) for plan, x in zip(plans, predictions, strict=True)]
        known = [one for one in found if one is not None]
        return known if len(known) == len(found) else None

    @staticmethod
    def _reach(
        rows: Sampled, one: ThresholdScores, other: ThresholdScores, mean: np.ndarray, options: IntervalOptions
    ) -> np.ndarray | None:
        if options.method == "none":
            return None
        return reach_of(rows, partial(one.sums_of_difference, other), mean, one.square_of_difference(other), options.level)


class ThresholdScores:
    """The elementary scores of the predictions of a model, at thresholds that rise.

    The score of a row at a threshold θ is a + bθ if θ lies between prediction and target, else 0: for a mean 2|y - θ|, for a
    quantile of level α 1 - α where the prediction is too high and α where it is too low. The integral of the scores over θ is
    the squared error or the quantile loss, and every loss with the same best prediction is such an integral with weights.
    Sums over rows are sums of what begins and ends between two thresholds, so that they take no time for each threshold.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, weight: np.ndarray, thresholds: np.ndarray, level: float | None) -> None:
        # from the middle, so that the squares of large targets do not drown their differences
        middle = float(thresholds[len(thresholds) // 2])
        self.at, self.weight = thresholds - middle, weight
        self.start = np.searchsorted(thresholds, np.minimum(x, y), side="left")
        self.stop = np.searchsorted(thresholds, np.maximum(x, y), side="left")
        if level is None:
            self.slope = np.where(y > x, -2.0, 2.0)
            self.value = -self.slope * (y - middle)
        else:
            self.slope, self.value = np.zeros(len(y)), np.where(y < x, 1 - level, level)

    def mean(self) -> np.ndarray:
        """Return the mean score at each threshold."""
        return self._sum(self.start, self.stop, self.value, self.slope, np.zeros(len(self.value)))

    def sums(self, codes: np.ndarray, size: int) -> np.ndarray:
        """Return the sums of the weighted scores by the group of each row, and by threshold."""
        found = np.zeros((size, len(self.at)))
        for power, values in enumerate((self.value, self.slope)):
            steps = np.zeros((len(self.at) + 1) * size)
            for place, sign in ((self.start, 1), (self.stop, -1)):
                steps += sign * np.bincount(place * size + codes, self.weight * values, len(steps))
            found += (np.cumsum(steps.reshape(-1, size), axis=0)[:-1] * self.at[:, None] ** power).T
        return found

    def sums_of_difference(self, other: ThresholdScores, codes: np.ndarray, size: int) -> np.ndarray:
        """Return these sums less those of another."""
        return self.sums(codes, size) - other.sums(codes, size)

    def square_of_difference(self, other: ThresholdScores) -> np.ndarray:
        """Return the mean of the squared difference of the scores at each threshold: Σwa² + Σwb² - 2Σwab."""
        start, stop = np.maximum(self.start, other.start), np.minimum(self.stop, other.stop)
        return self.square(self) + other.square(other) - 2 * self.square(other, start, np.maximum(start, stop))

    def square(self, other: ThresholdScores, start: np.ndarray | None = None, stop: np.ndarray | None = None) -> np.ndarray:
        """Return the mean product with the scores of another, over the thresholds from ``start`` to ``stop`` of each row."""
        start, stop = self.start if start is None else start, self.stop if stop is None else stop
        cross = self.value * other.slope + self.slope * other.value
        return self._sum(start, stop, self.value * other.value, cross, self.slope * other.slope)

    def _sum(self, start: np.ndarray, stop: np.ndarray, *coefficients: np.ndarray) -> np.ndarray:
        """Return Σw(c₀ + c₁θ + c₂θ²) over the rows whose ranges hold each threshold."""
        found = np.zeros(len(self.at))
        for power, values in enumerate(coefficients):
            size, values = len(self.at) + 1, self.weight * values
            steps = np.bincount(start, values, size) - np.bincount(stop, values, size)
            found += np.cumsum(steps)[:-1] * self.at**power
        return found


def _thresholds(arrays: Sequence[np.ndarray], *, is_binary: bool) -> np.ndarray:
    """Return thresholds: equal steps of probability, else quantiles of all predictions and targets."""
    if is_binary:
        return np.arange(1, _THRESHOLDS + 1) / (_THRESHOLDS + 1)
    held = np.sort(np.concatenate(arrays))
    places = (np.arange(1, _THRESHOLDS + 1) * len(held)) // (_THRESHOLDS + 1)
    found = np.unique(held[places])
    return found[found < held[-1]]


def _model(
    name: str,
    is_reference: bool,
    thresholds: np.ndarray,
    scores: np.ndarray,
    difference: np.ndarray,
    reach: np.ndarray | None,
) -> ElementaryScores:
    # sums of 16,384 rows are right to about 1e-13 of the largest scores
    size = 1e-10 * max(abs(scores).max(), abs(scores - difference).max())
    below, above = bool((difference < -size).any()), bool((difference > size).any())
    verdict = "depends" if below and above else "better" if below else "worse" if above else "equal"
    low = high = np.zeros(0)
    ranges: list[tuple[tuple[float, float], ...]] = [(), ()]
    if reach is not None:
        low, high = difference - reach, difference + reach
        ranges = [_ranges(thresholds, high < -size), _ranges(thresholds, low > size)]
    return ElementaryScores(
        name,
        "reference" if is_reference else verdict,
        *(tuple(x.tolist()) for x in (scores, difference, low, high)),
        *ranges,
    )


def _ranges(thresholds: np.ndarray, holds: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return the ranges of adjacent thresholds at which something holds."""
    places = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(np.int8)))
    return tuple((float(thresholds[a]), float(thresholds[b - 1])) for a, b in places.reshape(-1, 2).tolist())
