"""Classes of two files are matched by name, in whatever order their columns stand: against pandas."""

import numpy as np
import pandas as pd
import pytest
import scipy.special

from lossary.report import BadDataError, UsageError, compare, score

rng = np.random.default_rng(29)
NAMES = ["cat", "dog", "emu"]


def compared(a, b, **options):
    return compare(a, b, **{"id": "k", "loss": "cross_entropy", "target": "y", "prediction": "p_*", **options})


def frame(n=60, names=NAMES, kind="text"):
    """Logits by class, and a target as text, as whole numbers, one-hot or soft."""
    z = rng.normal(size=(n, len(names)))
    found = {"k": np.arange(n), **{f"p_{name}": z[:, k] for k, name in enumerate(names)}}
    y = rng.integers(0, len(names), n)
    hot = rng.dirichlet(np.ones(len(names)), n) if kind == "soft" else np.eye(len(names))[y]
    if kind in ("text", "whole"):
        return pd.DataFrame(found | {"y": np.array(names)[y] if kind == "text" else y})
    return pd.DataFrame(found | {f"t_{name}": hot[:, k] for k, name in enumerate(names)})


@pytest.mark.parametrize("kind", ["text", "one-hot", "soft"])
def test_a_file_equals_itself_in_whatever_order_its_columns_are_listed(kind):
    table = frame(kind=kind)
    options = {"target": "y" if kind == "text" else "t_*", "prediction": [f"p_{name}" for name in NAMES]}
    for order in (["emu", "cat", "dog"], ["dog", "cat", "emu"]):
        found = compared(table, table, **options, prediction_b=[f"p_{name}" for name in order])
        assert (found.verdict, found.ties, found.difference) == ("equal", 60, 0.0)


def test_labels_and_distributions_are_the_same_target():
    one, hot = frame(), frame()
    y = one.y.map(NAMES.index).to_numpy()
    hot["y"] = np.eye(3)[y].tolist()
    first, second = (table[[f"p_{name}" for name in NAMES]].to_numpy() for table in (one, hot))
    differences = [np.subtract(*(-scipy.special.log_softmax(z, axis=1)[range(60), y] for z in (second, first)))]
    found = compared(one, hot)
    assert found.difference == pytest.approx(np.mean(differences), rel=1e-12)
    assert compared(hot, one).difference == pytest.approx(-np.mean(differences), rel=1e-12)
    hot.at[3, "y"] = np.roll(hot.y[3], 1).tolist()
    with pytest.raises(BadDataError, match=f"the row of id 3 has target {one.y[3]} in A and \\[.*\\] in B"):
        compared(one, hot)


def test_every_target_of_another_class_is_refused_though_its_place_is_the_same():
    a = pd.DataFrame({"k": [1, 2], "y": ["cat", "dog"], "p_cat": [2.0, 0.0], "p_dog": [0.0, 2.0]})
    b = a.assign(y=["dog", "cat"])
    with pytest.raises(BadDataError, match="the row of id 1 has target cat in A and dog in B"):
        compared(a, b, prediction=["p_cat", "p_dog"], prediction_b=["p_dog", "p_cat"])


def test_the_predicted_class_and_the_breakdown_go_by_name():
    a = frame()
    b = a.assign(**{f"p_{name}": rng.normal(size=60) for name in NAMES})
    expected = compared(a, b)
    found = compared(a, b, prediction=[f"p_{n}" for n in NAMES], prediction_b=["p_emu", "p_dog", "p_cat"])
    assert found.difference == pytest.approx(expected.difference, rel=1e-12)
    assert {part.name: part.count for part in found.breakdowns[0].parts} == a.y.value_counts().to_dict()
    largest = b[[f"p_{n}" for n in NAMES]].idxmax(axis=1).str.removeprefix("p_")
    for row in found.changed["better"]:
        assert (row["prediction_b"], row["target"]) == (largest[row["id"]], a.y[row["id"]])


def test_other_classes_are_refused_by_name():
    a = frame()
    for names, told in (
        (["fig", "gum", "hop"], "only A has cat, dog, emu; only B has fig, gum, hop"),
        (["cat", "dog"], "only A has emu; name both"),
        ([*NAMES, "fox"], "only B has fox; name both"),
        (["0", "1", "2"], "only A has cat, dog, emu; only B has 0, 1, 2"),
    ):
        with pytest.raises(UsageError, match=f"A and B predict the same classes, which are matched by name; {told}"):
            compared(a.assign(y=0), frame(names=names, kind="whole").assign(y=0))
    # numbers are their values, a list column has places, and --classes names what has no name of its own
    one, two = frame(names=["1", "2"], kind="whole").assign(y=1), frame(names=["01", "02"], kind="whole").assign(y=1)
    assert compared(one, two).count == 60
    listed = pd.DataFrame({"k": a.k, "y": a.y, "p_list": a[[f"p_{n}" for n in NAMES]].values.tolist()})
    with pytest.raises(UsageError, match="only A has cat, dog, emu; only B has 0, 1, 2"):
        compared(a, listed.assign(y=0), prediction_b="p_list")
    assert compared(a, listed, prediction_b="p_list", classes=NAMES).verdict == "equal"


def test_whole_numbers_and_text_are_the_same_binary_target():
    a = {"k": [1, 2, 3], "y": ["no", "yes", "no"], "p": [0.1, 0.2, 0.3]}
    b = {"k": [3, 2, 1], "y": [0, 1, 0], "p": [0.3, 0.2, 0.1]}
    options = {"loss": "bce", "prediction": "p", "classes": "no,yes", "given": "probabilities"}
    assert compared(a, b, **options).verdict == "equal"
    with pytest.raises(BadDataError, match="the row of id 2 has target yes in A and no in B"):
        compared(a, b | {"y": [0, 0, 0]}, **options)


def test_a_target_rounded_to_fewer_digits_is_the_same_target():
    y = rng.normal(size=40)
    for kind in (np.float32, np.float16):
        a = {"k": np.arange(40), "y": y, "p": y + 1}
        for one, other in ((a, a | {"y": y.astype(kind)}), (a | {"y": y.astype(kind)}, a)):
            found = compared(one, other, loss="mse", prediction="p")
            assert (found.verdict, found.ties) == ("equal", 40)  # both losses are of the same target
    a = {"k": [1], "y": np.array([[0.1, 0.9]]), "p": np.zeros((1, 2))}
    assert compared(a, a | {"y": a["y"].astype(np.float32)}, prediction="p").count == 1
    with pytest.raises(BadDataError, match=r"has target 0.1 in A and 0.1000001 in B"):
        compared({"k": [1], "y": [0.1], "p": [1.0]}, {"k": [1], "y": [0.1000001], "p": [1.0]}, loss="mse", prediction="p")


def test_a_column_scored_against_itself_is_refused():
    y = np.array([1.0, 2.0])
    with pytest.raises(UsageError, match="prediction and target are different arrays; got one for both"):
        score(None, loss="mse", target=y, prediction=y)
    assert score(None, loss="mse", target=y, prediction=y.copy()).mean == 0
    with pytest.raises(UsageError, match="prediction and target are different columns; got 'y_1' for both"):
        score({"y_1": y / 2, "y_2": y / 2}, loss="cross_entropy", target=["y_1", "y_2"], prediction=["y_1", "y_2"])
    with pytest.raises(UsageError, match="prediction and target are different columns; got 'y' for both"):
        compared({"k": [1], "y": [1.0]}, {"k": [1], "y": [1.0], "p": [1.0]}, loss="mse", prediction="y", prediction_b="p")


@pytest.mark.parametrize("kind", [np.int64, str])
def test_classes_named_by_large_whole_numbers_are_told_apart(kind):
    names = [2**53, 2**53 + 1]  # one number in float64
    table = {"y": np.array(names).astype(kind), f"p_{names[0]}": np.array([0.9, 0.2]), f"p_{names[1]}": np.array([0.1, 0.8])}
    found = score(table, loss="cross_entropy", given="probabilities", target="y", prediction="p_*")
    assert found.mean == pytest.approx(-(np.log(0.9) + np.log(0.8)) / 2, rel=1e-14)


LOGITS = {"P Cat": [2.0, 0.0, 0.0], "P Dog": [0.0, 3.0, 0.0], "P Bird": [0.0, 0.0, 4.0]}
LABELLED = LOGITS | {"y": ["cat", "dog", "bird"]}
RIGHT = np.mean(-scipy.special.log_softmax(np.array(list(LOGITS.values())).T, axis=1)[range(3), range(3)])


@pytest.mark.parametrize("classes", [None, "cat,dog,bird", "bird,cat,dog"])
@pytest.mark.parametrize("prediction", ["P *", list(LOGITS), "P Dog,P Bird,P Cat"])
def test_classes_are_matched_without_regard_to_case(prediction, classes):
    found = score(LABELLED, loss="ce", given="logits", target="y", prediction=prediction, classes=classes)
    assert found.mean == pytest.approx(RIGHT)
    assert {name.casefold(): column for name, column in found.classes.items()} == {
        "cat": "P Cat",
        "dog": "P Dog",
        "bird": "P Bird",
    }
    assert "P Dog" in str(found)
    assert not found.warnings


def test_names_that_differ_in_case_alone_are_different_classes():
    columns = {"y": ["a", "A"], "p_a": [0.0, 1.0], "p_A": [1.0, 3.0]}
    expected = np.mean(np.log1p(np.exp([1.0, -2.0])))
    for classes in (None, "A,a", "a,A"):
        found = score(columns, loss="ce", given="logits", target="y", prediction="p_*", classes=classes)
        assert found.mean == pytest.approx(expected)
    with pytest.raises(BadDataError, match="a label is one of"):  # neither, since both would do
        score(columns | {"p_a": [0.0] * 2, "y": ["\u017f"] * 2}, loss="ce", given="logits", target="y", prediction="p_*")


def test_classes_that_no_column_is_named_after_are_laid_on_in_order_and_that_is_said():
    columns = {"y": ["cat", "dog"], "x_b": [0.0, 3.0], "x_a": [2.0, 0.0]}
    options = {"loss": "ce", "target": "y", "prediction": "x_*", "classes": "cat,dog"}
    for found in (score(columns, **options), compare(columns, columns, id="y", **options)):
        assert "cat = x_a, dog = x_b" in found.warnings[0]
    assert score(columns, **options).mean == pytest.approx(np.mean(np.log1p(np.exp([-2.0, -3.0]))))


def test_columns_of_a_frame_name_the_classes_of_arrays():
    frame = pd.DataFrame(LOGITS)
    for prediction in (frame, frame[["P Bird", "P Cat", "P Dog"]]):
        found = score(None, loss="ce", given="logits", target=np.array(LABELLED["y"]), prediction=prediction)
        assert found.mean == pytest.approx(RIGHT)


@pytest.mark.parametrize("target", [["1", "2", "tie"], ["1", "2", "2"], [1, 2, 2]])
def test_listed_columns_drop_what_they_share(target):
    z = {"p1": [3.0, 0.0, 0.0], "ptie": [0.0, 0.0, 2.0], "p2": [0.0, 1.0, 4.0]}
    expected = np.mean(
        [
            np.log(np.exp(z["p1"][i]) + np.exp(z["ptie"][i]) + np.exp(z["p2"][i])) - z[f"p{label}"][i]
            for i, label in enumerate(target)
        ]
    )
    found = score(z | {"y": target}, loss="ce", given="logits", target="y", prediction="p1,ptie,p2")
    assert found.mean == pytest.approx(expected)
    assert found.classes == {"1": "p1", "tie": "ptie", "2": "p2"}
    named = score(z | {"y": [f"p{label}" for label in target]}, loss="ce", given="logits", target="y", prediction="p1,ptie,p2")
    assert named.mean == pytest.approx(expected)


def test_the_more_specific_glob_gets_its_columns():
    columns = {"prob1": [0.5, 0.25], "prob2": [0.5, 0.75], "prob1_outcome": [1.0, 0.0], "prob2_outcome": [0.0, 1.0]}
    options = {"loss": "ce", "given": "probabilities"}
    found = score(columns, target="prob*_outcome", prediction="prob*", **options)
    assert found.mean == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2)
    swapped = {name.replace("prob", "t") if "outcome" in name else f"{name}_hat": x for name, x in columns.items()}
    renamed = {name.replace("t1_outcome", "prob1").replace("t2_outcome", "prob2"): x for name, x in swapped.items()}
    assert score(renamed, target="prob*", prediction="prob*_hat", **options).mean == found.mean


@pytest.mark.parametrize(
    ("columns", "options", "sentence"),
    [
        ({"y": ["A", "H"]}, {}, 'Pass classes="A,H" if the prediction is that of H, or classes="H,A" if it is that of A'),
        ({"y": [-1, 1]}, {}, 'Pass classes="-1,1" if the prediction is that of 1'),
        ({"p": [73.0, 12.5]}, {"given": "probabilities"}, "If these are percentages, divide them by 100"),
        ({"p": [-3.0, 12.5]}, {"given": "probabilities"}, 'pass given="logits"'),
        ({"p": ["73%", "12%"]}, {"given": "probabilities"}, "without the percent sign"),
        ({"p": [73.0, 12.5]}, {}, "as percentages do"),
    ],
)
def test_errors_advise_what_leads_to_the_right_score(columns, options, sentence):
    with pytest.raises((BadDataError, UsageError)) as error:
        score({"y": [0, 1], "p": [0.5, 0.5]} | columns, loss="bce", target="y", prediction="p", **options)
    assert sentence in str(error.value)
