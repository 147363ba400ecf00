"""Minimising a smooth cost of a linear model in coordinates in which it is nearly round."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lossary.trainers.linear.descent import FLOOR, Cost, Steps, descend
from lossary.trainers.linear.jumps import Place, Samples, past_jumps
from lossary.trainers.linear.normal_equations import gram, with_ones
from lossary.trainers.linear.problem import Problem, Solution
from lossary.trainers.scores.pairs import LEAST, Pair

WIDEST = 500
"""Features up to which the sums of their products are computed; of more, only their sizes count."""
_CANCELLED = 1e-6
"""Where subtracting the mean, or what other features explain, leaves less of a sum of squares, X itself is factored."""
_STEPS = 5
"""The most Newton steps on a parabola; those after the first mend rounding."""
_LARGE, _EVERY = 2_000_000, 10
"""Numbers in X from which on the search begins where the cost of one sample of ten is lowest, knowing the curvature there."""
_BEGUN = 1e-2
"""The part of the floor to which slopes of that cost are brought."""
_FLAT = 1e-4
"""What is added to the curvature of classes, of its mean."""


def solve(problem: Problem, pair: Pair, start: Any, max_iter: int, tol: float) -> Solution:
    """Minimise by Newton's step where the cost is a parabola, else by L-BFGS."""
    basis = problem.of_rows(slice(None, None, _EVERY)) if _is_large(problem, np.size(start)) else problem
    at = _Coordinates(basis, pair, start)
    if basis is not problem and at.left_out:  # there may be an effect of these directions in the other samples
        basis, at = problem, _Coordinates(problem, pair, start)
    constant = np.reshape(start, -1) if problem.intercept else np.zeros_like(at.intercept)
    value, *slopes = basis.smooth(np.zeros_like(at.coefficients), constant)
    here = value, at.slopes(*slopes)
    first = float(np.abs(here[1]).max(initial=0.0))
    place: Place = at.place
    z, cost, seen, done = np.zeros(at.size), at.cost_of(problem), Steps(), 0
    if basis is not problem:
        of_part = at.cost_of(basis)
        z, _, _ = descend(of_part, z, of_part(z), _BEGUN * FLOOR * first, FLOOR * first, max_iter, seen)
        if np.ndim(start) and at.size <= WIDEST:
            place, cost = _rounder(at, z, at.curvature_of_classes(basis, z), cost)
            z, seen = np.zeros(at.size), Steps()
    if basis is not problem or problem.first is not None:
        here = cost(z)
    if at.parabola:
        z, here, done = _newton(cost, z, here, tol * first)
    z, steps, end = descend(cost, z, here, tol * first, FLOOR * first, max_iter - done, seen)
    if end == "stuck" and np.ndim(start) == 0:
        samples = Samples(problem, at.place, lambda rows: at.effects(problem, rows))
        z, more, end = past_jumps(samples, cost, z, tol * first, FLOOR * first, max_iter - done - steps)
        steps += more
    return problem.solution(*place(z), "lbfgs" if steps else "newton", done + steps, end)


def _rounder(at: _Coordinates, centre: Any, curvature: Any, cost: Cost) -> tuple[Place, Cost]:
    """Return where y is, and the cost there, of coordinates z = centre + Ry in which this curvature is nearly 1."""
    curvature[np.diag_indices(at.size)] += _FLAT * curvature.diagonal().mean()  # the same on all classes changes nothing
    roots = np.linalg.inv(np.linalg.cholesky(curvature)).T

    def rounder(y: Any) -> tuple[float, Any]:
        value, slopes = cost(centre + roots @ y)
        return value, slopes @ roots

    return lambda y: at.place(centre + roots @ y), rounder


def _is_large(problem: Problem, outputs: int) -> bool:
    """Return whether a part of the samples says nearly where the lowest cost is, at a small part of the time."""
    count, width = problem.features.shape
    if problem.scores.is_parabola or problem.scores.loss.properties.convex is not True or count * width < _LARGE:
        return False
    counted = count // _EVERY if problem.weight is None else int((problem.weight[::_EVERY] > 0).sum())
    return counted > 20 * outputs * (width + 1)


def _curvature(problem: Problem, pair: Pair, start: Any) -> tuple[Any, bool]:
    """Return the curvature of each sample's loss at the constant score, and whether it is so everywhere.

    It is the second derivative of convex losses; that of others may be negative, and what is safe for trees serves.
    """
    scores, count = problem.scores, len(problem.target)
    raw = np.full(count, float(start))
    if scores.loss.properties.convex is True:
        found = scores.second(raw, problem.target)
        if np.isfinite(found).all() and np.average(found, weights=problem.weight) > LEAST:
            return found, scores.is_parabola and bool((found >= 0).all())
    found = pair(raw, problem.target, None)[1]
    finite = found[np.isfinite(found)]
    mean = float(finite.mean()) if finite.any() else 1.0  # in large units of the target all are small
    return np.clip(np.nan_to_num(found, nan=0.0, posinf=np.inf), LEAST * mean, mean / LEAST), False


def _of_classes(problem: Problem, start: Any) -> Any:
    """Return the mean curvature of each class's score; at constant scores, it is that of the labels."""
    labels = np.arange(len(start))
    at = np.ascontiguousarray(np.broadcast_to(start, (len(start), len(start))))
    often = np.bincount(problem.target, weights=problem.share, minlength=len(start))
    found = often @ np.abs(problem.scores.second(at, labels))
    return np.maximum(np.nan_to_num(found, nan=LEAST), LEAST)


class _Coordinates:
    """Coordinates z in which the cost is nearly as curved in all directions, whatever units the features have.

    They are β = Tz, where Tᵀ(cXᵀX + l2)T = 1, X is about its mean and c is the mean curvature of the losses at the start; of
    several classes, T is scaled by the curvature of each. The intercept is that of features about their mean.
    """

    def __init__(self, problem: Problem, pair: Pair, start: Any) -> None:
        self._intercept, self.parabola = problem.intercept, False
        self.coefficients, self.intercept = problem.begin(start)
        if np.ndim(start):
            of_outputs = _of_classes(problem, start)
            self._mean = float(of_outputs.mean())
            weight = problem.equal_share * self._mean
        else:
            curvature, self.parabola = _curvature(problem, pair, start)
            self._mean = float(np.average(curvature, weights=problem.weight))
            of_outputs = np.array([self._mean])
            varies = self.parabola and np.ptp(curvature) > 1e-9 * self._mean
            weight = problem.share * curvature if varies else problem.equal_share * self._mean
        self._into, self._means = directions(problem, weight)
        self._scale = np.sqrt(self._mean / of_outputs)[:, None]
        self._rank, self._outputs = self._into.shape[-1], len(self.coefficients)

    @property
    def left_out(self) -> bool:
        """Whether there are directions without any effect on the scores, which no coordinate has."""
        return self._rank < self.coefficients.shape[1]

    @property
    def size(self) -> int:
        """How many coordinates there are."""
        return self._outputs * (self._rank + self._intercept)

    def place(self, z: Any) -> tuple[Any, Any]:
        """Return the coefficients and the intercept at z."""
        z = self._scale * z.reshape(self._outputs, -1)
        inner, into = z[:, : self._rank], self._into
        step = inner * into if into.ndim == 1 else inner @ into.T
        if not self._intercept:
            return self.coefficients + step, self.intercept
        return self.coefficients + step, self.intercept + z[:, -1] / math.sqrt(self._mean) - step @ self._means

    def slopes(self, of_coefficients: Any, of_intercept: Any) -> Any:
        """Return the slopes in z."""
        return self._slopes(of_coefficients, of_intercept).ravel()

    def effects(self, problem: Problem, rows: Any) -> Any:
        """Return the slopes of some samples' scores in z, a column each; there is one output."""
        x = problem.features[rows]
        return self._slopes(x.toarray() if hasattr(x, "multiply") else x, np.ones(len(rows))).T

    def _slopes(self, of_coefficients: Any, of_intercept: Any) -> Any:
        into = self._into
        if self._intercept:
            of_coefficients = of_coefficients - np.outer(of_intercept, self._means)
        inner = of_coefficients * into if into.ndim == 1 else of_coefficients @ into
        if self._intercept:
            inner = np.hstack([inner, of_intercept[:, None] / math.sqrt(self._mean)])
        return self._scale * inner

    def curvature_of_classes(self, problem: Problem, z: Any) -> Any:
        """Return the second derivatives of these samples' cost in z; the losses are cross-entropies, but for constants."""
        x = problem.features @ self._into
        of_l2 = problem.l2 * self._into.T @ self._into
        if self._intercept:
            x = np.hstack([x - self._means @ self._into, np.full((len(x), 1), 1 / math.sqrt(self._mean))])
            of_l2 = np.pad(of_l2, (0, 1))
        p = problem.scores.inverse_link(problem.raw(*self.place(z)))
        found = np.empty((self._outputs, x.shape[1]) * 2)
        for k in range(self._outputs):
            for j in range(k + 1):
                weight = problem.share * p[:, k] * ((k == j) - p[:, j])
                here = (x.T * weight) @ x + (of_l2 if k == j else 0.0)
                found[k, :, j] = self._scale[k] * self._scale[j] * here
                found[j, :, k] = found[k, :, j]
        return found.reshape(self.size, self.size)

    def cost_of(self, problem: Problem) -> Cost:
        """Return the cost of these or other samples, as a function of z."""

        def cost(z: Any) -> tuple[float, Any]:
            value, of_coefficients, of_intercept = problem.smooth(*self.place(z))
            return value, self.slopes(of_coefficients, of_intercept)

        return cost


def directions(problem: Problem, weight: Any) -> tuple[Any, Any]:
    """Return T, or of many features its diagonal, and the weighted means of the features."""
    x, count = problem.features, len(problem.target)
    width, total = x.shape[1], weight.sum() if np.ndim(weight) else weight * count
    means = np.zeros(width)
    if problem.intercept:
        means = np.asarray(problem.share @ x if np.ndim(weight) == 0 else weight @ x / total).ravel()
    if width > WIDEST:
        return 1 / np.sqrt(total * problem.units**2 + problem.l2), means
    products = gram(x, weight)
    squares = products.diagonal().copy()
    products -= total * np.outer(means, means)
    kept = products.diagonal() > _CANCELLED * squares
    unit = np.sqrt(np.where(kept, products.diagonal(), np.where(squares > 0, squares, 1.0)) + problem.l2)
    products[np.diag_indices(width)] += problem.l2
    products /= np.outer(unit, unit)
    if kept.all():
        try:
            root = np.linalg.cholesky(products)
        except np.linalg.LinAlgError:
            root = np.zeros((width, width))
        if (root.diagonal() ** 2 > _CANCELLED).all():
            return np.linalg.inv(root).T / unit[:, None], means
    return _of_dependent(problem, weight, products, means, unit) / unit[:, None], means


def features_of(problem: Problem) -> tuple[Any, Any]:
    """Return features XT, with a column of ones for an intercept, and T: such that they are uncorrelated, or its diagonal."""
    x = problem.features
    if hasattr(x, "multiply"):
        into = 1 / problem.units
        x = x.multiply(into).tocsr()
    elif problem.l1 or x.shape[1] > WIDEST:  # with l1, directions without an effect on scores count too
        into = 1 / problem.units
        x = x * into
    else:
        into, _ = directions(problem, problem.equal_share)
        x = x @ into
    return with_ones(x) if problem.intercept else x, into


def _of_dependent(problem: Problem, weight: Any, products: Any, means: Any, unit: Any) -> Any:
    """Return T in units of features some of which nearly depend on others; directions without any effect are left out."""
    x = problem.features
    if hasattr(x, "multiply"):
        squares, vectors = np.linalg.eigh(products)
        used = squares > 1e-12 * max(float(squares[-1]), LEAST)
        return vectors[:, used] / np.sqrt(squares[used])
    rows = (x - means) / unit
    rows *= np.sqrt(weight)[:, None] if np.ndim(weight) else math.sqrt(weight)
    rows = np.linalg.qr(rows, mode="r")
    if problem.l2:
        rows = np.vstack([rows, np.diag(math.sqrt(problem.l2) / unit)])
    _, sizes, vectors = np.linalg.svd(rows, full_matrices=False)
    used = sizes > np.finfo(float).eps * max(x.shape) * max(float(sizes.max(initial=0.0)), LEAST)
    return vectors[used].T / sizes[used]


def _newton(cost: Cost, z: Any, here: tuple[float, Any], least: float) -> tuple[Any, tuple[float, Any], int]:
    """Return the lowest point of a parabola that is as curved in all directions, the cost and slopes there, and the steps."""
    for done in range(_STEPS):
        largest = np.abs(here[1]).max(initial=0.0)
        if largest <= least:
            return z, here, done
        there = cost(z - here[1])
        if not np.abs(there[1]).max() < largest:
            return z, here, done
        z, here = z - here[1], there
    return z, here, _STEPS
