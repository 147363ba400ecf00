"""How few rows decide: without how many the outcome of a comparison would be another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lossary.report.measure.statistics.histogram import LogHistogram, middles
from lossary.report.measure.statistics.intervals import ConfidenceInterval, quantile_of_normal

Holds = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Whether something holds without some rows, given how many they are, their sum and their sum of squares."""


@dataclass(frozen=True)
class Turning:
    """Without how many rows, those that count most, the outcome is another (after Broderick, Giordano and Meager, 2020)."""

    sign: int | None
    """So many rows suffice that the difference has the other sign, or is 0; some per mille more than the fewest. None if there
    is no difference, or if it is infinite."""
    verdict: int | None
    """Without about so many rows the verdict is another; None if there is no interval, or if no number of rows does that."""
    becomes: str | None
    """What the verdict is then: "undecided", "better" or "worse"."""
    recomputed: bool
    """True if the interval is that of the rows left, false if it is taken to be as wide as that of all."""


def turning(
    differences: LogHistogram, total: float, weight: float, interval: ConfidenceInterval | None, *, squares: float | None = None
) -> Turning:
    """Return how few rows decide about the mean of differences, which are counted as w(ℓ_B - ℓ_A).

    ``total`` is their sum and ``weight`` that of weights. With ``squares``, the sum of squares of unweighted differences, the
    interval is that of the rows left; else it is as wide as it is, and rows that go leave their weight.
    """
    low, high, counts = differences.bins()
    if not math.isfinite(total) or not len(low) or math.isinf(low[0]) or math.isinf(high[-1]):
        return Turning(None, None, None, squares is not None)
    side = math.copysign(1.0, total)
    sign = None
    if total:
        # by the inner end of each bin, so that what is counted suffices
        inner = np.where(low > 0, low, np.where(high < 0, high, 0.0))
        sign = _fewest(side * inner, counts, lambda _, sums, __: sums >= abs(total))
    if interval is None:
        return Turning(sign, None, None, squares is not None)
    values = middles(low, high)
    reach, quantile = (interval.high - interval.low) / 2, quantile_of_normal(interval.level)

    def is_told(way: float, way_of_rows: float) -> Holds:
        """Return whether the mean lies beyond the interval of 0 on a side, without rows of a side."""

        def holds(taken: np.ndarray, sums: np.ndarray, squared: np.ndarray) -> np.ndarray:
            rest = total - way_of_rows * sums
            if squares is None:
                return np.asarray(way * rest / weight > reach)
            left = np.maximum(weight - taken, 1.0)
            spread = np.sqrt(np.maximum(squares - squared - rest**2 / left, 0.0) / np.maximum(left - 1, 1.0) / left)
            return np.asarray((left > 1) & (way * rest / left > quantile * spread))

        return holds

    if interval.low > 0 or interval.high < 0:
        told = is_told(side, side)
        rows = _fewest(side * values, counts, lambda *taken: ~told(*taken))
        return Turning(sign, rows, None if rows is None else "undecided", squares is not None)
    ways = [
        (_fewest(-way * values, counts, is_told(way, -way)), becomes) for way, becomes in ((-1.0, "better"), (1.0, "worse"))
    ]
    verdict, becomes = min(((rows, becomes) for rows, becomes in ways if rows is not None), default=(None, None))
    return Turning(sign, verdict, becomes, squares is not None)


def _fewest(values: np.ndarray, counts: np.ndarray, holds: Holds) -> int | None:
    """Return without how few of the rows of positive value, the largest first, something holds; None if it never does."""
    order = np.argsort(-values, kind="stable")
    order = order[values[order] > 0]
    x, n = values[order], counts[order].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # squares that overflow tell nothing from 0
        taken, sums, squares = np.cumsum(n), np.cumsum(n * x), np.cumsum(n * x * x)
        found = np.flatnonzero(holds(taken, sums, squares))
    if not found.size:
        return None
    k = int(found[0])
    before = [float(total[k - 1]) if k else 0.0 for total in (taken, sums, squares)]
    fewest, most = 0, int(n[k])  # it does not hold without the fewest, and does without the most
    while most - fewest > 1:
        middle = (fewest + most) // 2
        parts = (middle, middle * x[k], middle * x[k] ** 2)
        enough = holds(*(np.array([total + part]) for total, part in zip(before, parts, strict=True)))[0]
        fewest, most = (fewest, middle) if enough else (middle, most)
    return round(before[0]) + most
