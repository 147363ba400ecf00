"""The losses that lessons compute with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lossary.atlas import facts
from lossary.atlas.curves import Curve, all_curves
from lossary.engine.loss import Loss
from lossary.losses.find import registry

OF_LINES = tuple(
    Curve(registry[name], None, "prediction")
    for name in ("squared_error", "absolute_error", "huber", "quantile", "log_cosh", "cauchy", "tukey")
)
"""The losses under which lines are fitted."""

OF_A_CLASS = tuple(Curve(registry[name], "logits", "prediction") for name in ("binary_cross_entropy", "brier_binary"))
"""Cross-entropy and squared error of a class, over the logit."""

OF_THE_ARTICLE = (
    *(Curve(registry[name], None, "prediction") for name in ("squared_error", "absolute_error", "huber")),
    *(Curve(registry[name], "probabilities", "prediction") for name in ("binary_cross_entropy", "cross_entropy")),
    *OF_A_CLASS,
)
"""The losses of the article's worked tables."""
SHAPES = {
    **dict.fromkeys(("real", "positive", "shifted"), "number"),
    "probability": "probability",
    "score": "score",
}
"""What a file has in its column of predictions, by the plane of a loss of one prediction."""
_SPREADS = ("variance", "scale", "log_variance", "log_scale")


def shape_of(curve: Curve) -> str | None:
    """Return what a file has to have for this curve: one number, or several columns; None where it cannot be scored so."""
    loss = curve.loss
    if loss.kind == "softmax":
        return {"probabilities": "classes", "logits": "class_logits"}.get(curve.given or "")
    if loss.kind != "pointwise" or curve.along != loss.predictions[-1]:
        return None
    if loss.inputs == ("prediction", "target"):
        return SHAPES.get(curve.plane or "")
    if loss.inputs == ("lower", "upper", "target"):
        return "bounds"
    return curve.given if loss.inputs[2:] == ("target",) and curve.given in _SPREADS else None


OF_A_FILE = tuple(curve for curve in all_curves() if shape_of(curve) is not None)
"""The losses of one number, of two, or of classes, for one number or one class observed."""
OF_LEVELS = {"quantiles": 1, "weighted_interval_score": 2}
"""Losses of quantiles: so many times the mean over the levels of the loss ``quantile``."""


def of_a_file() -> dict[str, Any]:
    """Return what the lesson of a file is given: losses by the shape of a file."""
    found = data(OF_A_FILE)
    for loss, curve in zip(found["losses"], OF_A_FILE, strict=True):
        loss |= {"shape": shape_of(curve), "choices": facts.choices(registry[curve.loss.__name__])}
    quantile = next(loss for loss in found["losses"] if loss["loss"] == "quantile")
    for name, factor in OF_LEVELS.items():
        own = {"loss": name, "shape": "levels", "factor": factor, "sliders": [], **facts.in_both(name)}
        found["losses"].append({**quantile, **own})
    return found


def of_loss(loss: Loss) -> list[dict[str, Any]]:
    """Return the lessons that a loss is met in: the page, and the state that shows it there."""
    name, found = loss.__name__, []
    if any(curve.loss is loss for curve in OF_LINES):
        shown = dict.fromkeys(("squared_error", "absolute_error", name))
        found.append({"page": "regression", "state": {"with": ",".join(shown), "of": name}})
    if any(curve.loss is loss for curve in OF_A_CLASS):
        found.append({"page": "classification", "state": {}})
    if loss.kind == "softmax":
        found.append({"page": "softmax", "state": {}})
    if loss.kind == "softmax" and (registry.family(name) == "divergences" or name == "cross_entropy"):
        found.append({"page": "information", "state": {}})
    if any(curve.loss is loss for curve in OF_THE_ARTICLE):
        found.append({"page": "tour", "state": {}})
    if name in OF_LEVELS or any(curve.loss is loss for curve in OF_A_FILE):
        found.append({"page": "file", "state": {"loss": name}})
    return found


def data(curves: Sequence[Curve]) -> dict[str, Any]:
    """Return what a lesson is given of its losses: how each is called, its name, and sliders of its parameters."""
    losses = [
        {**each.as_data(), **facts.in_both(each.loss.__name__), "sliders": facts.parameters(each.loss)} for each in curves
    ]
    return {"section": "learn", "losses": losses}
