"""Show the losses of several models over time and by run on a page: a small picture for each, and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lossary.report.show.format import number, real
from lossary.report.show.over_time import ON_PAGE, places_of
from lossary.report.show.svg import WIDTH, LogScale, Scale, line, on_axis, path, picture, scale_over, text

MOST = 12
"""Models that have a picture."""
_COLUMNS, _HEIGHT, _GAP, _LEFT = 2, 92, 34, 40
_WIDTH = (WIDTH - 14) / _COLUMNS


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
    places = places_of(periods)
    drawn = []
    for k, (name, values) in enumerate(zip(names, shown, strict=False)):
        left, top = (k % _COLUMNS) * (_WIDTH + 14), (k // _COLUMNS) * (_HEIGHT + _GAP) + 16
        x = Scale.over(places, left + _LEFT, left + _WIDTH - 2)
        y = scale_over(known, top + _HEIGHT, top + 2)
        if not isinstance(y, LogScale) and min(known) >= 0:
            y = Scale.over([0.0, *known], top + _HEIGHT, top + 2)
        label = str(name)
        drawn.append(text(label if len(label) <= 24 else f"{label[:11]}…{label[-11:]}", left, top - 5, kind="label"))
        for place, value in y.ticks(3):
            drawn += [line(left + _LEFT, place, left + _WIDTH, place, "grid"), text(value, left + _LEFT - 4, place + 4, "end")]
        for kind, series in (("faint", lines[at]), ("curve", values)):
            points = [(x(p), y(v)) for p, v in zip(places, series, strict=True) if math.isfinite(v)]
            if points and (kind == "curve" or k != at):
                drawn.append(path(points, kind))
    rows = -(-len(models) // _COLUMNS)
    bottom = rows * (_HEIGHT + _GAP) - _GAP + 16
    span = " to ".join(str(periods[k]["start"])[:16] for k in (0, -1))
    drawn.append(text(on_axis(f"each from {span}", y), WIDTH / 2, bottom + 20, "middle"))
    words = "; ".join(
        f"{name} from {number(values[0])} to {number(values[-1])}" for name, values in zip(names, shown, strict=False)
    )
    return picture(f"The mean {report['measure']} of each model over time", f"{words}.", bottom + 26, *drawn)


def model_period_rows(found: Mapping[str, Any], models: Sequence[Any]) -> list[tuple[str, ...]]:
    """Return the periods as rows of a table: the mean loss of each model, as many as have a picture."""
    return [
        (one["start"], number(one["count"]), *(number(part["mean"]) for part in one["models"][: min(len(models), MOST)]))
        for one in found["periods"][-ON_PAGE:]
    ]
