"""Compute exact totals of rows that an engine passes as Arrow record batches, such as Spark's ``mapInArrow``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lossary.errors import BadDataError
from lossary.report.measure.one_model.summary import Summary
from lossary.report.measure.plan import checks
from lossary.report.measure.plan.inputs import Predictions
from lossary.report.measure.plan.job import BATCH_NUMBERS, Job
from lossary.report.measure.plan.make_plan import make_plan
from lossary.report.measure.plan.roles import Roles
from lossary.report.measure.plan.select import Names

if TYPE_CHECKING:
    from lossary.engine.calls import Loss

Worker = Callable[[Iterator[Any]], Iterator[Any]]


def total_in_arrow(
    *,
    loss: Loss | str,
    target: Names | None = None,
    prediction: Predictions = None,
    weight: str | None = None,
    given: str | None = None,
    parameters: Mapping[str, float | str | Sequence[float]] | None = None,
    classes: Sequence[str] | str | None = None,
    skip_invalid: bool = False,
) -> Worker:
    """Return a function from record batches to one record batch with their exact total, for engines such as Spark.

    It takes an iterator of ``pyarrow.RecordBatch`` and yields one of a single row: ``total``, the bytes of a
    :class:`lossary.Total`; ``rows``, how many were read; ``invalid``, how many of them were left out. The options are those of
    :func:`score`; the function can be pickled. Totals of all partitions are joined by :meth:`lossary.Total.from_bytes`, and the
    result is that of one pass over all rows, to the bit.

    Raises :class:`BadDataError` for rows that cannot be scored, :class:`UsageError` for columns that are not there.

    >>> import lossary, pyarrow
    >>> worker = lossary.report.total_in_arrow(loss="squared_error", target="y", prediction="p")
    >>> rows = pyarrow.record_batch({"y": [1.0, 2.0], "p": [1.0, 4.0]})
    >>> [found] = worker(iter([rows, rows]))
    >>> lossary.Total.from_bytes(found["total"][0].as_py()).mean
    2.0
    """
    chosen, own = checks.check_loss(loss, parameters, given)
    listed = checks.classes(classes)
    weight = checks.column(weight, "weight")
    return _Worker((chosen, given, own, target, prediction, listed, Roles(weight)), skip_invalid)


class _Worker:
    """The function that is returned; a class rather than a closure, so that it can be pickled."""

    def __init__(self, plan_arguments: tuple[Any, ...], skip_invalid: bool) -> None:
        self.plan_arguments, self.skip_invalid = plan_arguments, skip_invalid

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa  # type: ignore[import-untyped]

        from lossary.report.read.stream import StreamTable

        summary = None
        for record in batches:
            if not record.num_rows:
                continue
            table = StreamTable(record)
            if summary is None:
                job = Job(make_plan([table], *self.plan_arguments), (table,), BATCH_NUMBERS, self.skip_invalid, full=False)
                summary = Summary(job)
            start = summary.rows
            for batch in table.batches(summary.job.plan.columns, summary.job.size):
                summary.job = replace(summary.job, plan=summary.job.plan.with_width(batch))
                summary.add_batch(replace(batch, start=start + batch.start), 0)
            if summary.offender is not None and not self.skip_invalid:
                raise BadDataError(
                    *summary.offender[1].lines(summary.job.plan, summary.invalid, summary.rows, skip_invalid=False)
                )
        if summary is not None:
            found = {"total": [summary.total.to_bytes()], "rows": [summary.rows], "invalid": [sum(summary.invalid.values())]}
            yield pa.record_batch(found)
