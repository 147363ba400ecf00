"""Activations against their formulas in 60 digits and SciPy's, their laws, and their derivatives."""

import math

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from lossary import activations
from tests.oracle import MP, REAL_EXTREMES, as_library, exact, sigmoid, softmax_row, softplus, to_numpy, ulps

INF, NAN = math.inf, math.nan
ROWS = [
    [3.0, 1.0, -3.0],
    [0.0, 0.0, 0.0],
    [1e4, 9990.0, -1e4],
    [-745.0, -700.0, -710.0],
    [40.0, 0.0, 1.0],
    [1e-8, 0.0, -1e-8],
    [1e300, 1e300, -1e300],
    [2.5, 2.5, 2.25],
]
ELEMENTWISE = {"sigmoid": sigmoid, "softplus": softplus, "log_sigmoid": lambda x: -softplus(-x)}
ALONG = ("softmax", "log_softmax", "logsumexp")


@pytest.fixture(params=["numpy", "torch", "jax"])
def library(request):
    """Array code has no kernels."""
    return request.param


def truth_along(name, row):
    p, log_p = softmax_row(row)
    if name == "logsumexp":
        top = max(map(exact, row))
        return [top + MP.log(MP.fsum(MP.exp(exact(x) - top) for x in row))]
    return {"softmax": p, "log_softmax": log_p}[name]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ALONG)
def test_values_along_an_axis(name, dtype, library):
    for row in ROWS:
        if dtype == np.float32 and max(row) > 1e30:
            continue
        z = np.array(row, dtype)
        got = to_numpy(getattr(activations, name)(as_library(library, z)))
        assert got.dtype == dtype
        for g, t in zip(np.ravel(got), truth_along(name, z), strict=True):
            # e^x carries the rounding of x, half an ulp of x, as a relative error
            if name == "softmax":
                info = np.finfo(dtype)
                assert abs(exact(g) - t) <= (2 + abs(MP.log(t))) * t * float(info.eps) + float(info.smallest_normal), row
            else:
                assert ulps(g, [t]) <= 3, row


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_values_of_elements(name, library):
    got = to_numpy(getattr(activations, name)(as_library(library, REAL_EXTREMES)))
    truth = [ELEMENTWISE[name](exact(x)) for x in REAL_EXTREMES]
    smallest = 2.3e-308 if library == "jax" else 0  # XLA flushes subnormal results to zero
    for x, g, t in zip(REAL_EXTREMES, got, truth, strict=True):
        assert ulps(g, [t]) <= 4 or abs(exact(g) - t) < smallest, (x, g, t)


def test_against_scipy(library):
    z = np.random.default_rng(0).normal(scale=20, size=(4, 5, 3))
    for axis in (0, -1):
        for name in ALONG:
            got = to_numpy(getattr(activations, name)(as_library(library, z), axis=axis))
            # SciPy's log-softmax of a confident row rounds like 1 - p
            np.testing.assert_allclose(got, getattr(scipy.special, name)(z, axis=axis), rtol=1e-13, atol=2e-16)
    np.testing.assert_allclose(to_numpy(activations.sigmoid(as_library(library, z))), scipy.special.expit(z), rtol=1e-14)
    np.testing.assert_allclose(
        to_numpy(activations.log_sigmoid(as_library(library, z))), scipy.special.log_expit(z), rtol=1e-14
    )


def test_infinities(library):
    def of(name, row):
        return to_numpy(getattr(activations, name)(as_library(library, row)))

    for row, p, lse in [
        ([-INF, 0.0], [0, 1], 0),
        ([-INF, -INF], [NAN, NAN], -INF),
        ([INF, 0.0], [1, 0], INF),
        ([INF, INF], [NAN, NAN], INF),
        ([INF, -INF], [1, 0], INF),
        ([NAN, 0.0], [NAN, NAN], NAN),
        ([NAN, INF], [NAN, NAN], NAN),
    ]:
        np.testing.assert_array_equal(of("softmax", row), p)
        with np.errstate(divide="ignore"):
            np.testing.assert_array_equal(of("log_softmax", row), np.log(p))
        np.testing.assert_array_equal(of("logsumexp", row), lse)
    np.testing.assert_array_equal(of("sigmoid", [-INF, INF, NAN]), [0, 1, NAN])
    np.testing.assert_array_equal(of("log_sigmoid", [-INF, INF, NAN]), [-INF, 0, NAN])
    np.testing.assert_array_equal(of("softplus", [-INF, INF, NAN]), [0, INF, NAN])


def test_hardmax(library):
    def hardmax(z, **options):
        return to_numpy(activations.hardmax(as_library(library, z), **options))

    np.testing.assert_array_equal(hardmax([3, 1, -3]), [1, 0, 0])
    np.testing.assert_array_equal(
        hardmax([[1.0, 2.0, 2.0], [-INF, -INF, -INF], [0.0, INF, 1.0]]), [[0, 1, 0], [1, 0, 0], [0, 1, 0]]
    )
    np.testing.assert_array_equal(hardmax([[1.0, 5.0], [2.0, NAN]], axis=0), [[0, NAN], [1, NAN]])
    assert hardmax(np.array([3, 1], np.int16)).dtype == np.int16
    assert hardmax(np.array([3, 1], np.float16)).dtype == np.float16


def test_nothing(library):
    for name in ("softmax", "log_softmax", "hardmax"):
        for shape in ((3, 0), (0, 3)):
            assert tuple(getattr(activations, name)(as_library(library, np.zeros(shape))).shape) == shape
    np.testing.assert_array_equal(to_numpy(activations.logsumexp(as_library(library, np.zeros((2, 0))))), [-INF, -INF])
    assert tuple(activations.logsumexp(as_library(library, np.zeros((0, 3)))).shape) == (0,)
    assert tuple(activations.sigmoid(as_library(library, np.zeros(0))).shape) == (0,)


def test_dtypes(library):
    for name in (*ALONG, *ELEMENTWISE):
        function = getattr(activations, name)
        z = np.array([9.0, 1.0, -3.0])
        got = to_numpy(function(as_library(library, z, np.float16)))
        assert got.dtype == np.float16
        np.testing.assert_array_equal(got, to_numpy(function(as_library(library, z, np.float32))).astype(np.float16))
        whole = to_numpy(function(as_library(library, z, np.int8)))
        assert whole.dtype == (np.float32 if library == "torch" else np.float64)
        np.testing.assert_allclose(whole, to_numpy(function(as_library(library, z))), rtol=1e-6)
    assert activations.softmax(np.array([1, 2], ml_dtypes.bfloat16)).dtype == ml_dtypes.bfloat16
    assert activations.softmax(torch.ones(2, dtype=torch.bfloat16)).dtype is torch.bfloat16


def test_results_can_be_written_to():
    for name in (*ALONG, *ELEMENTWISE, "hardmax"):
        assert getattr(activations, name)(np.ones((2, 2))).flags.writeable


# ---- laws

scores = st_numpy.arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 6)), elements=st.floats(-1e3, 1e3))


@given(scores, st.integers(-1000, 1000))
@settings(max_examples=80, deadline=None)
def test_laws(z, shift):
    p = activations.softmax(z)
    np.testing.assert_allclose(p.sum(-1), 1, rtol=1e-14)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_allclose(activations.softmax(z + shift), p, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(activations.logsumexp(z + shift), activations.logsumexp(z) + shift, rtol=1e-14, atol=1e-12)
    lse, top = activations.logsumexp(z), z.max(-1)
    assert ((lse >= top) & (lse <= top + math.log(z.shape[-1]) + 1e-12)).all()
    np.testing.assert_allclose(activations.log_softmax(z), z - lse[:, None], rtol=1e-13, atol=1e-12)
    two = np.stack([z, np.zeros_like(z)], -1)
    np.testing.assert_allclose(activations.sigmoid(z), activations.softmax(two)[..., 0], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(activations.softplus(z), activations.logsumexp(two), rtol=1e-14, atol=1e-300)
    hard = activations.hardmax(z)
    assert (hard.sum(-1) == 1).all()
    assert (z[hard == 1] == top).all()


# ---- derivatives


@pytest.mark.parametrize("name", ALONG)
def test_derivatives_along_an_axis(name):
    z = torch.tensor([[3.0, 1.0, -3.0], [2.0, 2.0, 0.5]], dtype=torch.float64, requires_grad=True)
    function = getattr(activations, name)
    assert torch.autograd.gradcheck(function, (z,))
    assert torch.autograd.gradgradcheck(function, (z,))
    rows = z.detach().numpy()
    truth = np.array(
        [[[float(d) for d in jacobian_row(name, row, i)] for i in range(1 if name == "logsumexp" else 3)] for row in rows]
    )
    for jacobian in (jax.jacrev, jax.jacfwd):
        got = jax.jit(jax.vmap(jacobian(function)))(jnp.asarray(rows))
        np.testing.assert_allclose(np.reshape(got, truth.shape), truth, rtol=1e-12)
    np.testing.assert_allclose(torch.func.vmap(torch.func.jacrev(function))(z.detach()).reshape(truth.shape), truth, rtol=1e-12)


def jacobian_row(name, row, i):
    """∂(output i)/∂z, by mpmath's own differentiation of the naive formula."""
    numbers = [exact(x) for x in row]

    def output(*z):
        e = [MP.exp(x) for x in z]
        total = MP.fsum(e)
        return {"softmax": e[i] / total, "log_softmax": MP.log(e[i] / total), "logsumexp": MP.log(total)}[name]

    return [MP.diff(output, tuple(numbers), tuple(int(j == k) for k in range(3))) for j in range(3)]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives_of_elements(name):
    z = np.array([-800.0, -40.0, -1.0, 0.0, 1.0, 40.0, 800.0])
    truth = {
        "sigmoid": [sigmoid(exact(x)) * sigmoid(-exact(x)) for x in z],
        "softplus": [sigmoid(exact(x)) for x in z],
        "log_sigmoid": [sigmoid(-exact(x)) for x in z],
    }[name]
    function = getattr(activations, name)
    tensor = torch.tensor(z, requires_grad=True)
    function(tensor).sum().backward()
    assert ulps(tensor.grad.numpy(), truth) <= 4
    assert ulps(jax.jit(jax.vmap(jax.grad(function)))(jnp.asarray(z)), truth) <= 4
    assert torch.autograd.gradgradcheck(function, (torch.tensor([-2.0, 0.5], dtype=torch.float64, requires_grad=True),))


def test_a_masked_score_leaves_the_gradient_alone():
    z = torch.tensor([1.0, -INF, 2.0], dtype=torch.float64, requires_grad=True)
    (activations.softmax(z) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    p = 1 / (1 + math.e)
    np.testing.assert_allclose(z.grad, [-2 * p * (1 - p), 0, 2 * p * (1 - p)], rtol=1e-14)
    gradient = jax.jit(jax.grad(lambda x: activations.softmax(x) @ jnp.array([1.0, 2.0, 3.0])))(jnp.array([1.0, -INF, 2.0]))
    np.testing.assert_allclose(gradient, z.grad, rtol=1e-14)


def test_the_gradient_of_logsumexp_is_the_softmax_where_there_is_one():
    for row in ([5.0, 5.0], [1.0, -INF], [-INF, -INF]):
        p = activations.softmax(row)
        z = torch.tensor(row, dtype=torch.float64, requires_grad=True)
        activations.logsumexp(z).backward()
        np.testing.assert_allclose(z.grad, p)
        np.testing.assert_allclose(jax.jit(jax.grad(activations.logsumexp))(jnp.array(row)), p)


def test_under_tracing():
    z = np.array(ROWS[:3])
    for name in (*ALONG, *ELEMENTWISE, "hardmax"):
        function = getattr(activations, name)
        expected = function(z)
        for traced in (jax.jit(function), jax.jit(jax.vmap(function))):
            np.testing.assert_allclose(traced(jnp.asarray(z)), expected, rtol=1e-13)
        np.testing.assert_allclose(torch.func.vmap(function)(torch.tensor(z)), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: activations.softmax(3.0), ValueError, "softmax runs along an axis; got a single number"),
        (
            lambda: activations.softmax([[1.0]], axis=2),
            ValueError,
            "softmax: axis lies in -2 … 1 for an array of 2 axes; got 2",
        ),
        (lambda: activations.logsumexp([1.0], axis="x"), TypeError, "logsumexp: axis is an integer; got 'x'"),
        (lambda: activations.hardmax([True, False]), TypeError, "hardmax: z is made of numbers; got bool"),
        (lambda: activations.sigmoid("z"), TypeError, "sigmoid: z must be an array of real numbers"),
        (lambda: activations.softplus(torch.ones(1, dtype=torch.complex64)), TypeError, "softplus: z must be an array of real"),
        (lambda: activations.log_softmax([1j]), TypeError, "log_softmax: z must be an array of real numbers"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
