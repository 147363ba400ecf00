"""Losses over a scale, and the scale of a naive forecast."""

from __future__ import annotations

import operator
from typing import Any

from lossary.arrays import select
from lossary.engine.scaled import scaled as scaled
from lossary.formula.domains import Interval
from lossary.formula.numbers import check_number
from lossary.names import explains_options
from lossary.printable import as_typed


@explains_options
def naive_scale(history: Any, season: int = 1, *, exponent: float = 1.0) -> Any:
    r"""Return what a naive forecast gets wrong on a history: the mean of :math:`|y_t - y_{t-m}|^q` (Hyndman and Koehler, 2006).

    ``history`` is the part of a time series that a model was trained on, along the last axis; with more axes each series has a
    scale of its own. ``season`` m is 1 for the forecast of no change, or the length of a season; ``exponent`` q is 1 for MASE
    and 2 for RMSSE. Pass it as ``by=`` to a loss of :func:`lossary.scaled`. NaN stays NaN.

    A history that is not longer than a season raises, as do other numbers than these. A constant history has the scale 0, by
    which no loss is divided.

    >>> import lossary
    >>> float(lossary.naive_scale([2.0, 4.0, 3.0, 9.0]))
    3.0
    >>> lossary.naive_scale([[1.0, 5.0, 3.0, 9.0], [0.0, 0.0, 1.0, 1.0]], season=2, exponent=2.0)
    array([10.,  1.])
    """
    backend = select.of(history)
    x = backend.array(history, "naive_scale: history")
    if isinstance(season, bool) or not hasattr(season, "__index__") or operator.index(season) < 1:
        raise ValueError(f"naive_scale: season is a whole number of steps, 1 or more; got {as_typed(season)}")
    if x.ndim == 0 or x.shape[-1] <= season:
        raise ValueError(
            "naive_scale: a history is longer than a season along the last axis; "
            f"got shape {tuple(x.shape)} and season={season}"
        )
    x = backend.cast(x, backend.compute_dtype(x))
    changes = x[..., operator.index(season) :] - x[..., : -operator.index(season)]
    return (abs(changes) ** check_number("naive_scale: exponent", exponent, Interval(0.0, open=True))).mean(-1)
