"""Rows of classes: kernels beside extended-precision truths, their plain twins and torch's own float32."""

import itertools

import numpy as np
import pytest
import torch

import lossary
from lossary.vocabulary import exp
from tests import oracle
from tests.oracle import plainly

RNG = np.random.default_rng(12)
_START = RNG.bit_generator.state
COUNTS = [1, 2, 3, 10, 48, 49, 64, 100, 255, 256, 257, 1000, 5000]
"""Classes: few and many, and around the borders of tiles and blocks."""


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


# f and f′ of log p and 1 - p
TERMS = {
    lossary.cross_entropy: lambda log_p, rest: (-log_p, -np.ones_like(log_p)),
    focal: lambda log_p, rest: (-(rest**2) * log_p, 2 * rest * np.exp(log_p) * log_p - rest**2),
}


@pytest.fixture(autouse=True)
def the_same_numbers(answered):
    """The same numbers in whatever order tests run; all by kernels."""
    RNG.bit_generator.state = _START


def eighths(*shape, spread=2.0):
    """Logits whose differences are exact."""
    return np.clip(np.round(RNG.normal(size=shape) * spread * 8) / 8, -8, 8)


def one_hot(labels, classes):
    return (labels[..., None] == np.arange(classes)).astype(float)


def softmax_in_extended_precision(z):
    """Log-probabilities, probabilities and 1 less them, of the last axis; none by a subtraction that cancels."""
    z = np.asarray(z, np.longdouble)
    place = z.argmax(-1)[..., None]
    shifted = z - np.take_along_axis(z, place, -1)
    e = np.exp(shifted)
    others = e.copy()
    np.put_along_axis(others, place, 0, -1)
    others = others.sum(-1, keepdims=True)
    p = e / (1 + others)
    rest = 1 - p
    np.put_along_axis(rest, place, others / (1 + others), -1)
    return shifted - np.log1p(others), p, rest


def truth(loss, z, coefficients, weight=1.0):
    """Loss and gradient of each row in extended precision, and how large the terms are that the gradient is made of."""
    log_p, p, rest = softmax_in_extended_precision(z)
    value, slope = TERMS[loss](log_p, rest)
    coefficients = np.asarray(coefficients, np.longdouble)
    counts = coefficients != 0
    with np.errstate(invalid="ignore"):
        value, slope = np.where(counts, coefficients * value, 0), np.where(counts, coefficients * slope, 0)
    others = slope.sum(-1, keepdims=True) - slope
    weight = np.asarray(weight, np.longdouble)
    terms = np.abs(slope * rest) + p * (np.abs(slope).sum(-1, keepdims=True) - np.abs(slope))
    return weight * value.sum(-1), weight[..., None] * (slope * rest - p * others), weight[..., None] * terms


def ulps(found, expected, scale=None):
    """The largest distance in units in the last place of the expected, or of the scale."""
    size = np.abs(expected if scale is None else scale).astype(found.dtype)
    unit = np.spacing(np.maximum(size, np.finfo(found.dtype).tiny))
    return float((np.abs(found.astype(np.longdouble) - expected) / unit).max(initial=0))


def lay_out(x, axis):
    """The classes, last, put on another axis, without gaps in memory."""
    return np.ascontiguousarray(np.moveaxis(x, -1, axis))


@pytest.mark.compiled
@pytest.mark.parametrize("classes", COUNTS)
def test_labels_are_within_4_ulp_of_the_truth_on_any_axis_and_no_worse_than_torch(classes, answered):
    z, y = eighths(13, 6, classes), RNG.integers(0, classes, (13, 6))
    z[0, :, 0] = 8.0
    y[0] = 0
    values, slopes, terms = truth(lossary.cross_entropy, z, one_hot(y, classes))
    for dtype, axis in (("float32", -1), ("float32", 1), ("float32", 0), ("float64", -1)):
        x = lay_out(z, axis).astype(dtype)
        losses, gradient = lossary.cross_entropy.value_and_gradient(x, y, axis=axis, reduction="none")
        gradient = np.moveaxis(gradient, axis, -1)
        worst = ulps(losses, values), ulps(gradient, slopes, terms)
        if dtype == "float64":
            assert max(worst) <= 16
        else:
            tensor = torch.tensor(z, dtype=torch.float32).reshape(-1, classes).requires_grad_()
            theirs = torch.nn.functional.cross_entropy(tensor, torch.from_numpy(y.reshape(-1)), reduction="none")
            (slopes_of_theirs,) = torch.autograd.grad(theirs.sum(), tensor)
            theirs_worst = (
                ulps(theirs.detach().numpy().reshape(13, 6), values),
                ulps(slopes_of_theirs.numpy().reshape(13, 6, classes), slopes, terms),
            )
            assert all(a <= max(4, b) for a, b in zip(worst, theirs_worst, strict=True)), (worst, theirs_worst)
    assert all(answered)


@pytest.mark.compiled
@pytest.mark.parametrize("classes", [10, 257, *(pytest.param(n, marks=pytest.mark.heavy) for n in (2, 48, 49, 1000))])
@pytest.mark.parametrize("soft", [False, True], ids=["labels", "soft"])
def test_every_option_at_once_is_as_the_truth_has_it(classes, soft, answered):
    shape = (9, 11)
    z, y = eighths(*shape, classes), RNG.integers(0, classes, shape)
    target = RNG.dirichlet(np.full(classes, 0.3), shape).astype(np.float32) if soft else y
    class_weight, weight = RNG.uniform(0.5, 2, classes).astype(np.float32), RNG.uniform(0.5, 2, shape).astype(np.float32)
    counted = RNG.random(shape) < 0.8
    counted[0, 0] = True
    options = {"class_weight": class_weight, "weight": weight, "where": counted, "label_smoothing": 0.1}
    kept = counted if soft else counted & (y != 1)
    if not soft:
        options["ignore_index"] = 1
    wide = (target if soft else one_hot(y, classes)).astype(np.longdouble)
    values, slopes, terms = truth(lossary.cross_entropy, z, (wide * 0.9 + 0.1 / classes) * class_weight, weight)
    # each kind of target, few classes and many, in each dtype
    dtype, axis = ("float32", -1) if soft == (classes > 48) else ("float64", 1)
    x, t = lay_out(z, axis).astype(dtype), lay_out(target, axis) if soft else target
    losses, gradient = lossary.cross_entropy.value_and_gradient(x, t, axis=axis, reduction="none", **options)
    gradient = np.moveaxis(gradient, axis, -1)
    assert (losses[~kept] == 0).all()
    assert (gradient[~kept] == 0).all()
    # 0.9, 0.1 and the weights are rounded to float32
    np.testing.assert_allclose(losses[kept], values[kept].astype(float), rtol=16 * float(np.finfo(dtype).eps))
    assert ulps(gradient[kept], slopes[kept], terms[kept]) <= 16
    assert all(answered)


@pytest.mark.parametrize("classes", [1, 2, 10, 48, 49, 256, 257, 1000])
def test_a_focal_loss_is_as_the_truth_has_it(classes, answered):
    z, y = eighths(70, classes), RNG.integers(0, classes, 70)
    values, slopes, terms = truth(focal, z, one_hot(y, classes))
    losses, gradient = focal.value_and_gradient(z, y, reduction="none")
    np.testing.assert_allclose(losses, values.astype(float), rtol=1e-13, atol=1e-16)
    assert ulps(gradient, slopes, np.maximum(terms, 1e-2)) <= 16
    target = RNG.dirichlet(np.full(classes, 0.3), 70)
    values, slopes, terms = truth(focal, z, target)
    losses, gradient = focal.value_and_gradient(z, target, reduction="none")
    np.testing.assert_allclose(losses, values.astype(float), rtol=1e-13, atol=1e-16)
    assert ulps(gradient, slopes, np.maximum(terms, 1e-2)) <= 64
    losses = focal.value_and_gradient(z, y, gamma=0, reduction="none")[0]
    np.testing.assert_allclose(losses, truth(lossary.cross_entropy, z, one_hot(y, classes))[0].astype(float), rtol=1e-14)
    assert all(answered)


@pytest.mark.compiled
@pytest.mark.parametrize("classes", [*(pytest.param(n, marks=pytest.mark.heavy) for n in (3, 48, 49)), 300])
def test_confident_rows_keep_their_digits(classes):
    z = np.full((8, classes), -20.0)
    z[:, 1] = np.arange(8) / 2
    y = np.full(8, 1)
    for row in z:
        row[2::2] -= 1.5
    exact = [oracle.softmax_row(row) for row in z]
    others = [oracle.MP.fsum(p[j] for j in range(classes) if j != 1) for p, _ in exact]
    for dtype in ("float32", "float64"):
        losses, gradient = lossary.cross_entropy.value_and_gradient(z.astype(dtype), y, reduction="none")
        assert oracle.ulps(losses, [-log_p[1] for _, log_p in exact]) <= 4
        assert oracle.ulps(gradient[:, 1], [-x for x in others]) <= 4
        assert oracle.ulps(gradient[:, 0], [p[0] for p, _ in exact]) <= 4
        assert losses[7] < 1e-6
        soft, gradient = lossary.cross_entropy.value_and_gradient(
            z.astype(dtype), one_hot(y, classes).astype(dtype), reduction="none"
        )
        assert oracle.ulps(soft, [-log_p[1] for _, log_p in exact]) <= 4
        assert oracle.ulps(gradient[:, 1], [-x for x in others]) <= 4
        assert oracle.ulps(gradient[:, 0], [p[0] for p, _ in exact]) <= 4
    wrong, _ = lossary.cross_entropy.value_and_gradient(z.astype("float32"), np.zeros(8, int), reduction="none")
    assert oracle.ulps(wrong, [-log_p[0] for _, log_p in exact]) <= 4


@pytest.mark.compiled
@pytest.mark.parametrize("classes", [2, 48, 49, 300])
def test_ties_at_the_top_share_it(classes):
    z = np.full((5, classes), -3.0)
    for row, tied in enumerate((1, 2, classes // 2 + 1, classes - 1, classes)):
        z[row, :tied] = 2.5
    y = np.array([0, 1, 0, classes - 1, 1])
    values, slopes, terms = truth(lossary.cross_entropy, z, one_hot(y, classes))
    for dtype in ("float32", "float64"):
        losses, gradient = lossary.cross_entropy.value_and_gradient(z.astype(dtype), y, reduction="none")
        bound = 4 if dtype == "float32" else 16
        assert ulps(losses, values) <= bound
        assert ulps(gradient, slopes, terms) <= bound


LABELS = [
    ("int8", 7),
    ("uint32", 100),
    *(
        pytest.param(*case, marks=pytest.mark.heavy)
        for case in (("int16", 100), ("int32", 7), ("uint8", 100), ("uint16", 7), ("uint64", 7), ("int64", 100))
    ),
]


@pytest.mark.compiled
@pytest.mark.parametrize(("dtype", "classes"), LABELS)
def test_labels_may_have_any_integer_dtype_and_order(dtype, classes, answered):
    z, y = eighths(40, classes), RNG.integers(0, classes, 40)
    expected = plainly(lossary.cross_entropy, z, y, "value")
    for labels in (y.astype(dtype), y.astype(np.dtype(dtype).newbyteorder(">")), np.repeat(y.astype(dtype), 2)[::2]):
        assert lossary.cross_entropy(z, labels) == pytest.approx(expected, rel=1e-14)
    if dtype.startswith("u"):
        assert lossary.cross_entropy(z, y.astype(dtype), ignore_index=-1) == pytest.approx(expected, rel=1e-14)
    elif dtype == "int8":
        some = y.astype(dtype)
        some[::3] = -100
        expected = plainly(lossary.cross_entropy, z[some >= 0], y[some >= 0], "value")
        assert lossary.cross_entropy(z, some, ignore_index=-100) == pytest.approx(expected, rel=1e-14)
    assert all(answered)
    bad = y.astype(dtype)
    bad[3] = np.iinfo(dtype).max
    message = complaint(plainly, lossary.cross_entropy, z, bad)
    assert complaint(lossary.cross_entropy, z, bad) == message
    assert f"got {np.iinfo(dtype).max} at index 3" in message


def complaint(function, *arguments, **options):
    with pytest.raises(ValueError) as caught:
        function(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize("classes", [5, 90])
@pytest.mark.parametrize("wrong", [np.inf, np.nan, -1.0])
def test_a_weight_that_is_no_finite_number_from_0_on_is_refused(wrong, classes):
    z, y, weight = eighths(50, classes), RNG.integers(0, classes, 50), np.ones(50)
    weight[7] = wrong
    for reduction in ("mean", "none"):
        message = complaint(plainly, lossary.cross_entropy, z, y, weight=weight, reduction=reduction)
        assert complaint(lossary.cross_entropy, z, y, weight=weight, reduction=reduction) == message


@pytest.mark.parametrize("classes", [5, 90])
def test_a_target_without_any_probability_counts_nothing(classes):
    z, target = np.zeros((2, classes)), np.zeros((2, classes))
    z[0], target[1, 0] = np.nan, 1.0
    losses, gradient = lossary.cross_entropy.value_and_gradient(z, target, check=False, reduction="none")
    np.testing.assert_allclose(losses, [0, np.log(classes)], rtol=1e-14)
    assert not gradient[0].any()


@pytest.mark.parametrize("classes", [5, 90])
def test_invalid_input_is_refused_in_the_plain_twins_words(classes, answered):
    loss = lossary.cross_entropy
    z, y = eighths(50, classes), RNG.integers(0, classes, 50)
    for bad in (classes, -1, 10**12):
        labels = y.copy()
        labels[[7, 49]] = bad
        message = complaint(plainly, loss, z, labels)
        assert complaint(loss.value_and_gradient, z, labels) == message
    soft = RNG.dirichlet(np.ones(classes), 50)
    answered.clear()
    for place, change in ((0, 0.01), (31, -0.5), (49, 0.5)):
        target = soft.copy()
        target[place, 1] += change
        assert complaint(loss.value_and_gradient, z, target) == complaint(plainly, loss, z, target)
        for given, x in (
            () if classes == 5 else (("probabilities", target), ("log_probabilities", np.log(np.maximum(target, 1e-300))))
        ):
            message = complaint(plainly, loss, x, y, given=given)
            assert complaint(loss.value_and_gradient, x, y, given=given) == message
            unchecked = loss.value_and_gradient(x, y, given=given, check=False, reduction="sum")
            expected = plainly(loss, x, y, given=given, check=False, reduction="sum")
            assert unchecked[0] == pytest.approx(expected[0], rel=1e-13, nan_ok=True)
    if classes == 90:
        return
    weight = np.ones(50)
    weight[12] = -0.5
    assert complaint(loss.value_and_gradient, z, y, weight=weight) == complaint(plainly, loss, z, y, weight=weight)


@pytest.mark.parametrize("classes", [5, 90])
def test_a_label_out_of_range_that_is_not_checked_makes_its_sample_nan(classes):
    z, y = eighths(50, classes), RNG.integers(0, classes, 50)
    for bad in (classes, -1):
        y[[7, 49]] = bad
        losses, gradient = lossary.cross_entropy.value_and_gradient(z, y, check=False, reduction="none")
        twin = plainly(lossary.cross_entropy, z, y, check=False, reduction="none")
        assert np.isnan(losses).nonzero()[0].tolist() == [7, 49]
        np.testing.assert_allclose(losses, twin[0], rtol=1e-13)
        np.testing.assert_allclose(gradient, twin[1], rtol=1e-13, atol=1e-16)
        assert np.isnan(lossary.cross_entropy.value_and_gradient(z, y, check=False)[0])


def test_targets_that_do_not_sum_to_1_are_refused_in_every_tile_whatever_came_before(answered):
    z, whole = np.zeros((140, 10)), RNG.dirichlet(np.ones(10), 140)  # three tiles
    for share in np.linspace(0.05, 0.95, 19):
        target = whole * share
        assert "sum to 1" in complaint(lossary.cross_entropy.value_and_gradient, z, target)
    assert answered == [False] * 19


@pytest.mark.parametrize("classes", [5, 90])
@pytest.mark.parametrize("change", [1e-9, -1e-9])
def test_a_target_barely_outside_0_and_1_is_refused_although_it_sums_to_1(change, classes, answered):
    z, target = np.zeros((50, classes)), np.eye(classes)[np.zeros(50, int)]
    target[7, 0 if change > 0 else 1] += change
    assert "a target lies in [0, 1]" in complaint(lossary.cross_entropy.value_and_gradient, z, target)
    assert answered == [False]


@pytest.mark.parametrize("size", [1, 63, 64, 65, 200, 700])
@pytest.mark.parametrize("classes", [4, 48, 80])
def test_soft_targets_go_by_the_kernel_however_many_there_are(size, classes, answered):
    z, target = eighths(size, classes), RNG.dirichlet(np.ones(classes), size)
    values, slopes, terms = truth(lossary.cross_entropy, z, target)
    losses, gradient = lossary.cross_entropy.value_and_gradient(z, target, reduction="none")
    assert answered == [True]
    np.testing.assert_allclose(losses, values.astype(float), rtol=1e-14)
    assert ulps(gradient, slopes, terms) <= 16


@pytest.mark.parametrize("classes", [6, 90])
@pytest.mark.parametrize("given", ["probabilities", "log_probabilities"])
def test_probabilities_are_taken_as_they_are(given, classes, answered):
    p, y = RNG.dirichlet(np.ones(classes), (5, 6)), RNG.integers(0, classes, (5, 6))
    x = p if given == "probabilities" else np.log(p)
    over = p if given == "probabilities" else 1
    value, gradient = lossary.cross_entropy.value_and_gradient(x, y, given=given, reduction="sum")
    assert value == pytest.approx(-(one_hot(y, classes) * np.log(p)).sum(), rel=1e-14)
    np.testing.assert_allclose(gradient, -one_hot(y, classes) / over, rtol=1e-14)
    assert all(answered)
    target = RNG.dirichlet(np.ones(classes), (5, 6))
    weight, class_weight = RNG.uniform(0.5, 2, (5, 6)), RNG.uniform(0.5, 2, classes)
    options = {"label_smoothing": 0.2, "class_weight": class_weight, "weight": weight}
    losses, gradient = lossary.cross_entropy.value_and_gradient(x, target, given=given, reduction="none", **options)
    coefficients = (target * 0.8 + 0.2 / classes) * class_weight * weight[..., None]
    np.testing.assert_allclose(losses, -(coefficients * np.log(p)).sum(-1), rtol=1e-13)
    np.testing.assert_allclose(gradient, -coefficients / over, rtol=1e-13)
    assert all(answered)


@pytest.mark.parametrize("classes", [6, 48, 90])
def test_a_class_ruled_out_by_minus_infinity_has_no_part_in_anything(classes, answered):
    z, y = eighths(30, classes), RNG.integers(2, classes, 30)
    z[:, :2] = -np.inf
    expected = lossary.cross_entropy.value_and_gradient(z[:, 2:], y - 2)
    value, gradient = lossary.cross_entropy.value_and_gradient(z, y)
    assert value == pytest.approx(expected[0], rel=1e-14)
    np.testing.assert_allclose(gradient[:, 2:], expected[1], rtol=1e-13)
    assert (gradient[:, :2] == 0).all()
    soft = RNG.dirichlet(np.ones(classes - 2), 30)
    padded = np.concatenate([np.zeros((30, 2)), soft], 1)
    for loss in (lossary.cross_entropy, focal):
        losses, gradient = loss.value_and_gradient(z, padded, reduction="none")
        expected = plainly(loss, z[:, 2:], soft, reduction="none")
        np.testing.assert_allclose(losses, expected[0], rtol=1e-13)
        np.testing.assert_allclose(gradient[:, 2:], expected[1], rtol=1e-12, atol=1e-15)
        assert (gradient[:, :2] == 0).all()
    value, gradient = lossary.cross_entropy.value_and_gradient(z, y, label_smoothing=0.1)
    twin = plainly(lossary.cross_entropy, z, y, label_smoothing=0.1)
    assert value == twin[0] == np.inf
    np.testing.assert_allclose(gradient, twin[1], rtol=1e-12, atol=1e-17)
    y[3] = 1
    value, gradient = lossary.cross_entropy.value_and_gradient(z, y, reduction="none")
    assert value[3] == np.inf
    assert np.isfinite(np.delete(value, 3)).all()
    np.testing.assert_allclose(gradient[3], plainly(lossary.cross_entropy, z, y, "gradient", reduction="none")[3], rtol=1e-12)


@pytest.mark.parametrize("classes", [6, 90])
def test_logits_that_are_no_numbers_spoil_their_own_row_only(classes):
    z, y = eighths(70, classes), RNG.integers(0, classes, 70)
    expected = lossary.cross_entropy.value_and_gradient(z, y, reduction="none")
    spoilt = z.copy()
    for row, (place, value) in enumerate([(0, np.nan), (classes - 1, np.nan), (0, np.inf), (classes - 1, np.inf)]):
        spoilt[row, place] = value
    spoilt[4] = -np.inf
    spoilt[5] = np.nan
    for dtype in ("float32", "float64"):
        losses, gradient = lossary.cross_entropy.value_and_gradient(spoilt.astype(dtype), y, reduction="none")
        assert np.isfinite(losses).tolist() == [False] * 6 + [True] * 64
        twin = plainly(lossary.cross_entropy, spoilt.astype(dtype), y, reduction="none")
        np.testing.assert_array_equal(np.isfinite(losses), np.isfinite(twin[0]))
        np.testing.assert_array_equal(np.isnan(gradient).any(-1), np.isnan(twin[1]).any(-1))
    np.testing.assert_array_equal(losses[6:], expected[0][6:])
    np.testing.assert_array_equal(gradient[6:], expected[1][6:])


@pytest.mark.parametrize("classes", [6, 90])
@pytest.mark.parametrize("how", ["weight", "where", "ignore_index", "class_weight"])
def test_a_sample_that_counts_nothing_has_no_gradient_whatever_it_holds(classes, how):
    z, y = eighths(70, classes), RNG.integers(1, classes, 70)
    spoilt, bad = [3, 64, 69], np.zeros(70, bool)
    bad[spoilt] = True
    z[3], z[64, 0], z[69] = np.nan, np.inf, -np.inf
    y[bad] = 0
    every = {"weight": np.ones(70), "where": np.ones(70, bool), "ignore_index": -1, "class_weight": np.ones(classes)}
    change = {
        "weight": np.where(bad, 0.0, 1.0),
        "where": ~bad,
        "ignore_index": 0,
        "class_weight": np.where(np.arange(classes) == 0, 0.0, 1.0),
    }[how]
    expected = lossary.cross_entropy.value_and_gradient(z[~bad], y[~bad])
    value, gradient = lossary.cross_entropy.value_and_gradient(z, y, **(every | {how: change}))
    assert value == pytest.approx(expected[0], rel=1e-14)
    np.testing.assert_allclose(gradient[~bad], expected[1], rtol=1e-13)
    assert (gradient[bad] == 0).all()
    if how in ("weight", "where"):
        target = one_hot(y, classes)
        if how == "where":
            target[3] = np.nan
        del every["ignore_index"], every["class_weight"]
        value, gradient = lossary.cross_entropy.value_and_gradient(z, target, **(every | {how: change}))
        assert value == pytest.approx(expected[0], rel=1e-14)
        assert (gradient[bad] == 0).all()


@pytest.mark.parametrize("classes", [6, 90])
def test_all_rows_left_out_make_nothing_to_average(classes):
    z, y = eighths(20, classes), np.full(20, 3)
    cost = lossary.cross_entropy.value_and_gradient
    for options in ({"ignore_index": 3}, {"where": np.zeros(20, bool)}, {"weight": np.zeros(20)}):
        value, gradient = cost(z, y, **options)
        assert np.isnan(value)
        assert (gradient == 0).all()
        assert cost(z, y, empty="zero", **options)[0] == 0
        with pytest.raises(ValueError, match="the mean of no samples does not exist"):
            cost(z, y, empty="raise", **options)
    options = {"ignore_index": 3, "where": np.ones(20, bool), "weight": np.ones(20), "class_weight": np.ones(classes)}
    value, gradient = lossary.cross_entropy.value_and_gradient(z, y, reduction="sum", **options)
    assert value == 0
    assert (gradient == 0).all()


LAYOUTS = {
    "strided": lambda a: np.repeat(np.repeat(a, 2, axis=-1), 3, axis=0)[::3, ..., ::2],
    "reversed": lambda a: a[::-1, ..., ::-1].copy()[::-1, ..., ::-1],
    "fortran": np.asfortranarray,
    "permuted": lambda a: a.transpose(1, 2, 0).copy().transpose(2, 0, 1) if a.ndim == 3 else a,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape),
    "broadcast classes": lambda a: np.broadcast_to(a[:, :1, :1], a.shape) if a.ndim == 3 else a,
}


@pytest.mark.parametrize("classes", [7, 80])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_logits_and_soft_targets_may_lie_in_memory_in_any_way(layout, classes, answered):
    lay = LAYOUTS[layout]
    for axis in (0, 1, 2):
        shape = [5, 6]
        shape.insert(axis, classes)
        z, y = eighths(*shape), RNG.integers(0, classes, (5, 6))
        target = np.moveaxis(RNG.dirichlet(np.ones(classes), (5, 6)), -1, axis)
        if layout.startswith("broadcast") and axis != 1:
            target = np.full(shape, 1 / classes)
        given = lay(z)
        expected = plainly(lossary.cross_entropy, given, y, axis=axis)
        value, gradient = lossary.cross_entropy.value_and_gradient(given, lay(y) if layout == "big-endian" else y, axis=axis)
        assert value == pytest.approx(expected[0], rel=1e-14)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-12, atol=1e-17)
        assert gradient.dtype == given.dtype
        laid = target if layout.startswith("broadcast") else lay(target)
        expected = plainly(lossary.cross_entropy, z, target, axis=axis)
        value, gradient = lossary.cross_entropy.value_and_gradient(z, laid, axis=axis)
        assert value == pytest.approx(expected[0], rel=1e-13)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-11, atol=1e-17)
    assert all(answered)


@pytest.mark.parametrize("classes", [7, 80])
def test_calls_on_arrays_of_one_shape_do_not_mistake_each_others_layout(classes):
    y, soft = RNG.integers(0, classes, 40), RNG.dirichlet(np.ones(classes), 40)
    z = eighths(40, classes)
    ways = [np.ascontiguousarray, np.asfortranarray, lambda a: np.repeat(a, 2, 0)[::2], lambda a: a[::-1].copy()[::-1]]
    for first, second in itertools.permutations(ways, 2):
        lossary.cross_entropy.plans.clear()
        for target in (y, soft):
            expected = plainly(lossary.cross_entropy, z, target, reduction="sum")
            for lay_z, lay_t in ((first, first), (second, first), (second, second), (first, second)):
                given = lay_t(target) if target is soft else target
                value, gradient = lossary.cross_entropy.value_and_gradient(lay_z(z), given, reduction="sum")
                assert value == pytest.approx(expected[0], rel=1e-13)
                np.testing.assert_allclose(gradient, expected[1], rtol=1e-11, atol=1e-15)


@pytest.mark.compiled
@pytest.mark.parametrize(("dtype", "classes"), [(torch.float16, 9), (torch.bfloat16, 70)])
def test_half_precision_is_computed_in_single(dtype, classes):
    z = torch.from_numpy(eighths(50, classes)).to(dtype)
    y = torch.from_numpy(RNG.integers(0, classes, 50))
    value, gradient = lossary.cross_entropy.value_and_gradient(z, y, reduction="none")
    values, slopes, _ = truth(lossary.cross_entropy, z.double().numpy(), one_hot(y.numpy(), classes))
    assert value.dtype == gradient.dtype == dtype
    unit = torch.finfo(dtype).eps
    for found, expected in ((value, values), (gradient, slopes)):
        expected = torch.from_numpy(expected.astype(float))
        torch.testing.assert_close(found.double(), expected, rtol=0.51 * unit, atol=torch.finfo(dtype).smallest_normal * unit)


@pytest.mark.compiled
@pytest.mark.parametrize("kind", ["random", "equal", "descending", "ascending", "two sizes"])
def test_a_sum_of_128_thousand_float32_terms_has_an_error_below_1e_minus_6(kind):
    n = 128_000
    z = {
        "random": RNG.normal(size=n) * 2,
        "equal": np.full(n, 0.5),
        "descending": np.linspace(0, -20, n),
        "ascending": np.linspace(-20, 0, n),
        "two sizes": np.where(np.arange(n) % 2, -9.0, -0.1),
    }[kind].astype(np.float32)
    log_p, p, _ = softmax_in_extended_precision(z)
    for label in (0, 1, n - 1, int(z.argmax())):
        loss, gradient = lossary.cross_entropy.value_and_gradient(z[None], np.array([label]))
        top = float(z.max())
        # the loss is log Σ e^(z - top) + top - z, whose rounding to float32 is no error of the sum
        found = np.exp(float(loss) + float(z[label]) - top)
        expected = np.exp(-float(log_p[label]) + float(z[label]) - top)
        assert found == pytest.approx(expected, rel=1e-6 + float(np.spacing(abs(loss))), abs=0)
        other = (label + 1) % n
        assert float(gradient[0, other]) == pytest.approx(float(p[other]), rel=1e-6, abs=0)
        assert float(gradient.astype(np.float64).sum()) == pytest.approx(0, abs=1e-6)


@pytest.mark.compiled
@pytest.mark.parametrize(("classes", "dtype"), [(5, "float32"), (48, "float64"), (49, "float32"), (300, "float32")])
def test_a_value_is_the_same_bits_however_it_is_asked_for(classes, dtype):
    for size in (1, 3, 130):
        z, y = eighths(size, classes).astype(dtype), RNG.integers(0, classes, size)
        value, gradient = lossary.cross_entropy.value_and_gradient(z, y)
        assert lossary.cross_entropy(z, y) == value
        a, b = torch.from_numpy(z), torch.from_numpy(y)
        assert lossary.cross_entropy(a, b).item() == value
        cost = lossary.cross_entropy(a.requires_grad_(), b)
        assert cost.item() == value
        cost.backward()
        np.testing.assert_array_equal(a.grad.numpy(), gradient)


@lossary.softmax
def tempered(log_probability, *, slope=0.5, slopes=0.25, loss=2.0, p=1.5, rest=0.75, base=1.25, weights=0.5):
    return (p * exp(slope * log_probability) - loss * log_probability) * rest + slopes * base * weights * log_probability**2


@pytest.mark.parametrize("classes", [5, 60])
def test_a_parameter_may_have_any_name(classes, answered):
    z, labels = eighths(7, classes), RNG.integers(0, classes, 7)
    options = {"reduction": "none", "label_smoothing": 0.25}
    value, gradient = tempered.value_and_gradient(z, labels, **options)
    assert answered == [True]
    plain_value, plain_gradient = plainly(tempered, z, labels, **options)
    np.testing.assert_allclose(value, plain_value, rtol=1e-13)
    np.testing.assert_allclose(gradient, plain_gradient, rtol=1e-12, atol=1e-14)
