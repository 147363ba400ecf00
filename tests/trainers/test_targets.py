"""Targets and labels in the types that tables have for them."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

import lossary
from lossary.trainers.sklearn import LossClassifier, LossRegressor, hist_gradient_boosting

pytest.importorskip("lightgbm", reason="the extra boosting")

from lossary.trainers.boosting import Classifier, Regressor, objective

X = np.random.default_rng(0).normal(size=(30, 2))
SIDES = X[:, 0] > 0
QUICK = {"n_estimators": 3, "num_threads": 1, "min_child_samples": 2}
CLASSIFIERS = {"boosting": lambda: Classifier(**QUICK), "linear": LossClassifier}
ESTIMATORS = {"regressor": lambda: Regressor(**QUICK), "linear regressor": LossRegressor, **CLASSIFIERS}
each_estimator = pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS)
each_classifier = pytest.mark.parametrize("make", CLASSIFIERS.values(), ids=CLASSIFIERS)

TYPES = {
    "nullable": lambda x: pd.Series(x).astype({"b": "boolean", "i": "Int64"}[np.asarray(x).dtype.kind]),
    "arrow-backed": lambda x: pd.Series(x).astype({"b": "bool[pyarrow]", "i": "int64[pyarrow]"}[np.asarray(x).dtype.kind]),
    "objects": lambda x: pd.Series(x.tolist(), dtype=object),
    "polars": lambda x: pl.Series(x.tolist()),
    "arrow": lambda x: pa.array(x.tolist()),
}


@each_classifier
@pytest.mark.parametrize("of", TYPES.values(), ids=TYPES)
@pytest.mark.parametrize("labels", [SIDES, SIDES + 7], ids=["booleans", "integers"])
def test_labels_come_back_in_their_type(labels, of, make):
    model, plain = make().fit(X, of(labels)), make().fit(X, labels)
    assert (model.classes_.dtype, model.classes_.tolist()) == (labels.dtype, np.unique(labels).tolist())
    found = model.predict(X)
    assert found.dtype == labels.dtype
    np.testing.assert_array_equal(found, plain.predict(X))
    assert model.score(X, of(labels)) == plain.score(X, labels) == np.mean(found == labels)
    scored = lossary.scorer(lossary.binary_cross_entropy)
    assert scored(model, X, of(labels)) == scored(plain, X, labels)


def one_missing(values, missing):
    return [*values[:4], missing, *values[5:]]


BOOLEANS, WORDS = SIDES.tolist(), np.where(SIDES, "up", "down").tolist()
MISSING = {
    "None": one_missing(BOOLEANS, None),
    "NA among objects": pd.Series(one_missing(BOOLEANS, pd.NA), dtype=object),
    "NaT": pd.Series(one_missing(BOOLEANS, pd.NaT), dtype=object),
    "nullable": pd.Series(one_missing(BOOLEANS, pd.NA), dtype="boolean"),
    "arrow-backed": pd.Series(one_missing(BOOLEANS, None), dtype="bool[pyarrow]"),
    "polars": pl.Series(one_missing(BOOLEANS, None)),
    "arrow": pa.array(one_missing(BOOLEANS, None)),
    "text": pd.Series(one_missing(WORDS, None)),
    "nullable text": pd.Series(one_missing(WORDS, pd.NA), dtype="string"),
    "text of polars": pl.Series(one_missing(WORDS, None)),
    "categories": pd.Series(one_missing(WORDS, None)).astype("category"),
    "masked": np.ma.masked_array(SIDES, np.arange(30) == 4),
}


@each_estimator
@pytest.mark.parametrize("target", MISSING.values(), ids=MISSING)
def test_a_missing_target_is_named(target, make):
    model = make()
    with pytest.raises(ValueError, match=f"^{type(model).__name__}: each sample has a target; got .* at index 4; leave such"):
        model.fit(X, target)
    if isinstance(model, Classifier):
        model.fit(X, SIDES)
        with pytest.raises(ValueError, match=r"^validation: Classifier: each sample has a target; got .* at index 4"):
            model.fit(X, SIDES, validation=(X, target))
        with pytest.raises(ValueError, match=r"^a scorer: each sample has a target; got .* at index 4"):
            lossary.scorer(lossary.hinge)(model, X, target)


@each_estimator
@pytest.mark.parametrize(
    "target", [pd.Series([1, pd.NA] * 15, dtype="Int64"), pl.Series([1.0, None] * 15)], ids=["nullable", "polars"]
)
def test_missing_numbers_are_nan(target, make):
    with pytest.raises(ValueError, match=r"Input y contains NaN|each sample has a target; got <NA>"):  # by pandas 2.2
        make().fit(X, target)


def test_several_missing_targets_are_counted():
    with pytest.raises(ValueError, match=r"got None at index 0 \(10 such\)"):
        LossRegressor().fit(X, [None, 1, 2] * 10)


def test_missing_targets_that_scikit_learn_makes_nan_of():
    target = np.array(one_missing(X[:, 0].tolist(), None), object)
    with pytest.raises(ValueError, match="huber: each sample has a target; got NaN at index 4"):
        HistGradientBoostingRegressor(loss=hist_gradient_boosting(lossary.huber)).fit(X, target)
    for engine in ("lightgbm", "xgboost"):
        with pytest.raises(ValueError, match="objective takes finite targets; got nan at index 4"):
            objective(lossary.gaussian, target.astype(float), engine=engine)


def test_targets_are_numbers_in_linear_models_too():
    with pytest.raises(ValueError, match=r"LossRegressor: a target is a finite number; got others: .* such as 'up'"):
        LossRegressor().fit(X, WORDS)
