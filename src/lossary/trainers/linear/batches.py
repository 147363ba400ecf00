"""Linear models of any loss, from data that come in batches."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from lossary.trainers.linear.normal_equations import gram, lowest_with_l1, with_ones
from lossary.trainers.scores.curvature import choose
from lossary.trainers.scores.kinds import Choice
from lossary.trainers.scores.pairs import LEAST
from lossary.trainers.scores.scores import Scores

_STEPS = 100
"""The most steps on a batch before its parabola is kept."""
_NEAR = 1e-3
"""A step by which scores change less, in units of the scale of residuals, is the last on its batch."""
_PULL = 0.3
"""The pull of logarithms and logits to where a batch began, while its best coefficients are sought, of a sample's curvature.

A few samples are often best at infinite scores.
"""
_SHARP, _WIDE = 0.1, 0.3
"""How widely a kink is smoothed, of the scale of the residuals: for slopes, and √t times less at batch t; for curvatures."""
_FAR = 100.0
"""The mean of a feature in the first batch, in units of its spread, above which the feature is taken less this mean."""
_SURE = 1e-4
"""The least diagonal of a Cholesky factor of a matrix with a diagonal of ones, whose condition is then far below 1e13."""
_ROWS = 1000
"""Samples whose features are multiplied by a matrix at a time."""


def _above(scores: Scores) -> Choice:
    """Return curvatures of parabolas that lie above the losses, where there are such.

    Steps by relaxed ones may end as high as they began: where a batch has fewer samples than features they lead to and fro.
    """
    found = choose(scores, "auto")
    if found.kind != "relaxed":
        return found
    try:
        return choose(scores, "majorizer")
    except ValueError:
        return choose(scores, "bound")


def _solved(a: Any, b: Any) -> Any:
    """Return the solution of a x = b, the shortest of several; ``a`` is symmetric, with a diagonal of ones."""
    try:
        factor = cho_factor(a)  # a tenth of the time of the singular values, at 400 coefficients
    except LinAlgError:
        factor = None
    if factor is not None and np.diag(factor[0]).min() > _SURE:
        return cho_solve(factor, b)
    return np.linalg.lstsq(a, b, rcond=1e-13)[0]


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
        self._squares = np.zeros(width + intercept)
        self._chosen = _above(scores)
        self._origin: Any = None
        self._weight, self._batches, self._rows = 0.0, 0, 0
        self._roots, self._counts, self._scale = 0.0, 0.0, 1.0
        self._is_parabola = scores.is_parabola and self._chosen.kind != "smoothed"
        self._averages = scores.in_units_of_target and scores.loss.properties.convex is True and not self._is_parabola
        self._curvature: float | None = None
        self._start = start if intercept else 0.0
        self._met: tuple[Any, Any] | None = None

    @property
    def solution(self) -> tuple[Any, Any]:
        """Coefficients and intercept: a row and a number for each class, where there are several."""
        coefficients, intercept = self._at[:, : self._width], np.zeros(len(self._at))
        if self.intercept:
            intercept = self._at[:, self._width] - coefficients @ self._origin
        return (coefficients, intercept) if self.scores.loss.kind == "softmax" else (coefficients[0], float(intercept[0]))

    def add(self, features: Any, target: Any, weight: Any, l2: float, l1: float) -> None:
        """Add the parabola of a batch, and go to the lowest point of all, with penalties of the mean loss."""
        x = self._about_origin(features)
        if weight is None:
            weight = np.ones(len(target))
        elif not weight.all():  # 0 times a loss that overflows would be NaN
            used = np.flatnonzero(weight)
            x, target, weight = x[used], np.ascontiguousarray(target[used]), weight[used]
        if not len(weight):
            return
        self._batches, self._rows = self._batches + 1, self._rows + len(weight)
        self._weight += float(weight.sum())
        self._squares += np.asarray(weight @ (x.power(2) if hasattr(x, "multiply") else x**2)).ravel()
        if self.scores.in_units_of_target:
            self._measure(self._raw(x), target, weight)
            if not self._scale and not self._is_parabola:
                second, sums = self._met or (0.0, 0.0)
                self._met = second + gram(x, weight), sums + np.asarray(weight @ x)
                return
        if not self._is_parabola:
            if self._met is not None:
                self._add_met(*self._met)
                self._met = None
            self._seek(x, target, weight, l2, l1)
        second, first = self._kept(x, target, weight, l2)
        self._second += second
        self._first += first
        if self._is_parabola:
            self._at = self._lowest(self._second, self._first, l2, l1)

    def _about_origin(self, features: Any) -> Any:
        """Return features less those means of the first batch that lie far from 0, with a column of ones for an intercept."""
        x = features.astype(np.float64)
        if self._origin is None:
            self._origin = np.zeros(self._width)
            if self.intercept and not hasattr(x, "multiply"):
                means = x.mean(axis=0)
                self._origin = np.where(np.abs(means) > _FAR * x.std(axis=0), means, 0.0)
        if self._origin.any():
            x = (x.toarray() if hasattr(x, "multiply") else x) - self._origin
        return with_ones(x) if self.intercept else x

    def _add_met(self, second: Any, sums: Any) -> None:
        """Add the parabolas of samples that the constant model met, whose curvature depends on the scale of the residuals."""
        at = np.array([self._start])
        slope, curvature = self._safe(at, at, _WIDE * self._scale)
        if (true := self._true(at, at)) is not None:
            curvature = true
        self._second += curvature * second
        self._first += (curvature * at - slope) * sums

    def _measure(self, raw: Any, target: Any, weight: Any) -> None:
        """Find the scale (mean √|r|)² of the residuals of all batches, each before it was learnt from."""
        if self._chosen.pair.steepness is not None:  # the residuals that count most set the scale
            weight = weight * np.abs(self.scores.slope(raw, target))
        self._counts += float(weight.sum())
        self._roots += float(weight @ np.sqrt(np.abs(raw - self.scores.centre(target))))
        self._scale = (self._roots / self._counts) ** 2 if self._roots else 0.0

    def _raw(self, x: Any) -> Any:
        raw = np.asarray(x @ self._at.T)
        return raw if self.scores.loss.kind == "softmax" else raw[:, 0]

    def _seek(self, x: Any, target: Any, weight: Any, l2: float, l1: float) -> None:
        """Go to the coefficients that are best for a batch and for the parabolas of all before it."""
        begun, longest = self._at, self._chosen.longest_step or np.inf
        for _ in range(_STEPS):
            raw = self._raw(x)
            slope, safe = self._safe(raw, target)
            if self._curvature is None:
                self._curvature = 0.0 if self.scores.in_units_of_target else float(safe.mean())
            pull = _PULL * self._curvature * self._squares / self._rows**2
            second, first = self._parabola(x, raw, slope, safe, weight)
            there = self._lowest(self._second + second + np.diag(pull), self._first + first + pull * begun, l2, l1)
            step = there - self._at
            moved = float(np.abs(x @ step.T).max())
            self._at = self._at + step * min(1.0, longest / moved) if moved > longest else there
            if moved <= _NEAR * self._scale:
                break

    def _safe(self, raw: Any, target: Any, least: float = 0.0) -> tuple[Any, Any]:
        """Return slopes, and curvatures of parabolas that lie above the losses; those of kinks are ``least`` wide or more."""
        pair, none = self._chosen.pair, np.zeros(len(self._at))
        sharp = _SHARP * self._scale / self._batches**0.5
        if self._chosen.kind == "smoothed":
            return pair.at_widths(raw, target, sharp, max(sharp, least))
        if not self._averages:
            slope, curvature = pair.derivatives(raw, none, target, None, np.float64)
            # of a softmax the matrix of curvatures is nowhere above ½ (Böhning, 1992)
            return slope, np.maximum(curvature, 0.5) if self.scores.loss.kind == "softmax" else curvature
        # √(r² + s²) stands for |r|, as at a kink: in large units of the target a smooth loss is nearly one
        centre = self.scores.centre(target)
        residual = raw - centre
        distance = np.hypot(residual, sharp)
        above, below = (pair.derivatives(centre + d, none, target, None, np.float64) for d in (distance, -distance))
        slope = (above[0] - below[0]) / 2 * residual / distance + (above[0] + below[0]) / 2
        return slope, np.maximum(above[1], below[1])

    def _parabola(self, x: Any, raw: Any, slope: Any, curvature: Any, weight: Any) -> tuple[Any, Any]:
        """Return A and b of ½θᵀAθ - bᵀθ, of slopes and curvatures at the coefficients."""
        raw, slope, curvature = (np.reshape(y, (len(weight), -1)) for y in (raw, slope, curvature))
        # along a score the parabola is lowest at the score less slope by curvature
        moments = weight[:, None] * (curvature * raw - slope)
        return np.stack([gram(x, weight * c) for c in curvature.T]), np.asarray(moments.T @ x)

    def _kept(self, x: Any, target: Any, weight: Any, l2: float) -> tuple[Any, Any]:
        """Return the parabola of a batch by true curvatures.

        They are 0 of many samples, whose parabola has no lowest point. So as far as a sample alone says what its own score is,
        by its leverage, it has the safe curvature. All leverages together are the number of coefficients at most.
        """
        raw = self._raw(x)
        slope, safe = self._safe(raw, target, _WIDE * self._scale)
        true = self._true(raw, target)
        if true is None:
            return self._parabola(x, raw, slope, safe, weight)
        second, _ = self._parabola(x, raw, slope, safe, weight)
        safe, true = (np.reshape(y, (len(weight), -1)) for y in (safe, true))
        leverage = np.stack([self._leverage(x, a, l2) for a in self._second + second], axis=1) * weight[:, None] * safe
        return self._parabola(x, raw, slope, true + np.clip(leverage, LEAST, 1.0) * np.maximum(safe - true, 0.0), weight)

    def _true(self, raw: Any, target: Any) -> Any:
        """Return curvatures, or their means about scores in the unit of the target; None if the losses are not convex."""
        if self._chosen.kind == "smoothed" or self._averages:
            wide = _WIDE * self._scale
            above, below = (self._safe(raw + d, target)[0] for d in (wide, -wide))
            return np.maximum((above - below) / (2 * wide), 0.0)
        if self.scores.loss.properties.convex is not True:
            return None
        return np.maximum(self.scores.second(raw, target), 0.0)

    def _leverage(self, x: Any, a: Any, l2: float) -> Any:
        """Return xᵀA⁻¹x of each sample."""
        a, unit = self._in_units(a, l2)
        into = np.linalg.pinv(a, rcond=1e-13, hermitian=True) / np.outer(unit, unit)
        found = []
        for k in range(0, x.shape[0], _ROWS):
            rows = x[k : k + _ROWS]
            rows = rows.toarray() if hasattr(rows, "multiply") else rows
            found.append(np.einsum("ij,ij->i", rows @ into, rows))
        return np.concatenate(found)

    def _in_units(self, a: Any, l2: float) -> tuple[Any, Any]:
        """Return a matrix with the penalty l2, in units of coefficients in which its diagonal is 1, and these."""
        a = a + np.diag(self._weight * l2 * self._penalised)
        unit = np.sqrt(np.where(np.diag(a) > 0, np.diag(a), 1.0))
        return a / np.outer(unit, unit), unit

    @property
    def _penalised(self) -> Any:
        """1 for a coefficient, 0 for the intercept."""
        return np.append(np.ones(self._width), np.zeros(int(self.intercept)))

    def _lowest(self, second: Any, first: Any, l2: float, l1: float) -> Any:
        """Return the lowest points of parabolas, with penalties."""
        found = []
        for a, b, at in zip(second, first, self._at, strict=True):
            a, unit = self._in_units(a, l2)
            if l1:
                found.append(lowest_with_l1(a, b / unit, self._weight * l1 * self._penalised / unit, at * unit) / unit)
            else:
                found.append(_solved(a, b / unit) / unit)
        return np.stack(found)
