"""Curvatures that are the second derivative of a loss, bounds of it, or bounds of how it changes."""

from __future__ import annotations

import numpy as np

from lossary.formula.calls import maximum
from lossary.formula.expression import constant, symbol
from lossary.formula.rewrite import substitute
from lossary.trainers.scores.kinds import Choice
from lossary.trainers.scores.one_score import SLACK, grid, pair_of, score_of, targets_of
from lossary.trainers.scores.pairs import LEAST
from lossary.trainers.scores.scores import TARGET, Scores

LONGEST_STEP = 0.7
"""The longest step of a leaf for which a bound within a step holds; what trainers use for their own Poisson loss."""
_LONGEST_NEWTON_STEP = 1.79
"""The longest step d of a leaf for which eᵈ ≤ 1 + d + d²."""
_BOUND = symbol("bound_of_curvature")


def exact_within_a_step(scores: Scores) -> Choice | None:
    """Return the second derivative, if it changes by a factor of e at most in a step of 1.

    The cost of a leaf of slope G and curvature H rises by at most G·d + H·(e^|d| - 1 - |d|) then (Bach, 2010, on
    self-concordant functions). A Newton step, shortened or not, has |G| ≥ H·|d|, so that is at most H·(e^|d| - 1 - |d| - d²).
    """
    if scores.in_units_of_target:
        return None
    at, targets = np.linspace(-12, 12, 241)[:, None], targets_of(scores)
    with np.errstate(all="ignore"):
        logarithm = np.log(scores.second(*np.broadcast_arrays(at, targets)))
    if not np.isfinite(logarithm).all():
        return None
    change = np.abs(np.diff(logarithm, axis=0))
    if (change > (1 + SLACK) * np.diff(at, axis=0)).any() or (change < SLACK).all():
        return None  # or a parabola, which needs no limit
    why = f"the second derivative, which a step changes by e^|step| at most: steps of up to {_LONGEST_NEWTON_STEP} never raise "
    why += "the cost, and no leaf may step further (max_delta_step)"
    return Choice("exact", why, pair_of(scores, scores.formula(2)), _LONGEST_NEWTON_STEP)


def balanced(scores: Scores) -> Choice | None:
    """Return half of what pulls the score down plus what pulls it up, if a step d changes both by factors from 1 to e^±d.

    A leaf whose slope is A - B then has a cost that changes by A(e^d - 1) + B(e^-d - 1) = (e^d - 1)(A - B·e^-d) at most, which
    is not above 0 from d = 0 to log(B/A). Its step 2(B - A)/(B + A) = 2 tanh(log(B/A)/2) ends before.
    """
    slope, low = scores.formula(1), scores.loss.properties.target.low
    if not scores.mixes_outcomes if scores.binary else scores.in_units_of_target or low == -np.inf:
        return None
    at, targets = np.broadcast_arrays(np.linspace(-12, 12, 241), targets_of(scores)[:, None])
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
        slack = SLACK * pull[:, 1:]
        if not ((pull >= 0).all() and (rise >= -slack).all() and (rise <= most + slack).all()):
            return None
    why = "half of what pulls scores down and half of what pulls them up: steps of any length never raise the cost"
    return Choice("balanced", why, pair_of(scores, (down + up) / 2))


def bound(scores: Scores) -> Choice | None:
    """Return the greatest second derivative, of all scores or of those within a step; None if the slope jumps."""
    at, targets = grid(scores)
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
        return Choice("bound", why, pair_of(scores, _BOUND, numbers={_BOUND.name: fine}))
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
    targets = targets_of(scores)
    middle = np.linspace(-8, 8, 65)[:, None]
    with np.errstate(all="ignore"):
        low, centre, high = (scores.second(*np.broadcast_arrays(middle + d, targets)) for d in (-LONGEST_STEP, 0, LONGEST_STEP))
    ends = bool((centre <= np.maximum(low, high)).all())
    steps = [-LONGEST_STEP, LONGEST_STEP] if ends else np.linspace(-LONGEST_STEP, LONGEST_STEP, 9).tolist()
    second, greatest = scores.formula(2), constant(LEAST)
    for step in steps:
        there = substitute(second, {score_of(scores).name: score_of(scores) + step})
        greatest = maximum(greatest, there if ends else 1.01 * there)
    why = f"the greatest second derivative within a step of {LONGEST_STEP}, and no leaf may step further (max_delta_step)"
    return Choice("bound", why, pair_of(scores, greatest), LONGEST_STEP)
