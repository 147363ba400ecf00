"""Functions of numbers, written for Triton such that no digits are lost."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def decay(x):
    """Return e^-x for x ≥ 0, within 2.5 ulp; 0 for large x, where float32 has no digits left.

    2^t·e^u with t = -x/ln 2 as rounded and u = -x - t·ln 2, which is what rounding left out: |u| < 2⁻¹⁷, so e^u is 1 + u. ln 2
    is a number of float32 less a small rest. Without u, the error would be x/2 ulp.
    """
    if x.dtype == tl.float64:
        e = tl.exp(-x)
    else:
        x = tl.minimum(x, 200.0, propagate_nan=tl.PropagateNan.ALL)  # of ∞, u would be NaN
        t = x * -1.4426950408889634
        minus_x = (x.to(tl.int32, bitcast=True) ^ -2147483648).to(tl.float32, bitcast=True)  # -x would be computed as 0 - x
        u = tl.fma(t, 1.904654299957767e-9, tl.fma(t, -0.69314718246459960938, minus_x))
        e = tl.exp2(t)
        e = tl.fma(e, u, e)
    return e


@triton.jit
def rough_decay(x):
    """Return e^-x for x ≥ 0, within x ulp: enough for what is rounded to half precision afterwards."""
    return tl.exp2(x * -1.4426950408889634)


@triton.jit
def log1p(x):
    """Return log(1 + x) for x ≥ 0, within 4 ulp: log u · x/(u - 1), u being 1 + x as rounded; the factor undoes the rounding.

    log u/(u - 1) hardly changes from one number to the next. Nothing may cancel 1 + x - 1, and nothing does: only operations
    that are marked so are reassociated, and Triton marks none.
    """
    u = 1.0 + x
    d = u - 1.0
    return tl.where(d == 0.0, x, tl.log(u) * (x / d))


@triton.jit
def tanh(x):
    """Return tanh x within 4 ulp, and its derivative 1 - tanh² x within 6;
    up to 10 where division is right to 2 ulp, as on a GPU.

    With u = e^(-2|x|) and E = u - 1, tanh |x| = -E/(2 + E) and the derivative is 4u/(2 + E)². For small |x|, E is
    -2|x|·(u - 1)/log u, u as rounded: as in log1p.
    """
    y = -2.0 * tl.abs(x)
    u = decay(2.0 * tl.abs(x))
    d = u - 1.0
    E = tl.where(u > 0.5, tl.where(d == 0.0, y, y * (d / tl.log(u))), d)
    t = -E / (2.0 + E)
    return tl.where(x < 0.0, -t, t), 4.0 * u / ((2.0 + E) * (2.0 + E))
