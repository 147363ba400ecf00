"""The curves that a page draws: a loss along one of its predictions, as code that runs in the page."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lossary.atlas import views
from lossary.atlas.examples import EXAMPLES
from lossary.engine.loss import Loss
from lossary.formula.reading import ChoiceValue
from lossary.losses.find import registry

ORDERS = ("value", "gradient", "curvature")


@dataclass(frozen=True)
class Curve:
    """A loss along one prediction, passed in one form."""

    loss: Loss
    """The loss of the words among the parameters."""
    given: str | None
    along: str

    @property
    def key(self) -> str:
        """The name of the curve in a page."""
        words = (f"{name}={word}" for name, word in self.words.items())
        return ":".join([self.loss.__name__, self.given or "", self.along, *words])

    @functools.cached_property
    def words(self) -> dict[str, ChoiceValue]:
        """The words of the choices that a page offers."""
        origin, words = self.loss.origin or (self.loss, tuple(words[0] for words in self.loss.choices.values()))
        chosen = dict(zip(origin.choices, words, strict=True))
        return {name: chosen[name] for name in offered(registry[self.loss.__name__])}

    @functools.cached_property
    def code(self) -> tuple[str, str, str]:
        """The value, the gradient and the curvature in JavaScript."""
        given = {} if self.given is None else {"given": self.given}
        of = {"of": self.along} if len(self.loss.predictions) > 1 else {}
        value, *slopes = (self.loss.code(f"{what}:javascript", **given, **({} if what == "value" else of)) for what in ORDERS)
        return value, slopes[0], slopes[1]

    @property
    def components(self) -> Mapping[str, tuple[float, ...]]:
        """The example of a sample, for a loss of components."""
        if self.loss.kind != "samplewise":
            return {}
        return views.COMPONENTS.get(self.loss.__name__, views.PIXELS)

    @property
    def plane(self) -> str | None:
        """What the curve is drawn over: curves of one plane can be compared. None for curves that are alone."""
        loss = self.loss
        if loss.inputs != ("prediction", "target") or loss.kind == "samplewise" or loss.properties.minimizer == "mode":
            return None
        x, y = (views.of_input(loss, name, self.given) for name in loss.inputs)
        if (y["low"], y["high"]) == (0, 1):
            return {"probabilities": "probability", "log_probabilities": "log_probability"}.get(self.given or "", "score")
        if self.given == "log":
            return "log"
        return "positive" if x["low"] > -1 else "shifted" if x["low"] == -1 else "real"

    def as_data(self) -> dict[str, Any]:
        """Return what the page needs beside the functions."""
        loss, components = self.loss, self.components
        others = [name for name in loss.inputs if name != self.along and name not in components]
        x = views.of_input(loss, self.along, self.given)
        return {
            "key": self.key,
            "loss": loss.__name__,
            "given": self.given,
            "along": self.along,
            "linked": self.along == loss.formulas.linked,
            "kind": loss.kind,
            "plane": self.plane,
            "inputs": loss.inputs,
            "x": x,
            "others": [views.of_input(loss, name, self.given) for name in others],
            "components": components,
            "parameters": dict(loss.parameters),
            "idle": [name for name in loss.parameters if not re.search(rf"\b{name}\b", self.code[0].partition("=>")[2])],
            "words": {name: str(word) for name, word in self.words.items()},
        }


@functools.cache
def offered(loss: Loss) -> Mapping[str, tuple[ChoiceValue, ...]]:
    """Return the choices of a loss whose words write different formulas, or draw different curves of its example."""
    words_of = {name: words for name, words in loss.choices.items() if name != "target_given"}  # a form is no formula
    return {name: words for name, words in words_of.items() if len({_drawn(loss, {name: word}) for word in words}) > 1}


def _drawn(loss: Loss, words: Mapping[str, ChoiceValue]) -> str:
    if loss.kind == "composed":
        return str(EXAMPLES[loss.__name__].curves(loss, 7, words))
    return loss.code("value:javascript", **words)


def combinations(loss: Loss) -> Iterator[dict[str, ChoiceValue]]:
    """Yield all combinations of words that a page offers, the defaults first."""
    names = offered(loss)
    for words in itertools.product(*names.values()):
        yield dict(zip(names, words, strict=True))


@functools.cache
def curves_of(loss: Loss) -> tuple[Curve, ...]:
    """Return the curves of a loss, the usual one first, and of all words; none for a loss of array code."""
    if loss.kind == "composed":
        return ()
    return tuple(curve for words in combinations(loss) for curve in _of_words(loss.choose(words)[0]))


def _of_words(loss: Loss) -> tuple[Curve, ...]:
    forms: tuple[str | None, ...] = loss.properties.given or (None,)
    forms = tuple(form for form in forms if form != "log_probabilities")
    if loss.__name__ in ("renyi", "spherical"):  # a component of a probability cannot move alone
        forms = ("logits",)
    pairs = ((form, along) for form in forms for along in loss.predictions)
    # a prediction that has one form only is drawn once
    return tuple(Curve(loss, form, along) for form, along in pairs if along == loss.formulas.linked or form == forms[0])


@functools.cache
def all_curves() -> tuple[Curve, ...]:
    """Return the curves of all losses."""
    return tuple(curve for loss in registry.values() for curve in curves_of(loss))


def comparable(curves: Sequence[Curve]) -> Iterator[Curve]:
    """Yield the curves of other losses that are drawn over the same planes."""
    planes = {curve.plane for curve in curves} - {None}
    own = {curve.loss.__name__ for curve in curves}
    yield from (curve for curve in all_curves() if curve.plane in planes and curve.loss.__name__ not in own)
