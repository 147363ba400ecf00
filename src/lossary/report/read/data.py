"""Open the data of a score: files by path, glob or URI, and columns in memory."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from lossary.errors import UnreadableError, UsageError
from lossary.report.read.form import TextFormat
from lossary.report.read.open import open_table, table_of
from lossary.report.read.source import copy_stream, require_pyarrow
from lossary.report.read.table import Table
from lossary.report.read.text import natural

Data = Any
"""Paths, globs, URIs, or columns in memory; see :func:`lossary.report.score`."""


def tables_of(data: Data, form: TextFormat | None = None) -> list[Table]:
    """Return the tables of the data."""
    return list(_tables(data, form))


def _tables(data: Data, form: TextFormat | None) -> Iterator[Table]:
    if isinstance(data, (str, os.PathLike)):
        yield from (open_table(path, form) for path in expanded(os.fsdecode(data)))
    elif isinstance(data, Mapping):
        from lossary.report.read.arrays import ArraysTable

        yield ArraysTable(data)
    elif _is_table(data):
        require_pyarrow(f"reading a {type(data).__name__}")
        from lossary.report.read.stream import StreamTable

        yield StreamTable(data)
    elif callable(getattr(data, "read", None)):
        yield table_of(copy_stream(data, _name_of(data)), form or TextFormat())
    elif isinstance(data, (list, tuple, Iterator)):
        count = 0
        for count, item in enumerate(data, 1):  # noqa: B007
            if isinstance(item, (Mapping, list, tuple, Iterator)) and not hasattr(item, "read") and not _is_table(item):
                raise _no_data(f"{type(data).__name__} of {type(item).__name__}")
            yield from _tables(item, form)
        if not count:
            raise UsageError("there is at least one file to score; got none")
    else:
        raise _no_data(type(data).__name__)


def _is_table(data: Any) -> bool:
    speaks = any(hasattr(data, name) for name in ("__arrow_c_stream__", "__arrow_c_array__", "scanner"))
    return speaks or type(data).__name__ == "LazyFrame"


def _name_of(file: Any) -> str:
    if file is getattr(sys.stdin, "buffer", None) or file is sys.stdin:
        return "standard input"
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else f"the {type(file).__name__}"


def _no_data(got: str) -> UsageError:
    return UsageError(
        "data are paths, globs or URIs of files, open files, a table (pandas, Polars, Arrow, DuckDB: what has "
        "__arrow_c_stream__), a list of these, a mapping of names to arrays, or None where arrays are passed themselves; got "
        f"{got}"
    )


def expanded(path: str) -> list[str]:
    """Return the files that a glob matches, in natural order, or the path itself if it is no glob."""
    if "://" in path:
        return _expanded_far(path) if any(c in path.partition("?")[0] for c in "*[") else [path]
    if os.path.lexists(path) or not glob.has_magic(path):
        return [path]
    found = sorted(glob.glob(path, recursive=True), key=natural)
    if not found:
        raise UnreadableError(f"no file matches {path!r}; check the path")
    return found


def _expanded_far(pattern: str) -> list[str]:
    require_pyarrow(f"reading {pattern}")
    from pyarrow import fs  # type: ignore[import-untyped]

    place, mark, options = pattern.partition("?")  # options of the filesystem follow the question mark
    fixed = place[: min(place.index(c) for c in "*[" if c in place)].rpartition("/")[0]
    rest = place[len(fixed) + 1 :].split("/")
    try:
        system, folder = fs.FileSystem.from_uri((fixed if not fixed.endswith("://") else f"{fixed}/") + mark + options)
        names = [info.path for info in system.get_file_info(fs.FileSelector(folder, recursive=True)) if info.is_file]
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{pattern} cannot be listed: {error}; check the address and the access") from None
    below = [name[len(folder.rstrip("/")) + 1 :] for name in names]
    found = [f"{fixed}/{quote(name)}{mark}{options}" for name in sorted(below, key=natural) if _matches(name.split("/"), rest)]
    if not found:
        raise UnreadableError(f"no file matches {pattern!r}; check the address")
    return found


def _matches(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """Return whether the parts of a path match patterns; ``**`` matches any number of parts."""
    if not patterns or not names:
        return not names and all(pattern == "**" for pattern in patterns)
    if patterns[0] == "**":
        return _matches(names, patterns[1:]) or (not names[0].startswith(".") and _matches(names[1:], patterns))
    hidden = names[0].startswith(".") and not patterns[0].startswith(".")
    return not hidden and fnmatchcase(names[0], patterns[0]) and _matches(names[1:], patterns[1:])
