"""Likelihoods of a number: constants of libraries, what is best, forms of a scale, extremes, domains."""

import math

import numpy as np
import pytest
import scipy.stats
import torch

import lossary

rng = np.random.default_rng(8)
LOCATION, SCALE = rng.normal(0, 2, 50), rng.gamma(2, 1, 50)
TARGET = LOCATION + SCALE * rng.standard_t(3, 50)

SCIPY = {
    "laplace": (lossary.laplace, scipy.stats.laplace.logpdf, {}),
    "student_t": (lossary.student_t, lambda y, *rest: scipy.stats.t.logpdf(y, 3.5, *rest), {"degrees": 3.5}),
    "gaussian": (lossary.gaussian, scipy.stats.norm.logpdf, {"given": "scale"}),
}


@pytest.mark.parametrize("name", SCIPY)
def test_with_its_constant_a_loss_is_minus_scipys_log_density(name):
    loss, log_density, options = SCIPY[name]
    expected = -log_density(TARGET, LOCATION, SCALE)
    got = loss(LOCATION, SCALE, TARGET, reduction="none", constant="likelihood", **options)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


def test_lognormal_is_minus_scipys_log_density():
    target = np.exp(TARGET)
    expected = -scipy.stats.lognorm.logpdf(target, SCALE, scale=np.exp(LOCATION))
    got = lossary.lognormal(LOCATION, SCALE, target, reduction="none", constant="likelihood")
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)
    dropped = lossary.gaussian(LOCATION, SCALE, np.log(target), given="scale", reduction="none")
    np.testing.assert_allclose(lossary.lognormal(LOCATION, SCALE, target, reduction="none"), dropped, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("full", [False, True])
def test_gaussian_is_torchs_where_that_clamps_nothing(full):
    inputs = [torch.tensor(x, requires_grad=x is not TARGET) for x in (LOCATION, SCALE, TARGET)]
    theirs = torch.nn.functional.gaussian_nll_loss(inputs[0], inputs[2], inputs[1], full=full, eps=1e-300)
    ours = lossary.gaussian(*inputs, constant="likelihood" if full else "none")
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)
    for x, y in zip(torch.autograd.grad(ours, inputs[:2]), torch.autograd.grad(theirs, inputs[:2]), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-11)


def test_the_best_variance_is_the_squared_residual():
    v = np.array([0.25, 4.0])
    gradient = lossary.gaussian.gradient([0.0, 0.0], v, [1.0, 2.0], reduction="none")
    np.testing.assert_allclose(gradient.variance, (v - [1.0, 4.0]) / (2 * v**2))


@pytest.mark.parametrize("loss", [lossary.gaussian, lossary.laplace, lossary.student_t])
def test_a_scale_that_is_not_positive_raises(loss):
    for scale in (0.0, -1.0):
        with pytest.raises(ValueError, match=r"\(0, ∞\)"):
            loss([1.0], [scale], [1.0])


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
def test_tiny_and_huge_scales_keep_their_digits(scale):
    """All but the logarithm of the scale depends on (y - μ)/σ alone, and slopes on 1/σ times that."""
    at_1 = lossary.gaussian.value_and_gradient([0.0], [1.0], [1.5], given="scale")
    value, slopes = lossary.gaussian.value_and_gradient([0.0], [scale], [1.5 * scale], given="scale")
    assert value == pytest.approx(at_1[0] + math.log(scale), rel=1e-14)
    np.testing.assert_allclose([x[0] for x in slopes], [x[0] / scale for x in at_1[1]], rtol=1e-14)


@pytest.mark.parametrize("given", ["log_variance", "log_scale"])
def test_a_tiny_variance_of_single_precision_is_no_nan(given):
    x = np.float32([-120.0 if given == "log_variance" else -60.0] * 2)
    value, slopes = lossary.gaussian.value_and_gradient(
        np.float32([0, 0]), x, np.float32([0, 1e-26]), given=given, reduction="none"
    )
    z = 1e-26 * math.exp(60)
    np.testing.assert_allclose(value, [-60.0, -60 + z**2 / 2], rtol=1e-5)
    np.testing.assert_allclose(slopes.variance, np.array([1, 1 - z**2]) * (0.5 if given == "log_variance" else 1), rtol=1e-5)


def test_beta_weighs_by_the_variance_without_a_gradient_through_the_weight():
    arrays = mean, variance, target = LOCATION, SCALE, TARGET
    plain = lossary.gaussian.value_and_gradient(*arrays, reduction="none")
    for beta in (0.5, 1.0):
        weighed = lossary.beta_gaussian.value_and_gradient(*arrays, beta=beta, reduction="none")
        weight = variance**beta
        np.testing.assert_allclose(weighed[0], weight * plain[0], rtol=1e-13)
        for x, y in zip(weighed[1], plain[1], strict=True):
            np.testing.assert_allclose(x, weight * y, rtol=1e-13)
    np.testing.assert_allclose(weighed[1].mean, mean - target, rtol=1e-13)
    inputs = [torch.tensor(x, requires_grad=x is not target) for x in arrays]
    lossary.beta_gaussian(*inputs, beta=1.0, reduction="sum").backward()
    for x, y in zip(inputs, weighed[1], strict=False):
        np.testing.assert_allclose(x.grad, y, rtol=1e-12)


def test_many_degrees_of_freedom_are_the_gaussian():
    at = lambda degrees: lossary.student_t(LOCATION, SCALE, TARGET, degrees=degrees, reduction="none")
    expected = lossary.gaussian(LOCATION, SCALE, TARGET, given="scale", reduction="none")
    np.testing.assert_allclose(at(1e6), expected, atol=1e-3)
    np.testing.assert_allclose(at(1e10), expected, atol=1e-4)


def test_degrees_of_freedom_are_learned_to_the_truth():
    """The terms that depend on ν are kept, so its slope is that of the whole likelihood."""
    degrees = torch.tensor(2.5, dtype=torch.float64, requires_grad=True)
    inputs = [torch.tensor(x) for x in (LOCATION, SCALE, TARGET)]
    lossary.student_t(*inputs, degrees=degrees, reduction="sum").backward()
    theirs = lambda df: -torch.distributions.StudentT(df, *inputs[:2]).log_prob(inputs[2]).sum()
    df = torch.tensor(2.5, dtype=torch.float64, requires_grad=True)
    theirs(df).backward()
    assert degrees.grad.item() == pytest.approx(df.grad.item(), rel=1e-10)


@pytest.mark.parametrize("far", [1e155, -1e200, 1e305])
def test_student_t_has_its_slopes_where_squares_overflow(far):
    value, slope = lossary.student_t.value_and_gradient([0.0], [1.0], [far], constant="likelihood")
    assert value == pytest.approx(-scipy.stats.t(4).logpdf(1e10) + 5 * np.log(abs(far) / 1e10), rel=1e-13)
    assert slope.location[0] == pytest.approx(-5 / far, rel=1e-13)
    assert slope.scale[0] == pytest.approx(-4, rel=1e-13)  # -ν/s
