"""Losses of preferences: their minima, edges, and what TRL computes, written out naively."""

import math

import jax
import numpy as np
import pytest
import torch
from mpmath import mp
from torch.nn import functional

import lossary
from tests.oracle import as_library, to_numpy

EXTREME = np.array([0.0, -1e-100, -1e-30, -1e-8, -0.3, -5.0, -800.0, -1e5, -math.inf])
PAIRS = [x.ravel() for x in np.meshgrid(EXTREME, EXTREME)]


@pytest.mark.parametrize("beta", [0.05, 0.5])
def test_ipo_is_least_where_the_margin_is_half_the_inverse_of_beta(beta):
    chosen = np.array([-4.0 + 1 / (2 * beta), -4.0, -4.0 + 1 / beta])
    rest = np.full(3, -4.0)
    value, gradient = lossary.ipo.value_and_gradient(chosen, rest, rest, rest, beta=beta, reduction="none")
    np.testing.assert_allclose(value, [0, 1 / (4 * beta**2), 1 / (4 * beta**2)], atol=1e-15)
    np.testing.assert_allclose(gradient.chosen, [0, -1 / beta, 1 / beta], atol=1e-13)
    np.testing.assert_array_equal(gradient.rejected, -gradient.chosen)


def test_dpo_depends_on_the_margin_alone_and_is_linear_where_a_sigmoid_underflows():
    rng = np.random.default_rng(0)
    four, shift = rng.normal(0, 30, (4, 50)), rng.normal(0, 30, 50)
    one = lossary.dpo(*four, beta=0.5, reduction="none")
    for moved in ((1, 0, 1, 0), (1, 1, 0, 0), (0, 1, 0, 1)):
        other = lossary.dpo(*(x + shift * on for x, on in zip(four, moved, strict=True)), beta=0.5, reduction="none")
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12)
    wrong = np.array([-3000.0], np.float32), *[np.zeros(1, np.float32)] * 3
    value, gradient = lossary.dpo.value_and_gradient(*wrong, beta=1.0)
    assert value == 3000
    assert gradient._fields == ("chosen", "rejected")
    assert gradient.chosen == -1


@pytest.mark.parametrize("flip", [0.1, 0.3, 0.5])
def test_dpo_of_labels_that_may_be_flipped_is_least_at_their_log_odds(flip):
    best = np.array([math.log((1 - flip) / flip) / 0.2])
    none = np.zeros(1)
    gradient = lossary.dpo.gradient(best, none, none, none, beta=0.2, flip_probability=flip)
    assert abs(gradient.chosen[0]) < 1e-16
    assert lossary.dpo.curvature(best, none, none, none, beta=0.2, flip_probability=flip).chosen[0] > 0


def test_losses_of_rewards_are_bradley_terry():
    rng = np.random.default_rng(0)
    w, x, rw, rx = rng.normal(-20, 5, (4, 30))
    want = lossary.bradley_terry(0.3 * (w - rw), 0.3 * (x - rx), reduction="none")
    np.testing.assert_allclose(lossary.dpo(w, x, rw, rx, beta=0.3, reduction="none"), want, rtol=1e-14)
    want = lossary.bradley_terry(2.5 * w, 2.5 * x, margin=0.7, reduction="none")
    np.testing.assert_allclose(lossary.simpo(w, x, beta=2.5, margin=0.7, reduction="none"), want, rtol=1e-14)


def test_a_margin_may_differ_from_pair_to_pair():
    found = lossary.bradley_terry([1.0, 1.0], [0.0, 0.0], margin=[0.0, 2.0], reduction="none")
    np.testing.assert_allclose(found, np.log1p(np.exp([-1.0, 1.0])), rtol=1e-15)


@pytest.mark.parametrize("library", ["numpy", "torch", "numpy-kernels"], indirect=True)
def test_odds_keep_value_and_slope_at_the_ends(library):
    value, gradient = lossary.orpo.value_and_gradient(*(as_library(library, x) for x in PAIRS), beta=1.0, reduction="none")
    with mp.workdps(400):
        for w, x, got, dw, dx in zip(*PAIRS, *map(to_numpy, (value, *gradient)), strict=True):
            if w == x and w in (0, -math.inf):
                assert math.isnan(got)
                continue
            if x == 0:
                assert got == math.inf
                continue
            if math.isinf(w) or math.isinf(x):
                assert got == (math.inf if math.isinf(w) else -w)
                continue
            p, q = (mp.exp(mp.mpf(float(y))) for y in (w, x))
            odds = q / (1 - q)
            ratio = odds * (1 - p) / p
            assert got == pytest.approx(float(mp.log1p(ratio) - w), rel=1e-14, abs=1e-320)
            assert dw == pytest.approx(float(-1 - odds / p / (1 + ratio)), rel=1e-13)
            if math.isfinite(slope := float(odds * (1 - p) / p / (1 - q) / (1 + ratio))):
                assert dx == pytest.approx(slope, rel=1e-13, abs=1e-320)


def test_a_reference_point_gets_no_gradient_and_may_be_one_a_sample():
    policy = torch.tensor([-9.0, -12.0], dtype=torch.float64, requires_grad=True)
    reference, target = torch.tensor([-10.0, -10.0], dtype=torch.float64), torch.tensor([1.0, 0.0], dtype=torch.float64)
    point = policy.mean() + 11.5
    lossary.kto(policy, reference, target, beta=0.5, reference_point=point, reduction="sum").backward()
    free = policy.detach().requires_grad_()
    lossary.kto(free, reference, target, beta=0.5, reference_point=point.item(), reduction="sum").backward()
    torch.testing.assert_close(policy.grad, free.grad, rtol=1e-14, atol=0)
    each = lossary.kto([-9.0, -9.0], [-10.0, -10.0], [1, 1], beta=0.5, reference_point=[0.0, 3.0], reduction="none")
    np.testing.assert_allclose(each, 1 / (1 + np.exp([0.5, -1.0])), rtol=1e-14)


def test_the_reference_gets_no_gradient_on_torch_and_jax():
    tensors = [torch.full((3,), -float(i), requires_grad=True) for i in range(1, 5)]
    lossary.ipo(*tensors).backward()
    assert [x.grad is None or not x.grad.any() for x in tensors] == [False, False, True, True]
    arrays = [x.detach().numpy() for x in tensors]
    gradients = jax.grad(lambda *x: lossary.dpo(*x), argnums=(0, 1, 2, 3))(*map(jax.numpy.asarray, arrays))
    assert [bool(x.any()) for x in gradients] == [True, True, False, False]


# ---- as TRL has them: trl/trainer/dpo_trainer.py, cpo_trainer.py, orpo_trainer.py, kto_trainer.py, reward_trainer.py


def trl_dpo(w, x, rw, rx, beta, kind, label_smoothing=0.0):
    logits = (w - x) - (rw - rx)
    if kind == "ipo":
        return (logits - 1 / (2 * beta)) ** 2
    return (
        -functional.logsigmoid(beta * logits) * (1 - label_smoothing) - functional.logsigmoid(-beta * logits) * label_smoothing
    )


def trl_simpo(w, x, beta, simpo_gamma):
    return -functional.logsigmoid(beta * (w - x - simpo_gamma / beta))


def trl_orpo(w, x, beta):
    log_odds = (w - x) - (torch.log1p(-torch.exp(w)) - torch.log1p(-torch.exp(x)))
    return -w - beta * functional.logsigmoid(log_odds)


def trl_kto(p, r, desirable, beta, kl, desirable_weight, undesirable_weight):
    good = desirable_weight * (1 - torch.sigmoid(beta * ((p - r) - kl)))
    bad = undesirable_weight * (1 - torch.sigmoid(beta * (kl - (p - r))))
    return torch.where(desirable == 1, good, bad)


def draws(count, low=-30.0, high=-0.1):
    g = torch.Generator().manual_seed(0)
    return [low + (high - low) * torch.rand(40, dtype=torch.float64, generator=g) for _ in range(count)]


BY_TRL = {
    "dpo": (draws(4), lossary.dpo, {"beta": 0.2}, lambda *x: trl_dpo(*x, 0.2, "sigmoid")),
    "cdpo": (
        draws(4),
        lossary.dpo,
        {"beta": 0.2, "flip_probability": 0.1},
        lambda *x: trl_dpo(*x, 0.2, "sigmoid", label_smoothing=0.1),
    ),
    "ipo": (draws(4, -3), lossary.ipo, {"beta": 0.2}, lambda *x: trl_dpo(*x, 0.2, "ipo")),
    "simpo": (draws(2, -3), lossary.simpo, {"beta": 2.0, "margin": 0.5}, lambda *x: trl_simpo(*x, 2.0, 0.5)),
    "orpo": (draws(2, -3), lossary.orpo, {"beta": 0.1}, lambda *x: trl_orpo(*x, 0.1)),
    "kto": (
        [*draws(2), (draws(1)[0] > -15).double()],
        lossary.kto,
        {"beta": 0.1, "reference_point": 0.7, "desirable_weight": 1.0, "undesirable_weight": 1.33},
        lambda *x: trl_kto(*x, 0.1, 0.7, 1.0, 1.33),
    ),
    "reward": (
        draws(2),
        lossary.bradley_terry,
        {"margin": 0.5},
        lambda w, x: -functional.logsigmoid(w - x - 0.5),
    ),
}


@pytest.mark.parametrize("name", BY_TRL)
def test_values_and_gradients_are_those_of_trl(name):
    inputs, loss, options, theirs = BY_TRL[name]
    both = []
    for call in (lambda *x: loss(*x, reduction="none", **options), theirs):
        leaves = [x.clone().requires_grad_(i < len(loss.predictions)) for i, x in enumerate(inputs)]
        values = call(*leaves)
        values.sum().backward()
        both.append((values.detach(), *(x.grad for x in leaves[: len(loss.predictions)])))
    for ours, expected in zip(*both, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: lossary.dpo([0.0], [0.0], [0.0], [0.0], flip_probability=0.6),
            r"flip_probability lies in \[0, 0.5\]; got 0.6",
        ),
        (lambda: lossary.ipo([0.0], [0.0], [0.0], [0.0], beta=0.0), r"beta lies in \(0, ∞\)"),
        (lambda: lossary.orpo([0.5], [-1.0]), "a chosen lies in"),
        (lambda: lossary.kto([0.0], [0.0], [2.0]), r"a target lies in \[0, 1\]"),
        (lambda: lossary.kto([0.0], [0.0], [1.0], reference_point=-1.0), "reference_point lies in"),
        (lambda: lossary.simpo([0.0, 1.0], [0.0]), "have the same shape"),
    ],
)
def test_what_is_wrong_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
