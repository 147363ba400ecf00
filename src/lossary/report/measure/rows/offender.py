"""Describe the first row that cannot be scored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from lossary.counted import counted, enumerated, first_few
from lossary.formula.domains import Interval
from lossary.report.measure.plan.labels import both_orders, in_order, labels_of
from lossary.report.measure.plan.plan import PRESENT, ColumnPlan, class_numbers
from lossary.report.measure.rows.values import NO_ITEMS, NO_MEMBERS, UNEQUAL, Problems, numbers
from lossary.report.read.table import Batch
from lossary.report.read.text import LARGEST_EXACT, NULL_WORDS, is_inexact, parse_number
from lossary.report.read.times import advice

_THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}([,.' _])\d{3}(?:\1\d{3})+(?:[.,]\d+)?\s*|\s*[+-]?\d{1,3}([' _,])\d{3}\.\d+\s*")
_ONE_COMMA = re.compile(r"\s*[+-]?\d{1,3},\d{3}\s*")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+(\.\d{3})*,\d+\s*")


@dataclass(frozen=True)
class Offender:
    """A row that cannot be scored."""

    path: str
    row: int
    """The index in the file, from 0."""
    kind: str
    column: str | None
    """None if the row could not be split into columns."""
    value: Any
    found: tuple[str, ...] = ()
    """The labels of the column, where a label is the problem."""
    span: tuple[float, float] | None = None
    """The least and the greatest number of the column, where its range is the problem."""

    def lines(self, plan: ColumnPlan, invalid: Mapping[str, int], rows: int, *, skip_invalid: bool) -> tuple[str, str, str]:
        """Return the lines of the error: what is required and what came, how often, and what to do."""
        skipped = sum(invalid.values())
        counts = ", ".join(f"{kind}: {count:,}" for kind, count in sorted(invalid.items()))
        if self.kind == "label":
            last = ""  # to leave out every row of a class would change what is scored
        elif skip_invalid:
            last = "No valid row is left to score."
        else:
            last = f"Or pass skip_invalid=True to score the other {counted(rows - skipped, 'row')}." if skipped < rows else ""
        column = "" if self.column is None else f", column {self.column!r}"
        return (
            f"{self.path}, row {self.row + 1} (index {self.row}){column}: {self._problem(plan)}",
            f"  {skipped:,} of {counted(rows, 'row')} cannot be scored ({counts})",
            f"  {self._remedy(plan)} {last}".rstrip(),
        )

    def _problem(self, plan: ColumnPlan) -> str:
        value = _shown(self.value)
        role, _, what = self.kind.rpartition(" ")
        if role in plan.inputs and what == "whole":
            return f"got {value}; {role} is made of whole numbers, or of 0 and 1"
        if role in plan.inputs and what == "relation":
            broken = next(requirement for requirement in plan.loss.properties.requires if requirement.of == role)
            return f"got {value}; {broken.invariant}"
        if role in plan.inputs and what == "range":
            interval = _interval(plan, role)
            if role == "target":
                return f"got {value}; a target lies in {interval}"
            return f"got {value}; {_named(plan, role)} {'lie' if plan.is_single else 'lies'} in {interval}"
        classes = ", ".join(plan.classes[:8]) + (", …" if len(plan.classes) > 8 else "") if plan.classes else None
        indices = None if class_numbers(plan.classes) or plan.has_named_labels else f"0 … {(plan.labels or 1) - 1}"
        return {
            "number of fields": f"got {value}",
            "no object": f"got {value}",
            "null": f"got {'null' if self.value is None else f'{value}, which stands for null'}; every row has a value",
            "NaN": "got NaN; every row has a number",
            "not a number": f"got {value}, which is not a number",
            "inexact": f"got {value}; whole numbers are exact in float64, up to {LARGEST_EXACT} in size",
            "row length": f"got {value}; the lists of every row have {self._width(plan)} numbers",
            "label": f"got {value}; a label is one of {' or '.join(filter(None, (classes, indices)))}",
            "weight": f"got {value}; a weight is a finite number ≥ 0",
            "prediction sum": _sum_problem(plan, value),
            "target sum": f"the row sums to {value}; the class probabilities of a target sum to 1",
            NO_ITEMS: "got a list without items",
            UNEQUAL: "scores and relevances are not as many; each item of a list has both",
            NO_MEMBERS: "got no member at all; an ensemble has at least one",
            "NaN loss": f"the loss of {value} is NaN",
            "time": f"got {value}; every row has a time, written as those of the first rows are",
        }.get(self.kind, f"got {value}; {self.kind}")

    def _width(self, plan: ColumnPlan) -> int | None:
        """Return the length of the lists of the column."""
        return next((s.width for s in plan.inputs.values() if self.column in s.columns), plan.prediction.width)

    def _remedy(self, plan: ColumnPlan) -> str:
        given = plan.given
        if self.kind in ("prediction range", "prediction sum") and given:
            if given == "log_probabilities" and _between(self.value, 0, 1):
                return 'These look like probabilities: pass given="probabilities".'
            if self.kind == "prediction range":
                if given == "probabilities" and self.span is not None and self.span[0] >= 0 and self.span[1] <= 100:
                    return 'If these are percentages, divide them by 100; if they are raw scores, pass given="logits".'
                if given == "probabilities" and _between(self.value, -60, 0) and plan.prediction.width:
                    return 'These look like logits: pass given="logits"; or, if they are logarithms, given="log_probabilities".'
                return 'These look like logits: pass given="logits".'
            if plan.complement is not None:
                return "Correct the probabilities, or name the column of the event alone."
            return 'Normalise the rows; or, if these are raw scores, pass given="logits".'
        if self.kind == "label":
            return self._remedy_for_label(plan)
        if self.kind == "time" and plan.time is not None:
            return advice(plan.time)
        if self.kind == "not a number":
            if plan.is_binary and self.column in plan.target.columns:
                return both_orders(self.found)
            if (percent := str(self.value).strip()).endswith("%"):
                if _DECIMAL_COMMA.fullmatch(percent[:-1]):
                    return 'If commas are decimal signs, pass decimal=",".'
                return (
                    "Write shares as numbers from 0 to 1, without the percent sign; or, in CSV, all numbers of the column with "
                    "one."
                )
            if (thousands := _THOUSANDS.fullmatch(str(self.value))) is not None:
                return f'If there are thousands, pass thousands="{thousands[1] or thousands[2]}".'
            if _DECIMAL_COMMA.fullmatch(str(self.value)):
                between = '; if they stand between thousands, thousands=","' if _ONE_COMMA.fullmatch(str(self.value)) else ""
                return f'If commas are decimal signs, pass decimal=","{between}.'
            return "Correct the value; numbers are written with a decimal point."
        if self.kind == "inexact":
            if self.column == plan.weight:
                return "Divide all weights by a common factor, or store them as floating-point numbers."
            return "Subtract a common offset from prediction and target, or store them as floating-point numbers."
        if self.kind == "number of fields":
            return "Correct the row; a field that holds the delimiter is put in quotes."
        if self.kind == "no object":
            return "Correct the line; each is one whole object."
        if self.kind == "row length":
            also = ", as many as there are classes" if plan.classes else ""
            return f"Write rows of one length{also}."
        if self.kind == "target range" and plan.is_binary:
            return f"Check the target column; it may hold classes. {both_orders(self.found)}"
        if self.kind in ("null", "NaN") and PRESENT in plan.loss.formulas.arrays and self.column not in plan.target.columns:
            return 'Fill in the members, or pass missing_members="skip" to score each row by the members that it has.'
        if self.kind in ("null", "NaN") and plan.has_target and self.column in plan.target.columns:
            return 'If the outcome is not known yet, pass unlabelled="skip" to leave out such rows and count them.'
        return "Correct the data."

    def _remedy_for_label(self, plan: ColumnPlan) -> str:
        columns = plan.prediction.columns
        held = f" The column holds {first_few(self.found)}." if self.found else ""
        if plan.is_binary:
            return f"Name both classes.{held} {both_orders(self.found)}"
        if plan.has_named_labels:
            return f'Name all classes, as in classes="{",".join(self.found)}", or correct the labels.'
        count = plan.labels or 0
        order = (
            f"the order of {first_few(columns)}" if plan.prediction.several else f"the order of the {count} numbers of a row"
        )
        if len(self.found) == count:
            return f'Name the classes in {order}, as in classes="{",".join(self.found)}".'
        return f'Name the {count} classes in {order}, as in classes="a,b,c", or correct the labels.{held}'


def _between(value: Any, low: float, high: float) -> bool:
    return isinstance(value, float) and low <= value <= high


def _named(plan: ColumnPlan, role: str) -> str:
    """Return what the values of a prediction are called."""
    if not plan.is_single:
        return f"{role}{f', given as {plan.given},' if plan.given and role == plan.loss.formulas.linked else ''}"
    return plan.given.replace("_", "-") if plan.given else "predictions"


def _sum_problem(plan: ColumnPlan, value: str) -> str:
    """Return what is wrong with a row of predictions that does not sum to 1."""
    if plan.given == "log_probabilities":
        return f"the exponentials of the row sum to {value}; those of log-probabilities sum to 1"
    return f"the row sums to {value}; {_named(plan, 'prediction')} of a row sum to 1"


def _interval(plan: ColumnPlan, role: str) -> Interval:
    """Return where an input of the loss lies."""
    if role == "target" and plan.shape == "classes":
        return Interval(0.0, 1.0)
    return plan.loss.formulas.interval(role, plan.given_as)


def _shown(value: Any) -> str:
    """Return a value as text, shortened unless it is a sentence of this module."""
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if isinstance(value, _Text) or len(text) <= 60 else f"{text[:57]}…"


def first_offender(path: str, batch: Batch, start: int, plan: ColumnPlan, problems: Problems) -> Offender:
    """Return the first bad row of a batch whose first row has the index ``start``."""
    kind, row = min(((kind, int(mask.argmax())) for kind, mask in problems.masks.items()), key=lambda pair: pair[1])
    column, value = _place(batch, plan, kind, row)
    found: tuple[str, ...] = ()
    span = None
    if plan.has_target and plan.target.columns[0] in batch.columns and kind in ("label", "not a number", "target range"):
        named = plan.input_columns if plan.has_named_labels else plan.target.columns[:1]
        if plan.shape == "classes" or plan.is_binary or plan.has_named_labels:
            found = in_order({word for name in named for word in labels_of(batch, name)})
    if kind == "prediction range":
        values = numbers(batch, plan.prediction, Problems(batch.rows), nan=False)
        span = float(np.nanmin(values)), float(np.nanmax(values))
    return Offender(path, start + row, kind, column, value, found, span)


def _place(batch: Batch, plan: ColumnPlan, kind: str, row: int) -> tuple[str | None, Any]:
    """Return the column that makes a row bad, and its value."""
    if row in batch.broken:
        return None, _Text(batch.broken[row])
    at = {column: batch.columns[column].at(row) for column in plan.columns}
    if kind == "weight" and plan.weight is not None:
        return plan.weight, at[plan.weight]
    if kind in (NO_MEMBERS, NO_ITEMS, UNEQUAL):
        return plan.prediction.text, None
    if kind == "time" and plan.time is not None:
        return plan.time.column, at[plan.time.column]
    if kind == "label":
        known = [name.casefold() for name in plan.classes or ()]
        named = plan.input_columns if plan.has_named_labels else plan.target.columns[:1]
        wrong = [name for name in named if str(at[name]).strip().casefold() not in known]
        return (wrong or named)[0], at[(wrong or named)[0]]
    for role, selection in plan.inputs.items():
        if kind == f"{role} sum":
            columns = selection.columns if plan.complement is None else (plan.complement, *selection.columns)
            parts = np.array([n for _, v in _elements(at, columns) if (n := _number(v)) is not None])
            if role in plan.loss.predictions and plan.given == "log_probabilities":
                parts = np.exp(parts)
            return selection.text, float(np.sum(parts))
        if kind == f"{role} range":
            interval = _interval(plan, role)
            for name, value in _elements(at, selection.columns):
                number = _number(value)
                if number is not None and interval.outside(number):
                    return name, number
        if kind in (f"{role} whole", f"{role} relation"):
            values = [v for _, v in _elements(at, selection.columns)]
            return selection.text, values[0] if len(values) == 1 else values
    if kind == "NaN loss":
        held = {role: [v for _, v in _elements(at, s.columns)] for role, s in plan.inputs.items()}
        shown = [f"{role} {_shown(values[0] if len(values) == 1 else values)}" for role, values in held.items()]
        return plan.prediction.text, _Text(enumerated(shown))
    for column in plan.columns:
        if isinstance(at[column], list) and kind == "row length":
            return column, at[column]
        for name, value in _elements(at, (column,)):
            if _has_problem(kind, value):
                return name, value
    return plan.columns[0], at[plan.columns[0]]


class _Text(str):
    """A sentence in place of a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _elements(at: Mapping[str, Any], columns: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for column in columns:
        if isinstance(at[column], list):
            yield from ((f"{column}[{i}]", value) for i, value in enumerate(at[column]))
        else:
            yield column, at[column]


def _number(value: Any) -> float | None:
    return parse_number(value) if isinstance(value, str) else None if value is None else float(value)


def _has_problem(kind: str, value: Any) -> bool:
    if value is None or (isinstance(value, str) and value.strip().lower() in NULL_WORDS):
        return kind == "null"
    if kind == "inexact":
        return is_inexact(value)
    number = _number(value)
    return kind == ("not a number" if number is None else "NaN" if number != number else "")
