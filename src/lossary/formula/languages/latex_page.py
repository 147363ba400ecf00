"""Formulas as LaTeX: their parts, names and numbers, and what of them is named apart."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lossary.formula.component_words import COMPONENT_WORDS, Stage, Stages, stages
from lossary.formula.expression import Expression, constant
from lossary.formula.formulas import Formulas
from lossary.formula.languages.printer import ATOM, NEGATIVE, Text
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
_IN_FULL = 1000
"""Characters up to which shared parts are written out each time; the longest of a built-in loss has some two hundred."""
_SHORT = 24
"""Characters of a shared part that is still written out beside named ones."""
_DEEPEST = 60
"""Words inside one another in a formula with named parts: each makes up to three groups."""
_FUNCTION = 7
"""How tightly the LaTeX of a function of what follows binds, such as log x."""
_NESTED = 250
"""Groups inside one another: TeX takes 255."""


@dataclass(frozen=True)
class LatexPart(Text):
    """A piece of LaTeX. As ``{0:6r}`` it may not begin with a sign, as ``{0:6l}`` not end in a function such as log x."""

    brackets: tuple[str, str] = (r"\left(", r"\right)")
    open: bool = False
    """Whether it ends in a function such as log x, so that nothing may be multiplied from the right."""

    def __format__(self, spec: str) -> str:
        bare = self.text if self.binds >= int(spec.rstrip("lr")) else ""
        if not bare or (spec.endswith("r") and bare.startswith("-")) or (spec.endswith("l") and self.open):
            return f"{self.brackets[0]}{self.text}{self.brackets[1]}"
        return bare


P_HAT, _Y, Z = LatexPart(r"\hat{y}"), LatexPart("y"), LatexPart("z")
LOG_P_K, LOG_P_HAT = LatexPart(r"\log p_k", 7, open=True), LatexPart(r"\log \hat{y}", 7, open=True)
INPUTS = {
    "prediction": P_HAT,
    "target": _Y,
    "mean": LatexPart(r"\mu"),
    "location": LatexPart(r"\mu"),
    "scale": LatexPart(r"\sigma"),
    "variance": LatexPart(r"\sigma^{2}", 8),
}
"""The usual letters for inputs."""
_OF_LOGARITHM = {LOG_P_K: LatexPart("p_k"), LOG_P_HAT: P_HAT}


_INDICES = "iklmqrstuv"
"""Letters for components: of a sum, of one within it, and so on."""


class LatexPage:
    """The LaTeX of one loss: its formulas, and the parts of them that are named, ``where t_1 = …``."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas
        self._named: list[str] = []

    def whole(self, text: str) -> str:
        """Return the whole text, with what the names in it stand for."""
        if self._named:
            text += r", \quad \text{where } " + r", \quad ".join(self._named)
        self._check_length(len(text))
        depth = deepest = 0
        for mark in re.findall(r"\\left|\\right|\\begin|\\end|(?<!\\)[{}]", text):
            depth += 1 if mark in (r"\left", r"\begin", "{") else -1
            deepest = max(deepest, depth)
        if deepest > _NESTED:
            raise ValueError(
                f"{self._formulas.name}.latex: TeX takes at most {_NESTED} groups inside one another; the formula has "
                f"{deepest}; write it out as code instead"
            )
        return re.sub(r"\\, (?=\d)", r"\\cdot ", text)  # two numbers side by side would read as one

    def written(self, formula: Expression, symbols: dict[str, LatexPart]) -> LatexPart:
        """Return a formula as a piece of LaTeX."""
        kind = self._formulas.kind
        taken = {"e", *(part.text for part in symbols.values())}
        if kind == "softmax":
            taken |= {"f", "j", "k", "p", "y"}
        if kind == "samplewise":
            taken |= {"j", "n", *_INDICES}
        parts = stages(formula)
        pieces = [*(stage.argument for stage in parts.stages), *parts.results]
        if any(node.head in ("sigmoid", "log_sigmoid") for piece in pieces for node in _in_a_textbook(piece).walk()):
            taken.add(r"\sigma")
        names = dict(symbols)
        for parameter in self._formulas.parameters:
            names[parameter] = LatexPart(next(name for name in names_of(parameter) if name not in taken))
            taken.add(names[parameter].text)
        if kind == "samplewise":
            return self._with_sums(parts, names)
        return self._tree(formula, names, "k" if kind == "softmax" else "")

    def _with_sums(self, parts: Stages, names: dict[str, LatexPart]) -> LatexPart:
        """Return a formula with words over components; inputs carry an index, which is j outside of all sums."""
        found = {stage.name: stage for stage in parts.stages}

        def written(part: Expression, index: str, depth: int) -> LatexPart:
            texts = dict(names)
            for name in part.symbols():
                if name in found:
                    texts[name] = word(found[name], depth)
                elif name in self._formulas.component_inputs:
                    texts[name] = replace(names[name], text=f"{names[name].text}_{index}" if index else names[name].text)
            return self._tree(part, texts, index)

        def word(stage: Stage, depth: int) -> LatexPart:
            index = _INDICES[min(depth, len(_INDICES) - 1)]
            argument = written(stage.argument, "" if stage.word == "norm" else index, depth + 1)
            text = COMPONENT_WORDS[stage.word].latex.format(argument, index=index)
            if stage.word in ("norm", "count", "ties"):
                return LatexPart(text)
            return LatexPart(text, _FUNCTION, open=not text.endswith(r"\right)"))

        return written(parts.results[0], "j", 0)

    def _tree(self, formula: Expression, names: dict[str, LatexPart], index: str) -> LatexPart:
        """Return a formula, its shared and deep parts named if it is long; names carry the index that their inputs have."""
        formula = _in_a_textbook(formula)
        nodes = list(formula.walk())
        lengths, depths = _sizes(nodes, names)
        naming = lengths[formula] > _IN_FULL or depths[formula] > _DEEPEST
        uses = Counter[Expression]()
        for node in nodes:
            uses.update(_written_children(node))
        left, written, depth = Counter(uses), dict[Expression, LatexPart](), dict[Expression, int]()
        for node in nodes:
            part = _spelled(node, [written[child] for child in node.children], names)
            depth[node] = 1 + max((depth[child] for child in node.children), default=0)
            shared = uses[node] > 1 and len(part.text) > _SHORT
            if naming and node.children and node is not formula and (shared or depth[node] > _DEEPEST):
                name = f"t_{{{len(self._named) + 1}{f',{index}' * bool(index)}}}"
                self._named.append(f"{name} = {part.text}")
                part, depth[node] = LatexPart(name), 0
            written[node] = part
            self._check_length(len(part.text) + sum(map(len, self._named[-1:])))
            for child in _written_children(node):  # what is written is let go: all prefixes of a long sum would not fit
                left[child] -= 1
                if not left[child]:
                    del written[child]
        return written[formula]

    def _check_length(self, length: int) -> None:
        if length > _LONGEST:
            raise ValueError(
                f"{self._formulas.name}.latex: a formula has at most {_LONGEST} characters in LaTeX; this one has more; "
                "write it out as code instead"
            )


def _written_children(node: Expression) -> list[Expression]:
    """Return what a node is applied to, each as often as it is written."""
    form = WORDS[node.head].latex if node.children else ""
    assert isinstance(form, str)  # the others are tidied away
    return [child for i, child in enumerate(node.children) for _ in range(form.count(f"{{{i}:") or 1)]


def _sizes(nodes: list[Expression], names: dict[str, LatexPart]) -> tuple[dict[Expression, int], dict[Expression, int]]:
    """Return about how many characters each node takes when all is written out, and how many words are inside one another."""
    lengths: dict[Expression, int] = {}
    depths: dict[Expression, int] = {}
    for node in nodes:
        own = len(names[node.name].text) if node.is_symbol else 3
        lengths[node] = own + sum(lengths[child] for child in _written_children(node))
        depths[node] = 1 + max((depths[child] for child in node.children), default=0)
    return lengths, depths


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


def _spelled(node: Expression, written: list[LatexPart], names: dict[str, LatexPart]) -> LatexPart:
    if node.is_symbol:
        return names[node.name]
    if node.is_constant:
        return number(node.value)
    if node.head == "exp" and node.children[0].is_symbol and written[0] in _OF_LOGARITHM:
        return _OF_LOGARITHM[written[0]]
    word = WORDS[node.head]
    assert isinstance(word.latex, str)  # the others are tidied away
    text = word.latex.format(*written)
    carries = node.head in ("multiply", "negative") and written[-1].open
    is_open = (carries or word.latex_binds == _FUNCTION or node.head == "xlogy") and not text.endswith(r"\right)")
    return LatexPart(text, word.binds if word.latex_binds is None else word.latex_binds, open=is_open)


def names_of(name: str) -> Iterator[str]:
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


def number(value: float) -> LatexPart:
    """Return a number as a textbook writes it."""
    if not math.isfinite(value):
        return LatexPart(
            {math.inf: r"\infty", -math.inf: r"-\infty"}.get(value, r"\mathrm{NaN}"), ATOM if value > 0 else NEGATIVE
        )
    mantissa, _, exponent = repr(value).partition("e")
    if mantissa.endswith(".0"):
        mantissa = mantissa[:-2]
    if not exponent:
        return LatexPart(mantissa, NEGATIVE if mantissa.startswith("-") else ATOM)
    power = rf"10^{{{int(exponent)}}}"
    if mantissa in ("1", "-1"):
        return LatexPart(f"{mantissa[:-1]}{power}", 8 if mantissa == "1" else NEGATIVE)
    return LatexPart(rf"{mantissa} \cdot {power}", WORDS["multiply"].binds)
