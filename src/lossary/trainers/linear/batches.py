"""Linear models of any loss, from data that come in batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.trainers.linear.normal_equations import gram, lowest_with_l1, with_ones
from lossary.trainers.scores.curvature import choose
from lossary.trainers.scores.pairs import LEAST
from lossary.trainers.scores.scores import Scores

_STEPS = 20
"""The most steps on a batch before its parabola is kept."""
_NEAR = 1e-3
"""A step by which scores change less, in units of the scale of residuals, is the last on its batch."""
_FARTHEST = 10.0
"""The most by which a batch changes scores that are logarithms or logits: those of the first one are often infinite at best."""
_SHARP, _WIDE = 0.1, 0.3
"""How widely a kink is smoothed, of the scale of the residuals: for slopes, and √t times less at batch t; for curvatures."""


class Parabolas:
    """The sum of parabolas that stand for the losses of all batches, and the coefficients where it is lowest.

    The parabola of a batch has the batch's slope and curvature at the coefficients that are best for it and for the sum of all
    before it; these are found by steps on majorizers of the batch's losses. So nothing but a matrix is kept of the data, and
    there is no rate to choose. Coefficients of the squared error are those of all data at once, whatever the batches. Losses
    of classes have a parabola for each class.
    """

    def __init__(self, scores: Scores, start: Any, width: int, intercept: bool) -> None:
        outputs = np.size(start)
        self.scores, self.intercept, self._width = scores, intercept, width
        self._at = np.zeros((outputs, width + intercept))
        if intercept:
            self._at[:, width] = start
        self._second = np.zeros((outputs, width + intercept, width + intercept))
        self._first = np.zeros((outputs, width + intercept))
        self._chosen = choose(scores, "auto")
        self._weight, self._batches, self._scale = 0.0, 0, 1.0

    @property
    def solution(self) -> tuple[Any, Any]:
        """Coefficients and intercept: a row and a number for each class, where there are several."""
        coefficients = self._at[:, : self._width]
        intercept = self._at[:, self._width] if self.intercept else np.zeros(len(self._at))
        return (coefficients, intercept) if self.scores.loss.kind == "softmax" else (coefficients[0], float(intercept[0]))

    def add(self, features: Any, target: Any, weight: Any, l2: float, l1: float) -> None:
        """Add the parabola of a batch, and go to the lowest point of all, with penalties of the mean loss."""
        weight = np.ones(features.shape[0]) if weight is None else weight
        x = with_ones(features) if self.intercept else features
        self._batches += 1
        self._weight += float(weight.sum())
        if not self._weight:
            return
        if self.scores.in_units_of_target and not self._first.any():
            residual = x @ self._at[0] - self.scores.centre(target)
            self._scale = max(float(weight @ np.sqrt(np.abs(residual)) / self._weight) ** 2, 1e-100)
        before = self._at
        for _ in range(_STEPS):
            last = self._at
            self._go(*self._parabola(x, target, weight, False), l2, l1)
            moved = float(np.abs(x @ (self._at - before).T).max())
            if not self.scores.in_units_of_target and moved > _FARTHEST:
                self._at = before + (self._at - before) * (_FARTHEST / moved)
                break
            if np.abs(x @ (self._at - last).T).max() <= _NEAR * self._scale:
                break
        second, first = self._parabola(x, target, weight, True)
        self._second += second
        self._first += first
        self._go(0.0, 0.0, l2, l1)

    def _parabola(self, x: Any, target: Any, weight: Any, kept: bool) -> tuple[Any, Any]:
        """Return A and b of ½θᵀAθ - bᵀθ, by slopes and curvatures at the coefficients; by true curvatures if it is kept."""
        raw = np.asarray(x @ self._at.T)
        softmax = self.scores.loss.kind == "softmax"
        slope, curvature = self._derivatives(raw if softmax else raw[:, 0], target, kept)
        slope, curvature = (np.reshape(y, raw.shape) * weight[:, None] for y in (slope, curvature))
        # along a score the parabola is lowest at the score less slope by curvature
        return np.stack([gram(x, c) for c in curvature.T]), np.asarray((curvature * raw - slope).T @ x)

    def _derivatives(self, raw: Any, target: Any, kept: bool) -> tuple[Any, Any]:
        pair = self._chosen.pair
        if self._chosen.kind == "smoothed":
            sharp, wide = _SHARP * self._scale / self._batches**0.5, _WIDE * self._scale
            slope, curvature = pair.at_widths(raw, target, sharp, sharp)
            if kept:  # the rise of the slope from one side of the kink to the other
                above, below = (pair.at_widths(raw + d, target, sharp, sharp)[0] for d in (wide, -wide))
                curvature = np.maximum((above - below) / (2 * wide), LEAST)
            return slope, curvature
        slope, curvature = pair.derivatives(raw, np.zeros(len(self._at)), target, None, np.float64)
        if kept and self.scores.loss.properties.convex is True:
            curvature = np.maximum(self.scores.second(raw, target), LEAST)
        return slope, curvature

    def _go(self, second: Any, first: Any, l2: float, l1: float) -> None:
        """Go to the lowest point of all parabolas and another one, with penalties."""
        both = zip(self._second + second, self._first + first, self._at, strict=True)
        self._at = np.stack([self._lowest(a, b, at, l2, l1) for a, b, at in both])

    def _lowest(self, a: Any, b: Any, at: Any, l2: float, l1: float) -> Any:
        penalised = np.ones(len(b))
        penalised[self._width :] = 0.0
        a = a + np.diag(self._weight * l2 * penalised)
        unit = np.sqrt(np.where(np.diag(a) > 0, np.diag(a), 1.0))
        a, b = a / np.outer(unit, unit), b / unit
        if not l1:
            return np.linalg.lstsq(a, b, rcond=1e-13)[0] / unit
        return lowest_with_l1(a, b, self._weight * l1 * penalised / unit, at * unit) / unit
