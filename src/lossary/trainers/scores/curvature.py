"""The curvature by which a Newton step of a tree cannot make the cost worse, derived from the formula of the loss."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lossary.formula.calls import abs, hypot, maximum
from lossary.formula.expression import Expression, as_expression, constant, symbol
from lossary.formula.languages.python import compiled
from lossary.formula.rewrite import substitute
from lossary.trainers.scores import classes, expected
from lossary.trainers.scores.kinds import KINDS, Choice
from lossary.trainers.scores.pairs import CURVATURE_WIDTH, LEAST, SLOPE_WIDTH, Each, Pair
from lossary.trainers.scores.scores import TARGET, Scores

LONGEST_STEP = 0.7
"""The longest step of a leaf for which a bound within a step holds; what trainers use for their own Poisson loss."""
_LONGEST_NEWTON_STEP = 1.79
"""The longest step d of a leaf for which eᵈ ≤ 1 + d + d²."""
_REAL_TARGETS, _BINARY_TARGETS, _BETWEEN = (0.5, 1.0, 3.0, -2.0), (0.0, 1.0), (0.25, 0.5, 0.75)
_SLACK = 1e-6
"""Relative error of slopes that are compared with one another."""
_NEAREST = 1.1e-6
"""The least distance from a centre at which slopes are compared; no round number, as kinks lie at those."""
_TINY = 1e-100
"""The least distance that slopes are divided by, so that a residual of 0 is, too."""
_BOUND, KINK, _STEEP = (symbol(name) for name in ("bound_of_curvature", "half_width", "steepness_beyond"))


@lru_cache(maxsize=64)
def choose(scores: Scores, kind: str, held: bool | None = None) -> Choice:
    """Return the curvature of this kind, or for "auto" the first that is safe; raise if it does not exist for this loss.

    ``held`` says whether the trainer holds leaves to the longest step of a choice; None: it has no leaves, but steps in several
    scores at once, of which a parabola is to lie above the loss.
    """
    name = scores.loss.__name__
    if kind not in KINDS:
        raise ValueError(f"curvature is one of {', '.join(KINDS)}; got {kind!r}")
    if scores.loss.kind == "softmax":
        return classes.choose(scores, kind)
    if scores.several:
        if kind in ("auto", "smoothed") and (each := _of_each(scores)) is not None:
            return each
        return expected.choose_of_several(scores, kind)
    if kind == "exact":
        return Choice(kind, "the second derivative as it is, as asked for", _pair(scores, scores.formula(2)))
    if kind == "absolute":
        return Choice(kind, "the size of the second derivative or of slope by distance, as asked for", _absolute(scores))
    if kind == "fisher":
        why, curvature = expected.of_one(scores)
        return Choice(kind, why, _pair(scores, curvature))
    if kind == "auto" and held and (newton := _exact_within_a_step(scores)) is not None:
        return newton
    if kind == "balanced" or (kind == "auto" and held is False):
        if (balanced := _balanced(scores)) is not None:
            return balanced
        if kind == "balanced":
            raise ValueError(f"curvature='balanced' is for losses of a logarithm or a logit; {name} is none; use 'auto'")
    if kind != "bound" and (found := _by_distance(scores)) is not None:
        if kind in ("auto", "relaxed") and found.kind == "majorizer":
            return _relaxed(scores, found)
        if kind in ("auto", found.kind):
            return found
    found = _bound(scores) if kind in ("auto", "relaxed", "bound") else None
    if found is not None and found.longest_step is None and kind != "bound":
        return _relaxed(scores, found)
    if kind in ("majorizer", "relaxed", "smoothed"):
        of = (
            "such a function with a kink"
            if kind == "smoothed"
            else "an even function, concave in the square, plus a linear one"
        )
        raise ValueError(f"curvature={kind!r} is for {of}; {name} is none; use 'auto'")
    if found is not None:
        return found
    if kind == "bound":
        raise ValueError(f"the second derivative of {name} has no bound, not even within a step; use curvature='absolute'")
    why = "neither a majorizer nor a bound is known; the greater of second derivative and slope by distance, unproven"
    return Choice("absolute", why, _absolute(scores))


def _score(scores: Scores) -> Expression:
    return scores.score(scores.names[0])


def _pair(
    scores: Scores,
    curvature: Expression,
    slope: Expression | None = None,
    *,
    numbers: Mapping[str, float] | None = None,
    residual: Expression | None = None,
    widths: tuple[float, float] = (0.0, 0.0),
    steepness: Expression | None = None,
) -> Pair:
    """Return a pair of the loss's own slope, or another, and a curvature."""
    return Pair(
        scores.loss.__name__,
        [_score(scores)],
        [scores.formula(1) if slope is None else slope],
        [curvature],
        {**scores.numbers, **(numbers or {})},
        residual=residual,
        widths=widths,
        steepness=steepness,
    )


_OF_SLOPE, _OF_SLOPE_OF_UNLIKE, _OF_CURVATURE = 0.04, 0.5, 2.0
"""How much of the scale smooths the slope, and how much the curvature, of a loss with a kink.

A slope that is smoothed more trains outer quantiles to levels that are too extreme; a curvature smoothed less shortens steps.
Classes, and targets for which the loss is steeper than for others, have no quantile to miss, and train better with more.
"""


# ---- losses that are even in the distance from a centre, plus a linear part


class _Shape(NamedTuple):
    """What was found out about a loss that is even in the distance from a centre, plus a linear part."""

    has_kink: bool
    alike: bool
    """Whether the slopes are those of every target."""


def _by_distance(scores: Scores) -> Choice | None:
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


def _distances(scores: Scores) -> np.ndarray:
    """Return distances from a centre; where a link takes an exponential, only those at which that loses no digits."""
    farthest = 12.0 if scores.by_exponential else 1.1e2 if scores.form is not None else 1.1e6
    return np.geomspace(_NEAREST, farthest, 241)


def _targets(scores: Scores) -> np.ndarray:
    if scores.binary:  # what holds of both outcomes holds of a mixture of them
        return np.array(_BINARY_TARGETS if scores.mixes_outcomes else (*_BINARY_TARGETS, *_BETWEEN))
    domain = scores.loss.properties.target
    return np.array([y for y in _REAL_TARGETS if not domain.outside(y)])


def _mixed(scores: Scores, formula: Expression) -> Expression:
    """Return a formula that is right for targets of 0 and 1 as one that is right for those between, too, if slopes mix."""
    if not (TARGET.name in formula.symbols() and scores.mixes_outcomes):
        return formula
    zero, one = (substitute(formula, {TARGET.name: constant(t)}) for t in _BINARY_TARGETS)
    return TARGET * one + (1.0 - TARGET) * zero


def _grid(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Return scores on both sides of those whose predictions are the target (or of 0), and targets: a row for each of these."""
    right, targets = _distances(scores), _targets(scores)[:, None]
    centre = np.zeros_like(targets) if scores.binary else scores.centre(targets)
    at = centre + np.concatenate([-right[::-1], [0.0], right])
    return at, np.broadcast_to(targets, at.shape)


def _parts(scores: Scores, centre: Expression, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes of the even and of the odd part at these distances from the centre, a row for each target."""
    targets = np.repeat(_targets(scores), len(distances))
    r = np.tile(distances, len(targets) // len(distances))
    middle = compiled(centre, "numpy", ("target",))(targets)
    with np.errstate(all="ignore"):
        above, below = (np.asarray(scores.slope(middle + d, targets)) for d in (r, -r))
        return ((above - below) / 2).reshape(-1, len(distances)), ((above + below) / 2).reshape(-1, len(distances))


def _is_even_and_concave(scores: Scores, centre: Expression) -> _Shape | None:
    """Return what the loss is like near the centre and for several targets.

    None if the loss is not even in the distance, or not concave in its square.
    """
    distances = _distances(scores)
    even, odd = _parts(scores, centre, distances)
    if not (np.isfinite(even).all() and np.isfinite(odd).all()):
        return None
    size = np.abs(odd).max(axis=1, keepdims=True) + np.abs(even)
    if (np.abs(odd - odd[:, :1]) > _SLACK * size + 1e-300).any():
        return None
    ratio = even / distances
    slack = _SLACK * ratio[:, :-1] + 1e-300
    if (even < 0).any() or (ratio[:, 1:] > ratio[:, :-1] + slack).any():
        return None
    return _Shape(bool((ratio[:, 0] > 2 * ratio[:, 20]).any()), bool((np.abs(even - even[:1]) <= _SLACK * even).all()))


def _even_and_odd(scores: Scores, centre: Expression, distance: Expression, shape: _Shape) -> tuple[Expression, Expression]:
    """Return the slope of the even part by the distance from the centre, and the slope of the odd part."""
    slope, target = scores.formula(1), TARGET
    if shape.alike and scores.in_units_of_target and not scores.loss.properties.target.outside(0.0):
        centre = target = constant(0.0)  # as of every target, and here nothing cancels
    above, below = (substitute(slope, {_score(scores).name: centre + d, TARGET.name: target}) for d in (distance, -distance))
    return (above - below) / 2 / distance, (above + below) / 2


def _slope_by_distance(scores: Scores, centre: Expression, shape: _Shape) -> Pair:
    second = scores.formula(2)
    if second.symbols() <= scores.numbers.keys():  # a parabola, which is its own majorizer
        return _pair(scores, second)
    # near 0 the ratio is its limit, which a distance too small to be divided by would lose
    least = constant(_NEAREST)
    if scores.in_units_of_target:
        least = constant(_TINY) if shape.alike else maximum(1e-9 * abs(centre), _TINY)
    even, _ = _even_and_odd(scores, centre, maximum(abs(_score(scores) - centre), least), shape)
    return _pair(scores, _mixed(scores, even))


def _relaxed(scores: Scores, safe: Choice) -> Choice:
    """Return the greater of the second derivative and half of a safe curvature, or this if it is the second derivative.

    A step by half of the safe curvature is twice that by all of it. There the parabola that lies above the cost is as high as
    where it began, and it is lower before, so no shorter step raises the cost either.
    """
    at, targets = (x.ravel() for x in _grid(scores))
    if (scores.second(at, targets) >= (1 - _SLACK) * safe.pair(at, targets, None)[1]).all():
        return safe
    (curvature,) = safe.pair.curvatures
    if safe.kind == "majorizer" and _is_odd_in_residual(scores):
        # the slope is computed anyway; where the residual is 0, and so this ratio, the second derivative is the greater
        curvature = abs(scores.formula(1)) / maximum(abs(_score(scores) - TARGET), _TINY)
    of = "its greatest" if safe.kind == "bound" else "the slope by distance"
    why = (
        f"the second derivative, and at least half of {of}: the parabola of that lies above the loss, and is as high at twice "
    )
    why += "its step as at none"
    return Choice("relaxed", why, _pair(scores, maximum(scores.formula(2), curvature / 2), numbers=safe.pair.numbers))


def _is_odd_in_residual(scores: Scores) -> bool:
    """Return whether the slope is a formula of the residual alone, and an odd one."""
    slope = scores.formula(1)
    if substitute(slope, {_score(scores).name: _score(scores) - TARGET, TARGET.name: constant(0.0)}) is not slope:
        return False
    even, odd = _parts(scores, TARGET, _distances(scores))
    return bool((np.abs(odd) <= _SLACK * np.abs(even)).all())


def _smoothed(scores: Scores, centre: Expression, shape: _Shape) -> Pair:
    residual = _score(scores) - centre
    even, odd = _even_and_odd(scores, centre, hypot(residual, SLOPE_WIDTH), shape)
    wider, _ = _even_and_odd(scores, centre, hypot(residual, CURVATURE_WIDTH), shape)
    steepness = None
    if not shape.alike:  # the residuals that count most set the scale
        steepness = abs(substitute(scores.formula(1), {_score(scores).name: centre + abs(residual)}))
    widths = _OF_SLOPE if shape.alike and not scores.binary else _OF_SLOPE_OF_UNLIKE, _OF_CURVATURE
    slope, wider = (_mixed(scores, x) for x in (even * residual + odd, wider))
    return _pair(scores, wider, slope, residual=residual, widths=widths, steepness=steepness)


def _of_each(scores: Scores) -> Choice | None:
    """Return the smoothed pairs of predictions that are judged apart from one another, such as the bounds of an interval."""
    parts = [scores.alone(name) for name in scores.names]
    if any(part.formula(1).symbols() - {_score(part).name, TARGET.name} - scores.numbers.keys() for part in parts):
        return None
    found = [_by_distance(part) for part in parts]
    if any(choice is None or choice.kind != "smoothed" for choice in found):
        return None
    pairs = [choice.pair for choice in found if choice is not None]
    return Choice(
        "smoothed", "each prediction is judged alone, by a loss with a kink: √(r² + s²) stands for |r| there", Each(pairs)
    )


def _two_kinks(scores: Scores) -> float | None:
    """Return ε of a loss that is 0 within ±ε of the target and straight beyond, or None."""
    distances = _distances(scores)
    centre = scores.centre_formula()
    even, odd = _parts(scores, centre, distances)
    if (odd != 0).any() or (even != even[0]).any() or set(np.unique(even)) != {0.0, even[0, -1]}:
        return None
    low, high = distances[even[0] == 0][-1], distances[even[0] > 0][0]
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _parts(scores, centre, np.array([middle]))[0][0, 0] == 0 else (low, middle)
    return float(round(high, 12))


def _of_two_kinks(scores: Scores, kink: float) -> Pair:
    steep = float(_parts(scores, scores.centre_formula(), _distances(scores)[-1:])[0][0, 0])
    residual = _score(scores) - scores.centre_formula()
    slope, curvature = as_expression(0.0), as_expression(0.0)
    for distance in (residual - KINK, residual + KINK):
        slope = slope + _STEEP / 2 * distance / hypot(distance, SLOPE_WIDTH)
        curvature = curvature + _STEEP / 2 / hypot(distance, CURVATURE_WIDTH)
    numbers = {KINK.name: kink, _STEEP.name: steep}
    return _pair(scores, curvature, slope, residual=residual, widths=(_OF_SLOPE, _OF_CURVATURE), numbers=numbers)


# ---- the second derivative, and bounds of it


def _exact_within_a_step(scores: Scores) -> Choice | None:
    """Return the second derivative, if it changes by a factor of e at most in a step of 1.

    The cost of a leaf of slope G and curvature H rises by at most G·d + H·(e^|d| - 1 - |d|) then (Bach, 2010, on
    self-concordant functions). A Newton step, shortened or not, has |G| ≥ H·|d|, so that is at most H·(e^|d| - 1 - |d| - d²).
    """
    if scores.in_units_of_target:
        return None
    at, targets = np.linspace(-12, 12, 241)[:, None], _targets(scores)
    with np.errstate(all="ignore"):
        logarithm = np.log(scores.second(*np.broadcast_arrays(at, targets)))
    if not np.isfinite(logarithm).all():
        return None
    change = np.abs(np.diff(logarithm, axis=0))
    if (change > (1 + _SLACK) * np.diff(at, axis=0)).any() or (change < _SLACK).all():
        return None  # or a parabola, which needs no limit
    why = f"the second derivative, which a step changes by e^|step| at most: steps of up to {_LONGEST_NEWTON_STEP} never raise "
    why += "the cost, and no leaf may step further (max_delta_step)"
    return Choice("exact", why, _pair(scores, scores.formula(2)), _LONGEST_NEWTON_STEP)


def _balanced(scores: Scores) -> Choice | None:
    """Return half of what pulls the score down plus what pulls it up, if a step d changes both by factors from 1 to e^±d.

    A leaf whose slope is A - B then has a cost that changes by A(e^d - 1) + B(e^-d - 1) = (e^d - 1)(A - B·e^-d) at most, which
    is not above 0 from d = 0 to log(B/A). Its step 2(B - A)/(B + A) = 2 tanh(log(B/A)/2) ends before.
    """
    slope, low = scores.formula(1), scores.loss.properties.target.low
    if not scores.mixes_outcomes if scores.binary else scores.in_units_of_target or low == -np.inf:
        return None
    at, targets = np.broadcast_arrays(np.linspace(-12, 12, 241), _targets(scores)[:, None])
    lowest = scores.slope(at, low)
    without = substitute(slope, {TARGET.name: constant(low)})
    if scores.binary:
        down, up = (1 - TARGET) * without, -TARGET * substitute(slope, {TARGET.name: constant(1.0)})
        pulls = (1 - targets) * lowest, -targets * scores.slope(at, 1.0)
    else:
        down, up = without, without - slope
        pulls = lowest, lowest - scores.slope(at, targets)
    for pull in (pulls[0], pulls[1][:, ::-1]):  # both rise now
        rise, most = np.diff(pull, axis=1), pull[:, :-1] * np.expm1(np.diff(at, axis=1))
        slack = _SLACK * pull[:, 1:]
        if not ((pull >= 0).all() and (rise >= -slack).all() and (rise <= most + slack).all()):
            return None
    why = "half of what pulls scores down and half of what pulls them up: steps of any length never raise the cost"
    return Choice("balanced", why, _pair(scores, (down + up) / 2))


def _bound(scores: Scores) -> Choice | None:
    at, targets = _grid(scores)
    with np.errstate(all="ignore"):
        second, slope = scores.second(at, targets), scores.slope(at, targets)
        # between neighbours the slope rises by no more than the second derivative says, unless it jumps
        most = np.maximum(np.maximum(second[:, 1:], second[:, :-1]), 0) * np.diff(at, axis=1)
        jumps = np.diff(slope, axis=1) > 4 * most + 1e-6 * np.abs(slope[:, 1:]) + 1e-9
    greatest = np.where(np.isnan(second), np.inf, second).max(axis=1)
    if jumps.any():
        return None
    if greatest.max() < 1e6 and (scores.binary or np.allclose(greatest, greatest[0], rtol=1e-3)):
        fine = _refined(scores, at, targets, second)
        why = f"the greatest second derivative, {fine:.4g}, found on a grid"
        return Choice("bound", why, _pair(scores, _BOUND, numbers={_BOUND.name: fine}))
    return _within_a_step(scores)


def _refined(scores: Scores, at: np.ndarray, targets: np.ndarray, second: np.ndarray) -> float:
    """Return the greatest second derivative, searched for between the neighbours of the greatest one of a grid."""
    row, column = divmod(int(second.argmax()), second.shape[1])
    low, high = (float(at[row, i]) for i in (max(column - 1, 0), min(column + 1, second.shape[1] - 1)))
    between = np.linspace(low, high, 2001)
    return float(np.nanmax(scores.second(between, np.full_like(between, targets[row, column]))))


def _within_a_step(scores: Scores) -> Choice:
    """Return the greatest second derivative of those within a step.

    Sums of exponentials, as losses of the logarithm of a mean are, have it at an end of the step: they are convex. Others are
    looked at in 9 places, between which at most 1 % of a logistic hump is lost.
    """
    targets = _targets(scores)
    middle = np.linspace(-8, 8, 65)[:, None]
    with np.errstate(all="ignore"):
        low, centre, high = (scores.second(*np.broadcast_arrays(middle + d, targets)) for d in (-LONGEST_STEP, 0, LONGEST_STEP))
    ends = bool((centre <= np.maximum(low, high)).all())
    steps = [-LONGEST_STEP, LONGEST_STEP] if ends else np.linspace(-LONGEST_STEP, LONGEST_STEP, 9).tolist()
    second, greatest = scores.formula(2), constant(LEAST)
    for step in steps:
        there = substitute(second, {_score(scores).name: _score(scores) + step})
        greatest = maximum(greatest, there if ends else 1.01 * there)
    why = f"the greatest second derivative within a step of {LONGEST_STEP}, and no leaf may step further (max_delta_step)"
    return Choice("bound", why, _pair(scores, greatest), LONGEST_STEP)


# ---- without a proof


def _absolute(scores: Scores) -> Pair:
    residual = _score(scores) - (0.0 if scores.binary else scores.centre_formula())
    by_distance = abs(scores.formula(1)) / hypot(residual, CURVATURE_WIDTH)
    curvature = maximum(maximum(abs(scores.formula(2)), by_distance), LEAST)
    return _pair(scores, curvature, residual=residual, widths=(0.0, 1.0))
