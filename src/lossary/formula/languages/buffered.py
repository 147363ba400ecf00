"""Formulas as functions of NumPy arrays that write each word into an array that is free: no word needs fresh memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from lossary.formula.expression import Expression
from lossary.formula.languages.printer import Text
from lossary.formula.languages.python import Module, compiled

_clip: Any = getattr(getattr(np, "_core", None), "umath", np).clip  # without the time that np.clip takes to find it


def _sign(x: np.ndarray, out: np.ndarray | None = None) -> Any:
    # sign(x) = clip(x·b·b, -1, 1), exactly, if b is the largest number; np.sign branches at each element, 20 times slower
    b = np.finfo(x.dtype).max
    out = np.multiply(x, b, out=out)
    return _clip(np.multiply(out, b, out=out), -1, 1, out=out)


def _log1p_of_share(x: np.ndarray, out: np.ndarray | None = None) -> Any:
    if _HAS_LOG1P or x.dtype != np.float32:
        return np.log1p(x, out=out)
    # log(1 + x) = log u + (x - (u - 1))/u with u = fl(1 + x), where u - 1 is exact; 2 ulp for 0 ≤ x ≤ 1
    whole = np.add(x, _ONE)
    rest = np.subtract(whole, _ONE)
    np.divide(np.subtract(x, rest, out=rest), whole, out=rest)
    return np.add(np.log(whole, out=whole), rest, out=out)


def _heaviside(x: np.ndarray, _: Any, out: np.ndarray | None = None) -> Any:
    return np.greater_equal(x, _ZERO, out=np.empty_like(x) if out is None else out)  # as heaviside(x, 1), but 0 for NaN


_ZERO, _ONE = np.array(0.0, np.float32), np.array(1.0, np.float32)
_features: Any = getattr(getattr(getattr(np, "_core", None), "_multiarray_umath", None), "__cpu_features__", {})
_HAS_LOG1P = sys.platform == "linux" and bool(_features.get("AVX512_SKX"))
"""Whether NumPy computes several log1p at a time, as it does log in float32; where it does not, 20 times slower."""
_WORDS = ("add", "divide", "exp", "expm1", "log", "log1p", "maximum", "minimum", "multiply", "negative", "sqrt", "subtract")
_FUNCTIONS: dict[str, Any] = {
    **{name: getattr(np, name) for name in (*_WORDS, "tanh")},
    "abs": np.absolute,
    "clip": _clip,
    "heaviside": _heaviside,
    "log1p_of_share": _log1p_of_share,
    "sign": _sign,
    "square": np.square,
}
"""The words that are functions of NumPy with a place for the result."""
_BOOLEAN = ("less", "less_equal", "equal", "logical_and", "logical_or", "logical_not")


@dataclass(frozen=True)
class Buffered:
    """Formulas as one function: it takes arrays, numbers, buffers and the arrays of the results, and returns the results.

    A buffer, or the array of a result, may be None: the function then allocates it.
    """

    function: Callable[..., tuple[Any, ...]]
    numbers: tuple[Expression, ...]
    """What the function takes as numbers: constants, and what depends on parameters alone."""
    buffers: int
    fresh: bool
    """Whether the results are always arrays of the given ones or new ones, not numbers or arguments."""

    def values(self, parameters: Mapping[str, Any]) -> list[float]:
        """Return the numbers that the function takes."""
        names = tuple(parameters)
        return [compiled(number, "numpy", names, frozenset(names))(*parameters.values()) for number in self.numbers]


@cache
def buffered(formulas: tuple[Expression, ...], arrays: tuple[str, ...], parameters: tuple[str, ...], written: int) -> Buffered:
    """Return formulas as one function; the first ``written`` of its results go into arrays that the caller gives."""
    module = Module("numpy", (*arrays, *parameters))
    name = module.names.new("formula")
    scalars = frozenset(parameters)
    names = module.names.renamed(_FUNCTIONS)
    spell, plainer = module.speller(formulas, (*arrays, *parameters), scalars)
    nodes = list(dict.fromkeys(node for formula in plainer for node in formula.walk()))
    is_number: dict[Expression, bool] = {}
    is_boolean: dict[Expression, bool] = {}
    for node in nodes:
        is_number[node] = node.name in scalars if node.is_symbol else all(map(is_number.__getitem__, node.children))
        choices = node.children[1:] if node.head == "where" else node.children
        is_boolean[node] = node.head in _BOOLEAN or (bool(choices) and all(is_boolean[child] for child in choices))
    wanted = set(plainer)
    last_use = {child: i for i, node in enumerate(nodes) for child in node.children}
    results = [module.names.new(f"result{i + 1}") for i in range(written)]
    words = {formula: result for formula, result in zip(plainer[:written], results, strict=True) if formula.children}
    places = words if len(words) == written else {}
    texts: dict[Expression, str] = {}
    held: dict[Expression, str] = {}
    free: list[str] = []
    buffers: list[str] = []
    numbers: dict[Expression, str] = {}
    lines: list[str] = []
    for i, node in enumerate(nodes):
        if is_number[node]:
            continue
        if node.is_symbol:
            texts[node] = node.name
            continue
        for child in node.children:
            if node.head == "power" and child.is_constant and child.value in (2, 3, 4):  # which NumPy multiplies out
                texts[child] = repr(child.value)
            elif is_number[child]:
                texts[child] = numbers.setdefault(child, module.names.new(f"number{len(numbers) + 1}"))
            if last_use[child] == i and child in held and child not in wanted:
                free.append(held.pop(child))
        function, operands = node.head, [texts[child] for child in node.children]
        if function == "power" and operands[1] == "2":
            function, operands = "square", operands[:1]
        if function not in _FUNCTIONS or is_boolean[node]:
            texts[node] = module.names.new(f"value{i}")
            if function == "where":  # also by a number, which would else give one of the operands itself, a buffer or a number
                text = f"{module.reach('numpy.where')}({', '.join(operands)})"
            else:
                text = spell(node, tuple(Text(operand) for operand in operands)).text
        else:
            place = places.get(node)
            if place is None:
                if not free:
                    buffers.append(module.names.new(f"buffer{len(buffers) + 1}"))
                    free.append(buffers[-1])
                place = held[node] = free.pop()
            texts[node] = place
            text = f"{names[function]}({', '.join(operands)}, out={place})"
        lines.append(f"{texts[node]} = {text}")
    for formula in plainer:
        if is_number[formula]:
            texts[formula] = numbers.setdefault(formula, module.names.new(f"number{len(numbers) + 1}"))
    taken = ", ".join((*arrays, *numbers.values(), *buffers, *results))
    lines.append(f"return {', '.join(texts[formula] for formula in plainer)},")
    text = module.text(f"def {name}({taken}):\n" + "".join(f"    {line}\n" for line in lines))
    namespace: dict[str, Any] = {names[word]: function for word, function in _FUNCTIONS.items()}
    exec(text, namespace)  # noqa: S102 - our own generated text
    fresh = all(texts[formula] == places.get(formula) for formula in plainer[:written])
    return Buffered(namespace[name], tuple(numbers), len(buffers), fresh)
