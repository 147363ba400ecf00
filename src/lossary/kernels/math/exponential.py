"""exp and its relatives: exp for arguments ≤ 0, expm1 and 1/expm1.

The reduction of exponents is W. J. Cody and W. Waite's ("Software Manual for the Elementary Functions", 1980).
"""

from __future__ import annotations

import functools
from typing import Any

from lossary.kernels.math.formats import LOG_2, Format
from lossary.kernels.math.llvm import inlined, polynomial, select


@functools.cache
def make_reduce_exponent(format: Format, offset: int) -> Any:
    """x -> (t, r, rest): x = n·log 2 + r + rest with |r| ≤ log(2)/2; the last bits of t are the integer n + offset."""
    real = format.real
    reciprocal, high, low = real(1 / LOG_2), real(format.log_2_high), real(format.log_2_low)
    shift = real(1.5 * 2.0 ** (format.precision - 1) + offset)  # numbers of this size are integers: adding it rounds to one

    @inlined
    def reduce_exponent(x: Any) -> Any:
        t = x * reciprocal + shift
        n = t - shift
        x = x - n * high  # n·high is exact, and so is the difference
        r = x - n * low
        return t, r, (x - r) - n * low

    return reduce_exponent


@functools.cache
def make_exp_of_sum(format: Format) -> Any:
    """(x, low) -> exp(x + low), ``low`` being less than the last place of x where that matters, or ``-0.0`` for nothing."""
    real, bits, to_bits, from_bits = format.real, format.bits, format.to_bits, format.from_bits
    reduce_exponent, tail = make_reduce_exponent(format, 2 * format.largest_exponent), format.typed(format.exp_tail)
    one, exponent_at = bits(1), bits(format.precision - 1)
    least = real((2 - format.largest_exponent - format.precision) * LOG_2 - 1)
    most = real((format.largest_exponent + 1) * LOG_2 + 1)

    @inlined
    def exp_of_sum(x: Any, low: Any) -> Any:
        x = select(x < least, least, x)  # so that n fits; NaN stays
        x = select(x > most, most, x)
        t, r, _ = reduce_exponent(x)
        r = r + low
        # eˣ = 2ⁿ·eʳ, with 2ⁿ as two factors: one alone would overflow before eˣ does, and underflow before it
        n = to_bits(t)
        half = bits(n >> one)
        first, second = from_bits(bits(half << exponent_at)), from_bits(bits((n - half) << exponent_at))
        # the tail is small beside 1 + r, so that its errors hardly count; 1 ulp
        return (first + first * (r + r * r * polynomial(r, tail))) * second

    return exp_of_sum


@functools.cache
def make_exp(format: Format) -> Any:
    """Make ``exp`` in one precision."""
    exp_of_sum, nothing = make_exp_of_sum(format), format.real(-0.0)

    @inlined
    def exp(x: Any) -> Any:
        """eˣ; 0 and infinity beyond the format's range, subnormal results rounded once."""
        return exp_of_sum(x, nothing)

    return exp


@functools.cache
def make_exp_below(format: Format) -> Any:
    """Make ``exp_below`` in one precision."""
    real, bits, to_bits, from_bits = format.real, format.bits, format.to_bits, format.from_bits
    tail, exponent_at = format.typed(format.exp_tail), bits(format.precision - 1)
    least, zero, one = real((1 - format.largest_exponent) * LOG_2), real(0), real(1)
    reciprocal, high, low = real(1 / LOG_2), real(format.log_2_high), real(format.log_2_low)
    shift = real(1.5 * 2.0 ** (format.precision - 1))

    @inlined
    def exp_below(x: Any) -> Any:
        y = select(x < least, least, x)
        t = y * reciprocal + shift  # as in make_reduce_exponent
        n = t - shift
        r = (y - n * high) - n * low
        e = one + r * (one + r * polynomial(r, tail))
        # 2ⁿ·eʳ is a normal number, so n can be added to the exponent of eʳ; 1 ulp
        return select(x < least, zero, from_bits(bits(to_bits(e) + bits(to_bits(t) << exponent_at))))

    return exp_below


@functools.cache
def make_from_top(format: Format) -> Any:
    """Make ``from_top`` in one precision."""
    zero = format.real(0)

    @inlined
    def from_top(z: Any, top: Any) -> Any:
        """z - top, and 0 where the two are equal infinities."""
        return select(z == top, zero, z - top)

    return from_top


@functools.cache
def make_expm1(format: Format) -> Any:
    """Make ``expm1`` in one precision."""
    real, bits, to_bits, from_bits = format.real, format.bits, format.to_bits, format.from_bits
    reduce_exponent, tail = make_reduce_exponent(format, format.largest_exponent - 1), format.typed(format.exp_tail)
    exponent_at, half, two = bits(format.precision - 1), real(0.5), real(2)
    least = real(-(format.precision + 2) * LOG_2)
    most = real((format.largest_exponent + 1) * LOG_2 + 0.3)
    tiny = real(2.0**-format.precision)

    @inlined
    def expm1(x: Any) -> Any:
        """eˣ - 1, exact for small x and for subnormal ones."""
        y = select(x < least, least, x)
        y = select(y > most, most, y)
        t, r, rest = reduce_exponent(y)
        # (eˣ - 1)/2 = (2ⁿ⁻¹ - ½) + 2ⁿ⁻¹·r + 2ⁿ⁻¹·(eʳ - 1 - r); half, as 2ⁿ overflows before eˣ does
        scale = from_bits(bits(to_bits(t) << exponent_at))
        constant, linear = scale - half, scale * r
        # the sum of the first two exactly, as head + error (Dekker: the constant is 0 or the larger); 1 ulp
        head = constant + linear
        error = linear - (head - constant)
        return select(abs(x) < tiny, x, two * (head + (error + scale * (rest + r * r * polynomial(r, tail)))))

    return expm1


@functools.cache
def make_reciprocal_expm1(format: Format) -> Any:
    """Make ``reciprocal_expm1`` in one precision."""
    real, exp, expm1 = format.real, make_exp(format), make_expm1(format)
    far = real((format.precision + 1) * LOG_2)

    @inlined
    def reciprocal_expm1(x: Any) -> Any:
        """1/(eˣ - 1); at a zero, the infinity of its sign."""
        # where 1 is lost beside eˣ it is e⁻ˣ, which lives on where eˣ is infinite; 2 ulp
        return select(x > far, exp(-x), real(1) / expm1(x))

    return reciprocal_expm1
