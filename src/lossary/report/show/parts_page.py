"""Place the parts of a breakdown on the axes of the tables of a page: their shares of the loss, their means with intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lossary.report.show.format import ends, interval_text, number, percent, real
from lossary.report.show.svg import LogScale, scale_over

_TICKS = 3
"""The most labels of an axis that is as narrow as a column."""

Part = Mapping[str, Any]


class Axis(NamedTuple):
    """An axis of a column of a table, from 0 to 100, and the marks on it."""

    is_log: bool
    ticks: Sequence[tuple[float, str]]
    """The places and labels of a logarithmic axis; none of a linear one, which has its numbers beside it."""
    marks: Sequence[Mapping[str, float | None] | None]
    """The places of each part; None where there is no number."""
    width: float
    """The room for the numbers beside the axis, in the size of letters of the page: it begins at one place in all rows."""


def share_axis(parts: Sequence[Part], *, may_be_log: bool = True) -> Axis:
    """Return where the shares of the loss and of the rows of each part lie.

    A linear axis has bars, from 0 to the largest share of all. A logarithmic one has no 0, from which bars could start, and so
    has dots.
    """
    shares = [(real(part["share"]), real(part["weight_share"])) for part in parts]
    known = [share for pair in shares for share in pair if math.isfinite(share)]
    width = _room([percent(share) for share in known], [])
    scale = scale_over([share for share in known if share], 0, 100)
    if may_be_log and isinstance(scale, LogScale) and min(known) >= 0:
        scale = LogScale(scale.low, scale.high, 3, 97)  # a dot has a width
        ticks = [(round(scale(value), 2), percent(value)) for value in scale.values(_TICKS)]
        marks: list[Mapping[str, float | None]] = [
            {name: _placed(scale, x) for name, x in zip(("loss", "rows"), pair, strict=True)} for pair in shares
        ]
        return Axis(True, ticks, marks, width)
    longest = max(known, default=0.0)
    marks = [{"loss": _part(loss, longest), "rows": _part(rows, longest)} for loss, rows in shares]
    return Axis(False, (), marks, width)


def _placed(scale: LogScale, x: float) -> float | None:
    return round(scale(x), 2) if x > 0 else None


def _part(x: float, longest: float) -> float:
    return round(min(1.0, max(0.0, x / longest)), 4) if longest > 0 and x == x else 0.0


def mean_axis(parts: Sequence[Part], key: str, reference: Any, interval: str = "interval") -> Axis:
    """Return where the value and the interval of each part, and a reference, lie; None for no value."""
    values = [real(part[key]) for part in parts]
    ranges = [ends(part[interval]) for part in parts]
    ranges = [(low, high) if low <= high else (value, value) for value, (low, high) in zip(values, ranges, strict=True)]
    line = real(reference)
    across = scale_over([line, *values], 2, 98, others=(end for span in ranges for end in span))
    ticks = [(round(place, 2), label) for place, label in across.ticks(_TICKS)] if isinstance(across, LogScale) else []
    marks = [
        {
            "value": round(across(value), 2),
            "low": round(across(low), 2),
            "high": round(across(high), 2),
            "reference": round(across(line), 2) if math.isfinite(line) else None,
        }
        if math.isfinite(value)
        else None
        for value, (low, high) in zip(values, ranges, strict=True)
    ]
    width = _room([number(part[key]) for part in parts], [interval_text(part[interval]) for part in parts if part[interval]])
    return Axis(isinstance(across, LogScale), ticks, marks, width)


def _room(words: Sequence[str], small: Sequence[str]) -> float:
    """Return the room that words take in the size of a table's cells, and others in the size of its small print."""
    return round(max([0.0, *(0.58 * len(one) for one in words), *(0.5 * len(one) for one in small)]), 1)


def standout_part(parts: Sequence[Part], mean: Any) -> Part | None:
    """Return the part whose share of the loss exceeds its share of the rows most, or None if by little or perhaps by chance."""
    sure = [part["interval"] is None or real(part["interval"]["low"]) > real(mean) for part in parts]
    above = [(real(part["share"]) - real(part["weight_share"]), i) for i, part in enumerate(parts) if sure[i]]
    most, i = max(((excess, -i) for excess, i in above if excess == excess), default=(0.0, 0))
    return parts[-i] if most >= 0.02 and len(parts) > 1 else None
