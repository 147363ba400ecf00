"""Comparisons without an id, by ids of several columns, and what they say of themselves: against NumPy."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lossary.report import BadDataError, UsageError, compare, score

rng = np.random.default_rng(41)
N = 500
Y = rng.normal(size=N)
A = {"y": Y, "p": Y + rng.normal(size=N), "g": np.arange(N) % 3}
B = {"y": Y, "p": Y + 0.5 * rng.normal(size=N)}
DIFFERENCE = np.mean((B["p"] - Y) ** 2 - (A["p"] - Y) ** 2)
OPTIONS = {"loss": "mse", "target": "y", "prediction": "p"}


def test_rows_are_compared_place_by_place_without_an_id(tmp_path):
    for k, rows in enumerate((slice(0, 200), slice(200, N))):
        pq.write_table(pa.table({name: x[rows] for name, x in A.items()}), tmp_path / f"a-{k}.parquet", row_group_size=70)
    pd.DataFrame(B).to_csv(tmp_path / "b.csv", index=False)
    expected = compare(A | {"k": np.arange(N)}, B | {"k": np.arange(N)}, id="k", group="g", **OPTIONS).to_dict()
    for one, other in ((A, B), (str(tmp_path / "a-*.parquet"), tmp_path / "b.csv")):
        found = compare(one, other, group="g", **OPTIONS)
        assert found.difference == pytest.approx(DIFFERENCE, rel=1e-13)
        assert found.id is None
        assert "place by place" in str(found)
        assert "place by place" in found.to_html()
        document = found.to_dict()
        for key in ("interval", "wins", "breakdowns", "changed", "count"):
            assert document[key] == expected[key]


def test_places_are_refused_where_they_cannot_be_the_same_rows():
    with pytest.raises(UsageError, match=r"without an id.*equally many; got 500 and 499; .*id=\"row\""):
        compare(A, {name: x[1:] for name, x in B.items()}, **OPTIONS)
    with pytest.raises(BadDataError, match=r"same target; row 1 \(index 0\) has target .* if their order differs"):
        compare(A, {name: x[::-1] for name, x in B.items()}, **OPTIONS)


def test_rows_that_cannot_be_scored_keep_their_place():
    a, b = A | {"p": A["p"].copy()}, B | {"p": B["p"].copy()}
    a["p"][3], b["p"][[7, 8]] = np.nan, np.nan
    kept = np.delete(np.arange(N), [3, 7, 8])
    found = compare(a, b, skip_invalid=True, **OPTIONS)
    assert (found.count, found.only_a, found.only_b) == (N - 3, 2, 1)
    assert found.difference == pytest.approx(np.mean(((B["p"] - Y) ** 2 - (A["p"] - Y) ** 2)[kept]), rel=1e-13)


def test_ids_of_several_columns(tmp_path):
    keys = {"site": np.array(["a", "b, c", "b", "007"])[np.arange(N) % 4], "day": (np.arange(N) // 4).astype(float)}
    one, other = pd.DataFrame(A | keys), pd.DataFrame(B | keys).sample(frac=1, random_state=1)
    other["day"] = other["day"].astype(int)
    other.to_csv(tmp_path / "b.csv", index=False)
    for id in (["site", "day"], "site,day"):
        for data in (other, tmp_path / "b.csv"):
            found = compare(one, data, id=id, **OPTIONS)
            assert (found.count, found.only_a) == (N, 0)
            assert found.difference == pytest.approx(DIFFERENCE, rel=1e-13)
            assert found.id == "site, day"
    worst = score(one, id=["site", "day"], **OPTIONS).worst[0]
    i = int(np.argmax((A["p"] - Y) ** 2))
    assert worst["id"] == f"{keys['site'][i]}, {i // 4}".replace("b, c", "b\\, c")
    assert not score(one, id="site,day", **OPTIONS).warnings
    assert "an earlier row has" in score(one, id="site", **OPTIONS).warnings[0]
    with pytest.raises(BadDataError, match="occurs 2 times"):
        compare(pd.concat([one, one[:1]]), other, id=["site", "day"], **OPTIONS)
    with pytest.raises(UsageError, match="no column 'shop' for the id"):
        compare(one, other, id="site,shop", **OPTIONS)


def test_commas_within_ids_do_not_make_them_alike():
    a = {"y": [0.0, 0.0], "p": [1.0, 2.0], "s": ["a, b", "a"], "t": ["c", "b, c"]}
    found = compare(a, a, id=["s", "t"], **OPTIONS)
    assert (found.count, found.verdict) == (2, "equal")


def test_a_comparison_says_what_was_compared():
    clusters = {"house": np.arange(N) // 50}
    found = compare(A | clusters, B | {"q": B["p"]}, prediction_b="q", cluster="house", **OPTIONS)
    assert found.columns == {
        "target": "y",
        "prediction": "p",
        "prediction_b": "q",
        "weight": None,
        "group": None,
        "id": None,
        "cluster": "house",
        "run": None,
        "time": None,
    }
    assert found.clusters == 10
    assert "rest on 10 clusters of 'house'" in found.warnings[0]
    assert found.a.root == pytest.approx(np.sqrt(np.mean((A["p"] - Y) ** 2)), rel=1e-14)
    assert "target y, prediction p, prediction of B q" in str(found)
    assert f"its root {found.a.root:.4g}" in found.to_html()
    assert not compare(A | {"house": np.arange(N) // 10}, B, cluster="house", **OPTIONS).warnings
    scored = score(A | clusters, cluster="house", **OPTIONS)
    assert scored.clusters == 10
    assert "rest on 10 clusters" in scored.warnings[0]
    logits = {"y": [0, 1], "z": [-2.0, 1.0]}
    found = compare(logits, logits, loss="bce", target="y", prediction="z")
    assert (found.to_dict()["given"], found.clusters) == ("logits", None)
    assert "given as logits" in str(found)


def test_wins_on_most_rows_that_are_worse_on_average_are_explained():
    y = np.zeros(100)
    a = {"y": y, "p": np.ones(100)}
    b = {"y": y, "p": np.where(np.arange(100) < 10, 6.0, 0.9)}
    found = compare(a, b, loss="mae", target="y", prediction="p")
    assert (found.verdict, found.wins, found.losses) == ("worse", 90, 10)
    (note,) = [note for note in found.notes if "yet" in note]
    assert "smaller loss on 90 rows and the larger on 10, yet is worse on average: by 0.1 on average" in note
    assert "by 5 on the latter" in note
    (note,) = [note for note in compare(b, a, loss="mae", target="y", prediction="p").notes if "yet" in note]
    assert "larger loss on 90 rows and the smaller on 10, yet is better on average: by 0.1" in note


def test_the_root_of_a_mean_of_squares_is_found_and_shown():
    found = score(A, **OPTIONS)
    rmse = np.sqrt(np.mean((A["p"] - Y) ** 2))
    assert found.root.value == pytest.approx(rmse, rel=1e-14)
    assert found.to_dict()["root"]["name"] == "rmse"
    assert found.root.interval.low == pytest.approx(np.sqrt(found.interval.low), rel=1e-14)
    assert f"{rmse:.4f}" in found.to_html()
    assert score(A, **OPTIONS | {"loss": "mae"}).root is None
