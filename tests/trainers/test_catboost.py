"""CatBoost as an engine."""

import pickle

import numpy as np
import pytest

import lossary
from tests.trainers.cases import TRAINED, data

catboost = pytest.importorskip("catboost", reason="the extra catboost")

from lossary.trainers.boosting import Classifier, Regressor, objective  # noqa: E402

QUICK = {"engine": "catboost", "thread_count": 1, "depth": 3, "learning_rate": 0.2, "n_estimators": 10}
OF_ONE = [loss for loss in TRAINED if loss.kind == "pointwise"]


@pytest.mark.parametrize("loss", OF_ONE, ids=lambda loss: loss.__name__)
def test_training_lowers_the_cost(loss):
    features, target = data(loss)
    own = objective(loss, target, engine="catboost")
    usual = {"iterations": 10, "depth": 3, "learning_rate": 0.2, "thread_count": 1, "logging_level": "Silent"}
    model = catboost.CatBoost({**usual, "allow_writing_files": False, **own.parameters})
    model.fit(catboost.Pool(features, target))
    costs = next(iter(model.get_evals_result()["learn"].values()))
    first = own.cost(np.zeros(len(target)), target)
    assert np.diff([first, *costs]).max() <= 1e-3 * abs(first)
    assert costs[-1] < first - 0.01 * abs(first)
    assert own.cost(model.predict(features, prediction_type="RawFormulaVal"), target) == pytest.approx(costs[-1], rel=1e-5)


def test_trees_are_those_of_the_built_in_objective():
    features, target = data(lossary.squared_error)
    target = target.astype(np.float32).astype(np.float64)
    weight = np.random.default_rng(0).choice([0.5, 1.0, 2.0], len(target))
    usual = {"iterations": 10, "depth": 3, "learning_rate": 0.2, "thread_count": 1, "logging_level": "Silent", "random_seed": 1}
    usual |= {"allow_writing_files": False, "bootstrap_type": "No", "random_strength": 0}
    own = objective(lossary.squared_error, target, weight, engine="catboost")
    table = catboost.Pool(features, target, weight=weight)
    found = own.prediction(catboost.CatBoost({**usual, **own.parameters}).fit(table).predict(features))
    theirs = catboost.CatBoost({**usual, "loss_function": "RMSE", "boost_from_average": True}).fit(table).predict(features)
    np.testing.assert_allclose(found, theirs, rtol=1e-4, atol=1e-4 * np.abs(theirs).max())


def test_estimators_stop_early_and_are_pickled():
    features, target = data(lossary.quantile, 400)
    model = Regressor(lossary.quantile, alpha=0.8, **{**QUICK, "n_estimators": 200}, early_stopping_rounds=5)
    model.fit(features[:200], target[:200], validation=(features[200:], target[200:]))
    assert len(model.validation_costs_) == model.model_.rounds + 5 < 200
    found = float(lossary.quantile(model.predict(features[200:]), target[200:], alpha=0.8))
    assert found == pytest.approx(min(model.validation_costs_), rel=1e-5)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(features), model.predict(features))
    assert model.booster_.tree_count_ == model.model_.rounds  # as CatBoost keeps the best rounds itself


def test_classes_of_any_label():
    features, target = data(lossary.binary_cross_entropy)
    labels = np.array(["no", "yes"])[target.astype(int)]
    model = Classifier(**QUICK).fit(features, labels, np.full(len(labels), 2.0))
    assert (model.predict(features) == labels).mean() > 0.7
    np.testing.assert_allclose(model.predict_proba(features).sum(axis=1), 1)


@pytest.mark.parametrize(("loss", "count"), [(lossary.gaussian, 2), (lossary.cross_entropy, 3), (lossary.cross_entropy, 13)])
def test_rows_of_several_scores_are_those_of_all(loss, count):
    rng = np.random.default_rng(0)
    target = rng.normal(size=40) if count == 2 else np.arange(40) % count
    own = objective(loss, target, engine="catboost")
    scores, weight = rng.normal(size=(5, count)), rng.uniform(0.5, 2, 5)
    derivatives = pickle.loads(pickle.dumps(own.parameters["loss_function"]))
    slopes, curvatures = own.derivatives(scores, target[:5], weight)
    for k in range(5):
        given = [target[k]] * 2 if count == 2 else target[k]
        slope, curvature = derivatives.calc_ders_multi(scores[k], given, weight[k])
        np.testing.assert_allclose(slope, -slopes[k], rtol=1e-5)
        np.testing.assert_allclose(curvature, -np.diag(curvatures[k]), rtol=1e-5)


class CrossEntropyByHand:
    no_jit = True

    def calc_ders_multi(self, scores, target, weight):
        shares = np.exp(scores) / np.exp(scores).sum()
        return weight * (np.eye(3)[int(target)] - shares), -2 * weight * np.diag(shares * (1 - shares))


def test_trees_of_classes_are_those_of_an_objective_by_hand():
    features, target = data(lossary.cross_entropy, 120)
    weight = np.random.default_rng(0).choice([0.5, 1.0, 2.0], len(target))
    usual = {"thread_count": 1, "depth": 2, "learning_rate": 0.3}
    model = Classifier(lossary.cross_entropy, engine="catboost", n_estimators=4, **usual).fit(features, target, weight)
    usual |= {"iterations": 4, "logging_level": "Silent", "allow_writing_files": False, "classes_count": 3}
    theirs = catboost.CatBoost({**usual, "loss_function": CrossEntropyByHand(), "eval_metric": "MultiClass"})
    start = np.broadcast_to(model.objective_.start, (len(target), 3))
    theirs.fit(catboost.Pool(features, target, weight=weight, baseline=start))
    expected = theirs.predict(features, prediction_type="RawFormulaVal") + start
    np.testing.assert_allclose(model._total_scores(features), expected, rtol=1e-6, atol=1e-6)
    assert np.ptp(expected - start) > 0.5


def test_several_predictions_stop_early_and_are_pickled():
    features, target = data(lossary.squared_error, 200)
    options = {**QUICK, "depth": 2, "learning_rate": 0.5, "n_estimators": 100}
    model = Regressor(lossary.gaussian, early_stopping_rounds=2, **options)
    model.fit(features[:100], target[:100], validation=(features[100:], target[100:]))
    assert len(model.validation_costs_) == model.model_.rounds + 2 < 100
    found = pickle.loads(pickle.dumps(model)).predict(features[100:])
    assert found._fields == ("mean", "variance")
    assert float(lossary.gaussian(*found, target[100:])) == pytest.approx(min(model.validation_costs_), rel=1e-5)


def test_several_predictions_are_not_smoothed():
    target = np.random.default_rng(0).normal(size=50)
    assert objective(lossary.interval_score, target, engine="catboost").curvature.kind == "absolute"
    with pytest.raises(ValueError, match="one row a call"):
        objective(lossary.interval_score, target, engine="catboost", curvature="smoothed")


@pytest.mark.parametrize("loss", [lossary.huber, lossary.quantile, lossary.absolute_percentage_error])
def test_blocks_of_rows_are_those_of_all_rows(loss):
    features, target = data(loss)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(target))
    own = objective(loss, target, weight, engine="catboost")
    derivatives = own.parameters["loss_function"]
    for of_block in (None, weight):
        strided = np.repeat(features[:, 0], 2)[::2]
        found = pickle.loads(pickle.dumps(derivatives)).calc_ders_range(strided, target.astype(np.float32), of_block)
        expected = np.stack(own.derivatives(features[:, 0], target.astype(np.float32), of_block), axis=1)
        np.testing.assert_allclose(found, -expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())
