"""Show the forecasts of several models side by side: coverage and width of their central intervals, by level."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lossary.report.show.forecasts import shares
from lossary.report.show.format import number, percent, plain_cell, plain_percent, real
from lossary.report.show.layout import Section
from lossary.report.show.svg import LEFT, RIGHT, TOP, Scale, axes, line, path, picture, point, text

Found = Mapping[str, Any]
_MODELS = 12
"""Models that a table has, those of the first ranks."""
_DRAWN = 5
"""Models of the picture."""
_USUAL = (0.5, 0.8, 0.9, 0.95)
"""Levels that a terminal lists, or those nearest to them, where there are more."""


def forecasts_section(found: Found) -> list[Section]:
    """Return the table of a terminal: for each level, the models in the order of ranks."""
    levels = _levels(found)
    if len(levels) > len(_USUAL):
        levels = sorted({min(levels, key=lambda level: abs(level - usual)) for usual in _USUAL})
    rows = [
        [
            plain_percent(level),
            name,
            plain_percent(one["coverage"]),
            shares(one["interval"]),
            plain_cell(one["width"]),
        ]
        for level in levels
        for name, one in _of_level(found, level)
    ]
    title = "Central intervals: how many targets they cover, and how wide they are"
    return [Section(title, ["level", "model", "coverage", "interval", "mean width"], rows)] if rows else []


def forecast_rows(found: Found) -> list[tuple[str, ...]]:
    """Return the same for the page, with every level."""
    return [
        (percent(level), name, percent(one["coverage"]), shares(one["interval"]), number(one["width"]))
        for level in _levels(found)
        for name, one in _of_level(found, level)
    ]


def _levels(found: Found) -> list[float]:
    return sorted({real(one["level"]) for forecast in found.values() for one in forecast["intervals"]})


def _of_level(found: Found, level: float) -> Iterator[tuple[str, Found]]:
    for name, forecast in list(found.items())[:_MODELS]:
        yield from ((name, one) for one in forecast["intervals"] if real(one["level"]) == level)


def forecasts_picture(found: Found) -> str:
    """Draw the coverage of the first models by level; calibrated forecasts lie on the diagonal."""
    drawn = [
        (name, [(real(one["level"]), real(one["coverage"])) for one in forecast["intervals"]])
        for name, forecast in list(found.items())[:_DRAWN]
    ]
    drawn = [(name, [at for at in places if math.isfinite(at[1])]) for name, places in drawn]
    if not any(places for _, places in drawn):
        return ""
    bottom, ticks = 230, [0, 0.2, 0.4, 0.6, 0.8, 1]
    x, y = Scale(0, 1, LEFT, RIGHT), Scale(0, 1, bottom, TOP)
    parts = axes(
        [(x(t), percent(t)) for t in ticks], [(y(t), percent(t)) for t in ticks], bottom, "level of the interval", "coverage"
    )
    parts += [line(x(0), y(0), x(1), y(1), "reference")]
    for k, (name, places) in enumerate(drawn):
        at = [(x(level), y(share)) for level, share in places]
        parts += [path(at, f"model{k}")] if len(at) > 1 else [point(*one) for one in at]
        under = bottom + 46 + 16 * k
        parts += [line(LEFT, under, LEFT + 20, under, f"model{k}")]
        parts += [text(name if len(name) <= 40 else f"{name[:19]}…{name[-19:]}", LEFT + 26, under + 4, kind="label")]
    words = "; ".join(
        f"{name} " + ", ".join(f"{percent(share)} at {percent(level)}" for level, share in places) for name, places in drawn
    )
    return picture("Coverage by level of each model", f"{words}.", bottom + 46 + 16 * len(drawn), *parts)
