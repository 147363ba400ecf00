"""Linear losses of NumPy arrays beside naive formulas: by kernel and without, in blocks of any size."""

import pickle
import subprocess
import sys
import textwrap

import ml_dtypes
import numpy as np
import pytest
import torch

import lossary
from lossary.linear_losses import loop
from tests import softmax_oracle as naive
from tests.softmax_oracle import focal, generalized

RETURNS = ("log_normalizer", "entropy", "accuracy", "token_losses")
ROWS, WIDTH, CLASSES = 23, 5, 11


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture(params=["kernel", "plain"])
def way(request, monkeypatch):
    """With kernels, and as where Numba is missing."""
    if request.param == "plain":
        monkeypatch.setattr("lossary.kernels.native.available", lambda: False)
    return request.param


def layer(rng, rows=ROWS, width=WIDTH, classes=CLASSES, dtype="float64"):
    """Hidden states, weight, bias, labels and soft targets."""
    arrays = rng.normal(size=(rows, width)), rng.normal(size=(classes, width)), rng.normal(size=classes)
    return (
        *(x.astype(dtype) for x in arrays),
        rng.integers(0, classes, rows),
        rng.dirichlet(np.full(classes, 0.4), rows).astype("float64" if dtype == "float64" else "float32"),
    )


def truth(hidden, weight, bias, target, loss=lossary.cross_entropy, where=None, reduction="mean", teacher=None, **options):
    """Cost, losses, extras and gradients, of naive formulas in float64."""
    tensors = [
        None if x is None else torch.tensor(np.asarray(x, np.float64), requires_grad=True) for x in (hidden, weight, bias)
    ]
    classes, shape = weight.shape[0], hidden.shape[:-1]
    h, counted = tensors[0].reshape(-1, weight.shape[1]), np.ones(shape, bool) if where is None else where
    kept = torch.tensor(counted.reshape(-1))
    z = naive.linear(h[kept], *tensors[1:])
    t = naive.wide(target, classes).reshape(-1, classes)[kept]
    losses = naive.naive_rows(z, t, loss, **options)
    c = torch.ones(classes).double() if options.get("class_weight") is None else torch.tensor(options["class_weight"]).double()
    divisor = {"mean": (t * c).sum(), "sum": 1.0, "none": 1.0, "batchmean": float(counted.sum())}[reduction]
    cost = losses.sum() / divisor
    gradients = torch.autograd.grad(cost, [x for x in tensors if x is not None])
    given = {name: options[name] for name in ("soft_cap", "temperature") if name in options}
    extras = [torch.zeros(counted.size).double() for _ in range(4)]
    for whole, part in zip(extras, (*naive.extras_of(z, t, **given), losses), strict=True):
        whole[kept] = part.detach()
    extras = [x.numpy().reshape(shape) for x in extras]
    return extras[3] if reduction == "none" else cost.item(), extras, [x.numpy() for x in gradients]


def close(found, expected, dtype="float64", factor=64):
    """Within so many units of rounding of numbers as large as the largest."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == dtype
    assert found.shape == expected.shape
    bound = factor * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found, expected, rtol=bound, atol=bound * np.abs(expected).max(initial=1e-300))


def check(found, expected, dtype="float64", factor=64):
    """Value with extras, and gradients."""
    (value, gradients), (cost, extras, slopes) = found, expected
    close(value.loss, cost, dtype, factor)
    for name, one in zip(RETURNS, extras, strict=True):
        close(getattr(value, name), one, dtype, factor)
    assert gradients._fields == ("hidden", "weight", "bias")
    for one, two in zip([x for x in gradients if x is not None], slopes, strict=True):
        close(one, two, dtype, factor)


CASES = [
    ({}, "both"),
    ({"label_smoothing": 0.2, "smoothing": "others"}, "both"),
    ({"label_smoothing": 0.2, "z_loss": 0.05, "class_weight": True}, "both"),
    ({"z_loss": 0.05, "soft_cap": 3.0, "temperature": 0.7}, "both"),
]


@pytest.mark.parametrize(("options", "target"), CASES, ids=["bare", "smoothed", "weighted", "shaped"])
def test_value_extras_and_gradients_are_the_truth_in_blocks_of_any_size(options, target, way, rng):
    h, w, b, y, t = layer(rng)
    options = dict(options)
    if "class_weight" in options:
        options["class_weight"] = rng.uniform(0, 2, CLASSES)
    for goal in (y, t):
        for chunk, bias in (("auto", b), (1, None), (7, b), (ROWS, b), (10**9, None)):
            found = lossary.linear_cross_entropy.value_and_gradient(
                h, w, goal, bias=bias, chunk=chunk, returns=RETURNS, **options
            )
            check(found, truth(h, w, bias, goal, **options))
            assert (found[1].bias is None) == (bias is None)
            bare = lossary.linear_cross_entropy(h, w, goal, bias=bias, chunk=chunk, **options)
            assert bare == pytest.approx(float(found[0].loss), rel=1e-14)
        for a, one in zip(
            lossary.linear_cross_entropy.gradient(h, w, goal, bias=b, **options),
            truth(h, w, b, goal, **options)[2],
            strict=True,
        ):
            close(a, one)


@pytest.mark.parametrize("reduction", ["mean", "sum", "batchmean", "none"])
def test_rows_that_are_masked_are_not_even_computed(reduction, way, rng, monkeypatch):
    h, w, b, y, _ = layer(rng)
    counted = rng.random(ROWS) < 0.5
    h[~counted], y[~counted] = np.nan, 999
    multiplied = []
    product = loop._product
    monkeypatch.setattr(
        loop, "_product", lambda backend, x, *rest, **how: multiplied.append(len(x)) or product(backend, x, *rest, **how)
    )
    expected = truth(h, w, b, np.where(counted, y, 0), where=counted, reduction=reduction)
    for options in (
        {"where": counted},
        {"ignore_index": 999},
        {"where": counted, "ignore_index": -100},
        {"where": counted, "chunk": 3},
    ):
        multiplied.clear()
        found = lossary.linear_cross_entropy.value_and_gradient(
            h, w, y, bias=b, returns=RETURNS, reduction=reduction, **options
        )
        check(found, expected)
        assert sum(multiplied) == 2 * counted.sum()  # logits, and the gradient of the hidden states
        assert (found[1].hidden[~counted] == 0).all()


def test_a_normalizer_divides_the_sum(way, rng):
    h, w, b, y, _ = layer(rng)
    cost, _, slopes = truth(h, w, b, y, reduction="sum")
    for reduction in ("mean", "sum"):
        value, gradients = lossary.linear_cross_entropy.value_and_gradient(h, w, y, bias=b, reduction=reduction, normalizer=7.5)
        assert value == pytest.approx(cost / 7.5, rel=1e-13)
        close(gradients.weight, slopes[1] / 7.5)
    with pytest.raises(ValueError, match="normalizer="):
        lossary.linear_cross_entropy(h, w, y, reduction="none", normalizer=2.0)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 1, 3)], ids=str)
def test_hidden_states_may_have_any_leading_axes(shape, way, rng):
    h, w, b = rng.normal(size=(*shape, WIDTH)), rng.normal(size=(CLASSES, WIDTH)), rng.normal(size=CLASSES)
    for target in (rng.integers(0, CLASSES, shape), rng.dirichlet(np.ones(CLASSES), shape)):
        for reduction in ("mean", "none"):
            found = lossary.linear_cross_entropy.value_and_gradient(h, w, target, bias=b, returns=RETURNS, reduction=reduction)
            check(found, truth(h, w, b, target, reduction=reduction))


def test_nothing_to_average_is_what_empty_says(way, rng):
    h, w, b, y, _ = layer(rng)
    none = np.zeros(ROWS, bool)
    nobody = np.empty((0, WIDTH)), w, np.empty(0, int)
    soft = np.empty((0, WIDTH)), w, np.empty((0, CLASSES))
    for arrays, options in (
        ((h, w, y), {"where": none}),
        ((h * np.nan, w, y * 0), {"ignore_index": 0}),
        (nobody, {}),
        (soft, {}),
    ):
        for empty, cost in (("nan", np.nan), ("zero", 0.0)):
            value, gradients = lossary.linear_cross_entropy.value_and_gradient(
                *arrays, bias=b, empty=empty, returns=RETURNS, **options
            )
            np.testing.assert_array_equal(value.loss, cost)
            assert [x.shape for x in gradients] == [arrays[0].shape, w.shape, b.shape]
            assert not any(x.any() for x in (*value[1:], *gradients))
        with pytest.raises(ValueError, match="mean of no samples"):
            lossary.linear_cross_entropy(*arrays, bias=b, empty="raise", **options)
        value, gradients = lossary.linear_cross_entropy.value_and_gradient(*arrays, bias=b, reduction="sum", **options)
        assert value == 0
        assert not any(x.any() for x in gradients)
    three = np.empty((2, 0, WIDTH)), w, np.empty((2, 0), int)
    assert lossary.linear_cross_entropy.gradient(*three).hidden.shape == (2, 0, WIDTH)


def test_one_row_one_class_and_no_features(way, rng):
    h, w, b, y, _ = layer(rng, rows=1)
    check(lossary.linear_cross_entropy.value_and_gradient(h, w, y, bias=b, returns=RETURNS), truth(h, w, b, y))
    h, w, b, y, _ = layer(rng, classes=1)
    options = {"z_loss": 0.1}
    check(
        lossary.linear_cross_entropy.value_and_gradient(h, w, y, bias=b, returns=RETURNS, **options),
        truth(h, w, b, y, **options),
    )
    with pytest.raises(ValueError, match="only one class"):
        lossary.linear_cross_entropy(h, w, y, label_smoothing=0.1, smoothing="others")
    found = lossary.linear_cross_entropy.value_and_gradient(
        np.empty((4, 0)), np.empty((CLASSES, 0)), [0, 1, 2, 3], bias=np.zeros(CLASSES)
    )
    assert found[0] == pytest.approx(np.log(CLASSES))
    assert [x.shape for x in found[1]] == [(4, 0), (CLASSES, 0), (CLASSES,)]
    with pytest.raises(ValueError, match="at least one class"):
        lossary.linear_cross_entropy(np.ones((2, 3)), np.empty((0, 3)), [0, 0])


@pytest.mark.parametrize("classes", [2049, 3000, 50257])
def test_no_class_beyond_the_last_enters_the_normalizer(classes, way):
    h, w = np.full((5, 1), -100.0, np.float32), np.ones((classes, 1), np.float32)
    y = np.array([0, 3, classes - 1, 256, 2048])
    value, gradients = lossary.linear_cross_entropy.value_and_gradient(h, w, y, returns=RETURNS, chunk=2)
    np.testing.assert_allclose(value.log_normalizer, np.log(classes) - 100, rtol=1e-6)
    np.testing.assert_allclose(value.entropy, np.log(classes), rtol=1e-6)
    np.testing.assert_allclose(value.token_losses, np.log(classes), rtol=1e-6)
    expected = -100 * (1 / classes - (np.arange(classes)[:, None] == y).sum(-1, keepdims=True) / 5)
    np.testing.assert_allclose(gradients.weight, expected, rtol=1e-5)
    np.testing.assert_allclose(gradients.hidden, np.zeros((5, 1)), atol=2e-5)


def test_a_confident_row_keeps_its_gradient(way):
    # 1 - p is 3e-9, which p - 1 loses in float32
    h = np.array([[20.0]], np.float32)
    w = np.array([[1.0], [0.0], [0.0]], np.float32)
    value, gradients = lossary.linear_cross_entropy.value_and_gradient(h, w, [0])
    rest = 2 * np.exp(-20.0) / (1 + 2 * np.exp(-20.0))
    assert value == pytest.approx(-np.log1p(-rest), rel=1e-6)
    np.testing.assert_allclose(gradients.weight[:, 0], [-20 * rest, 10 * rest, 10 * rest], rtol=1e-6)
    assert gradients.hidden[0, 0] == pytest.approx(-rest, rel=1e-6)
    for dtype in (np.float16, ml_dtypes.bfloat16):
        value, gradients = lossary.linear_cross_entropy.value_and_gradient(
            h.astype(dtype), w.astype(dtype), [0], reduction="sum"
        )
        eps = float(ml_dtypes.finfo(dtype).eps)
        assert value == pytest.approx(-np.log1p(-rest), rel=1e-6)
        np.testing.assert_allclose(
            gradients.weight[:, 0].astype(float), [-20 * rest, 10 * rest, 10 * rest], rtol=eps, atol=6e-8
        )


@pytest.mark.parametrize("smoothing", ["uniform", "others"])
def test_a_confident_wrong_row_is_not_lost_under_smoothing(smoothing, way):
    h, w = np.array([[200.0]], np.float32), np.zeros((400, 1), np.float32)
    w[7] = 1
    options = {"label_smoothing": 0.1, "smoothing": smoothing, "reduction": "sum"}
    value, gradients = lossary.linear_cross_entropy.value_and_gradient(h, w, [0], **options)
    cost, _, slopes = truth(h, w, None, np.array([0]), **options)
    assert value == pytest.approx(cost, rel=1e-6)
    np.testing.assert_allclose(gradients.weight, slopes[1], rtol=1e-5, atol=1e-6)


def test_a_class_ruled_out_by_its_bias_has_no_part_in_anything(way, rng):
    h, w, b, y, t = layer(rng)
    ruled = b.copy()
    ruled[0] = -np.inf
    y = np.maximum(y, 1)
    t[:, 0] = 0
    t /= t.sum(-1, keepdims=True)
    for target, inner in ((y, y - 1), (t, t[:, 1:])):
        value, gradients = lossary.linear_cross_entropy.value_and_gradient(
            h, w, target, bias=ruled, returns=RETURNS, z_loss=0.1
        )
        cost, extras, slopes = truth(h, w[1:], b[1:], inner, z_loss=0.1)
        check((value, type(gradients)(gradients.hidden, gradients.weight[1:], gradients.bias[1:])), (cost, extras, slopes))
        assert (gradients.weight[0] == 0).all()
        assert gradients.bias[0] == 0
        assert lossary.linear_cross_entropy(h, w, target, bias=ruled, label_smoothing=0.1) == np.inf


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "uint64", ">i4", "int64"])
def test_labels_may_have_any_integer_dtype(dtype, rng):
    h, w, b, y, _ = layer(rng)
    expected = truth(h, w, b, y)[0]
    labels = y.astype(dtype)
    assert lossary.linear_cross_entropy(h, w, labels, bias=b) == pytest.approx(expected, rel=1e-13)
    assert lossary.linear_cross_entropy(h, w, np.repeat(labels, 2)[::2], bias=b) == pytest.approx(expected, rel=1e-13)
    assert lossary.linear_cross_entropy(h, w, labels, bias=b, ignore_index=-100) == pytest.approx(expected, rel=1e-13)
    labels[4] = np.iinfo(dtype).max
    with pytest.raises(
        ValueError, match=rf"linear_cross_entropy: a class index lies in 0 … 10.*got {np.iinfo(dtype).max} at index 4"
    ):
        lossary.linear_cross_entropy(h, w, labels, bias=b)


def laid_out(x):
    """The same numbers, lying otherwise in memory."""
    yield "fortran", np.asfortranarray(x)
    yield "backwards", np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1]
    gaps = np.full((x.shape[0], 3, x.shape[1] * 2), np.nan, x.dtype)
    gaps[:, 1, ::2] = x
    yield "gaps", gaps[:, 1, ::2]
    fixed = x.copy()
    fixed.flags.writeable = False
    yield "read-only", fixed
    yield "big-endian", x.astype(x.dtype.newbyteorder(">"))


def test_arrays_may_lie_in_memory_as_they_like_and_stay_as_they_were(way, rng):
    h, w, b, y, t = layer(rng)
    for target in (y, t):
        expected = truth(h, w, b, target)
        for (name, one), (_, two), (_, soft) in zip(laid_out(h), laid_out(w), laid_out(t), strict=True):
            goal = soft if target is t else target
            copies = [x.copy() for x in (one, two, goal)]
            value, gradients = lossary.linear_cross_entropy.value_and_gradient(one, two, goal, bias=b, chunk=4)
            assert value == pytest.approx(expected[0], rel=1e-13), name
            assert gradients.hidden.dtype == one.dtype
            for a, e in zip(gradients, expected[2], strict=True):
                np.testing.assert_allclose(a, e, rtol=1e-12, atol=1e-13)
                assert a.flags.writeable
            for x, copy in zip((one, two, goal), copies, strict=True):
                np.testing.assert_array_equal(x, copy)


def test_lists_integers_and_long_doubles_are_numbers_too(rng):
    h, w, y = rng.integers(-2, 3, (4, 3)), rng.integers(-2, 3, (5, 3)), [0, 4, 2, 1]
    cost, _, slopes = truth(h, w, None, np.array(y))
    for arrays in ((h, w), (h.tolist(), w.tolist()), (h.astype(np.longdouble), w.astype(np.longdouble))):
        value, gradients = lossary.linear_cross_entropy.value_and_gradient(*arrays, y)
        assert float(value) == pytest.approx(cost, rel=1e-13)
        np.testing.assert_allclose(gradients.weight.astype(float), slopes[1], rtol=1e-12, atol=1e-14)
    assert lossary.linear_cross_entropy(h.astype("float32"), w.astype("float64"), y).dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=lambda x: np.dtype(x).name)
def test_half_precision_is_rounded_once(dtype, way, rng, monkeypatch):
    monkeypatch.setattr(loop, "_PIECE", 256)  # a weight is converted in several pieces
    h, w, b, y, _ = layer(rng, rows=64)
    h, w, b = (x.astype(dtype) for x in (h, w, b))
    eps = float(ml_dtypes.finfo(dtype).eps)
    for options in ({}, {"chunk": 3}, {"reduction": "none"}):
        value, gradients = lossary.linear_cross_entropy.value_and_gradient(h, w, y, bias=b, returns=RETURNS, **options)
        expected = truth(h, w, b, y, reduction=options.get("reduction", "mean"))
        assert value.loss.dtype == (dtype if "reduction" in options else np.float32)
        np.testing.assert_allclose(np.asarray(value.loss, float), expected[0], rtol=eps / 2 if "reduction" in options else 1e-6)
        for name, one in zip(RETURNS, expected[1], strict=True):
            close(getattr(value, name), one, "float32")
        for a, e in zip(gradients, expected[2], strict=True):
            assert a.dtype == dtype
            np.testing.assert_allclose(a.astype(float), e, rtol=eps / 2 + 1e-5, atol=1e-6 * np.abs(e).max())


@pytest.mark.parametrize("loss", [focal, generalized], ids=lambda loss: loss.__name__)
def test_a_loss_of_ones_own_becomes_linear(loss, way, rng):
    h, w, b, y, t = layer(rng)
    own = lossary.linear(loss)
    assert own.__name__ == f"linear_{loss.__name__}"
    assert lossary.linear(loss) is own
    for target in (y, t):
        for options in ({}, {"z_loss": 0.1, "gamma" if loss is focal else "q": 0.5}):
            check(
                own.value_and_gradient(h, w, target, bias=b, returns=RETURNS, **options),
                truth(h, w, b, target, loss, **options),
            )
    with pytest.raises(TypeError, match=f"linear_{loss.__name__} has no option 'gama'"):
        own(h, w, y, gama=1.0)
    with pytest.raises(TypeError, match=f"linear_{loss.__name__}: .* is a number"):
        own(h, w, y, **{"gamma" if loss is focal else "q": "much"})
    assert pickle.loads(pickle.dumps(own))(h, w, y) == own(h, w, y)


def test_the_library_of_linear_losses_is_pickled_by_name():
    assert lossary.linear(lossary.cross_entropy) is lossary.linear_cross_entropy
    for loss in (lossary.linear_cross_entropy, lossary.linear_kl_divergence, lossary.linear_jensen_shannon):
        assert pickle.loads(pickle.dumps(loss)) is loss
        assert loss.__name__ in repr(loss)
    with pytest.raises(TypeError, match=r"made by lossary\.softmax"):
        lossary.linear(lossary.squared_error)


TEACHERS = [
    {},
    {"temperature": 2.0, "soft_cap": 3.0, "teacher_soft_cap": 2.0},
    {"where": True, "teacher_bias": True},
]


@pytest.mark.parametrize("options", TEACHERS, ids=["bare", "shaped", "masked"])
@pytest.mark.parametrize("kind", ["cross_entropy", "kl", "js"])
def test_a_teacher_gives_the_distribution(kind, options, way, rng):
    h, w, b, _, _ = layer(rng)
    states, matrix, tilt = rng.normal(size=(ROWS, 3)), rng.normal(size=(CLASSES, 3)), rng.normal(size=CLASSES)
    tilt[2] = -np.inf  # the teacher rules a class out
    options = dict(options)
    options |= {"where": rng.random(ROWS) < 0.6} if "where" in options else {}
    options |= {"teacher_bias": tilt} if "teacher_bias" in options else {}
    kept = torch.tensor(options.get("where", np.ones(ROWS, bool)))
    tensors = [torch.tensor(x, requires_grad=True) for x in (h, w, b)]
    z = naive.shaped(naive.linear(*tensors), options.get("soft_cap"), options.get("temperature", 1.0))
    bias = torch.tensor(tilt) if "teacher_bias" in options else None
    z_teacher = naive.linear(torch.tensor(states), torch.tensor(matrix), bias)
    z_teacher = naive.shaped(z_teacher, options.get("teacher_soft_cap"), options.get("temperature", 1.0))
    mixture = {"mixture": 0.3} if kind == "js" else {}
    if kind == "cross_entropy":
        rows = naive.naive_rows(z, torch.softmax(z_teacher, -1))
    else:
        rows = naive.divergence_rows(z, z_teacher, kind, **mixture)
    cost = rows[kept].sum() / kept.sum()
    slopes = [x.numpy() for x in torch.autograd.grad(cost, tensors)]
    extras = [x.detach() * kept for x in (*naive.extras_of(z, torch.softmax(z_teacher, -1)), rows)]
    loss = {
        "cross_entropy": lossary.linear_cross_entropy,
        "kl": lossary.linear_kl_divergence,
        "js": lossary.linear_jensen_shannon,
    }[kind]
    states[~kept.numpy()] = np.nan
    for chunk in ("auto", 4):
        given = {"teacher_hidden": states, "teacher_weight": matrix, **options, **mixture, "bias": b, "chunk": chunk}
        check(loss.value_and_gradient(h, w, returns=RETURNS, **given), (cost.item(), extras, slopes), factor=512)
        assert loss(h, w, **given) == pytest.approx(cost.item(), rel=1e-12)
    losses = loss(h, w, reduction="none", **given)
    np.testing.assert_allclose(losses, extras[3], rtol=1e-12, atol=1e-14)


def test_a_divergence_from_oneself_is_0(way, rng):
    h, w, b, _, _ = layer(rng)
    for loss in (lossary.linear_kl_divergence, lossary.linear_jensen_shannon):
        value, gradients = loss.value_and_gradient(h, w, h, w, bias=b, teacher_bias=b)
        assert abs(value) < 1e-14
        assert max(np.abs(x).max() for x in gradients) < 1e-14


def test_smoothing_and_z_loss_go_with_a_teacher(way, rng):
    h, w, b, _, _ = layer(rng)
    states, matrix = rng.normal(size=(ROWS, 3)), rng.normal(size=(CLASSES, 3))
    t = torch.softmax(naive.linear(torch.tensor(states), torch.tensor(matrix)), -1).numpy()
    options = {"label_smoothing": 0.1, "smoothing": "others", "z_loss": 0.1}
    given = {"teacher_hidden": states, "teacher_weight": matrix, "returns": RETURNS}
    check(lossary.linear_cross_entropy.value_and_gradient(h, w, bias=b, **given, **options), truth(h, w, b, t, **options))


# ---- what is refused


H, W, Y = np.ones((4, 3)), np.arange(15.0).reshape(5, 3), np.arange(4)
TEACHER = {"teacher_hidden": np.ones((4, 2)), "teacher_weight": np.ones((5, 2))}
CE = lossary.linear_cross_entropy
REFUSED = [
    (CE, (H, W, [0, 1, 5, 2]), {}, ValueError, r"linear_cross_entropy: a class index lies in 0 … 4.*got 5 at index 2"),
    (CE, (H, W, [0, -1, 3, -1]), {}, ValueError, r"got -1 at index 1 \(2 such\).*pass ignore_index="),
    (CE, (H, W, [0, -1, 3, 2]), {"ignore_index": -100}, ValueError, "only ignore_index=-100 marks"),
    (CE, (H, W, Y.astype(float)), {}, TypeError, "class indices are integers; got dtype float64"),
    (CE, (H, W, Y[:3]), {}, ValueError, r"target holds class indices of shape \(4,\).*got \(3,\)"),
    (CE, (H, W, np.full((4, 4), 0.25)), {}, ValueError, r"class probabilities of shape \(4, 5\); got \(4, 4\)"),
    (CE, (H, W, np.full((4, 5), 0.3)), {}, ValueError, r"target row sum to 1.*got 1.5 at index 0"),
    (CE, (H, W, np.array([[0.2] * 5] * 3 + [[1.5, -0.5, 0, 0, 0]])), {}, ValueError, r"a target lies in.*at index \(3, 0\)"),
    (CE, (H, W, np.full((4, 5), 0.2)), {"ignore_index": 1}, TypeError, "ignore_index= is a class index"),
    (CE, (H, W), {}, TypeError, "a target is class indices or class probabilities; or pass teacher_hidden="),
    (CE, (H, W.T, Y), {}, ValueError, r"hidden has the shape .*got \(4, 3\) and \(3, 5\); is the weight transposed"),
    (CE, (H, W[0], Y), {}, ValueError, r"got \(4, 3\) and \(3,\)"),
    (CE, (3.0, W, Y), {}, ValueError, r"got \(\) and \(5, 3\)"),
    (CE, (H, W, Y), {"bias": np.ones(3)}, ValueError, r"bias has one number a class, so its shape is \(5,\); got \(3,\)"),
    (CE, (H > 0, W, Y), {}, TypeError, "hidden is made of numbers; got bool"),
    (CE, (H, W, Y), {"chunk": 0}, ValueError, 'chunk is a number of rows ≥ 1, or "auto"; got 0'),
    (CE, (H, W, Y), {"chunk": "x"}, ValueError, "got 'x'"),
    (CE, (H, W, Y), {"chunk": True}, ValueError, "got True"),
    (CE, (H, W, Y), {"chunk": 2.5}, ValueError, r"got 2\.5"),
    (CE, (H, W, Y), {"weight_decay": 1}, TypeError, "no option 'weight_decay'"),
    (CE, (H, W, Y), {"ignore_idx": 1}, TypeError, "did you mean 'ignore_index'"),
    (CE, (H, W, Y, 3), {}, TypeError, "linear_cross_entropy: too many positional"),
    (CE, (H,), {}, TypeError, "linear_cross_entropy: missing a required argument: 'weight'"),
    (CE, (H, W, Y), {"reduction": "average"}, ValueError, "linear_cross_entropy: reduction is one of"),
    (CE, (H, W, Y), {"empty": "skip"}, ValueError, "linear_cross_entropy: empty is one of"),
    (CE, (H, W, Y), {"where": np.ones(4)}, TypeError, "linear_cross_entropy: where is a mask of booleans"),
    (CE, (H, W, Y), {"where": np.ones(3, bool)}, ValueError, r"where.*\(3,\)"),
    (CE, (H, W, Y), {"class_weight": np.ones(4)}, ValueError, r"class_weight has one weight a class.*\(5,\); got \(4,\)"),
    (CE, (H, W, Y), {"class_weight": -np.ones(5)}, ValueError, "a class weight is a number ≥ 0"),
    (CE, (H, W, Y), {"process_group": "tp"}, TypeError, "process_group="),
    (CE, (H, W, Y), {"teacher_bias": np.ones(5)}, TypeError, "teacher_bias= is a teacher's"),
    (CE, (H, W, Y), TEACHER, TypeError, "the target is given, or a teacher"),
    (CE, (H, W), {"teacher_hidden": np.ones((4, 2))}, TypeError, "both teacher_hidden= and teacher_weight="),
    (CE, (H, W), {**TEACHER, "class_weight": np.ones(5)}, TypeError, "class_weight= needs a target"),
    (CE, (H, W), {**TEACHER, "ignore_index": 0}, TypeError, "ignore_index= needs a target"),
    (CE, (H, W), {**TEACHER, "teacher_soft_cap": -1.0}, ValueError, "teacher_soft_cap lies in"),
    (CE, (H, W), {**TEACHER, "teacher_soft_cap": "big"}, TypeError, "teacher_soft_cap is a number"),
    (CE, (H, W), {**TEACHER, "teacher_weight": np.ones((4, 2))}, ValueError, r"a teacher has the student's rows and classes"),
    (CE, (H, W), {**TEACHER, "teacher_hidden": np.ones((4, 3))}, ValueError, "teacher_hidden has the shape"),
    (lossary.linear_kl_divergence, (H, W, H, W), {"label_smoothing": 0.1}, TypeError, "no option 'label_smoothing'"),
    (
        lossary.linear_kl_divergence,
        (H, W, H),
        {},
        TypeError,
        "linear_kl_divergence: missing a required argument: 'teacher_weight'",
    ),
    (lossary.linear_jensen_shannon, (H, W, H, W), {"z_loss": 0.1}, TypeError, "no option 'z_loss'"),
    (lossary.linear_jensen_shannon, (H, W, H, W), {"mixture": 1.0}, ValueError, "linear_jensen_shannon: mixture lies in"),
    (
        lossary.linear_jensen_shannon,
        (H, W, H, W),
        {"temperature": 0.0},
        ValueError,
        "linear_jensen_shannon: temperature lies in",
    ),
]


@pytest.mark.parametrize(("loss", "arrays", "options", "kind", "message"), REFUSED)
def test_what_is_wrong_is_refused_in_so_many_words(loss, arrays, options, kind, message):
    with pytest.raises(kind, match=message):
        loss(*arrays, **options)
    with pytest.raises(kind, match=message):
        loss.value_and_gradient(*arrays, **options)


def test_gradients_return_nothing_else():
    with pytest.raises(TypeError, match="returns= adds to the value"):
        CE.gradient(H, W, Y, returns=("entropy",))


def test_a_masked_row_may_hold_any_target_and_an_unchecked_one_is_nan(way):
    counted = np.array([True, False, True, True])
    soft = np.full((4, 5), 0.2)
    expected = [float(CE(H, W, target, where=counted)) for target in (Y, soft)]
    for target, cost in zip((np.array([0, 77, 2, 3]), np.where(counted[:, None], soft, np.nan)), expected, strict=True):
        assert CE(H, W, target, where=counted) == cost
    value, gradients = CE.value_and_gradient(H, W, [0, 77, 2, 3], check=False, reduction="none")
    assert np.isnan(value).tolist() == [False, True, False, False]
    assert np.isnan(gradients.hidden).any(-1).tolist() == [False, True, False, False]
    assert CE(H, W, soft * 2, check=False) == pytest.approx(2 * expected[1])  # taken as it is


# ---- resources


def test_results_do_not_depend_on_the_number_of_threads(rng):
    h, w, b, y, t = layer(rng, rows=300, classes=900, dtype="float32")
    found = []
    for count in (1, 2):
        lossary.set_num_threads(count)
        try:
            for target in (y, t):
                value, gradients = CE.value_and_gradient(h, w, target, bias=b, chunk=128, returns=RETURNS)
                found.append([np.asarray(x).tobytes() for x in (*value, *gradients)])
        finally:
            lossary.set_num_threads(None)
    assert found[:2] == found[2:]


def test_kernel_and_plain_twin_agree_to_a_few_ulp(rng, monkeypatch):
    h, w, b, y, t = layer(rng, rows=40, classes=300, dtype="float32")
    for target in (y, t):
        by_kernel = CE.value_and_gradient(h, w, target, bias=b, returns=RETURNS)
        with monkeypatch.context() as patch:
            patch.setattr("lossary.kernels.native.available", lambda: False)
            plainly = CE.value_and_gradient(h, w, target, bias=b, returns=RETURNS)
        for one, two in zip((*by_kernel[0], *by_kernel[1]), (*plainly[0], *plainly[1]), strict=True):
            np.testing.assert_allclose(one, two, rtol=2e-6, atol=2e-6 * np.abs(two).max())


MEASURE = """
    import resource, sys
    import numpy as np
    import lossary
    from lossary.kernels import native

    way, soft, classes = sys.argv[1], sys.argv[2] == "soft", 16384
    if way == "plain":
        native.available = lambda: False
    rng = np.random.default_rng(0)

    def peak(rows):
        h, w = rng.normal(size=(rows, 8)).astype("float32"), rng.normal(size=(classes, 8)).astype("float32")
        target = np.broadcast_to(np.float32(1 / classes), (rows, classes)) if soft else np.arange(rows)
        lossary.linear_cross_entropy.value_and_gradient(h, w, target)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    # the first loads and compiles; the others' logits would be 128 and 256 MiB
    print(*map(peak, (1, 2048, 4096)))
"""


@pytest.mark.heavy
@pytest.mark.parametrize("soft", ["labels", "soft"])
def test_memory_stays_within_the_budget_however_many_rows_there_are(soft, way):
    command = [sys.executable, "-c", textwrap.dedent(MEASURE), way, soft]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    loaded, some, more = map(float, text.split())
    # a block takes 64 MB; the allocator has gaps of its own, and gradients take 0.5 MiB
    assert max(some, more) - loaded < 64 + 32, text


@pytest.mark.heavy
def test_logits_may_be_more_than_2_to_the_31():
    rows, classes = 70_000, 32_768
    assert rows * classes > 2**31
    rng = np.random.default_rng(0)
    kinds, y = np.arange(rows) % 7, np.arange(rows) % classes
    h, w = rng.normal(size=(7, 2)).astype("float32"), rng.normal(size=(classes, 2)).astype("float32")
    z = naive.linear(torch.tensor(h), torch.tensor(w)).numpy()
    lse = np.log(np.exp(z).sum(-1))
    value = CE(h[kinds], w, y, returns=("log_normalizer", "token_losses"))
    np.testing.assert_allclose(value.log_normalizer, lse[kinds], rtol=1e-5)
    expected = lse[kinds] - z[kinds, y]
    np.testing.assert_allclose(value.token_losses, expected, rtol=1e-5)
    assert float(value.loss) == pytest.approx(expected.mean(), rel=1e-5)
