"""The one place that decides how a call is computed: by a plan (a kernel or an array function), or by array operations."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from lossary import log
from lossary.arrays import select
from lossary.engine import plans
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call, Options
from lossary.engine.distributions import rows_sum_to_1
from lossary.engine.plain import compute_with_arrays
from lossary.engine.results import as_gradient
from lossary.engine.scaling import scale_weights
from lossary.engine.swapped import warn_if_swapped


def compute(calculation: Calculation, operation: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return the value, the gradient, both or the curvature of a cost."""
    if calculation.choices:
        calculation, options = calculation.choose(options)
    if calculation.is_converted:
        calculation, inputs, options = calculation.as_computed(inputs, options)
    out = None
    if "out" in options:
        options = dict(options)
        out = options.pop("out")
    checked = calculation.read_options(options) if options else calculation.without_options
    repeat_step = _repeats.get(type(inputs[0]))
    if repeat_step is not None and operation == "value" and out is None and not calculation.of_distributions:
        cost = repeat_step(calculation, checked, inputs)
        if cost is not None:
            return cost
    if checked.extra.returns and operation not in ("value", "value_and_gradient"):
        raise TypeError(f"{calculation.__name__}: returns= adds to the value, which {operation} does not compute; leave it out")
    backend = select.of(*inputs)
    if calculation.has_binary_target and checked.check and not getattr(inputs[0], "requires_grad", False):
        warn_if_swapped(calculation.__name__, backend, inputs[0], inputs[1], calculation.class_axis(checked))
    call: Call | None = None
    lone = len(calculation.predictions) == 1
    if out is not None and not (lone and operation != "value" and _takes_gradient(out, inputs)):
        call = calculation.read(checked, backend, inputs)
        _check_out(calculation.__name__, call, operation, out)
    result = None
    if not rows_are_distributions(calculation, backend, inputs, checked):
        log.because("a row does not sum to 1, which array operations explain")
    elif backend.name == "numpy":
        found, call = plans.compute(calculation, backend, checked, operation, inputs, call, out=out)
        if found is not None:
            result = found if operation == "value_and_gradient" else found[operation != "value"]
    elif backend.name == "torch":
        learned = () if checked.plain or operation != "value" else _torch().learned_numbers(calculation, checked, inputs)
        of_learned = calculation.with_predictions(tuple(learned)) if learned else None
        if of_learned is not None:  # each becomes a prediction, which a kernel differentiates in
            rest = {name: value for name, value in options.items() if name not in learned}
            wide = _torch().spread(calculation, inputs, learned)
            result = _torch().compute(of_learned, of_learned.read_options(rest), operation, wide)
        else:
            result = _torch().compute(calculation, checked, operation, inputs)
    else:
        log.because("XLA fuses the plain computation itself")
    if result is None and (scaled := scale_weights(backend, options)):
        return compute(calculation, operation, inputs, scaled if out is None else {**scaled, "out": out})
    if result is None:
        log.served(calculation.__name__, operation, inputs, "array operations")
        call = call or calculation.read(checked, backend, inputs)
        result = compute_with_arrays(calculation, call, operation)
    return result if out is None else _put(result, calculation.predictions, operation, out)


def rows_are_distributions(calculation: Calculation, backend: Any, inputs: tuple[Any, ...], options: Options) -> bool:
    """Return whether all rows sum to 1 where they must, which kernels of samples do not look at."""
    looked_at = calculation.of_distributions and calculation.kind == "samplewise" and options.check and backend.name != "jax"
    return not looked_at or rows_sum_to_1(backend, inputs, options)


def losses_by_kernel(calculation: Calculation, call: Call) -> Any:
    """Return the weighted loss of each sample by a kernel, or None if no kernel serves or a value is invalid."""
    return _torch().losses(calculation, call) if call.backend.name == "torch" else plans.losses(calculation, call)


@cache
def _torch() -> Any:
    from lossary.engine import torch_autograd  # which imports torch

    _repeats.update(dict.fromkeys(torch_autograd.PLAIN_TYPES, torch_autograd.repeat_step))
    return torch_autograd


_repeats: dict[type, Any] = {}
"""What computes a step of training like one before, by the type of the first input; filled once torch's tensors have come."""


def _check_out(name: str, call: Call, operation: str, out: Any) -> None:
    """Raise for an ``out=`` that cannot take the gradient."""
    if operation == "value":
        raise TypeError(f"{name}: out= takes a gradient, and the loss alone has none; use value_and_gradient(…, out=…)")
    if len(call.predictions) == 1:
        arrays = [out]
    elif isinstance(out, (tuple, list)) and len(out) == len(call.predictions):
        arrays = list(out)
    else:
        got = f"{len(out)} of them" if isinstance(out, (tuple, list)) else type(out).__name__
        raise TypeError(f"{name}: out= is a tuple of arrays, one for each of {', '.join(call.predictions)}; got {got}")
    for prediction, dtype, array in zip(call.predictions, call.input_dtypes, arrays, strict=True):
        _check_array(name, call, tuple(call.inputs[prediction].shape), dtype, array)
    if any(np.may_share_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i]):
        raise ValueError(f"{name}: out= has memory of its own for each gradient; got arrays that share some")


def _check_array(name: str, call: Call, shape: tuple[int, ...], dtype: Any, out: Any) -> None:
    """Raise for an array that cannot take the gradient in one prediction."""
    if call.backend.differentiable or not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"{name}: out= is a NumPy array for the gradient of NumPy arrays; got {type(out).__name__}")
    flaw = "" if out.flags.writeable else ", read-only"
    if any(step == 0 and length > 1 for step, length in zip(out.strides, out.shape, strict=True)):
        flaw += ", whose elements share memory"
    if out.shape != shape or out.dtype != dtype or flaw:
        raise ValueError(
            f"{name}: out= is a writeable array of the gradient's shape {shape} and dtype {dtype}; got "
            f"shape {out.shape}, dtype {out.dtype}{flaw}; numpy.empty({shape}, '{dtype}') makes one"
        )


def _put(result: Any, predictions: tuple[str, ...], operation: str, out: Any) -> Any:
    """Return a result with its gradients in the caller's arrays."""
    gradients = result[1] if operation == "value_and_gradient" else result
    if len(predictions) == 1:
        gradients, out = (gradients,), (out,)
    for gradient, array in zip(gradients, out, strict=True):
        if gradient is not array:
            np.copyto(array, gradient)
    found = as_gradient(predictions, out)
    return (result[0], found) if operation == "value_and_gradient" else found


def _takes_gradient(out: Any, inputs: tuple[Any, ...]) -> bool:
    """Return whether an array evidently can take the gradient in the first of the inputs, if that is the only prediction."""
    prediction = inputs[0]
    if type(out) is not np.ndarray or type(prediction) is not np.ndarray:
        return False
    alike = out.shape == prediction.shape and out.dtype == prediction.dtype
    return alike and prediction.dtype.kind == "f" and out.flags.writeable and out.flags.c_contiguous
