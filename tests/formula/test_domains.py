"""Intervals, and what two of them have in common."""

import math

import pytest

from lossary.formula.domains import Interval

POSITIVE, PROBABILITY, NEGATIVE = Interval(0.0, open=True), Interval(0.0, 1.0), Interval(high=0.0)


@pytest.mark.parametrize(
    ("one", "other", "inside", "outside"),
    [
        (POSITIVE, Interval(1.0, 2.0), [1.0, 1.5, 2.0], [0.5, 2.5]),
        (POSITIVE, PROBABILITY, [1e-300, 0.5], [0.0, -1.0, 1.5]),
        (PROBABILITY, Interval(), [0.0, 1.0], [-0.1, 1.1]),
        (NEGATIVE, PROBABILITY, [0.0], [-0.1, 0.1]),
        (Interval(), Interval(), [-math.inf, math.inf], []),
        (Interval(0.0, 1.0, open=True), Interval(-1.0, 0.5), [0.25], [0.0, 0.75]),
    ],
)
def test_what_two_intervals_have_in_common(one, other, inside, outside):
    for both in (one.both(other), other.both(one)):
        assert [bool(both.outside(x)) for x in (*inside, *outside)] == [False] * len(inside) + [True] * len(outside)


@pytest.mark.parametrize(
    "interval", [POSITIVE, PROBABILITY, NEGATIVE, Interval(), Interval(high=-3.0), Interval(2.0, 2.5), Interval(-1.0)], ids=str
)
def test_an_inner_point_is_no_end(interval):
    assert interval.low < interval.inner_point < interval.high
