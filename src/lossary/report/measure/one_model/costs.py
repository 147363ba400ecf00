"""Find what decisions by a threshold of the probability cost: false alarms and misses (Elkan, 2001)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.errors import UsageError, short_repr
from lossary.report.measure.statistics.intervals import ConfidenceInterval, quantile_of_normal

_NAMES = ("false_positive", "false_negative")
_POINTS = 100
"""Thresholds of the curve, at equal steps of the rows that are called."""


@dataclass(frozen=True)
class Decision:
    """What it costs to act on the rows whose probability is above a threshold; these rows are *called*."""

    threshold: float
    """The threshold, accurate to 0.2 % of itself or of its distance from 1."""
    called: float
    """The share of the rows that are called."""
    false_positive: float
    """The share of the rows that are called though the event does not happen."""
    false_negative: float
    """The share of the rows that are not called though it happens."""
    cost: float | None
    """The mean cost of a row, or None without costs."""
    interval: ConfidenceInterval | None


@dataclass(frozen=True)
class Costs:
    """The costs of decisions by a threshold of the probability."""

    false_positive: float | None
    """The cost of calling a row without the event, or None without costs."""
    false_negative: float | None
    """The cost of not calling a row with the event, or None without costs."""
    capacity: float | None
    """The largest share of the rows that can be called, or None if there is no limit."""
    best: Decision
    """The decision of least cost within the capacity, found on these rows; without costs, that which uses the capacity."""
    calibrated: Decision | None
    """The decision by the threshold c₊/(c₊ + c₋), c₊ and c₋ being the costs: the best one if probabilities are calibrated."""
    net_benefit: float | None
    """Net benefit of ``calibrated`` by shares of rows: true positives less c₊/c₋ times false ones (Vickers and Elkin, 2006)."""
    none: float | None
    """The mean cost if no row is called."""
    all: float | None
    """The mean cost if every row is called."""
    curve: tuple[Decision, ...]
    """Decisions from calling none to calling all."""


def read_costs(cost: Any, capacity: Any) -> tuple[tuple[float, float] | None, float | None]:
    """Return the costs of false positives and negatives, and the capacity as a share; raise for anything else."""
    return None if cost is None else _read_cost(cost), None if capacity is None else _read_capacity(capacity)


def _read_cost(cost: Any) -> tuple[float, float]:
    example = 'cost="false_positive=1,false_negative=5"'
    pairs = dict(part.partition("=")[::2] for part in cost.split(",")) if isinstance(cost, str) else cost
    if not isinstance(pairs, Mapping) or {str(name).strip() for name in pairs} != set(_NAMES):
        raise UsageError(
            f"a cost is that of a false positive and that of a false negative, as in {example}; got {short_repr(cost)}"
        )
    try:
        found = {str(name).strip(): float(value) for name, value in pairs.items()}
    except (TypeError, ValueError):
        raise UsageError(f"costs are numbers, as in {example}; got {short_repr(cost)}") from None
    if not all(0 <= value < math.inf for value in found.values()) or not any(found.values()):
        raise UsageError(f"costs are finite, at least 0, and not both 0; got {short_repr(cost)}")
    return found[_NAMES[0]], found[_NAMES[1]]


def _read_capacity(capacity: Any) -> float:
    text = str(capacity).strip()
    try:
        found = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        found = math.nan
    if isinstance(capacity, bool) or not 0 < found <= 1:
        raise UsageError(f'a capacity is the share of rows that can be called, as in 0.1 or "10%"; got {short_repr(capacity)}')
    return found


def costs_of(
    columns: tuple[np.ndarray, ...],
    cost: tuple[float, float] | None,
    capacity: float | None,
    level: float | None,
) -> Costs | None:
    """Return the costs by threshold, from what :meth:`ReliabilityCounts.columns` returns; without a level, no intervals."""
    probability, _, weight, happened, squares = (column[columns[2] > 0] for column in columns)
    total = math.fsum(weight)
    if not total > 0:
        return None
    # decision k calls the bins from k on; the threshold lies between the probabilities of two bins
    called = np.append(np.cumsum(weight[::-1])[::-1], 0.0) / total
    hits = np.append(np.cumsum(happened[::-1])[::-1], 0.0) / total
    wrong, missed = (called - hits).clip(0), (hits[0] - hits).clip(0)
    threshold = np.concatenate([[0.0], (probability[1:] + probability[:-1]) / 2, [1.0]])
    square = math.fsum(squares)
    rows = total**2 / square if square >= 2.0**-960 else 0.0

    def decision(k: int, at: float | None = None) -> Decision:
        mean = interval = None
        if cost is not None:
            mean = cost[0] * wrong[k] + cost[1] * missed[k]
            spread = cost[0] ** 2 * wrong[k] + cost[1] ** 2 * missed[k] - mean**2
            if level is not None and rows >= 2:
                reach = quantile_of_normal(level) * math.sqrt(max(spread, 0.0) / (rows - 1))
                interval = ConfidenceInterval(float(mean - reach), float(mean + reach), level, "normal")
        shares = (float(called[k]), float(wrong[k]), float(missed[k]))
        return Decision(float(threshold[k]) if at is None else at, *shares, None if mean is None else float(mean), interval)

    within = np.flatnonzero(called <= (1.0 if capacity is None else capacity) * (1 + 1e-12))
    chosen = int(within[0])
    calibrated = benefit = None
    if cost is not None:
        mean = cost[0] * wrong + cost[1] * missed
        chosen = int(within[np.argmin(mean[within])])
        at = cost[0] / (cost[0] + cost[1])
        calibrated = decision(int(np.searchsorted(probability, at, side="right")), at)
        benefit = None if cost[1] == 0 else hits[0] - calibrated.false_negative - cost[0] / cost[1] * calibrated.false_positive
    places = np.searchsorted(-called, -np.linspace(0, 1, _POINTS + 1))
    curve = tuple(decision(int(k)) for k in sorted(set(places.tolist()), reverse=True))
    return Costs(
        false_positive=None if cost is None else cost[0],
        false_negative=None if cost is None else cost[1],
        capacity=capacity,
        best=decision(chosen),
        calibrated=calibrated,
        net_benefit=None if benefit is None else float(benefit),
        none=None if cost is None else float(cost[1] * hits[0]),
        all=None if cost is None else float(cost[0] * wrong[0]),
        curve=curve,
    )
