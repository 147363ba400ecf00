"""Write a report as Markdown, for comments on pull requests, summaries of jobs, and notebooks without pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from lossary.printable import printable
from lossary.report.show.format import plain_value
from lossary.report.show.tables import Document
from lossary.report.show.text import contents, remarks, verdict_sentence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!@$])")
_LONGEST = 80
"""The most characters of a cell."""


def write(report: Document) -> str:
    """Return a report as Markdown: the verdict or the mean loss, warnings, facts, and tables that unfold."""
    title, facts, sections = contents(report)
    lines = [f"### {escaped(title)}", ""]
    if report["kind"] != "score":
        lines += [f"**{escaped(verdict_sentence(report))}**", ""]
    lines += [f"> **{kind}:** {escaped(text)}\n" for kind, text in remarks(report)]
    lines += ["| | |", "|---|---|", *(f"| {escaped(label)} | {escaped(value)} |" for label, value in facts), ""]
    if report["kind"] == "ranking":  # whose first table is what was asked for
        first, *sections = sections
        lines += [*_table(first.columns, first.rows), ""]
    for section in sections:
        lines += ["<details>", f"<summary>{escaped(section.title)}</summary>", ""]
        lines += [*_table(section.columns, section.rows), "", "</details>", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(map(escaped, columns))} |"
    yield f"|---{'|---:' * (len(columns) - 1)}|"
    for row in rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def _cell(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(str(plain_value(x)) for x in value[:4]) + (", …" if len(value) > 4 else "")
    text = str(value)
    return escaped(text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}")


def escaped(text: str) -> str:
    """Return a text on one line, without a character that Markdown or HTML reads as markup."""
    return _SPECIAL.sub(r"\\\1", printable(text)).replace("\\<", "&lt;").replace("\\>", "&gt;")
