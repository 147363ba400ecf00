"""Whose arrays come in and go out. Each module here gives the same functions for one library's arrays.

The code in ``loss.py`` and ``reduction.py`` is written once against these functions:

==================  =====================================================================================
``array``           any accepted input as this library's array, or a clear TypeError
``kind``            "float", "integer" or "bool"
``compute_dtype``   the dtype to compute in: the widest float given, never half precision
``cast``            to another dtype
``evaluate``        a formula of arrays and numbers; differentiable, with derived derivatives of any order
``log_softmax``     along the last axis; differentiable, exact for confident rows
``total``           the sum of everything in float64, over blocks of fixed size
``readable``        whether the values can be looked at now (not while tracing or on a GPU)
``gradient``        of a plain function, by the library's own means (composed losses only)
==================  =====================================================================================
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

LIBRARIES = ("numpy", "torch", "jax")


def library_of(*values: Any) -> str:
    """The library whose arrays are among the values; torch and JAX are recognised, never imported to look."""
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    if torch is not None and any(isinstance(value, torch.Tensor) for value in values):
        return "torch"
    if jax is not None and any(isinstance(value, jax.Array) for value in values):
        return "jax"
    return "numpy"


def of(*values: Any) -> Any:
    """The backend for these values."""
    return import_module(f"lossary.backends.{library_of(*values)}")


def torch_compiles() -> bool:
    """Whether ``torch.compile`` is tracing us; the graph then takes the whole loss as one call."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.compiler.is_compiling()
