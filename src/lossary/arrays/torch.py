"""torch tensors. Values are differentiable by autograd to any order, with the derived derivatives at each."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import torch

from lossary.arrays import torch_state
from lossary.arrays.layout import steps_around
from lossary.arrays.torch_formula import evaluate as evaluate
from lossary.arrays.torch_formula import log_normalizer as log_normalizer
from lossary.arrays.torch_formula import log_softmax as log_softmax
from lossary.arrays.torch_formula import max_and_rest as max_and_rest
from lossary.formula.expression import symbol
from lossary.kernels import pool

name = "torch"
xp = torch
differentiable = True
_BLOCK = 4096
_LARGEST_FLOAT32 = torch.finfo(torch.float32).max
PLAIN_TYPES = (torch.Tensor, torch.nn.Parameter)
_CPU = torch.device("cpu")  # whatever the default device is


def array(value: Any, role: str) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        remedy = "convert it with torch.as_tensor(…), on the same device"
        if isinstance(value, torch.nn.Module):
            remedy = "pass its tensors, such as layer.weight and bias=layer.bias"
        elif isinstance(value, (tuple, list)) and any(isinstance(x, torch.Tensor) for x in value):
            remedy = "pass one of the tensors in it"
        raise TypeError(f"{role} must be a torch tensor like the others; got {type(value).__name__}; {remedy}")
    if value.is_complex():
        raise TypeError(f"{role} must be an array of real numbers; got dtype {value.dtype}; pass .real or .abs()")
    if value.is_nested or value.is_quantized or value.layout is not torch.strided or type(value) not in PLAIN_TYPES:
        _refuse_unusual(value, role)
    return value


def _refuse_unusual(x: torch.Tensor, role: str) -> None:
    """Raise for tensors that torch cannot compute losses of: nested, quantized and sparse ones, and fake ones out of place."""
    if x.is_nested:
        raise TypeError(
            f"{role} must be a tensor of one shape; got a nested tensor; pad it by torch.nested.to_padded_tensor(x, 0.0), and "
            "leave the padding out by where="
        )
    if x.is_quantized:
        raise TypeError(f"{role} must hold plain numbers; got dtype {x.dtype}; pass .dequantize()")
    if x.layout is not torch.strided:
        raise TypeError(f"{role} must be a dense tensor; got layout {x.layout}; pass .to_dense()")
    if type(x).__name__ == "FakeTensor" and not torch_state.in_dispatch_mode() and not torch.compiler.is_compiling():
        raise TypeError(f"{role} must be a tensor with numbers; got a FakeTensor; call this within its FakeTensorMode")


def one_device(name: str, arrays: Mapping[str, Any]) -> None:
    """Raise unless all tensors are on the device of the first; numbers without axes may be on the CPU."""
    first, others = None, {role: x for role, x in arrays.items() if isinstance(x, torch.Tensor)}
    for role, x in others.items():
        first = first or role
        device = others[first].device
        if x.device != device and not (x.ndim == 0 and x.is_cpu):
            remedy = "give it its numbers first" if x.is_meta or device.type == "meta" else f"pass {role}.to({first}.device)"
            raise ValueError(f"{name}: all tensors are on one device; got {first} on {device}, {role} on {x.device}; {remedy}")


def kind(x: torch.Tensor) -> str:
    if x.is_floating_point():
        return "float"
    return "bool" if x.dtype == torch.bool else "integer"


def signed(x: torch.Tensor) -> bool:
    return x.dtype.is_signed


def compute_dtype(*values: torch.Tensor) -> torch.dtype:
    result = None
    for x in values:
        if x.is_floating_point():
            dtype = torch.float32 if is_half(x.dtype) else x.dtype
            result = dtype if result is None else torch.promote_types(result, dtype)
    default = torch.get_default_dtype()
    return result if result is not None else torch.float32 if is_half(default) else default


def is_half(dtype: torch.dtype) -> bool:
    return dtype in (torch.float16, torch.bfloat16)


def eps(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).eps


def cast(x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return x if x.dtype == dtype else x.to(dtype)  # which takes 0.7 µs to return x


def class_index(x: torch.Tensor) -> torch.Tensor:
    return x.to(torch.int64)


def index_dtype() -> torch.dtype:
    return torch.int64


def full(shape: tuple[int, ...], value: float, like: torch.Tensor) -> torch.Tensor:
    return torch.full(shape, value, dtype=like.dtype, device=like.device)


def take(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return x.gather(-1, index[..., None])[..., 0]  # take_along_dim would tie a graph of torch.compile to this size


def one_hot(index: torch.Tensor, classes: int, like: torch.Tensor) -> torch.Tensor:
    counted = (index >= 0) & (index < classes)
    zeros = torch.zeros((*index.shape, classes), dtype=like.dtype, device=index.device)
    if not classes:
        return zeros
    return zeros.scatter(-1, torch.where(counted, index, 0)[..., None], counted[..., None].to(like.dtype))


def expand(x: torch.Tensor, axis: int) -> torch.Tensor:
    return x.unsqueeze(axis)


def move_axis(x: torch.Tensor, source: int, destination: int) -> torch.Tensor:
    return x.movedim(source, destination)


def sum_axes(x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return x.sum(axes) if axes else x


def matvec(rows: torch.Tensor, per_class: torch.Tensor) -> torch.Tensor:
    with as_it_is(rows):
        return rows @ per_class


def as_it_is(x: torch.Tensor) -> contextlib.AbstractContextManager[Any]:
    """Products in the dtype of what is multiplied, also under ``torch.autocast``."""
    device = x.device.type
    rounding = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
    return torch.autocast(device, enabled=False) if rounding else contextlib.nullcontext()


def total(x: torch.Tensor) -> torch.Tensor:
    # one thread sums a block, so the result does not depend on how many there are
    flat = x.reshape(-1)
    # a GPU's sum is always the same; a compiler or a trace leaves the size open, which a loop would settle
    if flat.is_cuda or type(flat.shape[0]) is not int:
        return flat.sum(dtype=torch.float64)
    while flat.shape[0] > _BLOCK:
        whole = flat.shape[0] // _BLOCK * _BLOCK
        blocks = flat[:whole].reshape(-1, _BLOCK).sum(1, dtype=torch.float64)
        flat = torch.cat([blocks, flat[whole:].sum(dtype=torch.float64).reshape(1)])
    return flat.sum(dtype=torch.float64)


def divide(a: torch.Tensor, b: Any) -> torch.Tensor:
    if torch_state.in_forward_mode():  # torch's own rule multiplies by the tangents of constants, which are 0
        return evaluate(_QUOTIENT, {"a": a, "b": b}, a)
    return a / b


_QUOTIENT = symbol("a") / symbol("b")


def multiply(a: torch.Tensor, b: Any) -> torch.Tensor:
    return a * b


def scalar(x: Any, dtype: torch.dtype) -> torch.Tensor:
    return torch.as_tensor(x).to(dtype)


def argsort(x: torch.Tensor, axis: int, descending: bool) -> torch.Tensor:
    return x.argsort(dim=axis, descending=descending, stable=True)


def take_along_axis(x: torch.Tensor, index: torch.Tensor, axis: int) -> torch.Tensor:
    return torch.take_along_dim(x, index, axis)


def cumsum(x: torch.Tensor, axis: int) -> torch.Tensor:
    return x.cumsum(axis)


def logcumsumexp(x: torch.Tensor, axis: int) -> torch.Tensor:
    return x.logcumsumexp(axis)


def cummax(x: torch.Tensor, axis: int) -> torch.Tensor:
    return x.cummax(axis).values


def fold(step: Callable[..., torch.Tensor], start: torch.Tensor, arrays: Sequence[torch.Tensor], axis: int) -> torch.Tensor:
    for slices in zip(*(x.unbind(axis) for x in arrays), strict=True):
        start = step(start, *slices)
    return start


def concatenate(arrays: Sequence[torch.Tensor], axis: int) -> torch.Tensor:
    return torch.cat([*arrays], axis)


def flip(x: torch.Tensor, axis: int) -> torch.Tensor:
    return x.flip(axis)


def arange(n: int, like: torch.Tensor) -> torch.Tensor:
    return torch.arange(n, device=like.device)


def readable(value: Any) -> bool:
    if torch.compiler.is_compiling() or torch_state.in_transform():
        return False
    return in_memory(value)


def learned(x: torch.Tensor) -> bool:
    return x.requires_grad or torch_state.in_forward_mode() or torch_state.in_transform()


def gradient(cost: Any, prediction: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = torch.func.grad(cost)(prediction)
    return result


# ---- what kernels need


size = torch.Tensor.numel


@cache
def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def threads() -> int:
    return torch.get_num_threads()


def contiguous(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous().resolve_neg()


def layout(x: torch.Tensor, axis: int) -> tuple[torch.Tensor, tuple[int, int, int]]:
    x = x.resolve_neg()
    steps = steps_around(x.shape, x.stride(), axis)
    return layout(x.contiguous(), axis) if steps is None else (x, steps)


address = torch.Tensor.data_ptr
empty_like = torch.empty_like


def new(shape: tuple[int, ...], dtype: torch.dtype, out: None = None, read: Sequence[torch.Tensor] = ()) -> torch.Tensor:
    if math.prod(shape) * dtype.itemsize < pool.SMALLEST:
        return torch.empty(shape, dtype=dtype, device=_CPU)
    stand_in = {2: np.int16, 4: np.float32, 8: np.float64}[dtype.itemsize]
    return torch.from_numpy(pool.empty(shape, stand_in)).view(dtype)


def number(value: float, dtype: torch.dtype) -> torch.Tensor:
    if dtype is torch.float32 and -_LARGEST_FLOAT32 <= value <= _LARGEST_FLOAT32:
        return torch.from_numpy(np.array(value, np.float32))  # in two thirds of scalar_tensor's time
    if dtype is not torch.float32:
        return torch.scalar_tensor(value, dtype=dtype, device=_CPU)
    with np.errstate(over="ignore"):  # torch raises where others round to infinity, of which NumPy warns
        return torch.from_numpy(np.array(value, np.float32))


def to_numpy(x: torch.Tensor) -> np.ndarray:
    return x.numpy(force=True) if x.requires_grad else x.numpy()


def from_numpy(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(x)


def adjacent(x: torch.Tensor) -> bool:
    return type(x) in PLAIN_TYPES and x.is_contiguous() and not x.is_neg()


def detached(x: torch.Tensor) -> torch.Tensor:
    return x.detach() if x.requires_grad else x


def placeholder(shape: tuple[int, ...], dtype: torch.dtype, like: torch.Tensor) -> torch.Tensor:
    return torch.empty((), dtype=dtype, device=like.device).expand(shape)


def zeros(shape: tuple[int, ...], dtype: torch.dtype, like: torch.Tensor) -> torch.Tensor:
    return torch.zeros(shape, dtype=dtype, device=like.device)


def in_memory(x: Any) -> bool:
    plain = type(x) in PLAIN_TYPES and x.is_cpu and x.layout is torch.strided
    return plain and not (x.is_nested or x.is_quantized or x._is_zerotensor())
