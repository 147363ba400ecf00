"""Slopes in parameters at values where a formula has another form, such as 0: those of the loss beside them."""

import numpy as np
import pytest
import torch

import lossary

RNG = np.random.default_rng(8)
S, COUNT = RNG.normal(size=6), np.array([0.0, 1.0, 2.0, 3.0, 5.0, 9.0])
P, T = (RNG.dirichlet(np.ones(4), 6) for _ in range(2))
VECTORS = tuple(RNG.normal(size=(3, 6, 4)))
LABELS = np.array([0, 1, 2, 3, 0, 1])
CASES = [
    ("negative_binomial", (S, COUNT), "dispersion", 0.0, {}),
    ("negative_binomial", (S, COUNT), "dispersion", 0.0, {"constant": "likelihood"}),
    ("negative_binomial", (S, COUNT), "dispersion", 0.0, {"constant": "deviance"}),
    ("zero_inflated_negative_binomial", (np.exp(S), S, COUNT), "dispersion", 0.0, {}),
    ("tweedie", (S, COUNT), "power", 1.0, {}),
    ("tweedie", (S, COUNT), "power", 2.0, {}),
    ("tweedie", (S, COUNT + 1), "power", 1.0, {"constant": "deviance"}),
    ("renyi", (P, T), "order", 1.0, {"given": "probabilities"}),
    ("triplet", VECTORS, "power", 2.0, {"margin": 3.0}),
    ("triplet", VECTORS, "power", 2.0, {"margin": 3.0, "swap": True}),
    ("generalized_cross_entropy", (P, LABELS), "q", 0.0, {"given": "probabilities"}),
]


@pytest.mark.parametrize(("name", "inputs", "parameter", "at", "options"), CASES)
def test_the_slope_in_a_parameter_at_a_limit_is_that_of_the_loss_beside_it(name, inputs, parameter, at, options):
    loss, x = getattr(lossary, name), torch.tensor(at, dtype=torch.float64, requires_grad=True)
    loss(*map(torch.as_tensor, inputs), **{parameter: x}, **options, reduction="sum").backward()
    # to the right only, as 0 is the least of some; its error is of the third order
    step = 1e-4
    beside = [loss(*inputs, **{parameter: at + k * step}, **options, reduction="sum") for k in range(4)]
    expected = np.dot([-11, 18, -9, 2], beside) / (6 * step)
    assert x.grad.item() == pytest.approx(expected, rel=1e-6, abs=1e-6)
