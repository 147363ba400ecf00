"""Every format gives the same score; every way for a file to be wrong gives a sentence."""

import contextlib
import errno
import gzip
import os
import zipfile
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from lossary.errors import UnwritableError
from lossary.report import BadDataError, ReportError, UnreadableError, UsageError, score
from lossary.report.read import delimited
from lossary.report.read.arrow_column import ArrowColumn

rng = np.random.default_rng(3)
Y, P = rng.normal(size=1000), rng.normal(size=1000)
TABLE = pa.table({"unused": ["x"] * 1000, "y": Y, "p": P})
EXPECTED = np.mean((Y - P) ** 2)


def write_parquet(path, table=TABLE, **options):
    pq.write_table(table, path, **options)


def write_ipc(path, table=TABLE, stream=False, compression=None, rows=None):
    options = pa.ipc.IpcWriteOptions(compression=compression)
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(str(path), table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows)


def write_csv(path, table=TABLE, delimiter=",", text=None):
    pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(delimiter=delimiter))


def gzipped(path):
    write_csv(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


WRITERS = {
    "a.parquet": write_parquet,
    "groups.parquet": lambda path: write_parquet(path, row_group_size=70),
    "brotli.parquet": lambda path: write_parquet(path, compression="brotli"),
    "a.arrow": write_ipc,
    "lz4.feather": lambda path: write_ipc(path, compression="lz4"),
    "batches.ipc": lambda path: write_ipc(path, rows=70),
    "a.arrows": lambda path: write_ipc(path, stream=True),
    "stream.arrow": lambda path: write_ipc(path, stream=True, rows=70),
    "a.csv": write_csv,
    "a.tsv": lambda path: write_csv(path, delimiter="\t"),
    "a.txt": lambda path: write_csv(path, delimiter="\t"),
    "semicolons.csv": lambda path: write_csv(path, delimiter=";"),
    "a.csv.gz": gzipped,
    "a.npz": lambda path: np.savez(path, unused=np.zeros(3), y=Y, p=P),
    "deflated.npz": lambda path: np.savez_compressed(path, y=Y.astype(">f8"), p=P),
    "parquet.bin": write_parquet,  # the first bytes say more than the name
    "parquet.csv": write_parquet,
}


@pytest.mark.parametrize("name", WRITERS)
def test_formats_agree(tmp_path, name, monkeypatch):
    path = tmp_path / name
    WRITERS[name](path)
    options = {"loss": "squared_error", "target": "y", "prediction": "p"}
    found = score(path, **options)
    assert found.mean == pytest.approx(EXPECTED, rel=1e-14)
    assert found.count == 1000
    monkeypatch.setattr(delimited, "_BLOCK", 500)
    small = __import__("lossary.report.score", fromlist=["BATCH_NUMBERS"])
    monkeypatch.setattr(small, "BATCH_NUMBERS", 1)
    assert score(path, **options) == found


def test_formats_mix(tmp_path):
    paths = []
    for i, name in enumerate(("a.parquet", "a.csv", "a.npz", "a.arrow")):
        paths.append(tmp_path / f"{i}{name}")
        WRITERS[name](paths[-1])
    done = []
    found = score(
        paths, loss="squared_error", target="y", prediction="p", progress=lambda part, rows: done.append((part, rows))
    )
    assert (found.count, found.mean) == (4000, pytest.approx(EXPECTED, rel=1e-14))
    assert done == sorted(done)
    assert done[-1] == (1, 4000)


@pytest.mark.parametrize("order", ["C", "F"])
def test_npz_rows(tmp_path, order):
    z, y = np.asarray(rng.normal(size=(700, 3)), order=order), rng.integers(0, 3, 700)
    np.savez(tmp_path / "a.npz", z=z, y=y, word=np.array(["a", "b", "c"])[y], raw=np.array([b"a", b"b", b"c"])[y])
    np.savez_compressed(tmp_path / "b.npz", z=z.astype(np.float32), y=y.astype(bool), flag=y > 0)
    expected = score(tmp_path / "a.npz", loss="cross_entropy", target="y", prediction="z")
    log_p = z - np.log(np.exp(z).sum(1, keepdims=True))
    assert expected.mean == pytest.approx(-log_p[np.arange(700), y].mean(), rel=1e-13)
    for word in ("word", "raw"):
        named = score(tmp_path / "a.npz", loss="cross_entropy", target=word, prediction="z", classes="a,b,c")
        assert named.mean == expected.mean
        assert [part.share for part in named.breakdowns[0].parts] == [part.share for part in expected.breakdowns[0].parts]
        assert sorted(part.name for part in named.breakdowns[0].parts) == ["a", "b", "c"]
    found = score(tmp_path / "b.npz", loss="cross_entropy", target="flag", prediction="z")
    assert found.mean == pytest.approx(-log_p[np.arange(700), (y > 0).astype(int)].mean(), rel=1e-6)


def test_an_npz_member_in_fortran_order_is_decompressed_once(tmp_path, monkeypatch):
    z, y = rng.normal(size=(40, 300)), rng.integers(0, 300, 40)
    np.savez_compressed(tmp_path / "a.npz", z=np.asfortranarray(z), y=y)
    opened, real = [], zipfile.ZipFile.open
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda self, name, *more: (opened.append(name), real(self, name, *more))[1])
    options = {"loss": "cross_entropy", "target": "y", "prediction": "z"}
    found = score(tmp_path / "a.npz", **options, details=False)
    truth = np.log(np.exp(z).sum(1)) - z[np.arange(40), y]
    assert found.mean == pytest.approx(truth.mean(), rel=1e-13)
    assert opened.count("z.npy") <= 3  # its header, its width, its rows

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(UnwritableError, match=r"z.npy, which lies column by column, could not be kept.*No space left"):
        score(tmp_path / "a.npz", **options)


NUMBERS = {
    "int8": pa.int8(),
    "uint64": pa.uint64(),
    "half": pa.float16(),
    "float": pa.float32(),
    "decimal": pa.decimal128(22, 2),
    "text": pa.string(),
    "large text": pa.large_string(),
    "text view": pa.string_view(),
}


FORMS = [(name, form) for name in (*NUMBERS, "dictionary") for form in (write_parquet, write_ipc)]


@pytest.mark.parametrize(("name", "form"), [*FORMS, ("run ends", write_ipc)])
def test_types_of_numbers(tmp_path, name, form):
    values = [3, 1, None, 7]
    if name == "dictionary":
        array = pa.array(values, pa.float64()).dictionary_encode()
    elif name == "run ends":
        array = pa.compute.run_end_encode(pa.array(values, pa.float64()))
    elif "text" in name:
        array = pa.array([None if v is None else str(v) for v in values], NUMBERS[name])
    elif name == "half":
        array = pa.array([None if v is None else np.float16(v) for v in values], pa.float16())
    else:
        array = pa.array(values).cast(NUMBERS[name])
    path = tmp_path / "a.parquet"
    form(path, pa.table({"y": array, "p": [1.0, 1.0, 1.0, 1.0]}))
    found = score(path, loss="absolute_error", target="y", prediction="p", skip_invalid=True)
    assert (found.sum, found.invalid) == (8.0, {"null": 1})
    swapped = score(path, loss="absolute_error", target="p", prediction="y", skip_invalid=True)
    assert (swapped.sum, swapped.invalid) == (8.0, {"null": 1})


def test_large_unsigned_numbers_are_not_negative(tmp_path):
    path = tmp_path / "a.parquet"
    write_parquet(path, pa.table({"y": pa.array([2**63 + 2**62], pa.uint64()), "p_0": [1.0], "p_1": [0.0]}))
    with pytest.raises(BadDataError, match=rf"got {2**63 + 2**62}; whole numbers"):
        score(path, loss="absolute_error", target="y", prediction="p_0")
    with pytest.raises(BadDataError, match="label"):
        score(path, loss="cross_entropy", target="y", prediction="p_*")


WHOLE = {
    "int64": lambda values: pa.array(values, pa.int64()),
    "uint64": lambda values: pa.array(values, pa.uint64()),
    "decimal": lambda values: pa.array([None if v is None else Decimal(v) for v in values], pa.decimal128(30, 2)),
    "text": lambda values: pa.array([None if v is None else str(v) for v in values]),
    "text with words": lambda values: pa.array([None if v is None else f" {v}" for v in values] + ["n/a"]),
    "dictionary": lambda values: pa.array([None if v is None else str(v) for v in values]).dictionary_encode(),
}


@pytest.mark.parametrize("form", WHOLE)
@pytest.mark.parametrize("role", ["target", "prediction", "weight"])
def test_whole_numbers_that_float64_would_round_are_refused(form, role):
    values = WHOLE[form]([3, 2**53, 2**53 + 1, 2**60 + 1, None])
    rows = len(values)
    columns = {"y": pa.array(np.ones(rows)), "p": pa.array(np.ones(rows)), "w": pa.array(np.ones(rows))}
    columns[role[0] if role != "target" else "y"] = values
    options = {"loss": "absolute_error", "target": "y", "prediction": "p", "weight": "w"}
    shown = {"decimal": f"{2**53 + 1}.00", "text": f"'{2**53 + 1}'", "text with words": f"' {2**53 + 1}'"}
    with pytest.raises(BadDataError) as caught:
        score(pa.table(columns).slice(2), **options)
    found = str(caught.value)
    assert f"row 1 (index 0), column {'y' if role == 'target' else role[0]!r}" in found
    assert f"got {shown.get(form, shown['text'] if form == 'dictionary' else 2**53 + 1)}; whole numbers are exact" in found
    assert ("Divide all weights" if role == "weight" else "Subtract a common offset") in found
    found = score(pa.table(columns), **options, skip_invalid=True)
    assert (found.count, found.invalid) == (2, {"inexact": 2, "null": rows - 4})
    if role != "weight" and form != "uint64":
        columns["y" if role == "target" else "p"] = WHOLE[form]([-3, -(2**53), -(2**53) - 1, -(2**60) - 1, None])
        assert score(pa.table(columns), **options, skip_invalid=True).invalid == {"inexact": 2, "null": rows - 4}


def test_whole_numbers_of_csv_arrays_and_lists(tmp_path):
    path, large = tmp_path / "a.csv", 2**60 + 1
    path.write_text(f"y,p\n1,1\n{large},{large - 1}\n1e300,1e300\n-{large},1.5\n")
    options = {"loss": "absolute_error", "target": "y", "prediction": "p"}
    with pytest.raises(BadDataError, match=rf"a.csv, row 2 \(index 1\), column 'p': got '{large - 1}'; whole"):
        score(path, **options)
    assert score(path, **options, skip_invalid=True).invalid == {"inexact": 2}
    arrays = {"y": np.array([1, large]), "p": np.array([1.0, 1.0])}
    with pytest.raises(BadDataError, match=rf"row 2 .*column 'y': got {large}; whole"):
        score(arrays, **options)
    for kind in (pa.int64(), pa.decimal128(25, 0)):
        lists = pa.array([[1, 2], [3, 2**53 + 1]], pa.list_(kind))
        with pytest.raises(BadDataError, match=rf"row 2 .*column 'p\[1\]': got {2**53 + 1}; whole"):
            score(pa.table({"y": [0, 1], "p": lists}), loss="cross_entropy", target="y", prediction="p", given="logits")


@pytest.mark.parametrize("large", [False, True])
def test_lists_with_something_missing(tmp_path, large):
    rows = [None, [0.0, 1.0, None], [1.0], [], [0.5, 0.25, 0.25], [0.2, 0.3, float("nan")]]
    kind = pa.large_list(pa.float64()) if large else pa.list_(pa.float64())
    path = tmp_path / "a.parquet"
    write_parquet(path, pa.table({"y": [0, 0, 0, 0, 1, 0], "p": pa.array(rows, kind)}))
    options = {"loss": "cross_entropy", "target": "y", "prediction": "p", "given": "probabilities"}
    found = score(path, **options, skip_invalid=True)
    assert found.invalid == {"NaN": 1, "null": 2, "row length": 2}
    assert (found.count, found.mean) == (1, pytest.approx(np.log(4)))
    write_parquet(path, pa.table({"y": [0, 1, 1], "p": pa.array([[0.5, 0.5], [1.0], [0.5, 0.5]], kind)}))
    with pytest.raises(
        BadDataError, match=r"row 2 \(index 1\), column 'p': got \[1.0\]; the lists of every row have 2 numbers"
    ):
        score(path, **options)
    fixed = pa.FixedSizeListArray.from_arrays([0.5, 0.5, 0.3, 0.7, 0.5, 0.5], 2, mask=pa.array([False, True, False]))
    write_parquet(path, pa.table({"y": [0, 1, 1], "p": fixed}))
    found = score(path, **options, skip_invalid=True)
    assert (found.count, found.invalid) == (2, {"null": 1})
    write_parquet(path, pa.table({"y": [0, 1], "p": pa.array([None, None], kind)}))
    with pytest.raises(BadDataError, match=r"(?s)got null.*No valid row"):
        score(path, **options, skip_invalid=True)


def test_lists_that_begin_empty(tmp_path):
    path = tmp_path / "a.parquet"
    rows = [None] * 2000 + [[]] * 100 + [[0.5, 0.5]] * 300
    write_parquet(path, pa.table({"y": [0] * 2400, "p": rows}))
    options = {"loss": "cross_entropy", "target": "y", "prediction": "p", "given": "probabilities"}
    found = score(path, **options, skip_invalid=True)
    assert (found.count, found.invalid) == (300, {"null": 2000, "row length": 100})


CSV = "id,y,p\n1,1.5,2.5\n2,{y},{p}\n3,3,3\n"


@pytest.mark.parametrize(
    ("y", "p", "kind", "sentence"),
    [
        ("", "1", "null", "column 'y': got null"),
        ("1", "NA", "null", "column 'p': got 'NA', which stands for null"),
        ("nan", "1", "NaN", "column 'y': got NaN"),
        ("1", "-NaN", "NaN", "column 'p': got NaN"),
        ("1", "x1", "not a number", "column 'p': got 'x1', which is not a number"),
        ("1_000", "1", "not a number", "column 'y': got '1_000'"),
        ('"1,5"', "1", "not a number", "decimal signs"),
    ],
)
def test_csv_values(tmp_path, y, p, kind, sentence):
    path = tmp_path / "a.csv"
    path.write_text(CSV.format(y=y, p=p))
    options = {"loss": "absolute_error", "target": "y", "prediction": "p"}
    with pytest.raises(BadDataError, match=rf"(?s)row 2 \(index 1\).*{sentence}"):
        score(path, **options)
    found = score(path, **options, skip_invalid=True)
    assert (found.count, found.mean, found.invalid) == (2, 0.5, {kind: 1})


def test_csv_dialects(tmp_path):
    path = tmp_path / "a.csv"
    options = {"loss": "absolute_error", "target": "y", "prediction": "p"}
    for text in (
        "\ufeffy,p\n1,2\n+3, 5 \n",
        'y,p\r\n"1",2\r\n3,5\r\n',
        'note,y,p\n"a\nb",1,2\n"",3,5',
        "\ny,p\n\n1,2\n\n3,5\n\n",
        "y;p\n1;2\n3;5\n",
        "y\tp\n1\t2\n3\t5\n",
        "y,p\nTrue,2\n3,5\n",
    ):
        path.write_text(text, newline="")
        assert score(path, **options).mean == 1.5, text
    path.write_text("y,p\n1,1e400\n2,inf\n")
    assert score(path, **options).mean == np.inf


def test_a_type_that_changes_far_into_a_csv(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("y,p\n" + "1,2\n" * 300_000 + "1,2.5\n" + "1,x\n")
    with pytest.raises(BadDataError, match=r"row 300002 \(index 300001\), column 'p': got 'x'"):
        score(path, loss="absolute_error", target="y", prediction="p")


def spoil(tmp_path, name):
    path = tmp_path / name
    WRITERS.get(name, write_parquet)(path)
    return path


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "lz4.feather", "a.npz", "deflated.npz", "a.csv.gz", "a.arrows"])
@pytest.mark.parametrize("kept", [9, 0.5, 0.99])
def test_truncated_files(tmp_path, name, kept):
    path = spoil(tmp_path, name)
    data = path.read_bytes()
    path.write_bytes(data[: kept if isinstance(kept, int) else int(len(data) * kept)])
    with pytest.raises(UnreadableError, match=r"is cut short|is damaged"):
        score(path, loss="squared_error", target="y", prediction="p")


@pytest.mark.parametrize("name", ["a.parquet", "lz4.feather", "deflated.npz", "a.csv.gz"])
def test_damaged_files_never_crash(tmp_path, name):
    path = spoil(tmp_path, name)
    data = bytearray(path.read_bytes())
    sound = bytes(data)
    for i in range(0, len(data), max(1, len(data) // 60)):
        data[:] = sound
        data[i : i + 40] = bytes(b ^ 0x5A for b in data[i : i + 40])
        path.write_bytes(data)
        with contextlib.suppress(ReportError):
            score(path, loss="squared_error", target="y", prediction="p")


@pytest.mark.parametrize("name", ["a.arrow", "lz4.feather", "a.arrows"])
def test_offsets_and_lengths_that_are_damaged_are_found(tmp_path, name):
    text = pa.table(
        {"y": Y, "p": P, "g": [f"group {k % 7}" for k in range(1000)], "l": [[1.0] * (k % 3 + 1) for k in range(1000)]}
    )
    path = tmp_path / name
    write_ipc(path, text, stream=name == "a.arrows", compression="lz4" if name == "lz4.feather" else None)
    sound = path.read_bytes()
    draw = np.random.default_rng(5)
    outcomes = set()
    for k in draw.integers(0, len(sound), 40).tolist():
        path.write_bytes(sound[:k] + bytes([sound[k] ^ 0xFF]) + sound[k + 1 :])
        try:
            score(path, loss="squared_error", target="y", prediction="p", group="g", id="g", skip_invalid=True)
            outcomes.add("scored")
        except ReportError as error:
            outcomes.add(error.exit_code)
    assert 4 in outcomes


def test_damaged_statistics_of_a_parquet_file_do_not_abort_the_process(tmp_path):
    path = tmp_path / "a.parquet"
    write_parquet(path, TABLE.slice(0, 50), write_page_index=True)
    sound = path.read_bytes()
    for k in range(len(sound) - 700, len(sound) - 8, 3):
        path.write_bytes(sound[:k] + bytes([sound[k] ^ 2]) + sound[k + 1 :])
        with contextlib.suppress(ReportError):
            score(path, loss="squared_error", target="y", prediction="p", details=False)


def npy(header, data=b"", version=1):
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


@pytest.mark.parametrize(
    ("member", "sentence"),
    [
        (npy(b"(" * 900), "the header of y.npy is not one that NumPy writes"),
        (npy(b"(" * 9000, version=2), "the header of y.npy is not one that NumPy writes"),
        (npy(b"{" + b"-" * 500 + b"1}"), "the header of y.npy is not one that NumPy writes"),
        (npy(b'"""'), "the header of y.npy is not one that NumPy writes"),
        (npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", bytes(16)), r"shape \(3,\).*holds 16 bytes"),
        (npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", bytes(8)), r"shape \(-1,\)"),
        (npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,)}", bytes(8)), "holds 8 bytes"),
        (npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2000000)}", bytes(16_000_000)), "a row of y.npy has"),
        (npy(b"{'descr': '<U4000000', 'fortran_order': False, 'shape': (1,)}", bytes(16_000_000)), "a row of y.npy has"),
    ],
    ids=range(9),
)
def test_npz_members_that_are_not_what_they_say(tmp_path, member, sentence):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("y.npy", member)
    with pytest.raises(UnreadableError, match=sentence):
        score(tmp_path / "a.npz", loss="squared_error", target="y", prediction="p")


def test_objects_in_an_npz_are_not_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    np.savez(tmp_path / "a.npz", y=np.array([Trap()], object), p=[1.0], q=[2.0])
    assert score(tmp_path / "a.npz", loss="squared_error", target="p", prediction="q").mean == 1
    with pytest.raises(UsageError, match="Python objects"):
        score(tmp_path / "a.npz", loss="squared_error", target="y", prediction="p")
    assert not (tmp_path / "sprung").exists()


def test_a_list_column_of_more_numbers_than_there_are_classes(tmp_path, monkeypatch):
    monkeypatch.setattr("lossary.report.measure.plan.plan.MOST_CLASSES", 3)
    write_parquet(tmp_path / "a.parquet", pa.table({"y": [0], "p": [[0.1, 0.2, 0.3, 0.4]]}))
    with pytest.raises(UnreadableError, match="has at most 3 numbers; column 'p' has 4"):
        score(tmp_path / "a.parquet", loss="cross_entropy", target="y", prediction="p")


def test_a_csv_row_of_another_length(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("y,p\n1,2\n3\n")
    with pytest.raises(BadDataError, match="got 1 field in line 3; every row has as many as the header, 2"):
        score(path, loss="squared_error", target="y", prediction="p")


def test_files_that_cannot_be_read(tmp_path):
    options = {"loss": "squared_error", "target": "y", "prediction": "p"}

    def refused(path, sentence, content=None):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(UnreadableError, match=sentence):
            score(path, **options)

    (tmp_path / "preds.parquet").touch()
    refused(tmp_path / "pred.parquet", "does not exist; did you mean 'preds.parquet'")
    refused(tmp_path / "nowhere" / "pred.parquet", "does not exist; check the path")
    refused(tmp_path / "preds.parquet", "is empty")
    refused(tmp_path, r"is a directory; .*/\*\.parquet")
    (tmp_path / "hive" / "day=1").mkdir(parents=True)
    (tmp_path / "hive" / "day=1" / "0.csv.gz").touch()
    refused(tmp_path / "hive", r"is a directory; .*/hive/\*\*/\*\.csv\.gz")
    write_parquet(tmp_path / "hive" / "day=1" / "0.parquet")
    with pytest.raises(UsageError, match=r"no column 'day' .* is in the path.*partitioning=\"hive\""):
        score(tmp_path / "hive" / "day=1" / "0.parquet", group="day", **options)
    held = pyarrow.dataset.dataset(tmp_path / "hive", partitioning="hive", exclude_invalid_files=True)
    assert [part.name for part in score(held, group="day", **options).breakdowns[0].parts] == ["1"]
    refused(tmp_path / "a.csv.bz2", "decompress it with bunzip2", b"BZh91AY")
    refused(tmp_path / "a.npy", "pass it as prediction=", b"\x93NUMPY\x01\x00v\x00")
    refused(tmp_path / "g.parquet", "run git lfs pull", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    refused(tmp_path / "w.csv", "is a web page", b"<!DOCTYPE html><html>")
    refused(tmp_path / "16.jsonl", "iconv -f utf-16 -t utf-8", '{"y": 1, "p": 2}\n'.encode("utf-16"))
    refused(tmp_path / "a.xml", "has no known format; the known formats are Parquet", b"<a/>")
    refused(tmp_path / "a.json", "has no lines with an object", b"{}")
    refused(tmp_path / "a.parquet", "is not a Parquet file, though it is named like one", b"y,p\n1,2\n")
    refused(tmp_path / "a.npz", r"is not a NumPy \.npz file", b"y,p\n1,2\n")
    refused(tmp_path / "b.parquet", "encrypted", b"PAREPARE")
    refused(tmp_path / "h.csv", "has no rows", b"y,p\n")
    refused(tmp_path / "h.csv", "has no rows", b"y,p")
    refused(tmp_path / "2.csv", "'y' occurs twice", b"y,y,p\n1,1,2\n")
    refused(tmp_path / "n.csv", "has no header", b"\n\n")
    write_parquet(tmp_path / "0.parquet", TABLE.slice(0, 0))
    refused(tmp_path / "0.parquet", "has no rows")
    write_ipc(tmp_path / "0.arrow", TABLE.slice(0, 0))
    refused(tmp_path / "0.arrow", "has no rows")
    np.savez(tmp_path / "0.npz", y=[], p=[])
    refused(tmp_path / "0.npz", "has no rows")
    np.savez(tmp_path / "d.npz", y=[1.0], p=[1.0, 2.0])
    refused(tmp_path / "d.npz", "same number of rows; got y 1, p 2|same number of rows; got p 2, y 1")
    with zipfile.ZipFile(tmp_path / "z.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    refused(tmp_path / "z.npz", r"zip file without arrays, but with readme\.txt; unzip it first")
    with zipfile.ZipFile(tmp_path / "y.npz", "w") as archive:
        archive.writestr("y.npy", "hello")
    refused(tmp_path / "y.npz", "is cut short, or is not")
    os.mkfifo(tmp_path / "pipe.csv")
    refused(tmp_path / "pipe.csv", "not a regular file")
    refused("a\0b", "cannot be read")
    refused("x" * 5000, "cannot be read")


def test_a_file_without_permission(tmp_path, monkeypatch):
    path = spoil(tmp_path, "a.parquet")

    def refuse(*_):  # for root may read everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(UnreadableError, match="permission denied"):
        score(path, loss="squared_error", target="y", prediction="p")


def test_unusable_arrays(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(
        path,
        y=[1.0],
        cube=np.zeros((1, 2, 2)),
        zero=np.float64(1),
        thing=np.array([None], dtype=object),
        when=np.array(["2020"], dtype="M8[D]"),
        z=np.array([1j]),
    )
    for name, what in (
        ("cube", "3 axes"),
        ("zero", "0 axes"),
        ("thing", "Python objects"),
        ("when", "datetime64"),
        ("z", "complex"),
    ):
        with pytest.raises(UsageError, match=what):
            score(path, loss="squared_error", target="y", prediction=name)


def test_files_that_differ(tmp_path):
    first = tmp_path / "1.parquet"
    write_parquet(first, pa.table({"y": [0, 1], "z_0": [1.0, 2.0], "z_1": [1.0, 2.0]}))
    options = {"loss": "cross_entropy", "target": "y", "prediction": "z_*"}
    for columns, sentence in (
        ({"y": [0], "z_0": [1.0]}, "has no column 'z_1'"),
        ({"y": [0], "z_0": [1.0], "z_1": [1.0], "z_2": [1.0]}, "also matches z_2"),
        ({"y": ["a"], "z_0": [1.0], "z_1": [1.0]}, "column 'y' holds text in .* and numbers in"),
    ):
        second = tmp_path / "2.parquet"
        write_parquet(second, pa.table(columns))
        with pytest.raises(UnreadableError, match=f"{sentence}.*files scored together"):
            score([first, second], **options)
    write_parquet(second, pa.table({"z_1": pa.array([1.0], pa.float32()), "y": pa.array([0], pa.int8()), "z_0": [1.0]}))
    assert score([first, second], **options).count == 3
    lists = [tmp_path / "3.parquet", tmp_path / "4.parquet"]
    write_parquet(lists[0], pa.table({"y": [0], "z": [[1.0, 2.0]]}))
    write_parquet(lists[1], pa.table({"y": [0], "z": [[1.0, 2.0, 3.0]]}))
    with pytest.raises(BadDataError, match=r"4.parquet, row 1 \(index 0\), column 'z'.*have 2 numbers"):
        score(lists, loss="cross_entropy", target="y", prediction="z")


def test_odd_column_names(tmp_path):
    path = tmp_path / "a.parquet"
    write_parquet(path, pa.table({"a.b": [1.0], "a,b": [2.0], "p*": [4.0], "a": pa.array([{"b": 3.0}]), "": [5.0]}))
    for target, prediction, expected in (("a.b", "a,b", 1.0), ("a.b", "p*", 3.0), ("", "a,b", 3.0)):
        assert score(path, loss="absolute_error", target=target, prediction=prediction).mean == expected
    with pytest.raises(UsageError, match="holds struct"):
        score(path, loss="absolute_error", target="a", prediction="p*")


def test_arrow_extension_types(tmp_path):
    tensor = pa.FixedShapeTensorArray.from_numpy_ndarray(np.array([[0.5, 0.5], [0.25, 0.75]]))
    path = tmp_path / "a.arrow"
    write_ipc(path, pa.table({"y": [0, 1], "p": tensor}))
    found = score(path, loss="cross_entropy", target="y", prediction="p", given="probabilities")
    assert found.mean == pytest.approx((np.log(2) - np.log(0.75)) / 2)


@pytest.mark.parametrize("rows", [[0, None, 2, 4, 1, 4], [0, 0, 0, 0, 0, 0], [None] * 6, [3] * 6])
def test_dictionaries_may_hold_values_twice_null_and_unused(rows):
    values = ["a", "b", "a", None, "c"]
    array = pa.DictionaryArray.from_arrays(pa.array([9, *rows], pa.int8()).slice(1), pa.array(values))
    codes, distinct = ArrowColumn(array).text_codes()
    assert [None if code < 0 else distinct[code] for code in codes] == [None if k is None else values[k] for k in rows]
    assert sorted(distinct) == sorted({values[k] for k in rows if k is not None} - {None})
    nothing = pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int8()), pa.array([], pa.string()))
    assert [x.tolist() if isinstance(x, np.ndarray) else x for x in ArrowColumn(nothing).text_codes()] == [[-1, -1], []]
