"""The curvature by which a Newton step of a tree cannot make the cost worse, derived from the formula of the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lossary.trainers.scores import Scores

KINDS = ("auto", "exact", "majorizer", "smoothed", "bound", "absolute")
"""What ``curvature=`` takes."""
LONGEST_STEP = 0.7
"""The longest step of a leaf for which a bound within a step holds; what trainers use for their own Poisson loss."""
_LEAST = 1e-12
"""A curvature of 0 at a slope of 0 says nothing, and trainers divide by it."""
_REAL_TARGETS, _BINARY_TARGETS = (0.5, 1.0, 3.0, -2.0), (0.0, 1.0)
_SLACK = 1e-6
"""Relative error of slopes that are compared with one another."""

_NEAREST = 1.1e-6
"""The least distance from a centre at which slopes are compared; no round number, as kinks lie at those."""

Pair = Callable[[Any, Any, Any], tuple[Any, Any]]
"""Takes scores, targets and weights (or None) and returns slopes and curvatures, unweighted."""


Smoothing = Callable[[Any, Any, float, float], tuple[Any, Any]]
"""Takes scores, targets, a scale that smooths the slope and one that smooths the curvature; returns slopes and curvatures."""


class Curvature(NamedTuple):
    """A choice of curvature."""

    kind: str
    why: str
    pair: Pair
    longest_step: float | None = None
    """The longest step of a leaf for which it holds, or None if it holds for any."""
    smoothing: Smoothing | None = None
    """What the pair of a loss with a kink is by other scales; of one and the same scale, a majorizer of the smoothed loss."""


def choose(scores: Scores, kind: str) -> Curvature:
    """Return the curvature of this kind, or for "auto" the first that is safe; raise if it does not exist for this loss."""
    name = scores.loss.__name__
    if kind not in KINDS:
        raise ValueError(f"curvature is one of {', '.join(KINDS)}; got {kind!r}")
    if scores.loss.kind == "softmax":
        return _for_classes(scores, kind)
    if kind == "exact":
        return Curvature(kind, "the second derivative as it is, as asked for", _exact(scores))
    if kind == "absolute":
        return Curvature(kind, "the size of the second derivative or of slope by distance, as asked for", _absolute(scores))
    if kind != "bound" and (found := _by_distance(scores)) is not None and kind in ("auto", found.kind):
        return found
    if kind in ("majorizer", "smoothed"):
        of = (
            "an even function, concave in the square, plus a linear one"
            if kind == "majorizer"
            else "such a function with a kink"
        )
        raise ValueError(f"curvature={kind!r} is for {of}; {name} is none; use 'auto'")
    found = _bound(scores)
    if found is not None:
        return found
    if kind == "bound":
        raise ValueError(f"the second derivative of {name} has no bound, not even within a step; use curvature='absolute'")
    why = "neither a majorizer nor a bound is known; the greater of second derivative and slope by distance, unproven"
    return Curvature("absolute", why, _absolute(scores))


_OF_SLOPE, _OF_SLOPE_OF_UNLIKE, _OF_CURVATURE = 0.04, 0.5, 2.0
"""How much of the scale smooths the slope, and how much the curvature, of a loss with a kink.

A slope that is smoothed more trains outer quantiles to levels that are too extreme; a curvature smoothed less shortens steps.
Classes, and targets for which the loss is steeper than for others, have no quantile to miss, and train better with more.
"""


def scale_of(distances: Any, weight: Any) -> float:
    """Return (mean √|r|)², a scale of residuals that single large ones hardly move."""
    if weight is not None and not weight.any():
        weight = None
    root = np.average(np.sqrt(np.abs(distances)), weights=weight)
    return float(max(root**2, 1e-100))


# ---- losses that are even in the distance from a centre, plus a linear part


def _by_distance(scores: Scores) -> Curvature | None:
    """Return ψ(r)/r, where r is the distance from a centre and ψ the slope of the even part of the loss.

    If the even part is concave in r², the parabola of this curvature that touches it at ±r lies above it everywhere (de Leeuw
    and Lange, 2009); what is linear in r changes no curvature. At a kink the curvature is infinite; √(r² + s²) stands for |r|
    there, with more in the curvature than in the slope, and nothing is proven.
    """
    centres: list[tuple[str, Callable[[Any], Any]]] = [("the residual", scores.centre)]
    if scores.binary:
        centres = [("the score", np.zeros_like), ("the margin less 1", lambda target: 2.0 * target - 1.0)]
    for of, centre in centres:
        if (found := _is_even_and_concave(scores, centre)) is not None:
            steep, alike = found
            why = f"slope by distance of {of}: the loss is concave in its square"
            if steep:
                why += "; √(r² + s²) stands for |r|, with s from the data, as it is infinite at the kink"
                smoothing = _smoothed(scores, centre)
                return Curvature("smoothed", why, _by_scale(scores, smoothing, centre, alike=alike), smoothing=smoothing)
            return Curvature("majorizer", why, _slope_by_distance(scores, centre))
    if not scores.binary and (kinks := _two_kinks(scores)) is not None:
        why = f"the loss is flat within ±{kinks:g} and straight beyond: half the sum of two absolute errors, each smoothed"
        smoothing = _of_two_kinks(scores, kinks)
        return Curvature("smoothed", why, _by_scale(scores, smoothing, scores.centre, alike=True), smoothing=smoothing)
    return None


def _distances(scores: Scores) -> np.ndarray:
    """Return distances from a centre; where a link takes an exponential, only those at which that loses no digits."""
    farthest = 12.0 if scores.by_exponential else 1.1e2 if scores.form is not None else 1.1e6
    return np.geomspace(_NEAREST, farthest, 241)


def _targets(scores: Scores) -> np.ndarray:
    if scores.binary:
        return np.array(_BINARY_TARGETS)
    domain = scores.loss.properties.target
    return np.array([y for y in _REAL_TARGETS if not domain.outside(y)])


def _parts(scores: Scores, centre: Callable[[Any], Any], distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes of the even and of the odd part at these distances from the centre, a row for each target."""
    targets = np.repeat(_targets(scores), len(distances))
    r = np.tile(distances, len(targets) // len(distances))
    with np.errstate(all="ignore"):
        above, below = (np.asarray(scores.slope(centre(targets) + d, targets)) for d in (r, -r))
        return ((above - below) / 2).reshape(-1, len(distances)), ((above + below) / 2).reshape(-1, len(distances))


def _is_even_and_concave(scores: Scores, centre: Callable[[Any], Any]) -> tuple[bool, bool] | None:
    """Return whether the curvature is infinite at the centre, and whether the slopes are those of every target.

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
    return bool((ratio[:, 0] > 2 * ratio[:, 20]).any()), bool((np.abs(even - even[:1]) <= _SLACK * even).all())


def _slope_by_distance(scores: Scores, centre: Callable[[Any], Any]) -> Pair:
    def pair(raw: Any, target: Any, weight: Any) -> tuple[Any, Any]:
        middle = centre(target)
        # near 0 the ratio is its limit, which a distance too small to be divided by would lose
        r = np.abs(raw - middle)
        least = np.maximum(1e-6 * scale_of(r, weight), 1e-9 * np.abs(middle)) if scores.in_units_of_target else _NEAREST
        even, _ = _even_and_odd(scores, middle, target, np.maximum(r, least))
        return scores.slope(raw, target), even

    return pair


def _smoothed(scores: Scores, centre: Callable[[Any], Any]) -> Smoothing:
    def smoothing(raw: Any, target: Any, of_slope: float, of_curvature: float) -> tuple[Any, Any]:
        middle = centre(target)
        r = raw - middle
        even, odd = _even_and_odd(scores, middle, target, np.hypot(r, of_slope))
        return even * r + odd, _even_and_odd(scores, middle, target, np.hypot(r, of_curvature))[0]

    return smoothing


def _by_scale(scores: Scores, smoothing: Smoothing, centre: Callable[[Any], Any], *, alike: bool) -> Pair:
    factor = _OF_SLOPE if alike and not scores.binary else _OF_SLOPE_OF_UNLIKE

    def pair(raw: Any, target: Any, weight: Any) -> tuple[Any, Any]:
        middle = centre(target)
        r = raw - middle
        if not alike:  # the residuals that count most set the scale
            steepness = np.abs(scores.slope(middle + np.abs(r), target))
            weight = steepness if weight is None else steepness * weight
        s = scale_of(r, weight)
        return smoothing(raw, target, factor * s, _OF_CURVATURE * s)

    return pair


def _even_and_odd(scores: Scores, middle: Any, target: Any, distance: Any) -> tuple[Any, Any]:
    """Return the slope of the even part by the distance from the middle, and the slope of the odd part."""
    above, below = scores.slope(middle + distance, target), scores.slope(middle - distance, target)
    return (above - below) / 2 / distance, (above + below) / 2


def _two_kinks(scores: Scores) -> float | None:
    """Return ε of a loss that is 0 within ±ε of the target and straight beyond, or None."""
    distances = _distances(scores)
    even, odd = _parts(scores, scores.centre, distances)
    if (odd != 0).any() or (even != even[0]).any() or set(np.unique(even)) != {0.0, even[0, -1]}:
        return None
    low, high = distances[even[0] == 0][-1], distances[even[0] > 0][0]
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _parts(scores, scores.centre, np.array([middle]))[0][0, 0] == 0 else (low, middle)
    return float(round(high, 12))


def _of_two_kinks(scores: Scores, kinks: float) -> Smoothing:
    steep = float(_parts(scores, scores.centre, _distances(scores)[-1:])[0][0, 0])

    def smoothing(raw: Any, target: Any, of_slope: float, of_curvature: float) -> tuple[Any, Any]:
        r = raw - scores.centre(target)
        slope, curvature = 0.0, 0.0
        for distance in (r - kinks, r + kinks):
            slope = slope + steep / 2 * distance / np.hypot(distance, of_slope)
            curvature = curvature + steep / 2 / np.hypot(distance, of_curvature)
        return slope, curvature

    return smoothing


# ---- bounds of the second derivative


def _bound(scores: Scores) -> Curvature | None:
    right = _distances(scores)
    distances = np.concatenate([-right[::-1], [0.0], right])
    targets = np.repeat(_targets(scores), len(distances))
    centre = np.zeros_like(targets) if scores.binary else scores.centre(targets)
    at = centre + np.tile(distances, len(targets) // len(distances))
    with np.errstate(all="ignore"):
        second = np.asarray(scores.second(at, targets)).reshape(-1, len(distances))
        slope = np.asarray(scores.slope(at, targets)).reshape(-1, len(distances))
        # between neighbours the slope rises by no more than the second derivative says, unless it jumps
        most = np.maximum(np.maximum(second[:, 1:], second[:, :-1]), 0) * np.diff(distances)
        jumps = np.diff(slope, axis=1) > 4 * most + 1e-6 * np.abs(slope[:, 1:]) + 1e-9
    greatest = np.where(np.isnan(second), np.inf, second).max(axis=1)
    if jumps.any():
        return None
    if greatest.max() < 1e6 and (scores.binary or np.allclose(greatest, greatest[0], rtol=1e-3)):
        fine = _refined(scores, at.reshape(second.shape), targets.reshape(second.shape), second)
        return Curvature("bound", f"the greatest second derivative, {fine:.4g}, found on a grid", _constant(scores, fine))
    return _within_a_step(scores)


def _refined(scores: Scores, at: np.ndarray, targets: np.ndarray, second: np.ndarray) -> float:
    """Return the greatest second derivative, searched for between the neighbours of the greatest one of a grid."""
    row, column = divmod(int(second.argmax()), second.shape[1])
    low, high = (float(at[row, i]) for i in (max(column - 1, 0), min(column + 1, second.shape[1] - 1)))
    between = np.linspace(low, high, 2001)
    return float(np.nanmax(scores.second(between, np.full_like(between, targets[row, column]))))


def _constant(scores: Scores, bound: float) -> Pair:
    return lambda raw, target, weight: (scores.slope(raw, target), np.full(np.shape(raw), bound))


def _within_a_step(scores: Scores) -> Curvature:
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
    factor = 1.0 if ends else 1.01

    def pair(raw: Any, target: Any, weight: Any) -> tuple[Any, Any]:
        greatest = np.max([scores.second(raw + d, target) for d in steps], axis=0)
        return scores.slope(raw, target), np.maximum(factor * greatest, _LEAST)

    why = f"the greatest second derivative within a step of {LONGEST_STEP}, and no leaf may step further (max_delta_step)"
    return Curvature("bound", why, pair, LONGEST_STEP)


# ---- without a proof


def _exact(scores: Scores) -> Pair:
    return lambda raw, target, weight: (scores.slope(raw, target), scores.second(raw, target))


def _absolute(scores: Scores) -> Pair:
    def pair(raw: Any, target: Any, weight: Any) -> tuple[Any, Any]:
        slope = scores.slope(raw, target)
        r = raw - (0.0 if scores.binary else scores.centre(target))
        by_distance = np.abs(slope) / np.hypot(r, scale_of(r, weight))
        return slope, np.maximum(np.maximum(np.abs(scores.second(raw, target)), by_distance), _LEAST)

    return pair


def _for_classes(scores: Scores, kind: str) -> Curvature:
    """Return the curvature of each class's score.

    Scores of a softmax may all be raised alike, so the rows of the Hessian sum to 0; where what lies beside the diagonal is not
    positive, as in the cross-entropy, Gershgorin's circles put its eigenvalues below twice the diagonal.
    """
    name = scores.loss.__name__
    if kind == "exact":
        return Curvature(kind, "each class's own second derivative, without what classes share", _of_classes(scores, 1))
    if scores.loss.properties.convex is True and kind in ("auto", "bound"):
        return Curvature("bound", "twice each class's own second derivative covers what classes share", _of_classes(scores, 2))
    if kind in ("auto", "absolute"):
        why = "twice the size of each class's own second derivative, unproven as the loss is not convex in the scores"
        return Curvature("absolute", why, _of_classes(scores, 2))
    raise ValueError(f"curvature={kind!r} is not known for {name}, which has a score for each class; use 'auto'")


def _of_classes(scores: Scores, factor: float) -> Pair:
    def pair(raw: Any, target: Any, weight: Any) -> tuple[Any, Any]:
        return scores.slope(raw, target), np.maximum(factor * np.abs(scores.second(raw, target)), _LEAST)

    return pair
