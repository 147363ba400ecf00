"""What a loss makes of data: which constants a page seeks, on which axes, and the numbers that it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lossary.atlas.curves import Curve, curves_of
from lossary.engine.loss import Loss

_NUMBERS: Mapping[str, Any] = {"axis": (-2, 16), "least": -2, "step": 0.1, "first": (1, 1.5, 2, 2.5, 3)}
_AMOUNTS: Mapping[str, Any] = {**_NUMBERS, "axis": (0, 16), "least": 0.1}
_COUNTS: Mapping[str, Any] = {**_AMOUNTS, "least": 0, "step": 1, "first": (0, 0, 1, 3, 4)}
_SHARES: Mapping[str, Any] = {"axis": (0, 1), "least": 0, "step": 0.05, "first": (0, 0, 1, 1, 1)}
_LABELS: Mapping[str, Any] = {**_SHARES, "step": 1}
_PLANES: Mapping[str, Mapping[str, Any]] = {
    "real": _NUMBERS,
    "shifted": {**_NUMBERS, "axis": (0, 16), "least": 0},
    "positive": _AMOUNTS,
    "probability": _SHARES,
    "score": _LABELS,
}
"""The numbers to drag for losses of one prediction, by the plane of their curve; labels where the constant is a score."""
_LOCATION = {"low": -2, "high": 16, "log": False}
_SPREAD = {"low": 1e-3, "high": 60, "log": True}
_SEVERAL: Mapping[str, tuple[str | None, str, Mapping[str, Any], tuple[Mapping[str, Any], Mapping[str, Any]]]] = {
    "gaussian": ("variance", "variance", _NUMBERS, (_LOCATION, _SPREAD)),
    "laplace": ("scale", "scale", _NUMBERS, (_LOCATION, _SPREAD)),
    "lognormal": ("scale", "log", _AMOUNTS, ({**_LOCATION, "low": -3, "high": 4}, {**_SPREAD, "high": 10})),
    "student_t": ("scale", "scale", _NUMBERS, (_LOCATION, _SPREAD)),
    "crps_gaussian": ("scale", "scale", _NUMBERS, (_LOCATION, _SPREAD)),
    "crps_laplace": ("scale", "scale", _NUMBERS, (_LOCATION, _SPREAD)),
    "crps_logistic": ("scale", "scale", _NUMBERS, (_LOCATION, _SPREAD)),
    "interval_score": (None, "bounds", _NUMBERS, (_LOCATION, _LOCATION)),
    "zero_inflated_poisson": ("probabilities", "none", _COUNTS, ({**_SPREAD, "high": 16}, {"low": 0, "high": 1, "log": False})),
    "zero_inflated_negative_binomial": (
        "probabilities",
        "none",
        _COUNTS,
        ({**_SPREAD, "high": 16}, {"low": 0, "high": 1, "log": False}),
    ),
}
"""Losses of two predictions: the form, what is drawn around the numbers, the numbers, and where each constant is sought.

The slope of ``beta_gaussian`` is not that of its value, so its least value is no estimate.
"""


def of_loss(loss: Loss) -> dict[str, Any] | None:
    """Return what a page seeks the constants of, or None where a loss has no best constant."""
    if loss.__name__ in _SEVERAL:
        given, band, numbers, sought = _SEVERAL[loss.__name__]
        predictions = [{"name": name, **view} for name, view in zip(loss.predictions, sought, strict=True)]
        return {"given": given, "band": band, "labels": False, **numbers, "predictions": predictions}
    curve = _of_one(loss)
    if curve is None or curve.plane is None:
        return None
    numbers, x = _PLANES[curve.plane], curve.as_data()["x"]
    low, high = (-4, 4) if curve.plane == "score" else numbers["axis"]
    if curve.plane not in ("score", "probability"):
        low = max(low, x["low"] + 1e-9 * x["open"])
    sought_one = {"name": curve.along, "low": low, "high": high, "log": False}
    found: dict[str, Any] = {"given": curve.given, "band": "none", "labels": curve.plane in ("score", "probability"), **numbers}
    if curve.plane == "positive" and not curve.as_data()["others"][0]["open"]:
        found["least"] = 0
    if loss.__name__ == "reverse_kl":  # infinite for each constant where labels are certain
        found["first"] = (0.2, 0.3, 0.6, 0.7, 0.8)
    return {**found, "predictions": [sought_one]}


def _of_one(loss: Loss) -> Curve | None:
    """Return the curve along which a constant is sought: in the unit of the target, else as a score."""
    planes = {curve.plane: curve for curve in reversed(curves_of(loss))}
    return next((planes[plane] for plane in _PLANES if plane in planes), None)
