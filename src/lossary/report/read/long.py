"""The long form of forecast hubs, one row a quantile or member: gathered on disk to one row a forecast."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lossary.counted import counted
from lossary.errors import BadDataError, UnreadableError, UsageError, first_line
from lossary.report.read.arrow import ParquetTable
from lossary.report.read.arrow_column import compute
from lossary.report.read.arrow_of import arrow_of
from lossary.report.read.source import Source
from lossary.report.read.table import Batch, Column, Table
from lossary.report.read.text import NULL_WORDS, natural

_MEMORY = "128MB"
"""The memory limit of the database that sorts; the rest lies in a temporary folder."""
_ROWS = 1 << 16
_MOST = 4096
"""Different quantiles or members of one forecast; more are a sign that the wrong column was named."""


class LongTable(ParquetTable):
    """Forecasts gathered from the long form: a column for each quantile or member, and those that the rows of one share."""

    def __init__(self, source: Source, rows: Mapping[str, int], prefix: str | None) -> None:
        super().__init__(source)
        self.rows_of_column = rows
        """The number of rows of the long form that are in each column of values."""
        self.prefix = prefix
        """What the names of all columns of values begin with, or None if these say what they hold, as ``quantile_0.5``."""


@dataclass
class _Form:
    """Which columns hold what, and the names of values that were found."""

    path: str
    by: Sequence[str]
    """The columns that tell forecasts apart."""
    shared: Sequence[str]
    """Other columns that the rows of a forecast share."""
    level: str
    value: str
    kind: str | None
    names: dict[str, int] = field(default_factory=dict)
    """The number of each name of a value, counted from 0."""
    rows: list[int] = field(default_factory=list)
    """The number of rows of each."""

    @property
    def keys(self) -> list[str]:
        """The columns that rows of a forecast share."""
        return list(dict.fromkeys([*self.by, *self.shared]))

    @property
    def columns(self) -> list[str]:
        """The columns that are read."""
        return list(dict.fromkeys([*self.keys, self.level, self.value, *([self.kind] if self.kind else [])]))


def gathered(tables: Sequence[Table], level: str, value: str, by: Sequence[str], shared: Sequence[str]) -> LongTable:
    """Return a table with one row for each forecast, in the order of what tells them apart: the columns of ``by``.

    The rows of a forecast share one value in each of the ``shared`` columns, too. A value is called after its level,
    ``level_0.5``, or, where a column ``output_type`` stands beside ``output_type_id``, after both: ``quantile_0.5``,
    ``median``.
    """
    try:
        import duckdb
    except ImportError:
        raise UsageError('the long form takes DuckDB, which is not installed: pip install "lossary[report]"') from None
    beside = level.removesuffix("_id")
    kind = beside if beside != level and beside in tables[0].kinds else None
    form = _Form(tables[0].path, by, shared, level, value, kind)
    for table in tables:
        for name in form.columns:
            table.require(name, "id" if name in by else "long form")
        table.require_unique(form.columns)
    clash = next((name for name in form.keys if name in (level, value, kind)), None)
    if clash is not None:
        raise UsageError(f"the columns of the long form differ within a forecast; {clash!r} is named as one that it shares")
    folder = tempfile.mkdtemp(prefix="lossary-")
    try:
        with duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": folder}) as data:
            try:
                _write(f"{folder}/wide.parquet", form, _sorted(data, form, tables))
            except duckdb.Error as error:
                raise UnreadableError(
                    f"the long form could not be gathered on disk: {first_line(error)}; make room in the temporary folder"
                ) from None
        shown = form.path + (f" and {len(tables) - 1} more" if len(tables) > 1 else "")
        rows = {name: form.rows[form.names[name]] for name in _in_order(form)}
        found = LongTable(Source(f"{folder}/wide.parquet", shown), rows, None if kind else f"{level}_")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(found.source, shutil.rmtree, folder, True)
    return found


def _in_order(form: _Form) -> list[str]:
    return sorted(form.names, key=natural)


# ---- reading


def _sorted(data: Any, form: _Form, tables: Sequence[Table]) -> Iterator[Any]:
    """Yield record batches of all rows, those of a forecast together: the keys, the number of the name, and the value."""
    failed: list[BaseException] = []
    records = _records(form, tables)
    head = next(records, None)
    if head is None:
        raise UnreadableError(f"{form.path} has no rows; leave it out, or write it again")

    def batches() -> Iterator[Any]:
        try:
            yield head
            yield from records
        except BaseException as error:  # DuckDB would replace it by an error of its own
            failed.append(error)
            raise

    data.register("incoming", pa.RecordBatchReader.from_batches(head.schema, batches()))
    order = ", ".join(f"key{form.keys.index(name)}" for name in form.by)
    try:
        yield from data.sql(f"select * from incoming order by {order}, code, row").to_arrow_reader(_ROWS)  # noqa: S608
    except Exception:
        if failed:
            raise failed[0] from None
        raise


def _records(form: _Form, tables: Sequence[Table]) -> Iterator[Any]:
    """Yield record batches of all rows in their order."""
    types: list[Any] = []
    names = [*(f"key{k}" for k in range(len(form.keys))), "code", "value", "row"]
    first = 0
    for table in tables:
        for batch in table.batches(form.columns, _ROWS):
            found = [_plain(arrow_of(batch.columns[name])) for name in form.keys]
            types = types or [array.type for array in found]
            try:
                keys = [array.cast(type) for array, type in zip(found, types, strict=True)]
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise UnreadableError(
                    f"{table.path}: files gathered together have columns of the same types; {first_line(error)}"
                ) from None
            place = np.arange(first, first + batch.rows)
            arrays = [*keys, pa.array(_codes(form, table, batch)), _values(form, table, batch), pa.array(place)]
            yield pa.record_batch(arrays, names=names)
            first += batch.rows


def _values(form: _Form, table: Table, batch: Batch) -> Any:
    numbers = batch.columns[form.value].numbers()
    if numbers.text is not None and numbers.text.any():
        row = int(np.flatnonzero(numbers.text)[0])
        raise BadDataError(
            f"{table.path}, row {batch.start + row + 1} (index {batch.start + row}), column {form.value!r}: got "
            f"{batch.columns[form.value].at(row)!r}, which is not a number; correct the value"
        )
    return pa.array(numbers.values.astype(np.float64), mask=numbers.null)


def _codes(form: _Form, table: Table, batch: Batch) -> np.ndarray:
    """Return the number of the name of each value, and count the rows of each name."""
    levels, of_level = _texts(batch.columns[form.level])
    kinds, of_kind = ([form.level], np.zeros(batch.rows, np.int64)) if form.kind is None else _texts(batch.columns[form.kind])
    pairs = of_level * len(kinds) + of_kind
    found, index, count = np.unique(pairs, return_inverse=True, return_counts=True)
    codes = np.empty(len(found), np.int32)
    for k, pair in enumerate(found.tolist()):
        name = _name(levels[pair // len(kinds)], kinds[pair % len(kinds)], alone=form.kind is not None)
        if name is None:
            row = batch.start + int(np.argmax(pairs == pair))
            raise BadDataError(
                f"{table.path}, row {row + 1} (index {row}), column {form.kind or form.level!r}: got null; each row says what "
                "its value is"
            )
        codes[k] = form.names.setdefault(name, len(form.names))
        form.rows += [0] * (len(form.names) - len(form.rows))
        form.rows[codes[k]] += int(count[k])
    if len(form.names) > _MOST:
        raise UsageError(
            f"column {form.level!r} of {table.path} has more than {_MOST:,} different values, and a forecast has fewer levels "
            "or members; name the column that says the level of a quantile, or the number of a member"
        )
    return codes[index.reshape(-1)]


def _texts(column: Column) -> tuple[list[str | None], np.ndarray]:
    """Return the distinct values of a column as text, and which each row has."""
    encoded = _plain(arrow_of(column)).dictionary_encode()
    texts = [None if x is None else str(x) for x in encoded.dictionary.to_pylist()]
    return [*texts, None], encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False).astype(np.int64)


def _name(level: str | None, kind: str | None, *, alone: bool) -> str | None:
    """Return the name of a value, or None if none is said; a kind may stand ``alone``. Numbers are written in one way.

    >>> _name("0.50", "quantile", alone=True), _name("NA", "median", alone=True), _name(None, "member", alone=False)
    ('quantile_0.5', 'median', None)
    """
    level, kind = (None if x is None or x.strip().lower() in NULL_WORDS else x.strip() for x in (level, kind))
    if kind is None or level is None:
        return kind if alone else None
    try:
        number = Decimal(level)
    except InvalidOperation:
        return f"{kind}_{level}"
    return f"{kind}_{number.normalize():f}" if number.is_finite() else f"{kind}_{level}"


def _plain(array: Any) -> Any:
    """Return an array without dictionary and view encodings, which may differ from batch to batch."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string()) if pa.types.is_string_view(array.type) else array


# ---- gathering


def _write(path: str, form: _Form, batches: Iterator[Any]) -> None:
    """Write one row for each forecast."""
    writer: Any = None
    rest: Any = None
    try:
        for batch in batches:
            rows = batch if rest is None else pa.concat_batches([rest, batch])
            starts = _starts(form, rows)
            last = int(starts[-1])  # the last forecast may go on in the next batch
            rest = rows.slice(last)
            if last:
                writer = _append(writer, path, form, rows.slice(0, last), starts[:-1])
        if rest is not None:
            writer = _append(writer, path, form, rest, np.zeros(1, np.int64))
    finally:
        if writer is not None:
            writer.close()


def _starts(form: _Form, rows: Any) -> np.ndarray:
    """Return the first row of each forecast."""
    new = np.zeros(rows.num_rows, bool)
    new[0] = True
    for name in form.by:
        new[1:] |= _changes(rows.column(form.keys.index(name)))
    return np.flatnonzero(new)


def _changes(array: Any) -> np.ndarray:
    """Return for each row but the first whether its value differs from that of the row before; null is a value."""
    before, after = array.slice(0, len(array) - 1), array.slice(1)
    differ = compute().not_equal(after, before).fill_null(False).to_numpy(zero_copy_only=False)
    nulls = array.is_null().to_numpy(zero_copy_only=False)
    found: np.ndarray = differ | (nulls[1:] != nulls[:-1])
    return found


def _append(writer: Any, path: str, form: _Form, rows: Any, starts: np.ndarray) -> Any:
    """Write whole forecasts, and return the writer."""
    group = np.zeros(rows.num_rows, np.int64)
    group[starts] = 1
    group = np.cumsum(group) - 1
    same = group[1:] == group[:-1]
    codes = rows.column("code").to_numpy()
    _refuse(form, rows, np.flatnonzero(same & (codes[1:] == codes[:-1])), codes)
    for name in form.keys:
        if name not in form.by:
            _refuse_different(form, rows, name, np.flatnonzero(same & _changes(rows.column(form.keys.index(name)))))
    names = _in_order(form)
    place = np.empty(len(names), np.int64)
    place[[form.names[name] for name in names]] = np.arange(len(names))
    values, missing = np.zeros((len(starts), len(names))), np.ones((len(starts), len(names)), bool)
    held = rows.column("value")
    at = (group, place[codes])
    values[at] = held.fill_null(0.0).to_numpy()
    missing[at] = held.is_null().to_numpy(zero_copy_only=False)
    chosen = pa.array(starts)
    columns = {name: rows.column(k).take(chosen) for k, name in enumerate(form.keys)}
    wide = pa.table(
        {**columns, **{name: pa.array(values[:, k].copy(), mask=missing[:, k].copy()) for k, name in enumerate(names)}}
    )
    if writer is None:
        clash = next((name for name in names if name in form.keys), None)
        if clash is not None:
            raise UsageError(f"each column of gathered forecasts has a name of its own; got {clash!r} twice; rename one")
        writer = pq.ParquetWriter(path, wide.schema)
    writer.write_table(wide)
    return writer


def _refuse(form: _Form, rows: Any, twice: np.ndarray, codes: np.ndarray) -> None:
    """Raise if a forecast has two values of one name."""
    if twice.size:
        name = next(name for name, code in form.names.items() if code == codes[twice[0]])
        count = int((np.diff(twice) == 1).cumprod().sum()) + 2
        raise BadDataError(
            f"{form.path}: a forecast has one value of each level; {_spoken(form, rows, twice[0])} has "
            f"{counted(count, 'value')} of {name}; name more columns by id, which together tell forecasts apart, or remove the "
            "copies"
        )


def _refuse_different(form: _Form, rows: Any, name: str, differ: np.ndarray) -> None:
    """Raise if the rows of a forecast differ in a column that they share."""
    if differ.size:
        column = rows.column(form.keys.index(name))
        pair = " and ".join(str(column[int(differ[0]) + k].as_py()) for k in (0, 1))
        raise BadDataError(
            f"{form.path}: the rows of one forecast share one value of {name!r}; {_spoken(form, rows, differ[0])} has {pair}; "
            "name more columns by id, or correct them"
        )


def _spoken(form: _Form, rows: Any, row: int) -> str:
    """Return a forecast in words, by what tells it apart."""
    return ", ".join(f"{name} {rows.column(form.keys.index(name))[int(row)].as_py()}" for name in form.by)
