"""Labels from another file, joined by id: tables of predictions with the columns of the truth beside them.

Both are joined once, in a database on disk. What is found is written in the order of the predictions, and read beside them.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import weakref
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.counted import counted
from lossary.errors import BadDataError, UnreadableError, first_line
from lossary.report.findings import UNPREDICTED, Finding
from lossary.report.read.arrow_of import arrow_of, arrow_of_numbers, plain
from lossary.report.read.identity import as_text, common_family
from lossary.report.read.on_disk import database, incoming
from lossary.report.read.source import Source, require_pyarrow
from lossary.report.read.table import Batch, Part, Table, WiderTable

if TYPE_CHECKING:
    from lossary.report.read.arrow import ParquetTable

_MARK = "truth."
"""What stands before the name of a column of the truth that the predictions have, too."""
_ROWS = 1 << 17


class TruthTable(WiderTable):
    """A table of predictions with columns of the truth, null for rows that have none."""

    def __init__(self, table: Table, id: str, first: int, truth: _Joined) -> None:
        super().__init__(table)
        self.id, self.first, self.truth = id, first, truth
        self.remarks = {**truth.remarks, **table.remarks}
        self.names = {alias_of(name, table): name for name in truth.kinds}
        self.kinds = {**table.kinds, **{alias: truth.kinds[name] for alias, name in self.names.items()}}

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        joined = [name for name in columns if name in self.names]
        own = [name for name in columns if name not in self.names]
        beside: _RowReader | None = None
        for batch in self.table.batches(own or [self.id], size, part):
            held = {name: batch.columns[name] for name in own}
            if joined:
                if beside is None:
                    beside = self.truth.rows([self.names[name] for name in joined], self.first + batch.start)
                arrays = beside.next(batch.rows)
                held |= {name: self.truth.column(self.names[name], array) for name, array in zip(joined, arrays, strict=True)}
            yield replace(batch, columns=held)

    def only(self, part: Part) -> Table:
        """Return a table with no more than this part in memory."""
        return TruthTable(self.table.only(part), self.id, self.first, self.truth)


@dataclass
class _Joined:
    """Columns of the truth in the order of the predictions, in a file that lives as long as its source."""

    table: ParquetTable
    kinds: Mapping[str, str]
    types: Mapping[str, Any]
    """The Arrow type of each column, which the file may hold in another one."""
    made: Mapping[str, Any]
    """How an array of each column becomes a column, since numbers may be written in another way."""
    remarks: Mapping[str | None, Finding]

    def rows(self, columns: Sequence[str], first: int) -> _RowReader:
        """Return the rows of some columns, from one on."""
        return _RowReader(self.table, [_stored([*self.kinds].index(name)) for name in columns], first)

    def column(self, name: str, array: Any) -> Any:
        """Return a column of an array of the file."""
        return self.made[name](array.cast(self.types[name]))


class _RowReader:
    """Rows of a Parquet file, one after the other, so many at a time as are asked for."""

    def __init__(self, table: ParquetTable, names: Sequence[str], first: int) -> None:
        self.names = names
        part, skip = table.part_from(first)
        self.batches = table.batches(names, _ROWS, part)
        self.held: list[Any] = []
        self.next(skip)

    def next(self, rows: int) -> list[Any]:
        """Return the next rows of each column."""
        import pyarrow as pa  # type: ignore[import-untyped]

        found: list[Any] = []
        while rows:
            if not self.held or not len(self.held[0]):
                batch = next(self.batches)
                self.held = [arrow_of(batch.columns[name]) for name in self.names]
            taken = min(rows, len(self.held[0]))
            found.append([array.slice(0, taken) for array in self.held])
            self.held = [array.slice(taken) for array in self.held]
            rows -= taken
        return [pa.concat_arrays(pieces) if len(pieces) > 1 else pieces[0] for pieces in zip(*found, strict=True)]


def alias_of(name: str, table: Table) -> str:
    """Return what a column of the truth is called beside the predictions of a table."""
    return f"{_MARK}{name}" if name in table.kinds else name


def with_truth(
    tables: Sequence[Table], truth: Sequence[Table], id: str, columns: Sequence[str], *, unlabelled: str, unpredicted: str
) -> tuple[list[Table], list[Finding]]:
    """Return the tables with columns of the truth, and notes on rows that one of them lacks; refuse these unless "skip"."""
    require_pyarrow("labels from another file")
    folder = tempfile.mkdtemp(prefix="lossary-")
    try:
        with database(folder, "a truth in another file", "the truth could not be joined") as data:
            join = _Join(data, tables, truth, id, columns)
            join.refuse_repeated()
            if unlabelled != "skip":
                join.refuse_missing()
            if unpredicted != "skip":
                join.refuse_extra()
            found = join.written(f"{folder}/truth.parquet")
        weakref.finalize(found.table.source, shutil.rmtree, folder, True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    have = "has" if join.extra == 1 else "have"
    note = UNPREDICTED.found(f"{counted(join.extra, 'row')} of {join.path} {have} no prediction, and were left out", join.extra)
    beside = [TruthTable(table, id, first, found) for table, first in zip(tables, join.predicted.firsts, strict=True)]
    return [*beside], [note] if join.extra else []


class _Side:
    """The ids of some tables, one after the other, as they are loaded into the database."""

    def __init__(self, tables: Sequence[Table], id: str, family: str, columns: Sequence[str], secret: bytes) -> None:
        self.tables, self.id, self.family, self.columns, self.secret = tables, id, family, columns, secret
        self.rows = 0
        self.firsts: list[int] = []
        """The number of the first row of each table."""
        self.types = self._common_types()
        self.made: dict[str, Any] = {}

    def records(self) -> Iterator[Any]:
        """Yield the number of each row, its id as 128 bits or null for none, and the columns."""
        import pyarrow as pa

        from lossary.report.read.arrow_column import ArrowColumn

        for table in self.tables:
            self.firsts.append(self.rows)
            for batch in table.batches([self.id, *self.columns], _ROWS):
                if batch.broken and self.columns:  # of predictions, these rows are left out later
                    row, reason = min(batch.broken.items())
                    place = batch.start + row
                    raise BadDataError(f"{table.path}, row {place + 1} (index {place}): got {reason}; correct the row")
                keys = batch.columns[self.id].keys(self.family)
                high, low = (arrow_of_numbers(part, keys.missing) for part in keys.digests(self.secret))
                known = np.ones(batch.rows, bool)
                known[list(batch.broken)] = False
                arrays = [high, low, arrow_of_numbers(np.arange(self.rows, self.rows + batch.rows)), arrow_of_numbers(known)]
                for name in self.columns:
                    self.made.setdefault(name, getattr(batch.columns[name], "like", ArrowColumn))
                    arrays.append(self._in_type(table, name, plain(arrow_of(batch.columns[name]))))
                yield pa.record_batch(arrays, names=["high", "low", "row", "known", *map(_stored, range(len(self.columns)))])
                self.rows += batch.rows

    def _common_types(self) -> dict[str, Any]:
        """Return the Arrow type of each column that holds the values of all tables, by their first rows."""
        import pyarrow as pa

        found: Any = None
        for table in self.tables:
            for batch in islice(table.batches(self.columns, 1) if self.columns else (), 1):
                own = pa.schema([(name, plain(arrow_of(batch.columns[name])).type) for name in self.columns])
                try:
                    found = own if found is None else pa.unify_schemas([found, own], promote_options="permissive")
                except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                    raise self._refused(table, error) from None
        return {} if found is None else dict(zip(found.names, found.types, strict=True))

    def _in_type(self, table: Table, name: str, array: Any) -> Any:
        """Return an array in the common type, as the database takes it."""
        import pyarrow as pa

        wanted, types = self.types[name], pa.types
        try:
            array = array.cast(wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise self._refused(table, error) from None
        unknown = {types.is_float16: pa.float32(), types.is_duration: pa.int64(), types.is_decimal256: pa.string()}
        return next((array.cast(held) for is_such, held in unknown.items() if is_such(wanted)), array)

    def _refused(self, table: Table, error: Exception) -> UnreadableError:
        return UnreadableError(f"{table.path}: files of the truth have columns of the same types; {first_line(error)}")

    def spoken(self, row: int) -> tuple[str, Any]:
        """Return a row in words, and its id as it is shown."""
        place = bisect_right(self.firsts, row) - 1
        table, row = self.tables[place], row - self.firsts[place]
        for batch in table.batches([self.id], _ROWS):
            if row < batch.start + batch.rows:
                key = batch.columns[self.id].keys(self.family).listed()[row - batch.start]
                shown = key if key is None or (isinstance(key, int) and self.family == "number") else as_text(key, self.family)
                return f"{table.path}, row {row + 1}", shown
        raise UnreadableError(f"{table.path} was changed while it was being read; wait until it is written, and start again")


class _Join:
    """The ids of predictions in a database, each with its row of the truth."""

    def __init__(self, data: Any, tables: Sequence[Table], truth: Sequence[Table], id: str, columns: Sequence[str]) -> None:
        self.data, self.id, self.columns, self.path = data, id, columns, truth[0].path
        kinds = ((table.path, id, table.kinds[id]) for table in (*tables, *truth))
        family, secret = common_family("id", kinds), secrets.token_bytes(16)
        self.truth, self.predicted = _Side(truth, id, family, columns, secret), _Side(tables, id, family, (), secret)
        for name, side in (("truth", self.truth), ("predicted", self.predicted)):
            with incoming(data, side.records(), side.tables[0].path):
                self._found(f"create table {name} as select * from incoming")  # noqa: S608
        self._found(
            f"create table joined as select predicted.row, predicted.known, truth.row as place{self._names('truth.')} "  # noqa: S608
            "from predicted left join truth using (high, low)"
        )
        ((self.pairs, matched),) = self._found("select count(*), count(distinct place) from joined")
        self.extra = self.truth.rows - matched
        """The number of rows of the truth that have no prediction."""

    def _names(self, before: str = "") -> str:
        return "".join(f", {before}{_stored(k)}" for k in range(len(self.columns)))

    def _found(self, query: str) -> list[Any]:
        found: list[Any] = self.data.execute(query).fetchall()
        return found

    def refuse_repeated(self) -> None:
        """Raise if a row of the truth has no id, or that of another."""
        if self.extra:  # rows without an id match nothing
            ((row,),) = self._found("select min(row) from truth where high is null")
            if row is not None:
                place, _ = self.truth.spoken(row)
                raise BadDataError(f"{place}: got null in column {self.id!r}; every row of the truth has an id")
        if self.extra or self.pairs > self.predicted.rows:  # else every row has a match, and no match has two
            of_id = "select min(row) as row, count(*) as times from truth group by high, low"
            for row, times in self._found(f"select * from ({of_id}) where times > 1 order by row limit 1"):  # noqa: S608
                raise BadDataError(
                    f"{self.path}: the id {self.truth.spoken(row)[1]!r} occurs {times} times in column {self.id!r}; "
                    "every row has one truth; remove the copies"
                )

    def refuse_missing(self) -> None:
        """Raise if a row has no truth."""
        ((missing, row),) = self._found("select count(*), min(row) from joined where known and place is null")
        if missing:
            place, key = self.predicted.spoken(row)
            of = f"{missing:,} of {counted(self.predicted.rows, 'row')}"
            raise BadDataError(
                f"every row has a truth in {self.path}; {of} have none: {place}, has "
                f'the id {key!r}; check that {self.id!r} names the same rows in both, or pass unlabelled="skip" to leave '
                "them out"
            )

    def refuse_extra(self) -> None:
        """Raise if a row of the truth has no prediction."""
        if self.extra:
            ((row,),) = self._found("select min(truth.row) from truth anti join joined on truth.row = joined.place")
            of = f"{self.extra:,} of {counted(self.truth.rows, 'row')}"
            raise BadDataError(
                f"every row of {self.path} has a prediction; {of} have none, the first "
                f'has the id {self.truth.spoken(row)[1]!r}; add their predictions, or pass unpredicted="skip" to leave '
                "them out"
            )

    def written(self, path: str) -> _Joined:
        """Return the columns of the truth in the order of the predictions, written to a file."""
        import pyarrow.parquet as pq  # type: ignore[import-untyped]

        from lossary.report.read.arrow import ParquetTable

        rows = self.data.sql(f"select {self._names()[2:]} from joined order by row").to_arrow_reader(_ROWS)  # noqa: S608
        with pq.ParquetWriter(path, rows.schema, compression="lz4") as writer:
            for batch in rows:
                writer.write_batch(batch)
        first, truth = self.truth.tables[0], self.truth
        return _Joined(
            ParquetTable(Source(path, self.path)),
            {name: first.kinds[name] for name in self.columns},
            truth.types,
            truth.made,
            {name: finding for name, finding in first.remarks.items() if name in self.columns},
        )


def _stored(place: int) -> str:
    """Return what a column is called in the database."""
    return f"column{place}"
