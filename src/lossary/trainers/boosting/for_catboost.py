"""An objective as CatBoost takes one: an object for derivatives of some rows at a time, and one for the mean loss."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from lossary.trainers.boosting.units import Labels, Unit
from lossary.trainers.scores.blocks import Blocks, Rows
from lossary.trainers.scores.kinds import Choice
from lossary.trainers.scores.scores import Scores


class Own(Protocol):
    """An objective of ours."""

    scores: Scores
    curvature: Choice
    unit: Unit

    @property
    def begun(self) -> Any:
        """The start, in the unit of scores."""

    @property
    def factor(self) -> Any:
        """What slopes and curvatures are multiplied by."""

    def cost(self, raw: Any, target: Any, weight: Any) -> float:
        """Return the mean loss."""


class Derivatives:
    """What CatBoost takes as ``loss_function``: derivatives of minus the loss, of about a thousand rows a call."""

    no_jit = True  # CatBoost would have Numba compile the method, which it cannot

    def __init__(self, own: Own, labels: Labels) -> None:
        self.own, self.labels = own, labels
        self._blocks = Blocks(own.curvature.pair, own.begun, -own.factor, *labels.in_unit(own.unit))

    def __reduce__(self) -> tuple[type[Derivatives], tuple[Own, Labels]]:
        return Derivatives, (self.own, self.labels)

    def calc_ders_range(self, approxes: Any, targets: Any, weights: Any) -> Any:
        """Return a row of two derivatives for each sample, weighted."""
        return self._blocks(approxes, targets, weights).T


class MeanLoss:
    """What CatBoost takes as ``eval_metric``: the mean loss."""

    no_jit = True

    def __init__(self, own: Own, labels: Labels, begun: float = 0.0) -> None:
        self.own, self.labels, self.begun = own, labels, begun
        """``begun`` is what CatBoost's scores begin at."""

    def is_max_optimal(self) -> bool:
        """Return False: less is better."""
        return False

    def evaluate(self, approxes: Any, target: Any, weight: Any) -> tuple[float, float]:
        """Return the weighted sum of the losses of some rows, and that of their weights."""
        whole = float(len(target)) if weight is None else float(np.sum(weight, dtype=np.float64))
        scores = np.stack(approxes, axis=1) if len(approxes) > 1 else np.asarray(approxes[0])
        return (self.own.cost(scores - self.begun, self.labels.target(target), weight) * whole if whole else 0.0), whole

    def get_final_error(self, error: float, weight: float) -> float:
        """Return the mean loss, of the sums of all rows."""
        return error / weight if weight else 0.0


class OfClasses:
    """What CatBoost takes as ``loss_function`` of classes: derivatives of one row a call."""

    no_jit = True

    def __init__(self, own: Own, labels: Labels) -> None:
        self.own, self.labels = own, labels
        self._count = len(own.begun)
        self._rows = Rows(own.curvature.pair, own.begun, np.negative(own.factor), *labels.in_unit(own.unit))

    def __reduce__(self) -> tuple[type[OfClasses], tuple[Own, Labels]]:
        return type(self), (self.own, self.labels)

    def calc_ders_multi(self, approxes: Any, target: Any, weight: float) -> tuple[list[float], list[list[float]]]:
        """Return the first derivatives of a row, and the second ones, of minus the loss."""
        if len(approxes) != self._count:  # CatBoost would write the others to where there is no memory
            raise ValueError(
                f"{self.own.scores.loss.__name__} has {self._count} scores a sample; CatBoost has {len(approxes)}; "
                "pass own.parameters, and of several predictions the target once for each, np.stack([y, y], axis=1)"
            )
        return self._rows(approxes, target, weight)
