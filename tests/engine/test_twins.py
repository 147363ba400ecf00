"""Few elements, many and the plain twin: one answer, one set of errors, and nothing that is not the caller's."""

import gc
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.utils.checkpoint import checkpoint

import lossary
from lossary.engine.plain import compute_with_arrays


@lossary.pointwise
def product(prediction, target):
    """Its slope is the target itself."""
    return prediction * target


SIZES = [300, 500]
"""Rows of 10 classes: by array operations and by a kernel."""


def plainly(loss, x, y, operation="value", **options):
    return compute_with_arrays(loss, loss.read_call((x, y), options), operation)


@pytest.mark.parametrize("other", [np.nan, np.inf, -np.inf])
def test_a_row_that_is_no_number_does_not_hide_ties_in_another(other):
    z, y = np.array([[other, 1, 2], [5.0, 5.0, 1.0]]), np.array([0, 0])
    if other == -np.inf:
        z[0] = other
    p = np.exp([0, 0, -4]) / (2 + np.exp(-4))
    assert lossary.cross_entropy(z, y, reduction="none")[1] == pytest.approx(-np.log(p[0]), rel=1e-14)
    np.testing.assert_allclose(lossary.cross_entropy.gradient(z, y, reduction="sum")[1], p - [1, 0, 0], rtol=1e-13)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("by", ["weight", "class_weight"])
def test_what_weighs_nothing_is_checked_like_the_rest(rows, by):
    weight = {"weight": np.r_[0, np.ones(rows - 1)], "class_weight": np.r_[0, np.ones(9)]}[by]
    labels = np.arange(rows) % 9 + 1
    labels[0] = 0
    p = np.full((rows, 10), 0.1)
    p[0] = 7
    with pytest.raises(ValueError, match=r"a prediction lies in .*got 7"):
        lossary.cross_entropy(p, labels, given="probabilities", **{by: weight})
    if by == "weight":
        with pytest.raises(ValueError, match=r"a target lies in .*got 7"):
            lossary.cross_entropy(np.zeros((rows, 10)), p, weight=weight)
        p[0] = 0.2
        with pytest.raises(ValueError, match=r"target row sum to 1.*got 2"):
            lossary.cross_entropy(np.zeros((rows, 10)), p, weight=weight)


@pytest.mark.parametrize("rows", SIZES)
def test_a_logit_that_is_no_number_has_no_gradient_where_it_weighs_nothing(rows):
    z, y = np.zeros((rows, 10)), np.zeros(rows, int)
    z[0, 3] = np.nan
    weight = np.r_[0, np.ones(rows - 1)]
    for x, labels, w in ((z, y, weight), [torch.from_numpy(a) for a in (z, y, weight)]):
        assert (lossary.cross_entropy.value_and_gradient(x, labels, weight=w)[1][0] == 0).all()
        assert (plainly(lossary.cross_entropy, x, labels, "gradient", weight=w)[0] == 0).all()


@pytest.mark.parametrize("size", [5, 5000])
def test_results_are_not_the_callers_own_arrays(size):
    y = np.ones(size)
    product.gradient(np.arange(float(size)), y, reduction="none")[:] = 0
    plainly(product, np.arange(float(size)), y, "gradient", reduction="none")[:] = 0
    assert (y == 1).all()
    t = torch.ones(size)
    product.gradient(torch.arange(float(size)), t, reduction="none").zero_()
    assert (t == 1).all()
    x = torch.arange(float(size), requires_grad=True)
    for reduction in ("none", "sum"):
        (gradient,) = torch.autograd.grad(product(x, t, reduction=reduction).sum(), x, create_graph=True)
        assert (gradient == 1).all()
        (plain,) = torch.autograd.grad(plainly(product, x, t, reduction=reduction).sum(), x)
        assert (plain == 1).all()


def test_a_tensor_that_is_one_number():
    x, y = torch.tensor(3.0, requires_grad=True), torch.tensor(1.0)
    cost = lossary.squared_error(x, y)
    cost.backward()
    assert (cost.item(), x.grad.item()) == (4, 4)
    value, gradient = lossary.squared_error.value_and_gradient(x.detach(), y, reduction="none")
    assert (value.shape, gradient.shape, value.item(), gradient.item()) == ((), (), 4, 4)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize(
    ("name", "reduction"), [("weight", "sum"), ("where", "sum"), ("class_weight", "sum"), ("weight", "none")]
)
def test_options_changed_between_forward_and_backward_are_noticed(rows, name, reduction, monkeypatch):
    monkeypatch.setattr("lossary.engine.plans.SMALLEST_IN_AUTOGRAD", 4096)
    x, y = torch.zeros(rows, 10, dtype=torch.float64, requires_grad=True), torch.zeros(rows, dtype=torch.long)
    option = {"weight": torch.ones(rows).double(), "where": torch.ones(rows) > 0, "class_weight": torch.ones(10)}[name]
    cost = lossary.cross_entropy(x, y, reduction=reduction, **{name: option})
    option.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        cost.sum().backward()


def test_checkpoints_serve_what_is_computed_plainly():
    z, y = torch.randn(20, 10, requires_grad=True), torch.zeros(20, dtype=torch.long)
    for call in (
        lambda z: lossary.cross_entropy(z * 1, y, weight=torch.ones(20)),
        lambda z: lossary.huber(z * 1, torch.zeros(20, 10), delta=torch.tensor(1.0)),
        lambda z: lossary.cross_entropy((z * 1).bfloat16(), y),
    ):
        (found,) = torch.autograd.grad(checkpoint(call, z, use_reentrant=False), z)
        (expected,) = torch.autograd.grad(call(z), z)
        torch.testing.assert_close(found, expected)


def test_integers_become_what_the_default_dtype_is_now():
    x, y = torch.arange(5000), torch.zeros(5000, dtype=torch.long)
    assert lossary.squared_error(x, y).dtype == torch.float32
    torch.set_default_dtype(torch.float64)
    try:
        assert lossary.squared_error(x, y).dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_options_that_are_new_at_every_call_are_not_kept_for_ever():
    x = np.ones(10)
    for k in range(1000):
        lossary.squared_error(x, x, normalizer=1.5 + k)
    gc.collect()
    assert len(lossary.squared_error._remembered) <= 256
    assert len(lossary.squared_error.plans) <= 256


@pytest.mark.parametrize("rows", SIZES)
def test_the_byte_order_of_half_precision_stays(rows):
    z = np.zeros((rows, 10), ">f2")
    losses, gradient = lossary.cross_entropy.value_and_gradient(z, np.zeros(rows, int), reduction="none")
    assert losses.dtype == gradient.dtype == z.dtype


def test_an_out_whose_elements_share_memory_or_that_is_masked_is_refused():
    x = np.arange(100.0)
    shared = np.lib.stride_tricks.as_strided(np.zeros(1), (100,), (0,))
    with pytest.raises(ValueError, match="whose elements share memory"):
        lossary.squared_error.gradient(x, x, out=shared)
    with pytest.raises(TypeError, match="out= is a NumPy array"):
        lossary.squared_error.gradient(x, x, out=np.ma.masked_array(x))


@pytest.mark.heavy
def test_a_system_without_huge_pages_or_the_mark_of_free_memory_is_none_the_worse():
    script = (
        "import mmap\nmmap.{} = 9999\nimport numpy as np, lossary\nx = np.ones(1 << 21)\n"
        "for _ in range(3): assert (lossary.squared_error.gradient(x, 2 * x, reduction='sum') == -2).all()"
    )
    for name in ("MADV_HUGEPAGE", "MADV_FREE"):
        done = subprocess.run([sys.executable, "-c", script.format(name)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.heavy
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_process_forked_while_something_is_compiled_can_compile(tmp_path):
    script = """
import os, threading, time
import numpy as np, numba, lossary
@lossary.pointwise
def mine(prediction, target): return (prediction - target) ** 4
@lossary.pointwise
def another(prediction, target): return (prediction - target) ** 6
x = np.linspace(-1, 1, 5000)
lossary.squared_error(x, x)
thread = threading.Thread(target=mine, args=(x, x))
thread.start()
time.sleep(0.1)
child = os.fork()
if not child:
    another(x, x)
    os._exit(0)
deadline = time.monotonic() + 60
while not (ended := os.waitpid(child, os.WNOHANG)[0]) and time.monotonic() < deadline:
    time.sleep(0.05)
if not ended:
    os.kill(child, 9)
assert ended
thread.join()
"""
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_cotangent_of_0_is_a_factor_and_no_mask(rows, dtype):
    x, y = torch.zeros(rows, 10, dtype=dtype), torch.zeros(rows, dtype=torch.long)
    x[3, 4] = torch.nan
    kept = torch.arange(rows) != 3
    leaf = x.clone().requires_grad_()
    lossary.cross_entropy(leaf, y, reduction="none")[kept].sum().backward()
    twin = x.clone().requires_grad_()
    torch.nn.functional.cross_entropy(twin, y, reduction="none")[kept].sum().backward()
    torch.testing.assert_close(leaf.grad, twin.grad, equal_nan=True)
    assert leaf.grad[3].isnan().all()
    if dtype == torch.float32:
        leaf = x.clone().requires_grad_()
        lossary.cross_entropy(leaf, y, where=kept, reduction="none").sum().backward()
        assert (leaf.grad[3] == 0).all()
