"""Which of several models are best: the model confidence set, and p-values adjusted for their number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from lossary.report.measure.statistics.intervals import Estimate

DRAWS = 10_000
"""Draws of the means; a p-value near 0.05 is then known to 0.002."""
_SEED = 20_110_301


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the p-values adjusted for their number (Holm, 1979): the chance of one false finding or more is the level.

    >>> holm([0.01, 0.04, None, 0.03])
    [0.03, 0.06, None, 0.06]
    """
    order = sorted((p, k) for k, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for place, (p, k) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - place) * p))
        found[k] = largest
    return found


def confidence_set(means: Sequence[float], pairs: Sequence[Sequence[Estimate]]) -> list[float] | None:
    """Return the p-value of each model: all of those above 0.05 are the 95 % model confidence set.

    ``pairs[i][j]`` is the estimate of ℓ_j - ℓ_i. The procedure is that of Hansen, Lunde & Nason (2011) with the range
    statistic, max |t_ij|: models leave one by one, the one with the largest t first, and the p-value of a model is the
    largest one met up to where it leaves. The distribution of the statistic comes from draws of normal means with the
    covariances of the differences, so nothing but the pairs is needed. Models of infinite mean loss leave first, with 0.
    The last two models are judged by their own p-value, which needs no draws. None if means cannot be told apart: there is no
    standard error.
    """
    finite = [k for k, mean in enumerate(means) if math.isfinite(mean)]
    found = [0.0] * len(means)
    if not finite or (len(finite) < 2 and len(means) < 2):
        return None
    if any(pairs[i][j].standard_error is None for i in finite for j in finite if i < j):
        return None
    scores = np.array([[_score(pairs[i][j]) if i != j else 0.0 for i in finite] for j in finite])
    variances = np.array([[(pairs[i][j].standard_error or 0.0) ** 2 if i != j else 0.0 for i in finite] for j in finite])
    drawn = _draws(variances)
    greatest = np.zeros(DRAWS)
    steps = list[tuple[int, float]]()
    for place, left in _departures(scores, [means[k] for k in finite]):
        for other in left:
            spread = math.sqrt(float(((drawn.factor[place] - drawn.factor[other]) ** 2).sum()))
            if spread:
                np.maximum(greatest, abs(drawn.means[place] - drawn.means[other]) / spread, out=greatest)
        among = [place, *left]
        largest = float(scores[np.ix_(among, among)].max())
        # one more than drawn, so that no p-value is 0 (Davison & Hinkley, 1997, chapter 4)
        own = 1.0 if not left else (1 + int((greatest >= largest).sum())) / (1 + DRAWS)
        if len(left) == 1:
            own = pairs[finite[place]][finite[left[0]]].p_value or 0.0
        steps.append((place, own))
    p = 0.0
    for place, own in reversed(steps):  # the order in which they leave
        p = max(p, own)
        found[finite[place]] = p
    return found


class _Drawn:
    def __init__(self, factor: np.ndarray, means: np.ndarray) -> None:
        self.factor, self.means = factor, means


def _draws(variances: np.ndarray) -> _Drawn:
    """Return draws of the means of models less that of the first one, from the variances of their differences.

    Cov(x_i - x_0, x_j - x_0) = (V_i0 + V_j0 - V_ij)/2, a matrix C = F Fᵀ; V_ij drawn is |F_i - F_j|² up to rounding.
    """
    scale = float(variances.max()) or 1.0
    v = variances / scale
    values, vectors = np.linalg.eigh((v[:, :1] + v[:1, :] - v) / 2)
    factor = vectors * np.sqrt(np.maximum(values, 0.0))
    return _Drawn(factor, factor @ _normal_numbers(len(factor), DRAWS))


def _normal_numbers(rows: int, columns: int) -> np.ndarray:
    """Return normal numbers from a fixed seed: a radius and an angle give two (Box & Muller, 1958)."""
    half = -(-columns // 2)
    raw = np.random.Philox(key=_SEED).random_raw(2 * rows * half).reshape(2, rows, half)
    one, other = (raw >> np.uint64(11)) * 2.0**-53
    radius, angle = np.sqrt(-2 * np.log1p(-one)), 2 * math.pi * other
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)[:, :columns]


def _score(pair: Estimate) -> float:
    """Return the standard normal number with the p-value of a difference, and its sign."""
    p = pair.p_value
    assert p is not None
    if p >= 1:
        return 0.0
    if pair.freedom is None or p < 1e-300:
        z = abs(pair.value) / pair.standard_error if pair.standard_error else math.inf
    else:
        z = -NormalDist().inv_cdf(p / 2)
    return math.copysign(z, pair.value)


def _departures(scores: np.ndarray, means: Sequence[float]) -> list[tuple[int, list[int]]]:
    """Return the models from the last one to the first one that leaves, each with those that are left then."""
    left = list(range(len(means)))
    found = list[tuple[int, list[int]]]()
    while left:
        worst = max(left, key=lambda i: (float(scores[i, left].max()), means[i], i))
        left = [i for i in left if i != worst]
        found.append((worst, left))
    return found[::-1]
