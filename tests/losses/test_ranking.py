"""Losses of rankings: groups, ties, positions, and the model of Plackett and Luce by brute force."""

import itertools
import math

import numpy as np
import pytest
import torch

import lossary
from tests.oracle import as_library, to_numpy

LISTWISE = [lossary.pairwise_logistic, lossary.list_net, lossary.list_mle, lossary.lambda_rank]
by_loss = pytest.mark.parametrize("loss", LISTWISE, ids=lambda loss: loss.__name__)


@pytest.fixture(params=["numpy", "torch", "jax"])
def library(request):
    """Array code has no kernels."""
    return request.param


def a_file(seed=0, items=30, groups=6, ties=True):
    """Scores, relevances and groups of different sizes, in no order."""
    rng = np.random.default_rng(seed)
    relevance = rng.integers(0, 4, items) if ties else rng.permutation(items) / 4
    return rng.normal(0, 2, items), relevance.astype(float), rng.integers(0, groups, items)


@by_loss
@pytest.mark.parametrize("library", ["numpy", "torch"])  # JAX compiles each operation for each length of a list
def test_groups_are_samples(loss, library):
    scores, relevance, group = a_file()
    inputs = as_library(library, scores), as_library(library, relevance)
    ids = np.unique(group)
    weight = np.linspace(0, 2, len(ids))
    alone = np.array([loss(scores[group == k], relevance[group == k], group[group == k]) for k in ids])
    np.testing.assert_allclose(to_numpy(loss(*inputs, group, reduction="none")), alone, rtol=1e-13, atol=1e-13)
    cost, slopes = loss.value_and_gradient(*inputs, group, weight=as_library(library, weight))
    np.testing.assert_allclose(float(cost), np.average(alone, weights=weight), rtol=1e-13)
    for k, w in zip(ids, weight / weight.sum(), strict=True):
        own = loss.gradient(scores[group == k], relevance[group == k], group[group == k])
        np.testing.assert_allclose(to_numpy(slopes)[group == k], w * own, atol=1e-15)


@by_loss
def test_curvatures_are_of_each_list(loss):
    scores, relevance, group = a_file()
    weight = np.linspace(0, 2, 6)
    for library in ("numpy", "torch"):
        inputs = as_library(library, scores), as_library(library, relevance)
        found = to_numpy(loss.curvature(*inputs, group, weight=as_library(library, weight), reduction="sum"))
        for k in range(6):
            alone = loss.curvature(scores[group == k], relevance[group == k], group[group == k])
            np.testing.assert_allclose(found[group == k], weight[k] * alone, rtol=1e-13, atol=1e-16)


@by_loss
def test_the_order_of_items_and_the_names_of_groups_do_not_matter(loss):
    scores, relevance, group = a_file()
    mixed = np.random.default_rng(1).permutation(len(scores))
    names = np.array(["third", "first", "second", "a", "b", "c"])[group]
    value, slopes = loss.value_and_gradient(scores, relevance, group)
    other, others = loss.value_and_gradient(scores[mixed], relevance[mixed], names[mixed])
    np.testing.assert_allclose(other, value, rtol=1e-13)
    np.testing.assert_allclose(others, slopes[mixed], atol=1e-15)


@by_loss
def test_groups_that_are_left_out_count_nothing(loss):
    scores, relevance, group = a_file()
    kept = group != 2
    value, slopes = loss.value_and_gradient(scores[kept], relevance[kept], group[kept])
    scores[~kept] = math.nan
    ids = np.unique(group)
    for nothing, options in ((math.nan, {"weight": (ids != 2).astype(float)}), (-1.0, {"where": ids != 2})):
        relevance[~kept] = nothing
        got, found = loss.value_and_gradient(scores, relevance, group, **options)
        np.testing.assert_allclose(got, value, rtol=1e-14)
        np.testing.assert_allclose(found[kept], slopes, atol=1e-16)
        assert not found[~kept].any()


@by_loss
def test_only_differences_of_scores_count(loss):
    scores, relevance, group = a_file()
    np.testing.assert_allclose(loss(scores + 3.0 * group, relevance, group), loss(scores, relevance, group), rtol=1e-12)


@by_loss
def test_a_list_of_one_item_costs_nothing(loss):
    value, slopes = loss.value_and_gradient([3.0, -1.0], [1.0, 0.0], ["a", "b"])
    assert value == 0
    assert not slopes.any()


@by_loss
def test_no_items_have_no_mean(loss, library):
    nothing = as_library(library, np.empty(0))
    value, slopes = loss.value_and_gradient(nothing, nothing, np.empty(0, int))
    assert math.isnan(value)
    assert slopes.shape == (0,)


@by_loss
def test_scores_far_apart_neither_overflow_nor_stop_learning(loss):
    value, slopes = loss.value_and_gradient([-1e4, 1e4], [1.0, 0.0], [0, 0])
    assert math.isfinite(value)
    assert slopes[0] < -1e-3
    np.testing.assert_allclose(slopes[1], -slopes[0])


def test_orders_have_the_probability_of_plackett_and_luce():
    rng = np.random.default_rng(3)
    for _ in range(5):
        scores = rng.normal(0, 2, 5)
        ranks = [np.array(ranks, float) for ranks in itertools.permutations(range(5))]
        costs = [lossary.list_mle(scores, rank, [0] * 5) for rank in ranks]
        assert math.isclose(math.fsum(math.exp(-cost) for cost in costs), 1, rel_tol=1e-12)
        left, cost = np.exp(scores[np.argsort(-ranks[7])]), 0.0
        while len(left):
            cost -= math.log(left[0] / left.sum())
            left = left[1:]
        assert math.isclose(costs[7], cost, rel_tol=1e-12)


def test_likelihood_of_a_single_winner_is_cross_entropy():
    scores = np.array([0.3, -1.0, 2.0, 0.5])
    expected = lossary.cross_entropy(scores[None], [1])
    winner = [0.0, 1.0, 0.0, 0.0]
    assert math.isclose(lossary.list_net(scores, winner, [0] * 4, normalize="sum"), expected)
    assert math.isclose(lossary.list_net(scores, winner, [0] * 4, normalize="none"), expected)


def test_two_items_are_a_logistic_loss():
    expected = lossary.binary_cross_entropy([1.5], [1])
    for loss in (lossary.pairwise_logistic, lossary.list_mle):
        assert math.isclose(loss([2.0, 0.5], [1, 0], [0, 0]), expected, rel_tol=1e-14)


def test_weights_of_lambda_rank_are_constants_of_torch_too():
    scores, relevance, group = a_file(5)
    tensor = torch.tensor(scores, requires_grad=True)
    lossary.lambda_rank(tensor, torch.tensor(relevance), torch.tensor(group), truncation=3).backward()
    found = lossary.lambda_rank.gradient(scores, relevance, group, truncation=3)
    np.testing.assert_allclose(tensor.grad, found, atol=1e-15)


def test_pairs_behind_the_truncation_weigh_nothing():
    slopes = lossary.lambda_rank.gradient([5.0, 4.0, 3.0, 2.0], [3.0, 2.0, 1.0, 2.0], [0] * 4, truncation=2)
    alone = lossary.lambda_rank.gradient([5.0, 4.0, 3.0], [3.0, 2.0, 1.0], [0] * 3, truncation=2)
    assert slopes[2] == pytest.approx(alone[2], rel=1e-14)  # the pair of the third and the fourth is left out


def test_a_list_without_relevant_items_costs_nothing(library):
    scores, nothing = as_library(library, np.array([1.0, 2.0])), as_library(library, np.zeros(2))
    for loss, options in ((lossary.lambda_rank, {}), (lossary.list_net, {"normalize": "sum"})):
        value, slopes = loss.value_and_gradient(scores, nothing, [4, 4], **options)
        assert float(value) == 0
        assert not to_numpy(slopes).any()


def test_what_is_wrong_is_named():
    with pytest.raises(ValueError, match=r"prediction, relevance and group have the same shape; got \(2,\), \(2,\) and \(3,\)"):
        lossary.list_net([1.0, 2.0], [0, 1], [0, 0, 1])
    with pytest.raises(ValueError, match=r"flat arrays; got shape \(1, 2\); flatten them"):
        lossary.list_net([[1.0, 2.0]], [[0, 1]], [[0, 0]])
    with pytest.raises(ValueError, match=r"relevance lies in \[0, ∞\); got -1.0 at index 1"):
        lossary.list_net([1.0, 2.0], [0.0, -1.0], [0, 0])
    with pytest.raises(ValueError, match=r"weight has one value a sample, so its shape is \(1,\)"):
        lossary.list_net([1.0, 2.0], [0.0, 1.0], [0, 0], weight=[1.0, 1.0])


def test_many_lists_of_few_items_take_little_memory():
    """No array of all items by all items: that of 20,000 items would take 3.2 GB."""
    rng = np.random.default_rng(0)
    items = 20_000
    group = np.repeat(np.arange(items // 4), 4)
    value, slopes = lossary.pairwise_logistic.value_and_gradient(rng.normal(size=items), rng.integers(0, 2, items), group)
    assert math.isfinite(value)
    assert slopes.shape == (items,)


def test_traced_groups_are_refused():
    jax = pytest.importorskip("jax")
    scores, group = jax.numpy.arange(2.0), np.array([0, 0])
    relevance = jax.numpy.array([1.0, 0.0])
    compiled = jax.jit(lambda x: lossary.list_net(x, relevance, group))
    np.testing.assert_allclose(compiled(scores), lossary.list_net(scores, relevance, group), rtol=1e-6)
    with pytest.raises(TypeError, match="known before tracing"):
        jax.jit(lossary.list_net)(scores, relevance, jax.numpy.array(group))


@pytest.mark.filterwarnings("ignore:The .grad attribute")  # which torch itself looks at where a graph ends
def test_a_graph_of_torch_ends_before_groups_are_sorted():
    scores = torch.tensor([1.0, 3.0, 2.0], requires_grad=True)
    relevance, group = torch.tensor([1.0, 0.0, 2.0]), torch.tensor([0, 0, 1])
    compiled = torch.compile(lambda x: lossary.list_net(2 * x, relevance, group), backend="eager")
    found, expected = torch.autograd.grad(compiled(scores), scores), lossary.list_net.gradient(2 * scores, relevance, group)
    torch.testing.assert_close(found[0], 2 * expected)


def test_reports_ask_which_list_an_item_is_in():
    data = {"prediction": [1.0, 2.0], "relevance": [0, 1], "group": [0, 0]}
    with pytest.raises(lossary.report.UsageError, match=r'as in query="query_id", or name list columns'):
        lossary.report.score(data, loss="list_net")


def test_the_softmax_of_a_list_is_that_of_optax():
    optax = pytest.importorskip("optax")
    rng = np.random.default_rng(9)
    scores, relevance = rng.normal(size=(4, 6)), rng.integers(0, 3, (4, 6)).astype(float)
    expected = optax.losses.ranking_softmax_loss(scores, relevance, reduce_fn=None)  # whose labels are not normalised
    found = lossary.list_net(scores.ravel(), relevance.ravel(), np.repeat(range(4), 6), normalize="none", reduction="none")
    np.testing.assert_allclose(found, expected, rtol=1e-13)
