"""Write a report as plain text or for a terminal."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lossary.counted import counted
from lossary.report.findings import NOTE, WARNING
from lossary.report.show import forecasts, ranking_text
from lossary.report.show.class_calibration import class_calibration_sections
from lossary.report.show.costs import cost_sections
from lossary.report.show.format import plain_cell, plain_interval, plain_number, plain_percent, plain_value, real
from lossary.report.show.layout import Facts, Section, headline, layout
from lossary.report.show.models_forecasts import forecasts_section
from lossary.report.show.murphy import murphy_sections
from lossary.report.show.oriented import oriented
from lossary.report.show.over_time import run_section, sure_facts, time_facts, time_section
from lossary.report.show.recalibration import recalibration_sections
from lossary.report.show.slices import slices_sections
from lossary.report.show.tables import (
    Column,
    Document,
    classes_facts,
    count,
    files_fact,
    interval_facts,
    known_points,
    named,
    parts_table,
    table,
)


def show(report: Document) -> None:
    """Print a report, in the width and the colours of the terminal if there is one."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    print(write(report, max(60, shutil.get_terminal_size((100, 24)).columns) if terminal else None))


def brief(report: Document) -> str:
    """Return a score without its tables."""
    title, facts, _ = _score(report)
    return "\n".join(headline(title, facts, remarks(report), None))


def write(report: Document, width: int | None = None) -> str:
    """Return the report for a terminal of some width, with colours, or as plain text."""
    title, facts, sections = contents(report)
    return layout(title, facts, remarks(report), sections, width)


def contents(report: Document) -> tuple[str, Facts, list[Section]]:
    """Return the title, the facts and the tables of a report."""
    return {"score": _score, "comparison": _comparison, "ranking": ranking_text.contents}[report["kind"]](report)


def remarks(report: Document) -> list[tuple[str, str]]:
    """Return the findings that are not ignored, warnings first, each with its level and its code."""
    told = [finding for finding in report["findings"] if not finding["ignored"]]
    return [
        (f"{level} {finding['code']}", finding["message"])
        for level in (WARNING, NOTE)
        for finding in told
        if finding["level"] == level
    ]


def verdict_sentence(report: Document) -> str:
    """Return the verdict of a comparison in words."""
    if report["kind"] == "ranking":
        return ranking_text.ranking_sentence(report)
    verdict, difference = report["verdict"], real(report["difference"])
    if verdict == "equal":
        return "every row has the same loss under A and B"
    if math.isinf(difference):
        return f"B is {verdict} than A (the mean difference is infinite)"
    if math.isnan(difference) and report["a"]["infinite"]:
        return "undecided: A and B have infinite losses on different rows"
    if report["interval"] is None:
        return "undecided: there is no interval"
    if verdict == "undecided":
        return "neither is shown to be better: the interval contains 0"
    return f"B is {verdict} than A (the {100 * report['interval']['level']:g} % interval leaves out 0)"


# ---- a score


def has_one_prediction(report: Document) -> bool:
    """Return whether a score is of a loss of one prediction and a target."""
    return isinstance(report["columns"]["prediction"], str) and report["columns"]["target"] is not None


def _score(report: Document) -> tuple[str, Facts, list[Section]]:
    report = oriented(report)
    nats = f" {report['unit']}" if report["entropy"] is not None else ""
    nothing = f", {report['weightless']:,} of them of weight 0" if report["weightless"] else ""
    facts = [files_fact(report["files"]), *classes_facts(report["classes"]), ("rows", f"{report['count']:,}{nothing}")]
    if (figure := report["figure"]) is not None:
        facts.append((figure["name"], plain_number(figure["value"])))
        facts += interval_facts(figure)
    if report["invalid"]:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in report["invalid"].items())
        facts.append(("skipped", f"{sum(report['invalid'].values()):,} ({kinds})"))
    if report["weight"] != report["count"]:
        facts.append(("weight", plain_number(report["weight"])))
    facts.append((f"mean {report['measure']}", plain_number(report["mean"]) + nats))
    facts += interval_facts(report)
    if (root := report["root"]) is not None and report["figure"] is None:
        facts.append(("", f"its root {plain_number(root['value'])}"))
    if report["entropy"]:  # 0 for class labels
        divergence = f"{plain_number(report['divergence'])} KL(target ‖ prediction)"
        facts.append(("", f"= {plain_number(report['entropy'])} entropy of the targets + {divergence}"))
    facts.append(("sum", plain_number(report["sum"]) + nats))
    if report["baseline"] is not None or (report["notes"] and has_one_prediction(report)):
        constant = f", predicting {report['constant']}" if report["constant"] else ""
        unit = nats if report["baseline"] is not None else ""
        facts.append(("best constant", f"{plain_number(report['baseline'])}{unit}{constant}"))
        meaning = "" if report["skill"] is None else "  (1 is perfect, 0 no better than the best constant)"
        facts.append(("skill", plain_number(report["skill"]) + meaning))
    if some := [point for point in known_points(report) if point["rows"] in (0.01, 0.1, 0.5)]:
        shares = ", ".join(f"{plain_percent(p['loss'])} lies in the worst {plain_percent(p['rows'])}" for p in some)
        facts.append(("concentration", f"of the loss, about {shares} of rows"))
    facts += time_facts(report["time"])
    if report["accuracy"] is not None and (report["figure"] or {}).get("name") != "accuracy":
        facts.append(("accuracy", plain_percent(report["accuracy"])))
    facts += forecasts.facts(report["forecast"])
    return named(report["loss"], report["parameters"]), facts, list(_score_sections(report))


def _score_sections(report: Document) -> Iterator[Section]:
    if report["terms"]:
        yield _terms(report["terms"])
    if report["also"]:
        yield _others(report["also"], report["given"])
    if report["time"] is not None:
        yield time_section(report["time"], ("mean", "mean"))
    if report["runs"] is not None:
        yield run_section(report["runs"], ("mean", "mean"))
    for breakdown in report["breakdowns"]:
        yield _breakdown(breakdown)
    yield from slices_sections(report["slices"])
    if report["confusion"] is not None and sum(len(name) + 7 for name in report["confusion"]["classes"]) <= 72:
        yield _confusion(report["confusion"])
    if report["calibration"] is not None:
        yield _calibration(report["calibration"])
        if report["calibration"]["thresholds"]:
            yield _thresholds(report["calibration"]["thresholds"])
    yield from class_calibration_sections(report["class_calibration"], report["count"])
    yield from cost_sections(report["costs"])
    yield from recalibration_sections(report["recalibration"], report["count"])
    if report["residuals"] is not None:
        yield _residuals(report["residuals"])
    if report["forecast"] is not None:
        yield from forecasts.sections(report["forecast"])
    if report["relevance"] is not None:
        yield _relevance(report["relevance"])
    if report["worst"]:
        yield _worst(report["worst"], report["measure"])


def _relevance(found: Document) -> Section:
    return table(
        f"Order of {counted(found['items'], 'item')}, in {counted(found['lists'], 'list')} with a relevant one",
        found["ndcg"],
        ("places", "at", lambda at: "all" if at is None else f"first {at}"),
        ("NDCG", "mean", plain_cell),
        ("interval", "interval", plain_interval),
    )


def _others(others: Sequence[Document], given: str | None) -> Section:
    def name(other: Document) -> str:
        taken = [f"given {other['given']}"] if other["given"] not in (None, given) else []
        return named(other["loss"], other["parameters"], *taken)

    return table(
        "Other losses",
        others,
        ("loss", None, name),
        ("mean", "mean", plain_number),
        ("interval", "interval", plain_interval),
        ("best constant", "baseline", plain_cell),
        ("skill", "skill", plain_cell),
    )


def _terms(terms: Sequence[Document]) -> Section:
    return table(
        "Terms of the sum",
        terms,
        ("loss", None, lambda term: named(term["loss"], term["parameters"])),
        ("factor", "factor", plain_cell),
        ("mean · factor", "mean", plain_cell),
        ("of loss", "share", plain_percent),
    )


def _breakdown(breakdown: Document) -> Section:
    biased = any(part["bias"] is not None for part in breakdown["parts"])
    bias: list[Column] = [("bias", "bias", plain_cell)] if biased else []
    shared = any(part["share"] is not None for part in breakdown["parts"])
    return parts_table(
        breakdown,
        ("of rows", "weight_share", plain_percent),
        *([("of loss", "share", plain_percent)] if shared else []),
        ("mean", "mean", plain_cell),
        ("interval", "interval", plain_interval),
        *bias,
    )


def _confusion(confusion: Document) -> Section:
    names = confusion["classes"]
    rows = [[name, *map(count, counts)] for name, counts in zip(names, confusion["counts"], strict=True)]
    return Section("Predicted classes", ["was", *(f"said {name}" for name in names)], rows)


def _calibration(found: Document) -> Section:
    parts = (
        f"mean = {plain_cell(found['miscalibration'])} miscalibration - {plain_cell(found['discrimination'])} discrimination "
        f"+ {plain_cell(found['uncertainty'])} uncertainty; error {plain_cell(found['expected_calibration_error'])}"
    )
    return table(
        f"Calibration ({found['event']}): {parts}",
        found["bins"],
        ("probability", None, plain_interval),
        ("rows", "count", count),
        ("predicted ≈", "predicted", plain_cell),
        ("observed", "observed", plain_cell),
        ("interval", "interval", plain_interval),
    )


def _thresholds(thresholds: Sequence[Document]) -> Section:
    return table(
        "Called where the probability is above a threshold (≈)",
        thresholds,
        ("threshold", "at", plain_cell),
        ("of rows", "share", plain_percent),
        ("precision", "precision", plain_percent),
        ("recall", "recall", plain_percent),
        ("accuracy", "accuracy", plain_percent),
    )


def _residuals(residuals: Document) -> Section:
    bias = f"bias {plain_cell(residuals['bias'])}"
    bias += f" ({plain_interval(residuals['interval'])})" if residuals["interval"] else ""
    columns: list[Column] = [
        ("quantile of rows", "at", plain_percent),
        ("value" if residuals["exact"] else "value ≈", "value", plain_cell),
    ]
    return table(f"Residuals, prediction - target: {bias}", residuals["quantiles"], *columns)


def _worst(worst: Sequence[Document], measure: str) -> Section:
    named = any(row["id"] is not None for row in worst)
    weighted = any(row["weight"] != 1 for row in worst)
    columns: list[Column] = [
        ("id", "id", str) if named else ("row", None, lambda row: f"{row['file'].rpartition('/')[2]}, row {row['row'] + 1}"),
        (measure, "loss", plain_cell),
    ]
    if weighted:
        columns.append(("weight", "weight", plain_cell))
        columns.append((f"{measure} · weight", None, lambda row: plain_cell(real(row["loss"]) * real(row["weight"]))))
    shown: list[Column] = [("prediction", "prediction", plain_value)]
    if any(row["target"] is not None for row in worst):
        shown.append(("target", "target", plain_value))
    return table("Worst rows", worst, *columns, *shown, values=len(shown), optional=len(shown) - 1)


# ---- a comparison


def _comparison(report: Document) -> tuple[str, Facts, list[Section]]:
    report = oriented(report)
    unit = f" {report['unit']}" if report["unit"] else ""
    relative = "" if report["relative"] is None else f"  ({plain_percent(report['relative'])})"
    facts = [
        ("A", files_fact(report["a"]["files"])[1]),
        ("B", files_fact(report["b"]["files"])[1]),
        ("columns", _columns(report)),
        *classes_facts(report["classes"]),
        (
            "rows",
            f"{report['count']:,} joined by {report['id']}, {report['only_a']:,} only in A, {report['only_b']:,} only in B"
            if report["id"] is not None
            else f"{report['count']:,}, place by place",
        ),
        *((f"mean {report['measure']} of {name}", _side(report[name.lower()], unit)) for name in "AB"),
        ("B - A", plain_number(report["difference"]) + unit + relative),
        *interval_facts(report),
        ("wins of B", f"{counted(report['wins'], 'row')}; {report['losses']:,} of A; {counted(report['ties'], 'tie')}"),
        ("verdict", verdict_sentence(report)),
        *sure_facts(report),
        *time_facts(report["time"], "difference"),
    ]
    columns = (("A", "mean_a"), ("B", "mean_b"), ("B - A", "difference"))
    sections = [time_section(report["time"], *columns)] if report["time"] is not None else []
    sections += [run_section(report["runs"], *columns)] if report["runs"] is not None else []
    sections += [_paired_breakdown(breakdown) for breakdown in report["breakdowns"]]
    sections += forecasts_section(report["forecasts"])
    sections += murphy_sections(report["murphy"])
    sections += [
        _changed(f"Rows that became {way}", report["id"], rows, report["measure"])
        for way, rows in report["changed"].items()
        if rows
    ]
    return f"{named(report['loss'], report['parameters'])}: is B better than A?", facts, sections


def _side(side: Document, unit: str) -> str:
    root = "" if side["root"] is None else f", its root {plain_number(side['root'])}"
    return plain_number(side["mean"]) + unit + root


def _columns(report: Document) -> str:
    """Return which columns were compared, and what the predictions are."""
    held = dict(report["columns"])
    if held["prediction_b"] == held["prediction"]:
        del held["prediction_b"]
    words = [
        f"{role.replace('_b', ' of B')} {_column(held[role])}"
        for role in ("target", *(r for r in held if r.startswith("prediction")))
        if held[role] is not None
    ]
    given = "" if report["given"] is None else f", given as {report['given'].replace('_', ' ')}"
    return ", ".join(words) + given


def _column(name: Any) -> str:
    return ", ".join(f"{key} {one}" for key, one in name.items()) if isinstance(name, Mapping) else str(name)


def _paired_breakdown(breakdown: Document) -> Section:
    return parts_table(
        breakdown,
        ("A", "mean_a", plain_cell),
        ("B", "mean_b", plain_cell),
        ("B - A", "difference", plain_cell),
        ("interval", "interval", plain_interval),
        ("B wins", "wins", count),
        ("A wins", "losses", count),
    )


def _changed(title: str, id: str | None, changed: Sequence[Document], measure: str) -> Section:
    columns: list[Column] = [
        ("predicted by A", "prediction_a", plain_value),
        ("by B", "prediction_b", plain_value),
        ("target", "target", plain_value),
    ]
    shown = [column for column in columns if any(row[str(column[1])] is not None for row in changed)]
    return table(
        title,
        changed,
        (id, "id", str) if id is not None else ("row", "id", lambda place: f"{place + 1}"),
        (f"{measure} of A", "loss_a", plain_cell),
        ("of B", "loss_b", plain_cell),
        ("B - A", "difference", plain_cell),
        *shown,
        values=len(shown),
        optional=max(0, len(shown) - 1),
    )
