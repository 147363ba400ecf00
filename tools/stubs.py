"""Write the type stubs of the losses from their definitions: ``make stubs``, after a loss was added or its parameters changed.

A type checker cannot see what a decorator makes of a definition. So each loss gets a class here with its own signature, and
results by the kind of array that goes in.
"""

from __future__ import annotations

import inspect
import math
import re
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import lossary
from lossary import losses
from lossary.engine.decorators import PROBABILITIES, Softmax
from lossary.engine.loss import Loss
from lossary.engine.options import COMMON

ROOT = Path(lossary.__file__).parent
HEADER = '''"""{doc}"""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"
'''
TYPES = {
    "given": "Given",
    "class_weight": "Weights | None",
    "ignore_index": "SupportsIndex | None",
    "smoothing": 'Literal["uniform", "others"]',
    "label_smoothing": "Number",
    "mixture": "Constant",
    "teacher_share": "Constant",
    "sample_weight": "Array | None",
    "soft_cap": "Number | None",
    "teacher_soft_cap": "Constant | None",
    "temperature": "Number",
    "z_loss": "Number",
    "reduction": "Reduction",
    "normalizer": "Number | None",
    "empty": "Empty",
    "check": "bool",
    "where": "Array | None",
    "chunk": 'int | Literal["auto"]',
    "process_group": "Any",
    "axis": "Axis",
    "returns": "Returns | tuple[()]",
    "over": 'Literal["sample", "batch"]',
}
"""Types of options whose default does not tell."""
LINEAR_TYPES = TYPES | {
    "label_smoothing": "Constant",
    "soft_cap": "Constant | None",
    "temperature": "Constant",
    "z_loss": "Constant",
}
"""The same of linear losses, whose numbers are not learned."""
LAYER = ("bias", "teacher_hidden", "teacher_weight", "teacher_bias")


def type_of(name: str, default: Any, types: Mapping[str, str] = TYPES) -> str:
    """The type of an option."""
    if name in types:
        return types[name]
    if name in LAYER:
        return "{array} | None"
    if isinstance(default, bool):
        return "bool"
    return "Number" if isinstance(default, (int, float)) else type(default).__name__ if isinstance(default, str) else "Any"


def written(default: Any) -> str:
    """A default as it stands in a signature."""
    return "..." if isinstance(default, float) and math.isinf(default) else repr(default)


def options_of(parameters: list[inspect.Parameter], of_samples: Collection[str] = (), types: Mapping[str, str] = TYPES) -> str:
    """The keyword-only options as they stand in a signature, each with a comma behind; some may have one value a sample."""

    def type_(p: inspect.Parameter) -> str:
        if p.name not in of_samples:
            return type_of(p.name, p.default, types)
        return "Parameter | None" if p.default is None else "Parameter"

    return "".join(f"{p.name}: {type_(p)} = {written(p.default)}, " for p in parameters)


def overloads(name: str, doc: str, variants: list[tuple[str, str]]) -> list[str]:
    """A method with one signature for each variant of arguments and result."""
    body = f'\n        r"""{doc}"""\n' if doc else " ...\n"
    lines = []
    for i, (arguments, result) in enumerate(variants):
        if len(variants) > 1:
            lines.append("    @overload\n")
        lines.append(f"    def {name}(self, {arguments}) -> {result}:".replace("*, **", "**"))
        lines.append(body if i == 0 else " ...\n")
    return lines


def methods(
    own: str, rest: str, returns: bool, doc: str, inputs: Sequence[str] = ("prediction", "target"), slopes_of: str = ""
) -> list[str]:
    """What every loss can be called for; ``own`` are its options, ``rest`` the common ones.

    ``slopes_of`` is the class of the gradients, where there are several predictions.
    """
    plain = "".join(f"{name}: Plain, " for name in inputs) + "*, "
    # groups of items may be ids of any kind, and in JAX they are NumPy arrays
    same = "".join(f"{name}: {'Any' if name == 'group' else 'A'}, " for name in inputs) + "*, "
    slopes_plain, slopes_same = (f"{slopes_of}[Floats]", f"{slopes_of}[A]") if slopes_of else ("Floats", "A")
    none = 'reduction: Literal["none"], '
    any_ = 'reduction: Reduction = "mean", '
    reduced = 'reduction: Reduced = "mean", '
    bare = own + ("returns: tuple[()] = (), " if returns else "")
    named = own + "returns: Returns, "

    def with_returns(found: list[tuple[str, str]], wrap: str) -> list[tuple[str, str]]:
        if not returns:
            return found
        return [
            *found,
            (f"{same}{named}{any_}{rest}", wrap.format(value="Result[A]", gradient="A")),
            (f"{plain}{named}{any_}{rest}", wrap.format(value="Result[Any]", gradient="Floats")),
        ]

    out = f"out: {'tuple[Floats, ...]' if slopes_of else 'Floats'} | None = None, "
    value = [
        (f"{plain}{bare}{none}{rest}", "Floats"),
        (f"{plain}{bare}{reduced}{rest}", "Float"),
        (f"{same}{bare}{any_}{rest}", "A"),
    ]
    both = [
        (f"{plain}{bare}{none}{out}{rest}", f"tuple[Floats, {slopes_plain}]"),
        (f"{plain}{bare}{reduced}{out}{rest}", f"tuple[Float, {slopes_plain}]"),
        (f"{same}{bare}{any_}{rest}", f"tuple[A, {slopes_same}]"),
    ]
    slopes = [(f"{plain}{own}{any_}{out}{rest}", slopes_plain), (f"{same}{own}{any_}{rest}", slopes_same)]
    curvature = [(f"{plain}{own}{any_}{rest}", slopes_plain), (f"{same}{own}{any_}{rest}", slopes_same)]
    total = "".join(f"{name}: Array, " for name in inputs) + f"*, {own}" + rest.replace("Options]", "TotalOptions]")
    return [
        *overloads("__call__", doc, with_returns(value, "{value}")),
        *overloads("gradient", "", slopes),
        *overloads("value_and_gradient", "", with_returns(both, "tuple[{value}, {gradient}]")),
        *overloads("curvature", "", curvature),
        *overloads("total", "", [(total, "Total")]),
    ]


def loss_class(name: str, loss: Loss) -> str:
    """The class of one loss, and the loss."""
    parameters = [p for p in loss.__signature__.parameters.values() if p.kind is p.KEYWORD_ONLY and p.name not in COMMON]
    listed = {**loss.choices, **({"given": loss.formulas.given} if loss.formulas.given else {})}
    words = {
        name: "bool" if isinstance(choices[0], bool) else f"Literal[{', '.join(map(repr, choices))}]"
        for name, choices in listed.items()
    }
    if loss.formulas.given == tuple(PROBABILITIES):
        del words["given"]
    own = options_of([p for p in parameters if p.name != "returns"], loss.parameters, TYPES | words)
    slopes_of, several = "", ""
    if len(loss.predictions) > 1:
        slopes_of = f"_{_camel(name)}Gradient"
        fields = "".join(f"    {prediction}: T\n" for prediction in loss.predictions)
        several = f"class {slopes_of}(NamedTuple, Generic[T]):\n{fields}\n"
    rest = "**options: Unpack[Options]"
    lines = methods(own, rest, isinstance(loss, Softmax), loss.definition.__doc__ or "", loss.inputs, slopes_of)
    return f"{several}class _{_camel(name)}(Loss):\n{''.join(lines)}\n{name}: Final[_{_camel(name)}]\n{_doc(loss)}"


def linear_class(name: str, loss: Any) -> str:
    """The class of one loss of a linear layer, and the loss."""
    found = list(loss.__signature__.parameters.values())
    leading = [p for p in found if p.kind is not p.KEYWORD_ONLY]
    options = [p for p in found if p.kind is p.KEYWORD_ONLY and p.name not in ("returns", "reduction")]
    own = options_of(options, types=LINEAR_TYPES)

    def variants(results: dict[str, str]) -> list[tuple[str, str]]:
        made = []
        for key, result in results.items():
            array, how = ("Plain", key[6:]) if key.startswith("plain") else ("A", key[2:])
            inputs = ", ".join(f"{p.name}: {array}" + (" | None = None" if p.default is None else "") for p in leading)
            kind = "Reduced" if key == "plain" else "Reduction"
            reduction = 'reduction: Literal["none"]' if how == "none" else f'reduction: {kind} = "mean"'
            returned = "returns: Returns" if how == "returns" else "returns: tuple[()] = ()"
            made.append((f"{inputs}, *, {own.replace('{array}', array)}{returned}, {reduction}", result))
        return made

    value = {"plain none": "Floats", "plain": "Float", "a": "A", "a returns": "Result[A]", "plain returns": "Result[Any]"}
    both = {key: f"tuple[{result}, Gradients[{'A' if key[0] == 'a' else 'Floats'}]]" for key, result in value.items()}
    lines = [
        *overloads("__call__", loss.__doc__ or "", variants(value)),
        *overloads("gradient", "", variants({"plain": "Gradients[Floats]", "a": "Gradients[A]"})),
        *overloads("value_and_gradient", "", variants(both)),
    ]
    return f"class _{_camel(name)}(LinearLoss):\n{''.join(lines)}\n{name}: Final[_{_camel(name)}]\n{_doc(loss)}"


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _doc(loss: Any) -> str:
    return f'r"""{loss.definition.__doc__ if isinstance(loss, Loss) else loss.__doc__}"""\n'


def once(loss: Any, apart: tuple[str, ...], types: Mapping[str, str] = TYPES) -> str:
    """The options of a loss but those apart, as keys of a TypedDict."""
    parameters = [p for p in loss.__signature__.parameters.values() if p.kind is p.KEYWORD_ONLY and p.name not in apart]
    return "".join(f"    {p.name}: {type_of(p.name, p.default, types)}\n" for p in parameters)


def calls() -> str:
    """The types that the stubs share, and the calls of a loss of which only the kind is known."""
    own = "".join(
        f"{name}: {type_}, "
        for name, type_ in {
            "weight": "Array | None = None",
            "where": "Array | None = None",
            "axis": "Axis = None",
            "normalizer": "Number | None = None",
            "empty": 'Empty = "nan"',
            "check": "bool = True",
        }.items()
    )
    doc = "The cost of predictions: by default the weighted mean of their losses."
    lines = methods(own, "**options: Any", False, doc)
    return (
        HEADER.format(doc="Types of what losses take and give, for type checkers only: there is no such module at run time.")
        + f'''
from collections.abc import Callable, Mapping, Sequence
from inspect import Signature
from typing import Any, Concatenate, Generic, Literal, Protocol, SupportsIndex, TypeAlias, TypedDict, TypeVar, overload

import numpy as np
from jax import Array as JaxArray
from numpy.typing import NDArray
from torch import Tensor

from lossary.engine.reduction import Total
from lossary.formula.expression import Expression
from lossary.formula.properties import Properties

class Frame(Protocol):
    """A column or table of pandas, Polars or Arrow."""

    def to_numpy(self, *args: Any, **kwargs: Any) -> Any: ...

A = TypeVar("A", Tensor, JaxArray)
T = TypeVar("T")
Plain: TypeAlias = NDArray[Any] | np.generic | float | Sequence[Any] | Frame
"""What is computed with as a NumPy array."""
Array: TypeAlias = Plain | Tensor | JaxArray
Floats: TypeAlias = NDArray[np.floating[Any]]
Float: TypeAlias = np.floating[Any]
Constant: TypeAlias = float | np.number[Any]
Number: TypeAlias = Constant | Tensor | JaxArray
Parameter: TypeAlias = Number | NDArray[Any] | Sequence[float]
"""A number, perhaps learned, or one value a sample."""
Weights: TypeAlias = NDArray[Any] | Sequence[float] | Tensor | JaxArray
Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | list[int] | None
Reduced: TypeAlias = Literal["mean", "sum", "batchmean"]
Reduction: TypeAlias = Reduced | Literal["none"]
What: TypeAlias = Literal["value", "gradient", "curvature"]
Empty: TypeAlias = Literal["nan", "zero", "raise"]
Given: TypeAlias = Literal[{", ".join(f'"{word}"' for word in PROBABILITIES)}]
Returned: TypeAlias = Literal["log_normalizer", "entropy", "accuracy", "token_losses"]
Returns: TypeAlias = tuple[Returned, *tuple[Returned, ...]] | list[Returned]

class TotalOptions(TypedDict, total=False):
    """Options that every loss has, for a total."""

    weight: Array | None
    where: Array | None
    axis: Axis
    check: bool

class Options(TotalOptions, total=False):
    """Options that every loss has."""

    normalizer: Number | None
    empty: Empty

class CrossEntropyOptions(TypedDict, total=False):
    """Options of the module lossary.torch.CrossEntropy that are given once."""

{once(losses.cross_entropy, ("class_weight", "weight", "where"))}
class LinearCrossEntropyOptions(TypedDict, total=False):
    """Options of the module lossary.torch.LinearCrossEntropy that are given once."""

{once(lossary.linear_cross_entropy, ("class_weight", "where", "sample_weight", *LAYER, "teacher_soft_cap"), LINEAR_TYPES)}
class Result(tuple[Any, ...], Generic[T]):
    """A cost, and what ``returns`` names."""

    loss: T
    log_normalizer: T
    entropy: T
    accuracy: T
    token_losses: T

class Gradients(tuple[Any, ...], Generic[T]):
    """The gradients of a linear layer's loss."""

    hidden: T
    weight: T
    bias: T

class Loss:
    """A loss: its value, gradient and curvature on any supported arrays, and its formula in any language."""

    __name__: str
    __signature__: Signature
    inputs: tuple[str, ...]
    """What a call takes by position: predictions, and last the target if there is one."""
    predictions: tuple[str, ...]
    """The inputs that get a gradient."""
    def __add__(self, other: Loss) -> Loss:
        """The sum of two losses that take the same inputs."""
    def __radd__(self, other: Literal[0]) -> Loss: ...
    def __mul__(self, factor: Constant) -> Loss:
        """A multiple of the loss."""
    def __rmul__(self, factor: Constant) -> Loss: ...
    def __sub__(self, other: Loss) -> Loss: ...
    def __neg__(self) -> Loss: ...
    def __truediv__(self, divisor: Constant) -> Loss: ...
    choices: Mapping[str, tuple[str | bool, ...]]
    """The parameters that are words, with the words that each may be, the default first."""
    @property
    def parameters(self) -> Mapping[str, Any]:
        """The loss's own parameters and their defaults; those that are words are its ``choices``."""
    @property
    def properties(self) -> Properties:
        """What is known of the loss: its kind, domains, convexity, minimiser."""
    def formula(self, given: str | None = None, order: int = 0, of: str | None = None) -> Expression:
        """The formula of one sample or component: its value, or a derivative with respect to the prediction."""
    def latex(self, what: What = "value", *, given: str | None = None, of: str | None = None, **choices: str | bool) -> str:
        """The formula of one sample as LaTeX: its value, its gradient or its curvature."""
    def mathml(self, what: What = "value", *, display: str = "inline", **options: Any) -> str:
        """The formula as MathML, which browsers draw; options as of latex."""
    def code(self, language: str, **options: Any) -> str:
        """The formula as source text, in "numpy", "torch", "jax", "numba", "javascript" or "sql", or as in "gradient:sql"."""
    def plot(self, **options: Any) -> Any:
        """A figure of the loss and its gradient, ``loss.plot(delta=3)``; options as of lossary.plots.loss."""
    def prepare(self, *inputs: Any, **options: Any) -> None:
        """Compile ahead what such calls will need."""
    def best_constant(
        self,
        target: Array,
        weight: Array | None = None,
        where: Array | None = None,
        *,
        given: str | None = None,
        classes: int | None = None,
        **parameters: Constant,
    ) -> Any:
        """The constant prediction with the least mean loss on these targets: a float, or one number for each class."""
    def problems(self, *inputs: Any, **options: Any) -> dict[str, NDArray[np.bool_]]:
        """What is invalid about the input: for each kind of problem that occurs, a mask over the samples."""
{"".join(lines)}
class LossOfInputs(Loss):
    """A loss of other inputs than a prediction and a target, whose names and number a type checker does not know."""

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The cost of predictions: by default the weighted mean of their losses."""
    def gradient(self, *inputs: Any, **options: Any) -> Any:
        """The gradients in the predictions, a named tuple."""
    def value_and_gradient(self, *inputs: Any, **options: Any) -> tuple[Any, Any]:
        """The cost and its gradients."""
    def curvature(self, *inputs: Any, **options: Any) -> Any:
        """The Hessian's diagonals in the predictions, a named tuple."""
    def total(self, *inputs: Any, **options: Any) -> Total:
        """An exact, mergeable total of the weighted losses."""

class Decorator(Protocol):
    """Makes a loss of a definition."""

    @overload
    def __call__(self, definition: Callable[Concatenate[Any, Any, Any, ...], Any], /) -> LossOfInputs: ...
    @overload
    def __call__(self, definition: Callable[..., Any], /) -> Loss: ...
'''
    )


NAMES = (
    *(
        "A",
        "Array",
        "Constant",
        "Empty",
        "Float",
        "Floats",
        "Given",
        "Gradients",
        "Loss",
        "Number",
        "Options",
        "Parameter",
        "Plain",
        "Reduced",
        "Reduction",
    ),
    *("Result", "Returns", "T", "TotalOptions", "Weights"),
)
"""What calls.pyi has for the other stubs."""


def imports(text: str, more: str) -> str:
    """The imports that a stub needs."""
    code = "\n".join(
        line for line in text.splitlines() if line.lstrip().startswith(("def ", "@overload", "class ")) or ": Final" in line
    )
    used = set(re.findall(r"\w+", code))
    words = [
        word
        for word in ("Any", "Final", "Generic", "Literal", "NamedTuple", "SupportsIndex", "Unpack", "overload")
        if word in used
    ]
    total = "from lossary.engine.reduction import Total\n" if "Total" in used else ""
    names = [name for name in NAMES if name in used]
    return f"\nfrom typing import {', '.join(words)}\n\nfrom lossary.engine.calls import {', '.join(names)}\n{more}{total}\n"


def stubs() -> dict[Path, str]:
    """The text of every stub, by its path in the package."""
    found = {Path("engine/calls.pyi"): calls()}
    found[Path("losses/__init__.pyi")] = table()
    for file, names in losses.LOSSES.items():
        if not names:
            continue
        body = "\n".join(loss_class(name, getattr(losses, name)) for name in names)
        head = HEADER.format(doc=import_module(f"lossary.losses.{file}").__doc__)
        found[Path("losses", f"{file}.pyi")] = head + imports(body, "") + body
    linear = import_module("lossary.linear_losses.losses")
    names = [name for name in linear.__all__ if isinstance(getattr(linear, name), linear.LinearLoss)]
    body = "\n".join(linear_class(name, getattr(linear, name)) for name in names)
    kinds = "from lossary.linear_losses.loss import LinearLoss as LinearLoss\n"
    function = 'def linear(loss: Loss) -> LinearLoss:\n    r"""' + (inspect.getdoc(linear.linear) or "") + '"""\n\n'
    found[Path("linear_losses/losses.pyi")] = (
        HEADER.format(doc=linear.__doc__) + imports(function + body, kinds) + function + body
    )
    return found


def table() -> str:
    """The names of all losses and of their aliases."""
    lines = ["from lossary.losses.find import registry as registry\n"]
    for file, names in losses.LOSSES.items():
        for name, aliases in names.items():
            lines += [f"from lossary.losses.{file} import {name} as {alias}\n" for alias in (name, *aliases)]
    for file, functions in losses.FUNCTIONS.items():
        lines += [f"from lossary.losses.{file} import {name} as {name}\n" for name in functions]
    public = sorted([*losses.__all__, *losses.ALIASES])
    tables = {"LOSSES": "dict[str, dict[str, tuple[str, ...]]]", "FIELDS": "dict[str, tuple[str, ...]]"}
    tables |= dict.fromkeys(("FUNCTIONS", "ELSEWHERE"), "dict[str, tuple[str, ...]]")
    tables |= {"ALIASES": "dict[str, str]", "NAMES": "frozenset[str]"}
    values = "".join(f"{name}: {kind}\n" for name, kind in tables.items())
    return HEADER.format(doc=losses.__doc__) + "".join(sorted(lines)) + f"\n__all__ = {public!r}\n\n{values}"


def formatted(text: str) -> str:
    """The text as ``ruff format`` has it."""
    settings = str(ROOT.parents[1] / "pyproject.toml")
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "stub.pyi", "--config", settings, "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    for path, text in stubs().items():
        (ROOT / path).write_text(formatted(text))
