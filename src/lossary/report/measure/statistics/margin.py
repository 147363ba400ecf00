"""How small a difference some rows can show, and margins by which one model may be worse than another."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lossary.errors import UsageError, short_repr
from lossary.report.measure.statistics.intervals import ConfidenceInterval, Estimate, quantile_of_normal, quantile_of_student
from lossary.report.read.text import parse_number

POWER = 0.8


def detectable(estimate: Estimate, level: float) -> float | None:
    """Return the smallest true difference that is told from 0 with 80 % power at a level; None without a standard error.

    The standard error times the quantiles of (1 + level)/2 and of the power, of Student's t or the normal distribution (Bloom,
    1995).
    """
    error, freedom = estimate.standard_error, estimate.freedom
    if error is None or not math.isfinite(error):
        return None
    # a quantile of 2·power - 1 on both sides is one of the power on one side
    spans = (level, 2 * POWER - 1)
    quantiles = [quantile_of_normal(x) if freedom is None else quantile_of_student(x, freedom) for x in spans]
    return sum(quantiles) * error


@dataclass(frozen=True)
class Margin:
    """By how much the mean loss may be larger: a share of the mean loss of the other, or a number."""

    size: float
    relative: bool = False

    @classmethod
    def read(cls, text: str) -> Margin:
        """Return the margin of a text such as ``1%`` or ``0.002``."""
        word = text.strip()
        relative = word.endswith("%")
        number = parse_number(word.removesuffix("%"))
        if number is None or not 0 < number < math.inf:
            raise UsageError(
                f"a margin is a number above 0, or a percentage of the mean loss it is compared with, as in 0.002 or 1%; got "
                f"{short_repr(text)}"
            )
        return cls(number / 100 if relative else number, relative)

    def of(self, mean: float) -> float | None:
        """Return the margin beside a mean loss, or None if a percentage of that is none; of a score, the size of the mean."""
        if not self.relative:
            return self.size
        return self.size * abs(mean) if 0 < abs(mean) < math.inf else None

    def holds(self, difference: float, interval: ConfidenceInterval | None, mean: float) -> bool:
        """Return whether a difference is surely less than the margin beside a mean loss: the interval ends below it."""
        if difference == -math.inf:
            return True
        margin = self.of(mean)
        return margin is not None and interval is not None and interval.high < margin

    def __str__(self) -> str:
        return f"{100 * self.size:g}%" if self.relative else f"{self.size:g}"
