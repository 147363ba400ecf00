"""Functions of the C library that kernels call, under names of our own.

By its own name LLVM would know a function, and might call a vector library instead that is missing where the kernel is loaded.
"""

from __future__ import annotations

import ctypes
import functools
import sys

PREFIX = "lossary_"
_NAMES = ("atan", "atan2", "cos", "sin")


@functools.cache
def link() -> None:
    """Tell LLVM where the functions are; raise AttributeError if this process has none of a name."""
    import llvmlite.binding as llvm

    library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    for name in _NAMES:
        address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        llvm.add_symbol(f"{PREFIX}{name}", address)
