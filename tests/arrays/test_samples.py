"""Formulas of samples on arrays: the three libraries agree, and torch and JAX differentiate to any order in both modes."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from lossary.arrays import jax as on_jax
from lossary.arrays import numpy as on_numpy
from lossary.arrays import torch as on_torch
from lossary.arrays.graph import as_graph_node
from lossary.formula.component_words import is_of_component
from lossary.formula.samples import component_slope
from lossary.vocabulary import average, largest, log_sum_exp, norm, total
from tests.formula.test_samples import FORMULAS, INPUTS, N, T, W, X

NAMES = (*INPUTS, "s", "weight")
ALL = {name: formula for name, (formula, _) in FORMULAS.items()}
ALL["of a component"] = X / norm(X - T) + W * T - average(X * N) * N + largest(X)


OF_JAX = ("of a component", "cross entropy", "triplet", "largest", "weighted")  # tracing and compiling takes a second for each


def arrays(seed=0, shape=(2, 3)):
    """Three inputs, a parameter, and a weight for each sample."""
    rng = np.random.default_rng(seed)
    return [*rng.uniform(0.6, 1.9, (3, *shape)), np.array(0.3), rng.uniform(0.5, 1, (*shape[:-1], 1))]


def function(backend, formula):
    return lambda *given: backend.evaluate(formula, dict(zip(NAMES, given, strict=True)), given[0])


def with_derivatives(formula):
    of_jax = function(on_jax, formula)

    def cost(*given):
        return of_jax(*given).sum()

    def all_of_them(*given):
        return of_jax(*given), jax.grad(cost, argnums=range(5))(*given), jax.hessian(cost)(*given)

    return jax.jit(all_of_them)


@pytest.mark.parametrize("name", ALL)
def test_libraries_agree_in_value_gradient_and_hessian(name):
    formula, given = ALL[name], arrays()
    expected = function(on_numpy, formula)(*given)
    assert expected.shape == ((2, 3) if is_of_component(formula, INPUTS) else (2, 1))
    of_torch = function(on_torch, formula)
    tensors = [torch.tensor(x, requires_grad=True) for x in given]
    found = of_torch(*tensors)
    assert found.shape == expected.shape
    assert found.detach().numpy() == pytest.approx(expected, rel=1e-14)
    slopes = torch.autograd.grad(found.sum(), tensors, materialize_grads=True)
    twice = torch.func.hessian(lambda x: of_torch(x, *(x.detach() for x in tensors[1:])).sum())(tensors[0].detach())
    if name in OF_JAX:
        value, of_jax, hessian = with_derivatives(formula)(*map(jnp.asarray, given))
        assert np.asarray(value) == pytest.approx(expected, rel=1e-14)
        for a, b in zip(slopes, of_jax, strict=True):
            assert a.detach().numpy() == pytest.approx(np.asarray(b), rel=1e-12, abs=1e-13)
        assert twice.numpy() == pytest.approx(np.asarray(hessian), rel=1e-12, abs=1e-13)
    if is_of_component(formula, INPUTS):
        return
    slope = component_slope(formula, "x", INPUTS)
    second = component_slope(slope, "x", INPUTS)
    assert function(on_numpy, slope)(*given) == pytest.approx(slopes[0].numpy(), rel=1e-12)
    diagonal = np.einsum("ijij->ij", twice.numpy())
    assert np.broadcast_to(function(on_numpy, second)(*given), (2, 3)) == pytest.approx(diagonal, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("name", ALL)
def test_gradcheck_in_both_modes_to_second_order(name):
    of_torch = function(on_torch, ALL[name])
    tensors = [torch.tensor(x, requires_grad=True) for x in arrays(1, (2, 2))]
    assert torch.autograd.gradcheck(of_torch, tensors, check_forward_ad=True, check_batched_grad=True)
    assert torch.autograd.gradgradcheck(of_torch, tensors, check_fwd_over_rev=True)


def test_forward_mode_and_vmap_of_jax():
    formula, given = ALL["of a component"] * log_sum_exp(X - W), [jnp.asarray(x) for x in arrays(2)]
    of_jax = function(on_jax, formula)
    tangents, step = [jnp.ones_like(x) for x in given], 1e-6
    _, tangent = jax.jit(lambda *given: jax.jvp(of_jax, given, tuple(tangents)))(*given)
    above, below = (function(on_numpy, formula)(*(np.asarray(x) + sign * step for x in given)) for sign in (1, -1))
    assert np.asarray(tangent) == pytest.approx((above - below) / (2 * step), rel=1e-7, abs=1e-8)
    rows = jax.jit(jax.vmap(of_jax, in_axes=(0, 0, 0, None, 0)))(*given)
    assert np.asarray(rows) == pytest.approx(function(on_numpy, formula)(*map(np.asarray, given)), rel=1e-14)


def test_vmap_of_torch():
    x, t, n, s, w = map(torch.tensor, arrays(3))
    for formula in ALL.values():
        rows = torch.func.vmap(function(on_torch, formula), in_dims=(0, 0, 0, None, 0))(x, t, n, s, w)
        assert torch.allclose(rows, function(on_torch, formula)(x, t, n, s, w), rtol=1e-14)


@pytest.mark.heavy
def test_one_graph_of_torch_compile():
    tensors = [torch.tensor(x, requires_grad=True) for x in arrays(4)]
    plain = function(on_torch, ALL["three deep"])
    compiled = torch.compile(as_graph_node(plain), fullgraph=True, backend="aot_eager")
    expected, found = plain(*tensors), compiled(*tensors)
    assert torch.equal(found, expected)
    given = tensors[:2]
    for a, b in zip(torch.autograd.grad(found.sum(), given), torch.autograd.grad(expected.sum(), given), strict=True):
        assert torch.allclose(a, b, rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_stays(dtype):
    given = [x.astype(dtype) for x in arrays(5)]
    for formula in ALL.values():
        expected = function(on_numpy, formula)(*given)
        assert expected.dtype == dtype
        tensors = [torch.tensor(x, requires_grad=True) for x in given]
        found = function(on_torch, formula)(*tensors)
        found.sum().backward()
        assert str(found.dtype) == f"torch.{dtype}"
        assert found.detach().numpy() == pytest.approx(expected, rel=1e-5 if dtype == "float32" else 1e-14)
    numbers = map(jnp.asarray, given)
    assert function(on_jax, ALL["largest"] + ALL["counted"])(*numbers).dtype == dtype


@pytest.mark.parametrize("backend", [on_numpy, on_torch, on_jax])
def test_samples_without_components(backend):
    x = backend.xp.zeros((2, 0))
    for formula, value in ((total(X), 0), (largest(X), -math.inf), (log_sum_exp(X), -math.inf), (norm(X), 0)):
        found = backend.evaluate(formula, {"x": x}, x)
        assert np.array_equal(np.asarray(found), np.full((2, 1), value))
        assert backend.evaluate(component_slope(formula, "x", ("x",)), {"x": x}, x).shape in ((2, 0), (2, 1))


def test_slopes_of_torch_at_zero_and_at_ties():
    x = torch.zeros(1, 3, requires_grad=True)
    (norm(x) * 2).backward()
    assert x.grad.tolist() == [[0, 0, 0]]
    x = torch.tensor([[2.0, 1.0, 2.0]], requires_grad=True)
    largest(x).backward()
    assert x.grad.tolist() == [[0.5, 0, 0.5]]
