"""Read files of text that are compressed as a whole, by gzip or zstd."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from lossary.report.read.source import ENDS, Source

_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""How compressed files begin."""
SUFFIXES = (".gz", ".zst")


def compression_of(head: bytes) -> str | None:
    """Return how a file that begins so is compressed, or None if it is not."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


@contextmanager
def decompressed(source: Source) -> Iterator[tuple[Any, Any]]:
    """Open a file as stored, and as decompressed, which is the same if it is not compressed."""
    kind = compression_of(source.head)
    with source.open() as raw:
        if kind is None:
            yield raw, raw if source.is_local else io.BufferedReader(raw)  # pyarrow's files have no lines
        elif kind == "gzip":
            with gzip.GzipFile(fileobj=raw, mode="rb") as file:
                yield raw, file
        else:
            import pyarrow as pa  # type: ignore[import-untyped]

            with pa.CompressedInputStream(raw, kind) as stream, io.BufferedReader(stream) as file:
                yield raw, file


def first_bytes(source: Source) -> bytes:
    """Return the first bytes of the text, or those of the file if it cannot be decompressed."""
    with suppress(OSError, EOFError, zlib.error), decompressed(source) as (_, file):
        found: bytes = file.read(ENDS)
        return found
    return source.head
