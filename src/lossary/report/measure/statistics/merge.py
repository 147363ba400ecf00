"""Merge summaries attribute by attribute."""

from __future__ import annotations

from typing import Any


def merge_attributes(one: Any, other: Any) -> None:
    """Merge each attribute that can be merged, or whose entries can, so that a new measurement needs no line of its own."""
    for name, mine in vars(one).items():
        theirs = getattr(other, name)
        for a, b in zip(mine, theirs, strict=True) if isinstance(mine, list) else ((mine, theirs),):
            if hasattr(a, "merge"):
                a.merge(b)
