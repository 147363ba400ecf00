"""Read lists of items, one list a row and of any length, with the loss of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.engine.loss import Loss
from lossary.report.measure.plan.plan import RELEVANCE, ColumnPlan
from lossary.report.measure.rows.values import NO_ITEMS, UNEQUAL, Problems
from lossary.report.read.arrow_of import arrow_of
from lossary.report.read.table import Batch, Column


@dataclass(frozen=True)
class Lists:
    """Lists of numbers, one after another."""

    flat: np.ndarray
    lengths: np.ndarray

    @property
    def index(self) -> np.ndarray:
        """The list of each number."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def split(self) -> np.ndarray:
        """Return the lists as an array of arrays."""
        found = np.empty(len(self.lengths), object)
        found[:] = np.split(self.flat, np.cumsum(self.lengths)[:-1]) if len(found) else []
        return found

    @classmethod
    def joined(cls, lists: np.ndarray) -> Lists:
        """Return lists from an array of arrays."""
        lengths = np.array([len(one) for one in lists], np.int64)
        return cls(np.concatenate([*lists, np.zeros(0)]), lengths)


def read_lists(batch: Batch, plan: ColumnPlan, problems: Problems) -> dict[str, np.ndarray]:
    """Return the scores and relevances of lists, as arrays of arrays; rows with problems are empty."""
    names = (plan.loss.predictions[0], RELEVANCE)
    found = {name: _read(batch.columns[plan.inputs[name].columns[0]], problems) for name in names}
    scores, relevance = (found[name].lengths for name in names)
    problems.add(UNEQUAL, scores != relevance)
    problems.add(NO_ITEMS, scores == 0)
    return {name: _without(lists, problems.bad).split() for name, lists in found.items()}


def _read(column: Column, problems: Problems) -> Lists:
    import pyarrow as pa  # type: ignore[import-untyped]

    from lossary.report.read.arrow_column import ArrowColumn, compute

    array = arrow_of(column)
    if pa.types.is_null(array.type):
        array = array.cast(pa.list_(pa.float64()))
    null = array.is_null().to_numpy(zero_copy_only=False)
    lengths = compute().list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    inner = ArrowColumn(array.flatten()).numbers()
    flat = inner.values.astype(np.float64)
    index = np.repeat(np.arange(len(lengths)), lengths)
    problems.add("null", null | _any(inner.null, index, len(lengths)))
    problems.add("not a number", _any(inner.text, index, len(lengths)))
    problems.add("NaN", _any(np.isnan(flat), index, len(lengths)))
    return Lists(flat, lengths)


def _any(mask: np.ndarray | None, index: np.ndarray, rows: int) -> np.ndarray:
    """Return the lists that hold something of a mask."""
    found = np.zeros(rows, bool)
    if mask is not None:
        found[index[mask]] = True
    return found


def _without(lists: Lists, bad: np.ndarray | None) -> Lists:
    if bad is None:
        return lists
    return Lists(lists.flat[~bad[lists.index]], np.where(bad, 0, lists.lengths))


def problems_of(loss: Loss, inputs: Mapping[str, np.ndarray], options: Mapping[str, Any], rows: int) -> dict[str, np.ndarray]:
    """Return the rows whose items lie outside of what the loss takes, by kind; empty lists have no problem."""
    scores, relevance = map(Lists.joined, inputs.values())
    used = np.flatnonzero(scores.lengths)
    found = {}
    for kind, mask in loss.problems(scores.flat, relevance.flat, scores.index, **options).items():
        found[kind] = np.zeros(rows, bool)
        found[kind][used[mask]] = True
    return found


def list_losses(loss: Loss, inputs: Mapping[str, np.ndarray], options: Mapping[str, Any]) -> np.ndarray:
    """Return the loss of each list, none of which is empty."""
    scores, relevance = map(Lists.joined, inputs.values())
    losses, _ = loss.sample_losses(scores.flat, relevance.flat, scores.index, check=False, **options)
    return losses
