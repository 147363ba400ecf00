"""Each loss, its gradient and its curvature against 400-digit arithmetic, on every library, at random and extreme inputs."""

import functools
import itertools

import numpy as np
import pytest

import lossary
from lossary.formula.expression import symbol
from tests import oracle

rng = np.random.default_rng(20)
REALS = [(p, t) for p in oracle.REAL_EXTREMES for t in (0.0, 1.0, -3.5)] + [tuple(x) for x in rng.normal(0, 3, (300, 2))]
LOGITS = [(z, t) for z in oracle.REAL_EXTREMES for t in (0.0, 1.0)] + [
    (z, t) for z in rng.normal(0, 8, 200) for t in (0.0, 1.0)
]
PROBABILITIES = [(p, t) for p in (0.0, 1.0, 0.5, 5e-324, 1e-300, 1e-17, 1 - 1e-16) for t in (0.0, 1.0)]
PROBABILITIES += [(p, t) for p in rng.uniform(size=200) for t in (0.0, 1.0)]
LOG_PROBABILITIES = [(q, t) for q in (0.0, -5e-324, -1e-300, -1e-17, -0.5, -0.6931, -0.7, -40.0, -800.0) for t in (0.0, 1.0)]
LOG_PROBABILITIES += [(-q, t) for q in rng.exponential(size=200) for t in (0.0, 1.0)]

CASES = {
    "squared_error": (lossary.squared_error, oracle.squared_error, REALS, {}),
    "absolute_error": (lossary.absolute_error, oracle.absolute_error, REALS, {}),
    "huber": (lossary.huber, oracle.huber, REALS, {}),
    "huber, delta 0.3": (lossary.huber, lambda p, t: oracle.huber(p, t, 0.3), REALS, {"delta": 0.3}),
    "bce, logits": (lossary.binary_cross_entropy, oracle.bce_logits, LOGITS, {}),
    "bce, probabilities": (
        lossary.binary_cross_entropy,
        oracle.bce_probabilities,
        PROBABILITIES,
        {"given": "probabilities"},
    ),
    "bce, log_probabilities": (
        lossary.binary_cross_entropy,
        oracle.bce_log_probabilities,
        LOG_PROBABILITIES,
        {"given": "log_probabilities"},
    ),
}
# JAX's compiler flushes subnormal numbers to zero, and its float64 log1p is 126 ulp off near -0.414
NORMAL = 2.3e-308
BOUND = {"numpy": 4, "torch": 4, "jax": 128}


def is_of_the_residual(loss):
    """Whether prediction and target come into a formula by their difference alone."""
    inputs = {symbol("prediction"), symbol("target")}
    users = {node for node in loss.formula().walk() if inputs & set(node.children)}
    return users == {symbol("prediction") - symbol("target")}


@functools.cache
def truths(case):
    """Value, gradient and curvature at each point of a case."""
    loss, truth, points, _ = CASES[case]
    if is_of_the_residual(loss):
        # the rounding of the residual is the input's, not the formula's: judge from the residual as float64 has it
        return [truth(oracle.exact(a - b), oracle.exact(0)) for a, b in points]
    return [truth(oracle.exact(a), oracle.exact(b)) for a, b in points]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("order", ["value", "gradient", "curvature"])
def test_pointwise_losses_are_within_a_few_ulp_of_the_truth(case, order, library):
    loss, _, points, options = CASES[case]
    index = ["value", "gradient", "curvature"].index(order)
    expected = [truth[index] for truth in truths(case)]
    if library == "jax":
        kept = [p == 0 or abs(p) > NORMAL for p, _ in points]
        points, expected = (list(itertools.compress(x, kept)) for x in (points, expected))
    p, t = np.array(points).T
    call = {"value": loss, "gradient": loss.gradient, "curvature": loss.curvature}[order]
    call = oracle.jitted(library, functools.partial(call, reduction="none", **options))
    got = call(oracle.as_library(library, p), oracle.as_library(library, t))
    worst = [
        (oracle.ulps(np.array([g]), [e]), point)
        for g, e, point in zip(oracle.to_numpy(got), expected, points, strict=True)
        if library != "jax" or e == 0 or abs(e) > NORMAL
    ]
    assert max(worst)[0] <= BOUND[library], max(worst)


ROWS = [
    [3.0, 1.0, -3.0],
    [0.0, -40.0, -41.0],
    [800.0, -800.0, 0.0],
    [1e300, 0.0, -1e300],
    [1e-300, 0.0, -1e-300],
    [-np.inf, 0.0, 1.0],
    [700.0, 700.0, 700.0],
    *rng.normal(0, 5, (40, 3)).tolist(),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_confident_rows_keeps_its_digits(library, dtype):
    rows = [row for row in ROWS if np.abs(row).max() < 1e38 or dtype == np.float64 or -np.inf in row]
    rows = np.array(rows, dtype)
    for label in range(3):
        z, y = oracle.as_library(library, rows), oracle.as_library(library, np.full(len(rows), label))
        values = oracle.to_numpy(lossary.cross_entropy(z, y, reduction="none"))
        gradients = oracle.to_numpy(lossary.cross_entropy.gradient(z, y, reduction="none"))
        assert values.dtype == dtype
        for row, value, gradient in zip(rows.tolist(), values, gradients, strict=True):
            p, log_p = oracle.softmax_row(row)
            # e^(z - max) inherits the rounding of z - max, which is an error of the input in units of its size
            scale = max(abs(x - max(row)) for x in row if np.isfinite(x) and x - max(row) > -800)
            if abs(log_p[label]) > NORMAL:
                assert oracle.ulps(value, [-log_p[label]]) <= 4 + scale, (row, label)
            for k in range(3):
                others = oracle.MP.fsum(q for j, q in enumerate(p) if j != k)
                expected = -others if k == label else p[k]
                if abs(expected) > 1e-30:
                    assert oracle.ulps(gradient[k : k + 1], [expected]) <= 4 + scale, (row, label, k)
                else:
                    assert abs(gradient[k]) < 1e-29


def test_cross_entropy_curvature_is_p_times_1_minus_p(library):
    z = oracle.as_library(library, ROWS[7:])
    y = oracle.as_library(library, np.arange(40) % 3)
    got = oracle.to_numpy(lossary.cross_entropy.curvature(z, y, reduction="none"))
    expected = np.array([[float(p * (1 - p)) for p in oracle.softmax_row(row)[0]] for row in ROWS[7:]])
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("given", ["probabilities", "log_probabilities"])
def test_cross_entropy_of_given_probabilities(given, library):
    p = rng.dirichlet([0.5] * 4, 30)
    y = rng.integers(0, 4, 30)
    x = p if given == "probabilities" else np.log(p)
    args = (oracle.as_library(library, x), oracle.as_library(library, y))
    np.testing.assert_allclose(
        oracle.to_numpy(lossary.cross_entropy(*args, given=given, reduction="none")),
        [-np.log(p[i, k]) for i, k in enumerate(y)],
    )
    slope = np.zeros((30, 4))
    for i, k in enumerate(y):
        slope[i, k] = -1 / p[i, k] if given == "probabilities" else -1
    np.testing.assert_allclose(
        oracle.to_numpy(lossary.cross_entropy.gradient(*args, given=given, reduction="none")), slope, rtol=1e-12
    )


def test_a_true_class_of_probability_0_costs_infinity_and_others_cost_nothing(library):
    p = oracle.as_library(library, [[0.0, 1.0], [1.0, 0.0]])
    y = oracle.as_library(library, [0, 0])
    losses = oracle.to_numpy(lossary.cross_entropy(p, y, given="probabilities", reduction="none"))
    assert losses.tolist() == [np.inf, 0.0]
    soft = oracle.as_library(library, [[0.0, 1.0], [1.0, 0.0]])
    assert float(lossary.cross_entropy(p, soft, given="probabilities")) == 0
    gradient = oracle.to_numpy(lossary.cross_entropy.gradient(p, soft, given="probabilities", reduction="none"))
    assert gradient.tolist() == [[0, -1], [-1, 0]]


def test_half_precision_is_as_good_as_rounding_its_inputs(library):
    z = rng.normal(0, 4, (50, 8)).astype(np.float16)
    y = rng.integers(0, 8, 50)
    cost = lossary.cross_entropy(oracle.as_library(library, z), oracle.as_library(library, y))
    truth = lossary.cross_entropy(z.astype(np.float64), y)
    assert oracle.to_numpy(cost).dtype == np.float32
    assert abs(float(cost) - truth) < 1e-6
    gradient = oracle.to_numpy(lossary.cross_entropy.gradient(oracle.as_library(library, z), oracle.as_library(library, y)))
    assert gradient.dtype == np.float16
    expected = lossary.cross_entropy.gradient(z.astype(np.float64), y)
    assert np.abs(gradient - expected).max() < 2**-11 * np.abs(expected).max() + 2**-25


@pytest.mark.parametrize("rows", [5, 5000])
@pytest.mark.parametrize("given", ["logits", "probabilities"])
def test_positive_weight_and_smoothing_of_events_are_those_of_torch(rows, given):
    import torch

    rng = np.random.default_rng(rows)
    x, y = torch.tensor(rng.normal(size=rows), requires_grad=True), torch.tensor(rng.integers(0, 2, rows), dtype=torch.float64)
    loss = functools.partial(torch.nn.functional.binary_cross_entropy_with_logits, x)
    passed = (x if given == "logits" else torch.sigmoid(x)).detach().numpy()
    for weight, smoothing in ((1.0, 0.0), (3.5, 0.0), (1.0, 0.2), (0.0, 0.1), (rng.random(rows), 0.3)):
        pos_weight = torch.as_tensor(weight, dtype=torch.float64)
        cost = loss(y * (1 - smoothing) + smoothing / 2, pos_weight=pos_weight)
        options = {"positive_weight": weight, "label_smoothing": smoothing, "given": given}
        found = lossary.binary_cross_entropy.value_and_gradient(passed, y.numpy(), **options)
        assert found[0] == pytest.approx(cost.item(), rel=1e-12)
        if given == "logits":
            np.testing.assert_allclose(found[1], torch.autograd.grad(cost, x)[0], rtol=1e-11, atol=1e-17)
    plain = lossary.binary_cross_entropy.latex()
    assert plain == r"-\left(y \log \hat{y} + \left(1 - y\right) \log \left(1 - \hat{y}\right)\right)"
