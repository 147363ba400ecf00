"""All rows at once, by differentiable operations: the plain twin of the loop over blocks."""

from __future__ import annotations

import dataclasses
from typing import Any

from lossary.arrays.rows import on_last_axis
from lossary.linear_losses import block
from lossary.linear_losses.block import Pulls
from lossary.linear_losses.divergence import from_teacher
from lossary.linear_losses.job import Arrays, Job

EXTRAS = ("log_normalizer", "entropy", "accuracy")


def plain(job: Job, arrays: Arrays) -> tuple[Any, ...]:
    """Σwℓ, and of each row its loss, log normalizer, entropy and correctness."""
    job, backend, counted = dataclasses.replace(job, returns=EXTRAS), arrays.backend, arrays.counted
    where = backend.xp.where

    def logits(states: Any, weight: Any, bias: Any) -> Any:
        if counted is not None:  # whatever a masked row holds, its gradient is 0
            states = where(counted[:, None], states, 0)
        z = backend.cast(states, arrays.dtype) @ backend.cast(weight, arrays.dtype).T
        return z if bias is None else z + on_last_axis(backend.cast(bias, arrays.dtype), z.ndim)

    z = logits(arrays.hidden, arrays.weight, arrays.bias)
    if arrays.teacher_hidden is not None:
        z_teacher = logits(arrays.teacher_hidden, arrays.teacher_weight, arrays.teacher_bias)
        found = from_teacher(job, arrays, z, z_teacher, 1.0, Pulls(), with_slopes=False, kernel=None)
    else:
        target = backend.cast(arrays.target, arrays.dtype) if job.dense else arrays.target
        found = block.plainly(job, arrays, z, target, arrays.mass, 1.0, Pulls(), with_slopes=False)
    rows = [found.losses, *found.extras]
    if counted is not None:
        rows = [where(counted, x, 0) for x in rows]
    return backend.total(rows[0]), *rows
