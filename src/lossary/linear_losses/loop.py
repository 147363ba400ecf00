"""The loop over blocks of rows, for arrays that are computed at once: of NumPy, and of torch outside of its graph.

A block's logits are one matrix product, its losses and slopes one pass over them, and its share of the gradients two more
products; then the memory is the next block's. Rows that are masked are not computed at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lossary.linear_losses import block
from lossary.linear_losses.block import Pulls
from lossary.linear_losses.divergence import from_teacher
from lossary.linear_losses.job import Arrays, Job

BUDGET = 64 << 20
"""Bytes that a block of logits, and all that is as large as it, may take together; a block is one row at least."""
_PLAIN_COPIES = 8
"""Arrays as large as the logits that the plain computation holds at its height, at most; the tests measure the memory."""
_PIECE = 8 << 20
"""Bytes of a weight that are converted at a time where it is in half precision."""


class Result(NamedTuple):
    """Losses and extras of all rows, 0 where masked, and the gradients that were asked for, unrounded."""

    losses: Any
    extras: list[Any]
    hidden: Any
    weight: Any
    bias: Any


def run(job: Job, arrays: Arrays, share: Any, needed: Sequence[bool], pulls: Pulls) -> Result:
    """All rows; gradients of Σ share·wℓ and of what has cotangents, with respect to hidden states, weight and bias."""
    backend, dtype, like = arrays.backend, arrays.dtype, arrays.hidden
    count, width = arrays.hidden.shape
    classes = arrays.weight.shape[0]
    with_slopes, kernel = any(needed), block.kernel_of(job, arrays, pulls)
    losses = backend.zeros((count,), dtype, like)
    extras = [backend.zeros((count,), dtype, like) for _ in job.returns]
    d_hidden: Any = backend.zeros((count, width), dtype, like) if needed[0] else None
    d_bias = backend.zeros((classes,), dtype, like) if needed[2] else None
    d_weight = None
    for rows in _blocks(job, arrays, kernel is not None):
        hidden = backend.cast(arrays.hidden[rows], dtype)
        z = _product(backend, hidden, arrays.weight, arrays.bias)
        target = None if arrays.target is None else arrays.target[rows]
        mass = None if arrays.mass is None else arrays.mass[rows]
        some = pulls.of(rows)
        if job.divergence != "cross_entropy" or arrays.teacher_hidden is not None:
            z_teacher = _product(
                backend, backend.cast(arrays.teacher_hidden[rows], dtype), arrays.teacher_weight, arrays.teacher_bias
            )
            found = from_teacher(job, arrays, z, z_teacher, share, some, with_slopes, kernel)
        else:
            if job.dense and kernel is None:
                target = backend.cast(target, dtype)
            found = (kernel or block.plainly)(job, arrays, z, target, mass, share, some, with_slopes)
        losses[rows] = found.losses
        for whole, part in zip(extras, found.extras, strict=True):
            whole[rows] = part
        if needed[0]:
            d_hidden[rows] = _product(backend, found.slopes, arrays.weight, None, transposed=False)
        if needed[1]:
            d_weight = backend.add_product(d_weight, found.slopes, hidden, arrays.weight)
        if needed[2]:
            d_bias += backend.add_up(found.slopes, (0,))
        del found, z  # their memory is the next block's
    if needed[1] and d_weight is None:
        d_weight = backend.zeros((classes, width), dtype, like)
    if needed[0]:
        d_hidden = arrays.over_classes.sum_of_ranks(d_hidden)
    return Result(losses, extras, d_hidden, d_weight, d_bias)


def _blocks(job: Job, arrays: Arrays, kernel: bool) -> Iterator[Any]:
    """Slices of the rows, or the indices of those that count, in blocks of about equal size."""
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


def rows_of_block(job: Job, arrays: Arrays, kernel: bool) -> int:
    """How many rows of logits the budget holds."""
    copies = (1 if kernel else _PLAIN_COPIES) + 3 * (arrays.teacher_hidden is not None)
    return max(1, BUDGET // (copies * arrays.over_classes.widest(arrays.weight.shape[0]) * arrays.dtype.itemsize))


def _product(backend: Any, x: Any, weight: Any, bias: Any, *, transposed: bool = True) -> Any:
    """x·weightᵀ + bias, or x·weight; a weight in half precision is converted piece by piece."""
    if weight.dtype == x.dtype:
        return backend.product(x, weight.T if transposed else weight, bias)
    if backend.multiplies_halves(x, weight):
        return backend.product_of_halves(x, weight.T if transposed else weight, bias)
    classes = weight.shape[0]
    step = max(1, _PIECE // (x.dtype.itemsize * max(1, weight.shape[1])))
    pieces = [slice(a, min(a + step, classes)) for a in range(0, classes, step)]
    if transposed:
        shape = x.shape[0], classes
        out = backend.new(shape, x.dtype) if backend.in_memory(x) else backend.zeros(shape, x.dtype, x)
        for piece in pieces:
            out[:, piece] = x @ backend.cast(weight[piece], x.dtype).T
        if bias is not None:
            out += backend.cast(bias, x.dtype)
        return out
    result = backend.zeros((x.shape[0], weight.shape[1]), x.dtype, x)
    for piece in pieces:
        result += x[:, piece] @ backend.cast(weight[piece], x.dtype)
    return result
