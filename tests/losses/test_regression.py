"""Losses of numbers at kinks, at extremes, and beside those of other libraries."""

import math

import numpy as np
import pytest
import scipy.special
import sklearn.metrics
import torch

import lossary
from tests.oracle import as_library, to_numpy

INF = math.inf
rng = np.random.default_rng(11)
P, T = rng.normal(0, 3, (2, 200))

KINKS = [  # where the slope jumps, the subgradient is 0, or that of the flat side
    ("smooth_l1", {}, 0.0, 0.0, 0.0),
    ("smooth_l1", {"beta": 0.0}, 0.0, 0.0, 0.0),
    ("smooth_l1", {"beta": 0.0}, 1e-30, 1e-30, 1.0),
    ("smooth_l1", {"beta": 1e-200}, 1e-201, 5e-203, 0.1),
    ("smooth_l1", {"beta": 1e-20}, 2.0, 2.0, 1.0),
    ("quantile", {"alpha": 0.9}, 0.0, 0.0, 0.0),
    ("huber_quantile", {"alpha": 0.9}, 0.0, 0.0, 0.0),
    ("expectile", {"alpha": 0.9}, 0.0, 0.0, 0.0),
    ("epsilon_insensitive", {"epsilon": 0.5}, 0.5, 0.0, 0.0),
    ("epsilon_insensitive", {"epsilon": 0.0}, 0.0, 0.0, 0.0),
    ("squared_epsilon_insensitive", {"epsilon": 0.5}, -0.5, 0.0, 0.0),
    ("power_error", {"exponent": 1.0}, 0.0, 0.0, 0.0),
    ("power_error", {"exponent": 1.25}, 0.0, 0.0, 0.0),
    ("pseudo_huber", {"delta": 1e-3}, 0.0, 0.0, 0.0),
    ("log_cosh", {}, 0.0, 0.0, 0.0),
]
EXTREMES = [  # neither squares nor exponentials overflow, and small residuals keep their digits
    ("pseudo_huber", {}, 3e-9, 4.5e-18, 3e-9),
    ("pseudo_huber", {}, 1e200, 1e200, 1.0),
    ("pseudo_huber", {"delta": 1e200}, 1.0, 0.5, 1.0),
    ("pseudo_huber", {}, -INF, INF, -1.0),
    ("pseudo_huber", {"delta": 4.0}, 3.0, 4.0, 2.4),
    ("log_cosh", {}, 100.0, 99.30685281944005, 1.0),
    ("log_cosh", {}, 1e-9, 5e-19, 1e-9),
    ("log_cosh", {}, INF, INF, 1.0),
    ("smooth_l1", {}, INF, INF, 1.0),
    ("quantile", {"alpha": 0.25}, -INF, INF, -0.25),
    ("epsilon_insensitive", {}, INF, INF, 1.0),
]


@pytest.mark.parametrize(("name", "options", "residual", "value", "slope"), [*KINKS, *EXTREMES])
def test_kinks_and_extremes(name, options, residual, value, slope, library):
    loss = getattr(lossary, name)
    if library == "jax" and 0 < value < 1e-300:
        pytest.skip("XLA flushes subnormal numbers")
    inputs = as_library(library, np.array([residual, 1.5])), as_library(library, np.array([0.0, 1.0]))
    got, found = loss.value_and_gradient(*inputs, reduction="none", **options)
    np.testing.assert_allclose(to_numpy(got)[0], value, rtol=1e-15)
    np.testing.assert_allclose(to_numpy(found)[0], slope, rtol=1e-15)


def torch_loss(function, **options):
    return lambda p, t: function(torch.tensor(p), torch.tensor(t), **options).item()


PEERS = {
    "smooth_l1 of torch": ("smooth_l1", {"beta": 0.7}, torch_loss(torch.nn.functional.smooth_l1_loss, beta=0.7), 1),
    "smooth_l1 of torch, beta 0": ("smooth_l1", {"beta": 0.0}, torch_loss(torch.nn.functional.smooth_l1_loss, beta=0.0), 1),
    "pseudo_huber of SciPy": ("pseudo_huber", {"delta": 0.7}, lambda p, t: scipy.special.pseudo_huber(0.7, p - t).mean(), 1),
    "pinball of scikit-learn": (
        "quantile",
        {"alpha": 0.8},
        lambda p, t: sklearn.metrics.mean_pinball_loss(t, p, alpha=0.8),
        1,
    ),
    "expectile by weights": (
        "expectile",
        {"alpha": 0.8},
        lambda p, t: sklearn.metrics.mean_squared_error(t, p, sample_weight=np.where(t < p, 0.2, 0.8)),
        1 / np.where(T < P, 0.2, 0.8).mean(),
    ),
}


@pytest.mark.parametrize("peer", PEERS)
def test_other_libraries_agree(peer):
    name, options, computed, factor = PEERS[peer]
    assert factor * getattr(lossary, name)(P, T, **options) == pytest.approx(computed(P, T), rel=1e-13)


def test_quantiles_mirror_each_other():
    np.testing.assert_allclose(
        lossary.quantile(P, T, alpha=0.9, reduction="none"), lossary.quantile(-P, -T, alpha=0.1, reduction="none"), rtol=1e-15
    )
    crps = np.mean([2 * lossary.quantile([1.0], [3.0], alpha=a) for a in (np.arange(1000) + 0.5) / 1000])
    assert crps == pytest.approx(2.0)  # a point forecast, so its CRPS is the absolute error


def test_levels_lie_between_0_and_1_and_may_vary():
    with pytest.raises(ValueError, match=r"alpha lies in \(0, 1\); got 1"):
        lossary.quantile([1.0], [1.0], alpha=1.0)
    with pytest.raises(ValueError, match="exponent lies in"):
        lossary.power_error([1.0], [1.0], exponent=0.5)
    found = lossary.quantile([1.0, 1.0], [3.0, 3.0], alpha=[0.5, 0.25], reduction="none")
    assert found.tolist() == [1.0, 0.5]


def test_a_level_per_sample_is_learned_as_quantile_regression_does():
    levels = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    values = torch.tensor(np.sort(rng.normal(size=401)))
    learned = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([learned], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        wide = learned.expand(401, 3)
        cost = lossary.quantile(wide, values[:, None].expand(401, 3), alpha=levels.expand(401, 3))
        cost.backward()
        return cost

    optimizer.step(closure)
    expected = np.quantile(values.numpy(), [0.1, 0.5, 0.9])
    np.testing.assert_allclose(learned.detach().numpy(), expected, atol=0.05)
