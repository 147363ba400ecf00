"""Losses of binary outcomes: edges, soft targets, labels of other libraries, and other libraries' numbers."""

import numpy as np
import pytest
import sklearn.metrics
import torch

import lossary
from tests.oracle import as_library, to_numpy

rng = np.random.default_rng(11)
SCORES, EVENTS = rng.normal(0, 2, 50), rng.integers(0, 2, 50)
MARGINS = ("hinge", "squared_hinge", "modified_huber", "exponential", "perceptron")
PROBABILISTIC = ("focal_binary", "asymmetric", "brier_binary", "binary_cross_entropy")


def loss_of(name):
    return lossary.losses.registry[name]


@pytest.mark.parametrize("name", [*MARGINS, *PROBABILISTIC])
def test_labels_of_minus_1_raise_and_say_how_to_pass_them(name):
    with pytest.raises(ValueError, match=r"a target lies in \[0, 1\]; got -1.*\(target \+ 1\) / 2"):
        loss_of(name)(SCORES, 2.0 * EVENTS - 1)


@pytest.mark.parametrize("name", [*MARGINS, "focal_binary", "asymmetric", "binary_cross_entropy"])
def test_losses_are_linear_in_the_target(name):
    loss, share = loss_of(name), rng.uniform(size=50)
    event, no_event = (loss(SCORES, np.full(50, y), reduction="none") for y in (1.0, 0.0))
    np.testing.assert_allclose(loss(SCORES, share, reduction="none"), share * event + (1 - share) * no_event, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "outcomes", "slopes"),
    [
        ("hinge", [1 - -1e300, 0, 0, np.inf], [-1, 0, 0, -1]),
        ("squared_hinge", [np.inf, 0, 0, np.inf], [-2e300, 0, 0, -np.inf]),
        ("modified_huber", [4e300, 0, 0, np.inf], [-4, 0, 0, -4]),
        ("exponential", [np.inf, np.exp(-1), 0, np.inf], [-np.inf, -np.exp(-1), 0, -np.inf]),
        ("perceptron", [1e300, 0, 0, np.inf], [-1, 0, 0, -1]),
    ],
)
def test_far_scores_kinks_and_infinity(name, outcomes, slopes, library):
    z = [-1e300, 1.0, np.inf, -np.inf]
    for sign, y in ((1, 1.0), (-1, 0.0)):
        inputs = as_library(library, [sign * x for x in z]), as_library(library, [y] * 4)
        value, slope = loss_of(name).value_and_gradient(*inputs, reduction="none")
        np.testing.assert_allclose(to_numpy(value), outcomes, rtol=1e-15)
        np.testing.assert_allclose(sign * to_numpy(slope), slopes, rtol=1e-15)


def test_the_perceptron_has_no_slope_at_0():
    assert lossary.perceptron.gradient([0.0, 0.0], [0, 1], reduction="none").tolist() == [0, 0]


@pytest.mark.parametrize("gamma", [0.0, 0.25, 1.0, 2.0])
@pytest.mark.parametrize("name", ["focal_binary", "asymmetric"])
def test_certainty_costs_nothing_and_its_opposite_infinity(name, gamma, library):
    options = {"gamma": gamma} if name == "focal_binary" else {"gamma_positive": gamma, "gamma_negative": gamma, "shift": 0}
    p, y = as_library(library, [1.0, 0.0, 0.0, 1.0]), as_library(library, [1.0, 0.0, 1.0, 0.0])
    value, slope = loss_of(name).value_and_gradient(p, y, given="probabilities", reduction="none", **options)
    assert to_numpy(value).tolist() == [0, 0, np.inf, np.inf]
    assert abs(to_numpy(slope)[:2]).tolist() == [float(gamma == 0)] * 2
    z, y = as_library(library, [800.0, -800.0, -800.0, 800.0]), as_library(library, [1.0, 0.0, 1.0, 0.0])
    value, slope = loss_of(name).value_and_gradient(z, y, reduction="none", **options)
    assert to_numpy(value).tolist() == [0, 0, 800, 800]
    assert abs(to_numpy(slope)).tolist() == [0, 0, 1, 1]
    curvature = loss_of(name).curvature(z, y, reduction="none", **options)
    assert to_numpy(curvature).tolist() == [0, 0, 0, 0]


def test_half_the_loss_of_a_soft_target_is_of_each_outcome():
    found = lossary.focal_binary([0.5, 0.9], [0.5, 0.5], given="probabilities", reduction="none")
    expected = [0.25 * np.log(2), (0.01 * -np.log(0.9) + 0.81 * -np.log(0.1)) / 2]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_balance_is_the_alpha_of_torchvision():
    alpha, z, y = 0.25, torch.tensor(SCORES, requires_grad=True), torch.tensor(EVENTS, dtype=torch.float64)
    p = torch.sigmoid(z)  # as torchvision.ops.sigmoid_focal_loss has it
    right = p * y + (1 - p) * (1 - y)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
    theirs = ((alpha * y + (1 - alpha) * (1 - y)) * (1 - right) ** 2 * entropy).mean()
    theirs.backward()
    ours = (1 - alpha) * lossary.focal_binary(SCORES, EVENTS, balance=alpha / (1 - alpha))
    np.testing.assert_allclose(ours, theirs.item(), rtol=1e-13)
    slopes = (1 - alpha) * lossary.focal_binary.gradient(SCORES, EVENTS, balance=alpha / (1 - alpha))
    np.testing.assert_allclose(slopes, z.grad, rtol=1e-12)


def test_the_asymmetric_loss_is_timms_where_timm_does_not_clip():
    x_sigmoid = 1 / (1 + np.exp(-SCORES))
    negative = np.minimum(1 - x_sigmoid + 0.05, 1)
    terms = EVENTS * np.log(x_sigmoid) + (1 - EVENTS) * np.log(negative)
    right = x_sigmoid * EVENTS + negative * (1 - EVENTS)
    theirs = -(terms * (1 - right) ** (1 * EVENTS + 4 * (1 - EVENTS))).sum()
    np.testing.assert_allclose(lossary.asymmetric(SCORES, EVENTS, reduction="sum"), theirs, rtol=1e-12)


def test_a_label_that_is_predicted_below_the_shift_costs_nothing():
    p = np.array([0.0, 0.049, 0.05, 0.051])
    value, slope = lossary.asymmetric.value_and_gradient(p, np.zeros(4), given="probabilities", reduction="none")
    assert (value > 0).tolist() == (slope > 0).tolist() == [False, False, False, True]


def test_scores_are_those_of_scikit_learn():
    p = 1 / (1 + np.exp(-SCORES))
    np.testing.assert_allclose(lossary.hinge(SCORES, EVENTS), sklearn.metrics.hinge_loss(EVENTS, SCORES), rtol=1e-14)
    np.testing.assert_allclose(lossary.brier_binary(SCORES, EVENTS), sklearn.metrics.brier_score_loss(EVENTS, p), rtol=1e-13)
    np.testing.assert_allclose(lossary.focal_binary(SCORES, EVENTS, gamma=0), sklearn.metrics.log_loss(EVENTS, p), rtol=1e-13)


def test_the_soft_margin_does_not_overflow_as_torchs_does():
    assert lossary.soft_margin is lossary.binary_cross_entropy
    z = torch.tensor([-90.0], requires_grad=True)
    lossary.soft_margin(z, torch.tensor([1.0])).backward()
    assert lossary.soft_margin(z, torch.tensor([1.0])).item() == 90
    assert z.grad.item() == -1
    theirs = torch.nn.functional.soft_margin_loss(torch.tensor(SCORES), torch.tensor(2 * EVENTS - 1))
    np.testing.assert_allclose(lossary.soft_margin(SCORES, EVENTS), theirs, rtol=1e-13)


def test_brier_keeps_its_digits_for_confident_logits():
    for z, y in ((40.0, 1.0), (-40.0, 0.0)):
        value, slope = lossary.brier_binary.value_and_gradient([z], [y])
        np.testing.assert_allclose([value, abs(slope[0])], [np.exp(-80), 2 * np.exp(-80)], rtol=1e-13)
