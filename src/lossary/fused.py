"""Answers of a call by fused kernels: whether there is one, its divisor, and what becomes of its sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lossary.kernels import memory, native

if TYPE_CHECKING:
    from lossary.call import Call
    from lossary.loss import Loss

SMALLEST = 16_384
"""Elements of a prediction from which on a kernel is used; below, loading it costs more than it saves (measured)."""


class Result(NamedTuple):
    """What a kernel found: the sum of the losses or each of them, the slopes, and whether any sample is invalid."""

    total: float
    losses: Any
    slopes: Any
    invalid: bool


def answer(loss: Loss, call: Call, operation: str) -> tuple[Any, Any] | None:
    """The value and the gradient that an operation asks for (None for the other), or None where no kernel serves the call.

    Nor does one where input turned out to be invalid: the plain computation knows what to say.
    """
    backend, reduced = call.backend, call.reduction.how != "none"
    if (
        backend.size(call.prediction) < SMALLEST
        or not memory.DTYPES.issuperset(backend.dtype_name(x.dtype) for x in call.arrays())
        or backend.dtype_name(call.dtype) not in memory.PRECISIONS
        or any(type(number) not in (int, float) for number in call.parameters.values())
        or not native.available()
    ):
        return None
    divisor = _divisor(loss, call) if reduced else 1.0
    if not divisor:
        return None
    with_loss = operation in ("value", "value_and_gradient")
    order = {"value": 0, "curvature": 2}.get(operation, 1)
    result = loss.run_kernel(call, with_loss, order, 1 / divisor)
    if result is None or (result.invalid and call.check):
        return None
    value = result.losses
    if with_loss and reduced:
        value = backend.number(result.total / divisor + 0.0, call.dtype)  # + 0.0: no loss of -0.0
    return value, result.slopes


def _divisor(loss: Loss, call: Call) -> float | None:
    """The divisor of a reduction as a number; None or 0 where the plain computation has to see to it."""
    how, normalizer = call.reduction.how, call.reduction.normalizer
    if normalizer is not None:
        return normalizer if type(normalizer) in (int, float) else None
    if how == "sum":
        return 1.0
    counted = loss.count_samples(call)
    if counted is None:
        return None
    weight, mask = counted
    divisor = call.reduction.divisor(call.backend, call.sample_shape, weight, mask)
    number = float(divisor)
    return number if number == number else None


def steps(shape: Sequence[int], strides: Sequence[int], axis: int) -> tuple[int, int, int] | None:
    """Distances between neighbours before the axis, along it and after it; None where those on one side are not alike.

    Where the axis is the last, all others count as lying after it.
    """
    last = axis == len(shape) - 1
    groups = [[], range(axis)] if last else [range(axis), range(axis + 1, len(shape))]
    found = []
    for group in groups:
        step, extent = 0, 1
        for i in reversed(group):
            if shape[i] == 1:
                continue
            if extent == 1:
                step = strides[i]
            elif strides[i] != step * extent:
                return None
            extent *= shape[i]
        found.append(step)
    return found[0], strides[axis], found[1]
