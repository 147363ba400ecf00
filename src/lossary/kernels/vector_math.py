"""The words of a definition as functions of one number that LLVM vectorises when they are inlined in a loop.

None branches, calls the C library or looks anything up. ``exp_float32`` and ``exp_float64`` are the word ``exp`` in the two
precisions, and so on; :func:`words` gives all words of one precision. Where only constants differ, both come out of one
algorithm, a function of the :class:`Format` that makes the compiled function.

Multiplications and additions may be contracted to fused ones, and nothing else is relaxed: infinities, NaN, signed zeros and
subnormal numbers are right, and the order of operations is as written, which compensated sums need. The polynomials are minimax
approximations (Remez's algorithm). The reduction of exponents is W. J. Cody and W. Waite's ("Software Manual for the Elementary
Functions", 1980), the arrangement of the logarithm that of fdlibm (K. C. Ng, 1993). ``docs/accuracy.md`` has measured errors.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numba import njit, types
from numba.core.errors import TypingError
from numba.extending import intrinsic as numba_intrinsic

_Decorator = Callable[[Callable[..., Any]], Any]
intrinsic: _Decorator = numba_intrinsic
# error_model: Python's check for division by zero is a branch. forceinline: a loop with calls in it does not vectorise.
# Neither Python nor C calls them, so they need no wrappers for either, which take an eighth of the time to compile a kernel.
_FOR_KERNELS: dict[str, Any] = {
    "error_model": "numpy",
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
inlined: _Decorator = njit(fastmath={"contract"}, **_FOR_KERNELS)
"""What is computed as written, but that multiplications and additions may be fused."""
exactly: _Decorator = njit(fastmath=False, **_FOR_KERNELS)
"""What is computed as written, to the bit: formulas."""


# ---- what LLVM has and Python lacks


@intrinsic
def select(typingctx: Any, condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b``, both being computed; the word ``where``."""
    unliteral: Any = types.unliteral
    kind = unliteral(a)
    if kind != unliteral(b):
        raise TypingError(
            f"select: both choices must be of one type, not {a} and {b}; write constants in the type of the other"
        )

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return kind(types.boolean, kind, kind), codegen


def _cast(source: Any, target: Any) -> Any:
    """A function that reads the bits of one type as the other."""

    @intrinsic
    def cast(typingctx: Any, x: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], context.get_value_type(target))

        return target(source), codegen

    return cast


@intrinsic
def _polynomial(typingctx: Any, x: Any, coefficients: Any) -> Any:
    """c₀ + c₁x + c₂x² + …, by Horner's rule."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, values = arguments
        *rest, total = (builder.extract_value(values, i) for i in range(coefficients.count))
        for c in reversed(rest):
            total = builder.fadd(c, builder.fmul(x, total, flags=("contract",)), flags=("contract",))
        return total

    return x(x, coefficients), codegen


@intrinsic
def _square_root(typingctx: Any, x: Any) -> Any:
    """The processor's instruction; ``math.sqrt`` is a call of the C library."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.call(builder.module.declare_intrinsic("llvm.sqrt", [arguments[0].type]), arguments)

    return x(x), codegen


bits_float32 = _cast(types.float32, types.uint32)
bits_float64 = _cast(types.float64, types.uint64)
real_float32 = _cast(types.uint32, types.float32)
real_float64 = _cast(types.uint64, types.float64)


# ---- the two precisions


@dataclass(frozen=True)
class Format:
    """A floating-point format of IEEE 754, and the polynomials that are as long as it needs.

    The errors are in units of the last place (2⁻²⁴ and 2⁻⁵³ of the value) of what the polynomial is a part of.
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
        """What ``log_2_high`` lacks of log 2."""
        return float(self.real(_LOG_2 - self.log_2_high + _LOG_2_REST))

    def pattern(self, value: float) -> Any:
        """The bit pattern of a number."""
        return np.array(value, self.real).view(self.bits)[()]

    def typed(self, coefficients: tuple[float, ...]) -> tuple[Any, ...]:
        """The coefficients as numbers of this format."""
        return tuple(self.real(c) for c in coefficients)


_LOG_2 = math.log(2)
_LOG_2_REST = 2.3190468138462996e-17  # log 2 minus the float64 nearest to it

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


def _both(make: Callable[[Format], Any]) -> tuple[Any, Any]:
    return make(FLOAT32), make(FLOAT64)


# ---- exponentials


@functools.cache
def _reduce_exponent(format: Format, offset: int) -> Any:
    """x -> (t, r, rest): x = n·log 2 + r + rest with |r| ≤ log(2)/2; the last bits of t are the integer n + offset."""
    real = format.real
    reciprocal, high, low = real(1 / _LOG_2), real(format.log_2_high), real(format.log_2_low)
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
def _exp_of_sum(format: Format) -> Any:
    """(x, low) -> exp(x + low), ``low`` being less than the last place of x where that matters, or ``-0.0`` for nothing."""
    real, bits, to_bits, from_bits = format.real, format.bits, format.to_bits, format.from_bits
    reduce_exponent, tail = _reduce_exponent(format, 2 * format.largest_exponent), format.typed(format.exp_tail)
    one, exponent_at = bits(1), bits(format.precision - 1)
    least = real((2 - format.largest_exponent - format.precision) * _LOG_2 - 1)
    most = real((format.largest_exponent + 1) * _LOG_2 + 1)

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
        return (first + first * (r + r * r * _polynomial(r, tail))) * second

    return exp_of_sum


@functools.cache
def _exp(format: Format) -> Any:
    exp_of_sum, nothing = _exp_of_sum(format), format.real(-0.0)

    @inlined
    def exp(x: Any) -> Any:
        """eˣ; 0 and infinity beyond the format's range, subnormal results rounded once."""
        return exp_of_sum(x, nothing)

    return exp


@functools.cache
def _exp_below(format: Format) -> Any:
    real, bits, to_bits, from_bits = format.real, format.bits, format.to_bits, format.from_bits
    tail, exponent_at = format.typed(format.exp_tail), bits(format.precision - 1)
    least, zero, one = real((1 - format.largest_exponent) * _LOG_2), real(0), real(1)
    reciprocal, high, low = real(1 / _LOG_2), real(format.log_2_high), real(format.log_2_low)
    shift = real(1.5 * 2.0 ** (format.precision - 1))

    @inlined
    def exp_below(x: Any) -> Any:
        y = select(x < least, least, x)
        t = y * reciprocal + shift  # as in _reduce_exponent
        n = t - shift
        r = (y - n * high) - n * low
        e = one + r * (one + r * _polynomial(r, tail))
        # 2ⁿ·eʳ is a normal number, so n can be added to the exponent of eʳ; 1 ulp
        return select(x < least, zero, from_bits(bits(to_bits(e) + bits(to_bits(t) << exponent_at))))

    return exp_below


@functools.cache
def _from_top(format: Format) -> Any:
    zero = format.real(0)

    @inlined
    def from_top(z: Any, top: Any) -> Any:
        return select(z == top, zero, z - top)

    return from_top


@functools.cache
def _expm1(format: Format) -> Any:
    real, bits, to_bits, from_bits = format.real, format.bits, format.to_bits, format.from_bits
    reduce_exponent, tail = _reduce_exponent(format, format.largest_exponent - 1), format.typed(format.exp_tail)
    exponent_at, half, two = bits(format.precision - 1), real(0.5), real(2)
    least = real(-(format.precision + 2) * _LOG_2)
    most = real((format.largest_exponent + 1) * _LOG_2 + 0.3)
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
        return select(abs(x) < tiny, x, two * (head + (error + scale * (rest + r * r * _polynomial(r, tail)))))

    return expm1


@functools.cache
def _reciprocal_expm1(format: Format) -> Any:
    real, exp, expm1 = format.real, _exp(format), _expm1(format)
    far = real((format.precision + 1) * _LOG_2)

    @inlined
    def reciprocal_expm1(x: Any) -> Any:
        """1/(eˣ - 1); at a zero, the infinity of its sign."""
        # where 1 is lost beside eˣ it is e⁻ˣ, which lives on where eˣ is infinite; 2 ulp
        return select(x > far, exp(-x), real(1) / expm1(x))

    return reciprocal_expm1


# ---- logarithms


@functools.cache
def _split(format: Format) -> Any:
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
def _assemble_log(format: Format) -> Any:
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
        return k * high + (f - (half_square - (s * (half_square + z * _polynomial(z, tail)) + (k * log_2_low + low))))

    return assemble_log


@functools.cache
def _log(format: Format) -> Any:
    real, split, assemble_log = format.real, _split(format), _assemble_log(format)
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
def _log_of_pair(format: Format) -> Any:
    real, bits, from_bits = format.real, format.bits, format.from_bits
    split, assemble_log = _split(format), _assemble_log(format)
    exponent_at, reflection = bits(format.precision - 1), bits(2 * format.largest_exponent + 1)
    half, one, centre = real(0.5), real(1), real(1.06)

    @inlined
    def log_of_pair(u: Any, c: Any, lent: Any) -> Any:
        """log((u + c)/2^lent), u being normal and positive, c at most half a last place of it."""
        e, k, m = split(u)
        # (u + c)/2ᵏ = 1 + f + rest exactly; c in halves, since 2⁻ᵏ may be subnormal where 2¹⁻ᵏ is not
        c = (half * c) * from_bits(bits((reflection - e) << exponent_at))
        g = m - one
        f = g + c
        rest = c - (f - g)
        # log(1 + f + rest) = log(1 + f) + rest/(1 + f); the rest is at most half a last place: 1/m ≈ 2.06 - m will do
        return assemble_log(k - lent, f, rest * (centre - f))

    return log_of_pair


@functools.cache
def _log1p(format: Format) -> Any:
    real, log_of_pair = format.real, _log_of_pair(format)
    tiny = real(2.0**-format.precision)
    nothing, one, infinity, nan = real(0), real(1), real(math.inf), real(math.nan)

    @inlined
    def log1p(x: Any) -> Any:
        """log(1 + x), exact for small x; -∞ at -1, NaN below."""
        # 1 + x = u + c exactly (Dekker)
        larger, smaller = select(x > one, x, one), select(x > one, one, x)
        u = larger + smaller
        c = smaller - (u - larger)
        y = log_of_pair(u, c, nothing)
        y = select((x < infinity) & (abs(x) >= tiny), y, x)
        return select(x == -one, -infinity, select(x < -one, nan, y))

    return log1p


@functools.cache
def _log_of_sum(format: Format) -> Any:
    real, log_of_pair = format.real, _log_of_pair(format)
    smallest_normal, bits_lent = real(2.0 ** (1 - format.largest_exponent)), real(format.precision)
    scale, tiny = real(2.0**format.precision), real(2.0**-format.precision)
    zero, infinity, nan = real(0), real(math.inf), real(math.nan)

    @inlined
    def log_of_sum(a: Any, x: Any) -> Any:
        """log(a + x) for a = 1, exact for small x, or a = 0; -∞ where the sum is 0, NaN below."""
        # a + x = u + c exactly (Dekker); where u is subnormal, a = c = 0
        larger, smaller = select(x > a, x, a), select(x > a, a, x)
        u = larger + smaller
        c = smaller - (u - larger)
        subnormal = u < smallest_normal
        y = log_of_pair(select(subnormal, u * scale, u), c, select(subnormal, bits_lent, zero))
        y = select((x < infinity) & ((a == zero) | (abs(x) >= tiny)), y, x)
        return select(u == zero, -infinity, select(u < zero, nan, y))

    return log_of_sum


@functools.cache
def _log1p_of_fraction(format: Format) -> Any:
    """log(1 + x) for -½ ≤ x ≤ 1, where nothing has to be taken apart."""
    two, tail = format.real(2), format.typed(format.log1p_tail)

    @inlined
    def log1p_of_fraction(x: Any) -> Any:
        # log(1 + x) = 2·artanh(s) with s = x/(2 + x), and 2·s = x - s·x; 1 ulp
        s = x / (two + x)
        z = s * s
        return x - s * (x - z * _polynomial(z, tail))

    return log1p_of_fraction


# ---- compositions


@functools.cache
def _sigmoid(format: Format) -> Any:
    real, exp = format.real, _exp(format)

    @inlined
    def sigmoid(x: Any) -> Any:
        """The logistic function 1/(1 + e⁻ˣ)."""
        # 1/(1 + e⁻ˣ) for x ≥ 0, eˣ/(1 + eˣ) below: e^-|x| never overflows; 2 ulp
        e = exp(-abs(x))
        return select(x >= real(0), real(1), e) / (real(1) + e)

    return sigmoid


@functools.cache
def _softplus(format: Format) -> Any:
    zero, exp, log1p_of_fraction = format.real(0), _exp(format), _log1p_of_fraction(format)

    @inlined
    def softplus(x: Any) -> Any:
        """log(1 + eˣ), without overflow."""
        # log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|): e^-|x| never overflows, and both terms are positive; 2 ulp
        return select(x > zero, x, zero) + log1p_of_fraction(exp(-abs(x)))

    return softplus


@functools.cache
def _log_sigmoid(format: Format) -> Any:
    zero, exp, log1p_of_fraction = format.real(0), _exp(format), _log1p_of_fraction(format)

    @inlined
    def log_sigmoid(x: Any) -> Any:
        """log(1/(1 + e⁻ˣ)), without underflow."""
        # log σ(x) = min(x, 0) - log(1 + e^-|x|): both terms have one sign; 2 ulp
        return select(x < zero, x, zero) - log1p_of_fraction(exp(-abs(x)))

    return log_sigmoid


@functools.cache
def _tanh(format: Format) -> Any:
    two, expm1 = format.real(2), _expm1(format)

    @inlined
    def tanh(x: Any) -> Any:
        """The hyperbolic tangent; odd to the last bit."""
        # tanh|x| = -t/(t + 2) with t = e^-2|x| - 1, which is exact at both ends; 2 ulp
        t = expm1(-two * abs(x))
        return math.copysign(t / (t + two), x)

    return tanh


@functools.cache
def _log_cosh(format: Format) -> Any:
    real, exp, log1p_of_fraction = format.real, _exp(format), _log1p_of_fraction(format)
    tail, limit, half, two = format.typed(format.cosh_tail), real(math.sqrt(0.5)), real(0.5), real(2)
    high, low = real(format.log_2_high), real(format.log_2_low)

    @inlined
    def log_cosh(x: Any) -> Any:
        """log(cosh x), without overflow: x²/2 for small x; even to the last bit."""
        # log(1 + (cosh x - 1)) near 0, where log cosh is small; |x| - log 2 + log(1 + e^-2|x|) beyond; 2 ulp
        a = abs(x)
        near = a < limit
        square = a * a
        half_square = half * square
        fraction = select(near, half_square + half_square * (square * _polynomial(square, tail)), exp(-two * a))
        return select(near, real(0), (a - high) - low) + log1p_of_fraction(fraction)

    return log_cosh


@functools.cache
def _log1mexp(format: Format) -> Any:
    real, exp, expm1, log, log1p_of_fraction = (
        format.real,
        _exp(format),
        _expm1(format),
        _log(format),
        _log1p_of_fraction(format),
    )

    @inlined
    def log1mexp(x: Any) -> Any:
        """log(1 - eˣ) for x ≤ 0; -∞ at 0, NaN above."""
        # log(-(eˣ - 1)) near 0, log(1 + (-eˣ)) below -log 2 (Mächler, 2012): neither subtraction cancels; 2 ulp
        return select(x > real(-_LOG_2), log(-expm1(x)), log1p_of_fraction(-exp(x)))

    return log1mexp


# ---- choices


@functools.cache
def _sign(format: Format) -> Any:
    zero, one = format.real(0), format.real(1)

    @inlined
    def sign(x: Any) -> Any:
        """-1, 0 or 1; NaN for NaN."""
        return select(x > zero, one, select(x < zero, -one, x))

    return sign


@functools.cache
def _maximum(format: Format) -> Any:
    @inlined
    def maximum(a: Any, b: Any) -> Any:
        """The larger of two; NaN if either is."""
        return select((a >= b) | (a != a), a, b)

    return maximum


@functools.cache
def _minimum(format: Format) -> Any:
    @inlined
    def minimum(a: Any, b: Any) -> Any:
        """The smaller of two; NaN if either is."""
        return select((a <= b) | (a != a), a, b)

    return minimum


@functools.cache
def _sqrt(format: Format) -> Any:
    @inlined
    def sqrt(x: Any) -> Any:
        """The square root, correctly rounded; NaN below 0."""
        return _square_root(x)

    return sqrt


@functools.cache
def _xmuly(format: Format) -> Any:
    zero = format.real(0)

    @inlined
    def xmuly(x: Any, y: Any) -> Any:
        """x·y, and 0 where x is 0 whatever y is."""
        return select(x == zero, zero, x * y)

    return xmuly


@functools.cache
def _xdivy(format: Format) -> Any:
    zero = format.real(0)

    @inlined
    def xdivy(x: Any, y: Any) -> Any:
        """x/y, and 0 where x is 0 whatever y is."""
        return select(x == zero, zero, x / y)

    return xdivy


@functools.cache
def _xlogy(format: Format) -> Any:
    xmuly, log = _xmuly(format), _log(format)

    @inlined
    def xlogy(x: Any, y: Any) -> Any:
        """x·log(y), and 0 where x is 0 whatever y is."""
        return xmuly(x, log(y))

    return xlogy


# ---- powers, in twice the precision

_split_float64, _exp_of_sum_float64, exp_float64, log_float64 = (f(FLOAT64) for f in (_split, _exp_of_sum, _exp, _log))
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
    _, k, m = _split_float64(select(subnormal, x * _SCALE, x))
    k = k - select(subnormal, 53.0, 0.0)
    # log m = 2·artanh(s), s = f/(2 + f) = 2·s + s³·(2/3 + 2/5·s² + …), each factor as a pair
    f = m - 1.0
    denominator = 2.0 + f
    reciprocal = 1.0 / denominator
    d = _pair(denominator, f - (denominator - 2.0))
    s_head = _head(f * reciprocal)
    s = s_head, ((f - s_head * d[0]) - s_head * d[1]) * reciprocal
    z, z_low = _product(s, s)
    tail = (z + z_low) * _polynomial(z + z_low, _CUBIC_TAIL)
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
    return _exp_of_sum_float64(total, select(abs(total) < 1000.0, rest - (total - product), 0.0))


@inlined
def _exp_of_product_float32(y: Any, x: Any) -> Any:
    """The same, in float64 throughout."""
    return np.float32(exp_float64(np.float64(y) * log_float64(np.float64(x))))


@functools.cache
def _power(format: Format) -> Any:
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


# ---- the gamma function

_HALF_LOG_2_PI = 0.4189385332046727  # (log(2·π) - 1)/2
_LOG_GAMMA, _LOG_GAMMA_REST = 0.46580963736232694, -1.9584203614658358e-17  # a coefficient in two numbers
_LOG_GAMMA_TAIL = (
    -0.13157899128683395,
    0.05257942622043233,
    -0.02419443643069458,
    0.011991915957146897,
    -0.006215450413894576,
    0.003317270853895826,
    -0.0018070640148370677,
    0.0009992728663002323,
    -0.0005589497741910855,
    0.00031549305822231333,
    -0.00017938925297204228,
    0.00010263673839220052,
    -5.902593773811161e-05,
    3.403037094951045e-05,
    -1.9708231107429816e-05,
    1.1706938033306176e-05,
    -6.901721434532891e-06,
    3.3772791014103135e-06,
    -1.8334524571871086e-06,
    2.386741869230747e-06,
    -1.6262551493197e-06,
    -8.90291537257874e-07,
    7.538578879131338e-07,
    1.37448128632076e-06,
    -9.695490101617987e-07,
    -6.097016383791789e-07,
    4.2457974490977266e-07,
    2.0599896023346335e-07,
    -1.3392804654337345e-07,
)
"""log Γ(1 + w) / (w·(w - 1)) of v = w - 5/8, for -1/4 ≤ w ≤ 3/2, is the coefficient + v·tail(v): 0.2 ulp."""
_STIRLING = (
    0.0833333333333331,
    -0.0027777777773586106,
    0.0007936505764818185,
    -0.0005951896846094316,
    0.000836458698826893,
    -0.001633434390098775,
)
"""x·(log Γ(x) - (x - 1/2)·(log x - 1) - (log(2·π) - 1)/2) of 1/x², for x ≥ 8: 0.01 ulp."""


@inlined
def log_gamma_float64(x: Any) -> Any:
    """log Γ(x) for x ≥ 0, also near its zeros at 1 and 2; NaN below."""
    # x in [3/4, 5/2) as it is; from there up to 8 down to [3/2, 5/2) by Γ(x) = (x - 1)·Γ(x - 1); below up, by Γ(x) = Γ(x + 1)/x
    small, large = x < 0.75, x >= 8.0
    factor, steps = 1.0, 0.0
    for i in range(1, 7):
        step = x - i >= 1.5
        factor = factor * select(step, x - i, 1.0)
        steps = steps + select(step, 1.0, 0.0)
    # the zeros of log Γ at 1 and 2 as factors: log Γ(1 + w) = w·(w - 1)·p(w)
    w = select(small, x, (x - steps) - 1.0)
    v = w - 0.625
    p = _LOG_GAMMA + (_LOG_GAMMA_REST + v * _polynomial(v, _LOG_GAMMA_TAIL))
    near = select(w < 0.5, w * w - w, w * (w - 1.0)) * p  # w - 1 is exact from 1/2 on
    log_x = log_float64(select(small | large, x, factor))
    # Stirling's series
    r = 1.0 / x
    far = (x - 0.5) * (log_x - 1.0) + (_HALF_LOG_2_PI + r * _polynomial(r * r, _STIRLING))
    return select(large, far, near + select(small, -log_x, log_x))


@inlined
def log_gamma_float32(x: Any) -> Any:
    """log Γ(x) for x ≥ 0, also near its zeros at 1 and 2; NaN below. In float64 throughout."""
    return np.float32(log_gamma_float64(np.float64(x)))


# ---- by name

_WORDS = (
    "exp",
    "expm1",
    "log",
    "log1mexp",
    "log1p",
    "log_cosh",
    "log_gamma",
    "log_sigmoid",
    "maximum",
    "minimum",
    "power",
    "reciprocal_expm1",
    "sigmoid",
    "sign",
    "softplus",
    "sqrt",
    "tanh",
    "where",
    "xdivy",
    "xlogy",
    "xmuly",
)

exp_float32 = _exp(FLOAT32)
exp_below_float32, exp_below_float64 = _both(_exp_below)
"""eˣ for x ≤ 0, all that a softmax needs: 0 where it is below the smallest normal number, and any number for NaN. 1.1 ulp."""
from_top_float32, from_top_float64 = _both(_from_top)
"""No word: z - top, and 0 where the two are one infinity, as it is for all other equal numbers."""
expm1_float32, expm1_float64 = _both(_expm1)
log_float32 = _log(FLOAT32)
log1p_float32, log1p_float64 = _both(_log1p)
log_of_sum_float32, log_of_sum_float64 = _both(_log_of_sum)
"""No word: log(a + x), a being 0 or 1, for losses of events that happen or do not. As exact as log and log1p."""
sqrt_float32, sqrt_float64 = _both(_sqrt)
tanh_float32, tanh_float64 = _both(_tanh)
sigmoid_float32, sigmoid_float64 = _both(_sigmoid)
softplus_float32, softplus_float64 = _both(_softplus)
log_sigmoid_float32, log_sigmoid_float64 = _both(_log_sigmoid)
log_cosh_float32, log_cosh_float64 = _both(_log_cosh)
log1mexp_float32, log1mexp_float64 = _both(_log1mexp)
reciprocal_expm1_float32, reciprocal_expm1_float64 = _both(_reciprocal_expm1)
maximum_float32, maximum_float64 = _both(_maximum)
minimum_float32, minimum_float64 = _both(_minimum)
sign_float32, sign_float64 = _both(_sign)
xmuly_float32, xmuly_float64 = _both(_xmuly)
xdivy_float32, xdivy_float64 = _both(_xdivy)
xlogy_float32, xlogy_float64 = _both(_xlogy)
power_float32, power_float64 = _both(_power)
where_float32 = where_float64 = select


def words(precision: str) -> Mapping[str, Any]:
    """The function of each word in one precision, ``"float32"`` or ``"float64"``."""
    return MappingProxyType({name: globals()[f"{name}_{precision}"] for name in _WORDS})
