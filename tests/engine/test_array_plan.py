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


def test_a_users_slope_that_is_nan_where_the_loss_is_not():
    @lossary.pointwise
    def own(prediction, target):
        return xmuly(target, exp(prediction)) + prediction

    x, y = np.zeros(50_000), np.zeros(50_000)
    x[40_000] = 1000.0  # e^1000 is infinite, and weighs 0
    value, gradient = own.value_and_gradient(x, y, reduction="none")
    assert (value[40_000], gradient[40_000]) == (1000, 1)


def test_blocks_are_small_and_alike():
    assert samples_at_a_time(65_536, 1, 4) == 65_536
    assert samples_at_a_time(65_537, 1, 4) == 32_769
    assert samples_at_a_time(4096, 1000, 8) == 33
    assert samples_at_a_time(3, 128_256, 4) == 1
    assert samples_at_a_time(0, 10, 4) == 0
