"""Read JSON lines: one object a line, whose values are columns by their path of keys, as in ``doc.label``."""

from __future__ import annotations

import codecs
import json
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from lossary.errors import UnreadableError
from lossary.report.read.arrow_column import ArrowColumn
from lossary.report.read.compressed import compression_of, decompressed
from lossary.report.read.source import Source, raise_if_changed
from lossary.report.read.table import Batch, Part, Table, readable
from lossary.report.read.text import parse_number

_LOOKED_AT = 1000
"""Lines whose keys are the columns."""
_ITEMS = 64
"""Items of a list that are columns of their own, where they are no numbers."""
_PART, _PIECE, _LONGEST = 1 << 25, 1 << 20, 1 << 26
"""The bytes of a part, of what is read at a time, and the most of a line."""
_PERHAPS_EMPTY = (b"\n\n", b"\n\r", b"\n ", b"\n\t", b"\n\v", b"\n\f")


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_Number)


class JsonLinesTable(Table):
    """A file of JSON lines, also compressed by gzip or zstd. A part is a range of bytes, with the lines that begin in it.

    A value is read as its text, as in a CSV file, so that an invalid number is reported with its row; a list of numbers is a
    list column, of other lists the items have their index as name.
    """

    def __init__(self, source: Source) -> None:
        self.source, self.path = source, source.path
        self.kinds: dict[str, str] = {}
        self._first: dict[Part, tuple[int, int]] = {None: (0, 0)}
        """The number of rows and of lines before a part."""
        self._rows: dict[Part, int] = {}
        if source.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnreadableError(f"{self.path} is UTF-16, and JSON lines are UTF-8; convert it, e.g. iconv -f utf-16 -t utf-8")
        with readable(self.path, "JSON lines", zlib.error), closing(self._lines(None)) as lines:
            for number, (line, _, _) in enumerate(islice(lines, _LOOKED_AT)):
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

    def parts(self) -> list[Part]:
        """Return ranges of bytes; compressed files, and those of other machines, are one part."""
        size = self.source.size
        if not self.source.is_local or compression_of(self.source.head) or size <= _PART:
            return [None]
        if not self._rows:
            row = line = 0
            with raise_if_changed(self.source), readable(self.path, "JSON lines"):
                for start in range(0, size, _PART):
                    part = start, min(start + _PART, size)
                    self._first[part] = row, line
                    for data, _ in self._pieces(part):
                        lines = data.count(b"\n")
                        row += _rows_in(data, lines)
                        line += lines
                    self._rows[part] = row - self._first[part][0]
        return list(self._rows)

    def rows_of(self, part: Part) -> int | None:
        """Return the number of rows of a part, or None for a whole file."""
        return self._rows.get(part)

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        start = self._first[part][0]
        with raise_if_changed(self.source), readable(self.path, "JSON lines", zlib.error), closing(self._lines(part)) as lines:
            while True:
                values: list[list[Any]] = [[] for _ in columns]
                rows, broken, done = 0, {}, 1.0
                for line, number, done in islice(lines, size):  # noqa: B007
                    found = _parsed(line)
                    if found is None:
                        broken[rows] = f"no JSON object in line {number}"
                    for held, name in zip(values, columns, strict=True):
                        held.append(None if found is None else _at(found, name))
                    rows += 1
                if not rows:
                    return
                read = {name: self._column(name, held) for name, held in zip(columns, values, strict=True)}
                yield Batch(read, rows, start, done, broken, "no object")
                start += rows

    def _column(self, name: str, values: Sequence[Any]) -> ArrowColumn:
        if self.kinds[name] == "list":
            return ArrowColumn(pa.array([_numbers(value) for value in values], pa.list_(pa.float64())))
        return ArrowColumn(pa.array([value if isinstance(value, str) else _text(value) for value in values], pa.string()))

    def _lines(self, part: Part) -> Generator[tuple[bytes, int, float], None, None]:
        """Yield the lines of a part that are not empty, their numbers from 1, and the fraction of the part read."""
        number = self._first[part][1]
        for data, done in self._pieces(part):
            for k, line in enumerate(data.split(b"\n"), 1):
                if line.strip():
                    yield line, number + k, done
            number += data.count(b"\n")

    def _pieces(self, part: Part) -> Iterator[tuple[bytes, float]]:
        """Yield the text of a part in pieces of whole lines, and the fraction of the part read."""
        place, end = part or (0, max(1, self.source.size))
        whole = end - place
        with decompressed(self.source) as (raw, file):
            if place:
                file.seek(place - 1)
                place += len(file.readline()) - 1  # the line that began before
            while raw is not file or place < end:
                data = file.read(_PIECE if raw is not file else min(_PIECE, end - place))
                if not data:
                    return
                if not data.endswith(b"\n"):
                    data += file.readline(_LONGEST)
                    if len(data) >= _LONGEST and not data.endswith(b"\n"):
                        raise UnreadableError(f"{self.path}: a line has at most {_LONGEST >> 20} MiB; write one object a line")
                place += len(data)
                yield data, min(1.0, raw.tell() / whole if raw is not file else 1 - (end - place) / whole)


def _rows_in(data: bytes, lines: int) -> int:
    """Return how many lines of a text hold something."""
    if data.endswith(b"\n") and data[:1] == b"{" and not any(end in data for end in _PERHAPS_EMPTY):
        return lines
    return sum(1 for line in data.split(b"\n") if line.strip())


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line with numbers as they are written, or None if there is none."""
    try:
        found = _DECODER.decode(line.decode(json.detect_encoding(line), "surrogatepass"))
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
