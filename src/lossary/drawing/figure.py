"""Figures in one style: colours, line styles, axes, legends."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# colours that differ for every kind of sight (Okabe and Ito, 2008), with line styles that differ in print
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", "--", "-.", (0, (1, 1.2)), (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
INK, FAINT, PAPER = "#222222", "#d9d9d9", "white"
SIZE = 12
POINTS = 1001  # odd, so that the middle is a point


def stacked_figure(rows: int, *, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with so many axes, one above the other."""
    figure = blank_figure(4.8, height)
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)
    return figure, list(axes[:, 0])


def grid_figure() -> tuple[Figure, list[Axes]]:
    """Return a figure with four axes."""
    figure = blank_figure(4.8, 5.4)
    return figure, list(figure.subplots(2, 2).ravel())


def blank_figure(width: float, height: float) -> Figure:
    """Return an empty figure that shows itself in notebooks."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError('lossary.plots draws with matplotlib, which is not installed: pip install "lossary[plots]"') from None
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER)
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1)
    setattr(figure, "_repr_png_", partial(_png, figure))  # noqa: B010 - what notebooks show
    return figure


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def draw_curve(axis: Axes, x: np.ndarray, y: np.ndarray, style: int, label: str) -> None:
    """Draw a curve in the colour and line style of its number."""
    axis.plot(x, y, color=COLOURS[style], linestyle=STYLES[style], linewidth=2.2, label=label)
    axis.set_xlim(round(x[0], 2), round(x[-1], 2))


def label_axes(axis: Axes, x_name: str, y_name: str) -> None:
    """Name the axes, and draw their grid."""
    axis.set_facecolor(PAPER)
    axis.grid(color=FAINT, linewidth=0.8)
    axis.axhline(0, color="#999999", linewidth=0.9, zorder=1)
    axis.set_axisbelow(True)
    axis.set_ylabel(y_name, fontsize=SIZE, color=INK)
    if x_name:
        axis.set_xlabel(x_name, fontsize=SIZE, color=INK)
    axis.tick_params(labelsize=SIZE - 2, colors=INK, length=0)
    axis.spines[:].set_visible(False)
    axis.locator_params(axis="y", nbins=5)


def limit_view(axis: Axes, values: list[np.ndarray]) -> None:
    """Show the middle nine tenths, where a curve leaves for infinity at an end."""
    view = view_of(values)
    if view is not None:
        axis.set_ylim(*view)


def view_of(values: list[np.ndarray]) -> tuple[float, float] | None:
    """Return the range of the middle nine tenths where a curve leaves for infinity at an end; None where all can be shown."""
    every = np.concatenate(values)
    shown = np.concatenate([y[y.size // 20 : -(y.size // 20)] for y in values])
    shown, finite = shown[np.isfinite(shown)], every[np.isfinite(every)]
    if not shown.size or (finite.size == every.size and np.ptp(finite) <= 4 * np.ptp(shown)):
        return None
    low, high = min(float(shown.min()), 0), max(float(shown.max()), 0)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


def draw_legend(figure: Figure, axis: Axes, curves: int) -> None:
    """Draw the legend below the axes."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=2 if curves > 3 or (curves == 3 and max(map(len, labels)) > 9) else curves,
        frameon=False,
        fontsize=SIZE - 1,
        handlelength=2.6,
    )
