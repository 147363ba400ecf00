"""Write a comparison of several models as text."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lossary.counted import enumerated
from lossary.report.show.format import plain_cell, plain_interval, plain_number, real
from lossary.report.show.layout import Facts, Section
from lossary.report.show.models_calibration import calibration_sections
from lossary.report.show.models_forecasts import forecasts_section
from lossary.report.show.murphy import murphy_sections
from lossary.report.show.oriented import oriented
from lossary.report.show.over_time import closest_sentence, run_section, time_section
from lossary.report.show.tables import SHOWN, Column, Document, files_fact, named, parts_table, table

_NAMED = 5
"""Models that a sentence names."""
_PAIRS = 10
"""Pairs that are listed."""
_LONGEST = 16
"""Characters of a name in a column of numbers."""
_SIDE = 8
"""Models up to which every pair is shown, in a table as wide as a terminal."""


def ranking_sentence(report: Document, *, level: bool = True) -> str:
    """Return which models are best, or better and worse than the baseline; with the ``level`` by which it was found."""
    models = report["models"]
    most = "the highest mean score" if oriented(report)["better"] > 0 else "the least mean loss"
    if report["best"] is None:
        return "undecided: the mean losses are no numbers"
    if all(math.isinf(real(model["mean"])) for model in models):
        return "undecided: every model has an infinite mean loss"
    if report["baseline"] is not None:
        return _against_baseline(report)
    best = report["best"]
    told = [model["name"] for model in models if model["in_set"] is False]
    beside = [model["name"] for model in models if model["in_set"] and model["name"] != best]
    if models[0]["in_set"] is None:
        return f"{best} has {most}; whether by chance is not known, as there is no interval"
    how = f" ({100 * real(report['level']):g} % confidence set)" if level else ""
    if not beside:
        return f"{best} is the best of {len(models)} models{how}"
    if len({real(model["mean"]) for model in models}) == 1:
        return f"all {len(models)} models have the same mean loss"
    if not told:
        return f"none of the {len(models)} models is shown to be better; {best} has {most}{how}"
    return f"{best} has {most}, and {listed(beside)} cannot be told apart from it; the other {_counted(len(told))} worse{how}"


def _against_baseline(report: Document) -> str:
    base = report["baseline"]
    names = {
        verdict: [model["name"] for model in report["models"] if model["verdict"] == verdict]
        for verdict in ("better", "worse", "undecided")
    }
    parts = [
        f"{listed(names[verdict])} {_is(names[verdict])} {verdict} than {base}"
        for verdict in ("better", "worse")
        if names[verdict]
    ]
    untold = [model["name"] for model in report["models"] if model["verdict"] == "undecided" and model["p_value"] is None]
    if rest := [name for name in names["undecided"] if name not in untold]:
        parts.append(f"{listed(rest)} cannot be told apart from {base}")
    if untold:
        parts.append(f"whether {listed(untold)} {_is(untold)} better or worse than {base} is not known: there is no interval")
    return "; ".join(parts)


def listed(names: list[str]) -> str:
    """Return names in a sentence, the first of many."""
    shown = names[:_NAMED] if len(names) > _NAMED + 1 else names
    more = [f"{len(names) - len(shown)} more"] if len(shown) < len(names) else []
    return enumerated([*shown, *more])


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _counted(number: int) -> str:
    return "model is" if number == 1 else f"{number} models are"


def contents(report: Document) -> tuple[str, Facts, list[Section]]:
    """Return the title, the facts and the tables."""
    report = oriented(report)
    unit = f" ({report['unit']})" if report["unit"] else ""
    target = report["columns"]["target"]
    given = "" if report["given"] is None else f"predictions are {report['given'].replace('_', ' ')}"
    facts = [
        files_fact(report["files"]),
        ("target", ", ".join(filter(None, (None if target is None else str(target), given))) or "none"),
        ("models", f"{len(report['models'])}, {_means(report)}"),
        ("rows", f"{report['count']:,}, the same for all models" + _left_out(report)),
        ("verdict", ranking_sentence(report)),
        *_could_show(report),
    ]
    sections = [_models(report, unit)]
    if report["time"] is not None:
        sections.append(time_section(_of_models(report, report["time"], "periods"), *_columns(report), interval=False))
    if report["runs"] is not None:
        sections.append(run_section(_of_models(report, report["runs"], "parts"), *_columns(report)))
    sections += [_breakdown(report, breakdown) for breakdown in report["breakdowns"]]
    sections += forecasts_section(report["forecasts"])
    sections += calibration_sections(report)
    sections += murphy_sections(report["murphy"])
    if len(report["models"]) > 2:
        sections.append(_matrix(report) if len(report["models"]) <= _SIDE else _pairs(report))
    return f"{named(report['loss'], report['parameters'])}: which model is best?", facts, sections


_COLUMNS = 5
"""Models that have columns in tables of periods and runs."""


def _columns(report: Document) -> list[tuple[str, str]]:
    """Return the headings and keys of the means of the first models."""
    return [(model["name"], f"mean {k}") for k, model in enumerate(report["models"][:_COLUMNS])]


def _of_models(report: Document, found: Document, key: str) -> Document:
    """Return what was found over time or by run with the mean of each of the first models beside one another."""
    lines = []
    for line in found[key]:
        means = {f"mean {k}": part["mean"] for k, part in enumerate(line["models"][:_COLUMNS])}
        lines.append({**line, **means})
    return {**found, key: lines}


def _means(report: Document) -> str:
    reference = "the baseline" if report["baseline"] is not None else "the best"
    return f"differences are from {reference}, {report['reference']}"


def _could_show(report: Document) -> Facts:
    """Return how small differences the rows could show, and how few of them decide."""
    sizes = [model["detectable"] for model in report["models"] if model["detectable"]]  # 0 where all rows tie
    found: Facts = []
    if sizes:
        least, most = plain_cell(min(sizes)), plain_cell(max(sizes))
        span = least if least == most else f"{least} to {most}"
        found.append(("could show", f"differences from {report['reference']} of {span} or more (with 80 % power)"))
    closest = closest_sentence(report)
    return [*found, *([("would turn", closest)] if closest else [])]


def _left_out(report: Document) -> str:
    return f"; {report['left_out']:,} left out" if report["left_out"] else ""


def _models(report: Document, unit: str) -> Section:
    columns: list[Column] = [
        ("model", None, lambda model: f"{model['rank']} {model['name']}"),
        ("mean", "mean", plain_cell),
        ("interval", "interval", _short_interval),
        ("difference", None, lambda m: "" if m["verdict"] == "reference" else plain_cell(m["difference"])),
        ("interval", "difference_interval", _short_interval),
    ]
    if report["level"] is not None:
        columns += [("p", "p_value", p_value)]
        columns += [("best?", None, _perhaps(report)) if report["baseline"] is None else ("verdict", "verdict", _judged)]
    return table(f"Mean {report['measure']}{unit}, the best first", report["models"][:SHOWN], *columns)


def _perhaps(report: Document) -> Callable[[Document], str]:
    """Return the function that says whether a model is the best."""
    alone = sum(bool(model["in_set"]) for model in report["models"]) == 1
    return lambda model: {None: "", True: "yes" if alone else "maybe", False: "no"}[model["in_set"]]


def _judged(verdict: str) -> str:
    return "baseline" if verdict == "reference" else verdict


def p_value(x: Any) -> str:
    """Return a p-value for a cell."""
    value = real(x)
    return "" if x is None else "<1e-4" if value < 0.0001 else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def _breakdown(report: Document, breakdown: Document) -> Section:
    """Return who is best in each group, and what the best of all loses there."""
    place = next(k for k, model in enumerate(report["models"]) if model["name"] == report["reference"])
    names = [model["name"] for model in report["models"]]

    def best(part: Document) -> Document:
        found: Document = part["models"][names.index(part["best"])] if part["best"] else part["models"][place]
        return found

    return parts_table(
        breakdown,
        ("best", "best", lambda name: _brief(name, names)),
        ("mean", None, lambda part: plain_cell(best(part)["mean"])),
        (_brief(report["reference"], names), None, lambda part: plain_cell(part["models"][place]["mean"])),
        ("difference", None, lambda part: plain_cell(best(part)["difference"])),
        ("interval", None, lambda part: plain_interval(best(part)["interval"])),
    )


def _brief(name: str, names: list[str]) -> str:
    """Return a name for a column of numbers; one that is too long loses its middle, and is told apart by its place."""
    if len(name) <= _LONGEST:
        return name
    return f"{names.index(name) + 1} {name[: _LONGEST // 2 - 2]}…{name[2 - _LONGEST // 2 :]}"


def _short_interval(interval: Any) -> str:
    """Return the ends of an interval with three digits."""
    return "" if interval is None else f"{plain_number(interval['low'], 3)} to {plain_number(interval['high'], 3)}"


def _matrix(report: Document) -> Section:
    """Return the mean loss of each model less that of each other one."""
    names = [model["name"] for model in report["models"]]
    known = {}
    for pair in report["pairs"]:
        told = [pair[key] is not None and real(pair[key]) < 1 - real(report["level"]) for key in ("p_value", "adjusted")]
        sure = "*" * sum(told)
        known[pair["b"], pair["a"]] = plain_number(pair["difference"], 2) + sure
        known[pair["a"], pair["b"]] = plain_number(-real(pair["difference"]), 2) + sure
    rows = [[f"{k} {row}", *(known.get((row, column), "") for column in names)] for k, row in enumerate(names, 1)]
    level = "" if report["level"] is None else "; * beyond chance by itself, ** also with all pairs counted (Holm)"
    title = f"Mean {report['measure']} of the row less that of the column{level}"
    return Section(title, ["model", *map(str, range(1, len(names) + 1))], rows)


def _pairs(report: Document) -> Section:
    """Return the pairs that differ least surely: those next to one another in rank."""
    names = [model["name"] for model in report["models"]]
    near = [pair for pair in report["pairs"] if names.index(pair["b"]) == names.index(pair["a"]) + 1][:_PAIRS]
    return table(
        "Each model against the next in rank",
        near,
        ("model", "a", lambda name: _brief(name, names)),
        ("next", "b", lambda name: _brief(name, names)),
        ("next - model", "difference", plain_cell),
        ("interval", "interval", _short_interval),
        ("p (Holm)", "adjusted", p_value),
        ("rows won", None, lambda pair: _share(pair["losses"], pair)),
    )


def _share(number: int, pair: Document) -> str:
    total = pair["wins"] + pair["losses"] + pair["ties"]
    return f"{100 * number / total:.0f} %" if total else ""
