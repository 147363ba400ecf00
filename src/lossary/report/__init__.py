"""Reports on predictions of any number of rows: how good they are, where the loss comes from, and whether others are better."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lossary.errors import BadDataError, LostWorkerError, ReportError, UnreadableError, UnwritableError, UsageError
from lossary.report.score import Score, score

if TYPE_CHECKING:
    from lossary.report.comparison import Comparison, compare
    from lossary.report.spark import total_in_arrow

__all__ = [
    "BadDataError",
    "Comparison",
    "LostWorkerError",
    "ReportError",
    "Score",
    "UnreadableError",
    "UnwritableError",
    "UsageError",
    "compare",
    "score",
    "total_in_arrow",
]

_LATER = {"Comparison": "comparison", "compare": "comparison", "total_in_arrow": "spark"}
"""What is imported when it is asked for, and from where."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'lossary.report' has no attribute {name!r}")
    return getattr(import_module(f"lossary.report.{_LATER[name]}"), name)
