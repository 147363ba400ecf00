"""Words over the components of a sample: ``total``, ``largest``, ``log_sum_exp``, ``norm`` and what is made of them.

A sample is a row of numbers, its components. A formula is *of a component* if an input stands in it outside of all such words,
else *of a sample*: ``x * total(x)`` is of a component, ``total(x) / count(x)`` of a sample. In arrays the components lie along
the last axis; a word over them keeps that axis, with length 1, so that what is of a sample goes with what is of a component.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, partial

from lossary.formula.calls import abs, exp, log1p, maximum, sqrt, where
from lossary.formula.expression import WORD_NAMES, Expression, apply, constant, symbol

total = partial(apply, "total")
largest = partial(apply, "largest")
ties = partial(apply, "ties")
log_sum_exp = partial(apply, "log_sum_exp")
norm = partial(apply, "norm")

CONDITIONS = ("less", "less_equal", "equal", "logical_and", "logical_or", "logical_not")
"""The words that make a condition."""


def count(x: Expression) -> Expression:
    """Return the number of components, or of those for which a condition holds."""
    return total(where(x, 1, 0)) if is_condition(x) else apply("count", x)


def average(x: Expression) -> Expression:
    """Return the mean of the components."""
    return total(x) / count(x)


def distance(a: Expression, b: Expression) -> Expression:
    """Return the Euclidean distance."""
    return norm(a - b)


def is_condition(x: Expression) -> bool:
    """Return whether a formula is a condition."""
    while x.head == "where":
        x = x.children[1]
    return x.head in CONDITIONS or (x.is_constant and isinstance(x.value, bool))


@dataclass(frozen=True)
class ComponentWord:
    """A word over the components of a sample."""

    name: str
    empty: float
    """What it is of a sample without components."""
    latex: str
    """As a row of ``WORDS``; the argument is written with an index, or without one in a ``norm``."""
    slope: Callable[[Expression, Expression], Expression]
    """Takes the argument x at a component and the whole; returns the derivative of the whole in that x. At most 1 in size."""
    expansion: Callable[[Expression], Expression] | None = None
    """The word in plainer words, stable wherever the word is."""


def _log_sum_exp(x: Expression) -> Expression:
    # log Σ e^x = max + log1p(Σ of the others): all digits where one component outweighs the others; 2 ulp and those of the sum
    top = largest(x)
    others = (ties(x) - 1) + total(where(x == top, 0, exp(x - top)))
    return where(abs(top) == math.inf, top, top + log1p(others))


def _norm(x: Expression) -> Expression:
    # max·√Σ(x/max)²: no square overflows, and none that matters underflows; 3 ulp and half of those of the sum
    top = maximum(largest(abs(x)), 0)
    return where((top == 0) | (top == math.inf), top, top * sqrt(total((x / top) ** 2)))


COMPONENT_WORDS: dict[str, ComponentWord] = {
    word.name: word
    for word in [
        ComponentWord("total", 0.0, r"\sum_{index} {0:6}", lambda x, whole: constant(1)),
        ComponentWord("count", 0.0, r"n", lambda x, whole: constant(0)),
        # the slope of the largest is shared equally where several components are the largest
        ComponentWord("largest", -math.inf, r"\max_{index} {0:6}", lambda x, whole: where(x == whole, 1, 0) / ties(x)),
        ComponentWord(
            "ties",  # of derivatives: how many components are the largest
            0.0,
            r"\left|\arg\max_{index} {0:6}\right|",
            lambda x, whole: constant(0),
            lambda x: total(where(x == largest(x), 1, 0)),
        ),
        ComponentWord(
            "log_sum_exp", -math.inf, r"\log \sum_{index} e^{{{0:0}}}", lambda x, whole: exp(x - whole), _log_sum_exp
        ),
        ComponentWord("norm", 0.0, r"\left\Vert {0:0} \right\Vert", lambda x, whole: where(whole == 0, 0, x / whole), _norm),
    ]
}
"""The words that are computed; ``average`` and ``distance`` are made of them."""

WORD_NAMES.update(COMPONENT_WORDS, ("average", "distance"))


@dataclass(frozen=True)
class Stage:
    """A word over components as a step of a computation, under a name."""

    name: str
    word: str
    argument: Expression
    """What it is applied to, in the inputs and the names of earlier stages."""
    node: Expression
    """The word applied to the original formula."""


@dataclass(frozen=True)
class Stages:
    """Formulas taken apart: words over components, one after another, and formulas without such words in their names."""

    stages: tuple[Stage, ...]
    results: tuple[Expression, ...]


@cache
def has_component_words(formula: Expression) -> bool:
    """Return whether there is a word over components in a formula."""
    return any(node.head in COMPONENT_WORDS for node in formula.walk())


@cache
def stages(*formulas: Expression) -> Stages:
    """Take formulas apart; equal words over components become one stage."""
    taken = set().union(*(formula.symbols() for formula in formulas))
    found: list[Stage] = []
    done: dict[Expression, Expression] = {}
    for formula in formulas:
        for node in formula.walk(done):
            if not node.children:
                done[node] = node
                continue
            arguments = [done[child] for child in node.children]
            if node.head not in COMPONENT_WORDS:
                done[node] = apply(node.head, *arguments)
                continue
            name = f"{node.head}_{sum(stage.word == node.head for stage in found) + 1}"
            while name in taken:
                name += "_"
            found.append(Stage(name, node.head, arguments[0], node))
            done[node] = symbol(name)
    return Stages(tuple(found), tuple(done[formula] for formula in formulas))


def is_of_component(formula: Expression, inputs: Collection[str]) -> bool:
    """Return whether one of the inputs stands in a formula outside of all words over components."""
    pending, seen = [formula], {formula}
    while pending:
        node = pending.pop()
        if node.is_symbol and node.name in inputs:
            return True
        if node.head not in COMPONENT_WORDS:
            pending += (child for child in node.children if child not in seen)
            seen.update(node.children)
    return False
