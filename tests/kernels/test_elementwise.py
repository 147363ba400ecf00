"""Element by element: kernels beside their plain twins and formulas written by hand, whatever the input is like."""

import itertools
import math
import re

import ml_dtypes
import numpy as np
import pytest
import torch

import lossary
from lossary.kernels import compiler
from lossary.vocabulary import abs as absolute
from lossary.vocabulary import exp, log1p, maximum, where
from tests.oracle import plainly

RNG = np.random.default_rng(11)
_START = RNG.bit_generator.state
SIZES = [1, 2, 255, 256, 257, 8191, 8192, 8193, 16_641]
"""Around the borders of chunks and blocks."""


@lossary.pointwise
def bumpy(prediction, target, *, width=2.0):
    """Powers on one side, logarithms and exponentials on the other."""
    r = prediction - target
    a = absolute(r)
    return where(a <= width, r**2 / 2 + a**3 / 9, log1p(maximum(a, width) ** 0.5) + 1 - exp(-a))


def bumpy_by_hand(prediction, target, width):
    """Value, slope and curvature."""
    r = prediction - target
    a, s = np.abs(r), np.sign(r)
    root = np.sqrt(np.maximum(a, width))
    near = r**2 / 2 + a**3 / 9, r + s * a**2 / 3, 1 + 2 * a / 3
    beyond = (
        np.log1p(root) + 1 - np.exp(-a),
        s * (1 / (2 * root * (1 + root)) + np.exp(-a)),
        -(1 + 2 * root) / (4 * root**3 * (1 + root) ** 2) - np.exp(-a),
    )
    return [np.where(a <= width, x, y) for x, y in zip(near, beyond, strict=True)]


@lossary.pointwise
def to_a_power(prediction, target, *, power=3):
    return (prediction - target) ** power


LOSSES = {
    "squared_error": (lossary.squared_error, {}),
    "absolute_error": (lossary.absolute_error, {}),
    "huber": (lossary.huber, {"delta": 0.7}),
    "bce, logits": (lossary.binary_cross_entropy, {}),
    "bce, probabilities": (lossary.binary_cross_entropy, {"given": "probabilities"}),
    "bce, log_probabilities": (lossary.binary_cross_entropy, {"given": "log_probabilities"}),
    "bumpy": (bumpy, {"width": 1.5}),
    "to_a_power": (to_a_power, {"power": 3}),
}


CASES = [(name, "float32") for name in LOSSES]
CASES += [(name, "float64") for name in ("bce, logits", "bce, log_probabilities", "bumpy", "to_a_power")]


@pytest.fixture(autouse=True)
def the_same_numbers(answered):
    """The same numbers in whatever order tests run; all by kernels."""
    RNG.bit_generator.state = _START


def inputs(name, size, dtype):
    """Predictions and targets that the loss takes."""
    x, y = RNG.normal(size=size) * 3, RNG.normal(size=size)
    if name.startswith("bce"):
        y = np.where(RNG.random(size) < 0.5, RNG.integers(0, 2, size), RNG.random(size))
    if name.endswith("log_probabilities"):
        x = -np.abs(x) - 1e-3
    elif name.endswith("probabilities"):
        x = RNG.uniform(0.001, 0.999, size)
    return x.astype(dtype), y.astype(dtype)


def assert_within(ulps, found, expected, scale=0.0):
    """Equal to so many units in the last place of the expected, or of the scale where that is larger; NaN equals NaN."""
    found, expected = (np.asarray(x.detach() if isinstance(x, torch.Tensor) else x) for x in (found, expected))
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    with np.errstate(all="ignore"):
        far = np.abs(found - expected) > ulps * np.spacing(np.maximum(np.abs(expected), np.asarray(scale, expected.dtype)))
        far |= ~np.isfinite(found) | ~np.isfinite(expected)
    wrong = np.argwhere(~same & far)
    assert not len(wrong), (len(wrong), wrong[0], found[tuple(wrong[0])], expected[tuple(wrong[0])])


def twins(name, x, y):
    """By the kernel, by the plain twin, and how large the terms are that cancel: of losses, slopes and curvatures."""
    loss, options = LOSSES[name]
    options = {**options, "reduction": "none"}
    found = *loss.value_and_gradient(x, y, **options), loss.curvature(x, y, **options)
    expected = *plainly(loss, x, y, **options), plainly(loss, x, y, "curvature", **options)
    terms = np.zeros_like(x)
    if name.startswith("bce"):
        for_0, for_1 = (np.abs(plainly(loss, x, np.full_like(y, t), "gradient", **options)) for t in (0, 1))
        with np.errstate(all="ignore"):
            terms = np.where(y == 0, for_0, np.where(y == 1, for_1, (1 - y) * for_0 + y * for_1))
    # of log-probabilities the twin makes 0 where the truth is subnormal; the kernel has the truth
    info = np.finfo(x.dtype)
    underflow = info.tiny / info.eps if name.endswith("log_probabilities") else x.dtype.type(0)
    return zip(
        ("losses", "slopes", "curvatures"), found, expected, (underflow, np.maximum(terms, underflow), underflow), strict=True
    )


@pytest.mark.compiled
@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_losses_slopes_and_curvatures_equal_the_plain_twins(name, dtype, answered):
    x, y = inputs(name, 20_000, dtype)
    for _, found, expected, terms in twins(name, x, y):
        assert_within(8, found, expected, terms)  # each is within 4 of the truth
    assert answered == [True, True]


def test_a_users_own_definition_equals_its_derivatives_by_hand():
    x, y = inputs("bumpy", 20_000, "float64")
    found = *bumpy.value_and_gradient(x, y, width=1.5, reduction="none"), bumpy.curvature(x, y, width=1.5, reduction="none")
    for a, b in zip(found, bumpy_by_hand(x, y, 1.5), strict=True):
        assert_within(16, a, b, 1.0)
    x, y = x.astype("float32"), y.astype("float32")
    residual = (x - y).astype(np.float64)  # the rounding of the residual is the input's, not the formula's
    found = *bumpy.value_and_gradient(x, y, width=1.5, reduction="none"), bumpy.curvature(x, y, width=1.5, reduction="none")
    for a, b in zip(found, bumpy_by_hand(residual, 0 * residual, 1.5), strict=True):
        assert_within(4, a, b.astype("float32"), 1.0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_parameter_may_be_a_whole_power_of_negative_numbers(dtype):
    r = np.concatenate([RNG.normal(size=300) * 4, [0.0, -0.0, 1.0, -1.0]]).astype(dtype)
    zero = np.zeros_like(r)
    exact = r.astype(np.longdouble)
    for power in (1, 2, 3, 4, 7, -1, -2, 0):
        with np.errstate(all="ignore"):
            truth = (
                exact**power,
                power * exact ** (power - 1) if power else 0 * exact,
                power * (power - 1) * exact ** (power - 2),
            )
        found = to_a_power.value_and_gradient(r, zero, power=power, reduction="none")
        for a, b in zip(found, truth, strict=False):
            assert_within(4, a, b.astype(dtype))
        if power not in (0, 1):
            found = to_a_power.curvature(r, zero, power=power, reduction="none")
            assert_within(4, found, truth[2].astype(dtype))
    found = to_a_power.value_and_gradient(r, zero, power=2.5, reduction="none")
    assert np.isnan(found[0]).tolist() == (r < 0).tolist()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["bce, logits", "bumpy"])
def test_a_cost_is_the_sum_of_its_losses_at_every_border(name, size):
    loss, options = LOSSES[name]
    for dtype in ("float32", "float64"):
        x, y = inputs(name, size, dtype)
        losses, slopes = loss.value_and_gradient(x, y, reduction="none", **options)
        weight, counted = RNG.random(size), RNG.random(size) < 0.9
        counted[-1] = True
        cost, gradient = loss.value_and_gradient(x, y, **options)
        assert_within(1 if dtype == "float32" else 64, cost, losses.dtype.type(math.fsum(losses.tolist()) / size))
        assert_within(1, gradient, slopes * losses.dtype.type(1 / size))
        if dtype == "float32":
            cost, gradient = loss.value_and_gradient(x, y, weight=weight, where=counted, **options)
            total = float(weight[counted].astype(dtype).astype(np.float64).sum())
            expected = math.fsum((losses * weight)[counted].tolist()) / total
            assert cost == pytest.approx(expected, rel=1e-6, abs=0)
            expected = np.where(counted, slopes.astype(np.float64) * weight / total, 0)
            np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-6 / total)
            assert (gradient[~counted] == 0).all()


PAIRS = list(
    zip(
        ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "bfloat16", "float64"],
        ["uint8", "uint64", "float16", "float64", "bfloat16", "int8", "int64", "float32", "uint16", "int16", "uint32", "int32"],
        strict=True,
    )
)


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("target", "weight"), [pytest.param(*pair, marks=[pytest.mark.heavy] if i % 5 else []) for i, pair in enumerate(PAIRS)]
)
def test_targets_and_weights_may_have_any_dtype(target, weight, answered):
    size = 1000
    x = RNG.normal(size=size).astype(np.float32)
    whole = [0, 1] if target == "bool" else [0, 1, 3, 100] if target.startswith("u") else [-100, -1, 0, 3, 100]
    y = RNG.choice(whole, size).astype(np.dtype(getattr(ml_dtypes, target, target)))
    w = RNG.integers(0, 5, size).astype(np.dtype(getattr(ml_dtypes, weight, weight)))
    counted = RNG.random(size) < 0.7
    value, gradient = lossary.squared_error.value_and_gradient(x, y, weight=w, where=counted)
    assert answered == [True]
    residual, share = x.astype(np.float64) - y.astype(np.float64), np.where(counted, w.astype(np.float64), 0)
    expected = (share * residual**2).sum() / share.sum()
    assert value == pytest.approx(expected, rel=1e-6)
    assert value.dtype == (np.float64 if target == "float64" else np.float32)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, 2 * share * residual / share.sum(), rtol=1e-6, atol=1e-12)


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_single_and_alike_in_both_libraries(dtype):
    x = (RNG.normal(size=3000) * 4).astype(np.dtype(getattr(ml_dtypes, dtype, dtype)))
    y = RNG.random(3000).astype(x.dtype)
    x32, y32 = x.astype(np.float32), y.astype(np.float32)
    loss = lossary.binary_cross_entropy
    value, gradient = loss.value_and_gradient(x, y)
    expected, slopes = loss.value_and_gradient(x32, y32)
    assert value.dtype == np.float32
    assert value == expected
    assert gradient.dtype == x.dtype
    np.testing.assert_array_equal(gradient.astype(np.float32), slopes.astype(x.dtype).astype(np.float32))
    losses = loss(x, y, reduction="none")
    assert losses.dtype == x.dtype
    expected = loss(x32, y32, reduction="none").astype(x.dtype)
    np.testing.assert_array_equal(losses.astype(np.float32), expected.astype(np.float32))
    tensors = (torch.from_numpy(a).to(getattr(torch, dtype)) for a in (x32, y32))
    theirs = loss.value_and_gradient(*tensors)
    assert theirs[0].item() == value
    np.testing.assert_array_equal(theirs[1].float().numpy(), gradient.astype(np.float32))


def misaligned(x):
    room = np.empty(x.nbytes + 1, np.uint8)[1:]
    result = room.view(x.dtype).reshape(x.shape)
    result[...] = x
    return result


LAYOUTS = {
    "strided": lambda a: np.repeat(a, 3, axis=-1)[..., ::3],
    "reversed": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "transposed": lambda a: a.T.copy().T,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "misaligned": misaligned,
    "big-endian, strided": lambda a: np.repeat(a.astype(a.dtype.newbyteorder(">")), 2, axis=0)[::2],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_array_may_lie_in_memory_in_any_way(layout, answered):
    x, y, w = RNG.normal(size=(90, 110)), RNG.normal(size=(90, 110)), RNG.random((90, 110))
    counted = w > 0.2
    expected = lossary.huber.value_and_gradient(x, y, weight=w, where=counted)
    lay = LAYOUTS[layout]
    for positions in ((0,), (1,), (2,), (3,), (0, 1, 2, 3)):
        given = [lay(a) if i in positions else a for i, a in enumerate((x, y, w, counted))]
        for a in given:
            a.flags.writeable = False
        value, gradient = lossary.huber.value_and_gradient(given[0], given[1], weight=given[2], where=given[3])
        assert value == pytest.approx(expected[0], rel=1e-15, abs=0)  # NumPy sums weights in their order in memory
        assert gradient.dtype == given[0].dtype
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-15)
    assert all(answered)


def test_a_single_number_and_nothing_at_all(answered):
    for reduction in ("none", "sum", "mean"):
        found = lossary.huber.value_and_gradient(np.array(3.0), np.array(1.0), reduction=reduction)
        expected = plainly(lossary.huber, np.array(3.0), np.array(1.0), reduction=reduction)
        assert (found, [np.shape(x) for x in found]) == (expected, [(), ()])
    answered.clear()
    for shape in ((0,), (0, 3), (3, 0)):
        empty = np.zeros(shape)
        value, gradient = lossary.huber.value_and_gradient(empty, empty)
        assert np.isnan(value)
        assert gradient.shape == shape
        assert lossary.huber(empty, empty, empty="zero") == 0
        assert lossary.huber(empty, empty, reduction="none").shape == shape
    assert answered == []


def test_the_loss_of_a_single_number_is_what_the_plain_twin_hands_back():
    one, two = np.array(1.0), np.array(2.0)
    found = lossary.huber(two, one, reduction="none")
    assert type(found) is type(plainly(lossary.huber, two, one, "value", reduction="none"))


def test_out_may_overlap_what_is_read_and_lie_in_any_way():
    memory = RNG.normal(size=20_000)
    x, y = memory[:10_000].copy(), memory[5_000:15_000].copy()
    value, gradient = lossary.huber.value_and_gradient(x, y)
    curvature = lossary.huber.curvature(x, y)
    for where_out in (slice(0, 10_000), slice(5_000, 15_000), slice(1, 10_001), slice(4_999, 14_999), slice(None, None, 2)):
        shared = memory.copy()
        found = lossary.huber.value_and_gradient(shared[:10_000], shared[5_000:15_000], out=shared[where_out])
        assert found[0] == value
        assert found[1].base is shared
        np.testing.assert_array_equal(shared[where_out], gradient)
        shared = memory.copy()
        lossary.huber.curvature(shared[:10_000], shared[5_000:15_000], out=shared[where_out])
        np.testing.assert_array_equal(shared[where_out], curvature)
    swapped = x.astype(">f8")
    out = np.empty(10_000, ">f8")
    assert lossary.huber.gradient(swapped, y, out=out) is out
    np.testing.assert_array_equal(out, gradient)
    assert lossary.huber.gradient(swapped, y, out=swapped) is swapped
    np.testing.assert_array_equal(swapped, gradient)
    weight = np.full(10_000, 0.5)
    assert lossary.huber.gradient(x, y, weight=weight, out=weight) is weight
    np.testing.assert_array_equal(weight, gradient)


def test_out_is_written_in_place_without_another_array_of_its_size(monkeypatch):
    x, out = np.ones(10_000), np.empty(10_000)
    lossary.squared_error.gradient(x, x, out=out)
    made = []
    empty = np.empty
    monkeypatch.setattr("numpy.empty", lambda *a, **k: made.append(a) or empty(*a, **k))
    assert lossary.squared_error.gradient(x, 2 * x, out=out) is out
    assert made == []
    assert out[0] == -2 / 10_000


TINY = {"float32": 1e-45, "float64": 5e-324}
HUGE = {"float32": 3e38, "float64": 1.7e308}


@pytest.mark.compiled
@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_extremes_equal_the_plain_twin_or_are_nan_in_both(name, dtype):
    sizes = [0.0, TINY[dtype], float(np.finfo(dtype).tiny), 1e-30, 1e-8, 0.5, 1.0, 30.0, 90.0, 700.0, 1e18]
    sizes += [HUGE[dtype], math.inf]
    values = [*sizes, *(-x for x in sizes), math.nan]
    targets = [0.0, 1.0, 0.25] if name.startswith("bce") else values
    if name.endswith("log_probabilities"):
        values = [x for x in values if not x > 0]
    elif name.endswith("probabilities"):
        values = [x for x in values if not (x < 0 or x > 1)]
    x, y = np.array(list(itertools.product(values, targets))).T.astype(dtype)
    for what, found, expected, terms in twins(name, x, y):
        assert_within(8, found, expected, terms)  # each is within 4 of the truth
        if what == "losses":
            assert not np.signbit(found[found == 0]).any()


def complaint(function, *arguments, **options):
    with pytest.raises(ValueError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def test_invalid_values_are_refused_in_the_plain_twins_words(answered):
    loss = lossary.binary_cross_entropy
    p, y, w = RNG.random(900), RNG.random(900), RNG.random(900)
    cases = [
        ("prediction", -0.25, {"given": "probabilities"}),
        ("prediction", 0.25, {"given": "log_probabilities"}),
        ("target", 1.25, {}),
        ("target", -0.25, {"given": "probabilities"}),
        ("weight", -1.0, {}),
        ("weight", np.nan, {}),
    ]
    for place, (role, value, options) in itertools.product((0, 432, 899), cases):
        given = {"prediction": p.copy(), "target": y.copy(), "weight": w.copy()}
        if options.get("given") == "log_probabilities":
            given["prediction"] = np.log(p)
        given[role][place] = value
        x, t, weight = (given[name].reshape(9, 100) for name in ("prediction", "target", "weight"))
        message = complaint(plainly, loss, x, t, weight=weight, **options)
        answered.clear()
        for call in (loss, loss.gradient, loss.value_and_gradient, loss.curvature):
            if call == loss.value_and_gradient or (role, value) == ("target", 1.25):
                assert complaint(call, x, t, weight=weight, **options) == message
        assert not any(answered)
        counted = np.ones(900, bool)
        counted[place] = False
        counted = counted.reshape(9, 100)
        found = loss.value_and_gradient(x, t, weight=weight, where=counted, **options)
        expected = loss.value_and_gradient(x[counted], t[counted], weight=weight[counted], **options)
        assert found[0] == pytest.approx(expected[0], rel=1e-14)
        np.testing.assert_allclose(found[1][counted], expected[1], rtol=1e-14)
        assert found[1][~counted] == 0
        if role != "weight":
            found = loss.value_and_gradient(x, t, weight=weight, check=False, **options)
            assert answered[-1]
            expected = plainly(loss, x, t, weight=weight, check=False, **options)
            assert found[0] == pytest.approx(expected[0], rel=1e-14, nan_ok=True)
            np.testing.assert_allclose(found[1], expected[1], rtol=1e-14, atol=1e-17)


@pytest.mark.compiled
@pytest.mark.parametrize(("name", "dtype"), [("bce, logits", "float32"), ("bumpy", "float64")])
def test_a_value_is_the_same_bits_however_it_is_asked_for(name, dtype):
    loss, options = LOSSES[name]
    for size in (3, 777, 30_001):
        x, y = inputs(name, size, dtype)
        value, gradient = loss.value_and_gradient(x, y, **options)
        assert loss(x, y, **options) == value
        np.testing.assert_array_equal(loss.gradient(x, y, **options), gradient)
        a, b = torch.from_numpy(x), torch.from_numpy(y)
        assert loss(a, b, **options).item() == value
        cost = loss(a.requires_grad_(), b, **options)
        assert cost.item() == value
        assert loss.value_and_gradient(a, b, **options)[0].item() == value
        cost.backward()
        np.testing.assert_array_equal(a.grad.numpy(), gradient)


def test_no_kernel_serves_what_it_cannot_read(answered):
    x = RNG.normal(size=50)
    wide = x.astype(np.longdouble)
    assert lossary.squared_error(wide, wide / 2).dtype == np.longdouble
    tensor = torch.from_numpy(x)
    assert lossary.squared_error(tensor, tensor / 2, weight=torch.ones(50, requires_grad=True)).requires_grad
    learned = lossary.huber(tensor, tensor / 2, delta=torch.tensor(0.5))
    assert learned.item() == pytest.approx(lossary.huber(x, x / 2, delta=0.5), rel=1e-14)
    assert answered == [True]


@lossary.pointwise
def tenth_by_tenth(prediction, target, *, tenth=0.1, ten=10.0):
    """Rounded twice, where a compiler that regroups products multiplies by 1."""
    return prediction * tenth * ten - target


@pytest.mark.compiled
def test_a_formula_is_computed_in_the_order_in_which_it_is_written():
    x = RNG.normal(size=3000)
    losses = tenth_by_tenth(x, np.zeros(3000), reduction="none")
    np.testing.assert_array_equal(losses, x * 0.1 * 10)
    assert (losses != x).any()


@pytest.mark.compiled
def test_blocks_that_are_taken_several_at_once_are_all_there():
    size = 16 * 8 * 8192 + 8192 * 3 + 5
    x, y = RNG.normal(size=(2, size)).astype("float32")
    value, gradient = lossary.squared_error.value_and_gradient(x, y)
    residual = x.astype(float) - y
    assert value == pytest.approx((residual**2).mean(), rel=1e-6)
    np.testing.assert_allclose(gradient, 2 * residual / size, rtol=1e-6)


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.heavy)])
@pytest.mark.parametrize("name", LOSSES)
def test_everything_in_a_loop_is_inlined_and_vectorised(name, dtype):
    loss, options = LOSSES[name]
    kernel = loss._kernel(
        given=options.get("given") or next(iter(loss.formulas.given), None),
        with_loss=True,
        order=1,
        reduced=True,
        masked=False,
        precision=dtype,
        stored=(dtype, dtype),
        arrays=(("prediction", dtype), ("target", dtype)),
    )
    code = str(compiler._module(kernel.source, tuple(kernel.arguments().values())))
    assert "sample" not in "".join(line for line in code.splitlines() if " call " in line)
    number = {"float32": "float", "float64": "double"}[dtype]
    assert re.search(rf"vector\.body[\w.]*:.*?store <\d+ x {number}>", code, re.DOTALL)
