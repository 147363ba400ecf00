"""Scores of forecasts: integrals that they are, tails and scales, intervals as two quantile losses."""

import mpmath
import numpy as np
import pytest
import scipy.stats

import lossary
from tests.oracle import as_library, exact, to_numpy

MP = mpmath.mp.clone()
MP.dps = 40
CLOSED = {
    "gaussian": (lossary.crps_gaussian, lambda x: MP.ncdf(x), 1 / np.sqrt(np.pi)),
    "laplace": (lossary.crps_laplace, lambda x: MP.exp(x) / 2 if x < 0 else 1 - MP.exp(-x) / 2, 0.75),
    "logistic": (lossary.crps_logistic, lambda x: 1 / (1 + MP.exp(-x)), 1.0),
}
by_family = pytest.mark.parametrize("family", CLOSED)


@by_family
@pytest.mark.parametrize("z", [-3.0, -0.25, 0.0, 1.5])
def test_closed_forms_are_the_integral(family, z):
    loss, distribution, _ = CLOSED[family]
    below = MP.quad(lambda x: distribution(x) ** 2, [-MP.inf, min(z, 0), z])
    above = MP.quad(lambda x: (1 - distribution(x)) ** 2, [z, max(z, 0), MP.inf])
    assert loss([1.0], [2.0], [1.0 + 2 * z]) == pytest.approx(float(2 * (below + above)), rel=1e-13)


@by_family
@pytest.mark.parametrize("residual", [1e3, -1e300, 1e308])
def test_far_in_the_tails_the_score_is_the_distance_less_a_share_of_the_scale(family, residual, library):
    loss, _, share = CLOSED[family]
    for scale in (1.0, 1e-300):
        inputs = [as_library(library, [x]) for x in (0.0, scale, residual)]
        value, slopes = loss.value_and_gradient(*inputs)
        assert float(value) == abs(residual) - share * scale
        assert to_numpy(slopes[0]).item() == -np.sign(residual)
        assert to_numpy(slopes[1]).item() == pytest.approx(-share, rel=1e-15)


@by_family
@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200])
def test_scores_scale_with_the_scale(family, scale):
    loss = CLOSED[family][0]
    for z in (0.0, 1e-9, 0.7, 20.0):
        at_1 = loss.value_and_gradient([0.0], [1.0], [z])
        value, slopes = loss.value_and_gradient([0.0], [scale], [z * scale])
        assert value / scale == pytest.approx(at_1[0], rel=1e-14)
        np.testing.assert_allclose(slopes, at_1[1], rtol=1e-13, atol=2e-16)


def test_the_gaussian_score_at_its_centre_and_its_slopes():
    z = np.linspace(-6, 6, 41)
    value, slopes = lossary.crps_gaussian.value_and_gradient(np.zeros(41), np.ones(41), z, reduction="none")
    assert value[20] == pytest.approx(np.sqrt(2 / np.pi) - 1 / np.sqrt(np.pi), rel=1e-15)
    np.testing.assert_allclose(slopes.mean, 1 - 2 * scipy.stats.norm.cdf(z), atol=2e-16)
    np.testing.assert_allclose(slopes.scale, 2 * scipy.stats.norm.pdf(z) - 1 / np.sqrt(np.pi), atol=4e-16)


@by_family
def test_a_score_is_least_in_expectation_for_the_true_distribution(family):
    loss = CLOSED[family][0]
    at = {"gaussian": scipy.stats.norm, "laplace": scipy.stats.laplace, "logistic": scipy.stats.logistic}[family]
    drawn = at.ppf((np.arange(2001) + 0.5) / 2001, 1.0, 2.0)
    mean = lambda location, scale: loss(np.full(2001, location), np.full(2001, scale), drawn)
    others = [mean(1.1, 2.0), mean(0.9, 2.0), mean(1.0, 1.8), mean(1.0, 2.2)]
    assert mean(1.0, 2.0) < min(others)


def test_an_interval_scores_as_two_quantiles():
    rng = np.random.default_rng(3)
    lower, upper, y = rng.normal(-1, 1, 60), rng.normal(1, 1, 60), rng.normal(0, 2, 60)
    pinball = lambda q, level: np.where(y >= q, level * (y - q), (1 - level) * (q - y))
    for alpha in (0.02, 0.5):
        expected = 2 / alpha * (pinball(lower, alpha / 2) + pinball(upper, 1 - alpha / 2))
        got = lossary.interval_score(lower, upper, y, alpha=alpha, reduction="none")
        np.testing.assert_allclose(got, expected, rtol=1e-12)
        crossed = np.maximum(lower - upper, 0)
        assert (got >= (2 / alpha - 1) * crossed * (1 - 1e-12)).all()


def test_bounds_that_the_target_meets_have_the_slope_of_a_target_inside():
    gradient = lossary.interval_score.gradient([1.0, 1.0], [3.0, 3.0], [1.0, 3.0], reduction="none")
    assert gradient.lower.tolist() == [-1, -1]
    assert gradient.upper.tolist() == [1, 1]


@pytest.mark.parametrize("alpha", [0.0, 1.0, 1.5])
def test_an_alpha_outside_raises(alpha):
    with pytest.raises(ValueError, match=r"alpha.*\(0, 1\)"):
        lossary.interval_score([0.0], [1.0], [0.5], alpha=alpha)


LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def test_a_weighted_interval_score_is_that_of_its_intervals():
    rng = np.random.default_rng(4)
    q, y = np.sort(rng.normal(size=(30, 5))), rng.normal(0, 2, 30)
    intervals = [(0.1, q[:, 0], q[:, 4]), (0.5, q[:, 1], q[:, 3])]
    expected = sum(a / 2 * lossary.interval_score(low, high, y, alpha=a, reduction="none") for a, low, high in intervals)
    got = lossary.weighted_interval_score(q, y, levels=LEVELS, reduction="none")
    np.testing.assert_allclose(got, (expected + abs(y - q[:, 2]) / 2) / 2.5, rtol=1e-12)


def test_many_quantiles_approach_half_the_continuous_score():
    levels = (np.arange(4000) + 0.5) / 4000
    q = scipy.stats.norm.ppf(levels)
    for y in (-2.0, 0.3):
        assert 2 * lossary.quantiles(q, y) == pytest.approx(lossary.crps_gaussian([0.0], [1.0], [y]), rel=1e-3)


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_levels_are_of_all_samples_or_of_each(library):
    rng = np.random.default_rng(5)
    q, y = as_library(library, rng.normal(size=(6, 5))), as_library(library, rng.normal(size=6))
    of_all = lossary.quantiles.value_and_gradient(q, y, levels=LEVELS)
    of_each = lossary.quantiles.value_and_gradient(q, y, levels=as_library(library, np.tile(LEVELS, (6, 1))))
    assert float(of_all[0]) == float(of_each[0])
    np.testing.assert_array_equal(to_numpy(of_all[1]), to_numpy(of_each[1]))
    alone = [lossary.quantiles(to_numpy(q)[:, [k]], to_numpy(y), levels=LEVELS[k : k + 1]) for k in range(5)]
    assert float(of_all[0]) == pytest.approx(np.mean(alone), rel=1e-13)


def test_a_quantile_that_the_target_meets_has_slope_0():
    assert lossary.quantiles.gradient([[1.0, 2.0, 3.0]], [2.0], levels=(0.1, 0.5, 0.9))[0, 1] == 0


@pytest.mark.parametrize("levels", [(0.0, 0.5, 0.9), (0.1, 0.5, 1.0), (0.1, 0.5)])
def test_levels_outside_or_of_another_number_raise(levels):
    with pytest.raises(ValueError, match="levels"):
        lossary.quantiles([[1.0, 2.0, 3.0]], [2.0], levels=levels)


def test_of_one_level_several_quantiles_are_one():
    rng = np.random.default_rng(6)
    q, y = rng.integers(-3, 3, (2, 40)).astype(float)
    ours = lossary.quantiles.value_and_gradient(q[:, None], y, levels=(0.3,), reduction="none")
    theirs = lossary.quantile.value_and_gradient(q, y, alpha=0.3, reduction="none")
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-15)
    np.testing.assert_allclose(ours[1][:, 0], theirs[1], rtol=1e-15)


@pytest.mark.parametrize("distance", [1e-12, 1e-6, 0.5, 0.999, 1.001, 3.0])
def test_slopes_near_the_target_keep_their_digits(distance):
    """The slope in the location is about that distance over the scale, a difference of numbers near 1."""
    for loss, slope in ((lossary.crps_laplace, lambda z: MP.expm1(-z)), (lossary.crps_logistic, lambda z: -MP.tanh(z / 2))):
        scale, target = 3.7, 0.3 + 3.7 * distance
        expected = slope((exact(target) - exact(0.3)) / exact(scale))
        found = loss.gradient([0.3], [scale], [target])
        assert found[0][0] == pytest.approx(float(expected), rel=1e-15)
