"""Linear losses of torch tensors, as two custom operators: one for values and one for gradients.

``torch.compile`` does not look into an operator, so it does not break the graph; fake kernels tell the shapes of the results.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import torch

from lossary.arrays import torch as backend
from lossary.arrays import torch_state
from lossary.kernels import gpu
from lossary.linear_losses import all_rows, dtensor, loop, products_torch, ranks
from lossary.linear_losses.all_rows import EXTRAS
from lossary.linear_losses.block import UpstreamGradients
from lossary.linear_losses.cost import Gradients, PreparedCall, cost_of
from lossary.linear_losses.job import FIELDS, Arrays, LinearJob, job_of
from lossary.linear_losses.ranks import class_sums_of

Tensor = torch.Tensor


def localize(name: str, arrays: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Return arrays and options as plain tensors of this rank, and how to sum over classes."""
    backend.one_device(name, {**dict(zip(("hidden", "weight", "target"), arrays, strict=True)), **options})
    return ranks.localize(name, arrays, options)


def compute(prepared: PreparedCall, with_gradient: bool) -> Any:
    """Return the value, with its graph; or value and gradients."""
    with backend.as_it_is(prepared.arrays.hidden):
        if with_gradient:
            return _value_and_gradients(prepared)
        total, losses, extras = _outputs(prepared)
        return cost_of(prepared, total, losses, extras)


def _value_and_gradients(prepared: PreparedCall) -> Any:
    arrays = prepared.arrays
    inputs = [x for x in (arrays.hidden, arrays.weight, arrays.bias) if x is not None]
    tracked = torch.is_grad_enabled() and any(x.requires_grad for x in inputs)
    with torch.enable_grad():
        own = [x if tracked and x.requires_grad else x.detach().requires_grad_() for x in inputs]
        names = ("hidden", "weight", "bias")[: len(own)]
        arrays = dataclasses.replace(arrays, **dict(zip(names, own, strict=True)))
        total, losses, extras = _outputs(dataclasses.replace(prepared, arrays=arrays))
        value = cost_of(prepared, total, losses, extras)
        cost = value[0] if prepared.job.returns else value
        hidden, *others = torch.autograd.grad(cost.sum(), own, create_graph=tracked)
    if not tracked:
        value = type(value)(*(x.detach() for x in value)) if prepared.job.returns else value.detach()
    bias = others[1] if len(others) > 1 else None
    gradients = hidden.reshape(*prepared.shape, hidden.shape[-1]), others[0], bias
    return value, Gradients(*map(dtensor.like_input, gradients, prepared.given))


def _outputs(prepared: PreparedCall) -> tuple[Any, Any, list[Any]]:
    """Return Σwℓ, the loss of each row, and the extras."""
    arrays, call, job = prepared.arrays, prepared.call, prepared.job
    if call.invalid is not None:  # where values cannot be read
        nothing = torch.where(call.invalid.reshape(-1, 1), torch.nan, 0.0).to(call.input_dtype)
        hidden = arrays.hidden + nothing  # so their gradient is NaN
        arrays = dataclasses.replace(arrays, hidden=hidden)
    reduced = call.reduction.how != "none"
    share = call.reduction.share(backend, prepared.divisor) if reduced else 1.0
    if not isinstance(share, Tensor):
        share = _scalar(share, arrays.hidden.device)
    share = share.detach().to(torch.float64)
    if _is_watched(prepared):
        if arrays.class_sums.shared:
            raise NotImplementedError(
                "a vocabulary that is sharded over ranks has no torch.func transforms and no learned parameters"
            )
        total, losses, *extras = all_rows.compute(job, arrays)
    else:
        tracked = torch.is_grad_enabled()
        needed = [tracked and x is not None and x.requires_grad for x in (arrays.hidden, arrays.weight, arrays.bias)]
        tensors = [getattr(arrays, name) for name in FIELDS]
        text, numbers = job.text()
        total, losses, *extras = linear_loss(
            *tensors, share, _tensor_of(numbers), text, arrays.class_sums.key, needed, reduced and any(needed)
        )
    found = dict(zip(EXTRAS, extras, strict=False), token_losses=losses)
    return total, losses, [found[name] for name in job.returns]


def _scalar(number: Any, device: torch.device) -> Tensor:
    # a product: torch.compile turns a symbolic number into a tensor only in an operation with tensors
    return torch.ones((), dtype=torch.float64, device=device) * number


def _tensor_of(numbers: list[Any]) -> Tensor | None:
    """Return numbers that ``torch.compile`` traces as symbols, which a job's text cannot hold, as a tensor."""
    return torch.stack([_scalar(number, torch.device("cpu")) for number in numbers]) if numbers else None


def _job(text: str, numbers: Tensor | None) -> LinearJob:
    return job_of(text) if numbers is None else job_of(text, tuple(numbers.tolist()))


def _is_watched(prepared: PreparedCall) -> bool:
    """Return whether only array operations will do: under torch.func, forward mode or tracing, and if more is learned."""
    arrays = prepared.arrays
    learned = [x.requires_grad for x in (arrays.target, arrays.class_weight, arrays.mass) if x is not None]
    return (
        torch_state.in_transform()
        or torch_state.in_forward_mode()
        or torch_state.is_traced()
        or any(isinstance(number, Tensor) for _, number in prepared.job.parameters)
        or (torch.is_grad_enabled() and any(learned))
    )


def _arrays(tensors: Sequence[Any], class_sums: Any) -> Arrays:
    dtype = backend.compute_dtype(tensors[0], tensors[1])
    return Arrays(backend=backend, dtype=dtype, class_sums=class_sums, **dict(zip(FIELDS, tensors, strict=True)))


# ---- the operators


@torch.library.custom_op("lossary::linear_loss", mutates_args=())
def linear_loss(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    target: Tensor | None,
    counted: Tensor | None,
    mass: Tensor | None,
    class_weight: Tensor | None,
    sample_weight: Tensor | None,
    teacher_hidden: Tensor | None,
    teacher_weight: Tensor | None,
    teacher_bias: Tensor | None,
    share: Tensor,
    numbers: Tensor | None,
    job: str,
    group: str,
    needed: Sequence[bool],
    early: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return Σwℓ, losses, log normalizers, entropies, correctness, and if ``early`` the needed gradients of share·Σwℓ."""
    tensors = (
        hidden, weight, bias, target, counted, mass, class_weight, sample_weight, teacher_hidden, teacher_weight, teacher_bias
    )  # fmt: skip
    work, arrays = _job(job, numbers), _arrays([None if x is None else x.detach() for x in tensors], class_sums_of(group))
    with torch.no_grad():
        asked = tuple(early and one for one in needed)
        found = loop.run(work, arrays, _number(share), asked, UpstreamGradients(), products_torch)
        extras = dict(zip(work.returns, found.extras, strict=True))
        total = backend.total(found.losses)
    return total, found.losses, *(_present(x, hidden, arrays.dtype) for x in (*map(extras.get, EXTRAS), *found[2:]))


def _number(share: Tensor) -> Any:
    return share.item() if share.is_cpu else share


def _present(x: Tensor | None, like: Tensor, dtype: torch.dtype) -> Tensor:
    """Return an empty tensor for None, since operators return nothing but tensors."""
    return like.new_empty((0,), dtype=dtype) if x is None else x


@linear_loss.register_fake
def _(hidden, weight, bias, target, counted, mass, of_class, of_sample, th, tw, tb, share, numbers, job, group, needed, early):  # type: ignore[no-untyped-def]
    work, dtype, rows = job_of(job), backend.compute_dtype(hidden, weight), hidden.shape[0]

    def new(*shape: int) -> Tensor:
        return hidden.new_empty(shape, dtype=dtype)

    extras = [new(rows) if name in work.returns else new(0) for name in EXTRAS]
    shapes = (tuple(hidden.shape), tuple(weight.shape), (weight.shape[0],))
    gradients = [new(*shape) if early and asked else new(0) for asked, shape in zip(needed, shapes, strict=True)]
    return hidden.new_empty((), dtype=torch.float64), new(rows), *extras, *gradients


@torch.library.custom_op("lossary::linear_gradients", mutates_args=())
def linear_gradients(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    target: Tensor | None,
    counted: Tensor | None,
    mass: Tensor | None,
    class_weight: Tensor | None,
    sample_weight: Tensor | None,
    teacher_hidden: Tensor | None,
    teacher_weight: Tensor | None,
    teacher_bias: Tensor | None,
    losses: Tensor | None,
    log_normalizers: Tensor | None,
    entropies: Tensor | None,
    numbers: Tensor | None,
    job: str,
    group: str,
    needed: Sequence[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients for these upstream gradients, rounded once, to the dtypes of the inputs."""
    tensors = (
        hidden, weight, bias, target, counted, mass, class_weight, sample_weight, teacher_hidden, teacher_weight, teacher_bias
    )  # fmt: skip
    arrays = _arrays([None if x is None else x.detach() for x in tensors], class_sums_of(group))
    upstream = UpstreamGradients(
        *(None if x is None else x.to(arrays.dtype).contiguous() for x in (losses, log_normalizers, entropies))
    )
    if upstream.losses is None:
        upstream = upstream._replace(losses=hidden.new_zeros(hidden.shape[:1], dtype=arrays.dtype))
    with torch.no_grad():
        found = loop.run(
            dataclasses.replace(_job(job, numbers), returns=()), arrays, 1.0, tuple(needed), upstream, products_torch
        )
    given = (hidden, weight, hidden if bias is None else bias)
    return tuple(  # type: ignore[return-value]
        x.new_empty((0,)) if found_x is None else found_x.to(x.dtype) for x, found_x in zip(given, found[2:], strict=True)
    )


@linear_gradients.register_fake
def _(hidden, weight, bias, *others):  # type: ignore[no-untyped-def]
    needed = others[-1]
    given = (hidden, weight, hidden if bias is None else bias)
    return tuple(torch.empty_like(x) if asked else x.new_empty((0,)) for x, asked in zip(given, needed, strict=True))


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    share, numbers, ctx.job, ctx.group, ctx.needed, ctx.early = inputs[len(FIELDS) :]
    ctx.save_for_backward(*inputs[: len(FIELDS)], share, numbers, *output[5:])
    ctx.mark_non_differentiable(*output[4:])
    ctx.set_materialize_grads(False)


def _backward(ctx: Any, *upstream_gradients: Any) -> tuple[Any, ...]:
    saved = ctx.saved_tensors
    with backend.as_it_is(saved[0]):
        return _gradients(ctx, saved, upstream_gradients)


def _gradients(ctx: Any, saved: Any, upstream_gradients: tuple[Any, ...]) -> tuple[Any, ...]:
    tensors, (share, numbers, *early) = saved[: len(FIELDS)], saved[len(FIELDS) :]
    rows = tensors[0].shape[0]
    # what was not requested is empty, and so is its upstream gradient if it has one
    total, *others = [u if u is None or u.ndim == 0 or u.shape[0] == rows else None for u in upstream_gradients[:4]]
    losses, log_normalizers, entropies = others
    upstream_gradients = (total, *others)
    rest = (None,) * (len(FIELDS) + 6 - 3)
    needed = ctx.needed
    given = [u for u in upstream_gradients if u is not None]
    if not given:
        return (None, None, None, *rest)
    if torch.is_grad_enabled() or any(map(torch_state.is_batch, given)):
        return (*_differentiated(ctx, tensors, numbers, upstream_gradients), *rest)
    if ctx.early and losses is None and log_normalizers is None and entropies is None:
        return (*_scaled(tensors, early, total, share, needed), *rest)
    return (*_recompute(ctx, tensors, numbers, upstream_gradients), *rest)


def _recompute(ctx: Any, tensors: Any, numbers: Any, upstream_gradients: Any) -> list[Tensor | None]:
    """Return the gradients, computed by another pass over the blocks."""
    total, losses, log_normalizers, entropies = upstream_gradients
    if total is not None:
        spread = total.expand(tensors[0].shape[0])
        losses = spread if losses is None else losses + spread
    found = linear_gradients(*tensors, losses, log_normalizers, entropies, numbers, ctx.job, ctx.group, ctx.needed)
    return [x if asked else None for x, asked in zip(found, ctx.needed, strict=True)]


def _scaled(tensors: Any, early: Any, total: Any, share: Tensor, needed: Sequence[bool]) -> list[Tensor | None]:
    """Return the gradients of Σwℓ for its upstream gradient, from those of share·Σwℓ."""
    # a share of 0 means that there is nothing to average; the gradients are 0 already
    factor = torch.where(share == 0, 0.0, total / torch.where(share == 0, 1.0, share))
    number = factor.item() if backend.readable(factor) else None
    found: list[Tensor | None] = []
    for x, gradient, asked in zip(tensors[:3], early, needed, strict=True):
        if not asked:
            found.append(None)
            continue
        keep = number is None or torch_state.keeps_graph()
        if number is None and gpu.serves(gradient):
            from lossary.kernels.gpu.scale import scaled

            gradient = scaled(gradient, factor, x.dtype)
        elif number is None:
            gradient = gradient * factor.to(gradient.dtype)
        elif abs(number - 1) > _ROUNDING:
            gradient = gradient * number if keep else gradient.mul_(number)
        elif keep and x.dtype == gradient.dtype:  # the caller may change its gradient in place
            gradient = gradient.clone()
        found.append(gradient.to(x.dtype))
    return found


_ROUNDING = 1e-15
"""The largest deviation from 1 of a divisor times its inverse."""


def _differentiated(ctx: Any, tensors: Any, numbers: Any, upstream_gradients: Any) -> list[Tensor | None]:
    """Return the gradients, computed by array operations and so differentiable if gradients are tracked."""
    over = class_sums_of(ctx.group)
    if over.shared:
        with torch.no_grad():
            found = _recompute(ctx, tensors, numbers, upstream_gradients)
        once: Any = ranks.Once
        return [None if x is None else once.apply((x,), *tensors[:3], *upstream_gradients) for x in found]
    tracked = torch.is_grad_enabled()
    with torch.enable_grad():
        inputs = [x if tracked or x is None else x.detach().requires_grad_() for x in tensors[:3]]
        outputs = all_rows.compute(_job(ctx.job, numbers), _arrays([*inputs, *tensors[3:]], over))[:4]
        pairs = [(y, u) for y, u in zip(outputs, upstream_gradients, strict=True) if u is not None]
        asked = [x for x, wanted in zip(inputs, ctx.needed, strict=True) if wanted]
        gradients = iter(torch.autograd.grad([y for y, _ in pairs], asked, [u for _, u in pairs], create_graph=tracked))
    return [next(gradients) if wanted else None for wanted in ctx.needed]


linear_loss.register_autograd(_backward, setup_context=_remember)
