"""Linear losses of torch tensors beside their definitions: every way to differentiate, what is needed and nothing else."""

import itertools
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.checkpoint import checkpoint

import lossary
from lossary import linear_cross_entropy as CE
from lossary.linear_losses import loop, on_torch
from tests.linear_losses.cases import CASES, Batch, all_close, assert_close
from tests.softmax_oracle import RETURNS, focal, generalized, pulled, truth, wide, with_gradients

ROWS, WIDTH, CLASSES = 19, 5, 11


@pytest.fixture
def runs(monkeypatch):
    """For each pass over the blocks, which gradients it was to find."""
    found = []
    run = loop.run
    monkeypatch.setattr(loop, "run", lambda *arguments: found.append(tuple(arguments[3])) or run(*arguments))
    return found


def arrays_of(rows=ROWS, width=WIDTH, classes=CLASSES, dtype=torch.float64, seed=0):
    """Hidden states, weight, bias, labels and soft targets."""
    generator = torch.Generator().manual_seed(seed)
    new = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
    soft = torch.softmax(2 * new(rows, classes), -1).to(dtype if dtype == torch.float64 else torch.float32)
    arrays = [x.to(dtype) for x in (new(rows, width), new(classes, width), new(classes))]
    return *arrays, torch.randint(0, classes, (rows,), generator=generator), soft


def leaves(*tensors):
    """Copies that want a gradient each."""
    return [x.detach().clone().requires_grad_() for x in tensors]


def mean_of(h, w, b, target, **options):
    """The mean loss by its definition."""
    return truth(h, w, b, target, **options)["loss"]


def close(found, expected, factor=64):
    """Within so many units of rounding of numbers as large as the largest."""
    assert_close(found, expected, factor * torch.finfo(found.dtype).eps)


@pytest.mark.parametrize("case", CASES)
def test_gradients_of_whatever_was_returned_are_the_truth(case, way):
    batch = Batch()
    loss, layer, options = batch.case(case)
    every = batch.pulls(case, True)
    uses = [("loss",), tuple(every), ("log_normalizer",)]
    if case in ("class_weight", "soft, all", "kl", "js"):  # by another kernel each
        uses.append(("token_losses",))
    for i, names in enumerate(uses):
        pulls = {name: every[name] for name in names}
        want, gradients = batch.expected(case, pulls)
        own = leaves(*layer)
        found = loss(*own[:2], bias=own[2], returns=RETURNS, chunk=("auto", 5)[i % 2], **options)
        for name, x in found._asdict().items():
            close(x, want[name], 512 if "teacher_hidden" in options else 64)
        assert not found.accuracy.requires_grad
        pulled(found._asdict(), pulls).backward()
        for x, gradient in zip(own, gradients, strict=True):
            close(x.grad, gradient, 1024 if "teacher_hidden" in options else 256)


@pytest.mark.parametrize("wanted", list(itertools.product([False, True], repeat=3)), ids=str)
@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_only_the_gradients_that_are_needed_are_computed(wanted, reduction, runs):
    arrays = arrays_of()
    tensors = [x.requires_grad_(one) for x, one in zip(arrays[:3], wanted, strict=True)]
    cost = CE(*tensors[:2], arrays[3], bias=tensors[2], reduction=reduction)
    early = wanted if reduction == "sum" else (False,) * 3
    assert runs == [early]
    assert cost.requires_grad == any(wanted)
    if not any(wanted):
        return
    cost.sum().backward()
    assert runs == ([early] if reduction == "sum" else [early, wanted])
    copies = leaves(*arrays[:3])
    mean_of(*copies, arrays[3], reduction="sum").backward()
    for x, copy, one in zip(tensors, copies, wanted, strict=True):
        assert (x.grad is not None) == one
        if one:
            close(x.grad, copy.grad)


def test_without_gradients_none_are_computed(runs):
    h, w, b, y, _ = arrays_of()
    tensors = leaves(h, w, b)
    with torch.no_grad():
        quiet = CE(*tensors[:2], y, bias=tensors[2])
    with torch.inference_mode():
        silent = CE(*tensors[:2], y, bias=tensors[2])
    assert not quiet.requires_grad
    assert runs == [(False,) * 3] * 2
    assert quiet.item() == silent.item() == CE(h, w, y, bias=b).item()
    (only,) = torch.autograd.grad(CE(*tensors[:2], y, bias=tensors[2]), tensors[1])
    close(only, torch.autograd.grad(mean_of(*tensors, y), tensors[1])[0])


def test_a_weight_may_be_made_of_others_and_be_used_twice():
    h, w, b, y, _ = arrays_of()
    a, c = (
        torch.randn(CLASSES, 2, dtype=torch.float64, requires_grad=True),
        torch.randn(2, WIDTH, dtype=torch.float64, requires_grad=True),
    )
    grads = torch.autograd.grad(CE(h, w + a @ c, y, bias=b), (a, c))
    expected = torch.autograd.grad(mean_of(h, w + a @ c, b, y), (a, c))
    for one, two in zip(grads, expected, strict=True):
        close(one, two)
    (w,) = leaves(w)
    cost = lambda loss: loss(w[y].tanh(), w, None, y)  # tied to the embedding
    (one,) = torch.autograd.grad(cost(lambda h, w, b, y: CE(h, w, y)), w)
    close(one, torch.autograd.grad(cost(mean_of), w)[0])


def test_value_and_gradient_need_no_leaves():
    h, w, b, y, _ = arrays_of()
    tensors = leaves(h, w, b)
    expected = torch.autograd.grad(mean_of(*tensors, y), tensors)
    value, gradients = CE.value_and_gradient(h.reshape(1, ROWS, WIDTH), w, y[None], bias=b, returns=RETURNS)
    assert not any(x.requires_grad for x in (*value, *gradients))
    close(value.loss, mean_of(h, w, b, y))
    assert gradients.hidden.shape == (1, ROWS, WIDTH)
    for one, two in zip(gradients, expected, strict=True):
        close(one.reshape(two.shape), two)
    assert CE.gradient(h, w, y).bias is None
    value, gradients = CE.value_and_gradient(*tensors[:2], y, bias=tensors[2])
    assert value.requires_grad
    assert gradients.weight.requires_grad
    assert [x.grad for x in tensors] == [None] * 3


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 1, 3)], ids=str)
def test_hidden_states_may_have_any_leading_axes(shape):
    rows = int(np.prod(shape))
    h, w, b, y, t = arrays_of(rows=rows)
    labels = y.reshape(shape)
    for target in (labels, t.reshape(*shape, CLASSES)):
        for reduction in ("mean", "none"):
            own, theirs = leaves(h.reshape(*shape, WIDTH), w, b), leaves(h, w, b)
            cost = CE(*own[:2], target, bias=own[2], reduction=reduction)
            assert cost.shape == (() if reduction == "mean" else shape)
            cost.sum().backward()
            mean_of(*theirs, y if target is labels else t, reduction="mean" if reduction == "mean" else "sum").backward()
            for one, two in zip(own, theirs, strict=True):
                close(one.grad.reshape(two.grad.shape), two.grad)


def test_tensors_may_lie_in_memory_as_they_like():
    h, w, b, y, t = arrays_of()
    gaps = torch.full((ROWS, 3, 2 * WIDTH), torch.nan, dtype=torch.float64)
    gaps[:, 1, ::2] = h
    hiddens = [h.T.contiguous().T, gaps[:, 1, ::2], h.reshape(1, ROWS, WIDTH).expand(1, ROWS, WIDTH)[0], torch._neg_view(-h)]
    weights = [w.T.contiguous().T, w.repeat_interleave(2, 0)[::2], w, torch._neg_view(-w)]
    softs = [t.T.contiguous().T, t.repeat_interleave(2, 1)[:, ::2], t, torch._neg_view(-t)]
    for target, softer in ((y, None), (t, softs)):
        theirs = leaves(h, w, b)
        mean_of(*theirs, target).backward()
        for i, (one, two) in enumerate(zip(hiddens, weights, strict=True)):
            own = [one.detach().requires_grad_(), two.detach().requires_grad_(), *leaves(b)]
            CE(*own[:2], target if softer is None else softer[i], bias=own[2], chunk=4).backward()
            for a, e in zip(own, theirs, strict=True):
                close(a.grad, e.grad)
    row = torch.ones(1, WIDTH, dtype=torch.float64, requires_grad=True)
    cost = CE(row.expand(ROWS, WIDTH), w, y)
    close(torch.autograd.grad(cost, row)[0], torch.autograd.grad(mean_of(row.expand(ROWS, WIDTH), w, None, y), row)[0])


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int32, torch.uint16, torch.uint32, torch.uint64], ids=str)
def test_labels_may_have_any_integer_dtype(dtype):
    h, w, b, y, _ = arrays_of()
    assert CE(h, w, y.to(dtype), bias=b).item() == CE(h, w, y, bias=b).item()
    y[4] = 120
    with pytest.raises(ValueError, match=r"linear_cross_entropy: a class index lies in 0 … 10.*got 120 at index 4"):
        CE(h, w, y.to(dtype), bias=b)


def test_nothing_to_average_is_what_empty_says():
    h, w, b, y, t = arrays_of()
    none = torch.zeros(ROWS, dtype=torch.bool)
    for arrays, options in (
        ((h, w, y), {"where": none}),
        ((h * torch.nan, w, y * 0), {"ignore_index": 0}),
        ((h[:0], w, y[:0]), {}),
        ((h[:0], w, t[:0]), {}),
    ):
        for empty, reduction in (("nan", "mean"), ("zero", "mean"), ("nan", "sum")):
            own = leaves(*arrays[:2], b)
            found = CE(*own[:2], arrays[2], bias=own[2], empty=empty, reduction=reduction, returns=RETURNS, **options)
            np.testing.assert_array_equal(found.loss.detach(), np.nan if (empty, reduction) == ("nan", "mean") else 0)
            (found.loss + found.entropy.sum()).backward()
            assert not any(x.grad.any() for x in own)
        with pytest.raises(ValueError, match="mean of no samples"):
            CE(*arrays[:2], arrays[2], empty="raise", **options)


# ---- half precision


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_the_gradient_of_a_half_weight_over_many_blocks_is_no_worse_than_torchs(dtype):
    h, w, b, y, _ = arrays_of(rows=400, width=16, classes=64, dtype=dtype)
    theirs, truth, own = leaves(h, w, b), leaves(h.double(), w.double(), b.double()), leaves(h, w, b)
    nn.functional.cross_entropy(nn.functional.linear(*theirs), y).backward()
    mean_of(*truth, y).backward()
    for chunk in ("auto", 8):
        own = leaves(h, w, b)
        cost = CE(*own[:2], y, bias=own[2], chunk=chunk)
        assert cost.dtype == torch.float32
        assert cost.item() == pytest.approx(mean_of(h, w, b, y).item(), rel=1e-6)
        cost.backward()
        for one, two, true in zip(own, theirs, truth, strict=True):
            assert one.grad.dtype == dtype
            error, other = ((x.grad.double() - true.grad).abs().max() for x in (one, two))
            assert error <= other
            # rounded once
            smallest = torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps
            bound = true.grad.abs() * (torch.finfo(dtype).eps / 2 + 1e-5) + smallest + 1e-6 * true.grad.abs().max()
            assert ((one.grad.double() - true.grad).abs() <= bound).all()


def test_a_confident_row_in_half_precision_keeps_its_gradient():
    rest = 2 * np.exp(-12.0) / (1 + 2 * np.exp(-12.0))
    for dtype in (torch.bfloat16, torch.float16):
        h, w = leaves(torch.tensor([[12.0]], dtype=dtype), torch.tensor([[1.0], [0.0], [0.0]], dtype=dtype))
        CE(h, w, torch.tensor([0]), reduction="none").backward(torch.ones(1, dtype=dtype))
        expected = torch.tensor([[-12 * rest], [6 * rest], [6 * rest]]).to(dtype)
        torch.testing.assert_close(w.grad, expected, rtol=torch.finfo(dtype).eps, atol=6e-8)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_scaled_cost_does_not_underflow_in_float16(reduction):
    h, w, b, y, _ = arrays_of(rows=400, dtype=torch.float16)
    own, truth = leaves(h, w, b), leaves(h.double(), w.double(), b.double())
    scale = 2.0**12
    cost = CE(*own[:2], y, bias=own[2], reduction=reduction)
    if reduction == "none":
        cost.backward(torch.full((400,), scale / 400, dtype=torch.float16))
    else:
        (cost * scale).backward()
    (mean_of(*truth, y) * scale).backward()
    for one, true in zip(own, truth, strict=True):
        torch.testing.assert_close(one.grad.double(), true.grad, rtol=6e-4 if reduction == "mean" else 2e-3, atol=1e-5)


def test_autocast_neither_hinders_nor_rounds():
    h, w, b, y, t = arrays_of(dtype=torch.float32)
    for dtype, target in itertools.product((torch.float32, torch.bfloat16), (y, t)):
        for options in ({"class_weight": torch.linspace(0.1, 2, CLASSES)},) if target is t else ({}, {"reduction": "none"}):
            grads = []
            for enabled in (False, True):
                own = leaves(h.to(dtype), w, b)
                with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                    cost = CE(*own[:2], target, bias=own[2], **options).sum()
                    cost.backward()
                grads.append([cost, *(x.grad for x in own)])
                assert [x.grad.dtype for x in own] == [dtype, torch.float32, torch.float32]
            for one, two in zip(*grads, strict=True):
                assert torch.equal(one, two)
    # half everywhere: products of pieces; learned parameters: the plain computation
    grads = []
    for enabled in (False, True):
        own, gamma = leaves(h.bfloat16(), w.bfloat16()), torch.tensor(2.0, requires_grad=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            fixed = CE(*own, y)
            cost = fixed + lossary.linear(focal)(*own, y, gamma=gamma)
            second = torch.autograd.grad(fixed, own, create_graph=True)
        cost.backward()
        grads.append([cost, *second, *(x.grad for x in own), gamma.grad])
    for one, two in zip(*grads, strict=True):
        assert torch.equal(one, two)


def test_a_model_under_autocast_trains():
    torch.manual_seed(0)
    body, head = nn.Linear(8, WIDTH), nn.Linear(WIDTH, CLASSES)
    x, y = torch.randn(6, 8), torch.arange(6)
    with torch.autocast("cpu", torch.bfloat16):
        hidden = body(x)
        cost = CE(hidden, head.weight, y, bias=head.bias)
    assert hidden.dtype == torch.bfloat16
    assert cost.dtype == torch.float32
    cost.backward()
    assert cost.item() == pytest.approx(mean_of(hidden, head.weight, head.bias, y).item(), rel=1e-6)
    assert {p.grad.dtype for p in (*body.parameters(), *head.parameters())} == {torch.float32}


def test_dtypes_may_differ():
    h, w, b, y, t = arrays_of()
    several = (torch.bfloat16, torch.float32, torch.float64)
    for first, second in itertools.product(range(3), repeat=2):  # each pair of two places
        dtypes = several[first], several[second], several[(first + second) % 3]
        own = leaves(*(x.to(dtype) for x, dtype in zip((h, w, b), dtypes, strict=True)))
        theirs = leaves(*(x.double() for x in own))
        cost = CE(*own[:2], t, bias=own[2])
        expected = mean_of(*theirs, t)
        assert cost.dtype == (torch.float64 if torch.float64 in dtypes[:2] else torch.float32)
        assert cost.item() == pytest.approx(expected.item(), rel=1e-6)
        cost.backward()
        expected.backward()
        for one, two in zip(own, theirs, strict=True):
            assert one.grad.dtype == one.dtype
            torch.testing.assert_close(one.grad.double(), two.grad, rtol=max(1e-5, torch.finfo(one.dtype).eps), atol=1e-5)
    assert CE(h, w, y.to(torch.int32)).dtype == torch.float64


# ---- the graph


@pytest.mark.parametrize("factor", [1.0, 3.0])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_graph_may_be_run_twice_and_gradients_be_changed(factor, reduction):
    h, w, b, y, _ = arrays_of()
    own, theirs = leaves(h, w, b), leaves(h, w, b)
    (mean_of(*theirs, y, reduction="mean" if reduction == "mean" else "sum") * factor).backward()
    cost = CE(*own[:2], y, bias=own[2], reduction=reduction).sum() * factor
    for times in (1, 2):
        cost.backward(retain_graph=True)
        for one, two in zip(own, theirs, strict=True):
            close(one.grad, times * two.grad)
    for _ in range(2):
        for x in own:
            x.grad.mul_(-100)
            x.grad = None
        cost.backward(retain_graph=True)
    for one, two in zip(own, theirs, strict=True):
        close(one.grad, two.grad)
    cost.backward()
    with pytest.raises(RuntimeError, match="second time"):
        cost.backward()


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_tensor_changed_before_the_backward_pass_is_noticed(reduction):
    for place in range(4):
        h, w, b, y, _ = arrays_of()
        tensors = [*(x * 1 for x in leaves(h, w, b)), y.clone()]
        cost = CE(*tensors[:2], tensors[3], bias=tensors[2], reduction=reduction)
        with torch.no_grad():
            tensors[place].add_(0 if place == 3 else 1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            cost.sum().backward()


@pytest.mark.parametrize(
    "case",
    [
        "labels",
        "soft, all",
        "js",
        *(pytest.param(case, marks=pytest.mark.heavy) for case in ("smoothing of others", "kl, rows")),
    ],
)
def test_derivatives_pass_torchs_own_checks(case):
    batch = Batch(rows=3, features=2, classes=4)
    loss, _, options = batch.case(case)
    tensors = leaves(*batch.layer)

    def cost(h, w, b):
        found = loss(h, w, bias=b, returns=RETURNS, **options)
        return found.loss, found.log_normalizer, found.entropy, found.token_losses

    assert torch.autograd.gradcheck(cost, tensors, fast_mode=True)
    assert torch.autograd.gradgradcheck(cost, tensors, fast_mode=True)
    alone = lambda *layer: cost(*layer)[0]
    assert torch.autograd.gradcheck(alone, tensors, check_forward_ad=True, check_batched_grad=True, fast_mode=True)


def test_second_derivatives_are_those_of_the_naive_formula():
    batch = Batch()
    loss, layer, options = batch.case("class_weight")
    own, theirs = leaves(*layer), leaves(*batch.layer)
    found = loss(*own[:2], bias=own[2], returns=RETURNS, **options)
    first = torch.autograd.grad(found.loss, own, create_graph=True)
    naively = torch.autograd.grad(truth(*theirs, **options)["loss"], theirs, create_graph=True)
    for one, two in zip(first, naively, strict=True):
        close(one, two)
    sum((x**2).sum() for x in first).backward()
    sum((x**2).sum() for x in naively).backward()
    for one, two in zip(own, theirs, strict=True):
        close(one.grad, two.grad, 256)


def test_transforms_of_torch_func_pass_through():
    h, w, b, y, t = arrays_of()
    own, theirs = lambda h, w, b: CE(h, w, y, bias=b, z_loss=0.1), lambda h, w, b: mean_of(h, w, b, y, z_loss=0.1)
    for one, two in zip(*(torch.func.grad(f, (0, 1, 2))(h, w, b) for f in (own, theirs)), strict=True):
        close(one, two)
    tangents = tuple(torch.randn_like(x) for x in (h, w, b))
    for one, two in zip(*(torch.func.jvp(f, (h, w, b), tangents) for f in (own, theirs)), strict=True):
        close(one, two)
    soft = lambda f: torch.func.vmap(lambda h, t: f(h[None], w, b, t[None]))(h, t)
    close(soft(lambda h, w, b, t: CE(h, w, t, bias=b)), mean_of(h, w, b, t, reduction="none"))
    each = torch.func.vmap(torch.func.grad(lambda w, h, y: CE(h[None], w, y[None])), (None, 0, 0))(w, h, y)
    expected = torch.func.vmap(torch.func.grad(lambda w, h, t: mean_of(h[None], w, None, t[None])), (None, 0, 0))(
        w, h, wide(y, CLASSES)
    )
    close(each, expected)
    hessian = torch.func.hessian(lambda b: CE(h, w, y, bias=b))(b)
    p = torch.softmax(h @ w.T + b, -1)
    close(hessian, (torch.diag(p.sum(0)) - p.T @ p) / ROWS)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(w, tangents[1])
        tangent = torch.autograd.forward_ad.unpack_dual(CE(h, dual, y)).tangent
    close(tangent, torch.func.jvp(lambda w: mean_of(h, w, None, y), (w,), (tangents[1],))[1])


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_many_cotangents_go_back_at_once(reduction):
    h, w, b, y, _ = arrays_of()
    own, theirs = leaves(h, w, b), leaves(h, w, b)
    cost, expected = CE(*own[:2], y, bias=own[2], reduction=reduction), mean_of(*theirs, y, reduction=reduction)
    many = torch.randn(3, *cost.shape, dtype=torch.float64)
    found = torch.autograd.grad(cost, own, many, is_grads_batched=True)
    for one, two in zip(found, torch.autograd.grad(expected, theirs, many, is_grads_batched=True), strict=True):
        close(one, two)


def test_checkpoints_compute_it_again():
    h, w, b, y, _ = arrays_of()
    for reentrant in (False, True):
        own, theirs = leaves(h, w, b), leaves(h, w, b)
        checkpoint(lambda h, w, b: CE(h.tanh(), w, y, bias=b), *own, use_reentrant=reentrant).backward()
        mean_of(theirs[0].tanh(), *theirs[1:], y).backward()
        for one, two in zip(own, theirs, strict=True):
            close(one.grad, two.grad)


@pytest.mark.heavy
def test_a_compiled_graph_stays_whole_for_any_number_of_rows():
    c = torch.linspace(0.2, 3, CLASSES, dtype=torch.float64)

    def cost(h, w, b, y, t):
        entropy = CE(h, w, t, bias=b, soft_cap=3.0, z_loss=0.1, returns=RETURNS).entropy
        return CE(h, w, y, bias=b, class_weight=c, z_loss=0.1, returns=RETURNS, check=False).loss * 2 + entropy.sum()

    torch._dynamo.reset()
    whole = torch.compile(cost, fullgraph=True, dynamic=True)
    for count, rows in enumerate((9, 14, 33)):
        h, w, b, y, t = arrays_of(rows=rows)
        own, theirs = leaves(h, w, b), leaves(h, w, b)
        with torch._dynamo.config.patch(error_on_recompile=count > 0):
            value = whole(*own, y, t)
        value.backward()
        entropy = truth(*theirs, t, soft_cap=3.0)["entropy"]
        expected = mean_of(*theirs, y, class_weight=c, z_loss=0.1) * 2 + entropy.sum()
        expected.backward()
        close(value, expected)
        for one, two in zip(own, theirs, strict=True):
            close(one.grad, two.grad, 256)


def test_numbers_may_change_between_calls_of_what_is_compiled():
    torch._dynamo.reset()
    h, w, _, y, _ = arrays_of()
    linear_focal = lossary.linear(focal)

    def cost(w, z_loss, cap, gamma):
        student = lossary.linear_jensen_shannon(h, w, h, w, teacher_soft_cap=cap, mixture=cap / 10)
        return linear_focal(h, w, y, gamma=gamma, z_loss=z_loss, soft_cap=cap) + student * 0

    whole = torch.compile(cost, fullgraph=True, backend="aot_eager")
    for z_loss, cap, gamma in ((0.1, 3.0, 2.0), (0.2, 4.0, 1.5), (0.3, 5.0, 1.25)):
        (own,), (twin,) = leaves(w), leaves(w)
        value = whole(own, z_loss, cap, gamma)
        value.backward()
        expected = mean_of(h, twin, None, y, loss=focal, gamma=gamma, z_loss=z_loss, soft_cap=cap)
        expected.backward()
        close(value, expected)
        close(own.grad, twin.grad)


def test_a_compiled_layer_with_a_frozen_body():
    h, w, _, y, _ = arrays_of()
    frozen = torch.compile(lambda w: CE(h, w, y, reduction="none", ignore_index=0).sum(), fullgraph=True, backend="aot_eager")
    (own,), (twin,) = leaves(w), leaves(w)
    frozen(own).backward()
    mean_of(h, twin, None, y, where=y != 0, reduction="sum").backward()
    close(own.grad, twin.grad)
    with torch.no_grad():
        cost = mean_of(h, w, None, y, where=y != 0, reduction="sum")
        assert frozen(w).item() == pytest.approx(cost.item(), rel=1e-13)


def test_tensors_without_numbers_give_shapes():
    for place in ("meta", "fake"):
        with FakeTensorMode() if place == "fake" else torch.device("meta"):
            h, w = torch.empty(2, 3, WIDTH, requires_grad=True), torch.empty(CLASSES, WIDTH, requires_grad=True)
            y = torch.empty(2, 3, dtype=torch.int64)
            found = CE(h, w, y, returns=RETURNS)
            (found.loss + found.entropy.sum()).backward()
            assert [x.shape for x in found] == [(), *[(2, 3)] * 4]
            assert [h.grad.shape, w.grad.shape] == [h.shape, w.shape]
            dense = CE(h, w, torch.empty(2, 3, CLASSES), class_weight=torch.empty(CLASSES), reduction="none")
            assert dense.shape == (2, 3)


def test_the_operators_keep_torchs_rules(monkeypatch):
    calls = []
    for name in ("linear_loss", "linear_gradients"):
        operator = getattr(on_torch, name)
        monkeypatch.setattr(on_torch, name, lambda *a, op=operator, name=name: calls.append((name, op, a)) or op(*a))
    batch = Batch()
    for case in ("none", "soft, all"):
        loss, layer, options = batch.case(case)
        own = leaves(*layer)
        found = loss(*own[:2], bias=own[2] if case == "none" else None, returns=RETURNS, **options)
        (found.loss.sum() + found.entropy.sum()).backward()
    assert len(calls) == 4
    for name, operator, arguments in tuple(calls):  # the checks call them too
        differentiable = name == "linear_loss"  # the other one is never tracked
        detached = [
            x.detach().requires_grad_(x.requires_grad and differentiable) if isinstance(x, torch.Tensor) else x
            for x in arguments
        ]
        torch.library.opcheck(operator, tuple(detached))


# ---- what may be learned besides


def test_a_target_that_is_learned_has_its_gradient():
    h, w, b, _, t = arrays_of()
    options = {"z_loss": 0.1, "label_smoothing": 0.1, "smoothing": "others"}
    score, c = torch.log(t).requires_grad_(), torch.rand(CLASSES, dtype=torch.float64, requires_grad=True)
    own, theirs = leaves(h, w, b), leaves(h, w, b)
    one = torch.autograd.grad(CE(*own[:2], score.softmax(-1), bias=own[2], class_weight=c, **options), (*own, score, c))
    two = torch.autograd.grad(mean_of(*theirs, score.softmax(-1), class_weight=c, **options), (*theirs, score, c))
    for a, e in zip(one, two, strict=True):
        close(a, e)
    (alone,) = torch.autograd.grad(CE(h, w, score.softmax(-1)), score)
    close(alone, torch.autograd.grad(mean_of(h, w, None, score.softmax(-1)), score)[0])


def test_normalizers_may_be_numbers_tensors_and_learned():
    h, w, b, y, _ = arrays_of()
    for normalizer in (7.0, torch.tensor(7.0), torch.tensor(7.0, dtype=torch.float64, requires_grad=True), torch.tensor(7)):
        own, theirs = leaves(h, w, b), leaves(h, w, b)
        cost = CE(*own[:2], y, bias=own[2], normalizer=normalizer)
        expected = mean_of(*theirs, y, normalizer=7)
        assert cost.item() == pytest.approx(expected.item(), rel=1e-13)
        (cost * 3).backward()
        (expected * 3).backward()
        for one, two in zip(own, theirs, strict=True):
            close(one.grad, two.grad)
        if isinstance(normalizer, torch.Tensor) and normalizer.requires_grad:
            assert normalizer.grad.item() == pytest.approx(-3 * expected.item() / 7, rel=1e-13)
    for nothing in (0.0, torch.tensor(0.0)):
        own = leaves(h, w)
        cost = CE(*own, y, normalizer=nothing, empty="zero")
        cost.backward()
        assert cost.item() == 0
        assert not any(x.grad.any() for x in own)


@pytest.mark.parametrize(("loss", "name"), [(focal, "gamma"), (generalized, "q")], ids=["focal", "generalized"])
def test_a_parameter_of_ones_own_may_be_learned(loss, name, way):
    h, w, b, y, t = arrays_of()
    own_loss = lossary.linear(loss)
    for target in (y, t):
        number = torch.tensor(0.6, dtype=torch.float64, requires_grad=True)
        twin = number.detach().clone().requires_grad_()
        own, theirs = leaves(h, w, b), leaves(h, w, b)
        ours = lambda number, own=own, target=target: (
            own_loss(*own[:2], target, bias=own[2], z_loss=0.1, returns=RETURNS, **{name: number}).loss
        )
        one = torch.autograd.grad(ours(number), (*own, number))
        two = torch.autograd.grad(mean_of(*theirs, target, loss=loss, z_loss=0.1, **{name: twin}), (*theirs, twin))
        for a, e in zip(one, two, strict=True):
            close(a, e)
        for a, e in zip(torch.autograd.grad(ours(0.6), own), two, strict=False):
            close(a, e, 256)


@pytest.mark.parametrize("case", ["taught", "kl", "js"])
def test_a_teacher_learns_nothing(case):
    batch = Batch()
    loss, layer, options = batch.case(case)
    teacher = {name: x.requires_grad_() for name, x in options.items() if name in batch.teacher and x.ndim}
    own = leaves(*layer)
    found = loss(*own[:2], bias=own[2], returns=RETURNS, **options)
    (found.loss + found.entropy.sum()).backward()
    assert own[0].grad.any()
    assert [x.grad for x in teacher.values()] == [None] * 3


# ---- what is refused, and what it takes


def test_what_is_wrong_is_refused_in_so_many_words():
    h, w, b, y, t = arrays_of()
    for arrays, options, kind, message in (
        ((h, w, y.numpy()), {}, TypeError, "linear_cross_entropy: target must be a torch tensor"),
        ((h, w.numpy(), y), {}, TypeError, "linear_cross_entropy: weight must be a torch tensor"),
        ((h, w, y), {"bias": b.numpy()}, TypeError, "bias must be a torch tensor"),
        ((h, w, y + 5), {}, ValueError, r"linear_cross_entropy: a class index lies in 0 … 10.*at index"),
        ((h, w, t / 2), {}, ValueError, "target row sum to 1"),
        ((h, w.T, y), {}, ValueError, "is the weight transposed"),
        ((h, w, y[:3]), {}, ValueError, r"of shape \(19,\).*got \(3,\)"),
        ((h, w, y), {"normalizer": torch.ones(2)}, TypeError, "normalizer is one number"),
        ((h, w, y), {"normalizer": -1.0}, ValueError, "normalizer lies in"),
        ((h, w, y), {"soft_cap": torch.tensor(3.0)}, TypeError, "soft_cap is a number"),
        ((h, w, y), {"where": torch.ones(ROWS)}, TypeError, "where is a mask of booleans"),
    ):
        with pytest.raises(kind, match=message):
            CE(*arrays, **options)


def test_an_unchecked_label_out_of_range_makes_its_row_nan(way):
    h, w, _, y, _ = arrays_of()
    y[3] = 99
    own = leaves(h, w)
    losses = CE(*own, y, check=False, reduction="none")
    assert losses.isnan().nonzero().tolist() == [[3]]
    losses[:3].sum().backward()
    assert own[0].grad[:3].isfinite().all()


@pytest.mark.heavy
@pytest.mark.compiled
def test_results_do_not_depend_on_the_number_of_threads():
    h, w, b, y, t = arrays_of(rows=300, width=32, classes=900, dtype=torch.float32)
    before, found, products = torch.get_num_threads(), [], []
    slopes = torch.randn((300, 900), generator=torch.Generator().manual_seed(0))
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            products.append([slopes[rows] @ w for rows in (slice(0, 128), slice(128, 256), slice(256, 300))])
            for target in (y, t):
                own = leaves(h, w, b)
                cost = CE(*own[:2], target, bias=own[2], chunk=128)
                cost.backward()
                found.append([x.detach().numpy() for x in (cost, *(x.grad for x in own))])
    finally:
        torch.set_num_threads(before)
    for one, two in zip(found[:2], found[2:], strict=True):
        (cost, of_hidden, *rest), (other_cost, other_of_hidden, *others) = one, two
        for x, other in zip((cost, *rest), (other_cost, *others), strict=True):
            np.testing.assert_array_equal(x, other)
        # on some processors torch's own product shares a sum over 900 classes out among threads
        slack = 0.0 if all(map(torch.equal, *products)) else 1e-6
        np.testing.assert_allclose(of_hidden, other_of_hidden, rtol=0, atol=slack * np.abs(of_hidden).max())


MEASURE = """
    import resource
    import torch
    import lossary
    from lossary.kernels import native
    from lossary.linear_losses import loop

    available = native.available
    loop.BUDGET = 16 << 20

    def peak(rows, reduction, dtype):
        h, w = (torch.randn(n, 8).to(dtype).requires_grad_() for n in (rows, 4096))
        lossary.linear_cross_entropy(h, w, torch.arange(rows), reduction=reduction).sum().backward()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    for native.available in (lambda name: False, available):
        for how in (("mean", torch.float32), ("none", torch.bfloat16)):
            # the first loads and compiles; the other's logits would be 64 MiB
            print(*(peak(rows, *how) for rows in (1, 4096)))
"""


@pytest.mark.heavy
def test_memory_stays_within_the_budget_however_many_rows_there_are():
    command = [sys.executable, "-c", textwrap.dedent(MEASURE)]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    for line in text.splitlines():
        loaded, more = map(float, line.split())
        # a block takes 16 MB; the allocator has gaps of its own, and gradients take 0.3 MiB
        assert more - loaded < 16 + 32, text


@pytest.mark.parametrize("biased", [False, True])
def test_few_rows_are_multiplied_in_pieces_of_classes(biased, monkeypatch):
    batch = Batch(rows=6, classes=25)
    layer = (*batch.layer[:2], batch.bias if biased else None)
    want, gradients = with_gradients(layer, batch.labels)
    multiplied = []
    mm = torch.mm
    monkeypatch.setattr(torch, "mm", lambda a, b, **how: multiplied.append(tuple(a.shape)) or mm(a, b, **how))
    monkeypatch.setattr("lossary.linear_losses.products_torch._PIECE", 6 * 8)
    value, found = CE.value_and_gradient(*layer[:2], batch.labels, bias=layer[2])
    assert multiplied[:4] == [(8, 5), (8, 5), (8, 5), (1, 5)]
    assert_close(value, want["loss"], 1e-13)
    all_close(found, gradients, 1e-13)
