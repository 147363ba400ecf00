"""Formulas as LaTeX, as a textbook writes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lossary.derive import derivative, rebuild, trace
from lossary.expression import Expression, constant, symbol
from lossary.languages import order_of
from lossary.languages.printer import Text, inline
from lossary.vocabulary import WORDS, exp, expm1

if TYPE_CHECKING:
    from lossary.loss import Loss

_GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
]
_SYMBOLS = {"prediction": r"\hat{y}", "target": "y", "log_probability": r"\log p_k"}
_QUOTIENTS = ("divide", "xdivy")
_LOG_P = symbol("log_probability")
_BRACKETS = (r"\left(", r"\right)")


def write(loss: Loss, what: str, given: str | None) -> str:
    """The value, gradient or curvature of one sample; with ``given="logits"``, in terms of a raw score z."""
    order = order_of(what)
    if loss.kind == "softmax":
        return _softmax(loss, order)
    if loss.kind == "pointwise" and given in (None, "probabilities"):
        formula = trace(loss.definition, ("prediction", "target", *loss.parameters))
        for _ in range(order):
            formula = derivative(formula, "prediction")
        return _text(formula, _SYMBOLS)
    return _text(loss.formula(given, order), {**_SYMBOLS, "prediction": "z" if given == "logits" else r"\log \hat{y}"})


def _softmax(loss: Loss, order: int) -> str:
    terms = [_text(loss.formula(None, n), _SYMBOLS) for n in range(order + 1)]
    constant_slope = loss.formula(None, 1).is_constant and loss.formula(None, 1).value == -1
    if order == 0:
        return rf"-\sum_k y_k \, {terms[0][1:]}" if terms[0].startswith("-") else rf"\sum_k y_k \, {terms[0]}"
    if constant_slope:
        return "p_j - y_j" if order == 1 else r"p_j \left(1 - p_j\right)"
    first = rf"\sum_k y_k \, f'_k \left([j = k] - p_j\right), \quad f'_k = {terms[1]}"
    if order == 1:
        return first
    return (
        r"y_j f''_j \left(1 - 2 p_j\right) + p_j^2 \sum_k y_k f''_k - p_j \left(1 - p_j\right) \sum_k y_k f'_k, "
        rf"\quad f'_k = {terms[1]}, \quad f''_k = {terms[2]}"
    )


def _tidy(node: Expression) -> Expression:
    """What a textbook would write; the order of operations no longer matters."""
    if node.head in ("multiply", "xmuly"):
        a, b = node.children
        if a is b:
            return a**2
        if b.head == "divide" and b.children[0] is constant(1):
            return a / b.children[1]
    if node.head in _QUOTIENTS and node.children[0].head in _QUOTIENTS:
        (a, b), c = node.children[0].children, node.children[1]
        if b is c:
            return a / b**2
    if node.head == "subtract" and node.children[0].head == "subtract" and node.children[0].children[1].is_constant:
        (a, first), second = node.children[0].children, node.children[1]
        if second.is_constant:
            return a - (first.value + second.value)
    return node


def _text(formula: Expression, symbols: dict[str, str]) -> str:
    def spell(node: Expression, written: tuple[Text, ...]) -> Text:
        if node.is_symbol:
            return Text(symbols.get(node.name) or _name(node.name))
        if node.is_constant:
            return Text(_number(node.value), 9 if node.value >= 0 else 7, _BRACKETS)
        if node is exp(_LOG_P):
            return Text("p_k")
        if node is -expm1(_LOG_P):
            return Text("1 - p_k", 5, _BRACKETS)
        word = WORDS[node.head]
        if node.head == "power" and node.children[0].head == "log":
            return Text(rf"\left({written[0].text}\right)^{{{written[1].text}}}", word.binds, _BRACKETS)
        return Text(word.latex.format(*written), word.binds, _BRACKETS)

    return inline(rebuild(formula, _tidy), spell).text


def _name(name: str) -> str:
    if name in _GREEK:
        return rf"\{name}"
    return name if len(name) == 1 else rf"\mathrm{{{name}}}".replace("_", r"\_")


def _number(value: float) -> str:
    if abs(value) == math.inf:
        return r"\infty" if value > 0 else r"-\infty"
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa
