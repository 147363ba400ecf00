"""Columns of categories in tables of pandas or Polars, which engines split by sets of categories."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from lossary.trainers.boosting.objective import Engine

_OF_POLARS = ("Categorical", "Enum")
_REFUSED = {"lightgbm": r'[",:\[\]{}\s\0]', "xgboost": r"[\[\]<\0]", "catboost": r"\0"}
"""Characters that an engine takes in no name of a column, or changes itself."""


def names_for(engine: Engine, names: Iterable[str]) -> tuple[str, ...]:
    """Return names of columns as an engine takes them: without what it refuses, none empty, and all different."""
    found: dict[str, None] = {}
    for name in names:
        taken = re.sub(_REFUSED[engine], "_", str(name)) or "_"
        while taken in found:
            taken += "_"
        found[taken] = None
    return tuple(found)


def categories_of(table: Any) -> dict[int, list[Any]]:
    """Return the categories of each column whose type is that of categories, by its position; none of an array."""
    if not hasattr(table, "columns") or not hasattr(table, "dtypes"):
        return {}
    found = {}
    for k in range(len(table.columns)):
        column = _column(table, k)
        if hasattr(column.dtype, "categories") and hasattr(column, "cat") and hasattr(column.cat, "categories"):
            found[k] = column.cat.categories.to_list()
        elif type(column.dtype).__name__ in _OF_POLARS:
            found[k] = sorted(x for x in column.unique().to_list() if x is not None)
    return found


def _column(table: Any, k: int) -> Any:
    """Return a column by its position, as several may have one name."""
    return table.iloc[:, k] if hasattr(table, "iloc") else table[:, k]


def coded(table: Any, categories: dict[int, list[Any]]) -> Any:
    """Return a table as float64 numbers, categories as their positions in these lists, and NaN for any others."""
    found = np.empty((len(table), len(table.columns)))
    others = [k for k in range(found.shape[1]) if k not in categories]
    if others:
        numbers = table.iloc[:, others] if hasattr(table, "iloc") else table[:, others]
        found[:, others] = check_array(numbers, dtype=np.float64, ensure_all_finite="allow-nan")
    for k, known in categories.items():
        codes = {category: float(code) for code, category in enumerate(known)}
        found[:, k] = [codes.get(x, np.nan) for x in _column(table, k).to_list()]
    return found


def of_catboost(features: Any, categorical: tuple[int, ...], names: tuple[str, ...] | None) -> Any:
    """Return features with codes of categories as CatBoost takes them: numbers, then categories as bytes."""
    from catboost import FeaturesData

    codes = np.where(np.isnan(features[:, categorical]), -1, features[:, categorical]).astype(np.int64)
    words = np.array([*(str(code).encode() for code in range(codes.max(initial=-1) + 1)), b"missing"], object)
    others = [k for k in range(features.shape[1]) if k not in categorical]
    numbers = np.ascontiguousarray(features[:, others], np.float32) if others else None
    named = {} if names is None else {"num_feature_names": [names[k] for k in others] or None}
    named |= {} if names is None else {"cat_feature_names": [names[k] for k in categorical]}
    return FeaturesData(num_feature_data=numbers, cat_feature_data=words[codes], **named)
