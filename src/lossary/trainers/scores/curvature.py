"""The curvature by which a Newton step of a tree cannot make the cost worse, derived from the formula of the loss."""

from __future__ import annotations

from functools import lru_cache

from lossary.formula.calls import abs, hypot, maximum
from lossary.formula.quotient import quotient
from lossary.trainers.scores import classes, expected
from lossary.trainers.scores.distance import TINY, by_distance, is_odd_in_residual
from lossary.trainers.scores.kinds import KINDS, Choice
from lossary.trainers.scores.one_score import SLACK, grid, pair_of, score_of
from lossary.trainers.scores.pairs import CURVATURE_WIDTH, LEAST_IN_UNITS, Each, Pair
from lossary.trainers.scores.scores import TARGET, Scores
from lossary.trainers.scores.second import balanced, bound, exact_within_a_step


@lru_cache(maxsize=64)
def choose(scores: Scores, kind: str, held: bool | None = None) -> Choice:
    """Return the curvature of this kind, or for "auto" the first that is safe; raise if it does not exist for this loss.

    ``held`` says whether the trainer holds leaves to the longest step of a choice; None: it has no leaves, but steps in several
    scores at once, of which a parabola is to lie above the loss.
    """
    name = scores.loss.__name__
    if kind not in KINDS:
        own = ""
        if "curvature" in scores.loss.parameters:
            own = (
                f"; that of {name} itself is set in a loss of your own: @lossary.pointwise def other(prediction, target): "
                f"return lossary.{name}(prediction, target, curvature={kind!r})"
            )
        raise ValueError(f"curvature is one of {', '.join(KINDS)}; got {kind!r}{own}")
    if scores.loss.kind == "softmax":
        return classes.choose(scores, kind)
    if scores.several:
        if kind in ("auto", "smoothed") and (each := _of_each(scores)) is not None:
            return each
        return expected.choose_of_several(scores, kind)
    if kind == "exact":
        return Choice(kind, "the second derivative as it is, as asked for", pair_of(scores, scores.formula(2)))
    if kind == "absolute":
        return Choice(kind, "the size of the second derivative or of slope by distance, as asked for", _absolute(scores))
    if kind == "fisher":
        why, curvature = expected.of_one(scores)
        return Choice(kind, why, pair_of(scores, curvature))
    if kind == "auto" and held and (newton := exact_within_a_step(scores)) is not None:
        return newton
    if kind == "balanced" or (kind == "auto" and held is False):
        if (found := balanced(scores)) is not None:
            return found
        if kind == "balanced":
            raise ValueError(f"curvature='balanced' is for losses of a logarithm or a logit; {name} is none; use 'auto'")
    if kind != "bound" and (found := by_distance(scores)) is not None:
        if kind in ("auto", "relaxed") and found.kind == "majorizer":
            return _relaxed(scores, found)
        if kind in ("auto", found.kind):
            return found
    found = bound(scores) if kind in ("auto", "relaxed", "bound") else None
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


def _relaxed(scores: Scores, safe: Choice) -> Choice:
    """Return the greater of the second derivative and half of a safe curvature, or this if it is the second derivative.

    A step by half of the safe curvature is twice that by all of it. There the parabola that lies above the cost is as high as
    where it began, and it is lower before, so no shorter step raises the cost either.
    """
    at, targets = (x.ravel() for x in grid(scores))
    if (scores.second(at, targets) >= (1 - SLACK) * safe.pair(at, targets, None)[1]).all():
        return safe
    (curvature,) = safe.pair.curvatures
    if safe.kind == "majorizer" and is_odd_in_residual(scores):
        slope, residual = scores.formula(1), score_of(scores) - TARGET
        # else of the slope, which is computed anyway; where the residual is 0, the second derivative is the greater
        ratio = quotient(slope, residual)
        curvature = abs(slope) / maximum(abs(residual), TINY) if ratio is None else ratio
    of = "its greatest" if safe.kind == "bound" else "the slope by distance"
    why = (
        f"the second derivative, and at least half of {of}: the parabola of that lies above the loss, and is as high at twice "
    )
    why += "its step as at none"
    return Choice("relaxed", why, pair_of(scores, maximum(scores.formula(2), curvature / 2), numbers=safe.pair.numbers))


def _of_each(scores: Scores) -> Choice | None:
    """Return the smoothed pairs of predictions that are judged apart from one another, such as the bounds of an interval."""
    parts = [scores.alone(name) for name in scores.names]
    if any(part.formula(1).symbols() - {score_of(part).name, TARGET.name} - scores.numbers.keys() for part in parts):
        return None
    found = [by_distance(part) for part in parts]
    if any(choice is None or choice.kind != "smoothed" for choice in found):
        return None
    pairs = [choice.pair for choice in found if choice is not None]
    return Choice(
        "smoothed", "each prediction is judged alone, by a loss with a kink: √(r² + s²) stands for |r| there", Each(pairs)
    )


def _absolute(scores: Scores) -> Pair:
    residual = score_of(scores) - (0.0 if scores.binary else scores.centre_formula())
    by_distance = abs(scores.formula(1)) / hypot(residual, CURVATURE_WIDTH)
    curvature = maximum(maximum(abs(scores.formula(2)), by_distance), LEAST_IN_UNITS)
    return pair_of(scores, curvature, residual=residual, widths=(0.0, 1.0))
