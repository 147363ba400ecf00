"""The error function, the normal distribution's and what follows from them, in plainer words.

With φ the standard normal density and Q(w) its upper tail, w ≥ 0, all follows from Mills' ratio Q/φ, or rather from
gap(w) = φ(w)/Q(w) - w, which falls from 0.8 to 0 as 1/w: sums of positive numbers are left where the textbook form cancels. The
variable (w - c)/(w + c) is M. M. Shepherd and J. G. Laframboise's ("Chebyshev approximation of (1 + 2x)exp(x²)erfc x in
0 ≤ x < ∞", 1981).
"""

from __future__ import annotations

import math

from lossary.formula.calls import abs, exp, expm1, floor, log, log1p, minimum, sign, where
from lossary.formula.expression import Expression
from lossary.formula.word import polynomial

_GAP = (
    1.2569563242884987,
    -0.23291631929149006,
    -0.14378222078509534,
    0.16999441569921517,
    -0.028074364893533255,
    -0.04463995176608157,
    0.0190824834047293,
    0.011617777284236006,
    -0.007893351149841212,
    -0.0031949207067109224,
    0.002840481781229972,
    0.0009591010449909254,
    -0.0009381343484288009,
    -0.0003122132352400671,
    0.00028463972354386246,
    0.00010438588831012035,
    -7.784540457641906e-05,
    -3.3165431942368854e-05,
    1.8618694293796412e-05,
    9.225232231725206e-06,
    -3.7506230654264687e-06,
    -2.0425965799831013e-06,
    6.084737910562903e-07,
    3.100652312046906e-07,
    -7.381713484270073e-08,
    -2.2334378711398837e-08,
    5.25773766447634e-09,
    -4.539405108719668e-10,
)
"""(w + 3/2)·gap(w) of (w - 7/2)/(w + 7/2), for w ≥ 0: 0.1 ulp."""
_ERF = (
    1.1283791670955126,
    -0.3761263890318375,
    0.11283791670954879,
    -0.026866170645076792,
    0.0052239776248180145,
    -0.000854832698083379,
    0.0001205533111164271,
    -1.4925595266831182e-05,
    1.6461000484121368e-06,
    -1.6350312701054695e-07,
    1.4659775274047436e-08,
    -1.1372848856791674e-09,
    5.957176147748911e-11,
)
"""erf(x)/x of x², for |x| ≤ 1: 0.02 ulp."""
_ROOT_2, _ROOT_2_PI, _ROOT_2_OVER_PI = math.sqrt(2), math.sqrt(2 * math.pi), math.sqrt(2 / math.pi)


def _gap(w: Expression) -> Expression:
    return polynomial(1 - 7 / (w + 3.5), _GAP) / (w + 1.5)


def gaussian(x: Expression) -> Expression:
    """Return e^(-x²)."""
    return _exp_of_square(minimum(abs(x), 40), 1)


def _density(w: Expression) -> Expression:
    """Return e^(-w²/2) for w ≥ 0."""
    return _exp_of_square(minimum(w, 40), 2)


def _exp_of_square(a: Expression, divisor: int) -> Expression:
    # e^-a² = e^-h²·e^((h - a)(h + a)), h being a in 64ths, whose square is exact: the rounding of a² would count a² times.
    # XLA would make one exponential of two, hence expm1, of at most 0.6; 3 ulp
    h = floor(a * 64 + 0.5) / 64
    return exp(-(h * h) / divisor) * (1 + expm1((h - a) * (h + a) / divisor))


def _tail(x: Expression) -> Expression:
    """Return erfc|x|."""
    a = abs(x)
    w = _ROOT_2 * a
    return gaussian(a) * (_ROOT_2_OVER_PI / (w + _gap(w)))


def erf(x: Expression) -> Expression:
    """Return erf(x)."""
    return where(abs(x) < 1, x * polynomial(x * x, _ERF), sign(x) * (1 - _tail(x)))


def erfc(x: Expression) -> Expression:
    """Return 1 - erf(x)."""
    near = 1 - x * polynomial(x * x, _ERF)
    return where(abs(x) < 0.5, near, where(x < 0, 2 - _tail(x), _tail(x)))


def log_ndtr(x: Expression) -> Expression:
    """Return log Φ(x)."""
    w = abs(x)
    ratio = _ROOT_2_PI * (w + _gap(w))
    # Φ(-w) = φ(w)/(w + gap(w)): its logarithm is a sum of two negative numbers
    return where(x < 0, -(w * w / 2) - log(ratio), log1p(-(_density(w) / ratio)))


def log_ndtr_slope(x: Expression) -> Expression:
    """Return φ(x)/Φ(x)."""
    w = abs(x)
    ratio = w + _gap(w)
    density = _density(w) / _ROOT_2_PI
    return where(x < 0, ratio, density / (1 - density / ratio))


def log_ndtr_curvature(x: Expression) -> Expression:
    """Return the derivative of φ(x)/Φ(x), which is -φ/Φ·(x + φ/Φ)."""
    w = minimum(abs(x), 1e18)  # beyond, the product is 1
    gap = _gap(w)
    slope = log_ndtr_slope(x)
    return -where(x < 0, (w + gap) * gap, slope * (x + slope))
