"""Numbers of 64 bits that stand for the values of rows: equal for equal values, scattered otherwise."""

from __future__ import annotations

import numpy as np

_BASE = np.uint64(0x9E37_79B9_7F4A_7C15)
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))


def scatter(x: np.ndarray) -> np.ndarray:
    """Each number of 64 bits as another, one to one, that shares no pattern with it (SplitMix64; Steele et al., 2014)."""
    x = x + _BASE
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    found: np.ndarray = x ^ (x >> np.uint64(31))
    return found


def hashes_of_numbers(values: np.ndarray) -> np.ndarray:
    """One for each number: whole numbers of any dtype hash alike, and NaN, which is nothing, as 0."""
    if values.dtype.kind == "f":
        values = values.astype(np.float64) + 0.0  # -0.0 is 0.0
        whole = (values == np.trunc(values)) & (abs(values) < 2.0**53)
        with np.errstate(invalid="ignore"):
            bits = np.where(whole, values.astype(np.int64), values.view(np.int64))
        return np.where(np.isnan(values), np.uint64(0), scatter(bits.view(np.uint64)))
    return scatter(values.astype(np.int64, copy=False).view(np.uint64))


def hashes_of_bytes(data: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """One for each stretch of bytes from one end to the next.

    A stretch is the number Σ byteᵢ·baseⁱ modulo 2^64, i from its start: a difference of cumulated sums, times base^-start.
    """
    powers = np.full(len(data) + 1, _BASE)
    powers[0] = 1
    np.multiply.accumulate(powers, out=powers)
    inverses = np.full(len(data) + 1, _INVERSE)
    inverses[0] = 1
    np.multiply.accumulate(inverses, out=inverses)
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum((data.astype(np.uint64) + np.uint64(1)) * powers[:-1], out=sums[1:])
    starts, stops = ends[:-1], ends[1:]
    return scatter((sums[stops] - sums[starts]) * inverses[starts] + (stops - starts).astype(np.uint64))
