"""Losses and their exact sums in one pass: the same to the bit as the losses, and as their sum and squares in fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest

import lossary
from lossary.vocabulary import where

pytestmark = pytest.mark.compiled

rng = np.random.default_rng(3)
Z = rng.normal(size=1111) * 3
LOSSES = {
    "logits": (lossary.binary_cross_entropy, Z, rng.integers(0, 2, 1111), {"given": "logits"}),
    "probabilities": (lossary.binary_cross_entropy, 1 / (1 + np.exp(-Z)), rng.integers(0, 2, 1111), {"given": "probabilities"}),
    "log probabilities": (lossary.binary_cross_entropy, -abs(Z), rng.integers(0, 2, 1111), {"given": "log_probabilities"}),
    "soft": (lossary.binary_cross_entropy, Z, rng.random(1111), {}),
    "squared": (lossary.squared_error, Z, rng.normal(size=1111), {}),
    "absolute": (lossary.absolute_error, Z, rng.normal(size=1111), {}),
    "huber": (lossary.huber, Z, rng.normal(size=1111), {"delta": 0.7}),
}


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *(("logits", np.int8), ("probabilities", np.float64), ("log probabilities", np.int8)),
        *(
            pytest.param(*case, marks=pytest.mark.heavy)
            for case in (("logits", np.float64), ("probabilities", np.int8), ("log probabilities", np.float64))
        ),
        *(("soft", np.float64), ("squared", np.float64), ("absolute", np.float64), ("huber", np.int8)),
    ],
)
def test_losses_and_sums(name, dtype):
    loss, prediction, target, options = LOSSES[name]
    target = target.astype(dtype)
    found = loss.exact_losses((prediction, target), with_squares=True, **options)
    losses, _ = loss.sample_losses(prediction, target, **options)
    np.testing.assert_array_equal(found.losses, losses)
    exact = [Fraction(x) for x in losses.tolist()]
    assert found.sum.value() == float(sum(exact))
    assert found.squares.value() == float(sum(x * x for x in exact))
    assert loss.exact_losses((prediction, target), with_squares=False, **options).squares.value() == 0


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000, 65_535, 65_536, 65_537, 140_001])
def test_sizes_around_a_chunk_and_a_block(size):
    prediction = np.resize(Z, size)
    found = lossary.squared_error.exact_losses((prediction, np.zeros(size)), with_squares=True)
    np.testing.assert_array_equal(found.losses, prediction**2)
    assert found.sum.value() == math.fsum((prediction**2).tolist())
    assert found.squares.value() == pytest.approx(math.fsum((prediction**4).tolist()), rel=1e-15)


def test_what_is_invalid_in_a_later_block_is_seen():
    prediction, target = np.zeros(140_001), np.zeros(140_001)
    prediction[140_000] = np.nan
    assert lossary.squared_error.exact_losses((prediction, target), with_squares=True) is None


@pytest.mark.parametrize("place", [0, 300, 1110])
@pytest.mark.parametrize("value", [np.nan, 1.5, -0.5])
def test_something_invalid_is_left_to_others(place, value):
    for which in range(2):
        arrays = [1 / (1 + np.exp(-Z)), (Z > 0).astype(float)]
        arrays[which][place] = value
        assert lossary.binary_cross_entropy.exact_losses(arrays, with_squares=True, given="probabilities") is None


def test_a_formula_may_not_look_at_nan():
    @lossary.pointwise
    def capped(prediction, target):
        return where(abs(prediction - target) < 1, (prediction - target) ** 2, 1.0)

    prediction = Z.copy()
    assert capped.exact_losses((prediction, np.zeros(1111)), with_squares=True) is not None
    prediction[7] = np.nan
    assert capped.exact_losses((prediction, np.zeros(1111)), with_squares=True) is None


def test_no_loss_is_a_negative_zero():
    certain = np.full(300, 800.0), np.ones(300, np.int8)  # minus a logarithm of 1
    found = lossary.binary_cross_entropy.exact_losses(certain, with_squares=True, given="logits")
    assert not np.signbit(found.losses).any()


def test_infinite_losses_are_counted():
    p = np.array([0.0, 0.5, 1.0])
    found = lossary.binary_cross_entropy.exact_losses(
        (p, np.array([1, 1, 1], np.int8)), with_squares=True, given="probabilities"
    )
    assert (found.sum.value(), found.sum.special()) == (math.inf, (0, 1, 0))
