"""Measure forecasts: how often targets lie below their quantiles and within their intervals, how wide these are, and bias."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lossary.engine.exact_sum import ExactSums
from lossary.report.measure.breakdown.grouping import GROUP_BUCKETS, RESAMPLED_GROUPS
from lossary.report.measure.rows.forecasts import Forecasts, Form, Said
from lossary.report.measure.statistics.intervals import ConfidenceInterval, IntervalOptions, wilson
from lossary.report.measure.statistics.merge import merge_attributes
from lossary.report.measure.statistics.moments import Moments


@dataclass(frozen=True)
class LevelShare:
    """How often the target lies below the quantile of a level, and at or below it; all shares are by weight."""

    level: float
    below: float
    at_or_below: float
    interval: ConfidenceInterval | None
    """Of ``at_or_below``."""


@dataclass(frozen=True)
class Coverage:
    """The central intervals of a level: how often the target lies within, ends included, and how wide they are."""

    level: float
    count: int
    """The number of rows that have such an interval."""
    coverage: float
    interval: ConfidenceInterval | None
    """Of the coverage."""
    width: float
    """The mean width, in units of the target."""


@dataclass(frozen=True)
class PitBin:
    """The share of the rows whose probability transform, the forecast probability of less than the target, is in a bin."""

    low: float
    high: float
    share: float


@dataclass(frozen=True)
class Missing:
    """Members of ensembles that are missing."""

    rows: int
    """The number of rows in which at least one is."""
    members: int
    fewest: int
    """The fewest members that a row has."""


@dataclass(frozen=True)
class Forecast:
    """What is found of forecasts beside their loss: calibration, sharpness and bias."""

    kind: str
    """"quantiles", "ensemble" or "distribution"."""
    quantiles: tuple[LevelShare, ...]
    intervals: tuple[Coverage, ...]
    pit: tuple[PitBin, ...]
    """The histogram of the probability transform; of calibrated forecasts each bin has its width as share."""
    centre: str | None
    """Which number of a forecast the bias is of: its "median" or "mean"; None if it has none."""
    bias: float | None
    """The mean of that number minus the target."""
    bias_interval: ConfidenceInterval | None
    crossing: int | None
    """The number of rows whose quantiles cross, or None if there are none to cross."""
    missing: Missing | None
    """Missing members of ensembles, or None if there are no members."""


class Shares:
    """The shares of the rows, by weight, of which something holds, ``size`` of them side by side."""

    def __init__(self, size: int, *, weighted: bool, resampled: bool) -> None:
        buckets = GROUP_BUCKETS if resampled and size <= RESAMPLED_GROUPS else 0
        self.moments = Moments(size, weighted=weighted, buckets=buckets) if weighted or resampled else None
        """None where counts say all: of independent rows without weights."""
        self._count, self._held = np.zeros(size, np.int64), np.zeros(size, np.int64)

    def add(self, holds: np.ndarray, present: np.ndarray, rows: Forecasts) -> None:
        """Add for each row, and each share, whether it holds, and whether the row counts."""
        self._count += np.count_nonzero(present, axis=0)
        if self.moments is None:
            self._held += np.count_nonzero(holds & present, axis=0)
            return
        size = holds.shape[1]
        index = np.where(present, np.arange(size), -1).ravel()
        weight = None if rows.weight is None else np.repeat(rows.weight, size)
        hashes = None if self.moments.buckets is None else np.repeat(rows.hashes, size)
        held = holds.ravel().astype(np.float64)
        self.moments.add(held if weight is None else held * weight, weight, index, hashes)

    def merge(self, other: Shares) -> None:
        """Add the rows of another."""
        self._count += other._count
        self._held += other._held
        if self.moments is not None and other.moments is not None:
            self.moments.merge(other.moments)

    def count(self, place: int) -> int:
        """Return the number of rows that count."""
        return int(self._count[place])

    def weight(self, place: int) -> float:
        """Return their weight."""
        return float(self._count[place]) if self.moments is None else self.moments.weight(place)

    def share(self, place: int) -> float:
        """Return a share."""
        if self.moments is not None:
            return self.moments.mean(place)
        return _ratio(float(self._held[place]), float(self._count[place]))

    def interval(self, options: IntervalOptions, place: int) -> ConfidenceInterval | None:
        """Return the interval of a share: Wilson's for independent rows, else that of a mean, held within 0 and 1."""
        if options.method == "none":
            return None
        if self.moments is None or not options.resampled:
            count = float(self._count[place]) if self.moments is None else self.moments.effective_count(place)
            return wilson(self.share(place), count, options.level)
        found = self.moments.interval(options, place)
        return (
            None if found is None else ConfidenceInterval(max(0.0, found.low), min(1.0, found.high), found.level, found.method)
        )


class ForecastSums:
    """The sums from which forecasts are judged."""

    def __init__(self, form: Form, *, weighted: bool, resampled: bool) -> None:
        self.form = form
        levels, central, bins = len(form.levels), len(form.central), len(form.edges) - 1
        self.below, self.upto = (Shares(levels, weighted=weighted, resampled=resampled) for _ in range(2))
        self.covered = Shares(central, weighted=weighted, resampled=resampled)
        self.widths = [ExactSums() for _ in range(central)]
        self.bias = Moments(1, weighted=weighted, buckets=GROUP_BUCKETS if resampled else 0)
        self.pit, self.whole = ExactSums(bins), np.zeros(bins, np.int64)
        """The probability transforms: rows by weight, and rows of weight 1 that lie in one bin."""
        self.crossing = self.lacking_rows = self.lacking_members = 0
        self.fewest: float = math.inf

    def add(self, rows: Forecasts) -> None:
        """Add rows."""
        said = self.form.of(rows)
        self._add_pit(said, rows.weight)
        if said.below is not None and said.upto is not None:
            self.below.add(said.below, np.ones_like(said.below), rows)
            self.upto.add(said.upto, np.ones_like(said.upto), rows)
        self._add_intervals(said, rows)
        if said.crossing is not None:
            self.crossing += int(np.count_nonzero(said.crossing))
        if said.centre is not None:
            with np.errstate(invalid="ignore", over="ignore"):
                error = said.centre - rows.target
                error = error if rows.weight is None else rows.weight * error
                self.bias.add(error, rows.weight, hashes=None if self.bias.buckets is None else rows.hashes)
        if self.form.name == "ensemble":
            self._add_missing(rows)

    def _add_missing(self, rows: Forecasts) -> None:
        lacking = np.isnan(rows.prediction).sum(axis=1)
        self.lacking_rows += int(np.count_nonzero(lacking))
        self.lacking_members += int(lacking.sum())
        self.fewest = min(self.fewest, rows.prediction.shape[1] - int(lacking.max(initial=0)))

    def _add_pit(self, said: Said, weight: np.ndarray | None) -> None:
        """Add the probability transforms; one that lies between two numbers is spread evenly between them."""
        edges = self.form.edges
        bins = len(edges) - 1
        first = np.clip(np.searchsorted(edges, said.low, side="right") - 1, 0, bins - 1)
        last = np.clip(np.searchsorted(edges, said.high, side="left") - 1, first, bins - 1)
        if weight is None:
            self.whole += np.bincount(first[first == last], minlength=bins)
        else:
            self.pit.add(weight, np.where(first == last, first, -1))
        spread = np.flatnonzero(first != last)
        low, high = said.low[spread], said.high[spread]
        for k in range(bins if len(spread) else 0):
            part = np.clip(np.minimum(high, edges[k + 1]) - np.maximum(low, edges[k]), 0, None) / (high - low)
            self.pit.add(part if weight is None else weight[spread] * part, np.full(len(spread), k))

    def _add_intervals(self, said: Said, rows: Forecasts) -> None:
        if not said.intervals:
            return
        present = np.stack(
            [np.ones(len(rows.target), bool) if i.present is None else i.present for i in said.intervals], axis=1
        )
        within = np.stack([(i.low <= rows.target) & (rows.target <= i.high) for i in said.intervals], axis=1)
        self.covered.add(within, present, rows)
        with np.errstate(invalid="ignore", over="ignore"):
            for interval, total in zip(said.intervals, self.widths, strict=True):
                width = np.where(interval.low == interval.high, 0.0, interval.high - interval.low)  # ∞ - ∞ is no width at all
                width = width if rows.weight is None else rows.weight * width
                total.add(width if interval.present is None else width[interval.present])

    def merge(self, other: ForecastSums) -> None:
        """Add the rows of another."""
        merge_attributes(self, other)
        self.whole += other.whole
        for name in ("crossing", "lacking_rows", "lacking_members"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.fewest = min(self.fewest, other.fewest)

    # ---- reading

    def forecast(self, options: IntervalOptions) -> Forecast:
        """Return what was found."""
        form = self.form
        pit = self.pit.values() + self.whole
        whole = math.fsum(pit.tolist())
        has_bias = bool(form.centre) and bool(self.bias.count[0])
        return Forecast(
            kind=form.name,
            quantiles=tuple(
                LevelShare(level, self.below.share(k), self.upto.share(k), self.upto.interval(options, k))
                for k, level in enumerate(form.levels)
            ),
            intervals=tuple(
                Coverage(
                    level,
                    self.covered.count(k),
                    self.covered.share(k),
                    self.covered.interval(options, k),
                    _ratio(self.widths[k].value(), self.covered.weight(k)),
                )
                for k, level in enumerate(form.central)
                if self.covered.count(k)
            ),
            pit=tuple(
                PitBin(float(low), float(high), _ratio(x, whole))
                for (low, high), x in zip(pairwise(form.edges.tolist()), pit.tolist(), strict=True)
            ),
            centre=form.centre or None,
            bias=self.bias.mean() if has_bias else None,
            bias_interval=self.bias.interval(options) if has_bias else None,
            crossing=self.crossing if len(form.levels) > 1 else None,
            missing=Missing(self.lacking_rows, self.lacking_members, int(self.fewest))
            if form.name == "ensemble" and math.isfinite(self.fewest)
            else None,
        )


def _ratio(x: float, weight: float) -> float:
    return float(x) / weight if weight else math.nan
