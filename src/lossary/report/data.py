"""What a score takes as data: files by path, glob or URI, and columns in memory."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lossary.report.columns import natural
from lossary.report.errors import UnreadableError, UsageError
from lossary.report.npz import NumpyColumn, kind_of
from lossary.report.read import Batch, Part, Table, open_table
from lossary.report.source import require_pyarrow

Data = Any
"""Paths, globs, URIs, or columns in memory; see :func:`lossary.report.score`."""
_PART_ROWS = 1 << 20


def tables_of(data: Data, target: Any, prediction: Any, weight: Any) -> tuple[list[Table], Any, Any, Any]:
    """The tables that data are, and the names of the columns of target, prediction and weight."""
    if data is None:
        roles = {"target": target, "prediction": prediction, "weight": weight}
        columns = {role: value for role, value in roles.items() if value is not None}
        wrong = next((role for role, value in columns.items() if isinstance(value, str)), None)
        if wrong is not None:
            raise UsageError(
                f"without data, {wrong} is an array, not the name of a column; got {columns[wrong]!r}; pass the data too"
            )
        return [ArraysTable(columns)], "target", "prediction", None if weight is None else "weight"
    return list(_tables(data)), target, prediction, weight


def _tables(data: Data) -> Iterator[Table]:
    if isinstance(data, (str, os.PathLike)):
        yield from map(open_table, _expanded(os.fspath(data)))
    elif isinstance(data, Mapping):
        yield ArraysTable(data)
    elif hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        require_pyarrow(f"reading a {type(data).__name__}")
        from lossary.report.memory import StreamTable

        yield StreamTable(data)
    elif isinstance(data, Sequence) and all(isinstance(item, (str, os.PathLike)) for item in data):
        if not data:
            raise UsageError("there is at least one file to score; got none")
        for item in data:
            yield from map(open_table, _expanded(os.fspath(item)))
    else:
        raise UsageError(
            "data are paths, globs or URIs of files, a table (pandas, Polars, Arrow, DuckDB: what has __arrow_c_stream__), "
            f"a mapping of names to arrays, or None where arrays are passed themselves; got {type(data).__name__}"
        )


def _expanded(path: str) -> list[str]:
    """The files that a glob matches, in natural order; a path as it is."""
    if "://" in path:
        return _expanded_far(path) if any(c in path for c in "*?[") else [path]
    if os.path.lexists(path) or not glob.has_magic(path):
        return [path]
    found = sorted(glob.glob(path, recursive=True), key=natural)
    if not found:
        raise UnreadableError(f"no file matches {path!r}; check the path")
    return found


def _expanded_far(pattern: str) -> list[str]:
    require_pyarrow(f"reading {pattern}")
    from fnmatch import fnmatchcase

    from pyarrow import fs  # type: ignore[import-untyped]

    fixed = pattern[: min(pattern.index(c) for c in "*?[" if c in pattern)].rpartition("/")[0]
    try:
        system, folder = fs.FileSystem.from_uri(fixed)
        names = [info.path for info in system.get_file_info(fs.FileSelector(folder, recursive=True)) if info.is_file]
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{pattern} cannot be listed: {error}; check the address and the access") from None
    uris = [fixed + name[len(folder) :] for name in names]
    found = sorted((uri for uri in uris if fnmatchcase(uri, pattern)), key=natural)
    if not found:
        raise UnreadableError(f"no file matches {pattern!r}; check the address")
    return found


class ArraysTable(Table):
    """Arrays in memory; an array of two axes is a list column."""

    path = "the data"

    def __init__(self, columns: Mapping[str, Any]) -> None:
        if not columns:
            raise UsageError("there is at least one column; got a mapping without any")
        self._arrays: dict[str, np.ndarray] = {}
        for name, value in columns.items():
            if not isinstance(name, str):
                raise UsageError(f"the name of a column is text; got {name!r}")
            if hasattr(value, "detach"):  # a tensor
                value = value.detach().cpu()
            try:
                array = np.asarray(value)
            except (TypeError, ValueError) as error:
                raise UsageError(
                    f"column {name!r} is an array of one or two axes; got {type(value).__name__}: {error}"
                ) from None
            if array.ndim not in (1, 2):
                raise UsageError(f"column {name!r} is an array of one or two axes; got shape {array.shape}")
            self._arrays[name] = array
        lengths = {name: len(array) for name, array in self._arrays.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise UsageError(f"all columns have the same number of rows; got {listed}")
        self._rows = next(iter(lengths.values()))
        self.kinds = {name: kind_of(array.shape, array.dtype) for name, array in self._arrays.items()}

    def parts(self) -> list[Part]:
        """A million rows each."""
        return [(start, min(start + _PART_ROWS, self._rows)) for start in range(0, self._rows, _PART_ROWS)] or [None]

    def only(self, part: Part) -> Table:
        """The rows of a part, where they are."""
        first, last = part or (0, self._rows)
        other = ArraysTable({name: array[first:last] for name, array in self._arrays.items()})
        other._start = first
        return other

    _start = 0

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """The rows of some columns, at most ``size`` at a time."""
        first, last = part or (self._start, self._start + self._rows)
        for start in range(first, last, size):
            stop = min(start + size, last)
            held = {name: NumpyColumn(self._arrays[name][start - self._start : stop - self._start]) for name in columns}
            yield Batch(held, stop - start, start, (stop - first) / (last - first))
