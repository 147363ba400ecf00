"""The value of a loss of samples over two components of its first prediction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.drawing.figure import COLOURS, INK, PAPER, SIZE, blank_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POINTS = 121
_ARROWS = 12
"""Arrows in each direction."""


def draw_plane(loss: Any, *, parameters: Mapping[str, Any], at: Mapping[str, Any]) -> Figure:
    """Return levels of the loss of a sample of two components, with arrows that point where gradient descent goes.

    The first prediction lies anywhere in the plane; ``at`` gives the two components of each other input, or its one value.
    """
    first, *others = loss.inputs
    unknown = [name for name in at if name not in others]
    if unknown:
        raise TypeError(
            f"plots.loss: {loss.__name__} is drawn over {first}, at values of {', '.join(others) or 'nothing else'}; "
            f"got {unknown[0]!r}"
        )
    of_sample = {name: float(at.get(name, loss.formulas.interval(name, None).inner_point)) for name in loss.formulas.of_sample}
    others = [name for name in others if name not in of_sample]
    fixed = {name: _place(loss, name, i, len(others), at.get(name)) for i, name in enumerate(others)}
    interval = loss.formulas.interval(first, next(iter(loss.properties.given), None))
    low = -2.0 if math.isinf(interval.low) else interval.low
    high = 2.0 if math.isinf(interval.high) else interval.high
    inner = 1e-3 * (high - low) * interval.open
    steps = np.linspace(low + inner, high - inner, _POINTS)
    rows = np.stack(np.meshgrid(steps, steps, indexing="xy"), -1).reshape(-1, 2)
    inputs = {first: rows, **{name: np.tile(place, (len(rows), 1)) for name, place in fixed.items()}}
    inputs |= {name: np.full(len(rows), value) for name, value in of_sample.items()}
    values = np.asarray(loss(**inputs, reduction="none", **parameters)).reshape(_POINTS, _POINTS)
    figure = blank_figure(4.8, 4.6)
    axis = figure.subplots()
    shown = axis.contourf(steps, steps, np.ma.masked_invalid(values), 14, cmap="cividis")
    bar = figure.colorbar(shown, ax=axis)
    bar.set_label("loss", fontsize=SIZE, color=INK)
    bar.ax.tick_params(labelsize=SIZE - 2, colors=INK)
    some = slice(_POINTS // _ARROWS // 2, None, _POINTS // _ARROWS)
    gradient = loss.gradient(**inputs, reduction="sum", **parameters)
    slopes = np.asarray(gradient[0] if isinstance(gradient, tuple) else gradient).reshape(_POINTS, _POINTS, 2)[some, some]
    sizes = np.hypot(slopes[..., 0], slopes[..., 1])
    with np.errstate(invalid="ignore"):  # where there is no slope
        ways = -slopes / np.where(sizes > 0, sizes, 1)[..., None]
    axis.quiver(steps[some], steps[some], ways[..., 0], ways[..., 1], color=PAPER, alpha=0.8, pivot="mid", width=0.004)
    for style, (name, place) in enumerate(fixed.items()):
        colour = COLOURS[(style + 1) % len(COLOURS)]
        (mark,) = axis.plot(*place, "os^DvP"[style % 6], color=colour, markersize=10, label=name, clip_on=False, zorder=5)
        mark.set_markeredgecolor(PAPER)
    axis.set_xlabel(f"{first}, component 1", fontsize=SIZE, color=INK)
    axis.set_ylabel(f"{first}, component 2", fontsize=SIZE, color=INK)
    axis.tick_params(labelsize=SIZE - 2, colors=INK, length=0)
    axis.set_aspect("equal")
    words = ", ".join(f"{name} = {value:g}" for name, value in {**of_sample, **parameters}.items())
    title = loss.__name__.replace("_", " ")
    figure.suptitle(f"{title}, {words}" if words else title, fontsize=SIZE + 2, color=INK)
    if fixed:
        figure.legend(loc="outside lower center", ncols=len(fixed), frameon=False, fontsize=SIZE - 1)
    return figure


def _place(loss: Any, name: str, number: int, count: int, asked: Any) -> np.ndarray:
    """Return the two components of an input: as asked for, else apart from the other inputs, within its domain."""
    if asked is not None:
        place = np.asarray(asked, float)
        if place.shape != (2,):
            raise ValueError(f"plots.loss: at= gives each input two components; got {asked!r} for {name}")
        return place
    interval = loss.formulas.interval(name, None)
    if math.isinf(interval.low):
        angle = 2 * math.pi * number / max(count, 1)
        return np.array([math.cos(angle), math.sin(angle)])
    high = interval.low + 1 if math.isinf(interval.high) else interval.high
    inner = 0.05 * (high - interval.low) * interval.open
    return np.array([high - inner, interval.low + inner])
