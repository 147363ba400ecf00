"""Objectives of an engine that build the trees of ours, and when they are trained in the place of ours."""

import numpy as np
import pytest

import lossary
from tests.trainers.cases import data

pytest.importorskip("lightgbm", reason="the extra boosting")
pytest.importorskip("xgboost", reason="the extra boosting")

from lossary.trainers.boosting import Classifier, Regressor, built_in

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
