"""A call as it was read, and what it hands back."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from typing import Any

from lossary.engine.call import Call
from lossary.engine.results import result_type
from lossary.linear_losses.job import Arrays, Job

Gradients = namedtuple("Gradients", ("hidden", "weight", "bias"))
"""The gradients with respect to the three; that of a bias that was not given is None."""


@dataclasses.dataclass
class Read:
    """A call, read and checked."""

    job: Job
    arrays: Arrays
    call: Call
    divisor: Any
    """What the sum of the losses is divided by; None where nothing is."""
    shape: tuple[int, ...]
    """Of the rows, before they were put one after another."""
    given: tuple[Any, ...] = ()
    """Hidden states, weight and bias as they were passed."""


def cost_of(read: Read, total: Any, losses: Any, extras: list[Any]) -> Any:
    """What a call hands back, of Σwℓ over the divisor, the loss of each row, and what ``returns=`` names."""
    call, reduction, backend = read.call, read.call.reduction, read.arrays.backend
    if reduction.how == "none":
        half = backend.is_half(call.input_dtype)
        cost = backend.cast(losses.reshape(read.shape) + 0.0, call.input_dtype if half else call.dtype)  # no view, no -0.0
    else:
        cost = backend.scalar(reduction.finished(backend, total, read.divisor), call.dtype)
    names = read.job.returns
    return result_type(names)(cost, *(x.reshape(read.shape) + 0.0 for x in extras)) if names else cost
