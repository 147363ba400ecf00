"""Losses and scores that a column holds ready-made, one of each row, as harnesses of language models and judges write them."""

from __future__ import annotations

from lossary.domains import Real
from lossary.engine.decorators import pointwise

GIVEN = "loss"
"""The form of a prediction that is itself the loss of its row."""


@pointwise
def ready_made_loss(loss: Real):  # type: ignore[no-untyped-def]
    """Return a loss that was found elsewhere."""
    return loss


@pointwise
def ready_made_score(score: Real):  # type: ignore[no-untyped-def]
    """Return a score, of which more is better, as a loss: with the opposite sign."""
    return -score
