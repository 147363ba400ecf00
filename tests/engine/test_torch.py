"""torch: autograd to second order and beyond, torch.func, torch.compile, autocast, layouts."""

import copy
import math

import numpy as np
import pytest
import torch

import lossary
from lossary import absolute_error, binary_cross_entropy, cross_entropy, huber, squared_error

POINTWISE = [squared_error, absolute_error, huber, binary_cross_entropy]


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(3)


def normal(generator, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=generator, requires_grad=True)


def uniform(generator, *shape):
    return torch.rand(*shape, dtype=torch.float64, generator=generator, requires_grad=True)


@pytest.mark.parametrize("loss", POINTWISE)
def test_gradcheck_in_every_argument_to_second_order(loss, generator):
    args = normal(generator, 4, 3), uniform(generator, 4, 3), uniform(generator, 4)
    function = lambda p, t, w: loss(p, t, weight=w, axis=-1)
    assert torch.autograd.gradcheck(function, args, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(function, args)


def test_gradcheck_of_a_learned_parameter(generator):
    delta = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    args = normal(generator, 5), normal(generator, 5), delta
    assert torch.autograd.gradcheck(lambda p, t, d: huber(p, t, delta=d), args)
    with pytest.raises(ValueError, match=r"delta lies in \(0, ∞\); got -0.7"):
        huber(args[0], args[1], delta=-delta)


@pytest.mark.parametrize("given", ["logits", "probabilities", "log_probabilities"])
@pytest.mark.parametrize("soft", [False, True])
def test_gradcheck_of_cross_entropy(given, soft, generator):
    z = normal(generator, 5, 3)
    if given != "logits":
        z = torch.log_softmax(z.detach(), -1)
        z = (z if given == "log_probabilities" else z.exp()).requires_grad_()
    target = torch.softmax(normal(generator, 5, 3), -1).detach() if soft else torch.tensor([0, 1, 2, 0, 1])
    weight, class_weight = uniform(generator, 5), uniform(generator, 3)
    options = {"given": given, "check": False, "label_smoothing": 0.1}
    function = lambda z, w, c: cross_entropy(z, target, weight=w, class_weight=c, **options)
    assert torch.autograd.gradcheck(function, (z, weight, class_weight))
    assert torch.autograd.gradgradcheck(function, (z, weight, class_weight))
    if soft:
        function = lambda z, t: cross_entropy(z, t, **options)
        assert torch.autograd.gradcheck(function, (z, target.requires_grad_()))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_agrees_with_torchs_own(reduction, smoothing, weighted, generator):
    z = torch.randn(8, 5, 3, dtype=torch.float64, generator=generator)
    y = torch.randint(0, 5, (8, 3), generator=generator)
    y[0, 0] = -100
    weight = torch.rand(5, dtype=torch.float64, generator=generator) if weighted else None
    ours, theirs = z.clone().requires_grad_(), z.clone().requires_grad_()
    a = cross_entropy(ours, y, axis=1, class_weight=weight, ignore_index=-100, label_smoothing=smoothing, reduction=reduction)
    b = torch.nn.functional.cross_entropy(theirs, y, weight=weight, label_smoothing=smoothing, reduction=reduction)
    torch.testing.assert_close(a, b)
    a.sum().backward()
    b.sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_losses_agree_with_torchs_own(generator):
    p, t = normal(generator, 50).detach(), uniform(generator, 50).detach()
    f = torch.nn.functional
    torch.testing.assert_close(squared_error(p, t), f.mse_loss(p, t))
    torch.testing.assert_close(absolute_error(p, t), f.l1_loss(p, t))
    torch.testing.assert_close(huber(p, t, delta=0.4), f.huber_loss(p, t, delta=0.4))
    torch.testing.assert_close(binary_cross_entropy(p, t), f.binary_cross_entropy_with_logits(p, t))


def test_autograd_equals_the_derived_gradient_where_autograd_through_the_formula_would_not(generator):
    z = torch.tensor([0.0, 800.0, -800.0, torch.inf, -torch.inf], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    loss = binary_cross_entropy(z, y, reduction="none")
    assert loss.tolist() == [np.log(2), 0, 0, 0, 0]
    (gradient,) = torch.autograd.grad(loss.sum(), z, create_graph=True)
    assert gradient.tolist() == [0.5, 0, 0, 0, 0]
    (second,) = torch.autograd.grad(gradient.sum(), z)
    assert second.tolist() == [0.25, 0, 0, 0, 0]


def test_autograd_of_a_confident_row_keeps_its_digits():
    z = torch.tensor([[0.0, -40.0, -41.0]], dtype=torch.float64, requires_grad=True)
    cost = cross_entropy(z, torch.tensor([0]))
    others = np.exp(-40) + np.exp(-41)
    assert cost.item() == pytest.approx(others, rel=1e-13, abs=0)
    cost.backward()
    assert z.grad[0].tolist() == pytest.approx([-others, np.exp(-40), np.exp(-41)], rel=1e-13, abs=0)
    tangent = torch.func.jvp(lambda z: cross_entropy(z, torch.tensor([0])), (z.detach(),), (torch.eye(3)[:1].double(),))[1]
    assert tangent.item() == pytest.approx(-others, rel=1e-13, abs=0)


def test_backward_twice_and_under_no_grad(generator):
    p, t = normal(generator, 4), normal(generator, 4).detach()
    cost = squared_error(p, t)
    cost.backward(retain_graph=True)
    first = p.grad.clone()
    cost.backward()
    torch.testing.assert_close(p.grad, 2 * first)
    with torch.no_grad():
        assert not squared_error(p, t).requires_grad
    with torch.inference_mode():
        squared_error(p, t)


def test_third_derivatives(generator):
    z = normal(generator, 6)
    y = torch.ones(6, dtype=torch.float64)
    s = torch.sigmoid(z.detach())
    x = binary_cross_entropy(z, y, reduction="sum")
    for expected in (s - 1, s * (1 - s), s * (1 - s) * (1 - 2 * s)):
        (x,) = torch.autograd.grad(x.sum(), z, create_graph=True)
        torch.testing.assert_close(x.detach(), expected)


def test_torch_func(generator):
    z, y = normal(generator, 6, 4).detach(), torch.tensor([0, 1, 2, 3, 0, 1])
    cost = lambda z: cross_entropy(z, y)
    gradient = cross_entropy.gradient(z, y)
    torch.testing.assert_close(torch.func.grad(cost)(z), gradient)
    torch.testing.assert_close(torch.func.jacfwd(cost)(z), gradient)
    hessian = torch.func.hessian(cost)(z).reshape(24, 24)
    torch.testing.assert_close(hessian.diagonal().reshape(6, 4), cross_entropy.curvature(z, y))
    torch.testing.assert_close(hessian, hessian.T)
    per_sample = torch.func.vmap(torch.func.grad(lambda z, y: cross_entropy(z, y)))(z, y)
    torch.testing.assert_close(per_sample, cross_entropy.gradient(z, y, reduction="none"))
    p, t = normal(generator, 3, 5).detach(), normal(generator, 3, 5).detach()
    each = torch.func.vmap(lambda p, t: huber(p, t, weight=t.abs()))(p, t)
    torch.testing.assert_close(each, torch.stack([huber(a, b, weight=b.abs()) for a, b in zip(p, t, strict=True)]))


CALLS = {
    "huber": lambda p, y, w: huber(p, p.detach() * 0.5, weight=w, axis=-1, delta=0.3),
    "binary": lambda p, y, w: binary_cross_entropy(p, torch.sigmoid(p.detach()), where=p > 0),
    "classes": lambda p, y, w: cross_entropy(p, y, weight=w, ignore_index=3, label_smoothing=0.1, reduction="batchmean"),
    "none": lambda p, y, w: cross_entropy(p, y, reduction="none").sum(),
    "gradient": lambda p, y, w: cross_entropy.value_and_gradient(p, y)[1].square().sum(),
}


# the C++ that "inductor" writes takes seconds to compile; "aot_eager" runs the same graph
COMPILED = [(call, "aot_eager") for call in CALLS]
COMPILED += [pytest.param(call, "inductor", marks=pytest.mark.heavy) for call in ("classes", "huber")]


@pytest.mark.parametrize(("call", "backend"), COMPILED)
def test_torch_compile_keeps_one_graph_and_the_numbers(call, backend, generator):
    torch.compiler.reset()
    function = CALLS[call]
    p, w = normal(generator, 6, 4), uniform(generator, 6).detach()
    y = torch.tensor([0, 1, 2, 3, 0, 1])
    expected = function(p, y, w)
    (slope,) = torch.autograd.grad(expected, p)
    compiled = torch.compile(function, fullgraph=True, backend=backend)
    got = compiled(p, y, w)
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(torch.autograd.grad(got, p)[0], slope)


def test_torch_compile_of_activations_and_information_keeps_one_graph(generator):
    torch.compiler.reset()
    function = lambda z: lossary.information.entropy(lossary.activations.softmax(z, axis=0), axis=0).sum()
    z = normal(generator, 3, 4)
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(z), function(z))
    torch.testing.assert_close(torch.autograd.grad(compiled(z), z), torch.autograd.grad(function(z), z))


def test_torch_compile_with_a_parameter_that_varies(generator):
    torch.compiler.reset()
    p = normal(generator, 5).detach()
    compiled = torch.compile(lambda p, delta: huber(p, p * 0, delta=delta), fullgraph=True, backend="aot_eager")
    for delta in (0.5, 1.5, 2.5):
        torch.testing.assert_close(compiled(p, delta), huber(p, p * 0, delta=delta))


def test_torch_compile_with_a_normalizer_that_varies(generator):
    torch.compiler.reset()
    p = normal(generator, 5).detach()
    compiled = torch.compile(lambda p, n: huber.value_and_gradient(p, p * 0, normalizer=n), fullgraph=True, backend="aot_eager")
    for tokens in (3.0, 4.5, 7.0):
        torch.testing.assert_close(compiled(p, tokens), huber.value_and_gradient(p, p * 0, normalizer=tokens))


def test_autograd_of_a_masked_sample_is_0_whatever_its_weight(generator):
    p = normal(generator, 2)
    weight = torch.tensor([torch.nan, 2.0], dtype=torch.float64)
    huber(p, torch.zeros_like(p), weight=weight, where=torch.tensor([False, True])).backward()
    assert p.grad[0] == 0
    assert p.grad[1].isfinite()


def test_torch_compile_of_a_training_step_with_an_invalid_label_is_nan():
    torch.compiler.reset()
    compiled = torch.compile(lambda z, y: cross_entropy(z, y), fullgraph=True, backend="aot_eager")
    assert compiled(torch.zeros(2, 3), torch.tensor([0, 3])).isnan()


def test_autocast_and_half_tensors(generator):
    layer = torch.nn.Linear(4, 3)
    x, y = torch.randn(6, 4, generator=generator), torch.tensor([0, 1, 2, 0, 1, 2])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = layer(x)
        assert logits.dtype == torch.bfloat16
        cost = cross_entropy(logits, y)
    assert cost.dtype == torch.float32
    cost.backward()
    assert layer.weight.grad.dtype == torch.float32
    torch.testing.assert_close(cost, torch.nn.functional.cross_entropy(logits.float(), y))


def test_views_and_strides(generator):
    base = normal(generator, 8, 10).detach()
    y = torch.tensor([0, 1, 2, 3])
    for z in (base[::2, ::2], base.T[:5, :4].T, base[:4, :5], base[:1, :5].expand(4, 5)):
        z = z.detach().requires_grad_()
        cost = cross_entropy(z, y)
        cost.backward()
        torch.testing.assert_close(z.grad, cross_entropy.gradient(z.detach().contiguous(), y))


def test_parameters_modules_and_deepcopy(generator):
    weight = torch.nn.Parameter(torch.zeros(3, dtype=torch.float64))
    squared_error(weight, torch.ones(3, dtype=torch.float64)).backward()
    assert weight.grad.tolist() == [-2 / 3] * 3
    module = torch.nn.Module()
    module.loss = huber
    assert copy.deepcopy(module).loss is huber


def test_tensors_without_values_pass_through():
    meta = torch.zeros(3, 4, device="meta")
    assert cross_entropy(meta, torch.zeros(3, dtype=torch.int64, device="meta")).device.type == "meta"


@pytest.mark.parametrize("size", [10, 5000])
@pytest.mark.parametrize("tracked", [False, True])
def test_a_cost_beyond_float32_is_infinite(size, tracked):
    x, y = torch.full((size,), 3e38, requires_grad=tracked), torch.full((size,), -3e38)
    cost = lossary.absolute_error(x, y, reduction="sum")
    assert torch.nn.functional.l1_loss(x, y, reduction="sum").item() == math.inf
    assert cost.item() == math.inf
