"""Losses in scikit-learn's own gradient boosting."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

import lossary
from lossary.trainers import hist
from lossary.trainers.sklearn import hist_gradient_boosting
from tests.trainers.cases import TRAINED, data

QUICK = {"max_iter": 10, "min_samples_leaf": 10, "max_leaf_nodes": 6, "early_stopping": False}
OF_ONE = [loss for loss in TRAINED if loss.kind == "pointwise"]


def fitted(loss, features, target, weight=None, **options):
    classes = hasattr(loss, "scores") and loss.scores.binary
    kind = HistGradientBoostingClassifier if classes or loss == "log_loss" else HistGradientBoostingRegressor
    return kind(loss=loss, **QUICK, **options).fit(features, target, weight)


@pytest.mark.parametrize("loss", OF_ONE, ids=lambda loss: loss.__name__)
def test_training_lowers_the_cost(loss):
    features, target = data(loss)
    own = hist_gradient_boosting(loss)
    model = fitted(own, features, target)
    first = own(target, np.full(len(target), own.fit_intercept_only(target)))
    last = own(target, model._raw_predict(features).ravel())
    assert last < first - 0.02 * abs(first)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "curvature", "name"),
    [
        (lossary.poisson, "exact", "poisson"),
        (lossary.gamma, "exact", "gamma"),
        (lossary.binary_cross_entropy, "exact", "log_loss"),
    ],
    ids=["poisson", "gamma", "log_loss"],
)
def test_trees_are_those_of_the_built_in_loss(loss, curvature, name, weighted):
    features, target = data(loss)
    weight = np.random.default_rng(3).choice([0.5, 1.0, 2.0], len(target)) if weighted else None
    own, theirs = (fitted(x, features, target, weight) for x in (hist_gradient_boosting(loss, curvature=curvature), name))
    np.testing.assert_allclose(own._raw_predict(features), theirs._raw_predict(features), rtol=1e-4, atol=1e-4)
    if name == "log_loss":
        np.testing.assert_allclose(own.predict_proba(features), theirs.predict_proba(features), atol=1e-4)
    else:
        np.testing.assert_allclose(own.predict(features), theirs.predict(features), rtol=1e-4)


def test_models_are_cloned_pickled_and_stop_early():
    features, target = data(lossary.quantile)
    own = hist_gradient_boosting(lossary.quantile, alpha=0.8)
    model = HistGradientBoostingRegressor(loss=own, max_iter=200, n_iter_no_change=3, early_stopping=True, random_state=0)
    model = clone(model).fit(features, target)
    assert model.n_iter_ < 200
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(features), model.predict(features))


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (TypeError, "has one for each class", lambda: hist_gradient_boosting(lossary.cross_entropy)),
        (TypeError, "gaussian is a loss of", lambda: hist_gradient_boosting(lossary.gaussian)),
        (TypeError, "takes a loss, such as lossary.huber; got 'huber'", lambda: hist_gradient_boosting("huber")),
        (ValueError, "delta lies in", lambda: hist_gradient_boosting(lossary.huber, delta=-1.0)),
        (
            TypeError,
            "hist_gradient_boosting has no option 'delt'; did you mean 'delta'",
            lambda: hist_gradient_boosting(lossary.huber, delt=1.0),
        ),
        (ValueError, "target", lambda: fitted(hist_gradient_boosting(lossary.poisson), np.ones((9, 1)), -np.ones(9))),
    ],
)
def test_errors(error, message, make):
    with pytest.raises(error, match=message):
        make()


def test_repr():
    found = repr(hist_gradient_boosting(lossary.huber, delta=2.0))
    assert found == "hist_gradient_boosting(huber, curvature='auto', delta=2.0)"


def test_margins_have_no_probabilities():
    features, target = data(lossary.hinge)
    model = fitted(hist_gradient_boosting(lossary.hinge), features, target)
    assert (model.predict(features) == target).mean() > 0.75
    with pytest.raises(AttributeError, match="predict_proba"):
        model.predict_proba(features)


def test_other_releases_are_refused(monkeypatch):
    monkeypatch.setattr(hist.sklearn, "__version__", "2.0.1")
    with pytest.raises(ImportError, match=r"got 2\.0\.1; use lossary"):
        hist_gradient_boosting(lossary.huber)


def test_labels_of_several_classes():
    features, labels = np.arange(30.0)[:, None], np.repeat(["a", "b", "c"], 10)
    model = HistGradientBoostingClassifier(loss=hist_gradient_boosting(lossary.binary_cross_entropy))
    with pytest.raises(
        ValueError, match=r"as binary_cross_entropy of two classes; got labels of 3 classes or more; .*Classifier"
    ):
        model.fit(features, labels)
