"""Read Parquet and Arrow IPC files; :mod:`delimited` reads CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lossary.counted import counted
from lossary.report.read.arrow_column import ArrowColumn, kind_of_field
from lossary.report.read.source import Source, raise_if_changed
from lossary.report.read.table import PART_ROWS, Batch, Part, Table, readable

_AT_ONCE, _BUFFER = 1 << 27, 1 << 16
"""A row group of at most so many bytes is read without a buffer; a buffer costs one more copy."""


class ArrowTable(Table):
    """A table whose columns are Arrow arrays."""

    def set_schema(self, names: Sequence[str], kinds: Sequence[str]) -> None:
        """Set the names of the columns and the kinds of what they hold."""
        self.names = tuple(names)
        self.kinds: Mapping[str, str] = dict(zip(names, kinds, strict=True))
        self.duplicate_names = frozenset(name for name, count in Counter(names).items() if count > 1)

    def set_schema_of(self, schema: Any) -> None:
        """Set them from an Arrow schema."""
        self.set_schema(schema.names, [kind_of_field(field) for field in schema])

    def _pieces(
        self,
        parts: Iterator[tuple[Any, int, float]],
        columns: Sequence[str],
        size: int,
        check: Callable[[Any], Any] = lambda array: array,
    ) -> Iterator[Batch]:
        """Yield batches of at most ``size`` rows from record batches, each with its first row and the fraction done."""
        for part, first, done in parts:
            for start in range(0, part.num_rows, size):
                piece = part.slice(start, size)
                held = {name: ArrowColumn(check(piece.column(name))) for name in columns}
                yield Batch(held, piece.num_rows, first + start, done)


class ParquetTable(ArrowTable):
    """A Parquet file, read page by page, since a row group need not fit in memory. A part is a range of row groups."""

    def __init__(self, source: Source) -> None:
        self.source, self.path, self._buffer = source, source.path, _BUFFER
        with readable(self.path, "a Parquet file"), self._open() as file:
            self.set_schema_of(file.schema_arrow)
            metadata = file.metadata
            row_groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
            groups = [group.num_rows for group in row_groups]
            # not the sizes of columns: pyarrow aborts the process if their statistics are damaged
            self._buffer = _BUFFER if max((group.total_byte_size for group in row_groups), default=0) > _AT_ONCE else 0
        self._starts = np.concatenate([[0], np.cumsum(groups, dtype=np.int64)])

    @contextmanager
    def _open(self) -> Iterator[Any]:
        options = {"buffer_size": self._buffer, "pre_buffer": False, "page_checksum_verification": True}
        with open_native(self.source) as source, pq.ParquetFile(source, **options) as file:
            yield file

    def parts(self) -> list[Part]:
        """Return ranges of row groups, of a million rows or more each."""
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
        """Return the number of rows of a part."""
        first, last = part or (0, -1)
        return int(self._starts[last] - self._starts[first])

    def part_from(self, row: int) -> tuple[Part, int]:
        """Return the part from the row group of a row to the end, and the number of its rows that stand before the row."""
        group = int(np.searchsorted(self._starts, row, "right")) - 1
        return (group, len(self._starts) - 1), row - int(self._starts[group])

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        first, last = part or (0, len(self._starts) - 1)
        with raise_if_changed(self.source), readable(self.path, "a Parquet file"), self._open() as file:
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
    """An Arrow IPC file or stream, read one record batch at a time."""

    def __init__(self, source: Source, *, stream: bool) -> None:
        self.source, self.path, self.stream = source, source.path, stream
        with readable(self.path, "an Arrow file"), open_native(source) as file:
            self.set_schema_of(self._reader(file, None).schema)

    def _reader(self, file: Any, columns: Sequence[str] | None) -> Any:
        fields = None if columns is None else [self.names.index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(included_fields=fields)
        return pa.ipc.open_stream(file, options=options) if self.stream else pa.ipc.open_file(file, options=options)

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        with raise_if_changed(self.source), readable(self.path, "an Arrow file"), open_native(self.source) as file:
            yield from self._pieces(self._read(file, columns), columns, size, _validated)

    def _read(self, file: Any, columns: Sequence[str]) -> Iterator[tuple[Any, int, float]]:
        reader = self._reader(file, columns)
        start, count = 0, None if self.stream else reader.num_record_batches
        for i, part in enumerate(reader if count is None else map(reader.get_batch, range(count))):
            yield part, start, 0.0 if count is None else (i + 1) / count
            start += part.num_rows


def open_native(source: Source) -> Any:
    """Open a file such that pyarrow reads it without Python's lock, if it is local and its path is text."""
    plain = source.is_local and not any("\ud800" <= c <= "\udfff" for c in source.place)
    return pa.OSFile(source.place) if plain else source.open()


def _validated(array: Any) -> Any:
    """Return the array; raise if its offsets, lengths or indices, which Arrow takes from a file as they are, are wrong."""
    _without_text(array).validate(full=True)
    return array


def _without_text(array: Any) -> Any:
    """Return the array with bytes for text, which need not be UTF-8."""
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
