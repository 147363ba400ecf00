"""What every loss can do: reductions, weights, masks, axes, dtypes; each against a naive loop or a law."""

import copy
import functools
import inspect
import itertools
import pickle
import subprocess
import sys

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lossary
from lossary import absolute_error, binary_cross_entropy, cross_entropy, huber, squared_error
from lossary.engine import plans
from tests.oracle import as_library, jitted, to_numpy

POINTWISE = [squared_error, absolute_error, huber, binary_cross_entropy]
NAIVE = {
    squared_error: lambda p, t: (p - t) ** 2,
    absolute_error: lambda p, t: abs(p - t),
    huber: lambda p, t: (p - t) ** 2 / 2 if abs(p - t) <= 1 else abs(p - t) - 0.5,
    binary_cross_entropy: lambda z, y: np.logaddexp(0, z) - y * z,
}
rng = np.random.default_rng(7)


@pytest.fixture(autouse=True)
def _same_numbers_whatever_ran_before():
    rng.bit_generator.state = np.random.default_rng(7).bit_generator.state


def data(shape=(4, 3)):
    return rng.normal(size=shape), rng.uniform(size=shape)


def numeric_gradient(cost, p, step=1e-5):
    slope = np.zeros_like(p)
    for i in np.ndindex(p.shape):
        up, down = p.copy(), p.copy()
        up[i] += step
        down[i] -= step
        slope[i] = (cost(up) - cost(down)) / (2 * step)
    return slope


# ---- reductions, weights, masks


REDUCTIONS = ["none", "sum", "mean", "batchmean", "normalizer"]
AXES = [None, -1, 0, (0, 1)]
EXTRAS = [(False, False), (True, False), (False, True), (True, True)]
"""Whether there are weights, and a mask."""


@pytest.mark.parametrize("loss", POINTWISE)
@pytest.mark.parametrize("axis", AXES)
def test_pointwise_costs_equal_a_loop(loss, axis, library):
    for extras, reduction in itertools.product(EXTRAS, REDUCTIONS):
        # of loss, axis, extras and reduction each three of them
        places = AXES.index(axis), POINTWISE.index(loss), EXTRAS.index(extras), REDUCTIONS.index(reduction)
        # a kernel is made for a loss, what it has beside, and either reduction or none: each two of them
        single = (POINTWISE.index(loss) + EXTRAS.index(extras)) % 4 == 0
        if (reduction == "none") == single if plans.SMALLEST == 1 and axis is None else sum(places) % 2 == 0:
            check_pointwise(loss, axis, reduction, *extras, library)


def check_pointwise(loss, axis, reduction, weighted, masked, library):
    p, t = data()
    axes = () if axis is None else tuple(a % 2 for a in np.atleast_1d(axis))
    shape = tuple(n for i, n in enumerate(p.shape) if i not in axes)
    w = rng.uniform(0.1, 2, shape) if weighted else np.ones(shape)
    m = np.asarray(rng.uniform(size=shape) < 0.7) if masked else np.ones(shape, bool)
    m.flat[0] = True
    losses = np.zeros(shape)
    for i in np.ndindex(p.shape):
        losses[tuple(k for j, k in enumerate(i) if j not in axes)] += NAIVE[loss](p[i], t[i])
    losses = w * losses * m
    divisor = {"none": 1, "sum": 1, "mean": (w * m).sum(), "batchmean": m.sum(), "normalizer": 7.5}[reduction]
    expected = losses if reduction == "none" else losses.sum() / divisor

    options = {"axis": axis, "reduction": "mean" if reduction == "normalizer" else reduction}
    if reduction == "normalizer":
        options["normalizer"] = 7.5
    if weighted:
        options["weight"] = as_library(library, w)
    if masked:
        options["where"] = as_library(library, m)
    args = as_library(library, p), as_library(library, t)
    value, gradient = map(to_numpy, loss.value_and_gradient(*args, **options))
    np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-15)
    assert gradient.shape == p.shape
    # the cost of one element is its share of the whole
    scale = np.broadcast_to(np.expand_dims(w * m, axes), p.shape) / divisor
    slopes = np.vectorize(lambda a, b: (NAIVE[loss](a + 1e-5, b) - NAIVE[loss](a - 1e-5, b)) / 2e-5)(p, t)
    np.testing.assert_allclose(gradient, slopes * scale, atol=1e-9)
    if plans.SMALLEST > 1 or (weighted and not masked and reduction != "none"):  # kernels of their own
        np.testing.assert_array_equal(to_numpy(loss(*args, **options)), value)
        np.testing.assert_array_equal(to_numpy(loss.gradient(*args, **options)), gradient)


def naive_cross_entropy(z, target, class_weight, smoothing, ignore):
    """Losses and what each sample weighs, row by row."""
    losses, weights = [], []
    for row, y in zip(z, target, strict=True):
        log_p = row - np.log(np.exp(row - row.max()).sum()) - row.max()
        t = np.eye(len(row))[y] if np.ndim(y) == 0 and y != ignore else np.zeros(len(row)) if np.ndim(y) == 0 else y
        counted = np.ndim(y) > 0 or y != ignore
        smooth = (1 - smoothing) * t + smoothing / len(row)
        losses.append(-(smooth * class_weight * log_p).sum() if counted else 0)
        weights.append((t * class_weight).sum() if counted else 0)
    return np.array(losses), np.array(weights)


@pytest.mark.parametrize("kind", ["index", "ignored", "soft"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("class_weighted", [False, True])
def test_cross_entropy_equals_a_loop(kind, smoothing, class_weighted, library):
    reductions = ["none", "sum", "mean", "batchmean"]
    for weighted, reduction in itertools.product([False, True], reductions):
        # of all options but one each combination
        places = bool(smoothing) + class_weighted + weighted + reductions.index(reduction) + len(kind)
        # a kernel is made for each combination of options, and either reduction or none: each two of them
        single = bool(smoothing) != class_weighted
        if places % 2 == 0 if plans.SMALLEST > 1 else weighted == class_weighted and (reduction == "none") == single:
            check_cross_entropy(kind, smoothing, class_weighted, weighted, reduction, library)


def check_cross_entropy(kind, smoothing, class_weighted, weighted, reduction, library):
    z = rng.normal(0, 3, (7, 4))
    y = rng.integers(0, 4, 7)
    if kind == "ignored":
        y[[1, 4]] = -100
    target = rng.dirichlet(np.ones(4), 7) if kind == "soft" else y
    c = rng.uniform(0.2, 3, 4) if class_weighted else np.ones(4)
    w = rng.uniform(0.5, 2, 7) if weighted else np.ones(7)
    losses, weights = naive_cross_entropy(z, target, c, smoothing, -100)
    counted = np.ones(7, bool) if kind == "soft" else y != -100
    divisor = {"none": 1, "sum": 1, "mean": (w * weights).sum(), "batchmean": counted.sum()}[reduction]
    expected = w * losses if reduction == "none" else (w * losses).sum() / divisor
    options = {"reduction": reduction, "label_smoothing": smoothing}
    if weighted:
        options["weight"] = as_library(library, w)
    if class_weighted:
        options["class_weight"] = as_library(library, c)
    if kind == "ignored":
        options["ignore_index"] = -100
    args = as_library(library, z), as_library(library, target)
    value, gradient = cross_entropy.value_and_gradient(*args, **options)
    np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-11)

    def summed(q):
        parts, _ = naive_cross_entropy(q, target, c, smoothing, -100)
        return (w * parts).sum() / divisor

    np.testing.assert_allclose(to_numpy(gradient), numeric_gradient(summed, z), atol=1e-8)
    if plans.SMALLEST > 1:
        np.testing.assert_array_equal(to_numpy(cross_entropy(*args, **options)), to_numpy(value))
        np.testing.assert_array_equal(to_numpy(cross_entropy.gradient(*args, **options)), to_numpy(gradient))


def test_index_one_hot_and_soft_targets_agree(library):
    z, y = rng.normal(size=(6, 5)), rng.integers(0, 5, 6)
    options = {name: as_library(library, rng.uniform(size=n)) for name, n in (("weight", 6), ("class_weight", 5))}
    options["label_smoothing"] = 0.1
    z = as_library(library, z)
    by_index = cross_entropy.value_and_gradient(z, as_library(library, y), **options)
    by_row = cross_entropy.value_and_gradient(z, as_library(library, np.eye(5)[y]), **options)
    np.testing.assert_allclose(float(by_row[0]), float(by_index[0]), rtol=1e-14)
    np.testing.assert_allclose(to_numpy(by_row[1]), to_numpy(by_index[1]), rtol=1e-13, atol=1e-16)
    by_index = cross_entropy(z, as_library(library, y))
    for dtype in (np.int64, np.int8, np.uint8, bool):
        by_integer_row = cross_entropy(z, as_library(library, np.eye(5, dtype=dtype)[y]))
        np.testing.assert_allclose(float(by_integer_row), float(by_index), rtol=1e-14)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_cross_entropy_on_any_axis(axis, library):
    z, y = rng.normal(size=(3, 4, 5)), rng.integers(0, 3, 60)
    shape = tuple(n for i, n in enumerate(z.shape) if i != axis % 3)
    y = y[: np.prod(shape)].reshape(shape)
    moved = np.moveaxis(z, axis, -1).reshape(-1, z.shape[axis])
    compute = jitted(library, functools.partial(cross_entropy.value_and_gradient, axis=axis))
    value, gradient = compute(as_library(library, z), as_library(library, y))
    expected, slopes = cross_entropy.value_and_gradient(moved, y.ravel())
    np.testing.assert_allclose(float(value), expected, rtol=1e-14)
    gradient = np.moveaxis(to_numpy(gradient), axis, -1).reshape(slopes.shape)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-12, atol=1e-17)


def test_the_articles_average_of_sums_is_axis_minus_1():
    p, t = data((5, 3))
    assert squared_error(p, t, axis=-1) == pytest.approx(((p - t) ** 2).sum(-1).mean(), rel=1e-15)


@pytest.mark.parametrize("loss", POINTWISE)
def test_losses_agree_with_scikit_learn(loss):
    p, t = data((200,))
    y = (t > 0.5).astype(int)
    peer = {
        squared_error: lambda: sklearn.metrics.mean_squared_error(t, p),
        absolute_error: lambda: sklearn.metrics.mean_absolute_error(t, p),
        huber: lambda: np.mean([NAIVE[huber](a, b) for a, b in zip(p, t, strict=True)]),
        binary_cross_entropy: lambda: sklearn.metrics.log_loss(y, 1 / (1 + np.exp(-p))),
    }[loss]()
    assert loss(p, y if loss is binary_cross_entropy else t) == pytest.approx(peer, rel=1e-12)


# ---- nothing to average


@pytest.mark.parametrize("where", [None, "all masked"])
@pytest.mark.parametrize("loss", [huber, cross_entropy])
def test_the_mean_of_nothing(loss, where, library):
    n = 0 if where is None else 2
    p = np.full((n, 3), np.nan)
    t = np.zeros(n, int) if loss is cross_entropy else np.zeros((n, 3))
    options = {} if where is None else {"where": as_library(library, np.zeros(t.shape, bool))}
    args = as_library(library, p), as_library(library, t)
    for reduction in ("mean", "batchmean"):
        value, gradient = loss.value_and_gradient(*args, reduction=reduction, **options)
        assert np.isnan(float(value))
        assert gradient.shape == p.shape
        assert not to_numpy(gradient).any()
        assert float(loss.value_and_gradient(*args, reduction=reduction, empty="zero", **options)[0]) == 0
        with pytest.raises(ValueError, match="mean of no samples"):
            loss.value_and_gradient(*args, reduction=reduction, empty="raise", **options)
    assert float(loss.value_and_gradient(*args, reduction="sum", **options)[0]) == 0
    assert float(loss.value_and_gradient(*args, normalizer=3.0, **options)[0]) == 0


def test_weights_of_0_leave_nothing_to_average(library):
    args = as_library(library, [1.0, 2.0]), as_library(library, [0.0, 0.0])
    assert np.isnan(float(squared_error(*args, weight=as_library(library, [0.0, 0.0]))))
    assert not to_numpy(squared_error.gradient(*args, weight=as_library(library, [0.0, 0.0]))).any()


def test_masked_samples_are_never_looked_at(library):
    z = as_library(library, [[np.nan, 1.0], [0.0, 1.0], [np.inf, -np.inf]])
    y = as_library(library, [7, 1, -3])
    where = as_library(library, [False, True, False])
    value, gradient = cross_entropy.value_and_gradient(z, y, where=where)
    assert float(value) == pytest.approx(np.log1p(np.exp(-1)))
    assert (to_numpy(gradient)[[0, 2]] == 0).all()
    p = as_library(library, [5.0, 0.25])
    t = as_library(library, [9.0, 1.0])
    where = as_library(library, [False, True])
    assert float(binary_cross_entropy(p, t, given="probabilities", where=where)) == pytest.approx(np.log(4))


def test_a_sample_of_weight_0_is_as_good_as_left_out(library):
    for loss in POINTWISE:
        args = as_library(library, [np.nan, 0.5, np.inf]), as_library(library, [1.0, 1.0, 0.0])
        weight = as_library(library, [0.0, 2.0, 0.0])
        assert float(loss(*args, weight=weight)) == pytest.approx(loss([0.5], [1.0]), rel=1e-15)
        gradient = to_numpy(loss.gradient(*args, weight=weight))
        assert gradient[[0, 2]].tolist() == [0, 0]
        assert gradient[1] == pytest.approx(loss.gradient([0.5], [1.0])[0], rel=1e-15)


def test_a_weight_of_0_silences_an_infinite_loss_and_slope(library):
    args = as_library(library, [0.0, 0.5]), as_library(library, [1.0, 1.0])
    options = {"given": "probabilities", "weight": as_library(library, [0.0, 1.0])}
    value, gradient = binary_cross_entropy.value_and_gradient(*args, **options)
    assert float(value) == pytest.approx(np.log(2))
    assert gradient.tolist() == [0, -2]
    z = as_library(library, [[-np.inf, 0.0], [0.0, 0.0]])
    weights = {"class_weight": as_library(library, [0.0, 1.0])}
    value, gradient = cross_entropy.value_and_gradient(z, as_library(library, [0, 1]), **weights)
    assert float(value) == pytest.approx(np.log(2))
    assert gradient.tolist() == [[0, 0], [0.5, -0.5]]


# ---- laws


finite = st.floats(-1e6, 1e6)
vectors = hnp.arrays(np.float64, st.integers(1, 20), elements=finite)


@given(vectors, st.floats(0.1, 10))
def test_a_perfect_prediction_costs_nothing_and_is_a_minimum(t, shift):
    for loss in (squared_error, absolute_error, huber):
        assert loss(t, t) == 0
        assert not loss.gradient(t, t).any()
        assert loss(t + shift, t) > 0


@given(hnp.arrays(np.float64, (6, 2), elements=finite), st.lists(st.integers(0, 4), min_size=6, max_size=6))
def test_whole_weights_repeat_samples(x, weights):
    if sum(weights) == 0:
        weights[0] = 1
    p, t = x.T
    for loss in (squared_error, absolute_error, huber):
        repeated = loss(np.repeat(p, weights), np.repeat(t, weights))
        assert loss(p, t, weight=np.array(weights, float)) == pytest.approx(repeated, rel=1e-12)


@given(hnp.arrays(np.float64, (5, 3), elements=st.floats(-700, 700)), st.floats(-100, 100))
@settings(deadline=None)
def test_cross_entropy_ignores_a_shift_and_its_gradient_sums_to_0(z, shift):
    y = np.arange(5) % 3
    np.testing.assert_allclose(cross_entropy(z + shift, y), cross_entropy(z, y), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(cross_entropy.gradient(z, y).sum(-1), 0, atol=1e-15)
    assert cross_entropy(z, y) >= 0


@given(hnp.arrays(np.float64, 10, elements=st.floats(-50, 50)), hnp.arrays(np.float64, 10, elements=st.floats(-50, 50)))
def test_declared_convexity_holds(a, b):
    t = np.zeros(10)
    for loss in POINTWISE:
        assert loss.properties.convex
        middle = loss((a + b) / 2, t, reduction="none")
        chord = (loss(a, t, reduction="none") + loss(b, t, reduction="none")) / 2
        assert (middle <= chord * (1 + 1e-12) + 1e-12).all()


def test_minimizers_are_what_the_properties_say():
    t = rng.exponential(size=101)
    for loss in (squared_error, absolute_error):
        best = {"mean": t.mean(), "median": np.median(t)}[loss.properties.minimizer]
        costs = [loss(np.full(101, best + shift), t) for shift in (-0.01, 0, 0.01)]
        assert min(costs) == costs[1]
    y = (t > 1).astype(float)
    costs = [binary_cross_entropy(np.full(101, y.mean() + s), y, given="probabilities") for s in (-0.01, 0, 0.01)]
    assert min(costs) == costs[1]


@pytest.mark.parametrize("loss", [*POINTWISE, cross_entropy])
def test_curvature_is_the_derivative_of_the_gradient(loss, library):
    p = rng.normal(0, 2, (4, 3))
    t = np.array([0, 1, 2, 1]) if loss is cross_entropy else rng.uniform(size=(4, 3))
    got = to_numpy(loss.curvature(as_library(library, p), as_library(library, t)))
    slope = lambda p: loss.value_and_gradient(p, t)[1]
    step = 1e-6
    for i in np.ndindex(p.shape):
        up, down = p.copy(), p.copy()
        up[i] += step
        down[i] -= step
        assert got[i] == pytest.approx((slope(up)[i] - slope(down)[i]) / (2 * step), abs=1e-7)


# ---- dtypes and layouts


def test_every_integer_dtype_is_a_class_index():
    z, y = rng.normal(size=(4, 4)), np.arange(4)
    expected = cross_entropy(z, y)
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
        assert cross_entropy(z, y.astype(name)) == expected
        dtype = getattr(torch, name)
        assert cross_entropy(torch.tensor(z), torch.tensor(y).to(dtype)).item() == pytest.approx(expected, rel=1e-15)


def test_an_unsigned_label_is_never_a_negative_ignore_index(library):
    z, y = rng.normal(size=(2, 200)), np.array([156, 3], np.uint8)  # 156 is -100 in 8 bits
    got = cross_entropy(as_library(library, z), as_library(library, y), ignore_index=-100)
    assert float(got) == pytest.approx(cross_entropy(z, y.astype(int)), rel=1e-14)


@pytest.mark.parametrize("loss", POINTWISE)
def test_layout_and_byte_order_do_not_matter(loss):
    p, t = data((6, 4))
    expected, slope = loss(p, t), loss.gradient(p, t)
    frozen = p.copy()
    frozen.flags.writeable = False
    wide = np.zeros((12, 8))
    wide[::2, ::2] = p
    for q in (frozen, wide[::2, ::2], np.asfortranarray(p), p.astype(">f8"), p[::-1][::-1], p.tolist(), pd.DataFrame(p)):
        assert loss(q, t) == pytest.approx(expected, rel=1e-15)
        np.testing.assert_allclose(loss.gradient(q, t), slope, rtol=1e-14)
    assert (frozen == p).all()


def test_scalars_and_one_element():
    assert squared_error(3.0, 1.0) == 4
    assert squared_error.gradient(3.0, 1.0) == 4
    assert cross_entropy([0.0], 0) == 0
    assert cross_entropy([1.0, 1.0], 1) == pytest.approx(np.log(2))
    assert isinstance(squared_error([1.0], [0.0]), float)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_summed_in_more(dtype):
    kind = np.float16 if dtype == "float16" else ml_dtypes.bfloat16
    p = np.full(5000, 4.0, kind)  # 80,000 is above the range of float16, and no number of bfloat16
    value = squared_error(p, np.zeros_like(p))
    assert value == 16
    assert value.dtype == np.float32
    assert squared_error(p, np.zeros_like(p), reduction="none").dtype == kind
    assert squared_error.gradient(p, np.zeros_like(p), reduction="none").dtype == kind
    t = torch.full((5000,), 4.0, dtype=getattr(torch, dtype))
    assert squared_error(t, torch.zeros_like(t)).item() == 16
    assert squared_error(t, torch.zeros_like(t)).dtype == torch.float32
    large = np.array([300.0], np.float16)
    assert squared_error(large, -large) == 360_000  # beyond float16's range


def test_float32_stays_float32_and_mixed_becomes_the_wider():
    p, t = data((5,))
    assert huber(p.astype(np.float32), t.astype(np.float32)).dtype == np.float32
    assert huber(p.astype(np.float32), t).dtype == np.float64
    assert huber.gradient(p.astype(np.float32), t).dtype == np.float32
    assert huber(p.astype(np.float32), np.array([0, 1, 0, 1, 1])).dtype == np.float32


@pytest.mark.compiled
def test_a_million_classes(library):
    z = np.zeros((2, 1_000_000), np.float32)
    got = cross_entropy(as_library(library, z), as_library(library, [0, 999_999]))
    assert float(got) == pytest.approx(np.log(1e6), rel=1e-6)


def test_inputs_are_left_as_they_are(library):
    p, t = data()
    p_in, t_in = as_library(library, p), as_library(library, t)
    for call in (binary_cross_entropy.value_and_gradient, binary_cross_entropy.curvature):
        call(p_in, t_in, where=as_library(library, t > 0.5))
    assert (to_numpy(p_in) == p).all()
    assert (to_numpy(t_in) == t).all()


@pytest.mark.parametrize("loss", POINTWISE)
def test_results_are_the_callers_to_change(loss):
    p, t = data()
    for result in (loss(p, t, reduction="none"), loss.gradient(p, t, reduction="none"), loss.curvature(p, t, reduction="none")):
        result += 1


# ---- the object


def test_losses_are_pickled_by_name_and_never_copied():
    for loss in (huber, cross_entropy):
        assert pickle.loads(pickle.dumps(loss)) is loss
        assert copy.deepcopy(loss) is loss


def test_signatures_tell_the_parameters():
    assert list(inspect.signature(huber).parameters)[:3] == ["prediction", "target", "delta"]
    assert inspect.signature(binary_cross_entropy).parameters["given"].default == "logits"
    assert dict(huber.parameters) == {"delta": 1.0}
    assert "huber" in repr(huber)
    assert "Huber, 1964" in huber.__doc__


def test_weights_masks_and_axes_may_be_lists(library):
    p, t, w, m = [[1.0, 2.0], [4.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]], [0.1, 0.7], [True, False]
    args = as_library(library, p), as_library(library, t)
    assert float(squared_error(*args, axis=[1], weight=w)) == pytest.approx((0.1 * 5 + 0.7 * 16) / 0.8, rel=1e-15)
    assert float(squared_error(*args, axis=-1, where=m)) == 5
    assert float(squared_error(*args, axis=[0, 1], reduction="sum")) == 21
    assert float(squared_error(*args, normalizer=np.float32(4))) == 5.25
    logits = as_library(library, [[0.0, 0.0], [0.0, 0.0]])
    got = cross_entropy(logits, as_library(library, [0, 1]), class_weight=w, reduction="sum")
    assert float(got) == pytest.approx(0.8 * np.log(2), rel=1e-15)


def test_prediction_and_target_are_keywords_too():
    assert huber(target=[0.0], prediction=[3.0]) == 2.5


def test_importing_lossary_loads_nothing_heavy():
    code = (
        "import sys, lossary; lossary.huber.gradient([1.0], [0.0]);"
        "heavy = ['sympy', 'numba', 'torch', 'jax', 'pyarrow', 'matplotlib', 'scipy', 'pandas', 'click'];"
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_problems_name_the_samples_that_are_invalid():
    p = [[0.5, 0.5], [0.9, 0.3], [1.2, -0.2]]
    found = cross_entropy.problems(p, [0, 5, 1], given="probabilities")
    assert {kind: mask.tolist() for kind, mask in found.items()} == {
        "prediction range": [False, False, True],
        "prediction sum": [False, True, False],
        "label": [False, True, False],
    }
    assert huber.problems([1.0], [2.0]) == {}


def test_reductions_do_not_depend_on_the_number_of_threads():
    p = torch.randn(300_001, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    before = torch.get_num_threads()
    try:
        results = set()
        for threads in (1, 2, 7):
            torch.set_num_threads(threads)
            results.add(squared_error(p, torch.zeros_like(p)).item())
    finally:
        torch.set_num_threads(before)
    assert len(results) == 1


@pytest.mark.parametrize(("reduction", "normalizer"), list(itertools.product(["mean", "sum", "batchmean"], [None, 5])))
def test_splitting_a_batch_with_a_normalizer_changes_nothing(reduction, normalizer, library):
    p, t = data((8,))
    whole = squared_error(p, t, normalizer=normalizer or 8, reduction=reduction)
    parts = [
        squared_error(as_library(library, p[s]), as_library(library, t[s]), normalizer=normalizer or 8, reduction=reduction)
        for s in (slice(0, 3), slice(3, 8))
    ]
    assert sum(map(float, parts)) == pytest.approx(whole, rel=1e-14)


def test_user_losses_work_everywhere(library):
    p, t = data()
    value, gradient = cauchy.value_and_gradient(as_library(library, p), as_library(library, t), scale=2.0, reduction="sum")
    assert float(value) == pytest.approx(np.log1p(((p - t) / 2) ** 2).sum(), rel=1e-14)
    np.testing.assert_allclose(to_numpy(gradient), 2 * (p - t) / (4 + (p - t) ** 2), rtol=1e-13)
    assert pickle.loads(pickle.dumps(cauchy)) is cauchy


@lossary.pointwise
def cauchy(prediction, target, *, scale=1.0):
    return lossary.vocabulary.log1p(((prediction - target) / scale) ** 2)


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - lossary.vocabulary.exp(log_probability)) ** gamma) * log_probability


def test_a_masked_class_of_a_users_softmax_loss(library):
    z, y = as_library(library, [[-np.inf, 0.0, 1.0]]), as_library(library, [1])
    _, expected = focal.value_and_gradient([[0.0, 1.0]], [0])
    _, gradient = focal.value_and_gradient(z, y)
    assert gradient[0].tolist() == pytest.approx([0, *expected[0]], abs=1e-15)


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2.0, 5])
def test_a_users_softmax_loss(gamma, library):
    z, y = rng.normal(0, 2, (5, 3)), np.array([0, 1, 2, 0, 1])

    def cost(q):
        log_p = q - np.log(np.exp(q).sum(-1, keepdims=True))
        log_p = log_p[np.arange(5), y]
        return (-((1 - np.exp(log_p)) ** gamma) * log_p).mean()

    args = as_library(library, z), as_library(library, y)
    value, gradient = focal.value_and_gradient(*args, gamma=gamma)
    assert float(value) == pytest.approx(cost(z), rel=1e-12)
    np.testing.assert_allclose(to_numpy(gradient), numeric_gradient(cost, z), atol=1e-9)
    if gamma == 0:
        np.testing.assert_allclose(to_numpy(gradient), cross_entropy.value_and_gradient(z, y)[1], atol=1e-16)


def cosine_gradient(prediction, target):
    dot, pp, tt = (
        (a * b).sum(-1, keepdims=True) for a, b in ((prediction, target), (prediction, prediction), (target, target))
    )
    return -target / np.sqrt(pp * tt) + prediction * dot / np.sqrt(pp**3 * tt)


@lossary.composed(gradient=cosine_gradient)
def cosine_distance(prediction, target):
    from lossary.vocabulary import sqrt

    dot = (prediction * target).sum(-1)
    return 1 - dot / sqrt((prediction**2).sum(-1) * (target**2).sum(-1))


def test_a_composed_loss(library):
    p, t = rng.normal(size=(2, 4, 3))
    w = rng.uniform(size=4)
    expected = np.array([1 - a @ b / np.sqrt(a @ a * (b @ b)) for a, b in zip(p, t, strict=True)])
    args = as_library(library, p), as_library(library, t)
    options = {"weight": as_library(library, w)}
    assert float(cosine_distance(*args, **options)) == pytest.approx(np.average(expected, weights=w))
    if library == "numpy":
        np.testing.assert_allclose(
            cosine_distance.gradient(p, t, weight=w), numeric_gradient(lambda q: cosine_distance(q, t, weight=w), p), atol=1e-9
        )


@pytest.mark.parametrize("axis", [0, -1])
def test_frameworks_find_the_gradient_of_a_composed_loss(axis):
    @lossary.composed
    def cosine(prediction, target):
        return cosine_distance.definition(prediction, target)

    p, t = rng.normal(size=(2, 4, 3))
    expected = numeric_gradient(lambda q: cosine_distance(q, t, axis=axis), p)
    for library in ("torch", "jax"):
        got = cosine.gradient(as_library(library, p), as_library(library, t), axis=axis)
        np.testing.assert_allclose(to_numpy(got), expected, atol=1e-9)
    with pytest.raises(TypeError, match=r"not derived for NumPy arrays; give it .* @composed\(gradient=…\)"):
        cosine.gradient(p, t)
    with pytest.raises(TypeError, match="curvature of a composed loss is not derived"):
        cosine.curvature(p, t)
