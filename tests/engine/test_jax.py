"""JAX: jit, grad, hessian, vmap, both modes; with and without 64 bits."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch
from jax.test_util import check_grads

from lossary import absolute_error, binary_cross_entropy, cross_entropy, huber, linear_cross_entropy, squared_error

POINTWISE = [squared_error, absolute_error, huber, binary_cross_entropy]
rng = np.random.default_rng(5)
Z, Y = jnp.array(rng.normal(size=(6, 4))), jnp.array([0, 1, 2, 3, 0, 1])


@pytest.mark.parametrize("loss", POINTWISE)
def test_derivatives_in_both_modes(loss):
    p, t, w = (jnp.array(x) for x in (rng.normal(size=8), rng.uniform(size=8), rng.uniform(size=8)))
    cost = jax.jit(lambda p, t, w: loss(p, t, weight=w))
    check_grads(cost, (p, t, w), order=2 if loss in (huber, binary_cross_entropy) else 1, modes=("fwd", "rev"))
    gradient, hessian = jax.jit(lambda *x: (jax.grad(cost)(*x), jax.hessian(cost)(*x)))(p, t, w)
    np.testing.assert_allclose(gradient, loss.gradient(p, t, weight=w), rtol=1e-13)
    np.testing.assert_allclose(jnp.diag(hessian), loss.curvature(p, t, weight=w), rtol=1e-12, atol=1e-300)
    assert (hessian - jnp.diag(jnp.diag(hessian)) == 0).all()


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"ignore_index": 1}, {"class_weight": jnp.arange(1.0, 5)}])
def test_cross_entropy_under_jit_grad_and_vmap(options):
    cost = lambda z: cross_entropy(z, Y, **options)
    one = lambda z, y: cross_entropy(z, y, reduction="sum", **options)
    gradient, hessian, each = jax.jit(lambda z: (jax.grad(cost)(z), jax.hessian(cost)(z), jax.vmap(one)(z, Y)))(Z)
    expected = cross_entropy.gradient(np.asarray(Z), np.asarray(Y), **options)
    np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-17)
    curvature = cross_entropy.curvature(np.asarray(Z), np.asarray(Y), **options)
    np.testing.assert_allclose(jnp.diag(hessian.reshape(24, 24)).reshape(6, 4), curvature, rtol=1e-11, atol=1e-17)
    np.testing.assert_allclose(each, cross_entropy(Z, Y, reduction="none", **options), rtol=1e-13)


def test_losses_agree_with_optax():
    p, t = jnp.array(rng.normal(size=20)), jnp.array(rng.uniform(size=20))
    np.testing.assert_allclose(squared_error(p, t, reduction="none"), optax.squared_error(p, t))
    np.testing.assert_allclose(huber(p, t, delta=0.5, reduction="none"), optax.huber_loss(p, t, delta=0.5), rtol=1e-12)
    np.testing.assert_allclose(binary_cross_entropy(p, t, reduction="none"), optax.sigmoid_binary_cross_entropy(p, t))
    expected = optax.softmax_cross_entropy_with_integer_labels(Z, Y)
    np.testing.assert_allclose(cross_entropy(Z, Y, reduction="none"), expected)


def test_a_traced_parameter_and_its_gradient():
    p = jnp.array([0.2, 3.0])
    cost = lambda d: huber(p, p * 0, delta=d, reduction="sum")
    assert float(jax.jit(cost)(0.5)) == pytest.approx(0.02 + 0.5 * 2.75)
    assert float(jax.grad(cost)(0.5)) == pytest.approx(2.5)


def test_gradients_at_the_edges_are_those_of_the_limit():
    cost = lambda p, t: binary_cross_entropy(p, t, given="probabilities", reduction="sum")
    gradient = jax.jit(jax.grad(cost))(jnp.array([0.0, 1.0, 0.5]), jnp.array([0.0, 1.0, 1.0]))
    assert gradient.tolist() == [1, -1, -2]
    masked = jax.grad(lambda z: cross_entropy(z, jnp.array([0, 1]), where=jnp.array([False, True])))
    assert masked(jnp.array([[jnp.nan, 1.0], [0.0, 0.0]])).tolist() == [[0, 0], [0.5, -0.5]]
    confident = jax.jit(jax.grad(lambda z: cross_entropy(z, jnp.array([0]))))(jnp.array([[0.0, -40.0, -41.0]]))
    assert float(confident[0, 0]) == pytest.approx(-(np.exp(-40) + np.exp(-41)), rel=1e-13, abs=0)


def test_numpy_targets_are_taken_with_jax_predictions():
    assert float(cross_entropy(Z, np.asarray(Y))) == pytest.approx(float(cross_entropy(Z, Y)))


@pytest.mark.heavy
def test_without_64_bits_sums_of_millions_keep_their_digits():
    code = """
import jax.numpy as jnp, numpy as np, lossary
x = np.random.default_rng(0).normal(size=3_000_000).astype(np.float32)
cost = lossary.squared_error(jnp.asarray(x), jnp.zeros(3_000_000))
assert cost.dtype == jnp.float32
assert abs(float(cost) / np.mean(x.astype(float) ** 2) - 1) < 3e-7, float(cost)
z = jnp.asarray(x[:3000].reshape(-1, 3))
assert lossary.cross_entropy(z, jnp.zeros(1000, jnp.uint8)).dtype == jnp.float32
assert lossary.cross_entropy(z.astype(jnp.bfloat16), jnp.zeros(1000, int)).dtype == jnp.float32
print("fine")
"""
    command, environment = [sys.executable, "-W", "error", "-c", code], {**os.environ, "JAX_ENABLE_X64": "0"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.stdout == "fine\n", result.stderr


CLASS_WEIGHT = {"class_weight": jnp.array([1.0, 2, 0.5, 3])}, {"weight": torch.tensor([1.0, 2, 0.5, 3], dtype=torch.float64)}


SMOOTHED = [{"ignore_index": 1, "label_smoothing": 0.1}] * 2


@pytest.mark.parametrize(
    ("ours", "theirs", "transform"),
    [
        ({}, {}, jax.jit),
        (*CLASS_WEIGHT, jax.jit),
        (*SMOOTHED, jax.jit),
        pytest.param(*SMOOTHED, lambda f: f, marks=pytest.mark.heavy),
    ],
    ids=["plain", "class_weight", "smoothed", "smoothed, eager"],
)
def test_where_jax_may_not_broadcast_over_new_axes(ours, theirs, transform):
    hidden, weight, bias = (jnp.array(rng.normal(size=shape)) for shape in ((6, 5), (4, 5), (4,)))
    dense = jnp.array(rng.dirichlet(np.ones(4), size=6))
    of_classes = {k: v for k, v in ours.items() if k != "ignore_index"}
    with jax.numpy_rank_promotion("raise"):
        plain = transform(jax.grad(lambda z: cross_entropy(z, Y, **ours)))(Z)
        curvature = transform(jax.hessian(lambda z: cross_entropy(z, Y, **ours)))(Z)
        linear = transform(jax.grad(lambda h: linear_cross_entropy(h, weight, Y, bias=bias, **ours)))(hidden)
        soft = transform(lambda z: cross_entropy(z, dense, normalizer=6, **of_classes))(Z)

    z, h, w, b, labels, mixed = (torch.tensor(np.asarray(x)) for x in (Z, hidden, weight, bias, Y, dense))
    cost = lambda z: torch.nn.functional.cross_entropy(z, labels, **theirs)
    np.testing.assert_allclose(plain, torch.func.grad(cost)(z), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(curvature, torch.func.hessian(cost)(z), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(linear, torch.func.grad(lambda h: cost(h @ w.T + b))(h), rtol=1e-11, atol=1e-15)
    theirs = {k: v for k, v in theirs.items() if k != "ignore_index"}
    np.testing.assert_allclose(soft, torch.nn.functional.cross_entropy(z, mixed, **theirs), rtol=1e-12)
