"""The ``lossary`` command: run a subcommand, and turn whatever happens into an exit code."""

from __future__ import annotations

import copy
import errno
import inspect
import io
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import lossary
from lossary import log
from lossary.cli import atlas, check, compare, demo, doctor, explain, explore, losses, score, show, suggest, verify
from lossary.cli.streams import discard, fail, fill_streams, flush, tell
from lossary.cli.wording import as_options
from lossary.engine.user_module import USER_PREFIX
from lossary.errors import ReportError
from lossary.printable import printable


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit; an error is a sentence on stderr and an exit code, never a traceback."""
    fill_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show ∞ gets ? for it
    with log.in_sentences(), _signals() as received:
        code = _run(arguments, received)
    flush(sys.stderr)  # libraries may have written to it
    if arguments is None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt while Python shuts down would show a traceback
    sys.exit(code)


def _run(arguments: Sequence[str] | None, received: list[int]) -> int:
    """Run the subcommand, and return the exit code."""
    try:
        code = cli.main(args=arguments, prog_name="lossary", standalone_mode=False) or 0
        sys.stdout.flush()
        return code
    except ReportError as error:
        return fail(as_options(str(error)), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        tell(error.format_message())
        return error.exit_code
    except click.ClickException as error:
        shown, message = io.StringIO(), error.format_message()
        error.show(shown)
        tell(shown.getvalue().rstrip("\n").replace(message, printable(message)))
        return error.exit_code
    except (KeyboardInterrupt, _Interrupted, click.Abort):
        number = received[0] if received else signal.SIGINT
        return fail("interrupted" if number == signal.SIGINT else "terminated", 128 + number)
    except MemoryError:
        return fail("out of memory: a single row group, record batch or field is too large; write the file in smaller ones", 70)
    except (_ReaderGone, BrokenPipeError):
        discard(sys.stdout)
        return 141
    except OSError as error:
        discard(sys.stdout)
        reason = "stdout is closed" if error.errno == errno.EBADF else error.strerror or printable(str(error))
        return fail(f"what was asked for could not be written: {reason}; make room, or write elsewhere", 4)
    except Exception as error:
        place = inspect.trace()[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        own = [frame for frame in inspect.trace() if frame.frame.f_globals.get("__name__", "").startswith(USER_PREFIX)]
        if own:
            where = f"{Path(own[-1].filename).name}:{own[-1].lineno}"
            return fail(f"the loss failed at {where}: {_named(error)}; correct its definition", 2)
        return fail(f"a mistake in lossary, please report it: {_named(error)} ({where})", 70)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {printable(str(error))}"


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Treat SIGTERM and SIGHUP as interrupts, so that everything is cleaned up; the list gets the signal that came."""
    received: list[int] = []
    before: dict[int, Any] = {}

    def end(number: int, _: Any) -> None:
        received.append(number)
        for other in before:
            signal.signal(other, signal.SIG_IGN)  # cleaning up is not interrupted
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # unless it is ignored, as under nohup
                before[number] = signal.signal(number, end)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _ReaderGone(Exception):  # noqa: N818
    """Nobody reads stdout any more, as after ``| head``; click would exit with 1, which has another meaning here."""


class _Interrupted(Exception):  # noqa: N818
    """An interrupt; click would write an empty line to stderr, which may be full."""


class _Group(click.Group):
    def invoke(self, context: click.Context) -> Any:
        """Run the subcommand, with exceptions that click does not turn into exit codes of its own."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            raise _ReaderGone from None
        except KeyboardInterrupt:
            raise _Interrupted from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(lossary.__version__, prog_name="lossary", message="%(prog)s %(version)s")
def cli() -> None:
    """Losses that run: score predictions, look a loss up, write it out in another language.

    Exit codes: 0 all is well; 1 a condition fails, as --fail-above or --fail-if-worse; 2 wrong usage; 3 bad data;
    4 a file that cannot be read or written.
    """


for command in (
    score.score,
    compare.compare,
    check.check,
    suggest.suggest,
    verify.verify,
    losses.list_losses,
    show.show,
    explain.explain,
    explore.explore,
    atlas.atlas,
    demo.demo,
    doctor.command,
):
    cli.add_command(command)
_former = copy.copy(compare.compare)  # by its name before it compared more than two; the help lists it once
_former.hidden = True
cli.add_command(_former, "compare-predictions")
