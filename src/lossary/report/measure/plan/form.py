"""Notice probabilities and percentages that would be scored as logits, because nothing was said of their form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossary.errors import UsageError
from lossary.report.measure.plan.plan import ColumnPlan

_SUM = 0.05
"""How far from 1 a row of probabilities may sum, which people write with few digits."""
_LOGIT = 20.0
"""A logit beyond this says a probability within 2e-9 of 1: where no prediction is negative either, they are percentages."""


class UnsaidForm:
    """Whether all predictions could be probabilities, for losses that take them as logits since nothing was said."""

    def __init__(self, plan: ColumnPlan) -> None:
        forms = plan.loss.properties.given
        unsaid = plan.given is None and "probabilities" in forms and next(iter(forms)) == "logits"
        self.loss = plan.loss if unsaid else None
        self.shares = plan.shape == "classes"
        self.wholes = [1, 100] if unsaid else []
        """What could be the whole of which every row is shares: 1, or 100 for percentages."""
        self.greatest, self.seen = 0.0, False

    def add(self, inputs: Mapping[str, np.ndarray]) -> None:
        """Add the inputs of some rows."""
        if self.loss is None or not self.wholes or not (x := inputs[str(self.loss.formulas.linked)]).size:
            return
        self.seen = True
        least, greatest = float(x.min()), float(x.max())
        self.greatest = max(self.greatest, greatest)
        self.wholes = [whole for whole in self.wholes if least >= 0 and greatest <= whole]
        if self.shares and self.wholes:
            sums = x.sum(axis=1)
            self.wholes = [whole for whole in self.wholes if (abs(sums / whole - 1) <= _SUM).all()]

    def merge(self, other: UnsaidForm) -> None:
        """Add the rows of another."""
        self.wholes = [whole for whole in self.wholes if whole in other.wholes]
        self.greatest, self.seen = max(self.greatest, other.greatest), self.seen or other.seen

    def refuse(self, of: str = "") -> None:
        """Raise if all predictions could be probabilities or percentages; ``of`` says whose they are."""
        if self.loss is None or not self.seen or not self.wholes or (1 not in self.wholes and self.greatest <= _LOGIT):
            return
        name, whole = self.loss.__name__, min(self.wholes)
        each = f" and each row sums to {whole}" if self.shares else ""
        kind = "probabilities" if whole == 1 else "percentages"
        forms = [f'given="{form}"' for form in ("probabilities", "logits")]
        first = "pass" if whole == 1 else "divide them by 100 and pass"
        raise UsageError(
            f"every prediction{of} lies in [0, {whole}]{each}, as {kind} do, and {name} takes logits unless told otherwise; "
            f"{first} {forms[0]}, or {forms[1]} if they are logits"
        )
