"""What every array library must provide: one small protocol, implemented by the modules ``numpy``, ``torch`` and ``jax``.

The engine is written once against :class:`ArrayBackend`. Kernels read memory, so they need :class:`KernelArrays` as well, which
NumPy and torch on the CPU provide. To add a library, write a module with these functions and name it in ``select.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from lossary.formula.expression import Expression

Array = Any
"""An array of the backend's library."""
Dtype = Any


class ArrayBackend(Protocol):
    """Array operations of one library. Functions are quiet about overflow and NaN, whatever the user's settings."""

    name: str
    """"numpy", "torch" or "jax"."""
    xp: Any
    """The library's module of array functions (numpy, torch, jax.numpy)."""
    differentiable: bool
    """Whether the library differentiates programs."""

    # ---- input

    def array(self, value: Any, role: str) -> Array:
        """Return accepted input as an array, or raise TypeError that names its role."""

    def one_device(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Raise unless all arrays are on one device."""

    def readable(self, value: Any) -> bool:
        """Return whether values can be read now: not while tracing, and not on a GPU."""

    def learned(self, x: Array) -> bool:
        """Return whether an array may be differentiated, as far as can be told."""

    # ---- dtypes

    def kind(self, x: Array) -> str:
        """Return "float", "integer" or "bool"."""

    def compute_dtype(self, *values: Array) -> Dtype:
        """Return the dtype of the computation: the widest float of the arrays, at least float32."""

    def cast(self, x: Array, dtype: Dtype) -> Array:
        """Return the array in another dtype."""

    def scalar(self, x: Any, dtype: Dtype) -> Any:
        """Return a result, an array or a number, in a dtype."""

    def is_half(self, dtype: Dtype) -> bool:
        """Return whether a dtype has 16 bits."""

    def eps(self, dtype: Dtype) -> float:
        """Return the machine epsilon."""

    def signed(self, x: Array) -> bool:
        """Return whether integers have a sign."""

    def class_index(self, x: Array) -> Array:
        """Return integers as indices, in ``index_dtype``."""

    def index_dtype(self) -> Dtype:
        """Return the dtype of indices."""

    # ---- shapes

    def full(self, shape: tuple[int, ...], value: float, like: Array) -> Array:
        """Return an array of one value, in the dtype and on the device of another array."""

    def expand(self, x: Array, axis: int) -> Array:
        """Return the array with a new axis of length 1."""

    def move_axis(self, x: Array, source: int, destination: int) -> Array:
        """Return the array with an axis in another place."""

    def detached(self, x: Array) -> Array:
        """Return the array without its history of derivatives."""

    def placeholder(self, shape: tuple[int, ...], dtype: Dtype, like: Array) -> Any:
        """Return something of a shape and dtype that takes no memory."""

    # ---- rows of classes

    def take(self, x: Array, index: Array) -> Array:
        """Return one element of each row, by its index."""

    def one_hot(self, index: Array, classes: int, like: Array) -> Array:
        """Return rows of 0 with a 1 at the index; rows of 0 for an index that is no class."""

    def log_softmax(self, z: Array) -> Array:
        """Return the log-softmax along the last axis: differentiable, with all digits for confident rows."""

    def log_normalizer(self, z: Array) -> Array:
        """Return log Σ eᶻ along the last axis."""

    def max_and_rest(self, z: Array) -> tuple[Array, Array]:
        """Return the largest number of each row, and Σ e^(z - top) over all others."""

    def matvec(self, rows: Array, per_class: Array) -> Array:
        """Return the product of rows with one vector."""

    # ---- sums

    def sum_axes(self, x: Array, axes: tuple[int, ...]) -> Array:
        """Return sums along axes."""

    def total(self, x: Array) -> Any:
        """Return the sum of all elements in float64, over blocks of fixed size."""

    def multiply(self, a: Any, b: Any) -> Any:
        """Return a·b."""

    def divide(self, a: Any, b: Any) -> Any:
        """Return a/b."""

    # ---- array code of composed losses

    def argsort(self, x: Array, axis: int, descending: bool) -> Array:
        """Return the indices that sort along an axis; equal numbers keep their order."""

    def take_along_axis(self, x: Array, index: Array, axis: int) -> Array:
        """Return the elements of these indices along an axis."""

    def flip(self, x: Array, axis: int) -> Array:
        """Return the array in reverse order along an axis."""

    def cumsum(self, x: Array, axis: int) -> Array:
        """Return running sums along an axis, in the dtype of a float."""

    def logcumsumexp(self, x: Array, axis: int) -> Array:
        """Return log Σ eˣ of each element and those before it along an axis; differentiable where x is finite."""

    def cummax(self, x: Array, axis: int) -> Array:
        """Return running maxima along an axis."""

    def fold(self, step: Callable[..., Array], start: Array, arrays: Sequence[Array], axis: int) -> Array:
        """Return what a step makes of a start and the slices of arrays along an axis, one after another."""

    def concatenate(self, arrays: Sequence[Array], axis: int) -> Array:
        """Return arrays joined along an axis."""

    def arange(self, n: int, like: Array) -> Array:
        """Return the integers 0 … n - 1, in ``index_dtype``, on the device of another array."""

    # ---- formulas

    def evaluate(self, formula: Expression, values: Mapping[str, Any], like: Array) -> Array:
        """Return a formula of arrays and numbers, differentiable with derived derivatives of any order.

        The result has the shape of ``like``. A formula with words over components takes these along the last axis of ``like``;
        arrays with one number for each sample have length 1 there, and so has the result if the formula is of a sample.
        """


class KernelArrays(ArrayBackend, Protocol):
    """What kernels need besides: arrays whose memory they read and write."""

    def in_memory(self, x: Any) -> bool:
        """Return whether an array lies in this machine's memory, as plain numbers."""

    def size(self, x: Array) -> int:
        """Return the number of elements."""

    def dtype_name(self, dtype: Dtype) -> str:
        """Return the name of a dtype, such as "float32"."""

    def threads(self) -> int:
        """Return how many threads a kernel may use."""

    def address(self, x: Array) -> int:
        """Return the address of the first element."""

    def adjacent(self, x: Array) -> bool:
        """Return whether the elements lie side by side in the order of the axes."""

    def contiguous(self, x: Array) -> Array:
        """Return the array, or a copy whose elements lie side by side."""

    def layout(self, x: Array, axis: int) -> tuple[Array, tuple[int, int, int]]:
        """Return the array, or a copy, and the distances between neighbours before, along and after an axis."""

    def new(self, shape: tuple[int, ...], dtype: Dtype, out: Any = None, read: Sequence[Array] = ()) -> Array:
        """Return an array for results: ``out`` if it can take them, as it must not overlap what is read."""

    def empty_like(self, x: Array) -> Array:
        """Return an array for results of the shape and dtype of a contiguous one."""

    def number(self, value: float, dtype: Dtype) -> Any:
        """Return a number as the library returns costs."""

    def to_numpy(self, x: Array) -> Any:
        """Return a NumPy array of the same memory."""

    def from_numpy(self, x: Any) -> Array:
        """Return the library's array of the same memory."""

    def zeros(self, shape: tuple[int, ...], dtype: Dtype, like: Array) -> Array:
        """Return zeros."""


class DifferentiableArrays(ArrayBackend, Protocol):
    """What libraries provide that differentiate programs: torch and JAX."""

    def gradient(self, cost: Callable[[Array], Array], prediction: Array) -> Array:
        """Return the gradient of a function of one array, by the library's own means (for composed losses)."""
