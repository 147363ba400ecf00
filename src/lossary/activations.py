"""From raw scores to probabilities, and the functions beside them, on NumPy, torch and JAX arrays.

All are stable at any size of score. Half precision is computed in float32 and comes back as it was; integers count as the
library's default float. On torch and JAX they are differentiable, with derivatives that are as stable as the values.
"""

from __future__ import annotations

from typing import Any

from lossary.arrays import select
from lossary.arrays.checks import normalize_axis, whole_number_problem
from lossary.arrays.graph import as_graph_node
from lossary.arrays.protocol import ArrayBackend
from lossary.formula.expression import apply, symbol
from lossary.names import explains_options

__all__ = ["hardmax", "log_sigmoid", "log_softmax", "logsumexp", "sigmoid", "softmax", "softplus"]


@explains_options
@as_graph_node
def softmax(z: Any, axis: int = -1) -> Any:
    r"""Scores as a probability distribution: :math:`a_j = e^{z_j} / \sum_i e^{z_i}` (Bridle, 1990).

    Every probability is positive (0 only for a score of -∞ or by underflow), and along ``axis`` they sum to 1. Adding a number
    to all scores changes nothing.

    ``z``: any real numbers, with at least one axis; the result has its shape. One score of ∞ gets
    probability 1. A row that holds NaN, two scores of ∞, or nothing but -∞ becomes NaN. An array that is not of real numbers,
    and an axis that is not there, raise.

    >>> from lossary.activations import softmax
    >>> softmax([3.0, 1.0, -3.0])
    array([0.87887824, 0.11894324, 0.00217852])
    """
    backend, x = _read("softmax", z)
    log_p, place = _log_softmax("softmax", backend, x, axis)
    return _return(backend, backend.move_axis(backend.xp.exp(log_p), -1, place), x)


@explains_options
@as_graph_node
def log_softmax(z: Any, axis: int = -1) -> Any:
    r"""The logarithm of the softmax: :math:`\log a_j = z_j - \log \sum_i e^{z_i}`, exact where the softmax rounds to 0 or 1.

    ``z``: as for :func:`softmax`, and so are the shape of the result, what becomes NaN, and the errors.

    >>> from lossary.activations import log_softmax
    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.])
    """
    backend, x = _read("log_softmax", z)
    log_p, place = _log_softmax("log_softmax", backend, x, axis)
    return _return(backend, backend.move_axis(log_p, -1, place), x)


@explains_options
@as_graph_node
def logsumexp(z: Any, axis: int = -1) -> Any:
    r"""A smooth maximum: :math:`\log \sum_i e^{z_i}`, without overflow; its gradient is the softmax.

    ``z``: any real numbers, with at least one axis; the result has its shape without ``axis``. A row of nothing but -∞, or of
    nothing, gives -∞; a row that holds ∞ gives ∞, and one that holds NaN gives NaN. Errors as for :func:`softmax`.

    >>> from lossary.activations import logsumexp
    >>> float(logsumexp([1000.0, 1000.0]))
    1000.6931471805599
    """
    backend, x = _read("logsumexp", z)
    log_p, place = _log_softmax("logsumexp", backend, x, axis)
    scores = backend.move_axis(backend.cast(x, log_p.dtype), place, -1)
    if scores.shape[-1] == 0:
        return _return(backend, backend.full(tuple(scores.shape[:-1]), float("-inf"), scores), x)
    # log Σ e^z = zⱼ - log pⱼ for every j; at the largest, nothing cancels
    top = scores.argmax(-1)
    largest, log_largest = backend.take(scores, top), backend.take(log_p, top)
    finite = backend.xp.isfinite(largest)
    return _return(backend, backend.xp.where(finite, largest - backend.xp.where(finite, log_largest, 0), largest), x)


@explains_options
@as_graph_node
def hardmax(z: Any, axis: int = -1) -> Any:
    r"""All or nothing: 1 for the largest score, the first of equals, and 0 for the others.

    It keeps no differences between scores, and its derivative is 0 wherever it has one, so nothing is learnt through it; the
    softmax is its smooth counterpart.

    ``z``: as for :func:`softmax`; the result has its shape and dtype. A row that holds NaN becomes NaN. Errors as there.

    >>> from lossary.activations import hardmax
    >>> hardmax([3, 1, -3])
    array([1, 0, 0])
    """
    backend, x = _read("hardmax", z)
    place = normalize_axis("hardmax", axis, x.ndim)
    scores = backend.move_axis(x, place, -1)
    if scores.shape[-1] == 0:
        return _return(backend, x, x)
    top = scores.argmax(-1)
    chosen = backend.one_hot(top, scores.shape[-1], scores)
    if backend.kind(x) == "float":
        largest = backend.take(scores, top)[..., None]
        chosen = backend.xp.where(largest == largest, chosen, largest)
    return backend.scalar(backend.move_axis(chosen, -1, place), x.dtype)


@explains_options
@as_graph_node
def sigmoid(z: Any) -> Any:
    r"""A score as the probability of the first of two outcomes: :math:`\sigma(z) = 1 / (1 + e^{-z})` (Verhulst, 1838).

    The inverse of the log odds, and the softmax of (z, 0). Element by element; ``z``: any real numbers, ±∞ too; NaN stays NaN.
    An array that is not of real numbers raises.

    >>> from lossary.activations import sigmoid
    >>> sigmoid([-800.0, 0.0, 2.0])
    array([0.        , 0.5       , 0.88079708])
    """
    return _elementwise("sigmoid", z)


@explains_options
@as_graph_node
def log_sigmoid(z: Any) -> Any:
    r"""The logarithm of the sigmoid: :math:`\log \sigma(z) = -\log(1 + e^{-z})`, exact where the sigmoid rounds to 0 or 1.

    Element by element; domain and errors as for :func:`sigmoid`.

    >>> from lossary.activations import log_sigmoid
    >>> log_sigmoid([-800.0, 0.0])
    array([-8.00000000e+02, -6.93147181e-01])
    """
    return _elementwise("log_sigmoid", z)


@explains_options
@as_graph_node
def softplus(z: Any) -> Any:
    r"""A smooth max(z, 0): :math:`\log(1 + e^z)` (Dugas et al., 2001); its derivative is the sigmoid.

    Element by element; domain and errors as for :func:`sigmoid`.

    >>> from lossary.activations import softplus
    >>> softplus([-800.0, 0.0, 800.0])
    array([0.00000000e+00, 6.93147181e-01, 8.00000000e+02])
    """
    return _elementwise("softplus", z)


def _read(name: str, z: Any) -> tuple[Any, Any]:
    backend = select.of(z)
    x = backend.array(z, f"{name}: z")
    if backend.kind(x) == "bool":
        raise TypeError(f"{name}: z is made of numbers; got bool; pass the raw scores")
    problem = whole_number_problem(backend, backend.compute_dtype(x), "z", x, ())
    if problem is not None and backend.readable(problem.mask):
        problem.refuse(name)
    return backend, x


def _return(backend: ArrayBackend, result: Any, x: Any) -> Any:
    """The result in the precision that was given."""
    return backend.scalar(result, x.dtype if backend.kind(x) == "float" else backend.compute_dtype(x))


def _elementwise(word: str, z: Any) -> Any:
    backend, x = _read(word, z)
    wide = backend.cast(x, backend.compute_dtype(x))
    return _return(backend, backend.evaluate(apply(word, symbol("z")), {"z": wide}, wide), x)


def _log_softmax(name: str, backend: ArrayBackend, x: Any, axis: Any) -> tuple[Any, int]:
    """The log-softmax with ``axis`` last, and where that axis was."""
    place = normalize_axis(name, axis, x.ndim)
    scores = backend.move_axis(backend.cast(x, backend.compute_dtype(x)), place, -1)
    return (backend.log_softmax(scores) if scores.shape[-1] else scores), place
