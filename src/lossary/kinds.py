"""The decorators that make a loss of a definition, and what a prediction may be given as."""

from lossary.engine.decorators import (
    PROBABILITIES,
    Composed,
    Listwise,
    Pointwise,
    Samplewise,
    Softmax,
    composed,
    listwise,
    pointwise,
    samplewise,
    softmax,
)

__all__ = [
    "PROBABILITIES",
    "Composed",
    "Listwise",
    "Pointwise",
    "Samplewise",
    "Softmax",
    "composed",
    "listwise",
    "pointwise",
    "samplewise",
    "softmax",
]
