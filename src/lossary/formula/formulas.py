"""A definition read as data: its name, parameters, domains and formulas. It knows no arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

from lossary.formula.derivative import derivative
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression, symbol
from lossary.formula.links import PROBABILITIES, Link
from lossary.formula.properties import Properties
from lossary.formula.reading import formula_of, intervals_of, link_of, parameters_of
from lossary.formula.rewrite import substitute
from lossary.formula.stable import WEIGHT, stable
from lossary.formula.words import log, xmuly


class Formulas(ABC):
    """The formulas of one definition, and all that is known of it without arrays."""

    kind: str
    inputs: tuple[str, ...]
    """The positional arguments of the definition."""
    traced: Expression
    """The formula exactly as the definition states it."""
    given: tuple[str, ...] = ()
    """The forms in which the prediction may be passed, the default first; empty where there is no choice."""

    def __init__(
        self, definition: Callable[..., Any], taken: Collection[str], *, convex: bool | None, minimizer: str | None
    ) -> None:
        self.name = definition.__name__
        self.parameters = parameters_of(definition, self.kind, self.inputs, taken)
        self.intervals = intervals_of(definition, self.inputs, self.parameters, formula=self.kind != "composed")
        self.properties = Properties(
            self.kind,
            self.given,
            self.intervals.get("prediction", Interval()),
            self.intervals.get("target", Interval()),
            convex,
            minimizer,
        )

    @abstractmethod
    def formula(self, given: str | None = None, order: int = 0) -> Expression:
        """Return the formula of one sample or component, or its derivative of this order in the prediction."""

    def interval_of_prediction(self, given: str | None) -> Interval:
        """Return where a prediction in this form may lie."""
        return self.properties.prediction


class PointwiseFormulas(Formulas):
    """The formulas of a loss of each element, f(prediction, target)."""

    kind = "pointwise"
    inputs = ("prediction", "target")

    def __init__(
        self,
        definition: Callable[..., Any],
        taken: Collection[str],
        *,
        links: Mapping[str, Link],
        convex: bool | None,
        minimizer: str | None,
    ) -> None:
        self.given = tuple(links)
        super().__init__(definition, taken, convex=convex, minimizer=minimizer)
        self.traced = formula_of(definition, self.kind, self.inputs, self.parameters)
        self._linked = {name: link_of(self.name, name, link) for name, link in links.items()}
        self._link_intervals = {name: interval for name, (_, interval) in links.items()}
        self.weighted = cache(self._weighted)

    def formula(self, given: str | None = None, order: int = 0) -> Expression:
        """Return the formula of one element, or a derivative."""
        return self.weighted(given, order, False)

    def _weighted(self, given: str | None, order: int, with_weight: bool) -> Expression:
        """Return the formula of one element or a derivative, times the symbol of the weight if asked for."""
        formula = self.traced
        if given is not None:
            formula = substitute(formula, {"prediction": self._linked[given]})
        formula = stable(formula)
        if with_weight:  # inside the formula, so that an infinite slope of weight 0 counts nothing: 0·inf = 0
            formula = xmuly(symbol(WEIGHT), formula)
        for _ in range(order):
            formula = derivative(formula, "prediction")
        return formula

    def interval_of_prediction(self, given: str | None) -> Interval:
        """Return where a prediction in this form may lie."""
        return self._link_intervals[given] if given else self.properties.prediction


class SoftmaxFormulas(Formulas):
    """The formulas of a loss of classes, Σₖ tₖ f(log pₖ)."""

    kind = "softmax"
    inputs = ("log_probability",)
    given = tuple(PROBABILITIES)

    def __init__(self, definition: Callable[..., Any], taken: Collection[str], *, convex: bool | None) -> None:
        super().__init__(definition, taken, convex=convex, minimizer="mean")
        self.traced = formula_of(definition, self.kind, self.inputs, self.parameters)

    def formula(self, given: str | None = None, order: int = 0) -> Expression:
        """Return f(log p) or a derivative: of the logits' log-softmax, or of the prediction where it is a probability."""
        formula = self.traced
        if given == "probabilities":
            formula = substitute(formula, {"log_probability": log(symbol("prediction"))})
        elif given == "log_probabilities":
            formula = substitute(formula, {"log_probability": symbol("prediction")})
        formula = stable(formula)
        for _ in range(order):
            formula = derivative(formula, "log_probability" if given in (None, "logits") else "prediction")
        return formula

    def interval_of_prediction(self, given: str | None) -> Interval:
        """Return where a prediction in this form may lie."""
        return PROBABILITIES[given][1] if given else Interval()


class ComposedFormulas(Formulas):
    """What is known of a loss of array code, which has no formula."""

    kind = "composed"
    inputs = ("prediction", "target")

    def __init__(self, definition: Callable[..., Any], taken: Collection[str], *, convex: bool | None) -> None:
        super().__init__(definition, taken, convex=convex, minimizer=None)

    def formula(self, given: str | None = None, order: int = 0) -> Expression:
        """Raise: array code has no formula."""
        raise TypeError(
            f"{self.name} is composed of array operations, so it has no formula to write out; "
            "only pointwise and softmax losses have latex() and code()"
        )
