"""The losses that lessons compute with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lossary.atlas import facts
from lossary.atlas.curves import Curve, all_curves
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
PLANES = ("real", "positive", "shifted", "probability", "score")
OF_A_FILE = tuple(curve for curve in all_curves() if curve.loss.kind == "pointwise" and curve.plane in PLANES)
"""The losses of one number predicted for one number observed, the prediction as a number, a probability or a logit."""


def data(curves: Sequence[Curve]) -> dict[str, Any]:
    """Return what a lesson is given of its losses: how each is called, its name, and sliders of its parameters."""
    losses = [
        {**each.as_data(), **facts.in_both(each.loss.__name__), "sliders": facts.parameters(each.loss)} for each in curves
    ]
    return {"section": "learn", "losses": losses}
