"""The backend of a call: the library whose arrays come in and go out."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lossary.arrays.protocol import KernelArrays
from lossary.arrays.real import check_indexes

if TYPE_CHECKING:  # the type checker holds each library to the protocol
    from lossary.arrays import jax, numpy, torch
    from lossary.arrays.protocol import DifferentiableArrays

    _NUMPY: KernelArrays = numpy
    _TORCH: KernelArrays = torch
    _JAX: DifferentiableArrays = jax
    _TORCH_TOO: DifferentiableArrays = torch

_backends: dict[type, Any] = {}


def name_of(*values: Any) -> str:
    """Return the library whose arrays are among the values; torch and JAX are recognised, never imported for that."""
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    if torch is not None and any(isinstance(value, torch.Tensor) for value in values):
        return "torch"
    if jax is not None and any(isinstance(value, jax.Array) for value in values):
        return "jax"
    return "numpy"


def of(*values: Any) -> Any:
    """Return the backend for these values."""
    kinds = {*map(type, values)}
    if len(kinds) == 1:  # by far the most calls
        kind = kinds.pop()
        backend = _backends.get(kind)
        if backend is None:
            backend = import_module(f"lossary.arrays.{name_of(*values)}")
            if kind.__module__ in ("numpy", "torch"):
                _backends[kind] = backend
            else:
                check_indexes(*values)
        return backend
    return import_module(f"lossary.arrays.{name_of(*values)}")
