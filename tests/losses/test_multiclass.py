"""Losses of classes: edges, targets of all kinds, and other libraries' numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics
import torch

import lossary
from tests.oracle import as_library, to_numpy

rng = np.random.default_rng(12)
LOGITS, LABELS = rng.normal(0, 2, (30, 4)), rng.integers(0, 4, 30)
OF_CLASSES = ("focal", "poly1", "generalized_cross_entropy", "symmetric_cross_entropy", "brier")


def loss_of(name):
    return lossary.losses.registry[name]


@pytest.mark.parametrize("name", OF_CLASSES)
def test_labels_and_one_hot_rows_agree(name):
    one_hot = np.eye(4)[LABELS]
    options = {"class_weight": [1.0, 2.0, 0.5, 3.0]}
    for method in (loss_of(name), loss_of(name).gradient):
        np.testing.assert_allclose(
            method(LOGITS, LABELS, **options), method(LOGITS, one_hot, **options), rtol=1e-12, atol=1e-16
        )


@pytest.mark.parametrize("gamma", [0.0, 0.25, 2.0])
def test_certainty_has_no_slope_whatever_gamma(gamma, library):
    rows, labels = as_library(library, [[800.0, 0.0], [0.0, -np.inf], [-800.0, 0.0]]), as_library(library, [0, 0, 0])
    value, slope = lossary.focal.value_and_gradient(rows, labels, gamma=gamma, reduction="none")
    assert to_numpy(value).tolist() == [0, 0, 800]
    assert abs(to_numpy(slope)).tolist() == [[0, 0], [0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("name", "value", "slope"),
    [
        ("poly1", np.inf, [-np.inf, 0]),
        ("focal", np.inf, [-np.inf, 0]),
        ("symmetric_cross_entropy", np.inf, [-np.inf, 4]),
        ("brier", 2, [-2, 2]),
    ],
)
def test_a_true_class_of_probability_0(name, value, slope, library):
    p, y = as_library(library, [[0.0, 1.0]]), as_library(library, [0])
    found = loss_of(name).value_and_gradient(p, y, given="probabilities")
    assert [to_numpy(found[0]).item(), to_numpy(found[1]).tolist()] == [value, [slope]]


def test_confident_rows_keep_their_digits():
    for name, factor, power in (("brier", 1.5, 2), ("generalized_cross_entropy", 1, 1), ("poly1", 2, 1), ("focal", 1, 3)):
        found = float(loss_of(name)([[40.0, 0.0, 0.0]], [0]))
        np.testing.assert_allclose(found, factor * (2 * np.exp(-40)) ** power, rtol=1e-13, err_msg=name)


def test_the_reverse_of_a_label_is_a_share_of_log_zero():
    p = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)
    right = p[np.arange(30), LABELS]
    found = lossary.symmetric_cross_entropy(LOGITS, LABELS, alpha=0.5, beta=2.0, log_zero=-6.0, reduction="none")
    np.testing.assert_allclose(found, -0.5 * np.log(right) + 12 * (1 - right), rtol=1e-12)


def test_focal_is_kornias_on_the_last_axis():
    z = torch.tensor(LOGITS, requires_grad=True)
    log_p = torch.log_softmax(z, -1)  # as kornia.losses.focal_loss has it
    theirs = (-((1 - log_p.exp()) ** 2) * log_p)[torch.arange(30), torch.tensor(LABELS)].mean()
    theirs.backward()
    value, slope = lossary.focal.value_and_gradient(LOGITS, LABELS)
    np.testing.assert_allclose(value, theirs.item(), rtol=1e-13)
    np.testing.assert_allclose(slope, z.grad, rtol=1e-10, atol=1e-16)


@pytest.mark.parametrize("name", OF_CLASSES)
def test_noise_tolerant_losses_have_a_bound(name):
    worst = float(loss_of(name)([[-1e4, 0.0]], [0]))
    bounds = {"generalized_cross_entropy": 1 / 0.7, "brier": 2}
    assert worst == pytest.approx(bounds[name], rel=1e-12) if name in bounds else worst > 1000


def test_distillation_is_torchs_divergence_times_the_square_of_the_temperature():
    student, teacher = torch.tensor(LOGITS, requires_grad=True), torch.tensor(LOGITS[::-1].copy())
    p, q = torch.log_softmax(student / 3, -1), torch.log_softmax(teacher / 3, -1)
    theirs = 9 * torch.nn.functional.kl_div(p, q, log_target=True, reduction="batchmean")
    theirs.backward()
    value, slope = lossary.distillation.value_and_gradient(LOGITS, LOGITS[::-1], temperature=3)
    np.testing.assert_allclose(value, theirs.item(), rtol=1e-12)
    np.testing.assert_allclose(slope, student.grad, rtol=1e-11, atol=1e-16)


def test_distillation_gives_the_teacher_no_gradient(library):
    if library.startswith("torch"):
        student, teacher = (torch.tensor(x, requires_grad=True) for x in (LOGITS, LOGITS[::-1].copy()))
        lossary.distillation(student, teacher).backward()
        assert [x.grad is None for x in (student, teacher)] == [False, True]
    slope = lossary.distillation.gradient(as_library(library, LOGITS), as_library(library, LOGITS[::-1].copy()))
    assert tuple(slope.shape) == LOGITS.shape


def test_a_hot_distillation_matches_centred_logits():
    student, teacher = LOGITS, LOGITS[::-1]
    gap = student - teacher
    expected = ((gap - gap.mean(-1, keepdims=True)) ** 2).sum(-1) / (2 * 4)
    np.testing.assert_allclose(lossary.distillation(student, teacher, temperature=1e4, reduction="none"), expected, rtol=1e-3)


def test_classes_that_are_ruled_out(library):
    student = as_library(library, [[0.0, 1.0, -np.inf], [0.0, -np.inf, 0.0]])
    teacher = as_library(library, [[0.0, 1.0, -np.inf], [0.0, 1.0, 0.0]])
    assert to_numpy(lossary.distillation(student, teacher, reduction="none")).tolist() == [0, np.inf]


def test_scores_stand_for_the_label_of_the_largest(library):
    scores, labels = as_library(library, LOGITS), as_library(library, LABELS)
    expected = (LOGITS.argmax(-1) != LABELS).astype(float)
    assert to_numpy(lossary.zero_one(scores, labels, reduction="none")).tolist() == expected.tolist()
    value, slope = lossary.zero_one.value_and_gradient(as_library(library, LOGITS.T.astype(np.float32)), labels, axis=0)
    np.testing.assert_allclose(to_numpy(value), expected.mean(), rtol=1e-6)
    assert tuple(slope.shape) == (4, 30)
    assert to_numpy(slope).dtype == np.float32
    assert not to_numpy(slope).any()


def test_zero_one_takes_no_column_of_labels_for_scores_of_one_class():
    with pytest.raises(ValueError, match=r"at least two classes; got a prediction of shape \(30, 1\) .* squeeze"):
        lossary.zero_one(LABELS[:, None], LABELS)


def test_zero_one_counts_mistakes_of_labels():
    guess = LOGITS.argmax(-1)
    expected = 1 - sklearn.metrics.accuracy_score(LABELS, guess, sample_weight=1.0 + np.arange(30))
    for prediction in (guess, LOGITS, guess.astype(np.int8), torch.tensor(LOGITS).numpy()):
        np.testing.assert_allclose(lossary.zero_one(prediction, LABELS, weight=1.0 + np.arange(30)), expected, rtol=1e-14)
    several = lossary.zero_one(guess.reshape(10, 3), LABELS.reshape(10, 3), axis=-1, reduction="none")
    np.testing.assert_array_equal(several, (guess != LABELS).reshape(10, 3).sum(-1))
    total = lossary.zero_one.total(LOGITS[:13], LABELS[:13]) + lossary.zero_one.total(LOGITS[13:], LABELS[13:])
    np.testing.assert_allclose(total.mean, (guess != LABELS).mean(), rtol=1e-15)
    many = np.tile(LOGITS, (60, 1))
    assert lossary.zero_one(many, np.tile(LABELS, 60)) == lossary.zero_one(LOGITS, LABELS)
    assert not lossary.zero_one.gradient(many, np.tile(LABELS, 60)).any()


def test_nan_is_no_label_and_the_first_of_the_largest_is_predicted():
    found = lossary.zero_one([[0.0, np.nan], [1.0, 1.0], [-np.inf, -np.inf]], [1, 0, 0], reduction="none")
    np.testing.assert_array_equal(found, [np.nan, 0, 0])
    np.testing.assert_array_equal(lossary.zero_one([np.nan, 1.0], [1, 1], reduction="none"), [np.nan, 0])


def test_zero_one_runs_under_jit():
    found = jax.jit(lossary.zero_one)(jnp.array(LOGITS), jnp.array(LABELS))
    np.testing.assert_allclose(found, (LOGITS.argmax(-1) != LABELS).mean(), rtol=1e-6)


def test_the_most_frequent_label_is_the_best_constant():
    assert lossary.zero_one.best_constant([2, 0, 2, 1, 0, 2]) == 2
    assert lossary.zero_one.best_constant([2, 0, 1], weight=[1.0, 3.0, 2.5]) == 0
    assert lossary.zero_one.best_constant([5, -1, 5, -1]) == -1
    assert np.isnan(lossary.zero_one.best_constant([]))
