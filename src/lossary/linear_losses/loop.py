"""The loop over blocks of rows, for arrays that are computed at once: of NumPy, and of torch outside of its graph.

A block's logits are one matrix product, its losses and slopes one pass over them, and its part of the gradients two more
products; then the next block uses the same memory. Masked rows are not computed at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lossary.kernels import gpu
from lossary.linear_losses.block import Block, BlockResult, UpstreamGradients, kernel_of
from lossary.linear_losses.divergence import from_teacher
from lossary.linear_losses.job import Arrays, LinearJob
from lossary.linear_losses.products import Products

BUDGET = 64 << 20
"""Bytes of a block of logits together with all other arrays of its size. A block has at least one row."""
_ARRAY_COPIES = 8
"""The most arrays of the size of the logits that array operations hold at a time; the tests measure the memory."""


class Result(NamedTuple):
    """Losses and extras of all rows, 0 where masked, and the gradients that were requested, in the precision computed in."""

    losses: Any
    extras: list[Any]
    hidden: Any
    weight: Any
    bias: Any


def run(
    job: LinearJob, arrays: Arrays, share: Any, needed: Sequence[bool], upstream: UpstreamGradients, products: Products
) -> Result:
    """Compute wℓ of all rows, and gradients with respect to hidden states, weight and bias if ``needed``.

    They are those of Σ share·wℓ and of what has upstream gradients.
    """
    backend, dtype, like = arrays.backend, arrays.dtype, arrays.hidden
    upstream = upstream.weighted(arrays.sample_weight)
    count, width = arrays.hidden.shape
    classes = arrays.weight.shape[0]
    with_slopes, kernel = any(needed), kernel_of(job, arrays, upstream)
    losses = backend.zeros((count,), dtype, like)
    extras = [backend.zeros((count,), dtype, like) for _ in job.returns]
    d_hidden: Any = backend.zeros((count, width), dtype, like) if needed[0] else None
    d_bias = backend.zeros((classes,), dtype, like) if needed[2] else None
    d_weight = None
    for rows in _blocks(job, arrays, kernel is not None):
        hidden = backend.cast(arrays.hidden[rows], dtype)
        target, mass = (None if x is None else x[rows] for x in (arrays.target, arrays.mass))
        some = Block(job, arrays, target, mass, upstream.of_rows(rows), share, with_slopes, kernel)
        found = _block(some, rows, hidden, products)
        losses[rows] = found.losses
        for every, part in zip(extras, found.extras, strict=True):
            every[rows] = part
        if needed[0]:
            d_hidden[rows] = products.hidden_gradient(found.slopes, arrays.weight)
        if needed[1]:
            d_weight = products.add_weight_gradient(d_weight, found.slopes, hidden, arrays.weight)
        if needed[2]:
            d_bias += found.slopes.sum(0, dtype=dtype)  # slopes may be in half precision
        del found  # the next block uses its memory
    if needed[1] and d_weight is None:
        d_weight = backend.zeros((classes, width), dtype, like)
    if needed[0]:
        d_hidden = arrays.class_sums.sum_of_ranks(d_hidden)
    return Result(losses, extras, d_hidden, d_weight, d_bias)


def _block(some: Block, rows: Any, hidden: Any, products: Products) -> BlockResult:
    """Compute the logits of some rows, and from them losses, extras and slopes."""
    job, arrays, backend = some.job, some.arrays, some.arrays.backend
    z = products.logits(hidden, arrays.weight, arrays.bias)
    if some.target is not None and job.dense and some.kernel is None:
        some = some.changed(target=backend.cast(some.target, arrays.dtype))
    if arrays.teacher_hidden is None:
        return some.compute(z)
    teacher_hidden = backend.cast(arrays.teacher_hidden[rows], arrays.dtype)
    return from_teacher(some, z, products.logits(teacher_hidden, arrays.teacher_weight, arrays.teacher_bias))


def _blocks(job: LinearJob, arrays: Arrays, kernel: bool) -> Iterator[Any]:
    """Yield the rows of each block, of about equal size: slices, or the indices of rows that count."""
    backend, rows = arrays.backend, None
    count = arrays.hidden.shape[0]
    if arrays.counted is not None:
        rows = backend.xp.where(arrays.counted)[0]
        count = rows.shape[0]
    size = job.rows or rows_of_block(job, arrays, kernel)
    blocks = -(-count // size)
    for i in range(blocks):
        begin, end = count * i // blocks, count * (i + 1) // blocks
        yield slice(begin, end) if rows is None else rows[begin:end]


def rows_of_block(job: LinearJob, arrays: Arrays, kernel: bool) -> int:
    """Return how many rows of logits fit in the budget.

    On a GPU a block takes more, as much as the weight's gradient, which is read and written for each block.
    """
    budget, weight, itemsize = BUDGET, arrays.weight, arrays.dtype.itemsize
    copies: float = (1 if kernel else _ARRAY_COPIES) + 3 * (arrays.teacher_hidden is not None)
    copies += job.divergence == "distillation"  # the slopes of one part while the other is computed
    if gpu.serves(weight):
        budget += itemsize * weight.shape[0] * weight.shape[1]
        copies += 0.5 * (weight.dtype.itemsize == 2)  # slopes in half precision
    return max(1, int(budget / (copies * arrays.class_sums.max_local_classes(weight.shape[0]) * itemsize)))
