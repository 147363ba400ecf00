"""The curves that a page draws: a loss along one of its predictions, as code that runs in the page."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lossary.atlas import views
from lossary.engine.loss import Loss
from lossary.losses.find import registry

ORDERS = ("value", "gradient", "curvature")


@dataclass(frozen=True)
class Curve:
    """A loss along one prediction, passed in one form."""

    loss: Loss
    given: str | None
    along: str

    @property
    def key(self) -> str:
        """The name of the curve in a page."""
        return ":".join([self.loss.__name__, self.given or "", self.along])

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
        }


@functools.cache
def curves_of(loss: Loss) -> tuple[Curve, ...]:
    """Return the curves of a loss, the usual one first; none for a loss of array code."""
    if loss.kind == "composed":
        return ()
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
