"""Run a job by processes on this machine."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path

from lossary.errors import LostWorkerError
from lossary.report.measure.one_model.summary import Summary
from lossary.report.measure.plan.job import Job
from lossary.report.run.tasks import ProgressReport, Work, by_tasks, executor_submit


def by_processes(job: Job, works: Sequence[Work], count: int, tell: ProgressReport) -> Summary:
    """Return the summary of all parts, by worker processes that end with this call."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # spawned, since a fork may deadlock on a lock that another thread holds
    with ProcessPoolExecutor(count, get_context("spawn"), _leave_interrupts) as pool:
        try:
            return by_tasks(job, works, executor_submit(pool, _interrupts_held), count, tell)
        except BaseException as error:
            for process in [*(pool._processes or {}).values()]:  # their tasks need not finish
                process.terminate()
            if isinstance(error, BrokenExecutor):
                raise LostWorkerError(_why_lost()) from None
            raise


def _why_lost() -> str:
    """Return the likely reason why a worker died: each worker runs the main script, except what its guard protects."""
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is not None:
        try:
            text = Path(script).read_text(errors="replace")
        except OSError:
            return f"processes are started by a program that is a file, as each worker reads it again; got {script}; save it"
        if "__name__" not in text:
            return (
                f'processes are started by a script that has the guard if __name__ == "__main__":, and {script} has none, so '
                "each worker ran it again; put what the script does under that guard"
            )
    return "a worker died, perhaps for want of memory; start again with fewer workers, or write the files in smaller row groups"


def _leave_interrupts() -> None:
    """Ignore interrupts in a worker: the main process receives them, too, and ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Delay interrupts; processes that are started meanwhile receive none, not even during their imports."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
