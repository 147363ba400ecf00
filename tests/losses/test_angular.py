"""Margins between angles: against the inverse cosine, with finite slopes where that has none."""

import doctest
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary.losses import angular
from tests.oracle import as_library, to_numpy

rng = np.random.default_rng(15)
COSINES, LABELS = rng.uniform(-0.999, 0.999, (40, 4)), rng.integers(0, 4, 40)
TRUE = np.eye(4, dtype=bool)[LABELS]


def test_the_true_angle_is_wider_by_the_margin(library):
    found = lossary.additive_angular(as_library(library, COSINES), as_library(library, LABELS), margin=0.4, scale=3.0)
    angle = np.arccos(COSINES)
    further = np.where(angle < math.pi - 0.4, np.cos(angle + 0.4), COSINES - 0.4 * np.sin(0.4))
    np.testing.assert_allclose(to_numpy(found), 3 * np.where(TRUE, further, COSINES), rtol=1e-12)
    found = lossary.additive_cosine(as_library(library, COSINES), as_library(library, LABELS), margin=0.4, scale=3.0)
    np.testing.assert_allclose(to_numpy(found), 3 * np.where(TRUE, COSINES - 0.4, COSINES), rtol=1e-14)


def test_slopes_are_those_of_the_angle():
    x = torch.tensor(COSINES, requires_grad=True)
    lossary.cross_entropy(lossary.additive_angular(x, torch.tensor(LABELS), scale=2.0), torch.tensor(LABELS)).backward()
    y = torch.tensor(COSINES, requires_grad=True)
    angle = torch.arccos(y)
    further = torch.where(angle < math.pi - 0.5, torch.cos(angle + 0.5), y - 0.5 * math.sin(0.5))
    logits = 2 * torch.where(torch.tensor(TRUE), further, y)
    torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS)).backward()
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-10, atol=1e-14)
    assert torch.autograd.gradgradcheck(
        lambda c: lossary.additive_angular(c, torch.tensor(LABELS[:3])), x.detach()[:3].requires_grad_()
    )


def test_slopes_are_finite_at_right_and_opposite_directions():
    rows, labels = [[1.0, 0.0], [-1.0, 0.0], [1.0 + 1e-6, 0.0]], [0, 0, 0]
    x = torch.tensor(rows, requires_grad=True)
    lossary.additive_angular(x, torch.tensor(labels), scale=1.0).sum().backward()
    expected = [[math.cos(0.5), 1], [1, 1], [math.cos(0.5), 1]]
    np.testing.assert_allclose(x.grad, expected, rtol=1e-6)
    slope = jax.grad(lambda c: lossary.additive_angular(c, jnp.array(labels), scale=1.0).sum())(jnp.array(rows))
    np.testing.assert_allclose(slope, expected, rtol=1e-6)


def test_the_true_logit_never_rises_with_the_angle():
    angle = np.linspace(0, math.pi, 1001)
    logits = lossary.additive_angular(np.cos(angle)[:, None], np.zeros(1001, int), margin=0.5)[:, 0]
    assert (np.diff(logits) < 0).all()


def test_without_a_margin_cosines_are_scaled():
    for change in (lossary.additive_angular, lossary.additive_cosine):
        np.testing.assert_allclose(change(COSINES, LABELS, margin=0, scale=7), 7 * COSINES, rtol=1e-13)


def test_classes_on_another_axis_ignored_labels_and_half_precision():
    expected = lossary.additive_angular(COSINES, LABELS)
    np.testing.assert_array_equal(lossary.additive_angular(COSINES.T, LABELS, axis=0).T, expected)
    ignored = lossary.additive_angular(COSINES, np.full(40, -100))
    np.testing.assert_allclose(ignored, 64 * COSINES)
    half = lossary.additive_angular(torch.tensor(COSINES).bfloat16(), torch.tensor(LABELS))
    assert half.dtype == torch.bfloat16
    np.testing.assert_allclose(half.float(), expected, atol=1.5)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (
            lambda: lossary.additive_angular([[1.1, 0.0]], [0]),
            ValueError,
            r"a cosine lies in \[-1, 1\]; got 1.1 .* lengths first",
        ),
        (lambda: lossary.additive_angular(COSINES, LABELS[1:]), ValueError, r"\(40,\); got \(39,\)"),
        (lambda: lossary.additive_angular(COSINES, LABELS * 1.0), TypeError, "integers; got dtype float64"),
        (lambda: lossary.additive_angular(COSINES, LABELS, margin=2), ValueError, r"margin lies in \[0, 1.5708\]; got 2"),
        (lambda: lossary.additive_cosine(COSINES, LABELS, scale=0), ValueError, r"scale lies in \(0, ∞\); got 0"),
        (lambda: lossary.additive_cosine(COSINES, LABELS, m=0.1), TypeError, "has no option 'm'"),
    ],
)
def test_wrong_calls_say_so(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


@pytest.mark.parametrize("function", [angular.additive_angular, angular.additive_cosine])
def test_examples_run(function):
    test = doctest.DocTestParser().get_doctest(function.__doc__, {}, function.__name__, None, 0)
    assert test.examples
    failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert not failed
