"""Say how often each class happens beside its probability, for a terminal and for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lossary.report.show.format import percent, plain_cell, plain_percent, real
from lossary.report.show.layout import Section
from lossary.report.show.recalibration import said_of_rows
from lossary.report.show.svg import Scale, line, path, picture, point, text
from lossary.report.show.tables import table

Found = Mapping[str, Any]
_SIDE, _GAP, _COLUMNS = 100, 30, 3
_DRAWN = 12
"""Classes that are drawn, those of the largest errors."""


def class_calibration_sections(found: Found | None, rows: int) -> list[Section]:
    """Return the table of a terminal."""
    if found is None:
        return []
    drawn = said_of_rows(found, rows)
    return [
        table(
            f"Calibration by class: error {plain_cell(found['error'])}{', ' if drawn else ''}{drawn}",
            found["classes"],
            ("class", "name", str),
            ("predicted", "predicted", plain_percent),
            ("observed", "observed", plain_percent),
            ("error", "error", plain_cell),
        )
    ]


def class_calibration_picture(found: Found) -> str:
    """Draw a small reliability diagram for each class."""
    drawn = sorted(found["classes"], key=lambda one: -real(one["error"]))[:_DRAWN]
    names = [one["name"] for one in drawn]
    classes: Sequence[Found] = [one for one in found["classes"] if one["name"] in names][:_DRAWN]
    parts = []
    for k, one in enumerate(classes):
        left, top = (k % _COLUMNS) * (_SIDE + _GAP), (k // _COLUMNS) * (_SIDE + 34) + 16
        values = [real(level[key]) for level in one["levels"] for key in ("predicted", "observed")]
        x = Scale(0, max(values, default=1.0) or 1.0, left, left + _SIDE)
        y = Scale(0, x.high, top + _SIDE, top)
        name = str(one["name"])
        parts += [text(name if len(name) <= 14 else f"{name[:6]}…{name[-6:]}", left, top - 5, kind="label")]
        parts += [line(left, top + _SIDE, left + _SIDE, top + _SIDE, "axis"), line(left, top, left, top + _SIDE, "axis")]
        parts += [line(x(0), y(0), x(x.high), y(x.high), "reference")]
        places = [(x(real(level["predicted"])), y(real(level["observed"]))) for level in one["levels"]]
        parts += [path(places, "thin"), *(point(*place) for place in places)]
        parts += [text(percent(x.high), left + _SIDE, top + _SIDE + 13, "end")]
    height = 16 + ((len(classes) + _COLUMNS - 1) // _COLUMNS) * (_SIDE + 34)
    words = "; ".join(
        f"{one['name']}: predicted {percent(one['predicted'])}, happened {percent(one['observed'])}" for one in classes
    )
    return picture("How often each class happened, by its probability", f"{words}.", height, *parts)
