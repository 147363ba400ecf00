"""Formulas made from definitions, and rewritten node by node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lossary.formula.component_words import COMPONENT_WORDS
from lossary.formula.expression import Expression, apply, as_expression, symbol
from lossary.formula.words import WORDS


def trace(definition: Callable[..., Any], leading: Iterable[str], parameters: Iterable[str] = ()) -> Expression:
    """Return the formula of a definition by calling it once with symbols: inputs by position, parameters by name."""
    return as_expression(definition(*map(symbol, leading), **{name: symbol(name) for name in parameters}))


def rebuild(formula: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Return the formula with ``change`` applied to every node, arguments first."""
    done: dict[Expression, Expression] = {}
    for node in formula.walk():
        children = tuple(done[child] for child in node.children)
        same = all(new is old for new, old in zip(children, node.children, strict=True))
        done[node] = change(node if same else apply(node.head, *children))
    return done[formula]


def substitute(formula: Expression, values: Mapping[str, Any]) -> Expression:
    """Return the formula with symbols replaced by formulas or numbers."""
    given = {name: as_expression(value) for name, value in values.items()}
    return rebuild(formula, lambda node: given.get(node.name, node) if node.is_symbol else node)


def shown(formula: Expression) -> Expression:
    """Return the formula as it is to be written, where it says how that differs from how it is computed."""
    return rebuild(formula, lambda node: node.children[0] if node.head == "textbook" else node)


def expand(formula: Expression, known: Callable[[Expression], bool], language: str) -> Expression:
    """Return the formula with every word that a language does not know written out in plainer words."""
    done: dict[Expression, Expression] = {}

    def plain(node: Expression) -> Expression:
        for part in node.walk(done):
            whole = part if not part.children else apply(part.head, *(done[child] for child in part.children))
            if whole.children and not known(whole):
                expansion = (WORDS.get(whole.head) or COMPONENT_WORDS[whole.head]).expansion
                if expansion is None:
                    raise LookupError(
                        f"the word {whole.head!r} has neither a spelling in {language} nor an expansion; "
                        "give its row in formula/words.py one of them"
                    )
                for child in whole.children:
                    done.setdefault(child, child)  # is plain already
                whole = plain(expansion(*whole.children))
            done[part] = done[whole] = whole
        return done[node]

    return plain(formula)
