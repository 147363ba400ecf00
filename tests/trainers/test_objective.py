"""Objectives inside the engines, beside the objectives that the engines have themselves."""

import copy
import math
import pickle

import numpy as np
import pytest
import scipy.optimize

import lossary
from lossary.trainers.boosting import objective
from lossary.trainers.scores import starts
from tests.trainers.cases import TRAINED, data

lightgbm = pytest.importorskip("lightgbm", reason="the extra boosting")
xgboost = pytest.importorskip("xgboost", reason="the extra boosting")
ENGINES = ("lightgbm", "xgboost")


def train(own, features, target, weight=None, rounds=12, **options):
    """Return the engine's scores and the cost after each round, by its native interface."""
    if own.engine == "lightgbm":
        usual = {"num_leaves": 8, "learning_rate": 0.3, "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
        table, costs = lightgbm.Dataset(features, target, weight=weight), {}
        watch = [lightgbm.record_evaluation(costs)]
        booster = lightgbm.train(
            usual | own.parameters | options, table, rounds, valid_sets=[table], feval=own.metric, callbacks=watch
        )
        return booster.predict(features, raw_score=True), next(iter(costs["training"].values()))
    table, costs = xgboost.DMatrix(features, target, weight=weight), {}
    booster = xgboost.train(
        {"max_depth": 3, "nthread": 1} | own.parameters | options,
        table,
        rounds,
        obj=own,
        custom_metric=own.metric,
        evals=[(table, "train")],
        evals_result=costs,
        verbose_eval=False,
    )
    return booster.predict(table, output_margin=True), next(iter(costs["train"].values()))


def built_in(engine, objective, features, target, weight=None, rounds=12, **options):
    """Return the scores of an engine's own objective."""
    if engine == "lightgbm":
        usual = {"num_leaves": 8, "learning_rate": 0.3, "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
        table = lightgbm.Dataset(features, target, weight=weight)
        booster = lightgbm.train(usual | {"objective": objective} | options, table, rounds)
        return booster.predict(features, raw_score=True)
    table = xgboost.DMatrix(features, target, weight=weight)
    booster = xgboost.train({"max_depth": 3, "nthread": 1, "objective": objective} | options, table, rounds)
    return booster.predict(table, output_margin=True)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "curvature", "engine", "name"),
    [
        (lossary.squared_error, "auto", "lightgbm", "l2"),
        (lossary.squared_error, "auto", "xgboost", "reg:squarederror"),
        (lossary.binary_cross_entropy, "exact", "lightgbm", "binary"),
        (lossary.binary_cross_entropy, "exact", "xgboost", "binary:logistic"),
        (lossary.poisson, "bound", "xgboost", "count:poisson"),  # LightGBM lets leaves step further than its bound holds
        (lossary.gamma, "exact", "lightgbm", "gamma"),
        (lossary.gamma, "exact", "xgboost", "reg:gamma"),
        (lossary.tweedie, "exact", "lightgbm", "tweedie"),
        (lossary.tweedie, "exact", "xgboost", "reg:tweedie"),
    ],
    ids=lambda x: getattr(x, "__name__", x),
)
def test_trees_are_those_of_the_built_in_objective(loss, curvature, engine, name, weighted):
    features, target = data(loss)
    target = target.astype(np.float32).astype(np.float64)  # as the engines hold it
    weight = np.random.default_rng(3).choice([0.5, 1.0, 2.0], len(target)) if weighted else None
    own = objective(loss, target, weight, engine=engine, curvature=curvature)
    scores, _ = train(own, features, target, weight)
    more = {"base_score": float(own.prediction(0.0))} if engine == "xgboost" else {}
    theirs = built_in(engine, name, features, target, weight, **more)
    np.testing.assert_allclose(own.total(scores), theirs, rtol=2e-5, atol=2e-5 * np.abs(theirs).max())


def test_trees_of_classes_are_those_of_xgboost():
    features, _ = data(lossary.cross_entropy)
    target = np.resize([0, 1, 2], len(features))[np.argsort(np.argsort(features[:, 0]))]
    own = objective(lossary.cross_entropy, target, engine="xgboost")
    assert np.abs(own.start).max() < 1e-12
    scores, _ = train(own, features, target, rounds=6)
    theirs = built_in("xgboost", "multi:softprob", features, target, rounds=6, num_class=3, base_score=0.5)
    assert scores.shape == (len(target), 3)
    np.testing.assert_allclose(own.prediction(scores), own.prediction(theirs - 0.5), rtol=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("loss", TRAINED, ids=lambda loss: loss.__name__)
def test_training_never_raises_the_cost(loss, engine):
    features, target = data(loss)
    own = objective(loss, target, engine=engine)
    scores, costs = train(own, features, target)
    first = own.cost(np.zeros_like(scores), target)
    rises = np.diff([first, *costs])
    assert rises.max() <= 1e-6 * abs(first)
    assert costs[-1] < first - 0.02 * abs(first)
    assert own.cost(scores, target) == pytest.approx(costs[-1], rel=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("loss", [lossary.absolute_error, lossary.huber, lossary.absolute_percentage_error])
def test_training_does_not_depend_on_the_unit(loss, engine):
    features, target = data(loss)
    unit = {"delta": 1024.0} if loss is lossary.huber else {}
    scores, _ = train(objective(loss, target, engine=engine), features, target)
    own = objective(loss, target * 1024, engine=engine, **unit)
    larger, _ = train(own, features, target * 1024)
    np.testing.assert_allclose(larger, scores * 1024, rtol=1e-3, atol=1e-2 * np.abs(scores).max())


def test_a_weight_is_so_many_samples():
    _, target = data(lossary.quantile, 40)
    weight = np.resize([1.0, 3.0], 40)
    own, repeated = (
        objective(lossary.quantile, y, w, engine="lightgbm", alpha=0.8)
        for y, w in ((target, weight), (np.repeat(target, weight.astype(int)), None))
    )
    assert own.start == pytest.approx(repeated.start)
    raw = np.random.default_rng(0).normal(size=40)
    slope, second = own.derivatives(raw, target, weight)
    again = repeated.derivatives(*(np.repeat(x, weight.astype(int)) for x in (raw, target)), None)
    np.testing.assert_allclose([slope, second], [x[np.cumsum(weight.astype(int)) - 1] * weight for x in again], rtol=1e-5)
    assert own.cost(raw, target, weight) == pytest.approx(
        repeated.cost(*(np.repeat(x, weight.astype(int)) for x in (raw, target)))
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("alpha", [0.1, 0.9])
def test_quantiles_are_met(engine, alpha):
    features, target = data(lossary.quantile, 1000)
    scores, _ = train(own := objective(lossary.quantile, target, engine=engine, alpha=alpha), features, target, rounds=30)
    assert np.mean(target <= own.prediction(scores)) == pytest.approx(alpha, abs=0.03)


@pytest.mark.parametrize(
    ("loss", "target", "start"),
    [
        (lossary.squared_error, [1.0, 2.0, 6.0], 3.0),
        (lossary.absolute_error, [1.0, 2.0, 6.0], 2.0),
        (lossary.poisson, [1.0, 2.0, 6.0], math.log(3)),
        (lossary.binary_cross_entropy, [0.0, 0.0, 0.0, 1.0], math.log(1 / 3)),
        (lossary.focal_binary, [0.0, 0.0, 0.0, 1.0], math.log(1 / 3)),
        (lossary.squared_log_error, [0.0, math.e - 1, math.e**2 - 1], 1.0),
        (lossary.binary_cross_entropy, [0.0, 0.0], math.log(0.5 / 2.5)),  # with half a sample of each class
        (lossary.tukey, [0.0, 1.0, 100.0, 101.0, 99.0], 99.0),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_start_is_the_best_constant(loss, target, start):
    own = objective(loss, np.array(target), engine="lightgbm")
    assert own.start == pytest.approx(start, rel=1e-9, abs=1e-12)
    assert f"start: {own.start:.6g}: " in own.describe()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "parameters", "slope"),
    [
        (lossary.pseudo_huber, {"delta": 2.0}, lambda r: r / np.sqrt(1 + r**2 / 4)),
        (lossary.fair, {"c": 0.5}, lambda r: r / (1 + 2 * abs(r))),
        (lossary.log_cosh, {}, np.tanh),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_starts_of_many_samples_are_the_best_constants_too(loss, parameters, slope, weighted, monkeypatch):
    rng = np.random.default_rng(0)
    target, weight = 3 * rng.standard_t(2, 3000) + 1, rng.uniform(0, 2, 3000) if weighted else None
    monkeypatch.setattr(starts, "_MANY", 1000)
    monkeypatch.setattr(type(loss), "best_constant", None)  # which takes several times as long
    own = objective(loss, target, weight, engine="xgboost", **parameters)
    best = scipy.optimize.brentq(lambda c: np.average(slope(c - target), weights=weight), -50, 50, xtol=1e-13)
    assert own.start == pytest.approx(best, rel=1e-9)
    assert "the constant with the least mean loss" in own.describe()


def test_predictions_are_what_the_formula_takes():
    own = objective(lossary.poisson, np.array([1.0, 3.0]), engine="xgboost")
    assert own.prediction(np.array([0.0, math.log(2)])) == pytest.approx([2.0, 4.0])
    own = objective(lossary.squared_log_error, np.array([1.0, 1.0]), engine="xgboost")
    assert own.prediction(np.array([0.0])) == pytest.approx([1.0])
    own = objective(lossary.cross_entropy, np.array([0, 1, 1, 1]), engine="xgboost")
    assert own.prediction(np.zeros((1, 2))) == pytest.approx(np.array([[0.25, 0.75]]))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda own: pickle.loads(pickle.dumps(own))])
def test_copies_compute_the_same(again):
    features, target = data(lossary.quantile)
    own = objective(lossary.quantile, target, engine="lightgbm", alpha=0.9)
    copied = again(own)
    assert copied.describe() == own.describe()
    raw = features[:, 0]
    np.testing.assert_array_equal(copied.derivatives(raw, target, None), own.derivatives(raw, target, None))


def test_description_names_link_and_bound():
    own = objective(lossary.poisson, np.array([1.0, 1.0]), engine="lightgbm")
    assert own.describe().splitlines()[1:3] == [
        "score: log",
        "curvature: exact: the second derivative, which a step changes by e^|step| at most: steps of up to 1.79 never raise "
        "the cost, and no leaf may step further (max_delta_step)",
    ]
    assert own.parameters["max_delta_step"] == 1.79
    assert "log(prediction - -1)" in objective(lossary.squared_log_error, np.array([1.0]), engine="lightgbm").describe()


@pytest.mark.parametrize(
    ("error", "message", "arguments", "options"),
    [
        (
            ValueError,
            "engine is one of lightgbm, xgboost, catboost; got 'xgbost'; did you mean",
            (lossary.huber, [1.0]),
            {"engine": "xgbost"},
        ),
        (TypeError, "dpo is a loss of \\(chosen, rejected, ref", (lossary.dpo, [1.0]), {"engine": "xgboost"}),
        (
            TypeError,
            "dice is a samplewise loss, and has no formula",
            (lossary.dice, [1.0]),
            {"engine": "xgboost"},
        ),
        (TypeError, "train interval_score, or quantile once for each level", (lossary.quantiles, [1.0]), {"engine": "xgboost"}),
        (TypeError, "slope of zero_one is 0 everywhere", (lossary.zero_one, [1.0]), {"engine": "xgboost"}),
        (TypeError, "dalta", (lossary.huber, [1.0]), {"engine": "xgboost", "dalta": 2.0}),
        (ValueError, "target", (lossary.poisson, [-1.0]), {"engine": "xgboost"}),
    ],
)
def test_errors(error, message, arguments, options):
    with pytest.raises(error, match=message):
        objective(*arguments, **options)


def with_wrong_data(engine, call):
    _, target = data(lossary.huber, 40)
    own = objective(lossary.huber, target, engine=engine)
    table = lightgbm.Dataset(np.zeros((40, 1)), target) if engine == "lightgbm" else xgboost.DMatrix(np.zeros((40, 1)), target)
    return call(own, table, np.zeros(40, np.float32))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (TypeError, "got ndarray in the place of the data", lambda own, table, raw: own(raw, raw)),
        (ValueError, "got 40 labels for 30 samples", lambda own, table, raw: own(raw[:30], table)),
        (ValueError, r"raw scores of shape \(N,\); got \(40, 2\)", lambda own, table, raw: own.prediction(np.zeros((40, 2)))),
        (
            ValueError,
            "one weight a sample; got",
            lambda own, _, raw: objective(lossary.huber, raw, [1.0], engine=own.engine),
        ),
    ],
)
def test_data_that_the_engine_did_not_hand_over(engine, error, message, call):
    with pytest.raises(error, match=message):
        with_wrong_data(engine, call)


def test_scores_of_xgboost_that_do_not_begin_at_0():
    features, target = data(lossary.huber, 40)
    own = objective(lossary.huber, target, engine="xgboost")
    assert repr(own) == "objective(huber, engine='xgboost')"
    with pytest.raises(ValueError, match=r"got 0\.5 of every sample, .*; pass own\.parameters"):
        xgboost.train({"nthread": 1}, xgboost.DMatrix(features, target), 2, obj=own)
