"""Ids of several columns: a table with one more column, of the values of some columns together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lossary.report.read.identity import Key, Keys, as_text, common_family
from lossary.report.read.table import Batch, Column, Numbers, Part, Table, WiderTable


def with_id(sides: Sequence[Sequence[Table]], id: str | Sequence[str] | None) -> tuple[list[list[Table]], str | None]:
    """Return the tables of each side, and the column of ids: that of several columns together if the id names several.

    ``id`` is a name, a list of names, or names with commas between them.
    """
    tables = [list(side) for side in sides]
    names = names_of(id, tables[0][0])
    if len(names) < 2:
        return tables, names[0] if names else None
    families = {}
    for name in names:
        for table in (table for side in tables for table in side):
            table.require(name, "id")
        kinds = ((table.path, name, table.kinds[name]) for side in tables for table in side)
        families[name] = common_family("id", kinds)
    return [[CombinedTable(table, families) for table in side] for side in tables], ", ".join(names)


def names_of(id: str | Sequence[str] | None, table: Table) -> list[str]:
    """Return the columns that an id names: one, several in a list, or several with commas between them."""
    names = [id] if isinstance(id, str) and id in table.kinds else id.split(",") if isinstance(id, str) else list(id or ())
    return list(dict.fromkeys(name.strip() if name not in table.kinds else name for name in names))


class CombinedColumn(Column):
    """Some rows of several columns, whose values together are one text."""

    def __init__(self, columns: Sequence[Column], families: Sequence[str]) -> None:
        parts = [
            [None if key is None else _part(key, family) for key in column.keys(family).listed()]
            for column, family in zip(columns, families, strict=True)
        ]
        self._texts = [None if None in values else ", ".join(values) for values in zip(*parts, strict=True)]

    def keys(self, family: str) -> Keys:
        """Return the keys of the rows; a row that lacks one of the values has none."""
        found: list[Key] = [None if text is None else text.encode(errors="surrogateescape") for text in self._texts]
        return Keys.of(found)

    def at(self, row: int) -> str | None:
        """Return the text of one row."""
        return self._texts[row]

    is_text, is_whole = True, False

    def text_codes(self) -> tuple[np.ndarray, list[Any]]:
        """Return the rows as codes of texts."""
        places = {text: k for k, text in enumerate(dict.fromkeys(text for text in self._texts if text is not None))}
        return np.array([-1 if text is None else places[text] for text in self._texts], np.int64), list(places)

    def width(self) -> int | None:
        """Return None: rows are no lists."""
        return None

    def numbers(self, width: int | None = None) -> Numbers:
        """Raise: ids are not read as numbers."""
        raise NotImplementedError

    def distinct(self) -> tuple[np.ndarray, Column]:
        """Raise: ids are no groups."""
        raise NotImplementedError


def _part(key: int | bytes, family: str) -> str:
    """Return a value as text without commas of its own, so that different ids have different texts."""
    return as_text(key, family).replace("\\", "\\\\").replace(",", "\\,")


class CombinedTable(WiderTable):
    """A table with one more column, of the values of some columns together."""

    def __init__(self, table: Table, families: dict[str, str]) -> None:
        super().__init__(table)
        self.families, self.name = families, ", ".join(families)
        self.kinds = {**table.kinds, self.name: "text"}

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        read = [name for name in columns if name != self.name]
        if self.name in columns:
            read += [name for name in self.families if name not in read]
        for batch in self.table.batches(read, size, part):
            held = {name: batch.columns[name] for name in columns if name != self.name}
            if self.name in columns:
                together = [batch.columns[name] for name in self.families]
                held[self.name] = CombinedColumn(together, list(self.families.values()))
            yield replace(batch, columns=held)

    def only(self, part: Part) -> Table:
        """Return a table with no more than this part in memory."""
        return CombinedTable(self.table.only(part), self.families)
