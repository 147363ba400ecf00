"""A loss as a scorer of scikit-learn: which estimators and data it fits, and which it refuses."""

import numpy as np
import pytest
import sklearn
from sklearn import metrics
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import TunedThresholdClassifierCV, cross_validate
from sklearn.svm import LinearSVC

import lossary
from lossary import scorer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 3))
NUMBERS = X @ [1.0, -2.0, 0.5] + RNG.normal(size=90)
TWO = np.where(NUMBERS > 0, "yes", "no")
THREE = np.array(["a", "b", "c"])[np.digitize(NUMBERS, [-1, 1])]
WEIGHT = RNG.choice([0.5, 1.0, 3.0], 90)
LINEAR = LinearRegression().fit(X, NUMBERS)
OF_TWO = LogisticRegression().fit(X, TWO)
OF_THREE = LogisticRegression().fit(X, THREE)


def test_outputs_of_a_regressor_are_averaged():
    both = np.stack([NUMBERS, NUMBERS**2], axis=1)
    model = LinearRegression().fit(X, both)
    found = scorer(lossary.squared_error)(model, X, both, WEIGHT)
    assert found == pytest.approx(-metrics.mean_squared_error(both, model.predict(X), sample_weight=WEIGHT))


@pytest.mark.parametrize("columns", [(True, False), (False, True), (True, True)], ids=["target", "prediction", "both"])
def test_columns_are_numbers(columns):
    target = NUMBERS[:, None] if columns[0] else NUMBERS
    model = LinearRegression().fit(X, NUMBERS[:, None]) if columns[1] else LINEAR
    expected = -metrics.mean_absolute_error(NUMBERS, LINEAR.predict(X), sample_weight=WEIGHT)
    assert scorer(lossary.absolute_error)(model, X, target, WEIGHT) == pytest.approx(expected)


def test_logits_are_scores_of_decisions():
    found = scorer(lossary.cross_entropy, given="logits")(OF_THREE, X, THREE)
    assert found == pytest.approx(-metrics.log_loss(THREE, OF_THREE.predict_proba(X)))
    assert scorer(lossary.binary_cross_entropy, given="logits")(OF_TWO, X, TWO) == pytest.approx(
        -metrics.log_loss(TWO, OF_TWO.predict_proba(X))
    )


def test_decisions_are_judged_by_labels():
    assert scorer(lossary.zero_one)(OF_THREE, X, THREE) == pytest.approx(metrics.accuracy_score(THREE, OF_THREE.predict(X)) - 1)


def test_spherical_score_takes_the_probabilities_of_all_classes():
    shares = OF_THREE.predict_proba(X)
    own = shares[np.arange(90), np.searchsorted(OF_THREE.classes_, THREE)]
    expected = np.mean(own / np.sqrt((shares**2).sum(axis=1))) - 1
    assert scorer(lossary.spherical)(OF_THREE, X, THREE) == pytest.approx(expected)


def test_classes_may_be_in_any_order():
    class Reversed(LogisticRegression):
        def fit(self, x, y):
            super().fit(x, y)
            self.found = self.classes_
            self.classes_ = self.classes_[::-1]
            return self

        def predict_proba(self, x):
            return OF_THREE.predict_proba(x)[:, ::-1]

    model = Reversed().fit(X, THREE)
    assert scorer(lossary.cross_entropy)(model, X, THREE) == scorer(lossary.cross_entropy)(OF_THREE, X, THREE)


def test_weights_are_routed():
    score = scorer(lossary.cross_entropy)
    with pytest.raises(RuntimeError, match="enable_metadata_routing"):
        score.set_score_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=False)
        with pytest.raises(ValueError, match="set_score_request"):
            cross_validate(model, X, THREE, scoring=score, params={"sample_weight": WEIGHT})
        asked = score.set_score_request(sample_weight="importance")
        found = cross_validate(model, X, THREE, scoring=asked, params={"importance": WEIGHT}, cv=3)["test_score"]
        own = metrics.make_scorer(metrics.log_loss, greater_is_better=False, response_method="predict_proba")
        own = own.set_score_request(sample_weight="importance")
        expected = cross_validate(model, X, THREE, scoring=own, params={"importance": WEIGHT}, cv=3)["test_score"]
    np.testing.assert_allclose(found, expected)


def test_early_stopping_takes_a_scorer():
    model = HistGradientBoostingClassifier(scoring=scorer(lossary.cross_entropy), early_stopping=True, max_iter=2)
    assert model.fit(X, THREE).n_iter_ == 2


def test_repr():
    assert repr(scorer(lossary.quantile, alpha=0.9)) == "scorer(quantile, alpha=0.9)"


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (TypeError, "a scorer takes a loss, such as lossary.huber; got 'huber'", lambda: scorer("huber")),
        (TypeError, "triplet is one of anchor, positive, negative", lambda: scorer(lossary.triplet)),
        (ValueError, "delta lies in", lambda: scorer(lossary.huber, delta=-1)),
        (TypeError, "reduction= is decided by", lambda: scorer(lossary.huber, reduction="sum")),
        (
            TypeError,
            r"pass \{'cross_entropy': scorer\(cross_entropy\), 'brier': scorer\(brier\)\}",
            lambda: scorer(lossary.cross_entropy + lossary.brier),
        ),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_is_no_score_is_refused_at_once(error, message, make):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("error", "message", "loss", "model", "target"),
    [
        (TypeError, "got ndarray first; .* call -huber", lossary.huber, NUMBERS, NUMBERS),
        (ValueError, "two classes; LogisticRegression has 3", lossary.binary_cross_entropy, OF_THREE, THREE),
        (TypeError, "CalibratedClassifierCV", lossary.cross_entropy, LinearSVC().fit(X, TWO), TWO),
        (TypeError, "decision_function", lossary.hinge, RandomForestClassifier(2).fit(X, TWO), TWO),
        (TypeError, "loss of two classes or of several; got squared_error", lossary.squared_error, OF_TWO, TWO),
        (TypeError, "LinearRegression predicts numbers", lossary.cross_entropy, LINEAR, NUMBERS),
        (TypeError, "a loss of mean, variance, and predict of LinearRegression gives 1", lossary.gaussian, LINEAR, NUMBERS),
        (ValueError, "'no', 'yes'; got 'maybe'", lossary.binary_cross_entropy, OF_TWO, np.where(TWO == "no", "maybe", TWO)),
        (ValueError, "'a', 'b', 'c'; got 'bb'", lossary.cross_entropy, OF_THREE, np.where(THREE == "c", "bb", THREE)),
        (ValueError, r"one label a sample; got labels of shape \(90, 2\)", lossary.cross_entropy, OF_TWO, np.c_[TWO, TWO]),
        (ValueError, "has one score for its two classes; pass hinge", lossary.crammer_singer, OF_TWO, TWO),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_does_not_fit_is_refused(error, message, loss, model, target):
    with pytest.raises(error, match=message):
        scorer(loss)(model, X, target)


def test_thresholds_are_tuned_by_functions_of_labels():
    search = TunedThresholdClassifierCV(LogisticRegression(), scoring=lossary.scorer(lossary.zero_one))
    with pytest.raises(AttributeError, match=r"judges labels at each threshold .* pass scoring=sklearn.metrics.make_scorer"):
        search.fit(np.arange(20.0)[:, None], np.arange(20) > 9)
