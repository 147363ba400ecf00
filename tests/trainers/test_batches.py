"""Linear models from batches, beside those of all data at once."""

import itertools
import pickle

import numpy as np
import pytest
import scipy.sparse
from sklearn import linear_model
from sklearn.base import clone

import lossary
from lossary.trainers.sklearn import LossClassifier, LossRegressor

SAMPLES, FEATURES, BATCH = 1500, 4, 100
RNG = np.random.default_rng(0)
X = RNG.normal(size=(SAMPLES, FEATURES)) * np.geomspace(0.1, 10, FEATURES) + 1
MEAN = (X - 1) @ (np.array([2.0, -1.0, 0.5, 0.3]) / np.geomspace(0.1, 10, FEATURES))
NUMBERS = 10 + MEAN + RNG.standard_t(3, size=SAMPLES)
COUNTS = RNG.poisson(np.exp(MEAN / 4))
LABELS = np.where(MEAN + RNG.logistic(size=SAMPLES) > 0, "yes", "no")
CLASSES = np.digitize(MEAN + RNG.logistic(size=SAMPLES), [-1, 1])
WEIGHT = RNG.choice([0.0, 0.5, 1.0, 3.0], SAMPLES)


def streamed(model, y, weight=None, x=X, sizes=(BATCH,)):
    model = clone(model)
    classes = {} if isinstance(model, LossRegressor) else {"classes": np.unique(y)}
    sizes, end = itertools.cycle(sizes), 0
    while end < x.shape[0]:
        part = slice(end, end := end + next(sizes))
        model.partial_fit(x[part], y[part], sample_weight=None if weight is None else weight[part], **classes)
    return model


def cost(model, y, weight=None):
    target = y if isinstance(model, LossRegressor) else np.searchsorted(model.classes_, y)
    return np.average(model.scores_.value(model._total_scores(X), target), weights=weight)


@pytest.mark.parametrize("options", [{}, {"l2": 0.3}, {"l1": 0.3}, {"fit_intercept": False}], ids=str)
def test_squared_error_is_that_of_all_data_at_once(options):
    features = X if options else scipy.sparse.csr_matrix(X)
    model = LossRegressor(**options)
    found, whole = streamed(model, NUMBERS, WEIGHT, features), clone(model).fit(X, NUMBERS, WEIGHT)
    np.testing.assert_allclose(found.coef_, whole.coef_, rtol=1e-5, atol=1e-6)
    assert found.intercept_ == pytest.approx(whole.intercept_, rel=1e-6)


@pytest.mark.parametrize(
    ("model", "target", "excess"),
    [
        (LossRegressor(lossary.huber), NUMBERS, 1e-4),
        (LossRegressor(lossary.quantile, alpha=0.8), NUMBERS, 2e-3),
        (LossRegressor(lossary.tukey), NUMBERS, 1e-2),
        (LossRegressor(lossary.poisson), COUNTS, 1e-3),
        (LossClassifier(l2=0.0), LABELS, 1e-3),
        (LossClassifier(lossary.hinge, l2=0.0), LABELS, 5e-3),
        (LossClassifier(lossary.cross_entropy, l2=0.0), CLASSES, 5e-3),
    ],
    ids=lambda x: x.loss.__name__ if hasattr(x, "loss") else "",
)
def test_cost_comes_close_to_that_of_all_data_at_once(model, target, excess):
    found, whole = streamed(model, target), clone(model).fit(X, target)
    first = clone(model).fit(X[:BATCH], target[:BATCH])
    best = cost(whole, target)
    assert cost(found, target) < best + excess * abs(best)
    assert cost(found, target) < cost(first, target)
    for sizes in ((1, 7, 300), (1, 1, 2)):
        few = slice(None) if max(sizes) > 7 else slice(300)
        found = streamed(model, target[few], x=X[few], sizes=sizes)
        whole = clone(model).fit(X[few], target[few])
        assert cost(found, target) < cost(whole, target) + 0.1 * abs(best)


@pytest.mark.parametrize("loss", [lossary.huber, lossary.charbonnier, lossary.log_cosh, lossary.absolute_error])
@pytest.mark.parametrize("size", [1e8, 1e30])
def test_robust_losses_of_large_targets_are_nearly_absolute_errors(loss, size):
    found = streamed(LossRegressor(loss), size * NUMBERS)
    best = linear_model.QuantileRegressor(alpha=0).fit(X, NUMBERS)
    assert np.abs(found.predict(X) / size - NUMBERS).mean() < 1.001 * np.abs(best.predict(X) - NUMBERS).mean()


def test_features_far_from_0():
    far = X + np.array([0, 1e8, 0, -1e7])
    for x in (far, scipy.sparse.csr_matrix(far)):
        found = LossRegressor(l1=0.1).partial_fit(far[:BATCH], NUMBERS[:BATCH]).partial_fit(x[BATCH:], NUMBERS[BATCH:])
        np.testing.assert_allclose(found.coef_, LossRegressor(l1=0.1).fit(X, NUMBERS).coef_, rtol=1e-6, atol=1e-6)
        assert found.predict(far).mean() == pytest.approx(NUMBERS.mean(), rel=1e-6)


@pytest.mark.parametrize("loss", [lossary.absolute_error, lossary.huber, lossary.quantile])
@pytest.mark.parametrize("level", [0.0, 7e6])
def test_equal_targets_say_nothing_of_the_scale_of_others(loss, level):
    x, y = np.vstack([X[:BATCH], X]), 1e6 * np.append(np.full(BATCH, level / 1e6), NUMBERS)
    found = LossRegressor(loss).partial_fit(x[:1], y[:1]).partial_fit(x[1:BATCH], y[1:BATCH])
    assert (*found.coef_, found.intercept_) == (0, 0, 0, 0, level)
    for i in range(BATCH, len(y), BATCH):
        found.partial_fit(x[i : i + BATCH], y[i : i + BATCH])
    whole = LossRegressor(loss).fit(x, y)
    costs = [np.abs(y - model.predict(x))[BATCH:].mean() for model in (found, whole)]
    assert costs[0] < 1.5 * costs[1]


def test_percentage_errors_are_measured_where_they_count():
    target = np.exp(NUMBERS / 4)
    found, whole = (f(LossRegressor(lossary.absolute_percentage_error), target) for f in (streamed, lambda m, y: m.fit(X, y)))
    constant = np.abs(lossary.absolute_percentage_error.best_constant(target) / target - 1).mean()
    assert cost(found, target) - cost(whole, target) < 0.02 * (constant - cost(whole, target))


def test_batches_without_weight_change_nothing():
    for own, y in ((LossRegressor(lossary.poisson), COUNTS), (LossClassifier(lossary.hinge), LABELS)):
        classes = {} if y is COUNTS else {"classes": np.unique(y)}
        model = clone(own).partial_fit(X[:50], y[:50], **classes)
        before = np.append(model.coef_, model.intercept_)
        model.partial_fit(1e9 * X[50:60], y[50:60], sample_weight=np.zeros(10))
        model.partial_fit(1e9 * X[50:60], y[50:60], sample_weight=0.0)
        np.testing.assert_array_equal(np.append(model.coef_, model.intercept_), before)
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            model.partial_fit(X[50:60], y[50:60], sample_weight=np.zeros(9))


def test_the_divergence_from_labels_is_their_cross_entropy():
    found = [
        streamed(LossClassifier(f), CLASSES[:60], x=X[:60], sizes=(1,)) for f in (lossary.cross_entropy, lossary.kl_divergence)
    ]
    np.testing.assert_allclose(found[1].coef_, found[0].coef_, rtol=1e-6)


def test_pickled_models_go_on():
    model = LossRegressor(lossary.huber).partial_fit(X[:50], NUMBERS[:50])
    again = pickle.loads(pickle.dumps(model)).partial_fit(X[50:99], NUMBERS[50:99])
    np.testing.assert_array_equal(again.coef_, model.partial_fit(X[50:99], NUMBERS[50:99]).coef_)


def test_batches_may_lack_classes_and_have_one_row():
    model = LossClassifier(lossary.cross_entropy).partial_fit(X[:2], ["a", "a"], classes=["a", "b", "c"])
    model.partial_fit(X[2:3], ["c"], sample_weight=[2.0])
    assert model.predict_proba(X[:3]).shape == (3, 3)
    assert np.isfinite(model.coef_).all()


def test_features_without_variance_keep_coefficients_finite():
    model = LossRegressor(l1=0.1)
    for _ in range(2):
        model.partial_fit(np.zeros((3, 2)), [1.0, 2.0, 3.0])
    assert (*model.coef_, model.intercept_) == pytest.approx((0.0, 0.0, 2.0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LossClassifier().partial_fit(X[:9], LABELS[:9]), "classes must be passed on the first call"),
        (lambda: LossClassifier().partial_fit(X[:9], LABELS[:9], ["no", "yes", "?"]), "Only binary classification"),
        (lambda: LossClassifier().partial_fit(X[:9], LABELS[:9], ["no", "maybe"]), "labels are those of training"),
        (lambda: LossClassifier().partial_fit(X[:9], np.zeros(9), [0.0]), r"got one class, 0\.0$"),
        (lambda: LossRegressor().fit(X[:9], NUMBERS[:9]).partial_fit(X, NUMBERS), "a model that fit\\(\\) has trained"),
        (lambda: LossRegressor(lossary.poisson).partial_fit(X[:9], -COUNTS[:9] - 1.0), "target"),
        (
            lambda: LossRegressor().partial_fit(X[:9], NUMBERS[:9]).set_params(loss=lossary.huber).partial_fit(X, NUMBERS),
            r"got huber\(delta=1.0\) with fit_intercept=True after squared_error\(\) with fit_intercept=True",
        ),
        (
            lambda: LossClassifier().partial_fit(X[:9], LABELS[:9], ["no", "yes"]).partial_fit(X, LABELS, ["a", "b"]),
            "classes are those of the first call",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("loss", [lossary.huber, lossary.charbonnier, lossary.log_cosh], ids=lambda loss: loss.__name__)
def test_batches_of_fewer_rows_than_features_are_interpolated(loss):
    rng = np.random.default_rng(0)
    features, target = rng.normal(size=(60, 40)), 3 * rng.standard_t(2, size=60)
    model = LossRegressor(loss)
    for rows in (slice(0, 20), slice(20, 35)):
        model.partial_fit(features[rows], target[rows])
        np.testing.assert_allclose(model.predict(features[rows]), target[rows], atol=0.05)
