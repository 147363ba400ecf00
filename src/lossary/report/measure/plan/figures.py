"""Figures that people name instead of a loss, such as RMSE: they follow from a mean loss, and are no means themselves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lossary.report.measure.statistics.intervals import ConfidenceInterval

_ROOT = ("root", math.sqrt)
_SHARE = ("1 - mean", lambda mean: 1 - mean)
FIGURES: dict[str, tuple[str, tuple[str, Callable[[float], float]]]] = {
    "rmse": ("squared_error", _ROOT),
    "rmsle": ("squared_log_error", _ROOT),
    "accuracy": ("zero_one", _SHARE),
}
SCORE = "score"
"""The figure of scores that a column holds ready-made: minus the mean loss."""
"""By name: the loss whose mean is found, and what is made of the mean."""


@dataclass(frozen=True)
class Figure:
    """A figure that follows from the mean loss."""

    name: str
    value: float
    interval: ConfidenceInterval | None
    """Its confidence interval, whose ends follow from those of the mean's."""


def root_of(loss: str, mean: float, interval: ConfidenceInterval | None) -> Figure | None:
    """Return the figure that is the root of a mean loss, by the name of the loss, or None if there is none."""
    name = next((figure for figure, (own, way) in FIGURES.items() if own == loss and way is _ROOT), None)
    return figure_of(name, mean, interval)


def loss_of(loss: Any) -> Any:
    """Return the loss that a figure is made of, or what is no figure as it is."""
    return FIGURES[loss][0] if isinstance(loss, str) and loss in FIGURES else loss


def figure_of(loss: Any, mean: float, interval: ConfidenceInterval | None) -> Figure | None:
    """Return the figure of a mean loss, or None if a loss was named and no figure."""
    if isinstance(loss, str) and loss == SCORE:
        turned = (
            None if interval is None else ConfidenceInterval(-interval.high, -interval.low, interval.level, interval.method)
        )
        return Figure(SCORE, -mean, turned)
    if not isinstance(loss, str) or loss not in FIGURES:
        return None
    _, follow = FIGURES[loss][1]
    # both are monotonic, so the ends of the interval follow; a root has no end below 0
    ends = None if interval is None else sorted(follow(max(x, 0.0)) for x in (interval.low, interval.high))
    found = None if interval is None or ends is None else ConfidenceInterval(ends[0], ends[1], interval.level, interval.method)
    return Figure(loss, follow(mean), found)
