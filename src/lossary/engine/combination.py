"""Sums of losses: ``a + 0.5 * b`` is a loss.

Pointwise and samplewise losses become one formula, so one kernel; losses of other kinds are computed one by one.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from lossary.arrays.graph import as_graph_node
from lossary.engine import dispatch
from lossary.engine.arithmetic import Arithmetic
from lossary.engine.call import Call, Options
from lossary.engine.choices import by_choice
from lossary.engine.formula_loss import FormulaLoss
from lossary.engine.loss import Loss
from lossary.engine.pointwise import Pointwise
from lossary.engine.results import as_gradient, result_type
from lossary.engine.samplewise import Samplewise
from lossary.formula.component_words import average
from lossary.formula.domains import Interval
from lossary.formula.formulas import SampleFormulas, SumFormulas
from lossary.formula.reading import ChoiceValue

Term = tuple[Loss, float]
"""A loss and its factor."""


def sum_of(terms: Sequence[Term]) -> Loss:
    """Return the loss Σ factor·loss of losses that take the same inputs."""
    first = terms[0][0]
    for loss, factor in terms:
        if (loss.inputs, loss.predictions) != (first.inputs, first.predictions):
            raise TypeError(
                f"losses that are added take the same inputs; got {first.__name__}({', '.join(first.inputs)}) and "
                f"{loss.__name__}({', '.join(loss.inputs)}); call both within a definition instead"
            )
        if loss.leaves_out is not None:
            raise TypeError(
                f"losses that are added have the same samples, and {loss.__name__} leaves some out with this choice; "
                "pass where= to the sum instead"
            )
        if not math.isfinite(factor):
            raise ValueError(f"the factor of a loss is finite; got {factor} for {loss.__name__}")
    if all(isinstance(loss, Pointwise) for loss, _ in terms):
        return PointwiseSum(tuple(terms))
    if all(isinstance(loss, FormulaLoss) for loss, _ in terms):
        return SamplewiseSum(
            tuple([(Averaged(loss) if isinstance(loss, Pointwise) else loss, factor) for loss, factor in terms])
        )
    defaults = {loss.formulas.given[0]: loss for loss, _ in terms if loss.formulas.given}
    if len(defaults) > 1:
        (form, loss), (other_form, other), *_ = defaults.items()
        raise TypeError(
            f"losses that are added take the same numbers; {loss.__name__} takes {form} by default, and {other.__name__} "
            f"{other_form}; add their costs instead, each with its given="
        )
    return Sum(tuple(terms))


Arithmetic.sum_of = staticmethod(sum_of)


class _OfTerms(Loss):
    """What both kinds of sums have in common."""

    _terms: tuple[Term, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """The losses that this one is the sum of, with their factors."""
        return self._terms

    def _offer_choices(self) -> None:
        """Offer the choices of the terms; terms with a choice of the same name share it."""
        choices: dict[str, tuple[ChoiceValue, ...]] = {}
        for loss, _ in self._terms:
            for name, words in loss.choices.items():
                if choices.setdefault(name, words) != words:
                    raise TypeError(
                        f"losses that are added share choices of the same name, so these have the same words; {name} is one of "
                        f"{', '.join(map(str, choices[name]))} and one of {', '.join(map(str, words))}; call both within a "
                        "definition instead"
                    )
        if choices:
            self.offer(choices, self._of_chosen_terms)

    def _of_chosen_terms(self, words: dict[str, ChoiceValue]) -> Loss:
        return sum_of([(loss.of_words(*(words[name] for name in loss.choices)), factor) for loss, factor in self._terms])

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The cost; with ``returns=("parts",)`` also what each term contributed, factor included."""
        if not self._asks_for_parts(options):
            return super().__call__(*inputs, **options)
        inputs = self._by_name(inputs, options)
        return result_type(("parts",))(super().__call__(*inputs, **options), self._parts(inputs, options))

    def value_and_gradient(self, *inputs: Any, **options: Any) -> Any:
        """The cost and its gradient; with ``returns=("parts",)`` also what each term contributed."""
        if not self._asks_for_parts(options):
            return super().value_and_gradient(*inputs, **options)
        inputs = self._by_name(inputs, options)
        value, gradient = super().value_and_gradient(*inputs, **options)
        options.pop("out", None)
        return result_type(("parts",))(value, self._parts(inputs, options)), gradient

    def _asks_for_parts(self, options: dict[str, Any]) -> bool:
        returns = options.pop("returns", ())
        if returns not in ((), ("parts",), [], ["parts"]):
            raise ValueError(f'{self.__name__}: returns= of a sum of losses is ("parts",) or (); got {returns!r}')
        return bool(returns)

    def _parts(self, inputs: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
        if self.formulas.given:  # a term may take another form by default
            options = {"given": self.formulas.given[0], **options}
        return tuple(factor * loss(*inputs, **own_options(loss, options)) for loss, factor in self.terms)

    def __reduce__(self) -> tuple[Any, ...]:
        return sum_of, (self.terms,)


def one_formula(terms: Sequence[Term], spell: Callable[[Any], Any] = lambda formula: formula) -> tuple[Any, dict[str, Any]]:
    """Return the definition of a sum of losses with formulas, and what its kind is told of it."""
    first = _formulas(terms[0][0])
    # where all have the same forms, the sum has them too, by default the first loss's; else each takes what it takes by default
    links = first.links if all(_formulas(loss).links == first.links for loss, _ in terms) else {}

    def form(loss: Loss) -> str | None:
        return None if links or not loss.formulas.given else loss.formulas.given[0]

    def formula(loss: Loss, inputs: Sequence[Any], own: dict[str, Any]) -> Any:
        return spell(loss.in_formula(inputs, own, form(loss)))

    if not links:
        _check_forms(terms)
    facts = {
        "given": {first.linked: links} if links else {},
        "convex": all(loss.properties.convex is True and factor >= 0 for loss, factor in terms) or None,
        "neutral": _neutral(terms),
        "observed": _formulas(terms[0][0]).observed,
        "requires": [requirement for loss, _ in terms for requirement in loss.properties.requires],
    }
    return definition_of(terms, formula, form), facts


def _check_forms(terms: Sequence[Term]) -> None:
    """Raise if one term would read the same numbers as logits and another as probabilities."""
    for scored, _ in terms:
        if scored.formulas.given[:1] != ("logits",):
            continue
        for loss, _ in terms:
            interval = loss.formulas.interval(scored.formulas.linked, None)
            if not loss.formulas.given and interval.low >= 0 and interval.high <= 1:
                raise TypeError(
                    f"losses that are added take the same numbers; {scored.__name__} takes logits by default, and "
                    f"{loss.__name__} a number in {interval}; call both within a definition, one with sigmoid(…) or given="
                )


def _formulas(loss: Loss) -> SampleFormulas:
    assert isinstance(loss, FormulaLoss)
    return loss.formulas


def _neutral(terms: Sequence[Term]) -> tuple[str, ...]:
    """Return the parameters that change nothing by default in any term."""
    names = {name for loss, _ in terms for name in loss.parameters}
    return tuple(
        sorted(name for name in names if all(name in _formulas(loss).neutral for loss, _ in terms if name in loss.parameters))
    )


class PointwiseSum(_OfTerms, Pointwise):
    """A sum of pointwise losses: one formula."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._terms = terms
        definition, facts = one_formula(terms)
        minimizers = {loss.properties.minimizer for loss, _ in terms}
        minimizer = minimizers.pop() if len(minimizers) == 1 and all(factor > 0 for _, factor in terms) else None
        super().__init__(definition, minimizer=minimizer, **facts)
        self._offer_choices()


class SamplewiseSum(_OfTerms, Samplewise):
    """A sum of samplewise losses, and of pointwise ones averaged over the components of a sample: one formula."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._terms = terms
        definition, facts = one_formula(terms)
        # an averaged pointwise loss takes either: it may have the same target for all components of a sample
        found = {_formulas(loss).of_sample for loss, _ in terms if not isinstance(loss, Averaged)}
        if len(found) > 1:
            raise TypeError(
                f"losses that are added take the same inputs; in {definition.__name__}, of_sample= is "
                f"{' and '.join(map(repr, sorted(found)))}; call both within a definition instead"
            )
        labels = any(loss.takes_labels for loss, _ in terms)
        super().__init__(definition, of_sample=found.pop() if found else (), labels=labels, **facts)
        self._offer_choices()


class Averaged(Samplewise):
    """A pointwise loss, averaged over the components of a sample."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        definition, facts = one_formula([(loss, 1.0)], average)
        super().__init__(definition, **facts)
        if loss.choices:
            self.offer(loss.choices, lambda words: Averaged(loss.of_words(*words.values())))

    def __reduce__(self) -> tuple[Any, ...]:
        return Averaged, (self._loss,)


class Sum(_OfTerms):
    """A sum of losses of several kinds: its cost is the sum of their costs, each with the same options."""

    kind = "sum"
    formulas: SumFormulas

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._terms = terms
        definition = definition_of(terms, lambda loss, inputs, own: loss.definition(*inputs, **own), lambda loss: None)
        convex = all(loss.properties.convex is True and factor >= 0 for loss, factor in terms) or None
        self.extra_options = {name: x for loss, _ in terms for name, x in loss.extra_options.items() if name != "returns"}
        super().__init__(
            definition, SumFormulas(definition, [(loss.formulas, factor) for loss, factor in terms], {"convex": convex})
        )
        self._compute = as_graph_node(self._compute_terms, quiet=False)
        self._offer_choices()

    def _compute_terms(self, operation: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if self.choices:
            self, options = self.choose(options)
        self.refuse_unknown(options)
        if "out" in options:
            raise TypeError(f"{self.__name__}: a sum of losses of several kinds has no out=; copy the gradient instead")
        found = [(factor, dispatch.compute(loss, operation, inputs, own_options(loss, options))) for loss, factor in self.terms]
        if operation == "value":
            return self._added([(factor, value) for factor, value in found])
        if operation == "value_and_gradient":
            value = self._added([(factor, value) for factor, (value, _) in found])
            return value, self._gradient([(factor, gradient) for factor, (_, gradient) in found])
        return self._gradient(found)

    def _gradient(self, found: Sequence[tuple[float, Any]]) -> Any:
        if len(self.predictions) == 1:
            return self._added(found)
        columns = [[(factor, gradients[i]) for factor, gradients in found] for i in range(len(self.predictions))]
        return as_gradient(self.predictions, [self._added(column) for column in columns])

    def _added(self, found: Sequence[tuple[float, Any]]) -> Any:
        shapes = [tuple(getattr(x, "shape", ())) for _, x in found]
        if any(shape != shapes[0] for shape in shapes):
            raise ValueError(
                f'{self.__name__}: with reduction="none", the terms have one loss for each of the same samples; got losses of '
                f"shapes {' and '.join(map(str, shapes))}; axis= says which axes make up a sample"
            )
        return functools.reduce(lambda a, b: a + b, (x * factor for factor, x in found))

    @by_choice
    def sample_losses(self, *inputs: Any, **options: Any) -> Any:
        """Return the weighted losses of unmasked samples and their weights, as NumPy arrays of one axis."""
        self.refuse_unknown(options)
        found = [(factor, loss.sample_losses(*inputs, **own_options(loss, options))) for loss, factor in self.terms]
        return self._added([(factor, losses) for factor, (losses, _) in found]), found[0][1][1]

    @by_choice
    def problems(self, *inputs: Any, **options: Any) -> Any:
        """Return what is invalid about the input."""
        found: dict[str, Any] = {}
        for loss, _ in self.terms:
            for kind, mask in loss.problems(*inputs, **own_options(loss, options)).items():
                found[kind] = found.get(kind, False) | mask
        return found

    @by_choice
    def prepare(self, *inputs: Any, **options: Any) -> None:
        """Compile ahead what such calls will need."""
        for loss, _ in self.terms:
            loss.prepare(*inputs, **own_options(loss, options))

    def read_inputs(self, backend: Any, inputs: Sequence[Any], options: Options) -> Call:
        """Raise: each term reads its own input."""
        raise TypeError(f"{self.__name__} is a sum of losses, each of which reads its own input")

    def load_inputs(self, call: Call) -> None:
        """Do nothing: each term loads its own input."""

    def weighted_losses(self, call: Call) -> Any:
        """Do nothing: each term computes its own losses."""

    def slopes(self, call: Call, order: int) -> tuple[Any, ...]:
        """Return nothing: each term computes its own slopes."""
        return ()


def own_options(loss: Loss, options: dict[str, Any]) -> dict[str, Any]:
    """Return those options that a loss has."""
    known = loss.known_options()
    return {name: value for name, value in options.items() if name in known or name in loss.choices or name == "out"}


def definition_of(
    terms: Sequence[Term],
    formula: Callable[[Loss, Sequence[Any], dict[str, Any]], Any],
    form: Callable[[Loss], str | None],
) -> Callable[..., Any]:
    """Return a definition of a sum, which takes the terms' parameters; terms with a parameter of the same name share it."""
    first = terms[0][0]
    parameters: dict[str, Any] = {}
    intervals = dict.fromkeys(first.inputs, Interval())
    for loss, _ in terms:
        for name, default in loss.parameters.items():
            interval = loss.formulas.intervals[name]
            if name in parameters and (parameters[name], intervals[name]) != (default, interval):
                raise TypeError(
                    f"losses that are added share parameters of the same name, so these have the same default and domain; "
                    f"{name} is {parameters[name]} in {intervals[name]} and {default} in {interval}; "
                    "call both within a definition instead"
                )
            parameters[name], intervals[name] = default, interval
        for name in first.inputs:
            intervals[name] = intervals[name].both(loss.formulas.interval(name, form(loss)))

    def definition(*inputs: Any, **given: Any) -> Any:
        values = dict(zip(first.inputs, inputs, strict=False)) | given
        arguments = [values[name] for name in first.inputs]
        found = [(formula(loss, arguments, {name: values[name] for name in loss.parameters}), factor) for loss, factor in terms]
        return functools.reduce(lambda a, b: a + b, (x if factor == 1 else factor * x for x, factor in found))

    keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    definition.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            *(inspect.Parameter(name, either) for name in first.inputs),
            *(inspect.Parameter(name, keyword, default=default) for name, default in parameters.items()),
        ]
    )
    definition.__annotations__ = {name: Annotated[Any, interval] for name, interval in intervals.items()}
    definition.__name__ = definition.__qualname__ = " + ".join(
        loss.__name__ if factor == 1 else f"{factor:g} * {loss.__name__}" for loss, factor in terms
    )
    definition.__doc__ = f"The sum of losses {definition.__name__}."
    return definition
