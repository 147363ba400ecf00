"""Functions that choose between numbers, products and quotients in which 0 wins, the square root and the floor."""

from __future__ import annotations

import functools
import math
from typing import Any

from lossary.kernels.math.formats import Format
from lossary.kernels.math.llvm import inlined, select, square_root
from lossary.kernels.math.logarithm import make_log


@functools.cache
def make_sign(format: Format) -> Any:
    """Make ``sign`` in one precision."""
    zero, one = format.real(0), format.real(1)

    @inlined
    def sign(x: Any) -> Any:
        """-1, 0 or 1; NaN for NaN."""
        return select(x > zero, one, select(x < zero, -one, x))

    return sign


@functools.cache
def make_maximum(format: Format) -> Any:
    """Make ``maximum`` in one precision."""

    @inlined
    def maximum(a: Any, b: Any) -> Any:
        """The larger of two; NaN if either is."""
        return select((a >= b) | (a != a), a, b)

    return maximum


@functools.cache
def make_minimum(format: Format) -> Any:
    """Make ``minimum`` in one precision."""

    @inlined
    def minimum(a: Any, b: Any) -> Any:
        """The smaller of two; NaN if either is."""
        return select((a <= b) | (a != a), a, b)

    return minimum


@functools.cache
def make_sqrt(format: Format) -> Any:
    """Make ``sqrt`` in one precision."""

    @inlined
    def sqrt(x: Any) -> Any:
        """The square root, correctly rounded; NaN below 0."""
        return square_root(x)

    return sqrt


@functools.cache
def make_hypot(format: Format) -> Any:
    """Make ``hypot`` in one precision."""
    real, bits, to_bits, from_bits = format.real, format.bits, format.to_bits, format.from_bits
    sqrt = make_sqrt(format)
    least, largest = real(2.0 ** (1 - format.largest_exponent)), real(2.0 ** (format.largest_exponent - 1))
    exponents, infinity = format.pattern(math.inf), real(math.inf)
    of_one_twice = bits(2 * int(format.pattern(1.0)))

    @inlined
    def hypot(a: Any, b: Any) -> Any:
        """√(a² + b²); infinite if either is, even beside NaN."""
        a, b = abs(a), abs(b)
        # divided by a power of 2 of the size of the larger, exactly: neither square overflows; 1.25 ulp
        most = select(a > b, a, b)
        most = select(most > least, most, least)
        most = select(most < largest, most, largest)
        size = bits(to_bits(most) & exponents)
        inverse = from_bits(bits(of_one_twice - size))
        x, y = a * inverse, b * inverse
        found = from_bits(size) * sqrt(x * x + y * y)
        return select((a == infinity) | (b == infinity), infinity, found)

    return hypot


@functools.cache
def make_floor(format: Format) -> Any:
    """Make ``floor`` in one precision."""
    one, integers = format.real(1), format.real(2.0 ** (format.precision - 1))  # from here on every number is an integer

    @inlined
    def floor(x: Any) -> Any:
        """The largest integer that is not above x, with the sign of x."""
        # adding and subtracting 2ᵖ⁻¹ rounds to an integer
        size = abs(x)
        near = math.copysign((size + integers) - integers, x)
        below = math.copysign(select(near > x, near - one, near), x)
        return select(size < integers, below, x)

    return floor


@functools.cache
def make_xmuly(format: Format) -> Any:
    """Make ``xmuly`` in one precision."""
    zero = format.real(0)

    @inlined
    def xmuly(x: Any, y: Any) -> Any:
        """x·y, and 0 where x is 0 whatever y is."""
        return select(x == zero, zero, x * y)

    return xmuly


@functools.cache
def make_xdivy(format: Format) -> Any:
    """Make ``xdivy`` in one precision."""
    zero = format.real(0)

    @inlined
    def xdivy(x: Any, y: Any) -> Any:
        """x/y, and 0 where x is 0 whatever y is."""
        return select(x == zero, zero, x / y)

    return xdivy


@functools.cache
def make_xlogy(format: Format) -> Any:
    """Make ``xlogy`` in one precision."""
    xmuly, log = make_xmuly(format), make_log(format)

    @inlined
    def xlogy(x: Any, y: Any) -> Any:
        """x·log(y), and 0 where x is 0 whatever y is."""
        return xmuly(x, log(y))

    return xlogy
