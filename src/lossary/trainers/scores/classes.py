"""The curvature of losses of classes, which have a score for each class."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.formula.calls import abs, exp, log, maximum, where
from lossary.formula.expression import Expression, constant, symbol
from lossary.formula.rewrite import substitute
from lossary.trainers.scores.kinds import Choice
from lossary.trainers.scores.pairs import LEAST, Pair
from lossary.trainers.scores.scores import TARGET, Scores

_MOST = 12
"""Classes up to which all scores of a sample are one formula; beyond, its code takes longer to compile than it saves."""


def choose(scores: Scores, kind: str) -> Choice:
    """Return the curvature of each class's score.

    Scores of a softmax may all be raised alike, so the rows of the Hessian sum to 0; where what lies beside the diagonal is not
    positive, as in the cross-entropy, Gershgorin's circles put its eigenvalues below twice the diagonal.
    """
    name = scores.loss.__name__
    if kind == "exact":
        return Choice(kind, "each class's own second derivative, without what classes share", _Classes(scores, 1.0))
    if scores.loss.properties.convex is True and kind in ("auto", "bound"):
        return Choice("bound", "twice each class's own second derivative covers what classes share", _Classes(scores, 2.0))
    if kind in ("auto", "absolute"):
        why = "twice the size of each class's own second derivative, unproven as the loss is not convex in the scores"
        return Choice("absolute", why, _Classes(scores, 2.0))
    raise ValueError(f"curvature={kind!r} is not known for {name}, which has a score for each class; use 'auto'")


class _Classes(Pair):
    """Slopes and curvatures of each class's score."""

    def __init__(self, scores: Scores, factor: float) -> None:
        super().__init__(scores.loss.__name__, [], [], [], scores.numbers)
        self._of, self._factor = scores, factor
        self._pairs: dict[int, Pair] = {}

    def by_formula(self, count: int) -> Pair | None:
        """Return the pair of so many classes, or None if they are too many for a formula."""
        if count <= _MOST and count not in self._pairs:
            self._pairs[count] = _pair_of(self._of, count, self._factor)
        return self._pairs.get(count)

    def derivatives(self, raw: Any, start: Any, target: Any, weight: Any, dtype: Any = np.float32, **options: Any) -> Any:
        """Return slopes and curvatures at the scores ``raw + start``, a column for each class."""
        count = raw.shape[1]
        if not np.ndim(start) or not np.any(start):
            start = np.zeros(count)
        if (pair := self.by_formula(count)) is not None:
            return pair.derivatives(raw, start, target, weight, dtype, **options)
        at, labels = np.asarray(raw, np.float64) + start, np.asarray(target).astype(np.int64)
        slope = self._of.slope(at, labels)
        curvature = np.maximum(self._factor * np.abs(self._of.second(at, labels)), LEAST)
        if weight is not None and options.get("weighted", True):
            slope, curvature = slope * weight[:, None], curvature * weight[:, None]
        return np.asarray(slope, dtype), np.asarray(curvature, dtype)


def _pair_of(scores: Scores, count: int, factor: float) -> Pair:
    """Return the derivatives of Σₖ f(Lₖ, tₖ) in the scores z, where L is their log-softmax and t is 1 for the label, else 0.

    With a = ∂f/∂L, b = ∂²f/∂L² and their sums A and B over classes: ∂/∂zⱼ = aⱼ - pⱼA, and
    ∂²/∂zⱼ² = bⱼ(1 - 2pⱼ) + pⱼ²B - pⱼ(1 - pⱼ)A.
    """
    z = [symbol(f"score_{k}") for k in range(count)]
    top = z[0]
    for other in z[1:]:
        top = maximum(top, other)
    raised = [exp(x - top) for x in z]
    whole = _sum(raised)
    log_whole = log(whole)
    formulas: Any = scores.loss.formulas
    slopes, curvatures, p = [], [], [x / whole for x in raised]
    by_order = [formulas.formula("logits", order) for order in (1, 2)]
    a, b = ([_term(x, z[k] - top - log_whole, k, formulas.takes_target) for k in range(count)] for x in by_order)
    of_a, of_b = _sum(a), _sum(b)
    for j in range(count):
        slopes.append(a[j] - p[j] * of_a)
        second = b[j] * (1 - 2 * p[j]) + p[j] ** 2 * of_b - p[j] * (1 - p[j]) * of_a
        curvatures.append(maximum(factor * abs(second), LEAST))
    return Pair(scores.loss.__name__, z, slopes, curvatures, scores.numbers)


def _term(formula: Expression, log_probability: Expression, k: int, takes_target: bool) -> Expression:
    of_class = where(k == TARGET, 1.0, 0.0)
    given = substitute(formula, {"log_probability": log_probability, **({TARGET.name: of_class} if takes_target else {})})
    return given if takes_target else where(k == TARGET, given, 0.0)


def _sum(terms: list[Expression]) -> Expression:
    total = constant(0.0)
    for term in terms:
        total = total + term
    return total
