"""What a user says about how files are written."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace

from lossary.errors import UsageError

_BETWEEN = (",", ".", " ", "'", "_")
_NEVER = '"\r\n\0 \t,.+-0123456789'


@dataclass(frozen=True)
class TextFormat:
    """How text files are written, and which sheet of a workbook is read; None: as the file says, or the default."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    """The thousands separator; None for none, or for a point where the decimal sign is a comma."""
    comment: str | None = None
    """The first character of lines that are comments, not rows."""
    sheet: str | None = None

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
        if self.thousands not in (None, *_BETWEEN) or self.thousands == (self.decimal or "."):
            raise UsageError(
                f"a thousands separator is one of {' '.join(map(repr, _BETWEEN))}, and differs from the decimal sign; got "
                f"{self.thousands!r}"
            )
        if self.comment is not None and not (
            isinstance(self.comment, str) and len(self.comment) == 1 and self.comment.isascii() and self.comment not in _NEVER
        ):
            raise UsageError(
                f"comments begin with one ASCII character with which no field begins, such as #; got {self.comment!r}"
            )
        if self.delimiter is not None:
            character = "\t" if self.delimiter in ("tab", "\\t") else self.delimiter
            if not (isinstance(character, str) and len(character) == 1 and character.isascii()) or character in '"\r\n\0':
                raise UsageError(
                    "a delimiter is one ASCII character other than a quote or a line break, or the word tab; got "
                    f"{self.delimiter!r}"
                )
            object.__setattr__(self, "delimiter", character)

    @property
    def is_stated(self) -> bool:
        """True if the user said how text is written: then the file is text."""
        return replace(self, sheet=None) != TextFormat()
