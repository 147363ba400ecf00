"""What the page on several models shows: their differences as a picture, and tables shaded by how sure they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lossary.report.show.format import ends, interval_text, number, percent, real
from lossary.report.show.svg import WIDTH, error_bar, line, on_axis, picture, point, scale_over, spaced, text

SHOWN = 16
"""Models that have columns in tables, those of the first ranks."""
_DRAWN = 12
"""Models of the picture."""


def model_differences(report: Mapping[str, Any]) -> str:
    """Draw the mean losses of the models with their intervals, the best first; dots of the best set are filled."""
    models = [model for model in report["models"] if math.isfinite(real(model["mean"]))][:_DRAWN]
    if not models:
        return ""
    spans = [ends(model["interval"]) for model in models]
    ends_of_spans = [end for span in spans for end in span]
    x = scale_over([real(model["mean"]) for model in models], 10, WIDTH - 10, others=ends_of_spans)
    step, top = 34, 4
    bottom = top + step * len(models) + 4
    parts = []
    for place, label in spaced(x.ticks(5)):
        parts += [line(place, top, place, bottom, "grid"), line(place, bottom, place, bottom + 4, "axis")]
        parts += [text(label, place, bottom + 16, "middle")]
    parts += [line(10, bottom, WIDTH - 10, bottom, "axis")]
    reference = next((real(m["mean"]) for m in report["models"] if m["verdict"] == "reference"), math.nan)
    parts += [line(x(reference), top, x(reference), bottom, "mark")] if math.isfinite(reference) else []
    for k, (model, (low, high)) in enumerate(zip(models, spans, strict=True)):
        y = top + step * k
        value = x(real(model["mean"]))
        name = str(model["name"])
        name = name if len(name) <= 34 else f"{name[:16]}…{name[-16:]}"
        parts += [text(name, min(max(value, 4), WIDTH - 4), y + 11, _anchor(value), "label")]
        parts += [error_bar((x(low), y + 23), (x(high), y + 23))] if low < high else []
        parts += [point(value, y + 23, "rest" if model["in_set"] is False else "point")]
    parts += [text(on_axis(f"mean {report['measure']}", x), WIDTH / 2, bottom + 33, "middle")]
    words = "; ".join(
        f"{model['name']} {number(model['mean'])}" + (f" ({interval_text(model['interval'])})" if model["interval"] else "")
        for model in models
    )
    return picture(f"Mean {report['measure']} of each model, with its interval", f"{words}.", bottom + 40, *parts)


def _anchor(x: float) -> str:
    return "start" if x < WIDTH / 3 else "end" if x > 2 * WIDTH / 3 else "middle"


def pair_cells(report: Mapping[str, Any]) -> list[list[Mapping[str, Any] | None]]:
    """Return the table of pairs: for a row and a column, the mean of the row less that of the column, or None.

    ``shade`` is how dark a cell is, below 0 where the row is better and above where it is worse.
    """
    names = [model["name"] for model in report["models"][:SHOWN]]
    known = {}
    for pair in report["pairs"]:
        rows = pair["wins"] + pair["losses"] + pair["ties"]
        dark = _dark(pair, report["level"])
        for row, column, sign, won in ((pair["b"], pair["a"], 1, pair["wins"]), (pair["a"], pair["b"], -1, pair["losses"])):
            known[row, column] = {
                "difference": sign * real(pair["difference"]) + 0.0,
                "won": percent(won / rows) if rows else "",
                "shade": -report["better"] * sign * dark,
                "p": pair["adjusted"],
            }
    return [[known.get((row, column)) for column in names] for row in names]


def _dark(pair: Mapping[str, Any], level: Any) -> float:
    """Return how dark a cell is: half where two models are told apart by themselves, 1 where all pairs are counted too."""
    told = [real(pair[key]) < 1 - real(level) for key in ("p_value", "adjusted")]  # NaN for none
    size = 1.0 if math.isinf(real(pair["difference"])) else sum(told) / 2
    return math.copysign(size, real(pair["difference"])) if size else 0.0


def group_cells(report: Mapping[str, Any], breakdown: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    """Return for each group the mean of each model: whether it is the best there, and its shade.

    The first models have cells. A cell is shaded where the interval of its difference from the reference leaves out 0.
    """
    found, names = list[list[Mapping[str, Any]]](), [model["name"] for model in report["models"][:SHOWN]]
    for part in breakdown["parts"]:
        cells = list[Mapping[str, Any]]()
        for name, model in zip(names, part["models"], strict=False):
            low, high = ends(model["interval"])
            shade = 0.6 * report["better"] if high < 0 else -0.6 * report["better"] if low > 0 else 0.0
            cells.append({"mean": model["mean"], "best": name == part["best"], "shade": shade})
        found.append(cells)
    return found


def shade_style(shade: float) -> str:
    """Return the attributes of a shaded cell: blue where better, orange where worse.

    >>> shade_style(-0.5), shade_style(0)
    ('class="n better" style="--dark:0.5"', 'class="n"')
    """
    return f'class="n {"better" if shade < 0 else "worse"}" style="--dark:{abs(shade):g}"' if shade else 'class="n"'
