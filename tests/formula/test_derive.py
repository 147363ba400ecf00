"""Derivatives against SymPy's, stable forms against what they must become, and that a formula keeps its order."""

import math

import numpy as np
import pytest
import sympy

from lossary.formula import calls
from lossary.formula.derivative import derivative
from lossary.formula.expression import constant, symbol
from lossary.formula.languages.python import compiled
from lossary.formula.rewrite import trace
from lossary.formula.stable import stable
from lossary.formula.words import WORDS
from lossary.vocabulary import (
    abs,
    arctan,
    arctan2,
    boxcox,
    boxcox1p,
    clip,
    cos,
    digamma,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    hypot,
    hypot_excess,
    log,
    log1mexp,
    log1p,
    log1pmx,
    log_cosh,
    log_gamma,
    log_ndtr,
    log_sigmoid,
    log_softplus,
    logaddexp,
    maximum,
    minimum,
    reciprocal_expm1,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    stop_gradient,
    tanh,
    trigamma,
    where,
    xdivy,
    xlogy,
    xmuly,
)

X, Y = symbol("x"), symbol("y")
SX, SY = sympy.symbols("x y", real=True)
S = sympy
FORMULAS = {
    "sum": (X * Y + X / Y - 3 * X, SX * SY + SX / SY - 3 * SX),
    "quotient": (Y / (1 + X**2), SY / (1 + SX**2)),
    "powers": (X**Y + Y**X + X**3 + X**-2, SX**SY + SY**SX + SX**3 + SX**-2),
    "exp": (exp(-X * Y) * expm1(X), S.exp(-SX * SY) * (S.exp(SX) - 1)),
    "log": (log(X) * log1p(X * Y), S.log(SX) * S.log(1 + SX * SY)),
    "roots": (sqrt(1 + X**2) * tanh(X), S.sqrt(1 + SX**2) * S.tanh(SX)),
    "sigmoid": (sigmoid(X) * softplus(X - Y) + log_sigmoid(X), None),
    "log_cosh": (log_cosh(X - 2 * Y), S.log(S.cosh(SX - 2 * SY))),
    "log1mexp": (log1mexp(-X), S.log(1 - S.exp(-SX))),
    "reciprocal": (reciprocal_expm1(X), 1 / (S.exp(SX) - 1)),
    "xdivy": (xdivy(Y * X, X + Y**2), SY * SX / (SX + SY**2)),
    "xlogy": (xlogy(Y, X) + xmuly(X, Y), SY * S.log(SX) + SX * SY),
    "choice": (where(X < Y, X**2, Y * X) + abs(X - Y), S.Piecewise((SX**2, SX < SY), (SY * SX, True)) + S.Abs(SX - SY)),
    "extremes": (maximum(X, Y) * minimum(X, 2 * Y) + sign(X), S.Max(SX, SY) * S.Min(SX, 2 * SY) + S.sign(SX)),
    "angles": (sin(X * Y) + cos(X - Y) * arctan(X * Y), S.sin(SX * SY) + S.cos(SX - SY) * S.atan(SX * SY)),
    "of a point": (hypot(X, Y) * arctan2(X, Y), S.sqrt(SX**2 + SY**2) * S.atan2(SX, SY)),
    "logaddexp": (logaddexp(2 * X, Y), S.log(S.exp(2 * SX) + S.exp(SY))),
    "boxcox": (boxcox(X, Y), (SX**SY - 1) / SY),
    "boxcox1p": (boxcox1p(X, Y), ((1 + SX) ** SY - 1) / SY),
    "log1pmx": (log1pmx(X - Y / 2), S.log(1 + SX - SY / 2) - SX + SY / 2),
    "hypot_excess": (hypot_excess(X, X - 2 * Y), S.sqrt(SX**2 + (SX - 2 * SY) ** 2) - S.Abs(SX - 2 * SY)),
    "log_softplus": (log_softplus(X - Y), S.log(S.log(1 + S.exp(SX - SY)))),
    "gamma": (log_gamma(X * Y) + X * digamma(Y) + trigamma(X), S.loggamma(SX * SY) + SX * S.digamma(SY) + S.polygamma(1, SX)),
    "normal": (erf(X * Y) + X * erfc(Y), S.erf(SX * SY) + SX * S.erfc(SY)),
    "log_ndtr": (log_ndtr(X - Y), S.log(S.erfc((SY - SX) / S.sqrt(2)) / 2)),
    "limits": (clip(X, Y / 2, 2 * Y) * X, S.Min(S.Max(SX, SY / 2), 2 * SY) * SX),
    "floor": (
        floor(X) * X**2 + floor(Y),
        S.Piecewise((0, SX < 1), (1, SX < 2), (2, True)) * SX**2 + S.Piecewise((0, SY < 1), (3, True)),
    ),
}
FORMULAS["sigmoid"] = (
    FORMULAS["sigmoid"][0],
    1 / (1 + S.exp(-SX)) * S.log(1 + S.exp(SX - SY)) - S.log(1 + S.exp(-SX)),
)
FORMULAS["derived"] = calls.derived(X**2 * Y, X * Y * X), SX**2 * SY
POINTS = [(0.3, 0.7), (1.3, 0.4), (2.1, 3.3)]


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("by", ["x", "y"])
def test_derivatives_equal_sympys(name, order, by):
    ours, theirs = FORMULAS[name]
    for _ in range(order):
        ours = derivative(ours, by)
        theirs = S.diff(theirs, SX if by == "x" else SY)
    function = compiled(stable(ours), "numpy", ("x", "y"))
    for x, y in POINTS:
        expected = float(theirs.subs({SX: x, SY: y}).evalf(30))
        assert float(function(np.float64(x), np.float64(y))) == pytest.approx(expected, rel=1e-11, abs=1e-13)


def test_every_word_is_derived_somewhere_above():
    used = set()
    for formula, _ in FORMULAS.values():
        for _ in range(3):
            used |= {node.head for node in formula.walk()}
            formula = derivative(formula, "x")
    logical = {"logical_or", "logical_not"}
    assert set(WORDS) - used == logical | {"stop_gradient", "textbook"}


def test_a_value_and_its_derivative_may_have_formulas_of_their_own():
    found = derivative(calls.derived(sigmoid(X), X**3), "x")
    assert found is derivative(X**3, "x")
    assert compiled(stable(calls.derived(sigmoid(X), X**3)), "numpy", ("x",))(np.float64(0)) == 0.5


def test_what_is_stopped_has_no_derivative():
    assert derivative(X**2 * stop_gradient(X * Y), "x") is 2 * X * stop_gradient(X * Y)
    assert derivative(stop_gradient(exp(X)), "x").is_zero


STABLE = {
    "log of sigmoid": (log(sigmoid(X)), log_sigmoid(X)),
    "log of 1 - sigmoid": (log(1 - sigmoid(X)), log_sigmoid(-X)),
    "textbook sigmoid": (1 / (1 + exp(-X)), sigmoid(X)),
    "textbook softplus": (log(1 + exp(X)), softplus(X)),
    "1 - exp": (1 - exp(X), -expm1(X)),
    "exp - 1": (exp(X) - 1, expm1(X)),
    "log of 1 - exp": (log(1 - exp(X)), log1mexp(X)),
    "log of 1 - x": (log(1 - X), log1p(-X)),
    "log of exp": (log(exp(X)), X),
    "log of softplus": (log(log(1 + exp(X))), log_softplus(X)),
    "log of a sum of exp": (log(exp(X) + exp(Y)), logaddexp(X, Y)),
    "root of exp": (sqrt(exp(X)), exp(X / 2)),
    "log of a square": (log(X**2), 2 * log(abs(X))),
    "ratio of squares": (X**2 / Y**2, (X / Y) ** 2),
    "square over exp": (X**2 / exp(Y), (X * exp(-Y / 2)) ** 2),
    "what is computed": (calls.textbook(log(X / Y), log(X) - log(exp(Y))), log(X) - Y),
    "1 - erf": (1 - erf(X), erfc(X)),
    "a reciprocal of an exponential": (Y / exp(X), Y * exp(-X)),
    "log of one and a multiple of an exponential": (log(1 + 2 * exp(X)), softplus(X + math.log(2))),
    "log of one and a product with an exponential": (
        log1p(Y * exp(X)),
        where(Y > 0, softplus(X + log(Y)), log1p(Y * exp(X))),
    ),
    "a share of the log of a sigmoid": (xlogy(Y, sigmoid(X)), xmuly(Y, log_sigmoid(X))),
}


@pytest.mark.parametrize("name", STABLE)
def test_textbook_forms_become_stable_ones(name):
    textbook, expected = STABLE[name]
    assert stable(textbook) is expected


def test_a_formula_keeps_the_order_in_which_it_was_written():
    compensated = trace(lambda x, y: ((x + y) - x) - y, ("x", "y"))
    assert repr(compensated) == "subtract(subtract(add(x, y), x), y)"


def test_equal_formulas_are_one_object():
    assert X + Y is symbol("x") + symbol("y")
    assert constant(1) is not constant(1.0)
    assert constant(0.0) is not constant(-0.0)
    assert type(constant(2**53).value) is int
    assert type(constant(2**53 + 2).value) is float  # beyond, not every integer is a number of 64 bits
    assert type(constant(-(2**53) - 2).value) is float
    assert derivative(X * Y, "x") is Y


def test_simplifications_are_exact():
    assert X + 0 is X
    assert 1 * X is X
    assert derivative(X**2 / 2, "x") is X
    assert (-X).__neg__() is X
    assert (0 * X).is_zero
    assert -(X - Y) is Y - X
    assert where(X < 1, Y, Y) is Y
    assert xmuly(X, constant(0)).is_zero
    assert xmuly(constant(0), Y).is_zero
    assert xmuly(constant(2), Y) is 2 * Y
    assert xmuly(X, constant(1)) is X
    assert xmuly(-X, Y) is -xmuly(X, Y)
    assert xmuly(X, -Y) is -xmuly(X, Y)
