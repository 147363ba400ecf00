"""Intervals of a mean over several runs of one model: seeds, or folds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.report.measure.frame import frame_of
from lossary.report.measure.grouping import LISTED, ByColumn, in_own_order
from lossary.report.measure.intervals import Estimate, Interval, quantile_of_normal, quantile_of_student
from lossary.report.measure.moments import Moments
from lossary.report.measure.resample import BUCKETS, Buckets, resampled
from lossary.report.measure.values import unscaled

_MANY = 1 << 16
"""Degrees of freedom from which on Student's t is the normal distribution."""


@dataclass(frozen=True)
class Run:
    """The rows of one run."""

    name: str
    count: int
    weight: float
    mean: float


@dataclass(frozen=True)
class Runs:
    """The loss by run, and how much it differs between runs."""

    column: str
    of: int
    """The number of runs, listed or not."""
    spread: float | None
    """The standard deviation of the means of runs, or None for a single run."""
    low: float
    """The least mean of a run."""
    high: float
    crossed: str | None
    """The column by which rows of different runs depend on one another, or None if there is none."""
    freedom: int | None
    """The degrees of freedom of the interval, or None without one."""
    parts: tuple[Run, ...]

    def frame(self) -> Any:
        """Return the listed runs as a pandas frame, one row each."""
        return frame_of(self.parts)


class RunSums:
    """Sums by run and, where rows of different runs depend on one another, by what they share."""

    def __init__(self, column: str, family: str, crossed: str | None, *, weighted: bool) -> None:
        self.crossed = crossed
        self.by = ByColumn(column, family, weighted=weighted, biased=False, resampled=False)
        self.units = Buckets(BUCKETS) if crossed is not None else None

    def add(self, rows: Any, weighted_losses: np.ndarray) -> None:
        """Add rows: those of a batch, with their wℓ."""
        self.by.moments.add(weighted_losses, rows.weight, self.by.index(rows))
        if self.units is not None:
            self.units.add(weighted_losses, rows.weight, rows.units)

    def merge(self, other: RunSums) -> None:
        """Add the rows of another."""
        self.by.merge(other.by)
        if self.units is not None and other.units is not None:
            self.units.merge(other.units)

    def _of_runs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return Σwℓ and Σw of each run."""
        count = len(self.by.keys)
        return self.by.moments.loss.values()[:count], np.array([self.by.moments.weight(k) for k in range(count)])

    def estimate(self, rows: Moments, level: float) -> Estimate:
        """Return the mean with its interval, without one for a single run; ``rows`` are the moments of all rows.

        Runs are clusters. Where rows of different runs share something, V = V(runs) + V(what they share) - V(rows) (Cameron,
        Gelbach and Miller, 2011), at least V(runs). Student's t has (R - 1)·(V/V(runs))² degrees of freedom, as in studies of
        readers and cases (Hillis, 2007): R - 1 where all spread is between R runs.
        """
        of_runs = resampled(*self._of_runs(), level, "normal")
        if of_runs is None or of_runs.standard_error is None:
            return Estimate(rows.mean())
        own = of_runs.standard_error
        variance, shared = own**2, None if self.units is None else self.units.estimate(level, "normal")
        if shared is not None and shared.standard_error is not None and (alone := rows.normal_estimate(level).standard_error):
            variance = max(variance, variance + shared.standard_error**2 - alone**2)
        ratio = variance / own**2 if own else math.inf
        freedom = math.floor(min((of_runs.freedom or 1) * ratio**2, _MANY) + 1e-9)
        reach = (quantile_of_normal(level) if freedom >= _MANY else quantile_of_student(level, freedom)) * math.sqrt(variance)
        mean = of_runs.value
        return Estimate(mean, Interval(mean - reach, mean + reach, level, "runs"), math.sqrt(variance), freedom)

    def runs(self, scale: int, freedom: int | None) -> Runs | None:
        """Return the runs, in their own order if their names have one, else the largest mean first."""
        moments, names = self.by.moments, self.by.names()
        used = np.flatnonzero(moments.count).tolist()
        if not used:
            return None
        means = {k: moments.mean(k) for k in used}
        known = [x for x in means.values() if math.isfinite(x)]
        order = sorted(used, key=lambda k: (-means[k] if means[k] == means[k] else math.inf, names[k]))
        _, listed = in_own_order(order, names)
        return Runs(
            column=self.by.by,
            of=len(used),
            spread=float(np.std(known, ddof=1)) if len(known) == len(used) > 1 else None,
            low=min(means.values()),
            high=max(means.values()),
            crossed=self.crossed,
            freedom=freedom,
            parts=tuple(
                Run(names[k], int(moments.count[k]), unscaled(moments.weight(k), scale), means[k]) for k in listed[:LISTED]
            ),
        )
