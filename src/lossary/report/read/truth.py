"""Labels from another file, joined by id: tables of predictions with the columns of the truth beside them.

The truth is held in memory, predictions are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lossary.counted import counted
from lossary.errors import BadDataError
from lossary.report.findings import UNPREDICTED, Finding
from lossary.report.read.arrow_of import arrow_of
from lossary.report.read.identity import Key, Keys, as_text, common_family
from lossary.report.read.source import require_pyarrow
from lossary.report.read.table import Batch, Part, Table

_MARK = "truth."
"""What stands before the name of a column of the truth that the predictions have, too."""


class Truth:
    """Some columns of the truth, in memory, and where each id stands."""

    def __init__(self, tables: Sequence[Table], id: str, family: str, columns: Sequence[str]) -> None:
        require_pyarrow("labels from another file")
        import pyarrow as pa  # type: ignore[import-untyped]

        from lossary.report.read.arrow_column import ArrowColumn

        self.path, self.family = tables[0].path, family
        self.kinds = {name: tables[0].kinds[name] for name in columns}
        keys: list[Key] = []
        held: dict[str, list[Any]] = {name: [] for name in columns}
        self.made: dict[str, Any] = dict.fromkeys(columns, ArrowColumn)
        """How an array of each column becomes a column, since numbers may be written in another way."""
        self.remarks = {name: finding for name, finding in tables[0].remarks.items() if name in columns}
        for table in tables:
            for batch in table.batches([id, *columns], 1 << 17):
                keys += batch.columns[id].keys(family).listed()
                for name in columns:
                    self.made[name] = getattr(batch.columns[name], "like", ArrowColumn)
                    held[name].append(arrow_of(batch.columns[name]))
        self.columns = {name: pa.concat_arrays(parts) if len(parts) > 1 else parts[0] for name, parts in held.items()}
        if None in keys:
            row = keys.index(None)
            raise BadDataError(
                f"{self.path}, row {row + 1} (index {row}): got null in column {id!r}; every row of the truth has an id"
            )
        self.places = {key: place for place, key in enumerate(keys)}
        if len(self.places) < len(keys):
            twice = next(key for place, key in enumerate(keys) if self.places[key] != place)
            raise BadDataError(
                f"{self.path}: the id {self.named(twice)!r} occurs {keys.count(twice)} times in column {id!r}; every row has "
                "one truth; remove the copies"
            )
        self.used = np.zeros(len(keys), bool)

    def named(self, key: Key) -> Any:
        """Return an id as it is shown: a number, or text."""
        return key if key is None or (isinstance(key, int) and self.family == "number") else as_text(key, self.family)

    def find(self, keys: Keys) -> np.ndarray:
        """Return the place of each id, -1 for none."""
        return np.array([-1 if key is None else self.places.get(key, -1) for key in keys.listed()], np.int64)


class TruthTable(Table):
    """A table of predictions with columns of the truth, null for rows that have none."""

    def __init__(self, table: Table, id: str, truth: Truth) -> None:
        self.table, self.id, self.truth = table, id, truth
        self.path, self.duplicate_names = table.path, table.duplicate_names
        self.remarks = {**truth.remarks, **table.remarks}
        self.names = {alias_of(name, table): name for name in truth.columns}
        self.kinds = {**table.kinds, **{alias: truth.kinds[name] for alias, name in self.names.items()}}

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        import pyarrow as pa

        joined = [name for name in columns if name in self.names]
        own = [name for name in columns if name not in self.names]
        read = [*own, *([self.id] if joined and self.id not in own else [])]
        for batch in self.table.batches(read, size, part):
            held = {name: batch.columns[name] for name in own}
            if joined:
                places = self.truth.find(batch.columns[self.id].keys(self.truth.family))
                taken = pa.array(places, mask=places < 0)
                for name in joined:
                    truth = self.names[name]
                    held[name] = self.truth.made[truth](self.truth.columns[truth].take(taken))
            yield replace(batch, columns=held)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that the rows come from."""
        return self.table.files

    def parts(self) -> list[Part]:
        """Return the parts that can be read at the same time."""
        return self.table.parts()

    def rows_of(self, part: Part) -> int | None:
        """Return the number of rows of a part, or None if it is not known in advance."""
        return self.table.rows_of(part)

    def only(self, part: Part) -> Table:
        """Return a table with no more than this part in memory."""
        return TruthTable(self.table.only(part), self.id, self.truth)


def alias_of(name: str, table: Table) -> str:
    """Return what a column of the truth is called beside the predictions of a table."""
    return f"{_MARK}{name}" if name in table.kinds else name


def with_truth(
    tables: Sequence[Table], truth: Sequence[Table], id: str, columns: Sequence[str], *, unlabelled: str, unpredicted: str
) -> tuple[list[Table], list[Finding]]:
    """Return the tables with columns of the truth, and notes on rows that one of them lacks; refuse these unless "skip"."""
    kinds = ((table.path, id, table.kinds[id]) for table in (*tables, *truth))
    held = Truth(truth, id, common_family("id", kinds), columns)
    rows, missing, first = 0, 0, ""
    for table in tables:
        for batch in table.batches([id], 1 << 17):
            keys = batch.columns[id].keys(held.family)
            places = held.find(keys)
            held.used[places[places >= 0]] = True
            lacking = [k for k in np.flatnonzero(places < 0).tolist() if k not in batch.broken]
            if lacking and not missing:
                first = (
                    f"{table.path}, row {lacking[0] + batch.start + 1}, has the id {held.named(keys.listed()[lacking[0]])!r}"
                )
            rows, missing = rows + batch.rows, missing + len(lacking)
    extra = len(held.used) - int(held.used.sum())
    if missing and unlabelled != "skip":
        raise BadDataError(
            f"every row has a truth in {held.path}; {missing:,} of {counted(rows, 'row')} have none: {first}; check that "
            f'{id!r} names the same rows in both, or pass unlabelled="skip" to leave them out'
        )
    if extra and unpredicted != "skip":
        key = next(key for key, place in held.places.items() if not held.used[place])
        raise BadDataError(
            f"every row of {held.path} has a prediction; {extra:,} of {counted(len(held.used), 'row')} have none, the first "
            f'has the id {held.named(key)!r}; add their predictions, or pass unpredicted="skip" to leave them out'
        )
    have = "has" if extra == 1 else "have"
    note = UNPREDICTED.found(f"{counted(extra, 'row')} of {held.path} {have} no prediction, and were left out", extra)
    return [TruthTable(table, id, held) for table in tables], [note] if extra else []
