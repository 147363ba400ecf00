"""Derivatives as a person writes them: factors and terms that are alike stand together, and what cancels is gone."""

from __future__ import annotations

from fractions import Fraction

from lossary.formula.calls import exp
from lossary.formula.expression import Expression, constant
from lossary.formula.rewrite import rebuild

_ARITHMETIC = {"add", "subtract", "multiply", "divide", "negative", "power", "exp"}
Product = tuple[Fraction, dict[Expression, int]]
"""A number, and the exponent of each factor."""


def gathered(formula: Expression, logarithm: str = "") -> Expression:
    """Return a formula with like factors and terms gathered; only for reading, as 0/0 and the order of operations are not kept.

    ``logarithm`` is the name of a symbol that is the logarithm of another quantity, of which e to its power is a name.
    """
    return rebuild(formula, lambda node: _sum(_terms(node), logarithm) if node.head in _ARITHMETIC else node)


def over_name(formula: Expression, logarithm: str) -> Expression:
    """Return a formula with 1/e^x for e^-x, where x is this symbol."""

    def change(node: Expression) -> Expression:
        inner = node.children[0] if node.head == "exp" else None
        return (
            1 / exp(inner.children[0])
            if inner is not None and inner.head == "negative" and _is(inner.children[0], logarithm)
            else node
        )

    return rebuild(formula, change)


def _is(node: Expression, name: str) -> bool:
    return node.is_symbol and node.name == name


def _factors(node: Expression) -> Product:
    """Return a node, whose children are gathered already, as a product."""
    if node.is_constant and _is_plain(node.value):
        return Fraction(node.value), {}
    if node.head == "negative":
        number, factors = _factors(node.children[0])
        return -number, factors
    if node.head in ("multiply", "divide"):
        (a, left), (b, right) = map(_factors, node.children)
        sign = 1 if node.head == "multiply" else -1
        if b or sign > 0:
            found = dict(left)
            for factor, exponent in right.items():
                found[factor] = found.get(factor, 0) + sign * exponent
            return a * b if sign > 0 else a / b, {factor: exponent for factor, exponent in found.items() if exponent}
    if node.head == "power" and node.children[1].is_constant and isinstance(node.children[1].value, int):
        exponent = node.children[1].value
        number, factors = _factors(node.children[0])
        if number and exponent:
            return number**exponent, {factor: own * exponent for factor, own in factors.items()}
    if node.head == "exp" and node.children[0].head == "negative":
        return Fraction(1), {exp(node.children[0].children[0]): -1}
    return Fraction(1), {node: 1}


def _is_plain(value: float) -> bool:
    """Whether a number is a whole one or a simple fraction."""
    return not isinstance(value, bool) and abs(value) < 1000 and value * 8 == int(value * 8)


def _terms(node: Expression) -> list[Product]:
    """Return a node, whose children are gathered already, as a sum of products, like ones added."""
    found: list[Product] = []
    for number, factors in _each_term(node, 1):
        place = next((i for i, (_, other) in enumerate(found) if other == factors), None)
        if place is None:
            found.append((number, factors))
        else:
            found[place] = (found[place][0] + number, factors)
    return [term for term in found if term[0]]


def _each_term(node: Expression, sign: int) -> list[Product]:
    if node.head in ("add", "subtract"):
        second = sign if node.head == "add" else -sign
        return [*_each_term(node.children[0], sign), *_each_term(node.children[1], second)]
    number, factors = _factors(node)
    if abs(number) == 1 and len(factors) == 1:
        (only, exponent), *_ = factors.items()
        if exponent == 1 and only.head in ("add", "subtract"):
            return _each_term(only, sign * int(number))
    return [(sign * number, factors)]


def _sum(terms: list[Product], logarithm: str) -> Expression:
    if not terms:
        return constant(0)
    first = next(
        (i for i, (number, _) in enumerate(terms) if number > 0), 0
    )  # a sum does not begin with a minus if it need not
    whole = _product(*terms[first], logarithm)
    for number, factors in [*terms[:first], *terms[first + 1 :]]:
        whole = whole + _product(number, factors, logarithm) if number > 0 else whole - _product(-number, factors, logarithm)
    return whole


def _product(number: Fraction, factors: dict[Expression, int], logarithm: str) -> Expression:
    factors = dict(factors)
    if number < 0:
        turned = next((factor for factor, exponent in factors.items() if factor.head == "subtract" and exponent == 1), None)
        if turned is None:
            return -_product(-number, factors, logarithm)
        a, b = turned.children  # -(a - b) is b - a
        return _product(-number, {(b - a if factor is turned else factor): own for factor, own in factors.items()}, logarithm)
    for factor, exponent in [*factors.items()]:
        if exponent < 0 and factor.head == "exp" and not _is(factor.children[0], logarithm):  # e to the power of -x has no bar
            del factors[factor]
            factors[exp(-factor.children[0])] = -exponent
    above = _powers(number.numerator, [(factor, exponent) for factor, exponent in factors.items() if exponent > 0])
    below = _powers(number.denominator, [(factor, -exponent) for factor, exponent in factors.items() if exponent < 0])
    return above if below is constant(1) else above / below


def _powers(number: int, factors: list[tuple[Expression, int]]) -> Expression:
    whole: Expression | None = None if number == 1 and factors else constant(number)
    for factor, exponent in factors:
        power = factor if exponent == 1 else factor**exponent
        whole = power if whole is None else whole * power
    assert whole is not None
    return whole
