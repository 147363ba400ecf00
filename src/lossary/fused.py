"""How a call is computed at once: by a fused kernel, of a plan that serves all calls on arrays of the same shapes and dtypes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lossary.kernels import memory, native

if TYPE_CHECKING:
    from lossary.call import Call, Request
    from lossary.kernels.task import Task
    from lossary.loss import Loss

SMALLEST = 16_384
"""Elements of a prediction from which on a kernel is used; below, loading it costs more than it saves (measured)."""
_REMEMBERED = 256
"""Plans that a loss remembers; then it forgets all and starts anew."""

Answer = tuple[Any, Any]
"""The value and the gradient; None for the one that nobody asked for."""


class Plan(Protocol):
    """A way to compute, made for arrays of certain shapes and dtypes."""

    def run(self, backend: Any, arrays: Sequence[Any], out: Any = None) -> Answer | None:
        """The answer for such arrays; None where they hold something invalid, about which the plain computation knows more."""


@dataclass(frozen=True)
class KernelPlan:
    """A kernel's task, and what becomes of its results."""

    task: Task
    losses: tuple[tuple[int, ...], Any] | None
    """Shape and dtype of the losses, if each is asked for."""
    slopes: tuple[tuple[int, ...], Any] | None
    """Shape and dtype of the gradient, if it is asked for."""
    divisor: float | None
    """What the sum of the losses is divided by, if it is asked for."""
    dtype: Any
    check: bool

    def run(self, backend: Any, arrays: Sequence[Any], out: Any = None) -> Answer | None:
        """The answer for arrays whose memory the kernel can read."""
        losses = None if self.losses is None else backend.new(*self.losses)
        slopes = None if self.slopes is None else backend.new(*self.slopes, out, arrays)
        addresses = [backend.address(x) for x in (*arrays, losses, slopes) if x is not None]
        total, invalid = self.task.run(addresses, backend.threads())
        if invalid and self.check:
            return None
        if slopes is not None and slopes.dtype != self.slopes[1]:
            slopes = backend.cast(slopes, self.slopes[1])  # in a byte order that is not the machine's own
        if self.divisor is not None:
            losses = backend.number(total / self.divisor + 0.0, self.dtype)  # + 0.0: no loss of -0.0
        return losses, slopes


def known(loss: Loss, backend: Any, request: Request, operation: str, prediction: Any, target: Any) -> Plan | None:
    """The plan remembered for calls like this one."""
    if not (loss.plans and request.plain and backend.adjacent(prediction) and backend.adjacent(target)):
        return None
    if backend.size(prediction) < SMALLEST:
        return None
    return loss.plans.get((backend, request, operation, prediction.dtype, prediction.shape, target.dtype, target.shape))


def make(loss: Loss, call: Call, request: Request, operation: str) -> tuple[Plan, list[Any]] | None:
    """A plan for a call and the arrays it takes; None where none serves it."""
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
    found = loss.kernel_task(call, with_loss, order, 1 / divisor)
    if found is None:
        return None
    task, arrays = found
    plan = KernelPlan(
        task,
        (call.sample_shape, call.stored_dtype) if with_loss and not reduced else None,
        (tuple(call.prediction.shape), call.given_dtype) if order else None,
        divisor if with_loss and reduced else None,
        call.dtype,
        bool(call.check),
    )
    if request.plain and call.own.get("ignore_index") is None and arrays[0] is call.prediction and arrays[1] is call.target:
        if len(loss.plans) >= _REMEMBERED:
            loss.plans.clear()
        x, y = call.prediction, call.target
        loss.plans[backend, request, operation, x.dtype, x.shape, y.dtype, y.shape] = plan
    return plan, arrays


def answer(loss: Loss, backend: Any, request: Request, operation: str, prediction: Any, target: Any) -> Answer | None:
    """The answer to a call by a plan; None where none serves it."""
    plan = known(loss, backend, request, operation, prediction, target)
    if plan is not None:
        return plan.run(backend, (prediction, target), request.out)
    call = loss.read(request, backend, prediction, target)
    made = make(loss, call, request, operation)
    return None if made is None else made[0].run(backend, made[1], call.out)


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
    number = float(call.reduction.divisor(call.backend, call.sample_shape, *counted))
    return number if number == number else None


def steps(shape: Sequence[int], strides: Sequence[int], axis: int) -> tuple[int, int, int] | None:
    """Distances between neighbours before the axis, along it and after it; None where those on one side are not alike.

    Where the axis is the last, all others count as lying after it.
    """
    last = axis == len(shape) - 1
    found = []
    for group in ([], range(axis)) if last else (range(axis), range(axis + 1, len(shape))):
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


def contiguous_strides(shape: Sequence[int]) -> list[int]:
    """Distances between neighbours along each axis of an array without gaps, the last axis running fastest."""
    return [math.prod(shape[i + 1 :]) for i in range(len(shape))]
