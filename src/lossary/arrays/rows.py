"""Parts of a softmax, written once for all libraries; ``xp`` is the library's module of array functions."""

from __future__ import annotations

import math
from typing import Any


def from_top(xp: Any, z: Any, top: Any) -> Any:
    """Return z - top, and 0 where both are the same infinity, as for all other equal numbers."""
    return xp.where(z == top[..., None], 0, z - top[..., None])


def on_last_axis(x: Any, axes: int) -> Any:
    """Return numbers along the last of so many axes; JAX users may forbid that it adds them (jax_numpy_rank_promotion)."""
    return x.reshape((*[1] * (axes - 1), -1))


def others_of_softmax(xp: Any, top: Any, others: Any) -> Any:
    """Return Σ e^(z - top) over all but one at the top; NaN where a row has no softmax: it is -∞ throughout, or ∞ twice."""
    return xp.where((top > -math.inf) & ((top < math.inf) | (others == 0)), others, math.nan)
