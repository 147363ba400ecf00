"""A vocabulary whose classes are shared out among the ranks of a process group: what they have to tell each other.

Of each row, that is maxima and sums over classes; of the gradient, each rank's part of that of the hidden states.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import distributed

from lossary.arrays import torch as backend
from lossary.arrays.rows import others_of_softmax
from lossary.distributed import _device, _world_size
from lossary.engine.class_sums import AllClasses, ShardedClasses

Tensor = torch.Tensor


@dataclass(frozen=True)
class OverRanks(ShardedClasses):
    """Sums over all classes of a row, of which this rank has some side by side."""

    name: str = ""
    """Of the group; groups that come one after another may share it."""
    rank: int = 0
    """Of this process within the group."""
    counts: tuple[int, ...] = ()
    """How many classes each rank has; it may be none."""

    @property
    def group(self) -> Any:
        """The process group."""
        return _groups[self.name]

    @property
    def first(self) -> int:
        """The index of the first class here."""
        return sum(self.counts[: self.rank])

    @property
    def columns(self) -> int:
        """The number of classes here."""
        return self.counts[self.rank]

    def count(self, columns: int) -> int:
        """How many classes there are."""
        return sum(self.counts)

    def widest(self, columns: int) -> int:
        """How many classes a rank has at most."""
        return max(self.counts)

    def mine(self, per_class: Tensor) -> Tensor:
        """The part of the classes here."""
        return per_class[self.first : self.first + self.columns]

    def _together(self, x: Tensor, how: Any) -> Tensor:
        x = x.contiguous()
        distributed.all_reduce(x, how, group=self.group)
        return x

    def total(self, terms: Tensor) -> Tensor:
        """The sum over the classes of all ranks."""
        return self._together(terms.sum(-1), distributed.ReduceOp.SUM)

    def top_and_others(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The largest number of each row of all ranks, and Σ e^(z - top) of all but one at the top."""
        mine = z.max(-1).values if z.shape[-1] else z.new_full(z.shape[:-1], -torch.inf)
        top = self._together(mine.clone(), distributed.ReduceOp.MAX)
        at_top = z == top[..., None]
        sums = torch.stack([torch.where(at_top, 0.0, (z - top[..., None]).exp()).sum(-1), at_top.sum(-1).to(z.dtype)])
        below, ties = self._together(sums, distributed.ReduceOp.SUM)
        return top, others_of_softmax(torch, top, below + (ties - 1))

    def argmax(self, x: Tensor) -> Tensor:
        """The index of the first of the largest, among all classes."""
        x = x if x.shape[-1] else x.new_full((*x.shape[:-1], 1), -torch.inf)  # a rank without classes has no largest
        value, place = x.max(-1)
        top = self._together(value.clone(), distributed.ReduceOp.MAX)
        everything = sum(self.counts)
        first = torch.where(value == top, place + self.first, everything)
        return self._together(first, distributed.ReduceOp.MIN)

    def sum_of_ranks(self, x: Tensor) -> Tensor:
        """The sum of what each rank has of something that is not of a class."""
        return self._together(x, distributed.ReduceOp.SUM)

    def any_rank(self, here: bool) -> bool:
        """Whether it is so on any rank."""
        mine = torch.tensor([here], dtype=torch.int64, device=_device(self.group))
        return bool(self._together(mine, distributed.ReduceOp.MAX))

    @contextmanager
    def agreement(self, name: str) -> Iterator[None]:
        """Within it a call of this name is read: what one rank refuses, all refuse, for they would wait for it."""
        try:
            yield
        except Exception:
            self.any_rank(True)
            raise
        if self.any_rank(False):
            raise ValueError(f"{name}: the input of another rank is invalid; see its own error")


def prepared(name: str, arrays: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Arrays and options as plain tensors of this rank, and how sums over classes are taken."""
    group = options.get("process_group")
    roles = {**dict(zip(("hidden", "weight", "target"), arrays, strict=True)), **options}
    if any(map(_is_dtensor, roles.values())):
        if group is not None:
            raise TypeError(f"{name}: a DTensor says itself what ranks have of it; got process_group= too; leave it out")
        group = _group_of(name, roles)
        local = {role: x.to_local() if _is_dtensor(x) else x for role, x in roles.items()}
        arrays, options = tuple(local[role] for role in ("hidden", "weight", "target")), {role: local[role] for role in options}
    return arrays, options, over_classes_of("") if group is None else _over_ranks(name, group, arrays[1])


def laid_out(gradient: Any, given: Any) -> Any:
    """A gradient as a tensor of the same kind as the input."""
    if gradient is None or not _is_dtensor(given):
        return gradient
    return type(given).from_local(gradient, given.device_mesh, given.placements, shape=given.shape, stride=given.stride())


class Once(torch.autograd.Function):
    """A gradient that has no derivative: hidden states, weight, bias and cotangents are what it comes from."""

    @staticmethod
    def forward(ctx: Any, gradient: tuple[Tensor], *sources: Any) -> Tensor:
        """The gradient as it is; in a tuple, for an input that is handed back would be a view that nobody may change."""
        return gradient[0]

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """Nothing that there is."""
        raise NotImplementedError(
            "a linear loss whose vocabulary is sharded over ranks has first derivatives only; second ones take the classes "
            "on one rank"
        )


# ---- DTensors

_OF_CLASSES = {"weight": 0, "bias": 0, "target": -1, "teacher_weight": 0, "teacher_bias": 0}
"""What has an entry, row or column for each class, and along which axis."""


def _is_dtensor(x: Any) -> bool:
    """Whether it is one; who has one has imported their module."""
    module: Any = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(x, module.DTensor)


def _group_of(name: str, roles: dict[str, Any]) -> Any:
    """The process group whose ranks have the classes; None where each has all of them."""
    weight, mesh = roles["weight"], None
    for role, x in roles.items():
        if _is_dtensor(x):
            mesh = x.device_mesh if mesh is None else mesh
            if x.device_mesh != mesh or mesh.ndim != 1:
                raise TypeError(
                    f"{name}: DTensors lie on one mesh of one dimension; got {role} on {x.device_mesh}; take mesh[dimension]"
                )
    sharded = _is_dtensor(weight) and weight.placements[0].is_shard(0)
    for role, x in roles.items():
        if not _is_dtensor(x):
            continue
        axis = _OF_CLASSES.get(role)
        axis = x.ndim - 1 if axis == -1 else axis
        labels = role == "target" and not x.is_floating_point()
        if sharded and axis is not None and not labels:
            if type(x.placements[0]).__name__ != "Shard" or not x.placements[0].is_shard(axis):
                raise TypeError(
                    f"{name}: the weight's classes are sharded, so the placement of {role} is Shard({axis}); "
                    f"got {x.placements[0]}; redistribute it"
                )
        elif not x.placements[0].is_replicate():
            allowed = "Shard(0) or Replicate()" if role == "weight" else "Replicate()"
            raise TypeError(f"{name}: the placement of {role} is {allowed}; got {x.placements[0]}; redistribute it")
    return mesh.get_group() if sharded else None  # type: ignore[union-attr]


# ---- groups


def _over_ranks(name: str, group: Any, weight: Any) -> Any:
    if group != distributed.GroupMember.NON_GROUP_MEMBER and not isinstance(group, distributed.ProcessGroup):
        raise TypeError(f"{name}: process_group= is a process group of torch.distributed; got {type(group).__name__}")
    ranks = _world_size(group)
    if ranks == 1:
        return over_classes_of("")
    columns = weight.shape[0] if isinstance(weight, Tensor) and weight.ndim else -1
    mine = torch.tensor([columns], device=_device(group))
    parts = [torch.empty_like(mine) for _ in range(ranks)]
    distributed.all_gather(parts, mine, group=group)
    counts = [int(count) for count in parts]
    if columns < 0:  # what is no weight is refused where it is read
        return over_classes_of("")
    if min(counts) < 0:
        raise ValueError(f"{name}: the input of another rank is invalid; see its own error")
    _groups[group.group_name] = group
    return over_classes_of(f"{group.group_name}:{distributed.get_rank(group)}:{','.join(map(str, counts))}")


_groups: dict[str, Any] = {}


@cache
def over_classes_of(key: str) -> Any:
    """What a key stands for: nothing, where this process has all classes; or a group, this rank, and what all ranks have."""
    if not key:
        return AllClasses(backend)
    name, rank, text = key.rsplit(":", 2)
    counts = tuple(int(count) for count in text.split(","))
    return OverRanks(backend, ranks=len(counts), key=key, name=name, rank=int(rank), counts=counts)
