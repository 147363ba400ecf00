"""A score or a comparison as a person reads it in a terminal."""

from __future__ import annotations

import io
import math
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lossary.counted import counted
from lossary.printable import printable

if TYPE_CHECKING:
    from lossary.report.comparison import Comparison
    from lossary.report.measure.breakdown import Breakdown
    from lossary.report.measure.moments import Interval
    from lossary.report.score import Score

_LONGEST = 200
"""Characters of a name, id or label where nothing limits the width."""
_LEAST_NAME, _LEAST_VALUE = 16, 12
"""Characters of a name or id, and of a prediction or target, that are always shown; a number has at most 11."""
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
    print(_write(report, max(60, shutil.get_terminal_size((100, 24)).columns) if terminal else None))


def brief(report: Score) -> str:
    """The report without its tables."""
    title, rows, _ = _score(report)
    return "\n".join([*_aligned(title, rows, None), *(f"  note: {note}" for note in report.notes)])


def write(report: Score | Comparison) -> str:
    """The report as plain text."""
    return _write(report, None)


class Section(NamedTuple):
    """A table: names or ids in the first column, predictions and targets in the last ones, numbers between."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[Any]]
    values: int = 0
    """How many columns, at the end, hold predictions and targets, which may be texts or lists."""
    optional: int = 0
    """How many of these are left out, before the target, where there is no room for them."""


Rows = list[Sequence[Any]]


def _write(report: Any, width: int | None) -> str:
    """The report for a terminal of some width, in its colours, or, without a width, plain and whole."""
    title, facts, tables = (_comparison if hasattr(report, "verdict") else _score)(report)
    headline = _aligned(title, facts, width)
    for note in report.notes:
        headline += _wrapped("  note: ", _one_line(note), width)
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        missing = [] if not tables else ['  (tables take rich: pip install "lossary[report]")']
        return "\n".join([*headline, *missing])
    file, colours = io.StringIO(), width is not None
    # tables are made to fit before; one that cannot be is left to the terminal to wrap rather than cut
    # (a height is stated since rich else takes a dumb terminal's width to be 80)
    console = Console(
        file=file, width=10_000, height=100, force_terminal=colours, no_color=not colours, highlight=False, emoji=False
    )
    for section in tables:
        console.print()
        left_out, table = _table(section, width)
        for line in _wrapped("  ", _one_line(section.title) + left_out, width):
            console.print(Text(line, style="bold"), soft_wrap=True)
        console.print(table)
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    text = "\n".join(line for line, after in zip(lines, [*lines[1:], ""], strict=False) if line or after)
    return "\n".join([*headline, *([text] if text else [])])


def _table(section: Section, width: int | None) -> tuple[str, Any]:
    """The table within a width, as far as no number need be cut, and what to add to its title."""
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    _, columns, rows, values, optional = section
    n, left_out = len(columns), ""
    tight = False
    widths = [max(cell_len(_cell(cell, _LONGEST)) for cell in column) for column in zip(columns, *rows, strict=True)]
    if width is not None:
        least = [min(widths[0], _LEAST_NAME), *widths[1:]]
        for i in range(n - values, n):
            least[i] = min(widths[i], max(_LEAST_VALUE, len(columns[i])))
        if optional and sum(least) + _between(n, tight=True) > width:
            kept = [i for i in range(n) if not n - values <= i < n - values + optional]
            gone = ", ".join(column for i, column in enumerate(columns) if i not in kept)
            left_out = f" ({gone}: left out, the terminal is too narrow)"
            columns, rows = [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]
            widths, least = [widths[i] for i in kept], [least[i] for i in kept]
            n, values = len(kept), values - optional
        tight = sum(widths) + _between(n, tight=False) > width
        for group in (range(n - values, n), range(1)):  # predictions and targets first
            over = sum(widths) + _between(n, tight=tight) - width
            while over > 0 and (longer := [i for i in group if widths[i] > least[i]]):
                widths[max(longer, key=widths.__getitem__)] -= 1
                over -= 1
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0 if tight else 1))
    for i, column in enumerate(columns):
        table.add_column(
            Text(_cell(column, widths[i])), justify="left" if i == 0 else "right", no_wrap=True, min_width=widths[i]
        )
    for row in rows:
        table.add_row(*(Text(_cell(cell, most)) for cell, most in zip(row, widths, strict=True)))  # as text: no markup
    return left_out, table


def _between(columns: int, *, tight: bool) -> int:
    """How much of a line of a table is not cells: a blank around each column, and one at each side of it unless ``tight``."""
    return columns + 1 if tight else 3 * columns + 1


def _cell(value: Any, most: int) -> str:
    """A cell of at most so many characters: a list loses elements at its end, a text its middle, since ends differ."""
    if not isinstance(value, list):
        return _shortened(_one_line(str(value)), most)
    shown = [short(v) if isinstance(v, float) else _one_line(str(v)) for v in value[:4]]
    for count in range(len(shown), 0, -1):
        text = f"[{', '.join(shown[:count])}{', …' if len(value) > count else ''}]"
        if len(text) <= most:
            return text
    return "[…]" if value else "[]"


def _shortened(text: str, most: int) -> str:
    """The text without its middle, if it takes more than so many places on a terminal."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{set_cell_size(text, most - 1 - end)}…{set_cell_size(text[::-1], end)[::-1]}"


def _one_line(text: str) -> str:
    """Without line breaks and control characters, and not endless."""
    return printable(text if len(text) <= 4000 else f"{text[:3999]}…")


def _wrapped(label: str, text: str, width: int | None) -> list[str]:
    """A label and a text, whose further lines are indented to stand below its first."""
    if width is None or len(label) + len(text) <= width:
        return [label + text]
    inner = max(20, width - len(label))
    first, *others = textwrap.wrap(text, inner, break_long_words=False, break_on_hyphens=False) or [""]
    return [label + first, *(" " * len(label) + line for line in others)]


def _aligned(title: str, rows: Sequence[tuple[str, str]], width: int | None) -> list[str]:
    side = max(len(label) for label, _ in rows)
    lines = _wrapped("", _one_line(title), width)
    for label, value in rows:
        lines += _wrapped(f"  {label:<{side}}  ", _one_line(value), width)
    return lines


def _title(report: Any) -> str:
    own = ", ".join(f"{name}={value:g}" for name, value in report.parameters.items())
    return report.loss + (f" ({own})" if own else "")


def _files(files: Sequence[str]) -> tuple[str, str]:
    if len(files) == 1:
        return "file", files[0]
    return "files", f"{len(files)} files, {files[0]} … {files[-1]}"


def _score(score: Score) -> tuple[str, list[tuple[str, str]], list[Section]]:
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
    return _title(score), rows, list(_score_sections(score))


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
        yield Section("Other losses", ("loss", "mean", "interval", "best constant", "skill"), rows)
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
        columns = ("probability", "rows", "predicted", "observed", "interval")
        yield Section(f"Calibration ({found.event}): {parts}", columns, bins)
    if score.residuals is not None:
        values: Rows = [(percent(q.at), short(q.value)) for q in score.residuals.quantiles]
        bias = f"bias {short(score.residuals.bias)}"
        bias += f" ({span(score.residuals.interval)})" if score.residuals.interval else ""
        yield Section(f"Residuals, prediction - target: {bias}", ("quantile of rows", "value"), values)
    if score.worst:
        named = any(row["id"] is not None for row in score.worst)
        weighted = any(row["weight"] != 1 for row in score.worst)
        worst: Rows = []
        for row in score.worst:
            where = str(row["id"]) if named else f"{row['file'].rpartition('/')[2]}, row {row['row'] + 1}"
            cost = (short(row["loss"]), *((short(row["weight"]), short(row["loss"] * row["weight"])) if weighted else ()))
            worst.append((where, *cost, _value(row["prediction"]), _value(row["target"])))
        costs = ("loss", "weight", "loss · weight") if weighted else ("loss",)
        yield Section("Worst rows", ("id" if named else "row", *costs, "prediction", "target"), worst, values=2)


def _value(x: Any) -> Any:
    return short(x) if isinstance(x, float) else x


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
    return Section(f"By {breakdown.by}{more}", columns, rows)


def _comparison(found: Comparison) -> tuple[str, list[tuple[str, str]], list[Section]]:
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
    rows.append(("wins of B", f"{counted(found.wins, 'row')}; {found.losses:,} of A; {counted(found.ties, 'tie')}"))
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
        sections.append(Section(f"By {breakdown.by}{more}", columns, parts))
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
            headings = (found.id, "loss of A", "of B", "B - A", "predicted by A", "by B", "target")
            sections.append(Section(title, headings, lines, values=3, optional=2))
    return f"{_title(found)}: is B better than A?", rows, sections
