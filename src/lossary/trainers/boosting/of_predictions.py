"""A loss of several predictions as CatBoost takes one: it has a target for each, which is the same here."""

from __future__ import annotations

from typing import Any

from catboost import MultiTargetCustomMetric, MultiTargetCustomObjective

from lossary.trainers.boosting.for_catboost import MeanLoss, OfClasses


class OfPredictions(OfClasses, MultiTargetCustomObjective):
    """What CatBoost takes as ``loss_function`` of several predictions: derivatives of one row a call."""

    def calc_ders_multi(self, approxes: Any, targets: Any, weight: float) -> tuple[list[float], list[list[float]]]:
        """Return the first derivatives of a row, and the second ones, of minus the loss."""
        return super().calc_ders_multi(approxes, targets[0], weight)


class MeanLossOfPredictions(MeanLoss, MultiTargetCustomMetric):
    """What CatBoost takes as ``eval_metric`` of several predictions: the mean loss."""

    def evaluate(self, approxes: Any, target: Any, weight: Any) -> tuple[float, float]:
        """Return the weighted sum of the losses of some rows, and that of their weights."""
        return super().evaluate(approxes, target[0], weight)
