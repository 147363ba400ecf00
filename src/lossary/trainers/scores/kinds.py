"""The kinds of curvature that there are, and a choice among them."""

from __future__ import annotations

from typing import NamedTuple

from lossary.trainers.scores.pairs import Pair

KINDS = ("auto", "exact", "majorizer", "relaxed", "smoothed", "balanced", "fisher", "bound", "absolute")
"""What ``curvature=`` takes."""


class Choice(NamedTuple):
    """A choice of curvature."""

    kind: str
    why: str
    pair: Pair
    longest_step: float | None = None
    """The longest step of a leaf for which it holds, or None if it holds for any."""
