"""Kernels that add numbers and their squares to exact sums; ``accumulator.py`` says how a sum is kept."""

from __future__ import annotations

import functools

from lossary.kernels.native import Native, native
from lossary.kernels.sizes import LANES

_ONE_SUM = '''\
from numba import int64

from lossary.kernels.accumulator import add_all, add_squares
from lossary.kernels.blocks import chunk_float64


def kernel(values, limbs, specials, squares, square_specials, squared, size):
    """Add all numbers to one sum, and their squares to another."""
    parts, high, low = chunk_float64(), chunk_float64(), chunk_float64()
    for first in range(0, size, 256):
        count = min(int64(256), size - first)
        for k in range(count):
            parts[k] = values[first + k]
        if squared != 0:
            add_squares(parts, high, low, count, squares, square_specials)
        add_all(parts, count, limbs, specials)
'''

FEW = LANES
"""The most sums for which numbers are gathered by sum before they are added to the limbs."""

_FEW_SUMS = '''\
from numba import int64

from lossary.kernels.accumulator import add_by_index, square_of
from lossary.kernels.blocks import chunk_float64, chunk_int64, lanes_int64


def kernel(values, index, limbs, specials, squares, square_specials, squared, size, sums):
    """Add each number to the sum that the index names, to none if it is negative; and its square to another."""
    parts, high, low = chunk_float64(), chunk_float64(), chunk_float64()
    wholes, remainders, gathered, rest = chunk_int64(), chunk_int64(), lanes_int64(), lanes_int64()
    for first in range(0, size, 256):
        count = min(int64(256), size - first)
        for k in range(count):
            parts[k] = values[first + k]
            high[k], low[k] = square_of(values[first + k])
        add_by_index(parts, index, first, count, sums, limbs, specials, gathered, rest, wholes, remainders)
        if squared != 0:
            add_by_index(high, index, first, count, sums, squares, square_specials, gathered, rest, wholes, remainders)
            add_by_index(low, index, first, count, sums, squares, square_specials, gathered, rest, wholes, remainders)
'''

_MANY_SUMS = '''\
from lossary.kernels.accumulator import add_number, square_of


def kernel(values, index, limbs, specials, squares, square_specials, squared, size, sums):
    """Add each number to the sum that the index names, to none if it is negative; and its square to another."""
    for i in range(size):
        column = index[i]
        if column >= 0:
            add_number(limbs, specials, sums, column, values[i])
            if squared != 0:
                high, low = square_of(values[i])
                add_number(squares, square_specials, sums, column, high)
                add_number(squares, square_specials, sums, column, low)
'''

_SUMS = ("int64*",) * 4


@functools.cache
def all_together() -> Native | None:
    """Return a kernel that adds numbers to one sum, or None if kernels are unavailable.

    It takes values, limbs, specials, limbs and specials of the squares, whether to add squares, and the number of values.
    """
    return native(_ONE_SUM, ("float64*", *_SUMS, "int64", "int64"), "exact sums")


@functools.cache
def by_index(few: bool) -> Native | None:
    """Return a kernel that adds each number to one of several sums, at most 64 if ``few``, or None if kernels are unavailable.

    It takes values, index, limbs, specials, limbs and specials of the squares, whether to add squares, the number of values and
    the number of sums.
    """
    arguments = ("float64*", "int64*", *_SUMS, "int64", "int64", "int64")
    return native(_FEW_SUMS if few else _MANY_SUMS, arguments, "exact sums")
