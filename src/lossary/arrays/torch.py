"""torch tensors. Values are differentiable by autograd to any order, with the derived derivatives at each."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch.autograd import forward_ad

from lossary import log
from lossary.arrays import from_top, others_of_softmax, run_node
from lossary.engine import plans
from lossary.engine.logit_options import result
from lossary.formula.derivative import derivative
from lossary.formula.expression import Expression, symbol
from lossary.formula.languages import python as arrays
from lossary.kernels import gpu, pool

if TYPE_CHECKING:
    from lossary.engine.call import Call, Request
    from lossary.engine.loss import Loss

xp = torch
differentiable = True
_BLOCK = 4096
_LARGEST_FLOAT32 = torch.finfo(torch.float32).max
_PLAIN = (torch.Tensor, torch.nn.Parameter)
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
    if value.is_nested or value.is_quantized or value.layout is not torch.strided or type(value) not in _PLAIN:
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
    if type(x).__name__ == "FakeTensor" and not torch._C._len_torch_dispatch_stack() and not torch.compiler.is_compiling():
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
    return x.to(dtype)


def class_index(x: torch.Tensor) -> torch.Tensor:
    return x.to(torch.int64)


def index_dtype() -> torch.dtype:
    return torch.int64


def full(shape: tuple[int, ...], value: float, like: torch.Tensor) -> torch.Tensor:
    return torch.full(shape, value, dtype=like.dtype, device=like.device)


@cache
def _function(formula: Expression, names: tuple[str, ...], scalars: frozenset[str]) -> Any:
    """A formula as an autograd function whose derivatives are again such functions, derived when first needed."""
    forward_formula = arrays.compiled(formula, "torch", names, scalars)

    def pulled(u: torch.Tensor | None, inputs: list[Any], position: int) -> torch.Tensor | None:
        """A tangent or cotangent times the slope in one input; None for 0."""
        slope = derivative(formula, names[position])
        if u is None or slope.is_zero:  # 0 also if u is infinite
            return None
        used = (
            slope.symbols()
        )  # what it does not depend on must not give it a tangent of 0, which counts beside an infinite one
        return _times(u, evaluate(slope, {name: x for name, x in zip(names, inputs, strict=True) if name in used}))

    class Formula(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(*inputs: Any) -> torch.Tensor:
            like = _widest(inputs)
            result = forward_formula(*inputs)
            if not isinstance(result, torch.Tensor):
                return torch.full_like(like, result)
            result = result.to(like.dtype)
            if any(result is x for x in inputs):  # a formula may be one of its symbols
                return result.clone()
            return result if result.shape == like.shape else result.expand(like.shape).clone()

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            tensors = [x for x in inputs if isinstance(x, torch.Tensor)]
            ctx.save_for_backward(*tensors)
            ctx.save_for_forward(*tensors)
            ctx.numbers = [None if isinstance(x, torch.Tensor) else x for x in inputs]
            ctx.set_materialize_grads(False)  # an input without a tangent is left out: its slope may be infinite

        @staticmethod
        def backward(ctx: Any, *cotangents: torch.Tensor | None) -> Any:
            (cotangent,) = cotangents
            inputs = _inputs(ctx, ctx.saved_tensors)  # once: non-reentrant checkpoints refuse to be unpacked again
            found = [pulled(cotangent if needed else None, inputs, i) for i, needed in enumerate(ctx.needs_input_grad)]
            return tuple(None if u is None else u.sum_to_size(x.shape) for u, x in zip(found, inputs, strict=True))

        @staticmethod
        @_forward_rule
        def jvp(ctx: Any, saved: list[torch.Tensor], *tangents: torch.Tensor | None) -> Any:
            inputs = _inputs(ctx, saved)
            parts = [t for i, tangent in enumerate(tangents) if (t := pulled(tangent, inputs, i)) is not None]
            return sum(parts[1:], parts[0]) if parts else torch.zeros_like(_widest(inputs))

    return Formula.apply


def _widest(inputs: Sequence[Any]) -> torch.Tensor:
    """The tensor among the inputs that has the most axes, whose shape the result has."""
    return max((x for x in inputs if isinstance(x, torch.Tensor)), key=lambda x: x.ndim)


def _inputs(ctx: Any, saved: Sequence[torch.Tensor]) -> list[Any]:
    tensors = iter(saved)
    return [next(tensors) if number is None else number for number in ctx.numbers]


def _times(u: torch.Tensor, slope: Any) -> torch.Tensor:
    """A tangent or cotangent times a slope; 0 times an infinite slope is 0."""
    return u * (slope.masked_fill((u == 0) & slope.isinf(), 0.0) if isinstance(slope, torch.Tensor) else slope)


def _forward_rule(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule of forward mode that may itself be differentiated in forward mode.

    torch switches that mode off within such a rule, which would make all derivatives of second order 0. Switched on again, what
    was saved still carries the tangents that the rule is about; those of outer derivatives stay when these are taken off.
    """

    @functools.wraps(rule)
    def jvp(ctx: Any, *tangents: torch.Tensor | None) -> Any:
        functorch = torch._C._functorch
        if any(x is not None and functorch.is_batchedtensor(x) for x in (*ctx.saved_tensors, *tangents)):
            # within vmap, tangents cannot be taken off
            levels = [level.key() for level in functorch.get_interpreter_stack() or ()]
            if levels.count(functorch.TransformType.Jvp) > 1:
                raise NotImplementedError(
                    "forward mode over forward mode of a function that calls torch.func.vmap has no second derivatives here; "
                    "put vmap outside, or use torch.func.jacrev for one of the two"
                )
            return rule(ctx, ctx.saved_tensors, *tangents)
        with forward_ad._set_fwd_grad_enabled(True):
            primals = [forward_ad.unpack_dual(x).primal for x in ctx.saved_tensors]
            return rule(ctx, primals, *(None if t is None else forward_ad.unpack_dual(t).primal for t in tangents))

    return jvp


def evaluate(formula: Expression, values: Mapping[str, Any], like: torch.Tensor | None = None) -> Any:
    scalars = frozenset(name for name, value in values.items() if not isinstance(value, torch.Tensor))
    function = _function if len(scalars) < len(values) else _number  # numbers alone make a number
    return function(formula, tuple(values), scalars)(*values.values())


def _number(formula: Expression, names: tuple[str, ...], scalars: frozenset[str]) -> Any:
    return arrays.compiled(formula, "torch", names, scalars)


class _LogSoftmax(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(z: torch.Tensor) -> torch.Tensor:
        top, others = top_and_others(z)
        # log Σ e^z = max + log1p(Σ of the others): the loss of a confident row keeps its digits instead of becoming 0
        return from_top(torch, z, top) - torch.log1p(others)[..., None]

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
        (log_p,) = ctx.saved_tensors
        u = cotangents[0]
        # u - p Σu, arranged as u (1 - p) - p (Σu - u): no p - 1 that cancels for a confident row
        return u * -torch.expm1(log_p) - torch.exp(log_p) * (u.sum(-1, keepdim=True) - u)

    @staticmethod
    @_forward_rule
    def jvp(ctx: Any, saved: list[torch.Tensor], tangent: torch.Tensor) -> torch.Tensor:
        (log_p,) = saved
        spread = torch.exp(log_p) * tangent
        return tangent * -torch.expm1(log_p) - (spread.sum(-1, keepdim=True) - spread)


class _LogNormalizer(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(z: torch.Tensor) -> torch.Tensor:
        top, others = top_and_others(z)
        return top + torch.log1p(others)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
        p = torch.exp(log_softmax(*ctx.saved_tensors))
        return torch.where(p == 0, 0, p * cotangents[0][..., None])  # 0·∞ = 0, where log Z is infinite

    @staticmethod
    @_forward_rule
    def jvp(ctx: Any, saved: list[torch.Tensor], tangent: torch.Tensor) -> torch.Tensor:
        p = torch.exp(log_softmax(*saved))
        return torch.where(p == 0, 0, p * tangent).sum(-1)


def log_softmax(z: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = _LogSoftmax.apply(z)
    return result


def log_normalizer(z: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = _LogNormalizer.apply(z)
    return result


def top_and_others(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    top, place = z.max(-1)
    others = from_top(torch, z, top).exp().scatter(-1, place[..., None], 0.0).sum(-1)
    return top, others_of_softmax(torch, top, others)


def take(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return x.gather(-1, index[..., None])[..., 0]  # take_along_dim would tie a graph of torch.compile to this size


def one_hot(index: torch.Tensor, classes: int, like: torch.Tensor) -> torch.Tensor:
    return (index[..., None] == torch.arange(classes, device=index.device)).to(like.dtype)


def expand(x: torch.Tensor, axis: int) -> torch.Tensor:
    return x.unsqueeze(axis)


def move_axis(x: torch.Tensor, source: int, destination: int) -> torch.Tensor:
    return x.movedim(source, destination)


def add_up(x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return x.sum(axes) if axes else x


def weighed(rows: torch.Tensor, per_class: torch.Tensor) -> torch.Tensor:
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
    if forward_ad._current_level >= 0:  # torch's own rule multiplies by the tangents of constants, which are 0
        return evaluate(_QUOTIENT, {"a": a, "b": b}, a)
    return a / b


_QUOTIENT = symbol("a") / symbol("b")


def multiply(a: torch.Tensor, b: Any) -> torch.Tensor:
    return a * b


def scalar(x: Any, dtype: torch.dtype) -> torch.Tensor:
    return torch.as_tensor(x).to(dtype)


def readable(value: Any) -> bool:
    if torch.compiler.is_compiling() or torch._C._functorch.peek_interpreter_stack() is not None:
        return False
    return _is_memory(value)


def learned(x: torch.Tensor) -> bool:
    return x.requires_grad or forward_ad._current_level >= 0 or torch._C._functorch.peek_interpreter_stack() is not None


def gradient(cost: Any, prediction: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = torch.func.grad(cost)(prediction)
    return result


@torch.compiler.allow_in_graph
def in_graph(key: int, arguments: tuple[Any, ...], names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A whole function as one node of a graph; ``torch.compile`` takes plain functions of tensors and constants only."""
    return run_node(key, arguments, names, values)


@torch.compiler.disable
def out_of_graph(key: int, arguments: tuple[Any, ...], names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A whole function, which the compiler leaves alone."""
    return run_node(key, arguments, names, values)


# ---- what kernels need

_HERE = sys.modules[__name__]


def size(x: torch.Tensor) -> int:
    return x.numel()


@cache
def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def threads() -> int:
    return torch.get_num_threads()


def contiguous(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous().resolve_neg()


def layout(x: torch.Tensor, axis: int) -> tuple[torch.Tensor, tuple[int, int, int]]:
    x = x.resolve_neg()
    steps = plans.steps(x.shape, x.stride(), axis)
    return layout(x.contiguous(), axis) if steps is None else (x, steps)


def address(x: torch.Tensor) -> int:
    return x.data_ptr()


def new(shape: tuple[int, ...], dtype: torch.dtype, out: None = None, read: Sequence[torch.Tensor] = ()) -> torch.Tensor:
    small = math.prod(shape) * dtype.itemsize < pool.SMALLEST
    if small and read and read[0].dtype is dtype and read[0].shape == shape and read[0].is_contiguous():
        return torch.empty_like(read[0])  # faster
    if small:
        return torch.empty(shape, dtype=dtype, device=_CPU)
    stand_in = {2: np.int16, 4: np.float32, 8: np.float64}[dtype.itemsize]
    return torch.from_numpy(pool.empty(shape, stand_in)).view(dtype)


def number(value: float, dtype: torch.dtype) -> torch.Tensor:
    if abs(value) > _LARGEST_FLOAT32 and dtype is torch.float32:  # torch raises where others round to infinity
        with np.errstate(over="ignore"):
            value = float(np.float32(value))
    return torch.scalar_tensor(value, dtype=dtype, device=_CPU)


def to_numpy(x: torch.Tensor) -> np.ndarray:
    return (x.detach() if x.requires_grad else x).numpy()


def from_numpy(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(x)


def adjacent(x: torch.Tensor) -> bool:
    return type(x) in _PLAIN and x.is_contiguous() and not x.is_neg()


def detached(x: torch.Tensor) -> torch.Tensor:
    return x.detach() if x.requires_grad else x


def placeholder(shape: tuple[int, ...], dtype: torch.dtype, like: torch.Tensor) -> torch.Tensor:
    return torch.empty((), dtype=dtype, device=like.device).expand(shape)


def zeros(shape: tuple[int, ...], dtype: torch.dtype, like: torch.Tensor) -> torch.Tensor:
    return torch.zeros(shape, dtype=dtype, device=like.device)


def in_memory(x: torch.Tensor) -> bool:
    return _is_memory(x)


_FEW_ROWS = 256
_PIECE = 1 << 18
"""Numbers of a product that are computed at a time where it has few rows and many columns: they stay in the cache."""


def product(a: torch.Tensor, b: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    shape = a.shape[0], b.shape[1]
    out = new(shape, a.dtype) if a.is_cpu else a.new_empty(shape)
    step = _PIECE // max(1, a.shape[0])
    if a.is_cpu and 0 < a.shape[0] <= _FEW_ROWS and b.shape[1] > step and b.stride(0) == 1:
        # MKL is up to twice as fast at bᵀaᵀ, which has many rows and few columns
        for begin in range(0, b.shape[1], step):
            piece = slice(begin, begin + step)
            out[:, piece] = torch.mm(b[:, piece].T, a.T).T
        return out if bias is None else out.add_(bias)
    return torch.mm(a, b, out=out) if bias is None else torch.addmm(bias.to(a.dtype), a, b, out=out)


def add_product(total: torch.Tensor | None, slopes: torch.Tensor, hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    if multiplies_halves(slopes, weight):
        more = product_of_halves(slopes.T, hidden.to(weight.dtype), None)
        return more if total is None else total.add_(more)
    if total is not None:
        return total.addmm_(slopes.T, hidden)
    shape = slopes.shape[1], hidden.shape[1]
    return torch.mm(slopes.T, hidden, out=new(shape, slopes.dtype) if slopes.is_cpu else slopes.new_empty(shape))


def multiplies_halves(x: torch.Tensor, weight: torch.Tensor) -> bool:
    # a GPU multiplies bfloat16 many times as fast and adds up in float32; float16 would lose slopes below 6e-8
    return weight.dtype == torch.bfloat16 and x.is_cuda


def product_of_halves(a: torch.Tensor, b: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    out = torch.mm(a.to(b.dtype), b, out_dtype=torch.float32)
    return out if bias is None else out.add_(bias)


def fused_losses(loss: Loss, call: Call) -> Any:
    return None if _is_watched() or not all(map(_is_memory, call.arrays())) else plans.losses(loss, call)


def fused(loss: Loss, request: Request, operation: str, prediction: Any, target: Any, out: None) -> Any:
    tracked, on_gpu = torch.is_grad_enabled(), gpu.serves(prediction)
    fits = _is_on_gpu if on_gpu else _is_memory
    if not (fits(prediction) and fits(target)) or (tracked and target.requires_grad) or _is_watched():
        log.because("tensor subclasses, other devices, learned targets, torch.func and torch.compile have no kernel")
        return None
    if not request.plain:
        for x in (request.weight, request.where, request.own.get("class_weight")):
            if isinstance(x, torch.Tensor) and not (fits(x) and not (tracked and x.requires_grad)):
                log.because("weights that are learned, or not plain tensors where the prediction is, have no kernel")
                return None
        normalizer = request.reduction.normalizer
        if on_gpu and tracked and isinstance(normalizer, torch.Tensor) and normalizer.requires_grad:
            log.because("a learned normalizer has no kernel")
            return None
    tied = tracked and prediction.requires_grad
    training = tied and operation == "value"
    # float16 is trained with scaled costs, for which a gradient that is rounded already would have to be computed again
    early = training and request.reduction.how != "none" and prediction.dtype != torch.float16
    asked = "value_and_gradient" if early else operation
    if on_gpu:
        from lossary.engine import torch_gpu

        if training:
            again = _Again(loss, request, operation, () if request.plain else tuple(plans.given(request)))
            found = torch_gpu.train(loss, request, prediction, target, again)
        else:
            found = torch_gpu.answer(loss, request, operation, prediction, target)
        if found is None:
            log.because("on a GPU only the cross-entropy of logits has a kernel")
            return None
        log.served(loss.__name__, operation, prediction, target, "a Triton kernel", "the tensors are on a GPU")
        if training:
            return found
    else:
        found = plans.answer(loss, _HERE, request, asked, prediction, target, training=training)
    if found is None:
        return None
    if not tied:
        return found if operation == "value_and_gradient" else found[operation != "value"]
    more = () if request.plain else tuple(plans.given(request))
    again = _Again(loss, request, operation, more)
    returns = request.own.get("returns", ())
    value, gradient = found
    values = value if returns else () if value is None else (value,)
    if early:
        answer = _tie_early(prediction, target, tuple(values), gradient, again)
        return result(returns)(*answer) if returns else answer[0]
    answer = _tie_late(prediction, target, (*values, *(() if gradient is None else (gradient,))), again)
    if returns:
        answer = result(returns)(*answer[: len(values)]), *answer[len(values) :]
    return answer if operation == "value_and_gradient" else answer[0]


def _is_watched() -> bool:
    """Whether a transform, a compiler or a trace follows what happens to tensors."""
    return (
        torch._C._functorch.peek_interpreter_stack() is not None
        or forward_ad._current_level >= 0
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._is_tracing()
        or torch.compiler.is_compiling()
    )


def _is_memory(x: Any) -> bool:
    """Whether it is a tensor of numbers in this machine's memory, and nothing else."""
    plain = type(x) in _PLAIN and x.is_cpu and x.layout is torch.strided
    return plain and not (x.is_nested or x.is_quantized or x._is_zerotensor())


def _is_on_gpu(x: Any) -> bool:
    return type(x) in _PLAIN and gpu.serves(x) and x.layout is torch.strided


class _Again(NamedTuple):
    """How to compute outputs again."""

    loss: Loss
    request: Request
    operation: str
    more: tuple[Any, ...]
    """The arrays among the options, which torch is to watch for changes."""

    def differentiate(self, prediction: Any, target: Any, cotangents: tuple[torch.Tensor | None, ...]) -> torch.Tensor:
        """The gradient of the outputs, by the plain computation: differentiable where gradients are tracked."""
        tracked = torch.is_grad_enabled()
        with torch.enable_grad():
            x = prediction if tracked else prediction.detach().requires_grad_()
            call = self.loss.read(self.request, _HERE, x, target)
            outputs = _flat(self.loss.answer_plainly(call, self.operation))
            asked = [(y, u) for y, u in zip(outputs, cotangents, strict=True) if u is not None and y.requires_grad]
            if not asked:
                return torch.zeros_like(prediction)
            return torch.autograd.grad([y for y, _ in asked], x, [u for _, u in asked], create_graph=tracked)[0]

    def slopes(self, prediction: Any, target: Any, cotangent: torch.Tensor) -> torch.Tensor | None:
        """The gradient of a cost, or of losses with a cotangent each, if a kernel serves; in half precision rounded once."""
        if self.operation != "value" or not readable(cotangent) or _is_batch(cotangent):
            return None
        request, factor = self.request, 1.0
        reduced = request.reduction.how != "none"
        if bool((cotangent == 0).any()):  # a product as in all of autograd: 0 times NaN is NaN, which a weight of 0 is not
            wide = prediction.detach().float() if is_half(prediction.dtype) else prediction
            found = plans.answer(self.loss, _HERE, request, "gradient", wide, target, training=True)
            call = self.loss.read(request, _HERE, prediction, target)
            u = cotangent if reduced else call.spread(cotangent)
            return None if found is None else _times(u, found[1]).to(prediction.dtype)
        if reduced:
            factor = cotangent.item()
        else:  # a cotangent is one more weight, though it may be negative
            weight = cotangent.contiguous() if request.weight is None else request.weight * cotangent
            options = None if request.options is None else (request.options, "cotangents")
            request = dataclasses.replace(request, plain=False, options=options, weight=weight, check=False)
        found = plans.answer(self.loss, _HERE, request, "gradient", prediction, target, training=True, factor=factor)
        return None if found is None else found[1]


class _Early(torch.autograd.Function):
    """A cost, and what a call returns beside it, whose gradient is computed already.

    The values come in a tuple: an input that is handed back as it is would be a view of itself, which torch forbids to change.
    """

    @staticmethod
    def forward(
        ctx: Any, prediction: torch.Tensor, target: torch.Tensor, values: tuple[Any, ...], gradient: Any, again: _Again
    ) -> Any:
        ctx.again = again
        ctx.save_for_backward(prediction, target, gradient, *again.more)  # whose changes torch then notices
        _mark(ctx, again.request, values)
        return values

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        prediction, target, gradient, *_ = ctx.saved_tensors
        cotangent, *others = cotangents
        # create_graph: the gradient itself is to be differentiable
        if torch.is_grad_enabled() or cotangent is None or any(u is not None for u in others):
            return ctx.again.differentiate(prediction, target, cotangents), None, None, None, None
        if _is_batch(cotangent) or not readable(cotangent):
            return _times(cotangent, gradient), None, None, None, None
        if cotangent.item() != 1:
            if is_half(gradient.dtype):
                gradient = ctx.again.slopes(prediction, target, cotangent)
            else:
                keep = _keeps_graph() or cotangent.item() == 0
                gradient = _times(cotangent, gradient) if keep else gradient.mul_(cotangent)
        elif _keeps_graph():  # what is handed out may be changed
            gradient = gradient.clone()
        return gradient, None, None, None, None


class _Late(torch.autograd.Function):
    """Any other outputs, computed already: what their cotangents come to is computed when it is asked for."""

    @staticmethod
    def forward(ctx: Any, prediction: torch.Tensor, target: torch.Tensor, outputs: tuple[Any, ...], again: _Again) -> Any:
        ctx.again = again
        ctx.save_for_backward(prediction, target, *again.more)
        _mark(ctx, again.request, outputs)
        return outputs

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        prediction, target, *_ = ctx.saved_tensors
        cotangent, *others = cotangents
        plain = torch.is_grad_enabled() or cotangent is None or any(u is not None for u in others)
        slopes = None if plain else ctx.again.slopes(prediction, target, cotangent)
        if slopes is None:
            slopes = ctx.again.differentiate(prediction, target, cotangents)
        return slopes, None, None, None


def _mark(ctx: Any, request: Request, outputs: tuple[torch.Tensor, ...]) -> None:
    """Say which outputs have no derivative, and that cotangents nobody has are not to be made."""
    returns = request.own.get("returns", ())
    if returns:
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*(outputs[1 + i] for i, name in enumerate(returns) if name == "accuracy"))


def _flat(outputs: Any) -> list[Any]:
    """Tensors in tuples, which may hold tuples, one after another."""
    return [x for part in outputs for x in _flat(part)] if isinstance(outputs, tuple) else [outputs]


_is_batch: Any = torch._C._functorch.is_legacy_batchedtensor
"""Whether a cotangent stands for a batch of them (``torch.autograd.grad(…, is_grads_batched=True)``)."""
_keeps_graph: Any = getattr(torch._C._autograd, "_get_current_graph_task_keep_graph", lambda: True)
"""Whether the graph that is being run backward may be run again."""
# without the check for torch.func, which was made before
_tie_early: Any = super(torch.autograd.Function, _Early).apply
_tie_late: Any = super(torch.autograd.Function, _Late).apply
