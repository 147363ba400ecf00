"""Say of a row which class was predicted, how surely, and which it was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lossary.report.show.format import percent, real


def said_and_was(report: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return for each row the predicted class and the target, each with its predicted probability, as text.

    Return none unless every row has probabilities, in whatever form, and a class as target.
    """
    found = [_of_row(report, row) for row in rows]
    known = [pair for pair in found if pair is not None]
    return known if len(known) == len(rows) else []


def _of_row(report: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[str, str] | None:
    given, prediction, target = report["given"], row["prediction"], row["target"]
    if given not in ("logits", "probabilities", "log_probabilities"):
        return None
    if isinstance(prediction, list):
        names, shares = list(report["classes"] or map(str, range(len(prediction)))), _shares(prediction, given)
    elif isinstance(prediction, (int, float, str)):
        names = list(report["classes"] or ("0", "1"))
        one, other = _binary(real(prediction), given)
        shares = [other, one]
    else:
        return None
    actual = _place(target, names)
    if len(names) != len(shares) or actual is None:
        return None
    likeliest = max(range(len(shares)), key=shares.__getitem__)
    return _named(names, shares, likeliest), _named(names, shares, actual)


def _place(target: Any, names: Sequence[str]) -> int | None:
    if isinstance(target, str) and target in names:
        return names.index(target)
    whole = isinstance(target, (int, float)) and float(target).is_integer()
    text = str(int(target)) if whole else None
    return names.index(text) if text in names else None


def _named(names: Sequence[str], shares: Sequence[float], k: int) -> str:
    return f"{names[k]} ({percent(shares[k])})"


def _shares(prediction: Sequence[Any], given: str) -> list[float]:
    """Return the probabilities of the classes."""
    values = [real(x) for x in prediction]
    if given == "probabilities":
        return values
    largest = max(values)
    powers = [1.0 if x == largest else math.exp(x - largest) for x in values]
    return [x / sum(powers) for x in powers] if given == "logits" else [math.exp(x) for x in values]


def _binary(x: float, given: str) -> tuple[float, float]:
    """Return the probability of 1 and that of 0, each exact where it is small."""
    if given == "probabilities":
        return x, 1 - x
    if given == "log_probabilities":
        return math.exp(x), -math.expm1(x)
    small = math.exp(-abs(x))
    near, far = 1 / (1 + small), small / (1 + small)
    return (near, far) if x > 0 else (far, near)
