"""Predictions that are labels: zero-one loss and accuracy of text, booleans and numbers."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from lossary.report import BadDataError, UsageError, compare, score
from lossary.report.query import write_query
from lossary.report.read.form import TextFormat

rng = np.random.default_rng(7)
N = 120
NAMES = ["bird", "cat", "dog"]
WAS = rng.choice(NAMES, N)
SAID = np.where(rng.random(N) < 0.7, WAS, rng.choice(NAMES, N))
OTHER = np.where(rng.random(N) < 0.8, WAS, "fish")
FRAME = {"gold": WAS, "pred": SAID, "other": OTHER, "id": np.arange(N), "w": rng.random(N)}
ASKED = {"loss": "accuracy", "target": "gold"}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text("gold,pred\n" + "".join(f"{a},{b}\n" for a, b in zip(WAS, SAID, strict=True)))
    return file


def test_accuracy_of_text(path):
    found = score(path, **ASKED, prediction="pred")
    assert found.figure.value == pytest.approx(accuracy_score(WAS, SAID), rel=1e-13)
    assert found.accuracy == pytest.approx(accuracy_score(WAS, SAID), rel=1e-13)
    assert found.confusion.classes == tuple(NAMES)
    assert np.array_equal(found.confusion.counts, confusion_matrix(WAS, SAID, labels=NAMES))
    means = {part.name: part.mean for part in found.breakdowns[0].parts}
    assert means == pytest.approx({name: np.mean(SAID[name == WAS] != name) for name in NAMES}, rel=1e-13)
    most, count = max(((name, np.sum(name == WAS)) for name in NAMES), key=lambda pair: pair[1])
    assert (found.baseline, found.constant) == (pytest.approx(1 - count / N), f"the mode of the target, {most}")
    first = int(np.argmax(WAS != SAID))
    assert (found.worst[0]["prediction"], found.worst[0]["target"]) == (SAID[first], WAS[first])
    assert found.residuals is None
    assert str(found).count("  accuracy  ") == 1
    assert found.to_html().count("rows whose likeliest class") == 0


def test_weights_and_the_same_labels_as_numbers():
    found = score(FRAME, **ASKED, prediction="pred", weight="w")
    assert found.figure.value == pytest.approx(accuracy_score(WAS, SAID, sample_weight=FRAME["w"]), rel=1e-12)
    numbers = {"y": np.searchsorted(NAMES, WAS), "p": np.searchsorted(NAMES, SAID)}
    plain = score(numbers, loss="accuracy", target="y", prediction="p")
    assert plain.figure.value == pytest.approx(accuracy_score(WAS, SAID), rel=1e-13)
    assert plain.residuals is None
    booleans = {name: values == 1 for name, values in numbers.items()}
    found = score(booleans, loss="accuracy", target="y", prediction="p")
    assert found.figure.value == pytest.approx(accuracy_score(booleans["y"], booleans["p"]), rel=1e-13)


def test_comparisons_have_the_same_classes():
    wanted = accuracy_score(WAS, SAID) - accuracy_score(WAS, OTHER)
    ranked = compare(FRAME, **ASKED, prediction="pred,other", classes="bird,cat,dog,fish")
    assert [model.name for model in ranked.models] == ["other", "pred"]
    assert ranked.models[1].difference == pytest.approx(-wanted, rel=1e-12)
    pair = compare(
        FRAME, FRAME, **ASKED, id="id", prediction="pred", prediction_b="other", classes=["bird", "cat", "dog", "fish"]
    )
    assert pair.difference == pytest.approx(wanted, rel=1e-12)
    assert pair.changed["better"][0]["prediction_b"] == pair.changed["better"][0]["target"]
    for data in ([FRAME], [FRAME, FRAME]):
        more = {"prediction": "pred,other"} if len(data) == 1 else {"id": "id", "prediction": "pred", "prediction_b": "other"}
        with pytest.raises(UsageError, match='name them all, as in classes="bird,cat,dog,fish"'):
            compare(*data, **ASKED, **more)


def test_what_is_no_label_is_named(path):
    with pytest.raises(BadDataError, match=r"(?s)column 'pred': got '\w+'; a label is .*classes=\"bird,cat,fish\""):
        score({"gold": WAS[WAS != "dog"], "pred": OTHER[WAS != "dog"]}, **ASKED, prediction="pred", classes="bird,cat")
    with pytest.raises(UsageError, match="absolute_error takes numbers, and these are labels"):
        score(path, **ASKED, prediction="pred", also="mae")
    with pytest.raises(UsageError, match='cross_entropy" reports the accuracy, too'):
        score({"y": [0, 1], "p_0": [0.5, 0.2], "p_1": [0.5, 0.8]}, loss="accuracy", target="y", prediction="p_*")


def test_probabilities_are_no_labels():
    data = {"y": [0, 1, 1], "p": [0.25, 0.75, 1.0], "stars": [0.5, 1.5, 1.0]}
    with pytest.raises(UsageError, match=r"'p' holds numbers such as 0\.25 where the labels of the target are whole"):
        score(data, loss="accuracy", target="y", prediction="p")
    assert score(data, loss="accuracy", target="stars", prediction="p").figure.value == pytest.approx(1 / 3)
    with pytest.raises(
        UsageError, match="'st.' is 1 column: stars; name it, as in prediction=\"stars\"".replace("st.", r"st\*")
    ):
        score(data, loss="mae", target="y", prediction="st*")


def test_the_query_finds_the_same(path):
    duckdb = pytest.importorskip("duckdb")
    text = write_query(path, **ASKED, prediction="pred", form=TextFormat())
    assert duckdb.sql(text).fetchall()[0][-1] == pytest.approx(accuracy_score(WAS, SAID), rel=1e-12)
