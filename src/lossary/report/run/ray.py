"""Run a job on a Ray cluster, which repeats a task elsewhere if its worker dies."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from lossary.errors import LostWorkerError, UsageError, first_line
from lossary.report.measure.one_model.summary import Summary, summarise
from lossary.report.measure.plan.job import Job
from lossary.report.run.tasks import Submit, Work

_RETRIES = 10
"""The most repetitions of a task whose worker or machine dies; a task that raises is not repeated."""


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[tuple[Submit, int]]:
    """Yield a function that submits tasks to a cluster, and the number of tasks that run at a time.

    Without an address, this is the cluster that this process is connected to already, or a new one on this machine with
    ``workers`` processors, which ends with the work.
    """
    try:
        import ray  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise UsageError('engine="ray" takes Ray, which is not installed: pip install "lossary[ray]"') from None
    started = not ray.is_initialized()
    if started:
        try:
            ray.init(
                address=address,
                num_cpus=None if address else workers,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, ValueError) as error:
            reason = first_line(error)
            raise UsageError(
                f"no Ray cluster at {address!r}: {reason}; start one by `ray start --head`, or leave it out"
            ) from None
    try:
        remote = ray.remote(max_retries=_RETRIES)(summarise)

        def submit(job: Job, works: Sequence[Work]) -> Future[Summary]:
            found: Future[Summary] = remote.remote(job, list(works)).future()
            return found

        count = workers or max(1, int(_processors(ray)))
        yield submit, count
    except ray.exceptions.RayTaskError as error:  # wraps the error of a task
        cause = error.cause
        raise (cause if isinstance(cause, Exception) else error) from None
    except ray.exceptions.RayError as error:
        reason = first_line(error)
        raise LostWorkerError(f"the work could not be finished on the Ray cluster: {reason}; see Ray's logs") from None
    finally:
        if started:
            ray.shutdown()


def _processors(ray: Any) -> float:
    return float(ray.cluster_resources().get("CPU", 1))
