"""Intervals of a mean over time, where the losses of one time go with those of the times near it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lossary.errors import UsageError
from lossary.report.measure.statistics.intervals import ConfidenceInterval, Estimate, quantile_of_student

LEAST_TIMES = 10
"""Times below which nothing can be said of how times depend on one another."""


@dataclass(frozen=True)
class Series:
    """Σwℓ and Σw of each time, in order of time: rows of one time are added up first."""

    loss: np.ndarray
    weight: np.ndarray

    @property
    def deviations(self) -> np.ndarray | None:
        """Σw(ℓ - mean) of each time over the mean of Σw, or None if a loss is not finite or there is no weight.

        The mean of all rows is a ratio of sums, so its variance is that of the mean of these (Driscoll and Kraay, 1998, for
        panels). They sum to 0.
        """
        if not len(self.weight) or not np.isfinite(self.loss).all() or not self.weight.max() > 0:
            return None
        # scaled by a power of 2, so that neither sums nor squares overflow or underflow
        exponent = -int(np.frexp(self.weight.max())[1])
        with np.errstate(over="ignore", under="ignore"):
            loss, weight = np.ldexp(self.loss, exponent), np.ldexp(self.weight, exponent)
            total = math.fsum(weight)
            if not np.isfinite(loss).all():
                return None
            found: np.ndarray = (loss - math.fsum(loss) / total * weight) * (len(weight) / total)
        return found if np.isfinite(found @ found) else None

    @property
    def mean(self) -> float:
        """The mean of all rows."""
        return math.fsum(self.loss) / math.fsum(self.weight)


def autocorrelation(series: Series) -> float | None:
    """Return the correlation of the losses of one time with those of the next, or None if there is none."""
    u = series.deviations
    square = 0.0 if u is None else float(u @ u)
    return float(u[1:] @ u[:-1]) / square if u is not None and len(u) > 1 and square > 0 else None


def estimate_by_horizon(series: Series, horizon: int, level: float) -> Estimate:
    """Return the mean of forecasts ``horizon`` times ahead with its interval, without one if there is none.

    Errors of forecasts h steps ahead overlap, so they are dependent up to h - 1 times apart: the variance of the mean is
    (γ₀ + 2Σγₖ)/T over k < h (Diebold and Mariano, 1995), with the correction (T + 1 - 2h + h(h - 1)/T)/T and the quantiles of
    Student's t with T - 1 degrees of freedom (Harvey, Leybourne and Newbold, 1997). Where that variance is not positive,
    autocovariances are weighted by 1 - k/h (Bartlett), which makes it so.
    """
    count = len(series.loss)
    if horizon >= count:
        raise UsageError(
            f"a horizon is shorter than the series; got {horizon:,} with {count:,} distinct times; pass the number of steps "
            "of time that a forecast looks ahead"
        )
    u = series.deviations
    if u is None or count < 2:
        return Estimate(math.nan)
    covariances = [float(u[k:] @ u[: count - k]) / count for k in range(horizon)]
    variance, kernel = covariances[0] + 2 * math.fsum(covariances[1:]), "diebold-mariano"
    if variance <= 1e-12 * covariances[0]:  # nothing but rounding
        weighted = ((1 - k / horizon) * covariance for k, covariance in enumerate(covariances) if k)
        variance, kernel = covariances[0] + 2 * math.fsum(weighted), "bartlett"
    correction = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    if variance < 0 or not correction > 0:
        return Estimate(series.mean)
    return _estimate(series.mean, math.sqrt(variance / count / correction), count - 1, level, kernel)


def terms_of(count: int) -> int:
    """Return how many cosines the interval of so many times takes: 0.4 T^(2/3), at least one."""
    return max(1, int(0.4 * count ** (2 / 3) + 1e-9))


def estimate_of_series(series: Series, level: float) -> Estimate:
    """Return the mean of a series whose dependence is not known with its interval, without one if there is none.

    The long-run variance is the mean of B squared weights of the cosines of 1 to B half waves in the series, and the
    statistic has Student's t with B degrees of freedom (the equal-weighted cosine estimator with B = 0.4 T^(2/3): Lazarus,
    Lewis, Stock and Watson, 2018). It cannot be negative.
    """
    u, count = series.deviations, len(series.loss)
    if u is None or count < LEAST_TIMES:
        return Estimate(math.nan)
    terms = terms_of(count)
    k = np.arange(1, terms + 1)
    # Σₜ uₜ cos(πk(t + ½)/T) is the real part of a Fourier sum over 2T places, turned by half a step
    waves = (np.fft.rfft(u, 2 * count)[k] * np.exp(-0.5j * math.pi * k / count)).real * math.sqrt(2 / count)
    return _estimate(series.mean, math.sqrt(float(waves @ waves) / terms / count), terms, level, "cosines")


def _estimate(mean: float, error: float, freedom: int, level: float, method: str) -> Estimate:
    reach = quantile_of_student(level, freedom) * error
    return Estimate(mean, ConfidenceInterval(mean - reach, mean + reach, level, method), error, freedom)
