"""A vocabulary that is sharded over ranks gives the numbers of one process, and sends few."""

import contextlib
import datetime
import itertools
import warnings

import pytest
import torch
from torch import distributed as dist
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor

import lossary
from lossary import linear_cross_entropy
from lossary.linear_losses import loop
from tests.linear_losses.cases import CASES, PER_CLASS, Batch, assert_close
from tests.processes import RANKS, one_thread
from tests.softmax_oracle import RETURNS, focal, pulled, truth, with_gradients

SPLITS = {"two": [7, 4], "three": [6, 1, 4], "none at one": [5, 0, 6], "all at one": [11, 0]}
"""How many classes each rank has, from rank 0 on."""
ERROR = 5e-13
"""Sums of tens of terms of float64, in another order."""


pytestmark = pytest.mark.compiled


@pytest.fixture(scope="module", autouse=True)
def alone():
    batch = Batch()
    linear_cross_entropy(*batch.layer[:2], batch.labels)  # what sums are compiled to, here once and not by each rank
    with one_thread():
        yield


# ---- what ranks have


_groups = {}


def group_of(*members):
    """The group of these ranks; all ranks ask for it, and those that are not in it get None."""
    if members not in _groups:
        _groups[members] = dist.new_group(list(members), timeout=datetime.timedelta(seconds=60))
    return _groups[members] if dist.get_rank() in members else None


def mine_of(counts):
    """This rank's group and classes; nothing for a rank that has no part in it."""
    group = group_of(*range(len(counts)))
    rank, start = dist.get_rank(), sum(counts[: dist.get_rank()])
    return (group, slice(start, start + counts[rank])) if group else (None, None)


def on_this_rank(batch, case, mine):
    """A linear loss, and what this rank passes: its classes of all that has a row, column or entry for each."""
    loss, (hidden, weight, bias), options = batch.case(case)
    options = {name: x[mine] if name in PER_CLASS else x for name, x in options.items()}
    if CASES[case].get("target") == "soft":
        options["target"] = options["target"][:, mine]
    return loss, (hidden, weight[mine], bias[mine]), options


def leaves(*tensors):
    """Copies that want a gradient each."""
    return [x.clone().requires_grad_() for x in tensors]


def all_close(found, gradients, mine, tolerance=10 * ERROR):
    """Gradients of hidden states, and of the classes of this rank."""
    for i, x in enumerate(found):
        part = gradients[i][mine] if i else gradients[i]
        assert x.shape == part.shape
        assert ((x.detach() - part).abs() <= tolerance * gradients[i].abs().max()).all()


# ---- values and gradients


def check_case(rank, case, split, extras, chunk):
    counts = SPLITS[split]
    group, mine = mine_of(counts)
    if group is None:
        return
    batch = Batch()
    loss, layer, options = on_this_rank(batch, case, mine)
    pulls = batch.pulls(case, extras)
    want, gradients = batch.expected(case, pulls)
    inputs = leaves(*layer)
    got = loss(*inputs[:2], bias=inputs[2], returns=RETURNS, process_group=group, chunk=chunk, **options)
    for name in got._fields:
        assert_close(getattr(got, name), want[name], ERROR, name)
    pulled(got._asdict(), pulls).backward()
    all_close([x.grad for x in inputs], gradients, mine)


@pytest.mark.parametrize(
    ("case", "split"),
    [*((case, "three") for case in CASES), *itertools.product(("class_weight", "soft, all", "kl", "js, rows"), SPLITS)],
)
def test_costs_results_and_gradients_are_those_of_one_process(case, split, ranks):
    ranks(check_case, case, split, False, 5)
    ranks(check_case, case, split, True, "auto")


def check_value_and_gradient(rank, case, split, learned):
    counts = SPLITS[split]
    group, mine = mine_of(counts)
    if group is None:
        return
    batch = Batch()
    loss, layer, options = on_this_rank(batch, case, mine)
    want, gradients = batch.expected(case)
    hidden, weight, bias = (x.clone().requires_grad_(learned) for x in layer)
    options |= {"bias": bias, "process_group": group}
    value, found = loss.value_and_gradient(hidden, weight, **options)
    assert_close(value, want["loss"], ERROR)
    all_close(found, gradients, mine)
    with torch.no_grad():
        assert_close(loss(hidden, weight, **options), want["loss"], ERROR)


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("case", ["class_weight", "none", "kl", "js"])
def test_value_and_gradient(case, learned, ranks):
    ranks(check_value_and_gradient, case, "three", learned)


def check_blocks(rank, counts):
    group, mine = mine_of(counts)
    if group is None:
        return
    batch = Batch()
    budget, loop.BUDGET = loop.BUDGET, 8 * loop._ARRAY_COPIES * 8 * 2  # two rows of eight classes
    try:
        got = linear_cross_entropy(batch.hidden, batch.weight[mine], batch.labels, process_group=group)
    finally:
        loop.BUDGET = budget
    assert_close(got, truth(*batch.layer[:2], None, batch.labels)["loss"], ERROR)


def test_ranks_with_few_classes_have_the_blocks_of_the_others(ranks):
    ranks(check_blocks, [8, 1, 2])


def check_extremes(rank):
    group, mine = mine_of([7, 4])
    if group is None:
        return
    batch = Batch()
    tied = torch.zeros_like(batch.weight)
    got = linear_cross_entropy(batch.hidden, tied[mine], batch.labels, returns=RETURNS, process_group=group)
    assert torch.equal(got.accuracy, (batch.labels == 0).double())  # of equal logits the first
    assert_close(got.log_normalizer, torch.full((13,), 11.0, dtype=torch.float64).log(), ERROR)
    sure = 800.0 * torch.eye(11, dtype=torch.float64)
    hidden = torch.eye(11, dtype=torch.float64)
    labels = torch.arange(11)
    got = linear_cross_entropy(hidden, sure[mine], labels, process_group=group, reduction="none")
    assert torch.equal(got, torch.zeros(11, dtype=torch.float64))
    confident = linear_cross_entropy(hidden, sure[mine] / 20, labels, process_group=group, reduction="none")
    want = 10 * torch.exp(torch.tensor(-40.0, dtype=torch.float64))
    assert ((confident - want).abs() <= 1e-15 * want).all()  # and not 0, though 1 + 10·e^-40 is 1
    hidden[3, 3] = torch.nan
    assert linear_cross_entropy(
        hidden, sure[mine], labels, process_group=group, reduction="none"
    ).isnan().nonzero().tolist() == [[3]]
    nothing = linear_cross_entropy(batch.hidden[:0], batch.weight[mine], batch.labels[:0], process_group=group, empty="zero")
    assert nothing == 0


def test_ties_confident_rows_nan_and_no_rows(ranks):
    ranks(check_extremes)


def check_half(rank, frozen):
    group, mine = mine_of([6, 1, 4])
    if group is None:
        return
    batch = Batch(rows=40)
    hidden, weight, bias = layer = [x.bfloat16() for x in batch.layer]
    want, gradients = with_gradients(layer, batch.labels, z_loss=0.1)
    inputs = [
        x.clone().requires_grad_(name != frozen)
        for name, x in (("hidden", hidden), ("weight", weight[mine]), ("bias", bias[mine]))
    ]
    cost = linear_cross_entropy(*inputs[:2], batch.labels, bias=inputs[2], z_loss=0.1, process_group=group)
    assert cost.dtype == torch.float32
    assert_close(cost.detach(), want["loss"], 1e-6)
    cost.backward()
    for x, name, gradient, part in zip(inputs, ("hidden", "weight", "bias"), gradients, (slice(None), mine, mine), strict=True):
        if name == frozen:
            assert x.grad is None
            continue
        assert x.grad.dtype == torch.bfloat16
        # computed in float32 and rounded once, to 8 bits
        assert ((x.grad - gradient[part]).abs() <= 2.0**-8 * gradient[part].abs() + 1e-5 * gradient.abs().max()).all()


@pytest.mark.parametrize("frozen", ["", "hidden", "weight"])
def test_half_precision_and_frozen_inputs(frozen, ranks):
    ranks(check_half, frozen)


# ---- what they send


@contextlib.contextmanager
def overheard(sent):
    kept = {name: getattr(dist, name) for name in ("all_reduce", "all_gather")}

    def listening(name):
        def send(*arguments, **options):
            tensors = arguments[:1] if name == "all_reduce" else arguments[1:2]
            sent.extend((name, tuple(x.shape)) for x in tensors)
            return kept[name](*arguments, **options)

        return send

    for name in kept:
        setattr(dist, name, listening(name))
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(dist, name, function)


def listen(rank, case, learned, extras):
    group, mine = mine_of([6, 1, 4])
    if group is None:
        return []
    batch = Batch()
    loss, layer, options = on_this_rank(batch, case, mine)
    inputs = [x.clone().requires_grad_(learned) for x in layer]
    sent = []
    with overheard(sent):
        got = loss(*inputs[:2], bias=inputs[2], process_group=group, chunk=13, returns=RETURNS, **options)
        if learned:
            pulled(got._asdict(), batch.pulls(case, extras)).backward()
    return sent


@pytest.mark.parametrize("case", ["labels", "class_weight", "soft, all", "kl", "js"])
def test_what_is_sent_is_numbers_of_rows_and_one_gradient(case, ranks):
    batch = Batch()
    rows = int(batch.where.sum()) if "where" in CASES[case] else batch.rows
    if "ignore_index" in CASES[case]:
        counted = batch.ignored != -100
        rows = int((counted & batch.where if "where" in CASES[case] else counted).sum())
    for learned, extras in [(False, False), (True, False), (True, True)]:
        answers = ranks(listen, case, learned, extras)
        assert answers[0] == answers[1] == answers[2]
        shapes = [shape for _, shape in answers[0]]
        # the gradient of the hidden states: with the cost, and again where more than the cost turns out to be differentiated
        assert shapes.count((batch.rows, 5)) == learned + extras
        others = {*shapes} - {(batch.rows, 5)}
        assert others <= {(1,), (rows,), (2, rows), (batch.rows,)}  # a number or two of each row that counts
        assert len(shapes) < 60


def count_plainly(rank, chunk):
    group, mine = mine_of([6, 1, 4])
    if group is None:
        return None
    batch, sent = Batch(), []
    inputs = [x.clone().requires_grad_() for x in (batch.hidden, batch.weight[mine])]
    with overheard(sent):
        linear_cross_entropy(*inputs, batch.labels, process_group=group, chunk=chunk).backward()
    return len(sent)


def test_messages_are_a_few_a_block(ranks):
    one, three = ranks(count_plainly, 13)[0], ranks(count_plainly, 5)[0]
    outside = 3  # counts of classes, agreement, and the gradient
    assert one - outside <= 6
    assert three - outside == 3 * (one - outside)


# ---- refusals


def refuse(rank, what, where):
    group, mine = mine_of([6, 1, 4])
    if group is None:
        return None
    batch = Batch()
    target, hidden, weight, options = batch.labels, batch.hidden, batch.weight[mine], {}
    if what.startswith("soft"):
        target = batch.soft[:, mine].clone()
    if rank == where:
        if what == "label":
            target = torch.full_like(target, 11)
        elif what == "soft, negative":
            target[2, 0] = -0.5
        elif what == "soft, shape":
            target = batch.soft
        elif what == "soft, sum":
            target[3] *= 0.5
        elif what == "list":
            weight = weight.tolist()
        elif what == "features":
            weight = weight[:, 1:]
        elif what == "chunk":
            options["chunk"] = 0
        elif what == "option":
            options["temperature"] = -1.0
    try:
        linear_cross_entropy(hidden, weight, target, process_group=group, **options)
    except (TypeError, ValueError) as error:
        return str(error)
    return None


WORDS = {
    "label": "a class index lies in 0 … 10",
    "soft, negative": "target",
    "soft, shape": "each rank holds the probabilities of its own classes",
    "list": "must be a torch tensor",
    "features": "weight",
    "chunk": "chunk is a number of rows",
    "option": "temperature",
}


@pytest.mark.parametrize("where", [0, 1])
@pytest.mark.parametrize("what", WORDS)
def test_what_one_rank_refuses_all_do(what, where, ranks):
    answers = ranks(refuse, what, where)
    for rank in range(3):
        expected = WORDS[what] if rank == where or what == "soft, negative" else "another rank"
        assert expected in answers[rank], (rank, answers)
    ranks(check_case, "labels", "three", True, 5)  # and nobody waits


def test_rows_whose_sum_of_all_ranks_is_not_one(ranks):
    answers = ranks(refuse, "soft, sum", 0)
    assert all("sum" in answer for answer in answers[:3])


def refuse_groups(rank):
    batch, group = Batch(), group_of(0, 1)
    with pytest.raises(TypeError, match="process_group= is a process group of"):
        linear_cross_entropy(batch.hidden, batch.weight, batch.labels, process_group="tp")
    if group is None:
        with pytest.raises(ValueError, match=r"belongs to the process group|is a process group"):
            linear_cross_entropy(batch.hidden, batch.weight, batch.labels, process_group=dist.GroupMember.NON_GROUP_MEMBER)


def test_groups_that_are_none(ranks):
    ranks(refuse_groups)
    with pytest.raises(TypeError, match="process_group= is for torch tensors, or in JAX the name of a mesh axis; got NumPy"):
        linear_cross_entropy([[1.0]], [[1.0]], [0], process_group="tp")


def check_other_losses(rank):
    group, mine = mine_of([6, 1, 4])
    if group is None:
        return
    batch, linear_focal = Batch(), lossary.linear(focal)
    want, gradients = with_gradients((*batch.layer[:2], None), batch.labels, loss=focal, gamma=1.5)
    hidden, weight = leaves(batch.hidden, batch.weight[mine])
    cost = linear_focal(hidden, weight, batch.labels, gamma=1.5, process_group=group)
    assert_close(cost, want["loss"], ERROR)
    cost.backward()
    all_close([hidden.grad], gradients, mine)
    learned = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    with pytest.raises(NotImplementedError, match="no learned parameters"):
        linear_focal(hidden, weight, batch.labels, gamma=learned, process_group=group)
    cost = lambda h: linear_cross_entropy(h, weight, batch.labels, process_group=group)
    with pytest.raises(NotImplementedError, match="sharded over ranks has no"):
        torch.func.grad(cost)(batch.hidden)


def test_losses_of_ones_own_and_what_is_not_served(ranks):
    ranks(check_other_losses)


def check_second_derivatives(rank, reduction):
    group, mine = mine_of([7, 4])
    if group is None:
        return
    batch = Batch()
    _, gradients = with_gradients(batch.layer, batch.labels, reduction=reduction)
    hidden, weight = leaves(batch.hidden, batch.weight[mine])
    options = {"reduction": reduction, "bias": batch.bias[mine], "process_group": group}
    cost = linear_cross_entropy(hidden, weight, batch.labels, **options)
    d_hidden, d_weight = torch.autograd.grad(cost.sum(), [hidden, weight], create_graph=True)
    all_close([d_hidden, d_weight], gradients, mine)
    _, found = linear_cross_entropy.value_and_gradient(hidden, weight, batch.labels, **options)
    for gradient in (d_hidden, d_weight, found.hidden, found.weight):
        with pytest.raises(NotImplementedError, match="sharded over ranks has first derivatives only"):
            (gradient**2).sum().backward()


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_second_derivatives_are_refused_and_first_ones_are_not(reduction, ranks):
    ranks(check_second_derivatives, reduction)


# ---- DTensors


def check_dtensors(rank, case, classes, ranks, plain_hidden):
    group = group_of(*range(ranks))
    if group is None:
        return
    mesh = DeviceMesh.from_group(group, "cpu")
    spread = lambda x, *placement: distribute_tensor(x, mesh, placement)
    batch = Batch(classes=classes)
    loss, (hidden, weight, bias), options = batch.case(case)
    pulls = batch.pulls(case, True)
    (want, gradients), (_, plain) = batch.expected(case, pulls), batch.expected(case)
    options = {name: spread(x, Shard(0)) if name in PER_CLASS else x for name, x in options.items()}
    if CASES[case].get("target") == "soft":
        options["target"] = spread(options["target"], Shard(1))
    if plain_hidden:
        hidden = hidden.clone()
    else:
        hidden = spread(hidden, Replicate())
        options |= {"where": spread(options["where"], Replicate())} if "where" in options else {}
    inputs = [x.requires_grad_() for x in (hidden, spread(weight, Shard(0)), spread(bias, Shard(0)))]
    options["bias"] = inputs[2]
    got = loss(*inputs[:2], returns=RETURNS, chunk=5, **options)
    for name in got._fields:
        assert_close(getattr(got, name), want[name], ERROR, name)
    pulled(got._asdict(), pulls).backward()
    with torch.no_grad():
        one, found = loss.value_and_gradient(*inputs[:2], **options)
    assert_close(one, want["loss"], ERROR)
    for x, gradient, again, other in zip(inputs, gradients, found, plain, strict=True):
        if isinstance(x, DTensor):
            assert x.grad.placements == again.placements == x.placements
            assert x.grad.shape == again.shape == x.shape
            assert_close(x.grad.full_tensor(), gradient, 10 * ERROR)
            assert_close(again.full_tensor(), other, 10 * ERROR)
        else:
            assert_close(x.grad, gradient, 10 * ERROR)
            assert_close(again, other, 10 * ERROR)


@pytest.mark.parametrize(("classes", "members"), [(11, 2), (11, 3), (4, 3), (2, 3)])
def test_dtensors_say_themselves_how_classes_are_shared_out(classes, members, ranks):
    ranks(check_dtensors, "labels", classes, members, False)


@pytest.mark.parametrize("case", ["class_weight", "soft, all", "none", "kl", "js, rows"])
def test_dtensors_with_options(case, ranks):
    ranks(check_dtensors, case, 11, 3, False)
    ranks(check_dtensors, case, 11, 2, True)


def check_dtensor_placements(rank):
    group = group_of(0, 1)
    if group is None:
        return
    mesh, batch = DeviceMesh.from_group(group, "cpu"), Batch()
    spread = lambda x, *placement: distribute_tensor(x, mesh, placement)
    hidden, weight, labels = (
        spread(batch.hidden, Replicate()),
        spread(batch.weight, Replicate()),
        spread(batch.labels, Replicate()),
    )
    sent = []
    with overheard(sent):
        cost = linear_cross_entropy(hidden, weight.requires_grad_(), labels)
    assert sent == []
    cost.backward()
    want, gradients = with_gradients((*batch.layer[:2], None), batch.labels)
    assert_close(cost.detach(), want["loss"], ERROR)
    assert weight.grad.placements == (Replicate(),)
    assert_close(weight.grad.to_local(), gradients[1], 10 * ERROR)
    shards = spread(batch.weight, Shard(0))
    for message, arguments, options in [
        ("placement of weight is Shard\\(0\\) or Replicate", (hidden, spread(batch.weight, Shard(1)), labels), {}),
        ("placement of hidden is Replicate", (spread(batch.hidden, Shard(0)), shards, labels), {}),
        ("placement of target is Replicate", (hidden, shards, spread(batch.labels, Shard(0))), {}),
        ("placement of target is Shard\\(1\\)", (hidden, shards, spread(batch.soft, Replicate())), {}),
        ("placement of bias is Shard\\(0\\)", (hidden, shards, labels), {"bias": spread(batch.bias, Replicate())}),
        ("placement of bias is Replicate", (hidden, weight, labels), {"bias": spread(batch.bias, Shard(0))}),
        ("placement of hidden is Replicate", (DTensor.from_local(batch.hidden, mesh, [Partial()]), shards, labels), {}),
        ("leave it out", (hidden, shards, labels), {"process_group": group}),
    ]:
        with pytest.raises(TypeError, match=message):
            linear_cross_entropy(*arguments, **options)
    alone = linear_cross_entropy(hidden, weight, labels)
    assert_close(alone.detach(), want["loss"], ERROR)


def test_placements_of_dtensors(ranks):
    ranks(check_dtensor_placements)


def check_meshes(rank):
    batch = Batch()
    mesh = DeviceMesh("cpu", torch.arange(4).reshape(2, 2), mesh_dim_names=("data", "classes"))
    weight = distribute_tensor(batch.weight, mesh["classes"], [Shard(0)])
    got = linear_cross_entropy(batch.hidden, weight, batch.labels)
    assert_close(got, truth(*batch.layer[:2], None, batch.labels)["loss"], ERROR)
    with pytest.raises(TypeError, match="one mesh of one dimension"):
        linear_cross_entropy(batch.hidden, distribute_tensor(batch.weight, mesh, [Replicate(), Shard(0)]), batch.labels)
    with pytest.raises(TypeError, match="one mesh of one dimension"):
        linear_cross_entropy(distribute_tensor(batch.hidden, mesh["data"], [Replicate()]), weight, batch.labels)


def test_dtensors_of_a_mesh_of_two_dimensions(ranks):
    ranks(check_meshes)


# ---- rows on several ranks


def check_rows(rank, reduction, gradient_reduction, both):
    pairs = [group_of(0, 1), group_of(2, 3)], [group_of(0, 2), group_of(1, 3)]
    classes_group, data = (next(group for group in groups if group is not None) for groups in pairs)
    share = rank // 2 if both else rank
    ranks_of_data = 2 if both else RANKS
    data = data if both else dist.group.WORLD
    batch = Batch(rows=14)
    target, options = batch.ignored, {"ignore_index": -100, "class_weight": batch.class_weight, "reduction": reduction}
    want, gradients = with_gradients((*batch.layer[:2], None), target, **options)
    bounds = [0, 5, 14] if both else [0, 5, 5, 11, 14]
    rows = slice(bounds[share], bounds[share + 1])
    mine = slice(0, 8) if rank % 2 == 0 else slice(8, 11)
    mine = mine if both else slice(0, 11)
    n = lossary.distributed.normalizer(
        lossary.cross_entropy, target[rows], gradient_reduction=gradient_reduction, process_group=data, **options
    )
    hidden, weight = batch.hidden[rows].clone().requires_grad_(), batch.weight[mine].clone().requires_grad_()
    group = classes_group if both else None
    cost = linear_cross_entropy(hidden, weight, target[rows], normalizer=n, process_group=group, **options)
    cost.backward()
    cost, d_weight = cost.detach(), weight.grad
    for x in (cost, d_weight):
        dist.all_reduce(x, group=data)
        if gradient_reduction == "mean":
            x /= ranks_of_data
    assert_close(cost, want["loss"], ERROR)
    assert ((d_weight - gradients[1][mine]).abs() <= 10 * ERROR * gradients[1].abs().max()).all()
    scale = ranks_of_data if gradient_reduction == "mean" else 1
    assert ((hidden.grad - scale * gradients[0][rows]).abs() <= 10 * ERROR * scale * gradients[0].abs().max()).all()


@pytest.mark.parametrize("both", [False, True], ids=["rows", "rows and classes"])
@pytest.mark.parametrize("gradient_reduction", ["sum", "mean"])
@pytest.mark.parametrize("reduction", ["mean", "batchmean"])
def test_rows_of_several_ranks_add_up_to_the_batch(reduction, gradient_reduction, both, ranks):
    ranks(check_rows, reduction, gradient_reduction, both)


def check_compiled(rank):
    group, mine = mine_of([7, 4])
    if group is None:
        return
    batch = Batch()
    tanh = torch.tanh(batch.hidden)
    want, gradients = with_gradients((tanh, batch.weight, None), batch.labels)
    hidden, weight = batch.hidden.clone().requires_grad_(), batch.weight[mine].clone().requires_grad_()
    cost = lambda h, w: 2 * linear_cross_entropy(torch.tanh(h), w, batch.labels, process_group=group)
    with warnings.catch_warnings():  # torch's compiler looks at gradients that there are not, and warns itself
        warnings.filterwarnings("ignore", "The .grad attribute of a Tensor that is not a leaf")
        found = torch.compile(cost, backend="eager")(hidden, weight)
    assert_close(found.detach(), 2 * want["loss"], ERROR)
    found.backward()
    assert_close(hidden.grad, 2 * gradients[0] * (1 - tanh**2), 10 * ERROR)
    assert ((weight.grad - 2 * gradients[1][mine]).abs() <= 20 * ERROR * gradients[1].abs().max()).all()


@pytest.mark.heavy
def test_compiled_graphs_end_where_ranks_talk(ranks):
    ranks(check_compiled)
