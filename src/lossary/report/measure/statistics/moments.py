"""Exact sums by group, for means and their confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from lossary.engine.exact_sum import ExactSums, rounded
from lossary.engine.reduction import Total
from lossary.report.measure.statistics.intervals import ConfidenceInterval, Estimate, IntervalOptions, quantile_of_normal
from lossary.report.measure.statistics.resample import Buckets

if TYPE_CHECKING:
    from fractions import Fraction

_ONE = 1 << 1074
_LEAST = 1 << (1074 - 480)
"""2^-480 in units of 2^-1074: squares of smaller mean weights may underflow."""


def counts_of(index: np.ndarray | None, size: int, rows: int) -> np.ndarray:
    """Return the number of rows of each group (negative for none), or of all rows without groups."""
    if index is None:
        return np.array([rows])
    return np.bincount(index[index >= 0] if len(index) and index.min() < 0 else index, minlength=size)


class Moments:
    """Count, Σw, Σwℓ and the sums for a standard error, of each of ``size`` groups of rows with losses ℓ and weights w."""

    def __init__(self, size: int = 1, *, weighted: bool, buckets: int = 0) -> None:
        self.size, self.weighted = size, weighted
        self.count = np.zeros(size, np.int64)
        self.loss, self._square = ExactSums(size), ExactSums(size)
        kept = size if weighted else 1
        self._weight, self._weight_square, self._cross = ExactSums(kept), ExactSums(kept), ExactSums(kept)
        self.buckets = Buckets(buckets, size) if buckets else None

    @classmethod
    def of(cls, total: Total, buckets: Buckets | None) -> Moments:
        """Return the moments of rows without weights, from their total and their buckets, if any."""
        found = cls(weighted=False)
        found.count[0] = total.count
        found.loss, _, found._square = total.sums()
        found.buckets = buckets
        return found

    def add(
        self,
        weighted_losses: np.ndarray,
        weight: np.ndarray | None,
        index: np.ndarray | None = None,
        hashes: np.ndarray | None = None,
        *,
        counts: np.ndarray | None = None,
        sums: tuple[ExactSums, ExactSums] | None = None,
    ) -> None:
        """Add rows: their wℓ, w, the group of each (negative for none), and the hash that chooses the bucket of each.

        ``counts`` are the numbers of rows by group, and ``sums`` those of losses and squares without groups, if they are known.
        """
        self.count += counts_of(index, self.size, len(weighted_losses)) if counts is None else counts
        if sums is None or index is not None:
            self.loss.add(weighted_losses, index, squares=self._square)
        else:
            self.loss.merge(sums[0])
            self._square.merge(sums[1])
        if weight is not None:
            self._weight.add(weight, index, squares=self._weight_square)
            with np.errstate(invalid="ignore", over="ignore"):
                self._cross.add(np.where(weight == 0, 0.0, weight * weighted_losses), index)
        if self.buckets is not None and hashes is not None:
            self.buckets.add(weighted_losses, weight, hashes, index)

    def merge(self, other: Moments, at: np.ndarray | None = None) -> None:
        """Add the sums of another, whose group k is group ``at[k]`` here; several may become one."""
        np.add.at(self.count, np.arange(self.size) if at is None else at, other.count)
        for mine, theirs in zip(self._sums(), other._sums(), strict=True):
            mine.merge(theirs, at)
        if self.buckets is not None and other.buckets is not None:
            self.buckets.merge(other.buckets, at)

    def _sums(self) -> Iterable[ExactSums]:
        found = (self.loss, self._square)
        return (*found, self._weight, self._weight_square, self._cross) if self.weighted else found

    def grow(self, size: int) -> None:
        """Make room for more groups."""
        if size > self.size:
            self.count = np.concatenate([self.count, np.zeros(size - self.size, np.int64)])
            self.size = size
            for sums in self._sums():
                sums.grow(size)
            if self.buckets is not None:
                self.buckets.grow(size)

    def weight(self, place: int = 0) -> float:
        """Return Σw of a group."""
        return self._weight.value(place) if self.weighted else float(self.count[place])

    def squares(self, place: int = 0) -> float:
        """Return Σw²ℓ² of a group."""
        return self._square.value(place)

    def effective_count(self, place: int = 0) -> float:
        """Return (Σw)²/Σw² of a group: how many rows of equal weight say as much about a share."""
        if not self.weighted:
            return float(self.count[place])
        squares = self._weight_square.value(place)
        return self.weight(place) ** 2 / squares if squares else 0.0

    def mean(self, place: int = 0) -> float:
        """Return Σwℓ / Σw of a group, rounded once."""
        loss, weight = self.loss, self._weight
        if any((*loss.special(place), *weight.special(place if self.weighted else 0))):
            return loss.value(place) / self.weight(place) if self.weight(place) else math.nan
        units = weight.units(place) if self.weighted else int(self.count[place]) * _ONE
        return rounded(loss.units(place), units) if units else math.nan

    def interval(self, options: IntervalOptions, place: int = 0) -> ConfidenceInterval | None:
        """Return the interval of a group, or None if none is asked for or the rows are too few."""
        return self.estimate(options, place).interval

    def estimate(self, options: IntervalOptions, place: int = 0) -> Estimate:
        """Return the mean of a group with its interval and standard error, without these if the rows are too few."""
        if options.method == "none":
            return Estimate(self.mean(place))
        if not options.resampled:
            return self.normal_estimate(options.level, place)
        found = None if self.buckets is None else self.buckets.estimate(options.level, options.method, place)
        return found or Estimate(self.mean(place))

    def beside(self, loss: ExactSums, square: ExactSums, cross: ExactSums) -> Moments:
        """Return the moments of other losses of the same rows, of which the sums are given."""
        found = Moments(weighted=self.weighted)
        found.size, found.count = self.size, self.count
        found._weight, found._weight_square = self._weight, self._weight_square
        found.loss, found._square, found._cross = loss, square, cross
        return found

    def normal_estimate(self, level: float, place: int = 0) -> Estimate:
        """Return the mean of a group ± standard errors, without these if the rows are too few; see ``_variance``."""
        mean, variance = self.mean(place), self._variance(place)
        if variance is None:
            return Estimate(mean)
        try:
            error = math.sqrt(variance)
            reach = quantile_of_normal(level) * error
        except OverflowError:
            return Estimate(mean)
        return Estimate(mean, ConfidenceInterval(mean - reach, mean + reach, level, "normal"), error)

    def _variance(self, place: int) -> Fraction | None:
        """Return the variance of the mean, or None for fewer than two rows of positive weight or if a loss is not finite.

        That of a ratio of sums, Σw²(ℓ - mean)²·n/(n - 1) / (Σw)² (Cochran, 1977), from exact sums.
        """
        from fractions import Fraction

        n = int(self.count[place])
        if n < 2 or any(any(sums.special(place)) for sums in self._sums()):
            return None
        loss, square = self.loss.units(place), self._square.units(place)
        if self.weighted:
            weight, weights2, cross = (s.units(place) for s in (self._weight, self._weight_square, self._cross))
        else:
            weight, weights2, cross = n * _ONE, n * _ONE, loss
        if not weight or weight * weight == weights2 * _ONE:  # only one row has positive weight
            return None
        if weight < n * _LEAST:  # squares of such weights underflow
            return None
        mean = Fraction(loss, weight)
        spread = (square - 2 * mean * cross + mean * mean * weights2) / _ONE
        # squares of weighted losses are rounded to 2^-50 relative; a larger deficit comes from underflow
        if -spread > (mean * mean * weights2 / _ONE * Fraction(1, 1 << 40) if self.weighted else 0):
            return None
        return max(Fraction(0), spread) / Fraction(weight, _ONE) ** 2 * Fraction(n, n - 1)
