"""The vocabulary: one row a word, with its derivative, its expansion and its spelling in every language (see ``word.py``)."""

from __future__ import annotations

import math

from lossary.formula.calls import (
    abs,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    reciprocal_expm1,
    sigmoid,
    sign,
    sqrt,
    tanh,
    where,
    xdivy,
    xmuly,
)
from lossary.formula.expression import WORD_NAMES, Expression
from lossary.formula.special_words import SPECIAL_WORDS
from lossary.formula.word import Word, flat


def _power_rule(x: Expression, n: Expression, dx: Expression, dn: Expression) -> Expression:
    # n·x^(n-1) with 0·inf = 0, so that n = 0 has slope 0 at x = 0 too
    through_base = xmuly(n, x ** (n - 1)) * dx if not dx.is_zero else dx
    through_exponent = xmuly(x**n, log(x)) * dn if not dn.is_zero else dn
    return through_base + through_exponent


def _quotient_rule(a: Expression, b: Expression, da: Expression, db: Expression) -> Expression:
    return da / b if db.is_zero else (da - a / b * db) / b


def _log1p(x: Expression) -> Expression:
    # log(u)·x / (u - 1) with u = fl(1 + x) (Kahan): the rounding of u cancels between numerator and denominator; 3 ulp
    u = 1 + x
    return where(u == 1, x, where(u == x, log(u), log(u) * x / (u - 1)))


def _expm1(x: Expression) -> Expression:
    # (u - 1)·x / log(u) with u = fl(e^x) (Kahan): as above; 4 ulp
    u = exp(x)
    return where(u == 1, x, where(abs(x) > 1, u - 1, (u - 1) * x / log(u)))


def _sigmoid(x: Expression) -> Expression:
    # 1/(1 + e^-x) for x >= 0, e^x/(1 + e^x) below: e^-|x| never overflows; 2 ulp
    e = exp(-abs(x))
    return where(x >= 0, 1, e) / (1 + e)


def _log_cosh(x: Expression) -> Expression:
    # cosh x = 1 + (e^|x| - 1)²·e^-|x| / 2 near 0, where log cosh is small; |x| - log 2 + log(1 + e^-2|x|) beyond; 3 ulp
    a = abs(x)
    return where(a <= 1, log1p(expm1(a) ** 2 * exp(-a) / 2), a - math.log(2) + log1p(exp(-2 * a)))


_ARITHMETIC = [
    ("add", 5, "{0:5} + {1:6}", lambda a, b, da, db: da + db),
    ("subtract", 5, "{0:5} - {1:6}", lambda a, b, da, db: da - db),
    ("multiply", 6, "{0:6} * {1:7}", lambda a, b, da, db: da * b + a * db),
    ("divide", 6, "{0:6} / {1:7}", _quotient_rule),
]
_ARITHMETIC_LATEX = {
    "add": "{0:5} + {1:5r}",
    "subtract": "{0:5} - {1:6r}",
    "multiply": r"{0:6l} \, {1:6r}",
    "divide": r"\frac{{{0:0}}}{{{1:0}}}",
}

WORDS: dict[str, Word] = {
    word.name: word
    for word in [
        # ---- operators. SQL orders NaN above every number, so its comparisons say that a NaN compares false
        *(Word(name, binds, text, text, text, _ARITHMETIC_LATEX[name], rule) for name, binds, text, rule in _ARITHMETIC),
        Word("negative", 7, "-{0:7}", "-{0:9}", "-{0:9}", "-{0:6r}", lambda a, da: -da, latex_binds=5),
        Word("power", 8, "{0:9} ** {1:7}", "{0:9} ** {1:9}", "power({0:0}, {1:0})", "{0:9}^{{{1:0}}}", _power_rule),
        Word("less", 4, "{0:5} < {1:5}", "{0:5} < {1:5}", "{0:5} < {1:5} AND NOT isnan({1:0})", "{0:5} < {1:5}", flat),
        Word(
            "less_equal",
            4,
            "{0:5} <= {1:5}",
            "{0:5} <= {1:5}",
            "{0:5} <= {1:5} AND NOT isnan({1:0})",
            r"{0:5} \le {1:5}",
            flat,
        ),
        Word("equal", 4, "{0:5} == {1:5}", "{0:5} === {1:5}", "{0:5} = {1:5} AND NOT isnan({1:0})", "{0:5} = {1:5}", flat),
        Word(
            "logical_and",
            9,
            "({0:9} & {1:9})",
            "({0:3} && {1:3})",
            "({0:9} AND {1:9})",
            r"{0:4} \wedge {1:4}",
            flat,
            latex_binds=3,
        ),
        Word(
            "logical_or",
            9,
            "({0:9} | {1:9})",
            "({0:2} || {1:2})",
            "({0:9} OR {1:9})",
            r"{0:4} \vee {1:4}",
            flat,
            latex_binds=2,
        ),
        Word("logical_not", 9, "logical_not({0:0})", "(!{0:9})", "(NOT {0:9})", r"\neg {0:9}", flat, latex_binds=8),
        # ---- choices and kinks
        Word(
            "where",
            9,
            "where({0:0}, {1:0}, {2:0})",
            "({0:2} ? {1:2} : {2:2})",
            "CASE WHEN {0:0} THEN {1:0} ELSE {2:0} END",
            r"\begin{{cases}} {1:0} & \text{{if }} {0:0} \\ {2:0} & \text{{otherwise}} \end{{cases}}",
            lambda c, a, b, dc, da, db: where(c, da, db),
            latex_binds=1,
        ),
        Word("abs", 9, "abs({0:0})", "Math.abs({0:0})", "abs({0:0})", r"\left|{0:0}\right|", lambda x, dx: sign(x) * dx),
        Word(
            "sign",
            9,
            "sign({0:0})",
            "Math.sign({0:0})",
            "CASE WHEN isnan({0:0}) THEN {0:0} ELSE sign({0:0}) END",
            r"\operatorname{{sign}}\left({0:0}\right)",
            lambda x, dx: flat(x),
            lambda x: where(x > 0, 1, where(x < 0, -1, x)),
        ),
        Word(
            "maximum",
            9,
            "maximum({0:0}, {1:0})",
            "Math.max({0:0}, {1:0})",
            "greatest({0:0}, {1:0})",  # NaN is SQL's greatest number
            r"\max\left({0:0}, {1:0}\right)",
            lambda a, b, da, db: where(a >= b, da, db),
        ),
        Word(
            "minimum",
            9,
            "minimum({0:0}, {1:0})",
            "Math.min({0:0}, {1:0})",
            "(-greatest(-{0:9}, -{1:9}))",
            r"\min\left({0:0}, {1:0}\right)",
            lambda a, b, da, db: where(a <= b, da, db),
        ),
        # ---- exponentials and logarithms
        Word("exp", 9, "exp({0:0})", "Math.exp({0:0})", "exp({0:0})", "e^{{{0:0}}}", lambda x, dx: exp(x) * dx, latex_binds=8),
        Word(
            "expm1",
            9,
            "expm1({0:0})",
            "Math.expm1({0:0})",
            "",
            lambda x: exp(x) - 1,
            lambda x, dx: exp(x) * dx,
            _expm1,
        ),
        Word("log", 9, "log({0:0})", "Math.log({0:0})", "ln({0:0})", r"\log {0:9}", lambda x, dx: dx / x, latex_binds=7),
        Word(
            "log1p",
            9,
            "log1p({0:0})",
            "Math.log1p({0:0})",
            "",
            lambda x: log(1 + x),
            lambda x, dx: dx / (1 + x),
            _log1p,
        ),
        Word("sqrt", 9, "sqrt({0:0})", "Math.sqrt({0:0})", "sqrt({0:0})", r"\sqrt{{{0:0}}}", lambda x, dx: dx / (2 * sqrt(x))),
        Word(
            "tanh",
            9,
            "tanh({0:0})",
            "Math.tanh({0:0})",
            "tanh({0:0})",
            r"\tanh {0:9}",
            # sech²(x) = 4·σ(2x)·σ(-2x), which does not cancel as 1 - tanh² does
            lambda x, dx: 4 * (sigmoid(2 * x) * sigmoid(-2 * x)) * dx,
            latex_binds=7,
        ),
        # ---- stable compositions, each with a stable derivative
        Word(
            "sigmoid",
            9,
            "sigmoid({0:0})",
            "",
            "",
            r"\sigma\left({0:0}\right)",
            lambda x, dx: sigmoid(x) * sigmoid(-x) * dx,
            _sigmoid,
        ),
        Word(
            "softplus",
            9,
            "softplus({0:0})",
            "",
            "",
            lambda x: log(1 + exp(x)),
            lambda x, dx: sigmoid(x) * dx,
            # log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): e^-|x| never overflows; 2 ulp
            lambda x: maximum(x, 0) + log1p(exp(-abs(x))),
        ),
        Word(
            "log_sigmoid",
            9,
            "log_sigmoid({0:0})",
            "",
            "",
            lambda x: log(sigmoid(x)),
            lambda x, dx: sigmoid(-x) * dx,
            # log σ(x) = min(x, 0) - log(1 + e^-|x|): both terms have one sign, so nothing cancels; 2 ulp
            lambda x: minimum(x, 0) - log1p(exp(-abs(x))),
        ),
        Word("log_cosh", 9, "log_cosh({0:0})", "", "", r"\log \cosh {0:9}", lambda x, dx: tanh(x) * dx, _log_cosh, 7),
        Word(
            "log1mexp",
            9,
            "log1mexp({0:0})",
            "",
            "",
            lambda x: log(1 - exp(x)),
            lambda x, dx: -reciprocal_expm1(0.0 - x) * dx,  # +0.0 at both zeros: the slope there is -∞, not +∞
            # log(-expm1(x)) near 0, log1p(-e^x) below -log 2 (Mächler, 2012): neither subtraction cancels; 3 ulp
            lambda x: where(x > -math.log(2), log(-expm1(x)), log1p(-exp(x))),
        ),
        Word(
            "reciprocal_expm1",
            9,
            "reciprocal_expm1({0:0})",
            "",
            "",
            lambda x: 1 / (exp(x) - 1),
            # d/dx 1/(e^x - 1) = 1/((e^x - 1)(e^-x - 1)): no inf/inf at either end; negative, also at a zero of either sign
            lambda x, dx: -(abs(reciprocal_expm1(x) * reciprocal_expm1(-x)) * dx),
            lambda x: 1 / expm1(x),
        ),
        Word(
            "xmuly",
            9,
            "xmuly({0:0}, {1:0})",
            "",
            "",
            lambda x, y: x * y,
            lambda x, y, dx, dy: xmuly(x, dy) + xmuly(dx, y),
            lambda x, y: where(x == 0, 0, x * y),
        ),
        Word(
            "xdivy",
            9,
            "xdivy({0:0}, {1:0})",
            "",
            "",
            lambda x, y: x / y,
            lambda x, y, dx, dy: dx / y - xdivy(xdivy(x, y), y) * dy if not dy.is_zero else dx / y,
            lambda x, y: where(x == 0, 0, x / y),
        ),
        Word(
            "xlogy",
            9,
            "xlogy({0:0}, {1:0})",
            "",
            "",
            r"{0:6l} \log {1:9}",
            lambda x, y, dx, dy: xmuly(x, dy / y) + xmuly(dx, log(y)),
            lambda x, y: xmuly(x, log(y)),
            latex_binds=6,
        ),
        *SPECIAL_WORDS,
    ]
}

WORD_NAMES.update(WORDS)
