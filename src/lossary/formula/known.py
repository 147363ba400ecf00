"""Formulas for parameters whose numbers are known: powers that are products, and conditions that are decided beforehand.

A kernel computes both sides of a condition for every element, and a power takes as long as twenty products.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lossary.formula.expression import Expression, constant
from lossary.formula.rewrite import rebuild, substitute

SIMPLE = frozenset({-math.inf, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, math.inf})
"""Numbers at which a power is a few products and roots, or a formula a limit."""
_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
}
_COMPUTED: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "abs": abs,
}


@dataclass(frozen=True)
class Known:
    """What the numbers of a call say of a formula."""

    fixed: tuple[tuple[str, float], ...] = ()
    """Parameters that are written into it as numbers."""
    decided: tuple[bool | None, ...] = ()
    """Which of its conditions on parameters hold, or None where that is open; empty if all are."""


NOTHING = Known()


def names_in_powers(formula: Expression, names: Collection[str]) -> frozenset[str]:
    """Return the parameters that stand in an exponent."""
    exponents: set[Expression] = set()  # and all nodes within them, so that none is walked through twice
    for node in formula.walk():
        if node.head in ("power", "boxcox", "boxcox1p"):
            exponents.update(list(node.children[1].walk(exponents)))
    return frozenset({node.name for node in exponents if node.is_symbol} & set(names))


def conditions_on(formula: Expression, names: Collection[str]) -> tuple[Expression, ...]:
    """Return the comparisons of parameters and numbers alone."""
    found: list[Expression] = []
    has_parameter: dict[Expression, bool | None] = {}  # None of what has other symbols too
    for node in formula.walk():
        if node.is_symbol:
            has_parameter[node] = True if node.name in names else None
        else:
            parts = [has_parameter[child] for child in node.children]
            has_parameter[node] = None if None in parts else any(parts)
        if node.head in _COMPARED and has_parameter[node]:
            found.append(node)
    return tuple(found)


def decide(condition: Expression, numbers: Mapping[str, float]) -> bool | None:
    """Return whether a condition holds, or None if a number is missing, or it takes more than arithmetic to say so."""
    values: dict[Expression, Any] = {}
    try:
        for part in condition.walk():
            if part.is_constant:
                values[part] = part.value
            elif part.is_symbol:
                values[part] = numbers[part.name]
            else:
                values[part] = (_COMPARED | _COMPUTED)[part.head](*(values[child] for child in part.children))
    except (KeyError, ZeroDivisionError):
        return None
    return bool(values[condition])


def rewritten(formula: Expression, known: Known, conditions: Sequence[Expression]) -> Expression:
    """Return a formula with what is known written into it; ``conditions`` are those that are decided."""
    decided = {node: holds for node, holds in zip(conditions, known.decided, strict=False) if holds is not None}
    if decided:
        formula = rebuild(formula, lambda node: constant(decided[node]) if node in decided else node)
    return rebuild(substitute(formula, dict(known.fixed)), _folded) if known.fixed else formula


def _folded(node: Expression) -> Expression:
    """Return what a comparison or an exact quotient of numbers is; sums and products of numbers are numbers already."""
    values = [child.value for child in node.children if child.is_constant]
    if len(values) != 2 or len(node.children) != 2:
        return node
    if node.head in _COMPARED:
        return constant(_COMPARED[node.head](*values))
    if node.head == "divide" and values[1] and all(map(math.isfinite, values)):
        exact = Fraction(values[0]) / Fraction(values[1])
        return constant(as_int_if_whole(float(exact))) if Fraction(float(exact)) == exact else node
    return node


def as_int_if_whole(x: float) -> float:
    """Return a whole number as an int, of which a power is made of products."""
    return int(x) if math.isfinite(x) and x == int(x) else x
