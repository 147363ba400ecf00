"""A pool of threads for kernels, which run outside Python's lock.

The caller works too and never waits for a helper that has not begun. So the pool may be used from many threads at once, from
within its own threads, after ``fork`` and while the interpreter ends, and a busy machine is no slower than one thread.
"""

from __future__ import annotations

import operator
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from lossary.printable import as_typed

_chosen: int | None = None
_here = threading.local()
_queue: SimpleQueue[_Job] = SimpleQueue()
_started = 0
_lock = threading.Lock()


def set_num_threads(threads: int | None) -> None:
    """Set the number of threads of a kernel on NumPy arrays; None leaves it to ``LOSSARY_NUM_THREADS`` and the machine.

    Results do not depend on it. On torch tensors the number is torch's own (``torch.set_num_threads``). Raises ValueError for
    what is no whole number of 1 or more.

    >>> import lossary
    >>> lossary.set_num_threads(2)
    >>> lossary.get_num_threads()
    2
    >>> lossary.set_num_threads(None)
    """
    global _chosen
    _chosen = None if threads is None else _positive("set_num_threads: the number of threads", threads)


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Let kernels on NumPy arrays that this thread calls use at most this number of threads."""
    before = getattr(_here, "limit", None)
    _here.limit = threads
    try:
        yield
    finally:
        _here.limit = before


def get_num_threads() -> int:
    """Return the number of threads of a kernel on NumPy arrays.

    It is what :func:`set_num_threads` set, or else the environment's ``LOSSARY_NUM_THREADS``, or else the number of processors
    that this process may use. Raises ValueError where ``LOSSARY_NUM_THREADS`` is no whole number of 1 or more.
    """
    limit = getattr(_here, "limit", None)
    if limit is not None:
        return int(limit)
    if _chosen is not None:
        return _chosen
    asked = os.environ.get("LOSSARY_NUM_THREADS")
    if asked:
        return _positive("LOSSARY_NUM_THREADS", int(asked) if asked.strip().isdecimal() else asked)
    return _processors()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _positive(role: str, value: int | str) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = 0
    if isinstance(value, bool) or number < 1:
        raise ValueError(f"{role} is a whole number ≥ 1; got {as_typed(value)}")
    return number


class _Job:
    """Work that several threads share; each place for a helper is taken once, by a helper or, to close it, by the caller."""

    def __init__(self, work: Callable[[], object], helpers: int) -> None:
        self.work = work
        self.places = [None] * helpers
        self.finished: SimpleQueue[BaseException | None] = SimpleQueue()

    def take_place(self) -> bool:
        try:
            self.places.pop()  # atomic
        except IndexError:
            return False
        return True

    def help(self) -> None:
        if not self.take_place():
            return
        error = None
        try:
            self.work()
        except BaseException as raised:
            error = raised
        self.finished.put(error)

    def wait(self) -> BaseException | None:
        """Wait for one helper, even if the user interrupts: it uses memory that will be freed. Return its exception."""
        try:
            return self.finished.get()
        except BaseException:
            self.finished.get()
            raise


def run(work: Callable[[], object], threads: int) -> None:
    """Call ``work`` in this thread and in up to ``threads - 1`` others; each call does parts of it until none is left."""
    helpers = threads - 1
    if helpers < 1:
        work()
        return
    _start(helpers)
    job = _Job(work, helpers)
    for _ in range(helpers):
        _queue.put(job)
    try:
        work()
    finally:
        begun = helpers
        while job.take_place():
            begun -= 1
        errors = [job.wait() for _ in range(begun)]
    for error in errors:
        if error is not None:
            raise error


def _start(helpers: int) -> None:
    global _started
    if _started < helpers:
        with _lock:
            for number in range(_started, helpers):
                # daemons, so that they never hold up the interpreter's exit
                threading.Thread(target=_serve, args=(_queue,), name=f"lossary-{number}", daemon=True).start()
            _started = max(_started, helpers)


def _serve(queue: SimpleQueue[_Job]) -> None:
    while True:
        queue.get().help()


def _forget() -> None:
    """Start anew in a child process, where only the thread that forked exists."""
    global _queue, _started, _lock
    _queue, _started, _lock = SimpleQueue(), 0, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
