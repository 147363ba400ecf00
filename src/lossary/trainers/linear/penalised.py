"""Minimising a smooth cost of a linear model with an L1 penalty, which leaves coefficients of exactly 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import Bounds, minimize

from lossary.trainers.linear.coordinates import WIDEST
from lossary.trainers.linear.descent import FLOOR, End
from lossary.trainers.linear.normal_equations import gram, lowest_with_l1
from lossary.trainers.linear.problem import Problem, Solution
from lossary.trainers.scores.pairs import LEAST, Pair

_HALVINGS = 10
_DAMPED, _MORE, _LESS = 1e-3, 10.0, 0.25
"""The first curvature, of a safe one, that is added where steps are too long, and the factors by which it changes."""
_STIFFER = 1e-9
"""What is added to the curvature of each coefficient, of its own, so that dependent features have one lowest point."""
_FEW, _MANY = 30, 2000
"""How many features come in at a time, of few, and how many that would not stay 0 say that sets will be large."""
_ROUNDING = 1e-15
"""The fall of the cost, of its size, that is rounding."""
_NONE = 1e-10
"""A slope that is rounding, of the greatest of the losses and penalties at the constant model."""
_LATELY, _STALLED = 50, 1e-6
"""Steps within which the cost must fall, and by how much of what was gained."""


def solve(problem: Problem, pair: Pair, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by Newton steps, each to the lowest point of a parabola and the penalty (Lee, Sun and Saunders, 2014).

    Where such a step is too long, as in directions that few samples bend, the next ones are of a parabola that is more curved
    (Levenberg, 1944), and the search ends only at a point where one that is not promises nothing.
    """
    coefficients, intercept = problem.begin(start)
    width, used = coefficients.shape[1], slice(None) if problem.intercept else slice(-1)
    penalty = np.append(np.full(width, problem.l1), 0.0)
    fixed = problem.scores.is_parabola
    at, hessian, done, damping = np.append(coefficients[0], intercept), None, 0, 0.0
    value, slope = _smooth(problem, at)
    costs = [value + float(penalty @ np.abs(at))]
    constant = np.append(np.zeros(width), start if problem.intercept else 0.0)
    highest = costs[0] if problem.first is None else max(costs[0], _smooth(problem, constant)[0])
    while True:
        if hessian is None or not fixed:
            hessian = _hessian(problem, pair, at)
            if not fixed:
                hessian[np.diag_indices(len(at))] *= 1 + _STIFFER
        bent = hessian + np.diag(damping * _sizes(problem, pair, at)) if damping else hessian
        unit = np.sqrt(np.where(bent.diagonal() > 0, bent.diagonal(), 1.0))
        b = bent @ at - slope
        lowest = np.array(at)
        lowest[used] = (
            lowest_with_l1(
                (bent / np.outer(unit, unit))[used, used], (b / unit)[used], (penalty / unit)[used], (at * unit)[used]
            )
            / unit[used]
        )
        step = lowest - at
        fall = float(slope @ step + penalty @ (np.abs(lowest) - np.abs(at)))
        small = -fall <= max(tol**2 * (highest - costs[-1]), _ROUNDING * abs(costs[-1]))
        if small and damping:
            damping = 0.0
            continue
        if small or done >= max_iter:
            break
        if done > _LATELY and costs[-_LATELY] - costs[-1] <= _STALLED * (highest - costs[-1]):
            return problem.solution(at[None, :-1], at[-1:], "newton with l1", done, "stuck")
        length, done = 1.0, done + 1
        for _ in range(_HALVINGS):
            there = lowest if length == 1.0 else at + length * step
            new, of_new = _smooth(problem, there)
            cost = new + float(penalty @ np.abs(there))
            if lower := cost <= costs[-1] + 1e-4 * length * fall + _ROUNDING * abs(costs[-1]):
                break
            length /= 2
        damping = damping * _LESS if length == 1.0 else max(_MORE * damping, _DAMPED) if length < 0.5 else damping
        damping = 0.0 if damping < _DAMPED else damping
        costs.append(cost if lower else costs[-1])
        if lower:
            at, slope = there, of_new
    return problem.solution(at[None, :-1], at[-1:], "newton with l1", done, "met" if done < max_iter else "unfinished")


def _sizes(problem: Problem, pair: Pair, at: Any) -> Any:
    """Return the curvature of each coefficient, and of the intercept, if that of all samples' losses were the mean safe one."""
    safe = pair(problem.raw(at[None, :-1], at[-1:]), problem.target, None)[1]
    return float(problem.share @ np.nan_to_num(safe, posinf=0.0)) * np.append(problem.units**2, 1.0)


def _smooth(problem: Problem, at: Any) -> tuple[float, Any]:
    value, of_coefficients, of_intercept = problem.smooth(at[None, :-1], at[-1:])
    return value, np.append(of_coefficients[0], of_intercept)


def _hessian(problem: Problem, pair: Pair, at: Any) -> Any:
    """Return the curvature of the cost in coefficients and intercept, without the penalty l1."""
    raw = problem.raw(at[None, :-1], at[-1:])
    curvature = problem.scores.second(raw, problem.target)
    if problem.scores.loss.properties.convex is not True:  # where it is negative, a safe one
        curvature = np.where(curvature > 0, curvature, pair(raw, problem.target, None)[1])
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


def solve_by_sets(problem: Problem, pair: Pair, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise over the features whose coefficients are not 0 and those that would not stay 0, until there are no more.

    The cost falls each time, so no set comes twice. Where the sets are large, all features are taken at once.
    """
    (coefficients,), (intercept,) = problem.begin(start)
    columns, done, largest = None, 0, 0.0
    while True:
        _, slope, _ = problem.smooth(coefficients[None], np.array([intercept]))
        excess = np.where(coefficients == 0, np.abs(slope[0]) - problem.l1, 0.0) / problem.units
        largest = max(largest, float(excess.max()))
        outside = np.flatnonzero(excess > tol * largest)
        if done and not len(outside):
            return problem.solution(coefficients[None], np.array([intercept]), "newton with l1", done, "met")
        used = np.flatnonzero(coefficients)
        most = max(_FEW, len(used))
        if len(used) + min(len(outside), most) > WIDEST or (not done and len(outside) > _MANY and len(problem.target) > WIDEST):
            problem.first = coefficients, intercept
            return solve_by_parts(problem, start, max_iter - done, tol)
        used = np.sort(np.append(used, outside[np.argsort(-excess[outside])[:most]]))
        if columns is None:
            columns = problem.features.tocsc() if hasattr(problem.features, "multiply") else problem.features
        features = columns[:, used]
        part = Problem(
            problem.scores,
            features.tocsr() if hasattr(features, "multiply") else np.ascontiguousarray(features),
            problem.target,
            problem.weight,
            problem.l2,
            problem.l1,
            problem.intercept,
            (coefficients[used], intercept),
        )
        found = solve(part, pair, start, max_iter - done, tol)
        coefficients, intercept, done = np.zeros(len(slope[0])), found.intercept, done + max(found.iterations, 1)
        coefficients[used] = found.coefficients
        if found.end != "met":
            return problem.solution(coefficients[None], np.array([intercept]), found.solver, done, found.end)


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
    bounds = Bounds(np.where(np.arange(len(first)) < parts, 0.0, -np.inf), np.inf)

    def steepest(parameters: Any, of_cost: Any) -> float:
        """Return the greatest slope along which the cost falls: parts that are 0 stay so if it rises with them."""
        falls = (np.arange(len(parameters)) >= parts) | (parameters > 0) | (of_cost < 0)
        return float(np.abs(of_cost[falls]).max(initial=0.0))

    constant = np.append(np.zeros(parts), np.reshape(start, outputs) if problem.intercept else ())
    _, of_constant = cost(constant)
    slope = max(steepest(constant, of_constant), math.ulp(0.0))
    enough = max(FLOOR * slope, _NONE * float(np.abs(of_constant).max()))
    limits = {"maxiter": max_iter, "maxfun": 20 * max_iter, "gtol": tol * slope, "ftol": 1e-15, "maxcor": 20}
    found = minimize(cost, first, jac=True, method="L-BFGS-B", bounds=bounds, options=limits)
    _, coefficients, intercept = split(found.x)
    done = int(found.nit)
    end: End = "unfinished" if done >= max_iter else "met" if steepest(found.x, found.jac) <= enough else "stuck"
    return problem.solution(coefficients, intercept, "lbfgs", done, end)
