"""``lossary verify``: whether a report is of these data, to the bit."""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

import lossary
from lossary._version import __version__
from lossary.cli import options
from lossary.cli.streams import fail, tell
from lossary.counted import counted
from lossary.errors import ReportError, UnreadableError, UsageError
from lossary.printable import printable
from lossary.report.call import size_of
from lossary.report.read.data import expanded
from lossary.report.show.document import SCHEMA

_MADE_BY = {"score": "score", "comparison": "compare", "ranking": "compare"}
"""The function of ``lossary.report`` that makes each kind of report."""
_NOT_COMPARED = ("lossary", "call", "files", "file", "messages", "message", "notes", "warnings")
"""Keys that say where the files are, or repeat in words what other keys say in numbers."""
_LISTED = 20
_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """A value that is another one than in the report."""

    place: str
    then: Any
    now: Any

    def __str__(self) -> str:
        said = f"{_shown(self.then)} then, {_shown(self.now)} now"
        if not (_is_number(self.then) and _is_number(self.now)):
            return said
        change = self.now - self.then
        if not change:  # 0.0 and -0.0
            return said
        part = f", {100 * abs(change / self.then):.3g} %" if self.then and math.isfinite(change / self.then) else ""
        steps = f", {_steps(self.then, self.now):,} ulp" if abs(change) <= 1e-12 * abs(self.then) else ""
        return f"{said} ({change:+.3g}{steps or part})"


@click.command()
@click.argument("report", metavar="REPORT.JSON")
@click.argument("files", metavar="[FILE...]", nargs=-1)
@click.option("--truth", metavar="FILE", help="The file of the target, where it is not where the report says.")
def verify(report: str, files: tuple[str, ...], truth: str | None) -> int:
    """Verify that a report (--json) is of these files. Make it again by its own options, and compare every number to the bit.

    FILE are the files that it was made of, or A and B of a comparison; by default those that it names. The exit code is 0 if
    all numbers are the same, 1 if some differ.

    \b
    lossary verify report.json holdout.parquet
    """
    then = _read(report)
    call, kind = then["call"], then["kind"]
    if not files and call["data"] is None:
        raise UsageError(f"{report} was made of data that have no name; name the files")
    opened = options.opened(files)
    data = call["data"] if not files else [opened] if kind == "score" else opened
    asked = call["options"] | ({} if truth is None else {"truth": truth})
    by_name = asked.get("interval") == "bootstrap" and not asked.get("id")
    for remark in (*_versions(then), *_files(call["files"], data, by_name=by_name)):
        tell(f"lossary: {printable(remark)}")
    function = getattr(lossary.report, _MADE_BY[kind])
    try:
        now = function(*data, **asked).to_dict()
    except TypeError as error:
        raise UsageError(f"{report} was made by other options than lossary {__version__} has: {error}") from None
    same_version = then["lossary"] == __version__
    found = [one for one in differences(then, now) if same_version or _ABSENT not in (one.then, one.now)]
    compared = sum(1 for _ in _values(then))
    if not found:
        click.echo(f"{printable(report)} is of these data: all {compared:,} values are the same to the bit")
        return 0
    width = max(len(one.place) for one in found[:_LISTED])
    lines = [f"  {printable(one.place):<{width}}  {one}" for one in found[:_LISTED]]
    more = [f"  … and {len(found) - _LISTED:,} more"] if len(found) > _LISTED else []
    click.echo("\n".join([f"{len(found):,} of {compared:,} values differ", *lines, *more]))
    return fail(f"{printable(report)} is not of these data", 1)


def _read(path: str) -> dict[str, Any]:
    """Return a report; raise unless it is one that can be made again."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}; check the path") from None
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}; pass what --json printed") from None
    kind = found.get("kind") if isinstance(found, dict) else None
    if kind not in _MADE_BY:
        raise UsageError(f"{path} is no score and no comparison; pass what `lossary score … --json` printed")
    if found.get("schema") != SCHEMA or "call" not in found:
        raise UsageError(
            f"{path} was made by lossary {found.get('lossary')}, whose reports do not say how they were made; make it again"
        )
    if found["call"] is None:
        raise UsageError(f"{path} was made of arrays, or of a loss without a name, so it cannot be made again; score files")
    return found


def _versions(then: Mapping[str, Any]) -> Iterator[str]:
    if then["lossary"] != __version__:
        yield f"the report was made by lossary {then['lossary']}, and this is {__version__}: a difference may be the program's"


def _files(files: list[dict[str, Any]], data: Any, *, by_name: bool) -> Iterator[str]:
    """Yield which files are not as they were when the report was made, by their place in the list.

    Their names matter ``by_name`` alone: the bootstrap knows a row without an id by its file's.
    """
    names = [name for one in data for name in (one if isinstance(one, list) else [one]) if isinstance(name, str)]
    try:
        paths = list(dict.fromkeys(path for name in names for path in expanded(name)))
    except ReportError:  # told when the report is made
        return
    if len(paths) != len(files):
        yield f"the report was made of {counted(len(files), 'file')}, and these are {len(paths):,}"
        return
    for path, file in zip(paths, files, strict=True):
        size = size_of(path)
        if None not in (size, file["bytes"]) and size != file["bytes"]:
            yield f"{path} has {size:,} bytes; {file['path']} had {file['bytes']:,}"
        if by_name and os.path.basename(path) != os.path.basename(file["path"]):
            yield (
                f"the bootstrap knows rows without an id by the name of their file, so {path} has other intervals than "
                f"{file['path']}; name it so"
            )


def differences(then: Any, now: Any, place: str = "") -> Iterator[Difference]:
    """Yield the values that are not the same: numbers to the bit, words letter by letter."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in [*then, *(key for key in now if key not in then)]:
            if key not in _NOT_COMPARED:
                inner = f"{place}.{key}" if place else key
                yield from differences(then.get(key, _ABSENT), now.get(key, _ABSENT), inner)
    elif isinstance(then, list) and isinstance(now, list):
        for k in range(max(len(then), len(now))):
            one, other = (held[k] if k < len(held) else _ABSENT for held in (then, now))
            yield from differences(one, other, f"{place}[{k}]")
    elif not _same(then, now):
        yield Difference(place, then, now)


def _values(value: Any) -> Iterator[Any]:
    """Yield the numbers and words of a document that are compared."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in _NOT_COMPARED:
                yield from _values(one)
    elif isinstance(value, list):
        for one in value:
            yield from _values(one)
    else:
        yield value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return struct.pack("<d", one) == struct.pack("<d", other)  # tells 0.0 from -0.0
    return type(one) is type(other) and bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value)
    return printable(text if len(text) <= 40 else f"{text[:39]}…")


def _steps(one: float, other: float) -> int:
    """Return how many floating-point numbers lie between two, and one more."""
    first, second = (struct.unpack("<q", struct.pack("<d", x))[0] for x in (one, other))
    first, second = (x if x >= 0 else -(x & 0x7FFF_FFFF_FFFF_FFFF) for x in (first, second))
    return abs(int(first) - int(second))
