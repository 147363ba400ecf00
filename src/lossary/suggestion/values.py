"""Read a target, and a prediction of it, from files or columns: the first rows, as numbers or as codes of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.report.measure.plan.select import Names, Selection, select
from lossary.report.read.data import Data, tables_of
from lossary.report.read.form import TextFormat
from lossary.report.read.table import Batch, Table
from lossary.suggestion.rules import ROWS

_SIZE = 1 << 17
"""Rows of a batch."""


@dataclass
class Values:
    """The rows that are looked at."""

    target: np.ndarray
    """Numbers in float64, one a row or a row of them; codes of words."""
    words: tuple[str, ...] | None
    """The words that the codes stand for, or None if the target is of numbers."""
    prediction: np.ndarray | None
    """One number a row, or None if there is none."""
    rows: int
    """Rows that were read."""
    missing: int
    """Rows among them whose target or prediction is missing or not finite."""
    more: bool
    """Whether there are rows beyond them."""


def read(data: Data, target: Names, prediction: Names | None, form: TextFormat) -> Values:
    """Return the first rows of a target and a prediction; ``data`` as of :func:`lossary.report.score`."""
    tables = tables_of(data, form)
    wanted = select(tables[0], target, "target", ())
    predicted = None if prediction is None else select(tables[0], prediction, "prediction", wanted.columns)
    columns = [*wanted.columns, *(predicted.columns if predicted else ())]
    batches, rows, more = [], 0, False
    for table in tables:
        for name in columns:
            table.require(name, "target" if name in wanted.columns else "prediction")
        for batch in table.batches(columns, _SIZE):
            if rows >= ROWS and batch.rows:
                more = True
                break
            batches.append(batch)
            rows += batch.rows
        if more:
            break
    numbers, words = _target(tables[0], wanted, batches)
    guesses = None if predicted is None else _prediction(predicted, batches)
    kept = slice(0, ROWS)
    numbers, guesses = numbers[kept], None if guesses is None else guesses[kept]
    fine = np.isfinite(numbers) if numbers.ndim == 1 else np.isfinite(numbers).all(-1)
    if words is not None:
        fine &= numbers >= 0
    if guesses is not None:
        fine &= np.isfinite(guesses)
    read_rows = min(rows, ROWS)
    return Values(
        target=numbers[fine],
        words=words,
        prediction=None if guesses is None else guesses[fine],
        rows=read_rows,
        missing=read_rows - int(fine.sum()),
        more=more or rows > ROWS,
    )


def _target(table: Table, wanted: Selection, batches: Sequence[Batch]) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """Return numbers, or codes of words (-1 where there is none) and the words."""
    if wanted.several:
        return np.stack([_numbers(name, batches) for name in wanted.columns], -1), None
    name = wanted.columns[0]
    if table.kinds[name] == "list":
        widths = [width for batch in batches if (width := batch.columns[name].width()) is not None]
        return _numbers(name, batches, widths[0] if widths else 0), None
    found = [batch.columns[name] for batch in batches]
    if not any(column.is_text for column in found):
        return _numbers(name, batches), None
    read = [column.numbers() for column in found]
    if not any(part.text is not None and part.text.any() for part in read):
        return _numbers(name, batches), None
    places: dict[str, int] = {}
    codes = []
    for column in found:
        own, listed = column.text_codes()
        among = np.array([places.setdefault(str(word), len(places)) for word in listed] or [0])
        codes.append(np.where(own < 0, -1, among[own]))
    return np.concatenate(codes).astype(np.float64), tuple(places)


def _prediction(predicted: Selection, batches: Sequence[Batch]) -> np.ndarray | None:
    """Return one number a row, or None where a row has several: nothing is found out from these."""
    if predicted.several or (batches and batches[0].columns[predicted.columns[0]].numbers().values.ndim > 1):
        return None
    return _numbers(predicted.columns[0], batches)


def _numbers(name: str, batches: Sequence[Batch], width: int | None = None) -> np.ndarray:
    """Return a column in float64, NaN where there is no number."""
    found = []
    for batch in batches:
        part = batch.columns[name].numbers(width)
        values = np.asarray(part.values, np.float64)
        for mask in (part.null, part.text, part.length):
            if mask is not None:
                values = np.where(mask[:, None] if values.ndim > 1 else mask, np.nan, values)
        found.append(values)
    return np.concatenate(found) if found else np.empty(0)
