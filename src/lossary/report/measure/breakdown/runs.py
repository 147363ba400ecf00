"""Intervals of a mean over several runs of one model: seeds, or folds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.report.measure.breakdown.frame import frame_of
from lossary.report.measure.breakdown.grouping import LISTED, ByColumn
from lossary.report.measure.statistics.intervals import ConfidenceInterval, Estimate, quantile_of_normal, quantile_of_student
from lossary.report.measure.statistics.moments import Moments
from lossary.report.measure.statistics.resample import BUCKETS, Buckets, resampled
from lossary.report.read.text import natural

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
    """The degrees of freedom of the interval, or None without one, or if they are so many that it is normal."""
    parts: tuple[Any, ...]
    """A :class:`Run` of a score each, of a comparison what its differences are."""

    def frame(self) -> Any:
        """Return the listed runs as a pandas frame, one row each."""
        return frame_of(self.parts)


MakeRun = Callable[[str, int, Sequence[Moments]], Any]
"""A function of the name of a run, its place, and the moments of each loss by place."""


class RunSums:
    """Sums by run of several losses of the same rows, and by what rows of different runs share."""

    def __init__(
        self, by: str, family: str, crossed: str | None, losses: int = 1, *, weighted: bool, column: str | None = None
    ) -> None:
        self.crossed = crossed
        options: dict[str, Any] = {"weighted": weighted, "biased": False, "resampled": False, "column": column}
        self.by = [ByColumn(by, family, **options) for _ in range(losses)]
        for one in self.by:
            one.keys = self.by[0].keys  # all losses meet the same runs
        self.units = [Buckets(BUCKETS) for _ in range(losses)] if crossed is not None else None
        """Sums by a hash of what is shared."""

    def add(self, rows: Any, weighted_losses: Sequence[np.ndarray]) -> None:
        """Add rows: those of a batch, with the wℓ of each loss."""
        index = self.by[0].index(rows)
        for k, values in enumerate(weighted_losses):
            self.by[k].make_room()
            self.by[k].moments.add(values, rows.weight, index)
            if self.units is not None:
                self.units[k].add(values, rows.weight, rows.units)

    def merge(self, other: RunSums) -> None:
        """Add the rows of another."""
        for mine, theirs in zip(self.by, other.by, strict=True):
            mine.merge(theirs)
        for one, another in zip(self.units or (), other.units or (), strict=True):
            one.merge(another)

    def estimate(self, rows: Moments, level: float, loss: int = 0) -> Estimate:
        """Return the mean of a loss with its interval, without one for a single run; ``rows`` are its moments of all rows.

        Runs are clusters. Where rows of different runs share something, V = V(runs) + V(what they share) - V(rows) (Cameron,
        Gelbach and Miller, 2011), at least V(runs). Student's t has (R - 1)·(V/V(runs))² degrees of freedom, as in studies of
        readers and cases (Hillis, 2007): R - 1 where all spread is between R runs.
        """
        moments, count = self.by[loss].moments, len(self.by[loss].keys)
        weight = np.array([moments.weight(k) for k in range(count)])
        used = np.flatnonzero(weight > 0)
        of_runs = resampled(moments.loss.values()[used], weight[used], level, "normal", used)
        if of_runs is None or of_runs.standard_error is None:
            return Estimate(rows.mean())
        own = of_runs.standard_error
        variance, shared = own**2, None if self.units is None else self.units[loss].estimate(level, "normal")
        if shared is not None and shared.standard_error is not None and (alone := rows.normal_estimate(level).standard_error):
            variance = max(variance, variance + shared.standard_error**2 - alone**2)
        ratio = variance / own**2 if own else math.inf
        found = (of_runs.freedom or 1) * ratio**2
        freedom = None if found >= _MANY else math.floor(found + 1e-9)
        reach = (quantile_of_normal(level) if freedom is None else quantile_of_student(level, freedom)) * math.sqrt(variance)
        mean = of_runs.value
        return Estimate(mean, ConfidenceInterval(mean - reach, mean + reach, level, "runs"), math.sqrt(variance), freedom)

    def runs(self, freedom: int | None, make: MakeRun, loss: int = 0) -> Runs | None:
        """Return the runs in the order of their names; of many, those of the largest means of a loss."""
        by = self.by[loss]
        names, used = by.names(), np.flatnonzero(by.moments.count).tolist()
        if not used:
            return None
        means = {k: by.moments.mean(k) for k in used}
        known = [x for x in means.values() if math.isfinite(x)]
        largest = sorted(used, key=lambda k: (-means[k] if means[k] == means[k] else math.inf, names[k]))[:LISTED]
        listed = sorted(largest, key=lambda k: natural(names[k]))
        moments = [one.moments for one in self.by]
        return Runs(
            column=by.by,
            of=len(used),
            spread=float(np.std(known, ddof=1)) if len(known) == len(used) > 1 else None,
            low=min(means.values()),
            high=max(means.values()),
            crossed=self.crossed,
            freedom=freedom,
            parts=tuple(make(names[k], k, moments) for k in listed),
        )
