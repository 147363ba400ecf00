"""The rows of special functions, of functions of two variables, and of what stops or limits a gradient."""

from __future__ import annotations

import math
from collections.abc import Callable

from lossary.formula import gamma, normal
from lossary.formula.calls import (
    abs,
    boxcox,
    boxcox1p,
    cos,
    difference,
    digamma,
    exp,
    expm1,
    gaussian,
    hypot,
    hypot_excess,
    hypot_slope,
    log,
    log1p,
    log_ndtr_curvature,
    log_ndtr_slope,
    log_softplus_slope,
    maximum,
    minimum,
    polygamma,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    textbook,
    where,
    xdivy,
    xmuly,
)
from lossary.formula.expression import Expression, constant
from lossary.formula.word import Word, polynomial


def _word(
    name: str,
    latex: str | Callable[..., Expression],
    derivative: Callable[..., Expression],
    expansion: Callable[..., Expression] | None = None,
    *,
    arity: int = 1,
    javascript: str = "",
    sql: str = "",
    latex_binds: int | None = None,
) -> Word:
    """Return the row of a word that is written as a call."""
    python = f"{name}({', '.join(f'{{{i}:0}}' for i in range(arity))})"
    return Word(name, 9, python, javascript, sql, latex, derivative, expansion, latex_binds)


# ---- two variables


def _difference(a: Expression, b: Expression) -> Expression:
    return where(a == b, 0, a - b)


def _logaddexp(a: Expression, b: Expression) -> Expression:
    # log(e^a + e^b) = max + log(1 + e^-|a - b|): no overflow; 2 ulp of max
    return maximum(a, b) + log1p(exp(-abs(difference(a, b))))


def _hypot(a: Expression, b: Expression) -> Expression:
    # √(a² + b²) = max·√(1 + (min/max)²): no overflow; 2 ulp; infinite beside NaN too, as in C
    a, b = sorted((abs(a), abs(b)), key=Expression.listing)  # one formula with hypot(b, a), which slopes name
    most = maximum(a, b)
    return where((a == math.inf) | (b == math.inf), math.inf, most * sqrt(1 + xdivy(minimum(a, b), most) ** 2))


def _hypot_slope(a: Expression, b: Expression) -> Expression:
    return where(abs(a) == math.inf, sign(a), xdivy(a, hypot(a, b)))


def _hypot_curvature(a: Expression, b: Expression, da: Expression, db: Expression) -> Expression:
    # b·(b·da - a·db)/r³, each product of numbers up to 1
    return xdivy(hypot_slope(b, a) * (hypot_slope(b, a) * da - hypot_slope(a, b) * db), hypot(a, b))


def _hypot_excess(a: Expression, b: Expression) -> Expression:
    # √(a² + b²) - |b| = a²/(√(a² + b²) + |b|): nothing cancels; 4 ulp
    return where(abs(a) == math.inf, abs(a), a * xdivy(a, hypot(a, b) + abs(b)))


def _hypot_excess_slope(a: Expression, b: Expression, da: Expression, db: Expression) -> Expression:
    through_a = hypot_slope(a, b) * da if not da.is_zero else da
    share = where(abs(a) == math.inf, 1, xdivy(hypot_excess(a, b), hypot(a, b)))
    return through_a - sign(b) * share * db if not db.is_zero else through_a


def _arctan2_slope(y: Expression, x: Expression, dy: Expression, dx: Expression) -> Expression:
    # (x·dy - y·dx)/r²: r² alone may over- or underflow
    return xdivy(hypot_slope(x, y) * dy - hypot_slope(y, x) * dx, hypot(x, y))


# ---- Box-Cox: the derivatives in λ of (x^λ - 1)/λ


def _boxcox(x: Expression, lmbda: Expression, order: Expression) -> Expression:
    log_x = log(x)
    return _boxcox_of(log_x, xmuly(lmbda, log_x), x**lmbda, lmbda, int(order.value))


def _boxcox1p(x: Expression, lmbda: Expression, order: Expression) -> Expression:
    log_x = log1p(x)
    if lmbda.is_constant and order.is_zero and lmbda.value in (-1, 0, 0.5, 1):  # 2 ulp
        # 2·(√(1 + x) - 1) = 2x/(1 + √(1 + x))
        closed = {-1: x / (1 + x), 0: log_x, 0.5: 2 * x / (1 + sqrt(1 + x)), 1: x}
        return closed[lmbda.value]
    # e^t is |t| ulp off, and (1 + x)^λ is |λ|/2, for the rounding of 1 + x
    t = xmuly(lmbda, log_x)
    return _boxcox_of(log_x, t, where(abs(x) < 0.5, exp(t), (1 + x) ** lmbda), lmbda, int(order.value))


def _boxcox_of(log_x: Expression, t: Expression, power: Expression, lmbda: Expression, k: int) -> Expression:
    """Return the derivative of order k in λ, of t = λ·log x and the power e^t."""
    # near λ·log x = 0, where x^λ - 1 loses digits: log^(k+1) x·∫₀¹ s^k·e^(t·s) ds, which is log x·(e^t - 1)/t for k = 0
    radius = 1 + k / 2 if k else 0.5
    near = polynomial(t, _moments(k, radius)) if k else where(t == 0, 1, expm1(t) / t)
    # beyond: (x^λ·q + c)/λ, where λ times the derivative of order k is x^λ·log^k x less k times the derivative before
    q, c = constant(1), constant(-1)
    for i in range(1, k + 1):
        q, c = log_x**i - i / lmbda * q, -i / lmbda * c
    far = (xmuly(power, q) + c) / lmbda
    return where(abs(t) > radius, far, log_x ** (k + 1) * near)


def _moments(k: int, radius: float) -> tuple[float, ...]:
    """Return the coefficients of ∫₀¹ s^k·e^(t·s) ds = Σ tⁿ/(n!·(n + k + 1)), as many as count for |t| up to a radius."""
    terms: list[float] = []
    while not terms or terms[-1] * radius ** (len(terms) - 1) > 2.0**-60:
        n = len(terms)
        terms.append(1 / (math.factorial(n) * (n + k + 1)))
    return tuple(terms)


def _boxcox_in_a_textbook(x: Expression, lmbda: Expression, order: Expression) -> Expression:
    k = int(order.value)
    if not k:
        return (x**lmbda - 1) / lmbda
    return (x**lmbda * log(x) ** k - k * _boxcox_in_a_textbook(x, lmbda, constant(k - 1))) / lmbda


def _boxcox_slope(
    x: Expression, lmbda: Expression, order: Expression, dx: Expression, dlmbda: Expression, _: Expression
) -> Expression:
    k = int(order.value)
    through_x = xmuly(x ** (lmbda - 1), log(x) ** k) * dx if not dx.is_zero else dx
    return through_x + boxcox(x, lmbda, k + 1) * dlmbda if not dlmbda.is_zero else through_x


def _boxcox1p_slope(
    x: Expression, lmbda: Expression, order: Expression, dx: Expression, dlmbda: Expression, _: Expression
) -> Expression:
    k = int(order.value)
    through_x = xmuly((1 + x) ** (lmbda - 1), log1p(x) ** k) * dx if not dx.is_zero else dx
    return through_x + boxcox1p(x, lmbda, k + 1) * dlmbda if not dlmbda.is_zero else through_x


def _log1pmx(x: Expression) -> Expression:
    # log(1 + x) = 2u + ⅔u³ + ⅖u⁵ + … with u = x/(2 + x), and 2u - x = -u·x: no terms cancel up to |u| = 1/3; 4 ulp
    u = x / (2 + x)
    series = polynomial(u**2, tuple(1 / (2 * n + 3) for n in range(18)))
    far = where(x < math.inf, log1p(x) - x, -x)
    return where(abs(u) <= 0.34, -u * (x - 2 * u**2 * series), far)


# ---- limits


def _clip_slope(
    x: Expression, low: Expression, high: Expression, dx: Expression, dlow: Expression, dhigh: Expression
) -> Expression:
    if dlow.is_zero and dhigh.is_zero:
        return where((low <= x) & (x <= high), dx, 0)
    return where(maximum(x, low) <= high, where(low <= x, dx, dlow), dhigh)


def _log_softplus(x: Expression) -> Expression:
    # log(log(1 + e^x)) = x - e^x/2 + …, and e^x is lost beside -40; 3 ulp of 1, or of the value where that is larger
    return where(x < -40, x, log(softplus(x)))


def _log_softplus_slope(x: Expression) -> Expression:
    return where(x < -40, 1, sigmoid(x) / softplus(x))


def _log_ndtr_third(x: Expression, dx: Expression) -> Expression:
    # of -s·(x + s), s being the slope and c the curvature
    s, c = log_ndtr_slope(x), log_ndtr_curvature(x)
    return -(c * (x + s) + s * (1 + c)) * dx


_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)

SPECIAL_WORDS = [
    # ---- what is written in one way and computed in another
    _word(
        "textbook",
        lambda shown, computed: shown,
        lambda shown, computed, dshown, dcomputed: textbook(dshown, dcomputed),
        lambda shown, computed: computed,
        arity=2,
    ),
    # ---- what stops or limits a gradient
    # computed as its first argument and differentiated as its second, which is equal to it
    _word("derived", "{0:0}", lambda value, equal, dvalue, dequal: dequal, lambda value, equal: value, arity=2),
    _word("stop_gradient", r"\operatorname{{sg}}\left({0:0}\right)", lambda x, dx: constant(0), lambda x: x),
    _word(
        "floor",
        r"\left\lfloor {0:0} \right\rfloor",
        lambda x, dx: constant(0),
        javascript="Math.floor({0:0})",
        sql="floor({0:0})",
    ),
    _word(
        "clip",
        lambda x, low, high: minimum(maximum(x, low), high),
        _clip_slope,
        lambda x, low, high: minimum(maximum(x, low), high),
        arity=3,
    ),
    # ---- angles
    _word("sin", r"\sin {0:9}", lambda x, dx: cos(x) * dx, javascript="Math.sin({0:0})", sql="sin({0:0})", latex_binds=7),
    _word("cos", r"\cos {0:9}", lambda x, dx: -sin(x) * dx, javascript="Math.cos({0:0})", sql="cos({0:0})", latex_binds=7),
    _word(
        "arctan",
        r"\arctan {0:9}",
        lambda x, dx: dx / (1 + x**2),
        javascript="Math.atan({0:0})",
        sql="atan({0:0})",
        latex_binds=7,
    ),
    _word(
        "arctan2",
        r"\operatorname{{atan2}}\left({0:0}, {1:0}\right)",
        _arctan2_slope,
        arity=2,
        javascript="Math.atan2({0:0}, {1:0})",
        sql="atan2({0:0}, {1:0})",
    ),
    # ---- two variables
    _word(
        "hypot",
        lambda a, b: sqrt(a**2 + b**2),
        lambda a, b, da, db: hypot_slope(a, b) * da + hypot_slope(b, a) * db,
        _hypot,
        arity=2,
    ),
    _word("hypot_slope", lambda a, b: a / sqrt(a**2 + b**2), _hypot_curvature, _hypot_slope, arity=2),
    _word("hypot_excess", lambda a, b: sqrt(a**2 + b**2) - abs(b), _hypot_excess_slope, _hypot_excess, arity=2),
    _word("difference", lambda a, b: a - b, lambda a, b, da, db: da - db, _difference, arity=2),
    _word(
        "logaddexp",
        lambda a, b: log(exp(a) + exp(b)),
        lambda a, b, da, db: sigmoid(difference(a, b)) * da + sigmoid(difference(b, a)) * db,
        _logaddexp,
        arity=2,
    ),
    _word("boxcox", _boxcox_in_a_textbook, _boxcox_slope, _boxcox, arity=3),
    _word("boxcox1p", lambda x, lmbda, k: _boxcox_in_a_textbook(1 + x, lmbda, k), _boxcox1p_slope, _boxcox1p, arity=3),
    # ---- special functions
    _word(
        "log1pmx",
        lambda x: log(1 + x) - x,
        lambda x, dx: -where(x < math.inf, x / (1 + x), 1) * dx,
        _log1pmx,
    ),
    _word("log_softplus", lambda x: log(log(1 + exp(x))), lambda x, dx: log_softplus_slope(x) * dx, _log_softplus),
    _word(
        "log_softplus_slope",
        lambda x: sigmoid(x) / log(1 + exp(x)),
        lambda x, dx: log_softplus_slope(x) * (sigmoid(-x) - log_softplus_slope(x)) * dx,
        _log_softplus_slope,
    ),
    _word(
        "log_gamma",
        r"\log \Gamma\left({0:0}\right)",
        lambda x, dx: digamma(x) * dx,
        gamma.log_gamma,
        # DuckDB's lgamma has values below 0, of log |Γ|
        sql="CASE WHEN {0:5} < 0 THEN 'nan'::DOUBLE ELSE lgamma({0:0}) END",
        latex_binds=7,
    ),
    _word("digamma", r"\psi\left({0:0}\right)", lambda x, dx: polygamma(1, x) * dx, gamma.digamma),
    _word(
        "polygamma",
        r"\psi^{{\left({0:0}\right)}}\left({1:0}\right)",
        lambda n, x, dn, dx: polygamma(int(n.value) + 1, x) * dx,
        gamma.polygamma,
        arity=2,
    ),
    _word("gaussian", lambda x: exp(-(x**2)), lambda x, dx: xmuly(gaussian(x), -2 * x) * dx, normal.gaussian),
    _word(
        "erf", r"\operatorname{{erf}}\left({0:0}\right)", lambda x, dx: 2 / math.sqrt(math.pi) * gaussian(x) * dx, normal.erf
    ),
    _word(
        "erfc",
        r"\operatorname{{erfc}}\left({0:0}\right)",
        lambda x, dx: -2 / math.sqrt(math.pi) * gaussian(x) * dx,
        normal.erfc,
    ),
    _word("log_ndtr", r"\log \Phi\left({0:0}\right)", lambda x, dx: log_ndtr_slope(x) * dx, normal.log_ndtr, latex_binds=7),
    _word(
        "log_ndtr_slope",
        r"\frac{{\varphi\left({0:0}\right)}}{{\Phi\left({0:0}\right)}}",
        lambda x, dx: log_ndtr_curvature(x) * dx,
        normal.log_ndtr_slope,
    ),
    _word(
        "log_ndtr_curvature",
        lambda x: -log_ndtr_slope(x) * (x + log_ndtr_slope(x)),
        _log_ndtr_third,
        normal.log_ndtr_curvature,
    ),
]
