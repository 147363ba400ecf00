"""How a call is computed at once, by a kernel or a function: plans that serve all calls on arrays of one shape and dtype."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lossary.kernels import memory, native

if TYPE_CHECKING:
    from lossary.call import Call, Request
    from lossary.kernels.task import Task
    from lossary.loss import Loss

SMALLEST = 4096
"""Elements of a prediction from which on a kernel is used; below, loading it costs more than it saves (measured)."""
LOOP = 200
"""Alike steps of training after which a kernel is used however few elements there are: evidently there will be many more."""
_REMEMBERED = 256
"""Plans that a loss remembers; then it forgets all and starts anew."""

Kind = tuple[str, bool]
"""What is asked for, and whether it is a step of training."""
Answer = tuple[Any, Any]
"""The value and the gradient; None for the one that nobody asked for."""


class Plan(Protocol):
    """A way to compute, made for arrays of certain shapes and dtypes."""

    def outgrown(self) -> bool:
        """Count one more step of training; whether from now on a kernel should serve."""

    def run(self, backend: Any, arrays: Sequence[Any], out: Any = None, factor: float = 1.0) -> Answer | None:
        """The answer for such arrays, the gradient of a reduced cost times the factor.

        None where they hold something invalid, about which the plain computation knows more.
        """


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

    def outgrown(self) -> bool:
        """Never: it is a kernel."""
        return False

    def run(self, backend: Any, arrays: Sequence[Any], out: Any = None, factor: float = 1.0) -> Answer | None:
        """The answer for arrays whose memory the kernel can read."""
        addresses = [*map(backend.address, arrays)]
        losses: Any = None
        slopes: Any = None
        if self.losses is not None:
            losses = backend.new(*self.losses)
            addresses.append(backend.address(losses))
        if self.slopes is not None:
            slopes = backend.new(*self.slopes, out, arrays)
            addresses.append(backend.address(slopes))
        total, flag = self.task.run(addresses, backend.threads(), factor)
        if flag and (self.check or flag == 2):  # a label that is none poisons its sample even unchecked
            return None
        if self.slopes is not None and slopes.dtype != self.slopes[1]:
            slopes = backend.cast(slopes, self.slopes[1])  # in a byte order that is not the machine's own
        if self.divisor is not None:
            losses = backend.number(total / self.divisor + 0.0, self.dtype)  # + 0.0: no loss of -0.0
        return losses, slopes


@dataclass
class ArrayPlan:
    """A function of NumPy arrays, for few elements: there it beats both a kernel and torch's own operations."""

    function: Callable[[np.ndarray, np.ndarray], tuple[Any, Any, Any] | None]
    """From prediction and target to losses, slopes and where they are invalid; None where only the plain computation serves."""
    with_loss: bool
    with_slopes: bool
    divisor: float | None
    """What the sum of the losses is divided by, and the slopes; None where each loss is asked for."""
    dtype: Any
    check: bool
    steps: int = 0
    """Steps of training that it has served."""

    def outgrown(self) -> bool:
        """Count one more step of training; whether that makes a loop of them."""
        self.steps += 1
        return self.steps == LOOP

    def run(self, backend: Any, arrays: Sequence[Any], out: Any = None, factor: float = 1.0) -> Answer | None:
        """The answer for arrays of the dtype that is computed in."""
        prediction, target = (backend.to_numpy(x) for x in arrays)
        with np.errstate(all="ignore"):
            found = self.function(prediction, target)
            if found is None or (found[2] is not None and self.check and found[2].any()):
                return None
            losses, slopes, _ = found
            if self.with_slopes:
                slopes = _like(prediction, slopes)
                if self.divisor is not None:
                    slopes = slopes * (factor / self.divisor)
                slopes = backend.from_numpy(slopes)
            if self.with_loss:
                losses = _like(target, losses, prediction.dtype)
                if self.divisor is None:
                    losses = backend.from_numpy(losses + 0.0)  # + 0.0: no loss of -0.0
                else:
                    losses = backend.number(float(losses.sum(dtype=np.float64)) / self.divisor + 0.0, self.dtype)
        return losses if self.with_loss else None, slopes if self.with_slopes else None


def _like(x: np.ndarray, result: Any, dtype: Any = None) -> np.ndarray:
    """What a formula made of an array, as an array like it: some formulas do not depend on it, or are whole numbers."""
    if isinstance(result, np.ndarray) and result.dtype == (dtype or x.dtype):
        return result
    return np.full(x.shape, result, dtype or x.dtype)


def known(loss: Loss, backend: Any, request: Request, kind: Kind, prediction: Any, target: Any) -> Plan | None:
    """The plan remembered for calls like this one."""
    if not (loss.plans and request.plain and backend.adjacent(prediction) and backend.adjacent(target)):
        return None
    return loss.plans.get(_key(backend, request, kind, prediction, target))


def _key(backend: Any, request: Request, kind: Kind, x: Any, y: Any) -> tuple[Any, ...]:
    return backend, request, kind, x.dtype, x.shape, y.dtype, y.shape, backend.size(x) < SMALLEST


def _remember(loss: Loss, call: Call, request: Request, kind: Kind, plan: Plan) -> None:
    if len(loss.plans) >= _REMEMBERED:
        loss.plans.clear()
    loss.plans[_key(call.backend, request, kind, call.prediction, call.target)] = plan


def _for_few(loss: Loss, call: Call, request: Request, kind: Kind) -> tuple[Plan, list[Any]] | None:
    """A plan for few elements, by NumPy's operations."""
    operation, _ = kind
    backend, x, y, how, normalizer = call.backend, call.prediction, call.target, call.reduction.how, call.reduction.normalizer
    if not (request.plain and backend.adjacent(x) and backend.adjacent(y) and x.dtype == call.dtype):
        return None
    if backend.dtype_name(x.dtype) not in memory.PRECISIONS or backend.dtype_name(y.dtype) in memory.HALVES:
        return None
    with_loss, order = operation in ("value", "value_and_gradient"), {"value": 0, "curvature": 2}.get(operation, 1)
    function = loss.few_function(call, with_loss, order)
    if function is None:
        return None
    divisor = normalizer if normalizer is not None else 1.0 if how == "sum" else math.prod(call.sample_shape)
    if not divisor:
        return None
    divided = None if how == "none" else float(divisor)
    plan = ArrayPlan(function, with_loss, order > 0, divided, call.dtype, bool(call.check))
    _remember(loss, call, request, kind, plan)
    return plan, [x, y]


def make(loss: Loss, call: Call, request: Request, kind: Kind, few: bool) -> tuple[Plan, list[Any]] | None:
    """A plan for a call, of few elements or not, and the arrays it takes; None where none serves it."""
    backend, reduced, (operation, _) = call.backend, call.reduction.how != "none", kind
    if few:
        return _for_few(loss, call, request, kind)
    if (
        not call.prediction.shape  # a number is no array
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
    # a plan serves arrays without gaps, as known() has it, and knows nothing of how many samples were left out
    as_they_are = arrays[0] is call.prediction and arrays[1] is call.target and all(map(backend.adjacent, arrays[:2]))
    if request.plain and call.own.get("ignore_index") is None and as_they_are:
        _remember(loss, call, request, kind, plan)
    return plan, arrays


def answer(
    loss: Loss,
    backend: Any,
    request: Request,
    operation: str,
    prediction: Any,
    target: Any,
    *,
    training: bool = False,
    out: Any = None,
    factor: float = 1.0,
) -> Answer | None:
    """The answer to a call by a plan; None where no plan serves it.

    ``training`` says that it is a step of training, ``out`` where the gradient goes; the gradient of a reduced cost is multiplied
    by the factor.
    """
    kind = operation, training
    plan = known(loss, backend, request, kind, prediction, target)
    outgrown = plan is not None and training and plan.outgrown()
    arrays: Sequence[Any] = (prediction, target)
    if plan is None or outgrown:
        call = loss.read(request, backend, backend.detached(prediction), target)
        made = make(loss, call, request, kind, few=not outgrown and backend.size(call.prediction) < SMALLEST)
        if made is not None:
            plan, arrays = made
    return None if plan is None else plan.run(backend, arrays, out, factor)


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
