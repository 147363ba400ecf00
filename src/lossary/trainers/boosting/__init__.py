"""Any loss in gradient boosting, by LightGBM or XGBoost: objectives for their native interfaces, and estimators."""

from lossary.trainers.boosting.objective import Objective, objective

__all__ = ["Objective", "objective"]
