"""Descent and landscapes against closed forms, SciPy and hand-written loops."""

import numpy as np
import pytest
from scipy import optimize

import lossary

rng = np.random.default_rng(11)
X = rng.normal(0, 1, (60, 2))
Y = 1 + X @ [2, -1] + rng.normal(0, 0.3, 60)
EVENT = (rng.uniform(size=60) < 1 / (1 + np.exp(-(X @ [1.5, -1])))).astype(float)


def test_squared_error_ends_at_least_squares():
    found = lossary.descent(lossary.squared_error, X, Y, rate=0.3, steps=500, names=["a", "b"])
    truth = np.linalg.lstsq(np.column_stack([np.ones(60), X]), Y, rcond=None)[0]
    np.testing.assert_allclose(found.path[-1], truth, rtol=1e-10)
    assert found.names == ("intercept", "a", "b")
    assert not found.diverged
    assert (np.diff(found.costs) <= 1e-15).all()
    np.testing.assert_allclose(found.cost, np.mean((np.column_stack([np.ones(60), X]) @ truth - Y) ** 2))


@pytest.mark.parametrize("loss", [lossary.binary_cross_entropy, lossary.brier_binary])
def test_a_logistic_model_ends_where_scipy_ends(loss):
    def cost(w):
        p = 1 / (1 + np.exp(-(w[0] + X @ w[1:])))
        return np.mean((p - EVENT) ** 2 if loss is lossary.brier_binary else -np.where(EVENT == 1, np.log(p), np.log(1 - p)))

    truth = optimize.minimize(cost, np.zeros(3), tol=1e-12).x
    found = lossary.descent(loss, X, EVENT, model="logistic", rate=2.0, steps=3000, momentum=0.9)
    np.testing.assert_allclose(found.path[-1], truth, atol=1e-5)
    np.testing.assert_allclose(found.cost, cost(truth), rtol=1e-9)


def test_each_step_is_what_is_stated():
    found = lossary.descent(
        lossary.huber, X, Y, delta=0.5, steps=7, rate=0.2, momentum=0.5, schedule=lambda step: 1 / (1 + step), start=[1, 0, 3]
    )
    design, w, v = np.column_stack([np.ones(60), X]), np.array([1.0, 0.0, 3.0]), np.zeros(3)
    for step in range(7):
        gradient = design.T @ np.clip(design @ w - Y, -0.5, 0.5) / 60
        np.testing.assert_allclose(found.slopes[step], np.linalg.norm(gradient))
        v = 0.5 * v - 0.2 / (1 + step) * gradient
        w = w + v
        np.testing.assert_allclose(found.path[step + 1], w)


def test_schedules_batches_and_seeds():
    for schedule, rates in {
        "fixed": np.full(8, 0.1),
        "decaying": 0.1 / np.sqrt(1 + np.arange(8)),
        "step": 0.1 * 0.5 ** np.repeat([0, 1, 2, 3], 2),
    }.items():
        found = lossary.descent(lossary.absolute_error, X, Y, steps=8, schedule=schedule)
        np.testing.assert_allclose(found.rates, rates)
    first, again, other = (
        lossary.descent(lossary.squared_error, X, Y, steps=30, batch=5, seed=seed).path for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()
    whole = lossary.descent(lossary.squared_error, X, Y, steps=30, batch=60).path
    np.testing.assert_allclose(whole, lossary.descent(lossary.squared_error, X, Y, steps=30).path)


def test_weights_count_as_repeated_rows():
    weight = rng.integers(1, 4, 60)
    weighted = lossary.descent(lossary.squared_error, X, Y, weight=weight, steps=20)
    repeated = lossary.descent(lossary.squared_error, np.repeat(X, weight, 0), np.repeat(Y, weight), steps=20)
    np.testing.assert_allclose(weighted.path, repeated.path)


def test_a_rate_too_large_diverges_and_says_so():
    found = lossary.descent(lossary.squared_error, X, Y, rate=1e3, steps=500)
    assert found.diverged
    assert len(found.path) < 500
    assert len(found.slopes) == len(found.costs) == len(found.path) == len(found.rates) + 1


def test_a_landscape_is_the_cost_at_each_point_and_a_chord_proves():
    x, y = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0.0, 1.0, 0.0, 1.0])
    found = lossary.landscape(lossary.squared_error, x, y, model="logistic", points=21, span=((-4, 4), (-6, 6)))
    assert not found.is_convex

    def cost(a, b):
        return np.mean((1 / (1 + np.exp(-(a + b * x))) - y) ** 2)

    for i, a in enumerate(found.first):
        np.testing.assert_allclose(found.costs[i], [cost(a, b) for b in found.second], rtol=1e-12)
    chord = found.worst_chord
    assert chord.excess == pytest.approx(cost(*chord.middle) - (cost(*chord.ends[0]) + cost(*chord.ends[1])) / 2)
    np.testing.assert_allclose(np.mean(chord.ends, 0), chord.middle)
    # by brute force over all pairs
    size, worst = 21, 0
    for i in range(size):
        for j in range(size):
            for k in range(i % 2, size, 2):
                for m in range(j % 2, size, 2):
                    middle = found.costs[(i + k) // 2, (j + m) // 2]
                    worst = max(worst, middle - (found.costs[i, j] + found.costs[k, m]) / 2)
    assert chord.excess == pytest.approx(worst, rel=1e-12)
    step = 1e-4
    for i, j in ((3, 5), (10, 10), (18, 2)):
        a, b = found.first[i], found.second[j]
        aa = (cost(a + step, b) - 2 * cost(a, b) + cost(a - step, b)) / step**2
        bb = (cost(a, b + step) - 2 * cost(a, b) + cost(a, b - step)) / step**2
        ab = cost(a + step, b + step) - cost(a + step, b - step) - cost(a - step, b + step) + cost(a - step, b - step)
        hessian = np.array([[aa, ab / (4 * step**2)], [ab / (4 * step**2), bb]])
        assert found.least_eigenvalues[i, j] == pytest.approx(np.linalg.eigvalsh(hessian)[0], abs=1e-5)
    assert found.lowest == (found.first[np.unravel_index(found.costs.argmin(), (21, 21))[0]], found.lowest[1])
    assert lossary.landscape(lossary.binary_cross_entropy, x, y, points=21).is_convex
    assert lossary.landscape(lossary.absolute_error, x, y, points=21).is_convex


def test_pictures_are_drawn():
    small = lossary.descent(lossary.squared_error, X[:, 0], Y, steps=20)
    assert len(small.plot().axes) == 2
    assert len(lossary.descent(lossary.squared_error, X, Y, steps=20).plot().axes) == 1
    bent = lossary.landscape(lossary.squared_error, X[:, 0], EVENT, model="logistic", points=15)
    assert len(bent.plot().axes) == 2
    assert "not convex: at" in repr(bent)
    flat = lossary.landscape(lossary.huber, X[:, 0], Y, points=15)
    assert len(flat.plot().axes) == 1
    assert "no chord of the grid lies below" in repr(flat)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"loss": "huber"}, "it takes a loss, such as lossary.huber; got str"),
        ({"loss": lossary.cross_entropy}, "cross_entropy is a softmax loss of prediction, target"),
        ({"model": "logit"}, "did you mean 'logistic'"),
        ({"schedule": "fix"}, "schedule"),
        ({"steps": 1.5}, "steps is a whole number"),
        ({"rate": 0}, "rate is above 0"),
        ({"momentum": 1}, "momentum lies in"),
        ({"batch": 61}, "at most as many rows as there are, 60"),
        ({"start": [1, 2]}, "start has a number for each of intercept, w1, w2"),
        ({"target": Y[:5]}, "got shapes (60, 2) and (5,)"),
        ({"names": ["a"]}, "one name a feature"),
        ({"features": X * np.nan}, "features are finite numbers"),
        ({"delta": 2}, "delta"),
    ],
)
def test_what_does_not_fit_raises(change, sentence):
    call = {"loss": lossary.squared_error, "features": X, "target": Y, **change}
    with pytest.raises((TypeError, ValueError)) as error:
        lossary.descent(call.pop("loss"), call.pop("features"), call.pop("target"), **call)
    assert sentence in str(error.value)
