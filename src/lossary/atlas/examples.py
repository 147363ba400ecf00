"""Losses of array code, drawn by calling them: one number of an example moves, and the others stay."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from lossary.engine.loss import Loss

POINTS = 121
X = math.nan
"""The number that moves."""


@dataclass(frozen=True)
class Example:
    """The arguments of a call, in which X stands for the number that moves from ``low`` to ``high``."""

    inputs: Mapping[str, Any]
    low: float
    high: float
    start: float
    options: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str, words: Mapping[str, Any] = MappingProxyType({})) -> str:
        """Return the call as one writes it, with x for the number that moves."""
        options = {**self.options, **words}
        parts = [*map(_text, self.inputs.values()), *(f"{key}={_text(value)}" for key, value in options.items())]
        return f"lossary.{name}({', '.join(parts)})"

    @property
    def along(self) -> str:
        """The input that holds the number that moves."""
        return next(name for name, value in self.inputs.items() if _holds_x(value))

    def at(self, x: float) -> dict[str, np.ndarray]:
        """Return the inputs with a number in the place of X."""
        found = {name: np.array(value) for name, value in self.inputs.items()}
        return {
            name: np.where(np.isnan(value), x, value) if value.dtype.kind == "f" else value for name, value in found.items()
        }

    def as_data(self, loss: Loss, words: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a page needs to draw the curves under these words."""
        view = {"name": "x", "low": self.low, "high": self.high, "open": False}
        return {
            "key": loss.__name__,
            "loss": loss.__name__,
            "given": None,
            "along": self.along,
            "linked": False,
            "kind": "composed",
            "plane": None,
            "inputs": loss.inputs,
            "x": {**view, "from": self.low, "to": self.high, "start": self.start},
            "others": [],
            "components": {},
            "parameters": {},
            "idle": [],
            "words": {name: str(word) for name, word in words.items()},
            "samples": {**self.curves(loss, words=words), "curvature": self.curvature(loss, words)},
            "call": self.text(loss.__name__),
        }

    def curves(
        self, loss: Loss, count: int = POINTS, words: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, list[float]]:
        """Return the loss and its slope in the number that moves, at equal steps."""
        options = {**self.options, **words}
        places = np.linspace(self.low, self.high, count)
        values = [float(loss(*self.at(float(x)).values(), **options)) for x in places]
        return {"value": values, "gradient": [self._slope(loss, options, float(x)) for x in places]}

    def curvature(self, loss: Loss, words: Mapping[str, Any] = MappingProxyType({}), count: int = POINTS) -> list[float]:
        """Return the curvature in the number that moves, as differences of slopes; NaN where the slope jumps."""
        options = {**self.options, **words}
        places = np.linspace(self.low, self.high, count)
        slopes = np.array([self._slope(loss, options, float(x)) for x in places])
        found = np.array([self._bend(loss, options, float(x)) for x in places])
        # between two places the slope grows by the mean curvature times their distance, unless there is a corner
        unexplained = np.diff(slopes) - (found[1:] + found[:-1]) / 2 * np.diff(places)
        corners = np.flatnonzero(np.abs(unexplained) > 0.02 * np.ptp(slopes))
        found[corners] = found[corners + 1] = math.nan
        return found.tolist()

    def _slope(self, loss: Loss, options: Mapping[str, Any], x: float) -> float:
        found = loss.gradient(*self.at(x).values(), **options)
        own = np.asarray(getattr(found, self.along) if isinstance(found, tuple) else found)
        return float(own[np.isnan(np.array(self.inputs[self.along]))][0])

    def _bend(self, loss: Loss, options: Mapping[str, Any], x: float) -> float:
        # the error of a central difference is of the order of the square of its step
        step = 1e-5 * (self.high - self.low)
        x = min(max(x, self.low + step), self.high - step)
        far, near = (
            (self._slope(loss, options, x + h) - self._slope(loss, options, x - h)) / (2 * h) for h in (step, step / 10)
        )
        # a jump of the slope makes the second difference ten times the first; noise of the slopes stays below 1e-3
        return far if abs(far - near) <= 1e-3 + 0.1 * abs(far) else math.nan


def _holds_x(value: Any) -> bool:
    return bool(np.isnan(np.array(value, dtype=float)).any()) if np.array(value).dtype.kind == "f" else False


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_text, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    return "x" if isinstance(value, float) and value != value else repr(value)


_CLASSES = {"prediction": [[X, 0.0, 0.0]], "target": [1]}
_LIST = {"prediction": [X, 0.5, -0.5], "relevance": [2, 1, 0], "group": [7, 7, 7]}
_BOX = {"prediction": [[X, 0.0, 2.0, 2.0]], "target": [[0.0, 0.0, 2.0, 2.0]]}
_MEMBERS = {"members": [[[X, 0.0], [3.0, 4.0], [1.0, 1.0]]], "target": [[1.0, 1.0]]}
_PROBABILITIES = {"given": "probabilities"}

EXAMPLES: Mapping[str, Example] = {
    "quantiles": Example({"prediction": [[0.0, X, 4.0]], "target": [2.0]}, 0, 4, 1.0, {"levels": (0.1, 0.5, 0.9)}),
    "weighted_interval_score": Example(
        {"prediction": [[0.0, X, 4.0]], "target": [2.0]}, 0, 4, 1.0, {"levels": (0.1, 0.5, 0.9)}
    ),
    "crps_ensemble": Example({"members": [[X, 2.0, 4.0]], "target": [3.0]}, -2, 8, 0.0),
    "energy_score": Example(_MEMBERS, -4, 6, -2.0),
    "variogram_score": Example(_MEMBERS, -4, 6, -2.0),
    "ranked_probability_score": Example({"prediction": [[X, 0.0, 0.0]], "target": [2]}, -6, 6, 1.0),
    "wasserstein_1": Example({"prediction": [[X, 0.0, 0.0]], "target": [2]}, -6, 6, 1.0),
    "sparsemax": Example({"prediction": [[X, 1.0, -1.0]], "target": [0]}, -3, 4, 0.5),
    "corn": Example({"prediction": [[X, -1.0]], "target": [1]}, -5, 5, 0.5),
    "ordinal": Example({"score": [X], "thresholds": [[-1.0, 1.0]], "target": [1]}, -5, 5, 1.5),
    "lambda_rank": Example(_LIST, -4, 4, 0.0),
    "list_mle": Example(_LIST, -4, 4, 0.0),
    "list_net": Example(_LIST, -4, 4, 0.0),
    "pairwise_logistic": Example(_LIST, -4, 4, 0.0),
    "generalized_dice": Example(
        {"prediction": [[[X, 0.8, 0.3], [0.4, 0.2, 0.7]]], "target": [[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]}, 0, 1, 0.6
    ),
    "lovasz_hinge": Example({"prediction": [[X, -0.5, -2.0]], "target": [[True, True, False]]}, -4, 4, 0.0),
    "lovasz_softmax": Example(
        {"prediction": [[[X, 0.5, 0.0], [1.0, 0.5, 1.0]]], "target": [[0, 0, 1]]}, 0, 1, 0.4, {"check": False}
    ),
    "ciou": Example(_BOX, -3, 1.9, -1.0),
    "diou": Example(_BOX, -3, 1.9, -1.0),
    "giou": Example(_BOX, -3, 1.9, -1.0),
    "iou": Example(_BOX, -3, 1.9, -1.0),
    "ctc": Example({"prediction": [[[0.0, X, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]], "target": [[1, 2]]}, -5, 5, 1.0),
    "cox": Example({"log_hazard": [X, 0.0, -1.0], "time": [2.0, 2.0, 5.0], "event": [True, True, True]}, -4, 4, 1.0),
    "discrete_hazard": Example({"prediction": [[0.5, X, 0.0]], "interval": [1], "event": [True]}, -5, 5, 0.5),
}
"""An example for each loss of array code."""
