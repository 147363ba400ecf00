"""``lossary check``: scores and comparisons with conditions, all in one file."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from lossary._version import __version__
from lossary.cli import compare, options, score
from lossary.cli.checks_file import Check, read_checks
from lossary.cli.gates import FAIL, Outcome, worst_of
from lossary.cli.junit import Suite, document
from lossary.counted import counted
from lossary.errors import ReportError
from lossary.printable import printable
from lossary.report.findings import WARNING, Finding
from lossary.report.show.layout import headline
from lossary.report.show.markdown import escaped
from lossary.report.show.write import write_whole

_COMMANDS = {"score": score.score, "compare": compare.compare}
_ERROR = "error"


@dataclass
class _Done:
    """A check that was made."""

    check: Check
    suite: Suite
    findings: Sequence[Finding] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    code: int = 0
    """The exit code of its error, or 0."""

    @property
    def status(self) -> str:
        return _ERROR if self.suite.error is not None else worst_of(self.suite.outcomes)

    def lines(self) -> list[tuple[str, str]]:
        """Return the status and the sentence of each condition, or of the error."""
        if self.suite.error is not None:
            return [(_ERROR, self.suite.error.replace("\n", " "))]
        return [(outcome.status, outcome.sentence) for outcome in self.suite.outcomes]


@click.command()
@click.argument("file", metavar="CHECKS.TOML")
@options.as_json
@options.markdown
@options.junit
@click.option("--quiet", is_flag=True, help="Print only what does not pass.")
def check(file: str, as_json: bool, markdown: str | None, junit: str | None, quiet: bool) -> int:
    """Check conditions on scores and comparisons. A file names them; paths in it are relative to it.

    \b
    [score.holdout]                # the keys are the options of lossary score
    files = "holdout.parquet"
    loss = "bce"
    target = "y"
    prediction = "logit"
    warn-above = 0.30
    fail-above = [0.35, "high=0.4"]

    \b
    [compare.candidate]            # the keys are the options of lossary compare
    files = ["old.parquet", "new.parquet"]
    id = "row"
    loss = "mae"
    target = "y"
    prediction = "p"
    fail-if-worse = true
    """
    checks = read_checks(file, _COMMANDS)
    for written in (markdown, junit):
        if written is not None:
            options.check_page(written, [file])
    done = [_made(one) for one in checks]
    if junit is not None:
        write_whole(junit, document([one.suite for one in done]))
    if markdown is not None:
        write_whole(markdown, _markdown(file, done))
    click.echo(json.dumps(_document(file, done), allow_nan=False) if as_json else _text(file, done, quiet=quiet))
    return max((one.code or int(one.status == FAIL) for one in done), default=0)


def _made(check: Check) -> _Done:
    """Make one check; an error is one of its results."""
    done = _Done(check, Suite(check.path))
    try:
        with done.suite.measured():
            found, done.suite.outcomes = _outcomes(check)
        done.findings, done.metrics = found.findings, found.metrics()
    except ReportError as error:
        done.code = error.exit_code
    return done


def _outcomes(check: Check) -> tuple[Any, list[Outcome]]:
    if check.kind == "compare":
        return compare.compared(**check.options)
    found, gates = score.scored(**check.options, details=True)
    return found, [gate.outcome(found) for gate in gates]


def _verdict(file: str, done: Sequence[_Done]) -> str:
    """Return how many checks came to what, the worst first."""
    count = {status: sum(one.status == status for one in done) for status in (_ERROR, FAIL, "warn", "pass")}
    said = {
        _ERROR: "cannot be made",
        FAIL: "fails" if count[FAIL] == 1 else "fail",
        "warn": "warns" if count["warn"] == 1 else "warn",
        "pass": "passes" if count["pass"] == 1 else "pass",
    }
    held = [f"{number} {said[status]}" for status, number in count.items() if number]
    return f"{printable(file)}: {', '.join(held)}, of {counted(len(done), 'check')}"


def _remarks(done: Sequence[_Done]) -> list[tuple[str, str]]:
    return [
        (f"warning {finding.code}", f"{one.check.path}: {finding.message}")
        for one in done
        for finding in one.findings
        if finding.level == WARNING and not finding.ignored
    ]


def _text(file: str, done: Sequence[_Done], *, quiet: bool) -> str:
    shown = [(status, one.check.path, line) for one in done for status, line in one.lines() if not quiet or status != "pass"]
    width = max(60, shutil.get_terminal_size((100, 24)).columns) if sys.stdout.isatty() else None
    facts = [(f"{status:<5}  {printable(path)}", line) for status, path, line in shown]
    return "\n".join(headline(_verdict(file, done), facts or [("", "")], _remarks(done), width)).rstrip()


def _markdown(file: str, done: Sequence[_Done]) -> str:
    lines = [f"### {escaped(_verdict(file, done))}", "", "| | check | |", "|---|---|---|"]
    for one in done:
        for status, sentence in one.lines():
            marked = status if status == "pass" else f"**{status}**"
            lines.append(f"| {marked} | {escaped(one.check.path)} | {escaped(sentence)} |")
    lines += ["", *(f"> **{kind}:** {escaped(text)}\n" for kind, text in _remarks(done))]
    return "\n".join(lines).rstrip("\n") + "\n"


def _document(file: str, done: Sequence[_Done]) -> dict[str, Any]:
    from lossary.report.show.document import as_json

    checks = [
        {
            "name": one.check.path,
            "status": one.status,
            "error": one.suite.error,
            "conditions": one.suite.outcomes,
            "metrics": one.metrics,
            "findings": one.findings,
            "seconds": round(one.suite.seconds, 3),
        }
        for one in done
    ]
    found: dict[str, Any] = as_json({"schema": 1, "kind": "checks", "lossary": __version__, "file": file, "checks": checks})
    return found
