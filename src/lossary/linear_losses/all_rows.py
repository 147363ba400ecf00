"""All rows at once, by differentiable array operations: the plain twin of the loop over blocks."""

from __future__ import annotations

import dataclasses
from typing import Any

from lossary.arrays.rows import on_last_axis
from lossary.linear_losses import block
from lossary.linear_losses.block import UpstreamGradients
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
    if arrays.teacher_hidden is not None:
        z_teacher = logits(arrays.teacher_hidden, arrays.teacher_weight, arrays.teacher_bias)
        found = from_teacher(job, arrays, z, z_teacher, target, 1.0, upstream, with_slopes=False, kernel=None)
    else:
        found = block.by_arrays(job, arrays, z, target, arrays.mass, 1.0, upstream, with_slopes=False)
    rows = [found.losses, *found.extras]
    if counted is not None:
        rows = [where(counted, x, 0) for x in rows]
    return backend.total(rows[0]), *rows
