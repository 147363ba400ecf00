"""The losses that lessons compute with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lossary.atlas import facts
from lossary.atlas.curves import Curve
from lossary.losses.find import registry

OF_LINES = tuple(
    Curve(registry[name], None, "prediction")
    for name in ("squared_error", "absolute_error", "huber", "quantile", "log_cosh", "cauchy", "tukey")
)
"""The losses under which lines are fitted."""

OF_A_CLASS = tuple(Curve(registry[name], "logits", "prediction") for name in ("binary_cross_entropy", "brier_binary"))
"""Cross-entropy and squared error of a class, over the logit."""


def data(curves: Sequence[Curve]) -> dict[str, Any]:
    """Return what a lesson is given of its losses: how each is called, its name, and sliders of its parameters."""
    return {
        "losses": [
            {**each.as_data(), **facts.in_both(each.loss.__name__), "sliders": facts.parameters(each.loss)} for each in curves
        ]
    }
