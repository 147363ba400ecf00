"""Count duplicate ids in a second pass over the ids alone, in memory while they are few, else in files on disk."""

from __future__ import annotations

import secrets
from contextlib import ExitStack

import numpy as np

from lossary.errors import ReportError, UnwritableError
from lossary.report.measure.plan.job import Job
from lossary.report.measure.rows.skipped import Skipped
from lossary.report.measure.rows.values import read_weight

KEPT = 1 << 20
_SPLITS = 64


def count_duplicates(job: Job, skipped: Skipped) -> tuple[int, int]:
    """Return how many of the scored rows have the id of an earlier row (of the same run), and how many have no id.

    Integers are compared exactly, other ids by hashes of 128 bits under a random key: among a billion different ids, the
    probability of a collision is 10^-20, whoever chose the ids.
    """
    try:
        return _count(job, skipped)
    except ReportError:
        raise
    except OSError as error:
        raise UnwritableError(
            f"the ids could not be kept in the temporary folder: {error.strerror or error}; make room there, or set TMPDIR"
        ) from None


def _count(job: Job, skipped: Skipped) -> tuple[int, int]:
    import tempfile

    plan = job.plan
    assert plan.id is not None
    columns = list(dict.fromkeys(name for name in (plan.id, plan.weight, plan.run) if name is not None))
    family, secret = plan.families[plan.id], secrets.token_bytes(16)
    kept: list[np.ndarray] | None = []
    rows = missing = 0
    with ExitStack() as stack:
        files = []
        for place, table in enumerate(job.tables):
            for part in table.parts():
                for batch in table.batches(columns, 1 << 17, part):
                    keys = batch.columns[plan.id].keys(family)
                    out = skipped.left_out(place, batch.start, read_weight(batch, plan)[1])
                    scored = np.ones(batch.rows, bool) if out is None else ~out
                    if keys.missing is not None:
                        missing += int(np.count_nonzero(keys.missing & scored))
                        scored &= ~keys.missing
                    found = np.stack(keys.digests(secret), axis=1)[scored]
                    if plan.run is not None:  # ids are distinct within a run
                        runs = batch.columns[plan.run].keys(plan.families[plan.run])
                        # the other way round, so that pairs of integers stay distinct
                        found ^= np.stack(runs.digests(secret)[::-1], axis=1)[scored]
                    rows += len(found)
                    if kept is not None:
                        kept.append(found)
                        if rows <= KEPT:
                            continue
                        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(_SPLITS)]
                        found, kept = np.concatenate(kept), None
                    split = found[:, 0] >> np.uint64(58)
                    for k in np.unique(split).tolist():
                        found[split == k].tofile(files[k])
        if kept is not None:
            return rows - _distinct(np.concatenate(kept)) if kept else 0, missing
        distinct = 0
        for file in files:
            file.seek(0)
            distinct += _distinct(np.fromfile(file, np.uint64).reshape(-1, 2))
        return rows - distinct, missing


def _distinct(digests: np.ndarray) -> int:
    """Return the number of distinct pairs."""
    first = np.sort(digests[:, 0])
    alike = first[1:][first[1:] == first[:-1]]
    if not len(alike):
        return len(digests)
    # only pairs with equal first numbers are compared as a whole
    pairs = digests[np.isin(digests[:, 0], alike)]
    pairs = pairs[np.lexsort(pairs.T)]
    return len(digests) - int(np.count_nonzero((pairs[1:] == pairs[:-1]).all(axis=1)))
