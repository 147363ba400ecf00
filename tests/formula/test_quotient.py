"""Formulas divided by a factor, against their textbook form."""

import numpy as np
import pytest

from lossary.formula.derivative import derivative
from lossary.formula.expression import symbol
from lossary.formula.languages.python import compiled
from lossary.formula.quotient import quotient
from lossary.vocabulary import exp, hypot, maximum

X, Y, C = map(symbol, ("x", "y", "c"))
R = X - Y


@pytest.mark.parametrize(
    ("formula", "truth"),
    [
        (R, np.ones_like),
        (-3 * (C * R) / (1 + R**2), lambda r: -6 / (1 + r**2)),
        (exp(-(R**2)) * (R / C), lambda r: np.exp(-(r**2)) / 2),
        (C * derivative(hypot(R, C), "x"), lambda r: 2 / np.sqrt(r**2 + 4)),
    ],
)
def test_a_factor_is_left_out(formula, truth):
    found = quotient(formula, R)
    r = np.array([-1e5, -0.3, 0.0, 1e-200, 2.0, np.inf])
    with np.errstate(over="ignore", invalid="ignore"):
        result = compiled(found, "numpy", ("x", "y", "c"))(r, np.zeros(6), np.full(6, 2.0))
    np.testing.assert_allclose(np.broadcast_to(result, 6), truth(r), rtol=1e-15)


@pytest.mark.parametrize("formula", [X, 1 / R, C + R, maximum(R, C), abs(R), R**3, derivative(hypot(C, R), "c")])
def test_what_is_no_factor_is_not_left_out(formula):
    assert quotient(formula, R) is None
