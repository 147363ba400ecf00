"""A file of predictions for the pages: some of its rows, and exact totals over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from lossary.atlas.curves import curves_of
from lossary.atlas.pages import in_both
from lossary.engine.loss import Loss
from lossary.errors import UsageError
from lossary.losses.find import find_loss, registry
from lossary.report.read.data import Data
from lossary.report.read.open import TextFormat
from lossary.report.score import score
from lossary.suggestion.values import read

SHOWN = 1000
"""Rows that a page holds at most, some 20 KB."""
BESIDE: Mapping[str, tuple[str, ...]] = {
    "real": ("squared_error", "absolute_error", "huber", "log_cosh"),
    "probability": ("binary_cross_entropy", "brier_binary"),
    "score": ("binary_cross_entropy", "brier_binary"),
}
"""The losses under which the same rows are totalled, by plane: those that any such rows have."""


class Own(NamedTuple):
    """What the pages are given of a file."""

    loss: str
    """The page to open."""
    given: str | None
    more: Mapping[str, Mapping[str, Any]]
    """What is added to the data of pages, by their names."""


def own(
    data: Data, *, target: str, prediction: str, loss: str | None = None, given: str | None = None, name: str = "data"
) -> Own:
    """Return rows of a file, drawn evenly from its first million, and the exact mean over all rows under several losses.

    ``data``, ``target``, ``prediction`` and ``given`` are as of :func:`lossary.report.score`, with one number predicted for one
    number. Without a loss it is the binary cross-entropy for targets of 0 and 1, else the absolute error.
    """
    values = read(data, target, prediction, TextFormat())
    if values.words is not None or values.target.ndim > 1 or values.prediction is None:
        raise UsageError(
            "a page takes one number predicted for one number observed; got words, or several numbers a row; "
            "score such a file by: lossary score"
        )
    chosen = find_loss(loss or ("binary_cross_entropy" if np.isin(values.target, (0, 1)).all() else "absolute_error"))
    if chosen.__name__ not in registry or chosen.inputs != ("prediction", "target") or not curves_of(chosen):
        raise UsageError(f"a page takes a built-in loss of one number predicted; got {chosen.__name__}")
    if given is None and "probabilities" in chosen.properties.given:
        inside = bool(((values.prediction >= 0) & (values.prediction <= 1)).all())
        given = "probabilities" if inside else "logits"
    curve = next((curve for curve in curves_of(chosen) if given in (None, curve.given)), None)
    if curve is None:
        raise UsageError(f"the page of {chosen.__name__} has no predictions given as {given}; use lossary score")
    names = dict.fromkeys([chosen.__name__, *BESIDE.get(curve.plane or "", ())])
    also = ",".join(_with_form(registry[one], given) for one in names if one != chosen.__name__)
    found = score(data, loss=chosen, target=target, prediction=prediction, given=given, also=also, interval="none")
    figures = [(found.loss, found.mean, found.baseline), *((other.loss, other.mean, other.baseline) for other in found.also)]
    totals = [{"loss": one, "mean": mean, "baseline": baseline, **in_both(one)} for one, mean, baseline in figures]
    picked = np.unique(np.linspace(0, len(values.target) - 1, min(SHOWN, len(values.target))).round().astype(int))
    rows = np.stack([values.prediction[picked], values.target[picked]], -1).tolist()
    shown = {"own": {"file": name, "rows": rows, "count": found.count, "totals": totals}}
    return Own(chosen.__name__, given, dict.fromkeys(names, shown))


def _with_form(loss: Loss, given: str | None) -> str:
    return f"{loss.__name__}:given={given}" if given is not None and loss.properties.given else loss.__name__
