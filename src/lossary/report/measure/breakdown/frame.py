"""Make frames of results."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from lossary.errors import UsageError


def frame_of(parts: Sequence[Any]) -> Any:
    """Return dataclasses as the rows of a pandas frame; an interval becomes the columns ``low`` and ``high``."""
    try:
        import pandas as pd  # type: ignore[import-untyped]
    except ImportError:
        raise UsageError("a frame takes pandas, which is not installed: pip install pandas") from None
    return pd.DataFrame([_row(part) for part in parts])


def _row(part: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in dataclasses.fields(part):
        value = getattr(part, item.name)
        if item.name == "interval":
            found |= {end: None if value is None else getattr(value, end) for end in ("low", "high")}
        else:
            found[item.name] = value
    return found
