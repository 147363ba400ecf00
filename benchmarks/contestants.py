"""What is measured beside ours, and how each library is asked for a value and a gradient."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

Call = Callable[[], Any]
"""A contestant: takes nothing, gives a value, or a value and a gradient."""

EAGER, COMPILED, JAX, SKLEARN, NUMPY = "torch eager", "torch.compile", "jax.jit(optax)", "scikit-learn", "NumPy"
SCIPY, SCORINGRULES = "SciPy", "scoringrules (Numba)"
TENSOR_PEERS, ARRAY_PEERS = (EAGER, COMPILED, JAX, NUMPY), (SKLEARN, NUMPY)
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.bfloat16: 0.1}


@dataclass
class Work:
    """One thing to compute, and who computes it."""

    ours: dict[str, Call]
    """By the way it is called; each becomes a row."""
    peers: dict[str, Call]
    """By column."""
    limit: Call
    truth: Any
    """A value, or a value and a gradient, in float64."""
    tolerance: float
    context: Callable[[], AbstractContextManager[Any]] = nullcontext
    """What all of it runs under."""
    joined: Callable[..., Any] | None = None
    """Makes of a value and several gradients what the truth is."""


@dataclass
class Family:
    """A table: its rows are made one by one, since their arrays are large."""

    title: str
    limit: str
    """What the limit is here."""
    columns: tuple[str, ...]
    """The peers."""
    works: dict[str, Callable[[], Work]] = field(default_factory=dict)


# ---- how each library is asked for a value and a gradient


def step(loss: Callable[..., Any], prediction: torch.Tensor, target: torch.Tensor) -> Call:
    """Forward and backward by autograd, on a leaf of its own that shares memory with the prediction."""
    leaf = prediction.detach().requires_grad_()

    def run() -> tuple[Any, Any]:
        leaf.grad = None
        cost = loss(leaf, target)
        cost.backward()
        return cost, leaf.grad

    return run


def compiled(loss: Callable[..., Any]) -> Callable[..., Any]:
    """The loss by ``torch.compile``, for one shape and as one graph."""
    return torch.compile(loss, fullgraph=True, dynamic=False)


def jitted(loss: Callable[..., Any], *arrays: Any) -> Call:
    """A function of JAX arrays by ``jax.jit``, waited for."""
    function = jax.jit(loss)
    return lambda: jax.block_until_ready(function(*arrays))


def to_jax(x: torch.Tensor) -> jax.Array:
    """The same numbers as a JAX array of the same dtype; labels become int32, JAX's usual integers."""
    if x.dtype == torch.bfloat16:
        return jnp.asarray(x.float().numpy()).astype(jnp.bfloat16)
    return jnp.asarray(x.numpy() if x.is_floating_point() else x.numpy().astype(np.int32))
