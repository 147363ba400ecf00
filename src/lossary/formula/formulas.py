"""A definition read as data: its name, parameters, domains and formulas. It knows no arrays."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any

from lossary.formula.calls import exp, log, xmuly
from lossary.formula.derivative import derivative
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression, symbol
from lossary.formula.known import NOTHING, SIMPLE, Known, as_int_if_whole, conditions_on, decide, names_in_powers, rewritten
from lossary.formula.links import PROBABILITIES, ArrayLink, Link
from lossary.formula.properties import Facts, Properties, check_facts
from lossary.formula.reading import (
    arguments_of,
    documented_formula,
    formula_of,
    inputs_of,
    intervals_of,
    link_of,
    linked_input,
    neutral_of,
    of_sample_of,
    parameters_of,
    predictions_of,
    whole_types_of,
)
from lossary.formula.rewrite import rebuild, shown, substitute
from lossary.formula.samples import component_slope
from lossary.formula.signature import Axes, array_axes, sample_axes
from lossary.formula.stable import WEIGHT, stable


class Formulas(ABC):
    """The formulas of one definition, and all that is known of it without arrays."""

    kind: str
    arguments: tuple[str, ...]
    """The positional arguments of the definition."""
    inputs: tuple[str, ...] = ("prediction", "target")
    """What a call takes by position: predictions, then what is observed, and last the target if there is one."""
    observed: tuple[str, ...] = ()
    """The inputs beside the target that get no gradient."""
    of_sample: tuple[str, ...] = ()
    """The last inputs of a samplewise loss, if they have one value a sample where others have components."""
    axes: Mapping[str, Axes] = {}
    """The names of the axes of each input that make up one sample, where a signature may name them: of array code."""
    arrays: Mapping[str, Axes] = {}
    """The parameters that are arrays with axes of their own, which only array code has, and these axes."""
    linked: str = "prediction"
    """The input that may be passed in several forms, if ``given`` names them."""
    neutral: Mapping[str, int | float] = {}
    """Parameters that change nothing by default, such as a weight of 1, with these defaults."""
    traced: Expression
    """The formula exactly as the definition states it."""
    given: tuple[str, ...] = ()
    """The forms in which the prediction may be passed, the default first; empty where there is no choice."""
    documented: str = ""
    """The formula of array code as its docstring has it, in LaTeX."""
    whole_types: Mapping[str, type] = {}
    """The inputs and arrays that hold whole numbers or booleans, by their annotations ``int`` and ``bool``."""

    def __init__(self, definition: Callable[..., Any], taken: Collection[str], facts: Facts) -> None:
        self.name = definition.__name__
        self.predictions = predictions_of(self.inputs, self.observed)
        self.parameters = parameters_of(definition, self.arguments, taken)
        self.intervals = intervals_of(
            definition, self.arguments, self.parameters, formula=self.kind != "composed", arrays=self.arrays
        )
        check_facts(self.name, facts, self.predictions, self.inputs, self.parameters)
        domains = {name: self.intervals.get(name, Interval()) for name in self.inputs}
        self.properties = Properties(self.kind, self.given, domains, **facts)

    def minimizer(self, parameters: Mapping[str, Any]) -> str | None:
        """Return the name of the best constant, or None if it has none with these parameters."""
        by_default = all(parameters.get(name, default) == default for name, default in self.neutral.items())
        return self.properties.minimizer if by_default else None

    @cached_property
    def _in_powers(self) -> frozenset[str]:
        return names_in_powers(self.traced, self.parameters)

    @cached_property
    def _conditions(self) -> tuple[Expression, ...]:
        return conditions_on(self.traced, self.parameters)

    def known(self, numbers: Mapping[str, float]) -> Known:
        """Return what these numbers say of the formula: its parameters in the precision of a call, without arrays."""
        fixed = {name: x for name, x in numbers.items() if name in self._in_powers and x in SIMPLE}
        if self.neutral and all(numbers.get(name) == default for name, default in self.neutral.items()):
            fixed |= self.neutral
        if not fixed and not self._conditions:
            return NOTHING
        decided = tuple([decide(condition, numbers) for condition in self._conditions])
        return Known(tuple([(name, as_int_if_whole(x)) for name, x in fixed.items()]), decided)

    def with_known(self, known: Known) -> Expression:
        """Return the formula as the definition states it, with what is known written into it."""
        return rewritten(self.traced, known, self._conditions)

    @property
    def component_inputs(self) -> tuple[str, ...]:
        """The inputs that have components."""
        return self.inputs[: len(self.inputs) - len(self.of_sample)]

    @abstractmethod
    def formula(self, given: str | None = None, order: int = 0, of: str | None = None) -> Expression:
        """Return the formula of one sample or component, or its derivative of this order in a prediction (the first)."""

    def interval(self, name: str, given: str | None) -> Interval:
        """Return where an input may lie, where the linked one is passed in this form."""
        return self.properties.domains[name]


class SampleFormulas(Formulas):
    """A loss that is a formula of its inputs, of one element or of one sample; an input may be passed in several forms."""

    def __init__(
        self,
        definition: Callable[..., Any],
        taken: Collection[str],
        *,
        links: Mapping[str, Link] | Mapping[str, Mapping[str, Link]],
        neutral: Sequence[str],
        observed: Sequence[str],
        facts: Facts,
    ) -> None:
        self.inputs = self.arguments = inputs_of(definition, self.kind, taken, observed)
        self.observed = tuple(observed)
        predictions = predictions_of(self.inputs, self.observed)
        self.linked, self.links = linked_input(definition.__name__, links, self.inputs, predictions)
        self.given = tuple(self.links)
        super().__init__(definition, taken, facts)
        self.traced = formula_of(definition, self.kind, self.inputs, self.parameters, self.component_inputs)
        self._linked = {name: link_of(self.name, name, self.linked, link) for name, link in self.links.items()}
        self.weighted = cache(self._weighted)
        self.neutral = neutral_of(self.name, neutral, self.parameters)

    def textbook(self, given: str | None, order: int, of: str | None) -> Expression:
        """Return the formula or a derivative as a textbook has it: without parameters that change nothing by default."""
        formula = substitute(shown(self.traced), self.neutral)
        if given is not None:
            formula = stable(substitute(formula, {self.linked: self._linked[given]}))
        for _ in range(order):
            formula = self.slope(formula, of or self.predictions[0])
        return formula

    @abstractmethod
    def slope(self, formula: Expression, name: str) -> Expression:
        """Return the derivative of a formula in an input."""

    def formula(self, given: str | None = None, order: int = 0, of: str | None = None) -> Expression:
        """Return the formula of one element or sample, or a derivative."""
        return self.weighted(given, order, False, of)

    def _weighted(
        self, given: str | None, order: int, with_weight: bool, of: str | None = None, known: Known = NOTHING
    ) -> Expression:
        """Return the formula or a derivative, times the weight if asked for, with what is known of its parameters."""
        formula = self.with_known(known)
        if given is not None:
            formula = substitute(formula, {self.linked: self._linked[given]})
        formula = stable(formula)
        if with_weight:  # inside the formula, so that an infinite slope of weight 0 counts nothing: 0·inf = 0
            formula = xmuly(symbol(WEIGHT), formula)
        for _ in range(order):
            formula = self.slope(formula, of or self.predictions[0])
        return formula

    def interval(self, name: str, given: str | None) -> Interval:
        """Return where an input may lie, where the linked one is passed in this form."""
        return self.links[given][1] if given and name == self.linked else super().interval(name, given)


class PointwiseFormulas(SampleFormulas):
    """The formulas of a loss of each element, f(predictions…, target)."""

    kind = "pointwise"

    def slope(self, formula: Expression, name: str) -> Expression:
        """Return the derivative of a formula in an input."""
        return derivative(formula, name)


class SamplewiseFormulas(SampleFormulas):
    """The formulas of a loss of each sample, made of sums over its components."""

    kind = "samplewise"

    def __init__(self, definition: Callable[..., Any], *args: Any, of_sample: Sequence[str] = (), **options: Any) -> None:
        self.of_sample = of_sample_of(definition, of_sample, options["observed"])
        super().__init__(definition, *args, **options)

    def slope(self, formula: Expression, name: str) -> Expression:
        """Return the derivative of a formula in one component of an input, as a formula of that component."""
        return component_slope(formula, name, self.component_inputs)


class SoftmaxFormulas(Formulas):
    """The formulas of a loss of classes: Σₖ tₖ f(log pₖ), or Σₖ f(pₖ, tₖ) of a definition that takes the target too."""

    kind = "softmax"
    given = tuple(PROBABILITIES)

    def __init__(self, definition: Callable[..., Any], taken: Collection[str], facts: Facts) -> None:
        self.arguments = arguments_of(definition, self.kind, _OF_A_CLASS)
        self.takes_target = len(self.arguments) == 2
        super().__init__(definition, taken, facts)
        self.traced = formula_of(definition, self.kind, self.arguments, self.parameters)
        if self.formula() is stable(-symbol("log_probability")):
            self.properties = dataclasses.replace(self.properties, minimizer="mean")

    def formula(self, given: str | None = None, order: int = 0, of: str | None = None, known: Known = NOTHING) -> Expression:
        """Return f(log p) or a derivative: of the logits' log-softmax, or of the prediction where it is a probability."""
        return self._term(self.with_known(known), given, order)

    def textbook(self, order: int) -> Expression:
        """Return f or a derivative in log p, as a textbook has it."""
        return self._term(shown(self.traced), None, order)

    def _term(self, traced: Expression, given: str | None, order: int) -> Expression:
        formula = _of_prediction(traced, self.arguments[0], given)
        for _ in range(order):
            formula = derivative(formula, "log_probability" if given in (None, "logits") else "prediction")
        return formula

    def interval(self, name: str, given: str | None) -> Interval:
        """Return where an input may lie, where the prediction is passed in this form."""
        return PROBABILITIES[given][1] if given and name == self.linked else super().interval(name, given)


@lru_cache(maxsize=512)
def _of_prediction(traced: Expression, argument: str, given: str | None) -> Expression:
    """Return the stable form of a formula in p or log p, in the prediction in this form."""
    logarithm = symbol("log_probability" if given in (None, "logits") else "prediction")
    if given == "probabilities":
        value = log(symbol("prediction")) if argument == "log_probability" else symbol("prediction")
    else:
        value = logarithm if argument == "log_probability" else exp(logarithm)
    return stable(rebuild(substitute(traced, {argument: value}), _of_logarithm))


def _of_logarithm(node: Expression) -> Expression:
    """Return p for e^(log p), whose slope p·(1/p) would be NaN at 0."""
    inner = node.children[0] if node.head == "exp" else None
    return inner.children[0] if inner is not None and inner.head == "log" else node


_OF_A_CLASS = (
    ("log_probability",),
    ("probability",),
    ("log_probability", "target"),
    ("probability", "target"),
)
"""What a definition of a loss of classes may take."""


class ComposedFormulas(Formulas):
    """What is known of a loss of array code, which has no formula but the one in its docstring."""

    kind = "composed"
    has_signature: bool
    """Whether the definition names these axes."""

    def __init__(
        self,
        definition: Callable[..., Any],
        taken: Collection[str],
        facts: Facts,
        *,
        signature: str | None = None,
        observed: Sequence[str] = (),
        neutral: Sequence[str] = (),
        arrays: Mapping[str, str] | None = None,
        links: Mapping[str, ArrayLink] | None = None,
    ) -> None:
        self.inputs = self.arguments = inputs_of(definition, self.kind, taken, observed)
        self.observed = tuple(observed)
        self.has_signature = signature is not None
        predictions = predictions_of(self.inputs, self.observed)
        self.linked, self.links = linked_input(definition.__name__, links or {}, self.inputs, predictions)
        self.given = tuple(self.links)
        self.axes = sample_axes(definition.__name__, signature, self.inputs)
        self.arrays = array_axes(definition.__name__, arrays or {}, parameters_of(definition, self.arguments, taken))
        super().__init__(definition, taken, facts)
        self.neutral = neutral_of(self.name, neutral, self.parameters)
        self.whole_types = whole_types_of(definition, (*self.inputs, *self.arrays))
        self.documented = documented_formula(definition)
        predicted = [name for name in self.predictions if name in self.whole_types]
        if predicted:
            raise TypeError(
                f"{self.name}: a prediction is a real number, as it gets a gradient; {predicted[0]} is annotated "
                f"{self.whole_types[predicted[0]].__name__}; leave that out, or name {predicted[0]} in observed="
            )

    def interval(self, name: str, given: str | None) -> Interval:
        """Return where an input may lie, where the linked one is passed in this form."""
        interval: Interval = self.links[given].interval if given and name == self.linked else super().interval(name, given)
        return interval

    def formula(self, given: str | None = None, order: int = 0, of: str | None = None) -> Expression:
        """Raise: array code has no formula."""
        raise no_formula(self.name)


def no_formula(name: str) -> TypeError:
    """Return the error for a composed loss whose formula is asked for."""
    return TypeError(
        f"{name} is composed of array operations, so it has no formula to write out; only pointwise, samplewise and softmax "
        "losses have code() and derivatives in latex(), which for array code is the first formula of its docstring"
    )


class SumFormulas(Formulas):
    """What is known of a sum of losses of several kinds, each of which has a formula of its own."""

    kind = "sum"

    def __init__(self, definition: Callable[..., Any], terms: Sequence[tuple[Formulas, float]], facts: Facts) -> None:
        self.inputs = self.arguments = terms[0][0].inputs
        self.observed = terms[0][0].observed
        self.axes = next((formulas.axes for formulas, _ in terms if formulas.axes), {})
        self.arrays = {name: axes for formulas, _ in terms for name, axes in formulas.arrays.items()}
        self.terms = tuple(terms)
        super().__init__(definition, (), facts)

    def formula(self, given: str | None = None, order: int = 0, of: str | None = None) -> Expression:
        """Raise: each term has its own formula."""
        raise TypeError(
            f"{self.name} is a sum of losses of several kinds, which has no single formula to write out as code; "
            "write out each of its terms"
        )
