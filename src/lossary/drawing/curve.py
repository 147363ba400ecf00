"""The curve of a loss, its gradient and its curvature. A loss is known here by its properties and by calling it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.drawing.figure import COLOURS, INK, POINTS, SIZE, draw_curve, draw_legend, label_axes, limit_view, stacked_figure
from lossary.drawing.plane import draw_plane
from lossary.names import wrong_choice

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
    along: str | None = None,
    at: Mapping[str, Any] | None = None,
) -> Figure:
    """Return the figure that :func:`lossary.plots.loss` describes."""
    if loss.properties.kind == "samplewise":
        if any(x is not None for x in (target, given, span, along)) or curvature:
            raise TypeError(
                f"plots.loss: {loss.__name__} is drawn over two components of its first prediction, so it takes only "
                "parameters= and at="
            )
        return draw_plane(loss, parameters=parameters or {}, at=at or {})
    if loss.properties.kind in ("composed", "sum"):
        raise TypeError(
            f"plots.loss: {loss.__name__} is composed of many predictions, so it is no curve; plot its values yourself"
        )
    along = loss.predictions[0] if along is None else along
    if along not in loss.predictions:
        raise wrong_choice("plots.loss", "along", along, loss.predictions)
    choices = loss.properties.given
    if given is not None and given not in choices:
        known = f"given is one of {', '.join(map(repr, choices))}" if choices else "there is no choice of given="
        raise ValueError(f"plots.loss: for {loss.__name__}, {known}; got {given!r}")
    if choices and given is None:
        given = "probabilities" if "probabilities" in choices else choices[0]
    options: dict[str, Any] = {} if given is None else {"given": given}
    points = points_of(loss, along, given, target, at or {})
    settings = _settings(loss, parameters or {})
    curves = list(product(points, settings))
    if len(curves) > len(COLOURS):
        raise ValueError(f"plots.loss: a picture holds at most {len(COLOURS)} curves; got {len(curves)}; ask for fewer values")
    x = places_along(loss, along, given, points, span)
    orders = ORDERS if curvature else ORDERS[:2]
    figure, axes = stacked_figure(len(orders), height=2.2 * len(orders) + 0.9)
    for axis, name in zip(axes, orders, strict=True):
        values = [values_along(loss, name, along, x, point, {**options, **chosen}) for point, chosen in curves]
        for style, (y, (point, chosen)) in enumerate(zip(values, curves, strict=True)):
            draw_curve(axis, x, y, style, _label(points, point, chosen))
        limit_view(axis, values)
        label_axes(axis, axis_name(loss, along, given, points) if axis is axes[-1] else "", name)
    title = loss.__name__.replace("_", " ")
    fixed = {k: v for k, v in settings[0].items() if len(settings) == 1}
    figure.suptitle(f"{title}, {_words(fixed)}" if fixed else title, fontsize=SIZE + 2, color=INK)
    figure.align_ylabels(axes)
    if len(curves) > 1:
        draw_legend(figure, axes[0], len(curves))
    return figure


def points_of(
    loss: Any, along: str, given: str | None, target: float | Sequence[float] | None, at: Mapping[str, Any]
) -> list[dict[str, float]]:
    """Return where the inputs lie that the curves do not run along, one or several values each."""
    if loss.properties.kind == "softmax":
        if target is not None or at:
            raise TypeError(
                f"plots.loss: {loss.__name__} is drawn over the probability of the true class; leave out target= and at="
            )
        return [{}]
    others = [name for name in loss.inputs if name != along]
    asked = {**at, **({} if target is None else {"target": target})}
    unknown = [name for name in asked if name not in others]
    if unknown:
        raise TypeError(
            f"plots.loss: {loss.__name__} is drawn along {along}, at values of {', '.join(others) or 'nothing else'}; "
            f"got {unknown[0]!r}"
        )
    values = []
    for name in others:
        interval = loss.formulas.interval(name, given)
        if name in asked:
            found = [float(t) for t in np.atleast_1d(asked[name])]
        elif name == "target" and (interval.low, interval.high) == (0, 1):
            found = [1.0, 0.0]
        else:
            found = [0.0] if name == "target" and not interval.outside(0.0) else [interval.inner_point]
        values.append(found)
    return [dict(zip(others, chosen, strict=True)) for chosen in product(*values)]


def _settings(loss: Any, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    unknown = sorted(set(parameters) - {*loss.parameters, *loss.choices})
    if unknown:
        known = ", ".join([*loss.parameters, *loss.choices]) or "none"
        raise TypeError(f"plots.loss: {loss.__name__} has no parameter {unknown[0]!r}; it has {known}")
    values = [[str(v) if isinstance(v, str) else float(v) for v in np.atleast_1d(value)] for value in parameters.values()]
    return [dict(zip(parameters, chosen, strict=True)) for chosen in product(*values)]


def places_along(
    loss: Any,
    along: str,
    given: str | None,
    points: list[dict[str, float]],
    span: tuple[float, float] | None,
    count: int = POINTS,
) -> np.ndarray:
    """Return the places along an input where a curve is computed: those of ``span``, or around the target."""
    interval = loss.formulas.interval(along, given)
    low, high = interval.low, interval.high
    # around what it is compared with, where the two are numbers of one kind
    compared = [point["target"] for point in points if "target" in point and math.isinf(low) and given not in ("logits", "log")]
    middle = compared or [0.0]
    if span is None:
        span = (max(low, min(middle) - 4), min(high, max(middle) + 4))
    if not span[0] < span[1]:
        raise ValueError(f"plots.loss: span goes from a number to a larger one; got {span}")
    x = np.linspace(*span, count)
    return x[1:-1] if interval.open else x


def values_along(
    loss: Any, name: str, along: str, x: np.ndarray, point: Mapping[str, float], options: dict[str, Any]
) -> np.ndarray:
    """Return the losses, slopes or curvatures along an input, where the others are at a point."""
    compute: Callable[..., Any] = loss if name == "loss" else getattr(loss, name)
    if loss.properties.kind != "softmax":
        inputs = {other: np.full_like(x, value) for other, value in point.items()}
        found = compute(**{**inputs, along: x}, reduction="none", **options)
        return np.asarray(getattr(found, along) if isinstance(found, tuple) else found)
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


def axis_name(loss: Any, along: str, given: str | None, points: list[dict[str, float]]) -> str:
    """Return what a curve is drawn over, in words."""
    forms = {"logits": "logit", "probabilities": "probability", "log_probabilities": "log-probability"}
    what = {**forms, "log": "logarithm of the mean", "mean": "mean"}.get(given or "", "")
    if loss.properties.kind == "softmax":
        return f"{what} of the true class"
    if along != "prediction":
        return along
    if what:
        return f"predicted {what}"
    return "prediction − target" if [point.get("target") for point in points] == [0.0] else "prediction"


def _label(points: list[dict[str, float]], point: Mapping[str, float], chosen: Mapping[str, float]) -> str:
    varied = [name for name in point if len({other[name] for other in points}) > 1]
    return ", ".join([f"{name} {point[name]:g}" for name in varied] + ([_words(chosen)] if chosen else []))


def _words(chosen: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value if isinstance(value, str) else f'{value:g}'}" for name, value in chosen.items())
