"""Losses of several predictions, against torch's autograd and plain loops on the same formulas."""

import math
import pickle

import numpy as np
import pytest

import lossary
from lossary.domains import Positive
from lossary.engine.plain import compute_with_arrays
from lossary.vocabulary import abs, log, maximum


@lossary.pointwise
def gaussian(mean, variance: Positive, target):
    return (log(variance) + (target - mean) ** 2 / variance) / 2


@lossary.pointwise
def interval(lower, upper, target, *, alpha: Positive = 0.1):
    return upper - lower + 2 / alpha * (maximum(0, lower - target) + maximum(0, target - upper))


@lossary.pointwise
def ranking(first, second, *, margin=1.0):
    return maximum(0, second - first + margin)


@lossary.pointwise
def laplace(location, scale: Positive, target):
    return log(2 * scale) + abs(target - location) / scale


LOSSES = (gaussian, interval, ranking, laplace)
by_name = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)


def naive(loss, *inputs, **own):
    """The loss of each sample by torch's own functions."""
    import torch

    if loss is gaussian:
        m, v, y = inputs
        return 0.5 * (torch.log(v) + (y - m) ** 2 / v)
    if loss is interval:
        low, high, y = inputs
        alpha = own.get("alpha", 0.1)
        return high - low + 2 / alpha * (torch.relu(low - y) + torch.relu(y - high))
    if loss is ranking:
        a, b = inputs
        return torch.relu(b - a + own.get("margin", 1.0))
    m, s, y = inputs
    return torch.log(2 * s) + (y - m).abs() / s


def arrays(loss, shape=(300, 4), dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    made = {name: rng.normal(size=shape) for name in loss.inputs}
    for name in ("variance", "scale"):
        if name in made:
            made[name] = np.exp(made[name])
    if "upper" in made:
        made["upper"] = made["lower"] + np.exp(made["upper"])
    return tuple(x.astype(dtype) for x in made.values())


def differentiated(loss, inputs, cost, **own):
    """Value and gradients of a cost of the naive losses, by autograd in float64."""
    import torch

    xs = [
        torch.tensor(np.asarray(x, "float64"), requires_grad=name != "target")
        for name, x in zip(loss.inputs, inputs, strict=True)
    ]
    value = cost(naive(loss, *xs, **own))
    return value.item(), [g.numpy() for g in torch.autograd.grad(value, [x for x in xs if x.requires_grad])]


def tensors(inputs, names):
    """The inputs as tensors, of which the predictions require a gradient."""
    import torch

    return [torch.tensor(np.asarray(x), requires_grad=name != "target") for name, x in zip(names, inputs, strict=True)]


def agree(found, expected, rtol=1e-12):
    assert math.isclose(float(found[0]), expected[0], rel_tol=rtol, abs_tol=1e-14)
    for a, b in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(np.asarray(a, "float64"), b, rtol=rtol, atol=1e-15)


@by_name
@pytest.mark.parametrize("shape", [(5,), (300, 4), (6000,)], ids=str)
def test_numpy_has_the_gradients_of_autograd(loss, shape):
    inputs = arrays(loss, shape)
    found = loss.value_and_gradient(*inputs)
    agree(found, differentiated(loss, inputs, lambda x: x.mean()))
    assert type(found[1])._fields == tuple(name for name in loss.inputs if name != "target")
    for a, b in zip(loss.gradient(*inputs), found[1], strict=True):
        np.testing.assert_array_equal(a, b)
    assert loss(*inputs) == found[0]


@by_name
def test_inputs_go_by_name_too(loss):
    inputs = arrays(loss, (7,))
    assert loss(**dict(zip(loss.inputs, inputs, strict=True))) == loss(*inputs)
    assert loss(inputs[0], **dict(zip(loss.inputs[1:], inputs[1:], strict=True))) == loss(*inputs)
    assert list(dict(loss.__signature__.parameters))[: len(inputs)] == list(loss.inputs)


@by_name
@pytest.mark.parametrize("rows", [40, 1500])
def test_weights_masks_axes_and_reductions(loss, rows):
    inputs = arrays(loss, (rows, 4))
    rng = np.random.default_rng(1)
    weight, where_ = rng.random(rows), rng.random(rows) < 0.7
    import torch

    w, m = torch.tensor(weight), torch.tensor(where_)
    each = lambda losses: torch.where(m, w * losses.sum(-1), 0.0)
    for reduction, cost in {
        "mean": lambda x: each(x).sum() / (w * m).sum(),
        "sum": lambda x: each(x).sum(),
        "batchmean": lambda x: each(x).sum() / m.sum(),
    }.items():
        found = loss.value_and_gradient(*inputs, weight=weight, where=where_, axis=-1, reduction=reduction)
        agree(found, differentiated(loss, inputs, cost))
    found = loss.value_and_gradient(*inputs, weight=weight, where=where_, axis=-1, reduction="sum", normalizer=7.0)
    agree(found, differentiated(loss, inputs, lambda x: each(x).sum() / 7))
    values, gradient = loss.value_and_gradient(*inputs, weight=weight, where=where_, axis=-1, reduction="none")
    expected = differentiated(loss, inputs, lambda x: each(x).sum())
    agree((values.sum(), gradient), expected)


@by_name
@pytest.mark.parametrize("size", [50, 5000])
def test_curvature_is_the_diagonal_of_the_hessian(loss, size):
    import torch

    inputs = arrays(loss, (size,))
    found = loss.curvature(*inputs, reduction="sum")
    xs = [torch.tensor(x, requires_grad=True) for x in inputs]
    slopes = torch.autograd.grad(naive(loss, *xs).sum(), xs, create_graph=True)
    for name, slope, x in zip(loss.inputs, slopes, xs, strict=True):
        if name == "target":
            continue
        expected = torch.autograd.grad(slope.sum(), x, retain_graph=True)[0] if slope.requires_grad else torch.zeros_like(x)
        np.testing.assert_allclose(getattr(found, name), expected.numpy(), rtol=1e-11, atol=1e-14)


@by_name
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("size", [50, 5000])
def test_narrow_dtypes_have_gradients_of_their_own_dtype(loss, dtype, size):
    inputs = arrays(loss, (size,), dtype)
    value, gradient = loss.value_and_gradient(*inputs)
    expected = differentiated(loss, inputs, lambda x: x.mean())
    assert value.dtype == "float32"
    assert math.isclose(value, expected[0], rel_tol=2e-6)
    for a, b in zip(gradient, expected[1], strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a.astype("float64"), b, rtol=2e-3 if dtype == "float16" else 2e-6, atol=1e-6)


def test_each_gradient_has_the_dtype_of_its_prediction():
    mean, variance, target = arrays(gaussian, (5000,))
    found = gaussian.gradient(mean.astype("float32"), variance, target)
    assert (found.mean.dtype, found.variance.dtype) == ("float32", "float64")
    np.testing.assert_allclose(
        found.variance, gaussian.gradient(mean.astype("float32").astype(float), variance, target).variance
    )
    whole = gaussian.gradient(np.arange(5), variance[:5], target[:5])  # whole numbers have a gradient in the dtype computed in
    np.testing.assert_array_equal(whole.mean, gaussian.gradient(np.arange(5.0), variance[:5], target[:5]).mean)


@by_name
@pytest.mark.parametrize("size", [6, 5000])
def test_gradients_go_into_the_arrays_of_out(loss, size):
    inputs = arrays(loss, (size,))
    out = tuple(np.empty(size) for name in loss.inputs if name != "target")
    value, gradient = loss.value_and_gradient(*inputs, out=out)
    assert all(a is b for a, b in zip(gradient, out, strict=True))
    agree((value, out), differentiated(loss, inputs, lambda x: x.mean()))
    with pytest.raises(TypeError, match=r"out= is a tuple of arrays, one for each of \w+, \w+; got ndarray"):
        loss.gradient(*inputs, out=out[0])
    with pytest.raises(ValueError, match="memory of its own for each gradient"):
        loss.gradient(*inputs, out=(out[0], out[0]))
    memory = np.empty(size + 1)
    with pytest.raises(ValueError, match="memory of its own for each gradient"):
        loss.gradient(*inputs, out=(memory[1:], memory[:-1]))


@by_name
@pytest.mark.parametrize("size", [6, 5000])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_torch_differentiates_in_each_prediction_alone_and_together(loss, size, reduction):
    import torch

    inputs = arrays(loss, (size,))
    predictions = [name for name in loss.inputs if name != "target"]
    upstream = torch.linspace(-1, 2, size, dtype=torch.float64) if reduction == "none" else torch.tensor(3.0)
    for asked in (predictions, predictions[:1], predictions[1:]):
        xs = {n: torch.tensor(x, requires_grad=n in asked) for n, x in zip(loss.inputs, inputs, strict=True)}
        for _ in range(2):  # the second time by a plan that is remembered
            for x in xs.values():
                x.grad = None
            (loss(*xs.values(), reduction=reduction) * upstream).sum().backward()
        ys = {n: torch.tensor(x, requires_grad=n in asked) for n, x in zip(loss.inputs, inputs, strict=True)}
        losses = naive(loss, *ys.values())
        ((losses if reduction == "none" else losses.mean()) * upstream).sum().backward()
        for name in loss.inputs:
            if name in asked:
                torch.testing.assert_close(xs[name].grad, ys[name].grad, rtol=1e-12, atol=1e-14)
            else:
                assert xs[name].grad is None


def test_torch_gives_gradients_of_gradients_transforms_and_graphs():
    import torch

    xs = [
        torch.tensor(x, requires_grad=name != "target") for name, x in zip(gaussian.inputs, arrays(gaussian, (7,)), strict=True)
    ]
    assert torch.autograd.gradcheck(gaussian, xs)
    assert torch.autograd.gradgradcheck(gaussian, xs)
    assert torch.autograd.gradgradcheck(lambda *x: gaussian(*x, reduction="none"), xs)
    m, v, y = (x.detach() for x in xs)
    found = torch.func.jacrev(torch.func.grad(gaussian, argnums=(0, 1)), argnums=(0, 1))(m, v, y)
    expected = torch.func.jacrev(torch.func.grad(lambda *x: naive(gaussian, *x).mean(), argnums=(0, 1)), argnums=(0, 1))(
        m, v, y
    )
    torch.testing.assert_close(found, expected)
    each = torch.func.vmap(torch.func.grad(gaussian, argnums=1))(m, v, y)
    torch.testing.assert_close(each, gaussian.gradient(m, v, y, reduction="sum").variance)
    value = gaussian(*xs)
    value.backward(retain_graph=True)
    first = xs[1].grad.clone()
    value.backward()
    torch.testing.assert_close(xs[1].grad, 2 * first)
    with torch.no_grad():
        v += 1
    tracked = v.clone().requires_grad_()
    changed = tracked * 1
    cost = gaussian(m, changed, y)
    with torch.no_grad():
        changed += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        (2 * cost).backward()


@pytest.mark.heavy
def test_torch_compiles_the_call_as_one_graph():
    import torch

    xs = [
        torch.tensor(x, requires_grad=name != "target")
        for name, x in zip(gaussian.inputs, arrays(gaussian, (64,)), strict=True)
    ]
    compiled = torch.compile(lambda *x: gaussian(*x), fullgraph=True, backend="aot_eager")
    compiled(*xs).backward()
    np.testing.assert_allclose(xs[1].grad, gaussian.gradient(*(x.detach().numpy() for x in xs)).variance, rtol=1e-12)


def test_half_precision_in_torch_is_rounded_once():
    import torch

    exact = [torch.tensor(x).bfloat16() for x in arrays(gaussian, (5000,))]
    xs = [x.clone().requires_grad_(i < 2) for i, x in enumerate(exact)]
    cost = gaussian(*xs)
    assert cost.dtype == torch.float32
    (cost * 1024).backward()
    expected = differentiated(gaussian, [x.double() for x in exact], lambda x: 1024 * x.mean())[1]
    for x, e in zip(xs, expected, strict=False):
        assert x.grad.dtype == torch.bfloat16
        torch.testing.assert_close(x.grad, torch.tensor(e).bfloat16())


def test_jax_differentiates_in_each_prediction():
    import jax
    import jax.numpy as jnp

    inputs = [jnp.asarray(x, "float32") for x in arrays(gaussian, (9,))]
    expected = gaussian.value_and_gradient(*(np.asarray(x) for x in inputs))
    value, gradient = jax.jit(jax.value_and_grad(gaussian, argnums=(0, 1)))(*inputs)
    np.testing.assert_allclose(value, expected[0], rtol=1e-6)
    for a, b in zip(gradient, expected[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-6)
    found = gaussian.gradient(*inputs)
    assert type(found)._fields == ("mean", "variance")
    curvature = gaussian.curvature(*inputs, reduction="sum").variance
    hessian = jax.hessian(lambda v: gaussian(inputs[0], v, inputs[2], reduction="sum"))(inputs[1])
    np.testing.assert_allclose(curvature, jnp.diag(hessian), rtol=1e-5)


@by_name
def test_the_plain_twin_agrees_at_special_values(loss):
    special = np.array([0.0, -0.0, 1.0, -1.0, 5e-324, -1e308, 1e308, math.inf, -math.inf, math.nan, 3.5])
    grids = np.meshgrid(*[special] * len(loss.inputs), indexing="ij")
    inputs = [np.tile(grid.ravel(), 4) for grid in grids]
    for own in ({}, {"reduction": "none"}):
        by_kernel = loss.value_and_gradient(*inputs, check=False, **own)
        plain = compute_with_arrays(loss, loss.read_call(inputs, {"check": False, **own}), "value_and_gradient")
        np.testing.assert_allclose(by_kernel[0], plain[0], rtol=1e-15)
        for a, b in zip(by_kernel[1], plain[1], strict=True):
            np.testing.assert_allclose(a, b, rtol=4e-16)


@pytest.mark.parametrize("size", [3, 5000])
def test_an_invalid_value_is_refused_by_the_name_of_its_input(size):
    mean, variance, target = arrays(gaussian, (size,))
    variance[1] = -2.0
    with pytest.raises(ValueError, match=r"gaussian: a variance lies in \(0, ∞\); got -2.0 at index 1"):
        gaussian(mean, variance, target)
    keep = variance > 0
    value, gradient = gaussian.value_and_gradient(mean, variance, target, where=keep)
    agree(
        (value, [g[keep] for g in gradient]),
        differentiated(gaussian, [x[keep] for x in (mean, variance, target)], lambda x: x.mean()),
    )
    assert gradient.variance[1] == 0
    assert list(gaussian.problems(mean, variance, target)) == ["variance range"]


def test_wrong_calls_say_what_is_missing():
    x = np.ones(3)
    for call, text in (
        (lambda: gaussian(x, x), "gaussian takes mean, variance and target; target is missing"),
        (lambda: gaussian(x, target=x), "gaussian takes mean, variance and target; variance is missing"),
        (lambda: gaussian(x, x, x, x), "only mean, variance and target go by position; got 1 more"),
        (lambda: gaussian(x, x, x, mean=x), "gaussian: mean was passed twice|has no option 'mean'"),
        (lambda: gaussian(x, x, x, sigma=1), "gaussian has no option 'sigma'"),
        (lambda: gaussian(x, x > 0, x), "variance is made of numbers; got bool"),
    ):
        with pytest.raises(TypeError, match=text):
            call()
    with pytest.raises(ValueError, match=r"mean, variance and target have the same shape; got \(3,\), \(2,\) and \(3,\)"):
        gaussian(x, x[:2], x)


def test_totals_are_exact_and_merge():
    inputs = arrays(gaussian, (9000,))
    whole = gaussian.total(*inputs)
    parts = gaussian.total(*(x[:4000] for x in inputs))
    parts += gaussian.total(*(x[4000:] for x in inputs))
    assert parts == whole
    assert math.isclose(whole.mean, differentiated(gaussian, inputs, lambda x: x.mean())[0], rel_tol=1e-14)


def test_named_gradients_are_pickled():
    found = gaussian.gradient(*arrays(gaussian, (3,)))
    again = pickle.loads(pickle.dumps(found))
    assert type(again) is type(found)
    np.testing.assert_array_equal(again.mean, found.mean)


def test_written_formulas_take_the_inputs_by_name():
    import torch

    inputs = arrays(gaussian, (4,))
    for language in ("numpy", "torch"):
        names: dict = {}
        for what in ("", "gradient:"):
            of = {"of": "variance"} if what else {}
            exec(gaussian.code(f"{what}{language}", **of), names)
            found = names["gaussian"](*(torch.tensor(x) if language == "torch" else x for x in inputs))
            expected = gaussian.gradient(*inputs, reduction="sum").variance if what else gaussian(*inputs, reduction="none")
            np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-13)
    assert gaussian.code("javascript").startswith("(mean, variance, target) =>")
    assert '"variance"::DOUBLE' in gaussian.code("sql")
    assert gaussian.latex() == (r"\frac{\log \left(\sigma^{2}\right) + \frac{\left(y - \mu\right)^{2}}{\sigma^{2}}}{2}")
    with pytest.raises(TypeError, match="of= says in which prediction: 'mean', 'variance'"):
        gaussian.latex("gradient")
    with pytest.raises(ValueError, match="of is one of 'mean', 'variance'; got 'target'"):
        gaussian.latex("gradient", of="target")
    with pytest.raises(TypeError, match="of= says in which prediction the gradient or curvature is; leave it out"):
        gaussian.latex(of="mean")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("mean, target, variance", "takes its predictions first, then the target"),
        ("y_hat, y", "the input that gets no gradient is called target"),
        ("target", "takes a prediction first"),
        ("mean, weight, target", "'weight' is an option of every loss; give the input another name"),
        ("mean, *rest", "it takes \\*rest"),
    ],
)
def test_definitions_are_refused_with_a_remedy(arguments, text):
    names: dict = {}
    exec(f"def wrong({arguments}):\n    return 1", names)
    with pytest.raises(TypeError, match=text):
        lossary.pointwise(names["wrong"])


def test_every_prediction_is_used():
    def unused(mean, variance, target):
        return (mean - target) ** 2

    with pytest.raises(ValueError, match="a loss depends on its variance, and this formula does not"):
        lossary.pointwise(unused)


def test_one_of_several_predictions_may_have_several_forms():
    from lossary.formula.domains import Interval
    from lossary.vocabulary import exp

    forms = {
        "variance": (lambda v: v, Interval(0.0, math.inf, open=True)),
        "log_variance": (exp, Interval()),
    }

    @lossary.pointwise(given={"variance": forms})
    def normal(mean, variance, target):
        return (log(variance) + (target - mean) ** 2 / variance) / 2

    m, v, y = arrays(gaussian, (5000,))
    np.testing.assert_allclose(normal(m, np.log(v), y, given="log_variance"), gaussian(m, v, y), rtol=1e-13)
    slope = normal.gradient(m, np.log(v), y, given="log_variance", reduction="sum").variance
    np.testing.assert_allclose(slope, gaussian.gradient(m, v, y, reduction="sum").variance * v, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(normal(m, v, y), gaussian(m, v, y))
    with pytest.raises(TypeError, match="given= says which of them has several forms"):
        lossary.pointwise(given=forms)(normal.definition)


def test_composed_losses_of_several_predictions():
    import torch

    @lossary.composed(
        gradient=lambda anchor, positive, negative: (
            2 * (negative - positive),
            -2 * (anchor - positive),
            2 * (anchor - negative),
        )
    )
    def triplet(anchor, positive, negative):
        return ((anchor - positive) ** 2 - (anchor - negative) ** 2).sum(-1)

    xs = [np.random.default_rng(i).normal(size=(6, 3)) for i in range(3)]
    found = triplet.gradient(*xs, reduction="sum")
    ts = [torch.tensor(x, requires_grad=True) for x in xs]
    triplet(*ts, reduction="sum").backward()
    for a, t in zip(found, ts, strict=True):
        np.testing.assert_allclose(a, t.grad, rtol=1e-12)
    with pytest.raises(TypeError, match="a tuple of arrays, one for each of anchor, positive, negative; got ndarray"):
        lossary.composed(gradient=lambda anchor, positive, negative: anchor)(triplet.definition).gradient(*xs)


def test_kernels_know_inputs_that_are_named_as_what_kernels_use():
    @lossary.pointwise
    def odd(counter, size, total, parts, where_i, share, target):
        return counter * target + size**2 + total * parts + where_i - share * target

    inputs = [np.random.default_rng(i).normal(size=5000) for i in range(7)]
    c, s, t, p, w, h, y = inputs
    np.testing.assert_allclose(odd(*inputs, reduction="none"), c * y + s**2 + t * p + w - h * y, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(odd.gradient(*inputs, reduction="sum").size, 2 * s)
