import math
import re
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from lossary.formula.words import WORDS
from lossary.kernels import math as kernel_math
from lossary.kernels.math import select, words
from tests.kernels import accuracy
from tests.kernels.accuracy import LIMITS, MEASURED, PRECISIONS, apply, loop

pytestmark = pytest.mark.compiled

INF, NAN = math.inf, math.nan
OPERATORS = {"add", "subtract", "multiply", "divide", "negative", "abs"}
OPERATORS |= {"less", "less_equal", "equal", "logical_and", "logical_or", "logical_not"}
PAIRS = ("arctan2", "hypot", "maximum", "minimum", "power", "xdivy", "xlogy", "xmuly")
ANGLES = ("arctan", "arctan2", "cos", "sin")
"""Words for which kernels call the C library."""
NUMBERS = sorted(words("float64").keys() - {"where", *PAIRS})
PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"

each_precision = pytest.mark.parametrize("precision", PRECISIONS)


def bits(array):
    return array.view(f"u{array.dtype.itemsize}")


def arguments(name, precision, size):
    random = np.random.default_rng(size)
    return [random.uniform(-3, 3, size).astype(precision) for _ in range(1 + (name in PAIRS))]


# ---- accuracy


def published():
    """The worst errors in the first table of docs/accuracy.md."""
    table = PAGE.read_text("utf-8").split("## Words that are written out")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \|", table, re.MULTILINE)
    return {name: {"float32": float(single), "float64": float(double)} for name, single, double in rows}


@each_precision
@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.heavy
def test_errors_are_within_the_limits_and_as_published(name, precision):
    error, where = accuracy.worst(name, precision, every=4)  # point that the figures come from
    assert error <= LIMITS[name], where
    figure = published()[name][precision]
    assert error <= figure <= error + 0.5, where  # processors with and without fused multiplication differ


def test_the_page_has_every_measured_word():
    assert published().keys() == set(MEASURED)


def test_an_error_is_counted_in_units_of_the_last_place():
    exact = accuracy.exact
    assert accuracy.ulps(1 + 2.0**-52, exact(1.0), "float64") == 1
    assert accuracy.ulps(1 - 2.0**-53, exact(1.0), "float64") == 0.5
    assert accuracy.ulps(1 + 2.0**-23, exact(1.0), "float32") == 1
    assert accuracy.ulps(0.0, exact(5e-324), "float64") == 1
    assert accuracy.ulps(0.0, exact(-5e-324) / 4, "float64") == 0.25
    assert accuracy.ulps(INF, exact(1.7976931348623157e308), "float64") == 1
    assert accuracy.ulps(INF, exact(1.7976931348623157e308) * 4, "float64") == 0
    assert accuracy.ulps(-INF, exact(1.7976931348623157e308) * 4, "float64") > 2**50
    assert accuracy.ulps(NAN, exact(1.0), "float64") == INF


# ---- special values

SPECIAL = {
    "exp": [(-INF, 0.0), (INF, INF), (NAN, NAN), (0.0, 1.0), (-0.0, 1.0), (-1e30, 0.0), (1e30, INF)],
    "expm1": [(-INF, -1.0), (INF, INF), (NAN, NAN), (0.0, 0.0), (-0.0, -0.0), (-1e30, -1.0), (1e30, INF), ("tiny", "tiny")],
    "log": [(0.0, -INF), (-0.0, -INF), (1.0, 0.0), (INF, INF), (NAN, NAN), (-1.0, NAN), (-INF, NAN), ("-tiny", NAN)],
    "log1p": [(0.0, 0.0), (-0.0, -0.0), (-1.0, -INF), (-1.5, NAN), (-INF, NAN), (INF, INF), (NAN, NAN), ("-tiny", "-tiny")],
    "sqrt": [(0.0, 0.0), (-0.0, -0.0), (4.0, 2.0), (INF, INF), (-1.0, NAN), (NAN, NAN)],
    "tanh": [(-INF, -1.0), (INF, 1.0), (NAN, NAN), (0.0, 0.0), (-0.0, -0.0), (1e30, 1.0), ("-tiny", "-tiny")],
    "sigmoid": [(-INF, 0.0), (INF, 1.0), (NAN, NAN), (0.0, 0.5), (-0.0, 0.5), (-1e30, 0.0), (1e30, 1.0)],
    "softplus": [(-INF, 0.0), (INF, INF), (NAN, NAN), (-1e30, 0.0), ("largest", "largest")],
    "log_sigmoid": [(-INF, -INF), (INF, 0.0), (NAN, NAN), (1e30, 0.0), ("-largest", "-largest")],
    "log_cosh": [(-INF, INF), (INF, INF), (NAN, NAN), (0.0, 0.0), (-0.0, 0.0), ("tiny", 0.0), ("-largest", "largest")],
    "log1mexp": [(0.0, -INF), (-0.0, -INF), (-INF, -0.0), (1.0, NAN), ("tiny", NAN), (INF, NAN), (NAN, NAN)],
    "reciprocal_expm1": [(0.0, INF), (-0.0, -INF), (INF, 0.0), (-INF, -1.0), (NAN, NAN), ("tiny", INF), ("-tiny", -INF)],
    "arctan": [(0.0, 0.0), (-0.0, -0.0), (NAN, NAN), ("tiny", "tiny"), ("-tiny", "-tiny")],
    "sin": [(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN), ("tiny", "tiny")],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN), ("tiny", 1.0)],
    "floor": [(2.5, 2.0), (-2.5, -3.0), (-0.0, -0.0), (0.0, 0.0), (INF, INF), (-INF, -INF), (NAN, NAN), ("-tiny", -1.0)],
    "sign": [(3.0, 1.0), (-3.0, -1.0), (0.0, 0.0), (INF, 1.0), (-INF, -1.0), ("-tiny", -1.0), (NAN, NAN)],
}


@each_precision
@pytest.mark.parametrize("name", NUMBERS)
def test_special_values(name, precision):
    kinds = np.finfo(precision)
    named = {"tiny": kinds.smallest_subnormal, "largest": kinds.max}
    named |= {f"-{key}": -value for key, value in named.items()}
    points, expected = np.array([[named.get(number, number) for number in pair] for pair in SPECIAL[name]], precision).T.copy()
    computed = apply(name, points)
    np.testing.assert_array_equal(computed, expected)
    number = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(computed[number]), np.signbit(expected[number]))


@each_precision
def test_a_floor_is_exact(precision):
    points = accuracy.patterns(precision, 10_000, np.random.default_rng(0))
    halves = np.arange(-500, 500, dtype=precision) / 2
    edge = np.array(2.0 ** np.finfo(precision).nmant, precision)
    for numbers in (points, halves, edge + halves, halves - edge, edge / 2 + halves / 2):
        np.testing.assert_array_equal(apply("floor", numbers), np.floor(numbers))


@each_precision
def test_angles_of_points_are_those_of_c(precision):
    numbers = [0.0, 1.0, 2.5, 1e-30, 1e30, INF]
    y, x = (a.ravel() for a in np.meshgrid([NAN, *numbers, *(-n for n in numbers)], [NAN, *numbers, *(-n for n in numbers)]))
    expected = np.array([math.atan2(*point) for point in zip(y.astype(precision), x.astype(precision), strict=True)], precision)
    computed = apply("arctan2", y.astype(precision), x.astype(precision))
    np.testing.assert_array_equal(computed, expected)
    number = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(computed[number]), np.signbit(expected[number]))


@each_precision
def test_a_hypotenuse_of_numbers_of_any_size(precision):
    random = np.random.default_rng(0)
    x, ratio = accuracy.patterns(precision, 4000, random), 2.0 ** random.uniform(-30, 30, 4000)
    with np.errstate(all="ignore"):
        near = (x.astype("float64") * ratio).astype(precision)
    smallest, largest = np.finfo(precision).smallest_subnormal, np.finfo(precision).max
    x = np.concatenate([x, x, [smallest, smallest, largest, largest, 3.0]]).astype(precision)
    y = np.concatenate([near, random.permutation(near), [smallest, 0.0, largest, 1.0, -4.0]]).astype(precision)
    x, y = (a[np.isfinite(x) & np.isfinite(y)] for a in (x, y))
    for found, a, b in zip(apply("hypot", x, y).tolist(), x.tolist(), y.tolist(), strict=True):
        assert accuracy.ulps(found, accuracy.MP.hypot(a, b), precision) <= 1.25, (a, b)


@each_precision
def test_a_hypotenuse_is_infinite_beside_nan_as_in_c(precision):
    numbers = np.array([0.0, -0.0, 1.0, -1.5, INF, -INF, NAN], precision)
    x, y = (a.ravel() for a in np.meshgrid(numbers, numbers))
    np.testing.assert_array_equal(apply("hypot", x, y), np.hypot(x, y))
    np.testing.assert_array_equal(apply("hypot", x, y), apply("hypot", -y, x))


@each_precision
def test_a_square_root_is_exact(precision):
    points = abs(accuracy.patterns(precision, 10_000, np.random.default_rng(0)))
    np.testing.assert_array_equal(apply("sqrt", points), np.sqrt(points))


@each_precision
def test_powers_of_special_values_are_those_of_c(precision):
    whole = [2**24 + 2, 2**23 + 1] if precision == "float32" else [2**53, 2**52 + 1]
    numbers = [0.0, 1.0, 2.0, 0.5, 3.0, 2.5, INF, 1e30, 1e-30, float(np.finfo(precision).max), *whole]
    x, y = (a.ravel() for a in np.meshgrid([NAN, *numbers, *(-n for n in numbers)], [NAN, *numbers, *(-n for n in numbers)]))
    x, y = x.astype(precision), y.astype(precision)
    with np.errstate(all="ignore"):
        expected = np.power(x.astype("float64"), y.astype("float64")).astype(precision)
    computed = apply("power", x, y)
    with np.errstate(all="ignore"):
        near = abs(computed - expected) <= 2 * np.spacing(
            abs(expected) / 2
        )  # half: the next number after the largest is infinite
    same = (computed == expected) | (np.isnan(computed) & np.isnan(expected)) | near
    assert same.all(), (x[~same], y[~same])
    number = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(computed[number]), np.signbit(expected[number]))


CHOICES = {
    "maximum": lambda x, y: np.maximum(x, y),
    "minimum": lambda x, y: np.minimum(x, y),
    "xmuly": lambda x, y: np.where(x == 0, 0, x * y),
    "xdivy": lambda x, y: np.where(x == 0, 0, x / y),
}


@each_precision
@pytest.mark.parametrize("name", CHOICES)
def test_choices_and_products_are_exact(name, precision):
    numbers = np.array([0.0, -0.0, 1.0, -1.5, 3.0, INF, -INF, NAN, 1e-30], precision)
    x, y = (a.ravel() for a in np.meshgrid(numbers, numbers))
    with np.errstate(all="ignore"):
        expected = CHOICES[name](x, y)
    np.testing.assert_array_equal(apply(name, x, y), expected)


@each_precision
def test_xlogy_is_a_product_with_a_logarithm_and_0_at_0(precision):
    numbers = np.array([0.0, 1.0, 1.5, 3.0, INF, NAN, 1e-30], precision)
    x, y = (a.ravel() for a in np.meshgrid(numbers, numbers))
    np.testing.assert_array_equal(apply("xlogy", x, y), apply("xmuly", x, apply("log", y)))
    np.testing.assert_array_equal(apply("xlogy", np.zeros_like(numbers), numbers), 0)


# ---- laws


@each_precision
def test_symmetries_hold_to_the_last_bit(precision):
    x = accuracy.points("tanh", precision, 20_000)
    np.testing.assert_array_equal(apply("tanh", -x), -apply("tanh", x))
    np.testing.assert_array_equal(apply("log_cosh", -x), apply("log_cosh", x))
    np.testing.assert_array_equal(apply("log_sigmoid", x), -apply("softplus", -x))


@each_precision
def test_probabilities_of_both_classes_sum_to_1(precision):
    x = accuracy.points("sigmoid", precision, 20_000)
    assert abs(apply("sigmoid", x) + apply("sigmoid", -x) - 1).max() <= 2 * np.finfo(precision).eps


@each_precision
@pytest.mark.parametrize("name", ["exp", "expm1", "log1p", "tanh", "sigmoid", "softplus", "log_sigmoid"])
def test_what_grows_does_so_wherever_the_way_of_computing_changes(name, precision):
    x = np.linspace(-9, 9, 20_001).astype(precision)
    with np.errstate(invalid="ignore"):
        steps = np.diff(apply(name, x[x > -1] if name == "log1p" else x))
    assert (steps >= 0).all()


@each_precision
@pytest.mark.parametrize("name", sorted(words("float64").keys() - {"where"}))
def test_results_do_not_depend_on_the_place_in_the_array(name, precision):
    """The vectorised body of a loop and its scalar remainder give the same bits."""
    whole = arguments(name, precision, 100)
    results = bits(apply(name, *whole))
    for size in range(1, 41):
        for start in (0, 3):
            part = [a[start : start + size].copy() for a in whole]
            np.testing.assert_array_equal(bits(apply(name, *part)), results[start : start + size])


# ---- what it compiles to


@each_precision
@pytest.mark.parametrize("name", sorted(words("float64").keys() - {"where", *ANGLES}))
def test_loops_are_vectorised_and_call_no_library(name, precision):
    apply(name, *arguments(name, precision, 8))
    compiled = loop(name, precision)
    code = "".join(
        compiled.inspect_llvm(signature) for signature in compiled.signatures if signature[0].dtype.name == precision
    )
    number = r"<\d+ x (?:float|double)>"
    assert "vector.body" in code
    assert re.search(rf"= (?:f\w+|select|tail call|call)\b[^\n]*{number}", code)
    body = code.split("vector.body:")[1].split("\n\n")[0]
    assert not re.search(r"= f(?:add|sub|mul|div|neg)\b[a-z ]* (?:float|double) ", body)
    called = re.findall(rf"call\b[a-z ]* (?:float|double|{number}) @([\w.]+)", code)
    assert [name for name in called if not name.startswith("llvm.")] == []


@each_precision
def test_every_word_that_is_no_operator_and_not_written_out_has_a_function(precision):
    written_out = {name for name, word in WORDS.items() if word.expansion is not None}
    assert words(precision).keys() >= WORDS.keys() - OPERATORS - written_out
    for name, function in words(precision).items():
        assert getattr(kernel_math, f"{name}_{precision}") is function
        assert function.__doc__


def test_both_choices_are_of_one_type():
    @njit
    def mixed(x):
        return select(x > 0, 1.0, x)

    with pytest.raises(TypingError, match="both choices must be of one type"):
        mixed(np.float32(1))
