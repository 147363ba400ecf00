"""Lay a report out for a terminal: a title, facts and tables that fit its width."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

from lossary.printable import printable
from lossary.report.show.format import plain_value

Facts = list[tuple[str, str]]
"""The lines of the headline: labels and values."""
_LONGEST = 200
"""The most characters of a name, id or label if the width is not limited."""
_LEAST_NAME, _LEAST_VALUE = 16, 12
"""The least characters shown of a name or id, and of a prediction or target; a number has at most 11."""


class Section(NamedTuple):
    """A table: names or ids in the first column, predictions and targets in the last ones, numbers between."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    values: int = 0
    """The number of columns, at the end, of predictions and targets, which may be texts or lists."""
    optional: int = 0
    """The number of these columns, at their beginning, that may be left out for want of room."""


def layout(title: str, facts: Facts, remarks: Sequence[tuple[str, str]], sections: Sequence[Section], width: int | None) -> str:
    """Return a report for a terminal of some width, with colours, or as plain text if the width is None."""
    lines = headline(title, facts, remarks, width)
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        missing = [] if not sections else ['  (tables take rich: pip install "lossary[report]")']
        return "\n".join([*lines, *missing])
    file, colours = io.StringIO(), width is not None
    # tables fit the width already; a table that cannot fit is wrapped by the terminal rather than cut
    # (without a height, rich takes the width of a dumb terminal to be 80)
    console = Console(
        file=file,
        width=10_000,
        height=100,
        force_terminal=colours,
        force_jupyter=False,  # in a notebook, rich would show the tables itself instead of writing them
        no_color=not colours,
        highlight=False,
        emoji=False,
    )
    for section in sections:
        console.print()
        left_out, table = _fitted(section, width)
        for line in _wrapped("  ", _one_line(section.title) + left_out, width):
            console.print(Text(line, style="bold"), soft_wrap=True)
        console.print(table)
    printed = [line.rstrip() for line in file.getvalue().splitlines()]
    text = "\n".join(line for line, after in zip(printed, [*printed[1:], ""], strict=False) if line or after)
    return "\n".join([*lines, *([text] if text else [])])


def _fitted(section: Section, width: int | None) -> tuple[str, Any]:
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
        least = [min(widths[0], width // 2 + 2 if optional else _LEAST_NAME), *widths[1:]]
        for i in range(n - values, n):
            least[i] = min(widths[i], max(_LEAST_VALUE, len(columns[i])))
        if optional and sum(least) + _blanks(n, tight=True) > width:
            kept = [i for i in range(n) if not n - values <= i < n - values + optional]
            gone = ", ".join(column for i, column in enumerate(columns) if i not in kept)
            left_out = f" ({gone}: left out, the terminal is too narrow)"
            columns, rows = [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]
            widths, least = [widths[i] for i in kept], [least[i] for i in kept]
            least[0] = min(widths[0], _LEAST_NAME)
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
        # as Text, since rich would read markup
        table.add_row(*(Text(_cell(cell, most)) for cell, most in zip(row, widths, strict=True)))
    return left_out, table


def _blanks(columns: int, *, tight: bool) -> int:
    """Return how many places of a line of a table are not cells: a blank around each column, and two more unless ``tight``."""
    return columns + 1 if tight else 3 * columns + 1


def _cell(value: Any, most: int) -> str:
    """Return a cell of at most so many characters: a list loses its last elements, a text its middle."""
    if not isinstance(value, list):
        return _shortened(_one_line(str(value)), most)
    shown = [_one_line(str(plain_value(v))) for v in value[:4]]
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


def headline(title: str, facts: Facts, remarks: Sequence[tuple[str, str]], width: int | None) -> list[str]:
    """Return the lines of a title, facts with aligned labels, and remarks: a kind, such as "note", and a text."""
    side = max(len(label) for label, _ in facts)
    lines = _wrapped("", _one_line(title), width)
    for label, value in facts:
        lines += _wrapped(f"  {label:<{side}}  ", _one_line(value), width)
    for kind, remark in remarks:
        lines += _wrapped(f"  {kind}: ", _one_line(remark), width)
    return lines
