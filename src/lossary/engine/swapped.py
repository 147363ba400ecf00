"""A sign that prediction and target were passed in each other's place, as scikit-learn and Keras take the target first."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from lossary.arrays.protocol import ArrayBackend
from lossary.formula.numbers import is_array

_SAMPLE = 16
"""Elements that are looked at before all are."""
_INNER = ("lossary", "torch", "jax")
"""Packages whose frames lie between a user's line and here."""


def warn_if_swapped(name: str, backend: ArrayBackend, prediction: Any, target: Any, class_axis: int | None) -> None:
    """Warn where every prediction is a label, 0 or 1, and the targets are probabilities strictly between.

    With a ``class_axis``, rows of predictions are one-hot then. Nearly every call ends at the first element of the prediction.
    """
    found = prediction if type(prediction) is np.ndarray else _values(backend, prediction)
    if found is None or not found.size or found.item(0) not in (0, 1) or not _are_labels(found.flat[:_SAMPLE]):
        return
    chances = _values(backend, target, learned=True)
    if chances is None or chances.shape != found.shape or not _are_between(chances.flat[:_SAMPLE]):
        return
    if class_axis is not None and class_axis not in range(-found.ndim, found.ndim):
        return  # whoever reads it says so
    # a head that is initialised with zeros, or holds one constant, predicts no labels: both must occur
    if class_axis is None:
        labels = bool((found == 0).any() and (found == 1).any())
    else:
        labels = bool(((found == 1).sum(class_axis) == 1).all()) and found.shape[class_axis] > 1
    if labels and _are_labels(found) and bool(((chances >= 0) & (chances <= 1)).all()):
        warnings.warn(
            f"{name}: every prediction is exactly 0 or 1, and the targets lie between, so the two look swapped; "
            f"the prediction comes first, as in {name}(prediction, target); if this is meant, pass check=False",
            stacklevel=_level(),
        )


def _values(backend: ArrayBackend, x: Any, *, learned: bool = False) -> np.ndarray | None:
    """The numbers of an array, if they can be looked at; labels are never ``learned``."""
    if hasattr(x, "requires_grad"):
        if (x.requires_grad and not learned) or not backend.readable(x):
            return None
        x = (x.detach() if x.requires_grad else x).resolve_neg()
        if x.element_size() == 2:  # NumPy has no bfloat16, and converting all elements takes long
            if not learned and x.numel() and x[(0,) * x.ndim].item() not in (0, 1):
                return None
            x = x.float()
    elif is_array(x) and not backend.readable(x):
        return None
    if not learned and isinstance(x, list) and _first(x) not in (0, 1):  # converting a list takes long
        return None
    try:
        return np.asarray(x)
    except Exception:  # which is not an array; whoever reads it says so
        return None


def _first(x: Any) -> Any:
    while isinstance(x, (list, tuple)) and x:
        x = x[0]
    return x if isinstance(x, (int, float)) else 0


def _are_labels(x: np.ndarray) -> bool:
    return x.dtype.kind in "fiu" and bool(((x == 0) | (x == 1)).all())


def _are_between(x: np.ndarray) -> bool:
    return x.dtype.kind == "f" and bool(((x > 0) & (x < 1)).any())


def _level() -> int:
    """Return how many frames lie between ``warnings.warn`` and the user's line."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _INNER:
        level, frame = level + 1, frame.f_back
    return level
