"""Percentage and logarithmic errors at 0 and near their targets, and beside scikit-learn."""

import math

import numpy as np
import pytest
import sklearn.metrics

import lossary
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


def test_targets_of_0_are_left_out_by_a_mask():
    p, t = np.array([1.1, 5.0, 3.0]), np.array([1.0, 0.0, 2.0])
    assert lossary.mape(p, t, where=t != 0) == pytest.approx((0.1 + 0.5) / 2)


@pytest.mark.parametrize("values", [([-1.0], [0.0]), ([0.0], [-1.5])])
def test_logarithms_need_numbers_above_minus_one(values):
    with pytest.raises(ValueError, match=r"\(-1, ∞\)"):
        lossary.squared_log_error(*values)
