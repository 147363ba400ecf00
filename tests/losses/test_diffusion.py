"""Weights of diffusion models: the formulas, their limits, and that the three of them are one loss."""

import jax
import numpy as np
import pytest
import torch

import lossary
from tests.oracle import as_library, to_numpy

INF = np.inf
SNR = np.array([1e-300, 1e-3, 0.7, 4.0, 5.0, 6.0, 1e4, 1e300])


@pytest.mark.parametrize("gamma", [5.0, 0.25, INF])
@pytest.mark.parametrize("predicts", ["epsilon", "x0", "v"])
def test_weights_are_those_of_the_paper(predicts, gamma, library):
    got = to_numpy(lossary.snr_weight(as_library(library, SNR), predicts, gamma=gamma))
    clipped = [min(s, gamma) for s in SNR]
    expected = {"epsilon": [c / s for c, s in zip(clipped, SNR, strict=True)], "x0": clipped}
    expected["v"] = [c / (s + 1) for c, s in zip(clipped, SNR, strict=True)]
    np.testing.assert_allclose(got, expected[predicts], rtol=1e-15)


@pytest.mark.parametrize(
    ("predicts", "gamma", "limits"),
    [
        ("epsilon", 5.0, [1, 0]),
        ("x0", 5.0, [0, 5]),
        ("v", 5.0, [0, 0]),
        ("epsilon", INF, [1, 1]),
        ("x0", INF, [0, INF]),
        ("v", INF, [0, 1]),
    ],
)
def test_pure_noise_and_no_noise_have_the_limits(predicts, gamma, limits, library):
    assert to_numpy(lossary.snr_weight(as_library(library, np.array([0.0, INF])), predicts, gamma=gamma)).tolist() == limits


def test_the_three_are_one_loss():
    rng = np.random.default_rng(0)
    signal, noise = rng.uniform(0.1, 1, (2, 6))
    x0, guess, eps = rng.normal(size=(3, 6, 4))
    z = signal[:, None] * x0 + noise[:, None] * eps
    guessed_eps = (z - signal[:, None] * guess) / noise[:, None]
    scale = np.hypot(signal, noise)[:, None]  # v is of a schedule with α² + σ² = 1
    a, s = signal[:, None] / scale, noise[:, None] / scale
    errors = {
        "x0": guess - x0,
        "epsilon": guessed_eps - eps,
        "v": (a * guessed_eps - s * guess) - (a * eps - s * x0),
    }
    snr = (signal / noise) ** 2
    losses = [lossary.snr_weight(snr, name, gamma=2.0) * (error**2).sum(-1) for name, error in errors.items()]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-12)
    np.testing.assert_allclose(losses[2], losses[0], rtol=1e-12)


def test_weights_follow_a_learned_schedule():
    snr = torch.tensor([0.0, 0.5, 20.0], requires_grad=True)
    lossary.snr_weight(snr, "v").sum().backward()
    np.testing.assert_allclose(snr.grad, [1, 1 / 1.5**2, -5 / 21**2], rtol=1e-6)
    assert to_numpy(jax.jit(lossary.snr_weight)(np.array([0.5, 10.0]))).tolist() == [1, 0.5]


def test_numbers_and_half_precision():
    assert lossary.snr_weight(10) == 0.5
    assert lossary.snr_weight(torch.tensor([10.0], dtype=torch.bfloat16)).dtype == torch.float32


def test_what_is_no_ratio_is_refused():
    with pytest.raises(ValueError, match=r"snr is a ratio ≥ 0; got -1\.0 at index 1; pass the ratio"):
        lossary.snr_weight([1.0, -1.0])
    with pytest.raises(ValueError, match="predicts"):
        lossary.snr_weight([1.0], "eps")
    with pytest.raises(ValueError, match="gamma is a number > 0"):
        lossary.snr_weight([1.0], gamma=0.0)
