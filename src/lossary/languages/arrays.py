"""Formulas as functions of arrays: generated Python source for NumPy, torch and JAX, compiled once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from lossary.derive import expand
from lossary.expression import Expression, apply, symbol
from lossary.languages.printer import ATOM, Text, statements
from lossary.vocabulary import WORDS

_COMMON = ("exp", "expm1", "log", "log1p", "maximum", "minimum", "sign", "sqrt", "tanh", "where")
_NATIVE: dict[str, dict[str, str]] = {
    "numpy": {name: f"numpy.{name}" for name in _COMMON},
    "torch": {name: f"torch.{name}" for name in (*_COMMON, "sigmoid")}
    | {"log_sigmoid": "torch.nn.functional.logsigmoid"},
    "jax": {name: f"jax.numpy.{name}" for name in _COMMON}
    | {name: f"jax.nn.{name}" for name in ("sigmoid", "log_sigmoid", "softplus")},
}
"""What each library calls the words that it computes itself, and as well as we would."""

_OPERATORS = {name for name, word in WORDS.items() if not word.python.startswith(f"{name}(")} | {"abs"}


@cache
def compiled(
    formula: Expression, library: str, arguments: tuple[str, ...], scalars: frozenset[str] = frozenset()
) -> Callable[..., Any]:
    """The formula as a function of arrays; ``scalars`` are the arguments that come as plain numbers."""
    namespace: dict[str, Any] = {}
    exec(source(formula, library, arguments, scalars), namespace)  # noqa: S102 - our own generated text
    function: Callable[..., Any] = namespace["formula"]
    return function


def source(
    formula: Expression,
    library: str,
    arguments: tuple[str, ...],
    scalars: frozenset[str] = frozenset(),
    name: str = "formula",
) -> str:
    """The text of a self-contained Python function of the named arguments."""
    native = _NATIVE[library]

    def scalar(node: Expression) -> bool:
        return node.symbols() <= scalars

    def known(node: Expression) -> bool:
        return node.head in _OPERATORS or node.head in (_NATIVE["numpy"] if scalar(node) else native)

    def spell(node: Expression, written: tuple[Text, ...]) -> Text:
        if node.is_symbol or node.is_constant:
            return spell_leaf(node)
        if node.head in _OPERATORS:
            return Text(WORDS[node.head].python.format(*written), WORDS[node.head].binds)
        texts = [text.text for text in written]
        scalars = [scalar(child) for child in node.children]
        if node.head == "where" and scalars[0]:
            return Text(f"({texts[1]} if {texts[0]} else {texts[2]})")
        if all(scalars):
            imports.add("numpy")
            return Text(f"float(numpy.{node.head}({', '.join(texts)}))")
        imports.add(library)
        if library == "torch" and node.head == "where" and scalars[1] and scalars[2]:
            texts[1] = f"torch.tensor({texts[1]}, dtype=torch.float64)"  # two plain numbers would become float32
        if library == "torch" and node.head in ("maximum", "minimum") and any(scalars):
            bound, text = texts if scalars[0] else reversed(texts)
            return Text(f"torch.clamp({text}, {node.head[:3]}={bound})")
        return Text(f"{native[node.head]}({', '.join(texts)})")

    imports: set[str] = set()
    assignments, result = statements(expand(formula, known), spell)
    lines = [*(f"{left} = {right}" for left, right in assignments), f"return {result}"]
    header = "".join(f"import {module}\n" for module in sorted(imports)) + "\n\n" * bool(imports)
    return f"{header}def {name}({', '.join(arguments)}):\n" + "".join(f"    {line}\n" for line in lines)


def spell_leaf(node: Expression) -> Text:
    """A symbol or a number, as Python and JavaScript write it."""
    if node.is_symbol:
        return Text(node.name)
    return Text(repr(node.value), ATOM if node.value >= 0 else WORDS["negative"].binds)


def word(name: str) -> Callable[..., Any]:
    """A word as a function of numbers or of any library's arrays."""
    from lossary import backends

    def compute(*inputs: Any) -> Any:
        library = backends.library_of(*inputs)
        names = tuple("abc"[: len(inputs)])
        numbers = frozenset(n for n, value in zip(names, inputs, strict=True) if isinstance(value, (int, float)))
        formula = apply(name, *map(symbol, names))
        return compiled(formula, library, names, numbers if library == "torch" else frozenset())(*inputs)

    return compute
