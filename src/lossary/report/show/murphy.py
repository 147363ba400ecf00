"""Say which model is better under every loss with the same best prediction, for a terminal and for a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lossary.report.show.format import number, percent, real
from lossary.report.show.layout import Section
from lossary.report.show.svg import LEFT, RIGHT, TOP, Scale, axes, line, path, picture, text

Found = Mapping[str, Any]
_DRAWN = 5
"""Models of the picture."""


def murphy_sentence(found: Found, model: Found) -> str:
    """Return what is found of a model beside the reference, in words."""
    reference = next(one["name"] for one in found["models"] if one["verdict"] == "reference")
    if model["verdict"] == "reference":
        return "what the others are compared with"
    better, worse = _span(model["shown_better"]), _span(model["shown_worse"])
    if model["verdict"] != "depends":
        which = {"equal": "as good as", "better": "better than", "worse": "worse than"}[model["verdict"]]
        chance = model["verdict"] != "equal" and model["low"] and not (better or worse)
        return f"{which} {reference} under every loss of the {_functional(found)}{', within chance' if chance else ''}"
    if better and worse:
        return f"better than {reference} {better}, worse {worse}: it depends on the loss"
    if better or worse:
        one, other, where = ("better", "worse", better) if better else ("worse", "better", worse)
        return f"{one} than {reference} {where}, nowhere {other} beyond chance"
    return f"nowhere told from {reference}" if model["low"] else f"better than {reference} at some thresholds, worse at others"


def _functional(found: Found) -> str:
    return f"{percent(found['level'])} quantile" if found["functional"] == "quantile" else str(found["functional"])


def _span(ranges: Sequence[Sequence[Any]]) -> str:
    """Return the least and the largest threshold of some ranges, in words."""
    if not ranges:
        return ""
    low, high = number(ranges[0][0], 3), number(ranges[-1][1], 3)
    return f"at {low}" if low == high else f"from {low} to {high}"


def murphy_sections(found: Found | None) -> list[Section]:
    """Return the table of a terminal."""
    if found is None:
        return []
    others = [model for model in found["models"] if model["verdict"] != "reference"]
    rows = [[model["name"], murphy_sentence(found, model)] for model in others]
    return [Section("Under other losses with the same best prediction (Murphy diagram)", ["model", "is"], rows, values=1)]


def murphy_rows(found: Found) -> list[tuple[str, ...]]:
    """Return the elementary scores at some thresholds as rows of a table."""
    places = range(0, len(found["thresholds"]), max(1, len(found["thresholds"]) // 20))
    return [
        (number(found["thresholds"][k]), *(number(model["scores"][k]) for model in found["models"][:_DRAWN])) for k in places
    ]


def murphy_names(found: Found) -> list[str]:
    """Return the names of the models that are drawn."""
    return [str(model["name"]) for model in found["models"][:_DRAWN]]


def murphy_picture(found: Found) -> str:
    """Draw the elementary scores of the models over the thresholds."""
    models, thresholds = found["models"][:_DRAWN], [real(t) for t in found["thresholds"]]
    values = [real(score) for model in models for score in model["scores"]]
    if len(thresholds) < 2 or not all(map(math.isfinite, values)) or thresholds[0] == thresholds[-1]:
        return ""
    bottom = 230
    x = Scale(thresholds[0], thresholds[-1], LEFT, RIGHT)
    y = Scale.over([0, *values], bottom, TOP)
    parts = axes(x.ticks(5), y.ticks(5), bottom, "threshold", "elementary score")
    for k, model in enumerate(models):
        parts += [path(((x(t), y(real(s))) for t, s in zip(thresholds, model["scores"], strict=True)), f"model{k}")]
    for k, model in enumerate(models):
        name = str(model["name"])
        parts += [line(LEFT, bottom + 46 + 16 * k, LEFT + 20, bottom + 46 + 16 * k, f"model{k}")]
        parts += [text(name if len(name) <= 40 else f"{name[:19]}…{name[-19:]}", LEFT + 26, bottom + 50 + 16 * k, kind="label")]
    words = "; ".join(f"{model['name']} {murphy_sentence(found, model)}" for model in models)
    return picture("Elementary scores by threshold", f"{words}.", bottom + 46 + 16 * len(models), *parts)


def difference_picture(found: Found) -> str:
    """Draw the differences of the elementary scores of the first other model from the reference, with intervals."""
    others = [model for model in found["models"] if model["verdict"] != "reference" and model["low"]]
    thresholds = [real(t) for t in found["thresholds"]]
    if not others or len(thresholds) < 2:
        return ""
    model = others[0]
    middle, low, high = ([real(v) for v in model[key]] for key in ("differences", "low", "high"))
    if not all(map(math.isfinite, (*middle, *low, *high))):
        return ""
    bottom = 200
    x = Scale(thresholds[0], thresholds[-1], LEFT, RIGHT)
    y = Scale.over([0, *low, *high], bottom, TOP)
    parts = axes(x.ticks(5), y.ticks(5), bottom, "threshold", "difference of the scores")
    parts += [path(((x(t), y(v)) for t, v in zip(thresholds, ends, strict=True)), "reference") for ends in (low, high)]
    parts += [line(LEFT, y(0), RIGHT, y(0), "mark")]
    parts += [path(((x(t), y(v)) for t, v in zip(thresholds, middle, strict=True)), "curve")]
    return picture("Difference by threshold", f"{murphy_sentence(found, model)}.", bottom + 40, *parts)
