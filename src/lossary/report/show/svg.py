"""Draw SVG elements, scales and axes.

A picture is 360 units wide, the width of a phone, so that its letters stay legible there. Colours and sizes of letters
are those of the page, by class.
"""

from __future__ import annotations

import functools
import html
import math
import sys
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lossary.report.show.format import number, tick

WIDTH = 360
LEFT, RIGHT, TOP = 52, 346, 30
"""The left, right and upper edge of plots with a vertical axis."""


def element(name: str, *children: str, **attributes: float | str) -> str:
    """Return an SVG element; ``class_`` is class, ``stroke_width`` is stroke-width, numbers are rounded, children are markup.

    >>> element("line", x1=1 / 3, class_="grid")
    '<line x1="0.33" class="grid"/>'
    """
    values = {key: html.escape(v) if isinstance(v, str) else f"{round(v, 2):g}" for key, v in attributes.items()}
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{value}"' for key, value in values.items())
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def text(words: str, x: float, y: float, anchor: str = "start", kind: str = "tick") -> str:
    """Return words at a place; ``anchor`` is start, middle or end."""
    return element("text", html.escape(words), x=x, y=y, text_anchor=anchor, class_=kind)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def bar(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a filled rectangle between two opposite corners."""
    return element("rect", x=min(x1, x2), y=min(y1, y2), width=abs(x2 - x1), height=abs(y2 - y1), class_=kind)


def path(points: Iterable[tuple[float, float]], kind: str) -> str:
    """Return a line through points."""
    return element("polyline", points=" ".join(f"{x:.2f},{y:.2f}" for x, y in points), class_=kind)


def point(x: float, y: float, kind: str = "point", radius: float = 4) -> str:
    """Return a dot."""
    return element("circle", cx=x, cy=y, r=radius, class_=kind)


def error_bar(low: tuple[float, float], high: tuple[float, float]) -> str:
    """Return a horizontal or vertical line from ``low`` to ``high`` with a short line across either end."""
    (x1, y1), (x2, y2) = low, high
    across, along = (4, 0) if x1 == x2 else (0, 4)
    ends = [line(x - across, y - along, x + across, y + along, "whisker") for x, y in (low, high)]
    return "".join([line(x1, y1, x2, y2, "whisker"), *ends])


def short_name(name: object, most: int) -> str:
    """Return a name without its middle if it has more than so many characters.

    >>> short_name("a long name of a model", 11)
    'a lon…model'
    """
    words, kept = str(name), (most - 1) // 2
    return words if len(words) <= most else f"{words[:kept]}…{words[-kept:]}"


def picture(title: str, description: str, height: float, *parts: str, width: float = WIDTH) -> str:
    """Return a picture with its title, its description in words and numbers, and its parts."""
    named = element("title", html.escape(title)), element("desc", html.escape(description))
    return element("svg", *named, *parts, viewBox=f"0 0 {width:g} {height:g}", role="img", class_="picture")


@dataclass(frozen=True)
class Scale:
    """The linear map of values from ``low`` to ``high`` to places from ``start`` to ``end``; values beyond are clipped.

    >>> Scale(0, 10, 100, 200)(2.5)
    125.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        part = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)  # halved, since high - low may overflow
        return self.start + min(1.0, max(0.0, part)) * (self.end - self.start)

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float, *, room: float = 0.0) -> Scale:
        """Return a scale over all finite ``values``, with ``room`` of their range more at either end, and never of width 0."""
        finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
        low, high = min(finite), max(finite)
        size = max(abs(low), abs(high))
        if size < 1e-305:
            pad = 1.0
        elif high / 2 - low / 2 <= 1e-12 * size:
            pad = size / 2
        else:
            pad = room * high - room * low
        most = sys.float_info.max
        return cls(max(low - pad, -most), min(high + pad, most), start, end)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Return places and labels of round numbers, at most about ``most``."""
        width = self.high / most - self.low / most
        power = math.floor(math.log10(width))
        step, power = next((m, power) for m in (1, 2, 5, 10) if float(f"{m}e{power}") >= width * (1 - 1e-9))
        size = float(f"{step}e{power}")
        multiples = range(math.ceil(self.low / size - 1e-9), math.floor(self.high / size + 1e-9) + 1)
        values = [float(f"{k * step}e{power}") for k in multiples]
        return [(self(value), tick(value)) for value in values] or self.ticks(2 * most)


SPAN = 30
"""Positive values of which the largest is more than so many times the smallest have a logarithmic axis."""


@dataclass(frozen=True)
class LogScale:
    """The map of positive values from ``low`` to ``high`` to places by their logarithms; values beyond are clipped.

    >>> round(LogScale(0.01, 100, 0, 100)(1), 9), LogScale(0.01, 100, 0, 100)(-3)
    (50.0, 0.0)
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value; numbers below 0 and 0 itself stand at the lower end."""
        low, high, at = (math.log(x) for x in (self.low, self.high, min(self.high, max(self.low, value))))
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Return places and labels of powers of 10, with 2 and 5 times these where there is room, at most about ``most``."""
        return [(self(value), tick(value)) for value in self.values(most)]

    def values(self, most: int = 6) -> list[float]:
        """Return the values that have ticks."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        found: list[float] = []
        for digits, stride in ((1, 2, 5), 1), *(((1,), stride) for stride in (1, 2, 3, 5, 10, 20, 50, 100, 200)):
            found = [float(f"{m}e{k}") for k in range(first, last + 1) if k % stride == 0 for m in digits]
            found = [value for value in found if self.low <= value <= self.high]
            if len(found) <= most:
                break
        return found


def scale_over(values: Iterable[float], start: float, end: float, *, others: Iterable[float] = ()) -> Scale | LogScale:
    """Return a scale over values and others, such as the ends of intervals: logarithmic if the values span more than ``SPAN``.

    Of the others, a logarithmic scale takes those within a factor of 10 of the values.
    """
    known, beside = ([x for x in some if math.isfinite(x)] for some in (values, others))
    low, high = min(known, default=0.0), max(known, default=0.0)
    if not low > 0 or high / SPAN <= low:
        return Scale.over([*known, *beside], start, end)
    near = [x for x in beside if low / 10 <= x <= high * 10]
    low, high = max(min([low, *near]), sys.float_info.min), max([high, *near])
    return LogScale(low, high, start, end)


def on_axis(words: str, scale: object) -> str:
    """Return what an axis shows, and that it is logarithmic if it is."""
    return f"{words} (log axis)" if isinstance(scale, LogScale) else words


@dataclass(frozen=True)
class LogitScale:
    """The map of probabilities from ``low`` to ``high``, which lie between 0 and 1, by their logits; others are clipped.

    >>> round(LogitScale(0.001, 0.999, 0, 100)(0.5), 9)
    50.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a probability."""
        low, high, at = (math.log(p) - math.log1p(-p) for p in (self.low, self.high, min(self.high, max(self.low, value))))
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Return places and labels of 1/2 and of powers of 10 on either side, at most about ``most``."""
        powers = [k for k in range(1, 16) if self.low <= 10.0**-k or 1 - 10.0**-k <= self.high]
        kept = powers[:: max(1, math.ceil((2 * len(powers) + 1) / most))]
        found = [(10.0**-k, f"{100 * 10.0**-k:.{max(0, k - 2)}f}%") for k in kept] + [(0.5, "50%")]
        found += [
            (1 - 10.0**-k, f"{'9' * min(k, 2)}{'.' + '9' * (k - 2) if k > 2 else ''}{'0' if k == 1 else ''}%") for k in kept
        ]
        return [(self(p), label) for p, label in sorted(found) if self.low <= p <= self.high]


@dataclass(frozen=True)
class BinAxis:
    """The map of values to places if adjacent bins of any widths are drawn equally wide: a logarithmic axis for most losses."""

    edges: Sequence[float]
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value: within its bin on a logarithmic scale if possible, else on a linear one."""
        step = (self.end - self.start) / (len(self.edges) - 1)
        if not value <= self.edges[-1]:
            return self.end
        i = bisect_left(self.edges, value, 1) - 1
        return self.start + (i + _part(value, self.edges[i], self.edges[i + 1])) * step

    def ticks(self, gap: float = 42) -> list[tuple[float, str]]:
        """Return places and labels of 0 and of round numbers, at least ``gap`` apart."""
        low, high = self.edges[0], self.edges[-1]
        widths = [b / 2 - a / 2 for a, b in pairwise(self.edges)]
        if math.isfinite(sum(widths)) and max(widths) - min(widths) <= 0.01 * max(widths) and max(widths) > 1e-290:
            return Scale(low, high, self.start, self.end).ticks()
        sizes = [abs(edge) for edge in self.edges if edge and math.isfinite(edge)]
        if sizes:
            first, last = math.floor(math.log10(min(sizes))), math.ceil(math.log10(max(sizes)))
            at = functools.cache(self)
            for digits, stride in ((1, 2, 5), 1), *(((1,), stride) for stride in (1, 2, 3, 5, 10, 20, 50, 100)):
                found = [float(f"{m}e{k}") for k in range(first, last + 1) if k % stride == 0 for m in digits]
                values = [v for v in sorted({-v for v in found} | {0.0} | set(found)) if low <= v <= high]
                kept = [v for v in values if not v or abs(at(v) - at(0.0)) >= gap or not low <= 0 <= high]
                if len(kept) > 1 and min(at(b) - at(a) for a, b in pairwise(kept)) >= gap:
                    return [(at(v), tick(v)) for v in kept]
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
    """Return the grid and labels at the places ``x`` and ``y``; ``under`` names x, ``above`` names y."""
    parts = [text(above, 0, 11)]
    for place, label in y:
        parts += [line(LEFT, place, RIGHT, place, "grid"), text(label, LEFT - 6, place + 4, "end")]
    for place, label in spaced(x):
        parts += [line(place, bottom, place, bottom + 4, "axis"), text(label, place, bottom + 16, "middle")]
    return [*parts, line(LEFT, bottom, RIGHT, bottom, "axis"), text(under, (LEFT + RIGHT) / 2, bottom + 33, "middle")]


def spaced(ticks: Sequence[tuple[float, str]]) -> Sequence[tuple[float, str]]:
    """Return as many of the ticks as have room side by side."""
    widest = max((6 * len(label) + 4 for _, label in ticks), default=0)
    gap = min((b - a for (a, _), (b, _) in pairwise(ticks)), default=widest)
    return ticks[:: max(1, math.ceil(widest / max(gap, 1)))]
