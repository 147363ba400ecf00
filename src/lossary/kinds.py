"""The decorators that make a loss of a definition, and what a prediction may be given as."""

from lossary.engine.decorators import (
    PROBABILITIES,
    Composed,
    Pointwise,
    Samplewise,
    Softmax,
    composed,
    pointwise,
    samplewise,
    softmax,
)

__all__ = ["PROBABILITIES", "Composed", "Pointwise", "Samplewise", "Softmax", "composed", "pointwise", "samplewise", "softmax"]
