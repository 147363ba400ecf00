"""What is known of a loss, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lossary.formula.domains import Interval


@dataclass(frozen=True)
class Properties:
    """What is known of a loss: one row of the table that documentation and tests read."""

    kind: str
    """"pointwise", "softmax" or "composed"."""
    given: tuple[str, ...]
    """The forms in which the prediction may be passed, the default first; empty where there is no choice."""
    domains: Mapping[str, Interval]
    """Where each input of the formula may lie."""
    convex: bool | None
    """Whether the loss is convex in the prediction as passed by default; None if the definition does not say."""
    minimizer: str | None
    """The constant prediction with the least mean loss, "mean" or "median" of the target, where parameters have their defaults.

    None if it has no name.
    """

    @property
    def prediction(self) -> Interval:
        """Where the first prediction of the formula may lie."""
        return next(iter(self.domains.values()))

    @property
    def target(self) -> Interval:
        """Where the target may lie."""
        return self.domains.get("target", Interval())
