"""Gradient descent on the cost of a linear or logistic model, with its whole path."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.lab.model import Model, make_model
from lossary.names import wrong_choice
from lossary.printable import as_typed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lossary.engine.calls import Loss

SCHEDULES: dict[str, Callable[[int, int], float]] = {
    "fixed": lambda step, steps: 1.0,
    "decaying": lambda step, steps: 1 / math.sqrt(1 + step),
    "step": lambda step, steps: 0.5 ** (4 * step // max(steps, 1)),
}
"""The factor of the learning rate at a step, of so many: 1; 1/√(1 + step); halved after each quarter of the steps."""


@dataclass(frozen=True, repr=False)
class Descent:
    """The path of a descent: one entry a step, the start first."""

    model: Model
    path: np.ndarray
    """The parameters, a row a step."""
    costs: np.ndarray
    """The mean loss of all rows."""
    slopes: np.ndarray
    """The Euclidean norm of the gradient that the step follows; the last is of where the path ends."""
    rates: np.ndarray
    """The learning rate of each step; one fewer than there are points."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return self.model.names

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters where the path ends."""
        return dict(zip(self.names, map(float, self.path[-1]), strict=True))

    @property
    def cost(self) -> float:
        """The cost where the path ends."""
        return float(self.costs[-1])

    @property
    def diverged(self) -> bool:
        """Whether the path ended early, at a cost or parameters that are not finite."""
        return not (math.isfinite(self.cost) and np.isfinite(self.path[-1]).all())

    def plot(self) -> Figure:
        """Return a figure of the cost over the steps; of two parameters, also the path on the cost's levels."""
        from lossary.drawing.path import draw_descent

        return draw_descent(self.path, self.costs, self.names, self.model.cost, self.model.loss.__name__)

    def __repr__(self) -> str:
        ends = ", ".join(f"{name} {value:.6g}" for name, value in self.parameters.items())
        return f"<Descent of {self.model.loss.__name__}: cost {self.costs[0]:.6g} → {self.cost:.6g}; {ends}>"


def descent(
    loss: Loss,
    features: Any,
    target: Any,
    *,
    model: str = "linear",
    intercept: bool = True,
    start: Sequence[float] | None = None,
    steps: int = 100,
    rate: float = 0.1,
    schedule: str | Callable[[int], float] = "fixed",
    momentum: float = 0.0,
    batch: int | None = None,
    seed: int = 0,
    weight: Any = None,
    given: str | None = None,
    names: Sequence[str] | None = None,
    **parameters: float,
) -> Descent:
    r"""Follow the gradient of the mean loss of a model, and return the whole path.

    .. math:: v_{t+1} = \mu v_t - \eta_t \nabla J(w_t), \quad w_{t+1} = w_t + v_{t+1}

    ``model`` is ``"linear"``, whose prediction is the score Xw, or ``"logistic"``, whose prediction is the probability
    :math:`1/(1 + e^{-Xw})`. Losses with kinks are followed along a subgradient, as their gradient states. ``loss`` is a
    pointwise loss of one prediction and a target; ``parameters`` and ``given`` are its own.

    ``rate`` η is multiplied by the ``schedule``: ``"fixed"``, ``"decaying"`` (1/√(1 + step)), ``"step"`` (halved after each
    quarter of the ``steps``), or a function of the step. ``momentum`` μ keeps that part of the last step. ``batch`` rows, drawn
    anew at each step without repetition, give the gradient (stochastic descent, seeded by ``seed``); the costs are of all rows.
    Start is 0 unless ``start`` says otherwise. A path that is no longer finite ends there.

    Raises TypeError and ValueError for losses, data and options that do not fit.

    >>> import lossary
    >>> found = lossary.descent(lossary.squared_error, [0.0, 1.0, 2.0], [1.0, 3.0, 5.0], rate=0.2, steps=200)
    >>> {name: round(value, 6) for name, value in found.parameters.items()}
    {'intercept': 1.0, 'w1': 2.0}
    """
    made = make_model(
        "descent",
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
    if isinstance(schedule, str) and schedule not in SCHEDULES:
        raise wrong_choice("descent", "schedule", schedule, tuple(SCHEDULES))
    for name, value, least in (("steps", steps, 0), ("batch", batch, 1)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise ValueError(f"descent: {name} is a whole number, {least} or more; got {as_typed(value)}")
    if not rate > 0 or not 0 <= momentum < 1:
        got = f"{as_typed(rate)} and {as_typed(momentum)}"
        raise ValueError(f"descent: rate is above 0, and momentum lies in [0, 1); got {got}")
    count = len(made.target)
    if batch is not None and batch > count:
        raise ValueError(f"descent: a batch has at most as many rows as there are, {count}; got {batch}")
    point = np.zeros(len(made.names)) if start is None else np.asarray(start, dtype=float)
    if point.shape != (len(made.names),):
        raise ValueError(f"descent: start has a number for each of {', '.join(made.names)}; got {as_typed(start)}")
    rng, velocity = np.random.default_rng(seed), np.zeros_like(point)
    path, costs, slopes, rates = [point], [made.cost(point)], [], []
    for step in range(steps):
        gradient = made.gradient(point, slice(None) if batch is None else rng.choice(count, batch, replace=False))
        slopes.append(float(np.linalg.norm(gradient)))
        factor = SCHEDULES[schedule](step, steps) if isinstance(schedule, str) else float(schedule(step))
        rates.append(rate * factor)
        velocity = momentum * velocity - rates[-1] * gradient
        point = point + velocity
        path.append(point)
        with np.errstate(all="ignore"):
            costs.append(made.cost(point) if np.isfinite(point).all() else math.nan)
        if not (math.isfinite(costs[-1]) and np.isfinite(point).all()):
            break
    slopes.append(float(np.linalg.norm(made.gradient(point))) if math.isfinite(costs[-1]) else math.nan)
    return Descent(made, np.array(path), np.array(costs), np.array(slopes), np.array(rates))
