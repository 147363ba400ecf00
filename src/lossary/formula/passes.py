"""Formulas of samples arranged as passes over the components, with one step for the sample before each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lossary.formula.component_words import Stage, is_of_component, stages
from lossary.formula.expression import Expression, apply, symbol
from lossary.formula.rewrite import substitute


@dataclass(frozen=True)
class Step:
    """A pass over the components: formulas of one component, in the inputs, what is known of the sample, and ``held``."""

    held: dict[str, Expression]
    """What is computed once for the sample before the pass, by name; in what is known of the sample."""
    formulas: tuple[Expression, ...]
    words: tuple[tuple[tuple[str, str], ...], ...] = ()
    """For each formula, the words over components that are applied to it, with the names of their values."""


@dataclass(frozen=True)
class Passes:
    """All passes: those that make sums, in their order, then the loss, then the pass that computes slopes."""

    sums: tuple[Step, ...]
    loss: Expression | None
    """In what is known of the sample after the last sums."""
    slopes: Step | None
    count: str
    """The symbol for the number of components."""


def passes(loss: Expression | None, slopes: tuple[Expression, ...], inputs: Collection[str]) -> Passes:
    """Arrange the loss of a sample and its slopes, formulas of a component, in as few passes as possible."""
    given = slopes if loss is None else (loss, *slopes)
    parts = stages(*given)
    count = _free("count", set().union(*(formula.symbols() for formula in given)))
    counts = {stage.name: symbol(count) for stage in parts.stages if stage.word == "count"}
    levels: dict[str, int] = {}
    by_level: dict[int, dict[Expression, list[Stage]]] = {}
    for stage in parts.stages:
        if stage.name not in counts:
            level = 1 + max((levels.get(name, 0) for name in stage.argument.symbols()), default=0)
            levels[stage.name] = level
            by_level.setdefault(level, {}).setdefault(substitute(stage.argument, counts), []).append(stage)
    sums = []
    for level in sorted(by_level):
        held, formulas = _held(tuple(by_level[level]), inputs)
        words = tuple(tuple((stage.word, stage.name) for stage in found) for found in by_level[level].values())
        sums.append(Step(held, formulas, words))
    results = [substitute(result, counts) for result in parts.results]
    last = Step(*_held(tuple(results[-len(slopes) :]), inputs)) if slopes else None
    return Passes(tuple(sums), None if loss is None else results[0], last, count)


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _held(formulas: tuple[Expression, ...], inputs: Collection[str]) -> tuple[dict[str, Expression], tuple[Expression, ...]]:
    """Take what is of the sample out of formulas of a component."""
    taken = set().union(*(formula.symbols() for formula in formulas))
    held: dict[Expression, Expression] = {}
    done: dict[Expression, Expression] = {}
    of_component: dict[Expression, bool] = {}

    def outside(node: Expression) -> Expression:
        """Return a node as formulas of a component have it."""
        if of_component[node]:
            return done[node]
        if not node.children:
            return node
        if node not in held:
            held[node] = symbol(_free(f"held_{len(held) + 1}", taken))
        return held[node]

    for formula in formulas:
        for node in formula.walk(done):
            of_component[node] = is_of_component(node, inputs) if node.is_symbol else any(map(of_component.get, node.children))
            done[node] = apply(node.head, *map(outside, node.children)) if of_component[node] and node.children else node
    results = tuple(map(outside, formulas))
    return {name.name: node for node, name in held.items()}, results
