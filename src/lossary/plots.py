"""Pictures of losses, drawn with matplotlib: each function returns a figure of its own and leaves pyplot alone.

>>> import lossary
>>> figure = lossary.plots.loss(lossary.huber, parameters={"delta": (0.5, 1, 2)})
>>> figure.savefig("huber.png")  # doctest: +SKIP
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.activations import hardmax, softmax
from lossary.losses import absolute_error, binary_cross_entropy, huber, squared_error
from lossary.names import explains_options

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lossary.engine.calls import Loss
else:
    from lossary.engine.loss import Loss

__all__ = ["binary_cross_entropy_branches", "loss", "regression_losses", "softmax_process", "training_loop"]

# colours that differ for every kind of sight (Okabe and Ito, 2008), with line styles that differ in print
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_STYLES = ("-", "--", "-.", (0, (1, 1.2)), (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
_INK, _FAINT, _PAPER = "#222222", "#d9d9d9", "white"
_SIZE = 12
_POINTS = 1001  # odd, so that the middle is a point
_ORDERS = ("loss", "gradient", "curvature")


@explains_options
def loss(
    loss: Loss,
    *,
    parameters: Mapping[str, Any] | None = None,
    target: float | Sequence[float] | None = None,
    given: str | None = None,
    span: tuple[float, float] | None = None,
    curvature: bool = False,
) -> Figure:
    """Any loss as a curve, with its gradient below, and its ``curvature`` below that if asked for; a user's own loss too.

    A pointwise loss is drawn over the prediction, a softmax loss over the probability of the true class. ``parameters`` gives
    values of the loss's own parameters, one or several each: every combination becomes a curve. ``target`` gives one target or
    several (unless said: 0 and 1 for a target in [0, 1], else 0, or 1 where 0 is no target), ``given`` what the prediction is
    ("probabilities" unless said, where there is a choice), ``span`` from where to where.

    A composed loss has no such curve and raises, as do unknown parameters, more than six curves and an empty span.

    >>> import lossary
    >>> figure = loss(lossary.huber, parameters={"delta": (0.5, 1, 2)})
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['loss', 'gradient']
    """
    if not isinstance(loss, Loss):
        raise TypeError(f"plots.loss draws a loss, such as lossary.huber; got {type(loss).__name__}")
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
    if len(curves) > len(_COLOURS):
        raise ValueError(f"plots.loss: a picture holds at most {len(_COLOURS)} curves; got {len(curves)}; ask for fewer values")
    x = _span(loss, given, targets, span)
    orders = _ORDERS if curvature else _ORDERS[:2]
    figure, axes = _figure(len(orders), height=2.2 * len(orders) + 0.9)
    for axis, name in zip(axes, orders, strict=True):
        values = [_values(loss, name, x, t, {**options, **chosen}) for t, chosen in curves]
        for style, (y, (t, chosen)) in enumerate(zip(values, curves, strict=True)):
            _curve(axis, x, y, style, _label(targets, t, chosen))
        _keep_infinity_out(axis, values)
        _dress(axis, _axis_name(loss, given, targets) if axis is axes[-1] else "", name)
    title = loss.__name__.replace("_", " ")
    fixed = {k: v for k, v in settings[0].items() if len(settings) == 1}
    figure.suptitle(f"{title}, {_words(fixed)}" if fixed else title, fontsize=_SIZE + 2, color=_INK)
    figure.align_ylabels(axes)
    if len(curves) > 1:
        _legend(figure, axes[0], len(curves))
    return figure


def binary_cross_entropy_branches() -> Figure:
    """The two branches of the binary cross-entropy: -log a where the event happened, -log(1 - a) where it did not.

    >>> binary_cross_entropy_branches().axes[0].get_xlabel()
    'predicted probability a'
    """
    figure, (axis,) = _figure(1, height=3.9)
    a = np.linspace(0, 1, _POINTS)
    for style, (target, formula, place) in enumerate([(1, r"$-\log\,a$", 0.045), (0, r"$-\log(1-a)$", 0.955)]):
        y = binary_cross_entropy(a, np.full_like(a, target), given="probabilities", reduction="none")
        _curve(axis, a, y, style, f"target {target}")
        side = "left" if target else "right"
        axis.text(
            place + (0.05 if target else -0.05), 3.2, f"target {target}\n{formula}", color=_COLOURS[style], ha=side, size=_SIZE
        )
    axis.set_ylim(-0.1, 4.6)
    _dress(axis, "predicted probability a", "loss")
    figure.suptitle("Binary cross-entropy", fontsize=_SIZE + 2, color=_INK)
    return figure


def softmax_process(scores: Sequence[float] = (3, 1, -3)) -> Figure:
    """How scores become probabilities (exponential, sum, share), beside the hardmax of the same scores.

    >>> [axes.get_title("left") for axes in softmax_process().axes]
    ['1. scores z', '2. exponentials', '3. softmax', 'instead: hardmax']
    """
    z = np.asarray(scores, dtype=float)
    if z.ndim != 1 or not 2 <= z.size <= 8 or not np.isfinite(z).all() or np.abs(z).max() > 700:
        raise ValueError(f"plots.softmax_process draws 2 to 8 scores between -700 and 700; got {scores!r}")
    figure, panels = _grid()
    e = np.exp(z)
    for axis, title, values, symbol, caption in zip(
        panels,
        ("1. scores z", "2. exponentials", "3. softmax", "instead: hardmax"),
        (z, e, softmax(z), hardmax(z)),
        ("z_{}", "e^{{z_{}}}", "a_{}", "a_{}"),
        ("any numbers", rf"$\Sigma\,e^z$ = {_short(e.sum())}", r"$e^z \,/\; \Sigma\,e^z$", "the largest takes all"),
        strict=True,
    ):
        _bars(axis, values, symbol)
        axis.set_title(title, fontsize=_SIZE + 1, color=_INK, loc="left")
        axis.set_xlabel(caption, fontsize=_SIZE, color=_INK)
    for axis in panels[2:]:
        axis.set_ylim(0, 1.19)
    return figure


def regression_losses(deltas: Iterable[float] = (0.5, 1, 2)) -> Figure:
    """The squared, the absolute and Huber's loss for several δ over the residual, with their gradients below.

    >>> [text.get_text() for text in regression_losses(deltas=(1,)).legends[0].get_texts()]
    ['squared', 'absolute', 'Huber, δ = 1']
    """
    deltas = tuple(deltas)
    if len(deltas) > len(_COLOURS) - 2:
        raise ValueError(f"plots.regression_losses draws at most {len(_COLOURS) - 2} values of delta; got {len(deltas)}")
    figure, axes = _figure(2, height=6.2)
    residual = np.linspace(-3, 3, _POINTS)
    curves: list[tuple[Loss, str, dict[str, Any]]] = [(squared_error, "squared", {}), (absolute_error, "absolute", {})]
    curves += [(huber, f"Huber, δ = {delta:g}", {"delta": delta}) for delta in deltas]
    for axis, name in zip(axes, _ORDERS, strict=False):
        for style, (drawn, label, chosen) in enumerate(curves):
            _curve(axis, residual, _values(drawn, name, residual, 0.0, chosen), style, label)
        _dress(axis, "prediction − target" if axis is axes[-1] else "", name)
    axes[0].set_ylim(-0.15, 5.3)
    axes[1].set_ylim(-4.2, 4.2)
    figure.suptitle("Losses of a residual", fontsize=_SIZE + 2, color=_INK)
    figure.align_ylabels(axes)
    _legend(figure, axes[0], len(curves))
    return figure


def training_loop() -> Figure:
    """Where the loss stands in training: between prediction and target on one side, gradient and optimiser on the other.

    >>> [text.get_text() for text in training_loop().axes[0].texts[:3]]
    ['data', 'model', 'prediction']
    """
    figure, (axis,) = _figure(1, height=4.3)
    places = {
        "data": (0, 2),
        "model": (1, 2),
        "prediction": (1, 1),
        "loss": (1, 0),
        "target": (0, 0),
        "gradient": (2, 0),
        "optimiser": (2, 2),
    }
    boxes = {}
    for name, (x, y) in places.items():
        colour = _COLOURS[1] if name == "loss" else _COLOURS[0] if name in ("model", "optimiser") else _INK
        box = {
            "boxstyle": "round,pad=0.5",
            "facecolor": "#fdeee3" if name == "loss" else _PAPER,
            "edgecolor": colour,
            "linewidth": 1.6,
        }
        boxes[name] = axis.text(x, y, name, ha="center", va="center", size=_SIZE + 1, color=colour, bbox=box)
    for start, end, words in [
        ("data", "model", ""),
        ("model", "prediction", ""),
        ("prediction", "loss", ""),
        ("target", "loss", ""),
        ("data", "target", "the\nanswers"),
        ("loss", "gradient", ""),
        ("gradient", "optimiser", "how to\nimprove"),
        ("optimiser", "model", ""),
    ]:
        arrow = {"arrowstyle": "-|>", "color": _INK, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 2, "mutation_scale": 14}
        arrow |= {"patchA": boxes[start].get_bbox_patch(), "patchB": boxes[end].get_bbox_patch()}
        axis.annotate("", places[end], places[start], arrowprops=arrow)
        if words:
            place, side = (places[start][0] + 0.12, "left") if start == "data" else (places[start][0] - 0.12, "right")
            axis.text(place, 1, words, ha=side, va="center", size=_SIZE - 1, color="#555555")
    axis.set(xlim=(-0.45, 2.48), ylim=(-0.4, 2.4))
    axis.axis("off")
    return figure


# ---- what is drawn


def _targets(loss: Loss, target: float | Sequence[float] | None) -> list[float | None]:
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


def _settings(loss: Loss, parameters: Mapping[str, Any]) -> list[dict[str, float]]:
    unknown = sorted(set(parameters) - set(loss.parameters))
    if unknown:
        raise TypeError(
            f"plots.loss: {loss.__name__} has no parameter {unknown[0]!r}; it has {', '.join(loss.parameters) or 'none'}"
        )
    values = [[float(v) for v in np.atleast_1d(value)] for value in parameters.values()]
    return [dict(zip(parameters, chosen, strict=True)) for chosen in product(*values)]


def _span(loss: Loss, given: str | None, targets: list[float | None], span: tuple[float, float] | None) -> np.ndarray:
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
    x = np.linspace(*span, _POINTS)
    return x[1:-1] if interval.open else x


def _values(loss: Loss, name: str, x: np.ndarray, target: float | None, options: dict[str, Any]) -> np.ndarray:
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


def _axis_name(loss: Loss, given: str | None, targets: list[float | None]) -> str:
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


def _short(x: float) -> str:
    if x == round(x) and abs(x) < 1e5:
        return f"{x:.0f}"
    return f"{x:.3f}" if abs(x) < 1 else f"{x:.4g}"


# ---- how it is drawn


def _figure(rows: int, *, height: float) -> tuple[Figure, list[Axes]]:
    figure = _blank(4.8, height)
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)
    return figure, list(axes[:, 0])


def _grid() -> tuple[Figure, list[Axes]]:
    figure = _blank(4.8, 5.4)
    return figure, list(figure.subplots(2, 2).ravel())


def _blank(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError('lossary.plots draws with matplotlib, which is not installed: pip install "lossary[plots]"') from None
    figure = Figure(figsize=(width, height), dpi=150, facecolor=_PAPER)
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1)
    setattr(figure, "_repr_png_", partial(_png, figure))  # noqa: B010 - what notebooks show
    return figure


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _curve(axis: Axes, x: np.ndarray, y: np.ndarray, style: int, label: str) -> None:
    axis.plot(x, y, color=_COLOURS[style], linestyle=_STYLES[style], linewidth=2.2, label=label)
    axis.set_xlim(round(x[0], 2), round(x[-1], 2))


def _dress(axis: Axes, x_name: str, y_name: str) -> None:
    axis.set_facecolor(_PAPER)
    axis.grid(color=_FAINT, linewidth=0.8)
    axis.axhline(0, color="#999999", linewidth=0.9, zorder=1)
    axis.set_axisbelow(True)
    axis.set_ylabel(y_name, fontsize=_SIZE, color=_INK)
    if x_name:
        axis.set_xlabel(x_name, fontsize=_SIZE, color=_INK)
    axis.tick_params(labelsize=_SIZE - 2, colors=_INK, length=0)
    axis.spines[:].set_visible(False)
    axis.locator_params(axis="y", nbins=5)


def _keep_infinity_out(axis: Axes, values: list[np.ndarray]) -> None:
    """A view of the middle nine tenths, where a curve leaves for infinity at an end."""
    every = np.concatenate(values)
    shown = np.concatenate([y[y.size // 20 : -(y.size // 20)] for y in values])
    shown, finite = shown[np.isfinite(shown)], every[np.isfinite(every)]
    if shown.size and (finite.size < every.size or np.ptp(finite) > 4 * np.ptp(shown)):
        low, high = min(float(shown.min()), 0), max(float(shown.max()), 0)
        axis.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))


def _legend(figure: Figure, axis: Axes, curves: int) -> None:
    figure.legend(
        *axis.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=2 if curves > 3 else curves,
        frameon=False,
        fontsize=_SIZE - 1,
        handlelength=2.6,
    )


def _bars(axis: Axes, values: np.ndarray, symbol: str) -> None:
    colours = [_COLOURS[i % len(_COLOURS)] for i in range(values.size)]
    bars = axis.bar(np.arange(values.size), values, color=colours, width=0.62)
    axis.bar_label(bars, [_short(v) for v in values], padding=3, fontsize=_SIZE - 1, color=_INK)
    axis.axhline(0, color="#999999", linewidth=0.9)
    axis.margins(y=0.22)
    axis.set_xticks(np.arange(values.size), [f"${symbol.format(i + 1)}$" for i in range(values.size)], fontsize=_SIZE)
    axis.tick_params(length=0, colors=_INK)
    axis.set_yticks([])
    axis.spines[:].set_visible(False)
