"""Newton steps of costs of which few samples, or few features, are curved."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.trainers.linear.normal_equations import gram

_DIRECT = 1000
"""Equations up to which they are solved at once."""
_PRODUCTS, _ENOUGH = 200, 0.1
"""The most products with X for a step of more, and the part of the slope that is enough to be left."""


def is_direct(x: Any) -> bool:
    """Return whether equations of so many samples and features are solved at once."""
    return min(x.shape) <= _DIRECT


def step_of(x: Any, curvature: Any, penalty: Any, gradient: Any) -> Any:
    """Return d of (XᵀCX + P)d = -gradient, of the diagonals C, and P if it is no matrix; of many equations nearly.

    Samples without curvature are left out.
    """
    rows = np.flatnonzero(curvature)
    x, curvature = x[rows], curvature[rows]
    if x.shape[1] <= _DIRECT or penalty.ndim == 2:
        hessian = gram(x, curvature)
        hessian += penalty if penalty.ndim == 2 else np.diag(penalty)
        return -_solved(hessian, gradient)
    if len(rows) <= _DIRECT:  # (P + XᵀCX)⁻¹ = P⁻¹ - P⁻¹Xᵀ(C⁻¹ + XP⁻¹Xᵀ)⁻¹XP⁻¹
        near = gradient / penalty
        of_rows = gram(x.T.tocsr() if hasattr(x, "multiply") else x.T, 1 / penalty)
        of_rows[np.diag_indices(len(rows))] += 1 / curvature
        return np.asarray(_solved(of_rows, x @ near) @ x) / penalty - near
    return _by_conjugate_gradients(x, curvature, penalty, gradient)


def _solved(matrix: Any, right: Any) -> Any:
    unit = 1 / np.sqrt(matrix.diagonal())
    matrix, right = matrix * unit * unit[:, None], right * unit
    try:
        return np.linalg.solve(matrix, right) * unit
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(matrix, right, rcond=1e-15)[0] * unit


def _by_conjugate_gradients(x: Any, curvature: Any, penalty: Any, gradient: Any) -> Any:
    squares = x.power(2) if hasattr(x, "multiply") else x**2
    diagonal = np.asarray(curvature @ squares).ravel() + penalty
    step, left = np.zeros(len(gradient)), -gradient
    direction = near = left / diagonal
    product = first = float(left @ near)
    for _ in range(_PRODUCTS):
        if product <= _ENOUGH**2 * first:
            break
        bent = np.asarray((curvature * (x @ direction)) @ x) + penalty * direction
        length = product / float(direction @ bent)
        step, left = step + length * direction, left - length * bent
        near = left / diagonal
        before, product = product, float(left @ near)
        direction = near + product / before * direction
    return step
