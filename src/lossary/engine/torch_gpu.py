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
from lossary.engine.call import sum_tolerance
from lossary.engine.logit_options import result
from lossary.engine.softmax import Softmax

EXTRAS = ("log_normalizer", "entropy", "accuracy")
"""What a kernel finds of each row beside its loss, in its order."""


class _Task(NamedTuple):
    """A call as the kernel takes it."""

    call: Any
    logits: Tensor
    target: Tensor
    tensors: dict[str, Tensor | None]
    numbers: dict[str, Any]
    divisor: Any
    """What the sum of the losses is divided by; None if by nothing."""


def answer(loss: Any, request: Any, operation: str, prediction: Tensor, target: Tensor) -> tuple[Any, Any] | None:
    """Return the value and the gradient, None for the one that nobody asked for; None if there is no kernel."""
    task = _task(loss, request, operation, prediction, target)
    if task is None:
        return None
    slopes = None if operation == "value" else _new_slopes(task)
    values, _ = _values(task, slopes, losses=operation != "gradient", statistics=False)
    gradient = None if slopes is None else _as_given(slopes, prediction, task.call.own["axis"])
    if not values:
        return None, gradient
    returns = task.call.own["returns"]
    return result(returns)(*values) if returns else values[0], gradient


def train(loss: Any, request: Any, prediction: Tensor, target: Tensor, again: Any) -> Any:
    """Return the value of a prediction that requires a gradient, tied to it; None if there is no kernel."""
    task = _task(loss, request, "value", prediction, target)
    if task is None:
        return None
    # float16 is trained with scaled costs
    early = task.call.reduction.how != "none" and prediction.dtype != torch.float16
    slopes = _new_slopes(task) if early else None
    values, statistics = _values(task, slopes, losses=True, statistics=True)
    numbers = task.numbers | {"axis": task.call.own["axis"]}
    values = _tie(prediction, target, values, again, numbers, slopes, statistics, *task.tensors.values())
    returns = task.call.own["returns"]
    return result(returns)(*values) if returns else values[0]


def _task(loss: Any, request: Any, operation: str, prediction: Tensor, target: Tensor) -> _Task | None:
    if operation == "curvature" or not isinstance(loss, Softmax) or not loss.is_cross_entropy:
        return None
    call = loss.read(request, backend, prediction.detach(), target)
    own, reduction = call.own, call.reduction
    computed = torch.float64 if prediction.dtype == torch.float64 else torch.float32
    if own["given"] != "logits" or backend.kind(prediction) != "float" or call.dtype != computed:
        return None
    weight, where, class_weight, tolerance = call.weight, call.mask, own["class_weight"], None
    if class_weight is not None:
        class_weight = class_weight.to(computed)
        call.own = own = {**own, "class_weight": class_weight}
    if own["dense"]:
        call.target = _rows_of(target.detach(), own["axis"]).reshape(*call.sample_shape, own["classes"])
        tolerance = sum_tolerance(backend, target.dtype) if call.check else None
    elif (marker := loss._ignored(call)) is not None:
        counted = backend.class_index(target) != marker
        where = counted if where is None else where & counted
    if weight is not None:
        call.weight = weight = weight.to(computed)
        if call.check:  # nothing can be raised here, so such a sample becomes NaN
            weight = torch.where((weight < 0) | (weight == torch.inf), torch.nan, weight)
    divisor: Any = None
    share: Any = 1.0
    if reduction.how != "none":
        if class_weight is not None and not own["dense"]:
            index = backend.class_index(target)
            call.target = torch.where((index < 0) | (index >= own["classes"]), 0, index)
        divisor = reduction.divisor(backend, call.sample_shape, loss._divisor_weight(call), where)
        share = reduction.share(backend, divisor)
    kept, floor = own["smoothed"]
    numbers = {"kept": kept, "floor": floor, "tolerance": tolerance}
    numbers |= {name: own[name] for name in ("z_loss", "soft_cap", "temperature")}
    tensors = {"weight": weight, "where": where, "class_weight": class_weight, "share": None}
    if isinstance(share, Tensor):
        tensors["share"] = share
    else:
        numbers["share"] = share
    tensors = {name: None if x is None else x.reshape(-1) for name, x in tensors.items()}
    return _Task(
        call,
        _rows_of(prediction.detach(), own["axis"]),
        _target_of(target, own["axis"], own["dense"]),
        tensors,
        numbers,
        divisor,
    )


def _rows_of(x: Tensor, axis: int) -> Tensor:
    """Return rows whose classes lie side by side."""
    rows = x.movedim(axis, -1).reshape(-1, x.shape[axis])
    return rows if rows.stride(1) == 1 else rows.contiguous()


def _target_of(target: Tensor, axis: int, dense: bool) -> Tensor:
    return _rows_of(target.detach(), axis) if dense else target.reshape(-1)


def _as_given(slopes: Tensor, prediction: Tensor, axis: int) -> Tensor:
    """Return slopes with the axes of the prediction."""
    return slopes.reshape(prediction.movedim(axis, -1).shape).movedim(-1, axis)


def _new_slopes(task: _Task) -> Tensor:
    return torch.empty(task.logits.shape, dtype=task.logits.dtype, device=task.logits.device)


def _values(task: _Task, slopes: Tensor | None, *, losses: bool, statistics: bool) -> tuple[tuple[Any, ...], Tensor | None]:
    """Return the cost, or the losses, and what ``returns=`` names; and the statistics of the rows, if asked for."""
    from lossary.kernels.gpu import cross_entropy

    call = task.call
    returns, reduction, shape = call.own["returns"], call.reduction, call.sample_shape
    options = task.numbers | {name: x for name, x in task.tensors.items() if x is not None}
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
    each = found.losses.reshape(shape)
    if reduction.how == "none":
        value = each.to(call.stored_dtype)
    else:
        value = backend.scalar(reduction.finished(backend, backend.total(each), task.divisor), call.dtype)
    extras: dict[str, Any] = dict(zip(("token_losses", *EXTRAS), found[:4], strict=True))
    return (value, *(extras[name].reshape(shape).clone() for name in returns)), found.statistics


class _Trained(torch.autograd.Function):
    """A cost or losses, and what a call returns beside them, whose gradient is computed already or will be."""

    @staticmethod
    def forward(
        ctx: Any,
        prediction: Tensor,
        target: Tensor,
        values: tuple[Any, ...],
        again: Any,
        numbers: dict[str, Any],
        *tensors: Tensor | None,
    ) -> Any:
        ctx.again, ctx.numbers = again, numbers
        ctx.save_for_backward(prediction, target, *tensors, *again.more)  # whose changes torch then notices
        backend._mark(ctx, again.request, values)
        return values

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        from lossary.kernels.gpu import cross_entropy

        prediction, target, early, statistics, weight, where, class_weight, share, *_ = ctx.saved_tensors
        cotangent, *others = cotangents
        nothing = (None,) * 10
        # create_graph: the gradient itself is to be differentiable
        plain = torch.is_grad_enabled() or cotangent is None or any(u is not None for u in others)
        if plain or backend._is_batch(cotangent):
            return ctx.again.differentiate(prediction, target, cotangents), *nothing
        options = dict(ctx.numbers)
        axis = options.pop("axis")
        logits = _rows_of(prediction.detach(), axis)
        reused = early is not None and not backend._keeps_graph()  # else what is handed out may be changed
        slopes = early if reused else torch.empty_like(logits, memory_format=torch.contiguous_format)
        tensors = {"weight": weight, "where": where, "class_weight": class_weight, "share": share}
        options |= {name: x for name, x in tensors.items() if x is not None}
        cross_entropy.gradient(
            logits,
            _target_of(target, axis, target.ndim == prediction.ndim),
            statistics,
            slopes,
            cotangent=cotangent.reshape(-1),
            unless_one=reused,
            **options,
        )
        return _as_given(slopes, prediction, axis), *nothing


# without the check for torch.func, which was made before
_tie: Any = super(torch.autograd.Function, _Trained).apply
