"""How many numbers there are of each size, to 8 bits of their mantissa."""

from __future__ import annotations

import functools

from lossary.kernels.native import Native, native

_SOURCE = '''\
from numba import int64, uint64

from lossary.kernels.math import bits_float64


def kernel(values, counts, size):
    """Count each number by its sign, exponent and the first 8 bits of its mantissa."""
    for i in range(size):
        counts[int64(bits_float64(values[i] + 0.0) >> uint64(44))] += 1  # + 0.0: -0.0 is 0.0
'''


@functools.cache
def kernel() -> Native | None:
    """A kernel that adds 1 for each of so many float64 numbers to one of 2^20 counts of int64; None if there is none."""
    return native(_SOURCE, ("float64*", "int64*", "int64"), "counts by size")
