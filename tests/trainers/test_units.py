"""Boosting gives the same model whatever the unit and the origin of the target, as far as float32 goes."""

import pickle

import numpy as np
import pytest

import lossary
from lossary.trainers.boosting import objective
from lossary.trainers.scores.scores import Scores, refusal
from tests.trainers.test_objective import train

lightgbm = pytest.importorskip("lightgbm", reason="the extra boosting")
xgboost = pytest.importorskip("xgboost", reason="the extra boosting")

from lossary.trainers.boosting import Regressor  # noqa: E402

IN_UNIT = {
    "epsilon_insensitive": "epsilon",
    "squared_epsilon_insensitive": "epsilon",
    "charbonnier": "epsilon",
    **dict.fromkeys(("huber", "huber_quantile", "pseudo_huber"), "delta"),
    "smooth_l1": "beta",
    **dict.fromkeys(("cauchy", "geman_mcclure", "general_robust", "welsch"), "scale"),
    **dict.fromkeys(("fair", "tukey"), "c"),
}
"""Parameters in the unit of the target."""
IN_SHARES = ("absolute_percentage_error", "symmetric_percentage_error")
NOT_EQUIVARIANT = {
    "log_cosh": "has a unit of its own",
    "wing": "a parameter of it has the name of one of the estimator's, curvature",
    "beta_gaussian": "weighs the logarithm of the variance by a power of the variance",
}
LOSSES = [
    name
    for name, loss in lossary.losses.registry.items()
    if refusal(loss, several=True) is None and Scores(loss, {}, several=True).has_unit and name not in NOT_EQUIVARIANT
]
USUAL = {
    "lightgbm": {"num_threads": 1, "min_data_in_leaf": 5, "num_leaves": 6, "learning_rate": 0.5},
    "xgboost": {"nthread": 1, "max_depth": 3},
    "catboost": {"thread_count": 1, "depth": 3, "learning_rate": 0.5},
}
ENGINES = [
    (engine, name)
    for engine in USUAL
    for name in LOSSES
    if engine != "catboost"
    or name in ("squared_error", "quantile", "huber", "fair", "epsilon_insensitive", "gaussian", *IN_SHARES)
]


def made(samples=101):
    """Return features and targets of which sums with 10⁸ are exact."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(samples, 3))
    target = features[:, 0] + np.sin(2 * features[:, 1]) + 0.5 * rng.standard_t(3, size=samples)
    return features, np.round(target * 2**20) / 2**20


def predicted(engine, name, unit, origin, weight=None, validation=False, **options):
    """Return predictions of a model of targets in a unit from an origin on, as those of the unit 1 from 0 on."""
    features, target = made()
    own = {IN_UNIT[name]: unit * lossary.losses.registry[name].parameters[IN_UNIT[name]]} if name in IN_UNIT else {}
    model = Regressor(lossary.losses.registry[name], engine=engine, n_estimators=4, **USUAL[engine], **own, **options)
    given = unit * target + origin
    model.fit(features, given, weight, validation=(features, given) if validation else None)
    found = pickle.loads(pickle.dumps(model)).predict(features)
    location = found[0] if isinstance(found, tuple) else found
    return (location - origin) / unit, model


@pytest.mark.parametrize(("engine", "name"), ENGINES)
def test_models_do_not_depend_on_unit_and_origin(engine, name):
    pytest.importorskip(engine)
    expected, _ = predicted(engine, name, 1.0, 0.0)
    assert np.ptp(expected) > 0.1
    for unit, origin in ((2.0**-33, 0.0), (2.0**100, 0.0), (1.0, 1e8), (2.0**-33, 2.0**-33 * 1e8)):
        if origin == 0 or name not in IN_SHARES:
            found, _ = predicted(engine, name, unit, origin)
            np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("engine", USUAL)
def test_rows_without_slope_count_the_same_in_all_units(engine):
    """Such as those of another sign than the prediction, which is most of them here."""
    pytest.importorskip(engine)
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 3))
    target = 10 * features[:, 0] + 5 * rng.standard_t(2, size=400)
    options = {"engine": engine, **USUAL[engine], "n_estimators": 30}
    found = [
        Regressor(lossary.symmetric_percentage_error, **options).fit(features, unit * target).predict(features) / unit
        for unit in (1.0, 2.0**-3, 2.0**10, 2.0**20)
    ]
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-12)


@pytest.mark.parametrize("name", ["huber", "interval_score", "gaussian"])
def test_models_do_not_depend_on_units_at_the_ends(name):
    expected, _ = predicted("xgboost", name, 1.0, 0.0)
    for unit in (2.0**-500, 2.0**13, 2.0**14, 2.0**15, 2.0**19, 2.0**500):  # scores have units of their own from 2¹⁴ on
        np.testing.assert_allclose(predicted("xgboost", name, unit, 0.0)[0], expected, atol=1e-5)


@pytest.mark.parametrize("name", ["squared_error", "absolute_error", "huber", "gaussian"])
@pytest.mark.parametrize("engine", USUAL)
def test_costs_of_validation_data_do_not_depend_on_unit_and_origin(engine, name):
    pytest.importorskip(engine)
    weight = np.random.default_rng(1).choice([0.5, 1.0, 2.0], 101)
    found = [predicted(engine, name, *at, weight, validation=True) for at in ((1.0, 0.0), (2.0**-33, 1e-2), (1.0, 1e8))]
    for scores, model in found[1:]:
        np.testing.assert_allclose(scores, found[0][0], atol=1e-5)
        assert model.model_.theirs == found[0][1].model_.theirs
    costs = [np.array(model.validation_costs_) for _, model in found]
    power = {"squared_error": 2, "huber": 2, "absolute_error": 1, "gaussian": 0}[name]
    added = -33 * np.log(2) if name == "gaussian" else 0.0  # a density has the unit 1 / target
    np.testing.assert_allclose(costs[1], costs[0] / 2.0 ** (33 * power) + added, rtol=1e-5)
    np.testing.assert_allclose(costs[2], costs[0], rtol=1e-5)


@pytest.mark.parametrize("name", ["squared_error", "quantile", "huber"])
def test_renewed_leaves_do_not_depend_on_unit_and_origin(name):
    expected, _ = predicted("lightgbm", name, 1.0, 0.0, leaves="renew")
    for at in ((2.0**-33, 0.0), (2.0**100, 0.0), (1.0, 1e8)):
        np.testing.assert_allclose(predicted("lightgbm", name, *at, leaves="renew")[0], expected, atol=1e-5)


@pytest.mark.parametrize("name", ["huber", "quantile", "gaussian"])
@pytest.mark.parametrize("engine", ["lightgbm", "xgboost"])
def test_native_objectives_do_not_depend_on_the_unit(engine, name):
    features, target = made()
    found = []
    for unit in (1.0, 2.0**-33, 2.0**100):
        own = objective(getattr(lossary, name), unit * target, engine=engine, **({"delta": unit} if name == "huber" else {}))
        own = pickle.loads(pickle.dumps(own))
        assert ("unit of scores: " in own.describe()) == (unit != 1)
        raw, costs = train(own, features, unit * target, rounds=5)
        location = own.prediction(raw)
        found.append((location[0] if name == "gaussian" else location) / unit)
        assert own.cost(raw, unit * target) == pytest.approx(costs[-1], rel=1e-5, abs=1e-6)  # XGBoost writes six decimals
    np.testing.assert_allclose(found[1:], [found[0]] * 2, atol=1e-5)


@pytest.mark.parametrize(
    ("engine", "penalties"),
    [
        ("lightgbm", {"lambda_l1": 1, "min_gain_to_split": 2, "max_delta_step": 1}),
        ("xgboost", {"alpha": 1, "gamma": 2, "max_delta_step": 1}),
    ],
)
def test_penalties_are_in_the_unit_of_the_target(engine, penalties):
    found = []
    for unit in (1.0, 2.0**-33, 2.0**100):
        given = {name: 0.7 * unit**power for name, power in penalties.items()}
        found.append(predicted(engine, "fair", unit, 0.0, **given)[0])
    np.testing.assert_allclose(found[1:], [found[0]] * 2, atol=1e-5)
    assert np.abs(found[0] - predicted(engine, "fair", 1.0, 0.0)[0]).max() > 0.01
    with pytest.raises(ValueError, match=f"{next(iter(penalties))} limits scores of mean and variance alike"):
        predicted(engine, "gaussian", 2.0**-33, 0.0, **penalties)


@pytest.mark.parametrize("name", ["gamma", "poisson", "tweedie", "negative_binomial", "lognormal"])
@pytest.mark.parametrize("engine", USUAL)
def test_losses_of_a_logarithm_learn_from_targets_of_any_size(engine, name):
    pytest.importorskip(engine)
    features, _ = made()
    logarithm = features[:, 0] + np.sin(2 * features[:, 1])
    for size in (1e-30, 1e-12, 1e12):
        model = Regressor(getattr(lossary, name), engine=engine, n_estimators=10, **USUAL[engine])
        found = model.fit(features, size * np.exp(logarithm)).predict(features)
        found = found.location if name == "lognormal" else np.log(found)
        assert np.corrcoef(found, logarithm)[0, 1] > 0.8
        assert np.std(found - np.log(size) - logarithm) < 0.8


@pytest.mark.parametrize("name", ["poisson", "tweedie"])
@pytest.mark.parametrize("engine", ["lightgbm", "xgboost"])
def test_targets_that_count_less_than_one_together_are_trained_alike(engine, name):
    features, target = made()
    found = []
    for size in (2.0**-40, 2.0**-80):
        model = Regressor(getattr(lossary, name), engine=engine, n_estimators=4, **USUAL[engine])
        found.append(model.fit(features, size * np.exp(target)).predict(features) / size)
        assert model.model_.theirs is None
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_labels_that_float32_does_not_tell_apart_are_refused():
    features, target = made()
    with pytest.raises(
        ValueError, match=r"float32.* got targets around 1e\+08 that differ from it by 0.7.*; subtract a constant"
    ):
        objective(lossary.huber, target + 1e8, engine="lightgbm")
    objective(lossary.huber, target + 1e4, engine="lightgbm")
    objective(lossary.squared_error, np.full(9, 1e8 + 1), engine="xgboost")
    model = Regressor(lossary.gamma, n_estimators=20, **USUAL["lightgbm"]).fit(features, target + 1e6)
    assert model.model_.theirs is None  # which would get labels
    assert np.corrcoef(model.predict(features), target)[0, 1] > 0.8


def test_catboost_has_no_targets_but_labels():
    pytest.importorskip("catboost")
    features, target = made()
    with pytest.raises(ValueError, match="float32"):
        Regressor(lossary.gamma, engine="catboost", n_estimators=1).fit(features, target + 1e8)


def test_single_targets_do_not_set_the_unit():
    _, target = made()
    assert objective(lossary.huber, np.append(target, [1e30, -1e25]), engine="xgboost").unit.size == 1.0
    assert objective(lossary.huber, np.append(target, np.zeros(200)), engine="xgboost").unit.size == 1.0
    weight = np.append(np.ones(101), np.zeros(500))
    far = np.append(target, np.full(500, 1e30))
    assert objective(lossary.huber, far, weight, engine="xgboost").unit.size == 1.0
