"""How wrong words are that libraries lack, in every library, beside mpmath; ``python -m tests.formula.accuracy`` tells.

The error is in units of the last place (ulp) of the true value, or of a larger number where the table says so.
"""

import functools
import math
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import torch
from numba import njit

from lossary.formula import calls
from lossary.formula.expression import symbol
from lossary.formula.languages.numba import Writer
from lossary.formula.languages.python import compiled
from lossary.kernels import math as kernel_math
from lossary.kernels.words import WORDS as MACHINE_WORDS
from tests.kernels.accuracy import exact, patterns

MP = mpmath.mp.clone()
MP.prec = 400
PRECISIONS = ("float32", "float64")
LIBRARIES = ("numpy", "torch", "jax", "kernels")
NAMES = ("x", "y", "z")


def ndtr(x):
    return MP.erfc(-x / MP.sqrt(2)) / 2


def hazard(x):
    return MP.exp(-x * x / 2) / MP.sqrt(2 * MP.pi) / ndtr(x)


def softplus(x):
    return MP.log1p(MP.exp(x)) if x < 0 else x + MP.log1p(MP.exp(-x))


def boxcox(x, lmbda):
    return MP.log(x) if lmbda == 0 else MP.expm1(lmbda * MP.log(x)) / lmbda


def boxcox_in_lambda(order):
    """∫₀¹ s^k·x^(λ·s)·log^(k+1) x ds, in closed form or, near λ·log x = 0, as a series."""

    def truth(x, lmbda):
        log_x = MP.log(x)
        t = lmbda * log_x
        if abs(t) < 2:
            moment = MP.fsum(t**n / (MP.factorial(n) * (n + order + 1)) for n in range(90))
        else:
            moment = MP.expm1(t) / t
            for k in range(1, order + 1):
                moment = (MP.exp(t) - k * moment) / t
        return log_x ** (order + 1) * moment

    return truth


def log1pmx(x):
    return MP.log1p(x) - x if abs(x) > 1e-30 else -x * x / 2 + x**3 / 3


@dataclass(frozen=True)
class Word:
    """A function, its truth, and where it is measured."""

    formula: Callable
    truth: Callable
    ranges: tuple[tuple[float, float], ...]
    """Where arguments are drawn from, evenly and by magnitude; one pair for each argument."""
    least: Callable = field(default=lambda *x: 0.0)
    """The number whose last place counts where the value is smaller."""


WORDS = {
    "floor": Word(calls.floor, MP.floor, ((-1e6, 1e6),)),
    "sin": Word(calls.sin, MP.sin, ((-1e6, 1e6),)),
    "cos": Word(calls.cos, MP.cos, ((-1e6, 1e6),)),
    "arctan": Word(calls.arctan, MP.atan, ((-1e6, 1e6),)),
    "arctan2": Word(calls.arctan2, MP.atan2, ((-1e3, 1e3), (-1e3, 1e3))),
    "hypot": Word(calls.hypot, MP.hypot, ((-1e3, 1e3), (-1e3, 1e3))),
    "hypot_slope": Word(calls.hypot_slope, lambda a, b: a / MP.hypot(a, b), ((-1e3, 1e3), (-1e3, 1e3))),
    "logaddexp": Word(
        calls.logaddexp,
        lambda a, b: max(a, b) + MP.log1p(MP.exp(-abs(a - b))),
        ((-100, 100), (-100, 100)),
        least=lambda a, b: max(abs(a), abs(b)),
    ),
    "boxcox": Word(calls.boxcox, boxcox, ((0, 1e6), (-5, 5))),
    "boxcox, first in λ": Word(functools.partial(calls.boxcox, order=1), boxcox_in_lambda(1), ((0, 1e6), (-5, 5))),
    "boxcox, second in λ": Word(functools.partial(calls.boxcox, order=2), boxcox_in_lambda(2), ((0, 1e6), (-5, 5))),
    "boxcox1p": Word(calls.boxcox1p, lambda x, y: boxcox(1 + x, y), ((-0.999, 1e6), (-5, 5))),
    "log1pmx": Word(calls.log1pmx, log1pmx, ((-0.999, 1e6),)),
    "hypot_excess": Word(calls.hypot_excess, lambda a, b: a * a / (MP.hypot(a, b) + abs(b)), ((-1e3, 1e3), (-1e3, 1e3))),
    "log_softplus": Word(calls.log_softplus, lambda x: MP.log(softplus(x)), ((-750, 750),), least=lambda x: 1.0),
    "log_softplus_slope": Word(calls.log_softplus_slope, lambda x: 1 / (1 + MP.exp(-x)) / softplus(x), ((-750, 750),)),
    "log_gamma": Word(calls.log_gamma, MP.loggamma, ((0, 1e6),)),
    "digamma": Word(calls.digamma, MP.digamma, ((0, 1e6),)),
    "trigamma": Word(calls.trigamma, lambda x: MP.polygamma(1, x), ((0, 1e6),)),
    "polygamma, order 2": Word(functools.partial(calls.polygamma, 2), lambda x: MP.polygamma(2, x), ((0, 1e6),)),
    "erf": Word(calls.erf, MP.erf, ((-7, 7),)),
    "erfc": Word(calls.erfc, MP.erfc, ((-7, 28),)),
    "gaussian": Word(calls.gaussian, lambda x: MP.exp(-x * x), ((-28, 28),)),
    "log_ndtr": Word(
        calls.log_ndtr,
        lambda x: MP.log1p(-ndtr(-x)) if x > 0 else MP.log(ndtr(x)),
        ((-60, 39),),
    ),
    "log_ndtr_slope": Word(calls.log_ndtr_slope, hazard, ((-60, 39),)),
    "log_ndtr_curvature": Word(calls.log_ndtr_curvature, lambda x: -hazard(x) * (x + hazard(x)), ((-60, 37),)),
}


def points(name, precision, count):
    """Arguments all over a word's ranges: evenly spread, near 0 and 1, of every magnitude, and bit patterns."""
    random, columns = np.random.default_rng(len(name)), []
    for low, high in WORDS[name].ranges:
        sizes = 10.0 ** random.uniform(-6, math.log10(high), count) * random.choice([-1, 1], count)
        kinds = (
            random.uniform(low, high, count),
            random.uniform(max(low, -10), min(high, 10), count),
            random.uniform(max(low, -1.5), 3, count),
            sizes,
            np.resize(patterns(precision, count, random), count) if len(WORDS[name].ranges) == 1 else sizes,
        )
        columns.append(np.choose(random.integers(0, len(kinds), count), kinds))
    columns = np.array(columns).astype(precision)
    inside = np.all(
        [(c >= low) & (c <= high) & (c != 0) for c, (low, high) in zip(columns, WORDS[name].ranges, strict=True)], 0
    )
    return columns[:, inside]


def kernel_function(formula, arguments, precision):
    """A formula as kernels write it, as compiled loop over arrays."""
    writer = Writer(MACHINE_WORDS)
    source = writer.function("value", arguments, (), {"value": formula}, precision)
    namespace = {word: getattr(kernel_math, word) for word in writer.called | {"exactly"}}
    namespace |= {"inf": math.inf, "nan": math.nan, precision: getattr(np, precision)}
    exec(source, namespace)
    value = namespace["value"]
    if len(arguments) == 1:

        @njit(error_model="numpy")
        def run(x, results):
            for i in range(x.shape[0]):
                results[i] = value(x[i])
    elif len(arguments) == 2:

        @njit(error_model="numpy")
        def run(x, y, results):
            for i in range(x.shape[0]):
                results[i] = value(x[i], y[i])
    else:

        @njit(error_model="numpy")
        def run(x, y, z, results):
            for i in range(x.shape[0]):
                results[i] = value(x[i], y[i], z[i])

    return run


def apply(formula, library, *columns):
    """A formula of x, y, z for columns of numbers, by a library or as kernels compute it."""
    names = NAMES[: len(columns)]
    if library == "kernels":
        results = np.empty_like(columns[0])
        kernel_function(formula, names, results.dtype.name)(*columns, results)
        return results
    array = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}[library]
    function = compiled(formula, library, names)
    with np.errstate(all="ignore"):
        result = (jax.jit(function) if library == "jax" else function)(*map(array, columns))
        return np.broadcast_to(np.asarray(result, columns[0].dtype), columns[0].shape)


def _last_place(number, precision):
    digits, smallest = (24, -126) if precision == "float32" else (53, -1022)
    _, _, exponent, bits = number._mpf_
    return MP.ldexp(1, (max(exponent + bits - 1, smallest) if number else smallest) - digits + 1)


@functools.cache
def truths(name, precision, count):
    columns = points(name, precision, count)
    found = [WORDS[name].truth(*map(exact, row)) for row in columns.T.tolist()]
    least = [WORDS[name].least(*row) for row in columns.T.tolist()]
    return columns, found, [_last_place(max(abs(t), exact(float(s))), precision) for t, s in zip(found, least, strict=True)]


@functools.cache
def worst(name, library, precision, count=4000):
    """The largest error over the points, and where it is."""
    columns, expected, places = truths(name, precision, count)
    word = WORDS[name]
    computed = apply(word.formula(*map(symbol, NAMES[: len(columns)])), library, *columns).tolist()
    kinds = np.finfo(precision)
    # JAX's compiler flushes subnormal numbers to zero, those on the way included
    least = float(kinds.smallest_normal) / float(kinds.eps) ** 2 if library == "jax" else 0.0
    errors = [
        0.0
        if abs(t) < least or abs(t) > float(kinds.max) or min(map(abs, row)) < least
        else float(abs(exact(c) - t) / place)
        if math.isfinite(c)
        else math.inf
        for c, t, place, row in zip(computed, expected, places, columns.T.tolist(), strict=True)
    ]
    at = int(np.argmax(errors))
    return errors[at], tuple(columns[:, at].tolist())


def published():
    """The figures in float32 and float64 of a table in docs/accuracy.md."""
    page = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text("utf-8").split("## Words that are written out", 1)[1]
    rows = re.findall(r"^\| `([^|]+)` \| ([\d.]+) \| ([\d.]+) \|", page, re.MULTILINE)
    return {name: (float(single), float(double)) for name, single, double in rows}


def main(*names):
    for name in names or WORDS:
        for precision in PRECISIONS:
            found = [(library, *worst(name, library, precision)) for library in LIBRARIES]
            print(
                f"{name:20} {precision}",
                *(f"{library} {error:.2f} at {x}" for library, error, x in found),
                sep="  ",
                flush=True,
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
