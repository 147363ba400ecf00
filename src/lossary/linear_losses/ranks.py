"""A vocabulary whose classes are shared out among the ranks of a process group: what they have to tell each other.

Of each row, that is maxima and sums over classes; of the gradient, each rank's part of that of the hidden states.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import distributed

from lossary.backends import torch as backend
from lossary.distributed import _device
from lossary.kinds.logits import Whole

Tensor = torch.Tensor


@dataclass(frozen=True)
class OverRanks(Whole):
    """Sums over all classes of a row, of which this rank has some side by side."""

    before: int = 0
    """The number of classes of the ranks before this one."""
    columns: int = 0
    """The number of classes here."""
    classes: int = 0
    """The number of classes of all ranks."""
    group: Any = None

    @property
    def first(self) -> int:
        return self.before

    def count(self, columns: int) -> int:
        return self.classes

    def mine(self, per_class: Tensor) -> Tensor:
        return per_class[self.first : self.first + self.columns]

    def _together(self, x: Tensor, how: Any) -> Tensor:
        x = x.contiguous()
        distributed.all_reduce(x, how, group=self.group)
        return x

    def total(self, terms: Tensor) -> Tensor:
        return self._together(terms.sum(-1), distributed.ReduceOp.SUM)

    def _top_and_others(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The largest number of each row of all ranks, and Σ e^(z - top) of all but one at the top."""
        mine = z.max(-1).values if z.shape[-1] else z.new_full(z.shape[:-1], -torch.inf)
        top = self._together(mine.clone(), distributed.ReduceOp.MAX)
        at_top = z == top[..., None]
        sums = torch.stack([torch.where(at_top, 0.0, (z - top[..., None]).exp()).sum(-1), at_top.sum(-1).to(z.dtype)])
        below, ties = self._together(sums, distributed.ReduceOp.SUM)
        return top, below + (ties - 1)

    def log_softmax(self, z: Tensor) -> Tensor:
        top, others = self._top_and_others(z)
        return (z - top[..., None]) - torch.log1p(others)[..., None]

    def log_normalizer(self, z: Tensor) -> Tensor:
        top, others = self._top_and_others(z)
        return top + torch.log1p(others)

    def argmax(self, x: Tensor) -> Tensor:
        value, place = x.max(-1) if x.shape[-1] else (x.new_full(x.shape[:-1], -torch.inf), x.new_zeros(x.shape[:-1], dtype=torch.long))
        top = self._together(value.clone(), distributed.ReduceOp.MAX)
        first = torch.where(value == top, place + self.first, self.classes)
        return self._together(first, distributed.ReduceOp.MIN)

    def sum_of_ranks(self, x: Tensor) -> Tensor:
        return self._together(x, distributed.ReduceOp.SUM)

    def any_rank(self, here: bool) -> bool:
        """Whether it is so on any rank."""
        return bool(self._together(torch.tensor([here], dtype=torch.int64, device=_device(self.group)), distributed.ReduceOp.MAX))


def prepared(name: str, hidden: Any, weight: Any, options: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Hidden states and weight as plain tensors, and how sums over classes are taken."""
    group = options.get("process_group")
    if group is None:
        return hidden, weight, over_classes_of("")
    return hidden, weight, _over_ranks(group, weight.shape[0])


def _over_ranks(group: Any, columns: int) -> OverRanks:
    counts = [0] * distributed.get_world_size(group)
    distributed.all_gather_object(counts, columns, group=group)
    rank = distributed.get_rank(group)
    key = f"{group.group_name}:{rank}:{','.join(map(str, counts))}"
    _groups[group.group_name] = group
    return over_classes_of(key)


_groups: dict[str, Any] = {}


@cache
def over_classes_of(key: str) -> Any:
    """What a key stands for: nothing, for a process that has all classes, or a group, this rank, and the counts of all ranks."""
    if not key:
        return Whole(backend)
    name, rank, text = key.rsplit(":", 2)
    counts, mine = [int(count) for count in text.split(",")], int(rank)
    return OverRanks(
        backend,
        before=sum(counts[:mine]),
        ranks=len(counts),
        key=key,
        columns=counts[mine],
        classes=sum(counts),
        group=_groups[name],
    )
