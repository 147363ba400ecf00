"""Minimising the cost of a linear model of a loss with a kink."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.trainers.descent import End
from lossary.trainers.normal_equations import gram
from lossary.trainers.pairs import Pair
from lossary.trainers.problem import Problem, Solution

_SHARPEST = 1e-8
"""The last scale by which a kink is smoothed, of the first."""
_STEPS = 60
"""The most Newton steps at one scale."""


def solve(problem: Problem, pair: Pair, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by weighted least squares on the smoothed loss, while its scale falls to nearly 0 (Hunter and Lange, 2000).

    Each step ends at the lowest point of a parabola that lies above the smoothed cost, so that this never rises.
    """
    if problem.scores.binary and not np.isin(problem.target, (0.0, 1.0)).all():
        raise ValueError(
            f"the kink of {problem.scores.loss.__name__} is smoothed for targets of 0 and 1; got others; use a smooth loss, "
            "such as binary_cross_entropy, or each sample twice, with the weights target and 1 - target"
        )
    x, share, scale = problem.features, problem.share, problem.units
    width, free = x.shape[1], problem.intercept
    first, level = problem.begin(start)
    coefficients, intercept = first[0], float(level[0])
    size = 1.0 if problem.scores.binary else _scale_of(start - problem.scores.centre(problem.target), share)
    done, sharpness = 0, 0.3
    while sharpness >= _SHARPEST and done < max_iter:
        s = sharpness * size
        for _ in range(_STEPS):
            slope, curvature = pair.at_widths(x @ coefficients + intercept, problem.target, s, s)
            if not (np.isfinite(slope).all() and np.isfinite(curvature).all()):
                _refuse(problem, slope + curvature)
            slope, curvature = share * slope, share * curvature
            by_l1 = problem.l1 / np.hypot(coefficients, s / scale) if problem.l1 else np.zeros(width)
            gradient = np.append(slope @ x + (problem.l2 + by_l1) * coefficients, slope.sum())
            hessian = np.empty((width + 1, width + 1))
            hessian[:width, :width] = gram(x, curvature) + np.diag(problem.l2 + by_l1)
            hessian[width, :width] = hessian[:width, width] = np.asarray(curvature @ x).ravel()
            hessian[width, width] = curvature.sum()
            used = slice(None) if free else slice(width)
            unit = np.append(scale, 1.0)[used]
            step = -np.linalg.lstsq(hessian[used, used] / np.outer(unit, unit), gradient[used] / unit, rcond=1e-14)[0] / unit
            coefficients = coefficients + step[:width]
            intercept += float(step[width]) if free else 0.0
            done += 1
            if np.abs(step * unit).max() <= max(0.1 * s, 0.01 * tol * size) or done >= max_iter:
                break
        sharpness *= 0.3
    if problem.l1:
        coefficients = np.where(np.abs(coefficients) * scale < 1e-5 * size, 0.0, coefficients)
    end: End = "met" if done < max_iter else "unfinished"
    return problem.solution(coefficients[None], np.array([intercept]), "weighted least squares", done, end)


def _refuse(problem: Problem, each: Any) -> None:
    wrong = np.flatnonzero(~np.isfinite(each))
    raise ValueError(
        f"the slope of {problem.scores.loss.__name__} must be finite; it is not at the target {problem.target[wrong[0]]} "
        f"(index {wrong[0]}), nor at {len(wrong) - 1} others; leave such samples out, or choose another loss"
    )


def _scale_of(residuals: Any, share: Any) -> float:
    """Return (mean √|r|)², a scale of residuals that single large ones hardly move."""
    return float(max((share @ np.sqrt(np.abs(residuals))) ** 2, 1e-100))
