"""Types of what losses take and give, for type checkers only: there is no such module at run time."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

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
Given: TypeAlias = Literal["logits", "probabilities", "log_probabilities"]
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

    given: Given
    ignore_index: SupportsIndex | None
    label_smoothing: Number
    smoothing: Literal["uniform", "others"]
    z_loss: Number
    soft_cap: Number | None
    temperature: Number
    returns: Returns | tuple[()]
    axis: Axis
    reduction: Reduction
    normalizer: Number | None
    empty: Empty
    check: bool

class LinearCrossEntropyOptions(TypedDict, total=False):
    """Options of the module lossary.torch.LinearCrossEntropy that are given once."""

    ignore_index: SupportsIndex | None
    label_smoothing: Constant
    smoothing: Literal["uniform", "others"]
    z_loss: Constant
    soft_cap: Constant | None
    temperature: Constant
    returns: Returns | tuple[()]
    reduction: Reduction
    normalizer: Number | None
    empty: Empty
    check: bool
    chunk: int | Literal["auto"]
    process_group: Any

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
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Literal["none"],
        **options: Any,
    ) -> Floats:
        r"""The cost of predictions: by default the weighted mean of their losses."""
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Reduced = "mean",
        **options: Any,
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Reduction = "mean",
        **options: Any,
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Any,
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Reduction = "mean",
        **options: Any,
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Any,
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Any,
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Reduction = "mean",
        **options: Any,
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Reduction = "mean",
        **options: Any,
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        reduction: Reduction = "mean",
        **options: Any,
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        weight: Array | None = None,
        where: Array | None = None,
        axis: Axis = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        **options: Any,
    ) -> Total: ...

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
