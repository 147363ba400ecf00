"""Options of logits that are tensors or JAX arrays: learned, scheduled or traced."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from tests.softmax_oracle import brier, focal, naive_rows, wide

VALUES = {"label_smoothing": 0.2, "z_loss": 0.3, "soft_cap": 4.0, "temperature": 1.5}
LOSSES = [lossary.cross_entropy, focal, brier]


def learned(values=VALUES, dtype=torch.float64):
    return {name: torch.tensor(x, dtype=dtype, requires_grad=True) for name, x in values.items()}


def rows(seed=0, classes=4, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(5, classes, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
    return z, torch.arange(5) % classes, torch.softmax(torch.randn(5, classes, generator=generator, dtype=torch.float64), -1)


@pytest.mark.parametrize("smoothing", ["uniform", "others"])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_gradients_in_the_options_are_those_of_the_naive_formula(loss, smoothing):
    z, y, t = rows()
    weight, class_weight = torch.rand(5, dtype=torch.float64) + 0.5, torch.rand(4, dtype=torch.float64) + 0.5
    for target in (y, t):
        for more in ({}, {"weight": weight, "class_weight": class_weight}):
            options = learned()
            leaves = (z, *options.values())
            found = loss(z, target, smoothing=smoothing, reduction="sum", **options, **more)
            expected = naive_rows(z, wide(target, 4), loss, smoothing=smoothing, **options, **more).sum()
            torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-13)
            first, truth = (torch.autograd.grad(cost, leaves, create_graph=True) for cost in (found, expected))
            for a, b in zip(first, truth, strict=True):
                torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-12)
            second, truth = (
                torch.autograd.grad(sum((g * g.detach()).sum() for g in parts), leaves) for parts in (first, truth)
            )
            for a, b in zip(second, truth, strict=True):
                torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", VALUES)
def test_one_learned_option_alone(name, kernels):
    for start in (VALUES[name], {"label_smoothing": 1e-300, "z_loss": 0.0, "soft_cap": 30.0, "temperature": 1.0}[name]):
        z, y, _ = rows(classes=60)
        x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        number = lossary.cross_entropy(z.detach(), y, **{name: start})
        found = lossary.cross_entropy(z, y, **{name: x})
        torch.testing.assert_close(found, number, rtol=1e-13, atol=0)
        for a, b in zip(
            torch.autograd.grad(found, (z, x)),
            torch.autograd.grad(naive_rows(z, wide(y, 60), **{name: x}).mean(), (z, x)),
            strict=True,
        ):
            torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-13)
        total = lossary.cross_entropy.total(z, y, **{name: x})
        assert total.mean == pytest.approx(found.item(), rel=1e-13)


def test_torchs_own_checks():
    z, y, _ = rows()
    options = learned()
    for reduction in ("mean", "none"):
        cost = lambda z, *xs, reduction=reduction: tuple(
            lossary.cross_entropy(z, y, reduction=reduction, returns=("entropy",), **dict(zip(VALUES, xs, strict=True)))
        )
        assert torch.autograd.gradcheck(cost, (z, *options.values()), check_forward_ad=True, fast_mode=True)
        assert torch.autograd.gradgradcheck(cost, (z, *options.values()), fast_mode=True)
    for operation in (brier.gradient, brier.curvature):
        slopes = lambda z, *xs, operation=operation: operation(z, y, **dict(zip(VALUES, xs, strict=True)))
        assert torch.autograd.gradcheck(slopes, (z, *options.values()), fast_mode=True)


def test_torch_func_transforms_them():
    z, y, _ = rows()
    z = z.detach()
    cost = lambda x: lossary.cross_entropy(z, y, temperature=x, z_loss=x / 10)
    naive = lambda x: naive_rows(z, wide(y, 4), temperature=x, z_loss=x / 10).mean()
    x = torch.tensor(1.5, dtype=torch.float64)
    torch.testing.assert_close(torch.func.grad(cost)(x), torch.func.grad(naive)(x))
    torch.testing.assert_close(torch.func.hessian(cost)(x), torch.func.hessian(naive)(x))
    many = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    torch.testing.assert_close(
        torch.func.vmap(torch.func.grad(cost))(many), torch.stack([torch.func.grad(naive)(x) for x in many])
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_the_dtype_is_that_of_the_logits(dtype):
    z, y, _ = rows(dtype=dtype)
    for made in (torch.float32, torch.float64, torch.bfloat16):
        options = learned({name: 0.25 if name == "label_smoothing" else 1.5 for name in VALUES}, made)
        for one_row in (False, True):
            found = lossary.cross_entropy(z[0] if one_row else z, y[0] if one_row else y, reduction="none", **options)
            assert found.dtype == dtype
            expected = naive_rows(z.double(), wide(y, 4), **options)
            eps = torch.finfo(dtype).eps
            torch.testing.assert_close(found.double(), expected[0] if one_row else expected, rtol=16 * eps, atol=eps)
        assert {x.dtype for x in torch.autograd.grad(found, options.values())} == {made}


def test_jax_differentiates_and_traces_them():
    z, y, _ = rows()
    options = learned()
    expected = naive_rows(z, wide(y, 4), **options).mean()
    truth = [g.item() for g in torch.autograd.grad(expected, options.values())]
    x, labels = jnp.asarray(z.detach().numpy()), jnp.asarray(y.numpy())
    cost = lambda values: lossary.cross_entropy(x, labels, **values)
    values = {name: jnp.asarray(value) for name, value in VALUES.items()}
    for function in (jax.value_and_grad(cost), jax.jit(jax.value_and_grad(cost))):
        found, slopes = function(values)
        assert float(found) == pytest.approx(expected.item(), rel=1e-13)
        assert [float(slopes[name]) for name in VALUES] == pytest.approx(truth, rel=1e-12)
    half = lossary.cross_entropy(x.astype(jnp.float32), labels, **values)
    assert half.dtype == jnp.float32
    assert float(half) == pytest.approx(expected.item(), rel=1e-5)
    wrong = {"label_smoothing": 1.5, "z_loss": -1.0, "soft_cap": 0.0, "temperature": -2.0}
    for name, value in wrong.items():
        traced = jax.jit(lambda v, name=name: lossary.cross_entropy(x, labels, **{name: v}))
        assert np.isnan(traced(value))
        assert not np.isnan(traced(VALUES[name]))
        with pytest.raises(ValueError, match=f"{name} lies in"):
            lossary.cross_entropy(x, labels, **{name: jnp.asarray(value)})


def test_wrong_ones_are_refused_or_make_the_cost_nan():
    z, y, _ = rows()
    wrong = {"label_smoothing": 1.5, "z_loss": -1.0, "soft_cap": 0.0, "temperature": -2.0}
    for name, value in wrong.items():
        with pytest.raises(ValueError, match=rf"cross_entropy: {name} lies in .*; got {value}"):
            lossary.cross_entropy(z, y, **{name: torch.tensor(value)})
        costs = torch.func.vmap(lambda x, name=name: lossary.cross_entropy(z.detach(), y, **{name: x}))(
            torch.tensor([value, VALUES[name]], dtype=torch.float64)
        )
        assert costs.isnan().tolist() == [True, False]
        with pytest.raises(TypeError, match=rf"{name} is one number; got an array of shape \(2,\)"):
            lossary.cross_entropy(z, y, **{name: torch.tensor([value, value])})
        with pytest.raises(TypeError, match=f"{name} is a number, or an array of the prediction's library"):
            lossary.cross_entropy(z, y, **{name: jnp.asarray(0.5)})
        with pytest.raises(TypeError, match=f"{name} is a number; got Tensor of shape .* neither learned nor traced"):
            lossary.cross_entropy(z.detach().numpy(), y.numpy(), **{name: torch.tensor(0.5)})
        with pytest.raises(TypeError, match=f"{name} is a number; got Tensor of shape .* neither learned nor traced"):
            lossary.linear_cross_entropy(z, torch.ones(3, 4, dtype=torch.float64), y, **{name: torch.tensor(0.5)})
        if name != "label_smoothing":
            with pytest.raises(TypeError, match=f"{name}= is for logits"):
                lossary.cross_entropy(torch.softmax(z, -1), y, given="probabilities", **{name: torch.tensor(0.5)})
    with pytest.raises(ValueError, match="soft_cap is finite; got inf"):
        lossary.cross_entropy(z, y, soft_cap=torch.tensor(torch.inf))
    with pytest.raises(ValueError, match=r"temperature lies in .* is 0, as float32 is the dtype computed in; got 1e-300"):
        lossary.cross_entropy(z.float(), y, temperature=torch.tensor(1e-300, dtype=torch.float64))
    with pytest.raises(ValueError, match="only one class"):
        lossary.cross_entropy(z[:, :1], y * 0, label_smoothing=torch.tensor(0.1), smoothing="others")


def test_probabilities_are_smoothed_by_a_learned_amount():
    z, y, _ = rows()
    p, x = torch.softmax(z, -1), torch.tensor(0.2, dtype=torch.float64, requires_grad=True)
    found = lossary.cross_entropy(p, y, given="probabilities", label_smoothing=x)
    expected = naive_rows(z, wide(y, 4), label_smoothing=x).mean()
    for a, b in zip(torch.autograd.grad(found, (z, x)), torch.autograd.grad(expected, (z, x)), strict=True):
        torch.testing.assert_close(a, b)


def test_a_class_ruled_out_costs_nothing_without_smoothing():
    z = torch.tensor([[0.0, 1.0, -torch.inf]], dtype=torch.float64, requires_grad=True)
    t = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    cost = lossary.cross_entropy(z, torch.tensor([1]), temperature=t)
    slopes, slope = torch.autograd.grad(cost, (z, t))
    p = torch.sigmoid(torch.tensor(0.5, dtype=torch.float64))
    torch.testing.assert_close(cost, -p.log())
    torch.testing.assert_close(slope, (1 - p) / 4)
    torch.testing.assert_close(slopes, torch.tensor([[(1 - p) / 2, (p - 1) / 2, 0.0]], dtype=torch.float64))


def test_a_compiled_graph_differentiates_them():
    z, y, _ = rows()

    def slopes(function):
        options = learned()
        return torch.autograd.grad(function(z, options), (z, *options.values()))

    cost = lambda z, options: lossary.cross_entropy(z, y, **options)
    compiled = torch.compile(cost, fullgraph=True, backend="aot_eager")
    for a, b in zip(slopes(compiled), slopes(cost), strict=True):
        torch.testing.assert_close(a, b)
