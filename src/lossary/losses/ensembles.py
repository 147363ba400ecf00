"""Scores of an ensemble: members drawn from a forecast distribution, and the target that came."""

from typing import Any, Literal

import numpy as np

from lossary.array_words import arange, argsort, fold, sort, take_along_axis
from lossary.arrays.select import of
from lossary.engine.decorators import composed
from lossary.formula.domains import Positive, Probability, Real
from lossary.vocabulary import abs, norm, where

Estimator = Literal["energy", "fair", "almost_fair"]
_ALMOST = 0.95
"""How fair an almost fair score is by default."""


def _is_number(x: Any, number: float) -> bool:
    return isinstance(x, (int, float)) and x == number


def _refuse_no_members(name: str, members: int) -> None:
    if members < 1:
        raise ValueError(f"{name}: an ensemble has at least one member; got none; pass those that there are, or leave it out")


def _fairness_of(name: str, estimator: Estimator, fairness: Any, members: int) -> Any:
    """Return how fair the score of an estimator is, from 0 to 1; raise where that cannot be."""
    _refuse_no_members(name, members)
    if estimator != "almost_fair":
        if not _is_number(fairness, _ALMOST):
            raise TypeError(
                f'{name}: fairness= says how fair an "almost_fair" score is; got fairness={fairness} with '
                f'estimator="{estimator}"; pass estimator="almost_fair", or leave it out'
            )
        fairness = float(estimator == "fair")
    if members < 2 and not _is_number(fairness, 0):
        raise ValueError(
            f'{name}: a fair score has at least two members; got {members}; pass estimator="energy", or more members'
        )
    return fairness


def _in_order(members: Any, target: Any, present: Any) -> tuple[Any, Any, Any]:
    """Return the order of the members, how far they lie above the target in this order, and how many there are."""
    if present is None:
        order, count = argsort(members), members.shape[-1]
        return order, take_along_axis(members, order) - target[..., None], count
    order = argsort(where(present, members, float("inf")))
    present = take_along_axis(present, order)
    count = of(members).cast(present, members.dtype).sum(-1)[..., None]
    return order, where(present, take_along_axis(members, order) - target[..., None], 0.0), count


def _shares(residual: Any, count: Any, fairness: Any) -> Any:
    """Return the weight cᵢ of each member in order, with which the score is Σ cᵢ·|x₍ᵢ₎ - y|."""
    # With k members further out on the same side, cᵢ = (2k + 1)/M², or fair 2k/(M(M - 1)). The distances of pairs are in these
    # already: no term is negative, so nothing cancels
    place = of(residual).cast(arange(residual.shape[-1], residual), residual.dtype)
    further = where(residual > 0, count - 1 - place, place)
    if _is_number(fairness, 0):
        return (2 * further + 1) / count**2
    fairness = fairness[..., None] if getattr(fairness, "ndim", 0) else fairness
    return (2 * further * (1 + fairness / (count - 1)) + 1 - fairness) / count**2


def _crps_slopes(members, target, *, estimator, fairness, present):
    fairness = _fairness_of("crps_ensemble", estimator, fairness, members.shape[-1])
    order, residual, count = _in_order(members, target, present)
    slopes = np.empty_like(members)
    np.put_along_axis(slopes, order, np.sign(residual) * _shares(residual, count, fairness), -1)
    return slopes


@composed(
    signature="(m),()",
    arrays={"present": "(m)"},
    gradient=_crps_slopes,
    curvature=lambda members, target, **_: where(members == members, 0.0, members),  # the slopes are steps
    neutral=("fairness",),
    homogeneous=1,
)
def crps_ensemble(
    members: Real,
    target: Real,
    *,
    estimator: Estimator = "energy",
    fairness: Probability = _ALMOST,
    present: bool | None = None,
):
    r"""Continuous ranked probability score of an ensemble of M members (Gneiting and Raftery, 2007), in units of the target.

    .. math:: \frac{1}{M} \sum_i |x_i - y| - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} |x_i - x_j|

    ``estimator="energy"`` scores the members as the whole distribution, f = 0. ``"fair"``, f = 1, is fair to the distribution
    they are drawn from: its expectation does not depend on M (Ferro, 2014), but members do not matter while at most one lies
    on each side of the target. ``"almost_fair"`` for training has f = ``fairness``, 0.95 by default (Lang et al., 2024). The
    score is never negative; with one member it is the absolute error, and a fair one raises. Its parts are weighted so that
    nothing cancels, in O(M log M).

    ``members`` lie on the last axis (``axis``), one more than the target has. ``present``, a mask of their shape, leaves
    members out that are missing, whatever they hold; without it NaN makes the loss NaN. It is NaN too where no member is
    present, or a fair score has but one. Only members have a gradient: 0 where one meets the target; equal members keep their
    order. Shapes that do not fit, an ensemble without members, a fairness outside [0, 1] and one that is passed with another
    estimator raise.

    >>> import lossary
    >>> lossary.crps_ensemble([[1.0, 2.0, 4.0]], [3.0], reduction="none")
    array([0.66666667])
    >>> lossary.crps_ensemble.gradient([[1.0, 2.0, 4.0]], [3.0])
    array([[-0.11111111, -0.33333333,  0.11111111]])
    """
    fairness = _fairness_of("crps_ensemble", estimator, fairness, members.shape[-1])
    if present is None:  # sorting takes an eighth of the time that finding the order does in NumPy
        residual, count = sort(members) - target[..., None], members.shape[-1]
    else:
        _, residual, count = _in_order(members, target, present)
    return (abs(residual) * _shares(residual, count, fairness)).sum(-1)


def _pair_share(members: int, estimator: Estimator, fairness: Any) -> Any:
    """Return how much a pair of members counts."""
    fairness = _fairness_of("energy_score", estimator, fairness, members)
    return (1 + fairness / max(members - 1, 1)) / members**2


def _direction(x):
    """The slope of the norm of vectors on the last axis, 0 where it is 0."""
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return np.divide(x, length, out=np.zeros_like(x), where=length != 0)


def _energy_slopes(members, target, *, estimator, fairness):
    count = members.shape[-2]
    share = np.asarray(_pair_share(count, estimator, fairness))[..., None, None]
    slopes = _direction(members - target[..., None, :]) / count
    for i in range(count):
        slopes[..., i, :] -= share[..., 0] * _direction(members[..., i : i + 1, :] - members).sum(-2)
    return slopes


@composed(signature="(m,d),(d)", gradient=_energy_slopes, neutral=("fairness",), homogeneous=1)
def energy_score(members: Real, target: Real, *, estimator: Estimator = "energy", fairness: Probability = _ALMOST):
    r"""Energy score of an ensemble of M vectors (Gneiting and Raftery, 2007): the CRPS of several dimensions.

    .. math:: \frac{1}{M} \sum_i \lVert x_i - y \rVert
              - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} \lVert x_i - x_j \rVert

    It is :func:`lossary.crps_ensemble` in one dimension, with its ``estimator``: ``"energy"`` (the default, f = 0), ``"fair"``
    (f = 1) or ``"almost_fair"`` (f = ``fairness``, 0.95 by default). It is never negative. It tells wrong locations and scales
    well, wrong dependence of the dimensions less (see :func:`lossary.variogram_score`). Dimensions in different units want to
    be standardised first.

    ``members`` have the shape (…, M, D), the target (…, D). Only members have a gradient; a distance of 0 has slope 0, so
    members that coincide do no harm. All pairs are computed, M at a time. Shapes that do not fit, a fairness outside [0, 1]
    or passed with another estimator, and a fair score of one member raise.

    >>> import lossary
    >>> lossary.energy_score([[[0.0, 0.0], [3.0, 4.0]]], [[0.0, 0.0]], reduction="none")
    array([1.25])
    """
    count = members.shape[-2]
    share = _pair_share(count, estimator, fairness)

    def to_all(vector: Any) -> Any:
        return norm(members - vector[..., None, :])[..., 0].sum(-1)

    to_target = to_all(target)
    pairs = fold(lambda found, member: found + to_all(member), 0 * to_target, members, axis=-2)
    return to_target / count - share * pairs / 2


def _power(x: Any, power: Any) -> Any:
    """Return |x|^power, with slope 0 at 0."""
    return where(x == 0, 0.0, abs(where(x == 0, 1.0, x)) ** power)


def _variogram_slopes(members, target, *, power):
    _refuse_no_members("variogram_score", members.shape[-2])
    slopes = np.zeros_like(members)
    power = np.asarray(power)[..., None, None]
    for i in range(members.shape[-1]):
        apart = members[..., i : i + 1] - members
        distance = _power(apart, power)
        difference = _power(target[..., i : i + 1] - target, power[..., 0]) - distance.mean(-2)
        # each pair comes twice in the score, and both of it move with one of its components
        slopes[..., i] = (
            difference[..., None, :] * np.divide(distance, apart, out=np.zeros_like(apart), where=apart != 0)
        ).sum(-1)
    return -4 * power * slopes / members.shape[-2]


@composed(signature="(m,d),(d)", gradient=_variogram_slopes, homogeneous=lambda power: 2 * power)
def variogram_score(members: Real, target: Real, *, power: Positive = 0.5):
    r"""Variogram score of an ensemble of M vectors, of an order p (Scheuerer and Hamill, 2015).

    .. math:: \sum_{i,j} \Bigl( |y_i - y_j|^p - \frac{1}{M} \sum_m |x_{mi} - x_{mj}|^p \Bigr)^2

    It compares how much pairs of components differ, so it tells wrong dependence where :func:`lossary.energy_score` hardly
    does; a common shift of all components it does not see. Each pair counts twice, with weight 1. ``power`` p = ½ bears heavy
    tails; 1 and 2 weigh large differences more.

    ``members`` have the shape (…, M, D), the target (…, D). Only members have a gradient; where two components of a member are
    equal, its slope is taken as 0, as for p < 1 it is infinite. All pairs are computed, D at a time. Shapes that do not fit
    and a power that is not positive raise.

    >>> import lossary
    >>> lossary.variogram_score([[[0.0, 1.0], [0.0, 4.0]]], [[0.0, 1.0]], reduction="none")
    array([0.5])
    """
    _refuse_no_members("variogram_score", members.shape[-2])
    power = power[..., None] if getattr(power, "ndim", 0) else power
    of_members = power[..., None] if getattr(power, "ndim", 0) else power

    def with_pairs_of(found: Any, x: Any, y: Any) -> Any:
        expected = _power(x[..., None] - members, of_members).mean(-2)
        return found + ((_power(y[..., None] - target, power) - expected) ** 2).sum(-1)

    return fold(with_pairs_of, 0 * target.sum(-1), members, target)
