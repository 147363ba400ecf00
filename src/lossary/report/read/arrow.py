"""Columns and tables of Arrow: Parquet and Arrow IPC files; :mod:`delimited` reads CSV."""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lossary.counted import counted
from lossary.report.read.arrow_column import ArrowColumn, kind_of_field
from lossary.report.read.source import Source, unchanged
from lossary.report.read.table import Batch, Part, Table, readable

PART_ROWS = 1 << 20
"""Rows that a part of a file has at least, if there are as many."""
_AT_ONCE, _BUFFER = 1 << 27, 1 << 16
"""The columns of a row group are read at once if it has so few bytes, else through a buffer, which costs one more copy."""


class ArrowTable(Table):
    """A table whose columns are Arrow arrays."""

    def set_schema(self, names: Sequence[str], kinds: Sequence[str]) -> None:
        """Take the names of the columns and what they hold."""
        self.names = tuple(names)
        self.kinds: Mapping[str, str] = dict(zip(names, kinds, strict=True))
        self.twice = frozenset(name for name, count in Counter(names).items() if count > 1)

    def take_schema(self, schema: Any) -> None:
        """Take them from a schema of Arrow's."""
        self.set_schema(schema.names, [kind_of_field(field) for field in schema])

    def _pieces(
        self,
        parts: Iterator[tuple[Any, int, float]],
        columns: Sequence[str],
        size: int,
        copied: Callable[[Any], Any] = lambda array: array,
    ) -> Iterator[Batch]:
        """Record batches, each with its first row and how much is then done, cut into batches of at most ``size`` rows."""
        for part, first, done in parts:
            for start in range(0, part.num_rows, size):
                piece = part.slice(start, size)
                held = {name: ArrowColumn(copied(piece.column(name))) for name in columns}
                yield Batch(held, piece.num_rows, first + start, done)


class ParquetTable(ArrowTable):
    """A Parquet file, read page by page: a row group need not fit in memory. A part is some row groups."""

    def __init__(self, source: Source) -> None:
        self.source, self.path, self._buffer = source, source.path, _BUFFER
        with readable(self.path, "a Parquet file"), self._open() as file:
            self.take_schema(file.schema_arrow)
            metadata = file.metadata
            row_groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
            groups = [group.num_rows for group in row_groups]
            # the sizes of columns are not asked for: pyarrow aborts the process where their statistics are damaged
            self._buffer = _BUFFER if max((group.total_byte_size for group in row_groups), default=0) > _AT_ONCE else 0
        self._starts = np.concatenate([[0], np.cumsum(groups, dtype=np.int64)])

    @contextmanager
    def _open(self) -> Iterator[Any]:
        options = {"buffer_size": self._buffer, "pre_buffer": False, "page_checksum_verification": True}
        # a path is opened by pyarrow itself, which reads it without Python's lock
        with self.path_or_file() as place, pq.ParquetFile(place, **options) as file:
            yield file

    def path_or_file(self) -> Any:
        """What pyarrow opens: a path that is text; not all are on Unix."""
        plain = self.source.is_local and not any("\ud800" <= c <= "\udfff" for c in self.source.place)
        return nullcontext(self.source.place) if plain else self.source.open()

    def parts(self) -> list[Part]:
        """Row groups, a million rows or more at a time."""
        found: list[Part] = []
        first = 0
        if not self._starts[-1]:
            return [None]
        for last in range(1, len(self._starts)):
            if self._starts[last] - self._starts[first] >= PART_ROWS or last == len(self._starts) - 1:
                found.append((first, last))
                first = last
        return found

    def rows_of(self, part: Part) -> int:
        """How many rows these row groups have."""
        first, last = part or (0, -1)
        return int(self._starts[last] - self._starts[first])

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """The rows of some columns, at most ``size`` at a time."""
        first, last = part or (0, len(self._starts) - 1)
        with unchanged(self.source), readable(self.path, "a Parquet file"), self._open() as file:
            yield from self._pieces(self._read(file, columns, size, first, last), columns, size)

    def _read(self, file: Any, columns: Sequence[str], size: int, first: int, last: int) -> Iterator[tuple[Any, int, float]]:
        begin, end = int(self._starts[first]), int(self._starts[last])
        done = begin
        groups = range(first, last)
        for part in file.iter_batches(size, row_groups=groups, columns=list(columns), use_threads=False):
            yield part, done, (done + part.num_rows - begin) / (end - begin)
            done += part.num_rows
        if done < end:
            raise EOFError(
                f"{counted(end - begin, 'row was', 'rows were')} announced, and {counted(done - begin, 'is', 'are')} there"
            )


class IpcTable(ArrowTable):
    """An Arrow IPC file or stream; a local one by a memory map, read as it is used, or by batches if compressed."""

    def __init__(self, source: Source, *, stream: bool) -> None:
        self.source, self.path, self.stream = source, source.path, stream
        with readable(self.path, "an Arrow file"), source.open() as file:
            reader = self._reader(self._map(file), None)
            self.take_schema(reader.schema)

    def _map(self, file: Any) -> Any:
        if not self.source.is_local:
            return file
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def _reader(self, view: Any, columns: Sequence[str] | None) -> Any:
        source = pa.BufferReader(pa.py_buffer(view)) if isinstance(view, mmap.mmap) else view
        fields = None if columns is None else [self.names.index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(included_fields=fields)
        return pa.ipc.open_stream(source, options=options) if self.stream else pa.ipc.open_file(source, options=options)

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """The rows of some columns, at most ``size`` at a time."""
        with unchanged(self.source), readable(self.path, "an Arrow file"), self.source.open() as file:
            view = self._map(file)  # closed when the last array over it is gone
            if not isinstance(view, mmap.mmap) or self._compressed(view):
                pieces = self._pieces(self._read(file, columns), columns, size, _sound)
            else:
                copies = _Copies(file, view)
                pieces = self._pieces(self._read(view, columns), columns, size, lambda array: _sound(copies.of(array)))
            for batch in pieces:
                self.source.check()
                yield batch

    def _compressed(self, view: Any) -> bool:
        before = pa.total_allocated_bytes()
        reader = self._reader(view, None)
        first = next(iter(reader), None) if self.stream else reader.get_batch(0) if reader.num_record_batches else None
        return first is not None and pa.total_allocated_bytes() - before > first.get_total_buffer_size() // 2

    def _read(self, view: Any, columns: Sequence[str]) -> Iterator[tuple[Any, int, float]]:
        # reading some fields only copies them, while a batch of all fields is a view of the map
        mapped = isinstance(view, mmap.mmap)
        reader = self._reader(view, None if mapped else columns)
        start, count = 0, None if self.stream else reader.num_record_batches
        parts = reader if count is None else map(reader.get_batch, range(count))
        # where the views lie is read from the map itself, so at once, before the file may change
        for i, part in enumerate(list(parts) if mapped else parts):
            yield part, start, 0.0 if count is None else (i + 1) / count
            start += part.num_rows


def _sound(array: Any) -> Any:
    """The array, after a check of its offsets, lengths and indices, which Arrow takes from a file as they are."""
    _without_text(array).validate(full=True)
    return array


def _without_text(array: Any) -> Any:
    """With bytes for text, which need not be UTF-8."""
    kind, types = array.type, pa.types
    if isinstance(array, pa.ExtensionArray):
        return _without_text(array.storage)
    if types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(array.indices, _without_text(array.dictionary), safe=False)
    if types.is_string(kind) or types.is_large_string(kind):
        return pa.Array.from_buffers(
            pa.binary() if types.is_string(kind) else pa.large_binary(), len(array), array.buffers(), offset=array.offset
        )
    return array


class _Copies:
    """Rows of a mapped file in memory of their own, by reading the file.

    A map beyond the end of a file that has shrunk is no memory: touching it would end the process. Reading it is an error.
    """

    def __init__(self, file: Any, view: mmap.mmap) -> None:
        self.file, self.start, self.size = file, pa.py_buffer(view).address, len(view)

    def of(self, array: Any) -> Any:
        """The same rows; of kinds that are rare, those in the map."""
        types, kind, count = pa.types, array.type, len(array)
        if isinstance(array, pa.ExtensionArray):
            return kind.wrap_array(self.of(array.storage))
        if not count or types.is_null(kind):
            return array
        if types.is_dictionary(kind):
            words = self.of(array.dictionary) if len(array.dictionary) <= max(count, 1024) else array.dictionary
            return pa.DictionaryArray.from_arrays(self.of(array.indices), words, ordered=kind.ordered)
        before = array.offset % 8  # bits are read from whole bytes
        first, rows = array.offset - before, count + before
        buffers = array.buffers()
        valid = self._bytes(buffers[0], first // 8, (first + rows + 7) // 8)
        if types.is_fixed_size_list(kind):
            inner = self.of(array.values.slice(first * kind.list_size, rows * kind.list_size))
            found = pa.Array.from_buffers(kind, rows, [valid], children=[inner])
        elif types.is_list(kind) or types.is_large_list(kind):
            ends = self._ends(buffers[1], first, rows, large=types.is_large_list(kind))
            inner = self.of(array.values.slice(ends[0], ends[-1] - ends[0]))
            found = pa.Array.from_buffers(kind, rows, [valid, pa.py_buffer(ends - ends[0])], children=[inner])
        elif types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
            ends = self._ends(buffers[1], first, rows, large=types.is_large_string(kind) or types.is_large_binary(kind))
            data = self._bytes(buffers[2], int(ends[0]), int(ends[-1]))
            found = pa.Array.from_buffers(kind, rows, [valid, pa.py_buffer(ends - ends[0]), data])
        elif types.is_primitive(kind) or types.is_decimal(kind) or types.is_fixed_size_binary(kind):
            data = self._bytes(buffers[1], first * kind.bit_width // 8, (first + rows) * kind.bit_width // 8 + 1)
            found = pa.Array.from_buffers(kind, rows, [valid, data])
        else:
            return array
        return found.slice(before)

    def _ends(self, buffer: Any, first: int, rows: int, *, large: bool) -> np.ndarray:
        dtype = np.dtype(np.int64 if large else np.int32)
        return np.frombuffer(self._bytes(buffer, first * dtype.itemsize, (first + rows + 1) * dtype.itemsize), dtype)

    def _bytes(self, buffer: Any, start: int, stop: int) -> Any:
        if buffer is None:
            return None
        stop = min(stop, buffer.size)
        if not 0 <= start <= stop:
            raise ValueError(f"bytes {start} to {stop} of a buffer")
        place = buffer.address - self.start
        if not 0 <= place <= self.size - buffer.size:
            return buffer.slice(start, stop - start)
        data = np.empty(stop - start, np.uint8)
        self.file.seek(place + start)
        if self.file.readinto(data) < len(data):
            raise EOFError("it ends early")
        return pa.py_buffer(data)
