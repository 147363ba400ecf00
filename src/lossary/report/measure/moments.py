"""Exact sums by group, from which means come, and how sure these are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lossary.engine.exact_sum import ExactSums, rounded
from lossary.engine.reduction import Total

_ONE = 1 << 1074
_LEAST = 1 << (1074 - 480)
"""2^-480, as a number of units: of smaller weights the squares, and what they are multiplied by, may be no float64."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float
    level: float
    method: str
    """"normal", "bootstrap" or "wilson"."""


def quantile_of_normal(level: float) -> float:
    """How many standard errors an interval extends to each side."""
    from statistics import NormalDist  # takes milliseconds to import, and a bare mean does without

    return -NormalDist().inv_cdf((1 - level) / 2)  # (1 + level) / 2 may round to 1


def quantile_of_student(level: float, freedom: int) -> float:
    """The same for Student's t, to 1e-12.

    P(|T| > t) = I_x(ν/2, 1/2) and P(|T| < t) = I_y(1/2, ν/2) with x = ν/(ν + t²), y = t²/(ν + t²). The logarithm of either is
    concave in log t, so Newton's method in these finds t from any start.
    """
    outer = level > 0.5  # by the smaller of the two, of which more digits are known
    wanted, half = 1 - level if outer else level, freedom / 2
    # B(ν/2, 1/2), from B(1/2, 1/2) = π or B(1, 1/2) = 2, by B(a + 1, 1/2) = B(a, 1/2) a/(a + 1/2)
    beta = (math.pi if freedom % 2 else 2.0) * math.prod(k / (k + 1) for k in range(freedom - 2, 0, -2))
    t = quantile_of_normal(level)
    for _ in range(100 if t else 0):
        x, y = freedom / (freedom + t * t), t * t / (freedom + t * t)
        # x^(ν/2) y^(1/2) / B(ν/2, 1/2), which is t times the density
        term = math.exp(half * (math.log(x) if x < 0.5 else math.log1p(-y))) * math.sqrt(y) / beta
        if (x < (half + 1) / (half + 2.5)) == outer:
            found = term * (_beta_fraction(half, 0.5, x) if outer else _beta_fraction(0.5, half, y))
        else:  # I_x(a, b) = 1 - I_y(b, a)
            found = 1 - term * (_beta_fraction(0.5, half, y) if outer else _beta_fraction(half, 0.5, x))
        step = math.log(found / wanted) * found / (2 * term)
        t *= math.exp(step if outer else -step)
        if abs(step) < 1e-9:  # the next one would be some 1e-18
            break
    return t


def _beta_fraction(a: float, b: float, x: float) -> float:
    """I_x(a, b) B(a, b) / (x^a (1 - x)^b), a continued fraction that converges fast for x up to (a + 1)/(a + b + 2).

    DLMF 8.17.22, by Lentz's method: the fraction is the product of c d over its terms.
    """
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 1000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            c, d = 1 + term / c, 1 / (1 + term * d)
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return fraction / a


class Moments:
    """Of each of ``size`` groups of rows with losses ℓ and weights w: count, Σw, Σwℓ, and what a standard error takes."""

    def __init__(self, size: int = 1, *, weighted: bool) -> None:
        self.size, self.weighted = size, weighted
        self.count = np.zeros(size, np.int64)
        self.loss, self._square = ExactSums(size), ExactSums(size)
        kept = size if weighted else 1
        self._weight, self._weight_square, self._cross = ExactSums(kept), ExactSums(kept), ExactSums(kept)

    @classmethod
    def of(cls, total: Total) -> Moments:
        """Those of rows without weights, whose total has all that it takes."""
        found = cls(weighted=False)
        found.count[0] = total.count
        found.loss, _, found._square = total.sums()
        return found

    def add(self, weighted_losses: np.ndarray, weight: np.ndarray | None, index: np.ndarray | None = None) -> None:
        """Add rows: their wℓ, w, and the group of each, negative for none."""
        if index is None:
            self.count[0] += len(weighted_losses)
        else:
            self.count += np.bincount(index[index >= 0] if len(index) and index.min() < 0 else index, minlength=self.size)
        self.loss.add(weighted_losses, index, squares=self._square)
        if weight is not None:
            self._weight.add(weight, index, squares=self._weight_square)
            with np.errstate(invalid="ignore", over="ignore"):
                self._cross.add(np.where(weight == 0, 0.0, weight * weighted_losses), index)

    def merge(self, other: Moments, at: np.ndarray | None = None) -> None:
        """Add what another holds, whose group k is group ``at[k]`` here."""
        self.count[slice(None) if at is None else at] += other.count
        for mine, theirs in zip(self._sums(), other._sums(), strict=True):
            mine.merge(theirs, at)

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

    def weight(self, place: int = 0) -> float:
        """Σw of a group."""
        return self._weight.value(place) if self.weighted else float(self.count[place])

    def mean(self, place: int = 0) -> float:
        """Σwℓ / Σw of a group, rounded once."""
        loss, weight = self.loss, self._weight
        if any((*loss.special(place), *weight.special(place if self.weighted else 0))):
            return loss.value(place) / self.weight(place) if self.weight(place) else math.nan
        units = weight.units(place) if self.weighted else int(self.count[place]) * _ONE
        return rounded(loss.units(place), units) if units else math.nan

    def interval(self, level: float, place: int = 0) -> Interval | None:
        """The mean ± standard errors; None for fewer than two rows of any weight, or where a loss is not finite.

        The standard error of a ratio of sums, √(Σw²(ℓ - mean)²·n/(n - 1)) / Σw (Cochran, 1977), from exact sums.
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
        if not weight or weight * weight == weights2 * _ONE:  # a single row weighs anything
            return None
        if weight < n * _LEAST:  # the squares of such weights are lost
            return None
        mean = Fraction(loss, weight)
        spread = (square - 2 * mean * cross + mean * mean * weights2) / _ONE
        # squares of weighted losses are rounded, to 2^-50 of them; what is missing beyond that was too small a number
        if -spread > (mean * mean * weights2 / _ONE * Fraction(1, 1 << 40) if self.weighted else 0):
            return None
        variance = max(Fraction(0), spread) / Fraction(weight, _ONE) ** 2 * Fraction(n, n - 1)
        try:
            reach = quantile_of_normal(level) * math.sqrt(variance)
            return Interval(float(mean) - reach, float(mean) + reach, level, "normal")
        except OverflowError:
            return None


def wilson(share: float, count: float, level: float) -> Interval | None:
    """An interval for a share seen in so many rows (Wilson, 1927)."""
    if not count > 0:
        return None
    z = quantile_of_normal(level)
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * math.sqrt(max(0.0, share * (1 - share) / count + (z / (2 * count)) ** 2))
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach), level, "wilson")
