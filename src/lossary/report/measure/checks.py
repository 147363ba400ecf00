"""What is passed to a score or a comparison in Python, checked before any file is opened."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from lossary.errors import UsageError, nearest
from lossary.report.measure.choices import METHODS


def told(value: Any) -> str:
    """Return a value as an error shows it: short, and with its type where that is not plain."""
    if value is None or isinstance(value, (bool, int, float, str)):
        text = repr(value)
        return text if len(text) <= 80 else f"{text[:77]}…"
    text = repr(value)
    kind = type(value).__name__
    return f"{kind} {text}" if len(text) <= 40 and "\n" not in text and not text.startswith((kind, "<")) else kind


def column(value: Any, role: str) -> str | None:
    """Return the name of the column of a role; None for none."""
    if value is None:
        return None
    if not isinstance(value, str):
        remedy = "name the column of the data"
        if isinstance(value, (list, tuple)):
            remedy = "name one, into which others are joined if there are several"
        elif hasattr(value, "__len__"):
            remedy = "add it to the data as a column, and name that"
        raise UsageError(f"the {role} is the name of one column; got {told(value)}; {remedy}")
    return str(value)


def columns(value: Any, role: str) -> list[str]:
    """Return the names of the columns of a role, each once: of one name or of several."""
    if value is None:
        return []
    if isinstance(value, str):
        return [str(value)]
    items = list(value) if isinstance(value, Iterable) and not isinstance(value, (bytes, Mapping)) else [value]
    for item in items:
        if not isinstance(item, str):
            raise UsageError(
                f"a {role} is the name of a column, or a list of names; got {told(item)}; name columns of the data"
            )
    return list(dict.fromkeys(map(str, items)))


def classes(value: Any) -> list[str] | None:
    """Return the names of classes in order, of text, numbers or truth values, such as ``classes_`` of scikit-learn."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.split(",")
    if not isinstance(value, Iterable) or isinstance(value, (bytes, Mapping)):
        raise UsageError(
            f"classes are a list of names, or names with commas between them; got {told(value)}; list them in order"
        )
    found = []
    for item in value:
        plain = item.item() if hasattr(item, "item") else item  # of NumPy or torch
        if isinstance(plain, float) and plain.is_integer():
            plain = int(plain)
        if not isinstance(plain, (str, int)):
            raise UsageError(f"a class is named by text or a whole number; got {told(plain)}; list the classes in order")
        found.append(str(plain))
    return found


def check_interval(method: Any, level: Any) -> None:
    """Refuse a method or a level of intervals that there is not."""
    if not isinstance(method, str) or method not in METHODS:
        near = nearest(method, METHODS) if isinstance(method, str) else ""
        raise UsageError(f"interval is one of {', '.join(METHODS)}; got {told(method)}{near}")
    if not _is_number(level) or not 0 < level < 1:
        raise UsageError(f"the level of an interval is a number between 0 and 1, as 0.95; got {told(level)}")


def check_count(value: Any, what: str, least: int = 0) -> None:
    """Refuse what is no whole number, or too small a one."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise UsageError(f"{what}, {least} or more; got {told(value)}")


def check_truth(value: Any, name: str) -> None:
    """Refuse what is neither True nor False, such as the text "no"."""
    if not isinstance(value, (bool, np.bool_)):
        raise UsageError(f"{name} is True or False; got {told(value)}")


def parameters(value: Any) -> dict[str, Any]:
    """Return the parameters of a loss by name."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UsageError(f'parameters are a mapping of names to numbers, as {{"delta": 2.0}}; got {told(value)}')
    for name, number in value.items():
        if not isinstance(name, str) or not _is_number(number):
            raise UsageError(
                f'parameters are a mapping of names to numbers, as {{"delta": 2.0}}; got {told(number)} for {told(name)}'
            )
    return {name: number if isinstance(number, int) else float(number) for name, number in value.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
