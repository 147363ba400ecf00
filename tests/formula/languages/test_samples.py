"""Losses of samples written out in each language, executed, against the NumPy value."""

import math

import duckdb
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from matplotlib.mathtext import MathTextParser

import lossary
from lossary.vocabulary import abs, average, count, distance, largest, log_sum_exp, maximum, norm, total
from tests.formula.languages.test_languages import assert_same, node


@lossary.samplewise
def dice(prediction, target, *, smooth=0.5):
    return 1 - (2 * total(prediction * target) + smooth) / (total(prediction) + total(target) + smooth)


@lossary.samplewise
def triplet(anchor, positive, negative, *, i=1.0):
    return maximum(0, distance(anchor, positive) - distance(anchor, negative) + i)


@lossary.samplewise
def spread(prediction, target, *, total_1=2.0):
    residual = prediction - target
    return average((residual - average(residual)) ** 2) * total_1 + log_sum_exp(residual) * largest(abs(target))


@lossary.samplewise
def simple(prediction, target):
    return norm(prediction - target) * largest(prediction) + total(target) / count(target)


LOSSES = [dice, triplet, spread, simple]
WHAT = ["value", "gradient", "curvature"]


def rows(loss, seed=0, shape=(3, 4)):
    found = np.random.default_rng(seed).uniform(0.1, 1.9, (len(loss.inputs), *shape))
    found[:, 2, 1] = found[:, 2, 0]  # equal components
    return found


def expected(loss, what, arrays):
    call = {"value": loss, "gradient": loss.gradient, "curvature": loss.curvature}[what]
    found = call(*arrays, reduction="none")
    return found[0] if isinstance(found, tuple) else found


def options(loss, what):
    return {} if what == "value" else {"of": loss.inputs[0]}


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("loss", LOSSES)
def test_javascript(loss, what):
    arrays = rows(loss)
    given = [[*(x[k].tolist() for x in arrays), *loss.parameters.values()] for k in range(arrays.shape[1])]
    found = node(loss.code(f"{what}:javascript", **options(loss, what)), given)
    for i, row in enumerate(expected(loss, what, arrays)):
        assert found[i] == pytest.approx(row, rel=1e-13, abs=1e-14)


def test_javascript_at_extremes():
    code = simple.code("javascript")
    samples = [[3e200, -4e200], [0.0, 0.0], [5e-324, 0.0], [math.nan, 1.0], [math.inf, 1.0], [7.0]]
    with np.errstate(all="ignore"):
        truth = [simple(np.array([x]), np.zeros((1, len(x))), reduction="none")[0] for x in samples]
    assert_same(node(code, [[x, [0.0] * len(x)] for x in samples]), truth, samples)


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_python(loss, what, library):
    arrays, namespace = rows(loss, 1), {}
    exec(loss.code(f"{what}:{library}", **options(loss, what)), namespace)
    made = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}[library]
    found = namespace[loss.__name__](*map(made, arrays), **loss.parameters)
    truth = expected(loss, what, arrays)
    assert np.broadcast_to(np.asarray(found), truth.shape) == pytest.approx(truth, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("loss", [dice, triplet, simple])
def test_sql_is_an_aggregate(loss):
    arrays = rows(loss, 2)
    with duckdb.connect() as db:
        columns = ", ".join(f'"{name}" double' for name in loss.inputs)
        db.execute(f"create table components (id int, {columns})")
        lines = [(k, *row) for k in range(arrays.shape[1]) for row in arrays[:, k].T.tolist()]
        db.executemany(f"insert into components values ({', '.join('?' * (1 + len(arrays)))})", lines)
        found = db.execute(f"select {loss.code('sql')} from components group by id order by id").fetchall()
    assert [value for (value,) in found] == pytest.approx(loss(*arrays, reduction="none"), rel=1e-13)


def test_what_sql_cannot_say():
    with pytest.raises(ValueError, match=r"spread.code: SQL has no aggregate of another one, as in .*Python or JavaScript"):
        spread.code("sql")
    with pytest.raises(ValueError, match=r"simple.code: an aggregate of SQL is one number a sample, and a derivative is not; "):
        simple.code("gradient:sql")

    @lossary.samplewise
    def top(prediction):
        return log_sum_exp(prediction)

    with pytest.raises(ValueError, match=r"top.code: SQL has no aggregate for log_sum_exp\(…\); compute it by"):
        top.code("sql")


def test_latex():
    assert dice.latex() == (
        r"1 - \frac{2 \, \sum_i \hat{y}_i \, y_i + \mathrm{smooth}}{\sum_i \hat{y}_i + \sum_i y_i + \mathrm{smooth}}"
    )
    # a parameter differs from the index of a sum, and so does the index of a sum within it
    assert triplet.latex().endswith(r"\left\Vert \mathrm{anchor} - \mathrm{negative} \right\Vert + \mathrm{i}\right)")
    residual = r"\hat{y}_i - y_i"
    inner = residual.replace("i", "k")
    assert rf"\sum_i \left({residual} - \frac{{\sum_k \left({inner}\right)}}{{n}}\right)^{{2}}" in spread.latex()
    assert rf"\left(\log \sum_i e^{{{residual}}}\right) \, \max_i \left|y_i\right|" in spread.latex()

    for loss in (dice, triplet, spread):
        MathTextParser("path").parse(f"${loss.latex()}$")


def test_latex_of_a_gradient():
    assert r"\frac{2 \, y_j}{\sum_i" in dice.latex("gradient")  # outside of all sums the index is j
