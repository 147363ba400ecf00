"""What goes by the kernel on a GPU: cross-entropy of logits, and of hidden states and a weight, with torch's autograd."""

import pytest
import torch

import lossary
from lossary.arrays import torch as backend
from lossary.kernels import gpu
from lossary.linear_losses import products_gpu
from tests.kernels.gpu.interpreted import INTERPRETED, cross_entropy, plain

pytestmark = pytest.mark.skipif(not INTERPRETED, reason="a GPU takes no tensors in memory; device.py tests it")

ROWS, FEATURES, CLASSES = 5, 5, 130
OPTIONS = {
    "none": {},
    "shaped": {"label_smoothing": 0.1, "z_loss": 0.01, "soft_cap": 3.0, "temperature": 0.8},
    "masked": {"where": torch.tensor([True, False, True, True, False])},
    "class weights": {"class_weight": torch.linspace(0, 2, CLASSES)},
    "sum": {"reduction": "sum"},
    "each": {"reduction": "none"},
    "normalizer": {"normalizer": 3.0, "label_smoothing": 0.2, "smoothing": "others"},
}


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    """The number of launches, where tensors in this machine's memory count as those of a GPU."""
    launched = []
    rows = cross_entropy.rows
    monkeypatch.setattr(gpu, "serves", lambda x: True)
    monkeypatch.setattr(backend, "in_memory", lambda x: False)
    monkeypatch.setattr(backend, "readable", lambda x: False)
    monkeypatch.setattr(cross_entropy, "rows", lambda *a, **o: launched.append(1) or rows(*a, **o))
    return launched


def numbers(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


HIDDEN, WEIGHT, BIAS = numbers(ROWS, FEATURES, seed=0), numbers(CLASSES, FEATURES, seed=1), numbers(CLASSES, seed=2)
LABELS = torch.arange(ROWS) * 17 % CLASSES
TARGETS = {"labels": LABELS, "probabilities": torch.softmax(numbers(ROWS, CLASSES, seed=3), -1)}


def truth(logits, target, options):
    """Each loss and its slopes in float64, and what the sum is divided by."""
    kept = {name: options[name] for name in ("z_loss", "soft_cap", "temperature", "where", "class_weight") if name in options}
    amount = options.get("label_smoothing", 0.0)
    floor = amount / (CLASSES - 1) if options.get("smoothing") == "others" else amount / CLASSES
    kept |= {"kept": 1 - amount - (floor if options.get("smoothing") == "others" else 0), "floor": floor}
    found, slopes = plain(logits, target, torch.float64, **kept)
    t = target if target.ndim == 2 else torch.nn.functional.one_hot(target, CLASSES)
    counted = torch.ones(ROWS) if "class_weight" not in options else (t * options["class_weight"]).sum(-1)
    counted = torch.where(options["where"], counted, 0) if "where" in options else counted
    divisor = options.get("normalizer", 1.0 if options.get("reduction") in ("sum", "none") else counted.sum().item())
    return found.losses.detach(), slopes, divisor


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("kind", TARGETS)
def test_values_and_gradients_of_a_linear_layer_and_of_logits(kind, name, calls):
    options, target = OPTIONS[name], TARGETS[kind]
    pull = numbers(ROWS, seed=4) if name == "each" else torch.tensor(2.0)
    losses, slopes, divisor = truth(HIDDEN.double() @ WEIGHT.double().T + BIAS, target, options)
    expected = losses if name == "each" else losses.sum() / divisor

    layer = [x.clone().requires_grad_() for x in (HIDDEN, WEIGHT, BIAS)]
    linear = lossary.linear_cross_entropy(*layer[:2], target, bias=layer[2], chunk=2, **options)
    linear.backward(pull)
    launches = len(calls)
    assert launches
    z = (HIDDEN @ WEIGHT.T + BIAS).requires_grad_()
    direct = lossary.cross_entropy(z, target, **options)
    direct.backward(pull)
    assert len(calls) > launches
    torch.testing.assert_close(linear.double(), expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(direct.double(), expected, rtol=1e-5, atol=1e-6)

    slopes = slopes * (pull[:, None] if name == "each" else pull / divisor)
    torch.testing.assert_close(z.grad.double(), slopes, rtol=1e-4, atol=1e-6)
    exact = slopes @ WEIGHT.double(), slopes.T @ HIDDEN.double(), slopes.sum(0)
    for x, gradient in zip(layer, exact, strict=True):
        torch.testing.assert_close(x.grad.double(), gradient, rtol=1e-4, atol=1e-5)


def test_what_returns_names_comes_from_the_same_launch(calls):
    z = HIDDEN @ WEIGHT.T
    names = ("entropy", "log_normalizer", "token_losses", "accuracy")
    for found in (
        lossary.cross_entropy(z, LABELS, returns=names),
        lossary.linear_cross_entropy(HIDDEN, WEIGHT, LABELS, returns=names),
    ):
        log_p = z.double().log_softmax(-1)
        torch.testing.assert_close(found.entropy.double(), -(log_p.exp() * log_p).sum(-1), rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(found.log_normalizer.double(), z.double().logsumexp(-1), rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(found.token_losses.double(), -log_p[torch.arange(ROWS), LABELS], rtol=1e-5, atol=1e-6)
        assert found.accuracy.tolist() == (z.argmax(-1) == LABELS).float().tolist()
    assert len(calls) == 2


def exact_gradient(z, target, pull=1.0, **options):
    exact = z.detach().double().requires_grad_()
    torch.nn.functional.cross_entropy(exact, target, **options).backward(torch.as_tensor(pull, dtype=torch.float64))
    return exact.grad


def test_the_backward_pass_computes_a_gradient_anew_only_where_the_cost_was_multiplied(monkeypatch):
    found, gradient = [], cross_entropy.gradient
    monkeypatch.setattr(cross_entropy, "gradient", lambda *a, **o: found.append(a[3].clone()) or gradient(*a, **o))
    z = (HIDDEN @ WEIGHT.T).requires_grad_()
    lossary.cross_entropy(z, LABELS).backward()
    torch.testing.assert_close(found[0].double(), exact_gradient(z, LABELS), rtol=1e-4, atol=1e-7)
    assert torch.equal(z.grad, found[0])
    z.grad = None
    (lossary.cross_entropy(z, LABELS) / 4).backward()
    torch.testing.assert_close(z.grad.double(), exact_gradient(z, LABELS, 0.25), rtol=1e-4, atol=1e-7)
    with torch.no_grad():
        lossary.cross_entropy(z, LABELS)
    assert len(found) == 2


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_graph_may_be_run_backward_again(reduction):
    z = (HIDDEN @ WEIGHT.T).requires_grad_()
    cost = lossary.cross_entropy(z, LABELS, reduction=reduction)
    gradients = [torch.autograd.grad(cost, z, torch.full_like(cost, pull), retain_graph=True)[0] for pull in (1, 1, 3, 0)]
    gradients[0].mul_(7)  # what was handed out is the caller's
    exact = exact_gradient(z, LABELS, torch.ones_like(cost), reduction=reduction)
    for gradient, factor in zip(gradients, (7, 1, 3, 0), strict=True):
        torch.testing.assert_close(gradient.double(), factor * exact, rtol=1e-4, atol=1e-6)


def test_gradients_may_be_differentiated():
    z = (HIDDEN[:2] @ WEIGHT[:6].T).double().requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x: lossary.cross_entropy(x, LABELS[:2] % 6, label_smoothing=0.1), z)


def test_each_loss_has_a_factor_of_its_own():
    z = (HIDDEN @ WEIGHT.T).requires_grad_()
    with torch.no_grad():
        z[3, 7] = torch.nan
    pull = torch.tensor([0.5, 0.0, -2.0, 0.0, 1.0])
    lossary.cross_entropy(z, LABELS, reduction="none").backward(pull)
    exact = exact_gradient(z, LABELS, pull, reduction="none")
    torch.testing.assert_close(z.grad.double(), exact, rtol=1e-4, atol=1e-6, equal_nan=True)
    assert z.grad[3].isnan().all()  # as in all of autograd, 0 times NaN is NaN


def test_float16_is_rounded_after_it_is_scaled():
    z = torch.zeros(4, 60_000, dtype=torch.float16).requires_grad_()
    cost = lossary.cross_entropy(z, LABELS[:4])
    (2.0**16 * cost).backward()  # without the scale, a slope is 4e-6, which float16 rounds by 0.7 %
    torch.testing.assert_close(z.grad.double(), exact_gradient(z, LABELS[:4], 2.0**16), rtol=2**-10, atol=0)


def test_values_that_are_changed_before_the_backward_pass_are_noticed():
    z = HIDDEN @ WEIGHT.T.clone().requires_grad_()
    cost = lossary.cross_entropy(z, LABELS)
    z.detach().add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        cost.backward()


def test_what_a_call_returns_is_differentiable():
    z = (HIDDEN @ WEIGHT.T).requires_grad_()
    found = lossary.cross_entropy(z, LABELS, returns=("log_normalizer", "entropy"))
    found.log_normalizer.sum().backward()
    torch.testing.assert_close(z.grad, z.detach().softmax(-1), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("flaw", [{2: 1.5}, {2: -0.5, 3: 1.5}, {2: torch.nan}], ids=str)
def test_slopes_of_invalid_probabilities_are_nan(flaw):
    target = torch.zeros(ROWS, CLASSES)
    target[:, 0] = 1
    for k, p in flaw.items():
        target[1, k] = p
        target[1, 0] = 0
    z = (HIDDEN @ WEIGHT.T).requires_grad_()
    for reduction in ("none", "sum"):
        z.grad = None
        lossary.cross_entropy(z, target, reduction=reduction).sum().backward()
        assert z.grad.isnan().any(-1).tolist() == [i == 1 for i in range(ROWS)]
        z.grad = None
        (2 * lossary.cross_entropy(z, target, reduction=reduction).sum()).backward()
        assert z.grad.isnan().all(-1).tolist() == [i == 1 for i in range(ROWS)]


@pytest.mark.parametrize("spoiled", ["label", "weight", "probabilities"])
def test_invalid_rows_become_nan_where_nothing_can_be_raised(spoiled):
    target, options = LABELS.clone(), {}
    if spoiled == "label":
        target[2] = CLASSES
    elif spoiled == "weight":
        options["weight"] = torch.tensor([1.0, 1, -1, 1, 1])
    else:
        target = TARGETS["probabilities"].clone()
        target[2] *= 2
    losses = lossary.cross_entropy(HIDDEN @ WEIGHT.T, target, reduction="none", **options)
    assert losses.isnan().tolist() == [i == 2 for i in range(ROWS)]


def test_the_class_axis_may_be_any():
    z = numbers(3, CLASSES, 4, seed=5).requires_grad_()
    target = torch.arange(12).reshape(3, 4)
    cost = lossary.cross_entropy(z, target, axis=1)
    cost.backward()
    exact = z.detach().double().requires_grad_()
    torch.nn.functional.cross_entropy(exact, target).backward()
    torch.testing.assert_close(z.grad.double(), exact.grad, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("adds", [True, False])
@pytest.mark.parametrize("classes", [CLASSES, 128, 60])
def test_halves_are_multiplied_as_they_are_and_added_up_in_float32(classes, adds, monkeypatch, calls):
    products = []
    monkeypatch.setattr(products_gpu, "_ADDS", adds)

    def multiply(a, b, out_dtype):
        assert a.dtype == b.dtype == torch.bfloat16
        products.append(out_dtype)
        return (a.double() @ b.double()).to(out_dtype)

    def mm(a, b, *, out=None, out_dtype=None):
        if out_dtype is None:
            return plain_mm(a, b, out=out)
        found = multiply(a, b, out_dtype)
        return found if out is None else out.copy_(found)

    monkeypatch.setattr(products_gpu, "multiplies_halves", lambda x, weight: weight.dtype == torch.bfloat16)
    plain_mm = torch.mm
    monkeypatch.setattr(torch, "mm", mm)
    monkeypatch.setattr(torch, "addmm", lambda total, a, b, *, out, out_dtype: out.copy_(total + multiply(a, b, out_dtype)))
    labels = LABELS % classes
    layer = [x.bfloat16().requires_grad_() for x in (HIDDEN, WEIGHT[:classes], BIAS[:classes])]
    lossary.linear_cross_entropy(*layer[:2], labels, bias=layer[2], chunk=2).backward()
    assert calls
    assert products == [torch.float32] * (18 if classes == CLASSES else 9)  # what is no multiple of 8 goes by two products
    exact = [x.detach().double().requires_grad_() for x in layer]
    torch.nn.functional.cross_entropy(exact[0] @ exact[1].T + exact[2], labels).backward()
    for x, truth in zip(layer, exact, strict=True):
        error = (x.grad.double() - truth.grad).norm() / truth.grad.norm()
        assert x.grad.dtype == torch.bfloat16
        assert error < 2**-8
