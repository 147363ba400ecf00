"""Select the columns of predictions and targets by name or glob."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lossary.errors import UsageError, nearest, short_repr
from lossary.report.read.table import Table
from lossary.report.read.text import natural

Names = str | Sequence[str]
_WORDS = ("p", "pr", "prob", "proba", "probability", "pred", "prediction", "logit", "score", "class")
"""Beginnings of listed names that say what the columns hold, and not which class."""


@dataclass(frozen=True)
class Selection:
    """The columns of the prediction or the target."""

    role: str
    text: str
    """As the user wrote it."""
    columns: tuple[str, ...]
    names: tuple[str, ...] | None
    """The class names of several columns: what ``*`` matched, or the distinct ends of listed names; None for one column."""
    width: int | None = None
    """The length of a row; None for single numbers, 0 for lists of a length not known yet."""
    parts: tuple[int, ...] = ()
    """How many columns each of the listed names and globs stands for."""
    lists: bool = False
    """True if several columns hold lists, of ``width`` numbers each."""

    @property
    def several(self) -> bool:
        """True if several columns were asked for."""
        return self.names is not None


def select(table: Table, wanted: Names, role: str, others: Sequence[str]) -> Selection:
    """Return the columns that a name, a glob or a list of these names; globs do not match the ``others``."""
    if isinstance(wanted, str) and wanted in table.kinds:
        return Selection(role, wanted, (wanted,), None)
    given: Any = wanted.split(",") if isinstance(wanted, str) else wanted
    items = list(given) if isinstance(given, Iterable) and not isinstance(given, (bytes, Mapping)) else [given]
    if not items or not all(isinstance(item, str) for item in items):
        raise UsageError(
            f"the {role} is a column name, a glob such as 'logit_*' or a list of these; got {short_repr(wanted)}; "
            "name columns of the data, or pass data=None with arrays"
        )
    items = [item.strip() for item in items]
    text, found, parts = ",".join(items), list[tuple[str, str]](), list[int]()
    shared = _shared_beginning([item for item in items if item in table.kinds])
    for item in items:
        before = len(found)
        if item in table.kinds:
            found.append((item, item.removeprefix(shared)))
        elif any(c in item for c in "*?"):
            found += _glob(table, item, role, others)
        else:
            table.require(item, role)
        parts.append(len(found) - before)
    columns = tuple(column for column, _ in found)
    twice = next((c for c in columns if columns.count(c) > 1), None)
    if twice is not None:
        raise UsageError(f"the columns of the {role} are distinct; {text!r} names {twice!r} twice")
    if len(items) == len(columns) == 1 and not is_glob(items[0]):
        return Selection(role, text, columns, None)
    return Selection(role, text, columns, tuple(name for _, name in found), len(columns), tuple(parts))


def is_glob(item: str) -> bool:
    """Return whether a text is a pattern of column names."""
    return "*" in item or "?" in item


def claimed(table: Table, wanted: Names, others: Sequence[Names]) -> list[str]:
    """Return the columns that a glob leaves to those of others with more fixed letters, as prob* to prob*_outcome."""
    fixed = min((_fixed(glob) for glob in _globs(wanted)), default=None)
    closer = [glob for names in others for glob in _globs(names) if fixed is not None and _fixed(glob) > fixed]
    return [name for name in table.kinds if any(_expression(glob).fullmatch(name) for glob in closer)]


def mentioned(table: Table, wanted: Any, others: Sequence[str]) -> list[str]:
    """Return the columns that names, globs, patterns with ``{model}`` or mappings of these speak of, but for the ``others``."""
    if isinstance(wanted, str) and wanted in table.kinds:
        return [wanted]
    if isinstance(wanted, str):
        items = [item.rpartition("=")[2].strip().replace("{model}", "*") for item in wanted.split(",")]
        found = [
            [item] if item in table.kinds else [name for name in table.kinds if name and _expression(item).fullmatch(name)]
            for item in items
        ]
    else:
        parts = wanted.values() if isinstance(wanted, Mapping) else wanted if isinstance(wanted, Iterable) else ()
        found = [mentioned(table, part, others) for part in parts]
    return [name for name in dict.fromkeys(name for names in found for name in names) if name not in others]


def _globs(names: Names) -> list[str]:
    items = names.split(",") if isinstance(names, str) else names if isinstance(names, Iterable) else ()
    return [item.strip() for item in items if isinstance(item, str) and is_glob(item)]


def _fixed(pattern: str) -> int:
    return len(pattern) - pattern.count("*") - pattern.count("?")


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": "(.*)", "?": "(.)"}.get(c, re.escape(c)) for c in pattern), re.DOTALL)


def _glob(table: Table, pattern: str, role: str, others: Sequence[str]) -> list[tuple[str, str]]:
    expression = _expression(pattern)
    matches = [(name, match) for name in table.kinds if name and name not in others and (match := expression.fullmatch(name))]
    if not matches:
        near = nearest(pattern.replace("*", "").replace("?", ""), table.kinds, "it has")
        raise UsageError(f"{table.path} has no column like {pattern!r} for the {role}{near}")
    return sorted(((name, "".join(match.groups())) for name, match in matches), key=lambda pair: natural(pair[0]))


def _shared_beginning(names: Sequence[str]) -> str:
    """Return the common beginning of listed names, up to a separator or a number, like the fixed part of a glob."""
    if len(names) < 2:
        return ""
    same = [len(set(letters)) == 1 for letters in zip(*names, strict=False)]
    shared = names[0][: [*same, False].index(False)]
    bare = shared.rstrip("0123456789")
    ends = [name.removeprefix(bare) for name in names]
    if all(ends) and (bare.lower() in _WORDS or any(end.isdecimal() for end in ends)):
        return bare
    return "".join(re.findall(r"^.*[^0-9A-Za-z]", shared))
