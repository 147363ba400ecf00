"""The small curve of a loss beside its name in the index."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.atlas.curves import Curve, curves_of
from lossary.atlas.examples import EXAMPLES
from lossary.engine.loss import Loss

WIDTH, HEIGHT, _EDGE = 72, 40, 3


def spark(loss: Loss) -> str:
    """Return the path of a loss over its first prediction, in a box of 72 by 40."""
    curves = curves_of(loss)
    if curves:
        x, y = points(curves[0], 41)
    else:
        y = np.array(EXAMPLES[loss.__name__].curves(loss, 25)["value"])
        x = np.arange(len(y))
    finite = np.isfinite(y)
    low = float(y[finite].min(initial=np.inf))
    high = min(float(np.quantile(y[finite], 0.9)) * 1.15 - 0.15 * low, float(y[finite].max()))
    if high <= low:
        high = low + 1.0
    across = np.linspace(_EDGE, WIDTH - _EDGE, len(x))
    down = HEIGHT - _EDGE - (np.clip(y, low, high + (high - low)) - low) / (high - low) * (HEIGHT - 2 * _EDGE)
    words, pen = [], "M"
    for a, b, drawn in zip(across, down, finite, strict=True):
        if drawn and b >= 0:
            words.append(f"{pen}{a:.1f},{b:.1f}")
        pen = "L" if drawn and b >= 0 else "M"
    return "".join(words)


def points(curve: Curve, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return places along a curve and the losses there, the other inputs and the parameters being as they begin."""
    data, loss = curve.as_data(), curve.loss
    x = np.linspace(data["x"]["from"], data["x"]["to"], count)
    options: dict[str, Any] = {} if curve.given is None else {"given": curve.given}
    inputs = {view["name"]: np.full(count, float(view["start"])) for view in data["others"]}
    if loss.kind == "softmax":
        target = np.stack([1 - inputs["target"], inputs["target"]], -1)
        rows = np.stack([1 - x if curve.given == "probabilities" else np.zeros(count), x], -1)
        inputs = {"prediction": rows, "target": target}
    elif loss.kind == "samplewise":
        for name, values in curve.components.items():
            inputs[name] = np.tile(values, (count, 1))
        inputs[curve.along][:, 0] = x
    else:
        inputs[curve.along] = x
    with np.errstate(all="ignore"):
        ordered = (inputs[name] for name in loss.inputs)
        return x, np.asarray(loss(*ordered, reduction="none", check=False, **options), np.float64)
