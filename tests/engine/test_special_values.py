"""A row of ±∞, NaN or extremes has one value and one gradient: on every backend, by every path, alone and among others."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary.engine.logit_options import RETURNS
from lossary.engine.plain import compute_with_arrays
from tests.oracle import without_x64

INF, NAN = math.inf, math.nan
BY_ARRAYS, BY_KERNEL = 10**9, 1


def answered(path, loss, x, y, monkeypatch, **options):
    """Value and gradient by one path, with reduction="none"."""
    options["reduction"] = "none"
    monkeypatch.setattr("lossary.engine.plans.SMALLEST", BY_KERNEL if path == "kernel" else BY_ARRAYS)
    if path in ("few", "kernel"):
        return loss.value_and_gradient(x, y, **options)
    if path == "plain":
        return compute_with_arrays(loss, loss.read_call((x, y), options), "value_and_gradient")
    if path == "torch":
        x, y = torch.tensor(x, requires_grad=True), torch.tensor(y)
        value = loss(x, y, **{name: torch.tensor(o) if isinstance(o, np.ndarray) else o for name, o in options.items()})
        first(value).sum().backward()
        return jax.tree.map(lambda v: v.detach().numpy(), value), x.grad.numpy()
    # traced, where weights may be differentiated
    arrays = {name: jnp.asarray(o) for name, o in options.items() if isinstance(o, np.ndarray)}
    plain = {name: o for name, o in options.items() if name not in arrays}

    def summed(x, y, arrays):
        value = loss(x, y, **arrays, **plain)
        return first(value).sum(), value

    (_, value), gradient = jax.jit(jax.value_and_grad(summed, has_aux=True))(jnp.asarray(x), jnp.asarray(y), arrays)
    return value, gradient


def first(value):
    return value[0] if isinstance(value, tuple) else value


PATHS = ["few", "kernel", "plain", "torch", "jax"]


def same(got, expected, rtol=1e-12):
    np.testing.assert_allclose(np.asarray(got), expected, rtol=rtol, atol=1e-16)


# ---- rows of classes


def rows_of(classes):
    rows = [np.zeros(classes) for _ in range(13)]
    rows[1][0] = INF
    rows[2][1] = INF
    rows[3][:2] = INF
    rows[4][:] = -INF
    rows[5][2] = NAN
    rows[6][1] = -INF
    rows[7][:2] = 1e300, -1e300
    rows[8][:] = -0.0
    rows[9][0] = 5e-324
    rows[10][:2] = INF, -INF
    rows[11][:] = -INF
    rows[11][1] = 3
    rows[12][:3] = 800, INF, NAN
    return np.array(rows)


def row_by_definition(z, t, c, w, *, label_smoothing=0.0, z_loss=0.0, soft_cap=None, temperature=1.0):
    """Loss, gradient, log normalizer, entropy and accuracy of a row, by the definition and its limits, with 0·∞ = 0."""
    classes = len(z)
    x = (z if soft_cap is None else soft_cap * np.tanh(z / soft_cap)) / temperature
    chain = (1 if soft_cap is None else 1 / np.cosh(z / soft_cap) ** 2) / temperature
    coefficient = ((1 - label_smoothing) * t + label_smoothing / classes) * c * w
    mass = w * (t * c).sum()
    if not coefficient.any():
        return 0.0, np.zeros(classes), 0.0, 0.0, 0.0
    top = x.max()
    if np.isnan(x).any() or top == -INF or (x == INF).sum() > 1:
        return NAN, np.full(classes, NAN), NAN, NAN, 0.0
    if top == INF:
        p, lse = (x == INF) * 1.0, INF
        log_p = np.where(x == INF, 0.0, -INF)
    else:
        lse = top + math.log(np.exp(x - top).sum())
        log_p = x - lse
        p = np.exp(log_p)
    loss = sum(-a * q for a, q in zip(coefficient, log_p, strict=True) if a)
    gradient = p * coefficient.sum() - coefficient
    if z_loss and mass:
        loss += z_loss * mass * lse**2
        gradient = gradient + [2 * z_loss * mass * lse * q if q else 0.0 for q in p]
    entropy = -sum(q * a for q, a in zip(p, log_p, strict=True) if q)
    return loss, gradient * chain, lse, entropy, float(x.argmax() == t.argmax())


OPTIONS = [
    {},
    {"label_smoothing": 0.1},
    {"class_weight": True},
    {"class_weight": True, "label_smoothing": 0.1, "z_loss": 1e-4, "temperature": 2.0},
    {"class_weight": True, "z_loss": 1e-4},
    {"weight": True, "soft_cap": 5.0, "z_loss": 1e-4},
    {"weight": True, "returns": RETURNS},
    {"class_weight": True, "returns": RETURNS},
]


@pytest.mark.parametrize(("classes", "path"), [*((3, path) for path in PATHS), (60, "plain"), (60, "kernel")])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_rows_of_classes(classes, options, path, monkeypatch):
    z = rows_of(classes)
    c, w = np.r_[2.0, 0.0, np.ones(classes - 2)], np.arange(len(z)) % 3 * 1.0
    given = dict(options)
    for name, array in (("class_weight", c), ("weight", w)):
        if given.get(name):
            given[name] = array
    own = {name: o for name, o in options.items() if name in ("label_smoothing", "z_loss", "soft_cap", "temperature")}
    c, w = given.get("class_weight", np.ones(classes)), given.get("weight", np.ones(len(z)))
    for label in (0, 1):
        t = np.eye(classes)[label]
        with np.errstate(all="ignore"):
            found = [row_by_definition(row, t, c, weight, **own) for row, weight in zip(z, w, strict=True)]
        losses, gradients, lse, entropies, right = map(np.array, zip(*found, strict=True))
        for target in (np.full(len(z), label), np.tile(t, (len(z), 1))):
            value, gradient = answered(path, lossary.cross_entropy, z, target, monkeypatch, **given)
            same(first(value), losses)
            np.testing.assert_allclose(np.asarray(gradient), gradients, rtol=1e-12, atol=1e-15)
            if isinstance(value, tuple):
                for got, expected in zip(value[1:], (lse, entropies, right, losses), strict=True):
                    same(got, expected)


def test_a_row_is_the_same_alone_and_in_a_total(kernels):
    z, y = rows_of(3), np.zeros(13, int)
    total = lossary.cross_entropy.total(z, y)
    assert total.invalid == {"NaN": 4, "Infinity": 2}
    together = lossary.cross_entropy(z, y, reduction="none")
    for row, loss in zip(z, together, strict=True):
        same(lossary.cross_entropy(row[None], [0]), loss, rtol=1e-15)
        np.testing.assert_equal(lossary.cross_entropy.total(row[None], [0]).sum, loss)


def test_a_weight_of_0_has_the_slope_of_its_loss():
    z, y = jnp.asarray(rows_of(3)), jnp.zeros(13, int)
    slopes = jax.grad(lambda w: lossary.cross_entropy(z, y, weight=w, reduction="sum"))(jnp.zeros(13))
    np.testing.assert_allclose(slopes, lossary.cross_entropy(z, y, reduction="none"), rtol=1e-15)


def test_single_precision_overflows_alike(monkeypatch):
    z = np.array([[3e38, -3e38, 0], [INF, 3e38, 0]], np.float32)
    for path in PATHS:
        value, gradient = answered(path, lossary.cross_entropy, z, np.array([1, 0]), monkeypatch)
        assert np.asarray(value).tolist() == [INF, 0], path
        assert np.asarray(gradient).tolist() == [[1, -1, 0], [0, 0, 0]], path
    monkeypatch.setattr("lossary.engine.plans.SMALLEST", BY_KERNEL)
    wide = np.tile(z[:1], (1, 30))  # in rows: 6e38 is finite in float64, in which losses are summed
    assert lossary.cross_entropy(wide, [1]) == INF


# ---- elements


def times(a, b):
    return 0.0 if a == 0 else a * b


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x))) if abs(x) < INF or x != x else max(x, 0.0)


def expit(z):
    return 1 / (1 + math.exp(-z)) if z > -700 else math.exp(z) if z == z else NAN


def huber(r, delta=1.0):
    return (r * r / 2, r) if abs(r) <= delta else (delta * (abs(r) - delta / 2), delta * (math.copysign(1, r) if r == r else r))


ELEMENTS = {
    "squared_error": lambda p, t: ((p - t) ** 2 if abs(p - t) < 1e154 else abs(p - t) * INF, 2 * (p - t)),
    "absolute_error": lambda p, t: (abs(p - t), (p > t) - (p < t) if p - t == p - t else NAN),
    "huber": lambda p, t: huber(p - t),
    "binary_cross_entropy": lambda z, t: (
        times(t, softplus(-z)) + times(1 - t, softplus(z)),
        times(1 - t, expit(z)) - times(t, expit(-z)),
    ),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ELEMENTS)
def test_elements(name, path, monkeypatch):
    predictions = [INF, -INF, NAN, 1e300, -1e300, 5e-324, -0.0, 0.0, 1.0, 800.0, -800.0]
    targets = [0.0, 1.0, 0.5, -0.0] if name == "binary_cross_entropy" else [0.0, 1.0, INF, -INF, NAN, 1e300, -0.0]
    x, y = (a.ravel() for a in np.meshgrid(predictions, targets))
    normal = (x != 5e-324) | (path != "jax")  # XLA takes subnormal numbers for 0
    x, y = x[normal], y[normal]
    weight = np.where(np.arange(x.size) % 4 == 0, 0.0, 2.0)
    expected = [ELEMENTS[name](p, t) for p, t in zip(x.tolist(), y.tolist(), strict=True)]
    for w in (None, weight):
        options = {} if w is None else {"weight": w}
        value, gradient = answered(path, getattr(lossary, name), x, y, monkeypatch, **options)
        scale = np.ones(x.size) if w is None else w
        for got, numbers in zip((value, gradient), zip(*expected, strict=True), strict=True):
            truth = [times(s, n) for s, n in zip(scale.tolist(), numbers, strict=True)]
            np.testing.assert_allclose(np.asarray(got), truth, rtol=1e-14, atol=1e-300)


# ---- sums


@functools.cache
def numbers(kind):
    rng = np.random.default_rng(0)
    size = 9003  # kernels and JAX cut it into blocks
    return {"equal": np.full(size, 0.1), "random": rng.random(size), "wide": 10.0 ** rng.uniform(-20, 20, size)}[kind]


@pytest.mark.parametrize("kind", ["equal", "random", "wide"])
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_sums_are_within_2_ulp(kind, library):
    x = numbers(kind)
    arrays = {"numpy": lambda x: x, "torch": torch.tensor, "jax": jnp.asarray}[library]
    truth = math.fsum(x.tolist())
    got = float(lossary.absolute_error(arrays(x), arrays(x * 0), reduction="sum"))
    assert abs(got - truth) <= 2 * math.ulp(truth)
    weighted = float(lossary.absolute_error(arrays(x * 0 + 1), arrays(x * 0), weight=arrays(x), reduction="mean"))
    assert abs(weighted - 1) <= 4 * math.ulp(1.0)


@pytest.mark.parametrize(("classes", "options"), [(3, {}), (3, {"label_smoothing": 0.1}), (60, {})], ids=str)
def test_sums_over_rows_of_classes_are_within_2_ulp(classes, options):
    z = np.zeros((1401, classes))
    z[:, 1] = 0.3
    y = np.ones(len(z), int)
    truth = math.fsum(lossary.cross_entropy(z, y, reduction="none", **options).tolist())
    assert abs(lossary.cross_entropy(z, y, reduction="sum", **options) - truth) <= 2 * math.ulp(truth)


def test_sums_without_float64():
    with without_x64():
        x = jnp.full(300_003, 0.1, jnp.float32)
        got = float(lossary.absolute_error(x, x * 0, reduction="sum"))
    truth = 300_003 * float(np.float32(0.1))
    assert abs(got - truth) <= 2 * np.spacing(np.float32(truth))


# ---- rows of probabilities with NaN


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name in ("cross_entropy", "brier", "renyi", "ranked_probability_score") for path in PATHS[:4]]
    + [("cross_entropy", "jax"), ("renyi", "jax")],
)
def test_a_row_of_probabilities_with_nan_costs_nan_and_the_others_what_they_cost(name, path, monkeypatch):
    loss, weight = getattr(lossary, name), np.array([1.0, 1.0, 2.0, 0.0])
    whole = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.125, 0.125, 0.75], [0.25, 0.25, 0.5]])
    rows = np.array([[1.0, 0.0, 0.0], [0.5, 0.0, 0.5], [0.0, 0.25, 0.75], [0.0, 1.0, 0.0]])
    broken, broken_rows = whole.copy(), rows.copy()
    broken[[1, 3], [0, 2]] = NAN  # of labels, cross-entropy reads other numbers of these rows
    broken_rows[1, 0] = NAN
    for given, target, intact in [
        (broken, np.array([0, 2, 1, 0]), whole),
        (broken, rows, whole),
        (whole, broken_rows, whole),
    ]:
        kept = np.where(np.isnan(target), rows, target) if target.ndim == 2 else target
        value, slopes = answered(path, loss, given, target, monkeypatch, given="probabilities", weight=weight)
        true, true_slopes = answered(path, loss, intact, kept, monkeypatch, given="probabilities", weight=weight)
        assert np.isnan(value[1])
        assert np.isnan(slopes[1]).any()
        same(np.delete(value, 1), np.delete(true, 1))
        same(np.delete(slopes, 1, 0), np.delete(true_slopes, 1, 0))
        assert value[3] == 0
        assert not np.asarray(slopes[3]).any()
        if path == "plain":
            assert math.isnan(loss.total(given, target, given="probabilities", weight=weight).sum)
