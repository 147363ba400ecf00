"""Labels from another file, and rows without a label: against pandas."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lossary.report import BadDataError, UnreadableError, UsageError, compare, score
from lossary.report.read import json_lines
from lossary.report.read import truth as on_disk_truth

rng = np.random.default_rng(14)
N = 400
IDS = np.array([f"{k:05d}" for k in rng.permutation(N)])
Y = rng.integers(0, 2, N)
P = np.round(rng.uniform(0.01, 0.99, N), 6)
TRUTH = pd.DataFrame({"id": IDS, "target": Y, "region": rng.choice(["n", "s"], N)})
PREDICTED = pd.DataFrame({"id": IDS, "target": P}).sample(frac=1, random_state=2)
OPTIONS = {"loss": "bce", "given": "probabilities", "id": "id", "target": "target", "prediction": "target"}
LOSSES = pd.Series(-np.where(Y == 1, np.log(P), np.log1p(-P)), index=IDS)


@pytest.fixture
def files(tmp_path):
    PREDICTED.to_csv(tmp_path / "p.csv", index=False)
    TRUTH.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "p.csv", tmp_path / "t.csv"


def test_labels_of_another_file_in_any_order_with_the_same_name(files):
    for data, truth in (files, (PREDICTED, TRUTH), (files[0], TRUTH)):
        for more in ({}, {"details": False}, {"workers": 3}):
            found = score(data, truth=truth, group="region", **OPTIONS, **more)
            assert found.mean == pytest.approx(LOSSES.mean(), rel=1e-13)
        found = score(data, truth=truth, group="region", **OPTIONS)
        assert found.worst[0]["id"] == LOSSES.idxmax()
        expected = LOSSES.groupby(TRUTH.set_index("id").region).mean()
        assert {part.name: part.mean for part in found.breakdowns[0].parts} == pytest.approx(dict(expected), rel=1e-12)


def test_classes_named_as_whole_columns():
    z = rng.normal(size=(N, 3))
    y = rng.integers(0, 3, N)
    predicted = pd.DataFrame({"id": IDS, **{f"Class_{k + 1}": z[:, k] for k in range(3)}})
    truth = pd.DataFrame({"id": IDS, "target": [f"Class_{k + 1}" for k in y]}).sample(frac=1, random_state=3)
    found = score(predicted, truth=truth, loss="ce", given="logits", id="id", target="target", prediction="Class_*")
    assert found.mean == pytest.approx(np.mean(np.log(np.exp(z).sum(1)) - z[range(N), y]), rel=1e-12)


def test_ids_of_several_columns_and_of_numbers():
    keys = {"site": np.arange(N) % 7, "day": np.arange(N) // 7}
    predicted = pd.DataFrame(keys | {"p": P}).sample(frac=1, random_state=4)
    truth = pd.DataFrame({"day": keys["day"].astype(float), "site": keys["site"], "y": Y})
    options = OPTIONS | {"id": ["site", "day"], "target": "y", "prediction": "p"}
    assert score(predicted, truth=truth, **options).mean == pytest.approx(LOSSES.mean(), rel=1e-13)


def test_rows_of_several_files_in_parts_get_their_own_labels_in_every_type(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "_PART", 20_000)
    monkeypatch.setattr(on_disk_truth, "_ROWS", 2048)
    count = 6000
    ids, y, p = rng.permutation(count), rng.integers(0, 9, count), np.round(rng.normal(size=count), 6)
    for k in (0, 1):
        lines = (f'{{"id": "n{one:04}", "p": {x}}}' for one, x in zip(ids[k::2], p[k::2], strict=True))
        (tmp_path / f"{k}.jsonl").write_text("\n".join(lines))
    order = rng.permutation(count)
    truth = pa.table(
        {"id": [f"n{one:04}" for one in ids[order]], "g": pa.array([f"g{k}" for k in y[order]]).dictionary_encode()}
    )
    types = [pa.int8(), pa.float16(), pa.decimal128(21, 2), pa.decimal256(50, 2), pa.string()]
    for k, kind in enumerate(types):
        held = pa.array(y[order].astype(np.float16)) if kind == pa.float16() else pa.array(y[order]).cast(kind)
        truth = truth.append_column(f"y{k}", held)
    start = dt.datetime(2024, 3, 30, 22, tzinfo=dt.UTC)
    times = [start + dt.timedelta(hours=int(k)) for k in y[order]]
    truth = truth.append_column("at", pa.array(times, pa.timestamp("ns", "Europe/Berlin")))
    truth = truth.append_column("took", pa.array([x - start for x in times], pa.duration("us")))
    expected = pd.Series((y - p) ** 2).groupby(y).mean()
    for k in range(len(types)):
        options = {"loss": "mse", "target": f"y{k}", "prediction": "p", "workers": 2}
        found = score(f"{tmp_path}/*.jsonl", truth=truth, id="id", group=["g", "at", "took"], **options)
        assert (found.count, found.mean) == (count, pytest.approx(np.mean((y - p) ** 2), rel=1e-12))
        for name, breakdown in zip(("g0", "2024-03-30 22:00:00+00:00", "0 s"), found.breakdowns, strict=False):
            means = {part.name: part.mean for part in breakdown.parts}
            assert sorted(means.values()) == pytest.approx(sorted(expected), rel=1e-12)
            assert means[name] == pytest.approx(expected[0], rel=1e-12)


def test_files_of_the_truth_may_differ_in_the_kind_of_number(tmp_path):
    predicted = pa.table({"id": [1, 2, 3, 4], "p": [1.0, 2.0, 4.0, 5.0]})
    options = {"id": "id", "loss": "mse", "target": "y", "prediction": "p"}
    parts = [pa.table({"id": [4], "y": pa.nulls(1)}), pa.table({"id": [1, 2], "y": [1, 2]}), pa.table({"id": [3], "y": [3.5]})]
    assert score(predicted, truth=parts, unlabelled="skip", **options).mean == 0.25 / 3
    with pytest.raises(UnreadableError, match="files of the truth have columns of the same types"):
        score(predicted, truth=[*parts, pa.table({"id": [5], "y": ["x"]})], **options)
    (tmp_path / "t.csv").write_text("id,y\n1,2\n2\n3,4\n")
    with pytest.raises(BadDataError, match=r"t\.csv, row 2 \(index 1\): got 1 field in line 3; .*; correct the row"):
        score(predicted, truth=tmp_path / "t.csv", **options)


def test_rows_that_one_file_lacks_are_refused_unless_said(files):
    few, short = TRUTH[5:], PREDICTED[3:]
    with pytest.raises(BadDataError, match=r"5 of 400 rows have none: the DataFrame, row \d+, has the id '0.*unlabelled="):
        score(PREDICTED, truth=few, **OPTIONS)
    with pytest.raises(BadDataError, match=r"has a prediction; 3 of 400 rows have none.*unpredicted=\"skip\""):
        score(short, truth=TRUTH, **OPTIONS)
    found = score(short, truth=few, unlabelled="skip", unpredicted="skip", **OPTIONS)
    both = sorted(set(few.id) & set(short.id))
    assert found.count == len(both)
    assert found.mean == pytest.approx(LOSSES[both].mean(), rel=1e-13)
    assert found.invalid == {"unlabelled": len(short) - len(both)}
    assert "have no prediction, and were left out" in found.notes[0]
    with pytest.raises(BadDataError, match="occurs 2 times in column 'id'; every row has one truth"):
        score(PREDICTED, truth=pd.concat([TRUTH, TRUTH[:1]]), **OPTIONS)
    with pytest.raises(UsageError, match="joined by an id"):
        score(PREDICTED, truth=TRUTH, **OPTIONS | {"id": None})
    with pytest.raises(UsageError, match="no column 'label' for the target; it has: id, target, region"):
        score(PREDICTED, truth=TRUTH, **OPTIONS | {"target": "label"})


def test_both_sides_of_a_comparison_take_the_truth():
    other = PREDICTED.assign(target=np.round(rng.uniform(0.01, 0.99, N), 6))
    found = compare(PREDICTED, other, truth=TRUTH, group="region", **OPTIONS)
    y = TRUTH.set_index("id").target[other.id].to_numpy()
    q = other.target.to_numpy()
    expected = np.mean(-np.where(y == 1, np.log(q), np.log1p(-q))) - LOSSES.mean()
    assert found.difference == pytest.approx(expected, rel=1e-12)
    assert found.breakdowns[0].by == "region"
    short = compare(PREDICTED, other, truth=TRUTH[9:], unlabelled="skip", **OPTIONS)
    assert short.count == N - 9


@pytest.mark.parametrize("nothing", [None, np.nan])
def test_rows_that_are_not_decided_yet(nothing):
    y = [0.0, nothing, 1.0, nothing]
    columns = pd.DataFrame({"y": y, "p": [0.25, 0.5, 0.5, 0.1]})
    options = {"loss": "bce", "given": "probabilities", "target": "y", "prediction": "p"}
    with pytest.raises(BadDataError, match="null"):
        score(columns, **options)
    for details in (True, False):
        found = score(columns, unlabelled="skip", details=details, **options)
        assert found.mean == pytest.approx(-(np.log(0.75) + np.log(0.5)) / 2)
        assert (found.count, found.invalid) == (2, {"unlabelled": 2})
    text = {"y": ["no", "", "yes", ""], "p": columns.p}
    assert score(text, unlabelled="skip", classes="no,yes", **options).invalid == {"unlabelled": 2}
    with pytest.raises(BadDataError, match=r"got 1\.5"):  # other errors stay errors
        score(columns.assign(p=[0.5, 0.5, 1.5, 0.5]), unlabelled="skip", **options)
    with pytest.raises(BadDataError, match="all 4 are unlabelled"):
        score(columns.assign(y=[np.nan] * 4), unlabelled="skip", **options)
    with pytest.raises(UsageError, match="unlabelled is raise or skip; got 'drop'"):
        score(columns, unlabelled="drop", **options)
