"""Reports on files of predictions of any size."""

from lossary.report.compare import Comparison, compare
from lossary.report.errors import BadDataError, ReportError, UnreadableError, UnwritableError, UsageError
from lossary.report.score import Score, score

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
