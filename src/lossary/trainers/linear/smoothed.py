"""Minimising the cost of a linear model of a loss with a kink."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.trainers.linear.coordinates import WIDEST, directions
from lossary.trainers.linear.descent import End
from lossary.trainers.linear.kinks import Kinks
from lossary.trainers.linear.normal_equations import gram, with_ones
from lossary.trainers.linear.problem import Problem, Solution
from lossary.trainers.pairs import Pair

_SHARPEST, _SHARPEST_OF_MANY = 1e-8, 1e-4
"""The last scale by which a kink is smoothed, of the first; of many features, where a step takes long."""
_EXACT = 0.05
"""The scale below which it is tried which samples lie at their kinks at the lowest point."""
_STEPS = 60
"""The most Newton steps at one scale."""
_PRODUCTS, _ENOUGH = 20, 1e-3
"""The most products with X in a step of many features, and the part of the slope that is enough to be left."""


def solve(problem: Problem, pair: Pair, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by weighted least squares on the smoothed loss, while its scale falls to nearly 0 (Hunter and Lange, 2000).

    Each step ends at the lowest point of a parabola that lies above the smoothed cost, so that this never rises. Where the cost
    is straight between kinks, the search ends as soon as it is known which of them are met: the solution is exact then.
    """
    if problem.scores.binary and not np.isin(problem.target, (0.0, 1.0)).all():
        raise ValueError(
            f"the kink of {problem.scores.loss.__name__} is smoothed for targets of 0 and 1; got others; use a smooth loss, "
            "such as binary_cross_entropy, or each sample twice, with the weights target and 1 - target"
        )
    share, scale = problem.share, problem.units
    first, level = problem.begin(start)
    coefficients, intercept = first[0], float(level[0])
    size = 1.0 if problem.scores.binary else _scale_of(start - problem.scores.centre(problem.target), share)
    many = len(scale) > WIDEST
    kinks = Kinks(problem, pair, size) if Kinks.serves(problem) and not many else None
    x, into = _features(problem)
    done, sharpness, sharpest = 0, 0.3, _SHARPEST_OF_MANY if many else _SHARPEST
    while sharpness >= sharpest and done < max_iter:
        s = sharpness * size
        for _ in range(_STEPS):
            slope, curvature = pair.at_widths(problem.features @ coefficients + intercept, problem.target, s, s)
            if not (np.isfinite(slope).all() and np.isfinite(curvature).all()):
                _refuse(problem, slope + curvature)
            slope, curvature = share * slope, share * curvature
            penalty = problem.l2 + (problem.l1 / np.hypot(coefficients, s / scale) if problem.l1 else np.zeros(len(scale)))
            gradient = np.asarray(slope @ x)
            gradient[:-1] += penalty * coefficients * into if into.ndim == 1 else (penalty * coefficients) @ into
            step = _step(x, curvature, penalty, into, gradient if problem.intercept else gradient[:-1])
            inner = step[: into.shape[-1]]
            coefficients = coefficients + (into * inner if into.ndim == 1 else into @ inner)
            intercept += float(step[-1]) if problem.intercept else 0.0
            done += 1
            moved = np.sqrt(share @ np.square(x[:, : len(step)] @ step)) if many else np.abs(step).max()
            if moved <= max(0.1 * s, 0.01 * tol * size) or done >= max_iter:
                break
        if kinks is not None and sharpness < _EXACT:
            slope, _ = pair.at_widths(problem.features @ coefficients + intercept, problem.target, s, s)
            if (exact := kinks.lowest(coefficients, intercept, slope, s / scale)) is not None:
                return problem.solution(exact[0][None], np.array([exact[1]]), "kinks", done, "met")
        sharpness *= 0.3
    if problem.l1:
        coefficients = np.where(np.abs(coefficients) * scale < 1e-5 * size, 0.0, coefficients)
    end: End = "met" if done < max_iter else "unfinished"
    return problem.solution(coefficients[None], np.array([intercept]), "weighted least squares", done, end)


def _features(problem: Problem) -> tuple[Any, Any]:
    """Return features XT with a column of ones, and T: such that they are uncorrelated, or only of size 1 (its diagonal)."""
    x, width = problem.features, problem.features.shape[1]
    if hasattr(x, "multiply"):
        return with_ones(x.multiply(1 / problem.units)), 1 / problem.units
    if problem.l1 or width > WIDEST:  # with l1, directions without an effect on scores count too
        return with_ones(x / problem.units), 1 / problem.units
    into, _ = directions(problem, problem.equal_share)
    return with_ones(x @ into), into


def _step(x: Any, curvature: Any, penalty: Any, into: Any, gradient: Any) -> Any:
    """Return the step to the lowest point of the parabola; of many features, nearly, by conjugate gradients."""
    size = len(gradient)
    if x.shape[1] <= WIDEST + 1:
        hessian = gram(x, curvature)
        hessian[:-1, :-1] += np.diag(into**2 * penalty) if into.ndim == 1 else (into.T * penalty) @ into
        return -np.linalg.lstsq(hessian[:size, :size], gradient, rcond=1e-14)[0]
    x = x[:, :size]
    own = np.append(into**2 * penalty, 0.0)[:size]
    squares = x.multiply(x) if hasattr(x, "multiply") else x**2
    diagonal = np.asarray(curvature @ squares).ravel() + own
    diagonal = np.where(diagonal > 0, diagonal, 1.0)
    step, left = np.zeros(size), -gradient
    direction = near = left / diagonal
    product = first = float(left @ near)
    for _ in range(_PRODUCTS):
        if product <= _ENOUGH**2 * first:
            break
        bent = np.asarray(x.T @ (curvature * (x @ direction))) + own * direction
        length = product / float(direction @ bent)
        step, left = step + length * direction, left - length * bent
        near = left / diagonal
        before, product = product, float(left @ near)
        direction = near + product / before * direction
    return step


def _refuse(problem: Problem, each: Any) -> None:
    wrong = np.flatnonzero(~np.isfinite(each))
    raise ValueError(
        f"the slope of {problem.scores.loss.__name__} must be finite; it is not at the target {problem.target[wrong[0]]} "
        f"(index {wrong[0]}), nor at {len(wrong) - 1} others; leave such samples out, or choose another loss"
    )


def _scale_of(residuals: Any, share: Any) -> float:
    """Return (mean √|r|)², a scale of residuals that single large ones hardly move."""
    return float(max((share @ np.sqrt(np.abs(residuals))) ** 2, 1e-100))
