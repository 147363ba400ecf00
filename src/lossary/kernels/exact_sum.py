"""Exact sums: numbers added to an accumulator of whole numbers that spans the range of float64.

The accumulator is a row of 70 limbs of 64 bits, limb j counting units of 2^(32·j - 1074); each holds 32 bits of every number
added, so carries wait in its upper half. What is added is a whole number times a power of two, so nothing is ever rounded and
no order matters (Neal, 2015, "Fast exact summation using small and large superaccumulators").
"""

from __future__ import annotations

import functools

from lossary.kernels.native import Native, native

LIMBS = 70
"""2^(32·70 - 1074) is 2^1166: room for 2^142 of the largest numbers."""

_IMPORTS = """\
from numba import float64, int64, njit

from lossary.kernels.blocks import chunk_float64, fused_multiply_add
from lossary.kernels.vector_math import bits_float64, exactly, real_float64
"""

_DEPOSIT = '''
MAGNITUDE = int64(0x7FFF_FFFF_FFFF_FFFF)
FRACTION = int64(0xF_FFFF_FFFF_FFFF)
LOW = int64(0xFFFF_FFFF)


@exactly
def bits(x):
    return int64(bits_float64(x))


@exactly
def power_of_two(exponent):
    return real_float64((exponent + int64(1023)) << int64(52))


@exactly
def deposit(limbs, sums, column, whole, place):
    """Add whole·2^place, |whole| < 2^63, to the sum in a column, in digits of 32 bits."""
    limb, shift = (place >> int64(5)) * sums + column, place & int64(31)
    low, high = (whole & LOW) << shift, (whole >> int64(32)) << shift
    limbs[limb] += low & LOW
    limbs[limb + sums] += (low >> int64(32)) + (high & LOW)
    limbs[limb + 2 * sums] += high >> int64(32)


@exactly
def add_one(limbs, specials, sums, column, x):
    """Add a number, or count it if it is none or infinite."""
    pattern = bits(x)
    exponent, fraction = (pattern & MAGNITUDE) >> int64(52), pattern & FRACTION
    if exponent == int64(2047):
        kind = int64(0) if fraction != 0 else int64(1) if pattern > 0 else int64(2)
        specials[kind * sums + column] += 1
        return
    if exponent == 0:
        place = int64(0)
    else:
        place, fraction = exponent - int64(1), fraction | (int64(1) << int64(52))
    deposit(limbs, sums, column, -fraction if pattern < 0 else fraction, place)
'''

ADDING = (
    _DEPOSIT
    + '''

@njit(error_model="numpy")
def add_parts(parts, count, limbs, specials):
    """Add some numbers to one sum; they are used up."""
    largest = int64(0)
    for k in range(count):
        largest = max(largest, bits(parts[k]) & MAGNITUDE)
    if largest == 0:
        return
    exponent = largest >> int64(52)
    scale = exponent - int64(1074)  # |x| < 2^(scale + 52)
    rounds = int64(4) if (exponent < int64(2047)) and (exponent >= int64(260)) else int64(0)
    for _ in range(rounds):
        # x = whole·2^scale + rest exactly, |whole| < 2^52; the sum of 256 such is below 2^60
        up, down = power_of_two(-scale), power_of_two(scale)
        total, left = int64(0), int64(0)
        for k in range(count):
            whole = int64(parts[k] * up)
            rest = parts[k] - float64(whole) * down
            parts[k] = rest
            total += whole
            left = left | (bits(rest) & MAGNITUDE)
        deposit(limbs, int64(1), int64(0), total, scale + int64(1074))
        if left == 0:
            return
        scale -= int64(52)
    for k in range(count):  # numbers of a very wide range, next to zero, or none at all
        add_one(limbs, specials, int64(1), int64(0), parts[k])


@exactly
def add_squares(parts, high, low, count, squares, square_specials):
    """Add the squares of some numbers to one sum."""
    for k in range(count):
        # x² = high + low exactly (Dekker), but for what lies below the smallest subnormal
        square = parts[k] * parts[k]
        error = fused_multiply_add(parts[k], parts[k], -square)
        high[k] = square
        low[k] = error if abs(square) < float64(1.7976931348623157e308) else float64(0)
    add_parts(high, count, squares, square_specials)
    add_parts(low, count, squares, square_specials)
'''
)
"""Functions that add some numbers, 256 at most, and their squares."""

_ALL = '''

def kernel(values, limbs, specials, squares, square_specials, squared, size):
    """Add all numbers to one sum, and their squares to another."""
    parts, high, low = chunk_float64(), chunk_float64(), chunk_float64()
    for first in range(0, size, 256):
        count = min(int64(256), size - first)
        for k in range(count):
            parts[k] = values[first + k]
        if squared != 0:
            add_squares(parts, high, low, count, squares, square_specials)
        add_parts(parts, count, limbs, specials)
'''

FEW = 64
"""Sums up to which numbers are gathered by sum before they are added to the accumulators."""

_FEW = '''
from lossary.kernels.blocks import chunk_int64, lanes_int64


@njit(error_model="numpy")
def add_to_few(parts, index, first, count, sums, limbs, specials, gathered, rest, wholes, remainders):
    """Add some numbers, each to its sum; they are used up."""
    largest = int64(0)
    for k in range(count):
        largest = max(largest, bits(parts[k]) & MAGNITUDE)
    if largest == 0:
        return
    exponent = largest >> int64(52)
    if (exponent < int64(2047)) and (exponent >= int64(260)):
        # x = whole·2^scale + remainder·2^(scale - 52) + what is left, exactly; both below 2^52, as in add_parts
        scale = exponent - int64(1074)
        up, down = power_of_two(-scale), power_of_two(scale)
        lower = scale - int64(52)
        up_again, down_again = power_of_two(-lower), power_of_two(lower)
        left = int64(0)
        for k in range(count):
            whole = int64(parts[k] * up)
            x = parts[k] - float64(whole) * down
            remainder = int64(x * up_again)
            x = x - float64(remainder) * down_again
            wholes[k], remainders[k], parts[k] = whole, remainder, x
            left = left | (bits(x) & MAGNITUDE)
        for j in range(sums):
            gathered[j], rest[j] = int64(0), int64(0)
        for k in range(count):
            j = index[first + k]
            if j >= 0:
                gathered[j] += wholes[k]
                rest[j] += remainders[k]
        for j in range(sums):
            deposit(limbs, sums, j, gathered[j], scale + int64(1074))
            deposit(limbs, sums, j, rest[j], lower + int64(1074))
        if left == 0:
            return
    for k in range(count):
        j = index[first + k]
        if j >= 0:
            add_one(limbs, specials, sums, j, parts[k])


def kernel(values, index, limbs, specials, squares, square_specials, squared, size, sums):
    """Add each number to the sum that the index says, none where it is negative; and its square to another."""
    parts, high, low = chunk_float64(), chunk_float64(), chunk_float64()
    wholes, remainders, gathered, rest = chunk_int64(), chunk_int64(), lanes_int64(), lanes_int64()
    for first in range(0, size, 256):
        count = min(int64(256), size - first)
        for k in range(count):
            x = values[first + k]
            parts[k] = x
            high[k] = x * x
            error = fused_multiply_add(x, x, -high[k])
            low[k] = error if abs(high[k]) < float64(1.7976931348623157e308) else float64(0)
        add_to_few(parts, index, first, count, sums, limbs, specials, gathered, rest, wholes, remainders)
        if squared != 0:
            add_to_few(high, index, first, count, sums, squares, square_specials, gathered, rest, wholes, remainders)
            add_to_few(low, index, first, count, sums, squares, square_specials, gathered, rest, wholes, remainders)
'''

_MANY = '''

def kernel(values, index, limbs, specials, squares, square_specials, squared, size, sums):
    """Add each number to the sum that the index says, none where it is negative; and its square to another."""
    for i in range(size):
        column = index[i]
        if column >= 0:
            x = values[i]
            add_one(limbs, specials, sums, column, x)
            if squared != 0:
                high = x * x
                error = fused_multiply_add(x, x, -high)
                add_one(squares, square_specials, sums, column, high)
                if abs(high) < float64(1.7976931348623157e308):
                    add_one(squares, square_specials, sums, column, error)
'''

_SUMS = ("int64*",) * 4


@functools.cache
def all_together() -> Native | None:
    """A kernel that adds numbers to one sum: of values, limbs, specials, those of the squares, whether squared, size."""
    return native(_IMPORTS + ADDING + _ALL, ("float64*", *_SUMS, "int64", "int64"), "exact sums")


@functools.cache
def by_index(few: bool) -> Native | None:
    """A kernel that adds each number to one of several sums: of values, index, limbs, …, whether squared, size, sums."""
    arguments = ("float64*", "int64*", *_SUMS, "int64", "int64", "int64")
    return native(_IMPORTS + _DEPOSIT + (_FEW if few else _MANY), arguments, "exact sums")
