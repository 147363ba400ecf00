"""The scores that training begins at: those of the constants with the least mean loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lossary.engine.best_constant import bracket_of, root_of
from lossary.formula.domains import Interval
from lossary.losses import absolute_error, binary_cross_entropy, cross_entropy
from lossary.trainers.scores.evaluate import Evaluation
from lossary.trainers.scores.pairs import WEIGHT
from lossary.trainers.scores.scores import TARGET, Scores

_ADDED = "half a sample of each outcome is added, as it would be infinite"
_FAR = 100.0
"""More than a best logarithm lies from that of the mean target, or a best logit from 0, unless it is infinite at best."""
_MANY = 50_000
"""Samples from which on sums of slopes need not be exact."""


def start(scores: Scores, target: Any, weight: Any, classes: int | None = None) -> tuple[Any, str]:
    """Return the constant score with the least mean loss (one a prediction or a class), and which it is in words."""
    if scores.several:
        return _of_several(scores, np.asarray(target, np.float64), weight), "the constants with the least mean loss"
    options: dict[str, Any] = {} if scores.form is None else {"given": scores.form}
    if classes is not None:
        options["classes"] = classes
    of: Any = scores.loss
    own, why = scores.parameters, "the constant with the least mean loss"
    if scores.loss.properties.convex is not True and (scores.binary or scores.loss.kind == "softmax"):
        # where classes are told apart for sure, such a loss has no slope left
        of, own = (binary_cross_entropy if scores.binary else cross_entropy), {}
        why = "the share of each class, as the loss is not convex in the score"
        options["given"] = "logits"

    if (sought := _of_many(scores, target, weight)) is not None:
        return sought, why

    def best(target: Any, weight: Any) -> Any:
        if scores.form == "log" and scores.loss.formulas.minimizer(scores.numbers) == "mean":  # at once, and no search
            with np.errstate(divide="ignore"):
                found = np.log(of.best_constant(target, weight, given="mean", **own))
        else:
            found = np.asarray(of.best_constant(target, weight, **options, **own), np.float64)
        return scores.centre(found) if scores.by_exponential else found

    try:
        found = best(target, weight)
        if not np.isfinite(found).all() or (scores.form == "logits" and np.abs(found).max() > _FAR):
            found, why = best(*_with_each_outcome(target, weight, classes or 2)), f"{why}; {_ADDED}"
    except ValueError:
        found = scores.centre(0.0 if scores.binary else absolute_error.best_constant(target, weight))
        why = f"{'0' if scores.binary else 'the median of the target'}, as no single constant has the least mean loss"
    return (float(found), why) if found.ndim == 0 else (found - found.mean(), why)


def _of_many(scores: Scores, target: Any, weight: Any) -> float | None:
    """Return where the sum of the slopes of many samples changes sign, if the loss is convex and nothing else says where.

    ``best_constant`` takes several times as long, as it adds slopes exactly. None if it has to find the start.
    """
    formulas = scores.loss.formulas
    if not (scores.in_units_of_target and np.size(target) >= _MANY and formulas.properties.convex is True):
        return None
    if formulas.minimizer(scores.numbers) is not None or not formulas.interval(scores.names[0], scores.form).everything:
        return None
    arrays = {TARGET.name: np.ascontiguousarray(target, np.float64)}
    if weight is not None:
        arrays[WEIGHT.name] = np.ascontiguousarray(weight, np.float64)
    low, high = float(arrays[TARGET.name].min()), float(arrays[TARGET.name].max())
    if not 0 < high - low < np.inf:
        return None
    own = scores.formula(1)
    sums = Evaluation(scores.loss.__name__, [], own if weight is None else WEIGHT * own)

    def slope(constant: float) -> float:
        return sums(np.size(target), arrays, {**scores.numbers, scores.score(scores.names[0]).name: constant}, [])

    bracket = bracket_of(slope, low, high, high - low, Interval())
    try:
        return None if bracket is None else root_of(slope, *bracket, tolerance=1e-13 * (high - low))
    except ArithmeticError:  # slopes overflowed
        return None


def _with_each_outcome(target: Any, weight: Any, count: int) -> tuple[Any, Any]:
    """Return targets and weights with half a sample of each of the classes 0, 1, ….

    Shares are those by Jeffreys' prior then (half a sample of each class). Targets that are all 0, the logarithm of whose mean
    is -∞, get a mean above 0.
    """
    weight = np.ones(len(target)) if weight is None else np.asarray(weight, np.float64)
    half = 0.5 * weight.sum() / max(np.count_nonzero(weight), 1)
    target = np.asarray(target)
    return np.append(target, np.arange(count, dtype=target.dtype)), np.append(weight, np.full(count, half))


def near(scores: Scores, target: Any, weight: Any, classes: int | None = None) -> Any:
    """Return the start of a search that goes on from it: a mean is then added up at once, not exactly."""
    if scores.loss.kind == "pointwise" and scores.loss.formulas.minimizer(scores.numbers) == "mean":
        mean = np.mean(target) if weight is None else np.average(target, weights=weight)
        if scores.in_units_of_target:
            return float(mean)
        with np.errstate(all="ignore"):
            found = np.log(mean / (1 - mean)) if scores.form == "logits" else np.log(mean)
        if scores.form in ("log", "logits") and np.isfinite(found):
            return float(found)
    return start(scores, target, weight, classes)[0]


def _of_several(scores: Scores, target: Any, weight: Any) -> Any:
    """Return the scores with the least mean loss, found by the simplex method, which bears kinks."""
    from scipy.optimize import minimize

    def cost_at(constants: Any) -> float:
        at = np.broadcast_to(constants, (len(target), len(scores.names)))
        with np.errstate(all="ignore"):
            mean = float(np.average(scores.value(at, target), weights=weight))
        return mean if np.isfinite(mean) else np.inf

    first, unit = min(_guesses(scores, target, weight), key=lambda guess: cost_at(guess[0]))
    options = {"xatol": 1e-7, "fatol": 1e-12 * max(abs(cost_at(first)), 1e-288), "maxfev": 2000}
    with np.errstate(invalid="ignore"):  # of costs that are infinite
        steps = minimize(lambda x: cost_at(first + unit * x), np.zeros(len(first)), method="Nelder-Mead", options=options).x
    in_units = np.array([scores.is_in_units(name) for name in scores.lows])
    # where all targets are equal, the best spread is 0 and its logarithm -∞: the search ends anywhere, so it begins as it was
    steps = np.where(in_units | (np.abs(steps) < _FAR), steps, 0.0)
    return first + unit * steps


def _guesses(scores: Scores, target: Any, weight: Any) -> Iterator[tuple[Any, Any]]:
    """Yield scores to begin a search at, and units of its steps.

    Any number may be a location of the target or of its logarithm, a logit, or the logarithm of a scale or of its square.
    """
    mean = float(np.average(target, weights=weight))
    for of in (target, np.log(target)) if scores.loss.properties.target.low >= 0 and target.min() > 0 else (target,):
        middle = float(absolute_error.best_constant(of, weight))
        spread = float(np.average(np.abs(of - middle), weights=weight))
        for free in [power * np.log(spread) for power in (0, 1, 2)] if spread > 0 else [0.0]:
            first, unit = [], []
            for name, low in scores.lows.items():
                located = scores.is_in_units(name)
                first.append(middle if located else free if low == -np.inf else np.log(max(mean - low, 1e-10)))
                unit.append((spread or 1e-100) if located else 1.0)
            yield np.array(first), np.array(unit)
