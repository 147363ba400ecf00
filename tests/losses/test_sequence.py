"""Losses of sequences: all paths, lengths, labels without a path, other libraries."""

import itertools

import numpy as np
import pytest
import torch

import lossary
from tests.oracle import as_library, to_numpy

RNG = np.random.default_rng(8)
numpy_and_torch = pytest.mark.parametrize("library", ["numpy", "torch"])
"""JAX takes seconds to compile a scan; rows of truth and lengths are tested on it."""


@pytest.fixture(params=["numpy", "torch", "jax"])
def library(request):
    """Array code has no kernels."""
    return request.param


def by_all_paths(log_p, target, blank=0):
    """-log of the sum over all paths."""
    found = -np.inf
    for path in itertools.product(range(log_p.shape[1]), repeat=len(log_p)):
        if [k for k, _ in itertools.groupby(path) if k != blank] == list(target):
            found = np.logaddexp(found, sum(log_p[t, k] for t, k in enumerate(path)))
    return -found


def log_softmax(z):
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def ctc(prediction, target, library="numpy", **options):
    arrays = {name: as_library(library, x) if isinstance(x, np.ndarray) else x for name, x in options.items()}
    inputs = as_library(library, prediction), as_library(library, target)
    value, slope = lossary.ctc.value_and_gradient(*inputs, reduction="none", **arrays)
    return to_numpy(value), to_numpy(slope)


@pytest.mark.parametrize("labels", [0, 1, 2, 3])
@pytest.mark.parametrize("times", [1, 3, 6])
def test_the_loss_is_that_of_all_paths(times, labels):
    z, y = RNG.normal(0, 2, (5, times, 3)), RNG.integers(1, 3, (5, labels))
    value, slope = ctc(z, y)
    np.testing.assert_allclose(value, list(map(by_all_paths, log_softmax(z), y)), rtol=1e-13)
    np.testing.assert_allclose(slope.sum(-1), 0, atol=1e-14)
    direction = RNG.normal(size=z.shape)
    ahead, back = (ctc(z + step * direction, y)[0] for step in (1e-6, -1e-6))
    with np.errstate(invalid="ignore"):
        expected = np.where(np.isinf(value), 0, (ahead - back) / 2e-6)
    np.testing.assert_allclose((slope * direction).sum((-2, -1)), expected, atol=1e-8)


LENGTHS = {"prediction_length": np.array([6, 4, 5, 0, 0]), "target_length": np.array([3, 2, 0, 0, 1])}


def test_what_lies_behind_a_length_is_not_looked_at(library):
    z, y = RNG.normal(0, 2, (5, 6, 3)), RNG.integers(1, 3, (5, 3))
    kept = [(z[i : i + 1, :t], y[i : i + 1, :n]) for i, (t, n) in enumerate(zip(*LENGTHS.values(), strict=True))]
    for i, (t, n) in enumerate(zip(*LENGTHS.values(), strict=True)):
        z[i, t:], y[i, n:] = 99, -1
    value, slope = ctc(z, y, library, **LENGTHS)
    for i, (logits, labels) in enumerate(kept):
        alone = ctc(logits, labels)
        np.testing.assert_allclose(value[i], alone[0][0], rtol=1e-13)
        np.testing.assert_allclose(slope[i, : logits.shape[1]], alone[1][0], rtol=1e-12, atol=1e-15)
        assert (slope[i, logits.shape[1] :] == 0).all()
    assert value[3] == 0
    assert value[4] == np.inf


@numpy_and_torch
def test_no_labels_cost_the_blanks(library):
    z = RNG.normal(0, 2, (2, 5, 3))
    value, slope = ctc(z, np.zeros((2, 0), int), library, blank=1)
    np.testing.assert_allclose(value, -log_softmax(z)[..., 1].sum(-1), rtol=1e-14)
    np.testing.assert_allclose(slope, np.exp(log_softmax(z)) - [0, 1, 0], atol=1e-15)


@pytest.mark.parametrize(("infeasible", "cost"), [("infinity", np.inf), ("zero", 0.0)])
@numpy_and_torch
def test_labels_that_take_more_time_than_there_is(infeasible, cost, library):
    z, y = RNG.normal(0, 2, (3, 3, 3)), np.array([[1, 1, 2], [1, 2, 1], [2, 2, 2]])
    value, slope = ctc(z, y, library, infeasible=infeasible)
    assert value[[0, 2]].tolist() == [cost, cost]
    assert (slope[[0, 2]] == 0).all()
    assert np.isfinite(value[1])
    assert (slope[1] != 0).all()


@pytest.mark.parametrize("given", ["log_probabilities", "probabilities"])
@numpy_and_torch
def test_probabilities_may_be_0(given, library):
    p = np.array([[[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]]])
    with np.errstate(divide="ignore"):
        passed = p if given == "probabilities" else np.log(p)
    value, slope = ctc(passed, np.array([[1, 2]]), library, given=given)
    np.testing.assert_allclose(value, -np.log(0.5), rtol=1e-15)
    posterior = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    expected = -posterior if given == "log_probabilities" else -posterior / np.where(p == 0, 1, p)
    np.testing.assert_allclose(slope, expected.reshape(1, 3, 3), atol=1e-15)
    impossible = ctc(passed[:, :2], np.array([[2]]), library, given=given)
    assert impossible[0].tolist() == [np.inf]
    assert np.isfinite(impossible[1]).all()


@numpy_and_torch
def test_certain_predictions_keep_their_digits(library):
    path = np.array([1, 1, 0, 1, 2, 2])
    z = np.where(np.arange(3) == path[:, None], 700.0, -700.0)[None]
    value, slope = ctc(z, np.array([[1, 1, 2]]), library)
    assert value[0] == 0
    assert (slope == 0).all()
    wrong = ctc(z, np.array([[2, 1, 2]]), library)
    np.testing.assert_allclose(wrong[0][0], by_all_paths(z[0] - 700, [2, 1, 2]), rtol=1e-14)
    assert np.isfinite(wrong[1]).all()


def test_torch_has_the_same_numbers():
    z, y = torch.randn(6, 40, 9, dtype=torch.float64), torch.randint(1, 9, (6, 12))
    times, labels = torch.randint(30, 41, (6,)), torch.randint(1, 13, (6,))
    ours, theirs = z.clone().requires_grad_(), z.clone().requires_grad_()
    cost = lossary.ctc(ours, y, prediction_length=times, target_length=labels, reduction="none")
    of_time = theirs.log_softmax(-1).transpose(0, 1)
    expected = torch.nn.functional.ctc_loss(of_time, y, times, labels, reduction="none")
    np.testing.assert_allclose(cost.detach(), expected.detach(), rtol=1e-12)
    weights = torch.rand(6, dtype=torch.float64)
    (cost * weights).sum().backward()
    (expected * weights).sum().backward()
    np.testing.assert_allclose(ours.grad, theirs.grad, atol=1e-12)
    by_hand = ctc(z.numpy(), y.numpy(), prediction_length=times.numpy(), target_length=labels.numpy())
    np.testing.assert_allclose(by_hand[1] * weights.numpy()[:, None, None], theirs.grad, atol=1e-12)


def test_torch_differentiates_twice():
    y = torch.tensor([[1, 2]])
    z = torch.randn(1, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda z: lossary.ctc(z, y), (z,))


@numpy_and_torch
def test_nan_stays_nan(library):
    z = RNG.normal(0, 2, (2, 4, 3))
    z[1, 2, 0] = np.nan
    value, slope = ctc(z, np.array([[1, 2], [1, 2]]), library)
    assert np.isnan(value).tolist() == [False, True]
    assert np.isnan(slope).any((-2, -1)).tolist() == [False, True]


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ([[1, 3]], {}, r"ctc: a label is a class other than blank; got 3 at index \(0, 1\)"),
        ([[0, 1]], {}, r"a label is a class other than blank; got 0 at index \(0, 0\)"),
        ([[1, -1]], {}, r"got -1 at index \(0, 1\); number the classes from 0, and pass target_length="),
        ([[1, 1]], {"blank": 3}, "blank is one of the classes, a whole number from 0 to 2; got 3"),
        ([[1, 1]], {"prediction_length": [5]}, "prediction_length is at most the length of the time axis; got 5"),
        ([[1, 1]], {"target_length": [3]}, "target_length is at most the length of the target's last axis; got 3"),
    ],
)
def test_what_is_out_of_range_is_refused(target, options, message):
    with pytest.raises(ValueError, match=message):
        lossary.ctc(np.zeros((1, 4, 3)), target, **options)
