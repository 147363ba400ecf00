"""The one place that decides how a call is computed: by a plan (a kernel or an array function), or by array operations."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from lossary import log
from lossary.arrays import select
from lossary.engine import plans
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call
from lossary.engine.plain import compute_with_arrays
from lossary.engine.scaling import scale_weights
from lossary.engine.swapped import warn_if_swapped


def compute(calculation: Calculation, operation: str, prediction: Any, target: Any, options: dict[str, Any]) -> Any:
    """Return the value, the gradient, both or the curvature of a cost."""
    out = None
    if "out" in options:
        options = dict(options)
        out = options.pop("out")
    checked = calculation.read_options(options) if options else calculation.without_options
    if checked.extra.returns and operation not in ("value", "value_and_gradient"):
        raise TypeError(f"{calculation.__name__}: returns= adds to the value, which {operation} does not compute; leave it out")
    backend = select.of(prediction, target)
    if calculation.has_binary_target and checked.check and not getattr(prediction, "requires_grad", False):
        warn_if_swapped(calculation.__name__, backend, prediction, target, calculation.class_axis(checked))
    call: Call | None = None
    if out is not None and not (operation != "value" and _takes_gradient(out, prediction)):
        call = calculation.read(checked, backend, prediction, target)
        _check_out(calculation.__name__, call, operation, out)
    result = None
    if backend.name == "numpy":
        found, call = plans.compute(calculation, backend, checked, operation, prediction, target, call, out=out)
        if found is not None:
            result = found if operation == "value_and_gradient" else found[operation != "value"]
    elif backend.name == "torch":
        result = _torch().compute(calculation, checked, operation, prediction, target)
    else:
        log.because("XLA fuses the plain computation itself")
    if result is None and (scaled := scale_weights(backend, options)):
        return compute(calculation, operation, prediction, target, scaled if out is None else {**scaled, "out": out})
    if result is None:
        log.served(calculation.__name__, operation, prediction, target, "array operations")
        call = call or calculation.read(checked, backend, prediction, target)
        result = compute_with_arrays(calculation, call, operation)
    return result if out is None else _put(result, out)


def losses_by_kernel(calculation: Calculation, call: Call) -> Any:
    """Return the weighted loss of each sample by a kernel, or None if no kernel serves or a value is invalid."""
    return _torch().losses(calculation, call) if call.backend.name == "torch" else plans.losses(calculation, call)


@cache
def _torch() -> Any:
    from lossary.engine import torch_autograd  # which imports torch

    return torch_autograd


def _check_out(name: str, call: Call, operation: str, out: Any) -> None:
    """Raise for an ``out=`` that cannot take the gradient."""
    shape = tuple(call.prediction.shape)
    if operation == "value":
        raise TypeError(f"{name}: out= takes a gradient, and the loss alone has none; use value_and_gradient(…, out=…)")
    if call.backend.differentiable or not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"{name}: out= is a NumPy array for the gradient of NumPy arrays; got {type(out).__name__}")
    flaw = "" if out.flags.writeable else ", read-only"
    if any(step == 0 and length > 1 for step, length in zip(out.strides, out.shape, strict=True)):
        flaw += ", whose elements share memory"
    if out.shape != shape or out.dtype != call.input_dtype or flaw:
        raise ValueError(
            f"{name}: out= is a writeable array of the gradient's shape {shape} and dtype {call.input_dtype}; got "
            f"shape {out.shape}, dtype {out.dtype}{flaw}; numpy.empty({shape}, '{call.input_dtype}') makes one"
        )


def _put(result: Any, out: np.ndarray) -> Any:
    """Return a result with its gradient in the caller's array."""
    gradient = result[1] if isinstance(result, tuple) else result
    if gradient is not out:
        np.copyto(out, gradient)
    return (result[0], out) if isinstance(result, tuple) else out


def _takes_gradient(out: Any, prediction: Any) -> bool:
    """Return whether an array evidently can take the gradient in a prediction."""
    if type(out) is not np.ndarray or type(prediction) is not np.ndarray:
        return False
    alike = out.shape == prediction.shape and out.dtype == prediction.dtype
    return alike and prediction.dtype.kind == "f" and out.flags.writeable and out.flags.c_contiguous
