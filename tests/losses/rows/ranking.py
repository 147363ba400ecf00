"""Truths of the losses of rankings, each of one list of items."""

import math

from tests.losses.rows import MP, Row


def pairs(relevance):
    return [(i, j) for i, a in enumerate(relevance) for j, b in enumerate(relevance) if a > b]


def logistic(scores, i, j):
    return MP.log(1 + MP.exp(scores[j] - scores[i]))


def pairwise_logistic(scores, relevance, group, normalize="pairs"):
    found = pairs(relevance)
    return MP.fsum(logistic(scores, i, j) for i, j in found) / (len(found) if normalize == "pairs" else 1)


def list_net(scores, relevance, group, normalize="softmax"):
    aims = [MP.exp(y) for y in relevance] if normalize == "softmax" else relevance
    total = MP.mpf(1) if normalize == "none" else MP.fsum(aims)
    return -MP.fsum(t * (s - MP.log(MP.fsum(map(MP.exp, scores)))) for t, s in zip(aims, scores, strict=True)) / total


def list_mle(scores, relevance, group):
    left = lambda y: MP.log(MP.fsum(MP.exp(s) for s, other in zip(scores, relevance, strict=True) if other <= y))
    return MP.fsum(left(y) - s for s, y in zip(scores, relevance, strict=True))


def lambda_rank(scores, relevance, group, gain="exponential", truncation=math.inf):
    gains = relevance if gain == "linear" else [MP.mpf(2) ** y - 1 for y in relevance]
    discount = lambda place: MP.log(2) / MP.log(1 + place) if place <= truncation else MP.mpf(0)
    places = [1 + sum(other > s for other in scores) for s in scores]
    best = MP.fsum(g * discount(k) for k, g in enumerate(sorted(gains, reverse=True), 1))
    change = lambda i, j: abs((gains[i] - gains[j]) * (discount(places[i]) - discount(places[j]))) / best
    return MP.fsum(change(i, j) * logistic(scores, i, j) for i, j in pairs(relevance))


def a_list(rng):
    return rng.normal(0, 2, 8), rng.permutation([0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 4.0]), [5] * 8


ROWS = [
    Row("pairwise_logistic", pairwise_logistic, a_list, size=1.0),
    Row("pairwise_logistic", pairwise_logistic, a_list, {"normalize": "none"}, size=8.0),
    Row("list_net", list_net, a_list, size=1.0),
    Row("list_net", list_net, a_list, {"normalize": "sum"}, size=1.0),
    Row("list_net", list_net, a_list, {"normalize": "none"}, size=8.0),
    Row("list_mle", list_mle, a_list, size=8.0),
    Row("lambda_rank", lambda_rank, a_list, size=1.0),
    Row("lambda_rank", lambda_rank, a_list, {"gain": "linear", "truncation": 3}, size=1.0),
]
