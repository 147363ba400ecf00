"""Parameters with one value a sample, against a loop over the samples with plain numbers."""

import numpy as np
import pytest

import lossary
from lossary.vocabulary import exp


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


def case(size, dtype="float64"):
    rng = np.random.default_rng(size)
    return rng.normal(size=size).astype(dtype), rng.normal(size=size).astype(dtype), rng.uniform(0.1, 2, size).astype(dtype)


def loop(loss, x, y, name, values, **options):
    """Losses and gradients, one sample at a time."""
    found = [
        loss.value_and_gradient(x[i : i + 1], y[i : i + 1], reduction="sum", **{name: float(values[i])}, **options)
        for i in range(len(x))
    ]
    return np.array([value for value, _ in found]), np.concatenate([gradient for _, gradient in found])


@pytest.mark.parametrize("size", [7, 5000])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("library", ["numpy", "torch", "jax", "list"])
def test_each_sample_has_its_own(size, dtype, library):
    x, y, delta = case(size, dtype)
    losses, slopes = loop(lossary.huber, x, y, "delta", delta)
    tolerance = 1e-12 if dtype == "float64" and library != "jax" else 1e-5
    if library == "torch":
        import torch

        arrays = [torch.tensor(a) for a in (x, y, delta)]
    elif library == "jax":
        import jax.numpy as jnp

        arrays = [jnp.asarray(a, "float32") for a in (x, y, delta)]
    else:
        arrays = [x, y, delta.tolist() if library == "list" else delta]
    for reduction, value in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
        found, gradient = lossary.huber.value_and_gradient(*arrays[:2], delta=arrays[2], reduction=reduction)
        np.testing.assert_allclose(found, value, rtol=tolerance, atol=1e-7 if tolerance > 1e-6 else 1e-15)
        expected = slopes / size if reduction == "mean" else slopes
        np.testing.assert_allclose(gradient, expected, rtol=tolerance, atol=1e-7 if tolerance > 1e-6 else 1e-15)


@pytest.mark.parametrize("rows", [5, 1500])
def test_with_axes_weights_and_masks(rows):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, rows, 3))
    delta, weight, where = rng.uniform(0.1, 2, rows), rng.random(rows), rng.random(rows) < 0.8
    losses, slopes = loop(lossary.huber, x, y, "delta", delta, axis=-1)
    delta[~where] = np.nan  # what is masked is not looked at
    value, gradient = lossary.huber.value_and_gradient(x, y, delta=delta, weight=weight, where=where, axis=-1)
    w = weight * where
    np.testing.assert_allclose(value, (w * losses).sum() / w.sum(), rtol=1e-13)
    np.testing.assert_allclose(gradient, slopes * (w / w.sum())[:, None], rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("labels", [True, False])
def test_losses_of_classes(labels):
    rng = np.random.default_rng(0)
    z, gamma = rng.normal(size=(6, 4)), rng.uniform(0.5, 3, 6)
    t = rng.integers(0, 4, 6) if labels else rng.dirichlet(np.ones(4), 6)
    losses, slopes = loop(focal, z, t, "gamma", gamma)
    np.testing.assert_allclose(focal(z, t, gamma=gamma, reduction="none"), losses, rtol=1e-13)
    np.testing.assert_allclose(focal.gradient(z, t, gamma=gamma, reduction="sum"), slopes, rtol=1e-12, atol=1e-15)


def test_torch_learns_them():
    import torch

    x, y, delta = (torch.tensor(a) for a in case(9))
    delta.requires_grad_()
    x.requires_grad_()
    assert torch.autograd.gradcheck(lambda x, d: lossary.huber(x, y, delta=d), (x, delta))
    assert torch.autograd.gradgradcheck(lambda x, d: lossary.huber(x, y, delta=d), (x, delta))
    lossary.huber(x, y, delta=delta, reduction="sum").backward()
    r = (x - y).detach().abs()
    torch.testing.assert_close(delta.grad, torch.where(r <= delta, 0.0, r - delta).detach())


@pytest.mark.parametrize("size", [4, 5000])
def test_the_second_call_sees_new_values_and_checks_them(size):
    import torch

    x, y, delta = case(size)
    for arrays in ((x, y), (torch.tensor(x, requires_grad=True), torch.tensor(y))):
        for factor in (1.0, 0.5):
            own = delta * factor if arrays[0] is x else torch.tensor(delta * factor)
            found = lossary.huber(*arrays, delta=own)
            found = found if arrays[0] is x else found.detach()
            np.testing.assert_allclose(found, loop(lossary.huber, x, y, "delta", delta * factor)[0].mean(), rtol=1e-12)
        for bad in (0.0, -1.0, np.nan):
            wrong = delta.copy()
            wrong[2] = bad
            with pytest.raises(ValueError, match=r"huber: delta lies in \(0, ∞\); got (0.0|-1.0|nan) at index 2"):
                lossary.huber(*arrays, delta=wrong if arrays[0] is x else torch.tensor(wrong))


def test_a_wrong_shape_is_refused():
    x, y, delta = case(6)
    with pytest.raises(ValueError, match=r"delta has one value a sample, so its shape is \(6,\); got \(3,\)"):
        lossary.huber(x, y, delta=delta[:3])
    with pytest.raises(ValueError, match=r"its shape is \(2,\); got \(2, 3\)"):
        lossary.huber(x.reshape(2, 3), y.reshape(2, 3), delta=delta.reshape(2, 3), axis=-1)


def test_totals_take_them():
    x, y, delta = case(5000)
    total = lossary.huber.total(x, y, delta=delta)
    np.testing.assert_allclose(total.mean, loop(lossary.huber, x, y, "delta", delta)[0].mean(), rtol=1e-13)


def test_columns_and_lists_beside_tensors():
    import pandas as pd
    import polars as pl
    import torch

    x, y, delta = case(6)
    expected = loop(lossary.huber, x, y, "delta", delta)[0]
    for column in (pd.Series(delta), pl.Series(delta), delta.tolist()):
        np.testing.assert_allclose(lossary.huber(x, y, delta=column, reduction="none"), expected, rtol=1e-14)
    found = lossary.huber(torch.tensor(x), torch.tensor(y), delta=delta.tolist(), reduction="none")
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    for wrong, text in (({"a": 1}, "is a number; got dict"), ("x", "is a number; got str"), ([True] * 6, "got bool")):
        with pytest.raises(TypeError, match=text):
            lossary.huber(x, y, delta=wrong)
