"""``where`` of the shape of the inputs leaves out components of samples: dropping them gives the same."""

import functools

import numpy as np
import pytest
import torch

import lossary
from lossary.domains import Positive
from lossary.vocabulary import abs, average, count, distance, largest, log, log_sum_exp, norm, total, where
from tests.oracle import as_library, jitted, to_numpy

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(2, 3, 4, 5))
KEPT = RNG.uniform(size=(3, 4, 5)) < 0.7
KEPT[..., 0] = True


@lossary.samplewise
def all_words(prediction, target, *, scale=1.0):
    error = prediction - target
    return (
        total(error**2) + average(prediction) * count(prediction > 0) + scale * log_sum_exp(prediction) / count(target)
    ) + where(largest(error) > 0, norm(error), 2 * distance(prediction, target)) * largest(prediction - 3)


@lossary.samplewise
def ratios(prediction: Positive, target: Positive):
    return total(abs(log(prediction / target)))


@lossary.samplewise(of_sample=("target",))
def labelled(first, second, target):
    return total((first - second) ** 2) * target


@functools.cache
def truth(loss):
    """The inputs of a loss, and what :func:`one_by_one` says of them."""
    x, y = (1 / (1 + np.exp(-v)) for v in (X, Y))
    return x, y, *one_by_one(loss, x, y, KEPT)


def one_by_one(loss, x, y, kept, **options):
    """Each sample's value and slopes, without the components that are left out."""
    values, slopes = np.zeros(x.shape[:-1]), np.zeros(x.shape)
    for place in np.ndindex(values.shape):
        values[place], slopes[(*place, kept[place])] = loss.value_and_gradient(
            x[place][kept[place]], y[place][kept[place]], **options
        )
    return values, slopes


@pytest.mark.parametrize("rows", [1, 25])
@pytest.mark.parametrize(
    "loss", [all_words, lossary.dice, lossary.matthews, all_words + 0.5 * lossary.squared_error], ids=lambda loss: loss.__name__
)
def test_components_left_out_are_components_dropped(loss, rows, library, request):
    if rows > 1 and (library == "jax" or "kernels" in request.fixturenames):
        pytest.skip("the number of rows chooses no other way")
    if rows > 1:
        request.getfixturevalue("near_borders")
    x, y, values, slopes = truth(loss)
    x, y, kept = (np.concatenate([v] * rows) for v in (x, y, KEPT))
    compute = jitted(library, lambda x, y, kept: loss.value_and_gradient(x, y, where=kept, reduction="none"))
    found = compute(*(as_library(library, v) for v in (x, y, kept)))
    np.testing.assert_allclose(to_numpy(found[0]), np.concatenate([values] * rows), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(found[1]), np.concatenate([slopes] * rows), rtol=1e-11, atol=1e-15)
    if library == "torch":
        learned = torch.tensor(x, requires_grad=True)
        loss(learned, torch.tensor(y), where=torch.tensor(kept), reduction="sum").backward()
        np.testing.assert_allclose(learned.grad, to_numpy(found[1]), rtol=1e-11, atol=1e-15)


def test_nothing_is_read_of_components_left_out(library):
    x, y = 1 / (1 + np.exp(-X)), RNG.integers(0, 2, X.shape)
    clean = lossary.dice.value_and_gradient(x, y, where=KEPT, axis=(1, 2), reduction="none")
    x[~KEPT], y[~KEPT] = np.nan, 255
    inputs, mask = [as_library(library, v) for v in (x, y)], as_library(library, KEPT)
    found = lossary.dice.value_and_gradient(*inputs, where=mask, axis=(1, 2), reduction="none")
    np.testing.assert_allclose(to_numpy(found[0]), clean[0], rtol=1e-14)
    np.testing.assert_allclose(to_numpy(found[1]), clean[1], rtol=1e-14)
    with np.errstate(all="ignore"):
        value = ratios(np.where(KEPT, 2.0, np.nan), np.where(KEPT, 1.0, -1.0), where=KEPT, axis=(1, 2))
    assert value == pytest.approx(KEPT.sum() / 3 * np.log(2.0))
    assert (to_numpy(found[1])[~KEPT] == 0).all()
    y[0, 0, 0] = 2
    assert lossary.dice.problems(prediction=x, target=y, where=KEPT, axis=(1, 2))["target range"].tolist() == [
        True,
        False,
        False,
    ]
    with pytest.raises(ValueError, match=r"dice: a target lies in \[0, 1\]; got 2"):
        lossary.dice(inputs[0], as_library(library, y), where=mask, axis=(1, 2))


def test_all_that_a_loss_does_takes_such_a_mask():
    x, y = 1 / (1 + np.exp(-X)), 1 / (1 + np.exp(-Y))
    values, _ = one_by_one(lossary.dice, x, y, KEPT)
    weight = RNG.uniform(0.5, 2, (3, 4))
    assert lossary.dice(x, y, where=KEPT, weight=weight) == pytest.approx(np.average(values, weights=weight))
    assert lossary.dice.total(x, y, where=KEPT, weight=weight).mean == pytest.approx(np.average(values, weights=weight))
    assert lossary.dice.curvature(x, y, where=KEPT, reduction="none")[~KEPT].tolist() == [0] * (~KEPT).sum()
    parts = (lossary.dice + 0.5 * lossary.squared_error)(x, y, where=KEPT, returns=("parts",)).parts
    assert parts[0] == pytest.approx(values.mean())
    smooth, _ = one_by_one(lossary.dice, X, y, KEPT, given="logits", smooth=1.0)
    np.testing.assert_allclose(lossary.dice(X, y, where=KEPT, given="logits", smooth=1.0, reduction="none"), smooth)
    assert lossary.dice([[0.5, 0.5]], [[1, 0]], where=[[True, False]]) == pytest.approx(1 / 3)
    assert lossary.dice(x, y, where=KEPT & False) == 0


def test_inputs_of_samples_stay_as_they_are():
    label = RNG.integers(0, 2, (3, 4))
    found = labelled(X, Y, label, where=KEPT, reduction="none")
    np.testing.assert_allclose(found, ((X - Y) ** 2 * KEPT).sum(-1) * label, rtol=1e-13)


def test_a_mask_of_samples_is_still_one():
    kept = RNG.uniform(size=(3, 4)) < 0.5
    assert all_words(X, Y, where=kept) == pytest.approx(all_words(X, Y, reduction="none")[kept].mean())
    with pytest.raises(
        ValueError, match=r"its shape is \(3, 4\); got \(4, 5\); .* a mask of components has the shape of the inputs"
    ):
        all_words(X, Y, where=KEPT[0])
    with pytest.raises(ValueError, match="given"):
        lossary.dice(X, Y, where=KEPT, given="scores")
