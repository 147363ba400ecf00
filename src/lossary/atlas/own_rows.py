"""A file of predictions for the pages: some of its rows, and exact totals over all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.atlas.curves import curves_of
from lossary.atlas.facts import in_both
from lossary.engine.loss import Loss
from lossary.errors import BadDataError, UsageError
from lossary.losses.find import find_loss, registry
from lossary.report.read.data import Data
from lossary.report.read.form import TextFormat
from lossary.report.score import score
from lossary.suggestion.values import read

SHOWN = 1000
"""Rows that a page holds at most, some 20 KB."""


class OwnRows:
    """Rows of a file, drawn evenly from its first million, and the exact mean over all rows under the losses that are opened.

    ``data``, ``target``, ``prediction`` and ``given`` are as of :func:`lossary.report.score`, with one number predicted for one
    number. Without a loss it is the binary cross-entropy for targets of 0 and 1, else the absolute error.

    Raises UsageError for what is no such file, or no such loss.

    >>> from lossary import atlas
    >>> own = atlas.OwnRows({"y": [1.0, 2.0, 6.0], "p": [1.0, 3.0, 5.0]}, target="y", prediction="p")
    >>> own.loss, own.of("squared_error")["own"]["totals"][-1]["mean"]
    ('absolute_error', 0.6666666666666666)
    """

    def __init__(
        self, data: Data, *, target: str, prediction: str, loss: str | None = None, given: str | None = None, name: str = "data"
    ) -> None:
        self.data, self.target, self.prediction, self.name = data, target, prediction, name
        values = read(data, target, prediction, TextFormat())
        if values.words is not None or values.target.ndim > 1 or values.prediction is None:
            raise UsageError(
                "a page takes one number predicted for one number observed; got words, or several numbers a row; "
                "score such a file by: lossary score"
            )
        of_two = bool(np.isin(values.target, (0, 1)).all())
        chosen = find_loss(loss or ("binary_cross_entropy" if of_two else "absolute_error"))
        self.loss = chosen.__name__
        """The loss whose page is opened."""
        self.given = given
        """What the predictions are, where a loss takes several forms."""
        if given is None and of_two:
            inside = bool(((values.prediction >= 0) & (values.prediction <= 1)).all())
            self.given = "probabilities" if inside else "logits"
        if not self._fits(chosen):
            raise UsageError(
                f"a page takes a built-in loss of one number predicted, in a form that it has; got {self.loss}"
                + (f" given as {given}" if given else "")
                + "; lossary losses lists them"
            )
        picked = np.unique(np.linspace(0, len(values.target) - 1, min(SHOWN, len(values.target))).round().astype(int))
        self.rows = np.stack([values.prediction[picked], values.target[picked]], -1).tolist()
        self._totals: dict[str, dict[str, Any]] = {}
        self.count = 0
        self._total(chosen)

    def of(self, name: str) -> dict[str, Any]:
        """Return what is added to the data of a page: rows, and of a loss its exact mean.

        The lesson of a file begins with the rows. Nothing is added to other lessons, and to losses that refuse the rows.
        """
        if name == "file":
            return {"own": {"file": self.name, "count": self.count, "rows": self.rows}}
        if name not in registry or not self._fits(registry[name]):
            return {}
        try:
            self._total(registry[name])
        except BadDataError:
            return {}
        totals = [*(total for one, total in self._totals.items() if one != name), self._totals[name]]
        shown = {"file": self.name, "given": self._form(registry[name]), "rows": self.rows}
        return {"own": {**shown, "count": self.count, "totals": totals[::-1]}}

    def _form(self, loss: Loss) -> str | None:
        return self.given if loss.properties.given else None

    def _fits(self, loss: Loss) -> bool:
        forms = [curve.given for curve in curves_of(loss)]
        known = loss.__name__ in registry and loss.inputs == ("prediction", "target") and loss.kind == "pointwise"
        return known and (self._form(loss) is None or self._form(loss) in forms)

    def _total(self, loss: Loss) -> None:
        """Find the exact mean of a loss over all rows, if it is not known yet."""
        if loss.__name__ in self._totals:
            return
        found = score(
            self.data,
            loss=loss,
            target=self.target,
            prediction=self.prediction,
            given=self._form(loss),
            interval="none",
        )
        self.count = found.count
        self._totals[loss.__name__] = {"mean": found.mean, "baseline": found.baseline, **in_both(loss.__name__)}
