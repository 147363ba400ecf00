"""The two floating-point formats, float32 and float64, with the constants and polynomials that differ between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.kernels.math.llvm import bits_float32, bits_float64, real_float32, real_float64


@dataclass(frozen=True)
class Format:
    """A floating-point format of IEEE 754, with polynomials of the length that its precision needs.

    Errors of polynomials are in units of the last place (2⁻²⁴ and 2⁻⁵³) of the function that they are a part of.
    """

    real: Any
    bits: Any
    """The types of a number and of its bit pattern."""
    to_bits: Any
    from_bits: Any
    precision: int
    """The number of bits in a significand."""
    largest_exponent: int
    """The largest n for which 2ⁿ is finite; the exponent's bias as well."""
    log_2_high: float
    """log 2 in so few bits that its product with every exponent is exact."""
    exp_tail: tuple[float, ...]
    """(eʳ - 1 - r) / r² of r, for |r| ≤ log(2)/2: 0.2 ulp."""
    log_tail: tuple[float, ...]
    """(2·artanh(s)/s - 2) / s² of s², for |s| ≤ (√2 - 1)/(√2 + 1): 0.02 ulp."""
    log1p_tail: tuple[float, ...]
    """The same for 0 ≤ s ≤ 1/3: 0.1 ulp."""
    cosh_tail: tuple[float, ...]
    """(2·(cosh x - 1)/x² - 1) / x² of x², for |x| ≤ 1/√2: 0.01 ulp."""

    @property
    def log_2_low(self) -> float:
        """log 2 minus ``log_2_high``."""
        return float(self.real(LOG_2 - self.log_2_high + LOG_2_REST))

    def pattern(self, value: float) -> Any:
        """Return the bit pattern of a number."""
        return np.array(value, self.real).view(self.bits)[()]

    def typed(self, coefficients: tuple[float, ...]) -> tuple[Any, ...]:
        """Return the coefficients as numbers of this format."""
        return tuple(self.real(c) for c in coefficients)


LOG_2 = math.log(2)
LOG_2_REST = 2.3190468138462996e-17  # log 2 minus the float64 nearest to it

FLOAT32 = Format(
    real=np.float32,
    bits=np.uint32,
    to_bits=bits_float32,
    from_bits=real_float32,
    precision=24,
    largest_exponent=127,
    log_2_high=float.fromhex("0x1.62ep-1"),
    exp_tail=(0.5, 0.1666654, 0.0416666, 0.008366834, 0.0013921798),
    log_tail=(0.66666776, 0.3997758, 0.29870945),
    log1p_tail=(0.6666641, 0.40021753, 0.27998126, 0.28030005),
    cosh_tail=(0.08333334, 0.002777639, 5.0114428e-05),
)
FLOAT64 = Format(
    real=np.float64,
    bits=np.uint64,
    to_bits=bits_float64,
    from_bits=real_float64,
    precision=53,
    largest_exponent=1023,
    log_2_high=float.fromhex("0x1.62e42fefap-1"),
    exp_tail=(
        0.5000000000000006,
        0.16666666666666682,
        0.0416666666665747,
        0.008333333333317035,
        0.0013888888932124099,
        0.0001984126989630826,
        2.480150467939453e-05,
        2.7557235253041325e-06,
        2.76262539002571e-07,
        2.5111751049817608e-08,
    ),
    log_tail=(
        0.6666666666666734,
        0.39999999999416164,
        0.2857142874214747,
        0.22222198591311218,
        0.18183563645008416,
        0.15314062539776,
        0.14795875812695763,
    ),
    log1p_tail=(
        0.6666666666666631,
        0.40000000000156893,
        0.2857142854789008,
        0.2222222396780836,
        0.18181743984399082,
        0.15386558789095475,
        0.13300987107624485,
        0.12105987993815866,
        0.0834049955992292,
        0.1701788614083557,
    ),
    cosh_tail=(
        0.08333333333333331,
        0.002777777777778353,
        4.9603174596273826e-05,
        5.511464238969997e-07,
        4.175235845714369e-09,
        2.3109364894069338e-11,
    ),
)
FORMATS = {"float32": FLOAT32, "float64": FLOAT64}


def both(make: Callable[[Format], Any]) -> tuple[Any, Any]:
    """Make a function in both precisions."""
    return make(FLOAT32), make(FLOAT64)
