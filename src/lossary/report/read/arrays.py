"""Read columns of NumPy arrays in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lossary.errors import UsageError, first_line
from lossary.report.read.identity import NANOSECONDS, Keys
from lossary.report.read.source import require_pyarrow
from lossary.report.read.table import Batch, Column, Numbers, Part, Table, ranges
from lossary.report.read.text import parse_all


class NumpyColumn(Column):
    """Rows of an array."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def numbers(self, width: int | None = None) -> Numbers:
        """Return the rows as numbers."""
        if self.is_text:
            return parse_all(self._texts())
        values = self.array.astype(np.uint8) if self.array.dtype.kind == "b" else self.array
        if width is not None and values.shape[1] != width:
            return Numbers(np.zeros((len(values), width)), length=np.ones(len(values), bool))
        return Numbers(values)

    @property
    def is_text(self) -> bool:
        """True if the rows are text."""
        return self.array.dtype.kind in "US"

    @property
    def _is_time(self) -> bool:
        return self.array.dtype.kind in "mM"

    def _texts(self) -> list[str]:
        text = np.char.decode(self.array, "utf-8", "backslashreplace") if self.array.dtype.kind == "S" else self.array
        return text.tolist()

    @property
    def is_whole(self) -> bool:
        """True if the type of the rows is an integer that int64 holds."""
        return self.array.dtype.kind in "iu" and self.array.dtype != np.uint64

    def text_codes(self) -> tuple[np.ndarray, list[Any]]:
        """Return the rows as codes of texts."""
        values = np.array(self._texts()) if self.is_text else self.array
        words, codes = np.unique(values, return_inverse=True)
        if self._is_time:  # tolist() would make integers of nanoseconds
            return codes, [None if np.isnat(word) else str(word) for word in words]
        return codes, words.tolist()

    def at(self, row: int) -> Any:
        """Return the value of one row."""
        value = self.array[row]
        if self._is_time:
            return None if np.isnat(value) else str(value)
        return value.decode(errors="backslashreplace") if isinstance(value, bytes) else value.tolist()

    def width(self) -> int | None:
        """Return the length of the lists."""
        return int(self.array.shape[1])

    def distinct(self) -> tuple[np.ndarray, Column]:
        """Return codes of distinct values."""
        values, places = np.unique(self.array, return_inverse=True)
        return places, NumpyColumn(values)

    def keys(self, family: str) -> Keys:
        """Return the keys of the rows."""
        if self._is_time:
            return self._keys_of_times()
        if self.is_text:
            texts = [text.encode(errors="surrogatepass") for text in self._texts()]
            ends = np.cumsum([0, *map(len, texts)])
            return Keys.of_texts(np.frombuffer(b"".join(texts), np.uint8), ends, family)
        values = self.array.astype(np.uint8) if self.array.dtype.kind == "b" else self.array
        return (Keys.of_floats if values.dtype.kind == "f" else Keys.of_whole)(values)

    def _keys_of_times(self) -> Keys:
        array = self.array
        if array.dtype.kind == "M" and np.datetime_data(array.dtype)[0] in "YMW":
            array = array.astype("M8[D]")
        unit, step = np.datetime_data(array.dtype)
        if unit not in NANOSECONDS:
            raise UsageError(f"times are compared in nanoseconds; got {array.dtype}; convert them first")
        nothing = np.isnat(array)
        counts = np.where(nothing, 0, array.astype(np.int64))
        return Keys.of_times(counts, step * NANOSECONDS[unit], nothing if nothing.any() else None)


def kind_of(shape: tuple[int, ...], dtype: np.dtype) -> str:
    """Return the kind of a column, as in ``Table.kinds``, from the shape and dtype of an array."""
    if len(shape) not in (1, 2):
        return f"an array of {len(shape)} axes"
    kind = {"b": "bool", "i": "number", "u": "number", "f": "number", "U": "text", "S": "text"}.get(dtype.kind)
    if kind is None:
        return "Python objects" if dtype.hasobject else f"{dtype}"
    if len(shape) == 2:
        return "list" if kind == "number" else f"rows of {dtype}"
    return kind


class ArraysTable(Table):
    """Arrays in memory; a two-dimensional array is a list column."""

    path = "the data"

    def __init__(self, columns: Mapping[str, Any]) -> None:
        if not columns:
            raise UsageError("there is at least one column; got a mapping without any")
        self._arrays: dict[str, Any] = {}
        for name, value in columns.items():
            if not isinstance(name, str):
                raise UsageError(f"the name of a column is text; got {name!r}")
            self._arrays[name] = _array(name, value)
        _check_indexes(columns)
        lengths = {name: len(array) for name, array in self._arrays.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise UsageError(f"all columns have the same number of rows; got {listed}")
        self._rows = next(iter(lengths.values()))
        self.kinds = {name: _kind_of(array) for name, array in self._arrays.items()}

    def parts(self) -> list[Part]:
        """Return parts of a million rows each."""
        return ranges(self._rows)

    def only(self, part: Part) -> Table:
        """Return a table of the rows of a part, without a copy."""
        first, last = part or (0, self._rows)
        other = ArraysTable({name: array[first:last] for name, array in self._arrays.items()})
        other._start = first
        return other

    _start = 0

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        first, last = part or (self._start, self._start + self._rows)
        for start in range(first, last, size):
            stop = min(start + size, last)
            held = {name: _column(self._arrays[name][start - self._start : stop - self._start]) for name in columns}
            yield Batch(held, stop - start, start, (stop - first) / (last - first))


def _check_indexes(columns: Mapping[str, Any]) -> None:
    """Raise if pandas Series have different indexes: rows are matched by position."""
    first = None
    for name, value in columns.items():
        if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "index"):
            first = first or (name, value.index)
            if not first[1].equals(value.index):
                raise UsageError(
                    f"columns of a mapping are taken row by row, and the Series {first[0]!r} and {name!r} have different "
                    "indexes; align them, as pandas.DataFrame(columns) does, or pass .to_numpy() of each"
                )


def _array(name: str, value: Any) -> Any:
    """Return a column as a NumPy array, or as an Arrow array if it holds Python objects such as text with None."""
    if _is_arrow(value):
        return value
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu()
    try:
        if str(getattr(value, "dtype", "")) == "torch.bfloat16":  # NumPy has no such dtype
            value = value.float()
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"column {name!r} is an array of one or two axes; got {type(value).__name__}: {error}") from None
    if array.ndim not in (1, 2):
        raise UsageError(f"column {name!r} is an array of one or two axes; got shape {array.shape}")
    if array.dtype.kind == "V" and array.dtype.name == "bfloat16":
        return array.astype(np.float32)
    masked = isinstance(value, np.ma.MaskedArray) and bool(np.ma.getmaskarray(value).any())
    if masked and array.ndim == 2:
        raise UsageError(f"column {name!r} has masked numbers within rows; fill them, or leave these rows out")
    if not masked and array.dtype.kind not in "OT":
        return array
    require_pyarrow(f"column {name!r}, which has {'masked values' if masked else 'Python objects'},")
    import pyarrow as pa  # type: ignore[import-untyped]

    try:
        return pa.array(np.ma.MaskedArray(value) if masked else array.astype(object), from_pandas=True)
    except (TypeError, ValueError, OverflowError, pa.ArrowException) as error:
        reason = first_line(error)
        raise UsageError(f"the values of column {name!r} are of one type; got Python objects: {reason}; convert them") from None


def _is_arrow(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pyarrow" and hasattr(value, "null_count")


def _kind_of(array: Any) -> str:
    if not _is_arrow(array):
        return kind_of(array.shape, array.dtype)
    from lossary.report.read import arrow_column

    return arrow_column.kind_of(array.type)


def _column(array: Any) -> Column:
    if not _is_arrow(array):
        return NumpyColumn(array)
    from lossary.report.read.arrow_column import ArrowColumn

    return ArrowColumn(array.combine_chunks() if hasattr(array, "combine_chunks") else array)
