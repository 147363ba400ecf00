"""The pictures of a report, as SVG that stands in a page: colours and sizes of letters are the page's, by class.

Each picture is 360 units wide, the width of a phone, so that its letters stay legible there; each carries its numbers as text
in ``<title>`` and ``<desc>``; each is the empty text where there is nothing to draw. Numbers come as JSON has them: "Infinity"
and "NaN" may stand for any.
"""

from __future__ import annotations

import html
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lossary.counted import counted

WIDTH = 360
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEFT, _RIGHT, _TOP = 52, 346, 30
"""Where plots with a vertical axis begin and end, and how far down."""


def real(x: Any) -> float:
    """A number as JSON has it; None is NaN.

    >>> real("Infinity"), real(None), real(3)
    (inf, nan, 3.0)
    """
    return math.nan if x is None else float(x)


def number(x: Any, digits: int = 4) -> str:
    """A number as a person reads it: rounded to ``digits``, or to a whole number; short where it is short.

    >>> number(0.42128), number(0.5), number(12345.678), number(-1.234e-9), number("Infinity"), number(None)
    ('0.4213', '0.5', '12,346', '−1.23×10⁻⁹', '∞', 'none')
    """
    if x is None:
        return "none"
    if isinstance(x, int) and abs(x) < 10**15:
        return f"{x:,}".replace("-", "−")
    value = real(x) + 0.0  # makes 0 of -0
    if not math.isfinite(value):
        return str(value).replace("inf", "∞").replace("-", "−").replace("nan", "NaN")
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])  # of the rounded number
    if value and not -4 < exponent < 9:
        mantissa, _, power = f"{value:.2e}".partition("e")
        return _times_ten(mantissa.rstrip("0").rstrip("."), int(power))
    written = f"{value:,.{max(0, digits - 1 - exponent)}f}"
    if float(written.replace(",", "")) == value and "." in written:
        written = written.rstrip("0").rstrip(".")
    return written.replace("-", "−")


def percent(share: Any) -> str:
    """A share in per cent, to three digits.

    >>> percent(0.31), percent(0.00437), percent(0.99987)
    ('31%', '0.437%', '99.987%')
    """
    value = 100 * real(share)
    if not math.isfinite(value):
        return number(value)
    if 99 < value < 100:  # digits of what is missing, or it would read as all
        return f"{value:.{min(9, 1 - math.floor(math.log10(100 - value)))}f}%"
    return f"{number(round(value, 12), 3)}%"


def _times_ten(mantissa: str, power: int) -> str:
    times = f"10{str(power).translate(_SUPERSCRIPT)}"
    return {"1": times, "-1": f"−{times}"}.get(mantissa, f"{mantissa.replace('-', '−')}×{times}")


def _tick(value: float) -> str:
    """A round number on an axis."""
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, _, power = f"{value:.11e}".partition("e")
        return _times_ten(mantissa.rstrip("0").rstrip("."), int(power))
    return f"{value:,.12g}".replace("-", "−")


def element(name: str, *children: str, **attributes: float | str) -> str:
    """An element of SVG; ``class_`` is class, ``stroke_width`` is stroke-width, numbers are rounded, children are markup.

    >>> element("line", x1=1 / 3, class_="grid")
    '<line x1="0.33" class="grid"/>'
    """
    values = {key: html.escape(v) if isinstance(v, str) else f"{round(v, 2):g}" for key, v in attributes.items()}
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{value}"' for key, value in values.items())
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def text(words: str, x: float, y: float, anchor: str = "start", kind: str = "tick") -> str:
    """Words at a place; ``anchor`` is start, middle or end."""
    return element("text", html.escape(words), x=x, y=y, text_anchor=anchor, class_=kind)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def bar(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A filled rectangle between two corners, whichever they are."""
    return element("rect", x=min(x1, x2), y=min(y1, y2), width=abs(x2 - x1), height=abs(y2 - y1), class_=kind)


def path(points: Iterable[tuple[float, float]], kind: str) -> str:
    """A line through points."""
    return element("polyline", points=" ".join(f"{x:.2f},{y:.2f}" for x, y in points), class_=kind)


def point(x: float, y: float, kind: str = "point") -> str:
    """A dot."""
    return element("circle", cx=x, cy=y, r=4, class_=kind)


def error_bar(low: tuple[float, float], high: tuple[float, float]) -> str:
    """A line from ``low`` to ``high``, level or upright, with a short line across either end."""
    (x1, y1), (x2, y2) = low, high
    across, along = (4, 0) if x1 == x2 else (0, 4)
    ends = [line(x - across, y - along, x + across, y + along, "whisker") for x, y in (low, high)]
    return "".join([line(x1, y1, x2, y2, "whisker"), *ends])


def picture(title: str, description: str, height: float, *parts: str) -> str:
    """The whole: what it shows, the same in words and numbers, and its parts."""
    named = element("title", html.escape(title)), element("desc", html.escape(description))
    return element("svg", *named, *parts, viewBox=f"0 0 {WIDTH} {height:g}", role="img", class_="picture")


@dataclass(frozen=True)
class Scale:
    """Where values from ``low`` to ``high`` stand from ``start`` to ``end``; values beyond stand at the ends.

    >>> Scale(0, 10, 100, 200)(2.5)
    125.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value."""
        part = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)  # halves, or high - low may overflow
        return self.start + min(1.0, max(0.0, part)) * (self.end - self.start)

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float, *, room: float = 0.0) -> Scale:
        """Over all finite ``values``, and ``room`` of their width more at either end; never of width 0."""
        finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
        low, high = min(finite), max(finite)
        size = max(abs(low), abs(high))
        if size < 1e-290:
            pad = 1.0
        elif high / 2 - low / 2 <= 1e-12 * size:
            pad = size / 2
        else:
            pad = room * high - room * low
        most = sys.float_info.max
        return cls(max(low - pad, -most), min(high + pad, most), start, end)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Places and labels of round numbers, at most about ``most``."""
        width = self.high / most - self.low / most
        power = math.floor(math.log10(width))
        step, power = next((m, power) for m in (1, 2, 5, 10) if float(f"{m}e{power}") >= width * (1 - 1e-9))
        size = float(f"{step}e{power}")
        multiples = range(math.ceil(self.low / size - 1e-9), math.floor(self.high / size + 1e-9) + 1)
        values = [float(f"{k * step}e{power}") for k in multiples]
        return [(self(value), _tick(value)) for value in values]


@dataclass(frozen=True)
class Bins:
    """Where values stand if bins that touch, of whatever widths, are drawn equally wide: a logarithmic axis for most losses."""

    edges: Sequence[float]
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value: in its bin by the logarithm where that has one, else evenly."""
        step = (self.end - self.start) / (len(self.edges) - 1)
        for i, (low, high) in enumerate(pairwise(self.edges)):
            if value <= high:
                return self.start + (i + _part(value, low, high)) * step
        return self.end

    def ticks(self, gap: float = 42) -> list[tuple[float, str]]:
        """Places and labels of 0 and of round numbers, ``gap`` apart; of the edges where bins are of equal width."""
        low, high = self.edges[0], self.edges[-1]
        widths = [b / 2 - a / 2 for a, b in pairwise(self.edges)]
        if math.isfinite(sum(widths)) and max(widths) - min(widths) <= 0.01 * max(widths) and max(widths) > 1e-290:
            return Scale(low, high, self.start, self.end).ticks()
        sizes = [abs(edge) for edge in self.edges if edge and math.isfinite(edge)]
        if sizes:
            first, last = math.floor(math.log10(min(sizes))), math.ceil(math.log10(max(sizes)))
            for digits, stride in ((1, 2, 5), 1), *(((1,), stride) for stride in (1, 2, 3, 5, 10, 20, 50, 100)):
                found = [float(f"{m}e{k}") for k in range(first, last + 1) if k % stride == 0 for m in digits]
                values = [v for v in sorted({-v for v in found} | {0.0} | set(found)) if low <= v <= high]
                places = [self(v) for v in values if not v or abs(self(v) - self(0.0)) >= gap or not low <= 0 <= high]
                if len(places) > 1 and min(b - a for a, b in pairwise(places)) >= gap:
                    return [(self(v), _tick(v)) for v in values if self(v) in places]
        if low == high:
            return [((self.start + self.end) / 2, number(low, 2))]
        return [(self.start, number(low, 2)), (self.end, number(high, 2))]


def _part(value: float, low: float, high: float) -> float:
    if low == high:
        return 0.5
    if not low < value < high:
        return 0.0 if value <= low else 1.0
    if math.isinf(low) or math.isinf(high):
        return 0.5
    if low > 0 or high < 0:
        value, low, high = (math.log(max(abs(v), sys.float_info.min)) for v in (value, low, high))
        return (value - low) / (high - low) if low != high else 0.5
    return (value / 2 - low / 2) / (high / 2 - low / 2)


def axes(x: Sequence[tuple[float, str]], y: Sequence[tuple[float, str]], bottom: float, under: str, above: str) -> list[str]:
    """Hairlines and labels at the places ``x`` and ``y``; ``under`` says what x is, ``above`` what y is."""
    parts = [text(above, 0, 11)]
    for place, label in y:
        parts += [line(_LEFT, place, _RIGHT, place, "grid"), text(label, _LEFT - 6, place + 4, "end")]
    for place, label in _spaced(x):
        parts += [line(place, bottom, place, bottom + 4, "axis"), text(label, place, bottom + 16, "middle")]
    return [*parts, line(_LEFT, bottom, _RIGHT, bottom, "axis"), text(under, (_LEFT + _RIGHT) / 2, bottom + 33, "middle")]


def _spaced(ticks: Sequence[tuple[float, str]]) -> Sequence[tuple[float, str]]:
    """As many of the ticks as have room side by side."""
    widest = max((6 * len(label) + 4 for _, label in ticks), default=0)
    gap = min((b - a for (a, _), (b, _) in pairwise(ticks)), default=widest)
    return ticks[:: max(1, math.ceil(widest / max(gap, 1)))]


def standing(report: Mapping[str, Any]) -> str:
    """The mean loss as a bar above that of the best constant."""
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


def concentration(points: Sequence[Mapping[str, Any]]) -> str:
    """How much of the loss the worst rows carry."""
    curve = [(real(p["rows"]), real(p["loss"])) for p in points]
    curve = [(rows, loss) for rows, loss in curve if 1e-15 < rows <= 1 and math.isfinite(loss)]
    if not curve:
        return ""
    words = "; ".join(f"the worst {percent(rows)} of the rows carry {percent(loss)} of the loss" for rows, loss in curve)
    first = min(math.floor(math.log10(curve[0][0])), -1)
    bottom = 248
    decades = Scale(first, 0, _LEFT, _RIGHT)

    def x(rows: float) -> float:
        return decades(math.log10(rows))

    y = Scale(min(0, *(loss for _, loss in curve)), max(1, *(loss for _, loss in curve)), bottom, _TOP)
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
        text("if all lost alike", _RIGHT, bottom - 8, "end"),
    ]
    parts += [path(((x(rows), y(loss)) for rows, loss in curve + whole), "curve")]
    parts += [point(x(rows), y(loss)) for rows, loss in curve]
    return picture("How much of the loss the worst rows carry", f"{words}.", bottom + 40, *parts)


def _shares(y: Scale) -> list[tuple[float, float]]:
    if y.high - y.low > 2:  # shares of sums that nearly cancel
        return [(y(v), v) for v in (y.low, 0, y.high)]
    return [(y(v), v) for v in (0, 0.25, 0.5, 0.75, 1)]


def histogram(bins: Sequence[Mapping[str, Any]], under: str, *, mark: Any = None, signed: bool = False) -> str:
    """How many rows lose how much; ``mark`` is the mean, ``signed`` are differences, told apart at 0."""
    if not bins:
        return ""
    counts = [real(b["count"]) for b in bins]
    edges = [real(bins[0]["low"]), *(real(b["high"]) for b in bins)]
    most, bottom = max(counts), 200
    x = Bins(edges, _LEFT, _RIGHT)
    y = Scale(0, max(most, 1), bottom, 38)
    whole = [(place, label) for place, label in y.ticks(5) if "." not in label or "×" in label]
    parts = axes(x.ticks(), whole, bottom, under, "rows")
    step = (_RIGHT - _LEFT) / len(bins)
    for i, (low, high, count) in enumerate(zip(edges, edges[1:], counts, strict=False)):
        kind = "loss" if not signed or high < 0 else "worse" if low > 0 else "rest"  # bins at 0 hold what is the same
        middle, half = _LEFT + (i + 0.5) * step, step / 2 - min(0.5, step / 12) if low < high else min(8, step / 3)
        if count > 0:
            parts.append(bar(middle - half, min(y(count), bottom - 1.5), middle + half, bottom, kind))
    value = real(mark)
    if edges[0] <= value <= edges[-1]:
        parts += [line(x(value), 33, x(value), bottom, "mark"), _beside(x(value), 28, f"mean {number(value)}")]
    if signed:
        parts += [text("← B better", _LEFT, 11), text("A better →", _RIGHT, 11, "end")]
    top = bins[counts.index(most)]
    words = f"{counted(int(sum(counts)), 'row')} from {number(edges[0])} to {number(edges[-1])}; the most, "
    words += f"{number(int(most))}, from {number(top['low'])} to {number(top['high'])}."
    return picture(f"How many rows there are by {under}", words, bottom + 40, *parts)


def _beside(x: float, y: float, words: str) -> str:
    """Words at an upright line, on the side where there is room."""
    return text(words, x, y, "start" if x < 120 else "end" if x > 240 else "middle", "label")


def reliability(calibration: Mapping[str, Any]) -> str:
    """What was predicted against how often it happened, with intervals, and how many rows there are below."""
    bins = [b for b in calibration["bins"] if math.isfinite(real(b["predicted"])) and math.isfinite(real(b["observed"]))]
    if not bins:
        return ""
    values = [real(b[key]) for b in bins for key in ("predicted", "observed")]
    values += [end for b in bins for end in ends(b["interval"]) if math.isfinite(end)]
    low, high = max(0.0, min(values)), min(1.0, max(values))
    if high - low > 0.5 or low == high:
        low, high = 0.0, 1.0
    bottom, strip = _TOP + _RIGHT - _LEFT, 40
    x = Scale.over([low, high], _LEFT, _RIGHT, room=0.0 if high - low == 1 else 0.05)
    y = Scale(x.low, x.high, bottom, _TOP)
    widths = [max(real(b["high"]) - real(b["low"]), (x.high - x.low) / 150) for b in bins]
    dense = [real(b["weight"]) / width for b, width in zip(bins, widths, strict=True)]  # areas are rows
    most = max(dense)
    parts = axes([(place, "") for place, _ in x.ticks(8)], y.ticks(8), bottom, "", "how often it happened")
    parts += [line(x(x.low), y(x.low), x(x.high), y(x.high), "reference")]
    floor = bottom + 12 + strip
    for b, rows in zip(bins, dense, strict=True):
        left, right = x(real(b["low"])) + 0.5, x(real(b["high"])) - 0.5
        tall = strip * rows / most if most else 0.0
        parts.append(bar(left, floor - max(1.0, tall), max(right, left + 1), floor, "rest"))
    parts += [text("rows", _LEFT - 6, floor - 2, "end"), line(_LEFT, floor, _RIGHT, floor, "axis")]
    parts += [text(label, place, floor + 16, "middle") for place, label in _spaced(x.ticks(8))]
    parts += [text("what was predicted", (_LEFT + _RIGHT) / 2, floor + 33, "middle")]
    places = [(x(real(b["predicted"])), y(real(b["observed"]))) for b in bins]
    parts += [path(places, "thin")]
    for b, (left, height) in zip(bins, places, strict=True):
        least, greatest = ends(b["interval"])
        parts += [error_bar((left, y(least)), (left, y(greatest)))] if least < greatest else []
        parts += [point(left, height)]
    told = "; ".join(f"predicted {percent(b['predicted'])}, happened {percent(b['observed'])}" for b in bins)
    words = f"On the diagonal, what is predicted is how often it happens. {told}."
    return picture("How often what was predicted happened", words, floor + 40, *parts)


def split(calibration: Mapping[str, Any]) -> str:
    """The loss of an event as uncertainty less discrimination plus miscalibration, one bar after the other."""
    uncertain, told, wrong = (real(calibration[key]) for key in ("uncertainty", "discrimination", "miscalibration"))
    if not math.isfinite(uncertain + told + wrong):
        return ""
    total = uncertain - told + wrong
    x = Scale.over([0, uncertain, uncertain - told, total], 116, WIDTH - 60)
    rows = (
        ("uncertainty", number(uncertain), 0.0, uncertain, "rest"),
        ("− discrimination", number(-told), uncertain, uncertain - told, "loss"),
        ("+ miscalibration", f"+{number(wrong)}", uncertain - told, total, "worse"),
        ("= the loss", number(total), 0.0, total, "ink"),
    )
    parts = []
    for i, (words, value, start, end, kind) in enumerate(rows):
        y = 26 * i
        parts += [text(words, 0, y + 13, kind="label"), text(value, WIDTH, y + 13, "end", "label")]
        parts += [bar(x(start), y + 2, x(end), y + 16, kind)]
        parts += [line(x(end), y + 2, x(end), y + 42, "join")] if i < 3 else []
    words = (
        f"Uncertainty {rows[0][1]}, less discrimination {number(told)}, plus miscalibration {number(wrong)}, is {rows[3][1]}."
    )
    return picture("What the loss is made of", words, 26 * 4 - 8, *parts)


def paired(quantiles: Sequence[Mapping[str, Any]]) -> list[tuple[float, float, float]]:
    """What share of the rows lies between two quantiles that mirror each other, and between which; outermost first.

    >>> paired([{"at": 0.25, "value": -1}, {"at": 0.5, "value": 0}, {"at": 0.75, "value": 2}])
    [(0.5, -1.0, 2.0)]
    """
    values = {round(real(q["at"]), 9): real(q["value"]) for q in quantiles}
    mirrored = [(at, round(1 - at, 9)) for at in sorted(values) if at < 0.5]
    return [(round(b - a, 9), values[a], values[b]) for a, b in mirrored if b in values]


def residuals(quantiles: Sequence[Mapping[str, Any]]) -> str:
    """The quantiles of prediction minus target: a line for nearly all rows, bars for most and for half of them."""
    pairs = [(low, high) for _, low, high in paired(quantiles) if math.isfinite(low) and math.isfinite(high)]
    if not pairs:
        return ""
    x = Scale.over([0, *(end for pair in pairs for end in pair)], 8, WIDTH - 8)
    parts = [line(x(0), 16, x(0), 64, "mark"), _beside(x(0), 11, "0")]
    for i, (low, high) in enumerate(pairs):
        half = 1 + 10 * i / max(1, len(pairs) - 1)  # the fewer rows, the thicker
        parts += [bar(x(low), 38 - half, max(x(high), x(low) + 1.5), 38 + half, "loss" if i == len(pairs) - 1 else "rest")]
    middle = [real(q["value"]) for q in quantiles if real(q["at"]) == 0.5 and math.isfinite(real(q["value"]))]
    parts += [line(x(value), 24, x(value), 52, "median") for value in middle]
    parts += [*_axis(x), text("← too low", 0, 97), text("too high →", WIDTH, 97, "end")]
    told = "; ".join(f"{percent(q['at'])} of the rows are at or below {number(q['value'])}" for q in quantiles)
    return picture("Prediction minus target", f"{told}.", 102, *parts)


def _axis(x: Scale) -> list[str]:
    """A level axis alone, at 64."""
    parts = [line(x.start, 64, x.end, 64, "axis")]
    for place, label in _spaced(x.ticks(5)):
        parts += [line(place, 64, place, 68, "axis"), text(label, place, 80, "middle")]
    return parts


def difference_bar(report: Mapping[str, Any]) -> str:
    """The mean difference with its interval, against 0."""
    value = real(report["difference"])
    if not math.isfinite(value):
        return ""
    low, high = ends(report["interval"])
    x = Scale.over([0, value, low, high], 16, WIDTH - 16, room=0.12)
    parts = [line(x(0), 20, x(0), 64, "mark"), line(16, 64, WIDTH - 16, 64, "axis")]
    parts += [
        part for place, label in x.ticks(5) for part in (line(place, 64, place, 68, "axis"), text(label, place, 80, "middle"))
    ]
    parts += [error_bar((x(low), 42), (x(high), 42))] if low < high else []
    parts += [point(x(value), 42), text("loss of B minus loss of A", WIDTH / 2, 97, "middle")]
    parts += [text("← B better", 0, 11, kind="label"), text("A better →", WIDTH, 11, "end", "label")]
    words = f"The mean loss of B minus that of A is {_with_interval(value, report['interval'])}; below 0, B is better."
    return picture("Difference of the mean losses, against 0", words, 102, *parts)


def outcomes(report: Mapping[str, Any]) -> str:
    """On how many rows B loses less, the same, and more, as one bar."""
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
    words = f"B loses less on {counted(int(counts[0]), 'row')}, the same on {number(counts[1])}, more on {number(counts[2])}."
    return picture("Rows on which B is better, the same, worse", words, 42, *parts)


def ends(interval: Mapping[str, Any] | None) -> tuple[float, float]:
    """Where an interval begins and ends; NaN if there is none."""
    return (math.nan, math.nan) if interval is None else (real(interval["low"]), real(interval["high"]))


def between(interval: Mapping[str, Any]) -> str:
    """An interval in words, to two digits of half its width, or more where an end would become 0.

    >>> between({"low": 0.62418, "high": 0.64002}), between({"low": 0, "high": "Infinity"})
    ('0.6242 to 0.6400', '0 to ∞')
    """
    low, high = ends(interval)
    width = high - low
    if not 1e-5 < width < 1e9 or max(abs(low), abs(high)) >= 1e9:
        return f"{number(low)} to {number(high)}"
    digits = max(0, 1 - math.floor(math.log10(width / 2)))
    while digits < 8 and any(end and not round(end, digits) for end in (low, high)):
        digits += 1
    return f"{low:,.{digits}f} to {high:,.{digits}f}".replace("-", "−")


def _with_interval(value: float, interval: Mapping[str, Any] | None) -> str:
    return number(value) + (f" ({percent(interval['level'])} interval {between(interval)})" if interval else "")
