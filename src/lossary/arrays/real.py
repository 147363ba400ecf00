"""Arrays of real numbers from NumPy arrays, columns and lists."""

from __future__ import annotations

from typing import Any

import numpy as np


def real_array(value: Any, role: str, remedy: str = "pass its data, and where=~array.mask") -> np.ndarray:
    """Return an array of real numbers; raise for anything else, such as masked values, text, dates and complex numbers."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{role} must be a plain array; got a masked array; {remedy}")
    try:
        result = np.asarray(value)
    except (
        ValueError,
        TypeError,
        RuntimeError,
    ) as error:  # torch's for tensors on a GPU, sparse ones, or those with a gradient
        raise TypeError(f"{role} must be an array of numbers; got {type(value).__name__}: {error}") from None
    if result.dtype.kind not in "biuf" and not is_half(result.dtype):
        raise TypeError(
            f"{role} must be an array of real numbers; got {type(value).__name__} of dtype {result.dtype}; "
            "convert it first, for example with numpy.asarray(values, dtype=float)"
        )
    return result


def check_indexes(*values: Any) -> None:
    """Raise for Series and frames of pandas with different indexes: their values are taken by position."""
    first = None
    for value in values:
        if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "index"):
            first = value.index if first is None else first
            if not first.equals(value.index):
                raise ValueError(
                    "values are taken by position, so Series passed together have the same index; got different ones; align "
                    "them, as pandas.DataFrame(columns) does, or pass .to_numpy() of each"
                )


def is_half(dtype: np.dtype) -> bool:
    """Return whether a dtype has 16 bits."""
    # bfloat16 comes from ml_dtypes, and NumPy knows it by name only
    return dtype.itemsize == 2 and (dtype.kind == "f" or (dtype.kind == "V" and dtype.name == "bfloat16"))
