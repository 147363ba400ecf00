"""The log ``lossary``, off unless asked for, and warnings that are given once a process."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from lossary.printable import printable

LEVELS = ("debug", "info", "warning", "error")
_NUMBERS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
"""The levels as ``logging`` counts them."""
_logger: Any = None
_here = threading.local()
_told: set[Any] = set()
_BETWEEN = ("torch.", "importlib.")
"""Modules between a user's line and the first of ours."""


def configure() -> None:
    """Write the log to stderr from the level on that ``LOSSARY_LOG`` names, if it names one."""
    chosen = os.environ.get("LOSSARY_LOG", "").strip().lower()
    if not chosen:
        return
    if chosen not in LEVELS:
        warn_once("LOSSARY_LOG", f"LOSSARY_LOG is one of {', '.join(LEVELS)}; got {chosen!r}; nothing is logged")
        return
    import logging

    logger = logging.getLogger("lossary")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s lossary[%(process)d] %(levelname)s: %(message)s", "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(chosen.upper())
    logger.propagate = False  # or a program that has handlers of its own would show each line twice


def enabled(level: str = "info") -> bool:
    """Return whether anybody listens; nobody does if ``logging`` was never imported."""
    global _logger  # kept, as this is asked in every call: looking it up takes three times as long
    if _logger is None:
        logging: Any = sys.modules.get("logging")
        if logging is None:
            return False
        _logger = logging.getLogger("lossary")
    return bool(_logger.isEnabledFor(_NUMBERS[level]))


def tell(level: str, message: str, *arguments: Any) -> None:
    """Write a line to the log."""
    import logging

    text = printable(message % arguments if arguments else message)
    logging.getLogger("lossary").log(getattr(logging, level.upper()), "%s", text)


def because(reason: str) -> None:
    """Keep why no kernel serves the call that this thread is in, for :func:`served`."""
    _here.reason = reason


def served(name: str, operation: str, inputs: Sequence[Any], path: str, reason: str | None = None) -> None:
    """Tell which path serves a kind of call, and why; once for each kind. No reason stands for the last one kept."""
    if not enabled():
        return
    reason = reason or getattr(_here, "reason", "no kernel serves it")
    kind = name, operation, *map(_dtype, inputs), path, reason
    if kind not in _told:
        _told.add(kind)
        given = " and ".join(f"{_dtype(x)}{list(getattr(x, 'shape', ()))}" for x in inputs)
        tell("info", "%s, %s of %s: by %s; %s", name, operation, given, path, reason)


def _dtype(x: Any) -> str:
    return str(getattr(x, "dtype", type(x).__name__)).removeprefix("torch.")


def warn_once(topic: Any, message: str) -> None:
    """Warn of a loss of speed or the like, at the user's own line; once a process for each topic."""
    if topic in _told:
        return
    _told.add(topic)
    frames = [sys._getframe(1)]
    while (caller := frames[-1].f_back) is not None:
        frames.append(caller)
    modules = [f"{frame.f_globals.get('__name__', '')}." for frame in frames]
    ours = max((i for i, module in enumerate(modules) if module.startswith("lossary.")), default=0)
    behind = (i for i in range(ours + 1, len(frames)) if not modules[i].startswith(_BETWEEN))
    frame = frames[next(behind, len(frames) - 1)]
    place = frame.f_code.co_filename, frame.f_lineno, frame.f_globals.get("__name__")
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    warnings.warn_explicit(f"lossary: {message}", RuntimeWarning, *place, registry)


@contextlib.contextmanager
def in_sentences() -> Iterator[None]:
    """Show warnings of ours as a command does, without a line of source: nobody has written one."""
    before = warnings.formatwarning

    def formatted(message: Any, category: Any, *place: Any, **more: Any) -> str:
        text = str(message)
        ours = category is RuntimeWarning and text.startswith("lossary: ")
        return f"lossary: warning: {printable(text[9:])}\n" if ours else before(message, category, *place, **more)

    warnings.formatwarning = formatted
    try:
        yield
    finally:
        warnings.formatwarning = before


@contextlib.contextmanager
def told_if_long(message: str, seconds: float = 1.0) -> Iterator[None]:
    """Tell, once a process, that something takes long, while it still does."""
    if "long" in _told:
        yield
        return

    def say() -> None:
        if "long" not in _told:
            _told.add("long")
            tell("warning", "%s", message)

    timer = threading.Timer(seconds, say)
    timer.daemon = True
    try:
        timer.start()
    except RuntimeError:  # the interpreter ends and starts no more threads
        yield
        return
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
