"""Totals: against Fractions, through bytes, and the same for any batches; and what PyTorch's older arguments meant."""

import copy
import functools
import json
import math
import pickle
import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lossary
from lossary.arrays import numpy as numpy_backend
from lossary.engine import exact_sum
from lossary.engine.reduction import Reduction, Total
from lossary.vocabulary import exp, log1p
from tests import oracle

ORDINARY = st.floats(1e-90, 1e90) | st.floats(-1e90, -1e-90) | st.sampled_from([0.0, -0.0, 1.0, 1 + 2.0**-52, 1 / 3])
"""Numbers whose squares float64 has, to the last digit."""
ANYTHING = st.floats() | st.sampled_from([0.0, 5e-324, -1e308, 1.7976931348623157e308, math.inf, -math.inf, math.nan])
WEIGHTS = st.floats(1e-40, 1e40) | st.sampled_from([0.0, 1.0])
law = settings(deadline=None)
"""A kernel may have to be compiled."""
WEIGHTED = st.lists(st.tuples(ORDINARY, WEIGHTS), max_size=40)


def total_of(losses, weight=None):
    total = Total()
    total.update(np.array(losses, float), None if weight is None else np.array(weight, float))
    return total


def nearest(fraction):
    """A fraction as a float64, rounded once."""
    try:
        return float(fraction)
    except OverflowError:
        return math.inf if fraction > 0 else -math.inf


def moments(losses, weights):
    """Mean and variance as Fractions."""
    mean = sum(w * loss for loss, w in zip(losses, weights, strict=True)) / sum(weights)
    return mean, sum(w * (loss - mean) ** 2 for loss, w in zip(losses, weights, strict=True)) / sum(weights)


# ---- what a total is of its losses


@law
@given(st.lists(ORDINARY, min_size=1, max_size=40), st.sampled_from([1, 30]))
def test_without_weights_all_is_rounded_once(losses, times):
    total, exact = total_of(losses * times), [*map(Fraction, losses)]
    mean, variance = moments(exact, [1] * len(exact))
    assert total.sum == nearest(sum(exact) * times)
    assert (total.count, total.weight) == (len(losses) * times,) * 2
    assert total.mean == nearest(mean)
    assert total.variance == nearest(variance)
    assert total.invalid == {}


@law
@given(WEIGHTED)
def test_with_weights_only_products_are_rounded_besides(pairs):
    losses, weights = [loss for loss, _ in pairs], [w for _, w in pairs]
    total, products = total_of(losses, weights), [Fraction(loss * w) for loss, w in pairs]
    mass = sum(map(Fraction, weights), Fraction(0))
    assert total.count == len(pairs)
    assert total.sum == nearest(sum(products))
    assert total.weight == nearest(mass)
    if not mass:
        assert math.isnan(total.mean)
        assert math.isnan(total.variance)
        return
    assert total.mean == nearest(sum(products) / mass)
    exact, squares = [*map(Fraction, losses)], sum(Fraction(loss) ** 2 * Fraction(w) for loss, w in pairs) / mass
    # six roundings of half an ulp each, of which the variance is told apart by what does not cancel
    assert abs(Fraction(total.variance) - moments(exact, [*map(Fraction, weights)])[1]) <= Fraction(1e-15) * squares
    assert total.variance >= 0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [1e-15, 1.0, 1e15])
def test_the_variance_of_weighted_losses_is_right_to_the_last_digits(dtype, scale):
    rng = np.random.default_rng(4)
    x, w = (rng.normal(size=(2, 500)) * [[scale], [0]]).astype(dtype), rng.uniform(1, 2, 500).astype(dtype)
    losses = np.concatenate([x[0], -x[0]])  # without a mean that cancels
    weight = np.concatenate([w, w])
    exact = [[*map(Fraction, a.astype(float).tolist())] for a in (losses, weight)]
    assert total_of(losses, weight).variance == pytest.approx(float(moments(*exact)[1]), rel=1e-15, abs=0)
    # the loss is computed in its own precision, of which each wℓ has half an ulp or two
    error = 4 * float(np.finfo(dtype).eps)
    found = lossary.squared_error.total(x[0], np.zeros_like(x[0]), weight=w)
    of_squares = [Fraction(v) ** 2 for v in x[0].astype(float).tolist()], exact[1][:500]
    assert found.variance == pytest.approx(float(moments(*of_squares)[1]), rel=4 * error, abs=0)
    assert found.mean == pytest.approx(float(moments(*of_squares)[0]), rel=error, abs=0)


def test_a_variance_far_from_zero_keeps_its_digits():
    assert total_of([1e9, 1e9 + 1, 1e9 + 2]).variance == 2 / 3
    assert total_of([2.0**52, 2.0**52 + 1]).variance == 0.25
    assert total_of([0.1] * 10).variance == 0
    assert 0 <= total_of([0.1] * 10, [0.3] * 10).variance <= 1e-17


def test_a_weight_of_zero_makes_any_loss_count_nothing():
    total = total_of([1.0, math.inf, -math.inf, math.nan, 3.0], [2.0, 0.0, 0.0, 0.0, 2.0])
    assert (total.sum, total.weight, total.mean, total.variance, total.count) == (8.0, 4.0, 2.0, 1.0, 5)
    assert total.invalid == {}
    nothing = total_of([math.nan, 1.0], [0.0, 0.0])
    assert (nothing.sum, nothing.weight, nothing.count) == (0.0, 0.0, 2)
    assert math.isnan(nothing.mean)
    assert math.isnan(nothing.variance)


@pytest.mark.parametrize("weight", [[1.0, -1e-300], [1.0, math.nan], [1.0], [[1.0, 1.0]], 1.0, [1.0, 1.0, 1.0]])
def test_weights_that_are_none_are_refused_and_change_nothing(weight):
    total = total_of([3.0], [2.0])
    with pytest.raises(ValueError, match="there is one finite weight ≥ 0 a loss; got losses of shape"):
        total.update([1.0, 2.0], weight)
    assert total == total_of([3.0], [2.0])


def test_losses_of_any_shape_and_layout():
    x, w = np.arange(12.0).reshape(3, 4), np.arange(12.0).reshape(3, 4) / 8
    for losses, weight in ((x, w), (x.T, w.T), (x[::-1], w[::-1]), (x.tolist(), w.tolist()), (x.astype(np.float16), w)):
        total = Total()
        total.update(losses, weight)
        assert total == total_of(x.ravel(), w.ravel())
    total = Total()
    total.update(2, 3)
    assert (total.sum, total.weight, total.count) == (6, 3, 1)


def test_losses_that_are_not_finite_are_counted():
    total = total_of([1.0, math.nan, math.inf, math.inf])
    assert total.invalid == {"NaN": 1, "Infinity": 2}
    assert all(map(math.isnan, (total.sum, total.mean, total.variance)))
    assert repr(total) == "Total(count=4, sum=nan, weight=4.0, mean=nan, invalid={'NaN': 1, 'Infinity': 2})"
    total = total_of([1.0, -math.inf], [1.0, 2.0])
    assert (total.sum, total.mean, total.weight, total.invalid) == (-math.inf, -math.inf, 3.0, {"-Infinity": 1})
    assert math.isnan(total.variance)
    assert repr(total_of([1.0])) == "Total(count=1, sum=1.0, weight=1.0, mean=1.0)"


def test_tiny_weights_leave_infinities_their_signs_and_heavy_ones_the_variance_its_digits():
    assert total_of([math.inf, 1.0], [1e-200, 1.0]).sum == math.inf
    assert total_of([-math.inf, 1.0], [1e-200, 1.0]).sum == -math.inf
    assert total_of([1e140, 3e140], [1e18, 1e18]).variance == pytest.approx(1e280, rel=1e-14)


@pytest.mark.parametrize("number", [0, 0.0, np.array(0.0), torch.tensor(0.0)], ids=repr)
def test_a_normalizer_of_0_leaves_no_gradient(number):
    library = torch.tensor if isinstance(number, torch.Tensor) else np.array
    x, y = library([1.0, 2.0]), library([0.0, 5.0])
    for empty, expected in (("zero", 0.0), ("nan", math.nan)):
        value, gradient = lossary.squared_error.value_and_gradient(x, y, normalizer=number, empty=empty)
        np.testing.assert_array_equal(float(value), expected)
        assert not gradient.any()


def test_a_mean_of_large_losses_is_no_infinity():
    assert total_of([1.7e308, 1.7e308]).sum == math.inf
    assert total_of([1.7e308, 1.7e308]).mean == 1.7e308
    assert total_of([5e-324] * 3).mean == 5e-324
    assert math.isnan(total_of([1e200, -1e200]).variance)  # their squares are beyond float64
    assert math.isnan(total_of([1e200, -1e200], [1e-300, 1e-300]).variance)  # as if each weighed 1


# ---- merging


@law
@given(st.lists(st.lists(st.tuples(ANYTHING, WEIGHTS), max_size=8), max_size=6), st.booleans(), st.randoms())
def test_totals_are_merged_in_any_order(parts, weighted, shuffle):
    make = lambda pairs: total_of([loss for loss, _ in pairs], [w for _, w in pairs] if weighted else None)
    whole, totals = make([pair for part in parts for pair in part]), [make(part) for part in parts]
    while len(totals) > 1:
        shuffle.shuffle(totals)
        first, second, *rest = totals
        before = first.to_bytes(), second.to_bytes()
        joined = first + second
        assert (first.to_bytes(), second.to_bytes()) == before
        same = first
        same += second
        assert same is first
        assert first == joined
        totals = [joined, *rest]
    assert (totals[0] if totals else Total()) == whole
    whole.merge(whole)
    assert whole == make([pair for part in parts * 2 for pair in part])


def test_a_total_is_merged_with_totals_alone():
    total = total_of([1.0])
    for act in (
        lambda: total + 3,
        lambda: 3 + total,
        lambda: sum([total]),
        lambda: total.__iadd__(3) + 1,
        lambda: total + None,
    ):
        with pytest.raises(TypeError):
            act()
    with pytest.raises(TypeError, match="a total is merged with a Total; got int"):
        total.merge(3)
    assert total == total_of([1.0])


def test_billions_of_samples():
    total = total_of([1.5, -2.0, math.inf], [1.0, 3.0, 0.0])
    for _ in range(40):
        total += total
    assert (total.count, total.sum, total.weight, total.mean) == (3 << 40, -4.5 * 2.0**40, 4 * 2.0**40, -1.125)
    assert total.variance == total_of([1.5, -2.0], [1.0, 3.0]).variance
    assert Total.from_bytes(total.to_bytes()) == total


# ---- equality and keeping


def test_totals_are_equal_if_they_hold_the_same():
    assert total_of([1.0, 2.0]) == total_of([2.0, 1.0])
    assert Total() == total_of([])
    others = [[1.0, 1.0], [2.0, 0.0], [2.0], [math.nan], [math.inf], [-math.inf], [math.inf, 0.0], [2.0 + 2.0**-51], []]
    for i, a in enumerate(others):
        for j, b in enumerate(others):
            assert (total_of(a) == total_of(b)) == (i == j)
            assert (total_of(a).to_bytes() == total_of(b).to_bytes()) == (i == j)
    assert total_of([1.0]) != total_of([1.0], [2.0])
    assert total_of([1.0], [1e-300]) != total_of([1.0], [2e-300])
    assert total_of([1.0, 9.0], [1.0, 0.0]) != total_of([1.0], [1.0])  # two samples, one of which weighs nothing
    assert total_of([1.0]) != 1.0
    with pytest.raises(TypeError, match="unhashable"):
        hash(Total())


@law
@given(st.lists(st.tuples(ANYTHING, WEIGHTS), max_size=20), st.booleans())
def test_a_total_is_the_same_through_bytes_pickles_and_copies(pairs, weighted):
    total = total_of([loss for loss, _ in pairs], [w for _, w in pairs] if weighted else None)
    data = total.to_bytes()
    for again in (Total.from_bytes(data), pickle.loads(pickle.dumps(total)), copy.copy(total), copy.deepcopy(total)):
        assert again == total
        assert again.to_bytes() == data
        assert again.invalid == total.invalid
        np.testing.assert_equal([again.sum, again.mean, again.variance], [total.sum, total.mean, total.variance])
        again.update([1.0])
        assert again != total
    assert total.to_bytes() == data
    assert Total.from_bytes(bytearray(data)) == Total.from_bytes(memoryview(data)) == total


@pytest.mark.parametrize("smallest", [0, 1 << 62], ids=["kernel", "twin"])
def test_equal_totals_give_equal_bytes_however_they_came_about(monkeypatch, smallest):
    losses = np.concatenate([np.ldexp(np.random.default_rng(8).normal(size=700), np.arange(700) * 3 - 1080), [math.nan, -1.0]])
    expected = total_of(losses).to_bytes()
    monkeypatch.setattr(exact_sum, "_SMALLEST", smallest)
    total = Total()
    for part in np.array_split(losses[::-1], 9):
        monkeypatch.setattr(exact_sum, "_CARRY_AFTER", 1 if len(part) % 2 else 1 << 29)
        total += total_of(part)
    assert total.to_bytes() == expected


def test_damaged_bytes_are_refused():
    data = total_of([math.pi, -1e308, 5e-324, math.inf]).to_bytes()
    damaged = [data[:n] for n in range(len(data))] + [data + bytes([b]) for b in (0, 1, 255)] + [data[1:], data + data]
    damaged += [data[:i] + bytes([data[i] ^ bit]) + data[i + 1 :] for i in range(len(data)) for bit in (1, 16, 128, 255)]
    for one in damaged:
        with pytest.raises(ValueError, match="bytes"):
            Total.from_bytes(one)
    with pytest.raises(ValueError, match="damaged or cut short; send or write them again"):
        Total.from_bytes(data[:-1])


def test_bytes_of_something_else_are_refused():
    for foreign in (b"", b"\x00", pickle.dumps(1), json.dumps({"sum": 1}).encode(), np.zeros(9).tobytes(), b"lossary."):
        with pytest.raises(
            ValueError, match=r"these are no bytes of a Total: they begin with .*; pass what Total.to_bytes\(\) gave"
        ):
            Total.from_bytes(foreign)
    data = total_of([1.0]).to_bytes()
    version = data.index(b"Total") + len(b"Total")
    newer = data[:version] + bytes([data[version] + 1]) + data[version + 1 :]
    with pytest.raises(ValueError, match="in format 03, and format 02 is what is read here; read them by the version"):
        Total.from_bytes(newer)
    for wrong in ("text", None, 3, [1], total_of([1.0]), np.frombuffer(data, np.uint8)):
        with pytest.raises(TypeError, match="a total is read from bytes"):
            Total.from_bytes(wrong)


# ---- totals of losses


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


@lossary.composed
def distance(prediction, target):
    return log1p(exp(prediction - target)).sum(-1)


Case = tuple[lossary.Loss, np.ndarray, np.ndarray, dict]


@functools.cache
def case(name: str) -> Case:
    """A loss on some rows, with options."""
    rng = np.random.default_rng(len(name))
    loss_name, *words = name.split()
    loss = {"focal": focal, "distance": distance}.get(loss_name) or getattr(lossary, loss_name)
    dtype, options = words[-1], {}
    if loss.kind == "pointwise" and "axis" not in words:
        x = rng.normal(size=17_000) * 4
        if "probabilities" in words:
            x, options = 1 / (1 + np.exp(-x)), {"given": "probabilities"}
        y = rng.integers(0, 2, x.size).astype(np.int8) if loss_name == "binary_cross_entropy" else rng.normal(size=x.size)
    else:
        width = int(words[0])
        x = rng.normal(size=(17_000 if width <= 10 else 4_600, width)) * 4
        options = {"axis": -1} if "axis" in words else {}
        if loss.kind != "softmax":
            y = rng.normal(size=x.shape)
        elif "dense" in words:
            y = rng.uniform(size=x.shape)
            y = (y / y.sum(-1, keepdims=True)).astype(np.float32 if dtype == "float16" else dtype)
        else:
            y = rng.integers(0, width, len(x))
        if "class_weight" in words:
            options["class_weight"] = rng.uniform(0.5, 2, width).astype(dtype if dtype != "float16" else np.float32)
        if "ignored" in words:
            options["ignore_index"] = 1
    if "weight" in words:
        options["weight"] = rng.uniform(size=len(x)).astype(dtype)
    return loss, x.astype(dtype), y.astype(dtype) if y.dtype == np.float64 else y, options


CASES = [
    "binary_cross_entropy float32",
    "binary_cross_entropy float64",
    "binary_cross_entropy probabilities float32",
    "binary_cross_entropy probabilities float64",
    "binary_cross_entropy weight float64",
    "huber float32",
    "squared_error float64",
    "absolute_error float32",
    "cross_entropy 3 float32",
    "cross_entropy 3 dense float16",
    "cross_entropy 10 float32",
    "cross_entropy 10 class_weight ignored float64",
    "cross_entropy 10 dense float32",
    "cross_entropy 50 float32",
    "cross_entropy 50 dense float64",
    "cross_entropy 300 float32",
    "cross_entropy 300 class_weight ignored float16",
    "cross_entropy 300 dense float64",
    "focal 10 float64",
    "focal 50 weight float64",
    "distance 7 float32",
    "distance 37 float64",
    "huber 7 axis float64",
]
BASIC = {
    "binary_cross_entropy float32",
    "binary_cross_entropy weight float64",
    "squared_error float64",
    "cross_entropy 3 dense float16",
    "cross_entropy 10 class_weight ignored float64",
    "cross_entropy 50 float32",
    "cross_entropy 300 dense float64",
    "focal 50 weight float64",
    "distance 7 float32",
    "huber 7 axis float64",
}
EACH = [pytest.param(name, marks=[] if name in BASIC else pytest.mark.heavy) for name in CASES]


def asked(name, library="numpy", rows=slice(None), layout=lambda a: a):
    """The total of some rows of a case."""
    loss, x, y, options = case(name)
    weights = {key: value[rows] if key == "weight" else value for key, value in options.items()}
    as_given = (lambda a: layout(torch.from_numpy(a))) if library == "torch" else layout
    weights = {key: as_given(value) if isinstance(value, np.ndarray) else value for key, value in weights.items()}
    return loss.total(as_given(x[rows]), as_given(y[rows]), **weights)


@functools.cache
def first_rows(name, library):
    return asked(name, library, slice(0, 300))


def merged(totals):
    whole = Total()
    for total in totals:
        whole += total
    return whole


@pytest.fixture
def many_threads(monkeypatch):
    """Threads even where they cost more than they save; as many as there were, afterwards."""
    before = torch.get_num_threads()
    monkeypatch.setattr("lossary.kernels.task._WORTH_A_THREAD", 1)
    yield
    lossary.set_num_threads(None)
    torch.set_num_threads(before)


@pytest.mark.compiled
@pytest.mark.usefixtures("many_threads")
@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("name", EACH)
def test_a_total_is_the_same_to_the_bit_for_any_batches_order_and_threads(name, library):
    whole, size = asked(name, library), len(case(name)[1])
    cuts = list(np.cumsum([1] * 40 + [7] * 20 + [4097, 4096, 4095]))
    rng = np.random.default_rng(3)
    for order in (rng.permutation(size), *([np.arange(size)] if library == "numpy" else [])):
        parts = np.split(order, [cut for cut in cuts if cut < size])
        random.Random(0).shuffle(parts)
        assert merged(asked(name, library, part) for part in parts) == whole
    for threads in (1, 2):
        lossary.set_num_threads(threads)
        torch.set_num_threads(threads)
        assert asked(name, library) == whole
    if case(name)[0] is not distance and "axis" not in name:
        assert whole == asked(name, "numpy")


@pytest.mark.compiled
@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("name", EACH)
def test_the_loss_of_a_row_does_not_depend_on_where_it_stands(name):
    loss, x, y, options = case(name)
    each = [asked(name, rows=slice(i, i + 1)) for i in range(200)]
    values, weights, counts = (np.array([getattr(row, part) for row in each]) for part in ("sum", "weight", "count"))
    weighted = {"weight", "class_weight"} & options.keys()
    for offset in range(71):
        for size in (64, 1 + offset % 16, 129 - offset):
            rows = slice(offset, offset + size)
            counted, expected = counts[rows] == 1, Total()
            expected.add_weighted(values[rows][counted], weights[rows][counted] if weighted else None)
            assert asked(name, rows=rows) == expected
    own = {key: value[:200] if key == "weight" else value for key, value in options.items()}
    losses = loss(x[:200], y[:200], reduction="none", **own)
    # a total is of the losses as they are computed, which half precision would round
    np.testing.assert_array_equal(losses[counts == 1], values[counts == 1].astype(losses.dtype))


def test_totals_of_half_precision_are_not_rounded_to_it():
    assert lossary.squared_error.total(np.float16([300, 1]), np.float16([0, 0])).sum == 90001.0
    z = torch.tensor([[1.0, 2.0, 0.5]], dtype=torch.bfloat16)
    truth = oracle.softmax_row([1.0, 2.0, 0.5])[1][0]
    assert lossary.cross_entropy.total(z, torch.tensor([0])).sum == pytest.approx(-float(truth), rel=1e-6)


@pytest.mark.parametrize("as_array", [float, np.float32, np.array, torch.tensor])
def test_the_total_of_one_number(as_array):
    total = lossary.huber.total(as_array(3.0), as_array(0.0))
    assert (total.count, total.sum) == (1, 2.5)
    assert lossary.cross_entropy.total([1.0, 1.0], 0).mean == pytest.approx(math.log(2))


def lying(layout, a):
    """An array whose numbers lie otherwise in memory."""
    torch_s = isinstance(a, torch.Tensor)
    if layout == "strided rows":
        return torch.repeat_interleave(a, 2, 0)[::2] if torch_s else np.repeat(a, 2, 0)[::2]
    if layout == "strided columns":
        return torch.repeat_interleave(a, 2, -1)[..., ::2] if torch_s else np.repeat(a, 2, -1)[..., ::2]
    if layout == "columns first":
        return (
            torch.empty(a.shape[::-1], dtype=a.dtype).permute(*range(a.ndim)[::-1]).copy_(a)
            if torch_s
            else np.asfortranarray(a)
        )
    if layout == "reversed":
        return a[..., ::-1].copy()[..., ::-1]
    return a.astype(a.dtype.newbyteorder(">"))


LAYOUTS = {
    "numpy": ["strided rows", "strided columns", "columns first", "reversed", "big-endian"],
    "torch": ["strided rows", "strided columns", "columns first"],
}


@pytest.mark.parametrize(("library", "layout"), [(library, layout) for library in LAYOUTS for layout in LAYOUTS[library]])
@pytest.mark.parametrize(
    "name",
    [
        "binary_cross_entropy weight float64",
        "huber float32",
        "cross_entropy 10 class_weight ignored float64",
        "cross_entropy 10 dense float32",
        "cross_entropy 50 float32",
        "cross_entropy 50 dense float64",
        "distance 7 float32",
        "distance 37 float64",
        "huber 7 axis float64",
    ],
)
def test_a_total_does_not_depend_on_how_its_arrays_lie(name, library, layout):
    assert asked(name, library, slice(0, 300), functools.partial(lying, layout)) == first_rows(name, library)


def test_totals_are_those_of_the_losses():
    rng = np.random.default_rng(6)
    z, y = rng.normal(size=(20, 3)) * 5, rng.integers(0, 3, 20)
    truth = [-oracle.softmax_row(row)[1][label] for row, label in zip(z, y, strict=True)]
    assert oracle.ulps(lossary.cross_entropy.total(z, y).sum, oracle.MP.fsum(truth)) <= 4
    p, t = rng.normal(size=30) * 5, rng.integers(0, 2, 30).astype(np.int8)
    truth = [oracle.bce_logits(oracle.exact(a), int(b))[0] for a, b in zip(p, t, strict=True)]
    total = lossary.binary_cross_entropy.total(p, t)
    assert oracle.ulps(total.sum, oracle.MP.fsum(truth)) <= 4
    mean = oracle.MP.fsum(truth) / 30
    assert total.variance == pytest.approx(float(oracle.MP.fsum((x - mean) ** 2 for x in truth) / 30), rel=1e-14)
    whole = [Fraction((a - b) ** 2) for a, b in zip(z.ravel().tolist(), z.ravel()[::-1].tolist(), strict=True)]
    assert lossary.squared_error.total(z, z.ravel()[::-1].reshape(z.shape)).sum == float(sum(whole))


def test_totals_count_unmasked_samples_only():
    z, y = [[0.0, 0.0], [np.nan, 0.0], [1.0, 1.0]], [0, 1, -100]
    total = lossary.cross_entropy.total(z, y, where=[True, False, True], ignore_index=-100, class_weight=[2.0, 1.0])
    assert (total.count, total.weight) == (1, 2.0)
    assert total.mean == pytest.approx(math.log(2))
    empty = lossary.huber.total([], [])
    assert empty.count == 0
    assert math.isnan(empty.mean)
    assert (empty + total).sum == total.sum


def test_totals_of_tensors():
    p = torch.tensor([1.0, 2.0], requires_grad=True)
    assert lossary.squared_error.total(p, torch.zeros(2)).sum == 5
    with pytest.raises(TypeError):
        Total() + 3


LEGACY = [(s, r) for s in (None, True, False) for r in (None, True, False)]


@pytest.mark.filterwarnings("ignore:size_average and reduce args will be deprecated")
@pytest.mark.parametrize(("size_average", "reduce"), LEGACY)
def test_legacy_arguments_mean_what_pytorch_makes_of_them(size_average, reduce):
    p, t = torch.tensor([1.0, 4.0]), torch.zeros(2)
    theirs = torch.nn.functional.mse_loss(p, t, size_average=size_average, reduce=reduce)
    name = lossary.reduction_from_legacy(size_average, reduce)
    ours = lossary.squared_error(p, t, reduction=name)
    torch.testing.assert_close(ours, theirs)


def test_legacy_name_of_the_mean():
    assert lossary.reduction_from_legacy(reduction="elementwise_mean") == "mean"
    assert lossary.reduction_from_legacy() == "mean"
    assert lossary.reduction_from_legacy(size_average=False, reduction="mean") == "sum"


# ---- weights of any size


def exact_mean(losses, weights):
    """Σwℓ/Σw and Σw(ℓ - mean)²/Σw in fractions."""
    pairs = [(Fraction(float(loss)), Fraction(float(w))) for loss, w in zip(losses, weights, strict=True)]
    weight = sum(w for _, w in pairs)
    mean = sum(loss * w for loss, w in pairs) / weight
    return float(mean), float(sum(w * (loss - mean) ** 2 for loss, w in pairs) / weight)


ANY_WEIGHT = st.floats(5e-324, 1.7e308) | st.sampled_from([5e-324, 1e-310, 1e-163, 1.0, 1e160, 1.7e308, 2.0**-64, 2.0**63])


@law
@given(st.lists(st.tuples(st.floats(1e-9, 1e9), ANY_WEIGHT), min_size=1, max_size=20), st.integers(0, 20))
def test_weights_of_any_size_give_the_mean_and_merge_in_any_parts(pairs, cut):
    losses, weights = (np.array(part) for part in zip(*pairs, strict=True))
    found = total_of(losses, weights)
    mean, variance = exact_mean(losses, weights)
    assert found.mean == pytest.approx(mean, rel=1e-14)
    assert found.variance == pytest.approx(variance, rel=1e-12, abs=1e-12 * mean**2)
    parts = total_of(losses[cut:], weights[cut:]) + total_of(losses[:cut], weights[:cut])
    assert parts == found
    assert parts.count == len(losses)
    assert Total.from_bytes(parts.to_bytes()) == found
    by_loss = lossary.absolute_error.total(losses, np.zeros(len(losses)), weight=weights)
    assert by_loss == found
    assert found.sum == pytest.approx(nearest_of(losses, weights), rel=1e-14)


def nearest_of(losses, weights):
    total = sum(Fraction(float(loss)) * Fraction(float(w)) for loss, w in zip(losses, weights, strict=True))
    return math.inf if total > 1.7976931348623157e308 else float(total)


def test_weights_beyond_float32_count_beside_float32_losses():
    p, w = np.array([1.0, 2.0, 4.0], np.float32), np.array([1e-50, 1e-300, 3e-50])
    for weight, prediction in ((w, p), (torch.tensor(w), torch.tensor(p)), (w.tolist(), p)):
        target = prediction * 0
        found = lossary.absolute_error.total(prediction, target, weight=weight)
        assert found.mean == pytest.approx(13 / 4, rel=1e-6)
        assert found.count == 3


SIZES = (3, 300)
"""By array operations or a function for few elements, and by a kernel."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_power_of_two_in_all_weights_changes_no_bit_of_a_mean(size, dtype, near_borders):
    draws = np.random.default_rng(size)
    z, y, w = draws.normal(size=(size, 3)).astype(dtype), draws.integers(0, 3, size), draws.gamma(1, size=size) + 1e-3
    class_weight = np.array([1.0, 2.0, 3.0])
    for loss, given_, target in ((lossary.squared_error, z[:, 0], z[:, 1]), (lossary.cross_entropy, z, y)):
        options = {"class_weight": class_weight} if loss is lossary.cross_entropy else {}
        for power in (-1000, -200, 200, 1000):
            scaled = np.ldexp(w, power)
            for what in (loss, loss.gradient):
                expected, found = (what(given_, target, weight=weight, **options) for weight in (w, scaled))
                assert np.array_equal(found, expected)
            if options:
                other = {"class_weight": np.ldexp(class_weight, power)}
                assert loss(given_, target, weight=w, **other) == loss(given_, target, weight=w, **options)
        value, gradient = loss.value_and_gradient(given_, target, weight=np.ldexp(w, 1000), **options)
        assert np.isfinite(value)
        assert np.array_equal(gradient, loss.gradient(given_, target, weight=w, **options))


@pytest.mark.parametrize("power", [-1000, 1000])
def test_weights_of_any_size_under_autograd(power):
    z, w = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    answers = []
    for weight in (w, torch.ldexp(w, torch.tensor(power))):
        prediction = z.clone().requires_grad_()
        cost = lossary.squared_error(prediction, torch.zeros(3), weight=weight)
        cost.backward()
        answers.append((cost.item(), prediction.grad.tolist()))
    assert answers[0] == answers[1]
    assert answers[0][0] == pytest.approx((1 + 8 + 27) / 6)


def test_products_of_large_weights_with_large_losses_are_in_no_way_of_a_mean():
    for library in (np.asarray, torch.tensor):
        x, w = library(np.float32([2.0**30, 0])), library(np.float32([2.0**90, 2.0**90]))
        assert lossary.squared_error(x, 0 * x, weight=w) == 2.0**59
        assert lossary.squared_error.gradient(x, 0 * x, weight=w).tolist() == [2.0**30, 0]


@pytest.mark.parametrize("size", [1.0, 1e-5])
def test_a_sum_of_weights_that_is_no_number_is_no_mean_of_0_where_nothing_can_be_looked_at(size):
    import jax

    z, w = np.full(3, size), np.full(3, 1.5e308)  # of a small loss, only Σw is beyond float64, and 1/Σw would be 0
    loss = lambda p, weight: lossary.squared_error(p, p * 0, weight=weight)
    assert np.isnan(jax.jit(loss)(z, w))
    for slope in (jax.grad(loss), lambda p, weight: lossary.squared_error.gradient(p, p * 0, weight=weight)):
        assert np.isnan(jax.jit(slope)(z, w)).all()
        assert np.asarray(jax.jit(slope)(z, w / 64)) == pytest.approx(2 * z / 3, rel=1e-15, abs=0)
    assert jax.jit(loss)(z, w / 8) == pytest.approx(size**2, rel=1e-15, abs=0)
    assert lossary.squared_error(jax.numpy.asarray(z), z * 0, weight=jax.numpy.asarray(w)) == pytest.approx(size**2, rel=1e-15)


@pytest.mark.parametrize("empty", ["nan", "zero"])
def test_the_mean_of_nothing_has_a_gradient_of_0_where_libraries_differentiate(empty):
    import jax

    cost = lambda p, weight: lossary.squared_error(p, p * 0, weight=weight, empty=empty)
    z, w = np.array([1.0, 2.0]), np.zeros(2)
    expected = math.nan if empty == "nan" else 0.0
    value, slopes = jax.jit(jax.value_and_grad(cost, (0, 1)))(z, w)
    np.testing.assert_equal([float(value), *(slope.tolist() for slope in slopes)], [expected, [0, 0], [0, 0]])
    z, w = torch.tensor(z, requires_grad=True), torch.tensor(w, requires_grad=True)
    value = cost(z, w)
    value.backward()
    np.testing.assert_equal([value.item(), z.grad.tolist(), w.grad.tolist()], [expected, [0, 0], [0, 0]])


@pytest.mark.parametrize("how", ["mean", "batchmean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_a_divisor_counts_or_weighs_the_samples_that_count(how, weighted, masked):
    weights, mask = [2.0, math.nan, 0.5, 0.0, 8.0], [True, False, True, True, False]
    counted = [w for w, counts in zip(weights, mask, strict=True) if counts or not masked]
    expected = {"mean": sum(counted) if weighted else len(counted), "batchmean": len(counted), "sum": None}[how]
    arrays = np.array(weights) if weighted else None, np.array(mask) if masked else None
    found = Reduction(how, None, "nan").divisor(numpy_backend, (5,), *arrays)
    assert found is expected or found == expected or (math.isnan(found) and math.isnan(expected))
    assert Reduction(how, 7, "nan").divisor(numpy_backend, (5,), *arrays) == 7


NO_NUMBERS = {
    "masked": np.ma.array([1.0, 2.0], mask=[False, True]),
    "days": np.array(["2020", "2021"], "M8[D]"),
    "durations": np.array([1, 2], "m8[s]"),
    "objects": np.array([1, 2], object),
    "text": ["1", "2"],
    "bytes": np.array([b"1", b"2"]),
    "records": np.zeros(2, [("a", float)]),
    "complex": np.array([1 + 1j, 2]),
    "missing": [None, 1.0],
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_a_total_of_what_is_no_number_is_refused(name):
    total = Total()
    with pytest.raises(TypeError, match=r"Total.update: losses must be (an array of real numbers|a plain array); got"):
        total.update(NO_NUMBERS[name])
    with pytest.raises(TypeError, match=r"Total.update: weight must be (an array of real numbers|a plain array); got"):
        total.update([1.0, 2.0], NO_NUMBERS[name])
    for arrays in ((NO_NUMBERS[name], [0.0, 0.0]), ([0.0, 0.0], NO_NUMBERS[name])):
        with pytest.raises(TypeError, match=r"squared_error: (prediction|target) must be"):
            lossary.squared_error.total(*arrays)
    assert total == Total()


def test_a_total_refuses_infinite_weights_and_series_of_other_indexes():
    import pandas as pd

    with pytest.raises(ValueError, match=r"one finite weight ≥ 0 a loss; .* from 1.0 to inf"):
        Total().update([1.0, 2.0], [1.0, math.inf])
    losses, weight = pd.Series([1.0, 2.0], index=[0, 1]), pd.Series([3.0, 4.0], index=[1, 0])
    with pytest.raises(ValueError, match="Series passed together have the same index"):
        Total().update(losses, weight)
    for loss in (lossary.squared_error, lossary.squared_error.total):
        with pytest.raises(ValueError, match="Series passed together have the same index"):
            loss(losses, weight)
    assert lossary.squared_error(losses, weight.to_numpy()) == 4.0
    total = Total()
    total.update(losses, weight.to_numpy())
    assert total.sum == 11.0


@pytest.mark.parametrize("weight", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("x", [0.0, 2.0, math.inf])
def test_weights_that_are_not_checked_make_a_total_what_they_would(weight, x):
    total = lossary.squared_error.total([x, 1.0], [0.0, 0.0], weight=[weight, 1.0], check=False)
    assert total.sum == x * x * weight + 1 or (math.isnan(total.sum) and math.isnan(x * x * weight))
    assert total.weight == weight or math.isnan(weight)
    assert math.isnan(total.mean)
    assert math.isnan(total.variance)
    assert math.isnan((total + total_of([1.0])).mean)


@pytest.mark.parametrize("rows", [6, 900])
def test_totals_weigh_labels_by_sample_and_by_class(rows):
    rng = np.random.default_rng(rows)
    z, labels = rng.normal(size=(rows, 5)), rng.integers(0, 5, rows)
    weight, class_weight = rng.random(rows), rng.random(5)
    losses = np.log(np.exp(z).sum(1)) - z[np.arange(rows), labels]
    w = weight * class_weight[labels]
    total = lossary.cross_entropy.total(z, labels, weight=weight, class_weight=class_weight)
    assert total.weight == pytest.approx(w.sum(), rel=1e-12)
    assert total.sum == pytest.approx((w * losses).sum(), rel=1e-12)
    assert total.mean == pytest.approx(lossary.cross_entropy(z, labels, weight=weight, class_weight=class_weight), rel=1e-12)
