"""Losses of sums over components beside inputs that have one value a sample."""

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch

import lossary
from lossary import plots
from lossary.domains import Probability
from lossary.engine.plain import compute_with_arrays
from lossary.vocabulary import average, distance, maximum, total, where
from tests.oracle import as_library, to_numpy

rng = np.random.default_rng(3)


@lossary.samplewise(of_sample=("target",))
def contrastive(a, b, target: Probability, *, margin=2.0):
    return target * distance(a, b) ** 2 + (1 - target) * maximum(0, margin - distance(a, b)) ** 2


@lossary.samplewise(observed=("scale",), of_sample=("scale", "target"))
def scaled(prediction, scale, target):
    return total(((prediction - target) / scale) ** 2)


def naive(a, b, y, margin=2.0):
    d = ((a - b) ** 2).sum(-1).sqrt()
    return y * d**2 + (1 - y) * torch.relu(margin - d) ** 2


def pairs(samples, components):
    return rng.normal(size=(samples, components)), rng.normal(size=(samples, components)), rng.integers(0, 2, samples)


def expected(a, b, y, weight=1.0, **own):
    """The losses, and the gradients of the sum of weighted ones, by torch's own operations."""
    xs = [torch.tensor(x, requires_grad=True) for x in (a, b)]
    losses = naive(*xs, torch.tensor(y), **own)
    return losses.detach().numpy(), [g.numpy() for g in torch.autograd.grad((losses * torch.as_tensor(weight)).sum(), xs)]


@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
@pytest.mark.parametrize("dtype", ["int64", "bool", "float64"])
def test_a_label_beside_two_vectors(library, dtype):
    a, b, y = pairs(6, 3)
    losses, gradients = expected(a, b, y)
    given = [as_library(library, x) for x in (a, b, y.astype(dtype))]
    np.testing.assert_allclose(to_numpy(contrastive(*given, reduction="none")), losses, rtol=2e-6)
    for found, gradient in zip(contrastive.gradient(*given, reduction="sum"), gradients, strict=True):
        np.testing.assert_allclose(to_numpy(found), gradient, rtol=1e-5, atol=1e-6)
    assert contrastive.predictions == ("a", "b")
    assert contrastive.inputs == ("a", "b", "target")


@pytest.mark.parametrize(("samples", "components", "dtype"), [(1500, 3, "int64"), (250, 20, "bool"), (2, 33_000, "float64")])
def test_kernels_read_one_value_a_sample(samples, components, dtype):
    a, b, y = pairs(samples, components)
    w, counted, margin = rng.uniform(size=samples), rng.uniform(size=samples) < 0.7, rng.uniform(1, 4, samples)
    losses, gradients = expected(a, b, y, w * counted, margin=torch.tensor(margin))
    options = {"weight": w, "where": counted, "margin": margin}
    for _ in range(2):  # the second by the plan of the first
        found, slopes = contrastive.value_and_gradient(a, b, y.astype(dtype), **options)
        share = (w * counted).sum()
        assert found == pytest.approx((losses * w * counted).sum() / share, rel=1e-12)
        for slope, gradient in zip(slopes, gradients, strict=True):
            np.testing.assert_allclose(slope, gradient / share, rtol=1e-9, atol=1e-14)
    call = contrastive.read_call((a, b, y.astype(dtype)), options)
    twin = compute_with_arrays(contrastive, call, "value_and_gradient")
    assert found == pytest.approx(float(twin[0]), rel=1e-12)
    learned = torch.tensor(a, requires_grad=True)
    tensors = {name: torch.tensor(x) for name, x in options.items()}
    contrastive(learned, torch.tensor(b), torch.tensor(y.astype(dtype)), **tensors).backward()
    np.testing.assert_allclose(learned.grad, slopes.a, rtol=1e-9, atol=1e-14)
    assert contrastive.total(a, b, y, **options).mean == pytest.approx(float(found), rel=1e-12)


def test_several_axes_and_several_inputs_of_a_sample():
    p, s, y = rng.normal(size=(4, 2, 5)), rng.uniform(1, 2, size=5), rng.normal(size=5)
    losses = (((p - y) / s) ** 2).sum((0, 1))
    found, slopes = scaled.value_and_gradient(p, s, y, axis=(0, 1), reduction="none")
    np.testing.assert_allclose(found, losses, rtol=1e-12)
    np.testing.assert_allclose(slopes, 2 * (p - y) / s**2, rtol=1e-12)
    curvature = scaled.curvature(p, s, y, axis=(0, 1), reduction="none")
    np.testing.assert_allclose(curvature, np.broadcast_to(2 / s**2, p.shape), rtol=1e-12)


def test_masked_samples_may_hold_anything_and_invalid_ones_raise():
    a, b, y = pairs(4, 3)
    y, counted = y.astype(float), np.array([True, False, True, True])
    y[1], a[1] = np.nan, np.inf
    losses, _ = expected(a[counted], b[counted], y[counted])
    assert contrastive(a, b, y, where=counted) == pytest.approx(losses.mean(), rel=1e-12)
    y[1] = 3.0
    with pytest.raises(ValueError, match=r"contrastive: a target lies in \[0, 1\]; got 3\.0 at index 1; check the target"):
        contrastive(a, b, y)
    assert contrastive.problems(a, b, y)["target range"].tolist() == [False, True, False, False]
    with pytest.raises(ValueError, match=r"target has one value a sample, so its shape is \(4,\); got \(4, 3\)"):
        contrastive(a, b, np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"a and b have the same shape; got \(4, 3\) and \(4, 2\)"):
        contrastive(a, b[:, :2], y)


def test_calls_are_prepared():
    contrastive.prepare(np.empty((0, 3)), np.empty((0, 3)), np.empty(0, "int64"))


def test_definitions_say_which_inputs_these_are():
    def of(a, target, b):
        return total(a * b)

    with pytest.raises(TypeError, match=r"of_sample= is a tuple of inputs that get no gradient.*got \('a',\)"):
        lossary.samplewise(of_sample=("a",))(contrastive.definition)
    with pytest.raises(TypeError, match="takes its inputs of components first"):
        lossary.samplewise(observed=("scale",), of_sample=("scale",))(scaled.definition)
    with pytest.raises(TypeError, match="of_sample= is a tuple"):
        lossary.samplewise(of_sample="target")(contrastive.definition)

    def label_alone(prediction, target):
        return total(target) + total(prediction)

    with pytest.raises(TypeError, match=r"total\(…\) goes over components, so an input stands in it"):
        lossary.samplewise(of_sample=("target",))(label_alone)


def test_code_takes_one_value_a_sample():
    a, b, y = pairs(5, 3)
    losses, gradients = expected(a, b, y)
    for library, module in (("numpy", np), ("torch", torch)):
        for what, of, truth in (("", None, losses), ("gradient:", "b", gradients[1])):
            names: dict = {}
            exec(contrastive.code(f"{what}{library}", **({} if of is None else {"of": of})), names)
            found = names["contrastive"](*(module.asarray(x) for x in (a, b, y)), 2.0)
            np.testing.assert_allclose(found, truth, rtol=1e-12)
    assert "target[sample]" in contrastive.code("numba")
    assert contrastive.latex().count("y_") == 0
    assert "y" in contrastive.latex()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_javascript_takes_one_value_a_sample():
    a, b, y = (x[0].tolist() for x in pairs(1, 3))
    script = f"const f = {contrastive.code('javascript')}; console.log(JSON.stringify(f({a}, {b}, {y}, 2)))"
    found = json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True, text=True).stdout)
    assert found == pytest.approx(expected(np.array([a]), np.array([b]), np.array([y]))[0][0])


def test_sql_takes_one_value_a_sample():
    duckdb = pytest.importorskip("duckdb")
    import pyarrow as pa

    @lossary.samplewise(of_sample=("target",))
    def weighed(a, b, target):
        return target * total((a - b) ** 2)

    a, b, y = pairs(4, 3)
    rows = pa.table({"id": np.repeat(np.arange(4), 3), "a": a.ravel(), "b": b.ravel(), "target": np.repeat(y, 3)})
    found = duckdb.sql(f"SELECT {weighed.code('sql')} AS loss FROM rows GROUP BY id ORDER BY id").fetchnumpy()["loss"]
    assert rows.num_rows == 12
    np.testing.assert_allclose(found, y * ((a - b) ** 2).sum(-1), rtol=1e-12)


def test_sums_of_such_losses():
    @lossary.pointwise
    def absolute(a, b, target):
        return where(target > 0, abs(a - b), 0)

    both = contrastive + 0.5 * absolute
    a, b, y = pairs(6, 3)
    losses, gradients = expected(a, b, y)
    np.testing.assert_allclose(both(a, b, y, reduction="none"), losses + 0.5 * y * abs(a - b).mean(-1), rtol=1e-12)
    found = both.gradient(a, b, y, reduction="sum").a
    np.testing.assert_allclose(found, gradients[0] + 0.5 * y[:, None] * np.sign(a - b) / 3, rtol=1e-12)

    @lossary.samplewise
    def other(a, b, target):
        return average(target * a * b)

    with pytest.raises(TypeError, match=r"in contrastive \+ other, of_sample= is \(\) and \('target',\)"):
        contrastive + other


def test_it_is_drawn():
    figure = contrastive.plot(at={"target": 1.0})
    assert "target = 1" in figure._suptitle.get_text()
    assert plots.loss(contrastive, parameters={"margin": 3.0}) is not None
