"""Formulas as functions of numbers that Numba compiles: the text of what a kernel does with one element."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from lossary.formula.calls import abs, hypot, sqrt
from lossary.formula.expression import Expression, apply
from lossary.formula.languages.printer import Names, Text, joint_statements
from lossary.formula.rewrite import expand, rebuild
from lossary.formula.words import WORDS

_OPERATORS = {
    "add",
    "subtract",
    "multiply",
    "divide",
    "negative",
    "less",
    "less_equal",
    "equal",
    "logical_and",
    "logical_or",
    "abs",
}
"""Words that Python's own operators spell."""
_PRODUCT_OF = {"divide": "multiply", "xdivy": "xmuly"}


class Writer:
    """Writes functions of one element, and remembers which elementary functions they call."""

    def __init__(self, words: Collection[str]) -> None:
        self.called: set[str] = set()
        self._words = {*words, *_OPERATORS, "logical_not", "where"}

    def _knows(self, node: Expression) -> bool:
        return node.head in self._words

    def function(
        self,
        name: str,
        arguments: Collection[str],
        numbers: Iterable[str],
        formulas: Mapping[str, Expression],
        precision: str,
        *,
        by_reciprocals: bool = False,
    ) -> str:
        """Return the text of a function of arguments and a loss's parameters that returns the formulas in order.

        ``by_reciprocals`` has quotients by the same number as products with its reciprocal.
        """
        plain = {role: expand(formula, lambda node: node.head in self._words, "kernels") for role, formula in formulas.items()}
        formulas = {role: rebuild(formula, _by_products) for role, formula in plain.items()}
        if by_reciprocals:
            formulas = dict(zip(formulas, _by_reciprocals(tuple(formulas.values()), arguments), strict=True))
        names = {symbol: name_in_kernel(symbol) for symbol in (*arguments, *numbers)}

        def spell(node: Expression, written: Sequence[Text]) -> Text:
            if node.is_symbol:
                return Text(names[node.name])
            if node.is_constant:
                # an infinity is `inf`, which every kernel imports
                return Text(f"{precision}({'inf - inf' if node.value != node.value else repr(node.value)})")
            if node.head in _OPERATORS:
                return Text(WORDS[node.head].python.format(*written), WORDS[node.head].binds)
            if node.head == "logical_not":
                return Text(f"(not {written[0]:4})")
            if node.head == "power" and _is_small_integer(node.arguments[1]):
                return Text(f"{written[0]:9} ** {int(node.arguments[1].value)}", WORDS["power"].binds)  # multiplications
            word = "select" if node.head == "where" else f"{node.head}_{precision}"
            self.called.add(word)
            return Text(f"{word}({', '.join(text.text for text in written)})")

        assignments, results = joint_statements(tuple(formulas.values()), spell, Names(names.values()))
        lines = [*(f"{left} = {right}" for left, right in assignments), f"return {', '.join(results)}"]
        return f'@exactly\ndef {name}({", ".join(names.values())}):\n    """{", ".join(formulas).capitalize()}."""\n' + "".join(
            f"    {line}\n" for line in lines
        )


def name_in_kernel(name: str) -> str:
    """Return the name of an input or parameter in a kernel, where its own name may be taken."""
    return name if name in ("prediction", "target", "weight") else f"own_{name}"


def _by_products(node: Expression) -> Expression:
    """Return a power to a number as a quotient or a root, which take a tenth of its time; they are 1 ulp off where it is."""
    if node.head == "hypot":
        return hypot(*sorted(map(abs, node.children), key=Expression.listing))  # one with hypot(b, a), which slopes name
    if node.head != "power" or not node.arguments[1].is_constant:
        return node
    base, exponent = node.arguments[0], node.arguments[1].value
    by_exponent = {-2: 1 / base**2, -1: 1 / base, -0.5: 1 / sqrt(base), 0.5: sqrt(base), 1.5: base * sqrt(base)}
    return by_exponent.get(exponent, node)


def _by_reciprocals(formulas: Sequence[Expression], arguments: Collection[str]) -> list[Expression]:
    """Return formulas in which quotients by the same divisor, or by one that is the same for all elements, are products.

    a·(1/b) is within 1.5 ulp of a/b, 2⁻¹⁰²² ≤ |b| ≤ 2¹⁰²² given, and takes an eighth of its time.
    """
    nodes = list(dict.fromkeys(node for formula in formulas for node in formula.walk()))
    quotients = [node for node in nodes if node.head in _PRODUCT_OF]
    uses = Counter(node.children[1] for node in quotients)
    done: dict[Expression, Expression] = {}
    for node in nodes:
        children = [done[child] for child in node.children]
        divisor = node.children[1] if node.head in _PRODUCT_OF else None
        if divisor is not None and (uses[divisor] > 1 or divisor.symbols().isdisjoint(arguments)):
            done[node] = apply(_PRODUCT_OF[node.head], children[0], 1 / children[1])
        else:
            done[node] = apply(node.head, *children) if children else node
    return [done[formula] for formula in formulas]


def _is_small_integer(exponent: Expression) -> bool:
    return exponent.is_constant and exponent.value in (2, 3, 4)
