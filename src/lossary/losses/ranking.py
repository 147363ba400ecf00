"""Losses of rankings: scores that put the items of a list, such as the answers to a query, in the order of their relevance.

Items come in flat arrays, with the group (the query) of each; a group is a sample.
"""

import math
from typing import Annotated, Literal

from lossary.array_words import arange, argsort, concatenate, cummax, cumsum, flip, log_softmax, logcumsumexp, sort, take_along_axis
from lossary.engine.decorators import listwise
from lossary.formula.domains import Interval, NonNegative, Real
from lossary.vocabulary import abs, exp, expm1, log1p, maximum, sigmoid, softplus, where, xdivy, xmuly

AtLeastOne = Annotated[float, Interval(1.0)]


def _pairs(prediction, relevance):
    """Return which of two items is the more relevant, and by how much its score leads, 0 for all other pairs."""
    ahead = relevance[..., :, None] > relevance[..., None, :]
    return ahead, where(ahead, prediction[..., :, None] - prediction[..., None, :], 0)


def _pairwise_slopes(prediction, relevance, *, normalize):
    ahead, lead = _pairs(prediction, relevance)
    slopes = where(ahead, -sigmoid(-lead), 0)
    slopes = slopes.sum(-1) - slopes.sum(-2)
    return slopes / maximum(ahead.sum((-2, -1)), 1)[..., None] if normalize == "pairs" else slopes


@listwise(gradient=_pairwise_slopes, convex=True)
def pairwise_logistic(prediction: Real, relevance: Real, *, normalize: Literal["pairs", "none"] = "pairs"):
    ahead, lead = _pairs(prediction, relevance)
    losses = where(ahead, softplus(-lead), 0).sum((-2, -1))
    return losses / maximum(ahead.sum((-2, -1)), 1) if normalize == "pairs" else losses


def _aims(relevance, normalize):
    """Return what the softmax of the scores is compared with."""
    if normalize == "softmax":
        return exp(log_softmax(relevance))
    return xdivy(relevance, relevance.sum(-1)[..., None]) if normalize == "sum" else relevance


def _list_net_slopes(prediction, relevance, *, normalize):
    aims = _aims(relevance, normalize)
    return exp(log_softmax(prediction)) * aims.sum(-1)[..., None] - aims


@listwise(gradient=_list_net_slopes, convex=True)
def list_net(prediction: Real, relevance: NonNegative, *, normalize: Literal["softmax", "sum", "none"] = "softmax"):
    return -xmuly(_aims(relevance, normalize), log_softmax(prediction)).sum(-1)


def _ordered(prediction, relevance):
    """Return the order of relevance, the scores in it, and the logarithm of what each item is drawn from."""
    order = argsort(relevance, descending=True)
    relevance, scores = take_along_axis(relevance, order), take_along_axis(prediction, order)
    remaining = flip(logcumsumexp(flip(scores)))
    return order, scores, take_along_axis(remaining, _starts(relevance))


def _starts(relevance):
    """Return for each item in order the place of the first that is as relevant."""
    same = relevance[..., 1:] == relevance[..., :-1]
    new = concatenate([relevance[..., :1] == relevance[..., :1], ~same])
    return cummax(arange(relevance.shape[-1], relevance) * new)


def _list_mle_slopes(prediction, relevance):
    order, scores, drawn_from = _ordered(prediction, relevance)
    # an item's score is in what all more relevant items and its equals are drawn from
    last = scores.shape[-1] - 1 - flip(_starts(flip(take_along_axis(relevance, order))))
    chosen = take_along_axis(logcumsumexp(-drawn_from), last)
    return take_along_axis(expm1(scores + chosen), argsort(order))


@listwise(gradient=_list_mle_slopes, convex=True)
def list_mle(prediction: Real, relevance: Real):
    _, scores, drawn_from = _ordered(prediction, relevance)
    return (drawn_from - scores).sum(-1)


def _swaps(prediction, relevance, gain, truncation):
    """Return for each pair how much NDCG changes if the two change places."""
    gains = relevance if gain == "linear" else expm1(relevance * math.log(2))
    place = cumsum(0 * relevance + 1)
    discounts = where(place <= truncation, math.log(2) / log1p(place), 0)
    best = (sort(gains, descending=True) * discounts).sum(-1)[..., None, None]
    own = take_along_axis(discounts, argsort(argsort(prediction, descending=True)))
    change = (gains[..., :, None] - gains[..., None, :]) * (own[..., :, None] - own[..., None, :])
    return xdivy(abs(change), best)


def _lambda_rank_slopes(prediction, relevance, *, gain, truncation):
    ahead, lead = _pairs(prediction, relevance)
    slopes = where(ahead, -sigmoid(-lead) * _swaps(prediction, relevance, gain, truncation), 0)
    return slopes.sum(-1) - slopes.sum(-2)


@listwise(gradient=_lambda_rank_slopes)
def lambda_rank(
    prediction: Real,
    relevance: NonNegative,
    *,
    gain: Literal["exponential", "linear"] = "exponential",
    truncation: AtLeastOne = math.inf,
):
    ahead, lead = _pairs(prediction, relevance)
    return where(ahead, softplus(-lead) * _swaps(prediction, relevance, gain, truncation), 0).sum((-2, -1))
