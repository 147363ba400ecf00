"""What people pass in Python and on standard input: it works, or a sentence says what is wanted, what came and what to do."""

import gc
import gzip
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
import torch

import lossary
from lossary.cli import main as cli
from lossary.report import UnreadableError, UsageError, compare, score

Y, P = [0.0, 1.0, 4.0], [0.5, 1.0, 2.0]
MEAN = (0.25 + 0 + 4) / 3
COLUMNS = {"y": Y, "p": P, "k": [1, 2, 3], "g": ["a", "b", "a"]}
OPTIONS = {"loss": "squared_error", "target": "y", "prediction": "p"}
LABELS = {"c": [3, 7, 7], "z_no": [0.1, 0.2, 0.3], "z_yes": [0.3, 0.2, 0.1]}
LABELS_MEAN = np.mean([np.log1p(np.exp(0.2)), np.log(2), np.log1p(np.exp(0.2))])


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The same rows in every format; nothing is left in the folder of temporary files."""
    table = pa.table(COLUMNS)
    pq.write_table(table, tmp_path / "x.parquet")
    text = pd.DataFrame(COLUMNS).to_csv(index=False)
    (tmp_path / "x.csv").write_text(text)
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(text.encode()))
    for name, new in (("x.arrow", pa.ipc.new_file), ("x.arrows", pa.ipc.new_stream)):
        with pa.OSFile(str(tmp_path / name), "wb") as sink, new(sink, table.schema) as writer:
            writer.write_table(table)
    np.savez(tmp_path / "x.npz", **{name: np.array(values) for name, values in COLUMNS.items()})
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    yield tmp_path
    gc.collect()
    assert os.listdir(tmp_path / "temporary") == []


FORMATS = ["x.parquet", "x.csv", "x.csv.gz", "x.arrow", "x.arrows", "x.npz"]


def test_open_files_are_read_by_their_content(files):
    for name in FORMATS:
        with open(files / name, "rb") as file:
            found = score(file, **OPTIONS)
        assert (found.mean, found.files) == (MEAN, (str(files / name),)), name
        assert score(io.BytesIO((files / name).read_bytes()), **OPTIONS).mean == MEAN, name
    assert score(io.StringIO("y;p\n0;0.5\n1;1\n4;2\n"), **OPTIONS).mean == MEAN
    with pytest.raises(UnreadableError, match="the BytesIO is empty"):
        score(io.BytesIO(), **OPTIONS)
    with open(files / "new", "wb") as unreadable, pytest.raises(UnreadableError, match="new cannot be read"):
        score(unreadable, **OPTIONS)


def test_the_copy_of_a_stream_goes_with_the_score(files):
    gc.disable()
    try:
        for name in ("x.parquet", "x.csv"):
            score(io.BytesIO((files / name).read_bytes()), **OPTIONS, id="k")
            assert os.listdir(files / "temporary") == []
    finally:
        gc.enable()


def test_paths_come_in_every_form(files):
    path = files / "x.parquet"
    [entry] = [entry for entry in os.scandir(files) if entry.name == "x.parquet"]
    for data in (path, str(path), np.str_(path), entry, [path], (path,), iter([path]), map(str, [path]), (p for p in [path])):
        assert score(data, **OPTIONS).mean == MEAN
    mixed = [path, pd.DataFrame(COLUMNS), io.BytesIO(path.read_bytes()), pl.LazyFrame(COLUMNS), pl.DataFrame(COLUMNS)]
    found = score(mixed, **OPTIONS)
    assert (found.mean, found.count) == (MEAN, 15)


def test_tables_that_are_not_made_yet(files):
    lazy = pl.LazyFrame(COLUMNS)
    for data in (lazy, pl.scan_parquet(files / "x.parquet"), pa.dataset.dataset(files / "x.parquet")):
        assert score(data, **OPTIONS, group="g", id="k").mean == MEAN
    assert score(lazy.filter(pl.col("y") > 0), **OPTIONS).mean == 2.0
    with pytest.raises(UnreadableError, match="the LazyFrame could not be read to its end"):
        score(lazy.select(pl.col("y"), pl.col("missing")), **OPTIONS)


@pytest.mark.parametrize("data", [{"x.parquet"}, [[1.0]], [{"y": 1}], b"x.parquet", 3, None, iter([3])])
def test_what_is_no_data(data):
    with pytest.raises(UsageError, match=r"data are paths.*; got (set|list of list|list of dict|bytes|int)|without data"):
        score(data, **OPTIONS)


COMMAND = ["--loss", "mse", "--target", "y", "--prediction", "p", "--json"]


@pytest.fixture
def run(monkeypatch, capsys):
    """Call the command line with a pipe, of at most 64 kB, as standard input."""

    def run(*arguments, stdin):
        reading, writing = os.pipe()
        os.write(writing, stdin)
        os.close(writing)
        with open(reading) as pipe:
            monkeypatch.setattr(sys, "stdin", pipe)
            with pytest.raises(SystemExit) as exit:
                cli.main([*map(str, arguments)])
        return exit.value.code, *capsys.readouterr()

    return run


def test_standard_input(files, run):
    for name in ("x.parquet", "x.csv.gz", "x.arrows"):
        code, out, err = run("score", "-", *COMMAND, stdin=(files / name).read_bytes())
        found = json.loads(out)
        assert (found["mean"], found["files"], err, code) == (MEAN, ["standard input"], "", 0)
    _, out, _ = run("compare-predictions", "-", files / "x.csv", "--id", "k", *COMMAND, stdin=(files / "x.csv").read_bytes())
    assert json.loads(out)["verdict"] == "equal"


def test_standard_input_of_another_process(files):
    command = [sys.executable, "-m", "lossary", "score", "-", *COMMAND]
    done = subprocess.run(command, input=(files / "x.parquet").read_bytes(), capture_output=True)
    assert (json.loads(done.stdout)["mean"], done.stderr, done.returncode) == (MEAN, b"", 0)


@pytest.mark.parametrize(
    ("data", "stdin", "code", "said"),
    [
        (["-"], b"", 4, "lossary: standard input is empty"),
        (["-", "-"], b"y,p\n1,2\n", 2, "lossary: standard input can be read once; got - twice"),
        (["-"], b"y,p\n1\n", 3, "lossary: standard input, row 1 (index 0): got 1 field in line 2"),
    ],
)
def test_standard_input_that_is_refused(run, data, stdin, code, said):
    found, out, err = run("score", *data, *COMMAND, stdin=stdin)
    assert (found, out) == (code, "")
    assert err.startswith(said)


# ---- options


@pytest.mark.parametrize(
    "classes",
    [
        "3,7",
        [3, 7],
        (3, "7"),
        np.array([3, 7], np.int8),
        np.array(["3", "7"]),
        np.array([3.0, 7.0]),
        pd.Index([3, 7]),
        pl.Series([3, 7]),
        torch.tensor([3, 7]),
        (c for c in (3, 7)),
        {3: "a", 7: "b"}.keys(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_classes_as_libraries_name_them(classes):
    found = score(LABELS, loss="cross_entropy", target="c", prediction="z_*", classes=classes)
    assert found.mean == pytest.approx(LABELS_MEAN, rel=1e-14)


def test_names_of_several_columns_come_in_every_form():
    for group in (
        "g",
        ["g"],
        ("g", "k"),
        np.array(["g", "k"]),
        pd.Index(["g"]),
        np.str_("g"),
        (name for name in "gk"),
        ["g", "g"],
    ):
        assert score(COLUMNS, **OPTIONS, group=group).breakdowns[0].by == "g"
    assert score(COLUMNS, **OPTIONS, group=None).breakdowns == ()
    for prediction in (["p"], ("p",), np.array(["p"]), np.str_("p")):
        assert score(COLUMNS, **{**OPTIONS, "prediction": prediction}).mean == MEAN
    for also in (lossary.absolute_error, [lossary.absolute_error], "mae", ("mae",), (name for name in ["mae"])):
        assert score(COLUMNS, **OPTIONS, also=also).also[0].mean == pytest.approx(2.5 / 3)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        *[(role, ["g"], f"the {role} is the name of one column; got list") for role in ("cluster", "weight")],
        ("id", 3, "an id is the name of a column, or a list of names; got 3"),
        *[(role, 3, f"the {role} is the name of one column; got 3") for role in ("cluster", "weight")],
        ("weight", np.ones(3), "the weight is the name of one column; got ndarray.*; add it to the data as a column"),
        ("weight", np.ones(300), "got ndarray; add it to the data"),
        ("group", 3, "a group is the name of a column, or a list of names; got 3"),
        ("group", ["g", 3], "a group is the name of a column, or a list of names; got 3"),
        ("group", b"g", "a group is the name of a column, or a list of names; got bytes"),
        ("classes", 3, "classes are a list of names"),
        ("classes", {3: "a"}, "classes are a list of names"),
        ("classes", [3.5, 7], "a class is named by text or a whole number; got 3.5"),
        ("classes", [None, 7], "a class is named by text or a whole number; got None"),
        ("target", None, "squared_error takes a target; name its column.*the data has the columns y, p"),
        ("target", np.array(Y), "the target is a column name.*got ndarray.*data=None with arrays"),
        ("prediction", torch.tensor(P), "the prediction is a column name.*got Tensor"),
        ("prediction", [3], "the prediction is a column name"),
        ("prediction", [], "the prediction is a column name"),
        ("loss", None, "a score takes a loss"),
        ("loss", torch.nn.MSELoss(), "a loss is one of lossary's or its name.*got MSELoss; a formula of your own"),
        ("loss", torch.nn.functional.mse_loss, "got the function mse_loss; a formula of your own"),
        ("loss", lambda p, y: p, "got the function <lambda>; a formula of your own"),
        ("also", 3, "other losses are a list"),
        ("also", [torch.nn.MSELoss()], "a loss is one of lossary's"),
        ("level", "0.9", "the level of an interval is a number between 0 and 1, as 0.95; got '0.9'"),
        ("level", None, "got None"),
        ("level", True, "got True"),
        ("level", [0.9], "got list"),
        ("interval", None, "interval is one of normal, bootstrap, none; got None"),
        ("interval", np.array(["none", "none"]), "interval is one of"),
        ("worst", "3", "worst is how many rows are listed, 0 or more; got '3'"),
        ("worst", 2.5, "got 2.5"),
        ("workers", "2", "workers are a whole number, 1 or more; got '2'"),
        ("parameters", "delta=2", "parameters are a mapping"),
        ("parameters", {"delta": "2"}, "got '2' for 'delta'"),
        ("parameters", {"delta": None}, "got None for 'delta'"),
        ("skip_invalid", "no", "skip_invalid is True or False; got 'no'"),
        ("executor", 3, r"an executor is a concurrent\.futures\.Executor"),
        ("progress", 3, "progress is a function"),
        ("encoding", 3, "an encoding is one that Python knows"),
        ("delimiter", [","], "a delimiter is one ASCII character"),
        ("engine", ["threads"], "an engine is one of"),
    ],
)
def test_what_is_refused_is_refused_with_a_sentence(name, value, sentence):
    with pytest.raises(UsageError, match=sentence):
        score(COLUMNS, **{**OPTIONS, name: value})
    if name in ("loss", "level", "interval", "classes", "group", "target", "cluster", "weight", "parameters", "skip_invalid"):
        with pytest.raises(UsageError, match=sentence):
            compare(COLUMNS, COLUMNS, **{**OPTIONS, "id": "k", name: value})


def test_a_comparison_lists_a_number_of_rows():
    with pytest.raises(UsageError, match="changed is how many rows are listed, 0 or more; got '3'"):
        compare(COLUMNS, COLUMNS, **OPTIONS, id="k", changed="3")


def test_another_loss_may_take_the_predictions_otherwise():
    columns = {"y": [0, 1], "p": [0.25, 0.5]}
    truth = -(np.log(0.75) + np.log(0.5)) / 2
    found = score(columns, **OPTIONS, also="bce:given=probabilities,bce:given=logits,huber:delta=2")
    assert [other.given for other in found.also] == ["probabilities", "logits", None]
    assert found.also[0].mean == pytest.approx(truth, rel=1e-14)
    assert found.also[1].mean == pytest.approx((np.log1p(np.exp(0.25)) + np.log1p(np.exp(-0.5))) / 2, rel=1e-14)
    assert "given logits)" in str(found)
    for also, sentence in (
        ("bce:given=x", "given is one of"),
        ("mae:given=logits", "leave out given=.logits."),
        ("bce:given", "written as"),
    ):
        with pytest.raises(UsageError, match=sentence):
            score(columns, **OPTIONS, also=also)


# ---- names and labels


def test_a_label_may_be_the_whole_name_of_its_column():
    columns = {"y": ["Class_2", "2", " Class_1 ", "1"], "Class_1": [0.1, 0.2, 0.3, 0.4], "Class_2": [0.3, 0.2, 0.1, 0.0]}
    z = np.column_stack([columns["Class_1"], columns["Class_2"]])
    truth = np.mean(np.log(np.exp(z).sum(1)) - z[range(4), [1, 1, 0, 0]])
    for prediction in ("Class_*", "Class_2,Class_1", ["Class_1", "Class_2"]):
        found = score(columns, loss="cross_entropy", target="y", prediction=prediction)
        assert found.mean == pytest.approx(truth, rel=1e-14)
    named = {"y": ["p_cat", "cow"], "p_cow": [0.1, 0.2], "p_cat": [0.3, 0.5]}
    found = score(named, loss="cross_entropy", target="y", prediction="p_*")
    assert found.mean == pytest.approx((np.log1p(np.exp(-0.2)) + np.log1p(np.exp(0.3))) / 2, rel=1e-14)


def test_the_text_null_is_told_from_null():
    values = [None, "null", '"null"', "NULL"]
    columns = {"y": [0.0] * 4, "p": [4.0, 3.0, 2.0, 1.0], "g": values, "k": list("abcd")}
    names = ["null", '"null"', '""null""', "NULL"]
    found = score(columns, **OPTIONS, group="g")
    assert [part.name for part in found.breakdowns[0].parts] == names
    for name in names:
        assert name in str(found)
    compared = compare(columns, {**columns, "p": [5.0, 4.0, 3.0, 2.0]}, **OPTIONS, id="k", group="g")
    assert [part.name for part in compared.breakdowns[0].parts] == names


# ---- the index of pandas


def test_the_levels_of_an_index_that_have_a_name_are_columns():
    frame = pd.DataFrame({"y": Y, "p": P})
    for index in ([5, 6, 7], range(3), ["a", "b", "c"]):
        named = frame.set_axis(pd.Index(index, name="k"))
        assert [row["id"] for row in score(named, **OPTIONS, id="k").worst] == [index[2], index[0], index[1]]
        with pytest.raises(UsageError, match=r"no column '__index_level_0__' for the id.*it has: y, p"):
            score(frame.set_axis(pd.Index(index)), **OPTIONS, id="__index_level_0__")
    levels = pd.MultiIndex.from_arrays([[1, 2, 3], ["a", "b", "a"]], names=["k", "g"])
    assert len(score(frame.set_axis(levels), **OPTIONS, id="k", group="g").breakdowns[0].parts) == 2
    twice = frame.rename_axis("y")
    with pytest.raises(UnreadableError, match="'y' occurs twice"):
        score(twice, **OPTIONS)
    assert score(frame.rename_axis("other").assign(other=1), **OPTIONS).mean == MEAN


def test_columns_of_a_frame_that_nobody_asks_for_are_no_obstacle():
    frame = pd.DataFrame({"y": Y, "p": P, "mixed": ["a", 1, None], "things": [object(), len, {}], "z": [1j, 2, 3]})
    frame = pd.concat([frame, pd.DataFrame({"same": [1, 2, 3]}), pd.DataFrame({"same": [1, 2, 3]})], axis=1)
    assert score(frame, **OPTIONS).mean == MEAN
    for role in ("group", "weight", "id"):
        with pytest.raises(UsageError, match="the DataFrame holds values of several types in column 'mixed'"):
            score(frame, **OPTIONS, **{role: "mixed"})
    with pytest.raises(UnreadableError, match="'same' occurs twice"):
        score(frame, **OPTIONS, group="same")


def test_series_with_different_indexes_are_not_scored_by_place():
    y, p = pd.Series(Y), pd.Series(P)
    assert score({"y": y, "p": p}, **OPTIONS).mean == MEAN
    assert score({"y": y, "p": np.array(P)}, **OPTIONS).mean == MEAN
    for data, options in (
        ({"y": y, "p": p[::-1]}, OPTIONS),
        (None, {**OPTIONS, "target": y, "prediction": p.set_axis([1, 2, 3])}),
    ):
        with pytest.raises(UsageError, match=r"have different indexes; align them.*or pass .to_numpy\(\)"):
            score(data, **options)
    assert score(pd.DataFrame({"y": y, "p": p[::-1]}), **OPTIONS).mean == MEAN  # which aligns them


def test_a_path_is_still_no_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(UnreadableError, match="pass it on standard input, as -"):
        score(pathlib.Path(tmp_path / "pipe.csv"), **OPTIONS)
