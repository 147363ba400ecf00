"""Render a report as one web page that needs no network and no other file, and no script to be read."""

from __future__ import annotations

import hashlib
import math
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from lossary.errors import UsageError
from lossary.report.show import forecasts, models_page, parts_page, pictures
from lossary.report.show.class_calibration import class_calibration_picture
from lossary.report.show.costs import cost_picture, cost_rows, said_of_costs
from lossary.report.show.format import NOT_FINITE, divided_by, ends, interval_text, number, percent, real
from lossary.report.show.models_calibration import models_calibration
from lossary.report.show.models_forecasts import forecast_rows, forecasts_picture
from lossary.report.show.models_time import model_period_rows, models_over_time, time_axis_words
from lossary.report.show.murphy import difference_picture, murphy_names, murphy_picture, murphy_rows, murphy_sentence
from lossary.report.show.oriented import oriented
from lossary.report.show.over_time import (
    closest_sentence,
    in_zone,
    length_of,
    over_time,
    period_rows,
    turning_sentence,
)
from lossary.report.show.ranking_text import p_value, ranking_sentence
from lossary.report.show.recalibration import errors_picture, functional_name, level_rows, levels_picture, said_of_rows
from lossary.report.show.said import said_and_was
from lossary.report.show.slices import slice_name, slices_sentence
from lossary.report.show.tables import known_points

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

LONGEST = 100
"""Characters of a name; a longer one loses its middle."""
LISTED = 8
"""Numbers of a list that are shown."""

# Characters that HTML forbids: control characters become their pictures (␀), surrogates and noncharacters become �.
_UNFIT = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
_UNFIT |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD)

_PICTURES = (
    pictures.baseline_bars,
    pictures.timeline,
    over_time,
    models_calibration,
    models_over_time,
    pictures.concentration,
    pictures.histogram,
    pictures.reliability,
    pictures.calibration_bars,
    class_calibration_picture,
    cost_picture,
    difference_picture,
    murphy_picture,
    levels_picture,
    errors_picture,
    pictures.residuals,
    pictures.difference_bar,
    pictures.outcomes,
    forecasts.probability_transform,
    forecasts.coverage_picture,
    forecasts.width_picture,
    forecasts_picture,
    models_page.model_differences,
)

# The sections of a page, in order: id, title, and the keys of which one must hold something.
_SECTIONS = {
    "score": (
        ("time", "How it changes over time", "time"),
        ("runs", "How it differs between runs", "runs"),
        ("parts", "Where the loss comes from", "breakdowns"),
        ("slices", "Slices that lose much", "slices"),
        ("spread", "How it is distributed", "concentration", "histogram"),
        ("worst", "The worst rows", "worst"),
        ("confusion", "Which class was taken for which", "confusion"),
        ("calibration", "Do probabilities come true?", "calibration"),
        ("classes", "Does each class come true?", "class_calibration"),
        ("costs", "What decisions cost", "costs"),
        ("recalibration", "Do predictions come true?", "recalibration"),
        ("residuals", "How far off", "residuals"),
        ("relevance", "Is the order right?", "relevance"),
        ("forecast", "Do forecasts say how sure they are?", "forecast"),
        ("terms", "What each term contributes", "terms"),
        ("also", "Under other losses", "also"),
        ("notes", "Notes", "notes"),
        ("made", "How this was made", "lossary"),
    ),
    "comparison": (
        ("time", "How it changes over time", "time"),
        ("runs", "How it differs between runs", "runs"),
        ("parts", "Where they differ", "breakdowns"),
        ("spread", "How the difference is distributed", "histogram"),
        ("forecasts", "Do forecasts say how sure they are?", "forecasts"),
        ("murphy", "Under other losses with the same best prediction", "murphy"),
        ("changed", "The rows that changed most", "changed.better", "changed.worse"),
        ("unmatched", "Rows in one file only", "only_a", "only_b"),
        ("notes", "Notes", "notes"),
        ("made", "How this was made", "lossary"),
    ),
    "ranking": (
        ("time", "How they change over time", "time"),
        ("runs", "How they differ between runs", "runs"),
        ("parts", "Who is best where", "breakdowns"),
        ("forecasts", "Do forecasts say how sure they are?", "forecasts"),
        ("calibration", "Do predictions come true?", "calibration"),
        ("murphy", "Under other losses with the same best prediction", "murphy"),
        ("pairs", "Each model against each", "pairs"),
        ("notes", "Notes", "notes"),
        ("made", "How this was made", "lossary"),
    ),
}

_METHODS = {
    "normal": "from the spread of the rows and the normal distribution",
    "bootstrap": "by drawing the rows again and again (bootstrap)",
    "cosines": "from sums by time, which are dependent on those near them (cosines, and Student's t)",
    "diebold-mariano": "from sums by time, dependent as errors of forecasts several times ahead are (Diebold and Mariano)",
    "bartlett": "from sums by time, dependent as errors of forecasts several times ahead are (Bartlett's weights)",
    "runs": "from the spread between runs of the model, and of what they share",
    "wilson": "for shares of rows by Wilson's formula",
}


def render(
    report: Mapping[str, Any],
    *,
    title: str | None = None,
    names: Sequence[str] | None = None,
    command: str | None = None,
    made: str | None = None,
) -> str:
    """Return the page of a report, given as its ``to_dict()`` returns it; needs Jinja2.

    ``title`` is the heading of the page, ``names`` are those of A and B, ``command`` and ``made`` say how and when.

    Names and texts are shown as they are, whatever they hold; a number may be the text "Infinity", "-Infinity" or "NaN".

    >>> from pathlib import Path
    >>> found = lossary.report.score("p.parquet", loss="huber", target="y", prediction="p")  # doctest: +SKIP
    >>> Path("report.html").write_text(render(found.to_dict()), encoding="utf-8")  # doctest: +SKIP
    """
    sections = {id: title for id, title, *keys in _SECTIONS[report["kind"]] if any(_at(report, key) for key in keys)}
    report = oriented(report)
    if report["kind"] == "score":
        if report["measure"] == "score" and "parts" in sections:
            sections["parts"] = "How groups differ"
        report = {
            **report,
            "concentration": known_points(report),
            "histogram": report["histogram"] if report["count"] > 1 else [],
        }
        sections = {
            id: title for id, title in sections.items() if id != "spread" or report["concentration"] or report["histogram"]
        }
    report = {**report, "title": title, "names": names, "command": command, "made": made}
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
        return lambda *given, **options: Markup(draw(*given, **options))  # noqa: S704  # pictures escape their words

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
        "percent": percent,
        "interval": interval_text,
        "shorten": shorten,
        "divided_by": divided_by,
        "real": real,
        "constant": constant,
        "sort_key": sort_key,
        "p_value": lambda x: p_value(x).replace("<1e-4", "< 0.0001"),
        "finite": lambda x: math.isfinite(real(x)),
    }
    environment.globals |= {draw.__name__: picture(draw) for draw in _PICTURES}
    environment.globals |= {function.__name__: function for function in _FUNCTIONS}
    script = (resources.files("lossary.report.show") / "pages" / "sort.js").read_text("utf-8")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # the policy of the page lets this script run and no other, whatever stands in the data
    environment.globals |= {"script": Markup(script), "script_hash": f"sha256-{digest}"}  # noqa: S704  # a file of ours
    return environment


def _at(report: Mapping[str, Any], key: str) -> Any:
    """Return the value at a key, or at a path of keys joined by dots."""
    for one in key.split("."):
        report = report[one]
    return report


def shorten(name: Any) -> str:
    """Return a name or any text without its middle if it is too long for a page.

    >>> shorten("x" * 1000)[45:]
    'xxxxx … xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (1,000 characters)'
    """
    words = str(name)
    if len(words) <= LONGEST:
        return words
    return f"{words[: LONGEST // 2]} … {words[-LONGEST // 2 :]} ({len(words):,} characters)"


def sort_key(x: Any) -> str:
    """Return a number as the script reads it that sorts tables; nothing for none.

    >>> sort_key(1 / 3), sort_key("Infinity"), sort_key(None)
    ('0.333333', 'Infinity', '')
    """
    value = real(x)
    return "" if value != value else f"{value:.6g}".replace("inf", "Infinity")


_NUMBER = re.compile(r"(?<![\w.])-?\d+(\.\d+)?(e[+-]\d+)?(?![\w.])")


def constant(words: str) -> str:
    """Return what the best constant is, with its numbers as those of the page.

    >>> constant("the mean of the target, -0.00909758")
    'the mean of the target, −0.009098'
    """
    return shorten(_NUMBER.sub(lambda found: number(float(found[0])), words))


def numbers(x: Any) -> str:
    """Return a prediction, target or parameter as text: a number, several numbers, or words.

    >>> numbers([0.25, 0.75]), numbers("cat")
    ('0.25, 0.75', 'cat')
    """
    if isinstance(x, Mapping):
        return ", ".join(f"{shorten(name)} {numbers(one)}" for name, one in x.items())
    if isinstance(x, (list, tuple)):
        more = f", … ({len(x):,} in all)" if len(x) > LISTED else ""
        return ", ".join(number(one, 3) if isinstance(one, float) else numbers(one) for one in x[:LISTED]) + more
    if x is None or isinstance(x, bool):
        return {None: "none", True: "true", False: "false"}[x]
    if isinstance(x, str) and x not in NOT_FINITE:
        return shorten(x)
    return number(x)


def sentence_points(points: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the points of a concentration curve for a sentence: the worst 1 % and 10 %, or the ends of the curve."""
    return [point for point in points if real(point["rows"]) in (0.01, 0.1)] or list(points[:: max(1, len(points) - 1)])


def likelihood(mean: Any) -> float:
    """Return exp(-mean): for a cross-entropy, the geometric mean of the probabilities predicted for what happened."""
    return math.exp(min(0.0, -real(mean)))


def residual_sentence(quantiles: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence on the ranges of most residuals, from the middle outwards.

    >>> residual_sentence([{"at": 0.25, "value": -1}, {"at": 0.5, "value": 0}, {"at": 0.75, "value": 2}])
    '50% of the rows lie from −1.0 to 2.0.'
    """
    words = [
        f"{percent(share)} of the rows lie from {interval_text({'low': low, 'high': high})}"
        for share, low, high in reversed(pictures.mirrored_quantiles(quantiles))
    ]
    return "; ".join(words) + "." if words else ""


def concentration_rows(points: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return the concentration curve as rows of a table."""
    return [(percent(point["rows"]), percent(point["loss"])) for point in points]


def reliability_rows(bins: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return the reliability diagram as rows of a table."""
    lines: list[tuple[str, ...]] = []
    for b in bins:
        low, high = ends(b["interval"])
        interval = f"{percent(low)} to {percent(high)}" if low == low else ""
        span = f"{percent(b['low'])} to {percent(b['high'])}"
        lines.append((span, number(b["count"]), percent(b["predicted"]), percent(b["observed"]), interval))
    return lines


def quantile_rows(quantiles: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return the quantiles as rows of a table."""
    return [(percent(q["at"]), number(q["value"])) for q in quantiles]


def columns(rows: Sequence[Mapping[str, Any]], files: Sequence[str] = ()) -> dict[str, Any]:
    """Return which columns a table of rows needs: those that hold something and differ between rows."""
    return {
        "file": len(files) > 1,
        "id": any(row["id"] is not None for row in rows),
        "weight": len({row.get("weight") for row in rows}) > 1,
        "prediction": any(row.get("prediction_a") is not None for row in rows),
        "target": any(row["target"] is not None for row in rows),
        "groups": list(dict.fromkeys(name for row in rows for name in row["groups"] or ())),
    }


def shades(confusion: Mapping[str, Any]) -> list[list[float]]:
    """Return for each cell of a table of confusions how dark it is, 0 to 1: its share of the rows of its target."""
    return [[round(count / sum(line), 3) if sum(line) else 0.0 for count in line] for line in confusion["counts"]]


def confusions(confusion: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return the three most frequent confusions: the target, the predicted class and the number of rows."""
    names, counts = confusion["classes"], confusion["counts"]
    places = [(i, k) for i in range(len(names)) for k in range(len(names)) if i != k and counts[i][k]]
    most = sorted(places, key=lambda place: -counts[place[0]][place[1]])[:3]
    return [(names[i], names[k], counts[i][k]) for i, k in most]


def interval_of(interval: Mapping[str, Any] | None) -> str:
    """Return an interval in words, or nothing if there is none."""
    return "" if interval is None else f"{percent(interval['level'])} interval {interval_text(interval)}"


def intervals(report: Any) -> dict[str, Any]:
    """Return the level of the intervals in a report, or None if it has none, and in words how they were made."""
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
    said_and_was,
    columns,
    confusions,
    cost_rows,
    functional_name,
    murphy_names,
    murphy_rows,
    murphy_sentence,
    level_rows,
    said_of_rows,
    slice_name,
    slices_sentence,
    said_of_costs,
    in_zone,
    length_of,
    model_period_rows,
    time_axis_words,
    period_rows,
    turning_sentence,
    closest_sentence,
    interval_of,
    shades,
    intervals,
    likelihood,
    models_page.group_cells,
    models_page.pair_cells,
    models_page.shade_style,
    ranking_sentence,
    parts_page.mean_axis,
    parts_page.share_axis,
    parts_page.standout_part,
    quantile_rows,
    reliability_rows,
    concentration_rows,
    forecasts.interval_rows,
    forecast_rows,
    forecasts.missing_sentence,
    forecasts.pit_rows,
    forecasts.quantile_share_rows,
    forecasts.shape_sentence,
    residual_sentence,
    sentence_points,
)
