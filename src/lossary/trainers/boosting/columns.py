"""Columns of categories in tables of pandas or Polars, which engines split by sets of categories."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

_OF_POLARS = ("Categorical", "Enum")


def categories_of(table: Any) -> dict[int, list[Any]]:
    """Return the categories of each column whose type is that of categories, by its position; none of an array."""
    if not hasattr(table, "columns"):
        return {}
    found = {}
    for k, name in enumerate(table.columns):
        column = table[name]
        if hasattr(column.dtype, "categories") and hasattr(column, "cat") and hasattr(column.cat, "categories"):
            found[k] = column.cat.categories.to_list()
        elif type(column.dtype).__name__ in _OF_POLARS:
            found[k] = sorted(x for x in column.unique().to_list() if x is not None)
    return found


def coded(table: Any, categories: dict[int, list[Any]]) -> Any:
    """Return a table as float64 numbers, categories as their positions in these lists, and NaN for any others."""
    names = list(table.columns)
    found = np.empty((len(table), len(names)))
    others = [k for k in range(len(names)) if k not in categories]
    if others:
        found[:, others] = check_array(table[[names[k] for k in others]], dtype=np.float64, ensure_all_finite="allow-nan")
    for k, known in categories.items():
        codes = {category: float(code) for code, category in enumerate(known)}
        found[:, k] = [codes.get(x, np.nan) for x in table[names[k]].to_list()]
    return found


def of_catboost(features: Any, categorical: tuple[int, ...]) -> Any:
    """Return features with codes of categories as CatBoost takes them: numbers, then categories as bytes."""
    from catboost import FeaturesData

    codes = np.where(np.isnan(features[:, categorical]), -1, features[:, categorical]).astype(np.int64)
    words = np.array([*(str(code).encode() for code in range(codes.max(initial=-1) + 1)), b"missing"], object)
    others = [k for k in range(features.shape[1]) if k not in categorical]
    numbers = np.ascontiguousarray(features[:, others], np.float32) if others else None
    return FeaturesData(num_feature_data=numbers, cat_feature_data=words[codes])
