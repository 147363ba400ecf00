"""Suggest losses for a target: what kind it is, what is found out about it, and the losses that follow by stated rules."""

from lossary.suggestion.result import Suggestion, Suggestions
from lossary.suggestion.suggest import suggest, suggest_for

__all__ = ["Suggestion", "Suggestions", "suggest", "suggest_for"]
