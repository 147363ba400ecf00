"""A database on disk in which rows are brought together by their ids."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np

from lossary.errors import BadDataError, UnreadableError, UsageError, first_line
from lossary.report.measure.plan.bins import numbers_of
from lossary.report.measure.plan.job import Job
from lossary.report.measure.rows.rows import Rows
from lossary.report.read.arrow_of import arrow_of_numbers
from lossary.report.read.identity import as_text
from lossary.report.read.on_disk import incoming_of, settings


class IdDatabase:
    """A DuckDB database in a folder; ids are integers or bytes in it."""

    by_place: bool
    """True if ids are the places of rows, since no column of ids was named."""
    family: str
    """The type in which ids are compared; see ``identity.py``."""
    has_integer_ids: bool

    def __init__(self, folder: Path) -> None:
        try:
            import duckdb
        except ImportError:
            raise UsageError('a comparison takes DuckDB, which is not installed: pip install "lossary[report]"') from None
        self.error = duckdb.Error
        try:
            self.data = duckdb.connect(str(folder / "join.duckdb"), config=settings(str(folder)))
        except duckdb.Error as error:
            raise self._translated(error) from None
        self.stopped = threading.Event()

    def _run(self, work: Callable[[], Any], connection: Any = None) -> Any:
        """Run some work in another thread, so that this one sees interrupts while the database is busy."""
        with ThreadPoolExecutor(1, thread_name_prefix="lossary-join") as pool:
            future = pool.submit(work)
            try:
                wait([future])
            except BaseException:
                self.stopped.set()
                (connection or self.data).interrupt()
                raise
        return future.result()

    def _translated(self, error: BaseException) -> BaseException:
        if isinstance(error, RuntimeError) and "interrupted" in str(error).lower():  # DuckDB's error for Ctrl-C
            return KeyboardInterrupt()
        if isinstance(error, self.error):
            return UnreadableError(
                f"the rows could not be joined on disk: {first_line(error)}; make room in the temporary folder"
            )
        return error

    def query(self, sql: str) -> list[Any]:
        """Return the rows of a small result."""
        try:
            with self.data.cursor() as own:  # the main one may be reading pairs
                found: list[Any] = self._run(lambda: own.execute(sql).fetchall(), own)
            return found
        except (self.error, RuntimeError) as error:
            raise self._translated(error) from None

    def _load(self, into: str, schema: Any, batches: Iterator[Any]) -> None:
        """Write record batches into a table; ``into`` says which in SQL."""
        try:
            with incoming_of(self.data, schema, batches):
                self._run(lambda: self.data.execute(f"{into} select * from incoming"))  # noqa: S608
        except Exception as error:
            raise self._translated(error) from None

    def _read(self, query: str, rows: int) -> Iterator[Any]:
        """Yield the record batches of a large result, of at most so many rows."""
        try:
            reader = self._run(lambda: self.data.sql(query).to_arrow_reader(rows))
            yield from iter(lambda: self._run(lambda: next(reader, None)), None)
        except (self.error, RuntimeError) as error:
            raise self._translated(error) from None

    def _ids(self, rows: Rows, places: np.ndarray, first: int) -> Any:
        """Return the ids of some rows of a batch, or their places on their side, of which the batch begins at ``first``."""
        import pyarrow as pa  # type: ignore[import-untyped]

        if self.by_place:
            return arrow_of_numbers(np.asarray(places, np.int64) + first)
        keys = rows.ids
        if not len(keys.other):
            whole = arrow_of_numbers(keys.whole[places], None if keys.missing is None else keys.missing[places])
            return whole if self.has_integer_ids else whole.cast(pa.string()).cast(pa.binary())
        if len(keys.other) == len(keys):
            buffers = [None, pa.py_buffer(keys.ends.astype(np.int64)), pa.py_buffer(keys.data)]
            return pa.Array.from_buffers(pa.large_binary(), len(keys), buffers).take(arrow_of_numbers(places)).cast(pa.binary())
        listed = keys.listed()
        chosen = map(listed.__getitem__, places.tolist())
        return pa.array([str(key).encode() if isinstance(key, int) else key for key in chosen], pa.binary())

    def required_ids(self, rows: Rows, first: int) -> Any:
        """Return the ids of the valid rows of a batch that begins at ``first``; raise where there is none."""
        ids, column = self._ids(rows, rows.places, first), rows.plan.id
        if column is not None and ids.null_count:
            row = int(rows.places[np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False))[0]]) + rows.batch.start
            held = "null" if rows.batch.columns[column].at(row - rows.batch.start) is None else "NaN"
            raise BadDataError(
                f"{rows.path}, row {row + 1} (index {row}): got {held} in column {column!r}; every row has an id to join by"
            )
        return ids

    def id(self, key: int | bytes) -> Any:
        """Return an id as the file has it: a number, or text."""
        if isinstance(key, bytes) and self.family not in ("text", "bytes") and key.removeprefix(b"-").isdigit():
            key = int(key)
        return key if isinstance(key, int) and self.family == "number" else as_text(key, self.family)

    def row(self, key: int | bytes) -> str:
        """Return a row in words: by its id, or by its place."""
        return f"row {int(key) + 1} (index {int(key)})" if self.by_place else f"the row of id {self.id(key)!r}"


def has_integer_ids(job: Job) -> bool:
    """Return whether the columns of ids have an integer type that int64 holds."""
    for table in job.tables:
        first = next(table.batches([str(job.plan.id)], 1), None)
        if first is None or not first.columns[str(job.plan.id)].is_whole:
            return False
    return True


def storable(target: np.ndarray, width: int | None) -> np.ndarray | list[bytes]:
    """Return targets as numbers, or each row of several numbers as bytes."""
    target = target.astype(np.float64, copy=False)
    return [row.tobytes() for row in np.ascontiguousarray(target)] if width else target.reshape(-1)


def names_of(name: str, rows: Rows) -> Any:
    """Return the name of the group of each row, null for none."""
    import pyarrow as pa

    if name in rows.plan.bins:
        bins = rows.plan.bins[name]
        numbers, present = numbers_of(rows.batch, bins.column, rows.path)
        places = np.where(present, bins.place(numbers), len(bins.starts))
        return pa.array([*bins.names(), None], pa.string()).take(pa.array(rows.pick(places)))
    family = rows.plan.families[name]
    codes, values = rows.batch.columns[name].distinct()
    names = [None if key is None else as_text(key, family) for key in values.keys(family).listed()]
    places = np.where(codes < 0, len(names), codes)
    return pa.array([*names, None], pa.string()).take(pa.array(rows.pick(places)))
