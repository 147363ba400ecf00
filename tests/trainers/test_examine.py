"""``lossary doctor file.py:objective`` finds each of the faults that objectives are written with."""

import json
import re

import numpy as np
import pytest
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
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return p - np.eye(3)[y.astype(int)], 2 * p * (1 - p)


def weighted(y_true, y_pred, weight):
    p, w = sigmoid(y_pred), 1 if weight is None else weight
    return w * (p - y_true), w * p * (1 - p)


RIGHT = [
    ("real", native(lambda s, y: (2 * (s - y), 2 + 0 * s))),
    ("real", native(lambda s, y: (np.sign(s - y), np.ones(len(y))))),
    ("binary", native(lambda s, y: (sigmoid(s) - y, sigmoid(s) * (1 - sigmoid(s))))),
    ("binary", weighted),
    ("positive", native(lambda s, y: (np.exp(s) - y, np.exp(s)))),
    ("classes", native(softmax)),
    ("real", objective(lossary.huber, np.arange(9.0), engine="xgboost")),
    ("positive", objective(lossary.poisson, np.arange(9.0), engine="xgboost", curvature="exact")),
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
    "link": ("binary", native(lambda s, y: (s - y, np.ones(len(y)))), "taken for probabilities"),
    "link ": ("positive", native(lambda s, y: (s - y, np.ones(len(y)))), "taken for means"),
    "result": ("real", lambda scores, data: (np.mean(scores), 1.0), "a single number"),
    "result ": ("classes", lambda s, data: tuple(x.ravel() for x in softmax(s, data.get_label())), "flat array of classes"),
    "result  ": ("real", lambda scores, data: scores - data.get_label(), "ndarray of 64"),
    "result   ": ("real", lambda scores, data: scores.foo, "raises AttributeError"),
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


def test_parameters_that_lightgbm_would_count_wrongly():
    def many(y_true, y_pred, weight=None, group=None, more=None):
        return weighted(y_true, y_pred, weight)

    remark = next(iter(examine(many, "lightgbm", "binary")))
    assert (remark.wrong, "this has 5" in remark.found) == (True, True)


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
        (["own.py:mine"], "with --engine lightgbm or xgboost"),
        (["own.py", "--engine", "xgboost"], "is FILE.py:NAME"),
        (["none.py:mine", "--engine", "xgboost"], "there is no file"),
        (["json:mine", "--engine", "xgboost"], "has no function 'mine'"),
    ],
)
def test_command_says_what_it_takes(arguments, message):
    error = run(*arguments).exception
    assert isinstance(error, UsageError)
    assert message in str(error)
