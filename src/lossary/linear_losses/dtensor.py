"""DTensors as inputs of a linear loss: their local parts, and the process group whose ranks share the classes."""

from __future__ import annotations

import sys
from typing import Any

_CLASS_AXIS = {"weight": 0, "bias": 0, "target": -1, "teacher_weight": 0, "teacher_bias": 0}
"""The axis of the classes, in the arrays that have one."""


def is_dtensor(x: Any) -> bool:
    """Return whether it is a DTensor; if there is one, its module has been imported."""
    module: Any = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(x, module.DTensor)


def to_local(x: Any) -> Any:
    """Return the local part of a DTensor, and anything else as it is."""
    return x.to_local() if is_dtensor(x) else x


def like_input(gradient: Any, given: Any) -> Any:
    """Return a gradient as a DTensor with the placement of the input, if the input is one."""
    if gradient is None or not is_dtensor(given):
        return gradient
    return type(given).from_local(gradient, given.device_mesh, given.placements, shape=given.shape, stride=given.stride())


def process_group(name: str, roles: dict[str, Any]) -> Any:
    """Return the process group whose ranks share the classes, or None if each rank has all of them."""
    weight, mesh = roles["weight"], None
    for role, x in roles.items():
        if is_dtensor(x):
            mesh = x.device_mesh if mesh is None else mesh
            if x.device_mesh != mesh or mesh.ndim != 1:
                raise TypeError(
                    f"{name}: DTensors lie on one mesh of one dimension; got {role} on {x.device_mesh}; take mesh[dimension]"
                )
    sharded = is_dtensor(weight) and weight.placements[0].is_shard(0)
    for role, x in roles.items():
        if is_dtensor(x):
            _check_placement(name, role, x, sharded)
    return mesh.get_group() if sharded else None  # type: ignore[union-attr]


def _check_placement(name: str, role: str, x: Any, sharded: bool) -> None:
    """Refuse a placement that does not fit that of the weight."""
    axis = _CLASS_AXIS.get(role)
    axis = x.ndim - 1 if axis == -1 else axis
    labels = role == "target" and not x.is_floating_point()
    placement = x.placements[0]
    if sharded and axis is not None and not labels:
        if type(placement).__name__ != "Shard" or not placement.is_shard(axis):
            raise TypeError(
                f"{name}: the weight's classes are sharded, so the placement of {role} is Shard({axis}); "
                f"got {placement}; redistribute it"
            )
    elif not placement.is_replicate():
        allowed = "Shard(0) or Replicate()" if role == "weight" else "Replicate()"
        raise TypeError(f"{name}: the placement of {role} is {allowed}; got {placement}; redistribute it")
