"""All rows at once, by differentiable array operations: the plain twin of the loop over blocks."""

from __future__ import annotations

import dataclasses
from typing import Any

from lossary.arrays.rows import on_last_axis
from lossary.linear_losses.block import Block, UpstreamGradients
from lossary.linear_losses.divergence import from_teacher
from lossary.linear_losses.job import Arrays, LinearJob

EXTRAS = ("log_normalizer", "entropy", "accuracy")


def compute(job: LinearJob, arrays: Arrays) -> tuple[Any, ...]:
    """Return Σwℓ, and the loss, log normalizer, entropy and correctness of each row."""
    job, backend, counted = dataclasses.replace(job, returns=EXTRAS), arrays.backend, arrays.counted
    where = backend.xp.where

    def logits(states: Any, weight: Any, bias: Any) -> Any:
        if counted is not None:  # the gradient of a masked row is 0, whatever it holds
            states = where(counted[:, None], states, 0)
        z = backend.cast(states, arrays.dtype) @ backend.cast(weight, arrays.dtype).T
        return z if bias is None else z + on_last_axis(backend.cast(bias, arrays.dtype), z.ndim)

    z, upstream = logits(arrays.hidden, arrays.weight, arrays.bias), UpstreamGradients().weighted(arrays.sample_weight)
    target = arrays.target
    if target is not None and job.dense:
        target = backend.cast(target, arrays.dtype)
    every = Block(job, arrays, target, arrays.mass, upstream, share=1.0, with_slopes=False)
    if arrays.teacher_hidden is not None:
        z_teacher = logits(arrays.teacher_hidden, arrays.teacher_weight, arrays.teacher_bias)
        found = from_teacher(every, z, z_teacher)
    else:
        found = every.compute(z)
    rows = [found.losses, *found.extras]
    if counted is not None:
        rows = [where(counted, x, 0) for x in rows]
    return backend.total(rows[0]), *rows
