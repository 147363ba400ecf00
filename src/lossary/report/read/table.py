"""The interface of every reader: tables, their columns, and batches of rows."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from lossary.errors import ReportError, UnreadableError, UsageError, first_line, nearest
from lossary.report.findings import Finding
from lossary.report.read.identity import Keys

_NUMBER = re.compile(r"\s*[-+]?\d+(\.\d*)?([eE][-+]?\d+)?\s*")
Mask = np.ndarray | None
Part = tuple[int, int] | None
"""A range of a table that is read on its own, in units of the table; None for all of it."""
PART_ROWS = 1 << 20
"""The least number of rows of a part, if the table has as many."""


def ranges(rows: int) -> list[Part]:
    """Return parts that are ranges of rows."""
    return [(start, min(start + PART_ROWS, rows)) for start in range(0, rows, PART_ROWS)] or [None]


@dataclass
class Numbers:
    """A column as an array: ``values`` in the stored dtype, 0 for rows of a mask."""

    values: np.ndarray
    """One number for each row, or two-dimensional."""
    null: Mask = None
    text: Mask = None
    """Rows whose text is not a number."""
    length: Mask = None
    """Rows whose list has another length."""
    within: Mask = None
    """The numbers within lists that are null, two-dimensional; ``null`` has their rows too."""
    inexact: Mask = None
    """Rows whose decimal or text is too large to be exact in float64; integers are stored exactly."""


class Column(ABC):
    """Some rows of one column of a file."""

    @abstractmethod
    def numbers(self, width: int | None = None) -> Numbers:
        """Return the rows as numbers; ``width`` is the length of the lists of a list column."""

    @property
    @abstractmethod
    def is_text(self) -> bool:
        """True if the rows are text."""

    @property
    @abstractmethod
    def is_whole(self) -> bool:
        """True if the type of the rows is an integer that int64 holds."""

    @abstractmethod
    def text_codes(self) -> tuple[np.ndarray, list[Any]]:
        """Return the rows as text: for each row a code, -1 for null, that indexes the list."""

    @abstractmethod
    def at(self, row: int) -> Any:
        """Return the value of one row as a plain Python value."""

    @abstractmethod
    def width(self) -> int | None:
        """Return the length of the first list of a list column, or None if every row is null."""

    @abstractmethod
    def keys(self, family: str) -> Keys:
        """Return the keys of the rows as values of a family, equal for equal values, however they are stored."""

    @abstractmethod
    def distinct(self) -> tuple[np.ndarray, Column]:
        """Return for each row a code, -1 for null, that indexes a column of distinct values; and that column."""


@dataclass
class Batch:
    """Some rows of a file."""

    columns: Mapping[str, Column]
    rows: int
    start: int
    """The index of the first row in the file."""
    done: float
    """The fraction of the part that has been read, 0 to 1."""
    broken: Mapping[int, str] = field(default_factory=dict)
    """Rows that cannot be read, with the reason; every column has null there."""
    broken_as: str = "number of fields"
    """What is wrong with them."""
    times: np.ndarray | None = None
    """The time of each row, where times are read."""


class Table(ABC):
    """Columns of a file or in memory, which can be read repeatedly."""

    path: str
    """The name of the file in messages."""
    kinds: Mapping[str, str]
    """The kind of each column: "number", "bool", "text", "untyped" (text of CSV), "list", or the name of another type."""
    duplicate_names: frozenset[str] = frozenset()
    """Names that several columns have, which cannot be read."""
    remarks: Mapping[str | None, Finding] = MappingProxyType({})
    """What there is to say of how a column is read, or, under None, the whole file."""

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that the rows come from."""
        return (self.path,)

    @abstractmethod
    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""

    def parts(self) -> list[Part]:
        """Return the parts that can be read at the same time."""
        return [None]

    def rows_of(self, part: Part) -> int | None:
        """Return the number of rows of a part, or None if it is not known in advance."""
        return None

    def only(self, part: Part) -> Table:
        """Return a table with no more than this part in memory, to be sent to another process."""
        return self

    def require(self, name: str, role: str) -> None:
        """Raise if a column does not exist."""
        if name not in self.kinds:
            hint = ""
            if re.search(rf"(^|/){re.escape(name)}=[^/]*/", self.path):
                hint = (
                    "; it is in the path, which is not read; in Python, pass "
                    'pyarrow.dataset.dataset(FOLDER, partitioning="hive"), or write it into the files'
                )
            elif all(_NUMBER.fullmatch(word) for word in self.kinds):
                hint = "; if these are values of the first row, write a line of names above it"
            elif len(self.kinds) == 1 and len(only := next(iter(self.kinds))) > 20:
                hint = f"; the file has a single column, named {only[:40]!r}: is it separated by another character?"
            raise UsageError(f"{self.path} has no column {name!r} for the {role}{nearest(name, self.kinds, 'it has')}{hint}")

    def require_unique(self, names: Iterable[str]) -> None:
        """Raise if several columns have one of the names."""
        for name in names:
            if name in self.duplicate_names:
                raise UnreadableError(
                    f"{self.path}: the columns that are read have distinct names; {name!r} occurs twice; rename one"
                )


@contextmanager
def readable(path: str, what: str, *more: type[Exception]) -> Iterator[None]:
    """Turn the errors of a reader into one that says that the file is damaged; ``more`` are its own types of errors."""
    damage: tuple[type[Exception], ...] = (OSError, ValueError, LookupError, ArithmeticError, EOFError)
    damage += (RuntimeError, SyntaxError, *more)
    try:
        yield
    except ReportError:
        raise
    except MemoryError as error:
        wanted = re.search(r"size (\d+)", str(error))
        if wanted is None:
            raise
        raise UnreadableError(
            f"{path} takes {int(wanted[1]):,} bytes of memory for a single field, more than there is; write it in smaller row "
            f"groups or record batches, or, if it should not be that large, write or download it again: it is damaged"
        ) from None
    except damage as error:
        reason = first_line(error)
        signs = ("truncated", "expected to be able to read", "eof", "not a zip file")
        cut = isinstance(error, EOFError) or any(sign in reason.lower() for sign in signs)
        state = "is cut short" if cut else "is damaged"
        raise UnreadableError(f"{path} {state}, or is not {what} ({reason}); write or download it again") from None


class WiderTable(Table):
    """A table with more columns than another one, whose rows it has."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.path, self.duplicate_names, self.remarks = table.path, table.duplicate_names, dict(table.remarks)

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
