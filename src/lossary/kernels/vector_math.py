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
inlined: _Decorator = njit(error_model="numpy", fastmath={"contract"}, forceinline=True)
"""error_model: Python's check for division by zero is a branch. forceinline: a loop with calls in it does not vectorise."""


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
    """(cosh x - 1) / x² of x², for |x| ≤ 1/√2: 0.01 ulp."""

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
    cosh_tail=(0.5, 0.04166667, 0.0013888195, 2.5057214e-05),
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
        0.5,
        0.04166666666666666,
        0.0013888888888891765,
        2.4801587298136913e-05,
        2.7557321194849984e-07,
        2.0876179228571845e-09,
        1.1554682447034669e-11,
    ),
)
FORMATS = {"float32": FLOAT32, "float64": FLOAT64}


def _both(make: Callable[[Format], Any]) -> tuple[Any, Any]:
    return make(FLOAT32), make(FLOAT64)


# ---- exponentials


@functools.cache
def _reduce_exponent(format: Format, offset: int) -> Any:
    """x -> (t, r): x = n·log 2 + r with |r| ≤ log(2)/2; the last bits of t's pattern are the integer n + offset."""
    real = format.real
    reciprocal, high, low = real(1 / _LOG_2), real(format.log_2_high), real(format.log_2_low)
    shift = real(1.5 * 2.0 ** (format.precision - 1) + offset)  # numbers of this size are integers: adding it rounds to one

    @inlined
    def reduce_exponent(x: Any) -> Any:
        t = x * reciprocal + shift
        n = t - shift
        return t, (x - n * high) - n * low  # n·high is exact, and so is its difference from x

    return reduce_exponent


@functools.cache
def _exp(format: Format) -> Any:
    real, bits, to_bits, from_bits = format.real, format.bits, format.to_bits, format.from_bits
    reduce_exponent, tail = _reduce_exponent(format, 2 * format.largest_exponent), format.typed(format.exp_tail)
    one, exponent_at = bits(1), bits(format.precision - 1)
    least = real((2 - format.largest_exponent - format.precision) * _LOG_2 - 1)
    most = real((format.largest_exponent + 1) * _LOG_2 + 1)

    @inlined
    def exp(x: Any) -> Any:
        x = select(x < least, least, x)  # so that n fits; NaN stays
        x = select(x > most, most, x)
        t, r = reduce_exponent(x)
        # eˣ = 2ⁿ·eʳ, with 2ⁿ as two factors: one alone would overflow before eˣ does, and underflow before it
        n = to_bits(t)
        half = bits(n >> one)
        first, second = from_bits(bits(half << exponent_at)), from_bits(bits((n - half) << exponent_at))
        # the tail is small beside 1 + r, so that its errors hardly count; 1 ulp
        return (first + first * (r + r * r * _polynomial(r, tail))) * second

    return exp


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
        y = select(x < least, least, x)
        y = select(y > most, most, y)
        t, r = reduce_exponent(y)
        # (eˣ - 1)/2 = (2ⁿ⁻¹ - ½) + 2ⁿ⁻¹·r + 2ⁿ⁻¹·(eʳ - 1 - r); half, as 2ⁿ overflows before eˣ does
        scale = from_bits(bits(to_bits(t) << exponent_at))
        constant, linear = scale - half, scale * r
        # the sum of the first two exactly, as head + error (Dekker: the constant is 0 or the larger); 1 ulp
        head = constant + linear
        error = linear - (head - constant)
        return select(abs(x) < tiny, x, two * (head + (error + scale * (r * r * _polynomial(r, tail)))))

    return expm1


@functools.cache
def _reciprocal_expm1(format: Format) -> Any:
    real, exp, expm1 = format.real, _exp(format), _expm1(format)
    far = real((format.precision + 1) * _LOG_2)

    @inlined
    def reciprocal_expm1(x: Any) -> Any:
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
        subnormal = x < smallest_normal
        _, k, m = split(select(subnormal, x * scale, x))
        y = assemble_log(k - select(subnormal, bits_lent, zero), m - one, nothing)
        y = select(x < infinity, y, x)  # NaN stays
        return select(x == zero, -infinity, select(x < zero, nan, y))

    return log


@functools.cache
def _log1p(format: Format) -> Any:
    real, bits, from_bits = format.real, format.bits, format.from_bits
    split, assemble_log = _split(format), _assemble_log(format)
    exponent_at, reflection = bits(format.precision - 1), bits(2 * format.largest_exponent + 1)
    tiny = real(2.0**-format.precision)
    half, one, centre, infinity, nan = real(0.5), real(1), real(1.06), real(math.inf), real(math.nan)

    @inlined
    def log1p(x: Any) -> Any:
        # 1 + x = u + c exactly (Dekker)
        larger, smaller = select(x > one, x, one), select(x > one, one, x)
        u = larger + smaller
        c = smaller - (u - larger)
        e, k, m = split(u)
        # (u + c)/2ᵏ = 1 + f + rest exactly; c in halves, since 2⁻ᵏ may be subnormal where 2¹⁻ᵏ is not
        c = (half * c) * from_bits(bits((reflection - e) << exponent_at))
        g = m - one
        f = g + c
        rest = c - (f - g)
        # log(1 + f + rest) = log(1 + f) + rest/(1 + f); the rest is at most half a last place: 1/m ≈ 2.06 - m will do
        y = assemble_log(k, f, rest * (centre - f))
        y = select((x < infinity) & (abs(x) >= tiny), y, x)
        return select(x == -one, -infinity, select(x < -one, nan, y))

    return log1p


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
        # 1/(1 + e⁻ˣ) for x ≥ 0, eˣ/(1 + eˣ) below: e^-|x| never overflows; 2 ulp
        e = exp(-abs(x))
        return select(x >= real(0), real(1), e) / (real(1) + e)

    return sigmoid


@functools.cache
def _softplus(format: Format) -> Any:
    zero, exp, log1p_of_fraction = format.real(0), _exp(format), _log1p_of_fraction(format)

    @inlined
    def softplus(x: Any) -> Any:
        # log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|): e^-|x| never overflows, and both terms are positive; 2 ulp
        return select(x > zero, x, zero) + log1p_of_fraction(exp(-abs(x)))

    return softplus


@functools.cache
def _log_sigmoid(format: Format) -> Any:
    zero, exp, log1p_of_fraction = format.real(0), _exp(format), _log1p_of_fraction(format)

    @inlined
    def log_sigmoid(x: Any) -> Any:
        # log σ(x) = min(x, 0) - log(1 + e^-|x|): both terms have one sign; 2 ulp
        return select(x < zero, x, zero) - log1p_of_fraction(exp(-abs(x)))

    return log_sigmoid


@functools.cache
def _tanh(format: Format) -> Any:
    two, expm1 = format.real(2), _expm1(format)

    @inlined
    def tanh(x: Any) -> Any:
        # tanh|x| = -t/(t + 2) with t = e^-2|x| - 1, which is exact at both ends; 2 ulp
        t = expm1(-two * abs(x))
        return math.copysign(t / (t + two), x)

    return tanh


@functools.cache
def _log_cosh(format: Format) -> Any:
    real, exp, log1p_of_fraction = format.real, _exp(format), _log1p_of_fraction(format)
    tail, limit, two = format.typed(format.cosh_tail), format.real(math.sqrt(0.5)), format.real(2)
    high, low = real(format.log_2_high), real(format.log_2_low)

    @inlined
    def log_cosh(x: Any) -> Any:
        # log(1 + (cosh x - 1)) near 0, where log cosh is small; |x| - log 2 + log(1 + e^-2|x|) beyond; 2 ulp
        a = abs(x)
        near = a < limit
        square = a * a
        fraction = select(near, square * _polynomial(square, tail), exp(-two * a))
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
        # log(-(eˣ - 1)) near 0, log(1 + (-eˣ)) below -log 2 (Mächler, 2012): neither subtraction cancels; 2 ulp
        return select(x > real(-_LOG_2), log(-expm1(x)), log1p_of_fraction(-exp(x)))

    return log1mexp


# ---- choices


@functools.cache
def _sign(format: Format) -> Any:
    zero, one = format.real(0), format.real(1)

    @inlined
    def sign(x: Any) -> Any:
        return select(x > zero, one, select(x < zero, -one, x))

    return sign


@functools.cache
def _maximum(format: Format) -> Any:
    @inlined
    def maximum(a: Any, b: Any) -> Any:
        return select((a >= b) | (a != a), a, b)

    return maximum


@functools.cache
def _minimum(format: Format) -> Any:
    @inlined
    def minimum(a: Any, b: Any) -> Any:
        return select((a <= b) | (a != a), a, b)

    return minimum


@functools.cache
def _sqrt(format: Format) -> Any:
    @inlined
    def sqrt(x: Any) -> Any:
        return math.sqrt(x)

    return sqrt


@functools.cache
def _xmuly(format: Format) -> Any:
    zero = format.real(0)

    @inlined
    def xmuly(x: Any, y: Any) -> Any:
        return select(x == zero, zero, x * y)

    return xmuly


@functools.cache
def _xdivy(format: Format) -> Any:
    zero = format.real(0)

    @inlined
    def xdivy(x: Any, y: Any) -> Any:
        return select(x == zero, zero, x / y)

    return xdivy


@functools.cache
def _xlogy(format: Format) -> Any:
    xmuly, log = _xmuly(format), _log(format)

    @inlined
    def xlogy(x: Any, y: Any) -> Any:
        return xmuly(x, log(y))

    return xlogy


# ---- by name

_WORDS = (
    "exp",
    "expm1",
    "log",
    "log1mexp",
    "log1p",
    "log_cosh",
    "log_sigmoid",
    "maximum",
    "minimum",
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

exp_float32, exp_float64 = _both(_exp)
expm1_float32, expm1_float64 = _both(_expm1)
log_float32, log_float64 = _both(_log)
log1p_float32, log1p_float64 = _both(_log1p)
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
where_float32 = where_float64 = select


def words(precision: str) -> Mapping[str, Any]:
    """The function of each word in one precision, ``"float32"`` or ``"float64"``."""
    return MappingProxyType({name: globals()[f"{name}_{precision}"] for name in _WORDS})
