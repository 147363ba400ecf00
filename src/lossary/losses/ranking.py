"""Losses of rankings: scores that put the items of a list, such as the answers to a query, in the order of their relevance.

Items come in flat arrays, with the group (the query) of each; a group is a sample.
"""

import math
from typing import Annotated, Literal

from lossary.array_words import (
    arange,
    argsort,
    concatenate,
    cummax,
    cumsum,
    flip,
    log_softmax,
    logcumsumexp,
    sort,
    take_along_axis,
)
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
    return _by_pairs(slopes.sum(-1) - slopes.sum(-2), ahead, normalize)


def _pairwise_curvature(prediction, relevance, *, normalize):
    ahead, lead = _pairs(prediction, relevance)
    curvature = where(ahead, sigmoid(lead) * sigmoid(-lead), 0)
    return _by_pairs(curvature.sum(-1) + curvature.sum(-2), ahead, normalize)


def _by_pairs(derivative, ahead, normalize):
    """Return a derivative of the sum over pairs, divided by their number if that is asked for."""
    return derivative / maximum(ahead.sum((-2, -1)), 1)[..., None] if normalize == "pairs" else derivative


@listwise(gradient=_pairwise_slopes, curvature=_pairwise_curvature, convex=True)
def pairwise_logistic(prediction: Real, relevance: Real, *, normalize: Literal["pairs", "none"] = "pairs"):
    r"""Pairwise logistic loss of a ranking (RankNet; Burges et al., 2005), in nats: the more relevant item scores higher.

    .. math:: \frac{1}{|P|} \sum_{(i, j) \in P} \log(1 + e^{-(s_i - s_j)}), \qquad P = \{(i, j): y_i > y_j\}

    over the pairs of a group with different relevance y; ``normalize="none"`` leaves out the division by their number |P|.
    Items of equal relevance make no pair, and a group without pairs has loss 0. Only differences of scores count, and only the
    order of relevances. Convex in the scores, whose slopes grow no further than the number of pairs of an item.

    Flat arrays of one length: scores (``prediction``), ``relevance`` (any real numbers) and ``group``, the id of the query of
    each item, numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one
    number for each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. All pairs of a group are
    in memory. Shapes that differ and unknown options raise.

    >>> import lossary
    >>> lossary.pairwise_logistic([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 2], ["a", "a", "b", "b"], reduction="none")
    array([0.12692801, 0.69314718])
    """
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


def _list_net_curvature(prediction, relevance, *, normalize):
    log_shares = log_softmax(prediction)
    # 1 - p from log p keeps its digits
    return -exp(log_shares) * expm1(log_shares) * _aims(relevance, normalize).sum(-1)[..., None]


@listwise(gradient=_list_net_slopes, curvature=_list_net_curvature, convex=True)
def list_net(prediction: Real, relevance: NonNegative, *, normalize: Literal["softmax", "sum", "none"] = "softmax"):
    r"""Softmax cross-entropy of a list of scores (ListNet; Cao et al., 2007), in nats: :math:`-\sum_i t_i \log p_i`.

    p is the softmax of the scores of a group, and t says where the first place belongs. ``normalize="softmax"``, as in the
    paper, makes t the softmax of the relevances; ``"sum"`` their shares :math:`y_i / \sum_j y_j` (0 where all are 0, and with
    them the loss); with ``"none"`` t is the relevance itself, so lists with more of it weigh more (optax). Convex in the
    scores; the gradient is :math:`p \sum_j t_j - t`.

    Flat arrays of one length: scores (``prediction``), ``relevance`` ≥ 0 and ``group``, the id of the query of each item,
    numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one number for
    each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. Relevances below 0, shapes that
    differ and unknown options raise.

    >>> import lossary
    >>> lossary.list_net([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 1], [7, 7, 8, 8], normalize="sum", reduction="none")
    array([0.12692801, 0.69314718])
    """
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


def _last(relevance):
    """Return for each item in order the place of the last that is as relevant."""
    return relevance.shape[-1] - 1 - flip(_starts(flip(relevance)))


def _list_mle_slopes(prediction, relevance):
    order, scores, drawn_from = _ordered(prediction, relevance)
    # an item is in what all more relevant items and its equals are drawn from; summed by logarithms, nothing overflows
    chances = take_along_axis(logcumsumexp(-drawn_from), _last(take_along_axis(relevance, order)))
    return take_along_axis(expm1(scores + chances), argsort(order))


def _list_mle_curvature(prediction, relevance):
    order, scores, drawn_from = _ordered(prediction, relevance)
    last = _last(take_along_axis(relevance, order))
    chances, squares = (take_along_axis(logcumsumexp(-k * drawn_from), last) for k in (1, 2))
    # Σ p - Σ p² over the draws that an item is in
    return take_along_axis(exp(scores + chances) - exp(2 * scores + squares), argsort(order))


@listwise(gradient=_list_mle_slopes, curvature=_list_mle_curvature, convex=True)
def list_mle(prediction: Real, relevance: Real):
    r"""Likelihood of an order (ListMLE; Xia et al., 2008), in nats: items are drawn one after another by their scores.

    .. math:: \sum_i \Big(\log \sum_{j: y_j \le y_i} e^{s_j} - s_i\Big)

    Without ties this is the negative log-likelihood of the order by relevance y in the model of Plackett (1975) and Luce
    (1959): each item is drawn, with a probability in proportion to :math:`e^s`, from those that are left. Items of equal
    relevance are each drawn from all that are no more relevant (as Breslow, 1974, treats equal times), so the order of the
    arrays does not matter. Convex in the scores. The loss of a group is a sum over its items.

    Flat arrays of one length: scores (``prediction``), ``relevance`` (any real numbers) and ``group``, the id of the query of
    each item, numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one
    number for each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. Shapes that differ and
    unknown options raise.

    >>> import lossary
    >>> lossary.list_mle([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 2], [7, 7, 8, 8], reduction="none")
    array([0.12692801, 0.69314718])
    """
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


def _lambda_rank_curvature(prediction, relevance, *, gain, truncation):
    ahead, lead = _pairs(prediction, relevance)
    curvature = where(ahead, sigmoid(lead) * sigmoid(-lead) * _swaps(prediction, relevance, gain, truncation), 0)
    return curvature.sum(-1) + curvature.sum(-2)


@listwise(gradient=_lambda_rank_slopes, curvature=_lambda_rank_curvature)
def lambda_rank(
    prediction: Real,
    relevance: NonNegative,
    *,
    gain: Literal["exponential", "linear"] = "exponential",
    truncation: AtLeastOne = math.inf,
):
    r"""LambdaRank (Burges, 2010): the pairwise logistic loss, each pair weighed by what it would change in NDCG; in nats.

    .. math:: \sum_{y_i > y_j} |\Delta_{ij}| \log(1 + e^{-(s_i - s_j)}), \qquad
              \Delta_{ij} = \frac{(g_i - g_j)(d_i - d_j)}{\sum_k g_{(k)} d_k}

    :math:`\Delta_{ij}` is the change of NDCG if i and j change places (as a loss: Wang et al., 2018). The gain g of an item is
    :math:`2^y - 1`, or y with ``gain="linear"``. The discount d of place r, counted from 1 by falling score (equal scores keep
    the order of the arrays), is :math:`1/\log_2(1 + r)`, and 0 behind place ``truncation``. The weights are held constant in
    the gradient. A group without relevant items has loss 0. It is not divided by a number of pairs.

    Flat arrays of one length: scores (``prediction``), ``relevance`` ≥ 0 and ``group``, the id of the query of each item,
    numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one number for
    each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. All pairs of a group are in memory.
    Relevances below 0, a ``truncation`` below 1, shapes that differ and unknown options raise.

    >>> import lossary
    >>> lossary.lambda_rank([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 2], [7, 7, 8, 8], reduction="none")
    array([0.04684535, 0.25582   ])
    """
    ahead, lead = _pairs(prediction, relevance)
    return where(ahead, softplus(-lead) * _swaps(prediction, relevance, gain, truncation), 0).sum((-2, -1))
