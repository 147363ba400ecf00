"""Expected curvatures: of likelihoods, and of losses of a mean; and with them the curvature of several predictions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lossary.formula.calls import abs, exp, hypot, maximum
from lossary.formula.derivative import derivative
from lossary.formula.expression import Expression, constant
from lossary.formula.rewrite import substitute
from lossary.trainers.scores.evaluate import Evaluation
from lossary.trainers.scores.kinds import Choice
from lossary.trainers.scores.pairs import CURVATURE_WIDTH, LEAST_IN_UNITS, Pair
from lossary.trainers.scores.scores import TARGET, Scores

_CHECKED = (1.0, 0.4, 3.0)
"""Scales at which it is tried whether exp(-loss) is a density, and what the expected curvature is."""


def of_one(scores: Scores) -> tuple[str, Expression]:
    """Return why and what the expected second derivative of a loss of one number is, in its score.

    Where the least mean loss is at the mean, the second derivative of the usual losses is linear in the target, so that its
    expectation is its value at the mean, whatever else the distribution is.
    """
    name, second = scores.loss.__name__, scores.formula(2)
    is_mean = scores.loss.formulas.minimizer(scores.numbers) == "mean"
    if TARGET.name not in second.symbols() and not second.is_zero:
        return "the second derivative, which does not depend on the target, so it is its own expectation", second
    if is_mean and not second.is_zero and _is_linear(scores, second):
        mean = substitute(second, {TARGET.name: scores.plain_prediction(scores.names[0])})
        return "the second derivative where the target is the mean: it is linear in the target", mean
    raise ValueError(
        f"curvature='fisher' is for losses of a mean and for likelihoods; that of {name} has no known expectation; use 'auto'"
    )


def _is_linear(scores: Scores, second: Expression) -> bool:
    bent = derivative(derivative(second, TARGET.name), TARGET.name)
    if bent.is_zero:
        return True
    at, target = (x.ravel() for x in np.meshgrid(np.linspace(-2, 2, 9), [0.3, 1.0, 2.5]))
    values = {scores.score(scores.names[0]).name: at, TARGET.name: target}
    names = scores.loss.__name__
    (curved,), (whole,) = (Evaluation(names, [x]).values(at.size, values, scores.numbers) for x in (bent, second))
    return bool((np.abs(curved) <= 1e-9 * (1 + np.abs(whole))).all())


# ---- several predictions


def choose_of_several(scores: Scores, kind: str) -> Choice:
    """Return the curvature in each prediction's score, of this kind."""
    name = scores.loss.__name__
    second = [scores.formula(2, own) for own in scores.names]
    if kind == "exact":
        return Choice(kind, "each prediction's own second derivative as it is, as asked for", _pair(scores, second))
    information = _information(scores)
    if kind == "fisher":
        if information is None:
            raise ValueError(
                f"curvature='fisher' is for likelihoods by location and scale; exp(-loss) of {name} is no density; use 'auto'"
            )
        return Choice(
            kind, "the expected second derivative: exp(-loss) is a density of location and scale", _pair(scores, information)
        )
    if kind not in ("auto", "absolute"):
        raise ValueError(f"curvature={kind!r} is not known for {name}, which has several predictions; use 'auto'")
    why = "the greater of the size of the second derivative and of "
    why += "its expectation" if information is not None else "slope by distance"
    floor = [_by_distance(scores, own) for own in scores.names] if information is None else information
    curvature = [maximum(maximum(abs(x), y), LEAST_IN_UNITS) for x, y in zip(second, floor, strict=True)]
    return Choice("absolute", f"{why}, for each prediction; unproven", _pair(scores, curvature))


def _pair(scores: Scores, curvature: list[Expression]) -> Pair:
    located = next((name for name in scores.names if scores.is_in_units(name)), None)
    return Pair(
        scores.loss.__name__,
        [scores.score(name) for name in scores.names],
        [scores.formula(1, name) for name in scores.names],
        curvature,
        scores.numbers,
        residual=None if located is None else scores.score(located) - TARGET,
        widths=(0.0, 1.0),
    )


def _by_distance(scores: Scores, name: str) -> Expression:
    """Return the size of the slope by the distance from the target, or by 1 of scores that are logarithms or logits."""
    slope = abs(scores.formula(1, name))
    return slope / hypot(scores.score(name) - TARGET, CURVATURE_WIDTH) if scores.is_in_units(name) else slope


def _information(scores: Scores) -> list[Expression] | None:
    """Return the expected squared slope in each score, if exp(-loss) is a density of a location and a positive scale.

    It is the expected second derivative wherever there is one, and is right at kinks too. That the density integrates to 1 is
    tried at three scales and two locations; there the information is c·sᵏ of the scale s, which gives c and k.
    """
    if len(scores.names) != 2 or not scores.is_in_units(scores.names[0]) or scores.is_in_units(scores.names[1]):
        return None
    loss: Any = scores.loss
    given, scores = scores, scores.scaled(1.0)
    words = loss.choices.get("constant", ()) if loss.choices else ()
    if "likelihood" in words:  # the terms of the target alone count in the integral
        scores = Scores(loss, {**scores.parameters, "constant": "likelihood"}, several=True)
    elif loss.origin is not None and loss.origin[1] != ("likelihood",):
        return None
    of_scale = scores.score(scores.names[1])
    found = []
    for scale in _CHECKED:
        both = [_expected_squares(scores, location, math.log(scale)) for location in (0.0, 1.7)]
        if both[0] is None or both[1] is None or not np.allclose(both[0], both[1], rtol=1e-3):
            return None
        found.append(both[0])
    information = []
    for at_1, *others in np.transpose(found):
        powers = [math.log(x / at_1) / math.log(scale) for x, scale in zip(others, _CHECKED[1:], strict=True)]
        power = float(round(powers[0], 2))
        if not np.allclose(powers, power, atol=2e-3):
            return None
        information.append(constant(float(at_1)) * (exp(power * of_scale) if power else constant(1.0)))
    return [given.scale(2, name) * x for name, x in zip(given.names, information, strict=True)]


def _expected_squares(scores: Scores, location: float, log_scale: float) -> np.ndarray | None:
    """Return the mean of each score's squared slope over the density exp(-loss), or None if it is none."""
    positive = scores.loss.properties.target.low == 0
    # the target is sinh u from the location on (or the exponential of it), so that long tails are within reach
    u = (np.arange(-2000, 2000) + 0.5) * 0.008  # none at a kink
    target = location + np.sinh(u) if not positive else np.exp(np.clip(location + np.sinh(u), -600, 600))
    step = np.cosh(u) * (target if positive else 1.0) * (u[1] - u[0])
    values = {scores.score(scores.names[0]).name: np.full_like(u, location), TARGET.name: target}
    values[scores.score(scores.names[1]).name] = np.full_like(u, log_scale)
    wanted = [scores.formula(0), *(scores.formula(1, name) for name in scores.names)]
    with np.errstate(all="ignore"):
        loss, *slopes = Evaluation(scores.loss.__name__, wanted).values(len(u), values, scores.numbers)
        density = np.exp(-loss) * step
        if not np.isfinite(density).all() or np.abs(density.sum() - 1) > 1e-3:
            return None
        return np.array([float(np.sum(np.where(density > 0, density * slope**2, 0.0))) for slope in slopes])
