"""The errors of reports, each with the exit code of the command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from lossary.names import did_you_mean
from lossary.printable import as_typed, printable


class ReportError(Exception):
    """A report could not be made; the text says what is required, what was found and what to do.

    Its arguments are the lines of the text. Names in it come from files, so each line is shown without control characters.
    """

    exit_code: int

    def __str__(self) -> str:
        return "\n".join(printable(str(line)) for line in self.args)


class UsageError(ReportError, ValueError):
    """The options do not fit the files or the loss."""

    exit_code = 2


class BadDataError(ReportError, ValueError):
    """Rows cannot be scored."""

    exit_code = 3


class UnreadableError(ReportError, OSError):
    """A file is missing, damaged, empty, of another format, or unlike the first."""

    exit_code = 4


class UnwritableError(ReportError, OSError):
    """A report could not be written."""

    exit_code = 4


class LostWorkerError(ReportError, RuntimeError):
    """A worker process died."""

    exit_code = 70


def nearest(name: str, known: Iterable[str], kind: str) -> str:
    """Return ``; did you mean 'x'?`` for the nearest names, followed by the first twelve known names."""
    known = list(known)
    shown = ", ".join(known[:12]) + (f", … ({len(known)} in all)" if len(known) > 12 else "")
    hint = did_you_mean(name, known, 3)
    return (f"{hint} " if hint else "; ") + f"{kind}: {shown or 'none'}"


def short_repr(value: Any) -> str:
    """Return a short text of a value for an error message, with its type unless that is plain."""
    text = as_typed(value)
    if value is None or isinstance(value, (bool, int, float, str, np.number)):
        return text if len(text) <= 80 else f"{text[:77]}…"
    kind = type(value).__name__
    return f"{kind} {text}" if len(text) <= 40 and "\n" not in text and not text.startswith((kind, "<")) else kind


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its type if it has none, without a full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(". ")[:300]
