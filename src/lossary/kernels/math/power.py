"""xʸ, computed as e^(y·log x) with log x in twice the precision."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from lossary.kernels.math.exponential import make_exp, make_exp_of_sum
from lossary.kernels.math.formats import FLOAT32, FLOAT64, Format
from lossary.kernels.math.llvm import bits_float64, inlined, polynomial, real_float64, select
from lossary.kernels.math.logarithm import make_log, make_split

_split, _exp_of_sum, _exp, _log = (make(FLOAT64) for make in (make_split, make_exp_of_sum, make_exp, make_log))
_HEAD = np.uint64(2**64 - 2**27)
_SMALLEST_NORMAL, _SCALE = 2.0**-1022, 2.0**53
_LOG_2_HIGH, _LOG_2_LOW = FLOAT64.log_2_high, FLOAT64.log_2_low
_TWO_THIRDS, _TWO_THIRDS_REST = 2 / 3, 3.700743415417188e-17  # the float64 nearest to 2/3, and what it lacks
_CUBIC_TAIL = (
    0.4000000000000218,
    0.2857142857013117,
    0.22222222514955073,
    0.18181784757451736,
    0.15386740961394388,
    0.13257168409191486,
    0.1319331035295222,
)
"""((2·artanh(s)/s - 2)/s² - 2/3) / s² of s², for |s| ≤ (√2 - 1)/(√2 + 1): 2⁻⁶⁶ of the logarithm."""


@inlined
def _head(x: Any) -> Any:
    """The leading 26 bits of a float64, so that the product of two heads is exact."""
    return real_float64(bits_float64(x) & _HEAD)


@inlined
def _pair(x: Any, low: Any) -> Any:
    """x + low as a head and the rest."""
    head = _head(x)
    return head, (x - head) + low


@inlined
def _product(a: Any, b: Any) -> Any:
    """The product of two pairs as an exact product and the rest; 2⁻⁷⁸."""
    return a[0] * b[0], a[0] * b[1] + a[1] * (b[0] + b[1])


@inlined
def _log_pair(x: Any) -> Any:
    """log(x) for finite x > 0, as two numbers whose sum is right to 2⁻⁶⁵ of it."""
    subnormal = x < _SMALLEST_NORMAL
    _, k, m = _split(select(subnormal, x * _SCALE, x))
    k = k - select(subnormal, 53.0, 0.0)
    # log m = 2·artanh(s), s = f/(2 + f) = 2·s + s³·(2/3 + 2/5·s² + …), each factor as a pair
    f = m - 1.0
    denominator = 2.0 + f
    reciprocal = 1.0 / denominator
    d = _pair(denominator, f - (denominator - 2.0))
    s_head = _head(f * reciprocal)
    s = s_head, ((f - s_head * d[0]) - s_head * d[1]) * reciprocal
    z, z_low = _product(s, s)
    tail = (z + z_low) * polynomial(z + z_low, _CUBIC_TAIL)
    t = _TWO_THIRDS + tail
    c = _product(_pair(z, z_low), _pair(t, (tail - (t - _TWO_THIRDS)) + _TWO_THIRDS_REST))
    cubic, cubic_low = _product(s, _pair(c[0], c[1]))
    # Dekker's sums: each term is smaller than what it is added to, or that is 0
    first, second = k * _LOG_2_HIGH, 2.0 * s[0]
    sum_1 = first + second
    sum_2 = sum_1 + cubic
    error = (second - (sum_1 - first)) + (cubic - (sum_2 - sum_1))
    return sum_2, error + (2.0 * s[1] + cubic_low + k * _LOG_2_LOW)


@inlined
def _exp_of_product_float64(y: Any, x: Any) -> Any:
    """e^(y·log x), the product being wrong by 2⁻⁵⁵ where it is largest; 1 ulp."""
    head, low = _log_pair(x)
    product, rest = _product(_pair(y, 0.0), _pair(head, low))
    total = product + rest
    # beyond 1000, where the exponential only over- or underflows, the second term is no longer small
    return _exp_of_sum(total, select(abs(total) < 1000.0, rest - (total - product), 0.0))


@inlined
def _exp_of_product_float32(y: Any, x: Any) -> Any:
    """The same, in float64 throughout."""
    return np.float32(_exp(np.float64(y) * _log(np.float64(x))))


@functools.cache
def make_power(format: Format) -> Any:
    """Make ``power`` in one precision."""
    real = format.real
    exp_of_product = _exp_of_product_float32 if format is FLOAT32 else _exp_of_product_float64
    zero, half, one, infinity, nan = real(0), real(0.5), real(1), real(math.inf), real(math.nan)
    integers = real(2.0 ** (format.precision - 1))  # from here on every number is an integer
    most = real(2.0 ** (format.largest_exponent - 20))  # every base but 1 over- or underflows in much less, y·log x not yet

    @inlined
    def power(x: Any, y: Any) -> Any:
        """xʸ, with C's special cases: 1 for y = 0 or x = 1, NaN for a finite x < 0 and a y that is no integer."""
        base, size = abs(x), abs(y)
        exponent = select(y > most, most, select(y < -most, -most, y))
        r = exp_of_product(exponent, base)
        at_zero = base == zero
        at_end = at_zero | (base == infinity)
        r = select(at_end, select(at_zero == (y < zero), infinity, zero), r)
        # adding and subtracting 2ᵖ⁻¹ rounds to an integer
        whole = (size >= integers) | ((size + integers) - integers == size)
        even = (size >= integers + integers) | ((half * size + integers) - integers == half * size)
        r = select(whole, select(even, r, math.copysign(one, x) * r), select((x < zero) & (x > -infinity), nan, r))
        r = select((x == x) & (y == y), r, nan)
        return select((y == zero) | (x == one), one, r)

    return power
