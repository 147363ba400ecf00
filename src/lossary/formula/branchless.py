"""Formulas in words that array libraries compute without a choice for each element, which takes longer than arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from lossary.formula.calls import clip, exp
from lossary.formula.expression import Expression, apply
from lossary.formula.rewrite import rebuild

heaviside = partial(apply, "heaviside")
log1p_of_share = partial(apply, "log1p_of_share")
"""Words that NumPy alone has: ``heaviside(x, at_0)`` is 0 below 0 and 1 above; log(1 + x) of 0 ≤ x ≤ 1."""
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
    found = rebuild(formula, _rewritten)
    has_products = any(node.head == "xmuly" for node in formula.walk())
    return found, not has_products and not any(map(_may_be_nan, found.walk()))


def _may_be_nan(node: Expression) -> bool:
    """Return whether a node that a rule has made may be NaN for an infinite number: x ± |x| by ∞ - ∞, (h - t)·x by 0·∞."""
    if node.head in ("add", "subtract"):
        x, size = node.children
        return size.head == "abs" and size.children[0] is x
    return node.head == "multiply" and any(child.head == "heaviside" for child in node.children[0].children)


def _rewritten(node: Expression) -> Expression:
    rule = _RULES.get(node.head) or _EXACT_RULES.get(node.head)
    found = rule(*node.children) if rule else None
    return node if found is None else found


def _sigmoid(x: Expression) -> Expression:
    # 1 where x ≥ 0 and e^-|x| below is e^min(x, 0); 3 ulp
    return exp(_min_with_0(x)) / (1 + exp(-_magnitude(x)))


def _log_sigmoid(x: Expression) -> Expression:
    return _min_with_0(x) - log1p_of_share(exp(-_magnitude(x)))


def _softplus(x: Expression) -> Expression:
    return (x + _magnitude(x)) * 0.5 + log1p_of_share(exp(-_magnitude(x)))


def _min_with_0(x: Expression) -> Expression:
    # min(x, 0) = (x - |x|)/2 and min(-x, 0) = min(x, 0) - x, exactly; NaN at ∞
    if x.head == "negative":
        return _min_with_0(x.children[0]) - x.children[0]
    return (x - _magnitude(x)) * 0.5


def _magnitude(x: Expression) -> Expression:
    return apply("abs", x.children[0] if x.head == "negative" else x)


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
        return slope * (x - slope * 0.5)
    return None


def _sum(a: Expression, b: Expression) -> Expression | None:
    # t log σ(x) + (1 - t) log σ(-x) = -(h - t)·x - log(1 + e^-|x|), where h is 1 for x ≥ 0 and else 0
    x = _shared_by(a, b, _log_sigmoid)
    return None if x is None else -((heaviside(x, 1) - a.children[0]) * x + log1p_of_share(exp(-_magnitude(x))))


def _difference(a: Expression, b: Expression) -> Expression | None:
    # (1 - t) σ(x) - t σ(-x) = h - t - (2h - 1) σ(-|x|); what is subtracted is the smaller, but where both nearly cancel
    x = _shared_by(b, a, _sigmoid, -1)
    if x is None:
        turned = _difference(b, a) if _shared_by(a, b, _sigmoid, -1) is not None else None
        return None if turned is None else -turned
    step, e = heaviside(x, 1), exp(-_magnitude(x))
    return step - b.children[0] - (step + step - 1) * (e / (1 + e))


def _shared_by(a: Expression, b: Expression, word: Callable[[Expression], Expression], sign: int = 1) -> Expression | None:
    """Return x of a = t·word(±x) and b = (1 - t)·word(∓x), or None if they are something else."""
    if not (a.head == b.head == "multiply" and b.children[0] is 1 - a.children[0]):
        return None
    sizes = [node for node in a.children[1].walk() if node.head == "abs"]
    if len(sizes) != 1:
        return None
    (x,) = sizes[0].children
    one, other = (x, -x) if sign == 1 else (-x, x)
    return x if a.children[1] is word(one) and b.children[1] is word(other) else None


def _negative(x: Expression) -> Expression | None:
    return x.children[1] - x.children[0] if x.head == "subtract" else None


_RULES: dict[str, Callable[..., Expression]] = {
    "sigmoid": _sigmoid,
    "log_sigmoid": _log_sigmoid,
    "softplus": _softplus,
    "xmuly": lambda x, y: x * y,  # NaN for 0·∞
}
_EXACT_RULES: dict[str, Callable[..., Expression | None]] = {
    "where": _huber,
    "add": _sum,
    "subtract": _difference,
    "negative": _negative,
}
