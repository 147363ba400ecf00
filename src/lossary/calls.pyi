"""Types of what losses take and give, for type checkers only: there is no such module at run time."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override"

from collections.abc import Sequence
from typing import Any, Generic, Literal, Protocol, SupportsIndex, TypeAlias, TypedDict, TypeVar, overload

import numpy as np
from jax import Array as JaxArray
from numpy.typing import NDArray
from torch import Tensor

from lossary.reduction import Total

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
Number: TypeAlias = float | np.number[Any] | Tensor | JaxArray
Weights: TypeAlias = NDArray[Any] | Sequence[float] | Tensor | JaxArray
Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | list[int] | None
Reduced: TypeAlias = Literal["mean", "sum", "batchmean"]
Reduction: TypeAlias = Reduced | Literal["none"]
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
    label_smoothing: Number
    smoothing: Literal["uniform", "others"]
    z_loss: Number
    soft_cap: Number | None
    temperature: Number
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

class Calls:
    """How a loss is called."""

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
