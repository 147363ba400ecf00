"""The mean loss of the best constant forecast: quantiles of the target, or its whole distribution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lossary import losses
from lossary.engine.best_constant import Targets
from lossary.engine.loss import Loss
from lossary.engine.median import weighted_quantile
from lossary.engine.reduction import Total
from lossary.report.measure.one_model.baseline import Baseline
from lossary.report.measure.rows.forecasts import Form

_SCORED: tuple[Any, ...] = (losses.crps_ensemble, losses.crps_gaussian, losses.crps_laplace, losses.crps_logistic)
"""Losses that are least for the distribution of the target, of whatever family."""


def best_forecast(loss: Loss, parameters: Mapping[str, Any], form: Form, targets: Targets, total_weight: float) -> Baseline:
    """Return the best constant forecast of a loss that judges forecasts in a form.

    Quantiles of targets that do not fit in memory are those of a sample; the loss of these constants is exact.
    """
    if not total_weight > 0:
        return Baseline(None, note="no row weighs anything, so no constant is best")
    found = _best(loss, parameters, form, targets, total_weight)
    if found.loss is None or math.isfinite(found.loss):
        return found
    return Baseline(math.inf, note="some targets are infinite or too large, so every constant has an infinite mean loss")


def _best(loss: Loss, parameters: Mapping[str, Any], form: Form, targets: Targets, total_weight: float) -> Baseline:
    about = "" if targets.in_memory else "≈ "
    if loss in _SCORED:
        return Baseline(_half_mean_distance(*targets.sample()), f"{about}the distribution of the target")
    if form.levels:
        values = _quantiles(*targets.sample(), form.levels)
        several = len(loss.predictions) == 1
        options = {**parameters, **({"levels": form.levels, "axis": -1} if several else {})}
        found = _loss_of(loss, options, [values] if several else values, targets)
        return Baseline(found, f"{about}the quantiles of the target, {_few(values)}")
    statistics = _statistics(loss, targets, total_weight)
    if statistics is None:
        return Baseline(None, note=f"no best constant is sought for {loss.__name__}")
    names, constants, own = statistics
    if not all(map(math.isfinite, constants)) or not constants[1] > 0:
        held = f"{names[0]}, {constants[0]:.6g}, and {names[1]}, {constants[1]:.6g}"
        return Baseline(None, note=f"no best constant was found: {held}, make no forecast")
    found = _loss_of(loss, {**parameters, **own}, constants, targets)
    return Baseline(found, f"{names[0]}, {constants[0]:.6g}, and {names[1]}, {constants[1]:.6g}")


def _loss_of(loss: Loss, options: Mapping[str, Any], constants: Sequence[Any], targets: Targets) -> float:
    """Return the mean loss of constant predictions, each a number or the numbers of a row."""
    total = Total()
    for target, weight in targets:
        inputs = [np.broadcast_to(constant, (len(target), *np.shape(constant))) for constant in constants]
        total += loss.total(*(*inputs, target), weight=weight, check=False, **options)
    return total.mean


def _statistics(
    loss: Any, targets: Targets, total_weight: float
) -> tuple[tuple[str, str], tuple[float, float], dict[str, str]] | None:
    """Return the location and the scale that are best for a likelihood, their names, and the form of the scale."""
    if loss in (losses.gaussian, losses.beta_gaussian, losses.lognormal):
        logarithmic = loss is losses.lognormal
        mean = _mean(targets, lambda y: np.log(y) if logarithmic else y)
        variance = _mean(targets, lambda y: ((np.log(y) if logarithmic else y) - mean) ** 2)
        if logarithmic:
            return ("the mean of log(target)", "its standard deviation"), (mean, math.sqrt(variance)), {"given": "scale"}
        return ("the mean of the target", "its variance"), (mean, variance), {"given": "variance"}
    if loss is losses.laplace:
        median = weighted_quantile(targets, total_weight)
        distance = _mean(targets, lambda y: abs(y - median))
        return ("the median of the target", "the mean distance from it"), (median, distance), {"given": "scale"}
    return None


def _mean(targets: Targets, of: Any) -> float:
    total = Total()
    with np.errstate(all="ignore"):
        for values, weights in targets:
            total.update(of(values), weights)
    return float(total.mean)


def _quantiles(values: np.ndarray, weights: np.ndarray, levels: Sequence[float]) -> list[float]:
    """Return the quantiles of weighted numbers: the least number with the share of a level at or below it.

    Where numbers in a row reach a share exactly, any between them and the next is best.
    """
    order = np.lexsort((weights, values))
    values, reached = values[order], np.cumsum(weights[order])
    reached /= reached[-1]
    places = np.searchsorted(reached, np.asarray(levels) - 1e-12)
    return [float(x) for x in values[np.minimum(places, len(values) - 1)]]


def _half_mean_distance(values: np.ndarray, weights: np.ndarray) -> float:
    """Return E|Y - Y'|/2 of weighted numbers, the mean CRPS of their own distribution: ∫ F(1 - F) dx, without cancellation."""
    order = np.lexsort((weights, values))
    values, reached = values[order], np.cumsum(weights[order])
    share = reached[:-1] / reached[-1]
    with np.errstate(invalid="ignore", over="ignore"):
        gaps = np.diff(values)
        return math.fsum(np.where(gaps == 0, 0.0, gaps * share * (1 - share)).tolist())


def _few(values: Sequence[float]) -> str:
    shown = ", ".join(f"{v:.4g}" for v in values[:8])
    return shown + (f", … ({len(values)})" if len(values) > 8 else "")
