"""What pyarrow reads: Parquet, CSV and Arrow IPC."""

from __future__ import annotations

import gzip
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.csv as pa_csv  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lossary.report.errors import UnreadableError
from lossary.report.read import Batch, Column, Numbers, Table, parse_all, readable

_CSV_BLOCK = 1 << 21


def _plain(array: Any) -> Any:
    """Without dictionaries, run lengths, extensions and views."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return _plain(pc.run_end_decode(array))
    if pa.types.is_string_view(kind):
        return array.cast(pa.large_string())
    return array


def _as_numpy(array: Any) -> np.ndarray:
    """Numbers without nulls."""
    kind = array.type
    if pa.types.is_null(kind):
        return np.zeros(len(array))
    if pa.types.is_boolean(kind):
        array = array.cast(pa.uint8())
    elif pa.types.is_decimal(kind):
        array = array.cast(pa.float64(), safe=False)
    return array.to_numpy(zero_copy_only=False)


def _values(array: Any) -> Numbers:
    array = _plain(array)
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        try:
            parsed = array.cast(pa.float64())
        except pa.ArrowInvalid:
            return parse_all(array.to_pylist())
        array = parsed
    if not array.null_count:
        return Numbers(_as_numpy(array))
    null = array.is_null().to_numpy(zero_copy_only=False)
    if not pa.types.is_null(array.type):
        if pa.types.is_decimal(array.type):
            array = array.cast(pa.float64(), safe=False)
        array = array.fill_null(pa.scalar(False if pa.types.is_boolean(array.type) else 0, array.type))
    return Numbers(_as_numpy(array), null)


class ArrowColumn(Column):
    """Rows of an Arrow array."""

    def __init__(self, array: Any) -> None:
        self.array = array.storage if isinstance(array, pa.ExtensionArray) else array

    def numbers(self, width: int | None = None) -> Numbers:
        """As numbers."""
        if width is None:
            return _values(self.array)
        lists = self.array
        if not pa.types.is_fixed_size_list(lists.type):
            lists = lists.cast(pa.large_list(lists.type.value_type))
        rows = len(lists)
        null = lists.is_null().to_numpy(zero_copy_only=False) if lists.null_count else None
        lengths = pc.list_value_length(lists).fill_null(width).to_numpy(zero_copy_only=False)
        wrong = np.not_equal(lengths, width)
        if null is None and not wrong.any():
            inner = _values(lists.flatten())
            values = inner.values.reshape(rows, width)
            return Numbers(values, _any_of(inner.null, width), _any_of(inner.text, width))
        good = ~wrong if null is None else ~(wrong | null)
        inner = _values(lists.filter(pa.array(good)).flatten())
        values = np.zeros((rows, width), inner.values.dtype)
        values[good] = inner.values.reshape(-1, width)
        null = np.zeros(rows, bool) if null is None else null.copy()
        text = np.zeros(rows, bool)
        for mask, within in ((null, inner.null), (text, inner.text)):
            if within is not None:
                mask[good] = within.reshape(-1, width).any(axis=1)
        return Numbers(values, null, text, np.asarray(wrong))

    @property
    def is_text(self) -> bool:
        """Whether the rows are text."""
        return _kind(self.array.type) == "text"

    def words(self) -> tuple[np.ndarray, list[Any]]:
        """As text."""
        encoded = _plain(self.array).dictionary_encode()
        return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()

    def at(self, row: int) -> Any:
        """One row."""
        return self.array[row].as_py()

    def width(self) -> int | None:
        """The length of the first list."""
        kind = self.array.type
        if pa.types.is_fixed_size_list(kind):
            return kind.list_size
        lengths = pc.list_value_length(self.array).drop_null().to_numpy(zero_copy_only=False)
        return int(lengths[lengths > 0][0]) if lengths.any() else None


def _any_of(mask: np.ndarray | None, width: int) -> np.ndarray | None:
    return None if mask is None else np.asarray(mask.reshape(-1, width).any(axis=1))


def _kind(kind: Any) -> str:
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _kind(kind.value_type)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind):
        return "number"
    if types.is_boolean(kind):
        return "bool"
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return "list" if _kind(kind.value_type) == "number" else str(kind)
    return str(kind)


class _ArrowTable(Table):
    what: str

    def _set_schema(self, names: Sequence[str], kinds: Sequence[str]) -> None:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UnreadableError(f"{self.path}: column names differ from one another; {twice[0]!r} occurs twice; rename one")
        self.kinds: Mapping[str, str] = dict(zip(names, kinds, strict=True))

    def _batches(self, parts: Iterator[tuple[Any, float]], columns: Sequence[str], size: int) -> Iterator[Batch]:
        for part, done in parts:
            for start in range(0, part.num_rows, size):
                piece = part.slice(start, size)
                yield Batch({name: ArrowColumn(piece.column(name)) for name in columns}, piece.num_rows, done)


class ParquetTable(_ArrowTable):
    """A Parquet file, read page by page: a row group need not fit in memory."""

    def __init__(self, path: str) -> None:
        self.path = path
        with readable(path, "a Parquet file"), self._open() as file:
            schema = file.schema_arrow
            self.rows = file.metadata.num_rows
        self._set_schema(schema.names, [_kind(field.type) for field in schema])

    def _open(self) -> Any:
        return pq.ParquetFile(self.path, buffer_size=1 << 16, pre_buffer=False, page_checksum_verification=True)

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """The rows of some columns, at most ``size`` at a time."""
        with readable(self.path, "a Parquet file"), self._open() as file:
            yield from self._batches(self._parts(file, columns, size), columns, size)

    def _parts(self, file: Any, columns: Sequence[str], size: int) -> Iterator[tuple[Any, float]]:
        done = 0
        for part in file.iter_batches(size, columns=list(columns), use_threads=False):
            done += part.num_rows
            yield part, done / self.rows


class IpcTable(_ArrowTable):
    """An Arrow IPC file or stream, through a memory map: a record batch is read as it is used, a compressed one at once."""

    def __init__(self, path: str, *, stream: bool) -> None:
        self.path, self.stream = path, stream
        with readable(path, "an Arrow file"), open(path, "rb") as file:
            schema = self._reader(self._map(file), None).schema
        self._set_schema(schema.names, [_kind(field.type) for field in schema])

    def _map(self, file: Any) -> Any:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def _reader(self, view: Any, columns: Sequence[str] | None) -> Any:
        source = pa.BufferReader(pa.py_buffer(view))
        fields = None if columns is None else [list(self.kinds).index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(included_fields=fields)
        return pa.ipc.open_stream(source, options=options) if self.stream else pa.ipc.open_file(source, options=options)

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """The rows of some columns, at most ``size`` at a time."""
        with readable(self.path, "an Arrow file"), open(self.path, "rb") as file:
            view = self._map(file)  # closed when the last array over it is gone
            for batch in self._batches(self._parts(view, columns), columns, size):
                yield batch
                if hasattr(view, "madvise"):
                    view.madvise(mmap.MADV_DONTNEED)  # what has been read need not stay in memory

    def _compressed(self, view: Any) -> bool:
        before = pa.total_allocated_bytes()
        reader = self._reader(view, None)
        first = next(iter(reader), None) if self.stream else reader.get_batch(0) if reader.num_record_batches else None
        return first is not None and pa.total_allocated_bytes() - before > first.nbytes // 2

    def _parts(self, view: Any, columns: Sequence[str]) -> Iterator[tuple[Any, float]]:
        # reading some fields only copies them, while a batch of all fields is a view of the map; not so if it is compressed
        reader = self._reader(view, columns if self._compressed(view) else None)
        if self.stream:
            for part in reader:
                yield part, 0.0
        else:
            for i in range(reader.num_record_batches):
                yield reader.get_batch(i), (i + 1) / reader.num_record_batches


class CsvTable(_ArrowTable):
    """A CSV file with a header: every field is text, so that what is not a number is found in its row."""

    def __init__(self, path: str, gzipped: bool, suffix: str) -> None:
        self.path, self.gzipped = path, gzipped
        with readable(path, "a CSV file"):
            header = self._header()
            usual = "\t" if suffix in (".tsv", ".tab") else ","
            self.delimiter = next((c for c in f"{usual}\t;," if c in header), usual)
            with self._raw() as raw, self._reader(raw, None) as reader:
                names = reader.schema.names
        self._set_schema(names, ["untyped"] * len(names))

    def _header(self) -> str:
        with gzip.open(self.path) if self.gzipped else open(self.path, "rb") as file:
            lines = (file.readline(1 << 20) for _ in range(100))
            return next((line for line in lines if line.strip()), b"").decode("utf-8", "replace")

    def _raw(self) -> Any:
        return open(self.path, "rb")

    def _reader(self, raw: Any, columns: Sequence[str] | None) -> Any:
        source = pa.CompressedInputStream(raw, "gzip") if self.gzipped else raw
        convert = pa_csv.ConvertOptions(null_values=[""], strings_can_be_null=True)
        if columns is not None:
            convert.include_columns = list(columns)
            convert.column_types = dict.fromkeys(columns, pa.string())
        return pa_csv.open_csv(
            source,
            read_options=pa_csv.ReadOptions(block_size=_CSV_BLOCK, use_threads=False),
            parse_options=pa_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
            convert_options=convert,
        )

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """The rows of some columns, at most ``size`` at a time."""
        with readable(self.path, "a CSV file"), self._raw() as raw, self._reader(raw, columns) as reader:
            parts = ((part, raw.tell() / self._bytes()) for part in reader)
            yield from self._batches(parts, columns, size)

    def _bytes(self) -> int:
        return max(1, os.path.getsize(self.path))
