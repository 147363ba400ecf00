"""Margins between angles: cosines of features and class centres changed into logits for the cross-entropy."""

from __future__ import annotations

import math
from typing import Any

from lossary.arrays import select
from lossary.arrays.checks import InvalidValues, normalize_axis, sum_tolerance
from lossary.arrays.graph import as_graph_node
from lossary.formula.calls import abs, cos, sin, sqrt, where
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression, symbol
from lossary.formula.numbers import check_number
from lossary.names import explains_options

_COSINE, _MARGIN, _IS_TRUE, _SCALE = symbol("cosine"), symbol("margin"), symbol("is_true"), symbol("scale")
# cos(θ + m) = cos θ·cos m - sin θ·sin m without an inverse cosine; where sin θ is 0, its infinite slope counts as 0
_SINE = where(abs(_COSINE) >= 1, 0, sqrt((1 - _COSINE) * (1 + _COSINE)))
_FURTHER = _COSINE * cos(_MARGIN) - _SINE * sin(_MARGIN)
# from θ = π - m on, where cos(θ + m) would rise again, the logit goes on falling as the cosine does
_ANGULAR = where(-cos(_MARGIN) < _COSINE, _FURTHER, _COSINE - _MARGIN * sin(_MARGIN))


@explains_options
@as_graph_node
def additive_angular(cosines: Any, target: Any, *, margin: float = 0.5, scale: float = 64.0, axis: int = -1) -> Any:
    r"""Return logits in which the true class must be nearer by an angle (ArcFace; Deng et al., 2019).

    .. math:: z_y = s \cos(\theta_y + m), \quad z_k = s \cos \theta_k \quad (k \ne y)

    ``cosines`` are those of the angles θ between features and class centres, both of length 1: classes on ``axis``, the last
    unless said. ``target`` holds class indices, without that axis. ``margin`` m is an angle in 0 … π/2, ``scale`` s > 0 the
    size of the logits. Beyond π - m, the true logit is s·(cos θ - m sin m), so that it never rises with the angle. The result
    has the shape and dtype of the cosines, and goes into :func:`lossary.cross_entropy` with the same target.

    torch and JAX differentiate it in the cosines. The slope grows towards a cosine of 1, but stays finite: at 1, where that of
    the angle is infinite, it is s·cos m. A cosine beyond ±1 by rounding counts as ±1 does; one further off raises, as do
    targets that are no integers and shapes that do not fit. A row whose label is no class, such as an ignored one, is
    only scaled.

    >>> import lossary
    >>> logits = lossary.additive_angular([[0.8, 0.1], [0.3, 0.6]], [0, 1], margin=0.5, scale=10.0)
    >>> logits
    array([[4.14410726, 1.        ],
           [3.        , 1.43009106]])
    >>> float(lossary.cross_entropy(logits, [0, 1]))
    0.9005651683137...
    """
    return _changed("additive_angular", _ANGULAR, cosines, target, margin, Interval(0.0, math.pi / 2), scale, axis)


@explains_options
@as_graph_node
def additive_cosine(cosines: Any, target: Any, *, margin: float = 0.35, scale: float = 64.0, axis: int = -1) -> Any:
    r"""Return logits in which the true class must have a greater cosine (CosFace; Wang et al., 2018).

    .. math:: z_y = s (\cos \theta_y - m), \quad z_k = s \cos \theta_k \quad (k \ne y)

    ``margin`` m lies in 0 … 2. ``cosines``, ``target``, ``scale``, ``axis``, the result and what raises are as for
    :func:`lossary.additive_angular`.

    >>> import lossary
    >>> lossary.additive_cosine([[0.8, 0.1]], [0], margin=0.35, scale=10.0)
    array([[4.5, 1. ]])
    """
    return _changed("additive_cosine", _COSINE - _MARGIN, cosines, target, margin, Interval(0.0, 2.0), scale, axis)


def _changed(
    name: str, formula: Expression, cosines: Any, target: Any, margin: Any, margins: Interval, scale: Any, axis: Any
) -> Any:
    """Return scaled cosines, with the formula in place of that of the true class."""
    numbers = {
        "margin": check_number(f"{name}: margin", margin, margins),
        "scale": check_number(f"{name}: scale", scale, Interval(0.0, math.inf, open=True)),
    }
    backend = select.of(cosines, target)
    given, labels = backend.array(cosines, f"{name}: cosines"), backend.array(target, f"{name}: target")
    if backend.kind(given) == "bool":
        raise TypeError(f"{name}: cosines are numbers; got bool")
    if backend.kind(labels) != "integer":
        raise TypeError(
            f"{name}: target holds class indices, which are integers; got dtype {labels.dtype}; convert them by astype(int)"
        )
    place = normalize_axis(name, axis, given.ndim)
    shape = tuple(n for i, n in enumerate(given.shape) if i != place)
    if tuple(labels.shape) != shape:
        raise ValueError(
            f"{name}: target has the shape of the cosines without the axis {place} of classes, {shape}; "
            f"got {tuple(labels.shape)}"
        )
    x = backend.cast(given, backend.compute_dtype(given))
    outside = backend.xp.abs(x) > 1 + sum_tolerance(backend, given.dtype)
    if backend.readable(outside):
        remedy = "divide features and class centres by their lengths first"
        InvalidValues("cosine", outside, x, (), "a cosine lies in [-1, 1]", remedy).refuse(name)
    is_true = backend.move_axis(backend.one_hot(backend.class_index(labels), given.shape[place], x), -1, place)
    whole = _SCALE * where(_IS_TRUE > 0, formula, _COSINE)
    values = {"cosine": x, "is_true": is_true, **numbers}
    used = {key: value for key, value in values.items() if key in whole.symbols()}
    return backend.cast(backend.evaluate(whole, used, x), given.dtype if backend.kind(given) == "float" else x.dtype)
