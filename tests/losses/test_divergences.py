"""Divergences at zeros and near equality, their limits and bounds, and as cross-entropy and other libraries have them."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch

import lossary
from lossary import information
from tests.oracle import MP, as_library, exact, to_numpy

rng = np.random.default_rng(12)
P, T = rng.dirichlet([0.6] * 5, 40), rng.dirichlet([0.6] * 5, 40)
Z = np.log(P) + rng.normal(size=(40, 1))
GIVEN = {"given": "probabilities", "reduction": "none"}
OF_CLASSES = [
    lossary.kl_divergence,
    lossary.reverse_kl,
    lossary.jensen_shannon,
    lossary.squared_hellinger,
    lossary.total_variation,
    lossary.renyi,
]
by_library = pytest.mark.parametrize("library", ["numpy", "torch"])
by_loss = pytest.mark.parametrize("loss", OF_CLASSES, ids=lambda loss: loss.__name__)


def test_scipy_and_information_agree():
    np.testing.assert_allclose(lossary.kl_divergence(P, T, **GIVEN), scipy.special.rel_entr(T, P).sum(-1), rtol=1e-11)
    np.testing.assert_allclose(lossary.reverse_kl(P, T, **GIVEN), scipy.special.rel_entr(P, T).sum(-1), rtol=1e-11)
    np.testing.assert_allclose(lossary.jensen_shannon(P, T, **GIVEN), information.jensen_shannon(P, T), rtol=1e-12)
    counts = rng.gamma(1, 3, (2, 30, 4))
    expected = scipy.special.kl_div(counts[1], counts[0]).sum(-1)
    np.testing.assert_allclose(lossary.generalized_kl(*counts, reduction="none"), expected, rtol=1e-11)


@by_library
def test_of_labels_the_forward_divergence_is_cross_entropy(library):
    labels, weight = rng.integers(0, 5, 40), rng.uniform(0.5, 2, 5)
    for options in ({}, {"temperature": 2.0}, {"class_weight": weight}, {"ignore_index": 3}):
        options = {name: as_library(library, x) if name == "class_weight" else x for name, x in options.items()}
        inputs = as_library(library, Z), as_library(library, labels)
        ours, theirs = (loss.value_and_gradient(*inputs, **options) for loss in (lossary.kl_divergence, lossary.cross_entropy))
        assert float(ours[0]) == pytest.approx(float(theirs[0]), rel=1e-13)
        np.testing.assert_allclose(to_numpy(ours[1]), to_numpy(theirs[1]), rtol=1e-12, atol=1e-16)


def test_the_forward_divergence_is_torchs():
    z = torch.tensor(Z, requires_grad=True)
    theirs = torch.nn.functional.kl_div(z.log_softmax(-1), torch.tensor(T), reduction="batchmean")
    value, gradient = lossary.kl_divergence.value_and_gradient(Z, T)
    assert value == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, torch.autograd.grad(theirs, z)[0], rtol=1e-10, atol=1e-17)


@by_library
@by_loss
def test_a_masked_logit_where_the_target_is_0_changes_nothing(loss, library):
    """A class of logit -∞ and target 0 costs nothing, and gets no gradient."""
    z, t = np.insert(Z, 2, -np.inf, axis=1), np.insert(T, 2, 0.0, axis=1)
    value, gradient = loss.value_and_gradient(as_library(library, z), as_library(library, t), reduction="none")
    expected = loss.value_and_gradient(Z, T, reduction="none")
    np.testing.assert_allclose(to_numpy(value), expected[0], rtol=1e-11)
    np.testing.assert_allclose(np.delete(to_numpy(gradient), 2, 1), expected[1], rtol=1e-9, atol=1e-15)
    assert (to_numpy(gradient)[:, 2] == 0).all()


def test_a_masked_logit_changes_nothing_in_jax():
    z, t = np.array([[0.5, -np.inf, 1.0]]), np.array([[0.25, 0.0, 0.75]])
    gradient = jax.grad(lambda z: lossary.kl_divergence(z, t))(jnp.asarray(z))
    np.testing.assert_allclose(gradient, scipy.special.softmax(z) - t, rtol=1e-12)


ZEROS = {  # value and slope in the probability where p and t are: 0 and 0, 0 and 1, 1 and 0
    "kl_divergence": ((0, 0), (math.inf, -math.inf), (0, 0)),
    "reverse_kl": ((0, math.inf), (0, -math.inf), (math.inf, math.inf)),
    "squared_hellinger": ((0, 0.5), (0.5, -math.inf), (0.5, 0.5)),
    "total_variation": ((0, 0), (0.5, -0.5), (0.5, 0.5)),
    "jensen_shannon": ((0, math.log(2) / 2), (math.log(2) / 2, -math.inf), (math.log(2) / 2, math.log(2) / 2)),
    "generalized_kl": ((0, 1), (math.inf, -math.inf), (1, 1)),
}


@by_library
@pytest.mark.parametrize("name", ZEROS)
def test_values_and_slopes_at_zeros(name, library):
    loss, given = getattr(lossary, name), {} if name == "generalized_kl" else {"given": "probabilities"}
    points = np.array([[0.0], [0.0], [1.0]]), np.array([[0.0], [1.0], [0.0]])
    inputs = [as_library(library, x) for x in points]
    value, slope = loss.value_and_gradient(*inputs, check=False, reduction="none", **given)
    np.testing.assert_allclose(to_numpy(value), [x for x, _ in ZEROS[name]], rtol=1e-15)
    np.testing.assert_allclose(to_numpy(slope)[:, 0], [x for _, x in ZEROS[name]], rtol=1e-15)


@by_loss
def test_it_is_0_where_both_are_equal_and_positive_elsewhere(loss):
    assert (loss(P, P, **GIVEN) == 0).all()
    assert (loss(P, T, **GIVEN) > 0).all()


TERMS = {
    "kl_divergence": lambda p, t: t * MP.log(t / p),
    "reverse_kl": lambda p, t: p * MP.log(p / t),
    "jensen_shannon": lambda p, t: (p * MP.log(2 * p / (p + t)) + t * MP.log(2 * t / (p + t))) / 2,
    "squared_hellinger": lambda p, t: (MP.sqrt(p) - MP.sqrt(t)) ** 2 / 2,
    "total_variation": lambda p, t: abs(p - t) / 2,
    "renyi": lambda p, t: (MP.sqrt(p) - MP.sqrt(t)) ** 2,
}


@by_loss
def test_close_distributions_keep_their_digits(loss):
    """A difference δ costs about δ², which is lost in the rounding of plain logarithms; here δ is 1e-8."""
    counts = rng.integers(10**7, 10**8, (10, 4))
    whole = 2**30
    counts[:, 3] = whole - counts[:, :3].sum(-1)
    moved = counts + np.array([3, -5, 11, -9])
    p, t = moved / whole, counts / whole
    expected = [
        float(MP.fsum(TERMS[loss.__name__](exact(a), exact(b)) for a, b in zip(*x, strict=True)))
        for x in zip(p, t, strict=True)
    ]
    # the terms of these sums are of the size of δ, and eps·δ of δ² is 2e-8
    cancels = loss.__name__ in ("kl_divergence", "reverse_kl", "renyi")
    np.testing.assert_allclose(loss(p, t, **GIVEN), expected, rtol=1e-6 if cancels else 1e-14)


BOUNDED = ("squared_hellinger", "total_variation", "jensen_shannon", "wasserstein_1", "ranked_probability_score")


@by_library
@pytest.mark.parametrize("name", BOUNDED)
def test_a_bounded_loss_of_an_impossible_class_has_a_finite_slope_in_its_logit(name, library):
    z, t = as_library(library, [[0.0, -np.inf, -900.0]]), as_library(library, [[0.5, 0.25, 0.25]])
    value, gradient = getattr(lossary, name).value_and_gradient(z, t)
    expected = getattr(lossary, name)([[1.0, 0.0, 0.0]], [[0.5, 0.25, 0.25]], given="probabilities", check=False)
    assert float(value) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(to_numpy(gradient), [[0, 0, 0]], atol=1e-15)


@by_library
@pytest.mark.parametrize("beta", [1e-300, 1e-17, 1 - 2.0**-53])
def test_the_scaled_divergence_goes_over_into_forward_and_reverse(library, beta):
    limit = lossary.kl_divergence if beta < 0.5 else lossary.reverse_kl
    inputs = [as_library(library, x[:10]) for x in (Z, T)]
    found = lossary.jensen_shannon.value_and_gradient(*inputs, beta=beta, scaled=True, reduction="none")
    for got, expected in zip(found, limit.value_and_gradient(Z[:10], T[:10], reduction="none"), strict=True):
        np.testing.assert_allclose(to_numpy(got), expected, rtol=1e-12, atol=1e-14)


def test_the_scaled_divergence_is_the_other_divided_by_its_weights():
    plain, scaled = (lossary.jensen_shannon(P, T, beta=0.25, scaled=word, **GIVEN) for word in (False, True))
    np.testing.assert_allclose(scaled, plain / (0.25 * 0.75), rtol=1e-15)


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9])
def test_the_weighted_divergence_is_at_most_the_entropy_of_its_weights(beta):
    most = -beta * math.log(beta) - (1 - beta) * math.log(1 - beta)
    assert lossary.jensen_shannon([[1.0, 0.0]], [1], beta=beta, given="probabilities") == pytest.approx(most, rel=1e-15)
    assert (lossary.jensen_shannon(P, T, beta=beta, **GIVEN) < most).all()
    swapped = lossary.jensen_shannon(T, P, beta=1 - beta, **GIVEN)
    np.testing.assert_allclose(lossary.jensen_shannon(P, T, beta=beta, **GIVEN), swapped, rtol=1e-12)


def test_renyis_divergence_grows_with_its_order_and_meets_the_others():
    orders = [0.01, 0.5, 1 - 1e-9, 1.0, 1 + 1e-9, 2.0, 30.0]
    found = np.array([lossary.renyi(P, T, order=order, **GIVEN) for order in orders])
    assert (np.diff(found, axis=0) > -1e-7).all()
    forward = lossary.kl_divergence(P, T, **GIVEN)
    for row in found[2:5]:
        np.testing.assert_allclose(row, forward, rtol=1e-6)
    hellinger = lossary.squared_hellinger(P, T, **GIVEN)
    np.testing.assert_allclose(found[1], -2 * np.log1p(-hellinger), rtol=1e-12)
    np.testing.assert_allclose(found[5], np.log((T**2 / P).sum(-1)), rtol=1e-12)


@pytest.mark.parametrize(("order", "expected"), [(0.5, math.inf), (2.0, math.inf)])
def test_distributions_without_a_common_class_are_infinitely_far_apart(order, expected):
    assert lossary.renyi([[1.0, 0.0]], [[0.0, 1.0]], order=order, given="probabilities") == expected


def test_far_apart_renyis_divergence_keeps_its_digits():
    p, t = np.array([1 - 1e-30, 1e-30]), np.array([1e-30, 1 - 1e-30])
    expected = -2 * math.log(2e-15)
    assert lossary.renyi([p], [t], given="probabilities") == pytest.approx(expected, rel=1e-14)
    assert lossary.renyi([np.log(p)], [t]) == pytest.approx(expected, rel=1e-13)


def test_scipys_wasserstein_distance_and_brier_scores_of_thresholds():
    places = np.arange(5)
    expected = [scipy.stats.wasserstein_distance(places, places, p, t) for p, t in zip(P, T, strict=True)]
    np.testing.assert_allclose(lossary.wasserstein_1(P, T, **GIVEN), expected, rtol=1e-11)
    labels = rng.integers(0, 5, 40)
    thresholds = [((P[:, : k + 1].sum(-1) - (labels <= k)) ** 2) for k in range(4)]
    got = lossary.ranked_probability_score(P, labels, **GIVEN)
    np.testing.assert_allclose(got, np.sum(thresholds, 0), rtol=1e-12)
    assert lossary.squared_earth_mover is lossary.rps is lossary.ranked_probability_score


def test_moving_everything_from_end_to_end_costs_a_step_for_each_class():
    ends = np.eye(5)[[0, 4]]
    for loss in (lossary.wasserstein_1, lossary.ranked_probability_score):
        assert loss(ends[:1], ends[1:], given="probabilities") == 4
        assert (loss(P, P, **GIVEN) == 0).all()
        assert (loss.gradient(P, P, **GIVEN) == 0).all()


@pytest.mark.parametrize("loss", [lossary.wasserstein_1, lossary.ranked_probability_score])
def test_logits_of_classes_in_order_on_another_axis_with_weights_and_a_mask(loss):
    labels, weight, counted = rng.integers(0, 5, 40), rng.uniform(0.5, 2, 40), rng.uniform(size=40) > 0.3
    z = np.where(counted[:, None], Z, np.nan)
    value, gradient = loss.value_and_gradient(z.T.copy(), labels, axis=0, weight=weight, where=counted)
    x = torch.tensor(Z[counted], requires_grad=True)
    steps = (x.softmax(-1) - torch.eye(5, dtype=torch.float64)[labels[counted]]).cumsum(-1)
    each = steps.abs().sum(-1) if loss is lossary.wasserstein_1 else (steps**2).sum(-1)
    kept = torch.tensor(weight[counted])
    cost = (each * kept).sum() / kept.sum()
    cost.backward()
    assert value == pytest.approx(cost.item(), rel=1e-12)
    np.testing.assert_allclose(gradient.T[counted], x.grad, rtol=1e-10, atol=1e-16)
    assert (gradient.T[~counted] == 0).all()


def test_the_generalised_divergence_is_half_the_deviance_of_counts_and_keeps_its_digits():
    p, t = rng.gamma(1, 3, (2, 30, 4))
    p[:10] = t[:10] * (1 + 2.0**-30)
    expected = [
        float(MP.fsum(b * MP.log(b / a) - b + a for a, b in zip(map(exact, x), map(exact, y), strict=True)))
        for x, y in zip(p, t, strict=True)
    ]
    np.testing.assert_allclose(lossary.generalized_kl(p, t, reduction="none"), expected, rtol=1e-13)
    deviance = lossary.poisson(p, t, given="mean", constant="deviance", axis=-1, reduction="none")
    np.testing.assert_allclose(deviance, np.multiply(expected, 2), rtol=1e-13)
