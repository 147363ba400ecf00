"""torch.compile and torch.export of batches of any size and numbers that follow a schedule: few graphs, the same numbers."""

from unittest import mock

import pytest
import torch
from torch.nn import functional

import lossary
import lossary.torch
from lossary import activations, cross_entropy, huber, information, linear_cross_entropy
from lossary.engine import plans

CLASSES = 5
SIZES = (8, 16, 5000)
CLASS_WEIGHT, LAYER = torch.linspace(0.5, 2, CLASSES), torch.linspace(-1, 1, 4 * CLASSES).reshape(CLASSES, 4)


@lossary.composed
def distance(prediction, target):
    return ((prediction - target) ** 2).sum(-1)


def labelled(n, classes=CLASSES):
    generator = torch.Generator().manual_seed(n)
    return torch.randn(n, classes, generator=generator), torch.randint(0, CLASSES, (n,), generator=generator)


def weighed(n):
    return *labelled(n), torch.rand(n, generator=torch.Generator().manual_seed(n))


def soft(n):
    return labelled(n)[0], torch.softmax(labelled(n + 1)[0][:n], -1)


def sequences(n):
    z, y = labelled(n * (n % 7 + 2))
    return z.reshape(n, -1, CLASSES), y.reshape(n, -1)


EVERYTHING = {"ignore_index": 2, "class_weight": CLASS_WEIGHT, "label_smoothing": 0.1, "z_loss": 0.1, "soft_cap": 3.0}
RETURNS = ("log_normalizer", "entropy", "accuracy", "token_losses")
CALLS = {
    "cross_entropy": (lambda z, y: cross_entropy(z, y), labelled),
    "single losses": (lambda z, y: cross_entropy(z, y, reduction="none"), labelled),
    "everything": (lambda z, y, w: cross_entropy(z, y, weight=w, where=w > 0.5, **EVERYTHING), weighed),
    "returns": (lambda z, y: tuple(cross_entropy(z, y, returns=RETURNS)), labelled),
    "sequences": (lambda z, y: cross_entropy(z, y, reduction="batchmean"), sequences),
    "soft targets": (lambda z, t: cross_entropy(z, t), soft),
    "value_and_gradient": (lambda z, y: cross_entropy.value_and_gradient(z, y), labelled),
    "curvature": (lambda z, y: cross_entropy.curvature(z, y, reduction="sum"), labelled),
    "module": (lossary.torch.CrossEntropy(label_smoothing=0.1, class_weight=CLASS_WEIGHT), labelled),
    "huber": (lambda p, t: huber(p, t), soft),
    "huber of rows": (lambda p, _, w: huber(p, p * 0.5, weight=w, axis=-1), weighed),
    "binary": (lambda p, t: lossary.binary_cross_entropy(p, t, reduction="none"), soft),
    "composed": (lambda p, t: distance(p, t), soft),
    "linear": (lambda h, y: linear_cross_entropy(h, LAYER, y), lambda n: labelled(n, 4)),
    "logsumexp": (lambda z, y: activations.logsumexp(z), labelled),
    "hardmax": (lambda z, y: activations.hardmax(z), labelled),
    "relative entropy": (lambda z, t: information.relative_entropy(torch.softmax(z, -1), t), soft),
}


class Counter:
    """A backend of torch.compile that runs a graph as it is and counts the graphs."""

    def __init__(self):
        self.graphs = 0

    def __call__(self, graph, inputs):
        self.graphs += 1
        return graph.forward


def plainly(function, arguments):
    """By array operations, which are quicker than interpreted kernels; a graph is made with the thresholds as they are."""
    with mock.patch.multiple(plans, SMALLEST=1 << 60, SMALLEST_IN_AUTOGRAD=1 << 60):
        return function(*arguments)


def graphs_of(function, calls, mark=lambda *arguments: None):
    torch.compiler.reset()
    counter = Counter()
    compiled = torch.compile(function, fullgraph=True, backend=counter)
    for arguments in calls:
        mark(*arguments)
        torch.testing.assert_close(compiled(*arguments), plainly(function, arguments))
    return counter.graphs


def mark_rows(x, target, *others):
    torch._dynamo.mark_dynamic(x, 0 if x.ndim == 2 else (0, 1))
    for other in (target, *others):
        torch._dynamo.mark_dynamic(other, tuple(range(other.ndim - (other.shape == x.shape))))


BASIC = {"everything", "soft targets", "huber of rows", "linear"}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name in BASIC else pytest.mark.heavy) for name in CALLS])
def test_batches_of_any_size_take_two_graphs(name):
    function, make = CALLS[name]
    calls = [tuple(x.requires_grad_(x is given[0]) for x in given) for given in map(make, SIZES)]
    assert graphs_of(function, calls) == 2  # for the first size, and for any
    assert graphs_of(function, calls[1:], mark_rows) == 1


def test_torchs_own_loss_takes_as_many_graphs():
    for make in (labelled, soft):
        assert graphs_of(functional.cross_entropy, map(make, SIZES)) == 2


@pytest.mark.parametrize(
    "name", ["everything", "sequences", "value_and_gradient", "huber of rows", "linear", "relative entropy"]
)
def test_an_exported_loss_takes_batches_of_any_size(name):
    function, make = CALLS[name]

    class Whole(torch.nn.Module):
        def forward(self, *arguments):
            return function(*arguments)

    rows = torch.export.Dim("rows")
    lengths = {1: torch.export.Dim("length")} if name == "sequences" else {}
    example = make(SIZES[0])
    exported = torch.export.export(Whole(), example, dynamic_shapes=(tuple({0: rows, **lengths} for _ in example),))
    for n in SIZES:
        torch.testing.assert_close(exported.module()(*make(n)), plainly(function, make(n)))


def smoothed(**options):
    return lambda z, y, amount: cross_entropy(z, y, label_smoothing=amount, **options)


FEATURES = torch.linspace(-1, 2, 4 * 6).reshape(6, 4)
SCHEDULES = {
    "label_smoothing": smoothed(),
    "smoothing of others": smoothed(smoothing="others"),
    "temperature": lambda z, y, x: cross_entropy(z, y, temperature=x),
    "soft_cap": lambda z, y, x: cross_entropy(z, y, soft_cap=x),
    "z_loss": lambda z, y, x: cross_entropy(z, y, z_loss=x),
    "normalizer": lambda z, y, x: cross_entropy(z, y, normalizer=x),
    "delta": lambda z, y, x: huber(z, z * 0.5, delta=x),
    "linear, label_smoothing": lambda z, y, x: linear_cross_entropy(FEATURES, LAYER, y, label_smoothing=x),
    "linear, temperature and z_loss": lambda z, y, x: linear_cross_entropy(FEATURES, LAYER, y, temperature=x, z_loss=x / 2),
    "linear, mixture": lambda z, y, x: lossary.linear_jensen_shannon(FEATURES, LAYER, 2 * FEATURES, LAYER, mixture=x),
}
FIRST = {"label_smoothing", "temperature", "delta", "linear, label_smoothing"}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name in FIRST else pytest.mark.heavy) for name in SCHEDULES])
def test_a_number_that_follows_a_schedule_takes_two_graphs(name):
    z, y = labelled(6)
    numbers = [0.05, 0.1, 0.15, 0.2]
    assert graphs_of(SCHEDULES[name], [(z, y, x) for x in numbers]) == 2


@pytest.mark.parametrize("name", [name for name in SCHEDULES if not name.startswith("linear")])
def test_a_number_in_a_tensor_takes_one_graph(name):
    z, y = labelled(6)
    assert graphs_of(SCHEDULES[name], [(z, y, torch.tensor(x)) for x in (0.5, 0.6, 0.7)]) == 1


def test_gradients_of_a_linear_loss_follow_a_schedule():
    torch.compiler.reset()

    def both(function, amount):
        hidden, weight = FEATURES.clone().requires_grad_(), LAYER.clone().requires_grad_()
        cost = function(hidden, weight, labelled(6)[1], amount)
        return torch.autograd.grad(cost, (hidden, weight))

    function = lambda h, w, y, x: linear_cross_entropy(h, w, y, label_smoothing=x, returns=("entropy",)).loss
    single = lambda h, w, y, x: linear_cross_entropy(h, w, y, temperature=x + 1, reduction="none").square().sum()
    for call in (function, single):
        compiled = torch.compile(call, fullgraph=True, backend="aot_eager")
        for amount in (0.1, 0.2, 0.4):
            torch.testing.assert_close(both(compiled, amount), both(call, amount))


def test_a_number_of_a_schedule_that_is_out_of_range_is_refused():
    torch.compiler.reset()
    z, y = labelled(6)
    compiled = torch.compile(SCHEDULES["label_smoothing"], backend="eager")
    for amount in (0.1, 0.2, 0.3):
        compiled(z, y, amount)
    with pytest.raises(Exception, match=r"label_smoothing lies in \[0, 1\]; got 1.5"):
        compiled(z, y, 1.5)
