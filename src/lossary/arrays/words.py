"""The words of the vocabulary, applied to numbers and to any library's arrays."""

from __future__ import annotations

from typing import Any

from lossary.arrays.select import name_of
from lossary.formula.expression import apply, symbol
from lossary.formula.languages.python import compiled


def compute(name: str, *inputs: Any) -> Any:
    """Return the value of a word for numbers or arrays."""
    library = name_of(*inputs)
    names = tuple("abc"[: len(inputs)])
    numbers = frozenset(n for n, value in zip(names, inputs, strict=True) if isinstance(value, (int, float)))
    formula = apply(name, *map(symbol, names))
    return compiled(formula, library, names, numbers if library == "torch" else frozenset())(*inputs)
