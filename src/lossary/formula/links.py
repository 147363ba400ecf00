"""Forms in which a prediction that is a probability may be passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lossary.formula.calls import exp, sigmoid
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression

Link = tuple[Callable[[Expression], Expression], Interval]
"""How the prediction of a formula follows from the form that is passed, and where that form may lie."""

PROBABILITIES: Mapping[str, Link] = {
    "logits": (sigmoid, Interval()),
    "probabilities": (lambda p: p, Interval(0.0, 1.0)),
    "log_probabilities": (exp, Interval(high=0.0)),
}
"""The forms of a probability: raw scores, the probability itself, its logarithm."""
