"""Items of lists, one row an item, gathered to one row a list, such as the documents of a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from lossary.report.read.gather import GatheredTable, Gathering, numbers_of
from lossary.report.read.table import Batch, Table


def table_of_lists(tables: Sequence[Table], by: Sequence[str], items: Sequence[str], shared: Sequence[str]) -> GatheredTable:
    """Return a table with one row for each list, which the columns of ``by`` tell apart; ``items`` become list columns."""
    gathering = _Lists(tables, by, shared, items)
    return GatheredTable(gathering.written(), gathering)


class _Lists(Gathering):
    what, role = "list", "items of a list"

    def __init__(self, tables: Sequence[Table], by: Sequence[str], shared: Sequence[str], items: Sequence[str]) -> None:
        super().__init__(tables, by, shared, items)
        self.items = items

    def held(self, table: Table, batch: Batch) -> Mapping[str, Any]:
        """Return the numbers of each item."""
        return {f"item{k}": numbers_of(table, batch, name) for k, name in enumerate(self.items)}

    def wide(self, rows: Any, starts: np.ndarray) -> Mapping[str, Any]:
        """Return a list column for each number of an item."""
        offsets = pa.array(np.append(starts, rows.num_rows), pa.int64())
        return {name: pa.LargeListArray.from_arrays(offsets, rows.column(f"item{k}")) for k, name in enumerate(self.items)}
