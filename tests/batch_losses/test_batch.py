"""Losses of a batch against naive code, in every library, and their laws."""

import doctest
import math
import pickle

import numpy as np
import pytest
import torch

import lossary
from tests.batch_losses.naive import CASES, NAIVE, batch
from tests.oracle import as_library, to_numpy

by_case = pytest.mark.parametrize(("loss", "options"), CASES, ids=lambda x: getattr(x, "__name__", None) or str(x))
by_loss = pytest.mark.parametrize("loss", NAIVE, ids=lambda x: x.__name__)
two_sided = pytest.mark.parametrize("loss", [lossary.info_nce, lossary.siglip], ids=lambda x: x.__name__)


def listed(gradient):
    return gradient if isinstance(gradient, tuple) else (gradient,)


def truth(loss, inputs, weight=None, **options):
    """The mean by naive code, and its gradients."""
    tensors = [torch.tensor(x, requires_grad=x.ndim == 2) for x in inputs]
    losses = NAIVE[loss](*tensors, **options)
    weight = torch.ones(len(losses)) if weight is None else torch.tensor(weight)
    mean = (weight * losses).sum() / weight.sum()
    return mean.item(), torch.autograd.grad(mean, [x for x in tensors if x.requires_grad])


def check(found, expected, **tolerance):
    tolerance = {"rtol": 1e-12, "atol": 1e-14, **tolerance}
    np.testing.assert_allclose(to_numpy(found[0]), expected[0], **tolerance)
    for got, slope in zip(listed(found[1]), expected[1], strict=True):
        np.testing.assert_allclose(to_numpy(got), to_numpy(slope), **tolerance)


@by_case
@pytest.mark.parametrize("chunk", ["auto", 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_values_and_gradients_on_numpy(loss, options, chunk, weighted):
    rng = np.random.default_rng(0)
    inputs, weight = batch(loss, rng), rng.uniform(0, 1, 9) * (np.arange(9) != 3) if weighted else None
    found = loss.value_and_gradient(*inputs, weight=weight, chunk=chunk, **options)
    check(found, truth(loss, inputs, weight, **options), atol=1e-12)
    np.testing.assert_array_equal(loss.gradient(*inputs, weight=weight, chunk=chunk, **options), found[1])
    np.testing.assert_allclose(loss(*inputs, weight=weight, chunk=chunk, **options), found[0], rtol=1e-15)


@by_case
def test_torch_differentiates(loss, options):
    inputs = batch(loss, np.random.default_rng(1))
    expected = truth(loss, inputs, **options)
    for how in ("mean", "none"):
        tensors = [torch.tensor(x, requires_grad=x.ndim == 2) for x in inputs]
        cost = loss(*tensors, reduction=how, chunk=4, **options).mean()
        check((cost, torch.autograd.grad(cost, [x for x in tensors if x.requires_grad])), expected, atol=1e-12)


@pytest.mark.parametrize(("loss", "options"), CASES[1::2], ids=lambda x: getattr(x, "__name__", None) or str(x))
def test_jax_differentiates(loss, options):
    jax = pytest.importorskip("jax")
    inputs = batch(loss, np.random.default_rng(2))
    expected = truth(loss, inputs, **options)
    places = tuple(range(len(loss.predictions)))
    step = jax.jit(jax.value_and_grad(lambda *x: loss(*x, chunk=4, **options), places))
    check(step(*map(jax.numpy.asarray, inputs)), expected, atol=1e-12)


@by_loss
def test_value_and_gradient_of_each_library(loss):
    inputs = batch(loss, np.random.default_rng(3))
    expected = truth(loss, inputs)
    for library in ("torch", "jax") if loss is lossary.siglip else ("torch",):  # each takes JAX a second to compile
        arrays = [as_library(library, x) for x in inputs]
        check(loss.value_and_gradient(*arrays), expected, atol=1e-12)


@by_loss
def test_torch_differentiates_twice(loss):
    inputs = batch(loss, np.random.default_rng(4), samples=5, components=2)
    tensors = [torch.tensor(x, requires_grad=x.ndim == 2) for x in inputs]
    weak = {"gamma": 2.0} if loss is lossary.circle else {"beta": 3.0} if loss is lossary.multi_similarity else {}
    weak |= {"temperature": 1.0} if "temperature" in loss.parameters else {}
    own = [x for x in tensors if x.requires_grad]
    found = []
    for cost in (loss(*tensors, **weak), NAIVE[loss](*tensors, **weak).mean()):
        first = torch.autograd.grad(cost, own, create_graph=True)
        found += [first, torch.autograd.grad(sum((x**2).sum() for x in first), own)]
    torch.testing.assert_close(found[:2], found[2:])


def test_temperature_and_bias_are_learned():
    rng = np.random.default_rng(5)
    for loss, names in ((lossary.info_nce, ["temperature"]), (lossary.siglip, ["temperature", "bias"])):
        tensors = [torch.tensor(x) for x in batch(loss, rng)]
        learned = {name: torch.tensor(0.3, dtype=torch.float64, requires_grad=True) for name in names}
        slopes = torch.autograd.grad(loss(*tensors, **learned), list(learned.values()))
        expected = torch.autograd.grad(NAIVE[loss](*tensors, **learned).mean(), list(learned.values()))
        torch.testing.assert_close(slopes, expected)


@two_sided
def test_a_cold_temperature_overflows_nowhere(loss):
    """No e^(1/τ) is computed, and the slope in τ is finite."""
    first, second = (torch.tensor(x, dtype=torch.float32) for x in batch(loss, np.random.default_rng(6)))
    temperature = torch.tensor(1e-3, requires_grad=True)
    cost = loss(first, second, temperature=temperature)
    cost.backward()
    assert torch.isfinite(cost)
    assert torch.isfinite(temperature.grad)


def test_one_positive_an_anchor_is_cross_entropy_everywhere():
    """Pairs as a batch of both views: NT-Xent, SupCon and a cross-entropy are one loss."""
    rng = np.random.default_rng(7)
    views = rng.normal(size=(2, 5, 3))
    both, labels = np.concatenate(views), np.tile(np.arange(5), 2)
    units = both / np.linalg.norm(both, axis=1, keepdims=True)
    similarities = units @ units.T / 0.2
    np.fill_diagonal(similarities, -np.inf)
    expected = lossary.cross_entropy(similarities, np.roll(np.arange(10), 5))
    np.testing.assert_allclose(lossary.supervised_contrastive(both, labels, temperature=0.2), expected, rtol=1e-14)
    rows = views[0] @ views[1].T
    np.testing.assert_allclose(
        lossary.info_nce(*views, temperature=1.0, normalize=False), lossary.cross_entropy(rows, np.arange(5)), rtol=1e-14
    )


def test_nt_xent_is_that_of_optax():
    optax = pytest.importorskip("optax")
    both, labels = np.random.default_rng(15).normal(size=(6, 3)), np.tile(np.arange(3), 2)
    expected = optax.losses.ntxent(both, labels, 0.2)  # NT-Xent leaves out other positives, of which there are none
    np.testing.assert_allclose(lossary.supervised_contrastive(both, labels, temperature=0.2), expected, rtol=1e-13)


def test_negatives_are_further_candidates():
    rng = np.random.default_rng(8)
    inputs, negative = batch(lossary.info_nce, rng), rng.normal(size=(3, 4))
    tensors = [torch.tensor(x, requires_grad=True) for x in (*inputs, negative)]
    mean = NAIVE[lossary.info_nce](*tensors[:2], negative=tensors[2]).mean()
    expected = mean.item(), torch.autograd.grad(mean, tensors)
    for library in ("numpy", "torch", "jax"):
        arrays = [as_library(library, x) for x in (*inputs, negative)]
        found = lossary.info_nce.value_and_gradient(*arrays[:2], negative=arrays[2])
        assert found[1]._fields == ("anchor", "positive", "negative")
        check(found, expected, atol=1e-12)


@by_loss
def test_lengths_of_vectors_do_not_matter(loss):
    inputs = batch(loss, np.random.default_rng(9))
    scaled = [x * np.linspace(0.01, 100, 9)[:, None] if x.ndim == 2 else x for x in inputs]
    np.testing.assert_allclose(loss(*scaled), loss(*inputs), rtol=1e-12)
    for gradient, x in zip(listed(loss.gradient(*scaled)), scaled, strict=False):
        np.testing.assert_allclose((gradient * x).sum(1), 0, atol=1e-12)


@by_loss
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_a_vector_of_zeros_has_no_slope(loss, library):
    inputs = batch(loss, np.random.default_rng(10))
    inputs[0][2] = 0
    value, slopes = loss.value_and_gradient(*(as_library(library, x) for x in inputs))
    first = to_numpy(listed(slopes)[0])
    assert math.isfinite(value)
    assert not first[2].any()
    assert np.isfinite(first).all()


def test_an_anchor_without_a_positive_costs_nothing():
    embedding = np.random.default_rng(11).normal(size=(3, 2))
    for loss in (lossary.supervised_contrastive, lossary.circle):
        losses = loss(embedding, [0, 0, 1], reduction="none")
        assert losses[2] == 0
        assert (losses[:2] > 0).all()
        value, slopes = loss.value_and_gradient(embedding[:1], [0])
        assert value == 0
        assert not slopes.any()


@by_loss
def test_half_precision_is_computed_in_single(loss):
    inputs = [
        torch.tensor(x, dtype=torch.bfloat16 if x.ndim == 2 else torch.int64) for x in batch(loss, np.random.default_rng(12))
    ]
    value, slopes = loss.value_and_gradient(*inputs)
    assert value.dtype == torch.float32
    assert listed(slopes)[0].dtype == torch.bfloat16
    singles = [x.float() if x.ndim == 2 else x for x in inputs]
    torch.testing.assert_close(value, loss(*singles), rtol=1e-6, atol=0)


@by_loss
def test_autocast_changes_nothing(loss):
    inputs = [torch.tensor(x, dtype=torch.float32 if x.ndim == 2 else None) for x in batch(loss, np.random.default_rng(16))]
    expected = loss.value_and_gradient(*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        found = loss.value_and_gradient(*inputs)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


@by_loss
def test_reductions(loss):
    inputs, weight = batch(loss, np.random.default_rng(13)), np.linspace(0, 2, 9)
    losses = loss(*inputs, weight=weight, reduction="none")
    np.testing.assert_allclose(losses, weight * loss(*inputs, reduction="none"), rtol=1e-14)
    for options, divisor in (
        ({"reduction": "sum"}, 1), ({}, weight.sum()), ({"reduction": "batchmean"}, 9), ({"normalizer": 4.0}, 4)
    ):  # fmt: skip
        np.testing.assert_allclose(loss(*inputs, weight=weight, **options), losses.sum() / divisor, rtol=1e-13)
    nothing = loss.value_and_gradient(*inputs, weight=np.zeros(9))
    assert math.isnan(nothing[0])
    assert not any(x.any() for x in listed(nothing[1]))
    assert loss(*inputs, weight=np.zeros(9), empty="zero") == 0


@by_loss
def test_no_matrix_of_all_similarities_is_in_memory(loss, monkeypatch):
    """A block has at most as many rows as asked for."""
    seen = []
    side = lossary.batch_losses.side.Side
    plain = side.similarities
    monkeypatch.setattr(side, "similarities", lambda self, rows: seen.append(len(rows)) or plain(self, rows))
    inputs = [torch.tensor(x, requires_grad=x.ndim == 2) for x in batch(loss, np.random.default_rng(14))]
    loss(*inputs, chunk=2).backward()
    assert max(seen, default=0) <= 2
    assert seen or loss is lossary.info_nce  # whose blocks are those of linear_cross_entropy


@by_loss
def test_what_a_loss_is(loss):
    assert pickle.loads(pickle.dumps(loss)) is loss
    assert getattr(lossary, loss.__name__) is loss
    assert repr(loss).startswith(f"<batch loss {loss.__name__}({', '.join(loss.inputs)}")
    assert {"gradient", "value_and_gradient"} <= set(dir(loss))
    for option in loss.__signature__.parameters:
        assert (
            f"``{option}`` " in loss.__doc__
            or f"``{option}``" in lossary.info_nce.__doc__
            or f"``{option}=" in (lossary.info_nce.__doc__)
        )
    test = doctest.DocTestParser().get_doctest(loss.__doc__, {"lossary": lossary}, loss.__name__, None, 0)
    assert not doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed


A, LABELS = np.eye(3), np.array([0, 0, 1])


@pytest.mark.parametrize(
    ("loss", "inputs", "options", "message"),
    [
        (lossary.info_nce, (A, A[:2]), {}, r"anchor and positive have one shape, a row a sample; got \(3, 3\) and \(2, 3\)"),
        (lossary.info_nce, (A[0], A[0]), {}, r"anchor has the shape \(samples, components\); got \(3,\)"),
        (lossary.info_nce, (A, A), {"negative": A[:, :2]}, r"negative has the shape \(any number, components\)"),
        (lossary.info_nce, (A, A), {"temperature": 0.0}, r"temperature lies in \(0, ∞\); got 0.0"),
        (lossary.info_nce, (A, A), {"weight": [1.0, 1.0]}, r"weight has one number a sample, so its shape is \(3,\)"),
        (lossary.info_nce, (A, A), {"weight": [1.0, -1.0, 1.0]}, "a weight is a finite number ≥ 0; got -1.0"),
        (lossary.info_nce, (A, A), {"reduction": "avg"}, "reduction is one of"),
        (lossary.info_nce, (A, A), {"chunk": 0}, "chunk is a number of rows"),
        (lossary.supervised_contrastive, (A, LABELS[:2]), {}, r"target has one number a sample, so its shape is \(3,\)"),
    ],
)
def test_wrong_values_are_named(loss, inputs, options, message):
    with pytest.raises(ValueError, match=message):
        loss(*inputs, **options)


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        ((A,), {}, "missing a required argument: 'positive'"),
        ((A, A), {"tau": 1.0}, "info_nce has no option 'tau'"),
        ((A, A), {"symmetric": 1}, "symmetric is True or False; got 1"),
        ((A, A), {"process_group": "data"}, "process_group= is for torch tensors"),
        ((torch.eye(3), torch.eye(3)), {"process_group": "data"}, "is a process group of torch.distributed; got str"),
    ],
)
def test_wrong_options_are_named(inputs, options, message):
    with pytest.raises(TypeError, match=message):
        lossary.info_nce(*inputs, **options)


@pytest.mark.parametrize("options", [{}, {"symmetric": True}, {"weight": np.zeros(0)}])
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_info_nce_of_an_empty_batch_is_the_mean_of_nothing(library, options):
    nobody = as_library(library, np.zeros((0, 3)))
    options = {name: as_library(library, x) if name == "weight" else x for name, x in options.items()}
    assert np.isnan(float(lossary.info_nce(nobody, nobody, **options)))
    value, gradient = lossary.info_nce.value_and_gradient(nobody, nobody, empty="zero", **options)
    assert value == 0
    assert gradient.anchor.shape == (0, 3)
    assert lossary.info_nce(nobody, nobody, reduction="none", **options).shape == (0,)
