"""Say which labels a column holds, and how to name the classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lossary.report.read.table import Batch
from lossary.report.read.text import NULL_WORDS, natural, parse_number


def labels_of(batch: Batch, column: str) -> tuple[str, ...]:
    """Return the distinct values of a column of labels in some rows, as text in their natural order; none for a list column."""
    if (held := batch.columns[column]).is_text:
        words = {str(word).strip() for word in held.text_codes()[1]}
        return in_order(word for word in words if word.lower() not in NULL_WORDS)
    values = held.numbers().values
    return tuple(f"{x:.15g}" for x in np.unique(values)[:100].tolist() if x == x) if values.ndim == 1 else ()


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return labels in their natural order, numbers by value.

    >>> in_order(["10", "2", "-1"]), in_order(["class 10", "class 2"])
    (('-1', '2', '10'), ('class 2', 'class 10'))
    """
    numbers = {word: parse_number(word) for word in labels}
    if None in numbers.values():
        return tuple(sorted(numbers, key=natural))
    return tuple(sorted(numbers, key=lambda word: (numbers[word], word)))


def both_orders(found: Sequence[str]) -> str:
    """Return how to name two classes, whose order nobody else can know."""
    if len(found) != 2:
        return 'Name two classes, as in classes="no,yes"; the prediction is that of the second.'
    one, other = found
    return (
        f'Pass classes="{one},{other}" if the prediction is that of {other}, or classes="{other},{one}" if it is that of {one}.'
    )
