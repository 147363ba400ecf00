"""Losses of samples, made of sums over components, against torch's own operations and their autograd."""

import functools
import math
import pickle

import numpy as np
import pytest

import lossary
from lossary.domains import NonNegative, Probability
from lossary.engine.plain import compute_with_arrays
from lossary.vocabulary import average, distance, largest, log_sum_exp, maximum, norm, total, xlogy

pytestmark = pytest.mark.usefixtures("near_borders")


@lossary.samplewise
def dice(prediction: Probability, target: Probability, *, smooth: NonNegative = 0.0):
    return 1 - (2 * total(prediction * target) + smooth) / (total(prediction) + total(target) + smooth)


@lossary.samplewise
def triplet(anchor, positive, negative, *, margin=1.0):
    return maximum(0, distance(anchor, positive) - distance(anchor, negative) + margin)


@lossary.samplewise
def cosine(first, second):
    return 1 - total(first * second) / (norm(first) * norm(second))


@lossary.samplewise
def spread(prediction, target):
    return average((prediction - average(prediction) - target) ** 2) + largest(prediction) + log_sum_exp(prediction)


LOSSES = (dice, triplet, cosine, spread)
by_name = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)


def naive(loss, xs, axes, **own):
    """The loss of each sample by torch's own operations."""
    import torch

    a, b = xs[:2]
    if loss is dice:
        s = own.get("smooth", 0.0)
        return 1 - (2 * (a * b).sum(axes) + s) / (a.sum(axes) + b.sum(axes) + s)
    if loss is triplet:
        length = lambda x: (x**2).sum(axes).sqrt()
        return torch.relu(length(a - b) - length(a - xs[2]) + own.get("margin", 1.0))
    if loss is cosine:
        return 1 - (a * b).sum(axes) / ((a**2).sum(axes).sqrt() * (b**2).sum(axes).sqrt())
    return ((a - a.mean(axes, keepdim=True) - b) ** 2).mean(axes) + a.amax(axes) + torch.logsumexp(a, axes)


def arrays(loss, shape, dtype="float64"):
    rng = np.random.default_rng(len(shape))
    make = rng.random if loss is dice else rng.normal
    return tuple(make(size=shape).astype(dtype) for _ in loss.inputs)


def truth(loss, inputs, axes, cost, **own):
    """A cost and its gradients by autograd in float64."""
    import torch

    xs = [torch.tensor(np.asarray(x, "float64"), requires_grad=n != "target") for n, x in zip(loss.inputs, inputs, strict=True)]
    value = cost(naive(loss, xs, axes, **own))
    return value.item(), [g.numpy() for g in torch.autograd.grad(value, [x for x in xs if x.requires_grad])]


def agree(loss, found, expected, rtol=1e-11):
    value, gradients = found
    assert math.isclose(float(np.sum(value)), expected[0], rel_tol=rtol)
    for a, b in zip(gradients if len(loss.predictions) > 1 else (gradients,), expected[1], strict=True):
        np.testing.assert_allclose(np.asarray(a, "float64"), b, rtol=rtol, atol=rtol * np.abs(b).max())


SHAPES = [
    ((7, 5), -1),
    ((4, 300), -1),
    ((3, 4, 6), (1, 2)),
    ((3, 15, 20), (-2, -1)),
    ((30, 7), 0),
    ((4, 10, 20), (0, 2)),
    ((2, 2500), 1),
]


@by_name
@pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)
def test_numpy_has_the_gradients_of_autograd_along_any_axes(loss, shape, axis):
    inputs = arrays(loss, shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    found = loss.value_and_gradient(*inputs, axis=axis)
    agree(loss, found, truth(loss, inputs, axes, lambda x: x.mean()))
    assert loss(*inputs, axis=axis) == pytest.approx(found[0], rel=1e-15)
    twin = compute_with_arrays(loss, loss.read_call(inputs, {"axis": axis}), "value_and_gradient")
    agree(loss, found, (float(twin[0]), twin[1] if len(loss.predictions) > 1 else (twin[1],)))
    losses = loss(*inputs, axis=axis, reduction="none")
    assert losses.shape == tuple(n for i, n in enumerate(shape) if i not in {a % len(shape) for a in axes})


@by_name
@pytest.mark.parametrize("samples", [6, 40])
def test_weights_masks_parameters_and_reductions(loss, samples):
    import torch

    inputs = arrays(loss, (samples, 15))
    rng = np.random.default_rng(0)
    weight, where = rng.random(samples), rng.random(samples) < 0.7
    w, m = torch.tensor(weight), torch.tensor(where)
    each = lambda losses: torch.where(m, w * losses, 0.0)
    options = {"weight": weight, "where": where}
    agree(loss, loss.value_and_gradient(*inputs, **options), truth(loss, inputs, -1, lambda x: each(x).sum() / (w * m).sum()))
    found = loss.value_and_gradient(*inputs, **options, reduction="none")
    agree(loss, found, truth(loss, inputs, -1, lambda x: each(x).sum()))
    for name in loss.parameters:
        values = rng.random(samples)  # one a sample
        found = loss.value_and_gradient(*inputs, **{name: values}, reduction="sum")
        own = {name: torch.tensor(values)}
        agree(loss, found, truth(loss, inputs, -1, lambda x: x.sum(), **own))


@by_name
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_narrow_dtypes(loss, dtype):
    inputs = arrays(loss, (30, 20), dtype)
    value, gradient = loss.value_and_gradient(*inputs)
    expected = truth(loss, inputs, -1, lambda x: x.mean())
    assert value.dtype == "float32"
    first = gradient if len(loss.predictions) == 1 else gradient[0]
    assert first.dtype == dtype
    agree(loss, (value, gradient), expected, 2e-3 if dtype == "float16" else 1e-5)


@by_name
def test_torch_and_its_higher_derivatives(loss):
    import torch

    xs = [torch.tensor(x, requires_grad=n != "target") for n, x in zip(loss.inputs, arrays(loss, (5, 4)), strict=True)]
    assert torch.autograd.gradcheck(loss, xs)
    assert torch.autograd.gradgradcheck(loss, xs)
    large = [torch.tensor(x, requires_grad=n != "target") for n, x in zip(loss.inputs, arrays(loss, (30, 20)), strict=True)]
    for reduction in ("mean", "none"):
        for x in large:
            x.grad = None
        (3 * loss(*large, reduction=reduction)).sum().backward()
        expected = truth(
            loss, [x.detach().numpy() for x in large], -1, lambda x, r=reduction: 3 * (x.mean() if r == "mean" else x.sum())
        )
        for x, e in zip([x for x in large if x.requires_grad], expected[1], strict=True):
            np.testing.assert_allclose(x.grad, e, rtol=1e-10, atol=1e-13)


@by_name
def test_curvature_is_the_diagonal_of_the_hessian(loss):
    import torch

    inputs = arrays(loss, (3, 4))
    found = loss.curvature(*inputs, reduction="sum")
    for k, name in enumerate(loss.predictions):
        xs = [torch.tensor(x) for x in inputs]
        cost = lambda x, k=k, xs=xs: naive(loss, [*xs[:k], x, *xs[k + 1 :]], -1).sum()
        expected = torch.autograd.functional.hessian(cost, xs[k]).reshape(12, 12).diagonal().reshape(3, 4)
        got = found if len(loss.predictions) == 1 else getattr(found, name)
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11)


@by_name
def test_jax(loss):
    import jax
    import jax.numpy as jnp

    inputs = [jnp.asarray(x, "float32") for x in arrays(loss, (6, 5))]
    places = tuple(range(len(loss.predictions)))
    value, gradient = jax.jit(jax.value_and_grad(loss, argnums=places))(*inputs)
    agree(loss, (value, gradient if len(places) > 1 else gradient[0]), truth(loss, inputs, -1, lambda x: x.mean()), 2e-4)
    hessian = jax.jit(jax.hessian(lambda x: loss(x, *inputs[1:], reduction="sum")))(inputs[0])
    curvature = jax.jit(functools.partial(loss.curvature, reduction="sum"))(*inputs)
    curvature = curvature if len(places) == 1 else curvature[0]
    np.testing.assert_allclose(jnp.einsum("ijij->ij", hessian), curvature, rtol=2e-3, atol=2e-4)


@pytest.mark.heavy
def test_torch_compiles_the_call_as_one_graph():
    import torch

    p, t = (torch.tensor(x) for x in arrays(dice, (6, 5)))
    p.requires_grad_()
    torch.compile(lambda *x: dice(*x, smooth=1.0), fullgraph=True, backend="aot_eager")(p, t).backward()
    np.testing.assert_allclose(p.grad, dice.gradient(p.detach().numpy(), t.numpy(), smooth=1.0), rtol=1e-12)


@pytest.mark.parametrize("shape", [(4, 3), (2, 2500), (300, 2), (4, 200)])
def test_an_invalid_component_is_refused(shape):
    p, t = arrays(dice, shape)
    p[1, 1] = 1.5
    with pytest.raises(ValueError, match=r"dice: a prediction lies in \[0, 1\]; got 1.5 at index \(1, 1\)"):
        dice(p, t)
    keep = np.arange(shape[0]) != 1
    agree(
        dice,
        (dice(p, t, where=keep), dice.gradient(p, t, where=keep)[keep]),
        truth(dice, (p[keep], t[keep]), -1, lambda x: x.mean()),
    )
    with pytest.raises(ValueError, match=r"smooth lies in \[0, ∞\); got -1.0 at index 1"):
        dice(t, t, smooth=np.where(keep, 1.0, -1.0))


@pytest.mark.parametrize("samples", [2, 300])
def test_nothing_and_special_values(samples):
    zero = np.zeros((samples, 2))
    with np.errstate(all="raise"):
        assert np.isnan(dice(zero, zero))
        assert dice(zero, zero, smooth=1.0) == 0
        assert triplet(zero, zero, zero) == 1
        np.testing.assert_array_equal(triplet.gradient(zero, zero, zero).anchor, 0)  # the norm has slope 0 at 0
        huge = np.full((samples, 2), 1e300)
        assert triplet(huge, -huge, huge) == pytest.approx(2e300 * math.sqrt(2))  # no square overflows
        np.testing.assert_allclose(triplet.gradient(huge, -huge, huge, reduction="sum").anchor, math.sqrt(0.5))
        assert np.isnan(spread(np.full((samples, 2), np.nan), zero))
    assert np.isnan(dice(np.empty((0, 3)), np.empty((0, 3))))
    losses = dice(np.empty((samples, 0)), np.empty((samples, 0)), smooth=2.0, reduction="none")
    np.testing.assert_array_equal(losses, np.zeros(samples))


@pytest.mark.parametrize("samples", [1, 300])
def test_a_hinge_that_is_off_has_no_slope_whatever_lies_beyond(samples):
    import torch

    zero, one = np.zeros((samples, 2)), np.ones((samples, 2))
    far = np.tile([math.inf, 0.0], (samples, 1))
    assert triplet(zero, one, far) == 0
    for part in triplet.gradient(zero, one, far):
        np.testing.assert_array_equal(part, 0)
    xs = [torch.tensor(x, requires_grad=True) for x in (zero, one, far)]
    triplet(*xs).backward()
    for x in xs:
        np.testing.assert_array_equal(x.grad, 0)


def test_ties_share_the_slope_of_the_largest():
    @lossary.samplewise
    def top(prediction):
        return largest(prediction)

    np.testing.assert_array_equal(top.gradient([[1.0, 3.0, 3.0]]), [[0, 0.5, 0.5]])


def test_memory_that_is_not_contiguous_and_read_only():
    p, t = arrays(dice, (6, 200))
    expected = dice.value_and_gradient(p, t)
    for x, y in ((np.asfortranarray(p), t), (np.repeat(p, 2, 1)[:, ::2], t[::-1][::-1])):
        x.flags.writeable = False
        found = dice.value_and_gradient(x, y)
        assert found[0] == pytest.approx(expected[0], rel=1e-14)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-13, atol=1e-18)


def test_one_result_whatever_the_threads_and_totals(monkeypatch):
    monkeypatch.setattr("lossary.kernels.task._WORTH_A_THREAD", 1)
    p, t = arrays(dice, (3, 1000), "float32")
    try:
        found = []
        for threads in (1, 2):
            lossary.set_num_threads(threads)
            found.append((dice(p, t), dice.gradient(p, t)))
    finally:
        lossary.set_num_threads(None)
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[0][1], found[1][1])
    assert dice.total(p, t).mean == pytest.approx(float(found[0][0]), rel=1e-6)


def test_a_formula_that_is_not_of_a_sample_is_refused():
    def elementwise(prediction, target):
        return (prediction - target) ** 2

    with pytest.raises(TypeError, match="the loss of a sample is one number, so its inputs stand within total"):
        lossary.samplewise(elementwise)

    def summed(prediction, target):
        return total(prediction - target)

    with pytest.raises(TypeError, match=r"is over the components of a sample.*make it a @samplewise loss"):
        lossary.pointwise(summed)
    with pytest.raises(TypeError, match="axis names the axes of the components of a sample, each once"):
        dice([[0.5]], [[0.5]], axis=(0, 0))


def test_sums_calls_and_pickles():
    p, t = arrays(dice, (10, 20))

    @lossary.samplewise
    def entropy(prediction, target):
        return -total(xlogy(target, prediction))

    both = dice + 0.5 * entropy
    value, gradient = both.value_and_gradient(p, t)
    assert value == pytest.approx(dice(p, t) + 0.5 * entropy(p, t))
    np.testing.assert_allclose(gradient, dice.gradient(p, t) + 0.5 * entropy.gradient(p, t), rtol=1e-12)

    @lossary.samplewise
    def within(prediction, target):
        return dice(prediction, target, smooth=1) ** 2

    assert within(p, t) == pytest.approx(np.mean(dice(p, t, smooth=1, reduction="none") ** 2))
    assert pickle.loads(pickle.dumps(dice)) is dice
    assert r"\sum" in dice.latex()
