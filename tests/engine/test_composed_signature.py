"""Losses of array code whose inputs have different axes: signatures, observed inputs, arrays, whole numbers, masks."""

from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary.array_words import arange, take_along_axis
from lossary.formula.domains import Interval, Probability
from lossary.vocabulary import exp, log, sqrt, where
from tests.oracle import as_library, to_numpy

rng = np.random.default_rng(15)
MEMBERS, TARGET = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2))
LIBRARIES = ("numpy", "torch", "jax")


def spread_slope(members, target, *, levels=None):
    return np.sign(members - target[..., None]) / members.shape[-1]


@lossary.composed(signature="(m),()", gradient=spread_slope)
def spread(members, target):
    return abs(members - target[..., None]).mean(-1)


def naive_spread(members=MEMBERS, target=TARGET):
    means = [np.mean([abs(x - y) for x in members[place]]) for place, y in np.ndenumerate(target)]
    return np.reshape(means, target.shape)


@lossary.composed(signature="(n),(n),(n)", observed=("time", "event"))
def cox(log_hazard, time, event: bool):
    at_risk = where(time[..., None, :] >= time[..., :, None], 1.0, 0.0)
    return where(event, log((at_risk * exp(log_hazard)[..., None, :]).sum(-1)) - log_hazard, 0.0).sum(-1)


def naive_cox(h, t, e):
    return sum(np.log(sum(np.exp(h[j]) for j in range(len(h)) if t[j] >= t[i])) - h[i] for i in range(len(h)) if e[i])


def picked_slope(score, target, **_):
    return -np.eye(score.shape[-1])[target].sum(-2)


@lossary.composed(signature="(c),(l)", arrays={"length": "()"}, gradient=picked_slope)
def picked(score, target: Annotated[int, Interval(0)], *, length: Annotated[int | None, Interval(1)] = None):
    """Minus the scores of the first few labels of each sample."""
    found = take_along_axis(score, target)
    if length is not None:
        found = where(arange(target.shape[-1], target) < length[..., None], found, 0.0)
    return -found.sum(-1)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_loss_of_members_and_one_target(library):
    x, y = as_library(library, MEMBERS), as_library(library, TARGET)
    np.testing.assert_allclose(to_numpy(spread(x, y, reduction="none")), naive_spread(), rtol=1e-12)
    value, gradient = spread.value_and_gradient(x, y)
    assert float(value) == pytest.approx(naive_spread().mean(), rel=1e-12)
    np.testing.assert_allclose(to_numpy(gradient), spread_slope(MEMBERS, TARGET) / 10, rtol=1e-12)
    assert spread.predictions == ("members",)
    assert spread.total(x, y).sum == pytest.approx(naive_spread().sum(), rel=1e-12)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("axis", [0, 1, -2])
def test_axis_moves_the_one_axis_of_a_sample(library, axis):
    x, y = as_library(library, np.moveaxis(MEMBERS, -1, axis).copy()), as_library(library, TARGET)
    value, gradient = spread.value_and_gradient(x, y, axis=axis)
    assert float(value) == pytest.approx(naive_spread().mean(), rel=1e-12)
    np.testing.assert_allclose(np.moveaxis(to_numpy(gradient), axis, -1), spread_slope(MEMBERS, TARGET) / 10, rtol=1e-12)


@pytest.mark.parametrize("library", LIBRARIES)
def test_weights_and_masks_are_of_samples(library):
    w, counted = rng.uniform(size=(5, 2)), rng.uniform(size=(5, 2)) > 0.3
    members, target = MEMBERS.copy(), TARGET.copy()
    members[~counted], target[~counted] = np.nan, np.inf
    options = {"weight": as_library(library, w), "where": as_library(library, counted)}
    value, gradient = spread.value_and_gradient(as_library(library, members), as_library(library, target), **options)
    share = np.where(counted, w, 0) / w[counted].sum()
    assert float(value) == pytest.approx((naive_spread() * share).sum(), rel=1e-12)
    np.testing.assert_allclose(to_numpy(gradient), spread_slope(MEMBERS, TARGET) * share[..., None], rtol=1e-12)


def test_autograd_masks_what_is_excluded():
    counted = np.arange(10).reshape(5, 2) % 3 != 0
    x = MEMBERS.copy()
    x[~counted] = np.nan
    learned = torch.tensor(x, requires_grad=True)
    spread(learned, torch.tensor(TARGET), where=torch.tensor(counted)).backward()
    expected = spread_slope(MEMBERS, TARGET) * counted[..., None] / counted.sum()
    np.testing.assert_allclose(learned.grad, expected, rtol=1e-12)


def test_nan_makes_its_own_sample_nan():
    x = MEMBERS.copy()
    x[1, 0, 2] = np.nan
    assert (np.isnan(spread(x, TARGET, reduction="none")) == (np.arange(10).reshape(5, 2) == 2)).all()


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_half_precision_is_computed_in_float32(library):
    half = {"torch": lambda x: torch.tensor(x, dtype=torch.bfloat16), "jax": lambda x: jnp.asarray(x, jnp.bfloat16)}[library]
    x, y = half(MEMBERS), half(TARGET)
    wide = [np.asarray(v.float() if library == "torch" else v.astype(jnp.float32)) for v in (x, y)]
    value, gradient = spread.value_and_gradient(x, y)
    assert str(value.dtype).endswith("float32")
    assert float(value) == pytest.approx(naive_spread(*wide).mean(), rel=1e-6)
    assert str(gradient.dtype).endswith("bfloat16")


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float32"])
def test_what_is_not_annotated_is_computed_with_as_a_number(dtype):
    target = (np.arange(10).reshape(5, 2) % 2).astype(dtype)
    expected = naive_spread(target=target.astype(float))
    np.testing.assert_allclose(spread(MEMBERS, target, reduction="none"), expected, rtol=1e-12)
    assert spread(MEMBERS.astype("float32"), target).dtype == np.float32


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_whole_batch_is_one_sample(library):
    h, t, e = rng.normal(size=6), np.array([3, 1, 4, 1, 5, 9]), np.array([True, False, True, True, False, True])
    arrays = [as_library(library, x) for x in (h, t, e)]
    value = cox(*arrays)
    assert tuple(value.shape) == ()
    for reduction in ("none", "sum", "batchmean"):
        assert float(cox(*arrays, reduction=reduction)) == float(value)
    assert float(value) == pytest.approx(naive_cox(h, t, e), rel=1e-6)
    assert float(cox(*arrays, weight=as_library(library, np.array(2.0)), reduction="sum")) == pytest.approx(2 * float(value))
    assert cox.total(*arrays).count == 1
    if library != "numpy":
        step = 1e-4
        numeric = [(naive_cox(h + d, t, e) - naive_cox(h - d, t, e)) / (2 * step) for d in step * np.eye(6)]
        np.testing.assert_allclose(to_numpy(cox.gradient(*arrays)), numeric, atol=1e-6)
    with pytest.raises(ValueError, match=r"weight has one value a sample, so its shape is \(\); got \(6,\)"):
        cox(*arrays, weight=as_library(library, np.ones(6)))


def test_observed_inputs_get_no_gradient_and_keep_their_place():
    assert cox.inputs == ("log_hazard", "time", "event")
    assert cox.predictions == ("log_hazard",)
    h = torch.randn(3, 6, dtype=torch.float64, requires_grad=True)
    t, e = torch.rand(3, 6, dtype=torch.float64), torch.ones(3, 6)
    cox(h, t, e).backward()
    expected = np.mean([naive_cox(*row) for row in zip(h.detach().numpy(), t.numpy(), e.numpy(), strict=True)])
    assert float(cox(h.detach(), event=e, time=t)) == pytest.approx(expected)
    assert isinstance(cox.gradient(h, t, e), torch.Tensor)
    assert torch.autograd.gradcheck(lambda x: cox(x, t, e), (h,))


def test_pointwise_and_samplewise_losses_have_observed_inputs():
    @lossary.pointwise(observed=("censored",))
    def tobit(prediction, censored, target):
        return where(censored > 0, (target - prediction) ** 2 * 3, (target - prediction) ** 2)

    for size in (3, 5000):
        p, c, y = rng.normal(size=size), rng.uniform(size=size) > 0.5, rng.normal(size=size)
        value, gradient = tobit.value_and_gradient(p, c, y, reduction="none")
        np.testing.assert_allclose(value, (y - p) ** 2 * (1 + 2 * c), rtol=1e-12)
        np.testing.assert_allclose(gradient, 2 * (p - y) * (1 + 2 * c), rtol=1e-12)
        learned = torch.tensor(p, requires_grad=True)
        tobit(learned, torch.tensor(c), torch.tensor(y), reduction="sum").backward()
        np.testing.assert_allclose(learned.grad, gradient, rtol=1e-12)
    double = tobit + tobit
    assert double.predictions == ("prediction",)
    np.testing.assert_allclose(double.gradient(p, c, y, reduction="none"), 2 * gradient, rtol=1e-12)

    @lossary.samplewise(observed=("mask",))
    def masked(prediction, mask, target):
        return lossary.vocabulary.total(mask * (prediction - target) ** 2)

    p, m, y = rng.normal(size=(4, 3)), rng.uniform(size=(4, 3)), rng.normal(size=(4, 3))
    np.testing.assert_allclose(masked.gradient(p, m, y, reduction="none"), 2 * m * (p - y), rtol=1e-12)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("dtype", ["int64", "uint8"])
def test_labels_stay_whole_numbers(library, dtype):
    score, labels = rng.normal(size=(4, 7)), rng.integers(0, 7, size=(4, 3))
    given = as_library(library, score), as_library(library, labels.astype(dtype))
    expected = [-sum(row[k] for k in found) for row, found in zip(score, labels, strict=True)]
    np.testing.assert_allclose(to_numpy(picked(*given, reduction="none")), expected, rtol=1e-6)
    slopes = [[-float(list(found).count(k)) for k in range(7)] for found in labels]
    if library == "numpy":
        np.testing.assert_allclose(picked.gradient(*given, reduction="none"), slopes)
    for length in ([1, 2, 3, 1], np.array([1, 2, 3, 1])):
        length = as_library(library, np.array(length)) if library != "numpy" else length
        expected = [-sum(row[k] for k in found[:n]) for row, found, n in zip(score, labels, [1, 2, 3, 1], strict=True)]
        np.testing.assert_allclose(to_numpy(picked(*given, length=length, reduction="none")), expected, rtol=1e-6)
    expected = [-score[i, labels[i, :2]].sum() for i in range(4)]
    np.testing.assert_allclose(to_numpy(picked(*given, length=2, reduction="none")), expected, rtol=1e-6)


def test_labels_of_excluded_samples_may_be_anything():
    score, labels = rng.normal(size=(3, 4)), np.array([[1, 2], [-100, 3], [0, 9]])
    with pytest.raises(ValueError, match=r"a target lies in \[0, ∞\); got -100 at index \(1, 0\)"):
        picked(score, labels)
    labels[2] = 0
    counted = np.array([True, False, True])
    expected = -(score[0, 1] + score[0, 2] + 2 * score[2, 0]) / 2
    assert picked(score, labels, where=counted) == pytest.approx(expected)
    assert picked(score, labels, where=counted, length=[2, 0, 2]) == pytest.approx(expected)
    with pytest.raises(ValueError, match=r"a length lies in \[1, ∞\); got 0 at index 1"):
        picked(score, np.abs(labels) % 4, length=[2, 0, 2])
    assert set(picked.problems(score, labels)) == {"target range"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_whole_numbers_of_excluded_samples_are_replaced_only_where_they_are_invalid(library):
    seen = []

    @lossary.composed(signature="(c),(l),(l)", observed=("flag",), arrays={"length": "()"})
    def peek(score, flag: bool, target: Annotated[int, Interval(0)], *, length: int = None):  # noqa: RUF013
        seen.append([to_numpy(x).tolist() for x in (score, flag, target, length)])
        return score.sum(-1)

    score, flag, labels = np.full((3, 2), 5.0), np.array([[True, False]] * 3), np.array([[1, 2], [-100, 3], [3, 0]])
    given = [as_library(library, x) for x in (score, flag, labels, np.array([2, 1, 2]))]
    peek(*given[:3], length=given[3], where=as_library(library, np.array([True, False, False])))
    assert seen == [[[[5, 5], [0, 0], [0, 0]], [[True, False]] * 3, [[1, 2], [1, 3], [3, 0]], [2, 1, 2]]]


def test_whole_numbers_and_booleans_are_checked():
    score = np.zeros((1, 3))
    with pytest.raises(TypeError, match=r"target is of an integer dtype, as it holds indices; got dtype float64"):
        picked(score, [[0.0, 1.0]])
    with pytest.raises(ValueError, match=r"whole numbers of target lie below the largest int64; got 18446744073709551615"):
        picked(score, np.array([[2**64 - 1]], np.uint64))
    with pytest.raises(ValueError, match=r"event is true or false, or 1 or 0; got 2 at index 1"):
        cox([0.0, 1.0], [1.0, 2.0], [1, 2])
    for float_event in ([1.0, 0.0], [1, 0], [True, False]):
        assert cox([0.5, 1.0], [1.0, 2.0], float_event) == pytest.approx(naive_cox([0.5, 1.0], [1, 2], [1, 0]))


def quantile_slopes(prediction, target, *, levels=None):
    return np.where(target[..., None] > prediction, -levels, 1 - levels)


@lossary.composed(signature="(q),()", arrays={"levels": "(q)"}, gradient=quantile_slopes)
def quantiles(prediction, target, *, levels: Probability = (0.1, 0.5, 0.9)):
    error = target[..., None] - prediction
    return where(error > 0, levels * error, (levels - 1) * error).sum(-1)


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_array_for_all_samples_or_one_each(library):
    x, y = as_library(library, MEMBERS), as_library(library, TARGET)

    def naive(levels):
        error = TARGET[..., None] - MEMBERS
        return np.maximum(levels * error, (levels - 1) * error).sum(-1)

    default = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(to_numpy(quantiles(x, y, reduction="none")), naive(default), rtol=1e-6)
    for levels in ([0.2, 0.3, 0.4], np.full((5, 2, 3), [0.5, 0.25, 0.125]) / np.arange(1, 6)[:, None, None]):
        given = levels if isinstance(levels, list) else as_library(library, levels)
        value, gradient = quantiles.value_and_gradient(x, y, levels=given, reduction="none")
        np.testing.assert_allclose(to_numpy(value), naive(np.array(levels)), rtol=1e-6)
        expected = np.where(TARGET[..., None] > MEMBERS, -np.array(levels), 1 - np.array(levels))
        np.testing.assert_allclose(to_numpy(gradient), np.broadcast_to(expected, MEMBERS.shape), rtol=1e-6)
    with pytest.raises(ValueError, match=r"a levels lies in \[0, 1\]; got 1\.5"):
        quantiles(x, y, levels=[0.1, 0.5, 1.5])
    with pytest.raises(ValueError, match=r"levels is no NaN; got nan"):
        quantiles(x, y, levels=[0.1, 0.5, float("nan")])
    with pytest.raises(ValueError, match=r"the axis q has one length in prediction and levels; got 3 and 2"):
        quantiles(x, y, levels=[0.1, 0.5])
    with pytest.raises(ValueError, match=r"levels has the shape \(q\), with the axes of samples \(5, 2\) before it or none"):
        quantiles(x, y, levels=as_library(library, np.full((5, 3), 0.5)))


def test_arrays_may_be_learned():
    levels = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a: quantiles(torch.tensor(MEMBERS), torch.tensor(TARGET), levels=a), (levels,))


def test_two_predictions_of_different_axes():
    @lossary.composed(
        signature="(a,b),(a),()",
        gradient=lambda matrix, vector, target: (
            np.broadcast_to(vector[..., None], matrix.shape),
            matrix.sum(-1),
        ),
    )
    def form(matrix, vector, target):
        return (matrix * vector[..., None]).sum((-2, -1)) - target

    m, v, y = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 3)), rng.normal(size=4)
    w, counted = rng.uniform(size=4), np.array([True, False, True, True])
    options = {"weight": w, "where": counted, "reduction": "sum"}
    ours = form.gradient(m, v, y, **options)
    learned = [torch.tensor(x, requires_grad=True) for x in (m, v)]
    form(
        *learned,
        torch.tensor(y),
        **{name: torch.as_tensor(x) for name, x in options.items() if name != "reduction"},
        reduction="sum",
    ).backward()
    share = np.where(counted, w, 0)
    np.testing.assert_allclose(ours.matrix, np.broadcast_to((v * share[:, None])[..., None], m.shape), rtol=1e-12)
    np.testing.assert_allclose(ours.vector, m.sum(-1) * share[:, None], rtol=1e-12)
    for found, x in zip(ours, learned, strict=True):
        np.testing.assert_allclose(found, x.grad, rtol=1e-12)
    with pytest.raises(TypeError, match=r"axis= says where the one axis of a sample lies; .* matrix\(…, a, b\)"):
        form(m, v, y, axis=0)


def test_shapes_are_checked():
    with pytest.raises(
        ValueError, match=r"members\(…, m\) and target\(…\) share the axes … of samples; got shapes \(5, 2, 3\) and \(5,\)"
    ):
        spread(MEMBERS, TARGET[:, 0])
    with pytest.raises(ValueError, match=r"members has the shape \(…, m\).*got shape \(\)"):
        spread(1.0, 1.0)
    with pytest.raises(ValueError, match=r"log_hazard, time and event have the same shape; got \(3,\), \(3,\) and \(2,\)"):
        cox(np.zeros(3), np.zeros(3), np.zeros(2))

    @lossary.composed(signature="(t,c),(c)")
    def of_classes(prediction, target):
        return (prediction.sum(-2) * target).sum(-1)

    with pytest.raises(ValueError, match="the axis c has one length in prediction and target; got 3 and 4"):
        of_classes(np.zeros((2, 5, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"by hand has the shape of members, .*\(5, 2, 3\); got \(5, 2, 1\)"):
        lossary.composed(signature="(m),()", gradient=lambda members, target: target[..., None])(spread.definition).gradient(
            MEMBERS, TARGET
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"signature": "(m)"}, r'one group of axes for each of members, target, as in "\(n\),\(n\)"; got 1'),
        ({"signature": "m,()"}, r"groups of names in parentheses.*got 'm,\(\)'"),
        ({"signature": "(m),(2)"}, "groups of names in parentheses"),
        ({"observed": ("time",)}, r"observed= is a tuple of inputs that get no gradient; got \('time',\)"),
        ({"observed": "members"}, "observed= is a tuple of inputs"),
        ({"observed": ("members",)}, "put at least one prediction first"),
        ({"arrays": {"levels": "(q)"}}, r"arrays= maps keyword-only parameters \(there is none\)"),
    ],
)
def test_decorator_options_are_checked(options, message):
    with pytest.raises(TypeError, match=message):
        lossary.composed(**options)(spread.definition)


def test_definitions_are_checked():
    def behind(time, log_hazard):
        return log_hazard.sum(-1)

    def counted(prediction: int, target):
        return prediction.sum(-1)

    with pytest.raises(TypeError, match="a definition takes its predictions first, and then what is observed"):
        lossary.composed(observed=("time",))(behind)
    with pytest.raises(TypeError, match=r"a prediction is a real number.*prediction is annotated int"):
        lossary.composed(counted)
    with pytest.raises(TypeError, match=r"one group of axes a parameter, .*; got '\(q\),\(\)' for levels"):
        lossary.composed(signature="(q),()", arrays={"levels": "(q),()"})(quantiles.definition)


def test_traced_calls_compute_the_same():
    x, y = jnp.asarray(MEMBERS), jnp.asarray(TARGET)
    assert float(jax.jit(spread)(x, y)) == pytest.approx(naive_spread().mean(), rel=1e-6)
    h, t, e = (torch.tensor(a) for a in (rng.normal(size=(4, 6)), rng.uniform(size=(4, 6)), rng.uniform(size=(4, 6)) > 0.5))
    together = torch.func.vmap(cox)(h, t, e)
    np.testing.assert_allclose(together, [naive_cox(*map(np.asarray, row)) for row in zip(h, t, e, strict=True)], rtol=1e-12)
    gradient = torch.func.vmap(torch.func.grad(cox))(h, t, e)
    np.testing.assert_allclose(gradient, [cox.gradient(*row) for row in zip(h, t, e, strict=True)], rtol=1e-10)


def test_sums_of_losses_of_array_code():
    both = spread + 0.5 * spread
    value, gradient = both.value_and_gradient(MEMBERS, TARGET)
    assert value == pytest.approx(1.5 * naive_spread().mean())
    np.testing.assert_allclose(gradient, 0.15 * spread_slope(MEMBERS, TARGET))
    twice = 2 * quantiles
    np.testing.assert_allclose(
        twice(MEMBERS, TARGET, levels=[0.2, 0.3, 0.4]), 2 * quantiles(MEMBERS, TARGET, levels=[0.2, 0.3, 0.4])
    )
    assert sqrt(twice(MEMBERS, TARGET)) == pytest.approx(np.sqrt(2 * quantiles(MEMBERS, TARGET)))
