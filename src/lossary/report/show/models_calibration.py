"""Show how far the predictions of several models come true: a small picture of each, and a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lossary.report.show.format import number, percent, plain_cell, real
from lossary.report.show.layout import Section
from lossary.report.show.recalibration import functional_name
from lossary.report.show.svg import Scale, line, path, picture, point, short_name, text

Document = Mapping[str, Any]
DRAWN = 12
"""Models that have a picture, those of the first ranks."""
_WIDTH, _LEFT, _TOP, _SIDE = 180, 34, 20, 140


def models_calibration(report: Document) -> str:
    """Draw for each model the mean, median or quantile of the targets against its predictions, all on the same axes."""
    found = list(report["calibration"].items())[:DRAWN]
    values = [real(level[key]) for _, one in found for level in one["levels"] for key in ("predicted", "observed")]
    if not values or not all(map(math.isfinite, values)) or min(values) == max(values):
        return ""
    is_share = bool(report["classes"])
    wide = is_share and max(values) - min(values) > 0.5
    scale = Scale.over([0.0, 1.0] if wide else values, _LEFT + 2, _LEFT + _SIDE - 2, room=0.0 if wide else 0.04)
    up = Scale(scale.low, scale.high, _TOP + _SIDE - 2, _TOP + 2)
    bottom = _TOP + _SIDE
    drawn = []
    for name, one in found:
        parts = [text(short_name(name, 24), 0, 11, kind="label")]
        for place, label in up.ticks(4):
            parts += [line(_LEFT, place, _LEFT + _SIDE, place, "grid"), text(label, _LEFT - 4, place + 4, "end")]
        parts += [line(_LEFT, bottom, _LEFT + _SIDE, bottom, "axis")]
        for place, label in scale.ticks(3):
            parts += [line(place, bottom, place, bottom + 4, "axis"), text(label, place, bottom + 16, "middle")]
        parts += [line(scale(scale.low), up(up.low), scale(scale.high), up(up.high), "reference")]
        places = [(scale(real(level["predicted"])), up(real(level["observed"]))) for level in one["levels"]]
        parts += [path(places, "thin"), *(point(*place, radius=3) for place in places)]
        form = percent if is_share else number
        words = "; ".join(f"predicted {form(v['predicted'])}, {form(v['observed'])} happened" for v in one["levels"])
        drawn.append(picture(f"{name}: {_what(report)} by prediction", f"{words}.", bottom + 20, *parts, width=_WIDTH))
    return "".join(drawn)


def _what(report: Document) -> str:
    if report["classes"]:
        return "how often it happened"
    return f"the {functional_name(next(iter(report['calibration'].values())))} of the targets"


def calibration_sections(report: Document) -> list[Section]:
    """Return the table of a terminal."""
    found = report["calibration"]
    if not found:
        return []
    first = next(iter(found.values()))
    rows = [[name, plain_cell(one["miscalibration"]), plain_cell(one["discrimination"])] for name, one in found.items()]
    title = f"Calibration: mean = miscalibration - discrimination + uncertainty, {plain_cell(first['uncertainty'])}"
    title += "" if first["rows"] >= report["count"] else f"; on {first['rows']:,} rows, drawn evenly"
    return [Section(title, ["model", "miscalibration", "discrimination"], rows)]
