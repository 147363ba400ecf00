"""The mean loss of the best constant prediction, against which predictions are judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.engine.best_constant import Targets, best_of_targets, refusal, usual_form
from lossary.engine.class_shares import ClassShares, best_shares, mean_loss, takes_target
from lossary.engine.loss import Loss
from lossary.engine.reduction import Total


@dataclass(frozen=True)
class Baseline:
    """A constant prediction and its mean loss; ``loss`` is None if none was found, and ``note`` says why."""

    loss: float | None
    constant: str = ""
    note: str = ""


def best_distribution(
    loss: Loss, parameters: Mapping[str, Any], shares: ClassShares, total_weight: float, classes: Sequence[str] = ()
) -> Baseline:
    """Return the best constant distribution over classes for a softmax loss; for cross-entropy, the class shares."""
    loss, parameters = loss.choose(parameters)
    if (reason := refusal(loss)) is not None:
        return Baseline(None, note=reason)
    weights = shares.weights()
    if not total_weight > 0 or not weights.sum() > 0:
        return Baseline(None, note="no row weighs anything, so no constant is best")
    p, name, note = weights / weights.sum(), "the share of each class", ""
    try:
        p = best_shares(loss, parameters, weights, total_weight, hard=shares.hard)
        name = name if loss.is_cross_entropy else "the probabilities"
    except ValueError as error:
        note = f"no best constant was found: {error}"
        if takes_target(loss) and not shares.hard:
            return Baseline(None, note=note)
        note += "; the shares of the classes stand for it"
    names = list(classes) or [str(k) for k in range(len(weights))]
    return Baseline(mean_loss(loss, parameters, p, weights, total_weight), f"{name}, {_numbers(p, names)}", note)


def commonest_class(shares: ClassShares, total_weight: float) -> Baseline:
    """Return the share of mistakes if every row were predicted to be of the commonest class."""
    weights = shares.weights()
    return Baseline(float(weights.sum() - weights.max(initial=0.0)) / total_weight if total_weight > 0 else None)


def best_constant(
    loss: Loss, parameters: Mapping[str, Any], targets: Targets, total_weight: float, classes: Sequence[str] = ()
) -> Baseline:
    """Return the best constant prediction for a pointwise loss: the mean, a quantile, or a numerical minimiser.

    ``classes`` names targets that are places among them.
    """
    loss, parameters = loss.choose(parameters)
    if (reason := refusal(loss)) is not None:
        return Baseline(None, note=reason)
    if not total_weight > 0:
        return Baseline(None, note="no row weighs anything, so no constant is best")
    form = usual_form(loss)
    try:
        constant, statistic = best_of_targets(loss, parameters, targets, total_weight, form)
    except (TypeError, ValueError, ArithmeticError) as error:
        return Baseline(None, note=f"no best constant was found: {error}")
    name = "the constant" if statistic is None else f"the {statistic} of the target"
    if not math.isfinite(constant):
        return Baseline(math.inf, "", "some targets are infinite, so every constant has an infinite mean loss")
    lowest = _mean_loss(loss, {**parameters, **({} if form is None else {"given": form})}, targets, constant)
    if lowest != lowest:
        return Baseline(None, note=f"the mean loss of {name}, {constant:.6g}, is NaN, so it is no baseline")
    return Baseline(lowest, f"{name}, {classes[int(constant)] if classes else f'{constant:.6g}'}")


def _mean_loss(loss: Loss, options: Mapping[str, Any], targets: Targets, constant: float) -> float:
    total = Total()
    for target, weight in targets:
        total += loss.total(np.full(len(target), constant), target, weight=weight, check=False, **options)
    return total.mean


def _numbers(values: np.ndarray, names: Sequence[str]) -> str:
    named = names != [str(k) for k in range(len(names))]
    shown = ", ".join(f"{name} {v:.4g}" if named else f"{v:.4g}" for name, v in zip(names[:8], values, strict=False))
    return shown + (f", … ({len(values)})" if len(values) > 8 else "")
