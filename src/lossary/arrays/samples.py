"""Formulas of samples, computed word by word: what torch and JAX, which differentiate each step, have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lossary.formula.component_words import is_of_component, stages
from lossary.formula.expression import Expression


def inputs_among(values: Mapping[str, Any], like: Any) -> frozenset[str]:
    """Return the names of arrays with a number for each component; ``like`` is one of them.

    Where samples have one component, these may be others as well, which makes no difference.
    """
    components = like.shape[-1]
    return frozenset(name for name, x in values.items() if getattr(x, "shape", ()) and x.shape[-1] == components)


def shape_of(formula: Expression, values: Mapping[str, Any], like: Any) -> tuple[int, ...]:
    """Return the shape of a formula's value: that of ``like``, with length 1 along the last axis if it is of a sample."""
    return tuple(like.shape) if is_of_component(formula, inputs_among(values, like)) else (*like.shape[:-1], 1)


def by_stages(
    formula: Expression,
    values: Mapping[str, Any],
    like: Any,
    evaluate: Callable[[Expression, Mapping[str, Any]], Any],
    reduce: Callable[[str, Any], Any],
) -> Any:
    """Return the value of a formula: ``evaluate`` computes one without words over components, ``reduce`` such a word.

    Both are differentiable, so the whole is.
    """
    inputs = inputs_among(values, like)
    known = {name: values[name] for name in sorted(values, key=lambda name: name not in inputs)}  # these have the full shape

    def value(part: Expression) -> Any:
        if part.is_symbol:
            return known[part.name]
        used = part.symbols()
        return evaluate(part, {name: x for name, x in known.items() if name in used})

    parts = stages(formula)
    for stage in parts.stages:
        known[stage.name] = reduce(stage.word, value(stage.argument))
    return value(parts.results[0])
