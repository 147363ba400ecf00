"""Losses of one row: of an anchor's similarities with all candidates.

The target is 1 for candidates that belong to the anchor, 0 for the others, and -1 for the anchor itself.
"""

from __future__ import annotations

from typing import Any

from lossary.engine.decorators import samplewise
from lossary.formula.domains import Positive, Real
from lossary.vocabulary import count, log_sum_exp, maximum, softplus, stop_gradient, total, where

_LOWEST = -1e30
"""So low that e to it is 0 beside any other number: -∞ would have no slope where a sum has nothing else."""


@samplewise
def supervised_contrastive(similarity: Any, target: Any) -> Any:
    """Return the mean of -log softmax over the positives, the softmax being over all but the anchor; 0 without positives."""
    positives = count(target == 1)
    mean = total(where(target == 1, similarity, 0)) / maximum(positives, 1)
    # subtracted within the logarithm: where one positive outweighs all others, its loss keeps its digits
    return where(positives == 0, 0, log_sum_exp(where(target == -1, _LOWEST, similarity - mean)))


@samplewise
def siglip(similarity: Any, target: Any) -> Any:
    """Return the sum of the binary cross-entropies of all pairs."""
    return total(softplus(where(target == 1, -similarity, similarity)))


@samplewise
def circle(similarity: Any, target: Any, *, gamma: Positive = 80.0, margin: Real = 0.4) -> Any:
    """Return softplus(lse(positives) + lse(negatives)), each pair weighed by how far it is from its optimum."""
    to_positive = stop_gradient(maximum(1 + margin - similarity, 0)) * (1 - margin - similarity)
    to_negative = stop_gradient(maximum(similarity + margin, 0)) * (similarity - margin)
    positives = log_sum_exp(where(target == 1, gamma * to_positive, _LOWEST))
    return softplus(positives + log_sum_exp(where(target == 0, gamma * to_negative, _LOWEST)))


@samplewise
def multi_similarity(
    similarity: Any, target: Any, *, alpha: Positive = 2.0, beta: Positive = 50.0, threshold: Real = 0.5
) -> Any:
    """Return softplus(lse(positives))/α + softplus(lse(negatives))/β."""
    positives = log_sum_exp(where(target == 1, alpha * (threshold - similarity), _LOWEST))
    negatives = log_sum_exp(where(target == 0, beta * (similarity - threshold), _LOWEST))
    return softplus(positives) / alpha + softplus(negatives) / beta
