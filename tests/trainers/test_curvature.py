"""That the curvature which is derived from a formula lies above the loss."""

import math

import numpy as np
import pytest

import lossary
from lossary.formula.calls import abs as absolute
from lossary.formula.calls import maximum
from lossary.formula.domains import Probability
from lossary.formula.expression import symbol
from lossary.formula.quotient import quotient
from lossary.trainers.scores.curvature import choose
from lossary.trainers.scores.scores import Scores
from tests.trainers.cases import LOSSES, TRAINED, data

KINDS = {None: ("majorizer", "relaxed", "bound"), False: ("balanced",), True: ("exact",)}
PROVEN = [
    pytest.param(loss, held, id=f"{loss.__name__}-{KINDS[held][0]}")
    for loss in TRAINED
    for held in KINDS
    if choose(Scores(loss, {}), "auto", held).kind in KINDS[held]
]
BOUNDED = {"squared_epsilon_insensitive", "squared_hinge", "asymmetric", "brier_binary", "focal_binary"}
"""Losses whose second derivative has a bound that holds everywhere."""
PARABOLAS = [
    (loss, kind)
    for loss in TRAINED
    if loss.kind == "pointwise"
    for kind in (
        choose(Scores(loss, {}), "auto").kind.replace("relaxed", "bound" if loss.__name__ in BOUNDED else "majorizer"),
    )
    if kind in ("majorizer", "bound")
]
by_name = {"ids": lambda x: getattr(x, "__name__", x)}


def targets(scores, samples=300):
    """Return targets of a loss: of two outcomes, chances of the second one among them."""
    _, found = data(scores.loss, samples)
    if scores.binary:
        found[::3] = np.random.default_rng(3).uniform(size=len(found[::3]))
    return found


def test_most_losses_have_a_curvature_that_is_proven():
    found = {loss.__name__: choose(Scores(loss, {}), "auto").kind for loss in LOSSES if loss.kind == "pointwise"}
    assert {name for name, kind in found.items() if kind == "absolute"} == {"wing", "symmetric_percentage_error"}
    kinks = {
        "absolute_error",
        "quantile",
        "epsilon_insensitive",
        "power_error",
        "absolute_percentage_error",
        "hinge",
        "perceptron",
    }
    assert {name for name, kind in found.items() if kind == "smoothed"} == kinks
    bounds = {"exponential", "gamma", "negative_binomial", "poisson", "tweedie"}
    assert {name for name, kind in found.items() if kind == "bound"} == bounds
    assert {found[name] for name in BOUNDED} == {"relaxed"}
    # in units of the target, a step of 1.79 may be no step at all
    assert choose(Scores(lossary.pseudo_huber, {"delta": 2.0}), "auto", held=True).longest_step is None
    for held, kind in ((True, "exact"), (False, "balanced")):
        of_kind = {loss.__name__ for loss in LOSSES if choose(Scores(loss, {}), "auto", held).kind == kind}
        assert of_kind == {*bounds, "binary_cross_entropy"}


@pytest.mark.parametrize(("loss", "kind"), PARABOLAS, **by_name)
def test_parabola_lies_above_the_loss(loss, kind):
    scores, rng = Scores(loss, {}), np.random.default_rng(1)
    curvature = choose(scores, kind)
    target = targets(scores, 400)
    at = (0.0 if scores.binary else scores.centre(target)) + rng.normal(size=400) * rng.choice([0.01, 1.0, 3.0], 400)
    slope, second = curvature.pair(at, target, None)
    for size in (0.01, 0.3, 1.0, 5.0) if curvature.longest_step is None else (0.01, 0.3, 0.7):
        for step in (size, -size):
            above = scores.value(at, target) + slope * step + second * step**2 / 2
            loss_there = scores.value(at + step, target)
            assert (loss_there <= above + 1e-9 * (1 + abs(loss_there))).all()


@pytest.mark.parametrize(("loss", "held"), PROVEN)
def test_newton_step_of_a_leaf_never_raises_its_cost(loss, held):
    scores, rng = Scores(loss, {}), np.random.default_rng(2)
    curvature = choose(scores, "auto", held)
    target = targets(scores)
    shape = (len(target), 3) if loss.kind == "softmax" else target.shape
    for spread in (0.1, 1.0, 3.0):
        at = rng.normal(size=shape) * spread
        slope, second = curvature.pair(at, target, None)
        longest = curvature.longest_step or math.inf
        newton = np.divide(-slope, second, out=np.zeros_like(slope), where=second > 0)
        of_each_row = at + np.clip(newton, -longest, longest)
        before, after = scores.value(at, target), scores.value(of_each_row, target)
        assert (after <= before + 1e-9 * (1 + abs(before))).all()
        for leaf in np.array_split(rng.permutation(len(target)), 12):
            step = np.clip(-slope[leaf].sum(axis=0) / second[leaf].sum(axis=0), -longest, longest)
            before, after = (scores.value(x, target[leaf]).mean() for x in (at[leaf], at[leaf] + step))
            assert after <= before + 1e-9 * (1 + abs(before))


@pytest.mark.parametrize("loss", [lossary.poisson, lossary.gamma, lossary.tweedie, lossary.binary_cross_entropy], **by_name)
def test_balanced_steps_of_any_length_never_raise_the_cost(loss):
    scores, rng = Scores(loss, {}), np.random.default_rng(3)
    longest = 0.0
    for ratio in np.geomspace(1e-6, 1e6, 49):
        at, target = np.log(ratio) + rng.normal(size=8), rng.uniform(0.5, 1.0, 8)
        if scores.binary:
            target = (target > 0.8) * 1.0
        slope, second = choose(scores, "balanced").pair(at, target, None)
        step = -slope.sum() / second.sum()
        before, after = scores.value(at, target).sum(), scores.value(at + step, target).sum()
        assert after <= before + 1e-9 * abs(before)
        longest = max(longest, abs(step))
    assert longest > 1.79 or scores.binary


def test_balanced_curvatures_are_those_of_their_definition():
    at, target = np.array([0.0, 1.0, -2.0]), np.array([0.5, 0.0, 1.0])
    mean, share = np.exp(at), 1 / (1 + np.exp(-at))
    for loss, parameters, expected in (
        (lossary.poisson, {}, (mean + target) / 2),
        (lossary.tweedie, {"power": 1.5}, (np.sqrt(mean) + target / np.sqrt(mean)) / 2),  # the second derivative itself
        (lossary.binary_cross_entropy, {}, (share * (1 - target) + (1 - share) * target) / 2),
    ):
        _, found = choose(Scores(loss, parameters), "balanced").pair(at, target, None)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("loss", "parameters", "value"),
    [
        (lossary.squared_error, {}, lambda r: 2.0 + 0 * r),
        (lossary.huber, {"delta": 2.0}, lambda r: np.minimum(1, 2 / abs(r))),
        (lossary.pseudo_huber, {"delta": 2.0}, lambda r: 1 / np.sqrt(1 + (r / 2) ** 2)),
        (lossary.log_cosh, {}, lambda r: np.tanh(r) / r),
        (lossary.cauchy, {"scale": 3.0}, lambda r: 1 / (9 * (1 + (r / 3) ** 2 / 2)) * 9 / 9),
        (lossary.binary_cross_entropy, {}, lambda r: np.tanh(r / 2) / (2 * r)),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_majorizers_are_those_of_the_literature(loss, parameters, value):
    scores = Scores(loss, parameters)
    r = np.array([-30.0, -2.0, -1e-3, 0.4, 7.0])
    at, target = (r, np.array([0.0, 1.0, 1.0, 0.0, 1.0])) if scores.binary else (r + 5, np.full(5, 5.0))
    _, second = choose(scores, "majorizer").pair(at, target, None)
    np.testing.assert_allclose(second, value(r), rtol=1e-6)


def test_smoothed_slopes_are_those_of_the_loss_far_from_its_kink():
    scores = Scores(lossary.quantile, {"alpha": 0.9})
    target = np.array([0.0, 0.0, *[100.0] * 98])
    raw = np.array([1e6, -1e6, *[100.0 + 1e-3] * 98])  # the scale is that of most residuals
    slope, second = choose(scores, "auto").pair(raw, target, np.array([1e-3, 1e-3, *[1.0] * 98]))
    np.testing.assert_allclose(slope[:2], [0.1, -0.9], rtol=1e-5)
    np.testing.assert_allclose(second[:2], 0.5e-6, rtol=1e-4)


@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_kinks_of_both_outcomes_count_by_their_chances(target):
    at = np.array([-3.0, -1.0, 0.2, 1.0, 1.7])
    slope, second = choose(Scores(lossary.hinge, {}), "auto").pair.at_widths(at, np.full(5, target), 0.5, 2.0)
    # of max(0, 1 - s) and max(0, 1 + s), with √(r² + s²) for |r|
    falls, rises = ((r / np.sqrt(r**2 + 0.25) + side) / 2 for r, side in ((at - 1, -1), (at + 1, 1)))
    np.testing.assert_allclose(slope, target * falls + (1 - target) * rises, rtol=1e-12, atol=1e-15)
    of_one, of_zero = (0.5 / np.sqrt(r**2 + 4) for r in (at - 1, at + 1))
    np.testing.assert_allclose(second, target * of_one + (1 - target) * of_zero, rtol=1e-12)


def test_targets_that_are_integers_take_the_kink_of_their_outcome_alone():
    pair = choose(Scores(lossary.hinge, {}), "auto").pair
    at, target = np.array([-3.0, -1.0, 0.2, 1.0, 1.7]), np.array([0, 1, 1, 0, 1])
    for whole in (target, target.astype(bool)):
        np.testing.assert_allclose(pair.at_widths(at, whole, 0.5, 2.0), pair.at_widths(at, target / 1.0, 0.5, 2.0), rtol=1e-12)
        np.testing.assert_allclose(pair(at, whole, np.ones(5)), pair(at, target / 1.0, np.ones(5)), rtol=1e-12)
    roots = [
        sum(node.head == "hypot" for node in {node for x in (*of.slopes, *of.curvatures) for node in x.walk()})
        for of in (pair, pair.of_outcomes)
    ]
    assert roots == [4, 2]


def test_losses_that_do_not_mix_outcomes_are_judged_between_them():
    @lossary.pointwise
    def uncertain(prediction, target: Probability):
        return (prediction - target) ** 2 * (1 + 4 * target * (1 - target))

    second = choose(Scores(uncertain, {}), "bound").pair(np.zeros(2), np.array([0.0, 0.5]), None)[1]
    assert second.tolist() == [4.0, 4.0]  # the greatest is that of ½, twice that of both outcomes


def test_flat_width_of_epsilon_insensitive_is_found():
    chosen = choose(Scores(lossary.epsilon_insensitive, {"epsilon": 0.25}), "auto")
    assert "±0.25 " in chosen.why


@pytest.mark.parametrize("kind", ["exact", "absolute", "bound"])
def test_curvature_of_choice(kind):
    scores = Scores(lossary.huber, {"delta": 1.0})
    at, target = np.array([0.5, 3.0]), np.zeros(2)
    slope, second = choose(scores, kind).pair(at, target, None)
    assert slope.tolist() == [0.5, 1.0]
    if kind == "absolute":
        assert second[0] == 1.0
        assert 0 < second[1] < 1 / 3
    else:
        np.testing.assert_allclose(second, {"exact": [1.0, 0.0], "bound": [1.0, 1.0]}[kind])


@pytest.mark.parametrize(
    ("loss", "kind", "message"),
    [
        (lossary.expectile, "least", "curvature is one of auto, exact"),
        (lossary.poisson, "majorizer", "poisson is none; use 'auto'"),
        (lossary.gamma, "relaxed", "gamma is none; use 'auto'"),
        (lossary.absolute_error, "majorizer", "absolute_error is none; use 'auto'"),
        (lossary.huber, "balanced", "for losses of a logarithm or a logit"),
        (lossary.huber, "smoothed", "such a function with a kink; huber is none"),
        (lossary.absolute_error, "bound", "has no bound"),
        (lossary.focal, "bound", "has a score for each class"),
    ],
)
def test_curvature_that_there_is_not(loss, kind, message):
    with pytest.raises(ValueError, match=message):
        choose(Scores(loss, {}), kind)


RELAXED_BY_DISTANCE = [
    loss
    for loss in TRAINED
    if loss.properties.symmetric and loss.__name__ not in BOUNDED and choose(Scores(loss, {}), "auto").kind == "relaxed"
]


@pytest.mark.parametrize("loss", RELAXED_BY_DISTANCE, **by_name)
def test_relaxed_curvature_is_that_of_the_loss_or_half_of_slope_by_distance(loss):
    pair = choose(Scores(loss, {}), "auto").pair
    distances = np.array([1e-300, 1e-120, 1e-90, 1e-9, 0.3, 1.7, 40.0, 1e5, 1e12])
    at, target = np.concatenate([-distances, [0.0], distances]), np.zeros(19)
    second, slope = loss.curvature(at, target, reduction="none"), loss.gradient(at, target, reduction="none")
    half = np.divide(slope, 2 * at, out=np.zeros(19), where=abs(at) > 1e-80)  # slopes may underflow nearer to 0
    np.testing.assert_allclose(pair(at, target, None)[1], np.maximum(second, half), rtol=1e-12)
    # the slope is computed once, not also at the distance on both sides of the target, and divided only if that is no factor
    slope, nodes = pair.slopes[0], set(pair.curvatures[0].walk())
    residual = symbol("score_prediction") - symbol("target")
    divided = any(node.head == "divide" and maximum(absolute(residual), 1e-100) is node.children[1] for node in nodes)
    assert divided == (quotient(slope, residual) is None)
    assert set(slope.walk()) <= nodes or not divided


def test_a_square_of_logarithms_is_a_parabola_in_the_score():
    pair = choose(Scores(lossary.squared_log_error, {}), "auto").pair
    at, target = np.array([-25.0, -1.0, 0.5, 3.0, 30.0, 300.0]), np.array([0.0, 3.0, 1e-9, 1e6, 20.0, 1e15])
    slope, second = pair(at, target, None)
    np.testing.assert_allclose(slope, 2 * (at - np.log1p(target)), rtol=1e-12)
    np.testing.assert_array_equal(second, 2.0)
    assert pair.curvatures[0].is_constant  # not computed for each row


def test_asymmetric_losses_have_no_majorizer_but_half_of_a_bound():
    chosen = choose(Scores(lossary.expectile, {"alpha": 0.9}), "auto")
    assert chosen.kind == "relaxed"
    np.testing.assert_allclose(chosen.pair(np.array([1.0, -1.0]), np.array([0.0, 0.0]), None)[1], [0.9, 1.8])
