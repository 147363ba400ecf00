"""The columns that say of rows what is no input of the loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Roles:
    """The columns beside the inputs of the loss, by what they say of a row; None or empty where there are none."""

    weight: str | None = None
    groups: Sequence[str] = ()
    """The columns by whose values the loss is broken down, or of bins: ``age:5``."""
    id: str | None = None
    cluster: str | None = None
    run: str | None = None
    time: str | None = None
    time_zone: str | None = None
    """The time zone in which days begin; no column."""
    slices: Sequence[str] = ()
    """The columns whose values are searched for slices that lose much."""
