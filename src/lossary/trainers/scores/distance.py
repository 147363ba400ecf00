"""Curvatures of losses that are even in the distance from a centre, plus a linear part: slope by distance."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from lossary.formula.calls import abs, hypot, maximum
from lossary.formula.expression import Expression, as_expression, constant, symbol
from lossary.formula.rewrite import substitute
from lossary.trainers.scores.kinds import Choice
from lossary.trainers.scores.one_score import NEAREST, OUTCOMES, SLACK, distances_of, pair_of, parts, score_of, targets_of
from lossary.trainers.scores.pairs import CURVATURE_WIDTH, SLOPE_WIDTH, Pair
from lossary.trainers.scores.scores import TARGET, Scores

TINY = 1e-100
"""The least distance that slopes are divided by, so that a residual of 0 is, too."""
KINK, _STEEP = (symbol(name) for name in ("half_width", "steepness_beyond"))
_FARTHEST = 400.0
"""A logarithm beyond all scores, of which the exponential is finite."""
_ROUNDING = 1e-8
"""Relative error of slopes by distance at the least distance, where a slope has lost half of its digits."""
_OF_SLOPE, _OF_SLOPE_OF_UNLIKE, _OF_CURVATURE = 0.04, 0.5, 2.0
"""How much of the scale smooths the slope, and how much the curvature, of a loss with a kink.

A slope that is smoothed more trains outer quantiles to levels that are too extreme; a curvature smoothed less shortens steps.
Classes, and targets for which the loss is steeper than for others, have no quantile to miss, and train better with more.
Where one side is steeper, few residuals lie beyond the kink, and near each other: the curvature is smoothed by √(1 - a) of
that, with a the asymmetry, 2α - 1 of a quantile.
"""


class _Shape(NamedTuple):
    """What was found out about a loss that is even in the distance from a centre, plus a linear part."""

    has_kink: bool
    alike: bool
    """Whether the slopes are those of every target."""
    asymmetry: float
    """How much steeper one side of the kink is: the difference of the slopes by their sum; 0 if both are alike."""


def by_distance(scores: Scores) -> Choice | None:
    """Return ψ(r)/r, where r is the distance from a centre and ψ the slope of the even part of the loss.

    If the even part is concave in r², the parabola of this curvature that touches it at ±r lies above it everywhere (de Leeuw
    and Lange, 2009); what is linear in r changes no curvature. At a kink the curvature is infinite; √(r² + s²) stands for |r|
    there, with more in the curvature than in the slope, and nothing is proven.
    """
    centres = [("the residual", scores.centre_formula())]
    if scores.binary:
        centres = [("the score", constant(0.0)), ("the margin less 1", 2.0 * TARGET - 1.0)]
    for of, centre in centres:
        if (shape := _is_even_and_concave(scores, centre)) is not None:
            why = f"slope by distance of {of}: the loss is concave in its square"
            if shape.has_kink:
                why += "; √(r² + s²) stands for |r|, with s from the data, as it is infinite at the kink"
                return Choice("smoothed", why, _smoothed(scores, centre, shape))
            return Choice("majorizer", why, _slope_by_distance(scores, centre, shape))
    if not scores.binary and (kink := _two_kinks(scores)) is not None:
        why = f"the loss is flat within ±{kink:g} and straight beyond: half the sum of two absolute errors, each smoothed"
        return Choice("smoothed", why, _of_two_kinks(scores, kink))
    return None


def _mixed(scores: Scores, formula: Expression) -> Expression:
    """Return a formula that is right for targets of 0 and 1 as one that is right for those between, too, if slopes mix."""
    if not (TARGET.name in formula.symbols() and scores.mixes_outcomes):
        return formula
    zero, one = (substitute(formula, {TARGET.name: constant(t)}) for t in OUTCOMES)
    return TARGET * one + (1.0 - TARGET) * zero


def _is_even_and_concave(scores: Scores, centre: Expression) -> _Shape | None:
    """Return what the loss is like near the centre and for several targets.

    None if the loss is not even in the distance, or not concave in its square.
    """
    distances = distances_of(scores)
    even, odd = parts(scores, centre, distances)
    if not (np.isfinite(even).all() and np.isfinite(odd).all()):
        return None
    size = np.abs(odd).max(axis=1, keepdims=True) + np.abs(even)
    if (np.abs(odd - odd[:, :1]) > SLACK * size + 1e-300).any():
        return None
    ratio = even / distances
    slack = SLACK * ratio[:, :-1] + 1e-300
    if (even < 0).any() or (ratio[:, 1:] > ratio[:, :-1] + slack).any():
        return None
    has_kink = bool((ratio[:, 0] > 2 * ratio[:, 20]).any())
    asymmetry = float(np.abs(odd[0, 0]) / even[0, 0]) if has_kink else 0.0
    return _Shape(has_kink, bool((np.abs(even - even[:1]) <= SLACK * even).all()), asymmetry)


def _even_and_odd(scores: Scores, centre: Expression, distance: Expression, shape: _Shape) -> tuple[Expression, Expression]:
    """Return the slope of the even part by the distance from the centre, and the slope of the odd part."""
    slope, target = scores.formula(1), TARGET
    if shape.alike and scores.in_units_of_target and not scores.loss.properties.target.outside(0.0):
        centre = target = constant(0.0)  # as of every target, and here nothing cancels
    above, below = (substitute(slope, {score_of(scores).name: centre + d, TARGET.name: target}) for d in (distance, -distance))
    return (above - below) / 2 / distance, (above + below) / 2


def _slope_by_distance(scores: Scores, centre: Expression, shape: _Shape) -> Pair:
    second = scores.formula(2)
    if second.symbols() <= scores.numbers.keys():  # a parabola, which is its own majorizer
        return pair_of(scores, second)
    if (ratio := _of_parabola(scores)) is not None:
        return pair_of(scores, constant(ratio), ratio * (score_of(scores) - centre))
    # near 0 the ratio is its limit, which a distance too small to be divided by would lose
    least = constant(NEAREST)
    if scores.in_units_of_target:
        least = constant(TINY) if shape.alike else maximum(1e-9 * abs(centre), TINY)
    even, _ = _even_and_odd(scores, centre, maximum(abs(score_of(scores) - centre), least), shape)
    return pair_of(scores, _mixed(scores, even))


def _of_parabola(scores: Scores) -> float | None:
    """Return slope by distance if it is one number wherever exponentials keep their digits, as of a square of logarithms.

    Its slope then takes one logarithm, where the formula of the loss, through an exponential, takes three and an exponential.
    """
    if not scores.by_exponential:
        return None
    near, targets = distances_of(scores), targets_of(scores)[:, None]
    steps = np.concatenate([-near, near, np.geomspace(near[-1], _FARTHEST, 61)])
    with np.errstate(all="ignore"):
        ratio = scores.slope(*np.broadcast_arrays(scores.centre(targets) + steps, targets)) / steps
    found = float(f"{np.median(ratio):.12g}")
    return found if found > 0 and (np.abs(ratio - found) <= _ROUNDING * found).all() else None


def is_odd_in_residual(scores: Scores) -> bool:
    """Return whether the slope is a formula of the residual alone, and an odd one."""
    slope = scores.formula(1)
    if substitute(slope, {score_of(scores).name: score_of(scores) - TARGET, TARGET.name: constant(0.0)}) is not slope:
        return False
    even, odd = parts(scores, TARGET, distances_of(scores))
    return bool((np.abs(odd) <= SLACK * np.abs(even)).all())


def _smoothed(scores: Scores, centre: Expression, shape: _Shape) -> Pair:
    residual = score_of(scores) - centre
    even, odd = _even_and_odd(scores, centre, hypot(residual, SLOPE_WIDTH), shape)
    wider, _ = _even_and_odd(scores, centre, hypot(residual, CURVATURE_WIDTH), shape)
    steepness = None
    if not shape.alike:  # the residuals that count most set the scale
        steepness = abs(substitute(scores.formula(1), {score_of(scores).name: centre + abs(residual)}))
    widths = _OF_SLOPE_OF_UNLIKE, _OF_CURVATURE
    if shape.alike and not scores.binary:
        widths = _OF_SLOPE, _OF_CURVATURE * math.sqrt(1 - shape.asymmetry)
    slope = even * residual + odd
    options: dict[str, Any] = {"residual": residual, "widths": widths, "steepness": steepness}
    plain = pair_of(scores, wider, slope, **options)
    if not scores.mixes_outcomes:
        return plain
    return pair_of(scores, _mixed(scores, wider), _mixed(scores, slope), **options, of_outcomes=plain)


def _two_kinks(scores: Scores) -> float | None:
    """Return ε of a loss that is 0 within ±ε of the target and straight beyond, or None."""
    distances = distances_of(scores)
    centre = scores.centre_formula()
    even, odd = parts(scores, centre, distances)
    if (odd != 0).any() or (even != even[0]).any() or set(np.unique(even)) != {0.0, even[0, -1]}:
        return None
    low, high = distances[even[0] == 0][-1], distances[even[0] > 0][0]
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if parts(scores, centre, np.array([middle]))[0][0, 0] == 0 else (low, middle)
    return float(round(high, 12))


def _of_two_kinks(scores: Scores, kink: float) -> Pair:
    steep = float(parts(scores, scores.centre_formula(), distances_of(scores)[-1:])[0][0, 0])
    residual = score_of(scores) - scores.centre_formula()
    slope, curvature = as_expression(0.0), as_expression(0.0)
    for distance in (residual - KINK, residual + KINK):
        slope = slope + _STEEP / 2 * distance / hypot(distance, SLOPE_WIDTH)
        curvature = curvature + _STEEP / 2 / hypot(distance, CURVATURE_WIDTH)
    numbers = {KINK.name: kink, _STEEP.name: steep}
    return pair_of(scores, curvature, slope, residual=residual, widths=(_OF_SLOPE, _OF_CURVATURE), numbers=numbers)
