"""Minimising the cost of a linear model of a loss with a kink that is not straight beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.trainers.linear.coordinates import WIDEST, features_of
from lossary.trainers.linear.descent import End
from lossary.trainers.linear.newton import step_of
from lossary.trainers.linear.problem import Problem, Solution
from lossary.trainers.scores.pairs import Pair

_SHARPEST, _SHARPEST_OF_MANY = 1e-8, 1e-4
"""The last scale by which a kink is smoothed, of the first; of many features, where a step takes long."""
_STEPS = 60
"""The most Newton steps at one scale."""
_STIFFER = 1e-9
"""What is added to the curvature of all directions, of its mean, as some may have none."""


def solve(problem: Problem, pair: Pair, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by weighted least squares on the smoothed loss, while its scale falls to nearly 0 (Hunter and Lange, 2000).

    Each step ends at the lowest point of a parabola that lies above the smoothed cost, so that this never rises.
    """
    share, scale = problem.share, problem.units
    first, level = problem.begin(start)
    coefficients, intercept = first[0], float(level[0])
    size = problem.scale_of(start - problem.scores.centre(problem.target))
    many = len(scale) > WIDEST
    x, into = features_of(problem)
    done, sharpness, sharpest = 0, 0.3, _SHARPEST_OF_MANY if many else _SHARPEST
    while sharpness >= sharpest and done < max_iter:
        s = sharpness * size
        for _ in range(_STEPS):
            slope, curvature = pair.at_widths(problem.features @ coefficients + intercept, problem.target, s, s)
            problem.check_slopes(slope + curvature)
            slope, curvature = share * slope, share * curvature
            penalty = problem.l2 + (problem.l1 / np.hypot(coefficients, s / scale) if problem.l1 else np.zeros(len(scale)))
            inner = penalty * coefficients * into if into.ndim == 1 else (penalty * coefficients) @ into
            own = into**2 * penalty if into.ndim == 1 else (into.T * penalty) @ into
            stiffer = _STIFFER * float(curvature.sum())
            if problem.intercept:
                inner, own = np.append(inner, 0.0), np.pad(own, (0, 1))
            own += stiffer if own.ndim == 1 else stiffer * np.eye(len(own))
            step = step_of(x, curvature, own, np.asarray(slope @ x) + inner)
            inner = step[: into.shape[-1]]
            coefficients = coefficients + (into * inner if into.ndim == 1 else into @ inner)
            intercept += float(step[-1]) if problem.intercept else 0.0
            done += 1
            moved = np.sqrt(share @ np.square(x @ step)) if many else np.abs(step).max()
            if moved <= max(0.1 * s, 0.01 * tol * size) or done >= max_iter:
                break
        sharpness *= 0.3
    if problem.l1:
        coefficients = np.where(np.abs(coefficients) * scale < 1e-5 * size, 0.0, coefficients)
    end: End = "met" if done < max_iter else "unfinished"
    return problem.solution(coefficients[None], np.array([intercept]), "weighted least squares", done, end)
