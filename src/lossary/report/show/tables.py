"""Facts and tables of reports in text, which scores, comparisons and rankings share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lossary.report.show.format import divided_by, plain_interval, real
from lossary.report.show.layout import Facts, Section

Document = Mapping[str, Any]
"""A report as its ``to_dict()`` returns it."""
Column = tuple[str, str | None, Callable[[Any], Any]]
"""The heading of a column of a table, the key of its values (None for the whole item), and their format."""
METHODS = {
    "cosines": "times dependent",
    "diebold-mariano": "Diebold-Mariano",
    "bartlett": "times dependent, Bartlett",
    "runs": "runs as clusters",
}
"""Short words for the methods of intervals whose names do not say it."""
SHOWN = 20
"""Parts of a breakdown that are shown where these are many; JSON and the page have more."""
_IN_ORDER = 50
"""Parts in their own order, such as dates, that are all shown."""


def named(loss: str, parameters: Document, *more: str) -> str:
    """Return the name of a loss with its parameters."""
    own = ", ".join([*(f"{name}={_parameter(value)}" for name, value in parameters.items()), *more])
    return loss + (f" ({own})" if own else "")


def _parameter(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        shown = ", ".join(map(_parameter, value[:SHOWN]))
        return shown + f", … ({len(value)})" * (len(value) > SHOWN)
    try:
        return f"{real(value):g}"
    except ValueError:  # a word
        return str(value)


def files_fact(files: Sequence[str]) -> tuple[str, str]:
    """Return the files that a report is on, with a label."""
    if len(files) == 1:
        return "file", files[0]
    return "files", f"{len(files)} files, {files[0]} … {files[-1]}"


def classes_facts(classes: Document | None) -> Facts:
    """Return which column predicts which class, where classes have names."""
    if not classes:
        return []
    words = [f"{name} = {column}" if column is not None else name for name, column in list(classes.items())[:8]]
    return [("classes", ", ".join(words) + (f", … ({len(classes)})" if len(classes) > 8 else ""))]


def known_points(report: Document) -> list[Document]:
    """Return the points of the concentration curve that are of one row or more, if there are two."""
    points = [point for point in report["concentration"] or () if real(point["rows"]) * report["count"] > 1 - 1e-9]
    return points if len(points) > 1 or report["count"] > 100 else []


def interval_facts(report: Document) -> Facts:
    """Return the interval of a report, if there is one."""
    interval = report["interval"]
    if interval is None:
        return []
    how = METHODS.get(interval["method"], interval["method"])
    return [("", f"{100 * interval['level']:g} % interval {plain_interval(interval)} ({how})")]


def count(x: int) -> str:
    """Return a number of rows for a cell."""
    return f"{x:,}"


def table(title: str, items: Sequence[Document], *columns: Column, **options: int) -> Section:
    """Return a table of items, a row each."""
    rows = [[form(item if key is None else item[key]) for _, key, form in columns] for item in items]
    return Section(title, [heading for heading, *_ in columns], rows, **options)


def parts_table(breakdown: Document, *columns: Column) -> Section:
    """Return the table of a breakdown: the name and the number of rows of each part, and more columns."""
    parts = breakdown["parts"]
    if breakdown["order"] == "loss":  # the largest come first
        parts = parts[:SHOWN]
    elif len(parts) > _IN_ORDER:
        largest = sorted(range(len(parts)), key=lambda k: -_size(parts[k]))[:SHOWN]
        parts = [parts[k] for k in sorted(largest)]
    more = f", the {len(parts)} largest of {breakdown['of']:,}" if breakdown["of"] > len(parts) else ""
    by = divided_by(breakdown)
    return table(f"By {by}{more}", parts, (by, "name", str), ("rows", "count", count), *columns)


def _size(part: Document) -> float:
    """Return how much a part counts: its share of the loss, what it adds to a difference, or its weight."""
    if "share" in part:
        size = real(part["share"])
    else:
        size = abs(real(part["difference"])) * real(part["weight"]) if "difference" in part else real(part["weight"])
    return size if size == size else 0.0
