"""What is known of a loss, as data."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from lossary.formula.domains import Interval

NumberOrFunction = float | Callable[..., Any]
"""A number, or a function of the loss's parameters, by their names."""

MINIMIZERS = ("mean", "median", "quantile", "expectile", "geometric mean", "mode")
"""What the constant prediction with the least mean loss may be, of the target."""


class Limit:
    """A loss that another one becomes: ``Limit("squared_error", 0.5, delta=math.inf)`` of Huber's loss.

    With these values of its parameters, or as they come near where they are not allowed, the loss that states it is ``factor``
    times the named loss, whose own parameters are ``of``.
    """

    def __init__(self, loss: str, factor: float = 1.0, *, of: Mapping[str, float] | None = None, **at: float) -> None:
        self.loss, self.factor, self.of, self.at = loss, factor, dict(of or {}), at

    def __repr__(self) -> str:
        at = ", ".join(f"{name} → {'∞' if x == math.inf else f'{x:g}'}" for name, x in self.at.items())
        own = f"({', '.join(f'{name}={x:g}' for name, x in self.of.items())})" if self.of else ""
        return f"{'' if self.factor == 1 else f'{self.factor:g}·'}{self.loss}{own}{' for ' if at else ''}{at}"


@dataclass(frozen=True)
class Requirement:
    """A relation between inputs without which a sample is invalid, such as lower ≤ upper."""

    broken: Callable[..., Any]
    """Takes inputs by their names and returns where the relation does not hold; array code may name parameters too."""
    of: str
    """The input whose value the error shows: the condition has its shape."""
    invariant: str
    """What must hold, as the error says it."""
    remedy: str

    def at(self, values: Mapping[str, Any]) -> Any:
        """Return where the relation of these values does not hold."""
        return self.broken(**{name: values[name] for name in inspect.signature(self.broken).parameters})


class Facts(TypedDict, total=False):
    """What a decorator may be told of a loss; each fact holds for the prediction as it is passed by default."""

    convex: bool | Sequence[str] | None
    """Whether the loss is convex in its predictions together, or the names of those in each of which alone it is convex."""
    minimizer: str | None
    """The constant prediction with the least mean loss, one of MINIMIZERS, where ``neutral`` parameters have their defaults."""
    lipschitz: NumberOrFunction | None
    """The greatest absolute slope in any one prediction."""
    symmetric: bool
    """Whether the loss stays the same if prediction and target change places."""
    homogeneous: NumberOrFunction | None
    """The degree q with loss(c·inputs) = c^q·loss(inputs) for all c > 0."""
    proper: bool
    """Whether the expected loss is least for the true distribution only: a strictly proper scoring rule."""
    limits: Sequence[Limit]
    """Losses that this one becomes with special values of its parameters."""
    requires: Sequence[Requirement]
    """Relations between inputs that must hold."""


@dataclass(frozen=True)
class Properties:
    """What is known of a loss: one row of the table that documentation and tests read."""

    kind: str
    """"pointwise", "softmax", "samplewise" or "composed"."""
    given: tuple[str, ...]
    """The forms in which the prediction may be passed, the default first; empty where there is no choice."""
    domains: Mapping[str, Interval]
    """Where each input of the formula may lie."""
    convex: bool | Sequence[str] | None = None
    """Whether the loss is convex in its predictions together, as passed by default, or the names of those in each of which
    alone it is convex; None if the definition does not say.
    """
    minimizer: str | None = None
    """The constant prediction with the least mean loss, such as "mean" or "median" of the target; None if it has no name."""
    lipschitz: NumberOrFunction | None = None
    """The greatest absolute slope in any one prediction as passed by default; None if there is no bound, or none stated."""
    symmetric: bool = False
    """Whether the loss stays the same if prediction and target change places."""
    homogeneous: NumberOrFunction | None = None
    """The degree q with loss(c·inputs) = c^q·loss(inputs) for all c > 0; None if there is none."""
    proper: bool = False
    """Whether it is a strictly proper scoring rule."""
    limits: Sequence[Limit] = ()
    """Losses that this one becomes with special values of its parameters."""
    requires: Sequence[Requirement] = ()
    """Relations between inputs that must hold."""

    @property
    def prediction(self) -> Interval:
        """Where the first prediction of the formula may lie."""
        return next(iter(self.domains.values()))

    @property
    def target(self) -> Interval:
        """Where the target may lie."""
        return self.domains.get("target", Interval())

    def described(self, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return what is known in words, label and value, with these parameters."""
        if self.convex is None or isinstance(self.convex, bool):
            convex = {True: "yes", False: "no", None: "not stated"}[self.convex]
        else:
            convex = f"in {' and in '.join(self.convex)}"
        rows = [("convex", convex)]
        if self.minimizer or (self.kind == "pointwise" and len(self.domains) == 2):
            rows.append(("best constant", f"the {self.minimizer} of the target" if self.minimizer else "found numerically"))
        if self.lipschitz is not None:
            rows.append(("greatest slope", f"{number_at(self.lipschitz, parameters):g}"))
        if self.homogeneous is not None:
            rows.append(("homogeneous", f"of degree {number_at(self.homogeneous, parameters):g}"))
        rows += [(label, "yes") for label, holds in (("symmetric", self.symmetric), ("strictly proper", self.proper)) if holds]
        return rows + [("becomes", str(limit)) for limit in self.limits]


def number_at(value: NumberOrFunction, parameters: Mapping[str, Any]) -> Any:
    """Return a number that is known of a loss, at these parameters."""
    return value(**{name: parameters[name] for name in inspect.signature(value).parameters}) if callable(value) else value


def check_facts(
    name: str, facts: Facts, predictions: Sequence[str], inputs: Sequence[str], parameters: Mapping[str, Any]
) -> None:
    """Raise where what a decorator is told cannot be."""
    minimizer, convex = facts.get("minimizer"), facts.get("convex")
    if minimizer is not None and minimizer not in MINIMIZERS:
        raise ValueError(f"{name}: minimizer is one of {', '.join(MINIMIZERS)}, or None; got {minimizer!r}")
    if isinstance(convex, str) or (convex is not None and not isinstance(convex, bool) and not {*convex} <= {*predictions}):
        raise ValueError(
            f"{name}: convex is True, False, None or a tuple of its predictions ({', '.join(predictions)}); got {convex!r}"
        )
    known: Sequence[tuple[str, Any]] = (("lipschitz", facts.get("lipschitz")), ("homogeneous", facts.get("homogeneous")))
    for fact, value in known:
        strange = [word for word in inspect.signature(value).parameters if word not in parameters] if callable(value) else []
        if strange:
            raise ValueError(f"{name}: {fact} is a function of the loss's parameters; it has no {', '.join(strange)}")
    for limit in facts.get("limits", ()):
        if not {*limit.at} <= {*parameters}:
            raise ValueError(f"{name}: a limit is stated at values of the loss's parameters; got {limit!r}")
    for requirement in facts.get("requires", ()):
        unknown = {requirement.of, *inspect.signature(requirement.broken).parameters} - {*inputs, *parameters}
        if unknown:
            raise ValueError(f"{name}: a requirement names inputs of the loss; it has no {', '.join(sorted(unknown))}")
