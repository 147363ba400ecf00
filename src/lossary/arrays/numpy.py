"""NumPy arrays, and all that turns into one: numbers, lists, pandas and Polars columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from lossary.arrays.layout import steps_around
from lossary.arrays.real import is_half as is_half
from lossary.arrays.real import real_array
from lossary.arrays.rows import from_top, others_of_softmax
from lossary.arrays.samples import shape_of
from lossary.formula.component_words import has_component_words
from lossary.formula.expression import Expression
from lossary.formula.languages.python import compiled
from lossary.kernels import pool
from lossary.kernels.threads import get_num_threads

name = "numpy"
xp = np
differentiable = False
_FLOAT32 = np.dtype(np.float32)


array = real_array


def one_device(name: str, arrays: Mapping[str, Any]) -> None:
    pass  # there is one


def kind(x: np.ndarray) -> str:
    return {"b": "bool", "i": "integer", "u": "integer"}.get(x.dtype.kind, "float")


def signed(x: np.ndarray) -> bool:
    return x.dtype.kind == "i"


def compute_dtype(*values: np.ndarray) -> np.dtype:
    floats = [_FLOAT32 if is_half(x.dtype) else x.dtype for x in values if kind(x) == "float"]
    return np.result_type(*floats).newbyteorder("=") if floats else np.dtype(np.float64)


def eps(dtype: np.dtype) -> float:
    return 2.0**-7 if dtype.name == "bfloat16" else float(np.finfo(dtype).eps)


def cast(x: np.ndarray, dtype: Any) -> np.ndarray:
    with np.errstate(all="ignore"):
        return x.astype(dtype, copy=False)


def class_index(x: np.ndarray) -> np.ndarray:
    return x.astype(np.int64, copy=False)


def index_dtype() -> np.dtype:
    return np.dtype(np.int64)


def full(shape: tuple[int, ...], value: float, like: np.ndarray) -> np.ndarray:
    return np.full(shape, value, like.dtype)


def evaluate(formula: Expression, values: Mapping[str, Any], like: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        numbers = frozenset(name for name, value in values.items() if isinstance(value, (int, float)))
        result = compiled(formula, "numpy", tuple(values), numbers)(*values.values())
        result = np.asarray(result, dtype=like.dtype)
        if any(result is value for value in values.values()):  # a formula may be one of its symbols
            result = result.copy()
        shape = shape_of(formula, values, like) if has_component_words(formula) else like.shape
        return result if result.shape == shape else np.full(shape, result)


def log_softmax(z: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        top, others = max_and_rest(z)
        # log Σ e^z = max + log1p(Σ of the others): the loss of a confident row keeps its digits instead of becoming 0
        return from_top(np, z, top) - np.log1p(others)[..., None]


def log_normalizer(z: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        top, others = max_and_rest(z)
        return top + np.log1p(others)


def max_and_rest(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(all="ignore"):
        place = z.argmax(axis=-1, keepdims=True)
        top = np.take_along_axis(z, place, axis=-1)[..., 0]
        e = np.exp(from_top(np, z, top))
        np.put_along_axis(e, place, 0, axis=-1)
        return top, others_of_softmax(np, top, e.sum(axis=-1))


def take(x: np.ndarray, index: np.ndarray) -> np.ndarray:
    return np.take_along_axis(x, index[..., None], axis=-1)[..., 0]


def one_hot(index: np.ndarray, classes: int, like: np.ndarray) -> np.ndarray:
    counted = (index >= 0) & (index < classes)
    rows = np.zeros((*index.shape, classes), like.dtype)
    if not classes:
        return rows
    np.put_along_axis(rows, np.where(counted, index, 0)[..., None], counted[..., None], -1)
    return rows


def expand(x: np.ndarray, axis: int) -> np.ndarray:
    return np.expand_dims(x, axis)


def move_axis(x: np.ndarray, source: int, destination: int) -> np.ndarray:
    return np.moveaxis(x, source, destination)


def sum_axes(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return x.sum(axis=axes)


def matvec(rows: np.ndarray, per_class: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return rows @ per_class


def total(x: np.ndarray) -> Any:
    with np.errstate(all="ignore"):
        return x.sum(dtype=np.longdouble if x.dtype == np.longdouble else np.float64)


def divide(a: Any, b: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.true_divide(a, b)


def multiply(a: Any, b: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.multiply(a, b)


def scalar(x: Any, dtype: np.dtype) -> Any:
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtype)[()]


def argsort(x: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    if not descending:
        return x.argsort(axis, kind="stable")
    # the last of equal numbers comes first in the reversed array, so reversing the result keeps their order
    return x.shape[axis] - 1 - np.flip(np.flip(x, axis).argsort(axis, kind="stable"), axis)


def take_along_axis(x: np.ndarray, index: np.ndarray, axis: int) -> np.ndarray:
    return np.take_along_axis(x, index, axis)


def flip(x: np.ndarray, axis: int) -> np.ndarray:
    return np.flip(x, axis)


def cumsum(x: np.ndarray, axis: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        return x.cumsum(axis)


def logcumsumexp(x: np.ndarray, axis: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        result: np.ndarray = np.logaddexp.accumulate(x, axis)
        return result


def cummax(x: np.ndarray, axis: int) -> np.ndarray:
    result: np.ndarray = np.maximum.accumulate(x, axis)
    return result


def fold(step: Callable[..., np.ndarray], start: np.ndarray, arrays: Sequence[np.ndarray], axis: int) -> np.ndarray:
    for slices in zip(*(np.moveaxis(x, axis, 0) for x in arrays), strict=True):
        start = step(start, *slices)
    return start


def concatenate(arrays: Sequence[np.ndarray], axis: int) -> np.ndarray:
    return np.concatenate([*arrays], axis)


def arange(n: int, like: np.ndarray) -> np.ndarray:
    return np.arange(n)


def readable(value: Any) -> bool:
    return True


def learned(x: np.ndarray) -> bool:
    return False


def threads() -> int:
    return get_num_threads()


def size(x: np.ndarray) -> int:
    return x.size


@cache
def dtype_name(dtype: np.dtype) -> str:
    return dtype.name


def contiguous(x: np.ndarray) -> np.ndarray:
    return x if x.flags.c_contiguous and x.dtype.isnative else np.ascontiguousarray(x, x.dtype.newbyteorder("="))


def layout(x: np.ndarray, axis: int) -> tuple[np.ndarray, tuple[int, int, int]]:
    if not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    steps = steps_around(x.shape, [stride // x.itemsize for stride in x.strides], axis)
    if steps is None or any(stride % x.itemsize for stride in x.strides):
        return layout(np.ascontiguousarray(x), axis)
    return x, steps


def address(x: np.ndarray) -> int:
    place: int = x.__array_interface__["data"][0]
    return place


def new(shape: tuple[int, ...], dtype: np.dtype, out: np.ndarray | None = None, read: Sequence[np.ndarray] = ()) -> np.ndarray:
    if out is not None and out.flags.c_contiguous and out.dtype.isnative and not any(np.may_share_memory(out, x) for x in read):
        return out
    return pool.empty(shape, dtype if dtype.isnative else dtype.newbyteorder("="))


def empty_like(x: np.ndarray) -> np.ndarray:
    return np.empty(x.shape, x.dtype if x.dtype.isnative else x.dtype.newbyteorder("="))


def number(value: float, dtype: np.dtype) -> Any:
    if dtype == _FLOAT32 and abs(value) > 3.4e38:  # NumPy would warn of an overflow
        with np.errstate(over="ignore"):
            return dtype.type(value)
    return dtype.type(value)


def to_numpy(x: np.ndarray) -> np.ndarray:
    return x


def detached(x: np.ndarray) -> np.ndarray:
    return x


def from_numpy(x: np.ndarray) -> np.ndarray:
    return x


def adjacent(x: np.ndarray) -> bool:
    return type(x) is np.ndarray and x.flags.c_contiguous


def placeholder(shape: tuple[int, ...], dtype: Any, like: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.zeros((), dtype), shape)


def zeros(shape: tuple[int, ...], dtype: Any, like: np.ndarray) -> np.ndarray:
    return np.zeros(shape, dtype)


def in_memory(x: np.ndarray) -> bool:
    return True
