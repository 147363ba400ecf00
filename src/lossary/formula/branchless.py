"""Formulas in words that array libraries compute without a choice for each element, which takes longer than arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from lossary.formula.calls import clip, exp, log1p
from lossary.formula.expression import Expression, apply
from lossary.formula.rewrite import rebuild

_COMPARISONS = ("less", "less_equal", "equal")


@cache
def branchless(formula: Expression) -> tuple[Expression, bool]:
    """Return a formula that is equal where it is finite, and whether it is equal everywhere, or may be NaN elsewhere."""
    with_rule: set[Expression] = set()
    for node in formula.walk():
        if node.head in _RULES or any(child in with_rule for child in node.children):
            if node.head in _COMPARISONS:
                return formula, True  # a comparison would hide a NaN
            with_rule.add(node)
    return rebuild(formula, _rewritten), not with_rule


def _rewritten(node: Expression) -> Expression:
    rule = _RULES.get(node.head) or _EXACT_RULES.get(node.head)
    found = rule(*node.children) if rule else None
    return node if found is None else found


def _least_of_0(x: Expression) -> Expression:
    # min(x, 0) = (x - |x|)/2, exactly; NaN at ∞
    return (x - apply("abs", x)) / 2


def _sigmoid(x: Expression) -> Expression:
    # 1 where x ≥ 0 and e^-|x| below is e^min(x, 0); 3 ulp
    if x.head == "negative":
        (x,) = x.children
        return exp(_least_of_0(x) - x) / (1 + exp(-apply("abs", x)))
    return exp(_least_of_0(x)) / (1 + exp(-apply("abs", x)))


def _log_sigmoid(x: Expression) -> Expression:
    if x.head == "negative":  # min(-x, 0) = min(x, 0) - x, exactly: two words fewer where min(x, 0) is there already
        (x,) = x.children
        return _least_of_0(x) - x - log1p(exp(-apply("abs", x)))
    return _least_of_0(x) - log1p(exp(-apply("abs", x)))


def _softplus(x: Expression) -> Expression:
    return (x + apply("abs", x)) / 2 + log1p(exp(-apply("abs", x)))


def _huber(condition: Expression, near: Expression, far: Expression) -> Expression | None:
    """Huber's loss and its slope, which is the residual x, clipped."""
    if condition.head != "less_equal" or condition.children[0].head != "abs":
        return None
    size, most = condition.children
    (x,) = size.children
    slope = clip(x, -most, most)
    if near is x and far is most * apply("sign", x):
        return slope
    # s·(x - s/2) is x²/2 where s = x, and c·(|x| - c/2) where |s| = c, with the same roundings
    if near is x**2 / 2 and far is most * (size - most / 2):
        return slope * (x - slope / 2)
    return None


_RULES: dict[str, Callable[..., Expression]] = {
    "sigmoid": _sigmoid,
    "log_sigmoid": _log_sigmoid,
    "softplus": _softplus,
    "xmuly": lambda x, y: x * y,  # NaN for 0·∞
}
_EXACT_RULES: dict[str, Callable[..., Expression | None]] = {"where": _huber}
