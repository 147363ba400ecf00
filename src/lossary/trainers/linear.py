"""Minimising the mean loss of a linear model, plus penalties."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from lossary.trainers.curvature import choose
from lossary.trainers.pairs import Pair
from lossary.trainers.scores import Scores

_SHARPEST = 1e-8
"""The last scale by which a kink is smoothed, of the first."""
_STEPS = 60
"""The most Newton steps at one scale."""


class Problem(NamedTuple):
    """A cost: the weighted mean loss of scores X·coefficients + intercept, plus l2/2·Σβ² + l1·Σ|β|."""

    scores: Scores
    features: Any
    target: Any
    weight: Any
    l2: float
    l1: float
    intercept: bool
    first: tuple[Any, Any] | None = None
    """Coefficients and intercept that the search begins at; by default 0 and the best constant score."""

    def value(self, coefficients: Any, intercept: Any) -> float:
        """Return the cost."""
        loss = self.scores.value(self.features @ coefficients.T + intercept, self.target)
        penalty = self.l2 / 2 * np.sum(coefficients**2) + self.l1 * np.abs(coefficients).sum()
        return float(np.average(loss, weights=self.weight) + penalty)


class Solution(NamedTuple):
    """Coefficients and intercept (a row and a number for each class, where there are several), and how they were found."""

    coefficients: Any
    intercept: Any
    solver: str
    iterations: int
    converged: bool


def solve(problem: Problem, start: Any, max_iter: int, tol: float) -> Solution:
    """Return the coefficients of the lowest cost: by L-BFGS, or with a kink by least squares, weighted anew each time."""
    chosen = choose(problem.scores, "auto")
    if chosen.kind == "smoothed":
        return _by_weights(problem, chosen.pair, start, max_iter, tol)
    return _by_lbfgs(problem, start, max_iter, tol)


def _shares(problem: Problem) -> Any:
    """Return the weight of each sample in a mean."""
    count = len(problem.target)
    return np.full(count, 1 / count) if problem.weight is None else problem.weight / problem.weight.sum()


def _by_lbfgs(problem: Problem, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by L-BFGS-B, on coefficients in units of their features; with l1, on their positive and negative parts."""
    x, share, outputs = problem.features, _shares(problem), np.size(start)
    width, scale = x.shape[1], _scales(x, share)
    parts = 2 if problem.l1 else 1

    def split(parameters: Any) -> tuple[Any, Any, Any]:
        held = parameters[: parts * outputs * width].reshape(parts, outputs, width)
        coefficients = (held[0] - held[1] if parts == 2 else held[0]) / scale
        return held, coefficients, parameters[parts * outputs * width :] if problem.intercept else np.zeros(outputs)

    def scores_of(coefficients: Any, intercept: Any) -> Any:
        if np.ndim(start):
            return x @ coefficients.T + intercept
        return x @ coefficients[0] + intercept[0]

    def cost(parameters: Any) -> tuple[float, Any]:
        held, coefficients, intercept = split(parameters)
        raw = scores_of(coefficients, intercept)
        value, slope = problem.scores.weighted(raw, problem.target, share)
        value += problem.l2 / 2 * float(np.sum(coefficients**2))
        slope = slope.T.reshape(outputs, -1)
        of_coefficients = (slope @ x + problem.l2 * coefficients) / scale
        of_parts = of_coefficients[None]
        if parts == 2:
            value += problem.l1 * float((held / scale).sum())
            of_parts = np.stack([of_coefficients, -of_coefficients]) + problem.l1 / scale
        return value, np.concatenate([of_parts.ravel(), slope.sum(axis=1) if problem.intercept else ()])

    begin, level = np.zeros((outputs, width)), start
    if problem.first is not None:
        begin, level = np.reshape(problem.first[0], (outputs, width)) * scale, problem.first[1]
    held = np.stack([np.maximum(begin, 0), np.maximum(-begin, 0)]) if parts == 2 else begin
    first = np.concatenate([held.ravel(), np.ravel(level) if problem.intercept else ()])
    bounds = None
    if parts == 2:
        bounds = [(0, None)] * (parts * outputs * width) + [(None, None)] * (outputs if problem.intercept else 0)
    slope = max(float(np.abs(cost(first)[1]).max()), math.ulp(0.0))
    limits = {"maxiter": max_iter, "maxfun": 20 * max_iter, "gtol": tol * slope, "ftol": 1e-15, "maxcor": 20}
    found = minimize(cost, first, jac=True, method="L-BFGS-B", bounds=bounds, options=limits)
    _, coefficients, intercept = split(found.x)
    return _solution(coefficients, intercept, start, "lbfgs", int(found.nit), bool(found.nit < max_iter))


def _scales(x: Any, share: Any) -> Any:
    """Return the root mean square of each feature, or 1 where it is 0."""
    squares = share @ (x.multiply(x) if hasattr(x, "multiply") else x**2)
    root = np.sqrt(np.asarray(squares, np.float64)).ravel()
    return np.where(root > 0, root, 1.0)


def _by_weights(problem: Problem, pair: Pair, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by weighted least squares on the smoothed loss, while its scale falls to nearly 0 (Hunter and Lange, 2000).

    Each step ends at the lowest point of a parabola that lies above the smoothed cost, so that this never rises.
    """
    x, share = problem.features, _shares(problem)
    scale = _scales(x, share)
    width, free = x.shape[1], problem.intercept
    coefficients, intercept = (np.zeros(width), float(start)) if problem.first is None else problem.first
    intercept = float(intercept) if free else 0.0
    size = 1.0 if problem.scores.binary else _scale_of(start - problem.scores.centre(problem.target), share)
    done, sharpness = 0, 0.3
    while sharpness >= _SHARPEST and done < max_iter:
        s = sharpness * size
        for _ in range(_STEPS):
            slope, curvature = pair.at_widths(x @ coefficients + intercept, problem.target, s, s)
            slope, curvature = share * slope, share * curvature
            by_l1 = problem.l1 / np.hypot(coefficients, s / scale) if problem.l1 else np.zeros(width)
            gradient = np.append(slope @ x + (problem.l2 + by_l1) * coefficients, slope.sum())
            weighted = x.multiply(curvature[:, None]).tocsr() if hasattr(x, "multiply") else x * curvature[:, None]
            inner = x.T @ weighted
            hessian = np.empty((width + 1, width + 1))
            hessian[:width, :width] = (inner.toarray() if hasattr(inner, "toarray") else inner) + np.diag(problem.l2 + by_l1)
            hessian[width, :width] = hessian[:width, width] = np.asarray(curvature @ x).ravel()
            hessian[width, width] = curvature.sum()
            used = slice(None) if free else slice(width)
            unit = np.append(scale, 1.0)[used]
            step = -np.linalg.lstsq(hessian[used, used] / np.outer(unit, unit), gradient[used] / unit, rcond=1e-14)[0] / unit
            coefficients = coefficients + step[:width]
            intercept += float(step[width]) if free else 0.0
            done += 1
            if np.abs(step * unit).max() <= max(0.1 * s, tol * size) or done >= max_iter:
                break
        sharpness *= 0.3
    if problem.l1:
        coefficients = np.where(np.abs(coefficients) * scale < 1e-5 * size, 0.0, coefficients)
    return _solution(coefficients[None], np.array([intercept]), 0.0, "weighted least squares", done, done < max_iter)


def _scale_of(residuals: Any, share: Any) -> float:
    """Return (mean √|r|)², a scale of residuals that single large ones hardly move."""
    return float(max((share @ np.sqrt(np.abs(residuals))) ** 2, 1e-100))


def _solution(coefficients: Any, intercept: Any, start: Any, solver: str, iterations: int, converged: bool) -> Solution:
    if np.ndim(start):
        return Solution(coefficients, np.asarray(intercept), solver, iterations, converged)
    return Solution(coefficients[0], float(np.asarray(intercept).reshape(-1)[0]), solver, iterations, converged)
