"""Print a report, and the progress of making it."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

from lossary.cli.gates import FAIL, WARN, Outcome
from lossary.cli.streams import fail, tell
from lossary.cli.wording import as_options
from lossary.counted import counted
from lossary.printable import printable
from lossary.report.findings import WARNING
from lossary.report.show.write import write_whole


def show_report(found: Any, short: str | None, as_json: bool, page: str | None, **of_page: Any) -> None:
    """Print a report, and write it as a page if asked for; ``of_page`` are its title and its names."""
    if page is not None:
        command = shlex.join(["lossary", *sys.argv[1:]])
        made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
        write_whole(page, found.to_html(command=command, made=made, **of_page))
    if as_json:
        click.echo(json.dumps(found.to_dict(), allow_nan=False))
    elif short is not None:
        click.echo(short)
        if skipped := getattr(found, "invalid", None):
            kinds = ", ".join(f"{kind} {count:,}" for kind, count in skipped.items())
            tell(f"lossary: {counted(sum(skipped.values()), 'row was', 'rows were')} skipped ({kinds})")
    else:
        from lossary.report.show import text

        document = found.to_dict()
        for finding in document["findings"]:
            finding["message"] = as_options(finding["message"])
        text.show(document)
    in_view = not as_json and short is None and sys.stdout.isatty()  # as part of the report
    for finding in [] if in_view else found.findings:
        if finding.level == WARNING and not finding.ignored:
            tell(f"lossary: warning: {finding.code} {as_options(printable(finding.message))}")


def write_markdown(path: str | None, found: Any, outcomes: Sequence[Outcome]) -> None:
    """Write a report as Markdown, if a file is named, the results of the conditions first."""
    if path is None:
        return
    from lossary.report.show.markdown import escaped

    title, rest = found.to_markdown().split("\n\n", 1)
    told = [f"**{outcome.status}:** {escaped(outcome.sentence)}" for outcome in outcomes]
    write_whole(path, "\n\n".join([title, *told, rest]))


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Print the conditions that are not met, and return the exit code."""
    for outcome in outcomes:
        if outcome.status == WARN:
            tell(f"lossary: warning: {printable(outcome.sentence)}")
    failures = [outcome.sentence for outcome in outcomes if outcome.status == FAIL]
    return fail("; ".join(failures), 1) if failures else 0


@contextmanager
def progress_bar(shown: bool) -> Iterator[Callable[[float, int], None] | None]:
    """Show a bar on stderr, and yield the function that moves it; yield None if it is not shown."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("scoring"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, start = bar.add_task("", total=1.0, rate=""), time.monotonic()

        def tell(done: float, rows: int) -> None:
            rate = rows / max(time.monotonic() - start, 1e-9)
            bar.update(task, completed=done, rate=f"{counted(rows, 'row')}, {_rate(rate)}")

        yield tell


def _rate(rate: float) -> str:
    """Return rows per second as text, in millions from one million up."""
    return f"{rate / 1e6:.3g} million/s" if rate >= 1e6 else f"{rate:,.0f}/s"
