"""Reports on files of predictions of any size."""

from lossary.report.errors import BadDataError, ReportError, UnreadableError, UsageError
from lossary.report.score import Score, score

__all__ = ["BadDataError", "ReportError", "Score", "UnreadableError", "UsageError", "score"]
