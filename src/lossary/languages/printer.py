"""Writes a formula as text in any language, from its words' rows: parentheses by how tightly things bind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lossary.expression import Expression

ATOM = 9


@dataclass(frozen=True)
class Text:
    """A piece of text and how tightly it binds; as a template's argument it puts itself in parentheses where it must."""

    text: str
    binds: int = ATOM
    brackets: tuple[str, str] = ("(", ")")

    def __format__(self, spec: str) -> str:
        return self.text if self.binds >= int(spec) else f"{self.brackets[0]}{self.text}{self.brackets[1]}"


Spell = Callable[[Expression, tuple[Text, ...]], Text]
"""Writes one node, given its written arguments."""


def inline(formula: Expression, spell: Spell) -> Text:
    """The whole formula as one expression."""
    written: dict[Expression, Text] = {}
    for node in formula.walk():
        written[node] = spell(node, tuple(written[child] for child in node.children))
    return written[formula]


def statements(formula: Expression, spell: Spell, short: int = 0) -> tuple[list[tuple[str, str]], str]:
    """Shared parts as assignments (name, text), then the text of the result; parts up to ``short`` long are repeated."""
    assignments, results = joint_statements((formula,), spell, short)
    return assignments, results[0]


def joint_statements(formulas: Sequence[Expression], spell: Spell, short: int = 0) -> tuple[list[tuple[str, str]], list[str]]:
    """The same for several formulas at once, which share their parts with one another."""
    nodes = list(dict.fromkeys(node for formula in formulas for node in formula.walk()))
    uses = Counter(child for node in nodes for child in node.children)
    uses.update(formulas)
    written: dict[Expression, Text] = {}
    assignments: list[tuple[str, str]] = []
    for node in nodes:
        text = spell(node, tuple(written[child] for child in node.children))
        if uses[node] > 1 and node.children and len(text.text) > short:
            name = f"t{len(assignments) + 1}"
            assignments.append((name, text.text))
            text = Text(name)
        written[node] = text
    return assignments, [written[formula].text for formula in formulas]
