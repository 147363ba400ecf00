"""Run a job by threads, processes, an executor or a Ray cluster; the results are equal to the bit."""

from __future__ import annotations

from concurrent.futures import Executor

from lossary.errors import UsageError
from lossary.kernels import threads
from lossary.report.measure.one_model.summary import Summary
from lossary.report.measure.plan.choices import ENGINES
from lossary.report.measure.plan.job import Job, Progress
from lossary.report.run.processes import by_processes
from lossary.report.run.tasks import ProgressReport, by_tasks, executor_submit
from lossary.report.run.threads import by_threads


def run(
    job: Job,
    *,
    workers: int | None = None,
    engine: str | None = None,
    executor: Executor | None = None,
    address: str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Return the summary of all rows of a job."""
    works = [(file, part) for file, table in enumerate(job.tables) for part in table.parts()]
    if progress is not None and not callable(progress):
        raise UsageError(f"progress is a function of the fraction done and the rows read; got {type(progress).__name__}")
    tell = ProgressReport(len(works), progress)
    if executor is not None:
        if engine is not None:
            raise UsageError(f"work is done by an executor or an engine, not both; got executor= and engine={engine!r}")
        if not callable(getattr(executor, "submit", None)):
            raise UsageError(
                f"an executor is a concurrent.futures.Executor, or has a submit method like it; got {type(executor).__name__}"
            )
        return by_tasks(job, works, executor_submit(executor), workers or 4, tell)
    count = workers or threads.get_num_threads()
    if engine == "ray":
        from lossary.report.run.ray import connected

        with connected(address, workers) as (submit, count):
            return by_tasks(job, works, submit, count, tell)
    if address is not None:
        raise UsageError(f'an address is that of a Ray cluster; got {address!r} without engine="ray"')
    if engine == "processes":
        return by_processes(job, works, count, tell)
    if engine not in (None, "threads"):
        raise UsageError(f"an engine is one of {', '.join(ENGINES)}; got {engine!r}")
    return by_threads(job, works, count, tell)
