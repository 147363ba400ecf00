"""Formulas as data: symbols, constants and words applied to them.

A definition is called once with symbols; the operators below record what it does, exactly in the order in which it was
written. Equal formulas are one object, so identity decides equality and shared parts are found by looking.
"""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

Number = int | float
WORD_NAMES: set[str] = set()
"""The names of all words, for errors; :mod:`lossary.formula.words`, which is made of expressions, fills it."""
_LARGEST = 2**53
"""Integers up to here are numbers of 64 bits exactly."""
_LONGEST = 400
"""Characters of a formula in an error."""


class FormulaError(TypeError, AttributeError):
    """Raised for what a definition cannot do to its arguments, which are symbols."""


class Expression:
    """A node of a formula: a symbol, a constant, or a word of the vocabulary applied to other nodes."""

    __slots__ = ("__weakref__", "arguments", "head")
    __hash__ = object.__hash__

    head: str
    arguments: tuple[Any, ...]

    @property
    def is_symbol(self) -> bool:
        """Whether it is an argument of the definition."""
        return self.head == "symbol"

    @property
    def is_constant(self) -> bool:
        """Whether it is a number."""
        return self.head == "constant"

    @property
    def name(self) -> str:
        """The name of a symbol."""
        return self.arguments[0]

    @property
    def value(self) -> Number:
        """The number of a constant."""
        return self.arguments[0]

    @property
    def is_zero(self) -> bool:
        """Whether it is the number 0, of either sign."""
        return self.is_constant and self.value == 0 and not isinstance(self.value, bool)

    @property
    def children(self) -> tuple[Expression, ...]:
        """The formulas that the word is applied to; none of a symbol or a number."""
        return () if self.is_symbol or self.is_constant else self.arguments

    def walk(self, known: Collection[Expression] = ()) -> Iterator[Expression]:
        """Yield every distinct node once, arguments first, without those that are known."""
        seen: set[Expression] = set()
        stack = [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif node not in seen and node not in known:
                seen.add(node)
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.children))

    def symbols(self) -> set[str]:
        """Return the names of the symbols in it."""
        return {node.name for node in self.walk() if node.is_symbol}

    def __add__(self, other: Any) -> Expression:
        return apply("add", self, other)

    def __radd__(self, other: Any) -> Expression:
        return apply("add", other, self)

    def __sub__(self, other: Any) -> Expression:
        return apply("subtract", self, other)

    def __rsub__(self, other: Any) -> Expression:
        return apply("subtract", other, self)

    def __mul__(self, other: Any) -> Expression:
        return apply("multiply", self, other)

    def __rmul__(self, other: Any) -> Expression:
        return apply("multiply", other, self)

    def __truediv__(self, other: Any) -> Expression:
        return apply("divide", self, other)

    def __rtruediv__(self, other: Any) -> Expression:
        return apply("divide", other, self)

    def __pow__(self, other: Any) -> Expression:
        return apply("power", self, other)

    def __rpow__(self, other: Any) -> Expression:
        return apply("power", other, self)

    def __neg__(self) -> Expression:
        return apply("negative", self)

    def __pos__(self) -> Expression:
        return self

    def __abs__(self) -> Expression:
        return apply("abs", self)

    def __lt__(self, other: Any) -> Expression:
        return apply("less", self, other)

    def __le__(self, other: Any) -> Expression:
        return apply("less_equal", self, other)

    def __gt__(self, other: Any) -> Expression:
        return apply("less", other, self)

    def __ge__(self, other: Any) -> Expression:
        return apply("less_equal", other, self)

    def __eq__(self, other: object) -> Any:
        return apply("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return apply("logical_not", apply("equal", self, other))

    def __and__(self, other: Any) -> Expression:
        return apply("logical_and", self, other)

    def __rand__(self, other: Any) -> Expression:
        return apply("logical_and", other, self)

    def __or__(self, other: Any) -> Expression:
        return apply("logical_or", self, other)

    def __ror__(self, other: Any) -> Expression:
        return apply("logical_or", other, self)

    def __invert__(self) -> Expression:
        return apply("logical_not", self)

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Expression:
        # NumPy's own scalars hand their operators over as functions; any other function was called by name
        act = _OPERATORS.get(function.__name__)
        if act is None:
            raise _foreign("numpy", function)
        result: Expression = act(*map(as_expression, inputs))
        return result

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        raise _foreign("numpy", function)

    def __array__(self, *arguments: Any, **options: Any) -> Any:
        raise FormulaError(
            "a definition is read as a formula, so its arguments are no arrays; "
            "use operators and the words of lossary.vocabulary"
        )

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
        raise _foreign("torch", function)

    def __getattr__(self, name: str) -> Any:
        if name in WORD_NAMES:
            raise FormulaError(f"a formula has no method {name!r}; write {name}(…) with lossary.vocabulary.{name}")
        raise FormulaError(
            f"a formula has no {name!r}: a pointwise or softmax definition is of one sample; sums over components are made by "
            "axis=, by total(…) in a @samplewise loss, or in the array code of a @composed loss"
        )

    def __bool__(self) -> bool:
        raise FormulaError(
            "a definition is read as a formula, so it cannot branch on a value "
            "(`if`, `and`, `or`, `not`, `min`, `max`, `a < b < c`); "
            "write where(condition, a, b), `&`, `|`, minimum(a, b) or maximum(a, b) from lossary.vocabulary"
        )

    def __float__(self) -> float:
        raise FormulaError(
            "a definition is read as a formula, so a function of `math` or NumPy cannot be applied to its arguments; "
            "use the word of the same name from lossary.vocabulary"
        )

    def __iter__(self) -> Iterator[Any]:
        raise FormulaError(
            "a definition is of one sample, so its arguments are numbers, without elements; "
            "sums over components are made by axis=, by total(…) in a @samplewise loss, or in the array code of a @composed "
            "loss"
        )

    def __len__(self) -> int:
        iter(self)
        return 0

    def __getitem__(self, place: Any) -> Any:
        iter(self)

    def __repr__(self) -> str:
        written: dict[Expression, str] = {}
        for node in self.walk():
            text = (
                str(node.arguments[0])
                if not node.children
                else f"{node.head}({', '.join(written[child] for child in node.children)})"
            )
            written[node] = text if len(text) <= _LONGEST else f"{node.head}(…)"
        return written[self]

    def listing(self) -> str:
        """Return the whole formula as text, a line for each distinct part: no other formula has the same text."""
        numbers: dict[Expression, int] = {}
        lines = []
        for node in self.walk():
            numbers[node] = len(numbers)
            lines.append(f"{node.head} {' '.join(str(numbers[child]) for child in node.children) or repr(node.arguments[0])}")
        return "\n".join(lines)


_SYNONYMS = {
    "absolute": "abs",
    "atan": "arctan",
    "atan2": "arctan2",
    "clamp": "clip",
    "fabs": "abs",
    "gammaln": "log_gamma",
    "lgamma": "log_gamma",
}
"""Names of other libraries for our words."""


def _foreign(library: str, function: Any) -> FormulaError:
    """Return the error for a function of another library that is called with a symbol."""
    name = getattr(function, "__name__", str(function))
    word = _SYNONYMS.get(name, name)
    remedy = f"use lossary.vocabulary.{word}" if word in WORD_NAMES else "use operators and the words of lossary.vocabulary"
    return FormulaError(f"a definition is read as a formula, so {library}.{name} cannot be applied to its arguments; {remedy}")


_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "true_divide": operator.truediv,
    "power": operator.pow,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}
"""NumPy's names of Python's operators."""

_interned: weakref.WeakValueDictionary[tuple[Any, ...], Expression] = weakref.WeakValueDictionary()


def _intern(head: str, arguments: tuple[Any, ...], key: tuple[Any, ...]) -> Expression:
    node = _interned.get(key)
    if node is None:
        node = object.__new__(Expression)
        node.head, node.arguments = head, arguments
        node = _interned.setdefault(key, node)
    return node


def symbol(name: str) -> Expression:
    """Return the symbol of an argument."""
    return _intern("symbol", (name,), ("symbol", name))


def constant(value: Number) -> Expression:
    """Return a number as a formula."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        value = float(value)  # as every language computes with it
    # repr keeps 1, 1.0, True and -0.0 apart, which compare equal
    return _intern("constant", (value,), ("constant", type(value), repr(value)))


def as_expression(value: Any) -> Expression:
    """Return a formula as it is, or a number as a formula; raise for anything else."""
    if isinstance(value, Expression):
        return value
    if value is None:
        raise FormulaError("a formula is missing: got None; does the definition return its formula?")
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if isinstance(value, (int, float)):
        return constant(value)
    raise FormulaError(
        f"a formula is made of its arguments, numbers and words of the vocabulary; got {type(value).__name__} "
        f"({value!r}); " + ("convert it to a Python number first" if hasattr(value, "item") else "give one formula or number")
    )


def apply(head: str, *arguments: Any) -> Expression:
    """Return a word applied to arguments, exactly simplified at once (x + 0, 1 · x, 2 · (x / 2), …)."""
    nodes = tuple(as_expression(argument) for argument in arguments)
    simplify = _SIMPLIFY.get(head)
    simpler = simplify(*nodes) if simplify else None
    return simpler if simpler is not None else _intern(head, nodes, (head, *nodes))


def _is(node: Expression, value: Number) -> bool:
    return node.is_constant and not isinstance(node.value, bool) and node.value == value


def _number(node: Expression) -> bool:
    return node.is_constant and not isinstance(node.value, bool)


def _add(a: Expression, b: Expression) -> Expression | None:
    if _number(a) and _number(b):
        return constant(a.value + b.value)
    if a.is_zero:
        return b
    if b.is_zero:
        return a
    if b.head == "negative":
        return apply("subtract", a, b.children[0])
    if a.head == "negative":
        return apply("subtract", b, a.children[0])
    return None


def _subtract(a: Expression, b: Expression) -> Expression | None:
    if _number(a) and _number(b):
        return constant(a.value - b.value)
    if b.is_zero:
        return a
    if a.is_zero and isinstance(a.value, int):  # 0.0 - x stays: it is +0.0 at both zeros, and -x is not
        return apply("negative", b)
    if b.head == "negative":
        return apply("add", a, b.children[0])
    return None


def _multiply(a: Expression, b: Expression) -> Expression | None:
    if _number(a) and _number(b):
        return constant(a.value * b.value)
    if _number(b):
        a, b = b, a
        return apply("multiply", a, b)
    if a.is_zero:
        return a
    if _is(a, 1):
        return b
    if _is(a, -1):
        return apply("negative", b)
    if b.head == "negative":
        return apply("negative", apply("multiply", a, b.children[0]))
    if a.head == "negative":
        return apply("negative", apply("multiply", a.children[0], b))
    if _number(a) and b.head == "multiply" and _number(b.children[0]):
        return apply("multiply", a.value * b.children[0].value, b.children[1])
    if _number(a) and b.head == "divide" and _number(b.children[1]):
        return _scaled(b.children[0], a.value, b.children[1].value)
    return None


def _divide(a: Expression, b: Expression) -> Expression | None:
    if _is(b, 1):
        return a
    if a.is_zero:
        return a
    if a.head == "negative":
        return apply("negative", apply("divide", a.children[0], b))
    if _number(a) and a.value < 0:
        return apply("negative", apply("divide", -a.value, b))
    if _number(b) and a.head == "multiply" and _number(a.children[0]):
        return _scaled(a.children[1], a.children[0].value, b.value)
    return None


def _scaled(node: Expression, numerator: Number, denominator: Number) -> Expression | None:
    """Return node · numerator / denominator if that ratio is a whole number, else None."""
    if denominator == 0 or numerator % denominator:
        return None
    return apply("multiply", numerator // denominator, node)


def _negative(a: Expression) -> Expression | None:
    if _number(a):
        return constant(-a.value)
    if a.head == "negative":
        return a.children[0]
    if a.head == "subtract":
        return apply("subtract", a.children[1], a.children[0])
    return None


def _power(a: Expression, b: Expression) -> Expression | None:
    if b.is_zero:
        return constant(1)
    return a if _is(b, 1) else None


def _where(condition: Expression, a: Expression, b: Expression) -> Expression | None:
    if condition.is_constant:
        return a if condition.value else b
    return a if a is b else None


def _equal(a: Expression, b: Expression) -> Expression | None:
    return constant(a.value == b.value) if _number(a) and _number(b) else None


def _and(a: Expression, b: Expression) -> Expression | None:
    if a.is_constant:
        return b if a.value else a
    if b.is_constant:
        return a if b.value else b
    return None


def _or(a: Expression, b: Expression) -> Expression | None:
    if a.is_constant:
        return a if a.value else b
    if b.is_constant:
        return b if b.value else a
    return None


def _xmuly(a: Expression, b: Expression) -> Expression | None:
    if a.is_zero or b.is_zero:
        return constant(0)
    if _number(a):
        return apply("multiply", a, b)
    if _is(b, 1):
        return a
    if a.head == "negative":
        return apply("negative", apply("xmuly", a.children[0], b))
    if b.head == "negative":
        return apply("negative", apply("xmuly", a, b.children[0]))
    return None


def _abs(a: Expression) -> Expression | None:
    if a.head == "negative":
        return apply("abs", a.children[0])
    return a if a.head == "abs" else None


_SIMPLIFY: dict[str, Any] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "negative": _negative,
    "power": _power,
    "where": _where,
    "logical_and": _and,
    "logical_or": _or,
    "logical_not": lambda a: constant(not a.value) if a.is_constant else None,
    "equal": _equal,
    "xmuly": _xmuly,
    "abs": _abs,
}
