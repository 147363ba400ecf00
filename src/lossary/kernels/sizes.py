"""Sizes of a kernel's local arrays and of an exact sum. This file imports nothing, so reading a size does not load Numba."""

from __future__ import annotations

CHUNK = 256
"""Samples whose losses are summed together."""
LANES = 64
"""Samples that are computed side by side."""
RUNNING = 16
"""Sums that run side by side."""
TILED_CLASSES = 48
"""The most classes for which LANES samples fit in a kernel's local array."""
LIMBS = 70
"""64-bit integers of an exact sum. 2^(32·70 - 1074) is 2^1166: room for 2^142 of the largest float64 numbers."""
