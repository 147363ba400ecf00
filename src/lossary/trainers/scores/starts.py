"""The scores that training begins at: those of the constants with the least mean loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lossary.losses import absolute_error, binary_cross_entropy, cross_entropy
from lossary.trainers.scores.scores import Scores

_ADDED = "half a sample of each outcome is added, as it would be infinite"
_FAR = 100.0
"""More than a best logarithm lies from that of the mean target, or a best logit from 0, unless it is infinite at best."""


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
