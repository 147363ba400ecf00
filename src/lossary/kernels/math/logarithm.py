"""log and its relatives: log1p and the logarithm of a sum. The arrangement is that of fdlibm (K. C. Ng, 1993)."""

from __future__ import annotations

import functools
import math
from typing import Any

from lossary.kernels.math.formats import Format
from lossary.kernels.math.llvm import inlined, polynomial, select


@functools.cache
def make_split(format: Format) -> Any:
    """x -> (e, k, m): x = 2ᵏ·m with √½ ≤ m < √2, for normal x > 0; ``e`` is the integer k + the exponent's bias."""
    bits, to_bits, from_bits = format.bits, format.to_bits, format.from_bits
    exponent_at, significand = bits(format.precision - 1), bits(2 ** (format.precision - 1) - 1)
    root_half = format.pattern(math.sqrt(0.5))
    to_one = bits(int(format.pattern(1.0)) - int(root_half))  # now the exponent changes at √½ instead of 1
    ruler = 2.0 ** (format.precision - 1)  # its last place is worth 1: or-ing an integer into its pattern adds it
    counting, zero = format.pattern(ruler), format.real(ruler + format.largest_exponent)

    @inlined
    def split(x: Any) -> Any:
        pattern = bits(to_bits(x) + to_one)
        e = bits(pattern >> exponent_at)
        return e, from_bits(bits(e | counting)) - zero, from_bits(bits((pattern & significand) + root_half))

    return split


@functools.cache
def make_assemble_log(format: Format) -> Any:
    """(k, f, low) -> log(2ᵏ·(1 + f)) + low, for √½ ≤ 1 + f < √2 and a ``low`` below the last place of f."""
    real, tail = format.real, format.typed(format.log_tail)
    high, log_2_low = real(format.log_2_high), real(format.log_2_low)
    half, two = real(0.5), real(2)

    @inlined
    def assemble_log(k: Any, f: Any, low: Any) -> Any:
        # log(1 + f) = 2·artanh(s) with s = f/(2 + f), and 2·s = f - f²/2 + s·f²/2: f itself is exact, the rest small; 1 ulp
        s = f / (two + f)
        z = s * s
        half_square = half * f * f
        return k * high + (f - (half_square - (s * (half_square + z * polynomial(z, tail)) + (k * log_2_low + low))))

    return assemble_log


@functools.cache
def make_log(format: Format) -> Any:
    """Make ``log`` in one precision."""
    real, split, assemble_log = format.real, make_split(format), make_assemble_log(format)
    smallest_normal, bits_lent = real(2.0 ** (1 - format.largest_exponent)), real(format.precision)
    scale = real(2.0**format.precision)
    zero, one, nothing, infinity, nan = real(0), real(1), real(-0.0), real(math.inf), real(math.nan)

    @inlined
    def log(x: Any) -> Any:
        """The natural logarithm, of subnormal numbers too; -∞ at 0, NaN below."""
        subnormal = x < smallest_normal
        _, k, m = split(select(subnormal, x * scale, x))
        y = assemble_log(k - select(subnormal, bits_lent, zero), m - one, nothing)
        y = select(x < infinity, y, x)  # NaN stays
        return select(x == zero, -infinity, select(x < zero, nan, y))

    return log


@functools.cache
def make_log_of_pair(format: Format) -> Any:
    """Make ``log_of_pair`` in one precision."""
    real, bits, from_bits = format.real, format.bits, format.from_bits
    split, assemble_log = make_split(format), make_assemble_log(format)
    exponent_at, reflection = bits(format.precision - 1), bits(2 * format.largest_exponent + 1)
    half, one, centre = real(0.5), real(1), real(1.06)

    @inlined
    def log_of_pair(u: Any, c: Any) -> Any:
        """log(u + c), u being normal and positive, c at most half a last place of it."""
        e, k, m = split(u)
        # (u + c)/2ᵏ = 1 + f + rest exactly; c in halves, since 2⁻ᵏ may be subnormal where 2¹⁻ᵏ is not
        c = (half * c) * from_bits(bits((reflection - e) << exponent_at))
        g = m - one
        f = g + c
        rest = c - (f - g)
        # log(1 + f + rest) = log(1 + f) + rest/(1 + f); the rest is at most half a last place: 1/m ≈ 2.06 - m will do
        return assemble_log(k, f, rest * (centre - f))

    return log_of_pair


@functools.cache
def make_log1p(format: Format) -> Any:
    """Make ``log1p`` in one precision."""
    real, log_of_pair = format.real, make_log_of_pair(format)
    tiny = real(2.0**-format.precision)
    one, infinity, nan = real(1), real(math.inf), real(math.nan)

    @inlined
    def log1p(x: Any) -> Any:
        """log(1 + x), exact for small x; -∞ at -1, NaN below."""
        # 1 + x = u + c exactly (Dekker)
        larger, smaller = select(x > one, x, one), select(x > one, one, x)
        u = larger + smaller
        c = smaller - (u - larger)
        y = log_of_pair(u, c)
        y = select((x < infinity) & (abs(x) >= tiny), y, x)
        return select(x == -one, -infinity, select(x < -one, nan, y))

    return log1p


@functools.cache
def make_log1p_of_fraction(format: Format) -> Any:
    """log(1 + x) for -½ ≤ x ≤ 1, where nothing has to be taken apart."""
    two, tail = format.real(2), format.typed(format.log1p_tail)

    @inlined
    def log1p_of_fraction(x: Any) -> Any:
        # log(1 + x) = 2·artanh(s) with s = x/(2 + x), and 2·s = x - s·x; 1 ulp
        s = x / (two + x)
        z = s * s
        return x - s * (x - z * polynomial(z, tail))

    return log1p_of_fraction
