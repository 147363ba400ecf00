"""Kernels as machine code: found in memory or on disk, or compiled.

If anything fails in Numba, LLVM or the cache, calls are computed by plain array operations, and a warning says what is lost.
The failure is remembered, so nothing is tried again at every call. An interruption by the user is not a failure.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from pathlib import Path
from typing import Any

from lossary import log
from lossary.kernels import cache, compiler
from lossary.kernels.compiler import Native

__all__ = ["Native", "available", "native"]

_lock = threading.RLock()  # reentrant: the thread that compiles may fork itself
_unavailable: list[str] = []
"""The reason why kernels are unavailable in this process, once it is known; empty until then."""
INSTALL = "pip install numba"  # where no release of it supports this Python, pip says so; an extra would bring nothing
REPAIR = "pip install --upgrade --force-reinstall numba"


def available(name: str) -> bool:
    """Return whether kernels are available; if not, warn once that ``name`` is computed by array operations."""
    if not _unavailable and _has_numba():
        return True
    if not _unavailable:
        _unavailable.append("Numba is not installed")
        _warn("numba", "Numba is not installed", name, f"install it: {INSTALL}")
    return False


def problem() -> str | None:
    """Return why kernels are unavailable in this process, or None if no failure is known."""
    return _unavailable[0] if _unavailable else None


@functools.cache
def _has_numba() -> bool:
    from importlib.util import find_spec

    try:
        return find_spec("numba") is not None
    except Exception:  # importing it will show what is wrong
        return True


def native(source: str, arguments: tuple[str, ...], name: str) -> Native | None:
    """Return the function ``kernel`` of a module's source for arguments of these types, or None if it is unavailable.

    ``name`` says in the log and in warnings what the kernel computes; it is the name of a loss, usually.
    """
    _guard_forks()
    with _lock:
        return _native(source, arguments, name) if available(name) else None


@functools.cache
def _native(source: str, arguments: tuple[str, ...], name: str) -> Native | None:
    try:
        key = _key(source, arguments)
        compiler.machine()
    except Exception as error:  # LLVM is missing or broken, or does not know the processor
        _give_up("LLVM", error, name)
        return None
    code = cache.read(key)
    if code is not None:
        try:
            start = time.perf_counter()
            function = compiler.loaded(code, arguments)
            if log.enabled("debug"):
                log.tell("debug", "%s: kernel %s.o loaded in %.3f s", name, key, time.perf_counter() - start)
            return function
        except Exception as error:
            log.tell("info", "%s: kernel %s.o does not load (%s); it is compiled anew", name, key, _short(error))
    try:
        import numba  # noqa: F401
    except Exception as error:  # for example, it does not support this NumPy yet
        _give_up("Numba", error, name)
        return None
    try:
        start = time.perf_counter()
        with log.told_if_long(
            f"lossary: compiling a kernel for {name}; this takes seconds, once on a machine; prepare() does it ahead"
        ):
            code = compiler.compiled(source, arguments)
            function = compiler.loaded(code, arguments)
    except Exception as error:
        why = f"the kernel of {name} cannot be compiled ({_short(error)})"
        _warn(("kernel", name), why, name, "`lossary doctor` finds out why")
        return None
    seconds = time.perf_counter() - start
    path = cache.write(key, code)
    if log.enabled():
        log.tell("info", "%s: kernel compiled in %.2f s, %s", name, seconds, f"kept as {path}" if path else "kept in memory")
    return function


def _give_up(what: str, error: Exception, name: str) -> None:
    """Remember that kernels are unavailable in this process, and warn."""
    why = f"{what} cannot be used ({_short(error)})"
    _unavailable.append(why)
    _warn("numba", why, name, f"repair it: {REPAIR}")


def _warn(topic: Any, why: str, name: str, remedy: str) -> None:
    log.warn_once(topic, f"{why}, so {name} is computed by plain array operations, which take more time and memory; {remedy}")


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


@functools.cache
def _guard_forks() -> None:
    """Let no process fork while something is compiled: its child would wait for ever for locks that nobody there holds."""
    # a fork takes the locks that were registered last first; logging's would otherwise be held while it waits for this one
    import logging  # noqa: F401

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def _key(source: str, arguments: tuple[str, ...]) -> str:
    """Return a digest of all that the machine code depends on: source, imported files, versions and processor."""
    import hashlib

    import llvmlite
    import llvmlite.binding as llvm

    from lossary._version import __version__

    parts = [source, repr(arguments), __version__, llvmlite.__version__, _imported()]
    parts += [llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


@functools.cache
def _imported(folder: Path = Path(__file__).parent) -> str:
    """Return the text of all modules in the folder: what kernels import and what compiles them is there."""
    return "\0".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.py")))
