"""Losses as LaTeX, as a textbook writes them."""

from __future__ import annotations

from collections.abc import Sequence

from lossary.formula.expression import Expression, constant
from lossary.formula.formulas import ComposedFormulas, Formulas, SampleFormulas, SoftmaxFormulas, SumFormulas, no_formula
from lossary.formula.languages.gather import gathered, over_name
from lossary.formula.languages.latex_page import INPUTS, LOG_P_HAT, LOG_P_K, LatexPage, LatexPart, Z, names_of, number
from lossary.formula.languages.orders import order_of


def write(formulas: Formulas, what: str, given: str | None, of: str | None = None) -> str:
    """Return the value, gradient or curvature of one sample; with ``given="logits"``, in terms of a raw score z."""
    order = order_of(what)
    if isinstance(formulas, SumFormulas):
        return _sum(formulas, what, of)
    if isinstance(formulas, SoftmaxFormulas):
        return _softmax(formulas, order)
    if isinstance(formulas, ComposedFormulas) and formulas.documented and not order:
        return formulas.documented
    if not isinstance(formulas, SampleFormulas):
        raise no_formula(formulas.name)
    symbols = {name: INPUTS.get(name) or LatexPart(next(names_of(name))) for name in formulas.inputs}
    form = None if given in ("probabilities", "mean") else given  # which the formula is written in
    if form is not None and formulas.linked == "prediction":
        symbols["prediction"] = Z if form == "logits" else LOG_P_HAT
    elif form is not None and form != formulas.given[0]:
        symbols[formulas.linked] = LatexPart(next(names_of(form)))
    formula = formulas.textbook(form, order, of)
    name = "prediction" if symbols.get("prediction") is LOG_P_HAT else ""
    formula = gathered(formula, name) if order else over_name(formula, name)
    page = LatexPage(formulas)
    return page.whole(f"{page.written(formula, symbols):0}")


def _sum(formulas: SumFormulas, what: str, of: str | None) -> str:
    """Return the terms in brackets, each with its factor."""
    found = []
    for term, factor in formulas.terms:
        text = rf"\left[{write(term, what, None, of)}\right]"
        found.append(text if factor == 1 else rf"{number(factor):6} \, {text}")
    return " + ".join(found)


def _softmax(formulas: SoftmaxFormulas, order: int) -> str:
    page, terms = LatexPage(formulas), [formulas.textbook(n) for n in range(order + 1)]
    if len(formulas.arguments) == 2:
        return _every_class(page, formulas, terms)
    if order == 0:
        negative = terms[0].head == "negative"
        term = page.written(terms[0].children[0] if negative else terms[0], {"log_probability": LOG_P_K})
        return page.whole("-" * negative + rf"\sum_k y_k \, {term:6r}")
    if terms[1] is constant(-1):
        return "p_j - y_j" if order == 1 else r"p_j \left(1 - p_j\right)"
    slopes = [f"{page.written(gathered(formula, 'log_probability'), {'log_probability': LOG_P_K}):0}" for formula in terms[1:]]
    if order == 1:
        return page.whole(rf"\sum_k y_k \, f'_k \left([j = k] - p_j\right), \quad f'_k = {slopes[0]}")
    return page.whole(
        r"y_j f''_j \left(1 - 2 p_j\right) + p_j^2 \sum_k y_k f''_k - p_j \left(1 - p_j\right) \sum_k y_k f'_k, "
        rf"\quad f'_k = {slopes[0]}, \quad f''_k = {slopes[1]}",
    )


def _every_class(page: LatexPage, formulas: SoftmaxFormulas, terms: Sequence[Expression]) -> str:
    """Return Σ f(pₖ, yₖ), or what its derivative makes of the terms' derivatives by log pₖ."""
    symbols = {"log_probability": LOG_P_K, "probability": LatexPart("p_k"), "target": LatexPart("y_k")}
    if len(terms) == 1:
        return page.whole(rf"\sum_k {page.written(formulas.traced, symbols):6r}")
    slopes = [f"{page.written(gathered(formula, 'log_probability'), symbols):0}" for formula in terms[1:]]
    if len(slopes) == 1:
        return page.whole(rf"\sum_k f'_k \left([j = k] - p_j\right), \quad f'_k = {slopes[0]}")
    return page.whole(
        r"f''_j \left(1 - 2 p_j\right) + p_j^2 \sum_k f''_k - p_j \left(1 - p_j\right) \sum_k f'_k, "
        rf"\quad f'_k = {slopes[0]}, \quad f''_k = {slopes[1]}",
    )
