"""Intervals of dependent series: against naive loops, statsmodels, SciPy, and values published for other packages."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from lossary.report import UsageError
from lossary.report.measure.statistics.serial import Series, autocorrelation, estimate_by_horizon, estimate_of_series, terms_of

LEVEL = 0.95


def plain(values):
    values = np.asarray(values, float)
    return Series(values, np.ones(len(values)))


def statistic(interval, series, freedom):
    """The mean in standard errors, from an interval."""
    return series.mean / ((interval.high - interval.low) / 2 / stats.t.ppf((1 + LEVEL) / 2, freedom))


# differences, a horizon, and the statistic that tests of the packages dieboldmariano and scores hold, which follow R's dm.test
PUBLISHED = [
    (np.array([0, 1, 2, 3, 4, 5.0]) ** 2 - np.array([0, 2, 3, 3, 5, 6.0]) ** 2, 1, -2.4905),
    (
        np.array(
            [
                *(0.3675225224615024, 0.5450608127223211, 0.22044990720021074, 0.8688743471040006, 0.6072512228948467),
                *(0.8582283746501538, 0.41662295816718187, 0.3812100211114714, 0.7185133356116706, 0.30827323290318875),
                *(0.4297093624074402, 0.8615974488577858, 0.7240514514808826, 0.3450839595261038, 0.19675301374013598),
            ]
        )
        - np.array(
            [
                *(0.12794132529988733, 0.3679643204341153, 0.768715420996091, 0.09972248964114683, 0.27197653636654284),
                *(0.28797629010039505, 0.9160213458582482, 0.6112628048698798, 0.5452873235576241, 0.06785907231746158),
                *(0.6072666485541124, 0.6241575753989782, 0.39998026828867217, 0.19895665605941748, 0.8094941215215619),
            ]
        ),
        3,
        1.2109,
    ),
    # of the package scores: sqrt(3/8) 2.5 / sqrt(0.46875)
    (np.array([1, 2, 3, 4.0]), 2, (3 / 8) ** 0.5 * 2.5 / 0.46875**0.5),
]


@pytest.mark.parametrize(("differences", "horizon", "expected"), PUBLISHED)
def test_the_test_of_diebold_and_mariano_has_the_published_statistic(differences, horizon, expected):
    series = plain(differences)
    interval = estimate_by_horizon(series, horizon, LEVEL).interval
    assert interval.method == "diebold-mariano"
    assert statistic(interval, series, len(differences) - 1) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize("horizon", [1, 2, 5])
def test_panels_have_the_standard_error_of_a_regression_on_a_constant(horizon):
    statsmodels = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(3)
    times = np.repeat(np.arange(40), rng.integers(1, 6, 40))
    shocks = np.convolve(rng.normal(size=60), np.ones(4), "valid")[:40]
    losses, weights = shocks[times] + rng.exponential(size=len(times)), rng.uniform(0.5, 2, len(times))
    series = Series(np.bincount(times, weights * losses), np.bincount(times, weights))
    interval = estimate_by_horizon(series, horizon, LEVEL).interval
    fit = statsmodels.WLS(losses, np.ones(len(losses)), weights).fit(
        cov_type="hac-groupsum",
        cov_kwds={
            "time": times,
            "maxlags": horizon - 1,
            "use_correction": False,
            "weights_func": lambda lags: np.ones(lags + 1),
        },
    )
    correction = (40 + 1 - 2 * horizon + horizon * (horizon - 1) / 40) / 40
    reach = stats.t.ppf((1 + LEVEL) / 2, 39) * fit.bse[0] / math.sqrt(correction)
    assert interval.method == "diebold-mariano"
    assert [interval.low, interval.high] == pytest.approx([fit.params[0] - reach, fit.params[0] + reach], rel=1e-9)


def test_a_variance_that_is_not_positive_is_taken_with_bartlett_weights():
    values = np.array([1.0, -1, 1.1, -1, 1, -1.2, 1, -1])
    interval = estimate_by_horizon(plain(values), 2, LEVEL).interval
    u = values - values.mean()
    variance = (sum(x * x for x in u) + sum(x * y for x, y in pairwise(u))) / 8  # 2 · (1 - 1/2) = 1
    assert sum(x * x for x in u) + 2 * sum(x * y for x, y in pairwise(u)) < 0
    reach = stats.t.ppf((1 + LEVEL) / 2, 7) * math.sqrt(variance / 8 / ((8 + 1 - 4 + 2 / 8) / 8))
    assert interval.method == "bartlett"
    assert interval.high - values.mean() == pytest.approx(reach, rel=1e-9)


@pytest.mark.parametrize("count", [10, 31, 200])
def test_the_interval_of_cosines_is_that_of_its_formula(count):
    rng = np.random.default_rng(count)
    weights = rng.uniform(0.5, 2, count)
    series = Series(weights * rng.normal(1, 1, count), weights)
    mean = series.loss.sum() / weights.sum()
    u = (series.loss - mean * weights) / weights.mean()
    terms = int(0.4 * count ** (2 / 3))
    assert terms_of(count) == terms
    squares = [
        (math.sqrt(2 / count) * sum(x * math.cos(math.pi * k * (t + 0.5) / count) for t, x in enumerate(u))) ** 2
        for k in range(1, terms + 1)
    ]
    reach = stats.t.ppf((1 + LEVEL) / 2, terms) * math.sqrt(sum(squares) / terms / count)
    interval = estimate_of_series(series, LEVEL).interval
    assert [interval.low, interval.high] == pytest.approx([mean - reach, mean + reach], rel=1e-9)


@pytest.mark.parametrize(("count", "memory", "least"), [(100, 0.0, 0.92), (100, 0.6, 0.92), (400, 0.7, 0.92)])
def test_the_interval_of_cosines_holds_the_mean_about_as_often_as_it_says(count, memory, least):
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(800, count + 100))
    for t in range(1, count + 100):
        noise[:, t] += memory * noise[:, t - 1]
    held = []
    for values in noise[:, 100:]:
        interval = estimate_of_series(plain(values), LEVEL).interval
        held.append(interval.low <= 0 <= interval.high)
    assert least < np.mean(held) < 0.975


def test_the_autocorrelation_is_that_of_a_naive_loop():
    values = np.random.default_rng(1).normal(size=50)
    u = values - values.mean()
    expected = sum(x * y for x, y in pairwise(u)) / sum(x * x for x in u)
    assert autocorrelation(plain(values)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_a_common_factor_of_weights_changes_nothing(scale):
    values = np.random.default_rng(2).normal(size=30)
    one, other = plain(values), Series(values * scale, np.full(30, scale))
    for estimate in (estimate_of_series, lambda series, level: estimate_by_horizon(series, 2, level)):
        assert estimate(other, LEVEL).interval.low == pytest.approx(estimate(one, LEVEL).interval.low, rel=1e-9)


def test_series_without_spread_or_with_infinite_losses():
    assert estimate_of_series(plain(np.full(20, 3.0)), LEVEL).interval.low == 3.0
    assert estimate_by_horizon(plain(np.full(20, 3.0)), 3, LEVEL).interval.high == 3.0
    assert autocorrelation(plain(np.full(20, 3.0))) is None
    infinite = plain([math.inf, *range(20)])
    assert estimate_of_series(infinite, LEVEL).interval is None
    assert estimate_by_horizon(infinite, 2, LEVEL).interval is None
    assert autocorrelation(infinite) is None
    assert estimate_of_series(plain(range(9)), LEVEL).interval is None
    assert estimate_of_series(plain([]), LEVEL).interval is None


def test_a_horizon_is_shorter_than_the_series():
    with pytest.raises(UsageError, match=r"a horizon is shorter than the series; got 4 with 4 distinct times; pass the number"):
        estimate_by_horizon(plain(range(4)), 4, LEVEL)
