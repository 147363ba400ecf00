"""Options that several commands have."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from lossary.engine.loss import Loss
from lossary.errors import UnreadableError, UsageError, first_line
from lossary.report.measure.plan.choices import ENGINES, EVERY, METHODS
from lossary.report.measure.plan.levels import LEVELS
from lossary.report.read.form import TextFormat
from lossary.report.show.write import check_writable

loss = click.option(
    "--loss",
    metavar="NAME",
    help="A built-in loss (see: lossary losses), rmse, rmsle or accuracy; or your own: path/to/file.py:name, module:name.",
)
target = click.option(
    "--target", metavar="COLUMN", help="The column of what happened (or a glob: class probabilities), if the loss has a target."
)
prediction = click.option(
    "--prediction",
    metavar="COLUMN",
    help="A column, a glob ('logit_*'), a,list, or a list column; of several predictions, as in mean=mu,variance=s2.",
)
given = click.option(
    "--given",
    metavar="FORM",
    help="What the predictions are: logits (the default) or probabilities; the loss says what it takes. Or loss: ready-made, "
    "without --loss.",
)
higher = click.option("--higher-is-better", is_flag=True, help="With --given loss: it is a score, of which more is better.")
parameters = click.option(
    "--param", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the loss; may be repeated."
)
levels = click.option(
    "--levels",
    metavar="A,B,C",
    help="The levels of quantiles, one for each column; or from-names, for columns such as q0.1 or p10.",
)
classes = click.option("--classes", metavar="A,B,C", help="The names of the classes, those of columns or in their order.")
cluster = click.option("--cluster", metavar="COLUMN", help="Rows that share its value depend on one another, for the interval.")
time = click.option(
    "--time", metavar="COLUMN", help="Dates, times or step numbers: show the loss over time, and take near times as dependent."
)
every = click.option("--every", type=click.Choice(EVERY), help="The length of periods of --time.  [default: by their number]")
time_zone = click.option(
    "--time-zone",
    metavar="ZONE",
    help="Where the days of --time begin, such as Europe/Berlin.  [default: the time zone of the column, or UTC]",
)
horizon = click.option(
    "--horizon", type=int, metavar="H", help="With --time: forecasts look H times ahead, so their errors depend on one another."
)
run = click.option("--run", metavar="COLUMN", help="The run of one model (seed, fold) of each row: runs are clusters.")
interval = click.option(
    "--interval", type=click.Choice(METHODS), default="normal", show_default=True, help="How the confidence interval is made."
)
level = click.option("--level", type=float, default=0.95, show_default=True, help="The confidence level.")
encoding = click.option("--encoding", metavar="NAME", help="The encoding of CSV files, as in cp1252.  [default: utf-8]")
delimiter = click.option(
    "--delimiter", metavar="C", help="What separates the fields of CSV files.  [default: found in the header]"
)
decimal = click.option("--decimal", metavar="C", help="The decimal sign of numbers in CSV files.  [default: .]")
thousands = click.option("--thousands", metavar="C", help="What stands between thousands in CSV files: , . ' _ or a space.")
comment = click.option("--comment", metavar="C", help="The character with which lines of CSV files begin that are no rows.")
sheet = click.option("--sheet", metavar="NAME", help="The sheet of a workbook of Excel.  [default: the first one]")
skip_invalid = click.option("--skip-invalid", is_flag=True, help="Leave out rows that cannot be scored, and count them.")
_MISSING = click.Choice(("raise", "skip"))
truth = click.option(
    "--truth",
    metavar="FILE",
    callback=lambda context, option, value: sys.stdin.buffer if value == "-" else value,
    help="Another file that holds the target, joined by --id.",
)
unlabelled = click.option(
    "--unlabelled",
    type=_MISSING,
    default="raise",
    show_default=True,
    help="What rows without a target are.",
)
unpredicted = click.option(
    "--unpredicted",
    type=_MISSING,
    default="raise",
    show_default=True,
    help="What rows of --truth alone are.",
)
query = click.option(
    "--query",
    "--group-id",
    "query",
    metavar="COLUMN",
    help="For losses of lists, such as lambda_rank: the column, or a,b together, that items of one list share.",
)
long = click.option(
    "--long",
    metavar="LEVEL=VALUE",
    help="Rows are quantiles or members, gathered by --id; the columns of level and value, as in output_type_id=value.",
)
missing_members = click.option(
    "--missing-members",
    type=_MISSING,
    default="raise",
    show_default=True,
    help="What missing members of an ensemble are: errors, or left out row by row.",
)
clip = click.option("--clip", type=float, metavar="X", help="Move probabilities to at least X from 0 and 1, and say how many.")
ignore = click.option(
    "--ignore", multiple=True, metavar="CODES", help="Findings not to be told, as in L101,L303; see lossary explain."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout and nothing else.")
page = click.option("--html", "page", metavar="FILE", help="Write the report as a page of its own, too.")

workers = click.option("--workers", type=int, metavar="N", help="How many share the work.  [default: one a processor]")
engine = click.option("--engine", type=click.Choice(ENGINES), help="What the workers are.  [default: threads]")
address = click.option("--address", metavar="ADDRESS", help="The Ray cluster to work on.  [default: one on this machine]")

title = click.option("--title", metavar="TEXT", help="The heading of the page.")
junit = click.option("--junit", metavar="FILE", help="Write the conditions as test cases in JUnit's XML, too, for CI.")
markdown = click.option("--markdown", metavar="FILE", help="Write the report as Markdown, too, for a pull request.")

SHOWN = ("as_json", "page", "markdown", "title", "junit", "sql", "quiet")
"""The options, by the names of their values, that decide how a report is shown, and nothing in it."""


def written(given: Mapping[str, Any]) -> TextFormat:
    """Return how files are written, as options say."""
    return TextFormat(**{name: given[name] for name in ("encoding", "delimiter", "decimal", "thousands", "comment", "sheet")})


def opened(files: Sequence[str]) -> list[Any]:
    """Return the files, with standard input for ``-``."""
    if files.count("-") > 1:
        raise UsageError("standard input can be read once; got - twice")
    return [sys.stdin.buffer if file == "-" else file for file in files]


def arrays(roles: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the arrays of ``.npy`` files by role, where no file of columns is named."""
    import numpy as np

    found: dict[str, Any] = {}
    for role, path in roles.items():
        if path is None:
            continue
        if not path.endswith(".npy"):
            raise UsageError(f"name the files to score, or .npy files for every role; got --{role} {path} without a file")
        try:
            found[role] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise UnreadableError(f"{path} cannot be read as a .npy file: {first_line(error)}; check the path") from None
    if not found:
        raise UsageError("name the files to score; got none")
    return found


def check_page(page: str, files: Sequence[str]) -> None:
    """Refuse a page that cannot be written, or that would take the place of what is read."""
    check_writable(page)
    if any(os.path.exists(file) and os.path.exists(page) and os.path.samefile(file, page) for file in files):
        raise UsageError(f"a page does not take the place of what it reports on; got --html {page}; name another file")


def check_json(as_json: bool, files: Sequence[str]) -> None:
    """Refuse ``--json report.json``, which reads like ``--html report.html`` and would score the file that it names."""
    missing = [file for file in files if file.endswith(".json") and "://" not in file and not os.path.exists(file)]
    if as_json and missing:
        raise UsageError(
            f"--json takes no file and prints to stdout; got {missing[0]}, which does not exist to be read; "
            f"to write it, end the command with: --json > {missing[0]}"
        )


def read_parameters(loss: Loss, given: Sequence[str], levels: str | None = None) -> dict[str, float | str]:
    """Return the values of ``name=value`` pairs by name; the score refuses names that the loss does not have."""
    found: dict[str, float | str] = {}
    if levels is not None:
        if LEVELS not in loss.formulas.arrays:
            raise UsageError(f"--levels are those of quantiles, and {loss.__name__} takes none; leave it out")
        given = [*given, f"{LEVELS}={levels}"]
    for pair in given:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals:
            raise UsageError(f"a parameter is given as name=value, e.g. --param delta=2; got {pair!r}")
        if name in found:
            raise UsageError(f"a parameter is given once; got {name!r} twice")
        if name in loss.choices or name in loss.formulas.arrays:
            found[name] = loss.word_of(name, value.strip()) if name in loss.choices else value.strip()
            continue
        try:
            found[name] = float(value)
        except ValueError:
            raise UsageError(f"parameter {name!r} of {loss.__name__} is a number; got {value!r}") from None
    return found
