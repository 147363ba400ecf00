"""Rows whose id another row has: a second pass over the ids alone, in memory while they are few, else by files on disk."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np

from lossary.report.columns import read_weight
from lossary.report.errors import ReportError, UnwritableError
from lossary.report.summary import Summary

KEPT = 1 << 22
_SPLITS = 64


def count_duplicates(summary: Summary) -> tuple[int, int]:
    """How many of the rows scored have an id that an earlier one has, and how many have none.

    Ids are compared by hashes of 64 bits: among 100 million different texts, two that hash alike are found once in 3,700 times.
    """
    try:
        return _count(summary)
    except ReportError:
        raise
    except OSError as error:
        raise UnwritableError(
            f"the ids could not be kept in the temporary folder: {error.strerror or error}; make room there, or set TMPDIR"
        ) from None


def _count(summary: Summary) -> tuple[int, int]:
    import tempfile

    job, plan = summary.job, summary.job.plan
    assert plan.id is not None
    columns = [plan.id] if plan.weight is None else [plan.id, plan.weight]
    kept: list[np.ndarray] | None = []
    rows = missing = 0
    with ExitStack() as stack:
        files = []
        for place, table in enumerate(job.tables):
            for part in table.parts():
                for batch in table.batches(columns, 1 << 17, part):
                    found = batch.columns[plan.id].hashes()
                    out = summary.left_out(place, batch.start, read_weight(batch, plan)[1])
                    found = found if out is None else found[~out]
                    missing += int(np.count_nonzero(found == 0))
                    found = found[found != 0]
                    rows += len(found)
                    if kept is not None:
                        kept.append(found)
                        if rows <= KEPT:
                            continue
                        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(_SPLITS)]
                        found, kept = np.concatenate(kept), None
                    split = found >> np.uint64(58)
                    for k in np.unique(split).tolist():
                        found[split == k].tofile(files[k])
        if kept is not None:
            return rows - len(np.unique(np.concatenate(kept))) if kept else 0, missing
        distinct = 0
        for file in files:
            file.seek(0)
            distinct += len(np.unique(np.fromfile(file, np.uint64)))
        return rows - distinct, missing
