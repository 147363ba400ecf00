"""Data that the estimators of boosting refuse, and what they say then."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.model_selection import GridSearchCV

import lossary
from lossary import pointwise

pytest.importorskip("lightgbm", reason="the extra boosting")

from lossary.trainers.boosting import Classifier, Regressor, objective
from lossary.trainers.sklearn import LossClassifier, LossRegressor, hist_gradient_boosting

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
COUNTS = RNG.poisson(np.exp(X[:, 0])).astype(float)
SIDES = (X[:, 0] > 0) * 1.0
ENGINES = {
    "lightgbm": {"num_threads": 1, "min_child_samples": 5},
    "xgboost": {"nthread": 1},
    "catboost": {"thread_count": 1, "learning_rate": 0.3},
}
each_engine = pytest.mark.parametrize("engine", ENGINES)


def made(loss=lossary.huber, engine="lightgbm", kind=Regressor, **options):
    pytest.importorskip(engine)
    return kind(loss, engine=engine, **{"n_estimators": 5, **ENGINES[engine], **options})


@each_engine
@pytest.mark.parametrize(
    ("loss", "target", "validation", "message"),
    [
        (lossary.poisson, COUNTS, (X, -COUNTS - 1), "poisson: a target lies in .* got -3.0 at index 0"),
        (lossary.gaussian, COUNTS, (X, np.where(COUNTS > 1, np.nan, COUNTS)), "Input y contains NaN"),
        (lossary.binary_cross_entropy, SIDES, (X, 2 * SIDES), "binary_cross_entropy: a target lies in .* got 2.0"),
        (lossary.poisson, COUNTS, (X[:, :2], COUNTS), "X has 2 features, but Regressor is expecting 3"),
        (lossary.poisson, COUNTS, (X[:0], COUNTS[:0]), "0 sample"),
        (lossary.poisson, COUNTS, (X, COUNTS.astype(str)), "a target is a finite number; got .* such as '2.0'"),
        (lossary.poisson, COUNTS, (X, [None, *COUNTS[1:]]), "each sample has a target; got None at index 0"),
        (lossary.poisson, COUNTS, (X, COUNTS[:9]), "inconsistent numbers of samples"),
        (lossary.poisson, COUNTS, (X, COUNTS, -np.ones(60)), "sample weights are finite numbers, 0 or more"),
        (lossary.poisson, COUNTS, (X, COUNTS, np.ones(9)), "sample_weight.shape"),
    ],
    ids=["negative", "nan", "two", "columns", "empty", "text", "none", "fewer", "weights", "fewer weights"],
)
def test_validation_data_are_refused_as_those_of_training_are(loss, target, validation, message, engine):
    with pytest.raises(ValueError, match=f"^validation: .*{message}"):
        made(loss, engine).fit(X, target, validation=validation)


def test_the_form_of_validation_data():
    with pytest.raises(TypeError, match=r"validation is \(X, y\) or .* got list of 1; pass the pair itself"):
        made().fit(X, COUNTS, validation=[(X, COUNTS)])
    with pytest.raises(TypeError, match="no option 'eval_set'; here it is validation="):
        made().fit(X, COUNTS, eval_set=[(X, COUNTS)])
    with_none = made().fit(X, COUNTS, validation=(X, COUNTS, None)).validation_costs_
    assert with_none == made().fit(X, COUNTS, validation=(X, COUNTS)).validation_costs_


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.r_[-1.0, np.ones(59)], "got -1 at index 0; a weight of 0 leaves"),
        (-np.ones(60), "got -1 at index 0 \\(60 such\\)"),
        (np.r_[1.0, np.nan, np.ones(58)], "got nan at index 1;"),
        (np.r_[np.inf, np.ones(59)], "got inf at index 0;"),
        (np.zeros(60), "got zeros only; leave the weights out"),
        ("a column", "got str \\(could not convert .*\\); pass one number a sample"),
    ],
    ids=["negative", "all negative", "nan", "infinite", "zero", "text"],
)
def test_weights_are_refused_in_the_name_of_what_was_called(weight, message):
    rule = "sample weights are finite numbers, 0 or more, and not all of them zero; "
    for model in (made(lossary.poisson), made(lossary.gaussian), LossRegressor(lossary.huber)):
        with pytest.raises(ValueError, match=f"^{type(model).__name__}: {rule}.*{message}"):
            model.fit(X, COUNTS, weight)
    with pytest.raises(ValueError, match=f"^boosting with poisson: {rule}.*{message}"):
        objective(lossary.poisson, COUNTS, weight, engine="lightgbm")


def test_one_number_weighs_all_samples():
    assert made().fit(X, COUNTS, 2.0).objective_.start == made().fit(X, COUNTS).objective_.start


@pytest.mark.parametrize(
    "target",
    [
        COUNTS.astype(str),
        pd.Series(COUNTS.astype(str)),
        pd.Series(["a", "b"] * 30).astype("category"),
        pd.Series(pd.date_range("2020", periods=60)),
        pd.Series(pd.to_timedelta(range(60), "h")),
    ],
    ids=["text", "series of text", "categories", "dates", "durations"],
)
def test_targets_that_are_no_numbers(target):
    with pytest.raises(ValueError, match="Regressor: a target is a finite number; got"):
        made().fit(X, target)


@pytest.mark.parametrize(
    "target",
    [
        COUNTS[:, None],
        COUNTS.astype(np.float16),
        COUNTS.astype(np.int8),
        COUNTS.astype(object),
        pd.Series(COUNTS, dtype="Float64"),
        pd.Series(COUNTS, dtype="Int64"),
        pd.Series(COUNTS).astype("category"),
    ],
    ids=["column", "float16", "int8", "object", "Float64", "Int64", "categories"],
)
@pytest.mark.filterwarnings("ignore:A column-vector")
def test_targets_that_are_numbers_of_other_types(target):
    np.testing.assert_array_equal(made().fit(X, target).predict(X), made().fit(X, COUNTS).predict(X))


@pytest.mark.parametrize(("label", "shown"), [(0.0, "0.0"), ("a", "'a'"), (np.int8(3), "3"), (True, "True")])
def test_the_only_label_is_shown_as_it_was_typed(label, shown):
    with pytest.raises(ValueError, match=f"got one class, {shown}$"):
        made(lossary.hinge, kind=Classifier).fit(X, [label] * 60)


@each_engine
@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (
            lossary.dice,
            "no formula for one sample.*; train another loss, such as binary_cross_entropy, and judge by this one, or",
        ),
        (lossary.zero_one, "the slope of zero_one is 0 everywhere.*; train another loss, such as .*, and judge by this one$"),
        (lossary.margin_ranking, "compares the scores of 2 items.*; train binary_cross_entropy on differences"),
        (lossary.cross_entropy, "Regressor takes losses of numbers; cross_entropy is one of classes: use Classifier"),
    ],
    ids=["dice", "zero_one", "margin_ranking", "cross_entropy"],
)
def test_losses_that_are_refused_name_what_to_do(loss, message, engine):
    with pytest.raises(TypeError, match=message):
        made(loss, engine).fit(X, SIDES)


TABLE = pd.DataFrame(X, columns=["a", "b", "c"])
WORDS = ["red", "blue"] * 30


@each_engine
@pytest.mark.parametrize(
    ("features", "remedy"),
    [
        (
            TABLE.assign(color=WORDS),
            r"column 'color', such as 'red'; make it one of categories: X\['color'\].astype\('category'\)",
        ),
        (TABLE.assign(other=pd.Categorical(WORDS), color=pd.Series(WORDS, dtype=object)), "column 'color', such as 'red'"),
        (
            pl.DataFrame({"a": X[:, 0], "color": WORDS}),
            r"column 'color', such as 'red'; .*pl.col\('color'\).cast\(pl.Categorical\)",
        ),
        (np.array([["1", word] for word in WORDS]), "column 1, such as 'red'; .* pass a DataFrame"),
    ],
    ids=["pandas", "beside categories", "polars", "array"],
)
def test_columns_of_text(features, remedy, engine):
    with pytest.raises(ValueError, match=f"^a column of features is of numbers or of categories; got text in {remedy}"):
        made(engine=engine).fit(features, COUNTS)


@each_engine
def test_text_in_later_data(engine):
    model = made(engine=engine).fit(TABLE, COUNTS)
    with pytest.raises(ValueError, match=r"got text in column 'b', such as 'red'"):
        model.predict(TABLE.assign(b=WORDS))
    with pytest.raises(ValueError, match=r"^validation: a column .* got text in column 'b'"):
        model.fit(TABLE, COUNTS, validation=(TABLE.assign(b=WORDS), COUNTS))
    with pytest.raises(ValueError, match=r"got text in column 'b', such as 'red'; training had numbers there"):
        model.predict(TABLE.assign(b=pd.Categorical(WORDS)))


DAYS = pd.date_range("2020", periods=60)


@pytest.mark.parametrize(
    "features",
    [
        pd.DataFrame({"day": DAYS}),
        TABLE.assign(day=DAYS),
        TABLE.assign(color=pd.Categorical(WORDS), day=DAYS.tz_localize("UTC")),
        TABLE.assign(day=DAYS - DAYS[0]),
        pl.DataFrame({"a": X[:, 0], "day": DAYS.to_numpy()}),
    ],
    ids=["alone", "beside numbers", "beside categories", "durations", "polars"],
)
def test_columns_of_dates(features):
    with pytest.raises(ValueError, match=r"of numbers or of categories; got .* in column 'day'; make numbers of it"):
        made().fit(features, COUNTS)


@each_engine
def test_numbers_of_rounds_may_be_of_numpy(engine):
    model = made(engine=engine, n_estimators=np.int64(3), early_stopping_rounds=np.int8(2))
    assert model.fit(X, COUNTS, validation=(X, COUNTS)).model_.rounds == 3
    with pytest.raises(ValueError, match="n_estimators is a whole number, 1 or more; got True"):
        made(engine=engine, n_estimators=True).fit(X, COUNTS)


@each_engine
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_features(kind, engine):
    features = np.where(abs(X) < 0.5, 0.0, X)
    found = made(engine=engine).fit(kind(features), COUNTS).predict(kind(features))
    matrix = sparse.csr_matrix(features)  # in which XGBoost takes zeros for missing, unlike those of other arrays
    np.testing.assert_array_equal(found, made(engine=engine).fit(matrix, COUNTS).predict(matrix))


@each_engine
@pytest.mark.parametrize(("trained", "later"), [(sparse.csr_matrix, np.asarray), (np.asarray, sparse.csr_matrix)])
def test_features_are_the_same_dense_and_sparse(trained, later, engine):
    features = np.where(abs(X) < 0.5, 0.0, X)
    features[:5] = np.nan
    model = made(engine=engine).fit(trained(features), COUNTS, validation=(later(features), COUNTS))
    costs = model.validation_costs_
    np.testing.assert_array_equal(model.predict(later(features)), model.predict(trained(features)))
    assert made(engine=engine).fit(trained(features), COUNTS, validation=(trained(features), COUNTS)).validation_costs_ == costs


@pytest.mark.parametrize("engine", ["xgboost", "catboost"])
def test_features_beyond_float32(engine):
    features = np.c_[X[:, 0], 1e39 * X[:, 1]]
    model = made(engine=engine)
    with pytest.raises(ValueError, match=rf"^{engine} holds features as float32, .* got \S+e\+39 in column 1; divide it"):
        model.fit(features, COUNTS)
    with pytest.raises(ValueError, match=r"e\+39 in column 'b'"):
        model.fit(pd.DataFrame(features, columns=["a", "b"]), COUNTS)
    with pytest.raises(ValueError, match=r"e\+39 in column 1"):
        model.fit(sparse.csr_matrix(features), COUNTS)
    model.fit(X[:, :2], COUNTS)
    with pytest.raises(ValueError, match=r"e\+39 in column 1"):
        model.predict(features)
    with pytest.raises(ValueError, match=r"^validation: .*e\+39 in column 1"):
        model.fit(X[:, :2], COUNTS, validation=(features, COUNTS))
    found = made().fit(features, COUNTS).predict(features)  # LightGBM has float64
    np.testing.assert_array_equal(found, made().fit(np.c_[X[:, 0], X[:, 1]], COUNTS).predict(X[:, :2]))


@pytest.mark.parametrize("engine", ["xgboost", "catboost"])
def test_features_that_float32_rounds_are_warned_of(engine):
    seconds = 1.7e9 + 50 * np.arange(60.0)
    with pytest.warns(UserWarning, match="rounds column 'time' by up to 6., and its values span 2.95e") as caught:
        made(engine=engine).fit(TABLE.assign(time=seconds), COUNTS)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"rounds column 1 by .* \(2 such columns\)"):
        made(engine=engine).fit(np.c_[np.full(60, np.nan), seconds, X[:, 0], 1e12 + X[:, 1]], COUNTS)


@each_engine
def test_other_features_are_not_warned_of(engine):
    seconds = 1.7e9 + 86400 * np.arange(60.0)
    whole = np.c_[2.0**24 - np.arange(60.0), 2.0**40 * np.arange(60), np.full(60, 1e12 + 0.3), X[:, 0] + 100]
    made(engine=engine).fit(np.c_[seconds, whole, np.where(X[:, 0] > 0, np.nan, 3e38)], COUNTS)
    made(engine=engine).fit((1e6 + X).astype(np.float32), COUNTS)
    made(engine=engine).fit(TABLE.assign(all_missing=np.nan), COUNTS)


@pytest.mark.parametrize("engine", ENGINES)
def test_set_params_refuses_names_that_nothing_has(engine):
    model = made(lossary.huber, engine)
    with pytest.raises(TypeError, match=f"delt is no parameter of the loss nor of {engine}; did you mean 'delta'"):
        model.set_params(delt=2.0, delta=3.0)
    assert model.get_params() == made(lossary.huber, engine).get_params()  # nothing is set then
    model.set_params(loss=lossary.quantile, alpha=0.9)  # of the loss that is set beside it
    with pytest.raises(TypeError, match="objective follows from the loss"):
        model.set_params(objective="l1")
    with pytest.raises(TypeError, match="delt"):  # and no NaN as scores
        GridSearchCV(made(lossary.huber, engine), {"delt": [1.0, 2.0]}).fit(X, COUNTS)
    with pytest.raises(ValueError, match="engine is one of"):  # which fit says
        made(lossary.huber, engine).set_params(engine="lightgb", num_leaves=3).fit(X, COUNTS)
    with pytest.raises(TypeError, match="LossRegressor has no option 'delt'; did you mean 'delta'"):
        LossRegressor(lossary.huber).set_params(delt=2.0)


def test_exposures_and_weights_of_classes_go_into_weights():
    with pytest.raises(TypeError, match="no option 'exposure'; divide counts by their exposure"):
        made(lossary.poisson, "lightgbm").fit(X, COUNTS, exposure=COUNTS)
    with pytest.raises(TypeError, match=r"no option 'class_weight'; pass compute_sample_weight\(class_weight, y\)"):
        LossClassifier(lossary.hinge, class_weight="balanced").fit(X, COUNTS > 1)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (lossary.huber, "alpha"),
        (lossary.tweedie, "tweedie_variance_power"),
        (lossary.fair, "fair_c"),
        (lossary.huber, "sigmoid"),
    ],
    ids=lambda x: x if isinstance(x, str) else x.__name__,
)
def test_parameters_of_the_objectives_of_an_engine_say_nothing_to_ours(loss, name):
    own = "|".join(loss.parameters)
    with pytest.raises(
        TypeError, match=f"lightgbm reads {name} in objectives of its own only; .*parameters of the loss are .*({own})"
    ):
        made(loss, **{name: 1.5}).fit(X, COUNTS + 1)


@pointwise
def narrow_wing(prediction, target):
    return lossary.wing(prediction, target, curvature=0.5)


@pointwise
def penalised(prediction, target, *, l1: float = 1.0, engine: float = 2.0):
    return l1 * abs(prediction - target) + engine * (prediction - target) ** 2


def test_a_parameter_of_the_loss_with_a_name_of_the_estimator():
    for make in (
        lambda: made(lossary.wing, curvature=0.5).fit(X, COUNTS),
        lambda: objective(lossary.wing, COUNTS, engine="xgboost", curvature=0.5),
        lambda: hist_gradient_boosting(lossary.wing, curvature=0.5),
    ):
        with pytest.raises(ValueError, match=r"that of wing itself is set in a loss .* lossary.wing\(.*, curvature=0.5\)"):
            make()
    model = made(narrow_wing, curvature="absolute").fit(X, COUNTS)
    assert model.objective_.cost(np.zeros(60), COUNTS) == pytest.approx(
        float(lossary.wing(np.full(60, model.objective_.start), COUNTS, curvature=0.5))
    )
    assert LossRegressor(lossary.wing, curvature=0.5).get_params()["curvature"] == 0.5  # which has no other
    with pytest.raises(TypeError, match="other names than those of LossRegressor; got l1 of penalised; rename"):
        LossRegressor(penalised).fit(X, COUNTS)
    with pytest.raises(TypeError, match="other names than those of Regressor; got engine of penalised; rename"):
        made(penalised).fit(X, COUNTS)


def test_masked_features_are_refused():
    masked = np.ma.masked_array(X, X > 1)
    for model in (made(), LossRegressor()):
        with pytest.raises(TypeError, match=r"features are a plain array; got a masked array; pass X.filled\(numpy.nan\)"):
            model.fit(masked, COUNTS)
        with pytest.raises(TypeError, match="got a masked array"):
            model.fit(X, COUNTS).predict(masked)
        model.predict(np.ma.masked_array(X, False))


@each_engine
def test_missing_numbers_among_objects(engine):
    objects = TABLE.astype(object)
    objects.iloc[3, 1] = None
    nullable = TABLE.astype("Float64")
    nullable.iloc[3, 1] = pd.NA
    plain = TABLE.copy()
    plain.iloc[3, 1] = np.nan
    found = made(engine=engine).fit(plain, COUNTS).predict(plain)
    for table in (objects, nullable, nullable.astype("double[pyarrow]"), pl.from_pandas(plain)):
        np.testing.assert_array_equal(made(engine=engine).fit(table, COUNTS).predict(table), found)
    with pytest.raises(ValueError, match=r"got pandas.NA among Python objects; .* X.astype\('Float64'\)"):
        made(engine=engine).fit(nullable.astype(object), COUNTS)


@each_engine
def test_sparse_features_with_indices_of_64_bits(engine):
    features = np.where(abs(X) < 0.5, 0.0, X)
    plain, long = sparse.csr_matrix(features), sparse.csr_matrix(features)
    long.indices, long.indptr = long.indices.astype(np.int64), long.indptr.astype(np.int64)
    found = made(engine=engine).fit(long, COUNTS, validation=(long, COUNTS)).predict(long)
    np.testing.assert_array_equal(found, made(engine=engine).fit(plain, COUNTS).predict(plain))


@each_engine
def test_features_in_any_layout(engine):
    found = made(engine=engine).fit(X, COUNTS).predict(X)
    frozen, wide = X.copy(), np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)
    frozen.setflags(write=False)
    for features in (frozen, np.asfortranarray(X), wide[::2, ::2], X[::-1][::-1], X.tolist()):
        np.testing.assert_array_equal(made(engine=engine).fit(features, COUNTS).predict(features), found)


@pytest.mark.parametrize(
    ("engine", "names"),
    [
        ("lightgbm", ("eta", "learning_rate")),
        ("lightgbm", ("max_leaves", "num_leaves")),
        ("xgboost", ("gamma", "min_split_loss")),
    ],
)
def test_two_names_of_one_parameter(engine, names):
    with pytest.raises(TypeError, match=f"{names[0]} and {names[1]} are one parameter of {engine}; give one of them"):
        made(engine=engine, **dict.fromkeys(names, 7)).fit(X, COUNTS)
    made(engine=engine, **{names[0]: None, names[1]: 7}).fit(X, COUNTS)


@pytest.mark.parametrize(
    ("engine", "options"),
    [
        ("lightgbm", {"bagging_fraction": 0.5, "bagging_freq": 1}),
        ("xgboost", {"subsample": 0.5}),
        ("catboost", {"bootstrap_type": "Bernoulli", "subsample": 0.5}),
    ],
)
def test_generators_of_random_numbers_are_seeds(engine, options):
    found = {}
    for make in (np.random.RandomState, np.random.default_rng):
        for seed in (0, 0, 1):
            model = made(engine=engine, random_state=make(seed), **options).fit(X, COUNTS)
            found.setdefault((make, seed), []).append(model.predict(X))
        first, second = found[make, 0]
        np.testing.assert_array_equal(first, second)
        assert (found[make, 1][0] != first).any()


def test_renewed_leaves_at_the_usual_rate():
    found = made(leaves="renew", learning_rate=None).fit(X, COUNTS).predict(X)
    np.testing.assert_array_equal(found, made(leaves="renew").fit(X, COUNTS).predict(X))


@pytest.mark.parametrize("engine", ["lightgbm", "xgboost"])
def test_targets_of_a_native_objective(engine):
    for target, message in (
        ([], r"one number a sample; got an array of shape \(0,\)"),
        (np.c_[COUNTS, COUNTS], r"one number a sample; got an array of shape \(60, 2\)"),
        (3.0, r"got an array of shape \(\)"),
        (np.r_[COUNTS, np.inf], "takes finite targets; got inf at index 60"),
    ):
        with pytest.raises(ValueError, match=message):
            objective(lossary.huber, target, engine=engine)
    expected = objective(lossary.huber, COUNTS, engine=engine).start
    assert objective(lossary.huber, COUNTS[:, None], engine=engine).start == expected


@pytest.mark.parametrize(
    ("engine", "parameters", "message"),
    [
        ("catboost", {"target_border": 0.5}, "target_border follows from the loss; got 0.5"),  # would make two classes
        ("catboost", {"classes_count": 3}, "classes_count follows from the loss"),
        ("catboost", {"eval_fraction": 0.2}, "does not pass eval_fraction on to catboost; pass validation="),
        ("lightgbm", {"early_stopping_min_delta": 0.1}, "training stops by early_stopping_rounds="),
        ("xgboost", {"num_target": 3}, "num_target follows from the loss"),
        ("xgboost", {"num_feature": 3}, "num_feature is no parameter of the loss nor of xgboost"),
        ("xgboost", {"learner": 3}, "learner is no parameter of the loss nor of xgboost"),  # a part of its configuration
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
def test_parameters_that_would_change_data_or_be_passed_over(engine, parameters, message):
    with pytest.raises(TypeError, match=message):
        made(engine=engine, **parameters).fit(X, COUNTS)


def test_warnings_of_xgboost_are_seen():
    xgboost = pytest.importorskip("xgboost")
    with xgboost.config_context(verbosity=1):  # its own default
        with pytest.warns(UserWarning, match=r'Parameters: \{ "max_depth" \} are not used'):
            made(engine="xgboost", booster="gblinear", max_depth=3).fit(X, COUNTS)
        assert xgboost.get_config()["verbosity"] == 1  # which a parameter sets for all models


VARIANTS = {
    "lightgbm": ({}, {"linear_tree": True}, {"data_sample_strategy": "goss"}, {"extra_trees": True}, {"leaves": "renew"}),
    "xgboost": (
        {},
        {"num_parallel_tree": 3, "subsample": 0.5},
        {"tree_method": "exact"},
        {"multi_strategy": "multi_output_tree"},
    ),
    "catboost": (
        {},
        {"boosting_type": "Ordered"},
        {"grow_policy": "Lossguide"},
        {"model_shrink_rate": 0.1},
        {"langevin": True},
    ),
}


@each_engine
def test_the_best_round_predicts_at_the_cost_that_was_watched(engine):
    rng = np.random.default_rng(1)
    features = rng.normal(size=(300, 3))
    target = features[:, 0] + rng.normal(size=300)
    weight = rng.uniform(0.2, 2.0, size=150)
    for parameters in VARIANTS[engine]:
        model = made(lossary.log_cosh, engine, n_estimators=60, early_stopping_rounds=8, **parameters)
        model.fit(features[:150], target[:150], validation=(features[150:], target[150:], weight))
        found = lossary.log_cosh(model.predict(features[150:]), target[150:], weight=weight)
        assert found == pytest.approx(min(model.validation_costs_), rel=1e-5)


@pytest.mark.parametrize(("engine", "name"), [("lightgbm", "boosting"), ("xgboost", "booster")])
def test_dart_has_no_round_to_go_back_to(engine, name):
    with pytest.raises(ValueError, match="goes back to a round, and dart changes the trees of earlier ones"):
        made(engine=engine, early_stopping_rounds=3, **{name: "dart"}).fit(X, COUNTS, validation=(X, COUNTS))
    made(engine=engine, **{name: "dart"}).fit(X, COUNTS, validation=(X, COUNTS))
