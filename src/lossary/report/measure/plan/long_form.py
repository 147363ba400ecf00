"""Which columns of forecasts in the long form a loss takes, where nothing else is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lossary.counted import first_few
from lossary.engine.loss import Loss
from lossary.report import findings
from lossary.report.findings import Finding
from lossary.report.measure.plan.levels import FROM_NAMES, LEVELS
from lossary.report.measure.plan.plan import PRESENT, ColumnPlan

if TYPE_CHECKING:
    from lossary.report.read.long import LongTable


def with_defaults(
    loss: Loss, table: LongTable | None, prediction: Any, parameters: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Return the prediction and the parameters, by default quantiles with the levels in their names, or members."""
    if table is None:
        return prediction, dict(parameters)
    takes = {LEVELS: "quantile_", PRESENT: "sample_"}
    prefix = next((own for option, own in takes.items() if option in loss.formulas.arrays), None)
    if prediction is None and prefix is not None:
        prediction = f"{table.prefix or prefix}*"
    if LEVELS in loss.formulas.arrays and LEVELS not in parameters:
        parameters = {**parameters, LEVELS: FROM_NAMES}
    return prediction, dict(parameters)


def not_scored(table: LongTable | None, plan: ColumnPlan) -> list[Finding]:
    """Return the note on values that are not scored; none if all are."""
    rest = {} if table is None else {name: rows for name, rows in table.rows_of_column.items() if name not in plan.columns}
    if not rest:
        return []
    listed = first_few([*rest], 6)
    sentence = f"of the long form {listed} were not scored, {sum(rest.values()):,} rows"
    return [findings.NOT_SCORED.found(sentence, sum(rest.values()))]
