"""Any loss in gradient boosting by LightGBM, XGBoost or CatBoost: objectives for their native interfaces, and estimators."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lossary.trainers.boosting.objective import Objective, objective

__all__ = ["Classifier", "Objective", "Regressor", "objective"]


def __getattr__(name: str) -> Any:
    if name in ("Classifier", "Regressor"):  # which import scikit-learn
        return getattr(import_module(f"{__name__}.estimators"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
