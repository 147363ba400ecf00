"""Intervals of means of rows that depend on one another: in runs, in time, or in clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lossary.counted import counted
from lossary.report import findings
from lossary.report.findings import Finding
from lossary.report.measure.breakdown.over_time import OverTime, Period, TimeSums
from lossary.report.measure.breakdown.runs import Run, Runs, RunSums
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.rows.values import unscaled
from lossary.report.measure.statistics.intervals import ConfidenceInterval, Estimate, IntervalOptions
from lossary.report.measure.statistics.moments import Moments
from lossary.report.measure.statistics.serial import LEAST_TIMES, estimate_by_horizon, estimate_of_series


class Dependence:
    """Sums by time and by run of several losses of the same rows, as far as rows have times and runs."""

    def __init__(self, plan: ColumnPlan, losses: int = 1, *, weighted: bool, run_column: str | None = None) -> None:
        self.times = None if plan.time is None else TimeSums(plan.time, losses, weighted=weighted)
        self.runs = None
        if plan.run is not None:  # of joined rows, another column holds the names of runs
            family = plan.families[plan.run] if run_column is None else "text"
            self.runs = RunSums(plan.run, family, plan.crossed, losses, weighted=weighted, column=run_column)

    def __bool__(self) -> bool:
        return self.times is not None or self.runs is not None

    def add(self, rows: Any, weighted_losses: Sequence[np.ndarray]) -> None:
        """Add rows: those of a batch, with the wℓ of each loss."""
        if self.times is not None:
            self.times.add(rows.times, weighted_losses, rows.weight)
        if self.runs is not None:
            self.runs.add(rows, weighted_losses)

    def merge(self, other: Dependence) -> None:
        """Add the rows of another."""
        if self.times is not None and other.times is not None:
            self.times.merge(other.times)
        if self.runs is not None and other.runs is not None:
            self.runs.merge(other.runs)

    def estimate(self, moments: Moments, options: IntervalOptions, loss: int = 0) -> Estimate | None:
        """Return the mean of a loss with its interval by runs or times, or None if it is made as that of other rows.

        ``moments`` are those of all rows. Runs come first, then clusters and the bootstrap, then times.
        """
        found = None
        if options.method == "none":
            return None
        if self.runs is not None:
            found = self.runs.estimate(moments, options.level, loss)
        elif self.times is not None and not options.resampled:
            series = self.times.series(loss)
            if options.horizon is not None:
                found = estimate_by_horizon(series, options.horizon, options.level)
            elif len(series.loss) >= LEAST_TIMES:
                found = estimate_of_series(series, options.level)
        return None if found is None else replace(found, value=moments.mean())

    def over_time(self, every: str | None, options: IntervalOptions, scale: int) -> OverTime | None:
        """Return the first loss over time, or None without times."""
        if self.times is None:
            return None
        level = level_of_periods(options)

        def period(start: str, k: int, moments: Sequence[Moments]) -> Period:
            own = moments[0]
            interval = None if level is None else own.normal_estimate(level, k).interval
            return Period(start, int(own.count[k]), unscaled(own.weight(k), scale), own.mean(k), interval)

        return self.times.over_time(every, options, period)

    def by_run(self, freedom: int | None, scale: int) -> Runs | None:
        """Return the first loss by run, or None without runs."""
        if self.runs is None:
            return None

        def run(name: str, k: int, moments: Sequence[Moments]) -> Run:
            own = moments[0]
            return Run(name, int(own.count[k]), unscaled(own.weight(k), scale), own.mean(k))

        return self.runs.runs(freedom, run)


def level_of_periods(options: IntervalOptions) -> float | None:
    """Return the level of the intervals of periods, or None if they have none: rows of a cluster lie in several."""
    return None if options.method == "none" or (options.resampled and options.method != "bootstrap") else options.level


_HOW = {
    "cosines": "times depend on those near them (cosines: Lazarus, Lewis, Stock and Watson, 2018)",
    "diebold-mariano": "times depend on one another up to {lags} apart, as errors of forecasts {horizon} ahead do (Diebold and "
    "Mariano, 1995; Harvey, Leybourne and Newbold, 1997)",
    "bartlett": "times depend on one another up to {lags} apart, by Bartlett's weights, as the plain variance is not positive",
}


def time_notes(
    found: OverTime | None, interval: ConfidenceInterval | None, options: IntervalOptions, rows: int
) -> Iterator[Finding]:
    """Yield what is to be said of rows in time, and of the interval that is made by them."""
    if found is None:
        return
    times = counted(found.times, "distinct time")
    if found.rounded:
        what = f"multiples of {found.rounded}" if found.rounded[0].isdigit() else f"the {found.rounded}"
        sentence = f"column {found.column!r} holds more distinct times than are kept apart, so they were rounded down to {what}"
        yield findings.ROUNDED_TIMES.found(sentence)
    if interval is None or level_of_periods(options) is None:  # intervals are by runs or clusters, and told of there
        return
    if interval.method in _HOW:
        lags = (found.horizon or 1) - 1
        how = _HOW[interval.method].format(lags=lags, horizon=found.horizon) if lags or found.horizon is None else "times are "
        how += "independent, as errors of forecasts one ahead are" if how == "times are " else ""
        panel = f"; the {rows:,} rows of {times} are added up by time first" if rows > found.times else f"; {times}"
        lag = (
            ""
            if found.autocorrelation is None
            else f"; the autocorrelation from one time to the next is {found.autocorrelation:.2g}"
        )
        yield findings.DEPENDENT_TIMES.found(f"the interval is of rows in time: {how}{panel}{lag}", found.times)
    elif interval.method == "normal" and found.times < LEAST_TIMES:
        yield findings.FEW_TIMES.found(
            f"{times} {'says' if found.times == 1 else 'say'} too little of how times depend on one another, so the interval "
            f"takes rows as independent; from {LEAST_TIMES} on it does not",
            found.times,
        )
    yield findings.INDEPENDENT_PARTS.found("intervals of periods, groups and other parts take rows as independent")


def run_notes(found: Runs | None, interval: ConfidenceInterval | None) -> Iterator[Finding]:
    """Yield what is to be said of runs, and of the interval that is made by them."""
    if found is None:
        return
    if found.of == 1:
        yield findings.ONE_RUN.found(
            f"column {found.column!r} holds a single run, so nothing tells how runs differ, and there is no interval", 1
        )
        return
    if interval is None:
        return
    runs = counted(found.of, "run")
    if found.crossed is None:
        yield findings.RUNS_ON_THESE_ROWS.found(
            f"the interval takes {runs} as clusters, so it holds for other runs on these rows; name the id of the rows, the "
            "same in every run, so that it holds for other rows too",
            found.of,
        )
        return
    freedom = "" if found.freedom is None else f", Student's t with {counted(found.freedom, 'degree')} of freedom"
    yield findings.RUNS_AS_CLUSTERS.found(
        f"the interval takes rows of one of {runs} as dependent, and rows of the same {found.crossed!r} (two-way clusters"
        f"{freedom}); folds that share training rows depend on one another more",
        found.of,
    )


def level_of_independent_rows(plan: ColumnPlan, options: IntervalOptions) -> float | None:
    """Return the level of intervals, or None if there are none or rows depend on one another."""
    dependent = plan.cluster is not None or plan.run is not None or plan.time is not None
    return None if options.method == "none" or dependent else options.level
