"""Formulas in words that neither overflow nor cancel where the textbook form does."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from lossary.formula.calls import (
    abs,
    erfc,
    exp,
    expm1,
    log,
    log1mexp,
    log1p,
    log_sigmoid,
    log_softplus,
    logaddexp,
    sigmoid,
    softplus,
    where,
    xdivy,
    xmuly,
)
from lossary.formula.expression import Expression
from lossary.formula.rewrite import rebuild

WEIGHT = "weight"
"""The symbol that a caller multiplies a formula by: an option of every loss, so no parameter has this name."""


@cache
def stable(formula: Expression) -> Expression:
    """Return the same function in words that neither overflow nor cancel where the textbook form does."""
    return rebuild(formula, _stable_node)


def _stable_node(node: Expression) -> Expression:
    rule = _STABLE.get(node.head)
    better = rule(*node.children) if rule else None
    return node if better is None else _stable_node(better)


def _is_one(node: Expression) -> bool:
    return node.is_constant and node.value == 1


def _is_square(node: Expression) -> bool:
    return node.head == "power" and node.children[1].is_constant and node.children[1].value == 2


def _only(node: Expression) -> Expression:
    return node.children[0]


def _stable_subtract(a: Expression, b: Expression) -> Expression | None:
    if _is_one(a) and b.head == "exp":
        return -expm1(_only(b))
    if _is_one(a) and b.head == "sigmoid":
        return sigmoid(-_only(b))
    if _is_one(a) and b.head == "erf":
        return erfc(_only(b))
    if _is_one(b) and a.head == "exp":
        return expm1(_only(a))
    return None


def _stable_log(x: Expression) -> Expression | None:
    if x.head == "exp":
        return _only(x)
    if x.head == "sigmoid":
        return log_sigmoid(_only(x))
    if x.head == "softplus":
        return log_softplus(_only(x))
    if _is_square(x):  # of a number whose square may overflow or underflow
        return 2 * log(abs(x.children[0]))
    if x.head == "add" and all(child.head == "exp" for child in x.children):
        return logaddexp(*map(_only, x.children))
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
    if x.head == "multiply" and any(child.head == "exp" for child in x.children):
        # log(1 + a·e^x) = softplus(x + log a) for a > 0: e^x may overflow
        a, b = x.children if x.children[1].head == "exp" else x.children[::-1]
        if a.is_constant:
            return softplus(_only(b) + math.log(a.value)) if a.value > 0 else None
        return where(a > 0, softplus(_only(b) + log(a)), log1p(x))
    if x.head == "negative" and _only(x).head == "exp":
        return log1mexp(_only(_only(x)))
    if x.head == "negative" and _only(x).head == "sigmoid":
        return log_sigmoid(-_only(_only(x)))
    return None


def _stable_divide(a: Expression, b: Expression) -> Expression | None:
    if _is_square(a) and _is_square(b):  # either may overflow or underflow where the quotient does not
        return (a.children[0] / b.children[0]) ** 2
    if _is_square(a) and b.head == "exp":  # as above; and of 0 it is 0 where e^x is 0 too
        return (a.children[0] * exp(-_only(b) / 2)) ** 2
    if b.head == "exp":  # a/e^x: its slope would be ∞·0 where e^x overflows
        return a * exp(-_only(b))
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
    return x * y if _bounded(y) and WEIGHT not in x.symbols() else None


def _bounded(formula: Expression) -> bool:
    """Return whether a formula is finite for all values of its symbols."""
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
    "sqrt": lambda x: exp(_only(x) / 2) if x.head == "exp" else None,
    "divide": _stable_divide,
    "textbook": lambda shown, computed: computed,
    "xmuly": _stable_xmuly,
    "xlogy": lambda x, y: xmuly(x, _stable_node(log(y))),
}
