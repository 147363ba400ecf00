"""Columns of any table, and NumPy arrays, as Arrow arrays, and these as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.report.read.table import Column


def arrow_of(column: Column) -> Any:
    """Return a column as an Arrow array."""
    import pyarrow as pa  # type: ignore[import-untyped]

    array = getattr(column, "array", None)
    if isinstance(array, np.ndarray):
        return pa.array(array.tolist() if array.ndim > 1 or array.dtype.kind in "US" else array)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def plain(array: Any) -> Any:
    """Return an array without dictionary and view encodings, which may differ from batch to batch."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string()) if pa.types.is_string_view(array.type) else array


def arrow_of_numbers(values: np.ndarray, null: np.ndarray | None = None) -> Any:
    """Return numbers or truth values as an Arrow array.

    ``pa.array`` would import pandas where it is installed, which takes 50 MB and a third of a second.
    """
    import pyarrow as pa

    if not values.size:
        return pa.nulls(0, pa.from_numpy_dtype(values.dtype))
    missing = None if null is None else pa.py_buffer(np.packbits(~null, bitorder="little"))
    held = np.packbits(values, bitorder="little") if values.dtype == bool else np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [missing, pa.py_buffer(held)])


def numpy_of(array: Any) -> np.ndarray:
    """Return an Arrow array of numbers as a NumPy array, without pandas unless there is null."""
    data = None if array.null_count else array.buffers()[1]
    if data is None:
        found: np.ndarray = array.to_numpy(zero_copy_only=False)
        return found
    return np.frombuffer(data, array.type.to_pandas_dtype(), len(array) + array.offset)[array.offset :]
