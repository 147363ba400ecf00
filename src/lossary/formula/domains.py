"""Domains: where an argument of a definition may lie, written as its annotation, ``delta: Positive = 1.0``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, get_args


@dataclass(frozen=True)
class Interval:
    """The numbers from ``low`` to ``high``; ``open`` excludes the ends that are finite."""

    low: float = -math.inf
    high: float = math.inf
    open: bool = False

    @property
    def everything(self) -> bool:
        """Whether no number lies outside."""
        return self.low == -math.inf and self.high == math.inf

    def outside(self, x: Any) -> Any:
        """Return elementwise whether numbers lie outside; NaN does not, it makes the loss NaN instead."""
        below = x <= self.low if self.open and self.low > -math.inf else x < self.low
        above = x >= self.high if self.open and self.high < math.inf else x > self.high
        return below | above

    def both(self, other: Interval) -> Interval:
        """Return the numbers that lie in this interval and in another, open if one of the two excludes an end."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        excludes = any(x.open and (x.low == low > -math.inf or x.high == high < math.inf) for x in (self, other))
        return Interval(low, high, excludes)

    @property
    def inner_point(self) -> float:
        """A point well inside."""
        if self.low == -math.inf:
            return 0.0 if self.high > 0 else self.high - 1
        return self.low + (1.0 if self.high == math.inf else (self.high - self.low) / 2)

    def __str__(self) -> str:
        left = "(" if self.open or self.low == -math.inf else "["
        right = ")" if self.open or self.high == math.inf else "]"
        return f"{left}{_short(self.low)}, {_short(self.high)}{right}"


def _short(x: float) -> str:
    return {math.inf: "∞", -math.inf: "-∞"}.get(x, f"{x:g}")


# Annotations of definitions. Inside a definition the argument is a formula, hence Any.
Real = Annotated[Any, Interval()]
Positive = Annotated[Any, Interval(0.0, math.inf, open=True)]
NonNegative = Annotated[Any, Interval(0.0)]
Probability = Annotated[Any, Interval(0.0, 1.0)]
LogProbability = Annotated[Any, Interval(high=0.0)]


def interval_of(annotation: Any) -> Interval | None:
    """Return the interval that an annotation states, or None if it states none."""
    parts = [annotation, *get_args(annotation)[1:]]
    return next((part for part in parts if isinstance(part, Interval)), None)
