"""Open the tables of a score or a comparison, with ids of several columns and with labels from another file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lossary.engine.listwise import Listwise
from lossary.engine.loss import Loss
from lossary.errors import UsageError, short_repr
from lossary.report import findings
from lossary.report.findings import Finding
from lossary.report.measure.plan.bins import column_of
from lossary.report.measure.plan.plan import RELEVANCE
from lossary.report.measure.plan.select import Names, mentioned, select
from lossary.report.read.combined import names_of, with_id
from lossary.report.read.data import Data, tables_of
from lossary.report.read.form import TextFormat
from lossary.report.read.source import require_pyarrow
from lossary.report.read.table import Table
from lossary.report.read.truth import alias_of, with_truth

if TYPE_CHECKING:
    from lossary.report.read.long import LongTable


@dataclass(frozen=True)
class Opened:
    """The tables of one side."""

    tables: list[Table]
    target: Names | None
    """The target as it is called in these tables."""
    notes: tuple[Finding, ...] = ()
    long: LongTable | None = None
    """The forecasts gathered from the long form, if they came so."""


def open_sides(
    sides: Sequence[list[Table]],
    id: Any,
    truth: Data,
    target: Any,
    others: Sequence[str | None],
    form: TextFormat,
    *,
    unlabelled: str,
    unpredicted: str,
    long: str | None = None,
    model: Sequence[str] = (),
) -> tuple[list[Opened], str | None]:
    """Return the tables of each side, and the column of ids.

    ``others`` are columns of other roles, which are read from the truth where the predictions have none of the name. ``long``
    names the columns of levels and values, where several rows are one forecast, of one ``model``. Of several columns of ids,
    those that the truth has are what it is joined by.
    """
    for name, value in (("unlabelled", unlabelled), ("unpredicted", unpredicted)):
        if value not in ("raise", "skip"):
            raise UsageError(f"{name} is raise or skip; got {short_repr(value)}")
    wide = [None] * len(sides) if long is None else [_gathered(side, long, id, model, target, others, truth) for side in sides]
    sides = [side if table is None else [table] for side, table in zip(sides, wide, strict=True)]
    if truth is None:
        tables, column = with_id(sides, id)
        return [Opened(side, target, long=table) for side, table in zip(tables, wide, strict=True)], column
    if not id:
        raise UsageError('labels from another file are joined by an id; name the column that both have, as in id="row"')
    told = tables_of(truth, form)
    names = names_of(id, sides[0][0])
    common = [name for name in names if name in told[0].kinds] or names
    (*joined, labels), key = with_id([*sides, told], common)
    joined, column = with_id(joined, names)
    if column is None or key is None or target is None:
        raise UsageError('truth holds the target; name its column, as in target="label"')
    for side in (*joined, labels):
        side[0].require(key, "id")
    held = select(labels[0], target, "target", [key]).columns
    found = []
    rest = [name for name in names if name not in common]
    by_part = [
        findings.JOINED_BY_PART.found(f"the truth has no column {', '.join(rest)}; it was joined by {', '.join(common)}")
    ]
    for side, table in zip(joined, wide, strict=True):
        wanted = [column_of(name, {*labels[0].kinds, *side[0].kinds})[0] for name in others if name is not None]
        more = [name for name in wanted if name in labels[0].kinds and name not in side[0].kinds]
        columns = list(dict.fromkeys([*held, *more]))
        beside, notes = with_truth(side, labels, key, columns, unlabelled=unlabelled, unpredicted=unpredicted)
        aliases = [alias_of(name, side[0]) for name in held]
        named = target if aliases == list(held) else aliases[0] if target in labels[0].kinds else aliases
        found.append(Opened(beside, named, (*(by_part if rest else ()), *notes), table))
    return found, column


def in_lists(opened: Opened, query: Any, loss: Loss, predictions: Any, others: Sequence[str | None]) -> tuple[Opened, str]:
    """Return lists of items, one row a list, and the column that tells them apart, from items that share a ``query``."""
    table = opened.tables[0]
    if not isinstance(loss, Listwise):
        raise UsageError(
            f"query says which list an item is in, for losses of lists such as lambda_rank; {loss.__name__} scores each row by "
            "itself; leave it out"
        )
    names = names_of(query, table)
    for name in names:
        table.require(name, "query")
    require_pyarrow("lists of items")
    from lossary.report.read.lists import table_of_lists

    wanted = [column_of(name, table.kinds)[0] for name in others if name is not None]
    shared = [name for name in wanted if name in table.kinds]
    taken = [*names, *shared]
    items = mentioned(table, [predictions, opened.target or RELEVANCE], taken)
    gathered = table_of_lists(opened.tables, names, items, shared)
    (tables,), column = with_id([[gathered]], names)
    return replace(opened, tables=tables), str(column)


def _gathered(
    tables: Sequence[Table],
    long: str,
    id: Any,
    model: Sequence[str],
    target: Any,
    others: Sequence[str | None],
    truth: Data,
) -> LongTable:
    """Return the forecasts of the long form, with what their rows share: the id, other roles, and the target if it is there."""
    names = names_of(id, tables[0])
    if not names:
        raise UsageError(
            "in the long form several rows are one forecast; name what they share and no other forecast has, as in "
            'id="location,date"'
        )
    level, value = _names_of_long(long)
    require_pyarrow("the long form")
    from lossary.report.read.long import table_of_forecasts

    kinds = tables[0].kinds
    wanted = [column_of(name, kinds)[0] for name in others if name is not None]
    shared = [name for name in wanted if name in kinds]
    if truth is None and target is not None:
        shared += select(tables[0], target, "target", [*names, level, value]).columns
    return table_of_forecasts(tables, level, value, list(dict.fromkeys([*names, *model])), shared)


def _names_of_long(long: Any) -> tuple[str, str]:
    """Return the column of levels or members, and that of values, of a text such as ``output_type_id=value``."""
    level, equals, value = long.partition("=") if isinstance(long, str) else ("", "", "")
    if not (level.strip() and equals and value.strip()):
        raise UsageError(
            "the long form is said by two columns, of levels (or members) and of values, as in "
            f'long="output_type_id=value"; got {short_repr(long)}'
        )
    return level.strip(), value.strip()
