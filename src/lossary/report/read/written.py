"""How numbers and comments are written in text: decimal commas, separators of thousands, percent signs, lines of comments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lossary.report.read.arrow_column import ArrowColumn, compute
from lossary.report.read.table import Numbers

_SPACES = "\u00a0\u202f\u2009"
"""Spaces that do not break lines, which stand for the usual one between thousands and before a sign."""
_PERCENT = rf"[\s{_SPACES}]*%[\s{_SPACES}]*$"


@dataclass(frozen=True)
class Writing:
    """How numbers are written."""

    decimal: str = "."
    thousands: str | None = None
    """What stands between groups of digits; None for a point where the decimal sign is a comma, else for nothing."""
    percent: bool = False
    """True if every number has a percent sign."""

    def plain(self, array: Any) -> Any:
        """Return texts as numbers are usually written; a text that is no number of this writing stays none.

        A group is what stands before the last three digits: 1,23 is no number with a comma between thousands.
        """
        pc, thousands = compute(), self.thousands or ("." if self.decimal == "," else None)
        if self.percent:  # e-2 divides by 100 before the text is rounded to a number, and is no exponent's second
            shares = pc.binary_join_element_wise(pc.replace_substring_regex(array, _PERCENT, ""), "e-2", "")
            array = pc.if_else(pc.match_substring_regex(array, _PERCENT), shares, "%")
        if thousands == " ":
            array = pc.replace_substring_regex(array, f"(\\d)[{_SPACES}](\\d)", r"\1 \2")
        if thousands is not None and pc.any(pc.match_substring(array, thousands)).as_py():
            mark = re.escape(thousands)
            grouped = rf"^\s*[+-]?\d{{1,3}}({mark}\d{{2,3}})*{mark}\d{{3}}([^\d{mark}].*)?$"
            array = pc.if_else(pc.match_substring_regex(array, grouped), pc.replace_substring(array, thousands, ""), array)
        if self.decimal == ",":
            # a point that is left stands between no thousands, and is no decimal sign
            array = pc.replace_substring(pc.replace_substring(array, ".", "?"), ",", ".")
        return array


class WrittenColumn(ArrowColumn):
    """Text in which numbers are written in another way than programs write them."""

    def __init__(self, array: Any, writing: Writing) -> None:
        super().__init__(array)
        self.writing = writing

    def like(self, array: Any) -> ArrowColumn:
        """Return other rows of the same column."""
        return WrittenColumn(array, self.writing)

    def numbers(self, width: int | None = None) -> Numbers:
        """Return the rows as numbers."""
        return ArrowColumn(self.writing.plain(self.array)).numbers(width)


def is_percent(array: Any, writing: Writing) -> bool:
    """Return whether all texts, of which there is one, are numbers with a percent sign; null and empty ones say nothing."""
    shares = Writing(writing.decimal, writing.thousands, percent=True)
    told = array.drop_null()
    if not len(told) or not compute().match_substring_regex(told, _PERCENT)[0].as_py():
        return False
    found = ArrowColumn(shares.plain(told)).numbers()
    return found.text is None or not found.text.any()


def without_comments(data: bytes, mark: bytes, *, last: bool) -> bytes:
    """Return text whose lines that begin with a mark are empty, so that the numbers of lines stay as they are.

    The text begins with a whole record. A line within quotes is none of these: an odd number of quotes stands before it. The
    last line is left as it is unless it is the ``last`` of all, since the rest of it may follow.
    """
    if mark not in data:
        return data
    pieces, place, quotes = [], 0, 0
    for found in re.finditer(
        rb"(?:^|(?<=[\r\n]))" + re.escape(mark) + (rb"[^\r\n]*" if last else rb"[^\r\n]*(?=[\r\n])"), data
    ):
        quotes += data.count(b'"', place, found.start())
        pieces.append(data[place : found.end()] if quotes % 2 else data[place : found.start()])
        quotes += data.count(b'"', found.start(), found.end()) if quotes % 2 else 0
        place = found.end()
    return b"".join([*pieces, data[place:]])
