"""Losses of regions: empty ones, right ones, hard ones against scikit-learn, pixels left out, images and batches."""

import numpy as np
import pytest
import torch
from sklearn import metrics

import lossary
from tests.oracle import as_library, to_numpy

OVERLAPS = ["dice", "jaccard", "tversky", "focal_tversky"]
LOSSES = [*OVERLAPS, "matthews"]
rng = np.random.default_rng(5)


def both(name, prediction, target, library="numpy", **options):
    inputs = (as_library(library, np.array(x, float)) for x in (prediction, target))
    value, slope = getattr(lossary, name).value_and_gradient(*inputs, reduction="none", **options)
    return to_numpy(value), to_numpy(slope)


@pytest.mark.parametrize("name", LOSSES)
def test_nothing_predicted_and_nothing_there_costs_nothing(name, library):
    value, slope = both(name, [[0, 0, 0]], [[0, 0, 0]], library)
    assert value.tolist() == [0]
    assert slope.tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_predicted_where_nothing_is_costs_one_and_pulls_nowhere(name, library):
    value, slope = both(name, [[0, 0.5, 0.25]], [[0, 0, 0]], library)
    assert value.tolist() == [1]
    assert slope.tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("name", ["dice", "jaccard", "tversky", "focal_tversky"])
def test_smoothing_pulls_down_what_is_predicted_where_nothing_is(name):
    value, slope = both(name, [[0, 0.5, 0.25]], [[0, 0, 0]], smooth=1.0)
    assert (value < 1).all()
    assert (slope > 0).all()


def test_all_of_the_image_is_a_region_without_background():
    assert both("matthews", [[1, 1, 1]], [[1, 1, 1]])[0].tolist() == [0]
    assert both("matthews", [[1, 1, 1]], [[1, 1, 0]])[0].tolist() == [1]
    assert both("matthews", [[0, 0, 1]], [[1, 1, 0]])[0].tolist() == [2]


@pytest.mark.parametrize(("name", "slope"), [("dice", 1 / 4), ("jaccard", 1 / 2)])
def test_a_right_prediction_has_the_slopes_of_a_kink(name, slope, library):
    value, found = both(name, [[1, 0, 1, 0, 0]], [[1, 0, 1, 0, 0]], library)
    assert value.tolist() == [0]
    np.testing.assert_allclose(found, [[-slope, slope, -slope, slope, slope]], rtol=1e-15)


def test_a_root_of_0_has_slope_0():
    value, slope = both("focal_tversky", [[1, 0]], [[1, 0]])
    assert value.tolist() == [0]
    assert slope.tolist() == [[0, 0]]
    _, steep = both("focal_tversky", [[1, 1e-6]], [[1, 0]])
    assert steep[0, 1] > 9  # 0.75·0.3·(3e-7)^(-0.25)
    _, kink = both("focal_tversky", [[1, 0]], [[1, 0]], gamma=1.0)
    np.testing.assert_allclose(kink, both("tversky", [[1, 0]], [[1, 0]], alpha=0.3, beta=0.7)[1])


@pytest.mark.parametrize(
    ("name", "score"),
    [("dice", metrics.f1_score), ("jaccard", metrics.jaccard_score), ("matthews", metrics.matthews_corrcoef)],
)
def test_a_hard_prediction_costs_1_less_the_score_of_scikit_learn(name, score):
    prediction, target = rng.integers(0, 2, (2, 30, 12))
    value, _ = both(name, prediction, target)
    np.testing.assert_allclose(value, [1 - score(y, p) for p, y in zip(prediction, target, strict=True)], atol=1e-15)


@pytest.mark.parametrize("name", OVERLAPS)
def test_pixels_where_both_are_0_are_pixels_left_out(name):
    prediction, target, kept = rng.uniform(size=(3, 8)), rng.integers(0, 2, (3, 8)), [0, 1, 3, 4, 7]
    cut = both(name, prediction[:, kept], target[:, kept])
    out = np.isin(np.arange(8), kept)
    masked = both(name, prediction * out, target * out)
    np.testing.assert_allclose(masked[0], cut[0], rtol=1e-15)
    np.testing.assert_allclose(masked[1][:, kept], cut[1], rtol=1e-14)


@pytest.mark.parametrize("name", LOSSES)
def test_axes_make_up_a_region(name):
    prediction, target = rng.uniform(size=(2, 3, 4, 5)), rng.integers(0, 2, (2, 3, 4, 5))
    loss = getattr(lossary, name)
    of_images = loss(prediction, target, axis=(2, 3), reduction="none")
    flat = loss(prediction.reshape(6, 20), target.reshape(6, 20), reduction="none")
    np.testing.assert_allclose(of_images.ravel(), flat, rtol=1e-14)
    over_batch = loss(prediction, target, axis=(0, 2, 3), reduction="none")
    moved = [np.moveaxis(x, 1, 0).reshape(3, 40) for x in (prediction, target)]
    np.testing.assert_allclose(over_batch, loss(*moved, reduction="none"), rtol=1e-14)


def test_a_jaccard_loss_follows_from_a_dice_loss_of_hard_predictions():
    prediction, target = rng.integers(0, 2, (2, 30, 12))
    dice = both("dice", prediction, target)[0]
    np.testing.assert_allclose(both("jaccard", prediction, target)[0], dice / (0.5 + dice / 2), rtol=1e-14)


@pytest.mark.parametrize("name", LOSSES)
def test_scores_that_are_no_probabilities_are_refused(name):
    with pytest.raises(ValueError, match="logits"):
        getattr(lossary, name)([[2.0, 0.5]], [[1.0, 0.0]])
    raw = both(name, [[800.0, -800.0, 3.0]], [[1, 0, 0]], given="logits")
    assert np.isfinite(raw[0]).all()
    assert np.isfinite(raw[1]).all()


def classes(pixels=12, images=8, number=3):
    return rng.dirichlet(np.ones(number), (images, pixels)).swapaxes(1, 2), rng.integers(0, number, (images, pixels))


@pytest.mark.parametrize("which", ["present", "all"])
def test_at_hard_predictions_the_lovasz_softmax_is_the_jaccard_loss_of_classes(which):
    predicted, target = rng.integers(0, 4, (2, 20, 9))
    prediction = (predicted[:, None] == np.arange(4)[:, None]).astype(float)
    expected = []
    for p, y in zip(predicted, target, strict=True):
        counted = np.unique(y) if which == "present" else np.arange(4)
        score = metrics.jaccard_score(y, p, labels=counted, average=None, zero_division=1)
        expected.append(1 - score.mean())
    np.testing.assert_allclose(
        lossary.lovasz_softmax(prediction, target, classes=which, reduction="none"), expected, atol=1e-15
    )


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_score_that_is_nan_makes_the_lovasz_hinge_nan(library):
    prediction, target = as_library(library, np.array([[np.nan, 2.0], [0.5, 2.0]])), np.array([[True, False], [True, False]])
    found = to_numpy(lossary.lovasz_hinge(prediction, as_library(library, target), reduction="none"))
    np.testing.assert_array_equal(np.isnan(found), [True, False])


@pytest.mark.parametrize("name", ["lovasz_hinge", "lovasz_softmax"])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_the_order_of_pixels_does_not_matter_even_where_errors_are_equal(name, library):
    prediction, target = classes()
    prediction = prediction.round(1)
    if name == "lovasz_hinge":
        prediction, target = (10 * prediction[:, 0] - 5).round(), target == 0
    moved = rng.permutation(12)
    loss = getattr(lossary, name)
    both = [
        loss(*(as_library(library, x[..., at].copy()) for x in (prediction, target)), reduction="none")
        for at in (np.arange(12), moved)
    ]
    np.testing.assert_allclose(to_numpy(both[1]), to_numpy(both[0]), rtol=1e-13)


def test_of_equal_errors_the_first_counts_as_the_larger_one():
    _, slope = both("lovasz_hinge", [[0.0, 0.0, 0.0]], [[1, 1, 0]])
    np.testing.assert_allclose(slope, [[-1 / 2, -1 / 2, 0]])
    _, slope = both("lovasz_hinge", [[0.0, 0.0, 0.0]], [[0, 1, 1]])
    np.testing.assert_allclose(slope, [[1 / 3, -1 / 3, -1 / 3]])


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_where_a_region_is_empty_the_largest_error_is_the_loss(library):
    value, slope = both("lovasz_hinge", [[-3.0, 0.5, -0.5]], [[0, 0, 0]], library)
    assert value.tolist() == [1.5]
    assert slope.tolist() == [[0, 1, 0]]
    right, slope = both("lovasz_hinge", [[-3.0, 2.0, -1.5]], [[0, 1, 0]], library)
    assert right.tolist() == [0]
    assert slope.tolist() == [[0, 0, 0]]


def test_absent_classes_count_if_asked_for():
    prediction, target = np.array([[[0.75, 0.5], [0.25, 0.25], [0.0, 0.25]]]), np.array([[0, 0]])
    present = float(lossary.lovasz_softmax(prediction, target))
    assert present == pytest.approx((0.5 + 0.25) / 2)
    assert float(lossary.lovasz_softmax(prediction, target, classes="all")) == pytest.approx((present + 0.25 + 0.25) / 3)


def test_images_without_pixels_cost_nothing():
    empty = np.zeros((2, 3, 0))
    assert lossary.lovasz_softmax(empty, np.zeros((2, 0), int), reduction="none").tolist() == [0, 0]
    assert lossary.lovasz_hinge(empty[:, 0], np.zeros((2, 0), bool), reduction="none").tolist() == [0, 0]
    assert lossary.generalized_dice(empty, empty, reduction="none").tolist() == [0, 0]


def test_large_images_keep_their_digits_in_single_precision():
    scores, inside = rng.normal(size=(1, 100_000)).astype(np.float32), rng.uniform(size=(1, 100_000)) < 0.01
    exact = lossary.lovasz_hinge.value_and_gradient(scores.astype(float), inside)
    got = lossary.lovasz_hinge.value_and_gradient(scores, inside)
    np.testing.assert_allclose(got[0], exact[0], rtol=1e-6)
    np.testing.assert_allclose(got[1], exact[1], rtol=1e-4)  # but for errors that are equal in float32


def test_labels_out_of_range_are_refused():
    prediction, target = classes()
    with pytest.raises(ValueError, match=r"a label is one of the classes, .* got 3 at index \(0, 0\)"):
        lossary.lovasz_softmax(prediction, np.full_like(target, 3))


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_class_that_is_absent_weighs_as_the_rarest(library):
    target = [[[1, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]]
    right, slope = both("generalized_dice", target, target, library)
    assert right.tolist() == [0]
    assert np.isfinite(slope).all()
    prediction = [[[1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1]]]
    # weights 1/9, 1, 1; common 3/9; predicted and there 6/9 + 1 + 1
    value, _ = both("generalized_dice", prediction, target, library)
    np.testing.assert_allclose(value, 1 - 2 * (3 / 9) / (6 / 9 + 2), rtol=1e-15)
    nothing, slope = both("generalized_dice", np.zeros((1, 2, 3)), np.zeros((1, 2, 3)), library)
    assert nothing.tolist() == [0]
    assert (slope == 0).all()
    alarm, slope = both("generalized_dice", [[[0, 0.5], [0, 0]]], np.zeros((1, 2, 2)), library)
    assert alarm.tolist() == [1]
    assert (slope == 0).all()


def test_classes_of_one_size_have_the_dice_loss_of_all():
    prediction, target = rng.uniform(size=(5, 2, 6)), np.tile([1.0, 0.0, 1.0, 0.0, 1.0, 0.0], (5, 2, 1))
    expected = lossary.dice(prediction.reshape(5, 12), target.reshape(5, 12), reduction="none")
    np.testing.assert_allclose(lossary.generalized_dice(prediction, target, reduction="none"), expected, rtol=1e-14)


@pytest.mark.parametrize("label", [255, 1])
def test_ignored_pixels_are_pixels_left_out(label):
    prediction, target = classes()
    out = np.array([0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0], bool)
    target[:, ~out] = np.where(target[:, ~out] == label, 0, target[:, ~out])
    target[:, out] = label
    cut = lossary.lovasz_softmax.value_and_gradient(prediction[..., ~out], target[:, ~out])
    value, slope = lossary.lovasz_softmax.value_and_gradient(prediction, target, ignore_index=label)
    np.testing.assert_allclose(value, cut[0], rtol=1e-14)
    np.testing.assert_allclose(slope[..., ~out], cut[1], rtol=1e-14)
    assert (slope[..., out] == 0).all()
    assert float(lossary.lovasz_softmax(prediction, np.full_like(target, label), ignore_index=label)) == 0


def test_scores_below_the_margin_and_outside_are_pixels_left_out():
    scores, inside, out = rng.normal(size=(6, 8)), rng.integers(0, 2, (6, 8)) == 1, np.arange(8) % 3 == 1
    cut = lossary.lovasz_hinge.value_and_gradient(scores[:, ~out], inside[:, ~out])
    value, slope = lossary.lovasz_hinge.value_and_gradient(np.where(out, -1, scores), inside & ~out)
    np.testing.assert_allclose(value, cut[0], rtol=1e-14)
    np.testing.assert_allclose(slope[:, ~out], cut[1], rtol=1e-14)


def test_logits_of_classes_have_the_gradient_of_their_softmax():
    logits, target = torch.randn(4, 3, 6, dtype=torch.float64), torch.rand(4, 3, 6, dtype=torch.float64)
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    lossary.generalized_dice(ours, target, given="logits").backward()
    lossary.generalized_dice(theirs.softmax(1), target).backward()
    np.testing.assert_allclose(ours.grad, theirs.grad, atol=1e-15)
    by_hand = lossary.generalized_dice.gradient(logits.numpy(), target.numpy(), given="logits")
    np.testing.assert_allclose(by_hand, theirs.grad, atol=1e-15)


@pytest.mark.parametrize("loss", [lossary.dice, lossary.jaccard, lossary.matthews], ids=lambda loss: loss.__name__)
def test_sums_over_the_batch_take_in_the_first_axis(loss, library):
    rng = np.random.default_rng(8)
    arrays = rng.uniform(size=(3, 2, 4, 5)), rng.integers(0, 2, (3, 2, 4, 5)).astype(float)
    x, y = (as_library(library, array) for array in arrays)
    got, slopes = loss.value_and_gradient(x, y, axis=(2, 3), over="batch", reduction="none")
    joined = [np.moveaxis(array, 1, 0).reshape(2, -1) for array in arrays]  # each class, over all images
    expected, expected_slopes = loss.value_and_gradient(*joined, reduction="none")
    np.testing.assert_allclose(to_numpy(got), expected, rtol=1e-12)
    np.testing.assert_allclose(np.moveaxis(to_numpy(slopes), 1, 0).reshape(2, -1), expected_slopes, rtol=1e-11)
    one = float(loss(x, y, axis=(1, 2, 3), over="batch"))
    assert one == pytest.approx(float(loss(*(array.ravel() for array in arrays))), rel=1e-12)
    with pytest.raises(ValueError, match="over is one of 'sample', 'batch'; got 'images'"):
        loss(x, y, over="images")
