"""How few rows decide, against loops that leave rows out one by one; and how small a difference rows can show."""

import math

import numpy as np
import pytest
from scipy import stats

from lossary.report import UsageError
from lossary.report.measure.statistics.histogram import LogHistogram
from lossary.report.measure.statistics.intervals import Estimate
from lossary.report.measure.statistics.margin import Margin, detectable
from lossary.report.measure.statistics.moments import Moments
from lossary.report.measure.statistics.turning import turning

LEVEL = 0.95


def interval_of(x):
    moments = Moments(weighted=False)
    moments.add(x, None)
    return moments.normal_estimate(LEVEL).interval


def verdict_of(interval):
    return "better" if interval.high < 0 else "worse" if interval.low > 0 else "undecided"


def without(x, side):
    """The rows left, one fewer each time, those that count most for a side first."""
    kept = x[np.argsort(-side * x, kind="stable")]
    for rows in range(1, int((side * x > 0).sum()) + 1):
        yield rows, kept[rows:]


def naive_sign(x):
    side = np.sign(x.sum())
    return next(rows for rows, rest in without(x, side) if side * rest.sum() <= 0)


def naive_verdict(x):
    """The fewest rows, of one side, after which a plain interval gives another verdict."""
    first, found = verdict_of(interval_of(x)), []
    for side in [np.sign(x.mean())] if first != "undecided" else [-1.0, 1.0]:
        for rows, rest in without(x, side):
            if len(rest) > 2 and verdict_of(interval_of(rest)) != first:
                found.append((rows, verdict_of(interval_of(rest))))
                break
    return min(found, default=(None, None))


def turned(x, **options):
    histogram = LogHistogram()
    histogram.add(x)
    return turning(histogram, math.fsum(x), len(x), interval_of(x), squares=math.fsum(x * x), **options)


@pytest.mark.parametrize("shift", [-0.3, -0.12, -0.02, 0.0, 0.05, 0.25])
@pytest.mark.parametrize("tails", [3, 30])
def test_the_rows_that_decide_are_as_many_as_a_loop_finds(shift, tails):
    x = np.random.default_rng(tails).standard_t(tails, 500) + shift
    found, sign, (verdict, becomes) = turned(x), naive_sign(x), naive_verdict(x)
    assert sign <= found.sign <= math.ceil(1.01 * sign) + 1
    assert found.becomes == becomes
    assert found.verdict == pytest.approx(verdict, rel=0.01, abs=1)
    assert found.recomputed


def test_whole_numbers_are_counted_exactly():
    x = np.array([-4.0] * 30 + [1.0] * 60 + [2.0] * 10 + [0.0] * 5)
    found = turned(x)
    assert (found.sign, (found.verdict, found.becomes)) == (naive_sign(x), naive_verdict(x)) == (10, (naive_verdict(x)))


def test_an_interval_of_dependent_rows_keeps_its_width():
    x = np.concatenate([np.full(50, 2.0), np.full(50, -1.0)])
    histogram = LogHistogram()
    histogram.add(x)
    wide = interval_of(x)
    found = turning(histogram, 50.0, 100.0, wide)
    reach = (wide.high - wide.low) / 2
    expected = next(k for k in range(100) if (50 - 2 * k) / 100 <= reach)
    assert (found.verdict, found.becomes, found.recomputed) == (expected, "undecided", False)


def test_what_nothing_turns():
    same = turned(np.zeros(10))
    assert (same.sign, same.verdict) == (None, None)
    all_better = turned(np.full(10, -1.0))
    assert (all_better.sign, all_better.becomes) == (10, "undecided")
    empty = turning(LogHistogram(), 0.0, 0.0, None)
    assert (empty.sign, empty.verdict) == (None, None)
    infinite = LogHistogram()
    infinite.add(np.array([math.inf, 1.0]))
    assert turning(infinite, math.inf, 2.0, None).sign is None


@pytest.mark.parametrize(("freedom", "distribution"), [(None, stats.norm()), (7, stats.t(7))])
def test_the_smallest_difference_is_that_of_the_textbook(freedom, distribution):
    found = detectable(Estimate(0.3, None, 0.01, freedom), 0.9)
    assert found == pytest.approx(0.01 * (distribution.ppf(0.95) + distribution.ppf(0.8)), rel=1e-9)
    assert detectable(Estimate(0.3), 0.9) is None


def test_a_true_difference_of_that_size_is_found_in_four_of_five_samples():
    rng = np.random.default_rng(4)
    size = detectable(Estimate(0.0, None, 1 / math.sqrt(200)), LEVEL)
    found = [interval_of(rng.normal(size, 1, 200)).low > 0 for _ in range(1000)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.04)


def test_margins_are_read_from_text():
    assert (Margin.read("1%").of(2.0), Margin.read(" 0.5 % ").of(2.0), Margin.read("0.02").of(math.nan)) == (0.02, 0.01, 0.02)
    assert Margin.read("1%").of(-2.0) == 0.02
    assert Margin.read("1%").of(0.0) is Margin.read("1%").of(math.inf) is Margin.read("1%").of(math.nan) is None
    for text in ("0", "-1%", "x", "", "%", "inf", "nan%"):
        with pytest.raises(UsageError, match="a margin is a number above 0, or a percentage of the mean loss"):
            Margin.read(text)
