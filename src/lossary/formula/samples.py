"""Formulas of a sample, made of sums over its components: what they must be like, and their derivatives."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

from lossary.formula.calls import xmuly
from lossary.formula.component_words import COMPONENT_WORDS, Stage, count, is_of_component, stages, total
from lossary.formula.derivative import derivative
from lossary.formula.expression import Expression, symbol
from lossary.formula.rewrite import rebuild, substitute
from lossary.formula.stable import WEIGHT, stable

_FINITE = {
    *("symbol", "constant", "add", "subtract", "multiply", "negative", "where", "abs", "sign", "maximum", "minimum", "sqrt"),
    *("less", "less_equal", "equal", "logical_and", "logical_or", "logical_not", "tanh", "sigmoid", "softplus", "log_sigmoid"),
}
"""Words that are finite wherever their arguments are (but for overflow)."""


def checked_of_sample(name: str, formula: Expression, inputs: Sequence[str]) -> Expression:
    """Return a formula of a sample; raise if it is of a component, or goes over components of something without them."""
    if is_of_component(formula, inputs):
        raise TypeError(
            f"{name}: the loss of a sample is one number, so its inputs stand within total(…), average(…), largest(…), "
            f"log_sum_exp(…), norm(…) or distance(…); this formula has a number for each component: {formula!r}; sum it by "
            "total(…), or make the loss of each element by @pointwise"
        )
    for node in formula.walk():
        if node.head in COMPONENT_WORDS and not is_of_component(node.children[0], inputs):
            raise TypeError(
                f"{name}: {node.head}(…) goes over components, so an input stands in it, outside of other such words; got "
                f"{node!r}; leave it out, or multiply by count({inputs[0]})"
            )
    return rebuild(formula, lambda node: _counted(node.children[0], inputs) if node.head == "count" else node)


def refuse_component_words(name: str, kind: str, formula: Expression) -> None:
    """Raise if there is a word over the components of a sample in the formula of a loss of another kind."""
    for node in formula.walk():
        if node.head in COMPONENT_WORDS:
            raise TypeError(
                f"{name}: the formula of a {kind} loss is of one component, and {node.head}(…) is over the components of a "
                f"sample; got {node!r}; make it a @samplewise loss"
                + (", or leave the sum out and pass axis= in the call" if kind == "pointwise" else "")
            )


@cache
def component_slope(formula: Expression, name: str, inputs: tuple[str, ...]) -> Expression:
    """Return the derivative of a formula in one component of an input, as a formula of that component.

    ``inputs`` are the symbols whose arrays have components; all others are the same for the whole sample. Of a formula of a
    sample it is the gradient. Of a formula of a component it is how its value at a component changes with the input at that
    component; so applied twice it is the diagonal of the Hessian.
    """
    parts = stages(formula)
    (result,) = parts.results
    counts = {symbol(stage.name) for stage in parts.stages if stage.word == "count"}
    slope = derivative(result, name)
    # reverse accumulation: how the result changes with each stage, the last first
    changes = {stage.name: derivative(result, stage.name) for stage in parts.stages}
    for place in reversed(range(len(parts.stages))):
        stage = parts.stages[place]
        by = COMPONENT_WORDS[stage.word].slope(stage.argument, symbol(stage.name))
        change = changes[stage.name]
        if change.is_zero or by.is_zero:
            continue
        direct = derivative(stage.argument, name)
        if not direct.is_zero:
            slope = slope + _product(change, _product(by, direct, counts), counts)
        for inner in parts.stages[:place]:
            through = derivative(stage.argument, inner.name)
            if not through.is_zero:
                whole = _total(_product(by, through, counts), stage, inputs)
                changes[inner.name] = changes[inner.name] + _product(change, whole, counts, like=through)
    return stable(substitute(slope, {stage.name: stage.node for stage in parts.stages}))


def _total(formula: Expression, stage: Stage, inputs: tuple[str, ...]) -> Expression:
    """Return the sum over components of a formula, which is the same at each of them if it is of a sample."""
    if is_of_component(formula, inputs):
        return total(formula)
    return formula * _counted(stage.argument, inputs)


def _counted(formula: Expression, inputs: Sequence[str]) -> Expression:
    """Return the number of components by one of the inputs in a formula, so that nothing is computed only to be counted."""
    return count(symbol(next(name for name in inputs if name in formula.symbols())))


def _product(a: Expression, b: Expression, counts: Collection[Expression], like: Expression | None = None) -> Expression:
    """Return a·b, with 0·∞ = 0 where ``b``, or ``like`` which is infinite if it is, may be infinite.

    A quotient by one of ``counts`` is finite. A sample of weight 0 counts nothing even where b is NaN.
    """
    infinite = any(
        node.head not in _FINITE and not (node.head == "divide" and node.children[1] in counts)
        for node in (b if like is None else like).walk()
    )
    return xmuly(a, b) if infinite or WEIGHT in a.symbols() else a * b
