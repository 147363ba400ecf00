"""Formulas divided by one of their factors."""

from __future__ import annotations

from lossary.formula.calls import hypot
from lossary.formula.expression import Expression, apply, constant


def quotient(formula: Expression, factor: Expression) -> Expression | None:
    """Return a formula divided by what is a factor of it, without a division by that; None if it is not seen to be one.

    Where the factor is 0, this is the limit.
    """
    if formula is factor:
        return constant(1)
    if formula.head == "hypot_slope" and formula.children[0] is factor:  # a/√(a² + b²)
        return 1 / hypot(*formula.children)
    if formula.head not in ("negative", "multiply", "divide"):
        return None
    first, *others = formula.children
    if (found := quotient(first, factor)) is not None:
        return apply(formula.head, found, *others)
    if formula.head == "multiply" and (found := quotient(others[0], factor)) is not None:
        return apply("multiply", first, found)
    return None
