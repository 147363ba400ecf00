"""Training on few elements: by a kernel from the first step on, with the numbers, errors and derivatives of the plain twin."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

import lossary
from lossary.engine import plans, torch_autograd
from lossary.engine.plain import compute_with_arrays
from lossary.kernels.task import Task
from lossary.vocabulary import sqrt

OPTIONS = {
    "plain": {},
    "smoothing": {"label_smoothing": 0.1},
    "ignored": {"ignore_index": 2},
    "class weights": {"class_weight": torch.tensor([0.5, 2.0, 0.0, 1.0, 3.0])},
    "weights and a mask": {"weight": torch.arange(12).double() / 4, "where": torch.arange(12) % 3 != 0},
    "per sample": {"reduction": "none"},
    "batchmean": {"reduction": "batchmean", "where": torch.arange(12) % 3 != 0, "weight": torch.arange(12).double() / 4},
    "normalizer": {"normalizer": 7, "ignore_index": 1},
    "sum": {"reduction": "sum", "class_weight": torch.tensor([0.5, 2.0, 0.0, 1.0, 3.0])},
    "everything": {
        "label_smoothing": 0.2,
        "ignore_index": 3,
        "class_weight": torch.tensor([0.5, 2.0, 1.5, 1.0, 3.0]),
        "weight": torch.arange(12) / 4,
        "where": torch.arange(12) % 5 != 0,
    },
}


DEFAULT = plans.SMALLEST_IN_AUTOGRAD  # before conftest.py raises it for the other tests


@pytest.fixture(autouse=True)
def runs(monkeypatch):
    """The kernels that ran."""
    monkeypatch.setattr(plans, "SMALLEST_IN_AUTOGRAD", DEFAULT)
    found = []
    run = Task.run

    def noted(self, *arguments):
        found.append(self)
        return run(self, *arguments)

    monkeypatch.setattr(Task, "run", noted)
    return found


def data(dtype=torch.float64):
    generator = torch.Generator().manual_seed(3)
    return torch.randn(12, 5, generator=generator, dtype=dtype), torch.randint(0, 5, (12,), generator=generator)


def plainly(loss, x, y, **options):
    x = x.detach().clone().requires_grad_()
    value = compute_with_arrays(loss, loss.read_call((x, y), options), "value")
    return value.detach(), torch.autograd.grad(value.sum(), x)[0]


@pytest.mark.parametrize(
    ("name", "soft"),
    # but for the mean of soft targets weighed by class, whose divisor is found plainly
    [*((name, False) for name in OPTIONS), *((name, True) for name in ("plain", "smoothing", "weights and a mask", "sum"))],
)
def test_the_numbers_stay_what_they_are(name, soft, runs):
    x, y = data()
    options = dict(OPTIONS[name])
    if soft:
        y = torch.softmax(torch.randn(12, 5, generator=torch.Generator().manual_seed(4), dtype=torch.float64), 1)
        options.pop("ignore_index", None)
    expected = plainly(lossary.cross_entropy, x, y, **options)
    x.requires_grad_()
    for _ in range(2):  # a plan made, and one remembered
        runs.clear()
        value = lossary.cross_entropy(x, y, **options)
        (gradient,) = torch.autograd.grad(value.sum(), x)
        assert runs
        torch.testing.assert_close(value, expected[0], rtol=1e-13, atol=1e-15)
        torch.testing.assert_close(gradient, expected[1], rtol=1e-12, atol=1e-15)
        assert value.dtype == torch.float64


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("least", [0.0, 0.25])
def test_the_loss_of_each_sample_has_any_upstream_gradient(least, kept, runs, monkeypatch):
    monkeypatch.setattr(torch_autograd, "MOST_KEPT", 5 if kept else 4)

    @lossary.pointwise
    def root(prediction, target):
        return sqrt(prediction) * target

    x, y = torch.tensor([least, least, 4.0, 16.0, math.nan], requires_grad=True), torch.ones(5)
    slopes = [1.0 if least else math.inf] * 2 + [0.25, 0.125, math.nan]
    for upstream in ([1.0, 1.0, -2.0, 0.0, 3.0], [0.0, 0.0, 0.0, 0.0, 0.0], [2.0, 0.0, math.nan, math.inf, 1.0]):
        expected = [0.0 if u == 0 and s == s else u * s for u, s in zip(upstream, slopes, strict=True)]
        runs.clear()
        losses = root(x, y, reduction="none")
        assert runs
        for keep in (True, True, False):
            (gradient,) = torch.autograd.grad(losses, x, torch.tensor(upstream), retain_graph=keep)
            torch.testing.assert_close(gradient, torch.tensor(expected), equal_nan=True)
            gradient.zero_()  # it is the caller's


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("axis", [1, -1])
def test_the_loss_of_each_row_of_classes_has_any_upstream_gradient(axis, kept, runs, monkeypatch):
    monkeypatch.setattr(torch_autograd, "MOST_KEPT", 60 if kept else 59)
    monkeypatch.setattr(lossary.cross_entropy, "plans", {})
    x = torch.randn(3, 4, 5, dtype=torch.float64).requires_grad_()
    y, u = torch.randint(0, 4, (3, 5) if axis == 1 else (3, 4)), torch.randn((3, 5) if axis == 1 else (3, 4)).double()
    moved = x if axis == 1 else x.movedim(-1, 1)
    weights = torch.rand_like(u)
    for weight in (None, None, weights, weights):  # each once more as a step like one before
        pull = u if weight is None else u * weight
        expected = torch.autograd.grad(torch.nn.functional.cross_entropy(moved, y, reduction="none"), x, pull)[0]
        losses = lossary.cross_entropy(x, y, axis=axis, reduction="none", weight=weight)
        torch.testing.assert_close(torch.autograd.grad(losses, x, u)[0], expected)
    assert runs


def test_a_step_like_one_before_sees_what_has_changed():
    x, y, w = torch.randn(6, dtype=torch.float64, requires_grad=True), torch.randn(6).double(), torch.rand(6).double()
    for _ in range(2):
        cost = lossary.squared_error(x, y, weight=w)
        cost.backward(retain_graph=True)
    torch.testing.assert_close(lossary.squared_error(x, torch._neg_view(-y), weight=w), cost)
    for factor, keep in ((3.0, True), (3.0, False)):
        (gradient,) = torch.autograd.grad(cost, x, torch.tensor(factor), retain_graph=keep)
        torch.testing.assert_close(gradient, factor * 2 * w / w.sum() * (x - y).detach())
    w.requires_grad_()
    lossary.squared_error(x, y, weight=w).backward()  # d(Σwℓ/Σw)/dw = (ℓ - cost)/Σw
    torch.testing.assert_close(w.grad, (((x - y) ** 2 - cost) / w.sum()).detach())
    cost = lossary.squared_error(x, y, weight=w.detach())
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        cost.backward()
    with pytest.raises(ValueError, match="weight"):
        lossary.squared_error(x, y, weight=-torch.ones(6).double())


def test_half_precision_is_trained_by_kernels_too(runs):
    for dtype in (torch.bfloat16, torch.float16):
        x, y = data(dtype)
        expected = plainly(lossary.cross_entropy, x, y)
        x.requires_grad_()
        value = lossary.cross_entropy(x, y)
        value.backward()
        assert runs
        runs.clear()
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, expected[0], rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(x.grad, expected[1], rtol=4e-2, atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_gradients_of_half_precision_are_rounded_once(dtype, runs):
    x, y = data(dtype)
    for how, upstream in (
        ("mean", torch.tensor(3.0)),
        ("none", torch.arange(1, 13).to(dtype) / 8),
        ("none", torch.arange(12).to(dtype)),
    ):
        leaf, wide = x.clone().requires_grad_(), x.double().requires_grad_()
        (found,) = torch.autograd.grad(lossary.cross_entropy(leaf, y, reduction=how), leaf, upstream)
        truth = torch.nn.functional.cross_entropy(wide, y, reduction=how)
        (expected,) = torch.autograd.grad(truth, wide, upstream.double())
        assert torch.equal(found, expected.to(dtype))
    assert runs


def test_only_autograd_takes_a_kernel_for_few_elements(runs):
    x, y = data()
    lossary.cross_entropy(x, y)
    lossary.cross_entropy.value_and_gradient(x, y)
    lossary.cross_entropy.value_and_gradient(x.numpy(), y.numpy())
    x.requires_grad_()
    lossary.cross_entropy.value_and_gradient(x, y)
    with torch.no_grad():
        lossary.cross_entropy(x, y)
    assert runs == []
    lossary.cross_entropy(x[:1], y[:1])
    assert len(runs) == 1


@pytest.mark.parametrize("empty", [True, False])
def test_no_elements_and_a_single_number_need_no_kernel(runs, empty):
    x = torch.zeros(0 if empty else (), requires_grad=True)
    value = lossary.huber(x, torch.ones_like(x, requires_grad=False), reduction="sum")
    value.backward()
    assert value == (0 if empty else 0.5)
    assert x.grad.tolist() == ([] if empty else -1)
    assert runs == []


def test_an_error_is_that_of_the_plain_twin(runs, monkeypatch):
    x, y = data()
    x.requires_grad_()
    bad = y.clone()
    bad[4] = 5
    negative = torch.ones(12)
    negative[3] = -1
    class_weight = torch.tensor([1.0, 1, 1, 1, -1])

    def messages():
        found = []
        for labels, options in ((bad, {}), (y, {"weight": negative}), (y, {"class_weight": class_weight, "reduction": "sum"})):
            with pytest.raises(ValueError) as caught:
                lossary.cross_entropy(x, labels, **options)
            found.append(str(caught.value))
        return found

    with_kernels = messages()
    assert runs
    runs.clear()
    monkeypatch.setattr(plans, "SMALLEST_IN_AUTOGRAD", 4096)
    assert messages() == with_kernels
    assert runs == []
    monkeypatch.setattr(plans, "SMALLEST_IN_AUTOGRAD", DEFAULT)
    everything_masked = lossary.cross_entropy(x, y, weight=torch.zeros(12))
    assert everything_masked.isnan()
    everything_masked.backward()
    assert (x.grad == 0).all()


def test_derivatives_of_second_order_stay_right(runs):
    x, y = data()
    x.requires_grad_()
    lossary.cross_entropy(x, y)
    assert runs
    call = lambda x: lossary.cross_entropy(x, y)
    assert torch.autograd.gradcheck(call, x)
    assert torch.autograd.gradgradcheck(call, x)
    (batched,) = torch.autograd.grad(call(x), x, torch.arange(3.0, dtype=torch.float64), is_grads_batched=True)
    expected = plainly(lossary.cross_entropy, x, y)[1]
    torch.testing.assert_close(batched, torch.arange(3.0, dtype=torch.float64)[:, None, None] * expected)


def test_training_without_numba_goes_by_array_operations(runs, monkeypatch):
    monkeypatch.setattr("lossary.kernels.native.available", lambda name: False)
    monkeypatch.setattr(lossary.cross_entropy, "plans", {})
    x, y = data()
    expected = plainly(lossary.cross_entropy, x, y)
    x.requires_grad_()
    for options in ({}, {"label_smoothing": 0.0}):
        for _ in range(2):
            value = lossary.cross_entropy(x, y, **options)
            torch.testing.assert_close(value, expected[0])
    assert runs == []


TRAIN = """
import hashlib, sys, torch, lossary
begin, end, at, state = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.manual_seed(0)
torch.set_num_threads(1)
features, values, labels = torch.randn(64, 6), torch.randn(64), torch.randint(0, 10, (64,))
regression, classes = torch.nn.Linear(6, 1), torch.nn.Linear(6, 10)
both = torch.nn.ModuleList([regression, classes])
optimizer = torch.optim.SGD(both.parameters(), lr=0.3)
if begin:
    both.load_state_dict(torch.load(state))
for step in range(begin, end):
    optimizer.zero_grad()
    lossary.huber(regression(features)[:, 0], values).backward()
    lossary.cross_entropy(classes(features), labels, label_smoothing=0.1).backward()
    optimizer.step()
    if step + 1 == at:
        torch.save(both.state_dict(), state)
        print(hashlib.sha256(b"".join(x.detach().numpy().tobytes() for x in both.parameters())).hexdigest())
print(hashlib.sha256(b"".join(x.detach().numpy().tobytes() for x in both.parameters())).hexdigest())
"""


@pytest.mark.heavy
def test_a_resumed_run_and_one_with_another_cache_have_the_same_bits(tmp_path):
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(tmp_path / "kernels"), "LOSSARY_LOG": "error"}

    def train(begin, end, at):
        command = [sys.executable, "-c", TRAIN, str(begin), str(end), str(at), str(tmp_path / "state")]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    cold = train(0, 300, 250)
    assert len(list((tmp_path / "kernels").iterdir())) == 2
    assert len(set(cold)) == 2
    assert train(0, 300, 250) == cold
    assert train(250, 300, 0) == cold[1:]


def test_masks_and_weights_of_large_batches_divide_as_the_twin_does():
    generator = np.random.default_rng(5)
    x, y = generator.normal(size=(1400, 3)), generator.integers(0, 3, 1400)
    weight, where = generator.random(1400), generator.random(1400) < 0.7
    class_weight = np.array([0.0, 1.0, 2.5])
    for options in (
        {"weight": weight},
        {"where": where},
        {"ignore_index": 1},
        {"class_weight": class_weight},
        {"weight": weight.astype(np.float16), "where": where, "class_weight": class_weight, "ignore_index": 2},
        {"where": where, "weight": weight, "reduction": "batchmean"},
    ):
        counts = np.ones(1400) if "where" not in options else where.astype(float)
        counts *= (y != options["ignore_index"]) if "ignore_index" in options else 1
        each = np.asarray(options.get("weight", np.ones(1400)), float)
        each = each * (class_weight[y] if "class_weight" in options else 1)
        p = np.exp(x - x.max(1, keepdims=True))
        losses = -np.log((p / p.sum(1, keepdims=True))[np.arange(1400), y])
        divisor = counts.sum() if options.get("reduction") == "batchmean" else (counts * each).sum()
        expected = (counts * each * losses).sum() / divisor
        for _ in range(2):  # a plan made, and one remembered
            value, _ = lossary.cross_entropy.value_and_gradient(x, y, **options)
            assert value == pytest.approx(expected, rel=1e-12, abs=0)
