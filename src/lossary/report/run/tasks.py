"""Run parts of a job as tasks of an executor or a cluster, and merge their summaries."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext

from lossary.report.measure.one_model.summary import Summary, empty_summary, summarise
from lossary.report.measure.plan.job import Job, Progress
from lossary.report.read.table import Part

Work = tuple[int, Part]
"""The index of a table of the job, and a part of it."""
_TASKS_PER_WORKER = 4
"""Enough tasks that the last ones end at about the same time."""


class ProgressReport:
    """Adds up the work of all workers, and reports it at most 20 times a second."""

    def __init__(self, works: int, tell: Progress | None) -> None:
        self.works, self.tell = works, tell
        self.done, self.rows, self.last = 0.0, 0, 0.0
        self.lock = threading.Lock()

    def __call__(self, done: float, rows: int) -> None:
        """Add work that is done: a fraction of one part, and rows read."""
        if self.tell is None:
            return
        with self.lock:
            self.done, self.rows = self.done + done, self.rows + rows
            now = time.monotonic()
            if now - self.last > 0.05 or self.done > self.works - 1e-9:
                self.last = now
                self.tell(min(1.0, self.done / self.works), self.rows)


Submit = Callable[[Job, Sequence[Work]], Future[Summary]]


def executor_submit(executor: Executor, held: Callable[[], AbstractContextManager[None]] = nullcontext) -> Submit:
    """Return a function that submits parts of a job to an executor, within the context ``held()``."""

    def submit(job: Job, works: Sequence[Work]) -> Future[Summary]:
        with held():
            return executor.submit(summarise, job, list(works))

    return submit


def by_tasks(job: Job, works: Sequence[Work], submit: Submit, workers: int, tell: ProgressReport) -> Summary:
    """Return the summary of all parts, from tasks of some parts each, at most two for each worker at a time."""
    size = max(1, -(-len(works) // (workers * _TASKS_PER_WORKER)))
    tasks = [works[i : i + size] for i in range(0, len(works), size)]
    waiting: dict[Future[Summary], int] = {}
    found = empty_summary(job)  # results may lie in read-only memory, so they are merged into this one
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
