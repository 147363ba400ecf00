"""What a formula can be written out in: array code (NumPy, torch, JAX), Numba, JavaScript, SQL and LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lossary.names import wrong_choice

if TYPE_CHECKING:
    from lossary.engine.loss import Loss

ORDERS = {"value": 0, "gradient": 1, "curvature": 2}
LANGUAGES = ("numpy", "torch", "jax", "numba", "javascript", "sql", "latex")


def order_of(what: str) -> int:
    """How many derivatives a word such as "gradient" stands for."""
    if what not in ORDERS:
        raise ValueError(f"what to write is one of {', '.join(map(repr, ORDERS))}; got {what!r}")
    return ORDERS[what]


def write(loss: Loss, request: str, options: dict[str, Any]) -> str:
    """A loss as source text; the request is a language, or what and a language ("gradient:sql")."""
    what, _, language = request.rpartition(":")
    order = order_of(what or "value")
    if language not in LANGUAGES:
        raise wrong_choice(f"{loss.__name__}.code", "the language", language, LANGUAGES)
    given, parameters = loss.read_code_options(options)
    if language == "sql":
        from lossary.formula.languages import sql

        return sql.write(loss, order, given, parameters)
    if set(options) - {"given"}:
        raise TypeError(
            f"{loss.__name__}.code: parameters "
            + ("stay symbols in LaTeX" if language == "latex" else f"become arguments of the {language} function")
            + f", so leave out {', '.join(sorted(set(options) - {'given'}))}"
            + ("" if language == "latex" else " and pass it when you call the function")
        )
    if language == "latex":
        return loss.latex(what or "value", **options)
    if language == "numba":
        return loss.kernel_source(given, what in ("", "value"), order if what else 1)
    if language == "javascript":
        from lossary.formula.languages import javascript

        return javascript.write(loss, order, given)
    from lossary.formula.languages import python

    return python.write(loss, language, order, given)
