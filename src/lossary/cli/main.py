"""The ``lossary`` command: score files of predictions, list and show losses, and a demonstration on shipped data."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import inspect
import io
import json
import os
import re
import shutil
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import lossary
from lossary import log, losses
from lossary.cli import doctor
from lossary.counted import counted
from lossary.engine.decorators import PROBABILITIES
from lossary.engine.loss import Loss
from lossary.errors import ReportError, UsageError
from lossary.formula.languages import LANGUAGES
from lossary.losses.find import OWN, find_loss
from lossary.printable import printable, printable_lines
from lossary.report.measure.choices import ENGINES, METHODS
from lossary.report.show.write import check_writable, write_whole

if TYPE_CHECKING:
    from lossary.report import Score

GIVEN = tuple(PROBABILITIES)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: with a sentence on stderr and a code where something is wrong, never with a traceback."""
    _fill_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show ∞ gets ? for it
    with log.in_sentences(), _signals() as received:
        code = _run(arguments, received)
    _flush(sys.stderr)  # libraries may have written to it
    if arguments is None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done, and an interrupt of what Python tidies up shows a traceback
    sys.exit(code)


def _run(arguments: Sequence[str] | None, received: list[int]) -> int:
    """The exit code of the command."""
    try:
        code = cli.main(args=arguments, prog_name="lossary", standalone_mode=False) or 0
        sys.stdout.flush()
        return code
    except ReportError as error:
        return _complain(str(error), error.exit_code)
    except click.ClickException as error:
        shown, message = io.StringIO(), error.format_message()
        error.show(shown)
        _tell(shown.getvalue().rstrip("\n").replace(message, printable(message)))
        return error.exit_code
    except (KeyboardInterrupt, _Interrupted, click.Abort):
        number = received[0] if received else signal.SIGINT
        return _complain("interrupted" if number == signal.SIGINT else "terminated", 128 + number)
    except MemoryError:
        return _complain(
            "out of memory: a single row group, record batch or field is too large; write the file in smaller ones", 70
        )
    except (_ReaderGone, BrokenPipeError):
        _discard(sys.stdout)
        return 141
    except OSError as error:
        _discard(sys.stdout)
        reason = "stdout is closed" if error.errno == errno.EBADF else error.strerror or printable(str(error))
        return _complain(f"what was asked for could not be written: {reason}; make room, or write elsewhere", 4)
    except Exception as error:
        place = inspect.trace()[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        own = [frame for frame in inspect.trace() if frame.frame.f_globals.get("__name__", "").startswith(OWN)]
        if own:
            where = f"{Path(own[-1].filename).name}:{own[-1].lineno}"
            return _complain(f"the loss failed at {where}: {_named(error)}; correct its definition", 2)
        return _complain(f"a mistake in lossary, please report it: {_named(error)} ({where})", 70)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {printable(str(error))}"


def _fill_streams() -> None:
    """Give the standard streams that are closed a place, or the first file that is opened would take it.

    What is written to stdout then fails, since somebody waits for it; what is written to stderr goes nowhere.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            place = os.open(os.devnull, flags)  # the lowest number that is free
            if place != number:
                os.dup2(place, number)
                os.close(place)
            os.set_inheritable(number, True)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


@contextmanager
def _signals() -> Iterator[list[int]]:
    """End on SIGTERM and SIGHUP as on an interrupt, with what has been begun cleaned up; the list has the signal that came."""
    received: list[int] = []
    before: dict[int, Any] = {}

    def end(number: int, _: Any) -> None:
        received.append(number)
        for other in before:
            signal.signal(other, signal.SIG_IGN)  # cleaning up goes on to its end
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores one
                before[number] = signal.signal(number, end)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep_freed_memory() -> None:
    """Let the C library keep what one batch frees for the next: giving it back and taking it again costs a third of the time.

    Known to glibc only, whose other threads otherwise trim their heaps at every chance.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, 1 << 26)
        library.mallopt(_M_TRIM_THRESHOLD, 1 << 28)
    with contextlib.suppress(ImportError, NotImplementedError):
        import pyarrow  # type: ignore[import-untyped]

        # of Arrow's own allocators the one that holds on to what is freed best (4 % of the time of a bare mean, measured)
        pyarrow.set_memory_pool(pyarrow.jemalloc_memory_pool())


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


class _ReaderGone(Exception):  # noqa: N818
    """Nobody reads stdout any more, as after ``| head``; click would exit with 1, which means something else here."""


class _Interrupted(Exception):  # noqa: N818
    """An interrupt; click would write an empty line to stderr, which may be full."""


class _Group(click.Group):
    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            raise _ReaderGone from None
        except KeyboardInterrupt:
            raise _Interrupted from None


def _discard(stream: Any) -> None:
    """Let what is still buffered for a stream go nowhere, or Python fails once more when it exits."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _flush(stream: Any) -> None:
    """Write what is buffered for a stream, if that can be; else the interpreter would exit with 120."""
    try:
        stream.flush()
    except (OSError, ValueError):
        _discard(stream)


def _tell(text: str) -> None:
    """Write to stderr, if that can be written to; whether it can has no say in the exit code."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(printable_lines(text), err=True)
    _flush(sys.stderr)


def _complain(sentence: str, code: int) -> int:
    _tell(f"lossary: {sentence}")
    return code


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(lossary.__version__, prog_name="lossary", message="%(prog)s %(version)s")
def cli() -> None:
    """Losses that run: score predictions, look a loss up, write it out in another language.

    Exit codes: 0 all is well; 1 --fail-above or --fail-if-worse; 2 wrong usage; 3 bad data; 4 a file that cannot be read or
    written.
    """


@cli.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--loss", required=True, metavar="NAME", help="A built-in loss, or your own: path/to/file.py:name, module:name.")
@click.option("--target", required=True, metavar="COLUMN", help="The column of what happened (or a glob: class probabilities).")
@click.option("--prediction", required=True, metavar="COLUMN", help="A column, a glob ('logit_*'), a,list, or a list column.")
@click.option("--weight", metavar="COLUMN", help="The column of how much each row counts.")
@click.option("--given", type=click.Choice(GIVEN), help="What the predictions are.  [default: logits]")
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the loss; may be repeated.")
@click.option("--classes", metavar="A,B,C", help="The names of the classes, in the order of the predictions.")
@click.option("--group", "groups", multiple=True, metavar="COLUMN", help="Break the loss down by a column; may be repeated.")
@click.option("--id", "id_", metavar="COLUMN", help="The column that tells rows apart: names the worst, finds duplicates.")
@click.option("--cluster", metavar="COLUMN", help="Rows that share its value depend on one another, for the interval.")
@click.option("--also", metavar="LOSSES", help="Other losses on the same rows, as in mae,bce:given=logits.")
@click.option(
    "--interval", type=click.Choice(METHODS), default="normal", show_default=True, help="How the confidence interval is made."
)
@click.option("--level", type=float, default=0.95, show_default=True, help="The confidence level.")
@click.option("--worst", type=int, default=10, show_default=True, help="How many of the worst rows are listed.")
@click.option("--encoding", metavar="NAME", help="The encoding of CSV files, as in cp1252.  [default: utf-8]")
@click.option("--delimiter", metavar="C", help="What separates the fields of CSV files.  [default: found in the header]")
@click.option("--skip-invalid", is_flag=True, help="Leave out rows that cannot be scored, and count them.")
@click.option("--fail-above", type=float, metavar="X", help="Exit with 1 if the mean loss is above X.")
@click.option("--workers", type=int, metavar="N", help="How many share the work.  [default: one a processor]")
@click.option("--engine", type=click.Choice(ENGINES), help="What the workers are.  [default: threads]")
@click.option("--address", metavar="ADDRESS", help="The Ray cluster to work on.  [default: one on this machine]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.option("--html", "page", metavar="FILE", help="Write the report as a page of its own, too.")
@click.option("--quiet", is_flag=True, help="Find and print the mean loss and nothing else; show no progress.")
def score(
    files: tuple[str, ...],
    loss: str,
    parameters: tuple[str, ...],
    groups: tuple[str, ...],
    id_: str | None,
    also: str | None,
    fail_above: float | None,
    as_json: bool,
    page: str | None,
    quiet: bool,
    **options: Any,
) -> int:
    """Score files of predictions: Parquet, CSV, Arrow IPC or .npz, of any size.

    \b
    lossary score predictions.parquet --loss huber --param delta=2 --target y --prediction p
    lossary score part-*.csv --loss cross_entropy --target label --prediction 'logit_*' --json
    lossary score p.parquet --loss mse --target y --prediction p --group region --html report.html
    """
    if fail_above is not None and fail_above != fail_above:
        raise UsageError("--fail-above is a number; got NaN")
    chosen = find_loss(loss)
    own = read_parameters(chosen, parameters)
    if page is not None:
        _check_page(page, files)
    _keep_freed_memory()
    with _progress(not quiet and sys.stderr.isatty()) as progress:
        found = lossary.report.score(
            _opened(files),
            loss=chosen,
            parameters=own,
            group=groups,
            id=id_,
            also=also or (),
            details=as_json or page is not None or not quiet,
            progress=progress,
            **options,
        )
    _show(found, repr(found.mean) if quiet else None, as_json, page)
    if fail_above is not None and not found.mean <= fail_above:
        return _complain(f"the mean loss {found.mean!r} is above --fail-above {fail_above!r}", 1)
    return 0


@cli.command("compare-predictions")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--id", "id", required=True, metavar="COLUMN", help="The column that tells rows apart, in A and in B.")
@click.option("--loss", required=True, metavar="NAME", help="A built-in loss, or your own: path/to/file.py:name, module:name.")
@click.option("--target", required=True, metavar="COLUMN", help="The column of what happened (or a glob: class probabilities).")
@click.option("--prediction", required=True, metavar="COLUMN", help="A column, a glob ('logit_*'), a,list, or a list column.")
@click.option("--prediction-b", metavar="COLUMN", help="B's prediction, where it is named otherwise.")
@click.option("--weight", metavar="COLUMN", help="The column, of A or B, of how much each row counts.")
@click.option("--given", type=click.Choice(GIVEN), help="What the predictions are.  [default: logits]")
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the loss; may be repeated.")
@click.option("--classes", metavar="A,B,C", help="The names of the classes, in the order of the predictions.")
@click.option("--group", multiple=True, metavar="COLUMN", help="Break the difference down by a column of A; may be repeated.")
@click.option("--cluster", metavar="COLUMN", help="Rows that share its value depend on one another, for the interval.")
@click.option("--interval", type=click.Choice(METHODS), default="normal", show_default=True, help="How the interval is made.")
@click.option("--level", type=float, default=0.95, show_default=True, help="The confidence level.")
@click.option("--changed", type=int, default=10, show_default=True, help="How many of the rows that changed most are listed.")
@click.option("--encoding", metavar="NAME", help="The encoding of CSV files, as in cp1252.  [default: utf-8]")
@click.option("--delimiter", metavar="C", help="What separates the fields of CSV files.  [default: found in the header]")
@click.option("--skip-invalid", is_flag=True, help="Leave out rows that cannot be scored, and count them.")
@click.option("--fail-if-worse", is_flag=True, help="Exit with 1 if B is worse than A, or there is no interval to tell by.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.option("--html", "page", metavar="FILE", help="Write the report as a page of its own, too.")
@click.option("--quiet", is_flag=True, help="Print the verdict and the difference and nothing else; show no progress.")
def compare_predictions(
    a: str,
    b: str,
    loss: str,
    parameters: tuple[str, ...],
    fail_if_worse: bool,
    as_json: bool,
    page: str | None,
    quiet: bool,
    **options: Any,
) -> int:
    """Compare predictions B with predictions A of the same rows, joined by an id: files, or globs in quotes.

    \b
    lossary compare-predictions old.parquet new.parquet --id row --loss bce --target y --prediction logit
    lossary compare-predictions a.csv b.csv --id k --loss mae --target y --prediction p --fail-if-worse
    """
    if fail_if_worse and options["interval"] == "none":
        raise UsageError("--fail-if-worse goes by the interval; leave out --interval none")
    chosen = find_loss(loss)
    own = read_parameters(chosen, parameters)
    if page is not None:
        _check_page(page, (a, b))
    _keep_freed_memory()
    with _progress(not quiet and sys.stderr.isatty()) as progress:
        from lossary.report import compare

        a_, b_ = _opened((a, b))
        found = compare(a_, b_, loss=chosen, parameters=own, progress=progress, **options)
    _show(found, f"{found.verdict} {found.difference!r}" if quiet else None, as_json, page)
    if fail_if_worse and found.verdict == "worse":
        return _complain(f"B is worse than A by {found.difference!r}", 1)
    if fail_if_worse and found.verdict == "undecided" and found.interval is None:
        return _complain(f"--fail-if-worse cannot tell whether B is worse; {found.sentence}", 1)
    return 0


def _opened(files: Sequence[str]) -> list[Any]:
    """The files, with standard input for -."""
    if files.count("-") > 1:
        raise UsageError("standard input can be read once; got - twice")
    return [sys.stdin.buffer if file == "-" else file for file in files]


def _check_page(page: str, files: Sequence[str]) -> None:
    """Refuse a page that cannot be written, or that would take the place of what is read."""
    check_writable(page)
    if any(os.path.exists(file) and os.path.exists(page) and os.path.samefile(file, page) for file in files):
        raise UsageError(f"a page does not take the place of what it reports on; got --html {page}; name another file")


def _show(found: Any, short: str | None, as_json: bool, page: str | None) -> None:
    """Print a report, and write it as a page if that is asked for."""
    if page is not None:
        write_whole(page, found.to_html())
    if as_json:
        click.echo(json.dumps(found.to_dict(), allow_nan=False))
    elif short is not None:
        click.echo(short)
        if skipped := getattr(found, "invalid", None):
            kinds = ", ".join(f"{kind} {count:,}" for kind, count in skipped.items())
            _tell(f"lossary: {counted(sum(skipped.values()), 'row was', 'rows were')} skipped ({kinds})")
    else:
        from lossary.report.show import text

        text.show(found.to_dict())
    for warning in found.warnings:
        _tell(f"lossary: warning: {printable(warning)}")


@contextmanager
def _progress(shown: bool) -> Iterator[Callable[[float, int], None] | None]:
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
    """Rows a second, in millions from a million on."""
    return f"{rate / 1e6:.3g} million/s" if rate >= 1e6 else f"{rate:,.0f}/s"


def read_parameters(loss: Loss, given: Sequence[str]) -> dict[str, float]:
    """``name=value`` pairs as numbers; the loss says what it knows."""
    found: dict[str, float] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals:
            raise UsageError(f"a parameter is given as name=value, e.g. --param delta=2; got {pair!r}")
        if name in found:
            raise UsageError(f"a parameter is given once; got {name!r} twice")
        try:
            found[name] = float(value)
        except ValueError:
            raise UsageError(f"parameter {name!r} of {loss.__name__} is a number; got {value!r}") from None
    return found


@cli.command("losses")
def list_losses() -> None:
    """List the losses, with their parameters and what a prediction may be given as."""
    found: list[Loss] = [getattr(losses, name) for name in losses.__all__]
    width = max(len(loss.__name__) for loss in found)
    for loss in found:
        click.echo(f"{loss.__name__:<{width}}  {_headline(loss)}")
        indent = " " * (width + 2)
        if loss.parameters:
            click.echo(f"{indent}parameters: {', '.join(f'{name}={value}' for name, value in loss.parameters.items())}")
        if loss.properties.given:
            click.echo(f"{indent}given: {', '.join(loss.properties.given)}")
    click.echo("\nMore about one: lossary show NAME")


def _headline(loss: Loss) -> str:
    lines = inspect.cleandoc(loss.__doc__ or "").splitlines()
    return _plain(lines[0]) if lines else ""


def _plain(text: str) -> str:
    """A docstring without the marks that are for the pages."""
    text = re.sub(r"\.\. math:: .*?\n(?=\S|\Z)", "", text, flags=re.DOTALL)  # the LaTeX is shown below it
    return re.sub(r":\w+:`([^`]*)`", r"\1", text).replace("``", "").replace("`", "")


@cli.command()
@click.argument("loss", metavar="LOSS")
@click.option("--code", metavar="LANGUAGE", help=f"Print only the formula in {', '.join(LANGUAGES)}; also gradient:LANGUAGE.")
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter to write into SQL.")
@click.option("--given", type=click.Choice(GIVEN), help="What the prediction in the code is.  [default: logits]")
def show(loss: str, code: str | None, parameters: tuple[str, ...], given: str | None) -> None:
    """Show a loss: what it is, its formula, its properties; or its code in another language.

    \b
    lossary show huber
    lossary show huber --code sql --param delta=2
    lossary show cross_entropy --code gradient:javascript
    """
    found = find_loss(loss)
    options: dict[str, Any] = read_parameters(found, parameters) | ({"given": given} if given else {})
    if code is not None:
        try:
            click.echo(found.code(code, **options))
        except (TypeError, ValueError) as error:
            raise UsageError(str(error)) from None
        return
    if options:
        raise UsageError("--param and --given are written into code; add --code sql")
    click.echo(printable(f"{found.__name__}{found.__signature__}") + "\n")
    click.echo(textwrap.indent(printable_lines(_plain(inspect.cleandoc(found.__doc__ or "no docstring"))), "  "))
    click.echo(f"\n{printable_lines(_facts(found))}")


def _facts(loss: Loss) -> str:
    known = loss.properties
    rows = [("kind", known.kind), ("module", loss.__module__)]
    if known.given:
        rows.append(("given", ", ".join(known.given)))
    if loss.parameters:
        rows.append(("parameters", ", ".join(f"{name}={value}" for name, value in loss.parameters.items())))
    if known.kind == "softmax":
        rows.append(("target", "class indices, or class probabilities"))
    else:
        rows += [("prediction in", str(known.prediction)), ("target in", str(known.target))]
    rows.append(("convex", {True: "yes", False: "no", None: "not stated"}[known.convex]))
    if known.kind != "composed":
        rows.append(("best constant", f"the {known.minimizer} of the target" if known.minimizer else "found numerically"))
        rows += [("LaTeX", loss.latex()), ("its gradient", loss.latex("gradient"))]
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"  {label:<{width}}  {value}" for label, value in rows)


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


@cli.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True),
    default="lossary-demo.txt",
    show_default=True,
    help="The report.",
)
def demo(output: str) -> None:
    """Score the held-out predictions that ship with the package, and say what to try next."""
    from importlib import resources

    from lossary.report.show.text import brief

    check_writable(output)
    folder = resources.files("lossary") / "data"
    parts: list[str] = []
    page, title = Path(output).with_suffix(".html"), ""
    for file, loss, prediction, parameters in DEMONSTRATIONS:
        with resources.as_file(folder / file) as path:
            found: Score = lossary.report.score(path, loss=loss, target="target", prediction=prediction, parameters=parameters)
            command = f"{_program()} score {path} --loss {loss} --target target --prediction '{prediction}'" + "".join(
                f" --param {name}={value:g}" for name, value in parameters.items()
            )
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
    """What to type to run this command again: its path, if a shell would not find it by its name."""
    return sys.argv[0] if Path(sys.argv[0]).name == "lossary" and not shutil.which("lossary") else "lossary"


def _next_steps(folder: Any) -> str:
    return "\n".join(
        f"  {_program()} {command}"
        for command in (
            f"score {folder / 'engel.parquet'} --loss huber --also mae --target target --prediction prediction",
            "losses",
            "show huber --code javascript",
            "score YOUR_FILE --loss NAME --target COLUMN --prediction COLUMN",
        )
    )


cli.add_command(doctor.command)
