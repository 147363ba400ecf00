"""Write to the standard streams, even if they are closed or nobody reads them."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import click

from lossary.printable import printable_lines


def fill_streams() -> None:
    """Open the null device for each standard stream that is closed, or the first file to be opened would take its place.

    Writing to stdout then fails, since somebody waits for the output; what is written to stderr is lost.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            place = os.open(os.devnull, flags)  # the lowest number that is free
            if place != number:
                os.dup2(place, number)
                os.close(place)
            os.set_inheritable(number, True)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def discard(stream: Any) -> None:
    """Drop what is still buffered for a stream, or Python fails once more when it exits."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def flush(stream: Any) -> None:
    """Write what is buffered for a stream, or drop it if that fails: the interpreter would exit with 120."""
    try:
        stream.flush()
    except (OSError, ValueError):
        discard(stream)


def tell(text: str) -> None:
    """Write to stderr if possible; a failure does not change the exit code."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(printable_lines(text), err=True)
    flush(sys.stderr)


def fail(sentence: str, code: int) -> int:
    """Write an error to stderr, and return the exit code."""
    tell(f"lossary: {sentence}")
    return code
