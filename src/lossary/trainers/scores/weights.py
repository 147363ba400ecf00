"""Weights of samples that training can use."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_weights(where: str, weight: Any, *, some: bool = True) -> Any:
    """Return weights as a float64 array; raise ValueError for those that training cannot use, as all 0 if ``some`` count."""
    rule = f"{where}: sample weights are finite numbers, 0 or more" + (", and not all of them zero" if some else "")
    try:
        found = np.asarray(weight, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{rule}; got {type(weight).__name__} ({error}); pass one number a sample") from error
    wrong = np.flatnonzero(~((found >= 0) & (found < np.inf)))
    if len(wrong):
        such = f" ({len(wrong)} such)" if len(wrong) > 1 else ""
        raise ValueError(f"{rule}; got {found.flat[wrong[0]]:g} at index {wrong[0]}{such}; a weight of 0 leaves a sample out")
    if some and not found.any():
        raise ValueError(f"{rule}; got zeros only; leave the weights out where all samples count the same")
    return found
