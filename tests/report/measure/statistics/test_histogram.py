"""Counts by size against NumPy on the numbers themselves: right to 0.4 %, whatever the order and the split."""

import pickle
import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lossary.report.measure.statistics import histogram as histogram_module
from lossary.report.measure.statistics.histogram import LogHistogram

rng = np.random.default_rng(11)
LARGEST = float(np.finfo(np.float64).max)
NUMBERS = st.lists(st.floats(allow_nan=False, allow_subnormal=False), min_size=1, max_size=40)
SAMPLES = {
    "normal": rng.normal(size=5000),
    "heavy": rng.standard_cauchy(5000),
    "losses": rng.exponential(size=5000) ** 4,
    "tiny": rng.exponential(size=2000) * 1e-300,
    "whole": rng.integers(-3, 4, 3000).astype(float),
    "constant": np.full(100, 0.7),
    "zero": np.zeros(50),
    "one": np.array([-2.5]),
}


def of(*parts):
    found = LogHistogram()
    for part in parts:
        found.add(np.asarray(part, float))
    return found


def content(histogram):
    return [array.tolist() for array in histogram.bins()]


@pytest.mark.parametrize("name", SAMPLES)
def test_quantiles_are_those_of_the_numbers_to_a_fifth_of_a_percent(name):
    at = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
    expected = np.quantile(SAMPLES[name], at, method="inverted_cdf")
    assert of(SAMPLES[name]).quantiles(at) == pytest.approx(expected, rel=0.002, abs=0)


def test_without_numbers_there_is_nothing():
    empty = LogHistogram()
    assert np.isnan(empty.quantiles([0.5])).all()
    assert empty.concentration([0.1]) is None
    assert empty.histogram() == []


@pytest.fixture(params=[0, 25, 1 << 16])
def few(request):
    """Up to so many numbers, there is no table; with 25 of them, one is made on the way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(histogram_module, "_FEW", request.param)
        yield


@pytest.mark.usefixtures("few")
@given(NUMBERS, NUMBERS, st.randoms())
@settings(max_examples=25, deadline=None)
@example([0.0, -0.0, float("inf"), -float("inf")], [1e-307, -1e-307, LARGEST, -LARGEST], random.Random(1))
def test_the_order_and_the_split_do_not_matter(first, second, chance):
    expected = content(of([*first, *second]))
    grown = of(first)
    assert grown.bins()[2].sum() == len(first)
    grown.add(np.array(second))
    assert content(grown) == expected
    shuffled = [*first, *second]
    chance.shuffle(shuffled)
    assert content(of(shuffled)) == expected
    for one, other in ((first, second), (second, first)):
        merged = of(one)
        merged.merge(of(other))
        assert content(merged) == expected
        assert merged.whole == of(shuffled).whole
    assert content(pickle.loads(pickle.dumps(of(shuffled)))) == expected
    low, high, counts = of(shuffled).bins()
    assert (low <= high).all()
    assert (np.diff(low) > 0).all()
    x = np.sort(shuffled)
    assert counts.sum() == len(x)
    for least, most, count in zip(low, high, counts, strict=True):
        assert count == ((x >= least) & (x <= most)).sum()


def test_a_kernel_counts_as_the_plain_way_does(monkeypatch):
    x = np.concatenate([rng.standard_cauchy(3000), [0.0, -0.0, np.inf, -np.inf, 5e-324, -LARGEST, LARGEST]])
    few = of(x)
    monkeypatch.setattr(histogram_module, "_FEW", 0)
    by_kernel = of(x)
    monkeypatch.setattr(histogram_module, "_SMALLEST", 1 << 60)
    assert content(of(x)) == content(by_kernel) == content(few)


@pytest.mark.parametrize("name", ["losses", "tiny", "constant"])
def test_the_worst_rows_carry_what_they_carry(name):
    fractions = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
    worst_first = np.sort(SAMPLES[name])[::-1]
    expected = [np.interp(q * len(worst_first), range(len(worst_first) + 1), [0, *np.cumsum(worst_first)]) for q in fractions]
    expected = [part / worst_first.sum() for part in expected]
    found = of(SAMPLES[name]).concentration(fractions)
    assert [pair[0] for pair in found] == list(fractions)
    assert [pair[1] for pair in found] == pytest.approx(expected, rel=0.004)


@pytest.mark.parametrize("numbers", [[0.0, 0.0], [1.0, -1e-300], [1.0, float("inf")]])
def test_there_is_no_share_of_nothing_of_what_is_negative_or_infinite(numbers):
    assert of(numbers).concentration([0.5]) is None


def test_shares_of_the_largest_numbers_do_not_overflow():
    assert of([LARGEST, LARGEST, LARGEST, LARGEST]).concentration([0.25, 0.5]) == [(0.25, 0.25), (0.5, 0.5)]


@pytest.mark.parametrize(
    "numbers",
    [
        *SAMPLES.values(),
        [LARGEST],
        [LARGEST, -LARGEST, 0.0],
        [LARGEST, 1e-300],
        [5e-324, 1e-310, 0.0],
        [1.0, np.inf, -np.inf],
        [1e308, 1.0, 2.0],
    ],
)
def test_a_histogram_counts_every_finite_number_once_in_bins_that_touch(numbers):
    bins = of(numbers).histogram()
    x = np.asarray(numbers)[np.isfinite(numbers)]
    assert 0 < len(bins) <= 40
    assert sum(b["count"] for b in bins) == len(x)
    assert [b["high"] for b in bins[:-1]] == [b["low"] for b in bins[1:]]
    assert all(np.isfinite([b["low"], b["high"]]).all() and b["low"] < b["high"] for b in bins)
    assert bins[0]["count"] > 0
    assert bins[-1]["count"] > 0
    for b in bins:
        edges = np.array([b["low"], b["high"]])
        loose = np.abs(edges) * 0.004 + 1e-310
        with np.errstate(over="ignore"):
            surely = ((x >= edges[0] + loose[0]) & (x < edges[1] - loose[1])).sum()
            perhaps = ((x >= edges[0] - loose[0]) & (x <= edges[1] + loose[1])).sum()
        assert surely <= b["count"] <= perhaps


def test_only_infinite_numbers_have_no_histogram():
    assert of([np.inf, -np.inf]).histogram() == []


@pytest.mark.parametrize("largest", [5, 511, 5000])
def test_quantiles_of_whole_numbers_are_whole_and_exact_where_they_are_small(largest):
    values = np.random.default_rng(largest).integers(-largest, largest + 1, 3001).astype(float)
    whole, parts = LogHistogram(), [LogHistogram(), LogHistogram()]
    whole.add(values)
    for part, some in zip(parts, (values[:1000], values[1000:]), strict=True):
        part.add(some)
    parts[0].merge(pickle.loads(pickle.dumps(parts[1])))
    at = (0.01, 0.25, 0.5, 0.75, 0.99)
    expected = np.quantile(values, at, method="inverted_cdf")
    for histogram in (whole, parts[0]):
        found = np.array(histogram.quantiles(at))
        assert (found == np.rint(found)).all()
        assert histogram.is_exact == (largest < 512)
        if histogram.is_exact:
            assert found.tolist() == expected.tolist()
        else:
            np.testing.assert_allclose(found, expected, rtol=4e-3)
    whole.add(np.array([0.5]))
    assert not whole.is_exact
