"""What goes by kernels: layouts, `out=`, errors, many classes, and torch's autograd, beside the plain twin and naive truths."""

import numpy as np
import pytest
import torch

import lossary
from lossary.vocabulary import exp, log1p, maximum, sigmoid, tanh, where
from tests.oracle import plainly

pytestmark = pytest.mark.usefixtures("kernels")
RNG = np.random.default_rng(5)


@lossary.pointwise
def users_own(prediction, target, *, size=2.0, total=0.5):
    """With powers, choices, and parameters that are called as things in a kernel are."""
    r = prediction - target
    return where(abs(r) <= size, r**2 / 2 + r**3 / 9, log1p(maximum(abs(r), total) ** 0.5)) + exp(-(r**2)) * total


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


def assert_close(found, expected, ulps=8):
    for a, b in zip(found, expected, strict=True):
        a, b = (np.asarray(x.detach() if hasattr(x, "detach") else x) for x in (a, b))
        assert a.dtype == b.dtype
        eps = np.finfo(a.dtype).eps
        np.testing.assert_allclose(a, b, rtol=ulps * eps, atol=eps * ulps * float(np.abs(b).max(initial=0)))


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 8191, 8193, 16_641])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_users_definition_equals_its_plain_twin_at_every_border(size, dtype):
    x, y = (RNG.normal(size=size).astype(dtype) * 3 for _ in range(2))
    found = users_own.value_and_gradient(x, y, size=1.5)
    assert users_own.plans
    assert_close(found, plainly(users_own, x, y, size=1.5))
    assert users_own(x, y, size=1.5) == found[0]
    assert float(users_own(torch.from_numpy(x), torch.from_numpy(y), size=1.5)) == found[0]


LAYOUTS = ["strided", "reversed", "fortran", "big-endian", "read-only"]


@pytest.mark.parametrize(
    ("loss", "layout"),
    [(lossary.huber, "0-d"), *((loss, layout) for loss in (lossary.huber, lossary.cross_entropy) for layout in LAYOUTS)],
)
def test_any_layout_gives_the_same(loss, layout):
    x = RNG.normal(size=(60, 70))
    y = RNG.normal(size=(60, 70)) if loss is lossary.huber else RNG.integers(0, 70, 60)
    if layout == "0-d":
        x, y = x[0, 0, ...], y[0, 0, ...]
    expected = loss.value_and_gradient(x.copy(), y.copy())
    given = {
        "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
        "reversed": lambda a: a[..., ::-1].copy()[..., ::-1],
        "fortran": np.asfortranarray,
        "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
        "read-only": lambda a: np.require(a, requirements=["O"]),
        "0-d": lambda a: a,
    }[layout]
    x, y = given(x), given(y)
    if layout == "read-only":
        x.flags.writeable = y.flags.writeable = False
    value, gradient = loss.value_and_gradient(x, y)
    assert value == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])
    assert gradient.dtype == x.dtype


@pytest.mark.parametrize("loss", [lossary.squared_error, lossary.cross_entropy])
def test_out_takes_the_gradient_wherever_it_lies(loss):
    x = RNG.normal(size=(50, 80))
    y = RNG.normal(size=(50, 80)) if loss is lossary.squared_error else RNG.integers(0, 80, 50)
    value, gradient = loss.value_and_gradient(x, y)
    for out in (np.empty_like(x), np.empty((80, 50)).T, x.copy(), np.empty((50, 160))[:, ::2]):
        found = loss.value_and_gradient(x, y, out=out)
        assert found[1] is out
        assert found[0] == value
        np.testing.assert_array_equal(out, gradient)
    assert loss.gradient(x, y, out=out) is out
    same = x.copy()
    loss.value_and_gradient(same, y, out=same)  # into the prediction itself
    np.testing.assert_array_equal(same, gradient)


def test_an_out_that_does_not_fit_is_refused():
    x = np.zeros((3, 4))
    locked = np.zeros((3, 4))
    locked.flags.writeable = False
    for out in (np.zeros((4, 3)), np.zeros((3, 4), np.float32), locked):
        with pytest.raises(ValueError, match="out= is a writeable array of the gradient's shape"):
            lossary.squared_error.value_and_gradient(x, x, out=out)
    with pytest.raises(TypeError, match="out= is a NumPy array"):
        lossary.squared_error.value_and_gradient(x, x, out=[0.0])
    with pytest.raises(TypeError, match="out= is a NumPy array"):
        lossary.squared_error.value_and_gradient(torch.zeros(3), torch.zeros(3), out=torch.zeros(3))
    with pytest.raises(TypeError, match="the loss alone has none"):
        lossary.squared_error(x, x, out=x)


REFUSED = {
    "probability": (lossary.binary_cross_entropy, np.full(5000, 0.5), np.r_[np.ones(4999), 2.0], {}),
    "label": (lossary.cross_entropy, np.zeros((500, 10)), np.r_[np.zeros(499, int), 10], {}),
    "label beside one left out": (
        lossary.cross_entropy,
        np.zeros((500, 10)),
        np.r_[-100, np.zeros(498, int), 10],
        {"ignore_index": -100},
    ),
    "soft target": (lossary.cross_entropy, np.zeros((500, 10)), np.full((500, 10), 0.2), {}),
    "weight": (lossary.squared_error, np.zeros(5000), np.ones(5000), {"weight": np.r_[np.ones(4999), -1.0]}),
    "class weight": (lossary.cross_entropy, np.zeros((500, 10)), np.zeros(500, int), {"class_weight": np.r_[-1.0, np.ones(9)]}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_out_stays_as_it_was_where_a_call_is_refused(case):
    loss, x, y, options = REFUSED[case]
    out = np.full_like(x, 7.0)
    with pytest.raises(ValueError, match=r"lies in|sum to 1|is a number"):
        loss.value_and_gradient(x, y, out=out, **options)
    assert (out == 7).all()


@pytest.mark.parametrize("classes", [1, 2, 10, 48, 49, 256, 257, 1000])
def test_any_number_of_classes_on_any_axis(classes):
    z = np.round(RNG.normal(size=(3, classes, 5)) * 3 * 8) / 8  # differences are exact
    y = RNG.integers(0, classes, (3, 5))
    for loss, dtype, axis in (
        *((lossary.cross_entropy, dtype, axis) for dtype in (np.float64, np.float32) for axis in (1, -1)),
        (focal, np.float32, 1),
    ):
        x = (z if axis == 1 else np.ascontiguousarray(np.moveaxis(z, 1, -1))).astype(dtype)
        found = loss.value_and_gradient(x, y, axis=axis)
        assert_close(found, plainly(loss, x, y, axis=axis), 16)
        if (loss, dtype) == (lossary.cross_entropy, np.float32):
            assert loss(x, y, axis=axis) == found[0]
        if axis == 1:
            broadcast = np.broadcast_to(x[:1], x.shape)
            _, gradient = loss.value_and_gradient(broadcast, y, axis=1)
            np.testing.assert_array_equal(gradient, loss.value_and_gradient(broadcast.copy(), y, axis=1)[1])


def test_soft_targets_on_any_axis_weigh_what_their_classes_do():
    z, t = RNG.normal(size=(3, 4, 5)), np.moveaxis(RNG.dirichlet(np.ones(4), (3, 5)), -1, 1)
    options = {"axis": 1, "class_weight": np.array([0.5, 2.0, 0.0, 1.0])}
    assert_close(lossary.cross_entropy.value_and_gradient(z, t, **options), plainly(lossary.cross_entropy, z, t, **options), 32)


def test_what_a_later_call_gets_wrong_is_told_as_at_the_first():
    z, y = RNG.normal(size=(6, 3)), np.array([0, 1, 2, 0, 1, 2])
    for number in (1.0, np.inf, np.nan, -1.0):
        weight = np.array([1.0, number, 2.0])
        if number == 1:
            lossary.cross_entropy(z, y, class_weight=weight, reduction="sum")
            continue
        with pytest.raises(ValueError, match="class weight"):
            lossary.cross_entropy(z, y, class_weight=weight, reduction="sum")
    for labels in (y, np.array([0, 1, 7, 0, 1, 2])):
        losses = lossary.cross_entropy(z, labels, reduction="none", check=False)
        assert (np.isnan(losses) == (labels == 7)).all()


def test_a_sample_that_is_masked_may_be_invalid_for_a_kernel_too(answered):
    p, y, mask = np.array([0.2, 7.0, 0.5]), np.array([0, 9, 1]), np.array([True, False, True])
    found = lossary.binary_cross_entropy(p, np.minimum(y, 1), where=mask, given="probabilities")
    assert found == pytest.approx(-(np.log(0.8) + np.log(0.5)) / 2)
    found = lossary.cross_entropy(np.zeros((3, 2)), y, where=mask, class_weight=np.array([1.0, 3.0]))
    assert found == pytest.approx(np.log(2))
    assert answered == [True, True]


@lossary.pointwise
def bounded(prediction, target):
    """With slopes that are bounded, whatever the prediction."""
    return sigmoid(prediction) * tanh(target)


def test_a_weight_of_0_leaves_out_what_is_nan_in_bounded_losses():
    x, y, w = np.array([np.nan, 1.0]), np.array([1.0, np.nan]), np.array([0.0, 0.0])
    value, gradient = bounded.value_and_gradient(x, y, weight=w, reduction="sum")
    assert value == 0
    assert not gradient.any()


@pytest.mark.compiled
@pytest.mark.parametrize("classes", [7, 300])
def test_float32_rows_are_within_4_ulp_of_the_truth_and_no_worse_than_torch(classes):
    z = (np.round(RNG.normal(size=(400, classes)) * 16) / 8).astype(np.float32)
    y = RNG.integers(0, classes, 400)
    z[:50, 0], y[:50] = 20, 0  # confident rows
    exact = z.astype(np.longdouble)
    p = np.exp(exact - exact.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    rows = np.arange(400)
    others = p.copy()
    others[rows, y] = 0
    loss_truth, slope_truth = -np.log1p(-others.sum(1)), p.copy()
    slope_truth[rows, y] = -others.sum(1)
    loss_truth = np.where(others.sum(1) < 0.5, loss_truth, -np.log(p[rows, y]))

    def worst(found, truth):
        return float(np.max(np.abs(found.astype(np.longdouble) - truth) / np.spacing(np.abs(truth).astype(np.float32))))

    tensor = torch.from_numpy(z).requires_grad_()
    theirs = torch.nn.functional.cross_entropy(tensor, torch.from_numpy(y), reduction="none")
    (slopes,) = torch.autograd.grad(theirs.sum(), tensor)
    losses, gradient = lossary.cross_entropy.value_and_gradient(z, y, reduction="none")
    assert worst(losses, loss_truth) <= min(4, worst(theirs.detach().numpy(), loss_truth))
    assert worst(gradient, slope_truth) <= min(4, worst(slopes.numpy(), slope_truth))


@pytest.mark.compiled
@pytest.mark.parametrize("kind", ["random", "equal", "descending"])
def test_a_sum_of_128_thousand_float32_terms_keeps_its_digits(kind):
    n = 128_000
    z = {"random": RNG.normal(size=n), "equal": np.full(n, -0.3), "descending": np.linspace(0, -20, n)}[kind]
    z = z.astype(np.float32)[None]
    z[0, 0] = 1.0
    log_normalizer = np.log(np.exp(z[0].astype(np.float64) - 1).sum()) + 1
    loss, gradient = lossary.cross_entropy.value_and_gradient(z, np.array([0]), reduction="sum")
    assert float(loss + 1) == pytest.approx(log_normalizer, rel=3e-7, abs=0)
    assert float(gradient[0, 1]) == pytest.approx(np.exp(float(z[0, 1]) - log_normalizer), rel=1e-6, abs=0)


@pytest.mark.parametrize("classes", [5, 100])
def test_invalid_labels_and_probabilities_are_refused_as_ever(classes):
    z, y = RNG.normal(size=(40, classes)), RNG.integers(0, classes, 40)
    cost = lossary.cross_entropy.value_and_gradient
    for bad in (classes, -1):
        labels = y.copy()
        labels[7] = bad
        with pytest.raises(ValueError, match=f"a class index lies in 0 … {classes - 1}.*got {bad} at index 7"):
            cost(z, labels)
        without, _ = cost(np.delete(z, 7, 0), np.delete(y, 7))
        assert cost(z, labels, where=np.arange(40) != 7)[0] == pytest.approx(without, rel=1e-14)
    p = np.full((40, classes), 1 / classes)
    p[3, 1] += 0.01
    with pytest.raises(ValueError, match=r"sum to 1.*got 1\.0(1|099).* at index 3"):
        cost(p, y, given="probabilities")
    targets = RNG.random(1000)
    targets[17] = 1.5
    with pytest.raises(ValueError, match=r"lies in \[0, 1\].*got 1\.5 at index 17"):
        lossary.binary_cross_entropy(RNG.normal(size=1000), targets)


@pytest.mark.parametrize("classes", [6, 90])
def test_masked_classes_and_samples_that_count_nothing(classes):
    z, y = RNG.normal(size=(30, classes)), RNG.integers(1, classes, 30)
    z[:, 0] = -np.inf
    value, gradient = lossary.cross_entropy.value_and_gradient(z, y)
    assert value == pytest.approx(lossary.cross_entropy(z[:, 1:], y - 1), rel=1e-14)
    assert (gradient[:, 0] == 0).all()
    weight = np.ones(30)
    z[4], weight[4] = np.nan, 0
    value, gradient = lossary.cross_entropy.value_and_gradient(z, y, weight=weight)
    assert np.isfinite(value)
    assert (gradient[4] == 0).all()
    assert np.isnan(lossary.cross_entropy(z, y))


# ---- torch


@pytest.fixture(params=["pointwise", "few classes", "many classes"])
def case(request):
    if request.param == "pointwise":
        return lossary.binary_cross_entropy, torch.randn(40, 5), torch.rand(40, 5)
    classes = 4 if request.param == "few classes" else 80
    return lossary.cross_entropy, torch.randn(9, classes), torch.randint(0, classes, (9,))


def test_backward_twice_and_other_factors(case):
    loss, x, y = case
    gradient = loss.gradient(x, y)
    x.requires_grad_()
    cost = loss(x, y)
    cost.backward(retain_graph=True)
    torch.testing.assert_close(x.grad, gradient)
    cost.backward(retain_graph=True)
    torch.testing.assert_close(x.grad, 2 * gradient)
    (3 * cost).backward()
    torch.testing.assert_close(x.grad, 5 * gradient)
    with pytest.raises(RuntimeError, match="second time"):
        cost.backward()


@pytest.mark.parametrize("case", ["pointwise", "few classes"], indirect=True)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_derivatives_of_second_order_are_right(case, reduction):
    loss, x, y = case
    x = x[:2, :3].double().requires_grad_()
    y = y[:2, :3].double() if y.ndim == 2 else y[:2] % 3
    call = lambda x: loss(x, y, reduction=reduction)
    assert torch.autograd.gradcheck(call, x)
    assert torch.autograd.gradgradcheck(call, x)
    assert torch.autograd.gradcheck(lambda x: loss.gradient(x, y, reduction=reduction), x)


def test_each_loss_may_have_a_cotangent_of_its_own(case):
    loss, x, y = case
    plain = x.clone().requires_grad_()
    x.requires_grad_()
    cotangent = torch.rand(loss(x, y, reduction="none").shape)
    (found,) = torch.autograd.grad(loss(x, y, reduction="none"), x, cotangent)
    (expected,) = torch.autograd.grad(plainly(loss, plain, y, "value", reduction="none"), plain, cotangent)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_single(case, dtype):
    loss, x, y = case
    half = x.to(dtype)
    y = y.to(dtype) if y.is_floating_point() else y
    value, gradient = loss.value_and_gradient(half, y)
    exact, slopes = loss.value_and_gradient(half.float(), y.float() if y.is_floating_point() else y)
    assert value == exact
    assert gradient.dtype == dtype
    torch.testing.assert_close(gradient, slopes.to(dtype), rtol=0, atol=0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert loss.value_and_gradient(half, y)[0] == exact


def test_views_transforms_and_targets_that_are_learned(case):
    loss, x, y = case
    expected = loss(x, y)
    wide = torch.stack([x, x], -1)[..., 0]
    assert loss(wide, y) == expected
    torch.testing.assert_close(loss(torch._neg_view(-x), y), expected)
    torch.testing.assert_close(torch.func.grad(loss)(x, y), loss.gradient(x, y))
    each = torch.vmap(lambda a, b: loss(a[None], b[None]))(x, y)
    torch.testing.assert_close(each.mean(), expected)
    with torch.inference_mode():
        assert loss(x, y) == expected
    if y.is_floating_point():
        target = y.clone().requires_grad_()
        loss(x, target).backward()
        torch.testing.assert_close(target.grad, -x / x.numel())


@pytest.mark.heavy
@pytest.mark.parametrize("case", ["pointwise", "few classes"], indirect=True)
def test_a_compiled_step_gives_the_same(case):
    loss, x, y = case
    x.requires_grad_()

    @torch.compile(fullgraph=True)
    def cost(x):
        return loss(2 * x, y)

    (found,) = torch.autograd.grad(cost(x), x)
    torch.testing.assert_close(found, 2 * loss.gradient(2 * x.detach(), y))
