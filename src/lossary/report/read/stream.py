"""Read tables of pandas, Polars, DuckDB, pyarrow and any other library that has Arrow's C stream interface."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from lossary.errors import UnreadableError, UsageError, first_line
from lossary.report.read.arrow import ArrowTable
from lossary.report.read.arrow_column import ArrowColumn, kind_of_field
from lossary.report.read.table import Batch, Part, Table, ranges

_PRINTED = ("period[", "interval[")


class StreamTable(ArrowTable):
    """A table in memory, or a stream, which is written to a temporary file since it can be read only once.

    A DuckDB relation gives a new stream each time, but its rows may come in another order, so it is read once, too.
    """

    def __init__(self, data: Any) -> None:
        self.path = f"the {type(data).__name__}"
        self._start = 0
        self._mixed = set[int]()
        """Columns that Arrow cannot hold; their kind cannot be used."""
        if isinstance(data, pa.Table):
            self._table = data
        elif hasattr(data, "scanner"):  # of pyarrow.dataset
            self._table = self._spooled(data.scanner().to_reader())
        elif type(data).__name__ == "LazyFrame":
            self._table = self._collected(data)
        elif hasattr(data, "columns") and hasattr(data, "index") and type(data).__module__.partition(".")[0] == "pandas":
            self._table = self._framed(data)
        elif isinstance(data, pa.RecordBatch):
            self._table = pa.Table.from_batches([data])
        elif hasattr(data, "to_pandas") or type(data).__module__.partition(".")[0] in ("pandas", "polars"):
            self._table = self._held(data)
        elif hasattr(data, "__arrow_c_stream__"):
            self._table = self._spooled(data)
        else:
            self._table = self._held(data)
        kinds = [kind_of_field(field) for field in self._table.schema]
        self.set_schema(
            self._table.schema.names, ["values of several types" if k in self._mixed else kind for k, kind in enumerate(kinds)]
        )

    def _held(self, data: Any) -> Any:
        """Return a table that is in memory already, without a copy."""
        try:
            return pa.table(data) if hasattr(data, "__arrow_c_stream__") else pa.table(pa.record_batch(data))
        except (TypeError, ValueError, pa.ArrowException) as error:
            raise self._refused(error) from None

    def _refused(self, error: Exception) -> UsageError:
        return UsageError(
            f"{self.path} is not a table that Arrow can hold: {first_line(error)}; pass a table of the columns needed, each "
            "of one type and with a name of its own"
        )

    def _framed(self, frame: Any) -> Any:
        """Return a table of a pandas frame, with the named levels of its index as columns."""
        pieces = [(str(name), frame.iloc[:, k]) for k, name in enumerate(frame.columns)]
        pieces += [(str(name), frame.index.get_level_values(k)) for k, name in enumerate(frame.index.names) if name is not None]
        arrays = []
        for k, (_, values) in enumerate(pieces):
            try:
                arrays.append(pa.array(_as_printed(values), from_pandas=True))
            except (TypeError, ValueError, OverflowError, pa.ArrowException):
                arrays.append(pa.nulls(len(frame)))
                self._mixed.add(k)
        return pa.Table.from_arrays(arrays, [name for name, _ in pieces])

    def _collected(self, data: Any) -> Any:
        """Return a table of a Polars lazy frame, whose rows lie in a temporary file."""
        with tempfile.NamedTemporaryFile(prefix="lossary-", suffix=".arrow") as file:
            try:
                data.sink_ipc(file.name, compression="uncompressed")
            except Exception as error:  # of whatever makes the rows
                raise UnreadableError(f"{self.path} could not be read to its end: {first_line(error)}") from error
            return pa.ipc.open_file(pa.memory_map(file.name)).read_all()

    def _spooled(self, data: Any) -> Any:
        # the file is deleted at once, and its space is freed when the map is
        with tempfile.NamedTemporaryFile(prefix="lossary-", suffix=".arrow") as file:
            try:
                stream = data if isinstance(data, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(data)
                with pa.OSFile(file.name, "wb") as sink, pa.ipc.new_file(sink, stream.schema) as writer:
                    for batch in stream:
                        writer.write_batch(batch)
            except Exception as error:  # of whatever makes the rows
                raise UnreadableError(f"{self.path} could not be read to its end: {first_line(error)}") from error
            return pa.ipc.open_file(pa.memory_map(file.name)).read_all()

    def parts(self) -> list[Part]:
        """Return parts of a million rows each."""
        return ranges(self._table.num_rows)

    def only(self, part: Part) -> Table:
        """Return a table of the rows of a part."""
        first, last = part or (0, self._table.num_rows)
        other = StreamTable(_detached(self._table.slice(first, last - first)))
        other.path, other._start = self.path, first
        return other

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        first, last = part or (self._start, self._start + self._table.num_rows)
        table = self._table.select(list(columns)).slice(first - self._start, last - first)
        start = first
        for piece in table.to_batches(max_chunksize=size):
            if piece.num_rows:
                columns_ = {name: ArrowColumn(piece.column(name)) for name in columns}
                yield Batch(columns_, piece.num_rows, start, (start + piece.num_rows - first) / (last - first))
                start += piece.num_rows


def _as_printed(values: Any) -> Any:
    """Return a column of pandas with periods and intervals as pandas prints them; Arrow holds them as numbers and structs."""
    categories = getattr(values.dtype, "categories", None)
    if not str((values if categories is None else categories).dtype).startswith(_PRINTED):
        return values
    if categories is not None:
        codes = np.asarray(getattr(values, "cat", values).codes, np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), [str(value) for value in categories])
    return [None if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]


def _detached(table: Any) -> Any:
    """Return a copy of a slice of a table, which does not keep the rest in memory."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return pa.ipc.open_stream(sink.getvalue()).read_all()
