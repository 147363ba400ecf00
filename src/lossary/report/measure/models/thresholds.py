"""How far chance may move differences of elementary scores, at all thresholds at once, of rows that may be dependent."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.statistics.intervals import Estimate, IntervalOptions, quantile_of_student
from lossary.report.measure.statistics.serial import LEAST_TIMES, Series, estimate_by_horizon, estimate_of_series

_MANY = 1 << 12
"""Degrees of freedom from which on Student's t is the normal distribution."""
_GROUPS = 512
"""Groups of independent rows from which correlations between thresholds are found."""

SumsOf = Callable[[np.ndarray, int], np.ndarray]
"""The sums of weighted differences by the group of each row, and by threshold."""


@dataclass(frozen=True)
class Sampled:
    """The rows of a sample: their weights, which sum to 1, and what makes them dependent."""

    weight: np.ndarray
    kind: str
    """"rows", which are independent, "clusters", "times" or "runs"."""
    codes: np.ndarray
    """The cluster, time or run of each row, counted from 0 in their order."""
    units: np.ndarray | None = None
    """What rows of different runs share, counted from 0."""
    horizon: int | None = None

    @property
    def groups(self) -> np.ndarray:
        """The weight of each cluster, time or run."""
        return np.bincount(self.codes, self.weight)


def sampled(
    plan: ColumnPlan, options: IntervalOptions, weight: np.ndarray, held: dict[str, np.ndarray], *, whole: bool
) -> Sampled:
    """Return what is dependent of some rows, by the same rules as the interval of a mean.

    Without ``whole`` they are a part of all rows: they keep their order in time but not the steps between them.
    """
    if plan.run is not None:
        units = None if plan.crossed is None else _codes(held["unit"])
        return Sampled(weight, "runs", _codes(held["group"]), units)
    if plan.cluster is not None:
        return Sampled(weight, "clusters", _codes(held["group"]))
    if plan.time is not None and not options.resampled:
        codes = _codes(held["time"])
        if (whole and options.horizon is not None) or (len(codes) and codes.max() + 1 >= LEAST_TIMES):
            return Sampled(weight, "times", codes, horizon=options.horizon if whole else None)
    return Sampled(weight, "rows", np.arange(len(weight)) * _GROUPS // max(len(weight), _GROUPS))


def kept(plan: ColumnPlan, rows: object) -> dict[str, np.ndarray]:
    """Return what a sample has to keep of rows to tell which of them are dependent."""
    names = {"group": "hashes"} if plan.run is not None or plan.cluster is not None else {}
    names |= {"unit": "units"} if plan.run is not None and plan.crossed is not None else {}
    names |= {"time": "times"} if plan.time is not None else {}
    return {name: getattr(rows, attribute) for name, attribute in names.items()}


def _codes(values: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.unique(values, return_inverse=True)[1].reshape(-1)
    return found


def reach_of(rows: Sampled, sums_of: SumsOf, mean: np.ndarray, square: np.ndarray, level: float) -> np.ndarray | None:
    """Return how far the band of the mean differences reaches at each threshold, or None if nothing tells.

    ``mean`` and ``square`` are of the differences and of their squares. The band holds all differences at once in ``level``
    of all samples at least. Its width in standard errors is a bound on the largest of as many normal numbers, correlated as
    the sums of the groups of rows are, and is turned into Student's t of the same tail where a standard error has few degrees
    of freedom.
    """
    groups = rows.groups
    if len(groups) < 2:
        return None
    deviations = sums_of(rows.codes, len(groups)) - groups[:, None] * mean
    size = 1 / float((rows.weight**2).sum())
    of_rows = (square - mean**2).clip(0.0) / max(size - 1, 1)
    freedom: list[int | None] = [None] * len(mean)
    if rows.kind == "rows":
        variance = of_rows
    elif rows.kind == "times":
        estimates = [_of_series(Series(column, groups), rows.horizon, level) for column in deviations.T]
        variance = np.array([(one.standard_error or 0.0) ** 2 for one in estimates])
        freedom = [one.freedom for one in estimates]
    else:
        variance = (deviations**2).sum(axis=0) * len(groups) / (len(groups) - 1)
        freedom = [len(groups) - 1] * len(mean)
        if rows.units is not None:
            units = np.bincount(rows.units, rows.weight)
            shared = ((sums_of(rows.units, len(units)) - units[:, None] * mean) ** 2).sum(axis=0) * len(units)
            both = np.maximum(variance, variance + shared / max(len(units) - 1, 1) - of_rows)
            ratio = np.divide(both, variance, out=np.ones_like(both), where=variance > 0)
            found_freedom = ((len(groups) - 1) * ratio**2 + 1e-9).tolist()
            freedom, variance = [None if x >= _MANY else math.floor(x) for x in found_freedom], both
    widths = _widths(_largest(deviations, level), freedom)
    found: np.ndarray = widths * np.sqrt(variance)
    return found


def _of_series(series: Series, horizon: int | None, level: float) -> Estimate:
    """Return the estimate of a mean that is 0, as its deviations are given."""
    return estimate_of_series(series, level) if horizon is None else estimate_by_horizon(series, horizon, level)


def _widths(width: float, freedom: list[int | None]) -> np.ndarray:
    """Return a number of standard errors for each threshold, with the tail that the width has in the normal distribution."""
    level = 1 - math.erfc(width / math.sqrt(2))
    known = {n: width if n is None else quantile_of_student(level, n) for n in set(freedom)}
    return np.array([known[n] for n in freedom])


def _largest(deviations: np.ndarray, level: float) -> float:
    """Return the number that the largest of normal numbers, correlated as columns are, exceeds in size with 1 - level at most.

    Neighbours of correlation ρ are directions at an angle of arccos ρ, and those of all columns a path of length Λ on a sphere.
    P(max |z| > c) ≤ 2(1 - Φ(c)) + Λ/π exp(-c²/2) (Hotelling, 1939; Naiman, 1986), or 2K(1 - Φ(c)) of K columns if less.
    """
    size = np.sqrt((deviations**2).sum(axis=0))
    scaled = deviations[:, size > 0] / size[size > 0]
    columns = scaled.shape[1]
    angles = np.arccos((scaled[:, 1:] * scaled[:, :-1]).sum(axis=0).clip(-1.0, 1.0))
    low, high, length = 0.0, 40.0, float(angles.sum())
    for _ in range(60):
        c = (low + high) / 2
        tails = math.erfc(c / math.sqrt(2))
        exceeded = min(tails + length / math.pi * math.exp(-c * c / 2), max(columns, 1) * tails) > 1 - level
        low, high = (c, high) if exceeded else (low, c)
    return high
