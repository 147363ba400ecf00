"""Linear losses of NumPy arrays."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from lossary.engine.class_sums import AllClasses
from lossary.linear_losses import loop, products_numpy
from lossary.linear_losses.block import UpstreamGradients
from lossary.linear_losses.cost import Gradients, PreparedCall, cost_of


def localize(name: str, arrays: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Return arrays and options as they are, and how to sum over classes."""
    from lossary.arrays import numpy

    if options.get("process_group") is not None:
        raise TypeError(f"{name}: process_group= is for torch tensors, or in JAX the name of a mesh axis; got NumPy arrays")
    return arrays, options, AllClasses(numpy)


def compute(prepared: PreparedCall, with_gradient: bool) -> Any:
    """Return the value, or value and gradients."""
    arrays, call, backend = prepared.arrays, prepared.call, prepared.arrays.backend
    if call.invalid is not None:  # with check=False
        hidden = backend.cast(arrays.hidden, arrays.dtype)
        arrays = dataclasses.replace(arrays, hidden=np.where(call.invalid.reshape(-1, 1), np.nan, hidden))
    needed = (with_gradient, with_gradient, with_gradient and arrays.bias is not None)
    share = call.reduction.share(backend, prepared.divisor) if call.reduction.how != "none" else 1
    found = loop.run(prepared.job, arrays, float(share), needed, UpstreamGradients(), products_numpy)
    value = cost_of(prepared, backend.total(found.losses), found.losses, found.extras)
    if not with_gradient:
        return value
    gradients: list[Any] = []
    for x, given in ((found.hidden, prepared.arrays.hidden), (found.weight, arrays.weight), (found.bias, arrays.bias)):
        float_dtype = x is not None and (given.dtype if backend.kind(given) == "float" else arrays.dtype)
        gradients.append(None if x is None else backend.cast(x, float_dtype))
    hidden, *others = gradients
    return value, Gradients(np.reshape(hidden, (*prepared.shape, hidden.shape[-1])), *others)
