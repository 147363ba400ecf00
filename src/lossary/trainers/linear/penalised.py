"""Minimising a smooth cost of a linear model with an L1 penalty, which leaves coefficients of exactly 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import minimize

from lossary.trainers.linear.normal_equations import gram, lowest_with_l1
from lossary.trainers.linear.problem import Problem, Solution
from lossary.trainers.pairs import LEAST, Pair

_HALVINGS = 30
_SHORT = 0.1
"""A step shorter than this says that the true curvature misleads; a safe one serves then."""
_ROUNDING = 1e-15
"""The fall of the cost, of its size, that is rounding."""


def solve(problem: Problem, pair: Pair, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by Newton steps, each to the lowest point of a parabola and the penalty (Lee, Sun and Saunders, 2014)."""
    coefficients, intercept = problem.begin(start)
    width, used = coefficients.shape[1], slice(None) if problem.intercept else slice(-1)
    penalty = np.append(np.full(width, problem.l1), 0.0)
    fixed, safe = problem.scores.is_parabola, problem.scores.loss.properties.convex is not True
    at, hessian, done, largest = np.append(coefficients[0], intercept), None, 0, 0.0
    value, slope = _smooth(problem, at)
    while True:
        if hessian is None or not fixed:
            hessian = _hessian(problem, pair, at, safe)
        unit = np.sqrt(np.where(hessian.diagonal() > 0, hessian.diagonal(), 1.0))
        b = hessian @ at - slope
        lowest = np.array(at)
        lowest[used] = (
            lowest_with_l1(
                (hessian / np.outer(unit, unit))[used, used], (b / unit)[used], (penalty / unit)[used], (at * unit)[used]
            )
            / unit[used]
        )
        step = lowest - at
        fall = float(slope @ step + penalty @ (np.abs(lowest) - np.abs(at)))
        largest = max(largest, -fall)
        if -fall <= max(tol**2 * largest, _ROUNDING * abs(value)) or done >= max_iter:
            break
        before = value + float(penalty @ np.abs(at))
        length = 1.0
        for _ in range(_HALVINGS):
            there = lowest if length == 1.0 else at + length * step
            new, of_new = _smooth(problem, there)
            if new + float(penalty @ np.abs(there)) <= before + 1e-4 * length * fall + _ROUNDING * abs(before):
                break
            length /= 2
        at, value, slope, done = there, new, of_new, done + 1
        safe = safe or length < _SHORT
    return problem.solution(at[None, :-1], at[-1:], "newton with l1", done, "met" if done < max_iter else "unfinished")


def _smooth(problem: Problem, at: Any) -> tuple[float, Any]:
    value, of_coefficients, of_intercept = problem.smooth(at[None, :-1], at[-1:])
    return value, np.append(of_coefficients[0], of_intercept)


def _hessian(problem: Problem, pair: Pair, at: Any, safe: bool) -> Any:
    """Return the curvature of the cost in coefficients and intercept, without the penalty l1."""
    raw = problem.raw(at[None, :-1], at[-1:])
    curvature = pair(raw, problem.target, None)[1] if safe else problem.scores.second(raw, problem.target)
    curvature = np.maximum(curvature, LEAST)
    constant = np.ptp(curvature) <= 1e-9 * curvature.mean()
    weight = problem.equal_share * curvature[0] if constant else problem.share * curvature
    x, width = problem.features, len(at) - 1
    found = np.empty((width + 1, width + 1))
    found[:width, :width] = gram(x, weight)
    found[np.diag_indices(width)] += problem.l2
    found[width, :width] = found[:width, width] = np.asarray(np.broadcast_to(weight, len(raw)) @ x).ravel()
    found[width, width] = np.broadcast_to(weight, len(raw)).sum()
    return found


def solve_by_parts(problem: Problem, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by L-BFGS-B over the positive and negative parts of the coefficients, in units of their features."""
    begin, level = problem.begin(start)
    outputs, width = begin.shape
    scale, parts = problem.units, 2 * begin.size

    def split(parameters: Any) -> tuple[Any, Any, Any]:
        held = parameters[:parts].reshape(2, outputs, width)
        return held, (held[0] - held[1]) / scale, parameters[parts:] if problem.intercept else np.zeros(outputs)

    def cost(parameters: Any) -> tuple[float, Any]:
        held, coefficients, intercept = split(parameters)
        value, slope, of_intercept = problem.smooth(coefficients, intercept)
        of_parts = np.stack([slope, -slope]) / scale + problem.l1 / scale
        value += problem.l1 * float((held / scale).sum())
        return value, np.concatenate([of_parts.ravel(), of_intercept if problem.intercept else ()])

    held = np.stack([np.maximum(begin, 0), np.maximum(-begin, 0)]) * scale
    first = np.concatenate([held.ravel(), level if problem.intercept else ()])
    bounds = [(0, None)] * parts + [(None, None)] * (len(first) - parts)
    slope = max(float(np.abs(cost(first)[1]).max()), math.ulp(0.0))
    limits = {"maxiter": max_iter, "maxfun": 20 * max_iter, "gtol": tol * slope, "ftol": 1e-15, "maxcor": 20}
    found = minimize(cost, first, jac=True, method="L-BFGS-B", bounds=bounds, options=limits)
    _, coefficients, intercept = split(found.x)
    return problem.solution(coefficients, intercept, "lbfgs", int(found.nit), "met" if found.nit < max_iter else "unfinished")
