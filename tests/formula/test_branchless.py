"""Formulas without choices equal the words that they stand for, by mpmath, and say where they may not."""

import math

import numpy as np
import pytest

import lossary
from lossary.formula.branchless import branchless, log1p_of_share
from lossary.formula.calls import log_sigmoid, sigmoid, softplus, where, xmuly
from lossary.formula.derivative import derivative
from lossary.formula.expression import symbol
from lossary.formula.languages.buffered import buffered
from lossary.formula.languages.python import compiled
from tests.oracle import MP

X, Y = symbol("x"), symbol("y")
FINITE = [-1e300, -800.0, -745.2, -40.0, -1.0, -1e-20, -0.0, 0.0, 1e-20, 0.5, 1.0, 40.0, 800.0, 1e300]
WORDS = {
    "sigmoid": (sigmoid(X), lambda x: 1 / (1 + MP.exp(-x))),
    "softplus": (softplus(X), lambda x: MP.log1p(MP.exp(x))),
    "log_sigmoid": (log_sigmoid(X), lambda x: -MP.log1p(MP.exp(-x))),
}


@pytest.mark.parametrize("name", WORDS)
def test_words_keep_their_digits(name):
    formula, truth = WORDS[name]
    rewritten, exact = branchless(formula)
    assert not exact
    assert not {"where", "maximum", "minimum"} & {node.head for node in rewritten.walk()}
    with np.errstate(all="ignore"):
        found = compiled(rewritten, "numpy", ("x",))(np.array(FINITE))
    for x, value in zip(FINITE, found, strict=True):
        expected = float(truth(MP.mpf(x)))
        assert value == pytest.approx(expected, rel=1e-15, abs=5e-324), x


def huber(x, c):
    return x**2 / 2 if abs(x) <= c else c * (abs(x) - c / 2)


@pytest.mark.parametrize("delta", [0.7, 1.0, 3.0])
def test_huber_is_clipped_to_the_last_bit(delta):
    residuals = np.array(
        [-1e300, -5.0, -delta, -0.3, -0.0, 0.0, 1e-200, delta, math.nextafter(delta, 9), 4.0, math.inf, -math.inf]
    )
    arguments = ("prediction", "target", "delta")
    for order, truth in enumerate((huber, lambda x, c: max(-c, min(c, x)))):
        formula, exact = branchless(lossary.huber.formula(order=order))
        assert exact
        assert not {"where", "sign"} & {node.head for node in formula.walk()}
        found = compiled(formula, "numpy", arguments, frozenset({"delta"}))(residuals, np.zeros(len(residuals)), delta)
        assert found.tolist() == [truth(x, delta) for x in residuals]
        assert math.isnan(
            compiled(formula, "numpy", arguments, frozenset({"delta"}))(np.array([np.nan]), np.zeros(1), delta)[0]
        )


@pytest.mark.parametrize("other", [where(abs(X) <= Y, X**2, Y), where(abs(X) < Y, X, Y), where(X <= Y, X, Y)], ids=str)
def test_another_choice_stays(other):
    formula, exact = branchless(other)
    assert formula is other
    assert exact


def test_what_may_be_nan_is_never_compared():
    formula = where(sigmoid(X) > 0.5, 1.0, 0.0) + xmuly(X, Y)
    assert branchless(formula)[0] is formula


def test_the_losses_of_lossary_are_rewritten():
    for loss in (lossary.huber, lossary.binary_cross_entropy):
        given = "logits" if loss is lossary.binary_cross_entropy else None
        for order in (0, 1):
            formula = loss.formula(given, order)
            assert branchless(formula)[0] is not formula


def test_the_slope_of_binary_cross_entropy_holds_at_infinity_and_its_value_does_not():
    value = -(Y * log_sigmoid(X) + (1 - Y) * log_sigmoid(-X))
    exact = {}
    for order, asked in enumerate((value, derivative(value, "x"))):
        formula, exact[order] = branchless(asked)
        with np.errstate(all="ignore"):
            x, y = np.array([math.inf, -math.inf, math.inf, -math.inf]), np.array([1.0, 0.0, 0.25, 0.25])
            found = compiled(formula, "numpy", ("x", "y"))(x, y)
        if exact[order]:
            assert found.tolist() == [0, 0, 0.75, -0.25]
        else:
            assert np.isnan(found[:2]).all()
    assert exact == {0: False, 1: True}
    assert not branchless(xmuly(X, Y))[1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("order", [0, 1])
def test_both_outcomes_share_one_exponential(order, weighted):
    formulas = lossary.binary_cross_entropy.formulas
    plain = formulas.weighted("logits", order, weighted, known=formulas.known(formulas.parameters))
    found = branchless(plain)[0]
    assert [node.head for node in found.walk()].count("exp") == 1
    assert "heaviside" in {node.head for node in found.walk()}  # by the identity for t·f(x) + (1 - t)·f(-x)
    logits, targets = np.meshgrid([-30.0, -0.7, -1e-9, 0.0, 0.3, 30.0], [0.0, 0.25, 1.0])
    arrays = (logits, targets, np.full(logits.shape, 3.0)) if weighted else (logits, targets)
    values = compiled(found, "numpy", ("prediction", "target", "weight")[: len(arrays)])(*arrays)
    for z, t, value in zip(logits.flat, targets.flat, values.flat, strict=True):
        z, t = MP.mpf(z), MP.mpf(t)
        truth = 1 / (1 + MP.exp(-z)) - t if order else MP.log1p(MP.exp(z)) - t * z
        assert value == pytest.approx(float((3 if weighted else 1) * truth), rel=1e-14, abs=1e-16), (z, t)


@pytest.mark.parametrize("has_log1p", [True, False])
def test_log1p_of_what_is_at_most_1(has_log1p, monkeypatch):
    monkeypatch.setattr("lossary.formula.languages.buffered._HAS_LOG1P", has_log1p)
    x = np.r_[0, 1e-45, 1e-30, np.geomspace(1e-9, 1, 2000)].astype("float32")
    function = buffered((log1p_of_share(X),), ("x",), (), 1).function
    expected = np.log1p(x.astype("float64"))
    for given, out in ((x, None), (x, np.empty_like(x)), (y := x.copy(), y)):
        (found,) = function(given, out)
        np.testing.assert_allclose(found, expected, rtol=2.5e-7, atol=1e-45)
        assert out is None or found is out
