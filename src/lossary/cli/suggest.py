"""``lossary suggest``: suggest losses for a target in a file."""

from __future__ import annotations

import json
import shutil
import sys

import click

from lossary.cli import options
from lossary.suggestion import suggest_for
from lossary.suggestion.rules import KINDS


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--target", metavar="COLUMN", required=True, help="The column to be predicted, or a glob: class probabilities.")
@click.option("--prediction", metavar="COLUMN", help="A prediction of it: then outliers and spread are those of the residuals.")
@click.option("--kind", type=click.Choice([*KINDS]), help="The kind of target.  [default: found out]")
@options.encoding
@options.delimiter
@click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout and nothing else.")
def suggest(
    files: tuple[str, ...],
    target: str,
    prediction: str | None,
    kind: str | None,
    encoding: str | None,
    delimiter: str | None,
    as_json: bool,
) -> None:
    """Suggest losses for a target. Say why, what they find, and how they are called.

    The first million rows of the files are looked at.

    \b
    lossary suggest data.parquet --target y
    lossary suggest data.csv --target claims --prediction expected
    """
    found = suggest_for(
        options.opened(files), target=target, prediction=prediction, kind=kind, encoding=encoding, delimiter=delimiter
    )
    if as_json:
        click.echo(json.dumps(found.to_dict(), allow_nan=False))
        return
    terminal = sys.stdout is not None and sys.stdout.isatty()
    click.echo(found.text(max(60, shutil.get_terminal_size((100, 24)).columns) if terminal else None))
