"""From a definition to formulas: its trace, its stable form, its derivatives to any order, and its plainest words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from lossary.formula.expression import Expression, apply, as_expression, constant, symbol
from lossary.vocabulary import WORDS, expm1, log, log1mexp, log1p, log_sigmoid, sigmoid, softplus, where, xdivy, xmuly

WEIGHT = "weight"
"""The symbol that a caller multiplies a formula by: an option of every loss, so no parameter is called so."""


def trace(definition: Callable[..., Any], leading: Iterable[str], parameters: Iterable[str] = ()) -> Expression:
    """The formula of a definition, by calling it once with symbols: so many by position, its parameters by name."""
    return as_expression(definition(*map(symbol, leading), **{name: symbol(name) for name in parameters}))


def rebuild(formula: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The formula with ``change`` applied to every node, arguments first."""
    done: dict[Expression, Expression] = {}
    for node in formula.walk():
        children = tuple(done[child] for child in node.children)
        same = all(new is old for new, old in zip(children, node.children, strict=True))
        done[node] = change(node if same else apply(node.head, *children))
    return done[formula]


def substitute(formula: Expression, values: Mapping[str, Any]) -> Expression:
    """The formula with symbols replaced by formulas or numbers."""
    given = {name: as_expression(value) for name, value in values.items()}
    return rebuild(formula, lambda node: given.get(node.name, node) if node.is_symbol else node)


@cache
def derivative(formula: Expression, name: str) -> Expression:
    """The derivative of a formula with respect to one of its symbols, by the rule of each word."""
    slopes: dict[Expression, Expression] = {}
    for node in formula.walk():
        if node.is_symbol:
            slopes[node] = constant(1 if node.name == name else 0)
        elif all(slopes[child].is_zero for child in node.children):
            slopes[node] = constant(0)
        else:
            slopes[node] = WORDS[node.head].derivative(*node.children, *(slopes[child] for child in node.children))
    return stable(slopes[formula])


@cache
def stable(formula: Expression) -> Expression:
    """The same function in words that neither overflow nor cancel where the textbook form does."""
    return rebuild(formula, _stable_node)


def of_event(formula: Expression, name: str) -> Expression:
    """The formula where a symbol is 0 or 1 and nothing else: what both cases have in common is computed once.

    For kernels only: it may hold ``log_of_sum(a, b)``, log(a + b) with a 0 or 1, which is no word.
    """
    return _either(symbol(name), *(stable(substitute(formula, {name: value})) for value in (1, 0)))


def _either(condition: Expression, a: Expression, b: Expression) -> Expression:
    """``a`` where a condition holds, else ``b``, functions that both begin with taken outside."""
    if a is b:
        return a
    if a.head == b.head and len(a.children) == len(b.children) == 1:
        return apply(a.head, _either(condition, a.children[0], b.children[0]))
    if {a.head, b.head} == {"log", "log1p"}:
        one = where(condition, constant(float(a.head == "log1p")), constant(float(b.head == "log1p")))
        return apply("log_of_sum", one, where(condition, a.children[0], b.children[0]))
    return where(condition, a, b)


def expand(formula: Expression, known: Callable[[Expression], bool]) -> Expression:
    """The formula with every word that is not known to a language written out in plainer ones."""
    done: dict[Expression, Expression] = {}

    def plain(node: Expression) -> Expression:
        for part in node.walk(done):
            whole = part if not part.children else apply(part.head, *(done[child] for child in part.children))
            if whole.children and not known(whole):
                expansion = WORDS[whole.head].expansion
                if expansion is None:
                    raise LookupError(f"the word {whole.head!r} is neither known in this language nor has an expansion")
                for child in whole.children:
                    done.setdefault(child, child)  # is plain already
                whole = plain(expansion(*whole.children))
            done[part] = done[whole] = whole
        return done[node]

    return plain(formula)


def _stable_node(node: Expression) -> Expression:
    rule = _STABLE.get(node.head)
    better = rule(*node.children) if rule else None
    return node if better is None else _stable_node(better)


def _is_one(node: Expression) -> bool:
    return node.is_constant and node.value == 1


def _only(node: Expression) -> Expression:
    return node.children[0]


def _stable_subtract(a: Expression, b: Expression) -> Expression | None:
    if _is_one(a) and b.head == "exp":
        return -expm1(_only(b))
    if _is_one(a) and b.head == "sigmoid":
        return sigmoid(-_only(b))
    if _is_one(b) and a.head == "exp":
        return expm1(_only(a))
    return None


def _stable_log(x: Expression) -> Expression | None:
    if x.head == "exp":
        return _only(x)
    if x.head == "sigmoid":
        return log_sigmoid(_only(x))
    if x.head == "negative" and _only(x).head == "expm1":
        return log1mexp(_only(_only(x)))
    if x.head == "add" and any(map(_is_one, x.children)):
        return log1p(x.children[1] if _is_one(x.children[0]) else x.children[0])
    if x.head == "subtract" and _is_one(x.children[0]):
        return log1p(-x.children[1])
    return None


def _stable_log1p(x: Expression) -> Expression | None:
    if x.head == "exp":
        return softplus(_only(x))
    if x.head == "negative" and _only(x).head == "exp":
        return log1mexp(_only(_only(x)))
    if x.head == "negative" and _only(x).head == "sigmoid":
        return log_sigmoid(-_only(_only(x)))
    return None


def _stable_divide(a: Expression, b: Expression) -> Expression | None:
    # 1 / (1 + e^-x) and e^x / (1 + e^x)
    if b.head == "add" and any(map(_is_one, b.children)):
        other = b.children[1] if _is_one(b.children[0]) else b.children[0]
        if other.head == "exp" and _is_one(a):
            return sigmoid(-_only(other))
        if other.head == "exp" and other is a:
            return sigmoid(_only(other))
    return None


def _stable_xmuly(x: Expression, y: Expression) -> Expression | None:
    # x·(a/b) as (a·x)/b: for a subnormal b, 1/b is infinite where x/b is not
    if y.head == "divide" and y.children[0].is_constant:
        return xdivy(y.children[0] * x, y.children[1])
    # a plain product where y is never infinite; but a sample of weight 0 is to be left out even if y is NaN
    return x * y if _bounded(y) and not (x.is_symbol and x.name == WEIGHT) else None


def _bounded(formula: Expression) -> bool:
    """Whether a formula is finite whatever its symbols are."""
    parts, seen = [formula], {formula}
    while parts:
        node = parts.pop()
        if node.is_constant:
            if not math.isfinite(node.value):
                return False
        elif node.head in ("add", "subtract", "multiply", "negative"):
            parts += (child for child in node.children if child not in seen)
            seen.update(node.children)
        elif node.head not in ("sigmoid", "tanh", "sign"):
            return False
    return True


_STABLE: dict[str, Callable[..., Expression | None]] = {
    "subtract": _stable_subtract,
    "log": _stable_log,
    "log1p": _stable_log1p,
    "divide": _stable_divide,
    "xmuly": _stable_xmuly,
    "xlogy": lambda x, y: xmuly(x, _stable_node(log(y))),
}
