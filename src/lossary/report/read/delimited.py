"""Read CSV: decode text and cut it into blocks of whole records, which pyarrow parses.

pyarrow's own streaming reader is not used: its thread that reads ahead may outlive an error and abort the process, a quote that
is never closed takes the rows after it without an error, and a row of another length ends the reading.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as pa_csv  # type: ignore[import-untyped]

from lossary.counted import counted
from lossary.errors import UnreadableError
from lossary.report.findings import DELIMITER, PERCENT, Finding
from lossary.report.read.arrow import ArrowTable
from lossary.report.read.arrow_column import ArrowColumn
from lossary.report.read.compressed import compression_of, decompressed
from lossary.report.read.form import TextFormat
from lossary.report.read.source import Source, raise_if_changed
from lossary.report.read.table import Batch, Part, readable
from lossary.report.read.written import Writing, WrittenColumn, is_percent, without_comments

_BLOCK = 1 << 21
_LONGEST = 1 << 24
"""The most bytes of a record; without a limit, an unclosed quote would load the rest of the file into memory."""
_QUOTE, _LF, _CR = b'"\n\r'
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, with whose mark it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SPOKEN = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
_USUAL = {".tsv": "\t", ".tab": "\t"}
_CLOSE = "close it, and write a quote within a quoted field twice"
_ADVICE = 'name its encoding, e.g. encoding="cp1252" or encoding="latin-1"'


@dataclass
class _Block:
    """A block of whole records."""

    data: bytes
    line: int
    """The number of its first line, from 1."""
    quoted: _Quoted
    done: float
    """The fraction of the file read, 0 to 1."""

    def records(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the start and the end of each record; empty lines are no records."""
        values = np.frombuffer(self.data, np.uint8)
        ends = np.flatnonzero((values == _LF) | (values == _CR))
        ends = ends[~self.quoted.holds(ends)]
        starts, ends = np.append(0, ends + 1), np.append(ends, len(values))
        return starts[ends > starts], ends[ends > starts]

    def header(self) -> tuple[int, int]:
        """Return the start and the end of the first record."""
        starts, ends = self.records()
        return int(starts[0]), int(ends[0])

    def after_header(self) -> _Block:
        """Return the block without its first record."""
        end, cut = self.header()[1], self.quoted
        quoted = _Quoted(cut.starts[cut.starts >= end] - end, cut.stops[cut.starts >= end] - end)
        return _Block(self.data[end:], self.line_of(end), quoted, self.done)

    def lines_of(self, places: np.ndarray) -> list[int]:
        """Return the line numbers of some byte positions."""
        values = np.frombuffer(self.data, np.uint8)
        following = np.append(values[1:], 0)
        ends = np.flatnonzero((values == _LF) | ((values == _CR) & (following != _LF)))
        return (self.line + np.searchsorted(ends, places)).tolist()

    def line_of(self, place: int) -> int:
        """Return the line number of a byte position."""
        return self.line + _lines(self.data[:place])


class CsvTable(ArrowTable):
    """A CSV file with a header. Every field is read as text, so that an invalid number is reported with its row."""

    def __init__(self, source: Source, suffix: str, form: TextFormat) -> None:
        self.source, self.path = source, source.path
        self.comment = (form.comment or "").encode()
        self.writing = Writing(form.decimal or ".", form.thousands)
        self.compression = compression_of(source.head)
        with readable(self.path, "a CSV file", zlib.error, csv.Error):
            self.encoding, usual = form.encoding or self._encoding(), _USUAL.get(suffix, ",")
            self.delimiter = form.delimiter or self._delimiter(usual)
            header = next(self._blocks(), None)
            if header is None:
                raise UnreadableError(f"{self.path} has no header, only empty lines; write or download it again")
            start, end = header.header()
            text = self._decoded(header, end)[start:]
            names = next(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter))
            self.set_schema(names, ["untyped"] * len(names))
            rows = header.after_header()
            self.percent = self._percent_columns(rows) if b"%" in rows.data else frozenset[str]()
        remarks: dict[str | None, Finding] = {
            name: PERCENT.found(f"column {name!r} is written in percent: 50 % is read as 0.5") for name in sorted(self.percent)
        }
        if form.delimiter is None and self.delimiter != usual:
            separated = f"the fields of {self.path} are separated by {_SPOKEN[self.delimiter]}, as its header says"
            remarks[None] = DELIMITER.found(separated)
        self.remarks = remarks

    def column(self, array: Any, name: str) -> ArrowColumn:
        """Return a column of text, with the way in which its numbers are written."""
        writing = replace(self.writing, percent=True) if name in self.percent else self.writing
        return ArrowColumn(array) if writing == Writing() else WrittenColumn(array, writing)

    def _percent_columns(self, rows: _Block) -> frozenset[str]:
        """Return the columns whose numbers have a percent sign in all of the first rows."""
        found, _ = self._parsed(rows, range(len(self.names)))
        return frozenset(name for k, name in enumerate(self.names) if is_percent(found.column(k), self.writing))

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        places = [self.names.index(name) for name in columns]
        first, skip = 0, True
        with raise_if_changed(self.source), readable(self.path, "a CSV file", zlib.error):
            for block in self._blocks():
                if skip:
                    block, skip = block.after_header(), False
                    if not block.data:  # a header alone
                        continue
                found, broken = self._parsed(block, places)
                rows = sorted(broken)
                for start in range(0, found.num_rows, size):
                    piece = found.slice(start, size)
                    held = {name: self.column(piece.column(k), name) for k, name in enumerate(columns)}
                    inside = range(bisect_left(rows, start), bisect_left(rows, start + size))
                    here = {rows[k] - start: broken[rows[k]] for k in inside}
                    yield Batch(held, piece.num_rows, first + start, block.done, here)
                first += found.num_rows

    def _parsed(self, block: _Block, places: Sequence[int]) -> tuple[Any, dict[int, str]]:
        """Return some columns of a block, and the reasons for rows with a wrong number of fields, which are null."""
        names = [str(k) for k in range(len(self.names))]
        wanted = [names[k] for k in places]
        wrong: list[tuple[int, int]] = []

        def note(row: Any) -> str:
            wrong.append((row.number - 1, row.actual_columns))
            return "skip"

        def parse(data: bytes) -> Any:
            return pa_csv.read_csv(
                pa.BufferReader(data),
                pa_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
                pa_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=b'"' in data, invalid_row_handler=note),
                pa_csv.ConvertOptions(
                    include_columns=wanted,
                    column_types=dict.fromkeys(wanted, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )

        try:
            found = parse(block.data)
            if wrong:
                lines = block.lines_of(block.records()[0])
                broken = {
                    row: f"{counted(count, 'field')} in line {lines[row]}; every row has as many as the header, {len(names)}"
                    for row, count in wrong
                }
                found = parse(self._mended(block, broken))
        except pa.ArrowInvalid:
            self._decoded(block, len(block.data))  # raises a better error if the text is not UTF-8
            raise
        batches = found.combine_chunks().to_batches()
        whole = batches[0] if batches else pa.RecordBatch.from_pylist([], found.schema)
        return whole, broken if wrong else {}

    def _mended(self, block: _Block, broken: dict[int, str]) -> bytes:
        """Return the block with null in every field of the broken rows."""
        empty = b'""' + self.delimiter.encode() * (len(self.names) - 1)
        (starts, ends), pieces, last = block.records(), [], 0
        for row in sorted(broken):
            pieces += [block.data[last : starts[row]], empty]
            last = ends[row]
        return b"".join([*pieces, block.data[last:]])

    def _decoded(self, block: _Block, end: int) -> str:
        """Return the text of a block up to a byte position."""
        try:
            return block.data[:end].decode()
        except UnicodeDecodeError as error:
            raise UnreadableError(
                f"{self.path}, line {block.line_of(error.start)}: the text is not UTF-8 "
                f"(byte 0x{block.data[error.start]:02x}); {_ADVICE}"
            ) from None

    # ---- from the file to blocks

    def _encoding(self) -> str:
        with decompressed(self.source) as (_, file):
            head = file.read(4)
        if self.compression is not None and (inner := compression_of(head)) is not None:
            tool = {"gzip": "gunzip", "zstd": "unzstd"}[self.compression]
            raise UnreadableError(
                f"{self.path} is compressed twice, by {self.compression} over {inner}, which is read once; decompress it with "
                f"{tool} first"
            )
        if not head.startswith(tuple(_MARKS)) and b"\0" in head[:2] and head[:2] != b"\0\0" and len(head) > 1:
            likely = "utf-16-le" if head[1] == 0 else "utf-16-be"
            raise UnreadableError(
                f'{self.path} is not UTF-8: it has a zero byte; name its encoding, probably encoding="{likely}"'
            )
        return next((name for mark, name in _MARKS.items() if head.startswith(mark)), "utf-8")

    def _delimiter(self, usual: str) -> str:
        """Return the usual delimiter if the header has it, else another one that the header has."""
        header = b""
        for more, _ in self._texts():
            header = self._without_comments(header + more, last=not more).lstrip(b"\r\n")
            if b"\n" in header or b"\r" in header or len(header) > _LONGEST:
                break
        header = re.sub(rb'"(?:[^"]|"")*"', b"", header)  # a quoted name may hold any character
        header = re.split(rb"[\r\n]", header, maxsplit=1)[0]
        return next((c for c in f"{usual},\t;|" if c.encode() in header), usual)

    def _without_comments(self, data: bytes, *, last: bool) -> bytes:
        return without_comments(data, self.comment, last=last) if self.comment else data

    def _texts(self) -> Iterator[tuple[bytes, float]]:
        """Yield pieces of text in UTF-8, each with the fraction of the file read, and an empty piece at the end."""
        with decompressed(self.source) as (raw, file):
            decoder, first = codecs.getincrementaldecoder(self.encoding)(), True
            while True:
                data = file.read(_BLOCK)
                done, last = raw.tell() / max(1, self.source.size), not data
                if self.encoding != "utf-8":  # UTF-8 is checked by the parser
                    try:
                        data = decoder.decode(data, final=last).encode("utf-8", "surrogatepass")
                    except UnicodeError as error:
                        raise UnreadableError(f"{self.path} is not text in {self.encoding} ({error}); {_ADVICE}") from None
                if first and data:
                    data, first = data.removeprefix(codecs.BOM_UTF8), False
                if data:
                    yield data, done
                if last:
                    yield b"", 1.0
                    return

    def _blocks(self) -> Iterator[_Block]:
        rest, line = b"", 1
        for more, done in self._texts():
            data, half = rest + more, b""
            if more and data.endswith(b"\r"):  # the line feed of this line end may come next
                data, half = data[:-1], b"\r"
            data = self._without_comments(data, last=not more)
            quoted = _Quoted.of(data, self.delimiter.encode())
            end = quoted.last_line_end(data) if more else len(data)
            wrong = None
            if quoted.wrong is not None:
                wrong = quoted.wrong, f"the quoted field that begins here ends in a quote before other text; {_CLOSE}"
            elif not more and not quoted.closed:
                wrong = int(quoted.starts[-1]), f"the quoted field that begins here is never closed; {_CLOSE}"
            elif not end and len(data) > _LONGEST:
                wrong = 0, f"a record has at most {_LONGEST >> 20} MiB, and the one that begins here has more; {_CLOSE}"
            if wrong is not None:
                place, sentence = wrong
                raise UnreadableError(f"{self.path}, line {line + _lines(data[:place])}: {sentence}")
            if data[:end].strip(b"\r\n"):
                yield _Block(data[:end], line, quoted, done)
            line += _lines(data[:end])
            rest = data[end:] + half


@dataclass
class _Quoted:
    """The quoted fields of a text that begins with a whole record."""

    starts: np.ndarray
    """Positions of the opening quotes."""
    stops: np.ndarray
    """Positions of the closing quotes; the end of the text for an unclosed field."""
    closed: bool = True
    wrong: int | None = None
    """The first opening quote whose closing quote does not end the field, or None."""

    @staticmethod
    def of(data: bytes, delimiter: bytes) -> _Quoted:
        """Find the quoted fields: they begin with a quote, and a quote within them is doubled."""
        none = np.zeros(0, np.int64)
        if b'"' not in data:
            return _Quoted(none, none)
        values = np.frombuffer(data, np.uint8)
        at = np.flatnonzero(values == _QUOTE)
        edges = np.zeros(256, bool)
        edges[[_LF, _CR, *delimiter]] = True
        opens = np.concatenate([[True], edges[values]])[at]
        doubled = np.zeros(len(at), bool)
        doubled[1:] = np.diff(at) == 1
        if (opens | doubled)[::2].all():  # quotes alternate; of a doubled quote, the second opens again
            starts, stops = at[::2], at[1::2]
        else:  # some quotes are in fields that are not quoted
            starts, stops = _one_by_one(at.tolist(), opens.tolist())
        closed = len(stops) == len(starts)
        after = np.concatenate([edges[values] | (values == _QUOTE), [True]])[stops + 1]
        wrong = None if after.all() else int(starts[int(after.argmin())])
        return _Quoted(starts, stops if closed else np.append(stops, len(data)), closed, wrong)

    def holds(self, places: np.ndarray) -> np.ndarray:
        """Return which positions lie between quotes."""
        if not len(self.starts):
            return np.zeros(len(places), bool)
        k = np.searchsorted(self.starts, places) - 1
        found: np.ndarray = (k >= 0) & (places < self.stops[k])
        return found

    def last_line_end(self, data: bytes) -> int:
        """Return the position after the last line end outside quotes, or 0 if there is none."""
        last, k = len(data), len(self.starts) - 1
        while True:
            place = max(data.rfind(b"\n", 0, last), data.rfind(b"\r", 0, last))
            while k >= 0 and self.starts[k] > place:
                k -= 1
            if place < 0 or k < 0 or place > self.stops[k]:
                return place + 1
            last = int(self.starts[k])


def _one_by_one(at: list[int], opens: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Return the opening and the closing quotes among all quotes, one by one."""
    starts, stops, k = [], [], 0
    while k < len(at):
        if opens[k]:
            starts.append(at[k])
            k += 1
            while at[k + 1 : k + 2] == [at[k] + 1] if k < len(at) else False:
                k += 2
            if k < len(at):
                stops.append(at[k])
        k += 1
    return np.array(starts, np.int64), np.array(stops, np.int64)


def _lines(data: bytes) -> int:
    """Return the number of line ends in a text: line feeds, carriage returns, and both together."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
