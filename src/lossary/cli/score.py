"""``lossary score``: score files of predictions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

import lossary
from lossary.cli import options
from lossary.cli.gates import Gate, read_gates
from lossary.cli.guess import as_command, command_for
from lossary.cli.junit import ends_in
from lossary.cli.output import exit_code, progress_bar, show_report, write_markdown
from lossary.cli.streams import fail
from lossary.errors import UsageError
from lossary.losses.find import find_loss
from lossary.report.measure.plan.figures import FIGURES, loss_of
from lossary.report.measure.plan.job import Progress
from lossary.report.results import Score
from lossary.report.run.memory import keep_freed_memory

ROLES = ("target", "prediction", "weight")
WAYS = ("above", "below")


@click.command()
@click.argument("files", metavar="[FILE...]", nargs=-1)
@options.loss
@options.target
@options.prediction
@click.option("--weight", metavar="COLUMN", help="The column of how much each row counts.")
@options.given
@options.higher
@options.parameters
@options.levels
@options.classes
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="COLUMN",
    help="Break the loss down by a column, or by bins of its numbers, as in age:5; may be repeated.",
)
@click.option(
    "--id",
    "id_",
    metavar="COLUMN",
    help="The column, or a,b together, that tells rows apart: names the worst, finds duplicates.",
)
@options.cluster
@options.time
@options.every
@options.time_zone
@options.horizon
@options.run
@click.option("--also", metavar="LOSSES", help="Other losses on the same rows, as in mae,bce:given=logits.")
@click.option("--slices", metavar="COLUMNS", help="Search for slices, by the values of a,b,c or of two, that lose much.")
@click.option(
    "--cost",
    metavar="COSTS",
    help="What wrong decisions cost, as in false_positive=1,false_negative=5: finds the best threshold of a probability.",
)
@click.option("--capacity", metavar="SHARE", help="The largest share of the rows that can be called, as in 10%.")
@options.interval
@options.level
@click.option("--worst", type=int, default=10, show_default=True, help="How many of the worst rows are listed.")
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
    "--fail-above",
    multiple=True,
    metavar="[WHAT=]X",
    help="Exit with 1 if the mean loss (or the RMSE, if asked for) is above X; or high (the end of the interval), another "
    "loss, or a group: high=0.4, mae=3, region:north=0.5, region:*=0.6.",
)
@click.option(
    "--fail-below", multiple=True, metavar="[WHAT=]X", help="Exit with 1 if the accuracy is below X; or skill=X, low=X, …"
)
@click.option("--warn-above", multiple=True, metavar="[WHAT=]X", help="Likewise, with a warning and exit code 0.")
@click.option("--warn-below", multiple=True, metavar="[WHAT=]X", help="Likewise, with a warning and exit code 0.")
@options.workers
@options.engine
@options.address
@options.as_json
@options.page
@options.markdown
@options.title
@options.junit
@click.option("--sql", is_flag=True, help="Print the query by which DuckDB finds the same means, and score nothing.")
@click.option("--quiet", is_flag=True, help="Find and print the mean loss and nothing else; show no progress.")
def score(
    files: tuple[str, ...],
    as_json: bool,
    page: str | None,
    markdown: str | None,
    title: str | None,
    junit: str | None,
    sql: bool,
    quiet: bool,
    **more: Any,
) -> int:
    """Score files of predictions, of any size. They are Parquet, CSV, JSON lines, Excel, Arrow IPC or .npz.

    \b
    lossary score predictions.parquet --loss huber --param delta=2 --target y --prediction p
    lossary score predictions.csv    (says how, by the names of its columns)
    lossary score part-*.csv --loss cross_entropy --target label --prediction 'logit_*' --json
    lossary score p.parquet --loss mse --target y --prediction p --group region --html report.html
    """
    if files and more["loss"] is None and more["given"] is None and not any(more[role] for role in ROLES):
        guessed = command_for(options.opened(files), options.written(more))
        return fail(f"nothing was scored; by the names of the columns, this would:\n{as_command(files, guessed)}", 2)
    if sql:
        if as_json or page or markdown or junit or any(more[f"{verb}_{way}"] for verb in ("fail", "warn") for way in WAYS):
            raise UsageError("--sql prints a query and scores nothing; leave out reports and bounds")
        click.echo(query_of(files, **more))
        return 0
    options.check_json(as_json, files)
    for written in (page, markdown, junit):
        if written is not None:
            options.check_page(written, files)
    whole = as_json or page is not None or markdown is not None or not quiet
    with ends_in(junit, " ".join(["score", *files])) as suite:
        with progress_bar(not quiet and sys.stderr.isatty()) as progress:
            found, gates = scored(files, details=whole, progress=progress, **more)
        value = found.mean if found.figure is None else found.figure.value
        show_report(found, repr(value) if quiet else None, as_json, page, title=title)
        suite.outcomes = [gate.outcome(found) for gate in gates]
        write_markdown(markdown, found, suite.outcomes)
    return exit_code(suite.outcomes)


def query_of(files: tuple[str, ...], **more: Any) -> str:
    """Return the query that finds the same means; options are those of the command."""
    from lossary.report.query import write_query  # here, since it imports pyarrow

    for name, usual in (
        ("truth", None),
        ("skip_invalid", False),
        ("missing_members", "raise"),
        ("long", None),
        ("query", None),
    ):
        if more[name] != usual:
            raise UsageError(f"--sql has no way to say --{name.replace('_', '-')}; leave it out")
    if not files:
        raise UsageError("--sql is a query over files; name them")
    chosen, own = _loss_of(more["loss"], more["parameters"], more["levels"])
    names = ("target", "prediction", "weight", "given", "higher_is_better", "classes", "clip", "unlabelled")
    return write_query(
        [*files],
        loss=chosen,
        parameters=own,
        group=more["groups"],
        also=more["also"] or (),
        form=options.written(more),
        **{name: more[name] for name in names},
    )


def _loss_of(loss: str | None, parameters: Sequence[str], levels: str | None) -> tuple[Any, dict[str, float | str]]:
    """Return the loss, or the figure that was named, and its parameters."""
    chosen = None if loss is None else find_loss(loss_of(loss))
    own = {} if chosen is None else options.read_parameters(chosen, parameters, levels)
    return loss if loss in FIGURES else chosen, own


def scored(
    files: tuple[str, ...],
    *,
    loss: str | None,
    parameters: tuple[str, ...],
    levels: str | None,
    groups: tuple[str, ...],
    id_: str | None,
    also: str | None,
    slices: str | None,
    fail_above: tuple[str, ...],
    fail_below: tuple[str, ...],
    warn_above: tuple[str, ...],
    warn_below: tuple[str, ...],
    details: bool,
    progress: Progress | None = None,
    **more: Any,
) -> tuple[Score, list[Gate]]:
    """Return the score of files and the bounds on it; options are those of the command."""
    is_share = loss == "accuracy" or more["higher_is_better"]
    bounds = {"fail_above": fail_above, "fail_below": fail_below, "warn_above": warn_above, "warn_below": warn_below}
    gates = read_gates(loss, is_share=is_share, **bounds)
    data: Any = options.opened(files) if files else None
    if not files:
        more |= options.arrays({role: more[role] for role in ROLES})
    chosen, own = _loss_of(loss, parameters, levels)
    details = details or any(gate.what for gate in gates)
    if details:
        keep_freed_memory()
    found = lossary.report.score(
        data,
        loss=chosen,
        parameters=own,
        group=groups,
        id=id_,
        also=also or (),
        slices=slices or (),
        details=details,
        progress=progress,
        **more,
    )
    return found, gates
