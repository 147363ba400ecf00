"""Say what is found of forecasts, for a terminal and for a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from lossary.counted import counted
from lossary.report.show.format import number, percent, plain_cell, plain_interval, plain_percent, real
from lossary.report.show.layout import Facts, Section
from lossary.report.show.svg import LEFT, RIGHT, TOP, Scale, axes, bar, error_bar, line, path, picture, point, text

Found = Mapping[str, Any]
_LINES = 12
"""The most bins that a terminal lists."""


# ---- for a terminal


def facts(found: Found | None) -> Facts:
    """Return the lines of the headline: the bias, and missing members."""
    if found is None:
        return []
    lines = []
    if found["bias"] is not None:
        ends = f" ({plain_interval(found['bias_interval'])})" if found["bias_interval"] else ""
        lines.append(("bias", f"{plain_cell(found['bias'])}{ends}, the mean of {found['centre']} - target"))
    if missing := missing_sentence(found):
        lines.append(("members", missing))
    return lines


def missing_sentence(found: Found) -> str:
    """Return which members of ensembles are missing, in words; an empty text if none is."""
    missing = found["missing"]
    if missing is None or not missing["rows"]:
        return ""
    lack = counted(missing["rows"], "row lacks", "rows lack")
    return f"{lack} some, {missing['members']:,} in all; the fewest that a row has are {missing['fewest']:,}"


def sections(found: Found) -> Iterator[Section]:
    """Return the tables of a terminal."""
    if found["intervals"]:
        several = len({one["count"] for one in found["intervals"]}) > 1
        yield Section(
            "Central intervals: how many targets they cover, and how wide they are",
            ["level", "coverage", "interval", "mean width", *(["rows"] if several else [])],
            [
                [
                    plain_percent(one["level"]),
                    plain_percent(one["coverage"]),
                    shares(one["interval"]),
                    plain_cell(one["width"]),
                    *([f"{one['count']:,}"] if several else []),
                ]
                for one in found["intervals"]
            ],
        )
    if found["quantiles"]:
        ties = any(one["below"] != one["at_or_below"] for one in found["quantiles"])
        yield Section(
            "Quantiles: how many targets lie below",
            ["level", *(["below"] if ties else []), "at or below", "interval"],
            [
                [
                    f"{real(one['level']):g}",
                    *([plain_percent(one["below"])] if ties else []),
                    plain_percent(one["at_or_below"]),
                    shares(one["interval"]),
                ]
                for one in found["quantiles"]
            ],
        )
    rows = [
        [f"{100 * low:.3g} to {100 * high:.3g} %", plain_percent(share), plain_percent(high - low)]
        for low, high, share in joined_bins(found["pit"], _LINES)
    ]
    yield Section(
        "Where targets lie in their forecasts (probability integral transform)", ["PIT", "of rows", "if calibrated"], rows
    )


def shares(interval: Found | None) -> str:
    """Return the ends of an interval of a share for a cell."""
    return "" if interval is None else f"{plain_percent(interval['low'])} to {plain_percent(interval['high'])}"


def joined_bins(bins: Sequence[Found], most: int) -> list[tuple[float, float, float]]:
    """Return neighbouring bins together, so that there are at most so many: low, high and share.

    >>> bins = [{"low": k / 4, "high": (k + 1) / 4, "share": k / 8} for k in range(4)]
    >>> joined_bins(bins, 2)
    [(0.0, 0.5, 0.125), (0.5, 1.0, 0.625)]
    """
    count = min(most, len(bins))
    starts = [k * len(bins) // count for k in range(count + 1)]
    groups = [bins[a:b] for a, b in pairwise(starts)]
    return [(real(g[0]["low"]), real(g[-1]["high"]), math.fsum(real(b["share"]) for b in g)) for g in groups]


# ---- for a page


def probability_transform(found: Found) -> str:
    """Draw the histogram of the probability transform: of calibrated forecasts every bar reaches the line at 1."""
    bins = [(real(b["low"]), real(b["high"]), real(b["share"])) for b in found["pit"]]
    bins = [(low, high, share) for low, high, share in bins if high > low]
    dense = [share / (high - low) for low, high, share in bins]
    if not dense or not all(map(math.isfinite, dense)):
        return ""
    bottom = 200
    x, y = Scale(0, 1, LEFT, RIGHT), Scale(0, max(1.2, *dense), bottom, TOP)
    parts = axes(
        [(x(k / 4), percent(k / 4)) for k in range(5)],
        y.ticks(5),
        bottom,
        "probability integral transform (PIT)",
        "share of rows, 1 if calibrated",
    )
    gap = min(0.5, (RIGHT - LEFT) / len(bins) / 12)
    for (low, high, _), tall in zip(bins, dense, strict=True):
        parts.append(bar(x(low) + gap, y(tall), max(x(high) - gap, x(low) + gap + 0.5), bottom, "loss"))
    parts += [line(LEFT, y(1), RIGHT, y(1), "mark")]
    words = "; ".join(
        f"from {percent(low)} to {percent(high)} {percent(share)} of the rows, {percent(high - low)} if calibrated"
        for low, high, share in joined_bins(found["pit"], 12)
    )
    return picture("Where targets lie in their forecasts", f"{words}.", bottom + 40, *parts)


def coverage_picture(found: Found) -> str:
    """Draw the coverage of quantiles, or else of central intervals, against their level."""
    key, observed = ("quantiles", "at_or_below") if found["quantiles"] else ("intervals", "coverage")
    parts = [one for one in found[key] if math.isfinite(real(one[observed]))]
    if not parts:
        return ""
    bottom = TOP + RIGHT - LEFT
    x, y = Scale(0, 1, LEFT, RIGHT), Scale(0, 1, bottom, TOP)
    ticks = [k / 5 for k in range(6)]
    above = "targets at or below" if key == "quantiles" else "targets within"
    under = "level of the quantile" if key == "quantiles" else "level of the interval"
    drawn = axes([(x(t), percent(t)) for t in ticks], [(y(t), percent(t)) for t in ticks], bottom, under, above)
    drawn += [line(x(0), y(0), x(1), y(1), "reference")]
    places = [(x(real(one["level"])), y(real(one[observed]))) for one in parts]
    drawn += [path(places, "curve")] if len(places) > 1 else []
    for one, (across, up) in zip(parts, places, strict=True):
        if one["interval"] is not None:
            low, high = real(one["interval"]["low"]), real(one["interval"]["high"])
            drawn += [error_bar((across, y(low)), (across, y(high)))]
        drawn += [point(across, up)]
    words = "; ".join(f"at {percent(one['level'])} {percent(one[observed])}" for one in parts)
    return picture(f"{above.capitalize()}, by level", f"{words}.", bottom + 40, *drawn)


def width_picture(found: Found) -> str:
    """Draw the mean width of central intervals by level."""
    parts = [one for one in found["intervals"] if math.isfinite(real(one["width"]))]
    if not parts:
        return ""
    x = Scale.over([0, *(real(one["width"]) for one in parts)], 64, RIGHT - 56)
    drawn = []
    for k, one in enumerate(parts):
        top, width = 24 * k, real(one["width"])
        drawn += [text(percent(one["level"]), 56, top + 14, "end", "label"), bar(x(0), top + 3, x(width), top + 17, "loss")]
        drawn += [text(number(width), x(max(width, 0.0)) + 6, top + 14, kind="label")]
    words = "; ".join(f"at {percent(one['level'])} {number(one['width'])}" for one in parts)
    return picture("How wide central intervals are on average, by level", f"{words}.", 24 * len(parts), *drawn)


def shape_sentence(found: Found) -> str:
    """Say what the probability transform looks like: too narrow, too wide, too high or too low forecasts.

    >>> pit = [{"low": k / 4, "high": (k + 1) / 4, "share": share} for k, share in enumerate((0.4, 0.1, 0.1, 0.4))]
    >>> shape_sentence({"pit": pit})
    'Targets lie at the ends of their forecasts more often than these say: forecasts are too sure.'
    """
    bins = joined_bins(found["pit"], len(found["pit"]))
    if len(bins) < 2 or not all(math.isfinite(share) for *_, share in bins):
        return ""
    quarter = [_mass(bins, low, high) for low, high in ((0.0, 0.25), (0.25, 0.75), (0.75, 1.0))]
    if abs(quarter[0] - quarter[2]) > max(0.05, abs(quarter[1] - 0.5)):
        low, high = ("low", "high") if quarter[0] > quarter[2] else ("high", "low")
        return f"Targets lie {low} in their forecasts more often than these say: forecasts are too {high}."
    if quarter[1] < 0.47:
        return "Targets lie at the ends of their forecasts more often than these say: forecasts are too sure."
    if quarter[1] > 0.53:
        return "Targets lie in the middle of their forecasts more often than these say: forecasts are not sure enough."
    return ""


def _mass(bins: Sequence[tuple[float, float, float]], low: float, high: float) -> float:
    """Return the share of the rows between two probabilities, evenly spread within bins."""
    parts = (share * max(0.0, min(high, b) - max(low, a)) / (b - a) for a, b, share in bins if b > a)
    return math.fsum(parts)


def interval_rows(found: Found) -> list[tuple[str, ...]]:
    """Return the central intervals as rows of a table."""
    return [
        (percent(one["level"]), number(one["count"]), percent(one["coverage"]), _ends(one["interval"]), number(one["width"]))
        for one in found["intervals"]
    ]


def quantile_share_rows(found: Found) -> list[tuple[str, ...]]:
    """Return the quantiles as rows of a table."""
    return [
        (percent(one["level"]), percent(one["below"]), percent(one["at_or_below"]), _ends(one["interval"]))
        for one in found["quantiles"]
    ]


def pit_rows(found: Found) -> list[tuple[str, ...]]:
    """Return the histogram of the probability transform as rows of a table."""
    return [
        (f"{percent(low)} to {percent(high)}", percent(share), percent(high - low))
        for low, high, share in joined_bins(found["pit"], len(found["pit"]))
    ]


def _ends(interval: Found | None) -> str:
    return "" if interval is None else f"{percent(interval['low'])} to {percent(interval['high'])}"
