"""Paths of a descent, and the cost over two parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lossary.drawing.figure import COLOURS, INK, PAPER, SIZE, blank_figure, label_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_POINTS = 81


def draw_descent(
    path: np.ndarray, costs: np.ndarray, names: Sequence[str], cost: Callable[[np.ndarray], float], title: str
) -> Figure:
    """Return the cost over the steps, and of two parameters the path on the levels of the cost beside it."""
    two = path.shape[1] == 2
    figure = blank_figure(9.2 if two else 4.8, 4.3)
    axes = figure.subplots(1, 2 if two else 1, squeeze=False)[0]
    axes[-1].plot(np.arange(len(costs)), costs, color=COLOURS[0], linewidth=2.2)
    label_axes(axes[-1], "step", "cost")
    finite = costs[np.isfinite(costs)]
    if len(finite) and finite.min() > 0 and finite.max() > 100 * finite.min():
        axes[-1].set_yscale("log")
    if two:
        shown = path[np.isfinite(path).all(1)]
        low, high = shown.min(0), shown.max(0)
        margin = 0.3 * np.where(high > low, high - low, 1.0)
        first, second = (np.linspace(low[i] - margin[i], high[i] + margin[i], _POINTS) for i in range(2))
        _levels(axes[0], first, second, np.array([[cost(np.array([a, b])) for b in second] for a in first]), names)
        axes[0].plot(*shown.T, color=COLOURS[1], linewidth=1.6, marker=".", markersize=5)
        axes[0].plot(*shown[0], "o", color=PAPER, markeredgecolor=INK, markersize=9)
        axes[0].plot(*shown[-1], "*", color=COLOURS[4], markeredgecolor=INK, markersize=15)
    figure.suptitle(f"Gradient descent on {title.replace('_', ' ')}", fontsize=SIZE + 2, color=INK)
    return figure


def draw_landscape(
    first: np.ndarray,
    second: np.ndarray,
    costs: np.ndarray,
    names: Sequence[str],
    chord: np.ndarray | None,
    along: np.ndarray,
    title: str,
) -> Figure:
    """Return the levels of the cost; with a chord (its two ends and its middle), also the cost ``along`` it."""
    figure = blank_figure(9.2 if chord is not None else 4.8, 4.3)
    axes = figure.subplots(1, 2 if chord is not None else 1, squeeze=False)[0]
    _levels(axes[0], first, second, costs, names)
    if chord is not None:
        axes[0].plot(*chord[:2].T, color=COLOURS[1], linewidth=2, marker="o", markersize=7)
        axes[0].plot(*chord[2], "o", color=PAPER, markeredgecolor=COLOURS[1], markersize=8)
        axes[1].plot(np.linspace(0, 1, len(along)), along, color=COLOURS[0], linewidth=2.2, label="cost")
        axes[1].plot([0, 1], along[[0, -1]], color=COLOURS[1], linewidth=2, marker="o", label="chord")
        label_axes(axes[1], "along the chord", "cost")
        axes[1].legend(frameon=False, fontsize=SIZE - 1)
    figure.suptitle(f"Cost by {title.replace('_', ' ')}", fontsize=SIZE + 2, color=INK)
    return figure


def _levels(axis: Axes, first: np.ndarray, second: np.ndarray, costs: np.ndarray, names: Sequence[str]) -> None:
    axis.contourf(first, second, np.ma.masked_invalid(costs.T), 16, cmap="cividis")
    axis.set_xlabel(names[0], fontsize=SIZE, color=INK)
    axis.set_ylabel(names[1], fontsize=SIZE, color=INK)
    axis.tick_params(labelsize=SIZE - 2, colors=INK, length=0)
