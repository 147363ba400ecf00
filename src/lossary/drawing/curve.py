"""The curve of a loss, its gradient and its curvature. A loss is known here by its properties and by calling it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.drawing.figure import COLOURS, INK, POINTS, SIZE, draw_curve, draw_legend, label_axes, limit_view, stacked_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORDERS = ("loss", "gradient", "curvature")


def draw_loss(
    loss: Any,
    *,
    parameters: Mapping[str, Any] | None = None,
    target: float | Sequence[float] | None = None,
    given: str | None = None,
    span: tuple[float, float] | None = None,
    curvature: bool = False,
) -> Figure:
    """Return the figure that :func:`lossary.plots.loss` describes."""
    if loss.properties.kind == "composed":
        raise TypeError(
            f"plots.loss: {loss.__name__} is composed of many predictions, so it is no curve; plot its values yourself"
        )
    choices = loss.properties.given
    if given is not None and given not in choices:
        known = f"given is one of {', '.join(map(repr, choices))}" if choices else "there is no choice of given="
        raise ValueError(f"plots.loss: for {loss.__name__}, {known}; got {given!r}")
    if choices and given is None:
        given = "probabilities"
    options: dict[str, Any] = {} if given is None else {"given": given}
    targets = _targets(loss, target)
    settings = _settings(loss, parameters or {})
    curves = list(product(targets, settings))
    if len(curves) > len(COLOURS):
        raise ValueError(f"plots.loss: a picture holds at most {len(COLOURS)} curves; got {len(curves)}; ask for fewer values")
    x = _span(loss, given, targets, span)
    orders = ORDERS if curvature else ORDERS[:2]
    figure, axes = stacked_figure(len(orders), height=2.2 * len(orders) + 0.9)
    for axis, name in zip(axes, orders, strict=True):
        values = [values_along(loss, name, x, t, {**options, **chosen}) for t, chosen in curves]
        for style, (y, (t, chosen)) in enumerate(zip(values, curves, strict=True)):
            draw_curve(axis, x, y, style, _label(targets, t, chosen))
        limit_view(axis, values)
        label_axes(axis, _axis_name(loss, given, targets) if axis is axes[-1] else "", name)
    title = loss.__name__.replace("_", " ")
    fixed = {k: v for k, v in settings[0].items() if len(settings) == 1}
    figure.suptitle(f"{title}, {_words(fixed)}" if fixed else title, fontsize=SIZE + 2, color=INK)
    figure.align_ylabels(axes)
    if len(curves) > 1:
        draw_legend(figure, axes[0], len(curves))
    return figure


def _targets(loss: Any, target: float | Sequence[float] | None) -> list[float | None]:
    if loss.properties.kind == "softmax":
        if target is not None:
            raise TypeError(f"plots.loss: {loss.__name__} is drawn over the probability of the true class; leave out target=")
        return [None]
    if target is not None:
        return [float(t) for t in np.atleast_1d(target)]
    interval = loss.properties.target
    if (interval.low, interval.high) == (0, 1):
        return [1.0, 0.0]
    return [0.0] if not interval.outside(0.0) else [interval.inner_point]


def _settings(loss: Any, parameters: Mapping[str, Any]) -> list[dict[str, float]]:
    unknown = sorted(set(parameters) - set(loss.parameters))
    if unknown:
        raise TypeError(
            f"plots.loss: {loss.__name__} has no parameter {unknown[0]!r}; it has {', '.join(loss.parameters) or 'none'}"
        )
    values = [[float(v) for v in np.atleast_1d(value)] for value in parameters.values()]
    return [dict(zip(parameters, chosen, strict=True)) for chosen in product(*values)]


def _span(loss: Any, given: str | None, targets: list[float | None], span: tuple[float, float] | None) -> np.ndarray:
    interval = loss.properties.prediction
    low, high = {"probabilities": (0.0, 1.0), "log_probabilities": (-math.inf, 0.0)}.get(
        given or "", (interval.low, interval.high)
    )
    if given == "logits":
        low, high = -math.inf, math.inf
    middle = [t for t in targets if t is not None and given is None] or [0.0]
    if span is None:
        span = (max(low, min(middle) - 4), min(high, max(middle) + 4))
    if not span[0] < span[1]:
        raise ValueError(f"plots.loss: span goes from a number to a larger one; got {span}")
    x = np.linspace(*span, POINTS)
    return x[1:-1] if interval.open else x


def values_along(loss: Any, name: str, x: np.ndarray, target: float | None, options: dict[str, Any]) -> np.ndarray:
    """Return the losses, slopes or curvatures along x."""
    compute: Callable[..., Any] = loss if name == "loss" else getattr(loss, name)
    if target is not None:
        return np.asarray(compute(x, np.full_like(x, target), reduction="none", **options))
    # of two classes, the first being true: for its logit the other is 0
    other: dict[str, Callable[..., Any]] = {
        "logits": np.zeros_like,
        "probabilities": lambda p: 1 - p,
        "log_probabilities": lambda q: np.log(-np.expm1(q)),
    }
    with np.errstate(divide="ignore"):
        rows = np.stack([x, other[options["given"]](x)], -1)
    values = np.asarray(compute(rows, np.zeros(x.size, np.int64), reduction="none", **options))
    return values if name == "loss" else values[:, 0]


def _axis_name(loss: Any, given: str | None, targets: list[float | None]) -> str:
    what = {"logits": "logit", "probabilities": "probability", "log_probabilities": "log-probability"}.get(given or "", "")
    if loss.properties.kind == "softmax":
        return f"{what} of the true class"
    if what:
        return f"predicted {what}"
    return "prediction − target" if targets == [0.0] else "prediction"


def _label(targets: list[float | None], target: float | None, chosen: Mapping[str, float]) -> str:
    words = [f"target {target:g}"] if len(targets) > 1 and target is not None else []
    return ", ".join(words + ([_words(chosen)] if chosen else []))


def _words(chosen: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in chosen.items())
