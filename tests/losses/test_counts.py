"""Losses of counts at their edges, between their limits, and beside torch, scikit-learn and SciPy."""

import math

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
import torch

import lossary
from tests.losses.rows import MP
from tests.losses.rows.counts import binomial_pmf
from tests.oracle import as_library, exact, to_numpy

INF = math.inf
rng = np.random.default_rng(13)
MEAN = rng.lognormal(1, 1, 300)
COUNT = rng.poisson(rng.lognormal(1, 1, 300)).astype(float)
AMOUNT = rng.gamma(2.0, 1.5, 300)

EDGES = [
    ("poisson", {}, 0.0, 0.0, 1.0, 1.0),
    ("poisson", {}, -800.0, 2.0, 1600.0, -2.0),
    ("poisson", {}, -INF, 0.0, 0.0, 0.0),
    ("poisson", {"given": "mean"}, 0.0, 0.0, 0.0, 1.0),
    ("poisson", {"given": "mean"}, 0.0, 3.0, INF, -INF),
    ("poisson", {"given": "mean", "constant": "deviance"}, 3.0, 3.0, 0.0, 0.0),
    ("poisson", {"given": "mean", "constant": "deviance"}, 1e200, 1e-200, 2e200, 2.0),
    ("poisson", {"given": "mean", "constant": "deviance"}, 3.0, 0.0, 6.0, 2.0),
    ("poisson", {"constant": "deviance"}, -800.0, 1.0, 1598.0, -2.0),
    ("poisson", {"constant": "likelihood"}, 0.0, 2.0, 1 + math.log(2), -1.0),
    ("gamma", {}, 800.0, 3.0, 800.0, 1.0),
    ("gamma", {"given": "mean", "constant": "deviance"}, 0.3, 0.3, 0.0, 0.0),
    ("gamma", {"constant": "likelihood"}, 0.0, 2.0, 2.0, -1.0),
    ("tweedie", {}, 0.0, 0.0, 0.0, 1.0),
    ("tweedie", {"power": 1.5}, -800.0, 0.0, -2.0, 0.0),
    ("tweedie", {"power": 1.5}, 800.0, 0.0, 2 * math.expm1(400), math.exp(400)),
    ("tweedie", {"power": 2.0}, 800.0, 3.0, 797.0, 1.0),
    ("tweedie", {"given": "mean", "constant": "deviance"}, 3.0, 3.0, 0.0, None),
    ("tweedie", {"given": "mean", "constant": "deviance"}, 4.0, 0.0, 8.0, 1.0),
    ("tweedie", {"given": "mean", "constant": "deviance", "power": 2.0}, 4.0, 0.0, INF, None),
    ("negative_binomial", {}, 800.0, 3.0, 800.0, 1.0),
    ("negative_binomial", {}, -800.0, 3.0, 2400.0, -3.0),
    ("negative_binomial", {"given": "mean"}, 0.0, 0.0, 0.0, 1.0),
    ("negative_binomial", {"given": "mean"}, 0.0, 2.0, INF, -INF),
    ("negative_binomial", {"given": "mean", "constant": "deviance"}, 2.5, 2.5, 0.0, None),
    ("negative_binomial", {"dispersion": 0.0}, 0.0, 2.0, 1.0, -1.0),
]


@pytest.mark.parametrize(("name", "options", "prediction", "target", "value", "slope"), EDGES)
def test_edges(name, options, prediction, target, value, slope, library):
    loss = getattr(lossary, name)
    inputs = as_library(library, np.array([prediction, 1.5])), as_library(library, np.array([target, 1.0]))
    got, found = loss.value_and_gradient(*inputs, reduction="none", **options)
    np.testing.assert_allclose(to_numpy(got)[0], value, rtol=4e-15)
    if slope is not None:
        np.testing.assert_allclose(to_numpy(found)[0], slope, rtol=4e-15, atol=1e-15)


def test_targets_and_means_have_their_domains():
    for name, prediction, target in [
        ("poisson", 1.0, -1.0),
        ("poisson", -1.0, 1.0),
        ("gamma", 1.0, 0.0),
        ("tweedie", 0.0, 1.0),
    ]:
        with pytest.raises(ValueError, match="got"):
            getattr(lossary, name)([prediction], [target], given="mean")
    with pytest.raises(ValueError, match="constant is one of 'none', 'deviance'"):
        lossary.tweedie([1.0], [1.0], constant="likelihood")


PEERS = {
    "torch, Poisson of logarithms": (
        lossary.poisson(np.log(MEAN), COUNT),
        lambda: torch.nn.functional.poisson_nll_loss(torch.tensor(np.log(MEAN)), torch.tensor(COUNT)).item(),
    ),
    "torch, Poisson of means": (
        lossary.poisson(MEAN, COUNT, given="mean"),
        lambda: torch.nn.functional.poisson_nll_loss(torch.tensor(MEAN), torch.tensor(COUNT), log_input=False, eps=0).item(),
    ),
    "SciPy, Poisson": (
        lossary.poisson(MEAN, COUNT, given="mean", constant="likelihood"),
        lambda: -scipy.stats.poisson.logpmf(COUNT, MEAN).mean(),
    ),
    "SciPy, gamma": (
        lossary.gamma(MEAN, AMOUNT, given="mean", constant="likelihood", shape=2.5),
        lambda: -scipy.stats.gamma.logpdf(AMOUNT, 2.5, scale=MEAN / 2.5).mean(),
    ),
    "SciPy, negative binomial": (
        lossary.negative_binomial(MEAN, COUNT, given="mean", constant="likelihood", dispersion=0.4),
        lambda: -scipy.stats.nbinom.logpmf(COUNT, 2.5, 1 / (1 + 0.4 * MEAN)).mean(),
    ),
    **{
        f"scikit-learn, deviance of power {power}": (
            lossary.tweedie(MEAN, AMOUNT, given="mean", constant="deviance", power=power),
            lambda power=power: sklearn.metrics.mean_tweedie_deviance(AMOUNT, MEAN, power=power),
        )
        for power in (0, 1, 1.5, 2, 3)
    },
    "scikit-learn, Poisson deviance": (
        lossary.poisson(np.log(MEAN), COUNT, constant="deviance"),
        lambda: sklearn.metrics.mean_poisson_deviance(COUNT, MEAN),
    ),
    "scikit-learn, gamma deviance": (
        lossary.gamma(np.log(MEAN), AMOUNT, constant="deviance"),
        lambda: sklearn.metrics.mean_gamma_deviance(AMOUNT, MEAN),
    ),
}


@pytest.mark.parametrize("peer", PEERS)
def test_other_libraries_agree(peer):
    ours, theirs = PEERS[peer]
    assert ours == pytest.approx(theirs(), rel=1e-12)


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("step", [1e-6, 1e-9, 1e-12, 1e-15, 1e-300])
def test_the_deviance_is_continuous_in_the_power(power, step):
    options = {"given": "mean", "constant": "deviance", "reduction": "none"}
    at = lossary.tweedie(MEAN, AMOUNT, power=power, **options)
    for near in (power - step, power + step):
        np.testing.assert_allclose(lossary.tweedie(MEAN, AMOUNT, power=near, **options), at, rtol=2e3 * step + 1e-9, atol=1e-13)


def test_deviances_at_integer_powers_are_those_of_their_distributions():
    options = {"constant": "deviance", "reduction": "none"}
    logs = np.log(MEAN)
    np.testing.assert_allclose(
        lossary.tweedie(logs, COUNT, power=1.0, **options), lossary.poisson(logs, COUNT, **options), rtol=1e-11, atol=1e-13
    )
    np.testing.assert_allclose(
        lossary.tweedie(logs, AMOUNT, power=2.0, **options), lossary.gamma(logs, AMOUNT, **options), rtol=1e-11, atol=1e-13
    )
    np.testing.assert_allclose(
        lossary.tweedie(logs, AMOUNT, power=0.0, **options), (MEAN - AMOUNT) ** 2, rtol=1e-10, atol=1e-12
    )


def test_a_published_value_of_the_deviance_near_power_1():
    for step in (0.0, 1e-9, 1e-12):
        found = lossary.tweedie([1.5], [2.0], power=1 + step, given="mean", constant="deviance")
        assert found == pytest.approx(0.15072828980712, rel=1e-9 + step)


@pytest.mark.parametrize("dispersion", [1e-12, 1e-5, 0.1, 0.1 + 1e-9, 3.0])
def test_likelihoods_of_counts_sum_to_1(dispersion):
    count = np.arange(0.0, 3000.0)
    options = {"given": "mean", "constant": "likelihood", "reduction": "none"}
    found = lossary.negative_binomial(np.full_like(count, 4.0), count, dispersion=dispersion, **options)
    assert np.exp(-found).sum() == pytest.approx(1, rel=1e-12)


def test_likelihoods_with_more_zeros_sum_to_1():
    count = np.arange(0.0, 500.0)
    for loss in (lossary.zero_inflated_poisson, lossary.zero_inflated_negative_binomial):
        mean, zero = np.full_like(count, 4.0), np.full_like(count, 0.3)
        found = loss(mean, zero, count, given="probabilities", constant="likelihood", reduction="none")
        assert np.exp(-found).sum() == pytest.approx(1, rel=1e-12)


def test_a_certain_zero_is_computed_by_logarithms(library):
    mean, logit, target = np.array([900.0, 900.0, 1e-3]), np.array([-1000.0, -800.0, 60.0]), np.array([0.0, 0.0, 2.0])
    arrays = [as_library(library, x) for x in (mean, logit, target)]
    value, slopes = lossary.zero_inflated_poisson.value_and_gradient(*arrays, reduction="none")
    np.testing.assert_allclose(to_numpy(value), [900, 800, 60 + 1e-3 - 2 * math.log(1e-3)], rtol=1e-14)
    np.testing.assert_allclose(to_numpy(slopes.zero_probability), [0, -1, 1], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(to_numpy(slopes.mean), [1, 0, 1 - 2e3], rtol=1e-12, atol=1e-12)


def test_a_count_that_is_never_or_always_inflated_has_a_slope(library):
    mean, zero, target = np.full(4, 2.0), np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 3.0, 0.0, 3.0])
    arrays = [as_library(library, x) for x in (mean, zero, target)]
    value, slopes = lossary.zero_inflated_poisson.value_and_gradient(*arrays, given="probabilities", reduction="none")
    np.testing.assert_allclose(to_numpy(value), [2, 2 - 3 * math.log(2), 0, INF], rtol=2e-15)
    np.testing.assert_allclose(to_numpy(slopes.zero_probability), [1 - math.exp(2), 1, math.expm1(-2), INF], rtol=1e-14)


@pytest.mark.parametrize("dispersion", [1e-4, 0.08, 0.7])
def test_the_dispersion_is_learned_by_the_likelihood(dispersion):
    learned = torch.tensor(dispersion, dtype=torch.float64, requires_grad=True)
    means, counts = [3.0, 0.5], [7.0, 0.0]
    inputs = torch.tensor(means, dtype=torch.float64), torch.tensor(counts, dtype=torch.float64)
    options = {"given": "mean", "constant": "likelihood", "reduction": "sum"}
    lossary.negative_binomial(*inputs, dispersion=learned, **options).backward()
    cost = lambda a: sum(-MP.log(binomial_pmf(MP.mpf(y), MP.mpf(m), a)) for m, y in zip(means, counts, strict=True))
    assert learned.grad.item() == pytest.approx(float(MP.diff(cost, MP.mpf(dispersion))), rel=1e-9)


def test_single_precision_does_not_overflow_in_a_negative_binomial():
    value, slope = lossary.negative_binomial.value_and_gradient(np.float32([100.0]), np.float32([2.0]))
    assert float(value) == pytest.approx(100.0)
    assert slope.tolist() == [1.0]


@pytest.mark.parametrize("relative", [1e-12, -1e-6, 0.1, 0.199, 0.201, -0.5])
def test_the_gamma_deviance_of_close_numbers_keeps_its_digits(relative):
    mean, target = 2.7, 2.7 * (1 + relative)
    m, y = exact(mean), exact(target)
    value, slope = lossary.gamma.value_and_gradient([mean], [target], given="mean", constant="deviance")
    assert value == pytest.approx(float(2 * (MP.log(m / y) + y / m - 1)), rel=2e-14)
    assert slope[0] == pytest.approx(float(2 * (1 / m - y / m**2)), rel=1e-15)


@pytest.mark.parametrize("dispersion", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("given", ["log", "mean"])
@pytest.mark.parametrize("count", [1.0, 1e3, 1e6, 1e9, 1e15, 1e30])
def test_a_negative_binomial_of_large_counts_keeps_its_digits(count, given, dispersion):
    for factor in (0.5, 1.0, 2.0):
        prediction = np.log(factor * count) if given == "log" else factor * count
        mean = MP.exp(exact(prediction)) if given == "log" else exact(prediction)
        a, y = exact(dispersion), exact(count)
        inner = mean if given == "log" else 1
        value, slope = lossary.negative_binomial.value_and_gradient(
            [prediction], [count], given=given, dispersion=dispersion, reduction="sum"
        )
        assert value == pytest.approx(float((y + 1 / a) * MP.log(1 + a * mean) - y * MP.log(mean)), rel=4e-15)
        expected = (mean - y) / mean / (1 + a * mean) * inner
        assert slope[0] == pytest.approx(float(expected), abs=float(2e-14 * y / mean / (1 + a * mean) * inner))
