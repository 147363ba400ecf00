"""The source text of a loss, by the name of a language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lossary.formula.domains import Interval
from lossary.formula.formulas import Formulas
from lossary.formula.languages import javascript, latex, python, sql
from lossary.formula.languages.orders import order_of
from lossary.formula.numbers import check_number
from lossary.names import unknown_option, wrong_choice

LANGUAGES = ("numpy", "torch", "jax", "numba", "javascript", "sql", "latex")


def write(
    formulas: Formulas, request: str, options: dict[str, Any], write_kernel: Callable[[str | None, bool, int], str]
) -> str:
    """Return a loss as source text.

    The request is a language, or a derivative and a language ("gradient:sql"). ``write_kernel`` returns the text of a kernel
    for a form of the prediction, with or without the value, and for an order of the derivative.
    """
    what, _, language = request.rpartition(":")
    order = order_of(what or "value")
    of = prediction_of(formulas, f"{formulas.name}.code", options.pop("of", None), order)
    if language not in LANGUAGES:
        raise wrong_choice(f"{formulas.name}.code", "the language", language, LANGUAGES)
    given, parameters = _read(formulas, options)
    if language == "sql":
        return sql.write(formulas, order, given, parameters, of)
    if set(options) - {"given"}:
        raise TypeError(
            f"{formulas.name}.code: parameters "
            + ("stay symbols in LaTeX" if language == "latex" else f"become arguments of the {language} function")
            + f", so leave out {', '.join(sorted(set(options) - {'given'}))}"
            + ("" if language == "latex" else " and pass it when you call the function")
        )
    if language == "latex":
        return latex.write(formulas, what or "value", options.get("given"), of)
    if language == "numba":
        return write_kernel(given, what in ("", "value"), order if what else 1)
    if language == "javascript":
        return javascript.write(formulas, order, given, of)
    return python.write(formulas, language, order, given, of)


def prediction_of(formulas: Formulas, where: str, of: str | None, order: int) -> str | None:
    """Return the prediction in which a derivative is asked for, or raise; None for the value."""
    if of is not None and order == 0:
        raise TypeError(f"{where}: of= says in which prediction the gradient or curvature is; leave it out for the value")
    if of is None and order and len(formulas.predictions) > 1:
        raise TypeError(f"{where}: of= says in which prediction: {', '.join(map(repr, formulas.predictions))}")
    if of is not None and of not in formulas.predictions:
        raise wrong_choice(where, "of", of, formulas.predictions)
    return of


def _read(formulas: Formulas, options: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """Return the form of the prediction, and the value of every parameter."""
    choices = formulas.given
    known = {**formulas.parameters, **({"given": choices[0]} if choices else {})}
    for name in options:
        if name not in known:
            raise unknown_option(f"{formulas.name}.code", name, known)
    read = {**known, **options}
    given = read.pop("given", None)
    if given is not None and given not in choices:
        raise wrong_choice(formulas.name, "given", given, choices)
    return given, {
        name: check_number(f"{formulas.name}: {name}", value, formulas.intervals.get(name) or Interval())
        for name, value in read.items()
    }
