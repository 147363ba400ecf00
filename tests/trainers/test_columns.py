"""What people pass to the estimators of boosting: tables with categories, validation data, parameters of engines."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

import lossary

pytest.importorskip("lightgbm", reason="the extra boosting")
pytest.importorskip("xgboost", reason="the extra boosting")

from lossary.trainers.boosting import Classifier, Regressor

QUICK = {
    "lightgbm": {"num_threads": 1, "min_child_samples": 5},
    "xgboost": {"nthread": 1},
    "catboost": {"thread_count": 1, "learning_rate": 0.3},
}
RNG = np.random.default_rng(0)
SIZES = {"red": 4.0, "blue": -3.0, "green": 0.0}
NAMES = RNG.choice(list(SIZES), 300)
TABLE = pd.DataFrame({"color": pd.Categorical(NAMES), "length": RNG.normal(size=300), "noise": RNG.integers(0, 9, 300)})
TARGET = 10 + np.array([SIZES[name] for name in NAMES]) + TABLE["length"] + 0.1 * RNG.normal(size=300)
each_engine = pytest.mark.parametrize("engine", QUICK)


def made(engine, loss=lossary.huber, **options):
    pytest.importorskip(engine)
    return Regressor(loss, engine=engine, n_estimators=30, **{**QUICK[engine], **options})


@each_engine
@pytest.mark.parametrize("loss", [lossary.huber, lossary.squared_error], ids=lambda loss: loss.__name__)
def test_columns_of_categories(engine, loss):
    model = made(engine, loss).fit(TABLE, TARGET)
    found = model.predict(TABLE)
    means = [found[name == NAMES].mean() for name in SIZES]
    assert means[0] - means[2] == pytest.approx(4, abs=0.9)
    assert means[1] - means[2] == pytest.approx(-3, abs=0.9)
    again = pickle.loads(pickle.dumps(model))
    other = TABLE.assign(color=pd.Categorical(NAMES, categories=["green", "white", "red", "blue"]))  # other codes
    np.testing.assert_array_equal(again.predict(other), found)
    np.testing.assert_array_equal(again.predict(TABLE.assign(color=NAMES)), found)
    assert np.isfinite(again.predict(TABLE.assign(color="white"))).all()  # as if it were missing
    if loss is lossary.huber:
        polars = pl.from_pandas(TABLE)
        np.testing.assert_allclose(model.fit(polars, TARGET).predict(polars[:9]), found[:9], rtol=0.1)
    with pytest.raises(ValueError, match="training had columns of categories"):
        model.predict(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(TABLE[["noise", "color", "length"]])


@each_engine
def test_shares_of_features_in_gains(engine):
    shares = made(engine).fit(TABLE, TARGET).feature_importances_
    assert shares.sum() == pytest.approx(1)
    assert np.argsort(shares).tolist() == [2, 1, 0]


@each_engine
def test_validation_data_have_the_columns_of_training(engine):
    model, numbers = made(engine, early_stopping_rounds=3), TABLE[["length", "noise"]]
    weight = pd.Series(RNG.uniform(0.5, 2, 100))
    model.fit(numbers[:200], TARGET[:200], validation=(numbers[200:], TARGET[200:], weight))
    found = float(lossary.huber(model.predict(numbers[200:]), TARGET[200:].to_numpy(), weight=weight.to_numpy()))
    assert found == pytest.approx(min(model.validation_costs_), rel=1e-5)
    with pytest.raises(ValueError, match="feature names should match"):
        model.fit(numbers, TARGET, validation=(numbers[["noise", "length"]], TARGET))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(numbers, TARGET, validation=(numbers, TARGET[:9]))
    with pytest.raises(TypeError, match="validation is \\(X, y\\) or"):
        model.fit(numbers, TARGET, validation=numbers)


@pytest.mark.parametrize(
    ("engine", "parameters", "message"),
    [
        ("lightgbm", {"num_leavs": 3}, "num_leavs is no parameter of the loss nor of lightgbm; did you mean 'num_leaves'"),
        ("xgboost", {"max_depht": 3}, "max_depht is no parameter of the loss nor of xgboost; did you mean 'max_depth'"),
        ("lightgbm", {"is_unbalance": True}, "in objectives of its own only; got True; pass sample_weight"),
        ("xgboost", {"base_score": 1.0}, "base_score follows from the loss"),
        ("lightgbm", {"sigmoid": 2.0}, "leave it out"),
        ("lightgbm", {"num_iterations": 3}, "the number of rounds is n_estimators="),
        ("catboost", {"iterations": 3}, "the number of rounds is n_estimators="),
        ("lightgbm", {"n_iter_no_change": 3}, "training stops by early_stopping_rounds="),
        ("lightgbm", {"class_weight": "balanced"}, "pass sample_weight to fit"),
        ("xgboost", {"eval_set": 3}, "pass validation=.* to fit"),
        ("catboost", {"cat_features": [0]}, "columns of dtype category in a DataFrame are categories"),
        ("lightgbm", {"cat_features": [0]}, "columns of dtype category in a DataFrame are categories"),
        ("catboost", {"n_jobs": 1}, "n_jobs is no parameter of the loss nor of catboost; there it is thread_count="),
        ("xgboost", {"verbose": 1}, "there it is verbosity="),
        ("catboost", {"dpth": 3}, "did you mean 'depth'"),
        ("xgboost", {"positive_weigth": 3}, "did you mean 'positive_weight'"),
        ("lightgbm", {"pos_weight": 3}, "here it is positive_weight="),
        ("xgboost", {"early_stoping_rounds": 3}, "did you mean 'early_stopping_rounds'"),
        ("xgbost", {}, "engine is one of .* did you mean 'xgboost'"),
    ],
)
def test_parameters_that_engines_would_pass_over(engine, parameters, message):
    if engine == "catboost":
        pytest.importorskip(engine)
    with pytest.raises((TypeError, ValueError), match=message):
        Classifier(engine=engine, **parameters).fit(TABLE[["length"]], TARGET > 10)


@each_engine
def test_the_nearest_of_all_names_is_proposed(engine):
    with pytest.raises(TypeError, match="did you mean 'delta'"):  # though all engines have eta
        made(engine, detla=3.0).fit(TABLE, TARGET)


@pytest.mark.parametrize(
    "option", [{"verbose": 0}, {"verbose": False}, {"silent": True}, {"logging_level": "Silent"}, {}], ids=str
)
def test_catboost_is_silent(option, capfd):
    made("catboost", **option).fit(TABLE, TARGET)
    assert capfd.readouterr().out == ""


@each_engine
def test_importances_are_of_the_rounds_that_predict(engine):
    pytest.importorskip(engine)
    rng = np.random.default_rng(0)
    table, target = rng.normal(size=(200, 4)), rng.normal(size=200)
    options = {**QUICK[engine], "engine": engine, "learning_rate": 0.5}
    early = Regressor(n_estimators=60, early_stopping_rounds=20, **options)
    early.fit(table[:100], target[:100], validation=(table[100:], target[100:]))
    assert len(early.validation_costs_) > early.model_.rounds
    short = Regressor(n_estimators=early.model_.rounds, **options)
    short.fit(table[:100], target[:100], validation=(table[100:], target[100:]))
    np.testing.assert_allclose(early.feature_importances_, short.feature_importances_, rtol=1e-5)


@pytest.mark.parametrize(
    ("engine", "parameters"),
    [
        ("lightgbm", {"n_jobs": 1, "random_state": 0, "subsample": 0.5, "bagging_freq": 1, "reg_lambda": 1.0, "max_bin": 63}),
        (
            "xgboost",
            {"n_jobs": 1, "random_state": 0, "subsample": 0.5, "reg_lambda": 1.0, "max_bin": 63, "tree_method": "hist"},
        ),
    ],
)
def test_parameters_of_engines(engine, parameters):
    model = Classifier(engine=engine, n_estimators=3, **parameters).fit(TABLE[["length"]], TARGET > 10)
    assert model.score(TABLE[["length"]], TARGET > 10) > 0.6


def names_of(booster):
    """Return the names of features that a booster of any engine has."""
    own = getattr(booster, "feature_names_", None) or getattr(booster, "feature_names", None)
    return list(own or booster.feature_name())


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("lightgbm", ["a_0_", "a_0__", "b_c", "length_(m)", "color"]),
        ("xgboost", ["a_0_", "a_0__", 'b"c', "length (m)", "color"]),
        ("catboost", ["a[0]", "a]0]", 'b"c', "length (m)", "color"]),
    ],
)
@pytest.mark.parametrize("categories", [False, True])
def test_boosters_have_the_names_of_columns(engine, expected, categories):
    count = 5 if categories else 4
    table = pd.DataFrame(RNG.normal(size=(300, 4)), columns=["a[0]", "a]0]", 'b"c', "length (m)"])
    table = table.assign(color=pd.Categorical(NAMES)) if categories else table
    model = made(engine).fit(table, TARGET, validation=(table, TARGET))
    assert names_of(model.booster_) == expected[:count]
    other = table.set_axis([*"abcde"][:count], axis=1)
    same = made(engine).fit(other, TARGET, validation=(other, TARGET))
    np.testing.assert_array_equal(model.feature_importances_, same.feature_importances_)
    np.testing.assert_array_equal(model.predict(table), same.predict(other))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(table), model.predict(table))
    model.fit(np.arange(600.0).reshape(300, 2), TARGET)  # an array has no names
    assert model.predict(np.zeros((1, 2))).shape == (1,)


@each_engine
@pytest.mark.parametrize("leaves", ["engine", "renew"])
@pytest.mark.filterwarnings("ignore:.* split no leaf")
def test_features_that_cannot_be_split(engine, leaves):
    if leaves == "renew" and engine != "lightgbm":
        return
    for features in (np.ones((300, 2)), pd.DataFrame({"color": pd.Categorical(["red"] * 300)})):
        model = made(engine, leaves=leaves)
        if engine == "catboost":
            with pytest.raises(ValueError, match="CatBoost trains on features of which one has two values or more"):
                model.fit(features, TARGET)
            continue
        found = model.fit(features, TARGET, validation=(features, TARGET)).predict(features)
        np.testing.assert_allclose(found, lossary.huber.best_constant(TARGET.to_numpy()), rtol=1e-5)
    few = made(engine, leaves=leaves).fit(TABLE[:2], [1.0, 2.0])  # fewer than a leaf must have
    np.testing.assert_allclose(few.predict(TABLE[:2]), 1.5, atol=0.51)


APART = [["color"], ["length", "noise", "length_2"]]
AT_3 = TABLE.assign(length_2=TABLE["length"] + RNG.normal(size=300))
"""A table with its column of categories first, and one of noise at position 2."""


@pytest.mark.parametrize(
    ("engine", "by_position", "by_name"),
    [
        ("catboost", {"monotone_constraints": [0, -1, 0, 0]}, {"monotone_constraints": {"length": -1}}),
        ("catboost", {"monotone_constraints": {1: -1}}, {"monotone_constraints": "length:-1"}),
        ("catboost", {"ignored_features": [1]}, {"ignored_features": ["length"]}),
        ("catboost", {"feature_weights": [1, 0.01, 1, 1]}, {"feature_weights": {"length": 0.01}}),
        ("catboost", {"first_feature_use_penalties": {1: 1e3}}, {"first_feature_use_penalties": {"length": 1e3}}),
        ("catboost", {"per_float_feature_quantization": ["1:border_count=1"]}, {}),
        ("xgboost", {"monotone_constraints": (0, -1, 0, 0)}, {"monotone_constraints": {"length": -1}}),
        ("xgboost", {"interaction_constraints": "[[0], [1, 2, 3]]"}, {"interaction_constraints": APART}),
        ("lightgbm", {"monotone_constraints": [0, -1, 0, 0]}, {}),
        ("lightgbm", {"interaction_constraints": [[0], [1], [2, 3]]}, {}),
        ("lightgbm", {"feature_contri": [1, 0.01, 1, 1]}, {}),
        ("lightgbm", {"max_bin_by_feature": [9, 2, 9, 9]}, {}),
    ],
    ids=lambda x: next(iter(x), "") if isinstance(x, dict) else x,
)  # fmt: skip
def test_parameters_name_columns_as_those_of_the_engine_do(engine, by_position, by_name):
    """The engine is trained by itself, on the same table, with categories as codes or text."""
    plain = made(engine, lossary.squared_error).fit(AT_3, TARGET).predict(AT_3)
    target = TARGET - TARGET.mean()
    for parameters in filter(None, (by_position, by_name)):
        found = made(engine, lossary.squared_error, **parameters).fit(AT_3, TARGET).predict(AT_3)
        theirs = trained(engine, AT_3, target, parameters) + TARGET.mean()
        np.testing.assert_allclose(found, theirs, atol=1e-3)
        assert abs(found - plain).max() > 0.1


def trained(engine, table, target, parameters):
    options = {**QUICK[engine], **parameters, "n_estimators": 30}
    if engine == "lightgbm":
        model = pytest.importorskip(engine).LGBMRegressor(**options, verbose=-1, min_child_weight=1e-3)
        return model.fit(table, target).predict(table)
    if engine == "xgboost":
        model = pytest.importorskip(engine).XGBRegressor(**options, base_score=0.0, enable_categorical=True)
        return model.fit(table, target).predict(table)
    table = table.astype({"color": str})
    leaves = {"leaf_estimation_iterations": 1, "leaf_estimation_method": "Newton", "boost_from_average": False}
    options |= {**leaves, "cat_features": ["color"], "verbose": 0, "allow_writing_files": False}
    return pytest.importorskip(engine).CatBoostRegressor(**options).fit(table, target).predict(table)


@pytest.mark.parametrize(
    ("engine", "parameters", "message"),
    [
        (
            "lightgbm",
            {"categorical_feature": [2]},
            "got categorical_feature beside such columns, which LightGBM would pass over",
        ),
        ("lightgbm", {"ignore_column": "2"}, "ignore_column in its command line only; got '2'; leave it out, and such columns"),
        ("lightgbm", {"blacklist": "2"}, "blacklist in its command line only"),  # another name of it
        ("lightgbm", {"task": "predict"}, "task in its command line only; got 'predict'; leave it out$"),
        ("catboost", {"text_features": [2]}, "has no text_features; features are numbers and categories"),
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
def test_parameters_that_say_nothing_of_columns(engine, parameters, message):
    with pytest.raises(TypeError, match=message):
        made(engine, **parameters).fit(TABLE, TARGET)


@pytest.mark.parametrize(
    ("engine", "options", "target", "reason"),
    [
        ("lightgbm", {"min_child_samples": 200}, TARGET, "min_child_samples .* is too great for them"),
        ("xgboost", {"min_child_weight": 200}, TARGET, "min_child_weight or gamma is too great for them"),
        ("xgboost", {"loss": lossary.squared_log_error}, 1e-7 * TARGET, "their unit too small: gains below 1e-6 count as none"),
    ],
    ids=["rows", "weight", "unit"],
)
def test_training_that_splits_no_leaf_is_warned_of(engine, options, target, reason):
    with pytest.warns(UserWarning, match=f"^{engine} split no leaf, so all predictions are equal: .*{reason}") as caught:
        found = made(engine, **options).fit(TABLE, target).predict(TABLE)
    assert caught[0].filename == __file__
    assert np.ptp(found) == 0
    made(engine, **options).fit(TABLE, np.full(300, 5.0))  # where a constant is right


def test_a_linear_booster_of_xgboost():
    numbers = TABLE[["length", "noise"]]
    model = made("xgboost", booster="gblinear").fit(numbers, TARGET)
    theirs = pytest.importorskip("xgboost").XGBRegressor(n_estimators=30, booster="gblinear", nthread=1).fit(numbers, TARGET)
    assert np.corrcoef(model.predict(numbers), theirs.predict(numbers))[0, 1] > 0.99
    assert model.feature_importances_.tolist() == pytest.approx([1, 0], abs=0.2)
    assert model.feature_importances_.sum() == pytest.approx(1)


@each_engine
def test_later_categories_of_another_type(engine):
    codes = pd.Categorical(RNG.integers(0, 4, 300))
    numbers, texts = TABLE.assign(color=codes), TABLE.assign(color=pd.Categorical(codes.astype(str)))
    model = made(engine).fit(numbers, TARGET)
    found = model.predict(numbers)
    np.testing.assert_array_equal(model.predict(TABLE.assign(color=codes.astype(float))), found)
    with pytest.raises(ValueError, match=r"got '[0-3]' in column 'color', where training had 0; convert them to its type"):
        model.predict(texts)
    with pytest.raises(ValueError, match=r"^validation: categories are those of training, or others like them"):
        model.fit(numbers, TARGET, validation=(texts, TARGET))
    with pytest.raises(ValueError, match=r"got [0-3] in column 'color', where training had '0'"):
        made(engine).fit(texts, TARGET).predict(numbers)
    missing = model.predict(numbers.assign(color=pd.Categorical([None] * 300, categories=[7])))
    np.testing.assert_array_equal(model.predict(numbers.assign(color=9)), missing)  # a category that training did not have
