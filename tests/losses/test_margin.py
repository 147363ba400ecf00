"""Losses of raw scores of classes: other libraries' numbers, ties, far and infinite scores, and targets of all kinds."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import sklearn.metrics
import torch

import lossary
from tests.oracle import as_library, jitted, to_numpy

rng = np.random.default_rng(13)
SCORES, LABELS = rng.normal(0, 2, (30, 4)), rng.integers(0, 4, 30)
LABELLED = ("crammer_singer", "weston_watkins", "sparsemax", "spherical")


def loss_of(name):
    return lossary.losses.registry[name]


@pytest.mark.parametrize("name", LABELLED)
def test_labels_of_any_integers_are_one_hot_rows(name, library):
    rows, loss = as_library(library, np.eye(4)[LABELS]), loss_of(name)
    x = as_library(library, SCORES)
    gradient = jitted(library, loss.gradient)
    expected = to_numpy(gradient(x, rows))
    for dtype in (np.int32,) if library == "jax" else (np.int64, np.int32, np.uint8, np.int8):
        y = as_library(library, LABELS, dtype)
        np.testing.assert_allclose(to_numpy(gradient(x, y)), expected, rtol=1e-12, atol=1e-17)
    if library != "jax":
        np.testing.assert_allclose(to_numpy(loss(x, y)), to_numpy(loss(x, rows)), rtol=1e-14)
        across = loss.gradient(as_library(library, SCORES.T), y, axis=0)
        np.testing.assert_allclose(to_numpy(across).T, expected, rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize("name", LABELLED)
def test_kernels_take_labels(name):
    scores, labels = np.tile(SCORES, (40, 1)), np.tile(LABELS, 40)
    got = loss_of(name).value_and_gradient(scores, labels)
    rows = loss_of(name).value_and_gradient(scores, labels, reduction="none")
    np.testing.assert_allclose(got[0], rows[0].mean(), rtol=1e-13)
    np.testing.assert_allclose(got[1], rows[1] / len(labels), rtol=1e-12, atol=1e-18)
    labels[3] = 4
    with pytest.raises(ValueError, match="got 4 at index 3"):
        loss_of(name)(scores, labels)


@pytest.mark.parametrize("name", LABELLED)
def test_labels_that_are_no_class(name):
    loss, labels = loss_of(name), np.where(np.arange(30) == 7, -1, LABELS)
    with pytest.raises(ValueError, match=r"a class index lies in 0 … 3, .* 4 classes; got -1 at index 7; pass ignore_index="):
        loss(SCORES, labels)
    assert np.isnan(loss(SCORES, labels, reduction="none", check=False)).tolist() == (labels < 0).tolist()
    assert loss.problems(SCORES, labels)["label"].tolist() == (labels < 0).tolist()
    counted = labels >= 0
    expected = loss(SCORES[counted], labels[counted])
    np.testing.assert_allclose(loss(SCORES, labels, where=counted), expected, rtol=1e-14)
    weight = torch.tensor(counted, dtype=torch.float64)
    with pytest.raises(ValueError, match="a class index"):
        loss(torch.tensor(SCORES), torch.tensor(labels), weight=weight)


def test_labels_that_are_no_class_become_nan_under_jit():
    losses = jax.jit(lambda x, y: lossary.weston_watkins(x, y, reduction="none"))(jnp.array(SCORES[:3]), jnp.array([0, 9, 1]))
    assert np.isnan(losses).tolist() == [False, True, False]


def test_targets_that_do_not_fit_say_so():
    with pytest.raises(ValueError, match=r"target holds class indices of shape \(30,\), or .* shape \(30, 4\); got \(29,\)"):
        lossary.crammer_singer(SCORES, LABELS[1:])
    with pytest.raises(TypeError, match="class indices are integers; got dtype float64"):
        lossary.sparsemax(SCORES, LABELS.astype(float))
    with pytest.raises(ValueError, match="the class axis is 0"):
        lossary.spherical(SCORES, LABELS, axis=0)


def test_sums_take_labels_too():
    both = lossary.crammer_singer + 0.5 * lossary.weston_watkins
    expected = lossary.crammer_singer(SCORES, LABELS) + 0.5 * lossary.weston_watkins(SCORES, LABELS)
    np.testing.assert_allclose(both(SCORES, LABELS), expected, rtol=1e-14)


def test_torchs_multi_margin_loss_is_weston_watkins_over_the_number_of_classes():
    z, y = torch.tensor(SCORES, requires_grad=True), torch.tensor(LABELS)
    theirs = torch.nn.functional.multi_margin_loss(z, y, margin=1.5)
    theirs.backward()
    mine = torch.tensor(SCORES, requires_grad=True)
    ours = lossary.weston_watkins(mine, y, margin=1.5) / 4
    ours.backward()
    torch.testing.assert_close(ours, theirs, rtol=1e-13, atol=0)
    torch.testing.assert_close(mine.grad, z.grad, rtol=1e-13, atol=1e-17)


def test_crammer_singer_is_scikit_learns_hinge_loss_of_several_classes():
    theirs = sklearn.metrics.hinge_loss(LABELS, SCORES, labels=range(4))
    np.testing.assert_allclose(lossary.crammer_singer(SCORES, LABELS), theirs, rtol=1e-13)


def test_for_two_classes_both_are_the_hinge_of_the_difference():
    two, events = SCORES[:, :2], LABELS % 2
    expected = lossary.hinge(two[:, 1] - two[:, 0], events, reduction="none")
    for loss in (lossary.crammer_singer, lossary.weston_watkins):
        np.testing.assert_allclose(loss(two, events, reduction="none"), expected, rtol=1e-13, atol=1e-15)


def test_classes_that_tie_share_the_slope():
    slope = lossary.crammer_singer.gradient([[0.0, 2.0, 2.0]], [0])
    np.testing.assert_allclose(slope, [[-1, 0.5, 0.5]])


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_large_and_infinite_scores(library):
    z, y = as_library(library, [[1e17, 1e17, -np.inf], [0.0, -np.inf, -np.inf]]), as_library(library, [0, 0])
    for name in ("crammer_singer", "weston_watkins", "sparsemax"):
        value, slope = loss_of(name).value_and_gradient(z, y, reduction="none")
        expected = [0.25, 0] if name == "sparsemax" else [1, 0]
        assert to_numpy(value).tolist() == expected, name
        assert np.isfinite(to_numpy(slope)).all(), name


def test_sparsemax_projects_on_distributions():
    """The gradient is p - y, and no distribution on a grid is nearer to the scores than p."""
    p = lossary.sparsemax.gradient(SCORES[:, :3], LABELS % 3, reduction="none") + np.eye(3)[LABELS % 3]
    np.testing.assert_allclose(p.sum(-1), 1, rtol=1e-14)
    grid = np.array([(a, b, 20 - a - b) for a in range(21) for b in range(21 - a)]) / 20
    nearest = ((grid - SCORES[:, None, :3]) ** 2).sum(-1).min(-1)
    assert (((p - SCORES[:, :3]) ** 2).sum(-1) <= nearest + 1e-12).all()
    assert p.min() == 0


def test_a_class_ahead_by_1_costs_nothing():
    assert lossary.sparsemax([[1.0, 0.0, 0.0]], [0]) == 0
    assert lossary.crammer_singer([[1.0, 0.0, 0.0]], [0]) == 0
    assert lossary.sparsemax([[0.5, 0.0, 0.0]], [0]) > 0


def test_spherical_reads_rows_of_any_length():
    p = rng.dirichlet(np.ones(4), 30)
    options = {"given": "probabilities", "reduction": "none"}
    np.testing.assert_allclose(lossary.spherical(p / 2, LABELS, **options), lossary.spherical(p, LABELS, **options), rtol=1e-12)
    np.testing.assert_allclose(
        lossary.spherical(np.log(p), LABELS, reduction="none"), lossary.spherical(p, LABELS, **options), rtol=1e-11
    )
    assert lossary.spherical([[1e4, 0.0, -1e4]], [0]) == 0
    assert lossary.spherical([[-1e4, 0.0, -np.inf]], [0]) == 1


@pytest.mark.parametrize(
    ("ours", "theirs", "inputs"),
    [
        (lossary.hinge, optax.losses.hinge_loss, (SCORES[:, 0], LABELS % 2)),
        (lossary.perceptron, optax.losses.perceptron_loss, (SCORES[:, 0], LABELS % 2)),
        (lossary.crammer_singer, optax.losses.multiclass_hinge_loss, (SCORES, LABELS)),
        (lossary.sparsemax, optax.losses.multiclass_sparsemax_loss, (SCORES, LABELS)),
        (functools.partial(lossary.poly1, epsilon=2.0), optax.losses.poly_loss_cross_entropy, (SCORES, np.eye(4)[LABELS])),
        (lossary.focal_binary, optax.losses.sigmoid_focal_loss, (SCORES[:, 0], 1.0 * (LABELS % 2))),
    ],
)
def test_optax_gives_the_same(ours, theirs, inputs):
    x, y = inputs
    signs = {optax.losses.hinge_loss, optax.losses.perceptron_loss}
    expected = theirs(jnp.array(x), jnp.array(2 * y - 1 if theirs in signs else y))
    np.testing.assert_allclose(ours(x, y, reduction="none"), expected, rtol=1e-5, atol=1e-6)
