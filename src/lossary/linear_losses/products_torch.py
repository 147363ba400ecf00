"""The matrix products of a linear layer on torch tensors."""

from __future__ import annotations

import torch

from lossary.arrays import torch as backend
from lossary.linear_losses import products_gpu
from lossary.linear_losses.products import hidden_gradient_by_pieces, logits_by_pieces

Tensor = torch.Tensor
_FEW_ROWS = 256
_PIECE = 1 << 18
"""Numbers of a product with few rows and many columns that are computed at a time: they stay in the cache."""


def logits(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return hidden·weightᵀ + bias in the dtype of hidden."""
    if products_gpu.multiplies_halves(hidden, weight):
        out = products_gpu.product_of_halves(hidden, weight.T)
        return out if bias is None else out.add_(bias)
    if weight.dtype == hidden.dtype:
        return _product(hidden, weight.T, bias)
    shape = hidden.shape[0], weight.shape[0]
    out = backend.new(shape, hidden.dtype) if backend.in_memory(hidden) else hidden.new_empty(shape)
    logits_by_pieces(backend, out, hidden, weight, bias)
    return out


def hidden_gradient(slopes: Tensor, weight: Tensor) -> Tensor:
    """Return slopes·weight in the dtype of slopes, or in float32 where halves are multiplied."""
    if products_gpu.multiplies_halves(slopes, weight):
        return products_gpu.product_of_halves(slopes, weight)
    if weight.dtype == slopes.dtype:
        return _product(slopes, weight, None)
    gradient: Tensor = hidden_gradient_by_pieces(backend, slopes, weight)
    return gradient


def add_weight_gradient(total: Tensor | None, slopes: Tensor, hidden: Tensor, weight: Tensor) -> Tensor:
    """Return total + slopesᵀ·hidden, in the memory of total."""
    if products_gpu.multiplies_halves(slopes, weight):
        return products_gpu.product_of_halves(slopes.T, hidden, total)
    if total is not None:
        return total.addmm_(slopes.T, hidden)
    return torch.mm(slopes.T, hidden, out=_empty(slopes, (slopes.shape[1], hidden.shape[1])))


def _product(a: Tensor, b: Tensor, bias: Tensor | None) -> Tensor:
    out = _empty(a, (a.shape[0], b.shape[1]))
    step = _PIECE // max(1, a.shape[0])
    if a.is_cpu and 0 < a.shape[0] <= _FEW_ROWS and b.shape[1] > step and b.stride(0) == 1:
        # MKL is up to twice as fast at bᵀaᵀ, which has many rows and few columns
        for first in range(0, b.shape[1], step):
            piece = slice(first, first + step)
            out[:, piece] = torch.mm(b[:, piece].T, a.T).T
        return out if bias is None else out.add_(bias)
    return torch.mm(a, b, out=out) if bias is None else torch.addmm(bias.to(a.dtype), a, b, out=out)


def _empty(like: Tensor, shape: tuple[int, int]) -> Tensor:
    return backend.new(shape, like.dtype) if like.is_cpu else like.new_empty(shape)
