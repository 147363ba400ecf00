"""Whatever its parameters and it itself are called, a loss is the same, on every path and in every language."""

import json
import unicodedata

import numpy as np
import pytest
import torch
from matplotlib.mathtext import MathTextParser

import lossary
from tests.formula.languages.test_languages import WHAT, node, sql

_NAMES = """
    t t1 t2 t1_ numpy torch jax builtins float abs formula term sample z log_p p true f f1 inputs share sum k x j a b
    await_ print int list type match case _ __ __class__ __builtins__ self_ order2
    var function eval arguments let new typeof undefined Math Infinity NaN Array Number
    select table top norm others slope prediction_ target_ DOUBLE
    losses slopes i n inf total row own_a coefficient u real size counter parts first outside count kernel invalid exactly math
    e y sigma alpha beta_ lambda_ gamma Gamma GAMMA a_b δ µ é 数 ﬁ
    log_probability exp where_ weight_ exp_float64
"""
NAMES = [*unicodedata.normalize("NFKC", _NAMES).split(), "long" * 60]
FUNCTIONS = [
    "numpy",
    "torch",
    "jax",
    "float",
    "abs",
    "formula",
    "term",
    "t1",
    "prediction",
    "builtins",
    "kernel",
    "sample",
    "match",
]
VALUES = {name: 1 + 0.25 * i for i, name in enumerate(NAMES)}
P, T = np.array([0.5, -1.5, 3.0, 0.25]), np.array([0.0, 1.0, 1.0, 2.0])


def defined(name, leading, body, parameters):
    """A definition of this name with parameters of these names and defaults."""
    options = "".join(f", {parameter}={value}" for parameter, value in parameters.items())
    namespace = {"absolute": lossary.vocabulary.abs}
    exec(f"def {name}({leading}{', *' * bool(parameters)}{options}):\n{body}", namespace)
    return namespace[name]


def pointwise(name="loss", parameters=VALUES):
    """Σ aᵢ (r² + i·|r|) + |r|, r the residual."""
    terms = " + ".join(f"{a} * (RESIDUAL**2 + {i} * absolute(RESIDUAL))" for i, a in enumerate(parameters))
    body = f"    RESIDUAL = prediction - target\n    return {terms} + absolute(RESIDUAL)\n"
    return lossary.pointwise(defined(name, "prediction, target", body, parameters))


def softmax(name="loss", parameters=VALUES):
    """Σ aᵢ (i·l² - l), l the log-probability."""
    parameters = {a: value for a, value in parameters.items() if a not in ("log_probability", "coefficient_")}
    body = "    return " + " + ".join(f"{a} * ({i} * LP**2 - LP)" for i, a in enumerate(parameters))
    return lossary.softmax(defined(name, "log_probability", body.replace("LP", "log_probability") + "\n", parameters))


def expected_pointwise(what, parameters=VALUES):
    """By hand."""
    r = P - T
    square, linear = sum(parameters.values()), sum(i * a for i, a in enumerate(parameters.values())) + 1
    return {
        "value": square * r**2 + linear * abs(r),
        "gradient": 2 * square * r + linear * np.sign(r),
        "curvature": np.full(4, 2 * square),
    }[what]


Z, Y = np.array([[0.0, 1.0, 2.0], [0.5, -1.0, 0.0], [3.0, 3.0, 1.0]]), np.array([0, 2, 1])


def expected_softmax(what, values):
    """By the textbook's formulas."""
    square, linear = sum(i * a for i, a in enumerate(values)), -sum(values)
    p = np.exp(Z) / np.exp(Z).sum(-1, keepdims=True)
    log_p = np.log(p[np.arange(3), Y])
    first, delta = (2 * square * log_p + linear)[:, None], np.eye(3)[Y] - p
    return {
        "value": square * log_p**2 + linear * log_p,
        "gradient": first * delta,
        "curvature": 2 * square * delta**2 - first * p * (1 - p),
    }[what]


def arrays_of(library, *arrays):
    if library == "numpy":
        return arrays
    if library == "torch":
        return tuple(map(torch.tensor, arrays))
    import jax.numpy as jnp

    return tuple(map(jnp.asarray, arrays))


def called(loss, what, *arrays):
    operation = {"value": loss, "gradient": loss.gradient, "curvature": loss.curvature}[what]
    return np.asarray(operation(*arrays, reduction="none"))


def executed(text, name):
    namespace = {}
    exec(text, namespace)
    return namespace[name]


@pytest.mark.parametrize("what", WHAT)
def test_a_pointwise_loss_with_parameters_of_any_name(library, what):
    library = library.partition("-")[0]
    np.testing.assert_allclose(called(pointwise(), what, *arrays_of(library, P, T)), expected_pointwise(what), rtol=1e-12)


@pytest.mark.parametrize("what", WHAT)
def test_a_softmax_loss_with_parameters_of_any_name(library, what):
    loss = softmax()
    got = called(loss, what, *arrays_of(library, Z, Y))
    np.testing.assert_allclose(got, expected_softmax(what, loss.parameters.values()), rtol=1e-11)


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("language", ["numpy", "torch", "jax"])
def test_python_written_out(language, what):
    loss = pointwise()
    got = executed(loss.code(f"{what}:{language}"), "loss")(*arrays_of(language, P, T), **VALUES)
    np.testing.assert_allclose(np.broadcast_to(np.asarray(got), P.shape), expected_pointwise(what), rtol=1e-12)
    if what != "curvature":
        loss = softmax()
        got = executed(loss.code(f"{what}:{language}"), "loss")(*arrays_of(language, Z, Y), **loss.parameters)
        np.testing.assert_allclose(np.asarray(got), expected_softmax(what, loss.parameters.values()), rtol=1e-11)


@pytest.mark.parametrize("what", WHAT)
def test_javascript(what):
    """Also as a module's code, which is strict."""
    rows = [[p, t, *VALUES.values()] for p, t in zip(P.tolist(), T.tolist(), strict=True)]
    text = pointwise().code(f"{what}:javascript")
    for function in (text, f'(() => {{ "use strict"; return {text}; }})()'):
        np.testing.assert_allclose(node(function, rows), expected_pointwise(what), rtol=1e-12)
    loss = softmax()
    rows = [[z, y, *loss.parameters.values()] for z, y in zip(Z.tolist(), Y.tolist(), strict=True)]
    expected = expected_softmax(what, loss.parameters.values())
    np.testing.assert_allclose(node(loss.code(f"{what}:javascript"), rows), expected, rtol=1e-11)


@pytest.mark.parametrize("what", ["value", "gradient"])
def test_sql_also_over_a_table_with_columns_of_such_names(what):
    names = [name for name in NAMES if name.lower() not in ("gamma", "e", "y", "é", "数")][:40]
    extra = ", ".join(f'"{name}" double' for name in dict.fromkeys(name.lower() for name in names))
    count = extra.count(" double")
    rows = [[p, t, *[7.0] * count] for p, t in zip(P.tolist(), T.tolist(), strict=True)]
    got = sql(pointwise().code(f"{what}:sql"), f"prediction double, target double, {extra}", rows)
    np.testing.assert_allclose(got, expected_pointwise(what), rtol=1e-12)
    loss = softmax()
    rows = [[z, y, *[7.0] * count] for z, y in zip(Z.tolist(), Y.tolist(), strict=True)]
    got = sql(loss.code(f"{what}:sql"), f"prediction double[], target int, {extra}", rows)
    np.testing.assert_allclose(got, expected_softmax(what, loss.parameters.values()), rtol=1e-11)


@pytest.mark.parametrize("make", [pointwise, pytest.param(softmax, marks=pytest.mark.heavy)])
def test_latex_gives_each_parameter_a_symbol_of_its_own(make):
    symbols = set()
    for name in NAMES:
        loss = make(parameters={name: 1.0, "other": 2.0}) if name != "log_probability" else pointwise(parameters={name: 1.0})
        text = loss.latex()
        MathTextParser("path").parse(f"${text}$")
        symbols.add(text)
    assert len(symbols) == len(NAMES)
    assert r"\delta \," in pointwise(parameters={"δ": 1}).latex()
    assert r"\lambda \," in pointwise(parameters={"lambda_": 1}).latex()
    assert r"\mathrm{y} \," in pointwise(parameters={"y": 1}).latex()
    assert r"\mathrm{a\_b} \," in pointwise(parameters={"a_b": 1}).latex()
    both = pointwise(parameters={"α": 1, "alpha": 2}).latex()
    assert r"\alpha" in both
    assert r"\mathrm{alpha}" in both


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_loss_of_any_name(name):
    loss = pointwise(name, {"delta": 2.0})
    for language in ("numpy", "torch", "jax"):
        got = executed(loss.code(language), name)(*arrays_of(language, P, T), delta=2.0)
        np.testing.assert_allclose(np.asarray(got), expected_pointwise("value", {"delta": 2.0}), rtol=1e-12)
        rows = softmax(name, {"delta": 2.0})
        got = executed(rows.code(f"gradient:{language}"), name)(*arrays_of(language, Z, Y), delta=2.0)
        np.testing.assert_allclose(np.asarray(got), expected_softmax("gradient", [2.0]), rtol=1e-12)


def test_a_constant_of_a_parameter_is_as_in_python_whatever_hides_its_functions():
    """Words of parameters alone call Python's float."""
    body = "    return where(prediction < inf, exp(float) * absolute(prediction - abs), 0)\n"
    definition = defined("loss", "prediction, target", body, {"float": 0.5, "abs": 1.5})
    definition.__globals__.update(exp=lossary.vocabulary.exp, where=lossary.vocabulary.where, inf=float("inf"))
    loss = lossary.pointwise(definition)
    expected = np.exp(0.5) * abs(P - 1.5)
    for language in ("numpy", "torch", "jax"):
        got = executed(loss.code(language), "loss")(*arrays_of(language, P, T), float=0.5, abs=1.5)
        np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-12)
        np.testing.assert_allclose(called(loss, "value", *arrays_of(language, P, T)), expected, rtol=1e-12)
    rows = [[p, t, 0.5, 1.5] for p, t in zip(P.tolist(), T.tolist(), strict=True)]
    np.testing.assert_allclose(node(loss.code("javascript"), json.loads(json.dumps(rows))), expected, rtol=1e-12)
