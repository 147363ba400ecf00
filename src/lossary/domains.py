"""Where predictions, targets and parameters may lie: domains, which annotate the arguments of a definition, and relations."""

from lossary.formula.domains import LogProbability, NonNegative, Positive, Probability, Real
from lossary.formula.properties import Requirement

__all__ = ["LogProbability", "NonNegative", "Positive", "Probability", "Real", "Requirement"]
