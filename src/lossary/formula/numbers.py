"""Checks of plain numbers: parameters, their defaults, options."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from lossary.formula.domains import Interval
from lossary.printable import as_typed


def is_symbolic(value: Any) -> bool:
    """Return whether a value is a symbolic number of ``torch.compile``, which stands for any number."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, (torch.SymFloat, torch.SymInt))


def is_array(value: Any) -> bool:
    """Return whether a value is an array of torch or JAX rather than a number."""
    return hasattr(value, "ndim") and not isinstance(value, (np.ndarray, np.generic))


def check_number(role: str, value: Any, interval: Interval) -> Any:
    """Return a plain number inside an interval, or raise; a symbolic number stays one."""
    if is_symbolic(value):
        if interval.outside(value):
            raise ValueError(f"{role} lies in {interval}; got {float(value)}")
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        got = f"{type(value).__name__} ({as_typed(value)})"
        if is_array(value):
            remedy = "pass float(…), as it can be neither learned nor traced"
            got = f"{type(value).__name__} of shape {tuple(np.shape(value))}; {remedy}"
        raise TypeError(f"{role} is a number; got {got}")
    number = value.item() if isinstance(value, np.generic) else value
    if number != number or interval.outside(number):
        raise ValueError(f"{role} lies in {interval}; got {number}")
    return number
