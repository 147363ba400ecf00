"""Linear losses of NumPy arrays."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from lossary.engine.class_sums import AllClasses
from lossary.linear_losses import loop
from lossary.linear_losses.block import Pulls
from lossary.linear_losses.cost import Gradients, Read, cost_of


def prepared(name: str, arrays: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Arrays and options, and how sums over classes are taken."""
    from lossary.arrays import numpy

    if options.get("process_group") is not None:
        raise TypeError(f"{name}: process_group= is for torch tensors, or in JAX the name of a mesh axis; got NumPy arrays")
    return arrays, options, AllClasses(numpy)


def answer(read: Read, with_gradient: bool) -> Any:
    """The value, or value and gradients."""
    arrays, call, backend = read.arrays, read.call, read.arrays.backend
    if call.invalid is not None:  # where nothing is to be raised
        hidden = backend.cast(arrays.hidden, arrays.dtype)
        arrays = dataclasses.replace(arrays, hidden=np.where(call.invalid.reshape(-1, 1), np.nan, hidden))
    needed = (with_gradient, with_gradient, with_gradient and arrays.bias is not None)
    share = call.reduction.share(backend, read.divisor) if call.reduction.how != "none" else 1
    found = loop.run(read.job, arrays, float(share), needed, Pulls())
    value = cost_of(read, backend.total(found.losses), found.losses, found.extras)
    if not with_gradient:
        return value
    gradients: list[Any] = []
    for x, given in ((found.hidden, read.arrays.hidden), (found.weight, arrays.weight), (found.bias, arrays.bias)):
        float_dtype = x is not None and (given.dtype if backend.kind(given) == "float" else arrays.dtype)
        gradients.append(None if x is None else backend.cast(x, float_dtype))
    hidden, *others = gradients
    return value, Gradients(np.reshape(hidden, (*read.shape, hidden.shape[-1])), *others)
