"""Read predictions, targets and weights from a batch, and mark the rows that cannot be scored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lossary.arrays import numpy as backend
from lossary.arrays.checks import sum_tolerance
from lossary.report.measure.plan.plan import ColumnPlan, has_components, is_of_vectors, places_of_numbers
from lossary.report.measure.plan.select import Selection
from lossary.report.read.table import Batch
from lossary.report.read.text import LARGEST_EXACT, NULL_WORDS, parse_number

NO_MEMBERS = "no members"
"""The reason of rows whose members are all missing, where missing ones are left out."""
NO_ITEMS, UNEQUAL = "no items", "unequal lists"
"""The reasons of lists without an item, and of those with other numbers of scores and relevances."""
UNLABELLED = "unlabelled"
"""The reason of rows without a target, which are left out without being errors where the user says so."""


class Problems:
    """The reasons why rows cannot be scored, the first one found for each row."""

    def __init__(self, rows: int, weightless: np.ndarray | None = None) -> None:
        self.rows = rows
        self.masks: dict[str, np.ndarray] = {}
        self.bad: np.ndarray | None = None
        self.weightless = weightless
        """Rows of weight 0, which have no problems; None if there are none."""

    def add(self, kind: str, mask: np.ndarray | None) -> None:
        """Add a reason for some rows, unless they have one already."""
        if mask is not None and self.weightless is not None:
            mask = mask & ~self.weightless
        if mask is None or not mask.any():
            return
        if self.bad is None:
            self.bad = np.zeros(self.rows, bool)
        fresh = mask & ~self.bad
        if fresh.any():
            self.masks[kind] = self.masks[kind] | fresh if kind in self.masks else fresh
            self.bad |= fresh

    def errors(self) -> Problems | None:
        """Return the problems that are errors of the data, or None if there are none."""
        found = Problems(self.rows, self.weightless)
        for kind, mask in self.masks.items():
            if kind != UNLABELLED:
                found.add(kind, mask)
        return found if found.masks else None

    @property
    def left_out(self) -> np.ndarray | None:
        """Rows that are invalid or of weight 0, or None if there are none."""
        if self.bad is None or self.weightless is None:
            return self.weightless if self.bad is None else self.bad
        return self.bad | self.weightless


def numbers(batch: Batch, selection: Selection, problems: Problems, *, nan: bool, exact: bool = True) -> np.ndarray:
    """Return the numbers of a selection in their stored dtype.

    With ``nan``, NaN is a problem. With ``exact``, integers that float64 would round are a problem; targets in [0, 1] need no
    such check, since their range is checked.
    """
    if selection.lists:  # the members of each dimension of vectors
        found = [batch.columns[column].numbers(selection.width or 1) for column in selection.columns]
    elif not selection.several:
        width = 1 if selection.width == 0 else selection.width  # 0: all lists so far were null
        found = [batch.columns[selection.columns[0]].numbers(width)]
    else:
        found = [batch.columns[column].numbers() for column in selection.columns]
    for part in found:
        problems.add("null", part.null)
        problems.add("not a number", part.text)
        problems.add("row length", part.length)
        if exact:
            problems.add("inexact", _inexact(part.values) if part.inexact is None else part.inexact)
    values = np.stack([part.values for part in found], axis=1) if selection.several else found[0].values
    if nan and values.dtype.kind == "f":
        mask = np.isnan(values)
        problems.add("NaN", mask.reshape(len(mask), -1).any(axis=1) if mask.ndim > 1 else mask)
    return values


def members(batch: Batch, selection: Selection, problems: Problems) -> np.ndarray:
    """Return the members of ensembles, NaN where one is missing; a row without any is a problem, as is text."""
    if selection.several:
        parts = [batch.columns[column].numbers() for column in selection.columns]
        values = np.stack([part.values for part in parts], axis=1).astype(np.float64)
        for k, part in enumerate(parts):
            problems.add("not a number", part.text)
            if part.null is not None:
                values[part.null, k] = np.nan
    else:
        part = batch.columns[selection.columns[0]].numbers(1 if selection.width == 0 else selection.width)
        values = part.values.astype(np.float64)
        for kind, mask in (("not a number", part.text), ("row length", part.length)):
            problems.add(kind, mask)
        if part.null is not None:
            values[part.null if part.within is None else part.null & ~part.within.any(axis=1)] = np.nan
        if part.within is not None:
            values[part.within] = np.nan
    problems.add(NO_MEMBERS, np.asarray(np.isnan(values).all(axis=1)))
    return values


def _inexact(values: np.ndarray) -> np.ndarray | None:
    """Return the rows with an integer that float64 would round, or None if there are none."""
    if values.dtype.kind not in "iu" or values.dtype.itemsize < 8 or not values.size:
        return None
    if values.max() <= LARGEST_EXACT and values.min() >= -LARGEST_EXACT:
        return None
    mask: np.ndarray = (values > LARGEST_EXACT) | (values < -LARGEST_EXACT)
    return np.asarray(mask.any(axis=1)) if mask.ndim == 2 else mask


def read_inputs(batch: Batch, plan: ColumnPlan, problems: Problems, *, nan: bool = True) -> dict[str, np.ndarray]:
    """Return the inputs of the loss by name: predictions, what is observed, and targets if it has them."""
    names = [name for name in plan.loss.inputs if name != "target"]
    found = {name: _as_indices(plan, name, _read_prediction(batch, plan, name, problems, nan=nan), problems) for name in names}
    if not plan.has_target:
        return found
    own = Problems(batch.rows, problems.weightless)
    target = read_target(batch, plan, own, nan=nan)
    for kind, mask in own.masks.items():
        problems.add(UNLABELLED if plan.unlabelled and kind in ("null", "NaN") else kind, mask)
    return {**found, "target": _as_indices(plan, "target", target, problems)}


def _as_indices(plan: ColumnPlan, name: str, values: np.ndarray, problems: Problems) -> np.ndarray:
    """Return numbers as integers where the loss takes indices, whatever type the file stored them in."""
    if plan.loss.formulas.whole_types.get(name) is not int or values.dtype.kind in "iu":
        return values
    broken = ~np.isfinite(values) | (values != np.rint(values))
    problems.add(f"{name} whole", broken.any(axis=1) if broken.ndim == 2 else broken)
    return np.where(broken, 0, values).astype(np.int64)


def _read_prediction(batch: Batch, plan: ColumnPlan, name: str, problems: Problems, *, nan: bool) -> np.ndarray:
    """Return predictions in their stored dtype, integers as float64; two-dimensional for losses of several numbers."""
    if plan.partial and name in plan.loss.predictions:
        return members(batch, plan.inputs[name], problems)
    if plan.has_named_labels:
        return _labels(batch, plan, plan.inputs[name].columns[0], problems).astype(np.float64)
    values = numbers(batch, plan.inputs[name], problems, nan=nan)
    if plan.complement is not None and name == plan.loss.predictions[0]:
        first = Selection(name, plan.complement, (plan.complement,), None)
        sums = values.astype(np.float64) + numbers(batch, first, problems, nan=nan)
        problems.add(f"{name} sum", ~(np.abs(sums - 1) <= sum_tolerance(backend, values.dtype)))  # NaN is not near 1
    values = values if values.dtype.kind == "f" else values.astype(np.float64)
    values = values if plan.order is None else values[:, plan.order]
    if is_of_vectors(plan.loss):
        return _vectors(values, len(plan.prediction.parts) or 1)
    return values[:, None] if values.ndim == 1 and has_components(plan.loss, name) else values


def _vectors(values: np.ndarray, dimensions: int) -> np.ndarray:
    """Return the members of each dimension, one dimension after another or as lists, as vectors."""
    found = values.reshape(len(values), dimensions, -1)
    return np.ascontiguousarray(found.swapaxes(1, 2))


def read_target(batch: Batch, plan: ColumnPlan, problems: Problems, *, nan: bool = True) -> np.ndarray:
    """Return targets: class indices, the integers of a binary target, numbers in float64, or rows of numbers."""
    if plan.labels is not None:
        labels = _labels(batch, plan, plan.target.columns[0], problems)
        return labels if plan.order is None else np.argsort(plan.order)[labels]
    values = numbers(batch, plan.target, problems, nan=nan, exact=not (plan.shape == "classes" or plan.is_binary))
    values = values if plan.order is None else values[:, plan.order]
    if not plan.is_binary or values.dtype.kind == "f":
        values = values.astype(np.float64, copy=False)
    return values[:, None] if values.ndim == 1 and has_components(plan.loss, "target") else values


def read_weight(batch: Batch, plan: ColumnPlan) -> tuple[np.ndarray | None, Problems]:
    """Return weights in float64, or None, with their problems and the rows of weight 0."""
    problems = Problems(batch.rows)
    if plan.weight is None:
        return None, problems
    selection = Selection("weight", plan.weight, (plan.weight,), None)
    values = numbers(batch, selection, problems, nan=True).astype(np.float64, copy=False)
    problems.add("weight", ~((values >= 0) & (values < np.inf)))
    nothing = values == 0
    if problems.bad is not None:
        nothing &= ~problems.bad
    problems.weightless = nothing if nothing.any() else None
    return scaled(values, -plan.scale), problems


def scale_of(largest: float) -> int:
    """Return the power of 2 by which to divide weights, from the largest: 0 unless squares might overflow or underflow.

    Means do not depend on a common factor of all weights.
    """
    exponent = math.frexp(largest)[1]
    return exponent if abs(exponent) > 100 else 0


def scaled(weights: np.ndarray, exponent: int) -> np.ndarray:
    """Return weights times 2**exponent; positive weights stay positive."""
    if not exponent:
        return weights
    with np.errstate(over="ignore", under="ignore"):
        return np.where(weights > 0, np.maximum(np.ldexp(weights, exponent), 5e-324), weights)


def unscaled(x: float, exponent: int) -> float:
    """Return a sum of scaled weights in the scale that they came in; infinite where float64 cannot hold it."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(x, exponent))


def _labels(batch: Batch, plan: ColumnPlan, name: str, problems: Problems) -> np.ndarray:
    """Return the place of the class of each label of a column."""
    column = batch.columns[name]
    whole = {name: k for k, name in enumerate(plan.prediction.columns)} if plan.prediction.several else {}
    # a predicted label is the name of a class, never its place
    count, numbered = 0 if plan.has_named_labels else plan.labels or 0, places_of_numbers(plan.classes)
    if column.is_text:
        codes, words = column.text_codes()
        found = [_class_of(word, plan.classes, numbered, count, whole) for word in words]
        kinds = [kind for _, kind in found] + ["null"]  # code -1, null, indexes the last
        for kind in ("null", "NaN", "label"):
            problems.add(kind, np.array([k == kind for k in kinds])[codes])
        indices: np.ndarray = np.array([index for index, _ in found] + [0], np.int64)[codes]
        return indices
    part = column.numbers()
    problems.add("null", part.null)
    values = part.values
    if values.dtype.kind == "f":
        problems.add("NaN", np.isnan(values))
    if not numbered or numbered == {k: k for k in range(count)}:
        index, known = values, (values >= 0) & (values < count)
    else:
        held = np.array(sorted(numbered))
        place = np.minimum(np.searchsorted(held, values), len(held) - 1)
        index = np.array([numbered[number] for number in held.tolist()])[place]
        known = held[place] == values
    known &= values == np.floor(values) if values.dtype.kind == "f" else True
    problems.add("label", ~known)
    labels: np.ndarray = np.where(known, index, 0).astype(np.int64)
    return labels


def _class_of(
    word: str, classes: Sequence[str] | None, numbered: Mapping[int, int], count: int, whole: Mapping[str, int]
) -> tuple[int, str | None]:
    """Return the class named by a text (by its name, its column or its number) and None, or 0 and the problem."""
    named = {name: k for k, name in enumerate(classes or ())} if len(numbered) < len(classes or ()) else {}
    for known in (named, whole):
        for name in (word, word.strip()):
            if name in known:
                return known[name], None
    for known in (named, whole):
        alike = [k for name, k in known.items() if name.casefold() == word.strip().casefold()]
        if len(alike) == 1:
            return alike[0], None
    if word.strip().lower() in NULL_WORDS:
        return 0, "null"
    try:
        number: float | None = int(word.replace("_", "?"))  # exact beyond 2^53, too
    except ValueError:
        number = parse_number(word)
    if number is None or number != number:
        return 0, "label" if number is None else "NaN"
    if numbered:
        return (numbered[int(number)], None) if number in numbered else (0, "label")
    return (int(number), None) if 0 <= number < count and number == int(number) else (0, "label")
