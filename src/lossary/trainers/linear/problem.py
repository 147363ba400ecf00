"""The cost of a linear model: the mean loss of its scores, plus penalties."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from lossary.trainers.linear.descent import End
from lossary.trainers.scores.scores import Scores


class Solution(NamedTuple):
    """Coefficients and intercept (a row and a number for each class, where there are several), and how they were found."""

    coefficients: Any
    intercept: Any
    solver: str
    iterations: int
    end: End


class Problem:
    """A cost: the weighted mean loss of scores X·coefficients + intercept, plus l2/2·Σβ² + l1·Σ|β|."""

    def __init__(
        self,
        scores: Scores,
        features: Any,
        target: Any,
        weight: Any,
        l2: float,
        l1: float,
        intercept: bool,
        first: tuple[Any, Any] | None = None,
    ) -> None:
        self.scores, self.target, self.weight = scores, target, weight
        self.features = features if features.dtype == np.float64 else features.astype(np.float64)
        self.l2, self.l1, self.intercept = l2, l1, intercept
        self.first = first
        """Coefficients and intercept that the search begins at; by default 0 and the best constant score."""

    @cached_property
    def share(self) -> Any:
        """The weight of each sample in a mean."""
        count = len(self.target)
        return np.full(count, 1 / count) if self.weight is None else self.weight / self.weight.sum()

    def of_rows(self, rows: Any) -> Problem:
        """Return the cost of some of the samples."""
        weight = None if self.weight is None else self.weight[rows]
        target = np.ascontiguousarray(self.target[rows])
        features = self.features[rows] if hasattr(self.features, "multiply") else np.ascontiguousarray(self.features[rows])
        return Problem(self.scores, features, target, weight, self.l2, self.l1, self.intercept, self.first)

    def about(self, means: Any) -> Problem:
        """Return the same cost of features less these means; of a feature that is constant, rounding leaves nothing."""
        features = self.features - means
        features[:, np.abs(features).max(axis=0) <= 4 * np.finfo(float).eps * np.abs(means)] = 0.0
        first = None if self.first is None else (self.first[0], self.first[1] + self.first[0] @ means)
        return Problem(self.scores, features, self.target, self.weight, self.l2, self.l1, self.intercept, first)

    @property
    def equal_share(self) -> Any:
        """The weight of each sample, one number if it is the same for all."""
        return 1 / len(self.target) if self.weight is None else self.share

    @cached_property
    def _ones(self) -> Any:
        return np.ones(len(self.target))

    @cached_property
    def units(self) -> Any:
        """The root mean square of each feature, or 1 where it is 0."""
        x = self.features
        squares = self.share @ (x.power(2) if hasattr(x, "multiply") else x**2)
        root = np.sqrt(np.asarray(squares, np.float64)).ravel()
        return np.where(root > 0, root, 1.0)

    def value(self, coefficients: Any, intercept: Any) -> float:
        """Return the cost."""
        loss = self.scores.value(self.features @ coefficients.T + intercept, self.target)
        penalty = self.l2 / 2 * np.sum(coefficients**2) + self.l1 * np.abs(coefficients).sum()
        return float(np.average(loss, weights=self.weight) + penalty)

    def begin(self, start: Any) -> tuple[Any, Any]:
        """Return the coefficients and the intercept that the search begins at: a row and a number for each class."""
        outputs, width = np.size(start), self.features.shape[1]
        coefficients, level = (np.zeros((outputs, width)), start) if self.first is None else self.first
        intercept = np.reshape(level, outputs) if self.intercept else np.zeros(outputs)
        return np.reshape(coefficients, (outputs, width)), intercept

    def begin_no_higher(self, start: Any) -> None:
        """Have the search begin at the constant score if the cost is not lower where it would begin.

        A cost that is huge or infinite, as of logarithms of means that are far too large, has no slope that leads back.
        """
        first, self.first = self.first, None
        constant = self._cost(*self.begin(start))
        self.first = first
        if not self._cost(*self.begin(start)) < constant:
            self.first = None

    def _cost(self, coefficients: Any, intercept: Any) -> float:
        return self.smooth(coefficients, intercept)[0] + self.l1 * float(np.abs(coefficients).sum())

    def raw(self, coefficients: Any, intercept: Any) -> Any:
        """Return the scores, with a column for each class where there are several."""
        if self.scores.loss.kind == "softmax":
            return np.asarray(self.features @ coefficients.T) + intercept
        found = self.features @ coefficients[0]
        found += intercept[0]
        return found

    def smooth(self, coefficients: Any, intercept: Any) -> tuple[float, Any, Any]:
        """Return the cost without its l1 part, and its slopes in coefficients and intercept."""
        value, slope = self.scores.weighted(self.raw(coefficients, intercept), self.target, self.share)
        value += self.l2 / 2 * float(np.sum(coefficients**2))
        of_scores = slope.T.reshape(len(coefficients), -1)
        of_coefficients = np.asarray(of_scores @ self.features) + self.l2 * coefficients
        return value, of_coefficients, of_scores @ self._ones

    def scale_of(self, residuals: Any) -> float:
        """Return (mean √|r|)², a scale that single large residuals hardly move; that of margins, logits and logarithms is 1."""
        if not self.scores.in_units_of_target:
            return 1.0
        return float(max((self.share @ np.sqrt(np.abs(residuals))) ** 2, 1e-100))

    def check_slopes(self, of_samples: Any) -> None:
        """Raise if slopes, a column a sample, are not finite."""
        wrong = np.flatnonzero(~np.isfinite(of_samples.sum(axis=0) if of_samples.ndim == 2 else of_samples))
        if len(wrong):
            raise ValueError(
                f"the slope of {self.scores.loss.__name__} must be finite; it is not at the target {self.target[wrong[0]]} "
                f"(index {wrong[0]}), nor at {len(wrong) - 1} others; leave such samples out, or choose another loss"
            )

    def solution(self, coefficients: Any, intercept: Any, solver: str, iterations: int, end: End) -> Solution:
        """Return a solution, in the form that the loss has."""
        if self.scores.loss.kind == "softmax":
            return Solution(coefficients, np.asarray(intercept), solver, iterations, end)
        return Solution(coefficients[0], float(np.reshape(intercept, -1)[0]), solver, iterations, end)
