"""Classes that are sharded over the ranks of a process group: sums over all classes, and what ranks tell each other.

Ranks exchange the maximum and sums over classes of each row, and add up their parts of the gradient of the hidden states.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import distributed

from lossary.arrays import torch as backend
from lossary.arrays.rows import others_of_softmax
from lossary.arrays.torch_ranks import device_of, world_size
from lossary.engine.class_sums import AllClasses, ShardedClasses
from lossary.linear_losses import dtensor

Tensor = torch.Tensor


@dataclass(frozen=True)
class RankClasses(ShardedClasses):
    """Sums over all classes of a row, of which this rank has a contiguous part."""

    name: str = ""
    """The name of the process group; a later group may have it again."""
    rank: int = 0
    """The rank of this process within the group."""
    counts: tuple[int, ...] = ()
    """The number of classes of each rank; may be 0."""

    @property
    def group(self) -> Any:
        """The process group."""
        return _groups[self.name]

    @property
    def first(self) -> int:
        """The index of this rank's first class."""
        return sum(self.counts[: self.rank])

    @property
    def columns(self) -> int:
        """The number of this rank's classes."""
        return self.counts[self.rank]

    def count(self, columns: int) -> int:
        """Return the number of classes of all ranks."""
        return sum(self.counts)

    def max_local_classes(self, columns: int) -> int:
        """Return the largest number of classes of a rank."""
        return max(self.counts)

    def local_part(self, per_class: Tensor) -> Tensor:
        """Return the part of this rank's classes."""
        return per_class[self.first : self.first + self.columns]

    def _all_reduce(self, x: Tensor, how: Any) -> Tensor:
        x = x.contiguous()
        distributed.all_reduce(x, how, group=self.group)
        return x

    def total(self, terms: Tensor) -> Tensor:
        """Return the sum over the classes of all ranks."""
        return self._all_reduce(terms.sum(-1), distributed.ReduceOp.SUM)

    def max_and_rest(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maximum of each row over all ranks, and Σ e^(z - max) of all classes but one that has the maximum."""
        local_top = z.max(-1).values if z.shape[-1] else z.new_full(z.shape[:-1], -torch.inf)
        top = self._all_reduce(local_top.clone(), distributed.ReduceOp.MAX)
        at_top = z == top[..., None]
        sums = torch.stack([torch.where(at_top, 0.0, (z - top[..., None]).exp()).sum(-1), at_top.sum(-1).to(z.dtype)])
        below, ties = self._all_reduce(sums, distributed.ReduceOp.SUM)
        return top, others_of_softmax(torch, top, below + (ties - 1))

    def argmax(self, x: Tensor) -> Tensor:
        """Return the index, among all classes, of the first that has the maximum."""
        x = x if x.shape[-1] else x.new_full((*x.shape[:-1], 1), -torch.inf)  # a rank without classes has no maximum
        value, place = x.max(-1)
        top = self._all_reduce(value.clone(), distributed.ReduceOp.MAX)
        beyond = sum(self.counts)
        first = torch.where(value == top, place + self.first, beyond)
        return self._all_reduce(first, distributed.ReduceOp.MIN)

    def sum_of_ranks(self, x: Tensor) -> Tensor:
        """Return the sum of the ranks' parts of something that has no class axis."""
        return self._all_reduce(x, distributed.ReduceOp.SUM)

    def any_rank(self, here: bool) -> bool:
        """Return whether a condition holds on any rank."""
        flag = torch.tensor([here], dtype=torch.int64, device=device_of(self.group))
        return bool(self._all_reduce(flag, distributed.ReduceOp.MAX))

    @contextmanager
    def raise_on_all_ranks(self, name: str) -> Iterator[None]:
        """Raise on all ranks if one of them raises within this context; otherwise the others would wait for it."""
        try:
            yield
        except Exception:
            self.any_rank(True)
            raise
        if self.any_rank(False):
            raise ValueError(f"{name}: the input of another rank is invalid; see its own error")


def localize(name: str, arrays: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Return arrays and options as plain tensors of this rank, and how to sum over classes."""
    group = options.get("process_group")
    roles = {**dict(zip(("hidden", "weight", "target"), arrays, strict=True)), **options}
    if any(map(dtensor.is_dtensor, roles.values())):
        if group is not None:
            raise TypeError(f"{name}: a DTensor says itself what ranks have of it; got process_group= too; leave it out")
        group = dtensor.process_group(name, roles)
        arrays = tuple(map(dtensor.to_local, arrays))
        options = {role: dtensor.to_local(x) for role, x in options.items()}
    return arrays, options, class_sums_of("") if group is None else _rank_classes(name, group, arrays[1])


class Once(torch.autograd.Function):
    """A gradient that cannot be differentiated again; its sources are hidden states, weight, bias and upstream gradients."""

    @staticmethod
    def forward(ctx: Any, gradient: tuple[Tensor], *sources: Any) -> Tensor:
        """Return the gradient. It comes in a tuple, for an input that is returned would be a view that nobody may change."""
        return gradient[0]

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        """Raise NotImplementedError."""
        raise NotImplementedError(
            "a linear loss whose vocabulary is sharded over ranks has first derivatives only; second ones take the classes "
            "on one rank"
        )


# ---- groups


def _rank_classes(name: str, group: Any, weight: Any) -> Any:
    if group != distributed.GroupMember.NON_GROUP_MEMBER and not isinstance(group, distributed.ProcessGroup):
        raise TypeError(f"{name}: process_group= is a process group of torch.distributed; got {type(group).__name__}")
    ranks = world_size(group)
    if ranks == 1:
        return class_sums_of("")
    columns = weight.shape[0] if isinstance(weight, Tensor) and weight.ndim else -1
    local = torch.tensor([columns], device=device_of(group))
    parts = [torch.empty_like(local) for _ in range(ranks)]
    distributed.all_gather(parts, local, group=group)
    counts = [int(count) for count in parts]
    if columns < 0:  # reading the call will raise that it is no weight
        return class_sums_of("")
    if min(counts) < 0:
        raise ValueError(f"{name}: the input of another rank is invalid; see its own error")
    _groups[group.group_name] = group
    return class_sums_of(f"{group.group_name}:{distributed.get_rank(group)}:{','.join(map(str, counts))}")


_groups: dict[str, Any] = {}


@cache
def class_sums_of(key: str) -> Any:
    """Return the class sums of a key (process group, this rank, classes of each rank); an empty key means no sharding."""
    if not key:
        return AllClasses(backend)
    name, rank, text = key.rsplit(":", 2)
    counts = tuple(int(count) for count in text.split(","))
    return RankClasses(backend, ranks=len(counts), key=key, name=name, rank=int(rank), counts=counts)
