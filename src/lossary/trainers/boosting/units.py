"""The unit in which an engine adds up scores, and labels of the engine, which are float32 and have their own origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from lossary.trainers.scores.scores import Scores

_LEAST, _LARGEST = 2.0**-4, 2.0**14
"""Spreads of targets between which scores are in the unit of the target itself."""
_POWERS = {
    **dict.fromkeys(("lambda_l1", "reg_alpha", "l1_regularization", "alpha"), 1),
    **dict.fromkeys(("max_delta_step", "max_tree_output", "max_leaf_output"), 1),
    **dict.fromkeys(("min_gain_to_split", "min_split_gain", "gamma", "min_split_loss"), 2),
}
"""Parameters of LightGBM and XGBoost in the unit of a slope or step, which is that of the score, or in its square."""


class Unit(NamedTuple):
    """Powers of 2: ``size`` is the engine's unit of scores, and losses are multiplied by ``level``."""

    size: float = 1.0
    level: float = 1.0


class Labels(NamedTuple):
    """How an engine holds targets, as float32: those from ``origin`` on, in this unit."""

    origin: float = 0.0
    unit: float = 1.0

    def of(self, target: Any) -> Any:
        """Return the labels of targets."""
        return target if self == PLAIN else (np.asarray(target, np.float64) - self.origin) / self.unit

    def target(self, labels: Any) -> Any:
        """Return the targets of labels."""
        return labels if self == PLAIN else np.asarray(labels, np.float64) * self.unit + self.origin

    def in_unit(self, unit: Unit) -> tuple[float, float]:
        """Return by what labels are multiplied and what is added to them, for targets in the unit of scores."""
        return self.unit / unit.size, self.origin / unit.size


PLAIN = Labels()


def _counted(target: Any, weight: Any) -> Any:
    """Return the targets that have a weight."""
    target = np.asarray(target, np.float64)
    return target if weight is None else target[np.asarray(weight) > 0]


def spread(target: Any, weight: Any) -> float:
    """Return the geometric mean of the distances from the median that are not 0; 0 if all targets are equal.

    Single targets that are far away hardly move it.
    """
    target = _counted(target, weight)
    distance = np.abs(target - np.median(target)) if len(target) else target
    distance = distance[distance > 0]
    return float(np.exp2(np.log2(distance).mean())) if len(distance) else 0.0


def unit_of(scores: Scores, start: Any, target: Any, weight: Any) -> Unit:
    """Return the unit of scores: 1, unless targets are spread so little or so much that an engine's float32 has no digits left.

    XGBoost splits no leaf where that lowers the cost by less than 1e-6, and its costs, which are in the square of the unit,
    overflow at 1e38; the curvature of a mean beside a variance is 1 / variance, of which less than 1e-12 counts as none. By a
    power of 2 nothing is rounded.
    """
    size = spread(target, weight) if scores.has_unit else 0.0
    if size == 0 or _LEAST <= size <= _LARGEST:
        return Unit()
    unit = _power_of_2(size)
    slopes = scores.scaled(unit).slopes(scores.in_unit(start, unit), np.asarray(target, np.float64) / unit)
    slope = np.abs(next(x for x, name in zip(slopes, scores.names, strict=True) if scores.is_in_units(name)))
    slope = slope[(slope > 0) & np.isfinite(slope)]
    return Unit(unit, 1 / _power_of_2(float(np.exp2(np.log2(slope).mean()))) if len(slope) else 1.0)


def _power_of_2(x: float) -> float:
    """Return the power of 2 that is nearest."""
    return float(np.exp2(np.round(np.log2(x))))


def keeps_digits(target: Any, weight: Any, share: float = 1e-5) -> bool:
    """Return whether float32 rounds targets by so small a share of their spread, or of how far they are away, on average."""
    target = _counted(target, weight)
    with np.errstate(over="ignore"):
        error = np.abs(target.astype(np.float32) - target)
    if not error.any() or (size := spread(target, None)) == 0:
        return True
    return bool((error / np.maximum(np.abs(target - np.median(target)), size)).mean() <= share)


def check_digits(scores: Scores, target: Any, weight: Any) -> None:
    """Raise ValueError if the labels of an engine, which are float32, would not tell most targets apart."""
    if scores.loss.kind != "softmax" and not scores.binary and not keeps_digits(target, weight, 1e-2):
        middle, size = np.median(_counted(target, weight)), spread(target, weight)
        raise ValueError(
            f"the engine holds labels as float32, which is to round targets by no more than 1 % of their distance from the "
            f"median; got targets around {middle:.6g} that differ from it by {size:.3g}; subtract a constant from them and add "
            f"it to predictions, or train Regressor(engine='lightgbm')"
        )


def rescaled(parameters: Mapping[str, Any], scores: Scores, unit: float) -> dict[str, Any]:
    """Return an engine's parameters, with those in the unit of the target in this one; raise if that says nothing."""
    found = dict(parameters)
    for name, power in _POWERS.items() if unit != 1.0 else ():
        if not found.get(name):
            continue
        if not all(map(scores.is_in_units, scores.names)):
            raise ValueError(
                f"{name} limits scores of {' and '.join(scores.names)} alike, and float32 has no digits for one of them in the "
                f"unit of the target; divide the target by {unit:g}, or leave {name} out; got {found[name]!r}"
            )
        for _ in range(power):
            found[name] = found[name] / unit
    return found
