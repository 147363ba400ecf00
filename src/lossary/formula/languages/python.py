"""Formulas as functions of arrays: generated Python source for NumPy, torch and JAX, compiled once."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from lossary.formula.expression import Expression
from lossary.formula.formulas import Formulas, SoftmaxFormulas
from lossary.formula.languages.printer import Names, Spell, Text, joint_statements, spell_leaf
from lossary.formula.rewrite import expand
from lossary.formula.words import WORDS

COMMON = (
    *("arctan", "cos", "exp", "expm1", "floor", "log", "log1p", "logical_not", "maximum", "minimum"),
    *("sign", "sin", "sqrt", "tanh", "where"),
)
"""The words that every library computes, and differentiates, as we would."""
_OF_TWO = ("arctan2", "hypot", "logaddexp")
"""Functions of two arrays that every library computes; torch's take no number instead of one of them."""
_NATIVE: dict[str, dict[str, str]] = {
    "numpy": {name: f"numpy.{name}" for name in (*COMMON, *_OF_TWO, "clip", "heaviside")} | {"log1p_of_share": "numpy.log1p"},
    # torch.sign(NaN) is 0, so the sign is written out
    "torch": {name: f"torch.{name}" for name in (*COMMON, *_OF_TWO, "erf", "erfc", "sigmoid") if name != "sign"}
    | {"log_sigmoid": "torch.nn.functional.logsigmoid", "log_gamma": "torch.lgamma"},
    "jax": {name: f"jax.numpy.{name}" for name in (*COMMON, *_OF_TWO)}
    | {name: f"jax.nn.{name}" for name in ("sigmoid", "log_sigmoid", "softplus")},
}
"""The names of the words that a library itself computes as accurately as we would."""

_SUMMED = {
    "numpy": {
        "total": "{xp}.sum({0:0}, axis=-1, keepdims=True)",
        "largest": "{xp}.max({0:0}, axis=-1, keepdims=True, initial=-{xp}.inf)",
        "count": "{xp}.full_like({0:0}, {0:9}.shape[-1], shape=())",
    },
    "torch": {
        "total": "{xp}.sum({0:0}, dim=-1, keepdim=True)",
        "largest": "{xp}.amax({0:0}, dim=-1, keepdim=True)",
        "count": "{0:9}.new_full((), {0:9}.shape[-1])",
    },
    "jax": {
        "total": "{xp}.sum({0:0}, axis=-1, keepdims=True)",
        "largest": "{xp}.max({0:0}, axis=-1, keepdims=True, initial=-{xp}.inf)",
        "count": "{xp}.full_like({0:0}, {0:9}.shape[-1], shape=())",
    },
}
"""Words over the components of a sample, which lie along the last axis; it stays, with length 1."""

_OPERATORS = {name for name, word in WORDS.items() if not word.python.startswith(f"{name}(")} | {"abs"}


@cache
def compiled(
    formula: Expression, library: str, arguments: tuple[str, ...], scalars: frozenset[str] = frozenset()
) -> Callable[..., Any]:
    """Return a formula as a function of arrays; ``scalars`` are the arguments that are plain numbers."""
    return _run(Module(library, arguments), (formula,), arguments, scalars, "{}")


@cache
def compiled_together(
    formulas: tuple[Expression, ...], library: str, arguments: tuple[str, ...], scalars: frozenset[str] = frozenset()
) -> Callable[..., tuple[Any, ...]]:
    """Return several formulas as one function that computes their common parts once."""
    return _run(Module(library, arguments), formulas, arguments, scalars, "{},")


def _run(
    module: Module, formulas: tuple[Expression, ...], arguments: tuple[str, ...], scalars: frozenset[str], returned: str
) -> Callable[..., Any]:
    name = module.names.new("formula")
    text = module.function(name, formulas, arguments, scalars, returned)
    namespace: dict[str, Any] = {}
    exec(module.text(text), namespace)  # noqa: S102 - our own generated text
    function: Callable[..., Any] = namespace[name]
    return function


class Module:
    """The text of a self-contained Python module: its names and its imports."""

    def __init__(self, library: str, taken: Iterable[str]) -> None:
        self.library = library
        self.names = Names(taken)
        self._taken = frozenset(taken)
        self._imports: dict[str, str] = {}

    def reach(self, path: str) -> str:
        """Return how code calls a function of a library, such as ``numpy.exp``, and import the library under a free name."""
        library, *rest = path.split(".")
        if library not in self._imports:
            self._imports[library] = self.names.new(library)
        return ".".join([self._imports[library], *rest])

    def builtin(self, name: str) -> str:
        """Return how code calls a built-in function of Python, which an argument may hide."""
        return self.reach(f"builtins.{name}") if name in self._taken else name

    def text(self, *functions: str) -> str:
        """Return the whole text of the module with these functions."""
        lines = [
            f"import {library}\n" if library == name else f"import {library} as {name}\n"
            for library, name in sorted(self._imports.items())
        ]
        return "".join(lines) + "\n\n" * bool(lines) + "\n\n".join(functions)

    def function(
        self,
        name: str,
        formulas: tuple[Expression, ...],
        arguments: tuple[str, ...],
        scalars: frozenset[str],
        returned: str = "{}",
        per_sample: Sequence[str] = (),
    ) -> str:
        """Return the text of a function that returns the formulas' values, put into ``returned``.

        Arguments that are ``per_sample`` get a last axis of length 1, beside those with components there.
        """
        spell, plainer = self.speller(formulas, arguments, scalars)
        assignments, results = joint_statements(plainer, spell, self.names)
        lines = [f"{name} = {name}[..., None]" for name in per_sample]
        lines += [*(f"{left} = {right}" for left, right in assignments), f"return {returned.format(', '.join(results))}"]
        return f"def {name}({', '.join(arguments)}):\n" + "".join(f"    {line}\n" for line in lines)

    def speller(
        self, formulas: tuple[Expression, ...], arguments: tuple[str, ...], scalars: frozenset[str]
    ) -> tuple[Spell, list[Expression]]:
        """Return what writes a node, and the formulas in words that the library has."""
        native, summed = _NATIVE[self.library], _SUMMED[self.library]
        own_names = {name: name for name in arguments}
        plain: dict[Expression, bool] = {}

        def scalar(node: Expression) -> bool:
            for part in node.walk(plain):
                plain[part] = part.name in scalars if part.is_symbol else all(plain[child] for child in part.children)
            return plain[node]

        def known(node: Expression) -> bool:
            return node.head in _OPERATORS or node.head in summed or node.head in (_NATIVE["numpy"] if scalar(node) else native)

        def spell(node: Expression, written: tuple[Text, ...]) -> Text:
            if node.is_symbol or node.is_constant:
                return spell_leaf(node, own_names, f'{self.builtin("float")}("inf")', f'{self.builtin("float")}("nan")')
            texts = [text.text for text in written]
            if node.head == "abs":
                return Text(f"{self.builtin('abs')}({texts[0]})")
            if node.head in summed:
                root = "jax.numpy" if self.library == "jax" else self.library
                return Text(summed[node.head].format(*written, xp=self.reach(root)))
            scalars = [scalar(child) for child in node.children]
            if node.head == "power" and all(scalars) and not _raises(node) and texts[0].isidentifier():
                # Python raises for a power that overflows, not for a product
                return Text(" * ".join(texts[:1] * int(node.children[1].value)), WORDS["multiply"].binds)
            if node.head in _OPERATORS and not (all(scalars) and _raises(node)):
                return Text(WORDS[node.head].python.format(*written), WORDS[node.head].binds)
            if node.head == "logical_not" and scalars[0]:
                return Text(f"(not {texts[0]})")  # ~True is -2
            if node.head == "where" and scalars[0]:
                return Text(f"({texts[1]} if {texts[0]} else {texts[2]})")
            if all(scalars):
                function = "float_power" if node.head == "power" else node.head  # power refuses an integer to the -1
                return Text(f"{self.builtin('float')}({self.reach(f'numpy.{function}')}({', '.join(texts)}))")
            if self.library == "numpy" and node.head == "where" and all(child.is_constant for child in node.children[1:]):
                texts[1] = repr(float(node.children[1].value))  # two integers would make an array of integers
            if self.library == "torch" and node.head == "where" and scalars[1] and scalars[2]:
                # two plain numbers would become float32
                texts[1] = f"{self.reach('torch.tensor')}({texts[1]}, dtype={self.reach('torch.float64')})"
            if self.library == "torch" and node.head in ("maximum", "minimum") and any(scalars):
                bound, text = texts if scalars[0] else reversed(texts)
                end = "min" if node.head == "maximum" else "max"
                return Text(f"{self.reach('torch.clamp')}({text}, {end}={bound})")
            if self.library == "torch" and node.head in _OF_TWO and any(scalars):
                like = texts[scalars.index(False)]
                texts = [
                    f"{self.reach('torch.full_like')}({like}, {t})" if s else t for t, s in zip(texts, scalars, strict=True)
                ]
            written_out = f"{self.reach(native[node.head])}({', '.join(texts)})"
            if self.library == "torch" and node.head == "log_gamma":  # torch has values below 0, of log |Γ|
                nan = f'{self.builtin("float")}("nan")'
                return Text(f"{self.reach('torch.where')}({texts[0]} < 0, {nan}, {written_out})")
            return Text(written_out)

        return spell, [expand(formula, known, self.library) for formula in formulas]


def _raises(node: Expression) -> bool:
    """Return whether Python's operator may raise or give a complex number where arrays give an infinity or NaN."""
    by = node.children[-1]
    if node.head == "divide":
        return not by.is_constant or by.is_zero
    return node.head == "power" and not (by.is_constant and by.value in (2, 3, 4))


_ROW_VALUE = """\
    {inputs}
    return {term}({take}{extra})
"""
_ROW_GRADIENT = """\
    {inputs}
    {p} = {xp}.exp({log_p})
    {true} = target[..., None] == {xp}.arange({p}.shape[-1])
    return {term}({take}{extra}){spread} * ({xp}.where({true}, 1.0, 0.0) - {p})
"""
_EVERY_CLASS_VALUE = """\
    {inputs}
    {true} = {xp}.where(target[..., None] == {xp}.arange({log_p}.shape[-1]), 1.0, 0.0)
    return {term}({log_p}, {true}{extra}).sum({axis}=-1)
"""
_EVERY_CLASS_GRADIENT = """\
    {inputs}
    {true} = {xp}.where(target[..., None] == {xp}.arange({log_p}.shape[-1]), 1.0, 0.0)
    {slopes} = {term}({log_p}, {true}{extra})
    return {slopes} - {xp}.exp({log_p}) * {sum}
"""
_LOG_SOFTMAX = {
    "numpy": "{z} = prediction - prediction.max(axis=-1, keepdims=True)\n"
    "    {log_p} = {z} - {xp}.log({xp}.exp({z}).sum(axis=-1, keepdims=True))",
    "torch": "{log_p} = {xp}.log_softmax(prediction, dim=-1)",
    "jax": "{log_p} = {jax}.nn.log_softmax(prediction, axis=-1)",
}


def write(formulas: Formulas, library: str, order: int, given: str | None, of: str | None = None) -> str:
    """Return a Python function of the inputs and parameters; for a softmax loss, of class indices.

    For a samplewise loss, the components of a sample lie along the last axis of the inputs.
    """
    arguments = (*formulas.inputs, *formulas.parameters)
    scalars = frozenset(formulas.parameters) if library != "jax" else frozenset()
    function_name = formulas.name if formulas.name.isidentifier() and not keyword.iskeyword(formulas.name) else "loss"
    module = Module(library, ("log_probability", *arguments, function_name))
    if formulas.kind == "pointwise":
        return module.text(module.function(function_name, (formulas.formula(given, order, of),), arguments, scalars)).rstrip()
    if formulas.kind == "samplewise":
        formula = formulas.formula(given, order, of)
        returned = "{}" if order else "({})[..., 0]"
        of_sample = formulas.of_sample
        return module.text(module.function(function_name, (formula,), arguments, scalars, returned, of_sample)).rstrip()
    if order == 2 or (order == 1 and given != "logits"):
        raise ValueError(f"{formulas.name}.code: {library} code of a softmax loss is its value, or its gradient from logits")
    name = "log_probability" if given == "logits" else "prediction"
    takes_target = isinstance(formulas, SoftmaxFormulas) and formulas.takes_target
    names = module.names.renamed(("term", "z", "log_p", "p", "true", "slopes"))
    of_class = (name, "target") if takes_target else (name,)
    term = module.function(names["term"], (formulas.formula(given, order),), (*of_class, *formulas.parameters), scalars)
    root = module.reach(library)
    fill = {**names, "jax": root, "xp": f"{root}.numpy" if library == "jax" else root}
    along = (
        "take_along_dim({}, target[..., None], dim=-1)"
        if library == "torch"
        else "take_along_axis({}, target[..., None], axis=-1)"
    )
    value, gradient = (_EVERY_CLASS_VALUE, _EVERY_CLASS_GRADIENT) if takes_target else (_ROW_VALUE, _ROW_GRADIENT)
    body = (gradient if order else value).format(
        inputs=_LOG_SOFTMAX[library].format(**fill) if given == "logits" else f"{names['log_p']} = prediction",
        take=f"{fill['xp']}.{along.format(names['log_p'])}[..., 0]",
        sum=_SUMMED[library]["total"].format(Text(names["slopes"]), xp=fill["xp"]),
        axis="dim" if library == "torch" else "axis",
        spread="[..., None]" if name in formulas.formula(given, order).symbols() else "",
        extra="".join(f", {parameter}" for parameter in formulas.parameters),
        **fill,
    )
    return module.text(term, f"def {function_name}({', '.join(arguments)}):\n{body}").rstrip()
