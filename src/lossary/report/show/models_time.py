"""Show the losses of several models over time and by run on a page: a small picture for each, and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lossary.report.show.format import number, real
from lossary.report.show.over_time import ON_PAGE, places_of
from lossary.report.show.svg import LogScale, Scale, line, path, picture, scale_over, short_name, text

MOST = 12
"""Models that have a picture."""
_WIDTH, _LEFT, _TOP, _HEIGHT = 180, 40, 20, 92


def models_over_time(report: Mapping[str, Any]) -> str:
    """Draw the mean loss of each model over time, each in a small picture of its own above the line of the reference."""
    found, models = report["time"], report["models"][:MOST]
    periods = found["periods"]
    if len(periods) < 3:
        return ""
    names = [model["name"] for model in report["models"]]
    lines = [[real(period["models"][k]["mean"]) for period in periods] for k in range(len(names))]
    shown = lines[: len(models)]
    known = [x for values in shown for x in values if math.isfinite(x)]
    if not known:
        return ""
    at = names.index(report["reference"]) if report["reference"] in names else 0
    places, bottom = places_of(periods), _TOP + _HEIGHT
    x, y = Scale.over(places, _LEFT, _WIDTH - 2), axis_of(report)
    drawn = []
    for k, (name, values) in enumerate(zip(names, shown, strict=False)):
        parts = [text(short_name(name, 24), 0, 11, kind="label")]
        for place, value in y.ticks(3):
            parts += [line(_LEFT, place, _WIDTH, place, "grid"), text(value, _LEFT - 4, place + 4, "end")]
        for kind, series in (("faint", lines[at]), ("curve", values)):
            points = [(x(p), y(v)) for p, v in zip(places, series, strict=True) if math.isfinite(v)]
            if points and (kind == "curve" or k != at):
                parts.append(path(points, kind))
        parts.append(line(_LEFT, bottom, _WIDTH, bottom, "axis"))
        for place, anchor in ((0, "start"), (-1, "end")):
            parts.append(text(str(periods[place]["start"])[:10], x(places[place]), bottom + 16, anchor))
        words = f"from {number(values[0])} to {number(values[-1])}."
        drawn.append(picture(f"{name}: the mean {report['measure']} over time", words, bottom + 20, *parts, width=_WIDTH))
    return "".join(drawn)


def axis_of(report: Mapping[str, Any]) -> Scale | LogScale:
    """Return the axis of means that all models share: from 0 where none is below, and logarithmic where they span much."""
    known = [real(one["mean"]) for period in report["time"]["periods"] for one in period["models"][:MOST]]
    known = [value for value in known if math.isfinite(value)]
    start, end = _TOP + _HEIGHT, _TOP + 2
    scale = scale_over(known, start, end)
    return scale if isinstance(scale, LogScale) or min(known) < 0 else Scale.over([0.0, *known], start, end)


def time_axis_words(report: Mapping[str, Any]) -> str:
    """Return that the axis of the pictures is logarithmic, if it is."""
    return " The axes are logarithmic." if isinstance(axis_of(report), LogScale) else ""


def model_period_rows(found: Mapping[str, Any], models: Sequence[Any]) -> list[tuple[str, ...]]:
    """Return the periods as rows of a table: the mean loss of each model, as many as have a picture."""
    return [
        (one["start"], number(one["count"]), *(number(part["mean"]) for part in one["models"][: min(len(models), MOST)]))
        for one in found["periods"][-ON_PAGE:]
    ]
