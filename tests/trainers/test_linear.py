"""Linear models of any loss beside scikit-learn's own, and scores."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn import linear_model
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

import lossary
from lossary.trainers.linear.problem import Problem
from lossary.trainers.scores.scores import Scores
from lossary.trainers.scores.starts import start
from lossary.trainers.sklearn import LossClassifier, LossRegressor, scorer
from tests.trainers.cases import TRAINED, data

pytestmark = pytest.mark.heavy  # scikit-learn's own checks fit hundreds of models

SAMPLES, FEATURES = 300, 5
RNG = np.random.default_rng(0)
X = RNG.normal(size=(SAMPLES, FEATURES)) * np.geomspace(0.1, 10, FEATURES) + 3
MEAN = X @ (np.array([2.0, -1.0, 0.5, 0.3, -0.2]) / np.geomspace(0.1, 10, FEATURES))
MEAN -= MEAN.mean()
NUMBERS = 10 + MEAN + RNG.standard_t(3, size=SAMPLES)
COUNTS = RNG.poisson(np.exp(MEAN / 4))
LABELS = np.where(MEAN + RNG.logistic(size=SAMPLES) > 0, "yes", "no")
CLASSES = np.digitize(MEAN + RNG.logistic(size=SAMPLES), [-1, 1])
WEIGHT = RNG.choice([0.5, 1.0, 3.0], SAMPLES)


def logistic(l2):
    return linear_model.LogisticRegression(C=1 / (l2 * SAMPLES), tol=1e-9, max_iter=10_000)


PEERS = {
    "squares": (LossRegressor(), linear_model.LinearRegression(), NUMBERS, True),
    "ridge": (LossRegressor(l2=0.1), linear_model.Ridge(alpha=0.05 * SAMPLES), NUMBERS, False),
    "lasso": (LossRegressor(l1=0.2), linear_model.Lasso(alpha=0.1, tol=1e-10), NUMBERS, True),
    "poisson": (
        LossRegressor(lossary.poisson, l2=0.01),
        linear_model.PoissonRegressor(alpha=0.01, tol=1e-10, max_iter=9999),
        COUNTS,
        True,
    ),
    "median": (LossRegressor(lossary.absolute_error), linear_model.QuantileRegressor(alpha=0), NUMBERS, True),
    "quantile": (
        LossRegressor(lossary.quantile, alpha=0.8),
        linear_model.QuantileRegressor(quantile=0.8, alpha=0),
        NUMBERS,
        True,
    ),
    "sparse quantile": (
        LossRegressor(lossary.quantile, alpha=0.8, l1=0.02),
        linear_model.QuantileRegressor(quantile=0.8, alpha=0.02),
        NUMBERS,
        True,
    ),
    "no intercept": (LossRegressor(fit_intercept=False), linear_model.LinearRegression(fit_intercept=False), NUMBERS, True),
    "logistic": (LossClassifier(l2=0.01), logistic(0.01), LABELS, False),
    "softmax": (LossClassifier(lossary.cross_entropy, l2=0.01), logistic(0.01), CLASSES, False),
    "squared hinge": (
        LossClassifier(lossary.squared_hinge, l2=0.01, fit_intercept=False),
        LinearSVC(C=1 / (0.01 * SAMPLES), tol=1e-9, max_iter=100_000, fit_intercept=False),
        LABELS,
        False,
    ),
}


@pytest.mark.parametrize("name", PEERS)
def test_optimum_is_that_of_scikit_learn(name):
    own, theirs, target, weighted = PEERS[name]
    own, theirs = clone(own), clone(theirs)
    # penalties of scikit-learn are sums over samples for some, so weights would change their strength
    weight = WEIGHT if weighted else None
    own.fit(X, target, weight)
    theirs.fit(X, target, sample_weight=weight)
    numbers = np.searchsorted(np.unique(target), target) if target.dtype.kind == "U" else target
    problem = Problem(own.scores_, X, numbers, weight, own.l2, own.l1, own.fit_intercept)
    costs = [problem.value(np.squeeze(m.coef_), np.squeeze(m.intercept_)) for m in (own, theirs)]
    assert costs[0] <= costs[1] + 1e-6 * abs(costs[1])
    size = np.abs(own.coef_).max()
    np.testing.assert_allclose(np.squeeze(own.coef_), np.squeeze(theirs.coef_), atol=1e-4 * size)
    if "sparse" in name or name == "lasso":
        assert ((np.squeeze(own.coef_) == 0) == (np.abs(np.squeeze(theirs.coef_)) < 1e-9)).all()


@pytest.mark.parametrize("loss", TRAINED, ids=lambda loss: loss.__name__)
def test_no_step_from_the_solution_lowers_the_cost(loss):
    features, target = data(loss, 200)
    several = Scores(loss, {}).binary or loss.kind == "softmax"
    model = (LossClassifier if several else LossRegressor)(loss, l2=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(features, target)
    target = target.astype(int) if loss.kind == "softmax" else target.astype(float)
    problem = Problem(model.scores_, features, target, None, 0.01, 0.0, True)
    lowest = problem.value(model.coef_, model.intercept_)
    rng = np.random.default_rng(4)
    for size in (1e-1, 1e-2, 1e-3):
        for _ in range(8):
            step = [size * rng.normal(size=np.shape(x)) for x in (model.coef_, model.intercept_)]
            assert problem.value(model.coef_ + step[0], model.intercept_ + step[1]) >= lowest - 1e-6 * (1 + abs(lowest))
    constant, _ = start(model.scores_, target, None, 3 if loss.kind == "softmax" else None)
    assert lowest < problem.value(0 * model.coef_, constant)


@pytest.mark.parametrize(
    "own", [LossRegressor(lossary.huber), LossRegressor(lossary.quantile, l1=0.01)], ids=["smooth", "kinked"]
)
def test_sparse_features_and_pickles(own):
    dense = clone(own).fit(X, NUMBERS)
    sparse = clone(own).fit(scipy.sparse.csr_matrix(X), NUMBERS)
    np.testing.assert_allclose(sparse.coef_, dense.coef_, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(dense)).predict(X), dense.predict(X))


@pytest.mark.parametrize("name", ["ridge", "lasso", "quantile", "no intercept", "softmax"])
def test_a_warm_start_leads_to_the_same_optimum_in_fewer_steps(name):
    own, _, target, _ = PEERS[name]
    cold = clone(own).fit(X, target)
    warm = clone(own).set_params(warm_start=True).fit(X, target)
    first = warm.n_iter_
    warm.fit(X, target)
    size = np.abs(cold.coef_).max()
    np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-4 * size)
    assert warm.n_iter_ <= (first if name == "quantile" else first // 2)
    with pytest.raises(ValueError, match="warm_start begins at the coefficients of the last fit"):
        warm.fit(X[:, :2], target)


@pytest.mark.parametrize(
    ("own", "target"),
    [
        (LossRegressor(lossary.poisson), COUNTS),
        (LossRegressor(lossary.poisson, l1=0.01), COUNTS),
        (LossClassifier(lossary.exponential, l1=0.01), LABELS),
        (LossClassifier(lossary.hinge, l2=0.01), LABELS),
        (LossRegressor(lossary.power_error, l1=0.01), NUMBERS),
        (LossRegressor(lossary.squared_log_error), COUNTS),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [3.0, 30.0, 1e4])
def test_a_warm_start_far_away_leads_to_the_same_optimum(own, target, size):
    cold = clone(own).fit(X, target)
    warm = clone(own).set_params(warm_start=True)
    warm.coef_, warm.intercept_ = cold.coef_ + size * np.array([1, -1, 1, 1, 1]), cold.intercept_ + size
    warm.fit(X, target)
    numbers = np.searchsorted(np.unique(target), target) if target.dtype.kind == "U" else target
    problem = Problem(cold.scores_, X, numbers * 1.0, None, own.l2, own.l1, True)
    costs = [problem.value(model.coef_, model.intercept_) for model in (warm, cold)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-6)


def test_solutions_do_not_depend_on_the_unit():
    one, other = (LossRegressor(lossary.quantile, alpha=0.7).fit(X * c, NUMBERS * c) for c in (1.0, 2.0**20))
    np.testing.assert_allclose(one.coef_, other.coef_, rtol=1e-5, atol=1e-6)


def test_means_are_predicted():
    model = LossRegressor(lossary.poisson).fit(X, COUNTS)
    assert model.predict(X).mean() == pytest.approx(COUNTS.mean())  # as the intercept has no slope left
    assert LossClassifier(l2=0).fit(X, LABELS).predict_proba(X)[:, 1].mean() == pytest.approx((LABELS == "yes").mean())


@pytest.mark.parametrize(
    ("loss", "model", "target", "expected"),
    [
        (lossary.absolute_error, linear_model.LinearRegression(), NUMBERS, lambda m: np.abs(m.predict(X) - NUMBERS)),
        (lossary.poisson, linear_model.PoissonRegressor(), COUNTS, lambda m: m.predict(X) - COUNTS * np.log(m.predict(X))),
        (
            lossary.binary_cross_entropy,
            logistic(0.1),
            LABELS,
            lambda m: -m.predict_log_proba(X)[np.arange(SAMPLES), (LABELS == "yes") * 1],
        ),
        (lossary.cross_entropy, logistic(0.1), CLASSES, lambda m: -m.predict_log_proba(X)[np.arange(SAMPLES), CLASSES]),
        (
            lossary.hinge,
            LinearSVC(),
            LABELS,
            lambda m: np.maximum(0, 1 - np.where(LABELS == "yes", 1, -1) * m.decision_function(X)),
        ),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_scores_are_minus_the_mean_loss(loss, model, target, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = clone(model).fit(X, target)
    assert scorer(loss)(model, X, target) == pytest.approx(-expected(model).mean())
    assert scorer(loss)(model, X, target, WEIGHT) == pytest.approx(-np.average(expected(model), weights=WEIGHT))


def test_searches_take_a_scorer():
    score = pickle.loads(pickle.dumps(scorer(lossary.quantile, alpha=0.9)))
    search = GridSearchCV(LossRegressor(lossary.quantile), {"alpha": [0.1, 0.5, 0.9]}, scoring=score, cv=3).fit(X, NUMBERS)
    assert search.best_params_ == {"alpha": 0.9}
    assert (cross_val_score(search.best_estimator_, X, NUMBERS, scoring=score, cv=3) < 0).all()


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (TypeError, "aplha", lambda: LossRegressor(lossary.quantile, aplha=0.5).fit(X, NUMBERS)),
        (TypeError, "aplha", lambda: scorer(lossary.quantile, aplha=0.5)),
        (ValueError, "l1 is a number, 0 or more and finite; got -1", lambda: LossRegressor(l1=-1).fit(X, NUMBERS)),
        (ValueError, "l2 is a number, 0 or more and finite; got inf", lambda: LossRegressor(l2=np.inf).fit(X, NUMBERS)),
        (ValueError, "tol is a number, 0 or more and finite; got True", lambda: LossRegressor(tol=True).fit(X, NUMBERS)),
        (ValueError, "max_iter is a whole number, 1 or more; got 2.5", lambda: LossRegressor(max_iter=2.5).fit(X, NUMBERS)),
        (TypeError, "gaussian is a loss of", lambda: LossRegressor(lossary.gaussian).fit(X, NUMBERS)),
        (ValueError, "two classes; use one of several", lambda: LossClassifier().fit(X, CLASSES)),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_errors(error, message, make):
    with pytest.raises(error, match=message):
        make()


def test_too_few_iterations_are_warned_of():
    with pytest.warns(match="stopped after 3 iterations; raise max_iter"):
        LossRegressor(lossary.quantile, max_iter=3).fit(X, NUMBERS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "model",
    [LossRegressor(), LossClassifier(tol=1e-10), LossClassifier(lossary.cross_entropy, l2=0.01, tol=1e-10)],
    ids=["a", "b", "c"],
)
def test_estimators_are_those_of_scikit_learn(model):  # which asks for weights like repeated samples to 1e-7
    expected = {
        "check_no_attributes_set_in_init": "parameters of the loss are kept together",
        "check_fit_score_takes_y": "it calls partial_fit after fit, which keeps nothing to go on from",
    }
    assert len(check_estimator(model, expected_failed_checks=expected, on_skip=None)) > 40
