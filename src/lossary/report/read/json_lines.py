"""Read JSON lines: one object a line, whose values are columns by their path of keys, as in ``doc.label``."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from lossary.errors import UnreadableError
from lossary.report.read.arrow_column import ArrowColumn
from lossary.report.read.source import Source, unchanged
from lossary.report.read.table import Batch, Part, Table, readable
from lossary.report.read.text import parse_number

_LOOKED_AT = 1000
"""Lines whose keys are the columns."""
_ITEMS = 64
"""Items of a list that are columns of their own, where they are no numbers."""
_GZIP = b"\x1f\x8b"


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


class JsonLinesTable(Table):
    """A file of JSON lines, also compressed by gzip.

    A value is read as its text, as in a CSV file, so that an invalid number is reported with its row; a list of numbers is a
    list column, of other lists the items have their index as name.
    """

    def __init__(self, source: Source) -> None:
        self.source, self.path = source, source.path
        self.kinds: dict[str, str] = {}
        with readable(self.path, "JSON lines", zlib.error), closing(self._lines()) as lines:
            for number, (line, _) in enumerate(islice(lines, _LOOKED_AT)):
                found = _parsed(line)
                if found is None and number == 0:
                    raise UnreadableError(
                        f"{self.path} is no file of JSON lines: its first line is not one whole object; write one object a "
                        "line, as jq -c '.[]' does of a list"
                    )
                for path, value in _leaves(found or {}):
                    kind = "list" if isinstance(value, list) else "untyped"
                    self.kinds[path] = kind if self.kinds.get(path, kind) == kind else "untyped"
        if not self.kinds:
            raise UnreadableError(f"{self.path} has no lines with an object; write or download it again")

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        start = 0
        with unchanged(self.source), readable(self.path, "JSON lines", zlib.error), closing(self._lines()) as lines:
            while held := list(islice(lines, size)):
                objects = [_parsed(line) for line, _ in held]
                broken = {row: "a line that is no JSON object" for row, found in enumerate(objects) if found is None}
                read = {name: self._column(name, objects) for name in columns}
                yield Batch(read, len(held), start, held[-1][1], broken)
                start += len(held)

    def _column(self, name: str, objects: Sequence[dict[str, Any] | None]) -> ArrowColumn:
        values = [None if found is None else _at(found, name) for found in objects]
        if self.kinds[name] == "list":
            return ArrowColumn(pa.array([_numbers(value) for value in values], pa.list_(pa.float64())))
        return ArrowColumn(pa.array([value if isinstance(value, str) else _text(value) for value in values], pa.string()))

    def _lines(self) -> Generator[tuple[bytes, float], None, None]:
        """Yield the lines that are not empty, and the fraction of the file read."""
        with self.source.open() as raw:
            file = gzip.GzipFile(fileobj=raw) if self.source.head.startswith(_GZIP) else raw
            for line in file:
                if line.strip():
                    yield line, min(1.0, raw.tell() / max(1, self.source.size)) if file is not raw else 0.0


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line with numbers as they are written, or None if there is none."""
    try:
        found = json.loads(line, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the paths of values that are no objects, and the values."""
    if isinstance(value, list) and (not value or _numbers(value) is None):
        value = {str(k): item for k, item in enumerate(value[:_ITEMS])}
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else key)
    elif value is not None:
        yield path, value


def _at(value: Any, path: str) -> Any:
    """Return the value at a path, or None if there is none; a key may hold dots itself."""
    if isinstance(value, list):
        head, _, rest = path.partition(".")
        item = value[int(head)] if head.isdigit() and int(head) < len(value) else None
        return _at(item, rest) if rest else item
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    for k in (k for k, letter in enumerate(path) if letter == "."):
        if path[:k] in value and (found := _at(value[path[:k]], path[k + 1 :])) is not None:
            return found
    return None


def _text(value: Any) -> str | None:
    """Return a truth value or a list as text, and null as None."""
    return None if value is None else json.dumps(value)


def _numbers(value: Any) -> list[float | None] | None:
    """Return a list of numbers, or None for anything else."""
    if not isinstance(value, list):
        return None
    found = [parse_number(item) if isinstance(item, _Number) else None for item in value]
    return found if found and None not in found else None
