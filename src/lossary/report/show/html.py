"""A score, or a comparison of two, as one web page that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from lossary.errors import UsageError
from lossary.report.show import pictures
from lossary.report.show.pictures import Scale, ends, number, real

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

LONGEST = 100
"""Longer names are cut in the middle."""
LISTED = 8
"""So many numbers of a list are shown."""

# What a page cannot hold: control characters become their pictures (␀), halves of surrogate pairs and noncharacters �.
_UNFIT = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
_UNFIT |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD)

_PICTURES = (
    pictures.standing,
    pictures.concentration,
    pictures.histogram,
    pictures.reliability,
    pictures.split,
    pictures.residuals,
    pictures.difference_bar,
    pictures.outcomes,
)

# The sections of a page, in order; each is there if there is anything at one of its keys.
_SECTIONS = {
    "score": (
        ("parts", "Where the loss comes from", "breakdowns"),
        ("spread", "How it is spread", "concentration", "histogram"),
        ("worst", "The worst rows", "worst"),
        ("calibration", "Do probabilities come true?", "calibration"),
        ("residuals", "How far off", "residuals"),
        ("also", "Under other losses", "also"),
        ("notes", "Notes", "notes"),
        ("made", "How this was made", "lossary"),
    ),
    "comparison": (
        ("parts", "Where they differ", "breakdowns"),
        ("spread", "How the difference is spread", "histogram"),
        ("changed", "The rows that changed most", "changed.better", "changed.worse"),
        ("unmatched", "Rows in one file only", "only_a", "only_b"),
        ("notes", "Notes", "notes"),
        ("made", "How this was made", "lossary"),
    ),
}

_METHODS = {
    "normal": "from the spread of the rows and the normal distribution",
    "bootstrap": "by drawing the rows again and again (bootstrap)",
    "wilson": "for shares of rows by Wilson's formula",
}


def render(report: Mapping[str, Any]) -> str:
    """The page of a score or a comparison, given as the dict that its ``to_dict()`` makes; takes Jinja2.

    Names and texts are shown as they are, whatever they hold; a number may be the text "Infinity", "-Infinity" or "NaN".

    >>> from pathlib import Path
    >>> found = lossary.report.score("p.parquet", loss="huber", target="y", prediction="p")  # doctest: +SKIP
    >>> Path("report.html").write_text(render(found.to_dict()), encoding="utf-8")  # doctest: +SKIP
    """
    sections = {id: title for id, title, *keys in _SECTIONS[report["kind"]] if any(_at(report, key) for key in keys)}
    page = _environment().get_template(f"{report['kind']}.html.jinja").render(report=report, sections=sections)
    return page.translate(_UNFIT)


@cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
        from markupsafe import Markup
    except ImportError:
        raise UsageError('a report in HTML takes Jinja2; get it with: pip install "lossary[report]"') from None

    def picture(draw: Callable[..., str]) -> Callable[..., Markup]:
        return lambda *given, **options: Markup(draw(*given, **options))  # noqa: S704  # its words are escaped

    environment = Environment(
        loader=PackageLoader("lossary.report.show", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "numbers": numbers,
        "percent": pictures.percent,
        "between": pictures.between,
        "shorten": shorten,
        "real": real,
        "finite": lambda x: math.isfinite(real(x)),
    }
    environment.globals |= {draw.__name__: picture(draw) for draw in _PICTURES}
    environment.globals |= {function.__name__: function for function in _FUNCTIONS}
    return environment


def _at(report: Mapping[str, Any], key: str) -> Any:
    """What stands at a key, or at several with points between."""
    for one in key.split("."):
        report = report[one]
    return report


def shorten(name: Any) -> str:
    """A name, or any text, at a length that fits a page.

    >>> shorten("x" * 1000)[45:]
    'xxxxx … xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (1,000 characters)'
    """
    words = str(name)
    if len(words) <= LONGEST:
        return words
    return f"{words[: LONGEST // 2]} … {words[-LONGEST // 2 :]} ({len(words):,} characters)"


def numbers(x: Any) -> str:
    """A prediction, target or parameter: a number, several, or words.

    >>> numbers([0.25, 0.75]), numbers("cat")
    ('0.25, 0.75', 'cat')
    """
    if isinstance(x, (list, tuple)):
        more = f", … ({len(x):,} in all)" if len(x) > LISTED else ""
        return ", ".join(number(one, 3) if isinstance(one, float) else numbers(one) for one in x[:LISTED]) + more
    if x is None or isinstance(x, bool):
        return {None: "none", True: "true", False: "false"}[x]
    if isinstance(x, str) and x not in ("Infinity", "-Infinity", "NaN"):
        return shorten(x)
    return number(x)


def bars(parts: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    """How long the bars of each part are, for its share of the loss and of the rows: 1 is the longest of them all."""
    shares = [(real(part["share"]), real(part["weight_share"])) for part in parts]
    longest = max((share for pair in shares for share in pair if math.isfinite(share)), default=0.0)
    return [(_between(loss / longest), _between(rows / longest)) if longest > 0 else (0.0, 0.0) for loss, rows in shares]


def _between(x: float) -> float:
    return round(min(1.0, max(0.0, x)), 4) if x == x else 0.0


def whiskers(parts: Sequence[Mapping[str, Any]], key: str, reference: Any) -> list[dict[str, float | None] | None]:
    """Where each part's value and interval, and a reference, stand on one common line, 0 to 100; None for no value."""
    values = [real(part[key]) for part in parts]
    spans = [ends(part["interval"]) for part in parts]
    spans = [(low, high) if low <= high else (value, value) for value, (low, high) in zip(values, spans, strict=True)]
    line = real(reference)
    across = Scale.over([line, *values, *(end for span in spans for end in span)], 2, 98)
    return [
        {
            "value": round(across(value), 2),
            "low": round(across(low), 2),
            "high": round(across(high), 2),
            "reference": round(across(line), 2) if math.isfinite(line) else None,
        }
        if math.isfinite(value)
        else None
        for value, (low, high) in zip(values, spans, strict=True)
    ]


def outstanding(parts: Sequence[Mapping[str, Any]], mean: Any) -> Mapping[str, Any] | None:
    """The part whose share of the loss is most above its share of the rows, if that is worth a sentence, and not by chance."""
    sure = [part["interval"] is None or real(part["interval"]["low"]) > real(mean) for part in parts]
    above = [(real(part["share"]) - real(part["weight_share"]), i) for i, part in enumerate(parts) if sure[i]]
    most, i = max(((excess, -i) for excess, i in above if excess == excess), default=(0.0, 0))
    return parts[-i] if most >= 0.02 and len(parts) > 1 else None


def told(points: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The points of a concentration curve that a sentence tells: the worst 1 % and 10 %, or the ends of the curve."""
    return [point for point in points if real(point["rows"]) in (0.01, 0.1)] or list(points[:: max(1, len(points) - 1)])


def likelihood(mean: Any) -> float:
    """The probability whose loss the mean cross-entropy is: the geometric mean of what was given to what happened."""
    return math.exp(min(0.0, -real(mean)))


def spans(quantiles: Sequence[Mapping[str, Any]]) -> str:
    """Between what most residuals lie, from the middle outwards.

    >>> spans([{"at": 0.25, "value": -1}, {"at": 0.5, "value": 0}, {"at": 0.75, "value": 2}])
    '50% of the rows lie from −1.0 to 2.0.'
    """
    words = [
        f"{pictures.percent(share)} of the rows lie from {pictures.between({'low': low, 'high': high})}"
        for share, low, high in reversed(pictures.paired(quantiles))
    ]
    return "; ".join(words) + "." if words else ""


def shares_of(points: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The concentration curve as lines of a table."""
    return [(pictures.percent(point["rows"]), pictures.percent(point["loss"])) for point in points]


def reliability_of(bins: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The reliability diagram as lines of a table."""
    lines: list[tuple[str, ...]] = []
    for b in bins:
        low, high = ends(b["interval"])
        interval = f"{pictures.percent(low)} to {pictures.percent(high)}" if low == low else ""
        span = f"{pictures.percent(b['low'])} to {pictures.percent(b['high'])}"
        lines.append((span, number(b["count"]), pictures.percent(b["predicted"]), pictures.percent(b["observed"]), interval))
    return lines


def quantiles_of(quantiles: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The quantiles as lines of a table."""
    return [(pictures.percent(q["at"]), number(q["value"])) for q in quantiles]


def columns(rows: Sequence[Mapping[str, Any]], files: Sequence[str] = ()) -> dict[str, Any]:
    """Which columns a table of rows needs: those that hold something and tell rows apart."""
    return {
        "file": len(files) > 1,
        "id": any(row["id"] is not None for row in rows),
        "weight": len({row.get("weight") for row in rows}) > 1,
        "groups": list(dict.fromkeys(name for row in rows for name in row["groups"] or ())),
    }


def intervals(report: Any) -> dict[str, Any]:
    """The level of the intervals in a report, if it has any, and in words how they were made."""
    level: Any = None
    ways: dict[str, None] = {}
    inside = [report]
    while inside:
        x = inside.pop()
        if isinstance(x, Mapping):
            if x.keys() == {"low", "high", "level", "method"}:
                level, ways[_METHODS.get(x["method"], shorten(x["method"]))] = x["level"], None
            inside.extend(x.values())
        elif isinstance(x, (list, tuple)):
            inside.extend(x)
    return {"level": level, "ways": list(ways)}


_FUNCTIONS = (
    bars,
    columns,
    intervals,
    likelihood,
    outstanding,
    quantiles_of,
    reliability_of,
    shares_of,
    spans,
    told,
    whiskers,
)
