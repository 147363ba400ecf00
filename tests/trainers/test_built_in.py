"""Objectives of an engine that build the trees of ours, and when they are trained in the place of ours."""

import numpy as np
import pytest

import lossary
from tests.trainers.cases import data

lightgbm = pytest.importorskip("lightgbm", reason="the extra boosting")
xgboost = pytest.importorskip("xgboost", reason="the extra boosting")

from lossary.trainers.boosting import Classifier, Regressor, built_in  # noqa: E402

THREADS = {"lightgbm": {"num_threads": 1}, "xgboost": {"nthread": 1}, "catboost": {"thread_count": 1}}


@lossary.pointwise
def squared_error(prediction, target):
    return abs(prediction - target) ** 3


OF_CLASSES = ("binary_cross_entropy", "cross_entropy")


def fitted(key, features, target, weight, **parameters):
    engine, name, _ = key
    estimator = Classifier if name in OF_CLASSES else Regressor
    usual = {"engine": engine, "n_estimators": 8}
    model = estimator(getattr(lossary, name), **usual, **THREADS[engine], **parameters).fit(features, target, weight)
    return model, model._total_scores(features)


ASKED = [(key, key[2]) for key in built_in.TABLE]
ASKED += [  # CatBoost holds no step, so "auto" is not "exact"
    (key, "auto") for key in built_in.TABLE if key[1:] != ("poisson", "bound") and (key[0], key[2]) != ("catboost", "exact")
]


@pytest.mark.parametrize(("key", "asked"), ASKED, ids=lambda x: x if isinstance(x, str) else "-".join(x))
def test_trees_are_those_of_ours(key, asked, monkeypatch):
    pytest.importorskip(key[0])
    features, target = data(getattr(lossary, key[1]))
    if key[1] != "cross_entropy":
        target = target.astype(np.float32).astype(np.float64)  # as the engines hold it
    weight = np.random.default_rng(3).choice([0.5, 1.0, 2.0], len(target))
    parameters: dict = {"power": 1.3} if key[1] == "tweedie" else {}
    parameters["curvature"] = asked
    model, theirs = fitted(key, features, target, weight, **parameters)
    assert model.model_.theirs is built_in.TABLE[key]
    assert f"trained by the engine's own {model.model_.theirs.name}" in model.describe()
    monkeypatch.delitem(built_in.TABLE, key)
    monkeypatch.setattr(built_in, "WATCHED", {})
    model, ours = fitted(key, features, target, weight, **parameters)
    assert model.model_.theirs is None
    np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-5 * np.abs(ours).max())
    assert np.ptp(ours) > 0.1


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("engine", ["lightgbm", "xgboost"])
def test_leaves_of_quantiles_are_those_of_the_engine(engine, weighted):
    features, target = data(lossary.quantile, 400)
    weight = np.random.default_rng(3).choice([0.0, 0.5, 1.0, 2.0], len(target)) if weighted else None
    key, options = (engine, "quantile"), {"engine": engine, "n_estimators": 20, **THREADS[engine]}
    model = Regressor(lossary.quantile, alpha=0.9, **options).fit(features, target, weight)
    assert model.model_.theirs is built_in.RENEWED[key]
    assert "leaves: the constant with the least loss in each" in model.describe()
    start = float(model.objective_.start)
    if engine == "lightgbm":
        given = {"objective": "quantile", "alpha": 0.9, "boost_from_average": False, "verbose": -1, **THREADS[engine]}
        booster = lightgbm.train(given, lightgbm.Dataset(features, target - start, weight=weight), 20)
        predict = lambda rounds: booster.predict(features, num_iteration=rounds) + start
    else:
        given = {"objective": "reg:quantileerror", "quantile_alpha": 0.9, "base_score": 0.0, **THREADS[engine]}
        booster = xgboost.train(given, xgboost.DMatrix(features, target - start, weight=weight), 20)
        predict = lambda rounds: booster.predict(xgboost.DMatrix(features), iteration_range=(0, rounds)) + start
    np.testing.assert_allclose(model.predict(features), predict(20), rtol=1e-5, atol=1e-5)
    costs = [lossary.quantile(predict(rounds), target, weight=weight, alpha=0.9) for rounds in range(1, 21)]
    assert (np.diff(costs) <= 1e-6).all()


@pytest.mark.parametrize("options", [{"curvature": "smoothed"}, {"monotone_constraints": [1, 0, 0, 0]}, {"linear_tree": True}])
def test_leaves_of_quantiles_are_ours(options):
    features, target = data(lossary.quantile, 400)
    options = {"n_estimators": 10, "num_threads": 1, **options}
    model = Regressor(lossary.quantile, alpha=0.9, **options).fit(features, target)
    assert model.model_.theirs is None
    assert np.mean(target <= model.predict(features)) == pytest.approx(0.9, abs=0.06)


@pytest.mark.parametrize(
    ("loss", "options"),
    [
        (lossary.squared_error, {"curvature": "absolute"}),
        (lossary.squared_error, {"max_delta_step": 2.0}),
        (lossary.huber, {}),
        (squared_error, {}),
        (lossary.gamma, {"curvature": "exact", "shape": 2.0}),
    ],
)
def test_ours_is_trained_elsewhere(loss, options):
    features, target = data(lossary.gamma, 100)
    assert Regressor(loss, n_estimators=2, num_threads=1, **options).fit(features, target).model_.theirs is None


@pytest.mark.parametrize(
    ("engine", "loss", "options"),
    [
        ("lightgbm", lossary.squared_error, {}),
        ("xgboost", lossary.squared_error, {}),
        ("xgboost", lossary.gamma, {}),
        ("catboost", lossary.squared_error, {"eta": 0.2}),
        ("catboost", lossary.tweedie, {"curvature": "exact", "learning_rate": 0.2}),
    ],
)
def test_early_stopping_is_by_the_loss(engine, loss, options):
    pytest.importorskip(engine)
    features, target = data(loss, 400)
    held_out = features[200:], target[200:]
    model = Regressor(loss, engine=engine, n_estimators=200, early_stopping_rounds=5, **THREADS[engine], **options)
    model.fit(features[:200], target[:200], validation=held_out)
    assert model.model_.theirs is not None
    assert len(model.validation_costs_) == model.model_.rounds + 5 < 200
    score = model.predict(held_out[0]) if loss is lossary.squared_error else np.log(model.predict(held_out[0]))
    assert float(loss(score, held_out[1])) == pytest.approx(min(model.validation_costs_), rel=1e-5)


def test_other_releases_train_ours(monkeypatch):
    features, target = data(lossary.squared_error, 100)
    monkeypatch.setitem(built_in.VERSIONS, "lightgbm", ((4, 0), (4, 1)))
    assert Regressor(n_estimators=2, num_threads=1).fit(features, target).model_.theirs is None
