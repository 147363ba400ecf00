"""What a page says of a loss, from the registry: its names, formulas, domains, properties, limits and code."""

from __future__ import annotations

import html
import re
from typing import Any

from lossary.atlas import docstring, estimates, views
from lossary.atlas.curves import ORDERS, Curve, combinations, curves_of, offered
from lossary.atlas.examples import EXAMPLES
from lossary.atlas.formulas import formula
from lossary.atlas.messages import read
from lossary.engine.loss import Loss
from lossary.formula.languages.latex_page import names_of
from lossary.formula.properties import number_at
from lossary.losses.find import registry

LONGEST = 1200
"""Characters of a formula in LaTeX, some eight lines, up to which it is shown."""
LANGUAGES = ("numpy", "torch", "jax", "sql")


def hue(name: str) -> float:
    """Return the angle of the accent colour of a loss; neighbours in the registry lie far apart."""
    return round(([*registry].index(name) * 137.508 + 255) % 360, 1)


def in_both(name: str) -> dict[str, dict[str, str]]:
    """Return the title and the summary of a loss in both languages."""
    title, summary = read("losses.zh")[name]
    said = docstring.plain(registry[name].definition.__doc__ or "")
    return {"title": {"en": read("losses.en")[name], "zh": title}, "summary": {"en": said, "zh": summary}}


def row(name: str) -> dict[str, Any]:
    """Return what the index and links say of a loss."""
    loss, known = registry[name], registry[name].properties
    return {
        "name": name,
        "family": registry.family(name),
        "aliases": registry.aliases(name),
        "kind": known.kind,
        "hue": hue(name),
        "convex": known.convex is True,
        "robust": known.lipschitz is not None,
        "proper": known.proper,
        "symmetric": known.symmetric,
        "minimizer": known.minimizer,
        "formula": known.kind != "composed",
        "inputs": loss.inputs,
    }


def facts(name: str) -> dict[str, Any]:
    """Return all that the page of a loss says, but for the code of its curves."""
    loss = registry[name]
    known, curves = loss.properties, curves_of(loss)
    return {
        **row(name),
        "signature": str(loss.__signature__),
        "parameters": parameters(loss),
        "choices": choices(loss),
        "estimate": estimates.of_loss(loss),
        "call_words": {key: [str(word) for word in words] for key, words in loss.choices.items() if key not in offered(loss)},
        "given": known.given,
        "domains": {key: str(interval).replace("-", "−") for key, interval in known.domains.items()},
        "convex_in": known.convex if isinstance(known.convex, bool) or known.convex is None else list(known.convex),
        "lipschitz": None if known.lipschitz is None else number_at(known.lipschitz, loss.parameters),
        "homogeneous": None if known.homogeneous is None else number_at(known.homogeneous, loss.parameters),
        "limits": [{"loss": limit.loss, "factor": limit.factor, "of": limit.of, "at": limit.at} for limit in known.limits],
        "docs": docstring.as_html(loss.definition.__doc__ or ""),
        "curves": [{**curve.as_data(), "formula": _formulas(curve), "code": _code(curve)} for curve in curves]
        or [EXAMPLES[name].as_data(loss, words) for words in combinations(loss)],
    }


def choices(loss: Loss) -> list[dict[str, Any]]:
    """Return the words that a reader chooses from, with each as code writes it, the default first."""
    return [
        {"name": name, "words": [str(word) for word in words], "code": [repr(word).replace("'", '"') for word in words]}
        for name, words in offered(loss).items()
    ]


def parameters(loss: Loss) -> list[dict[str, Any]]:
    """Return the sliders of the parameters of a loss, with the letters that formulas give them."""
    return [{**views.of_parameter(loss, key, value), **_letter(key)} for key, value in _numbers(loss).items()]


def _numbers(loss: Loss) -> dict[str, float]:
    return {} if loss.kind == "composed" else {key: float(value) for key, value in loss.parameters.items()}


def _letter(name: str) -> dict[str, str]:
    latex = next(names_of(name))
    return {"letter": "" if "mathrm" in latex else html.unescape(re.sub(r"<[^>]*>", "", formula(latex)))}


def _formulas(curve: Curve) -> dict[str, str]:
    loss, of = curve.loss, {"of": curve.along} if len(curve.loss.predictions) > 1 else {}
    given = {} if curve.given is None else {"given": curve.given}
    return {what: _readable(loss.latex(what, **given, **({} if what == "value" else of))) for what in ORDERS}


def _readable(latex: str) -> str:
    """Return a formula as MathML, or nothing where it is too long for anyone to read."""
    return formula(latex, "block") if len(latex) <= LONGEST else ""


def _code(curve: Curve) -> dict[str, dict[str, str]]:
    """Return the value and the gradient in each language that can say them."""
    loss, given = curve.loss, {} if curve.given is None else {"given": curve.given}
    found: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        for what in ("value", "gradient"):
            of = {"of": curve.along} if what == "gradient" and len(loss.predictions) > 1 else {}
            try:
                found.setdefault(language, {})[what] = loss.code(f"{what}:{language}", **given, **of)
            except ValueError:  # SQL has no such aggregate
                continue
    return found
