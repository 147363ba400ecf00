"""Notice probabilities that would be scored as logits, because nothing was said of their form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossary.engine.loss import Loss
from lossary.errors import UsageError
from lossary.report.measure.plan import OtherLoss, Plan

_SUM = 0.05
"""How far from 1 a row of probabilities may sum, which people write with few digits."""


class UnsaidForm:
    """Whether all predictions could be probabilities, for losses that take them as logits since nothing was said."""

    def __init__(self, plan: Plan, also: tuple[OtherLoss, ...] = ()) -> None:
        self.of_also = not _takes_logits(plan.loss, plan.given)
        losses = [plan.loss] if not self.of_also else [other.loss for other in also if _takes_logits(other.loss, other.said)]
        self.loss = losses[0] if losses else None
        self.shares = plan.shape == "classes"
        self.possible, self.rows = bool(losses), 0

    def add(self, inputs: Mapping[str, np.ndarray]) -> None:
        """Add the inputs of some rows."""
        if self.loss is None or not self.possible:
            return
        x = inputs[str(self.loss.formulas.linked)]
        if not x.size:
            return
        self.rows += len(x)
        self.possible = bool(x.min() >= 0) and bool(x.max() <= 1)
        if self.shares and self.possible:
            self.possible = bool((abs(x.sum(axis=1) - 1) <= _SUM).all())

    def merge(self, other: UnsaidForm) -> None:
        """Add the rows of another."""
        self.possible &= other.possible
        self.rows += other.rows

    def refuse(self, of: str = "") -> None:
        """Raise if all predictions could be probabilities; ``of`` says whose they are."""
        if self.loss is None or not self.possible or not self.rows:
            return
        name = self.loss.__name__
        each = " and each row sums to 1" if self.shares else ""
        if self.of_also:
            remedy = f'also="{name}:given=probabilities", or also="{name}:given=logits" if they are logits'
        else:
            remedy = 'given="probabilities", or given="logits" if they are logits'
        raise UsageError(
            f"every prediction{of} lies in [0, 1]{each}, as probabilities do, and {name} takes logits unless told otherwise; "
            f"pass {remedy}"
        )


def _takes_logits(loss: Loss, given: str | None) -> bool:
    forms = loss.properties.given
    return given is None and "probabilities" in forms and next(iter(forms)) == "logits"
