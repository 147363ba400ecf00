"""A column of any table as an Arrow array."""

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
