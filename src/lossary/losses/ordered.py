"""Losses of classes in an order, such as grades."""

from typing import Annotated, Any

from lossary.array_words import arange, concatenate
from lossary.engine.decorators import composed
from lossary.formula.domains import Interval, Real
from lossary.formula.properties import Requirement
from lossary.vocabulary import log1mexp, reciprocal_expm1, sigmoid, softplus, where

Class = Annotated[int, Interval(0.0)]


def _does_not_increase(thresholds: Any) -> Any:
    first = thresholds[..., :1]
    return concatenate([first != first, ~(thresholds[..., 1:] > thresholds[..., :-1])])


def _is_no_class(classes_less_1: Any, target: Any) -> Any:
    return target > classes_less_1.shape[-1]


_INVARIANT = "a class index lies below the number of classes, one more than there are thresholds or logits"


def _interval(thresholds, target):
    """Return the thresholds below and above the class, and where they stand in the row."""
    place = arange(thresholds.shape[-1], thresholds)
    is_upper, is_lower = place == target[..., None], place == target[..., None] - 1
    upper = where(target < thresholds.shape[-1], where(is_upper, thresholds, 0.0).sum(-1), float("inf"))
    lower = where(target > 0, where(is_lower, thresholds, 0.0).sum(-1), -float("inf"))
    return lower, upper, is_lower, is_upper


def _ordinal_gradient(score, thresholds, target):
    lower, upper, is_lower, is_upper = _interval(thresholds, target)
    from_upper, from_lower, apart = sigmoid(score - upper), sigmoid(lower - score), reciprocal_expm1(upper - lower)
    raising = where(is_lower, (from_lower + apart)[..., None], 0.0)
    return from_upper - from_lower, raising - where(is_upper, (from_upper + apart)[..., None], 0.0)


def _ordinal_curvature(score, thresholds, target):
    lower, upper, is_lower, is_upper = _interval(thresholds, target)
    from_upper = sigmoid(score - upper) * sigmoid(upper - score)
    from_lower = sigmoid(lower - score) * sigmoid(score - lower)
    # the second derivative of -log(1 - e^-w) is r + r², with r = 1/(e^w - 1)
    apart = reciprocal_expm1(upper - lower)
    of_lower = where(is_lower, (from_lower + apart + apart**2)[..., None], 0.0)
    return from_upper + from_lower, of_lower + where(is_upper, (from_upper + apart + apart**2)[..., None], 0.0)


@composed(
    signature="(),(k),()",
    convex=True,
    gradient=_ordinal_gradient,
    curvature=_ordinal_curvature,
    requires=(
        Requirement(
            lambda thresholds: _does_not_increase(thresholds),
            "thresholds",
            "each threshold is greater than the one before it",
            "sort them, or learn the first and the logarithms of the steps between them",
        ),
        Requirement(
            lambda thresholds, target: _is_no_class(thresholds, target), "target", _INVARIANT, "check target and thresholds"
        ),
    ),
)
def ordinal(score: Real, thresholds: Real, target: Class):
    r"""Cumulative link loss of a score: :math:`-\log[\sigma(\theta_y - s) - \sigma(\theta_{y-1} - s)]` (McCullagh, 1980).

    It is minus the log-likelihood of the proportional odds model, in nats: a class up to k has probability
    :math:`\sigma(\theta_k - s)`, with :math:`\theta_{-1} = -\infty` and :math:`\theta_{K-1} = \infty`, so higher scores s mean
    higher classes. It is convex in score and thresholds together. The slope in the score is at most 1, so outliers hardly pull.

    The score s has one number a sample, ``thresholds`` θ K - 1 increasing ones on the last axis, and the target the class index
    0 … K - 1. Scores and thresholds are any real numbers in units of the logistic distribution. Thresholds that all samples
    share are broadcast first, by ``thresholds.expand(n, -1)`` in torch or ``numpy.broadcast_to``. A loss of each threshold is
    ``binary_cross_entropy(score[:, None] - thresholds, target[:, None] > arange(K - 1), axis=-1)``.

    Thresholds that do not increase, indices out of range, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.ordinal([0.5], [[-1.0, 1.0]], [1]))
    0.8209037200317182
    >>> lossary.ordinal.gradient([0.5], [[-1.0, 1.0]], [1]).score
    array([0.19511514])
    """
    lower, upper, _, _ = _interval(thresholds, target)
    # σ(b) - σ(a) = σ(b)·σ(-a)·(1 - e^(a - b)): no difference of nearly equal numbers
    return softplus(score - upper) + softplus(lower - score) - log1mexp(lower - upper)


def _corn_slope(prediction, target, order):
    place, index = arange(prediction.shape[-1], prediction), target[..., None]
    slopes = (-sigmoid(-prediction), sigmoid(prediction))
    passed, stopped = slopes if order == 1 else 2 * (sigmoid(prediction) * sigmoid(-prediction),)
    return where(place < index, passed, where(place == index, stopped, 0.0))


@composed(
    signature="(k),()",
    convex=True,
    lipschitz=1,
    gradient=lambda prediction, target: _corn_slope(prediction, target, 1),
    curvature=lambda prediction, target: _corn_slope(prediction, target, 2),
    requires=(
        Requirement(
            lambda prediction, target: _is_no_class(prediction, target), "target", _INVARIANT, "check target and prediction"
        ),
    ),
)
def corn(prediction: Real, target: Class):
    r"""Conditional ordinal loss (Shi et al., 2023): :math:`\sum_{k < y} \log(1 + e^{-z_k}) + [y < K-1] \log(1 + e^{z_y})`.

    The logit :math:`z_k` is of getting beyond class k, if it was reached: :math:`P(y > k \mid y \ge k) = \sigma(z_k)`. So
    P(y > k) falls with k whatever the logits are, and the loss is minus the log-likelihood of the class in nats, a sum of
    binary cross-entropies of the classes up to it. It is convex; the slope in a logit is at most 1.

    The prediction has K - 1 logits on ``axis`` (the last unless said), the target the class index 0 … K - 1, without that axis.
    The reference code (coral-pytorch) divides the sum of a batch by its number of terms instead of its samples.

    Indices out of range, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> lossary.corn([[2.0, -1.0], [2.0, -1.0]], [0, 2], reduction="none")
    array([2.12692801, 1.4401897 ])
    """
    place, index = arange(prediction.shape[-1], prediction), target[..., None]
    passed = where(place < index, softplus(-prediction), 0.0)
    return (passed + where(place == index, softplus(prediction), 0.0)).sum(-1)
