"""Formulas as functions of arrays: generated Python source for NumPy, torch and JAX, compiled once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from lossary.derive import expand
from lossary.expression import Expression, apply, symbol
from lossary.languages.printer import ATOM, Text, joint_statements
from lossary.vocabulary import WORDS

if TYPE_CHECKING:
    from lossary.loss import Loss

_COMMON = ("exp", "expm1", "log", "log1p", "maximum", "minimum", "sign", "sqrt", "tanh", "where")
_NATIVE: dict[str, dict[str, str]] = {
    "numpy": {name: f"numpy.{name}" for name in _COMMON},
    # torch.sign(NaN) is 0, so the sign is written out
    "torch": {name: f"torch.{name}" for name in (*_COMMON, "sigmoid") if name != "sign"}
    | {"log_sigmoid": "torch.nn.functional.logsigmoid"},
    "jax": {name: f"jax.numpy.{name}" for name in _COMMON}
    | {name: f"jax.nn.{name}" for name in ("sigmoid", "log_sigmoid", "softplus")},
}
"""What each library calls the words that it computes itself, and as well as we would."""

_OPERATORS = {name for name, word in WORDS.items() if not word.python.startswith(f"{name}(")} | {"abs"}


@cache
def compiled(
    formula: Expression, library: str, arguments: tuple[str, ...], scalars: frozenset[str] = frozenset()
) -> Callable[..., Any]:
    """The formula as a function of arrays; ``scalars`` are the arguments that come as plain numbers."""
    return _run(source(formula, library, arguments, scalars))


@cache
def compiled_together(
    formulas: tuple[Expression, ...], library: str, arguments: tuple[str, ...], scalars: frozenset[str] = frozenset()
) -> Callable[..., tuple[Any, ...]]:
    """Several formulas as one function, which computes what they share only once."""
    return _run(joint_source(formulas, library, arguments, scalars))


def _run(text: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(text, namespace)  # noqa: S102 - our own generated text
    function: Callable[..., Any] = namespace["formula"]
    return function


def source(
    formula: Expression,
    library: str,
    arguments: tuple[str, ...],
    scalars: frozenset[str] = frozenset(),
    name: str = "formula",
) -> str:
    """The text of a self-contained Python function of the named arguments."""
    return joint_source((formula,), library, arguments, scalars, name, ending="")


def joint_source(
    formulas: tuple[Expression, ...],
    library: str,
    arguments: tuple[str, ...],
    scalars: frozenset[str] = frozenset(),
    name: str = "formula",
    ending: str = ",",
) -> str:
    """The text of a function that returns a tuple, one result a formula."""
    native = _NATIVE[library]

    def scalar(node: Expression) -> bool:
        return node.symbols() <= scalars

    def known(node: Expression) -> bool:
        return node.head in _OPERATORS or node.head in (_NATIVE["numpy"] if scalar(node) else native)

    def spell(node: Expression, written: tuple[Text, ...]) -> Text:
        if node.is_symbol or node.is_constant:
            return spell_leaf(node)
        if node.head in _OPERATORS:
            return Text(WORDS[node.head].python.format(*written), WORDS[node.head].binds)
        texts = [text.text for text in written]
        scalars = [scalar(child) for child in node.children]
        if node.head == "where" and scalars[0]:
            return Text(f"({texts[1]} if {texts[0]} else {texts[2]})")
        if all(scalars):
            imports.add("numpy")
            return Text(f"float(numpy.{node.head}({', '.join(texts)}))")
        imports.add(library)
        if library == "torch" and node.head == "where" and scalars[1] and scalars[2]:
            texts[1] = f"torch.tensor({texts[1]}, dtype=torch.float64)"  # two plain numbers would become float32
        if library == "torch" and node.head in ("maximum", "minimum") and any(scalars):
            bound, text = texts if scalars[0] else reversed(texts)
            return Text(f"torch.clamp({text}, {'min' if node.head == 'maximum' else 'max'}={bound})")
        return Text(f"{native[node.head]}({', '.join(texts)})")

    imports: set[str] = set()
    assignments, results = joint_statements([expand(formula, known) for formula in formulas], spell)
    lines = [*(f"{left} = {right}" for left, right in assignments), f"return {', '.join(results)}{ending}"]
    header = "".join(f"import {module}\n" for module in sorted(imports)) + "\n\n" * bool(imports)
    return f"{header}def {name}({', '.join(arguments)}):\n" + "".join(f"    {line}\n" for line in lines)


_ROW_VALUE = """\
    {inputs}
    return term({take}{extra})
"""
_ROW_GRADIENT = """\
    {inputs}
    p = {xp}.exp(log_p)
    true = target[..., None] == {xp}.arange(p.shape[-1])
    return term({take}{extra}){spread} * ({xp}.where(true, 1.0, 0.0) - p)
"""


def write(loss: Loss, library: str, order: int, given: str | None) -> str:
    """A Python function of the prediction, the target and the parameters; of a softmax loss, for class indices."""
    names = ("prediction", "target", *loss.parameters)
    scalars = frozenset(loss.parameters) if library != "jax" else frozenset()
    if loss.kind == "pointwise":
        return source(loss.formula(given, order), library, names, scalars, loss.__name__).rstrip()
    if order == 2 or (order == 1 and given != "logits"):
        raise ValueError(f"{loss.__name__}.code: {library} code of a softmax loss is its value, or its gradient from logits")
    name = "log_probability" if given == "logits" else "prediction"
    term = source(loss.formula(given, order), library, (name, *loss.parameters), scalars, "term")
    xp = {"numpy": "numpy", "torch": "torch", "jax": "jax.numpy"}[library]
    along = (
        "torch.take_along_dim({}, target[..., None], dim=-1)"
        if library == "torch"
        else f"{xp}.take_along_axis({{}}, target[..., None], axis=-1)"
    )
    log_softmax = {
        "numpy": "z = prediction - prediction.max(axis=-1, keepdims=True)\n"
        "    log_p = z - numpy.log(numpy.exp(z).sum(axis=-1, keepdims=True))",
        "torch": "log_p = torch.log_softmax(prediction, dim=-1)",
        "jax": "log_p = jax.nn.log_softmax(prediction, axis=-1)",
    }[library]
    body = (_ROW_GRADIENT if order else _ROW_VALUE).format(
        inputs=log_softmax if given == "logits" else "log_p = prediction",
        take=along.format("log_p") + "[..., 0]",
        spread="[..., None]" if name in loss.formula(given, order).symbols() else "",
        extra="".join(f", {parameter}" for parameter in loss.parameters),
        xp=xp,
    )
    header = "" if term.startswith("import") else f"import {library}\n\n\n"
    return f"{header}{term}\n\ndef {loss.__name__}({', '.join(names)}):\n{body}".rstrip()


def spell_leaf(node: Expression, infinity: str = 'float("inf")') -> Text:
    """A symbol or a number, as Python and JavaScript write it."""
    if node.is_symbol:
        return Text(node.name)
    text = repr(node.value).replace("inf", infinity)
    return Text(text, ATOM if node.value >= 0 else WORDS["negative"].binds)


def word(name: str) -> Callable[..., Any]:
    """A word as a function of numbers or of any library's arrays."""
    from lossary import backends

    def compute(*inputs: Any) -> Any:
        library = backends.name_of(*inputs)
        names = tuple("abc"[: len(inputs)])
        numbers = frozenset(n for n, value in zip(names, inputs, strict=True) if isinstance(value, (int, float)))
        formula = apply(name, *map(symbol, names))
        return compiled(formula, library, names, numbers if library == "torch" else frozenset())(*inputs)

    return compute
