"""Forward mode on torch: where slopes are infinite, and over itself, beside derivatives worked out by hand and those of JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.autograd import forward_ad
from torch.func import jacfwd, jacrev, jvp, vmap

import lossary
from lossary import activations, binary_cross_entropy, cross_entropy, huber, information, squared_error

INF = float("inf")


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def first(function, x):
    """The Jacobian in both modes, and by dual numbers."""
    yield jacfwd(function)(x)
    yield jacrev(function)(x)
    columns = []
    for direction in torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape):
        with forward_ad.dual_level():
            tangent = forward_ad.unpack_dual(function(forward_ad.make_dual(x, direction))).tangent
            columns.append(torch.zeros_like(function(x)) if tangent is None else tangent.clone())
    found = torch.stack(columns, -1)
    yield found.reshape(*found.shape[:-1], *x.shape)


def second(function, x):
    """The second derivatives by every pair of modes."""
    for outer in (jacfwd, jacrev):
        for inner in (jacfwd, jacrev):
            yield outer(inner(function))(x)


def check(found, expected):
    for x in found:
        torch.testing.assert_close(x, tensor(np.asarray(expected)), rtol=1e-12, atol=1e-300, equal_nan=True)


def diagonal(slopes, order=1):
    """The derivatives of elements, each by itself only."""
    n = len(slopes)
    whole = np.zeros((n,) * (order + 1))
    whole[(np.arange(n),) * (order + 1)] = slopes
    return whole


# prediction, target, and by hand: d/dp = (p - t)/(p(1 - p)), d²/dp² = t/p² + (1 - t)/(1 - p)², d/dt = log(1 - p) - log p
P, T = [0.0, 1.0, 0.0, 1.0, 0.25], [0.0, 1.0, 1.0, 0.0, 0.5]
BY_P, BY_PP = [1.0, -1.0, -INF, INF, -4 / 3], [1.0, 1.0, INF, INF, 8 + 8 / 9]
BY_T = [INF, -INF, INF, -INF, np.log(3)]


def test_binary_cross_entropy_of_certain_probabilities():
    p, t = tensor(P), tensor(T)
    loss = lambda p, t: binary_cross_entropy(p, t, given="probabilities", reduction="none")
    check(first(lambda p: loss(p, t), p), diagonal(BY_P))
    check(second(lambda p: loss(p, t), p), diagonal(BY_PP, 2))
    check(first(lambda t: loss(p, t), t), diagonal(BY_T))
    check(second(lambda t: loss(p, t), t), np.zeros((5, 5, 5)))


@pytest.mark.parametrize("how", ["mean", "sum"])
def test_a_reduced_cost_of_certain_probabilities(how):
    p, t = tensor(P), tensor(T)
    share = 1 / 5 if how == "mean" else 1
    cost = lambda p, t: binary_cross_entropy(p, t, given="probabilities", reduction=how)
    check(first(lambda p: cost(p, t), p), np.multiply(BY_P, share))
    check(second(lambda p: cost(p, t), p), diagonal(np.multiply(BY_PP, share)))
    check(first(lambda t: cost(p, t), t), np.multiply(BY_T, share))
    check(second(lambda t: cost(p, t), t), np.zeros((5, 5)))


def test_binary_cross_entropy_of_infinite_logits():
    z, t = tensor([INF, -INF, INF, 0.0]), tensor([1.0, 0.0, 0.0, 0.5])
    loss = lambda z, t: binary_cross_entropy(z, t, reduction="none")
    check(first(lambda z: loss(z, t), z), diagonal([0.0, 0.0, 1.0, 0.0]))
    check(second(lambda z: loss(z, t), z), diagonal([0.0, 0.0, 0.0, 0.25], 2))
    check(first(lambda t: loss(z, t), t), diagonal([-INF, INF, -INF, 0.0]))


def test_soft_targets_beside_a_logit_of_minus_infinity():
    z, t = tensor([[1.0, -INF, 2.0], [0.1, 0.2, 0.3]]), tensor([[0.5, 0.0, 0.5], [0.2, 0.3, 0.5]])
    p = np.exp(z.numpy() - np.log(np.exp(z.numpy()).sum(1, keepdims=True)))
    slopes, curved = np.zeros((2, 2, 3)), np.zeros((2, 2, 3, 2, 3))
    for i in range(2):
        slopes[i, i] = p[i] - t[i].numpy()
        curved[i, i, :, i] = np.diag(p[i]) - np.outer(p[i], p[i])
    loss = lambda z, t: cross_entropy(z, t, reduction="none")
    for got, expected in ((first, slopes), (second, curved)):
        for x in got(lambda z: loss(z, t), z):
            torch.testing.assert_close(x, tensor(expected), rtol=1e-12, atol=1e-15)
    by_target = np.zeros((2, 2, 3))
    with np.errstate(divide="ignore"):
        by_target[[0, 1], [0, 1]] = -np.log(p)
    check(first(lambda t: loss(z, t), t), by_target)


def test_a_sample_of_weight_0_counts_nothing_beside_infinite_slopes():
    p, t, w = tensor([0.0, 1.0, 0.5]), tensor([1.0, 0.0, 1.0]), tensor([0.0, 0.0, 2.0])
    loss = lambda p, w: binary_cross_entropy(p, t, given="probabilities", weight=w, reduction="none")
    check(first(lambda p: loss(p, w), p), diagonal([0.0, 0.0, -4.0]))
    check(second(lambda p: loss(p, w), p), diagonal([0.0, 0.0, 8.0], 2))
    check(first(lambda w: loss(p, w), w), diagonal([INF, INF, np.log(2)]))


# by hand: -Σ p log q, d/dq = -p/q, d/dp = -log q, and of the entropy d/dp = -log p - 1, d²/dp² = -1/p
def test_distributions_with_outcomes_of_probability_0():
    p, q = tensor([0.5, 0.5, 0.0]), tensor([0.25, 0.75, 0.0])
    check(first(lambda q: information.cross_entropy(p, q), q), [-2.0, -2 / 3, 0.0])
    check(second(lambda q: information.cross_entropy(p, q), q), np.diag([8.0, 8 / 9, 0.0]))
    check(first(lambda p: information.cross_entropy(p, q), p), [np.log(4), np.log(4 / 3), INF])
    check(first(information.entropy, p), [np.log(2) - 1, np.log(2) - 1, INF])
    check(second(information.entropy, p), np.diag([-2.0, -2.0, -INF]))
    bits = lambda p: information.entropy(p, base=2)
    check(first(bits, p), [1 - 1 / np.log(2), 1 - 1 / np.log(2), INF])
    check(first(information.self_information, tensor([0.0, 0.5, 1.0])), diagonal([-INF, -2.0, -1.0]))


def test_infinite_residuals():
    x, y = tensor([INF, 1.0, -2.0]), tensor([0.0, 1.0, 1.0])
    check(first(lambda x: squared_error(x, y, reduction="none"), x), diagonal([INF, 0.0, -6.0]))
    check(second(lambda x: squared_error(x, y, reduction="none"), x), diagonal([2.0, 2.0, 2.0], 2))
    check(first(lambda x: huber(x, y, reduction="none"), x), diagonal([1.0, 0.0, -1.0]))


Z, SOFT = [[1.0, -0.5, 2.0], [0.1, 0.2, 30.0]], [[0.2, 0.1, 0.7], [0.5, 0.25, 0.25]]
REGULAR = {
    **{
        f"{loss.__name__}, {how}": lambda z, t, loss=loss, how=how: loss(z, t, reduction=how)
        for loss in (squared_error, lossary.absolute_error, huber, binary_cross_entropy, cross_entropy)
        for how in ("mean", "none")
    },
    "options": lambda z, t: cross_entropy(z, t, z_loss=0.1, soft_cap=3.0, temperature=2.0, label_smoothing=0.1),
    "returns": lambda z, t: cross_entropy(z, t, returns=("entropy",)).entropy,
    "gradient": lambda z, t: cross_entropy.gradient(z, t),
    **{f"activations.{name}": lambda z, t, name=name: getattr(activations, name)(z) for name in activations.__all__},
    **{
        f"information.{name}": lambda z, t, name=name: getattr(information, name)(activations.softmax(z), axis=-1)
        for name in ("entropy", "perplexity")
    },
    **{
        f"information.{name}": lambda z, t, name=name: getattr(information, name)(activations.softmax(z), t)
        for name in ("cross_entropy", "relative_entropy", "jensen_shannon")
    },
}


@pytest.mark.parametrize("name", REGULAR)
def test_every_pair_of_modes_gives_what_jax_gives(name):
    function = REGULAR[name]
    expected = jax.jit(jax.jacfwd(jax.jacrev(lambda z: function(z, jnp.asarray(SOFT)))))(jnp.asarray(Z))
    for found in second(lambda z: function(z, tensor(SOFT)), tensor(Z)):
        torch.testing.assert_close(found, tensor(np.asarray(expected)), rtol=1e-9, atol=1e-13)


def test_third_derivatives_in_forward_mode():
    z, s = tensor([0.3, -2.0]), torch.sigmoid(tensor([0.3, -2.0]))
    third = jacfwd(jacfwd(jacfwd(lambda z: binary_cross_entropy(z, tensor([1.0, 0.0]), reduction="sum"))))(z)
    torch.testing.assert_close(third.diagonal().diagonal(), s * (1 - s) * (1 - 2 * s))


def test_forward_mode_within_vmap_and_of_linear_losses():
    z, t, u = tensor(Z), tensor(SOFT), tensor([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
    p = torch.softmax(z, -1)
    each = vmap(lambda z, t, u: jvp(lambda z: cross_entropy(z, t), (z,), (u,))[1])(z, t, u)
    torch.testing.assert_close(each, ((p - t) * u).sum(-1))
    whole = jvp(lambda z: vmap(lambda z, t: cross_entropy(z, t))(z, t), (z,), (u,))[1]
    torch.testing.assert_close(whole, each)
    with pytest.raises(NotImplementedError, match="put vmap outside"):
        jvp(lambda z: jvp(lambda z: vmap(cross_entropy)(z, t), (z,), (u,))[1], (z,), (u,))
    mixed = lambda z: jvp(lambda z: vmap(cross_entropy)(z, t).sum(), (z,), (u,))[1]
    torch.testing.assert_close(torch.func.grad(mixed)(z), p * u - p * (p * u).sum(-1, keepdim=True))
    eye = torch.eye(3, dtype=torch.float64)
    linear = lambda z: lossary.linear_cross_entropy(z, eye, t)
    torch.testing.assert_close(jacfwd(jacfwd(linear))(z), torch.func.hessian(lambda z: cross_entropy(z, t))(z))


def test_a_learned_weight_of_0_has_its_tangent():
    p, t, w = tensor([0.5, 0.25]), tensor([1.0, 1.0]), tensor([0.0, 1.0])
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(w, tensor([1.0, 0.0]))
        cost = binary_cross_entropy(p, t, given="probabilities", weight=dual, reduction="sum")
        torch.testing.assert_close(forward_ad.unpack_dual(cost).tangent, tensor(np.log(2)))


@pytest.mark.parametrize("size", ["few", "kernels"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_losses_that_are_set_to_0_have_no_gradient_where_it_is_infinite(size, dtype, request):
    if size == "kernels":
        request.getfixturevalue("kernels")
    p, t = tensor(P).to(dtype).requires_grad_(), tensor(T)
    losses = binary_cross_entropy(p, t, given="probabilities", reduction="none")
    losses[losses.detach() == INF] = 0
    losses.sum().backward()
    torch.testing.assert_close(p.grad, tensor([1.0, -1.0, 0.0, 0.0, -4 / 3]).to(dtype))
    (gradient,) = torch.autograd.grad(binary_cross_entropy(p, t, given="probabilities") * 0, p)
    assert gradient.tolist() == [0.0] * 5
