"""Compare the probability of each class with how often it happens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.report.measure.one_model.confusion import LARGEST_MATRIX
from lossary.report.measure.one_model.recalibration import ROWS
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.rows.rows import Rows
from lossary.report.measure.statistics.sample import Sample, priorities

_LEVELS = 10


@dataclass(frozen=True)
class ClassLevel:
    """Rows in which a class has similar probabilities."""

    count: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class ClassCalibration:
    """How often a class happens beside its probability."""

    name: str
    predicted: float
    """The mean probability of the class."""
    observed: float
    """The share of the rows of the class."""
    error: float
    """Σ over ten levels of the probability, of equally many rows, of their share times |predicted - observed|."""
    levels: tuple[ClassLevel, ...]


@dataclass(frozen=True)
class ByClassCalibration:
    """The calibration of each class."""

    rows: int
    """The number of rows that it was found on."""
    error: float
    """The mean of the errors of the classes (Kull et al., 2019: classwise expected calibration error)."""
    classes: tuple[ClassCalibration, ...]


def judges_classes(plan: ColumnPlan) -> bool:
    """Return whether predictions are probabilities of several classes, few enough to be shown, and targets are labels."""
    several = plan.shape == "classes" and plan.predicts_probabilities and plan.labels is not None
    return several and 2 <= len(plan.class_names) <= LARGEST_MATRIX


class ClassSample:
    """A sample of the probabilities of classes, the target and the weight."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.names, self.sample = list(classes), Sample(ROWS)

    def add(self, rows: Rows) -> None:
        """Add rows."""
        if rows.target.ndim != 1:
            return
        priority = priorities(rows.path, rows.batch.start, rows.batch.rows)[rows.places]
        wanted = self.sample.wanted(priority)
        weight = np.ones(len(wanted)) if rows.weight is None else rows.weight[wanted]
        arrays = {"prediction": _probabilities(rows.prediction[wanted], rows.plan.given_as), "weight": weight}
        arrays["target"] = rows.target[wanted].astype(np.int64)
        self.sample.add(priority[wanted], arrays, len(priority))

    def merge(self, other: ClassSample) -> None:
        """Add the rows of another."""
        self.sample.merge(other.sample)

    def calibration(self) -> ByClassCalibration | None:
        """Return the calibration of each class, or None without rows."""
        held = self.sample.arrays()
        if not held or not len(held["target"]):
            return None
        found = [
            _of_class(name, held["prediction"][:, k], held["target"] == k, held["weight"]) for k, name in enumerate(self.names)
        ]
        return ByClassCalibration(len(held["target"]), math.fsum(one.error for one in found) / len(found), tuple(found))


def _probabilities(x: np.ndarray, given: str | None) -> np.ndarray:
    with np.errstate(all="ignore"):
        if given == "logits":
            x = np.exp(x - x.max(axis=1, keepdims=True))
            return x / x.sum(axis=1, keepdims=True)
        return np.exp(x) if given == "log_probabilities" else x


def _of_class(name: str, p: np.ndarray, happened: np.ndarray, weight: np.ndarray) -> ClassCalibration:
    order = np.lexsort((weight, happened, p))  # rows in any order have the same sums
    p, happened, weight = p[order], happened[order], weight[order]
    place = np.searchsorted(p, p, side="left") * _LEVELS // len(p)  # equal probabilities are in one level
    levels, error, total = list[ClassLevel](), 0.0, math.fsum(weight)
    for k in np.unique(place):
        rows = place == k
        mass = math.fsum(weight[rows])
        predicted, observed = math.fsum(weight[rows] * p[rows]) / mass, math.fsum(weight[rows] * happened[rows]) / mass
        error += mass / total * abs(predicted - observed)
        levels.append(ClassLevel(int(rows.sum()), predicted, observed))
    return ClassCalibration(name, math.fsum(weight * p) / total, math.fsum(weight * happened) / total, error, tuple(levels))
