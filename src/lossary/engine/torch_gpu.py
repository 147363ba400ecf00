"""Cross-entropy of torch tensors on a GPU, by a kernel.

In training, the gradient of a reduced cost is computed together with it, while the logits are in the cache; the backward pass
computes it again only if the cost was multiplied by something on the way, which is looked up on the GPU. The gradient of each
loss, and that of float16, is computed in the backward pass, when it is known what to multiply it by.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from lossary.arrays import torch as backend
from lossary.arrays import torch_state
from lossary.arrays.checks import sum_tolerance
from lossary.engine.autograd_tools import mark_outputs
from lossary.engine.call import Options
from lossary.engine.results import result_type

EXTRAS = ("log_normalizer", "entropy", "accuracy")
"""The kernel's results for each row beside its loss, in its order."""


class _Reading(NamedTuple):
    """All that is known of a call except its tensors."""

    axis: int
    dense: bool
    shape: tuple[int, ...]
    """The shape of the samples."""
    dtype: torch.dtype
    """The dtype of the computation."""
    stored: torch.dtype
    """The dtype in which each loss is handed back."""
    returns: tuple[str, ...]
    reduction: Any
    numbers: dict[str, Any]
    marker: int | None
    """The label that is left out."""


class _Task(NamedTuple):
    """A call as the kernel takes it."""

    reading: _Reading
    logits: Tensor
    target: Tensor
    tensors: dict[str, Tensor | None]
    numbers: dict[str, Any]
    divisor: Any
    """The divisor of the sum of losses, or None if there is none."""


_readings: dict[Any, _Reading] = {}
"""Readings of calls without tensors among their options, by those and by shapes, dtypes and devices."""
_REMEMBERED = 256


def compute(calculation: Any, options: Options, operation: str, prediction: Tensor, target: Tensor) -> tuple[Any, Any] | None:
    """Return the value and the gradient, None for the one that nobody asked for; None if there is no kernel."""
    task = None if operation == "curvature" else _task(calculation, options, prediction, target)
    if task is None:
        return None
    slopes = None if operation == "value" else torch.empty_like(task.logits, memory_format=torch.contiguous_format)
    values, _ = _values(task, slopes, losses=operation != "gradient", statistics=False)
    gradient = None if slopes is None else _in_input_layout(slopes, prediction, task.reading.axis)
    return _named(task.reading.returns, values) if values else None, gradient


def train(calculation: Any, options: Options, prediction: Tensor, target: Tensor, recompute: Any) -> Any:
    """Return the value of a prediction that requires a gradient, tied to it; None if there is no kernel."""
    task = _task(calculation, options, prediction, target)
    if task is None:
        return None
    # float16 is trained with scaled costs
    early = task.reading.reduction.how != "none" and prediction.dtype != torch.float16
    slopes = torch.empty_like(task.logits, memory_format=torch.contiguous_format) if early else None
    values, statistics = _values(task, slopes, losses=True, statistics=True)
    values = _apply(
        prediction, target, values, recompute, task.reading.axis, task.numbers, slopes, statistics, *task.tensors.values()
    )
    return _named(task.reading.returns, values)


def _named(returns: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """Return the value alone, or named if there is more."""
    return result_type(returns)(*values) if returns else values[0]


def _task(calculation: Any, options: Options, prediction: Tensor, target: Tensor) -> _Task | None:
    key, call, weight, where, class_weight = None, None, None, None, None
    if options.plain and not (prediction.is_nested or target.is_nested):
        given = ((x.shape, x.dtype, x.device) for x in (prediction, target))
        key = (options, *given)
    reading = None if key is None else _readings.get(key)
    if reading is None:
        if not calculation.is_cross_entropy:
            return None
        call = calculation.read(options, backend, (prediction.detach(), target))
        reading = _read(calculation, call)
        if reading is None:
            return None
        if key is not None:
            if len(_readings) >= _REMEMBERED:
                _readings.clear()
            _readings[key] = reading
        weight, where, class_weight = call.weight, call.mask, call.extra.class_weight
    if reading.marker is not None:
        counted = backend.class_index(target) != reading.marker
        where = counted if where is None else where & counted
    if class_weight is not None:
        class_weight = class_weight.to(reading.dtype)
    if weight is not None:
        assert call is not None
        weight = weight.to(reading.dtype)
        if call.check:  # nothing can be raised here, so such a sample becomes NaN
            weight = torch.where((weight < 0) | (weight == torch.inf), torch.nan, weight)
    tensors = {"weight": weight, "where": where, "class_weight": class_weight, "share": None}
    numbers, reduction = reading.numbers, reading.reduction
    divisor: Any = None
    if reduction.how != "none":
        counts = weight
        if class_weight is not None:
            counts = _class_weight(call, class_weight, target.detach())
            counts = counts if weight is None else counts * weight
        divisor = reduction.divisor(backend, reading.shape, counts, where)
        share = reduction.share(backend, divisor)
        if isinstance(share, Tensor):
            tensors["share"] = share
        else:
            numbers = {**numbers, "share": share}
    tensors = {name: None if x is None else x.reshape(-1) for name, x in tensors.items()}
    logits = _rows_of(prediction.detach(), reading.axis)
    return _Task(reading, logits, _target_of(target, reading.axis, reading.dense), tensors, numbers, divisor)


def _read(calculation: Any, call: Any) -> _Reading | None:
    extra, prediction = call.extra, call.prediction
    computed = torch.float64 if prediction.dtype == torch.float64 else torch.float32
    if extra.given != "logits" or backend.kind(prediction) != "float" or call.dtype != computed:
        return None
    numbers = dict(zip(("kept", "floor"), extra.smoothed, strict=True))
    numbers["tolerance"] = sum_tolerance(backend, call.target.dtype) if extra.dense and call.check else None
    numbers |= {name: getattr(extra, name) for name in ("z_loss", "soft_cap", "temperature")}
    marker = None if extra.dense else calculation.ignored_label(call)
    shape = tuple(call.sample_shape)
    return _Reading(extra.axis, extra.dense, shape, computed, call.stored_dtype, extra.returns, call.reduction, numbers, marker)


def _class_weight(call: Any, class_weight: Tensor, target: Tensor) -> Tensor:
    """Return Σₖ tₖcₖ of each sample; of a label that is no class, anything."""
    if call.extra.dense:
        return backend.matvec(target.movedim(call.extra.axis, -1).to(class_weight.dtype), class_weight)
    index = backend.class_index(target)
    return class_weight[torch.where((index < 0) | (index >= call.extra.classes), 0, index)]


def _rows_of(x: Tensor, axis: int) -> Tensor:
    """Return rows whose classes lie side by side."""
    if x.ndim != 2 or axis != 1:
        x = x.movedim(axis, -1).reshape(-1, x.shape[axis])
    return x if x.stride(1) == 1 else x.contiguous()


def _target_of(target: Tensor, axis: int, dense: bool) -> Tensor:
    return _rows_of(target.detach(), axis) if dense else target.reshape(-1)


def _in_input_layout(slopes: Tensor, prediction: Tensor, axis: int) -> Tensor:
    """Return slopes with the axes of the prediction."""
    if prediction.ndim == 2 and axis == 1:
        return slopes
    return slopes.reshape(prediction.movedim(axis, -1).shape).movedim(-1, axis)


def _values(task: _Task, slopes: Tensor | None, *, losses: bool, statistics: bool) -> tuple[tuple[Any, ...], Tensor | None]:
    """Return the cost, or the losses, and what ``returns=`` names; and the statistics of the rows, if asked for."""
    from lossary.kernels.gpu import cross_entropy

    reading, divisor = task.reading, task.divisor
    returns, shape = reading.returns, reading.shape
    options = {**task.numbers, **{name: x for name, x in task.tensors.items() if x is not None}}
    found = cross_entropy.rows(
        task.logits,
        task.target,
        slopes=slopes,
        losses=losses,
        log_normalizers="log_normalizer" in returns,
        entropies="entropy" in returns,
        correct="accuracy" in returns,
        statistics=statistics,
        **options,
    )
    if found.losses is None:
        return (), found.statistics
    if reading.reduction.how == "none":
        value = found.losses.reshape(shape).to(reading.stored)
    else:
        value = backend.scalar(reading.reduction.finished(backend, backend.total(found.losses), divisor), reading.dtype)
    if not returns:
        return (value,), found.statistics
    extras: dict[str, Any] = dict(zip(("token_losses", *EXTRAS), found[:4], strict=True))
    return (value, *(extras[name].reshape(shape).clone() for name in returns)), found.statistics


class GpuCrossEntropy(torch.autograd.Function):
    """A cost or losses, and what a call returns beside them, whose gradient is computed already or will be."""

    @staticmethod
    def forward(
        ctx: Any,
        prediction: Tensor,
        target: Tensor,
        values: tuple[Any, ...],
        recompute: Any,
        axis: int,
        numbers: dict[str, Any],
        *tensors: Tensor | None,
    ) -> Any:
        ctx.recompute, ctx.axis, ctx.numbers = recompute, axis, numbers
        ctx.save_for_backward(prediction, target, *tensors, *recompute.more)  # whose changes torch then notices
        mark_outputs(ctx, recompute.options, values)
        return values

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        from lossary.kernels.gpu import cross_entropy

        prediction, target, early, statistics, weight, where, class_weight, share, *_ = ctx.saved_tensors
        cotangent, *others = cotangents
        nothing = (None,) * 11
        # create_graph: the gradient itself is to be differentiable
        plain = torch.is_grad_enabled() or cotangent is None or any(u is not None for u in others)
        if plain or torch_state.is_batch(cotangent):
            return ctx.recompute.differentiate((prediction, target), cotangents, (True,))[0], *nothing
        axis = ctx.axis
        logits = _rows_of(prediction.detach(), axis)
        reused = early is not None and not torch_state.keeps_graph()  # else what is handed out may be changed
        slopes = early if reused else torch.empty_like(logits, memory_format=torch.contiguous_format)
        tensors = {"weight": weight, "where": where, "class_weight": class_weight, "share": share}
        options = {**ctx.numbers, **{name: x for name, x in tensors.items() if x is not None}}
        cross_entropy.gradient(
            logits,
            _target_of(target, axis, target.ndim == prediction.ndim),
            statistics,
            slopes,
            cotangent=cotangent.reshape(-1),
            unless_one=reused,
            **options,
        )
        return _in_input_layout(slopes, prediction, axis), *nothing


# without the check for torch.func, which was made before
_apply: Any = super(torch.autograd.Function, GpuCrossEntropy).apply
