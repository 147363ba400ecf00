"""Losses of tensors on a GPU as people call them: against torch in float64, in training, compiled, and without waiting."""

import copy
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional

import lossary
import lossary.torch
from lossary.kernels.gpu import cross_entropy

assert torch.cuda.is_available(), "these tests need a GPU"

ROWS, FEATURES = 37, 48
CLASSES = [2, 130, 1000, 32_000, 50_257]
DTYPES = [torch.float32, torch.bfloat16, torch.float16, torch.float64]
EPS = {torch.float32: 1e-6, torch.bfloat16: 2**-8, torch.float16: 2**-11, torch.float64: 1e-13}


@pytest.fixture(autouse=True)
def _warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*TensorFloat32.*")
        yield


@pytest.fixture
def launched(monkeypatch):
    """How often the kernel was launched."""
    calls, rows = [], cross_entropy.rows
    monkeypatch.setattr(cross_entropy, "rows", lambda *a, **o: calls.append(1) or rows(*a, **o))
    return calls


def numbers(*shape, seed=0, dtype=torch.float32):
    generator = torch.Generator("cuda").manual_seed(seed)
    return torch.randn(*shape, generator=generator, device="cuda", dtype=torch.float64).to(dtype)


def labels(rows, classes, dtype=torch.int64):
    return (torch.arange(rows, device="cuda") * 7919 % classes).to(dtype)


def close(got, truth, dtype, scale=1.0):
    torch.testing.assert_close(
        got.double(), truth.double(), rtol=8 * EPS[dtype] * scale, atol=1e-9 + EPS[dtype] * scale * truth.abs().max().item()
    )


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_beside_torch(classes, dtype, reduction, launched):
    x, target = (3 * numbers(ROWS, classes)).to(dtype).requires_grad_(), labels(ROWS, classes)
    exact = x.detach().double().requires_grad_()
    pull = torch.tensor(1.5, device="cuda") if reduction != "none" else numbers(ROWS, seed=9)
    cost = lossary.cross_entropy(x, target, reduction=reduction)
    truth = functional.cross_entropy(exact, target, reduction=reduction)
    cost.backward(pull.to(cost.dtype))
    truth.backward(pull.to(cost.dtype).double())
    assert launched
    assert cost.is_cuda
    assert x.grad.dtype == dtype
    close(cost.detach(), truth.detach(), torch.float32 if dtype.itemsize < 4 and reduction != "none" else dtype)
    close(x.grad, exact.grad, dtype)


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=str)
@pytest.mark.parametrize(
    "options",
    [
        {"label_smoothing": 0.1},
        {"ignore_index": -100},
        {"class_weight": True},
        {"axis": 1},
        {"soft": True},
        {"soft": True, "label_smoothing": 0.1, "class_weight": True},
    ],
    ids=str,
)
def test_options_beside_torch(options, dtype, launched):
    options, classes = dict(options), 130
    shape = (6, classes, 5) if "axis" in options else (30, classes)
    x = numbers(*shape, dtype=dtype).requires_grad_()
    target = labels(30, classes)
    theirs = {}
    if options.pop("soft", False):
        target = torch.softmax(numbers(30, classes, seed=2), -1)
    if "ignore_index" in options:
        target[::3] = -100
    if "axis" in options:
        target = target.reshape(6, 5)
    if options.pop("class_weight", False):
        weight = torch.linspace(0.1, 2, classes, device="cuda")
        options["class_weight"], theirs["weight"] = weight, weight.double()
    if "label_smoothing" in options:
        theirs["label_smoothing"] = options["label_smoothing"]
    exact = x.detach().double().requires_grad_()
    losses = lossary.cross_entropy(x, target, reduction="sum", **options)
    truth = functional.cross_entropy(
        exact, target.double() if target.is_floating_point() else target, reduction="sum", **theirs
    )
    losses.backward()
    truth.backward()
    assert launched
    close(losses.detach(), truth.detach(), torch.float32)
    close(x.grad, exact.grad, dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("chunk", ["auto", 7])
@pytest.mark.parametrize("classes", [1000, 1003])
def test_linear_cross_entropy_beside_torch(dtype, chunk, classes, launched):
    hidden, weight = numbers(ROWS, FEATURES, dtype=dtype), (0.3 * numbers(classes, FEATURES, seed=1)).to(dtype)
    bias, target = numbers(classes, seed=2, dtype=dtype), labels(ROWS, classes)
    ours = [x.clone().requires_grad_() for x in (hidden, weight, bias)]
    exact = [x.double().requires_grad_() for x in (hidden, weight, bias)]
    cost = lossary.linear_cross_entropy(ours[0], ours[1], target, bias=ours[2], chunk=chunk)
    cost.backward()
    truth = functional.cross_entropy(exact[0] @ exact[1].T + exact[2], target)
    truth.backward()
    assert launched
    close(cost.detach(), truth.detach(), torch.float32, scale=1 if dtype == torch.float32 else 2**12)
    for x, y in zip(ours, exact, strict=True):
        error = (x.grad.double() - y.grad).norm() / y.grad.norm()
        assert x.grad.dtype == dtype
        assert error < (2**-8 if dtype == torch.bfloat16 else 1e-5)


def test_what_returns_names(launched):
    x, target = numbers(ROWS, 1000), labels(ROWS, 1000)
    found = lossary.cross_entropy(x, target, returns=("log_normalizer", "entropy", "accuracy", "token_losses"))
    log_p = x.double().log_softmax(-1)
    close(found.log_normalizer, x.double().logsumexp(-1), torch.float32)
    close(found.entropy, -(log_p.exp() * log_p).sum(-1), torch.float32)
    close(found.token_losses, -log_p.gather(-1, target[:, None])[:, 0], torch.float32)
    assert torch.equal(found.accuracy.bool(), x.argmax(-1) == target)
    assert len(launched) == 1


@pytest.mark.parametrize("name", ["squared_error", "absolute_error", "huber", "binary_cross_entropy"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_losses_of_elements(name, dtype):
    loss = getattr(lossary, name)
    x, target = numbers(3000, dtype=dtype), numbers(3000, seed=1, dtype=dtype)
    if name == "binary_cross_entropy":
        target = (target > 0).to(dtype)
    weight = torch.linspace(0, 2, 3000, device="cuda", dtype=dtype)
    x.requires_grad_()
    exact = x.detach().cpu().double().numpy()
    truth, slopes = loss.value_and_gradient(exact, target.cpu().double().numpy(), weight=weight.cpu().double().numpy())
    cost = loss(x, target, weight=weight)
    cost.backward()
    close(cost.detach(), torch.tensor(truth, device="cuda"), torch.float32 if dtype.itemsize < 4 else dtype)
    close(x.grad, torch.from_numpy(slopes).cuda(), dtype)


def test_invalid_rows_become_nan():
    x, target = numbers(5, 9), labels(5, 9)
    target[2] = 9
    losses = lossary.cross_entropy(x, target, reduction="none")
    assert losses.isnan().tolist() == [False, False, True, False, False]


def test_no_call_waits_for_the_gpu():
    x, target = numbers(64, 1000).requires_grad_(), labels(64, 1000)
    y, z = numbers(5000).requires_grad_(), numbers(5000, seed=1)
    mask = torch.arange(64, device="cuda") % 3 > 0
    calls = (
        lambda: lossary.cross_entropy(x, target).backward(),
        lambda: lossary.cross_entropy(x, target, where=mask, ignore_index=3, label_smoothing=0.1).backward(),
        lambda: lossary.huber(y, z).backward(),
    )
    for call in calls:
        call()
    torch.cuda.synchronize()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that it does not notice everything
            torch.cuda.set_sync_debug_mode("error")
        for call in calls:
            call()
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("amp", [False, True])
def test_a_training_loop_is_torchs(amp):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 10)).cuda()
    twin = copy.deepcopy(model)
    x, target = numbers(256, 16), labels(256, 10)
    for net, loss in ((model, lossary.cross_entropy), (twin, functional.cross_entropy)):
        optimizer = torch.optim.SGD(net.parameters(), 0.1)
        for _ in range(20):
            optimizer.zero_grad()
            with torch.autocast("cuda", torch.bfloat16, enabled=amp):
                cost = loss(net(x), target)
            cost.backward()
            optimizer.step()
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0.05 if amp else 1e-4, atol=0.01 if amp else 1e-6)


@pytest.mark.parametrize("name", ["cross_entropy", "huber", "linear"])
def test_compiled(name):
    if name == "huber":
        x, call = numbers(2000).requires_grad_(), lambda x: lossary.huber(x, torch.zeros_like(x))
    elif name == "cross_entropy":
        target = labels(64, 200)
        x, call = numbers(64, 200).requires_grad_(), lambda x: lossary.cross_entropy(x, target)
    else:
        weight, target = numbers(200, 24, seed=1), labels(64, 200)
        x, call = numbers(64, 24).requires_grad_(), lambda x: lossary.linear_cross_entropy(x, weight, target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = torch.compile(call, fullgraph=True)(x)
        compiled.backward()
    again = x.detach().clone().requires_grad_()
    cost = call(again)
    cost.backward()
    close(compiled.detach(), cost.detach(), torch.float32)
    close(x.grad, again.grad, torch.float32)


def test_a_cuda_graph_holds_a_step():
    x, target = numbers(128, 1000).requires_grad_(), labels(128, 1000)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            x.grad = None
            lossary.cross_entropy(x, target).backward()
    torch.cuda.current_stream().wait_stream(side)
    x.grad = None
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        cost = lossary.cross_entropy(x, target)
        cost.backward()
    with torch.no_grad():
        x.copy_(numbers(128, 1000, seed=5))
    graph.replay()
    exact = x.detach().double().requires_grad_()
    truth = functional.cross_entropy(exact, target)
    truth.backward()
    close(cost.detach(), truth.detach(), torch.float32)
    close(x.grad, exact.grad, torch.float32)


def test_second_derivatives_and_other_streams():
    x, target = numbers(6, 11, dtype=torch.float64).requires_grad_(), labels(6, 11)
    assert torch.autograd.gradgradcheck(lambda z: lossary.cross_entropy(z, target), x)
    with torch.cuda.stream(torch.cuda.Stream()):
        y = numbers(6, 11).requires_grad_()
        lossary.cross_entropy(y, target).backward()
    torch.cuda.synchronize()
    assert y.grad.isfinite().all()


def test_more_elements_than_int32_counts():
    rows = 2**31 // 32_000 + 5
    x = torch.randn(rows, 32_000, device="cuda", dtype=torch.bfloat16)
    target = labels(rows, 32_000)
    losses = lossary.cross_entropy(x, target, reduction="none")
    last = functional.cross_entropy(x[-4:].double(), target[-4:], reduction="none")
    torch.testing.assert_close(losses[-4:].double(), last, rtol=2**-7, atol=1e-3)
    x.requires_grad_()
    lossary.cross_entropy(x, target, reduction="sum").backward()
    assert x.grad[-4:].double().sum(-1).abs().max() < 1e-2
    assert x.grad[-1].argmin() == target[-1]


def test_the_doctor_names_the_gpu():
    from lossary.cli.doctor import _gpu

    assert torch.cuda.get_device_name() in _gpu().found
