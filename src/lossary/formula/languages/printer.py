"""Writes a formula as text in any language, from its words' rows: parentheses by how tightly things bind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lossary.formula.expression import Expression

ATOM = 9
_DEEPEST = 50
"""Words inside one another in one statement: Python refuses 200 nested parentheses, and a word takes up to three."""
_LONGEST = 1000
"""Characters of a statement, or somewhat more: copying one that grows with the formula would take quadratic time."""


class Names:
    """The names in one text: new names never clash with given ones."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def new(self, wanted: str) -> str:
        """Return a new name: the wanted one, with underscores after it if it is taken."""
        while wanted in self._taken:
            wanted += "_"
        self._taken.add(wanted)
        return wanted

    def inner(self) -> Names:
        """Return the names of an inner scope; new names there are free again outside."""
        return Names(self._taken)

    def renamed(self, given: Iterable[str]) -> dict[str, str]:
        """Return a new name for each given one: the same unless it is taken."""
        return {name: self.new(name) for name in given}


@dataclass(frozen=True)
class Text:
    """A piece of text and how tightly it binds; formatted into a template, it adds the parentheses that it needs."""

    text: str
    binds: int = ATOM
    brackets: tuple[str, str] = ("(", ")")

    def __format__(self, spec: str) -> str:
        return self.text if self.binds >= int(spec) else f"{self.brackets[0]}{self.text}{self.brackets[1]}"


Spell = Callable[[Expression, tuple[Text, ...]], Text]
"""Writes one node, given its written arguments."""


def spell_leaf(node: Expression, names: Mapping[str, str], infinity: str, nan: str) -> Text:
    """Return a symbol by its name in the text, or a number as Python and JavaScript write it."""
    if node.is_symbol:
        return Text(names[node.name])
    text = repr(node.value).replace("inf", infinity).replace("nan", nan)
    return Text(text, NEGATIVE if text.startswith("-") else ATOM)  # -0.0 is not below 0


NEGATIVE = 7
"""How tightly a number with a sign binds."""


def statements(formula: Expression, spell: Spell, names: Names, short: int = 0) -> tuple[list[tuple[str, str]], str]:
    """Return shared and large parts as assignments (name, text), and the result; parts up to ``short`` are repeated."""
    assignments, results = joint_statements((formula,), spell, names, short)
    return assignments, results[0]


def joint_statements(
    formulas: Sequence[Expression], spell: Spell, names: Names, short: int = 0
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return assignments and results of several formulas at once, which share their parts."""
    names = names.inner()
    nodes = list(dict.fromkeys(node for formula in formulas for node in formula.walk()))
    uses = Counter(child for node in nodes for child in node.children)
    uses.update(formulas)
    written: dict[Expression, Text] = {}
    depth: dict[Expression, int] = {}
    assignments: list[tuple[str, str]] = []
    for node in nodes:
        text = spell(node, tuple(written[child] for child in node.children))
        depth[node] = 1 + max((depth[child] for child in node.children), default=0)
        shared = uses[node] > 1 and len(text.text) > short
        if node.children and (shared or depth[node] > _DEEPEST or len(text.text) > _LONGEST):
            name = names.new(f"t{len(assignments) + 1}")
            assignments.append((name, text.text))
            text = Text(name)
            depth[node] = 1
        written[node] = text
    return assignments, [written[formula].text for formula in formulas]
