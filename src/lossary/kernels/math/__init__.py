"""The words of the vocabulary as functions of one number that LLVM vectorises when they are inlined in a loop.

None branches or reads a table; only those of angles call the C library. ``exp_float32`` and ``exp_float64`` are the word
``exp`` in the two precisions, and so on; :func:`words` returns all words of one precision. Where only constants differ, one
function ``make_…(format)`` defines the algorithm and makes the compiled function of each precision.

Multiplications and additions may be contracted to fused ones; nothing else is relaxed. Infinities, NaN, signed zeros and
subnormal numbers are right, and operations are done in the order written, which compensated sums need. The polynomials are
minimax approximations (Remez's algorithm). ``docs/accuracy.md`` has the measured errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lossary.kernels.math.angles import make_arctan, make_arctan2, make_cos, make_sin
from lossary.kernels.math.choices import (
    make_floor,
    make_hypot,
    make_maximum,
    make_minimum,
    make_sign,
    make_sqrt,
    make_xdivy,
    make_xlogy,
    make_xmuly,
)
from lossary.kernels.math.composed import (
    make_log1mexp,
    make_log_cosh,
    make_log_sigmoid,
    make_sigmoid,
    make_softplus,
    make_tanh,
)
from lossary.kernels.math.exponential import make_exp, make_exp_below, make_expm1, make_from_top, make_reciprocal_expm1
from lossary.kernels.math.formats import both
from lossary.kernels.math.llvm import bits_float32 as bits_float32
from lossary.kernels.math.llvm import bits_float64 as bits_float64
from lossary.kernels.math.llvm import called as called
from lossary.kernels.math.llvm import exactly as exactly
from lossary.kernels.math.llvm import inlined as inlined
from lossary.kernels.math.llvm import real_float32 as real_float32
from lossary.kernels.math.llvm import real_float64 as real_float64
from lossary.kernels.math.llvm import select as select
from lossary.kernels.math.logarithm import make_log, make_log1p
from lossary.kernels.math.power import make_power
from lossary.kernels.words import WORDS

exp_float32, exp_float64 = both(make_exp)
exp_below_float32, exp_below_float64 = both(make_exp_below)
"""eˣ for x ≤ 0, which is enough for a softmax: 0 below the smallest normal number, an arbitrary number for NaN. 1.1 ulp."""
from_top_float32, from_top_float64 = both(make_from_top)
"""z - top, and 0 where both are the same infinity. Not a word of the vocabulary."""
expm1_float32, expm1_float64 = both(make_expm1)
log_float32, log_float64 = both(make_log)
log1p_float32, log1p_float64 = both(make_log1p)
sqrt_float32, sqrt_float64 = both(make_sqrt)
tanh_float32, tanh_float64 = both(make_tanh)
sigmoid_float32, sigmoid_float64 = both(make_sigmoid)
softplus_float32, softplus_float64 = both(make_softplus)
log_sigmoid_float32, log_sigmoid_float64 = both(make_log_sigmoid)
log_cosh_float32, log_cosh_float64 = both(make_log_cosh)
log1mexp_float32, log1mexp_float64 = both(make_log1mexp)
reciprocal_expm1_float32, reciprocal_expm1_float64 = both(make_reciprocal_expm1)
maximum_float32, maximum_float64 = both(make_maximum)
minimum_float32, minimum_float64 = both(make_minimum)
sign_float32, sign_float64 = both(make_sign)
xmuly_float32, xmuly_float64 = both(make_xmuly)
xdivy_float32, xdivy_float64 = both(make_xdivy)
xlogy_float32, xlogy_float64 = both(make_xlogy)
power_float32, power_float64 = both(make_power)
hypot_float32, hypot_float64 = both(make_hypot)
floor_float32, floor_float64 = both(make_floor)
sin_float32, sin_float64 = both(make_sin)
cos_float32, cos_float64 = both(make_cos)
arctan_float32, arctan_float64 = both(make_arctan)
arctan2_float32, arctan2_float64 = both(make_arctan2)
where_float32 = where_float64 = select


def words(precision: str) -> Mapping[str, Any]:
    """The function of each word in one precision, ``"float32"`` or ``"float64"``."""
    return MappingProxyType({name: globals()[f"{name}_{precision}"] for name in WORDS})
