"""Losses of ordered classes: as sums of binary cross-entropies, at the ends of the order, and with wrong thresholds."""

import numpy as np
import pytest
import torch

import lossary
from tests.oracle import as_library, to_numpy

rng = np.random.default_rng(14)
SCORES, LABELS = rng.normal(0, 2, 30), rng.integers(0, 4, 30)
THRESHOLDS = np.tile([-1.0, 0.25, 1.5], (30, 1))
LOGITS = rng.normal(0, 2, (30, 3))


@pytest.fixture(params=["numpy", "torch", "jax"])
def library(request):
    """Array code has no kernels."""
    return request.param


def test_two_classes_are_a_binary_cross_entropy():
    events = LABELS % 2
    expected = lossary.binary_cross_entropy(SCORES, events, reduction="none")
    np.testing.assert_allclose(lossary.ordinal(SCORES, np.zeros((30, 1)), events, reduction="none"), expected, rtol=1e-14)
    np.testing.assert_allclose(lossary.corn(SCORES[:, None], events, reduction="none"), expected, rtol=1e-14)


def test_probabilities_of_all_classes_sum_to_1():
    for loss, inputs in ((lossary.ordinal, (SCORES, THRESHOLDS)), (lossary.corn, (LOGITS,))):
        shares = [np.exp(-loss(*inputs, np.full(30, k), reduction="none")) for k in range(4)]
        np.testing.assert_allclose(sum(shares), 1, rtol=1e-13)


def test_corn_is_the_sum_of_its_conditional_cross_entropies():
    z, place = torch.tensor(LOGITS), torch.arange(3)
    terms = torch.nn.functional.binary_cross_entropy_with_logits(
        z, (torch.tensor(LABELS)[:, None] > place).double(), reduction="none"
    )
    expected = (terms * (torch.tensor(LABELS)[:, None] >= place)).sum(-1)
    np.testing.assert_allclose(lossary.corn(LOGITS, LABELS, reduction="none"), expected, rtol=1e-13)
    across = lossary.corn.gradient(LOGITS.T, LABELS, axis=0)
    np.testing.assert_allclose(across.T, lossary.corn.gradient(LOGITS, LABELS), rtol=1e-14)


def test_far_scores_and_near_thresholds_keep_their_digits(library):
    score = as_library(library, [1000.0, -1000.0, 1000.0, 0.0])
    thresholds = as_library(library, [[-1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0], [1.0, 1.0 + 2**-40]])
    value, slope = lossary.ordinal.value_and_gradient(score, thresholds, as_library(library, [0, 1, 2, 1]), reduction="none")
    density = -np.log(np.exp(-1) / (1 + np.exp(-1)) ** 2)
    expected = [1001, 999 - np.log(1 - np.exp(-2)), 0, density + 40 * np.log(2)]
    np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-13)
    assert np.isfinite(to_numpy(slope.thresholds)).all()
    np.testing.assert_allclose(to_numpy(slope.score)[:3], [1, -1, 0], atol=1e-15)


def test_thresholds_that_all_samples_share_are_learned():
    score, thresholds = torch.tensor(SCORES, requires_grad=True), torch.tensor(THRESHOLDS[0], requires_grad=True)
    lossary.ordinal(score, thresholds.expand(30, -1), torch.tensor(LABELS)).backward()
    slopes = lossary.ordinal.gradient(SCORES, THRESHOLDS, LABELS)
    np.testing.assert_allclose(thresholds.grad, slopes.thresholds.sum(0), rtol=1e-12)
    np.testing.assert_allclose(score.grad, slopes.score, rtol=1e-12)
    np.testing.assert_allclose(slopes.score.sum() + slopes.thresholds.sum(), 0, atol=1e-15)  # only differences count


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: lossary.ordinal([0.5], [[1.0, -1.0]], [1]),
            r"each threshold is greater than the one before it; got -1.0 at .*\(0, 1\)",
        ),
        (lambda: lossary.ordinal([0.5], [[1.0, 1.0]], [0]), "each threshold is greater"),
        (lambda: lossary.ordinal([0.5], [[-1.0, 1.0]], [3]), "a class index lies below the number of classes, .*; got 3"),
        (lambda: lossary.ordinal([0.5], [[-1.0, 1.0]], [-1]), r"a target lies in \[0, ∞\); got -1"),
        (lambda: lossary.corn([[0.5, 1.0]], [3]), "a class index lies below the number of classes, .*; got 3"),
        (lambda: lossary.ordinal([0.5], [1.0, 2.0], [1]), "share the axes"),
    ],
)
def test_what_is_no_order_raises(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
