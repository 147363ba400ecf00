"""A pool of threads for kernels, which run outside Python's lock.

The caller works too, and never waits for a helper that has not begun: so the pool is safe when used from many threads at once,
from within its own threads, after ``fork`` and while the interpreter ends, and a busy machine costs no more than one thread.
"""

from __future__ import annotations

import operator
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

_chosen: int | None = None
_here = threading.local()
_queue: SimpleQueue[_Job] = SimpleQueue()
_started = 0
_lock = threading.Lock()


def set_num_threads(threads: int | None) -> None:
    """How many threads a kernel uses on NumPy arrays; None leaves it to ``LOSSARY_NUM_THREADS`` and the machine.

    Results do not depend on it. On torch tensors the number is torch's own (``torch.set_num_threads``).
    """
    global _chosen
    _chosen = None if threads is None else _positive("set_num_threads: the number of threads", threads)


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """In this thread, kernels on NumPy arrays use no more than so many threads."""
    before = getattr(_here, "limit", None)
    _here.limit = threads
    try:
        yield
    finally:
        _here.limit = before


def get_num_threads() -> int:
    """How many threads a kernel uses on NumPy arrays.

    That is what :func:`set_num_threads` chose, or the environment's ``LOSSARY_NUM_THREADS``, or as many as there are
    processors that this process may use.
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
        raise ValueError(f"{role} is a whole number ≥ 1; got {value!r}")
    return number


class _Job:
    """One piece of work that several threads may share; each place for a helper is taken once, by it or by the caller."""

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
        """Wait for one helper, also when the user interrupts: it works on memory that is to be freed."""
        try:
            return self.finished.get()
        except BaseException:
            self.finished.get()
            raise


def run(work: Callable[[], object], threads: int) -> None:
    """Call ``work`` in this thread and in up to ``threads - 1`` others at once; each call takes what is left to do."""
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
    """In a child process there are no threads but the one that forked."""
    global _queue, _started, _lock
    _queue, _started, _lock = SimpleQueue(), 0, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
