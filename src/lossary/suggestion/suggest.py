"""Suggest losses for a target."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.errors import UsageError, nearest
from lossary.report.measure.plan.select import Names
from lossary.report.read.data import Data
from lossary.report.read.form import TextFormat
from lossary.suggestion.facts import find, kind_of
from lossary.suggestion.result import Suggestion, Suggestions
from lossary.suggestion.rules import KINDS, ROWS, RULES
from lossary.suggestion.values import Values, read


def suggest(target: Any, prediction: Any = None, *, kind: str | None = None) -> Suggestions:
    """Return losses that fit a target, each with a reason, a call, and what its best constant prediction is.

    ``target`` is an array, list, column or tensor of numbers, words or truth values, one a row; or rows of probabilities. With
    ``prediction``, one number a row, outliers, skewness and the spread of counts are those of the residuals. ``kind`` states
    the kind of target where it is found out wrongly: ``"real"``, ``"positive"``, ``"amounts"`` (positive, with zeros),
    ``"counts"``, ``"binary"``, ``"classes"``, ``"ordered"``, ``"probabilities"``, ``"distributions"``. Counts, numbers of
    classes and grades cannot always be told apart.

    The first million rows are looked at; missing values are left out. The rules stand in ``lossary.suggestion.rules``, and on
    the page "Which loss?" of the documentation. For files, :func:`lossary.suggestion.suggest_for` or ``lossary suggest``.

    Raises UsageError for a target without two different values, and for one that does not fit ``kind``.

    >>> import lossary
    >>> found = lossary.suggest([0, 3, 1, 0, 40, 2, 0, 0, 25, 1, 7, 0])
    >>> found.kind, [one.loss for one in found]
    ('counts', ['negative_binomial', 'poisson'])
    >>> found[0].call
    'lossary.negative_binomial(prediction, target, dispersion=3.25)'
    """
    columns = {"target": target} | ({} if prediction is None else {"prediction": prediction})
    return suggest_for(columns, target="target", prediction=None if prediction is None else "prediction", kind=kind)


def suggest_for(
    data: Data,
    *,
    target: Names,
    prediction: Names | None = None,
    kind: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Suggestions:
    """Return losses that fit a column of files or tables; ``data`` and the columns are as of :func:`lossary.report.score`."""
    if kind is not None and kind not in KINDS:
        raise UsageError(f"there is no kind of target {kind!r}{nearest(kind, KINDS, 'there are')}")
    values = read(data, target, prediction, TextFormat(encoding, delimiter))
    _check(values, kind)
    found_kind = kind or kind_of(values)
    facts, numbers = find(found_kind, values)
    losses = tuple(
        Suggestion(rule.loss, rule.call.format_map(numbers), rule.finds, rule.reason)
        for rule in RULES
        if rule.kind == found_kind and all(x in facts for x in rule.needs) and not any(x in facts for x in rule.unless)
    )
    notes = tuple(_notes(values, found_kind, kind, numbers.get("one")))
    return Suggestions(found_kind, KINDS[found_kind], facts, losses, values.rows, notes)


def _check(values: Values, kind: str | None) -> None:
    """Raise for a target of which nothing can be said, or that is not of the kind that is stated."""
    y = values.target
    if y.ndim > 1:
        are_distributions = y.size > 0 and bool((y >= 0).all() and (abs(y.sum(-1) - 1) <= 1e-3).all())
        if kind not in (None, "distributions") or not are_distributions:
            raise UsageError(
                "a target of several numbers a row is of probabilities that sum to 1; for others, one column after the other"
            )
        return
    distinct = np.unique(y)
    if len(distinct) < 2:
        got = f"{len(y):,} times the same value" if len(y) else "no values"
        raise UsageError(f"a loss is suggested for a target that has two values at least; got {got}")
    if values.words is not None and kind not in (None, "binary", "classes", "ordered"):
        raise UsageError(f"a target of words is binary, classes or ordered; got kind={kind!r}")
    wrong = {
        "positive": distinct[0] <= 0,
        "amounts": distinct[0] < 0,
        "counts": distinct[0] < 0 or (distinct % 1 != 0).any(),
        "probabilities": distinct[0] < 0 or distinct[-1] > 1,
        "binary": len(distinct) > 2,
        "distributions": True,
    }
    if kind is not None and wrong.get(kind):
        raise UsageError(f"kind={kind!r} is of {KINDS[kind]}; this target has other values; leave kind= out")


def _notes(values: Values, kind: str, stated: str | None, one: object) -> list[str]:
    """Return what a reader should know of how this was found out."""
    notes = []
    if values.more:
        notes.append(f"the first {ROWS:,} rows were looked at, and there are more")
    if values.missing:
        notes.append(f"{values.missing:,} rows were left out: a value is missing or not finite")
    if kind == "binary" and (values.words is not None or set(np.unique(values.target)) != {0, 1}):
        notes.append(f"losses take 0 and 1: pass target == {one}")
    elif values.words is not None:
        order = ", from the lowest to the highest" if kind == "ordered" else ""
        notes.append(f"losses take the numbers of classes, 0 … {len(values.words) - 1}{order}")
    if stated is None and values.words is None and kind in ("counts", "classes", "ordered"):
        others = ", ".join(f'"{x}"' for x in ("counts", "classes", "ordered") if x != kind)
        notes.append(f"whole numbers may be counts, classes or grades; if these are others, say kind= one of {others}")
    return notes
