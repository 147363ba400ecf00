"""A column of probabilities for each of two classes: the scores of the column of the event alone."""

import dataclasses

import duckdb
import numpy as np
import pytest

from lossary.cli.guess import command_for
from lossary.report import BadDataError, UsageError, compare, score
from lossary.report.query import write_query
from lossary.report.read.form import TextFormat

rng = np.random.default_rng(4)
N = 50
P = rng.random(N)
Y = rng.integers(0, 2, N)
WORDS = np.array(["no", "Yes"])[Y]
TABLE = {"y": Y, "word": WORDS, "proba_1": P, "proba_0": 1 - P, "p_yes": P, "p_No": 1 - P, "isTrue": P, "isFalse": 1 - P}
ALONE = {"loss": "bce", "given": "probabilities", "target": "y", "prediction": "proba_1", "also": "mse,bce"}


@pytest.mark.parametrize(
    "options",
    [
        {"prediction": "proba_*"},
        {"prediction": "proba_1,proba_0", "given": "probabilities"},
        {"prediction": ["proba_0", "proba_1"]},
        {"prediction": "is*"},
        {"prediction": "p_*", "target": "word", "classes": "no,yes"},
        {"prediction": "p_*", "target": "word", "classes": ["No", "Yes"]},
    ],
)
def test_two_columns_are_the_prediction_of_the_second_class(options):
    target = {"target": "word", "classes": "no,yes"} if "classes" in options else {}
    expected = score(TABLE, **ALONE | target)
    found = score(TABLE, **{**ALONE, "given": None} | options)
    named = ("classes", "columns", "findings", "constant")
    for field in dataclasses.fields(expected):
        if field.name not in (*named, "confusion", "breakdowns", "worst", "call"):
            assert getattr(found, field.name) == getattr(expected, field.name), field.name
    assert found.confusion.counts == expected.confusion.counts
    first, second = (name.casefold() for name in found.classes.values())
    assert (first[-2:], second[-2:]) in (("_0", "_1"), ("no", "es"), ("se", "ue"))
    (note,) = (one for one in found.findings if one.code == "L604")
    assert f"{list(found.classes.values())[1]!r}, are one prediction" in note.message
    assert str(found).splitlines()[2].startswith("  classes  ")


def test_rows_that_do_not_sum_to_1_are_refused():
    wrong = TABLE | {"proba_0": np.where(np.arange(N) == 7, 0.5, 1 - P)}
    with pytest.raises(
        BadDataError, match=r"row 8 \(index 7\), column 'proba_\*': the row sums to .*\n.*\n.*the column of the event"
    ):
        score(wrong, **ALONE | {"prediction": "proba_*"})
    found = score(wrong, skip_invalid=True, **ALONE | {"prediction": "proba_*"})
    assert (found.count, dict(found.invalid)) == (N - 1, {"prediction sum": 1})
    near = TABLE | {"proba_0": (1 - P).round(4), "proba_1": P.round(4)}
    assert score(near, **ALONE | {"prediction": "proba_*"}).count == N
    half = {"y": Y, "proba_0": (1 - P).astype(np.float16), "proba_1": P.astype(np.float16)}
    assert score(half, **ALONE | {"prediction": "proba_*"}).count == N
    with pytest.raises(BadDataError, match="got NaN; every row has a number"):
        score(TABLE | {"proba_0": np.where(np.arange(N) == 7, np.nan, 1 - P)}, **ALONE | {"prediction": "proba_*"})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"prediction": "proba_*", "given": "logits"},
            "holds probabilities, which sum to 1; got given=\"logits\" for 'proba_\\*'",
        ),
        ({"prediction": "p_*"}, "those of 'No' and 'yes'; name the classes .* classes=\"No,yes\""),
        ({"prediction": "p_*", "target": "word", "classes": "a,b"}, "matched to the classes by name"),
        ({"prediction": "proba_*,isTrue"}, "takes one prediction per row"),
        ({"prediction": "p_yes", "loss": "hinge", "classes": "-1,1"}, "hinge is of raw scores; write 0 and 1 into the target"),
        ({"prediction": "p_yes", "loss": "mse", "classes": "-1,1"}, "squared_error has none; leave it out"),
        ({"prediction": "proba_*", "loss": "mse"}, "takes one prediction per row"),
    ],
)
def test_what_is_not_clear_is_refused(options, said):
    with pytest.raises(UsageError, match=said):
        score(TABLE, **{**ALONE, "also": (), "given": None} | options)


def test_comparisons_queries_and_guesses(tmp_path):
    (tmp_path / "x.csv").write_text(
        "id,target,proba_0,proba_1\n" + "".join(f"{k},{Y[k]},{1 - P[k]},{P[k]}\n" for k in range(N))
    )
    both = compare(TABLE, TABLE, loss="bce", target="y", prediction="proba_*", prediction_b="is*")
    assert (both.difference, both.ties) == (0, N)
    assert [note[:3] for note in both.notes if "are one prediction" in note] == ["A: ", "B: "]
    options = {"loss": "bce", "target": "target", "prediction": "proba_*", "also": "mse"}
    query = write_query(tmp_path / "x.csv", form=TextFormat(), **options)
    assert duckdb.sql(query).fetchall()[0][4:] == pytest.approx((score(TABLE, **ALONE).mean, ((P - Y) ** 2).mean()), rel=1e-12)
    expected = ["--loss", "binary_cross_entropy", "--given", "probabilities"]
    expected += ["--id", "id", "--target", "target", "--prediction", "proba_*"]
    assert command_for([tmp_path / "x.csv"], TextFormat()) == expected


@pytest.mark.parametrize(
    ("words", "classes"), [(("no", "yes"), "no,yes"), (("-1", "1"), "-1,1"), ((-1, 1), "-1,1"), ((1, 2), "1,2")]
)
def test_other_names_of_two_classes(words, classes):
    named = TABLE | {"word": np.array(words)[Y]}
    found = score(named, **ALONE | {"target": "word", "classes": classes})
    assert found.mean == score(TABLE, **ALONE).mean
    assert list(found.classes) == classes.split(",")
