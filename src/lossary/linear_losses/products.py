"""Products with a weight in lower precision than what is computed in: it is converted piece by piece, never as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

_PIECE = 8 << 20
"""Bytes of a converted piece."""


class Products(Protocol):
    """The matrix products of a linear layer, as each library computes them best."""

    def logits(self, hidden: Any, weight: Any, bias: Any) -> Any:
        """Return hidden·weightᵀ + bias in the dtype of hidden; bias may be None."""

    def hidden_gradient(self, slopes: Any, weight: Any) -> Any:
        """Return slopes·weight in the dtype of slopes."""

    def add_weight_gradient(self, total: Any, slopes: Any, hidden: Any, weight: Any) -> Any:
        """Return total + slopesᵀ·hidden, in the memory of total; total is None at first. ``weight`` tells the dtype."""


def logits_by_pieces(backend: Any, out: Any, hidden: Any, weight: Any, bias: Any) -> Any:
    """Write hidden·weightᵀ + bias to ``out``, converting the weight piece by piece."""
    for piece in _pieces(weight, hidden.dtype):
        out[:, piece] = hidden @ backend.cast(weight[piece], hidden.dtype).T
    if bias is not None:
        out += backend.cast(bias, hidden.dtype)
    return out


def hidden_gradient_by_pieces(backend: Any, slopes: Any, weight: Any) -> Any:
    """Return slopes·weight, converting the weight piece by piece."""
    total = backend.zeros((slopes.shape[0], weight.shape[1]), slopes.dtype, slopes)
    for piece in _pieces(weight, slopes.dtype):
        total += slopes[:, piece] @ backend.cast(weight[piece], slopes.dtype)
    return total


def _pieces(weight: Any, dtype: Any) -> Iterator[slice]:
    classes, width = weight.shape
    step = max(1, _PIECE // (dtype.itemsize * max(1, width)))
    return (slice(first, min(first + step, classes)) for first in range(0, classes, step))
