"""Without Numba, many elements go by a function of NumPy arrays, block by block, with the answer of the plain twin."""

import math

import numpy as np
import pytest
import torch

import lossary
from lossary.engine.array_plan import ArrayPlan, samples_at_a_time
from lossary.engine.plain import compute_with_arrays
from lossary.vocabulary import exp, xmuly

RNG = np.random.default_rng(11)
LOSSES = [
    lossary.squared_error,
    lossary.absolute_error,
    lossary.huber,
    lossary.binary_cross_entropy,
    lossary.cross_entropy,
]


@pytest.fixture(autouse=True)
def _without_kernels(monkeypatch):
    monkeypatch.setattr("lossary.engine.plans.SMALLEST_IN_AUTOGRAD", 1)
    monkeypatch.setattr("lossary.kernels.native.available", lambda name: False)
    for loss in LOSSES:
        monkeypatch.setattr(loss, "plans", {})
        monkeypatch.setattr(loss, "_kernels", {})  # which know whether they could be compiled


@pytest.fixture
def no_array_operations(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("array operations serve")

    monkeypatch.setattr("lossary.engine.dispatch.compute_with_arrays", refuse)
    monkeypatch.setattr("lossary.engine.torch_autograd.compute_with_arrays", refuse)


def arrays(loss, elements, dtype="float32"):
    x = (3 * RNG.normal(size=elements)).astype(dtype)
    if loss is lossary.cross_entropy:
        classes = 10 if elements < 10**6 else 700
        x = x[: elements // classes * classes].reshape(-1, classes)
        x[5] = x[5, 0]  # all tied
        x[7, 3] = 60.0  # confident
        x[8] = 0.0
        x[8, [2, 4]] = 80.0  # two at the top
        y = RNG.integers(0, classes, len(x))
        y[7:9] = 3, 4
        return x, y
    y = RNG.integers(0, 2, elements) if loss is lossary.binary_cross_entropy else RNG.normal(size=elements)
    x[: min(len(x), 3)] = 0.0, 90.0, -90.0
    return x, y.astype(dtype)


def plainly(loss, x, y, operation="value_and_gradient", **options):
    return compute_with_arrays(loss, loss.read_call((x, y), options), operation)


def served(loss):
    """Whether all calls so far went by functions of arrays."""
    return bool(loss.plans) and all(isinstance(plan, ArrayPlan) for plan in loss.plans.values())


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("elements", [5000, 200_030])
def test_blocks_are_as_the_plain_twin(loss, dtype, elements):
    x, y = arrays(loss, elements, dtype)
    eps = 4 * np.finfo(dtype).eps if loss is lossary.cross_entropy else np.finfo(dtype).eps  # z - max is rounded
    for library in ("numpy", "torch"):
        a, b = (x, y) if library == "numpy" else map(torch.from_numpy, (x, y))
        for options in ({}, {"reduction": "none"}, {"reduction": "sum"}):
            expected = plainly(loss, x.astype("float64"), y.astype("float64") if y.dtype.kind == "f" else y, **options)
            value, gradient = loss.value_and_gradient(a, b, **options)
            np.testing.assert_allclose(np.asarray(value), expected[0], rtol=16 * eps)
            np.testing.assert_allclose(np.asarray(gradient), expected[1], rtol=16 * eps, atol=1e-42)
            assert np.asarray(value).dtype == np.asarray(gradient).dtype == dtype
    assert served(loss)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("elements", [640, 200_030])
def test_autograd_follows(loss, elements):
    x, y = map(torch.from_numpy, arrays(loss, elements))
    x.requires_grad_()
    cost = 3 * loss(x, y)
    cost.backward()
    value, gradient = plainly(loss, x.detach().double(), y.double() if y.is_floating_point() else y)
    torch.testing.assert_close(cost.double() / 3, value, rtol=1e-6, atol=0)
    torch.testing.assert_close(x.grad.double(), 3 * gradient, rtol=1e-5, atol=1e-40)  # z - max is rounded
    assert served(loss)


def options_of(loss, rows):
    """Options that functions of arrays serve, one set a test; arrays are NumPy's."""
    weight = RNG.uniform(size=rows).astype("float32")
    weight[1] = 0.0
    where = RNG.uniform(size=rows) < 0.7
    found = [{"weight": weight}, {"where": where}, {"weight": weight, "where": where, "reduction": "sum"}]
    found += [{"weight": weight, "reduction": "none"}, {"where": where, "reduction": "batchmean"}, {"normalizer": 7.0}]
    if loss is lossary.cross_entropy:
        per_class = RNG.uniform(size=10).astype("float32")
        found += [{"label_smoothing": 0.1}, {"class_weight": per_class}, {"ignore_index": 3}]
        found += [{"label_smoothing": 0.1, "smoothing": "others", "class_weight": per_class, "weight": weight, "where": where}]
        found += [{"ignore_index": -100, "label_smoothing": 0.2, "reduction": "none"}]
    return found


def converted(options, to):
    return {name: to(x) if isinstance(x, np.ndarray) else x for name, x in options.items()}


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("elements", [640, 300_000])
def test_options_are_as_the_plain_twin(loss, elements, no_array_operations):
    x, y = arrays(loss, elements)
    for options in options_of(loss, len(x)):
        y_now = np.where(np.arange(len(y)) % 7 == 0, -100, y) if options.get("ignore_index") == -100 else y
        wide = converted(options, lambda a: a.astype("float64") if a.dtype.kind == "f" else a)
        target = y_now.astype("float64") if y.dtype.kind == "f" else y_now
        expected = plainly(loss, x.astype("float64"), target, **wide)
        leaf = torch.from_numpy(x).requires_grad_()
        loss.plans.clear()
        value = loss(leaf, torch.from_numpy(y_now), **converted(options, torch.from_numpy))
        assert served(loss), options
        value.sum().backward()
        np.testing.assert_allclose(value.detach().numpy(), expected[0], rtol=1e-5, err_msg=str(options))
        size = np.abs(expected[1]).max()
        np.testing.assert_allclose(leaf.grad.numpy(), expected[1], rtol=1e-5, atol=1e-7 * size, err_msg=str(options))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("elements", [640, 200_000])
def test_half_precision_is_computed_in_float32(loss, dtype, elements, no_array_operations):
    x, y = map(torch.from_numpy, arrays(loss, elements))
    x = x.to(dtype)
    y = y.to(dtype) if y.is_floating_point() else y
    value, gradient = plainly(loss, x.double(), y.double() if y.is_floating_point() else y)
    leaf = x.clone().requires_grad_()
    cost = loss(leaf, y)
    cost.backward()
    assert served(loss)
    assert cost.dtype == torch.float32
    torch.testing.assert_close(cost.double(), value, rtol=1e-6, atol=0)
    torch.testing.assert_close(leaf.grad, gradient.to(dtype), rtol=2 * torch.finfo(dtype).eps, atol=1e-7)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("elements", [640, 200_000])
def test_each_loss_has_its_own_upstream_gradient(loss, elements, no_array_operations):
    x, y = map(torch.from_numpy, arrays(loss, elements))
    leaf = x.clone().requires_grad_()
    losses = loss(leaf, y, reduction="none")
    upstream = torch.randn(losses.shape, generator=torch.Generator().manual_seed(0))
    losses.backward(upstream)
    assert served(loss)
    _, slopes = plainly(loss, x.double(), y.double() if y.is_floating_point() else y, reduction="none")
    expected = slopes * upstream.double().reshape(*upstream.shape, *[1] * (slopes.ndim - upstream.ndim))
    torch.testing.assert_close(leaf.grad.double(), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("elements", [640, 200_000])
def test_a_sample_left_out_may_hold_anything(elements, no_array_operations):
    for loss in LOSSES[:4]:
        x, y = map(torch.from_numpy, arrays(loss, elements))
        where = torch.arange(elements) % 3 > 0
        clean = loss.value_and_gradient(x, y, where=where)
        x[0], y[3] = math.nan, -100.0
        value, gradient = loss.value_and_gradient(x.requires_grad_(), y, where=where)
        assert served(loss)
        assert value == clean[0]
        assert torch.equal(gradient, clean[1])
        assert not gradient[~where].any()


def test_results_do_not_lie_in_memory_that_is_used_again():
    for loss in LOSSES:
        for options in ({}, {"reduction": "none"}):
            x, y = arrays(loss, 20_000)
            first = loss.value_and_gradient(x, y, **options)
            kept = [np.copy(a) for a in first]
            loss.value_and_gradient(x + 1, y, **options)
            for a, b in zip(first, kept, strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_weights_are_checked_where_they_count(bad, reduction):
    for loss in LOSSES:
        x, y = map(torch.from_numpy, arrays(loss, 640))
        for name in ("weight", "class_weight") if loss is lossary.cross_entropy else ("weight",):
            weight = torch.ones(len(y) if name == "weight" else 10)
            loss(x.clone().requires_grad_(), y, reduction=reduction, **{name: weight})
            weight[2] = bad
            with pytest.raises(ValueError, match=r"weight is (a number|finite)"):
                loss(x.clone().requires_grad_(), y, reduction=reduction, **{name: weight})
            if name == "weight":
                where = torch.arange(len(y)) != 2
                value = loss(x.clone().requires_grad_(), y, reduction=reduction, weight=weight, where=where)
                assert value == loss(x.clone().requires_grad_(), y, reduction=reduction, where=where)
            assert served(loss)


def test_any_number_of_threads_gives_the_same_bits():
    x, y = arrays(lossary.binary_cross_entropy, 200_000)
    found = []
    for threads in (1, 3):
        lossary.set_num_threads(threads)
        try:
            found.append(lossary.binary_cross_entropy.value_and_gradient(x, y))
        finally:
            lossary.set_num_threads(None)
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[0][1], found[1][1])


@pytest.mark.parametrize("place", [0, 99_999])
def test_what_is_invalid_or_infinite_is_left_to_the_plain_twin(place):
    x, y = arrays(lossary.binary_cross_entropy, 100_000)
    y[place] = 1.5
    with pytest.raises(ValueError, match=rf"a target lies in .*got 1.5 at index {place}"):
        lossary.binary_cross_entropy(x, y)
    y[place], x[place] = 1.0, math.inf
    value, gradient = lossary.binary_cross_entropy.value_and_gradient(x, y, reduction="none")
    assert value[place] == gradient[place] == 0  # 0·∞
    z, labels = arrays(lossary.cross_entropy, 100_000)
    labels[place // 10] = 10
    with pytest.raises(ValueError, match=rf"a class index lies in 0 … 9.*got 10 at index {place // 10}"):
        lossary.cross_entropy(z, labels)
    labels[place // 10], z[place // 10, :2] = 1, (-math.inf, math.inf)
    value, gradient = lossary.cross_entropy.value_and_gradient(z, labels, reduction="none")
    assert value[place // 10] == 0
    assert (gradient[place // 10] == 0).all()


@pytest.mark.parametrize("power", [0.5, -1.0, 5, math.inf])
def test_powers_of_users(power):
    @lossary.pointwise
    def own(prediction, target):
        return (prediction - target) ** power

    x, y = np.array([2.0, 3.0, 5.0]), np.ones(3)
    with np.errstate(over="ignore"):
        expected = plainly(own, x, y, "value", reduction="none")
    np.testing.assert_array_equal(own(x, y, reduction="none"), expected)
    assert served(own)


def test_a_users_slope_that_is_nan_where_the_loss_is_not():
    @lossary.pointwise
    def own(prediction, target):
        return xmuly(target, exp(prediction)) + prediction

    x, y = np.zeros(50_000), np.zeros(50_000)
    x[40_000] = 1000.0  # e^1000 is infinite, and weighs 0
    value, gradient = own.value_and_gradient(x, y, reduction="none")
    assert (value[40_000], gradient[40_000]) == (1000, 1)


def test_blocks_are_small_and_alike():
    assert samples_at_a_time(98_304, 32) == 98_304
    assert samples_at_a_time(98_305, 32) == 49_153
    assert samples_at_a_time(4096, 16_000) == 196
    assert samples_at_a_time(3, 10**7) == 1
    assert samples_at_a_time(0, 40) == 0
