"""Files as batches of rows: one interface over Parquet, CSV, Arrow IPC and ``.npz``, in constant memory."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossary.errors import ReportError, UnreadableError, UsageError, nearest
from lossary.report.read.identity import Keys

Mask = np.ndarray | None
Part = tuple[int, int] | None
"""A stretch of a table that is read on its own, in the table's own terms; None for all of it."""


@dataclass
class Numbers:
    """A column as an array: ``values`` of the stored dtype, 0 where a mask says that the row has none."""

    values: np.ndarray
    """One number a row, or one row of numbers a row."""
    null: Mask = None
    text: Mask = None
    """Rows whose text is not a number."""
    length: Mask = None
    """Rows whose list is not as long as it should be."""
    inexact: Mask = None
    """Rows of decimals or of text that are too large for float64 to hold; integers are still what they were."""


class Column(ABC):
    """Some rows of one column of a file."""

    @abstractmethod
    def numbers(self, width: int | None = None) -> Numbers:
        """As numbers; ``width`` is how long the lists of a list column are."""

    @property
    @abstractmethod
    def is_text(self) -> bool:
        """Whether the rows are text."""

    @property
    @abstractmethod
    def is_whole(self) -> bool:
        """Whether the rows are whole numbers that int64 holds, by their type."""

    @abstractmethod
    def words(self) -> tuple[np.ndarray, list[Any]]:
        """As text: for each row a place in the list, -1 where there is nothing."""

    @abstractmethod
    def at(self, row: int) -> Any:
        """What stands in one row, as a plain Python value."""

    @abstractmethod
    def width(self) -> int | None:
        """How long the first list of a list column is; None if every row is null."""

    @abstractmethod
    def keys(self, family: str) -> Keys:
        """What the rows have as values of a family: equal for equal values, however and in whatever file they are stored."""

    @abstractmethod
    def distinct(self) -> tuple[np.ndarray, Column]:
        """For each row a place in a column without repetitions, -1 where there is nothing; and that column."""


@dataclass
class Batch:
    """Some rows of a file."""

    columns: Mapping[str, Column]
    rows: int
    start: int
    """The index of the first row in the file."""
    done: float
    """How much of the part has been read, 0 to 1."""
    broken: Mapping[int, str] = field(default_factory=dict)
    """Rows of which no column can be read, and why; every column has null there."""


class Table(ABC):
    """Columns that can be read again and again, from a file or from memory."""

    path: str
    """The file, or what stands for it in messages."""
    kinds: Mapping[str, str]
    """What a column holds: "number", "bool", "text", "untyped" (text that may be anything), "list", or another type by name."""
    twice: frozenset[str] = frozenset()
    """Names that several columns have; none of these can be asked for."""

    @abstractmethod
    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """The rows of some columns, at most ``size`` at a time."""

    def parts(self) -> list[Part]:
        """Stretches that can be read at the same time."""
        return [None]

    def rows_of(self, part: Part) -> int | None:
        """How many rows a part has, if that is known before they are read."""
        return None

    def only(self, part: Part) -> Table:
        """A table that need not hold more than this part, to be sent to another process."""
        return self

    def require(self, name: str, role: str) -> None:
        """Refuse a column that is not there."""
        if name not in self.kinds:
            hint = ""
            if len(self.kinds) == 1 and len(only := next(iter(self.kinds))) > 20:
                hint = f"; the file has a single column, named {only[:40]!r}: is it separated by another character?"
            raise UsageError(f"{self.path} has no column {name!r} for the {role}{nearest(name, self.kinds, 'it has')}{hint}")

    def require_once(self, names: Iterable[str]) -> None:
        """Refuse columns whose names other columns have too."""
        for name in names:
            if name in self.twice:
                raise UnreadableError(
                    f"{self.path}: columns that are asked for have names of their own; {name!r} occurs twice; rename one"
                )


@contextmanager
def readable(path: str, what: str, *more: type[Exception]) -> Iterator[None]:
    """Turn what a reader raises for a damaged file into one sentence; some raise more kinds of errors than others."""
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
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(". ")[:200]
        signs = ("truncated", "expected to be able to read", "eof", "not a zip file")
        cut = isinstance(error, EOFError) or any(sign in reason.lower() for sign in signs)
        state = "is cut short" if cut else "is damaged"
        raise UnreadableError(f"{path} {state}, or is not {what} ({reason}); write or download it again") from None
