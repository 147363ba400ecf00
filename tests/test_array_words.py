"""Array functions of composed losses: one meaning on all libraries, with derivatives in torch and JAX."""

import jax
import numpy as np
import pytest
import torch

from lossary import array_words
from tests import oracle

X = np.array([[2.0, -1.0, 2.0, 0.5], [0.0, 0.0, -3.0, 0.0]])
INF = np.inf


@pytest.fixture(params=["numpy", "torch", "jax"])
def library(request):
    """Array code has no kernels."""
    return request.param


@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("descending", [False, True])
def test_equal_numbers_keep_their_order(library, axis, descending):
    x = oracle.as_library(library, X)
    key = -X if descending else X
    expected = [sorted(range(len(row)), key=row.__getitem__) for row in (key if axis == -1 else key.T)]
    expected = np.array(expected if axis == -1 else np.transpose(expected))
    assert oracle.to_numpy(array_words.argsort(x, axis, descending=descending)).tolist() == expected.tolist()
    ordered = oracle.to_numpy(array_words.sort(x, axis, descending=descending))
    assert ordered.tolist() == np.take_along_axis(X, expected, axis).tolist()


@pytest.mark.parametrize("axis", [-1, 0])
def test_words_along_an_axis_are_those_of_a_loop(library, axis):
    x = oracle.as_library(library, X)
    rows = X if axis == -1 else X.T
    along = {
        "flip": [row[::-1] for row in rows],
        "cumsum": [[sum(row[: i + 1]) for i in range(len(row))] for row in rows],
        "logcumsumexp": [[np.log(sum(np.exp(row[: i + 1]))) for i in range(len(row))] for row in rows],
    }
    along["cummax"] = [[max(row[: i + 1]) for i in range(len(row))] for row in rows]
    for word, expected in along.items():
        got = oracle.to_numpy(getattr(array_words, word)(x, axis))
        np.testing.assert_allclose(got if axis == -1 else got.T, expected, rtol=1e-15, atol=1e-15)
    joined = oracle.to_numpy(array_words.concatenate([x, x[:1] if axis == 0 else x[:, :1]], axis))
    assert joined.tolist() == np.concatenate([X, X[:1] if axis == 0 else X[:, :1]], axis).tolist()
    count = array_words.arange(3, x)
    assert oracle.to_numpy(count).tolist() == [0, 1, 2]
    assert array_words.cast(count, x).dtype == x.dtype


ROWS = [[-INF, -INF, 1.0, 2.0], [1.0, -INF, 800.0, -800.0], [-INF, -INF, -INF, -INF], [1.0, 2.0, 3.0, 4.0]]


def last_logcumsumexp(x):
    return array_words.logcumsumexp(x)[-1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", ROWS)
def test_logcumsumexp_is_right_at_minus_infinity_with_its_slopes(library, row, dtype):
    x = oracle.as_library(library, row, dtype)
    kept = np.array([e for e in row if e > -INF])
    expected = np.array([np.logaddexp.reduce([-INF, *row[: i + 1]]) for i in range(4)])
    got = oracle.to_numpy(oracle.jitted(library, array_words.logcumsumexp)(x))
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps)
    slope = np.zeros(4)
    slope[np.array(row) > -INF] = np.exp(kept - expected[-1]) if kept.size else []
    if library == "torch":
        x.requires_grad_()
        found = torch.autograd.grad(array_words.logcumsumexp(x)[-1], x)[0]
    elif library == "jax":
        found = jax.jit(jax.grad(last_logcumsumexp))(x)
    else:
        return
    np.testing.assert_allclose(oracle.to_numpy(found), slope, rtol=20 * np.finfo(dtype).eps)


def test_a_sorted_number_takes_its_slope_along():
    places = np.array([1.0, 10.0, 100.0, 1000.0])
    x = torch.tensor(X[0], requires_grad=True)
    torch_slope = torch.autograd.grad((array_words.sort(x) * torch.tensor(places)).sum(), x)[0]
    jax_slope = jax.grad(lambda x: (array_words.sort(x) * places).sum())(jax.numpy.asarray(X[0]))
    assert torch_slope.tolist() == jax_slope.tolist() == [100.0, 1.0, 1000.0, 10.0]


def test_a_fold_goes_step_by_step(library):
    steps, factors = as_arrays(library, X, X[0])
    got = array_words.fold(lambda state, x, factor: state * factor + x, as_arrays(library, np.ones(2))[0], steps, factors)
    expected = [1.0, 1.0]
    for i in range(4):
        expected = [state * X[0][i] + X[row][i] for row, state in enumerate(expected)]
    np.testing.assert_allclose(oracle.to_numpy(got), expected, rtol=1e-15)
    along_rows = array_words.fold(lambda state, x: state + 2 * x, as_arrays(library, np.zeros(4))[0], steps, axis=0)
    np.testing.assert_allclose(oracle.to_numpy(along_rows), 2 * X.sum(0), rtol=1e-15)


def test_a_log_softmax_sums_to_one(library):
    got = oracle.to_numpy(array_words.log_softmax(as_arrays(library, X)[0]))
    np.testing.assert_allclose(got, [[x - np.log(sum(np.exp(row))) for x in row] for row in X], rtol=1e-14)


def as_arrays(library, *values):
    return [oracle.as_library(library, x) for x in values]
