"""Kernels for graphics processors, in Triton, which comes with torch where there is one; never imported before it is needed."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def available() -> bool:
    """Whether Triton is installed."""
    from importlib.util import find_spec

    return find_spec("triton") is not None


def serves(x: Any) -> bool:
    """Whether a kernel can read a tensor where it is."""
    return bool(getattr(x, "is_cuda", False)) and available()
