"""The words of the vocabulary, applied to numbers and to any library's arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lossary.arrays import select
from lossary.arrays.select import name_of
from lossary.formula.expression import Expression, apply, symbol
from lossary.formula.languages.python import compiled
from lossary.formula.reductions import count, total


def compute(name: str, *inputs: Any) -> Any:
    """Return the value of a word for numbers or arrays."""
    library = name_of(*inputs)
    names = tuple("abc"[: len(inputs)])
    numbers = frozenset(n for n, value in zip(names, inputs, strict=True) if isinstance(value, (int, float)))
    formula = apply(name, *map(symbol, names))
    return compiled(formula, library, names, numbers if library == "torch" else frozenset())(*inputs)


def compute_over_components(name: str, build: Callable[[Expression], Expression], x: Any) -> Any:
    """Return the value of a word over components, which lie along the last axis of an array."""
    backend = select.of(x)
    x = backend.array(x, f"{name}: what it goes over")
    if not x.shape:
        raise ValueError(f"{name}: components lie along the last axis of an array; got a number without axes; pass an array")
    number_of_true = build is count and backend.kind(x) == "bool"
    x = backend.cast(x, backend.compute_dtype(x))
    return backend.evaluate((total if number_of_true else build)(symbol("x")), {"x": x}, x)
