"""Read numbers from text, and sort names that hold numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from lossary.report.read.table import Numbers


def parse_number(text: str) -> float | None:
    """Return the number in a text, or None if there is none; ``True`` and ``False`` are 1 and 0."""
    word = text.strip().lower()
    if word in ("true", "false"):
        return float(word == "true")
    if "_" in word:
        return None
    try:
        return float(word)
    except ValueError:
        return None


LARGEST_EXACT = 2**53
"""Every integer up to this size is exact in float64."""
_WHOLE = re.compile(r"\s*[+-]?\d+\s*")


def is_inexact(value: Any) -> bool:
    """Return whether a value is an integer, a decimal, or text that writes a whole number, too large to be exact in float64."""
    if isinstance(value, str) and len(value) > 15 and _WHOLE.fullmatch(value):
        value = Decimal(value.strip())  # int() limits the length of texts
    return isinstance(value, (int, Decimal)) and not -LARGEST_EXACT <= value <= LARGEST_EXACT


NULL_WORDS = frozenset(("", "na", "n/a", "#n/a", "null", "none", "<na>"))


def parse_all(texts: Sequence[str | None]) -> Numbers:
    """Parse texts one by one, marking those that are null and those that are no numbers."""
    values = np.zeros(len(texts))
    null, wrong, inexact = (np.zeros(len(texts), bool) for _ in range(3))
    for i, text in enumerate(texts):
        if text is None or text.strip().lower() in NULL_WORDS:
            null[i] = True
        elif (number := parse_number(text)) is None:
            wrong[i] = True
        else:
            values[i], inexact[i] = number, is_inexact(text)
    return Numbers(values, null, wrong, inexact=inexact)


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key that puts ``logit_2`` before ``logit_10``."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]
