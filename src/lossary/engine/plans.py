"""Plans: how calls on arrays of one shape and dtype are computed, by a kernel or a function of arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from lossary import log
from lossary.arrays.protocol import KernelArrays
from lossary.engine.array_plan import ArrayPlan, samples_at_a_time
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call, Options
from lossary.engine.results import as_gradient, result_type
from lossary.kernels import memory, native, pool

if TYPE_CHECKING:
    from lossary.kernels.task import PassesTask, Task

SMALLEST = 4096
"""Elements of a prediction from which on a kernel serves; below, loading one costs more than it saves (measured)."""
SMALLEST_IN_AUTOGRAD = 1
"""The same under torch's autograd: a step of training is repeated many times, so loading a kernel always pays."""
_INVALID = "a value is invalid, which array operations explain"
_REMEMBERED = 256
"""Plans that a loss remembers; then it forgets all and starts anew."""

Kind = tuple[str, bool]
"""The operation, and whether torch's autograd will differentiate its result."""
Answer = tuple[Any, Any]
"""The value, and the gradient or a named tuple of gradients; None for the one that nobody asked for."""


class Plan(Protocol):
    """A way to compute, made for arrays of certain shapes and dtypes."""

    path: ClassVar[str]
    """Its name in the log."""

    def run(self, backend: KernelArrays, arrays: Sequence[Any], out: Any = None, factor: float = 1.0) -> Answer | None:
        """Return value and gradient for such arrays, the gradient of a reduced cost times the factor.

        Return None if a value is invalid: array operations then say what is wrong.
        """


@dataclass(frozen=True)
class KernelPlan:
    """A kernel's task, and what becomes of its results."""

    path: ClassVar[str] = "a kernel"
    task: Task | PassesTask
    losses: tuple[tuple[int, ...], Any] | None
    """Shape and dtype of the losses, if each is asked for."""
    slopes: tuple[tuple[tuple[int, ...], Any], ...]
    """Shape and dtype of the gradient in each prediction; empty if it is not asked for."""
    alike: bool
    """Whether the gradients are small arrays like the first one that is read."""
    predictions: tuple[str, ...]
    reduced: bool
    returned: tuple[tuple[str, ...], tuple[int, ...]]
    """The names in ``returns=``, and the shape of each of them."""
    divisor: float | None
    """The divisor of the sum of losses, or None if ``counting`` finds it."""
    counting: tuple[Task, tuple[int, ...]] | None
    """A kernel that finds the divisor, and which of the arrays it reads."""
    class_weight: int | None
    """The position of the weights of classes among the arrays, or None if there are none."""
    dtype: Any
    check: bool

    def run(self, backend: KernelArrays, arrays: Sequence[Any], out: Any = None, factor: float = 1.0) -> Answer | None:
        """Return value and gradient of arrays whose memory the kernel can read."""
        if self.class_weight is not None:
            class_weight = backend.contiguous(backend.cast(arrays[self.class_weight], self.dtype))
            if not all(0 <= x < math.inf for x in backend.to_numpy(class_weight).tolist()):  # few numbers
                log.because("a class weight is negative or NaN")
                return None
            arrays = [*arrays[: self.class_weight], class_weight]
        addresses = [*map(backend.address, arrays)]
        divisor = self.divisor
        if divisor is None:
            assert self.counting is not None
            counting, read = self.counting
            divisor, flag = counting.run([addresses[i] for i in read], backend.threads(), 1.0)
            if self._is_refused(flag) or not _is_ordinary(divisor):
                log.because(
                    _INVALID if self._is_refused(flag) else "weights are 0, or so large or small that they are scaled first"
                )
                return None
        losses: Any = None
        if self._is_simple and out is None:
            slope = backend.empty_like(arrays[0])  # faster than an array of a shape
            if self.losses is not None:
                losses = backend.new(*self.losses)
                addresses.append(backend.address(losses))
            addresses.append(backend.address(slope))
            total, flag = self.task.run(addresses, backend.threads(), factor / divisor)
            if flag and self._is_refused(flag):
                log.because(_INVALID)
                return None
            return backend.number(total / divisor + 0.0, self.dtype) if self.reduced else losses, slope
        extras: dict[str, Any] = {}
        names, shape = self.returned
        if self.losses is not None:
            losses = backend.new(self.losses[0], self.dtype if names else self.losses[1])
            addresses.append(backend.address(losses))
        for name in sorted(names, key="token_losses".__ne__) if names else ():  # losses come first
            if name == "token_losses" and self.losses is not None:
                continue
            extras[name] = backend.new(shape, self.dtype)
            addresses.append(backend.address(extras[name]))
        slopes = []
        for shape_of_slopes, dtype in self.slopes:
            into = out if out is not None and len(self.slopes) == 1 and self._fills(arrays) else None
            slopes.append(backend.new(shape_of_slopes, dtype, into, arrays))
            addresses.append(backend.address(slopes[-1]))
        total, flag = self.task.run(addresses, backend.threads(), factor / divisor)
        if flag and self._is_refused(flag):
            log.because(_INVALID)
            return None
        if self.losses is not None and names:
            extras["token_losses"], losses = losses, losses + 0.0  # two arrays
        # in a byte order that is not the machine's own
        if self.losses is not None and losses.dtype != self.losses[1]:
            losses = backend.cast(losses, self.losses[1])
        for i, (_, dtype) in enumerate(self.slopes):
            if slopes[i].dtype != dtype:
                slopes[i] = backend.cast(slopes[i], dtype)
        if self.reduced:
            losses = backend.number(total / divisor + 0.0, self.dtype)  # + 0.0: no loss of -0.0
        if names:
            losses = result_type(names)(losses, *(extras[name] for name in names))
        if len(slopes) == 1:
            return losses, slopes[0]
        return losses, as_gradient(self.predictions, slopes) if slopes else None

    @cached_property
    def _is_simple(self) -> bool:
        """Whether it yields one small gradient and at most a value, which takes fewer steps."""
        return self.alike and len(self.slopes) == 1 and not self.returned[0]

    def _fills(self, arrays: Sequence[Any]) -> bool:
        """Return whether these arrays certainly yield a gradient, so that the caller's array may be overwritten at once."""
        if self.check and self.task.may_refuse:
            return False
        if self.task.labels is None:
            return True
        (classes, ignored), labels = self.task.labels, arrays[1]
        return bool((((labels >= 0) & (labels < classes)) | (labels == ignored)).all())

    def _is_refused(self, flag: float) -> bool:
        return flag != 0 and (self.check or flag == 2)  # a label that is none poisons its sample even unchecked


@dataclass(frozen=True)
class PlainPlan:
    """The plain computation."""

    path: ClassVar[str] = "array operations"
    reason: str

    def run(self, backend: KernelArrays, arrays: Sequence[Any], out: Any = None, factor: float = 1.0) -> Answer | None:
        """Return None: array operations compute the call."""
        log.because(self.reason)
        return None


def key_of(options: Options, kind: Kind, by_kernel: bool, arrays: Sequence[Any]) -> Any:
    """Return the key of calls that one plan serves, whose options have one and whose arrays have no gaps in memory."""
    if options.plain and len(arrays) == 2:
        x, y = arrays
        return options.key, kind, by_kernel, x.dtype, x.shape, y.dtype, y.shape
    present = options.weight is not None, options.where is not None, options.parameter_arrays
    return options.key, kind, by_kernel, present, *[(x.dtype, x.shape) for x in arrays]


def _is_large(backend: KernelArrays, prediction: Any, kind: Kind) -> bool:
    """Return whether a kernel serves a call of this size. The call alone decides, so results do not depend on history."""
    return bool(backend.size(prediction) >= (SMALLEST_IN_AUTOGRAD if kind[1] else SMALLEST))


def _by_arrays(calculation: Calculation, call: Call, options: Options, operation: str) -> Plan:
    """Return a plan by NumPy's operations, or the plain computation if there is no function of them for such calls."""
    if calculation.inputs != ("prediction", "target"):
        return PlainPlan("few elements of several predictions have no function of NumPy arrays")
    backend, x, y, reduced = call.backend, call.prediction, call.target, call.reduction.how != "none"
    if (
        not x.shape
        or backend.dtype_name(call.dtype) not in memory.PRECISIONS
        or backend.kind(x) != "float"
        or any(type(number) not in (int, float) for number in call.parameters.values())
    ):
        return PlainPlan("a single number, integers and parameters that are arrays have no function of NumPy arrays")
    with_loss, order = operation in ("value", "value_and_gradient"), {"value": 0, "curvature": 2}.get(operation, 1)
    function = calculation.array_function(call, with_loss, order)
    divisor = _divisor(call)
    if function is None or divisor == 0:
        return PlainPlan("these options have no function of NumPy arrays")
    present = call.weight is not None, call.mask is not None, call.extra.class_weight is not None
    samples, classes, labels = math.prod(call.sample_shape), tuple(x.shape[axis] for axis in call.axes), bool(call.axes)
    arrays = call.arrays() if not labels else [x for x in call.arrays() if x is not y]
    return ArrayPlan(
        function=function,
        with_loss=with_loss,
        with_slopes=order > 0,
        reduced=reduced,
        divisor=divisor,
        present=present if any(present) or call.extra.ignore_index is not None else None,
        weighted=call.reduction.how != "batchmean",
        dtype=call.dtype,
        stored=call.stored_dtype,
        cast=any(array.dtype != call.dtype for array in arrays if array is not call.mask),
        labels=labels,
        shape=(samples, *classes),
        block=samples_at_a_time(samples, (function.buffers + 3) * math.prod(classes) * call.dtype.itemsize),
    )


Made = tuple[Plan, Sequence[Any], bool]
"""A plan, the arrays that it takes, and whether it serves other calls as well."""


def _by_kernel(calculation: Calculation, call: Call, operation: str, given: Sequence[Any]) -> Made | None:
    """Return a plan by a kernel, or PlainPlan if no kernel serves such calls; None if the values do not allow one."""
    backend, reduced = call.backend, call.reduction.how != "none"
    if (
        not call.prediction.shape  # a number is no array
        or not memory.DTYPES.issuperset(backend.dtype_name(x.dtype) for x in call.arrays())
        or backend.dtype_name(call.dtype) not in memory.PRECISIONS
        or any(type(x) not in (int, float) for name, x in call.parameters.items() if name not in call.parameter_arrays)
        or call.extra.has_number_arrays
    ):
        return PlainPlan("a single number, another dtype, or a parameter that is learned has no kernel"), given, True
    with_loss = operation in ("value", "value_and_gradient")
    order = {"value": 0, "curvature": 2}.get(operation, 1)
    found = calculation.kernel_task(call, with_loss, order)
    if found is None or not native.available(calculation.__name__):
        return PlainPlan(native.problem() or "this loss has no kernel with these options"), given, True
    task, arrays = found
    divisor, counting = _divisor(call), None
    # a kernel reads arrays where they are, so those of another call must lie alike
    class_weight = call.extra.class_weight
    count = len(call.predictions)
    as_given = [*(call.inputs[name] for name in call.predictions), *given[count:]]
    if class_weight is not None:
        as_given[-1] = arrays[-1]
    floats = all(backend.kind(call.inputs[name]) == "float" for name in call.predictions)  # what integers become may be changed
    lasting = floats and len(arrays) == len(as_given)
    lasting = lasting and all(a is b for a, b in zip(arrays, as_given, strict=True))
    if divisor is None:
        counted = calculation.counting_task(call)
        if counted is not None:
            parameters = {name: call.parameters[name] for name in call.parameter_arrays}
            present = {"weight": call.weight, **parameters, "where": call.mask, "class_weight": class_weight}
            names = [*call.inputs, *(name for name, x in present.items() if x is not None)]
            counting = counted[0], tuple(map(names.index, counted[1]))
        else:
            divisor, lasting = _divisor_now(calculation, call), False
            divisor = divisor if _is_ordinary(divisor) else 0.0
    if not divisor and counting is None:
        log.because("there is nothing to divide by")
        return None
    plan = KernelPlan(
        task,
        losses=(call.sample_shape, call.stored_dtype) if with_loss and not reduced else None,
        slopes=tuple([(tuple(call.prediction.shape), dtype) for dtype in call.input_dtypes]) if order else (),
        alike=lasting and _are_alike(call),
        predictions=call.predictions,
        reduced=with_loss and reduced,
        returned=(call.extra.returns if with_loss else (), call.sample_shape),
        divisor=divisor,
        counting=counting,
        class_weight=None if class_weight is None else len(arrays) - 1,
        dtype=call.dtype,
        check=bool(call.check),
    )
    return plan, arrays, lasting


def _are_alike(call: Call) -> bool:
    """Return whether gradients are small arrays like the first prediction."""
    x = call.prediction
    return (
        call.backend.adjacent(x)
        and all(dtype == x.dtype for dtype in call.input_dtypes)
        and math.prod(x.shape) * x.dtype.itemsize < pool.SMALLEST
    )


def compute(
    calculation: Calculation,
    backend: KernelArrays,
    options: Options,
    operation: str,
    inputs: Sequence[Any],
    call: Call | None = None,
    *,
    training: bool = False,
    out: Any = None,
    factor: float = 1.0,
) -> tuple[Answer | None, Call | None]:
    """Return the result of a call by a plan, or None if no plan serves it; and the call, if it had to be read.

    ``training`` says that torch's autograd will differentiate it, ``out`` is an array for the gradient, and ``factor``
    multiplies the gradient of a reduced cost.
    """
    arrays: Sequence[Any] = inputs if options.plain else (*inputs, *options.arrays())
    kind = operation, training
    key = None
    if options.key is not None and all(map(backend.adjacent, arrays)):
        key = key_of(options, kind, _is_large(backend, arrays[0], kind), arrays)
    plan = None if key is None else calculation.plans.get(key)
    if plan is not None:
        if log.enabled() and not isinstance(plan, PlainPlan):
            log.served(calculation.__name__, operation, inputs, plan.path, _why(kind))
        return plan.run(backend, arrays, out, factor), call
    if call is None:
        count = len(calculation.predictions)
        call = calculation.read(options, backend, (*map(backend.detached, inputs[:count]), *inputs[count:]))
    made: Made | None
    if _is_large(backend, call.prediction, kind):
        made = _by_kernel(calculation, call, operation, arrays)
        if key is not None and made is not None and isinstance(made[0], PlainPlan):
            made = _by_arrays(calculation, call, options, operation), arrays, True
    elif key is not None:
        made = _by_arrays(calculation, call, options, operation), arrays, True
    else:
        log.because("few elements with gaps in memory, or with options that are arrays, have no function")
        made = None
    if made is None:
        return None, call
    plan, arrays, lasting = made
    if not isinstance(plan, PlainPlan):
        log.served(calculation.__name__, operation, inputs, plan.path, _why(kind))
    if key is not None and lasting:
        if len(calculation.plans) >= _REMEMBERED:
            calculation.plans.clear()
        calculation.plans[key] = plan
    return plan.run(backend, arrays, out, factor), call


def _why(kind: Kind) -> str:
    """Return the reason for the log."""
    return (
        "under autograd kernels serve at any size"
        if kind[1]
        else f"outside of autograd, kernels serve from {SMALLEST} elements on"
    )


def losses(calculation: Calculation, call: Call) -> Any:
    """Return the weighted loss of each sample by a kernel, whatever their number, so that no loss depends on its batch.

    Return None if no kernel serves, or a value is invalid.
    """
    made = _by_kernel(calculation, call, "value", call.arrays())
    if made is None:
        return None
    plan, arrays, _ = made
    found = plan.run(call.backend, arrays)
    return None if found is None else found[0]


def _is_ordinary(weight: float) -> bool:
    """Return whether weights with such a sum need no scaling: their products with losses stay in the range of float32."""
    return 2.0**-60 < weight < 2.0**60


def _divisor(call: Call) -> float | None:
    """Return the divisor of a reduction, or None if it depends on values; 0 if there is nothing to divide."""
    how, normalizer = call.reduction.how, call.reduction.normalizer
    if how in ("none", "sum") and normalizer is None:
        return 1.0
    if normalizer is not None:
        return normalizer if type(normalizer) in (int, float) else 0.0
    weights = () if how == "batchmean" else (call.weight, call.extra.class_weight)
    varies = any(x is not None for x in (call.mask, call.extra.ignore_index, *weights))
    return None if varies else math.prod(call.sample_shape)


def _divisor_now(calculation: Calculation, call: Call) -> float:
    """Return the divisor of this call; 0 if array operations must compute the call."""
    counted = calculation.count_samples(call)
    if counted is None:
        return 0.0
    number = float(call.reduction.divisor(call.backend, call.sample_shape, *counted))
    return number if number == number else 0.0
