"""Losses of one score: what is made of their formulas, and the scores and targets at which these are tried."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossary.formula.expression import Expression
from lossary.formula.languages.python import compiled
from lossary.trainers.scores.pairs import Pair
from lossary.trainers.scores.scores import Scores

OUTCOMES, _BETWEEN, _REAL_TARGETS = (0.0, 1.0), (0.25, 0.5, 0.75), (0.5, 1.0, 3.0, -2.0)
SLACK = 1e-6
"""Relative error of slopes that are compared with one another."""
NEAREST = 1.1e-6
"""The least distance from a centre at which slopes are compared; no round number, as kinks lie at those."""


def score_of(scores: Scores) -> Expression:
    """Return the symbol of the score."""
    return scores.score(scores.names[0])


def pair_of(
    scores: Scores,
    curvature: Expression,
    slope: Expression | None = None,
    *,
    numbers: Mapping[str, float] | None = None,
    residual: Expression | None = None,
    widths: tuple[float, float] = (0.0, 0.0),
    steepness: Expression | None = None,
    of_outcomes: Pair | None = None,
) -> Pair:
    """Return a pair of the loss's own slope, or another, and a curvature."""
    return Pair(
        scores.loss.__name__,
        [score_of(scores)],
        [scores.formula(1) if slope is None else slope],
        [curvature],
        {**scores.numbers, **(numbers or {})},
        residual=residual,
        widths=widths,
        steepness=steepness,
        of_outcomes=of_outcomes,
    )


def distances_of(scores: Scores) -> np.ndarray:
    """Return distances from a centre; where a link takes an exponential, only those at which that loses no digits."""
    farthest = 12.0 if scores.by_exponential else 1.1e2 if scores.form is not None else 1.1e6
    return np.geomspace(NEAREST, farthest, 241)


def targets_of(scores: Scores) -> np.ndarray:
    """Return targets that the loss takes."""
    if scores.binary:  # what holds of both outcomes holds of a mixture of them
        return np.array(OUTCOMES if scores.mixes_outcomes else (*OUTCOMES, *_BETWEEN))
    domain = scores.loss.properties.target
    return np.array([y for y in _REAL_TARGETS if not domain.outside(y)])


def grid(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Return scores on both sides of those whose predictions are the target (or of 0), and targets: a row for each of these."""
    right, targets = distances_of(scores), targets_of(scores)[:, None]
    centre = np.zeros_like(targets) if scores.binary else scores.centre(targets)
    at = centre + np.concatenate([-right[::-1], [0.0], right])
    return at, np.broadcast_to(targets, at.shape)


def parts(scores: Scores, centre: Expression, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes of the even and of the odd part at these distances from the centre, a row for each target."""
    targets = np.repeat(targets_of(scores), len(distances))
    r = np.tile(distances, len(targets) // len(distances))
    middle = compiled(centre, "numpy", ("target",))(targets)
    with np.errstate(all="ignore"):
        above, below = (np.asarray(scores.slope(middle + d, targets)) for d in (r, -r))
        return ((above - below) / 2).reshape(-1, len(distances)), ((above + below) / 2).reshape(-1, len(distances))
