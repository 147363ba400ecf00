"""Sums of losses against the sums of what their terms give."""

import pickle

import numpy as np
import pytest

import lossary
from lossary import absolute_error, binary_cross_entropy, cross_entropy, huber, squared_error
from lossary.domains import Probability
from lossary.vocabulary import total


@lossary.composed(gradient=lambda prediction, target: -target)
def dot(prediction, target):
    return -(prediction * target).sum(-1)


@lossary.pointwise
def spread(mean, scale, target):
    return ((target - mean) / scale) ** 2


@lossary.pointwise
def size(mean, scale, target):
    return scale**2 + mean - target


SUMS = {
    "pointwise": (squared_error + 0.5 * absolute_error, [(squared_error, 1.0), (absolute_error, 0.5)]),
    "parameter": (huber / 2 + squared_error, [(huber, 0.5), (squared_error, 1.0)]),
    "nested": (2 * (huber + 3 * absolute_error), [(huber, 2.0), (absolute_error, 6.0)]),
    "links": (binary_cross_entropy + squared_error, [(binary_cross_entropy, 1.0), (squared_error, 1.0)]),
    "negative": (huber + -0.25 * absolute_error, [(huber, 1.0), (absolute_error, -0.25)]),
    "sum": (sum([huber, absolute_error]), [(huber, 1.0), (absolute_error, 1.0)]),
}
each_sum = pytest.mark.parametrize("name", SUMS)


def data(rows):
    rng = np.random.default_rng(rows)
    return rng.normal(size=rows), rng.random(rows)


@each_sum
@pytest.mark.usefixtures("near_borders")
@pytest.mark.parametrize("rows", [9, 300])
@pytest.mark.parametrize("options", [{}, {"reduction": "sum"}, {"reduction": "none"}, {"reduction": "batchmean"}], ids=str)
def test_a_sum_of_pointwise_losses_is_one_formula(name, rows, options):
    loss, terms = SUMS[name]
    x, y = data(rows)
    assert loss.kind == "pointwise"
    weight = np.linspace(0, 2, rows)
    value, gradient = loss.value_and_gradient(x, y, weight=weight, **options)
    expected = [(f, *part.value_and_gradient(x, y, weight=weight, **options)) for part, f in terms]
    np.testing.assert_allclose(value, sum(f * v for f, v, _ in expected), rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(gradient, sum(f * g for f, _, g in expected), rtol=1e-13, atol=1e-16)
    curvature = sum(f * part.curvature(x, y, weight=weight, **options) for part, f in terms)
    np.testing.assert_allclose(loss.curvature(x, y, weight=weight, **options), curvature, rtol=1e-12, atol=1e-16)


@each_sum
def test_its_parts_are_handed_out(name):
    loss, terms = SUMS[name]
    x, y = data(50)
    found = loss(x, y, returns=("parts",))
    np.testing.assert_allclose(found.parts, [f * part(x, y) for part, f in terms], rtol=1e-15)
    assert found.loss == loss(x, y)
    again, gradient = loss.value_and_gradient(x, y, returns=["parts"])
    assert again == found
    np.testing.assert_array_equal(gradient, loss.gradient(x, y))


@each_sum
def test_it_is_pickled_by_its_terms(name):
    loss, _ = SUMS[name]
    x, y = data(5)
    assert pickle.loads(pickle.dumps(loss))(x, y) == loss(x, y)


def test_what_is_known_of_the_terms_is_known_of_the_sum():
    both = squared_error + huber
    assert (both.properties.convex, both.properties.minimizer) == (True, None)
    assert (2 * squared_error).properties.minimizer == "mean"
    assert (squared_error + -1 * huber).properties.convex is None
    assert dict(both.parameters) == {"delta": 1.0}
    x, y = data(6)
    assert both(x, y, delta=0.3) == pytest.approx(squared_error(x, y) + huber(x, y, delta=0.3))
    assert (squared_error + 0.5 * absolute_error).latex() == (r"\left(\hat{y} - y\right)^{2} + 0.5 \, \left|\hat{y} - y\right|")
    p = np.array([0.2, 0.9])
    twice = binary_cross_entropy * 2
    assert twice(p, [0, 1], given="probabilities") == pytest.approx(2 * binary_cross_entropy(p, [0, 1], given="probabilities"))


def test_losses_of_several_predictions_are_added():
    m, s, y = np.random.default_rng(0).uniform(0.5, 1, (3, 40))
    both = spread + 2 * size
    found, expected = both.gradient(m, s, y), [spread.gradient(m, s, y), size.gradient(m, s, y)]
    np.testing.assert_allclose(found.scale, expected[0].scale + 2 * expected[1].scale, rtol=1e-13)


@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_losses_of_several_kinds(library):
    both = cross_entropy + 0.1 * dot
    z = np.random.default_rng(0).normal(size=(8, 4))
    t = np.eye(4)[[0, 1, 2, 3, 3, 2, 1, 0]]
    if library == "torch":
        import torch

        z, t = torch.tensor(z), torch.tensor(t)
    if library == "jax":
        import jax.numpy as jnp

        z, t = jnp.asarray(z, "float32"), jnp.asarray(t, "float32")
    weight = [1.0, 2, 3, 4, 5, 6, 7, 8]
    for options in ({}, {"weight": weight}, {"reduction": "none"}):
        value, gradient = both.value_and_gradient(z, t, **options)
        a, b = (part.value_and_gradient(z, t, **options) for part in (cross_entropy, dot))
        np.testing.assert_allclose(value, a[0] + 0.1 * b[0], rtol=1e-6)
        np.testing.assert_allclose(gradient, a[1] + 0.1 * b[1], rtol=1e-6, atol=1e-8)
    smooth = both(z, t, label_smoothing=0.1)
    np.testing.assert_allclose(smooth, cross_entropy(z, t, label_smoothing=0.1) + 0.1 * dot(z, t), rtol=1e-6)
    if library == "torch":
        z.requires_grad_()
        both(z, t).backward()
        torch.testing.assert_close(z.grad, cross_entropy.gradient(z, t) + 0.1 * dot.gradient(z, t))
    if library == "numpy":
        assert both.total(z, t).mean == pytest.approx(both(z, t))
        assert both(z, t, returns=("parts",)).parts == (cross_entropy(z, t), 0.1 * dot(z, t))
        assert pickle.loads(pickle.dumps(both))(z, t) == both(z, t)
        with pytest.raises(TypeError, match="has no option 'gamma'"):
            both(z, t, gamma=1)
        with pytest.raises(TypeError, match="a sum of losses of several kinds, which has no single formula"):
            both.code("numpy")
        with pytest.raises(ValueError, match="one loss for each of the same samples"):
            (cross_entropy + squared_error)(z, t, reduction="none")


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: huber + spread, TypeError, r"take the same inputs; got huber\(prediction, target\) and spread\(mean, scale"),
        (lambda: huber * float("inf"), ValueError, "the factor of a loss is finite; got inf"),
        (lambda: huber / 0, ZeroDivisionError, "divided by a number other than 0"),
        (lambda: huber + 1, TypeError, "a loss is added to another loss; got the number 1"),
        (lambda: huber * "2", TypeError, "can't multiply"),
        (lambda: huber * np.ones(3), TypeError, "the factor of a loss is a number; got ndarray"),
        (lambda: np.ones(3) * huber, TypeError, "the factor of a loss is a number; got ndarray"),
        (lambda: (huber + huber)([1.0], [1.0], returns=("entropy",)), ValueError, r"\(\"parts\",\) or \(\)"),
    ],
)
def test_what_cannot_be_added(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_parameters_of_one_name_have_one_default():
    @lossary.pointwise
    def other(prediction, target, *, delta=3.0):
        return delta * abs(prediction - target)

    with pytest.raises(TypeError, match=r"share parameters of the same name.*delta is 1.0 in .* and 3.0 in"):
        huber + other


def test_a_loss_is_called_within_a_definition():
    @lossary.pointwise
    def learned(prediction, target, *, log_balance=0.0):
        from lossary.vocabulary import exp

        return exp(-log_balance) * huber(prediction, target, delta=2) + log_balance + binary_cross_entropy(prediction, target)

    x, y = data(20)
    expected = np.exp(-0.5) * huber(x, y, delta=2) + 0.5 + binary_cross_entropy(x, y)
    assert learned(x, y, log_balance=0.5) == pytest.approx(expected)
    import torch

    s = torch.tensor(0.5, requires_grad=True)
    learned(torch.tensor(x), torch.tensor(y), log_balance=s).backward()
    assert s.grad.item() == pytest.approx(1 - np.exp(-0.5) * huber(x, y, delta=2))

    def weighs(prediction, target):
        return huber(prediction, target, weight=2)

    with pytest.raises(TypeError, match=r"huber, called within a definition, .* takes only its own parameters; got weight="):
        lossary.pointwise(weighs)

    def of_classes(prediction, target):
        return cross_entropy(prediction, target)

    with pytest.raises(TypeError, match="a loss of all classes of a row"):
        lossary.pointwise(of_classes)


@lossary.samplewise
def dice(prediction, target, *, smooth=1.0):
    return 1 - (2 * total(prediction * target) + smooth) / (total(prediction) + total(target) + smooth)


@pytest.mark.parametrize("axis", [None, -1, (1, 2)])
@pytest.mark.parametrize("size", [3, 60])
def test_a_pointwise_loss_is_averaged_beside_a_samplewise_one(axis, size):
    import torch

    both = dice + 0.5 * binary_cross_entropy - 0.25 * squared_error
    assert both.kind == "samplewise"
    rng = np.random.default_rng(size)
    x, y, weight = rng.random((4, size, 9)), (rng.random((4, size, 9)) < 0.5) * 1.0, rng.random((4, size))
    axes = (-1,) if axis is None else axis
    options = {} if axis is None else {"axis": axis}
    weight = weight if axis != (1, 2) else weight[:, 0]
    a, b = torch.tensor(x, requires_grad=True), torch.tensor(y)
    terms = [
        1 - (2 * (a * b).sum(axes) + 1) / (a.sum(axes) + b.sum(axes) + 1),
        0.5 * torch.nn.functional.binary_cross_entropy_with_logits(a, b, reduction="none").mean(axes),
        -0.25 * ((a - b) ** 2).mean(axes),
    ]
    losses, w = sum(terms), torch.tensor(weight)
    np.testing.assert_allclose(both(x, y, reduction="none", **options), losses.detach(), rtol=1e-12)
    cost = (w * losses).sum() / w.sum()
    value, gradient = both.value_and_gradient(x, y, weight=weight, **options)
    assert value == pytest.approx(cost.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, torch.autograd.grad(cost, a)[0], rtol=1e-10, atol=1e-15)
    parts = both(x, y, weight=weight, returns=("parts",), **options).parts
    np.testing.assert_allclose(parts, [((w * term).sum() / w.sum()).item() for term in terms], rtol=1e-12)
    assert both.total(x, y, **options).mean == pytest.approx(losses.mean().item())
    assert pickle.loads(pickle.dumps(both))(x, y, weight=weight, **options) == value


def test_logits_and_probabilities_are_not_mixed():
    @lossary.samplewise
    def overlap(prediction: Probability, target):
        return 1 - total(prediction * target)

    with pytest.raises(TypeError, match=r"binary_cross_entropy takes logits by default, and overlap a number in \[0, 1\]"):
        overlap + binary_cross_entropy


def test_differences_and_opposites():
    x, y = data(9)
    assert (huber - squared_error)(x, y) == pytest.approx(huber(x, y) - squared_error(x, y))
    assert (-huber)(x, y) == -huber(x, y)


def test_losses_that_take_other_forms_by_default_are_added_in_the_form_of_the_first():
    rng = np.random.default_rng(3)
    p, y = rng.uniform(0.1, 0.9, (4, 6)), rng.integers(0, 2, (4, 6)).astype(float)
    z = np.log(p / (1 - p))
    expected = lossary.dice(p, y) + 0.5 * lossary.binary_cross_entropy(z, y)
    for loss, prediction in (
        (lossary.dice + 0.5 * lossary.binary_cross_entropy, p),
        (0.5 * lossary.binary_cross_entropy + lossary.dice, z),
    ):
        np.testing.assert_allclose(loss(prediction, y), expected, rtol=1e-13)
        np.testing.assert_allclose(sum(loss(prediction, y, returns=("parts",)).parts), expected, rtol=1e-13)
        np.testing.assert_allclose(loss(z, y, given="logits"), expected, rtol=1e-13)
        np.testing.assert_allclose(sum(loss(z, y, given="logits", returns=("parts",)).parts), expected, rtol=1e-13)
    with pytest.raises(TypeError, match="dice takes probabilities by default, and cross_entropy logits; add their costs"):
        lossary.dice + lossary.cross_entropy
