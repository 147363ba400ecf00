"""Derivatives that are gathered for reading are the same numbers, in fewer words."""

import numpy as np
import pytest

from lossary.arrays import numpy as on_numpy
from lossary.formula.calls import exp, where
from lossary.formula.expression import constant, symbol
from lossary.formula.languages.gather import gathered, over_name
from lossary.losses.find import registry

A, B, X = symbol("a"), symbol("b"), symbol("x")
POINTWISE = [name for name, loss in registry.items() if loss.kind == "pointwise"]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ((2 * (A - B) / X) / 2, (A - B) / X),
        (-(2 * (A - B) / X**2) / 2, (B - A) / X**2),
        ((A / X) / (A / X), constant(1)),
        (-A / X - A / X, -(2 * A / X)),
        ((2 - A - 1) * X, (1 - A) * X),
        (A - A, constant(0)),
        (-A + B, B - A),
        (A * exp(-X) / exp(-X), A),
        (A * exp(-B), A * exp(-B)),
        (where(A < B, A * A, 0 * X), where(A < B, A**2, 0)),
    ],
)
def test_like_factors_and_terms_are_gathered(formula, expected):
    assert gathered(formula) is expected


def test_what_is_the_power_of_e_of_a_logarithm_is_divided_by():
    assert gathered(A * exp(-X), "x") is A / exp(X)
    assert over_name(A * exp(-X), "x") is A * (1 / exp(X))
    assert over_name(A * exp(-X), "b") is A * exp(-X)


@pytest.mark.parametrize("name", POINTWISE)
def test_derivatives_are_the_same_numbers(name):
    formulas, rng = registry[name].formulas, np.random.default_rng(0)
    values = {each: rng.uniform(0.1, 0.9, 20) for each in formulas.inputs}
    values |= {each: np.full(20, rng.uniform(0.2, 0.9)) for each in formulas.parameters}
    for form in [None, *formulas.given]:
        for of in formulas.predictions:
            for order in (1, 2):
                whole = formulas.textbook(None if form in ("probabilities", "mean") else form, order, of)
                with np.errstate(all="ignore"):
                    expected, found = (on_numpy.evaluate(each, values, values[of]) for each in (whole, gathered(whole)))
                kept = np.broadcast_to(np.isfinite(expected), 20)
                np.testing.assert_allclose(
                    np.broadcast_to(found, 20)[kept], np.broadcast_to(expected, 20)[kept], rtol=1e-6, atol=1e-9
                )
