"""Process groups of ``torch.distributed``: how many ranks there are, and where tensors lie that they send."""

from __future__ import annotations

import sys
from typing import Any


def world_size(process_group: Any) -> int:
    """Return the number of ranks, 1 if nothing is distributed; raise ValueError on a rank outside of the group."""
    torch: Any = sys.modules.get("torch")  # who has a process group has imported it
    if torch is None or not torch.distributed.is_available():
        return 1
    if process_group is None and not torch.distributed.is_initialized():
        return 1
    ranks = int(torch.distributed.get_world_size(process_group))
    if ranks < 1:
        raise ValueError(
            f"a rank that calls this belongs to the process group; rank {torch.distributed.get_rank()} does not; "
            "call it on members only, or pass another process_group="
        )
    return ranks


def device_of(process_group: Any) -> str:
    """Return the device of tensors that a process group sends: "cpu" if it can send from there."""
    from torch import distributed

    config = distributed.get_backend_config(process_group)  # such as "cpu:gloo,cuda:nccl"
    devices = [pair.partition(":")[0] for pair in config.split(",")]
    return "cpu" if "cpu" in devices else devices[0]
