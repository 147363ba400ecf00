"""The words that a definition may use.

A word applied to the arguments of a definition builds the formula; applied to numbers or arrays (NumPy, torch, JAX) it
computes. The operators ``+ - * / ** < <= > >= == != & | ~`` and ``abs`` are words as well.

``total``, ``average``, ``count``, ``largest``, ``log_sum_exp``, ``norm`` and ``distance`` go over the components of a sample.
In an array these lie along the last axis, which stays with length 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lossary.arrays import words
from lossary.formula import reductions
from lossary.formula.expression import Expression, apply

__all__ = [
    "abs",
    "average",
    "count",
    "distance",
    "exp",
    "expm1",
    "largest",
    "log",
    "log1mexp",
    "log1p",
    "log_cosh",
    "log_sigmoid",
    "log_sum_exp",
    "maximum",
    "minimum",
    "norm",
    "reciprocal_expm1",
    "sigmoid",
    "sign",
    "softplus",
    "sqrt",
    "tanh",
    "total",
    "where",
    "xdivy",
    "xlogy",
    "xmuly",
]

_abs = abs


def _word(name: str, *arguments: Any) -> Any:
    if any(isinstance(argument, Expression) for argument in arguments):
        return apply(name, *arguments)
    return words.compute(name, *arguments)


def where(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b``."""
    return _word("where", condition, a, b)


def abs(x: Any) -> Any:
    """The absolute value; its derivative at 0 is 0."""
    return _word("abs", x) if isinstance(x, Expression) else _abs(x)


def sign(x: Any) -> Any:
    """-1, 0 or 1."""
    return _word("sign", x)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two; NaN if either is."""
    return _word("maximum", a, b)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of two; NaN if either is."""
    return _word("minimum", a, b)


def exp(x: Any) -> Any:
    """eˣ."""
    return _word("exp", x)


def expm1(x: Any) -> Any:
    """eˣ - 1, exact for small x."""
    return _word("expm1", x)


def log(x: Any) -> Any:
    """The natural logarithm."""
    return _word("log", x)


def log1p(x: Any) -> Any:
    """log(1 + x), exact for small x."""
    return _word("log1p", x)


def sqrt(x: Any) -> Any:
    """The square root."""
    return _word("sqrt", x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return _word("tanh", x)


def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + e⁻ˣ)."""
    return _word("sigmoid", x)


def softplus(x: Any) -> Any:
    """log(1 + eˣ), without overflow."""
    return _word("softplus", x)


def log_sigmoid(x: Any) -> Any:
    """log(1 / (1 + e⁻ˣ)), without underflow."""
    return _word("log_sigmoid", x)


def log_cosh(x: Any) -> Any:
    """log(cosh x), without overflow, exact for small x."""
    return _word("log_cosh", x)


def log1mexp(x: Any) -> Any:
    """log(1 - eˣ) for x ≤ 0, exact at both ends."""
    return _word("log1mexp", x)


def reciprocal_expm1(x: Any) -> Any:
    """1 / (eˣ - 1)."""
    return _word("reciprocal_expm1", x)


def xmuly(x: Any, y: Any) -> Any:
    """x·y, and 0 where x is 0 whatever y is, ∞ and NaN included: a term of weight or probability 0 counts nothing."""
    return _word("xmuly", x, y)


def xdivy(x: Any, y: Any) -> Any:
    """x/y, and 0 where x is 0."""
    return _word("xdivy", x, y)


def xlogy(x: Any, y: Any) -> Any:
    """x·log(y), and 0 where x is 0."""
    return _word("xlogy", x, y)


# ---- over the components of a sample


def _over_components(name: str, build: Callable[[Expression], Expression], x: Any) -> Any:
    return build(x) if isinstance(x, Expression) else words.compute_over_components(name, build, x)


def total(x: Any) -> Any:
    """The sum of x over the components of a sample; 0 without components."""
    return _over_components("total", reductions.total, x)


def average(x: Any) -> Any:
    """The mean of x over the components of a sample; NaN without components."""
    return _over_components("average", reductions.average, x)


def count(x: Any) -> Any:
    """The number of components of a sample; of a condition, the number of those for which it holds."""
    return _over_components("count", reductions.count, x)


def largest(x: Any) -> Any:
    """The largest of the components of a sample, -∞ without components; equal ones share its derivative equally."""
    return _over_components("largest", reductions.largest, x)


def log_sum_exp(x: Any) -> Any:
    """log Σ eˣ over the components of a sample, without overflow; -∞ without components."""
    return _over_components("log_sum_exp", reductions.log_sum_exp, x)


def norm(x: Any) -> Any:
    """The Euclidean norm √Σx² over the components of a sample, without overflow or underflow; its derivative at 0 is 0."""
    return _over_components("norm", reductions.norm, x)


def distance(a: Any, b: Any) -> Any:
    """The Euclidean distance, ``norm(a - b)``."""
    return norm(a - b)
