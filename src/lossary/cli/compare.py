"""``lossary compare-predictions``: compare two sets of predictions of the same rows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

import lossary
from lossary.cli import options
from lossary.cli.gates import Outcome, verdict_outcomes
from lossary.cli.junit import ends_in
from lossary.cli.output import exit_code, progress_bar, show_report
from lossary.errors import UsageError
from lossary.losses.find import find_loss
from lossary.report.measure.figures import loss_of
from lossary.report.measure.job import Progress
from lossary.report.run.memory import keep_freed_memory

if TYPE_CHECKING:
    from lossary.report.comparison_result import Comparison


@click.command("compare-predictions")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--id", "id", metavar="COLUMN", help="The column, or a,b,c together, that tells rows apart.  [default: the place]"
)
@options.loss
@options.target
@options.prediction
@click.option("--prediction-b", metavar="COLUMN", help="B's prediction, where it is named otherwise.")
@click.option("--weight", metavar="COLUMN", help="The column, of A or B, of how much each row counts.")
@options.given
@options.higher
@options.parameters
@options.levels
@options.classes
@click.option("--group", multiple=True, metavar="COLUMN", help="Break the difference down by a column of A; may be repeated.")
@options.cluster
@options.interval
@options.level
@click.option("--changed", type=int, default=10, show_default=True, help="How many of the rows that changed most are listed.")
@options.encoding
@options.delimiter
@options.decimal
@options.skip_invalid
@options.clip
@options.ignore
@options.truth
@options.unlabelled
@options.unpredicted
@click.option("--fail-if-worse", is_flag=True, help="Exit with 1 if B is worse than A, or there is no interval to tell by.")
@click.option("--warn-if-worse", is_flag=True, help="Likewise, with a warning and exit code 0.")
@options.as_json
@options.page
@options.markdown
@options.title
@options.junit
@click.option("--names", metavar="A,B", help="What the page calls A and B.")
@click.option("--quiet", is_flag=True, help="Print the verdict and the difference and nothing else; show no progress.")
def compare_predictions(
    a: str,
    b: str,
    as_json: bool,
    page: str | None,
    markdown: str | None,
    title: str | None,
    names: str | None,
    junit: str | None,
    quiet: bool,
    **more: Any,
) -> int:
    """Compare predictions B with predictions A of the same rows, joined by an id: files, or globs in quotes.

    \b
    lossary compare-predictions old.parquet new.parquet --id row --loss bce --target y --prediction logit
    lossary compare-predictions a.csv b.csv --id k --loss mae --target y --prediction p --fail-if-worse
    """
    sides = None if names is None else [name.strip() for name in names.split(",")]
    if sides is not None and len(sides) != 2:
        raise UsageError(f"--names are those of A and of B, with a comma between them; got {names!r}")
    for written in (page, markdown, junit):
        if written is not None:
            options.check_page(written, (a, b))
    with ends_in(junit, f"compare {a} {b}") as suite, progress_bar(not quiet and sys.stderr.isatty()) as progress:
        found, suite.outcomes = compared(a, b, progress=progress, **more)
    show_report(
        found, f"{found.verdict} {found.difference!r}" if quiet else None, as_json, page, markdown, title=title, names=sides
    )
    return exit_code(suite.outcomes)


def compared(
    a: str,
    b: str,
    *,
    loss: str | None,
    parameters: tuple[str, ...],
    levels: str | None,
    fail_if_worse: bool,
    warn_if_worse: bool,
    progress: Progress | None = None,
    **more: Any,
) -> tuple[Comparison, list[Outcome]]:
    """Return the comparison of files, and what became of the conditions on it; options are those of the command."""
    if (fail_if_worse or warn_if_worse) and more["interval"] == "none":
        raise UsageError("--fail-if-worse and --warn-if-worse go by the interval; leave out --interval none")
    chosen = None if loss is None else find_loss(loss_of(loss))
    own = {} if chosen is None else options.read_parameters(chosen, parameters, levels)
    keep_freed_memory()
    found = lossary.report.compare(*options.opened((a, b)), loss=chosen, parameters=own, progress=progress, **more)
    return found, verdict_outcomes(found, fail_if_worse=fail_if_worse, warn_if_worse=warn_if_worse)
