"""Weights of classes and an ignored label, of losses of labels that are no sums over classes: the rule of cross-entropy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary

LOSSES = [
    lossary.crammer_singer,
    lossary.weston_watkins,
    lossary.sparsemax,
    lossary.spherical,
    lossary.renyi,
    lossary.ranked_probability_score,
    lossary.wasserstein_1,
    lossary.zero_one,
]
WEIGHTS = np.array([1.0, 3.0, 0.0, 0.5])
LABELS = np.array([0, 3, 255, 1, 2, 255, 0], np.uint8)
WEIGHT = np.array([1.0, 2.0, 1.0, 0.5, 1.0, 1.0, 3.0])
COUNTED = np.array([True, True, True, True, True, True, False])
OPTIONS = {"class_weight": WEIGHTS, "ignore_index": 255, "weight": WEIGHT, "where": COUNTED}


def scores():
    return np.random.default_rng(3).normal(size=(7, 4))


def one_by_one(loss, z):
    """Σwℓ, Σw and the slopes of Σwℓ, sample by sample without these options."""
    total, weight, slopes = 0.0, 0.0, np.zeros_like(z)
    for i, label in enumerate(LABELS):
        if label != 255 and COUNTED[i]:
            w = WEIGHT[i] * WEIGHTS[label]
            value, slope = loss.value_and_gradient(z[i : i + 1], LABELS[i : i + 1])
            total, weight, slopes[i] = total + w * value, weight + w, w * slope[0]
    return total, weight, slopes


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_a_sample_weighs_as_much_as_its_class_and_an_ignored_one_nothing(loss, monkeypatch):
    z = scores()
    total, weight, slopes = one_by_one(loss, z)
    for smallest in (10**9, 1):  # by array operations, and by kernels where there are any
        monkeypatch.setattr("lossary.engine.plans.SMALLEST", smallest)
        value, gradient = loss.value_and_gradient(z, LABELS, **OPTIONS)
        np.testing.assert_allclose(value, total / weight, rtol=1e-14)
        np.testing.assert_allclose(gradient, slopes / weight, rtol=1e-13, atol=1e-17)
    found = loss.total(z, LABELS, **OPTIONS)
    np.testing.assert_allclose([found.sum, found.weight, found.count], [total, weight, 4], rtol=1e-14)
    each = loss(z, LABELS, reduction="none", **OPTIONS)
    np.testing.assert_allclose(each.sum(), total, rtol=1e-14)
    assert not each[[2, 5, 6]].any()
    # the axis of classes may be another
    np.testing.assert_allclose(loss(z.T.copy(), LABELS, axis=0, **OPTIONS), total / weight, rtol=1e-14)
    if loss is not lossary.zero_one:
        x = torch.tensor(z, requires_grad=True)
        loss(
            x, torch.tensor(LABELS), **{k: o if k == "ignore_index" else torch.tensor(o) for k, o in OPTIONS.items()}
        ).backward()
        np.testing.assert_allclose(x.grad, slopes / weight, rtol=1e-13, atol=1e-17)


def test_rows_weigh_what_their_classes_weigh_together_and_have_no_label_to_ignore():
    z, rows = scores()[:2], np.array([[0.25, 0.75, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
    each = lossary.crammer_singer(z, rows, reduction="none")
    w = rows @ WEIGHTS
    np.testing.assert_allclose(lossary.crammer_singer(z, rows, class_weight=WEIGHTS), each @ w / w.sum(), rtol=1e-14)
    with pytest.raises(TypeError, match="ignore_index= is a class index, but target holds class probabilities"):
        lossary.crammer_singer(z, rows, ignore_index=1)
    # in float16, weights are counted in float32
    half = lossary.crammer_singer(z.astype("float16"), rows.astype("float16"), class_weight=WEIGHTS * 1e5)
    np.testing.assert_allclose(half, each @ w / w.sum(), rtol=2e-3)


def test_labels_judged_by_labels_have_weights_too():
    found = lossary.zero_one([0, 1, 2, -1], [0, 2, 2, -1], class_weight=[1, 2, 3.0], ignore_index=-1)
    assert found == 3 / 7
    with pytest.raises(ValueError, match="class index lies in 0 … 2, as there are 3 weights; got 3 at index 1"):
        lossary.zero_one([0, 1], [0, 3], class_weight=[1, 2, 3.0])
    with pytest.raises(ValueError, match="class index lies in 0 … 2, as there are 3 weights; got -1 at index 0"):
        lossary.zero_one([0, 1], [-1, 2], class_weight=[1, 2, 3.0])
    with pytest.raises(TypeError, match="axis= makes several labels one sample, which is of no one class"):
        lossary.zero_one([[0, 1]], [[0, 1]], axis=-1, class_weight=[1, 2, 3.0])
    with pytest.raises(TypeError, match="class indices are integers; got dtype float64"):
        lossary.zero_one([0, 1], [0.0, 1.0], class_weight=[1, 2, 3.0])


def test_a_learned_weight_of_a_class_has_its_slope():
    z, labels = torch.tensor(scores()), torch.tensor(LABELS)
    c = torch.tensor(WEIGHTS, requires_grad=True)
    lossary.weston_watkins(z, labels, class_weight=c, ignore_index=255, reduction="sum").backward()
    each = np.array([lossary.weston_watkins(scores()[[i]], LABELS[[i]]) if y != 255 else 0 for i, y in enumerate(LABELS)])
    np.testing.assert_allclose(c.grad, [each[k == LABELS].sum() for k in range(4)], rtol=1e-14)


def test_the_same_under_jit_where_a_label_out_of_range_is_nan():
    mapped = jax.jit(lambda z, y: lossary.crammer_singer(z, y, class_weight=WEIGHTS, ignore_index=255, reduction="none"))
    labels = LABELS.copy()
    labels[0] = 4
    each = np.asarray(mapped(jnp.asarray(scores()), jnp.asarray(labels)))
    assert np.isnan(each[0])
    alone = lossary.crammer_singer(scores()[1:], LABELS[1:], class_weight=WEIGHTS, ignore_index=255, reduction="none")
    np.testing.assert_allclose(each[1:], alone, rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"class_weight": [1.0, 2.0]}, ValueError, r"one weight a class, so its shape is \(4,\); got \(2,\)"),
        ({"class_weight": [1.0, 2.0, -1.0, 1.0]}, ValueError, "a class weight is a number ≥ 0; got -1.0 at index 2"),
        ({"class_weight": "balanced"}, TypeError, "class_weight has one number a class"),
        ({"ignore_index": 1.5}, TypeError, "ignore_index is an integer; got 1.5"),
        ({"ignore_index": 255, "where": [True]}, ValueError, "where"),
        ({"class_weight": [1.0] * 4, "weight": [1.0]}, ValueError, "weight"),
        ({"class_weight": [1.0] * 4, "over": "batch"}, TypeError, "one sample of all, which is of no one class"),
        ({}, ValueError, "got 255 at index 2 .*; pass ignore_index= if"),
    ],
)
def test_what_does_not_fit_is_refused(options, kind, sentence):
    with pytest.raises(kind, match=sentence):
        lossary.weston_watkins(scores(), LABELS, **options)


@pytest.mark.parametrize("labels", [np.array([1.0]), np.array([True]), np.array([2049], "float16")])
def test_indices_are_integers_for_every_loss(labels):
    calls = {
        "cross_entropy": lambda: lossary.cross_entropy(np.zeros((1, 3)), labels),
        "weston_watkins": lambda: lossary.weston_watkins(np.zeros((1, 3)), labels),
        "corn": lambda: lossary.corn(np.zeros((1, 2)), labels),
        "ordinal": lambda: lossary.ordinal([0.5], [[-1.0, 1.0]], labels),
        "discrete_hazard": lambda: lossary.discrete_hazard(np.zeros((1, 2)), labels, [True]),
        "ctc": lambda: lossary.ctc(np.zeros((1, 2, 3)), labels[None]),
    }
    for name, call in calls.items():
        with pytest.raises(TypeError, match=rf"{name}: .*integer.*; got dtype {labels.dtype} of shape .*astype\(int\)"):
            call()
