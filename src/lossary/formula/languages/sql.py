"""Formulas as SQL in DuckDB's dialect: one scalar expression over columns named as the inputs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from lossary.formula.calls import expm1, log1p
from lossary.formula.component_words import stages
from lossary.formula.expression import Expression, symbol
from lossary.formula.formulas import Formulas, SoftmaxFormulas
from lossary.formula.languages.printer import ATOM, NEGATIVE, Names, Text, statements
from lossary.formula.rewrite import expand, substitute
from lossary.formula.words import WORDS

_COMPARISONS = ("less", "less_equal", "equal")
_TRUE_CLASS = "prediction[target + 1]::DOUBLE"
# Σ e^(z - top) over all classes but one of the largest, so that log1p keeps the digits of a confident row
_OTHERS = "coalesce(list_sum(list_transform(list_reverse_sort(prediction)[2:], lambda z: exp(z::DOUBLE - top))), 0e0)"
_SHORT = 40
"""Characters up to which a shared part is repeated; a longer one gets a name."""
_NESTED = 3
"""Named values up to which each is the argument of a lambda; more are computed in steps."""
_STEPS = 100
"""The most steps."""


def write(formulas: Formulas, order: int, given: str | None, parameters: Mapping[str, Any], of: str | None = None) -> str:
    """Return a scalar expression with the parameters written in.

    For a softmax loss the column ``prediction`` is a list and ``target`` a class index; a gradient is a list too. Of a
    samplewise loss it is an aggregate over the rows of a sample, one for each component: ``SELECT id, … GROUP BY id``.
    """
    if formulas.kind == "pointwise":
        columns = {name: f"{_quoted(name)}::DOUBLE" for name in formulas.inputs}
        return _text(substitute(formulas.formula(given, order, of), parameters), columns)
    if formulas.kind == "samplewise":
        return _aggregate(formulas, order, substitute(formulas.formula(given, order, of), parameters))
    if order == 2:
        raise ValueError(f"{formulas.name}.code: the curvature of a softmax loss has no SQL form; ask for its gradient")
    term = substitute(formulas.formula(given, order), parameters)
    if isinstance(formulas, SoftmaxFormulas) and formulas.takes_target:
        return _for_valid_target(_every_class(term, order, given))
    if given != "logits":
        at_true = _text(term, {"prediction": _TRUE_CLASS})
        return _for_valid_target(at_true if order == 0 else _each_class(at_true, "0e0"))
    if order == 0:
        result = _text(term, {"log_probability": "log_p"})
    else:
        # f′(log p)·(δ - pⱼ), 1 - p at the true class being -expm1(log p)
        rest = _text(-expm1(symbol("log_p")), {"log_p": "log_p"})
        slope = _text(term, {"log_probability": "log_p"})
        result = _let("slope", slope, _each_class(f"slope * ({rest})", "-(slope * exp(z::DOUBLE - top - norm))"))
    result = _let("log_p", f"{_TRUE_CLASS} - top - norm", result)
    return _for_valid_target(_normalised(result))


def _normalised(text: str) -> str:
    """Return an expression that may use ``top``, the largest logit, and ``norm``, with log pₖ = zₖ - top - norm."""
    norm = _text(log1p(symbol("others")), {"others": "others"})
    text = _let("norm", _let("others", _OTHERS, norm), text)
    return _let("top", "list_max(prediction)::DOUBLE", text)


def _every_class(term: Expression, order: int, given: str | None) -> str:
    """Return the sum of f(log pₖ, tₖ), or its derivatives; each list is made before the lambda that runs over it."""
    target = "CASE WHEN k = target + 1 THEN 1e0 ELSE 0e0 END"
    name = "log_probability" if given == "logits" else "prediction"
    terms = _text(term, {name: "log_p", "target": f"({target})"})
    if given != "logits":
        found = f"list_transform(prediction, lambda z, k: {_let('log_p', 'z::DOUBLE', terms)})"
        return found if order else f"list_sum({found})"
    log_ps = _normalised("list_transform(prediction, lambda z: z::DOUBLE - top - norm)")
    if order == 0:
        return f"list_sum(list_transform({log_ps}, lambda log_p, k: {terms}))"
    # f′ⱼ(1 - pⱼ) - pⱼ Σ f′ₖ over the other classes k
    rest = _text(-expm1(symbol("log_p")), {"log_p": "log_ps[k]"})
    found = f"list_transform(slopes, lambda slope, k: slope * ({rest}) - exp(log_ps[k]) * (total - slope))"
    found = _let("slopes", f"list_transform(log_ps, lambda log_p, k: {terms})", _let("total", "list_sum(slopes)", found))
    return _let("log_ps", log_ps, found)


_AGGREGATES = {"total": "sum({})", "largest": "max({})", "norm": "sqrt(sum(power({}, 2)))"}
"""Words over components. DuckDB adds in float64; a norm overflows where a square does. NaN is SQL's largest number."""


def _aggregate(formulas: Formulas, order: int, formula: Expression) -> str:
    """Return an aggregate expression: a sample's components are rows, grouped by sample."""
    parts, remedy = stages(formula), "compute it by the Python or JavaScript code instead"
    if order:
        raise ValueError(f"{formulas.name}.code: an aggregate of SQL is one number a sample, and a derivative is not; {remedy}")
    columns = {name: f"{_quoted(name)}::DOUBLE" for name in formulas.inputs}
    of_sample = {name: f"any_value({columns[name]})" for name in formulas.of_sample}
    texts: dict[str, str] = {}
    for stage in parts.stages:
        if stage.word not in (*_AGGREGATES, "count"):
            raise ValueError(f"{formulas.name}.code: SQL has no aggregate for {stage.word}(…); {remedy}")
        if stage.argument.symbols() & texts.keys():
            raise ValueError(f"{formulas.name}.code: SQL has no aggregate of another one, as in {stage.node!r}; {remedy}")
        argument = _text(stage.argument, columns)
        texts[stage.name] = "count(*)::DOUBLE" if stage.word == "count" else _AGGREGATES[stage.word].format(argument)
    return _text(parts.results[0], texts | of_sample)


def _quoted(name: str) -> str:
    """Return the name of a column, in quotes if SQL may read it as something else."""
    return name if name in ("prediction", "target") else f'"{name}"'


def _for_valid_target(text: str) -> str:
    return f"CASE WHEN target >= 0 AND target < len(prediction) THEN {text} END"


def _each_class(at_true: str, elsewhere: str) -> str:
    return f"list_transform(prediction, lambda z, k: CASE WHEN k = target + 1 THEN {at_true} ELSE {elsewhere} END)"


def _let(name: str, text: str, body: str) -> str:
    """Return an expression that computes a value once and names it, by a lambda over a list of one: SQL has no `let`."""
    return f"list_transform([{text}], lambda {name}: {body})[1]"


def _text(formula: Expression, names: Mapping[str, str]) -> str:
    plain = expand(formula, lambda node: bool(WORDS[node.head].sql), "SQL")
    assignments, text = statements(plain, _speller(names), Names(names), short=_SHORT)
    if len(assignments) > _NESTED:
        return _in_steps(dict(assignments), text)
    for name, value in reversed(assignments):
        text = _let(name, value, text)
    return text


def _in_steps(values: dict[str, str], result: str) -> str:
    """Return an expression that computes named values step by step in a struct.

    DuckDB takes exponential time for lambdas within the bodies of lambdas, but not within the lists that they run over.
    """
    steps: dict[str, int] = {}
    for name, text in values.items():
        steps[name] = 1 + max((steps[word] for word in re.findall(r"\w+", text) if word in steps), default=0)
    last = max(steps.values())
    if last > _STEPS:
        raise ValueError(
            f"SQL takes at most {_STEPS} steps one after another, as DuckDB's time to read them grows with the cube; this "
            f"formula has {last}; compute it by the Python or JavaScript code instead"
        )

    def inside(text: str) -> str:
        return re.sub(r"\w+", lambda word: f"t['{word[0]}']" if word[0] in values else word[0], text)

    struct = ""
    for step in range(1, last + 1):
        parts = [(name, text) for name, text in values.items() if steps[name] == step]
        if step == 1:
            struct = "{" + ", ".join(f"'{name}': {text}" for name, text in parts) + "}"
        else:
            struct = _let("t", struct, f"struct_insert(t, {', '.join(f'{name} := {inside(text)}' for name, text in parts)})")
    return _let("t", struct, inside(result))


def _speller(names: Mapping[str, str]) -> Callable[[Expression, tuple[Text, ...]], Text]:
    def spell(node: Expression, written: tuple[Text, ...]) -> Text:
        if node.is_symbol:
            return Text(names[node.name])
        if node.is_constant:
            # an exponent makes a literal a DOUBLE; without one it is an INTEGER or a DECIMAL
            text = repr(node.value) if "e" in repr(node.value) else f"{node.value!r}e0"
            if not math.isfinite(node.value):
                return Text(f"'{node.value}'::DOUBLE")
            return Text(text, NEGATIVE if text.startswith("-") else ATOM)
        word = WORDS[node.head]
        if node.head in _COMPARISONS and node.children[1].is_constant:
            return Text(word.sql.split(" AND NOT")[0].format(*written), word.binds)
        return Text(word.sql.format(*written), word.binds)

    return spell
