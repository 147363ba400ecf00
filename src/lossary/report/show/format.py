"""Format the numbers of a report: plain for terminals, with typographic signs for pages.

Numbers come as JSON has them: "Infinity", "-Infinity" and "NaN" may stand for any, and null for none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

NOT_FINITE = ("Infinity", "-Infinity", "NaN")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def real(x: Any) -> float:
    """Return a number of a JSON document as a float; null is NaN.

    >>> real("Infinity"), real(None), real(3)
    (inf, nan, 3.0)
    """
    return math.nan if x is None else float(x)


def ends(interval: Mapping[str, Any] | None) -> tuple[float, float]:
    """Return the ends of an interval; NaN if there is none."""
    return (math.nan, math.nan) if interval is None else (real(interval["low"]), real(interval["high"]))


def divided_by(breakdown: Mapping[str, Any]) -> str:
    """Return the column of a breakdown, without the number of bins: age of ``age:5``.

    >>> divided_by({"by": "age:5", "parts": [{"name": "18 to 31"}]}), divided_by({"by": "age:5", "parts": [{"name": "a"}]})
    ('age', 'age:5')
    """
    column, colon, bins = str(breakdown["by"]).rpartition(":")
    is_binned = colon and bins.isdecimal() and any(" to " in str(part["name"]) for part in breakdown["parts"])
    return column if is_binned else str(breakdown["by"])


# ---- for terminals


def plain_number(x: Any, digits: int = 6) -> str:
    """Return a number with so many digits, or with all digits before the point.

    >>> plain_number(1 / 3), plain_number(12345678.9), plain_number("Infinity"), plain_number(None)
    ('0.333333', '12,345,679', 'inf', 'none')
    """
    if x is None:
        return "none"
    value = real(x)
    return f"{value:,.0f}" if 10.0**digits <= abs(value) < 1e15 else f"{value + 0.0:,.{digits}g}"  # + 0.0 makes 0 of -0


def plain_cell(x: Any) -> str:
    """Return a number for a cell of a table, with four digits; nothing for null."""
    return "" if x is None else plain_number(x, 4)


def plain_percent(x: Any) -> str:
    """Return a share in per cent; nothing for null."""
    return "" if x is None else f"{100 * real(x):.3g} %"


def plain_interval(interval: Mapping[str, Any] | None) -> str:
    """Return the ends of an interval; nothing if there is none."""
    return "" if interval is None else f"{plain_cell(interval['low'])} to {plain_cell(interval['high'])}"


def plain_value(x: Any) -> Any:
    """Return a prediction or a target for a cell: a number short, several by name, nothing for null, else unchanged."""
    if isinstance(x, Mapping):
        return ", ".join(f"{name} {_listed(value)}" for name, value in x.items())
    return "" if x is None else plain_cell(x) if isinstance(x, float) or (isinstance(x, str) and x in NOT_FINITE) else x


def _listed(x: Any) -> Any:
    if not isinstance(x, list):
        return plain_value(x)
    return f"[{', '.join(str(plain_value(v)) for v in x[:4])}{', …' if len(x) > 4 else ''}]"


# ---- for pages


def number(x: Any, digits: int = 4) -> str:
    """Return a number rounded to so many digits or to a whole number, whichever is finer.

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
    """Return a share in per cent, to three digits.

    >>> percent(0.31), percent(0.00437), percent(0.99987)
    ('31%', '0.437%', '99.987%')
    """
    value = 100 * real(share)
    if not math.isfinite(value):
        return number(value)
    if 99 < value < 100:  # digits of what is missing, or it would read as all
        return f"{value:.{min(9, 1 - math.floor(math.log10(100 - value)))}f}%"
    return number(float(f"{value:.12g}"), 3) + "%"  # without what rounding left of 0.3


def interval_text(interval: Mapping[str, Any]) -> str:
    """Return the ends of an interval, to two digits of half its width, or more where an end would become 0.

    >>> interval_text({"low": 0.62418, "high": 0.64002}), interval_text({"low": 0, "high": "Infinity"})
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


def tick(value: float) -> str:
    """Return the label of a round number on an axis."""
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, _, power = f"{value:.11e}".partition("e")
        return _times_ten(mantissa.rstrip("0").rstrip("."), int(power))
    return f"{value:,.12g}".replace("-", "−")


def _times_ten(mantissa: str, power: int) -> str:
    times = f"10{str(power).translate(_SUPERSCRIPT)}"
    return {"1": times, "-1": f"−{times}"}.get(mantissa, f"{mantissa.replace('-', '−')}×{times}")
