"""What definitions state of their losses holds: convexity, slopes, symmetry, degrees, minimisers, limits. All losses learn."""

import contextlib
import itertools
import math
import pickle

import numpy as np
import pytest

import lossary
from lossary.formula.expression import symbol
from lossary.formula.languages.write import LANGUAGES
from lossary.formula.properties import number_at
from tests.losses.rows import all_rows

REGISTRY = lossary.losses.registry
FIRST = {row.loss: row for row in reversed(all_rows())}
"""One row of each loss: the first."""


def rows_where(holds, *, by_default=True):
    """The rows of losses of which something is stated, of those in the form by default if it is stated of that."""
    found = [row for row in all_rows() if holds(REGISTRY[row.loss].properties)]
    given = lambda row: row.options.get("given") in (None, *REGISTRY[row.loss].properties.given[:1])
    found = [row for row in found if not by_default or given(row)]
    return pytest.mark.parametrize("row", found, ids=str)


def drawn(row, seed=3):
    """The loss of a row, and the arrays of a call by name."""
    loss = REGISTRY[row.loss]
    return loss, dict(zip(loss.inputs, map(np.asarray, row.inputs(np.random.default_rng(seed))), strict=True))


def losses_of(row, arrays):
    return REGISTRY[row.loss](*arrays.values(), reduction="none", **row.options)


def parameters_of(row):
    return {**REGISTRY[row.loss].parameters, **row.options}


@rows_where(lambda known: known.convex)
def test_no_chord_lies_below_a_convex_loss(row):
    loss, first = drawn(row)
    _, second = drawn(row, 4)
    together = [loss.predictions] if loss.properties.convex is True else [(name,) for name in loss.properties.convex]
    for names in together:
        ends = [first, {**first, **{name: second[name] for name in names}}]
        costs = [losses_of(row, arrays) for arrays in ends]
        for share in (0.1, 0.5, 0.8):
            middle = {
                name: (1 - share) * ends[0][name] + share * ends[1][name] if name in names else first[name] for name in first
            }
            chord = (1 - share) * costs[0] + share * costs[1]
            assert (losses_of(row, middle) <= chord + 1e-9 * (1 + abs(chord))).all(), names


@rows_where(lambda known: known.lipschitz is not None)
def test_slopes_reach_their_bound_and_no_further(row):
    loss, arrays = drawn(row)
    bound, steepest = float(number_at(loss.properties.lipschitz, parameters_of(row))), 0.0
    for scale in (0.01, 1.0, 100.0, 1e6):
        inputs = {name: x * scale if name in loss.predictions else x for name, x in arrays.items()}
        slopes = loss.gradient(*inputs.values(), reduction="none", **row.options)
        steepest = max(steepest, max(abs(x).max() for x in (slopes if isinstance(slopes, tuple) else (slopes,))))
    assert 0.5 * bound <= steepest <= bound * (1 + 1e-12)


@rows_where(lambda known: known.symmetric)
def test_prediction_and_target_change_places(row):
    loss, arrays = drawn(row)
    first, second = loss.inputs
    swapped = {first: arrays[second], second: arrays[first]}
    np.testing.assert_allclose(losses_of(row, swapped), losses_of(row, arrays), rtol=1e-13)


@rows_where(lambda known: known.homogeneous is not None)
def test_losses_scale_by_their_degree(row):
    loss, arrays = drawn(row)
    degree = number_at(loss.properties.homogeneous, parameters_of(row))
    doubled = {name: 2 * x if x.dtype.kind == "f" else x for name, x in arrays.items()}
    np.testing.assert_allclose(losses_of(row, doubled), 2.0**degree * losses_of(row, arrays), rtol=1e-12)


def own_form(loss):
    """The form of a prediction in which the formula is stated, as an option."""
    links = getattr(loss.formulas, "links", {})
    own = [name for name, (link, _) in links.items() if link(symbol("x")) is symbol("x")]
    return {"given": own[0]} if own else {}


@rows_where(lambda known: known.minimizer is not None and known.kind == "pointwise", by_default=False)
def test_the_best_constant_is_what_it_is_called(row):
    loss, arrays = drawn(row)
    neutral = loss.formulas.neutral
    if any(row.options.get(name, default) != default for name, default in neutral.items()):
        pytest.skip("a parameter that moves it is not at its default")
    target = np.sort(arrays["target"])[:19]
    options = {**row.options, **own_form(loss)}
    alpha = parameters_of(row).get("alpha", 0.5)
    statistic = {
        "mean": np.mean,
        "median": np.median,
        "mode": lambda x: np.argmax(np.bincount(x.astype(int))),
        "quantile": lambda x: np.quantile(x, alpha, method="inverted_cdf"),
        "geometric mean": lambda x: np.expm1(np.mean(np.log1p(x))),
        "expectile": lambda x: None,
    }[loss.properties.minimizer]
    best = statistic(target)
    if best is None:  # the weighted residuals on both sides balance
        best = loss.best_constant(target, **row.options)
        weights = np.where(target > best, alpha, 1 - alpha)
        np.testing.assert_allclose(best, np.average(target, weights=weights), rtol=1e-9)
    cost = lambda constant: loss(np.full_like(target, constant), target, **options)
    spread = 1e-3 * (np.ptp(target) or 1)
    assert cost(best) <= min(cost(best - spread), cost(best + spread)) * (1 + 1e-12 * np.sign(cost(best)))
    found = loss.best_constant(target, **{name: x for name, x in row.options.items() if name != "given"})
    assert math.isclose(cost(found), cost(best), rel_tol=1e-9, abs_tol=1e-12)


@rows_where(lambda known: known.proper and known.kind in ("pointwise", "softmax"), by_default=False)
def test_the_true_distribution_has_the_least_expected_loss(row):
    loss = REGISTRY[row.loss]
    options = {name: x for name, x in row.options.items() if name != "given"}
    rng = np.random.default_rng(5)
    for true, other in rng.dirichlet(np.ones(4 if loss.properties.kind == "softmax" else 2), (10, 2)):
        if loss.properties.kind == "softmax":
            rows = lambda p: loss(
                np.tile(p, (len(p), 1)), np.arange(len(p)), given="probabilities", reduction="none", **options
            )
        else:
            rows = lambda p: loss(p[[0, 0]], np.array([1.0, 0.0]), given="probabilities", reduction="none", **options)
        assert true @ rows(true) < true @ rows(other) - 1e-9


LIMITS = [(name, {}, limit) for name, loss in REGISTRY.items() for limit in loss.properties.limits]
for name, loss in REGISTRY.items():
    for words in itertools.product(*(listed for key, listed in loss.choices.items() if key != "target_given")):
        chosen = dict(zip((key for key in loss.choices if key != "target_given"), words, strict=True))
        own = loss.choose(chosen)[0].properties.limits
        LIMITS += [(name, chosen, limit) for limit in own if limit not in loss.properties.limits]


@pytest.mark.parametrize(("name", "words", "limit"), LIMITS, ids=lambda x: x if isinstance(x, str) else str(x))
def test_losses_become_what_they_say(name, words, limit):
    row = FIRST[name]
    loss, arrays = drawn(row)
    other, near, exact = REGISTRY[limit.loss], {}, True
    for parameter, value in limit.at.items():
        interval = loss.formulas.intervals[parameter]
        allowed = math.isfinite(value) and not interval.outside(value)
        exact = exact and allowed
        inward = -1e-8 if value == interval.high else 1e-8
        near[parameter] = value if allowed else math.copysign(1e8, value) if math.isinf(value) else value + inward
    got = loss(*arrays.values(), reduction="none", **{**row.options, **words, **near})
    expected = limit.factor * other(*arrays.values(), reduction="none", **limit.of)
    np.testing.assert_allclose(got, expected, rtol=1e-12 if exact else 1e-5, atol=1e-13 if exact else 1e-6)


@pytest.mark.parametrize(
    "row", [row for row in FIRST.values() if REGISTRY.family(row.loss) in ("regression", "robust", "relative")], ids=str
)
def test_losses_of_numbers_are_least_where_all_is_right(row):
    _, arrays = drawn(row)
    assert (losses_of(row, arrays) >= 0).all()
    if REGISTRY[row.loss].inputs == ("prediction", "target"):
        right = losses_of(row, {"prediction": arrays["target"], "target": arrays["target"]})
        assert (right <= losses_of(row, arrays)).all()


@pytest.mark.parametrize("row", FIRST.values(), ids=str)
def test_the_mean_is_weighted(row):
    _, arrays = drawn(row)
    losses = losses_of(row, arrays)
    if not np.ndim(losses):
        pytest.skip("the whole batch is one sample")
    weight = np.random.default_rng(6).uniform(0.5, 2, losses.shape)
    got = REGISTRY[row.loss](*arrays.values(), weight=weight, **row.options)
    np.testing.assert_allclose(got, np.average(losses, weights=weight), rtol=1e-10)
    np.testing.assert_allclose(REGISTRY[row.loss](*arrays.values(), **row.options), losses.mean(), rtol=1e-10)


FREE = [
    row
    for row in FIRST.values()
    if not {x.of for x in REGISTRY[row.loss].properties.requires} & {*REGISTRY[row.loss].predictions}
]
"""Rows of losses whose predictions are not required to be related, as the corners of a box are."""


@pytest.mark.parametrize("row", FREE, ids=str)
def test_a_small_model_learns(row):
    """Predictions are linear in features, brought into their domain; fifty steps lower the cost."""
    loss, arrays = drawn(row)
    if loss.properties.lipschitz == 0:
        pytest.skip("its slope is 0 everywhere")
    rng = np.random.default_rng(0)
    given = row.options.get("given", next(iter(loss.properties.given), None))
    features = {name: rng.normal(size=(len(arrays[name]), 4)) for name in loss.predictions}
    weights = {name: rng.normal(0, 0.1, (4, *arrays[name].shape[1:])) for name in loss.predictions}
    moments = {name: (np.zeros_like(w), np.zeros_like(w)) for name, w in weights.items()}
    costs = []
    for step in range(1, 52):
        linked = {
            name: into(loss.formulas.interval(name, given), np.tensordot(features[name], weights[name], 1))
            for name in loss.predictions
        }
        inputs = {name: linked[name][0] if name in linked else x for name, x in arrays.items()}
        cost, slopes = loss.value_and_gradient(*inputs.values(), **row.options)
        costs.append(cost)
        for name, slope in zip(loss.predictions, slopes if len(loss.predictions) > 1 else (slopes,), strict=True):
            gradient = np.tensordot(features[name].T, slope * linked[name][1], 1)
            first, second = moments[name]  # a step of Adam
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            weights[name] -= 0.05 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    assert costs[-1] < costs[0]


def into(interval, x):
    """Numbers brought into an interval by a sigmoid or softplus, and the slope of that."""
    low, high, share = interval.low, interval.high, 1 / (1 + np.exp(-x))
    if math.isfinite(low) and math.isfinite(high):
        return low + (high - low) * share, (high - low) * share * (1 - share)
    if math.isfinite(low):
        return low + np.logaddexp(0, x), share
    if math.isfinite(high):
        return high - np.logaddexp(0, x), -share
    return x, np.ones_like(x)


@pytest.mark.parametrize("name", REGISTRY)
def test_losses_are_pickled_by_name_and_written_out(name):
    loss = REGISTRY[name]
    assert pickle.loads(pickle.dumps(loss)) is loss
    assert name in repr(loss)
    if loss.kind == "composed":
        return
    assert loss.latex()
    for of in loss.predictions:
        assert loss.latex("gradient", of=of if len(loss.predictions) > 1 else None)
    for language in LANGUAGES:
        if language in ("sql", "numba", "javascript"):  # some sums over components or classes have no formula of a row
            with contextlib.suppress(TypeError, ValueError):
                assert loss.code(language)
        else:
            assert loss.code(language)
