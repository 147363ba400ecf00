"""What may be done to logits, and returned beside a cost: kernels and plain twins beside truths from naive formulas."""

import itertools

import mpmath
import numpy as np
import pytest
import torch

import lossary
from tests.oracle import plainly
from tests.softmax_oracle import extras_of, focal, naive_rows, wide

RETURNS = ("log_normalizer", "entropy", "accuracy", "token_losses")
SHAPED = {"soft_cap": 4.0, "temperature": 1.5}


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def truth(z, target, loss=lossary.cross_entropy, **options):
    """Losses, their gradient and the diagonal of their Hessian, row by row."""
    z, t = torch.as_tensor(np.asarray(z)).double(), wide(target, z.shape[-1])
    weight = options.pop("weight", None)
    one = lambda row, t_row: naive_rows(row[None], t_row[None], loss, **options)[0]
    losses, gradient = naive_rows(z, t, loss, **options), torch.func.vmap(torch.func.grad(one))(z, t)
    curvature = torch.func.vmap(torch.func.hessian(one))(z, t).diagonal(dim1=-2, dim2=-1) if z.shape[-1] < 400 else None
    found = [losses, gradient, curvature]
    if weight is not None:
        w = torch.as_tensor(weight).double()
        found = [losses * w, gradient * w[:, None], None if curvature is None else curvature * w[:, None]]
    return [None if x is None else x.numpy() for x in found]


def close(found, expected, dtype, factor=64):
    """Within so many units of rounding of numbers as large as the largest."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == dtype
    bound = factor * float(np.finfo(dtype).eps)
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1e-300)
    np.testing.assert_allclose(found, expected, rtol=bound, atol=bound * scale)


def arrays(rng, classes, rows=40, spread=3.0):
    z = rng.normal(size=(rows, classes)) * spread
    return z, rng.integers(0, classes, rows), rng.dirichlet(np.full(classes, 0.3), rows)


OPTIONS = [
    {"label_smoothing": 0.2, "smoothing": "others"},
    {"z_loss": 0.03},
    {"soft_cap": 4.0},
    {"label_smoothing": 0.2, "smoothing": "others", "z_loss": 0.03, **SHAPED},
]
IDS = ["others", "z-loss", "cap", "all"]


@pytest.mark.parametrize(  # each takes seconds to compile
    ("options", "soft", "dtype"),
    [
        *((options, False, "float64") for options in OPTIONS),
        *((OPTIONS[k], True, "float64") for k in (0, 1, 3)),
        *((OPTIONS[-1], soft, "float32") for soft in (False, True)),
    ],
)
def test_value_and_gradient_are_the_truth_by_kernel_and_plainly(options, soft, dtype, rng, kernels):
    for classes in (2, 5, 300):
        z, y, t = arrays(rng, classes)
        z, target = z.astype(dtype), t.astype(dtype) if soft else y
        losses, gradient, _ = truth(z, target, **options)
        for found in (
            lossary.cross_entropy.value_and_gradient(z, target, **options),
            plainly(lossary.cross_entropy, z, target, **options),
        ):
            close(found[0], losses.mean(), dtype, 16)
            close(found[1], gradient / len(z), dtype)


@pytest.mark.parametrize("options", [*OPTIONS, {"temperature": 0.6}], ids=[*IDS, "temperature"])
@pytest.mark.parametrize("loss", [lossary.cross_entropy, focal], ids=lambda loss: loss.__name__)
def test_curvature_is_the_diagonal_of_the_true_hessian(loss, options, rng):
    for classes in (2, 5, 60):
        z, y, t = arrays(rng, classes, rows=6, spread=2.0)
        for target in (y, t):
            weight, class_weight = rng.uniform(0.5, 2, 6), rng.uniform(0.5, 2, classes)
            for more in ({}, {"weight": weight, "class_weight": class_weight}):
                losses, gradient, curvature = truth(z, target, loss, **options, **more)
                given = {**options, **more, "reduction": "sum"}
                close(loss(z, target, **given), losses.sum(), "float64")
                close(loss.gradient(z, target, **given), gradient, "float64")
                close(loss.curvature(z, target, **given), curvature, "float64", 256)


MP = mpmath.mp.clone()
MP.dps = 60


def mp_loss(z, label, options):
    """One row's loss in 60 digits."""
    mp = MP
    z = [mp.mpf(x) for x in z]
    cap, classes = mp.mpf(options.get("soft_cap", 0)), len(z)
    x = [(cap * mp.tanh(v / cap) if cap else v) / mp.mpf(options.get("temperature", 1)) for v in z]
    lse = mp.log(mp.fsum(mp.exp(v) for v in x))
    e = mp.mpf(options.get("label_smoothing", 0))
    others = options.get("smoothing") == "others"
    t = [
        (1 - e if k == label else e / (classes - 1)) if others else (1 - e) * (k == label) + e / classes for k in range(classes)
    ]
    return mp.fsum(a * (lse - v) for a, v in zip(t, x, strict=True)) + mp.mpf(options.get("z_loss", 0)) * lse**2


def mp_slope(z, label, options, place):
    """The derivative of that with respect to one logit, by a difference in 60 digits."""
    step = MP.mpf(10) ** -25
    there = lambda sign: mp_loss([*z[:place], MP.mpf(z[place]) + sign * step, *z[place + 1 :]], label, options)
    return float((there(1) - there(-1)) / (2 * step))


@pytest.mark.parametrize("options", [*OPTIONS, {"label_smoothing": 0.2, "z_loss": 0.5, **SHAPED}], ids=[*IDS, "uniform"])
def test_extreme_rows_keep_their_digits(options, kernels):
    rows = [[40.0, -3.0, 1.0], [1e-9, -1e-9, 3e-9], [-60.0, 2.0, 2.0], [-1e4, 1.0, 0.5], [-30.0, -30.5, -29.0]]
    for row, label in itertools.product(rows, range(3)):
        expected = mp_loss(row, label, options)
        slopes = [mp_slope(row, label, options, j) for j in range(3)]
        found = lossary.cross_entropy.value_and_gradient([row], [label], **options)
        twin = plainly(lossary.cross_entropy, [row], [label], **options)
        for value, gradient in (found, twin):
            assert value == pytest.approx(float(expected), rel=1e-13)
            # by what is subtracted: slopes of a z-loss are as large as the normalizer
            np.testing.assert_allclose(gradient[0], slopes, rtol=1e-12, atol=1e-14 * max(1, float(expected)))


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("soft", "dtype"),
    [
        (False, "float32"),
        (True, "float64"),
        pytest.param(False, "float64", marks=pytest.mark.heavy),
        pytest.param(True, "float32", marks=pytest.mark.heavy),
    ],
)
def test_every_option_at_once_with_weights_and_masks_and_all_that_may_be_returned(soft, dtype, rng, kernels):
    for classes in (3, 300):
        z, y, t = arrays(rng, classes)
        z, target = z.astype(dtype), t.astype(dtype) if soft else y
        weight, counted = rng.uniform(0.5, 2, 40), rng.random(40) < 0.7
        weight[3], counted[3] = 0, True
        class_weight = rng.uniform(0.5, 2, classes)
        options = {**OPTIONS[-1], "weight": weight.astype(dtype), "class_weight": class_weight.astype(dtype)}
        losses, gradient, _ = truth(z, target, **options)
        mass = (wide(target, classes).numpy() * class_weight).sum(-1) * weight
        divisor = mass[counted].sum()
        normalizer, entropy, accuracy = (
            x.numpy() * (counted & (weight != 0)) for x in extras_of(torch.tensor(z).double(), wide(target, classes), **SHAPED)
        )
        z[~counted] = np.nan
        reduction = "none" if soft == (dtype == "float64") else "mean"
        given = {**options, "where": counted, "returns": RETURNS, "reduction": reduction}
        for found, slopes in (
            lossary.cross_entropy.value_and_gradient(z, target, **given),
            plainly(lossary.cross_entropy, z, target, **given),
        ):
            assert found._fields == ("loss", *RETURNS)
            if reduction == "mean":
                close(found.loss, losses[counted].sum() / divisor, dtype, 16)
            else:
                np.testing.assert_array_equal(found.loss, found.token_losses)
                assert not np.shares_memory(found.loss, found.token_losses)
            close(found.token_losses, np.where(counted, losses, 0), dtype, 16)
            close(found.log_normalizer, normalizer, dtype, 16)
            close(found.entropy, entropy, dtype, 16)
            np.testing.assert_array_equal(found.accuracy, accuracy)
            close(slopes, np.where(counted[:, None], gradient, 0) / (divisor if reduction == "mean" else 1), dtype)


@pytest.mark.parametrize("classes", [3, 60])
def test_a_label_of_which_smoothing_leaves_nothing_is_not_looked_at(classes, kernels):
    z, class_weight = np.zeros((2, classes)), np.zeros(classes)
    # no class but the label's own weighs anything, and all of its target goes to the others
    z[0], class_weight[1] = np.nan, 2.0
    options = {"label_smoothing": 1.0, "smoothing": "others", "class_weight": class_weight, "reduction": "none"}
    for call in (lossary.cross_entropy.value_and_gradient, lambda *a, **k: plainly(lossary.cross_entropy, *a, **k)):
        losses, gradient = call(z, [1, 0], **options)
        np.testing.assert_allclose(losses, [0, 2 * np.log(classes) / (classes - 1)], rtol=1e-14)
        assert not gradient[0].any()


@pytest.mark.parametrize("classes", [4, 300])
def test_of_equals_the_first_is_the_prediction_and_the_target(classes, rng, kernels):
    z, target = rng.integers(0, 3, (40, classes)).astype(float), rng.integers(1, 3, (40, classes)) / 2
    z[0], z[1], target[:2] = 0.0, np.arange(classes) == 1, 1.0
    target /= target.sum(-1, keepdims=True)
    expected = (z.argmax(-1) == target.argmax(-1)).astype(float)
    assert expected[:2].tolist() == [1, 0]
    for call in (lossary.cross_entropy.value_and_gradient, lambda *a, **k: plainly(lossary.cross_entropy, *a, **k)):
        found, _ = call(z, target, returns=("accuracy",))
        np.testing.assert_array_equal(found.accuracy, expected)


def test_returned_arrays_come_in_the_order_asked_for_with_the_shape_of_the_samples(rng, kernels):
    z, y = rng.normal(size=(2, 4, 6)), rng.integers(0, 4, (2, 6))
    normalizer, entropy, accuracy = extras_of(torch.tensor(z).movedim(1, -1), wide(y, 4))
    known = {"log_normalizer": normalizer, "entropy": entropy, "accuracy": accuracy}
    known["token_losses"] = naive_rows(torch.tensor(z).movedim(1, -1), wide(y, 4))
    for names in (("entropy", "log_normalizer"), ("token_losses", "accuracy"), ["accuracy"], RETURNS[::-1]):
        for found in (
            lossary.cross_entropy(z, y, axis=1, returns=names),
            lossary.cross_entropy(torch.tensor(z), torch.tensor(y), axis=1, returns=names),
            plainly(lossary.cross_entropy, z, y, "value", axis=1, returns=names),
        ):
            assert found._fields == ("loss", *names)
            assert float(found[0]) == pytest.approx(float(known["token_losses"].mean()), rel=1e-13)
            for name in names:
                assert getattr(found, name).shape == (2, 6)
                np.testing.assert_allclose(getattr(found, name), known[name], rtol=1e-13)
    assert isinstance(lossary.cross_entropy(z, y, axis=1, returns=()), float)


def test_of_ties_at_the_top_the_first_is_the_answer(kernels):
    z = np.array([[1.0, 3.0, 3.0], [3.0, 3.0, 1.0], [2.0, 2.0, 2.0], [-np.inf, 0.0, 0.0], [9e9, 8e9, 1.0]])
    for y, expected in (([1, 1, 0, 1, 0], [1, 0, 1, 1, 1]), ([2, 0, 2, 2, 1], [0, 1, 0, 0, 0])):
        for target in (np.array(y), np.eye(3)[y]):
            for library in (np.asarray, torch.tensor):
                found = lossary.cross_entropy(library(z), library(target), returns=("accuracy",))
                assert found.accuracy.tolist() == expected
            assert plainly(lossary.cross_entropy, z, target, "value", returns=("accuracy",)).accuracy.tolist() == expected


@pytest.mark.compiled
@pytest.mark.parametrize("classes", [257, 2049, 3000, 50257])
def test_no_class_beyond_the_last_enters_the_normalizer(classes, kernels):
    z = np.full((3, classes), -100.0, np.float32)
    for target in (np.array([0, 5, classes - 1]), np.full((3, classes), np.float32(1 / classes))):
        found, gradient = lossary.cross_entropy.value_and_gradient(z, target, returns=RETURNS)
        np.testing.assert_allclose(found.log_normalizer, -100 + np.log(classes), rtol=1e-6)
        np.testing.assert_allclose(found.entropy, np.log(classes), rtol=1e-6)
        np.testing.assert_allclose(found.token_losses, np.log(classes), rtol=1e-6)
        expected = (1 / classes - wide(target, classes).numpy()) / 3
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("smoothing", ["uniform", "others"])
def test_a_confident_wrong_row_is_not_lost_under_smoothing(smoothing, kernels):
    # p of the label underflows in float32, and log p is -200 all the same
    z = np.full((2, 400), -200.0, np.float32)
    z[:, 7] = 0.0
    options = {"label_smoothing": 0.1, "smoothing": smoothing}
    losses, gradient, _ = truth(z, np.array([0, 399]), **options)
    for found in (
        lossary.cross_entropy.value_and_gradient(z, np.array([0, 399]), reduction="sum", **options),
        plainly(lossary.cross_entropy, z, np.array([0, 399]), reduction="sum", **options),
    ):
        assert np.isfinite(found[0])
        close(found[0], losses.sum(), "float32", 8)
        np.testing.assert_allclose(found[1], gradient, rtol=1e-5, atol=1e-9)


def test_a_class_ruled_out_has_no_part_where_its_coefficient_is_0(rng, kernels):
    for classes in (6, 300):
        z, y, t = arrays(rng, classes)
        z[:, 0], t[:, 0], y[y == 0] = -np.inf, 0.0, 1
        t /= t.sum(-1, keepdims=True)
        for target in (y, t):
            options = {"z_loss": 0.02, "temperature": 1.5}
            inner = target - 1 if target is y else target[:, 1:]
            losses, gradient, _ = truth(z[:, 1:], inner, **options)
            normalizer, entropy, _ = extras_of(torch.tensor(z[:, 1:]), wide(inner, classes - 1), temperature=1.5)
            for found, slopes in (
                lossary.cross_entropy.value_and_gradient(z, target, returns=RETURNS, **options),
                plainly(lossary.cross_entropy, z, target, returns=RETURNS, **options),
            ):
                close(found.token_losses, losses, "float64")
                close(found.log_normalizer, normalizer, "float64")
                close(found.entropy, entropy, "float64")
                close(slopes[:, 1:], gradient / 40, "float64")
                assert (slopes[:, 0] == 0).all()
            # smoothing gives it a part, so the loss is infinite; unless its weight is 0
            class_weight, weight = np.ones(classes), np.ones(len(z))
            class_weight[0] = 0
            smoothed = {"label_smoothing": 0.1, "smoothing": "others"}
            assert lossary.cross_entropy.value_and_gradient(z, target, **smoothed)[0] == np.inf
            expected = (0.9 - 0.1 / (classes - 1)) * -np.log(
                np.take_along_axis(np.asarray(torch.softmax(torch.tensor(z), -1)), y[:, None], 1)[:, 0]
            ) + 0.1 / (classes - 1) * -np.log(np.asarray(torch.softmax(torch.tensor(z[:, 1:]), -1))).sum(-1)
            if target is y:
                for found in (
                    lossary.cross_entropy.value_and_gradient(z, y, class_weight=class_weight, weight=weight, **smoothed),
                    plainly(lossary.cross_entropy, z, y, class_weight=class_weight, **smoothed),
                ):
                    close(found[0], expected.mean(), "float64")
                    assert np.isfinite(found[1]).all()


def test_capped_logits_may_be_infinite(kernels):
    z = np.array([[np.inf, 0.0, -np.inf], [1e300, -1e300, 0.0]])
    bounded = np.array([[3.0, 0.0, -3.0], [3.0, -3.0, 0.0]])
    options = {"label_smoothing": 0.1, "temperature": 1.5, "z_loss": 0.03}
    for found in (
        lossary.cross_entropy.value_and_gradient(z, [0, 1], soft_cap=3.0, **options),
        plainly(lossary.cross_entropy, z, [0, 1], soft_cap=3.0, **options),
    ):
        expected = naive_rows(torch.tensor(bounded), wide([0, 1], 3), **options).mean()
        assert found[0] == pytest.approx(float(expected), rel=1e-14)
        assert (found[1][:, :2] == np.array([[0.0, found[1][0, 1]], [0.0, 0.0]])).all()
        assert np.isfinite(found[1]).all()


def test_the_mean_divides_by_what_rows_weigh_before_smoothing():
    z = torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]], dtype=torch.float64)
    y, c, w = (
        torch.tensor([0, 2]),
        torch.tensor([2.0, 5.0, 0.5], dtype=torch.float64),
        torch.tensor([3.0, 4.0], dtype=torch.float64),
    )
    rows = naive_rows(z, wide(y, 3), weight=w, class_weight=c, label_smoothing=0.3, smoothing="others", z_loss=0.1)
    found = lossary.cross_entropy(z, y, weight=w, class_weight=c, label_smoothing=0.3, smoothing="others", z_loss=0.1)
    assert float(found) == pytest.approx(float(rows.sum() / (3 * 2 + 4 * 0.5)), rel=1e-14)


def test_uniform_smoothing_is_torchs():
    z, y, c = torch.randn(9, 7, dtype=torch.float64), torch.arange(9) % 7, torch.rand(7, dtype=torch.float64)
    theirs = torch.nn.functional.cross_entropy(z, y, weight=c, label_smoothing=0.3)
    assert float(lossary.cross_entropy(z, y, class_weight=c, label_smoothing=0.3)) == pytest.approx(float(theirs), rel=1e-13)


def test_one_class_is_certain(kernels):
    z = np.array([[3.0], [-2.0]])
    for options, expected in (({}, [0.0, 0.0]), ({"z_loss": 0.5, "label_smoothing": 0.3}, [4.5, 2.0])):
        found, gradient = lossary.cross_entropy.value_and_gradient(z, [0, 0], returns=RETURNS, reduction="none", **options)
        assert found.loss.tolist() == expected
        assert found.entropy.tolist() == [0.0, 0.0]
        assert found.log_normalizer.tolist() == [3.0, -2.0]
        np.testing.assert_allclose(gradient[:, 0], z[:, 0] * 2 * options.get("z_loss", 0.0))
    with pytest.raises(ValueError, match="only one class"):
        lossary.cross_entropy(z, [0, 0], label_smoothing=0.3, smoothing="others")
    assert lossary.cross_entropy(z, [0, 0], smoothing="others") == 0  # nothing is smoothed


def test_samples_that_are_left_out_return_zeros(kernels):
    z, y = np.random.default_rng(0).normal(size=(20, 90)), np.full(20, 3)
    z[4] = np.nan
    every = {"weight": np.ones(20), "where": np.ones(20, bool), "ignore_index": -1, "class_weight": np.ones(90)}
    for options in ({"ignore_index": 3}, {"where": np.zeros(20, bool)}, {"weight": np.zeros(20)}):
        for library in (np.asarray, torch.tensor):
            given = {name: x if isinstance(x, int) else library(x) for name, x in (every | options).items()}
            given |= {"returns": RETURNS, "z_loss": 0.1}
            for empty, cost in (("nan", np.nan), ("zero", 0.0)):
                found, gradient = lossary.cross_entropy.value_and_gradient(library(z), library(y), empty=empty, **given)
                np.testing.assert_array_equal(found.loss, cost)
                assert all(not x.any() for x in found[1:])
                assert not gradient.any()
            with pytest.raises(ValueError, match="mean of no samples"):
                lossary.cross_entropy.value_and_gradient(library(z), library(y), empty="raise", **given)


@pytest.mark.parametrize("how", ["weight", "where", "ignore_index", "class_weight"])
def test_a_sample_that_counts_nothing_spoils_nothing(how, rng, kernels):
    z, y, _ = arrays(rng, 60)
    y = np.maximum(y, 1)
    bad = np.arange(40) % 9 == 4
    y[bad] = 0
    spoilt = z.copy()
    spoilt[bad] = np.nan
    options = {"weight": np.ones(40), "where": np.ones(40, bool), "ignore_index": -1, "class_weight": np.ones(60)}
    options[how] = {
        "weight": np.where(bad, 0.0, 1.0),
        "where": ~bad,
        "ignore_index": 0,
        "class_weight": np.where(np.arange(60) == 0, 0.0, 1.0),
    }[how]
    losses, gradient, _ = truth(z, y, z_loss=0.05)
    for returns in ((), RETURNS):
        found = [lossary.cross_entropy.value_and_gradient(spoilt, y, z_loss=0.05, returns=returns, **options)]
        if how != "class_weight":
            found.append(plainly(lossary.cross_entropy, spoilt, y, z_loss=0.05, returns=returns, **options))
        for value, slopes in found:
            close(value.loss if returns else value, losses[~bad].mean(), "float64")
            close(slopes, np.where(bad[:, None], 0, gradient) / (~bad).sum(), "float64")


@pytest.mark.parametrize("given", ["probabilities", "log_probabilities"])
def test_smoothing_among_the_others_serves_probabilities_too(given, rng, kernels):
    p, y = rng.dirichlet(np.ones(60), 5), rng.integers(0, 60, 5)
    t = 0.8 * np.eye(60)[y] + 0.2 * (1 - np.eye(60)[y]) / 59
    x = p if given == "probabilities" else np.log(p)
    value, gradient = lossary.cross_entropy.value_and_gradient(x, y, given=given, label_smoothing=0.2, smoothing="others")
    assert value == pytest.approx(-(t * np.log(p)).sum() / 5, rel=1e-13)
    np.testing.assert_allclose(gradient, -t / (p if given == "probabilities" else 1) / 5, rtol=1e-13)
    for option in ({"z_loss": 0.1}, {"soft_cap": 3.0}, {"temperature": 2.0}, {"returns": ("entropy",)}):
        with pytest.raises(TypeError, match=f"{next(iter(option))}= is for logits"):
            lossary.cross_entropy(x, y, given=given, **option)


WRONG = [
    ({"smoothing": "other"}, ValueError, "'uniform', 'others'; got 'other'"),
    ({"smoothing": 3}, ValueError, "'uniform', 'others'; got 3"),
    ({"smoothing": ["uniform"]}, ValueError, "'uniform', 'others'"),
    ({"label_smoothing": 1.5}, ValueError, "label_smoothing lies in"),
    ({"z_loss": -0.1}, ValueError, "z_loss lies in"),
    ({"z_loss": float("nan")}, ValueError, "z_loss lies in"),
    ({"soft_cap": 0.0}, ValueError, "soft_cap lies in"),
    ({"soft_cap": float("inf")}, ValueError, "soft_cap is finite; got inf"),
    ({"temperature": 0}, ValueError, "temperature lies in"),
    ({"temperature": -1.0}, ValueError, "temperature lies in"),
    ({"temperature": "hot"}, TypeError, "temperature is a number"),
    ({"z_loss": True}, TypeError, "z_loss is a number"),
    ({"soft_cap": np.ones(3)}, TypeError, "soft_cap is a number"),
    ({"z_loss": None}, TypeError, "z_loss is a number"),
    ({"returns": "entropy"}, TypeError, r"returns is a tuple of names, such as \('entropy',\); got 'entropy'"),
    ({"returns": None}, TypeError, "returns is a tuple of names"),
    ({"returns": ("entrpy",)}, ValueError, "got 'entrpy'; did you mean 'entropy'"),
    ({"returns": (3,)}, ValueError, "got 3"),
    ({"returns": ("entropy", "entropy")}, ValueError, "names each result once"),
    ({"zloss": 0.1}, TypeError, "no option 'zloss'; did you mean 'z_loss'"),
    ({"softcap": 0.1}, TypeError, "no option 'softcap'; here it is soft_cap="),
]


@pytest.mark.parametrize(("options", "kind", "message"), WRONG, ids=[str(case[0]) for case in WRONG])
def test_wrong_options_are_refused_in_so_many_words(options, kind, message):
    z, y = np.zeros((2, 3)), np.zeros(2, int)
    for loss, *arguments in (
        (lossary.cross_entropy, z, y),
        (lossary.cross_entropy, torch.tensor(z), torch.tensor(y)),
        (focal, z, y),
        (lossary.linear_cross_entropy, z, np.eye(3), y),
        (lossary.linear_cross_entropy, torch.tensor(z), torch.eye(3).double(), torch.tensor(y)),
    ):
        with pytest.raises(kind, match=message) as caught:
            loss(*arguments, **options)
        assert loss.__name__ in str(caught.value)


def test_gradient_and_curvature_return_nothing_else():
    for operation in (lossary.cross_entropy.gradient, lossary.cross_entropy.curvature):
        with pytest.raises(TypeError, match="returns= adds to the value"):
            operation([[0.0, 1.0]], [0], returns=("entropy",))
    with pytest.raises(TypeError, match="returns="):
        lossary.cross_entropy.total([[0.0, 1.0]], [0], returns=("entropy",))


def test_a_total_is_of_the_same_losses(rng):
    z, y, _ = arrays(rng, 60)
    options = {"z_loss": 0.1, "soft_cap": 4.0, "label_smoothing": 0.1, "smoothing": "others"}
    total = lossary.cross_entropy.total(z, y, **options)
    assert total.mean == pytest.approx(truth(z, y, **options)[0].mean(), rel=1e-13)
    parts = lossary.cross_entropy.total(z[:7], y[:7], **options) + lossary.cross_entropy.total(z[7:], y[7:], **options)
    assert parts == total


def test_focal_takes_the_options_too(rng, kernels):
    z, y, t = arrays(rng, 60)
    for target in (y, t):
        options = {"z_loss": 0.03, "soft_cap": 4.0, "gamma": 1.5}
        losses, gradient, _ = truth(z, target, focal, **options)
        for value, slopes in (focal.value_and_gradient(z, target, **options), plainly(focal, z, target, **options)):
            close(value, losses.mean(), "float64")
            close(slopes, gradient / 40, "float64")


# ---- torch


TORCH_CASES = [  # options, whether targets are soft, and whether by kernels, which take seconds to compile
    ({"label_smoothing": 0.2, "smoothing": "others"}, False, False),
    pytest.param({"z_loss": 0.03, "temperature": 1.5}, False, True, marks=pytest.mark.heavy),
    pytest.param({"soft_cap": 4.0}, True, False, marks=pytest.mark.heavy),
    ({"z_loss": 0.03, "label_smoothing": 0.2, "smoothing": "others", **SHAPED}, True, True),
]


@pytest.mark.parametrize(("options", "soft", "fused"), TORCH_CASES)
def test_gradients_of_any_order_pass_torchs_own_check(options, soft, fused, request):
    if fused:
        request.getfixturevalue("kernels")
    generator = torch.Generator().manual_seed(3)
    z = torch.randn(3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    target = torch.softmax(torch.randn(3, 4, generator=generator, dtype=torch.float64), -1) if soft else torch.tensor([0, 3, 1])
    for reduction in ("mean", "none"):
        # but for the accuracy, which has no derivative
        cost = lambda x, reduction=reduction: tuple(
            lossary.cross_entropy(x, target, returns=RETURNS, reduction=reduction, **options)[i] for i in (0, 1, 2, 4)
        )
        assert torch.autograd.gradcheck(cost, z, fast_mode=True)
        assert torch.autograd.gradgradcheck(cost, z, fast_mode=True)
    assert torch.autograd.gradcheck(
        lambda x: lossary.cross_entropy(x, target, **options), z, check_forward_ad=True, fast_mode=True
    )
    assert torch.autograd.gradgradcheck(lambda x: lossary.cross_entropy(x, target, **options), z, fast_mode=True)


@pytest.mark.parametrize("use", [(1, 0, 0, 0), (1, 1, 1, 1), (0, 1, 0, 0), (0, 0, 1, 1), (0, 0, 0, 1)], ids=str)
@pytest.mark.parametrize(
    ("dtype", "reduction"),
    [(torch.float64, "mean"), (torch.float32, "none"), (torch.bfloat16, "mean")],
    ids=str,
)
def test_cotangents_of_whatever_was_returned_add_up(use, dtype, reduction, kernels):
    generator = torch.Generator().manual_seed(0)
    z = (torch.randn(30, 60, generator=generator, dtype=torch.float64) * 3).to(dtype)
    y, u = torch.randint(0, 60, (30,), generator=generator), torch.randn(4, 30, generator=generator)
    u = u.bfloat16().double()  # the cotangent of a loss has its dtype
    x, twin = z.clone().requires_grad_(), z.double().requires_grad_()
    found = lossary.cross_entropy(x, y, z_loss=0.03, temperature=1.5, returns=RETURNS, reduction=reduction)
    assert not found.accuracy.requires_grad
    rows = naive_rows(twin, wide(y, 60), z_loss=0.03, temperature=1.5)
    normalizer, entropy, _ = extras_of(twin, wide(y, 60), temperature=1.5)
    loss = rows.mean() if reduction == "mean" else rows
    parts = lambda outputs: sum(
        (w * k * a.double()).sum() if a.ndim else k * a.double() for w, k, a in zip(u, use, outputs, strict=True) if k
    )
    parts((found.loss, found.log_normalizer, found.entropy, found.token_losses)).backward()
    parts((loss, normalizer, entropy, rows)).backward()
    assert x.grad.dtype == dtype
    eps = torch.finfo(torch.float32 if dtype == torch.bfloat16 else dtype).eps
    tolerance = 64 * eps + (torch.finfo(dtype).eps if dtype == torch.bfloat16 else 0)
    torch.testing.assert_close(x.grad.double(), twin.grad, rtol=tolerance, atol=256 * eps * float(twin.grad.abs().max()))


def test_soft_targets_and_class_weights_may_be_learned():
    z, logits, c = (torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((4, 5), (4, 5), (5,)))
    options = {"z_loss": 0.1, "label_smoothing": 0.1, "smoothing": "others"}
    own = lossary.cross_entropy(z, logits.softmax(-1), class_weight=c.exp(), **options)
    theirs = naive_rows(z, logits.softmax(-1), class_weight=c.exp(), **options).sum() / (logits.softmax(-1) * c.exp()).sum()
    for a, b in zip(torch.autograd.grad(own, (z, logits, c)), torch.autograd.grad(theirs, (z, logits, c)), strict=True):
        torch.testing.assert_close(a, b)


def test_a_compiled_graph_stays_whole(kernels):
    z, y = torch.randn(6, 60, dtype=torch.float64), torch.arange(6)
    options = {"z_loss": 0.1, "label_smoothing": 0.1, "smoothing": "others", **SHAPED}

    def cost(x):
        found = lossary.cross_entropy(x, y, returns=("entropy", "accuracy"), **options)
        return found.loss + found.entropy.sum() * 0.1, found.accuracy

    whole = torch.compile(cost, fullgraph=True, backend="aot_eager")
    x = z.clone().requires_grad_()
    value, accuracy = whole(x)
    value.backward()
    twin = z.clone().requires_grad_()
    _, entropy, correct = extras_of(twin, wide(y, 60), **SHAPED)
    expected = naive_rows(twin, wide(y, 60), **options).mean() + entropy.sum() * 0.1
    expected.backward()
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(x.grad, twin.grad)
    torch.testing.assert_close(accuracy, correct)


def test_half_precision_returns_what_was_computed(kernels):
    generator = torch.Generator().manual_seed(0)
    z, y = torch.randn(30, 60, generator=generator) * 3, torch.randint(0, 60, (30,), generator=generator)
    for dtype in (torch.float16, torch.bfloat16):
        half = z.to(dtype)
        found, gradient = lossary.cross_entropy.value_and_gradient(half, y, returns=RETURNS, z_loss=0.1, reduction="none")
        assert {x.dtype for x in found[1:]} == {torch.float32}
        assert found.loss.dtype == gradient.dtype == dtype
        losses, slopes, _ = truth(half.float().numpy(), y, z_loss=0.1)
        np.testing.assert_allclose(found.token_losses, losses, rtol=1e-6)
        np.testing.assert_array_equal(found.loss.float(), torch.tensor(losses).to(dtype).float())
        np.testing.assert_allclose(gradient.float(), slopes, rtol=torch.finfo(dtype).eps, atol=1e-7)


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}], ids=["labels", "smoothed"])
def test_autocast_changes_nothing(options, kernels):
    z, t, c = torch.randn(30, 60), torch.softmax(torch.randn(30, 60), -1), torch.rand(60)
    with torch.autocast("cpu", torch.bfloat16):
        inside = (
            plainly(lossary.cross_entropy, z, t, class_weight=c, **options),
            lossary.cross_entropy(z, t, class_weight=c, **options),
        )
    outside = (
        plainly(lossary.cross_entropy, z, t, class_weight=c, **options),
        lossary.cross_entropy(z, t, class_weight=c, **options),
    )
    assert inside[0][0] == outside[0][0]
    assert inside[1] == outside[1]


@pytest.mark.compiled
@pytest.mark.heavy
def test_logits_may_be_more_than_2_to_the_31(kernels):
    rows, classes = 2**19 + 3, 4099  # pages that nobody wrote to take no memory
    z = np.zeros((rows, classes), np.float16)
    z[-1, -1], y = 3.0, np.zeros(rows, np.int32)
    y[-1] = classes - 1
    counted = np.zeros(rows, bool)
    counted[[0, -1]] = True
    found = lossary.cross_entropy(z, y, where=counted, z_loss=0.1, returns=RETURNS)
    lse = np.log(np.array([classes, classes - 1 + np.exp(3)]))
    np.testing.assert_allclose(found.log_normalizer[[0, -1]], lse, rtol=1e-6)
    np.testing.assert_allclose(found.token_losses[[0, -1]], lse - [0, 3] + 0.1 * lse**2, rtol=1e-6)
    assert found.accuracy.sum() == 2
