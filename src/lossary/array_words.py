"""The array functions that the code of a ``@composed`` loss may use beside operators, methods and the vocabulary.

They take and return arrays of NumPy, torch or JAX alike, along one axis, by default the last. torch and JAX differentiate
through all of them but ``argsort``, ``cummax`` and ``arange``.

>>> import numpy as np
>>> from lossary.array_words import cumsum, sort
>>> cumsum(sort(np.array([[3.0, 1.0, 2.0]])))
array([[1., 3., 6.]])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from lossary.arrays.select import of

__all__ = [
    "arange",
    "argsort",
    "cast",
    "concatenate",
    "cummax",
    "cumsum",
    "flip",
    "fold",
    "log_softmax",
    "logcumsumexp",
    "sort",
    "take_along_axis",
]


def argsort(x: Any, axis: int = -1, *, descending: bool = False) -> Any:
    """The indices that sort x; equal numbers keep their order in both directions."""
    return of(x).argsort(x, axis, descending)


def take_along_axis(x: Any, index: Any, axis: int = -1) -> Any:
    """The elements of x at these indices along an axis, as ``argsort`` gives them."""
    return of(x, index).take_along_axis(x, index, axis)


def sort(x: Any, axis: int = -1, *, descending: bool = False) -> Any:
    """x in order. Equal numbers keep their order, each with its own derivative."""
    backend = of(x)
    if not backend.differentiable:  # in half the time
        return flip(backend.xp.sort(x, axis), axis) if descending else backend.xp.sort(x, axis)
    return take_along_axis(x, argsort(x, axis, descending=descending), axis)


def flip(x: Any, axis: int = -1) -> Any:
    """x in reverse order."""
    return of(x).flip(x, axis)


def cumsum(x: Any, axis: int = -1) -> Any:
    """Running sums: of each element and all before it."""
    return of(x).cumsum(x, axis)


def logcumsumexp(x: Any, axis: int = -1) -> Any:
    """log Σ eˣ of each element and all before it, without overflow; an element of -∞ adds nothing and has slope 0."""
    backend = of(x)
    where = backend.xp.where
    # torch and JAX have slopes of NaN at -∞: another number stands for it, so low that e to it is 0 beside any other
    lowest = float(backend.xp.finfo(x.dtype).min) / 2
    sums = backend.logcumsumexp(where(x == -math.inf, lowest, x), axis)
    return where(sums <= lowest / 2, -math.inf, sums)


def cummax(x: Any, axis: int = -1) -> Any:
    """The largest of each element and all before it: of whole numbers such as places in an order, as it has no derivative."""
    return of(x).cummax(x, axis)


def log_softmax(x: Any) -> Any:
    """log(eˣ / Σ eˣ) along the last axis, with all digits where one element outweighs the others."""
    return of(x).log_softmax(x)


def fold(step: Callable[..., Any], start: Any, *arrays: Any, axis: int = -1) -> Any:
    """``step(…step(step(start, x₀), x₁)…)``: one step for each slice of the arrays along an axis; in JAX, one compiled step.

    A step takes what the step before returned, an array of unchanged shape and dtype, and a slice of each array.

    >>> import numpy as np
    >>> from lossary.array_words import fold
    >>> fold(lambda state, x: state / 2 + x, np.array(0.0), np.array([1.0, 2.0, 4.0]))
    np.float64(5.25)
    """
    return of(start, *arrays).fold(step, start, arrays, axis)


def concatenate(arrays: Sequence[Any], axis: int = -1) -> Any:
    """Arrays joined along an axis."""
    return of(*arrays).concatenate(arrays, axis)


def cast(x: Any, like: Any) -> Any:
    """x in the dtype of another array: whole numbers as numbers of the computation."""
    return of(x).cast(x, like.dtype)


def arange(n: int, like: Any) -> Any:
    """The integers 0 … n - 1, as an array of the library and on the device of another array."""
    return of(like).arange(n, like)
