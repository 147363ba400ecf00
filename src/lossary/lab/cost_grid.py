"""The cost of a model over two of its parameters, and whether it is convex there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.lab.model import Model, make_model
from lossary.names import wrong_choice
from lossary.printable import as_typed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lossary.engine.calls import Loss


@dataclass(frozen=True)
class Chord:
    """A chord between two points of the landscape, and the cost at its middle."""

    ends: tuple[tuple[float, float], tuple[float, float]]
    end_costs: tuple[float, float]
    middle: tuple[float, float]
    middle_cost: float

    @property
    def excess(self) -> float:
        """How far the cost at the middle lies above the chord; above 0, the cost is not convex."""
        return self.middle_cost - (self.end_costs[0] + self.end_costs[1]) / 2


@dataclass(frozen=True, repr=False)
class Landscape:
    """The mean loss of a model on a grid of two parameters."""

    model: Model
    along: tuple[str, str]
    """The two parameters."""
    at: np.ndarray
    """The values of all parameters, of which the others stay."""
    first: np.ndarray
    """The values of the first of the two."""
    second: np.ndarray
    costs: np.ndarray
    """The cost, a row a value of the first parameter."""
    least_eigenvalues: np.ndarray
    """The least eigenvalue of the Hessian in the two parameters, at each point; below 0, the cost bends down there."""
    worst_chord: Chord
    """Of all chords between points of the grid whose middle is such a point too, the one furthest below the cost."""

    @property
    def lowest(self) -> tuple[float, float]:
        """The point of the grid with the least cost."""
        i, j = np.unravel_index(np.nanargmin(self.costs), self.costs.shape)
        return float(self.first[i]), float(self.second[j])

    @property
    def is_convex(self) -> bool:
        """False if a chord proves that the cost is not convex; True says that no chord of the grid does."""
        finite = self.costs[np.isfinite(self.costs)]
        return self.worst_chord.excess <= 1e-12 * max(float(abs(finite).max(initial=0.0)), 1e-300)

    def plot(self) -> Figure:
        """Return a figure of the cost's levels, with the chord that it breaks if there is one."""
        from lossary.drawing.path import draw_landscape

        chord, along = None, np.empty(0)
        if not self.is_convex:
            chord = np.array([*self.worst_chord.ends, self.worst_chord.middle])
            places = chord[0] + np.linspace(0, 1, 101)[:, None] * (chord[1] - chord[0])
            along = np.array([self.cost(a, b) for a, b in places])
        return draw_landscape(self.first, self.second, self.costs, self.along, chord, along, self.model.loss.__name__)

    def cost(self, first: float, second: float) -> float:
        """Return the mean loss where the two parameters have these values."""
        parameters = self.at.copy()
        parameters[[self.model.names.index(name) for name in self.along]] = first, second
        return self.model.cost(parameters)

    def __repr__(self) -> str:
        name, chord = self.model.loss.__name__, self.worst_chord
        if self.is_convex:
            said = f"no chord of the grid lies below the cost; least eigenvalue {np.nanmin(self.least_eigenvalues):.3g}"
        else:
            ends = " and ".join(map(_point, chord.ends))
            said = f"not convex: at {_point(chord.middle)} the cost lies {chord.excess:.3g} above the chord of {ends}"
        return f"<Landscape of {name} over {self.along[0]} and {self.along[1]}: {said}>"


def _point(point: tuple[float, float]) -> str:
    return f"({point[0]:.4g}, {point[1]:.4g})"


def landscape(
    loss: Loss,
    features: Any,
    target: Any,
    *,
    model: str = "linear",
    intercept: bool = True,
    along: tuple[str, str] | None = None,
    at: Sequence[float] | None = None,
    span: tuple[tuple[float, float], tuple[float, float]] = ((-5.0, 5.0), (-5.0, 5.0)),
    points: int = 61,
    weight: Any = None,
    given: str | None = None,
    names: Sequence[str] | None = None,
    **parameters: float,
) -> Landscape:
    """Return the mean loss of a model over two of its parameters, and try it for convexity.

    ``model``, ``intercept``, ``weight``, ``given``, ``names`` and ``parameters`` are as of :func:`lossary.descent`. ``along``
    names the two parameters (the first two unless said), which go over ``span`` in so many ``points`` each; ``at`` are the
    values of all parameters, of which the others stay (0 unless said).

    **A chord is a proof**: if the cost at the middle of two points lies above the mean of their costs, it is not convex. All
    chords between points of the grid whose middle is one of them are tried. That none is found proves nothing, but the least
    eigenvalue of the Hessian is known at every point too.

    Raises TypeError and ValueError for losses, data and options that do not fit.

    >>> import lossary
    >>> x, y = [-2.0, -1.0, 1.0, 2.0], [0.0, 1.0, 0.0, 1.0]
    >>> lossary.landscape(lossary.binary_cross_entropy, x, y).is_convex
    True
    >>> lossary.landscape(lossary.squared_error, x, y, model="logistic").is_convex
    False
    """
    made = make_model(
        "landscape",
        loss,
        features,
        target,
        model=model,
        intercept=intercept,
        weight=weight,
        given=given,
        names=names,
        parameters=parameters,
    )
    if len(made.names) < 2:
        raise ValueError(f"landscape: a landscape is over two parameters; the model has {', '.join(made.names)} alone")
    chosen = made.names[:2] if along is None else tuple(along)
    for name in chosen:
        if name not in made.names:
            raise wrong_choice("landscape", "along", name, made.names)
    if len(chosen) != 2 or chosen[0] == chosen[1]:
        raise ValueError(f"landscape: along= names two parameters of {', '.join(made.names)}; got {as_typed(along)}")
    if isinstance(points, bool) or not isinstance(points, int) or not 3 <= points <= 501:
        raise ValueError(f"landscape: points is a whole number from 3 to 501; got {as_typed(points)}")
    base = np.zeros(len(made.names)) if at is None else np.asarray(at, dtype=float)
    if base.shape != (len(made.names),):
        raise ValueError(f"landscape: at= has a number for each of {', '.join(made.names)}; got {as_typed(at)}")
    axes = []
    for low, high in span:
        if not low < high or not np.isfinite([low, high]).all():
            raise ValueError(f"landscape: span= has two pairs of low < high; got {as_typed(span)}")
        axes.append(np.linspace(low, high, points))
    places = [made.names.index(name) for name in chosen]
    costs, eigenvalues = np.empty((points, points)), np.empty((points, points))
    for i, a in enumerate(axes[0]):
        for j, b in enumerate(axes[1]):
            point = base.copy()
            point[places] = a, b
            costs[i, j] = made.cost(point)
            eigenvalues[i, j] = _least_eigenvalue(made.hessian(point)[np.ix_(places, places)])
    chord = _worst_chord(axes[0], axes[1], costs)
    return Landscape(made, (chosen[0], chosen[1]), base, axes[0], axes[1], costs, eigenvalues, chord)


def _least_eigenvalue(matrix: np.ndarray) -> float:
    return float(np.linalg.eigvalsh(matrix)[0]) if np.isfinite(matrix).all() else float("nan")


def _worst_chord(first: np.ndarray, second: np.ndarray, costs: np.ndarray) -> Chord:
    """Return the chord furthest below the cost at its middle, over all offsets of its ends from the middle."""
    size, worst, found = len(first), -np.inf, (0, 0, 0, 0)
    with np.errstate(invalid="ignore"):
        for i in range((size + 1) // 2):
            for j in range(-((size - 1) // 2), (size + 1) // 2):
                if (i, j) <= (0, 0):  # the chord of the same ends in the other order
                    continue
                k, low, high = abs(j), costs[: size - 2 * i], costs[2 * i :]
                ends = (low[:, : size - 2 * k], high[:, 2 * k :]) if j >= 0 else (low[:, 2 * k :], high[:, : size - 2 * k])
                excess = costs[i : size - i, k : size - k] - (ends[0] + ends[1]) / 2
                excess = np.where(np.isfinite(excess), excess, -np.inf)
                if excess.size and excess.max() > worst:
                    row, column = divmod(int(excess.argmax()), excess.shape[1])
                    worst, found = float(excess.max()), (row + i, column + k, i, j)
    a, b, i, j = found
    places = ((a - i, b - j), (a + i, b + j), (a, b))
    points = [(float(first[m]), float(second[n])) for m, n in places]
    heights = [float(costs[place]) for place in places]
    return Chord((points[0], points[1]), (heights[0], heights[1]), points[2], heights[2])
