"""Sums of products of features, and the lowest point of the parabola that they make, with an L1 penalty."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_SETS = 20
"""The most sets of coefficients other than 0 that are guessed."""
_DEPENDENT = 1e-10
"""What is left of a sum of squares that is rounding."""
_SLACK = 1e-13
"""The slope that is rounding, of the largest of those at 0."""


def gram(x: Any, weight: Any) -> Any:
    """Return XᵀWX, of dense or sparse features; the weight of all samples may be one number."""
    if hasattr(x, "multiply"):
        weighted = x * weight if np.ndim(weight) == 0 else x.multiply(weight[:, None]).tocsr()
        return (x.T @ weighted).toarray()
    if np.ndim(weight) == 0:
        return x.T @ x * weight  # of a product with itself BLAS computes one half
    if weight.min(initial=0.0) < 0:
        return x.T @ (x * weight[:, None])
    root = x * np.sqrt(weight)[:, None]
    return root.T @ root


def with_ones(x: Any) -> Any:
    """Return features with a column of ones at the end."""
    ones = np.ones((x.shape[0], 1))
    if hasattr(x, "multiply"):
        from scipy.sparse import hstack

        return hstack([x, ones], format="csr")
    return np.hstack([x, ones])


def lowest_with_l1(a: Any, b: Any, threshold: Any, at: Any) -> Any:
    """Return the lowest point of ½θᵀaθ - bᵀθ + Σ threshold·|θ|, where the diagonal of ``a`` is 1 or 0.

    Which coefficients are 0 is guessed from a point and its slope, the others are solved for, and that again until nothing
    changes: then the subgradient holds 0 (Hintermüller, Ito and Kunisch, 2002). Where guesses go in circles, coefficients
    come in and drop out one by one.
    """
    at = np.where(np.diag(a) > 0, at, 0.0)
    found = _by_sets(a, b, threshold, at)
    return _by_signs(a, b, threshold, at) if found is None else found


def _by_sets(a: Any, b: Any, threshold: Any, at: Any) -> Any:
    """Return the lowest point, or None if the sets of coefficients other than 0 do not settle, or depend on one another."""
    used, before = np.diag(a) > 0, None
    for _ in range(_SETS):
        slope = a @ at - b
        reach = np.where(used, at - slope, 0.0)
        sign = np.where(np.abs(reach) > threshold, np.sign(reach), 0.0)
        if before is not None and (sign == before).all():
            left = np.abs(slope + threshold * sign)[sign != 0]
            return at if (left <= 1e3 * _slack(b, threshold)).all() else None
        free, before = np.flatnonzero(sign), sign
        at = np.zeros(len(b))
        try:
            at[free] = np.linalg.solve(a[np.ix_(free, free)], b[free] - threshold[free] * sign[free])
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(at).all():
            return None
    return None


def _solved(a: Any, b: Any) -> Any:
    """Return the shortest x for which ax is nearest to b; the diagonal of ``a`` is 1."""
    try:
        if np.linalg.cholesky(a).diagonal().min(initial=1.0) ** 2 > _DEPENDENT:
            return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        pass
    return np.linalg.lstsq(a, b, rcond=_DEPENDENT)[0]


def _slack(b: Any, threshold: Any) -> float:
    return _SLACK * float(max(np.abs(b).max(initial=0.0), threshold.max(initial=0.0)))


def _by_signs(a: Any, b: Any, threshold: Any, at: Any) -> Any:
    """Return the lowest point, by steps to the lowest point of coefficients whose signs are held (Lee and others, 2007).

    A step ends where the first of them is 0, which then drops out; where none is left, the coefficient with the steepest slope
    comes in. So the cost falls with each step.
    """
    used, at, slack = np.diag(a) > 0, at.copy(), _slack(b, threshold)
    for _ in range(100 + 20 * len(b)):
        slope, sign = a @ at - b, np.sign(at)
        free = used & ((at != 0) | (threshold == 0))
        if (np.abs(slope + threshold * sign)[free] <= slack).all():
            excess = np.where(used & ~free, np.abs(slope) - threshold, -np.inf)
            steepest = int(excess.argmax())
            if excess[steepest] <= slack:
                break
            free[steepest], sign[steepest] = True, -np.sign(slope[steepest])
        held = np.flatnonzero(free)
        products, down = a[np.ix_(held, held)], -(slope + threshold * sign)[held]
        step, longest = _solved(products, down), 1.0
        if np.abs(beside := down - products @ step).max() > 1e-6 * np.abs(down).max():
            # they depend on one another: along this direction the cost is nearly straight
            step, curvature = beside, float(beside @ products @ beside)
            longest = float(beside @ down) / curvature if curvature > 0 else math.inf
        crossing = (threshold[held] > 0) & (step * sign[held] < 0)
        lengths = np.where(crossing, np.abs(at[held]) / np.where(step == 0, 1.0, np.abs(step)), longest)
        first = int(lengths.argmin())
        if not lengths[first] < math.inf:
            break
        if lengths[first] >= longest:
            at[held] += longest * step
            continue
        at[held] += lengths[first] * step
        at[held[first]] = 0.0
        if lengths[first] == 0:  # rounding alone had it come in
            break
    return at
