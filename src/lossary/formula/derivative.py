"""Derivatives of formulas, to any order."""

from __future__ import annotations

from functools import cache

from lossary.formula.expression import Expression, constant
from lossary.formula.stable import stable
from lossary.formula.words import WORDS


@cache
def derivative(formula: Expression, name: str) -> Expression:
    """Return the derivative of a formula in one of its symbols, by the rule of each word."""
    slopes: dict[Expression, Expression] = {}
    for node in formula.walk():
        if node.is_symbol:
            slopes[node] = constant(1 if node.name == name else 0)
        elif all(slopes[child].is_zero for child in node.children):
            slopes[node] = constant(0)
        else:
            slopes[node] = WORDS[node.head].derivative(*node.children, *(slopes[child] for child in node.children))
    return stable(slopes[formula])
