"""The long form of forecast hubs, one row a quantile or member: gathered to one row a forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from lossary.counted import counted
from lossary.errors import BadDataError, UsageError
from lossary.report.read.arrow_of import arrow_of, plain
from lossary.report.read.gather import GatheredTable, Gathering, numbers_of
from lossary.report.read.source import Source
from lossary.report.read.table import Batch, Column, Table
from lossary.report.read.text import NULL_WORDS, natural

_MOST = 4096
"""Different quantiles or members of one forecast; more are a sign that the wrong column was named."""


class LongTable(GatheredTable):
    """Forecasts gathered from the long form: a column for each quantile or member, and those that the rows of one share."""

    def __init__(self, source: Source, gathering: Gathering, rows: Mapping[str, int], prefix: str | None) -> None:
        super().__init__(source, gathering)
        self.rows_of_column = rows
        """The number of rows of the long form that are in each column of values."""
        self.prefix = prefix
        """What the names of all columns of values begin with, or None if these say what they hold, as ``quantile_0.5``."""


def table_of_forecasts(tables: Sequence[Table], level: str, value: str, by: Sequence[str], shared: Sequence[str]) -> LongTable:
    """Return a table with one row for each forecast, which the columns of ``by`` tell apart.

    A value is called after its level, ``level_0.5``, or, where a column ``output_type`` stands beside ``output_type_id``,
    after both: ``quantile_0.5``, ``median``.
    """
    beside = level.removesuffix("_id")
    kind = beside if beside != level and beside in tables[0].kinds else None
    form = _Forecasts(tables, by, shared, level, value, kind)
    source = form.written()
    return LongTable(source, form, {name: form.rows[form.codes[name]] for name in form.names}, None if kind else f"{level}_")


class _Forecasts(Gathering):
    what, role, order = "forecast", "long form", "code, row"

    def __init__(
        self, tables: Sequence[Table], by: Sequence[str], shared: Sequence[str], level: str, value: str, kind: str | None
    ) -> None:
        super().__init__(tables, by, shared, [level, value, *([kind] if kind else [])])
        self.level, self.value, self.kind = level, value, kind
        self.codes: dict[str, int] = {}
        """The number of each name of a value, counted from 0."""
        self.rows: list[int] = []
        """The number of rows of each."""

    @property
    def names(self) -> list[str]:
        """The names of values in natural order."""
        return sorted(self.codes, key=natural)

    def held(self, table: Table, batch: Batch) -> Mapping[str, Any]:
        """Return the number of the name of each value, and the value."""
        return {"code": pa.array(self._codes(table, batch)), "value": numbers_of(table, batch, self.value)}

    def wide(self, rows: Any, starts: np.ndarray) -> Mapping[str, Any]:
        """Return a column for each name."""
        group = np.zeros(rows.num_rows, np.int64)
        group[starts] = 1
        group = np.cumsum(group) - 1
        codes, names = rows.column("code").to_numpy(), self.names
        self._refuse(rows, np.flatnonzero((group[1:] == group[:-1]) & (codes[1:] == codes[:-1])), codes)
        clash = next((name for name in names if name in self.keys), None)
        if clash is not None:
            raise UsageError(f"each column of gathered forecasts has a name of its own; got {clash!r} twice; rename one")
        place = np.empty(len(names), np.int64)
        place[[self.codes[name] for name in names]] = np.arange(len(names))
        values, missing = np.zeros((len(names), len(starts))), np.ones((len(names), len(starts)), bool)
        held, at = rows.column("value"), (place[codes], group)
        values[at] = held.fill_null(0.0).to_numpy()
        missing[at] = held.is_null().to_numpy(zero_copy_only=False)
        return {name: pa.array(values[k], mask=missing[k]) for k, name in enumerate(names)}

    def _codes(self, table: Table, batch: Batch) -> np.ndarray:
        levels, of_level = _texts(batch.columns[self.level])
        kinds, of_kind = (
            ([self.level], np.zeros(batch.rows, np.int64)) if self.kind is None else _texts(batch.columns[self.kind])
        )
        pairs = of_level * len(kinds) + of_kind
        found, index, count = np.unique(pairs, return_inverse=True, return_counts=True)
        codes = np.empty(len(found), np.int32)
        for k, pair in enumerate(found.tolist()):
            name = _name(levels[pair // len(kinds)], kinds[pair % len(kinds)], alone=self.kind is not None)
            if name is None:
                row = batch.start + int(np.argmax(pairs == pair))
                raise BadDataError(
                    f"{table.path}, row {row + 1} (index {row}), column {self.kind or self.level!r}: got null; each row says "
                    "what its value is"
                )
            codes[k] = self.codes.setdefault(name, len(self.codes))
            self.rows += [0] * (len(self.codes) - len(self.rows))
            self.rows[codes[k]] += int(count[k])
        if len(self.codes) > _MOST:
            raise UsageError(
                f"column {self.level!r} of {table.path} has more than {_MOST:,} different values, and a forecast has fewer "
                "levels or members; name the column that says the level of a quantile, or the number of a member"
            )
        return codes[index.reshape(-1)]

    def _refuse(self, rows: Any, twice: np.ndarray, codes: np.ndarray) -> None:
        """Raise if a forecast has two values of one name."""
        if twice.size:
            name = next(name for name, code in self.codes.items() if code == codes[twice[0]])
            count = int((np.diff(twice) == 1).cumprod().sum()) + 2
            raise BadDataError(
                f"{self.path}: a forecast has one value of each level; {self.spoken(rows, twice[0])} has "
                f"{counted(count, 'value')} of {name}; name more columns by id, which together tell forecasts apart, or remove "
                "the copies"
            )


def _texts(column: Column) -> tuple[list[str | None], np.ndarray]:
    """Return the distinct values of a column as text, and which each row has."""
    encoded = plain(arrow_of(column)).dictionary_encode()
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
