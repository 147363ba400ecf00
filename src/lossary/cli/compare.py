"""``lossary compare``: compare predictions of the same rows, of two files or of several models."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

import lossary
from lossary.cli import options
from lossary.cli.gates import Outcome, verdict_outcomes
from lossary.cli.guess import as_command
from lossary.cli.guess_models import models_command_for
from lossary.cli.junit import ends_in
from lossary.cli.output import exit_code, progress_bar, show_report, write_markdown
from lossary.cli.streams import fail
from lossary.errors import UsageError
from lossary.losses.find import find_loss
from lossary.report.measure.plan.figures import loss_of
from lossary.report.measure.plan.job import Progress
from lossary.report.measure.statistics.margin import Margin
from lossary.report.ranking_result import Ranking
from lossary.report.run.memory import keep_freed_memory

if TYPE_CHECKING:
    from lossary.report.comparison_result import Comparison


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--id", "id", metavar="COLUMN", help="The column, or a,b,c together, that tells rows apart.  [default: the place]"
)
@options.loss
@options.target
@options.prediction
@click.option("--prediction-b", metavar="COLUMN", help="B's prediction, where it is named otherwise.")
@click.option("--model", metavar="COLUMN", help="The column, or a,b together, that says whose prediction a row is.")
@click.option("--baseline", metavar="NAME", help="The model that others are compared with.  [default: the best]")
@click.option("--weight", metavar="COLUMN", help="The column, of A or B, of how much each row counts.")
@options.given
@options.higher
@options.parameters
@options.levels
@options.classes
@click.option(
    "--group",
    multiple=True,
    metavar="COLUMN",
    help="Break the difference down by a column of A, or by bins of its numbers, as in age:5; may be repeated.",
)
@options.cluster
@options.time
@options.every
@options.time_zone
@options.horizon
@options.run
@options.interval
@options.level
@click.option("--changed", type=int, default=10, show_default=True, help="How many of the rows that changed most are listed.")
@options.encoding
@options.delimiter
@options.decimal
@options.thousands
@options.comment
@options.sheet
@options.skip_invalid
@options.clip
@options.ignore
@options.query
@options.long
@options.truth
@options.unlabelled
@options.unpredicted
@options.missing_members
@click.option(
    "--fail-if-worse",
    is_flag=True,
    help="Exit with 1 if B is worse than A, or a model worse than the --baseline; or if there is no interval to tell by.",
)
@click.option("--warn-if-worse", is_flag=True, help="Likewise, with a warning and exit code 0.")
@click.option(
    "--fail-if-worse-than",
    metavar="MARGIN",
    help="Exit with 1 unless the interval of the difference ends below a margin: 1% of the mean loss of A or of the "
    "--baseline, or a number.",
)
@click.option("--warn-if-worse-than", metavar="MARGIN", help="Likewise, with a warning and exit code 0.")
@options.workers
@options.engine
@options.address
@options.as_json
@options.page
@options.markdown
@options.title
@options.junit
@click.option("--names", metavar="A,B,...", help="What the models, or A and B on the page, are called.")
@click.option("--quiet", is_flag=True, help="Print the verdict and the difference and nothing else; show no progress.")
def compare(
    files: tuple[str, ...],
    as_json: bool,
    page: str | None,
    markdown: str | None,
    title: str | None,
    names: str | None,
    junit: str | None,
    quiet: bool,
    **more: Any,
) -> int:
    """Compare predictions of the same rows. They are files, or globs in quotes.

    \b
    Two files, A and B, joined by an id: is B better?
    lossary compare old.parquet new.parquet --id row --loss bce --target y --prediction logit
    lossary compare a.csv b.csv --id k --loss mae --target y --prediction p --fail-if-worse

    \b
    Several models, as columns, as stacked rows, or in three files or more: which are best?
    lossary compare p.csv --loss mae --target actual --prediction 'model_*' --html report.html
    lossary compare p.csv --loss bce --target y --prediction '{model}_logit' --baseline rf --fail-if-worse
    lossary compare p.csv --loss bce --target y --prediction score --model variant --id ID
    lossary compare a.csv b.csv c.csv --id k --loss mae --target y --prediction p
    """
    if not any(more[name] for name in ("loss", "given", "target", "prediction", "model")):
        guessed = models_command_for(options.opened(files), options.written(more))
        return fail(
            f"nothing was compared; by the names of the columns, this would:\n{as_command(files, guessed, 'compare')}", 2
        )
    options.check_json(as_json, files)
    for written in (page, markdown, junit):
        if written is not None:
            options.check_page(written, files)
    with ends_in(junit, f"compare {' '.join(files)}") as suite, progress_bar(not quiet and sys.stderr.isatty()) as progress:
        found, suite.outcomes = compared(files, names=names, progress=progress, **more)
    of_page = {"title": title} if isinstance(found, Ranking) else {"title": title, "names": _listed(names)}
    show_report(found, _short(found) if quiet else None, as_json, page, **of_page)
    write_markdown(markdown, found, suite.outcomes)
    return exit_code(suite.outcomes)


def compared(
    files: Sequence[str],
    *,
    loss: str | None,
    parameters: tuple[str, ...],
    levels: str | None,
    fail_if_worse: bool,
    warn_if_worse: bool,
    fail_if_worse_than: str | None = None,
    warn_if_worse_than: str | None = None,
    names: str | None = None,
    progress: Progress | None = None,
    **more: Any,
) -> tuple[Comparison | Ranking, list[Outcome]]:
    """Return the comparison of files, and what became of the conditions on it; options are those of the command."""
    margins = [text for text in (fail_if_worse_than, warn_if_worse_than) if text is not None]
    for text in margins:
        Margin.read(text)  # before hours of work
    pair, judged = len(files) == 2 and more["model"] is None, bool(fail_if_worse or warn_if_worse or margins)
    if judged and more["interval"] == "none":
        raise UsageError("--fail-if-worse and the like go by the interval; leave out --interval none")
    if judged and not pair and more["baseline"] is None:
        raise UsageError("--fail-if-worse and the like go by a baseline; name the model, as in --baseline NAME")
    sides = _listed(names)
    if pair and sides is not None and len(sides) != 2:
        raise UsageError(f"--names are those of A and of B, with a comma between them; got {names!r}")
    chosen = None if loss is None else find_loss(loss_of(loss))
    own = {} if chosen is None else options.read_parameters(chosen, parameters, levels)
    keep_freed_memory()
    more |= {"loss": chosen, "parameters": own, "names": None if pair else sides, "progress": progress}
    found = lossary.report.compare(*options.opened(files), **more)
    outcomes = verdict_outcomes(
        found,
        fail_if_worse=fail_if_worse,
        warn_if_worse=warn_if_worse,
        fail_if_worse_than=fail_if_worse_than,
        warn_if_worse_than=warn_if_worse_than,
    )
    return found, outcomes


def _listed(names: str | None) -> list[str] | None:
    return None if names is None else [name.strip() for name in names.split(",")]


def _short(found: Comparison | Ranking) -> str:
    """Return the verdict in one line, without words where it can be."""
    if isinstance(found, Ranking):
        return found.sentence if found.best_set == () or found.baseline is not None else ",".join(found.best_set)
    return f"{found.verdict} {found.difference!r}"
