"""A kernel for histograms: it counts numbers by sign, exponent and the first 8 bits of the mantissa."""

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
    """Return the kernel, or None if kernels are unavailable; it takes float64 values, 2^20 counts of int64, and size."""
    return native(_SOURCE, ("float64*", "int64*", "int64"), "counts by size")
