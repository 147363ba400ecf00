"""The decorators that turn a definition into a loss, and the forms in which a probability may be passed."""

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
