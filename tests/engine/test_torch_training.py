"""torch in a training loop: costs, losses and gradients changed in place, as trainers do it, beside torch's own losses."""

import contextlib

import pytest
import torch
from torch import nn
from torch.nn import functional

import lossary
import lossary.torch
from lossary.linear_losses.losses import linear_cross_entropy

ROWS, CLASSES = 12, 5
LABELS = torch.arange(ROWS) % CLASSES


@lossary.composed
def distance(prediction, target):
    return ((prediction - target) ** 2).sum(-1)


def squared_distance(x, target, reduction):
    losses = ((x - target) ** 2).sum(-1)
    return losses.mean() if reduction == "mean" else losses


def numbers(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


X, TARGET, WEIGHT = numbers(ROWS, CLASSES), numbers(ROWS, CLASSES, seed=1), numbers(CLASSES, CLASSES, seed=2)
LOSSES = {
    "cross_entropy": (
        lambda x, how: lossary.cross_entropy(x, LABELS, reduction=how),
        lambda x, how: functional.cross_entropy(x, LABELS, reduction=how),
    ),
    "huber": (
        lambda x, how: lossary.huber(x, TARGET, reduction=how),
        lambda x, how: functional.huber_loss(x, TARGET, reduction=how),
    ),
    "composed": (
        lambda x, how: distance(x, TARGET, reduction=how),
        lambda x, how: squared_distance(x, TARGET, how),
    ),
    "linear": (
        lambda x, how: linear_cross_entropy(x, WEIGHT, LABELS, reduction=how),
        lambda x, how: functional.cross_entropy(x @ WEIGHT.T, LABELS, reduction=how),
    ),
    "module": (
        lambda x, how: lossary.torch.CrossEntropy(reduction=how)(x, LABELS),
        lambda x, how: functional.cross_entropy(x, LABELS, reduction=how),
    ),
    "value_and_gradient": (
        lambda x, how: lossary.cross_entropy.value_and_gradient(x, LABELS, reduction=how)[0],
        lambda x, how: functional.cross_entropy(x, LABELS, reduction=how),
    ),
    "returns": (
        lambda x, how: lossary.cross_entropy(x, LABELS, reduction=how, returns=("entropy",)).loss,
        lambda x, how: functional.cross_entropy(x, LABELS, reduction=how),
    ),
    "information": (
        lambda x, how: lossary.information.entropy(torch.softmax(x, -1)),
        lambda x, how: -(torch.softmax(x, -1) * torch.log_softmax(x, -1)).sum(-1),
    ),
}


def changed(cost):
    """A cost or losses, after everything that training code does to them in place."""
    cost *= 3
    cost /= 4
    cost += 0.25
    cost -= 0.125
    cost.mul_(2.0).add_(1).div_(3).clamp_(max=0.7)
    cost.pow_(2)
    if cost.ndim:
        cost[::3] = 0
        cost[cost.detach() > 0.4] *= 2
        cost *= torch.linspace(0, 2, cost.shape[-1], dtype=cost.dtype)
    running = cost.detach()
    total = running.clone()
    total += running
    return cost.requires_grad_()


@pytest.fixture(params=["few", "kernels"])
def size(request):
    if request.param == "kernels":
        request.getfixturevalue("kernels")


@pytest.mark.parametrize("how", ["mean", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_cost_may_be_changed_in_place(name, how, size):
    found = []
    for call in LOSSES[name]:
        x = X.clone().requires_grad_()
        cost = changed(call(x, how))
        (gradient,) = torch.autograd.grad(cost.sum(), x, retain_graph=True)
        (again,) = torch.autograd.grad(cost.sum(), x)
        assert torch.equal(gradient, again)
        found.append((cost.detach(), gradient))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("how", ["mean", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_cost_may_be_detached_in_place(name, how, size):
    x = X.clone().requires_grad_()
    cost = LOSSES[name][0](x, how)
    cost.detach_()
    assert not cost.requires_grad
    torch.testing.assert_close(cost, LOSSES[name][1](X, how))


@pytest.mark.parametrize("name", ["cross_entropy", "linear"])
def test_a_running_sum_that_starts_as_the_detached_cost_leaves_the_gradient_alone(name, size):
    found = []
    for call in LOSSES[name]:
        x = X.clone().requires_grad_()
        cost = call(x, "mean")
        running = cost.detach()  # the same memory as the cost
        running += 5
        (gradient,) = torch.autograd.grad(cost, x)
        found.append((cost.detach(), gradient))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["cross_entropy", "huber", "linear"])
def test_second_derivatives_of_a_cost_that_was_changed_in_place(name, size):
    found = []
    for call in LOSSES[name]:
        x = X.clone().requires_grad_()
        cost = call(x, "mean")
        cost *= cost.detach().clone()
        cost.mul_(3)
        (gradient,) = torch.autograd.grad(cost, x, create_graph=True)
        found.append(torch.autograd.grad(gradient.square().sum(), x)[0])
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-12)


def test_all_that_is_returned_may_be_changed_in_place(size):
    x = X.clone().requires_grad_()
    names = ("log_normalizer", "entropy", "accuracy", "token_losses")
    for call in (
        lambda: lossary.cross_entropy(x, LABELS, returns=names),
        lambda: linear_cross_entropy(x, torch.eye(CLASSES, dtype=torch.float64), LABELS, returns=names),
    ):
        found = call()
        for part in found:
            part *= 2
        (gradient,) = torch.autograd.grad(found.loss + found.entropy.sum() + found.log_normalizer.sum(), x)
        twin = X.clone().requires_grad_()
        log_p = torch.log_softmax(twin, -1)
        entropy, log_normalizer = -(log_p * log_p.exp()).sum(), torch.logsumexp(twin, -1).sum()
        expected = 2 * (functional.cross_entropy(twin, LABELS) + entropy + log_normalizer)
        torch.testing.assert_close(gradient, torch.autograd.grad(expected, twin)[0])
        for part in call():
            part.detach_()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("how", ["mean", "none"])
def test_costs_of_half_precision_may_be_changed_in_place(dtype, how, size):
    x, twin = X.to(dtype).requires_grad_(), X.to(dtype).double().requires_grad_()
    cost, expected = lossary.cross_entropy(x, LABELS, reduction=how), functional.cross_entropy(twin, LABELS, reduction=how)
    for y in (cost, expected):
        y *= 1024
        y /= 4
    cost.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(x.grad.double(), twin.grad, rtol=torch.finfo(dtype).eps, atol=1e-5)


@pytest.mark.parametrize("name", ["cross_entropy", "huber"])
def test_a_sum_of_losses_has_a_gradient_that_may_be_changed(name, size):
    call, truth = LOSSES[name]
    x, twin = X.clone().requires_grad_(), X.clone().requires_grad_()
    for _ in range(2):  # the second time as a repeated step of training
        cost = call(x, "none").sum()
    (expected,) = torch.autograd.grad(truth(twin, "none").sum(), twin)
    for factor in (1, -2, 1):
        (gradient,) = torch.autograd.grad(factor * cost, x, retain_graph=True)
        torch.testing.assert_close(gradient, factor * expected)
        gradient.fill_(7)
    (gradient,) = torch.autograd.grad(cost, x)
    torch.testing.assert_close(gradient, expected)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        cost.backward()
    empty = X[:0].clone().requires_grad_()
    lossary.huber(empty, TARGET[:0], reduction="none").sum().backward()
    assert empty.grad.shape == (0, CLASSES)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, contextlib.nullcontext])
def test_results_without_a_graph_may_be_changed_in_place(mode, size):
    with mode():
        for call, truth in LOSSES.values():
            for how in ("mean", "none"):
                torch.testing.assert_close(changed(call(X.clone(), how)).detach(), changed(truth(X.clone(), how)).detach())


def test_gradients_that_are_asked_for_may_be_changed_in_place(size):
    x = X.clone().requires_grad_()
    value, gradient = lossary.cross_entropy.value_and_gradient(x, LABELS)
    gradient *= 2
    gradient.add_(1).clamp_(max=1.05)
    value += gradient.square().sum()
    twin = X.clone().requires_grad_()
    expected = functional.cross_entropy(twin, LABELS)
    (slopes,) = torch.autograd.grad(expected, twin, create_graph=True)
    expected = expected + (2 * slopes + 1).clamp(max=1.05).square().sum()
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(torch.autograd.grad(value, x), torch.autograd.grad(expected, twin))


class Classifier(nn.Module):
    """A model as trainers have them: it computes its cost itself and hands it out in a dictionary."""

    def __init__(self, loss):
        super().__init__()
        torch.manual_seed(0)
        self.body, self.head, self.loss = nn.Linear(6, 16), nn.Linear(16, CLASSES), loss

    def forward(self, inputs, labels=None):
        logits = self.head(torch.tanh(self.body(inputs)))
        return {"logits": logits} if labels is None else {"loss": self.loss(logits, labels), "logits": logits}


class FineTuner(nn.Module):
    """The same with the head inside the loss."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body, head = nn.Linear(6, 16), nn.Linear(16, CLASSES)
        self.head = lossary.torch.LinearCrossEntropy(16, CLASSES, bias=True, ignore_index=-100)
        self.head.load_state_dict(head.state_dict())

    def forward(self, inputs, labels):
        return {"loss": self.head(torch.tanh(self.body(inputs)), labels)}


def train(model, steps=8, accumulation=4):
    """The steps that Hugging Face's Trainer takes with accelerate, and the costs that it logs."""
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(64, 6, generator=generator)
    labels = (inputs[:, :CLASSES] + 0.5 * torch.randn(64, CLASSES, generator=generator)).argmax(1)
    labels[::7] = -100
    optimizer = torch.optim.AdamW(model.parameters(), 0.05)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))
    logged, running = [], torch.tensor(0.0)
    for step in range(steps):
        for part in range(accumulation):
            rows = slice(16 * part, 16 * part + 16)
            loss = model(inputs[rows], labels[rows])["loss"]
            loss *= 2  # as for ranks that average their gradients
            loss = loss.mean()
            loss /= accumulation
            loss.backward()
            tr_loss_step = loss.detach()
            tr_loss_step /= 2
            running += tr_loss_step
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        scheduler.step()
        model.zero_grad()
        if step % 2:
            logged.append(running.item())
            running -= running
    return logged


def test_a_trainers_loop_gives_the_costs_that_it_gives_with_torchs_own_loss(size):
    expected = train(Classifier(nn.CrossEntropyLoss(ignore_index=-100)))
    assert expected[-1] < 0.8 * expected[0]
    ours = lambda logits, labels: lossary.cross_entropy(logits, labels, ignore_index=-100)
    for model in (Classifier(ours), Classifier(lossary.torch.CrossEntropy(ignore_index=-100)), FineTuner()):
        assert train(model) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_scaled_step_under_autocast_moves_the_weights_as_torchs_own_loss_does(dtype, size):
    found = []
    for loss in (nn.CrossEntropyLoss(), lossary.cross_entropy):
        model = Classifier(loss)
        optimizer, scaler = torch.optim.SGD(model.parameters(), 0.1), torch.amp.GradScaler("cpu", init_scale=2.0**12)
        inputs = numbers(ROWS, 6).float()
        for _ in range(3):
            with torch.autocast("cpu", dtype=dtype):
                cost = model(inputs, LABELS)["loss"]
                cost /= 2
            scaler.scale(cost).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
        found.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    torch.testing.assert_close(*found, rtol=0, atol=4 * torch.finfo(dtype).eps)


@pytest.mark.parametrize(
    "options",
    [{"weight": [1.0, 2.0, 3.0, 4.0, 5.0]}, {"where": [True, False, True, True, True]}, {"class_weight": [1.0, 2.0, 3.0]}],
)
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_lists_serve_as_options_in_training(options, reduction):
    logits, labels = torch.randn(5, 3, dtype=torch.float64, requires_grad=True), torch.tensor([0, 1, 2, 1, 0])
    found = lossary.cross_entropy(logits, labels, reduction=reduction, **options)
    expected = lossary.cross_entropy(logits, labels, reduction=reduction, **{k: torch.tensor(x) for k, x in options.items()})
    torch.testing.assert_close(found, expected)
    one, other = (torch.autograd.grad(x.sum(), logits)[0] for x in (found, expected))
    torch.testing.assert_close(one, other)
