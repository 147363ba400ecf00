"""Compare models under every loss with the same best prediction (Ehm, Gneiting, Jordan and Krüger, 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.report.measure.intervals import IntervalOptions, quantile_of_normal
from lossary.report.measure.plan import Plan
from lossary.report.measure.recalibration import ROWS, functional_of
from lossary.report.measure.sample import Sample

_THRESHOLDS = 99


@dataclass(frozen=True)
class ElementaryScores:
    """The elementary scores of a model at each threshold, and their differences from those of the reference."""

    name: str
    verdict: str
    """"reference"; "better", "worse" or "equal" at every threshold, so under every loss; or "depends"."""
    scores: tuple[float, ...]
    differences: tuple[float, ...]
    low: tuple[float, ...]
    """The lower ends of the intervals of the differences, of each threshold alone; empty without intervals."""
    high: tuple[float, ...]
    shown_better: tuple[tuple[float, float], ...]
    """Ranges of thresholds where the interval is below 0."""
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
    thresholds: tuple[float, ...]
    models: tuple[ElementaryScores, ...]


def consistent_functional(plan: Plan) -> tuple[str, float | None] | None:
    """Return the functional that the loss asks for, and the level of a quantile; None of any other loss."""
    if plan.is_binary and plan.is_single and plan.shape == "number":
        return ("mean", None) if plan.loss.formulas.minimizer(plan.parameters) == "mean" else None
    return functional_of(plan)


def level_of_independent_rows(plan: Plan, options: IntervalOptions) -> float | None:
    """Return the level of intervals, or None if there are none or rows depend on one another."""
    dependent = plan.cluster is not None or plan.run is not None or plan.time is not None
    return None if options.method == "none" or dependent else options.level


class MurphySample:
    """A sample of the predictions of several models, their target and weight."""

    def __init__(self) -> None:
        self.sample = Sample(ROWS)

    def add(
        self, priority: np.ndarray, predictions: Sequence[np.ndarray], target: np.ndarray, weight: np.ndarray | None
    ) -> None:
        """Add rows of some priorities."""
        wanted = self.sample.wanted(priority)
        arrays = {f"prediction{k}": x[wanted] for k, x in enumerate(predictions)}
        arrays |= {
            "target": target[wanted].astype(np.float64),
            "weight": np.ones(len(wanted)) if weight is None else weight[wanted],
        }
        self.sample.add(priority[wanted], arrays, len(priority))

    def merge(self, other: MurphySample) -> None:
        """Add the rows of another."""
        self.sample.merge(other.sample)

    def murphy(
        self, plans: Sequence[Plan], names: Sequence[str], order: Sequence[int], reference: int, level: float | None
    ) -> Murphy | None:
        """Return the scores of the models in an order, or None if the loss has no such functional or a row is not finite.

        Without a level there are no intervals.
        """
        functional, held = consistent_functional(plans[0]), self.sample.arrays()
        if functional is None or not held or not len(held["target"]):
            return None
        predictions = [_probability(plan, held[f"prediction{k}"]) for k, plan in enumerate(plans)]
        y, w = held["target"], held["weight"]
        if not all(np.isfinite(x).all() for x in (*predictions, y)):
            return None
        thresholds = _thresholds([*predictions, y], is_binary=plans[0].is_binary)
        if not thresholds.size:
            return None
        weight = w / w.sum()
        rows = 1 / (weight**2).sum()
        scores = [np.empty(len(thresholds)) for _ in predictions]
        differences, errors = ([np.zeros(len(thresholds)) for _ in predictions] for _ in range(2))
        for place, threshold in enumerate(thresholds):
            each = [elementary(x, y, threshold, functional[1]) for x in predictions]
            for k, score in enumerate(each):
                scores[k][place] = weight @ score
                difference = score - each[reference]
                mean = differences[k][place] = weight @ difference
                errors[k][place] = np.sqrt(weight @ (difference - mean) ** 2 / max(rows - 1, 1))
        reach = None if level is None or rows < 2 else quantile_of_normal(level)
        return Murphy(
            *functional,
            rows=len(y),
            thresholds=tuple(thresholds.tolist()),
            models=tuple(
                _model(names[k], k == reference, thresholds, scores[k], differences[k], errors[k], reach) for k in order
            ),
        )


def elementary(x: np.ndarray, y: np.ndarray, threshold: float, level: float | None) -> np.ndarray:
    """Return the elementary scores of predictions at a threshold.

    Their integral over the thresholds is the squared error, or the quantile loss; every loss with the same best prediction is
    such an integral with weights.
    """
    between = (np.minimum(x, y) <= threshold) & (threshold < np.maximum(x, y))
    size = 2 * abs(y - threshold) if level is None else np.where(y < x, 1 - level, level)
    return np.where(between, size, 0.0)


def _probability(plan: Plan, x: np.ndarray) -> np.ndarray:
    """Return predictions in the unit of the target."""
    with np.errstate(over="ignore"):
        if plan.is_binary and plan.given_as == "logits":
            return 1 / (1 + np.exp(-x))
        return np.exp(x) if plan.given_as in ("log", "log_probabilities") else x


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
    error: np.ndarray,
    reach: float | None,
) -> ElementaryScores:
    # sums of 16,384 rows are right to about 1e-14 of the scores
    size = 1e-12 * max(abs(scores).max(), abs(scores - difference).max())
    below, above = bool((difference < -size).any()), bool((difference > size).any())
    verdict = "depends" if below and above else "better" if below else "worse" if above else "equal"
    low = high = np.zeros(0)
    ranges: list[tuple[tuple[float, float], ...]] = [(), ()]
    if reach is not None and not is_reference:
        low, high = difference - reach * error, difference + reach * error
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
