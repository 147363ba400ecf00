"""Pictures of losses, drawn with matplotlib: each function returns a figure of its own and leaves pyplot alone.

>>> import lossary
>>> figure = lossary.plots.loss(lossary.huber, parameters={"delta": (0.5, 1, 2)})
>>> figure.savefig("huber.png")  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.activations import hardmax, softmax
from lossary.drawing.curve import ORDERS, axis_name, draw_loss, places_along, points_of, values_along
from lossary.drawing.figure import (
    COLOURS,
    INK,
    PAPER,
    POINTS,
    SIZE,
    STYLES,
    draw_curve,
    draw_legend,
    grid_figure,
    label_axes,
    limit_view,
    stacked_figure,
)
from lossary.engine.reduction import Total
from lossary.losses import absolute_error, binary_cross_entropy, huber, squared_error
from lossary.names import explains_options
from lossary.printable import as_typed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lossary.engine.calls import Loss
    from lossary.report import Score
else:
    from lossary.engine.loss import Loss

__all__ = [
    "binary_cross_entropy_branches",
    "learning_curves",
    "loss",
    "losses",
    "regression_losses",
    "reliability",
    "softmax_process",
    "training_loop",
]


@explains_options
def loss(
    loss: Loss,
    *,
    parameters: Mapping[str, Any] | None = None,
    target: float | Sequence[float] | None = None,
    given: str | None = None,
    span: tuple[float, float] | None = None,
    curvature: bool = False,
    along: str | None = None,
    at: Mapping[str, Any] | None = None,
) -> Figure:
    """Any loss as a curve, with its gradient below, and its ``curvature`` below that if asked for; a user's own loss too.

    A pointwise loss is drawn over the prediction, a softmax loss over the probability of the true class. ``parameters`` gives
    values of the loss's own parameters, one or several each: every combination becomes a curve. ``target`` gives one target or
    several (unless said: 0 and 1 for a target in [0, 1], else 0, or 1 where 0 is no target), ``given`` what the prediction is
    ("probabilities" unless said, where there is a choice), ``span`` from where to where.

    A loss of several predictions is drawn ``along`` one of them, the first unless said, ``at`` values of the other inputs, one
    or several each (``at={"variance": (0.5, 1, 2)}``). A samplewise loss is drawn over two components of its first prediction,
    as levels with arrows that point where gradient descent goes; ``at`` gives the two components of each other input.

    A composed loss has no such curve and raises, as do unknown parameters, more than six curves and an empty span.

    >>> import lossary
    >>> figure = loss(lossary.huber, parameters={"delta": (0.5, 1, 2)})
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['loss', 'gradient']
    """
    if not isinstance(loss, Loss):
        raise TypeError(f"plots.loss draws a loss, such as lossary.huber; got {type(loss).__name__}")
    return draw_loss(
        loss, parameters=parameters, target=target, given=given, span=span, curvature=curvature, along=along, at=at
    )


def losses(
    *losses: Loss,
    target: float | None = None,
    given: str | None = None,
    span: tuple[float, float] | None = None,
    curvature: bool = False,
) -> Figure:
    """Several losses in one picture, with their gradients below, and their ``curvature`` below that if asked for.

    They are all pointwise losses of a prediction and a target, or all softmax losses; ``target``, ``given`` and ``span`` are as
    of :func:`lossary.plots.loss`, found from the first loss where they are not passed. Parameters have their defaults.

    Raises TypeError for losses of other kinds or that take other forms of prediction, ValueError for none or more than six.

    >>> import lossary
    >>> figure = losses(lossary.squared_error, lossary.huber, lossary.log_cosh)
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['squared error', 'huber', 'log cosh']
    """
    if not 1 <= len(losses) <= len(COLOURS):
        raise ValueError(f"plots.losses draws 1 to {len(COLOURS)} losses; got {len(losses)}")
    first = losses[0]
    for drawn in losses:
        if not isinstance(drawn, Loss):
            raise TypeError(f"plots.losses draws losses, such as lossary.huber; got {type(drawn).__name__}")
        if drawn.properties.kind not in ("pointwise", "softmax") or len(drawn.inputs) != 2 or len(drawn.predictions) != 1:
            raise TypeError(
                f"plots.losses draws pointwise and softmax losses of a prediction and a target; {drawn.__name__} is another; "
                "draw it by plots.loss"
            )
        if (drawn.properties.kind, drawn.inputs) != (first.properties.kind, first.inputs):
            raise TypeError(
                f"plots.losses draws losses over the same prediction; {first.__name__} and {drawn.__name__} "
                "are of different kinds"
            )
    forms = [form for form in first.properties.given if all(form in drawn.properties.given for drawn in losses)]
    if given is None and forms:
        given = "probabilities" if "probabilities" in forms else forms[0]
    if (given not in forms) if forms else given is not None:
        shared = f"given is one of {', '.join(map(repr, forms))}" if forms else "there is no choice of given="
        raise ValueError(f"plots.losses: for these losses together, {shared}; got {given!r}")
    if not forms and any(drawn.properties.given for drawn in losses):
        raise TypeError("plots.losses draws losses over the same prediction; these take different forms of it; draw them apart")
    (along,) = first.predictions
    points = points_of(first, along, given, target, {})[:1]
    x = places_along(first, along, given, points, span)
    orders = ORDERS if curvature else ORDERS[:2]
    figure, axes = stacked_figure(len(orders), height=2.2 * len(orders) + 0.9)
    for axis, order in zip(axes, orders, strict=True):
        options = {} if given is None else {"given": given}
        values = [values_along(drawn, order, along, x, points[0], options) for drawn in losses]
        for style, (y, drawn) in enumerate(zip(values, losses, strict=True)):
            draw_curve(axis, x, y, style, drawn.__name__.replace("_", " "))
        limit_view(axis, values)
        label_axes(axis, axis_name(first, along, given, points) if axis is axes[-1] else "", order)
    figure.align_ylabels(axes)
    draw_legend(figure, axes[0], len(losses))
    return figure


def reliability(scores: Score | Mapping[str, Score]) -> Figure:
    """How often an event happened beside its predicted probability, from one score or from several by name.

    On the diagonal, what is predicted happens that often; above it more often. Bars are the intervals of the frequencies.

    Raises ValueError for a score without calibration (its predictions are no probabilities), or for none or more than six.

    >>> import lossary
    >>> data = {"y": [0, 1, 1, 0], "p": [0.2, 0.9, 0.6, 0.4]}
    >>> options = {"loss": "binary_cross_entropy", "given": "probabilities"}
    >>> score = lossary.report.score(data, prediction="p", target="y", **options)
    >>> reliability(score).axes[0].get_ylabel()
    'how often it happened'
    """
    named = scores if isinstance(scores, Mapping) else {"": scores}
    if not 1 <= len(named) <= len(COLOURS):
        raise ValueError(f"plots.reliability draws 1 to {len(COLOURS)} scores; got {len(named)}")
    figure, (axis,) = stacked_figure(1, height=4.8)
    axis.plot([0, 1], [0, 1], color="#999999", linewidth=1.2)
    for style, (name, score) in enumerate(named.items()):
        if score.calibration is None:
            raise ValueError(
                f"plots.reliability draws scores of probabilities; {name or 'this score'} of {score.loss} has no calibration; "
                "score it by a loss of probabilities, such as binary_cross_entropy"
            )
        bins = score.calibration.bins
        colour, x = COLOURS[style], [part.predicted for part in bins]
        axis.plot(
            x, [part.observed for part in bins], color=colour, linestyle=STYLES[style], linewidth=2, marker="o", label=name
        )
        sure = [part for part in bins if part.interval is not None]
        ends = [(part.interval.low, part.interval.high) for part in sure if part.interval is not None]
        axis.vlines([part.predicted for part in sure], *np.reshape(ends, (-1, 2)).T, color=colour, linewidth=1.4, alpha=0.6)
    label_axes(axis, "predicted probability", "how often it happened")
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    if len(named) > 1:
        draw_legend(figure, axis, len(named))
    return figure


def learning_curves(totals: Mapping[str, Sequence[Total | float]], *, step: str = "epoch") -> Figure:
    """The mean loss over the steps of training, a curve a name; the least of each curve is marked.

    ``totals`` holds one :class:`lossary.Total`, or one mean, for each ``step``. A step without a finite mean leaves a gap.

    Raises ValueError for no curve, more than six, or one without steps.

    >>> figure = learning_curves({"training": [0.9, 0.5, 0.3], "validation": [0.8, 0.6, 0.7]})
    >>> figure.axes[0].get_xlabel()
    'epoch'
    """
    if not 1 <= len(totals) <= len(COLOURS):
        raise ValueError(f"plots.learning_curves draws 1 to {len(COLOURS)} curves; got {len(totals)}")
    figure, (axis,) = stacked_figure(1, height=3.9)
    for style, (name, recorded) in enumerate(totals.items()):
        means = np.array([entry.mean if isinstance(entry, Total) else float(entry) for entry in recorded])
        if not means.size:
            raise ValueError(f"plots.learning_curves: {name!r} has no steps; pass a total or a mean for each")
        means[~np.isfinite(means)] = np.nan
        x = np.arange(1, means.size + 1)
        marker = "" if means.size > 1 else "."
        axis.plot(x, means, color=COLOURS[style], linestyle=STYLES[style], linewidth=2.2, marker=marker, label=name)
        if np.isfinite(means).any():
            least = int(np.nanargmin(means))
            axis.plot(x[least], means[least], "o", color=PAPER, markeredgecolor=COLOURS[style], markersize=8)
    label_axes(axis, step, "mean loss")
    axis.locator_params(axis="x", integer=True)
    draw_legend(figure, axis, len(totals))
    return figure


def binary_cross_entropy_branches() -> Figure:
    """The two branches of the binary cross-entropy: -log a where the event happened, -log(1 - a) where it did not.

    >>> binary_cross_entropy_branches().axes[0].get_xlabel()
    'predicted probability a'
    """
    figure, (axis,) = stacked_figure(1, height=3.9)
    a = np.linspace(0, 1, POINTS)
    for style, (target, formula, place) in enumerate([(1, r"$-\log\,a$", 0.045), (0, r"$-\log(1-a)$", 0.955)]):
        y = binary_cross_entropy(a, np.full_like(a, target), given="probabilities", reduction="none")
        draw_curve(axis, a, y, style, f"target {target}")
        side = "left" if target else "right"
        axis.text(
            place + (0.05 if target else -0.05), 3.2, f"target {target}\n{formula}", color=COLOURS[style], ha=side, size=SIZE
        )
    axis.set_ylim(-0.1, 4.6)
    label_axes(axis, "predicted probability a", "loss")
    figure.suptitle("Binary cross-entropy", fontsize=SIZE + 2, color=INK)
    return figure


def softmax_process(scores: Sequence[float] = (3, 1, -3)) -> Figure:
    """How scores become probabilities (exponential, sum, share), beside the hardmax of the same scores.

    >>> [axes.get_title("left") for axes in softmax_process().axes]
    ['1. scores z', '2. exponentials', '3. softmax', 'instead: hardmax']
    """
    z = np.asarray(scores, dtype=float)
    if z.ndim != 1 or not 2 <= z.size <= 8 or not np.isfinite(z).all() or np.abs(z).max() > 700:
        raise ValueError(f"plots.softmax_process draws 2 to 8 scores between -700 and 700; got {as_typed(scores)}")
    figure, panels = grid_figure()
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
        axis.set_title(title, fontsize=SIZE + 1, color=INK, loc="left")
        axis.set_xlabel(caption, fontsize=SIZE, color=INK)
    for axis in panels[2:]:
        axis.set_ylim(0, 1.19)
    return figure


def regression_losses(deltas: Iterable[float] = (0.5, 1, 2)) -> Figure:
    """The squared, the absolute and Huber's loss for several δ over the residual, with their gradients below.

    >>> [text.get_text() for text in regression_losses(deltas=(1,)).legends[0].get_texts()]
    ['squared', 'absolute', 'Huber, δ = 1']
    """
    deltas = tuple(deltas)
    if len(deltas) > len(COLOURS) - 2:
        raise ValueError(f"plots.regression_losses draws at most {len(COLOURS) - 2} values of delta; got {len(deltas)}")
    figure, axes = stacked_figure(2, height=6.2)
    residual = np.linspace(-3, 3, POINTS)
    curves: list[tuple[Loss, str, dict[str, Any]]] = [(squared_error, "squared", {}), (absolute_error, "absolute", {})]
    curves += [(huber, f"Huber, δ = {delta:g}", {"delta": delta}) for delta in deltas]
    for axis, name in zip(axes, ORDERS, strict=False):
        for style, (drawn, label, chosen) in enumerate(curves):
            draw_curve(axis, residual, values_along(drawn, name, "prediction", residual, {"target": 0.0}, chosen), style, label)
        label_axes(axis, "prediction − target" if axis is axes[-1] else "", name)
    axes[0].set_ylim(-0.15, 5.3)
    axes[1].set_ylim(-4.2, 4.2)
    figure.suptitle("Losses of a residual", fontsize=SIZE + 2, color=INK)
    figure.align_ylabels(axes)
    draw_legend(figure, axes[0], len(curves))
    return figure


def training_loop() -> Figure:
    """Where the loss stands in training: between prediction and target on one side, gradient and optimiser on the other.

    >>> [text.get_text() for text in training_loop().axes[0].texts[:3]]
    ['data', 'model', 'prediction']
    """
    figure, (axis,) = stacked_figure(1, height=4.3)
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
        colour = COLOURS[1] if name == "loss" else COLOURS[0] if name in ("model", "optimiser") else INK
        box = {
            "boxstyle": "round,pad=0.5",
            "facecolor": "#fdeee3" if name == "loss" else PAPER,
            "edgecolor": colour,
            "linewidth": 1.6,
        }
        boxes[name] = axis.text(x, y, name, ha="center", va="center", size=SIZE + 1, color=colour, bbox=box)
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
        arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 2, "mutation_scale": 14}
        arrow |= {"patchA": boxes[start].get_bbox_patch(), "patchB": boxes[end].get_bbox_patch()}
        axis.annotate("", places[end], places[start], arrowprops=arrow)
        if words:
            place, side = (places[start][0] + 0.12, "left") if start == "data" else (places[start][0] - 0.12, "right")
            axis.text(place, 1, words, ha=side, va="center", size=SIZE - 1, color="#555555")
    axis.set(xlim=(-0.45, 2.48), ylim=(-0.4, 2.4))
    axis.axis("off")
    return figure


def _short(x: float) -> str:
    if x == round(x) and abs(x) < 1e5:
        return f"{x:.0f}"
    return f"{x:.3f}" if abs(x) < 1 else f"{x:.4g}"


def _bars(axis: Axes, values: np.ndarray, symbol: str) -> None:
    colours = [COLOURS[i % len(COLOURS)] for i in range(values.size)]
    bars = axis.bar(np.arange(values.size), values, color=colours, width=0.62)
    axis.bar_label(bars, [_short(v) for v in values], padding=3, fontsize=SIZE - 1, color=INK)
    axis.axhline(0, color="#999999", linewidth=0.9)
    axis.margins(y=0.22)
    axis.set_xticks(np.arange(values.size), [f"${symbol.format(i + 1)}$" for i in range(values.size)], fontsize=SIZE)
    axis.tick_params(length=0, colors=INK)
    axis.set_yticks([])
    axis.spines[:].set_visible(False)
