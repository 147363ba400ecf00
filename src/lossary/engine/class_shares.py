"""The share of each class, and the constant distribution over classes with the least mean loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossary.engine import dispatch
from lossary.engine.calculation import Calculation
from lossary.engine.exact_sum import ExactSums


class ClassShares:
    """Exact sums of the weight of each class in the targets."""

    def __init__(self) -> None:
        self._sums = ExactSums()
        self.hard = True
        """Whether every target is one class."""

    def add(self, target: np.ndarray, weight: np.ndarray | None, classes: int) -> None:
        """Add class indices, or rows of class probabilities."""
        self._sums.grow(classes)
        if target.ndim == 2:
            self.hard = self.hard and bool(((target == 0) | (target == 1)).all())
            terms = target if weight is None else target * weight[:, None]
            self._sums.add(terms, np.broadcast_to(np.arange(target.shape[1]), target.shape))
        elif weight is None:
            self._sums.add_counts(np.bincount(target, minlength=self._sums.size))
        else:
            self._sums.add(weight, target)

    def merge(self, other: ClassShares) -> None:
        """Add the rows of another."""
        self.hard = self.hard and other.hard
        self._sums.grow(other._sums.size)
        self._sums.merge(other._sums, np.arange(other._sums.size))

    def weights(self) -> np.ndarray:
        """Return the weight of each class."""
        return self._sums.values()


def takes_target(loss: Calculation) -> bool:
    """Return whether the loss of a class is a function of its target, and not linear in it."""
    formulas: Any = loss.formulas
    return bool(formulas.takes_target)


def mean_loss(
    loss: Calculation, parameters: Mapping[str, Any], p: np.ndarray, weights: np.ndarray, total_weight: float
) -> float:
    """Return the mean loss of predicting p for every row, where classes have these weights."""
    rows = np.broadcast_to(p, (len(p), len(p)))
    options = {"weight": weights, "given": "probabilities", "check": False, "normalizer": total_weight, **parameters}
    return float(dispatch.compute(loss, "value", (rows, np.arange(len(p))), options))


def best_shares(
    loss: Calculation, parameters: Mapping[str, Any], weights: np.ndarray, total_weight: float, *, hard: bool
) -> np.ndarray:
    """Return the p with the least mean loss, where classes have these weights: their shares for cross-entropy.

    Raise ValueError if none is found. ``hard`` says that every target is one class: only then do the weights of the classes
    determine the mean of a loss that is not linear in the target.
    """
    shares: np.ndarray = weights / weights.sum()
    if loss.is_cross_entropy:
        return shares
    if takes_target(loss) and not hard:
        raise ValueError(
            "the targets are distributions, and the loss is a function of them, which their mean does not determine"
        )
    found = _stationary(loss, parameters, shares)
    if found is None:
        raise ValueError("the loss of a class is not convex and falling in its probability")
    least = mean_loss(loss, parameters, shares, weights, total_weight)
    if not mean_loss(loss, parameters, found, weights, total_weight) <= least + 1e-12 * abs(least):
        raise ValueError("the loss of a class is not convex and falling in its probability")
    return found


def _stationary(loss: Calculation, parameters: Mapping[str, Any], shares: np.ndarray) -> np.ndarray | None:
    """Return the p with Dₖ(pₖ) = λ for all k and Σpₖ = 1, Dₖ being the slope of the mean loss in pₖ, which grows with pₖ.

    For a loss Σₖ tₖφ(pₖ), Dₖ = sₖφ′; for Σₖ φ(pₖ, tₖ) and targets of one class, Dₖ = sₖφ′(pₖ, 1) + (1 - sₖ)φ′(pₖ, 0).
    """
    options: dict[str, Any] = {"given": "probabilities", "check": False, "reduction": "sum", **parameters}
    both = takes_target(loss)
    sought = np.ones(len(shares), bool) if both else shares > 0  # else the loss does not depend on the probability

    def slopes(p: np.ndarray) -> np.ndarray:
        def of(target: Any) -> np.ndarray:
            inputs = (np.where(sought, p, 1.0), np.broadcast_to(np.float64(target), p.shape))
            found: np.ndarray = dispatch.compute(loss, "gradient", inputs, options)
            return found

        return shares * of(1) + (1 - shares) * of(0) if both else of(shares)

    def at(multipliers: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return one row p for each multiplier λ, between two rows: the last numbers below and above it."""
        low, high = (np.repeat(x[None], len(multipliers), axis=0) for x in (low, high))
        for _ in range(55):
            if not (high - low > 2.0**-55).any():
                break
            middle = (low + high) / 2
            below = slopes(middle) < multipliers[:, None]
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return low, high

    powers = np.exp2(np.arange(100.0, -101.0, -1.0))
    grid = np.concatenate([-powers, [0.0], powers[::-1]]) if both else -powers
    least, most = np.zeros(len(shares)), np.where(sought, 1.0, 0.0)
    for _ in range(11):
        low, high = at(grid, least, most)
        place = int(np.searchsorted((low + high).sum(axis=1) / 2, 1.0))  # the sum grows with the multiplier
        if not 0 < place < len(grid):
            place = min(place, len(grid) - 1)
            break
        least, most = low[place - 1], high[place]  # p grows with the multiplier
        grid = np.linspace(grid[place - 1], grid[place], 65)
    p: np.ndarray = (low[place] + high[place]) / 2
    return p / p.sum() if p.sum() > 0 and np.isfinite(p).all() else None
