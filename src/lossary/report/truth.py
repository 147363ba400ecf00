"""Open the tables of a score or a comparison, with ids of several columns and with labels from another file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lossary.errors import UsageError, short_repr
from lossary.report.findings import Finding
from lossary.report.measure.select import Names, select
from lossary.report.read.combined import with_id
from lossary.report.read.data import Data, tables_of
from lossary.report.read.open import TextFormat
from lossary.report.read.table import Table
from lossary.report.read.truth import alias_of, with_truth


@dataclass(frozen=True)
class Opened:
    """The tables of one side."""

    tables: list[Table]
    target: Names | None
    """The target as it is called in these tables."""
    notes: tuple[Finding, ...] = ()


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
) -> tuple[list[Opened], str | None]:
    """Return the tables of each side, and the column of ids.

    ``others`` are columns of other roles, which are read from the truth where the predictions have none of the name.
    """
    for name, value in (("unlabelled", unlabelled), ("unpredicted", unpredicted)):
        if value not in ("raise", "skip"):
            raise UsageError(f"{name} is raise or skip; got {short_repr(value)}")
    if truth is None:
        tables, column = with_id(sides, id)
        return [Opened(side, target) for side in tables], column
    if not id:
        raise UsageError('labels from another file are joined by an id; name the column that both have, as in id="row"')
    (*joined, labels), column = with_id([*sides, tables_of(truth, form)], id)
    if column is None or target is None:
        raise UsageError('truth holds the target; name its column, as in target="label"')
    for side in (*joined, labels):
        side[0].require(column, "id")
    held = select(labels[0], target, "target", [column]).columns
    found = []
    for side in joined:
        more = [name for name in others if name is not None and name in labels[0].kinds and name not in side[0].kinds]
        columns = list(dict.fromkeys([*held, *more]))
        beside, notes = with_truth(side, labels, column, columns, unlabelled=unlabelled, unpredicted=unpredicted)
        aliases = [alias_of(name, side[0]) for name in held]
        named = target if aliases == list(held) else aliases[0] if target in labels[0].kinds else aliases
        found.append(Opened(beside, named, tuple(notes)))
    return found, column
