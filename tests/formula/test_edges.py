"""Derivatives on the edge of a domain are the limits from within, of first and second order and in every input."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary import activations, information
from lossary.formula import calls
from lossary.formula.expression import symbol
from lossary.formula.languages.python import compiled
from lossary.formula.stable import stable
from tests.oracle import MP

INF = math.inf


def times_log(x, y):
    """x·log y with 0·∞ = 0."""
    return MP.mpf(0) if x == 0 else x * (-MP.inf if y == 0 else MP.log(y))


def entropy(p):
    return -times_log(p, p)


def cross_entropy(p, q):
    return -times_log(p, q)


def relative_entropy(p, q):
    return times_log(p, p) - times_log(p, q)


def jensen_shannon(p, q):
    m = (p + q) / 2
    return (relative_entropy(p, m) + relative_entropy(q, m)) / 2


def bernoulli(p, t):
    return -times_log(t, p) - times_log(1 - t, 1 - p)


def of(function):
    return lambda *x: getattr(information, function)(*(y[None] for y in x), check=False)


def binary(given):
    return lambda p, t: lossary.binary_cross_entropy(p[None], t[None], given=given, check=False)


FUNCTIONS = {
    "self_information": (lambda p: -times_log(1, p), lambda p: information.self_information(p, check=False)),
    "entropy": (entropy, of("entropy")),
    "perplexity": (lambda p: MP.exp(entropy(p)), of("perplexity")),
    "cross_entropy": (cross_entropy, of("cross_entropy")),
    "relative_entropy": (relative_entropy, of("relative_entropy")),
    "jensen_shannon": (jensen_shannon, of("jensen_shannon")),
    "probabilities": (bernoulli, binary("probabilities")),
    "log_probabilities": (lambda q, t: bernoulli(MP.exp(q), t), binary("log_probabilities")),
}
PAIRS = [(0.0, 0.0), (0.0, 0.25), (0.25, 0.0), (0.25, 0.25), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)]
CASES = [(name, (p,)) for name in ("self_information", "entropy", "perplexity") for p in (0.0, 1.0)]
CASES += [(name, pair) for name in ("cross_entropy", "relative_entropy", "jensen_shannon", "probabilities") for pair in PAIRS]
CASES += [("log_probabilities", (q, t)) for q in (0.0, -1.0, -INF) for t in (0.0, 0.5, 1.0)]


def limit(function, point, which, order):
    """The derivative in one input, approached from within; 0 or infinite where it tends there."""
    inward = -1 if point[which] == 1 or (function is FUNCTIONS["log_probabilities"][0] and which == 0) else 1
    x = [MP.mpf(v) for v in point]

    def along(h):
        moved = list(x)
        moved[which] = x[which] + inward * h if point[which] != -INF else -1 / h
        return function(*moved)

    if point[which] != -INF and MP.isfinite(along(MP.mpf(0))) and not MP.isfinite(along(MP.mpf(10) ** -40)):
        return INF * inward if order == 1 else None  # what jumps to ∞ has no second derivative
    found = []
    for h in (MP.mpf(10) ** -40, MP.mpf(10) ** -60):
        at = x[which] + inward * h if point[which] != -INF else -(MP.mpf(10) ** 3) * (1 if h > MP.mpf(10) ** -50 else 2)
        step = abs(h if point[which] != -INF else MP.mpf(1)) * MP.mpf(10) ** -60

        def value(v):
            return function(*(v if i == which else y for i, y in enumerate(x)))

        low, mid, high = (value(at + k * step) for k in (-1, 0, 1))
        if not (MP.isfinite(low) and MP.isfinite(mid) and MP.isfinite(high)):
            return None
        found.append((high - low) / (2 * step) if order == 1 else (high - 2 * mid + low) / step**2)
    near, nearer = found
    if abs(nearer - near) > 1:
        return INF if nearer > 0 else -INF
    return 0.0 if abs(nearer) < 1e-25 else float(nearer)


def by_torch(function, point, which, order):
    x = [torch.tensor(v, dtype=torch.float64, requires_grad=i == which) for i, v in enumerate(point)]
    found = function(*x).sum()
    for k in range(order):
        if not found.requires_grad:  # a derivative that is constant
            return 0.0
        (found,) = torch.autograd.grad(found, x[which], create_graph=k + 1 < order, materialize_grads=True)
    return found.item()


@functools.cache
def derived_by_jax(function, which, order):
    derived = lambda *x: function(*x).sum()
    for _ in range(order):
        derived = jax.grad(derived, which)
    return jax.jit(derived)


def by_jax(function, point, which, order):
    return float(derived_by_jax(function, which, order)(*(jnp.asarray(v) for v in point)))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("name", "point"), CASES, ids=str)
def test_derivatives_on_the_edge(name, point, order):
    truth, function = FUNCTIONS[name]
    for which in range(len(point)):
        expected = limit(truth, point, which, order)
        if expected is None or (name, point, order) == ("perplexity", (0.0,), 2):  # there e^H·(H′² + H″) is ∞ - ∞
            continue
        for compute in (by_torch, by_jax):
            got = compute(function, point, which, order)
            np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-15, err_msg=f"{compute.__name__}, input {which}")


@pytest.mark.parametrize(
    ("name", "z", "value", "slope"),
    [
        ("sigmoid", [-INF, INF], [0, 1], [0, 0]),
        ("softplus", [-INF, INF], [0, INF], [0, 1]),
        ("log_sigmoid", [-INF, INF], [-INF, 0], [1, 0]),
        ("softmax", [INF, 0.0], [1, 0], [0, 0]),
        ("log_softmax", [INF, 0.0], [0, -INF], [-1, 1]),
        ("logsumexp", [INF, 0.0], INF, [1, 0]),
        ("logsumexp", [-INF, 0.0], 0, [0, 1]),
    ],
)
def test_activations_at_infinity(name, z, value, slope):
    function = getattr(activations, name)
    x = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    # of the log-softmax the sum, for softmax the first
    (function(x) if name != "softmax" else function(x)[0]).sum().backward()
    assert function(x).tolist() == value
    assert x.grad.tolist() == slope
    by_jax = jax.grad(lambda x: (function(x) if name != "softmax" else function(x)[0]).sum())(jnp.asarray(z))
    assert by_jax.tolist() == slope


@pytest.mark.parametrize(
    "word", [calls.softplus, calls.exp, calls.log_cosh, calls.sigmoid, calls.tanh, lambda x: x, lambda x: x**2 - 1]
)
def test_zero_times_anything_is_zero_in_stable_form_too(word):
    t, x = symbol("t"), symbol("x")
    product = compiled(stable(calls.xmuly(t, word(x))), "numpy", ("t", "x"))
    with np.errstate(all="ignore"):
        assert product(np.zeros(3), np.array([INF, -INF, 1.0])).tolist() == [0, 0, 0]
