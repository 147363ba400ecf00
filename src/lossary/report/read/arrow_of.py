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
