"""Draw the pictures of a report as SVG.

Each picture carries its numbers as text in ``<title>`` and ``<desc>``; each is the empty text if there is nothing to draw.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lossary.counted import counted
from lossary.report.show.format import ends, interval_text, number, percent, real
from lossary.report.show.svg import (
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    BinAxis,
    LogitScale,
    Scale,
    axes,
    bar,
    error_bar,
    line,
    on_axis,
    path,
    picture,
    point,
    scale_over,
    spaced,
    text,
)

DOTS = 60
"""Dates that have a dot and an interval each."""


def baseline_bars(report: Mapping[str, Any]) -> str:
    """Draw the mean loss as a bar above that of the best constant."""
    mean, baseline, floor = real(report["mean"]), real(report["baseline"]), real(report["entropy"])
    if not (math.isfinite(mean) and math.isfinite(baseline)):
        return ""
    low, high = ends(report["interval"])
    x = Scale.over([0, mean, baseline, low, high], 1, WIDTH - 1)
    parts = []
    for y, words, value, kind in ((0, "these predictions", mean, "loss"), (44, "the best constant", baseline, "rest")):
        parts += [text(words, 0, y + 11, kind="label"), text(number(value), WIDTH, y + 11, "end", "label")]
        parts += [bar(x(0), y + 17, x(value), y + 33, kind)]
    parts += [error_bar((x(low), 25), (x(high), 25))] if low < high else []
    if floor > 0:
        parts += [line(x(floor), 17, x(floor), 33, "mark"), line(x(floor), 61, x(floor), 82, "mark")]
        parts += [_beside(x(floor), 96, f"{number(floor)} cannot be avoided")]
    words = f"Mean loss {_with_interval(mean, report['interval'])}; the best constant prediction loses {number(baseline)}"
    words += f"; {number(floor)} cannot be avoided." if floor > 0 else "."
    return picture("Mean loss beside that of the best constant", words, 100 if floor > 0 else 82, *parts)


def timeline(breakdown: Mapping[str, Any], key: str, mark: Any, under: str) -> str:
    """Draw the mean loss or the difference by date, with intervals; nothing unless the groups are three dates or more."""
    parts = [part for part in breakdown["parts"] if math.isfinite(real(part[key])) and part["name"] != "null"]
    if breakdown["order"] != "date" or len(parts) < 3:
        return ""
    spans = [ends(part["interval"]) for part in parts]
    values = [real(part[key]) for part in parts]
    bottom = 200
    x = Scale(0, len(parts) - 1, LEFT + 8, RIGHT - 30)
    y = scale_over([*values, real(mark)], bottom, TOP, others=[end for span in spans for end in span])
    step = math.ceil(len(parts) / 3)
    labels = [(x(k), part["name"][:10]) for k, part in enumerate(parts) if k % step == 0]
    drawn = axes(labels, y.ticks(5), bottom, str(breakdown["by"])[:40], on_axis(under, y))
    drawn += [line(LEFT, y(real(mark)), RIGHT, y(real(mark)), "mark")] if math.isfinite(real(mark)) else []
    drawn += [path(((x(k), y(value)) for k, value in enumerate(values)), "curve")]
    for k, (value, (low, high)) in enumerate(zip(values, spans, strict=True)):
        if len(parts) <= DOTS:  # of more there is a line alone
            drawn += [error_bar((x(k), y(low)), (x(k), y(high)))] if low < high else []
            drawn += [point(x(k), y(value))]
    words = "; ".join(f"{part['name']} {number(part[key])}" for part in parts)
    return picture(f"The {under} over time", f"{words}.", bottom + 40, *drawn)


def concentration(points: Sequence[Mapping[str, Any]]) -> str:
    """Draw how much of the loss the worst rows carry."""
    curve = [(real(p["rows"]), real(p["loss"])) for p in points]
    curve = [(rows, loss) for rows, loss in curve if 1e-15 < rows <= 1 and math.isfinite(loss)]
    if not curve:
        return ""
    words = "; ".join(f"the worst {percent(rows)} of the rows carry {percent(loss)} of the loss" for rows, loss in curve)
    first = min(math.floor(math.log10(curve[0][0])), -1)
    bottom = 248
    decades = Scale(first, 0, LEFT, RIGHT)

    def x(rows: float) -> float:
        return decades(math.log10(rows))

    y = Scale(min(0, *(loss for _, loss in curve)), max(1, *(loss for _, loss in curve)), bottom, TOP)
    alike = [10 ** (first * (1 - i / 60)) for i in range(61)]
    whole = [] if curve[-1][0] == 1 else [(1.0, 1.0)]  # all rows carry all of it
    stride = math.ceil(-first / 6)
    parts = axes(
        [(x(10.0**k), percent(10.0**k)) for k in range(first, 1) if k % stride == 0],
        [(place, percent(value)) for place, value in _shares(y)],
        bottom,
        "share of the rows, worst first",
        "share of the loss",
    )
    parts += [
        path(((x(rows), y(rows)) for rows in alike), "reference"),
        text("if all lost alike", RIGHT, bottom - 8, "end"),
    ]
    parts += [path(((x(rows), y(loss)) for rows, loss in curve + whole), "curve")]
    parts += [point(x(rows), y(loss)) for rows, loss in curve]
    return picture("How much of the loss the worst rows carry", f"{words}.", bottom + 40, *parts)


def _shares(y: Scale) -> list[tuple[float, float]]:
    if y.high - y.low > 2:  # the sum nearly cancels
        return [(y(v), v) for v in (y.low, 0, y.high)]
    return [(y(v), v) for v in (0, 0.25, 0.5, 0.75, 1)]


def histogram(bins: Sequence[Mapping[str, Any]], under: str, *, mark: Any = None, signed: int = 0) -> str:
    """Draw how many rows have which loss; ``mark`` is the mean.

    Bars of differences are coloured by their sign: ``signed`` is -1 where B is better below 0, and 1 where it is above.
    """
    if not bins:
        return ""
    counts = [real(b["count"]) for b in bins]
    edges = [real(bins[0]["low"]), *(real(b["high"]) for b in bins)]
    most, bottom = max(counts), 200
    x = BinAxis(edges, LEFT, RIGHT)
    y = Scale(0, max(most, 1), bottom, 38)
    whole = [(place, label) for place, label in y.ticks(5) if "." not in label or "×" in label]
    parts = axes(x.ticks(), whole, bottom, under, "rows")
    step = (RIGHT - LEFT) / len(bins)
    for i, (low, high, count) in enumerate(zip(edges, edges[1:], counts, strict=False)):
        side = -1 if high < 0 else 1 if low > 0 else 0  # bins at 0 hold what is the same
        kind = "loss" if not signed or side == signed else "rest" if not side else "worse"
        middle, half = LEFT + (i + 0.5) * step, step / 2 - min(0.5, step / 12) if low < high else min(8, step / 3)
        if count > 0:
            parts.append(bar(middle - half, min(y(count), bottom - 1.5), middle + half, bottom, kind))
    value = real(mark)
    if edges[0] <= value <= edges[-1]:
        parts += [line(x(value), 33, x(value), bottom, "mark"), _beside(x(value), 28, f"mean {number(value)}")]
    if signed:
        left, right = sides(signed)
        parts += [text(f"← {left} better", LEFT, 11), text(f"{right} better →", RIGHT, 11, "end")]
    top = bins[counts.index(most)]
    words = f"{counted(int(sum(counts)), 'row')} from {number(edges[0])} to {number(edges[-1])}; the most, "
    words += f"{number(int(most))}, from {number(top['low'])} to {number(top['high'])}."
    return picture(f"How many rows there are by {under}", words, bottom + 40, *parts)


def sides(better: int) -> tuple[str, str]:
    """Return which of A and B is better below 0 and above it; ``better`` is -1 if B is better below 0, else 1."""
    return ("B", "A") if better < 0 else ("A", "B")


def _beside(x: float, y: float, words: str) -> str:
    """Draw words beside an upright line, on the side that has room."""
    return text(words, x, y, "start" if x < 120 else "end" if x > 240 else "middle", "label")


def reliability(calibration: Mapping[str, Any]) -> str:
    """Draw the frequency of the event against the predicted probability, with intervals, above the number of rows."""
    bins = [b for b in calibration["bins"] if math.isfinite(real(b["predicted"])) and math.isfinite(real(b["observed"]))]
    if not bins:
        return ""
    values = [real(b[key]) for b in bins for key in ("predicted", "observed")]
    values += [end for b in bins for end in ends(b["interval"]) if math.isfinite(end)]
    low, high = max(0.0, min(values)), min(1.0, max(values))
    if high - low > 0.5 or low == high:
        low, high = 0.0, 1.0
    bottom, strip = TOP + RIGHT - LEFT, 40
    x: Scale | LogitScale = Scale.over([low, high], LEFT, RIGHT, room=0.0 if high - low == 1 else 0.05)
    y: Scale | LogitScale = Scale(x.low, x.high, bottom, TOP)
    extreme = [b for b in bins if not 0.02 <= real(b["predicted"]) <= 0.98]
    confident = high - low == 1 and 2 * len(extreme) >= len(bins) > 2
    if confident:  # most points would lie on one another in the corners
        inner = [value for value in values if 1e-12 < value < 1 - 1e-12] or [0.01, 0.99]
        x = LogitScale(min(*inner, 0.02), max(*inner, 0.98), LEFT, RIGHT)
        y = LogitScale(x.low, x.high, bottom, TOP)
    widths = [max(x(real(b["high"])) - x(real(b["low"])), (RIGHT - LEFT) / 150) for b in bins]
    dense = [real(b["weight"]) / width for b, width in zip(bins, widths, strict=True)]  # areas are rows
    most = max(dense)
    parts = axes([(place, "") for place, _ in x.ticks(8)], y.ticks(8), bottom, "", "how often it happened")
    parts += [line(x(x.low), y(x.low), x(x.high), y(x.high), "reference")]
    floor = bottom + 12 + strip
    for b, rows in zip(bins, dense, strict=True):
        left, right = x(real(b["low"])) + 0.5, x(real(b["high"])) - 0.5
        tall = strip * rows / most if most else 0.0
        parts.append(bar(left, floor - max(1.0, tall), max(right, left + 1), floor, "rest"))
    parts += [text("rows", LEFT - 6, floor - 2, "end"), line(LEFT, floor, RIGHT, floor, "axis")]
    parts += [text(label, place, floor + 16, "middle") for place, label in spaced(x.ticks(8))]
    parts += [text(f"what was predicted{' (logit axes)' if confident else ''}", (LEFT + RIGHT) / 2, floor + 33, "middle")]
    places = [(x(real(b["predicted"])), y(real(b["observed"]))) for b in bins]
    parts += [path(places, "thin")]
    for b, (left, height) in zip(bins, places, strict=True):
        least, greatest = ends(b["interval"])
        parts += [error_bar((left, y(least)), (left, y(greatest)))] if least < greatest else []
        parts += [point(left, height)]
    sentence = "; ".join(f"predicted {percent(b['predicted'])}, happened {percent(b['observed'])}" for b in bins)
    words = f"On the diagonal, what is predicted is how often it happens. {sentence}."
    return picture("How often what was predicted happened", words, floor + 40, *parts)


def calibration_bars(calibration: Mapping[str, Any]) -> str:
    """Draw a mean loss as uncertainty - discrimination + miscalibration, one bar after the other."""
    uncertain, gained, wrong = (real(calibration[key]) for key in ("uncertainty", "discrimination", "miscalibration"))
    if not math.isfinite(uncertain + gained + wrong):
        return ""
    total = uncertain - gained + wrong
    x = Scale.over([0, uncertain, uncertain - gained, total], 116, WIDTH - 60)
    rows = (
        ("uncertainty", number(uncertain), 0.0, uncertain, "rest"),
        ("− discrimination", number(-gained), uncertain, uncertain - gained, "loss"),
        ("+ miscalibration", f"+{number(wrong)}", uncertain - gained, total, "worse"),
        ("= the loss", number(total), 0.0, total, "ink"),
    )
    parts = []
    for i, (words, value, start, end, kind) in enumerate(rows):
        y = 26 * i
        parts += [text(words, 0, y + 13, kind="label"), text(value, WIDTH, y + 13, "end", "label")]
        parts += [bar(x(start), y + 2, x(end), y + 16, kind)]
        parts += [line(x(end), y + 2, x(end), y + 42, "join")] if i < 3 else []
    words = f"Uncertainty {rows[0][1]}, less discrimination {number(gained)}, plus miscalibration {number(wrong)}, "
    words += f"is {rows[3][1]}."
    return picture("What the loss is made of", words, 26 * 4 - 8, *parts)


def mirrored_quantiles(quantiles: Sequence[Mapping[str, Any]]) -> list[tuple[float, float, float]]:
    """Return the quantiles at p and 1 - p in pairs, outermost first: the share of rows between them, and both.

    >>> mirrored_quantiles([{"at": 0.25, "value": -1}, {"at": 0.5, "value": 0}, {"at": 0.75, "value": 2}])
    [(0.5, -1.0, 2.0)]
    """
    values = {round(real(q["at"]), 9): real(q["value"]) for q in quantiles}
    mirrored = [(at, round(1 - at, 9)) for at in sorted(values) if at < 0.5]
    return [(round(b - a, 9), values[a], values[b]) for a, b in mirrored if b in values]


def residuals(quantiles: Sequence[Mapping[str, Any]]) -> str:
    """Draw the quantiles of prediction - target: a line for nearly all rows, bars for most and for half of them."""
    pairs = [(low, high) for _, low, high in mirrored_quantiles(quantiles) if math.isfinite(low) and math.isfinite(high)]
    if all(low == high for low, high in pairs):
        return ""
    x = Scale.over([0, *(end for pair in pairs for end in pair)], 8, WIDTH - 8)
    parts = [line(x(0), 16, x(0), 64, "mark"), _beside(x(0), 11, "0")]
    for i, (low, high) in enumerate(pairs):
        half = 1 + 10 * i / max(1, len(pairs) - 1)  # the fewer rows, the thicker
        parts += [bar(x(low), 38 - half, max(x(high), x(low) + 1.5), 38 + half, "loss" if i == len(pairs) - 1 else "rest")]
    middle = [real(q["value"]) for q in quantiles if real(q["at"]) == 0.5 and math.isfinite(real(q["value"]))]
    parts += [line(x(value), 24, x(value), 52, "median") for value in middle]
    parts += [*_axis(x), text("← too low", 0, 97), text("too high →", WIDTH, 97, "end")]
    sentence = "; ".join(f"{percent(q['at'])} of the rows are at or below {number(q['value'])}" for q in quantiles)
    return picture("Prediction minus target", f"{sentence}.", 102, *parts)


def _axis(x: Scale) -> list[str]:
    """Draw a horizontal axis alone, at 64."""
    parts = [line(x.start, 64, x.end, 64, "axis")]
    for place, label in spaced(x.ticks(5)):
        parts += [line(place, 64, place, 68, "axis"), text(label, place, 80, "middle")]
    return parts


def difference_bar(report: Mapping[str, Any]) -> str:
    """Draw the mean difference with its interval, against 0."""
    value = real(report["difference"])
    if not math.isfinite(value):
        return ""
    measure = report["measure"]
    low, high = ends(report["interval"])
    x = Scale.over([0, value, low, high], 16, WIDTH - 16, room=0.12)
    parts = [line(x(0), 20, x(0), 64, "mark"), line(16, 64, WIDTH - 16, 64, "axis")]
    parts += [
        part for place, label in x.ticks(5) for part in (line(place, 64, place, 68, "axis"), text(label, place, 80, "middle"))
    ]
    parts += [error_bar((x(low), 42), (x(high), 42))] if low < high else []
    parts += [point(x(value), 42), text(f"{measure} of B minus {measure} of A", WIDTH / 2, 97, "middle")]
    left, right = sides(report["better"])
    parts += [text(f"← {left} better", 0, 11, kind="label"), text(f"{right} better →", WIDTH, 11, "end", "label")]
    words = (
        f"The mean {measure} of B minus that of A is {_with_interval(value, report['interval'])}; below 0, {left} is better."
    )
    return picture(f"Difference of the mean {'losses' if measure == 'loss' else 'scores'}, against 0", words, 102, *parts)


def outcomes(report: Mapping[str, Any]) -> str:
    """Draw as one bar on how many rows B loses less, the same, and more."""
    counts = [report["wins"], report["ties"], report["losses"]]
    total = sum(counts)
    if not total:
        return ""
    parts, start = [], 0.0
    for count, kind in zip(counts, ("loss", "rest", "worse"), strict=True):
        wide = count / total * WIDTH
        parts += [bar(start, 20, max(start, start + wide - 1), 40, kind)] if count else []
        start += wide
    parts += [text(f"B better {percent(counts[0] / total)}", 0, 12, kind="label")]
    parts += [text(f"A better {percent(counts[2] / total)}", WIDTH, 12, "end", "label")]
    parts += [text(f"the same {percent(counts[1] / total)}", WIDTH / 2, 12, "middle")] if counts[1] else []
    does, other = ("loses less", "more") if report["better"] < 0 else ("scores more", "less")
    words = f"B {does} on {counted(int(counts[0]), 'row')}, the same on {number(counts[1])}, {other} on {number(counts[2])}."
    return picture("Rows on which B is better, the same, worse", words, 42, *parts)


def _with_interval(value: float, interval: Mapping[str, Any] | None) -> str:
    return number(value) + (f" ({percent(interval['level'])} interval {interval_text(interval)})" if interval else "")
