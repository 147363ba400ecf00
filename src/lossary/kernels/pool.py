"""Memory for large results that is used again.

The system clears fresh memory page by page, which takes longer than a kernel does. So the memory of a large result that nothing
refers to any more is kept for the next result. Meanwhile it is marked as free for the system to take whenever memory runs short
(``MADV_FREE``), so no other program misses it.
"""

from __future__ import annotations

import contextlib
import mmap
from collections import deque
from typing import Any

import numpy as np

SMALLEST = 32 << 20
"""Bytes from which the pool serves. Below it glibc reuses memory itself, sooner: this is its largest ``mmap`` threshold."""
_KEPT = 2
_WASTE = 1.25
"""The largest ratio of the size of kept memory to the size that is asked for."""
_free: int | None = getattr(mmap, "MADV_FREE", None)
_huge_pages: int | None = getattr(mmap, "MADV_HUGEPAGE", None)
_kept: deque[mmap.mmap] = deque(maxlen=_KEPT)  # appending and popping are atomic; what falls out goes back to the system


class _Lease:
    """The base of an array in memory of the pool; returns the memory when the last array that refers to it is gone."""

    __slots__ = ("__array_interface__", "_memory")

    def __init__(self, memory: mmap.mmap, size: int) -> None:
        self._memory = memory
        address = np.frombuffer(memory, np.uint8).__array_interface__["data"]
        self.__array_interface__ = {"version": 3, "shape": (size,), "typestr": "|u1", "data": address}

    def __del__(self, free: Any = _free, keep: Any = _kept.append) -> None:  # as the interpreter ends, globals are gone first
        try:
            self._memory.madvise(free)
        except OSError:  # a system that does not know the mark
            return
        keep(self._memory)


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an uninitialised array, as ``numpy.empty`` does."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if size < SMALLEST or _free is None:
        return np.empty(shape, dtype)
    return np.asarray(_Lease(_take(size), size)).view(dtype).reshape(shape)


def _take(size: int) -> mmap.mmap:
    for _ in range(len(_kept)):
        try:
            memory = _kept.popleft()
        except IndexError:  # another thread was faster
            break
        if size <= len(memory) <= _WASTE * size:
            return memory
        _kept.append(memory)
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if _huge_pages is not None:
        with contextlib.suppress(OSError):  # a system without them
            memory.madvise(_huge_pages)
    return memory
