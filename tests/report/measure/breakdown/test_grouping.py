"""Where the loss comes from, against pandas and naive loops; the same for any order, any batches and any number of workers."""

import datetime
import decimal
import itertools
import math
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from lossary.report import UsageError, compare, score

scoring = sys.modules["lossary.report.score"]
rng = np.random.default_rng(21)


@pytest.fixture
def in_batches_of(monkeypatch):
    return lambda rows: monkeypatch.setattr(scoring, "BATCH_NUMBERS", rows)


def broken_down(columns, **options):
    return score(columns, **{"loss": "squared_error", "target": "y", "prediction": "p", **options}).breakdowns


def regression(rows=700, **columns):
    y = rng.normal(size=rows)
    return {"y": y, "p": y + rng.standard_t(4, rows), "w": rng.gamma(0.7, size=rows), **columns}


def parts_of(breakdown):
    return {part.name: part for part in breakdown.parts}


@pytest.mark.parametrize("weight", [None, "w"])
def test_each_group_has_the_count_weight_mean_share_and_bias_that_pandas_finds(weight):
    columns = regression(region=rng.choice(["north", "south", "east", ""], 700), year=rng.integers(2020, 2024, 700))
    frame = pd.DataFrame(columns)
    frame["m"] = frame.w if weight else 1.0
    frame["wl"] = frame.m * (frame.p - frame.y) ** 2
    frame["wr"] = frame.m * (frame.p - frame.y)
    for found, by in zip(broken_down(columns, group=["region", "year"], weight=weight), ("region", "year"), strict=True):
        assert (found.by, found.kind, found.of) == (by, "group", 4)
        for value, rows in frame.groupby(by):
            part = parts_of(found)[str(value)]
            total = math.fsum(rows.m)
            assert part.count == len(rows)
            assert part.weight == pytest.approx(total, rel=1e-15)
            assert part.mean == pytest.approx(math.fsum(rows.wl) / total, rel=1e-14)
            assert part.share == pytest.approx(math.fsum(rows.wl) / math.fsum(frame.wl), rel=1e-14)
            assert part.weight_share == pytest.approx(total / math.fsum(frame.m), rel=1e-14)
            assert part.bias == pytest.approx(math.fsum(rows.wr) / total, rel=1e-12)
        assert sum(part.share for part in found.parts) == pytest.approx(1, rel=1e-14)
        assert sum(part.weight_share for part in found.parts) == pytest.approx(1, rel=1e-14)
        assert sum(part.count for part in found.parts) == 700
        order = [part.share for part in found.parts]
        if found.order == "number":
            order = [-float(part.name) if part.name != "null" else -math.inf for part in found.parts]
        assert order == sorted(order, reverse=True)


def test_the_interval_of_a_group_is_that_of_its_rows_alone():
    columns = regression(g=rng.integers(0, 3, 700), c=rng.integers(0, 20, 700))
    (found,) = broken_down(columns, group="g", level=0.9)
    losses = (columns["p"] - columns["y"]) ** 2
    for k in range(3):
        own = losses[columns["g"] == k]
        interval = parts_of(found)[str(k)].interval
        expected = scipy.stats.norm.interval(0.9, own.mean(), scipy.stats.sem(own))
        assert (interval.low, interval.high) == pytest.approx(expected, rel=1e-12)
        alone = {name: values[columns["g"] == k] for name, values in columns.items()}
        assert interval == score(alone, loss="squared_error", target="y", prediction="p", level=0.9).interval
    assert all(part.interval is None for part in broken_down(columns, group="g", interval="none")[0].parts)


@pytest.mark.parametrize("weight", [None, "w"])
def test_classes_of_a_binary_target_and_bands_of_confidence(weight):
    z, y, w = rng.normal(size=900) * 2, rng.integers(0, 2, 900), rng.gamma(1, size=900)
    options = {"loss": "binary_cross_entropy", "weight": weight, "classes": "no,yes"}
    by_class, by_confidence = broken_down({"y": y, "p": z, "w": w}, **options)
    losses, mass = np.logaddexp(0, np.where(y == 1, -z, z)), w if weight else np.ones(900)
    assert (by_class.by, by_class.kind, by_class.of) == ("class", "class", 2)
    for k, name in enumerate(("no", "yes")):
        part = parts_of(by_class)[name]
        assert part.count == (y == k).sum()
        assert part.mean == pytest.approx(np.average(losses[y == k], weights=mass[y == k]), rel=1e-13)
        assert part.bias is None
    confidence = scipy.special.expit(abs(z))
    edges = np.linspace(0.5, 1, 11)
    assert by_confidence.kind == "confidence"
    for k, (low, high) in enumerate(itertools.pairwise(edges)):
        rows = (confidence >= low) & (confidence < high)
        part = by_confidence.parts[k]
        assert part.name == f"{low:.2f} to {high:.2f}"
        assert part.count == rows.sum()
        assert part.mean == pytest.approx(np.average(losses[rows], weights=mass[rows]), rel=1e-13)


@pytest.mark.parametrize("given", ["logits", "probabilities", "log_probabilities"])
def test_classes_of_many_and_bands_of_the_probability_of_the_predicted_one(given):
    z, y = rng.normal(size=(800, 4)) * 3, rng.integers(0, 4, 800)
    p = scipy.special.softmax(z, axis=1)
    columns = {"y": y, "p": {"logits": z, "probabilities": p, "log_probabilities": np.log(p)}[given]}
    by_class, by_confidence = broken_down(columns, loss="cross_entropy", given=given, classes="a,b,c,d")
    losses = -np.log(p[np.arange(800), y])
    for k, name in enumerate("abcd"):
        assert parts_of(by_class)[name].count == (y == k).sum()
        assert parts_of(by_class)[name].mean == pytest.approx(losses[y == k].mean(), rel=1e-12)
    bands = pd.cut(p.max(axis=1), np.linspace(0, 1, 11), right=False, labels=False)
    used = np.unique(bands)
    assert [part.name for part in by_confidence.parts] == [f"{k / 10:.2f} to {(k + 1) / 10:.2f}" for k in used]
    assert [part.count for part in by_confidence.parts] == [(bands == k).sum() for k in used]
    means = [losses[bands == k].mean() for k in used]
    assert [part.mean for part in by_confidence.parts] == pytest.approx(means, rel=1e-12)


def test_a_prediction_of_certainty_is_in_the_last_band_and_an_even_one_in_the_first():
    columns = {"y": [0, 1, 1], "p": [0.0, 1.0, 0.5]}
    *_, bands = broken_down(columns, loss="binary_cross_entropy", given="probabilities")
    assert [(part.name, part.count) for part in bands.parts] == [("0.50 to 0.55", 1), ("0.95 to 1.00", 2)]


def test_distributions_have_no_class():
    columns = {"y": rng.dirichlet(np.ones(3), 40), "p": rng.normal(size=(40, 3))}
    assert [found.kind for found in broken_down(columns, loss="cross_entropy")] == ["confidence"]
    columns = {"y": rng.random(40), "p": rng.normal(size=40)}
    assert [found.kind for found in broken_down(columns, loss="binary_cross_entropy")] == ["confidence"]


DAY = datetime.date(2024, 2, 29)
VALUES = {
    "text": (["", "null", "a", None, "a"], {"": 1, '"null"': 1, "null": 1, "a": 2}),
    "long text": (["x" * 100_000, "x" * 100_000 + "y", None], {"x" * 100_000: 1, "x" * 100_000 + "y": 1, "null": 1}),
    "bool": ([True, False, None, True], {"True": 2, "False": 1, "null": 1}),
    "whole": ([3, None, -3, 2**62], {"3": 1, "-3": 1, str(2**62): 1, "null": 1}),
    "unsigned": (pa.array([2**64 - 1, 0, None], pa.uint64()), {str(2**64 - 1): 1, "0": 1, "null": 1}),
    "float": ([0.1, math.nan, None, math.inf, -math.inf, 0.1], {"0.1": 2, "null": 2, "inf": 1, "-inf": 1}),
    "half": (pa.array([np.float16(0.5), None], pa.float16()), {"0.5": 1, "null": 1}),
    "date": ([DAY, None, DAY], {"2024-02-29": 2, "null": 1}),
    "time": ([datetime.time(1, 2), None], {"01:02:00": 1, "null": 1}),
    "moment": (pa.array([0, None], pa.timestamp("us")), {"1970-01-01 00:00:00": 1, "null": 1}),
    "moment far away": (pa.array([10**18, 0], pa.timestamp("s")), None),
    "moment in a zone that is none": (pa.array([1, 2], pa.timestamp("us", "Nowhere/At_All")), None),
    "date far away": (pa.array([10**8, 0], pa.date32()), None),
    "decimal": ([decimal.Decimal("1.50"), None], {"1.5": 1, "null": 1}),
    "bytes": ([b"\xff", None], {"b'\\xff'": 1, "null": 1}),
    "category": (pa.array(["a", None, "b"]).dictionary_encode(), {"a": 1, "b": 1, "null": 1}),
    "category with null": (pa.DictionaryArray.from_arrays([0, 1, None], ["a", None]), {"a": 1, "null": 2}),
    "category of views": (
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array(["a", "b"], pa.string_view())),
        {"a": 2, "b": 1},
    ),
    "run ends": (pa.RunEndEncodedArray.from_arrays([2, 3], ["a", "b"]), {"a": 2, "b": 1}),
    "nothing": (pa.nulls(3), {"null": 3}),
}


@pytest.mark.parametrize("name", VALUES)
def test_groups_are_called_by_their_values_whatever_these_are(name):
    values, expected = VALUES[name]
    table = pa.table({"y": np.zeros(len(values)), "p": np.ones(len(values)), "g": values})
    (found,) = broken_down(table, group="g")
    assert sum(part.count for part in found.parts) == len(values)
    if expected is None:
        assert len({part.name for part in found.parts}) == 2
    else:
        assert {part.name: part.count for part in found.parts} == expected
    assert str(score(table, loss="squared_error", target="y", prediction="p", group="g"))


def test_text_that_is_no_utf8_is_shown_by_its_bytes():
    text = pa.Array.from_buffers(pa.string(), 2, [None, pa.py_buffer(np.array([0, 1, 3], np.int32)), pa.py_buffer(b"\xffab")])
    found = score(
        pa.table({"y": [0.0, 0.0], "p": [1.0, 2.0], "g": text}), loss="mse", target="y", prediction="p", group="g", id="g"
    )
    assert [part.name for part in found.breakdowns[0].parts] == ["ab", "\\xff"]
    assert [row["id"] for row in found.worst] == ["ab", "\\xff"]


@pytest.mark.parametrize("role", ["group", "id", "cluster"])
@pytest.mark.parametrize(
    ("values", "what"),
    [
        ([[1], [2]], "lists"),
        ([["a"], ["b"]], r"list<\w+: string>"),
        ([{"a": 1}, {"a": 2}], r"struct<a: int64>"),
        (pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())), "map<string, int64>"),
        (pa.array([None, None], pa.month_day_nano_interval()), "month_day_nano_interval"),
    ],
)
def test_what_is_not_one_value_a_row_tells_no_rows_apart(role, values, what):
    table = pa.table({"y": [0.0, 1.0], "p": [1.0, 1.0], "g": values})
    with pytest.raises(UsageError, match=rf"an? {role} is one value per row; the Table holds {what} in column 'g'"):
        broken_down(table, **{role: "g"})


@pytest.mark.parametrize("kind", ["whole", "text"])
def test_more_groups_than_a_person_could_want_are_refused(kind):
    values = np.arange(70_000)
    columns = {"y": np.zeros(70_000), "p": np.ones(70_000), "g": values if kind == "whole" else values.astype(str)}
    with pytest.raises(UsageError, match=r"at most 65,536 groups; column 'g' has more values; group by a coarser column"):
        broken_down(columns, group="g")


def test_a_thousand_groups_are_listed_those_that_carry_most():
    g = np.arange(2000)
    (found,) = broken_down({"y": np.zeros(2000), "p": np.sqrt(g), "g": g}, group="g")
    assert found.of == 2000
    assert [part.name for part in found.parts] == [str(k) for k in range(1999, 999, -1)]
    names = [f"x{k:04}" for k in range(1100)]
    equals = broken_down({"y": np.zeros(1100), "p": np.ones(1100), "g": names[::-1]}, group="g")
    assert [part.name for part in equals[0].parts] == names[:1000]  # by name where nothing else decides


def test_a_column_that_is_named_twice_is_one_breakdown():
    columns = regression(g=rng.integers(0, 3, 700))
    assert broken_down(columns, group=["g", "g"]) == broken_down(columns, group="g")


def test_no_loss_and_an_infinite_one_are_not_shared_out():
    (found,) = broken_down({"y": [1.0, 2.0], "p": [1.0, 2.0], "g": ["a", "b"]}, group="g")
    assert [(part.share, part.mean, part.weight_share) for part in found.parts] == [(None, 0.0, 0.5)] * 2
    (found,) = broken_down({"y": [1.0, 2.0], "p": [math.inf, 3.0], "g": ["a", "b"]}, group="g")
    assert [(part.name, part.share, part.mean, part.interval) for part in found.parts] == [
        ("a", None, math.inf, None),
        ("b", None, 1.0, None),
    ]
    columns = {"y": [1.0, 2.0, 2.0], "p": [9.0, 3.0, 4.0], "g": ["a", "b", "b"], "w": [0, 1, 0]}
    (found,) = broken_down(columns, group="g", weight="w")
    assert [(part.name, part.count, part.mean, part.bias) for part in found.parts] == [("b", 1, 1.0, 1.0)]
    assert list(broken_down(columns | {"w": [0, 0, 0]}, group="g", weight="w")) == []


def test_whole_weights_are_rows_written_so_often():
    columns = regression(200, g=rng.integers(0, 5, 200)) | {"w": rng.integers(0, 4, 200)}
    (weighted,) = broken_down(columns, group="g", weight="w")
    (repeated,) = broken_down({name: np.repeat(values, columns["w"]) for name, values in columns.items()}, group="g")
    for part, other in zip(weighted.parts, repeated.parts, strict=True):
        assert (part.name, part.weight) == (other.name, other.count)
        assert (part.mean, part.share, part.bias) == pytest.approx((other.mean, other.share, other.bias), rel=1e-13)


@given(st.integers(0, 2**32 - 1), st.sampled_from([256, 300, 1 << 17]), st.sampled_from([None, "w"]))
@settings(max_examples=15, deadline=None)
def test_rows_may_come_in_any_order_and_batches_have_any_size(seed, size, weight):
    draws = np.random.default_rng(seed)
    n = int(draws.integers(1, 900))
    columns = {"y": draws.standard_cauchy(n), "p": draws.normal(size=n), "w": draws.gamma(0.5, size=n)}
    columns |= {"g": draws.integers(0, 40, n).astype(str), "h": draws.choice([0.5, 1.5, math.nan], n)}
    options = {"group": ["g", "h"], "weight": weight}
    expected = broken_down(columns, **options)
    order = draws.permutation(n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "BATCH_NUMBERS", size)
        assert broken_down({name: values[order] for name, values in columns.items()}, **options) == expected


def test_files_and_workers_may_be_any_number(tmp_path):
    columns = regression(1200, g=rng.integers(0, 70, 1200), h=rng.choice(["a", "b"], 1200))
    whole = broken_down(columns, group=["g", "h"], weight="w")
    paths = []
    for k, rows in enumerate(np.split(rng.permutation(1200), [1, 400, 700, 701])):
        paths.append(tmp_path / f"{k}.parquet")
        pq.write_table(pa.table({name: values[rows] for name, values in columns.items()}), paths[-1])
    for workers in (1, 2, 5):
        assert broken_down(paths, group=["g", "h"], weight="w", workers=workers) == whole
        assert broken_down(paths[::-1], group=["g", "h"], weight="w", workers=workers) == whole


def test_whether_groups_get_resampled_intervals_does_not_depend_on_the_workers(tmp_path):
    for k, low in enumerate([0, 120, 0, 120, 60, 0]):
        g, c = rng.integers(low, low + 130, 4000), rng.integers(0, 50, 4000)
        pq.write_table(pa.table(regression(4000, g=g, c=c)), tmp_path / f"{k}.parquet")
    options = {"loss": "squared_error", "target": "y", "prediction": "p", "group": "g", "cluster": "c"}
    alone, together = (score(tmp_path / "*.parquet", **options, workers=workers) for workers in (1, 5))
    assert alone.breakdowns[0].of == 250
    assert alone.breakdowns[0].parts[0].interval is not None
    assert together == alone


def test_a_number_is_one_group_whatever_type_a_file_stores_it_in(tmp_path):
    pq.write_table(pa.table({"y": [0.0, 0.0], "p": [1.0, 1.0], "g": [1, 2]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"y": [0.0, 0.0], "p": [1.0, 1.0], "g": [1.0, 2.5]}), tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("y,p,g\n0,1,1\n0,1,2\n")
    files = [tmp_path / name for name in ("a.parquet", "b.parquet", "c.csv")]
    for paths in (files, files[::-1], [files[1], files[0], files[2]]):
        counts = {part.name: part.count for part in broken_down(paths, group="g")[0].parts}
        assert counts == {"1": 3, "2": 2, "2.5": 1}


@pytest.mark.parametrize("form", ["soft among hard", "hard among soft"])
def test_classes_and_accuracy_do_not_depend_on_where_batches_end(in_batches_of, form):
    y = np.where(np.arange(900) < 450, rng.integers(0, 2, 900), rng.random(900))
    columns = {"y": y if form == "soft among hard" else y[::-1], "p": rng.normal(size=900)}
    options = {"loss": "binary_cross_entropy", "target": "y", "prediction": "p"}
    expected = score(columns, **options)
    in_batches_of(300)
    found = score(columns, **options)
    assert (found.accuracy, found.breakdowns) == (expected.accuracy, expected.breakdowns)


@pytest.mark.parametrize(
    "name", ['a"b', "a,b", "a\nb", "a'b", "[/red]", "[bold]", "", "*", " a", "y; drop table a; --", "%s{x}", "\x1b[31m"]
)
def test_the_names_of_columns_may_be_anything(name):
    table = pa.table({"y": [1.0, 2.0], "p": [1.0, 4.0], name: ["[/x]", "\x1b[31m"]})
    found = score(table, loss="squared_error", target="y", prediction="p", group=name, id=name, cluster=name)
    assert [(part.name, part.mean) for part in found.breakdowns[0].parts] == [("\x1b[31m", 4.0), ("[/x]", 0.0)]
    text = str(found)
    assert "[/x]" in text
    assert "\x1b" not in text
    assert f"By {name}".replace("\n", "\\n").replace("\x1b", "\\x1b").rstrip() in text


DAYS = np.array(["2024-11-02", "2023-12-01", "2024-02-01", "NaT"], "M8[D]")


@pytest.mark.parametrize(
    ("groups", "order", "names"),
    [
        (["10", "9", "2", None], "number", ["2", "9", "10", "null"]),
        ([10.0, 9.5, -2.0, np.nan], "number", ["-2", "9.5", "10", "null"]),
        (["2024-11", "2023-12", "2024-02", "2024-02"], "date", ["2023-12", "2024-02", "2024-11"]),
        (
            np.array(["2024-11-02", "2023-12-01", "2024-02-01", "NaT"], "M8[D]"),
            "date",
            ["2023-12-01", "2024-02-01", "2024-11-02", "null"],
        ),
        (["b", "9", "2", "a"], "loss", ["a", "2", "9", "b"]),
    ],
)
def test_numbers_and_dates_stand_in_their_own_order(groups, order, names):
    columns = {"k": [1, 2, 3, 4], "y": [0.0] * 4, "p": [1.0, 2.0, 3.0, 4.0], "g": groups}
    found = score(columns, loss="mse", target="y", prediction="p", group="g")
    assert (found.breakdowns[0].order, [part.name for part in found.breakdowns[0].parts]) == (order, names)
    other = compare(columns, columns | {"p": [0.0] * 4}, id="k", loss="mse", target="y", prediction="p", group="g")
    assert (other.breakdowns[0].order, [part.name for part in other.breakdowns[0].parts]) == (order, names)
    for report in (found, other):
        assert ("over time" in report.to_html()) == (order == "date")
