"""Reading and checking of definitions, once, where they are decorated."""

from __future__ import annotations

import functools
import inspect
import linecache
import re
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from lossary.formula.component_words import CONDITIONS
from lossary.formula.domains import Interval, interval_of
from lossary.formula.expression import Expression, FormulaError, as_expression, symbol
from lossary.formula.numbers import check_number
from lossary.formula.rewrite import trace
from lossary.formula.samples import checked_of_sample, refuse_component_words

_UNTOLD = (Any, float, int, Expression)
"""Annotations that say nothing about where an argument lies."""


def check_function(definition: Any) -> None:
    """Raise unless a definition is a plain function with a name."""
    if not inspect.isfunction(definition):
        raise TypeError(f"a loss is made of a definition, a plain Python function; got {definition!r}")
    for what, found in (
        ("a coroutine", inspect.iscoroutinefunction(definition)),
        ("a generator", inspect.isgeneratorfunction(definition) or inspect.isasyncgenfunction(definition)),
    ):
        if found:
            raise TypeError(
                f"{definition.__name__}: a definition is a plain function that returns its formula; this one is {what}; "
                "write it with def and return"
            )
    if definition.__name__ == "<lambda>":
        raise TypeError("a loss has the name of its definition, and a lambda has none; write def name(…): return …")


def _positional(definition: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the arguments that go by position."""
    name, given = definition.__name__, inspect.signature(definition).parameters.values()
    for p in given:
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            star = "*" if p.kind is p.VAR_POSITIONAL else "**"
            raise TypeError(f"{name}: a definition names each of its arguments; it takes {star}{p.name}; write each parameter")
    return tuple(p.name for p in given if p.kind is not p.KEYWORD_ONLY)


def arguments_of(definition: Callable[..., Any], kind: str, choices: Collection[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the arguments that a definition takes by position, or raise unless they are one of these choices."""
    positional = _positional(definition)
    if positional not in choices:
        known = any(positional[: len(choice)] == choice for choice in choices)
        listed = " or ".join(f"({', '.join(choice)})" for choice in choices)
        raise TypeError(
            f"the definition of a {kind} loss takes {listed} and then "
            f"keyword-only parameters; {definition.__name__} takes ({', '.join(positional)}); "
            + ("put its parameters after a `*`" if known else "name its arguments so, in this order")
        )
    return positional


def inputs_of(
    definition: Callable[..., Any], kind: str, taken: Collection[str], observed: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the inputs of a definition: its predictions, then what is ``observed``, and last the target, if it has one."""
    name, inputs = definition.__name__, _positional(definition)
    if isinstance(observed, str) or not set(observed) <= set(inputs):
        raise TypeError(
            f"{name}: observed= is a tuple of inputs that get no gradient; got {observed!r}; the inputs are {', '.join(inputs)}"
        )
    got = f"{name} takes ({', '.join(inputs)})"
    if not inputs or inputs == ("target",):
        raise TypeError(
            f"the definition of a {kind} loss takes a prediction first; {got}; write def {name}(prediction, target)"
        )
    if "target" in inputs[:-1]:
        raise TypeError(
            f"a definition takes its predictions first, then the target, and then keyword-only parameters; {got}; "
            "put the target behind the predictions, and parameters after a `*`"
        )
    predictions = predictions_of(inputs, observed)
    if not predictions or inputs[: len(predictions)] != predictions:
        raise TypeError(
            f"a definition takes its predictions first, and then what is observed ({', '.join(observed)}); {got}; "
            "put at least one prediction first, and no other behind what is observed"
        )
    for argument in inputs:
        if argument in NAMES_OF_TARGETS and argument in predictions:
            raise TypeError(
                f"{name}: the input that gets no gradient is called target, and every other one is a prediction; {got}; "
                f"name {argument} target"
            )
        if argument in taken and argument not in ("prediction", "target"):
            raise TypeError(f"{name}: {argument!r} is an option of every loss; give the input another name")
    return inputs


def of_sample_of(definition: Callable[..., Any], of_sample: Sequence[str], observed: Sequence[str]) -> tuple[str, ...]:
    """Return the inputs of a samplewise loss that have one value a sample, in their order; raise unless they are the last."""
    name, inputs = definition.__name__, _positional(definition)
    found = tuple(x for x in inputs if x in of_sample)
    if isinstance(of_sample, str) or len(found) != len(of_sample) or set(found) & set(predictions_of(inputs, observed)):
        raise TypeError(
            f"{name}: of_sample= is a tuple of inputs that get no gradient: the target, or what is observed; "
            f"got {of_sample!r}; the inputs are {', '.join(inputs)}"
        )
    if found != inputs[len(inputs) - len(found) :]:
        raise TypeError(
            f"{name}: a definition takes its inputs of components first, and then what has one value a sample; "
            f"got ({', '.join(inputs)}); put {', '.join(found)} last"
        )
    return found


def predictions_of(inputs: Sequence[str], observed: Sequence[str]) -> tuple[str, ...]:
    """Return the inputs that get a gradient."""
    return tuple(name for name in inputs if name != "target" and name not in observed)


def linked_input(
    name: str, links: Mapping[str, Any], inputs: tuple[str, ...], predictions: tuple[str, ...]
) -> tuple[str, Mapping[str, Any]]:
    """Return which input has several forms, and its links: given as ``{form: link}``, or as ``{input: {form: link}}``."""
    if links and all(isinstance(forms, Mapping) for forms in links.values()):
        if len(links) > 1 or not set(links) <= set(inputs):
            raise TypeError(
                f"{name}: given= names one of the inputs ({', '.join(inputs)}) and its forms, {{input: {{form: link}}}}; "
                f"got {', '.join(map(repr, links))}"
            )
        return next(iter(links.items()))
    if links and len(predictions) > 1:
        raise TypeError(
            f"{name}: with the predictions {', '.join(predictions)}, given= says which of them has several forms; "
            f"got {', '.join(map(repr, links))}; write given={{{predictions[-1]!r}: {{…}}}}"
        )
    return predictions[0], links


def neutral_of(name: str, neutral: Collection[str], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a definition says change nothing by default, with their defaults."""
    unknown = [word for word in neutral if word not in parameters]
    if isinstance(neutral, str) or unknown:
        raise TypeError(
            f"{name}: neutral= is a tuple of parameters ({', '.join(parameters) or 'there is none'}); got {neutral!r}"
        )
    return {word: parameters[word] for word in neutral}


NAMES_OF_TARGETS = frozenset(
    ("actual", "ground_truth", "label", "labels", "observation", "observed", "targets", "true", "truth", "y", "y_true")
)
"""What other libraries call the target: as the name of a prediction it would be a mistake."""


ChoiceValue = str | bool
"""What a choice may be."""


def choices_of(definition: Callable[..., Any], taken: Collection[str]) -> dict[str, tuple[ChoiceValue, ...]]:
    """Return the choices of a definition: its parameters that are words, each with the words that it may be, the default first.

    The default of such a parameter is a word, and its annotation lists all: ``constant: Literal["none", "all"] = "none"``. One
    that is True or False needs no list: ``squared: bool = True``.
    """
    name, choices = definition.__name__, dict[str, tuple[ChoiceValue, ...]]()
    for p in inspect.signature(definition).parameters.values():
        if p.kind is not p.KEYWORD_ONLY or not isinstance(p.default, (str, bool)):
            continue
        annotation = _annotation(definition, p.name)
        words = get_args(annotation) if get_origin(annotation) is Literal else ()
        if isinstance(p.default, bool):
            words = (True, False)
        elif p.default not in words or not all(isinstance(word, str) for word in words):
            raise TypeError(
                f"{name}: a parameter is a number, or one of the words that its annotation lists; {p.name} is {p.default!r} by "
                f"default and annotated {annotation!r}; write a number, or {p.name}: Literal[{p.default!r}, …]"
            )
        if p.name in taken:
            raise TypeError(f"{name}: {p.name!r} is an option of every loss; give the parameter another name")
        choices[p.name] = (p.default, *(word for word in words if word != p.default))
    return choices


def with_choices(definition: Callable[..., Any], words: Mapping[str, ChoiceValue]) -> Callable[..., Any]:
    """Return a definition without its choices: that of these words."""

    @functools.wraps(definition)
    def chosen(*inputs: Any, **parameters: Any) -> Any:
        return definition(*inputs, **words, **parameters)

    signature = inspect.signature(definition)
    rest = [p for p in signature.parameters.values() if p.name not in words]
    chosen.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
    return chosen


def parameters_of(definition: Callable[..., Any], leading: tuple[str, ...], taken: Collection[str]) -> dict[str, Any]:
    """Return the parameters of a definition with their defaults; its inputs come before them."""
    name, given = definition.__name__, inspect.signature(definition).parameters.values()
    parameters: dict[str, Any] = {}
    for p in given:
        if p.name in leading:
            if p.default is not p.empty:
                raise TypeError(
                    f"{name}: {p.name} is given in every call, so it has no default; got {p.default!r}; leave it out"
                )
            continue
        if p.default is p.empty:
            raise TypeError(f"{name}: every parameter needs a default; {p.name} has none")
        if p.name in taken:
            raise TypeError(f"{name}: {p.name!r} is an option of every loss; give the parameter another name")
        parameters[p.name] = p.default
    return parameters


def _annotation(definition: Callable[..., Any], argument: str) -> Any:
    """Return the annotation of an argument, read if it is text; ``Any`` if it has none."""
    function = inspect.unwrap(definition)
    annotation = inspect.get_annotations(function).get(argument, Any)
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, function.__globals__)  # noqa: S307 - as typing.get_type_hints does
    except Exception as error:
        raise TypeError(
            f"{definition.__name__}: the annotation of {argument} cannot be read: {annotation!r} ({error}); "
            "import its names where the module begins, or leave it out"
        ) from None


def intervals_of(
    definition: Callable[..., Any],
    leading: tuple[str, ...],
    parameters: dict[str, Any],
    *,
    formula: bool,
    arrays: Collection[str] = (),
) -> dict[str, Interval]:
    """Return the interval of each argument by its annotation; check defaults that are no ``arrays``: they are numbers."""
    name, intervals = definition.__name__, {}
    for argument in (*leading, *parameters):
        annotation = _annotation(definition, argument)
        interval = interval_of(annotation)
        plain = annotation in _UNTOLD or argument in arrays
        if interval is None and not plain and (formula or argument in parameters):
            raise TypeError(
                f"{name}: an annotation says where an argument lies: Real, Positive, NonNegative, Probability, LogProbability "
                f"or Annotated[float, Interval(low, high)] of lossary.formula.domains; {argument} is annotated {annotation!r}; "
                "write one of these, or leave it out"
            )
        intervals[argument] = interval or Interval()
    for parameter, default in parameters.items():
        if parameter not in arrays:
            parameters[parameter] = check_number(f"{name}: the default of {parameter}", default, intervals[parameter])
    return intervals


def whole_types_of(definition: Callable[..., Any], arguments: Collection[str]) -> dict[str, type]:
    """Return which arguments are annotated ``int`` or ``bool``, also within ``Annotated`` and with ``| None``."""
    found = {}
    for name in arguments:
        annotation = _annotation(definition, name)
        plain = getattr(annotation, "__origin__", annotation)
        for part in (plain, *get_args(plain)):
            if part in (int, bool):
                found[name] = part
    return found


def formula_of(
    definition: Callable[..., Any],
    kind: str,
    leading: tuple[str, ...],
    parameters: Mapping[str, Any],
    components: tuple[str, ...] = (),
) -> Expression:
    """Return the formula of a definition; ``components`` are the arguments that have components, if it is of a sample."""
    name = definition.__name__
    formula = _read(name, definition, lambda: trace(definition, leading, parameters))
    strange = sorted(formula.symbols() - {*leading, *parameters})
    if strange:
        raise TypeError(f"{name}: a formula is made of the definition's own arguments; this one has {', '.join(strange)}, too")
    for argument in leading:
        if argument not in formula.symbols() and argument != "target":
            raise ValueError(
                f"{name}: a loss depends on its {argument}, and this formula does not: {formula!r}; "
                "is it the value that was meant to be returned?"
            )
    if kind == "samplewise":
        return checked_of_sample(name, formula, components)
    refuse_component_words(name, kind, formula)
    return formula


def link_of(name: str, given: str, linked: str, link: Any) -> Expression:
    """Return an input of the formula as a function of the form in which it is passed."""
    if not (isinstance(link, tuple) and len(link) == 2 and callable(link[0]) and isinstance(link[1], Interval)):
        raise TypeError(
            f"{name}: given= maps a name to (function, interval), how the formula's prediction follows from what is given, and "
            f"where that lies; got {given!r}: {link!r}"
        )
    return _read(f"{name}, given={given!r}", link[0], lambda: as_expression(link[0](symbol(linked))))


def _read(name: str, function: Callable[..., Any], read: Callable[[], Expression]) -> Expression:
    try:
        formula = read()
    except Exception as error:
        said = str(error)
        if not isinstance(error, FormulaError):
            said = (
                f"a definition is called once, with symbols for its arguments, and this call raised {type(error).__name__}: "
                f"{error}; a formula is made of its arguments, numbers, operators and the words of lossary.vocabulary"
            )
        raise TypeError(f"{name}{_place(function, error)}: {said}") from error
    _check_conditions(name, formula)
    return formula


def _place(function: Callable[..., Any], error: Exception) -> str:
    """Return the line of a function's own file in which an error arose."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if code is not None and frame.f_code.co_filename == code.co_filename:
            text = linecache.getline(code.co_filename, line).strip()
            return f" ({code.co_filename}:{line}{': ' * bool(text)}{text})"
    return ""


def _check_conditions(name: str, formula: Expression) -> None:
    """Raise where a condition is used as a number, or a number as a condition: libraries and languages differ about those."""
    is_condition: dict[Expression, bool] = {}
    for node in formula.walk():
        of = [is_condition[child] for child in node.children]
        if node.head == "where":
            wrong = not of[0] or of[1] != of[2]
            is_condition[node] = of[1]
        elif node.head in ("logical_and", "logical_or", "logical_not"):
            wrong, is_condition[node] = not all(of), True
        else:
            wrong, is_condition[node] = any(of), node.head in CONDITIONS or (node.is_constant and isinstance(node.value, bool))
        if wrong:
            raise TypeError(
                f"{name}: conditions and numbers are not mixed; got {node!r}; "
                "write where(condition, 1, 0) for a condition as a number, and x != 0 for a number as a condition"
            )
    if is_condition[formula]:
        raise TypeError(f"{name}: a formula is a number; got the condition {formula!r}; write where(condition, 1, 0)")


def documented_formula(definition: Callable[..., Any]) -> str:
    """Return the first formula of a docstring as LaTeX: the one in its first sentence, or that set apart; "" if it has none."""
    text = inspect.getdoc(definition) or ""
    found = re.search(r":math:`([^`]+)`", text.partition("\n\n")[0]) or re.search(r"(?s)\.\. math::(.*?)(?:\n\n|\Z)", text)
    return " ".join(found[1].split()) if found else ""
