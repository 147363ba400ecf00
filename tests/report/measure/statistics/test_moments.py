"""Means and their intervals against fractions, statsmodels, SciPy and simulation."""

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from lossary.report.measure.statistics.intervals import quantile_of_normal, wilson
from lossary.report.measure.statistics.moments import Moments

rng = np.random.default_rng(12)
ROWS = st.lists(
    st.tuples(st.floats(-1e9, 1e9), st.floats(0, 1e6).map(lambda w: 0.0 if w < 1e-3 else w), st.integers(-1, 3)),
    min_size=1,
    max_size=30,
)


def of(losses, weights=None, index=None, size=1):
    found = Moments(size, weighted=weights is not None)
    losses = np.asarray(losses, float)
    weights = None if weights is None else np.asarray(weights, float)
    found.add(losses if weights is None else losses * weights, weights, None if index is None else np.asarray(index))
    return found


def nearest(fraction):
    return fraction.numerator / fraction.denominator


@given(ROWS)
@settings(max_examples=80, deadline=None)
def test_the_mean_of_each_group_is_its_fraction_rounded_once(rows):
    losses, weights, index = (np.array(part) for part in zip(*rows, strict=True))
    plain, weighted = of(losses, None, index, 4), of(losses, weights, index, 4)
    for k in range(4):
        own = [(Fraction(float(loss * w)), Fraction(w), Fraction(loss)) for loss, w, i in rows if i == k]
        assert plain.count[k] == weighted.count[k] == len(own)
        assert plain.weight(k) == len(own)
        assert weighted.weight(k) == nearest(sum((w for _, w, _ in own), Fraction(0)))
        total = sum((w for _, w, _ in own), Fraction(0))
        if own:
            assert plain.mean(k) == nearest(sum(loss for *_, loss in own) / len(own))
        if total:
            assert weighted.mean(k) == nearest(sum((wl for wl, *_ in own), Fraction(0)) / total)
        else:
            assert math.isnan(weighted.mean(k))


def state(moments):
    places = range(moments.size)
    return [
        (int(moments.count[k]), moments.weight(k), repr(moments.mean(k)), moments.normal_estimate(0.9, k).interval)
        for k in places
    ]


@given(ROWS, st.integers(0, 30), st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_and_the_split_do_not_matter(rows, cut, random):
    def made(some):
        losses, weights, index = (np.array(part) for part in zip(*some, strict=True)) if some else ([], [], np.zeros(0, int))
        return of(losses, weights, np.asarray(index, int), 4)

    expected = state(made(rows))
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert state(made(shuffled)) == expected
    first, second = made(shuffled[:cut]), made(shuffled[cut:])
    first.merge(pickle.loads(pickle.dumps(second)))
    assert state(first) == expected
    # the groups of another may lie elsewhere
    there = Moments(2, weighted=True)
    there.grow(4)
    at = np.array([2, 0, 3, 1])
    there.merge(made(rows), at)
    assert [state(there)[k] for k in at] == expected


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_an_interval_is_the_mean_and_its_standard_errors(level):
    losses = rng.exponential(size=200)
    found = of(losses).normal_estimate(level).interval
    expected = scipy.stats.norm.interval(level, losses.mean(), scipy.stats.sem(losses))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)
    assert (found.level, found.method) == (level, "normal")


def test_with_weights_it_is_that_of_a_regression_on_a_constant_whose_errors_may_differ():
    losses, weights = rng.exponential(size=300), rng.gamma(0.5, size=300)
    found = of(losses, weights).normal_estimate(0.95).interval
    fitted = sm.WLS(losses, np.ones(300), weights=weights).fit(cov_type="HC1")
    assert (found.low, found.high) == pytest.approx(fitted.conf_int(0.05)[0], rel=1e-10)


def test_what_all_losses_share_does_not_drown_what_they_differ_in():
    losses = 1e8 + np.arange(100.0) / 1024
    found = of(losses).normal_estimate(0.95).interval
    reach = scipy.stats.norm.ppf(0.975) * np.std(np.arange(100) / 1024, ddof=1) / 10
    assert (found.high - found.low) / 2 == pytest.approx(reach, rel=1e-5)
    assert of(np.full(50, 0.1)).normal_estimate(0.95).interval.high == 0.1


def test_an_interval_takes_two_rows_that_weigh_something_and_losses_that_are_finite():
    assert of([1.0]).normal_estimate(0.95).interval is None
    assert of([]).normal_estimate(0.95).interval is None
    assert of([1.0, np.inf]).normal_estimate(0.95).interval is None
    assert of([1.0, 2.0], [0.0, 0.0]).normal_estimate(0.95).interval is None
    assert of([1.0, 2.0, 3.0], [2.5, 0.0, 0.0]).normal_estimate(0.95).interval is None
    assert of([1.0, 2.0], [2.5, 0.5]).normal_estimate(0.95).interval is not None
    assert of([1e200, 2e200]).normal_estimate(0.95).interval is None  # its squares are more than a number holds
    assert of([1e-170, 2e-170]).normal_estimate(0.95).interval is None  # and less
    assert math.isnan(of([]).mean())
    assert of([1.0, np.inf]).mean() == np.inf
    assert math.isnan(of([np.inf, -np.inf]).mean())


def test_standard_errors_for_any_level():
    levels = [1e-17, 1e-6, 0.5, 0.9, 0.95, 0.99, 1 - 1e-9]
    assert [quantile_of_normal(level) for level in levels] == pytest.approx(scipy.stats.norm.ppf(0.5 + np.array(levels) / 2))
    nearly_one = 0.9999999999999999
    assert quantile_of_normal(nearly_one) == pytest.approx(-scipy.stats.norm.ppf((1 - nearly_one) / 2))


@pytest.mark.parametrize(("happened", "count"), [(0, 1), (1, 1), (0, 20), (7, 20), (20, 20), (3, 10_000)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_of_a_share_is_wilsons(happened, count, level):
    found = wilson(happened / count, count, level)
    expected = proportion_confint(happened, count, 1 - level, method="wilson")
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert found.method == "wilson"
    assert wilson(0.5, 0, level) is None


@pytest.mark.parametrize("weighted", [False, True])
def test_intervals_cover_the_truth_as_often_as_they_say(weighted):
    draws = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        losses = draws.exponential(size=200)
        found = of(losses, draws.uniform(0.2, 2, 200) if weighted else None).normal_estimate(0.9).interval
        covered += found.low <= 1 <= found.high
    assert 0.86 < covered / 400 < 0.94  # 4 standard errors would be 0.06
