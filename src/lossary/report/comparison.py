"""Compare sets of predictions of the same rows: two with one another, or several models."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossary.errors import UsageError
from lossary.names import explains_options
from lossary.report.asked import Asked, Workers
from lossary.report.call import records_call
from lossary.report.comparison_result import Comparison
from lossary.report.findings import codes_of, marked
from lossary.report.finish_comparison import FinishComparison
from lossary.report.measure.models.pairs import PairedSummary
from lossary.report.measure.plan import checks
from lossary.report.measure.plan.inputs import Predictions, prediction_of_b
from lossary.report.measure.plan.job import Job, Progress, with_width
from lossary.report.measure.plan.make_plan import with_families
from lossary.report.measure.plan.ready import GIVEN
from lossary.report.measure.plan.select import Names
from lossary.report.measure.rows.join import ROWS, Join
from lossary.report.ranking import rank_columns, rank_files, rank_stacked
from lossary.report.ranking_result import Ranking
from lossary.report.read.data import Data, tables_of
from lossary.report.read.form import TextFormat

if TYPE_CHECKING:
    from lossary.engine.calls import Loss


@explains_options
@records_call
def compare(
    *data: Data,
    id: str | Sequence[str] | None = None,
    loss: Loss | str | None = None,
    target: Names | None = None,
    prediction: Any = None,
    prediction_b: Predictions = None,
    model: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    baseline: str | None = None,
    weight: str | None = None,
    given: str | None = None,
    higher_is_better: bool = False,
    parameters: Mapping[str, float | str | Sequence[float]] | None = None,
    classes: Sequence[str] | str | None = None,
    group: str | Sequence[str] = (),
    cluster: str | None = None,
    time: str | None = None,
    every: str | None = None,
    time_zone: str | None = None,
    horizon: int | None = None,
    run: str | None = None,
    interval: str = "normal",
    level: float = 0.95,
    changed: int = 10,
    skip_invalid: bool = False,
    clip: float | None = None,
    ignore: str | Sequence[str] = (),
    query: str | Sequence[str] | None = None,
    long: str | None = None,
    truth: Data | None = None,
    unlabelled: str = "raise",
    unpredicted: str = "raise",
    missing_members: str = "raise",
    workers: int | None = None,
    engine: str | None = None,
    address: str | None = None,
    executor: Executor | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    comment: str | None = None,
    sheet: str | None = None,
    progress: Progress | None = None,
) -> Comparison | Ranking:
    r"""Compare predictions of the same rows: which are best, by how much, and how sure it is.

    Two sets of data are A and B: the result is the mean of :math:`ℓ_B - ℓ_A`, a :class:`Comparison`. Otherwise several
    models are ranked, a :class:`Ranking`. They may be

    - columns of one set of data: ``prediction`` lists them, is a glob of them (``"model_*"``), or says which part of their
      names is the model (``"{model}_p_*"``) where a model has several columns, or names each (``{"rf": "rf_*", …}``);
    - stacked rows: ``model`` is the column that says whose prediction a row is, or several, and ``id`` tells rows apart;
    - three or more sets of data.

    ``data`` are as :func:`score` takes them. ``id`` is the column that tells rows apart, or several together, ``["region",
    "day"]``; sets of data are joined by it on disk, in any order and larger than memory. Without an id, rows are compared
    place by place: all have equally many, and the same target in each. The target has to agree row by row, as have weights
    where several hold them. Groups and clusters are those of the first set of data. Classes are matched by name. Rows that
    one side or model lacks are counted and left out.

    ``prediction_b`` is B's prediction where it is named otherwise, or a mapping of those predictions that are. ``names`` are
    what models are called. Differences are taken from the best model, or from the ``baseline``. ``changed`` is how many rows
    are listed that became better and worse most, from A to B. ``workers``, ``engine``, ``address`` and ``executor`` share
    the work where models are columns. The other options are those of :func:`score`.

    Differences are paired, so what makes a row hard for all cancels out of the interval. Raises what :func:`score` raises;
    ids that are missing or occur twice are bad data.

    >>> import lossary
    >>> a = {"row": [1, 2, 3, 4], "y": [0.0, 1.0, 2.0, 3.0], "p": [0.5, 1.5, 2.5, 3.5]}
    >>> b = {"row": [4, 3, 2, 1], "y": [3.0, 2.0, 1.0, 0.0], "p": [3.0, 2.25, 1.0, 0.0]}
    >>> found = lossary.report.compare(a, b, id="row", loss="squared_error", target="y", prediction="p")
    >>> found.difference, found.wins, found.verdict
    (-0.234375, 4, 'better')
    >>> columns = {"y": [1.0, 2.0, 3.0], "mean": [2.0, 2.0, 2.0], "line": [1.0, 2.0, 2.5], "last": [1.5, 1.0, 2.0]}
    >>> found = lossary.report.compare(columns, loss="absolute_error", target="y", prediction="mean,line,last")
    >>> [(model.name, round(model.mean, 4), model.rank) for model in found.models]
    [('line', 0.1667, 1), ('mean', 0.6667, 2), ('last', 0.8333, 3)]
    """
    ignored = codes_of(ignore)
    loss = checks.ready_made(loss, given, prediction, higher_is_better=higher_is_better)
    given = None if given == GIVEN else given
    chosen, own = checks.check_loss(loss, parameters, given)
    checks.check_boolean(skip_invalid, "skip_invalid")
    checks.check_count(changed, "changed is how many rows are listed")
    cluster, time, run = (checks.column(*pair) for pair in ((cluster, "cluster"), (time, "time"), (run, "run")))
    options = checks.interval_options(interval, level, cluster)
    options = checks.dependent(options, cluster=cluster, run=run, time=time, every=every, horizon=horizon, time_zone=time_zone)
    checks.columns(id, "id")
    asked = Asked(
        loss=chosen,
        given=given,
        parameters=own,
        id=id,
        target=target,
        weight=checks.column(weight, "weight"),
        classes=checks.classes(classes),
        groups=checks.columns(group, "group"),
        cluster=cluster,
        time=time,
        every=every,
        time_zone=time_zone,
        run=run,
        interval=options,
        skip_invalid=skip_invalid,
        clip=clip,
        query=query,
        predictions=(prediction, prediction_b),
        long=long,
        truth=truth,
        unlabelled=unlabelled,
        unpredicted=unpredicted,
        missing_members=missing_members,
        form=TextFormat(encoding, delimiter, decimal, thousands, comment, sheet),
        progress=progress,
    )
    found: Comparison | Ranking
    if len(data) == 2 and model is None:
        if baseline is not None or names is not None:
            raise UsageError("a baseline and names are for models; of two sets of data, A is the first one")
        found = _compare_two(data, asked, prediction, prediction_b, changed)
    else:
        if prediction_b is not None:
            raise UsageError("prediction_b is for two sets of data; name the columns of all models by prediction")
        if not data:
            raise UsageError(
                "a comparison takes data; got none; pass a file or a table of several models, or two or more of them"
            )
        columns = _model_columns(model)
        if columns:
            found = rank_stacked(_together(data), asked, prediction, columns, names, baseline)
        elif len(data) > 1:
            found = rank_files(data, asked, prediction, names, baseline)
        else:
            found = rank_columns(data[0], asked, prediction, names, baseline, Workers(workers, engine, address, executor))
    return dataclasses.replace(found, findings=marked(found.findings, ignored))


def _model_columns(model: Any) -> list[str]:
    """Return the columns that say whose prediction a row is."""
    named = model.split(",") if isinstance(model, str) else model
    return [name.strip() for name in checks.columns(named, "model")]


def _together(data: Sequence[Data]) -> Data:
    """Return several sets of data as one."""
    return data[0] if len(data) == 1 else [one for held in data for one in (held if isinstance(held, list) else [held])]


def _compare_two(
    data: Sequence[Data], asked: Asked, prediction: Predictions, prediction_b: Predictions, changed: int
) -> Comparison:
    asked = asked.joined_by_run()
    opened, id = asked.open([tables_of(side, asked.form) for side in data])
    tables, weight = [side.tables for side in opened], asked.weight
    weighted = [weight is not None and weight in found[0].kinds for found in tables]
    if weight is not None and not any(weighted):
        tables[0][0].require(weight, "weight")

    def side(k: int, prediction: Predictions, groups: Sequence[str], cluster: str | None) -> Job:
        plan = asked.plan(opened[k], prediction, weight if weighted[k] else None, groups, id, cluster, dated=not k)
        return with_width(Job(plan, tuple(tables[k]), ROWS, asked.skip_invalid))

    other = prediction_of_b(asked.loss, prediction, prediction_b)
    sides = [side(0, prediction, asked.groups, asked.cluster), side(1, other, [], None)]
    plans = [with_families(sides[k].plan, tables[k], tables[1 - k]) for k in (0, 1)]
    plans[1] = plans[1].in_order_of(plans[0])
    if plans[0].parameters != plans[1].parameters:
        one, two = (plan.parameters for plan in plans)
        raise UsageError(f"A and B are scored by the same loss; got {one} for A and {two} for B; name columns alike")
    sides = [dataclasses.replace(job, plan=plan) for job, plan in zip(sides, plans, strict=True)]
    with tempfile.TemporaryDirectory(prefix="lossary-", ignore_cleanup_errors=True) as folder:
        join = Join(Path(folder), sides, asked.progress)
        return FinishComparison(PairedSummary(join, asked.interval, changed), asked.every).comparison()
