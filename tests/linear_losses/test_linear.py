"""Linear losses of NumPy arrays beside their definitions: by kernel and without, in blocks of any size."""

import pickle
import subprocess
import sys
import textwrap

import ml_dtypes
import numpy as np
import pytest
import torch

import lossary
from lossary import linear_cross_entropy as CE
from lossary.linear_losses import products, products_numpy
from tests.linear_losses.cases import CASES, Batch, all_close, assert_close
from tests.softmax_oracle import RETURNS, focal, generalized, truth, with_gradients

ROWS, WIDTH, CLASSES = 23, 5, 11
ULPS = 64 * np.finfo("float64").eps
"""What float64 may lose; by default of a comparison."""


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def layer(rng, rows=ROWS, width=WIDTH, classes=CLASSES, dtype="float64"):
    """Hidden states, weight, bias, labels and soft targets."""
    arrays = rng.normal(size=(rows, width)), rng.normal(size=(classes, width)), rng.normal(size=classes)
    return (
        *(x.astype(dtype) for x in arrays),
        rng.integers(0, classes, rows),
        rng.dirichlet(np.full(classes, 0.4), rows).astype("float64" if dtype == "float64" else "float32"),
    )


def check(found, expected, tolerance=ULPS):
    """Value with extras, and gradients."""
    (value, gradients), (want, slopes) = found, expected
    assert value._fields == ("loss", *RETURNS)
    for name, x in value._asdict().items():
        assert np.asarray(x).dtype == "float64"
        assert_close(x, want[name], tolerance, name)
    assert gradients._fields == ("hidden", "weight", "bias")
    all_close(gradients, slopes, tolerance)


def tried(h, w, b, target, **options):
    """Value and gradients beside those of the definition."""
    found = CE.value_and_gradient(h, w, target, bias=b, returns=RETURNS, **options)
    check(found, with_gradients((h, w, b), target, **options))
    return found


@pytest.mark.parametrize("case", CASES)
def test_values_extras_and_gradients_are_those_of_the_definition_in_blocks_of_any_size(case, way):
    batch = Batch()
    loss, given, options = batch.case(case)
    h, w, b = (x.numpy() for x in given)
    options = {name: x.numpy() if isinstance(x, torch.Tensor) else x for name, x in options.items()}
    expected = batch.expected(case)
    tolerance = ULPS * (8 if "teacher_hidden" in options else 1)
    for chunk in ("auto", 1, 5, 13, 10**9):
        check(loss.value_and_gradient(h, w, bias=b, chunk=chunk, returns=RETURNS, **options), expected, tolerance)
    if case in ("labels", "smoothing", "soft"):  # other kernels
        assert_close(loss(h, w, bias=b, **options), expected[0]["loss"], ULPS)
        all_close(loss.gradient(h, w, bias=b, **options), expected[1], ULPS)


@pytest.mark.parametrize("reduction", ["mean", "sum", "batchmean", "none"])
def test_rows_that_are_masked_are_not_even_computed(reduction, way, rng, monkeypatch):
    h, w, b, y, _ = layer(rng)
    counted = rng.random(ROWS) < 0.5
    h[~counted], y[~counted] = np.nan, 999
    multiplied = []
    for name in ("logits", "hidden_gradient"):
        product = getattr(products_numpy, name)
        counting = lambda x, *rest, product=product: multiplied.append(len(x)) or product(x, *rest)
        monkeypatch.setattr(products_numpy, name, counting)
    expected = with_gradients((h, w, b), y, where=counted, reduction=reduction)
    for options in (
        {"where": counted},
        {"ignore_index": 999},
        {"where": counted, "ignore_index": -100},
        {"where": counted, "chunk": 3},
    ):
        multiplied.clear()
        found = CE.value_and_gradient(h, w, y, bias=b, returns=RETURNS, reduction=reduction, **options)
        check(found, expected)
        assert sum(multiplied) == 2 * counted.sum()  # logits, and the gradient of the hidden states
        assert (found[1].hidden[~counted] == 0).all()


def test_a_normalizer_divides_sums_alone():
    h, w, y = np.ones((2, 3)), np.ones((4, 3)), [0, 1]
    for reduction in ("mean", "sum"):
        assert CE(h, w, y, reduction=reduction, normalizer=7.5) == pytest.approx(2 * np.log(4) / 7.5, rel=1e-13)
    with pytest.raises(ValueError, match="normalizer="):
        CE(h, w, y, reduction="none", normalizer=2.0)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 1, 3)], ids=str)
def test_hidden_states_may_have_any_leading_axes(shape, way, rng):
    h, w, b = rng.normal(size=(*shape, WIDTH)), rng.normal(size=(CLASSES, WIDTH)), rng.normal(size=CLASSES)
    for target in (rng.integers(0, CLASSES, shape), rng.dirichlet(np.ones(CLASSES), shape)):
        for reduction, bias in (("mean", b), ("none", None)):
            _, gradients = tried(h, w, bias, target, reduction=reduction)
            assert (gradients.bias is None) == (bias is None)


def test_a_smoothed_label_whose_class_weighs_nothing_counts_by_the_other_classes(way, rng):
    h, w, b, y, _ = layer(rng)
    tried(h, w, b, y, class_weight=np.arange(CLASSES) % 3 * 0.5, label_smoothing=0.1, reduction="sum")


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
            value, gradients = CE.value_and_gradient(*arrays, bias=b, empty=empty, returns=RETURNS, **options)
            np.testing.assert_array_equal(value.loss, cost)
            assert [x.shape for x in gradients] == [arrays[0].shape, w.shape, b.shape]
            assert not any(x.any() for x in (*value[1:], *gradients))
        with pytest.raises(ValueError, match="mean of no samples"):
            CE(*arrays, bias=b, empty="raise", **options)
        value, gradients = CE.value_and_gradient(*arrays, bias=b, reduction="sum", **options)
        assert value == 0
        assert not any(x.any() for x in gradients)
    three = np.empty((2, 0, WIDTH)), w, np.empty((2, 0), int)
    assert CE.gradient(*three).hidden.shape == (2, 0, WIDTH)


def test_one_row_one_class_and_no_features(way, rng):
    h, w, b, y, _ = layer(rng, rows=1)
    tried(h, w, b, y)
    h, w, b, y, _ = layer(rng, classes=1)
    tried(h, w, b, y, z_loss=0.1, class_weight=[3.0])
    with pytest.raises(ValueError, match="only one class"):
        CE(h, w, y, label_smoothing=0.1, smoothing="others")
    found = CE.value_and_gradient(np.empty((4, 0)), np.empty((CLASSES, 0)), [0, 1, 2, 3], bias=np.zeros(CLASSES))
    assert found[0] == pytest.approx(np.log(CLASSES))
    assert [x.shape for x in found[1]] == [(4, 0), (CLASSES, 0), (CLASSES,)]
    with pytest.raises(ValueError, match="at least one class"):
        CE(np.ones((2, 3)), np.empty((0, 3)), [0, 0])


@pytest.mark.parametrize("classes", [2049, 3000, 50257])
def test_no_class_beyond_the_last_enters_the_normalizer(classes, way):
    h, w = np.full((5, 1), -100.0, np.float32), np.ones((classes, 1), np.float32)
    y = np.array([0, 3, classes - 1, 256, 2048])
    value, gradients = CE.value_and_gradient(h, w, y, returns=RETURNS, chunk=2)
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
    value, gradients = CE.value_and_gradient(h, w, [0], returns=RETURNS)
    rest = 2 * np.exp(-20.0) / (1 + 2 * np.exp(-20.0))
    assert value.loss == pytest.approx(-np.log1p(-rest), rel=1e-6)
    np.testing.assert_allclose(gradients.weight[:, 0], [-20 * rest, 10 * rest, 10 * rest], rtol=1e-6)
    assert gradients.hidden[0, 0] == pytest.approx(-rest, rel=1e-6)
    for dtype in (np.float16, ml_dtypes.bfloat16):
        value, gradients = CE.value_and_gradient(h.astype(dtype), w.astype(dtype), [0], reduction="sum", returns=RETURNS)
        eps = float(ml_dtypes.finfo(dtype).eps)
        assert value.loss == pytest.approx(-np.log1p(-rest), rel=1e-6)
        np.testing.assert_allclose(
            gradients.weight[:, 0].astype(float), [-20 * rest, 10 * rest, 10 * rest], rtol=eps, atol=6e-8
        )


@pytest.mark.parametrize("smoothing", ["uniform", "others"])
def test_a_confident_wrong_row_is_not_lost_under_smoothing(smoothing, way):
    h, w = np.array([[200.0]], np.float32), np.zeros((400, 1), np.float32)
    w[7] = 1
    options = {"label_smoothing": 0.1, "smoothing": smoothing, "reduction": "sum"}
    value, gradients = CE.value_and_gradient(h, w, [0], **options)
    want, slopes = with_gradients((h, w, None), np.array([0]), **options)
    assert value == pytest.approx(want["loss"].item(), rel=1e-6)
    np.testing.assert_allclose(gradients.weight, slopes[1], rtol=1e-5, atol=1e-6)


def test_a_class_ruled_out_by_its_bias_has_no_part_in_anything(way, rng):
    h, w, b, y, t = layer(rng)
    ruled = b.copy()
    ruled[0] = -np.inf
    y = np.maximum(y, 1)
    t[:, 0] = 0
    t /= t.sum(-1, keepdims=True)
    weighted = {"class_weight": np.ones(CLASSES), "z_loss": 0.1}
    for target, inner, options in ((y, y - 1, weighted), (t, t[:, 1:], {})):
        value, gradients = CE.value_and_gradient(h, w, target, bias=ruled, returns=RETURNS, **options)
        inner_options = {**options, "class_weight": None}
        want = with_gradients((h, w[1:], b[1:]), inner, **inner_options)
        check((value, gradients._replace(weight=gradients.weight[1:], bias=gradients.bias[1:])), want)
        assert (gradients.weight[0] == 0).all()
        assert gradients.bias[0] == 0
        assert CE(h, w, target, bias=ruled, label_smoothing=0.1, **options) == np.inf


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "uint64", ">i4", "int64"])
def test_labels_may_have_any_integer_dtype(dtype, rng):
    h, w, b, y, _ = layer(rng)
    expected = truth(h, w, b, y)["loss"].item()
    labels = y.astype(dtype)
    assert CE(h, w, labels, bias=b) == pytest.approx(expected, rel=1e-13)
    assert CE(h, w, np.repeat(labels, 2)[::2], bias=b) == pytest.approx(expected, rel=1e-13)
    assert CE(h, w, labels, bias=b, ignore_index=-100) == pytest.approx(expected, rel=1e-13)
    labels[4] = np.iinfo(dtype).max
    message = rf"linear_cross_entropy: a class index lies in 0 … 10.*got {np.iinfo(dtype).max} at index 4"
    with pytest.raises(ValueError, match=message):
        CE(h, w, labels, bias=b)


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
        want, slopes = with_gradients((h, w, b), target)
        for (name, one), (_, two), (_, soft) in zip(laid_out(h), laid_out(w), laid_out(t), strict=True):
            goal = soft if target is t else target
            copies = [x.copy() for x in (one, two, goal)]
            value, gradients = CE.value_and_gradient(one, two, goal, bias=b, chunk=4)
            assert value == pytest.approx(want["loss"].item(), rel=1e-13), name
            assert gradients.hidden.dtype == one.dtype
            for a, e in zip(gradients, slopes, strict=True):
                np.testing.assert_allclose(a, e, rtol=1e-12, atol=1e-13)
                assert a.flags.writeable
            for x, copy in zip((one, two, goal), copies, strict=True):
                np.testing.assert_array_equal(x, copy)


def test_lists_integers_and_long_doubles_are_numbers_too(rng):
    h, w, y = rng.integers(-2, 3, (4, 3)), rng.integers(-2, 3, (5, 3)), [0, 4, 2, 1]
    want, slopes = with_gradients((h, w, None), np.array(y))
    for arrays in ((h, w), (h.tolist(), w.tolist()), (h.astype(np.longdouble), w.astype(np.longdouble))):
        value, gradients = CE.value_and_gradient(*arrays, y)
        assert float(value) == pytest.approx(want["loss"].item(), rel=1e-13)
        np.testing.assert_allclose(gradients.weight.astype(float), slopes[1], rtol=1e-12, atol=1e-14)
    assert CE(h.astype("float32"), w.astype("float64"), y).dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=lambda x: np.dtype(x).name)
def test_half_precision_is_rounded_once(dtype, way, rng, monkeypatch):
    monkeypatch.setattr(products, "_PIECE", 64)  # a weight is converted, three classes at a time
    monkeypatch.setattr(products_numpy, "_PIECE", 10)  # and its gradient added up, two at a time
    h, w, b, y, _ = layer(rng, rows=64)
    h, w, b = (x.astype(dtype) for x in (h, w, b))
    eps = float(ml_dtypes.finfo(dtype).eps)
    for options in ({}, {"chunk": 3}, {"reduction": "none"}):
        value, gradients = CE.value_and_gradient(h, w, y, bias=b, returns=RETURNS, **options)
        want, slopes = with_gradients((h, w, b), y, reduction=options.get("reduction", "mean"))
        assert value.loss.dtype == (dtype if "reduction" in options else np.float32)
        error = eps / 2 if "reduction" in options else 1e-6
        np.testing.assert_allclose(np.asarray(value.loss, float), want["loss"], rtol=error)
        for name in RETURNS:
            assert getattr(value, name).dtype == "float32"
            assert_close(getattr(value, name), want[name], 64 * np.finfo("float32").eps, name)
        for a, e in zip(gradients, (x.numpy() for x in slopes), strict=True):
            assert a.dtype == dtype
            np.testing.assert_allclose(a.astype(float), e, rtol=eps / 2 + 1e-5, atol=1e-6 * np.abs(e).max())


@pytest.mark.parametrize("loss", [focal, generalized], ids=lambda loss: loss.__name__)
def test_a_loss_of_ones_own_becomes_linear(loss, way, rng):
    h, w, b, y, t = layer(rng)
    own = lossary.linear(loss)
    assert own.__name__ == f"linear_{loss.__name__}"
    assert lossary.linear(loss) is own
    name = "gamma" if loss is focal else "q"
    for target in (y, t):
        for options in ({"z_loss": 0.1}, {"z_loss": 0.1, name: 0.5}):
            found = own.value_and_gradient(h, w, target, bias=b, returns=RETURNS, **options)
            check(found, with_gradients((h, w, b), target, loss=loss, **options))
    again = pickle.loads(pickle.dumps(own)).value_and_gradient(h, w, target, bias=b, returns=RETURNS, **options)
    assert again[0].loss == found[0].loss
    with pytest.raises(TypeError, match=f"linear_{loss.__name__} has no option 'gama'"):
        own(h, w, y, gama=1.0)
    with pytest.raises(TypeError, match=f"linear_{loss.__name__}: .* is a number"):
        own(h, w, y, **{name: "much"})


def test_the_library_of_linear_losses_is_pickled_by_name():
    assert lossary.linear(lossary.cross_entropy) is CE
    for loss in (CE, lossary.linear_kl_divergence, lossary.linear_jensen_shannon):
        assert pickle.loads(pickle.dumps(loss)) is loss
        assert loss.__name__ in repr(loss)
    with pytest.raises(TypeError, match=r"made by lossary\.softmax"):
        lossary.linear(lossary.squared_error)


def test_a_divergence_from_oneself_is_0(way, rng):
    h, w, b, _, _ = layer(rng)
    for loss in (lossary.linear_kl_divergence, lossary.linear_jensen_shannon):
        value, gradients = loss.value_and_gradient(h, w, h, w, bias=b, teacher_bias=b)
        assert abs(value) < 1e-14
        assert max(np.abs(x).max() for x in gradients) < 1e-14


def test_a_distillation_has_its_parts_at_the_ends_and_half_a_variance_at_high_temperatures(way, rng):
    h, w, _, y, _ = layer(rng)
    teacher = rng.normal(size=(ROWS, 3)), rng.normal(size=(CLASSES, 3))
    own = lossary.linear_distillation(h, w, y, *teacher, teacher_share=0.0, temperature=3.0)
    assert own == pytest.approx(CE(h, w, y), rel=1e-14)
    taught = lossary.linear_distillation(h, w, y, *teacher, teacher_share=1.0, temperature=3.0)
    assert taught == pytest.approx(9 * lossary.linear_kl_divergence(h, w, *teacher, temperature=3.0), rel=1e-14)
    hot = lossary.linear_distillation(h, w, y, *teacher, teacher_share=1.0, temperature=1e4)
    assert hot == pytest.approx(np.var(h @ w.T - teacher[0] @ teacher[1].T, axis=-1).mean() / 2, rel=1e-3)
    ruled_out = np.where(np.arange(CLASSES) == y[0], -np.inf, 0.0)  # a label that the model holds impossible
    assert np.isfinite(
        lossary.linear_distillation(h, w, y, *teacher, bias=ruled_out, teacher_bias=ruled_out, teacher_share=1.0)
    )


# ---- what is refused


H, W, Y = np.ones((4, 3)), np.arange(15.0).reshape(5, 3), np.arange(4)
TEACHER = {"teacher_hidden": np.ones((4, 2)), "teacher_weight": np.ones((5, 2))}
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


@pytest.mark.compiled
@pytest.mark.parametrize("soft", [False, pytest.param(True, marks=pytest.mark.heavy)])
def test_results_do_not_depend_on_the_number_of_threads(soft, rng):
    h, w, b, *targets = layer(rng, rows=300, classes=900, dtype="float32")
    found = []
    for count in (1, 2):
        lossary.set_num_threads(count)
        try:
            value, gradients = CE.value_and_gradient(h, w, targets[soft], bias=b, chunk=128, returns=RETURNS)
            found.append([np.asarray(x).tobytes() for x in (*value, *gradients)])
        finally:
            lossary.set_num_threads(None)
    assert found[0] == found[1]


def test_kernel_and_plain_twin_agree_to_a_few_ulp(rng, monkeypatch):
    h, w, b, y, t = layer(rng, rows=40, classes=300, dtype="float32")
    for target in (y, t):
        by_kernel = CE.value_and_gradient(h, w, target, bias=b, returns=RETURNS)
        with monkeypatch.context() as patch:
            patch.setattr("lossary.kernels.native.available", lambda name: False)
            plainly = CE.value_and_gradient(h, w, target, bias=b, returns=RETURNS)
        for one, two in zip((*by_kernel[0], *by_kernel[1]), (*plainly[0], *plainly[1]), strict=True):
            np.testing.assert_allclose(one, two, rtol=2e-6, atol=2e-6 * np.abs(two).max())


MEASURE = """
    import resource
    import numpy as np
    import lossary
    from lossary.kernels import native
    from lossary.linear_losses import loop

    classes, available = 4096, native.available
    loop.BUDGET = 16 << 20
    rng = np.random.default_rng(0)

    def peak(rows):
        h, w = rng.normal(size=(rows, 8)).astype("float32"), rng.normal(size=(classes, 8)).astype("float32")
        for target in (np.arange(rows), np.broadcast_to(np.float32(1 / classes), (rows, classes))):
            lossary.linear_cross_entropy.value_and_gradient(h, w, target)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    for native.available in (lambda name: False, available):
        # the first loads and compiles; the other's logits would be 64 MiB
        print(*map(peak, (1, 4096)))
"""


@pytest.mark.heavy
def test_memory_stays_within_the_budget_however_many_rows_there_are():
    command = [sys.executable, "-c", textwrap.dedent(MEASURE)]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    for line in text.splitlines():
        loaded, more = map(float, line.split())
        # a block takes 16 MB; the allocator has gaps of its own, and checking a target takes some too
        assert more - loaded < 16 + 32, text


@pytest.mark.heavy
def test_logits_may_be_more_than_2_to_the_31():
    rows, classes = 2**16 + 1, 2**15
    rng = np.random.default_rng(0)
    kinds, y = np.arange(rows) % 7, np.arange(rows) % classes
    h, w = rng.normal(size=(7, 2)).astype("float32"), rng.normal(size=(classes, 2)).astype("float32")
    z = h.astype(float) @ w.T.astype(float)
    lse = np.log(np.exp(z).sum(-1))
    losses = CE(h[kinds], w, y, reduction="none")
    np.testing.assert_allclose(losses, lse[kinds] - z[kinds, y], rtol=1e-5)
