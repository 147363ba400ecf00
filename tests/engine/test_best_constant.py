"""``loss.best_constant`` against NumPy, scipy.optimize and brute force."""

import math

import numpy as np
import pytest
import scipy.optimize

import lossary
from lossary.engine import dispatch
from lossary.formula.domains import Interval, NonNegative, Positive
from lossary.vocabulary import exp, log, log1p, maximum, total

rng = np.random.default_rng(5)


@lossary.pointwise(convex=True)
def pinball(prediction, target, *, level=0.3):
    return maximum(level * (target - prediction), (level - 1) * (target - prediction))


@lossary.pointwise(convex=True)
def linex(prediction, target, *, rate=0.5):
    return exp(rate * (target - prediction)) - rate * (target - prediction) - 1


@lossary.pointwise
def cauchy(prediction, target, *, scale=1.0):
    return log1p(((prediction - target) / scale) ** 2)


@lossary.pointwise(given={"log": (exp, Interval())}, convex=True)
def poisson(prediction: lossary.domains.Positive, target):
    return prediction - target * log(prediction)


@lossary.pointwise(given=lossary.kinds.PROBABILITIES)
def binary_brier(prediction, target):
    return (prediction - target) ** 2


@lossary.softmax
def brier(probability, target):
    return (probability - target) ** 2


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


@lossary.softmax
def lopsided(probability, target):  # a loss that is linear in neither
    return exp(probability * (1 - target)) - 3 * target * probability + probability**2


def cost(loss, targets, weights, **options):
    return lambda c: float(loss(np.full(len(targets), c), targets, weight=weights, check=False, **options))


@pytest.mark.parametrize("weighted", [False, True])
def test_mean_and_median(weighted):
    targets = rng.normal(size=101)
    weights = rng.integers(1, 4, 101) if weighted else None
    repeated = np.repeat(targets, 1 if weights is None else weights)
    assert lossary.squared_error.best_constant(targets, weights) == pytest.approx(repeated.mean(), rel=1e-14)
    assert lossary.absolute_error.best_constant(targets, weights) == np.median(repeated)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "own"),
    [
        (lossary.huber, {"delta": 0.3}),
        (pinball, {"level": 0.8}),
        (linex, {"rate": 2}),
        (cauchy, {}),
        (lossary.huber + linex, {}),
    ],
)
def test_searched(loss, own, weighted):
    targets = rng.normal(size=201)
    weights = rng.exponential(size=201) if weighted else None
    found = loss.best_constant(targets, weights, **own)
    assert type(found) is float
    at = cost(loss, targets, weights, **own)
    best = min(scipy.optimize.minimize_scalar(at, bounds=(c - 1, c + 1), method="bounded").fun for c in (-1, 0, 1))
    assert at(found) <= best * (1 + 1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_few_distinct_targets_are_searched_as_so_many(weighted, monkeypatch):
    sizes, compute = [], dispatch.compute

    def counted(loss, what, inputs, options):
        sizes.append(len(inputs[0]))
        return compute(loss, what, inputs, options)

    targets = rng.choice([0.0, 1.0, 2.5, 7.0], size=5000, p=[0.4, 0.3, 0.2, 0.1])
    weights = rng.uniform(0, 2, 5000) if weighted else np.ones(5000)
    monkeypatch.setattr(dispatch, "compute", counted)
    losses = (linex, {"rate": 0.7}), (pinball, {"level": 0.85}), (cauchy, {"scale": 4.0})
    found = [loss.best_constant(targets, weight=weights, **own) for loss, own in losses]
    assert max(sizes) == 4
    for (loss, own), best in zip(losses, found, strict=True):
        expected = scipy.optimize.minimize_scalar(cost(loss, targets, weights, **own), bounds=(0, 7), method="bounded")
        assert best == pytest.approx(expected.x, abs=1e-4)
    sizes.clear()
    linex.best_constant(np.append(targets, 7.5))  # a number that the first thousand have not
    assert max(sizes) == 5001


def test_forms():
    targets = np.array([0, 1, 1, 1, 0])
    for loss in (lossary.binary_cross_entropy, binary_brier):
        assert loss.best_constant(targets) == pytest.approx(0.6, rel=1e-12)
        assert loss.best_constant(targets, given="probabilities") == pytest.approx(0.6, rel=1e-12)
        assert loss.best_constant(targets, given="logits") == pytest.approx(math.log(1.5), rel=1e-12)
        assert loss.best_constant(targets, given="log_probabilities") == pytest.approx(math.log(0.6), rel=1e-12)
    assert lossary.binary_cross_entropy.best_constant([1, 1], given="logits") == math.inf
    assert lossary.binary_cross_entropy.best_constant([0, 0], given="logits") == -math.inf
    counts = rng.poisson(3.0, 100).astype(float)
    assert poisson.best_constant(counts) == pytest.approx(math.log(counts.mean()), rel=1e-12)  # the loss takes a logarithm


def test_the_prediction_may_have_any_name():
    @lossary.pointwise(
        given={"rate": {"log": (exp, Interval()), "rate": (lambda x: x, Interval(0.0, open=True))}}, minimizer="mean"
    )
    def deviance(rate: lossary.domains.Positive, target):
        return rate - target * log(rate)

    @lossary.pointwise(given={"target": {"log": (exp, Interval()), "own": (lambda x: x, Interval())}}, minimizer="mean")
    def of_logs(score, target):
        return (score - target) ** 2

    counts = np.array([1.0, 2.0, 6.0])
    assert deviance.best_constant(counts) == deviance.best_constant(counts, given="rate") == 3.0
    assert deviance.best_constant(counts, given="log") == pytest.approx(math.log(3), rel=1e-12)
    assert of_logs.best_constant(np.log(counts)) == pytest.approx(3.0, rel=1e-12)
    assert of_logs.best_constant(counts, given="own") == 3.0


def test_masks_and_weights_leave_samples_out():
    targets, weights = np.array([[1.0, np.nan], [np.inf, 4.0]]), np.array([[1.0, 0.0], [2.0, 3.0]])
    where = np.array([[True, True], [False, True]])
    for loss, expected in ((lossary.squared_error, 13 / 4), (lossary.absolute_error, 4.0), (lossary.huber, 11 / 3)):
        assert loss.best_constant(targets, weights, where) == pytest.approx(expected, rel=1e-12)
        assert loss.best_constant(targets, weights * 2.0**-1000, where) == pytest.approx(expected, rel=1e-12)
    labels = np.array([0, 7, 1, 1])
    found = lossary.cross_entropy.best_constant(labels, [1.0, 1.0, 1.0, 2.0], np.array([True, False, True, True]))
    assert found.tolist() == [0.25, 0.75]


def test_ties():
    assert lossary.absolute_error.best_constant([1.0, 2.0, 4.0, 9.0]) == 3.0  # the middle of all medians, 2 to 4
    assert lossary.absolute_error.best_constant([1.0, 9.0], [3.0, 3.0]) == 5.0
    assert lossary.absolute_error.best_constant([1.5e308, 1.7e308]) == 1.6e308
    assert lossary.squared_error.best_constant([1.5e308, 1.7e308]) == 1.6e308
    assert 2 <= pinball.best_constant([1.0, 2.0, 4.0, 9.0], level=0.5) <= 4


@pytest.mark.parametrize("loss", [lossary.squared_error, lossary.absolute_error, lossary.huber, lossary.binary_cross_entropy])
def test_nothing_and_nan(loss):
    assert math.isnan(loss.best_constant([]))
    assert math.isnan(loss.best_constant([0.0, 1.0], [0.0, 0.0]))
    assert math.isnan(loss.best_constant([0.0, 1.0], where=np.zeros(2, bool)))
    assert math.isnan(loss.best_constant([0.0, np.nan]))


def test_infinite_targets():
    assert lossary.squared_error.best_constant([1.0, np.inf]) == np.inf
    assert math.isnan(lossary.squared_error.best_constant([-np.inf, np.inf]))
    assert lossary.absolute_error.best_constant([1.0, 2.0, np.inf]) == 2.0
    assert lossary.huber.best_constant([1.0, 2.0, np.inf], delta=0.25) == pytest.approx(2.0)


def test_classes():
    labels = rng.integers(0, 3, 200)
    shares = np.bincount(labels) / 200
    assert lossary.cross_entropy.best_constant(labels).tolist() == shares.tolist()
    assert lossary.cross_entropy.best_constant(labels.astype(np.uint8), classes=5).tolist() == [*shares.tolist(), 0, 0]
    assert np.allclose(np.exp(lossary.cross_entropy.best_constant(labels, given="logits")), shares, rtol=1e-14)
    soft, weights = rng.dirichlet(np.ones(4), 50), rng.random(50)
    expected = np.average(soft, axis=0, weights=weights)
    assert np.allclose(lossary.cross_entropy.best_constant(soft, weights), expected, rtol=1e-13)
    assert np.isnan(lossary.cross_entropy.best_constant(np.zeros(0, int), classes=3)).tolist() == [True] * 3
    assert np.isnan(lossary.cross_entropy.best_constant(np.full((2, 3), np.nan), where=np.zeros(2, bool))).all()


@pytest.mark.parametrize("loss", [focal, brier, lopsided])
@pytest.mark.parametrize("counts", [(5, 3, 2), (1, 1, 8), (4, 0, 6), (10, 0, 0)])
def test_classes_of_other_losses(loss, counts):
    labels = np.repeat(np.arange(3), counts)
    found = loss.best_constant(labels, classes=3)

    def at(p):
        return float(loss(np.tile(p, (len(labels), 1)), labels, given="probabilities", check=False))

    steps = np.arange(0, 11) / 10
    best = min(at(np.array([a, b, 1 - a - b])) for a in steps for b in steps if a + b <= 1)
    assert found.sum() == pytest.approx(1, rel=1e-12)
    assert at(found) <= best + 1e-12
    if loss is brier:
        assert np.allclose(found, np.array(counts) / 10, atol=1e-12)
    assert np.array_equal(found, loss.best_constant(np.eye(3)[labels]))


def test_libraries():
    import jax.numpy as jnp
    import torch

    values = [1.0, 2.0, 6.0, 7.0]
    for target in (torch.tensor(values, requires_grad=True), torch.tensor(values).bfloat16(), jnp.asarray(values)):
        assert lossary.squared_error.best_constant(target) == 4.0
        assert lossary.absolute_error.best_constant(target, target * 0 + 1) == 4.0
    for labels in (torch.tensor([0, 1, 1]), jnp.asarray([0, 1, 1]), [0, 1, 1], torch.tensor([0, 1, 1], dtype=torch.uint8)):
        assert np.allclose(lossary.cross_entropy.best_constant(labels), [1 / 3, 2 / 3])
    assert lossary.huber.best_constant(values, delta=torch.tensor(1.0)) == pytest.approx(4.0)


@lossary.pointwise
def gaussian(mean, variance, target):
    return (log(variance) + (target - mean) ** 2 / variance) / 2


@lossary.samplewise
def dice(prediction, target):
    return 1 - 2 * total(prediction * target) / (total(prediction) + total(target))


@lossary.composed
def dot(prediction, target):
    return -(prediction * target).sum(-1)


@lossary.pointwise
def falling(prediction, target):
    return target - prediction


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: gaussian.best_constant([1.0]), TypeError, r"gaussian is a loss of \(mean, variance, target\)"),
        (lambda: dice.best_constant([[1.0]]), TypeError, "a loss of the components of a sample"),
        (lambda: dot.best_constant([[1.0]]), TypeError, "composed of array operations"),
        (lambda: (lossary.cross_entropy + lossary.huber).best_constant([1]), TypeError, "a sum of losses of several kinds"),
        (lambda: falling.best_constant([1.0, 2.0]), ValueError, "no single lowest point"),
        (lambda: cauchy.best_constant(np.repeat([0.0, 0.9, 5.0], [10, 1, 11]), scale=0.01), ValueError, "no single lowest"),
        (lambda: brier.best_constant([[0.3, 0.7]]), ValueError, "the targets are distributions"),
        (lambda: lossary.binary_cross_entropy.best_constant([0.0, 2.0]), ValueError, r"a target lies in \[0, 1\]; got 2.0"),
        (lambda: lossary.cross_entropy.best_constant([0, 4], classes=3), ValueError, "a class index lies in 0 … 2"),
        (lambda: lossary.cross_entropy.best_constant([0.5, 0.2]), ValueError, "sum to 1"),
        (lambda: lossary.cross_entropy.best_constant([0, 1], classes=2.5), TypeError, "classes is the number of classes"),
        (lambda: lossary.huber.best_constant([1.0], classes=2), TypeError, "leave it out"),
        (lambda: lossary.huber.best_constant([1.0], dleta=2.0), TypeError, "has no option 'dleta'"),
        (lambda: lossary.huber.best_constant([1.0], delta=[2.0]), TypeError, "delta is one number"),
        (lambda: lossary.huber.best_constant([1.0], delta=-1.0), ValueError, "delta"),
        (lambda: lossary.huber.best_constant([1.0], [-1.0]), ValueError, "a weight is a number ≥ 0"),
        (lambda: lossary.huber.best_constant([1.0], [1.0, 2.0]), ValueError, "weight has one value a sample"),
        (lambda: lossary.binary_cross_entropy.best_constant([1.0], given="odds"), ValueError, "given"),
    ],
)
def test_refusals(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_the_mean_is_the_best_probability_of_events_by_default_only():
    y = np.array([0, 1, 1, 0, 1, 0, 0.0])
    share = y.mean()
    smooth = 0.2 / 2 + 0.8 * share
    found = lossary.binary_cross_entropy.best_constant
    assert found(y) == pytest.approx(share, rel=1e-15)
    assert found(y, positive_weight=3.0) == pytest.approx(3 * share / (3 * share + 1 - share), rel=1e-12)
    assert found(y, label_smoothing=0.2) == pytest.approx(smooth, rel=1e-12)
    assert found(y, positive_weight=3, label_smoothing=0.2) == pytest.approx(3 * smooth / (3 * smooth + 1 - smooth), rel=1e-12)


def test_targets_of_0_do_not_hide_the_best_rate():
    @lossary.pointwise(convex=True)
    def poisson(prediction: Positive, target: NonNegative):
        return prediction - target * log(prediction)

    for y in ([0.0, 1, 5], [0.0, 0, 0, 2], [1.0, 1, 4]):
        assert poisson.best_constant(y) == pytest.approx(np.mean(y), rel=1e-11)


def test_shares_that_are_best_already():
    @lossary.softmax
    def brier(probability, target):
        return (probability - target) ** 2

    for y in ([0, 0, 0, 1], [0, 1], [2, 1, 1, 0, 0, 0]):
        np.testing.assert_allclose(brier.best_constant(y), np.bincount(y) / len(y), rtol=1e-12)
    assert brier.properties.minimizer is None
    assert lossary.cross_entropy.properties.minimizer == "mean"


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("count", [1, 5, 10, 1001])
def test_quantiles_are_exact(count, alpha):
    target = np.random.default_rng(count).normal(size=count)
    expected = np.quantile(target, alpha, method="averaged_inverted_cdf")
    assert lossary.quantile.best_constant(target, alpha=alpha) == expected
