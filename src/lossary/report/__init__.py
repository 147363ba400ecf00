"""Reports on predictions of any number of rows: how good they are, where the loss comes from, and whether others are better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lossary.report.errors import BadDataError, ReportError, UnreadableError, UnwritableError, UsageError
from lossary.report.score import Score, score

if TYPE_CHECKING:
    from lossary.report.comparison import Comparison, compare

__all__ = [
    "BadDataError",
    "Comparison",
    "ReportError",
    "Score",
    "UnreadableError",
    "UnwritableError",
    "UsageError",
    "compare",
    "score",
]


def __getattr__(name: str) -> Any:
    if name not in ("Comparison", "compare"):
        raise AttributeError(f"module 'lossary.report' has no attribute {name!r}")
    from lossary.report import comparison

    return getattr(comparison, name)
