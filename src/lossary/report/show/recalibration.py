"""Say how far predicted means and quantiles come true, for a terminal and for a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lossary.report.show.format import number, percent, plain_cell, real
from lossary.report.show.layout import Section
from lossary.report.show.svg import LEFT, RIGHT, TOP, Scale, axes, error_bar, line, path, picture, point
from lossary.report.show.tables import count, table

Found = Mapping[str, Any]


def functional_name(found: Found) -> str:
    """Return what is predicted, in words.

    >>> functional_name({"functional": "quantile", "level": 0.9})
    '90% quantile'
    """
    return f"{percent(found['level'])} quantile" if found["functional"] == "quantile" else str(found["functional"])


def said_of_rows(found: Found, rows: int) -> str:
    """Return on how many rows it was found, in words; an empty text if on all."""
    return "" if found["rows"] >= rows else f"found on {number(found['rows'])} rows, drawn evenly"


def recalibration_sections(found: Found | None, rows: int) -> Iterator[Section]:
    """Yield the table of a terminal."""
    if found is None:
        return
    drawn = said_of_rows(found, rows)
    parts = (
        f"mean = {plain_cell(found['miscalibration'])} miscalibration - {plain_cell(found['discrimination'])} discrimination "
        f"+ {plain_cell(found['uncertainty'])} uncertainty"
    )
    name = functional_name(found)
    yield table(
        f"Predicted, and the {name} of the targets: {parts}{', ' if drawn else ''}{drawn}",
        found["levels"],
        ("predicted", "predicted", plain_cell),
        ("rows", "count", count),
        (f"{name} of targets", "observed", plain_cell),
        ("80 % of targets", None, lambda level: f"{plain_cell(level['low'])} to {plain_cell(level['high'])}"),
    )


def level_rows(found: Found) -> list[tuple[str, ...]]:
    """Return the levels as rows of a table."""
    return [
        (
            number(one["predicted"]),
            number(one["count"]),
            number(one["observed"]),
            f"{number(one['low'])} to {number(one['high'])}",
        )
        for one in found["levels"]
    ]


def levels_picture(found: Found) -> str:
    """Draw the functional of the targets against the prediction, with the range of most targets."""
    levels = found["levels"]
    values = [real(one[key]) for one in levels for key in ("predicted", "observed", "low", "high")]
    if len(levels) < 2 or not all(map(math.isfinite, values)) or min(values) == max(values):
        return ""
    bottom = TOP + RIGHT - LEFT
    x = Scale.over([real(one["predicted"]) for one in levels], LEFT + 8, RIGHT - 8)
    y = Scale.over(values, bottom, TOP, room=0.05)
    name = functional_name(found)
    drawn = axes(x.ticks(5), y.ticks(6), bottom, "what was predicted", f"{name} of the targets")
    low, high = max(x.low, y.low), min(x.high, y.high)
    drawn += [line(x(low), y(low), x(high), y(high), "reference")] if low < high else []
    places = [(x(real(one["predicted"])), one) for one in levels]
    drawn += [error_bar((at, y(real(one["low"]))), (at, y(real(one["high"])))) for at, one in places]
    drawn += [path(((at, y(real(one["observed"]))) for at, one in places), "thin")]
    drawn += [point(at, y(real(one["observed"]))) for at, one in places]
    words = "; ".join(f"predicted {number(one['predicted'])}, {name} {number(one['observed'])}" for one in levels)
    return picture(f"The {name} of the targets by prediction", f"{words}.", bottom + 40, *drawn)


def errors_picture(found: Found) -> str:
    """Draw prediction - target against the prediction: its functional, and the range of most rows."""
    levels = found["levels"]
    ends = [[real(one["predicted"]) - real(one[key]) for key in ("high", "observed", "low")] for one in levels]
    values = [value for triple in ends for value in triple]
    if len(levels) < 2 or not all(map(math.isfinite, values)):
        return ""
    bottom = 200
    x = Scale.over([real(one["predicted"]) for one in levels], LEFT + 8, RIGHT - 8)
    y = Scale.over([0, *values], bottom, TOP, room=0.05)
    drawn = axes(x.ticks(5), y.ticks(5), bottom, "what was predicted", "prediction minus target")
    drawn += [line(LEFT, y(0), RIGHT, y(0), "reference")]
    for one, (low, middle, high) in zip(levels, ends, strict=True):
        at = x(real(one["predicted"]))
        drawn += [error_bar((at, y(low)), (at, y(high))), point(at, y(middle))]
    words = "; ".join(
        f"predicted {number(one['predicted'])}: most from {number(low)} to {number(high)}"
        for one, (low, _, high) in zip(levels, ends, strict=True)
    )
    return picture("Prediction minus target, by prediction", f"{words}.", bottom + 40, *drawn)
