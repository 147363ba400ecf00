"""Where a release of torch lacks a private name, losses are right all the same, by array operations."""

import importlib

import pytest
import torch
from torch.autograd import forward_ad

import lossary
from lossary.arrays import torch_state

NAMES = {
    "peek_interpreter_stack": torch._C._functorch,
    "get_interpreter_stack": torch._C._functorch,
    "TransformType": torch._C._functorch,
    "is_legacy_batchedtensor": torch._C._functorch,
    "is_batchedtensor": torch._C._functorch,
    "_get_current_graph_task_keep_graph": torch._C._autograd,
    "_len_torch_dispatch_stack": torch._C,
    "_is_tracing": torch._C,
    "_current_level": forward_ad,
    "_set_fwd_grad_enabled": forward_ad,
}


@pytest.fixture
def without(monkeypatch):
    """Import what reads torch's state as if torch lacked a name; torch itself has it again afterwards."""
    saved = dict(vars(torch_state))

    def reload(name):
        with monkeypatch.context() as patched:
            patched.delattr(NAMES[name], name)
            importlib.reload(torch_state)

    yield reload
    vars(torch_state).update(saved)


def steps():
    """Costs, gradients, second derivatives and batches of gradients, of several losses."""
    torch.manual_seed(0)
    found = []
    for loss, classes in ((lossary.huber, None), (lossary.binary_cross_entropy, None), (lossary.cross_entropy, 5)):
        x = torch.randn(12, 5, dtype=torch.float64, requires_grad=True)
        y = torch.randint(0, classes, (12,)) if classes else torch.randint(0, 2, (12, 5)).double()
        cost = loss(x, y)
        cost.backward(retain_graph=True)
        (gradient,) = torch.autograd.grad(2 * cost, x, create_graph=True)
        (second,) = torch.autograd.grad(gradient.square().sum(), x)
        batch = torch.autograd.grad(loss(x, y), x, torch.eye(3, dtype=torch.float64)[0], is_grads_batched=True)[0]
        func = torch.func.grad(lambda z, loss=loss, y=y: loss(z, y))(x.detach())
        found += [cost.detach(), x.grad, gradient.detach(), second, batch, func]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_name_changes_no_answer(name, without):
    expected = steps()
    without(name)
    for got, right in zip(steps(), expected, strict=True):
        torch.testing.assert_close(got, right, rtol=1e-12, atol=1e-14)


def test_second_derivatives_of_forward_mode_are_refused_rather_than_0(without):
    without("_set_fwd_grad_enabled")
    x = torch.ones(3)
    with pytest.raises(NotImplementedError, match="a rule of forward mode can be differentiated where torch has"):
        torch.func.jvp(lambda z: lossary.huber(z, 0 * x), (x,), (x,))


@pytest.mark.parametrize("name", ["peek_interpreter_stack", "_current_level", "_len_torch_dispatch_stack"])
def test_what_is_not_known_counts_as_going_on(name, without, monkeypatch):
    assert not torch_state.is_watched()
    without(name)
    if name == "_current_level":
        monkeypatch.delattr(forward_ad, name)
    assert torch_state.is_watched()
