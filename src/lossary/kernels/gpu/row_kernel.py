"""The kernel for rows of logits.

With m the largest z and r = Σ e^(zₖ - m) over all classes but one at the top, log pₖ = zₖ - m - log1p(r), and 1 - p = r/(1 + r)
at the top: no digit of a confident row is lost.

A row of few classes is read whole, and several such rows make up a tile of one program. Of a longer row, each lane of a program
reads every so many classes and keeps m and r of these; the lanes are joined once, at the end of the row. Slopes take a second
reading, which finds the row in the cache. They can also be computed later, from m and r. They may be written over the logits.

Everything is computed in float32, or in float64 for float64 logits, in the order that is written here: no product is fused
with a sum but where it says so.
"""

from __future__ import annotations

import triton
import triton.language as tl

from lossary.kernels.gpu.functions import decay, log1p, rough_decay, tanh


@triton.jit
def _read(logits, inside, soft_cap, capped: tl.constexpr, number: tl.constexpr, kept_in: tl.constexpr):
    """Return logits under the soft cap, -inf outside the row; and the derivative of the cap."""
    x = tl.load(logits, mask=inside, other=-float("inf"), eviction_policy=kept_in).to(number)
    if capped:
        t, steep = tanh(x * (1.0 / soft_cap))
        x = tl.where(inside, soft_cap * t, -float("inf"))
    else:
        steep = tl.full(x.shape, 1.0, number)
    return x, steep


@triton.jit
def _coefficients(target, class_weight, start, lanes, inside, kept, floor, dense: tl.constexpr, number: tl.constexpr):
    """Return aₖ = (kept·t + floor)·c, of labels without their own kept·c: what multiplies -log pₖ. Also t and c."""
    c = inside.to(number)
    if class_weight is not None:
        c = tl.load(class_weight + start + lanes[None, :], mask=inside, other=0).to(number)
    t = tl.full(c.shape, 0.0, number)
    if dense:
        t = tl.load((target + start)[:, None] + lanes[None, :], mask=inside, other=0).to(number)
    return (kept * t + floor) * c, t, c


@triton.jit
def _add(top, others, x, over_temperature, tempered: tl.constexpr):
    """Return m and r of lanes and of one more number x each; also d = |x - m|/temperature, e = e^-d, and whether x > m.

    Where x is above m, r becomes (r + 1)·e, for the old top is one of the others now; elsewhere r + e. A lane that holds
    nothing has r = -1 and the least finite m, for then r + 1 = 0: a sum over nothing.
    """
    higher = x > top
    away = tl.abs(x - top)
    if tempered:
        away *= over_temperature
    e = decay(away)
    others = tl.fma(others, tl.where(higher, e, 1.0), e)
    return tl.maximum(top, x), others, away, e, higher


@triton.jit
def _join(tops, others, over_temperature, tempered: tl.constexpr, number: tl.constexpr):
    """Return m and r of rows from those of their lanes; also e^(mₗ - m) and (m - mₗ)/temperature of each lane.

    Lanes at the top count r, others e·(r + 1); and all tops of the row but one are among the others.
    """
    top = tl.max(tops, 1)  # whatever this is of NaN, the sum is NaN
    at_top = tops == top[:, None]
    away = tl.where(at_top, 0.0, top[:, None] - tops)  # of one infinity, the difference would be NaN
    if tempered:
        away *= over_temperature
    e = decay(away)
    beside = tl.sum(tl.where(at_top, others, e * (others + 1.0)), 1)
    return top, beside + (tl.sum(at_top.to(number), 1) - 1.0), e, away


@triton.jit
def _slopes(
    e,
    x,
    steep,
    a,
    columns,
    top,
    inverse,
    at_top,
    total,
    own,
    pull,
    scale,
    label,
    dense: tl.constexpr,
    smoothed: tl.constexpr,
    squared: tl.constexpr,
    capped: tl.constexpr,
):
    """Return the slopes of some columns, of which e is e^(z - m); for labels without smoothing, not those of the labels."""
    if dense or smoothed:
        p = e * inverse[:, None]
        rest = tl.where(x == top[:, None], at_top[:, None], 1.0 - p)
        slope = p * (total[:, None] - a) - a * rest  # pⱼ Σ_{k≠j} aₖ - aⱼ(1 - pⱼ)
        if not dense:
            slope += tl.where(columns[None, :] == label[:, None], -own[:, None] * rest, own[:, None] * p)
        if squared:
            slope += tl.where(p == 0.0, 0.0, pull[:, None] * p)
        slope *= scale[:, None]
    else:
        slope = e * (own * inverse * scale)[:, None]
        if squared:
            slope += tl.where(e == 0.0, 0.0, e * (pull * inverse * scale)[:, None])
    return slope * steep if capped else slope


@triton.jit
def _store_long(
    logits,
    target,
    class_weight,
    slopes,
    begin,
    end,
    kept,
    floor,
    soft_cap,
    over_temperature,
    top,
    inverse,
    at_top,
    total,
    own,
    pull,
    scale,
    label,
    dense: tl.constexpr,
    smoothed: tl.constexpr,
    squared: tl.constexpr,
    capped: tl.constexpr,
    tempered: tl.constexpr,
    half: tl.constexpr,
    number: tl.constexpr,
    block: tl.constexpr,
    backwards: tl.constexpr,
    finite: tl.constexpr,
):
    """Store the slopes of a part of a long row."""
    lanes = tl.arange(0, block)
    blocks = tl.cdiv(end - begin, block)
    for i in tl.range(0, blocks):
        start = begin + (blocks - 1 - i if backwards else i) * block
        inside = (lanes < end - start)[None, :]
        x, steep = _read((logits + start)[:, None] + lanes[None, :], inside, soft_cap, capped, number, "evict_first")
        a = x
        if dense or smoothed:
            a, _, _ = _coefficients(target, class_weight, start, lanes, inside, kept, floor, dense, number)
        away = top[:, None] - x
        if not finite:
            away = tl.where(x == top[:, None], 0.0, away)
        if tempered:
            away *= over_temperature
        slope = _slopes(
            rough_decay(away) if half else decay(away), x, steep, a, start + lanes, top, inverse, at_top, total, own, pull,
            scale, label, dense, smoothed, squared, capped,
        )  # fmt: skip
        kept_in: tl.constexpr = "evict_first" if backwards else ""  # logits that are still to be read have the cache
        tl.store((slopes + start)[:, None] + lanes[None, :], slope, mask=inside, eviction_policy=kept_in)


@triton.jit
def _store(place, row, here, counts, values):
    """Store a number a row, 0 where it counts nothing; nothing at all if nobody asked."""
    if place is not None:
        tl.store(place + row, tl.where(counts, values, 0.0), mask=here)


@triton.jit
def _store_zeros(slopes, here, first, last, classes, rows: tl.constexpr, block: tl.constexpr, number: tl.constexpr):
    """Store 0 for all slopes, if anybody asked for slopes."""
    if slopes is not None:
        for start in range(first, last, block):
            columns = start + tl.arange(0, block)
            inside = here[:, None] & (columns < classes)[None, :]
            tl.store(slopes[:, None] + columns[None, :], tl.zeros([rows, block], number), mask=inside)


@triton.jit
def row_kernel(
    logits,
    logits_step,
    target,
    target_step,
    weight,
    where,
    class_weight,
    count,
    groups,
    kept: tl.float64,
    floor: tl.float64,
    z_loss: tl.float64,
    soft_cap: tl.float64,
    over_temperature: tl.float64,
    tolerance: tl.float64,
    share: tl.float64,
    share_at,
    cotangent,
    slopes,
    slopes_step,
    statistics,
    losses,
    log_normalizers,
    entropies,
    correct,
    unit: tl.constexpr,
    dense: tl.constexpr,
    checked: tl.constexpr,
    smoothed: tl.constexpr,
    squared: tl.constexpr,
    capped: tl.constexpr,
    tempered: tl.constexpr,
    each: tl.constexpr,
    unless_one: tl.constexpr,
    known: tl.constexpr,
    half: tl.constexpr,
    number: tl.constexpr,
    rows: tl.constexpr,
    block: tl.constexpr,
    chunk: tl.constexpr,
    whole: tl.constexpr,
):
    """Compute some rows, or the slopes of a part of one that is ``known``; see ``cross_entropy.rows`` and ``gradient``."""
    if unless_one:  # noqa: SIM102 (Triton would read where nothing is)
        if tl.load(cotangent) == 1.0:
            return
    classes = groups * unit
    place = tl.program_id(0)
    begin, end = 0, classes
    if known:  # rows that were read last are still in the cache
        place = tl.num_programs(0) - 1 - place
        begin = tl.program_id(1) * chunk
        end = tl.minimum(begin + chunk, classes)
    row = place.to(tl.int64) * rows + tl.arange(0, rows)  # times a distance, it may exceed 32 bits
    here = row < count
    lanes = tl.arange(0, block)
    logits += row * logits_step * unit
    if slopes is not None:
        slopes += row * slopes_step * unit
    if statistics is not None:
        statistics += row

    weight_i = tl.full([rows], 1.0, number)
    if weight is not None:
        weight_i = tl.load(weight + row, mask=here, other=0).to(number)
    counts = here & (weight_i != 0.0)
    if where is not None:
        counts = counts & (tl.load(where + row, mask=here, other=0) != 0)
    label = tl.full([rows], -1, tl.int32)
    label_weight = tl.full([rows], 1.0, number)
    if dense:
        target += row * target_step * unit
    else:
        given = tl.load(target + row, mask=here, other=0).to(tl.int64)  # uint64 beyond that becomes negative, no class either
        is_class = (given >= 0) & (given < classes)
        if class_weight is not None:
            label_weight = tl.load(class_weight + given, mask=is_class, other=1).to(number)
        label_weight = tl.where(is_class, label_weight, float("nan"))
        label = tl.where(is_class, given, -1).to(tl.int32)
        if not smoothed:
            counts = counts & (label_weight != 0.0)
    if tl.max(counts.to(tl.int32), 0) == 0:
        _store(losses, row, here, counts, weight_i)
        _store(log_normalizers, row, here, counts, weight_i)
        _store(entropies, row, here, counts, weight_i)
        _store(correct, row, here, counts, weight_i)
        _store_zeros(slopes, here, begin, end, classes, rows, block, number)
        return

    kept = tl.full([], kept, number)
    floor = tl.full([], floor, number)
    z_loss = tl.full([], z_loss, number)
    soft_cap = tl.full([], soft_cap, number)
    over_temperature = tl.full([], over_temperature, number)
    if not dense:
        label_x, label_steep = _read(logits + label, counts & (label >= 0), soft_cap, capped, number, "")

    # m and r; of the others, sums over classes of terms that are not negative
    spread = tl.full([rows, block], 0.0, number)  # Σ e^(zₖ - m)·(m - zₖ)
    distance = tl.full([rows, block], 0.0, number)  # Σ aₖ·(m - zₖ)
    total = tl.full([rows, block], 0.0, number)  # Σ aₖ
    mass = tl.full([rows, block], 0.0, number)  # Σ tₖcₖ
    chance = tl.full([rows, block], 0.0, number)  # Σ tₖ
    invalid = tl.full([rows, block], 0.0, number)  # how many tₖ are no probabilities
    first = tl.broadcast_to(lanes[None, :], [rows, block])  # the first class at the top
    target_top = tl.full([rows, block], -float("inf"), number)
    target_first = first
    if whole:
        inside = (lanes < classes)[None, :] & counts[:, None]
        x, steep = _read(logits[:, None] + lanes[None, :], inside, soft_cap, capped, number, "")
        a = tl.full([rows, block], 0.0, number)
        if dense or smoothed:
            a, t, c = _coefficients(target, class_weight, 0, lanes, inside, kept, floor, dense, number)
            total = a
            mass = t * c
            chance = t
            invalid = tl.where((t >= 0.0) & (t <= 1.0), 0.0, 1.0)
            target_top = tl.where(inside, t, -float("inf"))
    if not known:
        if whole:
            tops = x
            others = tl.full([rows, block], 0.0, number)
        else:
            tops = tl.full([rows, block], -3.4028234663852886e38 if number == tl.float32 else -1.7976931348623157e308, number)
            others = tl.full([rows, block], -1.0, number)
            for start in tl.range(0, classes, block):
                columns = start + lanes
                inside = (lanes < classes - start)[None, :]
                z, _ = _read((logits + start)[:, None] + lanes[None, :], inside, soft_cap, capped, number, "evict_last")
                before = others + 1.0
                tops, others, away, e, higher = _add(tops, others, z, over_temperature, tempered)
                if correct is not None:
                    first = tl.where(higher | (before == 0.0), columns[None, :], first)
                if entropies is not None:
                    rise = tl.where(e > 0.0, e * away, 0.0)
                    spread = tl.fma(spread, tl.where(higher, e, 1.0), rise * tl.where(higher, before, 1.0))
                if dense or smoothed:
                    a, t, c = _coefficients(target, class_weight, start, lanes, inside, kept, floor, dense, number)
                    farther = tl.where(higher, total, a)
                    distance += tl.where(farther == 0.0, 0.0, farther * away)
                    total += a
                    if dense:
                        mass += t * c
                        if checked:
                            chance += t
                            invalid += tl.where((t >= 0.0) & (t <= 1.0), 0.0, 1.0)
                        if correct is not None:
                            above = inside & (t > target_top)
                            target_first = tl.where(above, columns[None, :], target_first)
                            target_top = tl.where(above, t, target_top)
        top, beside, e, away = _join(tops, others, over_temperature, tempered, number)
        if correct is not None:
            at_top = (tops == top[:, None]) & (others >= 0.0)
            first = tl.min(tl.where(at_top, first, 2147483647), 1)
            if dense:
                at_top = target_top == tl.max(target_top, 1)[:, None]
                right = first == tl.min(tl.where(at_top, target_first, 2147483647), 1)
            else:
                right = first == label
        if entropies is not None:
            spread = tl.sum(tl.where(e > 0.0, e * (spread + away * (others + 1.0)), 0.0), 1)
        if dense or smoothed:
            distance = tl.sum(distance + tl.where(total == 0.0, 0.0, total * away), 1)
            total = tl.sum(total, 1)
            mass = tl.sum(mass, 1)
        others = beside
        if checked:
            near = tl.abs(tl.sum(chance, 1) - 1.0) <= tl.full([], tolerance, number)
            valid = near & (tl.sum(invalid, 1) == 0.0)
            weight_i = tl.where(valid, weight_i, float("nan"))
        defined = (top > -float("inf")) & (others >= 0.0) & ((top < float("inf")) | (others == 0.0))
        others = tl.where(defined, others, float("nan"))
        if statistics is not None:
            tl.store(statistics, top, mask=here)
            tl.store(statistics + count, tl.where(weight_i == weight_i, others, float("nan")), mask=here)
            if dense or smoothed:
                tl.store(statistics + count + count, total, mask=here)  # 2·count may exceed 32 bits
                tl.store(statistics + count + count + count, mass, mask=here)
    else:
        top = tl.load(statistics, mask=here, other=0)
        others = tl.load(statistics + count, mask=here, other=0)
        if dense or smoothed:
            total = tl.load(statistics + count + count, mask=here, other=0)
            mass = tl.load(statistics + count + count + count, mask=here, other=0)

    infinite = top == float("inf")
    log_sum = log1p(others)
    log_normalizer = tl.where(infinite, float("inf"), top * over_temperature) + log_sum
    inverse = 1.0 / (1.0 + others)
    own = kept * label_weight
    if not dense:
        mass = label_weight
    elif class_weight is None:
        mass = tl.full([rows], 1.0, number)
    if dense or (smoothed and class_weight is not None):  # perhaps no class of it counts, whatever it holds
        counts = counts & ((total != 0.0) if dense else (total + own != 0.0))
        if tl.max(counts.to(tl.int32), 0) == 0:
            _store(losses, row, here, counts, weight_i)
            _store(log_normalizers, row, here, counts, weight_i)
            _store(entropies, row, here, counts, weight_i)
            _store(correct, row, here, counts, weight_i)
            _store_zeros(slopes, here, begin, end, classes, rows, block, number)
            return
    if not dense:
        label_away = tl.where(label_x == top, 0.0, top - label_x) * over_temperature
    if not known:
        if dense or smoothed:
            loss = distance + total * log_sum
            if not dense:
                loss += tl.where(own == 0.0, 0.0, own * (log_sum + label_away))
        else:
            loss = own * (log_sum + label_away)
        if squared:
            loss += tl.where(mass == 0.0, 0.0, z_loss * mass * log_normalizer * log_normalizer)
        _store(losses, row, here, counts, weight_i * loss)
        _store(log_normalizers, row, here, counts, log_normalizer)
        if entropies is not None:
            _store(entropies, row, here, counts, log_sum + spread * inverse)
        if correct is not None:
            _store(correct, row, here, counts, (right & (others == others)).to(number))

    if slopes is not None:
        share = tl.full([], share, number)
        if share_at is not None:
            share *= tl.load(share_at).to(number)
        scale = weight_i * share * over_temperature
        if cotangent is not None:
            scale *= tl.load(cotangent + row, mask=here, other=0).to(number) if each else tl.load(cotangent).to(number)
        at_top = others * inverse  # 1 - p
        pull = tl.where((mass == 0.0) | (scale == 0.0), 0.0, 2.0 * z_loss * mass * log_normalizer)
        if not (dense or smoothed):
            total = own
        label_slope = own
        if not dense:
            p = decay(label_away) * inverse
            label_slope = -own * tl.where(label_x == top, at_top, 1.0 - p)
            if squared:
                label_slope += tl.where(p == 0.0, 0.0, pull * p)
            label_slope *= scale
            if capped:
                label_slope *= label_steep
        if whole:
            if known:
                away = tl.where(x == top[:, None], 0.0, top[:, None] - x)
                if tempered:
                    away *= over_temperature
                e = decay(away)
            slope = _slopes(
                e, x, steep, a, lanes, top, inverse, at_top, total, own, pull, scale, label, dense, smoothed, squared, capped
            )  # fmt: skip
            if not (dense or smoothed):
                slope = tl.where(lanes[None, :] == label[:, None], label_slope[:, None], slope)
            slope = tl.where(counts[:, None], slope, 0.0)
            tl.store(slopes[:, None] + lanes[None, :], slope, mask=here[:, None] & (lanes < classes)[None, :])
        else:
            if tl.max((infinite & counts).to(tl.int32), 0) == 0:
                _store_long(
                    logits, target, class_weight, slopes, begin, end, kept, floor, soft_cap, over_temperature, top, inverse,
                    at_top, total, own, pull, scale, label, dense, smoothed, squared, capped, tempered, half, number, block,
                    not known, True,
                )  # fmt: skip
            else:
                _store_long(
                    logits, target, class_weight, slopes, begin, end, kept, floor, soft_cap, over_temperature, top, inverse,
                    at_top, total, own, pull, scale, label, dense, smoothed, squared, capped, tempered, half, number, block,
                    not known, False,
                )  # fmt: skip
            if not (dense or smoothed):  # the label's own, over what was stored there
                tl.debug_barrier()
                tl.store(slopes + label, label_slope, mask=(label >= begin) & (label < end))
