"""Make a table of the arrays that are passed to a score themselves, without data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lossary.errors import UsageError
from lossary.report.read.arrays import ArraysTable
from lossary.report.read.table import Table


def table_of_arrays(roles: Mapping[str, Any]) -> tuple[Table, dict[str, Any]]:
    """Return a table of the arrays, and for each role the column or the columns that hold it, or None.

    ``roles`` are target, prediction, weight, group, id, cluster, time and run. Predictions and groups may be several: a mapping
    of names to arrays, or for a prediction a frame, whose columns keep their names.
    """
    columns: dict[str, Any] = {}
    named: dict[str, Any] = {}
    for role, value in roles.items():
        if value is None or (role == "group" and isinstance(value, (list, tuple)) and not value):
            named[role] = None
        elif isinstance(value, Mapping) and role in ("prediction", "group"):
            found = {name: _add(columns, name, array, role) for name, array in value.items() if array is not None}
            named[role] = found if role == "prediction" else list(found.values())
        elif role == "prediction" and (frame := _columns_of(value)) is not None:
            named[role] = [_add(columns, name, array, role) for name, array in frame.items()]
        else:
            own = getattr(value, "name", None) if role in ("group", "id", "cluster", "time", "run") else None  # of a Series
            named[role] = _add(columns, own if isinstance(own, str) else role, value, role)
    predictions = roles["prediction"].values() if isinstance(roles["prediction"], Mapping) else [roles["prediction"]]
    if roles["target"] is not None and any(roles["target"] is one for one in predictions):
        raise UsageError("prediction and target are different arrays; got one for both: scored against itself it says nothing")
    return ArraysTable(columns), named


def _add(columns: dict[str, Any], name: str, array: Any, role: str) -> str:
    """Add a column under its name, or with its role before it if the name is taken; return that."""
    if isinstance(array, str):
        raise UsageError(f"without data, {role} is an array, not the name of a column; got {array!r}; pass the data too")
    free = name if name not in columns else f"{role} {name}"
    columns[free] = array
    return free


def _columns_of(frame: Any) -> dict[str, Any] | None:
    """Return the columns of a pandas or Polars frame by name, or None for anything else."""
    names = getattr(frame, "columns", None)
    if names is None or getattr(frame, "ndim", 2) != 2 or not hasattr(frame, "__getitem__") or isinstance(frame, Mapping):
        return None
    listed = list(names)
    if len(listed) < 2 or not all(isinstance(name, str) for name in listed) or len(set(listed)) < len(listed):
        return None
    return {name: frame[name] for name in listed}
