"""Compare two sets of predictions of the same rows, joined by an id."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lossary.errors import UsageError
from lossary.names import explains_options
from lossary.report.comparison_result import Comparison
from lossary.report.findings import codes_of, marked
from lossary.report.finish_comparison import FinishComparison
from lossary.report.measure import checks
from lossary.report.measure.inputs import Predictions, prediction_of_b
from lossary.report.measure.job import Job, Progress, with_width
from lossary.report.measure.join import ROWS, Join
from lossary.report.measure.make_plan import make_plan, with_families
from lossary.report.measure.pairs import PairedSummary
from lossary.report.measure.ready import GIVEN
from lossary.report.measure.select import Names
from lossary.report.read.data import Data, tables_of
from lossary.report.read.open import TextFormat
from lossary.report.truth import open_sides

if TYPE_CHECKING:
    from lossary.engine.calls import Loss


@explains_options
def compare(
    a: Data,
    b: Data,
    *,
    id: str | Sequence[str] | None = None,
    loss: Loss | str | None = None,
    target: Names | None = None,
    prediction: Predictions = None,
    prediction_b: Predictions = None,
    weight: str | None = None,
    given: str | None = None,
    higher_is_better: bool = False,
    parameters: Mapping[str, float | str | Sequence[float]] | None = None,
    classes: Sequence[str] | str | None = None,
    group: str | Sequence[str] = (),
    cluster: str | None = None,
    interval: str = "normal",
    level: float = 0.95,
    changed: int = 10,
    skip_invalid: bool = False,
    clip: float | None = None,
    ignore: str | Sequence[str] = (),
    truth: Data | None = None,
    unlabelled: str = "raise",
    unpredicted: str = "raise",
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    r"""Compare predictions B with predictions A of the same rows: the mean of :math:`ℓ_B - ℓ_A`, and how sure it is.

    ``a`` and ``b`` are data as :func:`score` takes them, in any order; ``id`` is the column that tells rows apart in both,
    or several together, ``["region", "day"]``. They are joined on disk, so they may be larger than memory. Without an id,
    rows are compared place by place: both sides have equally many, and the same target in each. Groups and clusters are
    those of A, weights those of the side that has them. Both have the target, which has to agree row by row, as have
    weights that both have. Classes are matched by name. ``prediction_b`` is B's prediction where it is named otherwise, or
    a mapping of those predictions that are. The other options are those of :func:`score`; ``changed`` is how many rows are
    listed that became better and worse most.

    Rows of one alone are counted and left out. Differences are paired, so what makes a row hard for both cancels out of the
    interval. Raises what :func:`score` raises; ids that are missing or occur twice are bad data.

    >>> import lossary
    >>> a = {"row": [1, 2, 3, 4], "y": [0.0, 1.0, 2.0, 3.0], "p": [0.5, 1.5, 2.5, 3.5]}
    >>> b = {"row": [4, 3, 2, 1], "y": [3.0, 2.0, 1.0, 0.0], "p": [3.0, 2.25, 1.0, 0.0]}
    >>> found = lossary.report.compare(a, b, id="row", loss="squared_error", target="y", prediction="p")
    >>> found.difference, found.wins, found.verdict
    (-0.234375, 4, 'better')
    """
    ignored = codes_of(ignore)
    loss = checks.ready_made(loss, given, prediction, higher_is_better=higher_is_better)
    given = None if given == GIVEN else given
    chosen, own = checks.check_loss(loss, parameters, given)
    checks.check_boolean(skip_invalid, "skip_invalid")
    checks.check_count(changed, "changed is how many rows are listed")
    groups, listed = checks.columns(group, "group"), checks.classes(classes)
    cluster, weight = checks.column(cluster, "cluster"), checks.column(weight, "weight")
    options = checks.interval_options(interval, level, cluster)
    checks.columns(id, "id")
    form = TextFormat(encoding, delimiter, decimal)
    roles = [weight, cluster, *groups]
    both = [tables_of(data, form) for data in (a, b)]
    skipping = {"unlabelled": unlabelled, "unpredicted": unpredicted}
    opened, id = open_sides(both, id, truth, target, roles, form, **skipping)
    tables = [side.tables for side in opened]
    weighted = [weight is not None and weight in found[0].kinds for found in tables]
    if weight is not None and not any(weighted):
        tables[0][0].require(weight, "weight")

    def side(k: int, prediction: Predictions, groups: list[str], cluster: str | None) -> Job:
        own_weight = weight if weighted[k] else None
        plan = make_plan(tables[k], chosen, given, own, opened[k].target, prediction, own_weight, listed, groups, id, cluster)
        plan = dataclasses.replace(checks.with_clip(plan, clip), unlabelled=unlabelled == "skip", notes=opened[k].notes)
        return with_width(Job(plan, tuple(tables[k]), ROWS, skip_invalid))

    sides = [side(0, prediction, groups, cluster), side(1, prediction_of_b(chosen, prediction, prediction_b), [], None)]
    plans = [with_families(sides[k].plan, tables[k], tables[1 - k]) for k in (0, 1)]
    plans[1] = plans[1].in_order_of(plans[0])
    if plans[0].parameters != plans[1].parameters:
        one, other = (plan.parameters for plan in plans)
        raise UsageError(f"A and B are scored by the same loss; got {one} for A and {other} for B; name columns alike")
    sides = [dataclasses.replace(job, plan=plan) for job, plan in zip(sides, plans, strict=True)]
    with tempfile.TemporaryDirectory(prefix="lossary-", ignore_cleanup_errors=True) as folder:
        found = FinishComparison(PairedSummary(Join(Path(folder), sides, progress), options, changed)).comparison()
    return dataclasses.replace(found, findings=marked(found.findings, ignored))
