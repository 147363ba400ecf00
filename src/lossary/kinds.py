"""The decorators that make a loss of a definition, and what a prediction may be given as."""

from lossary.engine.decorators import PROBABILITIES, Composed, Pointwise, Softmax, composed, pointwise, softmax

__all__ = ["PROBABILITIES", "Composed", "Pointwise", "Softmax", "composed", "pointwise", "softmax"]
