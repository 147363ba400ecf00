"""Columns of categories in tables of pandas or Polars, which engines split by sets of categories."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from lossary.trainers.boosting.objective import Engine
from lossary.trainers.targets import is_missing

_OF_POLARS = ("Categorical", "Enum")
_DATES_OF_POLARS = ("Date", "Datetime", "Duration", "Time")
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


@contextmanager
def explaining_text(table: Any, categories: Collection[int], trained: bool = False) -> Iterator[None]:
    """Say what to do with columns of dates and of text that are none of categories; ``trained``: training had numbers there."""
    rule = "a column of features is of numbers or of categories"
    for k, name in enumerate(table.columns if _is_table(table) else ()):
        dtype = _column(table, k).dtype
        if getattr(dtype, "kind", "") in ("m", "M") or type(dtype).__name__ in _DATES_OF_POLARS:
            raise ValueError(f"{rule}; got {dtype} in column {name!r}; make numbers of it, such as days since a first one")
    try:
        yield
    except TypeError as error:
        if "NAType" not in str(error):
            raise
        raise ValueError(f"{rule}; got pandas.NA among Python objects; make numbers of them: X.astype('Float64')") from error
    except ValueError as error:
        found = _text(table, categories)
        if found is None:
            raise
        name, value = found
        remedy = "make it one of categories: "
        if trained:
            remedy = "training had numbers there"
        elif not _is_table(table):
            remedy += "pass a DataFrame in which it has the dtype category"
        else:
            remedy += f"X[{name!r}].astype('category')" if hasattr(table, "iloc") else f"pl.col({name!r}).cast(pl.Categorical)"
        raise ValueError(f"{rule}; got text in column {name!r}, such as {value!r}; {remedy}") from error


def _text(table: Any, categories: Collection[int]) -> tuple[Any, str] | None:
    """Return the first column beside categories with text that is no number, and that text; None if there is none."""
    columns = list(table.columns) if _is_table(table) else range(np.shape(table)[1]) if np.ndim(table) == 2 else ()
    for k, name in enumerate(columns):
        values = _column(table, k).to_list() if _is_table(table) else np.asarray(table)[:, k].tolist()
        for value in values if k not in categories else ():
            if isinstance(value, str):
                try:
                    float(value)
                except ValueError:
                    return name, value
    return None


def _is_table(table: Any) -> bool:
    return hasattr(table, "columns") and hasattr(table, "dtypes")


def categories_of(table: Any) -> dict[int, list[Any]]:
    """Return the categories of each column whose type is that of categories, by its position; none of an array."""
    if not _is_table(table):
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
        values = _column(table, k).to_list()
        found[:, k] = [codes.get(x, np.nan) for x in values]
        if len(kinds := {isinstance(x, str) for x in known}) == 1:
            unlike = (x for x in values if x not in codes and not is_missing(x) and isinstance(x, str) not in kinds)
            if (other := next(unlike, None)) is not None:  # all of which would count as missing
                raise ValueError(
                    f"categories are those of training, or others like them; got {other!r} in column {table.columns[k]!r}, "
                    f"where training had {known[0]!r}; convert them to its type"
                )
    return found


def of_catboost(features: Any, categorical: Collection[int], names: Sequence[str] | None) -> Any:
    """Return features with codes of categories as a table of numbers and words: one that keeps the order of the columns.

    CatBoost's parameters name columns by their position, too; of its own FeaturesData numbers come before categories.
    """
    from pandas import Categorical, DataFrame  # type: ignore[import-untyped] # which CatBoost needs itself

    columns = {}
    for k, name in enumerate(names or map(str, range(features.shape[1]))):
        column = features[:, k]
        if k in categorical:
            codes = np.where(np.isnan(column), -1, column).astype(np.int64)
            count = codes.max(initial=-1) + 1
            columns[name] = Categorical.from_codes(np.where(codes < 0, count, codes), [*map(str, range(count)), "missing"])
        else:
            columns[name] = column.astype(np.float32)
    return DataFrame(columns)
