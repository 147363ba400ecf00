"""What a row of the vocabulary holds.

In a row, ``{0:6}`` is the first argument, put in parentheses when it binds less tightly than 6; ``binds`` says how tightly the
whole binds. The scale: 2 or, 3 and, 4 comparison, 5 sum, 6 product, 7 sign, 8 power, 9 name or call. In LaTeX, ``{1:6r}`` is
in parentheses also when it begins with a sign, and ``{0:6l}`` when it ends in a function of what follows, such as log x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lossary.formula.expression import Expression, constant


@dataclass(frozen=True)
class Word:
    """One word. An empty ``javascript`` or ``sql`` means that the language writes the ``expansion`` out instead."""

    name: str
    binds: int
    python: str
    javascript: str
    sql: str
    latex: str | Callable[..., Expression]
    """A row, or how a textbook puts it in words that have one."""
    derivative: Callable[..., Expression]
    """Takes the arguments, then their derivatives; returns the derivative of the whole."""
    expansion: Callable[..., Expression] | None = None
    """The word in plainer words, stable wherever the word is."""
    latex_binds: int | None = None
    """How tightly its LaTeX binds where that differs from ``binds``: 1 for cases, 7 for a function of what follows."""


def flat(*nodes: Expression) -> Expression:
    """Return 0, the derivative of a function that is constant almost everywhere."""
    return constant(0)


def polynomial(x: Expression, coefficients: tuple[float, ...]) -> Expression:
    """Return c₀ + c₁x + c₂x² + …, by Horner's rule."""
    total = constant(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total = c + x * total
    return total
