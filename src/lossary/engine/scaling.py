"""Weights so large or small that sums and products of them would overflow or underflow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lossary.arrays.protocol import ArrayBackend
from lossary.engine.reduction import by_size
from lossary.formula.numbers import is_array


def _float64(weight: Any) -> np.ndarray | None:
    """Return weights as a float64 array, or None if there are none or they are not numbers."""
    if weight is None or isinstance(weight, np.ma.MaskedArray):
        return None
    array = weight.detach().cpu().double().numpy() if hasattr(weight, "detach") else np.asarray(weight)
    return array.astype(np.float64) if array.dtype.kind in "iuf" else None


def parts_of(weight: Any) -> list[tuple[Any, int]]:
    """Return weights in parts that neither overflow nor underflow, each divided by a power of 2; empty if one part does."""
    array = _float64(weight)
    parts = [] if array is None else by_size(array)
    if not any(shift for _, shift in parts):
        return []
    like_input = weight.detach().cpu().double().new_tensor if hasattr(weight, "detach") else np.asarray
    return [(like_input(part), shift) for part, shift in parts]


@np.errstate(all="ignore")
def scale_weights(backend: ArrayBackend, options: dict[str, Any]) -> dict[str, Any] | None:
    """Return the options of a mean with very large or small weights scaled by a power of 2, or None if none are.

    A common factor of all weights does not change a mean, but their sum, or a product with a loss, may overflow or underflow.
    """
    if options.get("reduction", "mean") != "mean" or options.get("normalizer") is not None:
        return None
    found = dict[str, Any]()
    for name in ("weight", "class_weight"):
        value = options.get(name)
        if value is None or (is_array(value) and not backend.readable(value)) or (array := _float64(value)) is None:
            continue
        largest = float(array.max(initial=0.0))
        exponent = math.frexp(largest)[1]
        if 0 < largest < math.inf and abs(exponent) > _ORDINARY:
            half = exponent // 2  # 2^-exponent alone may overflow
            value = array if not is_array(value) else value.double() if hasattr(value, "detach") else value
            found[name] = value * 2.0**-half * 2.0 ** (half - exponent)
    return {**options, **found} if found else None


_ORDINARY = 30
"""The largest weight is used as it is if it lies within 2^±30."""
