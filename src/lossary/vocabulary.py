"""The words that a definition may use.

A word applied to the arguments of a definition builds the formula; applied to numbers or arrays (NumPy, torch, JAX) it
computes, with the word's own derivatives in torch and JAX. The operators ``+ - * / ** < <= > >= == != & | ~`` and ``abs`` are
words as well; ``x ** y`` is 1 for y = 0, and NaN for x < 0 and a y that is no integer.

``total``, ``average``, ``count``, ``largest``, ``log_sum_exp``, ``norm`` and ``distance`` go over the components of a sample.
In an array these lie along the last axis, which stays with length 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lossary.arrays import words
from lossary.formula import calls, component_words
from lossary.formula.expression import Expression

__all__ = [
    "abs",
    "arctan",
    "arctan2",
    "average",
    "boxcox",
    "boxcox1p",
    "clip",
    "cos",
    "count",
    "digamma",
    "distance",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "floor",
    "hypot",
    "hypot_excess",
    "largest",
    "log",
    "log1mexp",
    "log1p",
    "log1pmx",
    "log_cosh",
    "log_gamma",
    "log_ndtr",
    "log_sigmoid",
    "log_softplus",
    "log_sum_exp",
    "logaddexp",
    "maximum",
    "minimum",
    "norm",
    "reciprocal_expm1",
    "sigmoid",
    "sign",
    "sin",
    "softplus",
    "sqrt",
    "stop_gradient",
    "tanh",
    "total",
    "trigamma",
    "where",
    "xdivy",
    "xlogy",
    "xmuly",
]

_abs = abs


def _word(name: str, *arguments: Any) -> Any:
    if any(isinstance(argument, Expression) for argument in arguments):
        return getattr(calls, name)(*arguments)
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


def clip(x: Any, low: Any, high: Any) -> Any:
    """x, or the bound that it exceeds; ``high`` if the bounds cross. Its slope in x is 1 from bound to bound, and 0 outside."""
    return _word("clip", x, low, high)


def floor(x: Any) -> Any:
    """The largest integer that is not above x; its derivative is 0."""
    return _word("floor", x)


def stop_gradient(x: Any) -> Any:
    """x, as if it were a constant: its derivative is 0."""
    return _word("stop_gradient", x)


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


def log1pmx(x: Any) -> Any:
    """log(1 + x) - x, exact for small x."""
    return _word("log1pmx", x)


def sqrt(x: Any) -> Any:
    """The square root."""
    return _word("sqrt", x)


def hypot(a: Any, b: Any) -> Any:
    """√(a² + b²), without overflow; its slopes at (0, 0) are 0."""
    return _word("hypot", a, b)


def hypot_excess(a: Any, b: Any) -> Any:
    """√(a² + b²) - |b|, without overflow, exact for small a."""
    return _word("hypot_excess", a, b)


def sin(x: Any) -> Any:
    """The sine."""
    return _word("sin", x)


def cos(x: Any) -> Any:
    """The cosine."""
    return _word("cos", x)


def arctan(x: Any) -> Any:
    """The inverse tangent."""
    return _word("arctan", x)


def arctan2(y: Any, x: Any) -> Any:
    """The angle of the point (x, y); its slopes at (0, 0) are 0."""
    return _word("arctan2", y, x)


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


def log_softplus(x: Any) -> Any:
    """log(log(1 + eˣ)), without underflow."""
    return _word("log_softplus", x)


def logaddexp(a: Any, b: Any) -> Any:
    """log(eᵃ + eᵇ), without overflow; right at infinities, where both slopes are ½ if a = b."""
    return _word("logaddexp", a, b)


def boxcox(x: Any, lmbda: Any) -> Any:
    """(x^λ - 1)/λ for x ≥ 0, log x for λ = 0, exact in between; NaN below."""
    return _word("boxcox", x, lmbda)


def boxcox1p(x: Any, lmbda: Any) -> Any:
    """((1 + x)^λ - 1)/λ for x ≥ -1, log(1 + x) for λ = 0, exact for small x too; NaN below."""
    return _word("boxcox1p", x, lmbda)


def log_gamma(x: Any) -> Any:
    """log Γ(x) for x ≥ 0, exact near its zeros too; NaN below."""
    return _word("log_gamma", x)


def digamma(x: Any) -> Any:
    """The derivative of log Γ(x) for x ≥ 0, exact near its zero too; NaN below."""
    return _word("digamma", x)


def trigamma(x: Any) -> Any:
    """The second derivative of log Γ(x) for x ≥ 0; NaN below."""
    return _word("trigamma", x)


def erf(x: Any) -> Any:
    """The error function, 2/√π times the integral of e^(-t²) from 0 to x."""
    return _word("erf", x)


def erfc(x: Any) -> Any:
    """1 - erf(x), without cancellation."""
    return _word("erfc", x)


def log_ndtr(x: Any) -> Any:
    """The logarithm of the standard normal distribution function, exact in both tails."""
    return _word("log_ndtr", x)


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
    return _over_components("total", component_words.total, x)


def average(x: Any) -> Any:
    """The mean of x over the components of a sample; NaN without components."""
    return _over_components("average", component_words.average, x)


def count(x: Any) -> Any:
    """The number of components of a sample; of a condition, the number of those for which it holds."""
    return _over_components("count", component_words.count, x)


def largest(x: Any) -> Any:
    """The largest of the components of a sample, -∞ without components; equal ones share its derivative equally."""
    return _over_components("largest", component_words.largest, x)


def log_sum_exp(x: Any) -> Any:
    """log Σ eˣ over the components of a sample, without overflow; -∞ without components."""
    return _over_components("log_sum_exp", component_words.log_sum_exp, x)


def norm(x: Any) -> Any:
    """The Euclidean norm √Σx² over the components of a sample, without overflow or underflow; its derivative at 0 is 0."""
    return _over_components("norm", component_words.norm, x)


def distance(a: Any, b: Any) -> Any:
    """The Euclidean distance, ``norm(a - b)``."""
    return norm(a - b)
