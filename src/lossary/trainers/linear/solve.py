"""Minimising the mean loss of a linear model, plus penalties."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.trainers.linear import coordinates, kinks, multipliers, newton, penalised, smoothed
from lossary.trainers.linear.problem import Problem, Solution
from lossary.trainers.scores.curvature import choose
from lossary.trainers.scores.pairs import Pair

_MANY, _STRAIGHT = 20, 0.25
"""Samples for each feature that are many, and the part of nearly straight losses that is."""
_SEEN = 200
"""Samples that say which features may lie far from 0, or are too large or small."""
_LARGEST = 1e140
"""The largest size of a feature, and of 1 over the least: squares of them are added up."""
_FAR = 1e4
"""The mean of a feature, in units of its spread, above which sums of products lose too many digits."""


def solve(problem: Problem, start: Any, max_iter: int, tol: float) -> Solution:
    """Return the coefficients of the lowest cost; ``start`` is the constant score that the search begins at."""
    _check_sizes(problem.features)
    if problem.weight is not None and not problem.weight.all():  # 0 times a loss that overflows would be NaN
        problem = problem.of_rows(np.flatnonzero(problem.weight))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # of steps that are too long, whose cost is infinite
        if problem.first is not None:
            problem.begin_no_higher(start)
        if (means := _far_means(problem)) is None:
            return _solve(problem, start, max_iter, tol)
        found = _solve(problem.about(means), start, max_iter, tol)
        return found._replace(intercept=found.intercept - found.coefficients @ means)


def _solve(problem: Problem, start: Any, max_iter: int, tol: float) -> Solution:
    chosen = choose(problem.scores, "auto")
    if chosen.kind == "smoothed":
        _refuse_shares(problem)
        if kinks.are_all(problem) or (problem.l1 and problem.scores.loss.properties.convex is True):
            return multipliers.solve(problem, chosen.pair, start, max_iter, tol)
        return smoothed.solve(problem, chosen.pair, start, max_iter, tol)
    if not problem.l1:
        return coordinates.solve(problem, chosen.pair, start, max_iter, tol)
    if np.ndim(start):
        return penalised.solve_by_parts(problem, start, max_iter, tol)
    if _is_nearly_straight(problem, chosen.pair, start):
        return multipliers.solve(problem, chosen.pair, start, max_iter, tol)
    if problem.features.shape[1] > coordinates.WIDEST:
        return penalised.solve_by_sets(problem, chosen.pair, start, max_iter, tol)
    return penalised.solve(problem, chosen.pair, start, max_iter, tol)


def _is_nearly_straight(problem: Problem, pair: Pair, start: Any) -> bool:
    """Return whether convex losses are hardly curved at many samples, so that Newton steps with l1 go astray.

    Where samples are many for each feature, enough of them are curved.
    """
    count, width = problem.features.shape
    if count >= _MANY * width or not newton.is_direct(problem.features):
        return False
    if not (problem.scores.in_units_of_target and problem.scores.loss.properties.convex is True):
        return False
    raw = problem.raw(*problem.begin(start))
    safe = pair(raw, problem.target, None)[1]
    return bool(np.mean(problem.scores.second(raw, problem.target) < safe / 2) > _STRAIGHT)


def _check_sizes(x: Any) -> None:
    """Raise if squares of features overflow, or are 0 although the features are not."""
    if hasattr(x, "multiply"):
        largest = np.abs(x.data).max(keepdims=True, initial=0.0)
    else:
        largest = np.abs(x[:: max(1, len(x) // _SEEN)]).max(axis=0)
    wrong = np.flatnonzero((largest > _LARGEST) | ((largest > 0) & (largest < 1 / _LARGEST)))
    if len(wrong):
        raise ValueError(
            f"features are between {1 / _LARGEST:g} and {_LARGEST:g} in size, as their squares are added up; got "
            f"{largest[wrong[0]]:.3g}; multiply such features by a number, or leave them out"
        )


def _refuse_shares(problem: Problem) -> None:
    shares = problem.target[~np.isin(problem.target, (0.0, 1.0))]
    if problem.scores.binary and len(shares):
        raise ValueError(
            f"{problem.scores.loss.__name__}, whose slope jumps, is trained on targets of 0 and 1; got {shares[0]:g}; use a "
            "smooth loss, such as binary_cross_entropy, or each sample twice, with the weights target and 1 - target"
        )


def _far_means(problem: Problem) -> Any:
    """Return the means of features that lie far from 0, and 0 for the others; None if there are none."""
    x = problem.features
    if not problem.intercept or hasattr(x, "multiply"):
        return None
    some = x[:: max(1, len(x) // _SEEN)]
    suspect = np.flatnonzero(np.abs(some.mean(axis=0)) > _FAR / 10 * some.std(axis=0))
    means = np.zeros(x.shape[1])
    for k in suspect:
        mean = problem.share @ x[:, k]
        if abs(mean) > _FAR * np.sqrt(problem.share @ (x[:, k] - mean) ** 2):
            means[k] = mean
    return means if means.any() else None
