"""Is B better than A? Against pandas' merge and SciPy's paired statistics; the same for any order and any files."""

import dataclasses
import decimal
import json
import math
import os
import subprocess
import sys
import uuid

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.special
import scipy.stats
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from lossary.report import BadDataError, ReportError, UnreadableError, UsageError, compare, score
from lossary.report.measure.statistics.resample import BUCKETS
from lossary.report.read.identity import scatter

join_module = __import__("lossary.report.measure.rows.join", fromlist=["ROWS"])
rng = np.random.default_rng(91)


def sides(rows=400, better=0.5, **columns):
    """Predictions A and B of mostly the same rows, in another order."""
    y = rng.normal(size=rows)
    a = {"k": np.arange(rows), "y": y, "p": y + rng.normal(size=rows), "w": rng.gamma(1, size=rows), **columns}
    b = {"k": np.arange(rows), "y": y, "p": y + better * (a["p"] - y) + 0.3 * rng.normal(size=rows)}
    order = rng.permutation(rows)[: rows - 20]
    b = {name: values[order] for name, values in b.items()}
    b["k"], b["y"], b["p"] = (np.append(b[name], extra) for name, extra in (("k", 10_000), ("y", 0.5), ("p", 0.25)))
    return a, b


def compared(a, b, **options):
    return compare(a, b, **{"id": "k", "loss": "squared_error", "target": "y", "prediction": "p", **options})


def merged(a, b):
    frame = pd.DataFrame(a).merge(pd.DataFrame(b), on="k", suffixes=("_a", "_b"))
    frame["loss_a"], frame["loss_b"] = ((frame[f"p_{side}"] - frame[f"y_{side}"]) ** 2 for side in "ab")
    frame["difference"] = frame.loss_b - frame.loss_a
    return frame


def ends(interval):
    return interval.low, interval.high


@pytest.mark.parametrize("weight", [None, "w"])
def test_the_difference_is_that_of_the_rows_that_both_have(weight):
    a, b = sides()
    found, frame = compared(a, b, weight=weight, level=0.9), merged(a, b)
    w = frame.w if weight else np.ones(len(frame))
    assert (found.count, found.only_a, found.only_b) == (380, 20, 1)
    assert (found.a.rows, found.b.rows) == (400, 381)
    assert found.weight == pytest.approx(w.sum(), rel=1e-14)
    assert found.a.mean == pytest.approx(np.average(frame.loss_a, weights=w), rel=1e-13)
    assert found.b.mean == pytest.approx(np.average(frame.loss_b, weights=w), rel=1e-13)
    assert found.difference == pytest.approx(np.average(frame.difference, weights=w), rel=1e-12)
    assert found.relative == pytest.approx(found.difference / found.a.mean)
    assert found.wins == (frame.difference < 0).sum()
    assert found.losses == (frame.difference > 0).sum()
    assert found.ties == 0
    fitted = sm.WLS(frame.difference, np.ones(len(frame)), weights=w).fit(cov_type="HC1")
    assert ends(found.interval) == pytest.approx(fitted.conf_int(0.1).to_numpy()[0], rel=1e-10)
    assert found.verdict == "better"
    if not weight:
        paired = scipy.stats.norm.interval(0.9, frame.difference.mean(), scipy.stats.sem(frame.difference))
        assert ends(found.interval) == pytest.approx(paired, rel=1e-10)
        one, other = (score(side, loss="mse", target="y", prediction="p") for side in (a, b))
        apart = sum((np.subtract(*ends(side.interval)) / 2) ** 2 for side in (one, other)) ** 0.5
        assert np.subtract(*ends(found.interval)[::-1]) / 2 < apart  # what makes a row hard for both cancels out


def test_each_group_and_class_has_its_own_difference():
    n = 500
    y, z = rng.integers(0, 3, n), rng.normal(size=(n, 3))
    a = {"k": np.arange(n), "y": y, "p": z, "g": rng.choice(["north", "south"], n)}
    b = {"k": np.arange(n)[::-1], "y": y[::-1], "p": z[::-1] * 2}
    found = compared(a, b, loss="cross_entropy", group="g", classes="a,b,c")
    la, lb = (-scipy.special.log_softmax(p, axis=1)[np.arange(n), y] for p in (z, 2 * z))
    d = lb - la
    for breakdown, values in zip(found.breakdowns, (a["g"], np.array(["a", "b", "c"])[y]), strict=True):
        assert breakdown.of == len(set(values))
        sizes = [abs(part.difference) * part.count for part in breakdown.parts]
        assert sizes == sorted(sizes, reverse=True)
        for part in breakdown.parts:
            own = values == part.name
            assert (part.count, part.weight) == (own.sum(), own.sum())
            assert part.mean_a == pytest.approx(la[own].mean(), rel=1e-12)
            assert part.mean_b == pytest.approx(lb[own].mean(), rel=1e-12)
            assert part.difference == pytest.approx(d[own].mean(), rel=1e-10)
            expected = scipy.stats.norm.interval(0.95, d[own].mean(), scipy.stats.sem(d[own]))
            assert ends(part.interval) == pytest.approx(expected, rel=1e-9)
            assert (part.wins, part.losses, part.ties) == ((d[own] < 0).sum(), (d[own] > 0).sum(), 0)


def test_clusters_and_the_bootstrap():
    places = scatter((np.arange(5000)).astype(np.uint64)) >> np.uint64(64 - BUCKETS.bit_length() + 1)
    names = np.sort(np.unique(places, return_index=True)[1])[:40]  # in buckets of their own
    a, b = sides(800, c=rng.choice(names, 800))
    found, frame = compared(a, b, cluster="c"), merged(a, b)
    groups = {"groups": frame.c}
    fitted = sm.OLS(frame.difference, np.ones(len(frame))).fit(cov_type="cluster", cov_kwds=groups, use_t=True)
    assert ends(found.interval) == pytest.approx(fitted.conf_int(0.05).to_numpy()[0], rel=1e-5)
    resampled = compared(a, b, interval="bootstrap")
    expected = scipy.stats.bootstrap(
        (frame.difference,), np.mean, method="percentile", n_resamples=4000, batch=100, rng=3
    ).confidence_interval
    width = expected.high - expected.low
    assert ends(resampled.interval) == pytest.approx((expected.low, expected.high), abs=0.1 * width)
    assert resampled.interval.method == "bootstrap"
    assert compared(a, b, interval="none").interval is None


def test_the_rows_that_changed_most():
    a, b = sides(g=rng.choice(["north", "south"], 400))
    frame = merged(a, b).sort_values("difference")
    found = compared(a, b, changed=5, group="g")
    for name, rows in (("better", frame.head(5)), ("worse", frame.tail(5)[::-1])):
        assert [row["id"] for row in found.changed[name]] == rows.k.tolist()
        for row, (_, expected) in zip(found.changed[name], rows.iterrows(), strict=True):
            values = {"loss_a": "loss_a", "loss_b": "loss_b", "difference": "difference", "prediction_a": "p_a"}
            values |= {"prediction_b": "p_b", "target": "y_a"}
            assert {name: row[name] for name in values} == {n: pytest.approx(expected[v]) for n, v in values.items()}
            assert row["groups"] == {"g": expected.g}
    assert compared(a, b, changed=0).changed == {"better": (), "worse": ()}
    same = compared(a, a)
    assert (same.verdict, same.ties, same.difference, same.changed) == ("equal", 400, 0.0, {"better": (), "worse": ()})
    assert str(same)
    assert sum(part["count"] for part in found.histogram) == found.count


def test_rows_that_changed_alike_are_listed_by_their_ids_whatever_their_order():
    n = 3000
    a = {"k": np.arange(n), "y": np.zeros(n), "p": np.ones(n), "c": np.arange(n) % 3}
    b = {"k": np.arange(n), "y": np.zeros(n), "p": rng.choice([0.0, 1.0, 2.0], n)}
    expected = compared(a, b, changed=7, cluster="c").changed
    for _ in range(3):
        one, other = (
            {name: values[order] for name, values in side.items()}
            for side, order in ((a, rng.permutation(n)), (b, rng.permutation(n)))
        )
        assert compared(one, other, changed=7, cluster="c").changed == expected


def content(found):
    plain = found.to_dict()
    for side in "ab":
        del plain[side]["files"]
    del plain["call"]
    for row in plain["changed"]["better"] + plain["changed"]["worse"]:
        row["id"] = str(row["id"])  # text, if one side has text
    return json.dumps(plain)


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "w"]), st.sampled_from([None, "c"]))
@settings(max_examples=4, deadline=None)
def test_rows_may_come_in_any_order_and_batches_have_any_size(seed, weight, cluster):
    draws = np.random.default_rng(seed)
    n = int(draws.integers(2, 500))
    y = draws.integers(0, 2, n)
    a = {
        "k": draws.permutation(n),
        "y": y,
        "p": draws.normal(size=n),
        "w": draws.gamma(1, size=n),
        "c": draws.integers(0, 9, n),
    }
    a["g"] = draws.integers(0, 20, n).astype(str)
    b = {"k": a["k"], "y": y, "p": draws.normal(size=n)}
    options = {"loss": "binary_cross_entropy", "group": ["g", "c"], "weight": weight, "cluster": cluster}
    expected = content(compared(a, b, **options))
    one, other = (
        {name: values[order] for name, values in side.items()}
        for side, order in ((a, draws.permutation(n)), (b, draws.permutation(n)))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(join_module, "ROWS", 64)
        patch.setattr("lossary.report.comparison.ROWS", 64)
        assert content(compared(one, other, **options)) == expected


def test_data_may_be_of_any_kind_on_either_side(tmp_path):
    a, b = sides(g=rng.choice(["x", None], 400).tolist())
    expected = content(compared(a, b, group="g"))
    for k, rows in enumerate((slice(0, 7), slice(7, 300), slice(300, 400))):
        pq.write_table(pa.table(a).slice(rows.start, rows.stop - rows.start), tmp_path / f"a-{k}.parquet")
    pd.DataFrame(b).to_csv(tmp_path / "b.csv", index=False)
    with duckdb.connect() as connection:
        connection.register("rows", pa.table(a))
        many_a = (tmp_path / "a-*.parquet", pa.table(a), pd.DataFrame(a), pl.DataFrame(a), connection.sql("select * from rows"))
        many_b = (tmp_path / "b.csv", pa.table(b), (tmp_path / "b.csv").as_uri(), pl.DataFrame(b), pd.DataFrame(b))
        for one, other in zip(many_a, many_b, strict=True):
            assert content(compared(one, other, group="g")) == expected
    assert compared(tmp_path / "a-*.parquet", b).a.files == tuple(str(tmp_path / f"a-{k}.parquet") for k in range(3))


def test_the_prediction_of_b_may_be_named_otherwise():
    a, b = sides()
    expected = compared(a, b)
    b["q"] = b.pop("p")
    named = compared(a, b, prediction_b="q")
    assert dataclasses.replace(named, columns=expected.columns) == expected


NUMBERS = [1, 2, 3, 10**14, 2**53 - 1]
IDS = {
    "int8 and int64": (pa.array([1, 2, 3, 4, 5], pa.int8()), pa.array([1, 2, 3, 4, 5])),
    "signed and unsigned": (pa.array(NUMBERS), pa.array(NUMBERS, pa.uint64())),
    "whole and float": (pa.array(NUMBERS), pa.array(NUMBERS, pa.float64())),
    "whole and text": (pa.array(NUMBERS), pa.array([str(k) for k in NUMBERS])),
    "large unsigned and text": (pa.array([2**64 - 1, 0, 1, 2, 3], pa.uint64()), pa.array([str(2**64 - 1), "0", "1", "2", "3"])),
    "text and views": (pa.array([*"abcd", "é"]), pa.array([*"abcd", "é"], pa.string_view())),
    "text and categories": (pa.array(list("abcde")), pa.array(list("abcde")).dictionary_encode()),
    "text and bytes": (pa.array(list("abcde")), pa.array([c.encode() for c in "abcde"])),
    "half and double": (pa.array(np.array([0.5, 1, 2, 3, 4], np.float16)), pa.array([0.5, 1, 2, 3, 4])),
    "dates and text": (pa.array(range(5), pa.date32()), pa.array([f"1970-01-0{k}" for k in range(1, 6)])),
    "bytes that are no text": (pa.array([b"\xff", b"\xfe", b"a", b"b", b""]),) * 2,
    "moments": (pa.array([1, 2, 3, 4, 5], pa.timestamp("ns")),) * 2,
    "bools and text": (pa.array([True, False]), pa.array(["true", "False"])),
    "zones": (
        pa.array([0, 10**12, 1_720_000_000_000], pa.timestamp("ms", "UTC")),
        pa.array([0, 10**15, 1_720_000_000_000_000], pa.timestamp("us", "Europe/London")),
    ),
    "instants and text": (
        pa.array([0, 10**9], pa.timestamp("s", "CET")),
        pa.array(["1970-01-01 00:00Z", "2001-09-09T01:46:40Z"]),
    ),
    "UUIDs and text": (
        pa.array([uuid.UUID(int=k << 60).bytes for k in range(1, 9)], pa.uuid()),
        pa.array([str(uuid.UUID(int=k << 60)) for k in range(1, 9)]),
    ),
    "days and midnights": (pa.array([0, 19_000], pa.date32()), pa.array([0, 19_000 * 86_400], pa.timestamp("s"))),
    "whole and decimal": (pa.array([1, 2, 2**40]), pa.array([1, 2, 2**40]).cast(pa.decimal128(30, 2))),
    "float and text": (pa.array([0.5, 1.0, 1e20, -0.0]), pa.array(["0.5", "1.0", "1e+20", "0"])),
    "decimal and float": (pa.array([decimal.Decimal("0.10"), decimal.Decimal("3.00")]), pa.array([0.1, 3.0])),
}


@pytest.mark.parametrize("name", IDS)
def test_ids_are_joined_by_what_they_are_however_they_are_stored(name):
    one, other = IDS[name]
    n = len(one)
    a = pa.table({"k": one, "y": np.zeros(n), "p": np.ones(n)})
    b = pa.table({"k": other, "y": np.zeros(n), "p": np.full(n, 2.0)})
    b = pa.concat_tables([b.slice(i, 1) for i in reversed(range(n))])
    for x, y in ((a, b), (b, a)):
        found = compared(x, y)
        assert (found.count, found.only_a, found.only_b) == (n, 0, 0)
    assert str(found)


def test_ids_that_look_alike_and_are_not():
    rows = {"y": [0.0, 0.0, 0.0], "p": [1.0, 1.0, 1.0]}
    found = compared(rows | {"k": [7, 8, 9]}, rows | {"k": ["007", "8.0", "+9"]})
    assert (found.count, found.only_a, found.only_b) == (1, 2, 2)
    for one, other, told in (
        (pa.array([0, 1, 2], pa.timestamp("s", "UTC")), pa.array([0, 1, 2], pa.timestamp("s")), "; give both a time zone, or"),
        (pa.array([0, 1, 2]), pa.array([0, 1, 2], pa.timestamp("s")), "; convert one of them"),
        (pa.array([0, 1, 1]), pa.array([True, False, None]), "; convert one of them"),
    ):
        with pytest.raises(UsageError, match=f"an id is compared as a value of one type; got .*{told}"):
            compared(pa.table(rows | {"k": one}), pa.table(rows | {"k": other}))


def test_groups_without_a_value_are_not_those_called_null():
    a = {"k": [1, 2, 3], "y": [0.0, 0.0, 0.0], "p": [1.0, 1.0, 1.0], "g": ["null", None, "x"]}
    found = compared(a, a, group="g").breakdowns[0]
    assert (found.of, sorted(part.name for part in found.parts)) == (3, ['"null"', "null", "x"])


def test_ids_that_cannot_join():
    def refused(a, b, sentence, kind=BadDataError, **options):
        with pytest.raises(kind, match=sentence):
            compared(
                {"y": np.zeros(len(a)), "p": np.zeros(len(a)), "k": a},
                {"y": np.zeros(len(b)), "p": np.zeros(len(b)), "k": b},
                **options,
            )

    refused([1, 2, 2, 3, 3], [1, 2], r"the data: the id 2 occurs 2 times in column 'k'; ids are unique")
    refused([1, 2], ["a", "b", "b", "b"], r"the id 'b' occurs 3 times")
    refused([2, 1], [4, 3], "A and B have no id in common in column 'k', where A has 1 and B has 3, the least of each")
    refused(["3", "4"], ["4.0", "3.0"], "where A has '3' and B has '3.0'")
    refused([1, None], [1, 2], r"row 2 \(index 1\): got null in column 'k'; every row has an id to join by")
    refused([1.0, math.nan], [1, 2], r"row 2 \(index 1\): got NaN in column 'k'")
    refused([[1], [2]], [1, 2], "an id is one value per row", UsageError)


def test_targets_have_to_agree():
    a = {"k": [1, 2, 3, 4], "y": [0.0, -0.0, 1.0, 2.0], "p": [1.0, 1.0, 1.0, 1.0]}
    compared(a, a | {"y": [-0.0, 0.0, 1.0, 2.0]})  # 0 is 0
    with pytest.raises(
        BadDataError, match=r"the row of id 2 has target -?0.0 in A and 5.0 in B; check that 'k' names the same"
    ):
        compared(a, a | {"y": [0.0, 5.0, 1.0, 7.0]})
    texts = {"k": ["x", "it's"], "y": ["no", "yes"], "p": [1.0, 1.0]}
    with pytest.raises(BadDataError, match=r"the row of id \"it's\" has target yes in A and no in B"):
        compared(texts, texts | {"y": ["no", "no"]}, loss="bce", given="logits", classes="no,yes")
    rows = {"k": [1, 2], "y": np.array([[0.5, 0.5], [0.25, 0.75]]), "p": np.zeros((2, 2))}
    with pytest.raises(BadDataError, match=r"the row of id 2 has target \[0.25, 0.75\] in A and \[0.75, 0.25\] in B"):
        compared(rows, rows | {"y": np.array([[0.5, 0.5], [0.75, 0.25]])}, loss="ce")
    zero = {"k": [1], "y": np.array([[0.0, 1.0]]), "p": np.zeros((1, 2))}
    assert compared(zero, zero | {"y": np.array([[-0.0, 1.0]])}, loss="ce").ties == 1
    found = compared(rows, rows | {"p": np.array([[0.0, 0.0], [0.0, 1.0]])}, loss="ce")
    assert found.changed["better"][0]["target"] == [0.25, 0.75]


def test_a_target_that_differs_is_named_by_the_first_id_whatever_the_order():
    n = 40_000
    a = {"k": rng.permutation(n), "y": np.zeros(n), "p": np.ones(n)}
    b = a | {"y": np.where(a["k"] > 20_000, 1.0, 0.0)}
    order = rng.permutation(n)
    for one, other in ((a, b), ({name: values[order] for name, values in a.items()}, b)):
        with pytest.raises(BadDataError, match="the row of id 20001 has target"):
            compared(one, other)


def test_all_bad_rows_are_counted_and_the_first_is_named(tmp_path):
    n = 300_000  # more than are worked on at a time
    p = rng.normal(size=n)
    p[[5, 200_000, 299_999]] = np.nan
    a = {"k": np.arange(n), "y": np.zeros(n), "p": p}
    b = a | {"p": np.zeros(n)}
    for one, other in ((a, b), (b, a)):
        with pytest.raises(BadDataError) as error:
            compared(one, other)
        assert "row 6 (index 5), column 'p': got NaN" in str(error.value)
        assert f"3 of {n:,} rows cannot be scored (NaN: 3)" in str(error.value)
        assert f"Or pass skip_invalid=True to score the other {n - 3:,} rows." in str(error.value)
        found = compared(one, other, skip_invalid=True)
        assert found.count == n - 3
        assert found.notes == ("3 rows of A and B together could not be scored and were left out",)
    with pytest.raises(BadDataError, match=r"(?s)3 of 3 rows.*No valid row is left to score"):
        compared({"k": [1, 2, 3], "y": [math.nan] * 3, "p": [0.0] * 3}, b, skip_invalid=True)


def test_infinite_losses_and_weights_of_nothing():
    a = {"k": [1, 2, 3], "y": [1, 1, 0], "p": [0.0, 0.5, 0.5], "w": [1, 1, 1]}
    b = {"k": [1, 2, 3], "y": [1, 1, 0], "p": [0.0, 0.25, 0.25]}
    options = {"loss": "bce", "given": "probabilities"}
    found = compared(a, b, **options)
    assert (found.a.mean, found.b.mean, found.ties) == (math.inf, math.inf, 1)  # the same infinite loss is no difference
    assert found.difference == pytest.approx(((math.log(4) - math.log(2)) + (math.log(4 / 3) - math.log(2))) / 3)
    worse = compared(a, b | {"p": [0.5, 0.0, 0.5]}, **options)
    assert (math.isnan(worse.difference), worse.interval, worse.verdict) == (True, None, "undecided")
    json.dumps(worse.to_dict(), allow_nan=False)
    assert str(worse)
    nothing = compared(a | {"w": [0, 0, 0]}, b, weight="w", **options)
    assert (math.isnan(nothing.difference), nothing.interval, nothing.relative, nothing.weight) == (True, None, None, 0.0)
    json.dumps(nothing.to_dict(), allow_nan=False)
    one = compared({"k": [1], "y": [0.0], "p": [1.0]}, {"k": [1], "y": [0.0], "p": [2.0]})
    assert (one.difference, one.interval, one.verdict) == (3.0, None, "undecided")


@pytest.mark.parametrize("interval", ["normal", "bootstrap", "none"])
def test_an_infinite_difference_is_a_verdict_without_an_interval(interval):
    a = {"k": [*range(100, 0, -1)], "y": [1, 0] * 50, "p": [0.9, 0.1] * 50}
    b = a | {"p": [0.0, 0.1, 0.0, *a["p"][3:]]}
    options = {"loss": "bce", "given": "probabilities", "interval": interval}
    for keys in (a["k"], [f"id-{k:03}" for k in a["k"]]):
        worse, better = (
            compared(a | {"k": keys}, b | {"k": keys}, **options),
            compared(b | {"k": keys}, a | {"k": keys}, **options),
        )
        assert (worse.difference, worse.verdict, worse.a.infinite, worse.b.infinite) == (math.inf, "worse", 0, 2)
        assert worse.sentence == "B is worse than A (the mean difference is infinite)"
        assert worse.warnings == (f"the loss of 2 rows of B is infinite, the least id among them is {keys[2]!r}",)
        assert (better.difference, better.verdict, better.a.infinite) == (-math.inf, "better", 2)
        assert better.warnings == (f"the loss of 2 rows of A is infinite, the least id among them is {keys[2]!r}",)
    assert worse.to_dict()["verdict"] == "worse"
    assert worse.to_dict()["b"]["infinite"] == 2
    assert (worse.relative, better.relative) == (None, None)
    group = ["north", *["south"] * 99]
    both = compared(a | {"p": [0.9, 1.0, *a["p"][2:]], "g": group}, b, group="g", **options)
    assert (math.isnan(both.difference), both.verdict) == (True, "undecided")
    assert both.sentence == "undecided: A and B have infinite losses on different rows"
    assert [warning.split(",")[0] for warning in both.warnings] == [
        "the loss of 1 row of A is infinite",
        "the loss of 2 rows of B is infinite",
    ]
    assert "B is worse where g is north, judged by those rows alone" in both.notes


def test_rows_whose_target_is_no_class_are_in_none():
    n = 1000
    y = np.where(np.arange(n) < 700, rng.integers(0, 2, n), 0.5)
    a = {"k": rng.permutation(n), "y": y, "p": rng.normal(size=n)}
    b = a | {"p": a["p"] * 2}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lossary.report.comparison.ROWS", 100)
        patch.setattr(join_module, "ROWS", 100)
        (found,) = compared(a, b, loss="bce").breakdowns
    assert {part.name: part.count for part in found.parts} == {"0": (y == 0).sum(), "1": (y == 1).sum()}
    assert compared(a | {"y": np.full(n, 0.5)}, b | {"y": np.full(n, 0.5)}, loss="bce").breakdowns == ()


@pytest.mark.parametrize("name", ["a\"b,c\nd'e", "[/red]", "", "*", "; drop table a; --", "class", "loss", "target", "weight"])
def test_the_names_of_columns_may_be_anything(name):
    a = pa.table({"k": [1, 2], "y": [0.0, 0.0], "p": [1.0, 2.0], "G": ["x", "y"], name: ["[/x]", "\x1b[31m"]})
    b = pa.table({"y": [0.0, 0.0], "p": [2.0, 2.0], name: ["\x1b[31m", "[/x]"]})
    found = compared(a, b, id=name, group=[name, "G"], cluster=name)
    assert (found.count, found.difference) == (2, 1.5)
    assert {part.name for part in found.breakdowns[0].parts} == {"[/x]", "\x1b[31m"}
    assert "\x1b" not in str(found)
    assert found.to_html()


def test_groups_are_called_as_in_a_score_and_may_differ_in_case_alone():
    columns = {"k": [1, 2, 3], "y": [0.0] * 3, "p": [1.0, 2.0, 3.0], "g": [0.5, math.nan, 2.0], "G": [True, False, None]}
    a = pa.table(columns | {"when": pa.array([0, 1, None], pa.date32())})
    b = pa.table({"k": [1, 2, 3], "y": [0.0] * 3, "p": [2.0, 1.0, 3.0]})
    groups = ["g", "G", "g", "when"]
    found = compared(a, b, group=groups)
    alone = score(a, loss="squared_error", target="y", prediction="p", group=groups)
    assert [part.by for part in found.breakdowns] == ["g", "G", "when"] == [part.by for part in alone.breakdowns]
    for one, other in zip(found.breakdowns, alone.breakdowns, strict=True):
        assert {part.name for part in one.parts} == {part.name for part in other.parts}


def test_few_rows_in_both_are_noticed():
    n = 100
    a = {"k": np.arange(n), "y": np.zeros(n), "p": np.ones(n)}
    found = compared(a, a | {"k": np.arange(n) + 60})
    assert found.count == 40
    assert found.warnings == ("only 40 rows are in both, of 100 and 100; check that 'k' means the same in both",)


@pytest.mark.heavy
def test_verdicts_by_simulation():
    draws = np.random.default_rng(8)
    verdicts = []
    for _ in range(25):
        p = draws.normal(size=(2, 200))
        a, b = ({"k": np.arange(200), "y": np.zeros(200), "p": side} for side in p)
        verdicts.append(compared(a, b, level=0.8, changed=0).verdict)
    assert 0 < verdicts.count("better") + verdicts.count("worse") < 14  # a fifth of 25 by chance, though neither is better


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"id": "K"}, "no column 'K' for the id; did you mean 'k'"),
        ({"prediction": "q"}, "no column 'q' for the prediction"),
        ({"prediction_b": "q"}, "no column 'q' for the prediction"),
        ({"weight": "v"}, "no column 'v' for the weight"),
        ({"group": "v"}, "no column 'v' for the group"),
        ({"loss": "hubber"}, "did you mean 'huber'"),
        ({"interval": "exact"}, "interval is one of"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"changed": -1}, "0 or more; got -1"),
        ({"loss": "cross_entropy"}, "takes one prediction per class"),
    ],
)
def test_wrong_usage(options, sentence):
    a, b = sides(50)
    with pytest.raises(UsageError, match=sentence):
        compared(a, b, **options)


def test_progress_is_told_of_both_sides():
    done = []
    a, b = sides()
    compared(a, b, progress=lambda part, rows: done.append((part, rows)))
    assert done == sorted(done)
    assert done[-1] == (1.0, 781)


def test_files_that_cannot_be_read_are_named(tmp_path):
    a, b = sides()
    pq.write_table(pa.table(a), tmp_path / "a.parquet", row_group_size=100, use_dictionary=False)
    damaged = bytearray((tmp_path / "a.parquet").read_bytes())
    damaged[1000:1400] = b"\x5a" * 400
    (tmp_path / "a.parquet").write_bytes(damaged)
    with pytest.raises(UnreadableError, match=r"a.parquet is damaged"):
        compared(tmp_path / "a.parquet", b)
    with pytest.raises(UnreadableError, match=r"c.parquet does not exist; did you mean 'a.parquet'"):
        compared(a, tmp_path / "c.parquet")


NO_ROOM = """
import resource, sys
from lossary.report import ReportError, compare
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    compare(sys.argv[1], sys.argv[1], id="k", loss="squared_error", target="y", prediction="p")
except ReportError as error:
    print(type(error).__name__, error.exit_code, error)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of Unix")
@pytest.mark.parametrize("limit", [1000, 1_000_000])
def test_a_full_disk_is_named_and_nothing_is_left_there(tmp_path, limit):
    n = 200_000
    pq.write_table(pa.table({"k": rng.permutation(n), "y": np.zeros(n), "p": rng.normal(size=n)}), tmp_path / "a.parquet")
    folder = tmp_path / "temporary"
    folder.mkdir()
    environment = {**os.environ, "TMPDIR": str(folder)}
    command = [sys.executable, "-c", NO_ROOM.format(limit=limit), str(tmp_path / "a.parquet")]
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Un")
    assert " 4 " in result.stdout
    assert "make room in the temporary folder" in result.stdout
    assert os.listdir(folder) == []


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    a, b = sides()
    compared(a, b)
    with pytest.raises(ReportError):
        compared(a, b | {"y": b["y"] + 1})
    assert os.listdir(tmp_path) == []


def test_an_id_that_is_nan_is_named_so():
    for ids, held in ((pa.array([1.0, math.nan]), "NaN"), (pa.array([1.0, None]), "null")):
        data = pa.table({"k": ids, "y": [1.0, 2.0], "p": [1.0, 2.0]})
        with pytest.raises(BadDataError, match=f"row 2 \\(index 1\\): got {held} in column 'k'"):
            compare(data, data, id="k", loss="mse", target="y", prediction="p")
