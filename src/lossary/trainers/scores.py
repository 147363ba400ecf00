"""A loss as a function of the raw score that a trainer adds up, whatever numbers its prediction may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossary.engine.loss import Loss
from lossary.formula.expression import symbol
from lossary.formula.languages.python import compiled
from lossary.losses import absolute_error, binary_cross_entropy, cross_entropy
from lossary.names import unknown_option

_LEAST, _LARGEST = -30.0, 500.0
"""Scores are held within these where ``low + exp(score)`` is the prediction, so that it is finite and above ``low``."""


def refusal(loss: Any) -> str | None:
    """Return why a loss cannot train trees with one score a sample (or a class), or None if it can."""
    name = loss.__name__
    if loss.inputs != (*loss.predictions, "target") or len(loss.predictions) != 1:
        return f"a tree adds up one score a sample, and {name} is a loss of ({', '.join(loss.inputs)})"
    if loss.kind not in ("pointwise", "softmax"):
        return f"{name} has no formula for one sample's curvature ({loss.kind}); only pointwise and softmax losses have"
    if loss.kind == "pointwise" and loss.formulas.formula(form_of(loss), 1).is_zero:
        return f"the slope of {name} is 0 everywhere, so nothing says which way is better"
    return None


def form_of(loss: Loss) -> str | None:
    """Return the form of the prediction that any real number may be: logits, the logarithm of a mean; None if there is none."""
    forms = loss.formulas.given
    return next((form for form in forms if loss.formulas.interval(loss.predictions[0], form).everything), None)


class Scores:
    """The losses of raw scores: their values, slopes and second derivatives, one a sample (and class)."""

    def __init__(self, loss: Any, parameters: Mapping[str, Any]) -> None:
        if (reason := refusal(loss)) is not None:
            raise TypeError(f"boosting: {reason}")
        for name in parameters:
            if name not in loss.parameters:
                raise unknown_option(f"boosting with {loss.__name__}", name, tuple(loss.parameters))
        self.loss: Loss = loss
        self.parameters, self.form = dict(parameters), form_of(loss)
        self.domain = loss.formulas.interval(loss.predictions[0], self.form)
        self.binary = loss.kind == "pointwise" and loss.has_binary_target
        self._options = {**self.parameters, "reduction": "none", "check": False}
        if self.form is not None:
            self._options["given"] = self.form

    @property
    def by_exponential(self) -> bool:
        """Whether the prediction is ``low + exp(score)``: it has a lower bound, and the loss takes no other form of it."""
        return not self.domain.everything

    def prediction(self, scores: Any) -> Any:
        """Return predictions in the form of the loss that any number may be, of scores."""
        if not self.by_exponential:
            return scores
        return self.domain.low + np.exp(np.clip(scores, _LEAST, _LARGEST))

    @property
    def in_units_of_target(self) -> bool:
        """Whether scores are in the unit of the target, so that nothing about them has a size of its own."""
        return self.loss.kind == "pointwise" and not self.binary and self.form is None and not self.by_exponential

    def inverse_link(self, scores: Any) -> Any:
        """Return predictions as the formula of the loss takes them, such as means or probabilities, of scores."""
        if self.loss.kind == "softmax":
            shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
            return shares / shares.sum(axis=-1, keepdims=True)
        if self.form is None:
            return self.prediction(scores)
        formulas: Any = self.loss.formulas
        link = formulas.links[self.form][0](symbol("score"))
        return compiled(link, "numpy", ("score",))(scores)

    def centre(self, target: Any) -> Any:
        """Return the scores whose predictions are the target."""
        return np.log(np.maximum(target - self.domain.low, np.exp(_LEAST))) if self.by_exponential else target

    def value(self, scores: Any, target: Any) -> Any:
        """Return each sample's loss."""
        return self.loss(self.prediction(scores), target, **self._options)

    def slope(self, scores: Any, target: Any) -> Any:
        """Return the derivative of each sample's loss in its score."""
        prediction = self.prediction(scores)
        slope = self.loss.gradient(prediction, target, **self._options)
        return slope * (prediction - self.domain.low) if self.by_exponential else slope

    def second(self, scores: Any, target: Any) -> Any:
        """Return the second derivative of each sample's loss in its score."""
        prediction = self.prediction(scores)
        second = self.loss.curvature(prediction, target, **self._options)
        if not self.by_exponential:
            return second
        inner = prediction - self.domain.low
        return second * inner**2 + self.loss.gradient(prediction, target, **self._options) * inner

    def check(self, scores: Any, target: Any, weight: Any) -> None:
        """Raise if the loss takes no such targets or weights."""
        options = self.parameters if self.form is None else {**self.parameters, "given": self.form}
        at = np.broadcast_to(scores, (*np.shape(target), *np.shape(scores)))
        self.loss(self.prediction(at), target, weight=weight, **options)

    def start(self, target: Any, weight: Any, classes: int | None) -> tuple[Any, str]:
        """Return the constant score with the least mean loss (one a class), and which it is in words."""
        options: dict[str, Any] = {} if self.form is None else {"given": self.form}
        if classes is not None:
            options["classes"] = classes
        of: Any = self.loss
        own, why = self.parameters, "the constant with the least mean loss"
        if self.loss.properties.convex is not True and (self.binary or self.loss.kind == "softmax"):
            # where classes are told apart for sure, such a loss has no slope left
            of, own = (binary_cross_entropy if self.binary else cross_entropy), {}
            why = "the share of each class, as the loss is not convex in the score"
            options["given"] = "logits"
        try:
            found = np.asarray(of.best_constant(target, weight, **options, **own), np.float64)
        except ValueError:
            found = np.asarray(0.0 if self.binary else absolute_error.best_constant(target, weight))
            why = f"{'0' if self.binary else 'the median of the target'}, as no single constant has the least mean loss"
        if self.by_exponential:
            found = self.centre(found)
        if not np.isfinite(found).all():
            found, why = np.where(np.isfinite(found), found, 0.0), "0, as the best constant is infinite"
        return (float(found), why) if found.ndim == 0 else (found - found.mean(), why)
