"""Formulas of any size that a loop may write: right in every language, or refused in a sentence. Naive loops are the truth."""

import math

import mpmath
import numpy as np
import pytest
import torch

import lossary
from lossary.vocabulary import abs as absolute
from lossary.vocabulary import exp, log1p, minimum, sigmoid, where, xlogy
from tests.formula.languages.latex_reader import read
from tests.formula.languages.test_languages import node, sql
from tests.formula.languages.test_names import executed

P, T = np.array([0.5, -2.0, 3.0]), np.array([0.25, 1.0, 3.0])
POINTS = list(zip(P.tolist(), T.tolist(), strict=True))


def summed(terms):
    @lossary.pointwise
    def own(prediction, target):
        total = 0
        for k in range(terms):
            total = total + (prediction - target * k) ** 2
        return total

    r = P[:, None] - T[:, None] * np.arange(terms)
    return own, (r**2).sum(-1), 2 * r.sum(-1)


def nested(depth):
    @lossary.pointwise
    def own(prediction, target):
        value = prediction - target
        for _ in range(depth):
            value = log1p(absolute(value) + 1)
        return value

    values, slopes = [], []
    for p, t in POINTS:
        value, slope = p - t, 1.0
        for _ in range(depth):
            slope *= (value > 0) - (value < 0)
            value = abs(value) + 1
            slope /= 1 + value
            value = math.log1p(value)
        values.append(value)
        slopes.append(slope)
    return own, values, slopes


def doubled(times):
    """Written out in full, it has 2^times factors."""

    @lossary.pointwise
    def own(prediction, target):
        value = prediction - target
        for _ in range(times):
            value = value * (value - 1) * 0.25
        return value

    values, slopes = [], []
    for p, t in POINTS:
        value, slope = p - t, 1.0
        for _ in range(times):
            value, slope = value * (value - 1) * 0.25, slope * (2 * value - 1) * 0.25
        values.append(value)
        slopes.append(slope)
    return own, values, slopes


CASES = {"a sum": (summed, 3000), "words nested": (nested, 500), "shared parts": (doubled, 300)}


@pytest.mark.parametrize("case", CASES)
def test_large_formulas_are_computed_and_written_out(case):
    make, size = CASES[case]
    loss, values, slopes = make(size)
    for what, expected in (("value", values), ("gradient", slopes)):
        operation = loss if what == "value" else loss.gradient
        np.testing.assert_allclose(operation(P, T, reduction="none"), expected, rtol=1e-9, atol=1e-300)
        np.testing.assert_allclose(node(loss.code(f"{what}:javascript"), POINTS), expected, rtol=1e-9, atol=1e-300)
    got = executed(loss.code("torch"), "own")(torch.tensor(P), torch.tensor(T))
    np.testing.assert_allclose(got.numpy(), values, rtol=1e-9, atol=1e-300)
    if size < 1000:
        written = loss.latex()
        for (p, t), value in zip(POINTS, values, strict=True):
            assert float(read(written, {r"\hat{y}": mpmath.mpf(p), "y": mpmath.mpf(t)})) == pytest.approx(
                value, rel=1e-9, abs=1e-300
            )
    with pytest.raises(ValueError, match="SQL takes at most 100 steps one after another"):
        loss.code("sql")


@pytest.mark.heavy
def test_choices_nested_a_thousand_deep():
    """Choices within choices, which nothing may go through once for each level."""

    @lossary.pointwise
    def own(prediction, target):
        value = prediction - target
        for k in range(1100):
            value = where((value > 0.1 * k) & (value != 1), value / 2, minimum(value * 0.999, 1 - value))
        return value

    values, slopes = [], []
    for p, t in POINTS:
        value, slope = p - t, 1.0
        for k in range(1100):
            if value > 0.1 * k and value != 1:
                value, slope = value / 2, slope / 2
            elif value * 0.999 <= 1 - value:
                value, slope = value * 0.999, slope * 0.999
            else:
                value, slope = 1 - value, -slope
        values.append(value)
        slopes.append(slope)
    np.testing.assert_allclose(own(P, T, reduction="none"), values, rtol=1e-9)
    np.testing.assert_allclose(own.gradient(P, T, reduction="none"), slopes, rtol=1e-9)
    np.testing.assert_allclose(node(own.code("gradient:javascript"), POINTS), slopes, rtol=1e-9)


@pytest.mark.parametrize(("make", "size"), [(summed, 300), (nested, 30), (doubled, 30)])
def test_sql_of_many_shared_parts_is_read_by_duckdb(make, size):
    loss, values, slopes = make(size)
    for what, expected in (("value", values), ("gradient", slopes)):
        got = sql(loss.code(f"{what}:sql"), "prediction double, target double, t double", [(*point, 7.0) for point in POINTS])
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-300)


def test_what_is_derived_stays_in_proportion():
    """Eight times as large a formula, eight times as large a derivative, give or take."""
    for make in (summed, nested, doubled):
        small, large = (len(list(make(size)[0].formula(None, 2).walk())) for size in (25, 200))
        assert large < 10 * small
    lengths = [len(nested(size)[0].code("gradient:javascript")) for size in (25, 200)]
    assert lengths[1] < 10 * lengths[0]


def test_a_long_formula_is_named_by_a_short_text_and_a_full_listing():
    large, other = (doubled(size)[0].formula() for size in (200, 201))
    assert len(repr(large)) < 1000
    assert large.listing() != other.listing()
    assert large.listing().count("\n") < 2000


def test_deep_formulas_of_classes_are_losses_too():
    @lossary.softmax
    def own(log_probability):
        value = -log_probability
        for _ in range(250):
            value = sigmoid(value) + xlogy(0.5, exp(value))
        return value

    value = math.log(2.0)
    for _ in range(250):
        value = 1 / (1 + math.exp(-value)) + 0.5 * value
    assert own([[0.0, 0.0]], [0]) == pytest.approx(value, rel=1e-12)
    assert lossary.linear(own)(np.zeros((1, 2)), np.zeros((2, 2)), [0]) == pytest.approx(value, rel=1e-12)


def test_no_kernel_is_compiled_of_a_formula_that_would_take_minutes(kernels, monkeypatch):
    loss, values, _ = nested(500)
    task = []
    original = type(loss).kernel_task
    monkeypatch.setattr(type(loss), "kernel_task", lambda *a, **o: task.append(original(*a, **o)) or task[-1])
    np.testing.assert_allclose(loss(P, T, reduction="none"), values, rtol=1e-12)
    assert task == [None]
