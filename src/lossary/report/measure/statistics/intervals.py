"""Confidence intervals, and the quantiles that they need."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class ConfidenceInterval:
    """A confidence interval."""

    low: float
    high: float
    level: float
    method: str
    """"normal", "bootstrap", "wilson"; of rows in time "cosines", "diebold-mariano" or "bartlett"; "runs"."""


@dataclass(frozen=True)
class IntervalOptions:
    """The method of the confidence intervals of means."""

    method: str = "none"
    """"normal", "bootstrap" or "none"."""
    level: float = 0.95
    resampled: bool = False
    """True if rows are collected in buckets: for the bootstrap, and for clustered rows."""
    horizon: int | None = None
    """How many times ahead forecasts look, where that is said: errors are dependent up to one time less."""


NO_INTERVALS = IntervalOptions()


@dataclass(frozen=True)
class Estimate:
    """An estimated mean, or difference of means: its interval, and what tests of it need."""

    value: float
    interval: ConfidenceInterval | None = None
    standard_error: float | None = None
    freedom: int | None = None
    """Degrees of freedom of Student's t by which the value is judged, or None for the normal distribution."""

    @property
    def negative(self) -> Estimate:
        """The estimate of the opposite: of A - B where this is of B - A."""
        span = self.interval
        turned = None if span is None else replace(span, low=-span.high + 0.0, high=-span.low + 0.0)  # + 0.0 makes 0 of -0
        return replace(self, value=-self.value + 0.0, interval=turned)

    @property
    def p_value(self) -> float | None:
        """The two-sided p-value of the value being 0, or None without a standard error."""
        if self.standard_error is None or not math.isfinite(self.value):
            return None
        if not self.standard_error:
            return 0.0 if self.value else 1.0
        t = abs(self.value) / self.standard_error
        return math.erfc(t / math.sqrt(2)) if self.freedom is None else tails_of_student(t, self.freedom)


def quantile_of_normal(level: float) -> float:
    """Return how many standard errors an interval extends to each side."""
    from statistics import NormalDist  # takes milliseconds to import, and a bare mean does not need it

    return -NormalDist().inv_cdf((1 - level) / 2)  # (1 + level) / 2 may round to 1


def quantile_of_student(level: float, freedom: int) -> float:
    """Return the same for Student's t, to 1e-12.

    P(|T| > t) = I_x(ν/2, 1/2) and P(|T| < t) = I_y(1/2, ν/2) with x = ν/(ν + t²), y = t²/(ν + t²). The logarithm of either is
    concave in log t, so Newton's method in these finds t from any start.
    """
    outer = level > 0.5  # by the smaller tail, which has more digits
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
        if abs(step) < 1e-9:  # the next step would be about 1e-18
            break
    return t


def tails_of_student(t: float, freedom: int) -> float:
    """Return P(|T| > t) of Student's t; see :func:`quantile_of_student`."""
    if not 0 < t < math.inf:
        return 0.0 if t > 0 else 1.0
    half = freedom / 2
    x, y = freedom / (freedom + t * t), t * t / (freedom + t * t)
    if not x or not y:  # t² overflows, or vanishes
        return 0.0 if t > 1 else 1.0
    # x^(ν/2) y^(1/2) / B(ν/2, 1/2)
    beta = math.lgamma(half) + math.lgamma(0.5) - math.lgamma(half + 0.5)
    term = math.exp(half * (math.log(x) if x < 0.5 else math.log1p(-y)) - beta) * math.sqrt(y)
    if x < (half + 1) / (half + 2.5):
        return term * _beta_fraction(half, 0.5, x)
    return 1 - term * _beta_fraction(0.5, half, y)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return I_x(a, b) B(a, b) / (x^a (1 - x)^b), a continued fraction that converges fast for x ≤ (a + 1)/(a + b + 2).

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


def wilson(share: float, count: float, level: float) -> ConfidenceInterval | None:
    """Return the interval of a share observed in ``count`` rows (Wilson, 1927), or None without rows."""
    if not count > 0:
        return None
    z = quantile_of_normal(level)
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * math.sqrt(max(0.0, share * (1 - share) / count + (z / (2 * count)) ** 2))
    return ConfidenceInterval(max(0.0, centre - reach), min(1.0, centre + reach), level, "wilson")
