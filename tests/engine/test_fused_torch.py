"""torch by kernels: every way to differentiate, every kind of tensor, and all that a kernel must keep its hands off."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.checkpoint import checkpoint

import lossary
from lossary.engine.plain import compute_with_arrays
from lossary.kernels.task import Task

CASES = ["pointwise", "few classes", "many classes"]


@pytest.fixture(autouse=True)
def counts(kernels, monkeypatch):
    """For each kernel that ran, how many threads it was given."""
    torch.manual_seed(0)
    found = []
    run = Task.run

    def noted(self, addresses, count, factor):
        found.append(count)
        return run(self, addresses, count, factor)

    monkeypatch.setattr(Task, "run", noted)
    return found


@pytest.fixture(params=CASES)
def case(request):
    """A loss, predictions and targets."""
    generator = torch.Generator().manual_seed(7)
    if request.param == "pointwise":
        return lossary.huber, torch.randn(30, 4, generator=generator), torch.randn(30, 4, generator=generator)
    classes = 4 if request.param == "few classes" else 80
    y = torch.randint(0, classes, (30,), generator=generator)
    return lossary.cross_entropy, torch.randn(30, classes, generator=generator), y


def plainly(loss, prediction, target, operation="value", **options):
    return compute_with_arrays(loss, loss.read_call((prediction, target), options), operation)


def by_autograd(loss, x, y, **options):
    """Value and gradient of the plain twin."""
    x = x.detach().clone().requires_grad_()
    value = plainly(loss, x, y, **options)
    return value.detach(), torch.autograd.grad(value.sum(), x)[0]


def test_gradients_accumulate_and_what_is_done_to_them_spoils_nothing(case, counts):
    loss, x, y = case
    expected = by_autograd(loss, x, y)[1]
    x.requires_grad_()
    cost = loss(x, y)
    assert len(counts) == 1
    for times in (1, 2, 3):
        cost.backward(retain_graph=True)
        torch.testing.assert_close(x.grad, times * expected)
    x.grad.zero_()
    cost.backward(retain_graph=True)
    torch.testing.assert_close(x.grad, expected)
    x.grad.mul_(100)
    x.grad = None
    cost.backward(retain_graph=True)
    torch.testing.assert_close(x.grad, expected)
    torch.nn.utils.clip_grad_norm_([x], 1e-3)
    x.grad = None
    cost.backward()
    torch.testing.assert_close(x.grad, expected)
    assert len(counts) == 1


def test_a_gradient_handed_out_may_be_changed_in_place(case):
    loss, x, y = case
    expected = by_autograd(loss, x, y)[1]
    x.requires_grad_()
    cost = loss(x, y)
    (first,) = torch.autograd.grad(cost, x, retain_graph=True)
    first.fill_(7)
    torch.testing.assert_close(torch.autograd.grad(cost, x)[0], expected)


def test_the_gradient_reaches_every_use_of_a_tensor_times_its_factor(case):
    loss, x, y = case
    expected = by_autograd(loss, x, y)[1]
    x.requires_grad_()
    (3 * loss(x, y) + loss(x, y) / 2 - loss(x, y)).backward()
    torch.testing.assert_close(x.grad, 2.5 * expected)
    x.grad = None
    hidden = x * 1
    hidden.register_hook(lambda g: g * 2)
    loss(hidden, y).backward()
    torch.testing.assert_close(x.grad, 2 * expected)
    (none,) = torch.autograd.grad(loss(x, y) * 0, x)
    assert (none == 0).all()
    (through_checkpoint,) = torch.autograd.grad(checkpoint(lambda x: loss(2 * x, y), x, use_reentrant=False), x)
    torch.testing.assert_close(through_checkpoint, 2 * by_autograd(loss, 2 * x.detach(), y)[1])


@pytest.mark.heavy
@pytest.mark.compiled
def test_scaled_half_precision_gradients_do_not_underflow_before_they_are_scaled():
    size = 1 << 16
    x = torch.randn(size, 8, generator=torch.Generator().manual_seed(1)).mul(3).half()
    y = torch.zeros(size, dtype=torch.int64)
    scale = 2.0**16
    leaf, twin = x.clone().requires_grad_(), x.clone().requires_grad_()
    (lossary.cross_entropy(leaf, y) * scale).backward()
    (plainly(lossary.cross_entropy, twin, y) * scale).backward()
    torch.testing.assert_close(leaf.grad, twin.grad, rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_target_changed_between_forward_and_backward_is_noticed(reduction):
    x, y = torch.randn(40, requires_grad=True), torch.randn(40)
    cost = lossary.squared_error(x, y, reduction=reduction)
    y.zero_()
    # else the gradient would silently be one of another target
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.autograd.grad(cost.sum(), x, create_graph=True)


def test_predictions_changed_between_forward_and_backward_are_noticed(case):
    loss, x, y = case
    for reduction in ("mean", "none"):
        hidden = x.clone().requires_grad_() * 1
        cost = loss(hidden, y, reduction=reduction)
        hidden.mul_(2)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            cost.sum().backward()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_second_derivatives_are_right_under_every_option(case, reduction):
    loss, x, y = case
    x, y = x[:4].double().requires_grad_(), y[:4].double() if y.is_floating_point() else y[:4]
    options = {"reduction": reduction, "weight": torch.rand(x.shape if loss is lossary.huber else 4, dtype=torch.float64)}
    if loss is lossary.huber:
        options |= {"where": torch.rand(4, 4) < 0.8, "delta": 0.7}
    elif reduction != "none":
        options |= {"class_weight": torch.rand(x.shape[1], dtype=torch.float64), "label_smoothing": 0.1}
    call = lambda x: loss(x, y, **options)
    torch.testing.assert_close(call(x), plainly(loss, x, y, **options))
    assert torch.autograd.gradcheck(call, x, fast_mode=True)
    assert torch.autograd.gradgradcheck(call, x, fast_mode=True)
    both = lambda x: loss.value_and_gradient(x, y, **options)
    assert torch.autograd.gradcheck(both, x, fast_mode=True)


def test_a_gradient_asked_for_is_differentiable_itself(case, counts):
    loss, x, y = case
    plain = x.clone().requires_grad_()
    x = x.requires_grad_()
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(2))
    for take in (
        lambda pair: (pair[1] * direction).sum(),
        lambda pair: pair[0] * 2 + (pair[1] ** 2).sum(),
        lambda pair: pair[0],
    ):
        counts.clear()
        (found,) = torch.autograd.grad(take(loss.value_and_gradient(x, y)), x)
        assert counts
        (expected,) = torch.autograd.grad(take(plainly(loss, plain, y, "value_and_gradient")), plain)
        torch.testing.assert_close(found, expected)
    assert loss.curvature(x, y).requires_grad
    (found,) = torch.autograd.grad((loss(x, y), loss(x, y, reduction="sum")), x, (torch.tensor(2.0), torch.tensor(-1.0)))
    torch.testing.assert_close(found, (2 - 30 * (4 if loss is lossary.huber else 1)) * by_autograd(loss, x, y)[1])


def test_cotangents_of_any_kind_reach_losses_of_their_own(case):
    loss, x, y = case
    plain = x.clone().requires_grad_()
    x = x.requires_grad_()
    shape = loss(x, y, reduction="none").shape
    cotangents = [torch.randn(shape), torch.ones(()).expand(shape), torch.randn(*shape, 2)[..., 0], torch.zeros(shape)]
    for cotangent in cotangents:
        (found,) = torch.autograd.grad(loss(x, y, reduction="none"), x, cotangent)
        (expected,) = torch.autograd.grad(plainly(loss, plain, y, reduction="none"), plain, cotangent)
        torch.testing.assert_close(found, expected)


def test_transforms_of_functions_take_the_plain_path(case, counts):
    loss, x, y = case
    value, gradient = by_autograd(loss, x, y)
    cost = lambda x: loss(x, y)
    torch.testing.assert_close(torch.func.grad(cost)(x), gradient)
    torch.testing.assert_close(torch.func.grad_and_value(cost)(x), (gradient, value))
    direction = torch.randn(x.shape)
    torch.testing.assert_close(torch.func.jvp(cost, (x,), (direction,)), (value, (gradient * direction).sum()))
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, direction)
        tangent = torch.autograd.forward_ad.unpack_dual(loss(dual, y)).tangent
    torch.testing.assert_close(tangent, (gradient * direction).sum())
    each = torch.func.vmap(torch.func.grad(loss))(x, y)
    torch.testing.assert_close(each, loss.gradient(x, y, reduction="none") / (4 if loss is lossary.huber else 1))
    small, label = x[:2, :4], y[:2, :4] if y.ndim == 2 else y[:2] % 4
    hessian = torch.func.hessian(lambda x: loss(x, label))(small)
    by_rows = torch.autograd.functional.hessian(lambda x: loss(x, label), small)
    torch.testing.assert_close(hessian, by_rows)


def test_a_compiled_training_step_gives_the_same_numbers(case):
    loss, x, y = case
    torch.compiler.reset()

    def step(x, scale):
        return loss(x * scale, y) * 3

    compiled = torch.compile(step, fullgraph=True, backend="aot_eager")
    scale = torch.ones(x.shape[1], requires_grad=True)
    found = torch.autograd.grad(compiled(x, scale), scale)
    torch.testing.assert_close(found, torch.autograd.grad(step(x, scale), scale))
    torch.testing.assert_close(compiled(x, scale), step(x, scale))


@pytest.mark.parametrize("role", ["target", "weight", "delta"])
def test_what_is_learned_besides_the_prediction_has_its_gradient(role, counts):
    x, y, w = torch.randn(3, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(5)).unbind()
    given = {"target": y, "weight": w.abs(), "delta": torch.tensor(0.7, dtype=torch.float64)}

    def call(x, learned):
        return lossary.huber(x, **(given | {role: learned}))

    assert torch.autograd.gradcheck(call, (x.requires_grad_(), given[role].clone().requires_grad_()))
    assert (counts == []) == (role != "delta")  # a learned number is one more prediction of a kernel


def test_learned_class_weights_have_their_gradient():
    class_weight = torch.rand(4, requires_grad=True)
    z, y = torch.randn(5, 4, dtype=torch.float64), torch.arange(5) % 4
    assert lossary.cross_entropy(z, y, class_weight=class_weight).requires_grad
    with torch.no_grad():
        value, gradient = lossary.cross_entropy.value_and_gradient(z, y, class_weight=class_weight)
    assert not value.requires_grad
    assert not gradient.requires_grad


def test_tensors_may_be_views_of_any_kind(case, counts):
    loss, x, y = case
    value, gradient = by_autograd(loss, x, y)
    pointwise = y.is_floating_point()
    views = {
        "slice": lambda a: torch.stack([a, a + 1], 1)[:, 0],
        "inner slice": lambda a: torch.stack([a, a + 1], -1)[..., 0],
        "transposed": lambda a: a.t().contiguous().t(),
        "negated": lambda a: torch._neg_view(-a),
        "negated part": lambda a: torch._neg_view(torch.stack([-a, a], -1))[..., 0],
        "unfolded": lambda a: a.flatten().unfold(0, a.shape[-1], a.shape[-1]) if a.ndim == 2 else a,
        "parameter": lambda a: torch.nn.Parameter(a.clone()) if a.is_floating_point() else a,
    }
    torch.testing.assert_close(loss(x, y), value)  # what is remembered of a plain tensor must not serve views
    for view in views.values():
        counts.clear()
        viewed = view(x.clone())
        torch.testing.assert_close(loss(viewed, y), value)
        assert counts
        leaf = x.clone().requires_grad_()
        loss(view(leaf) if view is not views["parameter"] else leaf, y).backward()
        torch.testing.assert_close(leaf.grad, gradient)
        with torch.no_grad():
            torch.testing.assert_close(loss(x, view(y) if pointwise else torch.stack([y, -y], 1)[:, 0]), value)
    row, target = x[:1].expand(30, -1), y[:1].expand_as(y)
    torch.testing.assert_close(loss(row, target), loss(x[:1], y[:1]))
    weight = torch.rand(loss(x, y, reduction="none").shape)
    weighted = by_autograd(loss, x, y, weight=weight)[0]
    for given in (torch._neg_view(-weight), torch.stack([weight, weight], -1)[..., 0]):
        torch.testing.assert_close(loss(x, y, weight=given), weighted)
    leaf = x.clone().requires_grad_()
    loss(leaf[:1].expand(30, -1), target).backward()
    torch.testing.assert_close(leaf.grad[:1], by_autograd(loss, x[:1], y[:1])[1])
    assert (leaf.grad[1:] == 0).all()


def test_single_and_half_precision_under_autocast(case):
    loss, x, y = case
    with torch.autocast("cpu", dtype=torch.bfloat16):
        leaf = x.clone().requires_grad_()
        logits = leaf @ torch.eye(x.shape[1])
        assert logits.dtype == torch.bfloat16
        cost = loss(logits, y)
        cost.backward()
    assert cost.dtype == torch.float32
    assert leaf.grad.dtype == torch.float32
    value, gradient = by_autograd(loss, x.bfloat16().float(), y)
    torch.testing.assert_close(cost, value)
    torch.testing.assert_close(leaf.grad, gradient, rtol=1e-2, atol=1e-4)


def test_modes_without_gradients_give_plain_results(case, counts):
    loss, x, y = case
    value, gradient = by_autograd(loss, x, y)
    x.requires_grad_()
    for mode in (torch.no_grad, torch.inference_mode):
        counts.clear()
        with mode():
            cost = loss(x, y)
            found = loss.gradient(x, y)
        assert len(counts) == 2
        assert not cost.requires_grad
        assert not found.requires_grad
        torch.testing.assert_close(cost, value)
        torch.testing.assert_close(found, gradient)
    assert loss.gradient(x, y).requires_grad
    with torch.inference_mode():
        inside = x.detach().clone()
        torch.testing.assert_close(loss(inside, y), value)
    torch.testing.assert_close(loss(inside, y), value)


def test_tensors_without_memory_of_their_own_go_by_the_plain_path(case, counts):
    loss, x, y = case
    assert loss(x.to("meta"), y.to("meta")).device.type == "meta"
    with FakeTensorMode() as mode:
        assert loss(mode.from_tensor(x), mode.from_tensor(y)).shape == ()

    class Named(torch.Tensor):
        pass

    named = loss(x.as_subclass(Named), y)
    assert type(named) is Named
    torch.testing.assert_close(named.as_subclass(torch.Tensor), by_autograd(loss, x, y)[0])
    assert counts == []


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore:`torch.jit:DeprecationWarning")
def test_a_trace_does_not_keep_the_numbers_of_its_example(case):
    loss, x, y = case
    traced = torch.jit.trace(lambda x, y: loss(x, y), (x, y), check_trace=False)
    torch.testing.assert_close(traced(x * 2, y), loss(x * 2, y))


ELSEWHERE = """
import lossary, torch
x, y = torch.ones(20_000), torch.zeros(20_000)
with torch.device("meta"):  # another default device
    value, gradient = lossary.squared_error.value_and_gradient(x, y)
assert gradient.device.type == value.device.type == "cpu", value.device
assert value == 1 and (gradient == 2 / 20_000).all()
assert lossary.squared_error(x, torch._efficientzerotensor(20_000)) == 1
"""


@pytest.mark.heavy
def test_no_kernel_reads_or_writes_where_there_is_no_memory():
    done = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_tensors_use_torchs_own_number_of_threads(monkeypatch, counts):
    monkeypatch.setenv("LOSSARY_NUM_THREADS", "5")
    x = torch.randn(50)
    for number in (1, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda number=number: number)
        lossary.huber(x, x)
        assert counts.pop() == number
    lossary.huber(x.numpy(), x.numpy())
    assert counts.pop() == 5


@pytest.mark.compiled
def test_results_do_not_depend_on_torchs_number_of_threads(monkeypatch, case):
    monkeypatch.setattr("lossary.kernels.task._WORTH_A_THREAD", 1)
    loss, x, y = case
    x, y = x.repeat(2000, 1), y.repeat(2000, *([1] * (y.ndim - 1)))
    found = []
    for number in (1, 2, 5):
        monkeypatch.setattr(torch, "get_num_threads", lambda number=number: number)
        found.append(loss.value_and_gradient(x, y))
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_training_follows_torchs_own_loss_step_by_step(dtype, counts):
    def train(cost):
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(200, 6, generator=generator, dtype=dtype)
        y = (x @ torch.randn(6, 4, generator=generator, dtype=dtype)).argmax(1)
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.Tanh(), torch.nn.Linear(16, 4)).to(dtype)
        optimizer = torch.optim.Adam(model.parameters(), 0.02)
        costs = []
        for _ in range(60):
            optimizer.zero_grad()
            value = cost(model(x), y)
            value.backward()
            optimizer.step()
            costs.append(value.item())
        return np.array(costs)

    ours, theirs = train(lossary.cross_entropy), train(torch.nn.functional.cross_entropy)
    assert len(counts) == 60
    assert ours[-1] < ours[0] / 4
    np.testing.assert_allclose(ours, theirs, rtol=1e-9 if dtype == torch.float64 else 1e-2)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_batch_of_cotangents_gives_a_batch_of_gradients(case, reduction):
    loss, x, y = case
    x.requires_grad_()
    values = loss(x, y, reduction=reduction)
    cotangents = torch.randn(3, *values.shape)
    (found,) = torch.autograd.grad(values, x, cotangents, is_grads_batched=True)
    twin = x.detach().clone().requires_grad_()
    plain = plainly(loss, twin, y, reduction=reduction)
    for gradient, cotangent in zip(found, cotangents, strict=True):
        torch.testing.assert_close(gradient, torch.autograd.grad(plain, twin, cotangent, retain_graph=True)[0])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_gradients_of_single_losses_are_rounded_once(dtype):
    x, y = torch.randn(60, 80).mul(3).to(dtype), torch.randint(0, 80, (60,))
    cotangent = torch.exp2(torch.randn(60).mul(6)).to(dtype)
    x.requires_grad_()
    (found,) = torch.autograd.grad(lossary.cross_entropy(x, y, reduction="none"), x, cotangent)
    p = torch.softmax(x.detach().double(), 1)
    truth = (p - torch.nn.functional.one_hot(y, 80)) * cotangent.double()[:, None]
    unit = torch.finfo(dtype).eps
    torch.testing.assert_close(found.double(), truth, rtol=0.51 * unit, atol=torch.finfo(dtype).smallest_normal * unit)
