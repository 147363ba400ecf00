"""Who does the work: threads here, other processes, any executor, or a Ray cluster. What comes out is the same to the bit."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

from lossary.errors import LostWorkerError, UsageError
from lossary.kernels import threads
from lossary.report.measure.choices import ENGINES
from lossary.report.measure.summary import Job, Summary, summarise
from lossary.report.read.table import Part

Work = tuple[int, Part]
"""A part of one of the job's tables."""
Progress = Callable[[float, int], None]
"""Called with the part of the work that is done, 0 to 1, and the number of rows read."""
_TASKS_A_WORKER = 4
"""Enough for the last ones to end at about the same time."""


class _Progress:
    """Adds up what the workers have done, and tells not more than 20 times a second."""

    def __init__(self, works: int, tell: Progress | None) -> None:
        self.works, self.tell = works, tell
        self.done, self.rows, self.last = 0.0, 0, 0.0
        self.lock = threading.Lock()

    def __call__(self, done: float, rows: int) -> None:
        if self.tell is None:
            return
        with self.lock:
            self.done, self.rows = self.done + done, self.rows + rows
            now = time.monotonic()
            if now - self.last > 0.05 or self.done > self.works - 1e-9:
                self.last = now
                self.tell(min(1.0, self.done / self.works), self.rows)


def run(
    job: Job,
    *,
    workers: int | None = None,
    engine: str | None = None,
    executor: Executor | None = None,
    address: str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """The summary of all rows of a job, by as many workers as asked for."""
    works = [(file, part) for file, table in enumerate(job.tables) for part in table.parts()]
    if progress is not None and not callable(progress):
        raise UsageError(f"progress is a function of the part done and the rows read; got {type(progress).__name__}")
    tell = _Progress(len(works), progress)
    if executor is not None:
        if engine is not None:
            raise UsageError(f"work is done by an executor or an engine, not both; got executor= and engine={engine!r}")
        if not callable(getattr(executor, "submit", None)):
            raise UsageError(f"an executor is one of concurrent.futures, or has its submit; got {type(executor).__name__}")
        return _by_tasks(job, works, _executor_submit(executor), workers or 4, tell)
    count = workers or threads.get_num_threads()
    if engine == "ray":
        from lossary.report.run.ray import connected

        with connected(address, workers) as (submit, count):
            return _by_tasks(job, works, submit, count, tell)
    if address is not None:
        raise UsageError(f'an address is that of a Ray cluster; got {address!r} without engine="ray"')
    if engine == "processes":
        return _by_processes(job, works, count, tell)
    if engine not in (None, "threads"):
        raise UsageError(f"an engine is one of {', '.join(ENGINES)}; got {engine!r}")
    return _by_threads(job, works, count, tell)


class _Stopped(Exception):  # noqa: N818
    """Another thread has failed, or the person has lost patience."""


def _by_threads(job: Job, works: Sequence[Work], count: int, tell: _Progress) -> Summary:
    """Each thread keeps one summary and takes the next part as soon as it is done with one."""
    shared, lock = iter(works), threading.Lock()
    failed = threading.Event()

    def next_ones() -> Iterator[Work]:
        while not failed.is_set():
            with lock:
                work = next(shared, None)
            if work is None:
                return
            yield work

    def told(done: float, rows: int) -> None:
        if failed.is_set():  # a part may be a whole file: nobody waits for its end
            raise _Stopped
        tell(done, rows)

    def one() -> Summary:
        try:
            # kernels need no threads of their own where every thread has work
            with threads.limited(1):
                return summarise(job, next_ones(), told)
        except BaseException:
            failed.set()
            raise

    count = min(count, len(works))
    if count <= 1:
        return summarise(job, works, tell)
    with ThreadPoolExecutor(count, thread_name_prefix="lossary-score") as pool:
        futures = [pool.submit(one) for _ in range(count)]
        try:
            wait(futures)
        finally:  # after an interrupt too, no thread goes on
            failed.set()
    for future in futures:
        error = future.exception()
        if error is not None and not isinstance(error, _Stopped):
            raise error
    first, *others = (future.result() for future in futures)
    for other in others:
        first.merge(other)
    return first


Submit = Callable[[Job, Sequence[Work]], Future[Summary]]


def _by_processes(job: Job, works: Sequence[Work], count: int, tell: _Progress) -> Summary:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # a process that is forked while threads of ours run may wait for ever for a lock that one of them holds
    with ProcessPoolExecutor(count, get_context("spawn"), _leave_interrupts) as pool:
        try:
            return _by_tasks(job, works, _executor_submit(pool, _interrupts_held), count, tell)
        except BaseException as error:
            for process in [*(pool._processes or {}).values()]:  # nobody waits for the end of their tasks
                process.terminate()
            if isinstance(error, BrokenExecutor):
                raise LostWorkerError(_why_lost()) from None
            raise


def _why_lost() -> str:
    """Return why a worker died, as far as it can be told: each runs the script that started it, but for what a guard keeps."""
    script = getattr(sys.modules["__main__"], "__file__", None)
    with suppress(OSError):
        if script is not None and "__name__" not in Path(script).read_text(errors="replace"):
            return (
                f'processes are started by a script that has the guard if __name__ == "__main__":, and {script} has none, so '
                "each worker ran it again; put what the script does under that guard"
            )
    return "a worker died, perhaps for want of memory; start again with fewer workers, or write the files in smaller row groups"


def _leave_interrupts() -> None:
    """In a worker: an interrupt is for the process that started it, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Interrupts wait, and processes that are started meanwhile see none, not even while they import what they need."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _executor_submit(executor: Executor, held: Callable[[], AbstractContextManager[None]] = nullcontext) -> Submit:
    def submit(job: Job, works: Sequence[Work]) -> Future[Summary]:
        with held():
            return executor.submit(summarise, job, list(works))

    return submit


def _by_tasks(job: Job, works: Sequence[Work], submit: Submit, workers: int, tell: _Progress) -> Summary:
    """Tasks of some parts each; no more are out at once than keep the workers busy, and summaries are merged as they come."""
    size = max(1, -(-len(works) // (workers * _TASKS_A_WORKER)))
    tasks = [works[i : i + size] for i in range(0, len(works), size)]
    waiting: dict[Future[Summary], int] = {}
    found = Summary(job)  # what comes back may lie in memory that cannot be written
    tasks.reverse()
    try:
        while tasks or waiting:
            while tasks and len(waiting) < 2 * workers:
                task = tasks.pop()
                sent = job.only(*task[0]) if len(task) == 1 else job
                waiting[submit(sent, task)] = len(task)
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                number = waiting.pop(future)
                summary = future.result()
                tell(number, summary.rows)
                found.merge(summary)
    finally:
        for future in waiting:
            future.cancel()
    return found
