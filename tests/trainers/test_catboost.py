"""CatBoost as an engine."""

import pickle

import numpy as np
import pytest

import lossary
from tests.trainers.cases import TRAINED, data

catboost = pytest.importorskip("catboost", reason="the extra catboost")

from lossary.trainers.boosting import Classifier, Regressor, built_in, objective  # noqa: E402

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


@pytest.mark.parametrize(
    ("loss", "target"),
    [(lossary.squared_error, 5.0), (lossary.absolute_error, -2.0), (lossary.gamma, 3.0), (lossary.poisson, 0.0)],
)
def test_equal_targets_are_predicted(loss, target):
    features = np.arange(60.0).reshape(20, 3)
    found = Regressor(loss, **QUICK).fit(features, np.full(20, target)).predict(features)
    np.testing.assert_allclose(found, target, rtol=1e-6, atol=0.5 / 21)


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


OWN = {
    "absolute_error": ("Quantile:alpha=0.5;delta=0", {}),
    "quantile": ("Quantile:alpha=0.8;delta=0", {"alpha": np.float64(0.8)}),
    "huber": ("Huber:delta=2", {"delta": 2.0}),
    "expectile": ("Expectile:alpha=0.8", {"alpha": 0.8}),
    "poisson": ("Poisson", {}),
    "tweedie": ("Tweedie:variance_power=1.3", {"power": 1.3}),
    "binary_cross_entropy": ("CrossEntropy", {}),
    "cross_entropy": ("MultiClass", {}),
}


def by_catboost(name, features, target, weight, start, **options):
    usual = {"logging_level": "Silent", "allow_writing_files": False, "thread_count": 1, "iterations": 10}
    if np.ndim(start) == 0:
        usual["boost_from_average"] = False
    table = catboost.Pool(features, target, weight=weight, baseline=np.broadcast_to(start, (len(target), *np.shape(start))))
    return catboost.CatBoost({**usual, **options, "loss_function": name}).fit(table)


def test_the_table_of_its_own_is_tested():
    assert OWN.keys() == built_in.WATCHED.keys()


@pytest.mark.parametrize("count", [4, 20], ids=["one step a leaf", "up to ten, each checked"])
@pytest.mark.parametrize("name", OWN)
def test_trees_are_those_of_its_own_with_its_own_leaves(name, count):
    loss, (theirs, parameters) = getattr(lossary, name), OWN[name]
    features, target = data(loss, 200)
    features = np.concatenate([features, np.random.default_rng(1).normal(size=(200, count - 4))], axis=1)
    target = target if loss.kind == "softmax" else target.astype(np.float32).astype(np.float64)
    weight = None if not built_in.WATCHED[name].weighted else np.random.default_rng(3).choice([0.5, 1.0, 2.0], len(target))
    estimator = Classifier if "cross" in name else Regressor
    model = estimator(loss, engine="catboost", n_estimators=10, thread_count=1, learning_rate=0.1, **parameters)
    model.fit(features, target, weight)
    own, found = model.objective_, model._total_scores(features)
    assert model.model_.theirs is built_in.WATCHED[name]
    assert f"for its own {theirs.partition(':')[0]}; the training cost never rose" in model.describe()
    shifted = own.scores.in_units_of_target  # a shift rounds other digits than a baseline does, and trees differ by that
    given = (target - own.start, weight, 0.0) if shifted else (target, weight, own.start)
    booster = by_catboost(theirs, features, *given, learning_rate=0.1)
    expected = booster.predict(features, prediction_type="RawFormulaVal") + own.start
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.ptp(expected))
    assert np.ptp(expected) > 0.1
    costs = [own.cost(x.reshape(found.shape), target, weight) for x in model.booster_.staged_predict(features)]
    first = own.cost(np.zeros_like(found), target, weight)
    assert np.diff([first, *costs]).max() < 0


def far_apart(samples):
    """Return features and targets of a few values, far from one another in the unit of a Huber loss."""
    features = np.random.default_rng(0).normal(size=(samples, 4))
    return features, 30.0 * (features[:, 0] > 0) + 60 * (features[:, 1] > 1.5) + 0.1 * features[:, 2]


@pytest.mark.parametrize("validated", [False, True])
def test_ours_is_trained_if_its_own_raises_the_cost(validated):
    features, target = far_apart(2000)
    own = by_catboost("Huber:delta=1", features, target, None, np.median(target), learning_rate=1.0)
    costs = own.get_evals_result()["learn"]["Huber:delta=1"]
    assert np.diff(costs).max() > 1
    model = Regressor(lossary.huber, engine="catboost", n_estimators=10, thread_count=1, learning_rate=1.0)
    model.fit(features, target, validation=(features, target) if validated else None)
    assert model.model_.theirs is None
    assert "by the engine's own Huber, which was tried before" in model.describe()
    steps = model.booster_.staged_predict(features)
    assert np.diff([model.objective_.cost(x, target) for x in steps]).max() <= 0
    assert float(lossary.huber(model.predict(features), target)) < 0.2 * min(costs)


def test_ours_is_trained_where_its_own_leaves_would_be_wrong():
    features, target = data(lossary.quantile, 200)
    for loss in (lossary.quantile, lossary.absolute_error):  # whose leaves pass over weights
        model = Regressor(loss, engine="catboost", n_estimators=2, thread_count=1).fit(features, target, np.full(200, 2.0))
        assert model.model_.theirs is None
    model = Regressor(lossary.tweedie, power=2.5, engine="catboost", n_estimators=2, thread_count=1)
    assert model.fit(features, np.exp(features[:, 0])).model_.theirs is None  # CatBoost's is for powers from 1 to 2
    model = Regressor(lossary.huber, engine="catboost", curvature="relaxed", n_estimators=2, thread_count=1)
    assert model.fit(features, target).model_.theirs is None


def test_quantiles_of_any_unit_are_trained_alike():
    features, target = data(lossary.quantile, 200)
    target = target.astype(np.float32).astype(np.float64)
    found = [
        Regressor(lossary.absolute_error, **QUICK).fit(features, unit * target).predict(features) / unit
        for unit in (1.0, 2.0**-30)  # CatBoost's own MAE raises an error of the smaller one
    ]
    np.testing.assert_allclose(*found, rtol=1e-6)


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
    model = Classifier(lossary.cross_entropy, engine="catboost", curvature="bound", n_estimators=4, **usual).fit(
        features, target, weight
    )
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


def test_two_classes_of_an_objective_of_ours_are_refused():
    features, target = np.arange(40.0).reshape(20, 2), np.resize([0, 1], 20)
    model = Classifier(lossary.cross_entropy, engine="catboost", curvature="bound", n_estimators=2)
    with pytest.raises(ValueError, match="take a loss of two outcomes, such as binary_cross_entropy"):
        model.fit(features, target)
    Classifier(lossary.binary_cross_entropy, engine="catboost", n_estimators=2).fit(features, target)


def test_a_target_that_is_not_repeated_for_each_prediction_is_refused():
    features, target = data(lossary.squared_error, 40)
    own = objective(lossary.gaussian, target, engine="catboost")
    model = catboost.CatBoost({**own.parameters, "iterations": 2, "logging_level": "Silent", "allow_writing_files": False})
    with pytest.raises(catboost.CatBoostError, match="gaussian has 2 scores a sample; CatBoost has 1"):
        model.fit(features, target)
