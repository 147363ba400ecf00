"""Percentage and logarithmic errors at 0 and near their targets, and beside scikit-learn."""

import math
import pickle

import numpy as np
import pytest
import sklearn.metrics

import lossary
from lossary import report
from tests.oracle import as_library, to_numpy

INF = math.inf
rng = np.random.default_rng(12)
P, T = rng.uniform(0.5, 9, (2, 200))

CASES = [
    ("absolute_percentage_error", {}, 1.0, 0.0, INF, INF),
    ("absolute_percentage_error", {}, -1.0, 0.0, INF, -INF),
    ("absolute_percentage_error", {}, 0.0, 0.0, 0.0, 0.0),
    ("absolute_percentage_error", {"floor": 2.0}, 1.0, 0.0, 0.5, 0.5),
    ("absolute_percentage_error", {"floor": 2.0}, 1.0, -4.0, 1.25, 0.25),
    ("symmetric_percentage_error", {}, 0.0, 0.0, 0.0, 0.0),
    ("symmetric_percentage_error", {}, 3.0, 0.0, 2.0, 0.0),
    ("symmetric_percentage_error", {}, 3.0, -1.0, 2.0, 0.0),
    ("symmetric_percentage_error", {}, 3.0, 1.0, 1.0, 0.25),
    ("squared_log_error", {}, 0.0, 0.0, 0.0, 0.0),
    ("squared_log_error", {}, 1e-9, 0.0, 1e-18, 2e-9),
    ("squared_log_error", {}, 0.0, 1e12, math.log1p(1e12) ** 2, -2 * math.log1p(1e12)),
]


@pytest.mark.parametrize(("name", "options", "prediction", "target", "value", "slope"), CASES)
def test_edges(name, options, prediction, target, value, slope, library):
    loss = getattr(lossary, name)
    inputs = as_library(library, np.array([prediction, 1.5])), as_library(library, np.array([target, 1.0]))
    got, found = loss.value_and_gradient(*inputs, reduction="none", **options)
    np.testing.assert_allclose(to_numpy(got)[0], value, rtol=3e-9 if value == 1e-18 else 1e-15)
    np.testing.assert_allclose(to_numpy(found)[0], slope, rtol=3e-9 if value == 1e-18 else 1e-15)


@pytest.mark.parametrize(
    ("name", "computed"),
    [
        ("mape", sklearn.metrics.mean_absolute_percentage_error),
        ("msle", sklearn.metrics.mean_squared_log_error),
    ],
)
def test_scikit_learn_agrees(name, computed):
    assert getattr(lossary, name)(P, T) == pytest.approx(computed(T, P), rel=1e-13)


def test_curvature_of_the_log_error_is_right_where_prediction_and_target_are_equal():
    assert lossary.squared_log_error.curvature([3.0], [3.0]).tolist() == [2 / 16]


WITH_ZERO = np.array([1.1, 5.0, 3.0, 0.5]), np.array([1.0, 0.0, 2.0, 1.0])
OF_OTHERS = [0.1, 0.5, 0.5]


def test_targets_of_0_are_skipped(library):
    p, t = (as_library(library, x) for x in WITH_ZERO)
    value, slope = lossary.mape.value_and_gradient(p, t, zero="skip")
    assert to_numpy(value) == pytest.approx(np.mean(OF_OTHERS))
    np.testing.assert_allclose(to_numpy(slope), np.array([1, 0, 0.5, -1]) / 3, rtol=1e-15)
    assert to_numpy(lossary.mape(p, t, zero="skip", reduction="batchmean")) == pytest.approx(np.mean(OF_OTHERS))
    where = as_library(library, np.array([True, True, False, True]))
    assert to_numpy(lossary.mape(p, t, zero="skip", where=where)) == pytest.approx(0.3)
    total = lossary.mape.total(p, t, zero="skip")
    assert (total.count, total.mean) == (3, pytest.approx(np.mean(OF_OTHERS)))


def test_targets_of_0_raise():
    with pytest.raises(ValueError, match=r"the target is not 0; got 0\.0 at index 1; leave such samples out"):
        lossary.mape(*WITH_ZERO, zero="raise")
    table = dict(zip("pt", WITH_ZERO, strict=True))
    options = {"loss": "mape", "prediction": "p", "target": "t"}
    found = report.score(table, **options, parameters={"zero": "raise"}, skip_invalid=True)
    assert found.mean == pytest.approx(np.mean(OF_OTHERS))
    with pytest.raises(report.UsageError, match="a report counts every row"):
        report.score(table, **options, parameters={"zero": "skip"})


def test_what_leaves_samples_out_is_no_term_and_has_no_axes():
    skipping, _ = lossary.mape.choose({"zero": "skip"})
    both = lossary.mape + lossary.squared_error
    assert both(*WITH_ZERO, zero="inf") == math.inf
    with pytest.raises(TypeError, match="the same samples"):
        both(*WITH_ZERO, zero="skip")
    with pytest.raises(TypeError, match="leave out axis="):
        lossary.mape(*(x[None] for x in WITH_ZERO), zero="skip", axis=-1)
    with pytest.raises(TypeError, match="a formula of one sample cannot"):

        @lossary.pointwise
        def own(prediction, target):
            return lossary.mape(prediction, target, zero="skip")

    assert skipping.leaves_out is not None


# ---- losses over a scale

SCALE = np.array([1.0, 2.0, 0.5, 4.0])


@pytest.mark.parametrize("bound", [True, False])
def test_losses_are_divided_by_a_scale(bound, library):
    p, t, scale = (as_library(library, x) for x in (*WITH_ZERO, SCALE))
    loss, options = (
        (lossary.scaled(lossary.absolute_error, by=scale), {}) if bound else (lossary.scaled(lossary.mae), {"by": scale})
    )
    expected = np.abs(WITH_ZERO[0] - WITH_ZERO[1]) / SCALE
    value, slope = loss.value_and_gradient(p, t, reduction="none", **options)
    np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-15)
    np.testing.assert_allclose(to_numpy(slope), np.sign(WITH_ZERO[0] - WITH_ZERO[1]) / SCALE, rtol=1e-15)
    assert loss.total(p, t, **options).mean == pytest.approx(expected.mean())
    assert not loss.problems(p, t, **options)


def test_a_scale_may_be_one_number_and_losses_keep_their_options():
    loss = lossary.scaled(lossary.poisson, by=4.0)
    p, t = np.array([0.5, 1.0]), np.array([1.0, 3.0])
    assert loss(p, t, constant="likelihood") == lossary.poisson(p, t, constant="likelihood") / 4
    assert loss(p, t, given="mean", by=2.0) == lossary.poisson(p, t, given="mean") / 2
    assert pickle.loads(pickle.dumps(loss))(p, t) == loss(p, t)
    assert (loss + lossary.squared_error)(p, t) == pytest.approx(loss(p, t) + lossary.squared_error(np.exp(p) * 0 + p, t))
    assert lossary.scaled(lossary.dice, by=2.0)([[1.0, 0.5]], [[1.0, 0.0]]) == lossary.dice([[1.0, 0.5]], [[1.0, 0.0]]) / 2
    found = report.score({"p": p, "t": t}, loss=lossary.scaled(lossary.mse, by=2.0), prediction="p", target="t")
    assert found.mean == pytest.approx(np.mean((p - t) ** 2) / 2)
    assert lossary.scaled(lossary.mse, by=2.0).best_constant(t) == pytest.approx(2.0)


def test_scales_are_positive_and_arrays_stand_in_calls():
    for loss, options in ((lossary.scaled(lossary.mae), {"by": 0.0}), (lossary.scaled(lossary.mae, by=np.zeros(2)), {})):
        with pytest.raises(ValueError, match="by"):
            loss([1.0, 2.0], [1.0, 1.0], **options)
    with pytest.raises(TypeError, match="divide its cost instead"):
        lossary.scaled(lossary.cross_entropy)
    with pytest.raises(TypeError, match="pass by= in the call"):
        lossary.scaled(lossary.mae, by=SCALE) + lossary.mse


def test_naive_scales_are_mean_changes(library):
    history = rng.normal(size=(3, 20))
    for season, exponent in ((1, 1), (7, 2)):
        expected = [np.mean([abs(row[i] - row[i - season]) ** exponent for i in range(season, 20)]) for row in history]
        found = lossary.naive_scale(as_library(library, history), season, exponent=exponent)
        np.testing.assert_allclose(to_numpy(found), expected, rtol=1e-13)
    assert lossary.naive_scale([1.0, 3.0]) == 2.0
    assert lossary.naive_scale([1, 3, 4]) == 1.5


@pytest.mark.parametrize("arguments", [([1.0], 1), ([1.0, 2.0], 0), ([1.0, 2.0], 2), ([1.0, 2.0], 1.5), (1.0, 1)])
def test_a_history_is_longer_than_a_season(arguments):
    with pytest.raises(ValueError, match="naive_scale: "):
        lossary.naive_scale(*arguments)


@pytest.mark.parametrize("values", [([-1.0], [0.0]), ([0.0], [-1.5])])
def test_logarithms_need_numbers_above_minus_one(values):
    with pytest.raises(ValueError, match=r"\(-1, ∞\)"):
        lossary.squared_log_error(*values)
