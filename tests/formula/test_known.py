"""Numbers that are known of a call: what is written into a formula, and that its values stay what they are."""

import math

import numpy as np
import pytest

import lossary
from lossary.formula.expression import constant, symbol
from lossary.formula.known import NOTHING, Known, conditions_on, decide, rewritten
from lossary.vocabulary import where

FORMULAS = lossary.general_robust.formulas


def heads(formula):
    return {node.head for node in formula.walk()}


def test_a_power_to_a_simple_number_is_no_power_and_others_stay():
    focal = lossary.focal_binary.formulas
    simple = focal.weighted("logits", 1, False, None, focal.known({"gamma": 1.0, "balance": 3.0}))
    assert "power" not in heads(simple)
    assert simple.symbols() == {"prediction", "target", "balance"}
    other = focal.weighted("logits", 1, False, None, focal.known({"gamma": 1.25, "balance": 1.0}))
    assert other.symbols() == {"prediction", "target", "gamma"}  # a balance of 1 changes nothing
    assert focal.known({"gamma": 1.25, "balance": 2.0}) == NOTHING
    assert lossary.huber.formulas.known({"delta": 1.0}) == NOTHING  # which stands in no power


def test_conditions_on_parameters_are_decided_beforehand():
    at_minus_infinity = FORMULAS.weighted(None, 0, False, None, FORMULAS.known({"alpha": -math.inf, "scale": 1.5}))
    assert heads(at_minus_infinity).isdisjoint({"where", "boxcox1p"})
    below = FORMULAS.weighted(None, 0, False, None, FORMULAS.known({"alpha": 1.25, "scale": 1.5}))
    assert "where" not in heads(below)
    assert "boxcox1p" in heads(below)
    learned = FORMULAS.weighted(None, 0, False, None, FORMULAS.known({"scale": 1.5}))
    assert learned is FORMULAS.formula()


def test_what_arithmetic_does_not_decide_stays_open():
    @lossary.pointwise
    def odd(prediction, target, *, a=1.0, b=2.0):
        return where((a**2 < b) | (a / b == 0.5) | (prediction < a), prediction - target, prediction * target)

    power, ratio = conditions_on(odd.formulas.traced, ["a", "b"])
    assert decide(power, {"a": 1.0, "b": 2.0}) is None
    assert decide(ratio, {"a": 1.0, "b": 2.0}) is True
    assert decide(ratio, {"a": 1.0, "b": 0.0}) is None
    assert decide(ratio, {"a": 1.0}) is None
    assert odd([3.0], [2.0], a=5.0, b=1.0) == 1
    assert odd([3.0], [2.0], a=2.0, b=1.0) == 6


@pytest.mark.parametrize("alpha", [2 - 1e-9, 2.0])
def test_numbers_are_compared_in_the_precision_of_the_call(alpha, monkeypatch):
    """In float32, 2 - 1e-9 is 2, and 1/(2 - α) is infinite."""
    monkeypatch.setattr("lossary.engine.plans.SMALLEST", 1)
    x = np.float32([3.0, 0.0])
    value, slope = lossary.general_robust.value_and_gradient(x, 0 * x, alpha=alpha, reduction="none")
    np.testing.assert_allclose(value, [4.5, 0], rtol=1e-6)
    np.testing.assert_allclose(slope, [3, 0], rtol=1e-6)


@pytest.mark.parametrize("gamma", [0.5, 1.5, 2.0, 3.0])
def test_a_kernel_of_a_known_number_computes_what_the_general_one_does(gamma, kernels):
    z, y = np.random.default_rng(0).normal(0, 3, 500), np.random.default_rng(1).random(500)
    known = lossary.focal_binary.value_and_gradient(z, y, gamma=gamma, reduction="none")
    one_each = lossary.focal_binary.value_and_gradient(z, y, gamma=np.full(500, gamma), reduction="none")
    for got, expected in zip(known, one_each, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-15)


def test_a_quotient_by_0_is_left_as_it_is():
    a = symbol("a")
    assert rewritten(symbol("x") ** a + 2 / a, Known((("a", 0),)), ()) is 1 + constant(2) / constant(0)
