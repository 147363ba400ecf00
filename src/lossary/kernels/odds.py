"""Kernels for calibration: bins of equal width in the logarithm of predicted odds, and bands of confidence."""

from __future__ import annotations

import functools

from lossary.kernels.native import Native, native

_FORMULAS = {
    "probabilities": "above = x > 0.5\n        smaller = select(above, 1.0 - x, x)",
    "logits": "above = x > 0.0\n        smaller = exp_below_float64(-abs(x))\n        smaller = smaller / (1.0 + smaller)",
    "log_probabilities": (
        "above = x > -0.6931471805599453\n        smaller = select(above, -expm1_float64(x), exp_float64(x))"
    ),
}

_BINNING = '''\
from numba import float64, int64

from lossary.kernels.math import bits_float64, exp_below_float64, exp_float64, expm1_float64, select


def kernel(values, index, band, least, steps, bands, size):
    """The bin of each value, and the band of the probability of the likelier outcome."""
    for i in range(size):
        x = values[i]
        {formula}
        step = (int64(bits_float64(smaller)) >> int64(44)) - least
        step = max(min(step, steps - int64(1)), int64(0))
        index[i] = step + (steps if above else int64(0))
        place = int64((0.5 - smaller) * 2.0 * float64(bands))
        band[i] = max(min(place, bands - int64(1)), int64(0))
'''

_COUNTING = '''\
def kernel(index, event, counts, size):
    """Count each row in its bin, apart by whether the event happened."""
    for i in range(size):
        counts[2 * index[i] + (event[i] != 0)] += 1
'''


@functools.cache
def binning(given: str) -> Native | None:
    """Return a kernel that assigns predictions to bins and bands, or None if kernels are unavailable.

    It takes values, indices of bins, indices of bands, the first bin, the bins a side, the number of bands and of values.
    """
    source = _BINNING.format(formula=_FORMULAS[given])
    return native(source, ("float64*", "int64*", "int64*", "int64", "int64", "int64", "int64"), "calibration")


@functools.cache
def counting() -> Native | None:
    """Return a kernel that counts rows by bin and event, or None; it takes indices of bins, events, counts and size."""
    return native(_COUNTING, ("int64*", "uint8*", "int64*", "int64"), "calibration")
