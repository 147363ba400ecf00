"""A loss as a function of the raw scores that a trainer adds up, whatever numbers its predictions may be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from lossary.engine.loss import Loss
from lossary.engine.results import as_prediction
from lossary.formula.calls import clip, exp, log, maximum
from lossary.formula.expression import Expression, constant, symbol
from lossary.formula.languages.python import compiled
from lossary.formula.rewrite import substitute
from lossary.names import unknown_option
from lossary.trainers.scores.evaluate import Evaluation
from lossary.trainers.scores.pairs import WEIGHT

_LEAST, _LARGEST = -30.0, 500.0
"""Scores are held within these where ``low + exp(score)`` is the prediction, so that it is finite and above ``low``."""
TARGET = symbol("target")
_UNIT, _LEVEL = symbol("unit"), symbol("level")


def refusal(loss: Any, *, several: bool = False) -> str | None:
    """Return why a loss cannot be trained with one score a prediction (or a class), or None if it can.

    ``several`` says whether a sample may have several predictions, such as a mean and a variance.
    """
    name = loss.__name__
    if loss.inputs != (*loss.predictions, "target") or (len(loss.predictions) > 1 and not several):
        needed = "for each prediction of a target" if several else "a sample"
        return f"one score {needed} is trained, and {name} is a loss of ({', '.join(loss.inputs)})"
    if loss.kind not in ("pointwise", "softmax"):
        kind = "sum of losses of classes" if loss.kind == "sum" else f"{loss.kind} loss"
        return f"{name} is a {kind}, and has no formula for one sample's score and target, as pointwise and softmax losses have"
    if loss.kind == "pointwise" and loss.formulas.formula(form_of(loss), 1).is_zero:
        return f"the slope of {name} is 0 everywhere, so nothing says which way is better"
    if len(loss.predictions) > 1 and _compares(loss):
        return f"{name} compares the scores of {len(loss.predictions)} items, and a sample has the features of one"
    return None


_INSTEAD = {
    **dict.fromkeys(("quantiles", "weighted_interval_score"), "train interval_score, or quantile once for each level"),
    "crps_ensemble": "train crps_gaussian or another score of a distribution",
}
"""What to train in the place of a loss of several numbers without names."""


def remedy(loss: Any) -> str:
    """Return what to do with a loss that is refused."""
    if loss.__name__ in _INSTEAD:
        return f"{_INSTEAD[loss.__name__]}, or this one with PyTorch or JAX"
    if len(loss.predictions) > 1 and loss.inputs == (*loss.predictions, "target") and _compares(loss):
        return "train binary_cross_entropy on differences of the items' features"
    own = (
        ""
        if loss.kind == "pointwise" and loss.formulas.formula(form_of(loss), 1).is_zero
        else ", or this one with PyTorch or JAX"
    )
    return f"train another loss, such as binary_cross_entropy, and judge by this one{own}"


def _compares(loss: Any) -> bool:
    """Return whether a loss of several predictions does not change where the same number is added to all, as far as tried."""
    target = np.array([0.25, 1.0])
    first = 0.25 * np.arange(1, len(loss.predictions) + 1)
    here, there = (loss(*(np.full(2, x + shift) for x in first), target, reduction="none", check=False) for shift in (0.0, 1.0))
    return bool(np.allclose(here, there, rtol=1e-9, atol=0.0))


def form_of(loss: Loss) -> str | None:
    """Return the form of the prediction that any real number may be: logits, the logarithm of a mean; None if there is none."""
    forms = loss.formulas.given
    return next((form for form in forms if loss.formulas.interval(loss.formulas.linked, form).everything), None)


def scores_of(loss: Any, parameters: Mapping[str, Any]) -> Scores:
    """Return the scores of a loss, with what was computed of them and their kernels, if such were asked for before."""
    try:
        return _remembered(loss, tuple(sorted(parameters.items())))
    except TypeError:  # a parameter that is an array, or no loss that there are scores of, which says more
        return Scores(loss, parameters)


@lru_cache(maxsize=64)
def _remembered(loss: Any, parameters: tuple[tuple[str, Any], ...]) -> Scores:
    return Scores(loss, dict(parameters))


class Scores:
    """The losses of raw scores: their values, slopes and second derivatives, one a sample (and prediction, or class)."""

    def __init__(self, loss: Any, parameters: Mapping[str, Any], *, several: bool = False) -> None:
        loss, parameters = loss.choose(parameters)
        if (reason := refusal(loss, several=several)) is not None:
            raise TypeError(f"boosting: {reason}; {remedy(loss)}")
        for name in parameters:
            if name not in loss.parameters:
                raise unknown_option(f"boosting with {loss.__name__}", name, tuple(loss.parameters))
        self.loss: Loss = loss
        self.parameters, self.form = dict(parameters), form_of(loss)
        self.names: tuple[str, ...] = loss.predictions
        self.lows = {name: loss.formulas.interval(name, self.form).low for name in self.names}
        self.binary = loss.kind == "pointwise" and loss.has_binary_target
        self._unit: tuple[float, float] | None = None
        self._options = {**self.parameters, "reduction": "none", "check": False}
        if self.form is not None:
            self._options["given"] = self.form

    @property
    def several(self) -> bool:
        """Whether a sample has several predictions."""
        return len(self.names) > 1

    @property
    def low(self) -> float:
        """The lower bound of the (first) prediction."""
        return self.lows[self.names[0]]

    @property
    def by_exponential(self) -> bool:
        """Whether the prediction is ``low + exp(score)``: it has a lower bound, and the loss takes no other form of it."""
        return self.low > -math.inf

    @property
    def numbers(self) -> dict[str, float]:
        """The loss's own parameters, all of them, and what formulas of another unit name."""
        own = {**self.loss.parameters, **self.parameters}
        return own if self._unit is None else own | {_UNIT.name: self._unit[0], _LEVEL.name: self._unit[1]}

    @property
    def in_units_of_target(self) -> bool:
        """Whether scores are in the unit of the target, so that nothing about them has a size of its own."""
        return self.loss.kind == "pointwise" and not self.binary and self.is_in_units(self.names[0]) and not self.several

    @property
    def has_unit(self) -> bool:
        """Whether targets are any numbers, and a score is in their unit."""
        located = any(self.is_in_units(name) for name in self.names) and self.loss.properties.target.low == -math.inf
        return self.in_units_of_target or (self.several and located)

    @property
    def has_size(self) -> bool:
        """Whether the score is the logarithm of a mean, so that the curvature is in a unit of the target."""
        return self.loss.kind == "pointwise" and not (self.binary or self.several or self.in_units_of_target)

    def in_unit(self, scores: Any, unit: float) -> Any:
        """Return scores in another unit of the target; those that are logarithms or logits are as they were."""
        scores = np.asarray(scores, np.float64)
        return scores if unit == 1.0 else scores / np.where([self.is_in_units(name) for name in self.names], unit, 1.0)

    @cached_property
    def is_parabola(self) -> bool:
        """Whether the second derivative does not depend on the score."""
        return self.loss.kind == "pointwise" and self.score(self.names[0]).name not in self.formula(2).symbols()

    @cached_property
    def mixes_outcomes(self) -> bool:
        """Whether a target t between 0 and 1 has t times the slope of 1, plus 1 - t times that of 0, as far as tried."""
        if not self.binary:
            return False
        at, between = np.linspace(-5.05, 5.05, 102), np.array([0.25, 0.5, 0.75])[:, None]  # scores that are no kinks
        with np.errstate(all="ignore"):
            zero, one, found = (self.slope(*np.broadcast_arrays(at, t)) for t in (0.0, 1.0, between))
        return bool(np.allclose(found, between * one + (1 - between) * zero, rtol=1e-6, atol=1e-12))

    def is_in_units(self, name: str) -> bool:
        """Return whether the score of a prediction may be any number as it is: a mean, a location, a quantile."""
        return self.lows[name] == -math.inf and not (self.form is not None and name == self.loss.formulas.linked)

    def alone(self, name: str) -> Scores:
        """Return one prediction's part of the loss, whose slope in it must not depend on the others."""
        part = self._copy()
        part.names, part.lows = (name,), {name: self.lows[name]}
        return part

    def scaled(self, unit: float, level: float = 1.0) -> Scores:
        """Return the scores whose formulas take scores and targets in another unit, and give the loss times ``level``.

        Values, predictions and the loss itself are those of the unit of the target.
        """
        given = None if (unit, level) == (1.0, 1.0) else (unit, level)
        if given == self._unit:
            return self
        found = self._copy()
        found._unit = given
        return found

    def scale(self, order: int, name: str) -> Expression:
        """Return what another unit multiplies a derivative in the score of a prediction by."""
        if self._unit is None:
            return constant(1.0)
        return math.prod([_UNIT] * order, start=_LEVEL) if self.is_in_units(name) else _LEVEL

    def _copy(self) -> Scores:
        found = copy(self)
        for computed in ("_slope", "_weighted", "_second", "is_parabola", "mixes_outcomes"):
            found.__dict__.pop(computed, None)
        return found

    # ---- formulas of scores

    def score(self, name: str) -> Expression:
        """Return the symbol of a prediction's score."""
        return symbol(f"score_{name}")

    def _predictions(self) -> dict[str, Expression]:
        """Return the predictions, in the form of the loss that any number may be, as formulas of the scores."""
        return {
            name: self.score(name) if low == -math.inf else low + exp(clip(self.score(name), _LEAST, _LARGEST))
            for name, low in self.lows.items()
        }

    def formula(self, order: int, name: str | None = None) -> Expression:
        """Return the loss of a sample as a formula of its scores and target, or a derivative in the score of a prediction."""
        name = name or self.names[0]
        found = self._plain_formula(order, name)
        if self._unit is None:
            return found
        scaled = {self.score(each).name: _UNIT * self.score(each) for each in self.names if self.is_in_units(each)}
        return self.scale(order, name) * substitute(found, {**scaled, TARGET.name: _UNIT * TARGET})

    def _plain_formula(self, order: int, name: str) -> Expression:
        formulas = self.loss.formulas
        predictions = self._predictions()
        found = substitute(formulas.formula(self.form, order, name), predictions)
        if order == 0 or self.lows[name] == -math.inf:
            return found
        inner = predictions[name] - self.lows[name]  # the slope of low + e^s in s, and its curvature
        if order == 1:
            return found * inner
        return found * inner**2 + substitute(formulas.formula(self.form, 1, name), predictions) * inner

    def plain_prediction(self, name: str) -> Expression:
        """Return a prediction as the formula of the loss takes it, such as a mean or a probability, by its score."""
        formulas: Any = self.loss.formulas
        found = self._predictions()[name]
        return formulas.links[self.form][0](found) if self.form is not None and name == formulas.linked else found

    def centre_formula(self) -> Expression:
        """Return the scores whose predictions are the target."""
        return log(maximum(TARGET - self.low, math.exp(_LEAST))) if self.by_exponential else TARGET

    def centre(self, target: Any) -> Any:
        """Return the scores whose predictions are the target."""
        return compiled(self.centre_formula(), "numpy", ("target",))(np.asarray(target, np.float64))

    @cached_property
    def _slope(self) -> Evaluation:
        return Evaluation(self.loss.__name__, [self.formula(1)])

    @cached_property
    def _weighted(self) -> Evaluation:
        return Evaluation(self.loss.__name__, [WEIGHT * self.formula(1)], WEIGHT * self.formula(0))

    def slopes(self, scores: Any, target: Any) -> Any:
        """Return each sample's derivatives in the scores of the predictions, one array each, at a score of each prediction."""
        at = {self.score(name).name: np.full_like(target, x) for name, x in zip(self.names, np.ravel(scores), strict=True)}
        slopes = Evaluation(self.loss.__name__, [self.formula(1, name) for name in self.names])
        return slopes.values(len(target), {**at, TARGET.name: target}, self.numbers)

    @cached_property
    def _second(self) -> Evaluation:
        return Evaluation(self.loss.__name__, [self.formula(2)])

    def _evaluated(self, evaluation: Evaluation, scores: Any, target: Any) -> Any:
        scores, target = np.broadcast_arrays(np.asarray(scores, np.float64), np.asarray(target, np.float64))
        arrays = {self.score(self.names[0]).name: np.ascontiguousarray(scores).ravel(), "target": target.ravel()}
        (found,) = evaluation.values(scores.size, arrays, self.numbers)
        return found.reshape(scores.shape)

    # ---- numbers

    def predictions(self, scores: Any) -> tuple[Any, ...]:
        """Return predictions in the form of the loss that any number may be, of scores: the last axis has several."""
        columns = np.moveaxis(scores, -1, 0) if self.several else [scores]
        return tuple(
            x if low == -math.inf else low + np.exp(np.clip(x, _LEAST, _LARGEST))
            for x, low in zip(columns, self.lows.values(), strict=True)
        )

    def inverse_link(self, scores: Any) -> Any:
        """Return predictions as the formula of the loss takes them, such as means or probabilities, of scores.

        Several predictions are a named tuple.
        """
        if self.loss.kind == "softmax":
            shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
            return shares / shares.sum(axis=-1, keepdims=True)
        columns = np.moveaxis(scores, -1, 0) if self.several else [scores]
        found = [
            compiled(self.plain_prediction(name), "numpy", (self.score(name).name,))(x)
            for name, x in zip(self.names, columns, strict=True)
        ]
        return as_prediction(self.names, found)

    def value(self, scores: Any, target: Any) -> Any:
        """Return each sample's loss."""
        loss: Any = self.loss
        return loss(*self.predictions(scores), target, **self._options)

    def slope(self, scores: Any, target: Any) -> Any:
        """Return the derivative of each sample's loss in its score (or in each class's)."""
        if self.loss.kind == "softmax":
            return self.loss.gradient(scores, target, **self._options)
        return self._evaluated(self._slope, scores, target)

    def weighted(self, scores: Any, target: Any, weight: Any) -> tuple[float, Any]:
        """Return the weighted sum of all losses, and the slope of each sample times its weight (a column for each class)."""
        if self.loss.kind == "softmax":
            return self.loss.value_and_gradient(scores, target, weight=weight, **{**self._options, "reduction": "sum"})
        slope = np.empty(len(weight))
        arrays = {self.score(self.names[0]).name: scores, TARGET.name: target, WEIGHT.name: weight}
        return self._weighted(len(weight), arrays, self.numbers, [slope]), slope

    def second(self, scores: Any, target: Any) -> Any:
        """Return the second derivative of each sample's loss in its score (or in each class's)."""
        if self.loss.kind == "softmax":
            return self.loss.curvature(scores, target, **self._options)
        return self._evaluated(self._second, scores, target)

    def check(self, scores: Any, target: Any, weight: Any) -> float:
        """Return the mean loss of a constant; raise if the loss takes no such targets or weights."""
        options = self.parameters if self.form is None else {**self.parameters, "given": self.form}
        at = np.broadcast_to(scores, (*np.shape(target), *np.shape(scores)))
        loss: Any = self.loss
        found = float(loss(*map(np.ascontiguousarray, self.predictions(at)), target, weight=weight, **options))
        if np.isnan(found) and (missing := np.isnan(np.asarray(target, np.float64))).any():
            raise ValueError(
                f"{loss.__name__}: each sample has a target; got NaN at index {missing.argmax()} ({missing.sum()} of "
                f"{missing.size}); leave such samples out"
            )
        return found
