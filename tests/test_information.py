"""Entropies and divergences against their formulas in 60 digits, their laws, and their derivatives."""

import math

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from lossary import information
from tests.oracle import MP, as_library, exact, times, to_numpy, ulps


@pytest.fixture(params=["numpy", "torch", "jax"])
def library(request):
    """Array code has no kernels."""
    return request.param


def log(x):
    return MP.log(x) if x else -MP.inf


def entropy(p):
    return -MP.fsum(times(x, log(x)) for x in p)


def cross_entropy(p, q):
    return -MP.fsum(times(x, log(y)) for x, y in zip(p, q, strict=True))


def relative_entropy(p, q):
    return MP.fsum(MP.mpf(0) if x == 0 else x * (log(x) - log(y)) for x, y in zip(p, q, strict=True))


def jensen_shannon(p, q):
    m = [(x + y) / 2 for x, y in zip(p, q, strict=True)]
    return (relative_entropy(p, m) + relative_entropy(q, m)) / 2


def perplexity(p):
    return MP.exp(entropy(p))


ORACLES = {f.__name__: f for f in (entropy, cross_entropy, relative_entropy, jensen_shannon, perplexity)}
PAIRS = [
    ([0.5, 0.25, 0.25], [0.25, 0.25, 0.5]),
    ([0.5, 0.25, 0.25], [0.5, 0.25, 0.25]),
    ([1.0, 0.0, 0.0], [0.5, 0.25, 0.25]),
    ([0.5, 0.5, 0.0], [0.25, 0.75, 0.0]),
    ([1.0, 0.0, 0.0], [2.0**-120, 1.0, 0.0]),
    ([2.0**-120, 1.0, 0.0], [1.0, 0.0, 2.0**-125]),
    ([0.5, 0.5, 0.0], [1.0, 0.0, 0.0]),
    ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    ([0.0, 0.0, 1.0], [0.0, 0.0, 1.0]),
    *(([0.5, 0.25, 0.25], [0.5 + 2.0**-k, 0.25 - 2.0**-k, 0.25]) for k in (3, 4, 5, 8, 15, 22)),
    *(([0.5 + 2.0**-k, 0.25 - 2.0**-k, 0.25], [0.5, 0.25, 0.25]) for k in (3, 4, 5, 8, 15, 22)),
]
"""Numbers that sum to exactly 1, so that rounding the input has no part in the answer."""


def arguments(name, p, q):
    return (p,) if name in ("entropy", "perplexity") else (p, q)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ORACLES)
def test_values(name, dtype, library):
    for pair in PAIRS:
        given_numbers = arguments(name, *(np.array(x, dtype) for x in pair))
        truth = ORACLES[name](*([exact(x) for x in row] for row in given_numbers))
        got = getattr(information, name)(*(as_library(library, x) for x in given_numbers))
        assert to_numpy(got).dtype == dtype
        assert ulps(to_numpy(got), [truth]) <= 8, (pair, got, truth)


@pytest.mark.parametrize("library", ["numpy", "torch"])  # XLA takes subnormal numbers for 0
@pytest.mark.parametrize(("dtype", "tiny"), [(np.float64, 2.0**-1074), (np.float32, 2.0**-149)])
def test_the_smallest_probability_is_not_impossible(dtype, tiny, library):
    p, q = as_library(library, [1.0, 0.0], dtype), as_library(library, [tiny, 1.0], dtype)
    surprise = -math.log2(tiny)
    assert float(information.self_information(q, base=2)[0]) == pytest.approx(surprise)
    assert float(information.cross_entropy(p, q, base=2)) == pytest.approx(surprise)
    assert float(information.relative_entropy(p, q, base=2)) == pytest.approx(surprise)
    assert float(information.jensen_shannon(p, q, base=2)) == 1


@pytest.mark.parametrize("k", range(2, 52, 3))
def test_a_divergence_keeps_its_digits_however_small(k):
    p, q = [0.5, 0.5], [0.5 + 2.0**-k / 2, 0.5 - 2.0**-k / 2]
    for oracle in (relative_entropy, jensen_shannon):
        for first, second in ((p, q), (q, p)):
            got = getattr(information, oracle.__name__)(first, second)
            truth = oracle([exact(x) for x in first], [exact(x) for x in second])
            assert ulps(got, [truth]) <= 6


def test_rounding_makes_no_divergence():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(200, 1000))
    nudged = logits + 1e-5 * rng.normal(size=logits.shape)
    p, q = (np.exp(z) / np.exp(z).sum(1, keepdims=True) for z in (logits, nudged))
    got = information.relative_entropy(p.astype(np.float32), q.astype(np.float32))
    assert (got >= 0).all()
    # the second-order formula, Σ p (Δ log p)² / 2; the textbook's sum in float32 errs by many times the divergence itself
    step = np.log(q / p)
    truth = (p * step**2).sum(1) / 2
    np.testing.assert_allclose(got, truth, rtol=5e-2)
    textbook = (p.astype(np.float32) * np.log(p.astype(np.float32) / q.astype(np.float32))).sum(1)
    assert np.abs(textbook - truth).max() > 10 * truth.max()


def test_sums_that_differ_for_good_count(library):
    p, q = [0.3333, 0.3333, 0.3333], [0.2, 0.3, 0.5]
    got = information.relative_entropy(as_library(library, p), as_library(library, q))
    assert float(got) == pytest.approx(sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)), rel=1e-14)
    got = information.relative_entropy(as_library(library, [0.0, 0.0, 1.0]), as_library(library, [0.3, 0.4, 0.4]), check=False)
    assert float(got) == pytest.approx(-math.log(0.4), rel=1e-14)
    tiny = information.relative_entropy([2e-30, 1e-30], [1e-30, 1e-30], check=False)
    assert tiny == pytest.approx(2e-30 * math.log(2), rel=1e-14)


def test_self_information(library):
    got = to_numpy(information.self_information(as_library(library, [[1.0, 0.5], [0.1, 0.0]])))
    np.testing.assert_allclose(got, [[0.0, math.log(2)], [math.log(10), math.inf]], rtol=1e-15)
    assert not np.signbit(got[0, 0])
    assert math.isnan(information.self_information(math.nan))


def test_certainty_is_zero_and_not_minus_zero():
    for function in (information.entropy, information.self_information):
        assert not np.signbit(function([1.0])).any()
    assert not np.signbit(information.cross_entropy([1.0, 0.0], [1.0, 0.0]))


def test_units(library):
    p, q = as_library(library, [0.5, 0.25, 0.25]), as_library(library, [0.25, 0.25, 0.5])
    for base in (2, 10, math.e):
        for name in ("entropy", "cross_entropy", "relative_entropy", "jensen_shannon"):
            function = getattr(information, name)
            values = arguments(name, p, q)
            assert float(function(*values, base=base)) == pytest.approx(float(function(*values)) / math.log(base))
    assert float(information.entropy(p, base=2)) == 1.5
    assert float(information.self_information(p, base=2)[1]) == 2


def test_axis(library):
    p = np.random.default_rng(1).dirichlet(np.ones(4), (2, 3))
    q = np.random.default_rng(2).dirichlet(np.ones(4), (2, 3))
    for name in ORACLES:
        values = arguments(name, p, q)
        expected = getattr(information, name)(*values)
        moved = (as_library(library, np.moveaxis(x, -1, 0)) for x in values)
        np.testing.assert_allclose(to_numpy(getattr(information, name)(*moved, axis=0)), expected, rtol=1e-13)
        assert expected.shape == (2, 3)


def test_against_scipy():
    p, q = np.random.default_rng(3).dirichlet(np.ones(5), (2, 7))
    np.testing.assert_allclose(information.entropy(p), scipy.stats.entropy(p, axis=1), rtol=1e-13)
    np.testing.assert_allclose(information.kl_divergence(p, q), scipy.stats.entropy(p, q, axis=1), rtol=1e-12)
    distance = [scipy.spatial.distance.jensenshannon(a, b, base=2) for a, b in zip(p, q, strict=True)]
    np.testing.assert_allclose(np.sqrt(information.jensen_shannon(p, q, base=2)), distance, rtol=1e-12)


# ---- laws

rows = st_numpy.arrays(float, (2, 4), elements=st.floats(0, 1)).filter(lambda x: (x.sum(1) > 1e-3).all())


@given(rows)
@settings(max_examples=100, deadline=None)
def test_laws(pair):
    p, q = pair / pair.sum(1, keepdims=True)
    h, ce = information.entropy(p), information.cross_entropy(p, q)
    kl, js = information.relative_entropy(p, q), information.jensen_shannon(p, q)
    assert 0 <= h <= math.log(4) * (1 + 1e-15)
    assert kl >= 0
    assert js >= 0
    assert js <= math.log(2) * (1 + 1e-15)
    assert js == information.jensen_shannon(q, p)
    assert math.isinf(kl) == math.isinf(ce)
    if math.isfinite(kl):
        assert abs(kl - (ce - h)) <= 1e-14 * (1 + ce)
    assert information.relative_entropy(p, p) == 0 == information.jensen_shannon(p, p)


# ---- derivatives

SMOOTH = ([0.5, 0.25, 0.125, 0.125], [0.25, 0.28125, 0.25, 0.21875])


@pytest.mark.parametrize("name", ORACLES)
def test_gradients(name):
    values = arguments(name, *(np.array(x) for x in SMOOTH))
    function, count = getattr(information, name), len(values)
    truth = np.zeros((count, 4))
    for which in range(count):
        for j in range(4):

            def along(x, which=which, j=j):
                numbers = [[exact(v) for v in row] for row in values]
                numbers[which][j] = x
                return ORACLES[name](*numbers)

            truth[which, j] = float(MP.diff(along, exact(values[which][j])))
    tensors = [torch.tensor(x, requires_grad=True) for x in values]
    np.testing.assert_allclose(torch.stack(torch.autograd.grad(function(*tensors), tensors)), truth, rtol=1e-13)
    np.testing.assert_allclose(
        jnp.stack(jax.jit(jax.grad(function, tuple(range(count))))(*map(jnp.asarray, values))), truth, rtol=1e-13
    )


@pytest.mark.parametrize("name", ORACLES)
def test_second_derivatives(name):
    inputs = tuple(torch.tensor(x, requires_grad=True, dtype=torch.float64) for x in arguments(name, *SMOOTH))
    assert torch.autograd.gradgradcheck(lambda *x: getattr(information, name)(*x, check=False), inputs)


def test_fisher_information_is_the_curvature_of_the_divergence():
    p = jnp.array([0.5, 0.25, 0.25])
    hessian = jax.jit(jax.hessian(lambda q: information.relative_entropy(p, q)))
    np.testing.assert_allclose(hessian(p), np.diag([2, 4, 4]), atol=1e-13)


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_gradients_where_an_outcome_is_impossible(library):
    def gradients(name, *values):
        function = getattr(information, name)
        if library == "jax":
            gradient = jax.jit(jax.grad(function, tuple(range(len(values)))))
            return [g.tolist() for g in gradient(*map(jnp.array, values))]
        tensors = [torch.tensor(x, requires_grad=True, dtype=torch.float64) for x in values]
        return [g.tolist() for g in torch.autograd.grad(function(*tensors), tensors)]

    assert gradients("entropy", [1.0, 0.0])[0] == [-1, math.inf]  # -log p - 1
    by_p, by_q = gradients("cross_entropy", [1.0, 0.0], [1.0, 0.0])
    assert by_p == [0, math.inf]  # -log q
    assert by_q == [-1, 0]  # -p/q
    by_p, by_q = gradients("relative_entropy", [1.0, 0.0], [0.5, 0.5])
    assert by_p == pytest.approx([math.log(2) + 1, -math.inf])  # log(p/q) + 1
    assert by_q == [-2, 0]
    by_p, by_q = gradients("relative_entropy", [0.5, 0.5, 0.0], [0.5, 0.5, 0.0])
    assert by_p[:2] + by_q == [1, 1, -1, -1, 0]
    assert by_p[2] == math.inf  # any p there would cost ∞
    assert gradients("relative_entropy", [0.5, 0.5], [1.0, 0.0])[1] == [-0.5, -math.inf]


# ---- precision, tracing, errors


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_half_precision_is_computed_in_single(dtype):
    p, q = np.array([[0.9, 0.05, 0.05]], dtype), np.array([[0.1, 0.45, 0.45]], dtype)
    for name in ORACLES:
        got = getattr(information, name)(*arguments(name, p, q))
        wide = getattr(information, name)(*arguments(name, p.astype(np.float32), q.astype(np.float32)), check=False)
        assert got.dtype == dtype
        assert abs(float(got[0]) - wide[0]) <= float(ml_dtypes.finfo(dtype).eps) * abs(wide[0])
    assert information.entropy(torch.tensor([0.5, 0.5], dtype=torch.bfloat16)).dtype is torch.bfloat16
    assert information.relative_entropy(p, q.astype(np.float32), check=False).dtype == np.float32


def test_integers_are_distributions_too(library):
    assert float(information.cross_entropy(as_library(library, [0, 1]), as_library(library, [0.5, 0.5]))) == math.log(2)


def test_invalid_rows_become_nan_where_nothing_can_be_raised():
    p = jnp.array([[0.5, 0.5], [0.5, 0.6], [1.5, -0.5], [math.nan, 1.0]])
    for mapped in (jax.jit(information.entropy), jax.jit(jax.vmap(information.entropy))):
        np.testing.assert_allclose(mapped(p), [math.log(2), *[math.nan] * 3], rtol=1e-15)
    tensor = torch.tensor(p.tolist())
    got = torch.func.vmap(lambda row: information.jensen_shannon(row, row))(tensor)
    np.testing.assert_array_equal(got.numpy(), [0, *[math.nan] * 3])
    assert math.isnan(jax.grad(jax.jit(information.entropy))(p[1])[0])
    np.testing.assert_array_equal(jax.jit(information.self_information)(p[2]), [math.nan, math.nan])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: information.entropy([0.3, 0.4, 0.4]), ValueError, r"entropy: the probabilities .* in p sum to 1 .* got 1\.1"),
        (lambda: information.entropy([[0.5, 0.5], [1.5, -0.5]]), ValueError, r"in \[0, 1\]; got 1\.5 at index \(1, 0\)"),
        (lambda: information.cross_entropy([0.5, 0.5], [0.5, 0.4]), ValueError, r"in q sum to 1"),
        (lambda: information.entropy([math.nan, 0.5]), ValueError, r"sum to 1 .* got nan"),
        (lambda: information.entropy(np.zeros((2, 0))), ValueError, r"sum to 1 .* got 0"),
        (
            lambda: information.self_information(1.5),
            ValueError,
            r"self_information: a probability in p lies in .* got 1\.5",
        ),
        (lambda: information.relative_entropy([0.5, 0.5], [1.0]), ValueError, r"same shape; got \(2,\) and \(1,\)"),
        (lambda: information.entropy(0.5), ValueError, r"runs along an axis; got a single number"),
        (lambda: information.entropy([1.0], axis=1), ValueError, r"axis lies in -1 … 0"),
        (lambda: information.entropy([1.0], axis=0.5), TypeError, r"axis is an integer; got 0\.5"),
        (lambda: information.entropy([1.0], base=1), ValueError, r"entropy: base lies in \(1, ∞\); got 1"),
        (lambda: information.entropy([1.0], base="2"), TypeError, r"base is a number; got str"),
        (lambda: information.entropy([True, False]), TypeError, r"p is made of probabilities; got bool"),
        (lambda: information.entropy(["a"]), TypeError, r"p must be an array of real numbers"),
        (lambda: information.relative_entropy(torch.ones(1), [1.0]), TypeError, r"q must be a torch tensor"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_check_false_takes_the_numbers_as_they_are():
    assert information.entropy([0.5, 0.5, 0.5], check=False) == pytest.approx(1.5 * math.log(2))
    assert math.isnan(information.entropy([math.nan, 0.5], check=False))
    assert information.entropy(np.zeros((2, 0)), check=False).tolist() == [0, 0]


def test_the_gradient_of_a_subnormal_probability_is_finite():
    p = torch.tensor([1e-39, 1.0], requires_grad=True)
    (slope,) = torch.autograd.grad(information.entropy(p), p)
    assert slope.tolist() == pytest.approx([-math.log(p[0].item()) - 1, -1], rel=1e-6)
