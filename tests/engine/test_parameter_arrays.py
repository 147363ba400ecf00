"""Parameters with one value a sample, against a loop over the samples with plain numbers."""

import functools

import numpy as np
import pytest

import lossary
from lossary.domains import NonNegative
from lossary.vocabulary import exp

pytestmark = pytest.mark.usefixtures("near_borders")


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


@functools.cache
def looped(size, dtype):
    x, y, delta = case(size, dtype)
    return loop(lossary.huber, x, y, "delta", delta)


@pytest.mark.parametrize("size", [7, 300])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("library", ["numpy", "torch", "jax", "list"])
def test_each_sample_has_its_own(size, dtype, library):
    x, y, delta = case(size, dtype)
    losses, slopes = looped(size, dtype)
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


@pytest.mark.parametrize("rows", [5, 100])
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


@pytest.mark.parametrize("size", [4, 300])
def test_the_second_call_sees_new_values_and_checks_them(size):
    import torch

    x, y, delta = case(size)
    means = {factor: loop(lossary.huber, x, y, "delta", delta * factor)[0].mean() for factor in (1.0, 0.5)}
    for arrays in ((x, y), (torch.tensor(x, requires_grad=True), torch.tensor(y))):
        for factor, mean in means.items():
            own = delta * factor if arrays[0] is x else torch.tensor(delta * factor)
            found = lossary.huber(*arrays, delta=own)
            found = found if arrays[0] is x else found.detach()
            np.testing.assert_allclose(found, mean, rtol=1e-12)
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
    x, y, delta = case(300)
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


@lossary.softmax
def sharp(log_probability, target, *, power=2.0, floor: NonNegative = 0.25):
    return -(abs(target - exp(log_probability)) ** power) * (target + floor) * log_probability


@lossary.softmax
def scaled(log_probability, *, gamma=2.0, scale: NonNegative = 1.0):
    return -scale * (1 - exp(log_probability)) ** gamma * log_probability


@pytest.mark.parametrize("classes", [4, 90])
@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_kernels_of_losses_of_classes_read_them(classes, labels, dtype, answered):
    rng = np.random.default_rng(0)
    which = rng.integers(0, 5, 70)  # few values, each a call of the truth
    z, gamma, floor = rng.normal(size=(70, classes)).astype(dtype), rng.uniform(1.5, 3, 5)[which], rng.uniform(0.1, 1, 5)[which]
    t = rng.integers(0, classes, 70) if labels else rng.dirichlet(np.ones(classes), 70).astype(dtype)
    weight, where = rng.random(70), rng.random(70) < 0.8
    tolerance = {"rtol": 1e-12, "atol": 1e-15} if dtype == "float64" else {"rtol": 1e-5, "atol": 1e-7}
    for loss, own in (
        (focal, {"gamma": gamma}),
        (sharp, {"power": gamma, "floor": floor}),
        (sharp, {"floor": floor}),
        (scaled, {"scale": floor}),
    ):
        losses, slopes = np.empty(70), np.empty((70, classes))
        for k in set(which):
            rows, numbers = which == k, {name: x[which == k][0] for name, x in own.items()}
            call = (z[rows].astype(float), t[rows])
            losses[rows], slopes[rows] = loss.value_and_gradient(*call, reduction="none", check=False, **numbers)
        answered.clear()
        given = {name: np.where(where, x, np.nan).astype(dtype) for name, x in own.items()}
        for _ in range(2):  # by a plan that is made, and by one that is there
            value, gradient = loss.value_and_gradient(z, t, weight=weight, where=where, **given)
            w = weight * where / (weight * where).sum()
            np.testing.assert_allclose(value, (w * losses).sum(), rtol=tolerance["rtol"])
            np.testing.assert_allclose(gradient, slopes * w[:, None], **tolerance)
        np.testing.assert_allclose(loss(z, t, reduction="none", **own), losses, **tolerance)
        assert answered == [True] * 3


@pytest.mark.parametrize("classes", [4, 90])
def test_kernels_of_losses_of_classes_leave_invalid_ones_to_be_explained(classes, answered):
    rng = np.random.default_rng(0)
    z, t, floor = rng.normal(size=(70, classes)), rng.integers(0, classes, 70), rng.uniform(0.1, 1, 70)
    for bad in (-1.0, np.nan):
        wrong = floor.copy()
        wrong[66] = bad
        with pytest.raises(ValueError, match=rf"sharp: floor lies in \[0, ∞\); got {bad} at index 66"):
            sharp(z, t, floor=wrong)
        counted = np.arange(70) != 66
        np.testing.assert_allclose(sharp(z, t, floor=wrong, where=counted), sharp(z, t, floor=floor, where=counted))
        labels = np.where(counted, t, -1)
        np.testing.assert_allclose(
            sharp(z, labels, floor=wrong, ignore_index=-1), sharp(z, labels, floor=floor, ignore_index=-1)
        )
    assert answered == [False, True, True, True, True] * 2


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_steps_of_training_take_them(reduction, answered):
    import torch

    rng = np.random.default_rng(0)
    z, t, gamma = (
        torch.tensor(rng.normal(size=(70, 90))),
        torch.tensor(rng.integers(0, 90, 70)),
        torch.tensor(rng.uniform(1, 3, 70)),
    )
    for own in (gamma, gamma.clone().requires_grad_()):  # a learned one has no kernel
        x = z.clone().requires_grad_()
        answered.clear()
        focal(x, t, gamma=own, reduction=reduction).sum().backward()
        log_p = torch.log_softmax(twin := z.clone().requires_grad_(), -1)[torch.arange(70), t]
        truth = -((1 - log_p.exp()) ** gamma) * log_p
        (truth.mean() if reduction == "mean" else truth.sum()).backward()
        torch.testing.assert_close(x.grad, twin.grad, rtol=1e-11, atol=1e-15)
        assert bool(answered) == (own is gamma)
        assert all(answered)


def test_linear_losses_take_one_number():
    import torch

    for library in (np.asarray, torch.tensor):
        with pytest.raises(TypeError, match="linear_focal: gamma is one number for all rows; got an array"):
            lossary.linear(focal)(
                library(np.ones((5, 3))), library(np.ones((4, 3))), library(np.arange(5) % 4), gamma=np.ones(5)
            )


@pytest.mark.parametrize("rows", [3, 150])
def test_losses_of_classes_of_any_size(rows):
    import torch

    rng = np.random.default_rng(rows)
    z, gamma, t = rng.normal(size=(rows, 2)), rng.uniform(0.5, 3, rows), rng.integers(0, 2, rows)
    p = np.take_along_axis(np.exp(z) / np.exp(z).sum(-1, keepdims=True), t[:, None], -1)[:, 0]
    expected = (-((1 - p) ** gamma) * np.log(p)).mean()
    assert focal(z, t, gamma=gamma) == pytest.approx(expected, rel=1e-12)
    x = torch.tensor(z, requires_grad=True)
    cost = focal(x, torch.tensor(t), gamma=torch.tensor(gamma))
    cost.backward()
    assert cost.item() == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(x.grad, focal.gradient(z, t, gamma=gamma), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 7, 300])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_numbers_are_learned_by_kernels(size, reduction, caplog, monkeypatch):
    import logging

    import torch

    from lossary import log
    from lossary.vocabulary import abs

    @lossary.pointwise
    def balanced(prediction, target, *, log_a=0.0, other=3.0, log_b=0.0):
        residual = prediction - target
        return exp(-log_a) * residual**2 + log_a + exp(-log_b) * abs(residual) / other + log_b

    monkeypatch.setattr(log, "_told", set())
    x, y, _ = case(size)
    upstream = torch.linspace(-1, 2, size, dtype=torch.float64) if reduction == "none" else torch.tensor(2.0)
    found = []
    for ours in (True, False):
        p, t = torch.tensor(x, requires_grad=True), torch.tensor(y)
        a, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.3, -0.2))
        if ours:
            with caplog.at_level(logging.INFO, "lossary"):
                cost = balanced(p, t, log_a=a, log_b=b, other=2.0, reduction=reduction)
        else:
            cost = torch.exp(-a) * (p - t) ** 2 + a + torch.exp(-b) * (p - t).abs() / 2 + b
            cost = cost.mean() if reduction == "mean" else cost.sum() if reduction == "sum" else cost
        (cost * upstream).sum().backward()
        found.append((cost.detach(), p.grad, a.grad, b.grad))
    for mine, theirs in zip(*found, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-14)
    assert "a kernel" in caplog.text
    with pytest.raises(ValueError, match=r"huber: delta lies in \(0, ∞\); got -1"):
        lossary.huber(torch.tensor(x), torch.tensor(y), delta=torch.tensor(-1.0, requires_grad=True))
    delta = torch.tensor(0.4, requires_grad=True, dtype=torch.float64)
    small = torch.tensor(x[:5], requires_grad=True), delta
    assert torch.autograd.gradcheck(lambda p, d: lossary.huber(p, t[:5], delta=d), small)
    assert torch.autograd.gradgradcheck(lambda p, d: lossary.huber(p, t[:5], delta=d), small)
