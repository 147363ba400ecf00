"""How wrong the kernels' functions are, in units of the last place, beside mpmath; ``python -m tests.kernels.accuracy`` tells.

An error is |computed - true| divided by the distance of neighbouring numbers at the true value; below the smallest normal
number that is the smallest subnormal number. A true value beyond the largest number counts as 2¹²⁸ or 2¹⁰²⁴, and so does ∞.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import mpmath
import numpy as np
from mpmath.libmp import from_float, mpf_exp, mpf_log
from numba import njit

from lossary.kernels import math as kernel_math

MP = mpmath.mp.clone()
MP.prec = 200  # so that 1 + x keeps 120 bits of any x that is not handled by two terms of its series
PRECISIONS = ("float32", "float64")
COUNT = 100_000


def _small(x):
    """Whether 0 < |x| < 2⁻⁷⁰."""
    _, _, exponent, bits = x._mpf_
    return exponent + bits < -70


def _exp(x):
    return MP.make_mpf(mpf_exp(x._mpf_, MP.prec))  # MP.exp without its reading of arguments, which takes as long


def _log(x):
    return MP.make_mpf(mpf_log(x._mpf_, MP.prec))


def exact(x):
    """A float as the number that it is."""
    return MP.make_mpf(from_float(x))


def _expm1(x):
    return x + x * x / 2 if _small(x) else _exp(x) - 1


def _log1p(x):
    return x - x * x / 2 if _small(x) else _log(1 + x)


def _softplus(x):
    return _log1p(_exp(x)) if x < 0 else x + _log1p(_exp(-x))


def _tanh(x):
    t = _expm1(2 * x)
    return t / (t + 2)


def _log_cosh(x):
    e = _exp(-abs(x))
    if e < 0.5:
        return abs(x) + _log((1 + e * e) / 2)
    t = _expm1(-abs(x))
    return _log1p(t * t / (2 * (1 + t)))  # cosh x - 1 = (e^-|x| - 1)² / (2·e^-|x|)


def _log1mexp(x):
    return _log(-_expm1(x)) if x > -0.5 else _log1p(-_exp(x))


@dataclass(frozen=True)
class Word:
    """A function's truth and where it is measured."""

    truth: Callable
    low: float = -math.inf
    high: float = math.inf
    centres: tuple[float, ...] = ()
    """Where the function, or the way it is computed, changes; 0 is one everywhere."""


EXP = {"float32": (-104, 89), "float64": (-746, 710)}  # where eˣ is neither 0 nor infinite
HALF_LOG_2 = math.log(2) / 2
WORDS = {
    "exp": Word(_exp, -1e4, 1e4, (HALF_LOG_2, -HALF_LOG_2)),
    "expm1": Word(_expm1, -1e4, 1e4, (HALF_LOG_2, -HALF_LOG_2, 3 * HALF_LOG_2)),
    "log": Word(_log, 0, math.inf, (1.0, math.sqrt(2), math.sqrt(0.5))),
    "log1p": Word(_log1p, -1, math.inf, (-1.0, math.sqrt(2) - 1, math.sqrt(0.5) - 1, 1.0)),
    "tanh": Word(_tanh, -1e4, 1e4, (0.5, 1.0, 2.0, HALF_LOG_2 / 2)),
    "sigmoid": Word(lambda x: 1 / (1 + _exp(-x)), -1e4, 1e4, (-1.0, 1.0)),
    "softplus": Word(_softplus, -1e4, 1e4, (-1.0, 1.0)),
    "log_sigmoid": Word(lambda x: -_softplus(-x), -1e4, 1e4, (-1.0, 1.0)),
    "log_cosh": Word(_log_cosh, -1e4, 1e4, (math.sqrt(0.5), -math.sqrt(0.5), 1.0)),
    "log1mexp": Word(_log1mexp, -1e4, 0, (-math.log(2), -1.0)),
    "reciprocal_expm1": Word(lambda x: 1 / _expm1(x), -1e4, 1e4, (17.0, 37.0, HALF_LOG_2, -HALF_LOG_2)),
    "arctan": Word(MP.atan, -1e30, 1e30, (0.5, 1.0, 2.0)),
    "sin": Word(MP.sin, -1e30, 1e30, (math.pi / 2, math.pi)),
    "cos": Word(MP.cos, -1e30, 1e30, (math.pi / 2, math.pi)),
}
MEASURED = (*WORDS, "power")
LIMITS = dict.fromkeys(MEASURED, 3.0) | dict.fromkeys(("exp", "expm1", "log", "log1p"), 1.5)
"""The errors, in ulp, that the functions are meant to stay below."""


def _bits(dtype):
    return np.uint32 if dtype == "float32" else np.uint64


def patterns(precision, count, random):
    """Finite numbers of every exponent and both signs: random bit patterns."""
    integers = random.integers(0, np.iinfo(_bits(precision)).max, count + count // 4, dtype=_bits(precision), endpoint=True)
    numbers = integers.view(precision)
    return numbers[np.isfinite(numbers)][:count]


def points(name, precision, count=COUNT):
    """Points all over a word's domain: bit patterns, evenly spread ones, and ever nearer to 0 and to the word's centres."""
    word, random = WORDS[name], np.random.default_rng(len(name))
    low, high = max(word.low, EXP[precision][0]), min(word.high, EXP[precision][1])
    kinds, centres = np.finfo(precision), (0.0, *word.centres)
    extremes = [kinds.smallest_subnormal, kinds.smallest_normal, kinds.max, low, high, *word.centres]
    distances = (random.uniform(-1, 1, count) * 2.0 ** random.integers(-12, 2, count) for _ in centres)
    spread = [
        random.uniform(low, high, count // 2),
        *((centre + distance)[: 2 * count // len(centres)] for centre, distance in zip(centres, distances, strict=True)),
        *(limit + random.uniform(-20, 20, count // 8) for limit in EXP[precision]),  # subnormal and infinite results
    ]
    numbers = random.permutation(np.concatenate([patterns(precision, count, random), *(s.astype(precision) for s in spread)]))
    extremes = np.array([*extremes, *(-x for x in extremes)], precision)
    numbers = np.concatenate([extremes, numbers])
    return numbers[(numbers > word.low) & (numbers < word.high) & (numbers != 0)][:count]


def powers(precision, count=COUNT):
    """Bases of every size, near 1, and small ones of both signs; exponents up to where all powers are 0 or infinite."""
    random, third = np.random.default_rng(0), count // 3
    near_one = 1 + random.uniform(-1, 1, third) * 2.0 ** random.integers(-20, 0, third)
    x = np.concatenate([abs(patterns(precision, third, random)), near_one, random.uniform(-30, 30, count - 2 * third)])
    x = x.astype(precision)
    x[(x == 0) | (abs(x) == 1)] = 2
    y = random.uniform(-1.06, 1.06, count) * EXP[precision][1] / abs(np.log(abs(x).astype("float64")))
    return x, np.where(x < 0, random.integers(-12, 13, count), y).astype(precision)


@functools.cache
def loop(name, precision):
    """A compiled loop: arguments, then the array of results."""
    function = getattr(kernel_math, f"{name}_{precision}")
    if name in ("arctan2", "hypot", "maximum", "minimum", "power", "xdivy", "xlogy", "xmuly"):

        @njit(error_model="numpy")
        def run(x, y, results):
            for i in range(x.shape[0]):
                results[i] = function(x[i], y[i])
    else:

        @njit(error_model="numpy")
        def run(x, results):
            for i in range(x.shape[0]):
                results[i] = function(x[i])

    return run


def apply(name, *arguments):
    """The kernel's function of arrays."""
    results = np.empty_like(arguments[0])
    loop(name, results.dtype.name)(*arguments, results)
    return results


def ulps(computed, truth, precision):
    """The distance of a float from a number of mpmath, in units of the last place of the latter."""
    if math.isnan(computed):
        return math.inf
    digits, smallest, end = (24, -126, 128) if precision == "float32" else (53, -1022, 1024)
    sign, mantissa, exponent, bits = truth._mpf_
    if mantissa and exponent + bits > end:
        mantissa, exponent, bits = 1, end, 1
    if math.isinf(computed):
        computed_mantissa, computed_exponent = (1 if computed > 0 else -1), end
    else:
        fraction, computed_exponent = math.frexp(computed)
        computed_mantissa, computed_exponent = int(fraction * 2.0**53), computed_exponent - 53
    last = (max(exponent + bits - 1, smallest) if mantissa else smallest) - (digits - 1)
    # both as integers, in units of 2⁻³⁰ ulp
    difference = _shift(-mantissa if sign else mantissa, exponent - last + 30) - _shift(
        computed_mantissa, computed_exponent - last + 30
    )
    return abs(difference) / 2**30


def _shift(integer, places):
    if places >= 0:
        return integer << places
    return integer >> -places if places > -10_000 else 0


@functools.cache
def worst(name, precision, every=1):
    """The largest error over the points, or some of them and all extremes, and where it is."""
    arguments = powers(precision) if name == "power" else (points(name, precision),)
    arguments = [np.concatenate([a[:100], a[100::every]]) for a in arguments]  # extremes come first
    truth = MP.power if name == "power" else WORDS[name].truth
    computed = apply(name, *arguments)
    truths = (truth(*map(exact, numbers)) for numbers in zip(*(a.tolist() for a in arguments), strict=True))
    errors = [ulps(c, t, precision) for c, t in zip(computed.tolist(), truths, strict=True)]
    at = int(np.argmax(errors))
    return errors[at], tuple(float(a[at]) for a in arguments)


def main():
    for name in MEASURED:
        for precision in PRECISIONS:
            error, where = worst(name, precision)
            print(f"{name:17} {precision} {error:6.3f} ulp at {', '.join(map(repr, where))}", flush=True)


if __name__ == "__main__":
    main()
