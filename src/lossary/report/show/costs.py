"""Say what decisions by a threshold cost, for a terminal and for a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lossary.report.show.format import number, percent, plain_cell, plain_interval, plain_percent, real
from lossary.report.show.layout import Section
from lossary.report.show.svg import LEFT, RIGHT, TOP, Scale, axes, line, path, picture, point, text

Found = Mapping[str, Any]


def decisions_of(found: Found) -> list[tuple[str, Found]]:
    """Return the decisions that are listed, each with its name."""
    limit = f" (≤ {percent(found['capacity'])})" if found["capacity"] is not None else ""
    if found["false_positive"] is None:
        return [(f"most likely{limit}", found["best"])]
    named = [(f"least cost{limit}", found["best"]), ("if calibrated", found["calibrated"])]
    return [*named, ("call none", found["curve"][0]), ("call all", found["curve"][-1])]


def said_of_costs(found: Found) -> str:
    """Return the costs that were asked for, in words."""
    if found["false_positive"] is None:
        return ""
    return f"a false positive costs {number(found['false_positive'])}, a false negative {number(found['false_negative'])}"


def cost_sections(found: Found | None) -> Iterator[Section]:
    """Yield the table of a terminal."""
    if found is None:
        return
    named = decisions_of(found)
    has_costs = found["false_positive"] is not None
    has_interval = any(one["interval"] for _, one in named)
    headings = ["decision", "above ≈", "called", "wrongly", "missed"]
    headings += ["cost"] * has_costs + ["interval"] * has_interval
    rows = [
        [
            name,
            plain_cell(one["threshold"]),
            *(plain_percent(one[key]) for key in ("called", "false_positive", "false_negative")),
            *([plain_cell(one["cost"])] if has_costs else []),
            *([plain_interval(one["interval"])] if has_interval else []),
        ]
        for name, one in named
    ]
    words = said_of_costs(found)
    yield Section(f"Decisions by a threshold of the probability{': ' if words else ''}{words}", headings, rows)


def cost_rows(found: Found) -> list[tuple[str, ...]]:
    """Return the decisions as rows of a table."""
    return [
        (
            name,
            number(one["threshold"], 3),
            *(percent(one[key]) for key in ("called", "false_positive", "false_negative")),
            *(() if one["cost"] is None else (number(one["cost"], 3),)),
        )
        for name, one in decisions_of(found)
    ]


def cost_picture(found: Found) -> str:
    """Draw the mean cost of a row against the share of the rows that are called."""
    curve = [one for one in found["curve"] if one["cost"] is not None and math.isfinite(real(one["cost"]))]
    if len(curve) < 2:
        return ""
    bottom = 220
    x = Scale(0, 1, LEFT, RIGHT)
    y = Scale.over([0, *(real(one["cost"]) for one in curve)], bottom, TOP)
    parts = axes([(x(k / 4), percent(k / 4)) for k in range(5)], y.ticks(5), bottom, "rows that are called", "cost of a row")
    if found["capacity"] is not None:
        parts += [line(x(real(found["capacity"])), TOP, x(real(found["capacity"])), bottom, "mark")]
    parts += [path(((x(real(one["called"])), y(real(one["cost"]))) for one in curve), "curve")]
    best = found["best"]
    where, height = x(real(best["called"])), y(real(best["cost"]))
    parts += [point(where, height)]
    end = "start" if where < 120 else "end" if where > 280 else "middle"
    below = height + 20 < bottom  # where the curve is not
    words = f"{number(best['cost'], 3)} above {number(best['threshold'], 3)}"
    parts += [text(words, where, height + 18 if below else height - 12, end, "label")]
    none, every = found["curve"][0], found["curve"][-1]
    words = f"Calling no row costs {number(none['cost'])} a row, calling all {number(every['cost'])}, calling those whose "
    words += f"probability is above {number(best['threshold'], 3)} {number(best['cost'])}."
    return picture("What decisions cost", words, bottom + 40, *parts)
