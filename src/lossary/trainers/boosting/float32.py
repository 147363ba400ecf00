"""Features of the engines that hold them as float32."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse

from lossary.trainers.boosting.objective import Engine

_LARGEST = float(np.finfo(np.float32).max)
_ROUNDING = 2.0**-24
"""By how much of its size float32 changes a number at most."""
_SHARE = 1e-3
"""Of the range of a column: engines put the values of a column into a few hundred bins."""


def check_features(engine: Engine, features: Any, names: Sequence[Any] | None, *, first: bool) -> None:
    """Raise ValueError for features beyond float32, of engines that hold them so; warn of training (``first``) on rounded ones.

    XGBoost raises an error of its own many lines long for the former; the rest they do without a word.
    """
    if engine == "lightgbm" or features.dtype == np.float32 or not features.shape[0]:
        return
    low, high = _bounds(features)
    largest = np.maximum(-low, high)
    if (beyond := largest > _LARGEST).any():
        k = int(np.argmax(beyond))
        raise ValueError(
            f"{engine} holds features as float32, which ends at {_LARGEST:.3g}; got {largest[k]:.3g} in column "
            f"{_named(names, k)}; divide it by a number, or take engine='lightgbm'"
        )
    if not first or issparse(features):
        return
    span = high - low
    suspects = np.flatnonzero((largest * _ROUNDING > _SHARE * span) & (span > 0))
    errors = {int(k): float(np.nanmax(np.abs(features[:, k].astype(np.float32) - features[:, k]))) for k in suspects}
    rounded = [k for k, error in errors.items() if error > _SHARE * span[k]]
    if rounded:
        k = rounded[0]
        such = f" ({len(rounded)} such columns)" if len(rounded) > 1 else ""
        warnings.warn(
            f"{engine} holds features as float32, which rounds column {_named(names, k)} by up to {errors[k]:.3g}, and its "
            f"values span {span[k]:.3g}{such}; subtract a constant from it, or take engine='lightgbm'",
            stacklevel=5,  # the line that calls fit
        )


def _bounds(features: Any) -> tuple[Any, Any]:
    """Return the least and the greatest number of each column, but for NaN."""
    if issparse(features):
        return tuple(of(axis=0).toarray()[0] for of in (features.nanmin, features.nanmax))
    return np.fmin.reduce(features, axis=0), np.fmax.reduce(features, axis=0)


def _named(names: Sequence[Any] | None, k: int) -> str:
    return str(k) if names is None else repr(str(names[k]))
