"""Slopes and curvatures of many samples: kernels give what NumPy gives, of any dtype and with weights."""

import pickle

import numpy as np
import pytest

import lossary
from lossary.trainers.boosting import objective
from lossary.trainers.scores import evaluate
from lossary.trainers.scores.curvature import choose
from lossary.trainers.scores.scores import Scores
from lossary.trainers.sklearn import LossRegressor
from tests.trainers.cases import TRAINED, data


def derivatives(monkeypatch, smallest, own, raw, target, weight):
    monkeypatch.setattr(evaluate, "SMALLEST", smallest)
    return own.derivatives(raw, target, weight)


@pytest.mark.parametrize("loss", TRAINED, ids=lambda loss: loss.__name__)
def test_kernels_compute_what_numpy_does(loss, monkeypatch):
    _, target = data(loss, 60)
    own, rng = objective(loss, target, engine="lightgbm"), np.random.default_rng(0)
    raw = rng.normal(size=(60, *np.shape(own.start)))
    weight = rng.uniform(0, 2, 60)
    for scores, labels, weights in (
        (np.asfortranarray(raw), target, None),
        (raw.astype(np.float32), target.astype(np.float32), weight.astype(np.float32)),
    ):
        by_kernel, by_numpy = (derivatives(monkeypatch, n, own, scores, labels, weights) for n in (1, 10**9))
        for found, expected in zip(by_kernel, by_numpy, strict=True):
            assert found.shape == raw.shape
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("loss", [loss for loss in TRAINED if loss.kind == "softmax"], ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("count", [3, 14])
def test_derivatives_of_classes_are_those_of_the_loss(loss, count):
    rng = np.random.default_rng(1)
    target, raw = rng.integers(0, count, 50), rng.normal(size=(50, count))
    slope, curvature = choose(Scores(loss, {}), "exact").pair(raw, target.astype(np.float32), None)
    h = 1e-4
    for j in range(count):
        step = h * (np.arange(count) == j)
        low, middle, high = (loss(raw + k * step, target, reduction="none") for k in (-1, 0, 1))
        np.testing.assert_allclose(slope[:, j], (high - low) / 2 / h, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            curvature[:, j], np.maximum(abs(high - 2 * middle + low) / h**2, 1e-12), rtol=1e-3, atol=1e-5
        )


@pytest.mark.compiled
def test_machine_code_computes_the_same(monkeypatch):
    rng = np.random.default_rng(2)
    target = rng.normal(size=5000)
    own = objective(lossary.huber, target, engine="xgboost")
    raw, weight = rng.normal(size=5000).astype(np.float32), rng.uniform(0, 2, 5000)
    by_kernel, by_numpy = (derivatives(monkeypatch, n, own, raw, target, weight) for n in (1, 10**9))
    np.testing.assert_allclose(by_kernel, by_numpy, rtol=1e-5, atol=1e-7)


@pytest.mark.compiled
def test_models_that_loaded_a_kernel_are_pickled():
    features = np.random.default_rng(3).normal(size=(5000, 2))
    model = LossRegressor(lossary.huber).fit(features, features[:, 0])
    assert model.scores_._slope._kernels
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(features), model.predict(features))
