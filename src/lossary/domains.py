"""The domains that annotate the arguments of a definition: where predictions, targets and parameters may lie."""

from lossary.formula.domains import LogProbability, NonNegative, Positive, Probability, Real

__all__ = ["LogProbability", "NonNegative", "Positive", "Probability", "Real"]
