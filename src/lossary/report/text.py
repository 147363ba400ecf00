"""A score or a comparison as a person reads it in a terminal."""

from __future__ import annotations

import io
import math
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lossary.printable import printable

if TYPE_CHECKING:
    from lossary.report.breakdown import Breakdown
    from lossary.report.comparison import Comparison
    from lossary.report.moments import Interval
    from lossary.report.score import Score

_WIDTH = 100
SHOWN = 20
"""Parts of a breakdown that are shown; JSON and the page have more."""


def number(x: float | None) -> str:
    """Six digits, or all before the point."""
    if x is None:
        return "none"
    return f"{x:,.0f}" if 1e6 <= abs(x) < 1e15 else f"{x + 0.0:,.6g}"  # + 0.0 makes 0 of -0


def short(x: float | None) -> str:
    """Four digits."""
    if x is None:
        return ""
    return f"{x:,.0f}" if 1e4 <= abs(x) < 1e15 else f"{x + 0.0:,.4g}"


def percent(x: float | None) -> str:
    """A share."""
    return "" if x is None else f"{100 * x:.3g} %"


def span(interval: Interval | None) -> str:
    """From where to where an interval reaches."""
    return "" if interval is None else f"{short(interval.low)} to {short(interval.high)}"


def show(report: Score | Comparison) -> None:
    """Print a report, in the terminal's width and colours where there is one."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    print(_write(report, max(60, shutil.get_terminal_size((_WIDTH, 24)).columns) if terminal else _WIDTH, colours=terminal))


def brief(report: Score) -> str:
    """The report without its tables."""
    headline, _ = _score(report)
    return "\n".join([*headline, *(f"  note: {note}" for note in report.notes)])


def write(report: Score | Comparison) -> str:
    """The report as plain text."""
    return _write(report, _WIDTH, colours=False)


def _write(report: Any, width: int, *, colours: bool) -> str:
    headline, tables = (_comparison if hasattr(report, "verdict") else _score)(report)
    notes = [f"  note: {_one_line(note, 4000)}" for note in report.notes]
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        missing = [] if not tables else ['  (tables take rich: pip install "lossary[report]")']
        return "\n".join([*headline, *notes, *missing])
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=colours, no_color=not colours, highlight=False, emoji=False)
    for title, columns, rows in tables:
        console.print(Text(f"\n  {_one_line(title, 400)}", style="bold"), soft_wrap=True)
        console.print(_table(columns, rows))
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    text = "\n".join(line for line, after in zip(lines, [*lines[1:], ""], strict=False) if line or after)
    return "\n".join([*headline, *notes, *([text] if text else [])])


Rows = list[Sequence[str]]
Section = tuple[str, Sequence[str], Rows]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=True)
    for i, column in enumerate(columns):
        table.add_column(Text(_one_line(column)), justify="left" if i == 0 else "right", overflow="ellipsis", no_wrap=i > 0)
    for row in rows:
        table.add_row(*(Text(_one_line(cell)) for cell in row))  # as text: a name is no markup
    return table


def _one_line(text: str, most: int = 60) -> str:
    """Without line breaks and control characters, and not too long."""
    shown = printable(text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 3]}…"


def _aligned(title: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(label) for label, _ in rows)
    return [_one_line(title, 400), *(f"  {label:<{width}}  {_one_line(value, 4000)}" for label, value in rows)]


def _title(report: Any) -> str:
    own = ", ".join(f"{name}={value:g}" for name, value in report.parameters.items())
    return report.loss + (f" ({own})" if own else "")


def _files(files: Sequence[str]) -> tuple[str, str]:
    if len(files) == 1:
        return "file", files[0]
    return "files", f"{len(files)} files, {files[0]} … {files[-1]}"


def _score(score: Score) -> tuple[list[str], list[Section]]:
    nats = f" {score.unit}" if score.entropy is not None else ""
    nothing = f", {score.weightless:,} of them of weight 0" if score.weightless else ""
    rows = [_files(score.files), ("rows", f"{score.count:,}{nothing}")]
    if score.invalid:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in score.invalid.items())
        rows.append(("skipped", f"{sum(score.invalid.values()):,} ({kinds})"))
    if score.weight != score.count:
        rows.append(("weight", number(score.weight)))
    rows.append(("mean loss", number(score.mean) + nats))
    if score.interval is not None:
        rows.append(("", f"{100 * score.interval.level:g} % interval {span(score.interval)} ({score.interval.method})"))
    if score.loss == "squared_error":
        rows.append(("", f"its root {number(math.sqrt(score.mean))}"))
    if score.entropy:  # certain labels have none
        parts = f"= {number(score.entropy)} entropy of the targets + {number(score.divergence)} KL(target ‖ prediction)"
        rows.append(("", parts))
    rows.append(("sum", number(score.sum) + nats))
    if score.baseline is not None or score.notes:
        rows.append(("best constant", f"{number(score.baseline)}{nats if score.baseline is not None else ''}"))
        if score.constant:
            rows[-1] = ("best constant", f"{rows[-1][1]}, predicting {score.constant}")
        meaning = "" if score.skill is None else "  (1 is perfect, 0 no better than the best constant)"
        rows.append(("skill", number(score.skill) + meaning))
    if score.concentration is not None:
        some = [pair for pair in score.concentration if pair[0] in (0.01, 0.1, 0.5)]
        rows.append(
            (
                "concentration",
                "of the loss, " + ", ".join(f"{percent(b)} lies in the worst {percent(a)}" for a, b in some) + " of rows",
            )
        )
    if score.accuracy is not None:
        rows.append(("accuracy", percent(score.accuracy)))
    return _aligned(_title(score), rows), list(_score_sections(score))


def _score_sections(score: Score) -> Iterable[Section]:
    if score.also:
        rows: Rows = []
        for other in score.also:
            own = ", ".join(
                [
                    *(f"{name}={value:g}" for name, value in other.parameters.items()),
                    *([f"given {other.given}"] if other.given not in (None, score.given) else []),
                ]
            )
            rows.append(
                (
                    other.loss + (f" ({own})" if own else ""),
                    number(other.mean),
                    span(other.interval),
                    short(other.baseline),
                    short(other.skill),
                )
            )
        yield "Other losses", ("loss", "mean", "interval", "best constant", "skill"), rows
    for breakdown in score.breakdowns:
        yield _breakdown(breakdown)
    if score.calibration is not None:
        found = score.calibration
        parts = (
            f"mean = {short(found.miscalibration)} miscalibration - {short(found.discrimination)} discrimination "
            f"+ {short(found.uncertainty)} uncertainty; error {short(found.expected_calibration_error)}"
        )
        bins: Rows = [
            (f"{short(b.low)} to {short(b.high)}", f"{b.count:,}", short(b.predicted), short(b.observed), span(b.interval))
            for b in found.bins
        ]
        yield f"Calibration ({found.event}): {parts}", ("probability", "rows", "predicted", "observed", "interval"), bins
    if score.residuals is not None:
        values: Rows = [(percent(q.at), short(q.value)) for q in score.residuals.quantiles]
        bias = f"bias {short(score.residuals.bias)}"
        bias += f" ({span(score.residuals.interval)})" if score.residuals.interval else ""
        yield f"Residuals, prediction - target: {bias}", ("quantile", "value"), values
    if score.worst:
        named = any(row["id"] is not None for row in score.worst)
        weighted = any(row["weight"] != 1 for row in score.worst)
        worst: Rows = []
        for row in score.worst:
            where = str(row["id"]) if named else f"{row['file'].rpartition('/')[2]}, row {row['row'] + 1}"
            cost = (short(row["loss"]), *((short(row["weight"]), short(row["loss"] * row["weight"])) if weighted else ()))
            worst.append((where, *cost, _value(row["prediction"]), _value(row["target"])))
        costs = ("loss", "weight", "loss · weight") if weighted else ("loss",)
        yield "Worst rows", ("id" if named else "row", *costs, "prediction", "target"), worst


def _value(x: Any) -> str:
    if isinstance(x, list):
        inner = ", ".join(short(v) if isinstance(v, float) else str(v) for v in x[:4])
        return f"[{inner}{', …' if len(x) > 4 else ''}]"
    return short(x) if isinstance(x, float) else str(x)


def _breakdown(breakdown: Breakdown) -> Section:
    biased = any(part.bias is not None for part in breakdown.parts)
    rows: Rows = []
    for part in breakdown.parts[:SHOWN]:
        row = [
            part.name,
            f"{part.count:,}",
            percent(part.weight_share),
            percent(part.share),
            short(part.mean),
            span(part.interval),
        ]
        rows.append([*row, short(part.bias)] if biased else row)
    more = f", {len(rows)} of {breakdown.of:,}" if breakdown.of > len(rows) else ""
    columns = (breakdown.by, "rows", "of rows", "of loss", "mean", "interval", *(("bias",) if biased else ()))
    return f"By {breakdown.by}{more}", columns, rows


def _comparison(found: Comparison) -> tuple[list[str], list[Section]]:
    unit = f" {found.unit}" if found.unit else ""
    rows = [
        ("A", _files(found.a.files)[1]),
        ("B", _files(found.b.files)[1]),
        ("rows", f"{found.count:,} joined by {found.id}, {found.only_a:,} only in A, {found.only_b:,} only in B"),
        ("mean loss of A", number(found.a.mean) + unit),
        ("mean loss of B", number(found.b.mean) + unit),
        ("B - A", number(found.difference) + unit + ("" if found.relative is None else f"  ({percent(found.relative)})")),
    ]
    if found.interval is not None:
        rows.append(("", f"{100 * found.interval.level:g} % interval {span(found.interval)} ({found.interval.method})"))
    rows.append(("wins of B", f"{found.wins:,} rows; {found.losses:,} of A; {found.ties:,} ties"))
    rows.append(("verdict", found.sentence))
    sections: list[Section] = []
    for breakdown in found.breakdowns:
        parts: Rows = [
            (
                p.name,
                f"{p.count:,}",
                short(p.mean_a),
                short(p.mean_b),
                short(p.difference),
                span(p.interval),
                f"{p.wins:,}",
                f"{p.losses:,}",
            )
            for p in breakdown.parts[:SHOWN]
        ]
        more = f", {len(parts)} of {breakdown.of:,}" if breakdown.of > len(parts) else ""
        columns = (breakdown.by, "rows", "A", "B", "B - A", "interval", "B wins", "A wins")
        sections.append((f"By {breakdown.by}{more}", columns, parts))
    for title, changed in (
        ("Rows that became better", found.changed["better"]),
        ("Rows that became worse", found.changed["worse"]),
    ):
        if changed:
            numbers, values = ("loss_a", "loss_b", "difference"), ("prediction_a", "prediction_b", "target")
            lines: Rows = [
                (str(row["id"]), *(short(row[name]) for name in numbers), *(_value(row[name]) for name in values))
                for row in changed
            ]
            sections.append((title, (found.id, "loss of A", "of B", "B - A", "predicted by A", "by B", "target"), lines))
    return _aligned(f"{_title(found)}: is B better than A?", rows), sections
