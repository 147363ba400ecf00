"""Micro-batches and ranks: costs, gradients and totals are those of the whole batch in one process."""

import contextlib
import itertools
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import distributed as dist

import lossary
from lossary import absolute_error, binary_cross_entropy, cross_entropy, distributed, huber, squared_error
from lossary.arrays.torch_ranks import device_of
from tests.processes import RANKS, one_thread, plain_kernels

SAMPLES, FEATURES, OUTPUTS = 24, 3, 4
SPLITS = {
    "uneven": ([7, 1, 4], [6], [1, 2], [3]),
    "empty batch": ([0, 5], [2, 12, 0], [1], [4]),
    "idle rank": ([20], [], [1, 2], [1]),
}
"""The sizes of each rank's micro-batches."""

# Sums of SAMPLES terms in any order differ from one another by at most SAMPLES·eps times the sum of the terms' sizes; that
# the terms come from two libraries, and are divided by n in different places, adds some ulp to each.
ERROR = (SAMPLES + 40) * torch.finfo(torch.float64).eps


# ---- the cases, and their truth by torch's own functions on the whole batch


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


X = random(SAMPLES, FEATURES, seed=0) - 0.5
START = 4 * random(FEATURES, OUTPUTS, seed=1) - 2
LABELS = (random(SAMPLES, seed=2) * OUTPUTS).long()
IGNORED = torch.where(random(SAMPLES, seed=3) < 0.4, -100, LABELS)
SOFT = torch.softmax(random(SAMPLES, OUTPUTS, seed=4), -1)
CLASS_WEIGHT = random(OUTPUTS, seed=5) + 0.1
WEIGHT = random(SAMPLES, seed=6)
WHERE = random(SAMPLES, seed=7) < 0.6
EACH_WEIGHT = random(SAMPLES, OUTPUTS, seed=8)
EACH_WHERE = random(SAMPLES, OUTPUTS, seed=9) < 0.6
REAL = 4 * random(SAMPLES, OUTPUTS, seed=10) - 2


def weighted(losses: torch.Tensor, weight: torch.Tensor, where: torch.Tensor, *, batchmean: bool = False) -> torch.Tensor:
    return (weight * losses)[where].sum() / (where.sum() if batchmean else weight[where].sum())


@dataclass
class Case:
    loss: lossary.Loss
    target: torch.Tensor
    truth: Callable[[torch.Tensor], torch.Tensor]
    options: dict[str, Any]
    weight: torch.Tensor | None = None
    where: torch.Tensor | None = None

    def parts(self, sizes: list[int], start: int) -> list[tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]]:
        """Inputs, target, and weight and mask if there are any, of each micro-batch."""
        arrays = {name: x for name, x in (("weight", self.weight), ("where", self.where)) if x is not None}
        stops = np.cumsum([start, *sizes])
        slices = [slice(a, b) for a, b in itertools.pairwise(stops)]
        return [(X[s], self.target[s], {name: x[s] for name, x in arrays.items()}) for s in slices]


@lossary.composed
def distance(prediction, target):
    return abs(prediction - target).sum(-1) ** 1.5


CASES = {
    "labels": Case(cross_entropy, LABELS, lambda z: F.cross_entropy(z, LABELS), {}),
    "ignore_index": Case(cross_entropy, IGNORED, lambda z: F.cross_entropy(z, IGNORED), {"ignore_index": -100}),
    "class_weight": Case(
        cross_entropy,
        IGNORED,
        lambda z: F.cross_entropy(z, IGNORED, weight=CLASS_WEIGHT, label_smoothing=0.1),
        {"ignore_index": -100, "class_weight": CLASS_WEIGHT, "label_smoothing": 0.1},
    ),
    "soft": Case(cross_entropy, SOFT, lambda z: F.cross_entropy(z, SOFT), {}),
    "soft, class_weight": Case(
        cross_entropy,
        SOFT,
        lambda z: F.cross_entropy(z, SOFT, weight=CLASS_WEIGHT, reduction="sum") / (SOFT @ CLASS_WEIGHT).sum(),
        {"class_weight": CLASS_WEIGHT},
    ),
    "weight and where": Case(
        cross_entropy,
        LABELS,
        lambda z: weighted(F.cross_entropy(z, LABELS, reduction="none"), WEIGHT, WHERE),
        {},
        WEIGHT,
        WHERE,
    ),
    "squared": Case(squared_error, REAL, lambda z: F.mse_loss(z, REAL), {}),
    "squared, where": Case(squared_error, REAL, lambda z: F.mse_loss(z[EACH_WHERE], REAL[EACH_WHERE]), {}, where=EACH_WHERE),
    "rows": Case(
        huber,
        REAL,
        lambda z: weighted(F.huber_loss(z, REAL, reduction="none").sum(-1), WEIGHT, WHERE),
        {"axis": -1},
        WEIGHT,
        WHERE,
    ),
    "batchmean": Case(
        binary_cross_entropy,
        SOFT,
        lambda z: weighted(
            F.binary_cross_entropy_with_logits(z, SOFT, reduction="none"), EACH_WEIGHT, EACH_WHERE, batchmean=True
        ),
        {"reduction": "batchmean"},
        EACH_WEIGHT,
        EACH_WHERE,
    ),
    "composed": Case(distance, REAL, lambda z: (F.l1_loss(z, REAL, reduction="none").sum(-1) ** 1.5).mean(), {}),
}


def check(case: Case, cost: float, gradient: list[list[float]]) -> None:
    """Cost and gradient of the parameters, against torch's own on the whole batch."""
    parameters = START.clone().requires_grad_()
    outputs = X @ parameters
    outputs.retain_grad()
    truth = case.truth(outputs)
    truth.backward()
    assert cost == pytest.approx(truth.item(), rel=ERROR, abs=0)
    sizes = X.abs().T @ outputs.grad.abs()
    assert ((torch.tensor(gradient, dtype=torch.float64) - parameters.grad).abs() <= ERROR * sizes).all()


def lists(batches: list[tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]], case: Case) -> dict[str, Any]:
    """Weights and masks as the normalizer takes them."""
    names = [name for name in ("weight", "where") if getattr(case, name) is not None]
    return {name: [arrays[name] for _, _, arrays in batches] for name in names}


# ---- processes that run what they are sent


@pytest.fixture(scope="module", autouse=True)
def alone():
    with one_thread():
        yield


def own_parts(rank: int, case: Case, split: str) -> list[tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]]:
    return case.parts(SPLITS[split][rank], sum(map(sum, SPLITS[split][:rank])))


# ---- cost and gradient


@plain_kernels()
def train_by_hand(rank, name, split):
    case = CASES[name]
    batches = own_parts(rank, case, split)
    targets = [y for _, y, _ in batches]
    n = distributed.normalizer(case.loss, targets, gradient_reduction="sum", **lists(batches, case), **case.options)
    parameters, cost = START.clone().requires_grad_(), torch.zeros((), dtype=torch.float64)
    for x, y, arrays in batches:
        part = case.loss(x @ parameters, y, normalizer=n, **arrays, **case.options)
        part.backward()
        cost += part.detach()
    gradient = torch.zeros_like(parameters) if parameters.grad is None else parameters.grad
    dist.all_reduce(cost)
    dist.all_reduce(gradient)
    return cost.item(), gradient.tolist()


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", CASES)
def test_costs_and_gradients_of_all_parts_add_up_to_those_of_the_batch(name, split, ranks):
    for cost, gradient in ranks(train_by_hand, name, split):
        check(CASES[name], cost, gradient)


@plain_kernels()
def train_by_ddp(rank, name, split):
    case = CASES[name]
    layer = torch.nn.Linear(FEATURES, OUTPUTS, bias=False, dtype=torch.float64)
    layer.weight.data = START.T.clone()
    model = torch.nn.parallel.DistributedDataParallel(layer)
    # the last backward pass exchanges gradients, so a rank without samples needs one too
    batches = own_parts(rank, case, split) or case.parts([0], 0)
    targets = [y for _, y, _ in batches]
    n = distributed.normalizer(case.loss, targets, gradient_reduction="mean", **lists(batches, case), **case.options)
    cost = torch.zeros((), dtype=torch.float64)
    for i, (x, y, arrays) in enumerate(batches):
        last = i == len(batches) - 1
        with contextlib.nullcontext() if last else model.no_sync():
            part = case.loss(model(x), y, normalizer=n, **arrays, **case.options)
            part.backward()
        cost += part.detach()
    dist.all_reduce(cost)
    return cost.item() / RANKS, layer.weight.grad.T.tolist()


@pytest.mark.parametrize("split", ["uneven", "idle rank"])
@pytest.mark.parametrize("name", CASES)
def test_distributed_data_parallel_takes_the_step_of_one_process(name, split, ranks):
    answers = ranks(train_by_ddp, name, split)
    assert answers == [answers[0]] * RANKS
    check(CASES[name], *answers[0])


@pytest.mark.parametrize("name", CASES)
def test_micro_batches_of_one_process(name):
    case = CASES[name]
    batches = case.parts([5, 12, 0, 7], 0)
    n = distributed.normalizer(case.loss, [y for _, y, _ in batches], **lists(batches, case), **case.options)
    parameters = START.clone().requires_grad_()
    parts = [case.loss(x @ parameters, y, normalizer=n, **arrays, **case.options) for x, y, arrays in batches]
    sum(parts).backward()
    check(case, sum(parts).item(), parameters.grad.tolist())
    arrays = {"weight": case.weight, "where": case.where, **case.options}
    whole = distributed.normalizer(case.loss, case.target, gradient_reduction="mean", **arrays)
    assert n == pytest.approx(whole, rel=ERROR, abs=0)


# ---- totals

NUMBERS = [
    np.ldexp(random(500, seed=11).numpy() - 0.5, np.linspace(-1000, 900, 500).astype(int)),
    np.zeros(0),
    1e16 * (random(300, seed=12).numpy() - 0.5),
    np.full(7, 0.1),
]


def total_of(numbers, weighted):
    weight = np.linspace(0.1, 0.9, numbers.size) if weighted else None
    return absolute_error.total(numbers, np.zeros(numbers.size), weight=weight)


def reduce_totals(rank, shares, weighted):
    mine = lossary.Total()
    for i in shares[rank]:
        mine += total_of(NUMBERS[i], weighted)
    before = mine.to_bytes()
    whole = distributed.all_reduce(mine)
    assert mine.to_bytes() == before
    assert whole is not mine
    return whole.to_bytes()


@pytest.mark.parametrize("weighted", [False, True])
def test_totals_of_all_ranks_are_the_same_to_the_last_bit_for_any_split(weighted, ranks):
    expected = lossary.Total()
    for numbers in NUMBERS:
        expected += total_of(numbers, weighted)
    for shares in [([0, 1], [2], [3], []), ([3], [0, 2], [], [1]), ([], [0, 1, 2, 3], [], [])]:
        assert ranks(reduce_totals, shares, weighted) == [expected.to_bytes()] * RANKS
    if not weighted:
        absolute = abs(np.concatenate(NUMBERS))
        got = lossary.Total.from_bytes(expected.to_bytes())
        assert (got.sum, got.count, got.weight) == (math.fsum(absolute), absolute.size, absolute.size)
        assert got.mean == math.fsum(absolute) / absolute.size


def reduce_what_is_not_finite(rank):
    return distributed.all_reduce(absolute_error.total([1.0, math.inf if rank else 2.0], [0.0, 0.0])).sum


def test_a_total_that_is_not_finite(ranks):
    assert ranks(reduce_what_is_not_finite) == [math.inf] * RANKS


def test_total_of_one_process():
    total = absolute_error.total([1.0, 2.0, 0.1], [0.0, 0.0, 0.0])
    whole = distributed.all_reduce(total)
    assert whole.to_bytes() == total.to_bytes()
    whole += total
    assert (total.count, whole.count) == (3, 6)


# ---- groups, and other libraries' arrays


def count_in_a_group(rank):
    group = dist.new_group([0, 2])  # of which every rank is told
    total = squared_error.total([1.0, 2.0], [0.0, 0.0])
    try:
        return [
            distributed.normalizer(squared_error, np.zeros(3 + rank), gradient_reduction="mean", process_group=group),
            distributed.all_reduce(total, group).count,
        ]
    except ValueError as error:
        return str(error)


def test_a_process_group_of_some_ranks(ranks):
    first, other, third, _ = ranks(count_in_a_group)
    assert first == third == [(3 + 5) / 2, 4]
    assert other == (
        "a rank that calls this belongs to the process group; rank 1 does not; "
        "call it on members only, or pass another process_group="
    )


def count_alone(rank):
    groups = [dist.new_group([i]) for i in range(RANKS)]
    return distributed.normalizer(squared_error, np.zeros(3 + rank), process_group=groups[rank])


def test_a_process_group_of_one_rank(ranks):
    assert ranks(count_alone) == [3, 4, 5, 6]


@pytest.mark.parametrize(("backend", "device"), [("gloo", "cpu"), ("cpu:gloo,cuda:nccl", "cpu"), ("nccl", "cuda")])
def test_tensors_are_sent_from_a_device_that_the_group_serves(backend, device, monkeypatch):
    config = str(dist.distributed_c10d.BackendConfig(dist.Backend(backend)))
    monkeypatch.setattr(dist, "get_backend_config", lambda group: config)
    assert device_of(None) == device


@pytest.mark.parametrize("array", [np.asarray, torch.as_tensor, jax.numpy.asarray])
def test_arrays_of_every_library(array):
    labels, weight = array(np.array([[0, 2, 9], [1, 1, 9]])), array(np.array([[1.0, 2, 3], [4, 5, 6]]))
    count = lambda **options: distributed.normalizer(cross_entropy, labels, ignore_index=9, **options)
    assert count() == 4
    assert count(axis=1, given="probabilities", label_smoothing=0.1) == 4
    assert count(class_weight=array(np.array([1.0, 10, 100]))) == 121
    assert count(class_weight=[1.0, 10, 100], weight=weight) == 1 + 200 + 40 + 50
    assert count(class_weight=[1.0, 10, 100], weight=weight, reduction="batchmean") == 4
    assert count(where=array(np.array([[True, False, True], [True, True, False]]))) == 3
    rows = array(np.eye(3)[[0, 0, 2]])
    assert distributed.normalizer(cross_entropy, rows) == 3
    assert distributed.normalizer(cross_entropy, rows, class_weight=[1.0, 10, 100], axis=0) == (1 + 10) + 0 + 100
    assert distributed.normalizer(squared_error, rows) == 9
    assert distributed.normalizer(squared_error, rows, axis=-1, weight=weight[0]) == 6


def test_weights_of_any_precision_and_that_are_learned_are_counted_in_float64():
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        weight = torch.full((3000,), 0.1, dtype=dtype, requires_grad=True)
        expected = 3000 * weight[0].double().item()
        got = distributed.normalizer(squared_error, torch.zeros(3000, dtype=dtype), weight=weight)
        assert got == pytest.approx(expected, rel=3000 * 2.0**-53, abs=0)
        got = distributed.normalizer(cross_entropy, torch.zeros(3000, dtype=torch.uint8), class_weight=weight[:3])
        assert got == pytest.approx(expected, rel=3000 * 2.0**-53, abs=0)


def test_python_lists_and_what_counts_nothing():
    assert distributed.normalizer(cross_entropy, [0, 2, 1]) == 3
    assert distributed.normalizer(squared_error, [[1.0, 2.0], [3.0]], weight=[[0.5, 1.5], [2.0]]) == 4
    n = distributed.normalizer(cross_entropy, [], ignore_index=0)
    assert isinstance(n, float)
    assert n == 0
    logits = torch.zeros(2, 3, requires_grad=True)
    cost = cross_entropy(logits, torch.tensor([0, 0]), ignore_index=0, normalizer=n)
    cost.backward()
    assert cost.isnan()
    assert not logits.grad.any()


# ---- errors

EYE = np.eye(3, dtype=np.int64)
REFUSED = [
    ((np.mean, [0.0]), {}, TypeError, "given a loss and then targets; got .*; pass a loss such as lossary.cross_entropy"),
    ((squared_error, [0.0]), {"gradient_reduction": "max"}, ValueError, 'gradient_reduction is "mean" or "sum"; got \'max\''),
    ((squared_error, [0.0]), {"reduction": "sum"}, ValueError, 'reduction="mean" or "batchmean"; got reduction="sum"'),
    ((squared_error, [0.0]), {"reduction": "none"}, ValueError, 'got reduction="none"; leave it out'),
    ((squared_error, [0.0]), {"normalizer": 3}, ValueError, "got normalizer=; leave it out"),
    ((cross_entropy, [0]), {"ignore_indx": 3}, TypeError, "no option 'ignore_indx'; did you mean 'ignore_index'"),
    ((cross_entropy, []), {"ignore_indx": 3}, TypeError, "no option 'ignore_indx'"),
    (
        (squared_error, [np.zeros(2)] * 2),
        {"weight": np.ones(2)},
        ValueError,
        "list of 2 micro-batches, so is weight; got ndarray",
    ),
    ((squared_error, [np.zeros(2)] * 2), {"where": [None]}, ValueError, "list of 2 micro-batches, so is where; got 1"),
    ((squared_error, np.zeros(2)), {"weight": np.ones(3)}, ValueError, r"weight has one value a sample, .* got \(3,\)"),
    ((squared_error, np.zeros(2)), {"weight": [1, math.nan]}, ValueError, "a finite number ≥ 0; got nan; correct the weights"),
    ((squared_error, np.zeros(1)), {"weight": [-1.0]}, ValueError, "a finite number ≥ 0; got -1.0"),
    ((squared_error, np.zeros(3)), {"weight": [1e308] * 3}, ValueError, "have a finite sum; got infinity; divide all weights"),
    ((squared_error, "labels"), {}, TypeError, "target must be an array of real numbers"),
    (
        (cross_entropy, np.array([1, -1, 3])),
        {"class_weight": [1, 1, 1], "ignore_index": -1},
        ValueError,
        "0 … 2, .*; got 3; pass",
    ),
    ((cross_entropy, EYE[:2]), {}, ValueError, r"looks one-hot, with a single 1 along axis -1; convert .* flatten the indices"),
    ((cross_entropy, torch.tensor(EYE[:, :2])), {"axis": 0}, ValueError, r"shape \(3, 2\) that looks one-hot"),
    ((cross_entropy, np.array([[0, 1]])), {"axis": (0, 1)}, TypeError, "axis is an integer"),
]


@pytest.mark.parametrize(("arguments", "options", "error", "message"), REFUSED)
def test_what_is_refused(arguments, options, error, message):
    with pytest.raises(error, match=message):
        distributed.normalizer(*arguments, **options)


def test_class_indices_are_not_mistaken_for_one_hot_rows():
    for labels in (EYE + 1, EYE[:, :1], np.array([[0, 1], [1, 1]]), np.zeros((0, 3), int), np.zeros((3, 0), int)):
        assert distributed.normalizer(cross_entropy, labels) == labels.size
    assert distributed.normalizer(cross_entropy, EYE, ignore_index=-1) == 9


def test_a_total_is_needed():
    with pytest.raises(TypeError, match=r"given a lossary.Total; got float; loss.total\(prediction, target\) makes one"):
        distributed.all_reduce(3.0)


def ask_without_saying(rank):
    try:
        distributed.normalizer(squared_error, torch.zeros(2))
    except ValueError as error:
        return str(error)


def test_with_several_ranks_it_must_be_said_what_becomes_of_gradients(ranks):
    for message in ranks(ask_without_saying):
        assert f"gradients of the {RANKS} ranks, and gradient_reduction= was not given; pass" in message


def ask_with_a_flaw_in_one_rank(rank):
    weight = torch.ones(3 if rank == 1 else 2)
    try:
        distributed.normalizer(squared_error, torch.zeros(2), weight=weight, gradient_reduction="sum")
    except ValueError as error:
        return str(error)


def test_where_one_rank_fails_all_do_and_none_waits(ranks):
    first, second, *others = ranks(ask_with_a_flaw_in_one_rank)
    assert "got nan; the input of some rank is invalid, see its own error" in first
    assert "weight has one value a sample, so its shape is (2,); got (3,)" in second
    assert others == [first] * 2


@pytest.mark.compiled
def test_torch_is_not_imported_for_numpy_arrays():
    squared_error.total([1.0], [0.0])  # compiles its kernel, for which Numba is imported
    program = """
import sys
from lossary import distributed, squared_error
assert distributed.normalizer(squared_error, [[1.0, 2.0], [3.0]]) == 3
assert distributed.all_reduce(squared_error.total([1.0], [0.0])).sum == 1
assert not {"torch", "jax", "numba", "sympy"} & {*sys.modules}
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)


def test_a_normalizer_of_losses_of_several_predictions():
    @lossary.pointwise
    def gaussian(mean, scale, target):
        return ((target - mean) / scale) ** 2

    @lossary.pointwise
    def ranking(first, second):
        return abs(first - second)

    y, weight = np.arange(5.0), np.array([1.0, 2, 0, 3, 4])
    assert distributed.normalizer(gaussian, y, weight=weight) == 10
    assert distributed.normalizer(ranking, y) == 5
    with pytest.raises(TypeError, match="is a sum of losses of several kinds"):
        distributed.normalizer(lossary.cross_entropy + lossary.squared_error, y)


@pytest.mark.parametrize("axis", [None, 0])
def test_samples_are_counted_by_the_target_alone_whatever_its_axes(axis):
    rng = np.random.default_rng(4)
    weight, where = rng.random((5, 2)), rng.random((5, 2)) < 0.7
    target, options = rng.normal(size=(5, 2)), {"weight": weight, "where": where, "axis": axis}
    expected = weight[where].sum()
    assert distributed.normalizer(lossary.crps_ensemble, target, **options) == pytest.approx(expected)
    assert distributed.normalizer(lossary.quantiles, target, levels=(0.1, 0.9), **options) == pytest.approx(expected)
    assert distributed.normalizer(lossary.energy_score, rng.normal(size=(5, 2, 3)), weight=weight) == pytest.approx(
        weight.sum()
    )
    labels = rng.integers(0, 2, (5, 2))
    assert distributed.normalizer(lossary.contrastive, labels, **options) == pytest.approx(expected)
    assert distributed.normalizer(lossary.crammer_singer, 1 + labels, **options) == pytest.approx(expected)
    assert distributed.normalizer(lossary.cox, np.array([True, False, True])) == 1
    members = rng.normal(size=(5, 2, 7))
    parts = [lossary.crps_ensemble(members[i : i + 1], target[i : i + 1], normalizer=10.0) for i in range(5)]
    assert sum(parts) == pytest.approx(lossary.crps_ensemble(members, target))
