"""Masks of components, such as pixels: a loss of those components of each sample that count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lossary.arrays import select
from lossary.arrays.checks import as_listed
from lossary.formula.calls import where
from lossary.formula.component_words import COMPONENT_WORDS, total
from lossary.formula.expression import Expression, apply, symbol
from lossary.formula.formulas import SamplewiseFormulas
from lossary.formula.rewrite import rebuild

_LEFT_OUT = {"total": 0, "norm": 0, "largest": -math.inf, "log_sum_exp": -math.inf}
"""What replaces a component that does not count, by the word that goes over the components."""


def name_of_mask(formulas: SamplewiseFormulas) -> str:
    """Return a name for the mask that no argument of the loss has."""
    name = "counted"
    while name in (*formulas.inputs, *formulas.parameters):
        name += "_"
    return name


def place_of_mask(formulas: SamplewiseFormulas) -> int:
    """Return where the mask stands among the inputs: before the target, and before what has one value a sample."""
    before = [name for name in formulas.component_inputs if name != "target"]
    return next((i for i, name in enumerate(formulas.inputs) if name not in before), len(formulas.inputs))


def of_counted(formula: Expression, mask: str) -> Expression:
    """Return a formula of a sample with only those components that a mask counts."""

    counts = symbol(mask) != 0

    def masked(node: Expression) -> Expression:
        if node.head == "count":
            return total(where(counts, 1, 0))
        if node.head not in COMPONENT_WORDS:
            return node
        return apply(node.head, where(counts, node.children[0], _LEFT_OUT[node.head]))

    return rebuild(formula, masked)


def read_mask(
    name: str, formulas: SamplewiseFormulas, inputs: Sequence[Any], options: Mapping[str, Any]
) -> tuple[Any, ...] | None:
    """Return the inputs of a call, valid where a mask of components leaves them out, and the mask; None without such a mask."""
    backend = select.of(*inputs)
    arrays = {role: backend.array(x, f"{name}: {role}") for role, x in zip(formulas.inputs, inputs, strict=True)}
    first = arrays[formulas.component_inputs[0]]
    mask = backend.array(as_listed(options["where"], first), f"{name}: where")
    if tuple(mask.shape) != tuple(first.shape) or backend.kind(mask) != "bool":
        return None
    given = options.get("given")
    if given not in formulas.given:  # which is refused later, if it was passed
        given = next(iter(formulas.given), None)
    for role in formulas.component_inputs:
        if tuple(arrays[role].shape) == tuple(mask.shape):
            x, inside = arrays[role], formulas.interval(role, given).inner_point
            filling = backend.full((), inside if backend.kind(x) == "float" else math.floor(inside), x)
            arrays[role] = backend.xp.where(mask, x, filling)
    found, place = [*arrays.values()], place_of_mask(formulas)
    return (*found[:place], mask, *found[place:])
