"""Linear models on data that are hard for a solver, beside scikit-learn; what they cannot fit, they say."""

import contextlib
import warnings

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from sklearn import linear_model, svm
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import lossary
from lossary.trainers.linear import coordinates, curved, jumps, newton, penalised, smoothed
from lossary.trainers.linear.normal_equations import lowest_with_l1
from lossary.trainers.linear.problem import Problem
from lossary.trainers.scores.scores import Scores
from lossary.trainers.scores.starts import start
from lossary.trainers.sklearn import LossClassifier, LossRegressor

SAMPLES = 80
RNG = np.random.default_rng(0)
PLAIN = RNG.normal(size=(SAMPLES, 5))
ETA = PLAIN @ [2.0, -1.0, 0.5, 0.3, 0.0]
NUMBERS = 4 + ETA + RNG.standard_t(3, size=SAMPLES)
COUNTS = RNG.poisson(np.exp(ETA / 3))
LABELS = ETA + RNG.logistic(size=SAMPLES) > 0
WEIGHT = RNG.choice([0.0, 0.5, 3.0], SAMPLES)


def changed(**columns):
    found = PLAIN.copy()
    for name, values in columns.items():
        found[:, int(name[1:])] = values
    return found


HARD = {
    "plain": PLAIN,
    "collinear": changed(c1=PLAIN[:, 0], c2=PLAIN[:, 0] - PLAIN[:, 3]),
    "nearly collinear": changed(c1=PLAIN[:, 0] + 1e-7 * PLAIN[:, 1]),
    "scales": PLAIN * [1e6, 1e-6, 1, 1, 1],
    "far from 0": PLAIN + np.array([0, 0, 0, 1e8, 0]),
    "constant": changed(c2=0.1, c4=0.0),
    "sparse": scipy.sparse.csr_matrix(PLAIN * (RNG.random(PLAIN.shape) < 0.3)),
    "wide": np.hstack([PLAIN, RNG.normal(size=(SAMPLES, 90))]),
}
PEERS = {
    "squares": (LossRegressor(), linear_model.LinearRegression(), NUMBERS),
    "ridge": (LossRegressor(l2=0.1), linear_model.Ridge(alpha=0.05 * WEIGHT.sum(), tol=1e-12), NUMBERS),
    "lasso": (LossRegressor(l1=0.2), linear_model.Lasso(alpha=0.1, tol=1e-12, max_iter=10**5), NUMBERS),
    "elastic net": (
        LossRegressor(l1=0.1, l2=0.1),
        linear_model.ElasticNet(alpha=0.1, l1_ratio=0.5, tol=1e-12, max_iter=10**5),
        NUMBERS,
    ),
    "poisson": (
        LossRegressor(lossary.poisson, l2=0.01),
        linear_model.PoissonRegressor(alpha=0.01, tol=1e-9, solver="newton-cholesky"),
        COUNTS,
    ),
    "logistic": (
        LossClassifier(l2=0.01),
        linear_model.LogisticRegression(C=100 / WEIGHT.sum(), tol=1e-9, solver="newton-cholesky"),
        LABELS,
    ),
}


def cost(own, model, features, target):
    problem = Problem(own.scores_, features, target.astype(float), WEIGHT, own.l2, own.l1, own.fit_intercept)
    return problem.value(np.ravel(model.coef_), float(np.ravel(model.intercept_)[0]))


@pytest.mark.parametrize("data", HARD)
@pytest.mark.parametrize("name", PEERS)
def test_cost_is_not_above_that_of_scikit_learn(name, data):
    own, theirs, target = PEERS[name]
    features = HARD[data]
    own, theirs = clone(own).fit(features, target, WEIGHT), clone(theirs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(features.toarray() if data == "sparse" else features, target, sample_weight=WEIGHT)
    costs = [cost(own, model, features, target) for model in (own, theirs)]
    assert costs[0] <= costs[1] + 1e-9 * (1 + abs(costs[1]))


@pytest.mark.parametrize(
    ("own", "theirs", "target", "met"),
    [
        (LossRegressor(lossary.absolute_error), linear_model.QuantileRegressor(alpha=0), NUMBERS, 6),
        (
            LossRegressor(lossary.quantile, alpha=0.8, l1=0.05),
            linear_model.QuantileRegressor(quantile=0.8, alpha=0.05),
            NUMBERS,
            None,
        ),
        (
            LossRegressor(lossary.epsilon_insensitive, epsilon=1.0, l2=0.1, fit_intercept=False),
            svm.LinearSVR(C=10 / WEIGHT.sum(), epsilon=1.0, fit_intercept=False, tol=1e-10, max_iter=10**6, random_state=0),
            NUMBERS,
            None,
        ),
        (
            LossClassifier(lossary.hinge, l2=0.1, fit_intercept=False),
            svm.LinearSVC(C=10 / WEIGHT.sum(), loss="hinge", fit_intercept=False, tol=1e-10, max_iter=10**6, random_state=0),
            LABELS,
            None,
        ),
    ],
    ids=["absolute error", "quantile with l1", "support vector regression", "support vector machine"],
)
def test_costs_that_are_straight_between_kinks_have_an_exact_optimum(own, theirs, target, met):
    own, theirs = clone(own).fit(PLAIN, target, WEIGHT), theirs.fit(PLAIN, target, sample_weight=WEIGHT)
    costs = [cost(own, model, PLAIN, target) for model in (own, theirs)]
    assert costs[0] <= costs[1] * (1 + 1e-13)
    if met:
        residuals = np.abs(target - own.predict(PLAIN))[WEIGHT > 0]
        assert (residuals < 1e-12).sum() == met


@pytest.mark.parametrize(("alpha", "l1"), [(0.9, 0.0), (0.5, 0.02), (0.2, 0.2)])
@pytest.mark.parametrize("data", [name for name in HARD if name not in ("far from 0", "nearly collinear")])  # HiGHS fails there
def test_quantiles_have_the_optimum_of_a_linear_program(data, alpha, l1):
    features = HARD[data]
    own = LossRegressor(lossary.quantile, alpha=alpha, l1=l1).fit(features, NUMBERS, WEIGHT)
    assert cost(own, own, features, NUMBERS) == pytest.approx(linear_program(features, alpha, l1), rel=1e-12, abs=1e-13)


def linear_program(features, alpha, l1):
    """Return the lowest cost: of positive and negative parts of coefficients in units of features, intercept and residuals."""
    x = features.toarray() if scipy.sparse.issparse(features) else features
    rows = WEIGHT > 0
    x, y, share = x[rows], NUMBERS[rows], WEIGHT[rows] / WEIGHT.sum()
    unit = np.where(np.any(x, axis=0), np.sqrt((x**2).mean(axis=0)), 1.0)
    ones, residuals = np.ones((len(y), 1)), np.eye(len(y))
    equations = np.hstack([x / unit, -x / unit, ones, -ones, residuals, -residuals])
    prices = np.concatenate([l1 / unit, l1 / unit, [0, 0], alpha * share, (1 - alpha) * share])
    return scipy.optimize.linprog(prices, A_eq=equations, b_eq=y, method="highs").fun


def test_losses_of_percentages_are_weighted_absolute_errors():
    target = np.exp(ETA)  # from 1e-3 to 1e3
    own = LossRegressor(lossary.absolute_percentage_error).fit(PLAIN, target)
    weighted = LossRegressor(lossary.absolute_error).fit(PLAIN, target, 1 / target)
    np.testing.assert_allclose(own.predict(PLAIN), weighted.predict(PLAIN), rtol=1e-9)
    assert (np.abs(own.predict(PLAIN) / target - 1) < 1e-9).sum() >= PLAIN.shape[1] + 1


@pytest.mark.parametrize("direct", [2, SAMPLES], ids=["conjugate gradients", "equations of samples"])
@pytest.mark.parametrize("data", ["sparse", "wide"])
def test_equations_of_many_features_are_solved_otherwise(data, direct, monkeypatch):
    own = LossClassifier(lossary.hinge, l2=0.1)
    expected = clone(own).fit(HARD[data], LABELS)
    monkeypatch.setattr(coordinates, "WIDEST", 2)
    monkeypatch.setattr(newton, "_DIRECT", direct)
    np.testing.assert_allclose(own.fit(HARD[data], LABELS).coef_, expected.coef_, atol=1e-3)
    lowest = cost_of_hinge(expected, HARD[data])
    assert lowest - 1e-12 <= cost_of_hinge(own, HARD[data]) <= lowest + 1e-7  # as the constant model costs 1 at most


def cost_of_hinge(model, features):
    margins = np.where(LABELS, 1, -1) * (features @ model.coef_ + model.intercept_)
    return np.maximum(0, 1 - margins).mean() + 0.05 * (model.coef_**2).sum()


@pytest.mark.parametrize("widest", [2, 500])
def test_a_kink_of_the_curvature_alone(widest, monkeypatch):
    monkeypatch.setattr(smoothed, "WIDEST", widest)
    own = LossRegressor(lossary.power_error, exponent=1.5, l2=0.1).fit(PLAIN, NUMBERS)

    def by_hand(at):
        return (np.abs(PLAIN @ at[:-1] + at[-1] - NUMBERS) ** 1.5).mean() + 0.05 * (at[:-1] ** 2).sum()

    lowest = scipy.optimize.minimize(by_hand, np.zeros(6), tol=1e-12).fun
    assert by_hand(np.append(own.coef_, own.intercept_)) <= lowest * (1 + (1e-5 if widest == 2 else 1e-8))


@pytest.mark.compiled
@pytest.mark.parametrize("classes", [2, 3])
def test_a_part_of_many_samples_only_begins_the_search(classes, monkeypatch):
    features = RNG.normal(size=(4000, 4)) * [1.0, 10.0, 1.0, 0.1] + 2
    mean = (features - 2) @ [1.0, -0.1, 0.5, 0.0] + RNG.logistic(size=4000)
    labels = np.digitize(mean, [0.0] if classes == 2 else [-1.0, 2.0])
    own = LossClassifier(lossary.binary_cross_entropy if classes == 2 else lossary.cross_entropy, tol=1e-8)
    rare = np.zeros((4000, 1))
    rare[1] = 1.0  # is 0 in every sample of the part
    for x in (features, scipy.sparse.csr_matrix(features), np.hstack([features, rare])):
        found, steps = [own.fit(x, labels).coef_], own.n_iter_
        monkeypatch.setattr(coordinates, "_LARGE", 1)
        found.append(own.fit(x, labels).coef_)
        monkeypatch.undo()
        np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-5)
        assert (found[0] != found[1]).any()
        if classes > 2 and x.shape[1] == 4:
            assert own.n_iter_ <= steps / 2  # as the curvature at the end is known


def test_lowest_point_with_l1_is_that_of_coordinate_descent():
    rng = np.random.default_rng(0)
    for trial in range(60):
        samples, width = rng.integers(3, 40), rng.integers(1, 30)
        x = rng.normal(size=(samples, width)) @ (np.eye(width) + rng.choice([0, 3]) * rng.normal(size=(width, width)))
        if trial % 5 == 0:
            x[:, -1] = x[:, 0]
        y = rng.normal(size=samples) + x[:, 0]
        unit, moments = np.sqrt((x**2).sum(axis=0)), x.T @ y
        l1 = rng.choice([0.01, 0.1, 0.5]) * np.abs(moments).max()
        own = lowest_with_l1(x.T @ x / np.outer(unit, unit), moments / unit, l1 / unit, np.zeros(width)) / unit
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            peer = linear_model.Lasso(l1 / samples, fit_intercept=False, tol=1e-13, max_iter=10**4).fit(x, y).coef_
        costs = [((y - x @ beta) ** 2).sum() / 2 + l1 * np.abs(beta).sum() for beta in (own, peer)]
        assert costs[0] <= costs[1] * (1 + 1e-9)


@pytest.mark.parametrize("l2", [0.0, 1e-3])
def test_classes_that_a_plane_divides(l2):
    target = ETA > 0
    with contextlib.nullcontext() if l2 else pytest.warns(ConvergenceWarning, match="tells all samples apart.*set l2"):
        own = LossClassifier(l2=l2).fit(PLAIN, target)
    assert (own.predict(PLAIN) == target).all()
    if l2:
        theirs = linear_model.LogisticRegression(C=1 / (l2 * SAMPLES), tol=1e-10, solver="newton-cholesky").fit(PLAIN, target)
        np.testing.assert_allclose(own.coef_, theirs.coef_[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (TypeError, "cross_entropy is one of classes: use LossClassifier", lambda: LossRegressor(lossary.cross_entropy)),
        (TypeError, r"gaussian is a loss of \(mean.*boosting.Regressor", lambda: LossRegressor(lossary.gaussian)),
        (
            TypeError,
            "dice is a samplewise loss, and has no formula for one sample.*PyTorch",
            lambda: LossRegressor(lossary.dice),
        ),
        (TypeError, "the slope of zero_one is 0 everywhere", lambda: LossRegressor(lossary.zero_one)),
        (TypeError, "takes a loss, such as lossary.huber; got 'huber'", lambda: LossRegressor("huber")),
        (TypeError, "takes a loss, such as lossary.huber; got 'hinge'", lambda: LossClassifier("hinge")),
        (TypeError, "has no option 'alfa'; did you mean 'alpha'", lambda: LossRegressor(lossary.quantile, alfa=0.5)),
        (TypeError, "no option 'C'; penalties of the mean loss are l2= and l1=$", lambda: LossClassifier(C=1.0)),
        (TypeError, "no option 'weights'; it has .*warm_start$", lambda: LossRegressor(weights=1.0)),
        (TypeError, "fit_intercept is True or False; got 'no'", lambda: LossRegressor(fit_intercept="no")),
        (TypeError, "spherical is neither", lambda: LossClassifier(lossary.spherical)),
        (TypeError, "is neither", lambda: LossClassifier(lossary.cross_entropy + lossary.brier)),
        (TypeError, "squared_error is neither: use a regressor", lambda: LossClassifier(lossary.squared_error)),
        (ValueError, "finite at the best constant.*reverse_kl", lambda: LossClassifier(lossary.reverse_kl)),
        (ValueError, "absolute_percentage_error.*target 0", lambda: LossRegressor(lossary.absolute_percentage_error)),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_cannot_be_fitted_says_why(error, message, make):
    with pytest.raises(error, match=message):
        make().fit(PLAIN, LABELS.astype(float))


@pytest.mark.parametrize("data", ["collinear", "scales", "constant", "sparse", "wide"])
@pytest.mark.parametrize(
    ("own", "target"),
    [
        (LossRegressor(lossary.huber, l1=0.01), 10 * NUMBERS),  # most samples have no curvature at the start
        (LossRegressor(lossary.pseudo_huber, l1=0.01, l2=0.01), 10 * NUMBERS),
        (LossRegressor(lossary.squared_epsilon_insensitive, l1=0.01), 10 * NUMBERS),  # which wide data meet within ε
        (LossRegressor(lossary.charbonnier, l1=0.01), NUMBERS),  # whose slope changes within a thousandth of the residuals
        (LossRegressor(lossary.log_cosh, l1=0.01), 1000 * NUMBERS),
        (LossRegressor(lossary.poisson, l1=0.01), COUNTS),
        (LossClassifier(lossary.cross_entropy, l1=0.01), np.digitize(ETA, [-1, 1])),
    ],
    ids=["huber", "pseudo-Huber with both", "flat near the target", "charbonnier", "log-cosh", "poisson", "classes"],
)
def test_with_l1_the_subgradient_holds_0(own, target, data):
    features = HARD[data]
    own = clone(own).fit(features, target)
    problem = Problem(own.scores_, features, target if own.loss.kind == "softmax" else target * 1.0, None, own.l2, 0.0, True)
    coefficients = np.atleast_2d(own.coef_)
    outside = [np.zeros_like(coefficients), start(own.scores_, target, None, 3 if len(coefficients) > 1 else None)[0]]
    slopes = []
    for at in (outside, [coefficients, own.intercept_]):
        _, slope, of_intercept = problem.smooth(at[0], np.reshape(at[1], -1))
        least = np.where(at[0] == 0, np.maximum(np.abs(slope) - own.l1, 0), np.abs(slope + own.l1 * np.sign(at[0])))
        slopes.append(np.abs(np.hstack([least / problem.units, of_intercept[:, None]])).max())
    # a slope that changes within a thousandth of the residuals tells less of the cost
    assert slopes[1] <= (1e-3 if own.loss in (lossary.charbonnier, lossary.log_cosh) else 1e-4) * slopes[0]


@pytest.mark.parametrize("widest", [60, 8], ids=["sets of features", "sets that grow too large"])
@pytest.mark.parametrize("sparse", [False, True])
def test_many_features_with_l1(widest, sparse, monkeypatch):
    features = scipy.sparse.csr_matrix(HARD["wide"]) if sparse else HARD["wide"]
    for own, target in ((LossRegressor(l1=0.2), NUMBERS), (LossClassifier(l1=0.03, l2=0.0), LABELS)):
        expected = clone(own).fit(features, target, WEIGHT)
        with monkeypatch.context() as patch:
            patch.setattr(coordinates, "WIDEST", 10)
            patch.setattr(penalised, "WIDEST", widest)
            patch.setattr(penalised, "_FEW", 3)
            own.fit(features, target, WEIGHT)
        np.testing.assert_allclose(own.coef_, expected.coef_, atol=1e-5)
        assert own.intercept_ == pytest.approx(expected.intercept_, abs=1e-5)
        assert 8 < np.count_nonzero(expected.coef_) < 60


@pytest.mark.parametrize("size", [1e-150, 1e150])
@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_matrix])
def test_features_whose_squares_are_no_numbers(size, form):
    with pytest.raises(ValueError, match=r"between 1e-140 and 1e\+140 in size.*multiply such features"):
        LossRegressor().fit(form(PLAIN * size), NUMBERS)
    features = form(PLAIN * size**0.9)
    assert np.corrcoef(LossRegressor().fit(features, NUMBERS).predict(features), ETA)[0, 1] > 0.7


def test_a_hinge_where_one_class_alone_has_weight():
    model = LossClassifier(lossary.hinge).fit(PLAIN, LABELS, LABELS * 1.0)  # warnings are errors
    assert (model.decision_function(PLAIN) >= 1 - 1e-9).all()
    np.testing.assert_allclose(model.coef_, 0.0, atol=1e-6)


def test_shares_are_no_targets_of_a_loss_with_a_kink_at_a_margin():
    with pytest.raises(ValueError, match="hinge, whose slope jumps, is trained on targets of 0 and 1"):
        LossRegressor(lossary.hinge).fit(PLAIN, 1 / (1 + np.exp(-ETA)))


@pytest.mark.parametrize("size", [1.0, 1000.0])
@pytest.mark.parametrize("data", ["plain", "collinear", "scales", "far from 0", "sparse"])
@pytest.mark.parametrize("loss", [lossary.wing, lossary.symmetric_percentage_error])
def test_where_slopes_jump_some_of_them_add_up_to_0(loss, data, size):
    features = HARD[data]
    target = size * (NUMBERS if loss is lossary.wing else np.exp(ETA / 3))
    own = LossRegressor(loss).fit(features, target, WEIGHT)  # warnings are errors
    rows = WEIGHT > 0
    x = (features.toarray() if data == "sparse" else features)[rows]
    x, y, share = x - x.mean(axis=0), target[rows], WEIGHT[rows] / WEIGHT.sum()
    x = np.hstack([x / np.maximum(np.abs(x).max(axis=0), 1e-300), np.ones((len(y), 1))])
    prediction, near = own.predict(features)[rows], 1e-7 * size
    ends = [
        (loss(prediction + d + near / 10, y, reduction="none") - loss(prediction + d, y, reduction="none")) / (near / 10)
        for d in (-2 * near, 2 * near)
    ]
    low, high = np.minimum(*ends) - 1e-5 / size, np.maximum(*ends) + 1e-5 / size  # finite differences
    assert (high - low > 0.1 * np.abs(high)).sum() >= np.linalg.matrix_rank(x) - 1
    # slopes between these, and the least t, for which |Σ share·slope·x| <= t
    effects, count = (x * share[:, None]).T, len(y)
    least = scipy.optimize.linprog(
        np.append(np.zeros(count), 1.0),
        A_ub=np.block([[effects, -np.ones((6, 1))], [-effects, -np.ones((6, 1))]]),
        b_ub=np.zeros(12),
        bounds=[*zip(low, high, strict=True), (0, None)],
    )
    assert least.fun <= 1e-4 * np.abs(effects @ np.where(y > np.median(y), low, high)).max()


@pytest.mark.parametrize("loss", [lossary.wing, lossary.symmetric_percentage_error])
def test_l2_makes_up_for_features_that_nearly_depend_on_others(loss):
    features, target = HARD["nearly collinear"], np.exp(ETA)
    LossRegressor(loss, l2=1e-6).fit(features, target)  # warnings are errors
    if loss is not lossary.wing:
        with pytest.warns(ConvergenceWarning, match="no step was found.*set l2, or leave out features"):
            LossRegressor(loss).fit(features, target)


def test_a_kink_without_a_way_down_is_warned_of(monkeypatch):
    monkeypatch.setattr(jumps, "_ROUNDS", 0)
    with pytest.warns(ConvergenceWarning, match="no step was found.*kink of wing"):
        model = LossRegressor(lossary.wing).fit(PLAIN, NUMBERS)
    problem = Problem(model.scores_, PLAIN, NUMBERS, None, 0.0, 0.0, True)
    assert problem.value(model.coef_, model.intercept_) < 0.8 * problem.value(0 * model.coef_, np.median(NUMBERS))


def test_many_features_with_l1_at_kinks_without_a_way_down_are_warned_of(monkeypatch):
    monkeypatch.setattr(coordinates, "WIDEST", 10)
    monkeypatch.setattr(penalised, "WIDEST", 8)
    with pytest.warns(ConvergenceWarning, match="no step was found.*kink of symmetric_percentage_error.*set l2 in"):
        LossRegressor(lossary.symmetric_percentage_error, l1=1e-3).fit(HARD["wide"][:, :40], np.exp(ETA))


@pytest.mark.parametrize("own", [LossClassifier(lossary.cross_entropy, l1=9.0), LossRegressor(lossary.huber, l1=9.0)])
def test_a_penalty_that_leaves_the_constant_model(own, monkeypatch):
    monkeypatch.setattr(coordinates, "WIDEST", 2)
    monkeypatch.setattr(penalised, "WIDEST", 2)
    monkeypatch.setattr(penalised, "_MANY", 2)
    for weight in (None, WEIGHT):
        own.fit(PLAIN, np.digitize(ETA, [-1, 1]), weight)  # warnings are errors
        assert not own.coef_.any()


def test_a_warm_start_at_a_kink_ends_as_soon_as_a_cold_one():
    own = LossRegressor(lossary.wing, l1=0.02, warm_start=True)
    for _ in range(2):
        with pytest.warns(ConvergenceWarning, match="no step was found.*kink of wing"):
            own.fit(PLAIN, NUMBERS)
    assert own.n_iter_ <= 200


@pytest.mark.parametrize(
    "own", [LossRegressor(lossary.poisson), LossRegressor(lossary.poisson, l1=0.01), LossClassifier(l2=0.1)]
)
def test_what_a_sample_without_weight_costs_does_not_matter(own):
    features, weight, used = PLAIN.copy(), np.ones(SAMPLES), np.arange(SAMPLES) != 3
    features[3], weight[3] = 1e5, 0.0  # its mean overflows
    target = LABELS if isinstance(own, LossClassifier) else COUNTS
    expected = clone(own).fit(features[used], target[used])
    found = clone(own).fit(features, target, weight)
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("widest", [500, 10])
@pytest.mark.parametrize("loss", [lossary.huber, lossary.charbonnier, lossary.log_cosh])
def test_robust_losses_of_large_targets_are_nearly_absolute_errors(loss, widest, monkeypatch):
    monkeypatch.setattr(coordinates, "WIDEST", widest)
    size, l1 = 1e5, 0.02
    own = LossRegressor(loss, l1=l1).fit(HARD["wide"], size * NUMBERS, WEIGHT)  # warnings are errors
    lowest = 2 * size * linear_program(HARD["wide"], 0.5, l1 / 2)
    # |r| - log 2 <= log cosh r and |r| - ½ <= huber(r), both <= |r|; |r| <= charbonnier(r) <= |r| + 1e-3
    assert lowest - np.log(2) <= cost(own, own, HARD["wide"], size * NUMBERS) <= lowest * (1 + 1e-6)


@pytest.mark.parametrize("loss", [lossary.huber, lossary.charbonnier, lossary.log_cosh, lossary.pseudo_huber, lossary.fair])
@pytest.mark.parametrize("size", [1e20, 1e60, 1e120])
def test_robust_losses_of_huge_targets_are_absolute_errors(loss, size):
    found = LossRegressor(loss).fit(PLAIN, size * NUMBERS, WEIGHT)  # warnings are errors
    lowest = 2 * linear_program(PLAIN, 0.5, 0.0)
    assert np.average(np.abs(found.predict(PLAIN) / size - NUMBERS), weights=WEIGHT) <= lowest * (1 + 1e-4)


@pytest.mark.parametrize("width", [1e-6, 1.0, 1e5])
@pytest.mark.parametrize(
    ("loss", "options", "size"),
    [
        (lossary.huber, {}, 1.0),
        (lossary.huber, {}, 1e4),
        (lossary.charbonnier, {}, 1.0),
        (lossary.log_cosh, {}, 1e3),
        (lossary.power_error, {"exponent": 1.2}, 1.0),
        (lossary.absolute_error + lossary.squared_error, {}, 1.0),
        (lossary.poisson, {}, 1.0),
        (lossary.binary_cross_entropy, {}, 1.0),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_a_smoothed_loss_is_the_lowest_point_beside_a_score(loss, options, size, width):
    scores = Scores(loss, options)
    target = LABELS * 1.0 if scores.binary else COUNTS * 1.0 if loss is lossary.poisson else size * NUMBERS
    at = np.where(RNG.random(SAMPLES) < 0.2, NUMBERS, size * (4 + 3 * ETA) if scores.in_units_of_target else 2 * ETA)
    problem = Problem(scores, PLAIN, target, None, 0.0, 0.0, True)
    losses = curved.Curved(problem, np.zeros(SAMPLES))
    for _ in range(2):  # the second time, it begins where it ended
        slope, part = losses.smoothed(at, width * SAMPLES)
        z = at - width * SAMPLES * slope
        for k in range(0, SAMPLES, 7):

            def miss(x, k=k):
                return x - at[k] + width * float(scores.slope(np.array([x]), target[k : k + 1])[0])

            far = 1.0 + abs(at[k] - z[k])
            there = scipy.optimize.brentq(miss, z[k] - far, z[k] + far, xtol=1e-300, rtol=1e-15, maxiter=500)
            assert z[k] == pytest.approx(there, rel=1e-12, abs=1e-12 * abs(at[k]))
    assert ((part >= 0) & (part <= 1)).all()


@pytest.mark.parametrize("loss", [lossary.squared_error, lossary.huber, lossary.poisson, lossary.quantile, lossary.tukey])
@pytest.mark.parametrize("l1", [0.0, 0.1])
def test_the_constant_model_where_there_is_nothing_to_find(loss, l1):
    features, target = np.hstack([np.zeros((9, 1)), np.ones((9, 1))]), np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 9.0])
    model = LossRegressor(loss, l1=l1).fit(features, target)  # warnings are errors
    expected = {"squared_error": target.mean(), "poisson": target.mean(), "quantile": 2.0}.get(loss.__name__)
    assert expected is None or model.predict(features) == pytest.approx(expected)
    assert LossRegressor(loss, l1=l1).fit(features, np.full(9, 3.0)).predict(features) == pytest.approx(3.0)
