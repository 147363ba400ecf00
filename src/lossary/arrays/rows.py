"""Parts of a softmax, written once for all libraries; ``xp`` is the library's module of array functions."""

from __future__ import annotations

import math
from typing import Any


def from_top(xp: Any, z: Any, top: Any) -> Any:
    """z - top, and 0 where the two are one infinity, as it is for all other equal numbers."""
    return xp.where(z == top[..., None], 0, z - top[..., None])


def on_last_axis(x: Any, axes: int) -> Any:
    """Numbers along the last of so many axes; JAX need not add them, which its users may forbid (jax_numpy_rank_promotion)."""
    return x.reshape((*[1] * (axes - 1), -1))


def others_of_softmax(xp: Any, top: Any, others: Any) -> Any:
    """Σ e^(z - top) of all but one at the top; NaN where a row has no softmax: it is -∞ throughout, or ∞ twice."""
    return xp.where((top > -math.inf) & ((top < math.inf) | (others == 0)), others, math.nan)
