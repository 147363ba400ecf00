"""``prepare``: afterwards no call that it was for compiles anything, whatever the number of samples."""

import numpy as np
import pytest
import torch

import lossary
from lossary.kernels import compiler, native


@pytest.fixture
def compiles(monkeypatch, kernels):
    """Kernels that were asked for since, to be compiled or interpreted."""
    asked = []
    once = native._native

    def noted(*arguments):
        asked.append(arguments[2])
        return once(*arguments)

    monkeypatch.setattr(native, "_native", noted)
    return asked


def fresh(loss):
    """The loss as in a new process."""
    loss._kernels.clear()
    loss.plans.clear()


def pieces(rows, dtype, **options):
    x = torch.randn(rows, 7, 3, dtype=dtype)
    options = {name: value(rows) for name, value in options.items()}
    return x, torch.randint(0, 7, (rows, 3)), options


OPTIONS = {
    "plain": {},
    "per sample": {"reduction": lambda rows: "none"},
    "weights": {"weight": lambda rows: torch.ones(rows, 3), "ignore_index": lambda rows: 0},
    "returns": {
        "returns": lambda rows: ("entropy",),
        "class_weight": lambda rows: torch.ones(7),
        "label_smoothing": lambda rows: 0.1,
    },
}


@pytest.mark.parametrize("name", [pytest.param("plain", marks=pytest.mark.compiled), *list(OPTIONS)[1:]])
def test_a_step_of_training_needs_nothing_more(name, compiles):
    loss, dtype = lossary.cross_entropy, torch.bfloat16 if name == "plain" else torch.float32
    fresh(loss)
    x, y, options = pieces(0, dtype, **OPTIONS[name])
    if name == "plain":
        x, y = x.to("meta"), y.to("meta")
    loss.prepare(x, y, axis=1, **options)
    assert compiles
    compiles.clear()
    x, y, options = pieces(40, dtype, **OPTIONS[name])
    with torch.no_grad():
        loss(x, y, axis=1, **options)
        loss.value_and_gradient(x, y, axis=1, **options)
    x.requires_grad_()
    cost = loss(x, y, axis=1, **options)
    (3 * (cost[0] if isinstance(cost, tuple) else cost).sum()).backward()
    assert compiles == []
    assert (x.grad != 0).any()


def test_arrays_in_another_order_and_of_other_libraries_are_prepared_for(compiles):
    for x, y in (
        (np.empty((0, 3, 7), "f4").transpose(0, 2, 1), np.empty((0, 3), "i4")),
        (torch.empty(2, 3, 7, device="meta").transpose(1, 2), torch.empty(2, 3, dtype=torch.int32, device="meta")),
    ):
        fresh(lossary.cross_entropy)
        lossary.cross_entropy.prepare(x, y, axis=1)
        assert compiles
        compiles.clear()
        large = np.random.default_rng(0).normal(size=(40, 3, 7)).astype("f4")
        z, labels = large.transpose(0, 2, 1), np.zeros((40, 3), "i4")
        if isinstance(x, torch.Tensor):
            z, labels = torch.from_numpy(z), torch.from_numpy(labels)
        lossary.cross_entropy(z, labels, axis=1)
        lossary.cross_entropy.value_and_gradient(z, labels, axis=1)
        assert compiles == []


def test_pointwise_losses_within_their_domains(compiles):
    fresh(lossary.binary_cross_entropy)
    options = {"given": "probabilities", "reduction": "none"}
    lossary.binary_cross_entropy.prepare(np.empty((0, 1), "f4"), np.empty((0, 1), "f4"), **options)
    assert compiles
    compiles.clear()
    x = np.full((300, 1), 0.25, "f4")
    assert lossary.binary_cross_entropy(x, x, **options)[0, 0] == pytest.approx(-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)))
    lossary.binary_cross_entropy.value_and_gradient(x, x, **options)
    assert compiles == []


@pytest.mark.parametrize("teacher", [False, pytest.param(True, marks=pytest.mark.heavy)])
def test_a_linear_loss_needs_nothing_more(compiles, teacher):
    meta = {"device": "meta"}
    lossary.cross_entropy._kernels.clear()
    hidden, weight = torch.empty(8, 512, **meta), torch.empty(50_000, 512, **meta)
    labels = torch.empty(8, dtype=torch.long, **meta)
    if teacher:
        lossary.linear_kl_divergence.prepare(hidden, weight, hidden, weight)
    else:
        lossary.torch.LinearCrossEntropy(512, 50_000, bias=True, device="meta", dtype=torch.float32).prepare(hidden, labels)
    assert compiles
    compiles.clear()
    hidden, weight = torch.randn(5, 4, requires_grad=True), torch.randn(9, 4)
    if teacher:
        lossary.linear_kl_divergence(hidden, weight, torch.randn(5, 4), weight).backward()
    else:
        lossary.linear_cross_entropy(hidden, weight, torch.zeros(5, dtype=torch.long), bias=torch.zeros(9)).backward()
    assert compiles == []
    assert (hidden.grad != 0).any()


def test_a_module_is_prepared_with_its_own_options(compiles):
    fresh(lossary.cross_entropy)
    module = lossary.torch.CrossEntropy(label_smoothing=0.1, class_weight=torch.ones(5))
    module.prepare(torch.empty(0, 5), torch.empty(0, dtype=torch.long), where=torch.empty(0, dtype=torch.bool))
    assert compiles
    compiles.clear()
    x = torch.randn(4, 5, requires_grad=True)
    module(x, torch.zeros(4, dtype=torch.long), where=torch.ones(4, dtype=torch.bool)).backward()
    assert compiles == []


def test_what_has_no_kernel_needs_none_and_wrong_input_is_refused(monkeypatch):
    import jax

    @lossary.composed
    def own(prediction, target):
        return abs(prediction - target)

    before = len(compiler._engines)
    own.prepare(np.empty(0), np.empty(0))
    lossary.huber.prepare(jax.numpy.zeros(3), jax.numpy.zeros(3))
    assert len(compiler._engines) == before
    with pytest.raises(ValueError, match="class indices of shape"):
        lossary.cross_entropy.prepare(np.empty((0, 4)), np.empty((0, 4, 1), int))
    with pytest.raises(TypeError, match="did you mean 'delta'"):
        lossary.huber.prepare(np.empty(0), np.empty(0), detla=1)
    with pytest.raises(TypeError, match="did you mean 'bias'"):
        lossary.linear_cross_entropy.prepare(np.empty((0, 3)), np.empty((5, 3)), np.empty(0, int), bais=None)
