"""Recognise the format of a file."""

from __future__ import annotations

import codecs
import os
from dataclasses import dataclass
from pathlib import Path

from lossary.errors import UnreadableError, UsageError
from lossary.report.read.source import Source, require_pyarrow
from lossary.report.read.table import Table

FORMATS = (
    "Parquet (.parquet), CSV (.csv, .tsv, also .gz), JSON lines (.jsonl, .ndjson, also .gz), "
    "Arrow IPC (.arrow, .feather, .ipc, .arrows) and NumPy (.npz)"
)


@dataclass(frozen=True)
class TextFormat:
    """The encoding, the delimiter and the decimal sign of CSV; None if the file itself decides, or for a point."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None

    def __post_init__(self) -> None:
        if self.encoding is not None:
            try:
                name = codecs.lookup(self.encoding).name
                "".encode(name)
            except (LookupError, TypeError, ValueError):
                raise UsageError(
                    f"an encoding is one that Python knows, such as utf-8, utf-16, cp1252 or latin-1; got {self.encoding!r}"
                ) from None
            object.__setattr__(self, "encoding", name)
        if self.decimal not in (None, ".", ","):
            raise UsageError(f"the decimal sign is a point or a comma; got {self.decimal!r}")
        if self.delimiter is not None:
            character = "\t" if self.delimiter in ("tab", "\\t") else self.delimiter
            if not (isinstance(character, str) and len(character) == 1 and character.isascii()) or character in '"\r\n\0':
                raise UsageError(
                    f"a delimiter is one ASCII character, neither a quote nor the end of a line, or tab; got {self.delimiter!r}"
                )
            object.__setattr__(self, "delimiter", character)

    @property
    def is_stated(self) -> bool:
        """True if the user stated either: then the file is text."""
        return self != TextFormat()


def open_table(path: str | os.PathLike[str], form: TextFormat | None = None) -> Table:
    """Return the table of a file, whose rows are read later."""
    return table_of(Source(os.fspath(path)), form or TextFormat())


def table_of(source: Source, form: TextFormat) -> Table:
    """Return the table of a source, by its first bytes, or by its name if these do not decide."""
    name = source.path
    head, tail = source.head, source.tail
    place = name.partition("?")[0] if "://" in name else name
    suffix = Path(place.lower().removesuffix(".gz")).suffix
    if head.startswith(b"PK"):
        from lossary.report.read.npz import NpzTable

        return NpzTable(source)
    if head.startswith((b"PAR1", b"PARE", b"ARROW1")):
        what, magic = ("an Arrow", b"ARROW1") if head.startswith(b"ARROW1") else ("a Parquet", head[:4])
        if not tail.endswith(magic):
            raise UnreadableError(
                f"{name} is cut short: {what} file begins and ends in {magic.decode()!r}, and this one does not end so; "
                "write or download it again"
            )
    require_pyarrow("reading Parquet, CSV and Arrow files")
    from lossary.report.read import arrow

    if head.startswith(b"PAR1"):
        return arrow.ParquetTable(source)
    if head.startswith(b"PARE"):
        raise UnreadableError(f"{name} is an encrypted Parquet file, which cannot be read here; write it without encryption")
    if head.startswith(b"ARROW1"):
        return arrow.IpcTable(source, stream=False)
    if head.startswith(b"\xff\xff\xff\xff") or suffix == ".arrows":
        return arrow.IpcTable(source, stream=True)
    expected = {".parquet": "a Parquet", ".pq": "a Parquet", **dict.fromkeys((".feather", ".ipc", ".arrow"), "an Arrow IPC")}
    expected |= {".npz": "a NumPy .npz"}
    if suffix in expected:
        raise UnreadableError(
            f"{name} is not {expected[suffix]} file, though it is named like one: it begins with {head!r}; "
            "name it by what it holds, or write it again"
        )
    if not form.is_stated and (suffix in (".jsonl", ".ndjson", ".json") or head.lstrip().startswith(b'{"')):
        from lossary.report.read.json_lines import JsonLinesTable

        return JsonLinesTable(source)
    if (
        suffix in (".csv", ".tsv", ".txt", ".tab")
        or form.is_stated
        or source.is_copy
        or (head.startswith(b"\x1f\x8b") and suffix == "")
    ):
        from lossary.report.read.delimited import CsvTable

        return CsvTable(source, suffix, form.encoding, form.delimiter, form.decimal)
    raise UnreadableError(
        f'{name} has no known format; the known formats are {FORMATS}; for text that is named otherwise, pass delimiter=","'
    )
