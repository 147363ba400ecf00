"""Show the loss over time and by run: a picture, tables, and one line for a terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from lossary.report.show.format import ends, interval_text, number, plain_cell, plain_interval, real
from lossary.report.show.layout import Facts, Section
from lossary.report.show.svg import (
    LEFT,
    RIGHT,
    TOP,
    Scale,
    axes,
    element,
    line,
    on_axis,
    path,
    picture,
    point,
    scale_over,
)

_BARS = "▁▂▃▄▅▆▇█"
_WIDEST = 40
"""Characters of a line of bars."""
_LISTED = 20
"""Periods that a terminal lists; of more, it lists the last ones."""
_LAST = 12
_DOTS = 60
"""Periods that have a dot each; of more there is a line alone."""
_FEW = 25
"""Periods that have room for large dots."""
ON_PAGE = 1000
"""Periods whose numbers are on the page."""


def length_of(found: Mapping[str, Any]) -> str:
    """Return the length of a period in words."""
    every = found["every"]
    if every == "time":
        return "each time"
    return f"every {every} steps" if every[0].isdigit() else f"by {every}"


def time_facts(found: Mapping[str, Any] | None, key: str = "mean") -> Facts:
    """Return the line of a terminal on how a mean changes over time."""
    if found is None or len(found["periods"]) < 3:
        return []
    bars = sparkline([real(period[key]) for period in found["periods"]])
    first, last = found["periods"][0]["start"], found["periods"][-1]["start"]
    return [("over time", f"{bars}  {length_of(found)}, {first} to {last}{in_zone(found)}")]


def in_zone(found: Mapping[str, Any]) -> str:
    """Return the time zone in words, if there is one."""
    return f" ({found['zone']})" if found["zone"] else ""


def sparkline(values: Sequence[float]) -> str:
    """Return a line of bars, one for each value, or for the mean of a few neighbours; a blank where there is no number.

    >>> sparkline([1, 2, math.nan, 8])
    '▁▂ █'
    """
    if len(values) > _WIDEST:
        edges = np.linspace(0, len(values), _WIDEST + 1).astype(int)
        values = [float(np.mean(values[a:b])) for a, b in pairwise(edges.tolist())]
    known = [x for x in values if math.isfinite(x)]
    if not known:
        return ""
    scale = Scale.over(known, 0, len(_BARS) - 1e-9)
    flat = min(known) == max(known)
    return "".join(" " if not math.isfinite(x) else _BARS[3] if flat else _BARS[int(scale(x))] for x in values)


def time_section(found: Mapping[str, Any], *columns: tuple[str, str], interval: bool = True) -> Section:
    """Return the table of periods for a terminal; ``columns`` are headings and keys of numbers, an interval comes last."""
    periods = found["periods"]
    shown = periods if len(periods) <= _LISTED else periods[-_LAST:]
    more = f", the last {len(shown)} of {len(periods):,}" if len(shown) < len(periods) else ""
    heads = ["from", "rows", *(heading for heading, _ in columns), *(["interval"] if interval else [])]
    rows = [[one["start"], f"{one['count']:,}", *(plain_cell(one[key]) for _, key in columns)] for one in shown]
    if interval:
        rows = [[*row, plain_interval(one["interval"])] for row, one in zip(rows, shown, strict=True)]
    return Section(f"Over time, {length_of(found)}{in_zone(found)}{more}", heads, rows)


def run_section(found: Mapping[str, Any], *columns: tuple[str, str]) -> Section:
    """Return the table of runs for a terminal; ``columns`` are headings and keys of numbers."""
    more = f", {len(found['parts'])} of {found['of']:,}" if found["of"] > len(found["parts"]) else ""
    spread = "" if found["spread"] is None else f": standard deviation {plain_cell(found['spread'])} between runs"
    rows = [[run["name"], f"{run['count']:,}", *(plain_cell(run[key]) for _, key in columns)] for run in found["parts"]]
    return Section(f"By run{more}{spread}", [found["column"], "rows", *(heading for heading, _ in columns)], rows)


def period_rows(found: Mapping[str, Any], *keys: str) -> list[tuple[str, ...]]:
    """Return the periods as rows of a table of the page, the last ones if they are very many."""
    return [
        (period["start"], number(period["count"]), *(number(period[key]) for key in keys), _words(period["interval"]))
        for period in found["periods"][-ON_PAGE:]
    ]


def _words(interval: Mapping[str, Any] | None) -> str:
    return "" if interval is None else interval_text(interval)


def over_time(found: Mapping[str, Any], key: str, mark: Any, above: str) -> str:
    """Draw a mean over time as a line in a band of intervals; nothing for fewer than three periods.

    ``mark`` is a value that all are compared with, ``above`` names the axis of values.
    """
    periods = [period for period in found["periods"] if math.isfinite(real(period[key]))]
    if len(periods) < 3:
        return ""
    values = [real(period[key]) for period in periods]
    spans = [ends(period["interval"]) for period in periods]
    bottom = 200
    low, high = min(values), max(values)
    room = max(high - low, 1e-12 * max(abs(low), abs(high)))
    # the interval of a period with few rows may be far wider than all else
    seen = [end for span in spans for end in span if low - room <= end <= high + room]
    y = scale_over([*values, real(mark)], bottom, TOP, others=seen)
    places = places_of(periods)
    x = Scale.over(places, LEFT + 8, RIGHT - 26)
    drawn = axes(
        _labels(periods, places, x), y.ticks(5), bottom, f"{str(found['column'])[:40]}{in_zone(found)}", on_axis(above, y)
    )
    for known, group in groupby(range(len(periods)), key=lambda k: spans[k][0] < spans[k][1]):
        if known:
            part = list(group)
            outline = [(x(places[k]), y(spans[k][0])) for k in part] + [(x(places[k]), y(spans[k][1])) for k in reversed(part)]
            drawn.append(element("polygon", points=" ".join(f"{a:.2f},{b:.2f}" for a, b in outline), class_="band"))
    drawn += [line(LEFT, y(real(mark)), RIGHT, y(real(mark)), "mark")] if math.isfinite(real(mark)) else []
    drawn.append(path(((x(place), y(value)) for place, value in zip(places, values, strict=True)), "curve"))
    if len(periods) <= _DOTS:
        radius = 4 if len(periods) <= _FEW else 2.5
        drawn += [point(x(place), y(value), radius=radius) for place, value in zip(places, values, strict=True)]
    chosen = [periods[0], min(periods, key=lambda p: real(p[key])), max(periods, key=lambda p: real(p[key])), periods[-1]]
    first, least, most, last = (f"{number(period[key])} ({period['start']})" for period in chosen)
    words = f"{len(periods):,} periods: the first {first}, the least {least}, the largest {most}, the last {last}."
    return picture(f"The {above} over time", words, bottom + 40, *drawn)


def places_of(periods: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return where periods lie on the axis: at their numbers of steps, or seconds; side by side if they are neither."""
    try:
        return [_place(str(period["start"])) for period in periods]
    except ValueError:
        return [float(k) for k in range(len(periods))]


def _place(start: str) -> float:
    try:
        return float(start)
    except ValueError:
        day, _, clock = start.partition(" ")
        moment = f"{day}T{re.split('[+-]', clock)[0]}" if clock else day  # without the distance from UTC
        return float(np.datetime64(moment, "ns").astype(np.int64)) / 1e9


def _labels(periods: Sequence[Mapping[str, Any]], places: Sequence[float], x: Scale) -> list[tuple[float, str]]:
    """Return the places and labels of four periods at about equal distances."""
    wanted = np.linspace(places[0], places[-1], 4)
    at = sorted({int(np.abs(np.array(places) - place).argmin()) for place in wanted[:-1]} | {len(places) - 1})
    days = {periods[k]["start"][:10] for k in at}
    short = 10 if len(days) == len(at) else 16
    return [(x(places[k]), periods[k]["start"][:short]) for k in at]


# ---- how sure a comparison is


def turning_sentence(report: Mapping[str, Any]) -> str:
    """Return how few rows decide about the outcome of a comparison, in words; nothing where there is none."""
    found, parts = report["turning"], []
    of = f"of {report['count']:,} rows that count most"
    if found["verdict"] is not None:
        kept = "" if found["recomputed"] else " (if the interval stays as wide)"
        becomes = "the verdict undecided" if found["becomes"] == "undecided" else f"B {found['becomes']}"
        parts.append(f"leaving out about {found['verdict']:,} {of} makes {becomes}{kept}")
    if found["sign"] is not None:
        parts.append(f"leaving out {found['sign']:,} {'' if parts else f'{of} '}turns the sign")
    return "; ".join(parts)


def closest_sentence(report: Mapping[str, Any]) -> str:
    """Return of which model of a ranking the fewest rows decide, and how many; nothing where there is none."""
    known = [model for model in report["models"] if (model["turning"] or {}).get("verdict") is not None]
    if not known:
        return ""
    model = min(known, key=lambda model: int(model["turning"]["verdict"]))
    rows = f"about {model['turning']['verdict']:,} of {report['count']:,} rows"
    alone = ", by itself," if len(report["models"]) > 2 else ""
    return f"{model['name']} against {report['reference']}{alone} is {model['turning']['becomes']} without {rows}"


def sure_facts(report: Mapping[str, Any]) -> Facts:
    """Return how small a difference the rows of a comparison could show, and how few of them decide."""
    facts = []
    if report["detectable"]:  # 0 where all rows tie
        facts.append(("could show", f"a difference of {plain_cell(report['detectable'])} or more (with 80 % power)"))
    sentence = turning_sentence(report)
    return [*facts, *([("would turn", sentence)] if sentence else [])]
