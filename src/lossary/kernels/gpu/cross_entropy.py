"""Cross-entropy of rows of logits on a GPU: losses, slopes, and what else is known of a row. See :mod:`row_kernel` for how."""

from __future__ import annotations

import contextlib
import functools
import math
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from lossary.kernels.gpu.row_kernel import row_kernel

LONGEST_WHOLE = 8192
"""Classes of a row that is kept in registers; half as many in float64."""
TILE = 1024
"""Numbers of a tile of several rows, if one row has fewer."""
BLOCKS = {"losses": (1024, 4), "both": (4096, 16), "slopes": (2048, 4)}
"""Numbers of a long row that are read at a time, and warps, by what is computed of it."""
CHUNK = 8192
"""Numbers of a long row whose slopes are computed by one program, where m and r are known."""


class RowResults(NamedTuple):
    """What was asked for, of each row; None for the rest."""

    losses: Tensor | None
    log_normalizers: Tensor | None
    entropies: Tensor | None
    correct: Tensor | None
    statistics: Tensor | None = None
    """m and r of each row, and Σ aₖ and Σ tₖcₖ where these are sums over classes: what :func:`gradient` needs."""


def rows(
    logits: Tensor,
    target: Tensor,
    *,
    slopes: Tensor | None = None,
    losses: bool = True,
    log_normalizers: bool = False,
    entropies: bool = False,
    correct: bool = False,
    statistics: bool = False,
    **options: Any,
) -> RowResults:
    """Return the cross-entropy of each row of ``logits``, of shape (R, V) with classes side by side; and its gradient.

    With z = soft_cap·tanh(logit/soft_cap)/temperature, log p = z - lse, lse = log Σ eᶻ, and t the target, one-hot for labels::

        lossᵢ = weightᵢ·(Σₖ (kept·tₖ + floor)·cₖ·(-log pₖ) + z_loss·mᵢ·lseᵢ²)

    where c is ``class_weight``, and mᵢ = Σₖ tₖcₖ, or 1 without class weights. A class whose coefficient is 0 counts nothing,
    whatever its log p. Rows that ``where`` leaves out, that weigh 0, or none of whose classes counts, count nothing, whatever
    they hold: all that is asked of them is 0. One logit of ∞ has all the probability, and lse is ∞. NaN, two logits of ∞ or
    nothing but -∞ make a row's loss, slopes, lse and entropy NaN, and it is not correct; a label that is no class makes its
    loss and slopes NaN.

    :param target: labels (R,) of any integer dtype, or probabilities (R, V) of any floating dtype.
    :param slopes: receives the gradient of share·lossᵢ, in its own dtype; it may be ``logits`` itself.
    :param losses: asks for the losses, which are not multiplied by ``share``.
    :param log_normalizers: asks for the lse.
    :param entropies: asks for -Σ p log p.
    :param correct: asks for 1 where the first largest z is the label, or the first largest target, and 0 elsewhere.
    :param statistics: asks for what :func:`gradient` needs.
    :param options: the other names of the formula; and ``share``, ``tolerance``, see :func:`_launch`.
    """
    asked = (losses, log_normalizers, entropies, correct)
    found = [logits.new_empty(logits.shape[:1], dtype=_number(logits)) if wanted else None for wanted in asked]
    sums = 4 if target.ndim == 2 or options.get("floor") else 2
    kept = logits.new_empty((sums, logits.shape[0]), dtype=_number(logits)) if statistics else None
    _launch(logits, target, slopes, found, kept, known=False, **options)
    return RowResults(found[0], found[1], found[2], found[3], kept)


def gradient(logits: Tensor, target: Tensor, statistics: Tensor, slopes: Tensor, **options: Any) -> None:
    """Write the gradient of share·lossᵢ·cotangentᵢ into ``slopes``, from the statistics that :func:`rows` found.

    ``slopes`` must not be ``logits``. Options are those of :func:`rows`, and ``cotangent`` and ``unless_one``, see
    :func:`_launch`.
    """
    _launch(logits, target, slopes, [None] * 4, statistics, known=True, **options)


def _launch(
    logits: Tensor,
    target: Tensor,
    slopes: Tensor | None,
    found: list[Tensor | None],
    statistics: Tensor | None,
    *,
    known: bool,
    weight: Tensor | None = None,
    where: Tensor | None = None,
    class_weight: Tensor | None = None,
    kept: float = 1.0,
    floor: float = 0.0,
    z_loss: float = 0.0,
    soft_cap: float | None = None,
    temperature: float = 1.0,
    tolerance: float | None = None,
    share: float | Tensor = 1.0,
    cotangent: Tensor | None = None,
    unless_one: bool = False,
) -> None:
    """Launch the kernel.

    :param tolerance: how far from 1 the probabilities of a target may sum, all of them from 0 to 1; loss and slopes of other
        rows are NaN. None to check nothing.
    :param share: what slopes are multiplied by: a number, or a tensor of one on the same device.
    :param cotangent: what slopes are multiplied by, too: a tensor of one, or of one a row.
    :param unless_one: leaves ``slopes`` as they are if ``cotangent``, a tensor of one, is 1.
    """
    _check(logits, target=target, weight=weight, where=where, class_weight=class_weight, slopes=slopes)
    count, classes = logits.shape
    if not count:
        return
    dense = target.ndim == 2
    steps = (logits.stride(0), target.stride(0) if dense else 0, 0 if slopes is None else slopes.stride(0))
    plan = _plan(
        classes,
        steps,
        None if slopes is None else slopes.dtype,
        known=known,
        number=_number(logits),
        dense=dense,
        checked=dense and tolerance is not None,
        smoothed=floor != 0.0,
        squared=z_loss != 0.0,
        capped=soft_cap is not None,
        tempered=temperature != 1.0,
    )
    unit = plan["unit"]
    grid = (-(-count // plan["rows"]), -(-classes // plan["chunk"]) if known else 1)
    elsewhere = logits.is_cuda and logits.get_device() != torch.cuda.current_device()
    with torch.cuda.device_of(logits) if elsewhere else contextlib.nullcontext():
        row_kernel[grid](
            logits,
            steps[0] // unit,
            target if dense else target.contiguous(),
            steps[1] // unit,
            None if weight is None else weight.contiguous(),
            None if where is None else where.contiguous(),
            None if class_weight is None else class_weight.contiguous(),
            count,
            classes // unit,
            float(kept),
            float(floor),
            float(z_loss),
            float(soft_cap or 0.0),
            1.0 / temperature,
            float(tolerance or 0.0),
            1.0 if isinstance(share, Tensor) else float(share),
            share if isinstance(share, Tensor) else None,
            None if cotangent is None else cotangent.contiguous(),
            slopes,
            steps[2] // unit,
            statistics,
            *found,
            each=cotangent is not None and cotangent.ndim > 0 and cotangent.shape[0] > 1,
            unless_one=unless_one,
            **plan,
        )


def _check(logits: Tensor, **rest: Tensor | None) -> None:
    shape = tuple(logits.shape)
    if len(shape) != 2 or shape[1] == 0:
        raise ValueError(f"logits have the shape (rows, classes), with at least one class; got {shape}")
    a_row, a_class = shape[:1], shape[1:]
    expected = {"target": (a_row, shape), "weight": (a_row,), "where": (a_row,), "class_weight": (a_class,), "slopes": (shape,)}
    for name, tensor in rest.items():
        if tensor is not None and tuple(tensor.shape) not in expected[name]:
            sizes = " or ".join(map(str, expected[name]))
            raise ValueError(f"{name} has the shape {sizes} for logits of shape {shape}; got {tuple(tensor.shape)}")
    for name, tensor in {"logits": logits, **rest}.items():
        if tensor is not None and tensor.ndim == 2 and tensor.stride(1) != 1 and shape[1] != 1:
            raise ValueError(f"the classes of {name} lie side by side; got strides {tensor.stride()}; use contiguous()")


def _number(logits: Tensor) -> torch.dtype:
    return torch.float64 if logits.dtype == torch.float64 else torch.float32


@functools.lru_cache(maxsize=1024)
def _plan(
    classes: int, steps: tuple[int, ...], slopes: torch.dtype | None, *, number: torch.dtype, **what: bool
) -> dict[str, Any]:
    """Return what the kernel is compiled for.

    Programs share the rows: several rows each, one each, or a chunk of one each. All sizes were measured on an H200. A thread
    has 32 numbers of a row that is kept, 16 where much is computed of each, so that registers suffice; numbers of 8 bytes
    count twice. A program has at most the 16 warps that AMD allows.
    """
    wide = number.itemsize // 4
    plan: dict[str, Any] = {
        # a power of two that divides lengths and distances, so that the compiler may read that many numbers at once
        "unit": math.gcd(16, classes, *steps),
        "half": slopes is not None and slopes.itemsize == 2,
        "number": tl.float64 if wide == 2 else tl.float32,
        "enable_fp_fusion": False,
        **what,
    }
    if classes * wide <= LONGEST_WHOLE:
        block = triton.next_power_of_2(classes)
        rows = max(1, TILE // (block * wide))
        much = rows > 1 or what["dense"] or what["smoothed"] or what["capped"]
        warps = rows * block * wide // (32 * (16 if much else 32))
        return {**plan, "rows": rows, "block": block, "chunk": block, "whole": True, "num_warps": min(max(warps, 1), 16)}
    block, warps = BLOCKS["slopes" if what["known"] else "losses" if slopes is None else "both"]
    return {**plan, "rows": 1, "block": block // wide, "chunk": CHUNK // wide, "whole": False, "num_warps": warps}
