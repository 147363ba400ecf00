"""The best constant against NumPy and scipy.optimize, in memory and in passes."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize

import lossary
from lossary.engine.class_shares import ClassShares
from lossary.engine.median import ThinnedSample, weighted_quantile
from lossary.report.measure.one_model import targets as targets_module
from lossary.report.measure.one_model.baseline import best_constant, best_distribution
from lossary.report.measure.one_model.targets import RowTargets
from lossary.vocabulary import abs as absolute
from lossary.vocabulary import exp, log1p, maximum, where

rng = np.random.default_rng(11)


def targets_of(values, weights=None, pieces=7):
    """As the score gives them: in pieces, and read again where they are too many."""
    pairs = [
        (v, None if weights is None else w)
        for v, w in zip(
            np.array_split(values, pieces), np.array_split(values if weights is None else weights, pieces), strict=True
        )
    ]
    targets = RowTargets(lambda: iter(pairs))
    for target, weight in pairs:
        targets.add(target, weight)
    return targets


@pytest.fixture(params=["in memory", "in passes"])
def memory(request, monkeypatch):
    if request.param == "in passes":
        monkeypatch.setattr(targets_module, "KEPT_ROWS", 64)
        monkeypatch.setattr(targets_module, "DISTINCT", 16)
        plain = ThinnedSample.__init__
        monkeypatch.setattr(ThinnedSample, "__init__", lambda self, limit: plain(self, min(limit, 64)))
    return request.param


def naive_quantile(values, weights, level):
    """The least and the greatest value with at most its share of the weight on either side, in exact fractions."""
    total = sum(map(Fraction, weights.tolist()))
    ends = []
    for sign, wanted in ((1, total * Fraction(level)), (-1, total * (1 - Fraction(level)))):
        reached = Fraction(0)
        for i in np.argsort(sign * values):
            reached += Fraction(float(weights[i]))
            if reached >= wanted:
                ends.append(values[i])
                break
    return ends


SHAPES = {
    "normal": lambda n: rng.normal(size=n),
    "heavy": lambda n: rng.standard_cauchy(n),
    "ties": lambda n: rng.integers(0, 3, n).astype(float),
    "two": lambda n: rng.integers(0, 2, n).astype(float),
    "same": lambda n: np.full(n, 0.1),
    "mostly": lambda n: np.where(rng.random(n) < 0.6, 0.25, rng.normal(size=n)),
    "sorted": lambda n: np.sort(rng.exponential(size=n)),
    "infinite": lambda n: np.where(rng.random(n) < 0.2, np.inf, rng.normal(size=n)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [1, 2, 65, 1001])
@pytest.mark.parametrize("weighting", [None, "real", "zeros"])
def test_quantiles(memory, shape, n, weighting):
    values = SHAPES[shape](n)
    weights = {
        None: None,
        "real": rng.exponential(size=n) ** 3,
        "zeros": rng.integers(0, 2, n) * 1.0,
    }[weighting]
    if weights is not None and not weights.any():
        weights[0] = 1.0
    total = float(n) if weights is None else math.fsum(weights)
    found = weighted_quantile(targets_of(values, weights), total)
    if weights is None and memory == "in memory" and not np.isinf(np.sort(values)[n // 2]):
        assert found == np.median(values)
    some = np.ones(n) if weights is None else weights
    for level in (0.5, 0.125, 0.75):
        low, high = naive_quantile(values[some > 0], some[some > 0], level)
        assert low <= weighted_quantile(targets_of(values, weights), total, level) <= high


def test_a_sample_is_spread_evenly():
    sample = ThinnedSample(1000)
    for part in np.array_split(np.arange(100_000.0), 37):
        sample.add(part, None)
    values, weights = sample.arrays()
    assert 500 <= len(values) <= 1000
    assert len(set(np.diff(values))) == 1
    assert set(weights) == {1.0}


@lossary.pointwise(convex=True)
def pinball(prediction, target, *, level=0.3):
    return maximum(level * (target - prediction), (level - 1) * (target - prediction))


@lossary.pointwise
def asymmetric(prediction, target, *, rate=0.5):  # LINEX
    residual = target - prediction
    return exp(rate * residual) - rate * residual - 1


@lossary.pointwise
def cauchy(prediction, target, *, scale=0.05):  # not convex
    return log1p(((prediction - target) / scale) ** 2)


@lossary.pointwise
def poisson(prediction, target):
    return exp(prediction) - target * prediction


def cost_at(loss, parameters, values, weights):
    return lambda c: float(loss(np.full(len(values), c), values, weight=weights, **parameters))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "parameters"),
    [(lossary.huber, {"delta": 0.7}), (lossary.huber, {"delta": 1e-4}), (lossary.huber, {"delta": 1e6}), (pinball, {}),
     (asymmetric, {}), (poisson, {})],
)  # fmt: skip
@pytest.mark.parametrize("shape", ["heavy", "ties", "sorted", "same"])
def test_minimum_agrees_with_scipy(memory, loss, parameters, shape, weighted):
    values = np.clip(SHAPES[shape](301), -50, 50)
    if loss is poisson:
        values = np.abs(np.round(values)) + 1.0
    weights = rng.random(301) if weighted else None
    total = 301.0 if weights is None else math.fsum(weights)
    cost = cost_at(loss, parameters, values, weights)
    best = min(
        scipy.optimize.minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 1e-12}).fun
        for bounds in ((values.min() - 1, values.max() + 1), (-1, 1), (-5, 5))
    )
    best = min([best, *(cost(v) for v in np.unique(values))])
    found = best_constant(loss, parameters, targets_of(values, weights), total)
    assert found.loss is not None, found.note
    assert found.loss == pytest.approx(best, rel=1e-12, abs=1e-15)


def test_huber_between_mean_and_median():
    values = rng.exponential(size=2001)
    for delta, expected in ((1e6, values.mean()), (1e-9, np.median(values))):
        found = best_constant(lossary.huber, {"delta": delta}, targets_of(values), 2001.0)
        assert float(found.constant.split()[-1]) == pytest.approx(expected, rel=1e-5)


def test_mean(memory):
    values, weights = rng.normal(size=500), rng.random(500)
    found = best_constant(lossary.squared_error, {}, targets_of(values), 500.0)
    assert found.loss == pytest.approx(values.var(), rel=1e-13)
    assert found.constant.startswith("the mean of the target, ")
    found = best_constant(lossary.squared_error, {}, targets_of(values, weights), math.fsum(weights))
    assert found.loss == pytest.approx(
        np.average((values - np.average(values, weights=weights)) ** 2, weights=weights), rel=1e-13
    )


def test_few_distinct_values_stay_in_memory(monkeypatch):
    monkeypatch.setattr(targets_module, "KEPT_ROWS", 64)
    values = rng.integers(0, 5, 3000).astype(float)
    targets = targets_of(values, pieces=40)
    assert targets.in_memory
    assert sum(len(v) for v, _ in targets) <= 64 + 5 + 3000 // 40
    found = best_constant(lossary.squared_error, {}, targets, 3000.0)
    assert found.loss == pytest.approx(values.var(), rel=1e-13)
    assert not targets_of(rng.normal(size=200_000)).in_memory
    assert not targets_of(values, np.ones(3000)).in_memory
    one, other = (targets_of(values[:40], np.ones(40)) for _ in range(2))
    one.merge(other)
    assert not one.in_memory


def test_a_loss_without_a_single_lowest_point():
    values = np.repeat([0.0, 0.9, 5.0], [10, 1, 11])
    found = best_constant(cauchy, {"scale": 0.05}, targets_of(values), 22.0)
    assert found.loss is None or found.loss == pytest.approx(
        min(cost_at(cauchy, {}, values, None)(v) for v in (0, 0.9, 5)), rel=1e-3
    )
    if found.loss is None:
        assert "no single lowest point" in found.note

    @lossary.pointwise
    def falling(prediction, target):
        return target - prediction

    assert best_constant(falling, {}, targets_of(values), 22.0).loss is None


def test_a_gradient_that_fails():
    @lossary.pointwise
    def undefined(prediction, target):
        return where(absolute(prediction) > -1, (prediction - target) ** 2, 0) + lossary.vocabulary.log(prediction - 100)

    found = best_constant(undefined, {}, targets_of(np.array([0.0, 1.0])), 2.0)
    assert found.loss is None
    assert found.note


def test_a_binary_loss_without_a_name_for_its_minimum():
    @lossary.pointwise(given=lossary.engine.decorators.PROBABILITIES)
    def brier(prediction, target):
        return (prediction - target) ** 2

    values = (rng.random(300) < 0.3).astype(float)
    found = best_constant(brier, {}, targets_of(values), 300.0)
    assert found.loss == pytest.approx(values.var(), rel=1e-12)
    for same in (0.0, 1.0):
        assert best_constant(brier, {}, targets_of(np.full(5, same)), 5.0).loss == pytest.approx(0, abs=1e-20)
        assert best_constant(lossary.binary_cross_entropy, {}, targets_of(np.full(5, same)), 5.0).loss == 0


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_shares(dense, weighted):
    target = rng.dirichlet(np.ones(4), 100) if dense else rng.integers(0, 3, 100)
    weight = rng.random(100) if weighted else None
    shares = ClassShares()
    for part in np.array_split(np.arange(100), 3):
        shares.add(target[part], None if weight is None else weight[part], 4)
    rows = target if dense else np.eye(4)[target]
    expected = np.average(rows, axis=0, weights=weight) * (100 if weight is None else weight.sum())
    assert shares.weights() == pytest.approx(expected, rel=1e-13)


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


@lossary.softmax
def generalised(log_probability, *, q=0.7):
    return (1 - exp(q * log_probability)) / q


@pytest.mark.parametrize("loss", [focal, generalised])
@pytest.mark.parametrize("weights", [[3.0, 1.0, 6.0], [1.0, 0.0, 2.0], [1.0, 1.0], [5.0, 0.0]])
def test_best_distribution_of_a_users_loss(loss, weights):
    weights = np.array(weights)
    total = weights.sum()
    shares = ClassShares()
    shares.add(np.arange(len(weights)), weights, len(weights))
    found = best_distribution(loss, dict(loss.parameters), shares, total)

    def cost(z):
        return float(loss(np.tile(z, (len(z), 1)), np.arange(len(z)), weight=weights / total, reduction="sum"))

    tries = [scipy.optimize.minimize(cost, rng.normal(size=len(weights)), tol=1e-14).fun for _ in range(4)]
    assert found.loss == pytest.approx(min(tries), rel=1e-7, abs=1e-9)


def test_shares_of_parts_are_those_of_all_rows():
    found, labels, soft = ClassShares(), ClassShares(), ClassShares()
    labels.add(np.array([0, 2, 2]), None, 3)
    soft.add(np.array([[0.5, 0.5, 0.0]]), np.array([2.0]), 3)
    found.merge(labels)
    assert (found.weights().tolist(), found.hard) == ([1.0, 0.0, 2.0], True)
    found.merge(soft)
    assert (found.weights().tolist(), found.hard) == ([2.0, 1.0, 2.0], False)


def test_nothing_weighs_anything():
    assert best_constant(lossary.huber, {"delta": 1.0}, targets_of(np.ones(3), np.zeros(3)), 0.0).loss is None
    assert best_distribution(lossary.cross_entropy, {}, ClassShares(), 0.0).loss is None
