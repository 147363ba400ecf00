"""Log-probabilities of sequences beside the log-softmax of all logits, and a step of DPO beside a naive one."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional

import lossary
from lossary import sequence_log_probabilities as log_p

TOKENS = ("sum", "mean")


def batch(rows=4, length=6, width=5, classes=11, seed=0):
    """Hidden states, weight, bias, and tokens of which a prompt and padding are left out, all of the last row."""
    rng = np.random.default_rng(seed)
    h, w, b = rng.normal(size=(rows, length, width)), rng.normal(size=(classes, width)), rng.normal(size=classes)
    y = rng.integers(0, classes, (rows, length))
    y[:, :2], y[0, -1], y[-1] = -100, -100, -100
    return h, w, b, y


def naive(h, w, b, y, tokens, soft_cap=None, temperature=1.0):
    """The same from all logits, in torch."""
    z = h @ w.T if b is None else h @ w.T + b
    z = (z if soft_cap is None else soft_cap * torch.tanh(z / soft_cap)) / temperature
    counted = y != -100
    each = functional.log_softmax(z, -1).gather(-1, y.clamp(min=0)[..., None])[..., 0]
    total = torch.where(counted, each, 0.0).sum(-1)
    return total if tokens == "sum" else total / counted.sum(-1)


def tensors(*arrays):
    return [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize("options", [{}, {"soft_cap": 2.0, "temperature": 0.7, "chunk": 3}], ids=["plain", "shaped"])
def test_values_and_gradients_are_those_of_all_logits(tokens, options):
    h, w, b, y = batch()
    upstream = np.array([1.0, -2.0, 0.5, 0.0])
    ht, wt, bt, yt = tensors(h, w, b, y)
    shaping = {name: x for name, x in options.items() if name != "chunk"}
    want = naive(ht, wt, bt, yt, tokens, **shaping)
    given = torch.where(torch.isnan(want), 0.0, want)
    slopes = torch.autograd.grad((torch.tensor(upstream)[:3] * given[:3]).sum(), (ht, wt, bt))
    same = {"rtol": 1e-12, "atol": 1e-13}

    found = log_p(h, w, y, tokens=tokens, bias=b, ignore_index=-100, **options)
    np.testing.assert_allclose(found, want.detach(), **same)
    gradients = log_p.gradient(h, w, y, tokens=tokens, bias=b, ignore_index=-100, upstream=upstream, **options)
    for got, slope in zip(gradients, slopes, strict=True):
        np.testing.assert_allclose(got, slope, **same)

    leaves = tensors(h, w, b)
    found = log_p(leaves[0], leaves[1], yt, tokens=tokens, bias=leaves[2], ignore_index=-100, **options)
    np.testing.assert_allclose(found.detach(), want.detach(), **same)
    for got, slope in zip(torch.autograd.grad((found[:3] * torch.tensor(upstream)[:3]).sum(), leaves), slopes, strict=True):
        np.testing.assert_allclose(got, slope, **same)
    torch_gradients = log_p.gradient(
        ht, wt, yt, tokens=tokens, bias=bt, ignore_index=-100, upstream=torch.tensor(upstream), **options
    )
    np.testing.assert_allclose(torch_gradients.weight.detach(), slopes[1], **same)


@pytest.mark.parametrize("tokens", TOKENS)
def test_jax_differentiates_them(tokens):
    h, w, b, y = batch()
    ht, wt, bt, yt = tensors(h, w, b, y)
    want = naive(ht, wt, bt, yt, tokens)[:3].sum()
    cost = lambda h, w, b: log_p(h, w, y, tokens=tokens, bias=b, ignore_index=-100)[:3].sum()
    value, gradients = jax.jit(jax.value_and_grad(cost, argnums=(0, 1, 2)))(*map(jnp.asarray, (h, w, b)))
    np.testing.assert_allclose(value, want.detach(), rtol=1e-12)
    for got, slope in zip(gradients, torch.autograd.grad(want, (ht, wt, bt)), strict=True):
        np.testing.assert_allclose(got, slope, rtol=1e-11, atol=1e-12)


def test_a_mask_does_what_a_label_to_ignore_does_and_what_is_masked_is_never_read():
    h, w, _, y = batch()
    where = y != -100
    h[~where] = np.nan
    for tokens in TOKENS:
        one = log_p(h, w, np.where(where, y, 999), tokens=tokens, where=where)
        np.testing.assert_array_equal(one, log_p(h, w, y, tokens=tokens, ignore_index=-100))
    assert one.shape == (4,)
    assert log_p(h[0, 3:5], w, y[0, 3:5], tokens="sum").shape == ()


def test_a_sequence_without_tokens_has_no_mean_and_no_gradient():
    h, w, _, y = batch()
    ht, wt, yt = tensors(h, w, y)
    total, mean = (log_p(ht, wt, yt, tokens=tokens, ignore_index=-100) for tokens in TOKENS)
    assert total[-1] == 0
    assert torch.isnan(mean[-1])
    (gradient,) = torch.autograd.grad(mean.sum(), ht)
    assert torch.isfinite(gradient).all()
    assert (gradient[-1] == 0).all()
    assert np.isfinite(log_p.gradient(h, w, y, tokens="mean", ignore_index=-100).hidden).all()


def test_half_precision_is_summed_in_single():
    h, w, _, y = batch(length=400)
    ht, wt = (torch.tensor(x).to(torch.bfloat16) for x in (h, w))
    yt = torch.tensor(y)
    found = log_p(ht, wt, yt, tokens="sum", ignore_index=-100)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), naive(ht.double(), wt.double(), None, yt, "sum"), rtol=1e-6, atol=0.0)


def test_a_step_of_dpo_is_the_naive_one_and_compiles_to_one_graph():
    h, w, _, y = batch(rows=4)
    y[-1, 2:] = 1
    rng = np.random.default_rng(1)
    reference = torch.tensor(rng.normal(size=h.shape)), torch.tensor(rng.normal(size=w.shape))
    yt = torch.tensor(y)

    def cost(of, h, w):
        policy = of(h, w)
        with torch.no_grad():
            fixed = of(*reference)
        return lossary.dpo(policy[:2], policy[2:], fixed[:2], fixed[2:], beta=0.3)

    def textbook(policy, fixed):
        return -functional.logsigmoid(0.3 * ((policy[:2] - fixed[:2]) - (policy[2:] - fixed[2:]))).mean()

    linear = lambda h, w: log_p(h, w, yt, tokens="sum", ignore_index=-100)
    logits = lambda h, w: naive(h, w, None, yt, "sum")
    ht, wt = tensors(h, w)
    want = textbook(logits(ht, wt), logits(*reference))
    slopes = torch.autograd.grad(want, (ht, wt))
    for call in (cost, torch.compile(cost, backend="aot_eager", fullgraph=True)):
        ht, wt = tensors(h, w)
        found = call(linear, ht, wt)
        torch.testing.assert_close(found, want, rtol=1e-12, atol=0)
        for got, slope in zip(torch.autograd.grad(found, (ht, wt)), slopes, strict=True):
            torch.testing.assert_close(got, slope, rtol=1e-10, atol=1e-12)
    # in NumPy, the gradient of the loss goes into that of the log-probabilities
    policy, fixed = (log_p(*x, y, tokens="sum", ignore_index=-100) for x in ((h, w), [x.numpy() for x in reference]))
    pulls = lossary.dpo.gradient(policy[:2], policy[2:], fixed[:2], fixed[2:], beta=0.3)
    upstream = np.concatenate([pulls.chosen, pulls.rejected])
    gradients = log_p.gradient(h, w, y, tokens="sum", ignore_index=-100, upstream=upstream)
    for got, slope in zip(gradients[:2], slopes, strict=True):
        np.testing.assert_allclose(got, slope, rtol=1e-10, atol=1e-12)


H, W, Y = np.ones((2, 3, 4)), np.ones((5, 4)), np.zeros((2, 3), int)
WRONG = [
    ({}, TypeError, "tokens"),
    ({"tokens": "average"}, ValueError, "tokens is one of 'sum', 'mean'; got 'average'"),
    ({"tokens": "sum", "ignore_idx": 1}, TypeError, "no option 'ignore_idx'; did you mean 'ignore_index'"),
    ({"tokens": "sum", "target": Y + 0.5}, TypeError, "sequence_log_probabilities: target holds the index of each token"),
    ({"tokens": "sum", "target": Y + 7}, ValueError, r"a class index lies in 0 … 4.*got 7"),
    ({"tokens": "sum", "target": Y[:, 1:]}, ValueError, r"hidden\[:, :-1\] goes with labels\[:, 1:\]"),
]


@pytest.mark.parametrize(("options", "kind", "message"), WRONG)
def test_what_is_wrong_is_refused(options, kind, message):
    with pytest.raises(kind, match=message):
        log_p(H, W, **{"target": Y, **options})


def test_an_upstream_gradient_has_one_number_a_sequence():
    with pytest.raises(ValueError, match=r"upstream has one number a sequence, so its shape is \(2,\); got \(2, 3\)"):
        log_p.gradient(H, W, Y, tokens="sum", upstream=np.ones((2, 3)))


def test_it_is_pickled_by_name():
    assert pickle.loads(pickle.dumps(log_p)) is log_p
    assert "tokens" in repr(log_p)
