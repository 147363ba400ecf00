"""Write a report as plain text or for a terminal."""

from __future__ import annotations

import io
import math
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lossary.counted import counted
from lossary.printable import printable
from lossary.report.show.format import NOT_FINITE, plain_cell, plain_interval, plain_number, plain_percent, real

Document = Mapping[str, Any]
"""A report as its ``to_dict()`` returns it."""
Facts = list[tuple[str, str]]
"""The lines of the headline: labels and values."""
_LONGEST = 200
"""The most characters of a name, id or label if the width is not limited."""
_LEAST_NAME, _LEAST_VALUE = 16, 12
"""The least characters shown of a name or id, and of a prediction or target; a number has at most 11."""
SHOWN = 20
"""Parts of a breakdown that are shown; JSON and the page have more."""


def show(report: Document) -> None:
    """Print a report, in the width and the colours of the terminal if there is one."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    print(_write(report, max(60, shutil.get_terminal_size((100, 24)).columns) if terminal else None))


def brief(report: Document) -> str:
    """Return a score without its tables."""
    title, facts, _ = _score(report)
    return "\n".join([*_aligned(title, facts, None), *(f"  note: {note}" for note in report["notes"])])


def write(report: Document) -> str:
    """Return the report as plain text."""
    return _write(report, None)


class Section(NamedTuple):
    """A table: names or ids in the first column, predictions and targets in the last ones, numbers between."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[Any]]
    values: int = 0
    """The number of columns, at the end, of predictions and targets, which may be texts or lists."""
    optional: int = 0
    """The number of these columns, at their beginning, that may be left out for want of room."""


Rows = list[Sequence[Any]]


def _write(report: Document, width: int | None) -> str:
    """Return the report for a terminal of some width, with colours, or as plain text if the width is None."""
    title, facts, tables = (_comparison if report["kind"] == "comparison" else _score)(report)
    headline = _aligned(title, facts, width)
    for note in report["notes"]:
        headline += _wrapped("  note: ", _one_line(note), width)
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        missing = [] if not tables else ['  (tables take rich: pip install "lossary[report]")']
        return "\n".join([*headline, *missing])
    file, colours = io.StringIO(), width is not None
    # tables fit the width already; a table that cannot fit is wrapped by the terminal rather than cut
    # (without a height, rich takes the width of a dumb terminal to be 80)
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
    """Return the addition to the title, and the table, fitted to a width as far as possible without cutting numbers."""
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
        if optional and sum(least) + _blanks(n, tight=True) > width:
            kept = [i for i in range(n) if not n - values <= i < n - values + optional]
            gone = ", ".join(column for i, column in enumerate(columns) if i not in kept)
            left_out = f" ({gone}: left out, the terminal is too narrow)"
            columns, rows = [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]
            widths, least = [widths[i] for i in kept], [least[i] for i in kept]
            n, values = len(kept), values - optional
        tight = sum(widths) + _blanks(n, tight=False) > width
        for group in (range(n - values, n), range(1)):  # predictions and targets first
            over = sum(widths) + _blanks(n, tight=tight) - width
            while over > 0 and (longer := [i for i in group if widths[i] > least[i]]):
                widths[max(longer, key=widths.__getitem__)] -= 1
                over -= 1
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0 if tight else 1))
    for i, column in enumerate(columns):
        table.add_column(
            Text(_cell(column, widths[i])), justify="left" if i == 0 else "right", no_wrap=True, min_width=widths[i]
        )
    for row in rows:
        table.add_row(
            *(Text(_cell(cell, most)) for cell, most in zip(row, widths, strict=True))
        )  # Text, so that rich reads no markup
    return left_out, table


def _blanks(columns: int, *, tight: bool) -> int:
    """Return how many places of a line of a table are not cells: a blank around each column, and two more unless ``tight``."""
    return columns + 1 if tight else 3 * columns + 1


def _cell(value: Any, most: int) -> str:
    """Return a cell of at most so many characters: a list loses its last elements, a text its middle."""
    if not isinstance(value, list):
        return _shortened(_one_line(str(value)), most)
    shown = [_one_line(str(_value(v))) for v in value[:4]]
    for count in range(len(shown), 0, -1):
        text = f"[{', '.join(shown[:count])}{', …' if len(value) > count else ''}]"
        if len(text) <= most:
            return text
    return "[…]" if value else "[]"


def _shortened(text: str, most: int) -> str:
    """Return the text without its middle if it takes more than so many columns of a terminal."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{set_cell_size(text, most - 1 - end)}…{set_cell_size(text[::-1], end)[::-1]}"


def _one_line(text: str) -> str:
    """Return the text without line breaks and control characters, cut at 4,000 characters."""
    return printable(text if len(text) <= 4000 else f"{text[:3999]}…")


def _wrapped(label: str, text: str, width: int | None) -> list[str]:
    """Return the lines of a label and a text, with the text aligned behind the label."""
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


def verdict_sentence(report: Document) -> str:
    """Return the verdict of a comparison in words."""
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


def _named(loss: str, parameters: Document, *more: str) -> str:
    """Return the name of a loss with its parameters."""
    own = ", ".join([*(f"{name}={real(value):g}" for name, value in parameters.items()), *more])
    return loss + (f" ({own})" if own else "")


def _files(files: Sequence[str]) -> tuple[str, str]:
    if len(files) == 1:
        return "file", files[0]
    return "files", f"{len(files)} files, {files[0]} … {files[-1]}"


def _interval_facts(report: Document) -> Facts:
    interval = report["interval"]
    if interval is None:
        return []
    return [("", f"{100 * interval['level']:g} % interval {plain_interval(interval)} ({interval['method']})")]


def _value(x: Any) -> Any:
    """Return a prediction or a target for a cell: a number short, anything else unchanged."""
    return plain_cell(x) if isinstance(x, float) or (isinstance(x, str) and x in NOT_FINITE) else x


# ---- a score


def _score(report: Document) -> tuple[str, Facts, list[Section]]:
    nats = f" {report['unit']}" if report["entropy"] is not None else ""
    nothing = f", {report['weightless']:,} of them of weight 0" if report["weightless"] else ""
    facts = [_files(report["files"]), ("rows", f"{report['count']:,}{nothing}")]
    if report["invalid"]:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in report["invalid"].items())
        facts.append(("skipped", f"{sum(report['invalid'].values()):,} ({kinds})"))
    if report["weight"] != report["count"]:
        facts.append(("weight", plain_number(report["weight"])))
    facts.append(("mean loss", plain_number(report["mean"]) + nats))
    facts += _interval_facts(report)
    if report["loss"] == "squared_error":
        facts.append(("", f"its root {plain_number(math.sqrt(real(report['mean'])))}"))
    if report["entropy"]:  # 0 for class labels
        divergence = f"{plain_number(report['divergence'])} KL(target ‖ prediction)"
        facts.append(("", f"= {plain_number(report['entropy'])} entropy of the targets + {divergence}"))
    facts.append(("sum", plain_number(report["sum"]) + nats))
    if report["baseline"] is not None or report["notes"]:
        constant = f", predicting {report['constant']}" if report["constant"] else ""
        unit = nats if report["baseline"] is not None else ""
        facts.append(("best constant", f"{plain_number(report['baseline'])}{unit}{constant}"))
        meaning = "" if report["skill"] is None else "  (1 is perfect, 0 no better than the best constant)"
        facts.append(("skill", plain_number(report["skill"]) + meaning))
    if report["concentration"] is not None:
        some = [point for point in report["concentration"] if point["rows"] in (0.01, 0.1, 0.5)]
        shares = ", ".join(f"{plain_percent(p['loss'])} lies in the worst {plain_percent(p['rows'])}" for p in some)
        facts.append(("concentration", f"of the loss, {shares} of rows"))
    if report["accuracy"] is not None:
        facts.append(("accuracy", plain_percent(report["accuracy"])))
    return _named(report["loss"], report["parameters"]), facts, list(_score_sections(report))


def _score_sections(report: Document) -> Iterator[Section]:
    if report["also"]:
        yield _others(report["also"], report["given"])
    for breakdown in report["breakdowns"]:
        yield _breakdown(breakdown)
    if report["calibration"] is not None:
        yield _calibration(report["calibration"])
    if report["residuals"] is not None:
        yield _residuals(report["residuals"])
    if report["worst"]:
        yield _worst(report["worst"])


def _others(others: Sequence[Document], given: str | None) -> Section:
    rows: Rows = []
    for other in others:
        taken = [f"given {other['given']}"] if other["given"] not in (None, given) else []
        rows.append(
            (
                _named(other["loss"], other["parameters"], *taken),
                plain_number(other["mean"]),
                plain_interval(other["interval"]),
                plain_cell(other["baseline"]),
                plain_cell(other["skill"]),
            )
        )
    return Section("Other losses", ("loss", "mean", "interval", "best constant", "skill"), rows)


def _breakdown(breakdown: Document) -> Section:
    biased = any(part["bias"] is not None for part in breakdown["parts"])
    rows: Rows = [
        (
            part["name"],
            f"{part['count']:,}",
            plain_percent(part["weight_share"]),
            plain_percent(part["share"]),
            plain_cell(part["mean"]),
            plain_interval(part["interval"]),
            *((plain_cell(part["bias"]),) if biased else ()),
        )
        for part in breakdown["parts"][:SHOWN]
    ]
    columns = (breakdown["by"], "rows", "of rows", "of loss", "mean", "interval", *(("bias",) if biased else ()))
    return Section(_breakdown_title(breakdown, len(rows)), columns, rows)


def _breakdown_title(breakdown: Document, shown: int) -> str:
    more = f", {shown} of {breakdown['of']:,}" if breakdown["of"] > shown else ""
    return f"By {breakdown['by']}{more}"


def _calibration(found: Document) -> Section:
    parts = (
        f"mean = {plain_cell(found['miscalibration'])} miscalibration - {plain_cell(found['discrimination'])} discrimination "
        f"+ {plain_cell(found['uncertainty'])} uncertainty; error {plain_cell(found['expected_calibration_error'])}"
    )
    rows: Rows = [
        (
            f"{plain_cell(b['low'])} to {plain_cell(b['high'])}",
            f"{b['count']:,}",
            plain_cell(b["predicted"]),
            plain_cell(b["observed"]),
            plain_interval(b["interval"]),
        )
        for b in found["bins"]
    ]
    return Section(
        f"Calibration ({found['event']}): {parts}", ("probability", "rows", "predicted", "observed", "interval"), rows
    )


def _residuals(residuals: Document) -> Section:
    rows: Rows = [(plain_percent(q["at"]), plain_cell(q["value"])) for q in residuals["quantiles"]]
    bias = f"bias {plain_cell(residuals['bias'])}"
    bias += f" ({plain_interval(residuals['interval'])})" if residuals["interval"] else ""
    return Section(f"Residuals, prediction - target: {bias}", ("quantile of rows", "value"), rows)


def _worst(worst: Sequence[Document]) -> Section:
    named = any(row["id"] is not None for row in worst)
    weighted = any(row["weight"] != 1 for row in worst)
    rows: Rows = []
    for row in worst:
        where = str(row["id"]) if named else f"{row['file'].rpartition('/')[2]}, row {row['row'] + 1}"
        product = real(row["loss"]) * real(row["weight"])
        cost = (plain_cell(row["loss"]), *((plain_cell(row["weight"]), plain_cell(product)) if weighted else ()))
        rows.append((where, *cost, _value(row["prediction"]), _value(row["target"])))
    costs = ("loss", "weight", "loss · weight") if weighted else ("loss",)
    return Section("Worst rows", ("id" if named else "row", *costs, "prediction", "target"), rows, values=2)


# ---- a comparison


def _comparison(report: Document) -> tuple[str, Facts, list[Section]]:
    unit = f" {report['unit']}" if report["unit"] else ""
    relative = "" if report["relative"] is None else f"  ({plain_percent(report['relative'])})"
    facts = [
        ("A", _files(report["a"]["files"])[1]),
        ("B", _files(report["b"]["files"])[1]),
        (
            "rows",
            f"{report['count']:,} joined by {report['id']}, {report['only_a']:,} only in A, {report['only_b']:,} only in B",
        ),
        ("mean loss of A", plain_number(report["a"]["mean"]) + unit),
        ("mean loss of B", plain_number(report["b"]["mean"]) + unit),
        ("B - A", plain_number(report["difference"]) + unit + relative),
        *_interval_facts(report),
        ("wins of B", f"{counted(report['wins'], 'row')}; {report['losses']:,} of A; {counted(report['ties'], 'tie')}"),
        ("verdict", verdict_sentence(report)),
    ]
    sections = [_paired_breakdown(breakdown) for breakdown in report["breakdowns"]]
    sections += [_changed(f"Rows that became {way}", report["id"], rows) for way, rows in report["changed"].items() if rows]
    return f"{_named(report['loss'], report['parameters'])}: is B better than A?", facts, sections


def _paired_breakdown(breakdown: Document) -> Section:
    rows: Rows = [
        (
            part["name"],
            f"{part['count']:,}",
            plain_cell(part["mean_a"]),
            plain_cell(part["mean_b"]),
            plain_cell(part["difference"]),
            plain_interval(part["interval"]),
            f"{part['wins']:,}",
            f"{part['losses']:,}",
        )
        for part in breakdown["parts"][:SHOWN]
    ]
    columns = (breakdown["by"], "rows", "A", "B", "B - A", "interval", "B wins", "A wins")
    return Section(_breakdown_title(breakdown, len(rows)), columns, rows)


def _changed(title: str, id: str, changed: Sequence[Document]) -> Section:
    numbers, values = ("loss_a", "loss_b", "difference"), ("prediction_a", "prediction_b", "target")
    rows: Rows = [
        (str(row["id"]), *(plain_cell(row[name]) for name in numbers), *(_value(row[name]) for name in values))
        for row in changed
    ]
    columns = (id, "loss of A", "of B", "B - A", "predicted by A", "by B", "target")
    return Section(title, columns, rows, values=3, optional=2)
