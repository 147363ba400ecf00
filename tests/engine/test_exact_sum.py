"""Sums without rounding, by kernel and by the plain twin, against Fractions and whole numbers."""

import copy
import functools
import math
import pickle
from collections import Counter
from fractions import Fraction
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossary.engine import exact_sum
from lossary.engine.exact_sum import ExactSums, rounded

pytestmark = pytest.mark.compiled

UNITS = 1 << 1074
"""What 1 is in units of the smallest number."""
LARGEST, SMALLEST = 1.7976931348623157e308, 5e-324
BY = {"kernel": 0, "twin": 1 << 62}
by = pytest.mark.parametrize("by", BY)
law = settings(deadline=None)
"""A kernel may have to be compiled."""
EDGES = [
    0.0,
    -0.0,
    SMALLEST,
    -SMALLEST,
    2.0**-1022,
    2.0**-537,
    -(2.0**-538),
    1e-160,
    1.0,
    -1 / 3,
    2.0**52 - 1,
    1e154,
    -1e308,
    LARGEST,
]
finite = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(EDGES)
anything = st.floats() | st.sampled_from([*EDGES, math.nan, math.inf, -math.inf])
SIZES = [0, 1, 2, 255, 256, 257, 600]


@st.composite
def arrays(draw, numbers=anything, sizes=SIZES):
    """A few numbers, repeated in any order, and next to them others of one magnitude only."""
    few = draw(st.lists(numbers, min_size=1, max_size=8))
    size, rng = draw(st.sampled_from(sizes)), np.random.default_rng(draw(st.integers(0, 2**32)))
    x = np.array(few)[rng.integers(0, len(few), size)]
    near = np.ldexp(rng.integers(-(2**53), 2**53, size).astype(float), draw(st.sampled_from([-1074, -600, -52, 0, 900])))
    return np.where(rng.random(size) < draw(st.sampled_from([0, 0.5])), near, x)


def added(by, x, index=None, size=1):
    """Sums of numbers and of their squares."""
    sums, squares = ExactSums(size), ExactSums(size)
    with mock.patch.object(exact_sum, "_SMALLEST", BY[by]):
        sums.add(x, index, squares=squares)
    return sums, squares


def states(sums):
    return [sums.state(place) for place in range(sums.size)]


def whole(fraction):
    """A fraction as a number of units."""
    units = fraction * UNITS
    assert units.denominator == 1
    return units.numerator


def nearest(fraction):
    """A fraction as a float64, rounded once."""
    try:
        return float(fraction)
    except OverflowError:
        return math.inf if fraction > 0 else -math.inf


def truth(x):
    """What the finite numbers come to, and how many are NaN, +∞, -∞."""
    counts = Counter(x[np.isfinite(x)].tolist())
    total = sum((Fraction(number) * times for number, times in counts.items()), Fraction(0))
    return total, (int(np.isnan(x).sum()), int((x == math.inf).sum()), int((x == -math.inf).sum()))


def truth_of_squares(x):
    """The sum of the squares that float64 has, how many are NaN or beyond it, and by how many units each may be off."""
    counts, total, off = Counter(x[np.isfinite(x)].tolist()), Fraction(0), 0
    infinite = int(np.isinf(x).sum())
    for number, times in counts.items():
        square = Fraction(number) ** 2
        if math.isinf(nearest(square)):
            infinite += times
        else:
            total += square * times
            off += times * ((square * UNITS).denominator != 1)
    return total, (int(np.isnan(x).sum()), infinite, 0), off


def hold(sums, squares, x):
    """One sum and the sum of the squares are what Fractions say."""
    total, special = truth(x)
    assert sums == (whole(total), special)
    total, special, off = truth_of_squares(x)
    assert squares[1] == special
    assert abs(squares[0] - total * UNITS) <= off  # off is 0 but for squares with digits below the smallest number


# ---- laws


@by
@law
@given(x=arrays())
def test_a_sum_and_the_sum_of_squares_are_exact(by, x):
    sums, squares = added(by, x)
    hold(sums.state(), squares.state(), x)
    total, (nan, positive, negative) = truth(x)
    expected = math.inf if positive else -math.inf if negative else nearest(total)
    np.testing.assert_equal(sums.value(), math.nan if nan or (positive and negative) else expected)
    np.testing.assert_array_equal(sums.values(), [sums.value()])


@by
@law
@given(x=arrays(), size=st.integers(1, 4), seed=st.integers(0, 2**32))
def test_sums_by_index_are_exact_and_a_negative_index_is_nowhere(by, x, size, seed):
    index = np.random.default_rng(seed).integers(-2, size, x.size)
    sums, squares = added(by, x, index, size)
    for place in range(size):
        hold(sums.state(place), squares.state(place), x[index == place])
    np.testing.assert_array_equal(sums.values(), [sums.value(place) for place in range(size)])


@law
@given(x=arrays(sizes=[1, 255, 256, 257]), seed=st.integers(0, 2**32))
def test_kernel_and_twin_in_any_order_and_grouping_hold_the_same_units(x, seed):
    rng = np.random.default_rng(seed)
    sums, squares = added("kernel", x)
    for by in BY:
        shuffled = rng.permutation(x)
        cuts = np.split(shuffled, np.sort(rng.integers(0, x.size + 1, rng.integers(0, 5))))
        parts = [added(by, part) for part in cuts]
        rng.shuffle(parts)
        for of_parts, expected in zip(zip(*parts, strict=True), (sums, squares), strict=True):
            together = ExactSums()
            for part in of_parts:
                together.merge(part)
            assert together.state() == expected.state()
    one_by_one, their_squares = ExactSums(), ExactSums()
    for start in range(0, min(x.size, 20)):
        one_by_one.add(x[start], squares=their_squares)
    one_by_one.add(x[20:], squares=their_squares)
    assert (one_by_one.state(), their_squares.state()) == (sums.state(), squares.state())


@law
@given(x=arrays(numbers=finite))
def test_what_is_added_and_taken_away_leaves_nothing(x):
    sums = ExactSums()
    sums.add(x)
    sums.add(-x[::-1])
    assert sums.state() == (0, (0, 0, 0))
    assert math.copysign(1, sums.value()) == 1


@by
@law
@given(parts=st.lists(arrays(sizes=[1, 3, 300]), max_size=4), after=st.sampled_from([1, 2, 100, 1000]))
def test_carries_and_pickles_between_additions_change_nothing(by, parts, after):
    sums, squares = ExactSums(), ExactSums()
    with mock.patch.multiple(exact_sum, _CARRY_AFTER=after, _AT_ONCE=200, _SLICE=100, _SMALLEST=BY[by]):
        for part in parts:
            sums.add(part, squares=squares)
            squares.merge(ExactSums())
            sums = pickle.loads(pickle.dumps(sums))
    hold(sums.state(), squares.state(), np.concatenate([np.zeros(0), *parts]))


@law
@given(x=arrays(), places=st.permutations(range(4)))
def test_sums_are_merged_side_by_side_or_to_places(x, places):
    index = np.arange(x.size) % 3
    part, _ = added("twin", x, index, 3)
    side_by_side = ExactSums(3)
    side_by_side.merge(part)
    side_by_side.merge(part)
    assert states(side_by_side) == [added("twin", np.concatenate([y, y]))[0].state() for y in (x[index == k] for k in range(3))]
    elsewhere = ExactSums(4)
    elsewhere.merge(part, np.array(places[:3]))
    assert [elsewhere.state(place) for place in places] == [*states(part), (0, (0, 0, 0))]
    together = ExactSums(2)
    together.merge(part, np.ones(3, np.int64))
    assert states(together) == [(0, (0, 0, 0)), added("twin", x)[0].state()]
    with pytest.raises(ValueError, match="as many sums are merged as there are, 4; got 3"):
        elsewhere.merge(part)


@by
@law
@given(first=arrays(), second=arrays())
def test_more_sums_find_room_beside_those_there_are(by, first, second):
    sums, squares = added(by, first, np.arange(first.size) % 2, 2)
    before = states(sums)
    sums.grow(1)  # nothing is taken away
    sums.grow(5)
    assert states(sums) == [*before, *[(0, (0, 0, 0))] * 3]
    with pytest.raises(ValueError, match="squares go to as many sums as numbers do, 5; got 2"):
        sums.add(second, np.full(second.size, 4), squares=squares)
    squares.grow(5)
    with mock.patch.object(exact_sum, "_SMALLEST", BY[by]):
        sums.add(second, np.full(second.size, 4), squares=squares)
    assert states(sums)[:2] == before
    hold(sums.state(4), squares.state(4), second)


@law
@given(x=arrays(), remade=st.sampled_from([lambda s: pickle.loads(pickle.dumps(s)), copy.copy, copy.deepcopy]))
def test_a_sum_remade_is_a_sum_of_its_own(x, remade):
    sums, _ = added("twin", x, np.arange(x.size) % 2, 2)
    before = states(sums)
    again = remade(sums)
    assert states(again) == states(sums) == before
    again.add([1.0, math.nan], [0, 1])
    assert states(sums) == before
    assert again.units(0) == before[0][0] + UNITS
    assert again.special(1)[0] == before[1][1][0] + 1


@law
@given(st.integers(-(2**2239), 2**2239), st.tuples(*[st.integers(0, 2**62)] * 3))
def test_one_sum_is_remade_from_its_state(units, special):
    assert ExactSums.from_state(units, special).state() == (units, special)


def test_a_state_of_too_many_bits_is_refused():
    with pytest.raises(ValueError, match="at most 2240 bits"):
        ExactSums.from_state(1 << 2240, (0, 0, 0))


@law
@given(st.lists(st.integers(0, 2**53), min_size=1, max_size=9), st.integers(0, 2**70))
def test_counts_are_added_as_they_are(counts, count):
    sums = ExactSums(len(counts))
    sums.add_counts(np.array(counts))
    sums.add_counts(np.array(counts))
    assert [sums.units(place) for place in range(sums.size)] == [2 * n * UNITS for n in counts]
    one = ExactSums()
    one.add_count(count)
    one.add_count(1)
    assert one.units() == (count + 1) * UNITS


@law
@given(st.integers(-(2**2200), 2**2200), st.integers(1, 2**1200))
def test_a_quotient_is_rounded_once(units, divisor):
    assert rounded(units) == nearest(Fraction(units, UNITS))
    assert rounded(units, divisor) == nearest(Fraction(units, divisor))


# ---- extremes


@by
def test_no_number_is_lost_beside_any_other(by):
    cases = {
        (1e308, SMALLEST, -1e308): SMALLEST,
        (LARGEST, LARGEST, -LARGEST): LARGEST,
        (LARGEST, 2.0**969): LARGEST,  # less than half of the last place
        (LARGEST, 2.0**970): math.inf,  # half of it: rounds up to what is no number
        (-LARGEST, -(2.0**970), SMALLEST): -LARGEST,
        (1.0, 2.0**-53): 1.0,  # halves go to the even one
        (1.0, 2.0**-53, SMALLEST): 1.0 + 2.0**-52,
        (-1.0, -(2.0**-53), -SMALLEST): -1.0 - 2.0**-52,
        (2.0**-1022, -SMALLEST): 2.0**-1022 - SMALLEST,
        (SMALLEST,) * 3: 3 * SMALLEST,
        (-0.0,): 0.0,
        (): 0.0,
    }
    for numbers, expected in cases.items():
        found = added(by, np.array(numbers))[0].value()
        assert found == expected
        assert math.copysign(1, found) == math.copysign(1, expected)


@by
def test_nan_and_infinities_are_counted_each(by):
    x = np.array([math.nan, math.inf, -math.inf, math.inf, 1.0, -math.nan] * 50)
    sums, squares = added(by, x)
    assert sums.state() == (50 * UNITS, (100, 100, 50))
    assert squares.state() == (50 * UNITS, (100, 150, 0))
    assert math.isnan(sums.value())
    assert [added(by, np.array(x))[0].value() for x in ([math.inf, -LARGEST], [-math.inf, LARGEST])] == [math.inf, -math.inf]
    assert math.isnan(added(by, np.array([math.inf, -math.inf]))[0].value())


@by
def test_numbers_far_beyond_the_range_are_still_there(by):
    x = np.full(1000, LARGEST)
    sums, squares = added(by, x)
    negative, _ = added(by, -x)
    for _ in range(125):
        sums.merge(sums)
        negative.merge(negative)
    assert sums.units() == 1000 * 2**125 * whole(Fraction(LARGEST)) == -negative.units()
    assert (sums.value(), negative.value()) == (math.inf, -math.inf)
    assert squares.state() == (0, (0, 1000, 0))
    again = ExactSums.from_state(*sums.state())
    again.merge(pickle.loads(pickle.dumps(negative)))
    again.add([SMALLEST])
    assert again.state() == (1, (0, 0, 0))


@by
@pytest.mark.parametrize("x", [[2.0**52 - 1, -math.pi, 1e-310], [-LARGEST, -SMALLEST], [-1.0, math.nan, math.inf]])
def test_billions_of_numbers_are_carried(by, x):
    sums, squares = added(by, np.array(x))
    units, (nan, positive, negative) = sums.state()
    of_squares = squares.units()
    one = copy.deepcopy(sums)
    for _ in range(33):
        sums.merge(sums)
        squares.merge(squares)
    assert sums.state() == (units << 33, (nan << 33, positive << 33, negative << 33))
    assert squares.units() == of_squares << 33
    sums.merge(one)
    assert sums.units() == (units << 33) + units


def test_a_full_sum_merged_with_full_sums_overflows_nowhere():
    full = ExactSums()
    full.add(np.full(1 << 14, 2.0**53 - 1))
    while full._added <= exact_sum._CARRY_AFTER // 2:
        full.merge(full)
    units, sums = full.units(), ExactSums()
    for times in range(1, 40):
        sums.merge(full)
        assert sums.units() == times * units


@by
@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 200_001])
def test_many_numbers(by, size):
    rng = np.random.default_rng(size)
    alike, wide = rng.normal(size=size), rng.normal(size=size) * 10.0 ** rng.integers(-20, 20, size)
    for x in (alike, wide):
        sums, squares = added(by, x)
        assert sums.value() == math.fsum(x)
        exact = functools.partial(sum, start=Fraction(0))
        assert squares.units() == whole(exact(Fraction(v) ** 2 for v in x[:500].tolist())) + added(by, x[500:])[1].units()
    largest = np.full(size, 2.0**53 - 1)  # the fullest limbs that numbers can make
    sums, squares = added(by, largest, np.zeros(size, int))
    assert (sums.units(), squares.units()) == (size * (2**53 - 1) * UNITS, size * (2**53 - 1) ** 2 * UNITS)


@pytest.mark.parametrize("exponent", [-485, -100, 0, 100, 511])
@by
def test_squares_keep_every_digit(by, exponent):
    x = np.ldexp(np.random.default_rng(exponent + 485).uniform(1, 2, 300), exponent)
    _, squares = added(by, x)
    assert squares.units() == sum(whole(Fraction(v) ** 2) for v in x.tolist())


@by
def test_the_largest_square_is_exact_and_the_next_is_infinite(by):
    most = math.nextafter(2.0**512, 0)
    _, squares = added(by, np.array([most, -most]))
    assert squares.state() == (2 * whole(Fraction(most) ** 2), (0, 0, 0))
    _, squares = added(by, np.array([2.0**512, most]))
    assert squares.state() == (whole(Fraction(most) ** 2), (0, 1, 0))


# ---- what may be added


@by
@pytest.mark.parametrize("dtype", ["float16", "float32", ">f8", "int8", "uint64", "bool"])
def test_numbers_of_any_kind_and_layout(by, dtype):
    x = np.random.default_rng(3).integers(0, 2 if dtype == "bool" else 100, (40, 30)).astype(dtype)
    if dtype.startswith("float"):
        x = x / x.dtype.type(7)
    expected = sum(whole(Fraction(float(v))) for v in x.ravel())
    read_only = x.copy()
    read_only.flags.writeable = False
    for given_ in (x, x.T, x[:, ::-1], np.repeat(x, 2, axis=1)[:, ::2], read_only, x.tolist()):
        assert added(by, given_)[0].units() == expected
    index = np.arange(x.size).reshape(x.shape) % 3
    indexed = [added(by, x.T, i.T, 3)[0] for i in (index, index.astype(np.int8))]
    assert states(indexed[0]) == states(indexed[1])
    assert sum(indexed[0].units(place) for place in range(3)) == expected
    assert indexed[0].units(1) == sum(whole(Fraction(float(v))) for v in x.ravel()[1::3])


@by
def test_what_is_added_stays_as_it_is(by):
    x, index = np.linspace(-1, 1, 1000), np.arange(1000) % 3 - 1
    before = x.copy(), index.copy()
    x.flags.writeable = index.flags.writeable = False
    added(by, x)
    added(by, x, index, 2)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(index, before[1])


@by
@pytest.mark.parametrize("size", [3, 300])
def test_numbers_without_a_place_are_refused(by, size):
    x = np.ones(size)
    with mock.patch.object(exact_sum, "_SMALLEST", BY[by]):
        for index in (np.zeros(size - 1, int), np.zeros(0, int), np.full(size, 2)):
            sums = ExactSums(2)
            with pytest.raises(ValueError, match=f"one index below 2 for each of {size} numbers; got {index.size}"):
                sums.add(x, index)
            assert states(sums) == [(0, (0, 0, 0))] * 2
        with pytest.raises(ValueError, match="to which of 2 sums each number goes; got none"):
            ExactSums(2).add(x)
        with pytest.raises(ValueError, match="squares go to as many sums as numbers do, 2; got 1"):
            ExactSums(2).add(x, np.zeros(size, int), squares=ExactSums())
        nowhere = ExactSums(0)
        nowhere.add(x, np.full(size, -1))
        assert nowhere.values().tolist() == []
