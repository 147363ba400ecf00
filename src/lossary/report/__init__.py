"""Reports on predictions of any number of rows: how good they are, where the loss comes from, and whether others are better."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lossary.errors import BadDataError, LostWorkerError, ReportError, UnreadableError, UnwritableError, UsageError
from lossary.report.results import Score
from lossary.report.score import score

if TYPE_CHECKING:
    from lossary.report.comparison import compare
    from lossary.report.comparison_result import Comparison
    from lossary.report.ranking_result import Ranking
    from lossary.report.spark import total_in_arrow

__all__ = [
    "BadDataError",
    "Comparison",
    "LostWorkerError",
    "Ranking",
    "ReportError",
    "Score",
    "UnreadableError",
    "UnwritableError",
    "UsageError",
    "compare",
    "score",
    "total_in_arrow",
]

_LATER = {
    "Comparison": "comparison_result",
    "Ranking": "ranking_result",
    "compare": "comparison",
    "total_in_arrow": "spark",
}
"""Names that are imported on first use, and their modules."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'lossary.report' has no attribute {name!r}")
    return getattr(import_module(f"lossary.report.{_LATER[name]}"), name)
