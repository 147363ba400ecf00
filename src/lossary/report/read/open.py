"""Recognise the format of a file."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from lossary.errors import UnreadableError
from lossary.report.read.compressed import SUFFIXES, compression_of, first_bytes
from lossary.report.read.form import TextFormat
from lossary.report.read.source import Source, require_pyarrow
from lossary.report.read.table import Table

FORMATS = (
    "Parquet (.parquet), CSV (.csv, .tsv, also .gz, .zst), JSON lines (.jsonl, .ndjson, also .gz, .zst), "
    "Arrow IPC (.arrow, .feather, .ipc, .arrows), Excel (.xlsx, .xls, .ods) and NumPy (.npz)"
)
_OLE2 = b"\xd0\xcf\x11\xe0"
"""How workbooks of Excel before 2007 begin."""


def open_table(path: str | os.PathLike[str], form: TextFormat | None = None) -> Table:
    """Return the table of a file, whose rows are read later."""
    return table_of(Source(os.fspath(path)), form or TextFormat())


def table_of(source: Source, form: TextFormat) -> Table:
    """Return the table of a source, by its first bytes, or by its name if these do not decide."""
    name = source.path
    head, tail = source.head, source.tail
    place = name.partition("?")[0] if "://" in name else name
    whole = place.lower()
    suffix = Path(whole.removesuffix(next((end for end in SUFFIXES if whole.endswith(end)), ""))).suffix
    if head.startswith((b"PK", _OLE2)) and is_workbook(source):
        from lossary.report.read.workbook import WorkbookTable

        return WorkbookTable(source, form.sheet)
    if head.startswith(b"PK"):
        from lossary.report.read.npz import NpzTable

        return NpzTable(source)
    refuse_known(source)
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
    text = first_bytes(source) if compression_of(head) else head
    if not form.is_stated and (suffix in (".jsonl", ".ndjson", ".json") or text.lstrip().startswith(b'{"')):
        from lossary.report.read.json_lines import JsonLinesTable

        return JsonLinesTable(source)
    if (
        suffix in (".csv", ".tsv", ".txt", ".tab")
        or form.is_stated
        or source.is_copy
        or (compression_of(head) and suffix == "")
    ):
        from lossary.report.read.delimited import CsvTable

        return CsvTable(source, suffix, form)
    raise UnreadableError(
        f'{name} has no known format; the known formats are {FORMATS}; for text that is named otherwise, pass delimiter=","'
    )


def refuse_known(source: Source) -> None:
    """Raise for what is often met in place of a file that is read."""
    name, head = source.path, source.head
    found = {
        b"BZh": ("is compressed by bzip2, and text is read compressed by gzip or zstd", "decompress it with bunzip2"),
        b"\xfd7zXZ": ("is compressed by xz, and text is read compressed by gzip or zstd", "decompress it with unxz"),
        b"\x93NUMPY": ("is an array without a name", "pass it as prediction=, and the targets as target="),
        b"version ": ("is a pointer of Git LFS, not the file itself", "run git lfs pull"),
        b"<!DOCTYP": ("is a web page", "download the file that it shows or names; perhaps one has to sign in first"),
    }
    for beginning, (what, remedy) in found.items():
        if head.startswith(beginning) and (beginning != b"version " or source.tells(b"version https://git-lfs")):
            raise UnreadableError(f"{name} {what}; {remedy}")


def is_workbook(source: Source) -> bool:
    """Return whether a file is a workbook of Excel or of LibreOffice, and not another archive."""
    if source.head.startswith(_OLE2):
        return True
    try:
        with source.open() as file, zipfile.ZipFile(file) as archive:
            return not {"[Content_Types].xml", "content.xml"}.isdisjoint(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
