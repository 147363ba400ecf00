"""A call computed by array operations: the plain twin of every kernel."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from lossary.engine.calculation import Calculation
from lossary.engine.call import Call
from lossary.engine.results import as_gradient
from lossary.formula.numbers import is_array


@np.errstate(all="ignore")
def compute_with_arrays(calculation: Calculation, call: Call, operation: str) -> Any:
    """Return the result of a call by array operations, differentiable where the backend is."""
    call = dataclasses.replace(call, inputs=dict(call.inputs), problems=[])
    backend, reduction = call.backend, call.reduction
    calculation.load(call)
    divisor = None
    if reduction.how != "none":
        divisor = reduction.divisor(backend, call.sample_shape, calculation.divisor_weight(call), call.mask)
    losses = calculation.weighted_losses(call) if operation in ("value", "value_and_gradient") else None
    slopes = None if operation == "value" else calculation.slopes(call, 2 if operation == "curvature" else 1)
    answers = []
    if losses is not None:
        losses = call.masked(call.nan_where_invalid(losses, call.invalid), call.mask)
        answers.append(calculation.with_extras(call, _reduced(call, losses, divisor), losses))
    if slopes is not None:
        share: Any = None
        if reduction.how != "none":
            share = reduction.share(backend, divisor)
            share = backend.cast(share, call.dtype) if is_array(share) or isinstance(share, np.generic) else share
        answers.append(_gradients(calculation, call, slopes, share))
    return tuple(answers) if len(answers) > 1 else answers[0]


def _gradients(calculation: Calculation, call: Call, slopes: tuple[Any, ...], share: Any) -> Any:
    """Return the gradient in the prediction, or named gradients if there are several."""
    found = []
    for name, slope, dtype in zip(call.predictions, slopes, call.input_dtypes, strict=True):
        invalid, mask = (None if x is None else call.broadcast_over_components(x, name) for x in (call.invalid, call.mask))
        nan = call.nan_where_invalid(slope, invalid)
        shared = call.masked(nan if share is None else call.backend.multiply(nan, share), mask)
        found.append(call.backend.cast(calculation.to_input_layout(call, shared), dtype))
    return as_gradient(calculation.predictions, found)


def _reduced(call: Call, losses: Any, divisor: Any) -> Any:
    """Return the cost, or each loss if nothing is reduced."""
    reduction = call.reduction
    if reduction.how == "none":
        half = call.backend.is_half(call.input_dtype)
        return call.backend.cast(losses + 0.0, call.input_dtype if half else call.dtype)  # + 0.0: no loss of -0.0
    return call.backend.scalar(reduction.cost(call.backend, losses, divisor) + 0.0, call.dtype)
