"""Functions of kernels that add float64 numbers to exact sums.

An exact sum is a row of integers, its limbs. Limb j counts units of 2^(32·j - 1074), so together they span the range of
float64. Each number added puts at most 32 bits in a limb; carries collect in the limb's upper half. A number is an integer
times a power of two, so nothing is rounded and the order does not matter (Neal, 2015, "Fast exact summation using small and
large superaccumulators").

Where several sums lie side by side, limb j of the sum in a column is ``limbs[j * sums + column]``. NaN, +∞ and -∞ are counted
apart, in ``specials[kind * sums + column]`` with kind 0, 1 and 2.
"""

from __future__ import annotations

from typing import Any

from numba import float64, int64

from lossary.kernels.blocks import fused_multiply_add
from lossary.kernels.math import bits_float64, called, exactly, real_float64

_MAGNITUDE = int64(0x7FFF_FFFF_FFFF_FFFF)
_FRACTION = int64(0xF_FFFF_FFFF_FFFF)
_LOW = int64(0xFFFF_FFFF)
_LARGEST = 1.7976931348623157e308


@exactly
def _bits(x: Any) -> Any:
    """Return the bit pattern of a number as a signed integer."""
    return int64(bits_float64(x))


@exactly
def _power_of_two(exponent: Any) -> Any:
    """Return 2^exponent, a normal number."""
    return real_float64((exponent + int64(1023)) << int64(52))


@exactly
def _deposit(limbs: Any, sums: Any, column: Any, whole: Any, place: Any) -> None:
    """Add whole·2^(place - 1074), |whole| < 2^63, to the sum in a column, in digits of 32 bits."""
    limb, shift = (place >> int64(5)) * sums + column, place & int64(31)
    low, high = (whole & _LOW) << shift, (whole >> int64(32)) << shift
    limbs[limb] += low & _LOW
    limbs[limb + sums] += (low >> int64(32)) + (high & _LOW)
    limbs[limb + 2 * sums] += high >> int64(32)


@exactly
def add_number(limbs: Any, specials: Any, sums: Any, column: Any, x: Any) -> None:
    """Add a number to the sum in a column, or count it if it is NaN or infinite."""
    pattern = _bits(x)
    exponent, fraction = (pattern & _MAGNITUDE) >> int64(52), pattern & _FRACTION
    if exponent == int64(2047):
        kind = int64(0) if fraction != 0 else int64(1) if pattern > 0 else int64(2)
        specials[kind * sums + column] += 1
        return
    if exponent == 0:
        place = int64(0)
    else:
        place, fraction = exponent - int64(1), fraction | (int64(1) << int64(52))
    _deposit(limbs, sums, column, -fraction if pattern < 0 else fraction, place)


@exactly
def square_of(x: Any) -> Any:
    """Return x² as two numbers whose sum is exact, but for what lies below the smallest subnormal number."""
    # x² = square + error, the error of a product being a number that a fused multiply-add computes exactly (Dekker)
    square = x * x
    error = fused_multiply_add(x, x, -square)
    return square, error if abs(square) < float64(_LARGEST) else float64(0)


@exactly
def _largest_exponent(parts: Any, count: Any) -> Any:
    """Return the exponent field of the number of largest magnitude, or -1 if all numbers are 0."""
    largest = int64(0)
    for k in range(count):
        largest = max(largest, _bits(parts[k]) & _MAGNITUDE)
    return largest >> int64(52) if largest != 0 else int64(-1)


@exactly
def _may_be_split(exponent: Any) -> Any:
    """Return whether the powers of two by which numbers of this exponent are split are normal numbers."""
    return (exponent < int64(2047)) and (exponent >= int64(260))


@called
def add_all(parts: Any, count: Any, limbs: Any, specials: Any) -> None:
    """Add up to 256 numbers to one sum; overwrites the numbers."""
    exponent = _largest_exponent(parts, count)
    if exponent < 0:
        return
    scale = exponent - int64(1074)  # |x| < 2^(scale + 52)
    for _ in range(int64(4) if _may_be_split(exponent) else int64(0)):
        # x = whole·2^scale + rest exactly, |whole| < 2^52; the sum of 256 of them is below 2^60
        up, down = _power_of_two(-scale), _power_of_two(scale)
        total, left = int64(0), int64(0)
        for k in range(count):
            whole = int64(parts[k] * up)
            rest = parts[k] - float64(whole) * down
            parts[k] = rest
            total += whole
            left = left | (_bits(rest) & _MAGNITUDE)
        _deposit(limbs, int64(1), int64(0), total, scale + int64(1074))
        if left == 0:
            return
        scale -= int64(52)
    for k in range(count):  # numbers of a very wide range, close to 0, infinite or NaN
        add_number(limbs, specials, int64(1), int64(0), parts[k])


@exactly
def add_squares(parts: Any, high: Any, low: Any, count: Any, squares: Any, square_specials: Any) -> None:
    """Add the squares of up to 256 numbers to one sum; ``high`` and ``low`` are memory to work in."""
    for k in range(count):
        high[k], low[k] = square_of(parts[k])
    add_all(high, count, squares, square_specials)
    add_all(low, count, squares, square_specials)


@called
def add_by_index(
    parts: Any,
    index: Any,
    first: Any,
    count: Any,
    sums: Any,
    limbs: Any,
    specials: Any,
    gathered: Any,
    rest: Any,
    wholes: Any,
    remainders: Any,
) -> None:
    """Add up to 256 numbers, each to the sum that ``index`` names (none if negative); overwrites the numbers.

    There are at most 64 sums. The last four arguments are memory to work in.
    """
    exponent = _largest_exponent(parts, count)
    if exponent < 0:
        return
    if _may_be_split(exponent):
        # x = whole·2^scale + remainder·2^(scale - 52) + what is left, exactly; both are below 2^52, as in add_all
        scale = exponent - int64(1074)
        up, down = _power_of_two(-scale), _power_of_two(scale)
        lower = scale - int64(52)
        up_again, down_again = _power_of_two(-lower), _power_of_two(lower)
        left = int64(0)
        for k in range(count):
            whole = int64(parts[k] * up)
            x = parts[k] - float64(whole) * down
            remainder = int64(x * up_again)
            x = x - float64(remainder) * down_again
            wholes[k], remainders[k], parts[k] = whole, remainder, x
            left = left | (_bits(x) & _MAGNITUDE)
        for j in range(sums):
            gathered[j], rest[j] = int64(0), int64(0)
        for k in range(count):
            j = index[first + k]
            if j >= 0:
                gathered[j] += wholes[k]
                rest[j] += remainders[k]
        for j in range(sums):
            _deposit(limbs, sums, j, gathered[j], scale + int64(1074))
            _deposit(limbs, sums, j, rest[j], lower + int64(1074))
        if left == 0:
            return
    for k in range(count):
        j = index[first + k]
        if j >= 0:
            add_number(limbs, specials, sums, j, parts[k])
