"""The gamma function's logarithm and its derivatives in plainer words, for x ≥ 0; NaN below.

Values of small x follow from those of a short interval by Γ(x + 1) = x·Γ(x), those of large x from asymptotic series
(Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 6.1.40, 6.3.18 and 6.4.11).
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache, reduce
from operator import mul

from lossary.formula.calls import abs, log, where
from lossary.formula.expression import Expression, constant
from lossary.formula.word import polynomial

_HALF_LOG_2_PI = 0.4189385332046727  # (log(2·π) - 1)/2
_LOG_GAMMA = (
    0.46580963736232694,
    -0.13157899128683395,
    0.05257942622043233,
    -0.02419443643069458,
    0.011991915957146897,
    -0.006215450413894576,
    0.003317270853895826,
    -0.0018070640148370677,
    0.0009992728663002323,
    -0.0005589497741910855,
    0.00031549305822231333,
    -0.00017938925297204228,
    0.00010263673839220052,
    -5.902593773811161e-05,
    3.403037094951045e-05,
    -1.9708231107429816e-05,
    1.1706938033306176e-05,
    -6.901721434532891e-06,
    3.3772791014103135e-06,
    -1.8334524571871086e-06,
    2.386741869230747e-06,
    -1.6262551493197e-06,
    -8.90291537257874e-07,
    7.538578879131338e-07,
    1.37448128632076e-06,
    -9.695490101617987e-07,
    -6.097016383791789e-07,
    4.2457974490977266e-07,
    2.0599896023346335e-07,
    -1.3392804654337345e-07,
)
"""log Γ(1 + w) / (w·(w - 1)) of w - 5/8, for -1/4 ≤ w ≤ 3/2: 0.2 ulp."""
_STIRLING = (
    0.0833333333333331,
    -0.0027777777773586106,
    0.0007936505764818185,
    -0.0005951896846094316,
    0.000836458698826893,
    -0.001633434390098775,
)
"""x·(log Γ(x) - (x - 1/2)·(log x - 1) - (log(2·π) - 1)/2) of 1/x², for x ≥ 8: 0.01 ulp."""
_ROOT, _ROOT_REST = (
    1.4616321325302124,
    1.2438149938918909e-08,
)  # the zero of digamma, as a number that float32 holds, and the rest
_DIGAMMA = (
    0.951055876031833,
    -0.4236274212814605,
    0.2405424842407742,
    -0.14840492305390884,
    0.09498872445494122,
    -0.061922133273064534,
    0.04076083381242074,
    -0.02697579675613825,
    0.0179072524394512,
    -0.011908218001568644,
    0.007926944646403797,
    -0.005279964873257405,
    0.003519006401502276,
    -0.002345267632540769,
    0.0015566317474486838,
    -0.0010376374098418604,
    0.0007233266279287554,
    -0.0004821990530566789,
    0.0002272331660987376,
    -0.00015148586836773365,
    0.00025968482126430747,
    -0.00017312261802727394,
)
"""digamma(3/2 + v) / (3/2 + v - root) of v, for -1/2 ≤ v ≤ 1/2: 0.1 ulp."""
_TERMS = 10
"""Terms of the asymptotic series of digamma from 8 on, and of its derivative of order n from 10 + n on: 0.1 ulp."""


def log_gamma(x: Expression) -> Expression:
    """Return log Γ(x), also near its zeros at 1 and 2."""
    # x in [3/4, 5/2) as it is; from there up to 8 down to [3/2, 5/2) by Γ(x) = (x - 1)·Γ(x - 1); below up, by Γ(x) = Γ(x + 1)/x
    small, large = x < 0.75, x >= 8
    factor, reduced = constant(1), x
    for i in range(1, 7):
        step = x - i >= 1.5
        factor = factor * where(step, x - i, 1)
        reduced = where(step, x - i, reduced)
    # the zeros of log Γ at 1 and 2 as factors: log Γ(1 + w) = w·(w - 1)·p(w); w - 1 is exact from 1/2 on
    w = where(small, x, reduced - 1)
    near = where(w < 0.5, w * w - w, w * (w - 1)) * polynomial(w - 0.625, _LOG_GAMMA)
    log_x = log(where(small | large, x, factor))
    far = (x - 0.5) * (log_x - 1) + (_HALF_LOG_2_PI + polynomial(1 / (x * x), _STIRLING) / x)
    return where(large, far, near + where(small, -log_x, log_x))


def digamma(x: Expression) -> Expression:
    """Return d/dx log Γ(x), also near its zero."""
    # x in [1, 2) as it is; from there up to 8 down, by ψ(x) = ψ(x - 1) + 1/(x - 1); below up, by ψ(x) = ψ(x + 1) - 1/x
    small, large = x < 1, x >= 8
    added, m = where(small, -1 / abs(x), 0), where(small, x + 1, x)
    for i in range(1, 7):
        step = x - i >= 1
        added = added + where(step, 1 / (x - i), 0)
        m = where(step, x - i, m)
    # the zero as a factor: m - root is exact near it, and so small that the rest needs few digits
    p = polynomial(m - 1.5, _DIGAMMA)
    near = (m - _ROOT) * p - _ROOT_REST * p
    # log x - 1/(2x) - Σ B₂ₖ/(2k·x²ᵏ)
    z = 1 / (x * x)
    far = log(x) - (0.5 / x + z * polynomial(z, tuple(float(_bernoulli(2 * k) / (2 * k)) for k in range(1, _TERMS + 1))))
    return where(x >= 0, where(large, far, near + added), math.nan)


def polygamma(order: Expression, x: Expression) -> Expression:
    """Return the derivative of an order ≥ 1 of the digamma function; the order is a number."""
    n = int(order.value)
    # ±ψ⁽ⁿ⁾(x) = n!·Σ 1/(x + k)ⁿ⁺¹: the first terms as they are, the others by Euler and Maclaurin's formula; all positive
    steps = 10 + n
    small = x < steps
    first = constant(0)
    for k in reversed(range(steps)):
        first = first + _product(1 / abs(x + k), n + 1)
    r = 1 / where(small, x + steps, x)
    z = r * r
    series = tuple(
        float(_bernoulli(2 * k) * Fraction(math.factorial(2 * k + n - 1), math.factorial(2 * k))) for k in range(1, _TERMS + 1)
    )
    rest = _product(r, n) * (float(math.factorial(n - 1)) + r * (math.factorial(n) / 2 + r * polynomial(z, series)))
    total = where(small, float(math.factorial(n)) * first, 0) + rest
    return where(x >= 0, total if n % 2 else -total, math.nan)


def _product(x: Expression, n: int) -> Expression:
    """Return x^n by multiplications: Python's power of a number raises if it overflows."""
    return reduce(mul, [x] * n)


@cache
def _bernoulli(n: int) -> Fraction:
    """Return a Bernoulli number."""
    if n == 0:
        return Fraction(1)
    return -sum((math.comb(n + 1, k) * _bernoulli(k) for k in range(n)), Fraction(0)) / (n + 1)
