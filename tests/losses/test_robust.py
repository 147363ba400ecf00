"""Robust losses at extremes, and the general one through its special cases."""

import math

import numpy as np
import pytest
import torch

import lossary
from tests.losses.rows import MP
from tests.losses.rows.robust import general_robust
from tests.oracle import as_library, to_numpy

INF = math.inf
CASES = [
    ("general_robust", {"alpha": 2.0}, 3.0, 4.5, 3.0),
    ("general_robust", {"alpha": 1.0}, 3e-9, 4.5e-18, 3e-9),
    ("general_robust", {"alpha": 0.0}, 2.0, math.log(3), 2 / 3),
    ("general_robust", {"alpha": -INF}, 1e-9, 5e-19, 1e-9),
    ("general_robust", {"alpha": -INF}, 1e3, 1.0, 0.0),
    ("general_robust", {"alpha": -2.0}, 1e100, 2.0, 0.0),
    ("general_robust", {"alpha": 0.5}, 0.0, 0.0, 0.0),
    ("cauchy", {}, 1e-9, 5e-19, 1e-9),
    ("cauchy", {}, INF, INF, None),
    ("welsch", {}, 1e-9, 5e-19, 1e-9),
    ("welsch", {"scale": 2.0}, 1e200, 1.0, None),
    ("geman_mcclure", {}, 1e-9, 5e-19, 1e-9),
    ("geman_mcclure", {}, 1e200, 2.0, 0.0),
    ("geman_mcclure", {}, -INF, 2.0, -0.0),
    ("tukey", {"c": 2.0}, 1e-9, 5e-19, 1e-9),
    ("tukey", {"c": 2.0}, 2.0, 2 / 3, 0.0),
    ("tukey", {"c": 2.0}, -1e3, 2 / 3, 0.0),
    ("fair", {}, 1e-9, 5e-19 - 1e-27 / 3, 1e-9 / (1 + 1e-9)),
    ("fair", {"c": 2.0}, INF, INF, 2.0),
    ("fair", {}, 0.0, 0.0, 0.0),
    ("charbonnier", {"epsilon": 0.0}, 0.0, 0.0, 0.0),
    ("charbonnier", {"epsilon": 4e200}, 3e200, 5e200, 0.6),
    ("wing", {}, 0.0, 0.0, 0.0),
    ("wing", {"width": 2.0, "curvature": 1.0}, 2.0, 2 * math.log(3), 1.0),
]


@pytest.mark.parametrize(("name", "options", "residual", "value", "slope"), CASES)
def test_extremes(name, options, residual, value, slope, library):
    loss = getattr(lossary, name)
    inputs = as_library(library, np.array([residual, 1.5])), as_library(library, np.array([0.0, 1.0]))
    got, found = loss.value_and_gradient(*inputs, reduction="none", **options)
    np.testing.assert_allclose(to_numpy(got)[0], value, rtol=2e-15)
    if slope is not None:
        np.testing.assert_allclose(to_numpy(found)[0], slope, rtol=2e-15, atol=1e-100)


@pytest.mark.parametrize("near", [0.0, 1.0, 2.0, -2.0])
@pytest.mark.parametrize("step", [1e-3, 1e-8, 1e-13, 1e-200])
def test_the_general_loss_is_continuous_in_alpha(near, step):
    residuals = np.array([1e-4, 0.3, 2.0, 50.0])
    for alpha in {near - step, min(near + step, 2.0)}:
        true_alpha = near if step < 1e-100 else alpha  # the oracle has 60 digits
        truth = [float(general_robust(MP.mpf(r), MP.mpf(0), true_alpha)) for r in residuals]
        got, slope = lossary.general_robust.value_and_gradient(residuals, 0 * residuals, alpha=alpha, reduction="none")
        np.testing.assert_allclose(got, truth, rtol=2e-14)
        slopes = [float(MP.diff(lambda x, a=true_alpha: general_robust(x, MP.mpf(0), a), MP.mpf(r))) for r in residuals]
        np.testing.assert_allclose(slope, slopes, rtol=2e-14)


@pytest.mark.parametrize("alpha", [1.5, 1e-6, 0.0, -3.0])
def test_alpha_and_scale_are_learned(alpha):
    residuals = np.array([0.3, 2.0, 7.0])
    a, c = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (alpha, 1.5))
    lossary.general_robust(torch.tensor(residuals), torch.zeros(3), alpha=a, scale=c, reduction="sum").backward()
    cost = lambda alpha_, scale: sum(general_robust(MP.mpf(r), MP.mpf(0), alpha_, scale) for r in residuals)
    off = MP.mpf(alpha) + (MP.mpf(10) ** -25 if alpha == 0 else 0)  # the formula of the oracle has a gap there
    assert a.grad.item() == pytest.approx(float(MP.diff(lambda x: cost(x, MP.mpf(1.5)), off, h=MP.mpf(10) ** -18)), rel=1e-7)
    assert c.grad.item() == pytest.approx(float(MP.diff(lambda x: cost(MP.mpf(alpha), x), MP.mpf(1.5))), rel=1e-12)


def test_charbonnier_is_pseudo_huber_but_for_factor_and_offset():
    p, t = np.random.default_rng(1).normal(size=(2, 50))
    expected = lossary.pseudo_huber(p, t, delta=0.25, reduction="none") / 0.25 + 0.25
    np.testing.assert_allclose(lossary.charbonnier(p, t, epsilon=0.25, reduction="none"), expected, rtol=1e-14)


def test_alpha_is_2_at_most():
    with pytest.raises(ValueError, match="alpha lies in"):
        lossary.general_robust([1.0], [1.0], alpha=2.5)


@pytest.mark.parametrize("alpha", [2.0, 2 - 1e-15, 2 - 1e-12, 1.999999, 1.75, 1.5, 1.25, 1.0, 1e-6, 1e-13, 0.0, -1e-13, -2.0])
def test_the_slope_in_a_learned_alpha_keeps_its_digits_up_to_the_limits(alpha):
    """In the limit of α = 2 the slope is infinite: the loss falls from r²/2 by b/4·r²·log(r²/b) at α = 2 - b."""
    for r in (0.0, 0.5, 3.0, 1e3, 1e8):
        x, a = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in ([r], alpha))
        lossary.general_robust(x, torch.zeros(1, dtype=torch.float64), alpha=a).backward()
        if alpha == 2:
            assert a.grad == (INF if r else 0)
            assert x.grad == r
            continue
        with MP.workdps(120):
            of = [general_robust(MP.mpf(r), MP.mpf(0), MP.mpf(alpha) + k * MP.mpf(10) ** -25) for k in (-1, 1)]
            truth = float((of[1] - of[0]) / (2 * MP.mpf(10) ** -25))
        assert a.grad.item() == pytest.approx(truth, rel=1e-12)
