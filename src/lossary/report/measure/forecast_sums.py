"""Measure forecasts: how often targets lie below their quantiles and within their intervals, how wide these are, and bias."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lossary.engine.exact_sum import ExactSums
from lossary.report.measure.forecasts import Form, Said
from lossary.report.measure.grouping import GROUP_BUCKETS, RESAMPLED_GROUPS
from lossary.report.measure.intervals import Interval, IntervalOptions, wilson
from lossary.report.measure.moments import Moments
from lossary.report.measure.rows import Rows


@dataclass(frozen=True)
class LevelShare:
    """How often the target lies below the quantile of a level, and at or below it; all shares are by weight."""

    level: float
    below: float
    at_or_below: float
    interval: Interval | None
    """Of ``at_or_below``."""


@dataclass(frozen=True)
class Coverage:
    """The central intervals of a level: how often the target lies within, ends included, and how wide they are."""

    level: float
    count: int
    """The number of rows that have such an interval."""
    coverage: float
    interval: Interval | None
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
    bias_interval: Interval | None
    crossing: int | None
    """The number of rows whose quantiles cross, or None if there are none to cross."""
    missing: Missing | None
    """Missing members of ensembles, or None if there are no members."""


class ForecastSums:
    """The sums from which forecasts are judged."""

    def __init__(self, form: Form, *, weighted: bool, resampled: bool) -> None:
        self.form, self.weighted = form, weighted

        def shares(size: int) -> Moments:
            return Moments(size, weighted=weighted, buckets=GROUP_BUCKETS if resampled and size <= RESAMPLED_GROUPS else 0)

        self.upto, self.covered, self.bias = shares(len(form.levels)), shares(len(form.central)), shares(1)
        self.below, self.width = ExactSums(len(form.levels)), ExactSums(len(form.central))
        self.pit = ExactSums(len(form.edges) - 1)
        self.crossing = self.lacking_rows = self.lacking_members = 0
        self.fewest: float = math.inf

    def add(self, rows: Rows) -> None:
        """Add rows."""
        said = self.form.of(rows)
        weight = np.ones(len(rows.target)) if rows.weight is None else rows.weight
        self._add_pit(said, weight)
        if said.below is not None and said.upto is not None:
            self._add_shares(self.upto, said.upto, rows)
            places = np.broadcast_to(np.arange(said.below.shape[1]), said.below.shape)
            self.below.add(np.where(said.below, weight[:, None], 0.0), places)
        for k, central in enumerate(said.intervals):
            self._add_interval(k, central.low, central.high, central.present, rows, weight)
        if said.crossing is not None:
            self.crossing += int(np.count_nonzero(said.crossing))
        if said.centre is not None:
            with np.errstate(invalid="ignore", over="ignore"):
                error = said.centre - rows.target
                self.bias.add(weight * error, rows.weight, hashes=None if self.bias.buckets is None else rows.hashes)
        if self.form.name == "ensemble":
            self._add_missing(rows)

    def _add_missing(self, rows: Rows) -> None:
        lacking = np.isnan(rows.prediction).sum(axis=1)
        self.lacking_rows += int(np.count_nonzero(lacking))
        self.lacking_members += int(lacking.sum())
        self.fewest = min(self.fewest, rows.prediction.shape[1] - int(lacking.max(initial=0)))

    def _add_pit(self, said: Said, weight: np.ndarray) -> None:
        """Add the probability transforms; one that lies between two numbers is spread evenly between them."""
        edges = self.form.edges
        bins = len(edges) - 1
        first = np.clip(np.searchsorted(edges, said.low, side="right") - 1, 0, bins - 1)
        last = np.clip(np.searchsorted(edges, said.high, side="left") - 1, first, bins - 1)
        self.pit.add(weight, np.where(first == last, first, -1))
        spread = np.flatnonzero(first != last)
        low, high = said.low[spread], said.high[spread]
        for k in range(bins if len(spread) else 0):
            part = np.clip(np.minimum(high, edges[k + 1]) - np.maximum(low, edges[k]), 0, None) / (high - low)
            self.pit.add(weight[spread] * part, np.full(len(spread), k))

    def _add_shares(self, shares: Moments, holds: np.ndarray, rows: Rows) -> None:
        """Add, for each column, the rows of which something holds."""
        count, size = holds.shape
        index = np.tile(np.arange(size), count)
        weight = None if rows.weight is None else np.repeat(rows.weight, size)
        hashes = None if shares.buckets is None else np.repeat(rows.hashes, size)
        held = holds.ravel().astype(np.float64)
        shares.add(held if weight is None else held * weight, weight, index, hashes)

    def _add_interval(
        self, k: int, low: np.ndarray, high: np.ndarray, present: np.ndarray | None, rows: Rows, weight: np.ndarray
    ) -> None:
        index = np.full(len(low), k) if present is None else np.where(present, k, -1)
        hashes = None if self.covered.buckets is None else rows.hashes
        within = (low <= rows.target) & (rows.target <= high)
        self.covered.add(np.where(within, weight, 0.0), rows.weight, index, hashes)
        with np.errstate(invalid="ignore", over="ignore"):
            width = np.where(low == high, 0.0, high - low)  # ∞ - ∞ is no width at all
            self.width.add(weight * width, index)

    def merge(self, other: ForecastSums) -> None:
        """Add the rows of another."""
        for name in ("upto", "covered", "bias", "below", "width", "pit"):
            getattr(self, name).merge(getattr(other, name))
        for name in ("crossing", "lacking_rows", "lacking_members"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.fewest = min(self.fewest, other.fewest)

    # ---- reading

    def forecast(self, options: IntervalOptions) -> Forecast:
        """Return what was found."""
        form = self.form
        pit, whole = self.pit.values(), math.fsum(self.pit.values())
        below = self.below.values()
        quantiles = [
            LevelShare(level, _ratio(below[k], self.upto.weight(k)), self.upto.mean(k), _share_interval(self.upto, options, k))
            for k, level in enumerate(form.levels)
        ]
        intervals = [
            Coverage(
                level,
                int(self.covered.count[k]),
                self.covered.mean(k),
                _share_interval(self.covered, options, k),
                _ratio(self.width.value(k), self.covered.weight(k)),
            )
            for k, level in enumerate(form.central)
            if self.covered.count[k]
        ]
        has_bias = bool(form.centre) and bool(self.bias.count[0])
        return Forecast(
            kind=form.name,
            quantiles=tuple(quantiles),
            intervals=tuple(intervals),
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


def _share_interval(shares: Moments, options: IntervalOptions, place: int) -> Interval | None:
    """Return the interval of a share: Wilson's for independent rows, else that of a mean, held within 0 and 1."""
    if options.method == "none":
        return None
    if not options.resampled:
        return wilson(shares.mean(place), shares.effective_count(place), options.level)
    found = shares.interval(options, place)
    return None if found is None else Interval(max(0.0, found.low), min(1.0, found.high), found.level, found.method)
