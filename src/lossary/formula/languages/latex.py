"""Formulas as LaTeX, as a textbook writes them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lossary.formula.expression import Expression, constant
from lossary.formula.formulas import Formulas, SampleFormulas, SumFormulas, no_formula
from lossary.formula.languages.orders import order_of
from lossary.formula.languages.printer import ATOM, NEGATIVE, Text
from lossary.formula.reductions import REDUCTIONS, Stage, Stages, stages
from lossary.formula.rewrite import rebuild
from lossary.formula.words import WORDS

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
_LONGEST = 100_000
"""Characters, some forty pages."""
_FUNCTION = 7
"""How tightly the LaTeX of a function of what follows binds, such as log x."""
_NESTED = 250
"""Groups inside one another: TeX takes 255."""


@dataclass(frozen=True)
class _Part(Text):
    """A piece of LaTeX. As ``{0:6r}`` it may not begin with a sign, as ``{0:6l}`` not end in a function such as log x."""

    brackets: tuple[str, str] = (r"\left(", r"\right)")
    open: bool = False
    """Whether it ends in a function such as log x, so that nothing may be multiplied from the right."""

    def __format__(self, spec: str) -> str:
        bare = self.text if self.binds >= int(spec.rstrip("lr")) else ""
        if not bare or (spec.endswith("r") and bare.startswith("-")) or (spec.endswith("l") and self.open):
            return f"{self.brackets[0]}{self.text}{self.brackets[1]}"
        return bare


_P_HAT, _Y, _Z = _Part(r"\hat{y}"), _Part("y"), _Part("z")
_LOG_P_K, _LOG_P_HAT = _Part(r"\log p_k", 7, open=True), _Part(r"\log \hat{y}", 7, open=True)
_INPUTS = {
    "prediction": _P_HAT,
    "target": _Y,
    "mean": _Part(r"\mu"),
    "location": _Part(r"\mu"),
    "scale": _Part(r"\sigma"),
    "variance": _Part(r"\sigma^{2}", 8),
}
"""The usual letters for inputs."""
_OF_LOGARITHM = {_LOG_P_K: _Part("p_k"), _LOG_P_HAT: _P_HAT}


def write(formulas: Formulas, what: str, given: str | None, of: str | None = None) -> str:
    """Return the value, gradient or curvature of one sample; with ``given="logits"``, in terms of a raw score z."""
    order = order_of(what)
    if isinstance(formulas, SumFormulas):
        return _sum(formulas, what, of)
    if formulas.kind == "softmax":
        return _softmax(formulas, order)
    if not isinstance(formulas, SampleFormulas):
        raise no_formula(formulas.name)
    symbols = {name: _INPUTS.get(name) or _Part(next(_names(name))) for name in formulas.inputs}
    form = None if given == "probabilities" else given
    if form is not None and formulas.linked == "prediction":
        symbols["prediction"] = _Z if form == "logits" else _LOG_P_HAT
    elif form is not None and form != formulas.given[0]:
        symbols[formulas.linked] = _Part(next(_names(form)))
    formula = formulas.textbook(form, order, of)
    return _whole(formulas, f"{_written(formulas, formula, symbols):0}")


def _sum(formulas: SumFormulas, what: str, of: str | None) -> str:
    """Return the terms in brackets, each with its factor."""
    found = []
    for term, factor in formulas.terms:
        text = rf"\left[{write(term, what, None, of)}\right]"
        found.append(text if factor == 1 else rf"{_number(factor):6} \, {text}")
    return " + ".join(found)


def _softmax(formulas: Formulas, order: int) -> str:
    terms = [formulas.formula(None, n) for n in range(order + 1)]
    if len(formulas.arguments) == 2:
        return _every_class(formulas, terms)
    if order == 0:
        negative = terms[0].head == "negative"
        term = _written(formulas, terms[0].children[0] if negative else terms[0], {"log_probability": _LOG_P_K})
        return _whole(formulas, "-" * negative + rf"\sum_k y_k \, {term:6r}")
    if terms[1] is constant(-1):
        return "p_j - y_j" if order == 1 else r"p_j \left(1 - p_j\right)"
    slopes = [f"{_written(formulas, formula, {'log_probability': _LOG_P_K}):0}" for formula in terms[1:]]
    if order == 1:
        return _whole(formulas, rf"\sum_k y_k \, f'_k \left([j = k] - p_j\right), \quad f'_k = {slopes[0]}")
    return _whole(
        formulas,
        r"y_j f''_j \left(1 - 2 p_j\right) + p_j^2 \sum_k y_k f''_k - p_j \left(1 - p_j\right) \sum_k y_k f'_k, "
        rf"\quad f'_k = {slopes[0]}, \quad f''_k = {slopes[1]}",
    )


def _every_class(formulas: Formulas, terms: Sequence[Expression]) -> str:
    """Return Σ f(pₖ, yₖ), or what its derivative makes of the terms' derivatives by log pₖ."""
    symbols = {"log_probability": _LOG_P_K, "probability": _Part("p_k"), "target": _Part("y_k")}
    if len(terms) == 1:
        return _whole(formulas, rf"\sum_k {_written(formulas, formulas.traced, symbols):6r}")
    slopes = [f"{_written(formulas, formula, symbols):0}" for formula in terms[1:]]
    if len(slopes) == 1:
        return _whole(formulas, rf"\sum_k f'_k \left([j = k] - p_j\right), \quad f'_k = {slopes[0]}")
    return _whole(
        formulas,
        r"f''_j \left(1 - 2 p_j\right) + p_j^2 \sum_k f''_k - p_j \left(1 - p_j\right) \sum_k f'_k, "
        rf"\quad f'_k = {slopes[0]}, \quad f''_k = {slopes[1]}",
    )


def _whole(formulas: Formulas, text: str) -> str:
    depth = deepest = 0
    for mark in re.findall(r"\\left|\\right|\\begin|\\end|(?<!\\)[{}]", text):
        depth += 1 if mark in (r"\left", r"\begin", "{") else -1
        deepest = max(deepest, depth)
    if deepest > _NESTED:
        raise ValueError(
            f"{formulas.name}.latex: TeX takes at most {_NESTED} groups inside one another; the formula has {deepest}; "
            "write it out as code instead, which names its parts"
        )
    return re.sub(r"\\, (?=\d)", r"\\cdot ", text)  # two numbers side by side would read as one


def _in_a_textbook(formula: Expression) -> Expression:
    """Return a formula as a textbook writes it."""
    while (tidied := rebuild(formula, _tidy)) is not formula:  # what is new may be simplified into what is to be tidied again
        formula = tidied
    return formula


def _tidy(node: Expression) -> Expression:
    """Return a node as a textbook writes it; the order of operations no longer matters."""
    form = WORDS[node.head].latex if node.children else ""
    if not isinstance(form, str):
        node = form(*node.children)
    if node.head == "multiply":
        a, b = node.children
        if a is b:
            return a**2
        if b.head == "divide" and b.children[0] is constant(1):
            return a / b.children[1]
    if node.head == "subtract" and node.children[0].is_zero:
        return -node.children[1]
    if node.head == "divide" and node.children[0].head == "divide":
        (a, b), c = node.children[0].children, node.children[1]
        if b is c:
            return a / b**2
    if node.head == "subtract" and node.children[0].head == "subtract" and node.children[0].children[1].is_constant:
        (a, first), second = node.children[0].children, node.children[1]
        if second.is_constant:
            return a - (first.value + second.value)
    return node


def _written(formulas: Formulas, formula: Expression, symbols: dict[str, _Part]) -> _Part:
    taken = {"e", *(part.text for part in symbols.values())}
    if formulas.kind == "softmax":
        taken |= {"f", "j", "k", "p", "y"}
    if formulas.kind == "samplewise":
        taken |= {"j", "n", *_INDICES}
    parts = stages(formula)
    pieces = [*(stage.argument for stage in parts.stages), *parts.results]
    if any(node.head in ("sigmoid", "log_sigmoid") for piece in pieces for node in _in_a_textbook(piece).walk()):
        taken.add(r"\sigma")
    names = dict(symbols)
    for parameter in formulas.parameters:
        names[parameter] = _Part(next(name for name in _names(parameter) if name not in taken))
        taken.add(names[parameter].text)
    return _with_sums(formulas, parts, names) if formulas.kind == "samplewise" else _tree(formulas, formula, names)


_INDICES = "iklmqrstuv"
"""Letters for components: of a sum, of one within it, and so on."""


def _with_sums(formulas: Formulas, parts: Stages, names: dict[str, _Part]) -> _Part:
    """Return a formula with words over components; inputs carry an index, which is j outside of all sums."""
    found = {stage.name: stage for stage in parts.stages}

    def written(part: Expression, index: str, depth: int) -> _Part:
        texts = dict(names)
        for name in part.symbols():
            if name in found:
                texts[name] = word(found[name], depth)
            elif name in formulas.inputs:
                texts[name] = replace(names[name], text=f"{names[name].text}{index}")
        return _tree(formulas, part, texts)

    def word(stage: Stage, depth: int) -> _Part:
        index = _INDICES[min(depth, len(_INDICES) - 1)]
        argument = written(stage.argument, "" if stage.word == "norm" else f"_{index}", depth + 1)
        text = REDUCTIONS[stage.word].latex.format(argument, index=index)
        if stage.word in ("norm", "count", "ties"):
            return _Part(text)
        return _Part(text, _FUNCTION, open=not text.endswith(r"\right)"))

    return written(parts.results[0], "_j", 0)


def _tree(formulas: Formulas, formula: Expression, names: dict[str, _Part]) -> _Part:
    formula = _in_a_textbook(formula)
    nodes = list(formula.walk())
    uses = Counter(child for node in nodes for child in node.children)
    written: dict[Expression, _Part] = {}
    for node in nodes:
        written[node] = _spelled(node, [written[child] for child in node.children], names)
        if len(written[node].text) > _LONGEST:
            raise ValueError(
                f"{formulas.name}.latex: a formula has at most {_LONGEST} characters in LaTeX, where shared parts are written "
                "out each time; this one has more; write it out as code instead, which names its parts"
            )
        for child in node.children:  # what is written is let go: all prefixes of a long sum would not fit
            uses[child] -= 1
            if not uses[child]:
                del written[child]
    return written[formula]


def _spelled(node: Expression, written: list[_Part], names: dict[str, _Part]) -> _Part:
    if node.is_symbol:
        return names[node.name]
    if node.is_constant:
        return _number(node.value)
    if node.head == "exp" and node.children[0].is_symbol and written[0] in _OF_LOGARITHM:
        return _OF_LOGARITHM[written[0]]
    word = WORDS[node.head]
    assert isinstance(word.latex, str)  # the others are tidied away
    text = word.latex.format(*written)
    carries = node.head in ("multiply", "negative") and written[-1].open
    is_open = (carries or word.latex_binds == _FUNCTION or node.head == "xlogy") and not text.endswith(r"\right)")
    return _Part(text, word.binds if word.latex_binds is None else word.latex_binds, open=is_open)


def _names(name: str) -> Iterator[str]:
    """Yield names for a parameter, the best first; the last one is unique."""
    letter = name.removesuffix("_") if name == "lambda_" else name
    if len(name) == 1 and unicodedata.name(name, "").startswith("GREEK SMALL LETTER "):
        letter = unicodedata.name(name).removeprefix("GREEK SMALL LETTER ").lower().replace("lamda", "lambda")
    if letter in _GREEK:
        yield rf"\{letter}"
    if name.isascii():
        if len(name) == 1 and name.isalpha():
            yield name
        yield rf"\mathrm{{{name}}}".replace("_", r"\_")
    else:
        yield rf"\text{{{name}}}".replace("_", r"\_")


def _number(value: float) -> _Part:
    if not math.isfinite(value):
        return _Part({math.inf: r"\infty", -math.inf: r"-\infty"}.get(value, r"\mathrm{NaN}"), ATOM if value > 0 else NEGATIVE)
    mantissa, _, exponent = repr(value).partition("e")
    if mantissa.endswith(".0"):
        mantissa = mantissa[:-2]
    if not exponent:
        return _Part(mantissa, NEGATIVE if mantissa.startswith("-") else ATOM)
    power = rf"10^{{{int(exponent)}}}"
    if mantissa in ("1", "-1"):
        return _Part(f"{mantissa[:-1]}{power}", 8 if mantissa == "1" else NEGATIVE)
    return _Part(rf"{mantissa} \cdot {power}", WORDS["multiply"].binds)
