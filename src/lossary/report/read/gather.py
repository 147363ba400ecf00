"""Rows that belong together, such as the quantiles of a forecast or the items of a list, gathered to one row on disk."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lossary.errors import BadDataError, UnreadableError, UsageError, first_line
from lossary.report.findings import Finding
from lossary.report.read.arrow import ParquetTable
from lossary.report.read.arrow_column import compute
from lossary.report.read.arrow_of import arrow_of, plain
from lossary.report.read.on_disk import database, incoming
from lossary.report.read.source import Source
from lossary.report.read.table import Batch, Table

_ROWS = 1 << 16


class GatheredTable(ParquetTable):
    """Gathered rows, of the files where they come from."""

    def __init__(self, source: Source, gathering: Gathering) -> None:
        super().__init__(source)
        self._files, self.remarks = gathering.files, gathering.remarks

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that the rows come from."""
        return self._files


class Gathering(ABC):
    """Sorts rows by what tells groups apart, the columns of ``by``, and writes one row for each group, in that order.

    The rows of a group have one value in each of the ``shared`` columns, too. Sorting is done on disk, in bounded memory.
    """

    what: str
    """What a group is, as in "forecast"."""
    role: str
    """What the columns are for."""
    order = "row"
    """By what the rows of a group are ordered."""

    def __init__(self, tables: Sequence[Table], by: Sequence[str], shared: Sequence[str], values: Sequence[str]) -> None:
        self.tables, self.by, self.path = tables, by, tables[0].path
        self.keys = list(dict.fromkeys([*by, *shared]))
        self.columns = list(dict.fromkeys([*self.keys, *values]))
        for table in tables:
            for name in self.columns:
                table.require(name, self.role)
            table.require_unique(self.columns)
        clash = next((name for name in self.keys if name in values), None)
        if clash is not None:
            raise UsageError(f"a {self.what} has several values of {clash!r}; it is named as one that its rows share")

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that are gathered."""
        return tuple(file for table in self.tables for file in table.files)

    @property
    def remarks(self) -> dict[str | None, Finding]:
        """The remarks on the tables; those on values, whose columns have other names then, are on the table."""
        found: dict[str | None, Finding] = {}
        for table in self.tables:
            for name in (None, *self.columns):
                if name in table.remarks:
                    found.setdefault(name if name in self.keys else None, table.remarks[name])
        return found

    @abstractmethod
    def held(self, table: Table, batch: Batch) -> Mapping[str, Any]:
        """Return the Arrow arrays that are sorted beside the keys, for the rows of a batch."""

    @abstractmethod
    def wide(self, rows: Any, starts: np.ndarray) -> Mapping[str, Any]:
        """Return the Arrow arrays of whole groups, one value a group; ``starts`` are the first rows of each."""

    def written(self) -> Source:
        """Return the file of groups, which lives as long as its source."""
        folder = tempfile.mkdtemp(prefix="lossary-")
        try:
            failing = "rows could not be gathered"
            with database(folder, f"the {self.role}", failing) as data, closing(self._sorted(data)) as batches:
                self._write(f"{folder}/gathered.parquet", batches)
            shown = self.path + (f" and {len(self.tables) - 1} more" if len(self.tables) > 1 else "")
            source = Source(f"{folder}/gathered.parquet", shown)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(source, shutil.rmtree, folder, True)
        return source

    def column(self, rows: Any, name: str) -> Any:
        """Return the array of a key."""
        return rows.column(self.keys.index(name))

    def spoken(self, rows: Any, row: int) -> str:
        """Return the group of a row in words, by what tells it apart."""
        return ", ".join(f"{name} {self.column(rows, name)[int(row)].as_py()}" for name in self.by)

    # ---- reading and sorting

    def _sorted(self, data: Any) -> Generator[Any, None, None]:
        order = ", ".join([*(f"key{self.keys.index(name)}" for name in self.by), self.order])
        with incoming(data, self._records(), self.path):
            yield from data.sql(f"select * from incoming order by {order}").to_arrow_reader(_ROWS)  # noqa: S608

    def _records(self) -> Iterator[Any]:
        types: list[Any] = []
        first = 0
        for table in self.tables:
            for batch in table.batches(self.columns, _ROWS):
                found = [plain(arrow_of(batch.columns[name])) for name in self.keys]
                types = types or [array.type for array in found]
                try:
                    keys = [array.cast(type) for array, type in zip(found, types, strict=True)]
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                    raise UnreadableError(
                        f"{table.path}: files gathered together have columns of the same types; {first_line(error)}"
                    ) from None
                named = {f"key{k}": array for k, array in enumerate(keys)} | dict(self.held(table, batch))
                named["row"] = pa.array(np.arange(first, first + batch.rows))
                yield pa.record_batch([*named.values()], names=[*named])
                first += batch.rows

    # ---- gathering

    def _write(self, path: str, batches: Iterator[Any]) -> None:
        writer: Any = None
        rest: Any = None
        try:
            for batch in batches:
                rows = batch if rest is None else pa.concat_batches([rest, batch])
                starts = self._starts(rows)
                last = int(starts[-1])  # the last group may go on in the next batch
                rest = rows.slice(last)
                if last:
                    writer = self._append(writer, path, rows.slice(0, last), starts[:-1])
            if rest is not None:
                writer = self._append(writer, path, rest, np.zeros(1, np.int64))
        finally:
            if writer is not None:
                writer.close()

    def _starts(self, rows: Any) -> np.ndarray:
        new = np.zeros(rows.num_rows, bool)
        new[0] = True
        for name in self.by:
            new[1:] |= changes(self.column(rows, name))
        return np.flatnonzero(new)

    def _append(self, writer: Any, path: str, rows: Any, starts: np.ndarray) -> Any:
        same = np.ones(rows.num_rows, bool)
        same[starts] = False
        for name in self.keys:
            if name not in self.by:
                self._refuse_different(rows, name, np.flatnonzero(same[1:] & changes(self.column(rows, name))))
        chosen = pa.array(starts)
        wide = pa.table({**{name: self.column(rows, name).take(chosen) for name in self.keys}, **self.wide(rows, starts)})
        writer = writer or pq.ParquetWriter(path, wide.schema)
        writer.write_table(wide)
        return writer

    def _refuse_different(self, rows: Any, name: str, differ: np.ndarray) -> None:
        if differ.size:
            column = self.column(rows, name)
            pair = " and ".join(str(column[int(differ[0]) + k].as_py()) for k in (0, 1))
            raise BadDataError(
                f"{self.path}: the rows of one {self.what} share one value of {name!r}; {self.spoken(rows, differ[0])} has "
                f"{pair}; name the columns that tell each {self.what} apart, or correct them"
            )


def numbers_of(table: Table, batch: Batch, name: str) -> Any:
    """Return a column as an Arrow array of numbers; raise for text that is none."""
    found = batch.columns[name].numbers()
    if found.text is not None and found.text.any():
        row = int(np.flatnonzero(found.text)[0])
        raise BadDataError(
            f"{table.path}, row {batch.start + row + 1} (index {batch.start + row}), column {name!r}: got "
            f"{batch.columns[name].at(row)!r}, which is not a number; correct the value"
        )
    return pa.array(found.values.astype(np.float64), mask=found.null)


def changes(array: Any) -> np.ndarray:
    """Return for each row but the first whether its value differs from that of the row before; null is a value."""
    before, after = array.slice(0, len(array) - 1), array.slice(1)
    differ = compute().not_equal(after, before).fill_null(False).to_numpy(zero_copy_only=False)
    nulls = array.is_null().to_numpy(zero_copy_only=False)
    found: np.ndarray = differ | (nulls[1:] != nulls[:-1])
    return found
