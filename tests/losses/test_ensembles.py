"""Scores of ensembles: ties, missing members, one member, fairness, one dimension, members that coincide."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from tests.oracle import as_library, to_numpy

rng = np.random.default_rng(21)
MEMBERS, TARGET = rng.normal(size=(30, 7)), rng.normal(size=30)
VECTORS, VECTOR = rng.normal(size=(10, 4, 3)), rng.normal(size=(10, 3))
by_library = pytest.mark.parametrize("library", ["numpy", "torch"])


@pytest.fixture(params=["numpy", "torch", "jax"])
def library(request):
    """Array code has no kernels."""
    return request.param


def fair(fairness):
    """The options of a score of this fairness."""
    if fairness in (0.0, 1.0):
        return {"estimator": "fair" if fairness else "energy"}
    return {"estimator": "almost_fair", "fairness": fairness}


def naive(members, target, fairness=0.0):
    count = len(members)
    pairs = sum(abs(a - b) for a in members for b in members)
    first = sum(abs(x - target) for x in members) / count
    fair = 0.0 if fairness == 0 else pairs / (2 * count * (count - 1))
    return first - (1 - fairness) * pairs / (2 * count**2) - fairness * fair


@by_library
@pytest.mark.parametrize("fairness", [0.0, 0.5, 1.0])
def test_missing_members_are_left_out_whatever_they_hold(library, fairness):
    present = rng.uniform(size=MEMBERS.shape) > 0.4
    present[:, :2] = True
    kept = [x[p] for x, p in zip(MEMBERS, present, strict=True)]
    members = np.where(present, MEMBERS, np.array([np.nan, np.inf, -np.inf, 0, 1e300, 5, np.nan]))
    inputs = [as_library(library, x) for x in (members, TARGET)]
    options = {**fair(fairness), "present": as_library(library, present), "reduction": "none"}
    value, gradient = lossary.crps_ensemble.value_and_gradient(*inputs, **options)
    np.testing.assert_allclose(to_numpy(value), [naive(x, y, fairness) for x, y in zip(kept, TARGET, strict=True)], atol=1e-14)
    gradient = to_numpy(gradient)
    assert (gradient[~present] == 0).all()
    for i, x in enumerate(kept):
        expected = lossary.crps_ensemble.gradient(x, TARGET[i], **fair(fairness))
        np.testing.assert_allclose(gradient[i, present[i]], expected, rtol=1e-12, atol=1e-16)


def test_the_mean_over_levels_of_twice_the_quantile_loss_is_the_energy_form():
    expected = 2 * lossary.quantiles(np.sort(MEMBERS), TARGET, reduction="none")
    np.testing.assert_allclose(lossary.crps_ensemble(MEMBERS, TARGET, reduction="none"), expected, rtol=1e-13)


def test_a_fair_score_does_not_depend_on_the_number_of_members():
    """Over all ensembles of 2 and of 3 members drawn from four values, with a target drawn from others."""
    values, targets = np.array([0.0, 1.0, 4.0, 9.0]), np.array([-1.0, 2.5, 5.0])
    means = []
    for count in (2, 3):
        drawn = np.stack(np.meshgrid(*[values] * count), -1).reshape(-1, count)
        members, target = np.repeat(drawn, 3, 0), np.tile(targets, len(drawn))
        means.append([lossary.crps_ensemble(members, target, **fair(f)) for f in (0.0, 1.0)])
    assert means[0][1] == pytest.approx(means[1][1], rel=1e-13)
    assert means[0][0] > means[1][0] > means[1][1]


def test_a_fair_score_is_least_and_never_negative():
    plain, almost, best = (
        lossary.crps_ensemble(MEMBERS, TARGET, estimator=word, reduction="none") for word in ("energy", "almost_fair", "fair")
    )
    assert (best >= 0).all()
    assert (best <= almost).all()
    assert (almost <= plain).all()
    np.testing.assert_allclose(almost, 0.95 * best + 0.05 * plain, rtol=1e-13)
    assert lossary.crps_ensemble([[-50.0, 1e-3]], [0.0], estimator="fair") == 0


@by_library
def test_one_member_is_the_absolute_error_and_cannot_be_fair(library):
    inputs = [as_library(library, x) for x in (MEMBERS[:, :1], TARGET)]
    value, gradient = lossary.crps_ensemble.value_and_gradient(*inputs, reduction="none")
    np.testing.assert_allclose(to_numpy(value), abs(MEMBERS[:, 0] - TARGET))
    np.testing.assert_array_equal(to_numpy(gradient)[:, 0], np.sign(MEMBERS[:, 0] - TARGET))
    with pytest.raises(ValueError, match="crps_ensemble: a fair score has at least two members; got 1"):
        lossary.crps_ensemble(*inputs, **fair(0.5))
    with pytest.raises(ValueError, match="energy_score: a fair score has at least two members; got 1"):
        lossary.energy_score(VECTORS[:, :1], VECTOR, estimator="fair")


@pytest.mark.parametrize("name", ["crps_ensemble", "energy_score"])
def test_a_fairness_goes_with_an_almost_fair_score_only(name):
    loss, inputs = getattr(lossary, name), (MEMBERS, TARGET) if name == "crps_ensemble" else (VECTORS, VECTOR)
    for fairness in (1.0, np.full(len(inputs[0]), 0.95)):
        with pytest.raises(TypeError, match=f'{name}: fairness= says how fair an "almost_fair" score is'):
            loss(*inputs, fairness=fairness)


@by_library
def test_members_that_are_equal_or_meet_the_target(library):
    """Equal members keep their order, so that their slopes are those of members next to each other."""
    members = np.array([[1.0, 2.0, 1.0, 3.0], [2.0, 2.0, 2.0, 2.0]])
    inputs = [as_library(library, x) for x in (members, np.array([2.0, 3.0]))]
    value, gradient = lossary.crps_ensemble.value_and_gradient(*inputs, reduction="none")
    np.testing.assert_allclose(to_numpy(value), [naive(members[0], 2.0), naive(members[1], 3.0)])
    np.testing.assert_allclose(to_numpy(gradient), [[-1 / 16, 0, -3 / 16, 1 / 16], [-1 / 16, -3 / 16, -5 / 16, -7 / 16]])


@pytest.mark.parametrize("shift", [1e8, -1e15])
def test_far_from_all_members_the_score_keeps_its_digits(shift):
    """Members are apart by powers of two, so that the true score is known."""
    members = np.array([[0.0, 1.0, 2.0, 4.0]])
    expected = abs(0.0 + 1 + 2 + 4 - 4 * shift) / 4 - sum(abs(a - b) for a in members[0] for b in members[0]) / 32
    assert lossary.crps_ensemble(members, [shift]) == pytest.approx(expected, rel=1e-15)


def test_in_one_dimension_the_energy_score_is_that_of_numbers():
    for fairness in (0.0, 0.5, 1.0):
        ours = lossary.energy_score.value_and_gradient(MEMBERS[..., None], TARGET[..., None], **fair(fairness))
        expected = lossary.crps_ensemble.value_and_gradient(MEMBERS, TARGET, **fair(fairness))
        assert ours[0] == pytest.approx(expected[0], rel=1e-13)
        np.testing.assert_allclose(ours[1][..., 0], expected[1], atol=1e-16)


DUPLICATES = VECTORS.copy()
DUPLICATES[0, 1], DUPLICATES[1] = DUPLICATES[0, 0], VECTOR[1]
DUPLICATES[2, :, 1] = DUPLICATES[2, :, 0]


@pytest.mark.parametrize("name", ["energy_score", "variogram_score"])
def test_coinciding_members_and_components_have_finite_slopes_alike_on_all_libraries(name):
    loss = getattr(lossary, name)
    value, gradient = loss.value_and_gradient(DUPLICATES, VECTOR)
    x = torch.tensor(DUPLICATES, requires_grad=True)
    cost = loss(x, torch.tensor(VECTOR))
    cost.backward()
    assert np.isfinite(gradient).all()
    assert value == pytest.approx(cost.item(), rel=1e-13)
    np.testing.assert_allclose(gradient, x.grad, rtol=1e-11, atol=1e-15)


def test_all_members_on_the_target_cost_nothing():
    value, gradient = lossary.energy_score.value_and_gradient(np.ones((2, 5, 3)), np.ones((2, 3)))
    assert value == 0
    assert (gradient == 0).all()


def test_the_variogram_score_sees_no_common_shift_and_scales_with_twice_its_power():
    for power in (0.5, 1.0, 2.0):
        plain = lossary.variogram_score(VECTORS, VECTOR, power=power)
        assert lossary.variogram_score(VECTORS + 3.5, VECTOR, power=power) == pytest.approx(plain, rel=1e-10)
        assert lossary.variogram_score(4 * VECTORS, 4 * VECTOR, power=power) == pytest.approx(
            4 ** (2 * power) * plain, rel=1e-12
        )


@pytest.mark.parametrize("name", ["crps_ensemble", "energy_score", "variogram_score"])
def test_a_parameter_may_have_one_value_a_sample(name):
    loss, parameter = getattr(lossary, name), "power" if name == "variogram_score" else "fairness"
    inputs = (MEMBERS[:10], TARGET[:10]) if name == "crps_ensemble" else (VECTORS, VECTOR)
    each = np.linspace(0.25, 1.0, 10)
    words = {} if name == "variogram_score" else {"estimator": "almost_fair"}
    value, gradient = loss.value_and_gradient(*inputs, reduction="none", **{parameter: each}, **words)
    for i, x in enumerate(each):
        expected = loss.value_and_gradient(*(a[i] for a in inputs), **{parameter: float(x)}, **words)
        assert value[i] == pytest.approx(expected[0], rel=1e-13)
        np.testing.assert_allclose(gradient[i], expected[1], rtol=1e-12, atol=1e-16)


def test_ensembles_are_compiled_by_jax():
    score = jax.jit(jax.value_and_grad(lambda x: lossary.crps_ensemble(x, TARGET, estimator="almost_fair")))
    value, gradient = score(jnp.asarray(MEMBERS))
    expected = lossary.crps_ensemble.value_and_gradient(MEMBERS, TARGET, estimator="almost_fair")
    assert float(value) == pytest.approx(expected[0], rel=1e-13)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("name", ["crps_ensemble", "energy_score", "variogram_score"])
@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("operation", ["__call__", "gradient"])
def test_an_ensemble_without_members_is_refused(name, library, operation):
    target = np.zeros((2,) if name == "crps_ensemble" else (2, 3))
    members = np.zeros((2, 0, *target.shape[1:]))
    with pytest.raises(ValueError, match=f"{name}: an ensemble has at least one member; got none"):
        getattr(getattr(lossary, name), operation)(as_library(library, members), as_library(library, target))
