"""Forms in which a prediction may be passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lossary.formula.calls import exp, sigmoid
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression

Link = tuple[Callable[[Expression], Expression], Interval]
"""How the prediction of a formula follows from the form that is passed, and where that form may lie."""


class ArrayLink(NamedTuple):
    """As a link, for array code."""

    function: Callable[[Any], Any]
    """How the prediction that the code takes follows from the form that is passed."""
    interval: Interval
    """Where that form may lie."""
    slopes: Callable[[Any, Any], Any]
    """The slopes in that form, by the prediction that the code takes and the slopes in it; for NumPy."""


PROBABILITIES: Mapping[str, Link] = {
    "logits": (sigmoid, Interval()),
    "probabilities": (lambda p: p, Interval(0.0, 1.0)),
    "log_probabilities": (exp, Interval(high=0.0)),
}
"""The forms of a probability: raw scores, the probability itself, its logarithm."""
