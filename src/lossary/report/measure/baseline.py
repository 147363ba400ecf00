"""Find the constant prediction with the least mean loss, against which predictions are judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from lossary.engine.exact_sum import ExactSums
from lossary.engine.loss import Loss
from lossary.engine.reduction import Total
from lossary.formula.domains import Interval
from lossary.report.measure.targets import SAMPLED, Pair, Sample, Targets


@dataclass(frozen=True)
class Baseline:
    """A constant prediction and its mean loss; ``loss`` is None if none was found, and ``note`` says why."""

    loss: float | None
    constant: str = ""
    note: str = ""


def best_distribution(
    loss: Loss, parameters: Mapping[str, Any], weights: np.ndarray, total_weight: float, classes: Sequence[str] = ()
) -> Baseline:
    """Return the best constant distribution over classes for a softmax loss; for cross-entropy, the class shares."""
    if not total_weight > 0 or not weights.sum() > 0:
        return Baseline(None, note="no row weighs anything, so no constant is best")
    shares, names = weights / weights.sum(), list(classes) or [str(k) for k in range(len(weights))]

    def cost(p: np.ndarray) -> float:
        rows = np.broadcast_to(p, (len(p), len(p)))
        options: dict[str, Any] = {"weight": weights, "given": "probabilities", "check": False, "normalizer": total_weight}
        return float(loss(rows, np.arange(len(p)), **options, **parameters))

    found, name = shares, "the share of each class"
    if loss.__name__ != "cross_entropy" or loss.__module__ != "lossary.losses.multiclass":
        best = _best_shares(loss, parameters, shares)
        if best is None or not cost(best) <= cost(shares):
            note = "no best constant was found; the shares of the classes stand for it"
            return Baseline(cost(shares), f"{name}, {_numbers(shares, names)}", note)
        found, name = best, "the probabilities"
    return Baseline(cost(found), f"{name}, {_numbers(found, names)}")


def _best_shares(loss: Loss, parameters: Mapping[str, Any], shares: np.ndarray) -> np.ndarray | None:
    """Return the p that minimises Σ sₖφ(pₖ) under Σpₖ = 1 for convex, falling φ: sₖφ′(pₖ) = λ for all k."""
    present = shares > 0

    def slopes(p: np.ndarray) -> np.ndarray:
        options: dict[str, Any] = {"given": "probabilities", "check": False, "reduction": "sum", **parameters}
        found: np.ndarray = loss.gradient(np.where(present, p, 1.0), np.broadcast_to(shares, p.shape), **options)
        return found

    def at(multipliers: np.ndarray) -> np.ndarray:
        """Return one row p for each multiplier λ."""
        low, high = np.zeros((len(multipliers), len(shares))), np.ones((len(multipliers), len(shares)))
        for _ in range(55):
            middle = (low + high) / 2
            below = slopes(middle) < multipliers[:, None]
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.where(present, (low + high) / 2, 0.0)

    grid = -np.exp2(np.arange(100.0, -101.0, -1.0))
    for _ in range(10):
        place = int(np.searchsorted(at(grid).sum(axis=1), 1.0))  # the sum grows with the multiplier
        if not 0 < place < len(grid):
            break
        grid = np.linspace(grid[place - 1], grid[place], 65)
    p: np.ndarray = at(grid[[min(place, len(grid) - 1)]])[0]
    return p / p.sum() if p.sum() > 0 and np.isfinite(p).all() else None


def best_constant(loss: Loss, parameters: Mapping[str, Any], targets: Targets, total_weight: float) -> Baseline:
    """Return the best constant prediction for a pointwise loss: the mean, the median, or a numerical minimiser."""
    if loss.kind != "pointwise":
        return Baseline(None, note=f"{loss.__name__} is composed of array operations, for which no best constant is sought")
    if not total_weight > 0:
        return Baseline(None, note="no row weighs anything, so no constant is best")
    options = dict(parameters)
    domain = loss.properties.prediction
    if "probabilities" in loss.properties.given:
        options["given"], domain = "probabilities", Interval(0.0, 1.0)
    minimizer = loss.properties.minimizer
    if minimizer == "mean":
        total = ExactSums()
        for target, weight in targets:
            total.add(target if weight is None else target * weight)
        constant, name = total.value() / total_weight, "the mean of the target"
    elif minimizer == "median":
        constant, name = weighted_median(targets, total_weight), "the median of the target"
    else:
        try:
            found = minimise(loss, options, targets, total_weight, domain)
        except (TypeError, ValueError, ArithmeticError) as error:
            return Baseline(None, note=f"no best constant was found: {error}")
        if found is None:
            return Baseline(None, note="no best constant was found: the mean loss of a constant has no single lowest point")
        constant, name = found, "the constant"
    if not math.isfinite(constant):
        return Baseline(math.inf, "", "some targets are infinite, so every constant has an infinite mean loss")
    lowest = _mean_loss(loss, options, targets, constant)
    if lowest != lowest:
        return Baseline(None, note=f"the mean loss of {name}, {constant:.6g}, is NaN, so it is no baseline")
    return Baseline(lowest, f"{name}, {constant:.6g}")


def _mean_loss(loss: Loss, options: Mapping[str, Any], targets: Targets, constant: float) -> float:
    total = Total()
    for target, weight in targets:
        total += loss.total(np.full(len(target), constant), target, weight=weight, check=False, **options)
    return total.mean


def weighted_median(targets: Targets, total_weight: float) -> float:
    """Return the exact weighted median, in passes over the targets.

    Each pass adds up the weights below a bracket and samples the values in it, until all of these fit in memory.
    """
    half = total_weight / 2
    outer = (-math.inf, math.inf)
    low, high = outer
    while True:
        below, upto, sample = ExactSums(), ExactSums(), Sample(SAMPLED)
        for target, weight in targets:
            weight = np.ones(len(target)) if weight is None else weight
            within = (target >= low) & (target <= high) & (weight > 0)
            below.add(weight[target < low])
            upto.add(weight[target <= high])
            sample.add(target[within], weight[within])
        under, reached = below.value(), upto.value()  # each rounded once, so that passes agree
        values, weights = sample.arrays()
        if under > half:
            low, high = outer[0], math.nextafter(low, -math.inf)
        elif reached < half:
            low, high = math.nextafter(high, math.inf), outer[1]
        elif low == high:
            return low
        elif sample.stride == 1:
            return _middle(values, weights, half - under)
        else:
            order = np.argsort(values)
            ranks = np.cumsum(weights[order]) / weights.sum()
            rank, margin = (half - under) / (reached - under), 4 / math.sqrt(len(values))
            ends = np.searchsorted(ranks, [rank - margin, rank + margin]).clip(0, len(values) - 1)
            outer = (low, high)
            low, high = (float(values[order[end]]) for end in ends)
            if (low, high) == outer:
                low = high = float(values[order[min(int(np.searchsorted(ranks, rank)), len(values) - 1)]])


def _middle(values: np.ndarray, weights: np.ndarray, rank: float) -> float:
    """Return the value at which cumulated weights reach the rank, or halfway to the next value if they equal the rank."""
    order = np.lexsort((weights, values))
    values, reached = values[order], np.cumsum(weights[order])
    place = min(int(np.searchsorted(reached, rank)), len(values) - 1)
    value = float(values[place])
    if reached[place] == rank and place + 1 < len(values) and math.isfinite(value + values[place + 1]):
        return value / 2 + float(values[place + 1]) / 2
    return value


def minimise(loss: Loss, options: Mapping[str, Any], targets: Targets, total_weight: float, domain: Interval) -> float | None:
    """Return where the slope of the mean loss of a constant changes sign, by secant steps safeguarded by bisection.

    Return None if there is no such place, or if it is not the minimum: then the loss is not convex.
    """
    values, weights = targets.sample()
    values, weights = values[weights > 0], weights[weights > 0]

    def slope_on(pairs: Targets | Sequence[Pair]) -> Callable[[float], float]:
        def slope(constant: float) -> float:
            total = ExactSums()
            for target, weight in pairs:
                constants = np.full(len(target), constant)
                terms = loss.gradient(constants, target, weight=weight, reduction="none", check=False, **options)
                total.add(np.asarray(terms))
            return total.value()

        return cache(slope)

    def cost(constant: float) -> float:
        return float(loss(np.full(len(values), constant), values, weight=weights, check=False, **options))

    slope = slope_on([(values, weights)])
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    spread = high - low or max(abs(high), 1.0)
    bracket = _bracket(slope, low, high, spread, domain)
    if bracket is None:
        return None
    found = _root(slope, *bracket, tolerance=1e-13 * spread)
    if not loss.properties.convex:
        grid = np.linspace(*bracket, 33).tolist() + np.quantile(finite, np.linspace(0, 1, 33)).tolist()
        lowest = cost(found)
        if any(cost(c) < lowest - 1e-9 * abs(lowest) for c in grid if not domain.outside(c)):
            return None
    if not targets.in_memory:
        step = 8 * float(np.subtract(*np.quantile(finite, (0.75, 0.25)))) / math.sqrt(len(values)) or spread
        slope = slope_on(targets)
        bracket = _bracket(slope, found - step, found + step, step, domain)
        if bracket is None:
            return None
        enough = 1e-15 * abs(cost(found)) * total_weight
        found = _root(slope, *bracket, tolerance=1e-13 * spread, enough=enough)
    return found


def _bracket(
    slope: Callable[[float], float], low: float, high: float, step: float, domain: Interval
) -> tuple[float, float] | None:
    """Return two places in the domain with a falling slope at the first and a rising slope at the second."""

    bottom, top = domain.low, domain.high
    if domain.open:
        bottom, top = math.nextafter(bottom, math.inf), math.nextafter(top, -math.inf)

    def inside(x: float) -> float:
        return min(max(x, bottom), top)

    low, high = inside(low), inside(high)
    for i in range(60):
        falls, rises = slope(low) <= 0, slope(high) >= 0
        if falls and rises:
            return low, high
        stuck_low = falls or low == bottom
        stuck_high = rises or high == top
        if stuck_low and stuck_high:  # the minimum is an end of the domain
            return (low, low) if not falls else (high, high)
        low, high = (low if falls else inside(low - step * 2**i)), (high if rises else inside(high + step * 2**i))
    return None


def _root(slope: Callable[[float], float], low: float, high: float, *, tolerance: float, enough: float = 0.0) -> float:
    """Return where the slope changes sign; ``enough`` is the accepted excess of the (convex) function over its minimum."""
    falling, rising = slope(low), slope(high)
    for i in range(200):
        if min(-falling, rising) * (high - low) < enough:
            return low if -falling < rising else high
        if falling == 0 or high - low <= max(tolerance, 2 * math.ulp(low)):
            return low if falling == 0 or rising != 0 else high
        if rising == 0:
            return high
        middle = low + (high - low) / 2
        if i % 3 and math.isfinite(falling) and math.isfinite(rising):
            # a secant step, extended a little to the farther side so that both ends converge
            secant = low + (high - low) * (falling / (falling - rising))
            secant += math.copysign(min(tolerance / 2, (high - low) / 8), middle - secant)
            middle = min(max(secant, low), high) if low < secant < high else middle
        value = slope(middle)
        if value != value:
            raise ArithmeticError(f"the gradient at {middle!r} is NaN")
        if value < 0:
            low, falling = middle, value
        elif value > 0:
            high, rising = middle, value
        else:
            return middle
    return low + (high - low) / 2


def _numbers(values: np.ndarray, names: Sequence[str]) -> str:
    named = names != [str(k) for k in range(len(names))]
    shown = ", ".join(f"{name} {v:.4g}" if named else f"{v:.4g}" for name, v in zip(names[:8], values, strict=False))
    return shown + (f", … ({len(values)})" if len(values) > 8 else "")
