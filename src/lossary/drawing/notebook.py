"""What notebooks show of a loss and of a table of numbers: HTML that needs no style sheet, no script and no Matplotlib."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np

from lossary.drawing.curve import axis_name, places_along, points_of, values_along
from lossary.drawing.figure import view_of
from lossary.errors import UsageError

_WIDTH, _HEIGHT, _EDGE = 220, 96, 4
_POINTS = 161
_COLOUR = "#2b7bba"
"""Of the curve, with a contrast of at least 3 on white and on black; all else has the colour of the text."""
_TABLE = "border-collapse: collapse; margin: 0; font: inherit; background: none; color: inherit"
_CELL = "text-align: left; padding: 0.1em 1em 0.1em 0; vertical-align: top; border: 0; background: none; color: inherit"


def html_of_loss(loss: Any) -> str:
    """Return the name, the formula, a curve and the properties of a loss."""
    rows = [("parameters", ", ".join(f"{name} = {value}" for name, value in loss.parameters.items()))]
    rows += [(name, ", ".join(map(str, words))) for name, words in loss.choices.items() if name not in loss.parameters]
    rows += [("given", ", ".join(loss.properties.given)), *loss.properties.described(loss.parameters)]
    inputs = escape(", ".join(loss.inputs))
    parts = [f"<div><strong>{escape(loss.__name__)}</strong>({inputs}), a {escape(loss.kind)} loss</div>"]
    parts += [
        f'<div style="display: inline-block; max-width: 100%; margin: 0.6em 0; overflow-x: auto">{formula}</div>'
        for formula in _formula(loss)
    ]
    parts += [*_curve(loss), html_of_rows([(label, text) for label, text in rows if text])]
    return f"<div>{''.join(parts)}</div>"


def html_of_rows(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and texts."""
    lines = (
        f'<tr style="background: none"><th scope="row" style="{_CELL}">{escape(name)}</th>'
        f'<td style="{_CELL}">{escape(text)}</td></tr>'
        for name, text in rows
    )
    return f'<table style="{_TABLE}"><tbody>{"".join(lines)}</tbody></table>'


def _formula(loss: Any) -> list[str]:
    try:
        latex = loss.latex()
    except TypeError:  # array code whose docstring states no formula
        return []
    try:
        return [loss.mathml(display="block")]
    except UsageError:  # without latex2mathml
        return [f"<code>{escape(latex)}</code>"]


def _curve(loss: Any) -> list[str]:
    """Return the loss over its first prediction, if it is a curve."""
    if loss.properties.kind not in ("pointwise", "softmax"):
        return []
    along, forms = loss.predictions[0], loss.properties.given
    given = "probabilities" if "probabilities" in forms else next(iter(forms), None)
    points = points_of(loss, along, given, None, {})[:1]
    x = places_along(loss, along, given, points, None, count=_POINTS)
    y = values_along(loss, "loss", along, x, points[0], {} if given is None else {"given": given})
    finite = y[np.isfinite(y)]
    if not finite.size:
        return []
    low, high = view_of([y]) or (min(0.0, float(finite.min())), max(0.0, float(finite.max())))
    if low == high:
        high = low + 1.0
    across = np.linspace(_EDGE, _WIDTH - _EDGE, x.size)
    down, zero = (_HEIGHT - _EDGE - (heights - low) / (high - low) * (_HEIGHT - 2 * _EDGE) for heights in (y, np.zeros(1)))
    at = ", ".join(f"{name} {value:g}" for name, value in points[0].items())
    words = f"over the {axis_name(loss, along, given, points)}, from {x[0]:.3g} to {x[-1]:.3g}{f', at {at}' if at else ''}"
    svg = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(f"The loss {words}")}">'
        f'<path d="M{_EDGE},{zero[0]:.1f}H{_WIDTH - _EDGE}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
        f'<path d="{_path(across, down)}" fill="none" stroke="{_COLOUR}" stroke-width="2"/></svg>'
    )
    return [f'<div>{svg}</div><div style="margin-bottom: 0.6em">The loss {escape(words)}</div>']


def _path(across: np.ndarray, down: np.ndarray) -> str:
    """Return the path through the points that lie in the picture."""
    words, pen = [], "M"
    with np.errstate(invalid="ignore"):
        inside = (down >= 0) & (down <= _HEIGHT)
    for x, y, seen in zip(across, down, inside, strict=True):
        if seen:
            words.append(f"{pen}{x:.1f},{y:.1f}")
        pen = "L" if seen else "M"
    return "".join(words)
