"""Cross-entropy of rows of logits: losses, slopes and what is known on the way, one program a row.

With m the largest z and r = Σ e^(zₖ - m) over all classes but one at the top, log pₖ = zₖ - m - log1p(r), and 1 - p = r/(1 + r)
at the top: no digit of a confident row is lost. A row is read in blocks, each of which leaves out its own first largest class;
m and r are brought forward from block to block. Until a block holds a number, r is -1: a sum over nothing, but for one.

The logits are read once, and once more for slopes where a row is too long to be kept (above 16 384 classes, 8192 in float64);
so is a dense target. Slopes are written once, and may be written over the logits: by then a program has read what it still
needs of the row, or of the block.

Everything is computed in float32, or in float64 for float64 logits, in the order that is written here: no product is fused
with a sum but where it says so. Not measured on a GPU.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

LONGEST_WHOLE_BYTES = 65_536
"""A row is kept in registers, of which a multiprocessor has four times as many, if it is not longer in the computed dtype."""


class Rows(NamedTuple):
    """What was asked for, of each row; None for the rest."""

    losses: Tensor | None
    log_normalizers: Tensor | None
    entropies: Tensor | None
    correct: Tensor | None


def rows(
    logits: Tensor,
    target: Tensor,
    *,
    weight: Tensor | None = None,
    where: Tensor | None = None,
    class_weight: Tensor | None = None,
    kept: float = 1.0,
    floor: float = 0.0,
    z_loss: float = 0.0,
    soft_cap: float | None = None,
    temperature: float = 1.0,
    share: float | Tensor = 1.0,
    slopes: Tensor | None = None,
    losses: bool = True,
    log_normalizers: bool = False,
    entropies: bool = False,
    correct: bool = False,
) -> Rows:
    """Cross-entropy of each row of ``logits``, of shape (R, V) with classes side by side, and its gradient.

    With z = soft_cap·tanh(logit/soft_cap)/temperature, log p = z - lse, lse = log Σ eᶻ, and t the target, one-hot for labels::

        lossᵢ = weightᵢ·(Σₖ (kept·tₖ + floor)·cₖ·(-log pₖ) + z_loss·mᵢ·lseᵢ²)

    where c is ``class_weight``, and mᵢ = Σₖ tₖcₖ, or 1 without class weights. A class whose coefficient is 0 counts nothing,
    whatever its log p. Rows that ``where`` leaves out, that weigh 0, or none of whose classes counts, count nothing, whatever
    they hold: all that is asked of them is 0. One logit of ∞ has all the probability, and lse is ∞. NaN, two logits of ∞ or
    nothing but -∞ make a row's loss, slopes, lse and entropy NaN, and it is not correct; a label that is no class makes its
    loss and slopes NaN.

    :param target: labels (R,) of any integer dtype, or probabilities (R, V) of any floating dtype.
    :param share: a number, or a tensor of one on the same device.
    :param slopes: receives the gradient of share·lossᵢ, in its own dtype; it may be ``logits`` itself.
    :param losses: asks for the losses, which are not multiplied by ``share``.
    :param log_normalizers: asks for the lse.
    :param entropies: asks for -Σ p log p.
    :param correct: asks for 1 where the first largest z is the label, or the first largest target, and 0 elsewhere.
    """
    _check(logits, target=target, weight=weight, where=where, class_weight=class_weight, slopes=slopes)
    count, classes = logits.shape
    asked = (losses, log_normalizers, entropies, correct)
    found = Rows(*(logits.new_empty(count, dtype=_number(logits)) if a else None for a in asked))
    dense = target.ndim == 2
    if count:
        with torch.cuda.device_of(logits):
            _rows[(count,)](
                logits,
                logits.stride(0),
                target if dense else target.contiguous(),
                target.stride(0),
                None if weight is None else weight.contiguous(),
                None if where is None else where.contiguous(),
                None if class_weight is None else class_weight.contiguous(),
                classes,
                float(kept),
                float(floor),
                float(z_loss),
                float(soft_cap or 0.0),
                1.0 / temperature,
                1.0 if isinstance(share, Tensor) else float(share),
                share if isinstance(share, Tensor) else None,
                slopes,
                0 if slopes is None else slopes.stride(0),
                *found,
                dense=dense,
                smoothed=floor != 0.0,
                squared=z_loss != 0.0,
                **_plan(logits, soft_cap),
            )
    return found


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


def _plan(logits: Tensor, soft_cap: float | None) -> dict[str, object]:
    """How a program goes through a row: whole, or in blocks of half the size of the longest that is read whole.

    A thread has 16 numbers, 32 in the longest whole rows, so that ptxas for Hopper spills no register of float32 with labels,
    nor in blocks with all options together, and 44 bytes in the longest whole rows with probabilities; it does spill more in
    long whole rows with all options, or of float64. A program has at most the 16 warps that AMD allows.
    """
    number, classes = _number(logits), logits.shape[1]
    longest = LONGEST_WHOLE_BYTES // number.itemsize
    whole = classes <= longest
    block = triton.next_power_of_2(classes) if whole else longest // 2
    return {
        "capped": soft_cap is not None,
        "number": tl.float64 if number == torch.float64 else tl.float32,
        "block": block,
        "whole": whole,
        "num_warps": min(max(block // 512, 1), 16),
        "enable_fp_fusion": False,
    }


@triton.jit
def _exp(x):
    """e^x for x ≤ 0, and 0 below -87, where float32 loses digits.

    2ⁿ·e^r with n the integer nearest to x/ln 2, which adding 1.5·2²³ leaves in the last bits, and with it the 127 that makes
    them an exponent; n times the first part of ln 2 is exact. tl.exp alone would multiply x by 1/ln 2 in float32, which is
    wrong by up to |x|/2 ulp; of |r| ≤ 0.35 it is as good as the processor's own instruction, 2⁻²² on NVIDIA's.
    """
    if x.dtype == tl.float64:
        e = tl.exp(x)
    else:
        shifted = tl.fma(x, 1.4426950408889634, 12583039.0)
        n = shifted - 12583039.0
        r = tl.fma(n, 2.12194440054690583e-4, tl.fma(n, -0.693359375, x))
        power = (shifted.to(tl.int32, bitcast=True) << 23).to(tl.float32, bitcast=True)
        e = tl.where(x < -87.0, 0.0, tl.exp(r) * power)
    return e


@triton.jit
def _log1p(x):
    """log(1 + x) for x ≥ 0, within 4 ulp: log u · x/(u - 1), u being 1 + x as rounded; the factor makes good what was rounded.

    log u/(u - 1) hardly changes from one number to the next. Nothing may cancel 1 + x - 1, and nothing does: only operations
    that are marked so are reassociated, and Triton marks none.
    """
    u = 1.0 + x
    d = u - 1.0
    return tl.where(d == 0.0, x, tl.log(u) * (x / d))


@triton.jit
def _tanh(x):
    """tanh x within 4 ulp, and its derivative 1 - tanh² x within 6; up to 10 where division is right to 2 ulp, as on a GPU.

    With u = e^(-2|x|) and E = u - 1, tanh |x| = -E/(2 + E) and the derivative is 4u/(2 + E)². For small |x|, E is
    -2|x|·(u - 1)/log u, u as rounded: as in log1p.
    """
    y = -2.0 * tl.abs(x)
    u = _exp(y)
    d = u - 1.0
    E = tl.where(u > 0.5, tl.where(d == 0.0, y, y * (d / tl.log(u))), d)
    t = -E / (2.0 + E)
    return tl.where(x < 0.0, -t, t), 4.0 * u / ((2.0 + E) * (2.0 + E))


@triton.jit
def _read(logits, inside, soft_cap, capped: tl.constexpr, number: tl.constexpr):
    """Logits under the soft cap, -inf outside the row; and the derivative of the cap."""
    x = tl.load(logits, mask=inside, other=-float("inf")).to(number)
    if capped:
        t, steep = _tanh(x * (1.0 / soft_cap))
        x = tl.where(inside, soft_cap * t, -float("inf"))
    else:
        steep = tl.full(x.shape, 1.0, number)
    return x, steep


@triton.jit
def _from_top(z, top, finite: tl.constexpr):
    """z - top, and 0 where the two are one infinity, as it is for all other equal numbers."""
    d = z - top
    if not finite:
        d = tl.where(z == top, 0.0, d)
    return d


@triton.jit
def _join(top, others, x, columns, over_temperature, finite: tl.constexpr):
    """m and r of what was read before and of one more block x: the largest, and Σ e^(zₖ - m) over all but one at the top.

    Also: how far m rose and e to the power of its negative, the first class at the top of the block and whether it is above all
    before, what distances are taken from (m, if it is finite) and each e^(zₖ - m).
    """
    block_top = tl.max(x, 0)  # whatever this is of NaN, the sum is NaN
    first = tl.min(tl.where(x == block_top, columns, 2147483647), 0)
    higher = block_top > top
    joint = tl.where(higher, block_top, top)
    reference = tl.where(joint == -float("inf"), 0.0, joint)
    rise = tl.where(top == -float("inf"), 0.0, -_from_top(top, joint, finite) * over_temperature)
    e = _exp(_from_top(x, reference, finite) * over_temperature)
    beside = tl.sum(tl.where(columns == first, 0.0, e), 0)
    left_out = _exp(_from_top(block_top, reference, finite) * over_temperature)
    faded = _exp(-rise)
    others = tl.where(higher, (others + 1.0) * faded + beside, others + (beside + left_out))
    return joint, others, rise, faded, first, higher, reference, e


@triton.jit
def _coefficients(target, class_weight, columns, inside, kept, floor, dense: tl.constexpr, number: tl.constexpr):
    """aₖ, what multiplies -log pₖ: (kept·t + floor)·c, of labels without the label's own kept·c. Also t and c; 0 outside."""
    c = inside.to(number)
    if class_weight is not None:
        c = tl.load(class_weight + columns, mask=inside, other=0).to(number)
    t = tl.full(c.shape, 0.0, number)
    if dense:
        t = tl.load(target + columns, mask=inside, other=0).to(number)
    return (kept * t + floor) * c, t, c


@triton.jit
def _store_nothing(
    row, lanes, end, classes, losses, log_normalizers, entropies, correct, slopes, number: tl.constexpr, block: tl.constexpr
):
    """0 for all that is asked of a row that counts nothing."""
    if losses is not None:
        tl.store(losses + row, 0.0)
    if log_normalizers is not None:
        tl.store(log_normalizers + row, 0.0)
    if entropies is not None:
        tl.store(entropies + row, 0.0)
    if correct is not None:
        tl.store(correct + row, 0.0)
    if slopes is not None:
        for start in range(0, end, block):
            tl.store(slopes + start + lanes, tl.zeros([block], number), mask=start + lanes < classes)


@triton.jit
def _rows(
    logits,
    logits_stride,
    target,
    target_stride,
    weight,
    where,
    class_weight,
    classes,
    kept: tl.float64,
    floor: tl.float64,
    z_loss: tl.float64,
    soft_cap: tl.float64,
    over_temperature: tl.float64,
    share: tl.float64,
    share_at,
    slopes,
    slopes_stride,
    losses,
    log_normalizers,
    entropies,
    correct,
    dense: tl.constexpr,
    smoothed: tl.constexpr,
    squared: tl.constexpr,
    capped: tl.constexpr,
    number: tl.constexpr,
    block: tl.constexpr,
    whole: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)  # times a stride, it may exceed 32 bits
    lanes = tl.arange(0, block)
    end = block if whole else classes
    logits += row * logits_stride
    if slopes is not None:
        slopes += row * slopes_stride

    weight_i = tl.full([], 1.0, number)
    if weight is not None:
        weight_i = tl.load(weight + row).to(number)
    counts = weight_i != 0.0
    if where is not None:
        counts = counts & (tl.load(where + row) != 0)
    if dense:
        target += row * target_stride
    else:
        label = tl.load(target + row).to(tl.int64)  # uint64 beyond that becomes negative, no class either
        is_class = (label >= 0) & (label < classes)
        label_weight = tl.full([], 1.0, number)
        if class_weight is not None:
            label_weight = tl.load(class_weight + label, mask=is_class, other=1).to(number)
        label_weight = tl.where(is_class, label_weight, float("nan"))
        label = tl.where(is_class, label, -1).to(tl.int32)
        if not smoothed:
            counts = counts & (label_weight != 0.0)
    if not counts:
        _store_nothing(row, lanes, end, classes, losses, log_normalizers, entropies, correct, slopes, number, block)
        return

    kept = tl.full([], kept, number)
    floor = tl.full([], floor, number)
    z_loss = tl.full([], z_loss, number)
    soft_cap = tl.full([], soft_cap, number)
    over_temperature = tl.full([], over_temperature, number)
    share = tl.full([], share, number)
    if share_at is not None:
        share = tl.load(share_at).to(number)

    top = tl.full([], -float("inf"), number)
    others = tl.full([], -1.0, number)
    first = tl.full([], 0, tl.int32)
    spread = tl.full([], 0.0, number)  # Σ e^(zₖ - m)·(m - zₖ)
    distance = tl.full([], 0.0, number)  # Σ aₖ·(m - zₖ), of terms that are not negative, like all these sums
    total = tl.full([], 0.0, number)  # Σ aₖ
    mass = tl.full([], 0.0, number)  # Σ tₖcₖ
    label_x = tl.full([], 0.0, number)
    target_top = tl.full([], -float("inf"), number)
    target_first = tl.full([], 0, tl.int32)
    x = tl.full([block], -float("inf"), number)
    steep = tl.full([block], 1.0, number)
    a = tl.full([block], 0.0, number)
    infinite = top == float("inf")
    for start in range(0, end, block):
        columns = start + lanes
        inside = columns < classes
        x, steep = _read(logits + columns, inside, soft_cap, capped, number)
        if whole:  # a row with a logit of ∞ is one of 0 and -∞: to look at each difference would take registers
            infinite = tl.max(x, 0) == float("inf")
            if infinite:
                x = tl.where(x == float("inf"), 0.0, tl.where(x == x, -float("inf"), x))
        before = others + 1.0
        top, others, rise, faded, block_first, higher, reference, e = _join(top, others, x, columns, over_temperature, whole)
        away = -_from_top(x, reference, whole) * over_temperature
        if correct is not None:
            first = tl.where(higher, block_first, first)
        if entropies is not None:
            spread = tl.where(faded == 0.0, 0.0, faded * (spread + rise * before)) + tl.sum(tl.where(e > 0.0, e * away, 0.0), 0)
        if not dense:
            label_x += tl.sum(tl.where(columns == label, x, 0.0), 0)
        if dense or smoothed:
            a, t, c = _coefficients(target, class_weight, columns, inside, kept, floor, dense, number)
            distance += tl.where(total == 0.0, 0.0, total * rise) + tl.sum(tl.where(a == 0.0, 0.0, a * away), 0)
            total += tl.sum(a, 0)
            if dense:
                mass += tl.sum(t * c, 0)
                if correct is not None:
                    t = tl.where(inside, t, -float("inf"))
                    block_top = tl.max(t, 0)
                    block_first = tl.min(tl.where(t == block_top, columns, 2147483647), 0)
                    target_first = tl.where(block_top > target_top, block_first, target_first)
                    target_top = tl.maximum(target_top, block_top)

    if not whole:
        infinite = top == float("inf")
    others = tl.where((top > -float("inf")) & ((infinite == 0) | (others == 0.0)), others, float("nan"))
    log_sum = _log1p(others)
    log_normalizer = tl.where(infinite, float("inf"), top * over_temperature) + log_sum
    inverse = 1.0 / (1.0 + others)
    loss = distance + total * log_sum
    if dense:
        if class_weight is None:
            mass = tl.full([], 1.0, number)
        right = first == target_first
    else:
        own = kept * label_weight
        loss += tl.where(own == 0.0, 0.0, own * (log_sum - _from_top(label_x, top, whole) * over_temperature))
        mass = label_weight
        right = first == label
    if dense or class_weight is not None:
        nothing = total == 0.0
        if not dense:
            nothing = total + own == 0.0
        if nothing:  # no class of it counts, whatever it holds
            _store_nothing(row, lanes, end, classes, losses, log_normalizers, entropies, correct, slopes, number, block)
            return
    if squared:
        loss += tl.where(mass == 0.0, 0.0, z_loss * mass * log_normalizer * log_normalizer)
    if losses is not None:
        tl.store(losses + row, weight_i * loss)
    if log_normalizers is not None:
        tl.store(log_normalizers + row, log_normalizer)
    if entropies is not None:
        tl.store(entropies + row, log_sum + spread * inverse)
    if correct is not None:
        tl.store(correct + row, (right & (others == others)).to(number))

    if slopes is not None:
        scale = weight_i * share * over_temperature
        at_top = others * inverse  # 1 - p
        pull = tl.where(mass == 0.0, 0.0, 2.0 * z_loss * mass * log_normalizer)
        for start in range(0, end, block):
            columns = start + lanes
            inside = columns < classes
            if not whole:
                x, steep = _read(logits + columns, inside, soft_cap, capped, number)
                if dense or smoothed:
                    a, t, c = _coefficients(target, class_weight, columns, inside, kept, floor, dense, number)
            p = _exp(_from_top(x, top, whole) * over_temperature) * inverse
            rest = tl.where(x == top, at_top, 1.0 - p)
            slope = p * (total - a) - a * rest  # pⱼ Σ_{k≠j} aₖ - aⱼ(1 - pⱼ)
            if not dense:
                slope += tl.where(columns == label, -own * rest, own * p)
            if squared:
                slope += tl.where(p == 0.0, 0.0, pull * p)
            tl.store(slopes + columns, scale * slope * steep, mask=inside)
