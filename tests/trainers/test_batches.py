"""Linear models from batches, beside those of all data at once."""

import pickle

import numpy as np
import pytest
import scipy.sparse
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


def streamed(model, y, weight=None, x=X):
    model = clone(model)
    classes = {} if isinstance(model, LossRegressor) else {"classes": np.unique(y)}
    for i in range(0, SAMPLES, BATCH):
        part = slice(i, i + BATCH)
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
