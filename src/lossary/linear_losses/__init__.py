"""Losses of classes on top of a linear layer, without the logits of all rows in memory at once."""

from lossary.linear_losses.loss import LinearLoss
from lossary.linear_losses.losses import (
    linear,
    linear_cross_entropy,
    linear_distillation,
    linear_jensen_shannon,
    linear_kl_divergence,
)
from lossary.linear_losses.sequences import sequence_log_probabilities

__all__ = [
    "LinearLoss",
    "linear",
    "linear_cross_entropy",
    "linear_distillation",
    "linear_jensen_shannon",
    "linear_kl_divergence",
    "sequence_log_probabilities",
]
