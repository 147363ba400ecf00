"""Functions composed of exponentials and logarithms: sigmoid, softplus, log_sigmoid, tanh, log_cosh and log1mexp."""

from __future__ import annotations

import functools
import math
from typing import Any

from lossary.kernels.math.exponential import make_exp, make_expm1
from lossary.kernels.math.formats import LOG_2, Format
from lossary.kernels.math.llvm import inlined, polynomial, select
from lossary.kernels.math.logarithm import make_log, make_log1p_of_fraction


@functools.cache
def make_sigmoid(format: Format) -> Any:
    """Make ``sigmoid`` in one precision."""
    real, exp = format.real, make_exp(format)

    @inlined
    def sigmoid(x: Any) -> Any:
        """The logistic function 1/(1 + e⁻ˣ)."""
        # 1/(1 + e⁻ˣ) for x ≥ 0, eˣ/(1 + eˣ) below: e^-|x| never overflows; 2 ulp
        e = exp(-abs(x))
        return select(x >= real(0), real(1), e) / (real(1) + e)

    return sigmoid


@functools.cache
def make_softplus(format: Format) -> Any:
    """Make ``softplus`` in one precision."""
    zero, exp, log1p_of_fraction = format.real(0), make_exp(format), make_log1p_of_fraction(format)

    @inlined
    def softplus(x: Any) -> Any:
        """log(1 + eˣ), without overflow."""
        # log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|): e^-|x| never overflows, and both terms are positive; 2 ulp
        return select(x > zero, x, zero) + log1p_of_fraction(exp(-abs(x)))

    return softplus


@functools.cache
def make_log_sigmoid(format: Format) -> Any:
    """Make ``log_sigmoid`` in one precision."""
    zero, exp, log1p_of_fraction = format.real(0), make_exp(format), make_log1p_of_fraction(format)

    @inlined
    def log_sigmoid(x: Any) -> Any:
        """log(1/(1 + e⁻ˣ)), without underflow."""
        # log σ(x) = min(x, 0) - log(1 + e^-|x|): both terms have one sign; 2 ulp
        return select(x < zero, x, zero) - log1p_of_fraction(exp(-abs(x)))

    return log_sigmoid


@functools.cache
def make_tanh(format: Format) -> Any:
    """Make ``tanh`` in one precision."""
    two, expm1 = format.real(2), make_expm1(format)

    @inlined
    def tanh(x: Any) -> Any:
        """The hyperbolic tangent; odd to the last bit."""
        # tanh|x| = -t/(t + 2) with t = e^-2|x| - 1, which is exact at both ends; 2 ulp
        t = expm1(-two * abs(x))
        return math.copysign(t / (t + two), x)

    return tanh


@functools.cache
def make_log_cosh(format: Format) -> Any:
    """Make ``log_cosh`` in one precision."""
    real, exp, log1p_of_fraction = format.real, make_exp(format), make_log1p_of_fraction(format)
    tail, limit, half, two = format.typed(format.cosh_tail), real(math.sqrt(0.5)), real(0.5), real(2)
    high, low = real(format.log_2_high), real(format.log_2_low)

    @inlined
    def log_cosh(x: Any) -> Any:
        """log(cosh x), without overflow: x²/2 for small x; even to the last bit."""
        # log(1 + (cosh x - 1)) near 0, where log cosh is small; |x| - log 2 + log(1 + e^-2|x|) beyond; 2 ulp
        a = abs(x)
        near = a < limit
        square = a * a
        half_square = half * square
        fraction = select(near, half_square + half_square * (square * polynomial(square, tail)), exp(-two * a))
        return select(near, real(0), (a - high) - low) + log1p_of_fraction(fraction)

    return log_cosh


@functools.cache
def make_log1mexp(format: Format) -> Any:
    """Make ``log1mexp`` in one precision."""
    real, exp, expm1, log, log1p_of_fraction = (
        format.real,
        make_exp(format),
        make_expm1(format),
        make_log(format),
        make_log1p_of_fraction(format),
    )

    @inlined
    def log1mexp(x: Any) -> Any:
        """log(1 - eˣ) for x ≤ 0; -∞ at 0, NaN above."""
        # log(-(eˣ - 1)) near 0, log(1 + (-eˣ)) below -log 2 (Mächler, 2012): neither subtraction cancels; 2 ulp
        return select(x > real(-LOG_2), log(-expm1(x)), log1p_of_fraction(-exp(x)))

    return log1mexp
