"""A call after it was read, and the cost that it returns."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from typing import Any

from lossary.engine.call import Call
from lossary.engine.results import result_type
from lossary.linear_losses.job import Arrays, LinearJob

Gradients = namedtuple("Gradients", ("hidden", "weight", "bias"))
"""The gradients with respect to the three; None for a bias that was not given."""


@dataclasses.dataclass
class PreparedCall:
    """A call that was read and checked."""

    job: LinearJob
    arrays: Arrays
    call: Call
    divisor: Any
    """The divisor of the sum of the losses, or None if it is not divided."""
    shape: tuple[int, ...]
    """The shape of the samples: hidden states without the axis of features."""
    given: tuple[Any, ...] = ()
    """Hidden states, weight and bias as the caller passed them."""


def cost_of(prepared: PreparedCall, total: Any, losses: Any, extras: list[Any]) -> Any:
    """Return what the caller gets: the cost, from Σwℓ or the loss of each row, and what ``returns=`` names."""
    call, reduction, backend = prepared.call, prepared.call.reduction, prepared.arrays.backend
    if reduction.how == "none":
        half = backend.is_half(call.input_dtype)
        cost = backend.cast(losses.reshape(prepared.shape) + 0.0, call.input_dtype if half else call.dtype)  # no view, no -0.0
    else:
        cost = backend.scalar(reduction.finished(backend, total, prepared.divisor), call.dtype)
    names = prepared.job.returns
    return result_type(names)(cost, *(x.reshape(prepared.shape) + 0.0 for x in extras)) if names else cost
