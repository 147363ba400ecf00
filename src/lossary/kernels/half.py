"""bfloat16 and float16 as bit patterns: conversions to and from float32 that LLVM vectorises.

NumPy has no bfloat16, and compiled loops have neither format, so both are read and written as ``uint16``. Rounding is to the
nearest, ties to even; subnormal numbers are kept; numbers that are too large become infinite; NaN stays NaN, with its sign.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.kernels.math import bits_float32, inlined, real_float32, select

__all__ = ["bfloat16_from_float32", "float16_from_float32", "float32_from_bfloat16", "float32_from_float16"]

_u32 = np.uint32
_SIGN = _u32(0x8000_0000)
_FLOAT16_INFINITY = _u32(0x7C00)
_FLOAT16_NAN = _u32(0x7E00)
_FLOAT16_SHIFT = _u32(13)  # float32 has 13 bits of significand more than float16, and bfloat16 16 fewer than float32
_FLOAT16_EXPONENT_GAP = _u32((127 - 15) << 23)  # the difference of the exponent biases, in place
_FLOAT16_SMALLEST_NORMAL = np.float32(2.0**-14)
_FLOAT16_SMALLEST = np.float32(2.0**-24)
_FLOAT16_OVERFLOW = np.float32(65520)  # half-way between the largest number and what would come next
_HALF = np.float32(0.5)  # its last bit is worth 2⁻²⁴, the smallest float16


@inlined
def float32_from_bfloat16(pattern: Any) -> Any:
    """Return the value of a bfloat16 bit pattern (uint16): the upper half of the float32. Exact."""
    return real_float32(_u32(_u32(pattern) << _u32(16)))


@inlined
def bfloat16_from_float32(x: Any) -> Any:
    """Return the bit pattern (uint16) of the bfloat16 nearest to ``x``, ties to even."""
    bits = bits_float32(x)
    odd = (bits >> _u32(16)) & _u32(1)
    # just under half of the last kept bit, and the rest of the half when that bit is odd: a carry is the rounding up
    rounded = (bits + odd + _u32(0x7FFF)) >> _u32(16)
    quiet = (bits >> _u32(16)) | _u32(0x40)  # a NaN whose payload is in the lost bits would turn infinite
    return np.uint16(select(x == x, _u32(rounded), _u32(quiet)))


@inlined
def float32_from_float16(pattern: Any) -> Any:
    """Return the value of a float16 bit pattern (uint16). Exact."""
    bits = _u32(pattern)
    sign = (bits & _u32(0x8000)) << _u32(16)
    magnitude = bits & _u32(0x7FFF)
    normal = (magnitude << _FLOAT16_SHIFT) + _FLOAT16_EXPONENT_GAP
    infinite = normal + _FLOAT16_EXPONENT_GAP  # the largest exponent of float16 becomes the largest of float32
    subnormal = bits_float32(np.float32(np.int32(magnitude)) * _FLOAT16_SMALLEST)  # counts multiples of the smallest number
    finite = select(magnitude < _u32(0x0400), subnormal, _u32(normal))
    return real_float32(_u32(select(magnitude >= _FLOAT16_INFINITY, _u32(infinite), finite) | sign))


@inlined
def float16_from_float32(x: Any) -> Any:
    """Return the bit pattern (uint16) of the float16 nearest to ``x``, ties to even; infinity at and above 65520."""
    bits = bits_float32(x)
    sign = (bits & _SIGN) >> _u32(16)
    magnitude = bits & ~_SIGN
    size = abs(x)
    odd = (magnitude >> _FLOAT16_SHIFT) & _u32(1)
    normal = (magnitude - _FLOAT16_EXPONENT_GAP + odd + _u32(0x0FFF)) >> _FLOAT16_SHIFT
    # adding 1/2 rounds to multiples of 2⁻²⁴, whose count is then in the last bits
    subnormal = _u32(bits_float32(size + _HALF) - bits_float32(_HALF))
    finite = select(size < _FLOAT16_SMALLEST_NORMAL, subnormal, _u32(normal))
    number = select(size < _FLOAT16_OVERFLOW, finite, _FLOAT16_INFINITY)
    return np.uint16(select(x == x, number, _FLOAT16_NAN) | sign)
