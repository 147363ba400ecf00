"""The named tuples that calls with ``returns=`` give."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any


@cache
def result_type(returns: tuple[str, ...]) -> Any:
    """Return the class of named tuples of a cost and of what was asked for beside it."""
    return _picklable(namedtuple("Result", ("loss", *returns)), returns)


def _picklable(kind: Any, returns: tuple[str, ...]) -> Any:
    """Make a class that no module names picklable."""
    kind.__reduce__ = lambda self: (_make, (returns, tuple(self)))
    return kind


def _make(returns: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return result_type(returns)(*values)
