"""Whole numbers are exact or refused, labels are what was given, and parameters are what the dtype computed in holds."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary import activations
from tests.oracle import as_library, to_numpy, without_x64

SIZES = [1, 5000]
"""By array functions, and by kernels where there are any."""


def repeated(library, value, dtype, size):
    return as_library(library, np.full(size, value, dtype))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("x", "dtype", "y", "other"),
    [
        (2**63 + 5, np.uint64, 2**63, np.uint64),
        (2**53 + 1, np.int64, 2**53, np.float64),
        (-(2**53) - 1, np.int64, -(2**53), np.int64),
        (2**24 + 1, np.int32, 2**24, np.float32),
        (-(2**31), np.int32, 0, np.float32),
    ],
)
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_whole_numbers_that_would_be_rounded_are_refused(library, x, dtype, y, other, size):
    x, y = repeated(library, x, dtype, size), repeated(library, y, other, size)
    name = "float32" if other == np.float32 or (library == "torch" and other != np.float64) else "float64"
    with pytest.raises(ValueError, match=rf"whole numbers in prediction are exact in {name}"):
        lossary.squared_error(x, y)
    if other != dtype:
        with pytest.raises(ValueError, match=r"whole numbers in target are exact"):
            lossary.squared_error.gradient(y, x)
    lossary.squared_error(x, y, check=False)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_whole_numbers_that_are_exact(library, size):
    for x, dtype, y in ((2**24, np.int32, np.float32(1)), (-(2**24), np.int64, np.float32(1)), (2**53, np.uint64, 1.0)):
        found = lossary.absolute_error(
            repeated(library, y, y.dtype if hasattr(y, "dtype") else float, size),
            repeated(library, x, dtype, size),
            reduction="none",
        )
        assert set(to_numpy(found).tolist()) == {float(type(y)(abs(x - int(y))))}
    weight = repeated(library, 2**53 + 1, np.int64, size)
    one = repeated(library, 1.0, float, size)
    with pytest.raises(ValueError, match=r"whole numbers in weight are exact in float64"):
        lossary.absolute_error(one, one, weight=weight, reduction="sum")


@pytest.mark.parametrize("size", SIZES)
def test_whole_numbers_in_logits_and_class_weights(size):
    z, y = np.full((size, 2), 2**53 + 1), np.zeros(size, int)
    with pytest.raises(ValueError, match="whole numbers in prediction"):
        lossary.cross_entropy(z, y)
    with pytest.raises(ValueError, match="whole numbers in class_weight"):
        lossary.cross_entropy(z / 1.0, y, class_weight=z[0], reduction="sum")
    with pytest.raises(ValueError, match="whole numbers in weight"):
        lossary.cross_entropy(z / 1.0, y, weight=z[:, 0], reduction="sum")
    with pytest.raises(ValueError, match="softmax: whole numbers in z"):
        activations.softmax(z)


def test_whole_numbers_under_a_default_of_half_precision():
    torch.set_default_dtype(torch.float16)
    try:
        found = lossary.squared_error(torch.tensor([2049]), torch.tensor([2048]))
    finally:
        torch.set_default_dtype(torch.float32)
    assert (found.item(), found.dtype) == (1, torch.float32)


def test_whole_numbers_that_are_traced():
    def loss(x, y):
        return lossary.squared_error(x, y, reduction="none")

    found = jax.jit(loss)(jnp.array([2**53 + 1, 3]), jnp.array([2**53, 1]))
    assert (math.isnan(found[0]), float(found[1])) == (True, 4)


# ---- labels


def test_integers_are_looked_at_before_jax_cuts_them():
    with without_x64():
        z = jnp.array([[1.0, 2.0]])
        for labels in (np.array([2**32]), [2**32], np.array([2**32], np.uint64)):
            with pytest.raises(ValueError, match=r"target: without jax_enable_x64, integers in JAX lie in .*; got 4294967296"):
                lossary.cross_entropy(z, labels)
        with pytest.raises(ValueError, match="integers in JAX"):
            lossary.squared_error(jnp.ones(1), np.array([-(2**32)]))
        with pytest.raises(ValueError, match="integers in JAX"):
            lossary.linear_cross_entropy(z, z, np.array([2**32]))
        with pytest.raises(ValueError, match=r"a class index lies in 0 … 1.*got 2147483653"):
            lossary.cross_entropy(z, jnp.array([2**31 + 5], jnp.uint32))
        truth = math.log1p(math.e)
        assert float(lossary.cross_entropy(z, np.array([0]), ignore_index=2**40)) == pytest.approx(truth, rel=1e-6)
        marked = jnp.array([2**31 + 5, 0], jnp.uint32)
        twice = jnp.concatenate([z, z])
        assert float(lossary.cross_entropy(twice, marked, ignore_index=2**31 + 5)) == pytest.approx(truth, rel=1e-6)


@pytest.mark.parametrize("rows", [2, 2000])
@pytest.mark.parametrize(
    ("dtype", "marked", "ignored"),
    [(np.int8, -1, -1), (np.uint8, 200, 200), (np.uint64, 2**64 - 1, 2**64 - 1), (np.int64, -(2**63), -(2**63))],
)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_ignore_index_at_the_ends_of_a_dtype(library, dtype, marked, ignored, rows):
    z, labels = np.zeros((rows, 3)), np.zeros(rows, dtype)
    labels[0] = marked
    arrays = as_library(library, z), as_library(library, labels)
    losses = to_numpy(lossary.cross_entropy(*arrays, ignore_index=ignored, reduction="none"))
    assert losses[0] == 0
    assert losses[1:] == pytest.approx(math.log(3), rel=1e-14)
    with pytest.raises(ValueError, match=f"a class index lies in 0 … 2.*got {marked} at index 0"):
        lossary.cross_entropy(*arrays, ignore_index=marked - 1)


@pytest.mark.parametrize(("dtype", "label", "ignored"), [(np.int8, 44, 300), (np.uint8, 156, -100), (np.int16, 511, 2**16 - 1)])
def test_an_index_that_labels_cannot_hold_is_no_label(dtype, label, ignored, library):
    z, labels = np.zeros((2, 600)), np.array([label, 0], dtype)
    found = lossary.cross_entropy(as_library(library, z), as_library(library, labels), ignore_index=ignored, reduction="none")
    assert to_numpy(found) == pytest.approx(math.log(600), rel=1e-14)


# ---- parameters

SINGLE = np.array([[1.0, 2.0]], np.float32)


@pytest.mark.parametrize("size", [1e39, 1e-39, 1e-300])
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_parameters_that_the_dtype_does_not_hold(library, size):
    z, y = as_library(library, SINGLE), as_library(library, np.array([0]))
    calls = {"delta": lambda x: lossary.huber(z, z, delta=x), "normalizer": lambda x: lossary.huber(z, z, normalizer=x)}
    calls |= {
        option: lambda x, option=option: lossary.cross_entropy(z, y, **{option: x})
        for option in ("soft_cap", "temperature", "z_loss", "label_smoothing")
    }
    calls |= {
        f"linear {option}": lambda x, option=option: lossary.linear_cross_entropy(z, z, y * 0, **{option: x})
        for option in ("soft_cap", "temperature", "z_loss", "normalizer")
    }
    calls["mixture"] = lambda x: lossary.linear_jensen_shannon(z, z, z, z, mixture=x)
    calls["teacher_soft_cap"] = lambda x: lossary.linear_jensen_shannon(z, z, z, z, teacher_soft_cap=x)
    for name, call in calls.items():
        if size > 1 and name in ("label_smoothing", "mixture"):
            continue
        with pytest.raises(ValueError, match=rf"{name.split()[-1]} lies in .* float32 is the dtype computed in; got"):
            call(size)
    assert float(lossary.huber(z, z * 0, delta=math.inf)) == 1.25


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_weights_that_the_dtype_does_not_hold(library, size):
    x, weight = repeated(library, 1, np.float32, size), repeated(library, 1e39, float, size)
    z, y = as_library(library, np.ones((size, 2), np.float32)), repeated(library, 0, np.int64, size)
    with pytest.raises(ValueError, match=r"a weight is finite in the dtype computed in; got 1e\+39 at index 0"):
        lossary.squared_error(x, x * 0, weight=weight, reduction="sum")
    with pytest.raises(ValueError, match="a weight is finite"):
        lossary.cross_entropy(z, y, weight=weight, reduction="sum")
    with pytest.raises(ValueError, match="a class weight is finite"):
        lossary.cross_entropy(z, y, class_weight=as_library(library, np.array([1e39, 1])), reduction="sum")


def test_what_float64_holds_is_computed_in_it():
    z, y = SINGLE.astype(float), np.array([0])
    assert lossary.huber(z, z * 0, delta=1e39) == 1.25
    assert lossary.cross_entropy(z, y, temperature=1e39) == pytest.approx(math.log(2), rel=1e-15)
    assert lossary.cross_entropy(z, y, soft_cap=1e39) == pytest.approx(math.log1p(math.e), rel=1e-14)
