"""``lossary doctor file.py:objective`` finds each of the faults that objectives are written with."""

import json
import re
import sys

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import lossary
from lossary.cli.doctor import command
from lossary.errors import UsageError

pytest.importorskip("lightgbm", reason="the extra boosting")
pytest.importorskip("xgboost", reason="the extra boosting")

from lossary.trainers.boosting import objective
from lossary.trainers.boosting.examine import examine


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def native(pair):
    """Return an objective of the native interface that multiplies by the weights."""

    def found(scores, data):
        y, weight = data.get_label(), data.get_weight()
        weight = np.ones(len(y)) if weight is None or not len(weight) else weight
        return tuple(np.reshape(weight, (-1, *[1] * (np.ndim(x) - 1))) * x for x in pair(scores, y))

    return found


def softmax(scores, y):
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p - np.eye(3)[y.astype(int)], 2 * p * (1 - p)


def weighted(y_true, y_pred, sample_weight=None):
    p, w = sigmoid(y_pred), 1 if sample_weight is None else sample_weight
    return w * (p - y_true), w * p * (1 - p)


def with_weight(y_true, y_pred, weight):
    return weighted(y_true, y_pred, weight)


def without_default(y_true, y_pred, sample_weight):
    return weighted(y_true, y_pred, sample_weight)


def with_level(y_true, y_pred, level=0.9):
    return np.where(y_true > y_pred, -level, 1 - level), np.ones_like(y_pred)


def native_with_level(preds, data, level=0.9):
    return native(lambda s, y: (np.where(y > s, -level, 1 - level), np.ones_like(s)))(preds, data)


def guarded(y_true, y_pred, sample_weight=None):
    """Take weights as the remedies say, but in XGBoost's name."""
    sample_weight = np.ones(len(y_true)) if sample_weight is None else sample_weight
    return (y_pred - y_true) * sample_weight, np.ones(len(y_true)) * sample_weight


def unguarded(y_true, y_pred, sample_weight=None):
    return (y_pred - y_true) * sample_weight, np.ones(len(y_true)) * sample_weight


def unguarded_native(scores, data):
    return (scores - data.get_label()) * data.get_weight(), np.ones(len(scores)) * data.get_weight()


def native_gradient(scores, data):
    weighted, _ = native(lambda s, y: (s - y, np.ones(len(y))))(scores, data)
    return weighted, np.ones(len(scores))


def by_distance(scores, y):
    """The sign with the curvature that the doctor tells of where it is 0."""
    residual = scores - y
    return np.sign(residual), 1 / np.sqrt(residual**2 + 0.1**2)


def by_probability_and_1(scores, y):
    p = sigmoid(scores)
    return (p - y) / (p * (1 - p)), np.ones(len(y))


def in_other_order(y_pred, y_true):
    return weighted(y_true, y_pred)


def by_other_names(a, b):
    return b - a, np.ones_like(b)


def by_probability(scores, y):
    p = sigmoid(scores)
    return (p - y) / (p * (1 - p)), y / p**2 + (1 - y) / (1 - p) ** 2


def by_mean(scores, y):
    mean = np.exp(scores)
    return (mean - y) / mean**2, (2 * y - mean) / mean**3


def clipped(scores, y):
    p = np.clip(scores, 1e-6, 1 - 1e-6)
    return (p - y) / (p * (1 - p)), y / p**2 + (1 - y) / (1 - p) ** 2


def focal(scores, y):
    """The focal loss of 2 with its true curvature, which is positive near 0 and negative below a logit of about -2."""
    sign = 2 * y - 1
    p = sigmoid(sign * scores)
    slope = (1 - p) ** 2 * (2 * p * np.log(p) - (1 - p))
    return sign * slope, p * (1 - p) ** 2 * (2 * (1 - p - 2 * p) * np.log(p) + 5 * (1 - p))


def focal_by_differences(scores, y):
    def loss(s):
        p = np.where(y == 1, sigmoid(s), 1 - sigmoid(s))
        return -((1 - p) ** 2) * np.log(p)

    below, here, above = (loss(scores + h) for h in (-1e-6, 0, 1e-6))
    return (above - below) / 2e-6, (above - 2 * here + below) / 1e-12


def weights_by_their_sum(scores, data):
    y, weight = data.get_label(), data.get_weight()
    weight = np.ones(len(y)) if weight is None or not len(weight) else weight / weight.sum()
    return weight * (scores - y), weight


def changes_labels(scores, data):
    y = data.get_label()
    y -= scores
    return -y, np.ones_like(scores)


def random(scores, y):
    return (scores - y) * np.random.default_rng().uniform(size=len(y)), np.ones_like(scores)


def overflowing(scores, y):
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return p - np.eye(3)[y.astype(int)], 2 * p * (1 - p)


def by_torch(scores, data):
    leaf = torch.tensor(scores, requires_grad=True)
    (slope,) = torch.autograd.grad(((leaf - torch.tensor(data.get_label())) ** 2).sum(), leaf, create_graph=True)
    return slope, torch.full_like(slope, 2.0)


def classes_in_one_axis(scores, data):
    """Read scores as if classes came one after the other, as LightGBM once gave them."""
    pair = native(softmax)(np.reshape(scores, (3, -1)).T, data)
    return tuple(x.T.ravel() for x in pair)


RIGHT = [
    ("real", native(lambda s, y: (np.where(s > y, 0.99, -0.01), np.ones(len(y))))),
    ("real", native(lambda s, y: (2 * (s - y), 2 + 0 * s))),
    ("real", native(lambda s, y: (np.sign(s - y), np.ones(len(y))))),
    ("binary", native(lambda s, y: (sigmoid(s) - y, sigmoid(s) * (1 - sigmoid(s))))),
    ("binary", weighted),
    ("real", native_with_level),
    ("real", lambda s, data: tuple(x[:, None] for x in native(lambda s, y: (s - y, np.ones(len(y))))(s, data))),
    ("positive", native(lambda s, y: (np.exp(s) - y, np.exp(s)))),
    ("classes", native(softmax)),
    ("real", native(by_distance)),
    ("real", guarded),
    (
        "binary",
        native(lambda s, y: (np.where((2 * y - 1) * s < 1, 1 - 2 * y, 0), np.ones(len(y)))),
    ),  # hinge, with a row at its kink
]
WRONG = {
    "sign": ("real", native(lambda s, y: (y - s, np.ones(len(y)))), "negative where the score is too high"),
    "scale": ("real", native(lambda s, y: ((s - y) / len(y), np.ones(len(y)) / len(y))), "halves with twice as many rows"),
    "scale ": ("real", native(lambda s, y: (s - y + s.sum() / 500, np.ones(len(y)))), None),
    "curvature": ("real", native(lambda s, y: (np.sign(s - y), np.zeros(len(y)))), "0 in every row: no leaf is split"),
    "curvature ": (
        "real",
        native(lambda s, y: ((s - y) / (1 + (s - y) ** 2), (1 - (s - y) ** 2) / (1 + (s - y) ** 2) ** 2)),
        "negative in",
    ),
    "gradient": ("real", native(lambda s, y: (0 * s, np.ones(len(y)))), "0 in every row: nothing is learnt"),
    "differences": ("real", native(lambda s, y: (2 * (s - y), np.ones(len(y)))), "0.5 times .* 2 times too long"),
    "differences ": ("real", native(lambda s, y: (s - y + 9 * np.tanh(s - y), np.ones(len(y)))), "less than the derivative"),
    "weights": ("real", lambda scores, data: (scores - data.get_label(), np.ones(len(scores))), "ignore them"),
    "weights ": ("binary", lambda y_true, y_pred: (sigmoid(y_pred) - y_true, np.ones(len(y_true))), "takes no weights"),
    "weights  ": ("real", weights_by_their_sum, "divided by their sum"),
    "sign ": ("binary", native(lambda s, y: (-y * sigmoid(-y * s), np.full(len(y), 0.1))), "0 for the label 0"),
    "differences  ": ("binary", native(by_probability), "with respect to the probability"),
    "differences   ": ("positive", native(by_mean), "with respect to the mean"),
    "differences    ": (
        "classes",
        native(lambda s, y: (softmax(s, y)[0], softmax(s, y)[1] / 2)),
        "without the others",
    ),
    "link  ": ("binary", native(clipped), "cut off at 1"),
    "extremes": ("real", native(lambda s, y: (np.sinh(s - y) / np.cosh(s - y), np.ones(len(y)))), "residuals of 10000"),
    "interface": ("binary", in_other_order, "targets first"),
    "interface ": ("real", lambda data, scores: (scores - data.get_label(), np.ones_like(scores)), "the scores first"),
    "link": ("binary", native(lambda s, y: (s - y, np.ones(len(y)))), "taken for probabilities"),
    "link ": ("positive", native(lambda s, y: (s - y, np.ones(len(y)))), "taken for means"),
    "result": ("real", lambda scores, data: (np.mean(scores), 1.0), "a single number"),
    "result  ": ("real", lambda scores, data: scores - data.get_label(), "ndarray of 64"),
    "result   ": ("real", lambda scores, data: scores.foo, "raises AttributeError"),
    "result     ": ("real", native(random), "two calls on the same data differ"),
    "result      ": ("real", lambda scores, data: (["a"], scores), "no array of numbers but list"),
    "link   ": ("binary", native(lambda s, y: ((s - y) / (s * (1 - s)), 1 / (s * (1 - s)) ** 2)), "not probabilities"),
    "link    ": ("positive", native(lambda s, y: (1 - y / s, y / s**2)), "not means"),
    "steps": (
        "real",
        native(lambda s, y: (np.tanh(s - y), np.cosh(s - y) ** -2.0)),
        "at residuals of 10, .* 1.21e.07 times as far",
    ),
    "steps ": (
        "real",
        native(lambda s, y: ((s - y) * (1 + (s - y) ** 2) ** -0.5, (1 + (s - y) ** 2) ** -1.5)),  # pseudo-Huber
        "at residuals of 10, .* 101 times as far",
    ),
    "steps     ": ("real", native(lambda s, y: (s - y, np.full(len(y), 1e6))), "1e-06 of the way"),
    "extremes ": ("real", native(lambda s, y: ((s - y) / abs(s - y), np.ones(len(y)))), "NaN where the score is the target"),
    "steps  ": (  # log-cosh, right near the target, and 0 or nearly so beyond
        "real",
        native(lambda s, y: (np.tanh(s - y), np.maximum(1 - np.tanh(s - y) ** 2, 1e-6))),
        "at residuals of 10, .* the loss rises",
    ),
    "steps   ": (  # Huber of 5 with its true curvature: rows near the target do not show it
        "real",
        native(lambda s, y: (np.clip(s - y, -5, 5), np.where(np.abs(s - y) <= 5, 1.0, 0.0))),
        "at residuals of 10, the curvature is 0",
    ),
    "steps    ": (  # pseudo-Huber of 30
        "real",
        native(lambda s, y: ((s - y) * (1 + ((s - y) / 30) ** 2) ** -0.5, (1 + ((s - y) / 30) ** 2) ** -1.5)),
        "at residuals of 100, .* 12.1 times as far",
    ),
    "steps      ": (  # Cauchy of 5: rows near the target do not show it
        "real",
        native(lambda s, y: ((s - y) / (1 + ((s - y) / 5) ** 2), (1 - ((s - y) / 5) ** 2) / (1 + ((s - y) / 5) ** 2) ** 2)),
        "at residuals of 10, the curvature is negative: steps lead away",
    ),
    "curvature  ": ("binary", native(focal), "negative at logits of ±5 for the other label"),
    "differences     ": ("binary", native(by_probability_and_1), "derivative with respect to the probability"),
    "weights   ": ("real", unguarded, "the weight is None"),
    "weights    ": ("real", unguarded_native, "get_weight.. is (None|an empty array), and calling it fails"),
    "weights     ": ("real", native_gradient, "with weights, the curvature ignores them"),
    "result       ": ("real", by_torch, "the gradient is no array of numbers but Tensor"),
    "result        ": ("real", lambda scores, data: sys.exit(3), "raises SystemExit: 3, in line [0-9]+ of test_examine.py"),
    "result         ": ("real", lambda s, data: np.linalg.solve(s, s), "in line [0-9]+ of test_examine.py"),  # and not of NumPy
    "result    ": ("positive", native(lambda s, y: (1 - y / np.sqrt(s), y / s**2)), "infinite or NaN"),
}


@pytest.mark.parametrize("engine", ["lightgbm", "xgboost"])
def test_right_objectives_have_no_faults(engine):
    for target, right in RIGHT:
        assert [remark for remark in examine(right, engine, target) if remark.wrong] == []


@pytest.mark.parametrize("engine", ["lightgbm", "xgboost"])
@pytest.mark.parametrize("name", WRONG)
def test_faults_are_found(name, engine):
    target, wrong, message = WRONG[name]
    found = {remark.name: remark for remark in examine(wrong, engine, target) if remark.wrong}
    remark = found[name.strip()]
    assert remark.remedy
    if message is not None:
        assert re.search(message, remark.found)


def many(y_true, y_pred, weight=None, group=None, more=None):
    return weighted(y_true, y_pred, weight)


def flat(order):
    return lambda scores, data: tuple(x.ravel(order) for x in native(softmax)(scores, data))


def no_array(scores, data):
    return tuple(x.tolist() for x in native(lambda s, y: (s - y, np.ones(len(y))))(scores, data))


@pytest.mark.parametrize(
    ("target", "wrong", "of_lightgbm", "of_xgboost"),
    [
        ("binary", many, "this has 5", "by the name sample_weight"),
        ("binary", with_weight, None, "by the name sample_weight"),
        ("binary", without_default, None, "it has no default"),
        ("real", with_level, "third argument, which is level here", "takes no weights"),
        ("real", by_other_names, "takes no weights", "takes no weights"),
        ("classes", flat("F"), None, "positive where scores are too high"),
        ("classes", flat("C"), "positive where scores are too high", None),
        ("classes", native(overflowing), None, "NaN at logits of 100"),  # in single precision
        ("binary", native(focal_by_differences), "NaN at logits of 100", "scores change by a millionth"),
        ("real", changes_labels, "it changes the labels", "ignore them"),
        ("real", no_array, None, "the engine refuses it: TypeError"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_engines_differ(target, wrong, of_lightgbm, of_xgboost):
    for engine, expected in (("lightgbm", of_lightgbm), ("xgboost", of_xgboost)):
        found = [remark.found for remark in examine(wrong, engine, target) if remark.wrong]
        assert (expected is None) == (found == [])
        assert expected is None or expected in "; ".join(found)


def run(*arguments):
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def test_command(tmp_path):
    file = tmp_path / "own.py"
    file.write_text("def mine(preds, data):\n    return preds - data.get_label(), 1 + 0 * preds\n")
    done = run(f"{file}:mine", "--engine", "xgboost")
    assert (done.return_value, done.output.splitlines()[0], done.output.splitlines()[-1]) == (1, "mine in xgboost", "1 to mend")
    assert max(map(len, done.output.splitlines())) <= 80
    found = json.loads(run(f"{file}:mine", "--engine", "lightgbm", "--json").output)
    assert [x["name"] for x in found["findings"] if x["state"] == "wrong"] == ["weights"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["own.py:mine"], "with --engine lightgbm or xgboost; got 'own.py:mine' without --engine"),
        (["own.py", "--engine", "xgboost"], "is FILE.py:NAME"),
        (["--engine", "xgboost"], "--engine and --target are for an objective; name it before them"),
        (["--target", "binary"], "--engine and --target are for an objective; name it before them"),
        (["json:load_", "--engine", "xgboost"], "has no function 'load_'; did you mean 'load'?"),
        (["json:JSONDecoder", "--engine", "xgboost"], "an object that can be called; JSONDecoder is a class"),
        (["json:__name__", "--engine", "xgboost"], "an object that can be called; __name__ is of type str"),
        (["none.py:mine", "--engine", "xgboost"], "there is no file"),
        (["json:mine", "--engine", "xgboost"], "has no function 'mine'"),
    ],
)
def test_command_says_what_it_takes(arguments, message):
    error = run(*arguments).exception
    assert isinstance(error, UsageError)
    assert message in str(error)


def test_scores_that_are_read_in_another_layout():
    found = {remark.name: remark for remark in examine(classes_in_one_axis, "lightgbm", "classes") if remark.wrong}
    assert (list(found), found["scale"].remedy) == (["scale"], "read scores as (samples, classes), and return such arrays")


@pytest.mark.parametrize("engine", ["lightgbm", "xgboost"])
def test_steps_that_are_far_too_short_are_a_warning(engine):
    found = {remark.name: remark for remark in examine(native(lambda s, y: (np.sign(s - y), np.ones(len(y)))), engine)}
    assert "at residuals of 10000, gradient / curvature is 0.0001 times as far" in found["steps"].found
    assert (found["steps"].wrong, "standard deviation" in found["steps"].remedy) == (False, True)
    assert "steps" not in [remark.name for remark in examine(native(by_distance), engine)]


def test_a_warning_is_no_fault(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "import numpy as np\n\n\ndef mine(y_true, y_pred, sample_weight=None):\n"
        "    w = np.ones(len(y_true)) if sample_weight is None else sample_weight\n"
        "    return w * np.sign(y_pred - y_true), w\n"
    )
    done = run(f"{file}:mine", "--engine", "xgboost")
    assert (done.return_value, done.output.splitlines()[-1]) == (0, "All is well, with 1 warning")
    assert "  ~ steps " in done.output
    assert max(map(len, done.output.splitlines())) <= 80


@pytest.mark.parametrize("loss", [lossary.pseudo_huber, lossary.quantile, lossary.gaussian])
def test_objectives_of_lossary_are_known(loss):
    own = objective(loss, 10 + np.arange(9.0), engine="lightgbm")  # which adds a start of its own
    assert [(remark.name, remark.wrong) for remark in examine(own, "lightgbm")] == [("interface", False), ("curvature", False)]
    (found,) = examine(own, "xgboost")
    assert (found.wrong, found.remedy) == (True, 'make it with engine="xgboost"')


def test_a_curvature_of_0_is_answered_with_one_that_is_well():
    wrong = native(lambda s, y: (np.sign(s - y), np.zeros(len(y))))
    remedy = next(remark.remedy for remark in examine(wrong, "lightgbm") if remark.name == "curvature")
    assert "|gradient| / sqrt(residual**2 + s**2)" in remedy  # which is that of by_distance, a right one
