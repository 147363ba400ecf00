"""Batches of torch tensors: gathering over ranks, and an autograd function that computes gradients block after block."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import distributed

from lossary.arrays import torch_state
from lossary.arrays.torch_ranks import device_of, world_size
from lossary.batch_losses.side import Side

Tensor = torch.Tensor


def gathered(name: str, x: Tensor, group: Any) -> tuple[Tensor, int]:
    """Return the rows of all ranks, differentiable, and where this rank's first row is among them."""
    if group is None:
        return x, 0
    if group != distributed.GroupMember.NON_GROUP_MEMBER and not isinstance(group, distributed.ProcessGroup):
        raise TypeError(f"{name}: process_group= is a process group of torch.distributed; got {type(group).__name__}")
    if world_size(group) == 1:
        return x, 0
    shapes = _exchange(group, list(x.shape))
    if [-1] in shapes:
        raise ValueError(f"{name}: the input of another rank is invalid; see its own error")
    if any(shape[1:] != shapes[0][1:] for shape in shapes):
        raise ValueError(f"{name}: samples of all ranks have one number of components; got the shapes {shapes}")
    sizes = [shape[0] for shape in shapes]
    found: Tensor = _Gather.apply(x, sizes, group)  # type: ignore[no-untyped-call]
    return found, sum(sizes[: distributed.get_rank(group)])


def tell_others(group: Any) -> None:
    """Let the ranks that wait for the shape of this rank's samples know that they are invalid."""
    if isinstance(group, distributed.ProcessGroup) and world_size(group) > 1:
        _exchange(group, [-1])


def _exchange(group: Any, shape: list[int]) -> list[list[int]]:
    """Return the shapes of all ranks, of at most two axes."""
    mine = torch.tensor([len(shape), *shape, 0, 0][:3], device=device_of(group))
    found = [torch.empty_like(mine) for _ in range(world_size(group))]
    distributed.all_gather(found, mine, group=group)
    return [numbers[1 : 1 + numbers[0]] for numbers in torch.stack(found).tolist()]


class _Gather(torch.autograd.Function):
    """The rows of all ranks. Each rank's cost depends on them, so their gradients are added up over the ranks."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, sizes: list[int], group: Any) -> Tensor:
        ctx.sizes, ctx.group = sizes, group
        padded = x.new_zeros((max(sizes), *x.shape[1:]))  # what is gathered has one shape on all ranks
        padded[: x.shape[0]] = x
        parts = [torch.empty_like(padded) for _ in sizes]
        distributed.all_gather(parts, padded, group=group)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Any:
        total = upstream.contiguous().clone()
        distributed.all_reduce(total, group=ctx.group)
        first = sum(ctx.sizes[: (rank := distributed.get_rank(ctx.group))])
        return total[first : first + ctx.sizes[rank]], None, None


def losses_by_blocks(of_block: Callable[[Side, Any], Any], side: Side) -> Tensor:
    """Return the loss of each row."""
    return torch.cat([side.rows.new_empty(0), *(of_block(side, block) for block in side.blocks())])


def cost_by_blocks(rows: Any, side: Side, weight: Any) -> Tensor:
    """Return Σwℓ of the rows: its gradients are computed with it, so that no more than a block of similarities is held."""
    learned = any(isinstance(x, Tensor) and x.requires_grad for x in (weight, *side.parameters.values()))
    if not torch.is_grad_enabled() or learned or torch_state.is_watched():
        return _plain_cost(rows, side, weight)
    found: Tensor = _Cost.apply(rows, side, weight, side.rows, side.columns, side.bias)  # type: ignore[no-untyped-call]
    return found


def _plain_cost(rows: Any, side: Side, weight: Any) -> Tensor:
    losses = rows.losses(side)
    total: Tensor = (losses if weight is None else torch.where(weight == 0, 0, weight * losses)).sum()
    return total


class _Cost(torch.autograd.Function):
    """Σwℓ of anchors, candidates and what is added to their similarities."""

    @staticmethod
    def forward(ctx: Any, rows: Any, side: Side, weight: Any, anchors: Tensor, candidates: Tensor, bias: Any) -> Tensor:
        found = rows.cost_and_gradients(dataclasses.replace(side, rows=anchors, columns=candidates, bias=bias), weight)
        ctx.rows, ctx.side, ctx.weight, ctx.gradients = rows, side, weight, found[1:]
        ctx.bias = None if isinstance(bias, Tensor) else bias
        ctx.save_for_backward(anchors, candidates, bias if isinstance(bias, Tensor) else None)
        return torch.as_tensor(found.cost, dtype=anchors.dtype, device=anchors.device)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Any:
        needed, saved = ctx.needs_input_grad[3:], ctx.saved_tensors
        if torch.is_grad_enabled():  # it will be differentiated again
            # views, since anchors and candidates may be one tensor, whose gradient would be that of both
            own: list[Any] = [x if x is None else x.view_as(x) for x in saved]
            bias = ctx.bias if own[2] is None else own[2]
            side = dataclasses.replace(ctx.side, rows=own[0], columns=own[1], bias=bias)
            inputs = [x for x, wanted in zip(own, needed, strict=True) if wanted]
            cost = _plain_cost(ctx.rows, side, ctx.weight)
            gradients = iter(torch.autograd.grad(cost, inputs, upstream, create_graph=True))
            return None, None, None, *(next(gradients) if wanted else None for wanted in needed)
        pairs = zip(ctx.gradients, saved, needed, strict=True)
        return None, None, None, *((upstream * x).to(like.dtype) if wanted else None for x, like, wanted in pairs)


def value_and_gradients(cost: Callable[[dict[str, Any]], Any], inputs: dict[str, Tensor]) -> tuple[Any, list[Any]]:
    """Return a cost and its gradients in these inputs."""
    tracked = torch.is_grad_enabled() and any(x.requires_grad for x in inputs.values())
    with torch.enable_grad():
        own = {name: x if tracked and x.requires_grad else x.detach().requires_grad_() for name, x in inputs.items()}
        value = cost(own)
        gradients = torch.autograd.grad(value.sum(), list(own.values()), create_graph=tracked)
    return value if tracked else value.detach(), list(gradients)
