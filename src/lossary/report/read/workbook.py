"""Read a sheet of a workbook: Excel's .xlsx, .xlsm, .xlsb and .xls, and .ods of LibreOffice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lossary.errors import UnreadableError, UsageError, first_line, nearest
from lossary.report.findings import FIRST_SHEET
from lossary.report.read.source import Source, require_pyarrow
from lossary.report.read.stream import StreamTable
from lossary.report.read.text import LARGEST_EXACT


class WorkbookTable(StreamTable):
    """A sheet in memory, where Excel's fit: its first row has the names of the columns, and the rows below are the rows."""

    def __init__(self, source: Source, sheet: str | None) -> None:
        require_pyarrow("reading a workbook")
        import pyarrow as pa  # type: ignore[import-untyped]

        names, rows, others = _read(source, sheet)
        columns = [_column([row[k] for row in rows]) for k in range(len(names))]
        super().__init__(pa.Table.from_arrays([array for array, _ in columns], names))
        self.path = source.path
        mixed = {name for name, (_, is_mixed) in zip(names, columns, strict=True) if is_mixed}
        self.kinds = {name: "untyped" if name in mixed else kind for name, kind in self.kinds.items()}
        if others:
            listed = ", ".join(map(repr, others[1:6])) + (", …" if len(others) > 6 else "")
            self.remarks = {None: FIRST_SHEET.found(f"{source.path}: the sheet {others[0]!r} was read, and not {listed}")}


def _read(source: Source, sheet: str | None) -> tuple[list[str], list[list[Any]], list[str]]:
    """Return the names of the columns, the rows, and the names of the sheets if there are several and none was named."""
    try:
        import python_calamine as calamine
    except ImportError:
        raise UnreadableError(
            f'{source.path} is a workbook, which takes python-calamine: pip install "lossary[excel]"; or save the sheet as CSV'
        ) from None
    try:
        with source.open() as file:
            book = calamine.CalamineWorkbook.from_filelike(file)
            if sheet is not None and sheet not in book.sheet_names:
                raise UsageError(f"{source.path} has no sheet {sheet!r}{nearest(sheet, book.sheet_names, 'it has')}")
            named = [sheet] if sheet is not None else list(book.sheet_names)
            filled = [(name, cells) for name in named if (cells := book.get_sheet_by_name(name).to_python())]
    except (calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UnreadableError(f"{source.path} is no workbook that can be read: {first_line(error)}; save it again") from None
    if not filled:
        where = f"the sheet {sheet!r} of {source.path}" if sheet is not None else source.path
        raise UnreadableError(f"{where} is empty; name a sheet with a row of names and rows below it")
    header, *rows = filled[0][1]
    return [_name(cell) for cell in header], rows, [name for name, _ in filled] if len(filled) > 1 else []


def _name(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _column(cells: Sequence[Any]) -> tuple[Any, bool]:
    """Return cells as an Arrow array, and whether they are of several types, which are then texts; empty ones are null."""
    import pyarrow as pa

    held = [None if cell == "" else cell for cell in cells]
    kinds = {float if isinstance(cell, int) and not isinstance(cell, bool) else type(cell) for cell in held if cell is not None}
    if kinds == {float}:
        missing = np.array([cell is None for cell in held])
        values = np.array([0.0 if cell is None else cell for cell in held], np.float64)
        whole = bool((values == np.rint(values)).all()) and bool((abs(values) <= LARGEST_EXACT).all())
        return pa.array(values.astype(np.int64) if whole else values, mask=missing), False  # an id 7 is not 7.0
    if len(kinds) <= 1:
        return pa.array(held), False
    return pa.array([None if cell is None else _name(cell) for cell in held], pa.string()), True
