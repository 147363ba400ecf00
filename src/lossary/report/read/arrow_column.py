"""Read a column of an Arrow array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from lossary.report.read.identity import NANOSECONDS, Keys, number_key
from lossary.report.read.table import Column, Numbers
from lossary.report.read.text import LARGEST_EXACT, is_inexact, parse_all

_OPAQUE = "pandas."
"""The prefix of extension types whose storage differs from the value: pandas stores the period 2020-02 as 601."""


def compute() -> Any:
    """Return pyarrow.compute."""
    import pyarrow.compute  # type: ignore[import-untyped]  # takes 30 ms, and most files do without

    return pyarrow.compute


def _plain(array: Any) -> Any:
    """Return the array without dictionary, run-length, extension and view encodings."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    kind = array.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_string_view(kind.value_type) or pa.types.is_binary_view(kind.value_type):  # not decoded by pyarrow
            array = pa.DictionaryArray.from_arrays(array.indices, _plain(array.dictionary))
        return _plain(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return _plain(compute().run_end_decode(array))
    if pa.types.is_string_view(kind):
        return array.cast(pa.large_string())
    if pa.types.is_binary_view(kind):
        return array.cast(pa.large_binary())
    return array


def _listed(array: Any) -> list[Any]:
    """Return plain Python values, or text for invalid UTF-8 and for times that Python cannot hold."""
    kind = array.type
    try:
        found: list[Any] = array.to_pylist()
        return found
    except UnicodeDecodeError:
        return [None if x is None else x.decode(errors="backslashreplace") for x in array.cast(pa.large_binary()).to_pylist()]
    except (ArithmeticError, ValueError):
        whole = array.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
        return [None if x is None else f"{x} {kind}" for x in whole.to_pylist()]


def _as_numpy(array: Any) -> np.ndarray:
    """Return numbers as a NumPy array, with anything for null."""
    kind = array.type
    if pa.types.is_null(kind):
        return np.zeros(len(array))
    if pa.types.is_boolean(kind):
        array = array.cast(pa.uint8())
    elif pa.types.is_decimal(kind):
        array = array.cast(pa.float64(), safe=False)
    # to_numpy, pa.array and pa.scalar would import pandas where it is installed: 50 MB, and a third of a second
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), array.type.to_pandas_dtype())
    return np.frombuffer(data, array.type.to_pandas_dtype(), len(array) + array.offset)[array.offset :]


def _nulls(array: Any) -> np.ndarray | None:
    """Return which rows are null, or None if none is."""
    return _as_numpy(array.is_null()).view(bool) if array.null_count else None


def _without_null(values: np.ndarray, null: np.ndarray | None, instead: int) -> np.ndarray:
    """Return numbers with another one for null."""
    return values if null is None else np.where(null, values.dtype.type(instead), values)


def _values(array: Any) -> Numbers:
    stored = array = _plain(array)
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        try:
            parsed = array.cast(pa.float64())
        except pa.ArrowInvalid:
            return parse_all(array.to_pylist())
        array = parsed
    null = _nulls(array)
    values = _without_null(_as_numpy(array), null, 0)
    return Numbers(values, null, inexact=_inexact(stored, values))


def _inexact(stored: Any, values: np.ndarray) -> np.ndarray | None:
    """Return which decimals and texts are too large to be exact in float64, or None; ``values`` has them rounded."""
    if pa.types.is_integer(stored.type) or pa.types.is_floating(stored.type) or not len(values):
        return None
    large = np.abs(values) >= LARGEST_EXACT
    if not large.any():
        return None
    large[large] = [is_inexact(value) for value in stored.filter(pa.array(large)).to_pylist()]
    return large


class ArrowColumn(Column):
    """Rows of an Arrow array."""

    def __init__(self, array: Any) -> None:
        if isinstance(array, pa.ExtensionArray):
            array = _uuids_as_text(array.storage) if _is_uuid(array.type) else array.storage
        self.array = array

    def like(self, array: Any) -> ArrowColumn:
        """Return other rows of the same column."""
        return ArrowColumn(array)

    def numbers(self, width: int | None = None) -> Numbers:
        """Return the rows as numbers."""
        if width is None:
            return _values(self.array)
        lists = self.array
        if not pa.types.is_fixed_size_list(lists.type):
            lists = lists.cast(pa.large_list(lists.type.value_type))
        rows = len(lists)
        null = _nulls(lists)
        lengths = _without_null(_as_numpy(compute().list_value_length(lists)), null, width)
        wrong = np.not_equal(lengths, width)
        if null is None and not wrong.any():
            inner = _values(lists.flatten())
            values = inner.values.reshape(rows, width)
            null, text, inexact = (_any_of(mask, width) for mask in (inner.null, inner.text, inner.inexact))
            within = None if inner.null is None else inner.null.reshape(rows, width)
            return Numbers(values, null, text, within=within, inexact=inexact)
        good = ~wrong if null is None else ~(wrong | null)
        inner = _values(lists.filter(pa.array(good)).flatten())
        values = np.zeros((rows, width), inner.values.dtype)
        values[good] = inner.values.reshape(-1, width)
        null = np.zeros(rows, bool) if null is None else null.copy()
        text, inexact = np.zeros(rows, bool), np.zeros(rows, bool)
        within = np.zeros((rows, width), bool)
        if inner.null is not None:
            within[good] = inner.null.reshape(-1, width)
        for mask, within in ((null, inner.null), (text, inner.text), (inexact, inner.inexact)):
            if within is not None:
                mask[good] = within.reshape(-1, width).any(axis=1)
        return Numbers(values, null, text, np.asarray(wrong), within, inexact)

    @property
    def is_text(self) -> bool:
        """True if the rows are text."""
        return kind_of(self.array.type) == "text"

    @property
    def is_whole(self) -> bool:
        """True if the type of the rows is an integer that int64 holds."""
        kind = _plain(self.array).type
        return bool(pa.types.is_integer(kind)) and kind != pa.uint64()

    def text_codes(self) -> tuple[np.ndarray, list[Any]]:
        """Return the rows as codes of texts."""
        codes, values = _encoded(self.array)
        return codes, _listed(values)

    def at(self, row: int) -> Any:
        """Return the value of one row."""
        return _listed(self.array.slice(row, 1))[0]

    def width(self) -> int | None:
        """Return the length of the first list, or None if every row is null."""
        kind = self.array.type
        if pa.types.is_fixed_size_list(kind):
            return kind.list_size
        lengths = _as_numpy(compute().list_value_length(self.array).drop_null())
        return int(lengths[lengths > 0][0]) if lengths.any() else None

    def distinct(self) -> tuple[np.ndarray, Column]:
        """Return codes of distinct values."""
        codes, values = _encoded(self.array)
        return codes, ArrowColumn(values)

    def keys(self, family: str) -> Keys:
        """Return the keys of the rows."""
        array, types = _plain(self.array), pa.types
        kind = array.type
        missing = _nulls(array)
        if types.is_temporal(kind):
            unit = "D" if types.is_date32(kind) else "ms" if types.is_date64(kind) else kind.unit
            counts = _as_numpy(array.view(pa.int32() if kind.bit_width == 32 else pa.int64()))
            return Keys.of_times(_without_null(counts, missing, 0), NANOSECONDS[unit], missing)
        if types.is_decimal(kind):
            try:
                array = array.cast(pa.int64())
            except pa.ArrowInvalid:
                return Keys.of([None if x is None else number_key(x) for x in array.to_pylist()])
        if types.is_null(kind) or types.is_boolean(kind) or types.is_integer(array.type) or types.is_floating(kind):
            values = _values(array).values
            return (Keys.of_floats if values.dtype.kind == "f" else Keys.of_whole)(values, missing)
        texts = array.cast(pa.large_binary() if _is_bytes(kind) else pa.large_string())
        if family == "number" and (whole := _as_whole(texts)) is not None:
            return Keys.of_whole(_without_null(_as_numpy(whole), missing, 0), missing)
        held = texts.cast(pa.large_binary())
        held = held.fill_null(b"") if held.null_count else held
        _, offsets, data = held.buffers()
        ends = np.frombuffer(offsets, np.int64)[held.offset : held.offset + len(held) + 1]
        raw = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]] if ends[-1] > ends[0] else np.zeros(0, np.uint8)
        return Keys.of_texts(raw, ends - ends[0], family, missing)


def _encoded(array: Any) -> tuple[np.ndarray, Any]:
    """Return for each row a code, -1 for null, that indexes an array of distinct values; and that array."""
    if pa.types.is_dictionary(array.type) and 0 < len(array.dictionary) <= len(array):
        # of a few values instead of all rows; a dictionary may hold one twice, null, and some that no row has
        of_value, values = _encoded(array.dictionary)
        null = _nulls(array.indices)
        codes = of_value[_without_null(_as_numpy(array.indices), null, 0)]
        codes = _without_null(codes, null, -1)
        used = np.flatnonzero(np.bincount(codes + 1, minlength=len(values) + 1)[1:])
        if len(used) == len(values):
            return codes, values
        places = np.zeros(len(values) + 1, np.int64)
        places[used], places[-1] = np.arange(len(used)), -1
        return places[codes], values.take(pa.Array.from_buffers(pa.int64(), len(used), [None, pa.py_buffer(used)]))
    encoded = _plain(array).dictionary_encode()
    return _without_null(_as_numpy(encoded.indices), _nulls(encoded.indices), -1), encoded.dictionary


def _as_whole(texts: Any) -> Any:
    """Return texts as integers, or None unless each is the usual form of an integer."""
    try:
        whole = texts.cast(pa.int64())
        return whole if whole.cast(texts.type).equals(texts) else None
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _is_bytes(kind: Any) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _any_of(mask: np.ndarray | None, width: int) -> np.ndarray | None:
    return None if mask is None else np.asarray(mask.reshape(-1, width).any(axis=1))


def _is_uuid(kind: Any) -> bool:
    return isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.uuid"


def _uuids_as_text(storage: Any) -> Any:
    """Return UUIDs in their usual form, as 8-4-4-4-12 hexadecimal digits."""
    rows, data = len(storage), storage.buffers()[1]
    raw = np.frombuffer(data, np.uint8, 16 * rows, 16 * storage.offset).reshape(rows, 16)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)[np.stack([raw >> 4, raw & 15], axis=2).reshape(rows, 32)]
    texts = np.insert(digits, (8, 12, 16, 20), ord("-"), axis=1)
    null = _nulls(storage)
    return pa.array(np.ascontiguousarray(texts).view("S36").reshape(-1), mask=null).cast(pa.string())


def kind_of(kind: Any) -> str:
    """Return the kind of a column, as in ``Table.kinds``, from its Arrow type."""
    types = pa.types
    if _is_uuid(kind):
        return "text"
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name.startswith(_OPAQUE):
            return f"{kind.extension_name} values"
        kind = kind.storage_type
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return kind_of(kind.value_type)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind):
        return "number"
    if types.is_boolean(kind):
        return "bool"
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return "list" if kind_of(kind.value_type) == "number" else str(kind)
    return str(kind)


def kind_of_field(field: Any) -> str:
    """Return the kind of a column; pyarrow knows pandas' extension types only after pandas was imported."""
    name = ((field.metadata or {}).get(b"ARROW:extension:name") or b"").decode(errors="backslashreplace")
    return f"{name} values" if name.startswith(_OPAQUE) else kind_of(field.type)
