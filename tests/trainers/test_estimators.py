"""Estimators of scikit-learn over the engines."""

import pickle

import numpy as np
import pytest

import lossary
from tests.trainers.cases import TRAINED, data

lightgbm = pytest.importorskip("lightgbm", reason="the extra boosting")
xgboost = pytest.importorskip("xgboost", reason="the extra boosting")

from sklearn.base import clone  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from lossary.trainers.boosting import Classifier, Regressor  # noqa: E402
from lossary.trainers.boosting.leaves import best_steps  # noqa: E402
from lossary.trainers.boosting.objective import objective  # noqa: E402

pytestmark = pytest.mark.heavy  # scikit-learn's own checks train hundreds of models

QUICK = {
    "lightgbm": {"engine": "lightgbm", "num_threads": 1, "min_child_samples": 5, "n_estimators": 15, "learning_rate": 0.3},
    "xgboost": {"engine": "xgboost", "nthread": 1, "n_estimators": 15, "max_depth": 3},
}
each_engine = pytest.mark.parametrize("engine", QUICK)


@each_engine
@pytest.mark.parametrize(
    "loss", [lossary.quantile, lossary.poisson, lossary.squared_log_error, lossary.tukey], ids=lambda loss: loss.__name__
)
def test_predictions_are_in_the_unit_of_the_target(loss, engine):
    features, target = data(loss)
    model = Regressor(loss, **QUICK[engine]).fit(features, target)
    found, constant = model.predict(features), np.full(len(target), model.objective_.prediction(np.zeros(1)))
    form = {"given": "mean"} if loss is lossary.poisson else {}
    assert float(loss(found, target, **form)) < 0.95 * float(loss(constant, target, **form))
    if loss is not lossary.quantile and loss is not lossary.tukey:
        assert found.min() > 0 or loss is lossary.squared_log_error
        assert np.corrcoef(found, target)[0, 1] > 0.4


@each_engine
def test_weights_reach_start_and_trees(engine):
    features = np.repeat([[0.0], [1.0]], 40, axis=0)
    target, weight = np.resize([0.0, 10.0], 80) + 100 * features[:, 0], np.resize([9.0, 1.0], 80)
    model = Regressor(**{**QUICK[engine], "n_estimators": 60}).fit(features, target, weight)
    assert model.objective_.start == pytest.approx(51)  # the weighted mean
    assert model.predict([[0.0], [1.0]]) == pytest.approx([1.0, 101.0], abs=0.2)


@each_engine
@pytest.mark.parametrize(
    ("loss", "target"),
    [
        *((loss, 5.0) for loss in (lossary.absolute_error, lossary.quantile, lossary.epsilon_insensitive)),
        (lossary.binary_cross_entropy, 0.3),
        (lossary.poisson, 2.0),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_targets_that_are_all_equal_are_predicted(loss, target, engine):
    features = np.arange(60.0).reshape(20, 3)
    model = Regressor(loss, **QUICK[engine]).fit(features, np.full(20, target))
    np.testing.assert_allclose(model.predict(features), target, rtol=1e-6)
    assert model.model_.theirs is model.model_.refused is None


@each_engine
@pytest.mark.parametrize(("loss", "target"), [(lossary.binary_cross_entropy, 1.0), (lossary.poisson, 0.0)])
def test_targets_that_are_all_0_or_1_begin_as_with_half_a_sample_of_each(loss, target, engine):
    features = np.arange(60.0).reshape(20, 3)
    model = Regressor(loss, **QUICK[engine]).fit(features, np.full(20, target))
    np.testing.assert_allclose(abs(model._trained().inverse_link(model.objective_.start) - target), 0.5 / 21)
    assert (abs(model.predict(features) - target) <= 0.5 / 21 + 1e-12).all()


@each_engine
@pytest.mark.parametrize("loss", [lossary.cross_entropy, lossary.focal], ids=lambda loss: loss.__name__)
def test_a_class_without_weight_is_improbable(loss, engine):
    features, labels = np.random.default_rng(0).normal(size=(300, 3)), np.tile([0, 1, 2], 100)
    weight = np.where(labels == 2, 0.0, 3.0)
    model = Classifier(loss, **QUICK[engine]).fit(features, labels, weight)
    assert (model.predict_proba(features)[:, 2] < 0.05).all()


@each_engine
@pytest.mark.parametrize("loss", [lossary.gaussian, lossary.laplace], ids=lambda loss: loss.__name__)
def test_the_spread_of_equal_targets_falls(loss, engine):
    features = np.arange(60.0).reshape(20, 3)
    mean, spread = Regressor(loss, **QUICK[engine]).fit(features, np.full(20, 5.0)).predict(features)
    np.testing.assert_allclose(mean, 5)
    assert np.isfinite(spread).all()
    assert (spread < 5).all()


@each_engine
@pytest.mark.parametrize("again", [lambda model: pickle.loads(pickle.dumps(model))])
def test_pickled_models_predict_the_same(engine, again):
    features, target = data(lossary.quantile)
    model = Regressor(lossary.quantile, alpha=0.7, **QUICK[engine]).fit(features, target)
    np.testing.assert_array_equal(again(model).predict(features), model.predict(features))
    assert again(model).describe() == model.describe()


def test_parameters_of_loss_and_engine_are_parameters():
    model = Regressor(lossary.quantile, alpha=0.7, num_leaves=5)
    assert model.get_params()["alpha"] == 0.7
    copied = clone(model).set_params(alpha=0.2, curvature="absolute", min_child_samples=3)
    assert (copied.get_params()["alpha"], copied.curvature, copied.parameters["num_leaves"]) == (0.2, "absolute", 5)
    assert model.get_params()["alpha"] == 0.7


def test_search_over_a_parameter_of_the_loss():
    features, target = data(lossary.huber, 200)
    search = GridSearchCV(Regressor(lossary.huber, **QUICK["lightgbm"]), {"delta": [1.0, 20.0]}, cv=2)
    search.fit(features, target)
    assert search.best_params_["delta"] in (1.0, 20.0)


@each_engine
@pytest.mark.parametrize("leaves", ["engine", "renew"])
def test_early_stopping_is_by_the_loss(engine, leaves):
    if (engine, leaves) == ("xgboost", "renew"):
        return
    features, target = data(lossary.absolute_error, 400)
    kept = slice(0, 150), slice(150, None)
    own = Regressor(lossary.absolute_error, leaves=leaves, early_stopping_rounds=5, **{**QUICK[engine], "n_estimators": 300})
    own.fit(features[kept[0]], target[kept[0]], validation=(features[kept[1]], target[kept[1]]))
    costs = own.validation_costs_
    assert len(costs) == own.model_.rounds + 5 < 300
    assert int(np.argmin(costs)) + 1 == own.model_.rounds
    found = float(lossary.absolute_error(own.predict(features[kept[1]]), target[kept[1]]))
    assert found == pytest.approx(min(costs), rel=1e-5)
    booster, best = own.booster_, own.model_.rounds  # which says itself where it was best, as after the engine's own stopping
    assert booster.best_iteration == (best if engine == "lightgbm" else best - 1)
    if engine == "lightgbm":
        np.testing.assert_allclose(booster.predict(features) + own.objective_.start, own.predict(features))
    else:
        assert booster.best_score == pytest.approx(min(costs))


def best_by_search(loss, target, parameters):
    candidates = np.sort(np.concatenate([target, np.linspace(target.min(), target.max(), 4001)]))
    return min(float(loss(np.full(len(target), c), target, **parameters)) for c in candidates)


@pytest.mark.parametrize(
    ("loss", "parameters"),
    [(lossary.quantile, {"alpha": 0.8}), (lossary.huber, {"delta": 2.0}), (lossary.epsilon_insensitive, {"epsilon": 1.0})],
    ids=["quantile", "huber", "epsilon_insensitive"],
)
def test_leaves_hold_the_minimiser(loss, parameters):
    rng = np.random.default_rng(0)
    target, leaf = 5 * rng.standard_t(2, size=60), np.repeat([0, 1, 3], 20)
    own = objective(loss, target, engine="lightgbm", **parameters)
    steps = best_steps(own, np.zeros(60), target, None, leaf, np.zeros(4))
    for k in (0, 1, 3):
        there = target[leaf == k]
        found = float(loss(np.full(20, own.start + steps[k]), there, **parameters))
        assert found <= best_by_search(loss, there, parameters) + 1e-3 * found
    assert steps[2] == 0


def test_renewed_leaves_never_raise_the_cost():
    features, target = data(lossary.absolute_error)
    renewed = Regressor(lossary.absolute_error, leaves="renew", **{**QUICK["lightgbm"], "learning_rate": 1.0})
    renewed.fit(features, target, validation=(features, target))
    assert (np.diff(renewed.validation_costs_) <= 1e-12).all()
    assert renewed.validation_costs_[-1] < 0.2 * renewed.objective_.cost(np.zeros(len(target)), target)
    found = float(lossary.absolute_error(renewed.predict(features), target))
    assert found == pytest.approx(renewed.validation_costs_[-1])


def test_renewed_leaves_are_those_of_lightgbm():
    features, target = data(lossary.absolute_error)
    target = target.astype(np.float32).astype(np.float64)
    options = {"num_threads": 1, "num_leaves": 4, "learning_rate": 0.3, "min_data_in_leaf": 5}
    own = Regressor(lossary.absolute_error, leaves="renew", n_estimators=1, **options).fit(features, target)
    theirs = lightgbm.train(
        {**options, "objective": "l1", "verbose": -1, "boost_from_average": True}, lightgbm.Dataset(features, target), 1
    )
    same = [float(lossary.absolute_error(x, target)) for x in (own.predict(features), theirs.predict(features))]
    assert same[0] <= same[1] * 1.02


@each_engine
@pytest.mark.parametrize(
    "loss",
    [loss for loss in TRAINED if loss.kind == "softmax" or loss.__name__ in ("binary_cross_entropy", "focal_binary", "hinge")],
    ids=lambda loss: loss.__name__,
)
def test_classes_of_any_label(loss, engine):
    features, target = data(loss)
    labels = np.array(["a", "b", "c"])[target.astype(int)]
    model = Classifier(loss, **QUICK[engine]).fit(features, labels)
    assert (model.predict(features) == labels).mean() > 0.8
    if loss is lossary.hinge:
        assert not hasattr(model, "predict_proba")
        return
    shares = model.predict_proba(features)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (model.classes_[shares.argmax(axis=1)] == model.predict(features)).all()


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (ValueError, "two classes; use one of several", lambda x, y: Classifier().fit(x, [0, 1, 2, 3] * 5)),
        (ValueError, "two classes or more; got one class", lambda x, y: Classifier().fit(x, [1] * 20)),
        (ValueError, "leaves='renew' is for LightGBM", lambda x, y: Regressor(lossary.poisson, leaves="renew").fit(x, y)),
        (ValueError, "leaves is 'engine' or 'renew'", lambda x, y: Regressor(leaves="best").fit(x, y)),
        (ValueError, "needs fit\\(…, validation", lambda x, y: Regressor(early_stopping_rounds=3).fit(x, y)),
        (ValueError, "n_estimators is a whole number, 1 or more; got 0", lambda x, y: Regressor(n_estimators=0).fit(x, y)),
        (ValueError, "early_stopping_rounds is a whole", lambda x, y: Regressor(early_stopping_rounds=2.5).fit(x, y)),
        (TypeError, "objective follows from the loss", lambda x, y: Regressor(objective="l1").fit(x, y)),
        (ValueError, "labels are those of training", lambda x, y: Classifier().fit(x, [0, 1] * 10, validation=(x, [2] * 20))),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_errors(error, message, make):
    with pytest.raises(error, match=message):
        make(np.random.default_rng(0).normal(size=(20, 2)), np.arange(20.0))


EXPECTED = {
    "check_no_attributes_set_in_init": "parameters of the engine are kept together, as LightGBM's and XGBoost's estimators do",
    "check_sample_weight_equivalence_on_dense_data": "LightGBM's least number of samples in a leaf counts rows",
    "check_sample_weight_equivalence_on_sparse_data": "LightGBM's least number of samples in a leaf counts rows",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "model",
    [
        Regressor(n_estimators=10, num_threads=1, min_child_samples=1),
        Regressor(engine="xgboost", n_estimators=10, nthread=1),
        Classifier(n_estimators=10, num_threads=1, min_child_samples=1),
        Classifier(lossary.cross_entropy, engine="xgboost", n_estimators=10, nthread=1),
    ],
    ids=["lightgbm", "xgboost", "classifier", "classes"],
)
def test_estimators_are_those_of_scikit_learn(model):
    found = check_estimator(model, expected_failed_checks=EXPECTED, on_skip=None)
    assert len(found) > 40
