"""Losses of classes that take the target of each class: kernels and plain twins beside naive formulas in float64."""

import mpmath
import numpy as np
import pytest
import torch

import lossary
from tests.oracle import plainly
from tests.softmax_oracle import brier, extras_of, naive_rows, quality, wide

LOSSES = [brier, quality]
MANY = [3, 130]
"""Classes: tiles and rows."""


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def truth(loss, z, target, weight=None, **options):
    """Losses, gradients and the diagonals of the Hessians of rows of logits."""
    z, t = torch.as_tensor(np.asarray(z)).double(), wide(target, z.shape[-1])
    w = torch.ones(len(z), dtype=torch.float64) if weight is None else torch.as_tensor(weight).double()
    one = lambda row, t_row, w_row: w_row * naive_rows(row[None], t_row[None], loss, **options)[0]
    losses, gradient = torch.func.vmap(one)(z, t, w), torch.func.vmap(torch.func.grad(one))(z, t, w)
    curvature = torch.func.vmap(torch.func.hessian(one))(z, t, w).diagonal(dim1=-2, dim2=-1) if z.shape[-1] < 70 else None
    return losses.numpy(), gradient.numpy(), None if curvature is None else curvature.numpy()


def close(found, expected, dtype="float64", factor=64):
    """Within so many units of rounding of numbers as large as the largest."""
    found = np.asarray(found)
    assert found.dtype == dtype
    bound = factor * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found, expected, rtol=bound, atol=bound * np.abs(expected).max(initial=1e-300))


def arrays(rng, classes, rows=70):
    z = rng.normal(size=(rows, classes)) * 3
    return z, rng.integers(0, classes, rows), rng.dirichlet(np.full(classes, 0.3), rows)


OPTIONS = [
    {},
    {"label_smoothing": 0.2},
    {"label_smoothing": 0.2, "smoothing": "others", "z_loss": 0.03, "soft_cap": 4.0, "temperature": 1.5},
]


@pytest.mark.parametrize("soft", [False, True], ids=["labels", "soft"])
@pytest.mark.parametrize("options", OPTIONS, ids=["none", "smoothed", "all"])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_value_gradient_and_curvature_are_the_naive_ones(loss, options, soft, rng, answered):
    for classes in MANY:
        z, y, t = arrays(rng, classes)
        target, class_weight, weight = t if soft else y, rng.uniform(0.5, 2, classes), rng.uniform(0.5, 2, 70)
        class_weight[0] = 0
        weight[3] = 0
        for more in ({}, {"class_weight": class_weight, "weight": weight}):
            losses, gradient, curvature = truth(loss, z, target, **options, **more)
            for found in (
                loss.value_and_gradient(z, target, reduction="none", **options, **more),
                plainly(loss, z, target, reduction="none", **options, **more),
            ):
                close(found[0], losses)
                close(found[1], gradient)
            if curvature is not None:
                close(loss.curvature(z, target, reduction="sum", **options, **more), curvature, factor=512)
    assert answered == [True] * 2 * len(MANY)


@pytest.mark.heavy
@pytest.mark.compiled
@pytest.mark.parametrize("soft", [False, True], ids=["labels", "soft"])
def test_every_option_at_once_on_any_axis_in_any_dtype(soft, rng, answered):
    loss = brier if soft else quality
    # few classes and many, in each dtype
    for classes, dtype, axis in ((5, "float64", 1), (300, "float32", -1)) if soft else ((5, "float32", 1), (300, "float64", 1)):
        z, y, t = arrays(rng, classes)
        z, target = z.astype(dtype), t.astype(dtype) if soft else y
        options = {"class_weight": rng.uniform(0.5, 2, classes).astype(dtype), "label_smoothing": 0.1}
        weight, counted = rng.uniform(0.5, 2, 70).astype(dtype), rng.random(70) < 0.7
        losses, gradient, _ = truth(loss, z, target, weight=weight, **options)
        mass = (wide(target, classes).numpy() * options["class_weight"]).sum(-1) * weight
        z[~counted] = np.nan
        more = {"where": counted} if soft else {"ignore_index": -7}
        if not soft:
            target = np.where(counted, target, -7)
        lay_out = lambda x: np.ascontiguousarray(np.moveaxis(x.reshape(7, 10, -1), -1, axis))  # noqa: B023
        shaped = {"weight": weight.reshape(7, 10), "axis": axis, **options}
        shaped |= {name: x if name == "ignore_index" else x.reshape(7, 10) for name, x in more.items()}
        given = lay_out(z), lay_out(target) if soft else target.reshape(7, 10)
        for value, slopes in (loss.value_and_gradient(*given, **shaped), plainly(loss, *given, **shaped)):
            close(value, losses[counted].sum() / mass[counted].sum(), dtype, 16)
            slopes = np.moveaxis(slopes, axis, -1).reshape(70, classes)
            close(slopes, np.where(counted[:, None], gradient, 0) / mass[counted].sum(), dtype)
    assert answered == [True] * 2


@pytest.mark.parametrize("soft", [False, True], ids=["labels", "soft"])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_probabilities_are_taken_as_they_are(loss, soft, rng, answered):
    for classes in (6, 90):
        _, y, t = arrays(rng, classes, 30)
        p, target = rng.dirichlet(np.ones(classes), 30), t if soft else y
        of_log_p = {brier: lambda x, t: (x.exp() - t) ** 2, quality: lambda x, t: -((t - x.exp()) ** 2) * (t + 0.25) * x}[loss]
        for given, x in (("probabilities", p), ("log_probabilities", np.log(p))):
            leaf = torch.tensor(x, requires_grad=True)
            losses = of_log_p(leaf if given == "log_probabilities" else leaf.log(), 0.9 * wide(target, classes) + 0.1 / classes)
            losses.sum().backward()
            options = {"given": given, "label_smoothing": 0.1, "reduction": "sum"}
            for value, slopes in (loss.value_and_gradient(x, target, **options), plainly(loss, x, target, **options)):
                close(value, losses.sum().item())
                close(slopes, leaf.grad.numpy())
    assert answered == [True] * 4


def test_the_target_is_checked_and_what_is_returned_is_of_the_same_rows(rng, answered):
    z, y, t = arrays(rng, 60)
    normalizer, entropy, accuracy = extras_of(torch.tensor(z), wide(y, 60))
    found = brier(z, y, returns=("log_normalizer", "entropy", "accuracy", "token_losses"))
    for a, b in zip(found[1:], (normalizer, entropy, accuracy, truth(brier, z, y)[0]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    assert answered == [True]
    for wrong, text in ((t * 1.01, "sum to 1"), (np.where(y == y[0], 60, y), "a class index lies in")):
        with pytest.raises(ValueError, match=text):
            brier.value_and_gradient(z, wrong)
    assert answered == [True, False, False]


MP = mpmath.mp.clone()
MP.dps = 60


def mp_brier(z, label):
    """One row's loss and gradient in 60 digits."""
    e = [MP.exp(MP.mpf(x)) for x in z]
    p = [x / MP.fsum(e) for x in e]
    errors = [q - (k == label) for k, q in enumerate(p)]
    mean = MP.fsum(q * d for q, d in zip(p, errors, strict=True))
    return float(MP.fsum(d**2 for d in errors)), [float(2 * q * (d - mean)) for q, d in zip(p, errors, strict=True)]


def test_extreme_rows(answered):
    for row in ([40.0, -3.0, 1.0], [1e-9, -1e-9, 3e-9], [-60.0, 2.0, 2.0], [-1e4, 1.0, 0.5], [-30.0, -30.5, -29.0]):
        for label in range(3):
            expected, slopes = mp_brier(row, label)
            for value, gradient in (brier.value_and_gradient([row], [label]), plainly(brier, [row], [label])):
                assert value == pytest.approx(expected, rel=1e-13, abs=1e-30)
                np.testing.assert_allclose(gradient[0], slopes, rtol=1e-12, atol=1e-15)
    row = np.array([[np.inf, 0.0, 1.0], [0.0, 1.0, -np.inf], [np.nan, 0.0, 1.0], [-np.inf] * 3])
    for found in (brier.value_and_gradient, lambda *inputs, **options: plainly(brier, *inputs, **options)):
        losses, gradient = found(row, [0, 0, 0, 0], reduction="none")
        p = 1 / (1 + np.exp(1))
        np.testing.assert_allclose(losses, [0, 2 * (1 - p) ** 2, np.nan, np.nan], rtol=1e-14)
        np.testing.assert_allclose(gradient[1, :2], [-4 * p * (1 - p) ** 2, 4 * p * (1 - p) ** 2], rtol=1e-13)
        assert (gradient[0] == 0).all()
        assert gradient[1, 2] == 0
        assert np.isnan(gradient[2:]).all()


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_half_precision_is_computed_in_float32(reduction, rng, answered):
    z, y, _ = arrays(rng, 60)
    for dtype in (torch.float16, torch.bfloat16):
        x = torch.tensor(z).to(dtype).requires_grad_()
        cost = brier(x, torch.tensor(y), reduction=reduction)
        cost.sum().backward()
        losses, gradient, _ = truth(brier, x.detach().float().numpy(), y)
        assert cost.dtype == (torch.float32 if reduction == "mean" else dtype)
        eps = torch.finfo(dtype).eps
        expected = losses.mean() if reduction == "mean" else losses
        np.testing.assert_allclose(cost.detach().float(), expected, rtol=1e-5 if reduction == "mean" else eps)
        divisor = 70 if reduction == "mean" else 1
        np.testing.assert_allclose(x.grad.float(), gradient / divisor, rtol=eps, atol=1e-7)
    assert answered
    assert all(answered)


@pytest.mark.parametrize("soft", [False, True], ids=["labels", "soft"])
def test_gradients_of_any_order_pass_torchs_own_check(soft, kernels):
    generator = torch.Generator().manual_seed(3)
    z = torch.randn(3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    target = torch.softmax(torch.randn(3, 4, generator=generator, dtype=torch.float64), -1) if soft else torch.tensor([0, 3, 1])
    for loss in LOSSES:
        for reduction in ("mean", "none"):
            cost = lambda x, reduction=reduction, loss=loss: loss(
                x, target, reduction=reduction, label_smoothing=0.1, temperature=1.5
            )
            assert torch.autograd.gradcheck(cost, z, fast_mode=True)
            assert torch.autograd.gradgradcheck(cost, z, fast_mode=True)


def test_a_linear_layer_may_lie_below(rng, kernels):
    h, w, y = rng.normal(size=(9, 4)), rng.normal(size=(60, 4)), rng.integers(0, 60, 9)
    leaves = [torch.tensor(x, requires_grad=True) for x in (h, w)]
    naive_rows(leaves[0] @ leaves[1].T, wide(y, 60), brier).mean().backward()
    own = [torch.tensor(x, requires_grad=True) for x in (h, w)]
    value = lossary.linear(brier)(*own, torch.tensor(y))
    value.backward()
    for a, b in zip(own, leaves, strict=True):
        torch.testing.assert_close(a.grad, b.grad)
