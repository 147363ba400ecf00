"""The words of the vocabulary, applied to numbers and to any library's arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lossary.arrays.graph import as_graph_node
from lossary.arrays.select import name_of, of
from lossary.formula import calls
from lossary.formula.component_words import count, total
from lossary.formula.expression import Expression, symbol
from lossary.formula.languages.python import COMMON, compiled


def _compute(name: str, *inputs: Any) -> Any:
    """Return the value of a word for numbers or arrays, differentiable with the word's own derivatives."""
    if name == "stop_gradient":  # much faster than a formula with a derivative of 0
        return of(*inputs).detached(*inputs)
    names = tuple("abc"[: len(inputs)])
    formula = getattr(calls, name)(*map(symbol, names))
    if name in COMMON:
        library = name_of(*inputs)
        numbers = frozenset(n for n, value in zip(names, inputs, strict=True) if isinstance(value, (int, float)))
        return compiled(formula, library, names, numbers if library == "torch" else frozenset())(*inputs)
    backend = of(*inputs)
    plain = all(isinstance(x, (int, float)) for x in inputs)
    arrays = {n: backend.array(x, name) for n, x in zip(names, inputs, strict=True) if plain or not isinstance(x, (int, float))}
    backend.one_device(name, arrays)
    dtype = backend.compute_dtype(*arrays.values())
    shape = backend.xp.broadcast_shapes(*(x.shape for x in arrays.values()))
    whole = {n: backend.xp.broadcast_to(backend.cast(x, dtype), shape) for n, x in arrays.items()}
    values = {n: whole.get(n, x) for n, x in zip(names, inputs, strict=True)}
    result = backend.evaluate(formula, values, next(iter(whole.values())))
    given = {x.dtype for x in arrays.values()}
    if len(given) == 1 and backend.is_half(*given):
        result = backend.cast(result, *given)
    return result[()] if plain else result


compute = as_graph_node(_compute, quiet=False)


def compute_over_components(name: str, build: Callable[[Expression], Expression], x: Any) -> Any:
    """Return the value of a word over components, which lie along the last axis of an array."""
    backend = of(x)
    x = backend.array(x, f"{name}: what it goes over")
    if not x.shape:
        raise ValueError(f"{name}: components lie along the last axis of an array; got a number without axes; pass an array")
    number_of_true = build is count and backend.kind(x) == "bool"
    x = backend.cast(x, backend.compute_dtype(x))
    return backend.evaluate((total if number_of_true else build)(symbol("x")), {"x": x}, x)
