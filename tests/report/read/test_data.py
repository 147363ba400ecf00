"""Everything that may be scored comes to the same score: paths, globs, URIs, tables of any library, streams and arrays."""

import dataclasses
import datetime
import itertools
import os
import pathlib
import subprocess
import sys

import duckdb
import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

import lossary
from lossary.report import ReportError, UnreadableError, UsageError, score
from lossary.report.measure.one_model.baseline import best_constant
from lossary.report.read.open import open_table

scoring = sys.modules["lossary.report.score"]
targets_module = sys.modules["lossary.report.measure.one_model.targets"]
rng = np.random.default_rng(71)
Y, P = rng.normal(size=300), rng.normal(size=300)
W, K = rng.gamma(1, size=300), rng.permutation(300)
REGION = rng.choice(["north", "south", None], 300).tolist()
COLUMNS = {"y": Y, "p": P, "w": W, "k": K, "region": REGION}
TABLE = pa.table(COLUMNS)
MEAN = np.average((P - Y) ** 2, weights=W)


def scored(data, **options):
    return score(data, **{"loss": "squared_error", "target": "y", "prediction": "p", **options})


def content(found):
    """A score, less where its rows come from."""
    rows = tuple({**row, "file": "", "row": 0} for row in found.worst)
    return dataclasses.replace(found, files=(), worst=rows)


def full(data):
    return content(scored(data, weight="w", group="region", id="k", interval="bootstrap", also="mae"))


EXPECTED = full(TABLE)


def test_the_expected_score_is_what_numpy_finds():
    assert pytest.approx(MEAN, rel=1e-14) == EXPECTED.mean
    counts = {part.name: part.count for part in EXPECTED.breakdowns[0].parts}
    assert counts == {"null" if name is None else name: REGION.count(name) for name in set(REGION)}


# ---- files


@pytest.fixture
def folder(tmp_path):
    """Three files, as a glob finds them in natural order."""
    for k, part in enumerate((TABLE.slice(0, 100), TABLE.slice(100, 1), TABLE.slice(101))):
        pq.write_table(part, tmp_path / f"part-{[1, 2, 10][k]}.parquet")
    return tmp_path


def test_paths_globs_and_lists_of_them(folder):
    names = ["part-1.parquet", "part-2.parquet", "part-10.parquet"]
    paths = [folder / name for name in names]
    for data in (
        f"{folder}/part-*.parquet",
        folder / "*.parquet",
        f"{folder}/**/part-*.parquet",
        paths,
        tuple(map(str, paths)),
        [folder / "part-?.parquet", str(paths[2])],
        [f"{folder}/part-[12].parquet", f"{folder}/part-1?.parquet"],
    ):
        assert full(data) == EXPECTED
        assert scored(data).files == tuple(map(str, paths))
    assert scored(paths[1]).count == 1
    with pytest.raises(UnreadableError, match=r"no file matches '.*x\*'; check the path"):
        scored(f"{folder}/x*")
    with pytest.raises(UnreadableError, match="is a directory; name the files in it"):
        scored(folder)
    with pytest.raises(UsageError, match="at least one file"):
        scored([])


def test_a_name_may_look_like_a_glob(tmp_path):
    path = tmp_path / "a[1]*?.parquet"
    pq.write_table(TABLE, path)
    pq.write_table(TABLE.slice(0, 3), tmp_path / "a1.parquet")
    assert scored(path).count == 300
    assert scored(f"{tmp_path}/a[1].parquet").count == 3


def test_uris_and_globs_of_uris(folder):
    base = folder.as_uri()
    for data in (f"{base}/part-*.parquet", f"{base}/*.parquet", [f"{base}/part-{k}.parquet" for k in (1, 2, 10)]):
        assert full(data) == EXPECTED
        assert scored(data).files == tuple(f"{base}/part-{k}.parquet" for k in (1, 2, 10))
    assert scored(f"{base}/part-[12].parquet").count == 101
    with pytest.raises(UnreadableError, match=r"no file matches 'file:.*/x\*'; check the address"):
        scored(f"{base}/x*")
    with pytest.raises(UnreadableError, match=r"file:.*/part-3.parquet does not exist; check the address"):
        scored(f"{base}/part-3.parquet")
    with pytest.raises(UnreadableError, match=r"cannot be (listed|read).*check the address"):
        scored("nothing://of/that/*.kind")
    with pytest.raises(UnreadableError, match=r"nothing://of/that.kind cannot be read: .*check the address"):
        scored("nothing://of/that.kind")


def test_a_glob_of_uris_matches_what_a_glob_of_paths_does(folder):
    for inner in ("old", "old/older", ".hidden"):
        (folder / inner).mkdir()
        pq.write_table(TABLE.slice(0, 7), folder / inner / "part-3.parquet")
    (folder / ".part-9.parquet").write_bytes(b"")
    for pattern in ("part-*.parquet", "*/part-*.parquet", "**/part-*.parquet", "o*/**/*.parquet", "*.parquet", "old/?art-3.*"):
        if "?" in pattern:  # what follows a question mark is an option of the filesystem
            continue
        near, far = scored(f"{folder}/{pattern}").files, scored(f"{folder.as_uri()}/{pattern}").files
        assert far == tuple(pathlib.Path(path).as_uri() for path in near)


def test_names_with_spaces_and_signs_are_found_by_a_glob_of_uris(tmp_path):
    for name in ("a b.parquet", "50%.parquet", "é#.parquet"):
        pq.write_table(TABLE.slice(0, 10), tmp_path / name)
    assert scored(f"{tmp_path.as_uri()}/*.parquet").count == 30


def test_files_of_every_format_by_uri(tmp_path):
    for name in ("a.csv", "a.csv.gz"):
        TABLE.to_pandas().to_csv(tmp_path / name, index=False)
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    with pa.OSFile(str(tmp_path / "a.arrows"), "wb") as sink, pa.ipc.new_stream(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    np.savez(tmp_path / "a.npz", y=Y, p=P, w=W)
    for name in ("a.csv", "a.csv.gz", "a.arrow", "a.arrows", "a.npz"):
        assert scored((tmp_path / name).as_uri(), weight="w").mean == EXPECTED.mean


# ---- tables in memory


class Stream:
    """What speaks Arrow's stream interface and nothing else."""

    def __init__(self, data):
        self.data = data

    def __arrow_c_stream__(self, requested_schema=None):
        return self.data.__arrow_c_stream__(requested_schema)


class Array:
    def __init__(self, data):
        self.data = data

    def __arrow_c_array__(self, requested_schema=None):
        return self.data.__arrow_c_array__(requested_schema)


def pandas_of(**kinds):
    return TABLE.to_pandas().astype(kinds)


def polars_of(**kinds):
    return pl.DataFrame(COLUMNS).with_columns(pl.col(name).cast(kind) for name, kind in kinds.items())


TABLES = {
    "pandas": lambda: pandas_of(),
    "pandas, objects": lambda: pandas_of(region=object),
    "pandas, categories": lambda: pandas_of(region="category"),
    "pandas, backed by Arrow": lambda: pandas_of(y="float64[pyarrow]", k="int64[pyarrow]"),
    "pandas, an index": lambda: pandas_of().set_index("k"),
    "Polars": lambda: polars_of(),
    "Polars, categories": lambda: polars_of(region=pl.Categorical),
    "Polars, an enumeration": lambda: polars_of(region=pl.Enum(["south", "north"])),
    "Polars, in pieces": lambda: pl.concat([polars_of()[:1], polars_of()[1:200], polars_of()[200:]], rechunk=False),
    "pyarrow": lambda: TABLE,
    "pyarrow, in pieces": lambda: pa.concat_tables([TABLE.slice(0, 7), TABLE.slice(7)]),
    "a record batch": lambda: TABLE.combine_chunks().to_batches()[0],
    "a reader": lambda: TABLE.to_reader(max_chunksize=70),
    "a stream": lambda: Stream(TABLE),
    "one array of records": lambda: Array(TABLE.combine_chunks().to_batches()[0]),
    "a mapping": lambda: COLUMNS,
    "a mapping of objects": lambda: COLUMNS | {"region": np.array(REGION, object), "y": Y.astype(object)},
    "a mapping of pandas": lambda: {name: pandas_of()[name] for name in COLUMNS},
    "a mapping of Polars": lambda: {name: polars_of()[name] for name in COLUMNS},
    "a mapping of Arrow": lambda: {name: TABLE[name] for name in COLUMNS},
    "a mapping of tensors": lambda: (
        COLUMNS | {"y": torch.tensor(Y, requires_grad=True), "p": torch.tensor(P), "w": jnp.array(W)}
    ),
    "strings of NumPy": lambda: {
        **{name: COLUMNS[name] for name in "ypwk"},
        "region": np.array(REGION, np.dtypes.StringDType(na_object=None)),
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_and_streams(name):
    data = TABLES[name]()
    assert full(data) == EXPECTED


def test_relations_of_duckdb():
    with duckdb.connect() as connection:
        connection.register("rows", TABLE)
        connection.execute("create table kept as select * from rows")
        assert full(connection.sql("select * from rows")) == EXPECTED
        assert full(connection.table("kept")) == EXPECTED
        assert scored(connection.sql("select y, p from kept where k < 50")).count == 50
        with pytest.raises(UnreadableError, match=r"the DuckDBPyRelation could not be read to its end: .*boom"):
            scored(connection.sql("select y, case when k > 9 then error('boom') else p end as p from kept"))
        with pytest.raises(UnreadableError, match="'y' occurs twice"):
            scored(connection.sql("select y, y, p from kept"))


def test_a_stream_is_asked_once():
    asked = []

    class Once(Stream):
        def __arrow_c_stream__(self, requested_schema=None):
            asked.append(1)
            return super().__arrow_c_stream__(requested_schema)

    scored(Once(TABLE), id="k", group="region")
    assert asked == [1]
    reader = TABLE.to_reader()
    scored(reader)
    with pytest.raises(UnreadableError, match="has no rows"):
        scored(reader)


def test_a_stream_leaves_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert scored(Stream(TABLE), weight="w").mean == EXPECTED.mean
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyError, RuntimeError, OSError])
def test_a_stream_that_breaks_off_is_an_error(error):
    def batches():
        yield TABLE.to_batches()[0]
        raise error("connection lost")

    with pytest.raises(UnreadableError, match=r"the RecordBatchReader could not be read to its end: .*connection lost"):
        scored(pa.RecordBatchReader.from_batches(TABLE.schema, batches()))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: pd.concat([pandas_of(), pandas_of()], axis=1), "'p' occurs twice; rename one"),
        (lambda: pandas_of()["y"], "not a table that Arrow can hold"),
        (lambda: polars_of()["y"], "not a table that Arrow can hold"),
        (lambda: pa.array([1.0]), "not a table that Arrow can hold"),
        (lambda: Array(pa.array([1.0])), "not a table that Arrow can hold"),
        (lambda: Stream(pa.chunked_array([[1.0]])), "could not be read to its end"),
    ],
)
def test_what_is_no_table(make, sentence):
    with pytest.raises(ReportError, match=sentence):
        scored(make())


# ---- arrays


def test_arrays_without_data():
    for form in (np.asarray, list, torch.tensor, jnp.array, pd.Series, pl.Series, pa.array):
        found = score(None, loss="squared_error", target=form(Y), prediction=form(P), weight=form(W))
        assert (found.mean, found.baseline, found.files) == (EXPECTED.mean, EXPECTED.baseline, ("the data",))
    logits, labels = rng.normal(size=(50, 3)), rng.integers(0, 3, 50)
    found = score(None, loss="cross_entropy", target=torch.tensor(labels), prediction=torch.tensor(logits))
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(50), labels]
    assert found.mean == pytest.approx(losses.mean(), rel=1e-13)
    assert found.worst[0]["row"] == losses.argmax()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"target": "y"}, "without data, target is an array, not the name of a column; got 'y'; pass the data too"),
        ({"weight": "w"}, "without data, weight is an array"),
        ({"target": 1.0}, r"array of one or two axes; got shape \(\)"),
        ({"target": np.zeros((2, 2, 2))}, r"array of one or two axes; got shape \(2, 2, 2\)"),
        ({"target": [[1.0], [1.0, 2.0]]}, "array of one or two axes; got list"),
        ({"target": [1.0]}, "all columns have the same number of rows; got target 1, prediction 2"),
        ({"target": None}, "squared_error takes a target; .*the data has the columns prediction"),
        ({"target": ["a", object()]}, "of one type; got Python objects"),
        ({"target": np.array([1j, 2])}, "holds complex128"),
        ({"target": np.ma.array([[1.0, 2.0]] * 2, mask=[[0, 1], [0, 0]])}, "masked numbers within rows"),
        ({"group": "g"}, "without data, group is an array, not the name of a column; got 'g'"),
    ],
)
def test_arrays_that_do_not_fit(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        score(None, **{"loss": "squared_error", "target": [1.0, 2.0], "prediction": [1.0, 3.0], **options})


def test_mappings_that_do_not_fit():
    for columns, sentence in (
        ({}, "at least one column"),
        ({1: [1.0]}, "the name of a column is text; got 1"),
        ({"y": [1.0], "p": [1.0, 2.0]}, "same number of rows; got y 1, p 2"),
        ({"y": [2**70, 1], "p": [1.0, 2.0]}, "of one type; got Python objects"),
    ):
        with pytest.raises(UsageError, match=sentence):
            scored(columns)
    with pytest.raises(UnreadableError, match="has no rows"):
        scored({"y": [], "p": []})


def test_what_is_missing_from_arrays_is_null():
    expected = {"null": 1}
    for values in (
        [1.0, None, 3.0],
        np.array([1.0, None, 3.0], object),
        np.ma.array([1.0, 7.0, 3.0], mask=[0, 1, 0]),
        pa.array([1.0, None, 3.0]),
        pa.chunked_array([[1.0], [None, 3.0]]),
    ):
        found = scored({"y": values, "p": [0.0, 0.0, 0.0]}, skip_invalid=True)
        assert (found.count, found.sum, found.invalid) == (2, 10.0, expected)


def test_lists_within_columns():
    rows = rng.dirichlet(np.ones(3), 40)
    labels = rng.integers(0, 3, 40)
    expected = -np.log(rows[np.arange(40), labels]).mean()
    for p in (
        rows,
        rows.tolist(),
        torch.tensor(rows),
        pa.array(rows.tolist()),
        pl.Series(rows.tolist()),
        pd.Series(list(rows)),
    ):
        found = score({"y": labels, "p": p}, loss="cross_entropy", target="y", prediction="p", given="probabilities")
        assert found.mean == pytest.approx(expected, rel=1e-13)
    for table in (pd.DataFrame({"y": labels, "p": list(rows)}), pl.DataFrame({"y": labels, "p": rows.tolist()})):
        found = score(table, loss="cross_entropy", target="y", prediction="p", given="probabilities")
        assert found.mean == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("kind", ["float16", "float32", "bfloat16"])
def test_numbers_of_few_bits_are_what_they_are(kind):
    p = torch.tensor(P, dtype=getattr(torch, kind))
    expected = ((p.double() - torch.tensor(Y)) ** 2).mean().item()
    arrays = [p, jnp.array(p.float().numpy()).astype(kind)]
    for array in arrays:
        assert scored({"y": Y, "p": array}).mean == pytest.approx(expected, rel=1e-14)
    assert score(None, loss="squared_error", target=Y, prediction=p).mean == pytest.approx(expected, rel=1e-14)


def test_dates_and_times_of_numpy_are_groups():
    days = np.array(["2024-02-28", "NaT", "2024-02-29", "2024-02-28"], "M8[D]")
    for unit, names in (
        ("D", ["2024-02-28", "2024-02-29"]),
        ("ns", ["2024-02-28 00:00:00", "2024-02-29 00:00:00"]),
    ):
        found = scored({"y": np.zeros(4), "p": np.ones(4), "g": days.astype(f"M8[{unit}]")}, group="g", id="g")
        counts = {part.name: part.count for part in found.breakdowns[0].parts}
        assert counts == {names[0]: 2, names[1]: 1, "null": 1}
        assert {row["id"] and row["id"][:10] for row in found.worst} == {"2024-02-28", "2024-02-29", None}
    arrow = {"y": np.zeros(1), "p": np.ones(1), "g": [datetime.date(2024, 2, 29)]}
    assert scored(arrow, group="g").breakdowns[0].parts[0].name == "2024-02-29"


# ---- reading again, and files that change


def chunked(sizes, values):
    return pa.chunked_array(np.split(values, np.cumsum(sizes)))


def in_pieces():
    return pa.table({"y": chunked([], Y), "p": chunked([7, 100, 1], SPOILT), "g": chunked([50, 30], K.astype(float))})


def parquet_with_categories(path):
    codes = pa.array((K % 7).astype(str).tolist()).dictionary_encode()
    pq.write_table(pa.table({"y": Y, "p": SPOILT, "g": codes}), path, row_group_size=29)
    return path


SPOILT = np.where(rng.random(300) < 0.2, np.nan, P)


@pytest.mark.parametrize("form", ["pieces", "categories"])
@pytest.mark.parametrize("size", [1 << 17, 256])
def test_rows_that_were_skipped_are_skipped_again_when_targets_are_read_again(tmp_path, monkeypatch, form, size):
    data = in_pieces() if form == "pieces" else parquet_with_categories(tmp_path / "x.parquet")
    monkeypatch.setattr(scoring, "BATCH_NUMBERS", size)
    for name in ("KEPT_ROWS", "DISTINCT"):
        monkeypatch.setattr(targets_module, name, 0)
    good = Y[~np.isnan(SPOILT)]
    found = scored(data, loss="absolute_error", group="g", skip_invalid=True)
    assert found.baseline == pytest.approx(abs(good - np.median(good)).mean(), rel=1e-13)


@pytest.mark.parametrize("loss", [lossary.squared_error, lossary.absolute_error, lossary.huber])
def test_the_best_constant_is_the_same_wherever_batches_end(loss):
    # batches of whole numbers alone are counted, and others kept
    for _ in range(60):
        y = np.append(np.round(abs(rng.normal(size=899) * 3)), 0.1)
        found = []
        for ends in ([900], [899, 900], [300, 600, 900]):
            targets = targets_module.RowTargets()
            for first, last in itertools.pairwise([0, *ends]):
                targets.add(y[first:last], None, (0, first))
            found.append(best_constant(loss, loss.parameters, targets, 900.0).loss)
        assert len(set(found)) == 1


def some(values):
    return [None if rng.random() < 0.2 else value for value in values]


def every_type():
    n = 200
    numbers = rng.normal(size=n)
    words = [f"é{'x' * (k % 5)}" for k in range(n)]
    return pa.table(
        {
            "double": numbers,
            "double, some": some(numbers.tolist()),
            "half": numbers.astype(np.float16),
            "whole": pa.array(some(range(n)), pa.int16()),
            "bool": some((numbers > 0).tolist()),
            "text": some(words),
            "large text": pa.array(some(words), pa.large_string()),
            "views": pa.array(some(words), pa.string_view()),
            "bytes": [word.encode() for word in words],
            "three bytes": pa.array([b"abc"] * n, pa.binary(3)),
            "category": pa.array(some(words)).dictionary_encode(),
            "lists": some([[1.0] * (k % 4) for k in range(n)]),
            "large lists": pa.array(some([["a"] * (k % 4) for k in range(n)]), pa.large_list(pa.string())),
            "pairs": pa.FixedSizeListArray.from_arrays(np.repeat(numbers, 2), 2),
            "pairs, some": pa.array(some([[1.0, None]] * n), pa.list_(pa.float64(), 2)),
            "tensor": pa.FixedShapeTensorArray.from_numpy_ndarray(rng.normal(size=(n, 2))),
            "decimal": pa.array(range(n), pa.decimal128(10, 2)),
            "day": pa.array(range(n), pa.date32()),
            "moment": pa.array(some(range(n)), pa.timestamp("ns", "UTC")),
            "record": [{"a": k} for k in range(n)],
            "nothing": pa.nulls(n),
            "run ends": pa.RunEndEncodedArray.from_arrays([n // 2, n], ["a", "b"]),
        }
    )


@pytest.mark.parametrize("chunk", [200, 67])
def test_what_is_read_of_an_arrow_file_is_what_lies_there(tmp_path, chunk):
    table = every_type()
    with pa.OSFile(str(tmp_path / "x.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=chunk)
    opened = open_table(tmp_path / "x.arrow")
    for size in (1, 7, 8, 9, 64, 1000):
        columns = {name: [] for name in table.column_names}
        for batch in opened.batches(table.column_names, size):
            for name, found in columns.items():
                array = batch.columns[name].array
                array.validate(full=True)
                found.append(array)
        for name, found in columns.items():
            stored = [chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk for chunk in table[name].chunks]
            assert pa.chunked_array(found).to_pylist() == pa.chunked_array(stored).to_pylist(), name


@pytest.mark.parametrize("how", ["gone", "shorter", "written anew"])
@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.arrow", "a.arrows", "zstd.arrow", "a.npz"])
def test_files_that_change_while_they_are_read(tmp_path, monkeypatch, name, how):
    path = tmp_path / name
    n = 5000
    columns = {"y": rng.normal(size=n), "p": rng.normal(size=n)}
    if name == "a.parquet":
        pq.write_table(pa.table(columns), path, row_group_size=1000)
    elif name == "a.csv":
        pd.DataFrame(columns).to_csv(path, index=False)
    elif name == "a.npz":
        np.savez(path, **columns)
    else:
        new = pa.ipc.new_stream if name == "a.arrows" else pa.ipc.new_file
        options = pa.ipc.IpcWriteOptions(compression="zstd" if name == "zstd.arrow" else None)
        with pa.OSFile(str(path), "wb") as sink, new(sink, pa.table(columns).schema, options=options) as writer:
            writer.write_table(pa.table(columns), max_chunksize=500)
    monkeypatch.setattr(scoring, "BATCH_NUMBERS", 300)
    changed = []

    def change(*_):
        if not changed:
            changed.append(1)
            if how == "gone":
                path.unlink()
            elif how == "shorter":
                os.truncate(path, path.stat().st_size // 2)
            else:
                path.with_suffix(".new").write_bytes(path.read_bytes())
                os.replace(path.with_suffix(".new"), path)

    with pytest.raises(UnreadableError, match=f"{name} (has vanished|was changed) while it was being read"):
        scored(path, progress=change)


def test_a_path_that_is_no_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.parquet"
    pq.write_table(TABLE, tmp_path / "x.parquet")
    try:
        os.rename(tmp_path / "x.parquet", path)
    except OSError:
        pytest.skip("this file system takes text alone")
    found = scored(os.fsdecode(path), weight="w")
    assert found.mean == EXPECTED.mean
    assert found.files == (os.fsdecode(path),)


@pytest.mark.parametrize("role", ["group", "cluster", "id"])
def test_periods_and_intervals_of_pandas_are_what_pandas_prints(role):
    frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 4.0], "p": [1.0, 1.0, 1.0, 3.0]})
    frame["month"] = pd.PeriodIndex(["2020-02", "2020-03", "2020-02", None], freq="M")
    frame["cut"] = pd.cut(pd.Series([5, 15, 6, np.nan]), [0, 10, 20])
    frame["interval"] = pd.arrays.IntervalArray.from_tuples([(0, 1), (1, 2), (0, 1), (1, 2)])
    printed = {
        "month": ["2020-02", "2020-03", "2020-02", None],
        "cut": ["(0, 10]", "(10, 20]", "(0, 10]", None],
        "interval": ["(0, 1]", "(1, 2]", "(0, 1]", "(1, 2]"],
    }
    for name, texts in printed.items():
        options = {role: name} if role != "cluster" else {role: name, "interval": "normal"}
        if role != "group":
            options["skip_invalid"] = True
        expected = scored(pa.table({"y": frame.y, "p": frame.p, name: texts}), **options)
        for data in (frame, frame.set_index(name), frame.astype({name: "category"})):
            assert content(scored(data, **options)) == content(expected)


def test_extension_types_of_pandas_in_arrow_are_refused(tmp_path):
    frame = pd.DataFrame({"y": [1.0], "p": [1.0], "g": pd.PeriodIndex(["2020-02"], freq="M")})
    path = tmp_path / "a.parquet"
    frame.to_parquet(path)
    for data in (path, pa.Table.from_pandas(frame)):
        with pytest.raises(
            UsageError, match=r"holds pandas.period values in column 'g'; convert it to text, as .astype\(str\)"
        ):
            scored(data, group="g")
    code = "import sys; from lossary.report import score; score(sys.argv[1], loss='mse', target='y', prediction='p', group='g')"
    found = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert "holds pandas.period values" in found.stderr


def test_arrays_of_groups_ids_and_clusters_are_as_columns_are():
    y, p = np.arange(6.0), np.arange(6.0) ** 2
    keys = {"region": np.array(list("nnsses")), "k": np.arange(6) + 100, "house": np.array([1, 1, 2, 2, 3, 3])}
    options = {"loss": "mse", "interval": "bootstrap"}
    names = {"group": "region", "id": "k", "cluster": "house"}
    expected = score(keys | {"y": y, "p": p}, target="y", prediction="p", **names, **options).to_dict()
    for group in ({"region": keys["region"]}, pd.Series(keys["region"], name="region")):
        found = score(None, target=y, prediction=p, group=group, id=keys["k"], cluster=keys["house"], **options).to_dict()
        assert found["breakdowns"] == expected["breakdowns"]
        assert found["interval"] == expected["interval"]
        assert [row["id"] for row in found["worst"]] == [row["id"] for row in expected["worst"]]
