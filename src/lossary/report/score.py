"""Score predictions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from lossary.errors import UsageError
from lossary.names import explains_options
from lossary.report.call import records_call
from lossary.report.findings import codes_of, marked
from lossary.report.finish import Finish
from lossary.report.measure.one_model.costs import read_costs
from lossary.report.measure.one_model.summary import Summary
from lossary.report.measure.plan import checks
from lossary.report.measure.plan.figures import SCORE, figure_of
from lossary.report.measure.plan.inputs import Predictions
from lossary.report.measure.plan.job import BATCH_NUMBERS, Job, Progress, with_width
from lossary.report.measure.plan.long_form import not_scored, with_defaults
from lossary.report.measure.plan.make_plan import make_plan
from lossary.report.measure.plan.others import other_losses, with_plan
from lossary.report.measure.plan.ready import GIVEN
from lossary.report.measure.plan.roles import Roles
from lossary.report.measure.plan.select import Names
from lossary.report.measure.rows.values import scale_of
from lossary.report.read.data import Data, tables_of
from lossary.report.read.form import TextFormat
from lossary.report.read.passed import table_of_arrays
from lossary.report.results import Score
from lossary.report.run.run import run as run_job
from lossary.report.truth import in_lists, open_sides

if TYPE_CHECKING:
    from lossary.engine.calls import Loss as AnyLoss


@explains_options
@records_call
def score(
    data: Data,
    *,
    loss: AnyLoss | str | None = None,
    target: Names | Any = None,
    prediction: Predictions | Any = None,
    weight: str | Any = None,
    given: str | None = None,
    higher_is_better: bool = False,
    parameters: Mapping[str, float | str | Sequence[float]] | None = None,
    classes: Sequence[str] | str | None = None,
    group: str | Sequence[str] | Any = (),
    id: str | Sequence[str] | Any = None,
    cluster: str | Any = None,
    time: str | Any = None,
    every: str | None = None,
    time_zone: str | None = None,
    horizon: int | None = None,
    run: str | Any = None,
    also: str | AnyLoss | Sequence[str | AnyLoss] = (),
    slices: str | Sequence[str] = (),
    cost: str | Mapping[str, float] | None = None,
    capacity: float | str | None = None,
    interval: str = "normal",
    level: float = 0.95,
    worst: int = 10,
    skip_invalid: bool = False,
    clip: float | None = None,
    ignore: str | Sequence[str] = (),
    query: str | Sequence[str] | None = None,
    long: str | None = None,
    truth: Data | None = None,
    unlabelled: str = "raise",
    unpredicted: str = "raise",
    missing_members: str = "raise",
    details: bool = True,
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
) -> Score:
    r"""Score predictions: the mean loss :math:`\sum wℓ / \sum w` over all rows, what it means, and where it comes from.

    ``data`` are Parquet, CSV, Arrow IPC or ``.npz`` files with the same columns: paths, globs or URIs (``s3://…``), read in
    batches with constant memory; open files; or columns in memory: a pandas, Polars or Arrow table, a DuckDB relation,
    anything with ``__arrow_c_stream__``, a mapping of names to arrays; or a list of these. ``data=None`` takes arrays as
    prediction, target, weight, group (or a mapping of names to arrays), id and cluster.

    ``loss`` is a loss, or the name of a built-in one, or ``"rmse"``, ``"rmsle"`` or ``"accuracy"``, which the ``figure`` of
    the result then is; ``parameters`` and ``given`` are its own, ``{"levels": "from-names"}`` where the names of
    columns say the levels of quantiles. ``target`` is a column; ``prediction`` a column, a glob (``"logit_*"``, in natural
    order), a list of these, or a list column; for losses of several predictions a mapping of their names to these,
    ``{"mean": "mu", "variance": "s2"}``, without those whose column has the same name. Losses without a target take no
    ``target``. ``weight`` is a column of weights. ``classes`` names the classes in order, so that labels may be text.
    With ``given="loss"`` and no loss, the prediction is a column of ready-made losses, or of scores if ``higher_is_better``.
    ``skip_invalid`` leaves out rows that cannot be scored and counts them. ``clip`` is how far probabilities are moved away
    from 0 and 1 at least, as scikit-learn once did; what was moved is counted, and a warning says so. ``ignore`` lists codes
    of findings, as in ``["L101"]``, that are not to be told; they stay in ``findings``, marked as ignored.

    Losses of lists, such as ``lambda_rank``, take the score of an item as prediction and its relevance as target. ``query`` is
    the column whose value the items of one list share (or several); they are gathered on disk, and a row of the report is then
    a list. Or both columns hold lists already.

    ``long`` names two columns of the long form, which has a row for each quantile or member of a forecast: those of the level
    (or the member) and of the value, as in ``"output_type_id=value"``. Rows of one forecast share their ``id``; they are
    gathered on disk to one row with columns such as ``quantile_0.5``, ``sample_3``, ``median``, of which a loss of quantiles or
    of an ensemble takes its own.

    ``truth`` is other data that hold the target (and weights, groups or clusters that these lack), joined by ``id`` on disk.
    Rows without a target are errors, or left out and counted with ``unlabelled="skip"``; rows of the truth without a prediction
    are errors, or left out with ``unpredicted="skip"``. Of several columns of ids, it is joined by those that it has.

    Members of an ensemble that are null or NaN make their row invalid; with ``missing_members="skip"`` each row is scored by
    the members that it has, which is counted, and is invalid only without any.

    ``group`` names columns by whose values the loss is broken down, ``id`` the column that tells rows apart, or several
    together, ``cluster`` one whose values rows share that depend on one another. ``time`` is a column of dates, times or step
    numbers, over which the loss is shown by ``every`` "day", "week" or "month"; times are then taken as dependent on those near
    them, or as errors of forecasts ``horizon`` times ahead are. Days begin in the time zone of the column, in ``time_zone``
    (``"Europe/Berlin"``), or in UTC; times without a zone are taken as written. ``run`` names the run of one model, such as
    its seed, that a row belongs to: runs are clusters, and so are rows of the same ``id`` in several runs. ``interval`` says
    how the confidence interval of ``level`` is made: ``"normal"``, ``"bootstrap"`` (Poisson bootstrap seeded by the rows'
    identity) or ``"none"``. ``also`` names other losses, as in ``"mae,huber:delta=2"``, or ``"bce:given=probabilities"`` if it
    takes them otherwise. ``details=False`` finds the mean and nothing else.

    ``workers`` of an ``engine`` (``"threads"``, the default; ``"processes"``; ``"ray"``, at an ``address``) or of any
    ``executor`` share the files and row groups. ``encoding``, ``delimiter`` and ``decimal`` ("," for 1,5) are those of CSV
    files, as are ``thousands``, what stands between them, and ``comment``, the character with which lines begin that are no
    rows; without them text is UTF-8, or what a byte order mark says, and the delimiter is found in the header. Numbers with a
    percent sign in all of the first rows are shares. ``sheet`` is the one to read of a workbook of Excel.
    ``progress`` is called with the part that is done, 0 to 1, and the rows read.

    Sums are exact: they do not depend on the order of files or rows, nor on who adds them up. Losses are in their own
    units.

    Raises :class:`BadDataError` for rows that cannot be scored (null, NaN, labels out of range, probabilities outside [0,
    1] or not summing to 1), :class:`UnreadableError` for files, :class:`UsageError` for the rest; all are
    :class:`ReportError`.

    >>> import lossary
    >>> columns = {"y": [1.0, 2.0, 6.0], "p": [1.0, 3.0, 5.0], "region": ["north", "south", "south"]}
    >>> found = lossary.report.score(columns, loss="squared_error", target="y", prediction="p", group="region")
    >>> found.mean, found.baseline
    (0.6666666666666666, 4.666666666666667)
    >>> [(part.name, part.share) for part in found.breakdowns[0].parts]
    [('south', 1.0), ('north', 0.0)]
    """
    ignored = codes_of(ignore)
    loss = checks.ready_made(loss, given, prediction, higher_is_better=higher_is_better)
    given = None if given == GIVEN else given
    chosen, own = checks.check_loss(loss, parameters, given)
    others = other_losses(also, given, chosen)
    costs, most = read_costs(cost, capacity)
    checks.check_boolean(skip_invalid, "skip_invalid")
    checks.check_boolean(details, "details")
    checks.check_count(worst, "worst is how many rows are listed")
    if workers is not None:
        checks.check_count(workers, "workers are a whole number", 1)
    arrays = None
    if data is None:
        passed = {"target": target, "prediction": prediction, "weight": weight, "group": group, "id": id, "cluster": cluster}
        passed |= {"time": time, "run": run}
        arrays, named = table_of_arrays(passed)
        target, prediction, weight, group, id, cluster, time, run = named.values()
    searched = checks.columns(slices.split(",") if isinstance(slices, str) else slices, "slice")
    groups, listed = checks.columns(group, "group"), checks.classes(classes)
    cluster, weight = checks.column(cluster, "cluster"), checks.column(weight, "weight")
    time, run = checks.column(time, "time"), checks.column(run, "run")
    checks.columns(id, "id")
    options = checks.interval_options(interval, level, cluster)
    options = checks.dependent(options, cluster=cluster, run=run, time=time, every=every, horizon=horizon, time_zone=time_zone)
    form = TextFormat(encoding, delimiter, decimal, thousands, comment, sheet)
    if truth is not None and arrays is not None:
        raise UsageError("truth is for data with an id; pass the target as an array")
    given_tables = [arrays] if arrays is not None else tables_of(data, form)
    roles = [weight, cluster, time, run, *groups, *searched]
    skipping = {"unlabelled": unlabelled, "unpredicted": unpredicted}
    (opened,), id = open_sides([given_tables], id, truth, target, roles, form, **skipping, long=long)
    if query is not None:
        opened, id = in_lists(opened, query, chosen, prediction, roles)
    tables = opened.tables
    prediction, own = with_defaults(chosen, opened.long, prediction, own)
    beside = Roles(weight, groups, id, cluster, run, time, time_zone, searched)
    plan = make_plan(tables, chosen, given, own, opened.target, prediction, listed, beside)
    plan = dataclasses.replace(checks.with_clip(plan, clip), unlabelled=unlabelled == "skip")
    plan = dataclasses.replace(plan, notes=(*plan.notes, *opened.notes, *not_scored(opened.long, plan)))
    checks.decides(plan, costs, most)
    if plan.given != given:  # two columns of probabilities say by themselves what they are
        others = other_losses(also, plan.given, chosen)
    others = with_plan(others, plan, tables[0])
    plan = checks.with_partial(plan, others, missing_members)
    job = Job(
        plan=plan,
        tables=tuple(tables),
        size=BATCH_NUMBERS if details else 2 * BATCH_NUMBERS,
        skip_invalid=skip_invalid,
        also=tuple(others),
        full=details,
        interval=options,
        worst=worst,
        cost=costs,
        capacity=most,
        every=every,
    )
    job = with_width(job)

    def summarised(job: Job) -> Summary:
        return run_job(job, workers=workers, engine=engine, executor=executor, address=address, progress=progress)

    summary = summarised(job)
    if scale := scale_of(summary.largest_weight):  # measured again, by weights whose squares neither overflow nor underflow
        summary = summarised(dataclasses.replace(job, plan=dataclasses.replace(job.plan, scale=scale)))
    summary.targets.reread = summary.reread
    found = Finish(summary).score()
    summary.targets.reread = None  # or a reference cycle would keep the data, and the copy of a stream on disk
    figure = figure_of(SCORE if higher_is_better else loss, found.mean, found.interval)
    return dataclasses.replace(found, figure=figure, findings=marked(found.findings, ignored))
