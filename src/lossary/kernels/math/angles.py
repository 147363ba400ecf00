"""Angles: sines, cosines and arctangents. They call the C library, which is right for arguments of any size."""

from __future__ import annotations

import functools
from typing import Any

from lossary.kernels.math.formats import Format
from lossary.kernels.math.llvm import inlined, library_function, library_function_of_two

_sin, _cos, _atan = map(library_function, ("sin", "cos", "atan"))
_atan2 = library_function_of_two("atan2")


@functools.cache
def make_sin(format: Format) -> Any:
    """Make ``sin`` in one precision."""
    real = format.real

    @inlined
    def sin(x: Any) -> Any:
        """The sine; NaN at infinities."""
        return real(_sin(x))

    return sin


@functools.cache
def make_cos(format: Format) -> Any:
    """Make ``cos`` in one precision."""
    real = format.real

    @inlined
    def cos(x: Any) -> Any:
        """The cosine; NaN at infinities."""
        return real(_cos(x))

    return cos


@functools.cache
def make_arctan(format: Format) -> Any:
    """Make ``arctan`` in one precision."""
    real = format.real

    @inlined
    def arctan(x: Any) -> Any:
        """The inverse tangent."""
        return real(_atan(x))

    return arctan


@functools.cache
def make_arctan2(format: Format) -> Any:
    """Make ``arctan2`` in one precision."""
    real = format.real

    @inlined
    def arctan2(y: Any, x: Any) -> Any:
        """The angle of the point (x, y), with C's special cases."""
        return real(_atan2(y, x))

    return arctan2
