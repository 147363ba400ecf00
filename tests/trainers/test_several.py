"""Losses of several predictions, and curvatures that are expectations."""

import pickle

import numpy as np
import pytest

import lossary
from lossary.trainers.boosting import objective
from lossary.trainers.scorer import scorer
from lossary.trainers.scores.curvature import choose
from lossary.trainers.scores.scores import Scores
from tests.trainers.test_objective import ENGINES, train

SEVERAL = {
    "gaussian": {},
    "beta_gaussian": {"beta": 0.3},
    "laplace": {},
    "student_t": {"degrees": 3.0},
    "lognormal": {},
    "crps_gaussian": {},
    "crps_laplace": {},
    "crps_logistic": {},
    "interval_score": {"alpha": 0.2},
    "zero_inflated_poisson": {},
    "zero_inflated_negative_binomial": {"dispersion": 0.5},
}


def data(name, samples=400):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(samples, 3))
    y = 5 + 3 * x[:, 0] + np.exp(0.6 * x[:, 1]) * rng.normal(size=samples)
    if name == "lognormal":
        return x, np.exp(y / 5)
    return x, (rng.poisson(np.exp(x[:, 0] / 2 + 0.5)) * (rng.random(samples) < 0.7)) * 1.0 if "zero" in name else y


def curvatures(name, kind, parameters, at, target):
    scores = Scores(getattr(lossary, name), parameters, several=True)
    return choose(scores, kind).pair(at, np.full(len(at), target), None)[1]


SCALES = np.log([0.3, 1.0, 2.5])


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [  # of the score of the second prediction, log variance or log scale
        ("gaussian", {}, lambda s: [np.exp(-s), 0.5 + 0 * s]),
        ("laplace", {}, lambda s: [np.exp(-2 * s), 1 + 0 * s]),
        ("student_t", {"degrees": 4.0}, lambda s: [5 / 7 * np.exp(-2 * s), 8 / 7 + 0 * s]),
        ("lognormal", {}, lambda s: [np.exp(-2 * s), 2 + 0 * s]),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_information_is_that_of_the_literature(name, parameters, expected):
    at = np.stack([np.array([-3.0, 0.2, 1.0]), SCALES], axis=1)
    found = curvatures(name, "fisher", parameters, at, 1.3)
    np.testing.assert_allclose(found.T, expected(SCALES), rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("poisson", {}, np.exp),
        ("gamma", {}, np.ones_like),
        ("tweedie", {"power": 1.4}, lambda s: np.exp(0.6 * s)),
        ("negative_binomial", {"dispersion": 0.5}, lambda s: np.exp(s) / (1 + 0.5 * np.exp(s))),
        ("binary_cross_entropy", {}, lambda s: 1 / (2 + 2 * np.cosh(s))),
        ("squared_error", {}, lambda s: 2 + 0 * s),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_expected_curvature_of_a_mean(name, parameters, expected):
    s = np.array([-1.2, 0.0, 0.9])
    np.testing.assert_allclose(curvatures(name, "fisher", parameters, s, 1.0), expected(s), rtol=1e-12)


@pytest.mark.parametrize("name", ["absolute_error", "hinge", "crps_gaussian", "beta_gaussian", "interval_score"])
def test_expectations_that_are_not_known(name):
    with pytest.raises(ValueError, match="curvature='fisher' is for"):
        choose(Scores(getattr(lossary, name), {}, several=True), "fisher")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", SEVERAL)
def test_training_lowers_the_cost(name, engine):
    features, target = data(name)
    own = objective(getattr(lossary, name), target, engine=engine, **SEVERAL[name])
    scores, costs = train(own, features, target, learning_rate=0.1)
    first = own.cost(np.zeros_like(scores), target)
    assert scores.shape == (len(target), 2)
    assert np.diff([first, *costs]).max() <= 1e-9
    assert costs[-1] < first - 0.05 * abs(first)
    assert own.cost(scores, target) == pytest.approx(costs[-1], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("gaussian", lambda y, w: [np.average(y, weights=w), np.log(np.cov(y, aweights=w, ddof=0))]),
        ("laplace", lambda y, w: [np.median(y), np.log(np.mean(abs(y - np.median(y))))]),
        ("interval_score", lambda y, w: np.quantile(y, [0.05, 0.95])),
    ],
)
def test_starts_are_the_best_constants(name, start):
    _, target = data(name, 401)
    weight = np.random.default_rng(1).uniform(0.5, 2, 401) if name == "gaussian" else None
    own = objective(getattr(lossary, name), target, weight, engine="lightgbm")
    np.testing.assert_allclose(own.start, start(target, weight), rtol=2e-2 if name == "interval_score" else 1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_bounds_of_an_interval_are_smoothed_each(weighted):
    _, target = data("interval_score")
    weight = np.random.default_rng(1).uniform(0.5, 2, len(target)) if weighted else None
    own = objective(lossary.interval_score, target, weight, engine="lightgbm", alpha=0.2)
    raw = np.random.default_rng(2).normal(size=(len(target), 2))
    found = own.derivatives(raw, target, weight)
    w = np.ones(len(target)) if weight is None else weight
    for k, side in enumerate((1, -1)):
        r = raw[:, k] + own.start[k] - target
        scale = np.average(np.sqrt(abs(r)), weights=w) ** 2
        curvature = 1 / (0.2 * np.hypot(r, 2 * np.sqrt(0.2) * scale))  # the quantiles of 0.1 and 0.9
        slope = r / (0.2 * np.hypot(r, 0.04 * scale)) + side * (1 / 0.2 - 1)
        factor = w / np.average(curvature, weights=w)
        np.testing.assert_allclose(found[0][:, k], slope * factor, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found[1][:, k], curvature * factor, rtol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_leaves_end_at_the_maximum_of_the_likelihood(engine):
    rng = np.random.default_rng(0)
    group = np.repeat([0.0, 1.0], 150)
    target, weight = rng.normal(3 * group, 1 + 2 * group), rng.uniform(0.5, 2, 300)
    own = objective(lossary.gaussian, target, weight, engine=engine)
    penalty = {"min_child_weight": 1e-3, "lambda": 0.0} if engine == "xgboost" else {}
    scores, _ = train(own, group[:, None], target, weight, rounds=80, **penalty)
    found = own.prediction(scores)
    for k in (0, 1):
        of_group = group == k
        mean = np.average(target[of_group], weights=weight[of_group])
        variance = np.average((target[of_group] - mean) ** 2, weights=weight[of_group])
        assert found.mean[of_group][0] == pytest.approx(mean, abs=2e-3)
        assert found.variance[of_group][0] == pytest.approx(variance, rel=2e-3)


def test_description_names_each_score():
    own = objective(lossary.gaussian, np.array([1.0, 2.0, 4.0]), engine="lightgbm", curvature="fisher")
    assert own.describe().splitlines()[:4] == [
        "gaussian in lightgbm",
        "score of mean: the prediction itself",
        "score of variance: log_variance",
        "curvature: fisher: the expected second derivative: exp(-loss) is a density of location and scale",
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_estimators_predict_mean_and_variance(engine):
    regressors = pytest.importorskip("lossary.trainers.boosting.estimators")
    features, target = data("gaussian")
    threads = {"num_threads": 1} if engine == "lightgbm" else {"nthread": 1}
    model = regressors.Regressor(lossary.gaussian, engine=engine, n_estimators=8, early_stopping_rounds=3, **threads)
    model.fit(features, target, validation=(features, target))
    found = pickle.loads(pickle.dumps(model)).predict(features)
    assert found._fields == ("mean", "variance")
    assert found.mean.shape == target.shape
    assert model.score(features, target) == pytest.approx(-float(lossary.gaussian(*found, target)))
    assert scorer(lossary.gaussian)(model, features, target) == pytest.approx(model.score(features, target))
    assert model.validation_costs_[-1] == pytest.approx(-model.score(features, target), rel=1e-6)


@pytest.mark.parametrize("folds", [3, 12])  # of 12 samples: of four, and of one each
def test_predictions_of_folds_are_put_together_by_sample(folds):
    from sklearn.base import clone
    from sklearn.model_selection import KFold, cross_val_predict

    from lossary.trainers.boosting import Regressor

    x, y = (part[:12] for part in data("gaussian"))
    model = Regressor(lossary.gaussian, n_estimators=3, num_threads=1, min_child_samples=2)
    found = cross_val_predict(model, x, y, cv=KFold(folds))
    expected = np.empty((12, 2))
    for train_rows, rows in KFold(folds).split(x):
        mean, variance = clone(model).fit(x[train_rows], y[train_rows]).predict(x[rows])
        expected[rows, 0], expected[rows, 1] = mean, variance
    np.testing.assert_array_equal(found, expected)
    whole = model.fit(x, y).predict(x)
    np.testing.assert_array_equal(np.asarray(whole, np.float32), np.stack(whole, axis=1).astype(np.float32))
    assert np.asarray(pickle.loads(pickle.dumps(whole))).shape == (12, 2)
