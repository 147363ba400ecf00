"""Where the inputs and parameters of a loss are drawn: the range of each slider and axis, and where it begins."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lossary.engine.loss import Loss
from lossary.formula.domains import Interval

View = dict[str, Any]

_FORMS = {
    "logits": (-6.0, 6.0, 0.0),
    "log": (-2.0, 3.0, 0.5),
    "log_variance": (-4.0, 4.0, 0.0),
    "log_scale": (-3.0, 3.0, 0.0),
    "log_probabilities": (-6.0, 0.0, -0.7),
}
"""The view of an input that is passed in this form: low, high, and where it begins."""
_INPUTS: Mapping[tuple[str, str], tuple[float, float, float]] = {
    ("interval_score", "lower"): (-5, 0, -1),
    ("interval_score", "upper"): (0, 5, 1),
    ("accelerated_failure", "lower"): (0, 3, 1),
    ("accelerated_failure", "upper"): (3, 12, 3),
    ("survival_brier", "time"): (0, 4, 2),
    ("absolute_percentage_error", "target"): (-5, 5, 2),
    ("symmetric_percentage_error", "target"): (-5, 5, 2),
    ("reverse_kl", "target"): (0, 1, 0.7),
    ("wing", "prediction"): (-20, 20, 6),
    ("tukey", "prediction"): (-8, 8, 2),
    ("exponential", "prediction"): (-3, 3, 0.5),
    ("zero_inflated_poisson", "target"): (0, 8, 0),
    ("zero_inflated_negative_binomial", "target"): (0, 8, 0),
}
"""Views that do not follow from the domain."""
_PARAMETERS: Mapping[tuple[str, str], tuple[float, float]] = {
    ("tweedie", "power"): (1.01, 2.99),
    ("general_robust", "alpha"): (-6, 2),
    ("wing", "width"): (1, 18),
    ("wing", "curvature"): (0.2, 10),
    ("charbonnier", "epsilon"): (0, 3),
    ("power_error", "exponent"): (1, 4),
    ("symmetric_cross_entropy", "log_zero"): (-10, 0),
    ("kto", "beta"): (0.01, 2),
    ("dpo", "beta"): (0.01, 2),
    ("ipo", "beta"): (0.01, 2),
    ("dpo", "flip_probability"): (0, 0.49),
    ("triplet", "power"): (1, 6),
    ("cosine_embedding", "margin"): (-0.9, 0.9),
}
"""Ranges that do not follow from the domain and the default."""

COMPONENTS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "generalized_kl": {"prediction": (1.5, 2.0, 1.0), "target": (1.5, 2.0, 1.0)},
    "renyi": {"prediction": (0.0, 0.0, 0.0), "target": (0.6, 0.3, 0.1)},
    "spherical": {"prediction": (0.0, 0.0, 0.0), "target": (1.0, 0.0, 0.0)},
    "crammer_singer": {"prediction": (0.0, 0.0, -0.5), "target": (1.0, 0.0, 0.0)},
    "weston_watkins": {"prediction": (0.0, 0.0, -0.5), "target": (1.0, 0.0, 0.0)},
    "distillation": {"student": (0.0, 0.0, 0.0), "teacher": (2.0, 0.5, -1.0)},
    "contrastive": {"first": (0.0, 0.0), "second": (0.0, 0.0)},
    "cosine_distance": {"first": (0.0, 1.0), "second": (1.0, 1.0)},
    "cosine_embedding": {"first": (0.0, 1.0), "second": (1.0, 1.0)},
    "triplet": {"anchor": (0.0, 0.0), "positive": (0.0, 0.0), "negative": (2.0, 0.0)},
}
"""An example of a sample for losses of components, which are drawn along the first component of the first prediction."""
PIXELS = {"prediction": (0.5, 0.8, 0.3, 0.1), "target": (1.0, 1.0, 0.0, 0.0)}
"""The example for losses of regions."""


def of_input(loss: Loss, name: str, given: str | None) -> View:
    """Return the view of an input: its domain, the part of it that is drawn, and where it begins."""
    interval = loss.formulas.interval(name, given)
    if loss.kind == "softmax":
        interval = {"logits": Interval(), "probabilities": Interval(0, 1), "log_probabilities": Interval(high=0)}[
            given or "logits"
        ]
        if name == "target":
            interval = Interval(0, 1)
    form = given if name == loss.formulas.linked else None
    low, high, start = _INPUTS.get((loss.__name__, name)) or (_FORMS[form] if form in _FORMS else _usual(interval, name))
    if (loss.__name__, name) == ("exponential", "prediction") or (_of_label(loss) and name == "prediction" and form is None):
        start = 0.5
    return {"name": name, **_ends(interval), "from": low, "to": high, "start": start}


def _of_label(loss: Loss) -> bool:
    target = loss.properties.domains.get("target", Interval())
    return (target.low, target.high) == (0, 1)


def _usual(interval: Interval, name: str) -> tuple[float, float, float]:
    low, high = interval.low, interval.high
    if (low, high) == (0, 1):
        return 0.0, 1.0, 1.0 if name in ("target", "event") else 0.7
    if low == -math.inf:
        return (-5.0, 5.0, 0.0) if high == math.inf else (high - 6.0, high, high - 1.0)
    start = low + (1.0 if name in ("variance", "scale") else 2.0)
    return (low + 0.02 if interval.open else low), low + 8.0, start


def of_parameter(loss: Loss, name: str, value: float) -> View:
    """Return the range of a parameter's slider; ``log`` says that equal steps multiply."""
    interval = loss.formulas.intervals.get(name) or Interval()
    low, high = _PARAMETERS.get((loss.__name__, name), (math.nan, math.nan))
    log = (interval.low, interval.high) == (0, math.inf) and interval.open and value > 0 and math.isnan(low)
    if log:
        low, high = value / 20, value * 20
    elif math.isnan(low):
        low = interval.low if interval.low > -math.inf else value - 3
        high = interval.high if interval.high < math.inf else max(value * 3, low + 3)
        if interval.open:
            edge = (high - low) / 100
            low, high = low + edge * (low == interval.low), high - edge * (high == interval.high)
    return {"name": name, **_ends(interval), "from": low, "to": high, "start": value, "log": log}


def _ends(interval: Interval) -> View:
    return {"low": interval.low, "high": interval.high, "open": interval.open}
