"""The exponential that softmax needs."""

from __future__ import annotations

from typing import Any

from lossary.kernels.vector_math import _LOG_2, Format, _both, _polynomial, inlined, select


def _exp_below(format: Format) -> Any:
    real, bits, to_bits, from_bits = format.real, format.bits, format.to_bits, format.from_bits
    tail = format.typed(format.exp_tail)
    exponent_at = bits(format.precision - 1)
    least, zero = real((1 - format.largest_exponent) * _LOG_2), real(0)
    reciprocal, high, low = real(1 / _LOG_2), real(format.log_2_high), real(format.log_2_low)
    # numbers of this size are integers: adding it rounds to one, and its last bits are the integer and the exponent's bias
    shift = real(1.5 * 2.0 ** (format.precision - 1) + format.largest_exponent)

    @inlined
    def exp_below(x: Any) -> Any:
        y = select(x < least, least, x)  # NaN stays
        t = y * reciprocal + shift
        n = t - shift
        r = (y - n * high) - n * low
        scale = from_bits(bits(to_bits(t) << exponent_at))  # 2ⁿ is a normal number, so one factor is enough
        return select(x < least, zero, scale + scale * (r + r * r * _polynomial(r, tail)))

    return exp_below


exp_below_float32, exp_below_float64 = _both(_exp_below)
"""eˣ for x ≤ 0; 0 where it is below the smallest normal number. 1 ulp."""
