"""Batches of JAX arrays: gathering over a mesh axis, and blocks that the backward pass computes once more."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lossary.batch_losses.side import Side

Array = jax.Array


def gathered(name: str, x: Array, group: Any) -> tuple[Array, Any]:
    """Return the rows of all devices along a mesh axis, and where this device's first row is among them."""
    if group is None:
        return x, 0
    if not isinstance(group, str):
        raise TypeError(f"{name}: in JAX, process_group= is the name of a mesh axis, inside jax.shard_map; got {group!r}")
    found: Array = lax.all_gather(x, group, tiled=True)
    return found, lax.axis_index(group) * x.shape[0]


def losses_by_blocks(of_block: Callable[[Side, Any], Any], side: Side) -> Array:
    """Return the loss of each row; the last block is padded with rows that do not count."""
    count, blocks = side.rows.shape[0], len([*side.blocks()])
    whole = slice(None)
    if blocks <= 1:
        found: Array = of_block(side, whole)
        return found
    size = -(-count // blocks)

    def parts(x: Array) -> Array:
        return jnp.pad(x, [(0, blocks * size - count)] + [(0, 0)] * (x.ndim - 1)).reshape(blocks, size, *x.shape[1:])

    labels = None if side.labels is None else parts(side.labels[0])

    @jax.checkpoint
    def losses(part: Any) -> Any:
        rows, place, anchors = part
        kinds = None if side.labels is None else (anchors, side.labels[1])
        return of_block(dataclasses.replace(side, rows=rows, place=place, labels=kinds), whole)

    mapped: Array = lax.map(losses, (parts(side.rows), parts(side.place), labels))
    return mapped.reshape(-1)[:count]


def value_and_gradients(cost: Callable[[dict[str, Any]], Any], inputs: dict[str, Array]) -> tuple[Any, list[Any]]:
    """Return a cost and its gradients in these inputs."""

    def total(inputs: dict[str, Array]) -> tuple[Array, Any]:
        value = cost(inputs)
        return value.sum(), value

    found, value = jax.grad(total, has_aux=True)(inputs)
    return value, [found[name] for name in inputs]  # JAX sorts the keys of a dict
