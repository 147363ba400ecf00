"""The rows that cost most, against sorting them all."""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossary.report import UsageError, score
from lossary.report.measure.one_model.worst import Worst

scoring = sys.modules["lossary.report.score"]
rng = np.random.default_rng(51)


def worst(columns, **options):
    return score(columns, **{"loss": "squared_error", "target": "y", "prediction": "p", **options}).worst


KEYS = st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, float("inf")]), min_size=1, max_size=30)


@given(KEYS, KEYS, st.integers(0, 8), st.randoms())
@settings(max_examples=150, deadline=None)
def test_of_equals_the_first_rows_are_kept_in_whatever_order_they_come(first, second, size, chance):
    rows = [(key, path, number) for path, keys in (("a", first), ("b", second)) for number, key in enumerate(keys)]
    expected = sorted(rows, key=lambda row: (-row[0], row[1], row[2]))[:size]

    def add(kept, some):
        for path in {path for _, path, _ in some}:
            keys, numbers = zip(*((key, number) for key, where, number in some if where == path), strict=True)
            kept.add(np.array(keys), path, np.array(numbers), lambda i: {"key": keys[i], "path": path, "number": numbers[i]})  # noqa: B023

    chance.shuffle(rows)
    whole, left, right = Worst(size), Worst(size), Worst(size)
    add(whole, rows)
    cut = chance.randint(0, len(rows))
    add(left, rows[:cut])
    add(right, rows[cut:])
    left.merge(right)
    for found in (whole, left):
        assert [tuple(row.values()) for _, row in found.rows] == expected


@pytest.mark.parametrize("weight", [None, "w"])
def test_rows_are_listed_by_their_weighted_loss_with_all_that_is_known_of_them(tmp_path, weight):
    n = 500
    table = pa.table(
        {
            "y": rng.normal(size=n),
            "p": rng.normal(size=n),
            "w": rng.gamma(1, size=n),
            "k": [f"k{i}" for i in range(n)],
            "g": pa.array(rng.choice(["a", None, "b"], n).tolist()),
            "h": rng.integers(0, 5, n),
        }
    )
    path = tmp_path / "x.parquet"
    pq.write_table(table, path)
    found = worst(path, weight=weight, id="k", group=["g", "h"], worst=7)
    rows = table.to_pylist()
    cost = [(row["w"] if weight else 1) * (row["p"] - row["y"]) ** 2 for row in rows]
    order = sorted(range(n), key=lambda i: -cost[i])[:7]
    assert [row["row"] for row in found] == order
    for row, i in zip(found, order, strict=True):
        assert row["file"] == str(path)
        assert (row["id"], row["prediction"], row["target"]) == (rows[i]["k"], rows[i]["p"], rows[i]["y"])
        assert row["groups"] == {"g": rows[i]["g"], "h": rows[i]["h"]}
        assert row["weight"] == (rows[i]["w"] if weight else 1.0)
        assert row["loss"] == pytest.approx((rows[i]["p"] - rows[i]["y"]) ** 2, rel=1e-15)


def test_files_batches_and_workers_may_be_any_number(tmp_path, monkeypatch):
    paths = []
    for k in range(4):
        paths.append(tmp_path / f"{k}.parquet")
        columns = {"y": np.zeros(700), "p": rng.integers(0, 3, 700), "k": np.arange(700) + 700 * k}
        pq.write_table(pa.table(columns), paths[-1])
    expected = worst(paths, id="k", worst=25)
    assert [(row["file"], row["row"]) for row in expected] == sorted((row["file"], row["row"]) for row in expected)
    monkeypatch.setattr(scoring, "BATCH_NUMBERS", 256)
    for order, workers in ((paths, 3), (paths[::-1], 1), (paths[::-1], 5)):
        assert worst(order, id="k", worst=25, workers=workers) == expected


def test_none_a_few_or_more_than_there_are_may_be_asked_for():
    columns = {"y": [0.0, 0.0, 0.0], "p": [1.0, 3.0, 2.0]}
    assert worst(columns, worst=0) == ()
    assert [row["row"] for row in worst(columns, worst=2)] == [1, 2]
    assert [row["row"] for row in worst(columns, worst=99)] == [1, 2, 0]
    with pytest.raises(UsageError, match="0 or more; got -1"):
        worst(columns, worst=-1)


def test_infinite_losses_come_first_and_weight_0_makes_any_loss_nothing():
    columns = {"y": [0.0, 0.0, 0.0, 0.0], "p": [1.0, np.inf, 5.0, -np.inf], "w": [1, 1, 1, 0]}
    assert [row["row"] for row in worst(columns)] == [1, 3, 2, 0]
    assert [row["row"] for row in worst(columns, weight="w")] == [1, 2, 0]
    assert [row["loss"] for row in worst(columns, weight="w")] == [np.inf, 25.0, 1.0]


def test_rows_that_were_skipped_are_not_listed_and_the_others_keep_their_numbers():
    columns = {"y": [0.0, np.nan, 0.0, 0.0], "p": [1.0, 9.0, np.nan, 2.0]}
    assert [(row["row"], row["loss"]) for row in worst(columns, skip_invalid=True)] == [(3, 4.0), (0, 1.0)]


def test_classes_are_called_by_their_names():
    rows = worst({"y": [0, 2], "p": rng.normal(size=(2, 3))}, loss="cross_entropy", classes="cat,dog,eel")
    assert {row["target"] for row in rows} == {"cat", "eel"}
    assert all(len(row["prediction"]) == 3 for row in rows)
    (row,) = worst({"y": ["yes"], "p": [-1.0]}, loss="binary_cross_entropy", classes="no,yes")
    assert (row["target"], row["prediction"]) == ("yes", -1.0)
    (row,) = worst({"y": np.array([[0.25, 0.75]]), "p": np.array([[0.5, 0.5]])}, loss="cross_entropy", given="probabilities")
    assert row["target"] == [0.25, 0.75]
