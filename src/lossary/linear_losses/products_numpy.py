"""The matrix products of a linear layer on NumPy arrays."""

from __future__ import annotations

import numpy as np

from lossary.arrays import numpy as backend
from lossary.linear_losses.products import hidden_gradient_by_pieces, logits_by_pieces

_PIECE = 1 << 20
"""Numbers of a product that are added to a gradient at a time."""


def logits(hidden: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """Return hidden·weightᵀ + bias in the dtype of hidden."""
    out: np.ndarray = backend.new((hidden.shape[0], weight.shape[0]), hidden.dtype)
    with np.errstate(all="ignore"):
        if weight.dtype != hidden.dtype:
            logits_by_pieces(backend, out, hidden, weight, bias)
            return out
        np.matmul(hidden, weight.T, out=out)
        if bias is not None:
            out += bias
        return out


def hidden_gradient(slopes: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return slopes·weight in the dtype of slopes."""
    with np.errstate(all="ignore"):
        if weight.dtype != slopes.dtype:
            gradient: np.ndarray = hidden_gradient_by_pieces(backend, slopes, weight)
            return gradient
        return np.matmul(slopes, weight, out=backend.new((slopes.shape[0], weight.shape[1]), slopes.dtype))


def add_weight_gradient(total: np.ndarray | None, slopes: np.ndarray, hidden: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return total + slopesᵀ·hidden, in the memory of total."""
    with np.errstate(all="ignore"):
        if total is None:
            return np.matmul(slopes.T, hidden, out=backend.new((slopes.shape[1], hidden.shape[1]), slopes.dtype))
        step = max(1, _PIECE // max(1, hidden.shape[1]))
        for first in range(0, slopes.shape[1], step):  # NumPy cannot add a product to an array, so the product is kept small
            total[first : first + step] += slopes[:, first : first + step].T @ hidden
        return total
