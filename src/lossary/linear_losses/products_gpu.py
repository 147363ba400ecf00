"""Products of bfloat16 tensors on a GPU, summed in float32."""

from __future__ import annotations

import itertools

import torch

Tensor = torch.Tensor
_MULTIPLE = 64
"""Lengths are split at a multiple of this."""
_MULTIPLIES = torch.__version__ >= "2.8"
"""Whether torch has products in another dtype than that of their factors."""
_ADDS = torch.__version__ >= "2.11"
"""Whether it adds them to a tensor of that dtype; seen to work from this version on."""


def multiplies_halves(x: Tensor, weight: Tensor) -> bool:
    """Return whether products with this weight are of bfloat16: many times as fast; float16 would lose slopes below 6e-8."""
    return weight.dtype == torch.bfloat16 and x.is_cuda and _MULTIPLIES


def product_of_halves(a: Tensor, b: Tensor, total: Tensor | None = None) -> Tensor:
    """Return a·b in float32, or total + a·b in the memory of total. Rows of the result may lie some numbers apart.

    Where a length along which numbers are adjacent is no multiple of 8, cuBLAS takes 3 to 7 times as long (H200, 50 257
    classes). Such a product is made of two: of a multiple, and of the rest. Rows of its result begin at multiples.
    """
    a, b = a.to(torch.bfloat16), b.to(torch.bfloat16)
    columns = _parts(b.shape[1])
    rows = _parts(a.shape[0]) if a.stride(0) == 1 else [slice(None)]
    inner = _parts(a.shape[1]) if a.stride(1) == 1 else [slice(None)]
    if total is None and len(columns) == len(rows) == len(inner) == 1:
        return torch.mm(a, b, out_dtype=torch.float32)
    out = total
    if out is None:
        width = b.shape[1] if len(columns) == 1 else -(-b.shape[1] // _MULTIPLE) * _MULTIPLE
        out = a.new_empty((a.shape[0], width), dtype=torch.float32)[:, : b.shape[1]]
    for i, j in itertools.product(rows, columns):
        place, fresh = out[i, j], total is None
        for k in inner:
            if fresh:
                torch.mm(a[i, k], b[k, j], out_dtype=torch.float32, out=place)
            elif not _ADDS:
                place.add_(torch.mm(a[i, k], b[k, j], out_dtype=torch.float32))
            else:
                torch.addmm(place, a[i, k], b[k, j], out_dtype=torch.float32, out=place)
            fresh = False
    return out


def _parts(length: int) -> list[slice]:
    """Return a length in one part if it is a multiple of 8, or short; else what is a multiple, and the rest."""
    if length % 8 == 0 or length < _MULTIPLE:
        return [slice(None)]
    whole = length // _MULTIPLE * _MULTIPLE
    return [slice(0, whole), slice(whole, length)]
