"""The words that a definition may use.

A word applied to the arguments of a definition builds the formula; applied to numbers or arrays (NumPy, torch, JAX) it
computes. The operators ``+ - * / ** < <= > >= == != & | ~`` and ``abs`` are words as well.
"""

from __future__ import annotations

from typing import Any

from lossary.arrays import words
from lossary.formula.expression import Expression, apply

__all__ = [
    "abs",
    "exp",
    "expm1",
    "log",
    "log1mexp",
    "log1p",
    "log_cosh",
    "log_sigmoid",
    "maximum",
    "minimum",
    "reciprocal_expm1",
    "sigmoid",
    "sign",
    "softplus",
    "sqrt",
    "tanh",
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
