"""Formulas of sums over the components of a sample: what they must be like, their values and their derivatives."""

import math
import operator

import mpmath
import numpy as np
import pytest

import lossary
from lossary.arrays import numpy as on_numpy
from lossary.formula.component_words import is_of_component, stages
from lossary.formula.expression import symbol
from lossary.formula.reading import formula_of
from lossary.formula.samples import component_slope
from lossary.vocabulary import (
    abs,
    average,
    count,
    distance,
    exp,
    largest,
    log,
    log_sum_exp,
    maximum,
    norm,
    sqrt,
    total,
    where,
    xlogy,
    xmuly,
)

MP = mpmath.mp.clone()
MP.dps = 60
X, T, N, S, W = map(symbol, ("x", "t", "n", "s", "weight"))
INPUTS = ("x", "t", "n")


def mp_norm(v):
    return MP.sqrt(sum(x * x for x in v))


def mp_lse(v):
    return MP.log(sum(MP.exp(x) for x in v))


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def minus(a, b):
    return [x - y for x, y in zip(a, b, strict=True)]


# each formula, and the same written by hand for lists of mpmath's numbers: inputs, one parameter and one weight of the sample
FORMULAS = {
    "dice": (
        1 - (2 * total(X * T) + S) / (total(X) + total(T) + S),
        lambda x, t, n, s, w: 1 - (2 * dot(x, t) + s) / (sum(x) + sum(t) + s),
    ),
    "triplet": (
        maximum(0, distance(X, T) - distance(X, N) + S + 2),
        lambda x, t, n, s, w: mp_norm(minus(x, t)) - mp_norm(minus(x, n)) + s + 2,
    ),
    "cosine": (1 - total(X * T) / (norm(X) * norm(T)), lambda x, t, n, s, w: 1 - dot(x, t) / mp_norm(x) / mp_norm(t)),
    "variance": (
        total((X - average(X)) ** 2),
        lambda x, t, n, s, w: sum((a - sum(x) / len(x)) ** 2 for a in x),
    ),
    "divergence": (
        total(xlogy(T, T) - T * log(X)),
        lambda x, t, n, s, w: sum(b * MP.log(b) - b * MP.log(a) for a, b in zip(x, t, strict=True)),
    ),
    "cross entropy": (log_sum_exp(X / S) - total(X * T), lambda x, t, n, s, w: mp_lse([a / s for a in x]) - dot(x, t)),
    "largest": (
        largest(X * T) * norm(N) + largest(-X),
        lambda x, t, n, s, w: max(map(operator.mul, x, t)) * mp_norm(n) - min(x),
    ),
    "counted": (
        total(X**2) / count(X > 0.9) + count(T) * average(X * N),
        lambda x, t, n, s, w: dot(x, x) / sum(a > 0.9 for a in x) + dot(x, n),
    ),
    "three deep": (
        norm(X - average(X * exp(X - log_sum_exp(T)))) + total(abs(X)),
        lambda x, t, n, s, w: mp_norm([a - sum(b * MP.exp(b - mp_lse(t)) for b in x) / len(x) for a in x]) + sum(x),
    ),
    "weighted": (
        xmuly(W, sqrt(total(W * X * T)) + average(W + X)),
        lambda x, t, n, s, w: w * (MP.sqrt(w * dot(x, t)) + w + sum(x) / len(x)),
    ),
}


def sample(seed, components=4):
    return np.random.default_rng(seed).uniform(0.6, 1.9, (3, components))


def evaluated(formula, x, t, n, s=0.3, w=0.7):
    rows = {"x": x, "t": t, "n": n}
    values = {name: np.array([row], float) for name, row in rows.items()} | {"s": s, "weight": np.array([[w]])}
    return np.broadcast_to(on_numpy.evaluate(formula, values, values["x"]), (1, len(x)))[0]


@pytest.mark.parametrize("components", [1, 2, 5])
@pytest.mark.parametrize("name", FORMULAS)
def test_values_slopes_and_second_derivatives_equal_those_in_60_digits(name, components):
    formula, by_hand = FORMULAS[name]
    rows = sample(components, components)
    if name == "counted":
        rows[0, 0] = 1.2  # the count of none is divided by
    exact = [[MP.mpf(float(a)) for a in row] for row in rows]

    def truth(place, i, step):
        moved = [list(row) for row in exact]
        moved[place][i] += step
        return by_hand(*moved, MP.mpf(0.3), MP.mpf(0.7))

    assert evaluated(formula, *rows)[0] == pytest.approx(float(truth(0, 0, 0)), rel=1e-13, abs=1e-14)
    for place, symbol_name in enumerate(INPUTS):
        slope = component_slope(formula, symbol_name, INPUTS)
        second = component_slope(slope, symbol_name, INPUTS)
        h = MP.mpf(10) ** -18
        for i in range(components):
            above, here, below = (truth(place, i, step) for step in (h, 0, -h))
            found = evaluated(slope, *rows)[i], evaluated(second, *rows)[i]
            assert found[0] == pytest.approx(float((above - below) / (2 * h)), rel=1e-11, abs=1e-13)
            assert found[1] == pytest.approx(float((above - 2 * here + below) / h**2), rel=1e-10, abs=1e-12)


def test_the_slope_of_a_formula_of_a_component_is_that_at_the_same_component():
    softmax = exp(X - log_sum_exp(X))
    x = np.array([0.3, -1.0, 2.0])
    p = np.exp(x) / np.exp(x).sum()
    assert evaluated(component_slope(softmax, "x", INPUTS), x, x, x) == pytest.approx(p * (1 - p), rel=1e-14)


def test_equal_largest_components_share_the_slope():
    slope = component_slope(largest(X), "x", INPUTS)
    assert evaluated(slope, [2, 1, 2, 0], *[[0] * 4] * 2).tolist() == [0.5, 0, 0.5, 0]


def test_the_slope_of_a_norm_is_0_at_0_and_its_second_derivative_too():
    slope = component_slope(norm(X), "x", INPUTS)
    zeros = [0.0, 0.0]
    assert evaluated(slope, zeros, zeros, zeros).tolist() == [0, 0]
    assert evaluated(component_slope(slope, "x", INPUTS), zeros, zeros, zeros).tolist() == [0, 0]


def test_a_factor_of_0_counts_nothing_beside_an_infinite_slope():
    formula = maximum(0, total(log(X)))
    assert evaluated(component_slope(formula, "x", INPUTS), [0.0, 1.0], [0.0, 1.0], [0, 0]).tolist() == [0, 0]
    weighted = xmuly(W, formula)
    nan = [math.nan, 1.0]
    assert evaluated(component_slope(weighted, "x", INPUTS), nan, [math.inf, 1], [0, 0], w=0.0).tolist() == [0, 0]


def test_equal_sums_are_computed_once():
    dice, _ = FORMULAS["dice"]
    both = stages(dice, component_slope(dice, "x", INPUTS))
    assert [stage.word for stage in both.stages] == ["total"] * 3


def test_what_is_of_a_component():
    assert is_of_component(X * total(T), INPUTS)
    assert not is_of_component(S * total(X) + norm(X - average(X)), INPUTS)
    assert not is_of_component(S * W, INPUTS)


def test_a_stage_takes_no_name_of_a_parameter():
    taken = symbol("total_1")
    parts = stages(total(X * taken) + taken)
    assert parts.stages[0].name == "total_1_"
    assert parts.results[0] is symbol("total_1_") + taken


# ---- words, of NumPy arrays


HUGE, TINY = np.finfo(float).max, 5e-324
ROWS = [
    [3.0, -4.0],
    [HUGE / 2, -HUGE / 2],
    [TINY, 3 * TINY],
    [1e-170, 1e-180, 0],
    [1e200, 1e-200],
    [0.0, -0.0],
    [-2.5],
    [800.0, 799.0, -800.0],
    [0.0, -40.0],
    [-1e308, -1e308],
    [-math.inf, 0.0],
]


@pytest.mark.parametrize("row", ROWS)
def test_words_in_60_digits(row):
    exact = [MP.mpf(x) for x in row]
    x = np.array([row])
    assert norm(x) == pytest.approx(float(mp_norm(exact)), rel=1e-15, abs=5e-324)
    assert largest(x) == max(row)
    assert log_sum_exp(x) == pytest.approx(float(mp_lse(exact)), rel=1e-15, abs=0)
    if max(map(math.fabs, row)) < HUGE / 2:
        assert total(x) == pytest.approx(math.fsum(row), rel=1e-15)
        assert average(x) == pytest.approx(math.fsum(row) / len(row), rel=1e-15)
    assert count(x) == len(row)
    assert count(x > 0) == sum(a > 0 for a in row)
    assert distance(x, np.ones_like(x)) == pytest.approx(float(mp_norm([a - 1 for a in exact])), rel=1e-15)


def test_words_of_nothing_and_of_what_is_no_number():
    nothing = np.empty((2, 0))
    for word, value in ((total, 0), (largest, -math.inf), (log_sum_exp, -math.inf), (norm, 0), (average, math.nan), (count, 0)):
        assert np.array_equal(np.broadcast_to(word(nothing), (2, 1)), np.full((2, 1), value), equal_nan=True)
        if word is not count:
            assert np.isnan(word(np.array([1.0, math.nan, math.inf])))
    infinite = np.array([1.0, -math.inf])
    assert norm(infinite) == math.inf
    assert log_sum_exp(-np.array([math.inf, math.inf])) == -math.inf
    assert log_sum_exp(np.array([math.inf, 1])) == math.inf


def test_words_of_integers_and_conditions():
    assert norm([3, 4]).tolist() == [5]
    assert count(np.array([True, False, True])) == 2
    with pytest.raises(ValueError, match="total: components lie along the last axis of an array; got a number without axes"):
        total(3.0)


# ---- definitions


def of_each_component(prediction, target, *, delta):
    return prediction * total(target)


def of_a_number(prediction, target, *, delta):
    return norm(prediction - target) + total(delta)


def of_a_condition(prediction, target, *, delta):
    return total(prediction > delta)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (of_each_component, r"the loss of a sample is one number, so its inputs stand within total.*; sum it by total"),
        (of_a_number, r"total\(…\) goes over components.*; got total\(delta\); .*multiply by count\(prediction\)"),
        (of_a_condition, "conditions and numbers are not mixed; got total"),
    ],
)
def test_definitions_that_are_no_losses_of_samples(definition, message):
    with pytest.raises(TypeError, match=f"{definition.__name__}: {message}"):
        formula_of(definition, "samplewise", ("prediction", "target"), {"delta": 1.0}, ("prediction", "target"))


def test_other_losses_have_no_sums():
    def of_elements(prediction, target):
        return norm(prediction - target)

    def of_classes(log_probability):
        return total(log_probability)

    with pytest.raises(TypeError, match=r"pointwise loss is of one .*, and norm\(…\) is .*a @samplewise loss, or .*axis="):
        lossary.pointwise(of_elements)
    with pytest.raises(TypeError, match=r"softmax loss is of one component, and total\(…\) is .*make it a @samplewise loss$"):
        lossary.softmax(of_classes)


def test_the_largest_of_whole_numbers():
    assert evaluated(largest(where(X > 1, 1, 0)), [0, 2], [0, 0], [0, 0])[0] == 1
