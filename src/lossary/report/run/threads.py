"""Run a job by threads of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from lossary.kernels import threads
from lossary.report.measure.one_model.summary import Summary, summarise
from lossary.report.measure.plan.job import Job
from lossary.report.run.tasks import ProgressReport, Work


class _Stopped(Exception):  # noqa: N818
    """Another thread has failed, or the run was interrupted."""


def by_threads(job: Job, works: Sequence[Work], count: int, tell: ProgressReport) -> Summary:
    """Return the summary of all parts; each thread keeps one summary and takes one part after another."""
    shared, lock = iter(works), threading.Lock()
    failed = threading.Event()

    def next_ones() -> Iterator[Work]:
        while not failed.is_set():
            with lock:
                work = next(shared, None)
            if work is None:
                return
            yield work

    def report(done: float, rows: int) -> None:
        if failed.is_set():  # a part may be a whole file, which need not be finished
            raise _Stopped
        tell(done, rows)

    def one() -> Summary:
        try:
            # kernels use one thread each, since all are busy
            with threads.limited(1):
                return summarise(job, next_ones(), report)
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
        finally:  # also after an interrupt, no thread continues
            failed.set()
    for future in futures:
        error = future.exception()
        if error is not None and not isinstance(error, _Stopped):
            raise error
    first, *others = (future.result() for future in futures)
    for other in others:
        first.merge(other)
    return first
