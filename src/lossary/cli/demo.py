"""``lossary demo``: score the predictions that ship with the package."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from shlex import quote
from typing import Any

import click

import lossary
from lossary.report.show.write import check_writable, write_whole

DEMONSTRATIONS: tuple[tuple[str, str, str, dict[str, float]], ...] = (
    ("engel.parquet", "squared_error", "prediction", {}),
    ("engel.parquet", "absolute_error", "prediction", {}),
    ("engel.parquet", "huber", "prediction", {"delta": 50.0}),
    ("randhie.parquet", "binary_cross_entropy", "prediction", {}),
    ("anes96.parquet", "cross_entropy", "logit_*", {}),
)
STORIES = {
    "engel.parquet": "Regression with outliers: the food expenditure of 235 households from their income (Engel, 1857)",
    "randhie.parquet": "Two outcomes: did a person see a doctor within the year (RAND Health Insurance Experiment)",
    "anes96.parquet": "Seven classes: party identification from opinions (American National Election Studies, 1996)",
}


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True),
    default="lossary-demo.txt",
    show_default=True,
    help="The report.",
)
def demo(output: str) -> None:
    """Score the predictions that come with the package. Say what to try next."""
    from importlib import resources

    from lossary.report.show.text import brief

    check_writable(output)
    folder = resources.files("lossary") / "data"
    parts: list[str] = []
    page, title = Path(output).with_suffix(".html"), ""
    for file, loss, prediction, parameters in DEMONSTRATIONS:
        with resources.as_file(folder / file) as path:
            found = lossary.report.score(path, loss=loss, target="target", prediction=prediction, parameters=parameters)
            command = f"{_program()} score {quote(str(path))} --loss {loss} --target target --prediction {quote(prediction)}"
            command += "".join(f" --param {name}={value:g}" for name, value in parameters.items())
        heading = "" if STORIES[file] == title else f"{STORIES[file]}\n{'-' * len(STORIES[file])}\n\n"
        title = STORIES[file]
        click.echo(f"{heading}$ {command}\n{brief(found.to_dict())}\n")
        parts.append(f"{heading}$ {command}\n{found}")
    write_whole(output, "\n\n".join(parts) + "\n")
    write_whole(str(page), found.to_html())
    click.echo(
        f"The whole report is in {Path(output).resolve()}\nThe last one as a page is in {page.resolve()}\n\n"
        f"Try next:\n{_next_steps(folder)}"
    )


def _program() -> str:
    """Return how to call this command: by its path if a shell would not find its name."""
    return quote(sys.argv[0]) if Path(sys.argv[0]).name == "lossary" and not shutil.which("lossary") else "lossary"


def _next_steps(folder: Any) -> str:
    return "\n".join(
        f"  {_program()} {command}"
        for command in (
            f"score {quote(str(folder / 'engel.parquet'))} --loss huber --also mae --target target --prediction prediction",
            "losses",
            "show huber --code javascript",
            "score YOUR_FILE --loss NAME --target COLUMN --prediction COLUMN",
        )
    )
