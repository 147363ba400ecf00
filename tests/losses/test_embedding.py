"""Losses of embeddings at their edges, and beside torch's own."""

import numpy as np
import pytest
import torch

import lossary
from tests.oracle import as_library, to_numpy

functional = torch.nn.functional


def drawn(count, *shape, seed=0):
    return [torch.tensor(x, requires_grad=True) for x in np.random.default_rng(seed).normal(size=(count, *shape))]


def same_as_torch(cost, theirs, inputs):
    torch.testing.assert_close(cost, theirs, rtol=1e-12, atol=1e-14)
    found = torch.autograd.grad(cost, inputs)
    torch.testing.assert_close(found, torch.autograd.grad(theirs, inputs), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("swap", [False, True])
def test_triplets_are_those_of_torch(power, swap):
    inputs = drawn(3, 6, 4)
    theirs = functional.triplet_margin_loss(*inputs, p=power, swap=swap, eps=0, margin=0.7)
    same_as_torch(lossary.triplet(*inputs, power=power, swap=swap, margin=0.7), theirs, inputs)


def test_margins_of_scores_are_those_of_torch():
    inputs, target = drawn(2, 12), torch.tensor([0, 1] * 6)
    theirs = functional.margin_ranking_loss(*inputs, 2 * target - 1, margin=0.3)
    same_as_torch(lossary.margin_ranking(*inputs, target, margin=0.3), theirs, inputs)


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0, 7.0])
def test_distances_of_0_have_no_slope(library, power):
    anchor = np.array([[1.0, -2.0, 0.5]])
    same = [as_library(library, x) for x in (anchor, anchor, anchor)]
    value, slopes = lossary.triplet.value_and_gradient(*same, power=power, swap=True)
    assert float(value) == 1
    assert not any(to_numpy(x).any() for x in slopes)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
@pytest.mark.parametrize("power", [1.0, 2.0, 3.0])
def test_distances_neither_overflow_nor_underflow(scale, power):
    anchor, positive, negative = np.zeros((1, 3)), np.array([[3.0, 4.0, -1.0]]), np.array([[1.0, 1.0, 0.5]])
    options = {"margin": 0.0, "power": power}
    value, slopes = lossary.triplet.value_and_gradient(anchor, scale * positive, scale * negative, **options)
    expected, expected_slopes = lossary.triplet.value_and_gradient(anchor, positive, negative, **options)
    np.testing.assert_allclose(value, scale * expected, rtol=1e-14)
    np.testing.assert_allclose(slopes.positive, expected_slopes.positive, rtol=1e-14)


def test_a_vector_of_zeros_has_cosine_0_and_no_slope(library):
    zeros, other = as_library(library, np.zeros((2, 3))), as_library(library, np.ones((2, 3)))
    for pair in ((zeros, other), (other, zeros), (zeros, zeros)):
        value, slopes = lossary.cosine_distance.value_and_gradient(*pair)
        assert float(value) == 1
        assert not any(to_numpy(x).any() for x in slopes)


def test_small_angles_keep_their_digits():
    angle = 1e-9  # 1 - cos is 0 in float64
    value = lossary.cosine_distance([[1.0, 0.0]], [[1.0, angle]])
    np.testing.assert_allclose(value, angle**2 / 2, rtol=1e-15)


@pytest.mark.parametrize(("second", "expected"), [([3.0, 3.0], 0.0), ([-2.0, -2.0], 2.0), ([1.0, -1.0], 1.0)])
def test_cosines_of_known_angles(second, expected):
    assert lossary.cosine_distance([[1.0, 1.0]], [second]) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("power", [0.5, 1e4])
def test_norms_have_a_power_of_1_or_more(power):
    with pytest.raises(ValueError, match=r"power lies in \[1, 1000\]"):
        lossary.triplet([[0.0]], [[0.0]], [[1.0]], power=power)


@pytest.mark.parametrize("margin", [0.0, 0.4])
def test_pairs_of_cosines_are_those_of_torch(margin):
    inputs, target = drawn(2, 8, 5), torch.tensor([1, 0] * 4)
    theirs = functional.cosine_embedding_loss(*inputs, 2 * target - 1, margin=margin)
    same_as_torch(lossary.cosine_embedding(*inputs, target, margin=margin), theirs, inputs)


@pytest.mark.parametrize("squared", [True, False])
def test_equal_vectors_of_a_pair_have_no_slope(library, squared):
    same = as_library(library, np.array([[1.0, 2.0], [0.0, 0.0]]))
    value, slopes = lossary.contrastive.value_and_gradient(
        same, same, as_library(library, np.array([1.0, 0.0])), squared=squared, reduction="none"
    )
    np.testing.assert_array_equal(to_numpy(value), [0, 0.5 if squared else 1])
    assert not any(to_numpy(x).any() for x in slopes)


def test_losses_of_pairs_are_linear_in_the_target():
    first, second = np.random.default_rng(2).normal(0, 0.3, (2, 6, 3))
    for loss in (lossary.contrastive, lossary.cosine_embedding):
        unlike, like, mixed = (loss(first, second, np.full(6, t), reduction="none") for t in (0.0, 1.0, 0.25))
        np.testing.assert_allclose(mixed, 0.25 * like + 0.75 * unlike, rtol=1e-14)


@pytest.mark.parametrize("loss", [lossary.contrastive, lossary.cosine_embedding], ids=lambda loss: loss.__name__)
def test_targets_of_1_and_minus_1_are_refused(loss):
    with pytest.raises(ValueError, match=r"a target lies in \[0, 1\]; got -1"):
        loss([[1.0, 2.0]], [[2.0, 1.0]], [-1])


def test_unlike_pairs_beyond_the_largest_square_cost_nothing():
    value, slope = lossary.contrastive.value_and_gradient([[1e200, 0.0]], [[0.0, 0.0]], [0])
    assert value == 0
    assert not slope.first.any()
