"""A database in a temporary folder, in which more rows are sorted and joined than fit in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

from lossary.errors import UnreadableError, UsageError, first_line

_MEMORY, _THREADS = "96MB", 4
"""The memory limit of a database, the rest of which lies in its folder; so many threads can do with it, and 32 could not."""


def settings(folder: str) -> dict[str, Any]:
    """Return the settings of a DuckDB database in a folder."""
    threads = min(_THREADS, os.cpu_count() or 1)
    return {"memory_limit": _MEMORY, "threads": threads, "temp_directory": folder, "preserve_insertion_order": False}


@contextmanager
def database(folder: str, what: str, failing: str) -> Iterator[Any]:
    """Open a DuckDB database in a folder; ``what`` takes it. Its errors begin with the words of ``failing``."""
    try:
        import duckdb
    except ImportError:
        raise UsageError(f'{what} takes DuckDB, which is not installed: pip install "lossary[report]"') from None
    try:
        with duckdb.connect(f"{folder}/rows.duckdb", config=settings(folder)) as data:
            yield data
    except duckdb.Error as error:
        raise UnreadableError(f"{failing} on disk: {first_line(error)}; make room in the temporary folder") from None
    except RuntimeError as error:
        if "interrupted" in str(error).lower():  # DuckDB's error for Ctrl-C
            raise KeyboardInterrupt from None
        raise


@contextmanager
def incoming(data: Any, batches: Iterator[Any], path: str) -> Iterator[None]:
    """Let queries read record batches, once, as the table ``incoming``; raise if there are none in ``path``."""
    head = next(batches, None)
    if head is None:
        raise UnreadableError(f"{path} has no rows; leave it out, or write it again")
    with incoming_of(data, head.schema, chain([head], batches)):
        yield


@contextmanager
def incoming_of(data: Any, schema: Any, batches: Iterator[Any]) -> Iterator[None]:
    """Let queries read record batches of a schema, once, as the table ``incoming``.

    An error of theirs is raised as it is, not as one of DuckDB's.
    """
    import pyarrow as pa  # type: ignore[import-untyped]

    failed: list[BaseException] = []

    def kept() -> Iterator[Any]:
        try:
            yield from batches
        except BaseException as error:
            failed.append(error)
            raise

    data.register("incoming", pa.RecordBatchReader.from_batches(schema, kept()))
    try:
        yield
    except Exception:
        if failed:
            raise failed[0] from None
        raise
    finally:
        data.unregister("incoming")
